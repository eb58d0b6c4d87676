//! Amounts of time as they are typed: a number and a unit.

use domain::sla::Target;

/// What an amount is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Minutes, every one counting.
    Minutes,
    /// Hours, every one counting.
    Hours,
    /// Minutes of a calendar's open time.
    WorkingMinutes,
    /// Hours of a calendar's open time.
    WorkingHours,
    /// Days on which a calendar is open.
    WorkingDays,
}

impl Unit {
    /// Every unit, in the order a form lists them.
    pub const ALL: [Self; 5] =
        [Self::Minutes, Self::Hours, Self::WorkingMinutes, Self::WorkingHours, Self::WorkingDays];

    /// So much, counted in this.
    pub const fn target(self, amount: u32) -> Target {
        match self {
            Self::Minutes => Target::Calendar { minutes: amount },
            Self::Hours => Target::Calendar { minutes: amount.saturating_mul(60) },
            Self::WorkingMinutes => Target::Open { minutes: amount },
            Self::WorkingHours => Target::Open { minutes: amount.saturating_mul(60) },
            Self::WorkingDays => Target::Workdays { days: amount },
        }
    }
}

/// An amount of time: a number of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// How many.
    pub number: u32,
    /// Of what.
    pub unit: Unit,
}

impl Amount {
    /// The amount in its largest whole unit.
    pub const fn of(target: Target) -> Self {
        match target {
            Target::Calendar { minutes } if is_hours(minutes) => {
                Self { number: minutes / 60, unit: Unit::Hours }
            }
            Target::Calendar { minutes } => Self { number: minutes, unit: Unit::Minutes },
            Target::Open { minutes } if is_hours(minutes) => {
                Self { number: minutes / 60, unit: Unit::WorkingHours }
            }
            Target::Open { minutes } => Self { number: minutes, unit: Unit::WorkingMinutes },
            Target::Workdays { days } => Self { number: days, unit: Unit::WorkingDays },
        }
    }

    /// The amount written in `unit`, if it is kept in that unit and is a whole number of it.
    pub fn in_unit(target: Target, unit: Unit) -> Option<u32> {
        match (target, unit) {
            (Target::Calendar { minutes }, Unit::Minutes)
            | (Target::Open { minutes }, Unit::WorkingMinutes) => Some(minutes),
            (Target::Calendar { minutes }, Unit::Hours) | (Target::Open { minutes }, Unit::WorkingHours) => {
                minutes.is_multiple_of(60).then_some(minutes / 60)
            }
            (Target::Workdays { days }, Unit::WorkingDays) => Some(days),
            _ => None,
        }
    }
}

const fn is_hours(minutes: u32) -> bool {
    minutes != 0 && minutes.is_multiple_of(60)
}

/// The text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnAmount;

/// Reads a whole number above zero, typed with western or full-width digits; in hours also `1.5`, which is kept as minutes.
///
/// Zero is no amount: it would be kept without its unit.
///
/// # Errors
/// If the text is anything else, or too large to be kept.
pub fn read_amount(text: &str, unit: Unit) -> Result<Target, NotAnAmount> {
    let target = read_target(text, unit)?;
    let nothing = matches!(
        target,
        Target::Calendar { minutes: 0 } | Target::Open { minutes: 0 } | Target::Workdays { days: 0 }
    );
    if nothing { Err(NotAnAmount) } else { Ok(target) }
}

fn read_target(text: &str, unit: Unit) -> Result<Target, NotAnAmount> {
    let text: String = text.trim().chars().map(western).collect();
    if let Ok(number) = read_whole(&text) {
        return Ok(unit.target(number));
    }
    let smaller = match unit {
        Unit::Hours => Unit::Minutes,
        Unit::WorkingHours => Unit::WorkingMinutes,
        _ => return Err(NotAnAmount),
    };
    let (whole, part) = text.split_once('.').ok_or(NotAnAmount)?;
    // Quarters of an hour, and tenths, are whole minutes; nothing finer is promised to anybody.
    let (whole, digits) = (read_whole(whole)?, u32::try_from(part.len()).map_err(|_| NotAnAmount)?);
    let part = read_whole(part)?;
    let of = 10_u32.checked_pow(digits).ok_or(NotAnAmount)?;
    let minutes = part.checked_mul(60).ok_or(NotAnAmount)?;
    if !minutes.is_multiple_of(of) {
        return Err(NotAnAmount);
    }
    let minutes = whole.checked_mul(60).and_then(|whole| whole.checked_add(minutes / of));
    Ok(smaller.target(minutes.ok_or(NotAnAmount)?))
}

/// Reads a whole number of at most six digits.
///
/// # Errors
/// If the text is anything else.
pub fn read_whole(text: &str) -> Result<u32, NotAnAmount> {
    let digits: String = text.trim().chars().map(western).collect();
    let fits = (1..=6).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    if fits { digits.parse().map_err(|_| NotAnAmount) } else { Err(NotAnAmount) }
}

/// Reads a time of day: `9`, `9:30`, `0930`, `24:00`, with western or full-width digits and colon.
pub fn read_time(text: &str) -> Option<domain::sla::TimeOfDay> {
    let text: String = text.trim().chars().map(western).collect();
    let number = |part: &str| {
        let fits = (1..=2).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
        if fits { part.parse::<u16>().ok() } else { None }
    };
    let (hours, minutes) = match text.split_once([':', '.']) {
        Some((hours, minutes)) if minutes.len() == 2 => (number(hours)?, number(minutes)?),
        Some(_) => return None,
        None if text.len() > 2 && text.is_ascii() => {
            let (hours, minutes) = text.split_at(text.len() - 2);
            (number(hours)?, number(minutes)?)
        }
        None => (number(&text)?, 0),
    };
    if minutes > 59 {
        return None;
    }
    domain::sla::TimeOfDay::from_minutes(hours * 60 + minutes)
}

/// The western digit, colon or point for a full-width one.
const fn western(letter: char) -> char {
    match letter {
        '\u{ff10}'..='\u{ff19}' => (b'0' + (letter as u32 - 0xff10) as u8) as char,
        '\u{ff1a}' => ':',
        '\u{ff0e}' | '\u{3002}' => '.',
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_amount_is_read_back_as_it_was_written() {
        let targets = [
            Target::Calendar { minutes: 90 },
            Target::hours(24),
            Target::Open { minutes: 45 },
            Target::Open { minutes: 480 },
            Target::Workdays { days: 3 },
        ];
        for target in targets {
            let Amount { number, unit } = Amount::of(target);
            assert_eq!(read_amount(&number.to_string(), unit), Ok(target));
            assert_eq!(Amount::in_unit(target, unit), Some(number));
        }
    }

    #[test]
    fn parts_of_hours_are_kept_as_minutes_and_nothing_finer_is() {
        assert_eq!(read_amount("1.5", Unit::Hours), Ok(Target::Calendar { minutes: 90 }));
        assert_eq!(read_amount("0.25", Unit::WorkingHours), Ok(Target::Open { minutes: 15 }));
        for (text, unit) in
            [("1.001", Unit::Hours), ("1.5", Unit::WorkingDays), ("1.5", Unit::Minutes), ("1.", Unit::Hours)]
        {
            assert_eq!(read_amount(text, unit), Err(NotAnAmount), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_not_an_amount() {
        for text in ["", " ", "0", "0.0", "-1", "+1", "1e3", "two", "1234567", "1 2"] {
            assert_eq!(read_amount(text, Unit::Minutes), Err(NotAnAmount), "{text}");
        }
        assert_eq!(read_amount(" ２４ ", Unit::Hours), Ok(Target::hours(24)));
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        let read = |text| read_time(text).map(|time| time.to_string());
        for (text, time) in [
            ("9", "09:00"),
            ("9:30", "09:30"),
            ("0930", "09:30"),
            ("930", "09:30"),
            ("９：３０", "09:30"),
            ("24:00", "24:00"),
            ("18.00", "18:00"),
        ] {
            assert_eq!(read(text).as_deref(), Some(time), "{text}");
        }
        for text in ["", "25", "24:01", "9:5", "9:60", "-9", "9:", "nine", "12345", "九点"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
