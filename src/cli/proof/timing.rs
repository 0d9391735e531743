//! When the events of a path happen, where their order alone does not say it.
//!
//! Rules
//! - What a request waits for by itself (a deadline, a wait before a retry) comes when it comes; everything else is put
//!   where it is wanted, and never before what it follows.
//! - Lateness is drawn from the number of the event, and is less than a quarter of what events are apart.

use std::collections::BTreeMap;

use crate::units::Duration;
use crate::verify::{Answer, Course, Happening, Scene};

/// How events at one instant are put apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Apart {
    /// How far; `None`: as little as time can tell, and no further after time has passed.
    pub(super) pace: Option<Duration>,
    /// The passings of time, a bit each, after which counting begins anew: so the moment just before something stays
    /// before it.
    pub(super) anew: u32,
    /// Which way events are late, if they are.
    pub(super) late: Option<u64>,
}

/// When each event happens.
pub(super) fn times(course: &Course, apart: Option<Apart>) -> Vec<Duration> {
    let step = apart.map_or(Duration::ZERO, |apart| apart.pace.unwrap_or(Duration::from_nanos(1)));
    let is_paced = apart.is_some_and(|apart| apart.pace.is_some());
    let (mut shift, mut passes, mut now) = (Duration::ZERO, 0_u32, Duration::ZERO);
    // Whether the next event may be at the very end of the time that has passed.
    let mut may_follow = true;
    let mut last: BTreeMap<u16, (Duration, Duration)> = BTreeMap::new();
    let mut of_scene = |(number, scene): (usize, &Scene)| {
        let Some(request) = scene.request else {
            let is_anew = apart.is_some_and(|apart| apart.anew >> passes.min(31) & 1 == 1);
            if is_anew {
                shift = Duration::ZERO;
            }
            may_follow |= is_anew || !is_paced;
            passes = passes.saturating_add(1);
            return now;
        };
        let is_due = match scene.happening {
            Some(Happening::Answers(Answer::Overdue) | Happening::Wakes) => last.get(&request),
            _ => None,
        };
        let at = if let Some((then, moved)) = is_due {
            moved.saturating_add(scene.at.saturating_sub(*then))
        } else {
            if !std::mem::take(&mut may_follow) {
                shift = shift.saturating_add(step);
            }
            let late =
                apart.and_then(|apart| apart.late).map_or(Duration::ZERO, |way| late(way, number, step));
            scene.at.saturating_add(shift).saturating_add(late)
        };
        now = now.max(at);
        last.insert(request, (scene.at, now));
        now
    };
    course.scenes.iter().enumerate().map(&mut of_scene).collect()
}

/// How late an event is.
fn late(way: u64, number: usize, step: Duration) -> Duration {
    // The golden ratio of 64 bits spreads neighbours.
    let place = u64::try_from(number).unwrap_or(0).wrapping_add(way << 32 | 1);
    let spread =
        place.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    Duration::from_nanos(spread.checked_rem(step.as_nanos().checked_div(4).unwrap_or(0)).unwrap_or(0))
}
