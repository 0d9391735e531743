//! A checked expression.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bind::{self, Program};
use super::eval::{self, Code, Quick, QuickText, type_of};
use super::fault::{EvalError, Fault};
use super::ir::{Body, Conversion, Node, Op, Statement};
use super::machine::{MAX_BYTES, MAX_STEPS, Machine};
use super::parse::{ParseOptions, parse_with};
use super::scope::Scope;
use super::syntax::BinaryOp;
use super::types::Type;
use super::value::{DoubleBits, Value};
use super::variables::Variables;
use super::{Class, FromValue, Heap, Host, walk};
use crate::diagnostics::{Diagnostics, Span};
use crate::policy::scan::RawText;
use crate::policy::{Text, VariableSlot};

/// How expressions are read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How the text is read: what becomes of `{{name}}`.
    pub parse: ParseOptions,
    /// Variables whose value is always text, those that `set-variable` sets without expressions only: by
    /// name, each with words for the place that sets it.
    pub only_text: Arc<BTreeMap<String, String>>,
}

/// What of C# and `context` tells the time, or how much of it has passed.
const CLOCKS: [&str; 4] = ["Now", "Today", "Timestamp", "Elapsed"];

/// A checked expression, ready to evaluate. Copies share the tree.
#[derive(Clone, Debug)]
pub struct Expression {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    code: Code,
    quick: Option<Quick>,
    quick_text: Option<QuickText>,
    result: Type,
    span: Option<Span>,
    reads_response: bool,
    reads_body: bool,
    unguarded: Option<Span>,
    variables: Vec<VariableSlot>,
}

impl Expression {
    /// Reads, checks and settles the expression that `raw` is, `@(...)` or `@{...}`. Problems are
    /// reported, with places inside of the expression.
    pub fn compile(raw: &RawText, variables: &mut Variables, diagnostics: &mut Diagnostics) -> Option<Self> {
        Self::compile_with(raw, variables, &Options::default(), diagnostics)
    }

    /// The same, read as `options` say.
    pub fn compile_with(
        raw: &RawText,
        variables: &mut Variables,
        options: &Options,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let tree = parse_with(raw, options.parse, diagnostics)?;
        let program = bind::bind(&tree, variables, options, diagnostics)?;
        let expression = Self::new(program, Some(raw.span));
        if expression.inner.reads_body {
            variables.note_body();
        }
        if raw.text.to_ascii_lowercase().contains("request-id") {
            variables.note_request_id();
        }
        if CLOCKS.iter().any(|clock| raw.text.contains(clock)) {
            variables.note_clock();
        }
        Some(expression)
    }

    /// An expression that always has this value.
    pub fn constant(value: Value, span: Span) -> Self {
        let result = type_of(&Heap::default(), &value);
        let body = Body::Value(Node { op: Op::Constant(value), span });
        let program = Program {
            body,
            result,
            lambdas: Vec::new(),
            slots: 0,
            variables: Vec::new(),
            unguarded_response: None,
        };
        Self::new(program, Some(span))
    }

    fn new(program: Program, span: Option<Span>) -> Self {
        let quick = if program.result == Type::BOOL { eval::quick_form(&program) } else { None };
        let quick_text = if program.result == Type::STRING { eval::quick_text(&program) } else { None };
        let mut reads_response = false;
        let mut reads_body = false;
        let mut visit = |node: &Node| match &node.op {
            Op::Call(call) if call.member.class == Class::IProxyRequestContext => {
                reads_response = reads_response || call.member.name == "Response";
            }
            Op::Call(call) if call.member.class == Class::IResponse => {
                reads_body = reads_body || call.member.name == "Body";
            }
            // Of what type the value is shows only when it runs.
            Op::Late(_) => reads_body = true,
            // The context as a value can be asked for anything.
            Op::SetLocal(_, inner) if matches!(inner.op, Op::Constant(Value::Host(Host::Context))) => {
                reads_response = true;
            }
            _ => {}
        };
        walk_body(&program.body, &mut visit);
        for lambda in &program.lambdas {
            walk_body(&lambda.body, &mut visit);
        }
        let code = Code { body: program.body, lambdas: program.lambdas.into(), slots: program.slots };
        Self {
            inner: Arc::new(Inner {
                code,
                quick,
                quick_text,
                result: program.result,
                span,
                reads_response,
                reads_body,
                unguarded: program.unguarded_response,
                variables: program.variables,
            }),
        }
    }

    /// The value in `scope`.
    pub fn eval(&self, scope: &mut Scope<'_>) -> Result<Value, EvalError> {
        let code = &self.inner.code;
        if let Body::Value(Node { op: Op::Constant(value), .. }) = &code.body {
            return Ok(value.clone());
        }
        let mut machine = Machine {
            scope,
            outs: Vec::new(),
            frame: vec![Value::Null; code.slots as usize],
            lambdas: &code.lambdas,
            running: Vec::new(),
            steps_left: MAX_STEPS,
            bytes_left: MAX_BYTES,
            depth: 0,
        };
        machine.run_body(&code.body).map_err(Fault::into_error)
    }

    /// The value in `scope` as a condition: faster than [`Expression::eval`] for tests of the status and
    /// the like, which allocate nothing.
    #[inline]
    pub fn eval_bool(&self, scope: &mut Scope<'_>) -> Result<bool, EvalError> {
        if let Some(quick) = &self.inner.quick
            && let Some(answer) = quick.answer(scope)
        {
            return Ok(answer);
        }
        self.eval(scope).and_then(|value| {
            bool::from_value(&value, scope)
                .map_err(|error| EvalError { span: error.span.or(self.inner.span), ..error })
        })
    }

    /// The text in `scope` if it is put together of constants and variables that are texts: what
    /// [`Expression::eval`] gives too, with less work.
    #[inline]
    pub(super) fn eval_text(&self, scope: &Scope<'_>) -> Option<Text> {
        self.inner.quick_text.as_ref()?.answer(scope)
    }

    /// What the quick forms say, where one has an answer: what [`Expression::eval`] must give too.
    #[cfg(test)]
    pub(super) fn quick_answer(&self, scope: &Scope<'_>) -> Option<Value> {
        let condition = self.inner.quick.as_ref().and_then(|quick| quick.answer(scope)).map(Value::Bool);
        condition.or_else(|| self.eval_text(scope).map(Value::Str))
    }

    /// The type of the value; `object` where results of several types are returned.
    pub fn result_type(&self) -> &Type {
        &self.inner.result
    }

    /// Whether evaluation may look at `context.Response`, be it only to test it for null.
    pub fn reads_response(&self) -> bool {
        self.inner.reads_response
    }

    /// The first place that reads a member of `context.Response` without a test for null before it.
    pub fn dereferences_response_unguarded(&self) -> Option<Span> {
        self.inner.unguarded
    }

    /// Where the expression is.
    pub fn span(&self) -> Option<Span> {
        self.inner.span
    }

    /// The variables of the policy that it names.
    pub fn variables(&self) -> &[VariableSlot] {
        &self.inner.variables
    }

    /// Calls `visit` with class and signature of every library member that it may call.
    pub fn members(&self, visit: &mut dyn FnMut(Class, &'static str)) {
        let mut each = |node: &Node| {
            if let Op::Call(call) | Op::Store(call) = &node.op {
                visit(call.member.class, call.member.signature);
            }
        };
        walk_body(&self.inner.code.body, &mut each);
        for lambda in self.inner.code.lambdas.iter() {
            walk_body(&lambda.body, &mut each);
        }
    }

    /// The value, if it is known without a scope.
    pub fn as_constant(&self) -> Option<&Value> {
        let node = match &self.inner.code.body {
            Body::Value(node) => node,
            Body::Block(list) => match list.as_ref() {
                [Statement::Return(Some(node))] => node,
                _ => return None,
            },
        };
        match &node.op {
            Op::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// A thousandth of the number that this expression gives, or `None` if that is no number for sure.
    #[must_use]
    pub fn thousandth(&self) -> Option<Self> {
        let class = self.inner.result.class()?;
        if !bind::relations::is_number(class) || class == Class::Decimal {
            return None;
        }
        let code = &self.inner.code;
        let Body::Value(root) = &code.body else { return None };
        let span = root.span;
        let node = |op| Node { op, span };
        let number = Op::Convert(Box::new(Conversion::Number(Class::Double, false)), Box::new(root.clone()));
        let thousand = node(Op::Constant(Value::Double(DoubleBits::new(1000.0))));
        let op = Op::Arithmetic(Box::new(node(number)), Box::new([(BinaryOp::Divide, false, thousand)]));
        let program = Program {
            body: Body::Value(node(op)),
            result: Type::DOUBLE,
            lambdas: code.lambdas.to_vec(),
            slots: code.slots,
            variables: self.inner.variables.clone(),
            unguarded_response: self.inner.unguarded,
        };
        Some(Self::new(program, self.inner.span))
    }
}

fn walk_body(body: &Body, visit: &mut dyn FnMut(&Node)) {
    match body {
        Body::Value(node) => walk::node(node, visit),
        Body::Block(list) => walk::statements(list, visit),
    }
}
