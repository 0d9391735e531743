//! Runs a bound expression.
//!
//! Rules
//! - Each operation costs a step; depth is bounded by [`MAX_DEPTH`], which also bounds the stack.
//! - A value whose tag an operation does not expect (a library member gave something else than its
//!   signature says) is a fault, never a panic.

mod convert;
mod late;
pub(super) mod number;
mod operations;
mod quick;
mod statements;

pub use convert::type_of;
pub(in crate::policy::csharp) use convert::{host_class, is_of};
pub(in crate::policy::csharp) use operations::ordered;
pub(in crate::policy::csharp) use quick::{Quick, QuickText, quick_form, quick_text};

use std::sync::Arc;

use super::fault::{Fault, FaultKind};
use super::heap::Object;
use super::ir::{Body, CallOp, Lambda, Node, Nulls, Op};
use super::library::{Action, args};
use super::machine::{Call, Machine};
use super::value::Value;

/// Deepest nesting of operations, calls of functions included.
pub(in crate::policy::csharp) const MAX_DEPTH: u32 = 600;

/// What is run.
#[derive(Debug)]
pub(in crate::policy::csharp) struct Code {
    pub(in crate::policy::csharp) body: Body,
    pub(in crate::policy::csharp) lambdas: Arc<[Lambda]>,
    pub(in crate::policy::csharp) slots: u32,
}

impl Machine<'_, '_> {
    /// The value of an operation.
    pub(in crate::policy::csharp) fn eval(&mut self, node: &Node) -> Result<Value, Fault> {
        match &node.op {
            Op::Constant(value) => return Ok(value.clone()),
            Op::Local(slot) => return Ok(self.local(*slot)),
            _ => {}
        }
        self.spend(1)?;
        if self.depth >= MAX_DEPTH {
            return Err(too_deep());
        }
        self.depth = self.depth.saturating_add(1);
        let result = self.operation(node);
        self.depth = self.depth.saturating_sub(1);
        result.map_err(|fault| fault.at(node.span))
    }

    fn operation(&mut self, node: &Node) -> Result<Value, Fault> {
        match &node.op {
            Op::Constant(value) => Ok(value.clone()),
            Op::Local(slot) => Ok(self.local(*slot)),
            Op::SetLocal(slot, value) => {
                let value = self.eval(value)?;
                self.set_local(*slot, value.clone());
                Ok(value)
            }
            Op::Sequence(nodes) => {
                let mut last = Value::Null;
                for node in nodes {
                    last = self.eval(node)?;
                }
                Ok(last)
            }
            Op::Call(call) => self.call(call),
            Op::Store(call) => self.store(call),
            Op::Late(late) => self.late(&late.0, &late.1),
            Op::Invoke(nodes) => self.invoke_nodes(nodes),
            Op::Function(index, nodes) => {
                let arguments = self.eval_all(nodes)?;
                self.run_lambda(*index, &arguments, &[])
            }
            Op::Closure(index, ty) => self.closure(*index, ty),
            Op::Variable(slot, name) => self.policy_variable(*slot, name),
            Op::All(nodes) => {
                for node in nodes {
                    if !self.truth(node)? {
                        return Ok(Value::Bool(false));
                    }
                }
                Ok(Value::Bool(true))
            }
            Op::Any(nodes) => {
                for node in nodes {
                    if self.truth(node)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            Op::Not(inner) => Ok(Value::Bool(!self.truth(inner)?)),
            Op::Conditional(parts) => {
                let [condition, yes, no] = parts.as_ref();
                if self.truth(condition)? { self.eval(yes) } else { self.eval(no) }
            }
            Op::Coalesce(parts) => {
                let [first, second] = parts.as_ref();
                match self.eval(first)? {
                    Value::Null => self.eval(second),
                    value => Ok(value),
                }
            }
            Op::NullSafe(slot, parts) => {
                let [object, rest] = parts.as_ref();
                match self.eval(object)? {
                    Value::Null => Ok(Value::Null),
                    value => {
                        self.set_local(*slot, value);
                        self.eval(rest)
                    }
                }
            }
            Op::Throw(value) => {
                let value = self.eval(value)?;
                Err(self.thrown(value))
            }
            _ => self.other(node),
        }
    }

    /// A condition.
    pub(in crate::policy::csharp) fn truth(&mut self, node: &Node) -> Result<bool, Fault> {
        match self.eval(node)? {
            Value::Bool(value) => Ok(value),
            Value::Null => Err(Fault::null_reference()),
            _ => Err(Fault::unsupported("a condition that is no bool")),
        }
    }

    pub(super) fn eval_all(&mut self, nodes: &[Node]) -> Result<Vec<Value>, Fault> {
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            values.push(self.eval(node)?);
        }
        Ok(values)
    }

    pub(super) fn local(&self, slot: u32) -> Value {
        self.frame.get(slot as usize).cloned().unwrap_or(Value::Null)
    }

    pub(super) fn set_local(&mut self, slot: u32, value: Value) {
        if let Some(place) = self.frame.get_mut(slot as usize) {
            *place = value;
        }
    }

    fn call(&mut self, call: &CallOp) -> Result<Value, Fault> {
        // The usual member has at most three arguments: no allocation for these.
        match call.arguments.as_ref() {
            [] => self.call_with(call, &[]),
            [a] => {
                let a = self.eval(a)?;
                self.call_with(call, &[a])
            }
            [a, b] => {
                let values = [self.eval(a)?, self.eval(b)?];
                self.call_with(call, &values)
            }
            [a, b, c] => {
                let values = [self.eval(a)?, self.eval(b)?, self.eval(c)?];
                self.call_with(call, &values)
            }
            more => {
                let values = self.eval_all(more)?;
                self.call_with(call, &values)
            }
        }
    }

    fn call_with(&mut self, call: &CallOp, arguments: &[Value]) -> Result<Value, Fault> {
        match call.nulls {
            Nulls::Pass => {}
            Nulls::Receiver => {
                if matches!(arguments.first(), Some(Value::Null)) {
                    return Err(Fault::null_reference());
                }
            }
            Nulls::Null if arguments.contains(&Value::Null) => return Ok(Value::Null),
            Nulls::False if arguments.contains(&Value::Null) => return Ok(Value::Bool(false)),
            Nulls::Null | Nulls::False => {}
        }
        let run = match call.member.run {
            Action::Call(run) => run,
            Action::Constant(number) => return Ok(Value::Long(number)),
        };
        args::weigh(self, arguments)?;
        if call.outs.is_empty() {
            return run(self, &Call { arguments, types: &call.types });
        }
        let outer = std::mem::take(&mut self.outs);
        let result = run(self, &Call { arguments, types: &call.types });
        let outs = std::mem::replace(&mut self.outs, outer);
        for (at, value) in outs {
            if let Some((_, slot)) = call.outs.iter().find(|(index, _)| *index == at) {
                self.set_local(*slot, value);
            }
        }
        result
    }

    fn store(&mut self, call: &CallOp) -> Result<Value, Fault> {
        let values = self.eval_all(&call.arguments)?;
        self.call_with(call, &values)?;
        Ok(values.into_iter().next_back().unwrap_or(Value::Null))
    }

    fn invoke_nodes(&mut self, nodes: &[Node]) -> Result<Value, Fault> {
        let Some((function, arguments)) = nodes.split_first() else { return Ok(Value::Null) };
        let function = self.eval(function)?;
        let arguments = self.eval_all(arguments)?;
        self.invoke(&function, &arguments)
    }

    fn closure(&mut self, index: u32, ty: &super::types::Type) -> Result<Value, Fault> {
        let lambdas = self.lambdas;
        let slots = lambdas.get(index as usize).map_or(&[][..], |lambda| lambda.captured.as_slice());
        let captured = slots.iter().map(|slot| self.local(*slot)).collect();
        self.add(Object::Closure { lambda: index, ty: ty.clone(), captured })
    }

    /// Runs a lambda. The slots it uses are put back afterwards if it is running already further out.
    pub(super) fn run_lambda(
        &mut self,
        index: u32,
        arguments: &[Value],
        captured: &[Value],
    ) -> Result<Value, Fault> {
        let lambdas = self.lambdas;
        let Some(lambda) = lambdas.get(index as usize) else {
            return Err(Fault::unsupported("a function that another expression made"));
        };
        if lambda.parameters.len() != arguments.len() {
            return Err(Fault::unsupported("a function that another expression made"));
        }
        self.spend(2)?;
        if self.depth >= MAX_DEPTH {
            return Err(too_deep());
        }
        let (from, to) = (lambda.slots.0 as usize, lambda.slots.1 as usize);
        let saved = if self.running.contains(&index) {
            let saved: Vec<Value> = self.frame.get(from..to).map(<[Value]>::to_vec).unwrap_or_default();
            self.spend(saved.len() as u64)?;
            saved
        } else {
            Vec::new()
        };
        let mut outer = Vec::new();
        for (slot, value) in lambda.captured.iter().zip(captured) {
            outer.push(self.local(*slot));
            self.set_local(*slot, value.clone());
        }
        for (slot, value) in lambda.parameters.iter().zip(arguments) {
            self.set_local(*slot, value.clone());
        }
        self.running.push(index);
        self.depth = self.depth.saturating_add(1);
        let result = self.run_body(&lambda.body);
        self.depth = self.depth.saturating_sub(1);
        self.running.pop();
        for (slot, value) in lambda.captured.iter().zip(outer) {
            self.set_local(*slot, value);
        }
        for (at, value) in saved.into_iter().enumerate() {
            if let Some(place) = self.frame.get_mut(from.saturating_add(at)) {
                *place = value;
            }
        }
        result
    }

    pub(in crate::policy::csharp) fn run_body(&mut self, body: &Body) -> Result<Value, Fault> {
        match body {
            Body::Value(node) => self.eval(node),
            Body::Block(list) => match self.block(list)? {
                statements::Flow::Return(value) => Ok(value),
                _ => Ok(Value::Null),
            },
        }
    }
}

#[cold]
fn too_deep() -> Fault {
    Fault::of(FaultKind::Depth, "the expression nests calls too deeply")
}
