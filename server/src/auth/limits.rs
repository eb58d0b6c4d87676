//! Slows the guessing of passwords down.
//!
//! Each user name and each client has a bucket of tries that refills over a minute. A try that succeeds is given back, so
//! a whole office behind one address can start its day together. A client from which somebody has signed in before has a
//! bucket of its own for that user name: whoever guesses from elsewhere doesn't lock the owner out.
//!
//! All of it lives in memory: a restart, which an attacker can't cause, forgives. It can't pile up: every try that is
//! counted also costs a hash, of which there are few a second, and a try that gets no hash is given back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Timestamp;

use crate::http::client::ClientPrefix;

/// Tries a minute for one user name, from wherever they come.
const TRIES_PER_ACCOUNT: i64 = 10;
/// Tries a minute from one client, whichever user names it tries.
const TRIES_PER_CLIENT: i64 = 50;
/// How long a client counts as a place where somebody has signed in.
const AT_HOME_MS: i64 = 90 * Timestamp::DAY_MS;
/// What is of no use any more is forgotten when there is this much of it.
const TIDY_ABOVE: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// A user name, tried from places where its owner has not been seen.
    Account(String),
    /// A user name, tried from where its owner has signed in before.
    AccountAtHome(String, ClientPrefix),
    /// A client, whichever user names it tries.
    Client(ClientPrefix),
}

impl Key {
    /// Milliseconds until one try comes back.
    const fn refill_ms(&self) -> i64 {
        match self {
            Self::Account(_) | Self::AccountAtHome(..) => Timestamp::MINUTE_MS / TRIES_PER_ACCOUNT,
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
    shared: Arc<Mutex<Buckets>>,
}

#[derive(Debug, Default)]
struct Buckets {
    /// For each bucket the instant at which it is full again.
    full_again: HashMap<Key, Timestamp>,
    /// Where each user name was last signed in with.
    at_home: HashMap<(String, ClientPrefix), Timestamp>,
}

/// A try that has been counted.
#[derive(Debug)]
pub(crate) struct Try {
    user_name: String,
    client: ClientPrefix,
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
        let mut buckets = self.buckets();
        buckets.tidy(now);
        let user_name = user_name.to_owned();
        let account = if buckets.at_home.contains_key(&(user_name.clone(), client)) {
            Key::AccountAtHome(user_name.clone(), client)
        } else {
            Key::Account(user_name.clone())
        };
        let keys = [Key::Client(client), account];
        let next = keys.each_ref().map(|key| {
            let full = buckets.full_again.get(key).copied().unwrap_or(now).max(now);
            full.plus_millis(key.refill_ms())
        });
        let wait_ms =
            next.iter().map(|full| full.millis_since(now) - Timestamp::MINUTE_MS).max().unwrap_or(0);
        if wait_ms > 0 {
            return Err(TooManyTries { retry_after_seconds: (wait_ms + 999) / 1000 });
        }
        buckets.full_again.extend(keys.clone().into_iter().zip(next));
        Ok(Try { user_name, client, keys })
    }

    /// Takes back a try that was no guess.
    pub(crate) fn forgive(&self, counted: &Try) {
        self.buckets().refill(counted);
    }

    /// Takes back a try that was right, and remembers where it was made.
    pub(crate) fn succeed(&self, counted: Try, now: Timestamp) {
        let mut buckets = self.buckets();
        buckets.refill(&counted);
        buckets.at_home.insert((counted.user_name, counted.client), now);
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buckets {
    fn refill(&mut self, counted: &Try) {
        for key in &counted.keys {
            if let Some(full) = self.full_again.get_mut(key) {
                *full = full.plus_millis(-key.refill_ms());
            }
        }
    }

    fn tidy(&mut self, now: Timestamp) {
        if self.full_again.len() > TIDY_ABOVE {
            self.full_again.retain(|_, full| *full > now);
        }
        if self.at_home.len() > TIDY_ABOVE {
            self.at_home.retain(|_, seen| now.millis_since(*seen) < AT_HOME_MS);
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
            limits.succeed(counted, NOW);
        }
    }

    #[test]
    fn who_guesses_from_elsewhere_does_not_lock_the_owner_out() {
        let limits = SignInLimits::default();
        let counted = limits.count("wang", client(1), NOW).unwrap();
        limits.succeed(counted, NOW);
        while limits.count("wang", client(66), NOW).is_ok() {}
        assert!(limits.count("wang", client(1), NOW).is_ok(), "where the owner has signed in before");
        assert!(limits.count("wang", client(2), NOW).is_err(), "anywhere else");
        while limits.count("wang", client(1), NOW).is_ok() {}
        assert!(limits.count("wang", client(1), NOW).is_err(), "there is a limit at home as well");
    }
}
