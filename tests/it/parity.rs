//! The ledger of what the model claims to do as the service does, `tests/parity.csv`: each row has a source and a
//! test that would fail if it were not so.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;

use crate::support::{read_rows, root};

#[derive(Debug, Deserialize)]
struct Row {
    id: String,
    mark: String,
    source: String,
    claim: String,
    witness: String,
}

/// Why a witness is none.
fn objection(witness: &str) -> Option<String> {
    let Some((file, test)) = witness.split_once("::") else { return Some("no `file::test`".to_owned()) };
    let Ok(text) = fs::read_to_string(root().join(file)) else { return Some(format!("no file `{file}`")) };
    let Some(at) = text.find(&format!("fn {test}(")) else { return Some(format!("no test `{test}`")) };
    // Attributes stand between the end of the item before and the name.
    let (before, _) = text.split_at(at);
    let item = before.rsplit(['}', ';', '{']).next().unwrap_or_default();
    if !item.contains("#[test]") {
        return Some(format!("`{test}` is no test"));
    }
    item.contains("#[ignore").then(|| format!("`{test}` is ignored"))
}

#[test]
fn every_claim_has_a_source_and_a_witness() {
    let rows: Vec<Row> = read_rows(&root().join("tests/parity.csv"));
    assert!(rows.len() >= 60, "{} rows", rows.len());
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for row in &rows {
        let mut wrong = |what: &str| problems.push(format!("{}: {what}", row.id));
        if !seen.insert(&row.id) {
            wrong("is there twice");
        }
        if !matches!(row.mark.as_str(), "documented" | "observed") {
            wrong("is marked as neither documented nor observed");
        }
        if row.source.is_empty() || !row.claim.ends_with('.') {
            wrong("lacks a source or a sentence");
        }
        if let Some(objection) = objection(&row.witness) {
            wrong(&objection);
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn what_is_no_test_is_no_witness() {
    for (witness, expected) in [
        ("tests/it/parity.rs::every_claim_has_a_source_and_a_witness", None),
        ("tests/it/parity.rs::objection", Some("`objection` is no test")),
        ("tests/it/parity.rs::nobody", Some("no test `nobody`")),
        ("tests/it/nowhere.rs::nobody", Some("no file `tests/it/nowhere.rs`")),
        ("tests/it/parity.rs", Some("no `file::test`")),
    ] {
        assert_eq!(objection(witness).as_deref(), expected, "{witness}");
    }
}
