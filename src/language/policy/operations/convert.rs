//! json-to-xml and xml-to-json.
//!
//! Rules (pages of both policies; the conversions are those of Newtonsoft.Json)
//! - JSON becomes an element `Document`: members are elements, arrays repeat them, `@name` is an attribute,
//!   `#text` is text, null is an empty element.
//! - XML becomes an object with the root as its member: attributes are `@name`, text beside others is `#text`,
//!   repeated elements are an array, an empty element is null. Everything is a string.
//! - `javascript-friendly` leaves out `@` and `#`; more is not documented.
//! - Characters that a name cannot have are written `_xHHHH_`.
//!
//! Deliberately not modelled: dates in another form (`parse-date`), namespaces beyond their prefixes.

use super::json::Json;
use super::xml::{Inner, Node, escape, parse};

/// XML of a JSON text; `None`: it is no JSON object.
pub fn json_to_xml(text: &str) -> Option<String> {
    let json = Json::parse(text).filter(|json| matches!(json, Json::Object(_)))?;
    let mut xml = String::new();
    write_element(&mut xml, "Document", &json);
    Some(xml)
}

/// JSON of an XML text; `None`: it is not XML.
pub fn xml_to_json(text: &str, is_friendly: bool) -> Option<String> {
    let (declaration, root) = parse(text)?;
    let mut members = Vec::new();
    if let Some(attributes) = declaration.filter(|_| !is_friendly) {
        let attributes = attributes.into_iter().map(|(name, value)| (format!("@{name}"), Json::Text(value)));
        members.push(("?xml".to_owned(), Json::Object(attributes.collect())));
    }
    members.push((root.name.clone(), value(&root, is_friendly)));
    Some(Json::Object(members).to_string())
}

fn write_element(xml: &mut String, name: &str, value: &Json) {
    if let Json::Array(items) = value {
        // An array in an array is an element of the same name around the inner ones.
        for item in items {
            if let Json::Array(_) = item {
                xml.push_str(&format!("<{}>", encoded(name)));
                write_element(xml, name, item);
                xml.push_str(&format!("</{}>", encoded(name)));
            } else {
                write_element(xml, name, item);
            }
        }
        return;
    }
    let name = encoded(name);
    let mut start = format!("<{name}");
    let mut inner = String::new();
    match value {
        Json::Null | Json::Array(_) => {}
        Json::Plain(text) | Json::Text(text) => inner = escape(text, false),
        Json::Object(members) => {
            for (member, value) in members {
                match (member.strip_prefix('@'), value) {
                    (Some(attribute), Json::Plain(text) | Json::Text(text)) => {
                        start.push_str(&format!(" {}=\"{}\"", encoded(attribute), escape(text, true)));
                    }
                    (Some(attribute), Json::Null) => start.push_str(&format!(" {}=\"\"", encoded(attribute))),
                    (None, Json::Plain(text) | Json::Text(text)) if member == "#text" => {
                        inner.push_str(&escape(text, false));
                    }
                    _ => write_element(&mut inner, member, value),
                }
            }
        }
    }
    xml.push_str(&start);
    let is_empty = match value {
        Json::Text(_) => false,
        _ => inner.is_empty(),
    };
    if is_empty {
        xml.push_str(" />");
    } else {
        xml.push_str(&format!(">{inner}</{name}>"));
    }
}

/// A name with what no name can have written `_xHHHH_`.
fn encoded(name: &str) -> String {
    let mut coded = String::new();
    for (at, character) in name.chars().enumerate() {
        let is_start = character.is_alphabetic() || character == '_';
        let is_inner = character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | ':');
        if is_start || (at > 0 && is_inner) {
            coded.push(character);
        } else {
            coded.push_str(&format!("_x{:04X}_", u32::from(character)));
        }
    }
    if coded.is_empty() { "_".to_owned() } else { coded }
}

fn value(node: &Node, is_friendly: bool) -> Json {
    let (at, hash) = if is_friendly { ("", "") } else { ("@", "#") };
    let has_nodes = node.inner.iter().any(|inner| matches!(inner, Inner::Node(_)));
    let only_text = match node.inner.as_slice() {
        [] if node.has_end_tag => Some(String::new()),
        // White space alone is not kept by the service's reader.
        [Inner::Text(text)] if text.trim().is_empty() => Some(String::new()),
        [Inner::Text(text)] => Some(text.clone()),
        [Inner::Data(text)] if is_friendly => Some(text.clone()),
        _ => None,
    };
    if node.attributes.is_empty() && node.inner.is_empty() && !node.has_end_tag {
        return Json::Null;
    }
    if let Some(text) = only_text.clone()
        && node.attributes.is_empty()
    {
        return Json::Text(text);
    }
    let mut members = Vec::new();
    for (name, value) in &node.attributes {
        Json::add(&mut members, format!("{at}{name}"), Json::Text(value.clone()));
    }
    for inner in &node.inner {
        match inner {
            Inner::Text(text) if text.trim().is_empty() && (has_nodes || only_text.is_some()) => {}
            Inner::Text(text) => Json::add(&mut members, format!("{hash}text"), Json::Text(text.clone())),
            Inner::Data(text) => {
                let name = if is_friendly { "text" } else { "#cdata-section" };
                Json::add(&mut members, name.to_owned(), Json::Text(text.clone()));
            }
            Inner::Node(child) => Json::add(&mut members, child.name.clone(), value(child, is_friendly)),
        }
    }
    Json::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values: Newtonsoft.Json 5 on mono.
    #[test]
    fn xml_becomes_json() {
        for (xml, expected) in [
            (
                "<a><b>1</b><b>2</b><c x=\"y\">t</c><d/><e></e><f>  </f><g z='1'/></a>",
                r##"{"a":{"b":["1","2"],"c":{"@x":"y","#text":"t"},"d":null,"e":"","f":"","g":{"@z":"1"}}}"##,
            ),
            (
                "<a xmlns:n=\"u\" xmlns=\"v\"><n:b n:c='1'>2</n:b></a>",
                r##"{"a":{"@xmlns:n":"u","@xmlns":"v","n:b":{"@n:c":"1","#text":"2"}}}"##,
            ),
            ("<a><![CDATA[x<y]]></a>", r##"{"a":{"#cdata-section":"x<y"}}"##),
            ("<a>t<b>1</b></a>", r##"{"a":{"#text":"t","b":"1"}}"##),
            ("<a><b>1</b><c>2</c><b>3</b></a>", r#"{"a":{"b":["1","3"],"c":"2"}}"#),
            ("<a> <b>1</b> </a>", r#"{"a":{"b":"1"}}"#),
            ("<a/>", r#"{"a":null}"#),
            ("<a>&lt;&amp;&#65;</a>", r#"{"a":"<&A"}"#),
            (
                "<?xml version=\"1.0\" encoding=\"utf-8\"?><a>x<b/></a>",
                r##"{"?xml":{"@version":"1.0","@encoding":"utf-8"},"a":{"#text":"x","b":null}}"##,
            ),
        ] {
            assert_eq!(xml_to_json(xml, false).as_deref(), Some(expected), "{xml}");
        }
        assert_eq!(xml_to_json("<a x='1'>t</a>", true).as_deref(), Some(r#"{"a":{"x":"1","text":"t"}}"#));
        for wrong in ["", "text", "<a>", "<a></b>", "<a/><b/>", "{\"a\":1}", &"<a>".repeat(5000)] {
            assert_eq!(xml_to_json(wrong, false), None);
        }
    }

    /// Expected values: `DeserializeXNode` of Newtonsoft.Json 5 on mono with the root `Document`.
    #[test]
    fn json_becomes_xml() {
        for (json, expected) in [
            (r#"{"a":1,"b":[1,2]}"#, "<Document><a>1</a><b>1</b><b>2</b></Document>"),
            (r##"{"c":{"@x":"y","#text":"t"}}"##, "<Document><c x=\"y\">t</c></Document>"),
            (r#"{"d":null,"e":true,"f":1.50}"#, "<Document><d /><e>true</e><f>1.5</f></Document>"),
            (r#"{"g":"<&>"}"#, "<Document><g>&lt;&amp;&gt;</g></Document>"),
            (r#"{"a":1e3,"b":1.0}"#, "<Document><a>1000</a><b>1</b></Document>"),
            (r#"{"h":[]}"#, "<Document />"),
            (r#"{"j":[[1,2],[3]]}"#, "<Document><j><j>1</j><j>2</j></j><j><j>3</j></j></Document>"),
            (r#"{"k":"","l":{}}"#, "<Document><k></k><l /></Document>"),
            (r#"{"z":1,"a":2}"#, "<Document><z>1</z><a>2</a></Document>"),
        ] {
            assert_eq!(json_to_xml(json).as_deref(), Some(expected), "{json}");
        }
        for wrong in ["", "{", "[1]", "<a/>", &"[".repeat(5000)] {
            assert_eq!(json_to_xml(wrong), None);
        }
    }
}
