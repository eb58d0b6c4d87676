//! Instants, and how far a device's clock is believed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Milliseconds in a minute.
    pub const MINUTE_MS: i64 = 60_000;
    /// Milliseconds in an hour.
    pub const HOUR_MS: i64 = 3_600_000;
    /// Milliseconds in a day of 24 hours.
    pub const DAY_MS: i64 = 86_400_000;

    /// Takes milliseconds since 1970-01-01T00:00:00Z.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Gives milliseconds since 1970-01-01T00:00:00Z.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The instant `millis` later (earlier if negative), held at the ends of the range.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this instant; negative if `earlier` is in fact later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ms", self.0)
    }
}

/// What a device says about when something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The device's own clock at the moment.
    pub clock: Timestamp,
    /// How far the server's clock was ahead of the device's when last measured, in milliseconds; absent if never measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_ms: Option<i64>,
    /// The server's time when the device had last heard from it: evidence, unlike the clock. Absent if it never had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<Timestamp>,
}

impl Claim {
    /// The claimed instant, corrected by the measured offset.
    pub const fn corrected(&self) -> Timestamp {
        match self.offset_ms {
            Some(offset_ms) => self.clock.plus_millis(offset_ms),
            None => self.clock,
        }
    }

    /// When it happened, as far as the claim can be believed: not before the device last heard from the server, not after
    /// `arrival`, and after everything the person had seen.
    ///
    /// `seen_until` is the latest instant of anything that the change builds on. Cause comes before effect whatever the
    /// clocks say, so that bound is the stronger one. A device that has not delivered yet passes no arrival.
    pub fn bounded(&self, seen_until: Option<Timestamp>, arrival: Option<Timestamp>) -> Timestamp {
        let mut happened = self.corrected();
        if let Some(heard) = self.heard {
            happened = happened.max(heard);
        }
        if let Some(arrival) = arrival {
            happened = happened.min(arrival);
        }
        if let Some(seen_until) = seen_until {
            happened = happened.max(seen_until.plus_millis(1));
        }
        happened
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn claim(clock: i64, offset_ms: Option<i64>) -> Claim {
        Claim { clock: at(clock), offset_ms, heard: None }
    }

    #[test]
    fn an_honest_clock_is_believed() {
        assert_eq!(claim(500, Some(20)).bounded(Some(at(100)), Some(at(900))), at(520));
    }

    #[test]
    fn a_clock_from_the_past_is_held_at_what_the_device_had_heard() {
        let fallen = Claim { heard: Some(at(700)), ..claim(-9_000, Some(20)) };
        assert_eq!(fallen.bounded(None, Some(at(900))), at(700));
        assert_eq!(fallen.bounded(None, None), at(700), "on the device itself too");
        let honest = Claim { heard: Some(at(400)), ..claim(500, Some(20)) };
        assert_eq!(honest.bounded(None, Some(at(900))), at(520));
        let lying = Claim { heard: Some(at(5_000)), ..claim(500, None) };
        assert_eq!(lying.bounded(None, Some(at(900))), at(900), "nobody has heard from the future");
    }

    #[test]
    fn a_clock_from_the_future_is_held_at_arrival() {
        assert_eq!(claim(i64::MAX, Some(5)).bounded(Some(at(100)), Some(at(900))), at(900));
    }

    #[test]
    fn a_clock_from_the_past_is_held_after_what_the_person_had_seen() {
        assert_eq!(claim(-9_000, None).bounded(Some(at(100)), Some(at(900))), at(101));
    }

    #[test]
    fn an_effect_follows_its_cause_even_within_one_millisecond() {
        assert_eq!(claim(100, None).bounded(Some(at(100)), Some(at(100))), at(101));
    }
}
