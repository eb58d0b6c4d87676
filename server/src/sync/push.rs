//! `POST /api/sync/push`: takes a device's changes, and answers with a verdict on each.
//!
//! No status of HTTP stands for the whole batch. A change that can't be read gets a verdict like any other, as long as it
//! has an id to hang the verdict on.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use domain::people::Person;
use domain::ticket::Change;
use domain::{ChangeId, DeviceId};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use sync::messages::{PROTOCOL, PUSH_MAX_CHANGES, PushResponse};

use super::error::require_protocol;
use super::{Exchange, Incoming, Push, SyncError};
use crate::auth::SignedIn;
use crate::state::AppState;

/// Largest push that is taken. A signed sheet with its signature is some tens of kilobytes.
pub(crate) const BODY_BYTES: usize = 8 * 1024 * 1024;

/// The version a message is written in. Asked first: what another version wrote may have another form.
#[derive(Deserialize)]
struct Version {
    protocol: u32,
}

/// A [`sync::messages::PushRequest`] whose changes are still to be read.
#[derive(Deserialize)]
struct Unread<'b> {
    device: DeviceId,
    #[serde(default)]
    complete: bool,
    #[serde(default)]
    epoch: Option<String>,
    #[serde(borrow)]
    changes: Vec<&'b RawValue>,
}

/// As much of a change as a verdict needs.
#[derive(Deserialize)]
struct Named {
    id: ChangeId,
}

/// Takes a device's changes.
pub(crate) async fn push_changes(
    State(state): State<AppState>,
    signed_in: SignedIn,
    request: Request,
) -> Result<Json<PushResponse>, SyncError> {
    let pass = match state.gate.enter(length(request.headers())) {
        Ok(pass) => pass,
        Err(turned_away) => {
            pass_over(request.into_body()).await;
            return Err(SyncError::Busy(turned_away));
        }
    };
    let body = Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => SyncError::TooLarge,
        _ => SyncError::Malformed,
    })?;
    // On a task of its own: a push that its device waits for no longer takes up room all the same, until it is answered.
    let pushing = tokio::spawn(async move {
        let _pass = pass;
        state.exchange.push(signed_in.person, &body).await
    });
    pushing.await.unwrap_or(Err(SyncError::NotWritten)).map(Json)
}

/// How long a push is said to be.
fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Lets a device send what it wants to send, without keeping any of it: one that is cut short doesn't get to hear the answer.
async fn pass_over(body: Body) {
    let mut body = body.into_data_stream();
    let mut bytes = 0;
    while let Some(Ok(piece)) = body.next().await
        && bytes <= BODY_BYTES
    {
        bytes += piece.len();
    }
}

impl Exchange {
    /// Takes the changes of a device that `person` is signed in on, as they were sent.
    ///
    /// # Errors
    /// When nothing can be said of any of them.
    pub(crate) async fn push(&self, person: Person, body: &[u8]) -> Result<PushResponse, SyncError> {
        let Read { device, complete, epoch, changes } = read(body)?;
        // What was judged in another history need not have been judged in this one.
        let complete = complete && epoch.is_none_or(|epoch| epoch == self.store.epoch());
        let push = Push { person, device, arrival: self.clock.now(), complete, changes };
        let verdicts = self.writer.push(push).await?;
        let epoch = self.store.epoch().to_owned();
        Ok(PushResponse { epoch, server_time: self.clock.now(), verdicts })
    }
}

/// What this version writes, read in one go.
#[derive(Deserialize)]
struct Known {
    protocol: u32,
    device: DeviceId,
    #[serde(default)]
    complete: bool,
    #[serde(default)]
    epoch: Option<String>,
    changes: Vec<Change>,
}

/// A push that has been read.
pub(crate) struct Read {
    device: DeviceId,
    complete: bool,
    epoch: Option<String>,
    changes: Vec<Incoming>,
}

/// Reads a push as it was sent.
///
/// # Errors
/// When nothing can be said of any change in it.
pub(crate) fn read(body: &[u8]) -> Result<Read, SyncError> {
    match serde_json::from_slice::<Known>(body) {
        Ok(Known { protocol: PROTOCOL, device, complete, epoch, changes })
            if changes.len() <= PUSH_MAX_CHANGES =>
        {
            let changes = changes.into_iter().map(|change| Incoming::Readable(Box::new(change))).collect();
            Ok(Read { device, complete, epoch, changes })
        }
        _ => read_warily(body),
    }
}

/// Reads what may hold anything, bit by bit, to say what is wrong and to save what can be saved.
fn read_warily(body: &[u8]) -> Result<Read, SyncError> {
    let Version { protocol } = serde_json::from_slice(body).map_err(|_| SyncError::Malformed)?;
    require_protocol(protocol)?;
    let Unread { device, complete, epoch, changes } =
        serde_json::from_slice(body).map_err(|_| SyncError::Malformed)?;
    if changes.len() > PUSH_MAX_CHANGES {
        return Err(SyncError::TooManyChanges);
    }
    let changes = changes.into_iter().enumerate().map(|(index, change)| read_change(index, change));
    Ok(Read { device, complete, epoch, changes: changes.collect::<Result<_, _>>()? })
}

fn read_change(index: usize, written: &RawValue) -> Result<Incoming, SyncError> {
    if let Ok(change) = serde_json::from_str::<Change>(written.get()) {
        return Ok(Incoming::Readable(Box::new(change)));
    }
    match serde_json::from_str::<Named>(written.get()) {
        Ok(named) => Ok(Incoming::Unreadable(named.id)),
        Err(_) => Err(SyncError::UnreadableChange { index }),
    }
}
