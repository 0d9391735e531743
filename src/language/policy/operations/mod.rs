//! Policies beyond routing as data: what changes messages, what lets requests pass, what only tells.
//!
//! What they do to texts is here too, as functions without state: converting, matching, checking tokens.
//! The gateway gives them values and carries out what comes back.

mod convert;
mod guard;
mod identity;
mod json;
mod liquid;
mod network;
mod record;
mod signature;
#[cfg(test)]
mod tests;
mod token;
mod transform;
mod uri;
mod xml;

pub use convert::{json_to_xml, xml_to_json};
pub use guard::{
    AuthorizationContext, CheckHeader, ClaimRule, Guard, IpFilter, TokenKey, TokenRules, TokenSource,
};
pub use identity::basic_credentials;
pub use liquid::{LiquidTemplate, LiquidValues};
pub use network::{is_same_address, is_within_addresses};
pub use record::{Evaluated, Record, Trace};
pub use signature::TokenKeyMaterial;
pub use token::{
    Authorization, RequiredClaim, SigningKey, Supplied, TokenFault, TokenOutcome, TokenTest, check_token,
};
pub use transform::{BodyTemplate, Conversion, Cors, Transform};
pub use uri::{QueryEdit, edit_query, match_parameters, query_value, rewrite_template, without_query};
