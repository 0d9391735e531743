//! Input that is meant to do harm: it is answered, and soon. A reader whose effort grows with the square of
//! the size would need hours for these.

use proptest::prelude::*;

use super::*;
use crate::diagnostics::SourceId;

const SIZE: usize = 200_000;

/// As many copies as fit.
fn many(piece: &str) -> String {
    piece.repeat(SIZE / piece.len())
}

#[test]
fn large_and_odd_documents_are_answered() {
    for (before, piece, after) in [
        ("", "<a>", ""),
        ("", "</a>", ""),
        ("", "<", ""),
        ("", "<!--", ""),
        ("", "<!-- -> ", ""),
        ("<a>", "<!-- -->\n", "</a>"),
        ("<a>", "\n<!-- ->\n<!-- x -->", "</a>"),
        ("", "<![CDATA[", ""),
        ("<a>", "<![CDATA[]]>", "</a>"),
        ("", "<?", ""),
        ("", "<!x", ""),
        ("", "@(", ""),
        ("<a>", "@(a)", "</a>"),
        ("<a>", "@(a) ", ""),
        ("<a b=\"", "@(", "\"/>"),
        ("<a b=\"@(", "\"", ""),
        ("<a b=\"@(", "'", ")\"/>"),
        ("<a b=\"@(", "a'b ", ")\"/>"),
        ("<a b=\"@(", "$\"{", ")\"/>"),
        ("<a b=\"@(", "@", ")\"/>"),
        ("<a b=\"@(", "/*", ")\"/>"),
        ("<a b=\"@(", "&", ")\"/>"),
        ("<a b=\"@(", "&quot;", ")\"/>"),
        ("<a b=\"@(", "\"&quot;\"+", "1)\"/>"),
        ("<a>", "<b c=\"@(\"/>", "</a>"),
        ("<a>", "<b c=\"@(\"x\")\"/>", "</a>"),
        ("<a>", "<b c='@(x)'/>", "</a>"),
        ("<a ", "b=\"1\" ", "/>"),
        ("<a ", "\"", "/>"),
        ("<a ", "%{ if ", "/>"),
        ("<a ", "{{", "/>"),
        ("<a ", "${x}", "/>"),
        ("<a>", "%{ < ", "</a>"),
        ("<a>", "${ < }", "</a>"),
        ("<a>", "${x} ", "</a>"),
        ("<a>", "__x", "</a>"),
        ("<a>", "{{x}}", "</a>"),
        ("<a>", "&amp;", "</a>"),
        ("<a>", "&", "</a>"),
        ("<a>", "<b/>x", "</a>"),
        ("<set-body>", "<set-body><b/></set-body>", "</set-body>"),
        ("<a b=\"", "<", "\"/>"),
        ("<a b=\"", "<x d=\"", "\"/>"),
        ("<a b=", "<a b=\"", ""),
        ("", " ", "<a/>"),
        ("<a>", " <b/>", "</a>"),
        ("", "\u{feff}", ""),
        ("", "é", ""),
    ] {
        for format in [Format::Raw, Format::Xml] {
            let document = format!("{before}{}{after}", many(piece));
            let mut diagnostics = Diagnostics::new();
            let elements = read_as(SourceId(0), &document, format, &mut diagnostics);
            // Reported are at most the errors, the warnings and the end.
            assert!(diagnostics.sorted().len() <= 65, "{before}{piece}");
            drop(elements);
        }
    }
}

#[test]
fn nested_bodies_are_copied_once() {
    let inner = format!("{}<b/>{}", "<set-body>".repeat(100), "</set-body>".repeat(100));
    let (elements, problems) = read_all(&format!("<set-body>{inner}</set-body>"), Format::Raw);
    assert_eq!(problems, [""; 0]);
    assert_eq!(elements[0].payload.as_ref().map(|p| p.text.as_str()), Some(inner.as_str()));
    assert_eq!(elements[0].children[0].payload, None);
}

#[test]
fn documents_that_are_too_large_or_too_deep_are_refused() {
    let large = format!("<a>{}</a>", " ".repeat(MAX_DOCUMENT_BYTES));
    let deep = format!("{}{}", "<a>".repeat(129), "</a>".repeat(129));
    let deepest = format!("{}{}", "<a>".repeat(128), "</a>".repeat(128));
    let (_, problems) = read_all(&large, Format::Raw);
    assert_eq!(
        problems,
        ["document-too-large 1:1 [] this policy document has 1048583 bytes | expected at most 1048576"]
    );
    let (_, problems) = read_all(&deep, Format::Raw);
    assert_eq!(
        problems,
        ["document-too-deep 1:385 [<a>] elements are nested too deeply | expected at most 128 levels"]
    );
    assert_eq!(read_all(&deepest, Format::Raw).1, [""; 0]);
}

#[test]
fn many_problems_end_the_reading() {
    let (_, problems) = read_all(&"</a>".repeat(100), Format::Raw);
    assert_eq!(problems.len(), 33);
    assert_eq!(
        problems[32],
        "too-many-problems 1:401 [] this document has too many problems | the first 32 are reported"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_survived(text in "[<>/!\\-?=a-c\"'@({})$%#&;_ \n\\\\\\[\\]\u{feff}é]{0,120}") {
        for format in [Format::Raw, Format::Xml] {
            let (elements, _) = read_all(&text, format);
            drop(outline(&elements));
        }
    }

    #[test]
    fn any_pieces_are_survived(
        pieces in prop::collection::vec(
            prop::sample::select(&[
                "<a ", "<a>", "</a>", "/>", ">", "b=\"", "\"", "'", "@(", "@{", ")", "}", "<!--", "-->", "->",
                "<![CDATA[", "]]>", "&quot;", "&amp;", "${", "%{ if ", "{{x}}", "$\"", "@\"", "//", "/*", "*/",
                "\n", " ", "x", "<set-body>", "</set-body>", "<", "=",
            ][..]),
            0..40,
        )
    ) {
        let text = pieces.concat();
        for format in [Format::Raw, Format::Xml] {
            let (elements, problems) = read_all(&text, format);
            drop(outline(&elements));
            // Nothing is dropped without a word.
            let silent = elements.is_empty() && problems.is_empty();
            prop_assert!(!silent || text.contains("<!") || !text.contains("<a"), "{}", text);
        }
    }
}
