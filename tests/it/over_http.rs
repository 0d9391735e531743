//! The backends and the traffic of a scenario over HTTP, one against the other.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Work, binary, call};

/// A mock as a process of its own, which ends with the test.
struct Mock {
    process: Child,
    /// What it has printed once all listen.
    ports: Value,
}

impl Mock {
    fn start(folder: &Path, more: &[&str]) -> Self {
        let mut process = Command::new(binary())
            .args(["mock", "scenario.json", "--format", "json"])
            .args(more)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut text = String::new();
        while let Some(Ok(line)) = lines.next() {
            text.push_str(&line);
            if line == "}" {
                break;
            }
        }
        Self { process, ports: serde_json::from_str(&text).unwrap() }
    }

    fn url(&self, backend: usize) -> &str {
        self.ports["backends"][backend]["url"].as_str().unwrap()
    }

    /// Tells it to end, as a shell does. What it says last.
    #[cfg(unix)]
    fn end(mut self) -> (Option<i32>, String) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut said = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.process.wait().unwrap().code(), said)
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
#[cfg(unix)]
fn traffic_meets_the_backends_of_its_scenario() {
    let work = Work::walkthrough();
    let mock = Mock::start(work.path(), &["--speed", "10", "--key", "openai-eastus=own"]);
    let json = |more: &[&str]| {
        let common = ["drive", "scenario.json", "--speed", "10", "--format", "json", "--target", mock.url(0)];
        let done = call(
            work.path(),
            &[&common[..], &["--set", "traffic.requests=15", "--set", "traffic.pause=0s"], more].concat(),
        )
        .ok();
        serde_json::from_str::<Value>(&done.out).unwrap()
    };
    let refused = json(&[]);
    assert_eq!(refused["summary"]["requests"]["answered_otherwise"]["401"], 15);
    let told = json(&["--header", "api-key=own"]);
    let requests = &told["summary"]["requests"];
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    let (fine, limited) = (count(&requests["answered_2xx"]), count(&requests["answered_otherwise"]["429"]));
    // 8,000 tokens are 12 times the request of the walkthrough. On a busy machine the window moves on meanwhile.
    assert!(fine >= 12 && fine + limited == 15, "{requests}");
    assert_eq!(count(&told["summary"]["backends"][0]["answered"]), fine);
    assert_eq!(told["answers_that_name_their_backend"], 15);
    let folder = work.path().join("output/walkthrough/base-driven");
    let rows = std::fs::read_to_string(folder.join("requests.csv")).unwrap();
    let header = rows.lines().next().unwrap();
    assert!(header.starts_with("request,arrival_s,instance,outcome,status,backend"), "{header}");
    assert_eq!(rows.lines().filter(|line| line.contains(",openai-eastus,")).count(), 15);
    for file in ["summary.json", "summary.csv", "timeline.csv"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let (code, said) = mock.end();
    assert_eq!(code, Some(0), "{said}");
    let row = said.lines().find(|line| line.contains("openai-eastus")).unwrap();
    let expected = format!("openai-eastus 15 {fine} {limited}");
    assert_eq!(row.split_whitespace().collect::<Vec<_>>().join(" "), expected);
}

#[test]
fn what_cannot_be_had_is_said() {
    let work = Work::walkthrough();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (args, told) in [
        (&["mock", "scenario.json", "--port", &port][..], "cannot listen on 127.0.0.1:"),
        (&["mock", "scenario.json", "--port", "65535"], "leaves no room for 4 ports"),
        (&["mock", "scenario.json", "--key", "nowhere=x"], "there is no backend `nowhere`"),
        (&["mock", "scenario.json", "--variant", "nowhere"], "has no variant `nowhere`"),
        (&["drive", "scenario.json", "--target", "localhost"], "is not a URL"),
        (
            &["drive", "scenario.json", "--target", "http://127.0.0.1:9/x", "--set", "traffic.requests=1"],
            "nobody answers",
        ),
    ] {
        let done = call(work.path(), args);
        assert_eq!(done.code, 2, "{args:?}: {}", done.err);
        assert!(done.err.contains(told), "{args:?}: {}", done.err);
    }
}
