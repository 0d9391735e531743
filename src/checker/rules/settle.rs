//! How sure a reader's problem is, seen from the whole policy.
//!
//! A reader looks at one expression or one element. Whether a cast that throws is ever reached, and whether a
//! fragment is missing or only not among the inputs, shows in what stands around.

use super::setup::PolicyFile;
use super::sites::{Site, Sites, literal};
use super::truth::{Answer, Case, Condition, STATUSES, literals};
use crate::diagnostics::{Diagnostic, Diagnostics, Severity, Span};
use crate::policy::Section;
use crate::policy::scan::RawText;

/// Words of code that may not be run as a whole.
const BRANCHES: [&str; 9] = ["&&", "||", "?", "if", "for", "while", "try", "switch", "=>"];

/// Gives problems of `policy` the severity that they have in it.
pub(super) fn settle(policy: &PolicyFile, has_fragments: bool, problems: &Diagnostics) -> Diagnostics {
    let sites = Sites::of(policy);
    let mut settled = Diagnostics::new();
    for problem in problems.sorted() {
        let mut problem: Diagnostic = problem.clone();
        match (problem.code, problem.span) {
            ("missing-fragment", _) if !has_fragments => problem.severity = Severity::Info,
            ("cast-always-fails", Some(span)) if policy.is_whole && is_reached(&sites, span) => {
                problem.severity = Severity::Error;
            }
            // The members of .NET are many more than those that are known here, unless this is a slip of the pen.
            ("unknown-member", _) if problem.help.is_none() && !is_of_gateway(&problem.message) => {
                problem.severity = Severity::Warning;
            }
            _ => {}
        }
        settled.push(problem);
    }
    settled
}

/// Whether a message is about a type of the gateway, such as `IRequest`: all of its members are known.
fn is_of_gateway(message: &str) -> bool {
    let name = message.trim_start_matches('`');
    name.starts_with('I') && name.chars().nth(1).is_some_and(|c| c.is_ascii_uppercase())
}

/// Whether every request, or every attempt that failed, gets to the expression around `span`.
fn is_reached(sites: &Sites<'_>, span: Span) -> bool {
    let Some((site, raw)) = sites.all().find_map(|site| Some((site, around(site, span)?))) else {
        return false;
    };
    if site.element.name == "retry" {
        let condition = Condition::read(raw, &literals(sites));
        let fails = |status: &u16| condition.at(&Case::status(*status)) == Answer::Fails;
        return sites.inside_named(site, "forward-request").next().is_some() && STATUSES.iter().any(fails);
    }
    let is_branch = |outer: &Site<'_>| matches!(outer.element.name.as_str(), "when" | "otherwise" | "wait");
    let is_first = |site: &Site<'_>| {
        site.element.name != "when"
            || sites.around(site).next().is_some_and(|choose| {
                sites.inside_named(choose, "when").next().is_some_and(|first| first.at == site.at)
            })
    };
    let ends = |name: &'static str| {
        sites.named(name).any(|end| end.at < site.at && !sites.around(end).any(is_branch))
    };
    matches!(site.section, Some(Section::Inbound | Section::Backend))
        && is_first(site)
        && !sites.around(site).any(is_branch)
        && !ends("return-response")
        && !ends("mock-response")
        && literal(site.element, "ignore-error") != Some("true")
        && !BRANCHES.into_iter().any(|word| raw.text.contains(word))
}

/// The text of `site` that holds `span`.
fn around<'a>(site: &Site<'a>, span: Span) -> Option<&'a RawText> {
    let texts = site.element.attributes.iter().map(|attribute| &attribute.value);
    texts.chain([&site.element.text]).find(|raw| {
        raw.span.source == span.source && raw.span.start <= span.start && span.end <= raw.span.end
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::told_of;
    use super::*;

    fn severity(code: &str, inside: &str) -> Option<Severity> {
        let policy = format!(
            "<policies><inbound><base /><set-variable name=\"n\" value=\"3\" />{inside}</inbound>\
             <backend><base /></backend></policies>"
        );
        let told = told_of(&[("policy.xml", policy.as_str())]);
        told.iter().find(|(found, _)| *found == code).map(|(_, severity)| *severity)
    }

    #[test]
    fn a_cast_is_an_error_where_it_is_reached() {
        let cast = "(int)context.Variables[\"n\"]";
        for (inside, expected) in [
            (format!("<set-variable name=\"m\" value=\"@({cast} + 1)\" />"), Severity::Error),
            (
                format!(
                    "<set-variable name=\"m\" value=\"@(context.Request.Method == \"PUT\" ? {cast} : 1)\" />"
                ),
                Severity::Warning,
            ),
            (
                format!(
                    "<choose><when condition=\"@({cast} > 1)\"><set-header name=\"a\" exists-action=\"delete\" /></when></choose>"
                ),
                Severity::Error,
            ),
            (
                format!(
                    "<choose><when condition=\"@(context.Request.Method == \"PUT\")\"><set-variable name=\"m\" value=\"@({cast})\" /></when></choose>"
                ),
                Severity::Warning,
            ),
            (
                format!("<return-response /><set-variable name=\"m\" value=\"@({cast} + 1)\" />"),
                Severity::Warning,
            ),
        ] {
            assert_eq!(severity("PP1188", &inside), Some(expected), "{inside}");
        }
    }

    #[test]
    fn members_are_unknown_for_sure_where_all_are_known() {
        let set = |code: &str| format!("<set-variable name=\"m\" value=\"@({code})\" />");
        for (code, expected) in [
            ("context.Request.Foo", Severity::Error),
            ("context.Request.Method.Lenght", Severity::Error),
            ("context.Request.Method.EnumerateRunes()", Severity::Warning),
        ] {
            assert_eq!(severity("PP1184", &set(code)), Some(expected), "{code}");
        }
    }

    #[test]
    fn a_fragment_is_missing_only_where_others_are_given() {
        let policy = "<policies><inbound><include-fragment fragment-id=\"a\" /></inbound></policies>";
        let severity = |files: &[(&str, &str)]| {
            told_of(files).iter().find(|(code, _)| *code == "PP1195").map(|(_, severity)| *severity)
        };
        assert_eq!(severity(&[("policy.xml", policy)]), Some(Severity::Info));
        let other = ("b.xml", "<fragment><set-header name=\"a\" exists-action=\"delete\" /></fragment>");
        assert_eq!(severity(&[("policy.xml", policy), other]), Some(Severity::Warning));
    }
}
