//! Keeps a person's replica in the browser's IndexedDB.
//!
//! One database for each person, so that nobody's work lies in another's. What is in it:
//!
//! | object store | key | value |
//! |---|---|---|
//! | `meta` | a name | JSON: what to remember, the directory; which window writes, and what it has put in to see it come back |
//! | `outbox` | the change's number | JSON: one outbox entry |
//! | `cards` | part number | the cards of a part's tickets ([`parts`]): a cache, read at start |
//! | `documents` | part number | the documents of the same tickets: the truth, read when somebody looks |
//! | `chunks` | SHA-256 and a number | at most 1 MiB of a file's content ([`files`]) |
//! | `files` | SHA-256 and ticket | JSON: how far a file has come |
//!
//! Confirmed tickets are kept in *parts*: each batch appends one (or a few), and of several parts that name a ticket the one
//! with the highest number counts. A record for each ticket would cost ten times as much to write and to read. Parts that
//! have become small or stale are merged by [`IndexedDbLocalStore::tidy`].
//!
//! Every transaction that writes asks for strict durability and checks that this window is still the one that writes; all of
//! a batch goes into one. Nothing foreign is awaited inside, or the browser would close it underneath.

mod card_row;
mod connection;
mod files;
mod index;
mod parts;
mod schema;

use std::cell::{Cell, RefCell};

use domain::people::Directory;
use domain::sla::PolicyBook;
use domain::ticket::Document;
use domain::{PersonId, TicketId};
use futures_util::lock::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sync::journal::Witness;
use sync::{Batch, Held, Loaded, LocalStore, Meta, OutboxEntry, StoreError};

use self::connection::{Connection, Everything, Fence, Record, Write};
use self::index::{Index, Place};
use self::parts::{BuiltPart, Part, PartBuilder, Rebuilt};
use self::schema::{CARDS, DIRECTORY, DOCUMENTS, META, OUTBOX, WITNESS};

/// A person's replica in IndexedDB.
#[derive(Debug)]
pub struct IndexedDbLocalStore {
    connection: Connection,
    index: RefCell<Index>,
    /// Which opening of the database this is; later ones fence this one off.
    fence: Cell<Option<Fence>>,
    fenced_off: Cell<bool>,
    /// What cards are made by.
    policy: RefCell<PolicyBook>,
    /// Held by whatever reads or writes parts: a merge must not remove what somebody is about to read.
    turn: Mutex<()>,
}

impl IndexedDbLocalStore {
    /// The store of a person. Nothing is opened before [`load`](LocalStore::load).
    pub fn of(person: PersonId) -> Self {
        Self::named(format!("fieldloop-{person}"))
    }

    /// The store with this name.
    pub fn named(name: String) -> Self {
        Self {
            connection: Connection::to(name),
            index: RefCell::default(),
            fence: Cell::default(),
            fenced_off: Cell::default(),
            policy: RefCell::new(PolicyBook::shipped()),
            turn: Mutex::default(),
        }
    }

    /// Does this whenever another window keeps an older version of the database open. Opening it goes on by itself once that
    /// is closed.
    #[must_use]
    pub fn when_blocked(mut self, tell: impl Fn() + 'static) -> Self {
        self.connection.when_blocked(tell);
        self
    }

    /// Whether another window has opened the database since, so that this one can no longer write.
    pub fn is_fenced_off(&self) -> bool {
        self.fenced_off.get()
    }

    /// Removes the database with everything in it, for good: nothing opens it again from here.
    ///
    /// # Errors
    /// Why it is still there.
    pub async fn erase(&self) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        self.connection.end();
        self.connection.remove().await
    }

    /// Merges parts, if there are any worth merging. Returns whether there may be more to do.
    ///
    /// # Errors
    /// As for any batch; nothing has changed then.
    pub async fn tidy(&self) -> Result<bool, StoreError> {
        let turn = self.turn.lock().await;
        let Some(plan) = self.index.borrow().plan_merge() else { return Ok(false) };
        let cards = self.connection.get_many(CARDS, &plan.parts).await?;
        let documents = self.connection.get_many(DOCUMENTS, &plan.parts).await?;
        let mut merged = vec![PartBuilder::default()];
        for ((number, cards), documents) in plan.parts.iter().zip(cards).zip(documents) {
            let [cards, documents] =
                [cards, documents].map(|bytes| bytes.map_or_else(Vec::new, |bytes| bytes.to_vec()));
            let rebuilt = || Part::rebuild(&documents, &self.policy.borrow()).map(|rebuilt| rebuilt.part);
            let part = Part::read(&cards).or_else(|_| rebuilt()).unwrap_or_default();
            let mut merged_of_it = 0;
            for entry in part.entries {
                let place = Place { part: *number, span: entry.span };
                let ticket = entry.held.card.ticket;
                if self.index.borrow().find(ticket) == Some(place)
                    && let Some(document) = place.span.of(&documents)
                {
                    roomy(&mut merged).hold(&entry.held, document);
                    merged_of_it += 1;
                }
            }
            // What is spoilt in a part and counts for nothing any more goes with it.
            if merged_of_it < self.index.borrow().count(*number) {
                return Err(spoilt(DOCUMENTS, *number));
            }
            for ticket in part.released {
                if plan.keeps_graves && self.index.borrow().find(ticket).is_none() {
                    roomy(&mut merged).release(ticket);
                }
            }
        }
        let merged = number(merged, self.index.borrow().next_part());
        let mut writes = put_parts(&merged);
        for number in &plan.parts {
            writes.push(Write::delete(CARDS, *number));
            writes.push(Write::delete(DOCUMENTS, *number));
        }
        self.write(&writes).await?;
        let mut index = self.index.borrow_mut();
        for number in &plan.parts {
            index.forget_part(*number);
        }
        for (number, part) in &merged {
            index.add_part(*number, part);
        }
        drop(turn);
        Ok(true)
    }

    /// Closes the database. Whatever is called next opens it again.
    pub fn close(&self) {
        self.connection.close();
    }

    async fn write(&self, writes: &[Write]) -> Result<(), StoreError> {
        let Some(fence) = self.fence.get() else {
            return Err(StoreError::Lost("nothing has been loaded yet".to_owned()));
        };
        let written = self.connection.write(writes, fence).await;
        if written == Err(StoreError::TakenOver) {
            self.give_way();
        }
        written
    }

    /// Leaves the database to the window that has taken over, for good.
    fn give_way(&self) {
        self.fenced_off.set(true);
        self.connection.close();
    }

    /// Makes the cards of a part anew. What is spoilt of it is left out.
    async fn rebuild_cards(&self, number: u32) -> Result<Rebuilt, StoreError> {
        let mut documents = self.connection.get_many(DOCUMENTS, &[number]).await?;
        let documents = documents.pop().flatten().map_or_else(Vec::new, |bytes| bytes.to_vec());
        let rebuilt = Part::rebuild(&documents, &self.policy.borrow());
        Ok(rebuilt.unwrap_or_else(|_| Rebuilt { part: Part::default(), is_whole: false }))
    }
}

impl LocalStore for IndexedDbLocalStore {
    async fn load(&self) -> Result<Loaded, StoreError> {
        let _turn = self.turn.lock().await;
        // Read while the browser is still busy making the claim to the database durable.
        let read = |everything: Everything| {
            let cards: Vec<_> = everything
                .cards
                .into_iter()
                .map(|part| (part.key, Part::read(&part.bytes.to_vec())))
                .collect();
            (everything.meta, everything.directory, everything.witness, everything.outbox, cards)
        };
        let opened = self.connection.open_and_read(self.fence.get(), read).await;
        if matches!(opened, Err(StoreError::TakenOver)) {
            self.give_way();
        }
        let ((meta, directory, witness, outbox_records, cards), fence) = opened?;
        self.fence.set(Some(fence));
        let mut meta: Option<Meta> = meta.map(|bytes| read_json(META, META, &bytes.to_vec())).transpose()?;
        let directory: Option<Directory> =
            directory.map(|bytes| read_json(META, DIRECTORY, &bytes.to_vec())).transpose()?;
        let witness = witness.map(|bytes| read_json(META, WITNESS, &bytes.to_vec())).transpose()?;
        *self.policy.borrow_mut() = directory.as_ref().map_or_else(PolicyBook::shipped, Directory::book);
        let mut outbox = Vec::with_capacity(outbox_records.len());
        for Record { key, bytes } in outbox_records {
            outbox.push(read_json::<OutboxEntry>(OUTBOX, key, &bytes.to_vec())?);
        }
        let mut index = Index::default();
        let mut held: Vec<Held> = Vec::new();
        // The newest part first: what an older one says of the same ticket no longer counts.
        for (number, part) in cards.into_iter().rev() {
            let (part, stale) = match part {
                Ok(part) => (part, false),
                Err(_) => {
                    let Rebuilt { part, is_whole } = self.rebuild_cards(number).await?;
                    if !is_whole && let Some(meta) = &mut meta {
                        // Not all that has come in is here: it is all asked for anew.
                        meta.cursor = None;
                    }
                    (part, true)
                }
            };
            index.read_part(number, part, stale, &mut held);
        }
        *self.index.borrow_mut() = index;
        Ok(Loaded { meta, directory, held, outbox, witness })
    }

    async fn apply_witnessed(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        self.apply_with(batch, witness, Vec::new()).await
    }

    async fn start_over(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        // Which window writes is in there as well, and stays.
        let names = [META, DIRECTORY, WITNESS].map(|name| Write::delete(META, name));
        let stores = [OUTBOX, CARDS, DOCUMENTS].map(Write::clear);
        let before = std::mem::take(&mut *self.index.borrow_mut());
        let started = self.apply_with(batch, witness, names.into_iter().chain(stores).collect()).await;
        if started.is_err() {
            *self.index.borrow_mut() = before;
        }
        started
    }

    async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        let _turn = self.turn.lock().await;
        let places: Vec<Place> =
            tickets.iter().filter_map(|ticket| self.index.borrow().find(*ticket)).collect();
        let mut numbers: Vec<u32> = places.iter().map(|place| place.part).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let parts = self.connection.get_many(DOCUMENTS, &numbers).await?;
        let mut documents = Vec::with_capacity(places.len());
        for place in places {
            let part = numbers.binary_search(&place.part).ok().and_then(|at| parts[at].as_ref());
            let part = part.ok_or_else(|| missing(DOCUMENTS, place.part))?;
            let bytes = part.subarray(place.span.start, place.span.start + place.span.length).to_vec();
            if !place.span.fits(&bytes) {
                return Err(spoilt(DOCUMENTS, place.part));
            }
            documents.push(read_json(DOCUMENTS, place.part, &bytes)?);
        }
        Ok(documents)
    }
}

impl IndexedDbLocalStore {
    /// Makes a batch durable, after what is to be written before it.
    async fn apply_with(
        &self,
        batch: &Batch,
        witness: Option<Witness>,
        mut writes: Vec<Write>,
    ) -> Result<(), StoreError> {
        let mut appended = vec![PartBuilder::default()];
        for (held, document) in &batch.hold {
            roomy(&mut appended).hold(held, &to_json(document));
        }
        for ticket in &batch.release {
            roomy(&mut appended).release(*ticket);
        }
        let appended = number(appended, self.index.borrow().next_part());
        writes.extend(put_parts(&appended));
        if let Some(witness) = witness {
            writes.push(Write::put(META, WITNESS, &to_json(&witness)));
        }
        if let Some(meta) = &batch.meta {
            writes.push(Write::put(META, META, &to_json(meta)));
        }
        if let Some(directory) = &batch.directory {
            writes.push(Write::put(META, DIRECTORY, &to_json(directory)));
        }
        for change in &batch.settled {
            writes.push(Write::delete(OUTBOX, change.seq));
        }
        for entry in &batch.outbox {
            writes.push(Write::put(OUTBOX, entry.change.id.seq, &to_json(entry)));
        }
        self.write(&writes).await?;
        if let Some(directory) = &batch.directory {
            *self.policy.borrow_mut() = directory.book();
        }
        let mut index = self.index.borrow_mut();
        for (number, part) in &appended {
            index.add_part(*number, part);
        }
        Ok(())
    }
}

/// The last builder of the list, or a new one if that is full.
fn roomy(builders: &mut Vec<PartBuilder>) -> &mut PartBuilder {
    if builders.last().is_none_or(PartBuilder::is_full) {
        builders.push(PartBuilder::default());
    }
    builders.last_mut().expect("one was there or has just been added")
}

/// Finishes the parts that hold anything, and numbers them from `first`.
fn number(builders: Vec<PartBuilder>, first: u32) -> Vec<(u32, BuiltPart)> {
    let parts = builders.into_iter().filter(|builder| !builder.is_empty()).map(PartBuilder::finish);
    (first..).zip(parts).collect()
}

fn put_parts(parts: &[(u32, BuiltPart)]) -> Vec<Write> {
    let both = |(number, part): &(u32, BuiltPart)| {
        [Write::put(CARDS, *number, &part.cards), Write::put(DOCUMENTS, *number, &part.documents)]
    };
    parts.iter().flat_map(both).collect()
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("messages and records hold only texts, numbers and lists of them")
}

fn read_json<T: DeserializeOwned>(
    store: &str,
    key: impl std::fmt::Display,
    bytes: &[u8],
) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| unreadable(store, key, &error.to_string()))
}

fn unreadable(store: &str, key: impl std::fmt::Display, problem: &str) -> StoreError {
    StoreError::Unreadable { place: format!("{store} {key}"), problem: problem.to_owned() }
}

fn spoilt(store: &str, key: impl std::fmt::Display) -> StoreError {
    unreadable(store, key, "it is not what was put there")
}

fn missing(store: &str, key: impl std::fmt::Display) -> StoreError {
    unreadable(store, key, "it is not there")
}
