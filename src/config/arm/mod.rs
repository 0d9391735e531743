//! Backend resources of API Management as ARM JSON: templates, arrays, single resources, lists that the
//! management API returns.
//!
//! Rules
//! - What has no effect on routing (titles, credentials, TLS) is accepted and ignored; unknown properties
//!   are warned about, because a newer API version may give them meaning.
//! - Template expressions are not evaluated: where a value is needed they are refused.

mod find;
mod resource;

pub(crate) use resource::{Resource, ResourceKind, ResourceMember, read_resources};
