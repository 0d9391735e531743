//! Members that are read: properties, constants, indexers, items of tuples.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::super::classes::{Class, Kind};
use super::super::ir::{CallOp, Conversion, Late, Node, Nulls, Op};
use super::super::library::Action;
use super::super::library::members::members_of;
use super::super::library::signature::{Member, MemberKind, extension_classes};
use super::super::syntax::{Argument, Expr, Name};
use super::super::types::Type;
use super::super::value::Value;
use super::names::{Group, Thing};
use super::overload::Candidate;
use super::types::{class_type, is_namespace};
use super::{Bind, Binder, Reported, Typed, relations};
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::Text;
use crate::policy::closest;

/// What plain classes derive from, worked out once for each.
static LINEAGES: [OnceLock<Vec<(u32, Type)>>; Class::ALL.len()] =
    [const { OnceLock::new() }; Class::ALL.len()];

/// A type and everything it derives from, nearest first.
pub(super) fn lineage(ty: &Type) -> Cow<'static, [(u32, Type)]> {
    let known = if let Type::Plain(class) = ty { LINEAGES.get(*class as usize) } else { None };
    match known {
        Some(known) => Cow::Borrowed(known.get_or_init(|| ancestors(ty))),
        None => Cow::Owned(ancestors(ty)),
    }
}

fn ancestors(ty: &Type) -> Vec<(u32, Type)> {
    let mut found: Vec<(u32, Type)> = vec![(0, ty.clone())];
    let mut at = 0;
    while let Some((level, next)) = found.get(at).cloned() {
        at = at.saturating_add(1);
        for base in relations::bases(&next) {
            // `object` comes last.
            let level = if base == Type::OBJECT { 100 } else { level.saturating_add(1) };
            if !found.iter().any(|(_, known)| *known == base) {
                found.push((level, base));
            }
        }
    }
    found.sort_by_key(|(level, _)| *level);
    found
}

/// Type arguments of the class as its members number them.
fn class_types(ty: &Type) -> Vec<Type> {
    match ty {
        Type::Array(element) => vec![element.as_ref().clone()],
        other => other.arguments().to_vec(),
    }
}

/// The members of `ty` called `name` that `wanted` accepts.
pub(super) fn named_candidates(ty: &Type, name: &str, wanted: impl Fn(&Member) -> bool) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (level, ty) in lineage(ty).iter() {
        let Some(class) = ty.class() else { continue };
        let members = members_of(class).named(name).filter(|member| wanted(member));
        found.extend(members.map(|member| Candidate { member, class_types: class_types(ty), level: *level }));
    }
    found
}

/// All extension methods of a name.
pub(super) fn extensions(name: &str) -> Vec<Candidate> {
    let members = extension_classes().iter().flat_map(|class| members_of(*class).named(name));
    let named = members.filter(|member| member.is_extension);
    named.map(|member| Candidate { member, class_types: Vec::new(), level: 0 }).collect()
}

/// The value of a row that is a constant.
fn constant_value(member: &Member, number: i64) -> Value {
    match member.result.class() {
        Some(class) if class.kind() == Kind::Enum => {
            Value::Enum(class, i32::try_from(number).unwrap_or_default())
        }
        Some(class) => super::super::eval::number::convert(&Value::Long(number), class, false)
            .unwrap_or(Value::Long(number)),
        None => Value::Long(number),
    }
}

impl Binder<'_> {
    /// `object.name`
    pub(super) fn member_of(
        &mut self,
        object: Thing,
        name: &Name,
        types: Vec<Type>,
        span: Span,
    ) -> Bind<Thing> {
        match object {
            Thing::Namespace(namespace) => {
                if let Some(class) = Self::class_named(&namespace, &name.text, types.len()) {
                    return Ok(Thing::Type(class_type(class, types)));
                }
                let full = format!("{namespace}.{}", name.text);
                if is_namespace(&full) {
                    return Ok(Thing::Namespace(full));
                }
                self.unknown_type(&name.text, name.span)
            }
            Thing::Type(owner) => self.static_member(owner, name, types, span),
            Thing::Value(value) => self.instance_member(value, name, types, span),
            Thing::Group(group) if matches!(group.owner, Type::Unknown) => {
                let at = group.name.span;
                let value = self.thing_value(Thing::Group(group), at)?;
                self.instance_member(value, name, types, span)
            }
            Thing::Group(group) => {
                let message = format!("`{}` is a method", group.name.text);
                self.fail("missing-call", group.name.span, message, "expected `(...)` behind it")
            }
            Thing::Function(_) => {
                self.fail("unknown-member", name.span, "a function has no members", "no such member")
            }
        }
    }

    fn static_member(&mut self, owner: Type, name: &Name, types: Vec<Type>, span: Span) -> Bind<Thing> {
        let getter = named_candidates(&owner, &name.text, |member| {
            member.is_static && member.kind == MemberKind::Getter
        });
        if let Some(found) = getter.into_iter().next() {
            let ty = found.member.result.substitute(&found.class_types);
            let op = match found.member.run {
                Action::Constant(number) => Op::Constant(constant_value(found.member, number)),
                Action::Call(_) => Op::Call(Box::new(CallOp {
                    member: found.member,
                    arguments: Box::new([]),
                    types: found.class_types.into(),
                    outs: Box::new([]),
                    nulls: Nulls::Pass,
                })),
            };
            return Ok(Thing::Value(Typed::new(op, span, ty)));
        }
        let methods = named_candidates(&owner, &name.text, |member| {
            member.is_static && member.kind == MemberKind::Method
        });
        if methods.is_empty() {
            return self.unknown_member(&owner, true, name);
        }
        Ok(Thing::Group(Group { receiver: None, owner, name: name.clone(), types }))
    }

    /// `value.name`
    pub(super) fn instance_member(
        &mut self,
        value: Typed,
        name: &Name,
        types: Vec<Type>,
        span: Span,
    ) -> Bind<Thing> {
        if value.ty == Type::Void {
            return self.fail(
                "void-value",
                value.span(),
                "this expression gives no value",
                "it has no members",
            );
        }
        if value.ty == Type::Null {
            return self.fail("unknown-member", name.span, "`null` has no members", "no such member");
        }
        if value.ty.nullable_of().is_some() {
            match name.text.as_str() {
                "HasValue" => {
                    let null = Node { op: Op::Constant(Value::Null), span };
                    let op = Op::Equal(super::super::ir::Equality::Value, true, Box::new([value.node, null]));
                    return Ok(Thing::Value(Typed::new(op, span, Type::BOOL)));
                }
                "Value" => {
                    let ty = value.ty.nullable_of().cloned().unwrap_or(Type::Unknown);
                    let op = Op::Convert(Box::new(Conversion::Unwrap), Box::new(value.node));
                    return Ok(Thing::Value(Typed::new(op, span, ty)));
                }
                _ => {}
            }
        }
        if let Some((at, ty)) = self.item(&value, &name.text) {
            return Ok(Thing::Value(Typed::new(Op::Field(Box::new(value.node), at), span, ty)));
        }
        let owner = value.ty.clone();
        if !matches!(owner, Type::Unknown) {
            let getter = named_candidates(&owner, &name.text, |member| {
                !member.is_static && member.kind == MemberKind::Getter
            });
            let is_callee = std::mem::take(&mut self.is_callee);
            let usable = |found: &Candidate| {
                let ty = &found.member.result;
                !is_callee || ty.is_function() || matches!(ty, Type::Unknown | Type::Variable(_))
            };
            if let Some(found) = getter.into_iter().find(usable) {
                return Ok(Thing::Value(getter_call(found, value, span)));
            }
            let methods = named_candidates(&owner, &name.text, |member| {
                !member.is_static && member.kind == MemberKind::Method
            });
            let is_invoke = owner.is_function() && name.text == "Invoke";
            let is_nullable = owner.nullable_of().is_some()
                && matches!(
                    name.text.as_str(),
                    "GetValueOrDefault" | "ToString" | "Equals" | "GetHashCode" | "GetType"
                );
            if methods.is_empty() && !is_invoke && !is_nullable && extensions(&name.text).is_empty() {
                return self.unknown_member(&owner, false, name);
            }
        }
        Ok(Thing::Group(Group { receiver: Some(value), owner, name: name.clone(), types }))
    }

    /// The item of a tuple or anonymous object that has this name.
    fn item(&self, value: &Typed, name: &str) -> Option<(usize, Type)> {
        if let Type::Anonymous(fields) = &value.ty {
            let at = fields.iter().position(|(known, _)| known.as_str() == name)?;
            return Some((at, fields.get(at)?.1.clone()));
        }
        if !matches!(value.ty.class(), Some(Class::ValueTuple | Class::Tuple)) {
            return None;
        }
        let at = match name.strip_prefix("Item").and_then(|number| number.parse::<usize>().ok()) {
            Some(number) => number.checked_sub(1)?,
            None => self.tuple_names(value)?.iter().position(|known| known.as_deref() == Some(name))?,
        };
        Some((at, value.ty.arguments().get(at)?.clone()))
    }

    /// Reports a member that is not there.
    pub(super) fn unknown_member<T>(&mut self, owner: &Type, is_static: bool, name: &Name) -> Bind<T> {
        let types = lineage(owner);
        let classes = || types.iter().filter_map(|(_, ty)| ty.class());
        if classes().any(|class| members_of(class).denied.contains(&name.text.as_str())) {
            self.diagnostics.push(
                Diagnostic::error(
                    "member-not-allowed",
                    name.span,
                    format!("policy expressions may not use `{}` of `{owner}`", name.text),
                )
                .label("not among the members that the service allows"),
            );
            return Err(Reported);
        }
        let mut problem = Diagnostic::error(
            "unknown-member",
            name.span,
            format!("`{owner}` has no member `{}`", name.text),
        )
        .label("no such member");
        let members: Vec<&Member> = classes().flat_map(|class| members_of(class).all()).collect();
        let same_kind = members.iter().filter(|member| member.is_static == is_static);
        let fields: Vec<&str> = match owner {
            Type::Anonymous(fields) => fields.iter().map(|(field, _)| field.as_str()).collect(),
            _ => Vec::new(),
        };
        if let Some(meant) = closest(&name.text, same_kind.map(|member| member.name.as_str()).chain(fields)) {
            problem = problem.help(format!("did you mean `{meant}`?"));
        } else if members.iter().any(|member| member.name == name.text) {
            problem = problem.help(if is_static {
                "it belongs to an object, not to the type"
            } else {
                "it belongs to the type, not to an object"
            });
        }
        self.diagnostics.push(problem);
        Err(Reported)
    }

    /// `object[arguments]`
    pub(super) fn index(&mut self, object: &Expr, arguments: &[Argument], span: Span) -> Bind<Typed> {
        let object = self.value(object)?;
        self.index_of(object, arguments, span)
    }

    pub(super) fn index_of(&mut self, object: Typed, arguments: &[Argument], span: Span) -> Bind<Typed> {
        if let Type::Array(element) = &object.ty
            && let [argument] = arguments
        {
            let element = element.as_ref().clone();
            let index = self.array_index(&argument.value)?;
            return Ok(Typed::new(Op::Element(Box::new([object.node, index.node])), span, element));
        }
        let prepared = self.prepare(arguments)?;
        if matches!(object.ty, Type::Unknown) {
            let mut operands = vec![object.node];
            operands.extend(self.plain_arguments(prepared)?);
            return Ok(Typed::new(
                Op::Late(Box::new((Late::Index, operands, Vec::new()))),
                span,
                Type::Unknown,
            ));
        }
        let indexers = named_candidates(&object.ty, "this", |member| member.kind == MemberKind::Indexer);
        if indexers.is_empty() {
            let message = format!("`{}` has no index", object.ty);
            return self.fail(
                "unknown-member",
                span,
                message,
                "`[...]` goes with arrays, lists, dictionaries and JSON",
            );
        }
        if let ([only], Some(Class::IVariables)) = (prepared.as_slice(), object.ty.class())
            && let Some(Value::Str(name)) = only.constant()
        {
            let slot = self.policy_variable(name, span)?;
            return Ok(Typed::new(Op::Variable(slot, name.clone()), span, Type::OBJECT));
        }
        self.resolved(&indexers, prepared, &[], Some(object), "this", span)
    }

    /// An index of an array: an integer.
    pub(super) fn array_index(&mut self, expr: &Expr) -> Bind<Typed> {
        let index = self.value(expr)?;
        match index.ty {
            Type::Plain(Class::Long | Class::UInt | Class::ULong) => {
                self.converted(index, Some(Conversion::Number(Class::Int, true)), &Type::INT)
            }
            _ => self.coerce(index, &Type::INT),
        }
    }

    /// The slot of a variable of the policy.
    pub(super) fn policy_variable(&mut self, name: &Text, span: Span) -> Bind<u16> {
        let Some(slot) = self.variables.slot(name) else {
            return self.fail(
                "too-many-variables",
                span,
                "this policy names too many variables",
                "no room for it",
            );
        };
        if !self.used.contains(&slot) {
            self.used.push(slot);
        }
        Ok(slot.0)
    }
}

/// Reads a property.
pub(super) fn getter_call(found: Candidate, value: Typed, span: Span) -> Typed {
    let ty = found.member.result.substitute(&found.class_types);
    let op = Op::Call(Box::new(CallOp {
        member: found.member,
        arguments: Box::new([value.node]),
        types: found.class_types.into(),
        outs: Box::new([]),
        nulls: Nulls::Receiver,
    }));
    Typed::new(op, span, ty)
}
