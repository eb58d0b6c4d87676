//! What a device knows, and how it changes.
//!
//! ```text
//!   tap ──▶ prepare ──▶ Batch ──▶ LocalStore::apply ──▶ commit ──▶ screen
//!   answer ▶ on_push / on_pull / on_event ──▶ Batch ──▶ (the same way)
//! ```
//!
//! What is shown of a ticket is always its confirmed document with the outbox laid over it. There is no second copy.

mod custody;
mod pulling;
mod pushing;

use std::collections::{BTreeMap, BTreeSet};

use domain::access;
use domain::people::{Directory, Person};
use domain::sla::PolicyBook;
use domain::ticket::{Action, Card, Change, Document, Recorded, Seen, Ticket};
use domain::{ChangeId, Claim, Refusal, TicketId, Timestamp};

pub use self::pulling::Absorbed;
use crate::outbox::{OutboxEntry, OutboxState};
use crate::store::{Batch, Held, Loaded, Meta};

/// A measured clock offset is taken over when it differs from the known one by more than this, in milliseconds. Below, the
/// difference is the network's, and the store need not be written.
const OFFSET_TOLERANCE_MS: i64 = 1_000;

/// A device's replica in memory: always equal to what its store holds.
#[derive(Debug)]
pub struct Replica {
    meta: Meta,
    directory: Directory,
    /// The directory's service levels, worked out.
    book: PolicyBook,
    held: BTreeMap<TicketId, Held>,
    outbox: BTreeMap<u64, OutboxEntry>,
    /// What the server has and no backup of it yet.
    kept: BTreeMap<u64, OutboxEntry>,
    /// Confirmed documents in memory: those of touched tickets and those somebody looks at.
    documents: BTreeMap<TicketId, Document>,
    /// Cards of touched tickets, with the outbox laid over.
    overlay: BTreeMap<TicketId, Card>,
}

/// How much of a person's work is only on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unsent {
    /// Changes the server has not been told of.
    pub waiting: usize,
    /// Changes the server refused and nobody has dealt with.
    pub refused: usize,
    /// Files whose bytes the server does not have. The replica knows nothing of them: see [`Shelf`](crate::files::Shelf).
    pub files: usize,
}

impl Replica {
    /// Takes what a store holds. `documents` are those of [`Loaded::touched`], as far as they can be read.
    pub fn open(loaded: Loaded, meta: Meta, documents: Vec<Document>) -> Self {
        let directory = loaded.directory.unwrap_or_default();
        let by_number = loaded.outbox.into_iter().map(|entry| (entry.change.id.seq, entry));
        let (kept, outbox) = by_number.partition(|(_, entry)| entry.is_kept());
        let mut replica = Self {
            meta,
            book: directory.book(),
            directory,
            held: loaded.held.into_iter().map(|held| (held.card.ticket, held)).collect(),
            outbox,
            kept,
            documents: documents.into_iter().map(|document| (document.ticket, document)).collect(),
            overlay: BTreeMap::new(),
        };
        let touched: BTreeSet<_> = replica.outbox.values().map(|entry| entry.change.ticket).collect();
        replica.lay_over(touched);
        replica
    }

    /// The small things remembered.
    pub const fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The person whose replica this is.
    pub const fn person(&self) -> &Person {
        &self.meta.identity.person
    }

    /// The company as last told by the server.
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The service levels by which clocks are judged here.
    pub const fn book(&self) -> &PolicyBook {
        &self.book
    }

    /// The device's clock corrected to the server's, as far as measured, and never before what the server has told.
    pub fn server_time(&self, clock: Timestamp) -> Timestamp {
        self.claim(clock).bounded(None, None)
    }

    /// Every ticket in sight, unsent changes included, in no particular order.
    pub fn cards(&self) -> impl Iterator<Item = &Card> {
        let held = self.held.values().map(|held| self.overlay.get(&held.card.ticket).unwrap_or(&held.card));
        let made_here = self.overlay.iter().filter(|(ticket, _)| !self.held.contains_key(ticket));
        held.chain(made_here.map(|(_, card)| card))
    }

    /// One ticket's card.
    pub fn card(&self, ticket: TicketId) -> Option<&Card> {
        self.overlay.get(&ticket).or_else(|| self.held.get(&ticket).map(|held| &held.card))
    }

    /// The outbox, in the order in which the changes were made, without what is only kept for the server's sake.
    pub fn outbox(&self) -> impl Iterator<Item = &OutboxEntry> {
        self.outbox.values()
    }

    /// Everything of this device that is not let go yet, with what is only kept for the server's sake.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &OutboxEntry> {
        self.outbox.values().chain(self.kept.values())
    }

    /// How far a change of this device has come; nothing, once it is let go.
    pub fn outbox_state(&self, change: ChangeId) -> Option<&OutboxState> {
        let entry = self.outbox.get(&change.seq).or_else(|| self.kept.get(&change.seq))?;
        (entry.change.id == change).then_some(&entry.state)
    }

    /// How much work is only on this device, apart from files.
    pub fn unsent(&self) -> Unsent {
        self.outbox.values().fold(Unsent::default(), |mut unsent, entry| {
            unsent.waiting += usize::from(entry.is_waiting());
            unsent.refused += usize::from(entry.is_refused());
            unsent
        })
    }

    /// Whether the ticket's confirmed document must be read from the store (and given to [`learn`](Self::learn)) before
    /// the ticket can be shown or changed.
    pub fn needs(&self, ticket: TicketId) -> bool {
        self.held.contains_key(&ticket) && !self.documents.contains_key(&ticket)
    }

    /// Takes a confirmed document that was read from the store, unless a newer one has come meanwhile.
    pub fn learn(&mut self, document: Document) {
        let current = self.held.get(&document.ticket).map(|held| held.revision);
        if current == Some(document.revision) {
            self.documents.insert(document.ticket, document);
        }
    }

    /// Forgets documents that nobody looks at and no unsent change is about.
    pub fn forget_all_but(&mut self, looked_at: &[TicketId]) {
        let touched: BTreeSet<_> = self.outbox.values().map(|entry| entry.change.ticket).collect();
        self.documents.retain(|ticket, _| touched.contains(ticket) || looked_at.contains(ticket));
    }

    /// The ticket's record as this device knows it: what is confirmed, with the outbox laid over.
    pub fn document(&self, ticket: TicketId) -> Document {
        let mut document = self.documents.get(&ticket).cloned().unwrap_or_else(|| Document::new(ticket));
        for entry in self.outbox.values().filter(|entry| entry.change.ticket == ticket && entry.shows()) {
            if document.find(entry.change.id).is_none() {
                let recorded = Recorded::place(entry.change.clone(), document.log(), None);
                document.insert(recorded);
            }
        }
        document
    }

    /// The ticket as this device knows it.
    pub fn ticket(&self, ticket: TicketId) -> Option<Ticket> {
        Ticket::of(&self.document(ticket))
    }

    /// Whether this person may do `action` to the ticket as this device knows it.
    ///
    /// # Errors
    /// Why not: content, role, scope or stage.
    pub fn may(&self, ticket: TicketId, action: &Action) -> Result<(), Refusal> {
        action.check(ticket)?;
        access::may(self.person(), &self.directory, self.ticket(ticket).as_ref(), action)
    }

    /// Turns what a person does into a change, and the batch that keeps it. `clock` is the device's own clock.
    ///
    /// # Errors
    /// Why they may not.
    pub fn prepare(&self, ticket: TicketId, action: Action, clock: Timestamp) -> Result<Batch, Refusal> {
        let seen = self.document(ticket).log().iter().map(|recorded| recorded.change.id).collect();
        self.prepare_by(ticket, action, seen, clock)
    }

    /// Like [`prepare`](Self::prepare), for what a person does by what they had seen at an earlier moment ([`Ticket::seen`]):
    /// what has come in since was not before them.
    ///
    /// # Errors
    /// Why they may not, as the ticket stands now.
    pub fn prepare_by(
        &self,
        ticket: TicketId,
        action: Action,
        seen: Seen,
        clock: Timestamp,
    ) -> Result<Batch, Refusal> {
        self.may(ticket, &action)?;
        let claim = self.claim(clock);
        Ok(self.append(ticket, action, claim, seen))
    }

    fn claim(&self, clock: Timestamp) -> Claim {
        Claim { clock, offset_ms: self.meta.clock_offset_ms, heard: self.meta.heard }
    }

    fn append(&self, ticket: TicketId, action: Action, claim: Claim, seen: Seen) -> Batch {
        let change = Change {
            id: ChangeId { device: self.meta.identity.device, seq: self.meta.next_seq },
            ticket,
            actor: self.person().id,
            claim,
            seen,
            action,
        };
        let mut meta = self.meta.clone();
        meta.next_seq += 1;
        let entry = OutboxEntry { change, state: OutboxState::Waiting };
        Batch { meta: Some(meta), outbox: vec![entry], ..Batch::default() }
    }

    /// Does a refused change once more: the same action, at the time it happened, by what its author had seen then. Only
    /// what this device had done before counts as seen besides, because that may have been done once more as well.
    ///
    /// It becomes a change of its own, because the refused one has its verdict, and others may have seen later changes of
    /// this device since. Nothing, if there is no such refused change.
    pub fn retry(&self, change: ChangeId) -> Option<Batch> {
        let Change { ticket, claim, action, mut seen, .. } = self.refused(change)?.change.clone();
        let earlier = |other: &&Change| {
            other.id.device == change.device && other.claim.bounded(None, None) <= claim.bounded(None, None)
        };
        let document = self.document(ticket);
        let changes = document.log().iter().map(|recorded| &recorded.change);
        changes.filter(earlier).for_each(|earlier| seen.insert(earlier.id));
        let mut batch = self.append(ticket, action, claim, seen);
        batch.settled.push(change);
        Some(batch)
    }

    /// Drops a refused change, because its author said so. Nothing, if there is no such refused change.
    pub fn discard(&self, change: ChangeId) -> Option<Batch> {
        self.refused(change)?;
        Some(Batch { settled: vec![change], ..Batch::default() })
    }

    /// Has everything that is confirmed brought once more, because some of it can't be read here any more. Nothing, if that is under
    /// way. All that is here stays as it is until then.
    pub fn pull_anew(&self) -> Batch {
        let meta = Meta { cursor: None, ..self.meta.clone() };
        Batch { meta: self.meta.cursor.is_some().then_some(meta), ..Batch::default() }
    }

    fn refused(&self, change: ChangeId) -> Option<&OutboxEntry> {
        self.outbox.get(&change.seq).filter(|entry| entry.change.id == change && entry.is_refused())
    }

    /// Notes that the server has answered, and how far its clock is ahead.
    ///
    /// The measurement is as good as the exchange was quick: a known offset gives way only to a difference that the line
    /// can't explain. A clock that was set back during the exchange measures nothing.
    fn contact(&self, server_time: Timestamp, sent: Timestamp, received: Timestamp) -> Meta {
        let round_trip = received.millis_since(sent);
        let measured = server_time.millis_since(sent.plus_millis(round_trip / 2));
        let mut meta = self.meta.clone();
        meta.last_contact = Some(received);
        meta.heard = meta.heard.max(Some(server_time));
        let doubt = OFFSET_TOLERANCE_MS + round_trip / 2;
        let differs = |known: i64| known.abs_diff(measured) > doubt.unsigned_abs();
        if round_trip >= 0 && meta.clock_offset_ms.is_none_or(differs) {
            meta.clock_offset_ms = Some(measured);
        }
        meta
    }

    /// Takes over what has become durable. Returns the tickets that may look different now.
    pub fn commit(&mut self, batch: Batch) -> BTreeSet<TicketId> {
        let mut changed = BTreeSet::new();
        if let Some(meta) = batch.meta {
            self.meta = meta;
        }
        if let Some(directory) = batch.directory {
            self.book = directory.book();
            self.directory = directory;
        }
        for ticket in batch.release {
            self.held.remove(&ticket);
            self.documents.remove(&ticket);
            changed.insert(ticket);
        }
        for id in batch.settled {
            let kept = self.kept.remove(&id.seq);
            if let Some(entry) = self.outbox.remove(&id.seq).or(kept) {
                changed.insert(entry.change.ticket);
            }
        }
        for entry in batch.outbox {
            let seq = entry.change.id.seq;
            changed.insert(entry.change.ticket);
            let (here, elsewhere) = if entry.is_kept() {
                (&mut self.kept, &mut self.outbox)
            } else {
                (&mut self.outbox, &mut self.kept)
            };
            elsewhere.remove(&seq);
            here.insert(seq, entry);
        }
        let touched: BTreeSet<_> = self.outbox.values().map(|entry| entry.change.ticket).collect();
        for (held, document) in batch.hold {
            let ticket = document.ticket;
            changed.insert(ticket);
            self.held.insert(ticket, held);
            if touched.contains(&ticket) || self.documents.contains_key(&ticket) {
                self.documents.insert(ticket, document);
            }
        }
        self.lay_over(changed.iter().copied());
        changed
    }

    fn lay_over(&mut self, tickets: impl IntoIterator<Item = TicketId>) {
        for ticket in tickets {
            // Of a ticket whose document is not in memory, the card that is held says more than the outbox alone.
            let touched = !self.needs(ticket)
                && self.outbox.values().any(|entry| entry.change.ticket == ticket && entry.shows());
            let card =
                touched.then(|| self.ticket(ticket)).flatten().map(|ticket| Card::of(&ticket, &self.book));
            match card {
                Some(card) => self.overlay.insert(ticket, card),
                None => self.overlay.remove(&ticket),
            };
        }
    }
}
