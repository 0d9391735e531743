//! Gateway instances that come and go, and gateways in several regions.

use serde_json::{Value, json};

use crate::support::Work;

#[derive(serde::Deserialize)]
struct Trip {
    instance: u32,
    start_s: f64,
}

#[derive(serde::Deserialize)]
struct Row {
    arrival_s: f64,
    instance: u32,
    latency_ms: Option<f64>,
}

#[derive(serde::Deserialize)]
struct Interval {
    start_s: f64,
    tripped_share: f64,
}

/// The scenario `instances` without its variants and with this gateway.
fn with_gateway(gateway: Value) -> Work {
    let work = Work::scenario("instances");
    work.edit(|scenario| {
        scenario["gateway"] = gateway;
        scenario.as_object_mut().unwrap().remove("variants");
    });
    work
}

#[test]
fn instances_that_are_added_have_to_be_refused_first() {
    let work = with_gateway(json!({
        "units": 1, "scaling": [{ "at": "10m", "units": 4 }, { "at": "20m", "units": 2 }],
    }));
    work.simulate("run", &[]);
    let summary = work.summary("base");
    assert_eq!(summary["instances"], 4);
    let rows: Vec<Row> = work.rows("base", "requests.csv");
    for row in &rows {
        // 0 all the time, 1 from ten minutes on, 2 and 3 until twenty.
        let serves = match row.instance {
            0 => true,
            1 => row.arrival_s >= 600.0,
            _ => (600.0..1_200.0).contains(&row.arrival_s),
        };
        assert!(serves, "instance {} at {} s", row.instance, row.arrival_s);
    }
    let trips: Vec<Trip> = work.rows("base", "trips.csv");
    let first = |instance: u32| trips.iter().find(|trip| trip.instance == instance).map(|trip| trip.start_s);
    assert!(first(0).is_some_and(|at| at < 600.0), "{:?}", first(0));
    for added in 1..4 {
        assert!(first(added).is_some_and(|at| at > 600.0), "instance {added}: {:?}", first(added));
    }
    // Only the units trip. While there is one instance, a share is time; nothing is ever above all of it.
    let intervals: Vec<Interval> = work.rows("base", "timeline.csv");
    assert!(intervals.iter().all(|row| row.tripped_share <= 1.0));
    assert!(intervals.iter().any(|row| row.start_s < 600.0 && row.tripped_share > 0.0));
}

#[test]
fn a_fleet_that_does_not_change_is_one_of_units() {
    let plain = with_gateway(json!({ "units": 3 }));
    let regional = with_gateway(json!({ "regions": { "East US": { "units": 3 } } }));
    let scaled = with_gateway(json!({ "units": 3, "scaling": [{ "at": "10m", "units": 3 }] }));
    for work in [&plain, &regional, &scaled] {
        work.simulate("run", &[]);
    }
    let fingerprint = |work: &Work| work.summary("base")["fingerprint"].clone();
    assert_eq!(fingerprint(&plain), fingerprint(&regional));
    assert_eq!(fingerprint(&plain), fingerprint(&scaled));
    let region = &regional.summary("base")["regions"][0];
    assert_eq!(region["requests"], regional.summary("base")["requests"]["arrivals"]);
    assert_eq!(region["instances"], json!([0, 1, 2]));
}

#[test]
fn traffic_of_regions_is_told_apart_and_waits_for_its_own_network() {
    let work = with_gateway(json!({ "regions": {
        "East US": { "units": 2, "share": 3 },
        "Sweden Central": {
            "network": {
                "openai-ptu-eastus": "98ms", "openai-paygo-westus": "150ms", "openai-paygo-swedencentral": "4ms",
            },
        },
    } }));
    work.simulate("run", &[]);
    let summary = work.summary("base");
    let (east, sweden) = (&summary["regions"][0], &summary["regions"][1]);
    let requests = |region: &Value| region["requests"].as_u64().unwrap();
    let all = summary["requests"]["arrivals"].as_u64().unwrap();
    assert_eq!(requests(east) + requests(sweden), all);
    // A quarter of 4,680 with a standard deviation of 30.
    assert!(requests(sweden).abs_diff(all / 4) < 100, "{sweden}");
    let metric =
        |name: &str, of: &str| work.read("out/instances/base/summary.csv").contains(&format!("{name},{of},"));
    assert!(metric("success_of", "Sweden Central"));
}

/// One backend and one request at a time: what the network of a region takes is all that differs.
#[test]
fn the_round_trip_of_a_region_takes_the_place_of_the_backend_s() {
    let latencies = |regions: Value| {
        let work = Work::scenario("retry-storm");
        work.edit(|scenario| {
            scenario["gateway"]["regions"] = regions;
            scenario["gateway"].as_object_mut().unwrap().remove("units");
            scenario["traffic"] = json!({
                "kind": "closed-loop", "requests": 5, "pause": "2m",
                "request": { "promptTokens": 500, "completionTokens": 30 },
            });
            scenario.as_object_mut().unwrap().remove("variants");
        });
        work.simulate("run", &[]);
        let rows: Vec<Row> = work.rows("base", "requests.csv");
        rows.iter().map(|row| row.latency_ms.unwrap()).collect::<Vec<_>>()
    };
    let near = latencies(json!({ "here": { "network": { "openai-eastus": "5ms" } } }));
    let far = latencies(json!({ "there": { "network": { "openai-eastus": "205ms" } } }));
    assert_eq!(near.len(), 5);
    for (near, far) in near.iter().zip(&far) {
        assert!((far - near - 200.0).abs() < 0.002, "{near} {far}");
    }
}

/// Policies see where they run, and clients of a mix may say where they are.
#[test]
fn policies_see_their_region_and_clients_stay_in_theirs() {
    let work = Work::scenario("mixed-tenants");
    work.edit(|scenario| {
        scenario["gateway"]["regions"] = json!({ "North": {}, "South": {} });
        scenario["gateway"].as_object_mut().unwrap().remove("units");
        let clients = scenario["traffic"]["clients"].as_object_mut().unwrap();
        for (place, client) in clients.values_mut().enumerate() {
            client["region"] = json!(if place == 0 { "North" } else { "South" });
        }
        scenario.as_object_mut().unwrap().remove("variants");
    });
    // Whoever is in the south is turned away before anything else happens.
    let turn_away = "<inbound>\n<choose><when condition=\"@(context.Deployment.Region == &quot;South&quot;)\">\
        <return-response><set-status code=\"418\" reason=\"no\" /></return-response></when></choose>";
    work.replace("policy.xml", "<inbound>", turn_away);
    work.simulate("run", &[]);
    let summary = work.summary("base");
    let (north, south) = (&summary["regions"][0], &summary["regions"][1]);
    assert_eq!(north["requests"], summary["clients"][0]["requests"]);
    assert!(north["answered_2xx"].as_u64() > Some(0) && south["answered_2xx"] == 0, "{north} {south}");
    assert_eq!(summary["requests"]["answered_otherwise"]["418"], south["requests"]);
}
