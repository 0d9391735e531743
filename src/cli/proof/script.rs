//! A counterexample as a shell script: `mock` with scripted backends, `serve` in front of them, and curl as the client.
//!
//! Rules
//! - The scenario lies beside the script, and both say the same.
//! - Whatever shell it is (POSIX), whichever folder it is called from: it waits until both listen, and ends both.
//!
//! Deliberately absent: a clock that goes faster. `serve` goes by that of the wall, and so does the script.

use super::rehearsal::Expected;
use super::scenario::Staged;
use crate::drive::{ATTEMPTS_HEADER, body_of};
use crate::gateway::GatewaySpec;
use crate::mock::{DEFAULT_KEY, TOKEN_PATH, path_of};
use crate::sim::RunPlan;
use crate::units::{Duration, Timestamp};
use crate::wording::time;
use crate::workload::{ArrivalSpec, Start};

/// How far apart events are: a shell needs some milliseconds to start a program.
pub(crate) const PACE: Duration = Duration::from_millis(300);

/// What is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script<'a> {
    pub staged: &'a Staged,
    /// Name of the scenario's file, which lies beside the script.
    pub scenario: &'a str,
    /// The course as a table.
    pub table: &'a str,
}

/// The script.
pub(crate) fn script(script: &Script<'_>) -> String {
    let Staged { plan, expected, lasts, .. } = script.staged;
    let spec = &plan.gateway;
    let file = quoted(&format!("./{}", script.scenario));
    let mut out = String::from("#!/bin/sh\n# A counterexample of `poolproof verify` on real sockets:\n#\n");
    for line in script.table.lines() {
        out.push_str(format!("#   {line}").trim_end());
        out.push('\n');
    }
    out.push_str(&format!(
        "#\n# It takes about {}. Exit codes: 0 it went like that, 1 it went otherwise, 2 it could not be played.\n\
         # POOLPROOF is the program, PORT the first of {} free ports.\n\n",
        time(Duration::from_millis(lasts.as_nanos().div_ceil(1_000_000).next_multiple_of(1_000).saturating_add(1_000))),
        spec.backends().len().saturating_add(3),
    ));
    out.push_str(BEGIN);
    out.push_str(&format!("body={}\n", quoted(&String::from_utf8_lossy(&body(plan)))));
    out.push_str(&format!("url=\"http://127.0.0.1:$port\"{}\n\n", quoted(&path(plan))));
    out.push_str(&format!(
        "\"$poolproof\" mock {file} --port \"$((port + 2))\" >\"$work/mock.log\" 2>&1 &\npids=$!\n\
         POOLPROOF_MOCK_KEY={DEFAULT_KEY} \"$poolproof\" serve {file} --seed {} --tell-backend \\\n  \
         --listen \"127.0.0.1:$port\" --admin \"127.0.0.1:$((port + 1))\" --key '*=env:POOLPROOF_MOCK_KEY' \\\n  \
         --identity \"http://127.0.0.1:$((port + {}))\"{TOKEN_PATH}",
        plan.seed,
        spec.backends().len().saturating_add(2),
    ));
    for (number, backend) in spec.backends().iter().enumerate() {
        out.push_str(&format!(
            " \\\n  --backend {}\"http://127.0.0.1:$((port + {}))\"{}",
            quoted(&format!("{}=", backend.name)),
            number.saturating_add(2),
            quoted(path_of(&backend.url)),
        ));
    }
    out.push_str(" \\\n  >\"$work/serve.log\" 2>&1 &\npids=\"$pids $!\"\n");
    out.push_str(&format!(
        "until curl -s -f -o \"$work/ready\" \"http://127.0.0.1:$((port + 1))/readyz\" &&\n  \
         curl -s -o \"$work/ready\" \"http://127.0.0.1:$((port + {}))/\"; do\n{WAIT}done\n\n",
        spec.backends().len().saturating_add(2),
    ));
    out.push_str(&send(plan));
    out.push_str(&requests(plan, *lasts));
    out.push_str(&CHECK.replace("ATTEMPTS_HEADER", ATTEMPTS_HEADER));
    out.push_str(&checks(expected));
    out.push_str("exit \"$failed\"\n");
    out
}

const BEGIN: &str = r#"set -u
poolproof=${POOLPROOF:-poolproof}
port=${PORT:-18080}
cd "$(dirname "$0")" || exit 2
work=$(mktemp -d) || exit 2
pids='' clients='' failed=0 waited=0
end() {
  # shellcheck disable=SC2086
  kill $pids 2>/dev/null
  wait
  rm -rf "$work"
}
trap end EXIT
trap 'exit 2' INT TERM
"#;

const WAIT: &str = r#"  waited=$((waited + 1))
  if [ "$waited" -gt 100 ]; then
    cat "$work/mock.log" "$work/serve.log" >&2
    exit 2
  fi
  sleep 0.1
"#;

const CHECK: &str = r#"# shellcheck disable=SC2086
wait $clients

check() { # number, status or nothing, attempts
  got=$(awk '/^HTTP/ { status = $2 } tolower($1) == "ATTEMPTS_HEADER:" { attempts = $2 + 0 }
    END { print status, attempts }' "$work/$1.head" 2>/dev/null)
  want="$2 $3"
  if [ -z "$2" ]; then
    want=' '
  fi
  if [ "$got" = "$want" ]; then
    echo "r$1: status ${2:-none}, attempts $3, as told"
  else
    echo "r$1: told are status ${2:-none}, attempts $3; seen were: $got"
    failed=1
  fi
}

"#;

/// The function that sends a request.
fn send(plan: &RunPlan) -> String {
    let mut out = String::from(
        "send() { # number, seconds that the client waits\n  curl -s -o \"$work/$1.body\" -D \"$work/$1.head\" -m \"$2\"",
    );
    out.push_str(&format!(" -X {} \\\n   ", quoted(&plan.operation.method)));
    let headers = plan.operation.headers.iter();
    let mut has_type = false;
    for header in headers {
        has_type |= header.name.eq_ignore_ascii_case("content-type");
        out.push_str(&format!(" -H {}", quoted(&format!("{}: {}", header.name, header.value.to_text()))));
    }
    if !has_type {
        out.push_str(" -H 'content-type: application/json'");
    }
    out.push_str(" \\\n    --data-binary \"$body\" \"$url\" &\n  clients=\"$clients $!\"\n}\n\n");
    out
}

/// Each request at its time.
fn requests(plan: &RunPlan, lasts: Duration) -> String {
    let mut out = String::new();
    let end = plan.horizon.unwrap_or(lasts.saturating_add(Duration::from_millis(60_000)));
    let end = Timestamp::ZERO.saturating_add(end);
    let mut now = Timestamp::ZERO;
    for (number, at) in arrivals(plan).into_iter().enumerate() {
        if at > now {
            out.push_str(&format!("sleep {}\n", seconds(at.since(now))));
            now = at;
        }
        let left = end.since(at).max(Duration::from_millis(1));
        let most = plan.traffic.client_timeout.map_or(left, |patience| patience.min(left));
        out.push_str(&format!("send {} {}\n", number.saturating_add(1), seconds(most)));
    }
    out
}

fn checks(expected: &Expected) -> String {
    let line = |(number, status, attempts): (u64, Option<crate::units::StatusCode>, usize)| {
        let status = status.map_or("''".to_owned(), |status| status.to_string());
        format!("check {} {status} {attempts}\n", number.saturating_add(1))
    };
    expected.statuses().map(line).collect()
}

fn arrivals(plan: &RunPlan) -> Vec<Timestamp> {
    let ArrivalSpec::Scripted(requests) = &plan.traffic.arrivals else { return Vec::new() };
    let at = |start: Start| match start {
        Start::At(at) => Some(at),
        Start::After(_) => None,
    };
    requests.iter().filter_map(|request| at(request.start)).collect()
}

fn body(plan: &RunPlan) -> Vec<u8> {
    let ArrivalSpec::Scripted(requests) = &plan.traffic.arrivals else { return Vec::new() };
    requests.first().map(|request| body_of(plan, &request.demand)).unwrap_or_default()
}

/// Path and query of every request.
fn path(plan: &RunPlan) -> String {
    let spec: &GatewaySpec = &plan.gateway;
    let api = spec.facts().api.path.as_str().trim_matches('/');
    let slash = if api.is_empty() { "" } else { "/" };
    format!("{slash}{api}{}", plan.operation.path)
}

/// A time as `sleep` and curl read it.
fn seconds(time: Duration) -> String {
    let millis = time.as_nanos().div_ceil(1_000_000);
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}

/// One word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_one_word() {
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(seconds(Duration::from_millis(12_005)), "12.005");
        assert_eq!(seconds(Duration::from_nanos(1)), "0.001");
    }
}
