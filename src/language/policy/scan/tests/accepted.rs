//! Documents that load, and the trees they give.

use super::*;

#[track_caller]
fn reads(document: &str, expected: &str) {
    let (elements, problems) = read_all(document, Format::Raw);
    assert_eq!(problems, [""; 0], "{document}");
    assert_eq!(outline(&elements), expected, "{document}");
}

#[test]
fn shapes_of_files() {
    for (document, expected) in [
        ("<policies/>", "policies"),
        ("<policies></policies>", "policies"),
        ("\u{feff}<policies />", "policies"),
        ("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<policies/>\r\n", "policies"),
        ("\u{feff}<?xml version='1.0'?><!-- a --><policies/>", "policies"),
        ("<!DOCTYPE policies><policies/>", "policies"),
        ("<!DOCTYPE p [ <!ENTITY x \"y\"> ]>\n<policies/>", "policies"),
        ("<!-- über -->\n<policies>\r\n\t<inbound>\r\n</inbound></policies>", "policies(inbound‹\r\n›)"),
        ("<fragment><base/></fragment>", "fragment(base)"),
        ("<base/>\n<set-variable name=\"a\" value=\"b\"/>", "base set-variable[name‹a› value‹b›]"),
        ("<inbound><base/></inbound><outbound/>", "inbound(base) outbound"),
        ("", ""),
        ("  \r\n <!-- nothing --> ", ""),
        ("<xsl:stylesheet xmlns:xsl=\"u\"/>", "xsl:stylesheet[xmlns:xsl‹u›]"),
        ("<größe wert=\"ß\"/>", "größe[wert‹ß›]"),
    ] {
        reads(document, expected);
    }
}

#[test]
fn attributes() {
    for (document, expected) in [
        ("<a b=\"1\" c='2'/>", "a[b‹1› c‹2›]"),
        ("<a b=\"it's\" c='say \"x\"'/>", "a[b‹it's› c‹say \"x\"›]"),
        ("<a b=\"1\"c=\"2\"/>", "a[b‹1› c‹2›]"),
        ("<a b = \"1\"\n   c=\n'2'\n/>", "a[b‹1› c‹2›]"),
        ("<a\r\n  b=\"1\"\r\n  c=\"2\"\r\n></a\r\n>", "a[b‹1› c‹2›]"),
        ("<a b=\"\" c=''/>", "a[b‹› c‹›]"),
        ("<a b=\"x &amp; y &lt; &#65;&#x42; &quot;\"/>", "a[b‹x & y < AB \"›]"),
        ("<a b=\"x & y && z&nbsp;\"/>", "a[b‹x & y && z&nbsp;›]"),
        ("<a b=\"line\nline\"/>", "a[b‹line\nline›]"),
        ("<a b=\"x > y\"/>", "a[b‹x > y›]"),
        ("<a b=\"user@(home)\"/>", "a[b‹user@(home)›]"),
        ("<a b=\"{{name}}\" c=\"x-{{n.a-m_e}}\"/>", "a[b‹{{name}}› c‹x-{{n.a-m_e}}›]"),
        ("<a id=\"apim-generated-policy\" backend-id=\"x\"/>", "a[id‹apim-generated-policy› backend-id‹x›]"),
        ("<a b=\"(?i)^x$ %20 100% $5 #1 {id}/x\"/>", "a[b‹(?i)^x$ %20 100% $5 #1 {id}/x›]"),
    ] {
        reads(document, expected);
    }
}

#[test]
fn expressions_in_attributes() {
    for (value, expected) in [
        ("\"@(1)\"", "@(1)"),
        ("\" @(1) \"", " @(1) "),
        ("\"\n  @(1)\n\"", "\n  @(1)\n"),
        ("\"@(a[\"x\"] == \"y\")\"", "@(a[\"x\"] == \"y\")"),
        ("\"@(a[&quot;x&quot;] == &quot;y&quot;)\"", "@(a[\"x\"] == \"y\")"),
        ("'@(a[\"x\"] == \"y\")'", "@(a[\"x\"] == \"y\")"),
        ("'@(a[&apos;x&apos;])'", "@(a['x'])"),
        ("'@(a.Split(',')[0])'", "@(a.Split(',')[0])"),
        ("\"@(a &amp;&amp; b &lt; c)\"", "@(a && b < c)"),
        ("\"@(a && b < c)\"", "@(a && b < c)"),
        ("\"@(a & b | c)\"", "@(a & b | c)"),
        ("\"@(x.As<Dictionary<string, int>>())\"", "@(x.As<Dictionary<string, int>>())"),
        ("\"@(x.As&lt;JObject&gt;()[\"a\"])\"", "@(x.As<JObject>()[\"a\"])"),
        ("\"@(a.Replace(\"&amp;\", \"&\"))\"", "@(a.Replace(\"&amp;\", \"&\"))"),
        ("'@(a == \"&amp;\")'", "@(a == \"&\")"),
        ("\"@(a == \"x &amp; y\" &amp;&amp; b)\"", "@(a == \"x & y\" && b)"),
        ("\"@(a /* ) \" ' */ + b)\"", "@(a /* ) \" ' */ + b)"),
        ("\"@(a // it's \" )\n + b)\"", "@(a // it's \" )\n + b)"),
        ("\"@(a // it&apos;s &quot; )\n + b)\"", "@(a // it's \" )\n + b)"),
        ("\"@{ if (a) { return \"}\"; } return \"{\"; }\"", "@{ if (a) { return \"}\"; } return \"{\"; }"),
        ("\"@(@\"c:\\\" + \"\\\"\")\"", "@(@\"c:\\\" + \"\\\"\")"),
        ("\"@(@\"say \"\"x\"\" )\")\"", "@(@\"say \"\"x\"\" )\")"),
        ("\"@($\"{a[\"k\"]} {{ {(b ? \")\" : \"(\")}\")\"", "@($\"{a[\"k\"]} {{ {(b ? \")\" : \"(\")}\")"),
        ("\"@($@\"{a}\\\" + @$\"{b}\\\")\"", "@($@\"{a}\\\" + @$\"{b}\\\")"),
        ("\"@($\"{d:yyyy-MM-dd'T'HH:mm}\")\"", "@($\"{d:yyyy-MM-dd'T'HH:mm}\")"),
        ("\"@(c == '\"' || c == ')' || c == '\\'')\"", "@(c == '\"' || c == ')' || c == '\\'')"),
        ("\"@(h('Retry-After', 'a)b'))\"", "@(h('Retry-After', 'a)b'))"),
        ("\"@(x <= {{Weight}})\"", "@(x <= {{Weight}})"),
        ("\"@(\"{{a}}\".Split(','))\"", "@(\"{{a}}\".Split(','))"),
        ("\"@(new JObject {{ \"a\", 1 }})\"", "@(new JObject {{ \"a\", 1 }})"),
        ("\"@{ return $\"{{\\\"a\\\": {x}}}\"; }\"", "@{ return $\"{{\\\"a\\\": {x}}}\"; }"),
        ("\"@(\"<!-- no comment -->\")\"", "@(\"<!-- no comment -->\")"),
        ("\"@(\"</a>\" + \"/>\")\"", "@(\"</a>\" + \"/>\")"),
        ("\"@(a &#38;&#38; b)\"", "@(a && b)"),
        ("\"@{&#xD;&#xA; // one&#xA; return 1; }\"", "@{\r\n // one\n return 1; }"),
        ("\"@(\"größer\")\"", "@(\"größer\")"),
        ("\"@{\r\n\treturn 1;\r\n}\"", "@{\r\n\treturn 1;\r\n}"),
    ] {
        for document in [format!("<a b={value}/>"), format!("<a b={value}c='1'></a>")] {
            let (elements, problems) = read_all(&document, Format::Raw);
            assert_eq!(problems, [""; 0], "{document}");
            let value = &elements[0].attributes[0].value;
            assert_eq!(value.text, expected, "{document}");
            assert!(value.is_expression, "{document}");
        }
    }
}

#[test]
fn expressions_in_text() {
    for (text, expected) in [
        ("@(1)", "@(1)"),
        ("\n  @(1)\n", "\n  @(1)\n"),
        ("@(x.As<JObject>()[\"a\"] && b < c)", "@(x.As<JObject>()[\"a\"] && b < c)"),
        ("@(x.As&lt;JObject&gt;())", "@(x.As<JObject>())"),
        ("@(\"a &lt; b\")", "@(\"a < b\")"),
        ("@(x.As<string>() + \"&lt;\")", "@(x.As<string>() + \"&lt;\")"),
        ("@{ return \"</value>\"; }", "@{ return \"</value>\"; }"),
        ("@{ /* </value> */ return 1; }", "@{ /* </value> */ return 1; }"),
        ("@{ // a < b, it's \"\n return 1; }", "@{ // a < b, it's \"\n return 1; }"),
        ("<!-- first -->@(a < b)", "@(a < b)"),
        ("<!-- @( -->\n@(a)<!-- ) -->", "\n@(a)"),
        ("@(a) tail", "@(a) tail"),
        ("@(a)@(b)", "@(a)@(b)"),
        ("<![CDATA[@(a < b && c)]]>", "@(a < b && c)"),
        ("@(a ? \"<b>\" : '<')", "@(a ? \"<b>\" : '<')"),
    ] {
        let document = format!("<v>{text}</v>");
        let (elements, problems) = read_all(&document, Format::Raw);
        assert_eq!(problems, [""; 0], "{document}");
        assert_eq!(elements[0].text.text, expected, "{document}");
        assert!(elements[0].text.is_expression, "{document}");
    }
}

#[test]
fn literal_text() {
    for (text, expected) in [
        ("a b", "a b"),
        ("a &amp; b &lt; c", "a & b < c"),
        ("a & b && c", "a & b && c"),
        ("a <!-- b -->c", "a c"),
        ("a<![CDATA[<b> & @( ]]>c", "a<b> & @( c"),
        ("mail me@(home)", "mail me@(home)"),
        ("it's \"quoted\"", "it's \"quoted\""),
        ("{ \"a\": [1, 2], \"b\": \"@(x)\" }", "{ \"a\": [1, 2], \"b\": \"@(x)\" }"),
        ("{{ body.x }} {% if a %}b{% endif %}", "{{ body.x }} {% if a %}b{% endif %}"),
        ("a > b", "a > b"),
    ] {
        let document = format!("<v>{text}</v>");
        let (elements, problems) = read_all(&document, Format::Raw);
        assert_eq!(problems, [""; 0], "{document}");
        assert_eq!(elements[0].text.text, expected, "{document}");
        assert!(!elements[0].text.is_expression, "{document}");
    }
}

#[test]
fn comments() {
    for (document, expected) in [
        ("<a><!-- -- --- a--b --><b/></a>", "a(b)"),
        ("<a><!-- @( \" ' {{x}} <policies><inbound> --><b/></a>", "a(b)"),
        ("<a><!----><b/></a>", "a(b)"),
        ("<a><!-- <!-- inner --><b/></a>", "a(b)"),
        ("<a><!-- x -> y --><b/></a>", "a(b)"),
        ("<a><b/><!-- x\r\n ${y} --></a><!-- end -->", "a(b)"),
        ("<a><!-- <base /> --></a>", "a"),
    ] {
        reads(document, expected);
    }
}

#[test]
fn data_in_bodies() {
    for (document, expected) in [
        (
            "<set-body template=\"liquid\"><s:E a=\"1\"> {{body.x}}&amp;</s:E>\n</set-body>",
            "set-body[template‹liquid›]«<s:E a=\"1\"> {{body.x}}&amp;</s:E>\n»",
        ),
        ("<set-body>{\"a\": 1}</set-body>", "set-body‹{\"a\": 1}›"),
        (
            "<set-body><!DOCTYPE html><html><b>x</b></html></set-body>",
            "set-body«<!DOCTYPE html><html><b>x</b></html>»",
        ),
        ("<set-header name='x'><value><a/>b</value></set-header>", "set-header[name‹x›](value«<a/>b»)"),
        ("<set-body><set-body/><!-- c --></set-body>", "set-body«<set-body/><!-- c -->»"),
        ("<choose><when/></choose>", "choose(when)"),
    ] {
        reads(document, expected);
    }
}

#[test]
fn template_leftovers_are_text_with_one_warning_each() {
    let warning = |at: &str, text: &str| {
        format!(
            "template-leftover {at} [{text}] `{text}` looks like something that a template would fill in | taken as it stands | check the file that the template makes"
        )
    };
    for (document, expected, warnings) in [
        ("<a backend-id=\"${x}\"/>", "a[backend-id‹${x}›]", vec![("1:16", "${x}")]),
        ("<a backend-id=\"{backend-id}\"/>", "a[backend-id‹{backend-id}›]", vec![("1:16", "{backend-id}")]),
        ("<retry count=\"RETRY_COUNT\"/>", "retry[count‹RETRY_COUNT›]", vec![("1:15", "RETRY_COUNT")]),
        ("<a b=\"${x}-${y}\"/>", "a[b‹${x}-${y}›]", vec![("1:7", "${x}")]),
        ("<a b=\"#{t}#\" c=\"__t__\"/>", "a[b‹#{t}#› c‹__t__›]", vec![("1:7", "#{t}#"), ("1:17", "__t__")]),
        (
            "<a>\n%{ if x < 1 ~}\n<b/>\n%{ endif ~}\n${more}\n</a>",
            "a‹\n%{ if x < 1 ~}\n\n%{ endif ~}\n${more}\n›(b)",
            vec![("2:1", "%{ if x < 1 ~}"), ("4:1", "%{ endif ~}"), ("5:1", "${more}")],
        ),
        ("%{ if x }\n<a/>\n%{ endif }", "a", vec![("1:1", "%{ if x }"), ("3:1", "%{ endif }")]),
        ("<a b=\"@(\"${x}\" == y)\"/>", "a[b‹@(\"${x}\" == y)›]", vec![("1:10", "${x}")]),
        ("<a>{{snippet}}</a>{{more}}", "a‹{{snippet}}›", vec![]),
    ] {
        let (elements, problems) = read_all(document, Format::Raw);
        let warnings: Vec<String> = warnings.into_iter().map(|(at, text)| warning(at, text)).collect();
        assert_eq!(problems, warnings, "{document}");
        assert_eq!(outline(&elements), expected, "{document}");
    }
}

#[test]
fn blank_text_may_hold_leftovers() {
    for (document, blank) in [
        ("<a>\n${x}\n{{y}} %{ if z }<b/></a>", true),
        ("<a>\n${x}\n{{y}} z<b/></a>", false),
        ("<a> <b/></a>", true),
    ] {
        let (elements, _) = read_all(document, Format::Raw);
        assert_eq!(elements[0].text.is_blank(), blank, "{document}");
    }
}

#[test]
fn format_xml_wants_escapes() {
    let help = "the service would refuse this with format `xml`; deploy it with format `rawxml`";
    for (document, expected) in [
        ("<a b=\"@(c[&quot;x&quot;] &amp;&amp; d &lt; 1)\">@(&lt;)</a>", None),
        ("<a b='@(c[\"x\"])'>@(\"y\" > 'z')</a>", None),
        ("<a b=\"@(c[\"x\"])\"/>", Some("needs-escaping 1:11 [\"] `\"` is not escaped | expected `&quot;`")),
        ("<a b='@(c.Split(','))'/>", Some("needs-escaping 1:17 ['] `'` is not escaped | expected `&apos;`")),
        ("<a b=\"@(c && d)\"/>", Some("needs-escaping 1:11 [&] `&` is not escaped | expected `&amp;`")),
        ("<a b=\"@(c < d)\"/>", Some("needs-escaping 1:11 [<] `<` is not escaped | expected `&lt;`")),
        ("<a>@(c.As<int>())</a>", Some("needs-escaping 1:10 [<] `<` is not escaped | expected `&lt;`")),
        ("<a b=\"x&y\"/>", Some("needs-escaping 1:8 [&] `&` is not escaped | expected `&amp;`")),
        ("<a>x & y</a>", Some("needs-escaping 1:6 [&] `&` is not escaped | expected `&amp;`")),
    ] {
        let (raw, problems) = read_all(document, Format::Raw);
        assert_eq!(problems, [""; 0], "{document}");
        let (xml, problems) = read_all(document, Format::Xml);
        assert_eq!(problems, expected.iter().map(|e| format!("{e} | {help}")).collect::<Vec<_>>());
        assert_eq!(outline(&raw), outline(&xml));
    }
}

#[test]
fn spans_mark_the_file() {
    let document = "\u{feff}<!-- ü -->\r\n<a  b='x&amp;y'>t<c>@(1)</c></a>";
    let (elements, _) = read_all(document, Format::Raw);
    let slice =
        |span: crate::diagnostics::Span| document.get(span.start as usize..span.end as usize).unwrap();
    let a = &elements[0];
    assert_eq!(slice(a.name_span), "a");
    assert_eq!(slice(a.tag_span), "<a  b='x&amp;y'>");
    assert_eq!(slice(a.inner_span), "t<c>@(1)</c>");
    assert_eq!(slice(a.attributes[0].name_span), "b");
    assert_eq!(slice(a.attributes[0].value.span), "x&amp;y");
    assert_eq!(slice(a.attributes[0].value.span_of(1, 2)), "&amp;");
    assert_eq!(slice(a.children[0].text.span_of(2, 3)), "1");
}
