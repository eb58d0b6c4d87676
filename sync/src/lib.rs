//! How a device and the server keep the same tickets.
//!
//! [`messages`] is what travels. A [`Replica`] is what a device knows: confirmed tickets, and an outbox of changes on their way.
//! It never does anything by itself: it turns a tap or an answer into a [`Batch`], the shell makes the batch durable in a
//! [`LocalStore`], and only then is the batch committed to memory and shown. [`Planner`] says what to do next: push, pull,
//! listen or wait. [`files`] does the same for photos and documents, whose bytes travel apart from the
//! changes that name them. So everything that could lose data is decided here, without a browser or a network, and tested so.

pub mod conformance;
pub mod files;
pub mod journal;
mod memory;
pub mod messages;
pub mod notices;
mod outbox;
pub mod parked;
mod pause;
mod planner;
pub mod policies;
mod replica;
pub mod rescue;
mod store;
pub mod tablets;
mod twin;

pub use memory::{MemoryFileStore, MemoryJournalFiles, MemoryLocalStore, StandInStore};
pub use outbox::{KEPT_MS, OutboxEntry, OutboxState};
pub use planner::{Failure, Link, Planner, Step};
pub use replica::{Absorbed, Replica, Unsent};
pub use store::{Batch, Belief, Held, Identity, Loaded, LocalStore, Meta, StoreError};
pub use twin::{Damage, Recovery, Second, TwinStore};
