//! Paths and queries: rewrite-uri and set-query-parameter.
//!
//! Rules (rewrite-uri and set-query-parameter pages)
//! - Parameters compare by name, with case, percent signs decoded.
//! - A template is filled with the parameters of the operation's template and with those of the query; what
//!   it names is used up. With `copy-unmatched-params` the rest of the query stays, in its order, behind that
//!   of the template.
//! - A name that is in neither stays as it is written.

/// How a query is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryEdit {
    /// Replace.
    Override,
    /// Leave alone what is there.
    Skip,
    /// Add.
    Append,
    /// Remove.
    Delete,
}

/// The path of `path?query`.
pub fn without_query(target: &str) -> &str {
    target.split('?').next().unwrap_or("")
}

fn query(target: &str) -> &str {
    target.split_once('?').map_or("", |(_, query)| query)
}

fn pieces(target: &str) -> impl Iterator<Item = (String, &str)> {
    query(target).split('&').filter(|piece| !piece.is_empty()).map(|piece| {
        let name = piece.split('=').next().unwrap_or("");
        (decode(name), piece)
    })
}

/// The first value of a query parameter, decoded.
pub fn query_value(target: &str, name: &str) -> Option<String> {
    let (_, piece) = pieces(target).find(|(found, _)| found == name)?;
    Some(decode(piece.split_once('=').map_or("", |(_, value)| value)))
}

/// `target` with a query parameter changed.
pub fn edit_query(target: &str, name: &str, edit: QueryEdit, values: &[&str]) -> String {
    let is_there = pieces(target).any(|(found, _)| found == name);
    if edit == QueryEdit::Skip && is_there {
        return target.to_owned();
    }
    let keeps = edit == QueryEdit::Append;
    let kept = pieces(target).filter(|(found, _)| keeps || found != name).map(|(_, piece)| piece.to_owned());
    let mut all: Vec<String> = kept.collect();
    if edit != QueryEdit::Delete {
        all.extend(values.iter().map(|value| format!("{}={}", encode(name), encode(value))));
    }
    join(without_query(target), &all)
}

fn join(path: &str, pieces: &[String]) -> String {
    if pieces.is_empty() { path.to_owned() } else { format!("{path}?{}", pieces.join("&")) }
}

/// The target that a template gives for `target`.
pub fn rewrite_template<'a>(
    template: &str,
    target: &str,
    parameters: impl Fn(&str) -> Option<&'a str>,
    copy_unmatched: bool,
) -> String {
    let mut used: Vec<String> = Vec::new();
    let mut filled = String::new();
    let mut rest = template.trim();
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        let plain = name.trim().trim_start_matches('*');
        if let Some(value) = parameters(plain) {
            filled.push_str(value);
        } else if let Some(value) = query_value(target, plain) {
            filled.push_str(&encode(&value));
            used.push(plain.to_owned());
        } else {
            filled.push('{');
            filled.push_str(name);
            filled.push('}');
        }
        rest = behind;
    }
    filled.push_str(rest);
    if !filled.starts_with('/') && !filled.contains("://") {
        filled.insert(0, '/');
    }
    if !copy_unmatched {
        return filled;
    }
    let mut all: Vec<String> = pieces(&filled).map(|(_, piece)| piece.to_owned()).collect();
    let own: Vec<String> = pieces(&filled).map(|(name, _)| name).collect();
    let unmatched = pieces(target).filter(|(name, _)| !used.contains(name) && !own.contains(name));
    all.extend(unmatched.map(|(_, piece)| piece.to_owned()));
    join(without_query(&filled), &all)
}

/// The parameters that the template of an operation finds in a path. A `*` segment takes the rest.
pub fn match_parameters(template: &str, target: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut segments = without_query(target).trim_matches('/').split('/');
    for part in without_query(template).trim_matches('/').split('/') {
        let Some(segment) = segments.next() else { break };
        let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else { continue };
        if let Some(name) = name.strip_prefix('*') {
            let mut all = vec![segment];
            all.extend(segments.by_ref());
            found.push((name.to_owned(), all.join("/")));
        } else {
            found.push((name.to_owned(), segment.to_owned()));
        }
    }
    found
}

/// A text with `%xx` decoded and `+` as a space.
fn decode(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let code = match byte {
            b'%' => match (ahead.next().and_then(hex), ahead.next().and_then(hex)) {
                (Some(high), Some(low)) => Some(high << 4 | low),
                _ => None,
            },
            _ => None,
        };
        if let Some(code) = code {
            bytes.push(code);
            rest = ahead;
        } else {
            bytes.push(if byte == b'+' { b' ' } else { byte });
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A text as a part of a query: everything but unreserved characters (RFC 3986 section 2.3) and those that
/// a query may hold as they are.
fn encode(text: &str) -> String {
    let mut coded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/,;@!*()$'".contains(&byte) {
            coded.push(char::from(byte));
        } else {
            coded.push_str(&format!("%{byte:02X}"));
        }
    }
    coded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_edited() {
        use QueryEdit::{Append, Delete, Override, Skip};
        for (target, edit, values, expected) in [
            ("/a", Override, &["1"][..], "/a?x=1"),
            ("/a?", Override, &["1"], "/a?x=1"),
            ("/a?x=0&y=2", Override, &["1"], "/a?y=2&x=1"),
            ("/a?x=0&x=9", Override, &["1", "2"], "/a?x=1&x=2"),
            ("/a?x=0", Skip, &["1"], "/a?x=0"),
            ("/a?y=0", Skip, &["1"], "/a?y=0&x=1"),
            ("/a?x=0", Append, &["1"], "/a?x=0&x=1"),
            ("/a?x=0&y=1", Delete, &[], "/a?y=1"),
            ("/a?x=0", Delete, &[], "/a"),
            ("/a?X=0", Delete, &[], "/a?X=0"),
            ("/a?%78=0", Delete, &[], "/a"),
            ("/a", Override, &["b c&d"], "/a?x=b%20c%26d"),
        ] {
            assert_eq!(edit_query(target, "x", edit, values), expected, "{target} {edit:?}");
        }
    }

    #[test]
    fn templates_are_filled() {
        let parameters = |name: &str| (name == "id").then_some("7");
        for (template, target, copy, expected) in [
            ("/x/{id}", "/a?y=1", true, "/x/7?y=1"),
            ("/x/{id}", "/a?y=1", false, "/x/7"),
            ("x", "/a", true, "/x"),
            ("/x?b={y}", "/a?y=1&z=2", true, "/x?b=1&z=2"),
            ("/x?z=9", "/a?y=1&z=2", true, "/x?z=9&y=1"),
            ("/x/{none}", "/a", true, "/x/{none}"),
            ("/x/{id", "/a", true, "/x/{id"),
            ("/", "/a", true, "/"),
        ] {
            assert_eq!(rewrite_template(template, target, parameters, copy), expected, "{template} {target}");
        }
    }

    #[test]
    fn parameters_are_found_in_paths() {
        let found = |template, target| match_parameters(template, target);
        assert_eq!(found("/d/{id}/chat", "/d/gpt/chat?x=1"), [("id".to_owned(), "gpt".to_owned())]);
        assert_eq!(found("/{*path}", "/a/b/c"), [("path".to_owned(), "a/b/c".to_owned())]);
        assert_eq!(found("/a", "/b"), []);
    }
}
