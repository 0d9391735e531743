//! What a condition says of each answer, found by evaluating it.
//!
//! A condition is asked only if it looks at nothing but the response: then its value for a status is the value that it
//! has in the gateway. Everything else (variables, the request, chance) makes it unknown, and no finding follows.

use crate::diagnostics::Diagnostics;
use crate::policy::csharp::{
    Context, Expression, LowestChance, NamedValues, Options, ParseOptions, Variables,
};
use crate::policy::scan::RawText;
use crate::policy::{Response, Text};
use crate::units::StatusCode;

/// A condition over responses.
#[derive(Debug)]
pub(super) struct Truth {
    expression: Expression,
}

/// Words of code whose value does not come from the response.
const ELSEWHERE: [&str; 6] = ["Random", "DateTime", "Guid", "{{", "Stopwatch", "TimeZone"];

impl Truth {
    /// The condition, if it looks at the response only.
    pub(super) fn of(raw: &RawText) -> Option<Self> {
        let rest = raw.text.replace("context.Response", "").replace("Context.Response", "");
        if !raw.is_expression || rest.contains("context") || ELSEWHERE.iter().any(|word| rest.contains(word))
        {
            return None;
        }
        let parse = ParseOptions { named_values: NamedValues::Tolerate };
        let options = Options { parse, ..Options::default() };
        let mut quiet = Diagnostics::new();
        let expression = Expression::compile_with(raw, &mut Variables::new(), &options, &mut quiet)?;
        Some(Self { expression })
    }

    /// What it says of an answer with this status; `None`: it fails, or the status is none.
    pub(super) fn says(&self, status: u16) -> Option<bool> {
        self.ask(Some(Response::plain(StatusCode::new(status)?)))
    }

    /// What it says of an answer with this status and status text.
    pub(super) fn says_with(&self, status: u16, reason: &str) -> Option<bool> {
        let mut response = Response::plain(StatusCode::new(status)?);
        response.reason = Text::from(reason.to_owned());
        self.ask(Some(response))
    }

    /// What it says when there is no response.
    pub(super) fn says_of_nothing(&self) -> Option<bool> {
        self.ask(None)
    }

    fn ask(&self, response: Option<Response>) -> Option<bool> {
        let mut context = Context { response, ..Context::default() };
        self.expression.eval_bool(&mut context.scope(&mut LowestChance)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::SourceId;

    fn truth(code: &str) -> Option<Truth> {
        Truth::of(&RawText::verbatim(SourceId(0), code))
    }

    #[test]
    fn conditions_over_responses_are_evaluated() {
        let plain =
            truth("@(context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)").unwrap();
        assert_eq!(
            [200, 429, 404, 503].map(|status| plain.says(status)),
            [false, true, false, true].map(Some)
        );
        // There is nothing to look at: the gateway fails as well.
        assert_eq!(plain.says_of_nothing(), None);
        let guarded = truth("@(context.Response == null || context.Response.StatusCode == 408)").unwrap();
        assert_eq!(guarded.says_of_nothing(), Some(true));
        let reason =
            truth("@(context.Response.StatusCode == 503 && !context.Response.StatusReason.Contains(\"Backend pool\"))")
                .unwrap();
        assert_eq!(reason.says_with(503, "Service Unavailable"), Some(true));
        assert_eq!(reason.says_with(503, "Backend pool is temporarily unavailable"), Some(false));
    }

    #[test]
    fn others_are_not_asked() {
        for code in [
            "@(context.Response.StatusCode == 429 && context.Variables.ContainsKey(\"x\"))",
            "@(context.Response.StatusCode == new Random().Next(500))",
            "@(context.Response.StatusCode == {{status}})",
            "true",
        ] {
            assert!(truth(code).is_none(), "{code}");
        }
    }
}
