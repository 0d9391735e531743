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
        let Some(variant) = session.variant_of(&loaded.scenario, args.variant.as_deref()) else { continue };
        let variants = vec![variant];
        batches.push(Batch { loaded, variants, is_comparison: false });
    }
    session.stop_if_unusable()?;
    simulate(batches, &args.common, session)
}
