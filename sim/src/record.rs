//! The server's record, followed from outside: read change by change as it grows, judged by what was done, and folded with the
//! rules of `domain` alone. What devices must hold in the end is what stands here.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::access::Scope;
use domain::ticket::{ActionKind, Change, Document, Month, Recorded, ScopeKeys, Ticket, TicketNumber};
use domain::{ChangeId, DeviceId, TicketId, Timestamp};
use server::simulated::{UTC_OFFSET_MINUTES, numbers_passed_over};

use crate::law::{Law, broken, demand};

/// What was done, wherever it has got to since.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    /// By their ids. Copies of a device do different things under one id.
    made: BTreeMap<ChangeId, Vec<Made>>,
    /// Devices that there is a copy of: which of them the server hears first is anybody's guess.
    copied: BTreeSet<DeviceId>,
    /// What was refused once. If its push comes again when it is allowed, it is taken after all, out of its turn.
    refused: BTreeSet<ChangeId>,
    /// What had to wait for something that it follows, and is taken out of its turn.
    held_back: BTreeSet<ChangeId>,
    /// What was let in by the office, later than it came in.
    admitted: BTreeSet<ChangeId>,
    /// What was done once more, by what it was done as first.
    redone: Vec<(ChangeId, ChangeId)>,
}

/// Something that was done.
#[derive(Debug)]
struct Made {
    change: Change,
    /// Whether it was done by all that its author had seen: then it stands behind that. What is done once more stands where it
    /// would have stood the first time.
    in_order: bool,
}

impl Deeds {
    /// Notes something that may have been kept from now on.
    pub(crate) fn note(&mut self, change: Change, in_order: bool) {
        let made = self.made.entry(change.id).or_default();
        if !made.iter().any(|made| made.change == change) {
            made.push(Made { change, in_order });
        }
    }

    /// Notes that there is a copy of a device.
    pub(crate) fn note_copy(&mut self, device: DeviceId) {
        self.copied.insert(device);
    }

    /// Whether there is a copy of a device.
    pub(crate) fn is_copied(&self, device: DeviceId) -> bool {
        self.copied.contains(&device)
    }

    /// Notes that a change was refused.
    pub(crate) fn note_refused(&mut self, change: ChangeId) {
        self.refused.insert(change);
    }

    /// Notes that a change has to wait for something that it follows.
    pub(crate) fn note_held_back(&mut self, change: ChangeId) {
        self.held_back.insert(change);
    }

    /// Whether a change had to wait once for something that it follows.
    pub(crate) fn was_held_back(&self, change: ChangeId) -> bool {
        self.held_back.contains(&change)
    }

    /// Notes that the office has let in what was parked.
    pub(crate) fn note_admitted(&mut self, change: ChangeId) {
        self.admitted.insert(change);
    }

    /// Notes that a change that was refused was done once more, as another one.
    pub(crate) fn note_redone(&mut self, first: ChangeId, again: ChangeId) {
        self.redone.push((first, again));
    }

    /// Whether a change was refused once.
    pub(crate) fn was_refused(&self, change: ChangeId) -> bool {
        self.refused.contains(&change)
    }

    fn is_free_of_order(&self, change: ChangeId) -> bool {
        self.copied.contains(&change.device)
            || self.refused.contains(&change)
            || self.held_back.contains(&change)
            || self.admitted.contains(&change)
    }

    fn is_made(&self, change: &Change) -> bool {
        self.made.get(&change.id).into_iter().flatten().any(|made| made.change == *change)
    }

    fn keeps_order(&self, change: ChangeId) -> bool {
        let in_order = |made: &Vec<Made>| made.iter().all(|made| made.in_order);
        !self.is_free_of_order(change) && self.made.get(&change).is_some_and(in_order)
    }
}

/// The record as it must be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    head: u64,
    documents: BTreeMap<TicketId, Document>,
    /// Who may see a ticket, from each of these places on.
    keys: BTreeMap<TicketId, Vec<(u64, ScopeKeys)>>,
    places: BTreeMap<ChangeId, u64>,
    last_of: BTreeMap<DeviceId, u64>,
    numbers: BTreeMap<Month, u32>,
    last_arrival: Option<Timestamp>,
}

impl Record {
    /// Where the record ends.
    pub(crate) const fn head(&self) -> u64 {
        self.head
    }

    /// Whether a change is in the record, word for word.
    pub(crate) fn has(&self, change: &Change) -> bool {
        let document = self.documents.get(&change.ticket);
        document.and_then(|document| document.find(change.id)).is_some_and(|known| known.change == *change)
    }

    /// Where a change stands.
    pub(crate) fn place(&self, change: ChangeId) -> Option<u64> {
        self.places.get(&change).copied()
    }

    /// All places.
    pub(crate) const fn places(&self) -> &BTreeMap<ChangeId, u64> {
        &self.places
    }

    /// All tickets.
    pub(crate) const fn documents(&self) -> &BTreeMap<TicketId, Document> {
        &self.documents
    }

    /// Whether a ticket is within a scope, as it was at a place of the record.
    pub(crate) fn is_within(&self, scope: &Scope, ticket: TicketId, place: u64) -> bool {
        let keys = self.keys.get(&ticket).into_iter().flatten();
        let then = keys.take_while(|(from, _)| *from <= place).last();
        then.is_some_and(|(_, keys)| scope.contains(keys))
    }

    /// The tickets within a scope.
    pub(crate) fn within(&self, scope: &Scope) -> impl Iterator<Item = &Document> {
        self.documents.values().filter(|document| self.is_within(scope, document.ticket, self.head))
    }

    /// Goes on at `now` on a server that was restored to this from a backup that was `made_at` then: the numbers of all months since then
    /// may have been given to tickets that it has lost.
    pub(crate) fn go_on_after_restore(&mut self, made_at: Timestamp, now: Timestamp) {
        // Wherever on earth the server stands.
        let margin = 14 * Timestamp::HOUR_MS;
        let ends_at = self.last_arrival.unwrap_or(made_at);
        let since = ends_at.plus_millis(-margin);
        let hours = (0..=now.millis_since(since) + margin).step_by(3_600_000);
        let months: BTreeSet<_> = hours.map(|passed| Month::of(since.plus_millis(passed), 0)).collect();
        for month in months {
            *self.numbers.entry(month).or_default() += numbers_passed_over(ends_at, now);
        }
    }

    /// Takes the next change of the record. If it registers a ticket, that has the number it had in another history, if it is given
    /// that back, or else the next one.
    pub(crate) fn take(
        &mut self,
        seq: u64,
        recorded: Recorded,
        given_back: Option<TicketNumber>,
        deeds: &Deeds,
    ) -> Result<()> {
        let id = recorded.change.id;
        demand!(seq == self.head + 1, Law::ExactlyOnce, "place {seq} follows {}", self.head);
        demand!(!self.places.contains_key(&id), Law::ExactlyOnce, "{id} is in the record twice");
        demand!(
            deeds.is_made(&recorded.change),
            Law::ExactlyOnce,
            "nobody did what the record holds as {id}"
        );
        let last = self.last_of.entry(id.device).or_default();
        demand!(
            id.seq > *last || deeds.is_free_of_order(id),
            Law::Order,
            "{id} is recorded after number {last} of its device"
        );
        *last = id.seq.max(*last);
        let Some(arrived) = recorded.arrived else {
            return Err(broken(Law::ExactlyOnce, format!("{id} is recorded without its arrival")));
        };
        self.last_arrival = Some(arrived);
        let ticket = recorded.change.ticket;
        let document = self.documents.entry(ticket).or_insert_with(|| Document::new(ticket));
        if recorded.change.action.kind() == ActionKind::Register && document.number.is_none() {
            let next_number = || {
                let month = Month::of(arrived, UTC_OFFSET_MINUTES);
                let running = self.numbers.entry(month).or_default();
                *running += 1;
                TicketNumber::new(month, *running)
            };
            document.number = Some(given_back.unwrap_or_else(next_number));
        }
        document.insert(recorded);
        document.revision = seq;
        let Some(folded) = Ticket::of(document) else {
            return Err(broken(
                Law::ExactlyOnce,
                format!("{id} is recorded of a ticket that was never registered"),
            ));
        };
        self.keys.entry(ticket).or_default().push((seq, folded.scope_keys()));
        self.places.insert(id, seq);
        self.head = seq;
        Ok(())
    }

    /// Whether this, read in one go, is what it was read as piece by piece.
    pub(crate) fn is(&self, recorded: Vec<(u64, Recorded)>) -> bool {
        let mut logs: BTreeMap<TicketId, Vec<Recorded>> = BTreeMap::new();
        for (seq, recorded) in recorded {
            if self.place(recorded.change.id) != Some(seq) {
                return false;
            }
            logs.entry(recorded.change.ticket).or_default().push(recorded);
        }
        let is_log = |document: &Document| {
            logs.remove(&document.ticket).is_some_and(|mut log| {
                log.sort_by_key(Recorded::order);
                log == document.log()
            })
        };
        self.documents.values().all(is_log) && logs.is_empty()
    }

    /// What was done once more, because it was refused, counts once: the first one is not taken after the second. How often a push
    /// that came late was taken in between.
    pub(crate) fn check_redone(&self, deeds: &Deeds) -> Result<u64> {
        let mut counted_twice = 0;
        for (first, again) in &deeds.redone {
            let (Some(first_at), Some(again_at)) = (self.place(*first), self.place(*again)) else { continue };
            if !deeds.copied.contains(&first.device) {
                demand!(
                    first_at < again_at,
                    Law::ExactlyOnce,
                    "{first} was refused, done once more as {again}, and taken after that"
                );
                counted_twice += 1;
            }
        }
        Ok(counted_twice)
    }

    /// Each device's changes of a ticket stand in the order in which they were done.
    pub(crate) fn check_order(&self, deeds: &Deeds) -> Result<()> {
        for document in self.documents.values() {
            let mut last: BTreeMap<DeviceId, u64> = BTreeMap::new();
            for recorded in document.log() {
                let id = recorded.change.id;
                if deeds.keeps_order(id) {
                    let last = last.insert(id.device, id.seq).unwrap_or_default();
                    demand!(id.seq > last, Law::Order, "{} has {id} after number {last}", document.ticket);
                }
            }
        }
        Ok(())
    }
}
