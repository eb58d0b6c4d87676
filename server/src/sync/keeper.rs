//! Writes what has been judged, and tells those whom it concerns once it is on disk.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use domain::DeviceId;
use domain::ticket::Month;
use futures_util::FutureExt;
use sync::messages::Judged;
use tokio::sync::{mpsc, oneshot};

use super::NotWritten;
use super::hub::{Hub, News, ParkedNews};
use super::writer::Job;
use crate::store::devices::Device;
use crate::store::files::AttachmentRow;
use crate::store::ledger::{ChangeRow, Head};
use crate::store::parked::Parked;
use crate::store::tickets::{ScopeMove, TicketRow};
use crate::store::{Store, StoreError, devices, files, ledger, parked, rings, set_aside, tickets};

/// A group that has been judged: what is to be written, and what is to be said when it has been.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) rows: Rows,
    pub(super) news: Vec<News>,
    pub(super) parked_news: Vec<ParkedNews>,
    pub(super) answers: Vec<(Job, Vec<Judged>)>,
    /// Where to say what became of it.
    pub(super) landed: oneshot::Sender<Landing>,
}

/// What a group writes.
#[derive(Debug)]
pub(super) struct Rows {
    /// Where the record ended before the group, and where it ends with it.
    pub(super) heads: (Head, Head),
    pub(super) changes: Vec<ChangeRow>,
    pub(super) tickets: Vec<TicketRow>,
    pub(super) moves: Vec<ScopeMove>,
    pub(super) attachments: Vec<AttachmentRow>,
    pub(super) devices: Vec<(DeviceId, Device)>,
    pub(super) parked: Vec<Parked>,
    pub(super) set_aside: Vec<set_aside::Row>,
    pub(super) numbers: BTreeMap<Month, u32>,
}

/// What became of a group: how long the writing took; or nothing of it was written, and nobody has been answered.
pub(super) type Landing = Result<Duration, Vec<Job>>;

/// Writes one group after the other.
#[derive(Debug)]
pub(super) struct Keeper {
    store: Store,
    hub: Hub,
}

impl Keeper {
    pub(super) const fn new(store: Store, hub: Hub) -> Self {
        Self { store, hub }
    }

    /// Writes what it is given until nobody gives any more.
    pub(super) async fn run(self, mut bundles: mpsc::Receiver<Bundle>) {
        while let Some(Bundle { rows, news, parked_news, answers, landed }) = bundles.recv().await {
            let landing = match self.write(rows, answers.len()).await {
                Ok(taken) => {
                    self.hub.publish(news);
                    self.hub.publish_parked(parked_news);
                    for (job, verdicts) in answers {
                        job.answer(Ok(verdicts));
                    }
                    Ok(taken)
                }
                Err(NotWritten) => Err(answers.into_iter().map(|(job, _)| job).collect()),
            };
            // The desk waits for it, unless it is about to end.
            let _ = landed.send(landing);
        }
    }

    async fn write(&self, rows: Rows, pushes: usize) -> Result<Duration, NotWritten> {
        let begun = Instant::now();
        let failure: Box<dyn std::error::Error> =
            match AssertUnwindSafe(self.transact(rows)).catch_unwind().await {
                Ok(Ok(())) => return Ok(begun.elapsed()),
                Ok(Err(error)) => error.into(),
                Err(_panic) => NotWritten.into(),
            };
        tracing::error!(failure = &*failure, pushes, "a group of pushes could not be written");
        Err(NotWritten)
    }

    async fn transact(&self, rows: Rows) -> Result<(), StoreError> {
        let Rows {
            heads: (old, new),
            changes,
            tickets,
            moves,
            attachments,
            devices,
            parked,
            set_aside: aside,
            numbers,
        } = rows;
        self.store.trust().require()?;
        if devices.is_empty() && parked.is_empty() && aside.is_empty() {
            return Ok(());
        }
        let mut turn = self.store.writer().await;
        let mut transaction = turn.begin().await?;
        ledger::append(&mut transaction, changes).await?;
        let touched: Vec<_> = tickets.iter().map(|row| row.id).collect();
        tickets::keep(&mut transaction, tickets).await?;
        // What rings for them is planned anew, even if the server is killed in between.
        rings::mark(&mut transaction, &touched).await?;
        tickets::keep_moves(&mut transaction, moves).await?;
        files::keep_attachments(&mut transaction, attachments).await?;
        devices::keep(&mut transaction, devices).await?;
        parked::keep(&mut transaction, parked).await?;
        set_aside::keep(&mut transaction, aside).await?;
        ledger::keep_numbers(&mut transaction, numbers).await?;
        ledger::advance(&mut transaction, old, new).await?;
        transaction.commit("commit a group of pushes").await
    }
}
