//! Whole policy documents as people publish them: each that the service takes loads, each that it refuses is
//! refused where it goes wrong.

use serde_json::Value;

use crate::support::{call, root};

/// Expressions of accepted documents that cannot be evaluated, by document, and why.
const NOT_EVALUABLE: [(&str, u64, &str); 0] = [];

fn checked(folder: &str) -> (i32, Vec<Value>) {
    let done =
        call(&root().join("tests/policies").join(folder), &["policy", "check", ".", "--format", "json"]);
    let report: Value = serde_json::from_str(&done.out).unwrap();
    (done.code, report["documents"].as_array().unwrap().clone())
}

fn name(document: &Value) -> &str {
    document["path"].as_str().unwrap().trim_start_matches("./").trim_end_matches(".xml")
}

#[test]
fn published_kinds_of_documents_load() {
    let (code, documents) = checked("accepted");
    assert!(code == 0 || code == 1, "{code}");
    assert!(documents.len() >= 130, "{}", documents.len());
    for document in &documents {
        let name = name(document);
        let errors: Vec<&Value> =
            document["findings"].as_array().unwrap().iter().filter(|f| f["severity"] == "error").collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        let left_out =
            NOT_EVALUABLE.iter().find(|(known, ..)| *known == name).map_or(0, |(_, count, _)| *count);
        let all = document["expressions"].as_u64().unwrap();
        assert_eq!(document["expressions_parsed"], all, "{name}");
        assert_eq!(document["expressions_evaluable"], all - left_out, "{name}");
    }
}

#[test]
fn refused_documents_say_where() {
    let expected = [
        ("comment-closed-wrongly", "unreadable", "malformed-comment", 2),
        ("duplicate-attribute", "unreadable", "duplicate-attribute", 3),
        ("end-tag-without-bracket", "unreadable", "malformed-xml", 5),
        ("foreign-root", "findings", "unexpected-element", 1),
        ("forward-in-inbound", "findings", "misplaced-policy", 3),
        ("html-without-end-tags", "unreadable", "unclosed-element", 3),
        ("json-around", "unreadable", "stray-text", 1),
        ("not-a-number", "findings", "invalid-value", 3),
        ("placeholder-never-closed", "unreadable", "unclosed-element", 3),
        ("quotes-in-literal", "unreadable", "missing-quote", 3),
        ("second-section", "findings", "duplicate-element", 3),
        ("sections-never-closed", "unreadable", "unclosed-element", 1),
        ("template-in-tag", "unreadable", "template-in-tag", 3),
        ("unbalanced-expression", "unreadable", "unbalanced-expression", 3),
        ("unknown-member", "findings", "unknown-member", 3),
        ("unknown-policy", "findings", "unknown-policy", 3),
        ("variable-without-value", "findings", "missing-attribute", 3),
        ("wrong-end-tag", "unreadable", "wrong-end-tag", 4),
    ];
    let (code, documents) = checked("refused");
    assert_eq!(code, 2);
    let found: Vec<_> = documents
        .iter()
        .map(|document| {
            let first = &document["findings"][0];
            assert_eq!(first["severity"], "error", "{first}");
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (
                name(document).to_owned(),
                text(&document["verdict"]),
                text(&first["code"]),
                first["line"].as_i64().unwrap(),
            )
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, verdict, code, line)| {
            ((*name).to_owned(), (*verdict).to_owned(), (*code).to_owned(), *line)
        })
        .collect();
    assert_eq!(found, expected);
}
