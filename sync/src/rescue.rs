//! What became of a rescue file that somebody has brought to the server: the answer to `POST /api/rescue`.
//!
//! A rescue file is what a device held and the server did not (docs/rescue.md). Every change in it is counted once here, so that
//! nothing of it disappears without a word.

use domain::ticket::Change;
use domain::{ChangeId, Refusal};
use serde::{Deserialize, Serialize};

/// What became of everything in a rescue file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RescueReport {
    /// Changes that are in the record now and were not before.
    pub taken: u64,
    /// Changes that the record had already.
    pub known: u64,
    /// Changes that wait beside the record for the office to decide on them.
    pub parked: u64,
    /// Files that lie with their tickets on the server.
    pub files: u64,
    /// Changes that are not taken, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedChange>,
    /// Texts that whoever has brought the file was writing, and never recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drafts: Vec<RescuedDraft>,
    /// How many more such texts there are. Nobody but their authors gets to read them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub drafts_withheld: u64,
    /// What could not be read, by the names of the parts and with what is wrong with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
}

/// A change in a rescue file that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedChange {
    /// Which one.
    pub id: ChangeId,
    /// Why.
    pub because: Refusal,
    /// What its author had done, given back to them: nobody else has it. Absent for everybody else, and where it is too much for one
    /// answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
}

/// A text that was being written when the file was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RescuedDraft {
    /// In which form, as the app calls it.
    pub form: String,
    /// What it is about: a ticket's id, or anything else that tells two forms of a kind apart.
    pub about: String,
    /// What was typed, as the browser kept it: JSON of that form.
    pub text: String,
}

const fn is_zero(number: &u64) -> bool {
    *number == 0
}
