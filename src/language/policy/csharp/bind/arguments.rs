//! Arguments of calls: first as overload resolution sees them, then as values of the parameters' types.

use super::super::ir::{CallOp, Node, Nulls, Op};
use super::super::library::signature::MemberKind;
use super::super::syntax::{Argument, Expr, ExprKind};
use super::super::types::Type;
use super::super::value::Value;
use super::names::{Group, Thing};
use super::overload::{Arg, Candidate, Chosen, Given, Probe, Source, resolve};
use super::{Bind, Binder, Reported, Typed};
use crate::diagnostics::{Diagnostic, Span};

/// An argument whose type may still depend on the parameter.
pub(super) struct Prepared<'t> {
    given: Given,
    what: What<'t>,
}

enum What<'t> {
    Typed(Typed),
    /// A lambda or something else that takes its type from the parameter.
    Open(&'t Expr),
    Group(Group),
    /// `out` into a slot.
    Out(u32, Span),
    /// `out var name`
    Declare(&'t Expr),
}

impl Prepared<'_> {
    pub(super) fn constant(&self) -> Option<&Value> {
        match &self.what {
            What::Typed(typed) => typed.constant(),
            _ => None,
        }
    }

    fn span(&self) -> Span {
        match &self.what {
            What::Typed(typed) => typed.span(),
            What::Open(expr) | What::Declare(expr) => expr.span,
            What::Group(group) => group.name.span,
            What::Out(_, span) => *span,
        }
    }

    fn shown(&self) -> String {
        match &self.given.arg {
            Arg::Value(ty, _) => ty.to_string(),
            Arg::Lambda(_) => "a lambda".to_owned(),
            Arg::Group => "a method".to_owned(),
            Arg::Out(_) => "out".to_owned(),
        }
    }
}

struct Prober<'x, 'b, 't> {
    binder: &'x mut Binder<'b>,
    prepared: &'x [Prepared<'t>],
}

impl Probe for Prober<'_, '_, '_> {
    fn result_of(&mut self, at: usize, parameters: &[Type], expected: Option<&Type>) -> Option<Type> {
        match &self.prepared.get(at)?.what {
            What::Open(expr) => self.binder.lambda_result(expr, parameters, expected),
            What::Group(group) => self.binder.group_result(group, parameters),
            What::Typed(_) | What::Out(..) | What::Declare(_) => None,
        }
    }
}

impl Binder<'_> {
    /// Looks at arguments; all are looked at before the first failure ends the call.
    pub(super) fn prepare<'t>(&mut self, arguments: &'t [Argument]) -> Bind<Vec<Prepared<'t>>> {
        let found: Vec<Bind<Prepared<'t>>> =
            arguments.iter().map(|argument| self.prepare_one(argument)).collect();
        found.into_iter().collect()
    }

    fn prepare_one<'t>(&mut self, argument: &'t Argument) -> Bind<Prepared<'t>> {
        let name = argument.name.as_ref().map(|name| name.text.clone());
        let value = &argument.value;
        let (arg, what) = match &value.kind {
            ExprKind::Declaration { ty, .. } => {
                let ty = match self.ty(ty)? {
                    Type::Unknown => None,
                    known => Some(known),
                };
                (Arg::Out(ty), What::Declare(value))
            }
            ExprKind::Lambda { parameters, .. } => {
                let mut types = Vec::new();
                for parameter in parameters {
                    types.push(match &parameter.ty {
                        Some(ty) => Some(self.ty(ty)?),
                        None => None,
                    });
                }
                (Arg::Lambda(Some(types)), What::Open(value))
            }
            ExprKind::Default(None) => (Arg::Value(Type::Unknown, None), What::Open(value)),
            _ if argument.by_reference => {
                if let ExprKind::Name { name, .. } = &value.kind
                    && name.text == "_"
                    && self.lookup("_").is_none()
                {
                    (Arg::Out(None), What::Declare(value))
                } else {
                    let (slot, ty) = self.out_target(value)?;
                    (Arg::Out(Some(ty)), What::Out(slot, value.span))
                }
            }
            _ => match self.thing(value)? {
                Thing::Group(group) if !matches!(group.owner, Type::Unknown) => {
                    (Arg::Group, What::Group(group))
                }
                thing => {
                    let typed = self.thing_value(thing, value.span)?;
                    if typed.ty == Type::Void {
                        return self.fail(
                            "void-value",
                            value.span,
                            "this expression gives no value",
                            "expected a value",
                        );
                    }
                    (Arg::Value(typed.ty.clone(), typed.constant().cloned()), What::Typed(typed))
                }
            },
        };
        Ok(Prepared { given: Given { name, arg }, what })
    }

    /// A value that is given as an argument already.
    pub(super) fn given(typed: Typed) -> Prepared<'static> {
        let arg = Arg::Value(typed.ty.clone(), typed.constant().cloned());
        Prepared { given: Given { name: None, arg }, what: What::Typed(typed) }
    }

    /// Arguments where nothing is known of the parameters.
    pub(super) fn plain_arguments(&mut self, prepared: Vec<Prepared<'_>>) -> Bind<Vec<Node>> {
        let mut nodes = Vec::new();
        for argument in prepared {
            nodes.push(match argument.what {
                What::Typed(typed) => typed.node,
                What::Open(expr) => self.open_function(expr)?.node,
                What::Group(group) => {
                    return self
                        .unsupported(group.name.span, "a method as an argument of a call on `dynamic`");
                }
                What::Out(_, span) => return self.unsupported(span, "`out` in a call on `dynamic`"),
                What::Declare(expr) => return self.unsupported(expr.span, "`out` in a call on `dynamic`"),
            });
        }
        Ok(nodes)
    }

    /// Resolves a call and builds it. `receiver` is not among the arguments.
    pub(super) fn resolved(
        &mut self,
        candidates: &[Candidate],
        prepared: Vec<Prepared<'_>>,
        explicit: &[Type],
        receiver: Option<Typed>,
        name: &str,
        span: Span,
    ) -> Bind<Typed> {
        match self.choose(candidates, &prepared, explicit) {
            Some(chosen) => self.build(&chosen, prepared, receiver, span),
            None => self.wrong_arguments(candidates, &prepared, name, span),
        }
    }

    pub(super) fn choose(
        &mut self,
        candidates: &[Candidate],
        prepared: &[Prepared<'_>],
        explicit: &[Type],
    ) -> Option<Chosen> {
        let given: Vec<Given> = prepared.iter().map(|p| p.given.clone()).collect();
        resolve(candidates, &given, explicit, &mut Prober { binder: self, prepared })
    }

    /// Reports a call that no candidate takes.
    pub(super) fn wrong_arguments<T>(
        &mut self,
        candidates: &[Candidate],
        prepared: &[Prepared<'_>],
        name: &str,
        span: Span,
    ) -> Bind<T> {
        // A lambda with a mistake inside fits nowhere: its own mistakes say more.
        for argument in prepared {
            if let What::Open(expr) = &argument.what
                && self.report_lambda(expr)
            {
                return Err(Reported);
            }
        }
        let given: Vec<String> = prepared.iter().map(Prepared::shown).collect();
        let shown = if name == "this" { "`[...]`".to_owned() } else { format!("`{name}`") };
        let message = format!("{shown} does not take ({})", given.join(", "));
        let mut problem = Diagnostic::error("wrong-arguments", span, message).label("no form of it fits");
        let mut seen: Vec<&str> = Vec::new();
        for candidate in candidates {
            let signature = candidate.member.signature;
            if !seen.contains(&signature) && seen.len() < 8 {
                seen.push(signature);
                problem = problem.note(format!("there is: {signature}"));
            }
        }
        self.diagnostics.push(problem);
        Err(Reported)
    }

    /// The call itself.
    pub(super) fn build(
        &mut self,
        chosen: &Chosen,
        prepared: Vec<Prepared<'_>>,
        receiver: Option<Typed>,
        span: Span,
    ) -> Bind<Typed> {
        let member = chosen.member;
        let nulls = if member.is_static { Nulls::Pass } else { Nulls::Receiver };
        let mut arguments: Vec<Node> = Vec::new();
        if !member.is_static {
            arguments.extend(receiver.map(|receiver| receiver.node));
        }
        let mut outs = Vec::new();
        let mut waiting: Vec<Option<Prepared<'_>>> = prepared.into_iter().map(Some).collect();
        let mut take = |at: usize| waiting.get_mut(at).and_then(Option::take);
        let mut problem = false;
        for (source, ty) in chosen.sources.iter().zip(&chosen.parameters) {
            let node = match source {
                Source::Default(value) => Node { op: Op::Constant(value.clone()), span },
                Source::Argument(at) => {
                    let Some(argument) = take(*at) else { return Err(Reported) };
                    if let Ok((node, slot)) = self.realise(argument, ty) {
                        outs.extend(slot.map(|slot| (arguments.len(), slot)));
                        node
                    } else {
                        problem = true;
                        continue;
                    }
                }
                Source::Params(rest) => {
                    let element =
                        if let Type::Array(element) = ty { element.as_ref().clone() } else { Type::Unknown };
                    let mut items = Vec::new();
                    for at in rest {
                        let Some(argument) = take(*at) else { return Err(Reported) };
                        match self.realise(argument, &element) {
                            Ok((node, _)) => items.push(node),
                            Err(Reported) => problem = true,
                        }
                    }
                    Node { op: Op::Array(Box::new(element), items.into()), span }
                }
            };
            arguments.push(node);
        }
        if problem {
            return Err(Reported);
        }
        if member.class == super::super::Class::IVariables
            && member.kind == MemberKind::Method
            && let Some(Op::Constant(Value::Str(name))) = arguments.get(1).map(|node| &node.op)
        {
            let name = name.clone();
            self.policy_variable(&name, span)?;
        }
        let ty = member.result.substitute(&chosen.types);
        // `Tuple.Create` belongs to a class without type arguments, whatever `Tuple<...>` has.
        let class_types = chosen.types.get(..member.class_arity).unwrap_or(&[]);
        let is_plain = member.is_static
            && member.kind == MemberKind::Method
            && class_types.iter().all(|ty| matches!(ty, Type::Unknown));
        let types = chosen.types.get(if is_plain { member.class_arity } else { 0 }..).unwrap_or(&[]);
        let call =
            CallOp { member, arguments: arguments.into(), types: types.into(), outs: outs.into(), nulls };
        let op = if member.kind == MemberKind::IndexSetter || member.kind == MemberKind::Setter {
            Op::Store(Box::new(call))
        } else {
            Op::Call(Box::new(call))
        };
        Ok(Typed::new(op, span, ty))
    }

    /// The argument as a value of the parameter's type, and the slot that it writes to.
    fn realise(&mut self, argument: Prepared<'_>, ty: &Type) -> Bind<(Node, Option<u32>)> {
        let span = argument.span();
        match argument.what {
            What::Typed(typed) => Ok((self.coerce(typed, ty)?.node, None)),
            What::Open(expr) => Ok((self.value_as(expr, ty)?.node, None)),
            What::Group(group) => Ok((self.group_value(&group, ty)?.node, None)),
            What::Out(slot, span) => {
                self.flow.assign(slot);
                self.mark_changed(slot);
                Ok((Node { op: Op::Local(slot), span }, Some(slot)))
            }
            What::Declare(expr) => {
                let slot = match &expr.kind {
                    ExprKind::Declaration { name, ty: written } if name.text != "_" => {
                        let written = self.ty(written)?;
                        let ty = if matches!(written, Type::Unknown) { ty.clone() } else { written };
                        self.declare(name, ty)
                    }
                    _ => self.temporary(ty.clone()),
                };
                self.mark_changed(slot);
                Ok((Node { op: Op::Constant(Value::Null), span }, Some(slot)))
            }
        }
    }
}
