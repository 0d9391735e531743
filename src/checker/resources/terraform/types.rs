//! Types of variables, as far as they change values: members of objects that may be left out, and their defaults.
//!
//! Deliberately not modelled: conversion between types, and refusal of what does not fit.

use std::sync::Arc;

use hcl_edit::expr::{Expression, ObjectKey};

use super::expressions::Reader;
use crate::resources::eval::syntax::{Filled, Filling};

/// What a type adds to a value; `None` when it adds nothing.
pub(super) fn filling(reader: &mut Reader<'_>, declared: &Expression) -> Option<Filling> {
    let Expression::FuncCall(call) = declared else { return None };
    let argument = call.args.iter().next()?;
    match call.name.name.value().as_str() {
        "list" | "set" | "map" => Some(Filling::Each(Box::new(filling(reader, argument)?))),
        "optional" => filling(reader, argument),
        "object" => {
            let members: Vec<Filled> = argument
                .as_object()?
                .iter()
                .filter_map(|(key, value)| {
                    let name = match key {
                        ObjectKey::Ident(name) => name.value().as_str(),
                        ObjectKey::Expression(key) => key.as_str()?,
                    };
                    Some(filled(reader, name, value.expr()))
                })
                .collect();
            let adds = members.iter().any(|member| member.is_optional || member.inner.is_some());
            adds.then_some(Filling::Members(members))
        }
        _ => None,
    }
}

fn filled(reader: &mut Reader<'_>, name: &str, declared: &Expression) -> Filled {
    let optional = match declared {
        Expression::FuncCall(call) if call.name.name.value().as_str() == "optional" => Some(call),
        _ => None,
    };
    let default = optional.and_then(|call| call.args.iter().nth(1)).map(|default| reader.expr(default));
    Filled {
        name: Arc::from(name),
        is_optional: optional.is_some(),
        default,
        inner: filling(reader, declared),
    }
}
