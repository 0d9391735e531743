//! Every colour of the charts, in one place, so that a dark theme is one more constant.
//!
//! The eight backend hues are those of Okabe and Ito (2008, "Color Universal Design"), with yellow and
//! black replaced because they vanish on white or are needed for failures. They stay apart under the
//! common kinds of colour blindness; the second four also carry a hatch, so that a print in grey and a
//! reader without colours can follow the stacks together with the labels.

/// Red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rgb(pub(super) u8, pub(super) u8, pub(super) u8);

impl Rgb {
    /// `share` of `other` mixed in, 0 to 1.
    pub(super) fn mix(self, other: Self, share: f64) -> Self {
        let one = |a: u8, b: u8| {
            let mixed = f64::from(a) * (1.0 - share) + f64::from(b) * share;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
            let byte = mixed.round() as u8;
            byte
        };
        Self(one(self.0, other.0), one(self.1, other.1), one(self.2, other.2))
    }

    /// Relative luminance, 0 to 1, without the gamma step: good enough to choose black or white text.
    fn luminance(self) -> f64 {
        (0.2126 * f64::from(self.0) + 0.7152 * f64::from(self.1) + 0.0722 * f64::from(self.2)) / 255.0
    }
}

/// Direction of the lines laid over a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hatch {
    /// None: a plain fill.
    Plain,
    /// `/`
    Rising,
    /// `\`
    Falling,
}

/// How an area is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink {
    /// Base colour, also the colour of bars too thin for a hatch.
    pub(super) fill: Rgb,
    /// Lines over it.
    pub(super) hatch: Hatch,
}

impl Ink {
    /// Colour of the hatch lines.
    pub(super) fn lines(self) -> Rgb {
        self.fill.mix(Rgb(255, 255, 255), 0.45)
    }

    /// Colour of text on this fill.
    pub(super) fn text(self) -> Rgb {
        if self.fill.luminance() > 0.5 { Rgb(20, 22, 26) } else { Rgb(255, 255, 255) }
    }
}

/// Colour of a text: by its role, so that it follows the theme, or exactly that of something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Titles and labels.
    Text,
    /// Subtitles, tick labels.
    Muted,
    /// On a fill.
    Exactly(Rgb),
}

/// A theme.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    /// Background.
    pub(super) page: Rgb,
    /// Titles and labels.
    pub(super) text: Rgb,
    /// Subtitles, tick labels.
    pub(super) muted: Rgb,
    /// Axis lines.
    pub(super) axis: Rgb,
    /// Grid lines.
    pub(super) grid: Rgb,
    /// Empty lanes and tracks.
    pub(super) track: Rgb,
    /// Backends by slot.
    pub(super) slots: [Ink; 8],
    /// All backends beyond the slots.
    pub(super) other: Ink,
    /// The gateway answered by itself.
    pub(super) gateway: Ink,
    /// The client saw 429, whoever sent it.
    pub(super) throttled: Ink,
    /// Neither a backend's 2xx nor the gateway's own answer.
    pub(super) failed: Ink,
}

impl Palette {
    /// The colour of a text.
    pub(super) fn tone(&self, tone: Tone) -> Rgb {
        match tone {
            Tone::Text => self.text,
            Tone::Muted => self.muted,
            Tone::Exactly(color) => color,
        }
    }
}

const fn plain(r: u8, g: u8, b: u8) -> Ink {
    Ink { fill: Rgb(r, g, b), hatch: Hatch::Plain }
}

const fn rising(r: u8, g: u8, b: u8) -> Ink {
    Ink { fill: Rgb(r, g, b), hatch: Hatch::Rising }
}

const fn falling(r: u8, g: u8, b: u8) -> Ink {
    Ink { fill: Rgb(r, g, b), hatch: Hatch::Falling }
}

/// For white paper and most documents.
pub(super) const LIGHT: Palette = Palette {
    page: Rgb(255, 255, 255),
    text: Rgb(24, 28, 36),
    muted: Rgb(82, 90, 104),
    axis: Rgb(140, 147, 158),
    grid: Rgb(229, 232, 237),
    track: Rgb(243, 245, 248),
    slots: [
        plain(0, 114, 178),
        plain(230, 159, 0),
        plain(0, 158, 115),
        plain(204, 121, 167),
        rising(86, 180, 233),
        falling(213, 94, 0),
        rising(84, 72, 160),
        falling(150, 132, 20),
    ],
    other: plain(190, 181, 170),
    gateway: falling(150, 156, 166),
    throttled: rising(110, 116, 128),
    failed: rising(58, 62, 70),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_goes_from_one_to_the_other() {
        assert_eq!(Rgb(0, 100, 200).mix(Rgb(100, 0, 0), 0.0), Rgb(0, 100, 200));
        assert_eq!(Rgb(0, 100, 200).mix(Rgb(100, 0, 0), 0.5), Rgb(50, 50, 100));
        assert_eq!(Rgb(0, 100, 200).mix(Rgb(100, 0, 0), 1.0), Rgb(100, 0, 0));
    }

    /// Contrast of every fill against the page must let a thin bar be seen: 2 to 1 in linear luminance
    /// terms (WCAG 2.1 asks 3 to 1 for graphics that carry meaning alone; ours also carry labels).
    #[test]
    fn fills_stand_out_from_the_page_and_from_each_other() {
        let all: Vec<Ink> = LIGHT
            .slots
            .into_iter()
            .chain([LIGHT.other, LIGHT.gateway, LIGHT.throttled, LIGHT.failed])
            .collect();
        for (at, ink) in all.iter().enumerate() {
            assert!(ink.fill.luminance() < 0.75, "{ink:?} is too light");
            for other in all.iter().skip(at + 1) {
                let apart = [
                    ink.fill.0.abs_diff(other.fill.0),
                    ink.fill.1.abs_diff(other.fill.1),
                    ink.fill.2.abs_diff(other.fill.2),
                ];
                assert!(apart.iter().any(|d| *d >= 35), "{ink:?} and {other:?}");
            }
        }
    }
}
