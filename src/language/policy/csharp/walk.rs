//! Visiting every operation of a bound expression, outer ones first.

use super::ir::{Node, Op, Part, Statement};

/// The operations of a tree.
pub(super) fn node(root: &Node, visit: &mut dyn FnMut(&Node)) {
    visit(root);
    let mut each = |nodes: &[Node]| nodes.iter().for_each(|inner| node(inner, visit));
    match &root.op {
        Op::Constant(_) | Op::Local(_) | Op::Variable(..) | Op::Closure(..) => {}
        Op::SetLocal(_, inner)
        | Op::Field(inner, _)
        | Op::Not(inner)
        | Op::Unary(_, _, inner)
        | Op::Convert(_, inner)
        | Op::Is(_, inner)
        | Op::As(_, inner)
        | Op::Throw(inner) => each(std::slice::from_ref(inner)),
        Op::Sequence(nodes)
        | Op::Invoke(nodes)
        | Op::Function(_, nodes)
        | Op::Array(_, nodes)
        | Op::Anonymous(_, nodes)
        | Op::Tuple(_, nodes)
        | Op::All(nodes)
        | Op::Any(nodes)
        | Op::Concat(nodes) => each(nodes),
        Op::Call(call) | Op::Store(call) => each(&call.arguments),
        Op::Late(late) => each(&late.1),
        Op::Element(nodes)
        | Op::ArrayOf(_, nodes)
        | Op::WithField(nodes, _)
        | Op::Compare(_, nodes)
        | Op::Equal(_, _, nodes)
        | Op::Coalesce(nodes)
        | Op::NullSafe(_, nodes) => each(nodes.as_slice()),
        Op::SetElement(nodes) | Op::Conditional(nodes) => each(nodes.as_slice()),
        Op::Arithmetic(first, steps) => {
            each(std::slice::from_ref(first));
            for (_, _, inner) in steps {
                node(inner, visit);
            }
        }
        Op::Interpolated(parts) => {
            for part in parts {
                if let Part::Hole(inner, ..) = part {
                    node(inner, visit);
                }
            }
        }
    }
}

/// The operations of statements.
pub(super) fn statements(list: &[Statement], visit: &mut dyn FnMut(&Node)) {
    for statement in list {
        one(statement, visit);
    }
}

fn one(statement: &Statement, visit: &mut dyn FnMut(&Node)) {
    match statement {
        Statement::Expr(inner) => node(inner, visit),
        Statement::Block(list) => statements(list, visit),
        Statement::If(parts) => {
            node(&parts.0, visit);
            one(&parts.1, visit);
            if let Some(no) = &parts.2 {
                one(no, visit);
            }
        }
        Statement::Loop(parts) => {
            if let Some(condition) = &parts.condition {
                node(condition, visit);
            }
            one(&parts.body, visit);
            parts.step.iter().for_each(|step| node(step, visit));
        }
        Statement::ForEach(parts) => {
            node(&parts.items, visit);
            one(&parts.body, visit);
        }
        Statement::Switch(parts) => {
            node(&parts.1, visit);
            for section in &parts.2 {
                section.conditions.iter().for_each(|condition| node(condition, visit));
                statements(&section.body, visit);
            }
        }
        Statement::Break | Statement::Continue | Statement::Return(None) | Statement::Rethrow(_) => {}
        Statement::Return(Some(inner)) | Statement::Throw(inner) => node(inner, visit),
        Statement::Try(parts) => {
            statements(&parts.body, visit);
            for handler in &parts.handlers {
                if let Some(guard) = &handler.guard {
                    node(guard, visit);
                }
                statements(&handler.body, visit);
            }
            if let Some(finally) = &parts.finally {
                statements(finally, visit);
            }
        }
    }
}
