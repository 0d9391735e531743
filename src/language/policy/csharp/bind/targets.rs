//! What can be assigned to: locals, properties, indexers, elements, items of tuples.

use super::super::classes::Class;
use super::super::ir::{Conversion, Late, Node, Op};
use super::super::library::signature::MemberKind;
use super::super::syntax::{BinaryOp, Expr, ExprKind, Name};
use super::super::types::Type;
use super::super::value::Value;
use super::access::named_candidates;
use super::names::Thing;
use super::{Bind, Binder, Entry, Reported, Typed, relations};
use crate::diagnostics::Span;

/// A place for a value. Its parts are evaluated once: what is not a local already goes into temporary
/// slots, which `setup` fills.
pub(super) struct Target {
    setup: Vec<Node>,
    place: Place,
    ty: Type,
    span: Span,
}

enum Place {
    Local(u32),
    Element(Node, Node),
    Property(Typed, Name),
    Index(Typed, Vec<Typed>),
    Field(u32, usize),
    Late(Node, Late),
}

impl Binder<'_> {
    /// Remembers that a local is set again.
    pub(super) fn mark_changed(&mut self, slot: u32) {
        if let Some(local) = self.locals.get_mut(slot as usize) {
            local.changes = true;
        }
        self.note_use(slot);
    }

    /// The slot behind `out`.
    pub(super) fn out_target(&mut self, expr: &Expr) -> Bind<(u32, Type)> {
        if let ExprKind::Name { name, .. } = &expr.kind
            && let Some(Entry::Local(slot)) = self.lookup(&name.text)
            && let Some(local) = self.local(slot)
        {
            return Ok((slot, local.ty.clone()));
        }
        self.unsupported(expr.span, "`out` and `ref` with anything but a local variable")
    }

    fn stash(&mut self, setup: &mut Vec<Node>, value: Typed) -> Typed {
        if matches!(value.node.op, Op::Constant(_) | Op::Local(_)) {
            return value;
        }
        let span = value.span();
        let slot = self.temporary(value.ty.clone());
        setup.push(Node { op: Op::SetLocal(slot, Box::new(value.node)), span });
        Typed::new(Op::Local(slot), span, value.ty)
    }

    fn target(&mut self, expr: &Expr, is_compound: bool) -> Bind<Target> {
        let span = expr.span;
        let mut setup = Vec::new();
        match &expr.kind {
            ExprKind::Name { name, .. } => {
                if let Some(Entry::Local(slot)) = self.lookup(&name.text) {
                    if is_compound {
                        self.read_local(slot, name)?;
                    }
                    let Some(local) = self.local(slot) else { return Err(Reported) };
                    let (ty, is_constant) = (local.ty.clone(), local.constant.is_some() || local.read_only);
                    if is_constant {
                        return self.fail(
                            "not-assignable",
                            span,
                            format!("`{}` is a constant", name.text),
                            "cannot be changed",
                        );
                    }
                    self.note_use(slot);
                    Ok(Target { setup, place: Place::Local(slot), ty, span })
                } else {
                    let thing = self.thing(expr)?;
                    let _ = self.thing_value(thing, span)?;
                    self.fail(
                        "not-assignable",
                        span,
                        format!("`{}` cannot be assigned to", name.text),
                        "no variable",
                    )
                }
            }
            ExprKind::Member { object, name, .. } => {
                let object = match self.thing(object)? {
                    Thing::Type(ty) => {
                        return self.fail(
                            "not-assignable",
                            span,
                            format!("`{}` of `{ty}` cannot be assigned to", name.text),
                            "it is read-only",
                        );
                    }
                    thing => self.thing_value(thing, object.span)?,
                };
                if matches!(object.ty, Type::Unknown) {
                    let object = self.stash(&mut setup, object);
                    let late = Late::Set(name.text.clone().into());
                    return Ok(Target {
                        setup,
                        place: Place::Late(object.node, late),
                        ty: Type::Unknown,
                        span,
                    });
                }
                if let (Op::Local(slot), Some(Class::ValueTuple)) = (&object.node.op, object.ty.class())
                    && let Thing::Value(Typed { node: Node { op: Op::Field(_, at), .. }, ty }) =
                        self.instance_member(object.clone(), name, Vec::new(), span)?
                {
                    return Ok(Target { setup, place: Place::Field(*slot, at), ty, span });
                }
                let object = self.stash(&mut setup, object);
                let setters =
                    named_candidates(&object.ty, &name.text, |member| member.kind == MemberKind::Setter);
                let Some(setter) = setters.first() else {
                    let owner = object.ty.clone();
                    self.instance_member(object, name, Vec::new(), span)?;
                    return self.fail(
                        "not-assignable",
                        span,
                        format!("`{}` of `{owner}` is read-only", name.text),
                        "cannot be assigned to",
                    );
                };
                let ty = setter
                    .member
                    .parameters
                    .last()
                    .map_or_else(|| setter.member.result.clone(), |p| p.ty.clone());
                let ty =
                    if matches!(ty, Type::Void) { Type::Unknown } else { ty.substitute(&setter.class_types) };
                Ok(Target { setup, place: Place::Property(object, name.clone()), ty, span })
            }
            ExprKind::Index { object, arguments } => {
                let object = self.value(object)?;
                let object = self.stash(&mut setup, object);
                if let (Type::Array(element), [argument]) = (&object.ty, arguments.as_slice()) {
                    let element = element.as_ref().clone();
                    let index = self.array_index(&argument.value)?;
                    let index = self.stash(&mut setup, index);
                    return Ok(Target {
                        setup,
                        place: Place::Element(object.node, index.node),
                        ty: element,
                        span,
                    });
                }
                let mut indices = Vec::new();
                for argument in arguments {
                    let index = self.value(&argument.value)?;
                    indices.push(self.stash(&mut setup, index));
                }
                if matches!(object.ty, Type::Unknown) {
                    return Ok(Target {
                        setup,
                        place: Place::Index(object, indices),
                        ty: Type::Unknown,
                        span,
                    });
                }
                let setters =
                    named_candidates(&object.ty, "this", |member| member.kind == MemberKind::IndexSetter);
                if setters.is_empty() {
                    let message = format!("`{}` has no index that can be set", object.ty);
                    return self.fail("not-assignable", span, message, "read-only");
                }
                let given: Vec<_> = indices.iter().cloned().map(Self::given).collect();
                let getters =
                    named_candidates(&object.ty, "this", |member| member.kind == MemberKind::Indexer);
                let ty = match self.choose(&getters, &given, &[]) {
                    Some(chosen) => chosen.member.result.substitute(&chosen.types),
                    None => {
                        setters.first().map_or(Type::Unknown, |s| s.member.result.substitute(&s.class_types))
                    }
                };
                Ok(Target { setup, place: Place::Index(object, indices), ty, span })
            }
            _ => {
                self.value(expr)?;
                self.fail(
                    "not-assignable",
                    span,
                    "this cannot be assigned to",
                    "expected a variable, property or index",
                )
            }
        }
    }

    /// The value at the target.
    fn load(&mut self, target: &Target) -> Bind<Typed> {
        let span = target.span;
        Ok(match &target.place {
            Place::Local(slot) => Typed::new(Op::Local(*slot), span, target.ty.clone()),
            Place::Element(object, index) => {
                Typed::new(Op::Element(Box::new([object.clone(), index.clone()])), span, target.ty.clone())
            }
            Place::Field(slot, at) => {
                let object = Node { op: Op::Local(*slot), span };
                Typed::new(Op::Field(Box::new(object), *at), span, target.ty.clone())
            }
            Place::Property(object, name) => {
                match self.instance_member(object.clone(), name, Vec::new(), span)? {
                    Thing::Value(value) => value,
                    other => self.thing_value(other, span)?,
                }
            }
            Place::Index(object, indices) => {
                if matches!(object.ty, Type::Unknown) {
                    let mut operands = vec![object.node.clone()];
                    operands.extend(indices.iter().map(|index| index.node.clone()));
                    return Ok(Typed::new(
                        Op::Late(Box::new((Late::Index, operands, Vec::new()))),
                        span,
                        Type::Unknown,
                    ));
                }
                let getters =
                    named_candidates(&object.ty, "this", |member| member.kind == MemberKind::Indexer);
                let given: Vec<_> = indices.iter().cloned().map(Self::given).collect();
                self.resolved(&getters, given, &[], Some(object.clone()), "this", span)?
            }
            Place::Late(object, late) => {
                let late = if let Late::Set(name) = late { Late::Get(name.clone()) } else { late.clone() };
                Typed::new(Op::Late(Box::new((late, vec![object.clone()], Vec::new()))), span, Type::Unknown)
            }
        })
    }

    /// Puts `value`, which has the target's type, there.
    fn store(&mut self, target: Target, value: Typed, span: Span) -> Bind<Typed> {
        let ty = value.ty.clone();
        let op = match target.place {
            Place::Local(slot) => {
                self.flow.assign(slot);
                Op::SetLocal(slot, Box::new(value.node))
            }
            Place::Element(object, index) => Op::SetElement(Box::new([object, index, value.node])),
            Place::Field(slot, at) => {
                let object = Node { op: Op::Local(slot), span };
                let whole = Op::WithField(Box::new([object, value.node]), at);
                let set = Op::SetLocal(slot, Box::new(Node { op: whole, span }));
                Op::Field(Box::new(Node { op: set, span }), at)
            }
            Place::Property(object, name) => {
                let setters = named_candidates(&object.ty, &name.text, |m| m.kind == MemberKind::Setter);
                let Some(setter) = setters.into_iter().next() else { return Err(Reported) };
                Op::Store(Box::new(super::super::ir::CallOp {
                    member: setter.member,
                    arguments: Box::new([object.node, value.node]),
                    types: setter.class_types.into(),
                    outs: Box::new([]),
                    nulls: super::super::ir::Nulls::Receiver,
                }))
            }
            Place::Index(object, indices) => {
                if matches!(object.ty, Type::Unknown) {
                    let mut operands = vec![object.node];
                    operands.extend(indices.into_iter().map(|index| index.node));
                    operands.push(value.node);
                    Op::Late(Box::new((Late::SetIndex, operands, Vec::new())))
                } else {
                    let setters = named_candidates(&object.ty, "this", |m| m.kind == MemberKind::IndexSetter);
                    let given: Vec<_> = indices.into_iter().map(Self::given).collect();
                    let call = self.resolved(&setters, given, &[], Some(object), "this", span)?;
                    match call.node.op {
                        Op::Store(mut call) => {
                            let mut arguments = call.arguments.into_vec();
                            arguments.push(value.node);
                            call.arguments = arguments.into();
                            Op::Store(call)
                        }
                        other => other,
                    }
                }
            }
            Place::Late(object, late) => Op::Late(Box::new((late, vec![object, value.node], Vec::new()))),
        };
        let node = Node { op, span };
        if target.setup.is_empty() {
            return Ok(Typed { node, ty });
        }
        let mut all = target.setup;
        all.push(node);
        Ok(Typed::new(Op::Sequence(all.into()), span, ty))
    }

    /// `target = value`, `target op= value`
    pub(super) fn assign(
        &mut self,
        op: Option<BinaryOp>,
        target: &Expr,
        value: &Expr,
        span: Span,
    ) -> Bind<Typed> {
        if op.is_none()
            && let ExprKind::Name { name, .. } = &target.kind
            && name.text == "_"
            && self.lookup("_").is_none()
        {
            return self.value(value);
        }
        if let (None, ExprKind::Tuple(items)) = (op, &target.kind) {
            return self.assign_tuple(items, value, span);
        }
        let target = self.target(target, op.is_some())?;
        if let Place::Local(slot) | Place::Field(slot, _) = target.place
            && (op.is_some() || !self.flow.is_unassigned(slot))
        {
            self.mark_changed(slot);
        }
        let Some(op) = op else {
            let ty = target.ty.clone();
            let value = self.value_as(value, &ty)?;
            return self.store(target, value, span);
        };
        let current = self.load(&target)?;
        let value = self.value(value)?;
        let result = self.binary(op, current, value, span)?;
        let result = self.narrow(result, &target.ty)?;
        self.store(target, result, span)
    }

    /// The result of a compound operator, back in the type of the target.
    fn narrow(&mut self, result: Typed, ty: &Type) -> Bind<Typed> {
        if relations::implicit(&result.ty, result.constant(), ty).is_some() {
            return self.coerce(result, ty);
        }
        let checked = self.is_checked;
        match relations::explicit(&result.ty, result.constant(), ty, checked) {
            Some(conversion @ Some(Conversion::Number(..) | Conversion::Enum(_))) => {
                self.converted(result, conversion, ty)
            }
            _ => self.coerce(result, ty),
        }
    }

    fn assign_tuple(&mut self, items: &[(Option<Name>, Expr)], value: &Expr, span: Span) -> Bind<Typed> {
        let mut targets = Vec::new();
        for (_, item) in items {
            let target = self.target(item, false)?;
            if let Place::Local(slot) = target.place {
                self.mark_changed(slot);
            }
            targets.push(target);
        }
        let wanted = Type::generic(Class::ValueTuple, targets.iter().map(|target| target.ty.clone()));
        let value = self.value_as(value, &wanted)?;
        let slot = self.temporary(wanted.clone());
        let mut nodes = vec![Node { op: Op::SetLocal(slot, Box::new(value.node)), span }];
        for (at, target) in targets.into_iter().enumerate() {
            let ty = target.ty.clone();
            let item = Op::Field(Box::new(Node { op: Op::Local(slot), span }), at);
            nodes.push(self.store(target, Typed::new(item, span, ty), span)?.node);
        }
        nodes.push(Node { op: Op::Local(slot), span });
        Ok(Typed::new(Op::Sequence(nodes.into()), span, wanted))
    }

    /// `++` and `--`
    pub(super) fn step(&mut self, target: &Expr, up: bool, prefix: bool, span: Span) -> Bind<Typed> {
        let mut target = self.target(target, true)?;
        if let Place::Local(slot) = target.place {
            self.mark_changed(slot);
        }
        let ty = target.ty.clone();
        let current = self.load(&target)?;
        let mut before = None;
        let current = if prefix {
            current
        } else {
            let slot = self.temporary(ty.clone());
            target.setup.push(Node { op: Op::SetLocal(slot, Box::new(current.node)), span });
            before = Some(slot);
            Typed::new(Op::Local(slot), span, ty.clone())
        };
        let one = super::expr::literal(Value::Int(1), span);
        let op = if up { BinaryOp::Add } else { BinaryOp::Subtract };
        let result = self.binary(op, current, one, span)?;
        let result = self.narrow(result, &ty)?;
        let stored = self.store(target, result, span)?;
        let Some(slot) = before else { return Ok(stored) };
        let old = Node { op: Op::Local(slot), span };
        Ok(Typed::new(Op::Sequence(Box::new([stored.node, old])), span, ty))
    }
}
