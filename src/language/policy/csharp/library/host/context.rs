//! `context` itself and `context.LastError`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::{Host, TimeSpan, Value};
use super::super::arguments::{optional_text, utc};
use super::super::{Table, call};
use crate::policy::LastError;

/// 1970-01-01T00:00:00 in ticks of .NET.
const UNIX_EPOCH_TICKS: i64 = 621_355_968_000_000_000;
const TICKS_PER_SECOND: i64 = 10_000_000;
const NANOS_PER_TICK: u64 = 100;

pub(super) const CONTEXT: Table = Table {
    class: Class::IProxyRequestContext,
    parameters: &[],
    rows: &[
        call("IApi Api { get; }", |_, _| host(Host::Api)),
        call("IDeployment Deployment { get; }", |_, _| host(Host::Deployment)),
        call("TimeSpan Elapsed { get; }", elapsed),
        call("ILastError LastError { get; }", |machine, _| {
            present(machine.scope.last_error.is_some(), Host::LastError)
        }),
        // Requests here are resolved by no GraphQL resolver.
        call("IGraphQLContext GraphQL { get; }", |_, _| Ok(Value::Null)),
        call("IOperation Operation { get; }", |_, _| host(Host::Operation)),
        call("IProduct Product { get; }", |machine, _| {
            present(machine.scope.facts.product.is_some(), Host::Product)
        }),
        call("IRequest Request { get; }", |_, _| host(Host::Request)),
        call("Guid RequestId { get; }", request_id),
        call("IResponse Response { get; }", |machine, _| {
            present(machine.scope.response.is_some(), Host::Response)
        }),
        call("ISubscription Subscription { get; }", |machine, _| {
            present(machine.scope.facts.subscription.is_some(), Host::Subscription)
        }),
        call("DateTime Timestamp { get; }", timestamp),
        call("bool Tracing { get; }", |machine, _| Ok(Value::Bool(machine.scope.facts.tracing))),
        call("IUser User { get; }", |machine, _| present(machine.scope.facts.user.is_some(), Host::User)),
        call("IVariables Variables { get; }", |_, _| host(Host::Variables)),
        call("void Trace(string message)", trace),
    ],
    denied: &[],
};

/// Nothing here has one, so that nobody reads these.
pub(super) const GRAPH_QL: Table = Table {
    class: Class::IGraphQLContext,
    parameters: &[],
    rows: &[
        call("JToken Arguments { get; }", |_, _| Ok(Value::Null)),
        call("JToken Parent { get; }", |_, _| Ok(Value::Null)),
    ],
    denied: &[],
};

pub(super) const LAST_ERROR: Table = Table {
    class: Class::ILastError,
    parameters: &[],
    rows: &[
        call("string Source { get; }", |machine, _| error(machine, |e| Value::Str(e.source.clone()))),
        call("string Reason { get; }", |machine, _| error(machine, |e| Value::Str(e.reason.clone()))),
        call("string Message { get; }", |machine, _| error(machine, |e| Value::Str(e.message.clone()))),
        call("string Scope { get; }", |machine, _| error(machine, |e| Value::from(e.scope.name()))),
        call("string Section { get; }", |machine, _| error(machine, |e| Value::from(e.section.name()))),
        call("string Path { get; }", |machine, _| error(machine, |e| Value::Str(e.path.clone()))),
        call("string PolicyId { get; }", |machine, _| error(machine, |e| Value::Str(e.policy_id.clone()))),
    ],
    denied: &[],
};

#[expect(clippy::unnecessary_wraps, reason = "the shape of a row's function")]
fn host(host: Host) -> Result<Value, Fault> {
    Ok(Value::Host(host))
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a row's function")]
fn present(is_present: bool, host: Host) -> Result<Value, Fault> {
    Ok(if is_present { Value::Host(host) } else { Value::Null })
}

fn error(machine: &mut Machine<'_, '_>, read: fn(&LastError) -> Value) -> Result<Value, Fault> {
    machine.scope.last_error.map(read).ok_or_else(Fault::null_reference)
}

/// Time since the request arrived.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a row's function")]
fn elapsed(machine: &mut Machine<'_, '_>, _: &Call<'_>) -> Result<Value, Fault> {
    let nanos = machine.scope.now.since(machine.scope.started).as_nanos();
    Ok(Value::TimeSpan(TimeSpan(ticks(nanos))))
}

/// When the request arrived.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a row's function")]
fn timestamp(machine: &mut Machine<'_, '_>, _: &Call<'_>) -> Result<Value, Fault> {
    let start = machine.scope.start_unix_s.saturating_mul(TICKS_PER_SECOND).saturating_add(UNIX_EPOCH_TICKS);
    let since_start = ticks(machine.scope.started.as_nanos());
    Ok(utc(start.saturating_add(since_start).clamp(0, 3_155_378_975_999_999_999)))
}

fn ticks(nanos: u64) -> i64 {
    i64::try_from(nanos / NANOS_PER_TICK).unwrap_or(i64::MAX)
}

/// The identifier that was given, or one made of the request's number in the form of a random GUID.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a row's function")]
fn request_id(machine: &mut Machine<'_, '_>, _: &Call<'_>) -> Result<Value, Fault> {
    let id = machine.scope.facts.request_id.unwrap_or_else(|| {
        let mixed = xxhash_rust::xxh3::xxh3_128(&machine.scope.request_id.to_le_bytes());
        (mixed & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62)
    });
    Ok(Value::Guid(id))
}

fn trace(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let line = optional_text(call, 1).unwrap_or_default();
    machine.pay(line.len().saturating_add(16))?;
    machine.scope.trace.push(line);
    Ok(Value::Null)
}
