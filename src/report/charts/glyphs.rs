//! Text of a bitmap: how much of each pixel the letters of one line cover.

use ab_glyph::{Font, Glyph, PxScale, point};

use super::canvas::whole;
use super::scene::Text;
use super::text::Typeface;

/// Free pixels around a line, for what letters stick out.
const PAD: i32 = 4;

/// Coverage of one line of text, not yet turned.
#[derive(Debug)]
pub(super) struct Coverage {
    /// Pixel of the picture the baseline starts in.
    origin: (i32, i32),
    upward: bool,
    width: i32,
    /// Rows above the baseline.
    rise: i32,
    cells: Vec<f32>,
}

impl Coverage {
    /// Rasterizes a text, all lengths multiplied by `scale`.
    pub(super) fn of(face: &Typeface, text: &Text, scale: f64) -> Self {
        let (x, y, size) = (text.x * scale, text.y * scale, text.size * scale);
        let (glyphs, length) = face.lay_out(&text.content);
        let factor = face.scale(size);
        let origin = (whole(x.floor()), whole(y.floor()));
        let width = whole(length * factor) + 2 * PAD + whole(size);
        let rise = whole(size * 1.2) + PAD;
        let height = rise + whole(size * 0.5) + PAD;
        let area = usize::try_from(i64::from(width) * i64::from(height)).unwrap_or(0);
        let mut coverage = Self { origin, upward: text.upward, width, rise, cells: vec![0.0; area] };
        // ab_glyph scales by the line height of the font instead of the em.
        let font = face.font();
        let scale = PxScale::from(narrow(f64::from(font.height_unscaled()) * factor));
        let along = if text.upward { y.ceil() - y } else { x - x.floor() };
        let reach = text.weight.extra() * size / 2.0;
        for glyph in glyphs {
            let start = along + glyph.offset * factor;
            for (dx, dy) in [(0.0, 0.0), (reach, 0.0), (-reach, 0.0), (0.0, reach), (0.0, -reach)] {
                let position = point(narrow(start + dx), narrow(dy));
                if let Some(outlined) = font.outline_glyph(Glyph { id: glyph.id, scale, position }) {
                    let bounds = outlined.px_bounds();
                    let (left, top) = (whole(bounds.min.x.into()), whole(bounds.min.y.into()));
                    outlined.draw(|px, py, share| {
                        let at = (left.saturating_add_unsigned(px), top.saturating_add_unsigned(py));
                        coverage.cover(at.0, at.1, share);
                    });
                }
            }
        }
        coverage
    }

    fn cover(&mut self, x: i32, y: i32, share: f32) {
        let (column, row) = (x + PAD, y + self.rise);
        if column < 0 || column >= self.width || row < 0 {
            return;
        }
        let at = usize::try_from(i64::from(row) * i64::from(self.width) + i64::from(column)).ok();
        if let Some(cell) = at.and_then(|at| self.cells.get_mut(at)) {
            *cell = cell.max(share.min(1.0));
        }
    }

    /// Pixels of the picture with their coverage, those with none left out.
    pub(super) fn pixels(&self) -> impl Iterator<Item = (i32, i32, f64)> {
        let width = usize::try_from(self.width.max(1)).unwrap_or(1);
        self.cells.chunks(width).zip(0_i32..).flat_map(move |(row, y)| {
            row.iter().zip(0_i32..).filter(|(share, _)| **share > 0.0).map(move |(share, x)| {
                let (along, across) = (x - PAD, y - self.rise);
                let (x, y) = if self.upward {
                    (self.origin.0 + across, self.origin.1 - along)
                } else {
                    (self.origin.0 + along, self.origin.1 + across)
                };
                (x, y, f64::from(*share))
            })
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "places of glyphs need no more than 24 bits")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::super::scene::{LABEL, Scene};
    use super::super::text::Anchor;
    use super::*;

    #[test]
    fn letters_lie_in_the_box_they_were_measured_with() {
        let mut scene = Scene::new(400, 300).unwrap();
        scene.text("Response Ägj|", (20.0, 50.0), Anchor::Start, LABEL);
        scene.text_upward("Response Ägj|", (20.0, 200.0), LABEL, 200.0);
        for text in &scene.texts {
            let (x0, y0, x1, y1) = text.bounds;
            let pixels: Vec<_> = Coverage::of(&scene.face, text, 1.0).pixels().collect();
            assert!(pixels.len() > 100);
            for (x, y, _) in pixels {
                // A pixel of the drawing may stick out by the rounding of its edges and its ornaments.
                let slack = 3.0;
                assert!(f64::from(x) >= x0 - slack && f64::from(x) <= x1 + slack, "{x} in {x0}..{x1}");
                assert!(f64::from(y) >= y0 - slack && f64::from(y) <= y1 + slack, "{y} in {y0}..{y1}");
            }
        }
    }
}
