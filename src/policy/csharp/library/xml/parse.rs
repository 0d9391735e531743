//! Reading XML.

use super::super::super::fault::Fault;
use super::super::super::machine::Machine;
use super::super::super::value::Value;

/// `XElement.Parse`
pub fn parse_element(_: &mut Machine<'_, '_>, _: &str) -> Result<Value, Fault> {
    Err(Fault::unsupported("XML"))
}

/// `XDocument.Parse`
pub fn parse_document(_: &mut Machine<'_, '_>, _: &str) -> Result<Value, Fault> {
    Err(Fault::unsupported("XML"))
}
