//! What is meant among files that belong together: the policy of the API, the fragments that it includes, named
//! values, the service's SKU.
//!
//! Where several policies may be meant, nobody guesses: they are listed.

use std::collections::BTreeSet;

use crate::config::{Parts, service_tier};
use crate::policy::PolicyScope;
use crate::policy::document::Kind as DocumentKind;
use crate::resources::{Kind, included};
use crate::rules::{PolicyFile, Setup};

/// The policies that are meant: the one that is named, the only one, those of different scopes, or the only one that
/// names a backend that is there.
pub(crate) fn choose<'s>(setup: &'s Setup, wanted: Option<&str>) -> Result<Vec<&'s PolicyFile>, String> {
    let whole = |policy: &&PolicyFile| policy.document.kind == DocumentKind::Policies;
    let all: Vec<&PolicyFile> = setup.policies.iter().filter(whole).collect();
    let list = |policies: &[&PolicyFile]| {
        let names: Vec<String> = policies.iter().map(|policy| format!("  {}", policy.name)).collect();
        names.join("\n")
    };
    if let Some(wanted) = wanted {
        let named: Vec<&PolicyFile> = all.iter().copied().filter(|p| p.name.contains(wanted)).collect();
        return match named.as_slice() {
            [only] => Ok(vec![only]),
            [] => Err(format!("no policy is called `{wanted}`; there are:\n{}", list(&all))),
            several => Err(format!("several policies are called `{wanted}`:\n{}", list(several))),
        };
    }
    let names_one =
        |policy: &&PolicyFile| policy.references.iter().any(|(name, _)| setup.backend(name).is_some());
    let routing: Vec<&PolicyFile> = all.iter().copied().filter(names_one).collect();
    let scopes: BTreeSet<PolicyScope> = all.iter().filter_map(|policy| policy.scope).collect();
    match (all.as_slice(), routing.as_slice()) {
        ([only], _) => Ok(vec![only]),
        (several, _) if scopes.len() == several.len() && !several.is_empty() => Ok(all),
        (_, [only]) => Ok(vec![only]),
        ([], _) => Err("there is no policy in what was named: name the policy of the API too".to_owned()),
        (_, []) => Err(format!("which policy? Choose one with --policy:\n{}", list(&all))),
        (_, several) => Err(format!("which policy? Choose one with --policy:\n{}", list(several))),
    }
}

/// The fragments that policies include, those that they include with them.
pub(crate) fn fragments_of<'s>(policies: &[&PolicyFile], setup: &'s Setup) -> Vec<&'s PolicyFile> {
    let mut wanted: Vec<String> = policies.iter().flat_map(|policy| included(&policy.text)).collect();
    let mut found: Vec<&PolicyFile> = Vec::new();
    while let Some(id) = wanted.pop() {
        let is_it = |file: &&PolicyFile| file.id.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(&id));
        let Some(fragment) = setup.policies.iter().find(is_it) else { continue };
        if !found.iter().any(|known| known.source == fragment.source) {
            found.push(fragment);
            wanted.extend(included(&fragment.text));
        }
    }
    found
}

/// The parts of a scenario that are made of policies and what they need, with the files that hold them. `path_of` names
/// the file of a policy of this scope, or of a fragment with this id.
pub(crate) fn parts_of(
    policies: &[&PolicyFile],
    setup: &Setup,
    path_of: impl Fn(&PolicyFile, Option<&str>) -> String,
) -> (Parts, Vec<(String, Vec<u8>)>) {
    let mut parts = Parts {
        tier: setup.inventory.sku().and_then(service_tier).map(str::to_owned),
        named_values: named_values(setup),
        ..Parts::default()
    };
    let mut contents = Vec::new();
    for policy in policies {
        let path = path_of(policy, None);
        contents.push((path.clone(), policy.text.as_bytes().to_vec()));
        match policy.scope {
            Some(scope) if policies.len() > 1 || scope != PolicyScope::Api => {
                parts.scopes.push((scope, path));
            }
            _ => parts.policy = path,
        }
    }
    parts.is_xml = policies.iter().any(|policy| policy.is_xml == Some(true));
    for fragment in fragments_of(policies, setup) {
        let Some(id) = &fragment.id else { continue };
        let path = path_of(fragment, Some(id));
        contents.push((path.clone(), fragment.text.as_bytes().to_vec()));
        parts.fragments.push((id.to_string(), path));
    }
    (parts, contents)
}

/// Named values whose value is written in a file.
fn named_values(setup: &Setup) -> Vec<(String, String)> {
    let values = setup.inventory.of(Kind::NamedValue).filter_map(|found| {
        let properties = found.properties()?;
        let name = properties.get("displayName").and_then(|node| node.text()).or(found.name.as_deref())?;
        Some((name.to_owned(), properties.get("value")?.text()?.to_owned()))
    });
    values.collect()
}
