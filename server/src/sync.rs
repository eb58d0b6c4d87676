//! Devices and the server keeping the same tickets: `push`, `pull` and `events` are what a device can ask.
//!
//! ```text
//!   push ──▶ writer ──▶ group (judged in memory) ──▶ store, one flush of the disk ──▶ verdicts
//!                                                          │
//!                                                          └──▶ hub ──▶ every event stream whose scope it touches
//!   pull ──▶ store: documents changed since the device's cursor, within the person's scope
//! ```
//!
//! Who may do what to which ticket is `domain::access`; what the messages look like is `sync::messages`.

pub(crate) mod error;
pub(crate) mod events;
mod group;
mod hub;
mod memory;
pub(crate) mod pull;
pub(crate) mod push;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use error::SyncError;
pub(crate) use group::{Incoming, Push};
pub(crate) use hub::Hub;
pub(crate) use writer::{NotWritten, Writer};
