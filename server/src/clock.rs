//! The one place where the server asks what time it is.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use domain::Timestamp;

/// Tells the time: the machine's in service, a hand-turned one in tests and simulations.
#[derive(Debug, Clone)]
pub(crate) enum Clock {
    /// The machine's clock.
    System,
    /// Stands still until somebody moves it.
    Manual(std::sync::Arc<std::sync::atomic::AtomicI64>),
}

impl Clock {
    /// A clock that stands at `now` until it is moved.
    pub(crate) fn manual(now: Timestamp) -> Self {
        Self::Manual(std::sync::Arc::new(now.as_millis().into()))
    }

    /// The instant it is.
    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                // A machine that believes to be before 1970 or after the year 292,000,000 has no use for a better answer.
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
                    .plus_millis(-behind_ms())
            }
            Self::Manual(now) => Timestamp::from_millis(now.load(std::sync::atomic::Ordering::SeqCst)),
        }
    }

    /// Sets a manual clock.
    pub(crate) fn set(&self, now: Timestamp) {
        if let Self::Manual(clock) = self {
            clock.store(now.as_millis(), std::sync::atomic::Ordering::SeqCst);
        }
    }

    /// Moves a manual clock on.
    #[cfg(test)]
    pub(crate) fn advance_millis(&self, millis: i64) {
        if let Self::Manual(now) = self {
            now.fetch_add(millis, std::sync::atomic::Ordering::SeqCst);
        }
    }
}

/// By how much the clock is set back, in milliseconds. Nothing, but in a build for tests, where a journey may need hours to have
/// gone by since a tablet was last heard of: `FIELDLOOP_CLOCK_BEHIND_S` in the environment says how many seconds.
fn behind_ms() -> i64 {
    static BEHIND_MS: OnceLock<i64> = OnceLock::new();
    if !cfg!(debug_assertions) {
        return 0;
    }
    *BEHIND_MS.get_or_init(|| {
        let seconds =
            std::env::var("FIELDLOOP_CLOCK_BEHIND_S").ok().and_then(|text| text.parse::<i64>().ok());
        seconds.map_or(0, |seconds| seconds.saturating_mul(1_000))
    })
}
