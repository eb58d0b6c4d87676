//! Which devices listen to events, and until when the others did: whoever is there is not lost. Known as long as the server runs;
//! devices that hold something say so when they come back to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{DeviceId, PersonId, Timestamp};

use crate::clock::Clock;

/// A device, as the person says who is signed in on it.
type Listening = (PersonId, DeviceId);

/// Knows who listens. Cheap to clone; all clones know the same.
#[derive(Debug, Clone)]
pub(crate) struct Presence {
    heard: Arc<Mutex<HashMap<Listening, Heard>>>,
    clock: Clock,
}

#[derive(Debug, Default)]
struct Heard {
    /// How many streams are open: a new one is there before the server has noticed that the former is gone.
    streams: usize,
    /// When the last one ended.
    until: Timestamp,
}

/// A device listens until this is dropped.
#[derive(Debug)]
pub(super) struct Present {
    presence: Presence,
    listening: Listening,
}

impl Presence {
    /// Nobody listens yet.
    pub(super) fn new(clock: Clock) -> Self {
        Self { heard: Arc::default(), clock }
    }

    /// A person's device begins to listen.
    pub(super) fn begin(&self, person: PersonId, device: DeviceId) -> Present {
        let listening = (person, device);
        self.heard().entry(listening).or_default().streams += 1;
        Present { presence: self.clone(), listening }
    }

    /// Until when a person's device has listened: until now, if it does. Nothing, if it never did.
    pub(crate) fn until(&self, person: PersonId, device: DeviceId) -> Option<Timestamp> {
        let heard = self.heard();
        let Heard { streams, until } = heard.get(&(person, device))?;
        Some(if *streams > 0 { self.clock.now() } else { *until })
    }

    fn heard(&self) -> MutexGuard<'_, HashMap<Listening, Heard>> {
        // Whoever panicked while holding it has left whole counts behind.
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let now = self.presence.clock.now();
        if let Some(heard) = self.presence.heard().get_mut(&self.listening) {
            heard.streams -= 1;
            heard.until = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_device_is_here_until_the_last_of_its_streams_has_ended() {
        let clock = Clock::manual(Timestamp::from_millis(1_000));
        let presence = Presence::new(clock.clone());
        let (person, device) = (PersonId::from_uuid(Uuid::nil()), DeviceId::from_uuid(Uuid::nil()));
        let first = presence.begin(person, device);
        let second = presence.begin(person, device);
        drop(first);
        clock.advance_millis(10);
        assert_eq!(presence.until(person, device), Some(Timestamp::from_millis(1_010)));
        let somebody_else = PersonId::from_uuid(Uuid::from_u128(1));
        assert_eq!(presence.until(somebody_else, device), None, "nobody speaks for somebody else's device");
        drop(second);
        clock.advance_millis(10);
        assert_eq!(presence.until(person, device), Some(Timestamp::from_millis(1_010)));
    }
}
