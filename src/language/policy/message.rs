//! What a policy sees of a request, a response and an error.
//!
//! Header names are case-insensitive. A message shares its first headers with all messages of its kind
//! and keeps only the changes for itself, so that a simulated request copies nothing. Bodies are known
//! by presence and, where a policy wrote them, by text: what a model answers is not modelled.

use std::sync::Arc;

use super::{PolicyScope, Section, Text};
use crate::units::StatusCode;

/// The value of one header.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HeaderValue {
    /// Characters.
    Text(Text),
    /// A decimal number, written out only when somebody reads it.
    Number(u64),
}

impl HeaderValue {
    /// The value as sent.
    pub fn to_text(&self) -> Text {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => Text::from(number.to_string()),
        }
    }
}

/// One header as sent or received.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Name, in the case it was written in.
    pub name: Text,
    /// Value.
    pub value: HeaderValue,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Edit {
    Add(Header),
    Remove(Text),
}

/// The headers of a message: a shared list and the changes made to it since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Headers {
    base: Option<Arc<[Header]>>,
    edits: Vec<Edit>,
}

impl Headers {
    /// Headers that start as `base`.
    pub fn shared(base: Arc<[Header]>) -> Self {
        Self { base: Some(base), edits: Vec::new() }
    }

    /// Back to `base`, keeping memory for changes. Costs no counting when it was the base before.
    pub fn reset(&mut self, base: Option<&Arc<[Header]>>) {
        let is_same = match (&self.base, base) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !is_same {
            self.base = base.map(Arc::clone);
        }
        self.edits.clear();
    }

    /// Replaces all values of `name` by `value`.
    pub fn set(&mut self, name: Text, value: HeaderValue) {
        if self.contains(&name) {
            self.remove(name.clone());
        }
        self.append(name, value);
    }

    /// Adds one more value of `name`.
    pub fn append(&mut self, name: Text, value: HeaderValue) {
        self.edits.push(Edit::Add(Header { name, value }));
    }

    /// Removes all values of `name`.
    pub fn remove(&mut self, name: Text) {
        self.edits.push(Edit::Remove(name));
    }

    /// Whether there is a header called `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.values(name).next().is_some()
    }

    /// All values of `name` in order.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a HeaderValue> {
        self.iter().filter(move |h| h.name.eq_ignore_ascii_case(name)).map(|h| &h.value)
    }

    /// The values of `name` joined by commas, as `GetValueOrDefault` gives them; `None` without any.
    pub fn joined(&self, name: &str) -> Option<Text> {
        let mut values = self.values(name);
        let first = values.next()?.to_text();
        let Some(second) = values.next() else { return Some(first) };
        let mut joined = format!("{first},{}", second.to_text());
        for value in values {
            joined.push(',');
            joined.push_str(&value.to_text());
        }
        Some(Text::from(joined))
    }

    /// All headers in force, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Header> {
        let base = self.base.iter().flat_map(|b| b.iter());
        let kept = base.filter(|h| !self.removed_from(0, &h.name));
        let added = self.edits.iter().enumerate().filter_map(|(at, edit)| match edit {
            Edit::Add(header) if !self.removed_from(at, &header.name) => Some(header),
            Edit::Add(_) | Edit::Remove(_) => None,
        });
        kept.chain(added)
    }

    fn removed_from(&self, at: usize, name: &str) -> bool {
        let later = self.edits.get(at..).unwrap_or(&[]);
        later.iter().any(|edit| matches!(edit, Edit::Remove(n) if n.eq_ignore_ascii_case(name)))
    }
}

/// What is known of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Body {
    /// There is none.
    #[default]
    Absent,
    /// There is one; its bytes are not modelled.
    Opaque,
    /// Known by its characters.
    Text(Text),
    /// Read by an expression without `preserveContent`: nothing is left.
    Consumed,
}

/// `context.Request`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Request {
    /// HTTP method.
    pub method: Text,
    /// Path and query of the operation below the service URL, beginning with `/`.
    pub path: Text,
    /// Headers.
    pub headers: Headers,
    /// Body.
    pub body: Body,
}

/// `context.Response`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Response {
    /// Status code.
    pub status: StatusCode,
    /// Status reason.
    pub reason: Text,
    /// Headers.
    pub headers: Headers,
    /// Body.
    pub body: Body,
}

impl Response {
    /// A response with the usual reason phrase and nothing else.
    pub fn plain(status: StatusCode) -> Self {
        Self {
            status,
            reason: Text::Static(status.reason()),
            headers: Headers::default(),
            body: Body::Absent,
        }
    }
}

/// `context.LastError` (error handling page of the policy documentation).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LastError {
    /// Policy that failed, for example `forward-request`.
    pub source: Text,
    /// Machine-readable reason, for example `Timeout`.
    pub reason: Text,
    /// Message for people.
    pub message: Text,
    /// Scope of the policy.
    pub scope: PolicyScope,
    /// Section it happened in.
    pub section: Section,
    /// Place in the section, for example `choose[3]/when[2]`.
    pub path: Text,
    /// `id` attribute of the policy, or empty.
    pub policy_id: Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(headers: &Headers, name: &str) -> Option<String> {
        headers.joined(name).map(|t| t.to_string())
    }

    #[test]
    fn edits_apply_in_order_and_ignore_case() {
        let base: Arc<[Header]> =
            Arc::from([Header { name: "Retry-After".into(), value: HeaderValue::Number(5) }]);
        let mut headers = Headers::shared(base);
        assert_eq!(text(&headers, "retry-after").as_deref(), Some("5"));
        headers.append("RETRY-AFTER".into(), HeaderValue::Number(6));
        assert_eq!(text(&headers, "Retry-After").as_deref(), Some("5,6"));
        headers.set("retry-after".into(), HeaderValue::Text("7".into()));
        assert_eq!(text(&headers, "Retry-After").as_deref(), Some("7"));
        headers.remove("Retry-after".into());
        assert!(!headers.contains("Retry-After"));
        headers.append("Retry-After".into(), HeaderValue::Number(8));
        assert_eq!(text(&headers, "Retry-After").as_deref(), Some("8"));
        assert_eq!(headers.iter().count(), 1);
    }
}
