//! `System.Uri`: an object is the text it was made from, taken apart again for each member.
//!
//! Not modelled: international host names in their ASCII form, UNC paths, hosts of `mailto`.

mod escape;
mod parse;
#[cfg(test)]
mod tests;

pub use escape::{escape_data, unescape};
pub(super) use escape::{escaped_byte, push_escaped};
pub use parse::{Problem, Uri};

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::value::Value;
use super::arguments::{int, optional_text, strings, text};
use super::{Table, call, constant};
use crate::policy::Text;

/// The tables of this family.
pub const TABLES: &[Table] = &[URI, PARTIAL, KIND];

const URI: Table = Table {
    class: Class::Uri,
    parameters: &[],
    rows: &[
        call("new(string uriString)", |machine, call| {
            let text = text(call, 0, "uriString")?;
            create(machine, &text)
        }),
        call("new(string uriString, UriKind uriKind)", new_of_kind),
        call("new(Uri baseUri, string relativeUri)", resolve),
        call("new(Uri baseUri, Uri relativeUri)", resolve),
        call("string AbsoluteUri { get; }", |machine, call| show(machine, call, Uri::absolute)),
        call("string AbsolutePath { get; }", |machine, call| show(machine, call, |uri| uri.path.clone())),
        call("string Authority { get; }", |machine, call| show(machine, call, Uri::authority)),
        call("string DnsSafeHost { get; }", |machine, call| {
            show(machine, call, |uri| uri.host.trim_matches(['[', ']']).to_owned())
        }),
        call("string Fragment { get; }", |machine, call| show(machine, call, |uri| uri.fragment.clone())),
        call("string Host { get; }", |machine, call| show(machine, call, |uri| uri.host.clone())),
        call("bool IsAbsoluteUri { get; }", |machine, call| {
            Ok(Value::Bool(Uri::parse(&original(machine, call.get(0))).is_ok()))
        }),
        call("bool IsDefaultPort { get; }", |machine, call| {
            Ok(Value::Bool(absolute(machine, call)?.is_default_port()))
        }),
        call("bool IsFile { get; }", |machine, call| {
            Ok(Value::Bool(absolute(machine, call)?.scheme == "file"))
        }),
        call("bool IsLoopback { get; }", |machine, call| {
            let host = absolute(machine, call)?.host;
            Ok(Value::Bool(matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]" | "loopback")))
        }),
        call("string LocalPath { get; }", |machine, call| {
            show(machine, call, |uri| unescape(&uri.path, true))
        }),
        call("string OriginalString { get; }", |machine, call| {
            Ok(Value::Str(original(machine, call.get(0))))
        }),
        call("string PathAndQuery { get; }", |machine, call| {
            show(machine, call, |uri| format!("{}{}", uri.path, uri.query))
        }),
        call("int Port { get; }", |machine, call| {
            let port = absolute(machine, call)?.port;
            Ok(Value::Int(port.and_then(|port| i32::try_from(port).ok()).unwrap_or(-1)))
        }),
        call("string Query { get; }", |machine, call| show(machine, call, |uri| uri.query.clone())),
        call("string Scheme { get; }", |machine, call| show(machine, call, |uri| uri.scheme.clone())),
        call("string[] Segments { get; }", |machine, call| {
            let segments = absolute(machine, call)?.segments();
            strings(machine, segments.into_iter().map(Text::from))
        }),
        call("string UserInfo { get; }", |machine, call| show(machine, call, |uri| uri.user.clone())),
        call("string GetLeftPart(UriPartial part)", left_part),
        call("bool IsBaseOf(Uri uri)", is_base_of),
        call("Uri MakeRelativeUri(Uri uri)", |_, _| Err(Fault::unsupported("Uri.MakeRelativeUri"))),
        call("string ToString()", |machine, call| {
            let text = display(&original(machine, call.get(0)));
            machine.text(text)
        }),
        call("bool Equals(object comparand)", |machine, call| {
            Ok(Value::Bool(equal(machine, call.get(0), call.get(1))))
        }),
        call("static bool operator ==(Uri uri1, Uri uri2)", |machine, call| {
            Ok(Value::Bool(equal(machine, call.get(0), call.get(1))))
        }),
        call("static bool operator !=(Uri uri1, Uri uri2)", |machine, call| {
            Ok(Value::Bool(!equal(machine, call.get(0), call.get(1))))
        }),
        call("static string EscapeDataString(string stringToEscape)", |machine, call| {
            let text = text(call, 0, "stringToEscape")?;
            machine.text(escape_data(&text))
        }),
        call("static string EscapeUriString(string stringToEscape)", |machine, call| {
            let text = text(call, 0, "stringToEscape")?;
            machine.text(escape::escape_uri(&text))
        }),
        call("static string UnescapeDataString(string stringToUnescape)", |machine, call| {
            let text = text(call, 0, "stringToUnescape")?;
            machine.text(unescape(&text, true))
        }),
        call("static bool TryCreate(string uriString, UriKind uriKind, out Uri result)", try_create),
        call("static bool TryCreate(Uri baseUri, string relativeUri, out Uri result)", try_resolve),
        call("static bool TryCreate(Uri baseUri, Uri relativeUri, out Uri result)", try_resolve),
        call("static bool IsWellFormedUriString(string uriString, UriKind uriKind)", is_well_formed),
        call("static bool CheckSchemeName(string schemeName)", |_, call| {
            let name = optional_text(call, 0).unwrap_or_default();
            let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic());
            let is_good = name.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
            Ok(Value::Bool(starts_well && is_good))
        }),
        call("static string SchemeDelimiter { get; }", |_, _| Ok("://".into())),
        call("static string UriSchemeHttp { get; }", |_, _| Ok("http".into())),
        call("static string UriSchemeHttps { get; }", |_, _| Ok("https".into())),
    ],
    denied: &[],
};

const PARTIAL: Table = Table {
    class: Class::UriPartial,
    parameters: &[],
    rows: &[constant("Scheme", 0), constant("Authority", 1), constant("Path", 2), constant("Query", 3)],
    denied: &[],
};

const KIND: Table = Table {
    class: Class::UriKind,
    parameters: &[],
    rows: &[constant("RelativeOrAbsolute", 0), constant("Absolute", 1), constant("Relative", 2)],
    denied: &[],
};

const ABSOLUTE: i32 = 1;
const RELATIVE: i32 = 2;

/// `new Uri(text)`
pub fn create(machine: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    Uri::parse(text).map_err(fault)?;
    add(machine, text)
}

/// `ToString()` of a `Uri` made from `original`.
pub fn display(original: &str) -> String {
    Uri::parse(original).map_or_else(|_| original.to_owned(), |uri| uri.display())
}

fn fault(problem: Problem) -> Fault {
    Fault::new(Class::UriFormatException, problem.message())
}

fn add(machine: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    machine.pay(text.len())?;
    machine.add(Object::Uri(Text::from(text.to_owned())))
}

fn original(machine: &Machine<'_, '_>, uri: &Value) -> Text {
    match machine.object(uri) {
        Some(Object::Uri(text)) => text.clone(),
        _ => Text::EMPTY,
    }
}

fn absolute(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Uri, Fault> {
    let text = original(machine, call.get(0));
    machine.spend(text.len() as u64)?;
    Uri::parse(&text).map_err(|_| {
        Fault::new(Class::InvalidOperationException, "This operation is not supported for a relative URI.")
    })
}

fn show(machine: &mut Machine<'_, '_>, call: &Call<'_>, read: fn(&Uri) -> String) -> Result<Value, Fault> {
    let uri = absolute(machine, call)?;
    machine.text(read(&uri))
}

fn new_of_kind(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = text(call, 0, "uriString")?;
    match (int(call, 1), Uri::parse(&text)) {
        (RELATIVE, Ok(_)) => Err(Fault::new(
            Class::UriFormatException,
            "A relative URI cannot be created because the 'uriString' parameter represents an absolute URI.",
        )),
        (ABSOLUTE, Err(problem)) => Err(fault(problem)),
        (_, Err(Problem::NoScheme | Problem::Empty) | Ok(_)) => add(machine, &text),
        (_, Err(problem)) => Err(fault(problem)),
    }
}

fn resolved(
    machine: &Machine<'_, '_>,
    base: &Value,
    relative: &Value,
) -> Result<Result<Uri, Problem>, Fault> {
    if *base == Value::Null {
        return Err(Fault::null_argument("baseUri"));
    }
    let relative = match relative {
        Value::Str(text) => text.clone(),
        Value::Null => Text::EMPTY,
        uri => original(machine, uri),
    };
    let Ok(base) = Uri::parse(&original(machine, base)) else {
        return Err(Fault::new(
            Class::ArgumentOutOfRangeException,
            "This operation is not supported for a relative URI. (Parameter 'baseUri')",
        ));
    };
    Ok(base.resolve(&relative))
}

fn resolve(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let uri = resolved(machine, call.get(0), call.get(1))?.map_err(fault)?;
    add(machine, &uri.absolute())
}

fn try_resolve(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let uri = resolved(machine, call.get(0), call.get(1)).ok().and_then(Result::ok);
    let value = match &uri {
        Some(uri) => add(machine, &uri.absolute())?,
        None => Value::Null,
    };
    machine.set_out(2, value);
    Ok(Value::Bool(uri.is_some()))
}

fn try_create(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = optional_text(call, 0);
    let is_good = text.as_deref().is_some_and(|text| match (int(call, 1), Uri::parse(text)) {
        (RELATIVE, parsed) => matches!(parsed, Err(Problem::NoScheme | Problem::Empty)),
        (ABSOLUTE, parsed) => parsed.is_ok(),
        (_, parsed) => matches!(parsed, Ok(_) | Err(Problem::NoScheme | Problem::Empty)),
    });
    let value = match text {
        Some(text) if is_good => add(machine, &text)?,
        _ => Value::Null,
    };
    machine.set_out(2, value);
    Ok(Value::Bool(is_good))
}

/// Well-formed: of the kind, and nothing in it would have to be escaped.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a row's function")]
fn is_well_formed(_: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let Some(text) = optional_text(call, 0) else { return Ok(Value::Bool(false)) };
    let is_absolute = match Uri::parse(&text) {
        Ok(_) => true,
        Err(Problem::NoScheme | Problem::Empty) => false,
        Err(_) => return Ok(Value::Bool(false)),
    };
    let is_of_kind = match int(call, 1) {
        ABSOLUTE => is_absolute,
        RELATIVE => !is_absolute,
        _ => true,
    };
    let without_host = text.replace(['[', ']'], "");
    Ok(Value::Bool(is_of_kind && escape::is_escaped(if is_absolute { &without_host } else { &text })))
}

fn left_part(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let uri = absolute(machine, call)?;
    let text = match int(call, 1) {
        0 => format!("{}:{}", uri.scheme, if uri.has_authority { "//" } else { "" }),
        1 if !uri.has_authority => String::new(),
        1 => uri.left(),
        2 => format!("{}{}", uri.left(), uri.path),
        _ => format!("{}{}{}", uri.left(), uri.path, uri.query),
    };
    machine.text(text)
}

fn is_base_of(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let base = absolute(machine, call)?;
    let Ok(other) = Uri::parse(&original(machine, call.get(1))) else { return Ok(Value::Bool(false)) };
    let folder = base.path.rsplit_once('/').map_or("/", |(folder, _)| folder);
    let is_same = base.scheme == other.scheme && base.authority() == other.authority();
    Ok(Value::Bool(is_same && other.path.starts_with(folder)))
}

/// Equal without regard to fragment and user.
pub fn equal(machine: &Machine<'_, '_>, a: &Value, b: &Value) -> bool {
    let key = |value: &Value| match machine.object(value) {
        Some(Object::Uri(text)) => Some(Uri::parse(text).map_or_else(
            |_| text.to_string(),
            |uri| format!("{}://{}{}{}", uri.scheme, uri.authority(), uri.path, uri.query),
        )),
        _ => None,
    };
    match (key(a), key(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}
