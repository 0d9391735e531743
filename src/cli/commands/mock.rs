//! `poolproof mock`: the scenario's backends over HTTP.

use super::super::args::Format;
use super::super::load::Input;
use super::super::mock_args::{MockArgs, ScenarioArgs};
use super::super::session::{Session, Stop};
use super::super::table::Table;
use crate::config::{Scenario, Variant};
use crate::mock::{Ended, Options, RunError, Running, run_until_signal};

/// Answers until the process is told to end.
pub(crate) fn mock(args: &MockArgs, session: &mut Session) -> Result<(), Stop> {
    let (scenario, variant) = chosen(&args.scenario, session)?;
    let options = Options {
        address: args.listen,
        first_port: args.port,
        speed: args.speed,
        keys: args.key.clone(),
        token: args.token.clone(),
        deployments: args.deployment.clone(),
        obeys_headers: args.scripted_headers,
        ..Options::default()
    };
    let names: Vec<String> = variant.plan.gateway.backends().iter().map(|b| b.name.to_string()).collect();
    let mut printed = Ok(());
    let ready = |running: &Running| {
        printed = match args.format {
            Format::Human => {
                session.print(&human(&scenario, &variant, running, args.speed));
                Ok(())
            }
            Format::Json => session.print_json(&json(&scenario, &variant, running)),
        };
    };
    let ended =
        run_until_signal(variant.plan.clone().into(), options, ready).map_err(|error| match error {
            RunError::Start(error) => session.usage(&error.to_string()),
            RunError::System(error) => session.internal(&error.to_string()),
        })?;
    printed?;
    session.remark(&last_words(&names, &ended));
    Ok(())
}

/// The scenario and the variant that are meant.
pub(crate) fn chosen(args: &ScenarioArgs, session: &mut Session) -> Result<(Scenario, Variant), Stop> {
    let input = Input::one(&args.inputs, "").map_err(|message| session.usage(&message))?;
    let found = session.load_variant(&input, &args.overrides(), args.variant.as_deref());
    session.stop_if_unusable()?;
    found.ok_or_else(|| session.internal("a scenario without problems was not read"))
}

fn human(scenario: &Scenario, variant: &Variant, running: &Running, speed: u32) -> String {
    let mut table = Table::left(&["backend", "region", "model", "URL"]);
    for (server, target) in running.backends().iter().zip(&variant.plan.targets) {
        let spec = &target.deployment;
        table.row(vec![
            server.name.clone(),
            spec.region.to_string(),
            spec.model.to_string(),
            server.url.clone(),
        ]);
    }
    table.row(vec!["(tokens)".to_owned(), String::new(), String::new(), running.token_url()]);
    let times = if speed == 1 { String::new() } else { format!(", {speed} times as fast as time") };
    let own = if variant.plan.endpoints.is_empty() {
        String::new()
    } else {
        format!("side calls are answered at http://{} by their Host\n", running.identity())
    };
    format!(
        "{} ({}): the backends answer{times}; Ctrl-C ends\n{}{own}",
        scenario.name,
        variant.name,
        table.render("  ")
    )
}

fn json(scenario: &Scenario, variant: &Variant, running: &Running) -> serde_json::Value {
    let servers = running.backends().iter().zip(&variant.plan.targets);
    let backends: Vec<serde_json::Value> = servers
        .map(|(server, target)| {
            serde_json::json!({
                "name": server.name,
                "region": &*target.deployment.region,
                "model": &*target.deployment.model,
                "address": server.address.to_string(),
                "url": server.url,
            })
        })
        .collect();
    serde_json::json!({
        "scenario": scenario.name,
        "variant": variant.name,
        "backends": backends,
        "token_url": running.token_url(),
        "side_calls": format!("http://{}", running.identity()),
    })
}

fn last_words(names: &[String], ended: &Ended) -> String {
    let mut table = Table::new(&["backend", "calls", "admitted", "429"]);
    for (name, tally) in names.iter().zip(&ended.tallies) {
        let count = |number: u64| number.to_string();
        table.row(vec![name.clone(), count(tally.calls), count(tally.admitted), count(tally.throttled)]);
    }
    let cut = if ended.is_clean { "" } else { "some requests were cut off\n" };
    format!("{cut}{}", table.render("  "))
}
