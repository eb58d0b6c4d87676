//! Rescue files: what a device wrote down before its app was gone, brought by whoever is signed in.
//!
//! ```text
//!   body ──▶ unsealed piece by piece ──▶ parts ──▶ changes: gathered, judged by the desk once the last piece is there
//!                                           └────▶ files: to the disk as they come, then to the tickets that name them
//! ```
//!
//! docs/rescue.md is the contract. Nothing of a file counts before its last piece has been opened, so that one that was cut off leaves
//! nothing behind. What is in it is judged where everything is judged: by the [desk](crate::sync). Deliberately absent: keeping the
//! file; it stays with whoever has brought it.

mod archive;
mod bring;
mod error;
mod gather;
mod key;
mod list;
mod seal;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::Semaphore;

pub(crate) use self::bring::{bring_file, show_key};
pub(crate) use self::key::{RescueKey, draw_secret};
pub(crate) use self::list::list;

/// So many files are opened at the same time: each may hold [`gather::RECORD_BYTES`] in memory.
const AT_ONCE: usize = 4;

/// What opens rescue files.
#[derive(Debug)]
pub(crate) struct Rescue {
    key: RescueKey,
    turns: Arc<Semaphore>,
}

impl Rescue {
    /// With the key of this server.
    pub(crate) fn new(key: RescueKey) -> Self {
        Self { key, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// The public half of the key, as devices are told it.
    pub(crate) fn public_key(&self) -> &str {
        self.key.public_text()
    }
}
