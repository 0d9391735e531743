//! `poolproof equivalent`: whether clients can tell two configurations apart, whatever backends do.
//!
//! Exit codes: 0 they cannot within the bounds, 1 they can, 2 a side cannot be used, 4 a side has no configuration.

use super::super::exit_code::Exit;
use super::super::proof::{equivalence_human, equivalence_json};
use super::super::proof_args::{EquivalentArgs, JsonOrHuman};
use super::super::session::{Session, Stop};
use super::verify::{configuration, setup};
use crate::verify::{Histories, equivalent as compare};

/// Compares both sides over all histories.
pub(crate) fn equivalent(args: &EquivalentArgs, session: &mut Session) -> Result<(), Stop> {
    if !(1..=4).contains(&args.requests) {
        return Err(session.usage(&format!("`--requests` is 1 to 4, not {}", args.requests)));
    }
    if args.faults > 6 {
        return Err(session.usage(&format!("`--faults` is 0 to 6, not {}", args.faults)));
    }
    let [old, new] = args.sides.as_slice() else {
        return Err(session.usage("name two configurations: `poolproof equivalent OLD NEW`"));
    };
    let side = |path: &String, variant: &Option<String>, session: &mut Session| {
        let mut configured = args.configured.clone();
        if variant.is_some() {
            configured.variant.clone_from(variant);
        }
        configuration(std::slice::from_ref(path), &configured, session)
    };
    let old = side(old, &args.old_variant, session)?;
    let new = side(new, &args.new_variant, session)?;
    let histories = Histories { requests: args.requests, faults: args.faults };
    let found = compare(&setup(&old), &setup(&new), histories);
    let titles = [old.side.title.as_str(), new.side.title.as_str()];
    match args.format {
        JsonOrHuman::Human => session.print(&equivalence_human(&found, histories, titles)),
        JsonOrHuman::Json => session.print_json(&equivalence_json(&found, histories, titles))?,
    }
    if found.distinction.is_some() { Err(Stop(Exit::Finding)) } else { Ok(()) }
}
