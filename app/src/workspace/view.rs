//! A ticket with everything a screen needs beside it, made from the replica.

use domain::ticket::{Document, Recorded, Ticket};
use domain::{TicketId, sla};
use sync::{OutboxEntry, OutboxState, Replica};

use super::{ChangeMark, TicketView};

impl TicketView {
    /// The ticket as the replica knows it; nothing, if it doesn't. Its document must be in memory if it is held.
    pub(super) fn of(replica: &Replica, id: TicketId) -> Option<Self> {
        let document = replica.document(id);
        let ticket = Ticket::of(&document)?;
        let clocks = sla::clocks(&ticket.timeline, replica.book());
        let marks = document
            .log()
            .iter()
            .map(|recorded| (recorded.change.id, mark(replica, &document, recorded)))
            .collect();
        Some(Self { ticket, document, clocks, marks })
    }
}

fn mark(replica: &Replica, document: &Document, recorded: &Recorded) -> ChangeMark {
    match replica.outbox_state(recorded.change.id) {
        // A document that is left over from before a restore may hold it as arrived; the server has lost it.
        Some(OutboxState::Waiting) => ChangeMark::OnTablet,
        _ if replica.is_backed_up(document, recorded) => ChangeMark::InBackup,
        Some(OutboxState::Accepted { .. }) => ChangeMark::OnServer,
        _ if recorded.arrived.is_some() => ChangeMark::OnServer,
        _ => ChangeMark::OnTablet,
    }
}

/// How far a change has come that does not count for the ticket; nothing, if it does.
pub fn mark_beside_the_record(entry: &OutboxEntry) -> Option<ChangeMark> {
    match entry.state {
        OutboxState::Parked { .. } => Some(ChangeMark::Parked),
        OutboxState::Refused { .. } => Some(ChangeMark::Refused),
        OutboxState::Waiting | OutboxState::Accepted { .. } | OutboxState::Kept { .. } => None,
    }
}
