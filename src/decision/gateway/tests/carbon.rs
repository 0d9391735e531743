//! What policies and sessions see of carbon dioxide. Which members are left out: `readings`.

use super::driver::{Rig, Setup, by_priority, policy, pool, seconds, to_pool, with_sessions};
use crate::gateway::{CarbonCategory, RegionCarbon};
use crate::policy::Facts;
use crate::units::Timestamp;

fn carbon(region: &str, since: &[(u64, CarbonCategory)]) -> RegionCarbon {
    let at = |s: u64| Timestamp::ZERO.saturating_add(seconds(s));
    RegionCarbon { region: region.into(), since: since.iter().map(|(s, c)| (at(*s), *c)).collect() }
}

#[test]
fn expressions_see_the_category_of_the_gateway_at_the_time_of_the_request() {
    let inbound = r#"<set-header name="x-carbon"><value>@(context.Deployment.SustainabilityInfo.CurrentCarbonIntensity?.ToString() ?? "unknown")</value></set-header>
        <set-backend-service backend-id="p" />"#;
    let region = Facts::default().deployment.region.to_string();
    let since = [(10, CarbonCategory::VeryLow), (20, CarbonCategory::High)];
    let setup = Setup {
        carbon: vec![carbon("elsewhere", &[(0, CarbonCategory::Medium)]), carbon(&region, &since)],
        ..by_priority(1, &policy(inbound, "<base />", "", ""))
    };
    let mut rig = Rig::new(setup);
    let seen = [0, 1, 2].map(|id| {
        rig.start(id);
        rig.wait(seconds(10));
        rig.sent_header(id, "x-carbon").unwrap()
    });
    assert_eq!(seen, ["unknown", "VeryLow", "High"]);
}

#[test]
fn a_session_stays_with_a_member_that_emits_too_much() {
    let mut members = pool(&[(None, None), (None, None)]);
    for member in &mut members.members {
        member.preferred_carbon = Some(CarbonCategory::Medium);
    }
    let setup = Setup {
        pools: vec![members],
        carbon: vec![carbon("region 0", &[(5, CarbonCategory::High)])],
        ..by_priority(2, &to_pool("<forward-request />"))
    };
    let mut rig = Rig::new(with_sessions(setup));
    rig.start(0);
    rig.status(0, 200);
    let cookie = rig.header(0, "Set-Cookie").unwrap();
    rig.wait(seconds(5));
    assert_eq!(rig.start(1), "forward 1 b1");
    assert_eq!(rig.start(2), "forward 1 b1");
    assert_eq!(rig.start_with_cookie(3, &cookie), "forward 1 b0");
}
