//! `policy explain`: both scenarios' policies are told with their lines, documents by themselves say what they
//! lack, and what is no policy is refused.

use serde_json::Value;

use crate::support::{Done, Work, call, root};

/// `policy explain` on the scenarios that come with the program.
fn scenario(name: &str, more: &[&str]) -> Done {
    let path = format!("scenarios/{name}/scenario.json");
    let mut args = vec!["policy", "explain", &path];
    args.extend(more);
    call(&root(), &args).ok()
}

/// The text on one line, so that sentences do not depend on where lines end.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn tells(text: &str, sentences: &[&str]) {
    let text = flat(text);
    for sentence in sentences {
        assert!(text.contains(sentence), "`{sentence}` is not in:\n{text}");
    }
}

#[test]
fn the_walkthrough_is_told_with_its_lines() {
    let done = scenario("walkthrough", &[]);
    tells(
        &done.out,
        &[
            "Requests go to the pool `openai-backend-pool`, a list of 3 backends.",
            "the request is sent again, at most 3 times in all, without waiting.",
            "(managed identity), and keep it in the variable `managed-id-access-token` (line 8).",
            "share evenly, 33.3 % each.",
            "trip, each for itself, after one answer of 429, for 1 min (backends.json:",
            "while the status is 429, or the status is 503 and the status text contains neither `Backend pool` nor \
             `is temporarily unavailable` (line 15).",
            "That is 3 attempts in all. Each follows at once, without any waiting.",
            // The condition reads a response that is not there.
            "Without any answer (a timeout, no connection) the condition itself fails",
            "Retried, but not counted by every breaker: 503.",
            "3 attempts for 3 members of the pool: enough to try every member once",
            "If the status is 503 (line 26): - Answer the client at once with 503 Service Unavailable. Nothing \
             after this runs (line 27).",
            "`openai-eastus` is throttled: it answers 429 with `Retry-After: 10`; the others answer 200. Client: 200 \
             OK, at once. Called: `openai-eastus`, `openai-westus`.",
            "All members of the pool are tripped already. Client: 503 Service Unavailable, at once. No backend is \
             called.",
            "`breaker.count_timeouts` is `false` (or `true`)",
        ],
    );
    // Variants are told, and lines fit a terminal.
    tells(&done.out, &["`weighted`: East US first; when it is tripped the other two share evenly."]);
    assert!(done.out.lines().all(|line| line.chars().count() <= 100));
}

#[test]
fn the_fallback_is_told_with_its_lines() {
    let done = scenario("ptu-fallback", &[]);
    tells(
        &done.out,
        &[
            "First (priority 1): `openai-ptu-eastus` takes everything.",
            "`openai-paygo-westus` and `openai-paygo-swedencentral` share evenly, 50 % each.",
            "`openai-ptu-eastus` trips after one answer of 429 or 500 to 599, for 10 s",
            "while there is no response, or the status is 429, or 500 or more (line 25).",
            "No answer at all (a timeout, no connection) is retried, too.",
            "If there is a response and the status is 503 (line 58):",
            "Otherwise, if there is no response (line 68):",
            // Three attempts of a minute each, all on the member that trips on nothing but answers.
            "No backend answers in time. Client: 504 Gateway Timeout, after 3 min. Called: `openai-ptu-eastus` (3 \
             times).",
        ],
    );
}

#[test]
fn the_same_is_said_in_markdown_and_json() {
    let markdown = scenario("walkthrough", &["--format", "markdown"]).out;
    assert!(markdown.starts_with("# walkthrough (scenarios/walkthrough/policy.xml)\n"), "{markdown}");
    tells(&markdown, &["## What trips", "| what happens | the client gets | when |"]);
    let page: Value = serde_json::from_str(&scenario("walkthrough", &["--format", "json"]).out).unwrap();
    let headings: Vec<&str> =
        page["sections"].as_array().unwrap().iter().map(|s| s["heading"].as_str().unwrap()).collect();
    assert_eq!(
        headings,
        [
            "On the way in",
            "How a backend is chosen",
            "What trips",
            "Sending",
            "What is retried, and how long",
            "On the way out",
            "When an error occurs",
            "What the client sees",
            "Taken for granted",
        ]
    );
    assert_eq!(page["sections"][0]["blocks"][0]["items"][0]["at"]["line"], 8);
}

#[test]
fn a_policy_with_its_backends_is_told_like_its_scenario() {
    let work = Work::walkthrough();
    let parts = work.call(&["policy", "explain", "policy.xml", "backends.json"]);
    tells(&parts.out, &["Requests go to the pool `openai-backend-pool`, a list of 3 backends."]);
    assert!([0, 1].contains(&parts.code), "{}", parts.err);
    let again = work.call(&["policy", "explain", "policy.xml", "backends.json"]);
    assert_eq!(again.out, parts.out);
}

#[test]
fn a_document_by_itself_says_what_it_lacks() {
    let work = Work::walkthrough();
    let done = work.call(&["policy", "explain", "policy.xml"]).ok();
    tells(
        &done.out,
        &[
            "Requests go to the backend or pool `openai-backend-pool`.",
            "- The backend or pool `openai-backend-pool` (line 12).",
            "Breakers belong to the backends, which are not among the inputs.",
        ],
    );
    work.replace("policy.xml", "<base />", r#"<base /><include-fragment fragment-id="auth" />"#);
    work.replace("policy.xml", r#"count="2""#, r#"count="{{retries}}""#);
    let done = work.call(&["policy", "explain", "policy.xml"]);
    assert_eq!(done.code, 1, "{}", done.err);
    tells(
        &done.out,
        &[
            "The fragment `auth`: what it does is not told (line 7).",
            "`retry` is left out below: it cannot be read without a named value (line 15).",
            "The named value `retries` (line 15).",
        ],
    );
    let done = work.call(&["policy", "explain", "policy.xml", "--named-value", "retries=1"]);
    tells(&done.out, &["the request is sent again, at most 2 times in all", "That is 2 attempts in all."]);
}

#[test]
fn what_is_no_policy_is_refused() {
    let work = Work::walkthrough();
    work.write("broken.xml", "<policies><inbound></policies>");
    work.write("unknown.xml", "<policies><inbound><set-heder /></inbound></policies>");
    work.write("x.test.json", r#"{ "formatVersion": 1, "policy": "policy.xml", "cases": [] }"#);
    for (args, code, message) in [
        (&["missing.xml"][..], 2, "cannot read `missing.xml`: no such file"),
        (&["broken.xml"], 2, "broken.xml:1:"),
        (&["unknown.xml"], 1, "did you mean `set-header`?"),
        (&["x.test.json"], 2, "`x.test.json` is a file of tests"),
        (&["scenario.json", "--escaped"], 2, "without its backends"),
        (&["scenario.json", "scenario.json"], 2, "one scenario"),
        (&["backends.json"], 2, "backends.json:"),
        (&["."], 2, "cannot read `.`"),
    ] {
        let mut all = vec!["policy", "explain"];
        all.extend(args);
        let done = work.call(&all);
        assert_eq!(done.code, code, "{args:?}: {}", done.err);
        assert!(done.err.contains(message), "{args:?}: {}", done.err);
        assert_eq!(done.out, "", "{args:?}");
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("## Explain a policy").nth(1).unwrap();
    let shown = section.split("```\n$ poolproof ").nth(1).unwrap().split("```").next().unwrap();
    let (command, excerpt) = shown.split_once('\n').unwrap();
    let done = Work::walkthrough().call(&command.split(' ').collect::<Vec<_>>()).ok();
    for piece in excerpt.split("…\n") {
        assert!(done.out.contains(piece), "{piece}");
    }
}

#[test]
fn pools_tell_of_cookies_and_carbon() {
    let work = Work::walkthrough();
    let id = "/backends/openai-westus\"";
    work.replace("backends.json", id, &format!("{id}, \"preferredCarbonEmission\": \"Low\""));
    let services = "\"services\": [";
    let cookie = "\"sessionAffinity\": { \"sessionId\": { \"source\": \"cookie\", \"name\": \"sid\" } }, ";
    work.replace("backends.json", services, &format!("{cookie}{services}"));
    let done = work.call(&["policy", "explain", "scenario.json"]).ok();
    tells(
        &done.out,
        &[
            "An answer of a member sets the cookie `sid`.",
            "Left out while their region emits more than they should, unless no other is available: `openai-westus` \
             above Low.",
        ],
    );
}
