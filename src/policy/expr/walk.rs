//! Walks over settled expressions.

use super::ir::{AnyOp, BoolOp, DoubleOp, IntOp, LongOp, Node, Op, TextOp, Variable};

impl Node {
    /// Calls `visit` with this node and all below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        self.for_children(&mut |child| child.walk(visit));
    }

    /// Calls `visit` with each operand in order.
    pub fn for_children<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        match &self.op {
            Op::Constant(_) => {}
            Op::Bool(op) => op.for_children(visit),
            Op::Int(op) => match op {
                IntOp::Status => {}
                IntOp::Arithmetic(_, a, b) | IntOp::IndexOf(a, b, _) => {
                    visit(a);
                    visit(b);
                }
                IntOp::Negate(a)
                | IntOp::FromChar(a)
                | IntOp::FromLong(a)
                | IntOp::FromDouble(a)
                | IntOp::Parse(a)
                | IntOp::Convert(a)
                | IntOp::Length(a)
                | IntOp::Count(a) => visit(a),
            },
            Op::Long(op) => match op {
                LongOp::Arithmetic(_, a, b) => {
                    visit(a);
                    visit(b);
                }
                LongOp::FromInt(a) | LongOp::FromDouble(a) | LongOp::Negate(a) | LongOp::Parse(a) => visit(a),
            },
            Op::Double(op) => match op {
                DoubleOp::Arithmetic(_, a, b) => {
                    visit(a);
                    visit(b);
                }
                DoubleOp::FromInt(a) | DoubleOp::FromLong(a) | DoubleOp::Negate(a) => visit(a),
                DoubleOp::ElapsedSeconds | DoubleOp::ElapsedMilliseconds => {}
            },
            Op::Text(op) => op.for_children(visit),
            Op::Any(op) => op.for_children(visit),
        }
    }
}

impl BoolOp {
    fn for_children<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match self {
            Self::StatusIs(..) | Self::NoResponse | Self::NoLastError => {}
            Self::Not(a)
            | Self::IsNull(a)
            | Self::HasHeader(_, a)
            | Self::NullOrEmpty(a)
            | Self::NullOrBlank(a)
            | Self::Convert(a) => visit(a),
            Self::HasVariable(variable) => variable.for_children(visit),
            Self::And(a, b)
            | Self::Or(a, b)
            | Self::CompareInt(_, a, b)
            | Self::CompareLong(_, a, b)
            | Self::CompareDouble(_, a, b)
            | Self::SameBool(a, b)
            | Self::SameText(a, b, _)
            | Self::Lifted(_, a, b)
            | Self::SameValue(a, b)
            | Self::SameObject(a, b)
            | Self::Test(_, a, b, _) => {
                visit(a);
                visit(b);
            }
        }
    }
}

impl TextOp {
    fn for_children<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match self {
            Self::Reason | Self::Method | Self::UrlPath | Self::UrlQuery | Self::LastError(_) => {}
            Self::Header(_, name, default) => {
                visit(name);
                if let Some(default) = default {
                    visit(default);
                }
            }
            Self::Concat(parts) => parts.iter().for_each(visit),
            Self::Change(_, a) | Self::Format(a) | Self::Convert(a) => visit(a),
            Self::Substring(a, b, c) => {
                visit(a);
                visit(b);
                if let Some(c) = c {
                    visit(c);
                }
            }
            Self::Replace(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
            Self::Element(a, b) => {
                visit(a);
                visit(b);
            }
        }
    }
}

impl AnyOp {
    fn for_children<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match self {
            Self::Bound => {}
            Self::Variable(variable) => variable.for_children(visit),
            Self::VariableOr(variable, _, default) => {
                variable.for_children(visit);
                visit(default);
            }
            Self::HeaderValues(_, a)
            | Self::Unbox(_, a)
            | Self::Unwrap(_, a)
            | Self::WithResponse(a)
            | Self::WithLastError(a) => visit(a),
            Self::If(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
            Self::Coalesce(a, b) | Self::NullSafe(a, b) => {
                visit(a);
                visit(b);
            }
        }
    }
}

impl Variable {
    fn for_children<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match self {
            Self::Slot(..) => {}
            Self::Named(name) => visit(name),
        }
    }
}
