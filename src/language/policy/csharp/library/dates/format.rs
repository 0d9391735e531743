//! Dates and durations as text, under the invariant culture.
//!
//! Rules: "Standard date and time format strings", "Custom date and time format strings" and the same pages
//! for `TimeSpan` of the .NET documentation. Local time is UTC.

use super::calendar::{self, DAY, DAYS, MONTHS, Parts};
use crate::policy::csharp::fault::Fault;
use crate::policy::csharp::library::args;
use crate::policy::csharp::{DateTime, DateTimeKind, DateTimeOffset};

/// What the custom formats need to know.
#[derive(Clone, Copy, Debug)]
struct Moment {
    parts: Parts,
    /// Minutes to add to UTC; `None`: not known, taken as local for `z`.
    offset: Option<i64>,
    kind: DateTimeKind,
}

#[cold]
pub(super) fn bad_format() -> Fault {
    args::format_fault("Input string was not in a correct format.")
}

/// `dateTime.ToString(format)`.
pub fn date(value: DateTime, format: Option<&str>) -> Result<String, Fault> {
    let offset = if value.kind == DateTimeKind::Unspecified { None } else { Some(0) };
    let moment = Moment { parts: calendar::parts(value.ticks), offset, kind: value.kind };
    let format = format.filter(|format| !format.is_empty()).unwrap_or("G");
    custom(&moment, standard(format)?)
}

/// `dateTimeOffset.ToString(format)`.
pub fn offset_date(value: DateTimeOffset, format: Option<&str>) -> Result<String, Fault> {
    let minutes = i64::from(value.offset_minutes);
    let local =
        Moment { parts: calendar::parts(value.ticks), offset: Some(minutes), kind: DateTimeKind::Local };
    match format.filter(|format| !format.is_empty()) {
        None => custom(&local, "MM/dd/yyyy HH:mm:ss zzz"),
        // These formats have no room for an offset, so they give the moment in UTC.
        Some(format @ ("r" | "R" | "u")) => {
            let parts = calendar::parts(super::utc_ticks(value));
            custom(&Moment { parts, ..local }, standard(format)?)
        }
        Some("U") => Err(bad_format()),
        Some(format) => custom(&local, standard(format)?),
    }
}

/// The custom format that a standard one stands for; custom formats stay.
pub(super) fn standard(format: &str) -> Result<&str, Fault> {
    if format.chars().count() != 1 {
        return Ok(format);
    }
    Ok(match format {
        "d" => "MM/dd/yyyy",
        "D" => "dddd, dd MMMM yyyy",
        "f" => "dddd, dd MMMM yyyy HH:mm",
        "F" | "U" => "dddd, dd MMMM yyyy HH:mm:ss",
        "g" => "MM/dd/yyyy HH:mm",
        "G" => "MM/dd/yyyy HH:mm:ss",
        "m" | "M" => "MMMM dd",
        "o" | "O" => "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
        "r" | "R" => "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
        "s" => "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
        "t" => "HH:mm",
        "T" => "HH:mm:ss",
        "u" => "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
        "y" | "Y" => "yyyy MMMM",
        _ => return Err(bad_format()),
    })
}

/// A piece of a custom format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A letter and how often it stands there.
    Field(char, usize),
    /// Text as it is.
    Literal(char),
}

/// The pieces of a custom format; `letters` are those that mean something.
pub(super) fn pieces(format: &str, letters: &str) -> Result<Vec<Piece>, Fault> {
    let mut pieces = Vec::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => pieces.push(Piece::Literal(chars.next().ok_or_else(bad_format)?)),
            '\'' | '"' => loop {
                match chars.next().ok_or_else(bad_format)? {
                    end if end == c => break,
                    // Inside of quotes a backslash escapes too.
                    '\\' => pieces.push(Piece::Literal(chars.next().ok_or_else(bad_format)?)),
                    inner => pieces.push(Piece::Literal(inner)),
                }
            },
            // The percent sign lets a single letter stand alone.
            '%' => {
                if chars.peek().is_none_or(|next| *next == '%') {
                    return Err(bad_format());
                }
            }
            c if letters.contains(c) => {
                let mut count = 1_usize;
                while chars.next_if_eq(&c).is_some() {
                    count = count.saturating_add(1);
                }
                pieces.push(Piece::Field(c, count));
            }
            other => pieces.push(Piece::Literal(other)),
        }
    }
    Ok(pieces)
}

/// Letters of custom formats of dates.
pub(super) const DATE_LETTERS: &str = "dfFghHKmMstyz";

fn custom(moment: &Moment, format: &str) -> Result<String, Fault> {
    let parts = &moment.parts;
    let mut text = String::new();
    for piece in pieces(format, DATE_LETTERS)? {
        let (letter, count) = match piece {
            Piece::Literal(c) => {
                text.push(c);
                continue;
            }
            Piece::Field(letter, count) => (letter, count),
        };
        match letter {
            'd' => match count {
                1 | 2 => push(&mut text, parts.day, count),
                3 => text.push_str(short(name(&DAYS, parts.weekday))),
                _ => text.push_str(name(&DAYS, parts.weekday)),
            },
            'M' => match count {
                1 | 2 => push(&mut text, parts.month, count),
                3 => text.push_str(short(name(&MONTHS, parts.month.saturating_sub(1)))),
                _ => text.push_str(name(&MONTHS, parts.month.saturating_sub(1))),
            },
            'y' => match count {
                1 | 2 => push(&mut text, parts.year.rem_euclid(100), count),
                _ => push(&mut text, parts.year, count),
            },
            'h' => {
                let hour = parts.hour.rem_euclid(12);
                push(&mut text, if hour == 0 { 12 } else { hour }, count.min(2));
            }
            'H' => push(&mut text, parts.hour, count.min(2)),
            'm' => push(&mut text, parts.minute, count.min(2)),
            's' => push(&mut text, parts.second, count.min(2)),
            't' => {
                let word = if parts.hour < 12 { "AM" } else { "PM" };
                text.push_str(if count == 1 { word.get(..1).unwrap_or(word) } else { word });
            }
            'f' | 'F' => fraction(&mut text, parts.fraction, count, letter == 'F')?,
            'g' => text.push_str("A.D."),
            'K' => match moment.kind {
                // Each K counts for itself.
                DateTimeKind::Unspecified => {}
                DateTimeKind::Utc => text.push_str(&"Z".repeat(count.min(1000))),
                DateTimeKind::Local => text.push_str(&offset_text(moment.offset.unwrap_or(0), 3)),
            },
            _ => text.push_str(&offset_text(moment.offset.unwrap_or(0), count)),
        }
    }
    Ok(text)
}

fn push(text: &mut String, number: i64, width: usize) {
    let width = width.min(100);
    text.push_str(&format!("{number:0>width$}"));
}

fn name<'a>(names: &[&'a str], index: i64) -> &'a str {
    usize::try_from(index).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// `f` and `F`: digits of the second; `F` without zeros at the end, nor the point before them.
fn fraction(text: &mut String, ticks: i64, count: usize, optional: bool) -> Result<(), Fault> {
    if count > 7 {
        return Err(bad_format());
    }
    let digits = format!("{ticks:07}");
    let mut digits = digits.get(..count).unwrap_or_default();
    if optional {
        digits = digits.trim_end_matches('0');
        if digits.is_empty() && text.ends_with('.') {
            text.pop();
        }
    }
    text.push_str(digits);
    Ok(())
}

fn offset_text(minutes: i64, count: usize) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let size = minutes.saturating_abs();
    let (hours, rest) = (size.div_euclid(60), size.rem_euclid(60));
    match count {
        1 => format!("{sign}{hours}"),
        2 => format!("{sign}{hours:02}"),
        _ => format!("{sign}{hours:02}:{rest:02}"),
    }
}

/// `timeSpan.ToString(format)`.
pub fn span(ticks: i64, format: Option<&str>) -> Result<String, Fault> {
    let size = ticks.unsigned_abs();
    let of = |unit: i64| size.checked_div(unit.unsigned_abs()).unwrap_or(0);
    let days = of(DAY);
    let hours = of(calendar::HOUR) % 24;
    let minutes = of(calendar::MINUTE) % 60;
    let seconds = of(calendar::SECOND) % 60;
    let fraction = size.checked_rem(calendar::SECOND.unsigned_abs()).unwrap_or(0);
    let sign = if ticks < 0 { "-" } else { "" };
    match format.unwrap_or_default() {
        "" | "c" | "t" | "T" => {
            let days = if days == 0 { String::new() } else { format!("{days}.") };
            let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:07}") };
            Ok(format!("{sign}{days}{hours:02}:{minutes:02}:{seconds:02}{fraction}"))
        }
        "g" => {
            let days = if days == 0 { String::new() } else { format!("{days}:") };
            let digits = format!("{fraction:07}");
            let digits = digits.trim_end_matches('0');
            let fraction = if digits.is_empty() { String::new() } else { format!(".{digits}") };
            Ok(format!("{sign}{days}{hours}:{minutes:02}:{seconds:02}{fraction}"))
        }
        "G" => Ok(format!("{sign}{days}:{hours:02}:{minutes:02}:{seconds:02}.{fraction:07}")),
        custom => {
            if custom.chars().count() == 1 {
                return Err(bad_format());
            }
            let units = [('d', days, 8), ('h', hours, 2), ('m', minutes, 2), ('s', seconds, 2)];
            span_custom(custom, &units, fraction)
        }
    }
}

fn span_custom(format: &str, units: &[(char, u64, usize)], fraction: u64) -> Result<String, Fault> {
    let mut text = String::new();
    // Unlike in formats of dates, text must be quoted or escaped.
    let quoted = check_literals(format);
    if !quoted {
        return Err(bad_format());
    }
    for piece in pieces(format, "dhmsfF")? {
        match piece {
            Piece::Literal(c) => text.push(c),
            Piece::Field(letter @ ('f' | 'F'), count) => {
                let ticks = i64::try_from(fraction).unwrap_or(0);
                self::fraction(&mut text, ticks, count, letter == 'F')?;
            }
            Piece::Field(letter, count) => {
                let Some((_, value, most)) = units.iter().find(|(unit, ..)| *unit == letter) else {
                    return Err(bad_format());
                };
                if count > *most {
                    return Err(bad_format());
                }
                text.push_str(&format!("{value:0>count$}"));
            }
        }
    }
    Ok(text)
}

/// Whether everything in a format of durations is a letter, quoted or escaped.
fn check_literals(format: &str) -> bool {
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '\'' | '"' => {
                if !chars.any(|inner| inner == c) {
                    return false;
                }
            }
            'd' | 'h' | 'm' | 's' | 'f' | 'F' | '%' => {}
            _ => return false,
        }
    }
    true
}
