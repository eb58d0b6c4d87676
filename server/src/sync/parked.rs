//! `/api/parked`: what came in after its author had lost the right to it, for those who decide on it.
//!
//! A decision is carried out by the desk, like a push: one after the other, and answered when it is on disk. Its answer is the
//! verdict that the author's device gets from then on. Of two people who decide at once, the second is told what the first has
//! decided; to decide the same again changes nothing.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::access::may_decide;
use domain::people::Person;
use domain::ticket::{Reason, ScopeKeys};
use domain::{ChangeId, Problem, Refusal};
use sync::messages::Verdict;
use sync::parked::{Admit, Decline, ParkedPage};

use super::{Decision, NotWritten};
use crate::auth::SignedIn;
use crate::http::error::answers;
use crate::http::{Answer, JsonBody, Surprise};
use crate::state::AppState;
use crate::store::parked::Ruling;

/// Most changes on a page. What waits behind them comes into sight as they are decided on.
const PAGE: usize = 200;

/// Why a parked change is where it was.
#[derive(Debug)]
pub(crate) enum ParkedError {
    /// There is none with this id that the person may decide on.
    Unknown,
    /// The reason can't be taken.
    Reason(&'static str),
    /// The record could not be written; the decision can be sent again.
    NotWritten,
    Surprise(Surprise),
}

impl ParkedError {
    fn answer(self) -> Answer {
        match self {
            Self::Unknown => Answer::new(StatusCode::NOT_FOUND, "unknown_parked"),
            Self::Reason(problem) => Answer::invalid("why", problem),
            Self::NotWritten => Answer::new(StatusCode::SERVICE_UNAVAILABLE, "not_written").retry_after(5),
            Self::Surprise(surprise) => surprise.into(),
        }
    }
}

answers!(ParkedError);

impl From<NotWritten> for ParkedError {
    fn from(_: NotWritten) -> Self {
        Self::NotWritten
    }
}

/// Lists what waits for the person who asks.
pub(crate) async fn list_parked(
    State(state): State<AppState>,
    signed_in: SignedIn,
) -> Result<Json<ParkedPage>, Surprise> {
    let directory = state.directory.current();
    let may_decide = |about: &ScopeKeys| may_decide(&signed_in.person, &directory, about);
    Ok(Json(state.store.undecided(may_decide, PAGE).await?))
}

/// Lets a parked change into the record.
pub(crate) async fn admit_parked(
    State(state): State<AppState>,
    signed_in: SignedIn,
    JsonBody(Admit { change }): JsonBody<Admit>,
) -> Result<Json<Verdict>, ParkedError> {
    decide(&state, signed_in.person, change, Ruling::Admit).await
}

/// Turns a parked change away, with a reason for its author.
pub(crate) async fn decline_parked(
    State(state): State<AppState>,
    signed_in: SignedIn,
    JsonBody(Decline { change, why }): JsonBody<Decline>,
) -> Result<Json<Verdict>, ParkedError> {
    let why = why.trim().to_owned();
    if let Err(refusal) = (Reason { reason: why.clone() }).check() {
        return Err(ParkedError::Reason(problem(&refusal)));
    }
    decide(&state, signed_in.person, change, Ruling::Decline { why }).await
}

async fn decide(
    state: &AppState,
    person: Person,
    change: ChangeId,
    ruling: Ruling,
) -> Result<Json<Verdict>, ParkedError> {
    let decision = Decision { person, at: state.clock.now(), change, ruling };
    state.writer.decide(decision).await?.map(Json).ok_or(ParkedError::Unknown)
}

/// What is wrong with a reason that was given.
pub(crate) const fn problem(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Invalid { problem: Problem::TooLong, .. } => "too_long",
        _ => "missing",
    }
}

#[cfg(test)]
mod tests;
