//! `/api/tablets`: devices that may still hold work, for those who look after the people they belong to.
//!
//! A browser may clear everything it keeps of a site. When its person signs in again, the device looks like a new one, with nothing
//! unsent, and nobody would ever hear of what is gone. So devices say what waits on them
//! ([`standing`](crate::sync::standing)); this is where it shows that one has not been heard of since.
//!
//! Nothing here has to be settled by hand: what has come in, by whatever way, is taken off when the list is read, and a device that
//! is heard of again speaks for itself. Where one is gone for good, somebody says what became of it, once.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::Timestamp;
use domain::access::may_look_after;
use domain::people::Person;
use domain::ticket::Reason;
use sync::tablets::{LookedInto, Tablet, TabletsPage};

use crate::auth::SignedIn;
use crate::http::error::answers;
use crate::http::{Answer, JsonBody, Surprise};
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::tablets::{Finding, Holding};
use crate::sync::Presence;
use crate::sync::parked::problem;

/// Most devices on a page. What is behind them comes into sight as they are dealt with.
const PAGE: usize = 200;
/// Whoever uses two devices has not lost one of them because the other was heard of last. After so long without a word, perhaps.
const SILENCE_MS: i64 = Timestamp::DAY_MS;
/// Whoever has one device may be days without a network. After so long without a word, somebody had better ask.
const LONG_SILENCE_MS: i64 = 7 * Timestamp::DAY_MS;

/// Why nothing was noted.
#[derive(Debug)]
pub(crate) enum TabletError {
    /// No such device is listed for the person, it has been heard of since, or somebody has looked into it.
    Unknown,
    /// The reason can't be taken.
    Reason(&'static str),
    Surprise(Surprise),
}

impl TabletError {
    fn answer(self) -> Answer {
        match self {
            Self::Unknown => Answer::new(StatusCode::NOT_FOUND, "unknown_tablet"),
            Self::Reason(problem) => Answer::invalid("why", problem),
            Self::Surprise(surprise) => surprise.into(),
        }
    }
}

answers!(TabletError);

/// Lists the devices that may still hold work of those whom the person looks after.
pub(crate) async fn list_tablets(
    State(state): State<AppState>,
    signed_in: SignedIn,
) -> Result<Json<TabletsPage>, Surprise> {
    let mut tablets = looked_after_by(&signed_in.person, &state).await?;
    tablets.sort_by_key(|tablet| (!tablet.overdue, tablet.last_heard, tablet.device));
    let overdue = tablets.iter().filter(|tablet| tablet.overdue).count() as u64;
    tablets.truncate(PAGE);
    Ok(Json(TabletsPage { tablets, overdue }))
}

/// Keeps what became of a device, who says so, and when.
pub(crate) async fn look_into_tablet(
    State(state): State<AppState>,
    signed_in: SignedIn,
    JsonBody(LookedInto { device, last_heard, why }): JsonBody<LookedInto>,
) -> Result<StatusCode, TabletError> {
    let why = why.trim().to_owned();
    if let Err(refusal) = (Reason { reason: why.clone() }).check() {
        return Err(TabletError::Reason(problem(&refusal)));
    }
    let tablets = looked_after_by(&signed_in.person, &state).await?;
    if !tablets.iter().any(|tablet| tablet.device == device) {
        return Err(TabletError::Unknown);
    }
    let (person, at) = (signed_in.person.id, state.clock.now());
    let finding = Finding { device, last_heard, person, at, why: &why };
    if state.store.look_into_tablet(finding).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(TabletError::Unknown)
    }
}

/// A device as people are told of it.
pub(crate) fn told(tablet: &Holding, presence: &Presence, now: Timestamp) -> Tablet {
    let Holding { device, person, first_heard, last_heard, waiting, refused, files, .. } = *tablet;
    Tablet {
        device,
        person,
        first_heard,
        last_heard,
        waiting,
        refused,
        files,
        overdue: is_overdue(tablet, presence.until(person, device), now),
    }
}

/// Whether a device is missed: at once, if its person began with another one after it was last there; if they use both, when it has been
/// silent for [`SILENCE_MS`]; if they were not heard of on any, for [`LONG_SILENCE_MS`]. It was there when it last said how it stood, or
/// `listened` last.
fn is_overdue(tablet: &Holding, listened: Option<Timestamp>, now: Timestamp) -> bool {
    let last = tablet.last_heard.max(listened.unwrap_or(tablet.last_heard));
    let is_later = |heard: Option<Timestamp>| heard.is_some_and(|heard| heard > last);
    let silence = now.millis_since(last);
    is_later(tablet.another_began)
        || silence >= SILENCE_MS && is_later(tablet.another_heard)
        || silence >= LONG_SILENCE_MS
}

async fn looked_after_by(person: &Person, state: &AppState) -> Result<Vec<Tablet>, StoreError> {
    let now = state.clock.now();
    let directory = state.directory.current();
    let mut tablets = state.store.holding_tablets(None).await?;
    tablets.retain(|tablet| {
        let owner = directory.person(tablet.person);
        owner.is_some_and(|owner| may_look_after(person, &directory, owner))
    });
    let presence = &state.exchange.presence;
    Ok(tablets.iter().map(|tablet| told(tablet, presence, now)).collect())
}

#[cfg(test)]
mod tests;
