//! Types and names.

use std::fmt::{self, Display, Formatter, Write};

use super::{ANY, write_expr, write_list};
use crate::policy::csharp::parse::{is_keyword, is_type_keyword};
use crate::policy::csharp::syntax::{Expr, Name, TypeKind, TypePart, TypeSyntax};

impl Display for TypeSyntax {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TypeKind::Var => f.write_str("var"),
            TypeKind::Named(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        f.write_char('.')?;
                    }
                    write_part(f, part)?;
                }
                Ok(())
            }
            TypeKind::Nullable(inner) => write!(f, "{inner}?"),
            TypeKind::Array(element, rank) => write_ranks(f, element, &brackets(*rank)),
            TypeKind::Tuple(parts) => {
                f.write_char('(')?;
                write_list(f, parts, |f, (ty, name)| {
                    write!(f, "{ty}")?;
                    let Some(name) = name else { return Ok(()) };
                    f.write_char(' ')?;
                    write_name(f, name)
                })?;
                f.write_char(')')
            }
        }
    }
}

fn brackets(rank: u32) -> String {
    let commas = usize::try_from(rank.saturating_sub(1)).unwrap_or(0);
    format!("[{}]", ",".repeat(commas))
}

/// The outer brackets stand first.
fn write_ranks(f: &mut Formatter<'_>, element: &TypeSyntax, first: &str) -> fmt::Result {
    let mut ranks = first.to_owned();
    let mut element = element;
    while let TypeKind::Array(inner, rank) = &element.kind {
        ranks.push_str(&brackets(*rank));
        element = inner;
    }
    write!(f, "{element}{ranks}")
}

/// ` T[3][]` and `[]` behind `new`.
pub(super) fn write_array(
    f: &mut Formatter<'_>,
    element: Option<&TypeSyntax>,
    sizes: &[Expr],
) -> fmt::Result {
    let mut ranks = String::new();
    let mut element = element;
    while let Some(TypeSyntax { kind: TypeKind::Array(inner, rank), .. }) = element {
        ranks.push_str(&brackets(*rank));
        element = Some(inner);
    }
    if let Some(element) = element {
        write!(f, " {element}")?;
    }
    f.write_char('[')?;
    write_list(f, sizes, |f, size| write_expr(f, size, ANY))?;
    write!(f, "]{ranks}")
}

fn write_part(f: &mut Formatter<'_>, part: &TypePart) -> fmt::Result {
    if is_type_keyword(&part.name.text) || part.name.text == "void" {
        return f.write_str(&part.name.text);
    }
    write_name(f, &part.name)?;
    write_type_arguments(f, &part.arguments)
}

pub(super) fn write_type_arguments(f: &mut Formatter<'_>, arguments: &[TypeSyntax]) -> fmt::Result {
    if arguments.is_empty() {
        return Ok(());
    }
    f.write_char('<')?;
    write_list(f, arguments, |f, argument| write!(f, "{argument}"))?;
    f.write_char('>')
}

/// A name, with `@` where it could be taken for a keyword.
pub(super) fn write_name(f: &mut Formatter<'_>, name: &Name) -> fmt::Result {
    let text = name.text.as_str();
    let contextual = matches!(
        text,
        "and"
            | "async"
            | "await"
            | "from"
            | "global"
            | "nameof"
            | "not"
            | "or"
            | "record"
            | "var"
            | "when"
            | "with"
            | "yield"
    );
    if contextual || is_keyword(text) {
        f.write_char('@')?;
    }
    f.write_str(text)
}
