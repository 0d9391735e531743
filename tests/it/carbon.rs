//! Carbon-aware pools: members in regions that emit too much are left out while others are there.

use serde_json::json;

use crate::support::{EAST, SWEDEN, WEST, Work};

/// The walkthrough's pool in turns, with quota for all, a request each second for 30 s. East US prefers `Low` and is in
/// its region; the other members emit what they like.
fn work() -> Work {
    let work = Work::walkthrough();
    let id = "\"id\": \"/backends/openai-eastus\"";
    work.replace("backends.json", id, &format!("{id}, \"preferredCarbonEmission\": \"Low\""));
    let url = "\"url\": \"https://openai-eastus";
    work.replace("backends.json", url, &format!("\"azureRegion\": \"eastus\", {url}"));
    work.edit(|scenario| {
        scenario.as_object_mut().unwrap().remove("variants");
        for backend in scenario["backends"].as_object_mut().unwrap().values_mut() {
            backend["standard"] = json!({ "tpm": 10_000_000, "rpm": 60_000 });
        }
        let request = |at: u64| json!({ "at": format!("{at}s"), "promptTokens": 10, "completionTokens": 10 });
        let requests: Vec<_> = (0..30).map(request).collect();
        scenario["traffic"] = json!({ "kind": "scripted", "requests": requests });
    });
    work
}

fn answered(work: &Work) -> [u64; 3] {
    work.simulate("run", &[]);
    let summary = work.summary("base");
    let backends = summary["backends"].as_array().unwrap().clone();
    [EAST, WEST, SWEDEN].map(|name| {
        let row = backends.iter().find(|row| row["name"] == name).unwrap();
        row["answered"].as_u64().unwrap()
    })
}

#[test]
fn a_member_is_left_out_as_long_as_its_region_emits_too_much() {
    let work = work();
    // Nothing is known: all take turns.
    assert_eq!(answered(&work), [10, 10, 10]);
    // For the first 12 s the two others take all of it, 6 each; the 18 others are shared by three.
    work.edit(|scenario| {
        scenario["carbonIntensity"] =
            json!({ "East US": [{ "category": "Medium" }, { "at": "12s", "category": "Low" }] });
    });
    assert_eq!(answered(&work), [6, 12, 12]);
    // All too dirty, or unknown and then left out: nobody is.
    for member in ["openai-westus", "openai-swedencentral"] {
        let id = format!("\"id\": \"/backends/{member}\"");
        work.replace("backends.json", &id, &format!("{id}, \"preferredCarbonEmission\": \"VeryLow\""));
    }
    work.edit(|scenario| {
        scenario["carbonIntensity"] = json!({ "eastus": [{ "category": "VeryHigh" }] });
        scenario["semantics"] = json!({ "lb.carbon_unknown": "left_out" });
    });
    assert_eq!(answered(&work), [10, 10, 10]);
}

#[test]
fn what_is_wrong_is_told_in_its_place() {
    let work = work();
    for (carbon, expected) in [
        (json!({ "eastus": [{ "category": "Clean" }] }), "Clean"),
        (json!({ "eastus": [] }), "eastus"),
        (json!({ "eastus": [{ "category": "Low" }], "East US": [{ "category": "Low" }] }), "is given twice"),
        (json!({ "eastus": [{ "category": "Low" }, { "category": "High" }] }), "is not later than"),
    ] {
        work.edit(|scenario| scenario["carbonIntensity"] = carbon.clone());
        let done = work.call(&["run", "scenario.json"]);
        assert!(done.code == 2 && done.err.contains(expected), "{carbon}: {}", done.err);
    }
}
