//! Policies that let a request pass or refuse it: their shapes, and what is made of them.
//!
//! Source: the page of each policy in the policy reference (2026).

use super::Compiler;
use super::shape::{
    Child, Content, EMPTY, Field, Filled, Kind, Shape, TEXT, many, maybe, optional, required, some,
};
use crate::diagnostics::Diagnostic;
use crate::policy::csharp::Expression;
use crate::policy::operations::{
    AuthorizationContext, CheckHeader, ClaimRule, Guard, IpFilter, TokenKey, TokenRules, TokenSource,
    is_same_address,
};
use crate::policy::scan::{Element, RawText};
use crate::policy::{Op, Operand, Text, VariableSlot};
use crate::units::{Duration, StatusCode};

const UNAUTHORIZED: u16 = 401;

const CHECK_HEADER: Shape = Shape {
    fields: &[
        required("name", Kind::Name),
        required("failed-check-httpcode", Kind::Status),
        required("failed-check-error-message", Kind::Text),
        optional("ignore-case", Kind::Flag),
    ],
    children: &[many("value", &TEXT)],
    ..EMPTY
};
const IP_FILTER: Shape = Shape {
    fields: &[required("action", Kind::Word(&["allow", "forbid"]))],
    children: &[
        many("address", &TEXT),
        many(
            "address-range",
            &Shape { fields: &[required("from", Kind::Name), required("to", Kind::Name)], ..EMPTY },
        ),
    ],
    ..EMPTY
};
const KEYS: &[Child] = &[many(
    "key",
    &Shape {
        fields: &[
            optional("id", Kind::Text),
            optional("certificate-id", Kind::Name),
            optional("n", Kind::Text),
            optional("e", Kind::Text),
        ],
        content: Content::AnyText,
        children: &[],
    },
)];
const CLAIMS: &[Child] = &[some(
    "claim",
    &Shape {
        fields: &[
            required("name", Kind::Name),
            optional("match", Kind::Word(&["all", "any"])),
            optional("separator", Kind::Text),
        ],
        content: Content::Nothing,
        children: &[many("value", &TEXT)],
    },
)];
const IDS: Shape = Shape { children: &[some("application-id", &TEXT)], ..EMPTY };
const AUDIENCES: Shape = Shape { children: &[some("audience", &TEXT)], ..EMPTY };
const VALIDATE_JWT: Shape = Shape {
    fields: &[
        optional("header-name", Kind::Name),
        optional("query-parameter-name", Kind::Name),
        optional("token-value", Kind::Name),
        optional("failed-validation-httpcode", Kind::Status),
        optional("failed-validation-error-message", Kind::Text),
        optional("require-expiration-time", Kind::Flag),
        optional("require-scheme", Kind::Text),
        optional("require-signed-tokens", Kind::Flag),
        optional("clock-skew", Kind::Seconds),
        optional("output-token-variable-name", Kind::Name).written(),
    ],
    content: Content::Nothing,
    children: &[
        many("openid-config", &Shape { fields: &[required("url", Kind::Name)], ..EMPTY }),
        maybe("issuer-signing-keys", &Shape { children: KEYS, ..EMPTY }),
        maybe("decryption-keys", &Shape { children: KEYS, ..EMPTY }),
        maybe("audiences", &AUDIENCES),
        maybe("issuers", &Shape { children: &[some("issuer", &TEXT)], ..EMPTY }),
        maybe("required-claims", &Shape { children: CLAIMS, ..EMPTY }),
    ],
};
const VALIDATE_AZURE_AD_TOKEN: Shape = Shape {
    fields: &[
        required("tenant-id", Kind::Name),
        optional("header-name", Kind::Name),
        optional("query-parameter-name", Kind::Name),
        optional("token-value", Kind::Name),
        optional("authentication-endpoint", Kind::Name),
        optional("failed-validation-httpcode", Kind::Status),
        optional("failed-validation-error-message", Kind::Text),
        optional("output-token-variable-name", Kind::Name).written(),
    ],
    content: Content::Nothing,
    children: &[
        maybe("client-application-ids", &IDS),
        maybe("backend-application-ids", &IDS),
        maybe("audiences", &AUDIENCES),
        maybe("required-claims", &Shape { children: CLAIMS, ..EMPTY }),
        maybe("decryption-keys", &Shape { children: KEYS, ..EMPTY }),
    ],
};
const BASIC_FIELDS: &[Field] = &[required("username", Kind::Text), required("password", Kind::Text)];
const BASIC: Shape = Shape { fields: BASIC_FIELDS, ..EMPTY };
const AUTHORIZATION_CONTEXT: Shape = Shape {
    fields: &[
        required("provider-id", Kind::Name),
        required("authorization-id", Kind::Name),
        required("context-variable-name", Kind::Name).written(),
        optional("identity-type", Kind::Word(&["managed", "jwt"])),
        optional("identity", Kind::Text),
        optional("ignore-error", Kind::Flag),
    ],
    ..EMPTY
};

impl Compiler<'_> {
    /// A policy that lets a request pass or refuses it. `false`: it is none.
    pub(super) fn guard(&mut self, element: &Element, path: &str) -> bool {
        let guard = match element.name.as_str() {
            "check-header" => self.check_header(element),
            "ip-filter" => self.ip_filter(element),
            "validate-jwt" => self.token_rules(element, &VALIDATE_JWT),
            "validate-azure-ad-token" => self.token_rules(element, &VALIDATE_AZURE_AD_TOKEN),
            "authentication-basic" => self.basic(element),
            "get-authorization-context" => self.authorization_context(element),
            _ => return false,
        };
        if let Some(guard) = guard {
            self.emit(Op::Guard(Box::new(guard)), element, path);
        }
        true
    }

    fn check_header(&mut self, element: &Element) -> Option<Guard> {
        let mut filled = self.fill(element, &CHECK_HEADER);
        let (name, message) = (filled.words("name")?, filled.words("failed-check-error-message")?);
        let status = filled.status("failed-check-httpcode", unauthorized());
        let ignore_case = filled.flag("ignore-case", false);
        let values = filled.texts("value");
        (!filled.is_partial).then_some(Guard::CheckHeader(CheckHeader {
            name,
            status,
            message,
            ignore_case,
            values,
        }))
    }

    fn ip_filter(&mut self, element: &Element) -> Option<Guard> {
        let mut filled = self.fill(element, &IP_FILTER);
        let action = filled.words("action")?;
        let addresses = filled.texts("address");
        let ranges: Vec<(Operand<Text>, Operand<Text>)> = filled
            .children("address-range")
            .into_iter()
            .filter_map(|mut range| Some((range.words("from")?, range.words("to")?)))
            .collect();
        let is_known = !filled.is_partial;
        if addresses.is_empty() && ranges.is_empty() && is_known && !element.damaged {
            let message = "`ip-filter` names no address";
            let label = "expected `<address>` or `<address-range>` inside";
            self.error("missing-element", element.name_span, message, label);
        }
        let both = ranges.iter().flat_map(|(from, to)| [from, to]);
        for address in addresses.iter().chain(both) {
            if let Operand::Literal(text) = address
                && is_same_address(text, text).is_none()
            {
                let message = format!("`{text}` is not an address");
                self.report(
                    Diagnostic::warning("invalid-address", element.name_span, message)
                        .label("expected IPv4 or IPv6 addresses inside")
                        .help("a network has to be written as `<address-range>`"),
                );
            }
        }
        is_known.then_some(Guard::IpFilter(IpFilter { action, addresses, ranges }))
    }

    fn basic(&mut self, element: &Element) -> Option<Guard> {
        let mut filled = self.fill(element, &BASIC);
        Some(Guard::Basic { username: filled.words("username")?, password: filled.words("password")? })
    }

    fn authorization_context(&mut self, element: &Element) -> Option<Guard> {
        let mut filled = self.fill(element, &AUTHORIZATION_CONTEXT);
        let output = self.optional_variable(element, "context-variable-name").ok()??;
        let (provider, id) = (filled.words("provider-id")?, filled.words("authorization-id")?);
        let ignore_error = filled.flag("ignore-error", false);
        (!filled.is_partial).then_some(Guard::AuthorizationContext(AuthorizationContext {
            provider,
            id,
            output,
            ignore_error,
        }))
    }

    fn token_rules(&mut self, element: &Element, shape: &Shape) -> Option<Guard> {
        let mut filled = self.fill(element, shape);
        let output = self.optional_variable(element, "output-token-variable-name").ok()?;
        let source = self.token_source(element, &mut filled);
        if filled.is_partial {
            return None;
        }
        let mut claims = Vec::new();
        for mut claim in filled.children("required-claims").into_iter().flat_map(|mut c| c.children("claim"))
        {
            claims.push(ClaimRule {
                name: claim.words("name")?,
                matching: claim.words("match").unwrap_or(Operand::Literal(Text::Static("all"))),
                separator: claim.words("separator"),
                values: claim.texts("value"),
            });
        }
        let mut audiences = filled.texts_in("audiences", "audience");
        audiences.extend(filled.texts_in("backend-application-ids", "application-id"));
        let configurations =
            filled.children("openid-config").into_iter().filter_map(|mut c| c.words("url")).collect();
        let keys = filled.children("issuer-signing-keys").into_iter().flat_map(|mut c| c.children("key"));
        let rules = TokenRules {
            source: source?,
            keys: keys.map(key).collect(),
            status: filled.status("failed-validation-httpcode", unauthorized()),
            message: filled.words("failed-validation-error-message"),
            require_expiration: filled.flag("require-expiration-time", true),
            require_scheme: filled.words("require-scheme"),
            require_signed: filled.flag("require-signed-tokens", true),
            clock_skew: filled.seconds("clock-skew", Duration::ZERO),
            output: self.token_output(element, output),
            configurations,
            audiences,
            issuers: filled.texts_in("issuers", "issuer"),
            tenant: filled.words("tenant-id"),
            clients: filled.texts_in("client-application-ids", "application-id"),
            claims,
        };
        Some(Guard::Token(Box::new(rules)))
    }

    /// The variable of a token, with the expression that reads the text in it.
    fn token_output(
        &mut self,
        element: &Element,
        slot: Option<VariableSlot>,
    ) -> Option<(VariableSlot, Expression)> {
        let name = element.attribute("output-token-variable-name")?.value.text.trim().replace('"', "\"\"");
        let text = format!("@(((string)context.Variables[@\"{name}\"]).AsJwt())");
        let raw = RawText::verbatim(element.tag_span.source, &text);
        let parsed = Expression::compile(&raw, &mut self.variables, self.diagnostics)?;
        Some((slot?, parsed))
    }

    fn token_source(&mut self, element: &Element, filled: &mut Filled) -> Option<TokenSource> {
        let mut sources = Vec::new();
        sources.extend(filled.words("header-name").map(TokenSource::Header));
        sources.extend(filled.words("query-parameter-name").map(TokenSource::Query));
        sources.extend(filled.words("token-value").map(TokenSource::Value));
        let names = ["header-name", "query-parameter-name", "token-value"];
        let written = names.iter().filter_map(|name| element.attribute(name)).nth(1);
        if let Some(second) = written {
            let message = format!("`{}` has two places of the token", element.name);
            let label = "expected only one of `header-name`, `query-parameter-name` and `token-value`";
            self.objection("conflicting-attributes", second.name_span, message, label);
        }
        let has_any = names.iter().any(|name| element.attribute(name).is_some());
        if sources.is_empty() && !has_any && !element.damaged {
            if element.name == "validate-azure-ad-token" {
                return Some(TokenSource::Header(Operand::Literal(Text::Static("Authorization"))));
            }
            let message = "`validate-jwt` needs `header-name`, `query-parameter-name` or `token-value`";
            self.error("missing-attribute", element.name_span, message, "expected one of them in this tag");
        }
        sources.into_iter().next()
    }
}

fn key(mut key: Filled) -> TokenKey {
    let id = match key.words("id") {
        Some(Operand::Literal(id)) if !id.is_empty() => Some(id),
        _ => None,
    };
    match (key.words("n"), key.words("e"), key.text) {
        (Some(modulus), Some(exponent), _) => TokenKey::Rsa { id, modulus, exponent },
        (_, _, Some(base64)) => TokenKey::Shared { id, base64 },
        (_, _, None) => TokenKey::Certificate,
    }
}

fn unauthorized() -> StatusCode {
    StatusCode::new(UNAUTHORIZED).unwrap_or(StatusCode::BAD_REQUEST)
}
