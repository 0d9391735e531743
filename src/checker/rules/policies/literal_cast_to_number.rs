//! A literal is cast to a number.

use crate::diagnostics::Severity;
use crate::policy::scan::RawText;
use crate::rules::Edit;
use crate::rules::sites::{Site, literal};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1128",
    name: "literal-cast-to-number",
    severity: Severity::Warning,
    summary: "a variable that may still hold a literal is cast to a number",
    why: "A value that `set-variable` has without an expression is a string, and a cast of it to a number throws. Here other policies put a number into the same variable; a request that gets to the cast without them ends with a 500, mostly just when something has failed already.",
    fix: "write the literal as an expression, `@(3)`, or convert with `Convert.ToInt32(...)`",
    source: "openai-apim-lb issues 13, 25 and 29: unable to cast System.String to System.Int32",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-variable name="left" value="1" /><set-backend-service backend-id="a" /></inbound>
  <backend><retry condition="@(context.Response != null && context.Response.StatusCode >= 500 && (Int32)context.Variables["left"] > 0)" count="3" interval="0"><forward-request buffer-request-body="true" /><choose><when condition="@(context.Response?.StatusCode == 429)"><set-variable name="left" value="@(0)" /></when></choose></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-variable name="left" value="@(1)" /><set-backend-service backend-id="a" /></inbound>
  <backend><retry condition="@(context.Response != null && context.Response.StatusCode >= 500 && (Int32)context.Variables["left"] > 0)" count="3" interval="0"><forward-request buffer-request-body="true" /><choose><when condition="@(context.Response?.StatusCode == 429)"><set-variable name="left" value="@(0)" /></when></choose></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-variable name="left" value="1" /><set-variable name="left" value="@(int.Parse((string)context.Variables["left"]))" /><set-variable name="x" value="@((int)context.Variables["left"] + 1)" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
    ],
    found: Found::Here(look),
};

/// Casts that a string does not survive.
const CASTS: [&str; 7] = ["(int)", "(Int32)", "(long)", "(double)", "(bool)", "(Boolean)", "(decimal)"];

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        let sets: Vec<(&Site<'_>, &str)> = sites
            .named("set-variable")
            .filter_map(|set| Some((set, literal(set.element, "name")?)))
            .take(MOST)
            .collect();
        for (set, name) in sets.iter().filter(|(set, _)| literal(set.element, "value").is_some()) {
            let others: Vec<&Site<'_>> = sets
                .iter()
                .filter(|(other, own)| own == name && other.at != set.at)
                .map(|(other, _)| *other)
                .collect();
            let is_computed = |other: &Site<'_>| {
                other.element.attribute("value").is_some_and(|value| value.value.is_expression)
            };
            // Where nothing else is ever in it the reader of the expression tells.
            if !others.iter().any(|other| is_computed(other)) {
                continue;
            }
            let Some((site, raw, start, cast)) = sites.all().find_map(|site| cast_of(site, name)) else {
                continue;
            };
            let is_replaced = others
                .iter()
                .filter(|other| is_computed(other))
                .any(|other| set.at < other.at && other.at < site.at && sites.around(other).next().is_none());
            let Some(value) = set.element.attribute("value").filter(|_| !is_replaced) else { continue };
            let finding = report.add(
                raw.span_of(start, start.saturating_add(cast.len())),
                format!("this cast fails while `{name}` holds `{}`", value.value.text.trim()),
            );
            finding
                .label("throws when it meets a string")
                .place(value.value.span, "without an expression: a string");
            let number = value.value.text.trim();
            if number.parse::<i64>().is_ok() {
                let edit = Edit { span: value.value.span, text: format!("@({number})") };
                finding.fix(format!("write `@({number})`"), false, vec![edit]);
            }
        }
    }
}

/// Variables of one file that are looked at.
const MOST: usize = 200;

/// The first cast of a variable in the texts of an element: where it begins, and the cast.
fn cast_of<'a>(site: &'a Site<'a>, name: &str) -> Option<(&'a Site<'a>, &'a RawText, usize, &'static str)> {
    let texts = site.element.attributes.iter().map(|attribute| &attribute.value).chain([&site.element.text]);
    texts.filter(|raw| raw.is_expression).find_map(|raw| {
        CASTS.into_iter().find_map(|cast| {
            let start = raw.text.find(&format!("{cast}context.Variables[\"{name}\"]"))?;
            Some((site, raw, start, cast))
        })
    })
}
