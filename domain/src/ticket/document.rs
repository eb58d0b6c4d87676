//! A ticket's record as it is stored and sent.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize};

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
    #[serde(deserialize_with = "in_order")]
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
        let (newer, older) = if other.revision >= self.revision {
            (other.number, self.number.take())
        } else {
            (self.number.take(), other.number)
        };
        self.number = newer.or(older);
        self.revision = self.revision.max(other.revision);
    }
}

/// Reads a log as [`Document::insert`] would have built it, whoever wrote it: in order, each change once, a copy that the
/// server has recorded before a provisional one.
fn in_order<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Recorded>, D::Error> {
    let mut log = Vec::<Recorded>::deserialize(deserializer)?;
    log.sort_by_key(|recorded| (recorded.arrived.is_none(), recorded.order()));
    let mut known = BTreeSet::new();
    log.retain(|recorded| known.insert(recorded.change.id));
    log.sort_by_key(Recorded::order);
    Ok(log)
}
