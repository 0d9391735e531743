//! What policies and their attributes are for: a sentence each, for editors that show it beside the text.
//!
//! Rules
//! - Names are those that the policy language takes; a test compiles every attribute that has a sentence here.
//! - Defaults and ranges are those of the policy reference (2026-05).
//!
//! Not here: where a policy may stand (`policy::sections_of`), and what is checked.

mod limits;
mod messages;
mod others;
mod routing;

use crate::diagnostics::Span;
use crate::policy::scan::Element;
use crate::policy::sections_of;

/// A policy.
#[derive(Debug)]
pub struct Policy {
    /// The name of its element.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// Its attributes.
    pub attributes: &'static [Attribute],
}

/// An attribute of a policy.
#[derive(Debug)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What it is for, with range and default.
    pub what: &'static str,
    /// What may stand in it.
    pub takes: Takes,
}

/// What may stand in an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A value, or an expression in its place.
    Expressions,
    /// A value only.
    Literals,
}

/// A value or an expression.
const fn any(name: &'static str, what: &'static str) -> Attribute {
    Attribute { name, what, takes: Takes::Expressions }
}

/// A value only.
const fn fixed(name: &'static str, what: &'static str) -> Attribute {
    Attribute { name, what, takes: Takes::Literals }
}

/// A policy with these attributes.
const fn of(name: &'static str, what: &'static str, attributes: &'static [Attribute]) -> Policy {
    Policy { name, what, attributes }
}

/// Every policy that has a sentence.
pub fn policies() -> impl Iterator<Item = &'static Policy> {
    routing::POLICIES.iter().chain(limits::POLICIES).chain(messages::POLICIES).chain(others::POLICIES)
}

/// The policy of this name.
pub fn policy(name: &str) -> Option<&'static Policy> {
    policies().find(|policy| policy.name == name)
}

/// What is to be said of the name that `is_at` a place: of a policy, or of one of its attributes. In Markdown.
pub fn about(elements: &[Element], is_at: &impl Fn(Span) -> bool) -> Option<String> {
    elements.iter().find_map(|element| {
        let Some(policy) = policy(&element.name) else { return about(element.policies(), is_at) };
        if is_at(element.name_span) {
            return Some(policy.markdown());
        }
        let attribute = element.attributes.iter().find(|attribute| is_at(attribute.name_span));
        match attribute {
            Some(attribute) => policy.attribute(&attribute.name).map(Attribute::markdown),
            None => about(element.policies(), is_at),
        }
    })
}

impl Policy {
    /// Its attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// For an editor, in Markdown: what it does, where it may stand, its attributes.
    pub fn markdown(&self) -> String {
        let mut text = format!("**`<{}>`** {}\n", self.name, self.what);
        if let Some(sections) = sections_of(self.name) {
            let names: Vec<&str> = sections.into_iter().map(crate::policy::Section::name).collect();
            text.push_str(&format!("\nMay stand in: {}.\n", names.join(", ")));
        }
        if !self.attributes.is_empty() {
            text.push('\n');
        }
        for attribute in self.attributes {
            text.push_str(&format!("- {}\n", attribute.markdown()));
        }
        text
    }
}

impl Attribute {
    /// For an editor, in Markdown: a line.
    pub fn markdown(&self) -> String {
        let takes = match self.takes {
            Takes::Expressions => "",
            Takes::Literals => " No expression.",
        };
        format!("`{}`: {}{takes}", self.name, self.what)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::diagnostics::{Diagnostics, SourceId};
    use crate::policy::{compiled_policies, load};

    #[test]
    fn every_policy_that_is_compiled_has_a_sentence() {
        let told: BTreeSet<&str> = policies().map(|policy| policy.name).collect();
        assert_eq!(told.len(), policies().count(), "one is told twice");
        let known: BTreeSet<&str> = compiled_policies().collect();
        assert_eq!(known.difference(&told).collect::<Vec<_>>(), Vec::<&&str>::new());
        assert_eq!(told.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new());
    }

    #[test]
    fn every_attribute_is_one_that_the_language_takes() {
        for policy in policies() {
            let section = sections_of(policy.name).unwrap().first().unwrap().name();
            for attribute in policy.attributes {
                let told = |attribute: &str| {
                    let element = format!("<{} {attribute}='1'/>", policy.name);
                    let text = format!("<policies><{section}>{element}</{section}></policies>");
                    let mut problems = Diagnostics::new();
                    load(SourceId(0), &text, &mut problems);
                    problems.sorted().iter().any(|problem| problem.code == "unknown-attribute")
                };
                assert!(!told(attribute.name), "{} {}", policy.name, attribute.name);
                assert!(told("no-such-attribute"), "{}: the check finds nothing", policy.name);
            }
        }
    }

    #[test]
    fn sentences_end_as_sentences_do() {
        let attributes = policies().flat_map(|policy| policy.attributes.iter().map(|a| a.what));
        for what in policies().map(|policy| policy.what).chain(attributes) {
            assert!(what.ends_with('.') && !what.contains("  ") && !what.contains('\n'), "{what}");
        }
    }

    #[test]
    fn an_editor_is_told_attributes_and_sections() {
        let text = policy("retry").unwrap().markdown();
        assert!(text.starts_with("**`<retry>`** "), "{text}");
        assert!(text.contains("May stand in: inbound, backend, outbound, on-error."), "{text}");
        assert!(text.contains("\n- `count`: "), "{text}");
        assert!(
            policy("set-body")
                .unwrap()
                .attribute("template")
                .unwrap()
                .markdown()
                .ends_with(" No expression.")
        );
    }
}
