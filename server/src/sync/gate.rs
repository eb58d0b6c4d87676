//! How many pushes are let in at a time.
//!
//! At eight o'clock a thousand tablets come back at once. What is let in is in memory until it has been written, so only so much is; whoever
//! comes on top of that is told when to come back before any of their push has been read. Those who are turned away in one rush are spread over
//! the longer a time the more they are: otherwise they would all be back in the same second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is counted in: a kibibyte of what a push is written as.
const UNIT_BYTES: u64 = 1_024;
/// So much may be under way at a time. The desk gets through it within a few seconds.
const ROOM: u32 = 64 * 1_024;
/// What even the smallest push counts as: it is a request, a job and an answer besides.
const LEAST: u32 = 16;
/// What a push counts as that doesn't say how long it is: as much as one may be.
const UNTOLD: u32 = (super::push::BODY_BYTES as u64 / UNIT_BYTES) as u32;
/// So many of those turned away may come back within one second. The slowest machine that this is meant for gets through as many.
const RETURNING_A_SECOND: u32 = 50;
/// They are spread over so many seconds at least, and at most.
const SPREAD_SECONDS: std::ops::RangeInclusive<u32> = 4..=120;

/// Lets pushes in. Cheap to clone; all clones are one gate.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    room: Arc<Semaphore>,
    /// How many were turned away since there was last room for everybody.
    turned_away: Arc<AtomicU32>,
}

/// Held by a push that was let in, until it is answered.
#[derive(Debug)]
pub(crate) struct Pass {
    _room: OwnedSemaphorePermit,
}

/// There is no room now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TurnedAway {
    /// When to come back.
    pub(crate) retry_after_seconds: u32,
}

impl Gate {
    /// A gate that nobody has come through.
    pub(crate) fn new() -> Self {
        Self { room: Arc::new(Semaphore::new(ROOM as usize)), turned_away: Arc::default() }
    }

    /// Lets a push in that is so long as said, if there is room.
    pub(crate) fn enter(&self, bytes: Option<u64>) -> Result<Pass, TurnedAway> {
        let units = bytes.and_then(|bytes| u32::try_from(bytes.div_ceil(UNIT_BYTES)).ok());
        self.take(units.unwrap_or(UNTOLD).clamp(LEAST, UNTOLD)).ok_or_else(|| self.turn_away(rand::random()))
    }

    fn take(&self, units: u32) -> Option<Pass> {
        let was_empty = self.room.available_permits() == ROOM as usize;
        let room = Arc::clone(&self.room).try_acquire_many_owned(units).ok()?;
        if was_empty {
            self.turned_away.store(0, Ordering::Relaxed);
        }
        Some(Pass { _room: room })
    }

    fn turn_away(&self, chance: u32) -> TurnedAway {
        let (least, most) = (*SPREAD_SECONDS.start(), *SPREAD_SECONDS.end());
        let before = self.turned_away.fetch_add(1, Ordering::Relaxed);
        let spread = (before / RETURNING_A_SECOND).clamp(least, most);
        TurnedAway { retry_after_seconds: 1 + chance % spread }
    }
}

#[cfg(test)]
impl Gate {
    /// Fills it up, but for so many of the smallest pushes.
    pub(crate) fn narrow_to(&self, pushes: u32) -> Pass {
        self.take(ROOM - pushes * LEAST).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_let_in_than_there_is_room_for_and_it_comes_back() {
        let gate = Gate::new();
        let passes: Vec<_> = std::iter::from_fn(|| gate.enter(Some(256 * 1_024)).ok()).collect();
        assert_eq!(passes.len(), 256);
        assert!(gate.enter(Some(0)).is_err(), "nor the smallest one");
        drop(passes);
        let passes: Vec<_> = std::iter::from_fn(|| gate.enter(None).ok()).collect();
        assert_eq!(passes.len(), 8, "one that does not say how long it is counts as the longest");
    }

    #[test]
    fn the_more_are_turned_away_the_longer_they_are_spread() {
        let gate = Gate::new();
        let all = gate.narrow_to(0);
        let mut said = Vec::new();
        for number in 0..10_000_u32 {
            let TurnedAway { retry_after_seconds } = gate.turn_away(number.wrapping_mul(2_654_435_761));
            assert!((1..=120).contains(&retry_after_seconds));
            said.push(retry_after_seconds);
        }
        assert!(said[..200].iter().all(|seconds| *seconds <= 4));
        assert!(said[1_000..1_200].iter().any(|seconds| *seconds > 15));
        for seconds in 1..=60 {
            assert!(said.contains(&seconds), "{seconds}");
        }
        drop(all);
        assert!(gate.enter(Some(1)).is_ok());
        assert_eq!(gate.turn_away(119).retry_after_seconds, 4, "the rush is over");
    }
}
