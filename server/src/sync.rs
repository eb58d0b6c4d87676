//! Devices and the server keeping the same tickets: `push`, `pull` and `events` are what a device can ask; [`parked`] is for
//! those who decide on what came in too late.
//!
//! ```text
//!   push ──▶ writer ──▶ desk (judges in memory) ──▶ keeper ──▶ store, one flush of the disk for a group ──▶ verdicts
//!                                                                          │
//!                                                                          └──▶ hub ──▶ every event stream in scope
//!   pull ──▶ store: documents changed since the device's cursor, within the person's scope
//! ```
//!
//! Who may do what to which ticket is `domain::access`; what the messages look like is `sync::messages`.

mod desk;
pub(crate) mod error;
pub(crate) mod events;
mod exchange;
mod gate;
mod group;
mod held;
mod hub;
mod keeper;
mod memory;
#[cfg(test)]
mod outboxes;
pub(crate) mod parked;
mod presence;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod standing;
#[cfg(test)]
mod storm;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use error::SyncError;
pub(crate) use exchange::Exchange;
pub(crate) use gate::Gate;
pub(crate) use group::{Decision, Incoming, Push, Rescued};
pub(crate) use hub::Hub;
pub(crate) use presence::Presence;
pub(crate) use writer::{NotWritten, Writer};
