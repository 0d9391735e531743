//! What a condition says of every answer that a backend can give.
//!
//! Rules
//! - A condition is taken apart at `&&`, `||` and `!`; the parts are run by the real evaluator.
//! - A part may look at status, reason and `Retry-After` of `context.Response` and at variables that are set once,
//!   to a literal, outside of any condition. Everything else is not known before a request comes, and so is
//!   what depends on it.
//! - What throws, fails; but `false && x` is false whatever `x` is, as when it runs.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::sites::Sites;
use crate::diagnostics::{Diagnostics, SourceId};
use crate::policy::csharp::syntax::{BinaryOp, Expr, ExprKind, Tree, UnaryOp};
use crate::policy::csharp::{
    Context, Expression, LowestChance, NamedValues, Options, ParseOptions, Value, Variables, parse_with,
};
use crate::policy::scan::RawText;
use crate::policy::{HeaderValue, Response, Text};
use crate::units::StatusCode;

/// What a condition says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// True.
    Yes,
    /// False.
    No,
    /// It throws.
    Fails,
    /// It depends on what is not known.
    Unknown,
}

/// An answer of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Case {
    /// The status; `None`: there is no response.
    pub status: Option<u16>,
    /// The reason, where it is not the usual one.
    pub reason: Option<&'static str>,
    /// Whether it has `Retry-After: 5`.
    pub has_retry_after: bool,
}

/// Statuses that conditions tell apart in practice.
pub(super) const STATUSES: [u16; 16] =
    [200, 201, 400, 401, 403, 404, 408, 409, 413, 422, 429, 499, 500, 501, 502, 503];
/// The reason of an exhausted pool until the beginning of 2026.
pub(super) const OLD_REASON: &str = "Backend pool p is temporarily unavailable";

/// Most levels that a condition is taken apart.
const MAX_DEPTH: u32 = 64;

/// A condition, taken apart.
#[derive(Debug)]
pub(super) enum Condition {
    All(Box<(Condition, Condition)>),
    Any(Box<(Condition, Condition)>),
    Not(Box<Condition>),
    Known(bool),
    Part(Box<Part>),
    Unknown,
}

/// A part of a condition that the evaluator runs.
#[derive(Debug)]
pub(super) struct Part {
    expression: Expression,
    /// Whether it looks at headers.
    is_about_headers: bool,
    /// What it is run with: made once, as a condition is asked about hundreds of cases.
    context: RefCell<Context>,
}

impl Case {
    /// An answer with the usual reason.
    pub(super) const fn status(status: u16) -> Self {
        Self { status: Some(status), reason: None, has_retry_after: false }
    }

    /// No response.
    pub(super) const NONE: Self = Self { status: None, reason: None, has_retry_after: false };
}

impl Condition {
    /// The condition in an attribute.
    pub(super) fn read(raw: &RawText, known: &BTreeMap<String, String>) -> Self {
        if raw.text.contains("{{") {
            return Self::Unknown;
        }
        if !raw.is_expression {
            return match raw.text.trim().to_ascii_lowercase().as_str() {
                "true" => Self::Known(true),
                "false" => Self::Known(false),
                _ => Self::Unknown,
            };
        }
        let options = ParseOptions { named_values: NamedValues::Tolerate };
        match parse_with(raw, options, &mut Diagnostics::new()) {
            Some(Tree::Single(expr)) => Self::of(&expr, known, MAX_DEPTH),
            Some(Tree::Block(..)) => Self::part(raw, known),
            None => Self::Unknown,
        }
    }

    fn of(expr: &Expr, known: &BTreeMap<String, String>, depth: u32) -> Self {
        let Some(below) = depth.checked_sub(1) else { return Self::Unknown };
        match &expr.kind {
            ExprKind::Binary { op: BinaryOp::And, left, right } => {
                Self::All(Box::new((Self::of(left, known, below), Self::of(right, known, below))))
            }
            ExprKind::Binary { op: BinaryOp::Or, left, right } => {
                Self::Any(Box::new((Self::of(left, known, below), Self::of(right, known, below))))
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                Self::Not(Box::new(Self::of(operand, known, below)))
            }
            _ => Self::part(&RawText::verbatim(SourceId(0), &format!("@({expr})")), known),
        }
    }

    fn part(raw: &RawText, known: &BTreeMap<String, String>) -> Self {
        if !looks_at_answers_only(&raw.text) || may_take_long(&raw.text) {
            return Self::Unknown;
        }
        let mut variables = Variables::new();
        let options = Options::default();
        let compiled = Expression::compile_with(raw, &mut variables, &options, &mut Diagnostics::new());
        let Some(expression) = compiled else { return Self::Unknown };
        let names = variables.into_names();
        let mut values = Vec::new();
        for name in &names {
            let Some(value) = known.get(&**name) else { return Self::Unknown };
            values.push(Some(Value::Str(Text::from(value.clone()))));
        }
        let context = RefCell::new(Context { names, variables: values, ..Context::default() });
        let is_about_headers = raw.text.contains("Headers");
        Self::Part(Box::new(Part { expression, is_about_headers, context }))
    }

    /// What it says of `case`.
    pub(super) fn at(&self, case: &Case) -> Answer {
        match self {
            Self::Known(true) => Answer::Yes,
            Self::Known(false) => Answer::No,
            Self::Unknown => Answer::Unknown,
            Self::Not(inner) => match inner.at(case) {
                Answer::Yes => Answer::No,
                Answer::No => Answer::Yes,
                other => other,
            },
            Self::All(both) => match (both.0.at(case), both.1.at(case)) {
                (Answer::No | Answer::Fails, _) => both.0.at(case),
                (Answer::Yes, right) => right,
                (Answer::Unknown, Answer::No) => Answer::No,
                (Answer::Unknown, _) => Answer::Unknown,
            },
            Self::Any(both) => match (both.0.at(case), both.1.at(case)) {
                (Answer::Yes | Answer::Fails, _) => both.0.at(case),
                (Answer::No, right) => right,
                (Answer::Unknown, Answer::Yes) => Answer::Yes,
                (Answer::Unknown, _) => Answer::Unknown,
            },
            Self::Part(part) => part.at(case),
        }
    }

    /// What it says of a status, with and without `Retry-After`, when both are the same.
    pub(super) fn at_status(&self, status: u16) -> Answer {
        let without = self.at(&Case::status(status));
        if !self.is_about_headers() {
            return without;
        }
        let with = self.at(&Case { has_retry_after: true, ..Case::status(status) });
        if with == without { with } else { Answer::Unknown }
    }

    fn is_about_headers(&self) -> bool {
        match self {
            Self::All(both) | Self::Any(both) => both.0.is_about_headers() || both.1.is_about_headers(),
            Self::Not(inner) => inner.is_about_headers(),
            Self::Part(part) => part.is_about_headers,
            Self::Known(_) | Self::Unknown => false,
        }
    }
}

impl Part {
    fn at(&self, case: &Case) -> Answer {
        let response = case.status.and_then(|status| {
            let mut response = Response::plain(StatusCode::new(status)?);
            if let Some(reason) = case.reason {
                response.reason = Text::Static(reason);
            }
            if case.has_retry_after {
                response.headers.set(Text::Static("Retry-After"), HeaderValue::Number(5));
            }
            Some(response)
        });
        // Nothing but this function borrows it.
        let Ok(mut context) = self.context.try_borrow_mut() else { return Answer::Unknown };
        context.response = response;
        match self.expression.eval_bool(&mut context.scope(&mut LowestChance)) {
            Ok(true) => Answer::Yes,
            Ok(false) => Answer::No,
            Err(_) => Answer::Fails,
        }
    }
}

/// Whether code names of `context` only what a case says: status, reason, `Retry-After`, and variables by name.
fn looks_at_answers_only(code: &str) -> bool {
    let count = |word: &str| code.matches(word).count();
    let of_response = count("context.Response");
    let of_variables = count("context.Variables");
    let is_closed = count("context") == of_response.saturating_add(of_variables);
    let members = count("Response.").saturating_add(count("Response?."));
    let told = [
        "Response.StatusCode",
        "Response?.StatusCode",
        "Response.StatusReason",
        "Response?.StatusReason",
        "Response.Headers",
        "Response?.Headers",
    ];
    let told: usize = told.into_iter().map(count).sum();
    let headers = count("Headers");
    let retry_after = code.to_ascii_lowercase().matches("\"retry-after\"").count();
    let by_name =
        ["context.Variables[\"", "context.Variables.GetValueOrDefault", "context.Variables.ContainsKey(\""];
    let by_name: usize = by_name.into_iter().map(count).sum();
    let is_fixed = ["Now", "Random", "Guid", "Today"].into_iter().all(|word| count(word) == 0);
    is_closed && members == told && headers == retry_after && of_variables == by_name && is_fixed
}

/// Whether code may run in circles: it is run for hundreds of cases.
fn may_take_long(code: &str) -> bool {
    const LOOPS: [&str; 8] = ["while", "for(", "for (", "foreach", "Range", "Repeat", "Func<", "Regex"];
    code.len() > 4000 || LOOPS.into_iter().any(|word| code.contains(word))
}

/// Variables of a file that are set once, to a literal, outside of conditions and loops: name and value.
pub(super) fn literals(sites: &Sites<'_>) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    let mut unsure = Vec::new();
    for site in sites.named("set-variable") {
        let Some(name) = super::sites::literal(site.element, "name") else {
            // It may be any of them.
            return BTreeMap::new();
        };
        let value = super::sites::literal(site.element, "value");
        let is_nested = sites.around(site).next().is_some();
        match value {
            Some(value) if !is_nested && !known.contains_key(name) => {
                known.insert(name.to_owned(), value.to_owned());
            }
            _ => unsure.push(name.to_owned()),
        }
    }
    for name in unsure {
        known.remove(&name);
    }
    if sites.includes_fragments() { BTreeMap::new() } else { known }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(code: &str) -> Vec<Answer> {
        let known = BTreeMap::from([("limit".to_owned(), "500".to_owned())]);
        let condition = Condition::read(&RawText::verbatim(SourceId(0), code), &known);
        [Case::NONE, Case::status(200), Case::status(429), Case::status(503)]
            .iter()
            .map(|case| condition.at(case))
            .collect()
    }

    #[test]
    fn conditions_are_true_false_failing_or_unknown() {
        use Answer::{Fails, No, Unknown, Yes};
        for (code, expected) in [
            ("@(context.Response.StatusCode == 429)", [Fails, No, Yes, No]),
            ("@(context.Response != null && context.Response.StatusCode >= 500)", [No, No, No, Yes]),
            ("@(context.Response == null || context.Response.StatusCode == 503)", [Yes, No, No, Yes]),
            ("@(context.Response?.StatusCode == 429)", [No, No, Yes, No]),
            ("@(!(context.Response?.StatusCode == 429))", [Yes, Yes, No, Yes]),
            ("true", [Yes; 4]),
            ("false", [No; 4]),
            ("{{condition}}", [Unknown; 4]),
            ("@(context.Request.Method == \"POST\")", [Unknown; 4]),
            (
                "@(context.Response?.StatusCode == 429 && context.Request.Method == \"POST\")",
                [No, No, Unknown, No],
            ),
            (
                "@(context.Response?.StatusCode >= int.Parse((string)context.Variables[\"limit\"]))",
                [No, No, No, Yes],
            ),
            ("@(context.Response?.StatusCode >= (int)context.Variables[\"other\"])", [Unknown; 4]),
            ("@{ return context.Response?.StatusCode == 503; }", [No, No, No, Yes]),
            ("@(context.LastError.Reason == \"Timeout\")", [Unknown; 4]),
            ("@(", [Unknown; 4]),
        ] {
            assert_eq!(answers(code), expected, "{code}");
        }
    }

    #[test]
    fn retry_after_makes_a_difference_only_where_it_is_asked_for() {
        let read = |code: &str| Condition::read(&RawText::verbatim(SourceId(0), code), &BTreeMap::new());
        let plain = read("@(context.Response.StatusCode == 409)");
        assert_eq!(plain.at_status(409), Answer::Yes);
        let asked =
            "@(context.Response.StatusCode == 409 && context.Response.Headers.ContainsKey(\"Retry-After\"))";
        assert_eq!(read(asked).at_status(409), Answer::Unknown);
        assert_eq!(read(asked).at_status(503), Answer::No);
    }
}
