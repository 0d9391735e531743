//! What library members may use while an expression is evaluated: the heap, the scope, the budget, and a
//! way to call a lambda.

use super::fault::{Fault, FaultKind};
use super::heap::{Heap, Object};
use super::scope::Scope;
use super::types::Type;
use super::value::Value;

/// Steps one evaluation may take: an operation, a character searched, an element visited. About a second.
pub const MAX_STEPS: u64 = 20_000_000;

/// Memory one evaluation may ask for, in bytes, summed over everything it makes.
pub const MAX_BYTES: u64 = 64 << 20;

/// Longest string an expression may build, in bytes.
pub const MAX_TEXT_BYTES: usize = 16 << 20;

/// The state of one evaluation.
pub struct Machine<'m, 's> {
    /// `context` and the heap.
    pub scope: &'m mut Scope<'s>,
    /// Values for `out` arguments of the call under way, by index of the parameter.
    pub outs: Vec<(usize, Value)>,
    /// Locals of the expression, by slot.
    pub(super) frame: Vec<Value>,
    /// The lambdas of the expression under evaluation.
    pub(super) lambdas: &'m [super::ir::Lambda],
    /// Lambdas that are running, innermost last.
    pub(super) running: Vec<u32>,
    pub(super) steps_left: u64,
    pub(super) bytes_left: u64,
    pub(super) depth: u32,
}

impl std::fmt::Debug for Machine<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("steps_left", &self.steps_left).finish_non_exhaustive()
    }
}

/// A call of a library member.
#[derive(Debug)]
pub struct Call<'a> {
    /// `this` first for members of objects; then the arguments in the order of the parameters, defaults
    /// filled in; a `params` array is one array value.
    pub arguments: &'a [Value],
    /// Type arguments: those of the object's type, then those of the method, as far as they are known.
    pub types: &'a [Type],
}

impl Call<'_> {
    /// The argument, null when there is none.
    pub fn get(&self, index: usize) -> &Value {
        self.arguments.get(index).unwrap_or(&Value::Null)
    }

    /// The type argument, [`Type::Unknown`] when there is none.
    pub fn ty(&self, index: usize) -> &Type {
        self.types.get(index).unwrap_or(&Type::Unknown)
    }
}

impl<'m, 's> Machine<'m, 's> {
    /// A machine for library members outside of an expression.
    pub fn plain(scope: &'m mut Scope<'s>) -> Self {
        Self {
            scope,
            outs: Vec::new(),
            frame: Vec::new(),
            lambdas: &[],
            running: Vec::new(),
            steps_left: MAX_STEPS,
            bytes_left: MAX_BYTES,
            depth: 0,
        }
    }
}

impl Machine<'_, '_> {
    /// The heap.
    #[inline]
    pub fn heap(&mut self) -> &mut Heap {
        self.scope.heap
    }

    /// The object that `value` refers to.
    #[inline]
    pub fn object(&self, value: &Value) -> Option<&Object> {
        self.scope.heap.object(value)
    }

    /// A new object, paid for.
    pub fn add(&mut self, object: Object) -> Result<Value, Fault> {
        self.pay(64)?;
        Ok(Value::Ref(self.scope.heap.add(object)))
    }

    /// Takes `steps` from the budget.
    #[inline]
    pub fn spend(&mut self, steps: u64) -> Result<(), Fault> {
        match self.steps_left.checked_sub(steps) {
            Some(left) => {
                self.steps_left = left;
                Ok(())
            }
            None => Err(Fault::of(FaultKind::Steps, "the expression ran too many steps")),
        }
    }

    /// Takes `bytes` of memory from the budget.
    #[inline]
    pub fn pay(&mut self, bytes: usize) -> Result<(), Fault> {
        match self.bytes_left.checked_sub(bytes as u64) {
            Some(left) => {
                self.bytes_left = left;
                self.spend((bytes as u64) >> 4)
            }
            None => Err(Fault::of(FaultKind::Memory, "the expression used too much memory")),
        }
    }

    /// Calls `function`, a lambda or another function value.
    pub fn invoke(&mut self, function: &Value, arguments: &[Value]) -> Result<Value, Fault> {
        match self.object(function) {
            Some(Object::Closure { lambda, captured, .. }) => {
                let (lambda, captured) = (*lambda, captured.clone());
                self.run_lambda(lambda, arguments, &captured)
            }
            _ => Err(Fault::null_reference()),
        }
    }

    /// A string value, paid for.
    pub fn text(&mut self, text: String) -> Result<Value, Fault> {
        self.pay(text.len())?;
        Ok(Value::from(text))
    }

    /// Gives the `out` parameter with this index (`this` counts) a value.
    pub fn set_out(&mut self, index: usize, value: Value) {
        self.outs.push((index, value));
    }
}
