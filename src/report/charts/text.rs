//! Measuring and shortening text with the font that draws it.
//!
//! The font comes with a crate, never from the machine: the same run has the same picture everywhere,
//! and no text is measured with one font and drawn with another. Characters the font lacks become its
//! empty box. Right-to-left and combining scripts are not shaped.

use ab_glyph::{Font, FontRef, GlyphId};

use super::ChartError;

/// Height of capitals above the baseline, and depth of descenders below it, as shares of the size.
/// Generous: accents on capitals stay within the line.
const ABOVE: f64 = 0.78;
const BELOW: f64 = 0.22;

/// The font of all charts.
#[derive(Clone, Debug)]
pub(super) struct Typeface {
    font: FontRef<'static>,
    units_per_em: f64,
}

/// One glyph of a line: which, and how far from the start in font units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct PlacedGlyph {
    pub(super) id: GlyphId,
    pub(super) offset: f64,
}

impl Typeface {
    pub(super) fn load() -> Result<Self, ChartError> {
        let font = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT)
            .map_err(|e| ChartError::Draw(format!("the built-in font cannot be read: {e}")))?;
        let units_per_em = f64::from(font.units_per_em().unwrap_or(1000.0));
        Ok(Self { font, units_per_em })
    }

    pub(super) fn font(&self) -> &FontRef<'static> {
        &self.font
    }

    /// Pixels per font unit at `size` pixels per em.
    pub(super) fn scale(&self, size: f64) -> f64 {
        size / self.units_per_em
    }

    /// The glyphs of one line with kerning, and the length of the line in font units.
    pub(super) fn lay_out(&self, text: &str) -> (Vec<PlacedGlyph>, f64) {
        let mut offset = 0.0;
        let mut previous = None;
        let mut glyphs = Vec::with_capacity(text.len());
        for c in text.chars() {
            let id = self.font.glyph_id(c);
            if let Some(previous) = previous {
                offset += f64::from(self.font.kern_unscaled(previous, id));
            }
            glyphs.push(PlacedGlyph { id, offset });
            offset += f64::from(self.font.h_advance_unscaled(id));
            previous = Some(id);
        }
        (glyphs, offset)
    }

    /// Length of a line in pixels at `size` pixels per em.
    pub(super) fn width(&self, text: &str, size: f64) -> f64 {
        self.lay_out(text).1 * self.scale(size)
    }

    /// `text`, or as much of its beginning and end as fits `room` pixels, joined by an ellipsis. Names of
    /// backends differ at either end far more often than in the middle.
    pub(super) fn fit(&self, text: &str, size: f64, room: f64) -> String {
        if self.width(text, size) <= room {
            return text.to_owned();
        }
        let chars: Vec<char> = text.chars().collect();
        let shortened = |keep: usize| -> String {
            let head = keep.div_ceil(2);
            let tail = chars.len().saturating_sub(keep - head);
            let start = chars.iter().take(head).collect::<String>();
            let end = chars.iter().skip(tail).collect::<String>();
            format!("{}…{}", start.trim_end(), end.trim_start())
        };
        let (mut fits, mut too_long) = (0, chars.len());
        while too_long - fits > 1 {
            let keep = usize::midpoint(fits, too_long);
            if self.width(&shortened(keep), size) <= room {
                fits = keep;
            } else {
                too_long = keep;
            }
        }
        let best = shortened(fits);
        if self.width(&best, size) <= room { best } else { String::new() }
    }
}

/// Where a text starts, given a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Thickness of strokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

impl Weight {
    /// How much wider than the font's own strokes, as a share of the size. The font is a light one;
    /// at text sizes it needs a little help to be read.
    pub(super) fn extra(self) -> f64 {
        match self {
            Self::Regular => 0.025,
            Self::Bold => 0.07,
        }
    }
}

/// The box a text takes: left, top, right, bottom in pixels, for a text that starts at `(x, y)` on its
/// baseline. `upward` text runs from bottom to top.
pub(super) fn text_box(x: f64, y: f64, width: f64, size: f64, upward: bool) -> (f64, f64, f64, f64) {
    if upward {
        (x - ABOVE * size, y - width, x + BELOW * size, y)
    } else {
        (x, y - ABOVE * size, x + width, y + BELOW * size)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn width_grows_with_text_and_size() {
        let face = Typeface::load().unwrap();
        assert!(face.width("mm", 12.0) > face.width("m", 12.0));
        assert!((face.width("abc", 24.0) - 2.0 * face.width("abc", 12.0)).abs() < 1e-9);
        assert!(face.width("", 12.0).abs() < 1e-12);
    }

    #[test]
    fn long_names_lose_their_middle() {
        let face = Typeface::load().unwrap();
        let name = "ptu-east-us-2-production-primary-0001";
        assert_eq!(face.fit(name, 12.0, 1000.0), name);
        let short = face.fit(name, 12.0, 120.0);
        assert!(short.starts_with("ptu-e") && short.ends_with("0001") && short.contains('…'), "{short}");
        assert_eq!(face.fit(name, 12.0, 1.0), "");
    }

    proptest! {
        #[test]
        fn what_was_fitted_fits(text in "\\PC{0,60}", room in 0.0_f64..300.0) {
            let face = Typeface::load().unwrap();
            prop_assert!(face.width(&face.fit(&text, 12.0, room), 12.0) <= room.max(0.0));
        }
    }
}
