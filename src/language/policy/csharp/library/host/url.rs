//! `IUrl`: `context.Request.Url`, `context.Request.OriginalUrl` and `context.Api.ServiceUrl`.
//!
//! `Url` is where the request goes: the service URL of the API and the request's path below it.
//! `OriginalUrl` is where the client sent it: the gateway, the API's path, and the path below that.
//! `QueryString` begins with `?` unless it is empty; `Path` begins with `/`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::{Host, Value};
use super::super::arguments::record;
use super::super::{Table, call, uri};
use crate::policy::Text;

pub(super) const URL: Table = Table {
    class: Class::IUrl,
    parameters: &[],
    rows: &[
        call("string Host { get; }", |machine, call| Ok(Value::Str(parts(machine, call.get(0)).host))),
        call("string Path { get; }", |machine, call| {
            let path = parts(machine, call.get(0)).path;
            machine.text(path)
        }),
        call("int Port { get; }", |machine, call| {
            Ok(Value::Int(i32::from(parts(machine, call.get(0)).port)))
        }),
        call("IQuery Query { get; }", query),
        call("string QueryString { get; }", |machine, call| {
            let query = parts(machine, call.get(0)).query;
            machine.text(query)
        }),
        call("string Scheme { get; }", |machine, call| Ok(Value::Str(parts(machine, call.get(0)).scheme))),
        call("string ToString()", |machine, call| {
            let text = url_text(machine, call.get(0));
            machine.text(text)
        }),
        call("Uri ToUri()", |machine, call| {
            let text = url_text(machine, call.get(0));
            uri::create(machine, &text)
        }),
    ],
    denied: &[],
};

struct Parts {
    scheme: Text,
    host: Text,
    port: u16,
    path: String,
    query: String,
}

impl Parts {
    fn parse(url: &str) -> Self {
        match uri::Uri::parse(url) {
            Ok(uri) => Self {
                scheme: Text::from(uri.scheme.clone()),
                host: Text::from(uri.host.clone()),
                port: uri.port.and_then(|port| u16::try_from(port).ok()).unwrap_or(0),
                path: uri.path.clone(),
                query: uri.query.clone(),
            },
            Err(_) => Self {
                scheme: Text::EMPTY,
                host: Text::EMPTY,
                port: 0,
                path: url.to_owned(),
                query: String::new(),
            },
        }
    }

    fn with_path_and_query(mut self, path_and_query: &str) -> Self {
        let (path, query) = split(path_and_query);
        path.clone_into(&mut self.path);
        query.clone_into(&mut self.query);
        self
    }
}

fn split(path_and_query: &str) -> (&str, &str) {
    let at = path_and_query.find('?').unwrap_or(path_and_query.len());
    path_and_query.split_at_checked(at).unwrap_or((path_and_query, ""))
}

fn joined(base: &str, rest: &str) -> String {
    let base = base.trim_matches('/');
    if base.is_empty() {
        return rest.to_owned();
    }
    let slash = if rest.starts_with('/') || rest.is_empty() || rest.starts_with('?') { "" } else { "/" };
    format!("/{base}{slash}{rest}")
}

fn parts(machine: &Machine<'_, '_>, url: &Value) -> Parts {
    let facts = machine.scope.facts;
    let request = machine.scope.request.path.as_str();
    let of = |origin: &crate::policy::Origin| Parts {
        scheme: origin.scheme.clone(),
        host: origin.host.clone(),
        port: origin.port,
        path: String::new(),
        query: String::new(),
    };
    match url {
        Value::Host(Host::OriginalUrl) => {
            let below = || joined(&facts.api.path, request);
            let path = facts.original_path.as_ref().map_or_else(below, ToString::to_string);
            of(&facts.gateway_origin).with_path_and_query(&path)
        }
        Value::Host(_) => {
            let base = facts.api.service_url.as_ref().and_then(|url| uri::Uri::parse(url).ok());
            let path = base.map_or_else(|| request.to_owned(), |base| joined(&base.path, request));
            of(&facts.service_origin).with_path_and_query(&path)
        }
        _ => match machine.object(url) {
            Some(Object::Record { fields, .. }) => match fields.first() {
                Some(Value::Str(url)) => Parts::parse(url),
                _ => Parts::parse(""),
            },
            _ => Parts::parse(""),
        },
    }
}

/// The URL in full; the port only where it is not the scheme's own.
pub fn url_text(machine: &Machine<'_, '_>, url: &Value) -> String {
    let parts = parts(machine, url);
    let port = match (parts.scheme.as_str(), parts.port) {
        ("https", 443) | ("http", 80) | (_, 0) => String::new(),
        (_, port) => format!(":{port}"),
    };
    format!("{}://{}{port}{}{}", parts.scheme, parts.host, parts.path, parts.query)
}

fn query(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    match call.get(0) {
        Value::Host(Host::OriginalUrl) => Ok(Value::Host(Host::OriginalQuery)),
        Value::Host(_) => Ok(Value::Host(Host::Query)),
        url => {
            let query = parts(machine, url).query;
            record(machine, Class::IQuery, vec![Value::from(query)])
        }
    }
}

/// The query string, without `?`, that `value`, an `IQuery`, stands for.
pub(super) fn query_text(machine: &Machine<'_, '_>, value: &Value) -> String {
    let query = match value {
        Value::Host(Host::OriginalQuery) => parts(machine, &Value::Host(Host::OriginalUrl)).query,
        Value::Host(_) => split(machine.scope.request.path.as_str()).1.to_owned(),
        _ => match machine.object(value) {
            Some(Object::Record { fields, .. }) => match fields.first() {
                Some(Value::Str(query)) => query.to_string(),
                _ => String::new(),
            },
            _ => String::new(),
        },
    };
    query.strip_prefix('?').map_or(query.clone(), str::to_owned)
}
