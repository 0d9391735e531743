//! One small configuration in every format.

use std::sync::Arc;

use super::super::{Told, check, gather, read_setup, suppress};
use super::*;
use crate::diagnostics::{Diagnostics, SourceMap};
use crate::resources::{TextFile, detect};

/// A pool that is retried wrongly, with a character outside of the basic plane in front of one place.
const POLICY: &str = "<policies>\r\n    <inbound><set-backend-service backend-id=\"openai-pool\" /></inbound>\r\n    <backend>\r\n        <retry condition=\"@(context.Response.StatusCode == 429)\" count=\"2\" interval=\"0\">\r\n            <!-- \u{1f600} --><forward-request />\r\n        </retry>\r\n    </backend>\r\n</policies>\r\n";

fn told(files: &[(&str, &str)]) -> (Vec<Told>, SourceMap) {
    let mut sources = SourceMap::new();
    let files: Vec<TextFile> = files
        .iter()
        .map(|(path, text)| {
            let source = sources.add(*path, *text);
            let form = detect(path, text).expect("a form");
            TextFile { path: Arc::from(*path), source, text: Arc::from(*text), form }
        })
        .collect();
    let mut problems = Diagnostics::new();
    let setup = read_setup(&files, &mut sources, &mut problems);
    let mut all = gather(check(&setup), &problems);
    suppress(&mut all, &sources);
    (all, sources)
}

#[test]
fn lines_are_clickable() {
    let (all, sources) = told(&[("p|a.xml", POLICY)]);
    assert_eq!(
        concise(&all, &sources),
        "p|a.xml:4:29: warning[PP1107]: this condition throws after a timeout\n\
         p|a.xml:5:23: warning[PP1101]: the second attempt has no body\n"
    );
}

#[test]
fn people_see_excerpts_readings_and_fixes() {
    let (all, sources) = told(&[("policy.xml", POLICY)]);
    let text = human(&all, &sources, false);
    for part in [
        "warning[PP1101]: the second attempt has no body",
        " --> policy.xml:5:23",
        "holds where `policy.response_after_transport_error` is",
        "--fix can do that",
        "2 warnings; `poolproof explain PP1107` tells more of one",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(human(&[], &sources, false), "nothing to object to\n");
}

#[test]
fn forges_are_told_in_their_words() {
    let (all, sources) = told(&[("p,a|.xml", POLICY)]);
    let commands = github(&all, &sources);
    assert!(commands.starts_with("::warning file=p%2Ca|.xml,line=4,col=29,title=PP1107::"), "{commands}");
    assert!(commands.lines().all(|line| line.starts_with("::")), "{commands}");
    let quality = gitlab(&all, &sources);
    assert_eq!(quality[1]["severity"], "minor");
    assert_eq!(quality[1]["location"]["lines"]["begin"], 5);
    assert_ne!(quality[0]["fingerprint"], quality[1]["fingerprint"]);
    let table = markdown(&all, &sources);
    assert!(table.contains("| warning | PP1101 | p,a\\|.xml:5 |"), "{table}");
    let document = json(&all, &sources);
    assert_eq!((document["errors"].as_u64(), document["warnings"].as_u64()), (Some(0), Some(2)));
    assert_eq!(jsonl(&all, &sources).lines().count(), 2);
}

#[test]
fn fingerprints_do_not_move_with_lines() {
    let print = |text: &str| {
        let (all, sources) = told(&[("policy.xml", text)]);
        json(&all, &sources)["findings"][0]["fingerprint"].as_str().map(str::to_owned)
    };
    assert_eq!(print(POLICY), print(&format!("<!-- new -->\r\n{POLICY}")));
}

#[test]
fn pages_have_examples() {
    let rule = super::super::by_code("pp1101").expect("a rule");
    let text = page(rule);
    assert!(text.contains("PP1101 unbuffered-retry (error)") && text.contains("Right: policy.xml"), "{text}");
    assert!(page_markdown(rule).contains("```xml"));
    assert_eq!(list().lines().count(), super::super::all().count());
}
