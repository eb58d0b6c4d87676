//! Changes that are not taken: each is named with the reason, and whoever has made it gets it back.
//!
//! The file that has brought it is sealed to the server, and its device may be gone: if the answer did not hold what its author has written, they
//! could never read it again. Others, who may bring the file as well, are told which change it is and why it is not taken, and no more.

use domain::ticket::Change;
use domain::{PersonId, Refusal};
use sync::rescue::{RefusedChange, RescueReport};

use super::gather::{Found, Unread};

/// Most bytes of changes in one answer; what is beyond that is in the file still.
const MOST_BYTES: usize = 1024 * 1024;

/// Puts changes that are not taken into a report.
#[derive(Debug)]
pub(super) struct GivingBack {
    bringer: PersonId,
    /// How many bytes of changes there is still room for.
    room: usize,
}

impl GivingBack {
    /// Begins for whoever has brought the file.
    pub(super) const fn to(bringer: PersonId) -> Self {
        Self { bringer, room: MOST_BYTES }
    }

    /// Names a change that is not taken.
    pub(super) fn name(
        &mut self,
        found: &Found,
        because: Refusal,
        report: &mut RescueReport,
        unread: &mut Unread,
    ) {
        let Found { change, part, .. } = found;
        let is_theirs = change.actor == self.bringer;
        let given = (is_theirs && self.has_room_for(change)).then(|| change.clone());
        if is_theirs && given.is_none() {
            unread.note(part, "not taken, and too much for one answer");
        }
        report.refused.push(RefusedChange { id: change.id, because, change: given });
    }

    fn has_room_for(&mut self, change: &Change) -> bool {
        let bytes = serde_json::to_vec(change).map_or(usize::MAX, |json| json.len());
        let left = self.room.checked_sub(bytes);
        self.room = left.unwrap_or(self.room);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use domain::ticket::Seen;
    use domain::{ChangeId, Claim, DeviceId, TicketId, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::sync::testing::comment;

    fn found(seq: u64, author: PersonId, text: &str) -> Found {
        let change = Change {
            id: ChangeId { device: DeviceId::from_uuid(Uuid::from_u128(1)), seq },
            ticket: TicketId::from_uuid(Uuid::from_u128(2)),
            actor: author,
            claim: Claim { clock: Timestamp::from_millis(0), offset_ms: None, heard: None },
            seen: Seen::default(),
            action: comment(text),
        };
        Found { change, state: None, part: format!("outbox/{seq}.json") }
    }

    #[test]
    fn what_is_too_much_for_an_answer_is_named_and_what_others_wrote_takes_no_room() {
        let [author, other] = [3, 4].map(|number| PersonId::from_uuid(Uuid::from_u128(number)));
        let long = "x".repeat(MOST_BYTES);
        let (mut report, mut unread) = (RescueReport::default(), Unread::default());
        let mut giving_back = GivingBack::to(author);
        for found in [
            found(1, other, &long),
            found(2, author, "short"),
            found(3, author, &long),
            found(4, author, "another"),
        ] {
            giving_back.name(&found, Refusal::NotConfirmed, &mut report, &mut unread);
        }
        let given: Vec<_> =
            report.refused.iter().map(|refused| (refused.id.seq, refused.change.is_some())).collect();
        assert_eq!(given, [(1, false), (2, true), (3, false), (4, true)]);
        assert_eq!(unread.into_lines(), ["outbox/3.json: not taken, and too much for one answer"]);
    }
}
