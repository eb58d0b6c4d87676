//! A change: what one person did to one ticket, as an intention that can be judged, merged and replayed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Action;
use crate::{ChangeId, Claim, DeviceId, PersonId, TicketId, Timestamp};

/// What somebody had on screen: for each device, the highest change number of this ticket that was visible to them.
///
/// Says which changes a change builds on without depending on when anything arrived anywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seen(BTreeMap<DeviceId, u64>);

impl Seen {
    /// Whether the change was on screen.
    pub fn contains(&self, change: ChangeId) -> bool {
        self.0.get(&change.device).is_some_and(|seq| *seq >= change.seq)
    }

    /// Notes that the change is on screen.
    pub fn insert(&mut self, change: ChangeId) {
        let seq = self.0.entry(change.device).or_default();
        *seq = (*seq).max(change.seq);
    }

    /// Notes that neither this change nor any later one of its device was on screen.
    pub fn forget_from(&mut self, change: ChangeId) {
        let earlier = change.seq.saturating_sub(1);
        if earlier == 0 {
            self.0.remove(&change.device);
        } else if let Some(seq) = self.0.get_mut(&change.device) {
            *seq = earlier.min(*seq);
        }
    }

    /// The last change of each device that was on screen.
    pub fn last_of_each(&self) -> impl Iterator<Item = ChangeId> {
        self.0.iter().map(|(device, seq)| ChangeId { device: *device, seq: *seq })
    }

    /// How many devices are named.
    pub fn devices(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<ChangeId> for Seen {
    fn from_iter<I: IntoIterator<Item = ChangeId>>(changes: I) -> Self {
        let mut seen = Self::default();
        for change in changes {
            seen.insert(change);
        }
        seen
    }
}

/// What one person did to one ticket. Made on a device, never edited afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Which change this is, for ever.
    pub id: ChangeId,
    /// The ticket it belongs to.
    pub ticket: TicketId,
    /// Who did it.
    pub actor: PersonId,
    /// When the device says it happened.
    pub claim: Claim,
    /// What the person had on screen, this device's own earlier changes included.
    #[serde(default)]
    pub seen: Seen,
    /// What they did.
    pub action: Action,
}

impl Change {
    /// The same change in a world where changes have other names: its own id, those its author had seen and the one it refers
    /// to. What followed a renamed change on its old device counts as not seen unless it is renamed as well.
    #[must_use]
    pub fn renamed(&self, names: &BTreeMap<ChangeId, ChangeId>) -> Self {
        let renamed = |id: ChangeId| names.get(&id).copied().unwrap_or(id);
        let mut change = self.clone();
        change.id = renamed(self.id);
        names.keys().for_each(|old| change.seen.forget_from(*old));
        let seen = names.iter().filter(|(old, _)| self.seen.contains(**old));
        seen.for_each(|(_, new)| change.seen.insert(*new));
        match &mut change.action {
            Action::ReachMilestone(milestone) => milestone.plan = renamed(milestone.plan),
            Action::Settle(settlement) => settlement.change = renamed(settlement.change),
            _ => {}
        }
        change
    }
}

/// Why the time of a change is doubtful. What the device claimed stays in the record beside what was made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// The device's clock said a time after the change had arrived; the arrival counts.
    Ahead {
        /// By how many milliseconds.
        by_ms: i64,
    },
    /// The device's clock said a time before what its author had seen; the time after that counts.
    Behind {
        /// By how many milliseconds.
        by_ms: i64,
    },
    /// The device's clock had never been compared with the server's, and the change took its time to arrive.
    Unmeasured,
}

/// Differences up to this, in milliseconds, are put down to the network and to measuring.
const DOUBT_MS: i64 = 2 * Timestamp::MINUTE_MS;

/// A change with its place in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The change as it was made.
    pub change: Change,
    /// When it happened: the claim, corrected and bounded. Fixed by the server on first arrival; provisional before.
    pub happened: Timestamp,
    /// When the server received it, or let it in; absent while it is only on the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Timestamp>,
    /// Who let it in, if its author had lost the right to it before it came in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admitted: Option<Admission>,
    /// Whether it had happened before the server was restored from a backup, and came in after that: it may have been in the record
    /// that was lost, and others may have seen it before it arrived.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub brought_back: bool,
}

/// Somebody at the office let a change in that did not count by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// Who decided so.
    pub by: PersonId,
    /// When the change had come in.
    pub received: Timestamp,
}

impl Recorded {
    /// Places a change in time after what its author had seen in `log`: with the server's clock at `arrival`, or
    /// provisionally, without.
    ///
    /// Others' changes count from when they arrived (nobody can see them earlier), the device's own from when they happened, and so
    /// does what was [brought back](Self::brought_back).
    pub fn place(change: Change, log: &[Self], arrival: Option<Timestamp>) -> Self {
        let seen_until = log
            .iter()
            .filter(|earlier| change.seen.contains(earlier.change.id) && earlier.change.id != change.id)
            .map(|earlier| {
                let from_the_first = earlier.change.id.device == change.id.device || earlier.brought_back;
                // Not when it was let in: who names a later change of its device counts as having seen it, and may have
                // worked before that.
                earlier
                    .received()
                    .filter(|_| !from_the_first)
                    .unwrap_or(earlier.happened)
                    .max(earlier.happened)
            })
            .max();
        let happened = change.claim.bounded(seen_until, arrival);
        Self { change, happened, arrived: arrival, admitted: None, brought_back: false }
    }

    /// Places a change in time that had come in earlier, and that somebody lets in at `now`.
    ///
    /// It happened when it would have happened had it counted at once. It arrives now: what clocks have told up to now stays as it
    /// was told, and is corrected from now on, as by anything that comes in late.
    pub fn admit(change: Change, log: &[Self], admission: Admission, now: Timestamp) -> Self {
        let placed = Self::place(change, log, Some(admission.received));
        Self { arrived: Some(now.max(admission.received)), admitted: Some(admission), ..placed }
    }

    /// The same on a server that was restored at this instant, if it was.
    #[must_use]
    pub fn in_history_since(self, restored_at: Option<Timestamp>) -> Self {
        let brought_back = restored_at.is_some_and(|restored| self.happened < restored);
        Self { brought_back, ..self }
    }

    /// When the server received it, whether or not it counted from then on; absent while it is only on the device.
    pub fn received(&self) -> Option<Timestamp> {
        self.admitted.map(|admission| admission.received).or(self.arrived)
    }

    /// Whether there is reason to doubt when it happened, and which.
    ///
    /// What is doubtful is bounded all the same, and shown with its doubt.
    pub fn doubt(&self) -> Option<Doubt> {
        let arrived = self.received()?;
        let claimed = self.change.claim.corrected();
        let (ahead_ms, behind_ms) = (claimed.millis_since(arrived), self.happened.millis_since(claimed));
        if ahead_ms > DOUBT_MS {
            Some(Doubt::Ahead { by_ms: ahead_ms })
        } else if behind_ms > DOUBT_MS {
            Some(Doubt::Behind { by_ms: behind_ms })
        } else if self.change.claim.offset_ms.is_none() && arrived.millis_since(self.happened) > DOUBT_MS {
            Some(Doubt::Unmeasured)
        } else {
            None
        }
    }

    /// The one order of a ticket's changes: by when they happened; the change id decides between equal instants.
    pub fn order(&self) -> (Timestamp, ChangeId) {
        (self.happened, self.change.id)
    }
}
