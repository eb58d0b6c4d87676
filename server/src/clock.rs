//! The one place where the server asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::Timestamp;

/// Tells the time: the machine's in service, a hand-turned one in tests.
#[derive(Debug, Clone)]
pub(crate) enum Clock {
    /// The machine's clock.
    System,
    /// Stands still until a test moves it.
    #[cfg(test)]
    Manual(std::sync::Arc<std::sync::atomic::AtomicI64>),
}

impl Clock {
    /// A clock that stands at `now` until it is moved.
    #[cfg(test)]
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
            }
            #[cfg(test)]
            Self::Manual(now) => Timestamp::from_millis(now.load(std::sync::atomic::Ordering::SeqCst)),
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
