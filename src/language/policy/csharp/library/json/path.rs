//! Paths of tokens as Newtonsoft writes them: `a.b[0]['c d']`.

use super::writer::escape;

/// Adds a property to a path.
pub(super) fn push_name(path: &mut String, name: &str) {
    let is_special = name.chars().any(|c| {
        matches!(
            c,
            '.' | ' '
                | '\''
                | '/'
                | '"'
                | '['
                | ']'
                | '('
                | ')'
                | '\t'
                | '\n'
                | '\r'
                | '\u{c}'
                | '\u{8}'
                | '\\'
                | '\u{85}'
                | '\u{2028}'
                | '\u{2029}'
        )
    });
    if is_special {
        path.push_str("['");
        escape(path, name, '\'');
        path.push_str("']");
    } else {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
    }
}
