//! Whether two configurations are the same to clients, as text and JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::super::table::Table;
use crate::verify::{Answer, Distinction, Equivalence, Given, Histories};
use crate::wording::{count, list, time};

/// The text.
pub(crate) fn human(found: &Equivalence, histories: Histories, titles: [&str; 2]) -> String {
    let [old, new] = titles;
    let words: Vec<String> = found.answers.iter().map(|answer| answer.words()).collect();
    let extent = format!(
        "Tried: every history of up to {} one after the other, at once or when a breaker of either side may change, with \
         up to {}; {} in all. A backend may answer {}.\n",
        count(histories.requests as usize, "request", "requests"),
        count(histories.faults as usize, "bad answer", "bad answers"),
        count(usize::try_from(found.tried).unwrap_or(usize::MAX), "history", "histories"),
        list(&words, "or")
    );
    let Some(distinction) = &found.distinction else {
        return format!("equivalent: no client can tell `{old}` from `{new}` within the bounds.\n\n{extent}");
    };
    let mut text = format!("not equivalent: a client can tell `{old}` from `{new}`.\n\n");
    let mut table = Table::left(&["#", "time", "calls of the old side", "calls of the new side"]);
    for (number, told) in distinction.requests.iter().enumerate() {
        let calls = |all: &[(String, Answer)]| {
            let words: Vec<String> =
                all.iter().map(|(account, answer)| format!("{account}: {}", answer.words())).collect();
            words.join(", ")
        };
        table.row(vec![format!("r{}", number + 1), time(told.at), calls(&told.old), calls(&told.new)]);
    }
    text.push_str(&table.render("  "));
    text.push('\n');
    let mut table = Table::left(&["the client gets", "old", "new"]);
    for (name, old, new) in differences(distinction) {
        table.row(vec![name, old, new]);
    }
    text.push_str(&table.render("  "));
    let _infallible = write!(text, "\n{extent}");
    text
}

/// What differs, by name.
fn differences(distinction: &Distinction) -> Vec<(String, String, String)> {
    let (old, new) = (&distinction.old, &distinction.new);
    let status = |given: &Given| given.status.map_or("no response".to_owned(), |status| status.to_string());
    let whole = |given: &Given| if given.is_whole { "whole" } else { "broken off" }.to_owned();
    let mut all = vec![
        ("status".to_owned(), status(old), status(new)),
        ("reason".to_owned(), old.reason.clone(), new.reason.clone()),
        ("body".to_owned(), whole(old), whole(new)),
        ("after".to_owned(), time(old.waited), time(new.waited)),
    ];
    let mut names: Vec<&String> = old.headers.iter().chain(&new.headers).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    for name in names {
        let of = |given: &Given| {
            let values =
                given.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
            values.collect::<Vec<_>>().join(", ")
        };
        all.push((format!("header {name}"), of(old), of(new)));
    }
    all.retain(|(_, old, new)| old != new);
    all
}

/// The same as JSON.
pub(crate) fn json(found: &Equivalence, histories: Histories, titles: [&str; 2]) -> Json {
    let side = |given: &Given| {
        json!({
            "status": given.status,
            "reason": given.reason,
            "headers": given.headers,
            "whole": given.is_whole,
            "waitNs": given.waited.as_nanos(),
        })
    };
    let distinction = found.distinction.as_ref().map(|distinction| {
        let requests = distinction.requests.iter().map(|told| {
            let calls = |all: &[(String, Answer)]| -> Vec<Json> {
                all.iter()
                    .map(|(account, answer)| json!({ "account": account, "answer": answer.words() }))
                    .collect()
            };
            json!({
                "label": told.label,
                "timeNs": told.at.as_nanos(),
                "oldCalls": calls(&told.old),
                "newCalls": calls(&told.new),
            })
        });
        json!({
            "requests": requests.collect::<Vec<_>>(),
            "old": side(&distinction.old),
            "new": side(&distinction.new),
        })
    });
    json!({
        "old": titles[0],
        "new": titles[1],
        "equivalent": found.distinction.is_none(),
        "distinction": distinction,
        "historiesTried": found.tried,
        "requests": histories.requests,
        "faults": histories.faults,
    })
}
