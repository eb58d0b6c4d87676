//! A time zone as data: its offsets and the instants at which they change.
//!
//! The transitions travel with the calendar, so that neither side asks a zone database of its own and both come to the same
//! minute. Whoever edits a calendar (the server) looks them up once.

use serde::{Deserialize, Serialize};

use super::date::DAY;
use crate::Timestamp;

/// Offsets of a zone from UTC. Beyond the last transition the last offset holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its IANA name, such as `Asia/Shanghai`.
    pub name: String,
    /// Seconds east of UTC before the first transition.
    pub offset: i32,
    /// The instants (seconds since 1970) from which another offset (seconds east of UTC) holds, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<(i64, i32)>,
}

/// What is wrong with a zone's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneProblem {
    /// It has no name.
    Unnamed,
    /// An offset is more than a day.
    OffsetTooLarge,
    /// The transitions are not in order, lie closer together than their offsets differ, or thousands of years away.
    Disorder,
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self::fixed("UTC", 0)
    }

    /// A zone whose offset never changes.
    pub fn fixed(name: impl Into<String>, offset: i32) -> Self {
        Self { name: name.into(), offset, transitions: Vec::new() }
    }

    /// Whether the data makes sense.
    ///
    /// # Errors
    /// The first thing that doesn't.
    pub fn check(&self) -> Result<(), ZoneProblem> {
        const DAY_SECONDS: i32 = 24 * 60 * 60;
        /// Some three thousand years: what is further away is no transition, and could not be reckoned with in milliseconds.
        const FARTHEST: u64 = 100_000_000_000;
        if self.name.trim().is_empty() {
            return Err(ZoneProblem::Unnamed);
        }
        let offsets = self.transitions.iter().map(|(_, offset)| *offset);
        if std::iter::once(self.offset)
            .chain(offsets)
            .any(|offset| offset.unsigned_abs() > DAY_SECONDS.unsigned_abs())
        {
            return Err(ZoneProblem::OffsetTooLarge);
        }
        if self.transitions.iter().any(|(at, _)| at.unsigned_abs() > FARTHEST) {
            return Err(ZoneProblem::Disorder);
        }
        // Two transitions within two days of each other would let wall time run backwards across both.
        if self
            .transitions
            .windows(2)
            .any(|pair| pair[1].0.saturating_sub(pair[0].0) <= 2 * i64::from(DAY_SECONDS))
        {
            return Err(ZoneProblem::Disorder);
        }
        Ok(())
    }

    /// Milliseconds east of UTC at an instant.
    pub fn offset_at(&self, at: Timestamp) -> i64 {
        let passed =
            self.transitions.partition_point(|(from, _)| from.saturating_mul(1_000) <= at.as_millis());
        self.era_offset(passed)
    }

    /// What the wall clock shows at an instant, as milliseconds since 1970-01-01T00:00 on that clock.
    pub(super) fn wall(&self, at: Timestamp) -> i64 {
        at.as_millis().saturating_add(self.offset_at(at))
    }

    /// The instant at which the wall clock shows `wall`. A wall time that is skipped moves forward by what is skipped; of one
    /// that comes twice, it is the first.
    pub(super) fn instant(&self, wall: i64) -> i64 {
        // The first era whose end, on its own wall clock, lies beyond `wall` holds its first occurrence. If that era begins
        // later than `wall`, the wall time was skipped, and the offset before the jump moves it forward by as much.
        let era =
            self.transitions.iter().enumerate().skip(self.skippable(wall)).find_map(|(era, (until, _))| {
                (wall < until.saturating_mul(1_000).saturating_add(self.era_offset(era))).then_some(era)
            });
        let era = era.unwrap_or(self.transitions.len());
        let instant = wall.saturating_sub(self.era_offset(era));
        match era.checked_sub(1).map(|last| self.transitions[last].0.saturating_mul(1_000)) {
            Some(begins) if instant < begins => wall.saturating_sub(self.era_offset(era - 1)),
            _ => instant,
        }
    }

    /// Eras that end more than two days before `wall` on any clock: they can't hold it.
    fn skippable(&self, wall: i64) -> usize {
        let certainly = wall.saturating_sub(2 * DAY);
        self.transitions.partition_point(|(until, _)| until.saturating_mul(1_000) < certainly)
    }

    /// The offset in milliseconds after `passed` transitions.
    fn era_offset(&self, passed: usize) -> i64 {
        let seconds = passed.checked_sub(1).map_or(self.offset, |last| self.transitions[last].1);
        i64::from(seconds) * 1_000
    }

    /// Every transition with the wall time before and after it, in milliseconds.
    pub(super) fn jumps(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.transitions.iter().enumerate().map(|(era, (at, _))| {
            let at = at.saturating_mul(1_000);
            (at.saturating_add(self.era_offset(era)), at.saturating_add(self.era_offset(era + 1)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = Timestamp::HOUR_MS;

    /// One hour forward at instant 100 h, back again at instant 1000 h; two hours east before.
    fn zone() -> Zone {
        Zone {
            name: "Test/Zone".into(),
            offset: 7_200,
            transitions: vec![(360_000, 10_800), (3_600_000, 7_200)],
        }
    }

    #[test]
    fn a_skipped_wall_time_moves_forward_by_what_is_skipped() {
        // 102:00 on the wall becomes 103:00.
        assert_eq!(zone().instant(102 * HOUR - 1), 100 * HOUR - 1);
        assert_eq!(zone().instant(102 * HOUR), 100 * HOUR);
        assert_eq!(zone().instant(102 * HOUR + HOUR / 2), 100 * HOUR + HOUR / 2);
        assert_eq!(zone().instant(103 * HOUR), 100 * HOUR);
    }

    #[test]
    fn a_wall_time_that_comes_twice_is_the_first() {
        // 1003:00 on the wall becomes 1002:00.
        assert_eq!(zone().instant(1_002 * HOUR), 999 * HOUR);
        assert_eq!(zone().instant(1_003 * HOUR - 1), 1_000 * HOUR - 1);
        assert_eq!(zone().instant(1_003 * HOUR), 1_001 * HOUR);
    }

    #[test]
    fn every_instant_is_found_again_from_its_wall_time_or_is_the_second_of_two() {
        let zone = zone();
        for half_hour in 0..4_000 {
            let at = half_hour * HOUR / 2;
            let again = zone.instant(zone.wall(Timestamp::from_millis(at)));
            let second_of_two = (1_000 * HOUR..1_001 * HOUR).contains(&at);
            assert_eq!(again, if second_of_two { at - HOUR } else { at });
        }
    }

    #[test]
    fn data_without_sense_is_refused() {
        assert_eq!(zone().check(), Ok(()));
        assert_eq!(Zone::fixed(" ", 0).check(), Err(ZoneProblem::Unnamed));
        assert_eq!(Zone::fixed("X", 90_000).check(), Err(ZoneProblem::OffsetTooLarge));
        let transitions = vec![(500, 0), (400, 3_600)];
        assert_eq!(Zone { transitions, ..zone() }.check(), Err(ZoneProblem::Disorder));
    }
}
