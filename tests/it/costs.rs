//! What runs cost, and what of what is paid for goes unused.

use serde_json::Value;

use crate::support::Work;

const UNITS: &str = "openai-ptu-eastus";

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn near(found: f64, expected: f64, what: &str) {
    assert!(
        (found - expected).abs() <= 1e-6 * expected.abs().max(1.0),
        "{what}: {found}, and not {expected}"
    );
}

#[test]
fn costs_are_prices_times_tokens_and_units_times_hours() {
    let work = Work::scenario("ptu-fallback");
    work.simulate("compare", &[]);
    for variant in ["round-robin", "weighted", "priority"] {
        let summary = work.summary(variant);
        let (costs, hours) = (&summary["costs"], number(&summary["duration_s"]) / 3600.0);
        let mut tokens_usd = 0.0;
        for (cost, backend) in
            costs["backends"].as_array().unwrap().iter().zip(summary["backends"].as_array().unwrap())
        {
            let (prompt, completion) = (number(&cost["prompt_tokens"]), number(&cost["completion_tokens"]));
            // Every call ends well here, so that what is charged is what is answered.
            near(prompt + completion, number(&backend["tokens"]), "tokens");
            if cost["backend"] == UNITS {
                // 100 units at a dollar an hour, however much they carry.
                near(number(&cost["units_usd"]), 100.0 * hours, "units");
                near(number(&cost["tokens_usd"]), 0.0, "tokens of units");
            } else {
                // gpt-4o: 2.50 and 10.00 dollars a million.
                tokens_usd += (2.5 * prompt + 10.0 * completion) / 1e6;
            }
        }
        near(number(&costs["tokens_usd"]), tokens_usd, "all tokens");
        let total = number(&costs["total_usd"]);
        near(total, tokens_usd + 100.0 * hours, "all");
        let answered: f64 =
            summary["backends"].as_array().unwrap().iter().map(|b| number(&b["tokens"])).sum();
        near(number(&costs["usd_per_million_tokens"]), total / answered * 1e6, "for a million");
        let month = &costs["month"];
        near(number(&month["tokens_usd"]), tokens_usd / hours * 730.0, "tokens of a month");
        near(number(&month["units_hourly_usd"]), 73_000.0, "units of a month");
        near(number(&month["units_reserved_month_usd"]), 26_000.0, "reserved for a month");
        near(number(&month["units_reserved_year_usd"]), 22_100.0, "reserved for a year");
    }
    // Priority is there to spare tokens that are paid.
    let paid = |variant: &str| number(&work.summary(variant)["costs"]["tokens_usd"]);
    assert!(paid("priority") < paid("weighted") && paid("weighted") < paid("round-robin"));
}

/// Units that one answer takes out for a day, and others that cannot carry the load.
fn tripped_units(more: &[&str]) -> (Work, String) {
    let work = Work::scenario("ptu-fallback");
    let mut args = vec!["--variant", "priority", "--answer", "openai-ptu-eastus@60s=429,retry-after=86400"];
    for backend in ["openai-paygo-westus", "openai-paygo-swedencentral"] {
        args.push("--set");
        args.push(match backend {
            "openai-paygo-westus" => "backends.openai-paygo-westus.standard.tpm=60000",
            _ => "backends.openai-paygo-swedencentral.standard.tpm=60000",
        });
    }
    args.extend(more);
    let out = work.simulate("run", &args).out;
    (work, out)
}

#[test]
fn units_that_idle_while_tripped_are_told() {
    let (work, out) = tripped_units(&[]);
    let summary = work.summary("priority");
    let run = number(&summary["duration_s"]);
    let idle = number(&summary["costs"]["backends"][0]["idle_while_tripped"]);
    let tripped = number(&summary["backends"][0]["tripped_share"]);
    // Tripped from a minute on; what is left in the bucket then drains in less than a minute.
    assert!(idle < tripped && idle > (run - 120.0) / run, "{idle} {tripped} {run}");
    assert!(out.contains("openai-ptu-eastus was paid for and idle for 96"), "{out}");
    // Whoever is refused could have been answered by them.
    let refused = number(&summary["requests"]["answered_otherwise"]["503"]);
    assert!(refused > 0.0);
    near(number(&summary["refused_while_capacity_free"]), refused, "refused");
    // Out of work for a fault, they are not free; what is left had room at one that was tripped for longer than
    // its window needs.
    let (work, _) = tripped_units(&["--fault", "openai-ptu-eastus:outage@90s"]);
    let summary = work.summary("priority");
    let refused_later = number(&summary["requests"]["answered_otherwise"]["503"]);
    assert!(number(&summary["refused_while_capacity_free"]) < 0.8 * refused_later);
}

#[test]
fn good_requests_are_those_within_the_objective() {
    let (work, _) = tripped_units(&["--set", r#"objective={"latency":"5s"}"#]);
    let summary = work.summary("priority");
    let good = number(&summary["objective"]["good"]);
    let answered = work.requests("priority");
    let within = answered
        .iter()
        .filter(|row| row.status == Some(200) && row.latency_ms.is_some_and(|ms| ms <= 5_000.0));
    near(good, within.count() as f64, "good");
    near(
        number(&summary["objective"]["good_share"]),
        good / number(&summary["requests"]["arrivals"]),
        "share",
    );
    let per_second = good / number(&summary["duration_s"]);
    near(number(&summary["objective"]["goodput_per_s"]), per_second, "goodput");
    let missed = work.call(&[
        "run",
        "scenario.json",
        "--no-charts",
        "--out",
        "again",
        "--variant",
        "priority",
        "--set",
        r#"objective={"latency":"1s"}"#,
        "--require",
        "good_share>=99%",
    ]);
    assert_eq!(missed.code, 1, "{}", missed.out);
}

#[test]
fn prices_that_nobody_knows_are_told() {
    let work = Work::scenario("ptu-fallback");
    let zone = ["--set", "backends.openai-paygo-westus.model=gpt-4.1"];
    let zone_too = ["--set", "backends.openai-paygo-westus.deploymentType=regional"];
    let args = ["--variant", "priority"].iter().chain(&zone).chain(&zone_too).copied().collect::<Vec<_>>();
    let out = work.simulate("run", &args).out;
    assert!(out.contains("prices are not known of: openai-paygo-westus"), "{out}");
    let costs = &work.summary("priority")["costs"];
    assert_eq!(costs["without_prices"][0], "openai-paygo-westus");
    // With units by the region there is no price of a reservation.
    let out = work
        .simulate(
            "run",
            &["--variant", "priority", "--set", "backends.openai-ptu-eastus.deploymentType=regional"],
        )
        .out;
    assert!(out.contains("units 146000 by the hour (list"), "{out}");
    // A negative price, and one that is no number.
    for price in [r#"{"hour":-1}"#, r#"{"hour":"1"}"#, r#"{"month":1}"#] {
        let set = format!("backends.openai-ptu-eastus.provisioned.unitPrices={price}");
        let done = work.call(&["run", "scenario.json", "--no-charts", "--out", "bad", "--set", &set]);
        assert_eq!(done.code, 2, "{price} {}", done.err);
        assert!(!work.exists("bad"));
    }
}

#[test]
fn a_warm_up_is_paid_for_like_the_rest() {
    let per_million = |more: &[&str]| {
        let work = Work::scenario("ptu-fallback");
        work.simulate("run", &[&["--variant", "priority"], more].concat());
        let costs = work.summary("priority")["costs"].clone();
        (number(&costs["total_usd"]), number(&costs["usd_per_million_tokens"]))
    };
    assert_eq!(per_million(&[]), per_million(&["--set", r#"output={"warmup":"10m"}"#]));
}
