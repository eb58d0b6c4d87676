//! Passwords: what may be one, and hashing them without being hashed to death.
//!
//! Hashes are Argon2id at the cost OWASP recommends as a minimum: 19 MiB, two passes, one lane. Half of the processors work
//! on them at most, and whoever would have to wait long is sent away, so that a flood of sign-ins takes neither all
//! processors nor all memory from those who are signed in already.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

/// Fewest characters. Length is what makes a password strong; nothing else is asked of it (NIST SP 800-63B).
const MIN_CHARS: usize = 10;
/// Most characters, so that a request can't ask for the hash of a book.
const MAX_CHARS: usize = 200;
/// How many callers may wait for their turn at hashing.
const MAX_WAITING: usize = 64;

/// A password that somebody wants to have from now on.
pub(crate) struct NewPassword(String);

/// Why a text can't be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PasswordProblem {
    /// It has fewer than ten characters.
    TooShort,
    /// It has more than two hundred characters.
    TooLong,
}

impl NewPassword {
    /// Takes a text of 10 to 200 characters, whatever they are.
    pub(crate) fn parse(text: String) -> Result<Self, PasswordProblem> {
        match text.chars().count() {
            ..MIN_CHARS => Err(PasswordProblem::TooShort),
            MIN_CHARS..=MAX_CHARS => Ok(Self(text)),
            _ => Err(PasswordProblem::TooLong),
        }
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

/// A password's hash with everything needed to check it: `$argon2id$v=19$m=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PasswordHash(String);

impl PasswordHash {
    /// Takes back what was stored.
    pub(crate) const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The form to store.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PasswordCost {
    /// Memory in KiB.
    pub(crate) memory_kib: u32,
    /// Passes over that memory.
    pub(crate) passes: u32,
}

impl PasswordCost {
    /// OWASP's recommendation for Argon2id.
    pub(crate) const RECOMMENDED: Self = Self { memory_kib: 19 * 1024, passes: 2 };
    /// The least that Argon2 knows, for tests.
    #[cfg(test)]
    pub(crate) const FOR_TESTS: Self = Self { memory_kib: 8, passes: 1 };
}

/// So many are waiting for a hash that one more is not taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many are signing in at the moment")]
pub(crate) struct TooBusy;

/// Hashes and checks passwords, on threads of their own, a few at a time. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct PasswordHasher {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    cost: PasswordCost,
    /// The hash of a password that nobody has, checked in place of a missing account's.
    nobody: PasswordHash,
    at_work: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl PasswordHasher {
    /// A hasher that uses up to half of the processors.
    pub(crate) fn new(cost: PasswordCost) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            shared: Arc::new(Shared {
                cost,
                nobody: hash(cost, super::token::Token::random().reveal()),
                at_work: Arc::new(Semaphore::new((processors / 2).max(1))),
                waiting: AtomicUsize::new(0),
            }),
        }
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: NewPassword) -> Result<PasswordHash, TooBusy> {
        let cost = self.shared.cost;
        self.work(move |_| hash(cost, &password.0)).await
    }

    /// Says whether the password is the hashed one. Without a hash it takes as long, and says no.
    pub(crate) async fn verify(&self, password: String, hash: Option<PasswordHash>) -> Result<bool, TooBusy> {
        self.work(move |shared| {
            let is_somebody = hash.is_some();
            let matches = verify(&password, hash.as_ref().unwrap_or(&shared.nobody));
            matches && is_somebody
        })
        .await
    }

    /// The place and the turn belong to the work, not to the caller, who may hang up meanwhile.
    async fn work<T: Send + 'static>(
        &self,
        task: impl FnOnce(&Shared) -> T + Send + 'static,
    ) -> Result<T, TooBusy> {
        let place = Place::take(Arc::clone(&self.shared))?;
        let at_work = Arc::clone(&self.shared.at_work);
        let turn = at_work.acquire_owned().await.expect("the semaphore is never closed");
        let done = tokio::task::spawn_blocking(move || {
            let done = task(&place.0);
            drop(turn);
            done
        });
        Ok(done.await.expect("hashing does not panic"))
    }
}

/// A place among those who wait or are served; given back when dropped.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: Arc<Shared>) -> Result<Self, TooBusy> {
        let before = shared.waiting.fetch_add(1, Ordering::Relaxed);
        let place = Self(shared);
        if before < MAX_WAITING { Ok(place) } else { Err(TooBusy) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

fn hash(cost: PasswordCost, password: &str) -> PasswordHash {
    let params =
        Params::new(cost.memory_kib, cost.passes, 1, None).expect("the cost is one that Argon2 knows");
    let hashed = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password(password.as_bytes());
    PasswordHash(hashed.expect("a password of bounded length can be hashed").to_string())
}

/// A hash that can't be read matches nothing.
fn verify(password: &str, hash: &PasswordHash) -> bool {
    phc::PasswordHash::new(&hash.0)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_all_that_is_asked_of_a_password() {
        let cases = [
            ("nine characters", "123456789", Some(PasswordProblem::TooShort)),
            ("ten characters", "1234567890", None),
            ("ten Chinese characters", "一二三四五六七八九十", None),
            ("spaces", "          ", None),
        ];
        for (name, text, problem) in cases {
            assert_eq!(NewPassword::parse(text.to_owned()).err(), problem, "{name}");
        }
        assert!(NewPassword::parse("长".repeat(200)).is_ok());
        assert_eq!(NewPassword::parse("长".repeat(201)).err(), Some(PasswordProblem::TooLong));
    }

    #[test]
    fn hashes_are_made_at_the_recommended_cost() {
        let hash = hash(PasswordCost::RECOMMENDED, "correct horse battery");
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash:?}");
        assert!(verify("correct horse battery", &hash));
        assert!(!verify("correct horse batter", &hash));
    }

    #[tokio::test]
    async fn nobody_has_every_password_wrong() {
        let hasher = PasswordHasher::new(PasswordCost::FOR_TESTS);
        assert_eq!(hasher.verify("whatever it is".to_owned(), None).await, Ok(false));
    }

    #[tokio::test]
    async fn those_who_would_wait_too_long_are_sent_away() {
        let hasher = PasswordHasher::new(PasswordCost::FOR_TESTS);
        let Shared { at_work, waiting, .. } = &*hasher.shared;
        let try_it = async |hasher: PasswordHasher| hasher.verify("whatever it is".to_owned(), None).await;
        let all_at_work = at_work.acquire_many(at_work.available_permits() as u32).await.unwrap();
        let tries: Vec<_> = (0..MAX_WAITING).map(|_| tokio::spawn(try_it(hasher.clone()))).collect();
        while waiting.load(Ordering::Relaxed) < MAX_WAITING {
            tokio::task::yield_now().await;
        }
        assert_eq!(try_it(hasher.clone()).await, Err(TooBusy));
        drop(all_at_work);
        for answer in tries {
            assert_eq!(answer.await.unwrap(), Ok(false));
        }
        assert_eq!(try_it(hasher.clone()).await, Ok(false), "later there is room again");
    }
}
