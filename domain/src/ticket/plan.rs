//! 处理方案: what was agreed with the customer before the work, and until when.

use serde::{Deserialize, Serialize};

use super::intake::{line, required_line, required_text};
use crate::refusal::{Field, Problem, Refusal};
use crate::{ChangeId, Timestamp};

/// The most milestones of one plan.
const MILESTONES: usize = 50;

/// A plan as agreed with the customer. A new agreement takes the place of the one before; both stay in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What is to be done.
    pub measures: String,
    /// Who agreed to it on the customer's side.
    pub agreed_with: String,
    /// Until when the work is to be done; it is the deadline of tickets whose urgency has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// Steps on the way, each with a time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<Milestone>,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// What is to be reached.
    pub title: String,
    /// Until when.
    pub due: Timestamp,
}

/// Which milestone of which plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MilestoneReached {
    /// The change that agreed the plan.
    pub plan: ChangeId,
    /// Its place in the plan, from 0.
    pub number: u16,
}

impl Plan {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        required_text(Field::Measures, &self.measures)?;
        line(Field::AgreedWith, &self.agreed_with)?;
        if self.milestones.len() > MILESTONES {
            return Err(Refusal::Invalid { field: Field::Milestone, problem: Problem::OutOfRange });
        }
        self.milestones.iter().try_for_each(|milestone| required_line(Field::Milestone, &milestone.title))
    }
}
