//! A device's disk: keeps what it has been given, and fails when told to.

use std::cell::Cell;

use domain::TicketId;
use domain::ticket::Document;
use sync::journal::Witness;
use sync::{Batch, Loaded, LocalStore, MemoryLocalStore, OutboxEntry, StoreError};

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

/// A device's disk.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    kept: MemoryLocalStore,
    failure: Cell<Option<StoreFailure>>,
}

impl Disk {
    /// The next keeping fails in this way.
    pub(crate) fn fail_next(&self, failure: StoreFailure) {
        self.failure.set(Some(failure));
    }

    /// Another disk with the same on it.
    pub(crate) fn copy(&self) -> Self {
        Self { kept: self.kept.clone(), failure: Cell::default() }
    }

    /// Everything that is kept, and all documents.
    pub(crate) async fn everything(&self) -> Result<(Loaded, Vec<Document>), StoreError> {
        let loaded = self.kept.load().await?;
        let tickets: Vec<TicketId> = loaded.held.iter().map(|held| held.card.ticket).collect();
        let documents = self.kept.documents(&tickets).await?;
        Ok((loaded, documents))
    }

    /// Loses the first entry of the outbox that waits: what no disk may do.
    pub(crate) async fn forget_one_entry(&self) -> Result<(), StoreError> {
        let waiting = self.kept.load().await?.outbox.into_iter().find(OutboxEntry::is_waiting);
        let settled = waiting.map(|entry| entry.change.id).into_iter().collect();
        self.kept.apply(&Batch { settled, ..Batch::default() }).await
    }
}

impl LocalStore for Disk {
    async fn load(&self) -> Result<Loaded, StoreError> {
        self.kept.load().await
    }

    async fn apply_witnessed(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        let lost = || StoreError::Lost("the simulated connection".to_owned());
        match self.failure.take() {
            None => self.kept.apply_witnessed(batch, witness).await,
            Some(StoreFailure::Full) => Err(StoreError::Full),
            Some(StoreFailure::Lost) => Err(lost()),
            Some(StoreFailure::LostThoughKept) => {
                self.kept.apply_witnessed(batch, witness).await?;
                Err(lost())
            }
        }
    }

    async fn start_over(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        self.kept.start_over(batch, witness).await
    }

    async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        self.kept.documents(tickets).await
    }
}
