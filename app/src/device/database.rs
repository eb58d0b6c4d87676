//! What a device keeps a replica in: the browser's database, or what stands in for it where none can be opened.

use std::collections::BTreeMap;

use domain::ticket::{Document, FileHash};
use domain::{PersonId, TicketId};
use sync::files::{FileBatch, FileRows, FileStore};
use sync::journal::Witness;
use sync::{Batch, Loaded, LocalStore, StandInStore, StoreError};

use super::local_store::IndexedDbLocalStore;

/// A person's database on this device.
#[derive(Debug)]
pub enum DeviceDatabase {
    /// The browser's.
    IndexedDb(IndexedDbLocalStore),
    /// Memory: with it, only the journal beside it outlives the app.
    StandIn(StandInStore),
}

impl DeviceDatabase {
    /// The browser's database of a person. Nothing is opened before [`load`](LocalStore::load).
    pub fn of(person: PersonId) -> Self {
        Self::IndexedDb(IndexedDbLocalStore::of(person))
    }

    /// Does this whenever another window keeps an older version of it open. Opening it goes on by itself once that is closed.
    #[must_use]
    pub fn when_blocked(self, tell: impl Fn() + 'static) -> Self {
        match self {
            Self::IndexedDb(store) => Self::IndexedDb(store.when_blocked(tell)),
            Self::StandIn(store) => Self::StandIn(store),
        }
    }

    /// What stands in for it.
    pub fn stand_in() -> Self {
        Self::StandIn(StandInStore::default())
    }

    /// Whether another window has opened the database since, so that this one can no longer write.
    pub fn is_fenced_off(&self) -> bool {
        matches!(self, Self::IndexedDb(store) if store.is_fenced_off())
    }

    /// Removes it with everything in it, for good: nothing opens it again from here.
    ///
    /// # Errors
    /// Why it is still there.
    pub async fn erase(&self) -> Result<(), StoreError> {
        match self {
            Self::IndexedDb(store) => store.erase().await,
            Self::StandIn(_) => Ok(()),
        }
    }

    /// Merges what lies about in it. Returns whether there may be more to do.
    ///
    /// # Errors
    /// As for any batch; nothing has changed then.
    pub async fn tidy(&self) -> Result<bool, StoreError> {
        match self {
            Self::IndexedDb(store) => store.tidy().await,
            Self::StandIn(_) => Ok(false),
        }
    }
}

impl LocalStore for DeviceDatabase {
    fn is_durable(&self) -> bool {
        match self {
            Self::IndexedDb(store) => store.is_durable(),
            Self::StandIn(store) => store.is_durable(),
        }
    }

    async fn load(&self) -> Result<Loaded, StoreError> {
        match self {
            Self::IndexedDb(store) => store.load().await,
            Self::StandIn(store) => store.load().await,
        }
    }

    async fn apply_witnessed(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        match self {
            Self::IndexedDb(store) => store.apply_witnessed(batch, witness).await,
            Self::StandIn(store) => store.apply_witnessed(batch, witness).await,
        }
    }

    async fn start_over(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        match self {
            Self::IndexedDb(store) => store.start_over(batch, witness).await,
            Self::StandIn(store) => store.start_over(batch, witness).await,
        }
    }

    async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        match self {
            Self::IndexedDb(store) => store.documents(tickets).await,
            Self::StandIn(store) => store.documents(tickets).await,
        }
    }
}

/// What stands in for a database keeps no files: they would take the memory, and would not outlive the app.
impl FileStore for DeviceDatabase {
    async fn files(&self) -> Result<FileRows, StoreError> {
        match self {
            Self::IndexedDb(store) => store.files().await,
            // Some may lie in the database that can't be opened.
            Self::StandIn(_) => Err(no_files()),
        }
    }

    async fn contents(&self) -> Result<BTreeMap<FileHash, u64>, StoreError> {
        match self {
            Self::IndexedDb(store) => store.contents().await,
            Self::StandIn(_) => Err(no_files()),
        }
    }

    async fn put_chunk(&self, hash: FileHash, number: u32, bytes: &[u8]) -> Result<(), StoreError> {
        match self {
            Self::IndexedDb(store) => store.put_chunk(hash, number, bytes).await,
            Self::StandIn(_) => Err(no_files()),
        }
    }

    async fn chunk(&self, hash: FileHash, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::IndexedDb(store) => store.chunk(hash, number).await,
            Self::StandIn(_) => Ok(None),
        }
    }

    async fn apply_files(&self, batch: &FileBatch) -> Result<(), StoreError> {
        match self {
            Self::IndexedDb(store) => store.apply_files(batch).await,
            Self::StandIn(_) => Err(no_files()),
        }
    }

    async fn room(&self) -> Option<u64> {
        match self {
            Self::IndexedDb(store) => store.room().await,
            Self::StandIn(_) => None,
        }
    }
}

fn no_files() -> StoreError {
    StoreError::Unavailable("no files are kept without a database".to_owned())
}
