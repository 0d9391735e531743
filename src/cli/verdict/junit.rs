//! The result in the XML that build servers read (the JUnit format of Ant and its common extensions).
//!
//! There are no times: what is measured in virtual time would be read as seconds of work.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{SuiteReport, TestReport, hints, subject};
use crate::diagnostics::SourceMap;
use crate::suite::{Case, CaseResult};

/// The document.
pub(crate) fn junit(report: &TestReport, sources: &SourceMap) -> std::io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let (tests, failures) = (report.ran().to_string(), report.failed().to_string());
    writer
        .create_element("testsuites")
        .with_attributes([("name", "poolproof"), ("tests", &*tests), ("failures", &*failures)])
        .write_inner_content(|writer| {
            report.suites.iter().try_for_each(|suite| write_suite(suite, sources, writer))
        })?;
    let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    text.push('\n');
    Ok(text)
}

fn write_suite(
    suite: &SuiteReport,
    sources: &SourceMap,
    writer: &mut Writer<Vec<u8>>,
) -> std::io::Result<()> {
    let (tests, failures) = (suite.cases.len().to_string(), suite.failed().to_string());
    let (name, path) = (allowed(&suite.name), allowed(&suite.path));
    let attributes = [
        ("name", &*name),
        ("file", &*path),
        ("tests", &*tests),
        ("failures", &*failures),
        ("errors", "0"),
        ("skipped", "0"),
    ];
    let element = writer.create_element("testsuite").with_attributes(attributes);
    if suite.cases.is_empty() {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|writer| {
        suite
            .cases
            .iter()
            .try_for_each(|(case, result)| write_case(&name, &path, case, result, sources, writer))
    })?;
    Ok(())
}

fn write_case(
    suite: &str,
    path: &str,
    case: &Case,
    result: &CaseResult,
    sources: &SourceMap,
    writer: &mut Writer<Vec<u8>>,
) -> std::io::Result<()> {
    let name = allowed(&case.name);
    let line = case.span.map_or(1, |span| sources.position(span).line).to_string();
    let attributes = [("name", &*name), ("classname", suite), ("file", path), ("line", &*line)];
    let element = writer.create_element("testcase").with_attributes(attributes);
    let Some(first) = result.mismatches.first() else {
        element.write_empty()?;
        return Ok(());
    };
    let message = format!("{}: expected {}, found {}", subject(first), first.expected, first.found);
    let mut lines: Vec<String> = result
        .mismatches
        .iter()
        .map(|m| format!("{}: expected {}, found {}", subject(m), m.expected, m.found))
        .collect();
    lines.extend(hints(case, result));
    element.write_inner_content(|writer| {
        writer
            .create_element("failure")
            .with_attribute(("message", &*allowed(&message)))
            .with_attribute(("type", "expectation"))
            .write_text_content(BytesText::new(&allowed(&lines.join("\n"))))?;
        Ok(())
    })?;
    Ok(())
}

/// The text without characters that XML 1.0 cannot hold (section 2.2).
fn allowed(text: &str) -> String {
    let is_control = |c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r');
    let is_char = |c: char| !is_control(c) && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if is_char(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(allowed("a\u{0}b\u{1b}\t\u{ffff}é\u{1f600}"), "a\u{fffd}b\u{fffd}\t\u{fffd}é\u{1f600}");
    }
}
