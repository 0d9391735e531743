//! The language server, driven over its protocol as an editor drives it.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::binary;

const BACKEND: &str = r#"{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http", "circuitBreaker": { "rules": [
    RULES
  ] } } }"#;
const RULE: &str = r#"{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }"#;
const POLICY: &str = r#"<policies>
    <inbound><base /><set-backend-service backend-id="east" /></inbound>
    <backend><base /></backend>
    <outbound><base /></outbound>
    <on-error><base /></on-error>
</policies>
"#;

/// A client of the protocol: messages with a header each.
struct Editor {
    server: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    next: u64,
}

impl Editor {
    fn start(folder: &Path) -> Self {
        let mut server = Command::new(binary())
            .arg("lsp")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = server.stdin.take().unwrap();
        let mut output = BufReader::new(server.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read_message(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut editor = Self { server, input, messages, next: 1 };
        let uri = uri(folder);
        let answer = editor.request(
            "initialize",
            &json!({ "processId": null, "capabilities": {}, "workspaceFolders": [{ "uri": uri, "name": "w" }] }),
        );
        assert_eq!(answer["serverInfo"]["name"], "poolproof");
        assert_eq!(answer["capabilities"].get("documentFormattingProvider"), None, "formatting is off");
        editor.notify("initialized", &json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{message}");
                return message["result"].clone();
            }
        }
    }

    fn receive(&self) -> Value {
        self.messages.recv_timeout(Duration::from_mins(1)).unwrap()
    }

    /// The codes that are shown for a file next.
    fn shown(&self, uri: &str) -> Vec<(String, Value)> {
        loop {
            let message = self.receive();
            if message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri {
                let all = message["params"]["diagnostics"].as_array().unwrap();
                return all
                    .iter()
                    .map(|d| (d["code"].as_str().unwrap().to_owned(), d["range"].clone()))
                    .collect();
            }
        }
    }

    fn edit(&mut self, uri: &str, version: u64, text: &str) {
        let params = json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "text": text }] });
        self.notify("textDocument/didChange", &params);
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

fn read_message(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[test]
fn an_editor_is_told_of_findings_while_typing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let backends = root.join("backends.json");
    let right = BACKEND.replace("RULES", RULE);
    let wrong = BACKEND.replace("RULES", &format!("{RULE},\n    {RULE}"));
    std::fs::write(&backends, &right).unwrap();
    std::fs::write(root.join("policy.xml"), POLICY).unwrap();
    let mut editor = Editor::start(&root);
    let at = uri(&backends);
    let opened = json!({ "uri": at, "languageId": "json", "version": 1, "text": wrong });
    editor.notify("textDocument/didOpen", &json!({ "textDocument": opened }));
    let found = editor.shown(&at);
    let (_, range) = found.iter().find(|(code, _)| code == "PP1001").expect("two rules");
    // The second rule begins on the fifth line.
    assert_eq!(range["start"], json!({ "line": 4, "character": 4 }));
    let hover = editor.request(
        "textDocument/hover",
        &json!({ "textDocument": { "uri": at }, "position": { "line": 4, "character": 4 } }),
    );
    let page = hover["contents"]["value"].as_str().unwrap();
    assert!(page.contains("PP1001") && page.contains("several-breaker-rules"), "{page}");
    editor.edit(&at, 2, &right);
    assert!(!editor.shown(&at).iter().any(|(code, _)| code == "PP1001"));
    let policy = uri(&root.join("policy.xml"));
    // What a policy is for, and an attribute of it.
    for (character, expected) in [(25, "**`<set-backend-service>`**"), (45, "`backend-id`: ")] {
        let place =
            json!({ "textDocument": { "uri": policy }, "position": { "line": 1, "character": character } });
        let hover = editor.request("textDocument/hover", &place);
        let text = hover["contents"]["value"].as_str().unwrap();
        assert!(text.contains(expected), "{character}: {text}");
    }
    // From the name in the policy to the backend.
    let definition = editor.request(
        "textDocument/definition",
        &json!({ "textDocument": { "uri": policy }, "position": { "line": 1, "character": 56 } }),
    );
    assert_eq!(definition["uri"], at);
    assert_eq!(definition["range"]["start"]["line"], 0);
    let nothing = json!({ "textDocument": { "uri": policy }, "position": { "line": 3, "character": 0 } });
    assert_eq!(editor.request("textDocument/definition", &nothing), Value::Null);
    editor.request("shutdown", &Value::Null);
    editor.notify("exit", &Value::Null);
    assert!(editor.server.wait().unwrap().success());
}
