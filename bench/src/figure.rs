//! Measured numbers, in the form that `xtask/src/bench/figure.rs` reads.

use std::time::Duration;

use serde::Serialize;

/// One measured number beside what it is to be compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<Goal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<Peer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

/// Something else that was measured in the same run, in the same unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Peer {
    name: &'static str,
    value: f64,
}

impl Figure {
    /// A number by itself.
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, goal: None, peer: None }
    }

    /// A duration in milliseconds.
    pub(crate) fn millis(name: impl Into<String>, value: Duration) -> Self {
        Self::new(name, value.as_secs_f64() * 1_000.0, "ms")
    }

    /// It should not be more.
    pub(crate) fn at_most(mut self, most: f64) -> Self {
        self.goal = Some(Goal::AtMost(most));
        self
    }

    /// It should not be less.
    pub(crate) fn at_least(mut self, least: f64) -> Self {
        self.goal = Some(Goal::AtLeast(least));
        self
    }

    /// It stands beside something else that was measured.
    pub(crate) fn beside(mut self, name: &'static str, value: f64) -> Self {
        self.peer = Some(Peer { name, value });
        self
    }
}

/// The smallest of the durations that this share of them doesn't exceed; sorts them.
pub(crate) fn quantile(durations: &mut [Duration], share: f64) -> Duration {
    durations.sort_unstable();
    let rank = (durations.len() as f64 * share).ceil() as usize;
    durations.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_durations() {
        let mut durations: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(quantile(&mut durations, 0.5), Duration::from_millis(50));
        assert_eq!(quantile(&mut durations, 0.99), Duration::from_millis(99));
        assert_eq!(quantile(&mut durations, 1.0), Duration::from_millis(100));
        assert_eq!(quantile(&mut durations[..1], 0.5), Duration::from_millis(1));
        assert_eq!(quantile(&mut [], 0.5), Duration::ZERO);
    }
}
