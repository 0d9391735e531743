//! Edits of a JSON tree.

use super::super::check::is_note;
use super::super::json::{Member, Node, Value};

/// Applies a JSON merge patch (RFC 7396): objects are merged, null removes, everything else replaces.
/// Replaced values keep the place where the patch writes them. A `note` of the patch is about the patch
/// and changes nothing.
pub(crate) fn merge_patch(target: &mut Node, patch: &Node) {
    let Some(changes) = patch.members() else {
        *target = patch.clone();
        return;
    };
    if target.members().is_none() {
        *target = Node::new(Value::Object(Vec::new()), patch.span);
    }
    let Value::Object(members) = &mut target.value else { return };
    for change in changes.iter().filter(|change| !is_note(change)) {
        let at = members.iter().position(|member| member.name == change.name);
        let null = matches!(change.value.value, Value::Null);
        match at {
            Some(at) if null => {
                members.remove(at);
            }
            None if null => {}
            Some(at) => {
                if let Some(member) = members.get_mut(at) {
                    if change.value.members().is_none() {
                        member.name_span = change.name_span;
                    }
                    merge_patch(&mut member.value, &change.value);
                }
            }
            None => {
                let mut value = Node::new(Value::Null, change.value.span);
                merge_patch(&mut value, &change.value);
                members.push(Member { name: change.name.clone(), name_span: change.name_span, value });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::hash::canonical;
    use super::super::super::json::parse;
    use super::*;
    use crate::diagnostics::{Diagnostics, SourceId};

    fn tree(text: &str) -> Node {
        parse(SourceId(0), text, &mut Diagnostics::new()).expect("JSON")
    }

    #[test]
    fn examples_of_the_rfc_hold() {
        // RFC 7396, appendix A.
        for (target, patch, expected) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
            (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
            (r#"{"a":"foo"}"#, "null", "null"),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"a":1,"e":null}"#),
            ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let mut node = tree(target);
            merge_patch(&mut node, &tree(patch));
            assert_eq!(canonical(&node), expected, "{target} + {patch}");
        }
    }
}
