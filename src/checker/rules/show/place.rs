//! Places as formats want them.

use super::super::embedded::in_files;
use super::super::told::Told;
use crate::diagnostics::{Diagnostic, SourceMap, Span};

/// Line and column of both ends, from 1; columns in UTF-16 code units.
pub(super) struct Region {
    pub(super) start_line: u32,
    pub(super) start_column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}

pub(super) fn region(sources: &SourceMap, span: Span) -> Region {
    let (start_line, start_column) = sources.utf16_position(span.source, span.start);
    let (end_line, end_column) = sources.utf16_position(span.source, span.end);
    Region {
        start_line: start_line.saturating_add(1),
        start_column: start_column.saturating_add(1),
        end_line: end_line.saturating_add(1),
        end_column: end_column.saturating_add(1),
    }
}

/// The path as a reference of a URI: relative, with what is no letter of a path encoded.
pub(super) fn uri(path: &str) -> String {
    let mut text = String::new();
    for byte in path.replace('\\', "/").bytes() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@:".contains(&byte);
        if is_plain { text.push(char::from(byte)) } else { text.push_str(&format!("%{byte:02X}")) }
    }
    text
}

/// Fingerprints of findings, in order, for baselines; with the file of each.
pub fn fingerprints(all: &[Told], sources: &SourceMap) -> Vec<(String, String)> {
    let one = |told: &Told| {
        let file = told.diagnostic.span.map_or("", |span| sources.name(span.source));
        (fingerprint(sources, &told.diagnostic), file.to_owned())
    };
    in_files(all, sources).iter().map(one).collect()
}

/// What stays the same when lines move: rule, file, message and the marked line.
pub(super) fn fingerprint(sources: &SourceMap, diagnostic: &Diagnostic) -> String {
    let Diagnostic { code, span, message, .. } = diagnostic;
    let (name, line) = span.map_or(("", ""), |span| {
        let text = sources.text(span.source);
        let at = (span.start as usize).min(text.len());
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
        let begin = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
        let end = at.saturating_add(after.find('\n').unwrap_or(after.len()));
        (sources.name(span.source), text.get(begin..end).unwrap_or_default().trim())
    });
    // FNV-1a of 128 bits: no secret is kept by it.
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for part in [*code, name, message, line] {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
    format!("{hash:032x}")
}
