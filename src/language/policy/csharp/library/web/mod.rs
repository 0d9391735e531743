//! `System.Net.WebUtility` and `HttpStatusCode`.

mod entities;
mod status;

use super::super::Class;
use super::super::fault::Fault;
use super::super::machine::{Call, Machine};
use super::super::value::Value;
use super::arguments::optional_text;
use super::uri::{escaped_byte, push_escaped};
use super::{Table, call};

/// The tables of this family.
pub const TABLES: &[Table] = &[WEB_UTILITY, status::STATUS];

const WEB_UTILITY: Table = Table {
    class: Class::WebUtility,
    parameters: &[],
    rows: &[
        call("static string UrlEncode(string value)", |machine, call| change(machine, call, url_encode)),
        call("static string UrlDecode(string encodedValue)", |machine, call| {
            change(machine, call, url_decode)
        }),
        call("static string HtmlEncode(string value)", |machine, call| change(machine, call, html_encode)),
        call("static string HtmlDecode(string value)", |machine, call| change(machine, call, html_decode)),
    ],
    denied: &[],
};

/// Null stays null.
fn change(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    change: fn(&str) -> String,
) -> Result<Value, Fault> {
    match optional_text(call, 0) {
        Some(text) => {
            machine.pay(text.len())?;
            machine.text(change(&text))
        }
        None => Ok(Value::Null),
    }
}

/// `WebUtility.UrlEncode`: space becomes `+`.
pub fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => push_escaped(&mut out, byte),
        }
    }
    out
}

/// `WebUtility.UrlDecode`: `+` becomes space; what is no escape stays; bytes that are no character become
/// U+FFFD.
pub fn url_decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some(first) = rest.first() {
        let (byte, step) = match (first, escaped_byte(rest)) {
            (_, Some(byte)) => (byte, 3),
            (b'+', None) => (b' ', 1),
            (byte, None) => (*byte, 1),
        };
        out.push(byte);
        rest = rest.get(step..).unwrap_or(&[]);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `WebUtility.HtmlEncode`: the five special characters, U+00A0 to U+00FF, and what takes two units.
pub fn html_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '\u{a0}'..='\u{ff}' | '\u{10000}'.. => out.push_str(&format!("&#{};", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// `WebUtility.HtmlDecode`: named and numbered characters with their semicolon; the rest stays.
pub fn html_decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let name = entity.strip_prefix('&').unwrap_or("");
        let end = name.find([';', '&']).unwrap_or(name.len());
        let (name, after) = name.split_at_checked(end).unwrap_or((name, ""));
        if let (Some(after), Some(c)) = (after.strip_prefix(';'), character(name)) {
            out.push(c);
            rest = after;
        } else {
            out.push('&');
            out.push_str(name);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    let Some(number) = name.strip_prefix('#') else {
        let at = entities::NAMED.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        return entities::NAMED.get(at).map(|(_, c)| *c);
    };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok()?,
        None if number.bytes().all(|byte| byte.is_ascii_digit()) => number.parse().ok()?,
        _ => return None,
    };
    char::from_u32(number).filter(|c| *c != '\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_those_of_dotnet() {
        assert_eq!(
            url_encode("a b/c?d=e&f+g-h_i.j~k!l*m'n(o)é€😀%\""),
            "a+b%2Fc%3Fd%3De%26f%2Bg-h_i.j%7Ek!l*m%27n(o)%C3%A9%E2%82%AC%F0%9F%98%80%25%22"
        );
        assert_eq!(url_decode("a+b%20c%C3%A9%zz%4%u00e9%e2%82%ac%ff"), "a b cé%zz%4%u00e9€\u{fffd}");
        assert_eq!(
            html_encode("<a href=\"x\">'é😀&\u{a0}\u{ff}</a>"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&#233;&#128512;&amp;&#160;&#255;&lt;/a&gt;"
        );
        assert_eq!(
            html_decode(
                "&lt;&amp;&quot;&#39;&#x27;&apos;&nbsp;&eacute;&euro;&unknown;&#128512;&#x1F600;&lt &#;&#xZ;&copy&amp;amp;"
            ),
            "<&\"'''\u{a0}é€&unknown;😀😀&lt &#;&#xZ;&copy&amp;"
        );
    }

    #[test]
    fn named_characters_are_sorted() {
        assert!(entities::NAMED.is_sorted_by(|a, b| a.0 < b.0));
    }

    proptest::proptest! {
        #[test]
        fn encoding_can_be_undone(text in "\\PC{0,40}") {
            proptest::prop_assert_eq!(url_decode(&url_encode(&text)), text.clone());
            proptest::prop_assert_eq!(html_decode(&html_encode(&text)), text);
        }
    }
}
