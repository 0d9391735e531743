//! Tests of whole expressions.

mod oracle;
mod properties;
mod statements;
