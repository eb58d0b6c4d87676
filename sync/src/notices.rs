//! What somebody is told in the product: that time is running out, that it has run out, and that it was not so after all.
//!
//! | message | where |
//! |---|---|
//! | [`NoticesPage`] | `GET /api/notices` |
//! | [`NoticesRead`] | `POST /api/notices/read` |
//! | [`Noticed`] | event `notice` of `GET /api/sync/events` |

use domain::sla::ClockId;
use domain::ticket::TicketNumber;
use domain::{TicketId, Timestamp};
use serde::{Deserialize, Serialize};

/// What a notice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The ticket is urgent.
    Urgent,
    /// A clock's time is running out.
    Reminder,
    /// A clock's time has run out.
    Overdue,
    /// Something that a newer server tells.
    #[serde(other)]
    Unknown,
}

/// Why something was told in error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum TakenBack {
    /// What the clock waits for had happened before; the entry came in late.
    Stopped {
        /// When it had happened.
        at: Timestamp,
    },
    /// The clock had stood still.
    Paused,
    /// The clock is due later than it was.
    Moved {
        /// When it is due now; absent if it has no due time any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due: Option<Timestamp>,
    },
    /// The ticket is not urgent any more.
    NotUrgent,
    /// What the clock measured never began.
    Gone,
    /// For a reason that a newer server tells.
    #[serde(other)]
    Unknown,
}

/// What is said about one ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it says, or said before it was taken back.
    pub kind: NoticeKind,
    /// Why it is taken back, if this is the correction of an earlier notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<TakenBack>,
    /// Which ticket.
    pub ticket: TicketId,
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<TicketNumber>,
    /// Which clock; none for what concerns the ticket itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockId>,
    /// The step of the policy.
    pub step: String,
    /// When there was cause for it. It may be told later, because of quiet hours.
    pub at: Timestamp,
    /// By when the clock is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Whether the ticket is urgent.
    pub urgent: bool,
}

/// A notice in somebody's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Grows from notice to notice.
    pub id: u64,
    /// When it was told.
    pub told_at: Timestamp,
    /// Whether it has been read.
    pub read: bool,
    /// What it says.
    #[serde(flatten)]
    pub notice: Notice,
}

/// A page of somebody's own notices, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesPage {
    /// The notices.
    pub notices: Vec<Told>,
    /// How many have not been read, on all pages.
    pub unread: u64,
    /// Whether there are older ones.
    pub more: bool,
}

/// Marks notices as read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoticesRead {
    /// All up to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<u64>,
    /// These.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<u64>,
}

/// Says that there is a new notice for whoever listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noticed {
    /// The newest; 0 if it is not known which.
    pub notice: u64,
}
