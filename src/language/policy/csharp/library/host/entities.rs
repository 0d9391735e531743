//! Who calls what: API, operation, product, subscription, user, deployment.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::types::Type;
use super::super::super::value::{Host, Value};
use super::super::arguments::{field, nullable, record, utc};
use super::super::{Table, call, constant};
use crate::policy::{Facts, Group, Product, Subscription, Text, User};

pub(super) const API: Table = Table {
    class: Class::IApi,
    parameters: &[],
    rows: &[
        call("string Id { get; }", |machine, _| known(machine, |f| &f.api.id)),
        call("string Name { get; }", |machine, _| known(machine, |f| &f.api.name)),
        call("string Path { get; }", |machine, _| known(machine, |f| &f.api.path)),
        call("IEnumerable<string> Protocols { get; }", |machine, _| {
            let facts = machine.scope.facts;
            let items = facts.api.protocols.iter().cloned().map(Value::Str).collect();
            machine.add(Object::List { class: Class::List, element: Type::STRING, items })
        }),
        call("IUrl ServiceUrl { get; }", |machine, _| match &machine.scope.facts.api.service_url {
            Some(url) => {
                let url = Value::Str(url.clone());
                record(machine, Class::IUrl, vec![url])
            }
            None => Ok(Value::Null),
        }),
        call("ISubscriptionKeyParameterNames SubscriptionKeyParameterNames { get; }", |_, _| {
            Ok(Value::Host(Host::KeyNames))
        }),
        call("bool IsCurrentRevision { get; }", |machine, _| {
            Ok(Value::Bool(machine.scope.facts.api.is_current_revision))
        }),
        call("string Revision { get; }", |machine, _| known(machine, |f| &f.api.revision)),
        call("string Version { get; }", |machine, _| Ok(nullable(machine.scope.facts.api.version.as_ref()))),
    ],
    denied: &[],
};

pub(super) const KEY_NAMES: Table = Table {
    class: Class::ISubscriptionKeyParameterNames,
    parameters: &[],
    rows: &[
        call("string Header { get; }", |machine, _| known(machine, |f| &f.api.key_header)),
        call("string Query { get; }", |machine, _| known(machine, |f| &f.api.key_query)),
    ],
    denied: &[],
};

pub(super) const OPERATION: Table = Table {
    class: Class::IOperation,
    parameters: &[],
    rows: &[
        call("string Id { get; }", |machine, _| known(machine, |f| &f.operation.id)),
        call("string Method { get; }", |machine, _| known(machine, |f| &f.operation.method)),
        call("string Name { get; }", |machine, _| known(machine, |f| &f.operation.name)),
        call("string UrlTemplate { get; }", |machine, _| known(machine, |f| &f.operation.url_template)),
    ],
    denied: &[],
};

pub(super) const PRODUCT: Table = Table {
    class: Class::IProduct,
    parameters: &[],
    rows: &[
        // The product has more APIs; the one that was called is the one that is known.
        call("IEnumerable<IApi> Apis { get; }", |machine, _| {
            list(machine, Class::IApi, vec![Value::Host(Host::Api)])
        }),
        call("bool ApprovalRequired { get; }", |machine, _| {
            product(machine, |p| Value::Bool(p.approval_required))
        }),
        call("IEnumerable<IGroup> Groups { get; }", |machine, _| {
            let facts = machine.scope.facts;
            let product = facts.product.as_ref().ok_or_else(Fault::null_reference)?;
            groups(machine, &product.groups)
        }),
        call("string Id { get; }", |machine, _| product(machine, |p| Value::Str(p.id.clone()))),
        call("string Name { get; }", |machine, _| product(machine, |p| Value::Str(p.name.clone()))),
        call("ProductState State { get; }", |machine, _| {
            product(machine, |p| Value::Enum(Class::ProductState, i32::from(p.state.as_str() == "Published")))
        }),
        call("int? SubscriptionLimit { get; }", |machine, _| {
            product(machine, |p| p.subscription_limit.map_or(Value::Null, Value::Int))
        }),
        call("bool SubscriptionRequired { get; }", |machine, _| {
            product(machine, |p| Value::Bool(p.subscription_required))
        }),
    ],
    denied: &[],
};

pub(super) const PRODUCT_STATE: Table = Table {
    class: Class::ProductState,
    parameters: &[],
    rows: &[constant("NotPublished", 0), constant("Published", 1)],
    denied: &[],
};

pub(super) const SUBSCRIPTION: Table = Table {
    class: Class::ISubscription,
    parameters: &[],
    rows: &[
        call("DateTime CreatedDate { get; }", |machine, _| subscription(machine, |s| utc(s.created_ticks))),
        call("DateTime? EndDate { get; }", |machine, _| {
            subscription(machine, |s| s.end_ticks.map_or(Value::Null, utc))
        }),
        call("string Id { get; }", |machine, _| subscription(machine, |s| Value::Str(s.id.clone()))),
        call("string Key { get; }", |machine, _| subscription(machine, |s| Value::Str(s.key.clone()))),
        call("string Name { get; }", |machine, _| subscription(machine, |s| Value::Str(s.name.clone()))),
        call("string PrimaryKey { get; }", |machine, _| {
            subscription(machine, |s| Value::Str(s.primary_key.clone()))
        }),
        call("string SecondaryKey { get; }", |machine, _| {
            subscription(machine, |s| Value::Str(s.secondary_key.clone()))
        }),
        call("DateTime? StartDate { get; }", |machine, _| {
            subscription(machine, |s| s.start_ticks.map_or(Value::Null, utc))
        }),
    ],
    denied: &[],
};

pub(super) const USER: Table = Table {
    class: Class::IUser,
    parameters: &[],
    rows: &[
        call("string Email { get; }", |machine, _| user(machine, |u| Value::Str(u.email.clone()))),
        call("string FirstName { get; }", |machine, _| user(machine, |u| Value::Str(u.first_name.clone()))),
        call("IEnumerable<IGroup> Groups { get; }", |machine, _| {
            let facts = machine.scope.facts;
            let user = facts.user.as_ref().ok_or_else(Fault::null_reference)?;
            groups(machine, &user.groups)
        }),
        call("string Id { get; }", |machine, _| user(machine, |u| Value::Str(u.id.clone()))),
        call("IEnumerable<IUserIdentity> Identities { get; }", |machine, _| {
            let facts = machine.scope.facts;
            let user = facts.user.as_ref().ok_or_else(Fault::null_reference)?;
            let mut items = Vec::with_capacity(user.identities.len());
            for identity in &user.identities {
                let fields = vec![Value::Str(identity.id.clone()), Value::Str(identity.provider.clone())];
                items.push(record(machine, Class::IUserIdentity, fields)?);
            }
            list(machine, Class::IUserIdentity, items)
        }),
        call("string LastName { get; }", |machine, _| user(machine, |u| Value::Str(u.last_name.clone()))),
        call("string Note { get; }", |machine, _| user(machine, |u| nullable(u.note.as_ref()))),
        call("DateTime RegistrationDate { get; }", |machine, _| user(machine, |u| utc(u.registered_ticks))),
    ],
    denied: &[],
};

pub(super) const GROUP: Table = Table {
    class: Class::IGroup,
    parameters: &[],
    rows: &[call("string Id { get; }", field_0), call("string Name { get; }", field_1)],
    denied: &[],
};

pub(super) const IDENTITY: Table = Table {
    class: Class::IUserIdentity,
    parameters: &[],
    rows: &[call("string Id { get; }", field_0), call("string Provider { get; }", field_1)],
    denied: &[],
};

pub(super) const DEPLOYMENT: Table = Table {
    class: Class::IDeployment,
    parameters: &[],
    rows: &[
        call("ICertificates Certificates { get; }", |_, _| Ok(Value::Host(Host::Certificates))),
        call("IGatewayInfo Gateway { get; }", |_, _| Ok(Value::Host(Host::Gateway))),
        call("string GatewayId { get; }", |machine, _| known(machine, |f| &f.deployment.gateway_id)),
        call("string Region { get; }", |machine, _| known(machine, |f| &f.deployment.region)),
        call("string ServiceId { get; }", |machine, _| known(machine, |f| &f.deployment.service_id)),
        call("string ServiceName { get; }", |machine, _| known(machine, |f| &f.deployment.service_name)),
        call("ISustainabilityInfo SustainabilityInfo { get; }", |_, _| Ok(Value::Host(Host::Sustainability))),
    ],
    denied: &[],
};

pub(super) const GATEWAY: Table = Table {
    class: Class::IGatewayInfo,
    parameters: &[],
    rows: &[
        call("string Id { get; }", |machine, _| known(machine, |f| &f.deployment.gateway_id)),
        call("string InstanceId { get; }", |machine, _| known(machine, |f| &f.deployment.instance_id)),
        call("bool IsManaged { get; }", |machine, _| {
            Ok(Value::Bool(machine.scope.facts.deployment.is_managed))
        }),
    ],
    denied: &[],
};

pub(super) const SUSTAINABILITY: Table = Table {
    class: Class::ISustainabilityInfo,
    parameters: &[],
    rows: &[call("CarbonIntensityCategory? CurrentCarbonIntensity { get; }", |machine, _| {
        let category = machine.scope.facts.deployment.carbon_intensity.as_ref();
        let number = category.and_then(|name| CATEGORIES.iter().find(|(known, _)| *known == name.as_str()));
        Ok(number.map_or(Value::Null, |(_, number)| Value::Enum(Class::CarbonIntensityCategory, *number)))
    })],
    denied: &[],
};

/// From less to more; the names are published, the numbers are not.
const CATEGORIES: &[(&str, i32)] = &[("VeryLow", 0), ("Low", 1), ("Medium", 2), ("High", 3), ("VeryHigh", 4)];

pub(super) const CARBON: Table = Table {
    class: Class::CarbonIntensityCategory,
    parameters: &[],
    rows: &[
        constant("VeryLow", 0),
        constant("Low", 1),
        constant("Medium", 2),
        constant("High", 3),
        constant("VeryHigh", 4),
    ],
    denied: &[],
};

#[expect(clippy::unnecessary_wraps, reason = "the shape of a row's function")]
fn known(machine: &mut Machine<'_, '_>, read: fn(&Facts) -> &Text) -> Result<Value, Fault> {
    Ok(Value::Str(read(machine.scope.facts).clone()))
}

fn product(machine: &mut Machine<'_, '_>, read: fn(&Product) -> Value) -> Result<Value, Fault> {
    machine.scope.facts.product.as_ref().map(read).ok_or_else(Fault::null_reference)
}

fn subscription(machine: &mut Machine<'_, '_>, read: fn(&Subscription) -> Value) -> Result<Value, Fault> {
    machine.scope.facts.subscription.as_ref().map(read).ok_or_else(Fault::null_reference)
}

fn user(machine: &mut Machine<'_, '_>, read: fn(&User) -> Value) -> Result<Value, Fault> {
    machine.scope.facts.user.as_ref().map(read).ok_or_else(Fault::null_reference)
}

fn groups(machine: &mut Machine<'_, '_>, groups: &[Group]) -> Result<Value, Fault> {
    let mut items = Vec::with_capacity(groups.len());
    for group in groups {
        let fields = vec![Value::Str(group.id.clone()), Value::Str(group.name.clone())];
        items.push(record(machine, Class::IGroup, fields)?);
    }
    list(machine, Class::IGroup, items)
}

fn list(machine: &mut Machine<'_, '_>, element: Class, items: Vec<Value>) -> Result<Value, Fault> {
    machine.pay(items.len().saturating_mul(32))?;
    machine.add(Object::List { class: Class::IEnumerableOf, element: Type::Plain(element), items })
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a row's function")]
fn field_0(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    Ok(field(machine, call.get(0), 0))
}

#[expect(clippy::unnecessary_wraps, reason = "the shape of a row's function")]
fn field_1(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    Ok(field(machine, call.get(0), 1))
}
