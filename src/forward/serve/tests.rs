//! The server on real sockets of this machine, between clients and backends that do as they are told.

mod faults;
mod forwarding;
mod lab;
mod operation;
mod streaming;
