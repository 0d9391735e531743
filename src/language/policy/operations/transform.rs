//! Policies that change messages.
//!
//! Sources: the page of each policy in the policy reference (2026).

use super::LiquidTemplate;
use crate::policy::{Operand, Text};
use crate::units::StatusCode;

/// A policy that changes messages, or that answers by itself.
#[derive(Clone, Debug)]
pub enum Transform {
    /// `set-body`, on the request (inbound, backend) or the response (outbound, on-error).
    SetBody(BodyTemplate),
    /// `set-method`
    SetMethod(Operand<Text>),
    /// `set-query-parameter`
    SetQueryParameter {
        /// Its name.
        name: Operand<Text>,
        /// `exists-action`: `override`, `skip`, `append` or `delete`.
        exists_action: Operand<Text>,
        /// Values in order.
        values: Vec<Operand<Text>>,
    },
    /// `rewrite-uri`
    RewriteUri {
        /// The new path and query, with `{parameters}`.
        template: Operand<Text>,
        /// Whether query parameters that the template does not name are kept; default true.
        copy_unmatched: Operand<bool>,
    },
    /// `find-and-replace`, on bodies that are known as text.
    FindAndReplace {
        /// What is looked for, as it is.
        from: Operand<Text>,
        /// What stands there afterwards.
        to: Operand<Text>,
    },
    /// `json-to-xml`
    JsonToXml(Conversion),
    /// `xml-to-json`; `true` is `kind="javascript-friendly"`.
    XmlToJson(Conversion, bool),
    /// `mock-response`: ends the pipeline.
    MockResponse {
        /// Default 200.
        status: Operand<StatusCode>,
        /// `content-type`
        content_type: Option<Operand<Text>>,
    },
    /// `redirect-content-urls`
    RedirectContentUrls,
    /// `jsonp`, with the name of the query parameter that names the callback.
    Jsonp(Operand<Text>),
    /// `cors`
    Cors(Cors),
}

/// The body that `set-body` writes.
#[derive(Clone, Debug)]
pub enum BodyTemplate {
    /// Text or an expression.
    Plain(Operand<Text>),
    /// `template="liquid"` that can be filled in here.
    Liquid(LiquidTemplate),
    /// `template="liquid"` with more in it: there is a body, its text is not known.
    Opaque,
}

/// When a body is converted.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// `apply="always"`; else only when the content type is that of the source format.
    pub always: bool,
    /// Only when the client's `Accept` names the other format; default true.
    pub consider_accept: Operand<bool>,
}

/// `cors`
#[derive(Clone, Debug)]
pub struct Cors {
    /// `allow-credentials`; default false.
    pub allow_credentials: Operand<bool>,
    /// `terminate-unmatched-request`; default true.
    pub terminate_unmatched: Operand<bool>,
    /// `allowed-origins`; `*` is any.
    pub origins: Vec<Operand<Text>>,
    /// `allowed-methods`; none: GET and POST. `*` is any.
    pub methods: Vec<Operand<Text>>,
    /// `preflight-result-max-age`, in seconds.
    pub max_age: Option<Operand<u32>>,
    /// `allowed-headers`; `*` is any.
    pub headers: Vec<Operand<Text>>,
    /// `expose-headers`
    pub expose: Vec<Operand<Text>>,
}
