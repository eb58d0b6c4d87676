//! Slows the guessing of passwords down.
//!
//! Each user name and each client has a bucket of tries that refills over a minute. A try that succeeds is given back, so
//! a whole office behind one address can start its day together. Buckets live in memory: a restart, which an attacker
//! can't cause, forgives. They can't pile up: every try taken also costs a hash, of which there are few a second, and a
//! try that gets no hash is given back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;

use crate::http::client::ClientPrefix;

/// Tries a minute for one user name, from wherever they come.
const TRIES_PER_ACCOUNT: i64 = 10;
/// Tries a minute from one client, whichever user names it tries.
const TRIES_PER_CLIENT: i64 = 50;
/// Full buckets are forgotten when there are this many.
const TIDY_ABOVE: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(String),
    Client(ClientPrefix),
}

impl Key {
    /// Milliseconds until one try comes back.
    const fn refill_ms(&self) -> i64 {
        match self {
            Self::Account(_) => Timestamp::MINUTE_MS / TRIES_PER_ACCOUNT,
            Self::Client(_) => Timestamp::MINUTE_MS / TRIES_PER_CLIENT,
        }
    }
}

/// Come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tries")]
pub(crate) struct TooManyTries {
    /// Seconds until the next try is possible.
    pub(crate) retry_after_seconds: i64,
}

/// Counts the tries at signing in. Cheap to clone; all clones count together.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignInLimits {
    /// For each bucket the instant at which it is full again.
    full_again: Arc<Mutex<HashMap<Key, Timestamp>>>,
}

/// A try that has been counted.
#[derive(Debug)]
pub(crate) struct Try {
    keys: [Key; 2],
}

impl SignInLimits {
    /// Counts a try by `client` at the account called `user_name`, or says how long to wait.
    pub(crate) fn count(
        &self,
        user_name: &str,
        client: ClientPrefix,
        now: Timestamp,
    ) -> Result<Try, TooManyTries> {
        let keys = [Key::Client(client), Key::Account(user_name.to_owned())];
        let mut full_again = self.full_again.lock().unwrap_or_else(PoisonError::into_inner);
        if full_again.len() > TIDY_ABOVE {
            full_again.retain(|_, full| *full > now);
        }
        let next = keys.each_ref().map(|key| {
            let full = full_again.get(key).copied().unwrap_or(now).max(now);
            full.plus_millis(key.refill_ms())
        });
        let wait_ms =
            next.iter().map(|full| full.millis_since(now) - Timestamp::MINUTE_MS).max().unwrap_or(0);
        if wait_ms > 0 {
            return Err(TooManyTries { retry_after_seconds: (wait_ms + 999) / 1000 });
        }
        for (key, full) in keys.iter().zip(next) {
            full_again.insert(key.clone(), full);
        }
        Ok(Try { keys })
    }

    /// Takes back a try that was no guess.
    pub(crate) fn forgive(&self, counted: &Try) {
        let mut full_again = self.full_again.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &counted.keys {
            if let Some(full) = full_again.get_mut(key) {
                *full = full.plus_millis(-key.refill_ms());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn client(number: u8) -> ClientPrefix {
        ClientPrefix::of(std::net::IpAddr::from([192, 0, 2, number]))
    }

    #[test]
    fn an_account_takes_ten_tries_a_minute_from_wherever_they_come() {
        let limits = SignInLimits::default();
        for number in 0..10 {
            assert!(limits.count("wang", client(number), NOW).is_ok(), "try {number}");
        }
        let refused = limits.count("wang", client(99), NOW).unwrap_err();
        assert_eq!(refused.retry_after_seconds, 6);
        assert!(limits.count("wang", client(99), NOW.plus_millis(6_000)).is_ok());
        assert!(limits.count("wang", client(99), NOW.plus_millis(6_000)).is_err());
    }

    #[test]
    fn a_client_takes_fifty_tries_a_minute_whichever_accounts_it_tries() {
        let limits = SignInLimits::default();
        for number in 0..50 {
            assert!(limits.count(&format!("user{number}"), client(1), NOW).is_ok(), "try {number}");
        }
        assert!(limits.count("another", client(1), NOW).is_err());
        assert!(limits.count("another", client(2), NOW).is_ok());
    }

    #[test]
    fn a_refused_try_does_not_make_the_wait_longer() {
        let limits = SignInLimits::default();
        while limits.count("wang", client(1), NOW).is_ok() {}
        for _ in 0..100 {
            assert_eq!(limits.count("wang", client(1), NOW).unwrap_err().retry_after_seconds, 6);
        }
    }

    #[test]
    fn who_signs_in_properly_is_never_slowed_down() {
        let limits = SignInLimits::default();
        for _ in 0..1000 {
            let counted = limits.count("wang", client(1), NOW).unwrap();
            limits.forgive(&counted);
        }
    }
}
