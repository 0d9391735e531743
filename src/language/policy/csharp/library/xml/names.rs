//! `XName`, `XNamespace` and the enumerations. Field of a record of both classes: the text.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::arguments::{record, text};
use super::super::{Table, call, constant};
use super::tree::{attributes, node, parent};
use super::{XML, XMLNS, XmlKind};
use crate::policy::Text;

pub(super) const NAME: Table = Table {
    class: Class::XName,
    parameters: &[],
    rows: &[
        call("static implicit operator XName(string expandedName)", |machine, call| match call.get(0) {
            Value::Str(name) => {
                let name = checked(name)?;
                make(machine, Class::XName, name)
            }
            _ => Ok(Value::Null),
        }),
        call("static XName Get(string expandedName)", |machine, call| {
            let name = checked(&text(call, 0, "expandedName")?)?;
            make(machine, Class::XName, name)
        }),
        call("static XName Get(string localName, string namespaceName)", |machine, call| {
            let name = expanded(&text(call, 1, "namespaceName")?, &text(call, 0, "localName")?);
            let name = checked(&name)?;
            make(machine, Class::XName, name)
        }),
        call("string LocalName { get; }", |machine, call| {
            let name = display_name(machine, call.get(0));
            machine.text(split(&name).1.to_owned())
        }),
        call("string NamespaceName { get; }", |machine, call| {
            let name = display_name(machine, call.get(0));
            machine.text(split(&name).0.to_owned())
        }),
        call("XNamespace Namespace { get; }", |machine, call| {
            let name = display_name(machine, call.get(0));
            make(machine, Class::XNamespace, Text::from(split(&name).0.to_owned()))
        }),
        call("string ToString()", |machine, call| Ok(Value::Str(display_name(machine, call.get(0))))),
        call("bool Equals(object obj)", |machine, call| Ok(Value::Bool(same(machine, call)))),
        call("static bool operator ==(XName left, XName right)", |machine, call| {
            Ok(Value::Bool(same(machine, call)))
        }),
        call("static bool operator !=(XName left, XName right)", |machine, call| {
            Ok(Value::Bool(!same(machine, call)))
        }),
    ],
    denied: &[],
};

pub(super) const NAMESPACE: Table = Table {
    class: Class::XNamespace,
    parameters: &[],
    rows: &[
        call("static implicit operator XNamespace(string namespaceName)", |machine, call| {
            match call.get(0) {
                Value::Str(name) => make(machine, Class::XNamespace, name.clone()),
                _ => Ok(Value::Null),
            }
        }),
        call("static XNamespace Get(string namespaceName)", |machine, call| {
            let name = text(call, 0, "namespaceName")?;
            make(machine, Class::XNamespace, name)
        }),
        call("static XName operator +(XNamespace ns, string localName)", |machine, call| {
            let name = expanded(&display_name(machine, call.get(0)), &text(call, 1, "localName")?);
            let name = checked(&name)?;
            make(machine, Class::XName, name)
        }),
        call("XName GetName(string localName)", |machine, call| {
            let name = expanded(&display_name(machine, call.get(0)), &text(call, 1, "localName")?);
            let name = checked(&name)?;
            make(machine, Class::XName, name)
        }),
        call("string NamespaceName { get; }", |machine, call| {
            Ok(Value::Str(display_name(machine, call.get(0))))
        }),
        call("string ToString()", |machine, call| Ok(Value::Str(display_name(machine, call.get(0))))),
        call("static XNamespace None { get; }", |machine, _| make(machine, Class::XNamespace, Text::EMPTY)),
        call("static XNamespace Xml { get; }", |machine, _| {
            make(machine, Class::XNamespace, Text::Static(XML))
        }),
        call("static XNamespace Xmlns { get; }", |machine, _| {
            make(machine, Class::XNamespace, Text::Static(XMLNS))
        }),
        call("bool Equals(object obj)", |machine, call| Ok(Value::Bool(same(machine, call)))),
        call("static bool operator ==(XNamespace left, XNamespace right)", |machine, call| {
            Ok(Value::Bool(same(machine, call)))
        }),
        call("static bool operator !=(XNamespace left, XNamespace right)", |machine, call| {
            Ok(Value::Bool(!same(machine, call)))
        }),
    ],
    denied: &[],
};

pub(super) const NODE_TYPE: Table = Table {
    class: Class::XmlNodeType,
    parameters: &[],
    rows: &[
        constant("None", 0),
        constant("Element", 1),
        constant("Attribute", 2),
        constant("Text", 3),
        constant("CDATA", 4),
        constant("EntityReference", 5),
        constant("Entity", 6),
        constant("ProcessingInstruction", 7),
        constant("Comment", 8),
        constant("Document", 9),
        constant("DocumentType", 10),
        constant("DocumentFragment", 11),
        constant("Notation", 12),
        constant("Whitespace", 13),
        constant("SignificantWhitespace", 14),
        constant("EndElement", 15),
        constant("EndEntity", 16),
        constant("XmlDeclaration", 17),
    ],
    denied: &[],
};

pub(super) const SAVE_OPTIONS: Table = Table {
    class: Class::SaveOptions,
    parameters: &[],
    rows: &[constant("None", 0), constant("DisableFormatting", 1), constant("OmitDuplicateNamespaces", 2)],
    denied: &[],
};

pub(super) const LOAD_OPTIONS: Table = Table {
    class: Class::LoadOptions,
    parameters: &[],
    rows: &[
        constant("None", 0),
        constant("PreserveWhitespace", 1),
        constant("SetBaseUri", 2),
        constant("SetLineInfo", 4),
    ],
    denied: &[],
};

/// Namespace and local name of an expanded name.
pub(super) fn split(name: &str) -> (&str, &str) {
    name.strip_prefix('{').and_then(|name| name.rsplit_once('}')).unwrap_or(("", name))
}

/// `{namespace}local`, or `local` without a namespace.
pub(super) fn expanded(namespace: &str, local: &str) -> Text {
    Text::from(if namespace.is_empty() { local.to_owned() } else { format!("{{{namespace}}}{local}") })
}

/// The text of an `XName` or `XNamespace`; a string stands for itself.
pub fn display_name(machine: &Machine<'_, '_>, value: &Value) -> Text {
    let text = match (value, machine.object(value)) {
        (Value::Str(text), _) => Some(text),
        (_, Some(Object::Record { fields, .. })) => match fields.first() {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        },
        _ => None,
    };
    text.cloned().unwrap_or_default()
}

/// The name in an argument of type `XName`.
pub(super) fn argument(machine: &Machine<'_, '_>, call: &Call<'_>, index: usize) -> Result<Text, Fault> {
    match call.get(index) {
        Value::Null => Err(Fault::null_argument("name")),
        value => checked(&display_name(machine, value)),
    }
}

pub(super) fn make(machine: &mut Machine<'_, '_>, class: Class, text: Text) -> Result<Value, Fault> {
    record(machine, class, vec![Value::Str(text)])
}

/// A name that an element may have.
fn checked(name: &str) -> Result<Text, Fault> {
    let (namespace, local) = split(name);
    if local.is_empty() {
        return Err(Fault::new(
            Class::ArgumentException,
            format!("'{name}' is an invalid expanded name. (Parameter 'expandedName')"),
        ));
    }
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    let is_part = |c: char| is_start(c) || c.is_numeric() || matches!(c, '-' | '.' | '\u{b7}');
    let first = local.chars().next().unwrap_or(' ');
    if !is_start(first) && is_part(first) {
        return Err(Fault::new(
            Class::XmlException,
            format!(
                "Name cannot begin with the '{first}' character, hexadecimal value 0x{:02X}.",
                u32::from(first)
            ),
        ));
    }
    if let Some(c) = local.chars().find(|c| !is_part(*c)) {
        return Err(Fault::new(
            Class::XmlException,
            format!(
                "The '{c}' character, hexadecimal value 0x{:02X}, cannot be included in a name.",
                u32::from(c)
            ),
        ));
    }
    Ok(expanded(namespace, local))
}

fn same(machine: &Machine<'_, '_>, call: &Call<'_>) -> bool {
    let (a, b) = (call.get(0), call.get(1));
    if *a == Value::Null || *b == Value::Null {
        return a == b;
    }
    display_name(machine, a) == display_name(machine, b)
}

/// The prefix that stands for `namespace` at `value`, by the declarations around it.
pub(super) fn prefix_of(machine: &Machine<'_, '_>, value: &Value, namespace: &str) -> Option<String> {
    if namespace == XML {
        return Some("xml".to_owned());
    }
    let mut at = value.clone();
    while at != Value::Null {
        for attribute in attributes(machine, &at) {
            if let Some(XmlKind::Attribute(name, text)) = node(machine, &attribute).map(|node| &node.kind)
                && split(name).0 == XMLNS
                && text.as_str() == namespace
            {
                return Some(split(name).1.to_owned());
            }
        }
        at = parent(machine, &at);
    }
    None
}
