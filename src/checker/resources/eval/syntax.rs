//! Expressions and templates as all languages are read into: what ARM JSON, Bicep and Terraform say differently is
//! the same tree here, so that one machine evaluates them.
//!
//! Operators are calls of the functions that mean the same (`a == b` is `equals(a, b)`, `c ? a : b` is `if`).

use std::sync::Arc;

use crate::diagnostics::Span;
use crate::resources::Form;

/// An expression and where it is written.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(crate) enum ExprKind {
    Null,
    Bool(bool),
    /// As it is written.
    Number(Arc<str>),
    /// A text; `content` is the place of its bytes when they are the text itself.
    Text {
        text: Arc<str>,
        content: Option<Span>,
    },
    /// Parts one after the other, as an interpolation puts them together.
    Joined(Vec<Expr>),
    Array(Vec<Item>),
    Object(Vec<Entry>),
    /// A parameter, variable, resource, module or local, by name.
    Name(Arc<str>),
    /// A call; `on` is the namespace or value before the point.
    Call {
        on: Option<Box<Expr>>,
        name: Arc<str>,
        arguments: Vec<Expr>,
    },
    Member {
        of: Box<Expr>,
        name: Arc<str>,
        is_safe: bool,
    },
    Index {
        of: Box<Expr>,
        at: Box<Expr>,
        is_safe: bool,
    },
    Lambda {
        names: Vec<Arc<str>>,
        body: Box<Expr>,
    },
    /// A list made of another one.
    For {
        repeat: Box<Repeat>,
        body: Box<Expr>,
    },
    /// Something that could not be read; its problem has been told.
    Broken,
}

/// An element of a list.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    One(Expr),
    /// All elements of another list.
    Spread(Expr),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Member {
        name: Expr,
        value: Expr,
    },
    /// All members of another object.
    Spread(Expr),
}

/// How often, and over what.
#[derive(Clone, Debug)]
pub(crate) enum Repeat {
    /// `for (item, index) in list: if (condition)`
    Over { item: Arc<str>, index: Option<Arc<str>>, list: Expr, condition: Option<Expr> },
    /// `for key, value in list : .. if condition` of Terraform, over lists, sets, maps and resources. Keys of a set
    /// are its elements.
    Entries { key: Option<Arc<str>>, value: Arc<str>, list: Expr, condition: Option<Expr>, is_set: bool },
    /// `copy` of that name. Loops of resources are those that `copyIndex()` without a name means.
    Count { name: Arc<str>, count: Expr, is_resource: bool },
}

/// A template: a file, or what a deployment inside of one holds.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) form: Form,
    /// Where it begins.
    pub(crate) span: Span,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) functions: Vec<Function>,
    pub(crate) imports: Vec<Import>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) outputs: Vec<Variable>,
    /// Whether only a part of a template or of a Bicep file could be read: then names may be declared elsewhere.
    pub(crate) is_fragment: bool,
    /// Whether names of resources stand for them in expressions.
    pub(crate) has_symbols: bool,
}

/// A parameter with its default.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Arc<str>,
    pub(crate) default: Option<Expr>,
    /// Whether null may be given, and is when nothing is.
    pub(crate) is_nullable: bool,
    /// What its type adds to a value.
    pub(crate) filling: Option<Filling>,
}

/// What a type adds to a value: members that may be left out, with their defaults.
#[derive(Clone, Debug)]
pub(crate) enum Filling {
    /// To every element of a list or map.
    Each(Box<Self>),
    /// To an object.
    Members(Vec<Filled>),
}

/// A member of an object type.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    pub(crate) name: Arc<str>,
    /// Whether it may be left out: then it is the default, or null.
    pub(crate) is_optional: bool,
    pub(crate) default: Option<Expr>,
    pub(crate) inner: Option<Filling>,
}

/// A variable or an output.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: Arc<str>,
    pub(crate) value: Expr,
}

/// A function of the user: `namespace.name` in ARM JSON.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: Arc<str>,
    pub(crate) parameters: Vec<Arc<str>>,
    pub(crate) body: Expr,
    /// Whether its parameters are read with `parameters('x')`.
    pub(crate) is_arm: bool,
}

/// A name that another file declares; all of them when `original` is `None`.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) name: Arc<str>,
    pub(crate) original: Option<Arc<str>>,
    pub(crate) path: Arc<str>,
}

/// A resource, a loop of them, or a deployment of another template.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// By which expressions speak of it.
    pub(crate) symbol: Option<Arc<str>>,
    /// Where it begins.
    pub(crate) span: Span,
    /// Its type, without version.
    pub(crate) resource_type: Expr,
    pub(crate) api_version: Option<Expr>,
    pub(crate) is_existing: bool,
    pub(crate) repeat: Option<Repeat>,
    pub(crate) condition: Option<Expr>,
    /// An object.
    pub(crate) body: Expr,
    /// The resource around it, by its place among those of the template.
    pub(crate) parent: Option<usize>,
    pub(crate) inner: Option<Inner>,
}

/// What a deployment deploys.
#[derive(Clone, Debug)]
pub(crate) enum Inner {
    /// A file, by its path from the file that names it.
    File(Arc<str>),
    /// A template written there. One of outer scope sees the parameters and variables around it.
    Template { template: Box<Template>, is_outer: bool },
    /// One that is not among the files, by its name in a registry.
    Elsewhere(Arc<str>),
}

impl Expr {
    pub(crate) const fn new(kind: ExprKind, span: Span) -> Self {
        Self { kind, span }
    }

    /// A text that is computed or has no place of its own.
    pub(crate) fn text(text: &str, span: Span) -> Self {
        Self::new(ExprKind::Text { text: Arc::from(text), content: None }, span)
    }

    /// A call of a function.
    pub(crate) fn call(name: &str, arguments: Vec<Self>, span: Span) -> Self {
        Self::new(ExprKind::Call { on: None, name: Arc::from(name), arguments }, span)
    }

    /// The text, if it is one as it stands.
    pub(crate) fn literal(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The value of a member of an object that is written out.
    pub(crate) fn member(&self, wanted: &str) -> Option<&Self> {
        let ExprKind::Object(entries) = &self.kind else { return None };
        entries.iter().find_map(|entry| match entry {
            Entry::Member { name, value }
                if name.literal().is_some_and(|n| n.eq_ignore_ascii_case(wanted)) =>
            {
                Some(value)
            }
            _ => None,
        })
    }
}
