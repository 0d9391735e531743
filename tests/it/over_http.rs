//! The backends and the traffic of a scenario over HTTP, one against the other.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
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
    // Before anything listens: the address is taken, and that is not what is said.
    let listen = format!("127.0.0.1:{port}");
    for (option, url, told) in [
        ("--events-to", "ftp://h/s3cret", "`--events-to`: it does not begin with http:// or https://"),
        ("--events-to", "http://u:s3cret@h/", "`--events-to`: it has a user or a password in it"),
        ("--otlp", "s3cret", "`--otlp`: it does not begin with http:// or https://"),
        ("--otlp", "env:POOLPROOF_NOT_SET", "the variable `POOLPROOF_NOT_SET` is not set"),
        ("--otlp", "http://127.0.0.1:9", "cannot listen at 127.0.0.1:"),
    ] {
        let done = call(work.path(), &["serve", "scenario.json", "--listen", &listen, option, url]);
        assert_eq!(done.code, 2, "{option} {url}: {}", done.err);
        assert!(done.err.contains(told) && !done.err.contains("s3cret"), "{option} {url}: {}", done.err);
    }
}

/// A server as a process of its own, which ends with the test.
#[cfg(unix)]
struct Served(Child);

#[cfg(unix)]
impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What a server says on standard error, from its start to its end by a signal.
#[cfg(unix)]
fn served(folder: &Path, more: &[&str], act: impl FnOnce(&str)) -> (Option<i32>, String) {
    let process = Command::new(binary())
        .args(["serve", "scenario.json", "--listen", "127.0.0.1:0", "--seed", "1"])
        .args(more)
        .env("POOLPROOF_TEST_KEY", "s3cret")
        .current_dir(folder)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut served = Served(process);
    let mut lines = BufReader::new(served.0.stderr.take().unwrap());
    let mut said = String::new();
    let address = loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it has ended: {said}");
        said.push_str(&line);
        if let Some((_, rest)) = line.split_once("http://127.0.0.1:").filter(|_| !line.contains("->")) {
            let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
            break format!("127.0.0.1:{port}");
        }
    };
    act(&address);
    let pid = served.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    lines.read_to_string(&mut said).unwrap();
    (served.0.wait().unwrap().code(), said)
}

/// The status line that comes for a request for this path with this key.
#[cfg(unix)]
fn asked(address: &str, path: &str, key: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: h\r\napi-key: {key}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
#[cfg(unix)]
fn a_server_says_what_it_does_as_text_and_as_json() {
    let work = Work::walkthrough();
    let keys = ["--subscription-key", "env:POOLPROOF_TEST_KEY"];
    let act = |address: &str| {
        assert!(asked(address, "/nowhere?code=s3cret", "s3cret").contains(" 404 "));
        assert!(asked(address, "/openai/deployments/a?code=s3cret", "not-it").contains(" 401 "));
    };
    let (code, said) = served(work.path(), &keys, act);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("gateway of `scenario.json`"), "{said}");
    assert!(said.ends_with("ending: what is under way is answered\n"), "{said}");
    assert!(!said.contains("request finished") && said.contains("\nserving at http://127.0.0.1:"), "{said}");
    let more = [&keys[..], &["--log", "json"]].concat();
    let (code, said) = served(work.path(), &more, act);
    assert_eq!(code, Some(0), "{said}");
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["started", "request finished", "request finished", "ending", "ended"]);
    assert_eq!((&lines[1]["status"], &lines[2]["status"]), (&404.into(), &401.into()));
    assert_eq!(lines[1]["path"], "/nowhere");
    assert!(!said.contains("s3cret"), "{said}");
}
