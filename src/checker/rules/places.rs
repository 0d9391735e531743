//! Where a policy belongs: to which scope, as which fragment, in which format.
//!
//! A resource that holds a policy or takes it from a file says so. Else the folders of APIOps do, and the name of a
//! file says the id of a fragment.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostics::{SourceId, SourceMap};
use crate::policy::{PolicyScope, PolicyText};
use crate::resources::{Embedded, Form, TextFile};

/// What is known of where a policy belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Its scope.
    pub(super) scope: Option<PolicyScope>,
    /// Its id, if it is a fragment.
    pub(super) id: Option<Arc<str>>,
    /// Whether it is deployed with format `xml`.
    pub(super) is_xml: Option<bool>,
}

/// The places of policies that are files of their own.
pub(super) fn places(files: &[TextFile], embedded: &[Embedded]) -> BTreeMap<SourceId, Place> {
    let policies = files.iter().filter(|file| file.form == Form::Policy);
    let each = policies.map(|file| {
        let is_taken = |embedded: &&Embedded| embedded.is_verbatim && embedded.span.source == file.source;
        let taken = embedded.iter().find(is_taken).map(place_of).unwrap_or_default();
        let place = Place {
            scope: taken.scope.or_else(|| scope_of_path(&file.path, files)),
            id: taken.id.or_else(|| fragment_id(&file.path).map(Arc::from)),
            is_xml: taken.is_xml,
        };
        (file.source, place)
    });
    each.collect()
}

/// Policies in texts of resources that are not read from files of their own: what messages call them, their texts as
/// sources, where they belong.
pub(super) fn inside<'a>(
    files: &[TextFile],
    embedded: &'a [Embedded],
    sources: &mut SourceMap,
) -> Vec<(Arc<str>, PolicyText<'a>, Place)> {
    let is_read = |embedded: &&Embedded| {
        let is_it = |file: &TextFile| file.form == Form::Policy && file.source == embedded.span.source;
        files.iter().any(is_it)
    };
    let mut found = Vec::new();
    for embedded in embedded.iter().filter(|embedded| !is_read(embedded)) {
        let Some(text) = &embedded.text else { continue };
        let holder = sources.name(embedded.span.source);
        let line = sources.position(embedded.span).line;
        let name: Arc<str> = Arc::from(format!("{holder} (policy at line {line})"));
        let source = sources.add_part(Arc::clone(&name), Arc::clone(text), embedded.span);
        found.push((name, PolicyText { source, text }, place_of(embedded)));
    }
    found
}

/// What the resource says that holds a policy.
fn place_of(embedded: &Embedded) -> Place {
    let parts: Vec<&str> = embedded.resource_type.split('/').skip(1).collect();
    let scope = match parts.as_slice() {
        ["service", "policies"] => Some(PolicyScope::Global),
        [.., "workspaces", "policies"] => Some(PolicyScope::Workspace),
        [.., "products", "policies"] => Some(PolicyScope::Product),
        [.., "apis", "policies"] => Some(PolicyScope::Api),
        [.., "operations" | "resolvers", "policies"] => Some(PolicyScope::Operation),
        _ => None,
    };
    Place {
        scope,
        id: embedded.name.clone().filter(|_| parts.last() == Some(&"policyfragments")),
        is_xml: embedded.format.as_deref().map(|format| format.eq_ignore_ascii_case("xml")),
    }
}

/// The scope of a `policy.xml` in a tree of folders as APIOps has them: `apis/chat/policy.xml`.
fn scope_of_path(path: &str, files: &[TextFile]) -> Option<PolicyScope> {
    let parts: Vec<&str> = path.split(['/', '\\']).collect();
    let (name, folders) = parts.split_last()?;
    if !name.eq_ignore_ascii_case("policy.xml") {
        return None;
    }
    match folders {
        [.., "operations", _] => Some(PolicyScope::Operation),
        [.., "apis", _] => Some(PolicyScope::Api),
        [.., "products", _] => Some(PolicyScope::Product),
        [.., "workspaces", _] => Some(PolicyScope::Workspace),
        _ => {
            let root = path.strip_suffix(name)?;
            let is_below = |file: &TextFile| {
                file.path.strip_prefix(root).is_some_and(|below| {
                    below.starts_with("apis/")
                        || (file.form == Form::ApiOps && below.starts_with("backends/"))
                })
            };
            files.iter().any(is_below).then_some(PolicyScope::Global)
        }
    }
}

/// The folder of a `policy.xml`, the name of any other file.
fn fragment_id(path: &str) -> Option<&str> {
    let mut parts = path.rsplit(['/', '\\']);
    let name = parts.next()?;
    let stem = name.split('.').next().filter(|stem| !stem.is_empty())?;
    if stem.eq_ignore_ascii_case("policy") {
        parts.next().filter(|folder| !folder.is_empty())
    } else {
        Some(stem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_names_say_where_a_policy_belongs() {
        let file = |number: u32, path: &str, form: Form| TextFile {
            path: path.into(),
            source: SourceId(number),
            text: "".into(),
            form,
        };
        let policies = [
            ("out/policy.xml", Some(PolicyScope::Global), Some("out")),
            ("out/apis/chat/policy.xml", Some(PolicyScope::Api), Some("chat")),
            ("out/apis/chat/operations/post/policy.xml", Some(PolicyScope::Operation), Some("post")),
            ("out/products/p/policy.xml", Some(PolicyScope::Product), Some("p")),
            ("out/policy fragments/limits/policy.xml", None, Some("limits")),
            ("other/policy.xml", None, Some("other")),
            ("other/limits.fragment.xml", None, Some("limits")),
        ];
        let mut files: Vec<TextFile> =
            (0..).zip(policies).map(|(at, (path, ..))| file(at, path, Form::Policy)).collect();
        files.push(file(100, "out/backends/x/backendInformation.json", Form::ApiOps));
        let found = places(&files, &[]);
        for (at, (path, scope, id)) in (0..).zip(policies) {
            let place = &found[&SourceId(at)];
            assert_eq!((place.scope, place.id.as_deref()), (scope, id), "{path}");
        }
    }
}
