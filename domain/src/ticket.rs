//! The ticket: what people do to it ([`Change`]), what has been recorded ([`Recorded`]), and what everyone sees
//! ([`Ticket`], folded from the record).
//!
//! The record is the truth. A ticket is never changed in place: it is folded from its changes in the order in which they
//! happened, so the order in which they arrived can't matter.

mod action;
mod attachment;
mod card;
mod change;
mod document;
mod field_work;
mod fold;
mod intake;
mod number;
mod plan;
mod quality;
mod sign_off;
mod single;
mod stage;

pub use action::{
    Action, ActionKind, Assignment, Classification, Closing, Comment, NewUrgency, Nothing, Reason,
    Settlement, UnknownAction,
};
pub use attachment::{Attachment, AttachmentKind, FILE_BYTES, FileHash, ImageSize, MediaType, Place};
pub use card::{Card, CardClock, CardLeft, ScopeKeys};
pub use change::{Admission, Change, Doubt, Recorded, Seen};
pub use document::Document;
pub use field_work::{
    Callback, CloseResult, Completion, PartReplacement, Progress, ProgressKind, ResponsibleParty, Visit,
};
pub use fold::{Accountable, Conflict, ConflictKind, Entry, Outcome, SingleField, Ticket};
pub use intake::{
    Channel, ComplaintNature, Customer, Difficulty, Flag, Intake, IntakeTimes, Kind, Product, Site, Urgency,
    Verification,
};
pub use number::{Month, TicketNumber, provisional_number};
pub use plan::{Milestone, MilestoneReached, Plan};
pub use quality::Inspection;
pub(crate) use sign_off::hex;
pub use sign_off::{Answer, Answered, Point, Satisfaction, Sheet, SheetRow, SignOff, Signature, Stroke};
pub use single::{Overruled, Single};
pub use stage::{Stage, Waiting};
