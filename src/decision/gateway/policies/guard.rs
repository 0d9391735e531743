//! Policies that let a request pass or refuse it.
//!
//! Rules (the page of each policy; reasons and messages: error handling page)
//! - A refused request has the status of the policy and a JSON body with its message, and goes to on-error.
//! - The output variable of validate-jwt holds a `Jwt`, that of get-authorization-context an
//!   `Authorization` without claims.

use crate::gateway::choices::Choices;
use crate::gateway::io::Answerer;
use crate::gateway::pipeline::Runner;
use crate::policy::csharp::{Class, Object, Value};
use crate::policy::operations::{
    AuthorizationContext, CheckHeader, Guard, IpFilter, RequiredClaim, TokenKey, TokenKeyMaterial,
    TokenOutcome, TokenRules, TokenSource, TokenTest, basic_credentials, check_token, is_same_address,
    is_within_addresses, query_value,
};
use crate::policy::{Body, HeaderValue, LastError, Pc, Response, Text, base64};
use crate::units::StatusCode;

const FORBIDDEN: u16 = 403;

impl<C: Choices> Runner<'_, C> {
    /// Lets the exchange pass, or refuses it.
    pub(in crate::gateway) fn guard(&mut self, policy: &Guard, pc: Pc) -> Result<(), Box<LastError>> {
        match policy {
            Guard::CheckHeader(policy) => self.check_header(policy)?,
            Guard::IpFilter(policy) => self.ip_filter(policy)?,
            Guard::Token(rules) => self.check_token(rules)?,
            Guard::Basic { username, password } => {
                let (username, password) = (self.eval(username)?, self.eval(password)?);
                let value = HeaderValue::Text(Text::from(basic_credentials(&username, &password)));
                self.exchange.request.headers.set(Text::Static("Authorization"), value);
            }
            Guard::AuthorizationContext(policy) => self.authorization_context(policy)?,
        }
        self.exchange.pc = pc.next();
        Ok(())
    }

    fn check_header(&mut self, policy: &CheckHeader) -> Result<(), Box<LastError>> {
        let name = self.eval(&policy.name)?;
        let status = self.eval(&policy.status)?;
        let shown = self.eval(&policy.message)?;
        let ignore_case = self.eval(&policy.ignore_case)?;
        let allowed = self.all(&policy.values)?;
        let Some(found) = self.exchange.request.headers.joined(&name) else {
            let message = format!("Header {name} was not found in the request. Access denied.");
            return Err(self.deny(status, &shown, "HeaderNotFound", message));
        };
        let is_allowed = |value: &str| {
            allowed.iter().any(|one| {
                if ignore_case { one.to_lowercase() == value.to_lowercase() } else { one.as_str() == value }
            })
        };
        if allowed.is_empty() || is_allowed(&found) {
            return Ok(());
        }
        let message = format!("Header {name} value of {found} is not allowed. Access denied.");
        Err(self.deny(status, &shown, "HeaderValueNotAllowed", message))
    }

    fn ip_filter(&mut self, policy: &IpFilter) -> Result<(), Box<LastError>> {
        let action = self.eval(&policy.action)?;
        let addresses = self.all(&policy.addresses)?;
        let mut ranges = Vec::new();
        for (from, to) in &policy.ranges {
            ranges.push((self.eval(from)?, self.eval(to)?));
        }
        let caller = self.facts().ip_address.clone();
        let status = StatusCode::new(FORBIDDEN).unwrap_or(StatusCode::BAD_REQUEST);
        if is_same_address(&caller, &caller).is_none() {
            let message = "Failed to establish IP address for the caller. Access denied.";
            return Err(self.deny(status, message, "FailedToParseCallerIP", message.to_owned()));
        }
        let is_named = addresses.iter().any(|one| is_same_address(&caller, one) == Some(true))
            || ranges.iter().any(|(from, to)| is_within_addresses(&caller, from, to) == Some(true));
        let allows = !action.eq_ignore_ascii_case("forbid");
        if is_named == allows {
            return Ok(());
        }
        let (reason, message) = if allows {
            ("CallerIpNotAllowed", format!("Caller IP address {caller} is not allowed. Access denied."))
        } else {
            ("CallerIpBlocked", "Caller IP address is blocked. Access denied.".to_owned())
        };
        Err(self.deny(status, &message.clone(), reason, message))
    }

    fn check_token(&mut self, rules: &TokenRules) -> Result<(), Box<LastError>> {
        let status = self.eval(&rules.status)?;
        let shown = rules.message.as_ref().map(|message| self.eval(message)).transpose()?;
        let test = self.token_test(rules)?;
        let token = self.token(rules)?;
        let spec = self.spec;
        let checked = match &token {
            None => Err(("TokenNotPresent", "JWT not present.".to_owned())),
            Some(token) => check_token(token, &test, spec.supplied()).map_err(|f| (f.reason, f.message)),
        };
        match checked {
            Ok(outcome) => {
                if outcome == TokenOutcome::SignatureUnknown {
                    let source = self.current_policy();
                    self.tell_trace(format!("{source}: the signature of the token was not verified"));
                }
                if let (Some((slot, parsed)), Some(token)) = (&rules.output, token) {
                    self.set_variable(*slot, Value::Str(token));
                    let token = self.with_scope(|scope| parsed.eval(scope))?;
                    self.set_variable(*slot, token);
                }
                Ok(())
            }
            Err((reason, message)) => {
                let shown = shown.unwrap_or_else(|| Text::from(message.clone()));
                Err(self.deny(status, &shown, reason, message))
            }
        }
    }

    /// The token of the request, without scheme.
    fn token(&mut self, rules: &TokenRules) -> Result<Option<Text>, Box<LastError>> {
        let scheme = rules.require_scheme.as_ref().map(|scheme| self.eval(scheme)).transpose()?;
        let found = match &rules.source {
            TokenSource::Header(name) => {
                let name = self.eval(name)?;
                self.exchange.request.headers.joined(&name)
            }
            TokenSource::Query(name) => {
                let name = self.eval(name)?;
                query_value(&self.exchange.request.path, &name).map(Text::from)
            }
            TokenSource::Value(value) => Some(self.eval(value)?),
        };
        let Some(found) = found.filter(|found| !found.trim().is_empty()) else { return Ok(None) };
        let (written, token) = found.trim().split_once(char::is_whitespace).unwrap_or(("", found.trim()));
        let is_wanted = scheme
            .is_none_or(|scheme| scheme.trim().is_empty() || scheme.trim().eq_ignore_ascii_case(written));
        Ok(is_wanted.then(|| Text::from(token.trim().to_owned())))
    }

    fn token_test(&mut self, rules: &TokenRules) -> Result<TokenTest, Box<LastError>> {
        let mut keys = Vec::new();
        for key in &rules.keys {
            // What is not base64 fits no signature.
            let bytes = |text: Text| base64::decode_any(&text).unwrap_or_default();
            match key {
                TokenKey::Shared { id, base64 } => {
                    let key = bytes(self.eval(base64)?);
                    keys.push((id.clone(), TokenKeyMaterial::Shared(key)));
                }
                TokenKey::Rsa { id, modulus, exponent } => {
                    let (modulus, exponent) = (bytes(self.eval(modulus)?), bytes(self.eval(exponent)?));
                    keys.push((id.clone(), TokenKeyMaterial::Rsa { modulus, exponent }));
                }
                TokenKey::Certificate => {}
            }
        }
        let mut claims = Vec::new();
        for claim in &rules.claims {
            claims.push(RequiredClaim {
                name: self.eval(&claim.name)?,
                any: self.eval(&claim.matching)?.eq_ignore_ascii_case("any"),
                separator: claim.separator.as_ref().map(|separator| self.eval(separator)).transpose()?,
                values: self.all(&claim.values)?,
            });
        }
        let start = Some(self.spec.start_unix_s()).filter(|start| *start > 0);
        let since = self.now.as_nanos().checked_div(1_000_000_000).unwrap_or(0);
        Ok(TokenTest {
            keys,
            has_certificates: rules.keys.iter().any(|key| matches!(key, TokenKey::Certificate)),
            configurations: self.all(&rules.configurations)?,
            require_signed: self.eval(&rules.require_signed)?,
            require_expiration: self.eval(&rules.require_expiration)?,
            clock_skew_s: self.eval(&rules.clock_skew)?.as_secs_ceil(),
            now_s: start.map(|start| start.saturating_add(since)),
            audiences: self.all(&rules.audiences)?,
            issuers: self.all(&rules.issuers)?,
            tenant: rules.tenant.as_ref().map(|tenant| self.eval(tenant)).transpose()?,
            clients: self.all(&rules.clients)?,
            claims,
        })
    }

    fn authorization_context(&mut self, policy: &AuthorizationContext) -> Result<(), Box<LastError>> {
        let (provider, id) = (self.eval(&policy.provider)?, self.eval(&policy.id)?);
        let ignore_error = self.eval(&policy.ignore_error)?;
        let spec = self.spec;
        let mut known = spec.supplied().authorizations.iter();
        match known.find(|one| one.provider == provider && one.id == id) {
            Some(found) => {
                let fields = vec![Value::Str(found.access_token.clone()), Value::Null];
                let object = Object::Record { class: Class::Authorization, fields };
                let value = self.exchange.heap.add(object).into();
                self.set_variable(policy.output, value);
            }
            None if ignore_error => self.set_variable(policy.output, Value::Null),
            None => {
                // The reason word is a placeholder of ours: the service's is not published.
                let message = format!("authorization `{id}` of provider `{provider}` was not found");
                return Err(self.error("AuthorizationNotFound", message.into()));
            }
        }
        Ok(())
    }

    /// The error of the current policy, with the gateway's own response.
    fn deny(
        &mut self,
        status: StatusCode,
        shown: &str,
        reason: &'static str,
        message: String,
    ) -> Box<LastError> {
        self.drop_body();
        let mut response = Response::plain(status);
        let mut text = format!("{{\"statusCode\":{},\"message\":\"", status.get());
        for character in shown.chars() {
            match character {
                '"' | '\\' => text.extend(['\\', character]),
                control if control.is_control() => text.push_str(&format!("\\u{:04x}", u32::from(control))),
                other => text.push(other),
            }
        }
        text.push_str("\"}");
        response.headers.set("Content-Type".into(), HeaderValue::Text("application/json".into()));
        response.body = Body::Text(Text::from(text));
        self.exchange.response = Some(response);
        self.exchange.answerer = Some(Answerer::Gateway);
        self.error(reason, message.into())
    }

    fn current_policy(&self) -> Text {
        let place = self.spec.program().place(self.exchange.pc);
        place.map_or(Text::EMPTY, |place| place.policy.clone())
    }
}
