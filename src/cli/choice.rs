//! What is meant among files that belong together: the policy of the API, the fragments that it includes, named
//! values, the service's SKU.
//!
//! Where several policies may be meant, nobody guesses: they are listed.

use std::path::Path;

use crate::config::service_tier;
use crate::policy::document::Kind as DocumentKind;
use crate::resources::Kind;
use crate::rules::{PolicyFile, Setup};

/// The policy that is meant: the one that is named, the only one, or the only one that names a backend that is there.
pub(crate) fn choose<'s>(setup: &'s Setup, wanted: Option<&str>) -> Result<&'s PolicyFile, String> {
    let whole = |policy: &&PolicyFile| policy.document.kind == DocumentKind::Policies;
    let all: Vec<&PolicyFile> = setup.policies.iter().filter(whole).collect();
    let list = |policies: &[&PolicyFile]| {
        let names: Vec<String> = policies.iter().map(|policy| format!("  {}", policy.name)).collect();
        names.join("\n")
    };
    if let Some(wanted) = wanted {
        let named: Vec<&PolicyFile> = all.iter().copied().filter(|p| p.name.contains(wanted)).collect();
        return match named.as_slice() {
            [only] => Ok(only),
            [] => Err(format!("no policy is called `{wanted}`; there are:\n{}", list(&all))),
            several => Err(format!("several policies are called `{wanted}`:\n{}", list(several))),
        };
    }
    let names_one =
        |policy: &&PolicyFile| policy.references.iter().any(|(name, _)| setup.backend(name).is_some());
    let routing: Vec<&PolicyFile> = all.iter().copied().filter(names_one).collect();
    match (all.as_slice(), routing.as_slice()) {
        ([only], _) | (_, [only]) => Ok(only),
        ([], _) => Err("there is no policy in what was named: name the policy of the API too".to_owned()),
        (_, []) => Err(format!("which policy? Choose one with --policy:\n{}", list(&all))),
        (_, several) => Err(format!("which policy? Choose one with --policy:\n{}", list(several))),
    }
}

/// The fragments among the files that a policy includes, those that they include with them.
pub(crate) fn fragments_of<'s>(policy: &PolicyFile, setup: &'s Setup) -> Vec<&'s PolicyFile> {
    let mut wanted = included(&policy.text);
    let mut found: Vec<&PolicyFile> = Vec::new();
    while let Some(id) = wanted.pop() {
        let is_it = |file: &&PolicyFile| {
            file.document.kind != DocumentKind::Policies && id_of(file).eq_ignore_ascii_case(&id)
        };
        let Some(fragment) = setup.policies.iter().find(is_it) else { continue };
        if !found.iter().any(|known| known.source == fragment.source) {
            found.push(fragment);
            wanted.extend(included(&fragment.text));
        }
    }
    found
}

/// Ids of the fragments that a text includes.
fn included(text: &str) -> Vec<String> {
    let after = |part: &str| {
        let (_, rest) = part.split_once("fragment-id")?;
        let rest = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        Some(rest.strip_prefix(quote)?.split_once(quote)?.0.to_owned())
    };
    text.split("<include-fragment").skip(1).filter_map(after).collect()
}

/// The id of a fragment: the name of its file, or of its folder where the file is called `policy`.
pub(crate) fn id_of(file: &PolicyFile) -> String {
    let path = Path::new(&*file.name);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    if stem.eq_ignore_ascii_case("policy") { folder.unwrap_or(stem) } else { stem }
}

/// Named values whose value is written in a file.
pub(crate) fn named_values(setup: &Setup) -> Vec<(String, String)> {
    let values = setup.inventory.of(Kind::NamedValue).filter_map(|found| {
        let properties = found.properties()?;
        let name = properties.get("displayName").and_then(|node| node.text()).or(found.name.as_deref())?;
        Some((name.to_owned(), properties.get("value")?.text()?.to_owned()))
    });
    values.collect()
}

/// The SKU of the service, where a file has it.
pub(crate) fn sku(setup: &Setup) -> Option<String> {
    let service = setup.inventory.of(Kind::Service).find(|service| !service.is_reference)?;
    service_tier(service.node.get("sku")?.get("name")?.text()?).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_are_named_by_attribute() {
        let text = "<include-fragment fragment-id=\"a\" /><include-fragment id='x' fragment-id = 'b-c'/>";
        assert_eq!(included(text), ["a", "b-c"]);
        assert_eq!(included("<include-fragment />"), Vec::<String>::new());
    }
}
