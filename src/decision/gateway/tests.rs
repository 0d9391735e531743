//! The core in virtual time: whole exchanges through compiled policies, driven by hand.
//!
//! `driver` is the rig: it gives inputs, writes down what comes out in short words, and on every call
//! checks that a copy of the state behaves the same. `reference` is a slow model that is obviously right;
//! `random` throws everything at the core in any order.

mod caches;
mod calls;
mod cancel;
mod carbon;
mod corners;
mod driver;
mod errors;
mod exhausted;
mod failover;
mod identity;
mod limits;
mod messages;
mod policies;
mod random;
mod readings;
mod reference;
mod retries;
mod shown;
mod stale;
mod tokens;
