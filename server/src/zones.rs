//! Time zones by name, out of the database that is built into the program: the machine's own may be old or missing.
//!
//! Deadlines never ask here: the offsets travel with the calendar as data ([`Zone`]).

use domain::sla::Zone;
use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

/// The years whose transitions a calendar keeps: enough for every clock there will be, and still small.
const OF_CALENDARS: (i64, i64) = (1990, 2100);
/// The years for questions about any time.
const OF_QUESTIONS: (i64, i64) = (1800, 2600);

/// The zone of this IANA name, capitals or not, with its transitions from 1990 to 2100.
pub(crate) fn for_calendar(name: &str) -> Option<Zone> {
    between(name, OF_CALENDARS)
}

/// The zone of this IANA name, capitals or not, with its transitions from 1800 to 2600.
pub(crate) fn for_questions(name: &str) -> Option<Zone> {
    between(name, OF_QUESTIONS)
}

/// All names, in order.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<_> = TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect();
    names.sort_unstable();
    names
}

fn between(name: &str, (from, until): (i64, i64)) -> Option<Zone> {
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    let (start, end) = (new_year(from), new_year(until));
    let mut offset = zone.to_offset(Timestamp::from_second(start).ok()?).seconds();
    let mut found = Zone::fixed(zone.iana_name()?, offset);
    for transition in zone.following(Timestamp::from_second(start).ok()?) {
        let at = transition.timestamp().as_second();
        if at >= end {
            break;
        }
        // Some transitions change nothing but the name of the time.
        if transition.offset().seconds() != offset {
            offset = transition.offset().seconds();
            found.transitions.push((at, offset));
        }
    }
    Some(found)
}

/// When a year begins in UTC, in seconds since 1970.
const fn new_year(year: i64) -> i64 {
    let past = year - 1;
    let days = past * 365 + past / 4 - past / 100 + past / 400 - 719_162;
    days * 24 * 60 * 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_begin_when_they_do() {
        assert_eq!([1970, 2000, 1900].map(new_year), [0, 946_684_800, -2_208_988_800]);
    }

    #[test]
    fn the_zones_that_the_deadlines_are_tested_with_are_these() {
        let fixture = include_str!("../../domain/tests/sla/zones.json");
        let zones: Vec<Zone> = serde_json::from_str(fixture).unwrap();
        assert!(zones.len() > 5);
        for expected in zones {
            let found = for_questions(&expected.name).unwrap();
            let Some((first, _)) = expected.transitions.first().copied() else {
                let now = domain::Timestamp::from_millis(1_700_000_000_000);
                assert_eq!(found.offset_at(now), expected.offset_at(now), "{}", expected.name);
                continue;
            };
            let last = expected.transitions[expected.transitions.len() - 1].0;
            let of_that_time = found.transitions.iter().filter(|(at, _)| (first..=last).contains(at));
            let mut offset = expected.offset;
            let real = |(_, after): &&(i64, i32)| std::mem::replace(&mut offset, *after) != *after;
            let expected_transitions: Vec<_> = expected.transitions.iter().filter(real).copied().collect();
            assert_eq!(of_that_time.copied().collect::<Vec<_>>(), expected_transitions, "{}", expected.name);
            let before = domain::Timestamp::from_millis((first - 1) * 1_000);
            assert_eq!(found.offset_at(before), expected.offset_at(before), "{}", expected.name);
        }
    }

    #[test]
    fn every_zone_there_is_makes_sense() {
        assert!(names().len() > 400);
        for name in names() {
            assert_eq!(for_calendar(&name).unwrap().check(), Ok(()), "{name}");
            assert_eq!(for_questions(&name).unwrap().check(), Ok(()), "{name}");
        }
    }

    #[test]
    fn capitals_make_no_difference_and_nonsense_is_not_found() {
        assert_eq!(for_calendar("asia/shanghai").unwrap().name, "Asia/Shanghai");
        for nonsense in ["", "Mars/Olympus", "../etc/passwd", "+08:00", "CST6CDT,M3.2.0"] {
            assert_eq!(for_calendar(nonsense), None, "{nonsense}");
        }
    }
}
