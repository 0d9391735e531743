//! Operators: built-in ones, those of library classes, and their forms for `T?`.

use super::super::classes::{Class, Kind};
use super::super::eval::number;
use super::super::ir::{Conversion, Equality, Late, Node, Op};
use super::super::library::signature::MemberKind;
use super::super::syntax::{BinaryOp, Expr, ExprKind, UnaryOp};
use super::super::types::Type;
use super::super::value::Value;
use super::access::named_candidates;
use super::overload::{Arg, Candidate, Given, Probe, resolve};
use super::{Bind, Binder, Typed, relations};
use crate::diagnostics::Span;
use crate::policy::Text;

/// The sign of an operator.
pub(super) const fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Coalesce => "??",
        BinaryOp::Or => "||",
        BinaryOp::And => "&&",
        BinaryOp::BitOr => "|",
        BinaryOp::BitXor => "^",
        BinaryOp::BitAnd => "&",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterEqual => ">=",
        BinaryOp::ShiftLeft => "<<",
        BinaryOp::ShiftRight => ">>",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
    }
}

const fn unary_sign(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Not => "!",
        UnaryOp::Minus => "-",
        UnaryOp::Plus => "+",
        UnaryOp::Complement => "~",
    }
}

struct NoFunctions;

impl Probe for NoFunctions {
    fn result_of(&mut self, _: usize, _: &[Type], _: Option<&Type>) -> Option<Type> {
        None
    }
}

fn inner(ty: &Type) -> &Type {
    ty.nullable_of().unwrap_or(ty)
}

impl Binder<'_> {
    /// `left op right`
    pub(super) fn binary(&mut self, op: BinaryOp, left: Typed, right: Typed, span: Span) -> Bind<Typed> {
        match op {
            BinaryOp::Coalesce => return self.coalesce(left, right, span),
            BinaryOp::And | BinaryOp::Or => return self.logic(op, left, right, span),
            _ => {}
        }
        let is_text = |ty: &Type| *ty == Type::STRING;
        if op == BinaryOp::Add && (is_text(&left.ty) || is_text(&right.ty)) {
            // An operator that a class declares, as `XNamespace` does, comes first.
            if left.ty != right.ty
                && let Some(found) = self.user_operator(sign(op), &[left.clone(), right.clone()], span)
            {
                return found;
            }
            return Ok(concat(left, right, span));
        }
        if matches!(left.ty, Type::Unknown) || matches!(right.ty, Type::Unknown) {
            let is_null_test = left.ty == Type::Null || right.ty == Type::Null;
            if is_null_test && matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
                return Ok(equality(Equality::Value, op, left, right, span));
            }
            let late = Op::Late(Box::new((Late::Binary(op), vec![left.node, right.node], Vec::new())));
            let is_test = matches!(
                op,
                BinaryOp::Equal
                    | BinaryOp::NotEqual
                    | BinaryOp::Less
                    | BinaryOp::LessEqual
                    | BinaryOp::Greater
                    | BinaryOp::GreaterEqual
            );
            return Ok(Typed::new(late, span, if is_test { Type::BOOL } else { Type::Unknown }));
        }
        if let Some(found) = self.built_in(op, &left, &right, span) {
            return found;
        }
        if let Some(found) = self.user_operator(sign(op), &[left.clone(), right.clone()], span) {
            return found;
        }
        if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
            return self.reference_equality(op, left, right, span);
        }
        let message = format!("`{}` does not go with `{}` and `{}`", sign(op), left.ty, right.ty);
        self.fail("wrong-operands", span, message, "no such operator")
    }

    /// Operators on numbers, `bool`, `char`, strings and enumerations; `None`: not of these.
    fn built_in(&mut self, op: BinaryOp, left: &Typed, right: &Typed, span: Span) -> Option<Bind<Typed>> {
        use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual, ShiftLeft, ShiftRight};
        let is_equality = matches!(op, Equal | NotEqual);
        let is_order = matches!(op, Less | LessEqual | Greater | GreaterEqual);
        let is_null = |ty: &Type| *ty == Type::Null;
        let lifted = [left, right].iter().any(|side| side.ty.nullable_of().is_some() || is_null(&side.ty));
        if is_equality {
            let nullish = |a: &Type, b: &Type| is_null(a) && (b.takes_null() || is_null(b));
            if nullish(&left.ty, &right.ty) || nullish(&right.ty, &left.ty) {
                return Some(Ok(equality(Equality::Value, op, left.clone(), right.clone(), span)));
            }
            if left.ty == Type::STRING && right.ty == Type::STRING {
                return Some(Ok(equality(Equality::Value, op, left.clone(), right.clone(), span)));
            }
        }
        // `null` beside a value is a value of the same type that is not there.
        let of = |side: &Typed, other: &Typed| {
            let ty = if is_null(&side.ty) && other.ty.is_value_type() { &other.ty } else { &side.ty };
            inner(ty).class()
        };
        let (mut a, mut b) = (of(left, right)?, of(right, left)?);
        if a == Class::Bool && b == Class::Bool {
            let node = |op| Some(Ok(Typed::new(op, span, Type::BOOL)));
            if is_equality {
                return Some(Ok(Self::fold_test(equality(
                    Equality::Value,
                    op,
                    left.clone(),
                    right.clone(),
                    span,
                ))));
            }
            if matches!(op, BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor) {
                let step = Box::new([(op, false, right.node.clone())]);
                let made = Op::Arithmetic(Box::new(left.node.clone()), step);
                return if lifted {
                    Some(Ok(Typed::new(made, span, Type::BOOL.nullable())))
                } else {
                    node(made)
                };
            }
            return None;
        }
        // The constant 0 is a member of every enumeration.
        let is_zero = |side: &Typed| matches!(side.constant(), Some(Value::Int(0)));
        if a.kind() == Kind::Enum && b == Class::Int && is_zero(right) && (is_equality || is_order) {
            b = a;
        }
        if b.kind() == Kind::Enum && a == Class::Int && is_zero(left) && (is_equality || is_order) {
            a = b;
        }
        if a.kind() == Kind::Enum || b.kind() == Kind::Enum {
            let result = match op {
                _ if is_equality || is_order => (a == b).then_some(Type::BOOL)?,
                BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => {
                    (a == b).then_some(Type::Plain(a))?
                }
                BinaryOp::Subtract if a == b => Type::INT,
                BinaryOp::Add | BinaryOp::Subtract if b == Class::Int => Type::Plain(a),
                BinaryOp::Add if a == Class::Int => Type::Plain(b),
                _ => return None,
            };
            if is_equality {
                return Some(Ok(Self::fold_test(equality(
                    Equality::Value,
                    op,
                    left.clone(),
                    right.clone(),
                    span,
                ))));
            }
            return Some(self.arithmetic(op, left.clone(), right.clone(), result, lifted, span));
        }
        if matches!(op, ShiftLeft | ShiftRight) {
            let promoted = number::promoted(a, Class::Int)
                .filter(|_| !matches!(a, Class::UInt | Class::ULong | Class::Long));
            let target = promoted.unwrap_or(a);
            if !matches!(target, Class::Int | Class::UInt | Class::Long | Class::ULong) {
                return None;
            }
            let result = Type::Plain(target);
            let left = match self.promote(left.clone(), target) {
                Ok(left) => left,
                Err(problem) => return Some(Err(problem)),
            };
            let right = match self.coerce(right.clone(), &Type::INT) {
                Ok(right) => right,
                Err(problem) => return Some(Err(problem)),
            };
            return Some(self.arithmetic(op, left, right, result, lifted, span));
        }
        let common = Self::promotion(left, right, a, b)?;
        let is_bitwise = matches!(op, BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor);
        if is_bitwise && matches!(common, Class::Float | Class::Double | Class::Decimal) {
            return None;
        }
        let sides = (self.promote(left.clone(), common), self.promote(right.clone(), common));
        let (left, right) = match sides {
            (Ok(left), Ok(right)) => (left, right),
            (Err(problem), _) | (_, Err(problem)) => return Some(Err(problem)),
        };
        if is_equality {
            return Some(Ok(Self::fold_test(equality(Equality::Value, op, left, right, span))));
        }
        if is_order {
            let op = Op::Compare(op, Box::new([left.node, right.node]));
            return Some(Ok(Self::fold_test(Typed::new(op, span, Type::BOOL))));
        }
        Some(self.arithmetic(op, left, right, Type::Plain(common), lifted, span))
    }

    /// The type that both operands are promoted to; constants adapt: `ulong` with `1`.
    fn promotion(left: &Typed, right: &Typed, a: Class, b: Class) -> Option<Class> {
        if let Some(found) = number::promoted(a, b) {
            let fits = |side: &Typed, to: Class| {
                relations::implicit(inner(&side.ty), side.constant(), &Type::Plain(to)).is_some()
            };
            if found == Class::Long && a == Class::UInt && fits(right, Class::UInt) {
                return Some(Class::UInt);
            }
            if found == Class::Long && b == Class::UInt && fits(left, Class::UInt) {
                return Some(Class::UInt);
            }
            return Some(found);
        }
        let adapts = |side: &Typed| {
            relations::implicit(&side.ty, side.constant(), &Type::Plain(Class::ULong)).is_some()
        };
        let either = a == Class::ULong || b == Class::ULong;
        (either && adapts(left) && adapts(right)).then_some(Class::ULong)
    }

    fn promote(&mut self, side: Typed, to: Class) -> Bind<Typed> {
        let is_nullable = side.ty.nullable_of().is_some();
        if inner(&side.ty).class() == Some(to) || side.ty == Type::Null {
            return Ok(side);
        }
        let ty = if is_nullable { Type::Plain(to).nullable() } else { Type::Plain(to) };
        self.converted(side, Some(Conversion::Number(to, false)), &ty)
    }

    fn arithmetic(
        &mut self,
        op: BinaryOp,
        left: Typed,
        right: Typed,
        result: Type,
        lifted: bool,
        span: Span,
    ) -> Bind<Typed> {
        let is_order =
            matches!(op, BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual);
        if is_order {
            let op = Op::Compare(op, Box::new([left.node, right.node]));
            return Ok(Self::fold_test(Typed::new(op, span, Type::BOOL)));
        }
        let ty = if lifted { result.nullable() } else { result };
        if let (Some(a), Some(b)) = (left.constant(), right.constant()) {
            let checked = !self.unchecked_allowed();
            let value = number::arithmetic(op, checked, a, b);
            return self.folded(value, span, ty);
        }
        if matches!(op, BinaryOp::Divide | BinaryOp::Remainder)
            && matches!(
                right.constant(),
                Some(Value::Int(0) | Value::Long(0) | Value::UInt(0) | Value::ULong(0))
            )
        {
            return self.fail("constant-overflow", span, "division by the constant zero", "C# refuses this");
        }
        let checked = self.is_checked;
        let step = (op, checked, right.node);
        let op = match left.node.op {
            Op::Arithmetic(first, steps) => {
                let mut steps = steps.into_vec();
                steps.push(step);
                Op::Arithmetic(first, steps.into())
            }
            _ => Op::Arithmetic(Box::new(left.node), Box::new([step])),
        };
        Ok(Typed::new(op, span, ty))
    }

    fn fold_test(test: Typed) -> Typed {
        let value = match &test.node.op {
            Op::Equal(Equality::Value, negate, sides) => match both(sides) {
                (Op::Constant(a), Op::Constant(b)) => Some(number::equal(a, b) != *negate),
                _ => None,
            },
            Op::Compare(op, sides) => match both(sides) {
                (Op::Constant(a), Op::Constant(b)) => {
                    Some(super::super::eval::ordered(*op, number::order(a, b)))
                }
                _ => None,
            },
            _ => None,
        };
        match value {
            Some(value) => Typed::new(Op::Constant(Value::Bool(value)), test.span(), Type::BOOL),
            None => test,
        }
    }

    /// An operator that a class declares.
    fn user_operator(&mut self, sign: &str, operands: &[Typed], span: Span) -> Option<Bind<Typed>> {
        let mut found: Vec<Candidate> = Vec::new();
        for operand in operands {
            let more = named_candidates(inner(&operand.ty), sign, |member| {
                member.kind == MemberKind::Operator && member.parameters.len() == operands.len()
            });
            for candidate in more {
                if !found.iter().any(|known| std::ptr::eq(known.member, candidate.member)) {
                    found.push(Candidate { level: 0, ..candidate });
                }
            }
        }
        if found.is_empty() {
            return None;
        }
        for lifted in [false, true] {
            let given: Vec<Given> = operands
                .iter()
                .map(|operand| {
                    let ty = if lifted { inner(&operand.ty).clone() } else { operand.ty.clone() };
                    Given { name: None, arg: Arg::Value(ty, operand.constant().cloned()) }
                })
                .collect();
            let fitting: Vec<Candidate> = if lifted {
                // A null literal fits every lifted parameter.
                found.clone()
            } else {
                found.clone()
            };
            if let Some(chosen) = resolve(&fitting, &given, &[], &mut NoFunctions) {
                if lifted && matches!(sign, "==" | "!=") {
                    return Some(self.lifted_equality(sign, operands, span));
                }
                return Some(self.operator_call(&chosen, operands.to_vec(), lifted, span));
            }
        }
        None
    }

    /// `==` on `T?` of a struct: the structs that are plain values compare as such.
    fn lifted_equality(&mut self, sign: &str, operands: &[Typed], span: Span) -> Bind<Typed> {
        let op = if sign == "==" { BinaryOp::Equal } else { BinaryOp::NotEqual };
        match operands {
            [left, right] => Ok(equality(Equality::Value, op, left.clone(), right.clone(), span)),
            _ => self.unsupported(span, "this operator"),
        }
    }

    fn reference_equality(&mut self, op: BinaryOp, left: Typed, right: Typed, span: Span) -> Bind<Typed> {
        let (a, b) = (inner(&left.ty), inner(&right.ty));
        let native = |ty: &Type| {
            matches!(
                ty.class(),
                Some(Class::DateTime | Class::DateTimeOffset | Class::TimeSpan | Class::Guid | Class::Type)
            )
        };
        if a == b && native(a) {
            return Ok(equality(Equality::Value, op, left, right, span));
        }
        if a == b && a.class() == Some(Class::ValueTuple) {
            return Ok(equality(Equality::Value, op, left, right, span));
        }
        let is_reference = |ty: &Type| !ty.is_value_type();
        let related = relations::explicit(&left.ty, None, &right.ty, false).is_some()
            || relations::explicit(&right.ty, None, &left.ty, false).is_some();
        if is_reference(&left.ty) && is_reference(&right.ty) && related {
            let how = if left.ty == Type::STRING || right.ty == Type::STRING || left.ty.is_function() {
                Equality::Value
            } else {
                Equality::Reference
            };
            return Ok(equality(how, op, left, right, span));
        }
        let message = format!("`{}` does not go with `{}` and `{}`", sign(op), left.ty, right.ty);
        self.fail("wrong-operands", span, message, "these are never comparable")
    }

    fn logic(&mut self, op: BinaryOp, left: Typed, right: Typed, span: Span) -> Bind<Typed> {
        let (left, right) = (self.coerce(left, &Type::BOOL)?, self.coerce(right, &Type::BOOL)?);
        if let (Some(Value::Bool(a)), Some(Value::Bool(b))) = (left.constant(), right.constant()) {
            let value = if op == BinaryOp::And { *a && *b } else { *a || *b };
            return Ok(Typed::new(Op::Constant(Value::Bool(value)), span, Type::BOOL));
        }
        let joined = match (op, left.node.op) {
            (BinaryOp::And, Op::All(parts)) => Op::All(pushed(parts, right.node)),
            (BinaryOp::Or, Op::Any(parts)) => Op::Any(pushed(parts, right.node)),
            (BinaryOp::And, other) => {
                Op::All(Box::new([Node { op: other, span: left.node.span }, right.node]))
            }
            (_, other) => Op::Any(Box::new([Node { op: other, span: left.node.span }, right.node])),
        };
        Ok(Typed::new(joined, span, Type::BOOL))
    }

    fn coalesce(&mut self, left: Typed, right: Typed, span: Span) -> Bind<Typed> {
        if left.ty.is_value_type() && left.ty.nullable_of().is_none() {
            let message = format!("`??` on `{}`, which is never null", left.ty);
            return self.fail("wrong-operands", span, message, "the left side of `??` must take null");
        }
        let converts = |from: &Typed, to: &Type| relations::implicit(&from.ty, from.constant(), to).is_some();
        let target = match left.ty.nullable_of() {
            Some(inner) if converts(&right, inner) => inner.clone(),
            _ if left.ty == Type::Null => right.ty.clone(),
            _ if matches!(left.ty, Type::Unknown) => Type::Unknown,
            _ if converts(&right, &left.ty) => left.ty.clone(),
            Some(inner) if relations::implicit(inner, None, &right.ty).is_some() => right.ty.clone(),
            _ if converts(&left, &right.ty) => right.ty.clone(),
            _ => {
                let message = format!("`??` does not go with `{}` and `{}`", left.ty, right.ty);
                return self.fail("wrong-operands", span, message, "the sides have no common type");
            }
        };
        let left = if left.ty.nullable_of() == Some(&target) {
            left
        } else if let Some(inner) = left.ty.nullable_of().cloned() {
            let conversion = relations::implicit(&inner, None, &target).flatten();
            self.converted(left, conversion, &target)?
        } else {
            self.coerce(left, &target)?
        };
        let right = self.coerce(right, &target)?;
        Ok(Typed::new(Op::Coalesce(Box::new([left.node, right.node])), span, target))
    }

    /// `op operand`
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &Expr, span: Span) -> Bind<Typed> {
        // `-2147483648` is one constant.
        if op == UnaryOp::Minus
            && let ExprKind::Literal(value) = &operand.kind
        {
            match value {
                Value::UInt(2_147_483_648) => return Ok(super::expr::literal(Value::Int(i32::MIN), span)),
                Value::ULong(9_223_372_036_854_775_808) => {
                    return Ok(super::expr::literal(Value::Long(i64::MIN), span));
                }
                _ => {}
            }
        }
        let operand = self.value(operand)?;
        if matches!(operand.ty, Type::Unknown) {
            let late = Op::Late(Box::new((Late::Unary(op), vec![operand.node], Vec::new())));
            return Ok(Typed::new(late, span, Type::Unknown));
        }
        let class = inner(&operand.ty).class();
        let is_nullable = operand.ty.nullable_of().is_some();
        let wrap = |ty: Type| if is_nullable { ty.nullable() } else { ty };
        match (op, class) {
            (UnaryOp::Not, Some(Class::Bool)) => {
                if let Some(Value::Bool(value)) = operand.constant() {
                    return Ok(super::expr::literal(Value::Bool(!value), span));
                }
                let ty = wrap(Type::BOOL);
                let made = if is_nullable {
                    Op::Unary(op, false, Box::new(operand.node))
                } else {
                    Op::Not(Box::new(operand.node))
                };
                return Ok(Typed::new(made, span, ty));
            }
            (UnaryOp::Complement, Some(class)) if class.kind() == Kind::Enum => {
                return Ok(Typed::new(
                    Op::Unary(op, false, Box::new(operand.node)),
                    span,
                    wrap(Type::Plain(class)),
                ));
            }
            (UnaryOp::Plus | UnaryOp::Minus | UnaryOp::Complement, Some(class))
                if relations::is_number(class) || class == Class::Char =>
            {
                let target = match (op, class) {
                    (UnaryOp::Minus, Class::UInt) => Some(Class::Long),
                    (UnaryOp::Minus, Class::ULong) => None,
                    (UnaryOp::Complement, Class::Float | Class::Double | Class::Decimal) => None,
                    (
                        _,
                        Class::UInt
                        | Class::Long
                        | Class::ULong
                        | Class::Float
                        | Class::Double
                        | Class::Decimal,
                    ) => Some(class),
                    _ => Some(Class::Int),
                };
                if let Some(target) = target {
                    let operand = self.promote(operand, target)?;
                    let ty = operand.ty.clone();
                    if let Some(value) = operand.constant() {
                        let value = number::unary(op, !self.unchecked_allowed(), value);
                        return self.folded(value, span, ty);
                    }
                    let checked = self.is_checked;
                    return Ok(Typed::new(Op::Unary(op, checked, Box::new(operand.node)), span, ty));
                }
            }
            _ => {}
        }
        if let Some(found) = self.user_operator(unary_sign(op), std::slice::from_ref(&operand), span) {
            return found;
        }
        if op == UnaryOp::Not
            && let Some(Some(conversion)) = relations::implicit(&operand.ty, None, &Type::BOOL)
        {
            let typed = self.converted(operand, Some(conversion), &Type::BOOL)?;
            return Ok(Typed::new(Op::Not(Box::new(typed.node)), span, Type::BOOL));
        }
        let message = format!("`{}` does not go with `{}`", unary_sign(op), operand.ty);
        self.fail("wrong-operands", span, message, "no such operator")
    }
}

fn pushed(parts: Box<[Node]>, node: Node) -> Box<[Node]> {
    let mut parts = parts.into_vec();
    parts.push(node);
    parts.into()
}

/// `==` or `!=`.
pub(super) fn equality(how: Equality, op: BinaryOp, left: Typed, right: Typed, span: Span) -> Typed {
    let op = Op::Equal(how, op == BinaryOp::NotEqual, Box::new([left.node, right.node]));
    Typed::new(op, span, Type::BOOL)
}

/// `+` with a string.
fn concat(left: Typed, right: Typed, span: Span) -> Typed {
    if let (Some(a), Some(b)) = (left.constant(), right.constant()) {
        let text = |value: &Value| match value {
            Value::Str(text) => Some(text.clone()),
            Value::Null => Some(Text::EMPTY),
            _ => None,
        };
        if let (Some(a), Some(b)) = (text(a), text(b)) {
            return super::expr::literal(Value::from(format!("{a}{b}")), span);
        }
    }
    let is_text = left.ty == Type::STRING;
    let op = match left.node.op {
        Op::Concat(parts) if is_text => Op::Concat(pushed(parts, right.node)),
        other => Op::Concat(Box::new([Node { op: other, span: left.node.span }, right.node])),
    };
    Typed::new(op, span, Type::STRING)
}

/// The operations on both sides.
fn both(sides: &[Node; 2]) -> (&Op, &Op) {
    let [left, right] = sides;
    (&left.op, &right.op)
}
