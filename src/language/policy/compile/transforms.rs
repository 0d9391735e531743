//! Policies that change messages: their shapes, and what is made of them.
//!
//! Source: the page of each policy in the policy reference (2026).

use super::Compiler;
use super::shape::{
    Child, Content, EMPTY, Field, Kind, Shape, TEXT, many, maybe, one, optional, required, some,
};
use crate::diagnostics::Diagnostic;
use crate::policy::operations::{BodyTemplate, Conversion, Cors, LiquidTemplate, Transform};
use crate::policy::scan::Element;
use crate::policy::{Op, Operand, Text};
use crate::units::StatusCode;

const ACTIONS: &[&str] = &["override", "skip", "append", "delete"];
const BODY_FIELDS: &[Field] = &[
    optional("template", Kind::Word(&["liquid"])).written(),
    optional("xsi-nil", Kind::Word(&["blank", "null"])).written(),
    optional("parse-date", Kind::Flag).written(),
];
const BODY: Shape = Shape { fields: BODY_FIELDS, content: Content::Data, children: &[] };
const VALUE: Shape = Shape { content: Content::AnyText, ..EMPTY };
const QUERY_PARAMETER: Shape = Shape {
    fields: &[required("name", Kind::Name), optional("exists-action", Kind::Word(ACTIONS))],
    children: &[many("value", &VALUE)],
    ..EMPTY
};
const REWRITE: Shape = Shape {
    fields: &[required("template", Kind::Name), optional("copy-unmatched-params", Kind::Flag)],
    ..EMPTY
};
const FIND: Shape = Shape { fields: &[required("from", Kind::Text), required("to", Kind::Text)], ..EMPTY };
const JSON_TO_XML: Shape = Shape {
    fields: &[
        required("apply", Kind::Word(&["always", "content-type-json"])),
        optional("consider-accept-header", Kind::Flag),
        optional("parse-date", Kind::Flag),
        optional("namespace-separator", Kind::Text),
        optional("namespace-prefix", Kind::Text),
        optional("attribute-block-name", Kind::Text),
    ],
    ..EMPTY
};
const XML_TO_JSON: Shape = Shape {
    fields: &[
        required("kind", Kind::Word(&["javascript-friendly", "direct"])),
        required("apply", Kind::Word(&["always", "content-type-xml"])),
        optional("consider-accept-header", Kind::Flag),
        optional("always-array-child-elements", Kind::Flag),
    ],
    ..EMPTY
};
const MOCK: Shape = Shape {
    fields: &[
        optional("status-code", Kind::Status),
        optional("content-type", Kind::Name),
        optional("index", Kind::Whole(0, u32::MAX)),
    ],
    ..EMPTY
};
const JSONP: Shape = Shape { fields: &[required("callback-parameter-name", Kind::Name)], ..EMPTY };
const CORS_CHILDREN: &[Child] = &[
    one("allowed-origins", &Shape { children: &[some("origin", &TEXT)], ..EMPTY }),
    maybe(
        "allowed-methods",
        &Shape {
            fields: &[optional("preflight-result-max-age", Kind::Whole(0, u32::MAX))],
            children: &[many("method", &TEXT)],
            ..EMPTY
        },
    ),
    maybe("allowed-headers", &Shape { children: &[many("header", &TEXT)], ..EMPTY }),
    maybe("expose-headers", &Shape { children: &[many("header", &TEXT)], ..EMPTY }),
];
const CORS: Shape = Shape {
    fields: &[optional("allow-credentials", Kind::Flag), optional("terminate-unmatched-request", Kind::Flag)],
    content: Content::Nothing,
    children: CORS_CHILDREN,
};

impl Compiler<'_> {
    /// A policy that changes messages. `false`: it is none.
    pub(super) fn transform(&mut self, element: &Element, path: &str) -> bool {
        let transform = match element.name.as_str() {
            "set-body" => self.set_body_policy(element),
            "set-method" => self.set_method(element),
            "set-query-parameter" => self.set_query_parameter(element),
            "rewrite-uri" => self.rewrite_uri(element),
            "find-and-replace" => self.find_and_replace(element),
            "json-to-xml" => self.conversion(element, &JSON_TO_XML).map(|(c, _)| Transform::JsonToXml(c)),
            "xml-to-json" => {
                let read = self.conversion(element, &XML_TO_JSON);
                read.map(|(conversion, is_friendly)| Transform::XmlToJson(conversion, is_friendly))
            }
            "mock-response" => {
                let mut filled = self.fill(element, &MOCK);
                let status = filled.status("status-code", StatusCode::OK);
                let content_type = filled.words("content-type");
                (!filled.is_partial).then_some(Transform::MockResponse { status, content_type })
            }
            "redirect-content-urls" => {
                self.fill(element, &EMPTY);
                Some(Transform::RedirectContentUrls)
            }
            "jsonp" => self.fill(element, &JSONP).words("callback-parameter-name").map(Transform::Jsonp),
            "cors" => self.cors(element),
            _ => return false,
        };
        if let Some(transform) = transform {
            self.emit(Op::Transform(Box::new(transform)), element, path);
        }
        true
    }

    fn set_body_policy(&mut self, element: &Element) -> Option<Transform> {
        let filled = self.fill(element, &BODY);
        if filled.is_partial {
            return None;
        }
        if element.attribute("template").is_none() {
            let operand = self.body_operand(element)?;
            return Some(Transform::SetBody(BodyTemplate::Plain(operand)));
        }
        let text = element.payload.as_ref().map_or(element.text.text.as_str(), |payload| &payload.text);
        let template = LiquidTemplate::read(text).map_or(BodyTemplate::Opaque, BodyTemplate::Liquid);
        if matches!(template, BodyTemplate::Opaque) {
            let message = "this Liquid template is not filled in";
            self.report(
                Diagnostic::warning("unsupported-template", element.name_span, message)
                    .label("the body is there, its text is not known")
                    .help("templates of `{{ body.x }}` and `{{ context.X }}` alone are filled in"),
            );
        }
        Some(Transform::SetBody(template))
    }

    fn set_method(&mut self, element: &Element) -> Option<Transform> {
        let filled = self.fill(element, &TEXT);
        let method = filled.text?;
        Some(Transform::SetMethod(match method {
            Operand::Literal(text) => Operand::Literal(Text::from(text.to_ascii_uppercase())),
            computed @ Operand::Expression(_) => computed,
        }))
    }

    fn set_query_parameter(&mut self, element: &Element) -> Option<Transform> {
        let mut filled = self.fill(element, &QUERY_PARAMETER);
        let name = filled.words("name");
        let action = filled.words("exists-action").unwrap_or(Operand::Literal(Text::Static("override")));
        let empty = || Operand::Literal(Text::EMPTY);
        let values: Vec<Operand<Text>> =
            filled.children("value").into_iter().map(|child| child.text.unwrap_or_else(empty)).collect();
        let deletes = matches!(&action, Operand::Literal(action) if action.as_str() == "delete");
        let is_computed = matches!(&action, Operand::Expression(_));
        if values.is_empty() && !deletes && !is_computed && !filled.is_partial && !element.damaged {
            let message = "`set-query-parameter` has no `value`";
            let label = "expected `<value>...</value>` inside";
            self.objection("missing-element", element.name_span, message, label);
        }
        if filled.is_partial {
            return None;
        }
        Some(Transform::SetQueryParameter { name: name?, exists_action: action, values })
    }

    fn rewrite_uri(&mut self, element: &Element) -> Option<Transform> {
        let mut filled = self.fill(element, &REWRITE);
        let template = filled.words("template")?;
        let copy_unmatched = filled.flag("copy-unmatched-params", true);
        (!filled.is_partial).then_some(Transform::RewriteUri { template, copy_unmatched })
    }

    fn find_and_replace(&mut self, element: &Element) -> Option<Transform> {
        let mut filled = self.fill(element, &FIND);
        let (from, to) = (filled.words("from")?, filled.words("to")?);
        if matches!(&from, Operand::Literal(from) if from.is_empty()) {
            if let Some(attribute) = element.attribute("from") {
                self.bad_value(attribute, "a text that is not empty");
            }
            return None;
        }
        Some(Transform::FindAndReplace { from, to })
    }

    fn conversion(&mut self, element: &Element, shape: &Shape) -> Option<(Conversion, bool)> {
        let mut filled = self.fill(element, shape);
        let is = |operand, word: &str| match operand {
            Some(Operand::Literal(text)) => Text::as_str(&text) == word,
            Some(Operand::Expression(_)) | None => false,
        };
        let always = is(filled.words("apply"), "always");
        let is_friendly = is(filled.words("kind"), "javascript-friendly");
        let consider_accept = filled.flag("consider-accept-header", true);
        (!filled.is_partial).then_some((Conversion { always, consider_accept }, is_friendly))
    }

    fn cors(&mut self, element: &Element) -> Option<Transform> {
        let mut filled = self.fill(element, &CORS);
        if filled.is_partial {
            return None;
        }
        let mut methods = filled.children("allowed-methods").into_iter().next().unwrap_or_default();
        let origins = filled.texts_in("allowed-origins", "origin");
        let allow_credentials = filled.flag("allow-credentials", false);
        let is_any = origins.iter().any(|o| matches!(o, Operand::Literal(text) if text.as_str() == "*"));
        if is_any && matches!(allow_credentials, Operand::Literal(true)) {
            let message = "credentials are allowed to any origin";
            self.report(
                Diagnostic::warning("cors-credentials", element.name_span, message)
                    .label("browsers refuse `*` with credentials"),
            );
        }
        Some(Transform::Cors(Cors {
            allow_credentials,
            terminate_unmatched: filled.flag("terminate-unmatched-request", true),
            origins,
            max_age: methods.whole("preflight-result-max-age"),
            methods: methods.texts("method"),
            headers: filled.texts_in("allowed-headers", "header"),
            expose: filled.texts_in("expose-headers", "header"),
        }))
    }
}
