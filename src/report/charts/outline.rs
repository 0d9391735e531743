//! Text of an SVG as glyph outlines: the file looks the same in every viewer, whatever fonts it has.
//!
//! Each distinct glyph is defined once, in font units, and used where it occurs. The text itself stays
//! in the file: as the label of its group, so that search and screen readers still find it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ab_glyph::{Font, GlyphId, OutlineCurve, Point};

use super::palette::Rgb;
use super::scene::Text;
use super::text::Typeface;

/// `<defs>` with the outlines of all glyphs of `texts`, and the groups that use them. Lengths of the
/// drawing are multiplied by `scale`.
pub(super) fn outlines(face: &Typeface, texts: &[Text], scale: f64) -> (String, String) {
    let mut used = BTreeMap::new();
    let mut groups = String::new();
    for text in texts {
        group(face, text, scale, &mut used, &mut groups);
    }
    let mut defs = String::from("<defs>\n");
    for (id, path) in used {
        // Writing to a String cannot fail.
        let _ = writeln!(defs, r#"<path id="g{id}" d="{path}"/>"#);
    }
    defs.push_str("</defs>\n");
    (defs, groups)
}

fn group(face: &Typeface, text: &Text, scale: f64, used: &mut BTreeMap<u16, String>, out: &mut String) {
    let factor = face.scale(text.size) * scale;
    let turn = if text.upward { " rotate(-90)" } else { "" };
    let stroke = text.weight.extra() * text.size / face.scale(text.size);
    let color = hex(text.color);
    let _ = write!(
        out,
        r#"<g role="img" aria-label="{}" fill="{color}" stroke="{color}" stroke-width="{stroke:.1}" transform="translate({:.1} {:.1}){turn} scale({factor:.5})">"#,
        escape(&text.content),
        text.x * scale,
        text.y * scale,
    );
    for glyph in face.lay_out(&text.content).0 {
        let path = used.entry(glyph.id.0).or_insert_with(|| path(face, glyph.id));
        if !path.is_empty() {
            let _ = write!(out, r##"<use xlink:href="#g{}" x="{:.0}"/>"##, glyph.id.0, glyph.offset);
        }
    }
    out.push_str("</g>\n");
}

/// Path data of a glyph in font units, y downward; empty for a space.
fn path(face: &Typeface, id: GlyphId) -> String {
    let mut data = String::new();
    let Some(outline) = face.font().outline(id) else { return data };
    let mut pen: Option<Point> = None;
    let point = |data: &mut String, p: &Point| {
        let _ = write!(data, "{:.0} {:.0} ", p.x, 0.0 - p.y);
    };
    for curve in &outline.curves {
        let (OutlineCurve::Line(start, _) | OutlineCurve::Quad(start, ..) | OutlineCurve::Cubic(start, ..)) =
            curve;
        if pen != Some(*start) {
            data.push_str(if pen.is_some() { "ZM" } else { "M" });
            point(&mut data, start);
        }
        let end = match curve {
            OutlineCurve::Line(_, end) => {
                data.push('L');
                end
            }
            OutlineCurve::Quad(_, control, end) => {
                data.push('Q');
                point(&mut data, control);
                end
            }
            OutlineCurve::Cubic(_, first, second, end) => {
                data.push('C');
                point(&mut data, first);
                point(&mut data, second);
                end
            }
        };
        point(&mut data, end);
        pen = Some(*end);
    }
    if pen.is_some() {
        data.push('Z');
    }
    data
}

/// `#rrggbb`.
pub(super) fn hex(color: Rgb) -> String {
    format!("#{:02x}{:02x}{:02x}", color.0, color.1, color.2)
}

/// Text for element content or a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::palette::LIGHT;
    use super::super::scene::{LABEL, Scene};
    use super::super::text::Anchor;
    use super::*;

    fn drawn(text: &str) -> (String, String) {
        let mut scene = Scene::new(400, 100).unwrap();
        scene.text(text, (10.0, 20.0), Anchor::Start, LABEL);
        outlines(&scene.face, &scene.texts, 1.0)
    }

    #[test]
    fn a_glyph_is_defined_once_and_used_as_often_as_it_occurs() {
        let (defs, groups) = drawn("banana a");
        // b, a, n and the space, which has no outline to use.
        assert_eq!(defs.matches("<path id=").count(), 4);
        assert_eq!(groups.matches("<use ").count(), 7);
        assert!(groups.contains(r#"aria-label="banana a""#));
    }

    #[test]
    fn names_cannot_break_out() {
        let (_, groups) = drawn("<&\"'>");
        assert!(groups.contains(r#"aria-label="&lt;&amp;&quot;&apos;&gt;""#), "{groups}");
    }

    #[test]
    fn outlines_are_closed() {
        let (defs, _) = drawn("o");
        // A ring: two closed contours.
        assert_eq!(defs.matches('M').count(), 2, "{defs}");
        assert_eq!(defs.matches('Z').count(), 2);
    }

    #[test]
    fn colours_in_hexadecimal() {
        assert_eq!(hex(LIGHT.page), "#ffffff");
        assert_eq!(hex(Rgb(1, 0, 171)), "#0100ab");
    }
}
