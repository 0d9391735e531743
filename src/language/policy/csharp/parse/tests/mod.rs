//! Properties of the parser; the tables of what it reads and refuses stand beside.

mod accepted;
mod refused;

use proptest::prelude::*;

use super::*;
use crate::diagnostics::SourceId;
use crate::policy::csharp::strategies;

/// The tree of `text`, and what was complained about.
pub(super) fn read(text: &str, named_values: NamedValues) -> (Option<Tree>, Diagnostics) {
    let raw = RawText::verbatim(SourceId(0), text);
    let mut diagnostics = Diagnostics::new();
    let tree = parse_with(&raw, ParseOptions { named_values }, &mut diagnostics);
    (tree, diagnostics)
}

/// What a tree is, places apart.
fn shape(tree: &Tree) -> String {
    let debug = format!("{tree:?}");
    let mut parts = debug.split("Span { ");
    let mut shape = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        shape.push_str(part.split_once("end: ").unwrap().1.split_once('}').unwrap().1);
    }
    shape
}

fn assert_prints_itself(tree: &Tree) -> Result<(), TestCaseError> {
    let text = tree.to_string();
    let (again, diagnostics) = read(&text, NamedValues::Tolerate);
    let Some(again) = again else {
        return Err(TestCaseError::fail(format!("{text}\n{:#?}", diagnostics.sorted())));
    };
    prop_assert!(shape(&again) == shape(tree), "{} was read as {}", text, again);
    prop_assert_eq!(again.to_string(), text);
    Ok(())
}

/// A tree that failing tests show as code.
struct Shown(Tree);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(tree in strategies::tree().prop_map(Shown)) {
        assert_prints_itself(&tree.0)?;
    }

    #[test]
    fn any_text_is_survived(text in "@?[({](\\PC|[(){}\\[\\]\"'@$/*\\\\&a-b;\n<>?:.,=#]){0,60}") {
        let _ = read(&text, NamedValues::Tolerate);
        let _ = read(&text, NamedValues::Refuse);
    }

    #[test]
    fn any_tokens_are_survived(
        block in any::<bool>(),
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..40),
    ) {
        let code = words.join(" ");
        let text = if block { format!("@{{ {code} }}") } else { format!("@({code})") };
        let (tree, diagnostics) = read(&text, NamedValues::Tolerate);
        prop_assert_eq!(tree.is_none(), diagnostics.has_errors());
        prop_assert!(diagnostics.sorted().len() <= words.len().saturating_add(8));
        if let Some(tree) = tree {
            assert_prints_itself(&tree)?;
        }
    }
}

/// Pieces of code that are likely to be put together wrongly.
const WORDS: [&str; 92] = [
    "a",
    "b.c",
    "List<int>",
    "<",
    ">",
    ">=",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "{",
    "}",
    "?",
    ":",
    "?.",
    "??",
    "??=",
    "?[",
    "=>",
    "=",
    "==",
    "+",
    "-",
    "!",
    "~",
    "++",
    "--",
    "*",
    "&",
    "&&",
    ",",
    ";",
    ";",
    ".",
    "..",
    "^",
    "1",
    "2147483648",
    "1.5",
    "'c'",
    "'text'",
    "\"s\"",
    "$\"{a,3:N} t\"",
    "$\"{\"",
    "@\"v\"",
    "null",
    "new",
    "is",
    "as",
    "not",
    "or",
    "int",
    "int?",
    "string",
    "var",
    "var x",
    "x",
    "out",
    "out var",
    "ref",
    "throw",
    "return",
    "if",
    "else",
    "for",
    "foreach",
    "in",
    "while",
    "do",
    "switch",
    "case",
    "default",
    "when",
    "break",
    "try",
    "catch",
    "finally",
    "using",
    "const",
    "void",
    "delegate",
    "typeof",
    "nameof",
    "checked",
    "from",
    "await",
    "async",
    "{{name}}",
];

#[test]
fn deep_code_fits_a_small_stack() {
    let shapes = [
        ("(", "1", ")"),
        ("f(", "1", ")"),
        ("a[", "1", "]"),
        ("!", "a", ""),
        ("(int)", "1", ""),
        ("a?.b(", "1", ")"),
        ("x => ", "1", ""),
        ("a ? b : ", "1", ""),
        ("new A { B = ", "1", " }"),
        ("new A { B = { C = ", "1", " } }"),
        ("new[] { ", "1", " }"),
        ("(1, ", "1", ")"),
        ("$\"{", "1", "}\""),
        ("x => { return ", "1", "; }"),
        ("a is b + (", "1", ")"),
        ("a || b && c == d < (e << f + g * -(int)h(", "1", "))"),
    ];
    for (before, middle, after) in shapes {
        for count in [30, 199, 5000] {
            let text = format!("@({}{middle}{})", before.repeat(count), after.repeat(count));
            let task = move || {
                let (tree, diagnostics) = read(&text, NamedValues::Tolerate);
                assert_eq!(tree.is_some(), !diagnostics.has_errors());
                let deep = diagnostics.sorted().iter().any(|d| d.code == "expression-too-deep");
                assert_eq!(deep, tree.is_none(), "{text}");
                tree.map(|tree| tree.to_string()).map_or(0, |text| text.len())
            };
            let thread = std::thread::Builder::new().stack_size(3 << 19).spawn(task).unwrap();
            let length = thread.join().unwrap();
            assert!(count != 30 || length > 0, "{before}");
            assert!(count != 5000 || length == 0, "{before}");
        }
    }
}

#[test]
fn chains_may_be_long_but_not_endless() {
    for (first, link) in
        [("a", " + a"), ("a", ".b"), ("a", ".b()"), ("a", " ?? a"), ("a", "[0]"), ("a", "++")]
    {
        for (count, fits) in [(480, true), (2000, false), (100_000, false)] {
            let text = format!("@({first}{})", link.repeat(count));
            let (tree, diagnostics) = read(&text, NamedValues::Refuse);
            assert_eq!(tree.is_some(), fits, "{count} times {link}");
            assert_eq!(diagnostics.sorted().len(), usize::from(!fits));
        }
    }
    let nested = format!("@({}a{})", "(".repeat(150), " + a)".repeat(150));
    assert!(read(&nested, NamedValues::Refuse).0.is_some());
    let high = format!("@({}a{})", "(".repeat(150), format!("{})", " + a".repeat(20)).repeat(150));
    assert_eq!(read(&high, NamedValues::Refuse).1.sorted().first().unwrap().code, "expression-too-deep");
}

#[test]
fn long_code_is_read_in_linear_time() {
    // Each of these would take minutes if looking ahead went back over what was looked at before.
    let hard = [
        "a < b, ".repeat(50_000),
        "(a, ".repeat(50_000),
        "a<b<c<d< ".repeat(50_000),
        "(int) ".repeat(50_000),
        "“".repeat(50_000),
        "$\"{".repeat(50_000),
        "{ ".repeat(50_000),
        "x y; ".repeat(50_000),
        "if (a) ".repeat(50_000),
        "a ? ".repeat(50_000),
        "'".repeat(50_001),
        "/* ".repeat(50_000),
        format!("f({}1)", "a < b, c > d, ".repeat(20_000)),
    ];
    for code in hard {
        let _ = read(&format!("@({code})"), NamedValues::Tolerate);
        let closed = format!("@{{ {code} }}");
        let _ = read(&closed, NamedValues::Tolerate);
        let closers = ")".repeat(code.matches('(').count());
        let _ = read(&format!("@({code}{closers})"), NamedValues::Tolerate);
    }
}
