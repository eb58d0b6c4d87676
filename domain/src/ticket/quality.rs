//! 质检: what a quality check of finished work found.

use serde::{Deserialize, Serialize};

use super::intake::{required_text, text};
use crate::Timestamp;
use crate::refusal::{Field, Problem, Refusal};

/// The result of an inspection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// From 0 to 100.
    pub score: u8,
    /// What was found; required if it failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Until when what was found must be put right; required if it failed, and only then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rectify_by: Option<Timestamp>,
}

impl Inspection {
    /// The lowest score that passes.
    pub const PASS: u8 = 70;

    /// Whether the work did not pass.
    pub const fn failed(&self) -> bool {
        self.score < Self::PASS
    }

    pub(crate) fn check(&self) -> Result<(), Refusal> {
        if self.score > 100 {
            return Err(Refusal::Invalid { field: Field::Score, problem: Problem::OutOfRange });
        }
        if !self.failed() {
            return text(Field::Note, &self.note);
        }
        if self.rectify_by.is_none() {
            return Err(Refusal::Invalid { field: Field::RectifyBy, problem: Problem::Missing });
        }
        required_text(Field::Note, &self.note)
    }
}
