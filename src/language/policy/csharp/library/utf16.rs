//! Strings as .NET counts them: in UTF-16 units.
//!
//! Text without characters beyond ASCII, which is nearly all of it, is served from its bytes.

/// Number of units.
pub fn len(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// Number of units, as C# has it.
pub fn length(text: &str) -> i32 {
    i32::try_from(len(text)).unwrap_or(i32::MAX)
}

/// The units.
pub fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// The text of `units`; lone halves of characters become U+FFFD.
pub fn from_units(units: &[u16]) -> String {
    String::from_utf16_lossy(units)
}

/// The text of one unit.
pub fn from_unit(unit: u16) -> String {
    from_units(&[unit])
}

/// The unit at `index`.
pub fn at(text: &str, index: usize) -> Option<u16> {
    if text.is_ascii() {
        text.as_bytes().get(index).map(|byte| u16::from(*byte))
    } else {
        text.encode_utf16().nth(index)
    }
}

/// `count` units from `start`; `None` when there are not so many.
pub fn slice(text: &str, start: usize, count: usize) -> Option<String> {
    let end = start.checked_add(count)?;
    if text.is_ascii() {
        return text.get(start..end).map(str::to_owned);
    }
    let units = units(text);
    units.get(start..end).map(from_units)
}

/// The unit index of a byte index.
pub fn index_of_byte(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(byte, len)
}

/// As [`index_of_byte`], as C# has it.
pub fn int_of_byte(text: &str, byte: usize) -> i32 {
    i32::try_from(index_of_byte(text, byte)).unwrap_or(i32::MAX)
}

/// `char.ToUpperInvariant`: the simple mapping, one character to one.
pub fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        // The invariant culture leaves the Turkish letters alone.
        (Some(single), None) if c != '\u{131}' && c != '\u{17f}' => single,
        _ => c,
    }
}

/// `char.ToLowerInvariant`: the simple mapping, one character to one.
pub fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(single), None) => single,
        _ => c,
    }
}

/// A unit in upper case.
pub fn upper_unit(unit: u16) -> u16 {
    map_unit(unit, upper)
}

/// A unit in lower case.
pub fn lower_unit(unit: u16) -> u16 {
    map_unit(unit, lower)
}

fn map_unit(unit: u16, map: fn(char) -> char) -> u16 {
    char::from_u32(u32::from(unit)).and_then(|c| u16::try_from(u32::from(map(c))).ok()).unwrap_or(unit)
}

/// `ToUpperInvariant`
pub fn to_upper(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_uppercase() } else { text.chars().map(upper).collect() }
}

/// `ToLowerInvariant`
pub fn to_lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(lower).collect() }
}

/// `char.IsWhiteSpace`
pub fn is_white(c: char) -> bool {
    // Unicode's White_Space; .NET has the same list.
    c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_slices_count_units() {
        assert_eq!(len("a😀b"), 4);
        assert_eq!(slice("a😀b", 3, 1).as_deref(), Some("b"));
        assert_eq!(slice("a😀b", 1, 1).as_deref(), Some("\u{fffd}"));
        assert_eq!(slice("abc", 2, 2), None);
        assert_eq!(at("é€", 1), Some(0x20ac));
        assert_eq!(index_of_byte("€b", 3), 1);
    }

    #[test]
    fn case_maps_one_to_one() {
        assert_eq!(to_upper("straße é"), "STRAßE É");
        assert_eq!(to_lower("ÀB"), "àb");
    }
}
