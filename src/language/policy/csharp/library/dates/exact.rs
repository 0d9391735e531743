//! `ParseExact`: reading a date in a given format.
//!
//! Rules: "Custom date and time format strings" of the .NET documentation; a part that the format has not is
//! that of today (date) or zero (time).

use super::calendar::{self, DAYS, MONTHS};
use super::format::{DATE_LETTERS, Piece, pieces, standard};
use super::parse::{Scanned, full_year, read_offset, round_fraction};

#[derive(Debug, Default)]
struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    fraction: i64,
    afternoon: Option<bool>,
    weekday: Option<i64>,
    offset: Option<i64>,
    zulu: bool,
}

/// Reads `text` in `format`.
pub(super) fn scan(text: &str, format: &str, today: i64) -> Option<Scanned> {
    let mut fields = Fields::default();
    if matches!(format, "r" | "R" | "u") {
        fields.offset = Some(0);
    }
    let mut rest = text;
    for piece in pieces(standard(format).ok()?, DATE_LETTERS).ok()? {
        rest = match piece {
            Piece::Literal(c) => rest.strip_prefix(c)?,
            Piece::Field(letter, count) => read(&mut fields, letter, count, rest)?,
        };
    }
    if !rest.is_empty() {
        return None;
    }
    let now = calendar::parts(today);
    let has_date = fields.year.is_some() || fields.month.is_some() || fields.day.is_some();
    let day = calendar::date(
        fields.year.unwrap_or(now.year),
        fields.month.unwrap_or(if has_date { 1 } else { now.month }),
        fields.day.unwrap_or(if has_date { 1 } else { now.day }),
    )?;
    let hour = match (fields.afternoon, fields.hour) {
        (Some(false), 12) => 0,
        (Some(true), hour @ 0..12) => hour.saturating_add(12),
        (_, hour) => hour,
    };
    let time = calendar::time(hour, fields.minute, fields.second)?;
    let ticks = day.saturating_add(time).saturating_add(fields.fraction);
    if fields.weekday.is_some_and(|weekday| weekday != calendar::parts(ticks).weekday) {
        return None;
    }
    Some(Scanned { ticks, offset: fields.offset, zulu: fields.zulu })
}

/// Between `least` and `most` digits.
fn number(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count().min(most);
    let (digits, rest) = text.split_at_checked(count)?;
    if count < least { None } else { Some((digits.parse().ok()?, rest)) }
}

fn named<'a>(text: &'a str, names: &[&str], full: bool) -> Option<(i64, &'a str)> {
    names.iter().enumerate().find_map(|(at, name)| {
        let name = if full { name } else { name.get(..3)? };
        let (head, rest) = text.split_at_checked(name.len())?;
        head.eq_ignore_ascii_case(name).then_some((i64::try_from(at).ok()?, rest))
    })
}

fn read<'a>(fields: &mut Fields, letter: char, count: usize, text: &'a str) -> Option<&'a str> {
    let two = |text| number(text, count.min(2), 2);
    let (place, (value, rest)) = match letter {
        'd' if count > 2 => {
            let (day, rest) = named(text, &DAYS, count > 3)?;
            fields.weekday = Some(day);
            return Some(rest);
        }
        'M' if count > 2 => {
            let (month, rest) = named(text, &MONTHS, count > 3)?;
            fields.month = Some(month.saturating_add(1));
            return Some(rest);
        }
        'y' => {
            let (year, rest) = if count > 2 { number(text, count, 4)? } else { two(text)? };
            fields.year = Some(full_year(year, count));
            return Some(rest);
        }
        'd' => {
            let (day, rest) = two(text)?;
            fields.day = Some(day);
            return Some(rest);
        }
        'M' => {
            let (month, rest) = two(text)?;
            fields.month = Some(month);
            return Some(rest);
        }
        'f' | 'F' => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count().min(count.min(7));
            if letter == 'f' && digits != count {
                return None;
            }
            let (part, rest) = text.split_at_checked(digits)?;
            fields.fraction = if part.is_empty() { 0 } else { round_fraction(part)? };
            return Some(rest);
        }
        't' => {
            let (word, rest) = text.split_at_checked(count.min(2))?;
            let is = |full: &str| full.get(..word.len()).is_some_and(|name| name.eq_ignore_ascii_case(word));
            fields.afternoon = Some(if is("PM") {
                true
            } else if is("AM") {
                false
            } else {
                return None;
            });
            return Some(rest);
        }
        'K' | 'z' => {
            if letter == 'K' && (text.is_empty() || text.starts_with(['Z', 'z'])) {
                if let Some(rest) = text.strip_prefix(['Z', 'z']) {
                    fields.offset = Some(0);
                    fields.zulu = true;
                    return Some(rest);
                }
                return Some(text);
            }
            if !text.starts_with(['+', '-']) {
                return None;
            }
            let (minutes, rest) = read_offset(text)?;
            fields.offset = Some(minutes);
            return Some(rest);
        }
        'g' => return text.strip_prefix("A.D."),
        'h' | 'H' => (&mut fields.hour, two(text)?),
        'm' => (&mut fields.minute, two(text)?),
        _ => (&mut fields.second, two(text)?),
    };
    if letter == 'h' && !(1..=12).contains(&value) {
        return None;
    }
    *place = value;
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_each_kind() {
        let day = calendar::date(2024, 3, 5).unwrap();
        let at = |h, m, s| day + calendar::time(h, m, s).unwrap();
        for (text, format, ticks, offset) in [
            ("20240305", "yyyyMMdd", day, None),
            ("2024-03-05T14:07:09", "s", at(14, 7, 9), None),
            ("Tue, 05 Mar 2024 14:07:09 GMT", "r", at(14, 7, 9), Some(0)),
            ("2024-03-05 02:07 PM +01:30", "yyyy-MM-dd hh:mm tt zzz", at(14, 7, 0), Some(90)),
            ("5/3/24", "d/M/yy", day, None),
        ] {
            assert_eq!(scan(text, format, 0).map(|s| (s.ticks, s.offset)), Some((ticks, offset)), "{text}");
        }
        for (text, format) in [("2024-3-05", "yyyy-MM-dd"), ("2024-13-01", "yyyy-MM-dd"), ("x", "yyyy")] {
            assert_eq!(scan(text, format, 0), None, "{text}");
        }
    }
}
