//! A year of a calendar, day by day: what each day is and why.

use domain::sla::{Calendar, Date, HolidaySet, Interval, Name, SpecialDay};

/// What a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// Open, as every week.
    Open,
    /// Closed, as every week.
    Closed,
    /// Closed, because of a holiday.
    Holiday,
    /// Open in exchange for a holiday.
    MakeUp,
    /// Open at hours of its own.
    Hours,
}

impl Look {
    /// Its name in the style sheets.
    pub const fn style(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Holiday => "holiday",
            Self::MakeUp => "make-up",
            Self::Hours => "hours",
        }
    }
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// What it is.
    pub look: Look,
    /// What it is called, if it is called anything.
    pub name: Name,
    /// Whether the calendar says so itself, not a list it follows.
    pub own: bool,
    /// When it is open.
    pub hours: Vec<Interval>,
}

/// A month: the place of its first day in the week (0 for Monday), and its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// From 1 to 12.
    pub number: u8,
    /// How many days of the week come before its first.
    pub lead: usize,
    /// Its days.
    pub days: Vec<Day>,
}

/// The months of a year; nothing beyond the year 9999.
pub fn year(calendar: &Calendar, sets: &[HolidaySet], year: i32) -> Vec<Month> {
    let month = |number: u8| {
        let first = first_of(year, number)?;
        let next = if number == 12 { first_of(year + 1, 1)? } else { first_of(year, number + 1)? };
        let days =
            (first.days()..next.days()).map(|day| look(calendar, sets, Date::from_days(day))).collect();
        Some(Month { number, lead: first.weekday() as usize, days })
    };
    (1..=12).filter_map(month).collect()
}

/// The first day of a month.
pub fn first_of(year: i32, month: u8) -> Option<Date> {
    format!("{year:04}-{month:02}-01").parse().ok()
}

/// The year that a date lies in.
pub fn year_of(date: Date) -> i32 {
    date.to_string().split('-').next().and_then(|year| year.parse().ok()).unwrap_or(1970)
}

/// What a date is in a calendar. Also answers for a calendar that can't be used yet.
pub fn look(calendar: &Calendar, sets: &[HolidaySet], date: Date) -> Day {
    let own = calendar.days.get(&date);
    let mut followed = calendar.holidays.iter().filter_map(|id| sets.iter().find(|set| set.id == *id));
    let special = own.or_else(|| followed.find_map(|set| set.days.get(&date)));
    let week = || calendar.week.get(&date.weekday()).cloned().unwrap_or_default();
    let (look, hours) = match special {
        None => match week() {
            hours if hours.is_empty() => (Look::Closed, hours),
            hours => (Look::Open, hours),
        },
        Some(SpecialDay::Holiday { .. }) => (Look::Holiday, Vec::new()),
        Some(SpecialDay::MakeUp { .. }) => (Look::MakeUp, make_up_hours(calendar)),
        Some(SpecialDay::Hours { hours, .. }) if hours.is_empty() => (Look::Holiday, Vec::new()),
        Some(SpecialDay::Hours { hours, .. }) => (Look::Hours, hours.clone()),
    };
    let name = special.map(|day| day.name().clone()).unwrap_or_default();
    Day { date, look, name, own: own.is_some(), hours }
}

fn make_up_hours(calendar: &Calendar) -> Vec<Interval> {
    if calendar.make_up_hours.is_empty() {
        calendar.week.values().find(|hours| !hours.is_empty()).cloned().unwrap_or_default()
    } else {
        calendar.make_up_hours.clone()
    }
}

/// The date that an arrow leads to, in a year laid out by months and weeks. Stays within the year.
pub fn step(from: Date, key: &str) -> Option<Date> {
    let to = match key {
        "ArrowLeft" => from.plus(-1),
        "ArrowRight" => from.plus(1),
        "ArrowUp" => from.plus(-7),
        "ArrowDown" => from.plus(7),
        "PageUp" => from.plus(-28),
        "PageDown" => from.plus(28),
        _ => return None,
    };
    (year_of(to) == year_of(from)).then_some(to)
}

#[cfg(test)]
mod tests {
    use domain::sla::{Policy, Workdays};

    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn chinas_2026_shows_its_holidays_by_name_and_its_make_up_days() {
        let policy = Policy::shipped();
        let day = |text| look(&policy.calendars[0], &policy.holidays, date(text));
        let spring = day("2026-02-17");
        assert_eq!(
            (spring.look, spring.name.in_language("zh-CN"), spring.own),
            (Look::Holiday, "春节", false)
        );
        assert_eq!(day("2026-02-28").look, Look::MakeUp);
        assert_eq!(day("2026-03-02").look, Look::Open);
        assert_eq!(day("2026-03-01").look, Look::Closed);
    }

    #[test]
    fn what_is_shown_is_what_is_reckoned() {
        let policy = Policy::shipped();
        let workdays = Workdays::new(&policy.calendars[0], &policy.holidays).unwrap();
        let months = year(&policy.calendars[0], &policy.holidays, 2026);
        let days: Vec<_> = months.iter().flat_map(|month| &month.days).collect();
        assert_eq!(days.len(), 365);
        for day in days {
            let open = !workdays.hours().on(day.date).is_empty();
            assert_eq!(open, !day.hours.is_empty(), "{}", day.date);
            assert_eq!(open, matches!(day.look, Look::Open | Look::MakeUp | Look::Hours), "{}", day.date);
        }
    }

    #[test]
    fn months_begin_under_their_weekday() {
        let policy = Policy::shipped();
        let months = year(&policy.calendars[0], &policy.holidays, 2024);
        assert_eq!(months[0].lead, 0);
        assert_eq!((months[1].lead, months[1].days.len()), (3, 29));
        assert_eq!(months[11].days.len(), 31);
    }

    #[test]
    fn a_day_of_its_own_wins_over_the_list() {
        let policy = Policy::shipped();
        let mut calendar = policy.calendars[0].clone();
        let half = SpecialDay::Hours {
            name: Name::default(),
            hours: vec![calendar.week[&domain::sla::Weekday::Mon][0]],
        };
        calendar.days.insert(date("2026-02-17"), half);
        let day = look(&calendar, &policy.holidays, date("2026-02-17"));
        assert_eq!((day.look, day.own), (Look::Hours, true));
    }

    #[test]
    fn arrows_stay_in_the_year() {
        assert_eq!(step(date("2026-01-03"), "ArrowUp"), None);
        assert_eq!(step(date("2026-01-31"), "ArrowRight"), Some(date("2026-02-01")));
        assert_eq!(step(date("2026-01-31"), "x"), None);
    }
}
