//! `output.warmup`: what arrives before it is in no figure, and everything else is as without it.

use serde_json::{Value, json};

use crate::support::{Request, Work, number};

/// An open loop with refusals and trips, so that there is something of everything to leave out.
fn busy(warmup: &str) -> Work {
    let work = Work::walkthrough();
    work.edit(|scenario| {
        scenario["traffic"] = json!({
            "kind": "poisson", "perSecond": 2.0, "requests": 300,
            "request": { "promptTokens": 300, "completionTokens": { "median": 60, "sigma": 0.5, "max": 640 } }
        });
        scenario["output"] = json!({ "warmup": warmup });
    });
    work.simulate("run", &["--variant", "priority"]);
    work
}

#[test]
fn figures_are_those_of_the_requests_that_came_later() {
    let (without, with) = (busy("0s"), busy("50s"));
    // The run itself is the same.
    assert_eq!(without.requests("priority"), with.requests("priority"));
    let (all, told) = (without.summary("priority"), with.summary("priority"));
    assert_eq!(all["fingerprint"], told["fingerprint"]);
    assert_eq!(all.get("warmup"), None);

    let requests = with.requests("priority");
    let (early, late): (Vec<Request>, Vec<Request>) = requests.into_iter().partition(|r| r.arrival_s < 50.0);
    assert!(early.len() > 50 && late.len() > 50);
    assert_eq!(told["warmup"], json!({ "length_s": 50.0, "requests": early.len() }));
    let count = |which: &dyn Fn(&Request) -> bool| late.iter().filter(|r| which(r)).count() as u64;
    assert_eq!(number(&told, &["requests", "arrivals"]), late.len() as u64);
    assert_eq!(number(&told, &["requests", "answered_2xx"]), count(&|r| r.status == Some(200)));
    assert_eq!(number(&told, &["attempts", "total"]), late.iter().map(|r| r.attempts).sum::<u64>());
    for backend in told["backends"].as_array().unwrap() {
        let name = backend["name"].as_str().unwrap();
        let answered = count(&|r| r.status == Some(200) && r.backend == name);
        assert_eq!(backend["answered"].as_u64(), Some(answered), "{name}");
        let attempts: usize =
            late.iter().map(|r| r.steps().iter().filter(|(who, _)| *who == name).count()).sum();
        assert_eq!(backend["attempts"].as_u64(), Some(attempts as u64), "{name}");
        assert!(backend["tripped_share"].as_f64().unwrap() <= 1.0);
    }
    let mean = |requests: &[Request]| {
        let times: Vec<f64> =
            requests.iter().filter(|r| r.status == Some(200)).filter_map(|r| r.latency_ms).collect();
        times.iter().sum::<f64>() / times.len() as f64
    };
    assert!((told["latency_ms"]["mean"].as_f64().unwrap() - mean(&late)).abs() < 0.01);
}

#[test]
fn the_summary_says_what_it_leaves_out() {
    let work = busy("50s");
    let human = work.simulate("run", &["--variant", "priority"]).out;
    assert!(human.contains("requests of the first 50 s are in no figure here"), "{human}");
    // A warm-up longer than the traffic leaves nothing, and says so.
    let nothing = busy("1h").summary("priority");
    assert_eq!((number(&nothing, &["requests", "arrivals"]), &nothing["latency_ms"]), (0, &Value::Null));
    assert_eq!(number(&nothing, &["warmup", "requests"]), 300);
}

#[test]
fn a_warm_up_that_leaves_nothing_of_the_horizon_is_an_error() {
    let work = Work::walkthrough();
    work.edit(|scenario| {
        scenario["horizon"] = json!("1m");
        scenario["output"] = json!({ "warmup": "1m" });
    });
    let done = work.call(&["run", "scenario.json", "--out", "none"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("leaves nothing of a run of 1m"), "{}", done.err);
    assert!(!work.exists("none"));
}
