//! A local store and a journal that keep everything in memory: for tests and simulations, and the model that others are held
//! to.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use domain::people::Directory;
use domain::ticket::{Document, FileHash};
use domain::{ChangeId, TicketId};

use crate::files::{FileBatch, FileKey, FileRows, FileStore, KeptFile};
use crate::journal::{JournalError, JournalFiles, Witness};
use crate::outbox::OutboxEntry;
use crate::store::{Batch, Held, Loaded, LocalStore, Meta, StoreError};

/// Keeps a replica in memory, as durable as the process.
#[derive(Debug, Default, Clone)]
pub struct MemoryLocalStore {
    kept: RefCell<Kept>,
}

#[derive(Debug, Default, Clone)]
struct Kept {
    meta: Option<Meta>,
    directory: Option<Directory>,
    held: BTreeMap<TicketId, (Held, Document)>,
    outbox: BTreeMap<ChangeId, OutboxEntry>,
    witness: Option<Witness>,
}

impl LocalStore for MemoryLocalStore {
    async fn load(&self) -> Result<Loaded, StoreError> {
        let kept = self.kept.borrow();
        let mut outbox: Vec<_> = kept.outbox.values().cloned().collect();
        outbox.sort_by_key(|entry| entry.change.id.seq);
        Ok(Loaded {
            meta: kept.meta.clone(),
            directory: kept.directory.clone(),
            held: kept.held.values().map(|(held, _)| held.clone()).collect(),
            outbox,
            witness: kept.witness,
        })
    }

    async fn apply_witnessed(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        let mut kept = self.kept.borrow_mut();
        kept.witness = witness.or(kept.witness);
        if let Some(meta) = &batch.meta {
            kept.meta = Some(meta.clone());
        }
        if let Some(directory) = &batch.directory {
            kept.directory = Some(directory.clone());
        }
        for (held, document) in &batch.hold {
            kept.held.insert(document.ticket, (held.clone(), document.clone()));
        }
        for ticket in &batch.release {
            kept.held.remove(ticket);
        }
        for entry in &batch.outbox {
            kept.outbox.insert(entry.change.id, entry.clone());
        }
        for id in &batch.settled {
            kept.outbox.remove(id);
        }
        Ok(())
    }

    async fn start_over(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        *self.kept.borrow_mut() = Kept::default();
        self.apply_witnessed(batch, witness).await
    }

    async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        let kept = self.kept.borrow();
        Ok(tickets.iter().filter_map(|ticket| Some(kept.held.get(ticket)?.1.clone())).collect())
    }
}

/// Keeps files in memory, as durable as the process. Open to be spoilt by tests.
#[derive(Debug, Default, Clone)]
pub struct MemoryFileStore {
    rows: RefCell<BTreeMap<FileKey, KeptFile>>,
    chunks: RefCell<BTreeMap<(FileHash, u32), Vec<u8>>>,
    /// Rows that can't be read.
    pub unreadable: RefCell<BTreeSet<FileKey>>,
    /// After so many more writes, everything fails.
    pub ends_after: Cell<Option<usize>>,
    /// Whether it can be read even then.
    pub can_be_read: Cell<bool>,
    /// Whether there is no room for rows.
    pub full_for_rows: Cell<bool>,
    /// How much more there is room for.
    pub room: Cell<Option<u64>>,
}

impl MemoryFileStore {
    fn working(&self) -> Result<(), StoreError> {
        match self.ends_after.get() {
            Some(0) if self.can_be_read.get() => Ok(()),
            Some(0) => Err(StoreError::Lost("it has ended".to_owned())),
            _ => Ok(()),
        }
    }

    /// Counts a write, which may be the last one.
    ///
    /// # Errors
    /// When that has been.
    pub fn write(&self) -> Result<(), StoreError> {
        match self.ends_after.get() {
            Some(0) => Err(StoreError::Lost("it has ended".to_owned())),
            left => {
                self.ends_after.set(left.map(|writes| writes - 1));
                Ok(())
            }
        }
    }
}

impl FileStore for MemoryFileStore {
    async fn files(&self) -> Result<FileRows, StoreError> {
        self.working()?;
        let unreadable = self.unreadable.borrow().clone();
        let rows = self.rows.borrow();
        let files = rows.values().filter(|file| !unreadable.contains(&file.key)).cloned().collect();
        Ok(FileRows { files, unreadable })
    }

    async fn contents(&self) -> Result<BTreeMap<FileHash, u64>, StoreError> {
        self.working()?;
        let mut contents = BTreeMap::new();
        for (hash, _) in self.chunks.borrow().keys() {
            *contents.entry(*hash).or_default() += 1;
        }
        Ok(contents)
    }

    async fn put_chunk(&self, hash: FileHash, number: u32, bytes: &[u8]) -> Result<(), StoreError> {
        self.write()?;
        self.chunks.borrow_mut().insert((hash, number), bytes.to_owned());
        Ok(())
    }

    async fn chunk(&self, hash: FileHash, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        self.working()?;
        Ok(self.chunks.borrow().get(&(hash, number)).cloned())
    }

    async fn apply_files(&self, batch: &FileBatch) -> Result<(), StoreError> {
        self.write()?;
        if self.full_for_rows.get() && !batch.keep.is_empty() {
            return Err(StoreError::Full);
        }
        let (mut rows, mut unreadable) = (self.rows.borrow_mut(), self.unreadable.borrow_mut());
        for key in &batch.forget {
            rows.remove(key);
            unreadable.remove(key);
        }
        for file in &batch.keep {
            rows.insert(file.key, file.clone());
            unreadable.remove(&file.key);
        }
        self.chunks.borrow_mut().retain(|(hash, _), _| !batch.release.contains(hash));
        Ok(())
    }

    async fn room(&self) -> Option<u64> {
        self.room.get()
    }
}

/// Stands in for a database that can't be opened: holds everything as long as the app runs, and says that it isn't durable.
#[derive(Debug, Default)]
pub struct StandInStore(MemoryLocalStore);

impl LocalStore for StandInStore {
    fn is_durable(&self) -> bool {
        false
    }

    async fn load(&self) -> Result<Loaded, StoreError> {
        self.0.load().await
    }

    async fn apply_witnessed(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        self.0.apply_witnessed(batch, witness).await
    }

    async fn start_over(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        self.0.start_over(batch, witness).await
    }

    async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        self.0.documents(tickets).await
    }
}

/// Keeps a journal in memory, as durable as the process. Open to be spoilt by tests.
#[derive(Debug, Default, Clone)]
pub struct MemoryJournalFiles {
    /// The files, by number.
    pub files: RefCell<BTreeMap<u64, Vec<u8>>>,
    /// The last note.
    pub noted: RefCell<Option<Witness>>,
    /// What every call fails with from now on.
    pub broken: RefCell<Option<JournalError>>,
    /// Whether room is held in reserve: enough for everything, where there is no other.
    pub reserve: Cell<bool>,
}

impl MemoryJournalFiles {
    fn working(&self) -> Result<(), JournalError> {
        self.broken.borrow().clone().map_or(Ok(()), Err)
    }
}

impl JournalFiles for MemoryJournalFiles {
    async fn read(&self) -> Result<Vec<(u64, Vec<u8>)>, JournalError> {
        self.working()?;
        Ok(self.files.borrow().iter().map(|(number, file)| (*number, file.clone())).collect())
    }

    async fn begin(&self, number: u64, content: &[u8]) -> Result<(), JournalError> {
        self.working()?;
        self.files.borrow_mut().insert(number, content.to_owned());
        Ok(())
    }

    async fn append(&self, bytes: &[u8]) -> Result<(), JournalError> {
        self.working()?;
        let mut files = self.files.borrow_mut();
        let mut last = files.last_entry().ok_or_else(|| JournalError::Failed("nothing begun".to_owned()))?;
        last.get_mut().extend_from_slice(bytes);
        Ok(())
    }

    async fn remove_below(&self, number: u64) -> Result<(), JournalError> {
        self.working()?;
        self.files.borrow_mut().retain(|file, _| *file >= number);
        Ok(())
    }

    async fn make_room(&self) -> bool {
        let given = self.reserve.take();
        self.broken.borrow_mut().take_if(|broken| given && *broken == JournalError::Full);
        given
    }

    fn note(&self, witness: &Witness) {
        *self.noted.borrow_mut() = Some(*witness);
    }

    fn noted(&self) -> Option<Witness> {
        *self.noted.borrow()
    }
}
