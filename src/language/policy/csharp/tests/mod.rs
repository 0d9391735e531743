//! Tests of whole expressions.

mod gateway;
mod oracle;
mod properties;
mod statements;
