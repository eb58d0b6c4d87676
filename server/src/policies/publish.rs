//! Whether a policy can be published, as a function of what was published before.

use domain::sla::{Policy, PolicyProblem};
use domain::{PersonId, Timestamp};

use crate::store::policies::Published;
use crate::zones;

/// How long ago somebody may have said “from now on”.
const NOW_MS: i64 = Timestamp::MINUTE_MS;
/// Most characters in a note.
const NOTE_MAX_CHARS: usize = 2_000;

/// A policy that somebody wants to publish. Its number, its time and its publisher are not read.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The policy.
    pub(crate) policy: Policy,
    /// The version that it was made from.
    pub(crate) base: u32,
    /// From when on it is to hold; from now on if absent.
    pub(crate) effective: Option<Timestamp>,
    /// Who publishes it.
    pub(crate) by: Option<PersonId>,
}

/// Why it can't be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublishRefusal {
    /// Another version has been published since.
    Changed {
        /// The latest one.
        latest: u32,
    },
    /// The policy itself.
    Problems(Vec<PolicyProblem>),
    /// A calendar's zone does not exist.
    UnknownZone {
        /// The calendar.
        calendar: String,
        /// The zone.
        zone: String,
    },
    /// It was to hold from a time that is over.
    Past,
    /// A version is scheduled that would take effect after it and undo it.
    ScheduledLater {
        /// That version.
        version: u32,
    },
    /// The note is too long.
    NoteTooLong,
}

/// The policy as it is to be published, still without its number.
pub(crate) fn prepare(
    wanted: Wanted,
    versions: &[Published],
    now: Timestamp,
) -> Result<Policy, PublishRefusal> {
    let Wanted { mut policy, base, effective, by } = wanted;
    let latest = versions.last().map(|published| &published.policy);
    if let Some(latest) = latest.filter(|latest| latest.version != base) {
        return Err(PublishRefusal::Changed { latest: latest.version });
    }
    let effective = effective.unwrap_or(now);
    if effective < now.plus_millis(-NOW_MS) {
        return Err(PublishRefusal::Past);
    }
    policy.effective = effective.max(now);
    policy.published_by = by;
    policy.note = policy.note.trim().to_owned();
    if policy.note.chars().count() > NOTE_MAX_CHARS {
        return Err(PublishRefusal::NoteTooLong);
    }
    if let Some(later) = latest.filter(|latest| latest.effective > policy.effective) {
        return Err(PublishRefusal::ScheduledLater { version: later.version });
    }
    for calendar in &mut policy.calendars {
        let Some(known) = zones::for_calendar(&calendar.zone.name) else {
            let (calendar, zone) = (calendar.id.clone(), calendar.zone.name.clone());
            return Err(PublishRefusal::UnknownZone { calendar, zone });
        };
        // Data with mistakes in it is for `problems` to name; data that merely differs is not believed.
        if calendar.zone.check().is_ok() && !agree(&calendar.zone, &known) {
            calendar.zone = known;
        }
    }
    match policy.problems() {
        problems if problems.is_empty() => Ok(policy),
        problems => Err(PublishRefusal::Problems(problems)),
    }
}

/// Whether two zones show the same wall time from 2000 on, and have the same name.
fn agree(one: &domain::sla::Zone, other: &domain::sla::Zone) -> bool {
    const YEAR_2000: i64 = 946_684_800;
    let instants = [one, other].into_iter().flat_map(|zone| &zone.transitions).map(|(at, _)| *at);
    one.name == other.name
        && instants.chain([YEAR_2000]).filter(|at| *at >= YEAR_2000).all(|at| {
            let at = Timestamp::from_millis(at * 1_000);
            one.offset_at(at) == other.offset_at(at)
        })
}

#[cfg(test)]
mod tests {
    use domain::sla::Zone;

    use super::*;
    use crate::testing::START;

    fn shipped() -> Vec<Published> {
        vec![Published { policy: Policy::shipped(), published_at: None, in_force: true }]
    }

    fn wanted(policy: Policy) -> Wanted {
        Wanted { policy, base: 1, effective: None, by: None }
    }

    #[test]
    fn without_a_time_it_holds_from_now_on() {
        assert_eq!(prepare(wanted(Policy::shipped()), &shipped(), START).unwrap().effective, START);
    }

    #[test]
    fn a_clock_that_is_a_little_slow_means_now_and_a_past_time_is_refused() {
        let at = |effective| Wanted { effective: Some(effective), ..wanted(Policy::shipped()) };
        let slow = prepare(at(START.plus_millis(-59_000)), &shipped(), START).unwrap();
        assert_eq!(slow.effective, START);
        assert_eq!(prepare(at(START.plus_millis(-61_000)), &shipped(), START), Err(PublishRefusal::Past));
    }

    #[test]
    fn nothing_is_published_before_what_is_scheduled() {
        let mut versions = shipped();
        let policy = Policy { version: 2, effective: START.plus_millis(1_000), ..Policy::shipped() };
        versions.push(Published { policy, published_at: Some(START), in_force: false });
        let on_it = Wanted { base: 2, ..wanted(Policy::shipped()) };
        assert_eq!(prepare(on_it, &versions, START), Err(PublishRefusal::ScheduledLater { version: 2 }));
    }

    #[test]
    fn a_zone_is_taken_from_the_database_whatever_the_draft_says_of_it() {
        let mut policy = Policy::shipped();
        let shipped_zone = policy.calendars[0].zone.clone();
        assert_eq!(
            prepare(wanted(policy.clone()), &shipped(), START).unwrap().calendars[0].zone,
            shipped_zone
        );
        policy.calendars[0].zone = Zone::fixed("Europe/Berlin", 0);
        let zone = &prepare(wanted(policy.clone()), &shipped(), START).unwrap().calendars[0].zone;
        assert_eq!(*zone, zones::for_calendar("Europe/Berlin").unwrap());
        policy.calendars[0].zone = Zone::fixed("Mars/Olympus", 0);
        let refused = prepare(wanted(policy), &shipped(), START).unwrap_err();
        assert_eq!(
            refused,
            PublishRefusal::UnknownZone { calendar: "office".into(), zone: "Mars/Olympus".into() }
        );
    }
}
