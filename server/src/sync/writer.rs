//! The one way into the record.
//!
//! Pushes queue here. The [desk](super::desk) judges them one after the other against what it knows; the
//! [keeper](super::keeper) writes what came of it, one group after the other, each in one transaction, and answers when that
//! is on disk. While the keeper waits for the disk, the desk judges those that came meanwhile: they are the next group. So
//! one flush of the disk serves as many devices as happen to wait for it, order is never in doubt, and no device hears
//! "applied" of something that a power cut could undo.
//!
//! Both run on threads of their own: judging a large group takes a while, and nobody else should wait for it.

use std::future::Future;

use sync::messages::{Judged, Verdict};
use tokio::sync::{mpsc, oneshot};

use super::desk::Desk;
use super::group::{Decision, Push, Rescued};
use super::hub::Hub;
use super::keeper::Keeper;
use crate::people::DirectoryCache;
use crate::store::Store;

/// How many pushes may wait before the next ones wait to be let in.
const QUEUE: usize = 1_024;

/// Takes pushes to the record. Cheap to clone; all clones reach the same desk.
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

/// What the desk is asked to do.
#[derive(Debug)]
pub(super) enum Task {
    /// Judge these changes.
    Push(Push),
    /// Judge these changes, which somebody has brought.
    Rescue(Rescued),
    /// Carry out this decision. The verdict is on the change that it is about; none, if there is nothing to decide on.
    Decide(Decision),
}

impl Task {
    /// How many changes it may add to the record.
    pub(super) const fn changes(&self) -> usize {
        match self {
            Self::Push(push) => push.changes.len(),
            Self::Rescue(rescued) => rescued.changes.len(),
            Self::Decide(_) => 1,
        }
    }
}

/// A task, and where its verdicts go.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) task: Task,
    answer: oneshot::Sender<Result<Vec<Judged>, NotWritten>>,
}

impl Job {
    /// Answers, and ends the job.
    pub(super) fn answer(self, verdicts: Result<Vec<Judged>, NotWritten>) {
        // Whoever has gone away will ask again.
        let _ = self.answer.send(verdicts);
    }
}

impl Writer {
    /// Starts desk and keeper. They end when the last handle is gone and everything that waited is written.
    ///
    /// # Errors
    /// When the system grants no further thread.
    pub(crate) fn start(
        store: Store,
        directory: DirectoryCache,
        hub: Hub,
        utc_offset_minutes: i32,
    ) -> std::io::Result<Self> {
        let (writer, desk, keeper) = Self::prepare(store, directory, hub, utc_offset_minutes);
        run_apart("record-keeper", keeper)?;
        run_apart("record-desk", desk)?;
        Ok(writer)
    }

    /// Gives the work of desk and keeper back instead of starting it: who simulates a server decides where it runs, and when
    /// it is killed.
    pub(crate) fn prepare(
        store: Store,
        directory: DirectoryCache,
        hub: Hub,
        utc_offset_minutes: i32,
    ) -> (Self, impl Future<Output = ()> + Send, impl Future<Output = ()> + Send) {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let (hand_over, bundles) = mpsc::channel(1);
        let keeper = Keeper::new(store.clone(), hub);
        let desk = Desk::new(store, directory, utc_offset_minutes, hand_over);
        (Self { queue }, desk.run(jobs), keeper.run(bundles))
    }

    /// Has a push judged and recorded. The verdicts are in the order of its changes; what is applied is on disk.
    ///
    /// # Errors
    /// When it could not be written.
    pub(crate) async fn push(&self, push: Push) -> Result<Vec<Judged>, NotWritten> {
        self.submit(push).await?.verdicts().await
    }

    /// Has a decision on a parked change carried out. Returns the verdict that stands from then on; nothing, if no such change is
    /// parked as far as the person may know.
    ///
    /// # Errors
    /// When it could not be written.
    pub(crate) async fn decide(&self, decision: Decision) -> Result<Option<Verdict>, NotWritten> {
        let verdicts = self.queue_up(Task::Decide(decision)).await?.verdicts().await?;
        Ok(verdicts.into_iter().next().map(|judged| judged.verdict))
    }

    /// Has changes of a rescue file judged. Returns the verdicts, in their order.
    ///
    /// # Errors
    /// When it could not be written. Some of what is beyond one group may have been; brought again, it is known.
    pub(crate) async fn rescue(&self, rescued: Rescued) -> Result<Vec<Judged>, NotWritten> {
        self.queue_up(Task::Rescue(rescued)).await?.verdicts().await
    }

    /// Lets a push queue up. What is submitted first is judged first.
    ///
    /// # Errors
    /// When nobody takes pushes any more.
    pub(crate) async fn submit(&self, push: Push) -> Result<Submitted, NotWritten> {
        self.queue_up(Task::Push(push)).await
    }

    async fn queue_up(&self, task: Task) -> Result<Submitted, NotWritten> {
        let (answer, verdicts) = oneshot::channel();
        self.queue.send(Job { task, answer }).await.map_err(|_| NotWritten)?;
        Ok(Submitted { verdicts })
    }
}

/// Runs something on a thread of its own.
fn run_apart(name: &str, work: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name(name.to_owned()).spawn(move || runtime.block_on(work))?;
    Ok(())
}
