//! The versions of the policy that have taken effect, ready for reckoning.

use std::sync::Arc;

use super::hours::Hours;
use super::policy::{Compiled, Policy};
use crate::Timestamp;

/// Which policy held when. Cheap to clone.
///
/// Holds only versions that have taken effect: whoever keeps one makes it anew when the next version does (see
/// [`PolicyBook::valid_until`]).
#[derive(Debug, Clone)]
pub struct PolicyBook {
    /// By the time from which they hold; never empty.
    versions: Arc<[Arc<Compiled>]>,
    always: Arc<Hours>,
    valid_until: Option<Timestamp>,
}

impl PolicyBook {
    /// Takes all published versions, in any order, as of `now`. Without any, the shipped policy holds.
    ///
    /// The earliest version also judges what ended before it took effect.
    pub fn new(policies: &[Policy], now: Timestamp) -> Self {
        let mut policies: Vec<&Policy> = policies.iter().collect();
        policies.sort_by_key(|policy| (policy.effective, policy.version));
        let first = policies.first().map(|policy| policy.effective);
        let effective = |policy: &&&Policy| policy.effective <= now || Some(policy.effective) == first;
        let valid_until = policies.iter().find(|policy| !effective(policy)).map(|policy| policy.effective);
        let mut versions: Vec<_> = policies
            .iter()
            .filter(effective)
            .map(|policy| Arc::new(Compiled::new((*policy).clone())))
            .collect();
        if versions.is_empty() {
            versions.push(Arc::new(Compiled::new(Policy::shipped())));
        }
        Self { versions: versions.into(), always: Arc::new(Hours::always()), valid_until }
    }

    /// One policy for all time: a draft, tried on stored history.
    pub fn only(policy: Policy) -> Self {
        Self {
            versions: vec![Arc::new(Compiled::new(policy))].into(),
            always: Arc::new(Hours::always()),
            valid_until: None,
        }
    }

    /// The shipped policy alone.
    pub fn shipped() -> Self {
        Self::only(Policy::shipped())
    }

    /// When the next version takes effect, so that this book no longer tells how things stand.
    pub const fn valid_until(&self) -> Option<Timestamp> {
        self.valid_until
    }

    /// The book as it was at an earlier time.
    #[must_use]
    pub fn as_of(&self, at: Timestamp) -> Self {
        let effective = self.versions.partition_point(|version| version.policy.effective <= at).max(1);
        let next = self.versions.get(effective).map(|version| version.policy.effective);
        Self {
            versions: self.versions[..effective].into(),
            always: Arc::clone(&self.always),
            valid_until: next.or(self.valid_until),
        }
    }

    /// The number of each version and the time from which it holds, in order.
    pub fn effective(&self) -> impl Iterator<Item = (u32, Timestamp)> + '_ {
        self.versions.iter().map(|version| (version.policy.version, version.policy.effective))
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.latest().policy
    }

    /// The version with this number, if it has taken effect.
    pub fn version(&self, version: u32) -> Option<&Policy> {
        self.versions.iter().map(|compiled| &compiled.policy).find(|policy| policy.version == version)
    }

    /// The calendar, worked out, that counts for a department in the policy in force.
    pub fn workdays(&self, department: crate::DepartmentId) -> Option<&super::Workdays> {
        let latest = self.latest();
        latest.workdays(latest.policy.calendar_id(None, department))
    }

    pub(super) fn latest(&self) -> &Compiled {
        self.versions.last().expect("a book is never made without a version")
    }

    pub(super) fn in_force(&self, at: Timestamp) -> &Compiled {
        let effective = self.versions.partition_point(|version| version.policy.effective <= at);
        &self.versions[effective.saturating_sub(1)]
    }

    pub(super) fn always(&self) -> &Hours {
        &self.always
    }
}
