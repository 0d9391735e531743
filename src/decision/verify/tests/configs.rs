//! Small configurations, each for one part of what the core decides.

use super::support::{Small, answer, retry, rule, sections, small, to_pool, well};
use crate::gateway::{BreakerRule, Threshold};
use crate::units::Duration;
use crate::verify::Bounds;
use crate::verify::answers::{Answer, RetryAfter};

const SECOND: RetryAfter = RetryAfter::Seconds(1);
const DAY: RetryAfter = RetryAfter::Seconds(86_400);

pub(super) fn depth(mut small: Small, in_flight: usize, faults: u8, depth: u32) -> Small {
    small.bounds = Bounds { in_flight, faults, depth, ..small.bounds };
    small
}

/// One backend without retries, whose breaker has `rule`.
pub(super) fn alone(rule: BreakerRule) -> Small {
    Small {
        policy: to_pool("<forward-request />"),
        members: vec![(None, None)],
        rule: Some(rule),
        answers: vec![well(), answer(429, RetryAfter::Absent), answer(500, RetryAfter::Absent)],
        ..small()
    }
}

/// Two failures between 429 and 500 within 10 s trip.
pub(super) fn counts() -> Small {
    let mut rule = rule(&[(429, 500)]);
    rule.threshold = Threshold::Count(2);
    rule.interval = Duration::from_secs(10);
    rule.accept_retry_after = false;
    let mut small = alone(rule);
    small.answers.extend([Answer::NoConnection, answer(429, SECOND)]);
    depth(small, 1, 3, 7)
}

/// Three failures within 10 s trip.
pub(super) fn counts_to_three() -> Small {
    let mut small = counts();
    small.rule.as_mut().unwrap().threshold = Threshold::Count(3);
    small.answers.truncate(2);
    depth(small, 1, 3, 8)
}

/// Half of the calls of 10 s trip.
pub(super) fn percentage(min_samples: &'static str) -> Small {
    let mut rule = rule(&[(429, 429)]);
    rule.threshold = Threshold::Percentage(50);
    rule.interval = Duration::from_secs(10);
    let mut small = alone(rule);
    small.answers.truncate(2);
    small.readings = vec![("breaker.pct_min_samples", min_samples)];
    depth(small, 1, 4, 10)
}

/// One failure trips for as long as Retry-After says; two requests at a time.
pub(super) fn trips() -> Small {
    let mut small = alone(rule(&[(429, 429)]));
    let all = [RetryAfter::Absent, SECOND, DAY, RetryAfter::Seconds(0)].map(|wait| answer(429, wait));
    small.answers = [well()].into_iter().chain(all).collect();
    depth(small, 2, 2, 6)
}

/// Two failures trip for as long as the last says.
pub(super) fn trips_by_two() -> Small {
    let mut small = trips();
    small.rule.as_mut().unwrap().threshold = Threshold::Count(2);
    small
}

pub(super) fn extends() -> Small {
    Small { readings: vec![("breaker.inflight_failures_while_tripped", "extend")], ..trips() }
}

pub(super) fn one_probe() -> Small {
    let mut small = alone(rule(&[(429, 429)]));
    small.answers = vec![well(), answer(429, RetryAfter::Absent), Answer::NoConnection];
    small.readings = vec![("breaker.half_open", "one_probe")];
    depth(small, 2, 2, 8)
}

/// Failover from the first to the second, with everything that may go wrong.
pub(super) fn failover() -> Small {
    let mut small = small();
    small.answers.extend([Answer::NoConnection, Answer::BreaksOff]);
    depth(small, 1, 3, 7)
}

/// Also statuses that no breaker counts are retried.
pub(super) fn stubborn() -> Small {
    let mut small = small();
    small.answers.push(answer(500, RetryAfter::Absent));
    small
}

/// The policy does as it is told, and so does the breaker: nobody sees an error while somebody is ready.
pub(super) fn declared() -> Small {
    small()
}

pub(super) fn named() -> Small {
    let policy = sections(r#"<set-backend-service backend-id="backend-0" />"#, "<forward-request />", "");
    Small { policy, ..alone(rule(&[(429, 429)])) }
}

pub(super) fn refusing() -> Small {
    Small { failure_status: Some(429), ..small() }
}

/// A pool that shares by weight, and is not called.
pub(super) fn weighted(weights: &[u8]) -> Small {
    let members = weights.iter().map(|weight| (Some(1), Some(*weight))).collect();
    depth(Small { members, ..small() }, 1, 1, 5)
}

pub(super) fn slots() -> Small {
    Small { readings: vec![("lb.algorithm", "slot_rr")], ..weighted(&[2, 1]) }
}

/// Retries with these attributes.
pub(super) fn waits(attributes: &str) -> Small {
    let condition = "context.Response != null && context.Response.StatusCode == 503";
    let policy = to_pool(&retry(3, attributes, condition));
    let answers = vec![well(), answer(503, RetryAfter::Absent)];
    depth(Small { policy, answers, ..small() }, 1, 3, 7)
}

/// A long wait that is not met, as nothing fails.
pub(super) fn all_well() -> Small {
    let mut small = waits(r#"interval="20""#);
    small.answers.truncate(1);
    small
}

/// Each backend has a key of its own.
pub(super) fn keys() -> Small {
    let to = |number: u8| {
        format!(
            r#"<set-backend-service backend-id="backend-{number}" />
               <set-header name="api-key" exists-action="override"><value>key-{number}</value></set-header>"#
        )
    };
    let (first, second) = (to(0), to(1));
    let condition = "context.Response != null && context.Response.StatusCode == 429";
    let backend = format!(
        r#"<retry count="1" interval="0" condition='@({condition})'>
            <choose><when condition='@({condition})'>{second}</when><otherwise>{first}</otherwise></choose>
            <forward-request buffer-request-body="true" /></retry>"#
    );
    Small { policy: sections("", &backend, ""), ..small() }
}

pub(super) fn guarded() -> Small {
    let backend =
        format!(r#"<limit-concurrency key="k" max-count="2">{}</limit-concurrency>"#, "<forward-request />");
    depth(Small { policy: to_pool(&backend), ..small() }, 1, 2, 5)
}

/// A policy of inbound that limits, before one backend; three requests, two at a time.
pub(super) fn limited(policy: &str) -> Small {
    let inbound = format!(r#"<set-backend-service backend-id="openai-backend-pool" />{policy}"#);
    let small = Small {
        policy: sections(&inbound, "<forward-request />", ""),
        members: vec![(None, None)],
        answers: vec![well(), answer(429, RetryAfter::Absent)],
        ..small()
    };
    depth(small, 2, 1, 6)
}

/// Ten tokens a minute, or a day, for all.
pub(super) fn limited_tokens(limit: &str) -> Small {
    limited(&format!(r#"<llm-token-limit counter-key="all" {limit} estimate-prompt-tokens="true" />"#))
}
