//! Checks types and members, and settles every operation.
//!
//! Problems are reported where they are; siblings are still checked, so that one pass finds as many
//! problems as can be told apart. Constant operations are evaluated at once.

mod calls;
mod casts;
mod members;
mod operators;

use super::eval::Env;
use super::ir::{AnyOp, BoolOp, DoubleOp, IntOp, LongOp, Node, Op, TextOp, Variable};
use super::syntax::{Expr, ExprKind, TypeName};
use super::types::{Host, Simple, Type};
use super::variables::Variables;
use super::{EvalErrorKind, Scope, Value, names};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::policy::Request;
use crate::units::Timestamp;

/// A settled expression with its type.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) node: Node,
    pub(super) ty: Type,
}

/// Checking stops here; the problem has been reported.
pub(super) struct Stop;

type Lowered = Result<Typed, Stop>;

/// Settles `expression`.
pub(super) fn lower(
    expression: &Expr,
    variables: &mut Variables,
    diagnostics: &mut Diagnostics,
) -> Option<Typed> {
    let mut lowerer = Lowerer { variables, diagnostics, bindings: Vec::new() };
    let typed = lowerer.expression(expression).ok()?;
    if let Type::Host(host) = typed.ty {
        diagnostics.push(
            Diagnostic::error(
                "expression-type",
                expression.span,
                format!("`{}` is not a value that an attribute or variable can have", host.name()),
            )
            .label("expected a member of it"),
        );
        return None;
    }
    Some(typed)
}

struct Lowerer<'a> {
    variables: &'a mut Variables,
    diagnostics: &'a mut Diagnostics,
    bindings: Vec<Typed>,
}

impl Lowerer<'_> {
    fn expression(&mut self, expression: &Expr) -> Lowered {
        let span = expression.span;
        match &expression.kind {
            ExprKind::Literal(value) => {
                Ok(Typed { node: constant(value.clone(), span), ty: super::convert::type_of(value) })
            }
            ExprKind::Name(name) => self.name(name, span),
            ExprKind::Member { object, name, type_arguments } => {
                if let Some(class) = class_path(object) {
                    return self.static_member(class, name, span);
                }
                if !type_arguments.is_empty() {
                    return Err(self.error(
                        span,
                        "a member with type arguments has to be called",
                        "expected `(`",
                    ));
                }
                self.check_root(object)?;
                let object = self.expression(object)?;
                self.member(object, name, span)
            }
            ExprKind::Call { callee, arguments } => self.call(callee, arguments, span),
            ExprKind::Index { object, index } => {
                let object = self.expression(object)?;
                self.index(&object, index, span)
            }
            ExprKind::NullSafe { object, rest } => self.null_safe(object, rest, span),
            ExprKind::Binding => self.bindings.last().cloned().ok_or(Stop),
            ExprKind::Unary { op, operand } => self.unary(*op, operand, span),
            ExprKind::Binary { op, left, right } => self.binary(*op, left, right, span),
            ExprKind::Conditional { condition, yes, no } => self.conditional(condition, yes, no, span),
            ExprKind::Cast { target, operand } => self.cast(target, operand, span),
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) -> Stop {
        self.diagnostics.push(diagnostic);
        Stop
    }

    fn error(&mut self, span: Span, message: impl Into<String>, label: impl Into<String>) -> Stop {
        self.report(Diagnostic::error("expression-type", span, message).label(label))
    }

    fn name(&mut self, name: &str, span: Span) -> Lowered {
        if name == "context" {
            return Ok(host(Host::Context, span));
        }
        if names::OTHER_TYPES.contains(&name) {
            return Err(self.report(names::unsupported(span, &format!("`{name}`"))));
        }
        if names::class_named(name).is_some() {
            return Err(self.error(
                span,
                format!("`{name}` is a type, not a value"),
                "expected a member of it",
            ));
        }
        let mut diagnostic = Diagnostic::error("unknown-name", span, format!("unknown name `{name}`"))
            .label("expected `context` or a class such as `string` or `Convert`");
        let known =
            ["context", "string", "int", "Convert", "Math", "StringComparison", "true", "false", "null"];
        if let Some(close) = names::closest(name, known) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        }
        Err(self.report(diagnostic))
    }

    /// Complains about `JObject.Parse` and the like as a whole.
    fn check_root(&mut self, object: &Expr) -> Result<(), Stop> {
        let mut root = object;
        while let ExprKind::Member { object, .. } = &root.kind {
            root = object;
        }
        if matches!(&root.kind, ExprKind::Name(name) if names::OTHER_TYPES.contains(&name.as_str()))
            && let Some(path) = name_path(object)
        {
            return Err(self.report(names::unsupported(object.span, &format!("`{path}`"))));
        }
        Ok(())
    }

    fn named_type(&mut self, name: &TypeName) -> Result<Type, Stop> {
        if let Some(found) = Type::named(&name.text, name.nullable) {
            return Ok(found);
        }
        let bare = name.text.trim_end_matches("[]").split('<').next().unwrap_or("");
        let last = bare.rsplit('.').next().unwrap_or("");
        if names::OTHER_TYPES.contains(&last) || Type::named(last, false).is_some() {
            return Err(self.report(names::unsupported(name.span, &format!("the type `{name}`"))));
        }
        let known =
            ["bool", "int", "Int32", "long", "double", "char", "string", "String", "object", "Boolean"];
        let mut diagnostic = Diagnostic::error("unknown-name", name.span, format!("unknown type `{name}`"))
            .label("expected a type such as `string` or `int`");
        if let Some(close) = names::closest(last, known.into_iter().chain(names::OTHER_TYPES.iter().copied()))
        {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        }
        Err(self.report(diagnostic))
    }

    fn null_safe(&mut self, object: &Expr, rest: &Expr, span: Span) -> Lowered {
        let object = self.expression(object)?;
        if let Type::Simple(simple) = object.ty {
            return Err(self.error(
                span,
                format!("a value of type `{simple}` is never null"),
                "`?` is for types with null",
            ));
        }
        let bound = match object.ty {
            Type::Host(_) => object.clone(),
            Type::Nullable(simple) => Typed {
                node: Node { op: Op::Any(AnyOp::Bound), span: object.node.span },
                ty: Type::Simple(simple),
            },
            ty => Typed { node: Node { op: Op::Any(AnyOp::Bound), span: object.node.span }, ty },
        };
        self.bindings.push(bound);
        let rest = self.expression(rest);
        self.bindings.pop();
        let rest = rest?;
        let ty = match rest.ty {
            Type::Simple(simple) => Type::Nullable(simple),
            other => other,
        };
        let op = match object.ty {
            // Objects that are never null: `?.` is `.`; those of the response are null with it.
            Type::Host(host) => match (host, ty) {
                (_, Type::Host(_)) => return Ok(Typed { node: rest.node, ty }),
                (Host::Response, _) => AnyOp::WithResponse(Box::new(rest.node)),
                (Host::LastError, _) => AnyOp::WithLastError(Box::new(rest.node)),
                _ => return Ok(Typed { node: rest.node, ty: rest.ty }),
            },
            _ => AnyOp::NullSafe(Box::new(object.node), Box::new(rest.node)),
        };
        Ok(Typed { node: Node { op: Op::Any(op), span }, ty })
    }

    fn variable(&mut self, name: &Expr) -> Result<Variable, Stop> {
        let key = self.expression(name)?;
        if let Op::Constant(Value::Str(text)) = &key.node.op
            && let Some(slot) = self.variables.slot(text)
        {
            return Ok(Variable::Slot(slot, text.clone()));
        }
        let key = self.text_argument(key)?;
        Ok(Variable::Named(Box::new(key)))
    }

    /// An operand that has to be a string.
    fn text_argument(&mut self, typed: Typed) -> Result<Node, Stop> {
        match typed.ty {
            Type::String | Type::Null => Ok(typed.node),
            other => {
                let label =
                    if other == Type::Object { "cast it: `(string)...`" } else { "expected a string" };
                Err(self.error(typed.node.span, format!("expected a `string`, found `{other}`"), label))
            }
        }
    }

    /// The operation, evaluated at once if its operands are constants.
    fn finish(&mut self, op: Op, ty: Type, span: Span) -> Lowered {
        let node = Node { op, span };
        if ty == Type::Strings || !is_constant(&node) {
            return Ok(Typed { node, ty });
        }
        let request = Request::default();
        let scope = Scope {
            request: &request,
            response: None,
            last_error: None,
            variables: &[],
            names: &[],
            now: Timestamp::ZERO,
            started: Timestamp::ZERO,
        };
        match Env::new(&scope).value(&node) {
            Ok(value) => Ok(Typed { node: constant(value, span), ty }),
            Err(fault)
                if matches!(fault.kind(), EvalErrorKind::DivideByZero | EvalErrorKind::Overflow)
                    && matches!(
                        node.op,
                        Op::Int(IntOp::Arithmetic(..)) | Op::Long(LongOp::Arithmetic(..))
                    ) =>
            {
                let message = if fault.kind() == EvalErrorKind::DivideByZero {
                    "division by a constant zero"
                } else {
                    "the constant does not fit its type"
                };
                Err(self.report(
                    Diagnostic::error("constant-arithmetic", span, message)
                        .label("C# refuses to compile this"),
                ))
            }
            Err(_) => Ok(Typed { node, ty }),
        }
    }
}

fn constant(value: Value, span: Span) -> Node {
    Node { op: Op::Constant(value), span }
}

/// An object of the gateway. Its node is never evaluated: only members of it are.
fn host(host: Host, span: Span) -> Typed {
    Typed { node: constant(Value::Null, span), ty: Type::Host(host) }
}

/// `System.Int32` and the like, if the expression is such a path.
fn name_path(expression: &Expr) -> Option<String> {
    match &expression.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Member { object, name, type_arguments } if type_arguments.is_empty() => {
            let path = name_path(object)?;
            Some(format!("{path}.{}", name.text))
        }
        _ => None,
    }
}

fn class_path(expression: &Expr) -> Option<Host> {
    match &expression.kind {
        ExprKind::Name(name) => names::class_named(name),
        ExprKind::Member { object, name, .. } => match &object.kind {
            ExprKind::Name(system) if system == "System" => names::class_named(&name.text),
            _ => None,
        },
        _ => None,
    }
}

/// Whether the operation depends on its operands only, and all of them are constants.
fn is_constant(node: &Node) -> bool {
    let pure = match &node.op {
        Op::Constant(_) | Op::Long(_) => true,
        Op::Bool(op) => !matches!(
            op,
            BoolOp::StatusIs(..)
                | BoolOp::NoResponse
                | BoolOp::NoLastError
                | BoolOp::HasHeader(..)
                | BoolOp::HasVariable(_)
        ),
        Op::Int(op) => !matches!(op, IntOp::Status),
        Op::Double(op) => !matches!(op, DoubleOp::ElapsedSeconds | DoubleOp::ElapsedMilliseconds),
        Op::Text(op) => !matches!(
            op,
            TextOp::Reason
                | TextOp::Method
                | TextOp::UrlPath
                | TextOp::UrlQuery
                | TextOp::LastError(_)
                | TextOp::Header(..)
        ),
        Op::Any(op) => {
            matches!(op, AnyOp::Unbox(..) | AnyOp::Unwrap(..) | AnyOp::If(..) | AnyOp::Coalesce(..))
        }
    };
    let mut all = pure;
    node.for_children(&mut |child| all = all && matches!(child.op, Op::Constant(_)));
    all
}

/// The value type a type has or may have.
const fn simple(ty: Type) -> Option<Simple> {
    match ty {
        Type::Simple(simple) | Type::Nullable(simple) => Some(simple),
        _ => None,
    }
}
