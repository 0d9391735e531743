//! `poolproof run`: simulate scenarios.

use super::super::args::RunArgs;
use super::super::load::Input;
use super::super::session::{Session, Stop};
use super::super::simulate::{Batch, simulate};

/// Runs each input: the scenario itself, or the variant asked for.
pub(crate) fn run(args: &RunArgs, session: &mut Session) -> Result<(), Stop> {
    let inputs = Input::from_paths(&args.inputs).map_err(|message| session.usage(&message))?;
    let mut batches = Vec::new();
    for input in &inputs {
        let loaded = session.load(input, &args.common);
        let Some(loaded) = loaded else { continue };
        let variants = match &args.variant {
            None => vec![loaded.scenario.base.clone()],
            Some(name) => {
                let found = loaded.scenario.variants.iter().find(|v| v.name == *name);
                let Some(variant) = found else {
                    session.unknown_variant(name, &loaded.scenario);
                    continue;
                };
                vec![variant.clone()]
            }
        };
        batches.push(Batch { loaded, variants, is_comparison: false });
    }
    session.stop_if_unusable()?;
    simulate(batches, &args.common, session)
}
