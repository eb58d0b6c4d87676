//! On the way out: what to push, and what the server's verdicts mean.

use std::collections::BTreeMap;
use std::ops::Bound;

use domain::ticket::{ActionKind, Change, TicketNumber};
use domain::{ChangeId, DeviceId, Refusal, TicketId, Timestamp};

use super::Replica;
use super::custody::keep_or_let_go;
use crate::messages::{
    Event, PROTOCOL, PUSH_MAX_BYTES, PUSH_MAX_CHANGES, PushRequest, PushResponse, Verdict,
};
use crate::outbox::{ASK_AGAIN_MS, OutboxEntry, OutboxState};
use crate::store::Batch;

impl Replica {
    /// The next changes to push at `clock` beyond a number, in about as many bytes as the line carries in one go; nothing, if none
    /// are due there.
    pub fn push_request(&self, beyond: u64, room_bytes: usize, clock: Timestamp) -> Option<PushRequest> {
        let further = self.outbox.range((Bound::Excluded(beyond), Bound::Unbounded));
        let mut due = further.map(|(_, entry)| entry).filter(|entry| is_due(entry, clock)).peekable();
        let first = due.peek()?.change.id;
        let mut bytes = 0;
        let fits = |entry: &&OutboxEntry| {
            bytes += written_bytes(&entry.change);
            let id = entry.change.id;
            id == first || (id.device == first.device && bytes <= room_bytes)
        };
        let changes: Vec<_> =
            due.take(PUSH_MAX_CHANGES).take_while(fits).map(|entry| entry.change.clone()).collect();
        let is_open = |entry: &&OutboxEntry| entry.is_waiting() && entry.change.id.device == first.device;
        let lowest = self.outbox.values().find(is_open).map(|entry| entry.change.id.seq);
        Some(PushRequest {
            protocol: PROTOCOL,
            device: first.device,
            complete: true,
            epoch: self.meta.epoch.clone(),
            ended_before: lowest.filter(|lowest| *lowest < first.seq),
            known_as: self.known_as(&changes),
            changes,
        })
    }

    /// The numbers of those tickets that these changes register, as far as the server has given them any.
    fn known_as(&self, changes: &[Change]) -> BTreeMap<TicketId, TicketNumber> {
        let registered = changes.iter().filter(|change| change.action.kind() == ActionKind::Register);
        let number_of = |ticket| self.held.get(&ticket).and_then(|held| held.card.number.clone());
        registered.filter_map(|change| Some((change.ticket, number_of(change.ticket)?))).collect()
    }

    /// Whether a change beyond a number has yet to be sent.
    pub(crate) fn waits_beyond(&self, number: u64) -> bool {
        self.outbox.range((Bound::Excluded(number), Bound::Unbounded)).any(|(_, entry)| entry.is_waiting())
    }

    /// Whether events tell of a ticket about which something has yet to be sent, or of a decision on something parked.
    pub(crate) fn waits_for_any(&self, events: &[Event]) -> bool {
        let told = |ticket| {
            events.iter().any(|event| matches!(event, Event::Changed(changed) if changed.ticket == ticket))
        };
        events.contains(&Event::Parked)
            || self.outbox.values().any(|entry| entry.is_waiting() && told(entry.change.ticket))
    }

    /// Whether a change is to be pushed at `clock`.
    pub fn is_due(&self, change: ChangeId, clock: Timestamp) -> bool {
        self.outbox.get(&change.seq).is_some_and(|entry| entry.change.id == change && is_due(entry, clock))
    }

    /// Takes the server's verdicts. `sent` and `received` are the device's clock before and after the exchange.
    ///
    /// A change without a verdict, with one this version doesn't know, or with a refusal that may pass by itself stays as it
    /// is.
    pub fn on_push(&self, response: &PushResponse, sent: Timestamp, received: Timestamp) -> Batch {
        let mut meta = self.contact(response.server_time, sent, received);
        meta.epoch.get_or_insert_with(|| response.epoch.clone());
        let mut batch = Batch::default();
        for judged in &response.verdicts {
            let asked = self.outbox.get(&judged.id.seq).filter(|entry| entry.change.id == judged.id);
            let Some(entry) = asked.filter(|entry| entry.is_waiting() || entry.is_parked()) else { continue };
            match &judged.verdict {
                Verdict::Applied { revision } | Verdict::Duplicate { revision } => {
                    if self.delivered(&response.epoch, entry, *revision) {
                        keep_or_let_go(&mut batch, &meta, entry, *revision);
                    } else {
                        batch.outbox.push(entry.now(OutboxState::Accepted { revision: *revision }));
                    }
                }
                Verdict::Parked { because } => {
                    let state = OutboxState::Parked { because: because.clone(), at: received };
                    batch.outbox.push(entry.now(state));
                }
                Verdict::Refused { because } if !because.worth_retrying() => {
                    let state = OutboxState::Refused { because: because.clone(), at: received };
                    batch.outbox.push(entry.now(state));
                }
                Verdict::Refused { .. } | Verdict::Unknown => {}
            }
        }
        batch.meta = Some(meta);
        batch
    }

    /// Has the server asked at the next opportunity what has become of parked changes.
    pub(super) fn ask_about_parked(&self, batch: &mut Batch) {
        let asked_again = self.outbox.values().filter_map(|entry| match &entry.state {
            OutboxState::Parked { because, .. } => {
                let because = because.clone();
                Some(entry.now(OutboxState::Parked { because, at: Timestamp::default() }))
            }
            _ => None,
        });
        batch.outbox.extend(asked_again);
    }

    /// Whether the document that holds the change has come back. Between two pages it may have moved on to a later one. A ticket that
    /// is not held has left the scope, unless everything is coming anew and it is still to come.
    fn delivered(&self, epoch: &str, entry: &OutboxEntry, revision: u64) -> bool {
        let held = self.held_now(entry.change.ticket);
        held.map_or(!self.meta.rebuilding, |held| held.revision >= revision)
            && self.meta.cursor.as_ref().is_some_and(|cursor| cursor.epoch == epoch && cursor.seq >= revision)
    }

    /// Whether the server has met another copy of this device, which has used up the number of a change made here. It has to
    /// go on [`under_another_name`](Self::under_another_name).
    pub fn is_copied(&self) -> bool {
        self.outbox.values().any(is_taken)
    }

    /// Goes on as another device. What has been refused for its number, and what was made after that and waits, goes out under the
    /// new name; nothing is lost of either copy. What waits and was made before that may be the other copy's just as well, and keeps
    /// its name as long as the server takes it by that.
    ///
    /// Numbers go on where they are, so that no two changes here ever have the same.
    pub fn under_another_name(&self, device: DeviceId) -> Batch {
        let mut meta = self.meta.clone();
        meta.identity.device = device;
        let mut taken: BTreeMap<DeviceId, u64> = BTreeMap::new();
        for entry in self.outbox.values().filter(|entry| is_taken(entry)) {
            taken.entry(entry.change.id.device).or_insert(entry.change.id.seq);
        }
        let comes_after = |id: ChangeId| taken.get(&id.device).is_some_and(|first| id.seq > *first);
        let moves =
            |entry: &&OutboxEntry| is_taken(entry) || (entry.is_waiting() && comes_after(entry.change.id));
        let moving: Vec<_> = self.outbox.values().filter(moves).collect();
        let mut names = BTreeMap::new();
        for entry in &moving {
            names.insert(entry.change.id, ChangeId { device, seq: meta.next_seq });
            meta.next_seq += 1;
        }
        let renamed = |entry: &&OutboxEntry| OutboxEntry {
            change: entry.change.renamed(&names),
            state: OutboxState::Waiting,
        };
        let outbox = moving.iter().map(renamed).collect();
        Batch { meta: Some(meta), outbox, settled: names.into_keys().collect(), ..Batch::default() }
    }
}

/// Whether the server is to be told, or to be asked again.
fn is_due(entry: &OutboxEntry, clock: Timestamp) -> bool {
    match entry.state {
        OutboxState::Waiting => true,
        // A clock that was set back asks once too often rather than never.
        OutboxState::Parked { at, .. } => clock.millis_since(at).abs() >= ASK_AGAIN_MS,
        OutboxState::Accepted { .. } | OutboxState::Kept { .. } | OutboxState::Refused { .. } => false,
    }
}

fn is_taken(entry: &OutboxEntry) -> bool {
    matches!(entry.state, OutboxState::Refused { because: Refusal::IdReused, .. })
}

/// How many bytes a change takes on the line, before compression.
fn written_bytes(change: &Change) -> usize {
    serde_json::to_vec(change).map_or(PUSH_MAX_BYTES, |written| written.len())
}
