//! Round numbers on axes, and axes drawn from them.

use super::scene::{Area, LABEL, SMALL, Scene, TICK};
use super::text::Anchor;

/// The smallest of 1, 2, 5 times a power of ten that cuts `span` into at most `most` steps.
pub(super) fn nice_step(span: f64, most: f64) -> f64 {
    if !(span.is_finite() && span > 0.0) {
        return 1.0;
    }
    let wanted = span / most;
    let power = libm::pow(10.0, libm::floor(libm::log10(wanted)));
    let step =
        [1.0, 2.0, 5.0].map(|digit| digit * power).into_iter().find(|step| *step >= wanted * 0.999_999);
    step.unwrap_or(10.0 * power)
}

/// `value` with as many decimals as `step` needs, thousands apart.
pub(super) fn number(value: f64, step: f64) -> String {
    let decimals: usize = [(1.0, 0), (0.1, 1), (0.01, 2), (0.001, 3), (0.000_1, 4)]
        .into_iter()
        .find(|(unit, _)| step >= unit * 0.999)
        .map_or(6, |(_, decimals)| decimals);
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let mut out = String::new();
    let digits = whole.len();
    for (at, c) in whole.chars().enumerate() {
        // A no-break space: the label of a number is one word.
        if at > 0 && (digits - at) % 3 == 0 && digits > 4 {
            out.push('\u{a0}');
        }
        out.push(c);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

/// A count, thousands apart.
pub(super) fn whole_number(count: u64) -> String {
    number(count as f64, 1.0)
}

/// A share as a percentage: whole from 10 %, one decimal below, and never 0 for something or 100 for
/// less than everything.
pub(super) fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value > 0.0 && value < 0.05 {
        "<0.1\u{a0}%".to_owned()
    } else if value < 9.95 {
        format!("{value:.1}\u{a0}%")
    } else if (99.5..100.0).contains(&value) {
        format!("{:.1}\u{a0}%", value.min(99.9))
    } else {
        format!("{value:.0}\u{a0}%")
    }
}

/// Steps of whole seconds that people read as round.
const ROUND_SECONDS: [f64; 20] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1200.0, 1800.0, 3600.0, 7200.0,
    10_800.0, 21_600.0, 43_200.0, 86_400.0,
];

/// A round length of time that cuts `span_s` into at most `most` steps.
pub(super) fn time_step(span_s: f64, most: f64) -> f64 {
    let wanted = span_s / most;
    if wanted <= 0.5 {
        return nice_step(span_s, most);
    }
    if let Some(step) = ROUND_SECONDS.into_iter().find(|step| *step >= wanted) {
        return step;
    }
    nice_step(span_s / 86_400.0, most) * 86_400.0
}

/// How times are written next to an axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeScale {
    pub(super) step_s: f64,
    pub(super) unit: &'static str,
    unit_s: f64,
}

impl TimeScale {
    /// For an axis of `span_s` seconds with at most `most` steps.
    pub(super) fn new(span_s: f64, most: f64) -> Self {
        let step_s = time_step(span_s, most);
        let (unit, unit_s) = match step_s {
            s if s >= 86_400.0 => ("d", 86_400.0),
            s if s >= 3600.0 => ("h", 3600.0),
            s if s >= 60.0 => ("min", 60.0),
            _ => ("s", 1.0),
        };
        Self { step_s, unit, unit_s }
    }

    /// A tick's label, without the unit.
    pub(super) fn tick(&self, seconds: f64) -> String {
        number(seconds / self.unit_s, self.step_s / self.unit_s)
    }

    /// A time between ticks, with its unit.
    pub(super) fn moment(&self, seconds: f64) -> String {
        let text = number(seconds / self.unit_s, self.step_s / self.unit_s / 10.0);
        format!("{}\u{a0}{}", text.strip_suffix(".0").unwrap_or(&text), self.unit)
    }

    /// Ticks from 0 to `span_s`.
    pub(super) fn ticks(&self, span_s: f64) -> Vec<XTick> {
        multiples(span_s, self.step_s)
            .map(|at| XTick { at: at / span_s, label: self.tick(at), below: None })
            .collect()
    }
}

/// A span of time in the unit people would say it in.
pub(super) fn duration(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s >= 2.0 * 86_400.0 => (s / 86_400.0, "d"),
        s if s >= 2.0 * 3600.0 => (s / 3600.0, "h"),
        s if s >= 600.0 => (s / 60.0, "min"),
        s if s < 1.0 => (s * 1000.0, "ms"),
        s => (s, "s"),
    };
    let text = format!("{value:.1}");
    format!("{}\u{a0}{unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// 0, `step`, 2 `step` and so on up to `span`, with a grain of tolerance at the end.
pub(super) fn multiples(span: f64, step: f64) -> impl Iterator<Item = f64> {
    (0_u32..1000).map(move |n| f64::from(n) * step).take_while(move |at| *at <= span * 1.000_001)
}

/// One label of a vertical axis; `at` is 0 at the bottom and 1 at the top.
#[derive(Clone, Debug)]
pub(super) struct YTick {
    pub(super) at: f64,
    pub(super) label: String,
}

/// One label of a horizontal axis; `at` is 0 at the left and 1 at the right.
#[derive(Clone, Debug)]
pub(super) struct XTick {
    pub(super) at: f64,
    pub(super) label: String,
    /// Second line.
    pub(super) below: Option<String>,
}

/// Ticks of a linear axis from 0, and its upper end.
pub(super) fn linear_ticks(highest: f64, most: f64) -> (Vec<YTick>, f64) {
    let highest = if highest > 0.0 { highest } else { 1.0 };
    let step = nice_step(highest, most);
    let top = (highest / step * 0.999_999).ceil() * step;
    let ticks = multiples(top, step).map(|at| YTick { at: at / top, label: number(at, step) }).collect();
    (ticks, top)
}

/// Ticks of a percent axis.
pub(super) fn percent_ticks() -> Vec<YTick> {
    [0, 25, 50, 75, 100]
        .into_iter()
        .map(|n| YTick { at: f64::from(n) / 100.0, label: format!("{n}\u{a0}%") })
        .collect()
}

/// Room a vertical axis takes to the left of its plot.
pub(super) fn y_axis_room(scene: &Scene, ticks: &[YTick]) -> f64 {
    ticks.iter().map(|tick| scene.width_of(&tick.label, TICK)).fold(0.0, f64::max) + 34.0
}

/// Draws a vertical axis with grid lines across the plot.
pub(super) fn draw_y_axis(scene: &mut Scene, plot: Area, title: &str, ticks: &[YTick]) {
    let mut widest = 0.0_f64;
    for tick in ticks {
        let y = plot.y1 - tick.at * plot.height();
        scene.rect(Area::new(plot.x0, y - 0.5, plot.x1, y + 0.5), scene.palette.grid);
        scene.text(&tick.label, (plot.x0 - 8.0, y + 4.0), Anchor::End, TICK);
        widest = widest.max(scene.width_of(&tick.label, TICK));
    }
    let middle = plot.y0 + plot.height() / 2.0;
    scene.text_upward(title, (plot.x0 - 8.0 - widest - 10.0, middle), LABEL, plot.height());
}

/// Draws a horizontal axis at `y` below a plot. Labels that would touch the one before are left out.
pub(super) fn draw_x_axis(scene: &mut Scene, plot: Area, y: f64, title: &str, ticks: &[XTick]) {
    scene.rect(Area::new(plot.x0, y - 0.5, plot.x1, y + 0.5), scene.palette.axis);
    let mut free = f64::NEG_INFINITY;
    let two_lines = ticks.iter().any(|tick| tick.below.is_some());
    for tick in ticks {
        let x = plot.x0 + tick.at * plot.width();
        let below = tick.below.as_deref().unwrap_or("");
        let half = scene.width_of(&tick.label, TICK).max(scene.width_of(below, SMALL)) / 2.0;
        if x - half < free || x > plot.x1 + 1.0 {
            continue;
        }
        free = x + half + 10.0;
        scene.rect(Area::new(x - 0.5, y, x + 0.5, y + 5.0), scene.palette.axis);
        scene.text(&tick.label, (x, y + 19.0), Anchor::Middle, TICK);
        scene.text(below, (x, y + 34.0), Anchor::Middle, SMALL);
    }
    let title_y = if two_lines { y + 53.0 } else { y + 40.0 };
    scene.text_fit(title, (plot.x0 + plot.width() / 2.0, title_y), Anchor::Middle, LABEL, plot.width());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (span, most, step) in
            [(100.0, 10.0, 10.0), (101.0, 10.0, 20.0), (7.0, 5.0, 2.0), (0.9, 5.0, 0.2), (23.0, 5.0, 5.0)]
        {
            assert!((nice_step(span, most) - step).abs() < 1e-9, "{span} in {most}");
        }
        for (span, most, step) in [
            (60.0, 6.0, 10.0),
            (61.0, 6.0, 15.0),
            (86_400.0, 8.0, 10_800.0),
            (1.0, 10.0, 0.1),
            (1e6, 5.0, 432_000.0),
        ] {
            assert!((time_step(span, most) - step).abs() < 1e-9, "{span} s in {most}");
        }
        assert!((nice_step(0.0, 5.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn numbers_and_percentages() {
        assert_eq!(number(1234.0, 1.0), "1234");
        assert_eq!(number(12_345.678, 0.1), "12\u{a0}345.7");
        assert_eq!(number(1_000_000.0, 500.0), "1\u{a0}000\u{a0}000");
        for (share, text) in
            [(0.0, "0.0"), (0.000_1, "<0.1"), (0.042, "4.2"), (0.62, "62"), (0.999_9, "99.9"), (1.0, "100")]
        {
            assert_eq!(percent(share), format!("{text}\u{a0}%"));
        }
    }

    #[test]
    fn times_in_the_unit_of_their_step() {
        assert_eq!(TimeScale::new(86_400.0, 8.0).tick(10_800.0), "3");
        assert_eq!(TimeScale::new(86_400.0, 8.0).moment(5400.0), "1.5\u{a0}h");
        assert_eq!(TimeScale::new(86_400.0, 8.0).moment(7200.0), "2\u{a0}h");
        assert_eq!(TimeScale::new(1.0, 10.0).tick(0.3), "0.3");
        assert_eq!(TimeScale::new(600.0, 10.0).unit, "min");
        assert_eq!(duration(55.0), "55\u{a0}s");
        assert_eq!(duration(0.25), "250\u{a0}ms");
        assert_eq!(duration(5400.0), "90\u{a0}min");
    }

    #[test]
    fn a_linear_axis_ends_at_or_above_its_highest_value() {
        let (ticks, top) = linear_ticks(730.0, 5.0);
        assert!((top - 800.0).abs() < 1e-9);
        assert_eq!(
            ticks.iter().map(|t| t.label.as_str()).collect::<Vec<_>>(),
            ["0", "200", "400", "600", "800"]
        );
        let (ticks, top) = linear_ticks(0.0, 5.0);
        assert!(ticks.len() > 1 && (top - 1.0).abs() < 1e-9);
    }
}
