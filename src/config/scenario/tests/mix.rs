//! Mixes of clients: what they become, and what is told about bad ones.

use super::codes;
use crate::config::testing::{TestFiles, load, walkthrough};
use crate::policy::HeaderValue;
use crate::units::Duration;
use crate::workload::{ArrivalSpec, ClientSpec};

const CLOSED_LOOP: &str = r#""kind": "closed-loop", "requests": 20, "pause": "1s",
    "request": { "messages": [{ "characters": 41 }, { "characters": 31 }], "completionTokens": 150 }"#;

fn mix(clients: &str) -> TestFiles {
    let traffic = format!(r#""kind": "mix", "clients": {{ {clients} }}"#);
    walkthrough().replace("scenario.json", CLOSED_LOOP, &traffic)
}

fn client(name: &str, more: &str) -> String {
    let request = r#""request": { "promptTokens": 5, "completionTokens": 5, "stream": true }"#;
    format!(
        r#""{name}": {{ {more} "traffic": {{ "kind": "poisson", "perSecond": 2, "requests": 9, {request},
            "clientTimeout": "7s", "clientRetry": {{ "retries": 4 }} }} }}"#
    )
}

fn specs(files: &TestFiles) -> Vec<ClientSpec> {
    match load(files).expect("loads").base.plan.traffic.arrivals.clone() {
        ArrivalSpec::Mix(clients) => clients.to_vec(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn clients_reach_the_plan_in_their_order() {
    let files = mix(&format!(
        "{}, {}",
        client("zed", r#""count": 2, "streamShare": 0.25,"#),
        client(
            "amy",
            r#""subscription": { "id": "team", "key": "k" }, "headers": { "X-Priority": "high" },"#
        ),
    ));
    let specs = specs(&files);
    assert_eq!(
        specs.iter().map(|spec| (&*spec.name, spec.count)).collect::<Vec<_>>(),
        [("zed", 2), ("amy", 1)]
    );
    assert_eq!(specs.iter().map(|spec| spec.stream_share).collect::<Vec<_>>(), [0.25, 1.0]);
    let traffic = &specs[1].traffic;
    assert_eq!(traffic.client_timeout, Some(Duration::from_secs(7)));
    assert_eq!(traffic.retry.as_ref().map(|retry| retry.retries), Some(4));
    let plan = load(&files).unwrap().base.plan;
    let ids: Vec<_> = plan
        .callers
        .iter()
        .map(|caller| {
            let subscription = caller.facts.subscription.as_ref().unwrap();
            (caller.label.as_str(), subscription.id.as_str(), subscription.key.as_str())
        })
        .collect();
    assert_eq!(
        ids,
        [("zed-1", "zed-1", "key-of-zed-1"), ("zed-2", "zed-2", "key-of-zed-2"), ("amy", "team", "k")]
    );
    let sent = |place: usize, name: &str| {
        let all = plan.callers[place].headers.iter().filter(|h| h.name.as_str().eq_ignore_ascii_case(name));
        let texts = all.map(|header| match &header.value {
            HeaderValue::Text(text) => text.as_str().to_owned(),
            HeaderValue::Number(number) => number.to_string(),
        });
        texts.collect::<Vec<_>>()
    };
    // Each sends its own key in the place of the operation's.
    assert_eq!((sent(0, "api-key"), sent(2, "api-key")), (vec!["key-of-zed-1".into()], vec!["k".to_owned()]));
    assert_eq!((sent(0, "x-priority"), sent(2, "x-priority")), (vec![], vec!["high".to_owned()]));
}

#[test]
fn bad_mixes_are_refused() {
    let told = |clients: &str| codes(&mix(clients)).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(told(""), ["no-traffic"]);
    let many: Vec<_> = (0..11).map(|n| client(&format!("c{n}"), r#""count": 10000,"#)).collect();
    assert_eq!(told(&many.join(",")), ["too-many-clients"]);
    let clash = format!("{}, {}", client("a", r#""count": 2,"#), client("a-2", ""));
    assert_eq!(told(&clash), ["client-name"]);
    // Neither horizon nor number of requests; all such clients are told.
    let endless = r#"{ "traffic": { "kind": "poisson", "perSecond": 1,
        "request": { "promptTokens": 5, "completionTokens": 5 } } }"#;
    assert_eq!(told(&format!(r#""a": {endless}, "b": {endless}"#)), ["endless-run", "endless-run"]);
    // A closed loop waits for answers.
    assert!(!told(&format!(r#""a": {{ "traffic": {{ {CLOSED_LOOP} }} }}"#)).is_empty());
}

#[test]
fn a_variant_changes_one_client() {
    let files = mix(&format!("{}, {}", client("a", ""), client("b", ""))).replace(
        "scenario.json",
        "\"variants\": {",
        r#""variants": { "more": { "traffic": { "clients": { "b": { "count": 3 } } } }, "#,
    );
    let scenario = load(&files).unwrap();
    assert_eq!(scenario.base.plan.callers.len(), 2);
    let more = scenario.variants.iter().find(|variant| variant.name == "more").unwrap();
    assert_eq!(more.plan.callers.len(), 4);
}
