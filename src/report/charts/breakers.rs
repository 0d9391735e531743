//! When each breaker was tripped: one lane per backend, one sub-lane per gateway instance.
//!
//! Instances do not share breaker state, so spans of different instances may overlap; beyond four
//! instances the lanes show only whether any instance was tripped.

use std::collections::BTreeSet;

use super::axis::{TimeScale, draw_x_axis, duration};
use super::canvas::draw;
use super::palette::{Hatch, Ink, Tone};
use super::scene::{Area, HEADING, LABEL, MARGIN, SMALL, Scene, Style, clean};
use super::series::Series;
use super::text::{Anchor, Weight};
use super::view::{RunView, drawable, end_of};
use super::{Chart, ChartError};
use crate::report::TripRow;

const WIDTH: u32 = 1200;
const PLOT_TOP: f64 = 100.0;
const BELOW_LANES: f64 = 78.0;
const MOST_LANES: usize = 60;
const MOST_SUB_LANES: usize = 4;

/// Draws when breakers were tripped; file stem `breakers`.
pub fn breakers(view: &RunView) -> Result<Chart, ChartError> {
    draw("breakers", &compose(view)?, &[&view.stamp])
}

pub(super) fn compose(view: &RunView) -> Result<Scene, ChartError> {
    let end_s = end_of(view)?;
    let mut lanes = lanes(view, end_s)?;
    let known = lanes.len();
    if known > MOST_LANES {
        lanes.sort_by(|a, b| b.tripped_s.total_cmp(&a.tripped_s).then(a.backend.cmp(&b.backend)));
        lanes.truncate(MOST_LANES);
        lanes.sort_by_key(|lane| lane.backend);
    }
    let instances: BTreeSet<u32> = lanes.iter().flat_map(|l| l.spans.iter().map(|s| s.instance)).collect();
    let instances: Vec<u32> = instances.into_iter().collect();
    let pitch = pitch(lanes.len());
    let height = PLOT_TOP + pitch * lanes.len().max(1) as f64 + BELOW_LANES;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundreds of pixels")]
    let mut scene = Scene::new(WIDTH, height.round() as u32)?;
    let series = Series::of(view, &scene.palette);

    let trips: usize = lanes.iter().map(|lane| lane.spans.len()).sum();
    let mut subtitle = match (trips, instances.len()) {
        (0, _) => "no breaker tripped".to_owned(),
        (_, 0 | 1) => "coloured: tripped, the gateway passes over the backend".to_owned(),
        (_, n) if n <= MOST_SUB_LANES => {
            format!("coloured: tripped; one row per gateway instance in each lane, {n} instances")
        }
        (_, n) => format!("coloured: tripped in at least one of {n} gateway instances"),
    };
    if known > lanes.len() {
        subtitle = format!("{subtitle}; {} of {known} backends, those tripped longest", lanes.len());
    }
    scene.head(&format!("Tripped breakers: {}", view.title), &subtitle, &view.stamp.column());

    let name_style = if pitch < 18.0 { SMALL } else { LABEL };
    let name_style = Style { tone: Tone::Text, ..name_style };
    let summaries: Vec<String> = lanes.iter().map(summary).collect();
    let widest = |texts: &mut dyn Iterator<Item = &str>, style: Style| {
        texts.map(|text| scene.width_of(text, style)).fold(0.0, f64::max)
    };
    let names = widest(&mut lanes.iter().map(|lane| lane.name.as_str()), name_style).clamp(60.0, 220.0);
    let sums = widest(&mut summaries.iter().map(String::as_str), SMALL).clamp(60.0, 190.0);
    let plot = Area::new(
        MARGIN + names + 14.0,
        PLOT_TOP,
        f64::from(WIDTH) - MARGIN - sums - 16.0,
        PLOT_TOP + pitch * lanes.len().max(1) as f64,
    );
    scene.text_fit("backend", (plot.x0 - 10.0, PLOT_TOP - 10.0), Anchor::End, HEADING, names);
    scene.text_fit("tripped", (plot.x1 + 14.0, PLOT_TOP - 10.0), Anchor::Start, HEADING, sums);

    let time = TimeScale::new(end_s, 10.0);
    let ticks = time.ticks(end_s);
    for (at, (lane, sum)) in lanes.iter().zip(&summaries).enumerate() {
        let top = PLOT_TOP + at as f64 * pitch;
        let area = Area::new(plot.x0, top + pitch * 0.12, plot.x1, top + pitch * 0.88);
        scene.rect(area, scene.palette.track);
        for tick in &ticks {
            let x = plot.x0 + tick.at * plot.width();
            scene.rect(Area::new(x - 0.5, area.y0, x + 0.5, area.y1), scene.palette.grid);
        }
        let ink = series.ink(lane.backend).unwrap_or(scene.palette.other);
        let middle = top + pitch / 2.0 + 4.0;
        scene.text_fit(&lane.name, (plot.x0 - 10.0, middle), Anchor::End, name_style, names);
        scene.text_fit(sum, (plot.x1 + 14.0, middle), Anchor::Start, SMALL, sums);
        scene.description.push(format!("{}: {sum}", lane.name));
        draw_lane(&mut scene, area, lane, ink, &instances, end_s);
    }
    if lanes.is_empty() {
        super::response_time::empty(&mut scene, plot, "no breaker tripped");
    }
    let title = format!("time since run start ({})", time.unit);
    draw_x_axis(&mut scene, plot, plot.y1 + 4.0, &title, &ticks);
    Ok(scene)
}

/// Height of a lane: roomy for few backends, readable for many.
fn pitch(lanes: usize) -> f64 {
    (420.0 / lanes.max(1) as f64).clamp(16.0, 58.0)
}

struct Lane<'a> {
    name: String,
    backend: usize,
    spans: Vec<&'a TripRow>,
    /// Within the run, summed over instances.
    tripped_s: f64,
}

fn lanes(view: &RunView, end_s: f64) -> Result<Vec<Lane<'_>>, ChartError> {
    let mut lanes: Vec<Lane<'_>> = view
        .backends
        .iter()
        .enumerate()
        .map(|(backend, name)| Lane { name: name.clone(), backend, spans: Vec::new(), tripped_s: 0.0 })
        .collect();
    for trip in &view.trips {
        let start = drawable("start of a trip", trip.start_s)?;
        let end = drawable("end of a trip", trip.end_s)?;
        drawable("effective trip duration", trip.effective_s)?;
        if start > end_s {
            continue;
        }
        let at = lanes.iter().position(|lane| lane.name == trip.backend).unwrap_or_else(|| {
            // A view that does not list this backend: its trips are shown all the same.
            let (name, backend) = (trip.backend.clone(), lanes.len());
            lanes.push(Lane { name, backend, spans: Vec::new(), tripped_s: 0.0 });
            backend
        });
        if let Some(lane) = lanes.get_mut(at) {
            lane.spans.push(trip);
            lane.tripped_s += (end.min(end_s) - start).max(0.0);
        }
    }
    for lane in &mut lanes {
        lane.spans.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.instance.cmp(&b.instance)));
    }
    Ok(lanes)
}

fn summary(lane: &Lane<'_>) -> String {
    match lane.spans.len() {
        0 => "never".to_owned(),
        1 => format!("1 trip, {}", duration(lane.tripped_s)),
        n => format!("{n} trips, {}", duration(lane.tripped_s)),
    }
}

/// Most blocks of a lane that are labelled.
const MOST_LABELLED: usize = 8;

fn draw_lane(scene: &mut Scene, area: Area, lane: &Lane<'_>, ink: Ink, instances: &[u32], end_s: f64) {
    let shared = instances.len() > MOST_SUB_LANES;
    let rows = if shared { 1 } else { instances.len().max(1) };
    let height = area.height() / rows as f64;
    for row in 0..rows {
        let mine = |trip: &&&TripRow| shared || instances.get(row).is_none_or(|i| trip.instance == *i);
        let y0 = area.y0 + row as f64 * height;
        let gap = if rows > 1 && height >= 5.0 { 1.0 } else { 0.0 };
        let mut blocks: Vec<(f64, f64, Option<&TripRow>)> = Vec::new();
        for trip in lane.spans.iter().filter(mine) {
            let x0 = area.x0 + trip.start_s / end_s * area.width();
            let x1 = area.x0 + trip.end_s.min(end_s) / end_s * area.width();
            let x1 = x1.max(x0 + 1.5).min(area.x1);
            match blocks.last_mut() {
                // Spans that touch on the screen are one block; it has no single cause to be labelled with.
                Some(last) if x0 < last.1 + 0.5 => *last = (last.0, last.1.max(x1), None),
                _ => blocks.push((x0.min(area.x1 - 1.5), x1, Some(trip))),
            }
        }
        let ends = blocks.iter().skip(1).map(|next| next.0).chain([area.x1]).collect::<Vec<_>>();
        // Among many trips a few labels that happen to fit say nothing.
        let labels = blocks.len() <= MOST_LABELLED;
        let mut free = area.x0;
        for ((x0, x1, trip), free_until) in blocks.into_iter().zip(ends) {
            let block = Area::new(x0, y0, x1, y0 + height - gap);
            scene.fill(block, ink);
            let room = (free, free_until);
            free = trip.filter(|_| labels).map_or(x1, |trip| label(scene, block, room, ink, trip, end_s));
        }
    }
}

/// Cause and duration where there is room: in the block, behind it or before it, else as much as fits.
/// `free` is the room around the block; returns the end of what is taken.
fn label(scene: &mut Scene, block: Area, free: (f64, f64), ink: Ink, trip: &TripRow, end_s: f64) -> f64 {
    if block.height() < 13.0 {
        return block.x1;
    }
    let inside = Style { size: 11.0, tone: Tone::Exactly(ink.text()), weight: Weight::Regular };
    let outside = Style { tone: Tone::Text, ..inside };
    let y = block.y0 + block.height() / 2.0;
    for text in choices(trip, end_s) {
        let width = scene.width_of(&text, inside);
        if width + 12.0 <= block.width() {
            // A quiet ground: hatch lines through letters are hard to read.
            if ink.hatch != Hatch::Plain {
                let ground = Area::new(block.x0 + 3.0, y - 6.5, block.x0 + width + 9.0, y + 6.5);
                scene.cover(ground, ink.fill);
            }
            scene.text(&text, (block.x0 + 6.0, y + 4.0), Anchor::Start, inside);
            return block.x1;
        }
        if width + 16.0 <= free.1 - block.x1 {
            scene.text(&text, (block.x1 + 6.0, y + 4.0), Anchor::Start, outside);
            return block.x1 + 6.0 + width;
        }
        if width + 16.0 <= block.x0 - free.0 {
            scene.text(&text, (block.x0 - 6.0, y + 4.0), Anchor::End, outside);
            return block.x1;
        }
    }
    block.x1
}

/// What can be said of a trip, most first.
fn choices(trip: &TripRow, end_s: f64) -> Vec<String> {
    let lasted = duration(trip.effective_s);
    let beyond = if trip.end_s > end_s { ", beyond the end of the run" } else { "" };
    let (cause, why) = (clean(&trip.cause), clean(&trip.why));
    let mut choices = Vec::with_capacity(4);
    if !cause.is_empty() && !why.is_empty() {
        choices.push(format!("{cause}; {lasted} ({why}){beyond}"));
    }
    if !cause.is_empty() {
        choices.push(format!("{cause}; {lasted}{beyond}"));
    }
    choices.push(format!("{lasted}{beyond}"));
    choices.push(lasted);
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trip() -> TripRow {
        TripRow {
            backend: "a".into(),
            instance: 0,
            start_s: 10.0,
            end_s: 65.0,
            configured_s: 60.0,
            effective_s: 55.0,
            why: "Retry-After 55 s accepted".into(),
            cause: "429, failure 1 of 1 in 5m".into(),
            run: String::new(),
        }
    }

    #[test]
    fn labels_say_as_much_as_is_known() {
        let all = choices(&trip(), 100.0);
        assert_eq!(all[0], "429, failure 1 of 1 in 5m; 55\u{a0}s (Retry-After 55 s accepted)");
        assert_eq!(all[3], "55\u{a0}s");
        let bare = TripRow { cause: String::new(), why: "w".into(), ..trip() };
        assert_eq!(choices(&bare, 60.0)[0], "55\u{a0}s, beyond the end of the run");
    }

    #[test]
    fn lanes_shrink_with_their_number_but_stay_readable() {
        assert!((pitch(1) - 58.0).abs() < 1e-9 && (pitch(30) - 16.0).abs() < 1e-9);
        assert!((pitch(0) - 58.0).abs() < 1e-9 && (pitch(14) - 30.0).abs() < 1e-9);
    }
}
