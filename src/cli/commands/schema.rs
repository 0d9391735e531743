//! `poolproof schema`: the JSON Schema of a file format.

use super::super::args::{SchemaArgs, SchemaOf};
use super::super::session::{Session, Stop};
use crate::config::{properties_schema, scenario_schema, suite_schema};
use crate::rules::show::findings_schema;

/// Prints the schema.
pub(crate) fn schema(args: &SchemaArgs, session: &mut Session) -> Result<(), Stop> {
    let schema = match args.of {
        SchemaOf::Scenario => scenario_schema(),
        SchemaOf::Test => suite_schema(),
        SchemaOf::Properties => properties_schema(),
        SchemaOf::Findings => findings_schema(),
    };
    session.print_json(&schema)
}
