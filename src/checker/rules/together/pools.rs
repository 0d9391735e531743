//! The pool that a policy sends to, and what its breakers trip on.

use crate::diagnostics::Span;
use crate::resources::{Given, Pool};
use crate::rules::Setup;
use crate::rules::sites::Sites;

/// The pool that the file names, if it names one for sure: one pool, whose members are all known.
pub(super) fn pool_of(setup: &Setup, sites: &Sites<'_>) -> Option<Pool> {
    let mut pools = sites.file.references.iter().filter_map(|(id, _)| setup.backend(id)?.pool());
    let first = pools.next()?;
    let is_one = pools.all(|pool| pool.span == first.span);
    let is_known = !first.is_partial && first.members.iter().all(|member| member.name.is_some());
    (is_one && is_known).then(|| first.clone())
}

/// Where it says that a breaker of a member counts `status`.
pub(super) fn trips_on(setup: &Setup, pool: &Pool, status: u16) -> Option<Span> {
    let status = u64::from(status);
    let members = pool.members.iter().filter_map(|member| setup.backend(member.name.as_deref()?)?.single());
    members.flat_map(crate::resources::Single::rules).find_map(|rule| {
        let Given::Known(ranges, _) = &rule.ranges else { return None };
        ranges.iter().find_map(|range| match (&range.min, &range.max) {
            (Given::Known(min, _), Given::Known(max, _)) if (*min..=*max).contains(&status) => {
                Some(range.span)
            }
            _ => None,
        })
    })
}
