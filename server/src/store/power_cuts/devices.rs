//! Devices that push to the writer, and remember what they were told.

use std::collections::BTreeMap;

use domain::people::Person;
use domain::ticket::{Action, Change, Seen};
use domain::{ChangeId, Claim, DeviceId, TicketId, Timestamp};
use powercut::Dice;
use sync::messages::{Judged, Verdict};
use uuid::Uuid;

use crate::sync::testing::{comment, intake};
use crate::sync::{Incoming, NotWritten, Push, Writer};
use crate::testing::START;

/// How many changes a device makes between two pushes, at most.
const CHANGES: usize = 6;

/// Several devices in the hands of one person.
pub(super) struct Devices {
    owner: Person,
    dice: Dice,
    clock: Timestamp,
    devices: Vec<Device>,
    tickets: BTreeMap<TicketId, Seen>,
    pub(super) memory: Remembered,
}

struct Device {
    id: DeviceId,
    made: u64,
    /// What was not confirmed yet, in order.
    outbox: Vec<Change>,
}

/// What devices have sent, and what they were told is in the record, with its place.
#[derive(Default)]
pub(super) struct Remembered {
    pub(super) sent: BTreeMap<ChangeId, Change>,
    pub(super) confirmed: BTreeMap<ChangeId, u64>,
    /// What the server would not take, though a server that remembers what it has confirmed would.
    pub(super) refused: Vec<Judged>,
}

impl Devices {
    pub(super) fn of(owner: &Person, count: usize, mut dice: Dice) -> Self {
        let device =
            |dice: &mut Dice| Device { id: DeviceId::from_uuid(uuid(dice)), made: 0, outbox: Vec::new() };
        let devices = (0..count).map(|_| device(&mut dice)).collect();
        let owner = owner.clone();
        Self { owner, dice, clock: START, devices, tickets: BTreeMap::new(), memory: Remembered::default() }
    }

    /// Has some devices make something and push it, all at once. Says whether all of it was confirmed.
    pub(super) async fn work(&mut self, writer: &Writer) -> bool {
        let first = self.dice.below(self.devices.len());
        let count = 1 + self.dice.below(self.devices.len() - first);
        for device in first..first + count {
            for _ in 0..=self.dice.below(CHANGES) {
                self.make(device);
            }
        }
        self.push(writer, first..first + count).await
    }

    /// Pushes everything that was never confirmed. Says whether it is now.
    pub(super) async fn push_the_rest(&mut self, writer: &Writer) -> bool {
        self.push(writer, 0..self.devices.len()).await
    }

    async fn push(&mut self, writer: &Writer, devices: std::ops::Range<usize>) -> bool {
        let mut submitted = Vec::new();
        for device in &self.devices[devices.clone()] {
            let push = device.push(&self.owner);
            self.memory.sent.extend(device.outbox.iter().map(|change| (change.id, change.clone())));
            submitted.push(writer.submit(push).await);
        }
        let mut all_confirmed = true;
        for (device, submitted) in self.devices[devices].iter_mut().zip(submitted) {
            let verdicts = match submitted {
                Ok(submitted) => submitted.verdicts().await,
                Err(NotWritten) => Err(NotWritten),
            };
            match verdicts {
                Ok(verdicts) => {
                    verdicts.into_iter().for_each(|judged| self.memory.take_in(judged));
                    device.outbox.clear();
                }
                Err(NotWritten) => all_confirmed = false,
            }
        }
        all_confirmed
    }

    fn make(&mut self, device: usize) {
        let known: Vec<_> = self.known_to(device);
        let (ticket, action) = if known.is_empty() || self.dice.below(5) == 0 {
            let ticket = TicketId::from_uuid(uuid(&mut self.dice));
            (ticket, Action::Register(Box::new(intake(self.owner.department))))
        } else {
            let words = "装好了。".repeat(1 + self.dice.below(40));
            (*self.dice.pick(&known), comment(&words))
        };
        self.clock = self.clock.plus_millis(1);
        let device = &mut self.devices[device];
        device.made += 1;
        let id = ChangeId { device: device.id, seq: device.made };
        let claim = Claim { clock: self.clock, offset_ms: Some(0), heard: None };
        let seen = self.tickets.entry(ticket).or_default();
        let change = Change { id, ticket, actor: self.owner.id, claim, seen: seen.clone(), action };
        seen.insert(id);
        device.outbox.push(change);
    }

    /// The tickets that this device may add to: those that are in the record, and those that it has registered itself.
    fn known_to(&self, device: usize) -> Vec<TicketId> {
        let confirmed = self.memory.confirmed.keys().map(|id| self.memory.sent[id].ticket);
        let own = self.devices[device].outbox.iter().map(|change| change.ticket);
        let mut known: Vec<_> = confirmed.chain(own).collect();
        known.sort_unstable();
        known.dedup();
        known
    }
}

impl Device {
    fn push(&self, owner: &Person) -> Push {
        let readable = |change: &Change| Incoming::Readable(Box::new(change.clone()));
        Push {
            person: owner.clone(),
            device: self.id,
            arrival: START.plus_millis(Timestamp::DAY_MS),
            complete: false,
            ended_before: None,
            known_as: BTreeMap::new(),
            changes: self.outbox.iter().map(readable).collect(),
        }
    }
}

impl Remembered {
    pub(super) fn take_in(&mut self, Judged { id, verdict }: Judged) {
        match verdict {
            Verdict::Applied { revision } | Verdict::Duplicate { revision } => {
                self.confirmed.insert(id, revision);
            }
            verdict => self.refused.push(Judged { id, verdict }),
        }
    }
}

fn uuid(dice: &mut Dice) -> Uuid {
    Uuid::from_u64_pair(dice.number(), dice.number())
}
