//! What a calibration found, for people and for programs.

use serde_json::{Map, Value, json};

use super::super::super::logs;
use super::super::super::table::Table;
use super::Calibration;
use super::fits::Fit;
use super::sides::{Compared, PERCENTILES, STATUSES, Side};

/// For people.
pub(super) fn human(found: &Calibration<'_>) -> String {
    let mut text = format!("{} ({}) with the traffic of the log\n\n", found.scenario, found.variant);
    text.push_str(&logs::render(found.log));
    text.push_str("\nsimulated / logged\n");
    let mut table = Table::new(&[
        "",
        "requests",
        "share %",
        "2xx %",
        "429 %",
        "5xx %",
        "other %",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "calls each",
    ]);
    for one in std::iter::once(&found.overall).chain(&found.backends) {
        table.row(row(one));
    }
    text.push_str(&table.render("  "));
    text.push('\n');
    for sentence in sentences(found) {
        text.push_str(&format!("  {sentence}\n"));
    }
    for verdict in &found.verdicts {
        let measured = verdict.measured.map_or("nothing measured".to_owned(), |m| format!("measured {m:.4}"));
        let word = if verdict.is_met { "met   " } else { "MISSED" };
        text.push_str(&format!("  {word}  {}  ({measured})\n", verdict.requirement));
    }
    for (name, requests) in &found.unmatched {
        text.push_str(&format!(
            "  note: `{name}` of the log ({requests} requests) is no backend of the scenario: --map {name}=BACKEND\n"
        ));
    }
    for note in &found.notes {
        text.push_str(&format!("  note: {note}\n"));
    }
    text.push_str(&fitted(&found.fits));
    text
}

fn row(one: &Compared) -> Vec<String> {
    let (logged, simulated) = (&one.logged, &one.simulated);
    let both = |simulated: Option<f64>, logged: Option<f64>, places: usize| {
        let show = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.places$}"));
        format!("{} / {}", show(simulated), show(logged))
    };
    let percent = |value: Option<f64>| value.map(|value| value * 100.0);
    let [logged_share, simulated_share] = one.shares.map_or([None, None], |shares| shares.map(Some));
    let mut cells = vec![
        one.name.clone(),
        format!("{} / {}", simulated.requests, logged.requests),
        both(percent(simulated_share), percent(logged_share), 1),
    ];
    for class in 0..STATUSES.len() {
        cells.push(both(percent(simulated.share(class)), percent(logged.share(class)), 1));
    }
    for percentile in PERCENTILES {
        cells.push(both(simulated.percentile(percentile), logged.percentile(percentile), 0));
    }
    cells.push(both(simulated.attempts_each(), logged.attempts_each(), 2));
    cells
}

/// Each comparison in words.
fn sentences(found: &Calibration<'_>) -> Vec<String> {
    let mut sentences = Vec::new();
    for one in &found.backends {
        if let Some([logged, simulated]) = one.shares.filter(|shares| shares.iter().any(|share| *share > 0.0))
        {
            sentences.push(points(&format!("share of {}", one.name), simulated, logged));
        }
    }
    for (class, name) in (1..).zip(["429 to clients", "5xx to clients"]) {
        let shares = (found.overall.simulated.share(class), found.overall.logged.share(class));
        if let (Some(simulated), Some(logged)) = shares {
            sentences.push(points(name, simulated, logged));
        }
    }
    for percentile in PERCENTILES {
        for one in std::iter::once(&found.overall).chain(&found.backends) {
            let both = (one.simulated.percentile(percentile), one.logged.percentile(percentile));
            if let (Some(simulated), Some(logged)) = both {
                sentences.push(longer(&format!("latency p{percentile} of {}", one.name), simulated, logged));
            }
        }
    }
    sentences
}

fn points(what: &str, simulated: f64, logged: f64) -> String {
    let difference = (simulated - logged) * 100.0;
    let told = if difference.abs() < 0.05 {
        "as logged".to_owned()
    } else {
        format!(
            "{:.1} points {} than logged",
            difference.abs(),
            if difference > 0.0 { "more" } else { "less" }
        )
    };
    format!("{what}: simulated {:.1} %, logged {:.1} %: {told}", simulated * 100.0, logged * 100.0)
}

fn longer(what: &str, simulated: f64, logged: f64) -> String {
    let told = if logged <= 0.0 {
        "cannot be compared".to_owned()
    } else {
        let percent = (simulated / logged - 1.0) * 100.0;
        match percent.abs() {
            near if near < 0.5 => "as logged".to_owned(),
            far => format!("{far:.0} % {} than logged", if percent > 0.0 { "longer" } else { "shorter" }),
        }
    };
    format!("{what}: simulated {simulated:.0} ms, logged {logged:.0} ms: {told}")
}

fn fitted(fits: &[Fit]) -> String {
    let mut table = Table::new(&[
        "latency fitted to the log",
        "calls",
        "first token, ms",
        "per prompt token, ms",
        "sigma",
        "per token, ms",
        "sigma",
        "R2",
        "residual, ms",
        "KS distance",
    ]);
    let mut snippet = Map::new();
    let mut notes = String::new();
    for one in fits {
        for note in one.notes() {
            notes.push_str(&format!("  note: {}: {note}\n", one.backend));
        }
        let Some(fit) = one.found else { continue };
        table.row(vec![
            one.backend.clone(),
            one.calls.to_string(),
            format!("{:.3}", fit.first),
            format!("{:.4}", fit.per_prompt),
            format!("{:.4}", fit.first_sigma),
            format!("{:.4}", fit.per_token),
            format!("{:.4}", fit.token_sigma),
            format!("{:.4}", fit.r_squared),
            format!("{:.3}", fit.residual),
            format!("{:.4}", fit.distance),
        ]);
        snippet.insert(one.backend.clone(), json!({ "latency": one.latency() }));
    }
    if snippet.is_empty() {
        return format!("\nno latency can be fitted to the log\n{notes}");
    }
    let snippet = serde_json::to_string_pretty(&Value::Object(snippet)).unwrap_or_default();
    format!(
        "\n{}  note: fitted at the load of the log: `loadFactor` and tails are taken out of the way\n{notes}\n\
         for the backends in the scenario:\n\n\"backends\": {snippet}\n",
        table.render("  ")
    )
}

/// For programs.
pub(super) fn json(found: &Calibration<'_>) -> Value {
    let fits: Vec<Value> = found
        .fits
        .iter()
        .map(|one| {
            json!({
                "backend": one.backend, "calls": one.calls, "latency": one.latency(), "notes": one.notes(),
                "fit": one.found.map(|fit| json!({
                    "ttft_ms": fit.first, "ttft_ms_per_prompt_token": fit.per_prompt,
                    "ttft_sigma": fit.first_sigma, "tpot_ms": fit.per_token, "tpot_sigma": fit.token_sigma,
                    "r_squared": fit.r_squared, "residual_ms": fit.residual, "ks_distance": fit.distance,
                })),
            })
        })
        .collect();
    let unmatched: Map<String, Value> =
        found.unmatched.iter().map(|(name, count)| (name.clone(), Value::from(*count))).collect();
    json!({
        "scenario": found.scenario, "variant": found.variant, "log": logs::to_json(found.log),
        "overall": compared(&found.overall),
        "backends": found.backends.iter().map(compared).collect::<Vec<_>>(),
        "requirements": found.verdicts.iter().map(|verdict| json!({
            "requirement": verdict.requirement, "met": verdict.is_met, "measured": verdict.measured,
        })).collect::<Vec<_>>(),
        "unmatched": unmatched, "fits": fits, "findings": sentences(found), "notes": found.notes,
    })
}

fn compared(one: &Compared) -> Value {
    let mut json = json!({
        "name": one.name, "simulated": side(&one.simulated), "logged": side(&one.logged),
    });
    if let (Some(members), Some([logged, simulated])) = (json.as_object_mut(), one.shares) {
        members.insert(
            "share".to_owned(),
            json!({ "simulated": simulated, "logged": logged, "difference": simulated - logged }),
        );
    }
    json
}

fn side(side: &Side) -> Value {
    let shares: Map<String, Value> =
        (0..).zip(STATUSES).map(|(class, name)| (name.to_owned(), json!(side.share(class)))).collect();
    let latency: Map<String, Value> = PERCENTILES
        .into_iter()
        .map(|percentile| (format!("p{percentile}"), json!(side.percentile(percentile))))
        .collect();
    json!({
        "requests": side.requests, "status_shares": shares, "latency_ms": latency,
        "attempts_per_request": side.attempts_each(),
    })
}
