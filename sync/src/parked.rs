//! Changes that came in after their author had lost the right to make them, and what the office decides on them.
//!
//! | message | where |
//! |---|---|
//! | [`ParkedPage`] | `GET /api/parked` |
//! | [`Admit`] | `POST /api/parked/admit` |
//! | [`Decline`] | `POST /api/parked/decline` |
//!
//! Both decisions are answered with the [`Verdict`](crate::messages::Verdict) that the author's device gets from then on.

use domain::ticket::{Change, ScopeKeys, TicketNumber};
use domain::{ChangeId, PersonId, Refusal, Timestamp};
use serde::{Deserialize, Serialize};

/// A change that waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedChange {
    /// The change as its author made it.
    pub change: Change,
    /// Its ticket's number; absent if the change is what registers the ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<TicketNumber>,
    /// What decides who may decide on it: the keys of its ticket, or those it would have.
    pub about: ScopeKeys,
    /// When it came in.
    pub received: Timestamp,
    /// Why it did not count by itself.
    pub because: Refusal,
    /// Who brought it in a rescue file; absent if its author's device has sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brought_by: Option<PersonId>,
}

/// What a person may decide on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ParkedPage {
    /// Those that have waited longest, in that order.
    pub parked: Vec<ParkedChange>,
    /// How many wait, those that are not on the page included.
    pub waiting: u64,
    /// How many more wait that the server can't read any more. Its log names them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unread: u64,
}

const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Lets a parked change in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admit {
    /// Which one.
    pub change: ChangeId,
}

/// Turns a parked change away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// Which one.
    pub change: ChangeId,
    /// Why, for its author.
    pub why: String,
}
