//! Telling people in time.
//!
//! ```text
//!   writer, people, policies ──▶ notes in the same transaction which tickets to plan again
//!                                      │
//!              plan (pure) ◀───────────┘       a ticket's record, its rows, the policies, the people ──▶ rows and tellings
//!                   │  one transaction: rows, notices, deliveries, and the note is gone
//!                   ├──▶ notices: the person's list in the product; open pages hear of it
//!                   └──▶ deliveries ──▶ post: mail server, webhook; tried until taken over
//! ```
//!
//! A kill between any two of these steps loses nothing and tells nothing twice: what was not committed is still noted, and what was
//! committed is not planned again. Only on the wire can something come twice, and then with the same key.

mod deliver;
pub(crate) mod notices;
pub(crate) mod plan;
mod post;
mod retention;
#[cfg(test)]
mod tests;
mod words;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use domain::Timestamp;
use domain::sla::PolicyBook;
use domain::ticket::Ticket;

use crate::clock::Clock;
use crate::config::Config;
use crate::people::DirectoryCache;
use crate::shutdown::Shutdown;
use crate::store::backups::BackupMade;
use crate::store::rings::{Due, Known, Plan};
use crate::store::{Store, StoreError};
use crate::sync::Hub;
use plan::{Reach, Situation};
use post::{Hook, Mailer};

/// How long nobody looks whether there is something to do, if nothing wakes them: the machine's clock may have been set, and
/// another program may have published a policy or made a backup.
const IDLE: Duration = Duration::from_secs(15);
/// How long news may gather before they are planned: pushes come in bursts, and each planning is one more flush of the disk.
const GATHERING: Duration = Duration::from_millis(100);
/// How many tickets are planned in one transaction.
const BATCH: u32 = 64;

/// Brings policies into force, plans what rings, and tells it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Ringing {
    store: Store,
    directory: DirectoryCache,
    hub: Hub,
    clock: Clock,
    config: Arc<Config>,
    mailer: Option<Mailer>,
    hook: Option<Hook>,
}

/// What is done now and then.
#[derive(Debug)]
struct Chores {
    /// Whether everything was planned anew since the start.
    begun: bool,
    /// When what is old enough is deleted.
    next_cleaning: Timestamp,
}

impl Ringing {
    /// Ready to work.
    ///
    /// # Errors
    /// With a sentence, when the mail server or the webhook is described in a way that makes no sense.
    pub(crate) fn new(
        store: Store,
        directory: DirectoryCache,
        hub: Hub,
        clock: Clock,
        config: Arc<Config>,
    ) -> Result<Self> {
        let mailer = config.mail.as_ref().map(Mailer::new).transpose()?;
        let hook = config.webhook.as_ref().map(Hook::new).transpose()?;
        Ok(Self { store, directory, hub, clock, config, mailer, hook })
    }

    /// Plans and tells everything that is to be planned and told by now.
    pub(crate) async fn work(&self) -> Result<(), StoreError> {
        self.hub.back_up(self.store.last_backup().await?.as_ref().map(BackupMade::told));
        self.store.bring_policies_into_force(self.clock.now()).await?;
        self.directory.refresh(&self.store).await?;
        // A directory that changes at every turn can't keep this from ever ending: the next call goes on.
        let mut unsettled = 0;
        while unsettled < 8 {
            let now = self.clock.now();
            let due = self.store.due_tickets(now, BATCH).await?;
            if due.is_empty() {
                break;
            }
            let directory = self.directory.current();
            let book = directory.book();
            let email = match self.mailer {
                Some(_) => self.store.people_with_email().await?,
                None => Default::default(),
            };
            let reach = Reach { email, webhook: self.hook.is_some() };
            let plan = |due: Due| {
                let plan =
                    due.known.as_ref().and_then(|known| plan_one(known, &book, &directory, &reach, now));
                (due, plan)
            };
            let plans: Vec<_> = due.into_iter().map(plan).collect();
            match self.store.keep_plans(&plans, directory.revision, now).await? {
                Some(noticed) => {
                    noticed.into_iter().for_each(|(person, notice)| self.hub.notice(person, notice));
                    self.hub.tell();
                }
                None => {
                    unsettled += 1;
                    self.directory.refresh(&self.store).await?;
                }
            }
        }
        Ok(())
    }

    /// Works until the server is to stop.
    pub(crate) async fn keep(self, shutdown: Shutdown) {
        let mut directories = self.directory.subscribe();
        let mut chores = Chores { begun: false, next_cleaning: self.clock.now() };
        loop {
            let done = self.turn(&mut chores).await;
            if let Err(error) = &done {
                let error: &(dyn std::error::Error + 'static) = error;
                tracing::error!(error, "ringing failed; it will be tried again");
            }
            let pause = if done.is_ok() { self.pause().await } else { IDLE };
            tokio::select! {
                () = self.hub.recorded() => tokio::time::sleep(GATHERING).await,
                _ = directories.changed() => {}
                () = tokio::time::sleep(pause) => {}
                () = shutdown.requested() => return,
            }
        }
    }

    async fn turn(&self, chores: &mut Chores) -> Result<(), StoreError> {
        if !chores.begun {
            // What could not be planned may be possible for the version that starts now.
            self.store.plan_all_again().await?;
            chores.begun = true;
        }
        self.work().await?;
        let now = self.clock.now();
        if now >= chores.next_cleaning {
            chores.next_cleaning = now.plus_millis(Timestamp::DAY_MS);
            self.forget().await?;
        }
        Ok(())
    }

    /// How long there is nothing to do.
    async fn pause(&self) -> Duration {
        let next = [self.store.next_policy().await, self.store.next_ring().await];
        let next = next.into_iter().filter_map(|next| next.ok().flatten()).min();
        next.map_or(IDLE, |next| self.until(next).min(IDLE))
    }

    fn until(&self, next: Timestamp) -> Duration {
        Duration::from_millis(next.millis_since(self.clock.now()).max(0).unsigned_abs())
    }
}

/// Plans one ticket. One whose rules break is a mistake of ours, and no reason not to tell people of all others.
fn plan_one(
    known: &Known,
    book: &PolicyBook,
    directory: &domain::people::Directory,
    reach: &Reach,
    now: Timestamp,
) -> Option<Plan> {
    let planned = catch_unwind(AssertUnwindSafe(|| {
        let ticket = Ticket::of(&known.document)?;
        Some(plan::plan(Situation { ticket: &ticket, book, directory, reach, now }, &known.rows))
    }));
    let plan = planned.ok().flatten();
    if plan.is_none() {
        tracing::error!(ticket = %known.document.ticket, "what rings for a ticket could not be planned");
    }
    plan
}
