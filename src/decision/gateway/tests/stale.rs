//! Inputs that come too late, too early or for somebody else change nothing. The rig compares the whole
//! state before and after an ignored input.

use super::driver::{Rig, by_priority, response, retry_429, seconds, to_pool};
use crate::gateway::{CallNumber, Input, SideAnswer};
use crate::units::AttemptNumber;

/// Every kind of input for this attempt.
fn inputs(attempt: AttemptNumber) -> Vec<Input> {
    vec![
        Input::ResponseHeaders { attempt, response: response(200, &[]) },
        Input::BodyEnd { attempt, usage: None },
        Input::BodyFailed { attempt },
        Input::HeaderTimeout { attempt },
        Input::ConnectionFailed { attempt },
        Input::Wake,
        Input::SideCallDone { number: CallNumber(1), answer: SideAnswer::Failed },
    ]
}

#[test]
fn an_earlier_attempt_is_not_heard() {
    let mut rig = Rig::new(by_priority(3, &to_pool(&retry_429(2))));
    rig.start(0);
    rig.status(0, 429);
    for input in inputs(AttemptNumber(1)) {
        assert_eq!(rig.give(0, &input), "ignored", "{input:?}");
    }
    assert_eq!(rig.status(0, 200), "respond 200 b1#2");
    rig.wait(seconds(100));
    for input in inputs(AttemptNumber(1)) {
        assert_eq!(rig.give(0, &input), "ignored", "{input:?}");
    }
    assert_eq!(rig.body_end(0), "answered");
}

#[test]
fn a_later_attempt_is_not_heard_before_it_is_made() {
    let mut rig = Rig::new(by_priority(3, &to_pool(&retry_429(2))));
    rig.start(0);
    for attempt in [0, 2, u32::MAX] {
        for input in inputs(AttemptNumber(attempt)) {
            assert_eq!(rig.give(0, &input), "ignored", "{input:?}");
        }
    }
}

#[test]
fn nothing_is_heard_before_the_start_and_after_the_end() {
    let mut rig = Rig::new(by_priority(1, &to_pool("<forward-request />")));
    for input in inputs(AttemptNumber(0)).iter().chain(&inputs(AttemptNumber(1))) {
        assert_eq!(rig.give(0, input), "ignored", "{input:?}");
    }
    rig.start(0);
    rig.status(0, 200);
    rig.body_end(0);
    for input in inputs(AttemptNumber(1)) {
        assert_eq!(rig.give(0, &input), "ignored", "{input:?}");
    }
}

#[test]
fn headers_twice_are_headers_once() {
    let mut rig = Rig::new(by_priority(1, &to_pool("<forward-request />")));
    rig.start(0);
    rig.status(0, 200);
    assert_eq!(rig.status(0, 429), "ignored");
    assert_eq!(rig.tripped_until_s(0), None);
}

#[test]
fn a_response_at_the_deadline_counts() {
    let mut rig = Rig::new(by_priority(1, &to_pool(r#"<forward-request timeout-ms="1500" />"#)));
    rig.start(0);
    rig.wait(crate::units::Duration::from_millis(1_500));
    assert_eq!(rig.status(0, 200), "respond 200 b0#1");
    assert_eq!(rig.header_timeout(0), "ignored");
}

#[test]
fn a_late_answer_still_reaches_the_breaker_of_its_own_attempt_only() {
    // Two requests are with b0; the first answer trips it, the second is ignored while tripped, and both
    // retries go to b1.
    let mut rig = Rig::new(by_priority(2, &to_pool(&retry_429(1))));
    rig.start(0);
    rig.start(1);
    assert_eq!(rig.status(0, 429), "abort 1; forward 2 b1");
    assert_eq!(rig.told(), "b0 trips for 1m; retry 1 after 0s");
    rig.wait(seconds(1));
    assert_eq!(rig.status(1, 429), "abort 1; forward 2 b1");
    assert_eq!(rig.told(), "retry 1 after 0s");
    assert_eq!(rig.tripped_until_s(0), Some(60));
}
