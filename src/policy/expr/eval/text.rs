//! Strings. Lengths and places count UTF-16 units, as in .NET. All searches are ordinal; .NET's default
//! for `IndexOf`, `StartsWith` and `EndsWith` is the culture of the server, which differs only for
//! characters that headers and reasons do not have. A surrogate pair cut in half becomes U+FFFD.

use super::super::ir::{AnyOp, ErrorField, Node, Op, Side, TextChange, TextOp, TextTest};
use super::super::types::Type;
use super::super::{Value, convert};
use super::{Env, Fault, MAX_TEXT_BYTES, fault};
use crate::diagnostics::Span;
use crate::policy::{HeaderValue, Headers, Text};

/// A string, copied only if it has to be.
pub(super) enum Chars<'e> {
    Shared(&'e Text),
    Piece(&'e str),
    Owned(Text),
}

impl Chars<'_> {
    #[inline]
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Shared(text) => text.as_str(),
            Self::Piece(text) => text,
            Self::Owned(text) => text.as_str(),
        }
    }

    pub(super) fn into_text(self) -> Text {
        match self {
            Self::Shared(text) => text.clone(),
            Self::Piece(text) => Text::from(std::sync::Arc::<str>::from(text)),
            Self::Owned(text) => text,
        }
    }
}

impl<'e> Env<'e> {
    /// A string or null.
    pub(super) fn text(&self, node: &'e Node) -> Result<Option<Chars<'e>>, Fault> {
        let span = node.span;
        match &node.op {
            Op::Constant(value) => shared(value, span),
            Op::Text(op) => self.text_op(op, span),
            Op::Any(AnyOp::Unbox(Type::String, object)) => match self.peek(object)? {
                Some(value) => shared(value, span),
                None => owned(self.value(object)?, span),
            },
            Op::Any(AnyOp::VariableOr(variable, Type::String, default)) => {
                match self.variable(variable, span)? {
                    Some(value) => shared(value, span),
                    None => self.text(default),
                }
            }
            Op::Any(AnyOp::If(condition, yes, no)) => self.text(if self.bool(condition)? { yes } else { no }),
            Op::Any(AnyOp::Coalesce(first, second)) => match self.text(first)? {
                Some(text) => Ok(Some(text)),
                None => self.text(second),
            },
            _ => match self.peek(node)? {
                Some(value) => shared(value, span),
                None => owned(self.value(node)?, span),
            },
        }
    }

    fn text_op(&self, op: &'e TextOp, span: Span) -> Result<Option<Chars<'e>>, Fault> {
        let scope = self.scope;
        Ok(Some(match op {
            TextOp::Reason => Chars::Shared(&self.response(span)?.reason),
            TextOp::Method => Chars::Shared(&scope.request.method),
            TextOp::UrlPath => {
                let path = scope.request.path.as_str();
                Chars::Piece(path.split_once('?').map_or(path, |(path, _)| path))
            }
            TextOp::UrlQuery => {
                let path = scope.request.path.as_str();
                Chars::Piece(path.find('?').and_then(|at| path.get(at..)).unwrap_or(""))
            }
            TextOp::LastError(field) => {
                let error = self.last_error(span)?;
                match field {
                    ErrorField::Source => Chars::Shared(&error.source),
                    ErrorField::Reason => Chars::Shared(&error.reason),
                    ErrorField::Message => Chars::Shared(&error.message),
                    ErrorField::Section => Chars::Piece(error.section.name()),
                    ErrorField::Path => Chars::Shared(&error.path),
                    ErrorField::PolicyId => Chars::Shared(&error.policy_id),
                }
            }
            TextOp::Header(side, name, default) => return self.header(*side, name, default.as_deref(), span),
            TextOp::Concat(parts) => {
                let mut buffer = Buffer::new(span);
                for part in parts {
                    self.append(part, &mut buffer)?;
                }
                Chars::Owned(buffer.finish())
            }
            TextOp::Change(change, a) => {
                let text = self.text(a)?.ok_or_else(|| fault::null_reference(span))?;
                match change {
                    TextChange::Trim => match text {
                        Chars::Piece(text) => Chars::Piece(text.trim()),
                        other => Chars::Owned(Text::from(other.as_str().trim().to_owned())),
                    },
                    TextChange::Lower => Chars::Owned(Text::from(mapped(text.as_str(), lower))),
                    TextChange::Upper => Chars::Owned(Text::from(mapped(text.as_str(), upper))),
                }
            }
            TextOp::Substring(a, start, length) => {
                let text = self.text(a)?.ok_or_else(|| fault::null_reference(span))?;
                let start = self.int(start)?;
                let length = length.as_deref().map(|n| self.int(n)).transpose()?;
                let piece = substring(text.as_str(), start, length)
                    .ok_or_else(|| fault::out_of_range("Index or length", span))?;
                Chars::Owned(Text::from(piece))
            }
            TextOp::Replace(a, from, to) => {
                let text = self.text(a)?.ok_or_else(|| fault::null_reference(span))?;
                let from = self.text(from)?.ok_or_else(|| fault::null_argument(span))?;
                let to = self.text(to)?;
                let to = to.as_ref().map_or("", Chars::as_str);
                Chars::Owned(replace(text.as_str(), from.as_str(), to, span)?)
            }
            TextOp::Format(a) => self.with(a, |value| match value {
                Value::Null => Err(fault::null_reference(span)),
                value => Ok(Chars::Owned(convert::format(value))),
            })??,
            TextOp::Convert(a) => self.with(a, |value| Chars::Owned(convert::format(value)))?,
            TextOp::Element(array, index) => {
                let index = self.int(index)?;
                let element = self.with(array, |array| match array {
                    Value::Strings(values) => {
                        Ok(usize::try_from(index).ok().and_then(|i| values.get(i)).cloned())
                    }
                    _ => Err(fault::null_reference(span)),
                })??;
                Chars::Owned(element.ok_or_else(|| fault::out_of_range("Index", span))?)
            }
        }))
    }

    fn header(
        &self,
        side: Side,
        name: &'e Node,
        default: Option<&'e Node>,
        span: Span,
    ) -> Result<Option<Chars<'e>>, Fault> {
        let headers = self.headers(side, span)?;
        let name = self.text(name)?.ok_or_else(|| fault::null_argument(span))?;
        let mut values = named(headers, name.as_str());
        match (values.next(), values.next()) {
            (None, _) => default.map_or(Ok(None), |default| self.text(default)),
            (Some(HeaderValue::Text(text)), None) => Ok(Some(Chars::Shared(text))),
            _ => Ok(headers.joined(name.as_str()).map(Chars::Owned)),
        }
    }

    /// Adds a value to a string: null adds nothing.
    fn append(&self, part: &'e Node, buffer: &mut Buffer) -> Result<(), Fault> {
        match &part.op {
            Op::Text(_)
            | Op::Constant(Value::Str(_))
            | Op::Any(AnyOp::Unbox(Type::String, _) | AnyOp::VariableOr(_, Type::String, _)) => {
                match self.text(part)? {
                    Some(text) => buffer.push(text.as_str()),
                    None => Ok(()),
                }
            }
            Op::Int(_) => buffer.push_number(i64::from(self.int(part)?)),
            _ => self.with(part, |value| match value {
                Value::Str(text) => buffer.push(text),
                value => buffer.push(&convert::format(value)),
            })?,
        }
    }
}

/// The values of a header. (The method of `Headers` ties the name to the life of the headers.)
pub(super) fn named<'h>(headers: &'h Headers, name: &str) -> impl Iterator<Item = &'h HeaderValue> {
    headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| &header.value)
}

fn shared(value: &Value, span: Span) -> Result<Option<Chars<'_>>, Fault> {
    match value {
        Value::Null => Ok(None),
        Value::Str(text) => Ok(Some(Chars::Shared(text))),
        other => Err(fault::invalid_cast(other, Type::String, span)),
    }
}

fn owned<'e>(value: Value, span: Span) -> Result<Option<Chars<'e>>, Fault> {
    match value {
        Value::Null => Ok(None),
        Value::Str(text) => Ok(Some(Chars::Owned(text))),
        other => Err(fault::invalid_cast(&other, Type::String, span)),
    }
}

const SMALL_BYTES: usize = 256;

/// Collects a string. Short ones are put together on the stack, so that only the result is allocated.
struct Buffer {
    small: [u8; SMALL_BYTES],
    length: usize,
    large: String,
    span: Span,
}

impl Buffer {
    const fn new(span: Span) -> Self {
        Self { small: [0; SMALL_BYTES], length: 0, large: String::new(), span }
    }

    fn push(&mut self, text: &str) -> Result<(), Fault> {
        let end = self.length.saturating_add(text.len());
        if self.large.is_empty()
            && let Some(place) = self.small.get_mut(self.length..end)
        {
            place.copy_from_slice(text.as_bytes());
            self.length = end;
            return Ok(());
        }
        if self.large.is_empty() {
            self.large.reserve(end.saturating_mul(2));
            let small = self.small_text().to_owned();
            self.large.push_str(&small);
        }
        if self.large.len().saturating_add(text.len()) > MAX_TEXT_BYTES {
            return Err(fault::too_long(self.span));
        }
        self.large.push_str(text);
        Ok(())
    }

    fn push_number(&mut self, number: i64) -> Result<(), Fault> {
        self.push(&number.to_string())
    }

    fn small_text(&self) -> &str {
        self.small.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }

    fn finish(self) -> Text {
        if self.large.is_empty() {
            Text::from(std::sync::Arc::<str>::from(self.small_text()))
        } else {
            Text::from(self.large)
        }
    }
}

/// Case mapping of one character to one character, as .NET has it (`ß` stays as it is).
fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => upper,
        _ => c,
    }
}

fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(lower), None) => lower,
        _ => c,
    }
}

fn mapped(text: &str, map: fn(char) -> char) -> String {
    text.chars().map(map).collect()
}

pub(super) fn same_ignoring_case(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().map(upper).eq(b.chars().map(upper))
}

#[inline]
pub(super) fn test(test: TextTest, text: &str, part: &str, ignore_case: bool) -> bool {
    if !ignore_case {
        return match test {
            TextTest::Contains => text.contains(part),
            TextTest::StartsWith => text.starts_with(part),
            TextTest::EndsWith => text.ends_with(part),
            TextTest::Equals => text == part,
        };
    }
    match test {
        TextTest::Contains => mapped(text, upper).contains(&mapped(part, upper)),
        TextTest::StartsWith => mapped(text, upper).starts_with(&mapped(part, upper)),
        TextTest::EndsWith => mapped(text, upper).ends_with(&mapped(part, upper)),
        TextTest::Equals => same_ignoring_case(text, part),
    }
}

pub(super) fn utf16_length(text: &str) -> i32 {
    let length = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
    i32::try_from(length).unwrap_or(i32::MAX)
}

pub(super) fn index_of(text: &str, part: &str, ignore_case: bool) -> i32 {
    let find =
        |text: &str, part: &str| text.find(part).map_or(-1, |at| utf16_length(text.get(..at).unwrap_or("")));
    if ignore_case { find(&mapped(text, upper), &mapped(part, upper)) } else { find(text, part) }
}

fn substring(text: &str, start: i32, length: Option<i32>) -> Option<String> {
    let start = usize::try_from(start).ok()?;
    let end = match length {
        Some(length) => Some(start.checked_add(usize::try_from(length).ok()?)?),
        None => None,
    };
    if text.is_ascii() {
        return text.get(start..end.unwrap_or(text.len())).map(str::to_owned);
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    units.get(start..end.unwrap_or(units.len())).map(String::from_utf16_lossy)
}

fn replace(text: &str, from: &str, to: &str, span: Span) -> Result<Text, Fault> {
    if from.is_empty() {
        return Err(fault::out_of_range("The empty string", span));
    }
    let count = text.matches(from).count();
    let removed = count.saturating_mul(from.len());
    let length = text.len().saturating_sub(removed).saturating_add(count.saturating_mul(to.len()));
    if length > MAX_TEXT_BYTES {
        return Err(fault::too_long(span));
    }
    Ok(Text::from(text.replace(from, to)))
}
