//! Modules from files: a folder each, with the values that Terraform takes for its variables.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hcl_edit::parser;

use super::blocks::declare;
use super::expressions::Reader;
use super::{json, overrides};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::resources::eval::syntax::{Expr, Parameter, Template};
use crate::resources::eval::{Val, begin, folder, normal, value_of};
use crate::resources::{Form, TextFile};
use crate::tree::json::{MAX_TEXT_BYTES, Node, parse as parse_json};

/// The modules in files.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    /// By the place of the first file of each.
    pub(crate) templates: BTreeMap<usize, Template>,
    /// The same places by folder.
    pub(crate) folders: BTreeMap<String, usize>,
    /// Those of which a file could not be read.
    pub(crate) broken: BTreeSet<usize>,
}

/// Reads all files of source.
pub(crate) fn read(files: &[TextFile], problems: &mut Diagnostics) -> Modules {
    let mut modules = Modules::default();
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    let mut own: Vec<(usize, &TextFile)> =
        files.iter().enumerate().filter(|(_, file)| file.form == Form::Terraform).collect();
    // Those that override others come behind them, by name.
    own.sort_by_key(|(_, file)| overrides::is_override(&file.path).then_some(&*file.path));
    for (place, file) in own {
        let path = normal("", folder(&file.path));
        let module = *modules.folders.entry(path).or_insert(place);
        let template = modules.templates.entry(module).or_insert_with(|| empty(file));
        let count = counts.entry(module).or_default();
        *count = count.saturating_add(1);
        let mut declared = empty(file);
        if !declare_all(file, problems, &mut declared) {
            modules.broken.insert(module);
        }
        if overrides::is_override(&file.path) {
            overrides::merge(template, declared);
        } else {
            template.parameters.append(&mut declared.parameters);
            template.variables.append(&mut declared.variables);
            template.resources.append(&mut declared.resources);
            template.outputs.append(&mut declared.outputs);
        }
    }
    for (place, template) in &mut modules.templates {
        // Of a module of which one file is given the others may not have been named.
        let is_alone = counts.get(place).is_none_or(|count| *count < 2);
        template.is_fragment = is_alone || modules.broken.contains(place);
    }
    modules
}

/// Adds what a file declares. `false` when it, or a part of it, cannot be read, which is told.
fn declare_all(file: &TextFile, problems: &mut Diagnostics, template: &mut Template) -> bool {
    if file.path.to_ascii_lowercase().ends_with(".json") {
        return parse_json(file.source, &file.text, problems)
            .is_some_and(|root| json::declare(&root, problems, template));
    }
    let Some(body) = parse(file, problems) else { return false };
    declare(&mut Reader::new(&file.text, file.source), &body, problems, template);
    true
}

/// Values as parameters with defaults.
pub(crate) fn read_values(file: &TextFile, problems: &mut Diagnostics) -> Template {
    let mut template = empty(file);
    template.is_fragment = true;
    if let Some(body) = parse(file, problems) {
        let mut reader = Reader::new(&file.text, file.source);
        template.parameters = body
            .attributes()
            .map(|attribute| Parameter {
                name: Arc::from(format!("var.{}", attribute.key.value().as_str())),
                default: Some(reader.expr(&attribute.value)),
                is_nullable: false,
                filling: None,
            })
            .collect();
    }
    template
}

/// Values of a JSON file, by lower-case name.
pub(crate) fn json_values(root: &Node) -> BTreeMap<String, Val> {
    let members = root.members().unwrap_or_default().iter();
    members.map(|m| (format!("var.{}", m.name.to_ascii_lowercase()), value_of(&m.value))).collect()
}

/// The places of the files with values for a module in `own_folder`, those that count more behind.
pub(crate) fn values_for(files: &[TextFile], own_folder: &str, is_only_module: bool) -> Vec<usize> {
    let name =
        |file: &TextFile| file.path.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let all = || files.iter().enumerate().filter(|(_, file)| file.form == Form::TerraformValues);
    let rank = |file: &TextFile| match name(file).as_str() {
        "terraform.tfvars" => Some(0),
        "terraform.tfvars.json" => Some(1),
        other if other.ends_with(".auto.tfvars") || other.ends_with(".auto.tfvars.json") => Some(2),
        _ => None,
    };
    let here = |file: &TextFile| normal("", folder(&file.path)) == own_folder;
    let mut taken: Vec<(u8, String, usize)> = all()
        .filter(|(_, file)| here(file))
        .filter_map(|(place, file)| Some((rank(file)?, name(file), place)))
        .collect();
    taken.sort();
    let mut places: Vec<usize> = taken.into_iter().map(|(.., place)| place).collect();
    // Others are named on the command line of Terraform: which one is known only when there is one.
    let others: Vec<(usize, &TextFile)> = all().filter(|(_, file)| rank(file).is_none()).collect();
    if let [(place, file)] = others.as_slice()
        && (is_only_module || here(file))
    {
        places.push(*place);
    }
    places
}

/// The text of a template file as an expression over `names`.
pub(crate) fn template_of(file: &TextFile, names: &[&str], problems: &mut Diagnostics) -> Option<Expr> {
    let span = Span::new(file.source, 0, file.text.len());
    if is_too_long(file, problems) {
        return None;
    }
    match parser::parse_template(&file.text) {
        Ok(template) => {
            Some(Reader::with_names(&file.text, file.source, names).template(&template, (false, false), span))
        }
        Err(error) => {
            problems.push(syntax_problem(file, &error));
            None
        }
    }
}

fn empty(file: &TextFile) -> Template {
    Template {
        form: Form::Terraform,
        span: begin(file),
        parameters: Vec::new(),
        variables: Vec::new(),
        functions: Vec::new(),
        imports: Vec::new(),
        resources: Vec::new(),
        outputs: Vec::new(),
        is_fragment: false,
        has_symbols: true,
    }
}

fn is_too_long(file: &TextFile, problems: &mut Diagnostics) -> bool {
    let is_long = file.text.len() > MAX_TEXT_BYTES;
    if is_long {
        problems.push(
            Diagnostic::error("file-too-long", begin(file), "the file is too long to be read")
                .label("expected at most 64 MiB"),
        );
    }
    is_long
}

fn parse(file: &TextFile, problems: &mut Diagnostics) -> Option<hcl_edit::structure::Body> {
    if is_too_long(file, problems) {
        return None;
    }
    match parser::parse_body(&file.text) {
        Ok(body) => Some(body),
        Err(error) => {
            problems.push(syntax_problem(file, &error));
            None
        }
    }
}

fn syntax_problem(file: &TextFile, error: &parser::Error) -> Diagnostic {
    let mut start = error.location().offset().min(file.text.len());
    while !file.text.is_char_boundary(start) {
        start = start.saturating_sub(1);
    }
    let next = file.text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let span = Span::new(file.source, start, start.saturating_add(next));
    Diagnostic::error("terraform-syntax", span, "the file is not Terraform here")
        .label(expected(error.message()))
        .note("nothing of the file was read; what it declares is missing in what follows")
        .help("correct the marked place, or what comes before it; `terraform validate` shows it too")
}

/// What is wrong with a text of JSON that is no template.
pub(super) fn text_problem(span: Span, error: &parser::Error) -> Diagnostic {
    Diagnostic::error("terraform-syntax", span, "an expression in this text cannot be read")
        .label(expected(error.message()))
        .help("correct the expression; `$${` is written for `${` itself")
}

/// What the parser expects, in the words of people.
fn expected(message: &str) -> String {
    let rest = message.split_once("expected ").map_or(message, |(_, rest)| rest).trim();
    let known = match rest {
        "`{`" => "`=` or `{`",
        "token" => "a block or an attribute",
        "newline or eof" => "the end of the line",
        "heredoc end delimiter" => "the word that ends the text",
        "unique attribute key; found redefined attribute" => "each attribute once",
        other if other.ends_with("letter or digit") => "a value",
        other => other,
    };
    format!("expected {}", crate::tree::json::shorten(known))
}
