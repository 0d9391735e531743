//! Remains of templates: places that a deployment script would have filled in.
//!
//! Known are `${x}` (Terraform, Bicep), `%{ if x }` (Terraform), `#{x}#` and `__x__` (pipelines), `{x}` as a
//! whole value, `$(x)`, `@@x@@` and `RETRY_COUNT` where a number has to stand (scripts that replace words).
//! They are opaque text. What `{{x}}` is has rules of its own: that is a named value.

use super::blank::blank_bytes;

/// Longest piece that is taken for a template directive, in bytes.
pub(super) const MAX_DIRECTIVE_BYTES: usize = 256;

/// Attributes that hold a number or a truth value: a word in capitals there is to be replaced.
const PLAIN_ATTRIBUTES: &[&str] = &[
    "backend-id",
    "bandwidth",
    "base-url",
    "buffer-request-body",
    "buffer-response",
    "calls",
    "code",
    "count",
    "delta",
    "duration",
    "estimate-prompt-tokens",
    "failed-check-httpcode",
    "failed-validation-httpcode",
    "first-fast-retry",
    "fragment-id",
    "ignore-error",
    "interval",
    "max-count",
    "max-interval",
    "renewal-period",
    "timeout",
    "timeout-ms",
    "token-quota",
    "token-quota-period",
    "tokens-per-minute",
];

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// The value of this attribute.
    Attribute(&'a str),
    /// Between tags.
    Content,
}

/// The leftovers in `text`, in order.
pub(super) fn find(text: &str, is_expression: bool, place: Place<'_>) -> Vec<(usize, usize)> {
    if !is_expression && let Some(whole) = whole(text, place) {
        return vec![whole];
    }
    // `$"{x}"` is C#, and so is `$"${x}"`.
    let interpolates =
        is_expression && text.contains('$') && ["$\"", "$@\"", "@$\""].iter().any(|mark| text.contains(mark));
    let mut found = Vec::new();
    let mut at = 0_usize;
    let is_mark = |byte: &u8| matches!(byte, b'$' | b'%' | b'#' | b'_');
    while let Some(step) = text.as_bytes().get(at..).and_then(|rest| rest.iter().position(is_mark)) {
        let start = at.saturating_add(step);
        let rest = text.get(start..).unwrap_or("");
        let length = if rest.starts_with("__") {
            let joined = text.get(..start).is_some_and(|before| before.ends_with(is_word));
            if joined { None } else { token(rest) }
        } else if rest.starts_with('$') && interpolates {
            None
        } else {
            directive(rest)
        };
        if let Some(length) = length {
            found.push((start, start.saturating_add(length)));
        }
        // A run of underscores is passed at once.
        let skipped = rest.bytes().take_while(|byte| *byte == b'_').count().max(1);
        at = start.saturating_add(length.unwrap_or(skipped));
    }
    found
}

/// Bytes of the directive that `text` begins with: `${x}`, `%{ if x }`, `#{x}#`.
pub(super) fn directive(text: &str) -> Option<usize> {
    let inner = text.get(2..)?;
    let line = inner.bytes().take(MAX_DIRECTIVE_BYTES).position(|b| b == b'\n' || b == b'\r');
    let limit = line.unwrap_or_else(|| inner.len().min(MAX_DIRECTIVE_BYTES));
    let length = closing_brace(inner.as_bytes().get(..limit)?)?;
    let inside = inner.get(..length)?;
    let whole = length.saturating_add(3);
    match text.get(..2)? {
        "${" if !inside.trim().is_empty() => Some(whole),
        "%{" => {
            let word = inside.trim_start_matches(['~', ' ', '\t']);
            ["if", "else", "endif", "for", "endfor"].iter().any(|k| word.starts_with(k)).then_some(whole)
        }
        "#{" if text.get(whole..).is_some_and(|after| after.starts_with('#')) => {
            inside.chars().all(|c| is_word(c) || " .-".contains(c)).then(|| whole.saturating_add(1))
        }
        _ => None,
    }
}

/// Whether a directive begins in the last line of `text[..end]` and reaches over the `<` at `end`: where it
/// ends. It holds no tags.
pub(super) fn directive_across(text: &str, end: usize) -> Option<usize> {
    let before = text.get(..end)?;
    let line = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let last = before.get(line..).filter(|last| last.contains('{'))?;
    let start = line.saturating_add(last.rfind("%{").max(last.rfind("${"))?);
    let length = directive(text.get(start..)?)?;
    let stop = start.saturating_add(length);
    let over = text.get(end..stop)?;
    let tag = |after: &str| after.starts_with(|c: char| c.is_alphabetic() || "_/!?".contains(c));
    (!over.split('<').skip(1).any(tag)).then_some(stop)
}

fn closing_brace(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' => depth = depth.saturating_add(1),
            b'}' if depth == 0 => return Some(at),
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// `__name__`.
fn token(text: &str) -> Option<usize> {
    let name = text.get(2..)?;
    let end = name
        .bytes()
        .take(MAX_DIRECTIVE_BYTES)
        .position(|b| !is_word(char::from(b)))
        .unwrap_or_else(|| name.len().min(MAX_DIRECTIVE_BYTES));
    let inner = name.get(..end)?.strip_suffix("__")?;
    let is_name = inner.starts_with(|c: char| c.is_ascii_alphabetic());
    is_name.then(|| end.saturating_add(2))
}

/// `{name}` and `RETRY_COUNT`.
fn whole(text: &str, place: Place<'_>) -> Option<(usize, usize)> {
    let trimmed = text.trim();
    let start = blank_bytes(text);
    let range = (start, start.saturating_add(trimmed.len()));
    // `{{ name }}`: a named value has no white space in it.
    if let (Place::Attribute(_), Some(name)) =
        (place, trimmed.strip_prefix("{{").and_then(|t| t.strip_suffix("}}")))
    {
        let inner = name.trim();
        let is_name = inner.len() < name.len()
            && inner.starts_with(|c: char| c.is_ascii_alphabetic())
            && inner.chars().all(|c| is_word(c) || c == '-' || c == '.');
        return is_name.then_some(range);
    }
    if let Some(name) = trimmed.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
        let is_plain = matches!(place, Place::Attribute(name) if PLAIN_ATTRIBUTES.contains(&name));
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || is_plain && c.is_ascii_digit())
            && name.chars().all(|c| is_word(c) || c == '-' || c == '.');
        return is_name.then_some(range);
    }
    let Place::Attribute(attribute) = place else { return None };
    if !PLAIN_ATTRIBUTES.contains(&attribute) {
        return None;
    }
    for (opener, closer) in [("$(", ")"), ("@@", "@@")] {
        if let Some(name) = trimmed.strip_prefix(opener).and_then(|t| t.strip_suffix(closer)) {
            let is_name = !name.is_empty() && name.chars().all(|c| is_word(c) || c == '-' || c == '.');
            return is_name.then_some(range);
        }
    }
    // What names something may be one word in capitals.
    let is_split = trimmed.contains('_') || !matches!(attribute, "backend-id" | "base-url" | "fragment-id");
    let is_word = is_split
        && !matches!(trimmed, "TRUE" | "FALSE")
        && trimmed.starts_with(|c: char| c.is_ascii_uppercase())
        && trimmed.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    is_word.then_some(range)
}

const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_scripts_would_have_filled_in() {
        let attribute = Place::Attribute;
        for (text, expression, place, expected) in [
            ("${backend_id}", false, attribute("backend-id"), vec!["${backend_id}"]),
            ("https://${a}.x/${b}", false, attribute("base-url"), vec!["${a}", "${b}"]),
            ("{backend-id}", false, attribute("backend-id"), vec!["{backend-id}"]),
            ("RETRY_COUNT", false, attribute("count"), vec!["RETRY_COUNT"]),
            ("RETRY_COUNT", false, attribute("name"), vec![]),
            ("TIMEOUT", false, attribute("timeout"), vec!["TIMEOUT"]),
            ("TRUE", false, attribute("first-fast-retry"), vec![]),
            ("POOL", false, attribute("backend-id"), vec![]),
            ("$(calls)", false, attribute("calls"), vec!["$(calls)"]),
            ("@@calls@@", false, attribute("calls"), vec!["@@calls@@"]),
            ("$(calls)", false, attribute("value"), vec![]),
            ("{0}", false, attribute("calls"), vec!["{0}"]),
            ("{{ backend.id }}", false, attribute("backend-id"), vec!["{{ backend.id }}"]),
            ("{{ body.id }}", false, Place::Content, vec![]),
            ("pool", false, attribute("backend-id"), vec![]),
            ("#{token}#", false, Place::Content, vec!["#{token}#"]),
            ("#{token}", false, Place::Content, vec![]),
            ("__token__", false, Place::Content, vec!["__token__"]),
            ("a__b__c", false, Place::Content, vec![]),
            ("____", false, Place::Content, vec![]),
            ("%{ if a ~}\n%{~ endif }", false, Place::Content, vec!["%{ if a ~}", "%{~ endif }"]),
            ("%{ x }", false, Place::Content, vec![]),
            ("{\"a\": 1}", false, Place::Content, vec![]),
            ("/orders/{id}", false, attribute("template"), vec![]),
            ("@(a == \"${x}\")", true, attribute("condition"), vec!["${x}"]),
            ("@($\"${x}\")", true, attribute("condition"), vec![]),
            ("{{a}}", false, attribute("count"), vec![]),
            ("$ {a} 5 % {b}", false, Place::Content, vec![]),
        ] {
            let found: Vec<&str> = find(text, expression, place)
                .into_iter()
                .map(|(start, end)| text.get(start..end).unwrap())
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn long_texts_are_passed_once() {
        for piece in ["__a", "_", "${", "%{ if ", "#{a"] {
            let text = piece.repeat(100_000);
            assert_eq!(find(&text, false, Place::Content), [], "{piece}");
        }
    }
}
