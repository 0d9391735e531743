//! What the schema objects to in a backend resource.

use super::backends::{BackendKind, backend};
use super::inventory::Found;
use super::shapes::{POOL, RESOURCE, SINGLE};
use crate::diagnostics::Diagnostics;
use crate::tree::check::{Dialect, check};
use crate::tree::shape::Kind;

/// Tells every difference between a backend and the schema of the service. What only the deployment knows fits.
pub fn object(found: &Found, problems: &mut Diagnostics) {
    // Names may come from elsewhere: a folder, a deployment.
    let mut own = Diagnostics::new();
    check(&found.node, Kind::Object(&RESOURCE), "resource", Dialect::Arm, &mut own);
    for problem in own.sorted().into_iter().filter(|problem| problem.code != "missing-field") {
        problems.push(problem.clone());
    }
    let Some(properties) = found.properties().filter(|properties| properties.members().is_some()) else {
        return;
    };
    let shape = match backend(found).kind {
        BackendKind::Single(_) => &SINGLE,
        BackendKind::Pool(_) => &POOL,
        BackendKind::Unknown => return,
    };
    check(properties, Kind::Object(shape), "properties", Dialect::Arm, problems);
}
