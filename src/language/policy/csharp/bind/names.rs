//! Names: locals, functions, types, namespaces, `context`.

use super::super::classes::Class;
use super::super::ir::{Node, Op};
use super::super::parse::NamedValues;
use super::super::syntax::{Expr, ExprKind, Name, TypeSyntax};
use super::super::types::Type;
use super::super::value::{Host, Value};
use super::types::{class_type, is_namespace, is_refused};
use super::{Bind, Binder, Entry, Reported, Typed};
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::closest;

/// What an expression stands for before it is known how it is used.
pub(super) enum Thing {
    /// A value.
    Value(Typed),
    /// A type.
    Type(Type),
    /// A namespace.
    Namespace(String),
    /// Methods: of a value, or of a type.
    Group(Group),
    /// A local function.
    Function(usize),
}

/// Methods of one name.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// What they are called on.
    pub(super) receiver: Option<Typed>,
    /// The type they are taken from.
    pub(super) owner: Type,
    /// Their name.
    pub(super) name: Name,
    /// `<...>` behind the name.
    pub(super) types: Vec<Type>,
}

impl Binder<'_> {
    /// What is called: of several members of one name those that can be.
    pub(super) fn callee(&mut self, expr: &Expr) -> Bind<Thing> {
        let before = std::mem::replace(&mut self.is_callee, matches!(expr.kind, ExprKind::Member { .. }));
        let found = self.thing(expr);
        self.is_callee = before;
        found
    }

    /// What the expression stands for.
    pub(super) fn thing(&mut self, expr: &Expr) -> Bind<Thing> {
        match &expr.kind {
            ExprKind::Name { name, type_arguments } => self.name(name, type_arguments, expr.span),
            ExprKind::Type(ty) => Ok(Thing::Type(self.ty(ty)?)),
            ExprKind::Member { object, name, type_arguments } => {
                self.enter(expr.span)?;
                let is_callee = std::mem::take(&mut self.is_callee);
                let found = self.thing(object).and_then(|object| {
                    let types = self.type_list(type_arguments)?;
                    self.is_callee = is_callee;
                    self.member_of(object, name, types, expr.span)
                });
                self.is_callee = false;
                self.leave();
                found
            }
            _ => Ok(Thing::Value(self.expr(expr)?)),
        }
    }

    pub(super) fn type_list(&mut self, syntax: &[TypeSyntax]) -> Bind<Vec<Type>> {
        syntax.iter().map(|ty| self.ty(ty)).collect()
    }

    fn name(&mut self, name: &Name, type_arguments: &[TypeSyntax], span: Span) -> Bind<Thing> {
        if type_arguments.is_empty() {
            if let Some(entry) = self.lookup(&name.text) {
                return Ok(match entry {
                    Entry::Function(at) => Thing::Function(at),
                    Entry::Local(slot) => Thing::Value(self.read_local(slot, name)?),
                });
            }
            if name.text == "context" {
                let op = Op::Constant(Value::Host(Host::Context));
                return Ok(Thing::Value(Typed::new(op, span, Type::Plain(Class::IProxyRequestContext))));
            }
        }
        let is_token = name.text.len() > 4 && name.text.starts_with("__") && name.text.ends_with("__");
        let is_tolerated = self.options.parse.named_values == NamedValues::Tolerate;
        if is_tolerated && (name.text.starts_with(['{', '$']) || is_token) {
            // A named value or the rest of a template, which may stand for anything.
            let null = Node { op: Op::Constant(Value::Null), span };
            return Ok(Thing::Value(Typed::new(Op::Throw(Box::new(null)), span, Type::Unknown)));
        }
        let types = self.type_list(type_arguments)?;
        if let Some(class) = Self::class_named("", &name.text, types.len()) {
            return Ok(Thing::Type(class_type(class, types)));
        }
        if is_namespace(&name.text) {
            return Ok(Thing::Namespace(name.text.clone()));
        }
        if is_refused(&name.text) {
            return self.unknown_type(&name.text, span);
        }
        let mut problem = Diagnostic::error("unknown-name", span, format!("unknown name `{}`", name.text))
            .label("neither a variable nor a type");
        let locals = self.scopes.iter().flatten().map(|(known, _)| known.as_str());
        let classes = Class::ALL.iter().map(|class| class.keyword());
        if let Some(meant) = closest(&name.text, locals.chain(["context"]).chain(classes)) {
            problem = problem.help(format!("did you mean `{meant}`?"));
        }
        self.diagnostics.push(problem);
        Err(Reported)
    }

    pub(super) fn lookup(&self, name: &str) -> Option<Entry> {
        let scopes = self.scopes.iter().rev();
        scopes.flat_map(|scope| scope.iter().rev()).find(|(known, _)| known == name).map(|(_, entry)| *entry)
    }

    /// The value of a local.
    pub(super) fn read_local(&mut self, slot: u32, name: &Name) -> Bind<Typed> {
        let Some(local) = self.local(slot) else { return Err(Reported) };
        let (ty, constant) = (local.ty.clone(), local.constant.clone());
        if let Some(value) = constant {
            return Ok(Typed::new(Op::Constant(value), name.span, ty));
        }
        if self.flow.is_unassigned(slot) {
            self.flow.assign(slot);
            self.error(
                "unassigned-variable",
                name.span,
                format!("`{}` is used before it has a value", name.text),
                "not every way here gives it a value",
            );
        }
        self.note_use(slot);
        Ok(Typed { node: Node { op: Op::Local(slot), span: name.span }, ty })
    }

    /// Declares a local; `_` as a discard is the caller's business.
    pub(super) fn declare(&mut self, name: &Name, ty: Type) -> u32 {
        let taken = matches!(self.lookup(&name.text), Some(Entry::Local(_) | Entry::Function(_)));
        if taken {
            self.error(
                "name-taken",
                name.span,
                format!("`{}` is declared already", name.text),
                "another name is needed",
            );
        }
        let slot = self.slot(ty);
        self.enter_name(name.text.clone(), Entry::Local(slot));
        slot
    }

    pub(super) fn enter_name(&mut self, name: String, entry: Entry) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name, entry));
        }
    }
}
