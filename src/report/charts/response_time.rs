//! Response time of every request, coloured by the backend that answered.
//!
//! Up to one bar per pixel each request has its own bar. Beyond, neighbours share a bar from the
//! fastest to the slowest with a mark at the median, and the picture says how many. A mixture of fast
//! refusals and slow answers has no useful median, so a shared bar shows 2xx answers where there are any.
//! The strip below shows what is not 2xx, also the requests that have no response time at all.

use super::axis::{
    TimeScale, XTick, draw_x_axis, draw_y_axis, linear_ticks, multiples, nice_step, percent, whole_number,
    y_axis_room,
};
use super::canvas::draw;
use super::legend::{Entry, Key, column_width, draw_column, draw_note};
use super::palette::{Palette, Rgb};
use super::scene::{Area, LABEL, MARGIN, SMALL, Scene};
use super::series::{Series, Tally};
use super::text::Anchor;
use super::view::{Answer, RequestPoint, RunView, drawable, end_of};
use super::{Chart, ChartError};

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 600;
const PLOT_TOP: f64 = 86.0;
const AXIS_Y: f64 = 516.0;
const STRIP_HEIGHT: f64 = 16.0;
/// Bars up to which there is room for hollow ones, at 7 pixels and more for each.
const MOST_RIMS: usize = 100;
/// Room of a bar that stands for several requests.
const SHARED_PITCH: f64 = 3.0;

/// Draws the response times of a run; file stem `response_time`.
pub fn response_time(view: &RunView) -> Result<Chart, ChartError> {
    draw("response_time", &compose(view)?, &[&view.stamp])
}

pub(super) fn compose(view: &RunView) -> Result<Scene, ChartError> {
    let mut scene = Scene::new(WIDTH, HEIGHT)?;
    let series = Series::of(view, &scene.palette);
    let mut points: Vec<&RequestPoint> = view.requests.iter().collect();
    points.sort_by_key(|point| point.request);
    let mut highest = 0.0_f64;
    let mut tally = Tally::new(&series);
    let mut refused_by_backend = 0;
    for point in &points {
        drawable("arrival time", point.arrival_s)?;
        if let Some(latency) = point.latency_ms {
            highest = highest.max(drawable("response time", latency)?);
        }
        tally.add(&series, point.answer());
        refused_by_backend += u64::from(point.answer() == Answer::Failed && point.backend.is_some());
    }

    let entries = entries(&scene.palette, &series, &tally, refused_by_backend, points.len() <= MOST_RIMS);
    let legend_width = column_width(&scene, &entries);
    let (ticks, top) = linear_ticks(highest, 6.0);
    let plot = Area::new(
        MARGIN + y_axis_room(&scene, &ticks),
        PLOT_TOP,
        f64::from(WIDTH) - MARGIN - legend_width - 28.0,
        AXIS_Y - STRIP_HEIGHT - 8.0,
    );
    let per_bar = per_bar(points.len(), plot.width());
    let layout = Layout { plot, top, per_bar, rims: points.len() <= MOST_RIMS };

    let count = whole_number(points.len() as u64);
    let subtitle = match (points.len(), layout.per_bar) {
        (0, _) => "no requests in this run".to_owned(),
        (1, _) => "one request".to_owned(),
        (_, 1) => format!("each bar: one of {count} requests, in order of arrival"),
        (_, per_bar) => format!(
            "each bar: min, median, max of {} requests ({count} in all, in order of arrival); \
             the backend that answered most gives the colour",
            whole_number(per_bar as u64)
        ),
    };
    scene.head(&format!("Response time: {}", view.title), &subtitle, &view.stamp.column());
    draw_y_axis(&mut scene, plot, "response time (ms)", &ticks);
    if points.is_empty() {
        empty(&mut scene, plot, "no requests in this run");
    } else if points.iter().all(|point| point.latency_ms.is_none()) {
        empty(&mut scene, plot, "no request was answered");
    }
    layout.bars(&mut scene, &points, &series);
    layout.strip(&mut scene, &points);
    let axis = Area::new(plot.x0, plot.y0, plot.x1, AXIS_Y);
    let title = "request number; arrival time below";
    draw_x_axis(&mut scene, axis, AXIS_Y, title, &x_ticks(&points, end_of(view)?));

    let at = (plot.x1 + 28.0, PLOT_TOP);
    let end = draw_column(&mut scene, at, legend_width, "answered by, share", &entries);
    if layout.per_bar > 1 {
        let lines = ["bar: fastest to slowest", "black mark: median", "2xx answers, if there are any"];
        draw_note(&mut scene, (at.0, end), legend_width, &lines);
    }
    Ok(scene)
}

/// Says in the middle of a plot why it is empty.
pub(super) fn empty(scene: &mut Scene, plot: Area, why: &str) {
    let middle = (plot.x0 + plot.width() / 2.0, plot.y0 + plot.height() / 2.0 - 14.0);
    scene.text_fit(why, middle, Anchor::Middle, LABEL, plot.width());
}

fn entries(
    palette: &Palette,
    series: &Series,
    tally: &Tally,
    refused_by_backend: u64,
    rims: bool,
) -> Vec<Entry> {
    let total = tally.total().max(1) as f64;
    let mut entries: Vec<Entry> = series
        .groups
        .iter()
        .zip(&tally.groups)
        .map(|(group, count)| Entry {
            key: Key::Fill(group.ink),
            name: group.name.clone(),
            value: percent(*count as f64 / total),
        })
        .collect();
    let failed = palette.failed;
    let (refused, unanswered) =
        if rims { (refused_by_backend, tally.failed - refused_by_backend) } else { (0, tally.failed) };
    let no_answer = if rims { "no answer" } else { "not answered 2xx" };
    for (count, key, name) in [
        (tally.gateway, Key::Fill(palette.gateway), "gateway itself"),
        (refused, Key::Rim(failed), "a backend, not 2xx"),
        (unanswered, Key::Fill(failed), no_answer),
    ] {
        if count > 0 {
            entries.push(Entry { key, name: name.to_owned(), value: percent(count as f64 / total) });
        }
    }
    entries
}

/// Requests that share a bar.
fn per_bar(count: usize, width: f64) -> usize {
    if count as f64 <= width {
        return 1;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to some hundreds")]
    let bars = (width / SHARED_PITCH).max(1.0) as usize;
    count.div_ceil(bars)
}

struct Layout {
    plot: Area,
    /// Response time at the upper end.
    top: f64,
    per_bar: usize,
    /// Bars that are not 2xx are hollow, for want of room else dark.
    rims: bool,
}

impl Layout {
    fn y(&self, latency_ms: f64) -> f64 {
        self.plot.y1 - latency_ms / self.top * self.plot.height()
    }

    /// Left and right of the bar number `at` of `count`.
    fn x(&self, at: usize, count: usize) -> (f64, f64) {
        let pitch = self.plot.width() / count as f64;
        let left = self.plot.x0 + at as f64 * pitch;
        if pitch >= 8.0 {
            let (middle, half) = (left + pitch / 2.0, (pitch * 0.4).min(16.0));
            return (middle - half, middle + half);
        }
        // Whole pixels: gaps of varying width would show as a pattern that is not in the data.
        let gap = if pitch >= 3.0 && self.per_bar == 1 { 1.0 } else { 0.0 };
        let (x0, x1) =
            if pitch >= 2.0 { (left.round(), (left + pitch).round()) } else { (left, left + pitch) };
        (x0, x1 - gap)
    }

    fn bars(&self, scene: &mut Scene, points: &[&RequestPoint], series: &Series) {
        let count = points.len().div_ceil(self.per_bar);
        for (at, chunk) in points.chunks(self.per_bar).enumerate() {
            let (x0, x1) = self.x(at, count);
            match chunk {
                [point] if self.per_bar == 1 => self.bar(scene, (x0, x1), point, series),
                _ => self.shared(scene, (x0, x1), chunk, series),
            }
        }
    }

    fn bar(&self, scene: &mut Scene, (x0, x1): (f64, f64), point: &RequestPoint, series: &Series) {
        let Some(latency) = point.latency_ms else { return };
        // A refusal in no time is still a bar.
        let area = Area::new(x0, self.y(latency).min(self.plot.y1 - 1.5), x1, self.plot.y1);
        let backend = point.backend.and_then(|backend| series.ink(backend.into()));
        match (point.answer(), backend) {
            (Answer::Backend(_), Some(ink)) => scene.fill(area, ink),
            (Answer::Failed, Some(ink)) => {
                if !self.rims {
                    scene.rect(area, scene.palette.failed.fill);
                    return;
                }
                scene.rect(area, ink.fill);
                if area.height() >= 4.0 {
                    let inner = Area::new(x0 + 2.0, area.y0 + 2.0, x1 - 2.0, area.y1);
                    scene.rect(inner, scene.palette.page);
                }
            }
            (Answer::Gateway, _) => scene.fill(area, scene.palette.gateway),
            (Answer::Backend(_) | Answer::Failed, _) => scene.fill(area, scene.palette.failed),
        }
    }

    fn shared(&self, scene: &mut Scene, (x0, x1): (f64, f64), chunk: &[&RequestPoint], series: &Series) {
        let any_success = chunk.iter().any(|point| point.succeeded() && point.latency_ms.is_some());
        let mut tally = Tally::new(series);
        let mut latencies = Vec::with_capacity(chunk.len());
        for point in chunk.iter().filter(|point| point.succeeded() || !any_success) {
            if let Some(latency) = point.latency_ms {
                latencies.push(latency);
                tally.add(series, point.answer());
            }
        }
        let Some((min, median, max)) = spread(&mut latencies) else { return };
        let fill = most(&tally, series, scene);
        let (high, low) = (self.y(max), self.y(min));
        scene.rect(Area::new(x0, high, x1, low.max(high + 1.0)), fill);
        let y = self.y(median);
        // White around dark: to be seen on every hue, and off the bar.
        scene.rect(Area::new(x0, y - 2.5, x1, y + 2.5), scene.palette.page);
        scene.rect(Area::new(x0, y - 1.5, x1, y + 1.5), scene.palette.text);
    }

    /// The share that is not 2xx, one cell per bar: the gateway's own refusals below the others.
    fn strip(&self, scene: &mut Scene, points: &[&RequestPoint]) {
        let base = AXIS_Y - 1.0;
        if points.iter().all(|point| point.succeeded()) {
            return;
        }
        scene.rect(Area::new(self.plot.x0, base - STRIP_HEIGHT, self.plot.x1, base), scene.palette.track);
        scene.text("not 2xx", (self.plot.x0 - 8.0, base - 4.0), Anchor::End, SMALL);
        let count = points.len().div_ceil(self.per_bar);
        for (at, chunk) in points.chunks(self.per_bar).enumerate() {
            let refused = |gateway: bool| {
                let matching = |point: &&&RequestPoint| {
                    !point.succeeded() && (point.answer() == Answer::Gateway) == gateway
                };
                chunk.iter().filter(matching).count() as f64 / chunk.len() as f64 * STRIP_HEIGHT
            };
            let (x0, x1) = self.x(at, count);
            let mut y = base;
            for (height, ink) in
                [(refused(true), scene.palette.gateway), (refused(false), scene.palette.failed)]
            {
                if height > 0.0 {
                    // One refusal among thousands is still to be seen.
                    let top = (y - height.max(2.0)).max(base - STRIP_HEIGHT);
                    scene.rect(Area::new(x0, top, x1, y), ink.fill);
                    y = top;
                }
            }
        }
    }
}

/// Minimum, lower median and maximum.
fn spread(latencies: &mut [f64]) -> Option<(f64, f64, f64)> {
    let middle = latencies.len().checked_sub(1)? / 2;
    let (below, median, above) = latencies.select_nth_unstable_by(middle, f64::total_cmp);
    let median = *median;
    let min = below.iter().copied().fold(median, f64::min);
    let max = above.iter().copied().fold(median, f64::max);
    Some((min, median, max))
}

/// Colour of the backend that answered most, the earlier one on a tie. Backends drawn as one count only
/// where no other answered: together they would hide every single one.
fn most(tally: &Tally, series: &Series, scene: &Scene) -> Rgb {
    let mut best = (tally.gateway.max(tally.failed), scene.palette.gateway.fill);
    if tally.failed > tally.gateway {
        best.1 = scene.palette.failed.fill;
    }
    let mut single = (0, None);
    for (count, group) in tally.groups.iter().zip(&series.groups) {
        let count = if group.ink == scene.palette.other { (*count).min(1) } else { *count };
        if count > single.0 {
            single = (count, Some(group.ink.fill));
        }
    }
    if let (count @ 1.., Some(fill)) = single
        && (count >= best.0 || tally.gateway + tally.failed == 0)
    {
        best.1 = fill;
    }
    best.1
}

fn x_ticks(points: &[&RequestPoint], end_s: f64) -> Vec<XTick> {
    let count = points.len() as f64;
    let time = TimeScale::new(end_s, 10.0);
    let step = nice_step(count, 10.0).max(1.0);
    multiples(count, step)
        .filter_map(|at| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
            let point = points.get(at as usize)?;
            Some(XTick {
                at: (at + 0.5) / count,
                label: whole_number(point.request),
                below: Some(time.moment(point.arrival_s)),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_of_few_and_many() {
        assert_eq!(spread(&mut []), None);
        assert_eq!(spread(&mut [4.0]), Some((4.0, 4.0, 4.0)));
        assert_eq!(spread(&mut [9.0, 1.0]), Some((1.0, 1.0, 9.0)));
        assert_eq!(spread(&mut [5.0, 1.0, 9.0, 7.0, 3.0]), Some((1.0, 5.0, 9.0)));
    }

    #[test]
    fn bars_are_shared_only_beyond_one_per_pixel() {
        assert_eq!(per_bar(900, 900.0), 1);
        // 300 bars of 3 pixels: 901 requests need 4 in each.
        assert_eq!(per_bar(901, 900.0), 4);
        assert_eq!(per_bar(1_000_000, 900.0), 3334);
        assert_eq!(per_bar(0, 900.0), 1);
    }
}
