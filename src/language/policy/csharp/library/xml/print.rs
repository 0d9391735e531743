//! The text of nodes, indented or not.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::names::split;
use super::parse::is_invalid;
use super::tree::{attributes, children, node, too_deep};
use super::{MAX_DEPTH, XML, XMLNS, XmlKind};

/// `ToString()` of a node or attribute; `indented` as without `SaveOptions.DisableFormatting`.
pub fn display(machine: &mut Machine<'_, '_>, value: &Value, indented: bool) -> Result<String, Fault> {
    let mut printer =
        Printer { out: String::new(), indented, scope: vec![("xml".to_owned(), XML.to_owned())] };
    match node(machine, value).map(|node| node.kind.clone()) {
        Some(XmlKind::Attribute(name, text)) => {
            let (namespace, local) = split(&name);
            let prefix = match namespace {
                "" => String::new(),
                XMLNS => "xmlns:".to_owned(),
                namespace => super::names::prefix_of(machine, value, namespace)
                    .map_or_else(String::new, |prefix| format!("{prefix}:")),
            };
            printer.out = format!("{prefix}{local}=\"");
            printer.escape(&text, true)?;
            printer.out.push('"');
        }
        Some(XmlKind::Document(nodes)) => {
            for (at, child) in nodes.iter().enumerate() {
                if at > 0 && indented {
                    printer.out.push('\n');
                }
                printer.node(machine, child, 0, &mut false)?;
            }
        }
        Some(_) => printer.node(machine, value, 0, &mut true)?,
        None => {}
    }
    machine.pay(printer.out.len())?;
    Ok(printer.out)
}

struct Printer {
    out: String,
    indented: bool,
    /// Prefixes and namespaces written so far, innermost last.
    scope: Vec<(String, String)>,
}

impl Printer {
    /// `mixed`: text has been written beside it, so that line breaks would change it.
    fn node(
        &mut self,
        machine: &mut Machine<'_, '_>,
        value: &Value,
        depth: usize,
        mixed: &mut bool,
    ) -> Result<(), Fault> {
        machine.spend(4)?;
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        match node(machine, value).map(|node| node.kind.clone()) {
            Some(XmlKind::Element { name, is_closed, .. }) => {
                self.line(depth, *mixed);
                self.element(machine, value, &name, is_closed, depth, depth > 0 && *mixed)
            }
            Some(XmlKind::Text(text, is_cdata)) => {
                if is_cdata {
                    self.out.push_str("<![CDATA[");
                    self.out.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
                    self.out.push_str("]]>");
                } else {
                    self.escape(&text, false)?;
                }
                *mixed = true;
                Ok(())
            }
            Some(XmlKind::Comment(text)) => {
                self.line(depth, *mixed);
                self.out.push_str(&format!("<!--{text}-->"));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn line(&mut self, depth: usize, mixed: bool) {
        if self.indented && !mixed && depth > 0 {
            self.out.push('\n');
            self.out.push_str(&"  ".repeat(depth));
        }
    }

    fn element(
        &mut self,
        machine: &mut Machine<'_, '_>,
        value: &Value,
        name: &str,
        is_closed: bool,
        depth: usize,
        mixed: bool,
    ) -> Result<(), Fault> {
        let outer = self.scope.len();
        let own = attributes(machine, value);
        let mut written = Vec::with_capacity(own.len());
        for attribute in &own {
            let Some(XmlKind::Attribute(name, text)) = node(machine, attribute).map(|node| node.kind.clone())
            else {
                continue;
            };
            let (namespace, local) = split(&name);
            if name.as_str() == "xmlns" {
                self.scope.push((String::new(), text.to_string()));
            } else if namespace == XMLNS {
                self.scope.push((local.to_owned(), text.to_string()));
            }
            written.push((namespace.to_owned(), local.to_owned(), text));
        }
        // Declarations that nobody wrote and the names need.
        let mut needed: Vec<(String, String)> = Vec::new();
        let (namespace, local) = split(name);
        let prefix = self.element_prefix(namespace, &mut needed);
        let tag = if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") };
        self.out.push_str(&format!("<{tag}"));
        for (namespace, local, text) in written {
            let shown = match namespace.as_str() {
                "" => local,
                XMLNS => format!("xmlns:{local}"),
                namespace => format!("{}:{local}", self.attribute_prefix(namespace, &mut needed)),
            };
            self.out.push_str(&format!(" {shown}=\""));
            self.escape(&text, true)?;
            self.out.push('"');
        }
        for (prefix, namespace) in needed.into_iter().rev() {
            let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            self.out.push_str(&format!(" {name}=\""));
            self.escape(&namespace, true)?;
            self.out.push('"');
        }
        let below = children(machine, value);
        if below.is_empty() {
            self.out.push_str(if is_closed { "></" } else { " />" });
            if is_closed {
                self.out.push_str(&format!("{tag}>"));
            }
            self.scope.truncate(outer);
            return Ok(());
        }
        self.out.push('>');
        let start = self.out.len();
        let mut mixed = mixed;
        for child in &below {
            self.node(machine, child, depth.saturating_add(1), &mut mixed)?;
        }
        if self.indented && !mixed && self.out.len() > start {
            self.out.push('\n');
            self.out.push_str(&"  ".repeat(depth));
        }
        self.out.push_str(&format!("</{tag}>"));
        machine.pay(tag.len())?;
        self.scope.truncate(outer);
        Ok(())
    }

    fn lookup(&self, namespace: &str, takes_default: bool) -> Option<String> {
        let mut seen: Vec<&str> = Vec::new();
        for (prefix, known) in self.scope.iter().rev() {
            // A prefix that was given another meaning further in does not reach here.
            if seen.contains(&prefix.as_str()) {
                continue;
            }
            if known == namespace && (takes_default || !prefix.is_empty()) {
                return Some(prefix.clone());
            }
            seen.push(prefix);
        }
        None
    }

    fn element_prefix(&mut self, namespace: &str, needed: &mut Vec<(String, String)>) -> String {
        if namespace.is_empty() {
            let default = self.scope.iter().rev().find(|(prefix, _)| prefix.is_empty());
            if default.is_none_or(|(_, namespace)| namespace.is_empty()) {
                return String::new();
            }
        } else if let Some(prefix) = self.lookup(namespace, true) {
            return prefix;
        }
        needed.push((String::new(), namespace.to_owned()));
        self.scope.push((String::new(), namespace.to_owned()));
        String::new()
    }

    fn attribute_prefix(&mut self, namespace: &str, needed: &mut Vec<(String, String)>) -> String {
        if let Some(prefix) = self.lookup(namespace, false) {
            return prefix;
        }
        let mut number = needed.iter().filter(|(prefix, _)| !prefix.is_empty()).count().saturating_add(1);
        while self.scope.iter().any(|(prefix, _)| *prefix == format!("p{number}")) {
            number = number.saturating_add(1);
        }
        let prefix = format!("p{number}");
        needed.push((prefix.clone(), namespace.to_owned()));
        self.scope.push((prefix.clone(), namespace.to_owned()));
        prefix
    }

    fn escape(&mut self, text: &str, in_attribute: bool) -> Result<(), Fault> {
        let mut was_return = false;
        for c in text.chars() {
            match c {
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '&' => self.out.push_str("&amp;"),
                '"' if in_attribute => self.out.push_str("&quot;"),
                '\t' if in_attribute => self.out.push_str("&#x9;"),
                '\n' if in_attribute => self.out.push_str("&#xA;"),
                '\r' if in_attribute => self.out.push_str("&#xD;"),
                '\n' if was_return => {}
                '\r' => self.out.push('\n'),
                c if is_invalid(c) => {
                    return Err(Fault::new(
                        Class::ArgumentException,
                        format!("'{c}', hexadecimal value 0x{:02X}, is an invalid character.", u32::from(c)),
                    ));
                }
                c => self.out.push(c),
            }
            was_return = c == '\r' && !in_attribute;
        }
        Ok(())
    }
}
