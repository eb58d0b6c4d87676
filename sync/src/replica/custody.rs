//! How long a change that the server has is kept here: until a backup of the server has it, too.

use std::collections::BTreeMap;

use domain::access::Scope;
use domain::ticket::{Action, Change, Document, Recorded};

use super::Replica;
use crate::outbox::{OutboxEntry, OutboxState};
use crate::store::{Batch, Meta};

impl Replica {
    /// Whether a backup of the server holds a change of a ticket's record.
    pub fn is_backed_up(&self, document: &Document, recorded: &Recorded) -> bool {
        // What is left over from another history says nothing about this one.
        let backup = self.meta.backup.filter(|_| self.held_now(document.ticket).is_some());
        backup.is_some_and(|backup| {
            let arrived_before = recorded.arrived.is_some_and(|arrived| arrived < backup.arrived);
            recorded.arrived.is_some() && (document.revision <= backup.seq || arrived_before)
        })
    }

    /// Whether only a page says how things stand: the server has taken a change to a ticket that is not in sight here, which no event will
    /// tell of (it moved away meanwhile, or the office has let in what came too late); or a ticket is left over from another history.
    pub fn is_owed_a_page(&self) -> bool {
        let scope = Scope::of(self.person(), &self.directory);
        // Its registration is told to everybody who sees it.
        let begun_in_sight = |ticket| {
            let is_told = |entry: &OutboxEntry| match &entry.change.action {
                Action::Register(intake) => {
                    matches!(entry.state, OutboxState::Accepted { .. })
                        && scope.contains(&intake.scope_keys())
                }
                _ => false,
            };
            self.outbox.values().any(|entry| entry.change.ticket == ticket && is_told(entry))
        };
        let is_left_over = !self.meta.rebuilding && self.left_over(&self.meta, false).next().is_some();
        is_left_over
            || self.outbox.values().any(|entry| {
                let ticket = entry.change.ticket;
                matches!(entry.state, OutboxState::Accepted { .. })
                    && self.held_now(ticket).is_none()
                    && !begun_in_sight(ticket)
            })
    }

    /// Whether the server's history is not the one in which it took what is kept here.
    pub(super) fn is_of_another_history(&self, epoch: &str) -> bool {
        let cursor = self.meta.cursor.as_ref().map(|cursor| &cursor.epoch);
        self.meta.epoch.as_ref().or(cursor).is_some_and(|known| known != epoch)
    }

    /// Everything the server once had goes out again: it has been restored from a backup, and may have forgotten.
    pub(super) fn send_again(&self, batch: &mut Batch) {
        let all = self.outbox.values().chain(self.kept.values());
        let was_there = all.filter(|entry| !entry.is_waiting() && !entry.is_refused());
        batch.outbox.extend(was_there.map(|entry| entry.now(OutboxState::Waiting)));
    }

    /// Lets accepted changes go once the documents that contain them have come back and a backup holds them; until then they
    /// are kept. `meta` is what is known from now on, `seq` how far documents have come in. As long as there are `more`, a
    /// document that has moved on since is still to come: only one that is here says that the change has come back.
    pub(super) fn settle(&self, batch: &mut Batch, meta: &Meta, seq: u64, more: bool) {
        let arrived: BTreeMap<_, _> =
            batch.hold.iter().map(|(held, document)| (document.ticket, held.revision)).collect();
        let has_come = |entry: &OutboxEntry, revision| {
            let ticket = entry.change.ticket;
            let here = arrived.get(&ticket).copied().or(self.held_now(ticket).map(|held| held.revision));
            here.is_some_and(|here| here >= revision)
        };
        for (entry, revision) in self.taken_after_all(batch) {
            keep_or_let_go(batch, meta, entry, revision);
        }
        for entry in self.outbox.values() {
            if let OutboxState::Accepted { revision } = entry.state
                && revision <= seq
                && (!more || has_come(entry, revision))
            {
                keep_or_let_go(batch, meta, entry, revision);
            }
        }
        for entry in self.kept.values() {
            if let OutboxState::Kept { revision, since, since_here } = entry.state
                && (holds(meta, revision) || meta.is_long_since(since, since_here))
            {
                batch.settled.push(entry.change.id);
            }
        }
    }
}

impl Replica {
    /// Refused changes that are in a document all the same, and its revision: their push has come to the server once more, late on
    /// its way, when they were allowed. To do them again would be once too often.
    fn taken_after_all(&self, batch: &Batch) -> Vec<(&OutboxEntry, u64)> {
        let revision_with = |change: &Change| {
            let document = &batch.hold.iter().find(|(_, document)| document.ticket == change.ticket)?.1;
            let recorded = document.find(change.id)?;
            (recorded.change == *change).then_some(document.revision)
        };
        let refused = self.outbox.values().filter(|entry| entry.is_refused());
        refused.filter_map(|entry| Some((entry, revision_with(&entry.change)?))).collect()
    }
}

/// Notes that the document which contains a change has come back.
pub(super) fn keep_or_let_go(batch: &mut Batch, meta: &Meta, entry: &OutboxEntry, revision: u64) {
    match (meta.heard, meta.last_contact) {
        (Some(since), Some(since_here)) if !holds(meta, revision) => {
            batch.outbox.push(entry.now(OutboxState::Kept { revision, since, since_here }));
        }
        _ => batch.settled.push(entry.change.id),
    }
}

/// Whether a backup has passed a place of the history.
fn holds(meta: &Meta, revision: u64) -> bool {
    meta.backup.is_some_and(|backup| backup.seq >= revision)
}
