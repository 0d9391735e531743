//! Documents that are refused, and what is said about them.

use super::*;

#[test]
fn problems_are_told_with_place_expected_and_found() {
    for (document, expected) in [
        ("<a><b></c></a>", vec!["wrong-end-tag 1:7 [</c>] `b` is closed by `</c>` | expected `</b>`"]),
        (
            "<a><b><c></b></a>",
            vec!["unclosed-element 1:7 [<c>] element `c` is never closed | expected `</c>` after this"],
        ),
        (
            "<a><your-policy-here></a>",
            vec![
                "unclosed-element 1:4 [<your-policy-here>] element `your-policy-here` is never closed | expected `</your-policy-here>` after this",
            ],
        ),
        (
            "<a>\n<v>x</v\n<b/></a>",
            vec!["malformed-xml 3:1 [<] the tag `</v` is not closed | expected `>`, found `<`"],
        ),
        (
            "<a><value>x</value</a>",
            vec!["malformed-xml 1:19 [<] the tag `</value` is not closed | expected `>`, found `<`"],
        ),
        (
            "<a><base<b/></a>",
            vec![
                "unclosed-element 1:4 [<base] element `base` is never closed | expected `</base>` after this",
                "malformed-xml 1:9 [<] the tag `<base` is not closed | expected `>`, found `<`",
            ],
        ),
        (
            "<a b=\"@{ if (x) { return 1; \"/><c/>",
            vec![
                "unbalanced-expression 1:17 [{] the expression that begins with `@{` does not end: `}` is missing | no `}` closes this",
            ],
        ),
        (
            "<v>@(f(1</v>",
            vec![
                "unbalanced-expression 1:7 [(] the expression that begins with `@(` does not end: `)` is missing | no `)` closes this",
            ],
        ),
        (
            "<retry %{ if x }count=\"1\"%{ endif } interval=\"1\"/>",
            vec![
                "template-in-tag 1:8 [%{ if x }] the template directive `%{ if x }` stands inside of a tag | expected an attribute or `>` | fill in the template first: what attributes there are has to be known",
            ],
        ),
        (
            "<retry {{all}}/>",
            vec![
                "template-in-tag 1:8 [{{all}}] the template directive `{{all}}` stands inside of a tag | expected an attribute or `>` | fill in the template first: what attributes there are has to be known",
            ],
        ),
        (
            "<a><!-- text -> <b/></a>",
            vec!["malformed-comment 1:14 [->] `->` does not end a comment | expected `-->`, found `->`"],
        ),
        (
            "<a><!-- text --!>\n<b/><!-- more --></a>",
            vec![
                "malformed-comment 1:14 [--!>] `--!>` does not end a comment | expected `-->`, found `--!>`",
            ],
        ),
        (
            "<a><!-- text -- ><b/></a>",
            vec![
                "malformed-comment 1:14 [-- >] `-- >` does not end a comment | expected `-->`, found `-- >`",
            ],
        ),
        (
            "<a><!-- text </a>",
            vec!["malformed-xml 1:4 [<!--] this comment never ends | expected `-->` somewhere after this"],
        ),
        (
            "<a><![CDATA[ x </a>",
            vec![
                "malformed-xml 1:4 [<![CDATA[] this CDATA section never ends | expected `]]>` somewhere after this",
            ],
        ),
        (
            "<a b=\"1/>\n<c d=\"2\"/>",
            vec![
                "missing-quote 1:6 [\"] the closing `\"` of this attribute is missing | expected a closing quote before the end of the tag",
            ],
        ),
        (
            "<a b=\"1 c=\"2\"/>",
            vec![
                "missing-quote 1:13 [\"] stray quote in a tag | expected an attribute or `>`; is a quote missing before this?",
            ],
        ),
        (
            "<a b=\"1",
            vec![
                "missing-quote 1:6 [\"] the closing `\"` of this attribute is missing | expected a closing quote before the end of the tag",
            ],
        ),
        (
            "<a b=\"x<y",
            vec![
                "missing-quote 1:6 [\"] the closing `\"` of this attribute is missing | expected a closing quote before the end of the tag",
            ],
        ),
        (
            "<a b=\"x < c=\"d\">",
            vec![
                "missing-quote 1:6 [\"] the closing `\"` of this attribute is missing | expected a closing quote before the end of the tag",
            ],
        ),
        (
            "<a b=\"Bearer @(c[\"t\"])\"/>",
            vec![
                "missing-quote 1:20 [\"] stray quote in a tag | expected an attribute or `>`; is a quote missing before this? | an expression has to be the whole value: `@(\"text \" + ...)`",
            ],
        ),
        ("<a b/>", vec!["malformed-xml 1:5 [/] an attribute of `a` has no value | expected `=` here"]),
        (
            "<a b c=\"1\"/>",
            vec!["malformed-xml 1:6 [c] an attribute of `a` has no value | expected `=` here"],
        ),
        (
            "<a b=/>",
            vec!["malformed-xml 1:6 [/] an attribute of `a` has no value | expected a value in quotes"],
        ),
        (
            "<a b=1/>",
            vec![
                "missing-quote 1:6 [1] the value of an attribute of `a` is not in quotes | expected a quote here",
            ],
        ),
        (
            "<a b=\"1\" b=\"2\"/>",
            vec!["duplicate-attribute 1:10 [b] `a` has attribute `b` twice | the second one"],
        ),
        (
            "<a ,b=\"1\"/>",
            vec![
                "malformed-xml 1:4 [,b] `,b` is not the name of an attribute | expected letters, digits, `-`, `_`, `.` and `:`",
            ],
        ),
        (
            "<a;b/>",
            vec![
                "malformed-xml 1:2 [a;b] `a;b` is not the name of an element | expected letters, digits, `-`, `_`, `.` and `:`",
            ],
        ),
        ("<a/>text", vec!["stray-text 1:5 [text] text outside of the root element | expected an element"]),
        (
            "{\"properties\": {}}",
            vec![
                "stray-text 1:1 [{\"properties\": {}}] text outside of the root element | expected an element",
            ],
        ),
        ("<a/></b>", vec!["wrong-end-tag 1:5 [</b>] `</b>` closes nothing | no element is open here"]),
        (
            "<a>1 < 2</a>",
            vec![
                "stray-bracket 1:6 [<] stray `<` | expected the name of an element | write `&lt;`, or put the code in `@(...)`",
            ],
        ),
        (
            "<a b=\"@(1) + 2\"/>",
            vec![
                "text-after-expression 1:12 [+] more text after the end of an expression | expected the closing `\"` | an attribute is one expression or one text, never both",
            ],
        ),
        (
            "<a b=\"1\"",
            vec!["malformed-xml 1:1 [<a] this tag never ends | expected `>`, found the end of the file"],
        ),
        (
            "<a b=\"<x>\"/>",
            vec!["needs-escaping 1:7 [<] `<` is not escaped | expected `&lt;` outside of expressions"],
        ),
        (
            "<a b=\"@(f[1))\"><c d=\"@(\"/><e></a>",
            vec![
                "unbalanced-expression 1:12 [)] `)` where `]` has to come first | expected `]`, found `)`",
                "unbalanced-expression 1:23 [(] the expression that begins with `@(` does not end: `)` is missing | no `)` closes this",
                "unclosed-element 1:27 [<e>] element `e` is never closed | expected `</e>` after this",
            ],
        ),
        (
            "<%= x %><a/>",
            vec![
                "stray-bracket 1:1 [<] stray `<` | expected the name of an element | write `&lt;`, or put the code in `@(...)`",
                "stray-text 1:1 [<%= x %>] text outside of the root element | expected an element",
            ],
        ),
    ] {
        let (_, problems) = read_all(document, Format::Raw);
        assert_eq!(problems, expected, "{document}");
    }
}

#[test]
fn what_is_clear_is_read_around_a_problem() {
    for (document, expected) in [
        ("<a><b></c></a>", "a(b)"),
        ("<a><value>x</value</a>", "a(value‹x›)"),
        ("<a><b x=\"1\" x=\"2\" y=\"3\"/><c/></a>", "a(b[x‹1› y‹3›] c)"),
        ("<a><!-- text -> <b/></a>", "a(b)"),
        ("<a><retry %{ if x }count=\"1\"/></a>", "a(retry[count‹1›])"),
        ("<a><b c=\"@(\" d=\"1\"/></a>", "a(b[c‹@(› d‹1›])"),
    ] {
        let (elements, problems) = read_all(document, Format::Raw);
        assert!(!problems.is_empty(), "{document}");
        assert_eq!(outline(&elements), expected, "{document}");
    }
}
