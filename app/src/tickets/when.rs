//! Instants as people write them when they know what day it is: `09:40`, `tomorrow 09:40`, `Tue 09:40`, `3 Nov 09:40`.

use domain::Timestamp;
use leptos::prelude::*;

use crate::device::intl::{self, Form};
use crate::i18n::{Lang, spaced, use_lang};
use crate::workspace::use_workspace;

/// Writes instants in the language of this place, seen from today. Readers follow the language and the turn of the day.
#[derive(Debug, Clone, Copy)]
pub struct When {
    lang: Lang,
    today: Memo<i64>,
}

/// The writer of instants of this place.
pub fn use_when() -> When {
    let now = use_workspace().now();
    When { lang: use_lang(), today: Memo::new(move |_| day_number(now.get())) }
}

impl When {
    /// The time of day.
    pub fn time(self, instant: Timestamp) -> String {
        spaced(&intl::instant(self.lang.locale(), instant, Form::Time))
    }

    /// Day and time, as short as today allows.
    pub fn instant(self, instant: Timestamp) -> String {
        let words = self.lang.words();
        match Nearness::of(day_number(instant), self.today.get()) {
            Nearness::Today => self.time(instant),
            Nearness::Yesterday => words.yesterday_at(self.time(instant)),
            Nearness::Tomorrow => words.tomorrow_at(self.time(instant)),
            Nearness::Soon => spaced(&intl::instant(self.lang.locale(), instant, Form::WeekdayTime)),
            Nearness::Near => spaced(&intl::instant(self.lang.locale(), instant, Form::DayTime)),
            Nearness::Far => spaced(&intl::instant(self.lang.locale(), instant, Form::FullDayTime)),
        }
    }

    /// The day, for a heading.
    pub fn day(self, instant: Timestamp) -> String {
        let words = self.lang.words();
        match Nearness::of(day_number(instant), self.today.get()) {
            Nearness::Today => words.today().to_owned(),
            Nearness::Yesterday => words.yesterday().to_owned(),
            Nearness::Far => spaced(&intl::instant(self.lang.locale(), instant, Form::FullDay)),
            _ => spaced(&intl::instant(self.lang.locale(), instant, Form::Weekday)),
        }
    }

    /// How many days ago, for what is long past.
    pub fn ago(self, instant: Timestamp) -> String {
        let days = self.today.get() - day_number(instant);
        let now = Timestamp::from_millis(0).plus_millis(days * Timestamp::DAY_MS);
        match days {
            0 => self.time(instant),
            _ => spaced(&intl::relative(self.lang.locale(), Timestamp::from_millis(0), now)),
        }
    }

    /// Everything of it, for evidence.
    pub fn exact(self, instant: Timestamp) -> String {
        spaced(&intl::instant(self.lang.locale(), instant, Form::Exact))
    }

    /// A number that two instants share if they fall on the same day for the reader.
    pub fn day_number(self, instant: Timestamp) -> i64 {
        day_number(instant)
    }
}

/// Numbers the days of the device's time zone. A day's start is at most fourteen hours off a whole day of UTC.
fn day_number(instant: Timestamp) -> i64 {
    (intl::start_of_day(instant).as_millis() + Timestamp::DAY_MS / 2).div_euclid(Timestamp::DAY_MS)
}

/// For `<time datetime>`.
pub fn iso(instant: Timestamp) -> String {
    let utc = chrono::DateTime::from_timestamp_millis(instant.as_millis()).unwrap_or_default();
    utc.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// How near a day is to today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nearness {
    Today,
    Yesterday,
    Tomorrow,
    Soon,
    Near,
    Far,
}

impl Nearness {
    /// Both days as running numbers. A weekday's name means the next one of it, so it is clear for six days ahead.
    const fn of(day: i64, today: i64) -> Self {
        match day - today {
            0 => Self::Today,
            -1 => Self::Yesterday,
            1 => Self::Tomorrow,
            2..=6 => Self::Soon,
            // Half a year to either side, so that day and month can't mean two years.
            -180..=180 => Self::Near,
            _ => Self::Far,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weekday_is_named_alone_only_for_the_next_one() {
        let near: Vec<_> = [-181, -7, -6, -1, 0, 1, 6, 7].map(|day| Nearness::of(100 + day, 100)).to_vec();
        use Nearness::{Far, Near, Soon, Today, Tomorrow, Yesterday};
        assert_eq!(near, [Far, Near, Near, Yesterday, Today, Tomorrow, Soon, Near]);
    }
}
