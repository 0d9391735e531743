//! The elements of a policy file in a row, each with its section and what stands around it.
//!
//! What is data inside of a body is left out. A file that does not read as a whole has no sites: what is broken
//! is told by its reader, and what a rule finds in the rest would often be wrong.

use super::facts::is_model_endpoint;
use super::finding::Edit;
use super::setup::{PolicyFile, Setup};
use crate::diagnostics::Span;
use crate::policy::Section;
use crate::policy::scan::Element;

/// Retries of one file that are looked at.
const MAX_RETRIES: usize = 50;

/// An element where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    /// The element.
    pub element: &'a Element,
    /// The section; `None` in a fragment or snippet.
    pub section: Option<Section>,
    /// Its number in the row.
    pub at: usize,
    /// The number behind its last descendant.
    end: usize,
    parent: Option<usize>,
}

/// The elements of one file, outer ones first.
#[derive(Debug)]
pub(super) struct Sites<'a> {
    /// The file.
    pub file: &'a PolicyFile,
    row: Vec<Site<'a>>,
}

/// The files of a setup that read as a whole.
pub(super) fn files(setup: &Setup) -> impl Iterator<Item = Sites<'_>> {
    setup.policies.iter().filter(|file| file.is_whole).map(Sites::of)
}

impl<'a> Sites<'a> {
    /// The elements of `file`.
    pub(super) fn of(file: &'a PolicyFile) -> Self {
        let mut row = Vec::new();
        for part in file.document.parts() {
            for element in part.policies {
                add(element, part.section, None, &mut row);
            }
        }
        Self { file, row }
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Site<'a>> {
        self.row.iter()
    }

    /// Those called `name`.
    pub(super) fn named(&self, name: &'static str) -> impl Iterator<Item = &Site<'a>> {
        self.row.iter().filter(move |site| site.element.name == name)
    }

    /// Those inside of `site`.
    pub(super) fn inside(&self, site: &Site<'a>) -> &[Site<'a>] {
        self.row.get(site.at.saturating_add(1)..site.end).unwrap_or(&[])
    }

    /// Those inside of `site` called `name`.
    pub(super) fn inside_named(
        &self,
        site: &Site<'a>,
        name: &'static str,
    ) -> impl Iterator<Item = &Site<'a>> {
        self.inside(site).iter().filter(move |inner| inner.element.name == name)
    }

    /// What stands around `site`, inner ones first.
    pub(super) fn around(&self, site: &Site<'a>) -> impl Iterator<Item = &Site<'a>> {
        let first = site.parent.and_then(|at| self.row.get(at));
        std::iter::successors(first, |outer| self.row.get(outer.parent?))
    }

    /// Whether an element called `name` stands around `site`.
    pub(super) fn is_inside(&self, site: &Site<'a>, name: &str) -> bool {
        self.around(site).any(|outer| outer.element.name == name)
    }

    /// Whether policies may run that are not in this file.
    pub(super) fn includes_fragments(&self) -> bool {
        self.row.iter().any(|site| site.element.name == "include-fragment")
    }

    /// Retries of attempts at the backend: around a `forward-request`, and not around a loop of calls. The first
    /// ones only, as each may be evaluated for hundreds of cases.
    pub(super) fn failover_retries(&self) -> impl Iterator<Item = &Site<'a>> {
        let is_failover = |retry: &&Site<'a>| {
            self.inside_named(retry, "forward-request").next().is_some()
                && self.inside_named(retry, "send-request").next().is_none()
        };
        self.named("retry").take(MAX_RETRIES).filter(is_failover)
    }

    /// Whether it certainly has to do with a language model: a policy for them, an address of one, the
    /// audience of their accounts, or a backend that it names and that is one.
    pub(super) fn is_llm(&self, setup: &Setup) -> bool {
        let is_one = |id: &str| {
            setup.backend(id).is_some_and(|named| {
                let members = named.pool().into_iter().flat_map(|pool| &pool.members);
                let mut targets = members.filter_map(|m| setup.backend_beside(named, m.name.as_deref()?));
                is_model_endpoint(named) || targets.any(is_model_endpoint)
            })
        };
        let is_named = self.file.references.iter().any(|(id, _)| is_one(id));
        is_named
            || self.row.iter().any(|site| {
                let name = site.element.name.as_str();
                if name.starts_with("llm-") || name.starts_with("azure-openai-") {
                    return true;
                }
                site.element.attributes.iter().any(|attribute| {
                    let text = attribute.value.text.to_ascii_lowercase();
                    // Each of the words has one of these in it, and few attributes do.
                    let may_be_one = text.contains('/') || text.contains("azure.com");
                    may_be_one
                        && [
                            "cognitiveservices.azure.com",
                            "openai.azure.com",
                            "/openai",
                            "/deployments/",
                            "/chat/completions",
                        ]
                        .into_iter()
                        .any(|word| text.contains(word))
                })
            })
    }
}

/// The edits that give `element` an attribute of this value.
pub(super) fn set_attribute(element: &Element, name: &str, value: &str) -> Vec<Edit> {
    vec![if let Some(attribute) = element.attribute(name) {
        Edit { span: attribute.value.span, text: value.to_owned() }
    } else {
        let span = Span { start: element.name_span.end, ..element.name_span };
        Edit { span, text: format!(" {name}=\"{value}\"") }
    }]
}

/// The value of an attribute that is written out.
pub(super) fn literal<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    let value = &element.attribute(name)?.value;
    (!value.is_expression && !value.text.contains("{{")).then(|| value.text.trim())
}

/// An attribute that is written out as a number.
pub(super) fn number(element: &Element, name: &str) -> Option<u64> {
    literal(element, name)?.parse().ok()
}

fn add<'a>(element: &'a Element, section: Option<Section>, parent: Option<usize>, row: &mut Vec<Site<'a>>) {
    let at = row.len();
    row.push(Site { element, section, at, end: at, parent });
    for child in element.policies() {
        add(child, section, Some(at), row);
    }
    let end = row.len();
    if let Some(site) = row.get_mut(at) {
        site.end = end;
    }
}
