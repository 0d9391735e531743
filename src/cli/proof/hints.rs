//! Why a property does not hold, as far as the policy and the path tell, in one sentence.

use crate::policy::Op;
use crate::verify::{Answer, Cause, Path, Property, Setup};
use crate::verify::{Happening, Move};

/// The sentence, without its end.
pub(crate) fn hint(property: Property, cause: Option<Cause>, path: &Path, setup: &Setup) -> Option<String> {
    if let Some(cause) = cause {
        return Some(format!("cause: {}", cause.words()));
    }
    let program = setup.gateway.program();
    let has_retry = program.ops.iter().any(|op| matches!(op, Op::Retry(_)));
    let last = path.moves.iter().rev().find_map(|one| match one {
        Move::Happens { happening: Happening::Answers(Answer::Status(status, _)), .. } => Some(*status),
        _ => None,
    });
    let counts = last.is_some_and(|status| {
        let mut rules = setup.gateway.backends().iter().filter_map(|backend| backend.breaker.as_ref());
        rules.any(|rule| rule.counts(status))
    });
    let answers =
        path.moves.iter().filter(|one| matches!(one, Move::Happens { happening: Happening::Answers(_), .. }));
    Some(match property {
        Property::Failover if !has_retry => {
            "no retry stands around the call: whoever finds a backend refusing is told so".to_owned()
        }
        Property::Failover if answers.count() > 1 && !counts => {
            "every attempt goes to the same backend: no breaker takes it out, so the pool has no reason to pass it over"
                .to_owned()
        }
        Property::Failover if counts => {
            let status = last.map_or_else(String::new, |status| status.to_string());
            format!("a breaker counts {status}, but the retry condition is false for it")
        }
        Property::RetryElsewhere => {
            "its breaker has not tripped: it has none, or needs more failures than this request makes".to_owned()
        }
        Property::PaidForFirst => {
            "priorities put pay-as-you-go before provisioned capacity, or beside it".to_owned()
        }
        Property::WholeBody => {
            "without `buffer-request-body` the first attempt uses the body up, and the next one sends none".to_owned()
        }
        Property::WaitBudget => "the retry waits before it goes on to another backend".to_owned(),
        _ => return None,
    })
}
