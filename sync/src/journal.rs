//! The second journal: what a device must not lose, in files that only grow.
//!
//! A browser's database can be wiped or cut short without a word. So every change of the outbox is kept a second time, beside
//! it, in another kind of storage ([`JournalFiles`]). A file is a row of [frames](frame), one for each batch that touched the
//! outbox, numbered without a gap; the first one of a file holds everything. What frames add up to is a [`Ledger`], which the
//! database is compared with at every start, by number and by [`Witness`].

mod frame;
mod ledger;

use std::rc::Rc;

use serde::{Deserialize, Serialize};

pub use self::frame::{Frame, Reading};
pub use self::ledger::Ledger;

/// What there is to be found, in a few numbers: enough to notice that something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Witness {
    /// The number of the last batch that touched the outbox.
    pub batch: u64,
    /// How many entries the outbox holds, kept ones included.
    pub entries: usize,
    /// A sum over all of them.
    pub sum: u64,
}

/// Why the second journal could not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The browser has no such storage, or does not let us use it.
    #[error("this browser keeps no files: {0}")]
    Unavailable(String),
    /// There is no more room on the device.
    #[error("there is no room left on this device")]
    Full,
    /// It was there, and has failed.
    #[error("the second journal has failed: {0}")]
    Failed(String),
}

/// Files that only grow, for one person on one device, and a note outside of them.
///
/// What [`begin`](Self::begin) and [`append`](Self::append) have returned `Ok` for survives a power cut. Of what was under way
/// when the power went, any part may be there. Only one window at a time uses it.
#[expect(async_fn_in_trait, reason = "used on one thread: in the browser, and by tests that block on it")]
pub trait JournalFiles {
    /// The content of all files, in the order of their numbers.
    async fn read(&self) -> Result<Vec<(u64, Vec<u8>)>, JournalError>;

    /// Begins a file. What is appended from now on goes there.
    async fn begin(&self, number: u64, content: &[u8]) -> Result<(), JournalError>;

    /// Appends to the file that was begun last.
    async fn append(&self, bytes: &[u8]) -> Result<(), JournalError>;

    /// Removes all files with a lower number. What can't be removed now may stay.
    async fn remove_below(&self, number: u64) -> Result<(), JournalError>;

    /// Gives back room that was held in reserve, for what must be kept on a full device. False if there is none.
    async fn make_room(&self) -> bool;

    /// Notes what there is, outside of database and files. May be lost, and may fail without a word.
    fn note(&self, witness: &Witness);

    /// The last note.
    fn noted(&self) -> Option<Witness>;
}

impl<J: JournalFiles> JournalFiles for Rc<J> {
    async fn read(&self) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        J::read(self).await
    }

    async fn begin(&self, number: u64, content: &[u8]) -> Result<(), JournalError> {
        J::begin(self, number, content).await
    }

    async fn append(&self, bytes: &[u8]) -> Result<(), JournalError> {
        J::append(self, bytes).await
    }

    async fn remove_below(&self, number: u64) -> Result<(), JournalError> {
        J::remove_below(self, number).await
    }

    async fn make_room(&self) -> bool {
        J::make_room(self).await
    }

    fn note(&self, witness: &Witness) {
        J::note(self, witness);
    }

    fn noted(&self) -> Option<Witness> {
        J::noted(self)
    }
}
