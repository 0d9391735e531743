//! `poolproof import`: a scenario from what is deployed: Bicep, Terraform, ARM, APIOps, policies.
//!
//! The folder receives the policy, the fragments that it includes and copies of the resource files, and a scenario
//! in which every guessed value stands where it can be changed. Nothing is written unless the scenario loads.

use std::collections::BTreeSet;

use super::super::args::Format;
use super::super::check_args::ImportArgs;
use super::super::gather::{Configuration, gather};
use super::super::session::{Session, Stop, guesses_json};
use super::init::write_all;
use crate::config::{DiskFiles, MemoryFiles, Overrides, Parts, guess_for, load_scenario, service_tier};
use crate::diagnostics::Diagnostics;
use crate::policy::PolicyScope;
use crate::policy::document::Kind as DocumentKind;
use crate::resources::{Form, Kind, TextFile, included};
use crate::rules::{PolicyFile, Setup, read_setup};

/// Writes the scenario and lists the guesses.
pub(crate) fn import(args: &ImportArgs, session: &mut Session) -> Result<(), Stop> {
    let target = args.out.join("scenario.json");
    if target.exists() {
        return Err(session.usage(&format!("`{}` exists already: choose another folder", target.display())));
    }
    let gathered = gather(&args.paths, false, &mut session.sources);
    session.diagnostics.extend(gathered.problems);
    session.stop_if_unusable()?;
    let configuration = gathered.configurations.into_iter().find(|found| found.scenario.is_none());
    let Some(configuration) = configuration else {
        return Err(session.nothing_ran("there is no policy and no resource file in what was named"));
    };
    // What is wrong with the files is told when the scenario is loaded.
    let setup = read_setup(&configuration.files, &mut session.sources, &mut Diagnostics::new());
    let policies = choose(&setup, args.policy.as_deref()).map_err(|message| session.usage(&message))?;
    let mut contents = Vec::new();
    let mut parts = Parts { tier: sku(&setup), ..Parts::default() };
    for policy in &policies {
        let path = match policy.scope.filter(|scope| *scope != PolicyScope::Api) {
            None => "policy.xml".to_owned(),
            Some(scope) => format!("policy-{}.xml", scope.name()),
        };
        contents.push((path.clone(), policy.text.as_bytes().to_vec()));
        match policy.scope {
            Some(scope) if policies.len() > 1 || scope != PolicyScope::Api => {
                parts.scopes.push((scope, path));
            }
            _ => parts.policy = path,
        }
    }
    parts.is_xml = policies.iter().any(|policy| policy.is_xml == Some(true));
    for fragment in fragments_of(&policies, &setup) {
        let Some(id) = &fragment.id else { continue };
        let path = format!("fragments/{id}.xml");
        parts.fragments.push((id.to_string(), path.clone()));
        contents.push((path, fragment.text.as_bytes().to_vec()));
    }
    parts.named_values = named_values(&setup);
    let names = copies(&configuration);
    if names.is_empty() {
        return Err(session.usage("there is no resource file in what was named: name the backends too"));
    }
    for (file, name) in &names {
        parts.resources.push(name.clone());
        contents.push((name.clone(), file.text.as_bytes().to_vec()));
    }
    write(args, &parts, &contents, session)
}

/// Guesses the rest over the copies, checks that it loads, writes all.
fn write(
    args: &ImportArgs,
    parts: &Parts,
    contents: &[(String, Vec<u8>)],
    session: &mut Session,
) -> Result<(), Stop> {
    let target = args.out.join("scenario.json");
    let mut files = MemoryFiles::over(&DiskFiles);
    for (name, bytes) in contents {
        files = files.with(name.clone(), bytes.clone());
    }
    let guessed = guess_for(parts, &files, &mut session.sources, &mut session.diagnostics);
    session.stop_if_unusable()?;
    let Some(guessed) = guessed else { return Err(session.internal("nothing was guessed")) };
    let overrides = Overrides { set: args.set.clone(), ..Overrides::default() };
    let edited = guessed.edited(&overrides, &mut session.sources, &mut session.diagnostics);
    session.stop_if_unusable()?;
    let Some(edited) = edited else { return Err(session.internal("the overrides do not apply")) };
    let text = edited.text();
    let checked = files.with("scenario.json", text.as_bytes());
    let loaded = load_scenario(
        "scenario.json",
        &checked,
        &Overrides::default(),
        &mut session.sources,
        &mut session.diagnostics,
    );
    session.stop_if_unusable()?;
    if loaded.is_none() {
        return Err(session.internal("the imported scenario does not load"));
    }
    write_all(&args.out, &text, contents).map_err(|message| session.usage(&message))?;
    match args.format {
        Format::Human => {
            session.print(&format!("wrote {} and {} files beside it\n", target.display(), contents.len()));
            session.print(&session.render_guesses(&guessed));
            session.print(&format!("next: poolproof run {}\n", target.display()));
        }
        Format::Json => {
            let files: Vec<&String> = contents.iter().map(|(name, _)| name).collect();
            session.print_json(&serde_json::json!({
                "scenario": target.display().to_string(),
                "files": files,
                "guesses": guesses_json(&guessed),
            }))?;
        }
    }
    Ok(())
}

/// The policies that are meant: the one that is named, the only one, those of different scopes, or the only one that
/// names a backend that is there.
fn choose<'s>(setup: &'s Setup, wanted: Option<&str>) -> Result<Vec<&'s PolicyFile>, String> {
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
fn fragments_of<'s>(policies: &[&PolicyFile], setup: &'s Setup) -> Vec<&'s PolicyFile> {
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

/// Named values whose value is written in a file.
fn named_values(setup: &Setup) -> Vec<(String, String)> {
    let values = setup.inventory.of(Kind::NamedValue).filter_map(|found| {
        let properties = found.properties()?;
        let name = properties.get("displayName").and_then(|node| node.text()).or(found.name.as_deref())?;
        Some((name.to_owned(), properties.get("value")?.text()?.to_owned()))
    });
    values.collect()
}

fn sku(setup: &Setup) -> Option<String> {
    let service = setup.inventory.of(Kind::Service).find(|service| !service.is_reference)?;
    service_tier(service.node.get("sku")?.get("name")?.text()?).map(str::to_owned)
}

/// Each resource file with the name of its copy: below `resources`, in the folders that they have to each other. The
/// folder that names what is in a file of APIOps is kept always.
fn copies(configuration: &Configuration) -> Vec<(&TextFile, String)> {
    let files: Vec<&TextFile> = configuration.files.iter().filter(|file| file.form != Form::Policy).collect();
    let folders: BTreeSet<Vec<&str>> = files
        .iter()
        .map(|file| {
            let mut folder: Vec<&str> = file.path.split('/').collect();
            folder.truncate(folder.len().saturating_sub(if file.form == Form::ApiOps { 2 } else { 1 }));
            folder
        })
        .collect();
    let common = folders.iter().next().map_or(0, |first| {
        let same = |depth: &usize| folders.iter().all(|folder| folder.get(*depth) == first.get(*depth));
        (0..first.len()).take_while(same).count()
    });
    files
        .into_iter()
        .map(|file| {
            let rest: Vec<&str> = file.path.split('/').skip(common).collect();
            (file, format!("resources/{}", rest.join("/")))
        })
        .collect()
}
