//! Lists of holidays as files: what is in one, and what it would change.

use std::collections::BTreeMap;

use serde_json::Value;
use thiserror::Error;

use super::{Date, HolidaySet, SpecialDay};

/// Why a file is not a list of holidays.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FileProblem {
    /// It is not JSON.
    #[error("it is not JSON from line {line} on")]
    NotJson {
        /// The line where reading stopped, from 1.
        line: usize,
    },
    /// It is JSON, but not a list of holidays: something is missing or of another kind.
    #[error("“{field}” is missing or of another kind")]
    Missing {
        /// What.
        field: &'static str,
    },
    /// A date is not written as `YYYY-MM-DD`, or doesn't exist.
    #[error("“{text}” is not a date")]
    NotADate {
        /// As it is written.
        text: String,
    },
    /// A day is none of holiday, make-up workday, or hours.
    #[error("{date} is none of holiday, make-up workday, or hours")]
    NotADay {
        /// Which.
        date: Date,
    },
    /// There are no days in it.
    #[error("it has no days")]
    Empty,
    /// It says that it is complete until a day before its last day.
    #[error("it is complete until {until}, and its last day is {last}")]
    EndsEarly {
        /// Until when it says to be complete.
        until: Date,
        /// Its last day.
        last: Date,
    },
}

/// Reads a list of holidays.
///
/// # Errors
/// The first reason why the file is none.
pub fn read(text: &str) -> Result<HolidaySet, FileProblem> {
    let text = text.trim_start_matches('\u{feff}');
    let value: Value =
        serde_json::from_str(text).map_err(|error| FileProblem::NotJson { line: error.line() })?;
    let missing = |field| FileProblem::Missing { field };
    let word = |field: &'static str| {
        let word = value.get(field).and_then(Value::as_str).map(str::trim).filter(|word| !word.is_empty());
        word.map(str::to_owned).ok_or(missing(field))
    };
    let id = word("id")?;
    let name = value.get("name").ok_or(missing("name"))?;
    let name = serde_json::from_value(name.clone()).map_err(|_| missing("name"))?;
    let until = read_date(&word("until")?)?;
    let entries = value.get("days").and_then(Value::as_object).ok_or(missing("days"))?;
    let mut days = BTreeMap::new();
    for (date, day) in entries {
        let date = read_date(date)?;
        let day: SpecialDay =
            serde_json::from_value(day.clone()).map_err(|_| FileProblem::NotADay { date })?;
        days.insert(date, day);
    }
    match days.last_key_value() {
        None => Err(FileProblem::Empty),
        Some((last, _)) if until < *last => Err(FileProblem::EndsEarly { until, last: *last }),
        Some(_) => Ok(HolidaySet { id, name, until, days }),
    }
}

fn read_date(text: &str) -> Result<Date, FileProblem> {
    text.parse().map_err(|_| FileProblem::NotADate { text: text.to_owned() })
}

/// What taking over a list would do to one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayChange {
    /// It is new.
    Added(SpecialDay),
    /// It was something else.
    Changed {
        /// As it was.
        before: SpecialDay,
        /// As it would be.
        after: SpecialDay,
    },
    /// It would be an ordinary day.
    Removed(SpecialDay),
}

/// What taking over `after` in place of `before` would do, by date.
pub fn day_changes(before: Option<&HolidaySet>, after: &HolidaySet) -> Vec<(Date, DayChange)> {
    let none = BTreeMap::new();
    let before = before.map_or(&none, |before| &before.days);
    let mut changes = BTreeMap::new();
    for (date, day) in &after.days {
        match before.get(date) {
            None => changes.insert(*date, DayChange::Added(day.clone())),
            Some(old) if old != day => {
                changes.insert(*date, DayChange::Changed { before: old.clone(), after: day.clone() })
            }
            Some(_) => None,
        };
    }
    for (date, day) in before {
        if !after.days.contains_key(date) {
            changes.insert(*date, DayChange::Removed(day.clone()));
        }
    }
    changes.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::*;

    fn shipped() -> HolidaySet {
        Policy::shipped().holidays.remove(0)
    }

    fn written(change: impl FnOnce(&mut Value)) -> Result<HolidaySet, FileProblem> {
        let mut value = serde_json::to_value(shipped()).unwrap();
        change(&mut value);
        read(&value.to_string())
    }

    #[test]
    fn a_list_is_read_as_it_was_written() {
        assert_eq!(written(|_| {}), Ok(shipped()));
        let with_mark = format!("\u{feff}{}", serde_json::to_string(&shipped()).unwrap());
        assert_eq!(read(&with_mark), Ok(shipped()));
    }

    #[test]
    fn a_bad_file_says_what_is_wrong_with_it() {
        assert_eq!(read("{\n\"id\": "), Err(FileProblem::NotJson { line: 2 }));
        assert_eq!(read("[]"), Err(FileProblem::Missing { field: "id" }));
        assert_eq!(written(|value| value["name"] = 5.into()), Err(FileProblem::Missing { field: "name" }));
        assert_eq!(
            written(|value| value["until"] = "2026/12/31".into()),
            Err(FileProblem::NotADate { text: "2026/12/31".into() })
        );
        assert_eq!(
            written(|value| value["days"]["2026-02-30"] = serde_json::json!({"is": "holiday"})),
            Err(FileProblem::NotADate { text: "2026-02-30".into() })
        );
        let date = "2026-06-01".parse().unwrap();
        assert_eq!(
            written(|value| value["days"]["2026-06-01"] = serde_json::json!({"is": "party"})),
            Err(FileProblem::NotADay { date })
        );
        assert_eq!(
            FileProblem::NotADay { date }.to_string(),
            "2026-06-01 is none of holiday, make-up workday, or hours"
        );
        assert_eq!(written(|value| value["days"] = serde_json::json!({})), Err(FileProblem::Empty));
        assert!(matches!(
            written(|value| value["until"] = "2024-12-31".into()),
            Err(FileProblem::EndsEarly { .. })
        ));
    }

    #[test]
    fn a_preview_tells_what_is_added_changed_and_removed() {
        let before = shipped();
        let mut after = before.clone();
        let (first, _) = after.days.pop_first().unwrap();
        let new = "2027-01-01".parse().unwrap();
        after.days.insert(new, SpecialDay::Holiday { name: Default::default() });
        let changed = "2026-10-01".parse().unwrap();
        after.days.insert(changed, SpecialDay::MakeUp { name: Default::default() });
        let changes = day_changes(Some(&before), &after);
        let dates: Vec<_> = changes.iter().map(|(date, _)| *date).collect();
        assert_eq!(dates, [first, changed, new]);
        assert!(matches!(changes[0].1, DayChange::Removed(_)));
        assert!(matches!(changes[1].1, DayChange::Changed { .. }));
        assert!(matches!(changes[2].1, DayChange::Added(_)));
        assert_eq!(day_changes(None, &before).len(), before.days.len());
    }
}
