//! For tests: evaluates a text over a rich `context` and writes the result out.
//!
//! The context is that of `tests/oracle/context.json`, the notation that of `tests/oracle/README.md`.

use std::sync::Arc;

use super::eval::type_of;
use super::heap::Object;
use super::library::json::{self, JsonKind};
use super::library::{common, sequence, xml};
use super::machine::Machine;
use super::{
    Class, DateTime, DateTimeKind, EvalError, Expression, FaultKind, Heap, LowestChance, Options, Scope,
    Type, Value, Variables,
};
use crate::diagnostics::{Diagnostics, Severity, SourceId};
use crate::policy::scan::RawText;
use crate::policy::{
    Body, Facts, Group, Header, HeaderValue, Headers, Identity, LastError, Origin, PolicyScope, Product,
    Request, Response, Section, Subscription, Text, User,
};
use crate::semantics::Semantics;
use crate::units::{StatusCode, Timestamp};

/// What an expression came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Type and value.
    Value(String, String),
    /// Full name of the exception (or the kind of limit), and message.
    Thrown(String, String),
    /// Codes and messages of what is wrong with it.
    Refused(Vec<String>),
}

/// The value of `text` as the oracle writes it, or what went wrong: `Class: message` of an exception,
/// `refused: code: message; ...` of an expression that cannot be compiled.
pub(crate) fn evaluate(text: &str) -> Result<String, String> {
    match outcome(text) {
        Outcome::Value(_, value) => Ok(value),
        Outcome::Thrown(class, message) => Err(format!("{class}: {message}")),
        Outcome::Refused(problems) => Err(format!("refused: {}", problems.join("; "))),
    }
}

/// The expression, or what is wrong with it.
pub(crate) fn compile(
    text: &str,
    variables: &mut Variables,
    diagnostics: &mut Diagnostics,
) -> Option<Expression> {
    let raw = RawText::verbatim(SourceId(0), text);
    Expression::compile_with(&raw, variables, &Options::default(), diagnostics)
}

/// Compiles and evaluates.
pub(crate) fn outcome(text: &str) -> Outcome {
    let mut world = World::new();
    let mut diagnostics = Diagnostics::new();
    let found = compile(text, &mut world.variables, &mut diagnostics);
    let Some(expression) = found else {
        let problems = diagnostics.sorted().into_iter().filter(|d| d.severity == Severity::Error);
        return Outcome::Refused(problems.map(|d| format!("{}: {}", d.code, d.message)).collect());
    };
    world.with_scope(|scope| match (expression.quick_answer(scope), expression.eval(scope)) {
        (Some(quick), full) if full.as_ref() != Ok(&quick) => {
            Outcome::Refused(vec![format!("quick: {quick:?} is not {full:?}")])
        }
        (_, Ok(value)) => {
            let mut machine = Machine::plain(scope);
            Outcome::Value(type_name(&machine, &value), render(&mut machine, &value))
        }
        (_, Err(EvalError { kind, message, .. })) => {
            let name = match kind {
                FaultKind::Exception(class) => class.full_name(),
                other => format!("{other:?}"),
            };
            Outcome::Thrown(name, message.to_string())
        }
    })
}

/// A context to evaluate in.
pub(crate) struct World {
    pub(crate) variables: Variables,
    pub(crate) request: Request,
    pub(crate) response: Option<Response>,
    pub(crate) facts: Facts,
    pub(crate) heap: Heap,
    values: Vec<(&'static str, Value)>,
}

fn headers(list: &[(&'static str, &'static str)]) -> Headers {
    let headers = list
        .iter()
        .map(|(name, value)| Header { name: Text::from(*name), value: HeaderValue::Text(Text::from(*value)) })
        .collect::<Vec<_>>();
    Headers::shared(Arc::from(headers))
}

const TOKEN: &str = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlLyIsInN1YiI6InVzZXItNDIiLCJhdWQiOlsiY2hhdCIsImVtYmVkIl0sImp0aSI6ImFiYy0xIiwicm9sZXMiOlsicmVhZGVyIiwid3JpdGVyIl0sIm5iZiI6MTcwMDAwMDAwMCwiZXhwIjoxOTAwMDAwMDAwfQ.c2lnbmF0dXJl";

const BACKENDS: &str = r#"[{"id":"ptu-east","url":"https://east.example/","priority":1,"weight":80,"isThrottling":true,"retryAfter":"2026-03-01T12:30:20Z"},{"id":"paygo-east","url":"https://east2.example/","priority":2,"weight":50,"isThrottling":false,"retryAfter":"0001-01-01T00:00:00Z"},{"id":"paygo-west","url":"https://west.example/","priority":2,"weight":50,"isThrottling":false,"retryAfter":"0001-01-01T00:00:00Z"},{"id":"paygo-north","url":"https://north.example/","priority":3,"weight":100,"isThrottling":true,"retryAfter":"2026-03-01T12:30:05Z"}]"#;

impl World {
    pub(crate) fn new() -> Self {
        let group = |id: &'static str, name: &'static str| Group { id: id.into(), name: name.into() };
        let mut facts = Facts {
            product: Some(Product {
                id: "premium".into(),
                name: "Premium".into(),
                state: "Published".into(),
                approval_required: true,
                subscription_required: true,
                subscription_limit: Some(5),
                groups: vec![group("developers", "Developers")],
            }),
            subscription: Some(Subscription {
                id: "sub-1".into(),
                name: "Team One".into(),
                key: "0123456789abcdef".into(),
                primary_key: "0123456789abcdef".into(),
                secondary_key: "fedcba9876543210".into(),
                created_ticks: 638_713_838_450_000_000,
                start_ticks: Some(638_714_592_000_000_000),
                end_ticks: None,
            }),
            user: Some(User {
                id: "user-42".into(),
                email: "ada@contoso.example".into(),
                first_name: "Ada".into(),
                last_name: "Lovelace".into(),
                note: Some(Text::EMPTY),
                registered_ticks: 638_505_760_890_000_000,
                groups: vec![group("developers", "Developers"), group("beta", "Beta Testers")],
                identities: vec![Identity { id: "ada@contoso.example".into(), provider: "Basic".into() }],
            }),
            matched_parameters: vec![
                ("deployment-id".into(), "gpt-4o".into()),
                ("api-version".into(), "2024-10-21".into()),
            ],
            original_path: Some(
                "/chat/v1/deployments/gpt-4o/chat/completions?api-version=2024-10-21&tag=a&tag=b%20c&empty="
                    .into(),
            ),
            request_id: Some(0x6f96_19ff_8b86_4d01_b42d_00c0_4fc9_64ff),
            ..Facts::default()
        };
        facts.gateway_origin =
            Origin { scheme: "https".into(), host: "gateway.contoso.example".into(), port: 443 };
        facts.service_origin =
            Origin { scheme: "https".into(), host: "backend.contoso.example".into(), port: 8443 };
        facts.api.id = "chat-api".into();
        facts.api.name = "Chat API".into();
        facts.api.path = "chat/v1".into();
        facts.api.service_url = Some("https://backend.contoso.example:8443/openai".into());
        facts.api.revision = "2".into();
        facts.api.version = Some("v1".into());
        facts.operation.name = "Creates a completion".into();
        facts.deployment.service_id = "contoso-apim".into();
        facts.deployment.service_name = "contoso-apim".into();
        let request = Request {
            method: "POST".into(),
            path: "/deployments/gpt-4o/chat/completions?api-version=2024-10-21".into(),
            headers: headers(&[
                ("Host", "gateway.contoso.example"),
                ("Content-Type", "application/json; charset=utf-8"),
                ("Accept", "application/json"),
                ("Accept", "text/event-stream"),
                ("Authorization", "Basic YWxhZGRpbjpvcGVuOnNlc2FtZQ=="),
                ("X-Token", TOKEN),
                ("X-Priority", "2"),
                ("X-Empty", ""),
            ]),
            body: Body::Text(r#"{"model":"gpt-4o","stream":false,"max_tokens":256,"temperature":0.5,"user":null,"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is a pool?"}]}"#.into()),
        };
        let response = Response {
            status: StatusCode::TOO_MANY_REQUESTS,
            reason: "Too Many Requests".into(),
            headers: headers(&[
                ("Content-Type", "application/json"),
                ("Retry-After", "17"),
                ("x-ratelimit-remaining-tokens", "0"),
                ("Set-Cookie", "a=1"),
                ("Set-Cookie", "b=2"),
            ]),
            body: Body::Text(r#"{"error":{"code":"429","message":"Requests have exceeded the token rate limit. Please retry after 17 seconds."},"usage":{"prompt_tokens":11,"completion_tokens":0,"total_tokens":11}}"#.into()),
        };
        let mut world = Self {
            variables: Variables::new(),
            request,
            response: Some(response),
            facts,
            heap: Heap::default(),
            values: Vec::new(),
        };
        world.fill();
        world
    }

    fn fill(&mut self) {
        let words = ["alpha", "beta", "gamma"].map(Value::from).to_vec();
        let words = self.heap.add(Object::Array { element: Type::STRING, items: words });
        let other = Response {
            status: StatusCode::OK,
            reason: "OK".into(),
            headers: headers(&[("Content-Type", "application/json")]),
            body: Body::Text(r#"{"healthy":true,"zones":[1,2,3]}"#.into()),
        };
        let other = self.heap.add(Object::Response(Box::new(other)));
        let (settings, backends) = self.with_scope(|scope| {
            let mut machine = Machine::plain(scope);
            let settings = r#"{"limit":10,"name":"default","nested":{"on":true,"off":null}}"#;
            (
                json::parse(&mut machine, settings).unwrap_or(Value::Null),
                json::parse(&mut machine, BACKENDS).unwrap_or(Value::Null),
            )
        });
        self.values = vec![
            ("count", Value::Int(3)),
            ("big", Value::Long(5_000_000_000)),
            ("ratio", Value::from(0.25)),
            ("flag", Value::Bool(true)),
            ("name", Value::from("gpt-4o")),
            ("text", Value::from("42")),
            ("empty", Value::from("")),
            ("nothing", Value::Null),
            ("when", Value::DateTime(DateTime { ticks: 639_079_650_000_000_000, kind: DateTimeKind::Utc })),
            ("words", Value::Ref(words)),
            ("settings", settings),
            ("backends", backends),
            ("other", Value::Ref(other)),
        ];
        for (name, _) in &self.values {
            self.variables.slot(name);
        }
    }

    /// Calls `run` with a scope over this world.
    pub(crate) fn with_scope<T>(&mut self, run: impl FnOnce(&mut Scope<'_>) -> T) -> T {
        let names = self.variables.names().to_vec();
        let values: Vec<Option<Value>> = names
            .iter()
            .map(|name| {
                self.values.iter().find(|(known, _)| *known == name.as_str()).map(|(_, value)| value.clone())
            })
            .collect();
        let last_error = LastError {
            source: "forward-request".into(),
            reason: "BackendConnectionFailure".into(),
            message: "The underlying connection was closed.".into(),
            scope: PolicyScope::Api,
            section: Section::Backend,
            path: "retry[1]/forward-request".into(),
            policy_id: "primary-call".into(),
        };
        let semantics = Semantics::default();
        let mut trace = Vec::new();
        let mut chance = LowestChance;
        let mut scope = Scope {
            request: &mut self.request,
            response: self.response.as_mut(),
            last_error: Some(&last_error),
            variables: &values,
            names: &names,
            heap: &mut self.heap,
            facts: &self.facts,
            now: Timestamp::from_nanos(1_750_000_000),
            started: Timestamp::from_nanos(250_000_000),
            start_unix_s: 1_772_368_200,
            request_id: 1,
            chance: &mut chance,
            semantics: &semantics,
            trace: &mut trace,
        };
        run(&mut scope)
    }
}

fn quoted(text: &str, mark: char) -> String {
    let mut built = String::from(mark);
    for c in text.chars() {
        match c {
            '\\' => built.push_str("\\\\"),
            '\n' => built.push_str("\\n"),
            '\r' => built.push_str("\\r"),
            '\t' => built.push_str("\\t"),
            '\u{8}' => built.push_str("\\b"),
            '\u{c}' => built.push_str("\\f"),
            c if c == mark => built.extend(['\\', c]),
            c if c < ' ' => built.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => built.push(c),
        }
    }
    built.push(mark);
    built
}

fn joined(machine: &mut Machine<'_, '_>, items: &[Value]) -> String {
    items.iter().map(|item| render(machine, item)).collect::<Vec<_>>().join(", ")
}

/// The value in the notation of the oracle.
pub(crate) fn render(machine: &mut Machine<'_, '_>, value: &Value) -> String {
    let format = |machine: &mut Machine<'_, '_>, how: Option<&str>| match common::format(machine, value, how)
    {
        Ok(text) => text.to_string(),
        Err(fault) => format!("!{}", fault.message()),
    };
    match value {
        Value::Null => return "null".to_owned(),
        Value::Str(text) => return quoted(text, '"'),
        Value::Char(unit) => {
            return match char::decode_utf16([*unit]).next() {
                Some(Ok(c)) => quoted(&c.to_string(), '\''),
                _ => format!("'\\u{unit:04x}'"),
            };
        }
        Value::Bool(value) => return value.to_string(),
        Value::Decimal(number) => return format!("{}m", number.get()),
        Value::DateTime(_) | Value::DateTimeOffset(_) => return format(machine, Some("o")),
        Value::Enum(class, _) => return format!("{}.{}", class.name(), format(machine, None)),
        Value::Type(class) => return class.full_name(),
        _ => {}
    }
    let Some(object) = machine.object(value).cloned() else {
        let ty = type_of(machine.scope.heap, value);
        if super::bind::relations::element(&ty).is_some()
            && let Ok(items) = sequence::items(machine, value)
        {
            return format!("[{}]", joined(machine, &items));
        }
        return format(machine, None);
    };
    match object {
        Object::Array { element, items } if element == Type::BYTE => {
            let hex = items.iter().map(|item| match item {
                Value::Byte(byte) => format!("{byte:02x}"),
                other => format!("{other:?}"),
            });
            format!("0x{}", hex.collect::<String>())
        }
        Object::Json(node) => {
            let kind = match &node.kind {
                JsonKind::Object(_) => "Object",
                JsonKind::Array(_) => "Array",
                JsonKind::Property(..) => "Property",
                JsonKind::Raw(_) => "Raw",
                JsonKind::NullText => "String",
                JsonKind::Big(_) => "Integer",
                JsonKind::Undefined => "Undefined",
                JsonKind::Value(value) => match value {
                    Value::Null => "Null",
                    Value::Bool(_) => "Boolean",
                    Value::Double(_) | Value::Float(_) | Value::Decimal(_) => "Float",
                    Value::Str(_) => "String",
                    Value::DateTime(_) | Value::DateTimeOffset(_) => "Date",
                    Value::Guid(_) => "Guid",
                    Value::TimeSpan(_) => "TimeSpan",
                    Value::Ref(_) => "Bytes",
                    _ => "Integer",
                },
            };
            let text =
                json::print(machine, value, false).unwrap_or_else(|fault| format!("!{}", fault.message()));
            format!("json({kind}):{text}")
        }
        Object::Xml(_) => {
            let text = xml::display(machine, value, false);
            format!("xml:{}", text.unwrap_or_else(|fault| format!("!{}", fault.message())))
        }
        Object::Exception { class, message, .. } => format!("{}: {message}", class.full_name()),
        Object::Map { entries, .. } | Object::SortedMap { entries, .. } => {
            let parts: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", render(machine, key), render(machine, value)))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        Object::Pair { entry, .. } => format!("{}: {}", render(machine, &entry.0), render(machine, &entry.1)),
        Object::Tuple { items, .. } => format!("({})", joined(machine, &items)),
        Object::Anonymous { ty, values } => {
            let Type::Anonymous(fields) = ty else { return String::new() };
            let parts: Vec<String> = fields
                .iter()
                .zip(&values)
                .map(|((name, _), value)| format!("{name} = {}", render(machine, value)))
                .collect();
            format!("{{ {} }}", parts.join(", "))
        }
        Object::Grouping { key, items, .. } => {
            format!("{} => [{}]", render(machine, &key), joined(machine, &items))
        }
        Object::Record { class: Class::XName | Class::XNamespace, .. } => format(machine, None),
        _ => {
            let ty = type_of(machine.scope.heap, value);
            match sequence::items(machine, value) {
                Ok(items) if super::bind::relations::element(&ty).is_some() => {
                    format!("[{}]", joined(machine, &items))
                }
                _ => format(machine, None),
            }
        }
    }
}

/// The type in the notation of the oracle.
pub(crate) fn type_name(machine: &Machine<'_, '_>, value: &Value) -> String {
    fn name(ty: &Type) -> String {
        match ty {
            Type::Null => "null".to_owned(),
            Type::Array(element) => format!("{}[]", name(element)),
            Type::Anonymous(_) => "anonymous".to_owned(),
            Type::Generic(Class::IGrouping, _) => "IGrouping".to_owned(),
            Type::Generic(
                class @ (Class::List
                | Class::Dictionary
                | Class::HashSet
                | Class::Queue
                | Class::Stack
                | Class::SortedDictionary
                | Class::Tuple
                | Class::ValueTuple
                | Class::KeyValuePair
                | Class::Func
                | Class::Action
                | Class::Nullable),
                arguments,
            ) => {
                let inner: Vec<String> = arguments.iter().map(name).collect();
                format!("{}<{}>", class.full_name(), inner.join(", "))
            }
            Type::Generic(..) => "IEnumerable".to_owned(),
            Type::Plain(Class::Type) => "System.RuntimeType".to_owned(),
            // What the documentation gives no namespace has none.
            Type::Plain(class) if class.namespace() == "Apim" => class.name().to_owned(),
            Type::Plain(class) => class.full_name(),
            other => other.full_name(),
        }
    }
    name(&type_of(machine.scope.heap, value))
}
