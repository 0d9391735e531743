//! Conditions in words, where they are of a form that people write again and again.
//!
//! Rules
//! - Known forms: comparisons of status, reason, headers, variables, query and other texts of `context` with
//!   literals, tests for null, `Contains` and the like, joined by `&&`, `||`, `!`.
//! - Everything else is quoted as code; a condition may be words in one part and code in another.
//! - Words never say more than the code: casts, `?.` and default values are left out of them.

use super::nouns::{Noun, literal, noun, path};
use crate::policy::csharp::syntax::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::wording::{list, quoted};

/// A condition taken apart.
enum Phrase {
    All(Vec<Phrase>),
    Any(Vec<Phrase>),
    Fact(Fact),
}

/// Something about one thing.
#[derive(Clone, Debug)]
struct Fact {
    subject: String,
    verb: Verb,
    /// What the subject is, has or contains.
    object: String,
    is_denied: bool,
    /// For `is`: a lower (true) or upper (false) bound that is included.
    bound: Option<(bool, String)>,
}

/// What is said of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    /// `there is a ...`: no object.
    Exists,
    /// `is ...`
    Is,
    /// `has a ...`
    Has,
    /// `contains ...`
    Contains,
    /// `starts with ...`
    Starts,
    /// `ends with ...`
    Ends,
    /// Code that is true; no object.
    Code,
}

/// What `condition` says, for behind `if` or `while`.
pub(super) fn condition(condition: &Expr) -> String {
    phrase(condition, false).words(true)
}

fn phrase(expr: &Expr, is_denied: bool) -> Phrase {
    match &expr.kind {
        ExprKind::Unary { op: UnaryOp::Not, operand } => phrase(operand, !is_denied),
        ExprKind::Binary { op: op @ (BinaryOp::And | BinaryOp::Or), left, right } => {
            let is_all = (*op == BinaryOp::And) != is_denied;
            let mut parts = Vec::new();
            for side in [left, right] {
                match (phrase(side, is_denied), is_all) {
                    (Phrase::All(more), true) | (Phrase::Any(more), false) => parts.extend(more),
                    (part, _) => parts.push(part),
                }
            }
            if is_all { Phrase::All(parts) } else { Phrase::Any(parts) }
        }
        _ => {
            let mut fact = fact(expr).unwrap_or_else(|| code(expr));
            fact.is_denied ^= is_denied;
            Phrase::Fact(fact)
        }
    }
}

fn code(expr: &Expr) -> Fact {
    let subject = quoted(&expr.to_string());
    Fact { subject, verb: Verb::Code, object: String::new(), is_denied: false, bound: None }
}

fn fact(expr: &Expr) -> Option<Fact> {
    let new =
        |subject: String, verb, object: String| Fact { subject, verb, object, is_denied: false, bound: None };
    match &expr.kind {
        ExprKind::Literal(_) => {
            let value = literal(expr)?;
            matches!(value.as_str(), "true" | "false")
                .then(|| new("it".to_owned(), Verb::Is, format!("always {value}")))
        }
        ExprKind::Binary { op, left, right } => compared(*op, left, right),
        ExprKind::Is { operand, pattern } => match &**pattern {
            crate::policy::csharp::syntax::Pattern::Constant(value) => {
                compared(BinaryOp::Equal, operand, value)
            }
            crate::policy::csharp::syntax::Pattern::Type(..) => None,
        },
        ExprKind::Call { .. } | ExprKind::Member { .. } | ExprKind::NullSafe { .. } => called(expr),
        ExprKind::Cast { operand, .. } | ExprKind::As { operand, .. } => {
            if let Some(Noun::Text(subject)) = noun(operand) {
                return Some(new(subject, Verb::Is, "true".to_owned()));
            }
            fact(operand)
        }
        _ => None,
    }
}

fn compared(op: BinaryOp, left: &Expr, right: &Expr) -> Option<Fact> {
    let (subject, value, op) = match (noun(left), literal(right)) {
        (Some(subject), Some(value)) => (subject, value, op),
        _ => (noun(right)?, literal(left)?, turned(op)?),
    };
    let is_null = value == "null";
    let fact = |subject: String, verb, object: String, is_denied, bound| {
        Some(Fact { subject, verb, object, is_denied, bound })
    };
    let is_denied = op == BinaryOp::NotEqual;
    match (subject, op) {
        (Noun::Thing(thing), BinaryOp::Equal | BinaryOp::NotEqual) if is_null => {
            fact(thing, Verb::Exists, String::new(), !is_denied, None)
        }
        (Noun::Test(test), BinaryOp::Equal | BinaryOp::NotEqual) => {
            let wanted = match value.as_str() {
                "true" => true,
                "false" => false,
                _ => return None,
            };
            let mut found = super::conditions::fact(&test)?;
            found.is_denied ^= wanted == is_denied;
            Some(found)
        }
        (Noun::Text(text), BinaryOp::Equal | BinaryOp::NotEqual) => {
            let value = if is_null { "missing".to_owned() } else { value };
            fact(text, Verb::Is, value, is_denied, None)
        }
        (Noun::Text(text), BinaryOp::GreaterEqual) => {
            fact(text, Verb::Is, format!("{value} or more"), false, Some((true, value)))
        }
        (Noun::Text(text), BinaryOp::LessEqual) => {
            fact(text, Verb::Is, format!("{value} or less"), false, Some((false, value)))
        }
        (Noun::Text(text), BinaryOp::Greater) => {
            fact(text, Verb::Is, format!("more than {value}"), false, None)
        }
        (Noun::Text(text), BinaryOp::Less) => fact(text, Verb::Is, format!("less than {value}"), false, None),
        _ => None,
    }
}

/// The operator with its sides exchanged.
fn turned(op: BinaryOp) -> Option<BinaryOp> {
    Some(match op {
        BinaryOp::Equal | BinaryOp::NotEqual => op,
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        _ => return None,
    })
}

/// Calls that give true or false.
fn called(expr: &Expr) -> Option<Fact> {
    let new = |subject: String, verb, object: String| {
        Some(Fact { subject, verb, object, is_denied: false, bound: None })
    };
    let steps = path(expr)?;
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    let first = |at: usize| steps.get(at).and_then(|step| step.arguments.first()).and_then(|a| literal(a));
    match names.as_slice() {
        ["context", "Variables", "ContainsKey"] => {
            new(format!("the variable {}", first(2)?), Verb::Is, "set".to_owned())
        }
        ["context", side @ ("Request" | "Response"), "Headers", "ContainsKey"] => {
            new(format!("the {}", side.to_lowercase()), Verb::Has, format!("header {}", first(3)?))
        }
        ["context", "Request", "Url", "Query", "ContainsKey"] => {
            new("the request".to_owned(), Verb::Has, format!("query parameter {}", first(4)?))
        }
        ["context", "Request", "MatchedParameters", "ContainsKey"] => {
            new("the request".to_owned(), Verb::Has, format!("path parameter {}", first(3)?))
        }
        ["context", "Request", "HasBody"] => new("the request".to_owned(), Verb::Has, "body".to_owned()),
        ["string" | "String", test @ ("IsNullOrEmpty" | "IsNullOrWhiteSpace")] => {
            let Noun::Text(text) = noun(steps.get(1)?.arguments.first()?)? else { return None };
            let object = if *test == "IsNullOrEmpty" { "missing or empty" } else { "missing or blank" };
            new(text, Verb::Is, object.to_owned())
        }
        _ => {
            let last = steps.last()?;
            let [argument, ..] = last.arguments.as_slice() else {
                // A value that is itself true or false.
                let Some(Noun::Text(text)) = noun(expr) else { return None };
                return new(text, Verb::Is, "true".to_owned());
            };
            let verb = match last.name.as_str() {
                "Contains" => Verb::Contains,
                "StartsWith" => Verb::Starts,
                "EndsWith" => Verb::Ends,
                "Equals" => Verb::Is,
                _ => {
                    let Some(Noun::Text(text)) = noun(expr) else { return None };
                    return new(text, Verb::Is, "true".to_owned());
                }
            };
            let ExprKind::Call { callee, .. } = &expr.kind else { return None };
            let ExprKind::Member { object, .. } = &callee.kind else { return None };
            match noun(object)? {
                Noun::Text(text) => new(text, verb, literal(argument)?),
                Noun::Thing(_) | Noun::Test(_) => None,
            }
        }
    }
}

impl Phrase {
    /// As text. Inside of another phrase, several parts stand in brackets unless commas keep them apart.
    fn words(&self, is_outermost: bool) -> String {
        match self {
            Self::Fact(fact) => fact.words(),
            Self::All(parts) => {
                let parts = merged(parts, true);
                let texts: Vec<String> = parts.iter().map(|part| part.words(false)).collect();
                list(&texts, "and")
            }
            Self::Any(parts) => {
                let parts = merged(parts, false);
                let has_inner = parts.iter().any(|part| matches!(part, Self::All(_)));
                let is_long = has_inner || parts.iter().any(|part| part.words(false).contains(" or "));
                let texts: Vec<String> = parts.iter().map(|part| part.words(false)).collect();
                let text = if is_long && texts.len() > 1 { texts.join(", or ") } else { list(&texts, "or") };
                if is_outermost || texts.len() == 1 { text } else { format!("({text})") }
            }
        }
    }
}

/// Facts about one subject become one fact: `is 429 or 503`, `is neither a nor b`, `is from 500 to 599`.
fn merged(parts: &[Phrase], is_all: bool) -> Vec<Phrase> {
    let mut out: Vec<Phrase> = Vec::new();
    let mut run: Vec<Fact> = Vec::new();
    let flush = |run: &mut Vec<Fact>, out: &mut Vec<Phrase>| {
        let facts = std::mem::take(run);
        out.extend(join(facts, is_all).into_iter().map(Phrase::Fact));
    };
    for part in parts {
        let Phrase::Fact(fact) = part else {
            flush(&mut run, &mut out);
            out.push(match part {
                Phrase::All(inner) => Phrase::All(merged(inner, true)),
                Phrase::Any(inner) => Phrase::Any(merged(inner, false)),
                Phrase::Fact(fact) => Phrase::Fact(fact.clone()),
            });
            continue;
        };
        if run.last().is_some_and(|last| last.subject != fact.subject || last.verb != fact.verb) {
            flush(&mut run, &mut out);
        }
        run.push(fact.clone());
    }
    flush(&mut run, &mut out);
    out
}

/// Joins facts of one subject and verb, if they join.
fn join(facts: Vec<Fact>, is_all: bool) -> Vec<Fact> {
    let [first, rest @ ..] = facts.as_slice() else { return facts };
    let joins = rest.iter().all(|fact| fact.is_denied == first.is_denied);
    if rest.is_empty() || !joins || matches!(first.verb, Verb::Exists | Verb::Code) {
        return facts;
    }
    if is_all && !first.is_denied {
        if let ([second], Verb::Is) = (rest, first.verb)
            && let (Some(low), Some(high)) = (bound(first, second, true), bound(first, second, false))
        {
            return vec![Fact { object: format!("from {low} to {high}"), bound: None, ..first.clone() }];
        }
        return facts;
    }
    if is_all != first.is_denied {
        return facts;
    }
    let objects: Vec<String> = facts.iter().map(|fact| fact.object.clone()).collect();
    let has_bounds = facts.iter().any(|fact| fact.bound.is_some());
    let word = if is_all { "nor" } else { "or" };
    let object = if has_bounds { objects.join(&format!(", {word} ")) } else { list(&objects, word) };
    let object = if is_all { format!("neither {object}") } else { object };
    vec![Fact { object, bound: None, ..first.clone() }]
}

fn bound(first: &Fact, second: &Fact, is_low: bool) -> Option<String> {
    let of = |fact: &Fact| fact.bound.clone().filter(|(low, _)| *low == is_low).map(|(_, value)| value);
    of(first).or_else(|| of(second))
}

impl Fact {
    fn words(&self) -> String {
        let Self { subject, verb, object, is_denied, .. } = self;
        let is_neither = object.starts_with("neither ");
        let (yes, no) = match verb {
            Verb::Exists if *is_denied => return format!("there is no {subject}"),
            Verb::Exists if subject.starts_with(['a', 'e', 'i', 'o', 'u']) => {
                return format!("there is an {subject}");
            }
            Verb::Exists => return format!("there is a {subject}"),
            Verb::Code if *is_denied => return format!("{subject} is not true"),
            Verb::Code => return format!("{subject} is true"),
            Verb::Is => ("is", "is not"),
            Verb::Has if *is_denied && !is_neither => return format!("{subject} has no {object}"),
            Verb::Has if is_neither => return format!("{subject} has {object}"),
            Verb::Has => return format!("{subject} has a {object}"),
            Verb::Contains => ("contains", "does not contain"),
            Verb::Starts => ("starts with", "does not start with"),
            Verb::Ends => ("ends with", "does not end with"),
        };
        let verb = if *is_denied && !is_neither { no } else { yes };
        format!("{subject} {verb} {object}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::teller::tree_of;
    use super::*;
    use crate::policy::csharp::syntax::Tree;

    fn words(code: &str) -> String {
        let Some(Tree::Single(expr)) = tree_of(&format!("@({code})")) else { panic!("{code}") };
        condition(&expr)
    }

    #[test]
    fn known_forms_have_words() {
        for (code, expected) in [
            ("context.Response.StatusCode == 429", "the status is 429"),
            ("429 == context.Response.StatusCode", "the status is 429"),
            ("500 <= context.Response.StatusCode", "the status is 500 or more"),
            ("context.Response?.StatusCode != 200", "the status is not 200"),
            ("context.Response == null", "there is no response"),
            ("!(context.Response == null)", "there is a response"),
            ("context.LastError != null", "there is an error"),
            (
                "context.Response.StatusCode == 429 || context.Response.StatusCode == 503",
                "the status is 429 or 503",
            ),
            (
                "context.Response == null || context.Response.StatusCode == 429 || context.Response.StatusCode >= 500",
                "there is no response, or the status is 429, or 500 or more",
            ),
            (
                "context.Response.StatusCode >= 500 && context.Response.StatusCode <= 599",
                "the status is from 500 to 599",
            ),
            (
                "context.Response.StatusCode == 429 || (context.Response.StatusCode == 503 && \
                 !context.Response.StatusReason.Contains(\"a b\") && !context.Response.StatusReason.Contains(\"c\"))",
                "the status is 429, or the status is 503 and the status text contains neither `a b` nor `c`",
            ),
            (
                "(context.Response.StatusCode == 429 || context.Request.Method == \"GET\") && context.Response != null",
                "(the status is 429 or the method is `GET`) and there is a response",
            ),
            (
                "!(context.Response.StatusCode == 429 || context.Response.StatusCode == 503)",
                "the status is neither 429 nor 503",
            ),
            (
                "context.Request.Headers.GetValueOrDefault(\"X-A\", \"\") == \"1\"",
                "the request header `X-A` is `1`",
            ),
            ("context.Request.Headers.ContainsKey(\"a\")", "the request has a header `a`"),
            ("!context.Request.Headers.ContainsKey(\"a\")", "the request has no header `a`"),
            ("context.Variables.ContainsKey(\"v\")", "the variable `v` is set"),
            ("context.Variables.ContainsKey(\"v\") == false", "the variable `v` is not set"),
            ("(bool)context.Variables[\"v\"]", "the variable `v` is true"),
            ("!context.Variables.GetValueOrDefault<bool>(\"v\")", "the variable `v` is not true"),
            (
                "context.Variables.GetValueOrDefault<bool>(\"v\", true)",
                "the variable `v` (true if it is missing) is true",
            ),
            (
                "((string)context.Variables[\"v\"]).ToLower() == \"a\"",
                "the variable `v` in lower case is `a`",
            ),
            (
                "string.IsNullOrEmpty(context.Request.Headers.GetValueOrDefault(\"a\"))",
                "the request header `a` is missing or empty",
            ),
            (
                "context.Request.Url.Path.EndsWith(\"/x\") || context.Request.Url.Path.EndsWith(\"/y\")",
                "the path ends with `/x` or `/y`",
            ),
            ("context.Subscription.Id == \"s\"", "the subscription's id is `s`"),
            ("true", "it is always true"),
        ] {
            assert_eq!(words(code), expected, "{code}");
        }
    }

    #[test]
    fn other_forms_are_quoted_as_code() {
        for (code, expected) in [
            ("1 + 1 == 2", "`1 + 1 == 2` is true"),
            ("!(1 + 1 == 2)", "`1 + 1 == 2` is not true"),
            (
                "context.Response.StatusCode == 429 && new Random().Next(2) == 0",
                "the status is 429 and `new Random().Next(2) == 0` is true",
            ),
            // A comparison of two things that are both computed.
            (
                "context.Request.Method == context.Operation.Method",
                "`context.Request.Method == context.Operation.Method` is true",
            ),
            ("context.Response == context.Response", "`context.Response == context.Response` is true"),
        ] {
            assert_eq!(words(code), expected, "{code}");
        }
    }
}
