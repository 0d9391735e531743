//! A path as a table: time, event, every backend, the pick, and why.
//!
//! Rule: of backends only what changed is shown, apart from the first line.

use super::super::table::Table;
use crate::verify::{Course, Property, Scene, Setup, Standing};
use crate::wording::time;

/// The table, each line after `indent`.
pub(crate) fn course_table(course: &Course, setup: &Setup, indent: &str) -> String {
    let names: Vec<&str> = setup.gateway.backends().iter().map(|backend| &*backend.name).collect();
    let short = shortened(&names);
    let has_instances = course.scenes.iter().any(|scene| scene.instance > 0);
    let mut headings = vec!["#", "time", "event"];
    headings.extend(has_instances.then_some("at"));
    headings.extend(short.iter().map(String::as_str));
    headings.extend(["goes to", "client gets", "why"]);
    let mut table = Table::left(&headings);
    let mut known: Vec<Vec<Standing>> = Vec::new();
    let mut told: Vec<Property> = Vec::new();
    let mut last = None;
    for (number, scene) in course.scenes.iter().enumerate() {
        let at = usize::from(scene.instance);
        if known.len() <= at {
            known.resize(at + 1, Vec::new());
        }
        let before = known.get(at).cloned().unwrap_or_default();
        let shown = if last == Some(scene.at) { String::new() } else { time(scene.at) };
        last = Some(scene.at);
        let mut row = vec![(number + 1).to_string(), shown, scene.event.clone()];
        row.extend(has_instances.then(|| format!("i{}", scene.instance + 1)));
        row.extend(scene.backends.iter().enumerate().map(|(n, standing)| {
            if before.get(n) == Some(standing) { String::new() } else { standing_word(*standing) }
        }));
        let pick = scene.pick.and_then(|pick| short.get(usize::from(pick)).cloned());
        row.push(pick.unwrap_or_default());
        row.push(scene.answered.map(|status| status.to_string()).unwrap_or_default());
        row.push(why(scene, &mut told, setup));
        table.row(row);
        if let Some(known) = known.get_mut(at) {
            known.clone_from(&scene.backends);
        }
    }
    table.render(indent)
}

/// Why, and what breaks here for the first time.
fn why(scene: &Scene, told: &mut Vec<Property>, setup: &Setup) -> String {
    let mut words: Vec<String> = Vec::new();
    if !scene.why.is_empty() {
        words.push(scene.why.clone());
    }
    for breach in &scene.breaches {
        if !told.contains(&breach.property) {
            told.push(breach.property);
            words.push(format!("<-- {}", setup.info(breach.property).name));
        }
    }
    words.join("  ")
}

fn standing_word(standing: Standing) -> String {
    match standing {
        Standing::Ready => "ready".to_owned(),
        Standing::Tripped(Some(until)) => format!("TRIPPED to {}", time(until)),
        Standing::Tripped(None) => "TRIPPED".to_owned(),
        Standing::Probing => "probing".to_owned(),
    }
}

/// Names without what all begin with, so that columns stay narrow.
fn shortened(names: &[&str]) -> Vec<String> {
    let Some((first, rest)) = names.split_first() else { return Vec::new() };
    let mut common = 0;
    for (at, c) in first.char_indices() {
        let end = at + c.len_utf8();
        if !rest.iter().all(|name| name.get(..end) == first.get(..end)) {
            break;
        }
        if matches!(c, '-' | '_' | '.') {
            common = end;
        }
    }
    let cut = |name: &&str| name.get(common..).filter(|rest| !rest.is_empty()).unwrap_or(name).to_owned();
    names.iter().map(|name| if rest.is_empty() { (*name).to_owned() } else { cut(name) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shortened_at_a_joint() {
        assert_eq!(shortened(&["openai-eastus", "openai-westus"]), ["eastus", "westus"]);
        assert_eq!(shortened(&["east", "eastern"]), ["east", "eastern"]);
        assert_eq!(shortened(&["a-b", "a-"]), ["b", "a-"]);
        assert_eq!(shortened(&["alone-one"]), ["alone-one"]);
    }
}
