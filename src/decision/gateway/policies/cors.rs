//! Cross-origin requests.
//!
//! Rules (cors page)
//! - Without `Origin` nothing happens.
//! - OPTIONS with `Access-Control-Request-Method` is a preflight: it is answered at once with 200, with the
//!   headers when origin, method and headers are allowed, else without. With
//!   `terminate-unmatched-request="false"` a later cors of inbound is asked first.
//! - Another request gets the headers on its response when its origin is allowed, whatever that response is.
//!   GET and HEAD that are not allowed are answered with an empty 200, unless they may go on.

use crate::gateway::choices::Choices;
use crate::gateway::pipeline::Runner;
use crate::policy::operations::{Cors, Transform};
use crate::policy::{HeaderValue, LastError, Op, Operand, Pc, Response, Section, Text};
use crate::units::StatusCode;

impl<C: Choices> Runner<'_, C> {
    /// `cors`. `true`: the exchange is answered.
    pub(super) fn cors(&mut self, policy: &Cors, pc: Pc) -> Result<bool, Box<LastError>> {
        let Some(origin) = self.exchange.request.headers.joined("Origin") else { return Ok(false) };
        let origins = self.all(&policy.origins)?;
        let terminates = self.eval(&policy.terminate_unmatched)?;
        let is_allowed = origins.iter().any(|one| one.as_str() == "*" || is_same_origin(one, &origin));
        let method = self.exchange.request.method.clone();
        let wanted = self.exchange.request.headers.joined("Access-Control-Request-Method");
        if let Some(wanted) = wanted.filter(|_| method.eq_ignore_ascii_case("OPTIONS")) {
            if is_allowed && self.preflight(policy, &origin, &origins, &wanted)? {
                return Ok(true);
            }
            if !terminates && self.is_followed_by_cors(pc) {
                return Ok(false);
            }
            self.answer_with(Response::plain(StatusCode::OK));
            return Ok(true);
        }
        if is_allowed {
            let mut added = self.origin_headers(policy, &origin, &origins)?;
            let expose = self.all(&policy.expose)?;
            if !expose.is_empty() {
                added.push((Text::Static("Access-Control-Expose-Headers"), super::join(&expose)));
            }
            self.exchange.cors = added;
            return Ok(false);
        }
        let is_simple = method.eq_ignore_ascii_case("GET") || method.eq_ignore_ascii_case("HEAD");
        if is_simple && terminates {
            self.answer_with(Response::plain(StatusCode::OK));
            return Ok(true);
        }
        Ok(false)
    }

    /// Answers a preflight if method and headers are allowed.
    fn preflight(
        &mut self,
        policy: &Cors,
        origin: &Text,
        origins: &[Text],
        wanted: &Text,
    ) -> Result<bool, Box<LastError>> {
        let mut methods = self.all(&policy.methods)?;
        if methods.is_empty() {
            methods = vec![Text::Static("GET"), Text::Static("POST")];
        }
        let any_method = methods.iter().any(|one| one.as_str() == "*");
        if !any_method && !methods.iter().any(|one| one.eq_ignore_ascii_case(wanted)) {
            return Ok(false);
        }
        let headers = self.all(&policy.headers)?;
        let any_header = headers.iter().any(|one| one.as_str() == "*");
        let asked = self.exchange.request.headers.joined("Access-Control-Request-Headers");
        let asked = asked.unwrap_or(Text::EMPTY);
        let mut names = asked.split(',').map(str::trim).filter(|name| !name.is_empty());
        if !any_header && !names.all(|name| headers.iter().any(|one| one.eq_ignore_ascii_case(name))) {
            return Ok(false);
        }
        let mut response = Response::plain(StatusCode::OK);
        let mut added = self.origin_headers(policy, origin, origins)?;
        let methods = if any_method { wanted.clone() } else { super::join(&methods) };
        added.push((Text::Static("Access-Control-Allow-Methods"), methods));
        let headers = if any_header { asked } else { super::join(&headers) };
        if !headers.is_empty() {
            added.push((Text::Static("Access-Control-Allow-Headers"), headers));
        }
        if let Some(age) = &policy.max_age {
            let age = self.eval(age)?;
            added.push((Text::Static("Access-Control-Max-Age"), Text::from(age.to_string())));
        }
        for (name, value) in added {
            response.headers.append(name, HeaderValue::Text(value));
        }
        self.answer_with(response);
        Ok(true)
    }

    fn origin_headers(
        &mut self,
        policy: &Cors,
        origin: &Text,
        origins: &[Text],
    ) -> Result<Vec<(Text, Text)>, Box<LastError>> {
        let has_credentials = self.eval(&policy.allow_credentials)?;
        let is_any = origins.iter().any(|one| one.as_str() == "*") && !has_credentials;
        let shown = if is_any { Text::Static("*") } else { origin.clone() };
        let mut added = vec![(Text::Static("Access-Control-Allow-Origin"), shown)];
        if has_credentials {
            added.push((Text::Static("Access-Control-Allow-Credentials"), Text::Static("true")));
        }
        Ok(added)
    }

    /// Adds the headers of an allowed request to its response.
    pub(in crate::gateway) fn add_cors_headers(&mut self) {
        if self.exchange.cors.is_empty() {
            return;
        }
        let added = std::mem::take(&mut self.exchange.cors);
        if let Some(response) = &mut self.exchange.response {
            for (name, value) in added {
                response.headers.set(name, HeaderValue::Text(value));
            }
        }
    }

    fn is_followed_by_cors(&self, pc: Pc) -> bool {
        let later = self.spec.program().ops.iter().skip(pc.next().0 as usize);
        later
            .take_while(|op| !matches!(op, Op::SectionEnd(Section::Inbound)))
            .any(|op| matches!(op, Op::Transform(policy) if matches!(**policy, Transform::Cors(_))))
    }

    /// The values of all these.
    pub(super) fn all(&mut self, operands: &[Operand<Text>]) -> Result<Vec<Text>, Box<LastError>> {
        operands.iter().map(|operand| self.eval(operand)).collect()
    }
}

/// Origins compare without case; a written one may end in `/`.
fn is_same_origin(allowed: &str, origin: &str) -> bool {
    allowed.trim_end_matches('/').eq_ignore_ascii_case(origin.trim_end_matches('/'))
}
