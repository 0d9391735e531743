//! Which answers are retried, how often and how long, and how that meets the pool and its breakers.
//!
//! Rules
//! - Waits are those of the decision core; a condition is also tried on a plain response of every status, so
//!   that what it means can be held against what the breakers count.
//! - Only retries around a forward-request are told here: others repeat calls of the policy's own.

use super::outline::{Node, walk};
use super::page::{Block, Item};
use super::teller::Teller;
use crate::gateway::{BackendRef, BreakerRule, RetryWait, Threshold, retry_waits};
use crate::policy::csharp::{Class, Context, LowestChance};
use crate::policy::{ForwardRequest, Op, Operand, Pc, Program, Response, Retry, SetBackend};
use crate::semantics::SelectAt;
use crate::suite::RequestRecord;
use crate::units::{Duration, StatusCode};
use crate::wording::{capital, count, list, ranges, time};

/// Waits that are told one by one; more are cut in the middle.
const MOST_WAITS: usize = 8;

/// Retries that are told; documents have one or two.
pub(super) const MOST_RETRIES: usize = 8;

/// Bytes of a condition that is tried on every status.
const MOST_TRIED: u32 = 1_000;

/// Statuses, bounds included.
type Ranges = Vec<(u16, u16)>;

/// A retry that sends the request again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Retried<'p> {
    pub(super) pc: Pc,
    pub(super) retry: &'p Retry,
    pub(super) forward_pc: Pc,
    pub(super) forward: &'p ForwardRequest,
    /// The retry around this one, if there is one.
    pub(super) outer: Option<Pc>,
    /// The target is chosen again inside of it.
    pub(super) targets_again: bool,
}

/// Every retry with a forward-request inside, innermost around it, in order.
pub(super) fn retried<'p>(program: &'p Program, nodes: &[Node]) -> Vec<Retried<'p>> {
    let mut found: Vec<Retried<'p>> = Vec::new();
    walk(nodes, &mut Vec::new(), &mut |forward_pc, around| {
        let Some(Op::ForwardRequest(forward)) = program.op(forward_pc) else { return };
        let retries: Vec<Pc> =
            around.iter().copied().filter(|pc| matches!(program.op(*pc), Some(Op::Retry(_)))).collect();
        let mut outer = None;
        for pc in retries {
            if let Some(Op::Retry(retry)) = program.op(pc)
                && !found.iter().any(|known| known.pc == pc)
            {
                let inside = (pc.0..retry.end.0).filter_map(|at| program.op(Pc(at)));
                let targets_again = inside.into_iter().any(|op| matches!(op, Op::SetBackendService(_)));
                found.push(Retried { pc, retry, forward_pc, forward, outer, targets_again });
            }
            outer = Some(pc);
        }
    });
    found
}

/// How often one request can be sent at most; more than a number holds counts as the largest.
pub(super) fn attempts(program: &Program, nodes: &[Node]) -> u32 {
    let mut sum: u32 = 0;
    walk(nodes, &mut Vec::new(), &mut |pc, around| {
        if !matches!(program.op(pc), Some(Op::ForwardRequest(_))) {
            return;
        }
        let rounds = around.iter().map(|pc| match program.op(*pc) {
            Some(Op::Retry(retry)) => match retry.count {
                Operand::Literal(more) => more.saturating_add(1),
                // The most that there are.
                Operand::Expression(_) => 51,
            },
            _ => 1,
        });
        sum = sum.saturating_add(rounds.fold(1, u32::saturating_mul));
    });
    sum
}

/// `at most 2 more times`.
pub(super) fn times(teller: &Teller<'_>, retry: &Retry) -> String {
    match &retry.count {
        Operand::Literal(1) => "once more".to_owned(),
        Operand::Literal(number) => format!("at most {number} more times"),
        Operand::Expression(_) => {
            format!("at most as many more times as {} says", teller.number(&retry.count))
        }
    }
}

/// The waits in a few words, for behind `;`.
pub(super) fn short_schedule(teller: &Teller<'_>, retry: &Retry) -> String {
    match retry_waits(retry, teller.subject.gateway.semantics()) {
        Some(waits) if waits.iter().all(|wait| wait.most == Duration::ZERO) => "it does not wait".to_owned(),
        Some(waits) => format!("it waits {} in all", total(&waits)),
        None => "how long it waits depends on the request".to_owned(),
    }
}

/// The waits one by one.
pub(super) fn schedule(waits: &[RetryWait]) -> String {
    if waits.iter().all(|wait| wait.most == Duration::ZERO) {
        return "Each follows at once, without any waiting.".to_owned();
    }
    let told = |(at, wait): (usize, &RetryWait)| {
        let attempt = at.saturating_add(2);
        match (wait.least, wait.most) {
            (Duration::ZERO, Duration::ZERO) => format!("attempt {attempt} at once"),
            (least, most) if least == most => format!("attempt {attempt} after {}", time(most)),
            (least, most) => format!("attempt {attempt} after {} to {}", time(least), time(most)),
        }
    };
    let texts: Vec<String> = waits.iter().enumerate().map(told).collect();
    let same = waits.first().filter(|first| waits.len() > 2 && waits.iter().all(|wait| wait == *first));
    let listed = match same {
        Some(wait) => {
            format!("each of the attempts 2 to {} after {}", waits.len().saturating_add(1), span(*wait))
        }
        None if texts.len() <= MOST_WAITS => texts.join(", "),
        None => {
            let first: Vec<String> = texts.iter().take(MOST_WAITS - 2).cloned().collect();
            let last = texts.last().cloned().unwrap_or_default();
            format!("{}, …, {last}", first.join(", "))
        }
    };
    format!("{}; {} of waiting in all.", capital(&listed), total(waits))
}

fn span(wait: RetryWait) -> String {
    if wait.least == wait.most {
        time(wait.most)
    } else {
        format!("{} to {}", time(wait.least), time(wait.most))
    }
}

fn total(waits: &[RetryWait]) -> String {
    let most = waits.iter().fold(Duration::ZERO, |sum, wait| sum.saturating_add(wait.most));
    format!("at most {}", time(most))
}

/// The section about retries.
pub(super) fn blocks(
    teller: &Teller<'_>,
    all: &[Retried<'_>],
    exhausted: Option<&RequestRecord>,
) -> Vec<Block> {
    if all.is_empty() {
        let text = "Nothing. Each request is sent to a backend once; whatever that gives is what the policy goes \
                    on with.";
        return vec![Block::Text(text.to_owned())];
    }
    let items = all.iter().take(MOST_RETRIES).map(|retried| about(teller, retried, exhausted)).collect();
    let mut blocks = vec![Block::Items(items)];
    if let Some(more) = all.len().checked_sub(MOST_RETRIES).filter(|more| *more > 0) {
        blocks.push(Block::Text(format!(
            "There {} more.",
            if more == 1 { "is 1".to_owned() } else { format!("are {more}") }
        )));
    }
    blocks
}

fn about(teller: &Teller<'_>, retried: &Retried<'_>, exhausted: Option<&RequestRecord>) -> Item {
    let retry = retried.retry;
    let condition = teller.condition(&retry.condition);
    let text = format!("The request is sent again {} while {condition}.", times(teller, retry));
    let mut items = Vec::new();
    if let Some(outer) = retried.outer {
        items
            .push(Item::at("This happens inside of another retry: the attempts multiply.", teller.at(outer)));
    }
    match (&retry.count, retry_waits(retry, teller.subject.gateway.semantics())) {
        (Operand::Literal(more), Some(waits)) => {
            let attempts =
                count(usize::try_from(*more).unwrap_or(usize::MAX).saturating_add(1), "attempt", "attempts");
            items.push(Item::plain(format!("That is {attempts} in all. {}", schedule(&waits))));
        }
        (_, Some(waits)) => items.push(Item::plain(schedule(&waits))),
        (_, None) => items.push(Item::plain(
            "How often, or how long it waits, is computed from the request: it cannot be told beforehand.",
        )),
    }
    items.extend(tried(teller, retried));
    items.push(Item::at(
        format!("Each attempt may take {} until its answer begins.", teller.time(&retried.forward.timeout)),
        teller.at(retried.forward_pc),
    ));
    items.push(body(teller, retried));
    items.extend(target(teller, retried));
    items.extend(against_members(teller, retried));
    items.extend(exhausted.map(|record| {
        Item::plain(if record.exhausted > 1 {
            "When all members are tripped, that is tried again, too, although there is nobody to call: it costs the \
             retries that are left."
        } else {
            "When all members are tripped, nothing is tried again."
        })
    }));
    items.push(Item::plain(
        "When no retry is left, the policy goes on with the last answer, whatever it is; without any answer the \
         error goes on to `on-error`.",
    ));
    Item::at(text, teller.at(retried.pc)).with(items)
}

/// Statuses from 400 that make the retry go on, as ranges, and what it does without a response. `None` when
/// the condition depends on more than the status.
pub(super) fn statuses(program: &Program, condition: &Operand<bool>) -> Option<(Ranges, Option<bool>)> {
    if let Operand::Expression(expression) = condition {
        // Trying it two hundred times is for short conditions: none that could run through lists.
        let mut is_long = false;
        expression.members(&mut |class, _| is_long |= class == Class::Enumerable);
        let length = expression.span().map_or(0, |span| span.end.saturating_sub(span.start));
        if is_long || length > MOST_TRIED || !expression.variables().is_empty() {
            return None;
        }
    }
    let mut context = Context { names: program.variables.clone(), ..Context::default() };
    context.variables = vec![None; program.variables.len()];
    let mut goes_on = |response: Option<Response>| {
        context.response = response;
        condition.eval(&mut context.scope(&mut LowestChance)).ok()
    };
    let mut found: Vec<(u16, u16)> = Vec::new();
    for number in 400..=599 {
        if goes_on(Some(Response::plain(StatusCode::new(number)?)))? {
            match found.last_mut() {
                Some((_, to)) if to.saturating_add(1) == number => *to = number,
                _ => found.push((number, number)),
            }
        }
    }
    Some((found, goes_on(None)))
}

/// What the condition does, tried out, and where that differs from what trips.
fn tried(teller: &Teller<'_>, retried: &Retried<'_>) -> Vec<Item> {
    let mut items = Vec::new();
    let Some((found, without)) = statuses(teller.subject.program, &retried.retry.condition) else {
        return items;
    };
    let told = if found.is_empty() {
        "Tried with a plain answer of each status from 400 to 599, the condition never goes on.".to_owned()
    } else {
        format!(
            "Tried with a plain answer of each status from 400 to 599, it goes on for {}.",
            ranges(&found).replace(" or ", " and ")
        )
    };
    items.push(Item::plain(told));
    items.push(Item::plain(match without {
        Some(true) => "No answer at all (a timeout, no connection) is retried, too.",
        Some(false) => "No answer at all (a timeout, no connection) is not retried.",
        None => {
            "Without any answer (a timeout, no connection) the condition itself fails, as it reads a response that \
             is not there: nothing is retried, and `on-error` sees an error of the condition instead of the \
             timeout."
        }
    }));
    let rules = rules(teller);
    if !rules.is_empty() {
        items.extend(mismatch(&found, &rules));
    }
    items
}

/// The breaker rules of the backends that the program's own targets lead to, or of all.
fn rules<'t>(teller: &'t Teller<'_>) -> Vec<&'t BreakerRule> {
    teller.subject.gateway.backends().iter().filter_map(|backend| backend.breaker.as_ref()).collect()
}

fn mismatch(retried: &[(u16, u16)], rules: &[&BreakerRule]) -> Vec<Item> {
    let is_retried = |code: u16| retried.iter().any(|(from, to)| (*from..=*to).contains(&code));
    let trips = |code: u16, all: bool| {
        let counts = |rule: &&BreakerRule| StatusCode::new(code).is_some_and(|status| rule.counts(status));
        if all { rules.iter().all(counts) } else { rules.iter().any(counts) }
    };
    let collect = |wanted: &dyn Fn(u16) -> bool| {
        let mut found: Vec<(u16, u16)> = Vec::new();
        for code in (400..=599).filter(|code| wanted(*code)) {
            match found.last_mut() {
                Some((_, to)) if to.saturating_add(1) == code => *to = code,
                _ => found.push((code, code)),
            }
        }
        found
    };
    let only_retried = collect(&|code| is_retried(code) && !trips(code, true));
    let only_trips = collect(&|code| !is_retried(code) && trips(code, false));
    let mut items = Vec::new();
    if !only_retried.is_empty() {
        items.push(Item::plain(format!(
            "Retried, but not counted by every breaker: {}. After such an answer the next attempt may meet the \
             same backend.",
            ranges(&only_retried).replace(" or ", " and ")
        )));
    }
    if !only_trips.is_empty() {
        items.push(Item::plain(format!(
            "Counted by a breaker, but not retried: {}. The request that meets it fails with it; only later \
             requests avoid the backend.",
            ranges(&only_trips).replace(" or ", " and ")
        )));
    }
    items
}

fn body(teller: &Teller<'_>, retried: &Retried<'_>) -> Item {
    let at = teller.at(retried.forward_pc);
    if retried.forward.buffer_request_body {
        return Item::at(
            "The body of the request is kept (`buffer-request-body`), so that it can be sent again.",
            at,
        );
    }
    Item::at(
        "The body of the request is not kept (`buffer-request-body` is not `true`): from the second attempt on \
         a request with a body goes out without it, and the backend refuses it.",
        at,
    )
}

fn target(teller: &Teller<'_>, retried: &Retried<'_>) -> Option<Item> {
    if retried.targets_again {
        return Some(Item::plain("Where the request goes is decided again for each attempt."));
    }
    let has_pool = !teller.subject.gateway.pools().is_empty();
    if !has_pool {
        return None;
    }
    Some(Item::plain(match teller.subject.gateway.semantics().select_at {
        SelectAt::ForwardRequest => "A pool picks a member anew for each attempt.",
        SelectAt::SetBackendService => {
            "The member of a pool was picked before the retry: every attempt goes to the same one."
        }
    }))
}

/// The number of attempts beside the number of members.
fn against_members(teller: &Teller<'_>, retried: &Retried<'_>) -> Option<Item> {
    let Operand::Literal(more) = retried.retry.count else { return None };
    let attempts = usize::try_from(more).ok()?.saturating_add(1);
    let gateway = &teller.subject.gateway;
    let pool = teller.subject.program.ops.iter().find_map(|op| match op {
        Op::SetBackendService(SetBackend::Id(Operand::Literal(id))) => match gateway.find(id) {
            Some(BackendRef::Pool(pool)) => gateway.pool(pool),
            _ => None,
        },
        _ => None,
    })?;
    let members = pool.members.len();
    let rules: Vec<Option<&BreakerRule>> =
        pool.members.iter().map(|m| gateway.backend(m.backend).and_then(|b| b.breaker.as_ref())).collect();
    let trips_at_once = rules.iter().all(|rule| {
        rule.is_some_and(|rule| matches!(rule.threshold, Threshold::Count(1) | Threshold::Percentage(_)))
    });
    let attempts_words = count(attempts, "attempt", "attempts");
    let members_words = count(members, "member", "members");
    let verdict = match (attempts.cmp(&members), trips_at_once) {
        (std::cmp::Ordering::Less, _) => "not every member is tried for one request".to_owned(),
        (_, true) => "enough to try every member once, as the first failure that counts trips it".to_owned(),
        (_, false) => {
            "that does not mean that every member is tried: one that has not tripped yet may be picked again"
                .to_owned()
        }
    };
    Some(Item::plain(format!("{attempts_words} for {members_words} of the pool: {verdict}.")))
}

/// What is retried, as a part of a sentence: `429 and 500 to 599`, or the condition.
pub(super) fn in_short(teller: &Teller<'_>, retried: &Retried<'_>) -> String {
    match statuses(teller.subject.program, &retried.retry.condition) {
        Some((found, without)) if !found.is_empty() && found.len() <= 4 => {
            let mut parts = vec![format!("an answer of {}", ranges(&found))];
            if without == Some(true) {
                parts.push("no answer at all".to_owned());
            }
            format!("After {}", list(&parts, "or"))
        }
        _ => format!("While {}", teller.condition(&retried.retry.condition)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(seconds: &[(u64, u64)]) -> Vec<RetryWait> {
        let wait = |(least, most): &(u64, u64)| RetryWait {
            least: Duration::from_secs(*least),
            most: Duration::from_secs(*most),
        };
        seconds.iter().map(wait).collect()
    }

    #[test]
    fn schedules_are_told_wait_by_wait() {
        for (seconds, expected) in [
            (vec![(0, 0), (0, 0)], "Each follows at once, without any waiting."),
            (vec![(0, 0), (4, 4)], "Attempt 2 at once, attempt 3 after 4 s; at most 4 s of waiting in all."),
            (vec![(10, 10); 5], "Each of the attempts 2 to 6 after 10 s; at most 50 s of waiting in all."),
            (
                vec![(10, 10), (18, 22), (34, 46)],
                "Attempt 2 after 10 s, attempt 3 after 18 s to 22 s, attempt 4 after 34 s to 46 s; \
                 at most 1 min 18 s of waiting in all.",
            ),
            (
                (1..=10).map(|n| (n, n)).collect(),
                "Attempt 2 after 1 s, attempt 3 after 2 s, attempt 4 after 3 s, attempt 5 after 4 s, attempt 6 \
                 after 5 s, attempt 7 after 6 s, …, attempt 11 after 10 s; at most 55 s of waiting in all.",
            ),
        ] {
            assert_eq!(schedule(&waits(&seconds)), expected);
        }
    }

    /// The retries of a document whose backend section is `backend`.
    fn program(backend: &str) -> Program {
        let text = format!("<policies><inbound /><backend>{backend}</backend></policies>");
        let mut problems = crate::diagnostics::Diagnostics::new();
        crate::policy::load(crate::diagnostics::SourceId(0), &text, &mut problems)
            .unwrap_or_else(|| panic!("{problems:?}"))
    }

    fn first_retry(program: &Program) -> &Retry {
        program
            .ops
            .iter()
            .find_map(|op| if let Op::Retry(retry) = op { Some(&**retry) } else { None })
            .unwrap()
    }

    #[test]
    fn attributes_give_the_documented_waits() {
        // The worked example of the policy page: 10, 20, 40, 80, 100 with a random part of 20 %.
        for (attributes, expected) in [
            (r#"count="3" interval="10""#, vec![(10, 10); 3]),
            (r#"count="3" interval="10" delta="5""#, vec![(10, 10), (15, 15), (20, 20)]),
            (
                r#"count="5" interval="10" delta="10" max-interval="100""#,
                vec![(10, 10), (18, 22), (34, 46), (66, 94), (100, 100)],
            ),
            (r#"count="2" interval="7" first-fast-retry="true""#, vec![(0, 0), (7, 7)]),
            (r#"count="@(1 + 1)" interval="@(3)""#, vec![(3, 3); 2]),
        ] {
            let program =
                program(&format!(r#"<retry condition="@(true)" {attributes}><forward-request /></retry>"#));
            let found = retry_waits(first_retry(&program), &crate::semantics::Semantics::default());
            // 10 + 15 x (8 to 12) is above the cap in the fifth wait only.
            assert_eq!(found, Some(waits(&expected)), "{attributes}");
        }
        let computed = r#"<retry condition="@(true)" count="@(context.Request.Headers.Count)" interval="0">
            <forward-request /></retry>"#;
        assert_eq!(
            retry_waits(first_retry(&program(computed)), &crate::semantics::Semantics::default()),
            None
        );
    }

    #[test]
    fn conditions_are_tried_on_every_status() {
        for (condition, expected) in [
            ("context.Response.StatusCode == 429", Some((vec![(429, 429)], None))),
            (
                "context.Response == null || context.Response.StatusCode >= 500",
                Some((vec![(500, 599)], Some(true))),
            ),
            (
                "context.Response != null && context.Response.StatusCode == 503",
                Some((vec![(503, 503)], Some(false))),
            ),
            ("(bool)context.Variables[\"again\"]", None),
        ] {
            let text = format!(
                r#"<retry condition='@({condition})' count="1" interval="0"><forward-request /></retry>"#
            );
            let program = program(&text);
            assert_eq!(statuses(&program, &first_retry(&program).condition), expected, "{condition}");
        }
    }
}
