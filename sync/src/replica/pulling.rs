//! On the way in: pages and events.

use std::collections::{BTreeMap, BTreeSet};

use domain::people::Directory;
use domain::ticket::{Card, Document, Ticket};
use domain::{TicketId, Timestamp};

use super::Replica;
use crate::messages::{Changed, Cursor, Event, PROTOCOL, PullRequest, PullResponse};
use crate::outbox::OutboxEntry;
use crate::store::{Batch, Belief, Held, Meta};

/// A new beginning may leave out so many of the tickets that are held, to somebody who sees what they saw before; of more, it is asked for
/// once more.
const MOST_LEFT_OUT: usize = 200;
/// The same, as a part of what is held: one in so many.
const MOST_LEFT_OUT_SHARE: usize = 5;

/// What an event means for the replica.
#[derive(Debug)]
pub enum Absorbed {
    /// It fits: apply and commit this.
    Batch(Box<Batch>),
    /// It can't be fitted in: pull.
    Behind,
}

impl Replica {
    /// What to ask the server for.
    pub fn pull_request(&self, room_bytes: Option<u32>) -> PullRequest {
        PullRequest {
            protocol: PROTOCOL,
            cursor: self.meta.cursor.clone(),
            scope: self.meta.scope.clone(),
            directory: Some(self.directory.revision).filter(|revision| *revision > 0),
            room_bytes,
        }
    }

    /// Takes a page. `sent` and `received` are the device's clock before and after the exchange.
    pub fn on_pull(&self, response: PullResponse, sent: Timestamp, received: Timestamp) -> Batch {
        let mut meta = self.contact(response.server_time, sent, received);
        let is_of_another_history = self.is_of_another_history(&response.cursor.epoch);
        if response.reset {
            meta.generation += 1;
            meta.rebuilding = true;
            let sees_as_before = self.meta.scope.as_ref() == Some(&response.scope);
            let is_unexplained = sees_as_before && !is_of_another_history;
            meta.belief = match self.meta.belief {
                Belief::Believed | Belief::Doubted if is_unexplained => Belief::Doubted,
                _ => Belief::Believed,
            };
            meta.restored = (is_of_another_history && sees_as_before).then_some(meta.generation);
        }
        let book = response.directory.as_ref().map_or_else(|| self.book.clone(), Directory::book);
        let mut batch = Batch { directory: response.directory, release: response.gone, ..Batch::default() };
        for document in response.documents {
            if let Some(ticket) = Ticket::of(&document) {
                let card = Card::of(&ticket, &book);
                let held = Held { card, revision: document.revision, generation: meta.generation };
                batch.hold.push((held, document));
            }
        }
        let mut asks_once_more = false;
        if !response.more {
            let arrived: BTreeSet<_> = batch.hold.iter().map(|(_, document)| document.ticket).collect();
            let left_over = self.left_over(&meta, is_of_another_history);
            let left_over: Vec<_> = left_over.filter(|ticket| !arrived.contains(ticket)).collect();
            asks_once_more =
                meta.rebuilding && meta.belief == Belief::Doubted && self.is_hard_to_believe(left_over.len());
            meta.belief = if asks_once_more { Belief::AskedOnceMore } else { Belief::Believed };
            if !asks_once_more {
                batch.release.extend(left_over);
                meta.rebuilding = false;
            }
        }
        meta.backup = response.backup;
        if is_of_another_history {
            self.send_again(&mut batch);
        } else {
            self.settle(&mut batch, &meta, response.cursor.seq, response.more || asks_once_more);
        }
        meta.epoch = Some(response.cursor.epoch.clone());
        meta.identity.person = response.person;
        meta.scope = Some(response.scope);
        // Cards are made by the policy: with another policy every document is needed again.
        let told = batch.directory.as_ref().map(|directory| &directory.policies);
        let policy_changed = told.is_some_and(|told| *told != self.directory.policies) && !response.reset;
        // Nor does a page that was asked for before everything was wanted anew say where that has come to.
        let is_late = self.meta.cursor.is_none() && !response.reset;
        meta.cursor = (!policy_changed && !is_late && !asks_once_more).then_some(response.cursor);
        batch.meta = Some(meta);
        batch
    }

    /// Takes events of the stream, in their order, as one batch. The documents of the tickets they name must be in memory if
    /// they are held; see [`needs`](Self::needs). Unless all of them fit, none is taken: the pull brings them.
    pub fn on_events(&self, events: &[Event]) -> Absorbed {
        let Some(cursor) = &self.meta.cursor else { return Absorbed::Behind };
        // What the events so far have made of the tickets they named; nothing, of those that have gone.
        let mut now: BTreeMap<TicketId, Option<(Held, Document)>> = BTreeMap::new();
        let mut seq = cursor.seq;
        let mut backup = None;
        let mut batch = Batch::default();
        for event in events {
            let (ticket, revision) = match event {
                Event::Changed(changed) => (changed.ticket, changed.revision),
                Event::Gone(gone) => (gone.ticket, gone.revision),
                Event::Behind => return Absorbed::Behind,
                Event::BackedUp(newer) => {
                    backup = Some(*newer);
                    continue;
                }
                Event::Parked => {
                    self.ask_about_parked(&mut batch);
                    continue;
                }
                Event::Notice(_) | Event::SignedOut => continue,
            };
            if revision <= cursor.seq {
                continue;
            }
            match event {
                Event::Changed(changed) => match self.follow(changed, now.get(&ticket)) {
                    Follow::Hold(hold) => {
                        now.insert(ticket, Some(*hold));
                    }
                    Follow::Known => {}
                    Follow::Behind => return Absorbed::Behind,
                },
                _ => {
                    now.insert(ticket, None);
                }
            }
            seq = seq.max(revision);
        }
        if seq <= cursor.seq && backup.is_none() {
            return Absorbed::Batch(Box::new(batch));
        }
        for (ticket, held) in now {
            match held {
                Some(hold) => batch.hold.push(hold),
                None => batch.release.push(ticket),
            }
        }
        let mut meta = self.meta.clone();
        meta.cursor = Some(Cursor { epoch: cursor.epoch.clone(), seq });
        meta.backup = backup.or(meta.backup);
        self.settle(&mut batch, &meta, seq, false);
        batch.meta = Some(meta);
        Absorbed::Batch(Box::new(batch))
    }

    /// The tickets of an older generation than there is by `meta`. If that began with a restored server, not those about which something
    /// waits to be sent, or will when all is `sent_again`: the server may be given such a ticket again, and meanwhile somebody may
    /// stand before the customer with it. Whoever sees other tickets than before keeps none.
    pub(super) fn left_over(&self, meta: &Meta, sent_again: bool) -> impl Iterator<Item = TicketId> {
        let generation = meta.generation;
        let is_restored = meta.restored == Some(generation);
        let waits =
            |entry: &&OutboxEntry| is_restored && (entry.is_waiting() || (sent_again && !entry.is_refused()));
        let unsent: BTreeSet<_> = self.entries().filter(waits).map(|entry| entry.change.ticket).collect();
        let old = self.held.iter().filter(move |(_, held)| held.generation < generation);
        old.map(|(ticket, _)| *ticket).filter(move |ticket| !unsent.contains(ticket))
    }

    /// Whether it is more than somebody loses in a day that sees what they saw before: then a server may have been mistaken, and what
    /// is gone from here is gone until there is a network again.
    fn is_hard_to_believe(&self, left_out: usize) -> bool {
        left_out > MOST_LEFT_OUT || left_out * MOST_LEFT_OUT_SHARE > self.held.len()
    }

    /// What is held of a ticket of this generation.
    pub(super) fn held_now(&self, ticket: TicketId) -> Option<&Held> {
        self.held.get(&ticket).filter(|held| held.generation == self.meta.generation)
    }

    /// What a change makes of its ticket, as it is held or as earlier events have left it.
    fn follow(&self, changed: &Changed, earlier: Option<&Option<(Held, Document)>>) -> Follow {
        let held = match earlier {
            Some(earlier) => earlier.as_ref().map(|(held, document)| (held.revision, Some(document))),
            None => {
                let held = self.held_now(changed.ticket);
                held.map(|held| (held.revision, self.documents.get(&changed.ticket)))
            }
        };
        let mut document = match held {
            Some((revision, _)) if revision >= changed.revision => return Follow::Known,
            Some((revision, _)) if revision != changed.previous => return Follow::Behind,
            Some((_, Some(document))) => document.clone(),
            Some((_, None)) => return Follow::Behind,
            None if changed.previous != 0 => return Follow::Behind,
            None => Document::new(changed.ticket),
        };
        document.insert(changed.recorded.clone());
        document.revision = changed.revision;
        document.number.clone_from(&changed.number);
        let Some(ticket) = Ticket::of(&document) else { return Follow::Behind };
        let card = Card::of(&ticket, &self.book);
        let held = Held { card, revision: changed.revision, generation: self.meta.generation };
        Follow::Hold(Box::new((held, document)))
    }
}

enum Follow {
    Hold(Box<(Held, Document)>),
    Known,
    Behind,
}
