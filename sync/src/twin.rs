//! A store that keeps the outbox twice: in a database, and in a [journal](crate::journal) beside it.
//!
//! ```text
//!   batch ──▶ database, with the witness ──▶ journal ──▶ note ──▶ "saved"
//!                     │                         │           │
//!   start ──────▶ compare ◀────────────────────┴───────────┘ ──▶ mend whichever is behind, and say so
//! ```
//!
//! A device on which no database can be opened works with the journal alone, over a store that is not
//! [durable](LocalStore::is_durable): then a batch is saved when the journal has it.
//!
//! The database comes first, so that the journal is at most one batch behind it. Each batch that touches the outbox has a number;
//! by the numbers and the witness each of the two can tell that the other has lost something, and what.

mod compare;

use std::cell::{Cell, RefCell};

use domain::TicketId;
use domain::ticket::Document;

use self::compare::{Outcome, Side, compare};
use crate::journal::{Frame, JournalError, JournalFiles, Ledger, Witness};
use crate::store::{Batch, Loaded, LocalStore, Meta, StoreError};

/// A file that has grown beyond this, in bytes, and beyond twice of what it began with, is given up for a new one.
const ROTATE_BYTES: usize = 1024 * 1024;

/// Keeps a replica in a store, and its outbox a second time in a journal.
#[derive(Debug)]
pub struct TwinStore<S, J> {
    store: S,
    journal: J,
    ledger: RefCell<Ledger>,
    file: RefCell<File>,
    recovery: Cell<Option<Recovery>>,
    /// The store failed over a batch, and may have kept it all the same.
    in_doubt: Cell<bool>,
}

/// The file that the journal is at.
#[derive(Debug, Default)]
struct File {
    /// Its number; the highest there is, as long as none has been begun.
    number: u64,
    /// Its bytes, and those it began with; nothing, as long as none has been begun or the last one has failed.
    begun: Option<(usize, usize)>,
    /// What is still to be written to it.
    due: Vec<u8>,
    failure: Option<JournalError>,
}

/// How the second journal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Second {
    /// What is saved is saved twice.
    InOrder,
    /// What is saved lies in the database alone, for this reason.
    Missing(JournalError),
}

/// Something was lost on this device, and what was done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// What had happened.
    pub damage: Damage,
    /// Changes that one of the two had lost and the other one gave back.
    pub recovered: usize,
    /// Whether that is all there was. If not, changes may be missing for good.
    pub complete: bool,
}

/// What had happened to the storage of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The database was empty, as on a first start.
    Wiped,
    /// The database had lost what was written last.
    CutShort,
    /// The database held something that could not be read, or not what it should.
    Spoilt,
    /// The journal was damaged or missing; the database was not.
    Journal,
}

impl<S: LocalStore, J: JournalFiles> TwinStore<S, J> {
    /// Over a store and a journal that belong together.
    pub fn new(store: S, journal: J) -> Self {
        Self {
            store,
            journal,
            ledger: RefCell::default(),
            file: RefCell::default(),
            recovery: Cell::default(),
            in_doubt: Cell::default(),
        }
    }

    /// The store beneath.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// The journal beneath.
    pub const fn journal(&self) -> &J {
        &self.journal
    }

    /// Whether what is saved lies in two places.
    pub fn keeps_twice(&self) -> bool {
        self.store.is_durable() && self.second() == Second::InOrder
    }

    /// How the second journal stands.
    pub fn second(&self) -> Second {
        self.file.borrow().failure.clone().map_or(Second::InOrder, Second::Missing)
    }

    /// What had to be mended when it was loaded; nothing, if all was in order.
    pub const fn recovery(&self) -> Option<Recovery> {
        self.recovery.get()
    }

    /// What the journal holds, for a device whose database can't be opened.
    ///
    /// # Errors
    /// When there is no journal.
    pub async fn salvage(&self) -> Result<Ledger, JournalError> {
        Ok(Ledger::read(&self.journal.read().await?).0)
    }

    /// Brings a store that has lost something up to what it should hold.
    async fn mend(&self, loaded: Loaded, ledger: &Ledger) -> Result<Loaded, StoreError> {
        let witness = Some(ledger.witness());
        let Some(identity) = ledger.identity().cloned() else {
            // Nothing is left but the knowledge that there was something.
            self.store.apply_witnessed(&Batch::default(), witness).await?;
            return Ok(Loaded { witness, ..loaded });
        };
        let was_there = loaded.meta.is_some();
        let mut meta = loaded.meta.unwrap_or_else(|| Meta::new(identity.clone()));
        meta.identity.device = identity.device;
        meta.next_seq = ledger.next_seq();
        let outbox: Vec<_> = ledger.entries().cloned().collect();
        let changes = loaded.outbox.iter().map(|entry| entry.change.id);
        let settled = changes.filter(|change| ledger.entry(*change).is_none()).collect();
        let batch = Batch { meta: Some(meta), outbox, settled, ..Batch::default() };
        if was_there {
            self.store.apply_witnessed(&batch, witness).await?;
        } else {
            self.store.start_over(&batch, witness).await?;
        }
        let Batch { meta, outbox, .. } = batch;
        Ok(Loaded { meta, outbox, witness, ..loaded })
    }

    /// Writes what is due to the journal. That it can't be written is noted, and tried again with the next batch.
    async fn write_second(&self) {
        let due = std::mem::take(&mut self.file.borrow_mut().due);
        let begun = self.file.borrow().begun;
        let written = match begun {
            Some((bytes, first)) if bytes < ROTATE_BYTES.max(2 * first) => {
                self.append(&due, bytes, first).await
            }
            _ => self.begin().await,
        };
        let written = match written {
            Err(JournalError::Full) if self.journal.make_room().await => self.begin().await,
            written => written,
        };
        let mut file = self.file.borrow_mut();
        if written.is_err() {
            file.begun = None;
        }
        file.failure = written.err();
    }

    async fn append(&self, due: &[u8], bytes: usize, first: usize) -> Result<(), JournalError> {
        match self.journal.append(due).await {
            Ok(()) => {
                self.file.borrow_mut().begun = Some((bytes + due.len(), first));
                Ok(())
            }
            // Whatever has become of that file: another one begins with everything.
            Err(_) => self.begin().await,
        }
    }

    /// Begins a new file with everything there is, and lets the older ones go.
    async fn begin(&self) -> Result<(), JournalError> {
        let number = self.file.borrow().number + 1;
        // Even if it fails: half of it may be there.
        self.file.borrow_mut().number = number;
        let content = self.ledger.borrow().whole().write();
        self.journal.begin(number, &content).await?;
        self.file.borrow_mut().begun = Some((content.len(), content.len()));
        self.journal.remove_below(number).await
    }

    /// Makes a batch durable in the journal, because the store keeps nothing. Then the journal must not fail.
    async fn apply_to_journal_alone(
        &self,
        batch: &Batch,
        frame: Frame,
        witness: Witness,
    ) -> Result<(), StoreError> {
        let before = self.ledger.borrow().clone();
        self.file.borrow_mut().due.extend(frame.write());
        self.ledger.borrow_mut().follow(frame);
        self.write_second().await;
        if let Second::Missing(failure) = self.second() {
            *self.ledger.borrow_mut() = before;
            return Err(match failure {
                JournalError::Full => StoreError::Full,
                failure => StoreError::Lost(failure.to_string()),
            });
        }
        self.journal.note(&witness);
        self.store.apply_witnessed(batch, Some(witness)).await
    }

    /// Makes a batch durable in the store; on a full device, if need be, with the room that was held in reserve.
    async fn apply_first(&self, batch: &Batch, witness: Witness) -> Result<(), StoreError> {
        self.end_doubt().await?;
        let applied = match self.store.apply_witnessed(batch, Some(witness)).await {
            Err(StoreError::Full) if self.journal.make_room().await => {
                self.store.apply_witnessed(batch, Some(witness)).await
            }
            applied => applied,
        };
        // Where another window has taken over, nothing was written, and what it finds there is its own.
        self.in_doubt.set(!matches!(applied, Ok(()) | Err(StoreError::TakenOver)));
        applied
    }

    /// Takes back what the store has kept of a batch that was said to have failed: the next one follows what was before it.
    async fn end_doubt(&self) -> Result<(), StoreError> {
        if self.in_doubt.get() {
            let loaded = self.store.load().await?;
            let ledger = self.ledger.borrow().clone();
            if Ledger::of(&loaded).witness() != ledger.witness() {
                self.mend(loaded, &ledger).await?;
            }
            self.in_doubt.set(false);
        }
        Ok(())
    }
}

impl<S: LocalStore, J: JournalFiles> LocalStore for TwinStore<S, J> {
    async fn load(&self) -> Result<Loaded, StoreError> {
        // The store first: that keeps other windows from writing, so that the journal grows no more after it.
        let opened = match self.store.load().await {
            // Opening writes as well: it claims the database. What is there must be seen and sent on a full device, too.
            Err(StoreError::Full) if self.journal.make_room().await => self.store.load().await,
            opened => opened,
        };
        let (loaded, failure_of_store) = match opened {
            Ok(loaded) => (loaded, None),
            Err(error @ StoreError::Unreadable { .. }) => (Loaded::default(), Some(error)),
            // One that can't be opened may be well again later, and has more in it than the journal: photos.
            Err(error) => return Err(error),
        };
        let (files, failure) = match self.journal.read().await {
            Ok(files) => (files, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let (written, damaged) = Ledger::read(&files);
        let noted = self.journal.noted();
        let journal_is_whole = has_everything(&written, damaged, noted);
        let store_failed = failure_of_store.is_some();
        if let Some(error) = failure_of_store
            && !journal_is_whole
        {
            // What can still be read of it, now or another time, must not be thrown away.
            return Err(error);
        }
        if !self.store.is_durable() && failure.is_none() && noted.is_some() && !journal_is_whole {
            // The database that can't be opened now has more. Whoever went on from less would have the numbers of its changes again.
            return Err(StoreError::Lost("the second journal lacks what the database has".to_owned()));
        }
        let store = Side { ledger: Ledger::of(&loaded), damaged: store_failed || is_spoilt(&loaded) };
        let journal = failure.is_none().then_some(Side { ledger: written, damaged });
        let Outcome { mut ledger, mend_store, mend_journal, recovery } =
            compare(&store, journal.as_ref(), noted);
        if mend_store && let Some(unseen @ (JournalError::Failed(_) | JournalError::Full)) = &failure {
            // What the store lacks may be in a journal that can't be read today. Whoever went on without it would write over it.
            return Err(StoreError::Lost(unseen.to_string()));
        }
        if mend_store && !knows_history(&loaded) {
            ledger.tell_again();
        }
        let loaded = if mend_store { self.mend(loaded, &ledger).await? } else { loaded };
        self.recovery.set(recovery);
        *self.ledger.borrow_mut() = ledger;
        let number = files.last().map_or(0, |(number, _)| *number);
        *self.file.borrow_mut() = File { number, failure, ..File::default() };
        if mend_journal {
            self.write_second().await;
        }
        match self.second() {
            Second::Missing(failure) if !self.store.is_durable() => {
                Err(StoreError::Unavailable(failure.to_string()))
            }
            _ => Ok(loaded),
        }
    }

    async fn apply_witnessed(&self, batch: &Batch, _: Option<Witness>) -> Result<(), StoreError> {
        let frame = self.ledger.borrow().frame(batch);
        let Some(frame) = frame else { return self.store.apply(batch).await };
        let witness = self.ledger.borrow().witness_with(&frame);
        if !self.store.is_durable() {
            return self.apply_to_journal_alone(batch, frame, witness).await;
        }
        self.apply_first(batch, witness).await?;
        self.file.borrow_mut().due.extend(frame.write());
        self.ledger.borrow_mut().follow(frame);
        self.write_second().await;
        self.journal.note(&witness);
        Ok(())
    }

    async fn start_over(&self, batch: &Batch, _: Option<Witness>) -> Result<(), StoreError> {
        let mut ledger = Ledger::default();
        ledger.go_on_after(self.ledger.borrow().witness().batch);
        if let Some(frame) = ledger.frame(batch) {
            ledger.follow(frame);
        }
        self.store.start_over(batch, Some(ledger.witness())).await?;
        self.journal.note(&ledger.witness());
        *self.ledger.borrow_mut() = ledger;
        self.file.borrow_mut().begun = None;
        self.write_second().await;
        Ok(())
    }

    async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        self.store.documents(tickets).await
    }
}

/// Whether a journal has all that was ever said to be saved, as far as is known: only then may a store that can't be read be begun anew
/// from it.
fn has_everything(journal: &Ledger, damaged: bool, noted: Option<Witness>) -> bool {
    let is_newest = noted.is_none_or(|noted| noted.batch <= journal.witness().batch);
    !damaged && is_newest && journal.identity().is_some()
}

/// Whether it is known in which of the server's histories changes were taken. If not, the server may have been restored since, and
/// may have none of them any more.
fn knows_history(loaded: &Loaded) -> bool {
    loaded.meta.as_ref().is_some_and(|meta| meta.epoch.is_some())
}

/// Whether the outbox is not what the last batch made of it.
fn is_spoilt(loaded: &Loaded) -> bool {
    loaded.witness.is_some_and(|witness| witness != Ledger::of(loaded).witness())
}
