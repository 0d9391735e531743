//! `poolproof fit`: the latency model that measured calls suggest.

use serde_json::{Map, Value, json};

use super::super::args::{FitArgs, Format};
use super::super::session::{Session, Stop};
use super::super::table::Table;
use crate::config::{DiskFiles, Files as _, Latencies, read_latencies};
use crate::metrics::{GammaFit, LineFit, LogNormalFit, fit_gamma, fit_line, fit_log_normal};

/// One kind of time, fitted.
struct Fitted {
    /// Name in JSON.
    name: &'static str,
    /// Name for people.
    label: &'static str,
    values: Vec<f64>,
    log_normal: Option<LogNormalFit>,
    gamma: Option<GammaFit>,
}

/// Everything that was found.
struct Fits {
    each: Vec<Fitted>,
    line: Option<LineFit>,
    /// The `latency` to put into a scenario.
    latency: Value,
    notes: Vec<String>,
}

/// Prints the fitted parameters.
pub(crate) fn fit(args: &FitArgs, session: &mut Session) -> Result<(), Stop> {
    let bytes = match DiskFiles.read(&args.path) {
        Ok(bytes) => bytes,
        Err(error) => return Err(session.usage(&format!("cannot read `{}`: {error}", args.path))),
    };
    let Ok(text) = String::from_utf8(bytes) else {
        return Err(session.usage(&format!("`{}` is not UTF-8 text", args.path)));
    };
    let source = session.sources.add(&*args.path, &*text);
    let latencies = read_latencies(source, &text, &mut session.diagnostics);
    session.stop_if_unusable()?;
    let Some(latencies) = latencies else {
        return Err(session.internal("measured calls without problems were not read"));
    };
    let Some(fits) = Fits::of(&latencies) else {
        let message = format!("`{}` has too few measured calls: expected at least two", args.path);
        return Err(session.usage(&message));
    };
    match args.format {
        Format::Human => session.print(&human(&args.path, &latencies, &fits)),
        Format::Json => session.print_json(&to_json(&args.path, &latencies, &fits))?,
    }
    Ok(())
}

impl Fitted {
    fn of(name: &'static str, label: &'static str, values: Vec<f64>) -> Self {
        let (log_normal, gamma) = (fit_log_normal(&values), fit_gamma(&values));
        Self { name, label, values, log_normal, gamma }
    }

    fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / (self.values.len().max(1) as f64)
    }

    fn least(&self) -> f64 {
        self.values.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn most(&self) -> f64 {
        self.values.iter().copied().fold(0.0, f64::max)
    }

    /// The family with the smaller distance.
    fn nearest(&self) -> &'static str {
        match (self.log_normal, self.gamma) {
            (Some(log_normal), Some(gamma)) if gamma.distance < log_normal.distance => "gamma",
            (None, Some(_)) => "gamma",
            _ => "lognormal",
        }
    }
}

impl Fits {
    /// `None` when there are fewer than two values of each kind.
    fn of(latencies: &Latencies) -> Option<Self> {
        let kinds = [
            ("ttft", "to first token", latencies.ttft()),
            ("tpot", "per further token", latencies.tpot()),
            ("total", "whole call", latencies.total()),
        ];
        let each: Vec<Fitted> = kinds
            .into_iter()
            .filter(|(_, _, values)| values.len() >= 2)
            .map(|(name, label, values)| Fitted::of(name, label, values))
            .collect();
        if each.is_empty() {
            return None;
        }
        let find = |name: &str| each.iter().find(|fitted| fitted.name == name);
        let (ttft, tpot, total) = (find("ttft"), find("tpot"), find("total"));
        let is_whole = ttft.is_none() && tpot.is_none();
        let line = if is_whole { fit_line(&latencies.points()) } else { None };
        let mut notes = Vec::new();
        let latency = match (ttft, tpot, line) {
            (None, None, Some(line)) if line.slope > 0.0 => by_line(latencies, line, &mut notes)?,
            (None, None, _) => {
                notes.push("without tokens and times to the first token, calls take the same time whatever they generate".to_owned());
                by_family(total, None)?
            }
            (ttft, tpot, _) => {
                if ttft.is_none() {
                    notes.push(
                        "there are no times to the first token: they are taken to be nothing".to_owned(),
                    );
                }
                if tpot.is_none() {
                    notes.push("there are no times per token: they are taken to be nothing".to_owned());
                }
                by_family(ttft, tpot)?
            }
        };
        Some(Self { each, line, latency, notes })
    }
}

/// A latency of the family that is nearer to both kinds together.
fn by_family(ttft: Option<&Fitted>, tpot: Option<&Fitted>) -> Option<Value> {
    let both: Vec<&Fitted> = ttft.into_iter().chain(tpot).collect();
    let sum = |of: fn(&Fitted) -> Option<f64>| both.iter().map(|fitted| of(fitted)).sum::<Option<f64>>();
    let log_normal = sum(|fitted| fitted.log_normal.map(|fit| fit.distance))?;
    let is_gamma = sum(|fitted| fitted.gamma.map(|fit| fit.distance)).is_some_and(|gamma| gamma < log_normal);
    let (name, spreads) =
        if is_gamma { ("gamma", ["ttftCv", "tpotCv"]) } else { ("lognormal", ["ttftSigma", "tpotSigma"]) };
    let numbers = |fitted: Option<&Fitted>| -> Option<(f64, f64)> {
        let Some(fitted) = fitted else { return Some((0.0, 0.0)) };
        if is_gamma {
            fitted.gamma.map(|fit| (fit.mean, fit.cv))
        } else {
            fitted.log_normal.map(|fit| (fit.median, fit.sigma))
        }
    };
    Some(latency(name, spreads, numbers(ttft)?, numbers(tpot)?))
}

/// A latency along the line of whole calls over their tokens.
fn by_line(latencies: &Latencies, line: LineFit, notes: &mut Vec<String>) -> Option<Value> {
    if line.intercept < 0.0 {
        notes.push(
            "the line crosses zero before the first token: the time to it is taken to be nothing".to_owned(),
        );
    }
    let start = line.intercept.max(0.0);
    let ratios: Vec<f64> = latencies
        .points()
        .iter()
        .map(|(tokens, total)| total / (start + line.slope * tokens))
        .filter(|ratio| ratio.is_finite() && *ratio > 0.0)
        .collect();
    let sigma = fit_log_normal(&ratios)?.sigma;
    notes.push(
        "first token and further tokens cannot be told apart in whole calls: the spread around the line is given to both"
            .to_owned(),
    );
    Some(latency("lognormal", ["ttftSigma", "tpotSigma"], (start, sigma), (line.slope, sigma)))
}

fn latency(
    family: &str,
    spreads: [&'static str; 2],
    (ttft, ttft_spread): (f64, f64),
    (tpot, tpot_spread): (f64, f64),
) -> Value {
    let time = |ms: f64| Value::from(format!("{ms:.3}ms"));
    let spread = |value: f64| Value::from((value * 1e4).round() / 1e4);
    let [ttft_name, tpot_name] = spreads;
    let members: Map<String, Value> = [
        ("family", Value::from(family)),
        ("ttft", time(ttft)),
        ("ttftPerPromptToken", Value::from("0s")),
        (ttft_name, spread(ttft_spread)),
        ("tpot", time(tpot)),
        (tpot_name, spread(tpot_spread)),
        ("tailChance", Value::from(0)),
        ("tailFactor", json!([1, 1])),
        ("loadFactor", Value::from(1)),
        ("loadCapacity", Value::from(0)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    Value::Object(members)
}

fn human(path: &str, latencies: &Latencies, fits: &Fits) -> String {
    let mut text = format!("{path}: {} calls", latencies.rows.len());
    if latencies.left_out > 0 {
        text.push_str(&format!(", {} rows without an answer left out", latencies.left_out));
    }
    text.push_str("\n\n");
    let mut table = Table::new(&["times, ms", "n", "mean", "least", "most"]);
    let mut fitted = Table::new(&["fitted", "family", "middle, ms", "spread", "KS distance", ""]);
    for one in &fits.each {
        let number = |value: f64| format!("{value:.3}");
        table.row(vec![
            one.label.to_owned(),
            one.values.len().to_string(),
            number(one.mean()),
            number(one.least()),
            number(one.most()),
        ]);
        let log_normal =
            one.log_normal.map(|fit| ("lognormal", "median", fit.median, "sigma", fit.sigma, fit.distance));
        let gamma = one.gamma.map(|fit| ("gamma", "mean", fit.mean, "cv", fit.cv, fit.distance));
        for (family, middle, value, spread, width, distance) in log_normal.into_iter().chain(gamma) {
            let nearer = if one.nearest() == family { "nearer" } else { "" };
            fitted.row(vec![
                one.label.to_owned(),
                family.to_owned(),
                format!("{middle} {value:.3}"),
                format!("{spread} {width:.4}"),
                format!("{distance:.4}"),
                nearer.to_owned(),
            ]);
        }
    }
    text.push_str(&table.render("  "));
    text.push('\n');
    text.push_str(&fitted.render("  "));
    if let Some(line) = fits.line {
        text.push_str(&format!(
            "\n  whole call = {:.3} ms + {:.4} ms for each token after the first; R2 {:.4}, residual {:.3} ms\n",
            line.intercept, line.slope, line.r_squared, line.residual
        ));
    }
    for note in &fits.notes {
        text.push_str(&format!("\n  note: {note}\n"));
    }
    text.push_str("\nfor the backend in the scenario:\n\n");
    let snippet = serde_json::to_string_pretty(&fits.latency).unwrap_or_default();
    text.push_str(&format!("\"latency\": {snippet}\n"));
    text
}

fn to_json(path: &str, latencies: &Latencies, fits: &Fits) -> Value {
    let each: Vec<Value> = fits
        .each
        .iter()
        .map(|one| {
            json!({
                "times": one.name, "n": one.values.len(), "mean_ms": one.mean(), "min_ms": one.least(),
                "max_ms": one.most(),
                "lognormal": one.log_normal.map(|fit| json!({
                    "median_ms": fit.median, "sigma": fit.sigma, "ks_distance": fit.distance,
                })),
                "gamma": one.gamma.map(|fit| json!({
                    "mean_ms": fit.mean, "cv": fit.cv, "ks_distance": fit.distance,
                })),
                "nearest": one.nearest(),
            })
        })
        .collect();
    json!({
        "path": path, "calls": latencies.rows.len(), "left_out": latencies.left_out, "fits": each,
        "line": fits.line.map(|line| json!({
            "intercept_ms": line.intercept, "slope_ms_per_token": line.slope, "r_squared": line.r_squared,
            "residual_ms": line.residual,
        })),
        "notes": fits.notes,
        "latency": fits.latency,
    })
}
