//! Which devices listen to events at this moment: whoever is heard of now is not lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{DeviceId, PersonId};

/// A device, as the person says who is signed in on it.
type Listening = (PersonId, DeviceId);

/// Knows who listens. Cheap to clone; all clones know the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Presence {
    /// How many streams each has open: a new one is there before the server has noticed that the former is gone.
    streams: Arc<Mutex<HashMap<Listening, usize>>>,
}

/// A device listens until this is dropped.
#[derive(Debug)]
pub(super) struct Present {
    presence: Presence,
    listening: Listening,
}

impl Presence {
    /// A person's device begins to listen.
    pub(super) fn begin(&self, person: PersonId, device: DeviceId) -> Present {
        let listening = (person, device);
        *self.streams().entry(listening).or_default() += 1;
        Present { presence: self.clone(), listening }
    }

    /// Whether a person's device listens.
    pub(crate) fn is_here(&self, person: PersonId, device: DeviceId) -> bool {
        self.streams().contains_key(&(person, device))
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<Listening, usize>> {
        // Whoever panicked while holding it has left whole counts behind.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut streams = self.presence.streams();
        if let Some(open) = streams.get_mut(&self.listening) {
            *open -= 1;
            if *open == 0 {
                streams.remove(&self.listening);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_device_is_here_until_the_last_of_its_streams_has_ended() {
        let presence = Presence::default();
        let (person, device) = (PersonId::from_uuid(Uuid::nil()), DeviceId::from_uuid(Uuid::nil()));
        let first = presence.begin(person, device);
        let second = presence.begin(person, device);
        drop(first);
        assert!(presence.is_here(person, device));
        let somebody_else = PersonId::from_uuid(Uuid::from_u128(1));
        assert!(!presence.is_here(somebody_else, device), "nobody speaks for somebody else's device");
        drop(second);
        assert!(!presence.is_here(person, device));
        assert!(presence.streams().is_empty());
    }
}
