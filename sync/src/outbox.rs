//! Changes on their way from this device to the server.

use domain::ticket::Change;
use domain::{Refusal, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a change that the server has is kept here if no backup of the server is ever heard of, in milliseconds: 30 days, by the
/// server's clock and by this device's.
pub const KEPT_MS: i64 = 30 * Timestamp::DAY_MS;
/// How often the server is asked what has become of a parked change, in milliseconds.
pub(crate) const ASK_AGAIN_MS: i64 = 60 * 60 * 1_000;

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
    /// On the server and in the document that came back; kept here until a backup of the server holds it, or for
    /// [`KEPT_MS`] at most, so that a server restored from an older backup gets it again.
    Kept {
        /// The revision that contains it.
        revision: u64,
        /// When it came to be kept, by the server's clock as last heard.
        since: Timestamp,
        /// The same by this device's clock. Earlier versions noted nothing.
        #[serde(default)]
        since_here: Timestamp,
    },
    /// On the server, beside the record: somebody at the office decides whether it counts.
    Parked {
        /// What stands in its way.
        because: Refusal,
        /// When the server last said so, by this device's clock.
        at: Timestamp,
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
    /// The same change, having come so far.
    #[must_use]
    pub fn now(&self, state: OutboxState) -> Self {
        Self { change: self.change.clone(), state }
    }

    /// Whether the ticket should be shown with this change. Refused and parked ones have no effect on it, and kept ones are in
    /// its document.
    pub const fn shows(&self) -> bool {
        matches!(self.state, OutboxState::Waiting | OutboxState::Accepted { .. })
    }

    /// Whether the server still has to be told.
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, OutboxState::Waiting)
    }

    /// Whether the server has it, so that it is kept for the server's sake only.
    pub const fn is_kept(&self) -> bool {
        matches!(self.state, OutboxState::Kept { .. })
    }

    /// Whether somebody at the office has yet to decide on it.
    pub const fn is_parked(&self) -> bool {
        matches!(self.state, OutboxState::Parked { .. })
    }

    /// Whether its author has to do something about it.
    pub const fn is_refused(&self) -> bool {
        matches!(self.state, OutboxState::Refused { .. })
    }
}
