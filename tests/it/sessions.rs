//! Sessions with cookies: who answers a session where the pool sets a cookie, and where nobody keeps it.

use serde_json::{Value, json};

use crate::support::Work;

const POOL: &str = "\"description\": \"The three regions, requests sent evenly.\",\n        \"pool\": {";

/// One user, sessions of five turns, prompts of 100 tokens and answers of 50, quota for all of it.
fn work(has_affinity: bool, keep_cookies: f64) -> Work {
    let work = Work::walkthrough();
    if has_affinity {
        let sid = "\"sessionAffinity\": { \"sessionId\": { \"source\": \"Cookie\", \"name\": \"sid\" } },";
        work.replace("backends.json", POOL, &format!("{POOL} {sid}"));
    }
    work.edit(|scenario| {
        scenario.as_object_mut().unwrap().remove("variants");
        for backend in scenario["backends"].as_object_mut().unwrap().values_mut() {
            backend["standard"] = json!({ "tpm": 10_000_000, "rpm": 60_000 });
        }
        scenario["traffic"] = json!({
            "kind": "sessions", "users": 1, "sessions": 8, "turns": 5, "thinkTime": "3s",
            "keepCookies": keep_cookies,
            "request": { "promptTokens": 100, "completionTokens": 50 },
        });
    });
    work
}

fn sessions(work: &Work) -> Value {
    work.simulate("run", &[]);
    work.summary("base")["sessions"].clone()
}

#[test]
fn a_session_stays_where_its_cookie_leads() {
    // Eight sessions of five turns: the first answer of each sets the cookie that the four others obey.
    assert_eq!(
        sessions(&work(true, 1.0)),
        json!({
            "begun": 8, "answers": 40, "follow_ups": 32, "from_same_member": 32,
            "pinned": 32, "from_pinned_member": 32,
        })
    );
}

#[test]
fn without_cookies_sessions_go_round_with_the_pool() {
    // Three members in turns: no answer is from the member of the one before it.
    for work in [work(true, 0.0), work(false, 1.0)] {
        assert_eq!(
            sessions(&work),
            json!({
                "begun": 8, "answers": 40, "follow_ups": 32, "from_same_member": 0,
                "pinned": 0, "from_pinned_member": 0,
            })
        );
    }
}

#[test]
fn prompts_grow_by_the_turns_before() {
    #[derive(serde::Deserialize)]
    struct Row {
        request: u64,
        prompt_tokens: u64,
    }
    let work = work(true, 1.0);
    let tokens = || {
        work.simulate("run", &[]);
        let mut rows: Vec<Row> = work.rows("base", "requests.csv");
        rows.sort_by_key(|row| row.request);
        rows.iter().take(6).map(|row| row.prompt_tokens).collect::<Vec<_>>()
    };
    // Each turn adds a prompt of 100 and an answer of 50; the sixth request is of the next session.
    assert_eq!(tokens(), [100, 250, 400, 550, 700, 100]);
    work.edit(|scenario| scenario["traffic"]["history"] = json!(false));
    assert_eq!(tokens(), [100; 6]);
}

#[test]
fn a_session_leaves_a_member_that_is_tripped() {
    // The member of the only session breaks down for good after its first turns: from then on the answers
    // come from another, one and the same.
    let work = work(true, 1.0);
    work.edit(|scenario| {
        scenario["traffic"]["sessions"] = json!(1);
        scenario["traffic"]["turns"] = json!(40);
        scenario["traffic"]["request"] = json!({ "promptTokens": 100, "completionTokens": 50 });
        scenario["traffic"]["history"] = json!(false);
        // Room for ten requests of 100 tokens and 16 (assumed answers) in a minute.
        scenario["backends"]["openai-eastus"]["standard"] = json!({ "tpm": 1_200, "rpm": 60_000 });
    });
    let sessions = sessions(&work);
    let number = |name: &str| sessions[name].as_u64().unwrap();
    assert_eq!(number("answers"), 40);
    assert_eq!(number("follow_ups") - number("from_same_member"), 1, "{sessions}");
    assert_eq!(number("pinned") - number("from_pinned_member"), 1, "{sessions}");
}

#[test]
fn what_is_missing_is_told() {
    let work = work(true, 1.0);
    work.edit(|scenario| scenario["traffic"]["perSecond"] = json!(1.0));
    let done = work.call(&["run", "scenario.json"]);
    assert!(done.code == 2 && done.err.contains("both `users` and `perSecond` are given"), "{}", done.err);
    work.edit(|scenario| {
        scenario["traffic"].as_object_mut().unwrap().remove("users");
        scenario["traffic"].as_object_mut().unwrap().remove("perSecond");
    });
    let done = work.call(&["run", "scenario.json"]);
    assert!(done.code == 2 && done.err.contains("no `users` and no `perSecond`"), "{}", done.err);
}
