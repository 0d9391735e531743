//! The server on real sockets of this machine, between clients and backends that do as they are told.

mod faults;
mod forwarding;
pub(in crate::serve) mod lab;
mod observing;
mod operation;
mod streaming;
