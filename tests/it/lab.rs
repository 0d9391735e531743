//! Simulation and real sockets side by side: the shipped scenarios come out the same in `run` and in `lab`.
//!
//! Rule: what is real must lie where one more simulated run would, by the spread of replications, and near the one with
//! the same seed, with a margin for what sockets and schedulers take at that speed.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::support::{call, read_rows, root};

#[derive(Debug, Deserialize)]
struct Figure {
    replication: u32,
    metric: String,
    backend: String,
    value: Option<f64>,
}

const REPLICATIONS: u32 = 12;
/// Half of the width in standard deviations within which all but one in a hundred of such runs lie: Student's t with 11
/// degrees of freedom.
const SPREAD: f64 = 3.1;
/// What sockets may add, as a share: a millisecond is 60 of the scenario.
const MARGIN: f64 = 0.01;

/// Shares of good answers over all, and of each backend, by replication.
fn simulated(name: &str, variant: &str, path: &str, changes: &[&str]) -> BTreeMap<String, Vec<f64>> {
    let out = tempfile::tempdir().unwrap();
    let (count, folder) = (REPLICATIONS.to_string(), out.path().to_str().unwrap());
    let args = ["run", path, "--replications", &count, "--no-charts", "--no-requests", "--out", folder];
    call(&root(), &[&args[..], changes].concat()).ok();
    let rows: Vec<Figure> = read_rows(&out.path().join(name).join(variant).join("replications.csv"));
    let mut shares: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for replication in 1..=REPLICATIONS {
        let of = |metric: &str| {
            rows.iter()
                .filter(|row| row.replication == replication && row.metric == metric)
                .collect::<Vec<_>>()
        };
        let arrivals = of("arrivals")[0].value.unwrap();
        for row in of("client_2xx").into_iter().chain(of("backend_answered")) {
            shares.entry(row.backend.clone()).or_default().push(row.value.unwrap() / arrivals);
        }
    }
    shares
}

/// The same of one run on real sockets, and whether the client kept up.
fn real(path: &str, speed: &str, changes: &[&str]) -> (BTreeMap<String, f64>, bool) {
    let args = ["lab", path, "--speed", speed, "--format", "json"];
    let done = call(&root(), &[&args[..], changes].concat()).ok();
    let json: Value = serde_json::from_str(&done.out).unwrap();
    let variant = &json["variants"][0];
    let real = &variant["real"];
    let number = |value: &Value| value.as_f64().unwrap();
    let arrivals = number(&real["requests"]["arrivals"]);
    let mut shares = BTreeMap::from([(String::new(), number(&real["requests"]["answered_2xx"]) / arrivals)]);
    for backend in real["backends"].as_array().unwrap() {
        let name = backend["name"].as_str().unwrap().to_owned();
        shares.insert(name, number(&backend["answered"]) / arrivals);
    }
    (shares, variant["client_fell_behind"] == false)
}

/// What lies elsewhere, in words.
fn compare(name: &str, variant: &str, horizon: &str) -> Vec<String> {
    let path = format!("scenarios/{name}/scenario.json");
    let horizon = format!("horizon={horizon}");
    let changes = ["--variant", variant, "--set", &horizon];
    let expected = simulated(name, variant, &path, &changes);
    let (found, keeps_up) = real(&path, "60", &changes);
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    let mut elsewhere = Vec::new();
    for (backend, shares) in &expected {
        let count = f64::from(REPLICATIONS);
        let mean = shares.iter().sum::<f64>() / count;
        let deviation =
            (shares.iter().map(|share| (share - mean) * (share - mean)).sum::<f64>() / (count - 1.0)).sqrt();
        let width = SPREAD * deviation * (1.0 + 1.0 / count).sqrt() + MARGIN;
        let share = found[backend];
        let same = shares[0];
        println!(
            "{name} {backend}: simulated {mean:.4} +- {width:.4}, with its seed {same:.4}; real {share:.4}, kept up: \
             {keeps_up}"
        );
        if (share - mean).abs() > width {
            elsewhere
                .push(format!("{name} {backend}: {share:.4} is not {mean:.4} +- {width:.4} ({keeps_up})"));
        }
        // Every draw is the same: only the order of what comes together is not.
        if (share - same).abs() > 2.0 * MARGIN {
            elsewhere.push(format!("{name} {backend}: {share:.4} is not {same:.4} ({keeps_up})"));
        }
    }
    elsewhere
}

#[test]
fn the_walkthrough_comes_out_the_same_on_real_sockets() {
    // The same traffic and draws: it is one closed loop, so that nothing depends on what is faster.
    let args = ["lab", "scenarios/walkthrough/scenario.json", "--speed", "20", "--format", "json"];
    let done = call(&root(), &args).ok();
    let json: Value = serde_json::from_str(&done.out).unwrap();
    for variant in json["variants"].as_array().unwrap() {
        assert_eq!(variant["real"]["requests"]["answered_2xx"], 40, "{variant}");
        // Three requests more or less: which ones find room again after a minute is a matter of milliseconds, and of
        // what else the machine does.
        let difference = variant["largest_difference_of_shares"].as_f64().unwrap();
        assert!(difference < 0.08, "{}: {difference}", variant["variant"]);
        let tokens = |side: &str| {
            let backends = variant[side]["backends"].as_array().unwrap().iter();
            backends.map(|backend| backend["tokens"].as_u64().unwrap()).sum::<u64>()
        };
        assert_eq!(tokens("simulated"), tokens("real"), "each request draws the same on both sides");
    }
}

#[test]
#[ignore = "two minutes on real sockets"]
fn the_shipped_scenarios_come_out_the_same_on_real_sockets() {
    let all = [
        ("code-completion", "twice-the-mean", "600s"),
        // `serve` is one instance.
        ("instances", "one-instance", "600s"),
        ("mixed-tenants", "limit", "600s"),
        ("platform-spillover", "breaker-failover", "600s"),
        ("prompt-caching", "round-robin-units", "1200s"),
        ("ptu-fallback", "priority", "600s"),
        ("region-outage", "second-pool", "1500s"),
        ("retry-after-day", "capped", "900s"),
        ("retry-storm", "as-the-libraries-do", "600s"),
    ];
    let elsewhere: Vec<String> =
        all.iter().flat_map(|(name, variant, horizon)| compare(name, variant, horizon)).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
}
