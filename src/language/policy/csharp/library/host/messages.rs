//! `IRequest` and `IResponse`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::{Host, Value};
use super::super::arguments::nullable;
use super::super::{Table, call};
use crate::policy::{Body, Headers, Response};

pub(super) const REQUEST: Table = Table {
    class: Class::IRequest,
    parameters: &[],
    rows: &[
        call("IMessageBody Body { get; }", |machine, _| {
            let is_absent = machine.scope.request.body == Body::Absent;
            Ok(if is_absent { Value::Null } else { Value::Host(Host::RequestBody) })
        }),
        call("X509Certificate2 Certificate { get; }", |machine, _| {
            let is_present = machine.scope.facts.client_certificate.is_some();
            Ok(if is_present { Value::Host(Host::Certificate) } else { Value::Null })
        }),
        call("IHeaders Headers { get; }", |_, _| Ok(Value::Host(Host::RequestHeaders))),
        call("string IpAddress { get; }", |machine, _| {
            Ok(Value::Str(machine.scope.facts.ip_address.clone()))
        }),
        call("IParameters MatchedParameters { get; }", |_, _| Ok(Value::Host(Host::MatchedParameters))),
        call("string Method { get; }", |machine, _| Ok(Value::Str(machine.scope.request.method.clone()))),
        call("IUrl OriginalUrl { get; }", |_, _| Ok(Value::Host(Host::OriginalUrl))),
        call("IUrl Url { get; }", |_, _| Ok(Value::Host(Host::Url))),
        call("IPrivateEndpointConnection PrivateEndpointConnection { get; }", |_, _| Ok(Value::Null)),
    ],
    denied: &[],
};

pub(super) const RESPONSE: Table = Table {
    class: Class::IResponse,
    parameters: &[],
    rows: &[
        call("IMessageBody Body { get; }", |machine, call| {
            part(machine, call, Class::IMessageBody, Host::ResponseBody)
        }),
        call("IHeaders Headers { get; }", |machine, call| {
            part(machine, call, Class::IHeaders, Host::ResponseHeaders)
        }),
        call("int StatusCode { get; }", |machine, call| {
            let response = response(machine, call.get(0)).ok_or_else(Fault::null_reference)?;
            Ok(Value::Int(i32::from(response.status.get())))
        }),
        call("string StatusReason { get; }", |machine, call| {
            let response = response(machine, call.get(0));
            Ok(nullable(response.map(|response| &response.reason)))
        }),
    ],
    denied: &[],
};

/// Nothing here has one, so that nobody reads these.
pub(super) const PRIVATE_ENDPOINT: Table = Table {
    class: Class::IPrivateEndpointConnection,
    parameters: &[],
    rows: &[
        call("string Name { get; }", |_, _| Ok(Value::Null)),
        call("string GroupId { get; }", |_, _| Ok(Value::Null)),
        call("string MemberName { get; }", |_, _| Ok(Value::Null)),
    ],
    denied: &[],
};

/// The response that `value`, an `IResponse`, stands for.
fn response<'m>(machine: &'m Machine<'_, '_>, value: &Value) -> Option<&'m Response> {
    match value {
        Value::Host(_) => machine.scope.response.as_deref(),
        _ => match machine.object(value) {
            Some(Object::Response(response)) => Some(response),
            Some(Object::ResponsePart(_, of)) => response_at(machine, *of),
            _ => None,
        },
    }
}

fn response_at<'m>(machine: &'m Machine<'_, '_>, at: super::super::super::heap::Ref) -> Option<&'m Response> {
    match machine.scope.heap.get(at) {
        Some(Object::Response(response)) => Some(response),
        _ => None,
    }
}

/// Headers or body of a response: of the gateway's one or of one in a variable.
fn part(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    class: Class,
    of_gateway: Host,
) -> Result<Value, Fault> {
    match call.get(0) {
        Value::Ref(at) => machine.add(Object::ResponsePart(class, *at)),
        _ => Ok(Value::Host(of_gateway)),
    }
}

/// The headers that `value`, an `IHeaders`, stands for.
pub(super) fn headers<'m>(machine: &'m Machine<'_, '_>, value: &Value) -> Option<&'m Headers> {
    match value {
        Value::Host(Host::RequestHeaders) => Some(&machine.scope.request.headers),
        _ => response(machine, value).map(|response| &response.headers),
    }
}

/// The body that `value`, an `IMessageBody`, stands for.
pub(super) fn body<'m>(machine: &'m mut Machine<'_, '_>, value: &Value) -> Option<&'m mut Body> {
    match value {
        Value::Host(Host::RequestBody) => Some(&mut machine.scope.request.body),
        Value::Host(_) => machine.scope.response.as_deref_mut().map(|response| &mut response.body),
        _ => {
            let Some(Object::ResponsePart(_, of)) = machine.object(value) else { return None };
            let of = *of;
            match machine.heap().get_mut(of) {
                Some(Object::Response(response)) => Some(&mut response.body),
                _ => None,
            }
        }
    }
}
