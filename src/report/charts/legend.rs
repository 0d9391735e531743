//! Legends, always in a strip of their own beside or below the data.

use super::palette::Ink;
use super::scene::{Area, HEADING, LABEL, SMALL, Scene, TICK};
use super::text::Anchor;

const SWATCH: f64 = 14.0;
const PITCH: f64 = 23.0;

/// What stands for a series.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key {
    /// A filled box.
    Fill(Ink),
    /// A box with a rim only, as drawn for answers that are not 2xx.
    Rim(Ink),
}

/// One line of a legend.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) name: String,
    /// A number at the end of the line; may be empty.
    pub(super) value: String,
}

/// Width of a legend column for these entries: as wide as they need, within reason.
pub(super) fn column_width(scene: &Scene, entries: &[Entry]) -> f64 {
    let widest = entries
        .iter()
        .map(|e| SWATCH + 8.0 + scene.width_of(&e.name, LABEL) + 14.0 + scene.width_of(&e.value, TICK))
        .fold(0.0, f64::max);
    widest.clamp(120.0, 260.0)
}

/// Draws a column of entries under a heading; returns where it ends.
pub(super) fn draw_column(
    scene: &mut Scene,
    at: (f64, f64),
    width: f64,
    heading: &str,
    entries: &[Entry],
) -> f64 {
    let (x, mut y) = at;
    scene.text_fit(heading, (x, y + 11.0), Anchor::Start, HEADING, width);
    y += PITCH;
    for entry in entries {
        swatch(scene, x, y, entry.key);
        let value = scene.width_of(&entry.value, TICK);
        let room = width - SWATCH - 8.0 - if value > 0.0 { value + 10.0 } else { 0.0 };
        scene.text_fit(&entry.name, (x + SWATCH + 8.0, y + 12.0), Anchor::Start, LABEL, room);
        scene.text(&entry.value, (x + width, y + 12.0), Anchor::End, TICK);
        scene.description.push(format!("{} {}", entry.name, entry.value).trim().to_owned());
        y += PITCH;
    }
    y
}

/// Lays entries out in rows that wrap at `width`: for each its place from the top left corner and its
/// room; and the height of all rows.
pub(super) fn rows(scene: &Scene, entries: &[Entry], width: f64) -> (Vec<(f64, f64, f64)>, f64) {
    let (mut x, mut y) = (0.0, 0.0);
    let mut places = Vec::with_capacity(entries.len());
    for entry in entries {
        let room = scene.width_of(&entry.name, LABEL).min(240.0) + 1.0;
        let full = SWATCH + 8.0 + room;
        if x > 0.0 && x + full > width {
            x = 0.0;
            y += PITCH;
        }
        places.push((x, y, room));
        x += full + 22.0;
    }
    (places, if entries.is_empty() { 0.0 } else { y + PITCH })
}

/// Draws what [`rows`] laid out.
pub(super) fn draw_rows(scene: &mut Scene, at: (f64, f64), entries: &[Entry], places: &[(f64, f64, f64)]) {
    for (entry, (x, y, room)) in entries.iter().zip(places) {
        let (x, y) = (at.0 + x, at.1 + y);
        swatch(scene, x, y, entry.key);
        scene.text_fit(&entry.name, (x + SWATCH + 8.0, y + 12.0), Anchor::Start, LABEL, *room);
    }
}

/// A note of some lines in small type below a legend.
pub(super) fn draw_note(scene: &mut Scene, at: (f64, f64), width: f64, lines: &[&str]) {
    let mut y = at.1 + 16.0;
    for line in lines {
        scene.text_fit(line, (at.0, y), Anchor::Start, SMALL, width);
        y += 15.0;
    }
}

fn swatch(scene: &mut Scene, x: f64, y: f64, key: Key) {
    let area = Area::new(x, y, x + SWATCH, y + SWATCH);
    match key {
        Key::Fill(ink) => scene.fill(area, ink),
        Key::Rim(ink) => {
            scene.rect(area, ink.fill);
            let inner = Area::new(area.x0 + 2.0, area.y0 + 2.0, area.x1 - 2.0, area.y1 - 2.0);
            scene.rect(inner, scene.palette.page);
        }
    }
}
