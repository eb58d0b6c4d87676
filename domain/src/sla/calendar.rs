//! When a department works: hours of the week, public holidays, make-up workdays, half days.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::date::{Date, TimeOfDay, Weekday};
use super::hours::Hours;
use super::zone::{Zone, ZoneProblem};

/// A stretch of a day, from and not including until. Written as `["09:00","12:00"]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// When it begins.
    pub from: TimeOfDay,
    /// When it is over.
    pub until: TimeOfDay,
}

impl Serialize for Interval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.from, self.until).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (from, until) = Deserialize::deserialize(deserializer)?;
        Ok(Self { from, until })
    }
}

/// Opening hours for each day of the week. A day that is missing is closed.
pub type Week = BTreeMap<Weekday, Vec<Interval>>;

/// A name in several languages, by BCP 47 tag (`zh-CN`, `zh-TW`, `en`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(pub BTreeMap<String, String>);

impl Name {
    /// The name in `language`, or in the first language it is written in.
    pub fn in_language(&self, language: &str) -> &str {
        self.0.get(language).or_else(|| self.0.values().next()).map_or("", String::as_str)
    }
}

/// What a date is when it is not an ordinary day of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SpecialDay {
    /// A public or company holiday: closed all day.
    Holiday {
        /// What it is called.
        #[serde(default)]
        name: Name,
    },
    /// 调休: worked in exchange for a holiday, with the calendar's make-up hours.
    MakeUp {
        /// The holiday it makes up for.
        #[serde(default)]
        name: Name,
    },
    /// A day with hours of its own, such as a half day before a festival. Without hours it is closed.
    Hours {
        /// What it is called.
        #[serde(default)]
        name: Name,
        /// When it is open.
        hours: Vec<Interval>,
    },
}

impl SpecialDay {
    /// What the day is called.
    pub const fn name(&self) -> &Name {
        match self {
            Self::Holiday { name } | Self::MakeUp { name } | Self::Hours { name, .. } => name,
        }
    }
}

/// Special days that several calendars share, such as a country's public holidays. Updated by a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolidaySet {
    /// Short and permanent: calendars name it.
    pub id: String,
    /// What people call it.
    pub name: Name,
    /// The last date for which it is complete. Beyond it, dates count as ordinary days of the week.
    pub until: Date,
    /// The days.
    pub days: BTreeMap<Date, SpecialDay>,
}

/// When somebody works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Short and permanent: policies name it.
    pub id: String,
    /// What people call it.
    pub name: Name,
    /// Where its wall clock hangs.
    pub zone: Zone,
    /// The ordinary week.
    pub week: Week,
    /// The hours of a make-up workday. Empty: the hours of the first open day of the week.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub make_up_hours: Vec<Interval>,
    /// The holiday sets it follows, by id. An earlier one wins over a later one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<String>,
    /// Special days of its own. They win over those of the sets.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub days: BTreeMap<Date, SpecialDay>,
}

/// Where in a calendar something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Where {
    /// In the ordinary week.
    Weekday(Weekday),
    /// In the hours of make-up workdays.
    MakeUp,
    /// On a special day.
    Date(Date),
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weekday(day) => write!(f, "{day:?}"),
            Self::MakeUp => f.write_str("make-up workdays"),
            Self::Date(date) => write!(f, "{date}"),
        }
    }
}

/// Why a calendar can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum CalendarProblem {
    /// No clock that counts its hours would ever be due.
    #[error("the calendar never opens")]
    NeverOpens,
    /// An interval ends before or when it begins.
    #[error("{place}: hours from {} until {} are reversed or empty", interval.from, interval.until)]
    Reversed {
        /// Where.
        place: Where,
        /// The interval.
        interval: Interval,
    },
    /// Two intervals of one day share time.
    #[error("{place}: hours from {} until {} and from {} until {} overlap",
        first.from, first.until, second.from, second.until)]
    Overlapping {
        /// Where.
        place: Where,
        /// The earlier interval.
        first: Interval,
        /// The later one.
        second: Interval,
    },
    /// The zone's data makes no sense.
    #[error("the time zone's data makes no sense: {zone:?}")]
    Zone {
        /// What is wrong.
        zone: ZoneProblem,
    },
    /// It follows a holiday set that does not exist.
    #[error("there is no holiday set “{id}”")]
    UnknownHolidays {
        /// The set's id.
        id: String,
    },
}

/// A calendar ready for reckoning.
#[derive(Debug, Clone)]
pub struct Workdays {
    calendar: Calendar,
    days: BTreeMap<Date, SpecialDay>,
    make_up_hours: Vec<Interval>,
    hours: Hours,
}

impl Workdays {
    /// Takes a calendar with the holiday sets that exist.
    ///
    /// # Errors
    /// The first reason why it can't be used.
    pub fn new(calendar: &Calendar, sets: &[HolidaySet]) -> Result<Self, CalendarProblem> {
        calendar.zone.check().map_err(|zone| CalendarProblem::Zone { zone })?;
        let mut days = BTreeMap::new();
        for id in calendar.holidays.iter().rev() {
            let unknown = || CalendarProblem::UnknownHolidays { id: id.clone() };
            let set = sets.iter().find(|set| set.id == *id).ok_or_else(unknown)?;
            days.extend(set.days.iter().map(|(date, day)| (*date, day.clone())));
        }
        days.extend(calendar.days.iter().map(|(date, day)| (*date, day.clone())));
        let make_up_hours = match &calendar.make_up_hours[..] {
            [] => calendar.week.values().find(|hours| !hours.is_empty()).cloned().unwrap_or_default(),
            hours => in_order(Where::MakeUp, hours)?,
        };
        let mut week: [Vec<Interval>; 7] = Default::default();
        for (weekday, hours) in &calendar.week {
            week[*weekday as usize] = in_order(Where::Weekday(*weekday), hours)?;
        }
        let mut special = BTreeMap::new();
        for (date, day) in &days {
            let hours = match day {
                SpecialDay::Holiday { .. } => Vec::new(),
                SpecialDay::MakeUp { .. } => make_up_hours.clone(),
                SpecialDay::Hours { hours, .. } => in_order(Where::Date(*date), hours)?,
            };
            special.insert(*date, hours);
        }
        let never = week.iter().all(Vec::is_empty) && special.values().all(Vec::is_empty);
        if never {
            return Err(CalendarProblem::NeverOpens);
        }
        let hours = Hours::new(calendar.zone.clone(), week, special);
        Ok(Self { calendar: calendar.clone(), days, make_up_hours, hours })
    }

    /// The calendar it was made from.
    pub const fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The arithmetic of its open time.
    pub const fn hours(&self) -> &Hours {
        &self.hours
    }

    /// What a date is, if it is not an ordinary day of the week.
    pub fn special(&self, date: Date) -> Option<&SpecialDay> {
        self.days.get(&date)
    }

    /// The hours of make-up workdays.
    pub fn make_up_hours(&self) -> &[Interval] {
        &self.make_up_hours
    }
}

/// The intervals of one day, earliest first.
fn in_order(place: Where, hours: &[Interval]) -> Result<Vec<Interval>, CalendarProblem> {
    if let Some(interval) = hours.iter().find(|interval| interval.until <= interval.from) {
        return Err(CalendarProblem::Reversed { place, interval: *interval });
    }
    let mut hours = hours.to_vec();
    hours.sort_unstable();
    if let Some(pair) = hours.windows(2).find(|pair| pair[1].from < pair[0].until) {
        return Err(CalendarProblem::Overlapping { place, first: pair[0], second: pair[1] });
    }
    Ok(hours)
}
