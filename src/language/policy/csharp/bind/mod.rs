//! Settles what an expression means: names, types, conversions, overloads; gives the tree of `ir`.
//!
//! Rules
//! - The rules of C# 7.3 as far as policy expressions can tell. Where C# would refuse code for a reason
//!   that cannot change what it does (ambiguity, accessibility), it is accepted here.
//! - A part that has been reported has the type [`Type::Unknown`], which fits everywhere, so that one
//!   mistake is reported once.
//! - Work is bounded: lambdas are bound at most once for each list of parameter types, and in all no more
//!   than [`MAX_WORK`] expressions.

mod access;
mod arguments;
mod calls;
mod checks;
mod create;
mod expr;
mod flow;
mod functions;
pub(super) mod late;
mod names;
mod operators;
pub(super) mod overload;
mod pattern;
pub(super) mod relations;
mod statements;
mod targets;
mod types;

use std::collections::BTreeMap;

use super::ir::{Body, Conversion, Lambda, Node, Op};
use super::syntax::Tree;
use super::types::Type;
use super::value::Value;
use super::variables::Variables;
use super::{Fault, Options};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::policy::VariableSlot;

/// Most expressions that are bound, counting repetitions for lambdas.
const MAX_WORK: u32 = 200_000;

/// Deepest nesting that is bound.
const MAX_NESTING: u32 = 400;

/// A part that cannot be bound; the problem has been reported.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported;

pub(super) type Bind<T> = Result<T, Reported>;

/// An operation with its type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) node: Node,
    pub(super) ty: Type,
}

impl Typed {
    fn new(op: Op, span: Span, ty: Type) -> Self {
        Self { node: Node { op, span }, ty }
    }

    fn constant(&self) -> Option<&Value> {
        match &self.node.op {
            Op::Constant(value) => Some(value),
            _ => None,
        }
    }

    fn span(&self) -> Span {
        self.node.span
    }
}

/// A local variable or parameter.
#[derive(Clone, Debug)]
struct Local {
    ty: Type,
    constant: Option<Value>,
    /// Whether it is set again after its first value.
    changes: bool,
    /// Whether code cannot set it: variables of `foreach` and `using`.
    read_only: bool,
    /// Whether it is set once for each round of a loop or call of a function.
    repeats: bool,
}

/// What a name in scope stands for.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Local(u32),
    Function(usize),
}

/// A local function.
#[derive(Clone, Debug)]
struct LocalFunction {
    lambda: u32,
    parameters: Vec<Type>,
    result: Type,
}

/// The function whose body is being bound.
#[derive(Debug)]
struct Frame {
    /// First slot of its parameters and locals.
    first_slot: u32,
    /// What it must give; `None`: to be found out.
    expected: Option<Type>,
    /// What it gives.
    returns: Vec<(Type, Option<Value>)>,
    /// Slots of outer variables it uses.
    uses: Vec<u32>,
}

/// A lambda bound for one list of parameter types.
#[derive(Clone, Debug)]
struct BoundLambda {
    index: u32,
    result: Type,
    constant: Option<Value>,
    diagnostics: Vec<Diagnostic>,
    failed: bool,
}

type LambdaKey = (Span, Vec<Type>, Option<Type>);

/// A bound expression.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) body: Body,
    pub(super) result: Type,
    pub(super) lambdas: Vec<Lambda>,
    pub(super) slots: u32,
    /// Variables of the policy that it names.
    pub(super) variables: Vec<VariableSlot>,
    /// Whether it looks into a response that may be null.
    pub(super) unguarded_response: Option<Span>,
}

/// State of binding.
pub(super) struct Binder<'a> {
    variables: &'a mut Variables,
    options: &'a Options,
    diagnostics: Vec<Diagnostic>,
    locals: Vec<Local>,
    scopes: Vec<Vec<(String, Entry)>>,
    functions: Vec<LocalFunction>,
    lambdas: Vec<Lambda>,
    frames: Vec<Frame>,
    cache: BTreeMap<LambdaKey, BoundLambda>,
    used: Vec<VariableSlot>,
    /// What [`super::syntax::ExprKind::Binding`] stands for, innermost last.
    bindings: Vec<(u32, Type)>,
    /// Slots of caught exceptions, innermost last.
    catches: Vec<u32>,
    flow: flow::Flow,
    /// Names of the items of locals that are tuples.
    names_of: BTreeMap<u32, Vec<Option<String>>>,
    /// Whether the member being looked up is called.
    is_callee: bool,
    is_checked: bool,
    /// Depth of `unchecked(...)` around.
    unchecked: u32,
    loops: u32,
    /// Loops around, within the function.
    inner_loops: u32,
    work: u32,
    depth: u32,
}

/// Binds `tree`. `None` if something is wrong, which has been reported then.
pub(super) fn bind(
    tree: &Tree,
    variables: &mut Variables,
    options: &Options,
    diagnostics: &mut Diagnostics,
) -> Option<Program> {
    let mut binder = Binder {
        variables,
        options,
        diagnostics: Vec::new(),
        locals: Vec::new(),
        scopes: vec![Vec::new()],
        functions: Vec::new(),
        lambdas: Vec::new(),
        frames: vec![Frame { first_slot: 0, expected: None, returns: Vec::new(), uses: Vec::new() }],
        cache: BTreeMap::new(),
        used: Vec::new(),
        bindings: Vec::new(),
        catches: Vec::new(),
        flow: flow::Flow::default(),
        names_of: BTreeMap::new(),
        is_callee: false,
        is_checked: false,
        unchecked: 0,
        loops: 0,
        inner_loops: 0,
        work: 0,
        depth: 0,
    };
    let found = binder.whole(tree);
    binder.settle_captures();
    let failed = binder.diagnostics.iter().any(|d| d.severity == crate::diagnostics::Severity::Error);
    for diagnostic in std::mem::take(&mut binder.diagnostics) {
        diagnostics.push(diagnostic);
    }
    let (body, result) = found.ok().filter(|_| !failed)?;
    let slots = u32::try_from(binder.locals.len()).unwrap_or(u32::MAX);
    let mut program = Program {
        body,
        result,
        lambdas: binder.lambdas,
        slots,
        variables: binder.used,
        unguarded_response: None,
    };
    program.unguarded_response = checks::unguarded_response(&program);
    Some(program)
}

impl Binder<'_> {
    fn whole(&mut self, tree: &Tree) -> Bind<(Body, Type)> {
        match tree {
            Tree::Single(expr) => {
                let value = self.value(expr)?;
                if value.ty == Type::Void {
                    self.error(
                        "void-value",
                        value.span(),
                        "this expression gives no value",
                        "expected a value",
                    );
                    return Err(Reported);
                }
                Ok((Body::Value(value.node), value.ty))
            }
            Tree::Block(statements, span) => {
                let body = self.statements(statements);
                let returns = self.frames.last().map(|f| f.returns.clone()).unwrap_or_default();
                if self.flow.reachable {
                    if returns.is_empty() && statements.is_empty() {
                        self.error(
                            "missing-return",
                            *span,
                            "this block returns nothing",
                            "expected `return`",
                        );
                    } else {
                        self.diagnostics.push(
                            Diagnostic::error(
                                "missing-return",
                                *span,
                                "not every path of this block returns a value",
                            )
                            .label("expected `return` at the end")
                            .help("the service refuses a block that can end without `return`"),
                        );
                    }
                }
                let result = if returns.iter().any(|(ty, _)| matches!(ty, Type::Unknown)) {
                    Type::OBJECT
                } else {
                    returned(&returns)
                };
                Ok((Body::Block(body.into()), result))
            }
        }
    }

    /// Adds an error.
    fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) {
        self.diagnostics.push(Diagnostic::error(code, span, message).label(label));
    }

    /// Adds an error and gives up on this part.
    fn fail<T>(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Bind<T> {
        self.error(code, span, message, label);
        Err(Reported)
    }

    /// Something that the language has and this evaluator does not.
    fn unsupported<T>(&mut self, span: Span, what: &str) -> Bind<T> {
        self.fail(
            "unsupported-expression",
            span,
            format!("{what} cannot be evaluated yet"),
            "not evaluated here",
        )
    }

    /// Counts work and depth; [`Binder::leave`] goes with it.
    fn enter(&mut self, span: Span) -> Bind<()> {
        self.work = self.work.saturating_add(1);
        self.depth = self.depth.saturating_add(1);
        if self.work > MAX_WORK || self.depth > MAX_NESTING {
            self.depth = self.depth.saturating_sub(1);
            if !self.diagnostics.iter().any(|d| d.code == "expression-too-complex") {
                self.error(
                    "expression-too-complex",
                    span,
                    "this expression is too complex",
                    "nested too deeply or too many lambdas inside of lambdas",
                );
            }
            return Err(Reported);
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// A new slot for a temporary value.
    fn temporary(&mut self, ty: Type) -> u32 {
        self.slot(ty)
    }

    fn slot(&mut self, ty: Type) -> u32 {
        let slot = u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        let repeats = self.loops > 0 || self.frames.len() > 1;
        self.locals.push(Local { ty, constant: None, changes: false, read_only: false, repeats });
        slot
    }

    fn local(&self, slot: u32) -> Option<&Local> {
        self.locals.get(slot as usize)
    }

    /// Remembers that the functions being bound use an outer variable.
    fn note_use(&mut self, slot: u32) {
        for frame in &mut self.frames {
            if slot < frame.first_slot && !frame.uses.contains(&slot) {
                frame.uses.push(slot);
            }
        }
    }

    /// Keeps as captured only what a later round or call could replace.
    fn settle_captures(&mut self) {
        let locals = &self.locals;
        for lambda in &mut self.lambdas {
            lambda.captured.retain(|slot| {
                locals.get(*slot as usize).is_some_and(|local| local.repeats && !local.changes)
            });
        }
    }

    /// `typed` as `to`; reported if there is no implicit conversion.
    fn coerce(&mut self, typed: Typed, to: &Type) -> Bind<Typed> {
        if typed.ty == Type::Void && *to != Type::Void {
            return self.fail(
                "void-value",
                typed.span(),
                "this expression gives no value",
                "expected a value",
            );
        }
        if let Some(conversion) = relations::implicit(&typed.ty, typed.constant(), to) {
            self.converted(typed, conversion, to)
        } else {
            let is_cast = relations::explicit(&typed.ty, typed.constant(), to, false).is_some();
            let mut problem = Diagnostic::error(
                "type-mismatch",
                typed.span(),
                format!("expected `{to}`, found `{}`", typed.ty),
            )
            .label(format!("this is `{}`", typed.ty));
            if is_cast {
                problem = problem.help(format!("a cast is needed: `({to})`"));
            }
            self.diagnostics.push(problem);
            Err(Reported)
        }
    }

    /// Applies a conversion, at once where the value is known.
    fn converted(&mut self, typed: Typed, conversion: Option<Conversion>, to: &Type) -> Bind<Typed> {
        let Some(conversion) = conversion else {
            let ty = if matches!(to, Type::Unknown) { typed.ty } else { to.clone() };
            return Ok(Typed { node: typed.node, ty });
        };
        let span = typed.span();
        if let Some(value) = typed.constant() {
            let folded = match &conversion {
                Conversion::Number(class, checked) => {
                    Some(super::eval::number::convert(value, *class, *checked))
                }
                Conversion::Enum(class) => Some(super::eval::number::to_enum(value, *class)),
                _ => None,
            };
            if let Some(folded) = folded {
                return self.folded(folded, span, to.clone());
            }
        }
        let op = Op::Convert(Box::new(conversion), Box::new(typed.node));
        Ok(Typed::new(op, span, to.clone()))
    }

    /// The result of computing with constants.
    fn folded(&mut self, result: Result<Value, Fault>, span: Span, ty: Type) -> Bind<Typed> {
        match result {
            Ok(value) => Ok(Typed::new(Op::Constant(value), span, ty)),
            Err(fault) => {
                let message = fault.message().as_str().trim_end_matches('.').to_lowercase();
                self.fail("constant-overflow", span, message, "C# refuses this constant")
            }
        }
    }
}

/// The type that a function with these results has.
fn returned(returns: &[(Type, Option<Value>)]) -> Type {
    match relations::common(returns) {
        Some(found) => found,
        None if returns.iter().all(|(ty, _)| *ty == Type::Null) && !returns.is_empty() => Type::Null,
        None => Type::OBJECT,
    }
}
