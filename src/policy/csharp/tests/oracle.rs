//! What a C# compiler says about some thousand expressions, against what comes out here.
//!
//! `tests/oracle/README.md` says where the table comes from. [`KNOWN`] lists the differences that are meant.

use std::path::Path;

use super::super::testing::{Outcome, outcome};

/// Expressions whose result differs, and why that is right.
const KNOWN: &[(&str, &str)] = &[
    ("@(context.Request.Url.Port)", "a port is an int, as the documentation has it"),
    ("@(context.Request.OriginalUrl.Port)", "a port is an int"),
    ("@(context.Api.ServiceUrl.Port)", "a port is an int"),
    ("@(context.Request.Url.Query)", "an interface of the gateway, whose class is not published"),
    ("@(context.Request.MatchedParameters)", "an interface of the gateway"),
    ("@(context.Request.Url)", "an interface of the gateway"),
    (
        "@(context.Request.OriginalUrl.ToString())",
        "how the gateway shows escapes is not published: as received",
    ),
    (r#"@(Regex.Match("abab", "(?:(a)(b))+").Groups[1].Captures.Count)"#, "groups keep their last capture"),
    (r#"@(new Uri("http://127.0.0.1:8080/").HostNameType)"#, "the service does not allow UriHostNameType"),
    (
        r#"@(JsonConvert.SerializeXNode(XElement.Parse("<a><b>1</b><b>2</b></a>")))"#,
        "of JsonConvert the service allows SerializeObject and DeserializeObject",
    ),
];

struct Row {
    family: String,
    expression: String,
    expected: Outcome,
    compares_message: bool,
    compares_value: bool,
}

fn rows(file: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let get = |name: &str| row.get(name).and_then(|value| value.as_str()).map(str::to_owned);
        let message = get("message").unwrap_or_default();
        let expected = if let Some(result) = get("result") {
            Outcome::Value(get("type").unwrap(), result)
        } else if let Some(class) = get("throws") {
            Outcome::Thrown(class, message)
        } else {
            Outcome::Refused(Vec::new())
        };
        Row {
            family: get("file").unwrap_or_else(|| "by_hand".to_owned()),
            expression: get("expression").unwrap(),
            expected,
            compares_message: get("message_of").is_none(),
            compares_value: get("runtime").is_none(),
        }
    });
    rows.collect()
}

fn agrees(row: &Row, found: &Outcome) -> bool {
    match (&row.expected, found) {
        (Outcome::Refused(_), Outcome::Refused(_)) => true,
        // What the service does not allow cannot be compared.
        (_, Outcome::Refused(problems))
            if problems
                .iter()
                .any(|p| p.starts_with("member-not-allowed") || p.starts_with("type-not-allowed")) =>
        {
            true
        }
        (Outcome::Thrown(class, message), Outcome::Thrown(other, text)) => {
            class == other && (!row.compares_message || message == text)
        }
        (expected @ Outcome::Value(..), found) => expected == found,
        _ => false,
    }
}

#[test]
fn results_are_those_of_a_csharp_compiler() {
    let mut all = rows("table.jsonl");
    all.extend(rows("by_hand.jsonl"));
    let mut wrong = std::collections::BTreeMap::<String, (usize, usize)>::new();
    let mut shown = String::new();
    for row in all.iter().filter(|row| row.compares_value) {
        let count = wrong.entry(row.family.clone()).or_default();
        count.1 += 1;
        if KNOWN.iter().any(|(known, _)| *known == row.expression) {
            continue;
        }
        let found = outcome(&row.expression);
        if !agrees(row, &found) {
            count.0 += 1;
            shown += &format!(
                "{}: {}\n  want {:?}\n  have {:?}\n",
                row.family, row.expression, row.expected, found
            );
        }
    }
    let total: usize = wrong.values().map(|count| count.0).sum();
    assert_eq!(total, 0, "wrong of all, by family: {wrong:?}\n{shown}");
}
