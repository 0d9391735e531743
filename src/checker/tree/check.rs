//! Compares a JSON tree with what a [`Shape`] allows and tells every difference; reads scalars.
//!
//! Readers check a whole tree first and then take values from it, so that they need not tell problems of
//! form again: a getter that finds nothing usable returns `None`.

use crate::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::units::Duration;

use super::hints::{did_you_mean, list};
use super::json::{Member, Node, Value, shorten};
use super::shape::{Kind, Shape};

/// The name that every object may use for a remark.
pub const NOTE: &str = "note";

/// What differs between our own files and ARM JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Our scenario format: exact.
    Scenario,
    /// Resource definitions: numbers and booleans may be text, null means absent, words compare without
    /// case, unknown fields are only warned about, and `[...]` is a template expression.
    Arm,
}

/// Tells all differences between `node` and `kind`. `subject` is the name of the value in messages.
/// Returns whether there was no error.
pub fn check(
    node: &Node,
    kind: Kind,
    subject: &str,
    dialect: Dialect,
    diagnostics: &mut Diagnostics,
) -> bool {
    let mut checker = Checker { dialect, diagnostics, clean: true };
    checker.value(node, kind, subject);
    checker.clean
}

/// The members of an object except its note.
pub fn entries(node: &Node) -> impl Iterator<Item = &Member> {
    node.members().unwrap_or_default().iter().filter(|member| !is_note(member))
}

/// Whether the member is a remark and nothing else.
pub fn is_note(member: &Member) -> bool {
    member.name == NOTE && matches!(member.value.value, Value::Text(_))
}

struct Checker<'d> {
    dialect: Dialect,
    diagnostics: &'d mut Diagnostics,
    clean: bool,
}

impl Checker<'_> {
    fn push(&mut self, diagnostic: Diagnostic) {
        self.clean &= diagnostic.severity != Severity::Error;
        self.diagnostics.push(diagnostic);
    }

    fn value(&mut self, node: &Node, kind: Kind, subject: &str) {
        // What only the deployment knows may be right.
        if matches!(node.value, Value::Unknown(_)) {
            return;
        }
        if self.dialect == Dialect::Arm && is_template_expression(node, kind) {
            self.push(
                Diagnostic::error(
                    "arm-expression",
                    node.mark(),
                    format!("`{subject}` is a template expression, which cannot be evaluated yet"),
                )
                .label(format!("expected {}", kind.expected()))
                .help("replace the expression by its value, or give the deployed resource as JSON"),
            );
            return;
        }
        match kind {
            Kind::Any => {}
            Kind::Text => match node.text() {
                Some("") => self.wrong(node, kind, "empty-text", format!("`{subject}` is empty")),
                Some(_) => {}
                None => self.wrong_type(node, kind, subject),
            },
            Kind::Characters => {
                if node.text().is_none() {
                    self.wrong_type(node, kind, subject);
                }
            }
            Kind::Null => {
                if !matches!(node.value, Value::Null) {
                    self.wrong_type(node, kind, subject);
                }
            }
            Kind::Flag => {
                if node.flag(self.dialect).is_none() {
                    self.wrong_type(node, kind, subject);
                }
            }
            Kind::Integer { min, max } => self.integer(node, kind, subject, min, max),
            Kind::Number { min, max } => match node.number() {
                None => self.wrong_type(node, kind, subject),
                Some(n) if n >= min && n <= max => {}
                Some(_) => self.out_of_range(node, kind, subject),
            },
            Kind::Time { min_nanos } => match node.text() {
                None => self.wrong_type(node, kind, subject),
                Some(text) => match Duration::parse(text) {
                    Err(error) => {
                        let message = format!("`{subject}` is not a duration: `{}`", shorten(text));
                        self.push(
                            Diagnostic::error("bad-duration", node.mark(), message).label(error.to_string()),
                        );
                    }
                    Ok(time)
                        if self.dialect == Dialect::Arm && !text.trim_start().starts_with(['P', 'p']) =>
                    {
                        let message = format!("`{subject}` is not a duration of Azure: `{}`", shorten(text));
                        self.push(
                            Diagnostic::error("bad-duration", node.mark(), message)
                                .label("expected an ISO 8601 duration such as `PT1M30S`")
                                .help(format!("did you mean `{}`?", time.iso())),
                        );
                    }
                    Ok(time) if time.as_nanos() < min_nanos => self.out_of_range(node, kind, subject),
                    Ok(_) => {}
                },
            },
            Kind::Choice(words) => self.choice(node, words, kind, subject),
            Kind::Object(shape) => match node.members() {
                Some(members) => self.object(node, members, shape),
                None => self.wrong_type(node, kind, subject),
            },
            Kind::Tagged { tag, cases } => self.tagged(node, kind, subject, tag, cases),
            Kind::Map(of) => match node.members() {
                Some(_) => {
                    for member in entries(node) {
                        self.value(&member.value, *of, &member.name);
                    }
                }
                None => self.wrong_type(node, kind, subject),
            },
            Kind::List { of, min, max } => match node.elements() {
                Some(elements) => {
                    if elements.len() < min || elements.len() > max {
                        let message = format!("`{subject}` has {} entries", elements.len());
                        self.wrong(node, kind, "list-length", message);
                    }
                    for element in elements {
                        self.value(element, *of, subject);
                    }
                }
                None => self.wrong_type(node, kind, subject),
            },
            Kind::Either(kinds) => match kinds.iter().find(|kind| fits(node, **kind)) {
                Some(found) => self.value(node, *found, subject),
                None => self.wrong_type(node, kind, subject),
            },
        }
    }

    fn wrong(&mut self, node: &Node, kind: Kind, code: &'static str, message: String) {
        self.push(
            Diagnostic::error(code, node.mark(), message).label(format!("expected {}", kind.expected())),
        );
    }

    fn wrong_type(&mut self, node: &Node, kind: Kind, subject: &str) {
        let message = format!("`{}` cannot be {}", shorten(subject), node.describe());
        self.wrong(node, kind, "wrong-type", message);
    }

    fn out_of_range(&mut self, node: &Node, kind: Kind, subject: &str) {
        let message = format!("`{}` is out of range: {}", shorten(subject), node.describe());
        self.wrong(node, kind, "out-of-range", message);
    }

    fn integer(&mut self, node: &Node, kind: Kind, subject: &str, min: u64, max: u64) {
        let textual = node.text().is_some();
        match node.integer() {
            Some(_) if textual && self.dialect == Dialect::Scenario => self.wrong_type(node, kind, subject),
            Some(n) if n >= min && n <= max => {}
            Some(_) => self.out_of_range(node, kind, subject),
            // Negative, fractional or too large: a number, but none of these.
            None if matches!(node.value, Value::Number(_)) => self.out_of_range(node, kind, subject),
            None => self.wrong_type(node, kind, subject),
        }
    }

    fn choice(&mut self, node: &Node, words: &[&str], kind: Kind, subject: &str) {
        let Some(text) = node.text() else { return self.wrong_type(node, kind, subject) };
        let same = |word: &&&str| match self.dialect {
            Dialect::Scenario => **word == text,
            Dialect::Arm => word.eq_ignore_ascii_case(text),
        };
        if words.iter().find(same).is_none() {
            let message = format!("`{subject}` cannot be `{}`", shorten(text));
            let mut diagnostic = Diagnostic::error("unknown-value", node.mark(), message)
                .label(format!("expected {}", kind.expected()));
            diagnostic.help = did_you_mean(text, words.iter().copied());
            self.push(diagnostic);
        }
    }

    fn tagged(
        &mut self,
        node: &Node,
        kind: Kind,
        subject: &str,
        tag: &str,
        cases: &'static [(&'static str, &'static Shape)],
    ) {
        let Some(members) = node.members() else { return self.wrong_type(node, kind, subject) };
        let words: Vec<&str> = cases.iter().map(|(word, _)| *word).collect();
        let Some(tag_node) = node.get(tag) else {
            self.push(
                Diagnostic::error("missing-field", node.mark(), format!("`{subject}` has no `{tag}`"))
                    .label(format!("expected `{tag}`: {}", list(words.iter().copied()))),
            );
            return;
        };
        if let Some((_, shape)) = cases.iter().find(|(word, _)| tag_node.text() == Some(word)) {
            return self.object(node, members, shape);
        }
        let message = format!("`{tag}` cannot be {}", tag_node.describe());
        let mut diagnostic = Diagnostic::error("unknown-value", tag_node.mark(), message)
            .label(format!("expected one of {}", list(words.iter().copied())));
        diagnostic.help = did_you_mean(tag_node.text().unwrap_or_default(), words.iter().copied());
        self.push(diagnostic);
    }

    fn object(&mut self, node: &Node, members: &[Member], shape: &'static Shape) {
        let names = || shape.fields.iter().map(|field| field.name);
        for member in members {
            let null = matches!(member.value.value, Value::Null);
            match shape.field(&member.name) {
                Some(field) if null && self.dialect == Dialect::Arm => {
                    if field.required {
                        self.missing(node, shape, field.name, field.kind);
                    }
                }
                Some(field) => self.value(&member.value, field.kind, field.name),
                None if is_note(member) => {}
                None => {
                    let message = format!("unknown field `{}` in {}", shorten(&member.name), shape.what);
                    let mut diagnostic = match self.dialect {
                        Dialect::Scenario => Diagnostic::error("unknown-field", member.name_span, message),
                        Dialect::Arm => Diagnostic::warning("unknown-field", member.name_span, message),
                    };
                    diagnostic = diagnostic.label(format!("not a field of {}", shape.what));
                    diagnostic.help = did_you_mean(&member.name, names());
                    self.push(diagnostic.note(format!("fields here: {}", list(names()))));
                }
            }
        }
        for field in shape.fields.iter().filter(|field| field.required) {
            if node.get(field.name).is_none() {
                self.missing(node, shape, field.name, field.kind);
            }
        }
    }

    fn missing(&mut self, node: &Node, shape: &Shape, name: &str, kind: Kind) {
        let message = format!("{} has no `{name}`", shape.what);
        self.push(
            Diagnostic::error("missing-field", node.mark(), message)
                .label(format!("expected `{name}`: {}", kind.expected())),
        );
    }
}

/// Whether ARM would evaluate this text (`[...]`, but `[[` is a literal bracket).
fn is_template_expression(node: &Node, kind: Kind) -> bool {
    let text = node.text().unwrap_or_default();
    !matches!(kind, Kind::Any) && text.starts_with('[') && !text.starts_with("[[") && text.ends_with(']')
}

fn fits(node: &Node, kind: Kind) -> bool {
    match kind {
        Kind::Any => true,
        Kind::Null => matches!(node.value, Value::Null),
        Kind::Text | Kind::Characters | Kind::Time { .. } | Kind::Choice(_) => {
            matches!(node.value, Value::Text(_))
        }
        Kind::Flag => matches!(node.value, Value::Bool(_)),
        Kind::Integer { .. } | Kind::Number { .. } => matches!(node.value, Value::Number(_)),
        Kind::Object(_) | Kind::Tagged { .. } | Kind::Map(_) => matches!(node.value, Value::Object(_)),
        Kind::List { .. } => matches!(node.value, Value::Array(_)),
        Kind::Either(kinds) => kinds.iter().any(|kind| fits(node, *kind)),
    }
}

/// Scalars. Numbers may be written as text because ARM JSON does so; the checker has refused that where
/// it is not allowed.
impl Node {
    /// A whole number from 0 to `u64::MAX`; `5.0` is one.
    pub fn integer(&self) -> Option<u64> {
        let text = self.numeral()?;
        let whole = text.split_once('.').map_or(text, |(whole, fraction)| {
            if fraction.bytes().all(|digit| digit == b'0') { whole } else { text }
        });
        if whole.starts_with('+') { None } else { whole.parse().ok() }
    }

    /// A finite number.
    pub fn number(&self) -> Option<f64> {
        match &self.value {
            Value::Number(text) => text.parse().ok().filter(|n: &f64| n.is_finite()),
            _ => None,
        }
    }

    /// A boolean.
    pub fn flag(&self, dialect: Dialect) -> Option<bool> {
        match (&self.value, dialect) {
            (Value::Bool(value), _) => Some(*value),
            (Value::Text(text), Dialect::Arm) if text.eq_ignore_ascii_case("true") => Some(true),
            (Value::Text(text), Dialect::Arm) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// A duration.
    pub fn time(&self) -> Option<Duration> {
        Duration::parse(self.text()?).ok()
    }

    fn numeral(&self) -> Option<&str> {
        match &self.value {
            Value::Number(text) => Some(text),
            Value::Text(text) => Some(text.trim()),
            _ => None,
        }
    }
}
