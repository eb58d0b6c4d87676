//! What becomes of a rescue file that somebody brings to the server (docs/rescue.md).
//!
//! | message | where |
//! |---|---|
//! | the file as it is → [`RescueReport`] | `POST /api/rescue` |

use domain::{ChangeId, Refusal};
use serde::{Deserialize, Serialize};

/// What became of what was in a rescue file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RescueReport {
    /// Changes that are in the record now.
    pub taken: u64,
    /// Changes that the server had before.
    pub known: u64,
    /// Changes that wait for the office beside the record.
    pub parked: u64,
    /// Contents of files that the server has now.
    pub files: u64,
    /// Changes that the server will not take.
    pub refused: Vec<RefusedChange>,
    /// What could not be read, in words for whoever looks into it.
    pub unread: Vec<String>,
}

/// A change that the server will not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedChange {
    /// Which change.
    pub id: ChangeId,
    /// Why not.
    pub because: Refusal,
}
