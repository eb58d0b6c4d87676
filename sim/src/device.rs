//! A device in somebody's hands: the real replica and planner, on a database and a journal that outlive them.

use std::collections::VecDeque;
use std::rc::Rc;

use anyhow::{Context as _, Result};
use domain::people::Person;
use domain::{DeviceId, PersonId, TicketId, Timestamp};
use server::simulated::Answer;
use sync::messages::{Event, PullRequest, PushRequest};
use sync::{Identity, LocalStore, MemoryLocalStore, Meta, Planner, Replica, StoreError, TwinStore};

use crate::journal::Files;
use crate::store::Disk;

/// A device.
#[derive(Debug)]
pub(crate) struct Device {
    /// What it calls itself, since its app has last been started or has parted from a copy.
    pub(crate) id: DeviceId,
    /// Whose it is.
    pub(crate) person: PersonId,
    /// Who is signed in on it: for a while somebody else, in another window of the same browser.
    pub(crate) session: PersonId,
    pub(crate) disk: Rc<Disk>,
    pub(crate) journal: Rc<Files>,
    /// The database at an earlier time, to go back to.
    pub(crate) image: Option<MemoryLocalStore>,
    pub(crate) hurt: Hurt,
    /// The app, while it runs.
    pub(crate) app: Option<App>,
    /// How far its clock is ahead of the true time.
    pub(crate) ahead_ms: i64,
    pub(crate) line: Line,
    /// Attempts that failed since the last one that did not.
    pub(crate) failures: u32,
    /// Tells it from its copies, which have its id.
    pub(crate) number: usize,
}

/// Which of the two places where a device keeps things has been hurt since both were in order.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hurt {
    pub(crate) database: bool,
    pub(crate) journal: bool,
}

/// How a device is connected.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) requests_pass: bool,
    pub(crate) answers_pass: bool,
    /// Which trouble the line is in: the end of an earlier one doesn't end it.
    pub(crate) trouble: u64,
    /// How many bytes of tickets it is asked to carry at a time, if it is a narrow one.
    pub(crate) room_bytes: Option<u32>,
}

/// A running app.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: TwinStore<Rc<Disk>, Rc<Files>>,
    pub(crate) replica: Replica,
    pub(crate) planner: Planner,
    pub(crate) doing: Doing,
    pub(crate) stream: Option<Stream>,
    /// When it tells the server again what that could not judge, while it listens.
    pub(crate) looks_again: Option<Timestamp>,
}

/// What an app waits for.
#[derive(Debug)]
pub(crate) enum Doing {
    /// Nothing, or the next event.
    Nothing,
    /// The end of a pause: the one with this number.
    Waiting(u64),
    /// An answer.
    Asking(Question),
    /// Somebody who signs in.
    SignedOut,
}

/// A question under way.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) number: u64,
    /// When it was asked, by the device's clock.
    pub(crate) sent: Timestamp,
    pub(crate) asked: Asked,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) enum Asked {
    Push(PushRequest),
    Pull(PullRequest),
    Listen(PullRequest),
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Reply {
    /// An answer.
    Answer(Answer),
    /// A stream of events is open: the one with this number.
    Stream(u64),
    /// The server can't be reached.
    Unreachable,
}

/// An open stream of events, as the device has it.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) number: u64,
    pub(crate) events: VecDeque<Event>,
    pub(crate) has_ended: bool,
}

impl Device {
    pub(crate) fn new(
        number: usize,
        id: DeviceId,
        person: PersonId,
        ahead_ms: i64,
        room_bytes: Option<u32>,
    ) -> Self {
        let line = Line { requests_pass: true, answers_pass: true, trouble: 0, room_bytes };
        Self {
            id,
            person,
            session: person,
            disk: Rc::default(),
            journal: Rc::default(),
            image: None,
            hurt: Hurt::default(),
            app: None,
            ahead_ms,
            line,
            failures: 0,
            number,
        }
    }

    /// A device with a copy of all that is kept on this one.
    pub(crate) fn copy(&self, number: usize) -> Self {
        let mut copy = Self::new(number, self.id, self.person, self.ahead_ms, self.line.room_bytes);
        copy.disk = Rc::new(self.disk.copy());
        copy.journal = Rc::new(self.journal.copy());
        copy.hurt = self.hurt;
        copy
    }

    /// What its clock shows.
    pub(crate) const fn clock(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.ahead_ms)
    }

    /// Starts the app with what is kept. If nothing is, `person` signs in, and the device is called `fresh` from now on. Says no, and
    /// nothing has changed, if what is kept can't be seen now.
    pub(crate) async fn start(&mut self, person: Person, fresh: DeviceId) -> Result<bool> {
        self.journal.power_is_back();
        let store = TwinStore::new(Rc::clone(&self.disk), Rc::clone(&self.journal));
        let loaded = match store.load().await {
            Err(StoreError::Lost(_)) if self.journal.was_unseen() => return Ok(false),
            loaded => loaded?,
        };
        let documents = store.documents(&loaded.touched()).await?;
        let meta = loaded.meta.clone().unwrap_or_else(|| Meta::new(Identity { device: fresh, person }));
        self.id = meta.identity.device;
        let replica = Replica::open(loaded, meta, documents);
        let planner = Planner::default();
        self.app =
            Some(App { store, replica, planner, doing: Doing::Nothing, stream: None, looks_again: None });
        Ok(true)
    }

    pub(crate) fn app_mut(&mut self) -> Result<&mut App> {
        self.app.as_mut().context("only a running app can do that")
    }

    /// Brings a ticket's confirmed document into memory, if the ticket is held.
    pub(crate) async fn know(&mut self, ticket: TicketId) -> Result<()> {
        let Some(app) = self.app.as_mut().filter(|app| app.replica.needs(ticket)) else { return Ok(()) };
        for document in self.disk.documents(&[ticket]).await? {
            app.replica.learn(document);
        }
        Ok(())
    }

    /// Whether the app waits for this answer.
    pub(crate) fn asks(&self, question: u64) -> bool {
        let doing = self.app.as_ref().map(|app| &app.doing);
        matches!(doing, Some(Doing::Asking(asking)) if asking.number == question)
    }
}
