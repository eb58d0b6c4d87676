//! Everything a person can do to a ticket, and how it is written down.
//!
//! An action is stored and sent as `{"kind": …, "body": …}`. A released kind keeps the meaning and form of its body for ever:
//! what needs another form gets a kind of its own. A kind that this version doesn't know (or a body it can't read) is kept
//! word for word as [`Action::Unknown`], so that an older app neither loses nor misreads what a newer one wrote.

use std::collections::BTreeSet;

use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::intake::{required_text, text};
use super::{
    Attachment, Callback, CloseResult, Completion, Customer, Difficulty, Flag, Inspection, Intake, Kind,
    MilestoneReached, PartReplacement, Plan, Progress, SignOff, Urgency,
};
use crate::refusal::{Field, Refusal};
use crate::{ChangeId, DepartmentId, PersonId, TicketId};

/// Who becomes accountable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The accountable person.
    pub person: PersonId,
    /// The department or team that the ticket now belongs to.
    pub department: DepartmentId,
}

/// What the ticket is, looked at again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classification {
    /// What the message is.
    pub kind: Kind,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// What makes it more than ordinary.
    pub flags: BTreeSet<Flag>,
}

/// A reason given in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The words.
    pub reason: String,
}

impl Reason {
    /// Whether there is one, and not too long.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), Refusal> {
        required_text(Field::Reason, &self.reason)
    }
}

/// Free words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// The words.
    pub text: String,
}

/// The new urgency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUrgency {
    /// How soon it must be dealt with.
    pub urgency: Urgency,
    /// Why it changed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The end of the ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// How it ended.
    pub result: CloseResult,
    /// Words beside it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// A conflict that a person has looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// The change whose conflict is settled: the overruled one, or the one that could not follow.
    pub change: ChangeId,
}

/// No further content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Nothing {}

/// An action of a kind that this version doesn't know, kept word for word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownAction {
    /// The kind as written.
    pub kind: String,
    /// The body as written, JSON.
    pub body: String,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident($body:ty) = $name:literal,)*) => {
        /// What a person does to a ticket.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Action {
            $($(#[$doc])* $variant($body),)*
            /// Something that only a newer version knows.
            Unknown(UnknownAction),
        }

        /// The kind of an action, without its content.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ActionKind {
            $($(#[$doc])* $variant,)*
            /// Something that only a newer version knows.
            Unknown,
        }

        impl ActionKind {
            /// Every known kind.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name it is stored and sent under.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Unknown => "unknown",
                }
            }
        }

        impl Action {
            /// Which kind of action this is.
            pub const fn kind(&self) -> ActionKind {
                match self {
                    $(Self::$variant(_) => ActionKind::$variant,)*
                    Self::Unknown(_) => ActionKind::Unknown,
                }
            }

            fn read(kind: &str, body: &RawValue) -> Self {
                let known = match kind {
                    $($name => serde_json::from_str(body.get()).ok().map(Self::$variant),)*
                    _ => None,
                };
                known.unwrap_or_else(|| {
                    Self::Unknown(UnknownAction { kind: kind.to_owned(), body: body.get().to_owned() })
                })
            }
        }

        impl Serialize for Action {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut written = serializer.serialize_struct("Action", 2)?;
                match self {
                    $(Self::$variant(body) => {
                        written.serialize_field("kind", $name)?;
                        written.serialize_field("body", body)?;
                    })*
                    Self::Unknown(UnknownAction { kind, body }) => {
                        let body: &RawValue = serde_json::from_str(body).map_err(serde::ser::Error::custom)?;
                        written.serialize_field("kind", kind)?;
                        written.serialize_field("body", body)?;
                    }
                }
                written.end()
            }
        }
    };
}

actions! {
    /// Takes the customer's problem in.
    Register(Box<Intake>) = "register",
    /// Makes somebody accountable.
    Assign(Assignment) = "assign",
    /// Changes how soon it must be dealt with.
    SetUrgency(NewUrgency) = "set_urgency",
    /// Changes what the ticket is.
    Reclassify(Classification) = "reclassify",
    /// Corrects whom to talk to.
    EditContact(Customer) = "edit_contact",
    /// Adds a dated progress entry.
    LogProgress(Progress) = "log_progress",
    /// Arrives at the site.
    CheckIn(Nothing) = "check_in",
    /// Leaves the site.
    CheckOut(Nothing) = "check_out",
    /// Puts one part in place of another.
    ReplacePart(PartReplacement) = "replace_part",
    /// Ends the work.
    Complete(Completion) = "complete",
    /// Takes the customer's answer.
    SignOff(Box<SignOff>) = "sign_off",
    /// Tells the customer the result.
    TellResult(Comment) = "tell_result",
    /// Records the contact after completion.
    RecordCallback(Callback) = "record_callback",
    /// Ends the ticket with a result.
    Close(Closing) = "close",
    /// Ends the ticket without work.
    Cancel(Reason) = "cancel",
    /// Takes a finished ticket up again.
    Reopen(Reason) = "reopen",
    /// Adds words for colleagues.
    Comment(Comment) = "comment",
    /// Agrees with the customer on what is to be done.
    AgreePlan(Box<Plan>) = "agree_plan",
    /// Reaches a milestone of the plan.
    ReachMilestone(MilestoneReached) = "reach_milestone",
    /// Contacts a customer who was not content, as a supervisor.
    Recover(Comment) = "recover",
    /// Checks the quality of finished work.
    Inspect(Inspection) = "inspect",
    /// Puts right what an inspection found.
    Rectify(Comment) = "rectify",
    /// Settles a conflict after looking at it.
    Settle(Settlement) = "settle",
    /// Adds a photo or another file.
    Attach(Box<Attachment>) = "attach",
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Written {
            kind: String,
            body: Box<RawValue>,
        }
        let Written { kind, body } = Written::deserialize(deserializer).map_err(D::Error::custom)?;
        Ok(Self::read(&kind, &body))
    }
}

impl Action {
    /// Whether this only adds to the record, so that it stands even if the ticket went to somebody else meanwhile.
    ///
    /// What was done at a site was done there, whoever the office has since made accountable.
    pub const fn is_fact(&self) -> bool {
        matches!(
            self,
            Self::Register(_)
                | Self::LogProgress(_)
                | Self::CheckIn(_)
                | Self::CheckOut(_)
                | Self::ReplacePart(_)
                | Self::Complete(_)
                | Self::SignOff(_)
                | Self::TellResult(_)
                | Self::RecordCallback(_)
                | Self::Comment(_)
                | Self::AgreePlan(_)
                | Self::ReachMilestone(_)
                | Self::Recover(_)
                | Self::Inspect(_)
                | Self::Rectify(_)
                | Self::Attach(_)
        )
    }

    /// Whether this changes what a customer's signature stands for.
    pub const fn touches_signed_content(&self) -> bool {
        matches!(self, Self::ReplacePart(_) | Self::Complete(_))
    }

    /// Checks the content alone, without knowing the ticket's state.
    ///
    /// # Errors
    /// Names what is wrong: a field, or a signature that doesn't match its sheet.
    pub fn check(&self, ticket: TicketId) -> Result<(), Refusal> {
        match self {
            Self::Register(intake) => intake.check(),
            Self::EditContact(customer) => customer.check(),
            Self::LogProgress(progress) => progress.check(),
            Self::ReplacePart(part) => part.check(),
            Self::Complete(completion) => completion.check(),
            Self::SignOff(sign_off) => sign_off.check(ticket),
            Self::RecordCallback(callback) => callback.check(),
            Self::TellResult(comment) => text(Field::Note, &comment.text),
            Self::Comment(comment) | Self::Recover(comment) | Self::Rectify(comment) => {
                required_text(Field::Note, &comment.text)
            }
            Self::AgreePlan(plan) => plan.check(),
            Self::Inspect(inspection) => inspection.check(),
            Self::Cancel(reason) | Self::Reopen(reason) => reason.check(),
            Self::Attach(attachment) => attachment.check(),
            Self::SetUrgency(urgency) => text(Field::Reason, &urgency.reason),
            Self::Close(closing) => text(Field::Note, &closing.note),
            Self::Assign(_)
            | Self::Reclassify(_)
            | Self::CheckIn(_)
            | Self::CheckOut(_)
            | Self::ReachMilestone(_)
            | Self::Settle(_) => Ok(()),
            Self::Unknown(_) => Err(Refusal::UnsupportedAction),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_of_a_newer_version_is_kept_word_for_word() {
        let written = r#"{"kind":"weld","body":{"amps":12.50,"tag":"ü"}}"#;
        let action: Action = serde_json::from_str(written).unwrap();
        assert_eq!(action.kind(), ActionKind::Unknown);
        assert_eq!(serde_json::to_string(&action).unwrap(), written);
    }

    #[test]
    fn a_known_kind_with_a_body_from_a_newer_version_is_kept_too() {
        let written = r#"{"kind":"set_urgency","body":{"urgency":"volcanic"}}"#;
        let action: Action = serde_json::from_str(written).unwrap();
        assert_eq!(action.kind(), ActionKind::Unknown);
        assert_eq!(serde_json::to_string(&action).unwrap(), written);
    }

    #[test]
    fn an_action_reads_back_what_it_wrote() {
        let action = Action::Comment(Comment { text: "see photo".into() });
        let written = serde_json::to_string(&action).unwrap();
        assert_eq!(written, r#"{"kind":"comment","body":{"text":"see photo"}}"#);
        assert_eq!(serde_json::from_str::<Action>(&written).unwrap(), action);
    }
}
