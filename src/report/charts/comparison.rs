//! Variants side by side: one row each, with who answered, how much failed and how long it took.

use super::axis::XTick;
use super::axis::{draw_x_axis, linear_ticks, number, percent};
use super::canvas::draw;
use super::legend::{Entry, Key, draw_rows, rows};
use super::palette::{Hatch, Ink, Rgb, Tone};
use super::scene::{Area, HEADING, LABEL, MARGIN, Scene, Style, TICK};
use super::series::Series;
use super::text::{Anchor, Weight};
use super::view::{VariantView, drawable};
use super::{Chart, ChartError};

const WIDTH: u32 = 1200;
const ROWS_TOP: f64 = 112.0;
const MOST_VARIANTS: usize = 60;
/// Widths of the columns with numbers, of the latency plot, and between columns.
const NUMBER: f64 = 62.0;
const LATENCY: f64 = 210.0;
const GAP: f64 = 20.0;

/// Draws variants of the scenario `title` side by side; file stem `comparison`.
pub fn comparison(title: &str, variants: &[VariantView]) -> Result<Chart, ChartError> {
    let stamps: Vec<_> = variants.iter().map(|variant| &variant.stamp).collect();
    draw("comparison", &compose(title, variants)?, &stamps)
}

pub(super) fn compose(title: &str, variants: &[VariantView]) -> Result<Scene, ChartError> {
    let first = variants.first().ok_or(ChartError::NoVariants)?;
    if variants.len() > MOST_VARIANTS {
        return Err(ChartError::TooMany { what: "variants", most: MOST_VARIANTS, found: variants.len() });
    }
    for variant in variants {
        check(variant)?;
    }
    let backends = Backends::of(variants);
    let pitch = (400.0 / variants.len() as f64).clamp(26.0, 52.0);

    // The height depends on the legend, the legend on the font: measure on a page that is thrown away.
    let measure = Scene::new(WIDTH, 1)?;
    let series = Series::assign(&backends.names, &backends.weights, &measure.palette);
    let entries = entries(&measure, &series, variants);
    let (places, legend_height) = rows(&measure, &entries, f64::from(WIDTH) - 2.0 * MARGIN);
    let rows_end = ROWS_TOP + pitch * variants.len() as f64;
    let height = rows_end + 66.0 + legend_height + 30.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundreds of pixels")]
    let mut scene = Scene::new(WIDTH, height.round() as u32)?;

    let subtitle = "share of all client requests by who answered them; response time of answered requests";
    let subtitle = match variants.iter().map(|v| v.replications).max() {
        Some(runs) if runs > 1 => format!("{subtitle}; means of {runs} runs, lines below: 95 % intervals"),
        _ => subtitle.to_owned(),
    };
    let run = match variants.len() {
        1 => first.stamp.column(),
        n => format!("{} and {} more", first.stamp.column(), n - 1),
    };
    scene.head(&format!("Variants compared: {title}"), &subtitle, &run);

    let columns = Columns::lay_out(&scene, variants);
    columns.heads(&mut scene);
    let slowest = variants
        .iter()
        .flat_map(|v| {
            let points = [v.latency_ms_p50, v.latency_ms_p95, v.latency_ms_p99];
            points.into_iter().flatten().chain(v.latency_ranges.iter().flatten().map(|range| range.1))
        })
        .fold(0.0, f64::max);
    let (ticks, slowest) = linear_ticks(slowest, 4.0);
    let ticks: Vec<XTick> =
        ticks.into_iter().map(|tick| XTick { at: tick.at, label: tick.label, below: None }).collect();
    let latency = Area::new(columns.latency, ROWS_TOP, columns.latency + LATENCY, rows_end);
    for tick in &ticks {
        let x = latency.x0 + tick.at * latency.width();
        scene.rect(Area::new(x - 0.5, latency.y0, x + 0.5, latency.y1), scene.palette.grid);
    }
    for (at, variant) in variants.iter().enumerate() {
        let top = ROWS_TOP + at as f64 * pitch;
        if at > 0 {
            let line = Area::new(MARGIN, top - 0.5, columns.name_end, top + 0.5);
            scene.rect(line, scene.palette.grid);
        }
        columns.row(&mut scene, variant, &backends, &series, (top, top + pitch), slowest);
    }
    let share = Area::new(columns.share.0, ROWS_TOP, columns.share.1, rows_end);
    let quarters: Vec<XTick> = super::axis::percent_ticks()
        .into_iter()
        .map(|tick| XTick { at: tick.at, label: tick.label, below: None })
        .collect();
    draw_x_axis(&mut scene, share, rows_end + 2.0, "share of client requests", &quarters);
    draw_x_axis(&mut scene, latency, rows_end + 2.0, "response time (ms)", &ticks);
    draw_rows(&mut scene, (MARGIN, rows_end + 62.0), &entries, &places);
    Ok(scene)
}

fn check(variant: &VariantView) -> Result<(), ChartError> {
    let mut sum = 0.0;
    for (_, share) in &variant.shares {
        sum += drawable("share of a backend", *share)?;
    }
    drawable("success share", variant.success_share)?;
    sum += drawable("429 share", variant.client_429_share)?;
    sum += drawable("5xx share", variant.client_5xx_share)?;
    for latency in [variant.latency_ms_p50, variant.latency_ms_p95, variant.latency_ms_p99] {
        drawable("response time", latency.unwrap_or(0.0))?;
    }
    for (low, high) in variant.latency_ranges.iter().chain([&variant.success_range]).flatten() {
        drawable("end of an interval", *low)?;
        drawable("end of an interval", *high)?;
    }
    // Shares that were rounded to four decimals may add up to a little more.
    if sum > 1.01 {
        return Err(ChartError::Shares { variant: variant.name.clone(), sum });
    }
    Ok(())
}

/// All backends of all variants in order of appearance, with the sum of their shares.
struct Backends {
    names: Vec<String>,
    weights: Vec<f64>,
}

impl Backends {
    fn of(variants: &[VariantView]) -> Self {
        let mut all = Self { names: Vec::new(), weights: Vec::new() };
        for (name, share) in variants.iter().flat_map(|variant| &variant.shares) {
            if let Some(weight) = all.find(name).and_then(|at| all.weights.get_mut(at)) {
                *weight += share;
            } else {
                all.names.push(name.clone());
                all.weights.push(*share);
            }
        }
        all
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }
}

/// Share that is neither a backend's 2xx nor 429 or 5xx: cancelled, in flight, other statuses.
fn rest(variant: &VariantView) -> f64 {
    let known: f64 = variant.shares.iter().map(|(_, share)| share).sum();
    1.0 - known - variant.client_429_share - variant.client_5xx_share
}

fn entries(scene: &Scene, series: &Series, variants: &[VariantView]) -> Vec<Entry> {
    let entry =
        |ink: Ink, name: &str| Entry { key: Key::Fill(ink), name: name.to_owned(), value: String::new() };
    let mut entries: Vec<Entry> = series.groups.iter().map(|group| entry(group.ink, &group.name)).collect();
    if variants.iter().any(|v| v.client_429_share > 0.0) {
        entries.push(entry(scene.palette.throttled, "client saw 429"));
    }
    if variants.iter().any(|v| v.client_5xx_share > 0.0) {
        entries.push(entry(scene.palette.failed, "client saw 5xx"));
    }
    if variants.iter().any(|v| rest(v) > 0.000_5) {
        let ink = Ink { fill: scene.palette.grid, hatch: Hatch::Plain };
        entries.push(entry(ink, "anything else"));
    }
    entries
}

/// Radius and colour of the marks for p50, p95 and p99.
fn marks(scene: &Scene) -> [(f64, Rgb); 3] {
    let (text, page) = (scene.palette.text, scene.palette.page);
    [(5.5, text), (4.5, text.mix(page, 0.4)), (4.5, text.mix(page, 0.7))]
}

/// An interval as a line with ends, below what it is about.
fn whisker(scene: &mut Scene, (low, high): (f64, f64), y: f64, half: f64) {
    let ink = scene.palette.text;
    // Never too short to be seen.
    let (low, high) = (low, high.max(low + 1.0));
    scene.rect(Area::new(low, y - 0.5, high, y + 0.5), ink);
    for x in [low, high] {
        scene.rect(Area::new(x - 0.5, y - half, x + 0.5, y + half), ink);
    }
}

/// Where the columns stand, from the left.
struct Columns {
    name_end: f64,
    share: (f64, f64),
    /// Right ends of success, 429, 5xx.
    outcomes: [f64; 3],
    latency: f64,
    /// Right ends of p50, p95, p99.
    percentiles: [f64; 3],
}

impl Columns {
    fn lay_out(scene: &Scene, variants: &[VariantView]) -> Self {
        let names = variants.iter().map(|v| scene.width_of(&v.name, LABEL)).fold(0.0, f64::max);
        let name_end = MARGIN + names.clamp(60.0, 190.0);
        let right = f64::from(WIDTH) - MARGIN;
        let numbers = |end: f64| [end - 2.0 * NUMBER, end - NUMBER, end];
        let percentiles = numbers(right);
        let latency = right - 3.0 * NUMBER - GAP / 2.0 - LATENCY;
        let outcomes = numbers(latency - GAP);
        let share = (name_end + GAP, latency - GAP - 3.0 * NUMBER - GAP / 2.0);
        Self { name_end, share, outcomes, latency, percentiles }
    }

    fn heads(&self, scene: &mut Scene) {
        let y = ROWS_TOP - 14.0;
        scene.text("variant", (MARGIN, y), Anchor::Start, HEADING);
        scene.text("answered 2xx by", (self.share.0, y), Anchor::Start, HEADING);
        for (x, head) in self.outcomes.into_iter().zip(["2xx", "429", "5xx"]) {
            scene.text(head, (x, y), Anchor::End, HEADING);
        }
        let mut x = self.latency;
        for ((radius, fill), name) in marks(scene).into_iter().zip(["p50", "p95", "p99"]) {
            scene.dot(x + radius, y - 4.0, radius, fill);
            scene.text(name, (x + 2.0 * radius + 5.0, y), Anchor::Start, HEADING);
            x += 58.0;
        }
        for (x, head) in self.percentiles.into_iter().zip(["p50 ms", "p95 ms", "p99 ms"]) {
            scene.text(head, (x, y), Anchor::End, HEADING);
        }
    }

    fn row(
        &self,
        scene: &mut Scene,
        variant: &VariantView,
        backends: &Backends,
        series: &Series,
        (top, bottom): (f64, f64),
        slowest: f64,
    ) {
        let middle = f64::midpoint(top, bottom);
        let baseline = middle + 4.5;
        scene.text_fit(&variant.name, (MARGIN, baseline), Anchor::Start, LABEL, self.name_end - MARGIN);
        let bar = (top + (bottom - top) * 0.16, bottom - (bottom - top) * 0.16);
        self.shares(scene, variant, backends, series, bar);
        if let Some((low, high)) = variant.success_range {
            let (left, right) = self.share;
            let at = |share: f64| left + share.min(1.0) * (right - left);
            whisker(scene, (at(low), at(high)), bar.1 + 2.0, 2.0);
        }

        let numbers = Style { tone: Tone::Text, ..TICK };
        let shares = [variant.success_share, variant.client_429_share, variant.client_5xx_share];
        for (x, share) in self.outcomes.into_iter().zip(shares) {
            scene.text(&percent(share.min(1.0)), (x, baseline), Anchor::End, numbers);
        }
        let latencies = [variant.latency_ms_p50, variant.latency_ms_p95, variant.latency_ms_p99];
        for (x, latency) in self.percentiles.into_iter().zip(latencies) {
            let text =
                latency.map_or_else(|| "–".to_owned(), |ms| number(ms, if ms < 10.0 { 0.1 } else { 1.0 }));
            scene.text_fit(&text, (x, baseline), Anchor::End, numbers, NUMBER - 6.0);
        }
        scene.description.push(format!(
            "{}: {} 2xx, {} 429, {} 5xx",
            variant.name,
            percent(variant.success_share.min(1.0)),
            percent(variant.client_429_share),
            percent(variant.client_5xx_share)
        ));
        self.percentile_marks(scene, latencies, middle, slowest);
        for (low, high) in variant.latency_ranges.into_iter().flatten() {
            let at = |ms: f64| self.latency + (ms / slowest).min(1.0) * LATENCY;
            whisker(scene, (at(low), at(high)), middle + 8.0, 2.5);
        }
    }

    fn shares(
        &self,
        scene: &mut Scene,
        variant: &VariantView,
        backends: &Backends,
        series: &Series,
        (y0, y1): (f64, f64),
    ) {
        let mut by_group = vec![0.0; series.groups.len()];
        for (name, share) in &variant.shares {
            let group = backends.find(name).and_then(|at| series.group(at));
            if let Some(sum) = group.and_then(|group| by_group.get_mut(group)) {
                *sum += share;
            }
        }
        let parts = series
            .groups
            .iter()
            .map(|group| group.ink)
            .zip(by_group)
            .chain([
                (scene.palette.throttled, variant.client_429_share),
                (scene.palette.failed, variant.client_5xx_share),
            ])
            .collect::<Vec<_>>();
        let (left, right) = self.share;
        scene.rect(Area::new(left, y0, right, y1), scene.palette.grid);
        let mut x = left;
        for (ink, share) in parts {
            if share <= 0.0 {
                continue;
            }
            let end = (x + share * (right - left)).min(right);
            let gap = if end - x > 4.0 { 1.0 } else { 0.0 };
            let part = Area::new(x, y0, end - gap, y1);
            scene.fill(part, ink);
            let style = Style { size: 11.0, tone: Tone::Exactly(ink.text()), weight: Weight::Regular };
            let text = percent(share);
            let width = scene.width_of(&text, style);
            if width + 10.0 <= part.width() {
                let middle = (f64::midpoint(part.x0, part.x1), f64::midpoint(y0, y1));
                if ink.hatch != Hatch::Plain {
                    let ground = Area::new(
                        middle.0 - width / 2.0 - 3.0,
                        middle.1 - 7.5,
                        middle.0 + width / 2.0 + 3.0,
                        middle.1 + 7.5,
                    );
                    scene.cover(ground, ink.fill);
                }
                scene.text(&text, (middle.0, middle.1 + 4.0), Anchor::Middle, style);
            }
            x = end;
        }
    }

    fn percentile_marks(&self, scene: &mut Scene, latencies: [Option<f64>; 3], y: f64, slowest: f64) {
        let at = |ms: f64| self.latency + (ms / slowest).min(1.0) * LATENCY;
        let known: Vec<f64> = latencies.into_iter().flatten().map(at).collect();
        if let (Some(first), Some(last)) = (known.first(), known.last()) {
            scene.rect(Area::new(*first, y - 1.0, last.max(*first + 0.5), y + 1.0), scene.palette.axis);
        }
        for (latency, (radius, fill)) in latencies.into_iter().zip(marks(scene)) {
            if let Some(ms) = latency {
                scene.dot(at(ms), y, radius, fill);
            }
        }
    }
}
