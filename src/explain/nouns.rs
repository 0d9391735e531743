//! Things that expressions speak of, as nouns: `context.Response.StatusCode` is "the status".

use crate::policy::csharp::Value;
use crate::policy::csharp::syntax::{Expr, ExprKind, UnaryOp};
use crate::wording::quoted;

/// What an expression speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Noun {
    /// A value with a text or number, with its article: `the status`.
    Text(String),
    /// An object that may be null, without an article: `response`.
    Thing(String),
    /// Something true or false that has words of its own.
    Test(Box<Expr>),
}

/// A name, perhaps called or indexed.
#[derive(Clone, Debug)]
pub(super) struct PathStep<'e> {
    pub(super) name: String,
    pub(super) arguments: Vec<&'e Expr>,
}

/// `a.b(c)["d"]?.e` as steps; casts and conversions are seen through. `None` for anything else.
pub(super) fn path(expr: &Expr) -> Option<Vec<PathStep<'_>>> {
    path_from(expr, None)
}

fn path_from<'e>(expr: &'e Expr, bound: Option<&[PathStep<'e>]>) -> Option<Vec<PathStep<'e>>> {
    let step = |name: &str| PathStep { name: name.to_owned(), arguments: Vec::new() };
    match &expr.kind {
        ExprKind::Name { name, .. } => Some(vec![step(&name.text)]),
        ExprKind::Type(ty) => Some(vec![step(&ty.to_string())]),
        ExprKind::Binding => bound.map(<[PathStep<'_>]>::to_vec),
        ExprKind::Member { object, name, .. } => {
            let mut steps = path_from(object, bound)?;
            steps.push(step(&name.text));
            Some(steps)
        }
        ExprKind::Call { callee, arguments } => {
            let mut steps = path_from(callee, bound)?;
            steps.last_mut()?.arguments = arguments.iter().map(|a| &a.value).collect();
            Some(steps)
        }
        ExprKind::Index { object, arguments } => {
            let mut steps = path_from(object, bound)?;
            let arguments = arguments.iter().map(|a| &a.value).collect();
            steps.push(PathStep { name: "[]".to_owned(), arguments });
            Some(steps)
        }
        ExprKind::NullSafe { object, rest } => {
            let object = path_from(object, bound)?;
            path_from(rest, Some(&object))
        }
        ExprKind::Cast { operand, .. } | ExprKind::As { operand, .. } => path_from(operand, bound),
        _ => None,
    }
}

/// A literal as it is shown: texts in backticks, numbers as they are, `null`, `true`, `false`.
pub(super) fn literal(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Literal(Value::Null) => Some("null".to_owned()),
        ExprKind::Literal(Value::Str(text)) => Some(quoted(text)),
        ExprKind::QuotedText(text) => Some(quoted(text)),
        ExprKind::Literal(_) => Some(expr.to_string()),
        ExprKind::Unary { op: UnaryOp::Minus, operand } if matches!(operand.kind, ExprKind::Literal(_)) => {
            Some(expr.to_string())
        }
        ExprKind::Member { .. } => {
            let steps = path(expr)?;
            let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
            matches!(names.as_slice(), ["string" | "String", "Empty"]).then(|| "empty".to_owned())
        }
        ExprKind::Cast { operand, .. } => literal(operand),
        _ => None,
    }
}

/// What `expr` speaks of, where it is known.
pub(super) fn noun(expr: &Expr) -> Option<Noun> {
    if let ExprKind::Binary { op: crate::policy::csharp::syntax::BinaryOp::Coalesce, left, right } =
        &expr.kind
    {
        literal(right)?;
        return noun(left);
    }
    let steps = path(expr)?;
    let names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    let argument = |at: usize| steps.get(at).and_then(|step| step.arguments.first()).and_then(|a| literal(a));
    // A default that is as good as nothing is not worth a word.
    let fallback = |at: usize| {
        let given = steps.get(at).and_then(|step| step.arguments.get(1)).and_then(|a| literal(a));
        let told =
            given.filter(|d| !matches!(d.as_str(), "null" | "false" | "0" | "empty" | "an empty text"));
        told.map_or_else(String::new, |default| format!(" ({default} if it is missing)"))
    };
    let text = |words: String| Some(Noun::Text(words));
    let thing = |words: &str| Some(Noun::Thing(words.to_owned()));
    match names.as_slice() {
        ["context", "Response"] => thing("response"),
        ["context", "Request", "Body"] => thing("request body"),
        ["context", "Request", "Certificate"] => thing("client certificate"),
        ["context", "Subscription"] => thing("subscription"),
        ["context", "Product"] => thing("product"),
        ["context", "User"] => thing("signed-in user"),
        ["context", "LastError"] => thing("error"),
        ["context", "Response", "StatusCode"] => text("the status".to_owned()),
        ["context", "Response", "StatusReason"] => text("the status text".to_owned()),
        ["context", side @ ("Request" | "Response"), "Headers", "GetValueOrDefault" | "[]"] => {
            text(format!("the {} header {}{}", side.to_lowercase(), argument(3)?, fallback(3)))
        }
        ["context", "Variables", "GetValueOrDefault" | "[]"] => {
            text(format!("the variable {}{}", argument(2)?, fallback(2)))
        }
        ["context", "Request", "Url", "Query", "GetValueOrDefault" | "[]"] => {
            text(format!("the query parameter {}{}", argument(4)?, fallback(4)))
        }
        ["context", "Request", "MatchedParameters", "GetValueOrDefault" | "[]"] => {
            text(format!("the path parameter {}{}", argument(3)?, fallback(3)))
        }
        ["context", "Request", "Method"] => text("the method".to_owned()),
        ["context", "Request", "IpAddress"] => text("the caller's IP address".to_owned()),
        ["context", "Request", "Url" | "OriginalUrl", "Path"] => text("the path".to_owned()),
        ["context", "Request", "Url" | "OriginalUrl", "Host"] => text("the host name".to_owned()),
        ["context", "LastError", "Reason"] => text("the reason of the error".to_owned()),
        ["context", "LastError", "Source"] => text("the policy that failed".to_owned()),
        ["context", "LastError", "Message"] => text("the message of the error".to_owned()),
        ["context", "Deployment", "Region"] => text("the gateway's region".to_owned()),
        [
            "context",
            owner @ ("Subscription" | "Product" | "User" | "Api" | "Operation"),
            member @ ("Id" | "Name" | "Key" | "Email" | "Path" | "Version"),
        ] => {
            let owner = if *owner == "Api" { "API".to_owned() } else { owner.to_lowercase() };
            let member = if *member == "Id" { "id".to_owned() } else { member.to_lowercase() };
            text(format!("the {owner}'s {member}"))
        }
        ["Convert", "ToInt32" | "ToBoolean" | "ToString" | "ToDouble" | "ToInt64"]
        | ["int" | "bool" | "long" | "double", "Parse"] => noun(steps.get(1)?.arguments.first()?),
        [.., last] => changed(expr, last),
        [] => None,
    }
}

/// Calls that change a text and keep what it is about.
fn changed(expr: &Expr, last: &str) -> Option<Noun> {
    let ExprKind::Call { callee, arguments } = &expr.kind else { return None };
    let ExprKind::Member { object, .. } = &callee.kind else { return None };
    if !arguments.is_empty() {
        if matches!(last, "ContainsKey") {
            return Some(Noun::Test(Box::new(expr.clone())));
        }
        return None;
    }
    let Noun::Text(inner) = noun(object)? else { return None };
    match last {
        "ToString" | "Trim" => Some(Noun::Text(inner)),
        "ToLower" | "ToLowerInvariant" => Some(Noun::Text(format!("{inner} in lower case"))),
        "ToUpper" | "ToUpperInvariant" => Some(Noun::Text(format!("{inner} in upper case"))),
        _ => None,
    }
}
