//! Ticket numbers as people read them out on the phone.

use std::fmt;

use chrono::{DateTime, Datelike, FixedOffset};
use serde::{Deserialize, Serialize};

use crate::{TicketId, Timestamp};

/// A final number such as `FB202611001`: prefix, year, month, running number in the month. Issued by the server only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TicketNumber(String);

impl TicketNumber {
    /// The number of the `running`-th ticket of a month, counted from 1. Grows past three digits when a month is busy.
    pub fn new(month: Month, running: u32) -> Self {
        Self(format!("FB{:04}{:02}{running:03}", month.year, month.month))
    }

    /// Takes a number as stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The month and the running number that it says; nothing, if it is none that [`new`](Self::new) makes.
    pub fn place(&self) -> Option<(Month, u32)> {
        let (year, rest) = self.0.strip_prefix("FB")?.split_at_checked(4)?;
        let (month, running) = rest.split_at_checked(2)?;
        let month = Month { year: year.parse().ok()?, month: month.parse().ok()? };
        let running = running.parse().ok()?;
        let is_one = (1..=12).contains(&month.month) && running > 0 && Self::new(month, running) == *self;
        is_one.then_some((month, running))
    }

    /// The number as people write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TicketNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A month of the company's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Year of the common era.
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
}

impl Month {
    /// The month that `instant` falls into where clocks are `utc_offset_minutes` ahead of UTC.
    ///
    /// Instants outside the common era's representable years count as January 1970: no server clock shows them.
    pub fn of(instant: Timestamp, utc_offset_minutes: i32) -> Self {
        let zone = FixedOffset::east_opt(utc_offset_minutes.saturating_mul(60));
        let local = DateTime::from_timestamp_millis(instant.as_millis())
            .zip(zone)
            .and_then(|(utc, zone)| utc.naive_utc().checked_add_offset(zone))
            .map(|local| local.date())
            .unwrap_or_default();
        Self { year: local.year(), month: local.month() }
    }
}

/// A number to call a ticket by until the server has given the final one, the same on every device: `新` is the screen's to add.
///
/// Four letters and digits out of the ticket's own id, without those that are mistaken for one another.
pub fn provisional_number(ticket: TicketId) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let bits = ticket.as_uuid().as_u128();
    (0..4).rev().map(|place| char::from(ALPHABET[((bits >> (place * 5)) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_number_carries_the_companys_month_not_utcs() {
        let last_evening_of_october_utc = Timestamp::from_millis(1_793_466_000_000); // 2026-10-31T17:00:00Z
        assert_eq!(TicketNumber::new(Month::of(last_evening_of_october_utc, 480), 1).as_str(), "FB202611001");
        assert_eq!(
            TicketNumber::new(Month::of(last_evening_of_october_utc, 0), 1_234).as_str(),
            "FB2026101234"
        );
    }

    #[test]
    fn a_number_says_its_month_and_its_place_in_it_and_nothing_else_is_a_number() {
        let month = Month { year: 2026, month: 11 };
        for running in [1, 999, 1_000, u32::MAX] {
            assert_eq!(TicketNumber::new(month, running).place(), Some((month, running)));
        }
        for text in [
            "",
            "FB",
            "FB202611",
            "FB20261100",
            "FB202611000",
            "FB20261101",
            "FB2026110001",
            "FB202613001",
            "FB202600001",
            "FB+02611001",
            "FB202611+01",
            "FB2026114294967296",
            "XX202611001",
            "FB二〇二六11001",
        ] {
            assert_eq!(TicketNumber::from_stored(text.to_owned()).place(), None, "{text}");
        }
    }

    #[test]
    fn a_provisional_number_is_four_unmistakable_characters() {
        assert_eq!(provisional_number(TicketId::from_uuid(Uuid::from_u128(0x7fff_ffff))), "ZZZZ");
        assert_eq!(provisional_number(TicketId::from_uuid(Uuid::from_u128(33))), "0011");
    }
}
