//! Days and hours as a calendar on the wall shows them, without a zone.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Timestamp;

/// Milliseconds in a minute.
pub(super) const MINUTE: i64 = Timestamp::MINUTE_MS;
/// Milliseconds in a day of 24 hours.
pub(super) const DAY: i64 = Timestamp::DAY_MS;

/// A day of the week. Weeks begin on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Weekday {
    /// Every day, Monday first.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];
}

/// A date: days since 1970-01-01. Written as `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

impl Date {
    /// Takes days since 1970-01-01.
    pub const fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// Gives days since 1970-01-01.
    pub const fn days(self) -> i32 {
        self.0
    }

    /// The day of the week.
    pub const fn weekday(self) -> Weekday {
        Weekday::ALL[weekday_of(self.0 as i64)]
    }

    /// The date `days` later.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }
}

/// Which day of the week a day since 1970-01-01 is, Monday being 0.
pub(super) const fn weekday_of(day: i64) -> usize {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7) as usize
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NaiveDate::from_epoch_days(self.0) {
            Some(date) => write!(f, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day()),
            None => write!(f, "day {}", self.0),
        }
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a date written as YYYY-MM-DD")]
pub struct NotADate(String);

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let not = || NotADate(text.to_owned());
        let mut parts = text.splitn(3, '-');
        let mut part = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits).ok_or_else(not)?;
            // A number may have a sign; a date hasn't.
            if !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(not());
            }
            part.parse::<u32>().map_err(|_| not())
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        let year = i32::try_from(year).map_err(|_| not())?;
        NaiveDate::from_ymd_opt(year, month, day).map(|date| Self(date.to_epoch_days())).ok_or_else(not)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A time of day in whole minutes, up to and including 24:00. Written as `HH:MM`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The beginning of the day.
    pub const MIDNIGHT: Self = Self(0);
    /// The end of the day, 24:00.
    pub const END: Self = Self(24 * 60);

    /// Takes minutes since the day began; nothing beyond 24:00.
    pub const fn from_minutes(minutes: u16) -> Option<Self> {
        if minutes <= 24 * 60 { Some(Self(minutes)) } else { None }
    }

    /// Gives minutes since the day began.
    pub const fn minutes(self) -> u16 {
        self.0
    }

    pub(super) const fn millis(self) -> i64 {
        self.0 as i64 * MINUTE
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Debug for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a time of day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a time of day written as HH:MM, from 00:00 to 24:00")]
pub struct NotATime(String);

impl FromStr for TimeOfDay {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let not = || NotATime(text.to_owned());
        let two = |part: &str| match part.as_bytes() {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
                Ok(u16::from(tens - b'0') * 10 + u16::from(ones - b'0'))
            }
            _ => Err(not()),
        };
        let (hours, minutes) = text.split_once(':').ok_or_else(not)?;
        let (hours, minutes) = (two(hours)?, two(minutes)?);
        if minutes > 59 {
            return Err(not());
        }
        Self::from_minutes(hours * 60 + minutes).ok_or_else(not)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_written_alike_and_know_their_weekday() {
        let date: Date = "2026-01-04".parse().unwrap();
        assert_eq!(date.to_string(), "2026-01-04");
        assert_eq!(date.weekday(), Weekday::Sun);
        assert_eq!(Date::from_days(0).weekday(), Weekday::Thu);
        assert_eq!(Date::from_days(-4).weekday(), Weekday::Sun);
    }

    #[test]
    fn what_is_not_a_date_or_a_time_is_refused() {
        for text in [
            "2026-02-29",
            "26-01-04",
            "2026-1-4",
            "2026-01-04T00",
            "",
            "2026/01/04",
            "2026-+1-04",
            "+026-01-04",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        for text in ["24:01", "9:00", "09:60", "0900", "", "-1:00", "+9:00", "09:00:00"] {
            assert!(text.parse::<TimeOfDay>().is_err(), "{text}");
        }
        assert_eq!("24:00".parse::<TimeOfDay>().unwrap(), TimeOfDay::END);
    }
}
