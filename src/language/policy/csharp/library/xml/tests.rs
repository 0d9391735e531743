//! Expected values: what .NET gives (made with mono, whose System.Xml.Linq is .NET's).

use super::super::super::Class;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::super::testing::{run, shown, with};
use super::{parse_document, parse_element};

fn print(machine: &mut Machine<'_, '_>, node: &Value, indented: bool) -> String {
    super::display(machine, node, indented).unwrap()
}

#[test]
fn text_made_is_that_of_dotnet() {
    // text, indented, not indented
    let cases = [
        ("<a><b>1</b><b/></a>", "<a>\n  <b>1</b>\n  <b />\n</a>", "<a><b>1</b><b /></a>"),
        ("<a>x<b>1</b></a>", "<a>x<b>1</b></a>", "<a>x<b>1</b></a>"),
        ("<a> <b/> </a>", "<a>\n  <b />\n</a>", "<a><b /></a>"),
        ("<a><b> </b></a>", "<a>\n  <b></b>\n</a>", "<a><b></b></a>"),
        (
            "<a><![CDATA[<x>]]><!--c--></a>",
            "<a><![CDATA[<x>]]><!--c--></a>",
            "<a><![CDATA[<x>]]><!--c--></a>",
        ),
        (
            "<a x='1' y=\"&lt;&quot;'\">&lt;&amp;&gt;\"'</a>",
            "<a x=\"1\" y=\"&lt;&quot;'\">&lt;&amp;&gt;\"'</a>",
            "<a x=\"1\" y=\"&lt;&quot;'\">&lt;&amp;&gt;\"'</a>",
        ),
        (
            "<a xmlns='u'><b/><c xmlns=''/></a>",
            "<a xmlns=\"u\">\n  <b />\n  <c xmlns=\"\" />\n</a>",
            "<a xmlns=\"u\"><b /><c xmlns=\"\" /></a>",
        ),
        (
            "<p:a xmlns:p='u' p:x='1'><p:b/></p:a>",
            "<p:a xmlns:p=\"u\" p:x=\"1\">\n  <p:b />\n</p:a>",
            "<p:a xmlns:p=\"u\" p:x=\"1\"><p:b /></p:a>",
        ),
        (
            "<a><b>1</b><c><d/>t</c></a>",
            "<a>\n  <b>1</b>\n  <c>\n    <d />t</c>\n</a>",
            "<a><b>1</b><c><d />t</c></a>",
        ),
        ("<a>\r\n x</a>", "<a>\n x</a>", "<a>\n x</a>"),
        ("<a>&#xe9;&#x1F600;</a>", "<a>é😀</a>", "<a>é😀</a>"),
        ("<a x='&#10;&#9;é'/>", "<a x=\"&#xA;&#x9;é\" />", "<a x=\"&#xA;&#x9;é\" />"),
        ("<a></a>", "<a></a>", "<a></a>"),
        ("  <a/>  ", "<a />", "<a />"),
        ("<?xml version=\"1.0\" encoding=\"utf-8\"?><!-- c --><a/>", "<a />", "<a />"),
        (
            "<a xml:space='preserve'> <b/> </a>",
            "<a xml:space=\"preserve\"> <b /> </a>",
            "<a xml:space=\"preserve\"> <b /> </a>",
        ),
    ];
    with(|machine| {
        for (text, indented, flat) in cases {
            let element = parse_element(machine, text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
            assert_eq!(print(machine, &element, true), indented, "{text}");
            assert_eq!(print(machine, &element, false), flat, "{text}");
            let again = parse_element(machine, flat).unwrap();
            assert_eq!(print(machine, &again, false), flat);
        }
        let document = parse_document(machine, "<?xml version='1.0'?><!--x--><a><b/></a>").unwrap();
        assert_eq!(print(machine, &document, true), "<!--x-->\n<a>\n  <b />\n</a>");
    });
}

#[test]
fn malformed_text_is_told_as_by_dotnet() {
    let cases = [
        ("", "Root element is missing."),
        ("x", "Data at the root level is invalid. Line 1, position 1."),
        (
            "<a></b>",
            "The 'a' start tag on line 1 position 2 does not match the end tag of 'b'. Line 1, position 6.",
        ),
        ("<a/><b/>", "There are multiple root elements. Line 1, position 6."),
        ("<a x='1' x='2'/>", "'x' is a duplicate attribute name. Line 1, position 10."),
        ("<a>&foo;</a>", "Reference to undeclared entity 'foo'. Line 1, position 5."),
        ("<p:a/>", "'p' is an undeclared prefix. Line 1, position 2."),
        (
            "<a><b></a>",
            "The 'b' start tag on line 1 position 5 does not match the end tag of 'a'. Line 1, position 9.",
        ),
        ("<a>]]></a>", "']]>' is not allowed in character data. Line 1, position 4."),
        ("<a>\u{1}</a>", "'\u{1}', hexadecimal value 0x01, is an invalid character. Line 1, position 4."),
        ("<1a/>", "Name cannot begin with the '1' character, hexadecimal value 0x31. Line 1, position 2."),
        ("<a>x</a>y", "Data at the root level is invalid. Line 1, position 9."),
        (
            "<a>\n<b>\n</a>",
            "The 'b' start tag on line 2 position 2 does not match the end tag of 'a'. Line 3, position 3.",
        ),
    ];
    with(|machine| {
        for (text, expected) in cases {
            let told = parse_element(machine, text).unwrap_err();
            assert_eq!(told.message().as_str(), expected, "{text}");
        }
        for text in ["<a", "<a x=1/>", "<a b/>", "< a/>", "<a>&#0;</a>", "<a>", "</a>"] {
            assert!(parse_element(machine, text).is_err(), "{text}");
        }
    });
}

/// Runs a member of `XElement` or one of its bases on the element in `text`; gives the element afterwards.
fn change(text: &str, class: Class, signature: &str, arguments: &[Value]) -> String {
    with(|machine| {
        let element = parse_element(machine, text).unwrap();
        let mut all = vec![element.clone()];
        all.extend_from_slice(arguments);
        match run(machine, class, signature, &all, &[]) {
            Ok(_) => print(machine, &element, false),
            Err(fault) => fault.message().to_string(),
        }
    })
}

#[test]
fn elements_change_as_in_dotnet() {
    let attribute = "void SetAttributeValue(XName name, object value)";
    let child = "void SetElementValue(XName name, object value)";
    let class = Class::XElement;
    assert_eq!(change("<a x='1'/>", class, attribute, &["x".into(), Value::Null]), "<a />");
    assert_eq!(change("<a x='1'/>", class, attribute, &["y".into(), "2".into()]), "<a x=\"1\" y=\"2\" />");
    assert_eq!(change("<a><b>1</b></a>", class, child, &["b".into(), "z".into()]), "<a><b>z</b></a>");
    assert_eq!(change("<a><b>1</b></a>", class, child, &["c".into(), "z".into()]), "<a><b>1</b><c>z</c></a>");
    assert_eq!(change("<a><b>1</b></a>", class, child, &["b".into(), Value::Null]), "<a />");
    assert_eq!(change("<a><b/>t</a>", class, "string Value { set; }", &["n".into()]), "<a>n</a>");
    assert_eq!(change("<a y='1'><b/></a>", class, "void RemoveAll()", &[]), "<a />");
    let add = "void Add(params object[] content)";
    assert_eq!(change("<a>x</a>", Class::XContainer, add, &["y".into()]), "<a>xy</a>");
    assert_eq!(change("<a/>", Class::XContainer, add, &["".into()]), "<a></a>");
    assert_eq!(change("<a/>", Class::XContainer, add, &[Value::Bool(true)]), "<a>true</a>");
    let bad = change("<a/>", class, attribute, &["a b".into(), "2".into()]);
    assert_eq!(bad, "The ' ' character, hexadecimal value 0x20, cannot be included in a name.");
}

#[test]
fn namespaces_get_prefixes_as_in_dotnet() {
    with(|machine| {
        let new = "new(XName name, params object[] content)";
        let element = |machine: &mut Machine<'_, '_>, name: &'static str, content: Value| {
            run(machine, Class::XElement, new, &[name.into(), content], &[]).unwrap()
        };
        let b = element(machine, "{urn:x}b", Value::Null);
        let a = element(machine, "{urn:x}a", b);
        let c = element(machine, "c", Value::Null);
        run(machine, Class::XContainer, "void Add(params object[] content)", &[a.clone(), c], &[]).unwrap();
        let signature = "void SetAttributeValue(XName name, object value)";
        run(machine, Class::XElement, signature, &[a.clone(), "{urn:x}q".into(), "1".into()], &[]).unwrap();
        assert_eq!(
            print(machine, &a, true),
            "<a p1:q=\"1\" xmlns:p1=\"urn:x\" xmlns=\"urn:x\">\n  <p1:b />\n  <c xmlns=\"\" />\n</a>"
        );
    });
}

#[test]
fn a_node_with_a_parent_is_copied() {
    with(|machine| {
        let a = parse_element(machine, "<a><b/></a>").unwrap();
        let add = "void Add(params object[] content)";
        let b = super::tree::children(machine, &a)[0].clone();
        run(machine, Class::XContainer, add, &[a.clone(), b], &[]).unwrap();
        run(machine, Class::XContainer, add, &[a.clone(), a.clone()], &[]).unwrap();
        assert_eq!(print(machine, &a, false), "<a><b /><b /><a><b /><b /></a></a>");
    });
}

#[test]
fn casts_read_values() {
    let cases = [
        ("<a> 5 </a>", "int", "5"),
        ("<a>x</a>", "int", "Exception(FormatException): The input string 'x' was not in a correct format."),
        ("<a>b<c>d</c></a>", "string", "bd"),
        ("<a>1</a>", "bool", "true"),
        ("<a> TRUE </a>", "bool", "true"),
        ("<a>yes</a>", "bool", "Exception(FormatException): The string 'yes' is not a valid Boolean value."),
    ];
    with(|machine| {
        for (text, ty, expected) in cases {
            let element = parse_element(machine, text).unwrap();
            let signature = format!("static explicit operator {ty}(XElement element)");
            assert_eq!(shown(run(machine, Class::XElement, &signature, &[element], &[])), expected, "{text}");
        }
        let null = run(
            machine,
            Class::XElement,
            "static explicit operator int?(XElement element)",
            &[Value::Null],
            &[],
        );
        assert_eq!(shown(null), "null");
        let null = run(
            machine,
            Class::XElement,
            "static explicit operator int(XElement element)",
            &[Value::Null],
            &[],
        );
        assert_eq!(
            shown(null),
            "Exception(ArgumentNullException): Value cannot be null. (Parameter 'element')"
        );
    });
}

#[test]
fn paths_find_nodes() {
    let text = "<a><b id='1'>x</b><b id='2'><c>y</c></b><n:d xmlns:n='u'>z</n:d></a>";
    let cases = [
        ("//b[@id='2']/c", "y"),
        ("/a/b", "x|y"),
        ("/a/b[2]", "y"),
        ("/a/b[last()]", "y"),
        ("//c/text()", "y"),
        ("/a/b/@id", "1|2"),
        ("/a/x", ""),
        ("//*[local-name()='d']", "z"),
        ("/a/*", "x|y|z"),
        ("//b[c='y']/@id", "2"),
        ("//c/..", "y"),
        ("//b[@id='1'] | //c", "x|y"),
        ("//b[@id='1' or @id='2']", "x|y"),
    ];
    with(|machine| {
        let document = parse_document(machine, text).unwrap();
        let root = super::tree::children(machine, &document)[0].clone();
        for (path, expected) in cases {
            let found = super::xpath::select(machine, &document, &path.into()).unwrap();
            let texts: Vec<String> =
                found.iter().map(|node| super::tree::text(machine, node).unwrap()).collect();
            assert_eq!(texts.join("|"), expected, "{path}");
            if path.starts_with('/') {
                assert_eq!(super::xpath::select(machine, &root, &path.into()).unwrap(), found, "{path}");
            }
        }
        for bad in ["//b[position() mod 2]", "count(//b)", "//b[", ""] {
            let _ = super::xpath::select(machine, &document, &bad.into());
        }
    });
}

#[test]
fn deep_nesting_is_refused() {
    with(|machine| {
        let text = format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000));
        assert!(parse_element(machine, &text).is_err());
    });
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[<>/a-c=\"'&;#x1!\\[\\]\\-? é\\n:]{0,40}") {
        with(|machine| {
            if let Ok(element) = parse_element(machine, &text) {
                let printed = print(machine, &element, false);
                let again = parse_element(machine, &printed).unwrap();
                assert_eq!(print(machine, &again, false), printed);
            }
        });
    }
}
