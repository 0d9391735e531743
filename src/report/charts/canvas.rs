//! One scene, two pictures: SVG and PNG.
//!
//! Shapes go through plotters' backends. Texts do not: plotters sets glyphs at whole pixels without
//! their side bearings in a bitmap, and leaves the choice of the font to the viewer in an SVG. Here both
//! are set from the same outlines at the same places. A PNG is drawn at twice its size and averaged,
//! which smooths every edge.

use std::fmt::{Display, Write as _};

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::{Color, RGBColor, ShapeStyle};

use super::glyphs::Coverage;
use super::outline::{escape, hex, outlines};
use super::palette::Rgb;
use super::scene::{HatchLine, Scene, Shape, Text};
use super::text::Typeface;
use super::{Chart, ChartError};
use crate::report::RunStamp;

/// Drawing units per pixel of an SVG: plotters takes whole numbers only.
const SVG_SCALE: f64 = 10.0;
/// Drawn pixels per pixel of a PNG.
const PNG_SCALE: u32 = 2;

/// Draws a scene. `stamps` says which runs it shows.
pub(super) fn draw(name: &'static str, scene: &Scene, stamps: &[&RunStamp]) -> Result<Chart, ChartError> {
    Ok(Chart { name, svg: svg(scene, stamps)?, png: png(scene, stamps)? })
}

fn svg(scene: &Scene, stamps: &[&RunStamp]) -> Result<String, ChartError> {
    let (width, height) = (scene.width, scene.height);
    let mut drawn = String::new();
    {
        let mut backend = SVGBackend::with_string(&mut drawn, (width, height));
        shapes(&mut backend, scene, SVG_SCALE)?;
        backend.present().map_err(|e| failed(&e))?;
    }
    // The backend's root element has no room for what belongs in front of the shapes: it gets another.
    let body = drawn
        .split_once('\n')
        .and_then(|(_, rest)| rest.trim_end().strip_suffix("</svg>"))
        .ok_or_else(|| failed(&"the SVG is not complete"))?;
    let (defs, labels) = outlines(&scene.face, &scene.texts, SVG_SCALE);
    let mut out = String::with_capacity(body.len() + defs.len() + labels.len() + 4096);
    let scaled = |pixels: u32| f64::from(pixels) * SVG_SCALE;
    let _ = write!(
        out,
        r#"<svg width="{width}" height="{height}" viewBox="0 0 {} {}" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" aria-labelledby="title desc">
<title id="title">{}</title>
<desc id="desc">{}</desc>
"#,
        scaled(width),
        scaled(height),
        escape(&scene.title),
        escape(&scene.description.join("; ")),
    );
    out.push_str(&metadata(stamps));
    out.push_str(&defs);
    out.push_str(body);
    hatches(&scene.hatches, &mut out);
    out.push_str("<g stroke-linejoin=\"round\">\n");
    out.push_str(&labels);
    out.push_str("</g>\n</svg>\n");
    Ok(out)
}

fn metadata(stamps: &[&RunStamp]) -> String {
    let mut out = String::from("<metadata>\n");
    for stamp in stamps {
        let _ = writeln!(
            out,
            r#"<run xmlns="urn:poolproof:run" schema="{}" scenario-hash="{}" seed="{}" version="{}"/>"#,
            stamp.schema,
            escape(&stamp.scenario_hash),
            stamp.seed,
            escape(&stamp.version),
        );
    }
    out.push_str("</metadata>\n");
    out
}

/// One path per run of lines of a colour: a line of a hatch costs 20 bytes instead of 120.
fn hatches(lines: &[HatchLine], out: &mut String) {
    for run in lines.chunk_by(|a, b| a.color == b.color) {
        let Some(first) = run.first() else { continue };
        let color = hex(first.color);
        let _ = write!(out, r#"<path fill="none" stroke="{color}" stroke-width="{SVG_SCALE}" d=""#);
        for HatchLine { from, to, .. } in run {
            let [x0, y0, x1, y1] = [from.0, from.1, to.0, to.1].map(|v| v * SVG_SCALE);
            let _ = write!(out, "M{x0:.0} {y0:.0}L{x1:.0} {y1:.0}");
        }
        out.push_str("\"/>\n");
    }
}

fn png(scene: &Scene, stamps: &[&RunStamp]) -> Result<Vec<u8>, ChartError> {
    let (width, height) = (scene.width * PNG_SCALE, scene.height * PNG_SCALE);
    let mut pixels = vec![0; width as usize * height as usize * 3];
    {
        let scale = f64::from(PNG_SCALE);
        let mut backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
        shapes(&mut backend, scene, scale)?;
        for HatchLine { from, to, color } in &scene.hatches {
            let style = ShapeStyle { color: rgb(*color).to_rgba(), filled: true, stroke_width: PNG_SCALE };
            let at = |p: &(f64, f64)| (whole(p.0 * scale), whole(p.1 * scale));
            backend.draw_line(at(from), at(to), &style).map_err(|e| failed(&e))?;
        }
        for text in &scene.texts {
            letters(&mut backend, &scene.face, text, scale)?;
        }
        backend.present().map_err(|e| failed(&e))?;
    }
    encode(&halve(&pixels, width as usize), scene, stamps)
        .map_err(|e| ChartError::Draw(format!("the PNG cannot be encoded: {e}")))
}

fn encode(pixels: &[u8], scene: &Scene, stamps: &[&RunStamp]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, scene.width, scene.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    for stamp in stamps {
        // Latin-1 by the PNG standard; a stamp is ASCII unless somebody edited it.
        let column = stamp.column().chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect();
        encoder.add_text_chunk("poolproof run".to_owned(), column)?;
    }
    encoder.add_itxt_chunk("Title".to_owned(), scene.title.clone())?;
    encoder.add_itxt_chunk("Description".to_owned(), scene.description.join("; "))?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// The average of every two by two pixels of a picture that is `width` pixels wide.
fn halve(pixels: &[u8], width: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(pixels.len() / 4);
    for rows in pixels.chunks_exact(width * 6) {
        let (upper, lower) = rows.split_at(width * 3);
        for (a, b) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            if let ([a0, a1, a2, a3, a4, a5], [b0, b1, b2, b3, b4, b5]) = (a, b) {
                let mean = |four: [&u8; 4]| {
                    let sum: u16 = four.into_iter().map(|v| u16::from(*v)).sum();
                    u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX)
                };
                out.extend([mean([a0, a3, b0, b3]), mean([a1, a4, b1, b4]), mean([a2, a5, b2, b5])]);
            }
        }
    }
    out
}

fn shapes<B: DrawingBackend>(backend: &mut B, scene: &Scene, scale: f64) -> Result<(), ChartError> {
    backend.ensure_prepared().map_err(|e| failed(&e))?;
    let page = (whole(f64::from(scene.width) * scale), whole(f64::from(scene.height) * scale));
    backend.draw_rect((0, 0), page, &rgb(scene.palette.page), true).map_err(|e| failed(&e))?;
    for shape in &scene.shapes {
        match *shape {
            Shape::Rect { area, fill } => {
                let from = (whole(area.x0 * scale), whole(area.y0 * scale));
                // Nothing that was drawn may vanish by rounding.
                let to = (
                    whole(area.x1 * scale).max(from.0.saturating_add(1)),
                    whole(area.y1 * scale).max(from.1.saturating_add(1)),
                );
                backend.draw_rect(from, to, &rgb(fill), true)
            }
            Shape::Dot { x, y, radius, fill } => {
                let size = whole(radius * scale).max(1).unsigned_abs();
                backend.draw_circle((whole(x * scale), whole(y * scale)), size, &rgb(fill), true)
            }
        }
        .map_err(|e| failed(&e))?;
    }
    Ok(())
}

fn letters<B: DrawingBackend>(
    backend: &mut B,
    face: &Typeface,
    text: &Text,
    scale: f64,
) -> Result<(), ChartError> {
    let coverage = Coverage::of(face, text, scale);
    for (x, y, share) in coverage.pixels() {
        let ink = rgb(text.color).mix(share).to_backend_color();
        backend.draw_pixel((x, y), ink).map_err(|e| failed(&e))?;
    }
    Ok(())
}

fn rgb(color: Rgb) -> RGBColor {
    RGBColor(color.0, color.1, color.2)
}

/// The nearest whole number of drawing units; a scene is far smaller than the range of the type.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and pictures are at most some 10^5 units")]
pub(super) fn whole(value: f64) -> i32 {
    value.round() as i32
}

fn failed(error: &impl Display) -> ChartError {
    ChartError::Draw(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_averages_squares() {
        // Two rows of two pixels: red and black over black and white.
        let pixels = [200, 0, 0, 0, 0, 0, 0, 0, 0, 200, 200, 200];
        assert_eq!(halve(&pixels, 2), [100, 50, 50]);
    }

    #[test]
    fn whole_saturates() {
        assert_eq!(whole(2.5), 3);
        assert_eq!(whole(-2.4), -2);
        assert_eq!(whole(f64::INFINITY), i32::MAX);
    }
}
