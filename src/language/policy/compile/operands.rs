//! Values of attributes and texts: written out or computed.

use std::sync::Arc;

use super::Compiler;
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::csharp::{
    Class, Expression, NamedValues, Options, ParseOptions, Type, named_value, named_value_error,
};
use crate::policy::scan::{Attribute, RawText};
use crate::policy::{Operand, Text};
use crate::units::{Duration, StatusCode};

/// What an attribute wants of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Text,
    Bool,
    Number,
}

impl Compiler<'_> {
    /// A text, or an expression of any type that has one.
    pub(super) fn text_operand(&mut self, raw: &RawText, what: &str) -> Option<Operand<Text>> {
        if raw.is_expression {
            return self.computed(raw, what, Wanted::Text).map(Operand::Expression);
        }
        self.literal(raw).map(|text| Operand::Literal(Text::from(text.to_owned())))
    }

    /// Like [`Compiler::text_operand`], and a written text must not be blank.
    pub(super) fn name_operand(&mut self, attribute: &Attribute) -> Option<Operand<Text>> {
        if !attribute.value.is_expression && attribute.value.text.trim().is_empty() {
            self.doubtful_value(attribute, "a text that is not empty");
            return None;
        }
        self.text_operand(&attribute.value, &attribute.name)
    }

    pub(super) fn bool_operand(&mut self, attribute: &Attribute) -> Option<Operand<bool>> {
        if attribute.value.is_expression {
            let expression = self.computed(&attribute.value, &attribute.name, Wanted::Bool)?;
            return Some(Operand::Expression(expression));
        }
        self.literal_bool(attribute).map(Operand::Literal)
    }

    /// A whole number in the range. The range of an expression shows only when it is evaluated.
    pub(super) fn count_operand(
        &mut self,
        attribute: &Attribute,
        least: u32,
        most: u32,
    ) -> Option<Operand<u32>> {
        if attribute.value.is_expression {
            let expression = self.computed(&attribute.value, &attribute.name, Wanted::Number)?;
            return Some(Operand::Expression(expression));
        }
        let text = self.literal(&attribute.value)?.trim();
        match text.parse::<u32>() {
            Ok(value) if (least..=most).contains(&value) => Some(Operand::Literal(value)),
            Ok(_) => {
                self.doubtful_value(attribute, &format!("a whole number from {least} to {most}"));
                None
            }
            Err(_) => {
                self.bad_value(attribute, &format!("a whole number from {least} to {most}"));
                None
            }
        }
    }

    /// Seconds, also with a fraction, not negative.
    pub(super) fn seconds_operand(&mut self, attribute: &Attribute) -> Option<Operand<Duration>> {
        if attribute.value.is_expression {
            let expression = self.computed(&attribute.value, &attribute.name, Wanted::Number)?;
            return Some(Operand::Expression(expression));
        }
        self.literal_time(attribute, "s", "a number of seconds, 0 or more")
    }

    /// Milliseconds, not negative.
    pub(super) fn milliseconds_operand(&mut self, attribute: &Attribute) -> Option<Operand<Duration>> {
        if attribute.value.is_expression {
            let expression = self.computed(&attribute.value, &attribute.name, Wanted::Number)?;
            let seconds = expression.thousandth();
            if seconds.is_none() {
                self.report(
                    Diagnostic::error(
                        "expression-type",
                        attribute.value.span,
                        format!(
                            "`{}` takes an expression only if its type is a number, not `{}`",
                            attribute.name,
                            expression.result_type()
                        ),
                    )
                    .label("expected an `int`, `long` or `double`")
                    .help("cast it, for example `(int)`"),
                );
            }
            return seconds.map(Operand::Expression);
        }
        self.literal_time(attribute, "ms", "a number of milliseconds, 0 or more")
    }

    fn literal_time(
        &mut self,
        attribute: &Attribute,
        unit: &str,
        expected: &str,
    ) -> Option<Operand<Duration>> {
        let text = self.literal(&attribute.value)?.trim();
        let number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        if let (true, Ok(duration)) = (number, Duration::parse(&format!("{text}{unit}"))) {
            return Some(Operand::Literal(duration));
        }
        self.bad_value(attribute, expected);
        None
    }

    pub(super) fn status_operand(&mut self, attribute: &Attribute) -> Option<Operand<StatusCode>> {
        if attribute.value.is_expression {
            let expression = self.computed(&attribute.value, &attribute.name, Wanted::Number)?;
            return Some(Operand::Expression(expression));
        }
        let code = self.literal(&attribute.value)?.trim().parse().ok().and_then(StatusCode::new);
        if code.is_none() {
            self.bad_value(attribute, "a status code from 100 to 599");
        }
        code.map(Operand::Literal)
    }

    /// `true` or `false`, written out: the service takes no expression here.
    pub(super) fn literal_bool(&mut self, attribute: &Attribute) -> Option<bool> {
        let text = self.literal_only(attribute)?.trim();
        if text.eq_ignore_ascii_case("true") {
            Some(true)
        } else if text.eq_ignore_ascii_case("false") {
            Some(false)
        } else {
            self.bad_value(attribute, "`true` or `false`");
            None
        }
    }

    /// A text written out that is not blank: the service takes no expression here.
    pub(super) fn literal_name(&mut self, attribute: &Attribute) -> Option<Text> {
        let text = self.literal_only(attribute)?.trim();
        if text.is_empty() {
            self.bad_value(attribute, "a text that is not empty");
            return None;
        }
        Some(Text::from(text.to_owned()))
    }

    pub(super) fn literal_only<'r>(&mut self, attribute: &'r Attribute) -> Option<&'r str> {
        if attribute.value.is_expression {
            let message = format!("`{}` cannot be an expression", attribute.name);
            self.objection(
                "invalid-value",
                attribute.value.span,
                message,
                "the service takes only a written value",
            );
            return None;
        }
        self.literal(&attribute.value)
    }

    /// The text itself, without named values. In a check nothing is known of what holds one, or what a
    /// template would have filled in.
    pub(super) fn literal<'r>(&mut self, raw: &'r RawText) -> Option<&'r str> {
        let is_open = named_value(&raw.text).is_some();
        if (is_open && (self.is_check || self.names_are_told)) || (self.is_check && !raw.leftovers.is_empty())
        {
            return None;
        }
        if let Some((at, name)) = named_value(&raw.text) {
            let span = raw.span_of(at, at.saturating_add(name.len()).saturating_add(4));
            self.report(named_value_error(span, name));
            return None;
        }
        Some(&raw.text)
    }

    pub(super) fn bad_value(&mut self, attribute: &Attribute, expected: &str) {
        self.report(not_a_value(attribute, expected));
    }

    /// A value outside of what the reference says, which the service may take.
    pub(super) fn doubtful_value(&mut self, attribute: &Attribute, expected: &str) {
        self.object(not_a_value(attribute, expected));
    }

    /// An expression of any type, for a variable.
    pub(super) fn expression(&mut self, raw: &RawText) -> Option<Expression> {
        if self.names_are_told && raw.named_values().next().is_some() {
            return None;
        }
        let named_values = if self.is_check { NamedValues::Tolerate } else { NamedValues::Refuse };
        let parse = ParseOptions { named_values };
        let options = Options { parse, only_text: Arc::clone(&self.only_text) };
        let found = Expression::compile_with(raw, &mut self.variables, &options, self.diagnostics)?;
        self.tell_early_response(&found);
        Some(found)
    }

    fn computed(&mut self, raw: &RawText, what: &str, wanted: Wanted) -> Option<Expression> {
        let expression = self.expression(raw)?;
        let result = expression.result_type().clone();
        let fits = match (wanted, &result) {
            (_, Type::Void) | (Wanted::Text, Type::Array(_)) => false,
            (
                _,
                Type::Unknown | Type::Plain(Class::Object | Class::String | Class::JToken | Class::JValue),
            )
            | (Wanted::Text, _) => true,
            (Wanted::Bool, ty) => *ty.nullable_of().unwrap_or(ty) == Type::BOOL,
            (Wanted::Number, ty) => is_number(ty.nullable_of().unwrap_or(ty)),
        };
        if !fits {
            let span: Span = raw.span;
            let expected = match wanted {
                Wanted::Text => "expected a `string`",
                Wanted::Bool => "expected a `bool`",
                Wanted::Number => "expected a number",
            };
            let message = format!("`{what}` cannot be of type `{result}`");
            if wanted == Wanted::Text && matches!(result, Type::Array(_)) {
                self.objection("expression-type", span, message, expected);
            } else {
                self.error("expression-type", span, message, expected);
            }
            return None;
        }
        Some(expression)
    }
}

fn not_a_value(attribute: &Attribute, expected: &str) -> Diagnostic {
    let shown: String = attribute.value.text.trim().chars().take(60).collect();
    let message = format!("`{shown}` is not a value for `{}`", attribute.name);
    Diagnostic::error("invalid-value", attribute.value.span, message).label(format!("expected {expected}"))
}

/// Whether values of the type are numbers.
fn is_number(ty: &Type) -> bool {
    use Class::{Byte, Decimal, Double, Float, Int, Long, SByte, Short, UInt, ULong, UShort};
    matches!(
        ty.class(),
        Some(Byte | SByte | Short | UShort | Int | UInt | Long | ULong | Float | Double | Decimal)
    )
}
