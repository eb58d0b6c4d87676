//! How far one clock has run: open time from its start, without its pauses.
//!
//! One definition decides everything: a clock is **due at the earliest instant at which its elapsed time reaches its target**.
//! That a pause after the due time no longer moves it, and that a changed target counts from the same start with the pauses
//! kept, follows from it.

use super::hours::Hours;
use super::policy::Target;
use crate::Timestamp;

/// A stretch in which a clock stood still; without an end, it still does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standstill {
    pub(super) from: Timestamp,
    pub(super) until: Option<Timestamp>,
}

/// A clock's way from its start on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course<'c> {
    /// The hours in which it runs.
    pub(super) hours: &'c Hours,
    /// When it started.
    pub(super) start: Timestamp,
    /// When it stood still: in order, apart, none before the start, only the last one without an end.
    pub(super) pauses: &'c [Standstill],
}

/// When a clock is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// At this instant.
    At(Timestamp),
    /// It stands still, with so many milliseconds of its target left.
    Left(i64),
    /// Never: its calendar does not open for long enough.
    Never,
}

impl Course<'_> {
    /// The target's open time in milliseconds, and when it would be due without a pause.
    ///
    /// Working days are turned into the open time that lies in them, so that pauses lengthen them like any other target.
    fn undisturbed(&self, target: Target) -> Option<(i64, Timestamp)> {
        let due = match target {
            Target::Calendar { minutes } | Target::Open { minutes } => {
                let millis = i64::from(minutes) * Timestamp::MINUTE_MS;
                return Some((millis, self.hours.add(self.start, millis)?));
            }
            Target::Workdays { days } => self.hours.add_workdays(self.start, days)?,
        };
        Some((self.hours.between(self.start, due), due))
    }

    /// When a target is reached.
    pub(super) fn due(&self, target: Target) -> Due {
        match self.undisturbed(target) {
            Some((millis, undisturbed)) => self.disturbed(millis, undisturbed),
            None => Due::Never,
        }
    }

    /// When so many milliseconds have run.
    pub(super) fn due_after(&self, millis: i64) -> Due {
        match self.hours.add(self.start, millis) {
            Some(undisturbed) => self.disturbed(millis, undisturbed),
            None => Due::Never,
        }
    }

    fn disturbed(&self, millis: i64, undisturbed: Timestamp) -> Due {
        let mut left = millis;
        let mut running_since = self.start;
        for pause in self.pauses {
            let run = self.hours.between(running_since, pause.from);
            if run >= left {
                break;
            }
            left -= run;
            let Some(until) = pause.until else { return Due::Left(left) };
            running_since = until;
        }
        if running_since == self.start {
            return Due::At(undisturbed);
        }
        // Standing still while it is closed anyway takes nothing away, also of working days that end at an opening.
        self.hours.add(running_since, left).map_or(Due::Never, |due| Due::At(due.max(undisturbed)))
    }

    /// The target as milliseconds of open time.
    pub(super) fn target_ms(&self, target: Target) -> Option<i64> {
        self.undisturbed(target).map(|(millis, _)| millis)
    }

    /// Milliseconds run until an instant, pauses not counted.
    pub(super) fn elapsed(&self, until: Timestamp) -> i64 {
        let stood: i64 = self
            .pauses
            .iter()
            .take_while(|pause| pause.from < until)
            .map(|pause| self.hours.between(pause.from, pause.until.map_or(until, |end| end.min(until))))
            .sum();
        self.hours.between(self.start, until) - stood
    }
}
