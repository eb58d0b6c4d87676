//! What the field and the office both show of a ticket: small facts, clocks, history, earlier tickets.
//!
//! What things look like and how they are said is decided in plain functions ([`face`], [`glyph`], [`deed`], [`history`],
//! [`ledger`]);
//! components put that on screen and follow the workspace. Nothing in here changes a ticket.

mod badge;
mod clock;
pub mod deed;
mod earlier;
pub mod face;
pub mod glyph;
pub mod history;
pub mod ledger;
#[cfg(test)]
pub(crate) mod sample;
mod timeline;
mod when;
mod why;

pub use badge::{Flags, NumberText, PersonName, StageBadge, UrgencyBadge, initial};
pub use clock::{ClockChip, ClockList, ExplainedClock, NextClock, running};
pub use earlier::{EarlierTickets, digits, earlier, ticket_path};
pub use timeline::{SyncMark, Timeline};
pub use when::{When, iso, use_when};
pub use why::{LedgerView, WhyDialog, WhyOf, provide_why, use_why};

use domain::TicketId;
use domain::ticket::{Card, Ticket, TicketNumber, provisional_number};

use crate::i18n::Words;

/// What people call a ticket, as plain text.
pub fn number_of(ticket: TicketId, number: Option<&TicketNumber>, words: Words) -> String {
    match number {
        Some(number) => number.as_str().to_owned(),
        None => words.number_new(provisional_number(ticket)),
    }
}

/// What people call a card's ticket, as plain text.
pub fn number_words(card: &Card, words: Words) -> String {
    number_of(card.ticket, card.number.as_ref(), words)
}

/// One line that says what a ticket is about: its summary, or else the beginning of the customer's words.
pub fn title_of(ticket: &Ticket) -> String {
    match ticket.intake.summary.trim() {
        "" => ticket.intake.words.trim().lines().next().unwrap_or_default().to_owned(),
        summary => summary.to_owned(),
    }
}
