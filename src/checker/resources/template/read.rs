//! A template as JSON into a template as it is evaluated.

use std::sync::Arc;

use super::expression::read_text;
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::resources::Form;
use crate::resources::eval::syntax::{
    Entry, Expr, ExprKind, Function, Inner, Item, Parameter, Repeat, Resource, Template, Variable,
};
use crate::tree::json::{Node, Value};

/// Deepest templates in templates and resources in resources.
const MAX_NESTING: u32 = 24;

/// The template at `root`; `None` for JSON without expressions and without a template around it.
pub(crate) fn read(root: &Node, form: Form, problems: &mut Diagnostics) -> Option<Template> {
    let is_template = form == Form::Template && root.members().is_some() && root.get("resources").is_some();
    let mut reader = Reader { form, problems, nesting: 0, is_fragment: !is_template };
    if is_template {
        return Some(reader.template(root));
    }
    if !has_expression(root) {
        return None;
    }
    // A part of a template: what it refers to is elsewhere.
    let mut template = reader.empty(root.mark());
    template.is_fragment = true;
    reader.resources(root, None, "", &mut template);
    Some(template)
}

fn has_expression(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => {
            let is_likely = text.starts_with('[') && !text.starts_with("[[") && text.contains('(');
            is_likely && read_text(text, node.span, None).is_ok_and(|expr| expr.literal().is_none())
        }
        Value::Array(elements) => elements.iter().any(has_expression),
        Value::Object(members) => members.iter().any(|member| has_expression(&member.value)),
        _ => false,
    }
}

struct Reader<'d> {
    form: Form,
    problems: &'d mut Diagnostics,
    nesting: u32,
    /// Whether what is read may be no template at all.
    is_fragment: bool,
}

impl Reader<'_> {
    fn empty(&self, span: Span) -> Template {
        Template {
            form: self.form,
            span,
            parameters: Vec::new(),
            variables: Vec::new(),
            functions: Vec::new(),
            imports: Vec::new(),
            resources: Vec::new(),
            outputs: Vec::new(),
            is_fragment: false,
            has_symbols: false,
        }
    }

    fn template(&mut self, root: &Node) -> Template {
        let mut template = self.empty(root.mark());
        for member in members(root, "parameters") {
            let is_nullable =
                matches!(member.value.get("nullable").map(|n| &n.value), Some(Value::Bool(true)));
            let default = member.value.get("defaultValue").map(|value| self.expr(value));
            template.parameters.push(Parameter {
                name: Arc::from(member.name.as_str()),
                default,
                is_nullable,
                filling: None,
            });
        }
        if let Some(variables) = root.get("variables") {
            // Variables may be made by loops, as members of any object.
            let all = self.expr(variables);
            if let ExprKind::Object(entries) = all.kind {
                for entry in entries {
                    let Entry::Member { name, value } = entry else { continue };
                    if let Some(text) = name.literal() {
                        template.variables.push(Variable { name: Arc::from(text), value });
                    }
                }
            }
        }
        for namespace in root.get("functions").and_then(Node::elements).unwrap_or_default() {
            let prefix = namespace.get("namespace").and_then(Node::text).unwrap_or_default();
            for member in members(namespace, "members") {
                let Some(output) = member.value.get("output").and_then(|output| output.get("value")) else {
                    continue;
                };
                let parameters = member.value.get("parameters").and_then(Node::elements).unwrap_or_default();
                let names = parameters.iter().filter_map(|parameter| parameter.get("name")?.text());
                template.functions.push(Function {
                    name: Arc::from(format!("{prefix}.{}", member.name)),
                    parameters: names.map(Arc::from).collect(),
                    body: self.expr(output),
                    is_arm: true,
                });
            }
        }
        if let Some(resources) = root.get("resources") {
            self.resources(resources, None, "", &mut template);
        }
        for member in members(root, "outputs") {
            if let Some(value) = member.value.get("value") {
                let value = self.expr(value);
                template.outputs.push(Variable { name: Arc::from(member.name.as_str()), value });
            }
        }
        template
    }

    /// Resources in a list, by symbolic name in an object, or one by itself.
    fn resources(&mut self, node: &Node, parent: Option<usize>, parent_type: &str, template: &mut Template) {
        match &node.value {
            Value::Array(elements) => {
                for element in elements {
                    if element.members().is_some() {
                        self.resource(element, None, parent, parent_type, template);
                    }
                }
            }
            Value::Object(_) if node.get("type").and_then(Node::text).is_some() => {
                self.resource(node, None, parent, parent_type, template);
            }
            Value::Object(_) if self.is_fragment => {
                self.part(node, parent, parent_type, template);
            }
            Value::Object(members) => {
                template.has_symbols = true;
                for member in members {
                    if member.value.members().is_some() {
                        self.resource(&member.value, Some(&member.name), parent, parent_type, template);
                    }
                }
            }
            _ => {}
        }
    }

    /// An object of a part of a template: a list of the management API, or a backend without its type.
    fn part(&mut self, node: &Node, parent: Option<usize>, parent_type: &str, template: &mut Template) {
        let lists: Vec<&Node> = [node.get("resources"), node.get("value")].into_iter().flatten().collect();
        if self.nesting < MAX_NESTING && !lists.is_empty() {
            self.nesting += 1;
            for list in lists {
                self.resources(list, parent, parent_type, template);
            }
            self.nesting -= 1;
            return;
        }
        let has =
            |name: &str| node.get("properties").is_some_and(|properties| properties.get(name).is_some());
        if ["url", "pool", "circuitBreaker"].into_iter().any(has) {
            self.resource(node, None, parent, parent_type, template);
        }
    }

    fn resource(
        &mut self,
        node: &Node,
        symbol: Option<&str>,
        parent: Option<usize>,
        parent_type: &str,
        template: &mut Template,
    ) {
        if self.nesting >= MAX_NESTING {
            self.too_deep(node.mark());
            return;
        }
        let own_type = node.get("type");
        // Only a part of a template has resources without a type, and they look like backends.
        let implied = if self.is_fragment { "Microsoft.ApiManagement/service/backends" } else { "" };
        let type_text = own_type.map_or(Some(implied), Node::text).unwrap_or_default();
        let is_relative = parent.is_some() && !type_text.contains('.');
        let full_type = if is_relative { format!("{parent_type}/{type_text}") } else { type_text.to_owned() };
        let type_span = own_type.map_or_else(|| node.mark(), |own| own.span);
        let resource_type = if full_type.starts_with('[') {
            own_type.map_or_else(|| Expr::text("", type_span), |own| self.expr(own))
        } else {
            Expr::text(&full_type, type_span)
        };
        let is_deployment = full_type.eq_ignore_ascii_case("Microsoft.Resources/deployments");
        let (inner, body) = if is_deployment {
            (Some(self.deployed(node)), self.deployment(node))
        } else {
            (None, self.body(node))
        };
        let resource = Resource {
            symbol: symbol.map(Arc::from),
            span: node.mark(),
            resource_type,
            api_version: node.get("apiVersion").map(|version| self.expr(version)),
            is_existing: matches!(node.get("existing").map(|n| &n.value), Some(Value::Bool(true))),
            repeat: node.get("copy").and_then(|copy| self.copy(copy)),
            condition: node.get("condition").map(|condition| self.expr(condition)),
            body,
            parent: parent.filter(|_| is_relative),
            inner,
        };
        template.resources.push(resource);
        let place = template.resources.len() - 1;
        if let Some(children) = node.get("resources").filter(|_| !is_deployment) {
            self.nesting += 1;
            self.resources(children, Some(place), &full_type, template);
            self.nesting -= 1;
        }
    }

    /// All members but those that are read apart: a `copy` there is the loop of the resource.
    fn body(&mut self, node: &Node) -> Expr {
        let apart = ["copy", "resources", "condition", "dependsOn", "type", "apiVersion"];
        let members = node.members().unwrap_or_default().iter();
        let entries = members
            .filter(|member| !apart.iter().any(|name| name.eq_ignore_ascii_case(&member.name)))
            .map(|member| Entry::Member {
                name: Expr::text(&member.name, member.name_span),
                value: self.expr(&member.value),
            });
        Expr::new(ExprKind::Object(entries.collect()), node.span)
    }

    /// The name of a deployment, and the values that it gives as `params`.
    fn deployment(&mut self, node: &Node) -> Expr {
        let mut entries = Vec::new();
        if let Some(name) = node.get("name") {
            let value = self.expr(name);
            entries.push(Entry::Member { name: Expr::text("name", name.span), value });
        }
        let given = node.get("properties").and_then(|properties| properties.get("parameters"));
        if let Some(given) = given {
            let mut parameters = Vec::new();
            for member in given.members().unwrap_or_default() {
                let value = match member.value.get("value") {
                    Some(value) => self.expr(value),
                    // Kept in a vault.
                    None if member.value.members().is_some() => {
                        Expr::new(ExprKind::Broken, member.value.span)
                    }
                    // Compiled modules choose by an expression whether there is a value.
                    None => {
                        let of = Box::new(self.expr(&member.value));
                        let name = Arc::from("value");
                        Expr::new(ExprKind::Member { of, name, is_safe: true }, member.value.span)
                    }
                };
                parameters.push(Entry::Member { name: Expr::text(&member.name, member.name_span), value });
            }
            let value = match given.members() {
                Some(_) => Expr::new(ExprKind::Object(parameters), given.span),
                None => Expr::new(ExprKind::Broken, given.span),
            };
            entries.push(Entry::Member { name: Expr::text("params", given.span), value });
        }
        Expr::new(ExprKind::Object(entries), node.span)
    }

    fn deployed(&mut self, node: &Node) -> Inner {
        let elsewhere = || Inner::Elsewhere(Arc::from(""));
        let Some(properties) = node.get("properties") else { return elsewhere() };
        let Some(template) = properties.get("template").filter(|template| template.members().is_some())
        else {
            let link = properties.get("templateLink").and_then(|link| link.get("relativePath")?.text());
            return link
                .filter(|link| !link.starts_with('['))
                .map_or_else(elsewhere, |link| Inner::File(Arc::from(link)));
        };
        if self.nesting >= MAX_NESTING {
            self.too_deep(template.mark());
            return elsewhere();
        }
        let scope =
            properties.get("expressionEvaluationOptions").and_then(|options| options.get("scope")?.text());
        let is_outer = !scope.is_some_and(|scope| scope.eq_ignore_ascii_case("inner"));
        self.nesting += 1;
        let template = Box::new(self.template(template));
        self.nesting -= 1;
        Inner::Template { template, is_outer }
    }

    fn copy(&mut self, copy: &Node) -> Option<Repeat> {
        let count = self.expr(copy.get("count")?);
        let name = copy.get("name").and_then(Node::text).unwrap_or_default();
        Some(Repeat::Count { name: Arc::from(name), count, is_resource: true })
    }

    /// A value with the expressions in its texts.
    fn expr(&mut self, node: &Node) -> Expr {
        let kind = match &node.value {
            Value::Null | Value::Unknown(_) => ExprKind::Null,
            Value::Bool(value) => ExprKind::Bool(*value),
            Value::Number(text) => ExprKind::Number(Arc::from(text.as_str())),
            Value::Text(text) => return self.text(text, node.span),
            Value::Array(elements) => {
                ExprKind::Array(elements.iter().map(|element| Item::One(self.expr(element))).collect())
            }
            Value::Object(members) => {
                let mut entries = Vec::with_capacity(members.len());
                for member in members {
                    if let Some(loops) = loops(&member.name, &member.value) {
                        for one in loops {
                            entries.extend(self.made_by_loop(one));
                        }
                        continue;
                    }
                    let name = if member.name.starts_with('[') {
                        self.text(&member.name, member.name_span)
                    } else {
                        Expr::text(&member.name, member.name_span)
                    };
                    entries.push(Entry::Member { name, value: self.expr(&member.value) });
                }
                ExprKind::Object(entries)
            }
        };
        Expr::new(kind, node.span)
    }

    fn made_by_loop(&mut self, node: &Node) -> Option<Entry> {
        let name = node.get("name")?;
        let text = name.text()?;
        let count = self.expr(node.get("count")?);
        let body = Box::new(self.expr(node.get("input")?));
        let repeat = Repeat::Count { name: Arc::from(text), count, is_resource: false };
        let value = Expr::new(ExprKind::For { repeat: Box::new(repeat), body }, node.span);
        Some(Entry::Member { name: Expr::text(text, name.span), value })
    }

    fn text(&mut self, text: &str, span: Span) -> Expr {
        // Between the quotes there is the text itself when nothing in it is escaped.
        let inside = Span { start: span.start.saturating_add(1), end: span.end.saturating_sub(1), ..span };
        let length = usize::try_from(inside.end.saturating_sub(inside.start)).unwrap_or(0);
        let content = (length == text.len()).then_some(inside);
        read_text(text, span, content).unwrap_or_else(|expected| {
            if self.is_fragment {
                return Expr::new(ExprKind::Text { text: Arc::from(text), content }, span);
            }
            self.problems.push(
                Diagnostic::error("template-expression", span, "an expression cannot be read")
                    .label(expected)
                    .note("a text in brackets is an expression: the deployment is refused")
                    .help("correct the expression; a text that begins with a bracket is written `[[`"),
            );
            Expr::new(ExprKind::Broken, span)
        })
    }

    fn too_deep(&mut self, span: Span) {
        self.problems.push(
            Diagnostic::error("evaluation-limit", span, "templates are nested too deeply to be evaluated")
                .label(format!("expected at most {MAX_NESTING} levels"))
                .note("what is inside was not checked")
                .help("check the inner templates as files of their own"),
        );
    }
}

/// The loops of a member `copy`: a list of objects with `name`, `count` and `input`.
fn loops<'n>(name: &str, value: &'n Node) -> Option<&'n [Node]> {
    let elements = value.elements().filter(|_| name.eq_ignore_ascii_case("copy"))?;
    let is_loop = |node: &Node| ["name", "count", "input"].into_iter().all(|part| node.get(part).is_some());
    elements.iter().all(is_loop).then_some(elements)
}

fn members<'n>(node: &'n Node, name: &str) -> &'n [crate::tree::json::Member] {
    node.get(name).and_then(Node::members).unwrap_or_default()
}
