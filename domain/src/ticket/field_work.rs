//! What happens around the customer's site: progress, visits, parts, completion, and hearing the customer afterwards.

use serde::{Deserialize, Serialize};

use super::intake::{line, required_line, required_text, text};
use crate::refusal::{Field, Problem, Refusal};
use crate::{ChangeId, PersonId, Timestamp};

/// The kinds of dated entry in a ticket's progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProgressKind {
    /// 已联系客户: the customer knows who handles it and by when.
    ContactedCustomer,
    /// 已安排维修.
    VisitArranged,
    /// On the way to the site.
    OnTheWay,
    /// At the site.
    Arrived,
    /// 等待配件.
    WaitingForParts,
    /// Waiting for the customer.
    WaitingForCustomer,
    /// Work goes on after a wait.
    WorkResumed,
    /// 已答复客户: the customer was given a substantive answer.
    Answered,
    /// Free text.
    Note,
}

impl ProgressKind {
    /// Every kind, in the order a form lists them.
    pub const ALL: [Self; 9] = [
        Self::ContactedCustomer,
        Self::Answered,
        Self::VisitArranged,
        Self::OnTheWay,
        Self::Arrived,
        Self::WaitingForParts,
        Self::WaitingForCustomer,
        Self::WorkResumed,
        Self::Note,
    ];
}

/// A dated progress entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What kind of entry.
    pub kind: ProgressKind,
    /// Words beside it; required for free text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// By when the customer was promised the next step, if they were; of an arranged visit, when it is to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promised: Option<Timestamp>,
}

impl Progress {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        match self.kind {
            ProgressKind::Note => required_text(Field::Note, &self.note),
            _ => text(Field::Note, &self.note),
        }
    }
}

/// Time spent at a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Who went.
    pub engineer: PersonId,
    /// When they checked in.
    pub checked_in: Timestamp,
    /// When they checked out; absent while they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_out: Option<Timestamp>,
    /// The change that checked in.
    pub by: ChangeId,
}

/// A part taken out and another put in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartReplacement {
    /// What the part is called.
    pub name: String,
    /// Part number of the new part.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part_number: String,
    /// Serial number of the part taken out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub old_serial: String,
    /// Serial number of the part put in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub new_serial: String,
    /// How many, from 1.
    pub quantity: u32,
    /// Words beside it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl PartReplacement {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        required_line(Field::PartName, &self.name)?;
        line(Field::PartNumber, &self.part_number)?;
        line(Field::OldSerial, &self.old_serial)?;
        line(Field::NewSerial, &self.new_serial)?;
        text(Field::Note, &self.note)?;
        if !(1..=9_999).contains(&self.quantity) {
            return Err(Refusal::Invalid { field: Field::Quantity, problem: Problem::OutOfRange });
        }
        Ok(())
    }
}

/// 责任方: on whose account the fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the vocabulary's own")]
pub enum ResponsibleParty {
    ProductQuality,
    CustomerUse,
    TransportDamage,
    Installation,
    Unknown,
}

impl ResponsibleParty {
    /// Every party, in the order a form lists them.
    pub const ALL: [Self; 5] =
        [Self::ProductQuality, Self::CustomerUse, Self::TransportDamage, Self::Installation, Self::Unknown];
}

/// The end of the work: what was found, what was done, why it broke, what remains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// What was found.
    pub found: String,
    /// What was done.
    pub done: String,
    /// Why it broke.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// On whose account it is.
    pub responsible: ResponsibleParty,
    /// What remains to be done; empty if nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remaining: String,
}

impl Completion {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        required_text(Field::Found, &self.found)?;
        required_text(Field::Done, &self.done)?;
        text(Field::Cause, &self.cause)?;
        text(Field::Remaining, &self.remaining)
    }
}

/// The customer contacted after completion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// Satisfaction from 1 to 5; absent if the customer could be reached but would not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<super::Satisfaction>,
    /// What they said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Callback {
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        text(Field::Note, &self.note)
    }
}

/// How a ticket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseResult {
    /// Resolved, the customer is satisfied.
    ResolvedSatisfied,
    /// Resolved, the customer is not satisfied.
    ResolvedNotSatisfied,
}

impl CloseResult {
    /// Every result, in the order a form lists them.
    pub const ALL: [Self; 2] = [Self::ResolvedSatisfied, Self::ResolvedNotSatisfied];
}
