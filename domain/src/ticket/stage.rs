//! The stages of a ticket and the moves between them.

use serde::{Deserialize, Serialize};

use super::{Action, ProgressKind};

/// How far a ticket has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Registered; nobody is accountable yet.
    New,
    /// Somebody is accountable; work has not begun.
    Assigned,
    /// On the way, on site, or otherwise at work.
    Working,
    /// The work is done; the customer has yet to be heard.
    Done,
    /// Ended with a result.
    Closed,
    /// Ended without work.
    Cancelled,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 6] =
        [Self::New, Self::Assigned, Self::Working, Self::Done, Self::Closed, Self::Cancelled];

    /// Whether the ticket still needs somebody.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Assigned | Self::Working | Self::Done)
    }

    /// Whether the repair itself is still ahead or under way.
    pub const fn awaits_work(self) -> bool {
        matches!(self, Self::New | Self::Assigned | Self::Working)
    }

    /// The stage after `action`, or nothing if the action can't follow from here.
    ///
    /// Actions that don't move the stage leave it as it is, in every stage: what has happened has happened.
    pub fn after(self, action: &Action) -> Option<Self> {
        match (self, action) {
            (Self::New | Self::Assigned, Action::Assign(_)) => Some(Self::Assigned),
            (Self::Working | Self::Done, Action::Assign(_)) => Some(self),
            (_, Action::Assign(_)) => None,

            (Self::New | Self::Assigned, action) if begins_work(action) => Some(Self::Working),

            (Self::New | Self::Assigned | Self::Working, Action::Complete(_)) => Some(Self::Done),
            (_, Action::Complete(_)) => None,

            (Self::Done, Action::Close { .. }) => Some(Self::Closed),
            (_, Action::Close { .. }) => None,

            (Self::New | Self::Assigned | Self::Working, Action::Cancel { .. }) => Some(Self::Cancelled),
            (_, Action::Cancel { .. }) => None,

            (Self::Done | Self::Closed | Self::Cancelled, Action::Reopen { .. }) => Some(Self::Assigned),
            (_, Action::Reopen { .. }) => None,

            // The first registration makes the ticket; there is no second.
            (_, Action::Register(_)) => None,

            (stage, _) => Some(stage),
        }
    }
}

fn begins_work(action: &Action) -> bool {
    match action {
        Action::CheckIn { .. } | Action::ReplacePart(_) => true,
        Action::LogProgress(progress) => {
            matches!(progress.kind, ProgressKind::OnTheWay | ProgressKind::Arrived)
        }
        _ => false,
    }
}

/// What the work is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// 等待配件.
    Parts,
    /// 等待客户.
    Customer,
}
