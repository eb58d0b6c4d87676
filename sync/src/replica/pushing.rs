//! On the way out: what to push, and what the server's verdicts mean.

use domain::Timestamp;
use domain::ticket::Change;

use super::Replica;
use crate::messages::{PROTOCOL, PUSH_MAX_BYTES, PUSH_MAX_CHANGES, PushRequest, PushResponse, Verdict};
use crate::outbox::{OutboxEntry, OutboxState};
use crate::store::Batch;

impl Replica {
    /// The next changes to push, in about as many bytes as the line carries in one go; nothing, if none wait.
    pub fn push_request(&self, room_bytes: usize) -> Option<PushRequest> {
        let mut bytes = 0;
        let changes: Vec<_> = self
            .outbox
            .values()
            .filter(|entry| entry.is_waiting())
            .take(PUSH_MAX_CHANGES)
            .take_while(|entry| {
                let first = bytes == 0;
                bytes += written_bytes(&entry.change);
                first || bytes <= room_bytes
            })
            .map(|entry| entry.change.clone())
            .collect();
        let device = self.meta.identity.device;
        (!changes.is_empty()).then_some(PushRequest { protocol: PROTOCOL, device, changes })
    }

    /// Takes the server's verdicts. `sent` and `received` are the device's clock before and after the exchange.
    ///
    /// A change without a verdict, with one this version doesn't know, or with a refusal that may pass by itself keeps
    /// waiting.
    pub fn on_push(&self, response: &PushResponse, sent: Timestamp, received: Timestamp) -> Batch {
        let mut batch =
            Batch { meta: self.contact(response.server_time, sent, received), ..Batch::default() };
        for judged in &response.verdicts {
            let waiting = self.outbox.get(&judged.id.seq);
            let Some(entry) = waiting.filter(|entry| entry.change.id == judged.id && entry.is_waiting())
            else {
                continue;
            };
            let state = match &judged.verdict {
                Verdict::Applied { revision } | Verdict::Duplicate { revision } => {
                    OutboxState::Accepted { revision: *revision }
                }
                Verdict::Refused { because } if because.worth_retrying() => continue,
                Verdict::Refused { because } => {
                    OutboxState::Refused { because: because.clone(), at: received }
                }
                Verdict::Unknown => continue,
            };
            match state {
                OutboxState::Accepted { revision } if self.delivered(&response.epoch, revision) => {
                    batch.settled.push(judged.id);
                }
                state => batch.outbox.push(OutboxEntry { change: entry.change.clone(), state }),
            }
        }
        batch
    }

    fn delivered(&self, epoch: &str, revision: u64) -> bool {
        self.meta.cursor.as_ref().is_some_and(|cursor| cursor.epoch == epoch && cursor.seq >= revision)
    }
}

/// How many bytes a change takes on the line, before compression.
fn written_bytes(change: &Change) -> usize {
    serde_json::to_vec(change).map_or(PUSH_MAX_BYTES, |written| written.len())
}
