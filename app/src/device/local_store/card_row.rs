//! A card as it is kept: compact, and quick to read, because all of them are read at every start.
//!
//! A cache: nobody has to read an old form of it. Whatever changes here or in the types it is made of (an enum's order, the
//! way a card is derived) raises [`FORM`], and cards of another form are made anew from the documents.

use std::borrow::Cow;
use std::collections::BTreeSet;

use domain::ticket::{Card, CardClock, Flag, Kind, ScopeKeys, Stage, TicketNumber, Urgency, Waiting};
use domain::{DepartmentId, PersonId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};
use sync::Held;

/// The form that this version writes and reads.
pub(super) const FORM: u8 = 1;

/// A held ticket's card and where its document lies within the part.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CardRow<'r> {
    start: u32,
    length: u32,
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
    signed: bool,
    conflicts: u32,
    clocks: Cow<'r, [CardClock]>,
}

impl<'r> CardRow<'r> {
    pub(super) fn of(held: &'r Held, start: u32, length: u32) -> Self {
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
            signed,
            conflicts,
            clocks,
        } = card;
        Self {
            start,
            length,
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
            signed: *signed,
            conflicts: u32::try_from(*conflicts).unwrap_or(u32::MAX),
            clocks: Cow::Borrowed(clocks),
        }
    }

    /// Where the document lies within the part: its first byte, and how many.
    pub(super) const fn place(&self) -> (u32, u32) {
        (self.start, self.length)
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
            signed: self.signed,
            conflicts: self.conflicts as usize,
            clocks: self.clocks.into_owned(),
        };
        Held { card, revision: self.revision, generation: self.generation }
    }
}
