//! A picture before it is drawn: shapes and texts in pixels from the top left corner.
//!
//! Charts compose a scene once; SVG and PNG are both drawn from it, so they cannot differ. Texts lie
//! above all shapes and know their boxes, which is how tests prove that none overlaps another.

use super::ChartError;
use super::palette::{Hatch, Ink, LIGHT, Palette, Rgb, Tone};
use super::text::{Anchor, Typeface, Weight, text_box};

/// An axis-aligned area, `x0 <= x1` and `y0 <= y1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x0: f64,
    pub(super) y0: f64,
    pub(super) x1: f64,
    pub(super) y1: f64,
}

impl Area {
    pub(super) fn new(x0: f64, y0: f64, x1: f64, y1: f64) -> Self {
        Self { x0, y0, x1, y1 }
    }

    pub(super) fn width(&self) -> f64 {
        self.x1 - self.x0
    }

    pub(super) fn height(&self) -> f64 {
        self.y1 - self.y0
    }
}

/// Something drawn below the texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Rect { area: Area, fill: Rgb },
    Dot { x: f64, y: f64, radius: f64, fill: Rgb },
}

/// One line of a hatch, drawn above all shapes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct HatchLine {
    pub(super) from: (f64, f64),
    pub(super) to: (f64, f64),
    pub(super) color: Rgb,
}

/// A line of text, placed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    pub(super) content: String,
    /// Start of the baseline.
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) size: f64,
    pub(super) color: Rgb,
    pub(super) weight: Weight,
    /// Runs from bottom to top.
    pub(super) upward: bool,
    /// Left, top, right, bottom.
    pub(super) bounds: (f64, f64, f64, f64),
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) size: f64,
    pub(super) tone: Tone,
    pub(super) weight: Weight,
}

/// Text as it appears in several charts.
pub(super) const LABEL: Style = Style { size: 13.0, tone: Tone::Text, weight: Weight::Regular };
pub(super) const TICK: Style = Style { size: 12.0, tone: Tone::Muted, weight: Weight::Regular };
pub(super) const SMALL: Style = Style { size: 11.0, tone: Tone::Muted, weight: Weight::Regular };
pub(super) const HEADING: Style = Style { size: 12.0, tone: Tone::Text, weight: Weight::Bold };
const TITLE: Style = Style { size: 19.0, tone: Tone::Text, weight: Weight::Bold };
const SUBTITLE: Style = Style { size: 13.0, tone: Tone::Muted, weight: Weight::Regular };

/// Free space at the edges of every picture.
pub(super) const MARGIN: f64 = 24.0;

const HATCH_PITCH: f64 = 7.0;
const HATCH_LEAST: f64 = 5.0;

/// A picture under construction.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) palette: Palette,
    pub(super) face: Typeface,
    /// Heading, for people who cannot see the picture.
    pub(super) title: String,
    /// What the picture says, for the same people.
    pub(super) description: Vec<String>,
    pub(super) shapes: Vec<Shape>,
    pub(super) hatches: Vec<HatchLine>,
    pub(super) texts: Vec<Text>,
}

impl Scene {
    /// An empty page.
    pub(super) fn new(width: u32, height: u32) -> Result<Self, ChartError> {
        Ok(Self {
            width,
            height,
            palette: LIGHT,
            face: Typeface::load()?,
            title: String::new(),
            description: Vec::new(),
            shapes: Vec::new(),
            hatches: Vec::new(),
            texts: Vec::new(),
        })
    }

    /// Title, subtitle and the run the picture belongs to.
    pub(super) fn head(&mut self, title: &str, subtitle: &str, run: &str) {
        let room = f64::from(self.width) - 2.0 * MARGIN;
        let title = clean(title);
        self.text_fit(&title, (MARGIN, 36.0), Anchor::Start, TITLE, room);
        self.text_fit(subtitle, (MARGIN, 58.0), Anchor::Start, SUBTITLE, room);
        let foot = (f64::from(self.width) - MARGIN, f64::from(self.height) - 10.0);
        self.text_fit(&format!("poolproof run {run}"), foot, Anchor::End, SMALL, room);
        self.title = title;
        self.description.push(clean(subtitle));
    }

    pub(super) fn rect(&mut self, area: Area, fill: Rgb) {
        self.shapes.push(Shape::Rect { area, fill });
    }

    pub(super) fn dot(&mut self, x: f64, y: f64, radius: f64, fill: Rgb) {
        self.shapes.push(Shape::Dot { x, y, radius, fill });
    }

    /// Fills an area, with hatch lines where they have room. Hatches of neighbours line up.
    pub(super) fn fill(&mut self, area: Area, ink: Ink) {
        self.rect(area, ink.fill);
        if area.width() < HATCH_LEAST || area.height() < HATCH_LEAST {
            return;
        }
        // A rising line has x + y = c, a falling one x - y = c; mirroring y makes both the first kind.
        let sign = match ink.hatch {
            Hatch::Plain => return,
            Hatch::Rising => 1.0,
            Hatch::Falling => -1.0,
        };
        let (low, high) = if sign > 0.0 { (area.y0, area.y1) } else { (-area.y1, -area.y0) };
        let mut c = ((area.x0 + low) / HATCH_PITCH).ceil() * HATCH_PITCH;
        while c < area.x1 + high {
            let x0 = area.x0.max(c - high);
            let x1 = area.x1.min(c - low);
            if x1 - x0 > 0.5 {
                let (from, to) = ((x0, sign * (c - x0)), (x1, sign * (c - x1)));
                self.hatches.push(HatchLine { from, to, color: ink.lines() });
            }
            c += HATCH_PITCH;
        }
    }

    /// Fills an area and takes away the hatch lines that start in or cross it: a ground for text.
    pub(super) fn cover(&mut self, ground: Area, fill: Rgb) {
        self.hatches =
            std::mem::take(&mut self.hatches).into_iter().flat_map(|line| outside(line, ground)).collect();
        self.rect(ground, fill);
    }

    pub(super) fn width_of(&self, text: &str, style: Style) -> f64 {
        // What the extra weight adds at the right end.
        self.face.width(text, style.size) + style.weight.extra() * style.size
    }

    /// Writes `content` at a point of its baseline. An empty text leaves no trace.
    pub(super) fn text(&mut self, content: &str, at: (f64, f64), anchor: Anchor, style: Style) {
        let content = clean(content);
        if content.is_empty() {
            return;
        }
        let width = self.width_of(&content, style);
        let x = match anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - width / 2.0,
            Anchor::End => at.0 - width,
        };
        let bounds = text_box(x, at.1, width, style.size, false);
        let Style { size, tone, weight } = style;
        let color = self.palette.tone(tone);
        self.texts.push(Text { content, x, y: at.1, size, color, weight, upward: false, bounds });
    }

    /// As [`Scene::text`], shortened to `room`.
    pub(super) fn text_fit(
        &mut self,
        content: &str,
        at: (f64, f64),
        anchor: Anchor,
        style: Style,
        room: f64,
    ) {
        let room = room - style.weight.extra() * style.size;
        let content = self.face.fit(&clean(content), style.size, room);
        self.text(&content, at, anchor, style);
    }

    /// Writes text that runs upward, centred at `at`.
    pub(super) fn text_upward(&mut self, content: &str, at: (f64, f64), style: Style, room: f64) {
        let content = self.face.fit(&clean(content), style.size, room);
        let width = self.width_of(&content, style);
        let y = at.1 + width / 2.0;
        let bounds = text_box(at.0, y, width, style.size, true);
        let Style { size, tone, weight } = style;
        let color = self.palette.tone(tone);
        self.texts.push(Text { content, x: at.0, y, size, color, weight, upward: true, bounds });
    }
}

/// The parts of a line that lie outside an area: none, one or two.
fn outside(line: HatchLine, area: Area) -> Vec<HatchLine> {
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    let (dx, dy) = (line.to.0 - line.from.0, line.to.1 - line.from.1);
    for (from, delta, low, high) in [(line.from.0, dx, area.x0, area.x1), (line.from.1, dy, area.y0, area.y1)]
    {
        // Hatch lines are diagonal and not empty: neither delta is zero.
        let (a, b) = ((low - from) / delta, (high - from) / delta);
        enter = enter.max(a.min(b));
        leave = leave.min(a.max(b));
    }
    if enter >= leave {
        return vec![line];
    }
    let point = |share: f64| (line.from.0 + share * dx, line.from.1 + share * dy);
    let mut parts = Vec::new();
    if enter > 0.0 {
        parts.push(HatchLine { to: point(enter), ..line });
    }
    if leave < 1.0 {
        parts.push(HatchLine { from: point(leave), ..line });
    }
    parts
}

/// One line without control characters: names come from users, and XML forbids most of those.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn hatches_stay_inside(x in 0.0_f64..90.0, y in 0.0_f64..90.0, w in 0.0_f64..60.0, h in 0.0_f64..60.0) {
            for hatch in [Hatch::Rising, Hatch::Falling] {
                let mut scene = Scene::new(200, 200).unwrap();
                let area = Area::new(x, y, x + w, y + h);
                scene.fill(area, Ink { fill: Rgb(0, 0, 0), hatch });
                for line in &scene.hatches {
                    for (px, py) in [line.from, line.to] {
                        prop_assert!(px >= area.x0 - 1e-9 && px <= area.x1 + 1e-9, "{line:?} leaves {area:?}");
                        prop_assert!(py >= area.y0 - 1e-9 && py <= area.y1 + 1e-9, "{line:?} leaves {area:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_ground_for_text_has_no_hatch() {
        let line = HatchLine { from: (0.0, 10.0), to: (10.0, 0.0), color: Rgb(0, 0, 0) };
        let part = |from, to| HatchLine { from, to, ..line };
        // The line x + y = 10 enters the square from 4 to 6 at (4, 6) and leaves it at (6, 4).
        assert_eq!(
            outside(line, Area::new(4.0, 4.0, 6.0, 6.0)),
            [part((0.0, 10.0), (4.0, 6.0)), part((6.0, 4.0), (10.0, 0.0))]
        );
        assert_eq!(outside(line, Area::new(0.0, 0.0, 2.0, 2.0)), [line]);
        assert_eq!(outside(line, Area::new(-1.0, -1.0, 11.0, 11.0)), []);
    }

    #[test]
    fn plain_fills_and_slivers_have_no_hatch() {
        let mut scene = Scene::new(100, 100).unwrap();
        scene.fill(Area::new(0.0, 0.0, 50.0, 50.0), Ink { fill: Rgb(0, 0, 0), hatch: Hatch::Plain });
        scene.fill(Area::new(0.0, 0.0, 4.0, 50.0), Ink { fill: Rgb(0, 0, 0), hatch: Hatch::Rising });
        assert!(scene.hatches.is_empty());
        assert_eq!(scene.shapes.len(), 2);
    }

    #[test]
    fn control_characters_never_reach_a_picture() {
        assert_eq!(clean("a\nb\u{0}c\t"), "a b c");
    }
}
