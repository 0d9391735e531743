//! The gateway's objects: `context`, what hangs on it, and the extension methods that come with it.
//!
//! Members, types and which of them can be null: "policy expressions" page, `context` variable (2026-05).
//!
//! Rules
//! - Objects that exist once are [`Host`](super::super::value::Host) values and read the scope; responses in
//!   variables are objects of the heap and offer the same members.
//! - Names of headers, query parameters and matched parameters ignore case; names of variables do not.
//! - A body that was read without `preserveContent` is empty afterwards.
//!
//! Not modelled: workspaces; GraphQL arguments and private endpoint connections, which are always null.

mod body;
mod certificate;
mod context;
mod credentials;
mod dictionaries;
mod encryption;
mod entities;
mod form;
mod jwt;
mod messages;
mod parameters;
#[cfg(test)]
mod tests;
mod url;
mod variables;

pub use dictionaries::pairs;
pub use url::url_text;

use super::super::Class;
use super::super::types::Type;
use super::Table;

/// The tables of this family.
pub const TABLES: &[Table] = &[
    context::CONTEXT,
    context::LAST_ERROR,
    messages::REQUEST,
    messages::RESPONSE,
    messages::PRIVATE_ENDPOINT,
    body::BODY,
    url::URL,
    dictionaries::HEADERS,
    dictionaries::QUERY,
    parameters::PARAMETERS,
    parameters::CERTIFICATES,
    variables::VARIABLES,
    entities::API,
    entities::KEY_NAMES,
    entities::OPERATION,
    entities::PRODUCT,
    entities::PRODUCT_STATE,
    entities::SUBSCRIPTION,
    entities::USER,
    entities::GROUP,
    entities::IDENTITY,
    entities::DEPLOYMENT,
    entities::GATEWAY,
    entities::SUSTAINABILITY,
    entities::CARBON,
    credentials::BASIC,
    credentials::AUTHORIZATION,
    credentials::EXTENSIONS,
    jwt::JWT,
    certificate::CERTIFICATE,
    certificate::DISTINGUISHED_NAME,
    certificate::NAME_TYPE,
    certificate::KEY_STORAGE,
    context::GRAPH_QL,
];

/// Types of keys and values of the gateway's dictionaries, `None` for other classes: each of them is an
/// `IReadOnlyDictionary` of these.
pub fn entry(class: Class) -> Option<(Type, Type)> {
    let value = match class {
        Class::IHeaders | Class::IQuery => Type::array(Type::STRING),
        Class::IParameters => Type::STRING,
        Class::IVariables => Type::OBJECT,
        Class::ICertificates => Type::Plain(Class::X509Certificate2),
        _ => return None,
    };
    Some((Type::STRING, value))
}
