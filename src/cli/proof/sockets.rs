//! A counterexample on real sockets: the gateway of `serve`, backends that answer by script, and a client.
//!
//! Rules
//! - Everything is put so far apart that sockets and schedulers cannot change its order; where that would change what
//!   happens, it is refused. Who is late all the same tries again, further apart.
//! - What happened is read from the decision log of the gateway, and compared call by call.
//!
//! Deliberately absent: several gateway instances, as `serve` is one.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use super::super::laboratory::Bench;
use super::rehearsal::{Expected, difference};
use super::scenario::{Exported, Staged, scenario};
use crate::drive::{Driven, Options, drive};
use crate::serve::{Journal, JournalHeader};
use crate::sim::NoObserver;
use crate::units::Duration;
use crate::verify::Course;

/// Real milliseconds between events, the next where sockets were late.
const PACES_MS: [u64; 3] = [80, 250, 800];
/// Speeds that are tried, where none is wanted.
const SPEEDS: [u32; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
/// A counterexample that takes no longer goes no faster.
const LONG_ENOUGH: Duration = Duration::from_millis(10_000);

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct OnSockets {
    /// How many times as fast as time it was.
    pub speed: u32,
    /// Real time between the first event and the last.
    pub lasted: Duration,
    /// The first difference, in words.
    pub difference: Option<String>,
}

/// Plays a counterexample over HTTP.
pub(crate) fn on_sockets(exported: &Exported<'_>, speed: Option<u32>) -> Result<OnSockets, String> {
    one_gateway(exported.course)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let mut outcome = None;
    for pace in PACES_MS.map(Duration::from_millis) {
        let (speed, staged) = match staged(exported, speed, pace) {
            Ok(found) => found,
            // Further apart it is another path: what was seen before counts.
            Err(message) => return outcome.ok_or(message),
        };
        let (played, driven) = play(&runtime, &staged, speed, exported)?;
        let difference = difference(&staged.expected, &played, exported.setup);
        let lasted = Duration::from_nanos(staged.lasts.as_nanos() / u64::from(speed.max(1)));
        let is_done = difference.is_none();
        outcome = Some(OnSockets { speed, lasted, difference });
        let margin = std::time::Duration::from_nanos(pace.as_nanos() / 8);
        if is_done || driven.lag_max.is_none_or(|lag| lag < margin) {
            break;
        }
    }
    outcome.ok_or_else(|| "nothing was played".to_owned())
}

/// The scenario and how fast it goes.
fn staged(exported: &Exported<'_>, speed: Option<u32>, pace: Duration) -> Result<(u32, Staged), String> {
    let at = |speed: u32| {
        let pace = Some(Duration::from_nanos(pace.as_nanos().saturating_mul(speed.into())));
        scenario(&Exported { pace, ..*exported }).map(|staged| (speed, staged))
    };
    if let Some(speed) = speed {
        return at(speed);
    }
    let mut found = Err(String::new());
    for speed in SPEEDS {
        let next = at(speed);
        match (&next, &found) {
            (Ok((_, staged)), _) => {
                let is_short = staged.lasts.as_nanos() / u64::from(speed) <= LONG_ENOUGH.as_nanos();
                found = next;
                if is_short {
                    break;
                }
            }
            // What can be told apart no better than so is not faster either.
            (Err(_), Ok(_)) => break,
            (Err(_), Err(first)) if first.is_empty() => found = next,
            (Err(_), Err(_)) => {}
        }
    }
    found
}

/// What no one gateway can show.
pub(crate) fn one_gateway(course: &Course) -> Result<(), String> {
    if course.scenes.iter().any(|scene| scene.instance > 0) {
        return Err("it is about several gateway instances, and `serve` is one".to_owned());
    }
    Ok(())
}

fn play(
    runtime: &tokio::runtime::Runtime,
    staged: &Staged,
    speed: u32,
    exported: &Exported<'_>,
) -> Result<(Expected, Driven), String> {
    let log = Log::default();
    let header = JournalHeader { hash: String::new(), seed: staged.plan.seed, start_unix_s: 0 };
    let journal = Journal::new(log.clone(), &header);
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let bench = runtime.block_on(Bench::start(&staged.plan, speed, anywhere, Some(journal)))?;
    let options = Options {
        target: bench.url.clone(),
        speed,
        requests_at_once: 100,
        headers: Vec::new(),
        tells_request: false,
    };
    let driven = drive(&Arc::new(staged.plan.clone()), &options, &mut NoObserver);
    runtime.block_on(bench.stop());
    let driven = driven.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&log.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    let played = Expected::of_log(&text, exported.setup).ok_or("the decision log cannot be read again")?;
    Ok((played, driven))
}

/// A log in memory.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Scene;

    #[test]
    fn one_gateway_cannot_be_two() {
        let scene = |instance| Scene { request: Some(0), instance, ..Scene::default() };
        let course = |scenes| Course { scenes, has_picks: false, has_misfit: false };
        assert!(one_gateway(&course(vec![scene(0), scene(0)])).is_ok());
        assert!(one_gateway(&course(vec![scene(0), scene(1)])).is_err());
    }
}
