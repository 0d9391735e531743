//! An explanation as text for a terminal, and as Markdown.

use super::page::{Block, Item, Page, PlayedCase};
use crate::wording::{outside_code, wrapped};

/// Columns of the text for a terminal.
const WIDTH: usize = 96;

/// For a terminal: wrapped, lists indented.
pub fn human(page: &Page) -> String {
    let mut text = format!("{}\n{}\n\n", page.title, "=".repeat(page.title.chars().count()));
    for paragraph in &page.summary {
        wrap(&mut text, paragraph, "", "");
        text.push('\n');
    }
    for section in &page.sections {
        text.push_str(&format!("{}\n{}\n", section.heading, "-".repeat(section.heading.chars().count())));
        for block in &section.blocks {
            match block {
                Block::Text(paragraph) => wrap(&mut text, paragraph, "", ""),
                Block::Items(items) => {
                    for item in items {
                        entry(&mut text, item, 1);
                    }
                }
                Block::Cases(cases) => {
                    for case in cases {
                        played(&mut text, case);
                    }
                }
            }
        }
        text.push('\n');
    }
    text.pop();
    text
}

fn entry(text: &mut String, item: &Item, depth: usize) {
    let indent = "  ".repeat(depth);
    wrap(text, &item.line(), &format!("{indent}- "), &format!("{indent}  "));
    for inner in &item.items {
        entry(text, inner, depth.saturating_add(1));
    }
}

fn played(text: &mut String, case: &PlayedCase) {
    wrap(text, &case.case, "  - ", "    ");
    let mut line = format!("Client: {}, {}. {}", case.client, case.time, called(case));
    if !case.remarks.is_empty() {
        line.push_str(&format!(" Because: {}.", case.remarks.join("; ")));
    }
    wrap(text, &line, "      ", "      ");
}

fn called(case: &PlayedCase) -> String {
    if case.called.is_empty() {
        "No backend is called.".to_owned()
    } else {
        format!("Called: {}.", case.called.join(", "))
    }
}

/// Adds `paragraph` in lines of at most [`WIDTH`] columns.
fn wrap(text: &mut String, paragraph: &str, first: &str, rest: &str) {
    text.push_str(&wrapped(paragraph, first, rest, WIDTH));
}

/// As Markdown, for a pull request or a wiki.
pub fn markdown(page: &Page) -> String {
    let mut text = format!("# {}\n\n", outside_code(&page.title));
    for paragraph in &page.summary {
        text.push_str(&format!("{}\n\n", outside_code(paragraph)));
    }
    for section in &page.sections {
        text.push_str(&format!("## {}\n\n", section.heading));
        for block in &section.blocks {
            match block {
                Block::Text(paragraph) => text.push_str(&format!("{}\n", outside_code(paragraph))),
                Block::Items(items) => {
                    for item in items {
                        bullet(&mut text, item, 0);
                    }
                }
                Block::Cases(cases) => table(&mut text, cases),
            }
            text.push('\n');
        }
    }
    text.pop();
    text
}

fn bullet(text: &mut String, item: &Item, depth: usize) {
    text.push_str(&format!("{}- {}\n", "  ".repeat(depth), outside_code(&item.line())));
    for inner in &item.items {
        bullet(text, inner, depth.saturating_add(1));
    }
}

fn table(text: &mut String, cases: &[PlayedCase]) {
    text.push_str(
        "| what happens | the client gets | when | backends called | because |\n|---|---|---|---|---|\n",
    );
    for case in cases {
        let called = if case.called.is_empty() { "none".to_owned() } else { case.called.join(", ") };
        let cells = [&case.case, &case.client, &case.time, &called, &case.remarks.join("; ")];
        let cells: Vec<String> = cells.iter().map(|cell| outside_code(cell).replace('|', "\\|")).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::{Reference, Section};
    use super::*;

    fn page() -> Page {
        let inner = Item::at("Do <it>.", Some(Reference { file: None, line: 3 }));
        let case = PlayedCase {
            case: "All is well.".to_owned(),
            client: "200 OK".to_owned(),
            called: vec!["`a`".to_owned()],
            time: "at once".to_owned(),
            remarks: Vec::new(),
        };
        let blocks = vec![
            Block::Text("word ".repeat(30)),
            Block::Items(vec![Item::plain("If `a|b`:").with(vec![inner])]),
            Block::Cases(vec![case]),
        ];
        Page {
            title: "p.xml".to_owned(),
            summary: vec!["Short.".to_owned()],
            sections: vec![Section { heading: "On the way in", blocks }],
        }
    }

    #[test]
    fn text_is_wrapped_and_indented() {
        let text = human(&page());
        assert!(text.starts_with("p.xml\n=====\n\nShort.\n\nOn the way in\n-------------\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.contains("  - If `a|b`:\n    - Do <it> (line 3).\n"), "{text}");
        assert!(text.ends_with("  - All is well.\n      Client: 200 OK, at once. Called: `a`.\n"), "{text}");
    }

    #[test]
    fn markdown_keeps_structure_and_escapes() {
        let text = markdown(&page());
        assert!(text.contains("- If `a|b`:\n  - Do \\<it> (line 3).\n"), "{text}");
        assert!(text.contains("| All is well. | 200 OK | at once | `a` |  |\n"), "{text}");
    }
}
