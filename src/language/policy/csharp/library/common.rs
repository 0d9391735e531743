//! What every object can do: `ToString`, `Equals`, comparison, formatting, `GetHashCode`, `GetType`.
//!
//! Rules
//! - Equality is that of `Equals`: values of different types are never equal, `NaN` equals itself, dates
//!   compare by ticks, records and tuples by parts, all other objects by identity.
//! - Comparison is that of `Comparer<object>.Default`.
//! - Hash codes of .NET differ between runs where it randomises (strings); see the switch
//!   `expr.string_hash`.

use std::cmp::Ordering;

use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::types::Type;
use super::super::value::{DateTimeKind, TimeSpan, Value};
use super::super::{Class, DateTimeOffset};
use super::number_format::{self, Number};
use super::{Table, args, call, collation, dates, enums, guid, host, json, uri, utf16, xml};
use crate::policy::Text;

/// Nesting beyond this is taken as endless.
const MAX_DEPTH: u32 = 64;

/// `ToString()` of a value that is not null, as a call on `object` gives it; null is empty, as in
/// concatenation.
pub fn display(machine: &mut Machine<'_, '_>, value: &Value) -> Result<Text, Fault> {
    format(machine, value, None)
}

/// `ToString(format)` under the invariant culture; types without formats ignore it.
pub fn format(machine: &mut Machine<'_, '_>, value: &Value, format: Option<&str>) -> Result<Text, Fault> {
    let text = match value {
        Value::Null => return Ok(Text::EMPTY),
        Value::Str(text) => return Ok(text.clone()),
        Value::Bool(true) => return Ok("True".into()),
        Value::Bool(false) => return Ok("False".into()),
        Value::Char(unit) => utf16::from_unit(*unit),
        Value::DateTime(date) => dates::format::date(*date, format)?,
        Value::DateTimeOffset(date) => dates::format::offset_date(*date, format)?,
        Value::TimeSpan(TimeSpan(ticks)) => dates::format::span(*ticks, format)?,
        Value::Guid(guid) => guid::format(*guid, format)?,
        Value::Enum(class, number) => enums::format(*class, *number, format)?,
        Value::Type(class) => type_name(&Type::Plain(*class)),
        Value::Host(_) => declared_display(machine, value)?,
        Value::Ref(_) => display_object(machine, value, 0)?,
        other => match Number::of(other) {
            Some(number) => {
                number_format::format(number, format, machine.scope.semantics.expr_double_format)?
            }
            None => String::new(),
        },
    };
    machine.pay(text.len())?;
    Ok(Text::from(text))
}

fn display_object(machine: &mut Machine<'_, '_>, value: &Value, depth: u32) -> Result<String, Fault> {
    if depth > MAX_DEPTH {
        return Err(Fault::of(super::super::FaultKind::Depth, "the value is nested too deeply"));
    }
    let Some(object) = machine.object(value) else { return Ok(String::new()) };
    match object {
        Object::Builder { text, .. } => Ok(text.clone()),
        Object::Uri(text) => Ok(uri::display(text)),
        Object::Match(found) if found.class().derives_from(Class::Capture) => Ok(found.value().to_owned()),
        Object::Xml(_) => xml::display(machine, value, true),
        Object::Json(_) => Ok(json::display(machine, value)?.to_string()),
        Object::Regex(regex) => Ok(regex.pattern.to_string()),
        Object::Exception { .. } => super::exceptions::describe(machine, value, 0),
        Object::Tuple { items, .. } => {
            let items = items.clone();
            let parts = display_parts(machine, &items, depth)?;
            Ok(format!("({})", parts.join(", ")))
        }
        Object::Pair { entry, .. } => {
            let items = [entry.0.clone(), entry.1.clone()];
            let parts = display_parts(machine, &items, depth)?;
            Ok(format!("[{}]", parts.join(", ")))
        }
        Object::Anonymous { ty: Type::Anonymous(fields), values } => {
            let (fields, values) = (fields.clone(), values.clone());
            let parts = display_parts(machine, &values, depth)?;
            let named: Vec<String> =
                fields.iter().zip(parts).map(|((name, _), text)| format!("{name} = {text}")).collect();
            Ok(format!("{{ {} }}", named.join(", ")))
        }
        Object::Record { class: Class::IUrl, .. } => Ok(host::url_text(machine, value)),
        Object::Record {
            class: Class::IPAddress | Class::XName | Class::XNamespace | Class::HashAlgorithmName,
            fields,
        } => match fields.first() {
            Some(Value::Str(text)) => Ok(text.to_string()),
            _ => Ok(String::new()),
        },
        Object::Record { class: Class::Type, fields } => Ok(match fields.get(1) {
            Some(Value::Str(name)) => name.to_string(),
            _ => String::new(),
        }),
        _ => declared_display(machine, value),
    }
}

/// `ToString()` as the value's own class declares it; the name of the type where it declares none.
fn declared_display(machine: &mut Machine<'_, '_>, value: &Value) -> Result<String, Fault> {
    let ty = type_of(machine, value);
    let own = ty.class().filter(|class| *class != Class::Object);
    let mut next = own;
    while let Some(class) = next {
        let members = super::members::members_of(class).named("ToString");
        let mut found = members.filter(|m| m.parameters.is_empty() && !m.is_static);
        if let Some(super::Action::Call(run)) = found.next().map(|member| member.run)
            && !std::ptr::fn_addr_eq(run, run_display as super::Run)
        {
            let shown = run(machine, &Call { arguments: std::slice::from_ref(value), types: &[] })?;
            return Ok(if let Value::Str(text) = shown { text.to_string() } else { String::new() });
        }
        next = class.bases().first().copied();
    }
    Ok(type_name(&ty))
}

fn display_parts(machine: &mut Machine<'_, '_>, items: &[Value], depth: u32) -> Result<Vec<String>, Fault> {
    let deeper = depth.saturating_add(1);
    let mut parts = Vec::with_capacity(items.len());
    for item in items {
        parts.push(match item {
            Value::Ref(_) => display_object(machine, item, deeper)?,
            other => display(machine, other)?.to_string(),
        });
    }
    Ok(parts)
}

/// The runtime type of a value that is not null; null gives `Type::Null`.
pub fn type_of(machine: &Machine<'_, '_>, value: &Value) -> Type {
    super::super::eval::type_of(machine.scope.heap, value)
}

/// `Type.FullName`, as `Type.ToString` gives it.
pub fn type_name(ty: &Type) -> String {
    ty.full_name()
}

/// `object.Equals(a, b)`: default equality of the runtime types.
pub fn equals(machine: &mut Machine<'_, '_>, a: &Value, b: &Value) -> Result<bool, Fault> {
    equals_at(machine, a, b, 0)
}

fn equals_at(machine: &mut Machine<'_, '_>, a: &Value, b: &Value, depth: u32) -> Result<bool, Fault> {
    if let (Value::Str(a), Value::Str(b)) = (a, b) {
        machine.spend((a.len().min(b.len()) as u64) >> 10)?;
        return Ok(a == b);
    }
    if let (Value::Ref(_), Value::Ref(_)) = (a, b) {
        if a == b {
            return Ok(true);
        }
        if matches!((machine.object(a), machine.object(b)), (Some(Object::Json(_)), Some(Object::Json(_)))) {
            return json::equal_values(machine, a, b);
        }
        return match parts(machine, a).zip(parts(machine, b)) {
            Some(((class_a, a), (class_b, b))) if class_a == class_b && a.len() == b.len() => {
                if depth > MAX_DEPTH {
                    return Err(Fault::of(super::super::FaultKind::Depth, "the value is nested too deeply"));
                }
                for (a, b) in a.iter().zip(&b) {
                    machine.spend(1)?;
                    if !equals_at(machine, a, b, depth.saturating_add(1))? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(false),
        };
    }
    Ok(match (canonical(a), canonical(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    })
}

/// The parts of an object that is equal to others by its parts.
fn parts(machine: &Machine<'_, '_>, value: &Value) -> Option<(Type, Vec<Value>)> {
    match machine.object(value)? {
        Object::Tuple { items, .. } => Some((type_of(machine, value), items.clone())),
        Object::Anonymous { ty, values } => Some((ty.clone(), values.clone())),
        Object::Pair { entry, .. } => Some((type_of(machine, value), vec![entry.0.clone(), entry.1.clone()])),
        Object::Uri(text) => Some((Type::Plain(Class::Uri), vec![Value::Str(text.clone())])),
        Object::Record { class, fields } => match class {
            Class::XName
            | Class::XNamespace
            | Class::IPAddress
            | Class::Version
            | Class::Type
            | Class::Encoding
            | Class::HashAlgorithmName => Some((Type::Plain(*class), fields.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// A form of plain values that is the same exactly for values that `Equals` calls equal, so that sets and
/// dictionaries can look them up; `None` for objects that may be equal by their parts.
pub fn canonical(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Double(v) if v.get().is_nan() => Value::from(f64::NAN),
        Value::Double(v) if v.get() == 0.0 => Value::from(0.0),
        Value::Float(v) if v.get().is_nan() => Value::Float(super::super::FloatBits::new(f32::NAN)),
        Value::Float(v) if v.get() == 0.0 => Value::Float(super::super::FloatBits::new(0.0)),
        Value::Decimal(v) => Value::from(v.get().normalize()),
        Value::DateTime(v) => {
            Value::DateTime(super::super::DateTime { ticks: v.ticks, kind: DateTimeKind::Unspecified })
        }
        Value::DateTimeOffset(v) => {
            Value::DateTimeOffset(DateTimeOffset { ticks: dates::utc_ticks(*v), offset_minutes: 0 })
        }
        Value::Ref(_) => return None,
        other => other.clone(),
    })
}

/// Where `wanted` is among `items`; strings may be compared without case.
pub fn position(
    machine: &mut Machine<'_, '_>,
    items: &[Value],
    wanted: &Value,
    ignore_case: bool,
) -> Result<Option<usize>, Fault> {
    for (at, item) in items.iter().enumerate() {
        machine.spend(1)?;
        let same = match (item, wanted) {
            (Value::Str(a), Value::Str(b)) if ignore_case => collation::same_ignoring_case(a, b),
            (Value::Str(a), Value::Str(b)) => a == b,
            _ => equals(machine, item, wanted)?,
        };
        if same {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// `Comparer<object>.Default.Compare(a, b)`; throws `ArgumentException` for what has no order.
pub fn compare(machine: &mut Machine<'_, '_>, a: &Value, b: &Value) -> Result<Ordering, Fault> {
    machine.spend(1)?;
    let order = match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Str(a), Value::Str(b)) => {
            machine.spend(a.len().min(b.len()) as u64)?;
            collation::compare(a, b, false)
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Double(a), Value::Double(b)) => compare_doubles(a.get(), b.get()),
        (Value::Float(a), Value::Float(b)) => compare_doubles(f64::from(a.get()), f64::from(b.get())),
        (Value::Decimal(a), Value::Decimal(b)) => a.get().cmp(&b.get()),
        (Value::DateTime(a), Value::DateTime(b)) => a.ticks.cmp(&b.ticks),
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => {
            dates::utc_ticks(*a).cmp(&dates::utc_ticks(*b))
        }
        (Value::TimeSpan(a), Value::TimeSpan(b)) => a.cmp(b),
        (Value::Guid(a), Value::Guid(b)) => a.cmp(b),
        (Value::Ref(_), Value::Ref(_)) => {
            // `JValue` compares by what it holds.
            return match json::order_values(machine, a, b) {
                Some(order) => Ok(order),
                None => compare_objects(machine, a, b),
            };
        }
        _ if std::mem::discriminant(a) == std::mem::discriminant(b) => {
            match (args::integer(a), args::integer(b)) {
                (Some(a), Some(b)) => a.cmp(&b),
                _ => return Err(no_order()),
            }
        }
        _ => {
            let wanted = type_of(machine, a);
            if matches!(wanted, Type::Plain(class) if Number::of(a).is_some() || class == Class::String) {
                let name = wanted.class().map_or("Object", Class::name);
                return Err(args::bad_argument(format!("Object must be of type {name}.")));
            }
            return Err(no_order());
        }
    };
    Ok(order)
}

fn no_order() -> Fault {
    args::bad_argument("At least one object must implement IComparable.")
}

fn compare_objects(machine: &mut Machine<'_, '_>, a: &Value, b: &Value) -> Result<Ordering, Fault> {
    if a == b {
        return Ok(Ordering::Equal);
    }
    let ordered = |ty: &Type| match ty {
        Type::Generic(Class::Tuple | Class::ValueTuple, _) => true,
        Type::Plain(class) => matches!(class, Class::JValue | Class::Version),
        _ => false,
    };
    match parts(machine, a).zip(parts(machine, b)) {
        Some(((type_a, a), (_, b))) if ordered(&type_a) => {
            for (a, b) in a.iter().zip(&b) {
                let order = compare(machine, a, b)?;
                if order.is_ne() {
                    return Ok(order);
                }
            }
            Ok(a.len().cmp(&b.len()))
        }
        _ => Err(no_order()),
    }
}

/// `double.CompareTo`: `NaN` is less than everything.
pub fn compare_doubles(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

/// `CompareTo` of a result.
pub fn order_number(order: Ordering) -> Value {
    Value::Int(match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    })
}

/// `x.ToString()`
pub(super) fn run_display(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    display(machine, call.get(0)).map(Value::Str)
}

/// `x.ToString(format)`
pub(super) fn run_format(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    format(machine, call.get(0), args::text(call, 1)).map(Value::Str)
}

/// `x.Equals(y)`
pub(super) fn run_equals(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    equals(machine, call.get(0), call.get(1)).map(Value::Bool)
}

/// `x.CompareTo(y)`
pub(super) fn run_compare(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    compare(machine, call.get(0), call.get(1)).map(order_number)
}

fn run_type(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    match type_of(machine, call.get(0)) {
        Type::Plain(class) => Ok(Value::Type(class)),
        ty => {
            let full = ty.full_name();
            let name = match &ty {
                Type::Array(element) => format!("{}[]", short_name(element)),
                other => short_name(other),
            };
            machine.add(Object::Record { class: Class::Type, fields: vec![name.into(), full.into()] })
        }
    }
}

fn short_name(ty: &Type) -> String {
    match ty {
        Type::Plain(class) => class.name().to_owned(),
        Type::Generic(class, arguments) => format!("{}`{}", class.name(), arguments.len()),
        other => other.full_name(),
    }
}

fn type_part(machine: &mut Machine<'_, '_>, call: &Call<'_>, part: usize) -> Result<Value, Fault> {
    if let Value::Type(class) = call.get(0) {
        let text = match part {
            0 => class.name().to_owned(),
            1 => class.full_name(),
            _ => class.namespace().to_owned(),
        };
        return machine.text(text);
    }
    match machine.object(call.get(0)) {
        Some(Object::Record { fields, .. }) if part < 2 => {
            Ok(fields.get(part).cloned().unwrap_or(Value::Null))
        }
        Some(Object::Record { fields, .. }) => {
            let full = match fields.get(1) {
                Some(Value::Str(full)) => full.to_string(),
                _ => String::new(),
            };
            let plain = full.split('`').next().unwrap_or_default();
            machine.text(plain.rsplit_once('.').map_or("", |(namespace, _)| namespace).to_owned())
        }
        _ => Ok(Value::Null),
    }
}

/// The tables of this file.
pub const TABLES: &[Table] = &[
    Table {
        class: Class::Object,
        parameters: &[],
        rows: &[
            call("string ToString()", run_display),
            call("bool Equals(object obj)", run_equals),
            call("int GetHashCode()", super::hashes::run_hash),
            call("Type GetType()", run_type),
            call("static bool Equals(object objA, object objB)", run_equals),
            call("static bool ReferenceEquals(object objA, object objB)", |_, call| {
                // Boxes are never the same object; strings of equal text may be.
                Ok(Value::Bool(match (call.get(0), call.get(1)) {
                    (Value::Null, Value::Null) => true,
                    (a @ (Value::Ref(_) | Value::Host(_) | Value::Str(_) | Value::Type(_)), b) => a == b,
                    _ => false,
                }))
            }),
            call("new()", |machine, _| {
                machine.add(Object::Record { class: Class::Object, fields: Vec::new() })
            }),
        ],
        denied: &[],
    },
    Table {
        class: Class::Type,
        parameters: &[],
        rows: &[
            call("string Name { get; }", |machine, call| type_part(machine, call, 0)),
            call("string FullName { get; }", |machine, call| type_part(machine, call, 1)),
            call("string Namespace { get; }", |machine, call| type_part(machine, call, 2)),
            call("static bool operator ==(Type left, Type right)", run_equals),
            call("static bool operator !=(Type left, Type right)", |machine, call| {
                Ok(Value::Bool(!equals(machine, call.get(0), call.get(1))?))
            }),
        ],
        denied: &[
            "GetMethod",
            "GetMethods",
            "GetProperty",
            "GetProperties",
            "GetField",
            "GetFields",
            "Assembly",
            "InvokeMember",
            "GetConstructor",
            "GetMembers",
        ],
    },
    Table {
        class: Class::IComparable,
        parameters: &[],
        rows: &[call("int CompareTo(object obj)", run_compare)],
        denied: &[],
    },
    Table {
        class: Class::IFormattable,
        parameters: &[],
        rows: &[call("string ToString(string format, CultureInfo formatProvider)", run_format)],
        denied: &[],
    },
];
