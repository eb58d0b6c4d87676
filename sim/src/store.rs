//! A device's database: keeps what it has been given, fails when told to, and can be hurt in the ways in which browsers' databases are.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use domain::ticket::{Change, Document};
use domain::{ChangeId, TicketId};
use sync::journal::Witness;
use sync::{Batch, Loaded, LocalStore, MemoryLocalStore, StoreError};

/// How keeping fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreFailure {
    /// There is no room; nothing is kept.
    Full,
    /// The connection is gone, and nothing was kept.
    Lost,
    /// The connection is gone just after everything was kept.
    LostThoughKept,
}

/// A device's database.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    kept: RefCell<Rc<MemoryLocalStore>>,
    failure: Cell<Option<StoreFailure>>,
    is_unreadable: Cell<bool>,
}

impl Disk {
    /// The next keeping fails in this way.
    pub(crate) fn fail_next(&self, failure: StoreFailure) {
        self.failure.set(Some(failure));
    }

    /// Another disk with the same on it.
    pub(crate) fn copy(&self) -> Self {
        Self {
            kept: RefCell::new(Rc::new(self.image())),
            failure: Cell::default(),
            is_unreadable: self.is_unreadable.clone(),
        }
    }

    /// What is kept, as it is now.
    pub(crate) fn image(&self) -> MemoryLocalStore {
        MemoryLocalStore::clone(&self.kept())
    }

    /// From now on, what was kept at an earlier time is all there is.
    pub(crate) fn go_back_to(&self, image: MemoryLocalStore) {
        *self.kept.borrow_mut() = Rc::new(image);
    }

    /// Nothing can be read any more, until everything is begun anew.
    pub(crate) fn become_unreadable(&self) {
        self.is_unreadable.set(true);
    }

    /// An entry of the outbox is gone, and nothing else.
    pub(crate) async fn lose_entry(&self, lost: ChangeId) -> Result<(), StoreError> {
        self.kept().apply(&Batch { settled: vec![lost], ..Batch::default() }).await
    }

    /// Whether a change is in its ticket's document, word for word.
    pub(crate) async fn holds(&self, change: &Change) -> Result<bool, StoreError> {
        let documents = self.documents(&[change.ticket]).await?;
        let found = documents.iter().filter_map(|document| document.find(change.id));
        Ok(found.map(|recorded| &recorded.change).any(|recorded| recorded == change))
    }

    /// Everything that is kept, and all documents.
    pub(crate) async fn everything(&self) -> Result<(Loaded, Vec<Document>), StoreError> {
        let loaded = self.load().await?;
        let tickets: Vec<TicketId> = loaded.held.iter().map(|held| held.card.ticket).collect();
        let documents = self.documents(&tickets).await?;
        Ok((loaded, documents))
    }

    fn kept(&self) -> Rc<MemoryLocalStore> {
        Rc::clone(&self.kept.borrow())
    }
}

impl LocalStore for Disk {
    async fn load(&self) -> Result<Loaded, StoreError> {
        if self.is_unreadable.get() {
            let (place, problem) = ("the outbox".to_owned(), "rubbish".to_owned());
            return Err(StoreError::Unreadable { place, problem });
        }
        self.kept().load().await
    }

    async fn apply_witnessed(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        let lost = || StoreError::Lost("the simulated connection".to_owned());
        match self.failure.take() {
            None => self.kept().apply_witnessed(batch, witness).await,
            Some(StoreFailure::Full) => Err(StoreError::Full),
            Some(StoreFailure::Lost) => Err(lost()),
            Some(StoreFailure::LostThoughKept) => {
                self.kept().apply_witnessed(batch, witness).await?;
                Err(lost())
            }
        }
    }

    async fn start_over(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        self.is_unreadable.set(false);
        self.kept().start_over(batch, witness).await
    }

    async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        self.kept().documents(tickets).await
    }
}
