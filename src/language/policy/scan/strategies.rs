//! Trees for property tests.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Attribute, Element, RawText};
use crate::diagnostics::{SourceId, Span};

const NAMES: &[&str] =
    &["policies", "inbound", "choose", "when", "set-header", "x", "a.b_c", "set-body", "value"];
const ATTRIBUTES: &[&str] = &["name", "value", "condition", "x-y", "template"];

/// Code whose brackets match.
const CODE: &[&str] = &[
    "@(1)",
    "@(a < b && c > d)",
    "@(a[\"x\"] == 'y' ? \"<\" : \"&quot;\")",
    "@(x.As<JObject>()[\"a&amp;b\"])",
    "@(@\"c:\\\" + \"\\\"\" + $\"{{ {a(\")\")} }}\")",
    "@{\r\n  // it's \" a )\r\n  return \"\";\r\n}",
    "@{ /* \" ' ( < */ return '\"'; }",
    "@('Retry-After' + \"'\")",
    "@(a == \"&lt;\" &amp;&amp; b)",
    "@(x <= {{Weight}} + \"{{a}}\")",
    " \n@(\"\t\") ",
];

/// Text of any kind, much of it close to an expression or to markup.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        select(CODE).prop_map(str::to_owned),
        "@[({][a-c\"'<>&;@$/*\\\\(){}\\[\\] \n]{0,30}",
        "[a-z<>&;\"'@#{}$%() \n\r\té]{0,20}",
        select(&["&amp;", "&#64;(", "]]>", "-->", "<!--", "@(1) x", "@(", "${a < b}", "%{ if < }"][..])
            .prop_map(str::to_owned),
    ]
}

fn text_of(text: &str) -> RawText {
    RawText::verbatim(SourceId(0), text)
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    vec((select(ATTRIBUTES), any_text()), 0..4).prop_map(|pairs| {
        let mut attributes: Vec<Attribute> = Vec::new();
        for (name, value) in pairs {
            if attributes.iter().all(|a| a.name != name) {
                let value = text_of(&value);
                attributes.push(Attribute { name: name.to_owned(), name_span: NOWHERE, value });
            }
        }
        attributes
    })
}

const NOWHERE: Span = Span { source: SourceId(0), start: 0, end: 0 };

fn element(name: &str, attributes: Vec<Attribute>, text: &str, children: Vec<Element>) -> Element {
    let holds = super::element::holds_payload(name) && !children.is_empty();
    Element {
        name: name.to_owned(),
        name_span: NOWHERE,
        tag_span: NOWHERE,
        inner_span: NOWHERE,
        attributes,
        payload: holds.then(|| text_of(" text <a b='1'>&amp;<!-- c --></a>\n")),
        children,
        text: text_of(text),
        inner: (0, 0),
        damaged: false,
    }
}

/// A tree as the reader could have made it.
pub(crate) fn any_element() -> impl Strategy<Value = Element> {
    let leaf = (select(NAMES), attributes(), any_text())
        .prop_map(|(name, attributes, text)| element(name, attributes, &text, Vec::new()));
    leaf.prop_recursive(4, 24, 4, |inner| {
        let text = prop_oneof![3 => Just("\n  ".to_owned()), 1 => any_text()];
        (select(NAMES), attributes(), text, vec(inner, 1..4))
            .prop_map(|(name, attributes, text, children)| element(name, attributes, &text, children))
    })
}
