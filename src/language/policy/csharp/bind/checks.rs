//! Mistakes that C# compiles and that fail when they run.

use super::super::classes::Class;
use super::super::ir::{Body, Node, Op};
use super::super::types::Type;
use super::super::walk;
use super::{Binder, Program, Typed};
use crate::diagnostics::{Diagnostic, Span};

impl Binder<'_> {
    /// A cast of a variable that `set-variable` has only ever given text: literals are strings.
    pub(super) fn check_cast(&mut self, operand: &Typed, ty: &Type, span: Span) {
        let Op::Variable(_, name) = &operand.node.op else { return };
        let inner = ty.nullable_of().unwrap_or(ty);
        let Some(place) = self.options.only_text.get(name.as_str()) else { return };
        let fits = matches!(
            inner.class(),
            None | Some(
                Class::String
                    | Class::Object
                    | Class::IEnumerable
                    | Class::IEnumerableOf
                    | Class::IComparable
            )
        );
        if fits {
            return;
        }
        self.diagnostics.push(
            Diagnostic::warning(
                "cast-always-fails",
                span,
                format!("this cast fails: `{name}` is always a string"),
            )
            .label(format!("throws when it meets a string, expected `{ty}`"))
            .note(format!("{place}: a value that `set-variable` has without an expression is a string"))
            .help(match conversion(inner) {
                Some(name) => {
                    format!("write `Convert.{name}(...)` for the cast, or the value there as `@(...)`")
                }
                None => "write the value there as an expression, `@(...)`".to_owned(),
            }),
        );
    }
}

/// The method of `Convert` that makes a value of this type of a string.
fn conversion(ty: &Type) -> Option<&'static str> {
    Some(match ty.class()? {
        Class::Bool => "ToBoolean",
        Class::Int => "ToInt32",
        Class::Long => "ToInt64",
        Class::Double => "ToDouble",
        Class::Decimal => "ToDecimal",
        Class::DateTime => "ToDateTime",
        _ => return None,
    })
}

/// The first place that reads a member of `context.Response` although nothing before it in the same
/// expression has tested it for null.
pub(super) fn unguarded_response(program: &Program) -> Option<Span> {
    let mut found = None;
    let mut tested = false;
    let mut visit = |node: &Node| match &node.op {
        Op::Equal(_, _, sides) if sides.iter().any(is_response) => tested = true,
        Op::NullSafe(_, parts) if parts.first().is_some_and(is_response) => tested = true,
        Op::Call(call) if call.arguments.first().is_some_and(is_response) && !tested => {
            found.get_or_insert(node.span);
        }
        _ => {}
    };
    match &program.body {
        Body::Value(node) => walk::node(node, &mut visit),
        Body::Block(body) => walk::statements(body, &mut visit),
    }
    for lambda in &program.lambdas {
        match &lambda.body {
            Body::Value(node) => walk::node(node, &mut visit),
            Body::Block(body) => walk::statements(body, &mut visit),
        }
    }
    found
}

/// Whether it is `context.Response`.
pub(super) fn is_response(node: &Node) -> bool {
    matches!(&node.op, Op::Call(call) if call.member.class == Class::IProxyRequestContext && call.member.name == "Response")
}
