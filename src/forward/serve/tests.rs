//! The server on real sockets of this machine, between clients and backends that do as they are told.

mod certificates;
mod faults;
mod forwarding;
mod http2;
pub(in crate::serve) mod lab;
mod load;
mod observing;
mod operation;
mod reaching;
mod secured;
mod shapes;
mod slow_clients;
mod soak;
mod streaming;
mod tokens;
