//! `poolproof init`: a scenario from a policy and its backends.
//!
//! The folder receives copies of the files, so that it is complete, and a scenario in which every
//! guessed value stands where it can be changed. A folder that holds a scenario already is left alone.

use std::path::Path;

use super::super::args::{Format, InitArgs};
use super::super::load::Input;
use super::super::output::write_files;
use super::super::session::{Session, Stop};
use crate::config::{DiskFiles, Files, MemoryFiles, Overrides, guess_scenario, load_scenario};

/// Writes the scenario and lists the guesses.
pub(crate) fn init(args: &InitArgs, session: &mut Session) -> Result<(), Stop> {
    let target = args.out.join("scenario.json");
    if target.exists() {
        return Err(session.usage(&format!("`{}` exists already: choose another folder", target.display())));
    }
    let names = copied_names(&args.policy, &args.backends).map_err(|message| session.usage(&message))?;
    let input = Input::Parts { policy: args.policy.clone(), resources: args.backends.clone() };
    let overrides = Overrides { set: args.set.clone(), seed: args.seed, ..Overrides::default() };
    let loaded = input.load(&overrides, &mut session.sources, &mut session.diagnostics);
    session.stop_if_unusable()?;
    if loaded.is_none() {
        return Err(session.internal("the guessed scenario does not load"));
    }
    // Guess again over the copies, so that the scenario names them and not the originals.
    let mut files = MemoryFiles::over(&DiskFiles);
    let mut contents = Vec::new();
    for (from, name) in &names {
        let bytes = DiskFiles.read(from).map_err(|e| session.usage(&format!("`{from}`: {e}")))?;
        files = files.with(name.clone(), bytes.clone());
        contents.push((name.clone(), bytes));
    }
    let copies: Vec<String> = names.iter().map(|(_, name)| name.clone()).collect();
    let Some((policy, resources)) = copies.split_first() else {
        return Err(session.internal("no files to copy"));
    };
    let guessed = guess_scenario(policy, resources, &files, &mut session.sources, &mut session.diagnostics);
    session.stop_if_unusable()?;
    let Some(guessed) = guessed else { return Err(session.internal("the guess failed the second time")) };
    let edited = guessed.edited(&overrides, &mut session.sources, &mut session.diagnostics);
    session.stop_if_unusable()?;
    let Some(edited) = edited else { return Err(session.internal("the overrides do not apply")) };
    let text = edited.text();
    let checked = files.with("scenario.json", text.as_bytes());
    let again = load_scenario(
        "scenario.json",
        &checked,
        &Overrides::default(),
        &mut session.sources,
        &mut session.diagnostics,
    );
    session.stop_if_unusable()?;
    if again.is_none() {
        return Err(session.internal("the written scenario does not load"));
    }
    write_all(&args.out, &text, &contents).map_err(|message| session.usage(&message))?;
    match args.format {
        Format::Human => {
            session.print(&format!("wrote {}\n", target.display()));
            session.print(&session.render_guesses(&guessed));
            session.print(&format!("next: poolproof run {}\n", target.display()));
        }
        Format::Json => {
            let json = serde_json::json!({
                "scenario": target.display().to_string(),
                "guesses": super::super::session::guesses_json(&guessed),
            });
            session.print_json(&json)?;
        }
    }
    Ok(())
}

/// Each file with the name of its copy: its own file name, which must be unique.
fn copied_names(policy: &str, backends: &[String]) -> Result<Vec<(String, String)>, String> {
    let mut names: Vec<(String, String)> = Vec::new();
    for path in std::iter::once(policy).chain(backends.iter().map(String::as_str)) {
        let name = Path::new(path).file_name().and_then(|n| n.to_str());
        let name = name.ok_or_else(|| format!("`{path}` is not a file"))?;
        if name == "scenario.json" || names.iter().any(|(_, other)| other == name) {
            return Err(format!("`{path}`: a file called `{name}` is already part of the scenario"));
        }
        names.push((path.to_owned(), name.to_owned()));
    }
    Ok(names)
}

/// Writes the scenario and its files into `out`; nothing is written over.
pub(super) fn write_all(out: &Path, scenario: &str, files: &[(String, Vec<u8>)]) -> Result<(), String> {
    let mut all = files.to_vec();
    all.push(("scenario.json".to_owned(), scenario.as_bytes().to_vec()));
    write_files(out, &all, false)
}
