//! Liquid templates of set-body, as far as they only put values in.
//!
//! Rules (set-body page)
//! - `{{ body.a.b }}` is a member of the body, which has to be JSON; `{{ context.X }}` a member of the context.
//!   A path that leads nowhere gives nothing.
//! - A template with tags (`{% ... %}`), filters or indices is not filled in: what comes out is a body whose
//!   text is not known.

use serde_json::Value;

/// A template in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiquidTemplate {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Body(Vec<String>),
    Context(String),
}

/// What a template is filled with.
#[derive(Clone, Debug, Default)]
pub struct LiquidValues<'a> {
    /// The body, if its text is known.
    pub body: Option<&'a str>,
    /// Members of the context by path, for example `Request.Method`.
    pub context: Vec<(&'static str, String)>,
}

impl LiquidTemplate {
    /// Reads a template; `None`: it does more than putting values in.
    pub fn read(text: &str) -> Option<Self> {
        if text.contains("{%") {
            return None;
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            pieces.push(Piece::Text(before.to_owned()));
            let (path, behind) = after.split_once("}}")?;
            let path = path.trim();
            let is_plain = !path.is_empty()
                && path.split('.').all(|part| {
                    !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
                });
            if !is_plain {
                return None;
            }
            let (root, members) = path.split_once('.').unwrap_or((path, ""));
            pieces.push(match root {
                "body" => Piece::Body(
                    members.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
                ),
                "context" => Piece::Context(members.to_owned()),
                _ => return None,
            });
            rest = behind;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Some(Self { pieces })
    }

    /// The text, or `None` when it depends on a body that is not known.
    pub fn fill(&self, values: &LiquidValues<'_>) -> Option<String> {
        let reads_body = self.pieces.iter().any(|piece| matches!(piece, Piece::Body(_)));
        let body = match values.body {
            Some(text) => serde_json::from_str(text).unwrap_or(Value::String(text.to_owned())),
            None if reads_body => return None,
            None => Value::Null,
        };
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Body(path) => {
                    let found = path.iter().try_fold(&body, |value, name| value.get(name));
                    match found {
                        None | Some(Value::Null) => {}
                        Some(Value::String(found)) => text.push_str(found),
                        Some(other) => text.push_str(&other.to_string()),
                    }
                }
                Piece::Context(path) => {
                    let found = values.context.iter().find(|(name, _)| name == path);
                    text.push_str(found.map_or("", |(_, value)| value.as_str()));
                }
            }
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_in() {
        let values = LiquidValues {
            body: Some(r#"{"a":{"b":"x"},"n":1,"z":null}"#),
            context: vec![("Request.Method", "POST".to_owned())],
        };
        for (template, expected) in [
            ("plain", "plain"),
            ("<m>{{ body.a.b }}</m>", "<m>x</m>"),
            ("{{body.n}}{{body.z}}{{body.none.x}}", "1"),
            ("{{context.Request.Method}}!", "POST!"),
            ("{{context.Nothing}}", ""),
        ] {
            let filled = LiquidTemplate::read(template).unwrap().fill(&values);
            assert_eq!(filled.as_deref(), Some(expected), "{template}");
        }
        let unknown = LiquidValues::default();
        assert_eq!(LiquidTemplate::read("{{body.a}}").unwrap().fill(&unknown), None);
        assert_eq!(LiquidTemplate::read("a").unwrap().fill(&unknown).as_deref(), Some("a"));
    }

    #[test]
    fn more_than_that_is_told_apart() {
        for template in [
            "{% if a %}x{% endif %}",
            "{{ body.a | upcase }}",
            "{{ body[0] }}",
            "{{ other }}",
            "{{ body.a",
            "{{}}",
        ] {
            assert_eq!(LiquidTemplate::read(template), None, "{template}");
        }
    }
}
