//! What an element may hold, as a table, and its reading by that table.
//!
//! Rules
//! - What the reference requires and what cannot be a value is an error.
//! - What the reference does not know (attributes, children) is a warning: published documents carry more
//!   than it says.
//! - In a check, what is not known is not missing.

use super::Compiler;
use crate::diagnostics::Diagnostic;
use crate::policy::closest;
use crate::policy::operations::Evaluated;
use crate::policy::scan::{Attribute, Element};
use crate::policy::{Operand, Text, VariableSlot};
use crate::units::{Duration, StatusCode};

/// What an attribute holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// A text that is not blank.
    Name,
    /// `true` or `false`.
    Flag,
    /// A whole number from, to.
    Whole(u32, u32),
    /// Seconds.
    Seconds,
    /// A status code.
    Status,
    /// One of these.
    Word(&'static [&'static str]),
    /// A value of any type, which is of no use here.
    Value,
}

/// An attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
    /// The service takes an expression.
    pub(super) is_computed: bool,
}

/// An attribute that has to be there.
pub(super) const fn required(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_required: true, is_computed: true }
}

/// An attribute that may be there.
pub(super) const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_required: false, is_computed: true }
}

impl Field {
    /// The same, and the service takes no expression.
    pub(super) const fn written(mut self) -> Self {
        self.is_computed = false;
        self
    }
}

/// What stands between the tags beside the children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// White space.
    Nothing,
    /// A text that has to be there.
    Text,
    /// A text that may be there.
    AnyText,
    /// Data that is not looked at, children too.
    Data,
}

/// A child.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    pub(super) name: &'static str,
    pub(super) shape: &'static Shape,
    pub(super) least: usize,
    pub(super) most: usize,
}

/// A child that there may be any number of.
pub(super) const fn many(name: &'static str, shape: &'static Shape) -> Child {
    Child { name, shape, least: 0, most: usize::MAX }
}

/// A child that there has to be one of, or more.
pub(super) const fn some(name: &'static str, shape: &'static Shape) -> Child {
    Child { name, shape, least: 1, most: usize::MAX }
}

/// A child that there may be one of.
pub(super) const fn maybe(name: &'static str, shape: &'static Shape) -> Child {
    Child { name, shape, least: 0, most: 1 }
}

/// A child that there has to be one of.
pub(super) const fn one(name: &'static str, shape: &'static Shape) -> Child {
    Child { name, shape, least: 1, most: 1 }
}

/// What an element may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) fields: &'static [Field],
    pub(super) content: Content,
    pub(super) children: &'static [Child],
}

/// An element without anything.
pub(super) const EMPTY: Shape = Shape { fields: &[], content: Content::Nothing, children: &[] };
/// An element with a text.
pub(super) const TEXT: Shape = Shape { content: Content::Text, ..EMPTY };
/// An element with anything.
pub(super) const DATA: Shape = Shape { content: Content::Data, ..EMPTY };

/// What was read of an element.
#[derive(Debug, Default)]
pub(super) struct Filled {
    fields: Vec<(&'static str, Evaluated)>,
    children: Vec<(&'static str, Filled)>,
    /// The text, if the shape has one.
    pub(super) text: Option<Operand<Text>>,
    /// Something needed is missing or not known: there is nothing to run.
    pub(super) is_partial: bool,
}

impl Filled {
    fn take(&mut self, name: &str) -> Option<Evaluated> {
        let at = self.fields.iter().position(|(known, _)| *known == name)?;
        Some(self.fields.remove(at).1)
    }

    /// The text of an attribute.
    pub(super) fn words(&mut self, name: &str) -> Option<Operand<Text>> {
        match self.take(name)? {
            Evaluated::Text(operand) => Some(operand),
            _ => None,
        }
    }

    pub(super) fn flag(&mut self, name: &str, default: bool) -> Operand<bool> {
        match self.take(name) {
            Some(Evaluated::Flag(operand)) => operand,
            _ => Operand::Literal(default),
        }
    }

    pub(super) fn whole(&mut self, name: &str) -> Option<Operand<u32>> {
        match self.take(name)? {
            Evaluated::Whole(operand) => Some(operand),
            _ => None,
        }
    }

    pub(super) fn seconds(&mut self, name: &str, default: Duration) -> Operand<Duration> {
        match self.take(name) {
            Some(Evaluated::Seconds(operand)) => operand,
            _ => Operand::Literal(default),
        }
    }

    pub(super) fn status(&mut self, name: &str, default: StatusCode) -> Operand<StatusCode> {
        match self.take(name) {
            Some(Evaluated::Status(operand)) => operand,
            _ => Operand::Literal(default),
        }
    }

    /// The children called `name`, in order.
    pub(super) fn children(&mut self, name: &str) -> Vec<Self> {
        let (taken, kept) = std::mem::take(&mut self.children).into_iter().partition(|(n, _)| *n == name);
        self.children = kept;
        let taken: Vec<(&'static str, Self)> = taken;
        taken.into_iter().map(|(_, child)| child).collect()
    }

    /// The texts of the children called `name`.
    pub(super) fn texts(&mut self, name: &str) -> Vec<Operand<Text>> {
        self.children(name).into_iter().filter_map(|child| child.text).collect()
    }

    /// The texts of the children `inner` of the children `outer`.
    pub(super) fn texts_in(&mut self, outer: &str, inner: &str) -> Vec<Operand<Text>> {
        self.children(outer).into_iter().flat_map(|mut child| child.texts(inner)).collect()
    }

    /// Everything that was read and not taken, in order.
    pub(super) fn into_evaluated(self) -> Vec<Evaluated> {
        let mut all: Vec<Evaluated> = self.fields.into_iter().map(|(_, value)| value).collect();
        all.extend(self.text.map(Evaluated::Text));
        all.extend(self.children.into_iter().flat_map(|(_, child)| child.into_evaluated()));
        all
    }
}

impl Compiler<'_> {
    /// Reads an element by its shape, and tells what is wrong with it.
    pub(super) fn fill(&mut self, element: &Element, shape: &Shape) -> Filled {
        let mut filled = Filled::default();
        self.tell_unknown_attributes(element, shape);
        for field in shape.fields {
            match element.attribute(field.name) {
                None => {
                    if field.is_required {
                        self.required(element, field.name);
                        filled.is_partial = true;
                    }
                }
                Some(attribute) if matches!(field.kind, Kind::Value) => {
                    self.any_value(attribute);
                }
                Some(attribute) => match self.field(attribute, *field) {
                    Some(value) => filled.fields.push((field.name, value)),
                    None => filled.is_partial = true,
                },
            }
        }
        match shape.content {
            Content::Data => return filled,
            Content::Nothing => self.check_no_text(element),
            Content::Text | Content::AnyText => self.fill_text(element, shape, &mut filled),
        }
        self.fill_children(element, shape, &mut filled);
        filled
    }

    fn tell_unknown_attributes(&mut self, element: &Element, shape: &Shape) {
        if element.damaged {
            return;
        }
        for attribute in &element.attributes {
            let name = attribute.name.as_str();
            if name == "id"
                || name == "xmlns"
                || name.contains(':')
                || shape.fields.iter().any(|f| f.name == name)
            {
                continue;
            }
            let message = format!("`{}` has no attribute `{name}`", element.name);
            let mut diagnostic = Diagnostic::warning("unknown-attribute", attribute.name_span, message)
                .label("without effect here");
            if let Some(close) = closest(name, shape.fields.iter().map(|f| f.name)) {
                diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
            }
            self.report(diagnostic);
        }
    }

    fn field(&mut self, attribute: &Attribute, field: Field) -> Option<Evaluated> {
        if !field.is_computed && attribute.value.is_expression {
            self.literal_only(attribute);
            return None;
        }
        match field.kind {
            Kind::Text | Kind::Value => {
                self.text_operand(&attribute.value, &attribute.name).map(Evaluated::Text)
            }
            Kind::Name => self.name_operand(attribute).map(trimmed).map(Evaluated::Text),
            Kind::Flag => self.bool_operand(attribute).map(Evaluated::Flag),
            Kind::Whole(least, most) => self.count_operand(attribute, least, most).map(Evaluated::Whole),
            Kind::Seconds => self.seconds_operand(attribute).map(Evaluated::Seconds),
            Kind::Status => self.status_operand(attribute).map(Evaluated::Status),
            Kind::Word(words) => {
                let operand = trimmed(self.text_operand(&attribute.value, &attribute.name)?);
                if let Operand::Literal(text) = &operand {
                    let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(text)) else {
                        let all: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                        self.bad_value(attribute, &all.join(" or "));
                        return None;
                    };
                    return Some(Evaluated::Text(Operand::Literal(Text::Static(word))));
                }
                Some(Evaluated::Text(operand))
            }
        }
    }

    fn fill_text(&mut self, element: &Element, shape: &Shape, filled: &mut Filled) {
        let raw = element.payload.as_ref().filter(|_| shape.children.is_empty()).unwrap_or(&element.text);
        let is_blank = !raw.is_expression && raw.text.trim().is_empty();
        if is_blank && shape.content == Content::Text && !element.damaged {
            let message = format!("`{}` is empty", element.name);
            self.report(
                Diagnostic::warning("missing-text", element.name_span, message)
                    .label("expected a text inside"),
            );
        }
        if is_blank {
            return;
        }
        match self.text_operand(raw, &element.name) {
            Some(text) => filled.text = Some(trimmed(text)),
            None => filled.is_partial = true,
        }
    }

    fn fill_children(&mut self, element: &Element, shape: &Shape, filled: &mut Filled) {
        for child in element.policies() {
            let name = child.name.as_str();
            let Some(known) = shape.children.iter().find(|known| known.name == name) else {
                self.tell_unknown_child(element, child, shape);
                continue;
            };
            let inner = self.fill(child, known.shape);
            filled.is_partial |= inner.is_partial;
            if filled.children.iter().filter(|(n, _)| *n == known.name).count() >= known.most {
                let message = format!("a second `{name}`");
                self.error("duplicate-element", child.name_span, message, "expected at most one");
                filled.is_partial = true;
            }
            filled.children.push((known.name, inner));
        }
        for known in shape.children {
            let has_it = filled.children.iter().any(|(name, _)| *name == known.name);
            if known.least > 0 && !has_it && !element.damaged {
                let message = format!("`{}` has no `{}`", element.name, known.name);
                let label = format!("expected `<{}>` inside", known.name);
                self.error("missing-element", element.name_span, message, label);
                filled.is_partial = true;
            }
        }
    }

    fn tell_unknown_child(&mut self, parent: &Element, child: &Element, shape: &Shape) {
        let message = format!("`{}` is not expected in `{}`", child.name, parent.name);
        let mut diagnostic =
            Diagnostic::warning("unexpected-element", child.name_span, message).label("without effect here");
        if let Some(close) = closest(&child.name, shape.children.iter().map(|known| known.name)) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        }
        self.report(diagnostic);
    }

    /// The slot of the variable that a written attribute names; `Err`: there is something wrong with it.
    pub(super) fn optional_variable(
        &mut self,
        element: &Element,
        name: &str,
    ) -> Result<Option<VariableSlot>, ()> {
        match element.attribute(name) {
            None => Ok(None),
            Some(attribute) => self.variable_name(attribute).map(Some).ok_or(()),
        }
    }
}

/// The same, a written text without white space around it.
pub(super) fn trimmed(operand: Operand<Text>) -> Operand<Text> {
    match operand {
        Operand::Literal(text) if text.trim().len() != text.len() => {
            Operand::Literal(Text::from(text.trim().to_owned()))
        }
        other => other,
    }
}
