//! Documents as a whole: kinds, named values, printing, counting.

use proptest::prelude::*;

use super::*;
use crate::diagnostics::{Diagnostics, SourceId, SourceMap};
use crate::policy::Section;
use crate::policy::scan::{self, Format, say_the_same, strategies};

fn load(text: &str, options: &Options) -> (Document, Vec<String>) {
    let mut sources = SourceMap::new();
    let id = sources.add("policy.xml", text);
    let mut diagnostics = Diagnostics::new();
    let document = read(id, text, options, &mut diagnostics);
    let problems = diagnostics
        .sorted()
        .into_iter()
        .map(|d| {
            let at = sources.position(d.span.unwrap());
            let help = d.help.as_ref().map_or(String::new(), |help| format!(" | {help}"));
            format!("{} {}:{} [{}]{help}", d.code, at.line, at.column, sources.slice(d.span.unwrap()))
        })
        .collect();
    (document, problems)
}

fn with(values: &[(&str, &str)], unresolved: Unresolved) -> Options {
    Options { format: Format::Raw, named_values: values.iter().copied().collect(), unresolved }
}

const SAMPLES: &[&str] = &[
    "<!-- -- --><policies>\r\n  <inbound><base /><set-header name=\"a\" exists-action='override'>\
     <value>@(context.Request.Headers.GetValueOrDefault(\"x\",\"\").As<string>())</value></set-header>\
     </inbound>\n<backend><retry condition=\"@(a[\"x\"] &amp;&amp; b)\" count='1'><base/></retry></backend>\
     </policies>",
    "<fragment><set-body template=\"liquid\">\n  <a>{{body.x}}</a><!-- kept -->\n</set-body></fragment>",
    "<set-variable name=\"a\" value=\"@{\n  // it's\n  return \"&lt;\" + 'x';\n}\"/><base/>",
    "<choose>text<when condition='@(\"a\" == &apos;b&apos;)'> <base/></when></choose>",
];

proptest! {
    #[test]
    fn printing_and_reading_gives_the_same_tree(
        trees in prop::collection::vec(strategies::any_element(), 0..3),
    ) {
        let printed = print(&trees);
        let mut diagnostics = Diagnostics::new();
        let read = scan::read(SourceId(0), &printed, &mut diagnostics);
        prop_assert!(!diagnostics.has_errors(), "{}\n{:?}", printed, diagnostics);
        prop_assert!(say_the_same(&trees, &read), "{}\n{:?}\n{:?}", printed, trees, read);
        prop_assert_eq!(print(&read), printed);
    }

    #[test]
    fn places_lead_back_through_named_values(
        value in "[a-z&;\"<> ]{0,8}",
        pieces in prop::collection::vec(prop::sample::select(&["<a b=\"", "\"/>", "{{v}}", "x", "&amp;", "@(", ")"][..]), 0..12),
    ) {
        let text = pieces.concat();
        let (_, problems) = load(&text, &with(&[("v", &value)], Unresolved::Error));
        // Marked places are whole named values, or have nothing to do with one.
        for problem in problems {
            let marked = problem.split_once('[').unwrap().1;
            prop_assert!(!marked.starts_with("{v}"), "{}: {}", text, problem);
        }
    }
}

#[test]
fn printing_is_a_fixed_point() {
    for text in SAMPLES {
        let (document, problems) = load(text, &Options::default());
        assert_eq!(problems, [""; 0]);
        let printed = print(&document.roots);
        let (again, problems) = load(&printed, &Options::default());
        assert_eq!(problems, [""; 0]);
        assert!(say_the_same(&document.roots, &again.roots), "{printed}");
        assert_eq!(print(&again.roots), printed);
    }
}

#[test]
fn printed_documents_are_easy_to_read() {
    let (document, _) = load(SAMPLES[0], &Options::default());
    assert_eq!(
        print(&document.roots),
        "<policies>
    <inbound>
        <base />
        <set-header name=\"a\" exists-action=\"override\">
            <value>@(context.Request.Headers.GetValueOrDefault(\"x\",\"\").As<string>())</value>
        </set-header>
    </inbound>
    <backend>
        <retry condition=\"@(a[\"x\"] && b)\" count=\"1\">
            <base />
        </retry>
    </backend>
</policies>
"
    );
    let (document, _) = load(SAMPLES[1], &Options::default());
    assert_eq!(
        print(&document.roots),
        "<fragment>
    <set-body template=\"liquid\">\n  <a>{{body.x}}</a><!-- kept -->\n</set-body>
</fragment>
"
    );
}

#[test]
fn kinds_and_parts() {
    let all = "inbound:1 backend:0 outbound:2 on-error:0";
    for (text, kind, parts) in [
        (
            "<policies><inbound><a/></inbound><backend/><outbound><b/><c/></outbound><on-error/></policies>",
            Kind::Policies,
            all,
        ),
        ("<policies><backend/><inbound/></policies>", Kind::Policies, "backend:0 inbound:0"),
        (
            "<policies><include-fragment fragment-id='x'/><inbound/></policies>",
            Kind::Policies,
            "-:1 inbound:0",
        ),
        ("<policies/><policies><inbound/></policies>", Kind::Policies, "inbound:0"),
        ("<fragment><base/><base/></fragment>", Kind::Fragment, "-:2"),
        ("<inbound><base/></inbound><backend/>", Kind::Snippet, "inbound:1 backend:0"),
        ("<retry><base/></retry>", Kind::Snippet, "-:1"),
        ("<set-variable name='a' value='b'/><choose/>", Kind::Snippet, "-:2"),
        ("<base/><inbound/><custom/><choose/>", Kind::Snippet, "-:1 inbound:0 -:2"),
        ("<when condition='true'/>", Kind::Snippet, "-:1"),
        ("<project><x/></project>", Kind::Foreign, ""),
        ("<html/>", Kind::Foreign, ""),
        ("", Kind::Foreign, ""),
    ] {
        let (document, problems) = load(text, &Options::default());
        assert_eq!(problems, [""; 0], "{text}");
        assert_eq!(document.kind, kind, "{text}");
        let found: Vec<String> = document
            .parts()
            .iter()
            .map(|p| format!("{}:{}", p.section.map_or("-", Section::name), p.policies.len()))
            .collect();
        assert_eq!(found.join(" "), parts, "{text}");
    }
}

#[test]
fn named_values_are_put_in_before_anything_is_read() {
    let values = [("w", "10"), ("list", "a,b"), ("xml", "<base/>"), ("code", "@(1 < 2)"), ("empty", "")];
    for (text, expected) in [
        ("<a b=\"{{w}}\"/>", "<a b=\"10\" />\n"),
        ("<a b=\"@(x <= {{w}})\"/>", "<a b=\"@(x <= 10)\" />\n"),
        ("<a b=\"@(\"{{list}}\".Split(','))\"/>", "<a b=\"@(\"a,b\".Split(','))\" />\n"),
        ("<a>{{xml}}{{xml}}</a>", "<a>\n    <base />\n    <base />\n</a>\n"),
        ("<a b=\"{{code}}\"/>", "<a b=\"@(1 < 2)\" />\n"),
        ("<a b=\"x{{empty}}y\"/>", "<a b=\"xy\" />\n"),
        ("<a b=\"{{{w}}}\"/>", "<a b=\"{10}\" />\n"),
        ("<a b=\"@(new J {{ \"w\", 1 }})\"/>", "<a b=\"@(new J {{ \"w\", 1 }})\" />\n"),
        ("<a b=\"@($\"{{ {w} }}\")\"/>", "<a b=\"@($\"{{ {w} }}\")\" />\n"),
        ("<a><!-- {{nothing}} --></a>", "<a />\n"),
        (
            "<set-body template='liquid'>{{body.x}} {{w}}</set-body>",
            "<set-body template=\"liquid\">{{body.x}} 10</set-body>\n",
        ),
        (
            "<set-body template=\"liquid\"><x>{{body.x}}{{w}}</x></set-body>",
            "<set-body template=\"liquid\"><x>{{body.x}}10</x></set-body>\n",
        ),
    ] {
        let (document, problems) = load(text, &with(&values, Unresolved::Error));
        assert_eq!(problems, [""; 0], "{text}");
        assert_eq!(print(&document.roots), expected, "{text}");
    }
}

#[test]
fn undefined_names_are_reported_or_kept() {
    for (text, expected) in [
        ("<a b=\"{{wieght}}\"/>", "undefined-named-value 1:7 [{{wieght}}] | did you mean `weight`?"),
        ("<a>\n @(1 + {{other-value}})</a>", "undefined-named-value 2:8 [{{other-value}}]"),
        ("<set-body>{{other-value}}</set-body>", "undefined-named-value 1:11 [{{other-value}}]"),
        (
            "<set-body template='liquid'>{{x}}</set-body><a b='{{other-value}}'/>",
            "undefined-named-value 1:51 [{{other-value}}]",
        ),
    ] {
        let (_, problems) = load(text, &with(&[("weight", "1")], Unresolved::Error));
        assert_eq!(problems, [expected], "{text}");
        let (kept, problems) = load(text, &with(&[("weight", "1")], Unresolved::Keep));
        assert_eq!(problems, [""; 0], "{text}");
        assert!(print(&kept.roots).contains("{{"), "{text}");
    }
}

#[test]
fn problems_behind_a_named_value_are_marked_in_the_file() {
    let long = "v".repeat(100);
    for (text, value, expected) in [
        ("<a b=\"{{v}}\"><c></a>", long.as_str(), "unclosed-element 1:14 [<c>]"),
        ("<a b=\"{{v}}\"/>x", "", "stray-text 1:15 [x]"),
        ("<a>{{v}}</a>", "<c>", "unclosed-element 1:4 [{{v}}]"),
        ("<a b=\"@({{v}})\"/>", "(", "unbalanced-expression 1:8 [(]"),
        ("<a b=\"@(f{{v}})\"/>", "]", "unbalanced-expression 1:10 [{{v}}]"),
    ] {
        let (_, problems) = load(text, &with(&[("v", value)], Unresolved::Error));
        assert_eq!(problems, [expected], "{text}");
    }
    let (document, _) = load("<a b=\"@(x + {{v}} + y)\"/>", &with(&[("v", "10 &lt; 2")], Unresolved::Error));
    let value = &document.roots[0].attributes[0].value;
    assert_eq!(value.text, "@(x + 10 < 2 + y)");
    assert_eq!(value.named_value_at(6, 8), Some("v"));
    assert_eq!(value.named_value_at(9, 10), Some("v"));
    assert_eq!(value.named_value_at(2, 3), None);
    assert_eq!(value.named_value_at(15, 16), None);
    let span = value.span_of(15, 16);
    assert_eq!((span.start, span.end), (20, 21));
    let span = value.span_of(7, 8);
    assert_eq!((span.start, span.end), (12, 17));
}

#[test]
fn values_do_not_grow_without_bound() {
    let value = "x".repeat(10_000);
    let text = format!("<a>{}</a>", "{{v}}".repeat(10_000));
    let (document, problems) = load(&text, &with(&[("v", &value)], Unresolved::Error));
    assert!(document.roots.is_empty());
    assert_eq!(problems, ["document-too-large 1:1 []"]);
    // What a value holds is not searched again.
    let (document, problems) = load("<a b='{{v}}'/>", &with(&[("v", "{{v}}{{v}}")], Unresolved::Error));
    assert_eq!(problems, [""; 0]);
    assert_eq!(document.roots[0].attributes[0].value.text, "{{v}}{{v}}");
}

#[test]
fn walks_see_policies_and_no_data() {
    let text = "<policies><inbound><set-variable name='a' value='@(1)'/><set-header name='@(2)'>\
                <value>@(3)</value></set-header><set-body><x y='@(4)'><base/></x></set-body><base/></inbound>\
                <backend><base/></backend></policies>";
    let (document, _) = load(text, &Options::default());
    let counts: Vec<String> =
        count_elements(&document.roots).into_iter().map(|(name, n)| format!("{name} {n}")).collect();
    assert_eq!(
        counts.join(", "),
        "backend 1, base 2, inbound 1, policies 1, set-body 1, set-header 1, set-variable 1, value 1"
    );
    let found: Vec<String> = expressions(&document.roots)
        .into_iter()
        .map(|site| format!("{}/{} {}", site.owner.name, site.attribute.unwrap_or("-"), site.text.text))
        .collect();
    assert_eq!(found.join(", "), "set-variable/value @(1), set-header/name @(2), value/- @(3)");
}
