//! Texts of Terraform: with interpolations, with directives, over many lines.
//!
//! Rules
//! - Heredocs that stand in the file as they are keep the place of their bytes. Texts in quotes do not: who changes
//!   them must escape.
//! - A heredoc `<<-` that begins with `<` keeps its indentation: XML does not mind, and places in the policy stay
//!   places in the file.

use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::template::{Directive, Element, HeredocTemplate, Strip, Template};

use super::expressions::{Local, Reader, operator};
use crate::diagnostics::Span;
use crate::resources::eval::syntax::{Expr, ExprKind, Repeat};

impl Reader<'_> {
    fn slice(&self, span: Span) -> Option<&str> {
        self.text.get(span.start as usize..span.end as usize)
    }

    /// `"..."` with parts. One that is nothing but a part is the value of that, whatever it is.
    pub(super) fn quoted(&mut self, template: &Template, span: Span) -> Expr {
        match template.as_single_element() {
            Some(Element::Interpolation(part)) => self.expr(&part.expr),
            _ => self.template(template, (false, false), span),
        }
    }

    pub(super) fn heredoc(&mut self, heredoc: &HeredocTemplate, span: Span) -> Expr {
        let Some(Element::Literal(literal)) = heredoc.template.as_single_element() else {
            return self.template(&heredoc.template, (false, false), span);
        };
        let place = self.span(literal.span());
        let raw = self.slice(place).unwrap_or_default();
        let is_plain = !raw.contains("$${") && !raw.contains("%%{");
        let is_markup = literal.value().trim_start().starts_with('<');
        if self.has_places() && (raw == literal.value() || (is_plain && is_markup)) {
            return Expr::new(ExprKind::Text { text: Arc::from(raw), content: Some(place) }, span);
        }
        Expr::text(literal.value(), span)
    }

    /// The parts one after the other. `trimmed` says whether the begin and the end lose their space.
    pub(crate) fn template(&mut self, template: &Template, trimmed: (bool, bool), span: Span) -> Expr {
        let elements: Vec<&Element> = template.iter().collect();
        let mut parts = Vec::with_capacity(elements.len());
        for (place, element) in elements.iter().enumerate() {
            let before = place.checked_sub(1).and_then(|before| elements.get(before));
            let after = elements.get(place.saturating_add(1));
            parts.push(match element {
                Element::Literal(literal) => {
                    let mut text = literal.value().as_str();
                    if before.map_or(trimmed.0, |element| strips(element).1) {
                        text = text.trim_start();
                    }
                    if after.map_or(trimmed.1, |element| strips(element).0) {
                        text = text.trim_end();
                    }
                    Expr::text(text, self.span(literal.span()))
                }
                Element::Interpolation(part) => {
                    let part = self.expr(&part.expr);
                    let span = part.span;
                    Expr::call("tostring", vec![part], span)
                }
                Element::Directive(directive) => self.directive(directive, span),
            });
        }
        match parts.pop() {
            None => Expr::text("", span),
            Some(only @ Expr { kind: ExprKind::Text { .. }, .. }) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Expr::new(ExprKind::Joined(parts), span)
            }
        }
    }

    fn directive(&mut self, directive: &Directive, span: Span) -> Expr {
        match directive {
            Directive::If(choice) => {
                let condition = self.expr(&choice.if_expr.cond_expr);
                let end = choice.endif_expr.strip.strip_start();
                let middle = choice.else_expr.as_ref().map(|other| other.strip);
                let first_end = middle.map_or(end, Strip::strip_start);
                let yes = (choice.if_expr.strip.strip_end(), first_end);
                let yes = self.template(&choice.if_expr.template, yes, span);
                let no = match &choice.else_expr {
                    Some(other) => self.template(&other.template, (other.strip.strip_end(), end), span),
                    None => Expr::text("", span),
                };
                operator("if", vec![condition, yes, no], span)
            }
            Directive::For(repeat) => {
                let list = self.expr(&repeat.for_expr.collection_expr);
                let key = repeat.for_expr.key_var.as_ref().map(|name| name.value().as_str());
                let value = repeat.for_expr.value_var.value().as_str();
                let depth = self.names.len();
                self.names.extend(key.into_iter().chain([value]).map(|n| Local::Plain(n.to_owned())));
                let trimmed = (repeat.for_expr.strip.strip_end(), repeat.endfor_expr.strip.strip_start());
                let body = self.template(&repeat.for_expr.template, trimmed, span);
                self.names.truncate(depth);
                let entries = Repeat::Entries {
                    key: key.map(Arc::from),
                    value: Arc::from(value),
                    list,
                    condition: None,
                    is_set: false,
                };
                let all = ExprKind::For { repeat: Box::new(entries), body: Box::new(body) };
                Expr::call("join", vec![Expr::text("", span), Expr::new(all, span)], span)
            }
        }
    }
}

/// Whether an element takes the space before it and behind it.
fn strips(element: &Element) -> (bool, bool) {
    match element {
        Element::Literal(_) => (false, false),
        Element::Interpolation(part) => (part.strip.strip_start(), part.strip.strip_end()),
        Element::Directive(directive) => match &**directive {
            Directive::If(choice) => {
                (choice.if_expr.strip.strip_start(), choice.endif_expr.strip.strip_end())
            }
            Directive::For(repeat) => {
                (repeat.for_expr.strip.strip_start(), repeat.endfor_expr.strip.strip_end())
            }
        },
    }
}
