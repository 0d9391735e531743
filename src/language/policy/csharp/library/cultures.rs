//! `CultureInfo`, as far as published policies name it.
//!
//! There is one culture here, the invariant one; others are accepted by name and behave like it.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::Machine;
use super::super::value::Value;
use super::{Table, args, call};

fn culture(machine: &mut Machine<'_, '_>, name: &str) -> Result<Value, Fault> {
    machine.add(Object::Record { class: Class::CultureInfo, fields: vec![Value::from(name.to_owned())] })
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::CultureInfo,
    parameters: &[],
    rows: &[
        call("static CultureInfo InvariantCulture { get; }", |m, _| culture(m, "")),
        call("static CultureInfo CurrentCulture { get; }", |m, _| culture(m, "")),
        call("static CultureInfo CurrentUICulture { get; }", |m, _| culture(m, "")),
        call("static CultureInfo GetCultureInfo(string name)", |m, c| {
            culture(m, args::required(c, 0, "name")?)
        }),
        call("new(string name)", |m, c| culture(m, args::required(c, 0, "name")?)),
        call("string Name { get; }", |m, c| {
            Ok(match m.object(c.get(0)) {
                Some(Object::Record { fields, .. }) => fields.first().cloned().unwrap_or(Value::Null),
                _ => Value::Null,
            })
        }),
    ],
    denied: &[],
}];
