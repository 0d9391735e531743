//! `poolproof expr`: evaluates one policy expression over a context written in JSON.

use serde_json::json;

use super::super::args::{ExprArgs, Format};
use super::super::exit_code::Exit;
use super::super::session::{Session, Stop};
use crate::config::{DiskFiles, Files, read_context};
use crate::policy::csharp::{
    Chance, Context, Expression, FaultKind, NamedValues, Options, ParseOptions, Type, Variables, to_json,
};
use crate::policy::scan::RawText;
use crate::random::{Stream, StreamName, Streams};

/// Random numbers of the expression: the same for the same seed.
struct Dice(Stream);

impl Chance for Dice {
    fn between(&mut self, low: u64, high: u64) -> u64 {
        low.saturating_add(self.0.below(high.saturating_sub(low).saturating_add(1)))
    }
}

/// Prints the value, or the exception that is thrown.
pub(crate) fn expr(args: &ExprArgs, session: &mut Session) -> Result<(), Stop> {
    let context = match &args.context {
        None => Some(Context::default()),
        Some(path) => read(path, session)?,
    };
    let text = match args.expression.trim() {
        text if text.starts_with("@(") || text.starts_with("@{") => text.to_owned(),
        text => format!("@({text})"),
    };
    let text = context
        .iter()
        .flat_map(|context| &context.named_values)
        .fold(text, |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
    let source = session.sources.add("expression", text.clone());
    let mut variables = Variables::new();
    for name in context.iter().flat_map(|context| &context.names) {
        variables.slot(name);
    }
    let raw = RawText::verbatim(source, &text);
    // What stands for a named value is not known always: it is read as a file is that stands alone.
    let parse = ParseOptions { named_values: NamedValues::Tolerate };
    let options = Options { parse, ..Options::default() };
    let expression = Expression::compile_with(&raw, &mut variables, &options, &mut session.diagnostics);
    session.stop_if_unusable()?;
    let (Some(expression), Some(mut context)) = (expression, context) else {
        return Err(session.internal("an expression without problems did not compile"));
    };
    context.names = variables.into_names();
    context.variables.resize(context.names.len(), None);
    let mut dice = Dice(Streams::new(args.seed).named(StreamName::new("expr")));
    let mut scope = context.scope(&mut dice);
    match expression.eval(&mut scope) {
        Ok(value) => {
            let ty = crate::policy::csharp::type_of(scope.heap, &value);
            let shown = to_json(&value, &mut scope);
            print(args, session, &shown, &ty)?;
            Ok(())
        }
        Err(error) => {
            let class = match error.kind {
                FaultKind::Exception(class) => class.name(),
                FaultKind::Steps | FaultKind::Memory | FaultKind::Depth => "limit",
                FaultKind::Unsupported => "unsupported",
                FaultKind::Unusable => "unusable",
            };
            match args.format {
                Format::Human => session.print(&format!("throws {class}: {}\n", error.message)),
                Format::Json => {
                    session.print_json(&json!({ "throws": class, "message": error.message.as_str() }))?;
                }
            }
            Err(Stop(Exit::Finding))
        }
    }
}

fn print(args: &ExprArgs, session: &Session, value: &serde_json::Value, ty: &Type) -> Result<(), Stop> {
    match args.format {
        Format::Human => {
            let text = serde_json::to_string_pretty(value).map_err(|e| session.internal(&e.to_string()))?;
            session.print(&format!("{text}\n  {ty}\n"));
            Ok(())
        }
        Format::Json => session.print_json(&json!({ "value": value, "type": ty.to_string() })),
    }
}

fn read(path: &str, session: &mut Session) -> Result<Option<Context>, Stop> {
    let bytes = DiskFiles.read(path).map_err(|e| session.usage(&format!("cannot read `{path}`: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| session.usage(&format!("`{path}` is not UTF-8 text")))?;
    let source = session.sources.add(path, text.clone());
    let context = read_context(source, &text, &mut session.diagnostics);
    session.stop_if_unusable()?;
    Ok(context)
}
