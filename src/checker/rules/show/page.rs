//! The pages of rules, and their list.

use serde_json::{Value, json};

use super::super::registry::all;
use super::super::rule::Rule;

/// Most characters of a line.
const WIDTH: usize = 100;

/// The page of a rule for a terminal.
pub fn page(rule: &Rule) -> String {
    let mut text = format!("{} {} ({})\n{}\n", rule.code, rule.name, rule.severity.name(), rule.summary);
    for (title, body) in
        [("Why", rule.why), ("What to do", rule.fix), ("Applies to", rule.applies), ("Source", rule.source)]
    {
        text.push_str(&format!("\n{title}\n{}", wrapped(body)));
    }
    for (title, examples) in [("Found in", rule.bad), ("Right", rule.good)] {
        let Some(example) = examples.first() else { continue };
        for (path, content) in example.0 {
            text.push_str(&format!("\n{title}: {path}\n"));
            for line in content.lines() {
                text.push_str(&format!("    {line}\n"));
            }
        }
    }
    text
}

/// The page of a rule in Markdown.
pub fn page_markdown(rule: &Rule) -> String {
    let mut text = format!(
        "# {} {}\n\n*{}*: {}\n\n{}\n",
        rule.code,
        rule.name,
        rule.severity.name(),
        rule.summary,
        rule.why
    );
    for (title, body) in [("What to do", rule.fix), ("Applies to", rule.applies), ("Source", rule.source)] {
        text.push_str(&format!("\n**{title}:** {body}\n"));
    }
    for (title, examples) in [("Found in", rule.bad), ("Right", rule.good)] {
        let Some(example) = examples.first() else { continue };
        for (path, content) in example.0 {
            let language = path.rsplit('.').next().unwrap_or_default();
            text.push_str(&format!("\n{title} `{path}`:\n\n```{language}\n{}\n```\n", content.trim_end()));
        }
    }
    text
}

/// The page of a rule for programs.
pub fn page_json(rule: &Rule) -> Value {
    let examples = |examples: &[super::super::Example]| -> Value {
        let files = |example: &super::super::Example| -> Value {
            example.0.iter().map(|(path, text)| json!({ "path": path, "text": text })).collect()
        };
        examples.iter().map(files).collect()
    };
    json!({
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity.name(),
        "summary": rule.summary,
        "why": rule.why,
        "fix": rule.fix,
        "source": rule.source,
        "applies": rule.applies,
        "bad": examples(rule.bad),
        "good": examples(rule.good),
    })
}

/// A line for each rule.
pub fn list() -> String {
    let line =
        |rule: &Rule| format!("{} {:8} {:32} {}\n", rule.code, rule.severity.name(), rule.name, rule.summary);
    all().map(line).collect()
}

/// All rules for programs.
pub fn list_json() -> Value {
    all().map(page_json).collect()
}

/// Lines of at most [`WIDTH`] characters, indented.
fn wrapped(body: &str) -> String {
    let mut text = String::new();
    let mut line = String::from("   ");
    for word in body.split_whitespace() {
        if line.chars().count().saturating_add(word.chars().count()) >= WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = String::from("   ");
        }
        line.push(' ');
        line.push_str(word);
    }
    text.push_str(&line);
    text.push('\n');
    text
}
