//! A ticket's record as it is stored and sent.

use serde::{Deserialize, Serialize};

use super::{Recorded, TicketNumber};
use crate::{ChangeId, TicketId};

/// The record of one ticket: every change, once, in the order in which they happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Which ticket.
    pub ticket: TicketId,
    /// The final number, once the server has given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<TicketNumber>,
    /// The server's counter when the record last changed; 0 while the server doesn't have it.
    pub revision: u64,
    log: Vec<Recorded>,
}

impl Document {
    /// A record without changes.
    pub const fn new(ticket: TicketId) -> Self {
        Self { ticket, number: None, revision: 0, log: Vec::new() }
    }

    /// Every change, once, in [`Recorded::order`].
    pub fn log(&self) -> &[Recorded] {
        &self.log
    }

    /// The change with this id.
    pub fn find(&self, id: ChangeId) -> Option<&Recorded> {
        self.log.iter().find(|recorded| recorded.change.id == id)
    }

    /// Puts a change into its place. Returns false, and changes nothing, if it is there already.
    ///
    /// A copy that the server has recorded replaces a provisional one, because only the server's time is final.
    pub fn insert(&mut self, recorded: Recorded) -> bool {
        if let Some(index) = self.log.iter().position(|known| known.change.id == recorded.change.id) {
            if self.log[index].arrived.is_some() || recorded.arrived.is_none() {
                return false;
            }
            self.log.remove(index);
        }
        let place = self.log.partition_point(|known| known.order() < recorded.order());
        self.log.insert(place, recorded);
        true
    }

    /// Takes everything that `other` knows of the same ticket.
    pub fn merge(&mut self, other: Self) {
        for recorded in other.log {
            self.insert(recorded);
        }
        if other.revision >= self.revision {
            self.revision = other.revision;
            self.number = other.number.or(self.number.take());
        }
    }
}
