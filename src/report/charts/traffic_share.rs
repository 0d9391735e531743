//! Who answered, over time: shares of the requests that arrived in each interval, stacked to 100 %.

use super::axis::{
    TimeScale, draw_x_axis, draw_y_axis, duration, percent, percent_ticks, time_step, whole_number,
    y_axis_room,
};
use super::canvas::draw;
use super::legend::{Entry, Key, column_width, draw_column};
use super::palette::Ink;
use super::response_time::empty;
use super::scene::{Area, MARGIN, Scene};
use super::series::{Series, Tally};
use super::view::{RunView, drawable, end_of};
use super::{Chart, ChartError};

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 600;
const PLOT_TOP: f64 = 86.0;
const AXIS_Y: f64 = 530.0;
const MOST_INTERVALS: f64 = 120.0;

/// Draws who answered over the time of a run; file stem `traffic_share`.
pub fn traffic_share(view: &RunView) -> Result<Chart, ChartError> {
    draw("traffic_share", &compose(view)?, &[&view.stamp])
}

pub(super) fn compose(view: &RunView) -> Result<Scene, ChartError> {
    let mut scene = Scene::new(WIDTH, HEIGHT)?;
    let series = Series::of(view, &scene.palette);
    let mut end_s = end_of(view)?;
    for point in &view.requests {
        end_s = end_s.max(drawable("arrival time", point.arrival_s)?);
    }
    let step_s = interval(end_s, view.requests.len());
    let (intervals, all) = count(view, &series, end_s, step_s);

    let stack = stack(&scene, &series, &all);
    let total = all.total().max(1) as f64;
    // Legends read from the top of the stack down.
    let entries: Vec<Entry> = stack
        .iter()
        .rev()
        .map(|layer| Entry {
            key: Key::Fill(layer.ink),
            name: layer.name.clone(),
            value: percent((layer.count)(&all) as f64 / total),
        })
        .collect();
    let legend_width = column_width(&scene, &entries);
    let ticks = percent_ticks();
    let plot = Area::new(
        MARGIN + y_axis_room(&scene, &ticks),
        PLOT_TOP,
        f64::from(WIDTH) - MARGIN - legend_width - 28.0,
        AXIS_Y,
    );
    let subtitle = if view.requests.is_empty() {
        "no requests in this run".to_owned()
    } else {
        let blank =
            if intervals.iter().any(|tally| tally.total() == 0) { "; blank: none arrived" } else { "" };
        format!(
            "who answered the requests that arrived in each {}, {} in all{blank}",
            duration(step_s),
            whole_number(all.total())
        )
    };
    scene.head(&format!("Traffic share: {}", view.title), &subtitle, &view.stamp.column());
    draw_y_axis(&mut scene, plot, "share of requests", &ticks);
    if view.requests.is_empty() {
        empty(&mut scene, plot, "no requests in this run");
    }
    for (at, tally) in intervals.iter().enumerate() {
        column(&mut scene, plot, &stack, tally, (at as f64 * step_s / end_s, step_s / end_s));
    }
    let time = TimeScale::new(end_s, 10.0);
    let title = format!("arrival, time since run start ({})", time.unit);
    draw_x_axis(&mut scene, plot, AXIS_Y, &title, &time.ticks(end_s));
    draw_column(&mut scene, (plot.x1 + 28.0, PLOT_TOP), legend_width, "answered by, share of run", &entries);
    Ok(scene)
}

/// Length of an interval: at most 120 of them, and about twelve requests in each.
fn interval(end_s: f64, requests: usize) -> f64 {
    time_step(end_s, (requests as f64 / 12.0).clamp(6.0, MOST_INTERVALS))
}

fn count(view: &RunView, series: &Series, end_s: f64, step_s: f64) -> (Vec<Tally>, Tally) {
    let index = |seconds: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 120")]
        let at = (seconds / step_s) as usize;
        at
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 121")]
    let intervals = ((end_s / step_s).ceil() as usize).max(1);
    let mut all = Tally::new(series);
    let mut tallies = vec![Tally::new(series); intervals];
    for point in &view.requests {
        let answer = point.answer();
        all.add(series, answer);
        // An arrival at the very end belongs to the last interval.
        if let Some(tally) = tallies.get_mut(index(point.arrival_s).min(intervals - 1)) {
            tally.add(series, answer);
        }
    }
    (tallies, all)
}

/// One layer of the stack, bottom first.
struct Layer {
    name: String,
    ink: Ink,
    count: Box<dyn Fn(&Tally) -> u64>,
}

fn stack(scene: &Scene, series: &Series, all: &Tally) -> Vec<Layer> {
    let mut layers: Vec<Layer> = series
        .groups
        .iter()
        .enumerate()
        .map(|(at, group)| Layer {
            name: group.name.clone(),
            ink: group.ink,
            count: Box::new(move |tally: &Tally| tally.groups.get(at).copied().unwrap_or(0)),
        })
        .collect();
    if all.gateway > 0 {
        let count = Box::new(|tally: &Tally| tally.gateway);
        layers.push(Layer { name: "gateway itself".to_owned(), ink: scene.palette.gateway, count });
    }
    if all.failed > 0 {
        let count = Box::new(|tally: &Tally| tally.failed);
        layers.push(Layer { name: "not answered 2xx".to_owned(), ink: scene.palette.failed, count });
    }
    layers
}

/// One interval: where it starts and how long it is, both as shares of the axis.
fn column(scene: &mut Scene, plot: Area, stack: &[Layer], tally: &Tally, (start, length): (f64, f64)) {
    let total = tally.total() as f64;
    if total <= 0.0 {
        return;
    }
    let x0 = (plot.x0 + start * plot.width()).round();
    let x1 = (plot.x0 + (start + length) * plot.width()).min(plot.x1).round().max(x0 + 1.0).min(plot.x1);
    let x0 = x0.min(x1 - 0.5);
    // Narrow columns join to an area; wide ones are bars.
    let gap = if x1 - x0 >= 16.0 { 2.0 } else { 0.0 };
    let mut below = 0;
    for layer in stack {
        let count = (layer.count)(tally);
        if count > 0 {
            let y = |count: u64| plot.y1 - count as f64 / total * plot.height();
            let area = Area::new(x0, y(below + count), x1 - gap, y(below));
            scene.fill(area, layer.ink);
            below += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_suit_the_length_and_the_number_of_requests() {
        for (end_s, requests, step_s) in [
            (60.0, 1_000_000, 0.5),
            (60.0, 40, 10.0),
            (600.0, 10_000, 5.0),
            (86_400.0, 1_000_000, 900.0),
            (1.0, 1_000_000, 0.01),
        ] {
            let found = interval(end_s, requests);
            assert!((found - step_s).abs() < 1e-9, "{end_s} s with {requests}: {found}");
        }
    }
}
