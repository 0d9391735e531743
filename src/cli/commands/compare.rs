//! `poolproof compare`: the variants of a scenario over the same traffic.

use super::super::args::CompareArgs;
use super::super::load::Input;
use super::super::session::{Session, Stop};
use super::super::simulate::{Batch, simulate};
use crate::config::strategy_variants;

/// Runs all variants of each input; round-robin, priority and weighted when it names none.
pub(crate) fn compare(args: &CompareArgs, session: &mut Session) -> Result<(), Stop> {
    let inputs = Input::from_paths(&args.inputs).map_err(|message| session.usage(&message))?;
    let mut batches = Vec::new();
    for input in &inputs {
        let Some(loaded) = session.load(input, &args.common) else { continue };
        let variants = if loaded.scenario.variants.is_empty() {
            strategy_variants(&loaded.scenario)
        } else {
            loaded.scenario.variants.clone()
        };
        batches.push(Batch { loaded, variants, is_comparison: true });
    }
    session.stop_if_unusable()?;
    simulate(batches, &args.common, session)
}
