//! Why something is not done: a closed list that the tablet and the server share. The screen owns the wording.

use serde::{Deserialize, Serialize};

use crate::PersonId;
use crate::ticket::Stage;

/// The reason a change is refused. The server never answers a refused change in any other way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// The change names another author than the person signed in.
    #[error("the author is not the person signed in")]
    WrongAuthor,
    /// The person's role does not include this.
    #[error("the person's role does not include this")]
    RoleMayNot,
    /// The ticket is outside what the person may see.
    #[error("the ticket is outside what the person may see")]
    OutOfScope,
    /// Only the accountable person may do this, and that is somebody else.
    #[error("somebody else is accountable for the ticket")]
    NotAccountable,
    /// The ticket's stage does not allow it.
    #[error("a ticket that is {stage:?} does not allow it")]
    StageForbids {
        /// The stage the ticket was in.
        stage: Stage,
    },
    /// The customer has signed (or refused to sign) this work already.
    #[error("the customer's answer has been taken already")]
    AlreadySigned,
    /// The signature does not carry the hash of the content it is said to be under.
    #[error("the signed content does not match its hash or its ticket")]
    ContentMismatch,
    /// The person is still checked in, so can't check in again; or not checked in, so can't check out.
    #[error("check-in and check-out must alternate")]
    VisitOutOfTurn,
    /// Closing needs the customer's sign-off or a callback first.
    #[error("the customer has neither signed nor been called back")]
    NotConfirmed,
    /// There is nothing yet that this could answer: no callback, no failed inspection, no such milestone.
    #[error("there is nothing that this could follow")]
    NothingToFollow,
    /// The ticket does not exist on the server, was never registered, or its author neither sees it nor names anything of its record.
    #[error("there is no such ticket")]
    UnknownTicket,
    /// The ticket is registered already.
    #[error("the ticket is registered already")]
    AlreadyRegistered,
    /// The named person does not exist or is no longer active.
    #[error("there is no such active person")]
    UnknownPerson,
    /// The named department does not exist.
    #[error("there is no such department")]
    UnknownDepartment,
    /// A field's content is not acceptable.
    #[error("{field:?}: {problem:?}")]
    Invalid {
        /// Which field.
        field: Field,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The server does not know this kind of change: it is older than the app.
    #[error("this kind of change is not known here")]
    UnsupportedAction,
    /// Something that it follows has not arrived: an earlier change of the same device; or, on a server that was restored from a backup,
    /// what its author had seen of the ticket.
    #[error("something that it follows is missing")]
    OutOfOrder,
    /// The same change id was used before with other content: two copies of one device.
    #[error("the change id was used before with other content")]
    IdReused,
    /// Its author had lost the right to it, and the office did not let it in.
    #[error("the office has declined it: {why}")]
    Declined {
        /// Who decided so.
        by: PersonId,
        /// Why, in their words.
        why: String,
    },
    /// A reason from a newer server that this app doesn't know yet.
    #[error("a reason this version does not know")]
    #[serde(other)]
    Unknown,
}

impl Refusal {
    /// Whether sending the same change again later can succeed without anybody changing it.
    pub const fn worth_retrying(&self) -> bool {
        matches!(self, Self::UnsupportedAction | Self::OutOfOrder | Self::WrongAuthor)
    }

    /// Whether it is the ticket, as it stands, that does not allow it: with more of the ticket's record it might.
    pub const fn is_about_the_ticket(&self) -> bool {
        self.is_about_access()
            || matches!(
                self,
                Self::UnknownTicket
                    | Self::StageForbids { .. }
                    | Self::AlreadySigned
                    | Self::VisitOutOfTurn
                    | Self::NotConfirmed
                    | Self::NothingToFollow
                    | Self::Invalid { field: Field::Urgency, problem: Problem::MustBeUrgent }
            )
    }

    /// Whether only the author's right to it is missing: somebody else could do the same.
    pub const fn is_about_access(&self) -> bool {
        matches!(self, Self::RoleMayNot | Self::OutOfScope | Self::NotAccountable)
    }
}

/// A field that a person fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the vocabulary's own")]
pub enum Field {
    Words,
    Summary,
    CustomerName,
    Company,
    Phone,
    Email,
    Address,
    Region,
    Model,
    Serial,
    OrderNumber,
    Batch,
    PurchaseChannel,
    Verification,
    Urgency,
    Note,
    PartName,
    PartNumber,
    OldSerial,
    NewSerial,
    Quantity,
    Found,
    Done,
    Cause,
    Remaining,
    SignerName,
    Sheet,
    Signature,
    Satisfaction,
    Reason,
    Measures,
    AgreedWith,
    Milestone,
    Score,
    RectifyBy,
    FileHash,
    FileSize,
    MediaType,
    FileName,
    ImageSize,
    Place,
    #[serde(other)]
    Other,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// It must be filled in.
    Missing,
    /// It holds more characters than the field takes.
    TooLong,
    /// It is outside the range of accepted values.
    OutOfRange,
    /// Safety hazard, production stop and batch defect are always urgent.
    MustBeUrgent,
    /// The drawing has too little ink to be a signature.
    TooLittleInk,
    /// It is not written the way such things are.
    Malformed,
    /// It is none of those that are accepted.
    NotAccepted,
    /// A problem from a newer peer.
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declined_change_names_who_and_why_and_a_reason_from_a_newer_server_is_read_as_unknown() {
        let by = "0197c39f-1111-7222-8333-444455556666";
        let text = format!(r#"{{"reason":"declined","by":"{by}","why":"客户又换了号码"}}"#);
        let declined: Refusal = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&declined).unwrap(), text);
        assert!(matches!(&declined, Refusal::Declined { why, .. } if why == "客户又换了号码"));
        assert!(!declined.worth_retrying() && !declined.is_about_access());
        let newer = text.replace("declined", "put_to_a_vote");
        assert_eq!(serde_json::from_str::<Refusal>(&newer).unwrap(), Refusal::Unknown);
    }
}
