//! Rescue files: what a device wrote down before its app was gone, brought by whoever is signed in.
//!
//! ```text
//!   body ──▶ to the disk as it comes ──▶ unsealed piece by piece ──▶ parts ──▶ changes: gathered, judged by the desk
//!                                                                     └────▶ files: to the disk, then to the tickets that name them
//! ```
//!
//! A file may come for hours on a thin line. Meanwhile it holds room on the disk and nothing else; the few turns to be opened, which take
//! memory and a processor, are for those that have come. Opening and gathering block, on a thread of their own.
//!
//! docs/rescue.md is the contract. Nothing of a file counts before its last piece has been opened, so that one that was cut off leaves
//! nothing behind. What is in it is judged where everything is judged: by the [desk](crate::sync). Deliberately absent: keeping the
//! file; it stays with whoever has brought it.

mod archive;
mod bring;
mod drafts;
mod error;
mod gather;
mod key;
mod list;
mod refused;
mod seal;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::PersonId;
use sync::rescue::RescueReport;
use tokio::sync::{Semaphore, SemaphorePermit};

use self::archive::{Event, Unpacker};
pub(crate) use self::bring::{bring_file, show_key};
use self::gather::{Gathered, Gathering};
pub(crate) use self::key::{RescueKey, draw_secret};
pub(crate) use self::list::list;

/// So many files are opened at the same time: each may hold [`gather::RECORD_BYTES`] in memory.
const AT_ONCE: usize = 4;

/// What opens rescue files.
#[derive(Debug)]
pub(crate) struct Rescue {
    key: RescueKey,
    turns: Semaphore,
    bringing: Arc<Bringing>,
}

/// Who is bringing a file at the moment: one person brings one at a time, so that nobody fills the disk with what only comes in.
#[derive(Debug, Default)]
struct Bringing(Mutex<HashSet<PersonId>>);

/// The right to bring a file, until it is dropped.
#[derive(Debug)]
struct Bringer {
    bringing: Arc<Bringing>,
    person: PersonId,
}

impl Rescue {
    /// With the key of this server.
    pub(crate) fn new(key: RescueKey) -> Self {
        Self { key, turns: Semaphore::new(AT_ONCE), bringing: Arc::default() }
    }

    /// The public half of the key, as devices are told it.
    pub(crate) fn public_key(&self) -> &str {
        self.key.public_text()
    }

    /// Lets somebody bring a file; nothing, if they are bringing another one.
    fn begin(&self, person: PersonId) -> Option<Bringer> {
        let is_the_first = self.bringing.people().insert(person);
        is_the_first.then(|| Bringer { bringing: Arc::clone(&self.bringing), person })
    }

    /// Waits for the turn to open a file.
    async fn turn(&self) -> SemaphorePermit<'_> {
        self.turns.acquire().await.expect("the turns are never closed")
    }
}

/// Reads what was sealed in a file, and says whether all of it made sense: for the programs that try to break the reading.
pub(crate) fn makes_sense(archive: &[u8]) -> bool {
    let (mut unpacker, mut gathering) = (Unpacker::default(), Gathering::default());
    let mut rest = archive;
    while let Some(event) = unpacker.next(&mut rest) {
        match event {
            Event::Begins { name, bytes } => {
                gathering.begin(name, bytes);
            }
            Event::Content(content) => gathering.content(content),
            Event::Ends => gathering.end_part(),
        }
    }
    let Gathered { drafts, mut unread, .. } = gathering.finish(unpacker.is_between_parts());
    drafts::give_back(
        PersonId::from_uuid(uuid::Uuid::nil()),
        drafts,
        &mut RescueReport::default(),
        &mut unread,
    );
    unread.into_lines().is_empty()
}

impl Bringing {
    fn people(&self) -> MutexGuard<'_, HashSet<PersonId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bringer {
    fn drop(&mut self) {
        self.bringing.people().remove(&self.person);
    }
}
