//! Places as formats want them.

use crate::diagnostics::{SourceMap, Span};

/// Line and column of both ends, from 1; columns in UTF-16 code units.
pub(super) struct Region {
    pub(super) start_line: u32,
    pub(super) start_column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}

pub(super) fn region(sources: &SourceMap, span: Span) -> Region {
    let text = sources.text(span.source);
    let (start_line, start_column) = at(text, span.start as usize);
    let (end_line, end_column) = at(text, span.end as usize);
    Region { start_line, start_column, end_line, end_column }
}

fn at(text: &str, offset: usize) -> (u32, u32) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset = offset.saturating_sub(1);
    }
    let before = text.get(..offset).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count();
    let begin = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
    let units = before.get(begin..).unwrap_or_default().encode_utf16().count();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
    (number(line), number(units))
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

/// What stays the same when lines move: rule, file, message and the marked line.
pub(super) fn fingerprint(sources: &SourceMap, code: &str, span: Option<Span>, message: &str) -> String {
    let (name, line) = span.map_or(("", ""), |span| {
        let number = sources.position(span).line as usize;
        let text = sources.text(span.source);
        (sources.name(span.source), text.lines().nth(number.saturating_sub(1)).unwrap_or_default().trim())
    });
    // FNV-1a of 128 bits: no secret is kept by it.
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for part in [code, name, message, line] {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
    format!("{hash:032x}")
}
