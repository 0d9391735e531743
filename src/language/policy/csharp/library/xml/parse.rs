//! Reading XML: `XmlException` in .NET's words where it is told what is wrong.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::tree::{add, set_children, set_parent, too_deep};
use super::{MAX_DEPTH, XML, XMLNS, XmlKind};
use crate::policy::Text;

/// `XElement.Parse`
pub fn parse_element(machine: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    let top = parse(machine, text)?;
    let root = top.into_iter().find(|node| super::tree::is_element(machine, node));
    root.ok_or_else(|| fault("Root element is missing.", None))
}

/// `XDocument.Parse`
pub fn parse_document(machine: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    let top = parse(machine, text)?;
    let document = add(machine, XmlKind::Document(top.clone()))?;
    for node in &top {
        set_parent(machine, node, &document);
    }
    Ok(document)
}

/// An `XmlException`, at a place if there is one.
#[cold]
pub(super) fn fault(message: &str, place: Option<(usize, usize)>) -> Fault {
    let message = match place {
        Some((line, column)) => format!("{message} Line {line}, position {column}."),
        None => message.to_owned(),
    };
    Fault::new(Class::XmlException, message)
}

/// Line and column, from 1, of a byte.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    let start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let column = before.get(start..).unwrap_or("").chars().count().saturating_add(1);
    (line, column)
}

/// An element that has not ended yet.
struct Open {
    node: Value,
    /// As written, with its prefix.
    name: String,
    /// Byte after the `<` of its start tag.
    at: usize,
    children: Vec<Value>,
    /// Text read since the last node.
    text: String,
    /// Number of namespaces in scope outside of it.
    namespaces: usize,
    keeps_space: bool,
}

struct Parser<'t> {
    text: &'t str,
    open: Vec<Open>,
    top: Vec<Value>,
    /// Prefixes and namespaces in scope, innermost last.
    namespaces: Vec<(String, String)>,
}

/// The top-level nodes: one element, and comments.
fn parse(machine: &mut Machine<'_, '_>, text: &str) -> Result<Vec<Value>, Fault> {
    machine.pay(text.len().saturating_mul(2))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some((at, c)) = text.char_indices().find(|(_, c)| is_invalid(*c)) {
        let message = format!("'{c}', hexadecimal value 0x{:02X}, is an invalid character.", u32::from(c));
        return Err(fault(&message, Some(place(text, at))));
    }
    let namespaces = vec![("xml".to_owned(), XML.to_owned()), (String::new(), String::new())];
    let mut parser = Parser { text, open: Vec::new(), top: Vec::new(), namespaces };
    parser.run(machine)?;
    Ok(parser.top)
}

/// Whether XML 1.0 has no place for it.
pub(super) const fn is_invalid(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

impl Parser<'_> {
    fn run(&mut self, machine: &mut Machine<'_, '_>) -> Result<(), Fault> {
        let text = self.text;
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        loop {
            let start = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader.read_event();
            match event {
                Ok(Event::Start(tag)) => self.start(machine, &tag, start)?,
                Ok(Event::Empty(tag)) => {
                    self.start(machine, &tag, start)?;
                    self.end(machine, false)?;
                }
                Ok(Event::End(tag)) => {
                    let tag = tag.name();
                    let name: &str = tag.as_ref();
                    let name_at = start.saturating_add(2);
                    match self.open.last() {
                        Some(open) if open.name == name => self.end(machine, true)?,
                        Some(open) => {
                            let (line, column) = place(text, open.at);
                            let message = format!(
                                "The '{}' start tag on line {line} position {column} does not match the \
                                 end tag of '{name}'.",
                                open.name
                            );
                            return Err(fault(&message, Some(place(text, name_at))));
                        }
                        None => return Err(self.bad_root(start)),
                    }
                }
                Ok(Event::Text(content)) => {
                    let content: &str = &content;
                    self.characters(content, start)?;
                }
                Ok(Event::GeneralRef(entity)) => {
                    let entity: &str = &entity;
                    let c = self.entity(entity, start.saturating_add(1))?;
                    match self.open.last_mut() {
                        Some(open) => open.text.push(c),
                        None => return Err(self.bad_root(start)),
                    }
                }
                Ok(Event::CData(content)) => {
                    let content: &str = &content;
                    let content = Text::from(lines(content));
                    self.flush(machine)?;
                    if self.open.is_empty() {
                        return Err(self.bad_root(start));
                    }
                    let node = add(machine, XmlKind::Text(content, true))?;
                    self.put(machine, node);
                }
                Ok(Event::Comment(content)) => {
                    let content: &str = &content;
                    let content = Text::from(lines(content));
                    self.flush(machine)?;
                    let node = add(machine, XmlKind::Comment(content))?;
                    self.put(machine, node);
                }
                Ok(Event::PI(_) | Event::Decl(_) | Event::DocType(_)) => {}
                Ok(Event::Eof) => break,
                Err(error) => {
                    let at = usize::try_from(reader.error_position()).unwrap_or(start);
                    return Err(fault(&sentence(&error.to_string()), Some(place(text, at))));
                }
            }
        }
        if let Some(open) = self.open.last() {
            let message = format!(
                "Unexpected end of file has occurred. The following elements are not closed: {}.",
                self.open.iter().rev().map(|open| open.name.as_str()).collect::<Vec<_>>().join(", ")
            );
            let _ = open;
            return Err(fault(&message, Some(place(text, text.len()))));
        }
        if !self.top.iter().any(|node| super::tree::is_element(machine, node)) {
            return Err(fault("Root element is missing.", None));
        }
        Ok(())
    }

    #[cold]
    fn bad_root(&self, at: usize) -> Fault {
        fault("Data at the root level is invalid.", Some(place(self.text, at)))
    }

    fn characters(&mut self, content: &str, at: usize) -> Result<(), Fault> {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        let Some(open) = self.open.last_mut() else {
            return match content.find(|c| !blank(c)) {
                Some(offset) => Err(self.bad_root(at.saturating_add(offset))),
                None => Ok(()),
            };
        };
        if let Some(offset) = content.find("]]>") {
            let at = place(self.text, at.saturating_add(offset));
            return Err(fault("']]>' is not allowed in character data.", Some(at)));
        }
        open.text.push_str(&lines(content));
        Ok(())
    }

    fn entity(&self, name: &str, at: usize) -> Result<char, Fault> {
        let named = match name {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        };
        if let Some(c) = named {
            return Ok(c);
        }
        let Some(number) = name.strip_prefix('#') else {
            let message = format!("Reference to undeclared entity '{name}'.");
            return Err(fault(&message, Some(place(self.text, at))));
        };
        let code = match number.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        };
        match code.and_then(char::from_u32).filter(|c| !is_invalid(*c)) {
            Some(c) => Ok(c),
            None => Err(fault("Invalid character reference.", Some(place(self.text, at)))),
        }
    }

    fn start(&mut self, machine: &mut Machine<'_, '_>, tag: &BytesStart<'_>, at: usize) -> Result<(), Fault> {
        self.flush(machine)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep());
        }
        let name_at = at.saturating_add(1);
        if self.open.is_empty() && self.top.iter().any(|node| super::tree::is_element(machine, node)) {
            return Err(fault("There are multiple root elements.", Some(place(self.text, name_at))));
        }
        let tag_name = tag.name();
        let name: &str = tag_name.as_ref();
        self.check_name(name, name_at)?;
        let base = {
            let whole: &str = tag;
            whole.as_ptr().addr()
        };
        let offset = |piece: &str| name_at.saturating_add(piece.as_ptr().addr().saturating_sub(base));
        let mut raw: Vec<(String, String, usize)> = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute
                .map_err(|error| fault(&sentence(&error.to_string()), Some(place(self.text, name_at))))?;
            let key: &str = attribute.key.0;
            let at = offset(key);
            self.check_name(key, at)?;
            if raw.iter().any(|(other, ..)| other == key) {
                let message = format!("'{key}' is a duplicate attribute name.");
                return Err(fault(&message, Some(place(self.text, at))));
            }
            let value: &str = &attribute.value;
            let value = self.attribute_value(value, offset(value))?;
            raw.push((key.to_owned(), value, at));
        }
        let namespaces = self.namespaces.len();
        for (key, value, _) in &raw {
            if key == "xmlns" {
                self.namespaces.push((String::new(), value.clone()));
            } else if let Some(prefix) = key.strip_prefix("xmlns:") {
                self.namespaces.push((prefix.to_owned(), value.clone()));
            }
        }
        let expanded = self.expand(name, true, name_at)?;
        let mut attributes = Vec::with_capacity(raw.len());
        let mut keeps_space = self.open.last().is_some_and(|open| open.keeps_space);
        for (key, value, at) in raw {
            if key == "xml:space" {
                keeps_space = value == "preserve";
            }
            let key = self.expand(&key, false, at)?;
            attributes.push(add(machine, XmlKind::Attribute(key, Text::from(value)))?);
        }
        let node = add(
            machine,
            XmlKind::Element {
                name: expanded,
                attributes: attributes.clone(),
                children: Vec::new(),
                is_closed: false,
            },
        )?;
        for attribute in &attributes {
            set_parent(machine, attribute, &node);
        }
        self.open.push(Open {
            node,
            name: name.to_owned(),
            at: name_at,
            children: Vec::new(),
            text: String::new(),
            namespaces,
            keeps_space,
        });
        Ok(())
    }

    fn check_name(&self, name: &str, at: usize) -> Result<(), Fault> {
        let first = name.chars().next().unwrap_or(' ');
        if first.is_alphabetic() || matches!(first, '_' | ':') {
            return Ok(());
        }
        let message = format!(
            "Name cannot begin with the '{first}' character, hexadecimal value 0x{:02X}.",
            u32::from(first)
        );
        Err(fault(&message, Some(place(self.text, at))))
    }

    /// Entities decoded; white space becomes spaces.
    fn attribute_value(&self, raw: &str, at: usize) -> Result<String, Fault> {
        let mut out = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(next) = rest.find('&') {
            let (before, after) = rest.split_at_checked(next).unwrap_or((rest, ""));
            out.extend(lines(before).chars().map(flat));
            let entity = after.strip_prefix('&').unwrap_or("");
            let begin = at.saturating_add(raw.len().saturating_sub(entity.len()));
            let Some((name, after)) = entity.split_once(';') else {
                return Err(fault(
                    "An error occurred while parsing EntityName.",
                    Some(place(self.text, begin)),
                ));
            };
            out.push(self.entity(name, begin)?);
            rest = after;
        }
        out.extend(lines(rest).chars().map(flat));
        Ok(out)
    }

    /// `{namespace}local` of a name as written.
    fn expand(&self, name: &str, is_element: bool, at: usize) -> Result<Text, Fault> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = match prefix {
            "" if name == "xmlns" => return Ok(Text::Static("xmlns")),
            "" if !is_element => "",
            "xmlns" => XMLNS,
            _ => {
                let found = self.namespaces.iter().rev().find(|(known, _)| known == prefix);
                if let Some((_, namespace)) = found {
                    namespace
                } else {
                    let message = format!("'{prefix}' is an undeclared prefix.");
                    return Err(fault(&message, Some(place(self.text, at))));
                }
            }
        };
        Ok(super::names::expanded(namespace, local))
    }

    /// Makes a node of the text read so far.
    fn flush(&mut self, machine: &mut Machine<'_, '_>) -> Result<(), Fault> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        if open.text.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut open.text);
        let is_blank = text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
        if is_blank && !open.keeps_space {
            return Ok(());
        }
        let node = add(machine, XmlKind::Text(Text::from(text), false))?;
        self.put(machine, node);
        Ok(())
    }

    fn put(&mut self, machine: &mut Machine<'_, '_>, node: Value) {
        match self.open.last_mut() {
            Some(open) => {
                set_parent(machine, &node, &open.node);
                open.children.push(node);
            }
            None => self.top.push(node),
        }
    }

    fn end(&mut self, machine: &mut Machine<'_, '_>, has_tag: bool) -> Result<(), Fault> {
        self.flush(machine)?;
        let Some(open) = self.open.pop() else { return Ok(()) };
        self.namespaces.truncate(open.namespaces);
        set_children(machine, &open.node, open.children);
        if let Some(node) = super::tree::node_mut(machine, &open.node)
            && let XmlKind::Element { is_closed, .. } = &mut node.kind
        {
            *is_closed = has_tag;
        }
        self.put(machine, open.node);
        Ok(())
    }
}

/// Line ends as XML has them: line feeds.
fn lines(text: &str) -> String {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() }
}

fn flat(c: char) -> char {
    if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }
}

/// The reader's own message as a sentence.
fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}
