//! Gateway instances that know nothing of each other.

use crate::support::Work;

#[test]
fn each_instance_has_to_be_refused_before_it_keeps_away() {
    let work = Work::scenario("instances");
    work.simulate("compare", &[]);
    let units = |variant: &str, name: &str| {
        let summary = work.summary(variant);
        assert_eq!(summary["requests"]["arrivals"], summary["requests"]["answered_2xx"], "{variant}");
        summary["backends"][0][name].as_f64().unwrap()
    };
    let variants = ["one-instance", "four-instances", "sixteen-instances"];
    let [one, four, sixteen] = variants.map(|variant| units(variant, "throttled"));
    // At most four times as many refusals: what four learn at once costs four, what one learns late costs less.
    assert!(four > 2.0 * one && four < 4.0 * one, "{one} {four}");
    assert!(sixteen > four, "{four} {sixteen}");
    // With sixteen, every request tries the units first, as if there were no breaker.
    assert_eq!(
        work.summary("sixteen-instances")["requests"]["arrivals"].as_f64(),
        Some(units("sixteen-instances", "attempts"))
    );
    // What the units carry is theirs to say, not the breakers'.
    let shares = variants.map(|variant| units(variant, "share"));
    assert!(shares.iter().all(|share| (share - shares[0]).abs() < 0.01), "{shares:?}");
}
