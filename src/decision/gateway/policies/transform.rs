//! Policies that change messages, and those that answer by themselves.
//!
//! Rules (the page of each policy)
//! - set-body works on the request in inbound and backend, on the response in outbound and on-error. A body
//!   that a policy wrote can be sent, whatever became of the one before.
//! - rewrite-uri and set-query-parameter change the request; `OriginalUrl` stays.
//! - What replaces or converts characters leaves bodies alone that are not known as text.
//! - mock-response ends the pipeline. The examples of the API are not known: its body is empty.

use std::sync::Arc;

use crate::gateway::choices::Choices;
use crate::gateway::io::Answerer;
use crate::gateway::pipeline::Runner;
use crate::policy::csharp::Object;
use crate::policy::operations::{
    BodyTemplate, Conversion, LiquidTemplate, LiquidValues, QueryEdit, Transform, edit_query, json_to_xml,
    match_parameters, query_value, rewrite_template, xml_to_json,
};
use crate::policy::{
    Body, ExistsAction, Facts, HeaderValue, LastError, Operand, Origin, Pc, Response, Text, VariableSlot,
};

impl<C: Choices> Runner<'_, C> {
    /// Changes a message, or answers.
    pub(in crate::gateway) fn transform(&mut self, policy: &Transform, pc: Pc) -> Result<(), Box<LastError>> {
        match policy {
            Transform::SetBody(template) => self.set_body(template)?,
            Transform::SetMethod(method) => {
                let method = self.eval(method)?;
                self.exchange.request.method = Text::from(method.trim().to_owned());
            }
            Transform::SetQueryParameter { name, exists_action, values } => {
                self.set_query_parameter(name, exists_action, values)?;
            }
            Transform::RewriteUri { template, copy_unmatched } => {
                let template = self.eval(template)?;
                let copy_unmatched = self.eval(copy_unmatched)?;
                self.rewrite_uri(&template, copy_unmatched);
            }
            Transform::FindAndReplace { from, to } => {
                let (from, to) = (self.eval(from)?, self.eval(to)?);
                if !from.is_empty() {
                    self.edit_body(|text| text.contains(from.as_str()).then(|| text.replace(&*from, &to)));
                }
            }
            Transform::JsonToXml(when) => {
                self.convert(when, "json", "xml", "text/xml", json_to_xml)?;
            }
            Transform::XmlToJson(when, is_friendly) => {
                let convert = |text: &str| xml_to_json(text, *is_friendly);
                self.convert(when, "xml", "json", "application/json", convert)?;
            }
            Transform::MockResponse { status, content_type } => {
                let mut response = Response::plain(self.eval(status)?);
                if let Some(content_type) = content_type {
                    let value = HeaderValue::Text(self.eval(content_type)?);
                    response.headers.set(Text::Static("Content-Type"), value);
                }
                self.answer_with(response);
                return Ok(());
            }
            Transform::RedirectContentUrls => self.redirect_content_urls(),
            Transform::Jsonp(name) => {
                let name = self.eval(name)?;
                self.jsonp(&name)?;
            }
            Transform::Cors(policy) => {
                if self.cors(policy, pc)? {
                    return Ok(());
                }
            }
        }
        self.exchange.pc = pc.next();
        Ok(())
    }

    fn set_body(&mut self, template: &BodyTemplate) -> Result<(), Box<LastError>> {
        let body = match template {
            BodyTemplate::Plain(text) => Body::Text(self.eval(text)?),
            BodyTemplate::Liquid(template) => {
                self.fill_template(template).map_or(Body::Opaque, |text| Body::Text(Text::from(text)))
            }
            BodyTemplate::Opaque => Body::Opaque,
        };
        if self.is_on_request() {
            self.exchange.request.body = body;
            self.exchange.body_used = false;
        } else {
            self.response().body = body;
        }
        Ok(())
    }

    fn fill_template(&mut self, template: &LiquidTemplate) -> Option<String> {
        let request = &self.exchange.request;
        let facts = self.facts();
        let context = vec![
            ("Request.Method", request.method.to_string()),
            ("Request.IpAddress", facts.ip_address.to_string()),
            ("Api.Id", facts.api.id.to_string()),
            ("Api.Name", facts.api.name.to_string()),
            ("Api.Path", facts.api.path.to_string()),
            ("Operation.Id", facts.operation.id.to_string()),
            ("Operation.Name", facts.operation.name.to_string()),
            ("Operation.Method", facts.operation.method.to_string()),
            ("Subscription.Id", facts.subscription.as_ref().map_or(String::new(), |s| s.id.to_string())),
            ("Subscription.Name", facts.subscription.as_ref().map_or(String::new(), |s| s.name.to_string())),
        ];
        let body = if self.is_on_request() {
            Some(&request.body)
        } else {
            self.exchange.response.as_ref().map(|response| &response.body)
        };
        let body = match body {
            Some(Body::Text(text)) => Some(text.as_str()),
            Some(Body::Absent | Body::Consumed) | None => Some(""),
            Some(Body::Opaque) => None,
        };
        template.fill(&LiquidValues { body, context })
    }

    fn set_query_parameter(
        &mut self,
        name: &Operand<Text>,
        exists_action: &Operand<Text>,
        values: &[Operand<Text>],
    ) -> Result<(), Box<LastError>> {
        let name = self.eval(name)?;
        let action = self.eval(exists_action)?;
        let Some(action) = ExistsAction::named(action.trim()) else {
            let message = format!("`{action}` is not a value for `exists-action`");
            return Err(self.error("ExpressionValueEvaluationFailure", message.into()));
        };
        let edit = match action {
            ExistsAction::Override => QueryEdit::Override,
            ExistsAction::Skip => QueryEdit::Skip,
            ExistsAction::Append => QueryEdit::Append,
            ExistsAction::Delete => QueryEdit::Delete,
        };
        let values = self.all(values)?;
        let values: Vec<&str> = values.iter().map(Text::as_str).collect();
        self.keep_original_path();
        let path = edit_query(&self.exchange.request.path, &name, edit, &values);
        self.exchange.request.path = Text::from(path);
        Ok(())
    }

    fn rewrite_uri(&mut self, template: &str, copy_unmatched: bool) {
        self.keep_original_path();
        let facts = Arc::clone(self.facts());
        let target = self.exchange.request.path.clone();
        let found = if facts.matched_parameters.is_empty() {
            match_parameters(&facts.operation.url_template, &target)
        } else {
            Vec::new()
        };
        let parameter = |name: &str| {
            let given = facts.matched_parameters.iter().find(|(known, _)| known.as_str() == name);
            let matched = || found.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            given.map(|(_, value)| value.as_str()).or_else(matched)
        };
        let path = rewrite_template(template, &target, parameter, copy_unmatched);
        self.exchange.request.path = Text::from(path);
    }

    /// Remembers the path as the client sent it, before it is changed for the first time.
    fn keep_original_path(&mut self) {
        if self.facts().original_path.is_some() {
            return;
        }
        let mut facts = Facts::clone(self.facts());
        let base = facts.api.path.trim_matches('/');
        let slash = if base.is_empty() { "" } else { "/" };
        facts.original_path = Some(Text::from(format!("{slash}{base}{}", self.exchange.request.path)));
        self.exchange.facts = Some(Arc::new(facts));
    }

    /// Puts what `edit` gives in place of the body of the section's message. `false`: there is no text, or
    /// nothing to change.
    fn edit_body(&mut self, edit: impl Fn(&str) -> Option<String>) -> bool {
        let on_request = self.is_on_request();
        let body = if on_request {
            Some(&mut self.exchange.request.body)
        } else {
            self.exchange.response.as_mut().map(|response| &mut response.body)
        };
        let Some(Body::Text(text)) = body else { return false };
        let Some(new) = edit(text) else { return false };
        *text = Text::from(new);
        true
    }

    fn convert(
        &mut self,
        when: &Conversion,
        source: &str,
        target: &str,
        content_type: &'static str,
        convert: impl Fn(&str) -> Option<String>,
    ) -> Result<(), Box<LastError>> {
        let consider_accept = self.eval(&when.consider_accept)?;
        let on_request = self.is_on_request();
        let accept = self.exchange.request.headers.joined("Accept").unwrap_or(Text::EMPTY);
        if consider_accept && !accept.to_ascii_lowercase().contains(target) {
            return Ok(());
        }
        let written = self.headers(on_request).joined("Content-Type").unwrap_or(Text::EMPTY);
        if !when.always && !written.to_ascii_lowercase().contains(source) {
            return Ok(());
        }
        if self.edit_body(convert) {
            let value = HeaderValue::Text(Text::Static(content_type));
            self.headers(on_request).set(Text::Static("Content-Type"), value);
        }
        Ok(())
    }

    /// In outbound, links to the service become links to the gateway; in inbound the other way round.
    fn redirect_content_urls(&mut self) {
        let facts = Arc::clone(self.facts());
        let base = facts.api.path.trim_matches('/');
        let gateway = format!("{}/{base}", url_of(&facts.gateway_origin));
        let gateway = gateway.trim_end_matches('/').to_owned();
        let backend = match self.exchange.answerer {
            Some(Answerer::Backend { backend, .. }) => backend.and_then(|id| self.spec.backend(id)),
            _ => None,
        };
        let service = match (backend, &facts.api.service_url) {
            (Some(backend), _) => backend.url.to_string(),
            (None, Some(url)) => url.to_string(),
            (None, None) => url_of(&facts.service_origin),
        };
        let service = service.trim_end_matches('/').to_owned();
        let (from, to) = if self.is_on_request() { (gateway, service) } else { (service, gateway) };
        self.edit_body(|text| text.contains(&from).then(|| text.replace(&from, &to)));
    }

    fn jsonp(&mut self, name: &str) -> Result<(), Box<LastError>> {
        let path = self.facts().original_path.clone().unwrap_or_else(|| self.exchange.request.path.clone());
        let Some(callback) = query_value(&path, name) else { return Ok(()) };
        let mut characters = callback.chars();
        let is_start = |c: char| c.is_alphabetic() || c == '_' || c == '$';
        let is_name = characters.next().is_some_and(is_start)
            && characters.all(|c| is_start(c) || c.is_ascii_digit() || c == '.');
        if !is_name {
            let message =
                format!("Callback parameter {name} is not a valid JavaScript identifier: {callback}");
            return Err(self.error("CallbackParameterInvalid", message.into()));
        }
        if self.edit_body(|text| Some(format!("{callback}({text})"))) {
            let value = HeaderValue::Text(Text::Static("application/javascript"));
            self.headers(false).set(Text::Static("Content-Type"), value);
        }
        Ok(())
    }

    /// The response in a variable.
    pub(in crate::gateway) fn stored_response(&self, slot: VariableSlot) -> Option<Response> {
        let value = self.exchange.variables.get(slot.0 as usize)?.as_ref()?;
        match self.exchange.heap.object(value)? {
            Object::Response(response) => Some(Response::clone(response)),
            _ => None,
        }
    }

    /// Who calls what.
    pub(in crate::gateway) fn facts(&self) -> &Arc<Facts> {
        self.exchange.facts.as_ref().unwrap_or(self.spec.facts())
    }
}

fn url_of(origin: &Origin) -> String {
    let is_usual = matches!((origin.scheme.as_str(), origin.port), ("https", 443) | ("http", 80));
    if is_usual {
        format!("{}://{}", origin.scheme, origin.host)
    } else {
        format!("{}://{}:{}", origin.scheme, origin.host, origin.port)
    }
}
