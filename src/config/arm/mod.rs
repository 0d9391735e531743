//! Backend resources of API Management, from every form that `resources` reads, as the gateway needs them.
//!
//! Rules
//! - What has no effect on routing (titles, credentials, TLS) is accepted and ignored; unknown properties
//!   are warned about, because a newer API version may give them meaning.
//! - A run needs every value that decides: one that only the deployment knows is an error here.

mod read;
mod resource;

pub(crate) use read::read_resources;
pub(crate) use resource::{Resource, ResourceKind, ResourceMember};
