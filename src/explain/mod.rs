//! A policy in plain language, for readers who do not know API Management: what happens on the way in, how a
//! backend is chosen, what trips, what is retried and how long, what the client sees.
//!
//! Rules
//! - Everything is told from the compiled program and the gateway's configuration; what the client sees is
//!   played through the decision core with scripted answers, not deduced.
//! - Conditions and values of known forms are put into words; others are quoted as code.
//! - Each sentence has the line it is about. The same inputs give the same text.
//!
//! Rooms: `page` is the text as data, `render` lays it out; `outline` finds the nesting of a program again;
//! `steps`, `pools`, `retries`, `cases`, `summary` write one part each; `conditions` and `nouns` read
//! expressions; `stand_ins` makes backends for a policy whose own are not known.
//!
//! Deliberately not here: reading files (`config`), advice on what to change.

mod cases;
mod conditions;
mod nouns;
mod outline;
mod page;
mod pools;
mod render;
mod retries;
mod stand_ins;
mod steps;
mod steps_more;
mod summary;
mod teller;

pub use page::{Block, Item, Page, PlayedCase, Reference, Section};
pub use render::{human, markdown};
pub use stand_ins::{alone, needs, plain_request};
pub use summary::explain;
pub use teller::{Missing, ResourcePlace, Subject};
