//! `XElement`, `XAttribute`, `XText`, `XCData`, `XComment`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::arguments::text;
use super::super::{Table, call};
use super::members::{descendants, nodes, shown};
use super::names::{argument, make, prefix_of};
use super::tree::{
    add, ancestors, attribute, attributes, children, copy, elements, fits, is_element, name, node, node_mut,
    remove, set_attributes, set_parent, text as text_in,
};
use super::{XmlKind, build, convert, parse};
use crate::policy::Text;

pub(super) const ELEMENT: Table = Table {
    class: Class::XElement,
    parameters: &[],
    rows: &[
        call("new(XName name)", |machine, call| {
            let name = argument(machine, call, 0)?;
            build::element(machine, name, &Value::Null)
        }),
        call("new(XElement other)", |machine, call| match call.get(0) {
            Value::Null => Err(Fault::null_argument("other")),
            other => copy(machine, other, 0),
        }),
        call("new(XName name, params object[] content)", |machine, call| {
            let name = argument(machine, call, 0)?;
            build::element(machine, name, call.get(1))
        }),
        call("static XElement Parse(string text)", |machine, call| {
            let text = text(call, 0, "s")?;
            parse::parse_element(machine, &text)
        }),
        call("static XElement Parse(string text, LoadOptions options)", |machine, call| {
            let text = text(call, 0, "s")?;
            parse::parse_element(machine, &text)
        }),
        call("XName Name { get; }", get_name),
        call("XName Name { set; }", |machine, call| {
            let new = argument(machine, call, 1)?;
            if let Some(XmlKind::Element { name, .. }) =
                node_mut(machine, call.get(0)).map(|node| &mut node.kind)
            {
                *name = new;
            }
            Ok(Value::Null)
        }),
        call("string Value { get; }", get_text),
        call("string Value { set; }", set_text),
        call("bool HasElements { get; }", |machine, call| {
            let all = children(machine, call.get(0));
            Ok(Value::Bool(all.iter().any(|child| is_element(machine, child))))
        }),
        call("bool HasAttributes { get; }", |machine, call| {
            Ok(Value::Bool(!attributes(machine, call.get(0)).is_empty()))
        }),
        call("bool IsEmpty { get; }", |machine, call| {
            let kind = node(machine, call.get(0)).map(|node| &node.kind);
            Ok(Value::Bool(matches!(
                kind,
                Some(XmlKind::Element { children, is_closed: false, .. }) if children.is_empty()
            )))
        }),
        call("XAttribute Attribute(XName name)", |machine, call| {
            let name = argument(machine, call, 1)?;
            Ok(attribute(machine, call.get(0), &name))
        }),
        call("IEnumerable<XAttribute> Attributes()", |machine, call| {
            let found = attributes(machine, call.get(0));
            nodes(machine, Class::XAttribute, found)
        }),
        call("IEnumerable<XAttribute> Attributes(XName name)", |machine, call| {
            let name = argument(machine, call, 1)?;
            let found = match attribute(machine, call.get(0), &name) {
                Value::Null => Vec::new(),
                found => vec![found],
            };
            nodes(machine, Class::XAttribute, found)
        }),
        call("XAttribute FirstAttribute { get; }", |machine, call| {
            Ok(attributes(machine, call.get(0)).first().cloned().unwrap_or(Value::Null))
        }),
        call("XAttribute LastAttribute { get; }", |machine, call| {
            Ok(attributes(machine, call.get(0)).last().cloned().unwrap_or(Value::Null))
        }),
        call("IEnumerable<XElement> DescendantsAndSelf()", |machine, call| {
            let mut found = vec![call.get(0).clone()];
            found.extend(descendants(machine, call.get(0), None)?);
            nodes(machine, Class::XElement, found)
        }),
        call("IEnumerable<XElement> DescendantsAndSelf(XName name)", |machine, call| {
            let name = argument(machine, call, 1)?;
            let mut found = vec![call.get(0).clone()];
            found.extend(descendants(machine, call.get(0), None)?);
            found.retain(|at| fits(machine, at, Some(&name)));
            nodes(machine, Class::XElement, found)
        }),
        call("IEnumerable<XElement> AncestorsAndSelf()", |machine, call| {
            let mut found = vec![call.get(0).clone()];
            found.extend(ancestors(machine, call.get(0)));
            nodes(machine, Class::XElement, found)
        }),
        call("void SetAttributeValue(XName name, object value)", set_attribute),
        call("void SetElementValue(XName name, object value)", set_element),
        call("void SetValue(object value)", |machine, call| {
            let text = build::text_of(machine, call.get(1))?;
            build::set_text(machine, call.get(0), &text)?;
            Ok(Value::Null)
        }),
        call("void RemoveAttributes()", |machine, call| {
            build::remove_attributes(machine, call.get(0));
            Ok(Value::Null)
        }),
        call("void RemoveAll()", |machine, call| {
            build::remove_attributes(machine, call.get(0));
            build::remove_children(machine, call.get(0))?;
            Ok(Value::Null)
        }),
        call("void ReplaceAll(params object[] content)", |machine, call| {
            build::remove_attributes(machine, call.get(0));
            build::remove_children(machine, call.get(0))?;
            build::insert(machine, call.get(0), call.get(1), 0)?;
            Ok(Value::Null)
        }),
        call("void ReplaceAttributes(params object[] content)", |machine, call| {
            build::remove_attributes(machine, call.get(0));
            let end = children(machine, call.get(0)).len();
            build::insert(machine, call.get(0), call.get(1), end)?;
            Ok(Value::Null)
        }),
        call("XNamespace GetDefaultNamespace()", |machine, call| {
            let mut around = vec![call.get(0).clone()];
            around.extend(ancestors(machine, call.get(0)));
            for at in around {
                let found = attribute(machine, &at, "xmlns");
                if found != Value::Null {
                    let text = text_in(machine, &found)?;
                    return make(machine, Class::XNamespace, Text::from(text));
                }
            }
            make(machine, Class::XNamespace, Text::EMPTY)
        }),
        call("XNamespace GetNamespaceOfPrefix(string prefix)", |machine, call| {
            let wanted = super::names::expanded(super::XMLNS, &text(call, 1, "prefix")?);
            let mut around = vec![call.get(0).clone()];
            around.extend(ancestors(machine, call.get(0)));
            for at in around {
                let found = attribute(machine, &at, &wanted);
                if found != Value::Null {
                    let text = text_in(machine, &found)?;
                    return make(machine, Class::XNamespace, Text::from(text));
                }
            }
            Ok(Value::Null)
        }),
        call("string GetPrefixOfNamespace(XNamespace ns)", |machine, call| {
            let namespace = super::display_name(machine, call.get(1));
            Ok(prefix_of(machine, call.get(0), &namespace).map_or(Value::Null, Value::from))
        }),
        call("static explicit operator string(XElement element)", convert::to_string),
        call("static explicit operator int(XElement element)", |machine, call| {
            convert::element(machine, call, convert::int)
        }),
        call("static explicit operator int?(XElement element)", |machine, call| {
            convert::nullable(machine, call, convert::int)
        }),
        call("static explicit operator long(XElement element)", |machine, call| {
            convert::element(machine, call, convert::long)
        }),
        call("static explicit operator long?(XElement element)", |machine, call| {
            convert::nullable(machine, call, convert::long)
        }),
        call("static explicit operator double(XElement element)", |machine, call| {
            convert::element(machine, call, convert::double)
        }),
        call("static explicit operator double?(XElement element)", |machine, call| {
            convert::nullable(machine, call, convert::double)
        }),
        call("static explicit operator decimal(XElement element)", |machine, call| {
            convert::element(machine, call, convert::decimal)
        }),
        call("static explicit operator decimal?(XElement element)", |machine, call| {
            convert::nullable(machine, call, convert::decimal)
        }),
        call("static explicit operator bool(XElement element)", |machine, call| {
            convert::element(machine, call, convert::bool)
        }),
        call("static explicit operator bool?(XElement element)", |machine, call| {
            convert::nullable(machine, call, convert::bool)
        }),
        call("static explicit operator DateTime(XElement element)", |machine, call| {
            convert::element(machine, call, convert::date)
        }),
        call("static explicit operator DateTime?(XElement element)", |machine, call| {
            convert::nullable(machine, call, convert::date)
        }),
        call("static explicit operator Guid(XElement element)", |machine, call| {
            convert::element(machine, call, convert::guid)
        }),
        call("static explicit operator Guid?(XElement element)", |machine, call| {
            convert::nullable(machine, call, convert::guid)
        }),
    ],
    denied: &["Load", "LoadAsync", "Save", "SaveAsync"],
};

pub(super) const ATTRIBUTE: Table = Table {
    class: Class::XAttribute,
    parameters: &[],
    rows: &[
        call("new(XName name, object value)", |machine, call| {
            let name = argument(machine, call, 0)?;
            if *call.get(1) == Value::Null {
                return Err(Fault::null_argument("value"));
            }
            let text = build::text_of(machine, call.get(1))?;
            machine.pay(text.len())?;
            add(machine, XmlKind::Attribute(name, Text::from(text)))
        }),
        call("XName Name { get; }", get_name),
        call("string Value { get; }", get_text),
        call("string Value { set; }", set_text),
        call("void SetValue(object value)", |machine, call| {
            let text = build::text_of(machine, call.get(1))?;
            build::set_text(machine, call.get(0), &text)?;
            Ok(Value::Null)
        }),
        call("bool IsNamespaceDeclaration { get; }", |machine, call| {
            let name = name(machine, call.get(0)).unwrap_or_default();
            let is_declaration = name.as_str() == "xmlns" || super::names::split(&name).0 == super::XMLNS;
            Ok(Value::Bool(is_declaration))
        }),
        call("void Remove()", |machine, call| {
            remove(machine, call.get(0))?;
            Ok(Value::Null)
        }),
        call("string ToString()", |machine, call| shown(machine, call.get(0), false)),
        call("static explicit operator string(XAttribute attribute)", convert::to_string),
        call("static explicit operator int(XAttribute attribute)", |machine, call| {
            convert::attribute(machine, call, convert::int)
        }),
        call("static explicit operator int?(XAttribute attribute)", |machine, call| {
            convert::nullable(machine, call, convert::int)
        }),
        call("static explicit operator long(XAttribute attribute)", |machine, call| {
            convert::attribute(machine, call, convert::long)
        }),
        call("static explicit operator long?(XAttribute attribute)", |machine, call| {
            convert::nullable(machine, call, convert::long)
        }),
        call("static explicit operator double(XAttribute attribute)", |machine, call| {
            convert::attribute(machine, call, convert::double)
        }),
        call("static explicit operator double?(XAttribute attribute)", |machine, call| {
            convert::nullable(machine, call, convert::double)
        }),
        call("static explicit operator decimal(XAttribute attribute)", |machine, call| {
            convert::attribute(machine, call, convert::decimal)
        }),
        call("static explicit operator decimal?(XAttribute attribute)", |machine, call| {
            convert::nullable(machine, call, convert::decimal)
        }),
        call("static explicit operator bool(XAttribute attribute)", |machine, call| {
            convert::attribute(machine, call, convert::bool)
        }),
        call("static explicit operator bool?(XAttribute attribute)", |machine, call| {
            convert::nullable(machine, call, convert::bool)
        }),
        call("static explicit operator DateTime(XAttribute attribute)", |machine, call| {
            convert::attribute(machine, call, convert::date)
        }),
        call("static explicit operator DateTime?(XAttribute attribute)", |machine, call| {
            convert::nullable(machine, call, convert::date)
        }),
        call("static explicit operator Guid(XAttribute attribute)", |machine, call| {
            convert::attribute(machine, call, convert::guid)
        }),
        call("static explicit operator Guid?(XAttribute attribute)", |machine, call| {
            convert::nullable(machine, call, convert::guid)
        }),
    ],
    denied: &[],
};

pub(super) const TEXT: Table = Table {
    class: Class::XText,
    parameters: &[],
    rows: &[
        call("new(string value)", |machine, call| {
            let text = text(call, 0, "value")?;
            add(machine, XmlKind::Text(text, false))
        }),
        call("string Value { get; }", get_text),
        call("string Value { set; }", set_text),
    ],
    denied: &[],
};

pub(super) const CDATA: Table = Table {
    class: Class::XCData,
    parameters: &[],
    rows: &[call("new(string value)", |machine, call| {
        let text = text(call, 0, "value")?;
        add(machine, XmlKind::Text(text, true))
    })],
    denied: &[],
};

pub(super) const COMMENT: Table = Table {
    class: Class::XComment,
    parameters: &[],
    rows: &[
        call("new(string value)", |machine, call| {
            let text = text(call, 0, "value")?;
            add(machine, XmlKind::Comment(text))
        }),
        call("string Value { get; }", get_text),
        call("string Value { set; }", set_text),
    ],
    denied: &[],
};

fn get_name(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let name = name(machine, call.get(0)).unwrap_or_default();
    make(machine, Class::XName, name)
}

fn get_text(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = text_in(machine, call.get(0))?;
    Ok(Value::from(text))
}

fn set_text(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let new = text(call, 1, "value")?;
    build::set_text(machine, call.get(0), &new)?;
    Ok(Value::Null)
}

/// Null removes the attribute; an attribute that is not there is added.
fn set_attribute(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let name = argument(machine, call, 1)?;
    let found = attribute(machine, call.get(0), &name);
    match (found, call.get(2)) {
        (Value::Null, Value::Null) => {}
        (Value::Null, value) => {
            let text = build::text_of(machine, value)?;
            machine.pay(text.len())?;
            let new = add(machine, XmlKind::Attribute(name, Text::from(text)))?;
            set_parent(machine, &new, call.get(0));
            let mut all = attributes(machine, call.get(0));
            all.push(new);
            set_attributes(machine, call.get(0), all);
        }
        (found, Value::Null) => remove(machine, &found)?,
        (found, value) => {
            let text = build::text_of(machine, value)?;
            build::set_text(machine, &found, &text)?;
        }
    }
    Ok(Value::Null)
}

/// Null removes the first element of that name; an element that is not there is added at the end.
fn set_element(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let name = argument(machine, call, 1)?;
    let found = elements(machine, call.get(0), Some(&name))?.into_iter().next();
    match (found, call.get(2)) {
        (None, Value::Null) => {}
        (Some(found), Value::Null) => remove(machine, &found)?,
        (Some(found), value) => {
            let text = build::text_of(machine, value)?;
            build::set_text(machine, &found, &text)?;
        }
        (None, value) => {
            let text = Value::from(build::text_of(machine, value)?);
            let new = build::element(machine, name, &text)?;
            let end = children(machine, call.get(0)).len();
            build::insert(machine, call.get(0), &new, end)?;
        }
    }
    Ok(Value::Null)
}
