//! `Regex` and `RegexOptions`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, MAX_TEXT_BYTES, Machine};
use super::super::super::value::Value;
use super::super::arguments::{int, strings, text};
use super::super::{Table, call, constant};
use super::compiled::{Compiled, Units, byte_of, next_start};
use super::{RegexObject, escape, matches, replacement};
use crate::policy::Text;

pub(super) const REGEX: Table = Table {
    class: Class::Regex,
    parameters: &[],
    rows: &[
        call("new(string pattern)", new),
        call("new(string pattern, RegexOptions options)", new),
        call("new(string pattern, RegexOptions options, TimeSpan matchTimeout)", new),
        call("RegexOptions Options { get; }", |machine, call| {
            Ok(Value::Enum(Class::RegexOptions, own(machine, call)?.options))
        }),
        call("string ToString()", |machine, call| Ok(Value::Str(own(machine, call)?.pattern))),
        call("bool IsMatch(string input)", |machine, call| is_match(machine, call, Form::Own)),
        call("bool IsMatch(string input, int startat)", |machine, call| {
            is_match(machine, call, Form::OwnFrom)
        }),
        call("static bool IsMatch(string input, string pattern)", |machine, call| {
            is_match(machine, call, Form::Static)
        }),
        call("static bool IsMatch(string input, string pattern, RegexOptions options)", |machine, call| {
            is_match(machine, call, Form::StaticOptions)
        }),
        call(
            "static bool IsMatch(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)",
            |machine, call| is_match(machine, call, Form::StaticOptions),
        ),
        call("Match Match(string input)", |machine, call| first(machine, call, Form::Own)),
        call("Match Match(string input, int startat)", |machine, call| first(machine, call, Form::OwnFrom)),
        call("static Match Match(string input, string pattern)", |machine, call| {
            first(machine, call, Form::Static)
        }),
        call("static Match Match(string input, string pattern, RegexOptions options)", |machine, call| {
            first(machine, call, Form::StaticOptions)
        }),
        call(
            "static Match Match(string input, string pattern, RegexOptions options, TimeSpan matchTimeout)",
            |machine, call| first(machine, call, Form::StaticOptions),
        ),
        call("MatchCollection Matches(string input)", |machine, call| every(machine, call, Form::Own)),
        call("MatchCollection Matches(string input, int startat)", |machine, call| {
            every(machine, call, Form::OwnFrom)
        }),
        call("static MatchCollection Matches(string input, string pattern)", |machine, call| {
            every(machine, call, Form::Static)
        }),
        call(
            "static MatchCollection Matches(string input, string pattern, RegexOptions options)",
            |machine, call| every(machine, call, Form::StaticOptions),
        ),
        call("string Replace(string input, string replacement)", |machine, call| {
            replace(machine, call, Form::Own, 2, None)
        }),
        call("string Replace(string input, string replacement, int count)", |machine, call| {
            replace(machine, call, Form::Own, 2, Some(3))
        }),
        call("string Replace(string input, MatchEvaluator evaluator)", |machine, call| {
            replace(machine, call, Form::Own, 2, None)
        }),
        call("string Replace(string input, MatchEvaluator evaluator, int count)", |machine, call| {
            replace(machine, call, Form::Own, 2, Some(3))
        }),
        call("static string Replace(string input, string pattern, string replacement)", |machine, call| {
            replace(machine, call, Form::Static, 2, None)
        }),
        call(
            "static string Replace(string input, string pattern, string replacement, RegexOptions options)",
            |machine, call| replace(machine, call, Form::StaticOptionsLast, 2, None),
        ),
        call(
            "static string Replace(string input, string pattern, MatchEvaluator evaluator)",
            |machine, call| replace(machine, call, Form::Static, 2, None),
        ),
        call(
            "static string Replace(string input, string pattern, MatchEvaluator evaluator, \
             RegexOptions options)",
            |machine, call| replace(machine, call, Form::StaticOptionsLast, 2, None),
        ),
        call("string[] Split(string input)", |machine, call| split(machine, call, Form::Own, None)),
        call("string[] Split(string input, int count)", |machine, call| {
            split(machine, call, Form::Own, Some(2))
        }),
        call("static string[] Split(string input, string pattern)", |machine, call| {
            split(machine, call, Form::Static, None)
        }),
        call("static string[] Split(string input, string pattern, RegexOptions options)", |machine, call| {
            split(machine, call, Form::StaticOptions, None)
        }),
        call("static string Escape(string str)", |machine, call| {
            let text = text(call, 0, "str")?;
            machine.text(escape::escape(&text))
        }),
        call("static string Unescape(string str)", |machine, call| {
            let text = text(call, 0, "str")?;
            match escape::unescape(&text) {
                Ok(plain) => machine.text(plain),
                Err((at, what)) => Err(Fault::new(
                    Class::ArgumentException,
                    format!("Invalid pattern '{text}' at offset {at}. {what}"),
                )),
            }
        }),
        call("string[] GetGroupNames()", |machine, call| {
            let regex = own(machine, call)?;
            let compiled = Compiled::of(machine, &regex)?;
            strings(machine, compiled.groups().iter().map(|group| Text::from(group.name.clone())))
        }),
    ],
    denied: &["CompileToAssembly", "GetGroupNumbers", "GroupNameFromNumber", "GroupNumberFromName"],
};

pub(super) const OPTIONS: Table = Table {
    class: Class::RegexOptions,
    parameters: &[],
    rows: &[
        constant("None", 0),
        constant("IgnoreCase", 1),
        constant("Multiline", 2),
        constant("ExplicitCapture", 4),
        constant("Compiled", 8),
        constant("Singleline", 16),
        constant("IgnorePatternWhitespace", 32),
        constant("RightToLeft", 64),
        constant("ECMAScript", 256),
        constant("CultureInvariant", 512),
        constant("NonBacktracking", 1024),
    ],
    denied: &[],
};

/// Where pattern, options and start of a call are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `regex.M(input, ...)`
    Own,
    /// `regex.M(input, start)`
    OwnFrom,
    /// `Regex.M(input, pattern, ...)`
    Static,
    /// `Regex.M(input, pattern, options, ...)`
    StaticOptions,
    /// `Regex.M(input, pattern, something, options)`
    StaticOptionsLast,
}

/// What a call searches, with what, from which byte.
struct Search {
    regex: RegexObject,
    compiled: std::sync::Arc<Compiled>,
    input: Text,
    from: usize,
}

fn search(machine: &mut Machine<'_, '_>, call: &Call<'_>, form: Form) -> Result<Search, Fault> {
    let is_own = matches!(form, Form::Own | Form::OwnFrom);
    let input = text(call, usize::from(is_own), "input")?;
    let regex = if is_own {
        own(machine, call)?
    } else {
        let options = match form {
            Form::StaticOptions => int(call, 2),
            Form::StaticOptionsLast => int(call, 3),
            Form::Own | Form::OwnFrom | Form::Static => 0,
        };
        RegexObject { pattern: text(call, 1, "pattern")?, options }
    };
    let from = if form == Form::OwnFrom {
        let start = usize::try_from(int(call, 2)).ok();
        let length: usize = input.chars().map(char::len_utf16).sum();
        let start = start.filter(|start| *start <= length).ok_or_else(|| {
            Fault::new(
                Class::ArgumentOutOfRangeException,
                "Start index cannot be less than 0 or greater than input length. (Parameter 'startat')",
            )
        })?;
        byte_of(&input, start)
    } else {
        0
    };
    let compiled = Compiled::of(machine, &regex)?;
    Ok(Search { regex, compiled, input, from })
}

fn own(machine: &Machine<'_, '_>, call: &Call<'_>) -> Result<RegexObject, Fault> {
    match machine.object(call.get(0)) {
        Some(Object::Regex(regex)) => Ok(regex.clone()),
        _ => Err(Fault::null_reference()),
    }
}

fn new(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let regex = RegexObject { pattern: text(call, 0, "pattern")?, options: int(call, 1) };
    Compiled::of(machine, &regex)?;
    machine.add(Object::Regex(regex))
}

fn is_match(machine: &mut Machine<'_, '_>, call: &Call<'_>, form: Form) -> Result<Value, Fault> {
    let search = search(machine, call, form)?;
    let found = search.compiled.find(machine, &search.input, search.from)?;
    Ok(Value::Bool(found.is_some()))
}

fn first(machine: &mut Machine<'_, '_>, call: &Call<'_>, form: Form) -> Result<Value, Fault> {
    let search = search(machine, call, form)?;
    let found = search.compiled.find(machine, &search.input, search.from)?;
    let mut units = Units::new(&search.input);
    matches::make(machine, &search.regex, &search.input, found.as_deref(), &mut units)
}

fn every(machine: &mut Machine<'_, '_>, call: &Call<'_>, form: Form) -> Result<Value, Fault> {
    let search = search(machine, call, form)?;
    let mut units = Units::new(&search.input);
    let mut all = Vec::new();
    visit(machine, &search, |machine, found| {
        all.push(matches::make(machine, &search.regex, &search.input, Some(found), &mut units)?);
        Ok(true)
    })?;
    matches::all(machine, all)
}

/// The places of a match's groups, the whole match first.
type Found = [Option<(usize, usize)>];

/// Calls `see` with one match after the other, until it gives false.
fn visit(
    machine: &mut Machine<'_, '_>,
    search: &Search,
    mut see: impl FnMut(&mut Machine<'_, '_>, &Found) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    let mut from = Some(search.from);
    while let Some(start) = from {
        let Some(found) = search.compiled.find(machine, &search.input, start)? else { break };
        if !see(machine, &found)? {
            break;
        }
        let (start, end) = found.first().copied().flatten().unwrap_or((start, start));
        from = next_start(&search.input, start, end);
    }
    Ok(())
}

/// `count` matches at most; none given, or -1: all.
fn limit(call: &Call<'_>, index: Option<usize>) -> Result<usize, Fault> {
    match index.map(|index| int(call, index)) {
        None | Some(-1) => Ok(usize::MAX),
        Some(count) => usize::try_from(count).map_err(|_| {
            Fault::new(
                Class::ArgumentOutOfRangeException,
                "Count cannot be less than -1. (Parameter 'count')",
            )
        }),
    }
}

fn replace(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    form: Form,
    by: usize,
    count: Option<usize>,
) -> Result<Value, Fault> {
    let search = search(machine, call, form)?;
    let mut left = limit(call, count)?;
    let parts = match call.get(by) {
        Value::Str(text) => Some(replacement::parse(text, search.compiled.groups())),
        Value::Null => return Err(Fault::null_argument("replacement")),
        _ => None,
    };
    let mut units = Units::new(&search.input);
    let mut out = String::new();
    let mut done = 0_usize;
    visit(machine, &search, |machine, found| {
        if left == 0 {
            return Ok(false);
        }
        left = left.saturating_sub(1);
        let (start, end) = found.first().copied().flatten().unwrap_or((done, done));
        out.push_str(search.input.get(done..start).unwrap_or(""));
        done = end;
        let before = out.len();
        if let Some(parts) = &parts {
            replacement::expand(&mut out, parts, &search.input, found);
        } else {
            let found = matches::make(machine, &search.regex, &search.input, Some(found), &mut units)?;
            if let Value::Str(text) = machine.invoke(call.get(by), &[found])? {
                out.push_str(&text);
            }
        }
        machine.pay(out.len().saturating_sub(before))?;
        if out.len() > MAX_TEXT_BYTES {
            machine.pay(usize::MAX)?;
        }
        Ok(true)
    })?;
    if done == 0 && out.is_empty() && left == limit(call, count)? {
        return Ok(Value::Str(search.input));
    }
    out.push_str(search.input.get(done..).unwrap_or(""));
    machine.text(out)
}

fn split(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    form: Form,
    count: Option<usize>,
) -> Result<Value, Fault> {
    let search = search(machine, call, form)?;
    let mut left = match limit(call, count)? {
        0 => usize::MAX,
        pieces => pieces,
    };
    let mut pieces: Vec<Text> = Vec::new();
    let mut done = 0_usize;
    let piece = |machine: &mut Machine<'_, '_>, start: usize, end: usize| {
        machine.pay(end.saturating_sub(start).saturating_add(48))?;
        Ok::<_, Fault>(Text::from(search.input.get(start..end).unwrap_or("").to_owned()))
    };
    visit(machine, &search, |machine, found| {
        if left <= 1 {
            return Ok(false);
        }
        left = left.saturating_sub(1);
        let (start, end) = found.first().copied().flatten().unwrap_or((done, done));
        pieces.push(piece(machine, done, start)?);
        for (start, end) in found.iter().skip(1).copied().flatten() {
            pieces.push(piece(machine, start, end)?);
        }
        done = end;
        Ok(true)
    })?;
    pieces.push(piece(machine, done, search.input.len())?);
    strings(machine, pieces)
}
