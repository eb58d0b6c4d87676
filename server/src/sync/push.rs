//! `POST /api/sync/push`: takes a device's changes, and answers with a verdict on each.
//!
//! No status of HTTP stands for the whole batch. A change that can't be read gets a verdict like any other, as long as it
//! has an id to hang the verdict on.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use domain::people::Person;
use domain::ticket::{Change, TicketNumber};
use domain::{ChangeId, DeviceId, PersonId, TicketId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use sync::messages::{PROTOCOL, PUSH_MAX_CHANGES, PushResponse};

use super::error::require_protocol;
use super::gate::Pass;
use super::{Exchange, Gate, Incoming, Push, SyncError};
use crate::auth::SignedIn;
use crate::http::pace::{Paced, announced};
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
    #[serde(default)]
    ended_before: Option<u64>,
    #[serde(default, deserialize_with = "as_far_as_readable")]
    known_as: BTreeMap<TicketId, TicketNumber>,
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
    let (pass, body) = let_in(&state.gate, signed_in.person.id, request).await?;
    // On a task of its own: a push that its device waits for no longer takes up room all the same, until it is answered.
    let pushing = tokio::spawn(async move {
        let _pass = pass;
        state.exchange.push(signed_in.person, &body).await
    });
    pushing.await.unwrap_or(Err(SyncError::NotWritten)).map(Json)
}

/// Takes in what a device sends, if there is room for it.
async fn let_in(gate: &Gate, person: PersonId, request: Request) -> Result<(Pass, Vec<u8>), SyncError> {
    match gate.enter(person, announced(&request)) {
        Ok(pass) => Ok((pass, take_in(request.into_body()).await?)),
        Err(turned_away) => {
            pass_over(request.into_body()).await;
            Err(SyncError::Busy(turned_away))
        }
    }
}

/// All of a push, as long as it comes at a pace.
async fn take_in(body: Body) -> Result<Vec<u8>, SyncError> {
    let (mut paced, mut taken) = (Paced::new(body), Vec::new());
    while let Some(piece) = paced.next().await? {
        if taken.len() + piece.len() > BODY_BYTES {
            return Err(SyncError::TooLarge);
        }
        taken.extend_from_slice(&piece);
    }
    Ok(taken)
}

/// Lets a device send what it wants to send, without keeping any of it: one that is cut short doesn't get to hear the answer.
async fn pass_over(body: Body) {
    let (mut paced, mut bytes) = (Paced::new(body), 0);
    while let Ok(Some(piece)) = paced.next().await
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
        let Read { device, complete, epoch, ended_before, known_as, changes } = read(body)?;
        // What was judged in another history need not have been judged in this one.
        let complete = complete && epoch.is_none_or(|epoch| epoch == self.store.epoch());
        let push =
            Push { person, device, arrival: self.clock.now(), complete, ended_before, known_as, changes };
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
    #[serde(default)]
    ended_before: Option<u64>,
    #[serde(default, deserialize_with = "as_far_as_readable")]
    known_as: BTreeMap<TicketId, TicketNumber>,
    changes: Vec<Change>,
}

/// Reads what is a courtesy, and must not keep any change from being judged: nothing, if it makes no sense.
fn as_far_as_readable<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + DeserializeOwned,
    D: Deserializer<'de>,
{
    let written = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(written).unwrap_or_default())
}

/// A push that has been read.
pub(crate) struct Read {
    device: DeviceId,
    complete: bool,
    epoch: Option<String>,
    ended_before: Option<u64>,
    known_as: BTreeMap<TicketId, TicketNumber>,
    changes: Vec<Incoming>,
}

/// Reads a push as it was sent.
///
/// # Errors
/// When nothing can be said of any change in it.
pub(crate) fn read(body: &[u8]) -> Result<Read, SyncError> {
    match serde_json::from_slice::<Known>(body) {
        Ok(Known { protocol: PROTOCOL, device, complete, epoch, ended_before, known_as, changes })
            if changes.len() <= PUSH_MAX_CHANGES =>
        {
            let changes = changes.into_iter().map(|change| Incoming::Readable(Box::new(change))).collect();
            Ok(Read { device, complete, epoch, ended_before, known_as, changes })
        }
        _ => read_warily(body),
    }
}

/// Reads what may hold anything, bit by bit, to say what is wrong and to save what can be saved.
fn read_warily(body: &[u8]) -> Result<Read, SyncError> {
    let Version { protocol } = serde_json::from_slice(body).map_err(|_| SyncError::Malformed)?;
    require_protocol(protocol)?;
    let Unread { device, complete, epoch, ended_before, known_as, changes } =
        serde_json::from_slice(body).map_err(|_| SyncError::Malformed)?;
    if changes.len() > PUSH_MAX_CHANGES {
        return Err(SyncError::TooManyChanges);
    }
    let changes = changes.into_iter().enumerate().map(|(index, change)| read_change(index, change));
    Ok(Read { device, complete, epoch, ended_before, known_as, changes: changes.collect::<Result<_, _>>()? })
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::Error;
    use axum::http::header::CONTENT_LENGTH;
    use bytes::Bytes;
    use futures_util::{StreamExt as _, stream};
    use tokio::time::Instant;
    use uuid::Uuid;

    use super::*;

    const PERSON: PersonId = PersonId::from_uuid(Uuid::from_u128(1));

    /// A push of so many bytes, on a line that carries so many a second.
    fn push_by(line: usize, bytes: usize) -> Request {
        let seconds = stream::iter((0..bytes).step_by(line)).then(move |sent| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok::<_, Error>(Bytes::from(vec![b' '; line.min(bytes - sent)]))
        });
        let body = Body::from_stream(seconds);
        Request::builder().header(CONTENT_LENGTH, bytes).body(body).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_a_tablet_sends_by_a_line_of_20_kbit_comes_through() {
        // From the least that the planner puts on the line to the most.
        for narrowed in 0..=3 {
            let bytes = sync::messages::PUSH_MAX_BYTES >> (2 * narrowed);
            let gate = Gate::new();
            let (pass, body) = let_in(&gate, PERSON, push_by(2_500, bytes)).await.unwrap();
            assert_eq!(body.len(), bytes);
            drop(pass);
            assert!(gate.is_empty());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_push_that_hardly_comes_gives_its_room_back() {
        let gate = Gate::new();
        let begun = Instant::now();
        let refused = let_in(&gate, PERSON, push_by(10, BODY_BYTES)).await.unwrap_err();
        assert!(matches!(refused, SyncError::Interrupted), "{refused:?}");
        assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
        assert!(gate.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_person_whose_pushes_all_trickle_in_keeps_nobody_else_out() {
        let gate = Gate::new();
        let trickling = (0..100).map(|_| let_in(&gate, PERSON, push_by(10, BODY_BYTES)));
        let trickling = futures_util::future::join_all(trickling);
        let others = (2..6).map(|number| {
            let person = PersonId::from_uuid(Uuid::from_u128(number));
            let_in(&gate, person, push_by(1_000_000, BODY_BYTES))
        });
        let (turned_away, others) = tokio::join!(trickling, futures_util::future::join_all(others));
        assert!(turned_away.iter().all(Result::is_err));
        assert!(others.iter().all(Result::is_ok));
    }
}
