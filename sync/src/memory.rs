//! A local store that keeps everything in memory: for tests and simulations, and the model that other stores are held to.

use std::cell::RefCell;
use std::collections::BTreeMap;

use domain::people::Directory;
use domain::ticket::Document;
use domain::{ChangeId, TicketId};

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
        })
    }

    async fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut kept = self.kept.borrow_mut();
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

    async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        let kept = self.kept.borrow();
        Ok(tickets.iter().filter_map(|ticket| Some(kept.held.get(ticket)?.1.clone())).collect())
    }
}
