//! Resources of Azure in every form in which people deploy them, brought into one: trees of the shape that the
//! resource manager takes, whose every value has its place in the file that it was written in.
//!
//! Rules
//! - A reader evaluates what the files themselves decide. What only the deployment decides becomes
//!   [`Value::Unknown`](crate::tree::json::Value) and is never guessed.
//! - Names of properties are those of ARM JSON, whatever the file calls them.
//! - Nothing here does I/O: whoever calls brings the files.
//!
//! Not known here: which values are good ones (`rules`), and what they do (`gateway`).

mod apiops;
mod backends;
mod bicep;
mod detect;
mod eval;
mod given;
mod included;
mod inventory;
mod object;
mod plain;
mod read;
pub mod shapes;
mod template;
mod terraform;
#[cfg(test)]
mod tests;
pub mod versions;

pub use backends::{Backend, BackendKind, Breaker, BreakerRule, Member, Pool, Single, StatusRange, backend};
pub use detect::{Form, detect};
pub use given::Given;
pub use included::included;
pub use inventory::{Embedded, Found, Inventory, Kind};
pub use object::object;
pub use plain::read_plain;
pub use read::{TextFile, read_all};
