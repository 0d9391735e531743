//! `poolproof import`: a scenario from what is deployed: Bicep, Terraform, ARM, APIOps, policies.
//!
//! The folder receives the policy, the fragments that it includes and copies of the resource files, and a scenario
//! in which every guessed value stands where it can be changed. Nothing is written unless the scenario loads.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::args::Format;
use super::super::check_args::ImportArgs;
use super::super::choice::{choose, parts_of};
use super::super::gather::{Configuration, gather};
use super::super::session::{Session, Stop, guesses_json};
use super::init::write_all;
use crate::config::{DiskFiles, MemoryFiles, Overrides, Parts, guess_for, load_scenario};
use crate::diagnostics::Diagnostics;
use crate::policy::PolicyScope;
use crate::resources::{Form, TextFile};
use crate::rules::read_setup;

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
    let (mut parts, mut contents) = parts_of(&policies, &setup, |file, id| match (id, file.scope) {
        (Some(id), _) => format!("fragments/{id}.xml"),
        (None, None | Some(PolicyScope::Api)) => "policy.xml".to_owned(),
        (None, Some(scope)) => format!("policy-{}.xml", scope.name()),
    });
    parts.name = name(args);
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

/// What the scenario is called: as the folder that it is written to, or as what it is made of.
fn name(args: &ImportArgs) -> String {
    let named = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let out = args.out.file_name().map(|name| name.to_string_lossy().into_owned());
    let from = || args.paths.iter().find_map(|path| named(Path::new(path)));
    out.or_else(from).unwrap_or_default()
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
