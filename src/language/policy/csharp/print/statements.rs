//! Statements.

use std::fmt::{self, Display, Formatter, Write};

use super::types::write_name;
use super::{ANY, write_body, write_expr, write_list, write_parameters};
use crate::policy::csharp::syntax::{Catch, Expr, Stmt, StmtKind, SwitchSection};

impl Display for Stmt {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            StmtKind::Block(statements) => write_block(f, statements),
            StmtKind::Local { .. } => {
                write_local(f, &self.kind)?;
                f.write_char(';')
            }
            StmtKind::Deconstruct { names, value } => {
                let typed = names.iter().any(|(ty, _)| ty.is_some());
                f.write_str(if typed { "(" } else { "var (" })?;
                write_list(f, names, |f, (ty, name)| {
                    if let Some(ty) = ty {
                        write!(f, "{ty} ")?;
                    }
                    write_name(f, name)
                })?;
                write!(f, ") = {value};")
            }
            StmtKind::Expr(value) => write!(f, "{value};"),
            StmtKind::If { condition, yes, no } => {
                write!(f, "if ({condition}) {yes}")?;
                no.as_ref().map_or(Ok(()), |no| write!(f, " else {no}"))
            }
            StmtKind::For { start, condition, step, body } => {
                f.write_str("for (")?;
                write_list(f, start, |f, first| match &first.kind {
                    StmtKind::Expr(value) => write_expr(f, value, ANY),
                    kind => write_local(f, kind),
                })?;
                f.write_str(";")?;
                if let Some(condition) = condition {
                    write!(f, " {condition}")?;
                }
                f.write_str("; ")?;
                write_list(f, step, |f, value| write_expr(f, value, ANY))?;
                write!(f, ") {body}")
            }
            StmtKind::ForEach { ty, name, items, body } => {
                write!(f, "foreach ({ty} ")?;
                write_name(f, name)?;
                write!(f, " in {items}) {body}")
            }
            StmtKind::While(condition, body) => write!(f, "while ({condition}) {body}"),
            StmtKind::DoWhile(body, condition) => write!(f, "do {body} while ({condition});"),
            StmtKind::Switch(value, sections) => {
                write!(f, "switch ({value}) {{ ")?;
                sections.iter().try_for_each(|section| write_section(f, section))?;
                f.write_char('}')
            }
            StmtKind::Break => f.write_str("break;"),
            StmtKind::Continue => f.write_str("continue;"),
            StmtKind::Return(value) => write_result(f, "return", value.as_ref()),
            StmtKind::Throw(value) => write_result(f, "throw", value.as_ref()),
            StmtKind::Try { body, catches, finally } => {
                f.write_str("try ")?;
                write_block(f, body)?;
                catches.iter().try_for_each(|catch| write_catch(f, catch))?;
                let Some(finally) = finally else { return Ok(()) };
                f.write_str(" finally ")?;
                write_block(f, finally)
            }
            StmtKind::Using(resource, body) => {
                f.write_str("using (")?;
                match &resource.kind {
                    StmtKind::Expr(value) => write!(f, "{value}")?,
                    kind => write_local(f, kind)?,
                }
                write!(f, ") {body}")
            }
            StmtKind::Checked(checked, body) => {
                f.write_str(if *checked { "checked " } else { "unchecked " })?;
                write_block(f, body)
            }
            StmtKind::LocalFunction { ty, name, parameters, body } => {
                write!(f, "{ty} ")?;
                write_name(f, name)?;
                write_parameters(f, parameters)?;
                f.write_char(' ')?;
                if let crate::policy::csharp::syntax::LambdaBody::Expr(value) = body {
                    return write!(f, "=> {value};");
                }
                write_body(f, body)
            }
            StmtKind::Empty => f.write_char(';'),
        }
    }
}

/// `{ ... }`
pub(super) fn write_block(f: &mut Formatter<'_>, statements: &[Stmt]) -> fmt::Result {
    f.write_str("{ ")?;
    statements.iter().try_for_each(|statement| write!(f, "{statement} "))?;
    f.write_char('}')
}

/// A declaration without its `;`.
fn write_local(f: &mut Formatter<'_>, kind: &StmtKind) -> fmt::Result {
    let StmtKind::Local { ty, variables, constant } = kind else { return Ok(()) };
    if *constant {
        f.write_str("const ")?;
    }
    write!(f, "{ty} ")?;
    write_list(f, variables, |f, (name, value)| {
        write_name(f, name)?;
        let Some(value) = value else { return Ok(()) };
        f.write_str(" = ")?;
        write_expr(f, value, ANY)
    })
}

fn write_result(f: &mut Formatter<'_>, word: &str, value: Option<&Expr>) -> fmt::Result {
    match value {
        Some(value) => write!(f, "{word} {value};"),
        None => write!(f, "{word};"),
    }
}

fn write_section(f: &mut Formatter<'_>, section: &SwitchSection) -> fmt::Result {
    for (pattern, guard) in &section.labels {
        match pattern {
            Some(pattern) => write!(f, "case {pattern}")?,
            None => f.write_str("default")?,
        }
        if let Some(guard) = guard {
            f.write_str(" when ")?;
            write_expr(f, guard, ANY)?;
        }
        f.write_str(": ")?;
    }
    section.body.iter().try_for_each(|statement| write!(f, "{statement} "))
}

fn write_catch(f: &mut Formatter<'_>, catch: &Catch) -> fmt::Result {
    f.write_str(" catch ")?;
    if let Some(ty) = &catch.ty {
        write!(f, "({ty}")?;
        if let Some(name) = &catch.name {
            f.write_char(' ')?;
            write_name(f, name)?;
        }
        f.write_str(") ")?;
    }
    if let Some(guard) = &catch.guard {
        write!(f, "when ({guard}) ")?;
    }
    write_block(f, &catch.body)
}
