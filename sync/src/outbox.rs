//! Changes on their way from this device to the server.

use domain::ticket::Change;
use domain::{Refusal, Timestamp};
use serde::{Deserialize, Serialize};

/// One change, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// The change as it was made. Never altered.
    pub change: Change,
    /// How far it has come.
    pub state: OutboxState,
}

/// How far a change has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OutboxState {
    /// Saved on this tablet; not on the server as far as the tablet knows.
    Waiting,
    /// On the server; kept here until the document that contains it has come back, so that it never vanishes from sight.
    Accepted {
        /// The revision that contains it.
        revision: u64,
    },
    /// Refused; stays here until its author has dealt with it.
    Refused {
        /// Why.
        because: Refusal,
        /// When the server said so, by this device's clock.
        at: Timestamp,
    },
}

impl OutboxEntry {
    /// Whether the ticket should be shown with this change: refused ones have no effect on it.
    pub const fn shows(&self) -> bool {
        !matches!(self.state, OutboxState::Refused { .. })
    }

    /// Whether the server still has to be told.
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, OutboxState::Waiting)
    }

    /// Whether its author has to do something about it.
    pub const fn is_refused(&self) -> bool {
        matches!(self.state, OutboxState::Refused { .. })
    }
}
