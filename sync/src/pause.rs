//! Pauses between attempts, by the device's clock, which people and networks set right now and then.

use domain::Timestamp;

/// Longest pause between two attempts, in milliseconds.
const LONGEST_PAUSE_MS: i64 = 60_000;
/// Pause after the first failure, in milliseconds.
pub(crate) const FIRST_PAUSE_MS: i64 = 1_000;
/// Longest pause that a server may ask for, in milliseconds: whatever it says, the work on the device goes out this hour.
pub(crate) const LONGEST_ASKED_MS: i64 = 15 * 60_000;

/// A time in which nothing is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    from: Timestamp,
    pub(crate) until: Timestamp,
}

impl Pause {
    /// A pause from `clock` on. `jitter` from 0 to 1 makes it up to half as long again, to spread many devices over time.
    #[expect(clippy::cast_possible_truncation, reason = "a pause is far below 2^53 ms")]
    #[expect(clippy::cast_precision_loss, reason = "a pause is far below 2^53 ms")]
    pub(crate) fn new(clock: Timestamp, pause_ms: i64, jitter: f64) -> Self {
        let spread = (pause_ms as f64 * jitter.clamp(0.0, 1.0) / 2.0) as i64;
        Self { from: clock, until: clock.plus_millis(pause_ms + spread) }
    }

    /// The pause after so many failures in a row, the last one not counted.
    pub(crate) fn after(failures: u32, clock: Timestamp, jitter: f64) -> Self {
        Self::new(clock, doubled(FIRST_PAUSE_MS, failures).min(LONGEST_PAUSE_MS), jitter)
    }

    /// The pause when something has been put off so often before, from the first to the longest.
    pub(crate) fn between(first_ms: i64, times: u32, longest_ms: i64, clock: Timestamp) -> Self {
        Self::new(clock, doubled(first_ms, times).min(longest_ms), 0.0)
    }

    /// The pause that a server asks for, within bounds.
    pub(crate) fn asked_for(pause_ms: i64, clock: Timestamp, jitter: f64) -> Self {
        Self::new(clock, pause_ms.clamp(FIRST_PAUSE_MS, LONGEST_ASKED_MS), jitter)
    }

    /// Whether it lasts at `clock`. A clock that was set back to before the pause began ends it: by that clock it could go
    /// on for days.
    pub(crate) fn lasts(&self, clock: Timestamp) -> bool {
        self.from <= clock && clock < self.until
    }
}

/// So long, doubled so often: up to what no pause comes to.
const fn doubled(pause_ms: i64, times: u32) -> i64 {
    pause_ms << if times < 16 { times } else { 16 }
}
