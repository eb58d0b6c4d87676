//! `POST /api/sync/pull`: one page of what has changed within the person's scope.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use domain::access::Scope;
use domain::people::{Directory, Person};
use domain::{TicketId, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;
use sync::messages::{Backup, Cursor, PullRequest};

use super::error::require_protocol;
use super::{Exchange, SyncError};
use crate::auth::SignedIn;
use crate::http::JsonBody;
use crate::state::AppState;
use crate::store::{PageBounds, PageStart};

/// How much a page holds at most: enough that a fresh tablet needs few of them, little enough for a small memory. A device on a
/// slow line asks for less.
const PAGE: PageBounds = PageBounds { tickets: 1_000, bytes: 4 * 1024 * 1024 };

/// A [`sync::messages::PullResponse`] with the tickets as they are stored, unread.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    server_time: Timestamp,
    person: &'a Person,
    scope: &'a str,
    reset: bool,
    documents: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gone: Vec<TicketId>,
    cursor: Cursor,
    more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    directory: Option<&'a Directory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<Backup>,
}

/// Answers with the next page after the device's cursor.
pub(crate) async fn pull_changes(
    State(state): State<AppState>,
    signed_in: SignedIn,
    JsonBody(request): JsonBody<PullRequest>,
) -> Result<Response, SyncError> {
    let page = state.exchange.pull(&signed_in.person, &request).await?;
    Ok(([(CONTENT_TYPE, "application/json")], page).into_response())
}

impl Exchange {
    /// The next page after the device's cursor for `person`, written as a [`sync::messages::PullResponse`].
    ///
    /// # Errors
    /// When there is no page to be had.
    pub(crate) async fn pull(&self, person: &Person, request: &PullRequest) -> Result<Vec<u8>, SyncError> {
        require_protocol(request.protocol)?;
        let directory = self.directory.current();
        let scope = Scope::of(person, &directory);
        let fingerprint = scope.fingerprint();
        let epoch = self.store.epoch();
        let page = self.store.page(&scope, start(request, epoch, &fingerprint), bounds(request)).await?;
        let is_known = knows(request, epoch, directory.revision);
        let theirs = (!is_known).then(|| directory.for_devices_of(person));
        let answer = Answer {
            server_time: self.clock.now(),
            person,
            scope: &fingerprint,
            reset: page.reset,
            documents: page.documents,
            gone: page.gone,
            cursor: Cursor { epoch: epoch.to_owned(), seq: page.end },
            more: page.more,
            directory: theirs.as_deref(),
            backup: self.hub.backup(),
        };
        Ok(serde_json::to_vec(&answer).expect("a page holds only texts, numbers and what was stored as JSON"))
    }
}

fn bounds(request: &PullRequest) -> PageBounds {
    let room = request.room_bytes.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(PAGE.bytes);
    PageBounds { bytes: room.min(PAGE.bytes), ..PAGE }
}

/// Whether the device has this directory. One of another history may have the same number and hold other things.
fn knows(request: &PullRequest, epoch: &str, directory: u64) -> bool {
    let is_of_this_history = request.cursor.as_ref().is_some_and(|cursor| cursor.epoch == epoch);
    is_of_this_history && request.directory.is_some_and(|known| known >= directory)
}

/// Where to begin for this device: what it holds counts only if it is of this history and was chosen by this scope.
fn start(request: &PullRequest, epoch: &str, fingerprint: &str) -> PageStart {
    match &request.cursor {
        Some(cursor) if cursor.epoch == epoch && request.scope.as_deref() == Some(fingerprint) => {
            PageStart::After(cursor.seq)
        }
        _ => PageStart::Anew,
    }
}
