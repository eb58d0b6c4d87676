//! What a server that was restored from a backup is still to be given again, and what it does with changes that rest on that.

use std::collections::btree_map::Entry;
use std::sync::Arc;

use domain::ticket::Change;
use domain::{ChangeId, Refusal, Timestamp};
use sync::KEPT_MS;

use super::Group;

/// Whether devices may still give again, to a server that was restored then, what it has lost. A clock that was ahead then makes that
/// longer, so that at worst somebody waits for longer than they need.
pub(in crate::sync) fn is_given_again(restored_at: Option<Timestamp>, now: Timestamp) -> bool {
    restored_at.is_some_and(|restored| now.millis_since(restored) <= KEPT_MS)
}

impl Group {
    /// Whether its author had seen something of the ticket that is missing from the record and may still come: a server that was
    /// restored from a backup is given again what devices keep, in whatever order they come back.
    pub(super) fn lacks_what_it_follows(&self, change: &Change, arrival: Timestamp) -> bool {
        if !is_given_again(self.restored_at, arrival) {
            return false;
        }
        let devices = &self.known.devices;
        let has_ended =
            |id: ChangeId| devices.get(&id.device).is_some_and(|device| id.seq < device.ended_before);
        let aside = self.known.set_aside.get(&change.ticket);
        let waits = |(id, because): (&ChangeId, &Option<Refusal>)| {
            matches!(because, None | Some(Refusal::OutOfOrder))
                && change.seen.contains(*id)
                && !has_ended(*id)
        };
        let held = self.known.tickets.get(&change.ticket);
        let has_come = |id: ChangeId| {
            held.is_some_and(|held| held.document().find(id).is_some())
                || aside.is_some_and(|aside| aside.contains_key(&id))
        };
        // Of its own device, what comes before it has come: devices send in the order of their numbers.
        let of_others = |id: &ChangeId| id.device != change.id.device;
        aside.into_iter().flatten().any(waits)
            || change.seen.last_of_each().filter(of_others).any(|id| !has_come(id) && !has_ended(id))
    }

    /// Notes on a restored server that a change did not go into the record, and why it will not by itself; nothing, if it waits.
    pub(super) fn set_aside(&mut self, change: &Change, arrival: Timestamp, because: Option<Refusal>) {
        let known = self.is_aside(change);
        let is_needed = known.is_some() || is_given_again(self.restored_at, arrival);
        if is_needed && known != Some(&because) {
            let all = Arc::make_mut(&mut self.known.set_aside);
            all.entry(change.ticket).or_default().insert(change.id, because);
            self.written.touched_aside.insert((change.ticket, change.id));
        }
    }

    /// Notes that a change has gone into the record.
    pub(super) fn note_taken(&mut self, change: &Change) {
        if self.is_aside(change).is_some()
            && let Entry::Occupied(mut of_ticket) =
                Arc::make_mut(&mut self.known.set_aside).entry(change.ticket)
        {
            of_ticket.get_mut().remove(&change.id);
            if of_ticket.get().is_empty() {
                of_ticket.remove();
            }
            self.written.touched_aside.insert((change.ticket, change.id));
        }
    }

    /// Why a change was refused, if it was since the server was restored.
    pub(super) fn refused_before(&self, change: &Change) -> Option<Refusal> {
        self.is_aside(change)?.clone()
    }

    /// Why a change that is set aside will not go into the record by itself; nothing, while it waits.
    fn is_aside(&self, change: &Change) -> Option<&Option<Refusal>> {
        self.known.set_aside.get(&change.ticket)?.get(&change.id)
    }
}
