//! What a run was computed from, as one number.

use sha2::{Digest, Sha256};

use super::check::is_note;
use super::json::{Node, Value};

/// SHA-256 over parts, each after its length, so that moving bytes between parts changes the result.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds one part.
    pub(crate) fn part(&mut self, bytes: &[u8]) -> &mut Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.update(length.to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// The hash of all parts.
    pub(crate) fn finish(&self) -> [u8; 32] {
        self.0.clone().finalize().into()
    }

    /// Its first 16 hex digits.
    pub(crate) fn short(&self) -> String {
        let number = self.finish().iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        format!("{number:016x}")
    }
}

/// The tree as JSON text that is the same for equal content: names sorted, no space, notes left out,
/// numbers in one spelling.
pub(crate) fn canonical(node: &Node) -> String {
    let mut text = String::new();
    write(node, &mut text);
    text
}

fn write(node: &Node, text: &mut String) {
    match &node.value {
        Value::Null | Value::Unknown(_) => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&canonical_number(number)),
        Value::Text(value) => text.push_str(&quoted(value)),
        Value::Array(elements) => {
            text.push('[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                write(element, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().filter(|member| !is_note(member)).collect();
            sorted.sort_by(|a, b| a.name.cmp(&b.name));
            text.push('{');
            for (at, member) in sorted.into_iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&quoted(&member.name));
                text.push(':');
                write(&member.value, text);
            }
            text.push('}');
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `5`, `5.0` and `5e0` are one number; what is no finite number stays as written.
fn canonical_number(text: &str) -> String {
    if let Ok(whole) = text.parse::<u64>() {
        return whole.to_string();
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => {
            // Display of f64 is exact, shortest and the same everywhere; it writes whole numbers plainly.
            let plain = number.to_string();
            if plain == "-0" { "0".to_owned() } else { plain }
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::json::parse;
    use super::*;
    use crate::diagnostics::{Diagnostics, SourceId};

    #[test]
    fn equal_content_has_one_text() {
        let text = |json: &str| canonical(&parse(SourceId(0), json, &mut Diagnostics::new()).expect("JSON"));
        let expected = r#"{"a":[5,0.5],"b":{"x":null}}"#;
        assert_eq!(text(r#"{"a":[5,0.5],"b":{"x":null}}"#), expected);
        assert_eq!(
            text("{ \"note\": \"why\", \"b\": {\"x\": null, \"note\": \"\"}, // c\n \"a\": [5.0, 5e-1] }"),
            expected
        );
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let short = |parts: &[&str]| {
            let mut print = Fingerprint::default();
            for part in parts {
                print.part(part.as_bytes());
            }
            print.short()
        };
        assert_ne!(short(&["ab", "c"]), short(&["a", "bc"]));
        assert_ne!(short(&["ab"]), short(&["ab", ""]));
        // SHA-256 of nothing begins with these digits (FIPS 180-4 test vector).
        assert_eq!(short(&[]), "e3b0c44298fc1c14");
    }
}
