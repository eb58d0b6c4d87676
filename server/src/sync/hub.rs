//! Tells everybody who listens what has just been recorded.

use std::sync::Arc;

use bytes::Bytes;
use domain::access::Scope;
use domain::ticket::{ScopeKeys, TicketNumber};
use domain::{PersonId, TicketId};
use serde::Serialize;
use serde_json::value::RawValue;
use sync::messages::{Backup, Gone};
use sync::notices::Noticed;
use tokio::sync::{Notify, broadcast, watch};

/// How many changes a listener may be behind before it has to pull instead.
const BACKLOG: usize = 8_192;
/// The same for notices and for news of parked changes.
const NOTICES: usize = 256;

/// Spreads news. Cheap to clone; all clones reach the same listeners.
#[derive(Debug, Clone)]
pub(crate) struct Hub {
    listeners: broadcast::Sender<Arc<Announcement>>,
    notices: broadcast::Sender<(PersonId, u64)>,
    parked: broadcast::Sender<ParkedNews>,
    backup: Arc<watch::Sender<Option<Backup>>>,
    recorded: Arc<Notify>,
    told: Arc<Notify>,
}

/// What a recorded change means to those who watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    /// Which ticket it changed.
    pub(crate) ticket: TicketId,
    /// The ticket's number.
    pub(crate) number: Option<TicketNumber>,
    /// The ticket's revision before; 0 for a new one.
    pub(crate) previous: u64,
    /// The ticket's revision now, and the change's place.
    pub(crate) revision: u64,
    /// What decided before who may see it; absent for a new ticket.
    pub(crate) before: Option<ScopeKeys>,
    /// What decides now who may see it.
    pub(crate) after: ScopeKeys,
    /// The change's stored form.
    pub(crate) recorded: Arc<str>,
}

/// A change was parked, or one that was parked was decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ParkedNews {
    /// What decides who may decide on it.
    pub(crate) about: ScopeKeys,
    /// Its author, once it was decided on.
    pub(crate) author: Option<PersonId>,
}

/// News, ready to be sent: written once, for all who may see it.
#[derive(Debug)]
pub(crate) struct Announcement {
    news: News,
    changed: Bytes,
}

/// What an announcement means to one listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Not for them.
    Nothing,
    /// These bytes of the stream.
    Frame(Bytes),
    /// A ticket has come into their sight of which they don't hold the earlier record: they must pull.
    Behind,
}

impl Hub {
    /// A hub without listeners.
    pub(crate) fn new() -> Self {
        Self {
            listeners: broadcast::Sender::new(BACKLOG),
            notices: broadcast::Sender::new(NOTICES),
            parked: broadcast::Sender::new(NOTICES),
            backup: Arc::default(),
            recorded: Arc::default(),
            told: Arc::default(),
        }
    }

    /// Listens to everything published from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Announcement>> {
        self.listeners.subscribe()
    }

    /// Waits until something has been recorded since the last call. For one waiter.
    pub(crate) async fn recorded(&self) {
        self.recorded.notified().await;
    }

    /// Waits until something has been told since the last call. For one waiter.
    pub(crate) async fn told(&self) {
        self.told.notified().await;
    }

    /// Says that something has been told, so that deliveries may wait.
    pub(crate) fn tell(&self) {
        self.told.notify_one();
    }

    /// Listens to everything that anybody is told from now on.
    pub(crate) fn listen_to_notices(&self) -> broadcast::Receiver<(PersonId, u64)> {
        self.notices.subscribe()
    }

    /// Says that there is something new in a person's list of notices: this one, if it is one.
    pub(crate) fn notice(&self, person: PersonId, notice: u64) {
        // Fails if nobody listens, which is no matter.
        let _ = self.notices.send((person, notice));
    }

    /// Listens to everything that is parked or decided from now on.
    pub(crate) fn listen_to_parked(&self) -> broadcast::Receiver<ParkedNews> {
        self.parked.subscribe()
    }

    /// Says what has been parked or decided. To be called when it can be read by everybody.
    pub(crate) fn publish_parked(&self, news: Vec<ParkedNews>) {
        for news in news {
            // Fails if nobody listens, which is no matter.
            let _ = self.parked.send(news);
        }
    }

    /// The last backup of the record, if there is one.
    pub(crate) fn backup(&self) -> Option<Backup> {
        *self.backup.borrow()
    }

    /// Listens to every backup from now on, beginning with the last one there is.
    pub(crate) fn listen_to_backups(&self) -> watch::Receiver<Option<Backup>> {
        let mut backups = self.backup.subscribe();
        if backups.borrow_and_update().is_some() {
            backups.mark_changed();
        }
        backups
    }

    /// Says which backup is the last one. Nobody is told twice of the same.
    pub(crate) fn back_up(&self, last: Option<Backup>) {
        self.backup.send_if_modified(|known| std::mem::replace(known, last) != last);
    }

    /// Publishes what has been recorded, in order. To be called when it can be read by everybody: whoever begins to listen
    /// later finds it there.
    pub(crate) fn publish(&self, news: Vec<News>) {
        self.recorded.notify_one();
        if self.listeners.receiver_count() == 0 {
            return;
        }
        for news in news {
            // Fails if the last listener has just left, which is no matter.
            let _ = self.listeners.send(Arc::new(Announcement::new(news)));
        }
    }
}

impl Announcement {
    fn new(news: News) -> Self {
        #[derive(Serialize)]
        struct Changed<'n> {
            ticket: TicketId,
            #[serde(skip_serializing_if = "Option::is_none")]
            number: Option<&'n TicketNumber>,
            previous: u64,
            revision: u64,
            recorded: &'n RawValue,
        }
        let body = serde_json::from_str(&news.recorded).and_then(|recorded| {
            let News { ticket, previous, revision, .. } = news;
            serde_json::to_string(&Changed {
                ticket,
                number: news.number.as_ref(),
                previous,
                revision,
                recorded,
            })
        });
        let changed = frame("changed", news.revision, &body.expect("what was just written as JSON is JSON"));
        Self { news, changed }
    }

    /// The change's place in the history.
    pub(crate) const fn revision(&self) -> u64 {
        self.news.revision
    }

    /// What it means to somebody with this scope.
    pub(crate) fn heard_by(&self, scope: &Scope) -> Heard {
        let News { ticket, revision, before, after, .. } = &self.news;
        let seen_before = before.as_ref().map(|before| scope.contains(before));
        match (seen_before, scope.contains(after)) {
            (None | Some(true), true) => Heard::Frame(self.changed.clone()),
            (Some(false), true) => Heard::Behind,
            (Some(true), false) => Heard::Frame(gone(*ticket, *revision)),
            (None | Some(false), false) => Heard::Nothing,
        }
    }
}

fn gone(ticket: TicketId, revision: u64) -> Bytes {
    let body = serde_json::to_string(&Gone { ticket, revision }).expect("ids and numbers always serialise");
    frame("gone", revision, &body)
}

/// The event that says that there is a new notice. It has no place in the history.
pub(super) fn noticed(notice: u64) -> Bytes {
    let body = serde_json::to_string(&Noticed { notice }).expect("numbers always serialise");
    format!("event: notice\ndata: {body}\n\n").into()
}

/// The event that says what is in a backup now. It has no place in the history.
pub(super) fn backed_up(backup: Backup) -> Bytes {
    let body = serde_json::to_string(&backup).expect("numbers always serialise");
    format!("event: backed-up\ndata: {body}\n\n").into()
}

/// One event of a server-sent stream. JSON has no line breaks outside of its strings, and none inside.
pub(super) fn frame(name: &str, id: u64, body: &str) -> Bytes {
    format!("event: {name}\nid: {id}\ndata: {body}\n\n").into()
}
