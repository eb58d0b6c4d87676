//! A card as it is kept: compact, and quick to read, because all of them are read at every start.
//!
//! A cache: nobody has to read an old form of it. Whatever changes here or in the types it is made of (an enum's order, the
//! way a card is derived) raises [`FORM`], and cards of another form are made anew from the documents.

use std::borrow::Cow;
use std::collections::BTreeSet;

use domain::ticket::{
    Answered, Card, CardClock, Flag, Kind, ScopeKeys, Stage, TicketNumber, Urgency, Waiting,
};
use domain::{DepartmentId, PersonId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};
use sync::Held;

use super::parts::Span;

/// The form that this version writes and reads.
pub(super) const FORM: u8 = 4;

/// A held ticket's card and where its document lies within the part.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CardRow<'r> {
    span: Span,
    revision: u64,
    generation: u64,
    ticket: TicketId,
    number: Option<&'r str>,
    stage: Stage,
    waiting: Option<Waiting>,
    kind: Kind,
    urgency: Urgency,
    flags: Cow<'r, BTreeSet<Flag>>,
    department: DepartmentId,
    accountable: Option<PersonId>,
    registered_in: DepartmentId,
    customer: &'r str,
    company: &'r str,
    phone: &'r str,
    region: &'r str,
    address: &'r str,
    model: &'r str,
    serial: &'r str,
    summary: &'r str,
    created: Timestamp,
    updated: Timestamp,
    cycle: u32,
    answered: Option<Answered>,
    conflicts: u32,
    clocks: Cow<'r, [CardClock]>,
}

impl<'r> CardRow<'r> {
    pub(super) fn of(held: &'r Held, span: Span) -> Self {
        // Taken apart field by field, so that a new one can't be forgotten.
        let Held { card, revision, generation } = held;
        let Card {
            ticket,
            number,
            stage,
            waiting,
            kind,
            urgency,
            flags,
            scope: ScopeKeys { department, accountable, registered_in },
            customer,
            company,
            phone,
            region,
            address,
            model,
            serial,
            summary,
            created,
            updated,
            cycle,
            answered,
            conflicts,
            clocks,
        } = card;
        Self {
            span,
            revision: *revision,
            generation: *generation,
            ticket: *ticket,
            number: number.as_ref().map(TicketNumber::as_str),
            stage: *stage,
            waiting: *waiting,
            kind: *kind,
            urgency: *urgency,
            flags: Cow::Borrowed(flags),
            department: *department,
            accountable: *accountable,
            registered_in: *registered_in,
            customer,
            company,
            phone,
            region,
            address,
            model,
            serial,
            summary,
            created: *created,
            updated: *updated,
            cycle: *cycle,
            answered: *answered,
            conflicts: u32::try_from(*conflicts).unwrap_or(u32::MAX),
            clocks: Cow::Borrowed(clocks),
        }
    }

    /// Where the document lies within the part.
    pub(super) const fn span(&self) -> Span {
        self.span
    }

    pub(super) fn into_held(self) -> Held {
        let card = Card {
            ticket: self.ticket,
            number: self.number.map(|number| TicketNumber::from_stored(number.to_owned())),
            stage: self.stage,
            waiting: self.waiting,
            kind: self.kind,
            urgency: self.urgency,
            flags: self.flags.into_owned(),
            scope: ScopeKeys {
                department: self.department,
                accountable: self.accountable,
                registered_in: self.registered_in,
            },
            customer: self.customer.to_owned(),
            company: self.company.to_owned(),
            phone: self.phone.to_owned(),
            region: self.region.to_owned(),
            address: self.address.to_owned(),
            model: self.model.to_owned(),
            serial: self.serial.to_owned(),
            summary: self.summary.to_owned(),
            created: self.created,
            updated: self.updated,
            cycle: self.cycle,
            answered: self.answered,
            conflicts: self.conflicts as usize,
            clocks: self.clocks.into_owned(),
        };
        Held { card, revision: self.revision, generation: self.generation }
    }
}

#[cfg(test)]
mod tests {
    use domain::sla::ClockName;
    use domain::ticket::CardLeft;
    use serde::Serialize;

    use super::*;

    fn written(value: &impl Serialize) -> Vec<u8> {
        postcard::to_extend(value, Vec::new()).unwrap()
    }

    /// Variants are written by their place in the enum: one that is put before others gives the old bytes another meaning.
    #[test]
    fn as_long_as_the_form_stays_every_variant_keeps_its_number() {
        let stages =
            (Stage::New, Stage::Assigned, Stage::Working, Stage::Done, Stage::Closed, Stage::Cancelled);
        assert_eq!(written(&stages), [0, 1, 2, 3, 4, 5], "raise FORM");
        assert_eq!(written(&(Waiting::Parts, Waiting::Customer)), [0, 1], "raise FORM");
        let kinds = (Kind::Fault, Kind::Complaint, Kind::Inquiry, Kind::Suggestion);
        assert_eq!(written(&kinds), [0, 1, 2, 3], "raise FORM");
        assert_eq!(written(&(Urgency::Urgent, Urgency::Normal, Urgency::Low)), [0, 1, 2], "raise FORM");
        assert_eq!(written(&(Answered::Signed, Answered::Refused)), [0, 1], "raise FORM");
        let flags = (
            Flag::SafetyHazard,
            Flag::ProductionStop,
            Flag::BatchDefect,
            Flag::StrongDissatisfaction,
            Flag::RepeatFault,
        );
        assert_eq!(written(&flags), [0, 1, 2, 3, 4], "raise FORM");
        assert_eq!(written(&ClockName::ALL), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "raise FORM");
        let lefts = (CardLeft::Due(Timestamp::from_millis(0)), CardLeft::Paused { left_ms: 0, of_ms: 0 });
        assert_eq!(written(&lefts), [0, 0, 1, 0, 0], "raise FORM");
    }

    #[test]
    fn as_long_as_the_form_stays_the_fields_keep_their_order() {
        let (held, _) = sync::conformance::held(1, 7, "it smokes");
        let span = Span { start: 300, length: 2, checksum: Some(5) };
        let row = CardRow::of(&held, span);
        let bytes = written(&row);
        assert_eq!(
            bytes[..8],
            [0xac, 0x02, 2, 1, 5, 7, 0, 16],
            "start, length, checksum, revision, generation, ticket; or raise FORM"
        );
        assert_eq!((FORM, bytes.len()), (4, 219), "raise FORM and this length");
        let (read, rest) = postcard::take_from_bytes::<CardRow<'_>>(&bytes).unwrap();
        assert_eq!((read.span(), read.into_held(), rest.len()), (span, held.clone(), 0));
    }
}
