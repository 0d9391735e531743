//! `poolproof drive`: the scenario's traffic over HTTP, and what came of it as a run tells it.

use std::sync::Arc;

use super::super::args::Format;
use super::super::error::ExecuteError;
use super::super::execute::write_table;
use super::super::mock_args::DriveArgs;
use super::super::output::Staging;
use super::super::session::{Session, Stop};
use super::super::summarise::{stamp, summarise};
use super::super::table::{Table, percent};
use super::super::tables::Tables;
use super::mock::chosen;
use crate::config::{Scenario, Variant};
use crate::drive::{Driven, NOT_SEEN, Options, drive as send};
use crate::report::{Distribution, Summary};
use crate::sim::RunPlan;
use crate::wording::thousands;

/// Sends the traffic, writes the files of a run and prints what came of it.
pub(crate) fn drive(args: &DriveArgs, session: &mut Session) -> Result<(), Stop> {
    let (scenario, variant) = chosen(&args.scenario, session)?;
    for remark in left_out(&variant.plan) {
        session.remark(&format!("note: {remark}\n"));
    }
    let options = Options {
        target: args.target.clone(),
        speed: args.speed,
        requests_at_once: usize::try_from(args.requests_at_once).unwrap_or(usize::MAX),
        tells_request: args.tell_mock,
        headers: args.header.clone(),
    };
    let folder = args.out.join(&scenario.name).join(format!("{}-driven", variant.name));
    let failed = |error: ExecuteError| {
        if error.is_internal() {
            session.internal(&error.to_string())
        } else {
            session.usage(&error.to_string())
        }
    };
    let staging = Staging::new(&folder).map_err(|e| failed(e.into()))?;
    let plan = Arc::new(variant.plan.clone());
    let wants_requests = scenario.writes_requests && !args.no_requests;
    let mut tables = Tables::new(&plan, &stamp(&variant), &staging, wants_requests)
        .map_err(|e| failed(e.into()))?
        .seen_from_outside();
    let driven = send(&plan, &options, &mut tables).map_err(|error| session.usage(&error.to_string()))?;
    if driven.result.arrivals > 0 && driven.result.broken_off == driven.result.arrivals {
        return Err(session.usage(&format!("nobody answers at `{}`", args.target)));
    }
    let trips = tables.finish(&staging).map_err(|e| failed(e.into()))?;
    let summary = summarise(&scenario, &variant, &driven.result, &trips);
    let json = summary.to_json().map_err(|e| failed(e.into()))?;
    staging.write("summary.json", json.as_bytes()).map_err(|e| failed(e.into()))?;
    write_table(&staging, "summary.csv", &summary.rows()).map_err(failed)?;
    staging.commit().map_err(|e| failed(e.into()))?;
    let folder = folder.display().to_string();
    match args.format {
        Format::Human => {
            session.print(&human(&scenario, &variant, args, &summary, &driven));
            session.print(&format!("\nresults in {folder}\n"));
        }
        Format::Json => {
            let ms = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64() * 1e3);
            session.print_json(&serde_json::json!({
                "target": args.target,
                "folder": folder,
                "summary": summary,
                "answers_that_name_their_backend": driven.named,
                "client_lag_ms_p99": ms(driven.lag_p99),
                "client_lag_ms_max": ms(driven.lag_max),
                "client_fell_behind": driven.fell_behind(),
                "not_seen": NOT_SEEN,
            }))?;
        }
    }
    Ok(())
}

/// What of the traffic is not sent as the scenario has it.
fn left_out(plan: &RunPlan) -> Vec<&'static str> {
    let is_recorded = matches!(
        &plan.traffic.arrivals,
        crate::workload::ArrivalSpec::Scripted(requests) if requests.iter().any(|r| r.service.is_some())
    );
    [
        (plan.traffic.has_disconnects(), "clients that leave streams stay until the end"),
        (plan.fleet.is_regional(), "all clients call one target, whatever region of the gateway they are in"),
        (is_recorded, "recorded service times are the target's affair"),
    ]
    .into_iter()
    .filter_map(|(is_so, remark)| is_so.then_some(remark))
    .collect()
}

fn human(
    scenario: &Scenario,
    variant: &Variant,
    args: &DriveArgs,
    summary: &Summary,
    driven: &Driven,
) -> String {
    let requests = &summary.requests;
    let share = |part: u64| {
        if requests.arrivals == 0 { String::new() } else { percent(part as f64 / requests.arrivals as f64) }
    };
    let mut out = format!(
        "{} ({}) against {}: {} requests in {:.1} s{}\n",
        scenario.name,
        variant.name,
        args.target,
        thousands(requests.arrivals),
        summary.duration_s,
        if args.speed == 1 { String::new() } else { format!(", {} times as fast as time", args.speed) },
    );
    let mut outcomes = Table::new(&["", "requests", "share"]);
    for (status, count) in driven.result.statuses.iter() {
        outcomes.row(vec![status.to_string(), thousands(count), share(count)]);
    }
    let others = [
        ("broken off", requests.broken_off),
        ("cancelled", requests.cancelled),
        ("in flight", requests.in_flight),
    ];
    for (name, count) in others.into_iter().filter(|(_, count)| *count > 0) {
        outcomes.row(vec![name.to_owned(), thousands(count), share(count)]);
    }
    out.push_str(&outcomes.render("  "));
    let mut times = Table::new(&["ms", "p50", "p90", "p99", "max"]);
    let rows = [
        ("latency of 2xx", &summary.latency_ms),
        ("first byte of 2xx", &summary.ttft_ms),
        ("latency of others", &summary.refusal_ms),
    ];
    for (name, of) in rows {
        let Some(Distribution { p50, p90, p99, max, .. }) = of else { continue };
        let mut row = vec![name.to_owned()];
        row.extend([p50, p90, p99, max].map(|ms| format!("{ms:.1}")));
        times.row(row);
    }
    out.push_str(&times.render("  "));
    let mut backends = Table::new(&["backend", "2xx", "share", "429", "other"]);
    for (own, seen) in summary.backends.iter().zip(&driven.result.backends) {
        backends.row(vec![
            own.name.clone(),
            thousands(seen.answered),
            share(seen.answered),
            thousands(seen.throttled),
            thousands(seen.failed),
        ]);
    }
    out.push_str(&backends.render("  "));
    if driven.named == 0 {
        out.push_str(
            "no answer names its backend (x-ms-region, or x-poolproof-backend of `serve --tell-backend`)\n",
        );
    }
    if let (Some(p99), Some(max)) = (driven.lag_p99, driven.lag_max) {
        let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
        out.push_str(&format!("requests were sent up to {:.2} ms late (p99 {:.2} ms)\n", ms(max), ms(p99)));
    }
    if driven.fell_behind() {
        out.push_str(&format!(
            "this client fell behind its schedule: latencies hold its own delays and say little about the target\n\
             (it had places for {} requests at the same time, see --requests-at-once, and what else runs here counts)\n",
            args.requests_at_once
        ));
    }
    out.push_str(&format!("not known from outside: {NOT_SEEN}\n"));
    out
}
