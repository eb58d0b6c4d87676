//! The one task that writes the record.
//!
//! Pushes queue here. The writer takes all that wait, judges them one after the other against what it knows, writes what
//! came of it in one transaction, and answers when that is on disk. So one flush of the disk serves as many devices as
//! happen to wait for it, order is never in doubt, and no device hears "applied" of something that a power cut could undo.
//!
//! It runs on a thread of its own: judging a large group takes a while, and nobody else should wait for it.

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use domain::people::Directory;
use domain::ticket::{Document, Month};
use domain::{ChangeId, DeviceId, TicketId};
use futures_util::FutureExt;
use sync::messages::Judged;
use tokio::sync::{mpsc, oneshot};

use super::group::{Group, Held, Incoming, Known, Push, Written};
use super::hub::Hub;
use super::memory::Memory;
use crate::people::DirectoryCache;
use crate::store::devices::Device;
use crate::store::{SqliteConnection, Store, StoreError, devices, ledger, rings, tickets};

/// How many pushes may wait before the next ones wait to be let in.
const QUEUE: usize = 1_024;
/// No further push is taken into a group that holds so many changes.
const GROUP_CHANGES: usize = 4_096;
/// Twice so many tickets are remembered at most.
const REMEMBERED_TICKETS: usize = 2_048;
/// Twice so many devices are remembered at most.
const REMEMBERED_DEVICES: usize = 4_096;

/// Takes pushes to the record. Cheap to clone; all clones reach the same writer.
#[derive(Debug, Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Job>,
}

/// The record could not be written. Nothing of the push was taken as far as anybody may rely on it; it can be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record could not be written")]
pub(crate) struct NotWritten;

/// A push that waits for its verdicts.
#[derive(Debug)]
pub(crate) struct Submitted {
    verdicts: oneshot::Receiver<Result<Vec<Judged>, NotWritten>>,
}

impl Submitted {
    /// Waits for the verdicts.
    ///
    /// # Errors
    /// When it could not be written.
    pub(crate) async fn verdicts(self) -> Result<Vec<Judged>, NotWritten> {
        self.verdicts.await.map_err(|_| NotWritten)?
    }
}

#[derive(Debug)]
struct Job {
    push: Push,
    answer: oneshot::Sender<Result<Vec<Judged>, NotWritten>>,
}

impl Writer {
    /// Starts the writer. It ends when the last handle is gone and everything that waited is written.
    ///
    /// # Errors
    /// When the system grants no further thread.
    pub(crate) fn start(
        store: Store,
        directory: DirectoryCache,
        hub: Hub,
        utc_offset_minutes: i32,
    ) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let desk = Desk {
            store,
            directory,
            hub,
            utc_offset_minutes,
            tickets: Memory::new(REMEMBERED_TICKETS),
            devices: Memory::new(REMEMBERED_DEVICES),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new()
            .name("record-writer".to_owned())
            .spawn(move || runtime.block_on(desk.run(jobs)))?;
        Ok(Self { queue })
    }

    /// Has a push judged and recorded. The verdicts are in the order of its changes; what is applied is on disk.
    ///
    /// # Errors
    /// When it could not be written.
    pub(crate) async fn push(&self, push: Push) -> Result<Vec<Judged>, NotWritten> {
        self.submit(push).await?.verdicts().await
    }

    /// Lets a push queue up. What is submitted first is judged first.
    ///
    /// # Errors
    /// When nobody takes pushes any more.
    pub(crate) async fn submit(&self, push: Push) -> Result<Submitted, NotWritten> {
        let (answer, verdicts) = oneshot::channel();
        self.queue.send(Job { push, answer }).await.map_err(|_| NotWritten)?;
        Ok(Submitted { verdicts })
    }
}

struct Desk {
    store: Store,
    directory: DirectoryCache,
    hub: Hub,
    utc_offset_minutes: i32,
    tickets: Memory<TicketId, Held>,
    devices: Memory<DeviceId, Device>,
}

impl Desk {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.recv().await {
            let group = gather(first, &mut jobs);
            self.serve(group).await;
        }
    }

    /// Writes a group and answers everybody in it. If that fails, each push is tried alone: one that can't be written
    /// takes no other with it.
    async fn serve(&mut self, group: Vec<Job>) {
        let (pushes, answers): (Vec<_>, Vec<_>) = group.into_iter().map(|job| (job.push, job.answer)).unzip();
        if let Ok(verdicts) = self.write(&pushes).await {
            for (answer, verdicts) in answers.into_iter().zip(verdicts) {
                // Whoever has gone away will ask again.
                let _ = answer.send(Ok(verdicts));
            }
            return;
        }
        let alone = pushes.len() == 1;
        for (push, answer) in pushes.iter().zip(answers) {
            let verdicts = if alone { Err(NotWritten) } else { self.write(std::slice::from_ref(push)).await };
            let _ = answer.send(verdicts.map(|mut verdicts| verdicts.pop().unwrap_or_default()));
        }
    }

    async fn write(&mut self, pushes: &[Push]) -> Result<Vec<Vec<Judged>>, NotWritten> {
        let failure: Box<dyn std::error::Error> =
            match AssertUnwindSafe(self.transact(pushes)).catch_unwind().await {
                Ok(Ok(verdicts)) => return Ok(verdicts),
                Ok(Err(error)) => error.into(),
                Err(_panic) => NotWritten.into(),
            };
        tracing::error!(failure = &*failure, pushes = pushes.len(), "a group of pushes could not be written");
        // What is remembered may be ahead of what is stored.
        self.tickets.clear();
        self.devices.clear();
        Err(NotWritten)
    }

    async fn transact(&mut self, pushes: &[Push]) -> Result<Vec<Vec<Judged>>, StoreError> {
        let store = self.store.clone();
        let directory = self.directory.current();
        let mut turn = store.writer().await;
        let mut transaction = turn.begin().await?;
        let known = self.gather_known(&mut transaction, pushes).await?;
        let head = known.head;
        let (verdicts, known, mut written) = judge(pushes, &directory, self.utc_offset_minutes, known);
        if !written.is_empty() {
            ledger::append(&mut transaction, std::mem::take(&mut written.changes)).await?;
            tickets::keep(&mut transaction, written.tickets(&known)).await?;
            rings::mark(&mut transaction, &written.ticket_ids()).await?;
            tickets::keep_moves(&mut transaction, std::mem::take(&mut written.moves)).await?;
            devices::keep(&mut transaction, written.devices(&known)).await?;
            ledger::keep_numbers(&mut transaction, written.numbers(&known)).await?;
            ledger::advance(&mut transaction, head, known.head).await?;
        }
        transaction.commit().await.map_err(StoreError::because("commit a group of pushes"))?;
        drop(turn);
        self.hub.publish(written.news);
        self.remember(known);
        Ok(verdicts)
    }

    /// Everything that judging needs to know, from memory where it is there.
    async fn gather_known(
        &mut self,
        connection: &mut SqliteConnection,
        pushes: &[Push],
    ) -> Result<Known, StoreError> {
        let mut known = Known { head: ledger::head(connection).await?, ..Known::default() };
        let device_ids: BTreeSet<_> = pushes.iter().map(|push| push.device).collect();
        let strangers = recall(&mut self.devices, device_ids, &mut known.devices);
        if !strangers.is_empty() {
            known.devices.extend(devices::find(connection, &strangers).await?);
        }
        let ticket_ids: BTreeSet<_> = incoming(pushes).filter_map(Incoming::ticket).collect();
        let strangers = recall(&mut self.tickets, ticket_ids, &mut known.tickets);
        if !strangers.is_empty() {
            let found = tickets::find(connection, &strangers).await?;
            let held = |(document, keys): (Document, _)| (document.ticket, Held { document, keys });
            known.tickets.extend(found.into_iter().map(held));
        }
        let sent_again = sent_again(pushes, &known.devices);
        if !sent_again.is_empty() {
            known.recorded.extend(ledger::find(connection, &sent_again).await?);
        }
        for month in months(pushes, self.utc_offset_minutes) {
            known.numbers.insert(month, ledger::last_number(connection, month).await?);
        }
        Ok(known)
    }

    fn remember(&mut self, known: Known) {
        for (ticket, held) in known.tickets {
            self.tickets.put(ticket, held);
        }
        for (id, device) in known.devices {
            self.devices.put(id, device);
        }
    }
}

/// Takes everything that waits, up to the bound.
fn gather(first: Job, jobs: &mut mpsc::Receiver<Job>) -> Vec<Job> {
    let mut changes = first.push.changes.len();
    let mut group = vec![first];
    while changes < GROUP_CHANGES
        && let Ok(job) = jobs.try_recv()
    {
        changes += job.push.changes.len();
        group.push(job);
    }
    group
}

fn judge(
    pushes: &[Push],
    directory: &Arc<Directory>,
    utc_offset_minutes: i32,
    known: Known,
) -> (Vec<Vec<Judged>>, Known, Written) {
    let mut group = Group::new(directory, utc_offset_minutes, known);
    let verdicts = pushes.iter().map(|push| group.judge(push)).collect();
    let (known, written) = group.finish();
    (verdicts, known, written)
}

fn incoming(pushes: &[Push]) -> impl Iterator<Item = &Incoming> {
    pushes.iter().flat_map(|push| &push.changes)
}

/// Moves what is remembered over; returns the keys of what isn't.
fn recall<K: Copy + Eq + std::hash::Hash, V>(
    memory: &mut Memory<K, V>,
    keys: BTreeSet<K>,
    known: &mut HashMap<K, V>,
) -> Vec<K> {
    let mut strangers = Vec::new();
    for key in keys {
        match memory.take(&key) {
            Some(value) => drop(known.insert(key, value)),
            None => strangers.push(key),
        }
    }
    strangers
}

/// The changes that may have been recorded before: their device has been judged further than they are.
fn sent_again(pushes: &[Push], devices: &HashMap<DeviceId, Device>) -> Vec<ChangeId> {
    incoming(pushes)
        .map(Incoming::id)
        .filter(|id| devices.get(&id.device).is_some_and(|device| id.seq <= device.judged))
        .collect()
}

/// The months in which tickets may have to be numbered.
fn months(pushes: &[Push], utc_offset_minutes: i32) -> BTreeSet<Month> {
    pushes
        .iter()
        .filter(|push| push.changes.iter().any(Incoming::registers))
        .map(|push| Month::of(push.arrival, utc_offset_minutes))
        .collect()
}
