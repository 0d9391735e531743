//! `new`: objects, arrays, anonymous objects, initialisers.

use super::super::classes::{Class, Kind};
use super::super::ir::{Node, Op};
use super::super::library::signature::MemberKind;
use super::super::syntax::{Argument, Expr, ExprKind, Initializer, InitializerValue, Name, TypeSyntax};
use super::super::types::{Type, default_value};
use super::access::named_candidates;
use super::names::Thing;
use super::{Bind, Binder, Entry, Reported, Typed, relations};
use crate::diagnostics::Span;
use crate::policy::Text;

impl Binder<'_> {
    /// `new T(arguments) { initializer }`
    pub(super) fn create(
        &mut self,
        target: &TypeSyntax,
        arguments: &[Argument],
        initializer: Option<&Initializer>,
        span: Span,
    ) -> Bind<Typed> {
        let ty = self.ty(target)?;
        let created = self.construct(&ty, arguments, span)?;
        match initializer {
            None => Ok(created),
            Some(initializer) => self.initialized(created, initializer, span),
        }
    }

    fn construct(&mut self, ty: &Type, arguments: &[Argument], span: Span) -> Bind<Typed> {
        if ty.is_function()
            && let [only] = arguments
        {
            return self.value_as(&only.value, ty);
        }
        let Some(class) = ty.class() else {
            return self.fail("type-mismatch", span, "this type cannot be created", "no class");
        };
        if class == Class::Nullable
            && let (Some(inner), [only]) = (ty.nullable_of().cloned(), arguments)
        {
            let value = self.value_as(&only.value, &inner)?;
            return Ok(Typed { node: value.node, ty: ty.clone() });
        }
        if matches!(class, Class::Tuple | Class::ValueTuple)
            && arguments.len() == ty.arguments().len()
            && !arguments.is_empty()
        {
            let mut nodes = Vec::new();
            for (argument, item) in arguments.iter().zip(ty.arguments()) {
                nodes.push(self.value_as(&argument.value, item)?.node);
            }
            if class == Class::ValueTuple {
                return Ok(Typed::new(Op::Tuple(ty.arguments().into(), nodes.into()), span, ty.clone()));
            }
        }
        let prepared = self.prepare(arguments)?;
        let mut constructors = named_candidates(ty, "new", |member| member.kind == MemberKind::Constructor);
        constructors.retain(|candidate| candidate.level == 0);
        if prepared.is_empty() && ty.is_value_type() && constructors.is_empty() {
            return Ok(Typed::new(Op::Constant(default_value(ty)), span, ty.clone()));
        }
        if constructors.is_empty() {
            let reason = match class.kind() {
                Kind::Interface => "an interface has no objects of its own",
                Kind::Static => "this type has static members only",
                _ => "it has no constructor that expressions may use",
            };
            return self.fail("not-creatable", span, format!("`{ty}` cannot be created"), reason);
        }
        let mut made = self.resolved(&constructors, prepared, &[], None, class.name(), span)?;
        made.ty = ty.clone();
        Ok(made)
    }

    fn initialized(&mut self, created: Typed, initializer: &Initializer, span: Span) -> Bind<Typed> {
        let slot = self.temporary(created.ty.clone());
        let mut nodes = vec![Node { op: Op::SetLocal(slot, Box::new(created.node)), span }];
        let object = Typed::new(Op::Local(slot), span, created.ty.clone());
        self.initialize(&object, initializer, &mut nodes, span)?;
        nodes.push(object.node);
        Ok(Typed::new(Op::Sequence(nodes.into()), span, created.ty))
    }

    fn initialize(
        &mut self,
        object: &Typed,
        initializer: &Initializer,
        nodes: &mut Vec<Node>,
        span: Span,
    ) -> Bind<()> {
        let Op::Local(slot) = object.node.op else { return Err(Reported) };
        // The object by a name that code cannot write, so that assignments to it can be bound as usual.
        let name = Name { text: format!("<{slot}>"), span };
        self.scopes.push(vec![(name.text.clone(), Entry::Local(slot))]);
        let result = self.initialize_parts(&name, object, initializer, nodes, span);
        self.scopes.pop();
        result
    }

    fn initialize_parts(
        &mut self,
        name: &Name,
        object: &Typed,
        initializer: &Initializer,
        nodes: &mut Vec<Node>,
        span: Span,
    ) -> Bind<()> {
        let this = || Expr { kind: ExprKind::Name { name: name.clone(), type_arguments: Vec::new() }, span };
        let mut failed = false;
        match initializer {
            Initializer::Members(members) => {
                for (member, value) in members {
                    let target = Expr {
                        kind: ExprKind::Member {
                            object: Box::new(this()),
                            name: member.clone(),
                            type_arguments: Vec::new(),
                        },
                        span: member.span,
                    };
                    failed |= self.initialize_one(&target, value, nodes).is_err();
                }
            }
            Initializer::Indexed(items) => {
                for (indices, value) in items {
                    let arguments = indices
                        .iter()
                        .map(|index| Argument { name: None, by_reference: false, value: index.clone() })
                        .collect();
                    let at = indices.first().map_or(span, |index| index.span);
                    let target =
                        Expr { kind: ExprKind::Index { object: Box::new(this()), arguments }, span: at };
                    failed |= self.initialize_one(&target, value, nodes).is_err();
                }
            }
            Initializer::Elements(elements) => {
                for arguments in elements {
                    let at = arguments.first().map_or(span, |value| value.span);
                    let arguments: Vec<Argument> = arguments
                        .iter()
                        .map(|value| Argument { name: None, by_reference: false, value: value.clone() })
                        .collect();
                    let adders = named_candidates(&object.ty, "Add", |member| {
                        member.kind == MemberKind::Method && !member.is_static
                    });
                    if adders.is_empty() {
                        let message = format!("`{}` has no method `Add`", object.ty);
                        return self.fail("unknown-member", at, message, "these braces need one");
                    }
                    let added = self.prepare(&arguments).and_then(|prepared| {
                        self.resolved(&adders, prepared, &[], Some(object.clone()), "Add", at)
                    });
                    match added {
                        Ok(call) => nodes.push(call.node),
                        Err(Reported) => failed = true,
                    }
                }
            }
        }
        if failed { Err(Reported) } else { Ok(()) }
    }

    fn initialize_one(&mut self, target: &Expr, value: &InitializerValue, nodes: &mut Vec<Node>) -> Bind<()> {
        match value {
            InitializerValue::Expr(value) => {
                nodes.push(self.assign(None, target, value, target.span)?.node);
                Ok(())
            }
            InitializerValue::Nested(initializer) => {
                let inner = self.value(target)?;
                let slot = self.temporary(inner.ty.clone());
                let object = Typed::new(Op::Local(slot), target.span, inner.ty);
                nodes.push(Node { op: Op::SetLocal(slot, Box::new(inner.node)), span: target.span });
                self.initialize(&object, initializer, nodes, target.span)
            }
        }
    }

    /// `new T[sizes] { items }`
    pub(super) fn create_array(
        &mut self,
        element: Option<&TypeSyntax>,
        sizes: &[Expr],
        items: Option<&[Expr]>,
        span: Span,
    ) -> Bind<Typed> {
        let element = match element {
            Some(element) => Some(self.ty(element)?),
            None => None,
        };
        if sizes.len() > 1 {
            return self.unsupported(span, "an array of several dimensions");
        }
        match (element, sizes.first(), items) {
            (Some(element), _, Some(items)) => self.array_items(&element, items, span),
            (Some(element), Some(size), None) => {
                let size = self.array_index(size)?;
                let fill = Node { op: Op::Constant(default_value(&element)), span };
                let ty = Type::array(element.clone());
                Ok(Typed::new(Op::ArrayOf(Box::new(element), Box::new([size.node, fill])), span, ty))
            }
            (None, _, Some(items)) => {
                let found: Vec<Bind<Typed>> = items.iter().map(|item| self.value(item)).collect();
                let found: Vec<Typed> = found.into_iter().collect::<Bind<_>>()?;
                let types: Vec<_> =
                    found.iter().map(|item| (item.ty.clone(), item.constant().cloned())).collect();
                let Some(element) = relations::common(&types) else {
                    return self.fail(
                        "type-mismatch",
                        span,
                        "the items of this array have no common type",
                        "expected `new T[] { ... }`",
                    );
                };
                let mut nodes = Vec::new();
                for item in found {
                    nodes.push(self.coerce(item, &element)?.node);
                }
                let ty = Type::array(element.clone());
                Ok(Typed::new(Op::Array(Box::new(element), nodes.into()), span, ty))
            }
            _ => self.fail(
                "syntax",
                span,
                "this array has neither a size nor items",
                "expected `[n]` or `{ ... }`",
            ),
        }
    }

    /// An array of known element type.
    pub(super) fn array_items(&mut self, element: &Type, items: &[Expr], span: Span) -> Bind<Typed> {
        let found: Vec<Bind<Typed>> = items
            .iter()
            .map(|item| match (&item.kind, element) {
                (ExprKind::NewArray { element: None, sizes, items: Some(items) }, Type::Array(inner))
                    if sizes.is_empty() =>
                {
                    self.array_items(inner, items, item.span)
                }
                _ => self.value_as(item, element),
            })
            .collect();
        let found: Vec<Typed> = found.into_iter().collect::<Bind<_>>()?;
        let nodes: Vec<Node> = found.into_iter().map(|item| item.node).collect();
        Ok(Typed::new(Op::Array(Box::new(element.clone()), nodes.into()), span, Type::array(element.clone())))
    }

    /// `new { name = value }`
    pub(super) fn create_anonymous(&mut self, fields: &[(Name, Expr)], span: Span) -> Bind<Typed> {
        let mut types = Vec::new();
        let mut nodes = Vec::new();
        for (name, value) in fields {
            let value = match self.thing(value)? {
                Thing::Function(at) => self.function_value(at, value.span)?,
                thing => self.thing_value(thing, value.span)?,
            };
            if matches!(value.ty, Type::Null | Type::Void) {
                let message = format!("`{}` needs a type", name.text);
                return self.fail(
                    "type-mismatch",
                    value.span(),
                    message,
                    "`null` has none; a cast helps: `(string)null`",
                );
            }
            types.push((Text::from(name.text.clone()), value.ty));
            nodes.push(value.node);
        }
        let ty = Type::Anonymous(types.into());
        Ok(Typed::new(Op::Anonymous(Box::new(ty.clone()), nodes.into()), span, ty))
    }
}
