//! `GET /api/sync/events?epoch=…&seq=…`: what happens from now on, as server-sent events.
//!
//! The device says up to where it has everything. If there is more than that already, or if anything happens that the
//! stream can't carry, the stream says `behind` and ends: the device pulls and listens anew. So nothing that comes after a
//! gap is ever sent, and a device that simply takes events in their order can't miss one.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use domain::access::{Scope, may_decide};
use domain::people::{Directory, Person};
use domain::{DeviceId, PersonId};
use futures_util::{Stream, stream};
use serde::Deserialize;
use sync::messages::Backup;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::hub::{Announcement, Heard, ParkedNews, backed_up, noticed};
use super::presence::Present;
use super::{Exchange, SyncError};
use crate::auth::SignedIn;
use crate::http::Asked;
use crate::state::AppState;

/// How often a silent stream shows that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Most bytes that are gathered into one write.
const WRITE_BYTES: usize = 64 * 1024;
/// Keeps nginx and its kin from holding events back.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Where a browser that has lost the line says which event it saw last.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

const OPENING: Bytes = Bytes::from_static(b"retry: 1000\n: listening\n\n");
const ALIVE: Bytes = Bytes::from_static(b": alive\n\n");
const BEHIND: Bytes = Bytes::from_static(b"event: behind\ndata: {}\n\n");
const PARKED: Bytes = Bytes::from_static(b"event: parked\ndata: {}\n\n");
const SIGNED_OUT: Bytes = Bytes::from_static(b"event: signed-out\ndata: {}\n\n");

/// Up to where the device has everything.
#[derive(Debug, Deserialize)]
pub(crate) struct From {
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    /// The fingerprint of the scope that the device's tickets were chosen by, if it says so.
    pub(crate) scope: Option<String>,
    /// The revision of the device's directory, if it says so.
    pub(crate) directory: Option<u64>,
    /// Which device listens, if it says so.
    pub(crate) device: Option<DeviceId>,
}

/// Opens a stream of events.
pub(crate) async fn watch_changes(
    State(state): State<AppState>,
    signed_in: SignedIn,
    Asked(mut from): Asked<From>,
    headers: HeaderMap,
) -> Result<Response, SyncError> {
    from.seq = from.seq.max(last_event(&headers).unwrap_or_default());
    let sessions = state.sessions.clone();
    let shutdown = state.shutdown.clone();
    let ends = Ends {
        session_ended: Box::pin(async move { sessions.ended(signed_in.session).await.is_ok() }),
        stopping: Box::pin(async move { shutdown.requested().await }),
    };
    let events = state.exchange.listen(&signed_in.person, from, ends).await?;
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store"), (UNBUFFERED, "no")];
    Ok((headers, Body::from_stream(events)).into_response())
}

/// What ends a stream from outside.
pub(crate) struct Ends {
    /// Whether the session has ended, or nobody can say any more.
    pub(crate) session_ended: Pin<Box<dyn Future<Output = bool> + Send>>,
    /// The server is about to stop.
    pub(crate) stopping: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Exchange {
    /// What happens from now on within the scope of `person`, as the bytes of a stream.
    ///
    /// # Errors
    /// When it can't be found out whether the device is behind.
    pub(crate) async fn listen(
        &self,
        person: &Person,
        from: From,
        ends: Ends,
    ) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + Send + use<>, SyncError> {
        // Listening begins before looking: what is recorded in between is heard, not missed.
        let announcements = self.hub.listen();
        let notices = self.hub.listen_to_notices();
        let parked = self.hub.listen_to_parked();
        let backups = self.hub.listen_to_backups();
        let directories = self.directory.subscribe();
        let directory = directories.borrow().clone();
        let scope = Scope::of(person, &directory);
        let seen = from.seq;
        let is_behind = from.epoch != self.store.epoch()
            || from.scope.as_ref().is_some_and(|known| *known != scope.fingerprint())
            || from.directory.is_some_and(|known| known < directory.revision)
            || self.store.has_news(&scope, seen).await?;
        let watcher = Watcher {
            announcements,
            notices,
            parked,
            backups,
            person: person.id,
            directories,
            directory,
            scope,
            seen,
            ends,
            heartbeat: heartbeat(),
            _present: from.device.map(|device| self.presence.begin(person.id, device)),
            next: if is_behind { Next::Close(BEHIND) } else { Next::Open },
        };
        Ok(stream::unfold(watcher, Watcher::write))
    }
}

fn last_event(headers: &HeaderMap) -> Option<u64> {
    headers.get(LAST_EVENT_ID)?.to_str().ok()?.parse().ok()
}

fn heartbeat() -> tokio::time::Interval {
    let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeat
}

/// One open stream.
struct Watcher {
    announcements: broadcast::Receiver<Arc<Announcement>>,
    notices: broadcast::Receiver<(PersonId, u64)>,
    parked: broadcast::Receiver<ParkedNews>,
    backups: watch::Receiver<Option<Backup>>,
    person: PersonId,
    directories: watch::Receiver<Arc<Directory>>,
    directory: Arc<Directory>,
    scope: Scope,
    /// The device has everything up to here.
    seen: u64,
    ends: Ends,
    heartbeat: tokio::time::Interval,
    /// As long as the stream is open.
    _present: Option<Present>,
    next: Next,
}

enum Next {
    /// Say hello.
    Open,
    /// Wait for something to say.
    Listen,
    /// Say this and end.
    Close(Bytes),
    /// It has ended.
    Closed,
}

impl Watcher {
    /// The next bytes of the stream, or its end.
    async fn write(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        loop {
            match std::mem::replace(&mut self.next, Next::Listen) {
                Next::Open => return Some((Ok(OPENING), self)),
                Next::Close(last) => {
                    self.next = Next::Closed;
                    return Some((Ok(last), self));
                }
                Next::Closed => return None,
                Next::Listen => {}
            }
            if let Some(bytes) = self.listen().await {
                return Some((Ok(bytes), self));
            }
        }
    }

    /// Waits for something to happen. Nothing, if it is nothing to say, or the last thing to say.
    async fn listen(&mut self) -> Option<Bytes> {
        // What takes somebody's sight away goes before what there would be to see.
        tokio::select! {
            biased;
            () = &mut self.ends.stopping => self.end(),
            ended = &mut self.ends.session_ended => if ended { self.close(SIGNED_OUT) } else { self.end() },
            changed = self.directories.changed() => {
                if changed.is_ok() && !self.directory_is_newer() { None } else { self.close(BEHIND) }
            }
            heard = self.announcements.recv() => match heard {
                Ok(announcement) => self.gather(&announcement),
                Err(RecvError::Lagged(_)) => self.close(BEHIND),
                Err(RecvError::Closed) => self.end(),
            },
            told = self.notices.recv() => match told {
                Ok((person, notice)) => (person == self.person).then(|| noticed(notice)),
                Err(RecvError::Lagged(_)) => Some(noticed(0)),
                Err(RecvError::Closed) => self.end(),
            },
            parked = self.parked.recv() => match parked {
                Ok(news) => self.is_concerned(&news).then_some(PARKED),
                Err(RecvError::Lagged(_)) => Some(PARKED),
                Err(RecvError::Closed) => self.end(),
            },
            changed = self.backups.changed() => match changed {
                Ok(()) => self.backups.borrow_and_update().map(backed_up),
                Err(_) => self.end(),
            },
            _ = self.heartbeat.tick() => Some(ALIVE),
        }
    }

    /// What an announcement means here, and those that wait behind it, in as few writes as can be.
    fn gather(&mut self, first: &Announcement) -> Option<Bytes> {
        let mut frames = self.hear(first)?;
        let mut gathered: Option<BytesMut> = None;
        while matches!(self.next, Next::Listen) && gathered.as_ref().map_or(0, BytesMut::len) < WRITE_BYTES {
            match self.announcements.try_recv() {
                Ok(announcement) => {
                    if let Some(frame) = self.hear(&announcement) {
                        gathered.get_or_insert_with(|| BytesMut::from(&*frames)).extend_from_slice(&frame);
                    }
                }
                Err(TryRecvError::Lagged(_)) => self.next = Next::Close(BEHIND),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if let Some(gathered) = gathered {
            frames = gathered.freeze();
        }
        Some(frames)
    }

    /// Whether the person decides on a parked change, or was its author.
    fn is_concerned(&self, news: &ParkedNews) -> bool {
        let person = self.directory.person(self.person);
        news.author == Some(self.person)
            || person.is_some_and(|person| may_decide(person, &self.directory, &news.about))
    }

    /// Whether the scope is that of a former directory.
    fn directory_is_newer(&self) -> bool {
        self.directories.borrow().revision > self.directory.revision
    }

    fn hear(&mut self, announcement: &Announcement) -> Option<Bytes> {
        if announcement.revision() <= self.seen {
            return None;
        }
        if self.directory_is_newer() {
            return self.close(BEHIND);
        }
        match announcement.heard_by(&self.scope) {
            Heard::Nothing => None,
            Heard::Frame(frame) => Some(frame),
            Heard::Behind => self.close(BEHIND),
        }
    }

    fn close(&mut self, last: Bytes) -> Option<Bytes> {
        self.next = Next::Close(last);
        None
    }

    fn end(&mut self) -> Option<Bytes> {
        self.next = Next::Closed;
        None
    }
}
