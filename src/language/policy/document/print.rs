//! Writes a tree as a document that reads as the same tree.
//!
//! Elements stand on lines of their own, indented by four blanks, attributes in double quotes. Expressions are
//! written as code wherever that reads back, and escaped where it would not. Data inside of bodies is written
//! as it was. Comments are not kept: the tree has none.

use crate::policy::scan::{Element, is_whole_expression, reads_as_written};

/// The document, ending in a line end unless it is empty.
pub fn print(elements: &[Element]) -> String {
    let mut out = String::new();
    for element in elements {
        write_element(element, 0, &mut out);
        out.push('\n');
    }
    out
}

fn write_element(element: &Element, level: usize, out: &mut String) {
    out.push('<');
    out.push_str(&element.name);
    for attribute in &element.attributes {
        out.push(' ');
        out.push_str(&attribute.name);
        out.push_str("=\"");
        write_text(&attribute.value.text, b'"', out);
        out.push('"');
    }
    let text = element.text.text.as_str();
    let blank = text.trim().is_empty();
    if let Some(payload) = &element.payload {
        out.push('>');
        out.push_str(&payload.text);
    } else if element.children.is_empty() {
        if text.is_empty() {
            out.push_str(" />");
            return;
        }
        out.push('>');
        write_text(text, b'<', out);
    } else if blank {
        out.push('>');
        for child in &element.children {
            new_line(level.saturating_add(1), out);
            write_element(child, level.saturating_add(1), out);
        }
        new_line(level, out);
    } else {
        // Text and elements mixed: any blank more would be part of the text.
        out.push('>');
        write_text(text, b'<', out);
        for child in &element.children {
            write_element(child, level.saturating_add(1), out);
        }
    }
    out.push_str("</");
    out.push_str(&element.name);
    out.push('>');
}

fn new_line(level: usize, out: &mut String) {
    out.push('\n');
    for _ in 0..level {
        out.push_str("    ");
    }
}

/// A value or text that ends before `delimiter`.
fn write_text(text: &str, delimiter: u8, out: &mut String) {
    if reads_as_written(text, delimiter) {
        out.push_str(text);
        return;
    }
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' if delimiter == b'"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    let begin = escaped.trim_start();
    let is_expression = begin.starts_with("@(") || begin.starts_with("@{");
    if is_expression && !is_whole_expression(&escaped, delimiter) {
        // Its brackets do not match, or more text follows: with an escaped `@` it is read as text.
        escaped = escaped.replacen('@', "&#64;", 1);
    }
    out.push_str(&escaped);
}
