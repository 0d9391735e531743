//! Operations on values: arrays, tuples, operators, strings.

use std::cmp::Ordering;

use super::super::classes::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::ir::{Equality, Node, Op, Part};
use super::super::library::common;
use super::super::machine::{MAX_TEXT_BYTES, Machine};
use super::super::syntax::BinaryOp;
use super::super::value::Value;
use super::number;
use crate::policy::Text;

/// Whether a comparison holds; false where there is no order.
pub(in crate::policy::csharp) fn ordered(op: BinaryOp, order: Option<Ordering>) -> bool {
    match (op, order) {
        (_, None) => false,
        (BinaryOp::Less, Some(order)) => order.is_lt(),
        (BinaryOp::LessEqual, Some(order)) => order.is_le(),
        (BinaryOp::Greater, Some(order)) => order.is_gt(),
        (_, Some(order)) => order.is_ge(),
    }
}

impl Machine<'_, '_> {
    /// Operations that are less common than calls and conditions.
    pub(super) fn other(&mut self, node: &Node) -> Result<Value, Fault> {
        match &node.op {
            Op::Element(parts) => {
                let [array, index] = parts.as_ref();
                let (array, index) = (self.eval(array)?, self.eval(index)?);
                let at = Self::element_index(&array, &index)?;
                match self.object(&array) {
                    Some(Object::Array { items, .. }) => items.get(at).cloned().ok_or_else(out_of_range),
                    _ => Err(Fault::null_reference()),
                }
            }
            Op::SetElement(parts) => {
                let [array, index, value] = parts.as_ref();
                let (array, index, value) = (self.eval(array)?, self.eval(index)?, self.eval(value)?);
                let at = Self::element_index(&array, &index)?;
                if let Some(Object::Array { element, .. }) = self.object(&array)
                    && !element.is_value_type()
                    && !matches!(value, Value::Null)
                    && !super::is_of(self.scope.heap, &value, element)
                {
                    return Err(Fault::new(
                        Class::ArrayTypeMismatchException,
                        "Attempted to access an element as a type incompatible with the array.",
                    ));
                }
                match self.heap().object_mut(&array) {
                    Some(Object::Array { items, .. }) => match items.get_mut(at) {
                        Some(place) => *place = value.clone(),
                        None => return Err(out_of_range()),
                    },
                    _ => return Err(Fault::null_reference()),
                }
                Ok(value)
            }
            Op::Array(element, nodes) => {
                let items = self.eval_all(nodes)?;
                self.pay(items.len().saturating_mul(32))?;
                self.add(Object::Array { element: element.as_ref().clone(), items })
            }
            Op::ArrayOf(element, parts) => {
                let [size, fill] = parts.as_ref();
                let (size, fill) = (self.eval(size)?, self.eval(fill)?);
                let Value::Int(size) = size else { return Err(Fault::unsupported("this array size")) };
                let Ok(size) = usize::try_from(size) else {
                    return Err(Fault::new(
                        Class::OverflowException,
                        "Arithmetic operation resulted in an overflow.",
                    ));
                };
                self.pay(size.saturating_mul(32))?;
                self.add(Object::Array { element: element.as_ref().clone(), items: vec![fill; size] })
            }
            Op::Anonymous(ty, nodes) => {
                let values = self.eval_all(nodes)?;
                self.add(Object::Anonymous { ty: ty.as_ref().clone(), values })
            }
            Op::Tuple(types, nodes) => {
                let items = self.eval_all(nodes)?;
                self.add(Object::Tuple { class: Class::ValueTuple, types: types.to_vec(), items })
            }
            Op::Field(inner, at) => {
                let object = self.eval(inner)?;
                self.field(&object, *at)
            }
            Op::WithField(parts, at) => {
                let [tuple, item] = parts.as_ref();
                let (tuple, item) = (self.eval(tuple)?, self.eval(item)?);
                let Some(Object::Tuple { class, types, items }) = self.object(&tuple).cloned() else {
                    return Err(Fault::null_reference());
                };
                let mut items = items;
                if let Some(place) = items.get_mut(*at) {
                    *place = item;
                }
                self.add(Object::Tuple { class, types, items })
            }
            Op::Unary(op, checked, inner) => {
                let value = self.eval(inner)?;
                number::unary(*op, *checked, &value)
            }
            Op::Arithmetic(first, steps) => {
                let mut value = self.eval(first)?;
                for (op, checked, right) in steps {
                    let right_value = self.eval(right)?;
                    self.spend(1)?;
                    value = number::arithmetic(*op, *checked, &value, &right_value)?;
                }
                Ok(value)
            }
            Op::Compare(op, parts) => {
                let [left, right] = parts.as_ref();
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                Ok(Value::Bool(ordered(*op, number::order(&left, &right))))
            }
            Op::Equal(how, negate, parts) => {
                let [left, right] = parts.as_ref();
                let (left, right) = (self.eval(left)?, self.eval(right)?);
                Ok(Value::Bool(self.equal(*how, &left, &right)? != *negate))
            }
            Op::Concat(nodes) => self.concat(nodes),
            Op::Interpolated(parts) => self.interpolated(parts),
            Op::Convert(conversion, inner) => {
                let value = self.eval(inner)?;
                self.convert(conversion, value)
            }
            Op::Is(ty, inner) => {
                let value = self.eval(inner)?;
                Ok(Value::Bool(super::is_of(self.scope.heap, &value, ty)))
            }
            Op::As(ty, inner) => {
                let value = self.eval(inner)?;
                Ok(if super::is_of(self.scope.heap, &value, ty) { value } else { Value::Null })
            }
            _ => Err(Fault::unsupported("this operation")),
        }
    }

    pub(super) fn field(&mut self, object: &Value, at: usize) -> Result<Value, Fault> {
        let found = match self.object(object) {
            Some(Object::Tuple { items, .. }) => items.get(at),
            Some(Object::Anonymous { values, .. }) => values.get(at),
            Some(Object::Pair { entry, .. }) => Some(if at == 0 { &entry.0 } else { &entry.1 }),
            _ => None,
        };
        found.cloned().ok_or_else(Fault::null_reference)
    }

    fn element_index(array: &Value, index: &Value) -> Result<usize, Fault> {
        if matches!(array, Value::Null) {
            return Err(Fault::null_reference());
        }
        match index {
            Value::Int(index) => usize::try_from(*index).map_err(|_| out_of_range()),
            _ => Err(out_of_range()),
        }
    }

    pub(super) fn equal(&mut self, how: Equality, a: &Value, b: &Value) -> Result<bool, Fault> {
        match (how, a, b) {
            (_, Value::Ref(a), Value::Ref(b)) if a == b => Ok(true),
            (Equality::Value, Value::Ref(_), Value::Ref(_)) => match (self.object(a), self.object(b)) {
                (Some(Object::Tuple { .. }), Some(Object::Tuple { .. })) => common::equals(self, a, b),
                _ => Ok(false),
            },
            (Equality::Reference, Value::Ref(_), _) | (Equality::Reference, _, Value::Ref(_)) => Ok(false),
            (Equality::Reference, Value::Str(a), Value::Str(b)) => Ok(a == b),
            (Equality::Reference, Value::Host(a), Value::Host(b)) => Ok(a == b),
            (Equality::Reference, Value::Type(a), Value::Type(b)) => Ok(a == b),
            (Equality::Reference, Value::Null, Value::Null) => Ok(true),
            // Boxes are objects of their own.
            (Equality::Reference, ..) => Ok(false),
            (Equality::Value, Value::Str(a), Value::Str(b)) => {
                self.spend(a.len().min(b.len()) as u64 >> 4)?;
                Ok(a == b)
            }
            (Equality::Value, ..) => Ok(number::equal(a, b)),
        }
    }

    fn concat(&mut self, nodes: &[Node]) -> Result<Value, Fault> {
        // What most texts of policies fit in.
        let mut text = String::with_capacity(64);
        for node in nodes {
            let value = self.eval(node)?;
            self.append(&mut text, &value)?;
        }
        self.text(text)
    }

    fn append(&mut self, text: &mut String, value: &Value) -> Result<(), Fault> {
        match value {
            Value::Null => {}
            Value::Str(part) => grow(text, part)?,
            other => {
                let part = common::display(self, other)?;
                grow(text, &part)?;
            }
        }
        Ok(())
    }

    fn interpolated(&mut self, parts: &[Part]) -> Result<Value, Fault> {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(part) => grow(&mut text, part)?,
                Part::Hole(node, width, format) => {
                    let value = self.eval(node)?;
                    let shown = match value {
                        Value::Null => Text::EMPTY,
                        other => common::format(self, &other, format.as_deref())?,
                    };
                    let units = shown.chars().map(char::len_utf16).sum::<usize>();
                    let wanted = usize::try_from(width.unsigned_abs()).unwrap_or(0);
                    let fill = wanted.saturating_sub(units);
                    self.pay(fill)?;
                    if fill > MAX_TEXT_BYTES {
                        return Err(Fault::new(
                            Class::OutOfMemoryException,
                            "Insufficient memory to continue the execution of the program.",
                        ));
                    }
                    let blanks = " ".repeat(fill);
                    if *width > 0 {
                        text.push_str(&blanks);
                    }
                    grow(&mut text, &shown)?;
                    if *width < 0 {
                        text.push_str(&blanks);
                    }
                }
            }
        }
        self.text(text)
    }

    pub(super) fn policy_variable(&mut self, slot: u16, name: &Text) -> Result<Value, Fault> {
        match self.scope.variables.get(usize::from(slot)) {
            Some(Some(value)) => Ok(value.clone()),
            _ => Err(Fault::new(
                Class::KeyNotFoundException,
                format!("The given key '{name}' was not present in the dictionary."),
            )),
        }
    }
}

fn grow(text: &mut String, part: &str) -> Result<(), Fault> {
    if text.len().saturating_add(part.len()) > MAX_TEXT_BYTES {
        return Err(Fault::of(super::super::FaultKind::Memory, "the expression built too long a string"));
    }
    text.push_str(part);
    Ok(())
}

#[cold]
fn out_of_range() -> Fault {
    Fault::new(Class::IndexOutOfRangeException, "Index was outside the bounds of the array.")
}
