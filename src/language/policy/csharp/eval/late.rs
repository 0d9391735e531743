//! Members and operators that are looked up when the expression runs: `dynamic`.

use super::super::bind::late::{Lookup, find};
use super::super::classes::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::ir::{Equality, Late, Node};
use super::super::library::{Action, args, common, json};
use super::super::machine::{Call, Machine};
use super::super::syntax::BinaryOp;
use super::super::types::Type;
use super::super::value::Value;
use super::{number, ordered, type_of};

impl Machine<'_, '_> {
    /// Does what is meant for the values that are there.
    pub(super) fn late(&mut self, late: &Late, operands: &[Node]) -> Result<Value, Fault> {
        let values = self.eval_all(operands)?;
        match late {
            Late::Binary(op) => match values.as_slice() {
                [left, right] => self.late_binary(*op, left, right),
                _ => Err(no_member("operator", &Type::OBJECT)),
            },
            Late::Unary(op) => match values.as_slice() {
                [value] => number::unary(*op, false, value),
                _ => Err(no_member("operator", &Type::OBJECT)),
            },
            Late::Get(name) => self.late_member(Lookup::Get(name), &values, &[]),
            Late::Set(name) => self.late_member(Lookup::Set(name), &values, &[]),
            Late::Index => self.late_index(&values),
            Late::SetIndex => self.late_set_index(&values),
            Late::Call(name, types) => self.late_member(Lookup::Call(name), &values, types),
        }
    }

    fn late_index(&mut self, values: &[Value]) -> Result<Value, Fault> {
        if let ([array, index], Some(Object::Array { items, .. })) =
            (values, values.first().and_then(|v| self.object(v)))
        {
            let at = match index {
                Value::Int(at) => usize::try_from(*at).ok(),
                _ => None,
            };
            let _ = array;
            return at.and_then(|at| items.get(at)).cloned().ok_or_else(|| {
                Fault::new(Class::IndexOutOfRangeException, "Index was outside the bounds of the array.")
            });
        }
        self.late_member(Lookup::Index, values, &[])
    }

    fn late_set_index(&mut self, values: &[Value]) -> Result<Value, Fault> {
        if let [array, Value::Int(at), value] = values {
            let at = usize::try_from(*at).unwrap_or(usize::MAX);
            if let Some(Object::Array { items, .. }) = self.heap().object_mut(array) {
                return match items.get_mut(at) {
                    Some(place) => {
                        *place = value.clone();
                        Ok(value.clone())
                    }
                    None => Err(Fault::new(
                        Class::IndexOutOfRangeException,
                        "Index was outside the bounds of the array.",
                    )),
                };
            }
        }
        self.late_member(Lookup::SetIndex, values, &[])?;
        Ok(values.last().cloned().unwrap_or(Value::Null))
    }

    fn late_member(&mut self, lookup: Lookup<'_>, values: &[Value], types: &[Type]) -> Result<Value, Fault> {
        let Some((receiver, arguments)) = values.split_first() else { return Ok(Value::Null) };
        if matches!(receiver, Value::Null) {
            return Err(Fault::null_reference());
        }
        let owner = type_of(self.scope.heap, receiver);
        // A JSON object as `dynamic` has its properties as members, and nothing else to read.
        if owner == Type::Plain(Class::JObject)
            && let Lookup::Get(name) | Lookup::Set(name) = lookup
        {
            let mut indexed = vec![receiver.clone(), Value::from((*name).to_owned())];
            let Some(new) = arguments.first().filter(|_| matches!(lookup, Lookup::Set(_))) else {
                return self.late_member(Lookup::Index, &indexed, types);
            };
            indexed.push(self.assign_to(new.clone(), &Type::Plain(Class::JToken))?);
            return self.late_member(Lookup::SetIndex, &indexed, types);
        }
        if let (Lookup::Get(name), Type::Anonymous(fields)) = (&lookup, &owner)
            && let Some(at) = fields.iter().position(|(known, _)| known.as_str() == *name)
        {
            return self.field(receiver, at);
        }
        if let Lookup::Get(name) = &lookup
            && matches!(owner.class(), Some(Class::Tuple | Class::ValueTuple))
            && let Some(number) = name.strip_prefix("Item").and_then(|n| n.parse::<usize>().ok())
        {
            return self.field(receiver, number.saturating_sub(1));
        }
        let found: Vec<Type> = arguments.iter().map(|value| type_of(self.scope.heap, value)).collect();
        let Some(chosen) = find(&owner, &lookup, &found, types) else {
            return Err(no_member(lookup.name(), &owner));
        };
        let mut converted = Vec::new();
        if !chosen.member.is_static {
            converted.push(receiver.clone());
        }
        let all: Vec<Value> = if chosen.member.is_extension { values.to_vec() } else { arguments.to_vec() };
        for (source, ty) in chosen.sources.iter().zip(&chosen.parameters) {
            use super::super::bind::overload::Source;
            let value = match source {
                Source::Default(value) => value.clone(),
                Source::Argument(at) => {
                    let value = all.get(*at).cloned().unwrap_or(Value::Null);
                    self.assign_to(value, ty)?
                }
                Source::Params(rest) => {
                    let element =
                        if let Type::Array(element) = ty { element.as_ref().clone() } else { Type::OBJECT };
                    let mut items = Vec::new();
                    for at in rest {
                        let value = all.get(*at).cloned().unwrap_or(Value::Null);
                        items.push(self.assign_to(value, &element)?);
                    }
                    self.add(Object::Array { element, items })?
                }
            };
            converted.push(value);
        }
        // The new value of a setter stands behind the indices.
        if matches!(lookup, Lookup::SetIndex | Lookup::Set(_))
            && converted.len() <= arguments.len()
            && let Some(value) = arguments.last()
        {
            converted.push(value.clone());
        }
        match chosen.member.run {
            Action::Call(run) => {
                args::weigh(self, &converted)?;
                run(self, &Call { arguments: &converted, types: &chosen.types })
            }
            Action::Constant(number) => Ok(Value::Long(number)),
        }
    }

    fn late_binary(&mut self, op: BinaryOp, left: &Value, right: &Value) -> Result<Value, Fault> {
        let (left, right) = (&json::plain(self, left), &json::plain(self, right));
        let either_text = matches!(left, Value::Str(_)) || matches!(right, Value::Str(_));
        match op {
            BinaryOp::Add if either_text => {
                let mut text = if matches!(left, Value::Null) {
                    String::new()
                } else {
                    common::display(self, left)?.to_string()
                };
                if !matches!(right, Value::Null) {
                    text.push_str(&common::display(self, right)?);
                }
                self.text(text)
            }
            BinaryOp::Equal | BinaryOp::NotEqual => {
                let same = if number::class_of(left).is_some() && number::class_of(right).is_some() {
                    number::equal(left, right)
                } else if let (Value::Ref(_), _) | (_, Value::Ref(_)) = (left, right) {
                    common::equals(self, left, right)?
                } else {
                    self.equal(Equality::Value, left, right)?
                };
                Ok(Value::Bool(same == (op == BinaryOp::Equal)))
            }
            BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                Ok(Value::Bool(ordered(op, number::order(left, right))))
            }
            _ => number::arithmetic(op, false, left, right),
        }
    }
}

#[cold]
fn no_member(name: &str, owner: &Type) -> Fault {
    Fault::unsupported(format_args!("`{name}` of `{owner}`"))
}
