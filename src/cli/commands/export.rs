//! `poolproof export`: a scenario, or a variant of it, as files that can be deployed.
//!
//! The scenario is loaded first: what does not run is not written. Files are written all or none.

use std::sync::Arc;

use super::super::args::Format;
use super::super::check_args::ExportArgs;
use super::super::gather::shown;
use super::super::load::Input;
use super::super::output::write_files;
use super::super::session::{Session, Stop};
use crate::config::{
    BASE, DiskFiles, Files as _, NamedFiles, Overrides, Scenario, Variant, named_in_variant,
    strategy_variants,
};
use crate::diagnostics::Diagnostics;
use crate::export::{Bundle, InForce, ScopedPolicy, Source, commands, notes, render};
use crate::resources::{Form, Inventory, Kind, TextFile, detect, read_all};

/// Writes the files and says what to do with them.
pub(crate) fn export(args: &ExportArgs, session: &mut Session) -> Result<(), Stop> {
    let overrides = Overrides { set: args.set.clone(), ..Overrides::default() };
    let input = Input::Scenario(args.scenario.clone());
    let loaded = input.load(&overrides, &mut session.sources, &mut session.diagnostics);
    let variant = loaded.as_ref().and_then(|loaded| choose(args, &loaded.scenario, session));
    session.stop_if_unusable()?;
    let (Some(loaded), Some(variant)) = (loaded, variant) else {
        return Err(session.internal("the scenario does not load"));
    };
    let named = named_in_variant(&args.scenario, &variant.name, &DiskFiles, &overrides, &mut session.sources);
    let named = named.unwrap_or_default();
    let inventory = read_resources(&named, session)?;
    let source = Source {
        title: title(&loaded.scenario, &variant),
        resources: inventory.of(Kind::Backend).filter(|found| !found.is_reference).collect(),
        in_force: in_force(&variant),
        policies: named
            .policies
            .iter()
            .map(|(scope, path)| Ok(ScopedPolicy { scope: *scope, text: read(path, session)? }))
            .collect::<Result<_, Stop>>()?,
        fragments: named
            .fragments
            .iter()
            .map(|(id, path)| Ok((id.clone(), read(path, session)?)))
            .collect::<Result<_, Stop>>()?,
        named_values: values(&named),
        is_xml: named.is_xml,
        api: args.api.clone(),
    };
    let bundle = Bundle::new(&source, &mut session.diagnostics);
    session.stop_if_unusable()?;
    let Some(bundle) = bundle else { return Err(session.internal("nothing was put together")) };
    let target = args.to.target();
    let files: Vec<(String, Vec<u8>)> =
        render(&bundle, target).into_iter().map(|file| (file.path, file.text.into_bytes())).collect();
    write_files(&args.out, &files, args.force).map_err(|message| {
        let is_in_the_way = message.ends_with("choose another folder") && !args.force;
        session.usage(&if is_in_the_way { format!("{message}, or give --force") } else { message })
    })?;
    let folder = shown(&args.out);
    let folder = if folder == "/" { folder } else { folder.trim_end_matches('/').to_owned() };
    let commands = commands(&bundle, target, &folder);
    let notes = notes(&bundle, target);
    match args.format {
        Format::Human => {
            let names = files.iter().map(|(name, _)| format!("  {name}\n"));
            session.print(&format!("wrote into {folder}:\n{}", names.collect::<String>()));
            for note in notes {
                session.print(&format!("note: {note}\n"));
            }
            session.print(&format!("check: poolproof validate {folder}\n"));
            for command in commands {
                session.print(&format!("deploy: {command}\n"));
            }
        }
        Format::Json => {
            let names: Vec<&String> = files.iter().map(|(name, _)| name).collect();
            session.print_json(&serde_json::json!({
                "folder": folder,
                "files": names,
                "apiVersion": bundle.api_version,
                "notes": notes,
                "commands": commands,
            }))?;
        }
    }
    Ok(())
}

/// The variant that is meant; the strategies of `compare` where the scenario names none.
fn choose(args: &ExportArgs, scenario: &Scenario, session: &mut Session) -> Option<Variant> {
    let Some(name) = args.variant.as_deref().filter(|name| *name != BASE) else {
        return Some(scenario.base.clone());
    };
    let own = scenario.variants.iter().find(|variant| variant.name == name).cloned();
    let strategies = || strategy_variants(scenario).into_iter().find(|variant| variant.name == name);
    let found = own.or_else(|| if scenario.variants.is_empty() { strategies() } else { None });
    if found.is_none() {
        session.unknown_variant(name, scenario);
    }
    found
}

fn title(scenario: &Scenario, variant: &Variant) -> String {
    match variant.name.as_str() {
        BASE => format!("scenario `{}`", scenario.name),
        name => format!("scenario `{}`, variant `{name}`", scenario.name),
    }
}

/// Priorities and weights as the gateway has them.
fn in_force(variant: &Variant) -> Vec<InForce> {
    let pools = variant.plan.gateway.pools().iter();
    let members = |pool: &crate::gateway::PoolSpec| {
        pool.members.iter().map(|member| (member.priority, member.weight)).collect()
    };
    pools.map(|pool| InForce { pool: Arc::clone(&pool.name), members: members(pool) }).collect()
}

fn read_resources(named: &NamedFiles, session: &mut Session) -> Result<Inventory, Stop> {
    let mut files = Vec::new();
    for path in &named.resources {
        let text: Arc<str> = Arc::from(read(path, session)?);
        let source = session.sources.add(path.as_str(), Arc::clone(&text));
        let form = detect(path, &text).unwrap_or(Form::Plain);
        files.push(TextFile { path: Arc::from(path.as_str()), source, text, form });
    }
    // What is wrong with them was told when the scenario was loaded.
    Ok(read_all(&files, &mut Diagnostics::new()))
}

/// The text of a file that was read already, without a byte order mark.
fn read(path: &str, session: &Session) -> Result<String, Stop> {
    let text = DiskFiles
        .read(path)
        .map_err(|error| error.to_string())
        .and_then(|bytes| String::from_utf8(bytes).map_err(|error| error.to_string()));
    let text = text.map_err(|error| session.usage(&format!("cannot read `{path}`: {error}")))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn values(named: &NamedFiles) -> Vec<(String, String)> {
    let all = &named.named_values;
    all.names().filter_map(|name| Some((name.to_owned(), all.get(name)?.to_owned()))).collect()
}
