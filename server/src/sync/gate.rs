//! How many pushes are let in at a time.
//!
//! At eight o'clock a thousand tablets come back at once. What is let in is in memory until it has been written, so only so much is; whoever
//! comes on top of that is told when to come back before any of their push has been read. Those who are turned away in one rush are spread over
//! the longer a time the more they are: otherwise they would all be back in the same second.
//!
//! A push holds its room while it comes in. That it [comes at a pace](crate::http::pace) bounds how long, and what all pushes of one person
//! hold together is bounded as well: whatever one does, or their tablets do, the others come in.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::PersonId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is counted in: a kibibyte of what a push is written as.
const UNIT_BYTES: u64 = 1_024;
/// So much may be under way at a time. The desk gets through it within a few seconds.
const ROOM: u32 = 40 * 1_024;
/// What even the smallest push counts as: it is a request, a job and an answer besides.
const LEAST: u32 = 16;
/// What a push counts as that doesn't say how long it is: as much as one may be.
const UNTOLD: u32 = (super::push::BODY_BYTES as u64 / UNIT_BYTES) as u32;
/// So much of the room one person may have, on however many devices: the longest push there can be, or one of the usual size from each of
/// thirty tablets.
const ROOM_OF_ONE: u32 = UNTOLD;
/// So many of those turned away may come back within one second. The slowest machine that this is meant for gets through as many.
const RETURNING_A_SECOND: u32 = 50;
/// They are spread over so many seconds at least, and at most.
const SPREAD_SECONDS: std::ops::RangeInclusive<u32> = 4..=120;

/// Lets pushes in. Cheap to clone; all clones are one gate.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    room: Arc<Semaphore>,
    /// What the pushes of each person count as that are under way.
    shares: Arc<Shares>,
    /// How many were turned away since there was last room for everybody.
    turned_away: Arc<AtomicU32>,
}

/// Held by a push that was let in, until it is answered.
#[derive(Debug)]
pub(crate) struct Pass {
    _room: OwnedSemaphorePermit,
    _share: Share,
}

/// What people have of the room.
#[derive(Debug, Default)]
struct Shares(Mutex<HashMap<PersonId, u32>>);

/// A part of what a person may have, until it is dropped.
#[derive(Debug)]
struct Share {
    shares: Arc<Shares>,
    person: PersonId,
    units: u32,
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
        Self {
            room: Arc::new(Semaphore::new(ROOM as usize)),
            shares: Arc::default(),
            turned_away: Arc::default(),
        }
    }

    /// Lets a push of this person in that is so long as said, if there is room.
    pub(crate) fn enter(&self, person: PersonId, bytes: Option<u64>) -> Result<Pass, TurnedAway> {
        let units = bytes.and_then(|bytes| u32::try_from(bytes.div_ceil(UNIT_BYTES)).ok());
        let units = units.unwrap_or(UNTOLD).clamp(LEAST, UNTOLD);
        // Whoever wants too much makes no rush: others are not to be sent away for longer because of them.
        let share = Shares::take(&self.shares, person, units)
            .ok_or_else(|| TurnedAway::at_random(0, rand::random()))?;
        let room = self.take(units).ok_or_else(|| self.turn_away(rand::random()))?;
        Ok(Pass { _room: room, _share: share })
    }

    fn take(&self, units: u32) -> Option<OwnedSemaphorePermit> {
        let was_empty = self.room.available_permits() == ROOM as usize;
        let room = Arc::clone(&self.room).try_acquire_many_owned(units).ok()?;
        if was_empty {
            self.turned_away.store(0, Ordering::Relaxed);
        }
        Some(room)
    }

    fn turn_away(&self, chance: u32) -> TurnedAway {
        TurnedAway::at_random(self.turned_away.fetch_add(1, Ordering::Relaxed), chance)
    }
}

impl TurnedAway {
    /// After so many others.
    fn at_random(before: u32, chance: u32) -> Self {
        let (least, most) = (*SPREAD_SECONDS.start(), *SPREAD_SECONDS.end());
        let spread = (before / RETURNING_A_SECOND).clamp(least, most);
        Self { retry_after_seconds: 1 + chance % spread }
    }
}

impl Shares {
    fn take(shares: &Arc<Self>, person: PersonId, units: u32) -> Option<Share> {
        let mut held = shares.held();
        let of_one = held.entry(person).or_default();
        if *of_one + units > ROOM_OF_ONE {
            return None;
        }
        *of_one += units;
        Some(Share { shares: Arc::clone(shares), person, units })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<PersonId, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.shares.held();
        if let Some(of_one) = held.get_mut(&self.person) {
            *of_one = of_one.saturating_sub(self.units);
            if *of_one == 0 {
                held.remove(&self.person);
            }
        }
    }
}

#[cfg(test)]
impl Gate {
    /// Fills it up, but for so many of the smallest pushes.
    pub(crate) fn narrow_to(&self, pushes: u32) -> OwnedSemaphorePermit {
        self.take(ROOM - pushes * LEAST).unwrap()
    }

    /// Whether nobody holds anything of it.
    pub(crate) fn is_empty(&self) -> bool {
        self.room.available_permits() == ROOM as usize && self.shares.held().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn person(number: u128) -> PersonId {
        PersonId::from_uuid(uuid::Uuid::from_u128(number))
    }

    /// Those of a hundred people who come in with as long a push each.
    fn crowd(gate: &Gate, bytes: Option<u64>) -> Vec<Pass> {
        (0..100).filter_map(|number| gate.enter(person(number), bytes).ok()).collect()
    }

    #[test]
    fn no_more_is_let_in_than_there_is_room_for_and_it_comes_back() {
        let gate = Gate::new();
        let passes = crowd(&gate, Some(1024 * 1_024));
        assert_eq!(passes.len(), 40);
        assert!(gate.enter(person(200), Some(0)).is_err(), "nor the smallest one");
        drop(passes);
        let passes = crowd(&gate, None);
        assert_eq!(passes.len(), 5, "one that does not say how long it is counts as the longest");
        drop(passes);
        assert!(gate.is_empty());
    }

    #[test]
    fn however_much_one_person_wants_the_others_come_in() {
        let gate = Gate::new();
        let mut greedy = Vec::new();
        while let Ok(pass) = gate.enter(person(1), Some(256 * 1_024)) {
            greedy.push(pass);
        }
        assert_eq!(greedy.len(), 32);
        let others: Vec<_> = (2..6).filter_map(|number| gate.enter(person(number), None).ok()).collect();
        assert_eq!(others.len(), 4, "what is left is all for them");
        greedy.pop();
        assert!(gate.enter(person(1), Some(256 * 1_024)).is_ok(), "as much as was given back");
    }

    #[test]
    fn who_wants_too_much_makes_nobody_wait_longer() {
        let gate = Gate::new();
        let _all_of_one = gate.enter(person(1), None).unwrap();
        for _ in 0..10_000 {
            let TurnedAway { retry_after_seconds } = gate.enter(person(1), Some(1)).unwrap_err();
            assert!((1..=4).contains(&retry_after_seconds), "{retry_after_seconds}");
        }
        let _all = gate.take(ROOM - ROOM_OF_ONE).unwrap();
        let TurnedAway { retry_after_seconds } = gate.enter(person(2), Some(1)).unwrap_err();
        assert!((1..=4).contains(&retry_after_seconds), "{retry_after_seconds}");
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
        assert!(gate.enter(person(1), Some(1)).is_ok());
        assert_eq!(gate.turn_away(119).retry_after_seconds, 4, "the rush is over");
    }
}
