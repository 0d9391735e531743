//! The JSON that `poolproof expr --context` takes: `context` of a policy expression.
//!
//! Every field may be left out; what is left out is that of a plain chat completion. Numbers, texts, bools
//! and null of `variables` are C# values of the obvious type; `{"type": "System.Int64", "value": 5}` names
//! another.

use std::sync::Arc;

use serde_json::Value as Json;

use super::check::{Dialect, check, entries};
use super::json::{Member, Node, Value as Tree, parse};
use super::shape::{Field, Kind, Shape};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId};
use crate::policy::csharp::{
    Class, Context, DateTime, DateTimeKind, Expression, Object, Type, Value, Variables, from_json,
    from_json_text,
};
use crate::policy::scan::RawText;
use crate::policy::{
    Body, Facts, Group, Header, HeaderValue, Headers, Identity, LastError, Origin, PolicyScope, Product,
    Request, Response, Section, Subscription, Text, User,
};
use crate::units::{Duration, StatusCode, Timestamp};
use crate::workload::unix_ns;

/// Ticks of 1970-01-01T00:00:00Z.
const UNIX_TICKS: i128 = 621_355_968_000_000_000;

/// `context.Timestamp` when nothing is said.
const DEFAULT_TIME: &str = "2026-01-01T00:00:00Z";

const HEADERS: Kind =
    Kind::Map(&Kind::Either(&[Kind::Text, Kind::List { of: &Kind::Any, min: 0, max: 1_000 }, Kind::Any]));

static CONTEXT: Shape = Shape {
    name: "context",
    what: "a context",
    fields: &[
        Field::optional("request", Kind::Object(&REQUEST), "`context.Request`."),
        Field::optional(
            "response",
            Kind::Either(&[Kind::Object(&RESPONSE), Kind::Any]),
            "`context.Response`; null: none.",
        ),
        Field::optional("variables", Kind::Map(&Kind::Any), "`context.Variables`."),
        Field::optional("lastError", Kind::Any, "`context.LastError`; null: none."),
        Field::optional("subscription", Kind::Any, "`context.Subscription`; null: none."),
        Field::optional("user", Kind::Any, "`context.User`; null: none."),
        Field::optional("product", Kind::Any, "`context.Product`; null: none."),
        Field::optional("api", Kind::Any, "`context.Api`."),
        Field::optional("operation", Kind::Any, "`context.Operation`."),
        Field::optional("deployment", Kind::Any, "`context.Deployment`."),
        Field::optional("namedValues", Kind::Map(&Kind::Text), "Texts that stand for `{{name}}`."),
        Field::optional("requestId", Kind::Text, "`context.RequestId`."),
        Field::optional("time", Kind::Text, "Now, UTC; default: timestamp plus elapsed."),
        Field::optional("timestamp", Kind::Text, "`context.Timestamp`, UTC."),
        Field::optional("elapsed", Kind::Text, "`context.Elapsed`, as `00:00:01.5` or `1500ms`."),
        Field::optional("tracing", Kind::Flag, "`context.Tracing`."),
    ],
};

static REQUEST: Shape = Shape {
    name: "request",
    what: "a request",
    fields: &[
        Field::optional("method", Kind::Text, "`Method`."),
        Field::optional("url", Kind::Text, "`Url`, absolute, or a path."),
        Field::optional("originalUrl", Kind::Text, "`OriginalUrl`, absolute, or a path."),
        Field::optional("ip", Kind::Text, "`IpAddress`."),
        Field::optional("headers", HEADERS, "`Headers`: text, or a list of texts."),
        Field::optional("matchedParameters", Kind::Map(&Kind::Any), "`MatchedParameters`."),
        Field::optional("body", Kind::Any, "`Body`: text, or JSON."),
        Field::optional("certificate", Kind::Text, "`Certificate.Thumbprint`."),
    ],
};

static RESPONSE: Shape = Shape {
    name: "response",
    what: "a response",
    fields: &[
        Field::optional("status", Kind::integer(100, 599), "`StatusCode`."),
        Field::optional("reason", Kind::Any, "`StatusReason`."),
        Field::optional("headers", HEADERS, "`Headers`: text, or a list of texts."),
        Field::optional("body", Kind::Any, "`Body`: text, or JSON."),
    ],
};

/// The context that `text` describes. All problems are told; `None` when there was an error.
pub fn read_context(source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Option<Context> {
    let tree = parse(source, text, diagnostics)?;
    if !check(&tree, Kind::Object(&CONTEXT), "context", Dialect::Scenario, diagnostics) {
        return None;
    }
    let mut problems = Diagnostics::new();
    let context = Reader { problems: &mut problems }.context(&tree);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    (!failed).then_some(context)
}

struct Reader<'d> {
    problems: &'d mut Diagnostics,
}

impl Reader<'_> {
    fn context(&mut self, tree: &Node) -> Context {
        let mut context = Context { facts: self.facts(tree), ..Context::default() };
        context.request = Self::request(tree.get("request"), &mut context.facts);
        context.response = tree.get("response").and_then(Self::response);
        context.last_error = tree.get("lastError").and_then(last_error);
        let started = self.time(tree.get("timestamp")).or_else(|| unix_ns(DEFAULT_TIME)).unwrap_or(0);
        context.start_unix_s = i64::try_from(started.div_euclid(1_000_000_000)).unwrap_or(0);
        let rest = u64::try_from(started.rem_euclid(1_000_000_000)).unwrap_or(0);
        context.started = Timestamp::from_nanos(rest);
        let elapsed = tree.get("elapsed").and_then(|node| self.elapsed(node)).unwrap_or(Duration::ZERO);
        context.now = match tree.get("time") {
            Some(node) => {
                let now = self.time(Some(node)).unwrap_or(started);
                let since =
                    now.saturating_sub(i128::from(context.start_unix_s).saturating_mul(1_000_000_000));
                Timestamp::from_nanos(u64::try_from(since).unwrap_or(0))
            }
            None => context.started.saturating_add(elapsed),
        };
        for member in tree.get("namedValues").into_iter().flat_map(entries) {
            let value = member.value.text().unwrap_or_default().to_owned();
            context.named_values.push((Text::from(member.name.clone()), Text::from(value)));
        }
        for member in tree.get("variables").into_iter().flat_map(entries) {
            let value = self.variable(member, &mut context);
            context.set(Text::from(member.name.clone()), value);
        }
        context
    }

    fn request(node: Option<&Node>, facts: &mut Facts) -> Request {
        let field = |name: &str| node.and_then(|node| node.get(name));
        let mut request = Request { method: text(field("method"), "POST"), ..Request::default() };
        let (origin, path) = split_url(field("url").and_then(Node::text).unwrap_or("/"));
        request.path = path;
        if let Some(origin) = origin {
            facts.service_origin = origin;
            request.path = below(&request.path, facts.api.service_url.as_ref());
        }
        if let Some(original) = field("originalUrl").and_then(Node::text) {
            let (origin, path) = split_url(original);
            if let Some(origin) = origin {
                facts.gateway_origin = origin;
            }
            facts.original_path = Some(path);
        }
        if let Some(ip) = field("ip").and_then(Node::text) {
            facts.ip_address = Text::from(ip.to_owned());
        }
        facts.client_certificate =
            field("certificate").and_then(Node::text).map(|t| Text::from(t.to_owned()));
        for member in field("matchedParameters").into_iter().flat_map(entries) {
            let value = member.value.text().unwrap_or_default().to_owned();
            facts.matched_parameters.push((Text::from(member.name.clone()), Text::from(value)));
        }
        request.headers = headers(field("headers"));
        request.body = body(field("body"));
        request
    }

    fn response(node: &Node) -> Option<Response> {
        node.members()?;
        let status = node.get("status").and_then(Node::integer).and_then(|n| u16::try_from(n).ok());
        let status = status.and_then(StatusCode::new).unwrap_or(StatusCode::OK);
        let mut response = Response::plain(status);
        if let Some(reason) = node.get("reason").and_then(Node::text) {
            response.reason = Text::from(reason.to_owned());
        }
        response.headers = headers(node.get("headers"));
        response.body = body(node.get("body"));
        Some(response)
    }

    fn facts(&mut self, tree: &Node) -> Facts {
        let mut facts = Facts::default();
        let is_null = |node: &Node| node.value == Tree::Null;
        if let Some(node) = tree.get("subscription") {
            facts.subscription = (!is_null(node)).then(|| Subscription {
                id: text(node.get("id"), "subscription-1"),
                name: text(node.get("name"), "Subscription 1"),
                key: text(node.get("key"), ""),
                primary_key: text(node.get("primaryKey").or(node.get("key")), ""),
                secondary_key: text(node.get("secondaryKey"), ""),
                created_ticks: self.ticks(node.get("createdDate")).unwrap_or(0),
                start_ticks: self.ticks(node.get("startDate")),
                end_ticks: self.ticks(node.get("endDate")),
            });
        }
        if let Some(node) = tree.get("user") {
            facts.user = (!is_null(node)).then(|| User {
                id: text(node.get("id"), ""),
                email: text(node.get("email"), ""),
                first_name: text(node.get("firstName"), ""),
                last_name: text(node.get("lastName"), ""),
                note: node.get("note").and_then(Node::text).map(|note| Text::from(note.to_owned())),
                registered_ticks: self.ticks(node.get("registrationDate")).unwrap_or(0),
                groups: groups(node.get("groups")),
                identities: list(node.get("identities"), |item| Identity {
                    id: text(item.get("id"), ""),
                    provider: text(item.get("provider"), ""),
                }),
            });
        }
        if let Some(node) = tree.get("product") {
            facts.product = (!is_null(node)).then(|| Product {
                id: text(node.get("id"), ""),
                name: text(node.get("name"), ""),
                state: text(node.get("state"), "Published"),
                approval_required: flag(node.get("approvalRequired"), false),
                subscription_required: flag(node.get("subscriptionRequired"), true),
                subscription_limit: node
                    .get("subscriptionLimit")
                    .and_then(Node::integer)
                    .and_then(|n| i32::try_from(n).ok()),
                groups: groups(node.get("groups")),
            });
        }
        if let Some(node) = tree.get("api") {
            let old = facts.api.clone();
            facts.api.id = text(node.get("id"), &old.id);
            facts.api.name = text(node.get("name"), &old.name);
            facts.api.path = text(node.get("path"), &old.path);
            facts.api.revision = text(node.get("revision"), &old.revision);
            facts.api.is_current_revision = flag(node.get("isCurrentRevision"), true);
            let optional = |name: &str| Some(Text::from(node.get(name)?.text()?.to_owned()));
            facts.api.service_url = optional("serviceUrl");
            facts.api.version = optional("version");
            if let Some(protocols) = node.get("protocols").and_then(Node::elements) {
                let texts = protocols.iter().filter_map(Node::text);
                facts.api.protocols = texts.map(|t| Text::from(t.to_owned())).collect();
            }
            if let Some(names) = node.get("subscriptionKeyParameterNames") {
                facts.api.key_header = text(names.get("header"), &old.key_header);
                facts.api.key_query = text(names.get("query"), &old.key_query);
            }
        }
        if let Some(node) = tree.get("operation") {
            let old = facts.operation.clone();
            facts.operation.id = text(node.get("id"), &old.id);
            facts.operation.name = text(node.get("name"), &old.name);
            facts.operation.method = text(node.get("method"), &old.method);
            facts.operation.url_template = text(node.get("urlTemplate"), &old.url_template);
        }
        if let Some(node) = tree.get("deployment") {
            let old = facts.deployment.clone();
            facts.deployment.region = text(node.get("region"), &old.region);
            facts.deployment.service_id = text(node.get("serviceId"), &old.service_id);
            facts.deployment.service_name = text(node.get("serviceName"), &old.service_name);
            let gateway = node.get("gateway");
            let id = gateway.and_then(|g| g.get("id")).or(node.get("gatewayId"));
            facts.deployment.gateway_id = text(id, &old.gateway_id);
            facts.deployment.is_managed = flag(gateway.and_then(|g| g.get("isManaged")), true);
        }
        facts.tracing = flag(tree.get("tracing"), false);
        facts.request_id = tree.get("requestId").and_then(|node| self.guid(node));
        facts
    }

    fn variable(&mut self, member: &Member, context: &mut Context) -> Value {
        let node = &member.value;
        let typed = match (node.get("type").and_then(Node::text), node.get("value")) {
            (Some(name), Some(value)) if node.members().is_some_and(|m| m.len() == 2) => Some((name, value)),
            _ => None,
        };
        let Some((name, value)) = typed else { return self.token(node, context) };
        let whole = value_text(value);
        match name.rsplit('.').next().unwrap_or(name) {
            "Int32" | "int" => whole.parse().map_or_else(|_| self.bad(value, name), Value::Int),
            "Int64" | "long" => whole.parse().map_or_else(|_| self.bad(value, name), Value::Long),
            "Double" | "double" => whole.parse::<f64>().map_or_else(|_| self.bad(value, name), Value::from),
            "String[]" | "string[]" => {
                let texts = value.elements().unwrap_or_default().iter();
                let items = texts.map(|t| Value::from(t.text().unwrap_or_default().to_owned())).collect();
                context.heap.add(Object::Array { element: Type::STRING, items }).into()
            }
            "DateTime" => match self.ticks(Some(value)) {
                Some(ticks) => Value::DateTime(DateTime { ticks, kind: DateTimeKind::Utc }),
                None => self.bad(value, name),
            },
            "Guid" => self.guid(value).map_or_else(|| self.bad(value, name), Value::Guid),
            "IResponse" => match Self::response(value) {
                Some(response) => context.heap.add(Object::Response(Box::new(response))).into(),
                None => Value::Null,
            },
            "Boolean" | "bool" | "String" | "string" | "JObject" | "JArray" | "JToken" | "null" => {
                self.token(value, context)
            }
            "Authorization" => {
                let token = Value::from(value.text().unwrap_or_default().to_owned());
                let object = Object::Record { class: Class::Authorization, fields: vec![token, Value::Null] };
                context.heap.add(object).into()
            }
            short => match made_of_text(short) {
                Some(code) => self.evaluated(code, value, name, context),
                None => self.bad(value, name),
            },
        }
    }

    /// The value that the expression gives, with the text of `node` in the place of `$`.
    fn evaluated(&mut self, code: &str, node: &Node, ty: &str, context: &mut Context) -> Value {
        // A JSON string is a C# string too.
        let literal = serde_json::Value::from(value_text(node)).to_string();
        let raw = RawText::verbatim(SourceId(0), &format!("@({})", code.replace('$', &literal)));
        let mut problems = Diagnostics::new();
        let expression = Expression::compile(&raw, &mut Variables::new(), &mut problems);
        let mut chance = crate::policy::csharp::LowestChance;
        let mut scope = context.scope(&mut chance);
        match expression.map(|expression| expression.eval(&mut scope)) {
            Some(Ok(value)) if value != Value::Null => value,
            _ => self.bad(node, ty),
        }
    }

    /// A JSON value as a C# value.
    fn token(&mut self, node: &Node, context: &mut Context) -> Value {
        let mut chance = crate::policy::csharp::LowestChance;
        let mut scope = context.scope(&mut chance);
        let found = match &node.value {
            Tree::Array(_) | Tree::Object(_) => from_json_text(&json_text(node), &mut scope),
            _ => from_json(&json(node), &mut scope),
        };
        match found {
            Ok(value) => value,
            Err(error) => {
                let diagnostic = Diagnostic::error("bad-value", node.mark(), error.message.to_string());
                self.problems.push(diagnostic.label("expected a value that C# can hold"));
                Value::Null
            }
        }
    }

    fn bad(&mut self, node: &Node, ty: &str) -> Value {
        self.problems.push(
            Diagnostic::error("bad-value", node.mark(), format!("this is no `{ty}`"))
                .label(format!("found {}", node.describe()))
                .note(
                    "types: System.Int32, Int64, Double, Boolean, String, String[], DateTime, Guid, JObject, JArray, \
                     IResponse, and as text Decimal, Single, DateTimeOffset, TimeSpan, Byte[] (Base64), Uri, \
                     XElement, XDocument, Jwt, BasicAuthCredentials, Authorization (its access token)",
                ),
        );
        Value::Null
    }

    /// Nanoseconds since 1970.
    fn time(&mut self, node: Option<&Node>) -> Option<i128> {
        let node = node?;
        let found = unix_ns(node.text()?);
        if found.is_none() {
            self.problems.push(
                Diagnostic::error("bad-time", node.mark(), "this is not a UTC time")
                    .label("expected a time such as `2026-03-01T12:30:00Z`"),
            );
        }
        found
    }

    fn ticks(&mut self, node: Option<&Node>) -> Option<i64> {
        let node = node.filter(|node| node.value != Tree::Null);
        let ns = self.time(node)?;
        i64::try_from(ns.div_euclid(100).saturating_add(UNIX_TICKS)).ok()
    }

    fn elapsed(&mut self, node: &Node) -> Option<Duration> {
        let text = node.text()?;
        let clock = |text: &str| {
            let mut parts = text.split(':');
            let (h, m, s) = (parts.next()?, parts.next()?, parts.next()?);
            let seconds = Duration::parse(&format!("{s}s")).ok()?;
            let whole: u64 = h.parse::<u64>().ok()?.checked_mul(60)?.checked_add(m.parse().ok()?)?;
            Some(Duration::from_secs(whole.checked_mul(60)?).saturating_add(seconds))
        };
        let found = Duration::parse(text).ok().or_else(|| clock(text));
        if found.is_none() {
            self.problems.push(
                Diagnostic::error("bad-duration", node.mark(), "this is not a duration")
                    .label("expected a duration such as `1500ms` or `00:00:01.5`"),
            );
        }
        found
    }

    fn guid(&mut self, node: &Node) -> Option<u128> {
        let digits: String = node.text()?.chars().filter(|c| *c != '-').collect();
        let found = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32);
        if found.is_none() {
            self.problems.push(
                Diagnostic::error("bad-value", node.mark(), "this is no GUID")
                    .label("expected 32 hexadecimal digits with hyphens"),
            );
        }
        found
    }
}

/// The expression that makes a value of a type from its text, `$`.
fn made_of_text(ty: &str) -> Option<&'static str> {
    Some(match ty {
        "Jwt" => "$.AsJwt()",
        "BasicAuthCredentials" => "$.AsBasic()",
        "XElement" => "XElement.Parse($)",
        "XDocument" => "XDocument.Parse($)",
        "Byte[]" | "byte[]" => "Convert.FromBase64String($)",
        "DateTimeOffset" => "DateTimeOffset.Parse($)",
        "TimeSpan" => "TimeSpan.Parse($)",
        "Decimal" | "decimal" => "decimal.Parse($)",
        "Single" | "float" => "float.Parse($)",
        "Uri" => "new Uri($)",
        _ => return None,
    })
}

fn last_error(node: &Node) -> Option<LastError> {
    node.members()?;
    let section = match node.get("section").and_then(Node::text) {
        Some("inbound") => Section::Inbound,
        Some("outbound") => Section::Outbound,
        Some("on-error") => Section::OnError,
        _ => Section::Backend,
    };
    let named = node.get("scope").and_then(Node::text);
    let scope = PolicyScope::ALL.into_iter().find(|scope| Some(scope.name()) == named).unwrap_or_default();
    Some(LastError {
        source: text(node.get("source"), ""),
        reason: text(node.get("reason"), ""),
        message: text(node.get("message"), ""),
        scope,
        section,
        path: text(node.get("path"), ""),
        policy_id: text(node.get("policyId"), ""),
    })
}

fn text(node: Option<&Node>, default: &str) -> Text {
    Text::from(node.and_then(Node::text).unwrap_or(default).to_owned())
}

fn flag(node: Option<&Node>, default: bool) -> bool {
    node.and_then(|node| node.flag(Dialect::Scenario)).unwrap_or(default)
}

fn list<T>(node: Option<&Node>, make: impl Fn(&Node) -> T) -> Vec<T> {
    node.and_then(Node::elements).unwrap_or_default().iter().map(make).collect()
}

fn groups(node: Option<&Node>) -> Vec<Group> {
    list(node, |item| match item.text() {
        Some(name) => Group { id: Text::from(name.to_owned()), name: Text::from(name.to_owned()) },
        None => Group { id: text(item.get("id"), ""), name: text(item.get("name"), "") },
    })
}

/// The characters of a scalar.
fn value_text(node: &Node) -> String {
    match &node.value {
        Tree::Number(text) | Tree::Text(text) => text.clone(),
        _ => String::new(),
    }
}

fn headers(node: Option<&Node>) -> Headers {
    let mut list = Vec::new();
    for member in node.into_iter().flat_map(entries) {
        let values: Vec<String> = match member.value.elements() {
            Some(values) => values.iter().map(value_text).collect(),
            None => vec![value_text(&member.value)],
        };
        for value in values {
            let name = Text::from(member.name.clone());
            list.push(Header { name, value: HeaderValue::Text(Text::from(value)) });
        }
    }
    Headers::shared(Arc::from(list))
}

fn body(node: Option<&Node>) -> Body {
    match node {
        None => Body::Absent,
        Some(node) => match &node.value {
            Tree::Null => Body::Absent,
            Tree::Text(text) => Body::Text(Text::from(text.clone())),
            _ => Body::Text(Text::from(json_text(node))),
        },
    }
}

/// The tree without places.
pub(crate) fn json(node: &Node) -> Json {
    match &node.value {
        Tree::Null | Tree::Unknown(_) => Json::Null,
        Tree::Bool(value) => Json::from(*value),
        Tree::Number(text) => serde_json::from_str(text).unwrap_or(Json::Null),
        Tree::Text(text) => Json::from(text.as_str()),
        Tree::Array(items) => items.iter().map(json).collect(),
        Tree::Object(members) => {
            Json::Object(members.iter().map(|m| (m.name.clone(), json(&m.value))).collect())
        }
    }
}

/// The text of the tree without white space; members keep their order.
pub(crate) fn json_text(node: &Node) -> String {
    let mut out = String::new();
    write_json(node, &mut out);
    out
}

fn write_json(node: &Node, out: &mut String) {
    match &node.value {
        Tree::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(item, out);
            }
            out.push(']');
        }
        Tree::Object(members) => {
            out.push('{');
            for (at, member) in members.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Json::from(member.name.as_str()).to_string());
                out.push(':');
                write_json(&member.value, out);
            }
            out.push('}');
        }
        Tree::Number(text) => out.push_str(text),
        _ => out.push_str(&json(node).to_string()),
    }
}

/// The part of an absolute URL's path that is below the service URL; all of it when it is elsewhere.
fn below(path: &Text, service_url: Option<&Text>) -> Text {
    let Some((Some(_), base)) = service_url.map(|url| split_url(url)) else { return path.clone() };
    match path.as_str().strip_prefix(base.trim_end_matches('/')) {
        Some(rest) if rest.starts_with(['/', '?']) => Text::from(rest.to_owned()),
        _ => path.clone(),
    }
}

/// Origin and path of an address; no origin for a path.
fn split_url(url: &str) -> (Option<Origin>, Text) {
    let Some((scheme, rest)) = url.split_once("://") else { return (None, Text::from(url.to_owned())) };
    let at = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(at).unwrap_or((rest, ""));
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let default = if scheme == "http" { 80 } else { 443 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().unwrap_or(default)),
        None => (authority, default),
    };
    let origin =
        Origin { scheme: Text::from(scheme.to_owned()), host: Text::from(host.to_ascii_lowercase()), port };
    (Some(origin), Text::from(path))
}
