//! `System.Xml.Linq.Extensions`: the members of nodes for sequences of nodes.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::{Table, call, sequence};
use super::members::{descendants, nodes};
use super::names::argument;
use super::tree::{ancestors, attribute, attributes, elements, remove, visit_children};
use super::xpath;
use crate::policy::Text;

pub(super) const EXTENSIONS: Table = Table {
    class: Class::XmlExtensions,
    parameters: &[],
    rows: &[
        call("static IEnumerable<XElement> Elements<T>(this IEnumerable<T> source)", |machine, call| {
            each(machine, call, Class::XElement, None, elements)
        }),
        call(
            "static IEnumerable<XElement> Elements<T>(this IEnumerable<T> source, XName name)",
            |machine, call| {
                let name = argument(machine, call, 1)?;
                each(machine, call, Class::XElement, Some(&name), elements)
            },
        ),
        call("static IEnumerable<XElement> Descendants<T>(this IEnumerable<T> source)", |machine, call| {
            each(machine, call, Class::XElement, None, descendants)
        }),
        call(
            "static IEnumerable<XElement> Descendants<T>(this IEnumerable<T> source, XName name)",
            |machine, call| {
                let name = argument(machine, call, 1)?;
                each(machine, call, Class::XElement, Some(&name), descendants)
            },
        ),
        call("static IEnumerable<XNode> Nodes<T>(this IEnumerable<T> source)", |machine, call| {
            each(machine, call, Class::XNode, None, |machine, node, _| visit_children(machine, node))
        }),
        call("static IEnumerable<XElement> Ancestors<T>(this IEnumerable<T> source)", |machine, call| {
            each(machine, call, Class::XElement, None, |machine, node, _| Ok(ancestors(machine, node)))
        }),
        call(
            "static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source)",
            |machine, call| {
                each(machine, call, Class::XAttribute, None, |machine, node, _| Ok(attributes(machine, node)))
            },
        ),
        call(
            "static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source, XName name)",
            |machine, call| {
                let name = argument(machine, call, 1)?;
                each(machine, call, Class::XAttribute, Some(&name), |machine, node, name| {
                    let found = name.map_or(Value::Null, |name| attribute(machine, node, name));
                    Ok(if found == Value::Null { Vec::new() } else { vec![found] })
                })
            },
        ),
        call("static void Remove<T>(this IEnumerable<T> source)", |machine, call| {
            for node in sequence::items(machine, call.get(0))? {
                remove(machine, &node)?;
            }
            Ok(Value::Null)
        }),
        call("static XElement XPathSelectElement(this XNode node, string expression)", |machine, call| {
            let found = xpath::select(machine, call.get(0), call.get(1))?;
            Ok(found.into_iter().next().unwrap_or(Value::Null))
        }),
        call(
            "static IEnumerable<XElement> XPathSelectElements(this XNode node, string expression)",
            |machine, call| {
                let found = xpath::select(machine, call.get(0), call.get(1))?;
                nodes(machine, Class::XElement, found)
            },
        ),
    ],
    denied: &[],
};

/// The nodes that belong to a node, those of a name if one is given.
type Find = fn(&mut Machine<'_, '_>, &Value, Option<&Text>) -> Result<Vec<Value>, Fault>;

/// What `of` gives for each node, one after the other.
fn each(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    class: Class,
    name: Option<&Text>,
    of: Find,
) -> Result<Value, Fault> {
    let mut found = Vec::new();
    for node in sequence::items(machine, call.get(0))? {
        found.extend(of(machine, &node, name)?);
    }
    nodes(machine, class, found)
}
