//! A ticket with everything a screen needs beside it, made from the replica.

use std::collections::BTreeMap;

use domain::ticket::{Recorded, Ticket};
use domain::{ChangeId, TicketId, sla};
use sync::{OutboxState, Replica};

use super::{ChangeMark, TicketView};

impl TicketView {
    /// The ticket as the replica knows it; nothing, if it doesn't. Its document must be in memory if it is held.
    pub(super) fn of(replica: &Replica, id: TicketId) -> Option<Self> {
        let document = replica.document(id);
        let ticket = Ticket::of(&document)?;
        let clocks = sla::clocks(&ticket.timeline, replica.book());
        let mut marks: BTreeMap<ChangeId, ChangeMark> =
            document.log().iter().map(|recorded| (recorded.change.id, mark(replica, recorded))).collect();
        for entry in replica.outbox().filter(|entry| entry.change.ticket == id && entry.is_refused()) {
            marks.insert(entry.change.id, ChangeMark::Refused);
        }
        Some(Self { ticket, document, clocks, marks })
    }
}

fn mark(replica: &Replica, recorded: &Recorded) -> ChangeMark {
    if recorded.arrived.is_some() {
        return ChangeMark::OnServer;
    }
    match replica.outbox_state(recorded.change.id) {
        Some(OutboxState::Waiting) | None => ChangeMark::OnTablet,
        Some(OutboxState::Accepted { .. }) => ChangeMark::OnServer,
        Some(OutboxState::Refused { .. }) => ChangeMark::Refused,
    }
}
