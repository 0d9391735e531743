//! Documents of several scopes and fragments, put together to one pipeline.
//!
//! Rules (policies article, 2023-10-18; fragments article)
//! - The sections that run are those of the narrowest scope; `<base/>` stands for the same section of the
//!   next broader one, the broadest for the built-in default: empty sections, and `<forward-request />` in
//!   backend. A section that is absent is `<base/>`.
//! - `<include-fragment>` stands for what is inside of the fragment. A fragment holds no sections and no
//!   `<base/>`, and may include others, five deep at most.
//! - A document without sections (a fragment, a snippet) can be checked, but not run alone.

use super::known::{Known, look_up, sections_of};
use super::sections::{DEFAULT_TIMEOUT, SECTIONS};
use super::{Compiler, Starts};
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::closest;
use crate::policy::document::is_policy_word;
use crate::policy::scan::Element;
use crate::policy::{ForwardRequest, Op, Operand, Place, PolicyScope, Section, Text};

/// Deepest nesting of fragments (fragments article).
const MAX_FRAGMENT_DEPTH: usize = 5;

/// A document of one scope.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) scope: PolicyScope,
    pub(super) elements: Vec<Element>,
    pub(super) start: Span,
    /// Not all elements may be there.
    pub(super) malformed: bool,
}

/// What the top elements of a document are.
enum Root {
    /// The sections of `policies`, or sections alone.
    Sections(Vec<Element>),
    /// Policies: the content of a fragment, or a snippet.
    Loose(Vec<Element>),
    /// Nothing that can be compiled; reported.
    Nothing,
}

impl Compiler<'_> {
    /// Compiles all sections of the layers, broad to narrow.
    pub(super) fn read(&mut self, layers: Vec<Layer>) -> Starts {
        let mut loose = None;
        let mut sections = Vec::new();
        for layer in layers {
            let scope = layer.scope;
            let found = match self.root_of(layer) {
                Root::Sections(sections) => sections,
                Root::Loose(policies) => {
                    loose = Some(policies);
                    Vec::new()
                }
                Root::Nothing => Vec::new(),
            };
            sections.push((scope, found));
        }
        self.layers = sections.into();
        SECTIONS.map(|section| {
            let at = self.here();
            self.section = section;
            self.responded = false;
            match &loose {
                Some(policies) if section == section_for(policies) => {
                    self.is_loose = true;
                    self.fragments_open.push(String::new());
                    self.all(policies, "");
                    self.fragments_open.pop();
                    self.is_loose = false;
                }
                Some(_) => {}
                None => self.layer(self.layers.len()),
            }
            let place = Place {
                span: None,
                scope: PolicyScope::Global,
                section,
                path: Text::EMPTY,
                policy: Text::Static(section.name()),
                policy_id: Text::EMPTY,
            };
            self.emit_at(Op::SectionEnd(section), place);
            at
        })
    }

    fn root_of(&mut self, layer: Layer) -> Root {
        let Layer { mut elements, start, malformed, .. } = layer;
        let first = elements.first().map_or(start, |e| e.name_span);
        if elements.is_empty() {
            if !malformed {
                self.error("empty-document", start, "this policy document is empty", "expected `<policies>`");
            }
            return Root::Nothing;
        }
        if let Some(at) = elements.iter().position(|e| e.name == "policies") {
            let root = elements.remove(at);
            for element in elements {
                let (code, message) = if element.name == "policies" {
                    ("duplicate-element", "a second `policies`".to_owned())
                } else {
                    ("unexpected-element", format!("`{}` beside `policies`", element.name))
                };
                self.objection(code, element.name_span, message, "expected one root");
            }
            self.check_attributes(&root, &[], &[]);
            self.check_no_text(&root);
            return Root::Sections(self.sections(root.children, false));
        }
        let has_section = elements.iter().any(|e| section_named(&e.name).is_some());
        if has_section && (self.is_check || elements.iter().all(|e| section_named(&e.name).is_some())) {
            return Root::Sections(self.sections(elements, true));
        }
        if elements.iter().all(|e| e.name == "fragment") {
            if let Some(second) = elements.get(1) {
                let message = "a second `fragment`";
                self.objection("duplicate-element", second.name_span, message, "expected one root");
            }
            for fragment in &elements {
                self.check_attributes(fragment, &[], &[]);
                self.check_no_text(fragment);
            }
            elements = elements.into_iter().flat_map(|fragment| fragment.children).collect();
        } else if let Some(stranger) =
            elements.iter().find(|e| matches!(look_up(&e.name, Section::Inbound), Known::Unknown(_)))
        {
            let message = format!("`{}` cannot be the root of a policy document", stranger.name);
            let mut diagnostic = Diagnostic::error("unexpected-element", stranger.name_span, message)
                .label("expected `policies`, `fragment` or policies");
            if let Some(close) = closest(&stranger.name, ["policies", "fragment"]) {
                diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
            }
            if is_policy_word(&stranger.name) {
                self.object(diagnostic);
            } else {
                self.report(diagnostic);
            }
            return Root::Nothing;
        }
        if !self.is_check {
            self.report(
                Diagnostic::error("no-sections", first, "a fragment cannot be run alone")
                    .label("expected `<policies>` with sections")
                    .help("include it in a policy with `<include-fragment>`"),
            );
        }
        Root::Loose(elements)
    }

    /// The sections among `children`, each once.
    fn sections(&mut self, children: Vec<Element>, is_snippet: bool) -> Vec<Element> {
        let mut found: Vec<Element> = Vec::new();
        for child in children {
            let name = child.name.as_str();
            if found.iter().any(|e| e.name == name) {
                let message = format!("a second `{name}` section");
                self.error("duplicate-element", child.name_span, message, "expected each section once");
            } else if section_named(name).is_some() {
                found.push(child);
            } else {
                let mut diagnostic = Diagnostic::error(
                    "unexpected-element",
                    child.name_span,
                    format!("`{name}` is not a section of a policy document"),
                )
                .label("expected `inbound`, `backend`, `outbound` or `on-error`");
                if let Some(close) = closest(name, SECTIONS.map(Section::name)) {
                    diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
                } else if !matches!(look_up(name, Section::Inbound), Known::Unknown(_)) {
                    diagnostic = diagnostic.help("policies stand inside of a section");
                }
                // A fragment may stand for a section that has it.
                if name == "include-fragment" || is_snippet {
                    self.object(diagnostic);
                } else {
                    self.report(diagnostic);
                }
            }
        }
        found
    }

    /// The current section of the layer below `level`, or of the next broader one that has it.
    fn layer(&mut self, level: usize) {
        let layers = std::sync::Arc::clone(&self.layers);
        let Some(index) = level.checked_sub(1) else {
            self.built_in();
            return;
        };
        let Some((scope, sections)) = layers.get(index) else { return };
        let Some(element) = sections.iter().find(|e| e.name == self.section.name()) else {
            self.layer(index);
            return;
        };
        let outer = (std::mem::replace(&mut self.scope, *scope), std::mem::replace(&mut self.level, index));
        self.check_attributes(element, &[], &[]);
        self.policies(element, "");
        (self.scope, self.level) = outer;
    }

    /// `<base/>`
    pub(super) fn base(&mut self, element: &Element) {
        self.check_attributes(element, &[], &[]);
        self.check_empty(element);
        if self.fragments_open.is_empty() {
            self.layer(self.level);
        } else if !self.is_check {
            self.error(
                "misplaced-policy",
                element.name_span,
                "`base` inside of a fragment",
                "not allowed here",
            );
        }
    }

    /// The built-in default of the service.
    fn built_in(&mut self) {
        if self.section != Section::Backend {
            return;
        }
        let forward = ForwardRequest {
            timeout: Operand::Literal(DEFAULT_TIMEOUT),
            buffer_request_body: false,
            buffer_response: true,
            fail_on_error_status_code: Operand::Literal(false),
        };
        let place = Place {
            span: None,
            scope: PolicyScope::Global,
            section: Section::Backend,
            path: Text::Static("forward-request[1]"),
            policy: Text::Static("forward-request"),
            policy_id: Text::EMPTY,
        };
        self.emit_at(Op::ForwardRequest(Box::new(forward)), place);
    }

    /// `<include-fragment>`
    pub(super) fn include_fragment(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, &["fragment-id"], &[]);
        self.check_empty(element);
        let Some(attribute) = self.required(element, "fragment-id") else { return };
        let Some(id) = self.literal_name(attribute) else { return };
        let span = attribute.value.span;
        self.included = self.included.saturating_add(1);
        if self.fragments_open.iter().any(|open| open.as_str() == id.as_str()) {
            let message = format!("fragment `{id}` includes itself");
            self.error("fragment-cycle", span, message, "included again here");
            return;
        }
        if self.fragments_open.len() >= MAX_FRAGMENT_DEPTH {
            let label = format!("expected at most {MAX_FRAGMENT_DEPTH} levels");
            self.error("document-too-deep", span, "fragments are nested too deeply", label);
            return;
        }
        let found = self.fragments.get(id.as_str()).cloned();
        let Some(fragment) = found else {
            self.missing_fragment(&id, span, element, path);
            return;
        };
        let policies = match &fragment[..] {
            [root] if root.name == "fragment" => {
                self.check_no_text(root);
                &root.children
            }
            all => all,
        };
        self.fragments_open.push(id.to_string());
        self.all(policies, path);
        self.fragments_open.pop();
    }

    fn missing_fragment(&mut self, id: &Text, span: Span, element: &Element, path: &str) {
        let known: Vec<String> = self.fragments.keys().cloned().collect();
        let message = format!("fragment `{id}` is not among the inputs");
        let mut diagnostic = if self.is_check {
            Diagnostic::warning("missing-fragment", span, message).label("its policies are not checked")
        } else {
            Diagnostic::error("missing-fragment", span, message).label("run needs it")
        };
        if let Some(close) = closest(id, known.iter().map(String::as_str)) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        }
        self.report(diagnostic);
        if self.is_check {
            self.emit(Op::Unsupported, element, path);
        }
    }
}

/// The section in which all of `policies` may stand, inbound if there is none.
fn section_for(policies: &[Element]) -> Section {
    let fits = |section: &Section| {
        policies.iter().all(|e| sections_of(&e.name).is_none_or(|all| all.contains(section)))
    };
    SECTIONS.into_iter().find(fits).unwrap_or(Section::Inbound)
}

fn section_named(name: &str) -> Option<Section> {
    SECTIONS.into_iter().find(|section| section.name() == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::diagnostics::{Diagnostics, SourceMap};
    use crate::policy::{PolicyScope, PolicyText, Sources, load_sources};

    /// The policies of the program in order, each with its scope and path; or the codes of the problems.
    fn put_together(
        scopes: &[(PolicyScope, &str)],
        fragments: &[(&str, &str)],
        is_check: bool,
    ) -> Result<Vec<String>, Vec<String>> {
        let mut map = SourceMap::new();
        let mut sources = Sources { is_check, ..Sources::default() };
        let mut texts = BTreeMap::new();
        for (scope, text) in scopes {
            let source = map.add(scope.name(), *text);
            texts.insert(*scope, PolicyText { source, text });
        }
        sources.scopes = texts;
        for (id, text) in fragments {
            let source = map.add(*id, *text);
            sources.fragments.insert((*id).to_owned(), PolicyText { source, text });
        }
        let mut diagnostics = Diagnostics::new();
        let (program, _) = load_sources(&sources, &mut diagnostics);
        match program {
            Some(program) => Ok(program
                .places
                .iter()
                .map(|p| format!("{} {}:{}", p.section.name(), p.scope.name(), p.path))
                .filter(|line| !line.ends_with(':'))
                .collect()),
            None => Err(diagnostics.sorted().iter().map(|d| d.code.to_owned()).collect()),
        }
    }

    const MARK: &str = r#"<set-variable name="a" value="b"/>"#;

    #[test]
    fn base_is_the_same_section_of_the_next_broader_scope() {
        let global =
            format!("<policies><inbound>{MARK}</inbound><backend><forward-request/></backend></policies>");
        let product = format!("<policies><inbound>{MARK}<base/>{MARK}</inbound></policies>");
        let api = "<policies><inbound><base/></inbound><outbound/></policies>";
        let found = put_together(
            &[(PolicyScope::Global, &global), (PolicyScope::Product, &product), (PolicyScope::Api, api)],
            &[],
            false,
        );
        let expected = [
            "inbound product:set-variable[1]",
            "inbound global:set-variable[1]",
            "inbound product:set-variable[2]",
            "backend global:forward-request[1]",
        ];
        assert_eq!(found, Ok(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn without_base_broader_scopes_do_not_run() {
        let global = format!("<policies><inbound>{MARK}</inbound></policies>");
        let api = "<policies><inbound/><backend/></policies>";
        let found = put_together(&[(PolicyScope::Global, &global), (PolicyScope::Api, api)], &[], false);
        assert_eq!(found, Ok(vec![]));
    }

    #[test]
    fn fragments_are_put_where_they_are_included() {
        let api = format!(
            r#"<policies><inbound>{MARK}<include-fragment fragment-id="f"/>{MARK}</inbound><backend/></policies>"#
        );
        let f = format!(r#"<fragment>{MARK}<include-fragment fragment-id="g"/></fragment>"#);
        let found = put_together(
            &[(PolicyScope::Api, &api)],
            &[("f", &f), ("g", r#"<set-backend-service backend-id="x"/>"#)],
            false,
        );
        let expected = [
            "inbound api:set-variable[1]",
            "inbound api:include-fragment[1]/set-variable[1]",
            "inbound api:include-fragment[1]/include-fragment[1]/set-backend-service[1]",
            "inbound api:set-variable[2]",
        ];
        assert_eq!(found, Ok(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn wrong_fragments_are_told() {
        let api = |id: &str| {
            format!(r#"<policies><inbound><include-fragment fragment-id="{id}"/></inbound></policies>"#)
        };
        for (id, fragments, code) in [
            ("f", vec![], "missing-fragment"),
            (
                "f",
                vec![("f", r#"<fragment><include-fragment fragment-id="f"/></fragment>"#)],
                "fragment-cycle",
            ),
            ("f", vec![("f", "<fragment><base/></fragment>")], "misplaced-policy"),
            ("f", vec![("f", "<fragment><cache-store/></fragment")], "missing-bracket"),
        ] {
            let found = put_together(&[(PolicyScope::Api, &api(id))], &fragments, false);
            let Err(codes) = found else { panic!("{fragments:?}: {found:?}") };
            assert!(codes.iter().any(|c| c == code) || code == "missing-bracket", "{fragments:?}: {codes:?}");
        }
    }

    #[test]
    fn a_snippet_can_be_checked_but_not_run() {
        for text in [
            r#"<fragment><set-backend-service backend-id="x"/></fragment>"#,
            r#"<set-backend-service backend-id="x"/>"#,
            r#"<set-variable name="a" value="b"/><forward-request timeout="5"/>"#,
        ] {
            let scopes = [(PolicyScope::Api, text)];
            assert_eq!(put_together(&scopes, &[], false), Err(vec!["no-sections".to_owned()]), "{text}");
            let checked = put_together(&scopes, &[], true);
            assert!(checked.as_ref().is_ok_and(|all| !all.is_empty()), "{text}: {checked:?}");
        }
        let sections = [(PolicyScope::Api, "<inbound><base/></inbound><backend><base/></backend>")];
        assert!(put_together(&sections, &[], false).is_ok());
    }

    #[test]
    fn a_forest_of_fragments_is_cut() {
        let many = r#"<include-fragment fragment-id="b"/>"#.repeat(100);
        let a = format!("<fragment>{many}</fragment>");
        let api = format!(
            "<policies><inbound>{}</inbound></policies>",
            r#"<include-fragment fragment-id="a"/>"#.repeat(100)
        );
        let b = format!("<fragment>{}</fragment>", MARK.repeat(100));
        let found = put_together(&[(PolicyScope::Api, &api)], &[("a", &a), ("b", &b)], false);
        assert_eq!(found, Err(vec!["program-too-large".to_owned()]));
    }
}
