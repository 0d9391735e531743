//! Calls: methods, extension methods, function values, local functions.

use super::super::classes::Class;
use super::super::ir::{Equality, Late, Node, Nulls, Op};
use super::super::library::signature::MemberKind;
use super::super::syntax::{Argument, Expr};
use super::super::types::{Type, default_value};
use super::super::value::Value;
use super::access::{extensions, named_candidates};
use super::arguments::Prepared;
use super::names::{Group, Thing};
use super::overload::Candidate;
use super::{Bind, Binder, Reported, Typed};
use crate::diagnostics::Span;

impl Binder<'_> {
    /// `callee(arguments)`
    pub(super) fn call(&mut self, callee: &Expr, arguments: &[Argument], span: Span) -> Bind<Typed> {
        match self.callee(callee)? {
            Thing::Group(group) => self.group_call(group, arguments, span),
            Thing::Function(at) => self.function_call(at, arguments, span),
            Thing::Value(value) => self.invoke(value, arguments, span),
            Thing::Type(ty) => self.fail(
                "missing-new",
                callee.span,
                format!("`{ty}` is a type"),
                "expected `new` in front of it",
            ),
            Thing::Namespace(name) => self.fail(
                "unknown-name",
                callee.span,
                format!("`{name}` is a namespace"),
                "expected a method",
            ),
        }
    }

    /// Calls a function value.
    fn invoke(&mut self, function: Typed, arguments: &[Argument], span: Span) -> Bind<Typed> {
        let prepared = self.prepare(arguments)?;
        let Some((parameters, result)) = function.ty.function() else {
            if matches!(function.ty, Type::Unknown) {
                let mut operands = vec![function.node];
                operands.extend(self.plain_arguments(prepared)?);
                return Ok(Typed::new(Op::Invoke(operands.into()), span, Type::Unknown));
            }
            let message = format!("`{}` cannot be called", function.ty);
            return self.fail("not-callable", function.span(), message, "neither a method nor a function");
        };
        if parameters.len() != prepared.len() {
            let message =
                format!("this function takes {} arguments, found {}", parameters.len(), prepared.len());
            return self.fail("wrong-arguments", span, message, "wrong number of arguments");
        }
        let mut operands = vec![function.node];
        for (argument, ty) in arguments.iter().zip(&parameters) {
            operands.push(self.value_as(&argument.value, ty)?.node);
        }
        Ok(Typed::new(Op::Invoke(operands.into()), span, result))
    }

    fn function_call(&mut self, at: usize, arguments: &[Argument], span: Span) -> Bind<Typed> {
        let Some(function) = self.functions.get(at).cloned() else { return Err(Reported) };
        if function.parameters.len() != arguments.len() {
            let message = format!(
                "this function takes {} arguments, found {}",
                function.parameters.len(),
                arguments.len()
            );
            return self.fail("wrong-arguments", span, message, "wrong number of arguments");
        }
        let mut operands = Vec::new();
        for (argument, ty) in arguments.iter().zip(&function.parameters) {
            if argument.by_reference || argument.name.is_some() {
                return self.unsupported(
                    argument.value.span,
                    "a named, `ref` or `out` argument of a local function",
                );
            }
            operands.push(self.value_as(&argument.value, ty)?.node);
        }
        Ok(Typed::new(Op::Function(function.lambda, operands.into()), span, function.result))
    }

    fn group_call(&mut self, group: Group, arguments: &[Argument], span: Span) -> Bind<Typed> {
        let Group { receiver, owner, name, types } = group;
        if owner.is_function()
            && name.text == "Invoke"
            && let Some(function) = receiver
        {
            return self.invoke(function, arguments, span);
        }
        let prepared = self.prepare(arguments)?;
        let Some(receiver) = receiver else {
            let found = named_candidates(&owner, &name.text, |member| {
                member.is_static && member.kind == MemberKind::Method
            });
            return self.resolved(&found, prepared, &types, None, &name.text, span);
        };
        if matches!(owner, Type::Unknown) {
            let mut operands = vec![receiver.node];
            operands.extend(self.plain_arguments(prepared)?);
            let late = Late::Call(name.text.into(), types.into());
            return Ok(Typed::new(Op::Late(Box::new((late, operands, Vec::new()))), span, Type::Unknown));
        }
        if owner.nullable_of().is_some() {
            return self.nullable_call(receiver, &name.text, prepared, &types, span);
        }
        let members = named_candidates(&owner, &name.text, |member| {
            !member.is_static && member.kind == MemberKind::Method
        });
        if let Some(chosen) = self.choose(&members, &prepared, &types) {
            return self.build(&chosen, prepared, Some(receiver), span);
        }
        self.extension_call(&members, receiver, prepared, &types, &name.text, span)
    }

    /// An extension method, when no member of the object itself fits.
    fn extension_call(
        &mut self,
        members: &[Candidate],
        receiver: Typed,
        prepared: Vec<Prepared<'_>>,
        types: &[Type],
        name: &str,
        span: Span,
    ) -> Bind<Typed> {
        let extensions = extensions(name);
        let mut with_receiver = vec![Self::given(receiver)];
        with_receiver.extend(prepared);
        if let Some(chosen) = self.choose(&extensions, &with_receiver, types) {
            self.build(&chosen, with_receiver, None, span)
        } else {
            let mut all = members.to_vec();
            if all.is_empty() {
                all = extensions;
            }
            self.wrong_arguments(&all, &with_receiver, name, span)
        }
    }

    /// Methods of `T?`.
    fn nullable_call(
        &mut self,
        receiver: Typed,
        name: &str,
        prepared: Vec<Prepared<'_>>,
        types: &[Type],
        span: Span,
    ) -> Bind<Typed> {
        let inner = receiver.ty.nullable_of().cloned().unwrap_or(Type::Unknown);
        let count = prepared.len();
        if name == "GetValueOrDefault" {
            let default = match prepared.into_iter().next() {
                None => Node { op: Op::Constant(default_value(&inner)), span },
                Some(argument) => {
                    let nodes = self.plain_arguments(vec![argument])?;
                    let Some(node) = nodes.into_iter().next() else { return Err(Reported) };
                    node
                }
            };
            return Ok(Typed::new(Op::Coalesce(Box::new([receiver.node, default])), span, inner));
        }
        let on_null = match (name, count) {
            ("ToString", 0) => Value::from(""),
            ("GetHashCode", 0) => Value::Int(0),
            ("Equals", 1) => {
                let nodes = self.plain_arguments(prepared)?;
                let Some(other) = nodes.into_iter().next() else { return Err(Reported) };
                let both = Box::new([receiver.node, other]);
                return Ok(Typed::new(Op::Equal(Equality::Value, false, both), span, Type::BOOL));
            }
            ("GetType", 0) => {
                let op = Op::Convert(Box::new(super::super::ir::Conversion::Unwrap), Box::new(receiver.node));
                let value = Typed::new(op, span, inner);
                let members = named_candidates(&value.ty, name, |member| member.kind == MemberKind::Method);
                return self.resolved(&members, prepared, types, Some(value), name, span);
            }
            _ => return self.extension_call(&[], receiver, prepared, types, name, span),
        };
        let slot = self.temporary(inner.clone());
        let value = Typed::new(Op::Local(slot), span, inner);
        let members = named_candidates(&value.ty, name, |member| {
            !member.is_static && member.kind == MemberKind::Method
        });
        let call = self.resolved(&members, prepared, types, Some(value), name, span)?;
        let safe = Op::NullSafe(slot, Box::new([receiver.node, call.node]));
        let default = Node { op: Op::Constant(on_null), span };
        Ok(Typed::new(Op::Coalesce(Box::new([Node { op: safe, span }, default])), span, call.ty))
    }

    /// What a method gives when it is used as a value with these parameters.
    pub(super) fn group_result(&mut self, group: &Group, parameters: &[Type]) -> Option<Type> {
        let before = self.diagnostics.len();
        let slots: Vec<u32> = parameters.iter().map(|ty| self.temporary(ty.clone())).collect();
        let found = self.group_body(group, parameters, &slots);
        self.diagnostics.truncate(before);
        found.ok().map(|typed| typed.ty)
    }

    /// The call that a method stands for when it is used as a value.
    pub(super) fn group_body(&mut self, group: &Group, parameters: &[Type], slots: &[u32]) -> Bind<Typed> {
        let span = group.name.span;
        let given: Vec<Prepared<'_>> = slots
            .iter()
            .zip(parameters)
            .map(|(slot, ty)| Self::given(Typed::new(Op::Local(*slot), span, ty.clone())))
            .collect();
        let name = group.name.text.as_str();
        let members = named_candidates(&group.owner, name, |member| {
            member.is_static == group.receiver.is_none() && member.kind == MemberKind::Method
        });
        match &group.receiver {
            None => self.resolved(&members, given, &group.types, None, name, span),
            Some(receiver) => {
                if let Some(chosen) = self.choose(&members, &given, &group.types) {
                    return self.build(&chosen, given, Some(receiver.clone()), span);
                }
                self.extension_call(&members, receiver.clone(), given, &group.types, name, span)
            }
        }
    }

    /// Calls an operator of the library; with `T?` operands the call is lifted.
    pub(super) fn operator_call(
        &mut self,
        chosen: &super::overload::Chosen,
        operands: Vec<Typed>,
        lifted: bool,
        span: Span,
    ) -> Bind<Typed> {
        let mut result = chosen.member.result.clone();
        let is_test = result == Type::BOOL;
        let mut nodes = Vec::new();
        for (operand, ty) in operands.into_iter().zip(&chosen.parameters) {
            let wanted =
                if lifted && operand.ty.nullable_of().is_some() { ty.clone().nullable() } else { ty.clone() };
            nodes.push(self.coerce(operand, &wanted)?.node);
        }
        if lifted && !is_test && result.class() != Some(Class::Nullable) {
            result = result.nullable();
        }
        let nulls = match (lifted, is_test) {
            (false, _) => Nulls::Pass,
            (true, true) => Nulls::False,
            (true, false) => Nulls::Null,
        };
        let call = super::super::ir::CallOp {
            member: chosen.member,
            arguments: nodes.into(),
            types: Box::new([]),
            outs: Box::new([]),
            nulls,
        };
        Ok(Typed::new(Op::Call(Box::new(call)), span, result))
    }
}
