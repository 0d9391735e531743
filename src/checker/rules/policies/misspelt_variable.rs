//! A variable is read under a name that nothing sets.

use crate::diagnostics::Severity;
use crate::policy::document::expressions;
use crate::rules::{Edit, Example, Found, Report, Rule, Setup};
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    code: "PP1121",
    name: "misspelt-variable",
    severity: Severity::Warning,
    summary: "a variable is read under a name that nothing sets",
    why: "Names of variables are compared letter by letter, upper and lower case too. Reading one that is not set throws, or gives the default value without a word.",
    fix: "use the same name in both places",
    source: "Policy expressions in API Management: context.Variables",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="remainingBackends" value="@(2)" /><set-header name="x-left" exists-action="override"><value>@(context.Variables["remainingbackends"].ToString())</value></set-header></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="remainingBackends" value="@(2)" /><set-header name="x-left" exists-action="override"><value>@(context.Variables["remainingBackends"].ToString())</value></set-header></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    // Any policy of the configuration may set what another one reads.
    let mut set = BTreeSet::new();
    for sites in report.files() {
        for site in sites.all() {
            for attribute in &site.element.attributes {
                let is_name = attribute.name.contains("variable") || attribute.name == "name";
                if is_name && !attribute.value.is_expression {
                    set.insert(attribute.value.text.trim());
                }
            }
        }
    }
    let mut unknown = BTreeSet::new();
    for policy in setup.policies.iter().filter(|policy| policy.is_whole) {
        for site in expressions(&policy.document.roots) {
            let text = site.text.text.as_str();
            for (name, start) in names_read(text) {
                if set.contains(name) || name.len() > 80 {
                    continue;
                }
                // Every unknown name is compared with all others: more than that is no policy of people.
                unknown.insert(name.to_owned());
                if unknown.len().saturating_mul(set.len()) > 100_000 {
                    return;
                }
                let is_like = |other: &&&str| other.eq_ignore_ascii_case(name) || is_typo(name, other);
                let Some(meant) = set.iter().find(is_like) else { continue };
                let span = site.text.span_of(start, start.saturating_add(name.len()));
                let finding = report.add(span, format!("the variable `{name}` is never set"));
                finding.label(format!("did you mean `{meant}`?"));
                let edit = Edit { span, text: (*meant).to_owned() };
                finding.fix(format!("write `{meant}`"), false, vec![edit]);
            }
        }
    }
}

/// Whether one letter is wrong, missing or exchanged; digits tell names apart on purpose.
fn is_typo(name: &str, other: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_plural = name.strip_suffix('s') == Some(other) || other.strip_suffix('s') == Some(name);
    name.len() >= 6
        && !is_plural
        && digits(name) == digits(other)
        && other.len() <= 80
        && strsim::damerau_levenshtein(name, other) == 1
}

/// Names in `Variables["..."]` and `Variables.GetValueOrDefault<T>("..."`, with where they begin.
fn names_read(text: &str) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("Variables") {
        let Some((_, rest)) = text.split_at_checked(at) else { continue };
        let end = rest.char_indices().take(100).find(|(_, c)| *c == '"').map_or(rest.len(), |(end, _)| end);
        let Some((before, quoted)) = rest.split_at_checked(end) else { continue };
        let is_read =
            before == "Variables[" || before.starts_with("Variables.GetValueOrDefault") && before.len() < 60;
        let Some(name) = quoted.strip_prefix('"').and_then(|quoted| quoted.split('"').next()) else {
            continue;
        };
        if is_read && !name.is_empty() {
            found.push((name, at.saturating_add(end).saturating_add(1)));
        }
    }
    found
}
