//! The functions of ARM templates and Bicep; those of Terraform are in `terraform`.
//!
//! Rules
//! - Names are compared without letter case. A function that is not here is unknown; one that nearly has the name of
//!   one is told.
//! - Functions that choose what to evaluate or bind names are in `forms` and `lambdas`; all others are given values.
//!
//! Deliberately not modelled: time, random and hashed texts, and what exists in Azure. They are unknown, hashed ones
//! with a name that is the same for the same arguments.

mod files;
pub(crate) use files::value_of;
mod forms;
mod ids;
mod lambdas;
mod lists;
mod numbers;
mod terraform;
mod texts;
pub(crate) use texts::parsed;

use super::machine::{Local, LocalKind, Machine, Scope};
use super::syntax::{Expr, ExprKind};
use super::value::{V, Val};
use crate::diagnostics::{Diagnostic, Span};

/// Functions whose result only the deployment knows.
const DEPLOYED: &[&str] = &[
    "reference",
    "references",
    "resourcegroup",
    "subscription",
    "deployment",
    "deployer",
    "tenant",
    "environment",
    "managementgroup",
    "providers",
    "pickzones",
    "utcnow",
    "newguid",
    "datetimeadd",
    "datetimefromepoch",
    "datetimetoepoch",
    "tologicalzone",
    "tologicalzones",
    "tophysicalzone",
    "tophysicalzones",
    "parsecidr",
    "cidrsubnet",
    "cidrhost",
    "getsecret",
    "externalinput",
    "readenvironmentvariable",
    "readcliarg",
    "resourceinfo",
    "loadyamlcontent",
    "loaddirectoryfileinfo",
    "loadfileasbase64",
    "datauri",
    "datauritostring",
    "base64tojson",
    "uricomponenttostring",
    "builduri",
    "parseuri",
    "decimal",
    "float",
    "fail",
    "getsecretasync",
];

/// The value of a call.
pub(super) fn call(
    machine: &mut Machine<'_>,
    on: Option<&Expr>,
    name: &str,
    arguments: &[Expr],
    span: Span,
    scope: Scope<'_>,
) -> Val {
    if let Some(on) = on {
        let is_namespace = matches!(&on.kind, ExprKind::Name(name) if matches!(&**name, "az" | "sys"));
        if !is_namespace {
            return Val::unknown("only the deployed resource has it", name, span);
        }
    } else if machine.is_terraform(scope.frame) {
        return terraform::call(machine, name, arguments, span, scope);
    }
    let lower = name.to_ascii_lowercase();
    if let Some(value) = user_function(machine, &lower, arguments, span, scope) {
        return value;
    }
    if let Some(value) = forms::call(machine, &lower, arguments, span, scope) {
        return value;
    }
    if let Some(value) = lambdas::call(machine, &lower, arguments, span, scope) {
        return value;
    }
    if lower.starts_with("list") || DEPLOYED.contains(&lower.as_str()) {
        return Val::unknown(&format!("`{name}` is known only when deployed"), name, span);
    }
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let value = machine.eval(argument, scope);
        values.push(machine.listed(value));
    }
    // Functions may look at every value in what they are given.
    let work: u64 = values.iter().map(|value| value.value.size().min(100_000) / 16).sum();
    if !machine.spend(work) {
        return Val::unknown("there is too much to evaluate", "limit", span);
    }
    let known = files::call(machine, &lower, &values, scope)
        .or_else(|| ids::call(&lower, &values))
        .or_else(|| texts::call(machine, &lower, &values))
        .or_else(|| lists::call(machine, &lower, &values))
        .or_else(|| numbers::call(&lower, &values));
    if let Some(known) = known {
        return finish(known, name, &values, span);
    }
    let template = machine.frames.get(scope.frame).map(|frame| frame.template);
    if template.is_some_and(|template| !template.is_fragment) {
        tell_unknown(machine, name, span);
    }
    Val::unknown("the function is not known", name, span)
}

/// What a function gave, at the place of its call.
fn finish(outcome: Outcome, name: &str, values: &[Val], span: Span) -> Val {
    match outcome {
        Outcome::Made(value) => Val::new(value, span),
        Outcome::Taken(value) => value,
        Outcome::Unknown => {
            let unknown = values.iter().find_map(|value| match &value.value {
                V::Unknown(unknown) => Some(unknown.clone()),
                _ => None,
            });
            let labels: Vec<&str> = values.iter().map(|value| value.value.label()).collect();
            let label = format!("{name}-{}", labels.join("-"));
            let file = unknown.as_ref().and_then(|unknown| unknown.file.clone());
            let why = match &unknown {
                Some(unknown) => unknown.why.to_string(),
                None => format!("`{}` is known only when deployed", crate::tree::json::shorten(name)),
            };
            let mut value = super::value::Unknown::new(why, &label);
            value.file = file;
            value.is_failure = unknown.is_some_and(|unknown| unknown.is_failure);
            Val::new(V::Unknown(value), span)
        }
    }
}

/// What a function makes of its arguments.
pub(super) enum Outcome {
    /// A value of its own.
    Made(V),
    /// One of its arguments, or a part of one, which keeps its place.
    Taken(Val),
    /// Only the deployment knows, or it fails.
    Unknown,
}

impl Outcome {
    /// `None` is what cannot be said.
    fn made(value: Option<V>) -> Self {
        value.map_or(Self::Unknown, Self::Made)
    }
}

fn user_function(
    machine: &mut Machine<'_>,
    lower: &str,
    arguments: &[Expr],
    span: Span,
    scope: Scope<'_>,
) -> Option<Val> {
    let template = machine.frames.get(scope.frame)?.template;
    if template.imports.iter().any(|import| import.name.eq_ignore_ascii_case(lower)) {
        return Some(Val::unknown("a function of another file", lower, span));
    }
    let function = template.functions.iter().find(|f| f.name.eq_ignore_ascii_case(lower))?;
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        values.push(machine.eval(argument, scope));
    }
    let kind = if function.is_arm { LocalKind::Argument } else { LocalKind::Name };
    let names: Vec<&str> = function.parameters.iter().map(|name| &**name).collect();
    // A function sees nothing of where it is called.
    let outside = Scope { frame: scope.frame, locals: None };
    Some(bind(machine, &names, values, kind, outside, &mut |machine, scope| {
        machine.eval(&function.body, scope)
    }))
}

/// Most names that are bound at once. Languages allow far fewer; a name more is a level of the stack here.
const MAX_NAMES: usize = 32;

/// Does something with names bound to values.
pub(super) fn bind<T>(
    machine: &mut Machine<'_>,
    names: &[&str],
    mut values: Vec<Val>,
    kind: LocalKind,
    scope: Scope<'_>,
    work: &mut dyn FnMut(&mut Machine<'_>, Scope<'_>) -> T,
) -> T {
    let Some((name, rest)) = names.split_first().filter(|_| names.len() <= MAX_NAMES) else {
        return work(machine, scope);
    };
    let value = if values.is_empty() {
        Val::unknown("it is not given", name, machine.root_span())
    } else {
        values.remove(0)
    };
    let local = Local { name, kind, value, up: scope.locals };
    bind(machine, rest, values, kind, Scope { locals: Some(&local), ..scope }, work)
}

fn tell_unknown(machine: &mut Machine<'_>, name: &str, span: Span) {
    let known =
        lists::NAMES.iter().chain(texts::NAMES).chain(numbers::NAMES).chain(ids::NAMES).chain(forms::NAMES);
    // New functions come with new versions: only what is nearly the name of one is a mistake for sure.
    if let Some(hint) = crate::tree::hints::did_you_mean(name, known.copied()) {
        let short = crate::tree::json::shorten(name);
        machine.tell(
            Diagnostic::warning("unknown-function", span, format!("there is no function `{short}`"))
                .label("expected a function of the template language")
                .note("the deployment is refused before anything is deployed")
                .help(hint),
        );
    }
}

impl Machine<'_> {
    /// A loop of resources as the list that it is.
    fn listed(&mut self, value: Val) -> Val {
        let V::Loop(reference) = &value.value else { return value };
        match self.rounds_of(reference).as_ref() {
            super::loops::Rounds::Known(rounds) => {
                let each =
                    (0..rounds.len()).map(|round| Val::new(V::Resource(reference.at(round)), value.span));
                Val::new(V::array(each.collect()), value.span)
            }
            super::loops::Rounds::Unknown(unknown) => Val::new(V::Unknown(unknown.clone()), value.span),
        }
    }
}
