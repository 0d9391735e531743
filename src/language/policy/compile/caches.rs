//! Policies that cache.
//!
//! Read and without effect: `caching-type` (there is one cache), `downstream-caching-type` and
//! `must-revalidate` (caches of clients are not modelled), and what decides whether two prompts are alike
//! (`score-threshold`, `embeddings-...`, `ignore-system-messages`, `max-message-count`): hits of a semantic
//! cache come from a ratio that the run is given.

use super::Compiler;
use crate::policy::csharp::{Expression, Value};
use crate::policy::scan::{Attribute, Element};
use crate::policy::{CachePolicy, Op, Operand, ResponseLookup, Text};

const CACHING_TYPES: &[&str] = &["prefer-external", "external", "internal"];
const LOOKUP: &[&str] = &[
    "vary-by-developer",
    "vary-by-developer-groups",
    "allow-private-response-caching",
    "caching-type",
    "downstream-caching-type",
    "must-revalidate",
];
const SEMANTIC: &[&str] = &[
    "score-threshold",
    "embeddings-backend-id",
    "embeddings-backend-auth",
    "ignore-system-messages",
    "max-message-count",
];

impl Compiler<'_> {
    pub(super) fn cache_lookup_value(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, &["key", "variable-name", "default-value", "caching-type"], &[]);
        self.check_empty(element);
        self.caching_type(element);
        let key = self.required(element, "key").and_then(|a| self.name_operand(a));
        let output = self.required(element, "variable-name").and_then(|a| self.variable_name(a));
        let default = match element.attribute("default-value") {
            None => Some(None),
            Some(attribute) => self.any_value(attribute).map(Some),
        };
        if let (Some(key), Some(output), Some(default)) = (key, output, default) {
            self.emit_cache(CachePolicy::LookupValue { key, output, default }, element, path);
        }
    }

    pub(super) fn cache_store_value(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, &["key", "value", "duration", "caching-type"], &[]);
        self.check_empty(element);
        self.caching_type(element);
        let key = self.required(element, "key").and_then(|a| self.name_operand(a));
        let value = self.required(element, "value").and_then(|a| self.any_value(a));
        let duration = self.required(element, "duration").and_then(|a| self.seconds_operand(a));
        if let (Some(key), Some(value), Some(duration)) = (key, value, duration) {
            self.emit_cache(CachePolicy::StoreValue { key, value, duration }, element, path);
        }
    }

    pub(super) fn cache_remove_value(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, &["key", "caching-type"], &[]);
        self.check_empty(element);
        self.caching_type(element);
        if let Some(key) = self.required(element, "key").and_then(|a| self.name_operand(a)) {
            self.emit_cache(CachePolicy::RemoveValue { key }, element, path);
        }
    }

    pub(super) fn cache_lookup(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, LOOKUP, &[]);
        self.check_no_text(element);
        self.caching_type(element);
        self.one_of(element, "downstream-caching-type", &["none", "private", "public"]);
        if let Some(attribute) = element.attribute("must-revalidate") {
            self.bool_operand(attribute);
        }
        let by_developer = self.expected(element, "vary-by-developer").and_then(|a| self.bool_operand(a));
        let by_groups = self.expected(element, "vary-by-developer-groups").and_then(|a| self.bool_operand(a));
        let allow_private = match element.attribute("allow-private-response-caching") {
            None => Some(Operand::Literal(false)),
            Some(attribute) => self.bool_operand(attribute),
        };
        let (mut headers, mut parameters) = (Vec::new(), Vec::new());
        for child in &element.children {
            match child.name.as_str() {
                "vary-by-header" => self.names(child, &mut headers),
                "vary-by-query-parameter" => self.names(child, &mut parameters),
                _ => self.unexpected_child(element, child, &["vary-by-header", "vary-by-query-parameter"]),
            }
        }
        if let (Some(by_developer), Some(by_groups), Some(allow_private)) =
            (by_developer, by_groups, allow_private)
        {
            let lookup = ResponseLookup { by_developer, by_groups, allow_private, headers, parameters };
            self.emit_cache(CachePolicy::LookupResponse(lookup), element, path);
        }
    }

    pub(super) fn cache_store(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, &["duration", "cache-response", "caching-type"], &[]);
        self.check_empty(element);
        self.caching_type(element);
        let duration = self.required(element, "duration").and_then(|a| self.seconds_operand(a));
        let condition = match element.attribute("cache-response") {
            None => Some(None),
            Some(attribute) => self.bool_operand(attribute).map(Some),
        };
        if let (Some(duration), Some(condition)) = (duration, condition) {
            self.emit_cache(CachePolicy::StoreResponse { duration, condition }, element, path);
        }
    }

    pub(super) fn semantic_lookup(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, SEMANTIC, &[]);
        self.check_no_text(element);
        if let Some(attribute) = self.required(element, "score-threshold")
            && !attribute.value.is_expression
            && let Some(text) = self.literal(&attribute.value)
            && !text.trim().parse::<f64>().is_ok_and(|score| (0.0..=1.0).contains(&score))
        {
            self.bad_value(attribute, "a number from 0.0 to 1.0");
        }
        if let Some(attribute) = self.required(element, "embeddings-backend-id") {
            self.name_operand(attribute);
        }
        if let Some(attribute) = element.attribute("embeddings-backend-auth")
            && let Some(text) = self.literal_only(attribute)
            && text.trim() != "system-assigned"
        {
            self.bad_value(attribute, "`system-assigned`");
        }
        if let Some(attribute) = element.attribute("ignore-system-messages") {
            self.literal_bool(attribute);
        }
        if let Some(attribute) = element.attribute("max-message-count") {
            self.count_operand(attribute, 1, u32::MAX);
        }
        let mut vary_by = Vec::new();
        for child in &element.children {
            if child.name == "vary-by" {
                self.check_attributes(child, &[], &[]);
                vary_by.extend(self.text_operand(&child.text, "vary-by"));
            } else {
                self.unexpected_child(element, child, &["vary-by"]);
            }
        }
        self.emit_cache(CachePolicy::LookupMeaning { vary_by }, element, path);
    }

    pub(super) fn semantic_store(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, &["duration"], &[]);
        self.check_empty(element);
        if let Some(duration) = self.required(element, "duration").and_then(|a| self.seconds_operand(a)) {
            self.emit_cache(CachePolicy::StoreMeaning { duration }, element, path);
        }
    }

    fn emit_cache(&mut self, policy: CachePolicy, element: &Element, path: &str) {
        self.emit(Op::Cache(Box::new(policy)), element, path);
    }

    fn caching_type(&mut self, element: &Element) {
        self.one_of(element, "caching-type", CACHING_TYPES);
    }

    fn one_of(&mut self, element: &Element, name: &str, words: &[&str]) {
        if let Some(attribute) = element.attribute(name)
            && !attribute.value.is_expression
            && let Some(text) = self.literal(&attribute.value)
            && !words.contains(&text.trim())
        {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            self.bad_value(attribute, &words.join(", "));
        }
    }

    /// A value of any type; written out it is a string.
    pub(super) fn any_value(&mut self, attribute: &Attribute) -> Option<Expression> {
        if attribute.value.is_expression {
            return self.expression(&attribute.value);
        }
        let text = Text::from(self.literal(&attribute.value)?.to_owned());
        Some(Expression::constant(Value::Str(text), attribute.value.span))
    }

    /// Names with semicolons between.
    fn names(&mut self, element: &Element, names: &mut Vec<Text>) {
        self.check_attributes(element, &[], &[]);
        let Some(text) = self.literal(&element.text) else { return };
        let found = text.split(';').map(str::trim).filter(|name| !name.is_empty());
        let before = names.len();
        names.extend(found.map(|name| Text::from(name.to_owned())));
        if names.len() == before {
            let message = format!("`{}` is empty", element.name);
            self.error("missing-element", element.name_span, message, "expected a name inside");
        }
    }
}
