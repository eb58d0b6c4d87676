//! A value of which there can be only one, set by several people who may be apart.

use serde::{Deserialize, Serialize};

use super::Seen;
use crate::{ChangeId, Timestamp};

/// A single value: the latest write wins; what it overruled unseen stays beside it.
///
/// ```text
///        a ── b            b had seen a: a is history
///     set by a
///        a ──┬── c         neither had seen the other: the later one wins,
///            └── b         the other stays as overruled until somebody who saw both sets the value again
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Single<T> {
    /// The value in force.
    pub value: T,
    /// The change that set it.
    pub set_by: ChangeId,
    /// When that happened.
    pub set_at: Timestamp,
    /// Values set by people who hadn't seen the winner, and whom the winner hadn't seen. Earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overruled: Vec<Overruled<T>>,
}

/// A value that lost to a later one without either author knowing of the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overruled<T> {
    /// The value that lost.
    pub value: T,
    /// The change that had set it.
    pub set_by: ChangeId,
    /// When that happened.
    pub set_at: Timestamp,
}

impl<T: PartialEq> Single<T> {
    /// A value set for the first time.
    pub fn new(value: T, set_by: ChangeId, set_at: Timestamp) -> Self {
        Self { value, set_by, set_at, overruled: Vec::new() }
    }

    /// Sets the value. Writes must come in the order in which they happened; `seen` is what the writer had on screen.
    pub fn set(&mut self, value: T, set_by: ChangeId, set_at: Timestamp, seen: &Seen) {
        let loser = Overruled {
            value: std::mem::replace(&mut self.value, value),
            set_by: std::mem::replace(&mut self.set_by, set_by),
            set_at: std::mem::replace(&mut self.set_at, set_at),
        };
        self.overruled.push(loser);
        let winner = &self.value;
        self.overruled.retain(|loser| !seen.contains(loser.set_by) && loser.value != *winner);
    }
}
