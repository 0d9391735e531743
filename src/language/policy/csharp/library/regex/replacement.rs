//! Replacement patterns: `$1`, `${name}`, `$$`, `$&`, `` $` ``, `$'`, `$+`, `$_`.

use super::translate::Group;

/// A part of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    /// The group at this index of .NET's order.
    Group(usize),
    Before,
    After,
    Whole,
}

/// The parts of `text`; what is no reference to a group of the pattern stands for itself.
pub(super) fn parse(text: &str, groups: &[Group]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = rest.split_at_checked(at).unwrap_or((rest, ""));
        literal.push_str(before);
        let after = after.strip_prefix('$').unwrap_or("");
        let Some((part, length)) = reference(after, groups) else {
            literal.push('$');
            rest = after;
            continue;
        };
        rest = after.get(length..).unwrap_or("");
        if let Part::Text(text) = &part {
            literal.push_str(text);
            continue;
        }
        if !literal.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut literal)));
        }
        parts.push(part);
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    parts
}

/// What stands after a `$`, and its length in bytes.
fn reference(after: &str, groups: &[Group]) -> Option<(Part, usize)> {
    let index = |name: &str| groups.iter().position(|group| group.name == name);
    let first = after.chars().next()?;
    let simple = |part: Part| Some((part, 1));
    match first {
        '$' => simple(Part::Text("$".to_owned())),
        '&' => simple(Part::Group(0)),
        '`' => simple(Part::Before),
        '\'' => simple(Part::After),
        '_' => simple(Part::Whole),
        '+' => simple(Part::Group(groups.len().saturating_sub(1))),
        '{' => {
            let end = after.find('}')?;
            let name = after.get(1..end)?;
            index(name).map(|at| (Part::Group(at), end.saturating_add(1)))
        }
        '0'..='9' => {
            // All digits belong to the number, whether or not fewer would name a group.
            let length = after.bytes().take_while(u8::is_ascii_digit).count();
            let number: u32 = after.get(..length)?.parse().ok()?;
            let at = groups.iter().position(|group| group.number == number)?;
            Some((Part::Group(at), length))
        }
        _ => None,
    }
}

/// Appends what the parts stand for at a match.
pub(super) fn expand(out: &mut String, parts: &[Part], text: &str, found: &[Option<(usize, usize)>]) {
    let (start, end) = found.first().copied().flatten().unwrap_or((0, 0));
    for part in parts {
        let piece = match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Group(at) => {
                let place = found.get(*at).copied().flatten();
                place.and_then(|(start, end)| text.get(start..end))
            }
            Part::Before => text.get(..start),
            Part::After => text.get(end..),
            Part::Whole => Some(text),
        };
        out.push_str(piece.unwrap_or(""));
    }
}
