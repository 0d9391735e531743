//! Functions that read other files, and where files are.
//!
//! Paths are those of the files as they were named, with `/` in front; a path without is one from the folder of the
//! module that is deployed.

use super::super::super::files::{folder, normal};
use super::super::super::machine::{LocalKind, Machine, Scope};
use super::super::super::value::{Text, Unknown, V, Val};
use super::super::{MAX_NAMES, Outcome, bind};
use crate::diagnostics::{Diagnostics, Span};
use crate::resources::terraform::template_of;

/// As they are spelt.
pub(super) const NAMES: &[&str] = &["file", "fileexists", "templatefile"];

/// The value of a call, if the function is one of these.
pub(super) fn call(
    machine: &mut Machine<'_>,
    name: &str,
    arguments: &[Val],
    span: Span,
    scope: Scope<'_>,
) -> Option<Outcome> {
    let here = folder_of(machine, scope.frame);
    match name {
        "path.module" => return Some(Outcome::Made(V::text(&format!("/{here}")))),
        "path.root" | "path.cwd" => {
            let root = folder_of(machine, root_of(machine, scope.frame));
            return Some(Outcome::Made(V::text(&format!("/{root}"))));
        }
        "file" | "fileexists" | "templatefile" => {}
        _ => return None,
    }
    let path = arguments.first().and_then(|path| path.value.known_text())?;
    let root = folder_of(machine, root_of(machine, scope.frame));
    let files = machine.files;
    let found = files.at(&normal(&root, path)).or_else(|| files.at(&normal(&here, path)));
    // Without the folder that the message need not say.
    let shown = path.strip_prefix(&format!("/{here}")).unwrap_or(path).trim_start_matches('/');
    let missing = |is_failure: bool| {
        let why = format!("the content of `{shown}`, which is not among the files");
        let file = Some(std::sync::Arc::from(shown));
        Outcome::Made(V::Unknown(Unknown { file, is_failure, ..Unknown::new(why, shown) }))
    };
    let Some(file) = found.and_then(|place| files.files.get(place)) else { return Some(missing(false)) };
    if name == "fileexists" {
        return Some(Outcome::Made(V::Bool(true)));
    }
    let own_file = Some(std::sync::Arc::from(shown));
    if name == "file" || !(file.text.contains("${") || file.text.contains("%{")) {
        return Some(Outcome::Made(V::Text(Text {
            content: Some(Span::new(file.source, 0, file.text.len())),
            file: own_file,
            ..Text::new(std::sync::Arc::clone(&file.text), false)
        })));
    }
    machine.templates.insert(file.source);
    let members = arguments.get(1).and_then(|given| given.value.members());
    if !machine.spend(file.text.len() as u64 / 8) {
        return Some(Outcome::Unknown);
    }
    let Some(members) = members else { return Some(missing(false)) };
    if members.len() > MAX_NAMES {
        return Some(missing(false));
    }
    let names: Vec<&str> = members.iter().map(|field| &*field.name).collect();
    let mut problems = Diagnostics::new();
    let template = template_of(file, &names, &mut problems);
    for problem in problems.sorted() {
        machine.tell(problem.clone());
    }
    let values = members.iter().map(|field| field.value.clone()).collect();
    let outside = Scope { frame: scope.frame, locals: None };
    let template = template?;
    let made = bind(machine, &names, values, LocalKind::Name, outside, &mut |machine, scope| {
        machine.eval(&template, scope)
    });
    Some(match made.value {
        V::Text(text) => Outcome::Taken(Val::new(V::Text(Text { file: own_file, ..text }), span)),
        other => Outcome::Made(other),
    })
}

fn folder_of(machine: &Machine<'_>, frame: usize) -> String {
    let place = machine.frames.get(frame).map_or(0, |frame| frame.file);
    machine.files.files.get(place).map_or_else(String::new, |file| normal("", folder(&file.path)))
}

/// The evaluation that is deployed.
fn root_of(machine: &Machine<'_>, frame: usize) -> usize {
    let mut at = frame;
    while let Some(caller) = machine.frames.get(at).and_then(|frame| frame.caller) {
        at = caller;
    }
    at
}
