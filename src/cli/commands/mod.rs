//! One room for each verb.

pub(crate) mod calibrate;
pub(crate) mod compare;
pub(crate) mod coverage;
pub(crate) mod diff;
pub(crate) mod drive;
pub(crate) mod equivalent;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod expr;
pub(crate) mod fit;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod limiter;
pub(crate) mod mock;
pub(crate) mod plot;
pub(crate) mod policy;
pub(crate) mod replay;
pub(crate) mod rules;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod test;
pub(crate) mod trace;
pub(crate) mod trace_import;
pub(crate) mod validate;
pub(crate) mod verify;
