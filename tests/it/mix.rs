//! Mixes of clients: who is starved by whom, and that no client changes what another sends.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::Work;

#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
struct Sent {
    client: String,
    arrival_s: f64,
    instance: u32,
    status: Option<u16>,
    latency_ms: Option<f64>,
    ttft_ms: Option<f64>,
    prompt_tokens: u64,
    completion_tokens: u64,
}

#[derive(serde::Deserialize)]
struct Place {
    instance: u32,
}

/// The figures of a client.
fn row(summary: &Value, client: &str) -> Value {
    let rows = summary["clients"].as_array().unwrap();
    rows.iter().find(|row| row["client"] == client).unwrap().clone()
}

fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap()
}

fn success(row: &Value) -> f64 {
    number(row, "answered_2xx") / number(row, "requests")
}

fn tenants() -> Work {
    let work = Work::scenario("mixed-tenants");
    for name in ["policy-no-limit.xml", "policy-by-priority.xml"] {
        let from = crate::support::root().join("scenarios/mixed-tenants").join(name);
        work.write(name, &std::fs::read_to_string(from).unwrap());
    }
    work
}

#[test]
fn a_limit_by_subscription_protects_small_tenants() {
    let work = tenants();
    let told = work.simulate("compare", &["--require", "requests_of[small]>1000"]).out;
    assert!(told.contains("ok batch  ok small"), "{told}");
    let [open, limit, priority] = ["no-limit", "limit", "by-priority"].map(|variant| work.summary(variant));
    // Eight tenants with 0.15 requests a second for half an hour: 2,160; a batch job on for a third: 4,800.
    for summary in [&open, &limit, &priority] {
        let requests = number(&row(summary, "small"), "requests");
        assert!((requests - 2_160.0).abs() < 4.0 * 2_160_f64.sqrt(), "{requests}");
        assert_eq!(requests.to_bits(), number(&row(&open, "small"), "requests").to_bits());
        let all = ["small", "batch"].map(|name| number(&row(summary, name), "requests")).iter().sum::<f64>();
        assert!(summary["requests"]["arrivals"].as_f64() == Some(all));
    }
    // Without a limit the small ones share the fate of the batch job; with one nobody refuses them.
    assert!(success(&row(&open, "small")) < 0.8);
    for summary in [&limit, &priority] {
        assert!(number(&row(summary, "small"), "throttled") == 0.0);
        assert!(success(&row(summary, "small")) > 0.99);
    }
    // 100,000 tokens a minute for 30 minutes is the most; what was under way when it was reached comes on top.
    let tokens = number(&row(&limit, "batch"), "tokens");
    assert!(tokens > 1_000_000.0 && tokens < 3_000_000.0, "{tokens}");
    assert!(limit["attempts"]["throttled"] == 0, "no deployment had to refuse");
    assert!(number(&row(&open, "batch"), "tokens") > 1.5 * tokens);
}

/// With quota for all and response times that do not depend on load.
fn roomy() -> Work {
    let work = tenants();
    work.edit(|scenario| {
        for name in ["openai-eastus", "openai-westus"] {
            scenario["backends"][name]["standard"] = json!({ "tpm": 100_000_000, "rpm": 600_000 });
            scenario["backends"][name]["latency"] = json!({ "loadFactor": 1 });
            scenario["backends"][name]["network"] = json!("0ms");
        }
        scenario["policy"] = json!("policy-no-limit.xml");
        scenario["variants"] = json!({});
        scenario["gateway"]["units"] = json!(4);
        scenario["semantics"] = json!({ "gateway.assignment": "client" });
        // One deployment only, so that who answers does not depend on others.
        let policy = "<set-backend-service backend-id=\"openai-pool\" />";
        work.replace("policy-no-limit.xml", policy, "<set-backend-service backend-id=\"openai-eastus\" />");
    });
    work
}

fn sent(work: &Work, client: impl Fn(&str) -> bool) -> Vec<Sent> {
    let mut rows: Vec<Sent> = work.rows("base", "requests.csv");
    rows.retain(|row| client(&row.client));
    rows.sort_by(|one, other| {
        (&one.client, one.arrival_s).partial_cmp(&(&other.client, other.arrival_s)).unwrap()
    });
    rows
}

#[test]
fn a_change_of_one_client_leaves_the_others_as_they_were() {
    let work = roomy();
    work.simulate("run", &[]);
    let is_small = |name: &str| name.starts_with("small");
    let before = sent(&work, is_small);
    assert_eq!(before.iter().map(|row| &row.client).collect::<BTreeSet<_>>().len(), 8);
    // Half of the calls ask for a stream: their first byte comes before the last one.
    let streams = before.iter().filter(|row| row.ttft_ms < row.latency_ms).count() as f64;
    assert!((streams / before.len() as f64 - 0.5).abs() < 0.05, "{streams}");
    work.edit(|scenario| {
        let clients = scenario["traffic"]["clients"].as_object_mut().unwrap();
        clients["batch"]["traffic"]["onPerSecond"] = json!(1);
        clients["batch"]["traffic"]["clientTimeout"] = json!("2s");
        clients["small"]["count"] = json!(9);
        let more = clients["batch"].clone();
        clients.insert("another".into(), more);
    });
    work.simulate("run", &[]);
    let after = sent(&work, |name| is_small(name) && name != "small-9");
    assert_eq!(before.len(), after.len());
    let differs = before.iter().zip(&after).find(|(one, other)| one != other);
    assert!(differs.is_none(), "{differs:?}");
}

#[test]
fn a_client_stays_with_its_instance() {
    let work = roomy();
    work.edit(|scenario| scenario["traffic"]["clients"]["small"]["count"] = json!(40));
    work.simulate("run", &[]);
    let mut places: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    for row in sent(&work, |_| true) {
        places.entry(row.client).or_default().insert(row.instance);
    }
    assert_eq!(places.len(), 41);
    assert!(places.values().all(|instances| instances.len() == 1), "{places:?}");
    // 41 clients on 4 instances: that one is left empty has a chance of 4 times 0.75 to the 41, 3 in 100,000.
    assert_eq!(places.values().flatten().collect::<BTreeSet<_>>().len(), 4);
    // In turn, everybody meets all.
    work.edit(|scenario| scenario["semantics"]["gateway.assignment"] = json!("round_robin"));
    work.simulate("run", &[]);
    let instances: BTreeSet<u32> =
        sent(&work, |name| name == "small-1").iter().map(|row| row.instance).collect();
    assert_eq!(instances.len(), 4);
}

#[test]
fn clients_of_a_closed_loop_stay_with_their_instances_too() {
    let work = Work::scenario("retry-storm");
    work.edit(|scenario| {
        scenario["gateway"]["units"] = json!(1000);
        scenario["semantics"] = json!({ "gateway.assignment": "client" });
        scenario["variants"] = json!({});
        scenario["traffic"] = json!({ "kind": "closed-loop", "clients": 6, "requests": 120,
            "request": { "promptTokens": 10, "completionTokens": 10 } });
    });
    work.simulate("run", &[]);
    let rows: Vec<Place> = work.rows("base", "requests.csv");
    let places: BTreeSet<u32> = rows.iter().map(|row| row.instance).collect();
    // Six clients on a thousand instances: two on one have a chance of 15 in a thousand, three of far less.
    assert!((5..=6).contains(&places.len()), "{places:?}");
}

#[test]
fn only_those_clients_try_again_that_are_said_to() {
    let work = tenants();
    work.edit(|scenario| {
        scenario["policy"] = json!("policy-no-limit.xml");
        scenario["traffic"]["clients"]["small"]["traffic"]["clientRetry"] = json!({});
    });
    work.simulate("run", &[]);
    let with = work.summary("base");
    work.edit(|scenario| {
        scenario["traffic"]["clients"]["small"]["traffic"].as_object_mut().unwrap().remove("clientRetry");
    });
    work.simulate("run", &[]);
    let without = work.summary("base");
    assert!(without.get("calls").is_none());
    let requests = |summary: &Value, client: &str| number(&row(summary, client), "requests");
    assert!(requests(&with, "batch") == requests(&without, "batch"));
    let further = requests(&with, "small") - requests(&without, "small");
    assert!(further > 0.0 && with["calls"]["tried_again"].as_f64().unwrap() >= further);
    // All calls are told, those of clients that do not try again as well.
    let begun = with["calls"]["begun"].as_f64().unwrap();
    assert!(begun == requests(&without, "small") + requests(&without, "batch"));
}

#[test]
fn code_completion_is_on_and_off_as_its_notes_say() {
    let work = Work::scenario("code-completion");
    // Twenty hours, so that chance is small beside what is told.
    let args = ["--variant", "quota-for-the-peak", "--set", "horizon=68720s", "--set", "output.interval=1h"];
    work.simulate("run", &args);
    let mut requests = work.requests("quota-for-the-peak");
    requests.sort_by(|one, other| one.arrival_s.total_cmp(&other.arrival_s));
    let gaps: Vec<f64> = requests.windows(2).map(|pair| pair[1].arrival_s - pair[0].arrival_s).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / gaps.len() as f64;
    // On for 25 s at 7.7 a second, off for 50 s: 2.567 a second. Of the gaps of such a process (exponential
    // with two rates) the squared variation is 1 + 2 * 7.7 * 25 * (50 / 75)^2, that is 13.1 squared.
    assert!((1.0 / mean - 2.567).abs() < 0.2, "{mean}");
    assert!((variance.sqrt() / mean - 13.1).abs() < 1.0, "{}", variance.sqrt() / mean);
    // 916 times off in twenty hours, above 30 s with a chance of exp(-30 / 50): 503.
    let long = gaps.iter().filter(|gap| **gap > 30.0).count() as f64;
    assert!((long - 503.0).abs() < 4.0 * 503_f64.sqrt(), "{long}");
    let median = |mut all: Vec<u64>| {
        all.sort_unstable();
        all[all.len() / 2]
    };
    assert_eq!(median(requests.iter().map(|row| row.completion_tokens).collect()), 13);
    let prompt = median(requests.iter().map(|row| row.prompt_tokens).collect());
    assert!((1_440..1_500).contains(&prompt), "{prompt}");
}

#[test]
fn quota_for_the_mean_is_not_enough_for_bursts() {
    let work = Work::scenario("code-completion");
    work.simulate("compare", &[]);
    let refused = |variant: &str| {
        let requests = &work.summary(variant)["requests"];
        requests["answered_otherwise"]["429"].as_f64().unwrap_or(0.0) / requests["arrivals"].as_f64().unwrap()
    };
    // On for a third of the time: while on, three times the mean comes, and the quota carries little over one.
    let mean = refused("quota-for-the-mean");
    assert!(mean > 0.3 && mean < 0.6, "{mean}");
    let twice = refused("twice-the-mean");
    assert!(twice > 0.05 && twice < 0.25, "{twice}");
    assert!(refused("quota-for-the-peak") == 0.0);
}
