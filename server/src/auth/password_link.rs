//! `POST /api/password`: whoever holds a link from an admin chooses the password of the account it is for.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{PersonId, Timestamp};
use serde::Deserialize;

use super::password::{NewPassword, TooBusy};
use super::sign_in::{begin_session, busy};
use super::token::{Token, TokenHash};
use crate::http::error::answers;
use crate::http::{Answer, JsonBody, Surprise};
use crate::people::Invalid;
use crate::state::AppState;
use crate::store::{Store, StoreError};

/// How long the link works: over a weekend.
pub(crate) const LINK_LIFE_MS: i64 = 3 * Timestamp::DAY_MS;

/// A link that lets one person choose a password, once.
#[derive(Debug)]
pub(crate) struct PasswordLink {
    /// The address to open.
    pub(crate) url: String,
    /// Until when it works.
    pub(crate) expires_at: Timestamp,
}

/// Makes a link for a person, in place of any earlier one.
pub(crate) async fn issue_link(
    store: &Store,
    base_url: &str,
    person: PersonId,
    now: Timestamp,
) -> Result<PasswordLink, StoreError> {
    let token = Token::random();
    let expires_at = now.plus_millis(LINK_LIFE_MS);
    store.issue_link(Some(person), &token.hash(), expires_at).await?;
    Ok(PasswordLink { url: format!("{base_url}/password#{}", token.reveal()), expires_at })
}

/// The link's secret, and the password to have from now on.
#[derive(Deserialize)]
pub(crate) struct ChosenPassword {
    token: String,
    password: String,
}

/// Why the password is what it was.
#[derive(Debug)]
pub(crate) enum ChoosePasswordError {
    Invalid(Invalid),
    LinkInvalid,
    TooBusy(TooBusy),
    Surprise(Surprise),
}

impl ChoosePasswordError {
    fn answer(self) -> Answer {
        match self {
            Self::Invalid(invalid) => invalid.into(),
            Self::LinkInvalid => Answer::new(StatusCode::GONE, "link_invalid"),
            Self::TooBusy(TooBusy) => busy(),
            Self::Surprise(surprise) => surprise.into(),
        }
    }
}

answers!(ChoosePasswordError);

/// Sets the password, ends every session of the account, and signs its owner in.
pub(crate) async fn choose_password(
    State(state): State<AppState>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<ChosenPassword>,
) -> Result<Response, ChoosePasswordError> {
    let link = TokenHash::of(&body.token);
    // Looked at first, so that nobody gets a hash computed without a link.
    if !state.store.is_password_link(&link, state.clock.now()).await? {
        return Err(ChoosePasswordError::LinkInvalid);
    }
    let password = NewPassword::parse(body.password)
        .map_err(|problem| ChoosePasswordError::Invalid(Invalid::password(problem)))?;
    let hash = state.passwords.hash(password).await.map_err(ChoosePasswordError::TooBusy)?;
    let now = state.clock.now();
    let person =
        state.store.use_password_link(&link, &hash, now).await?.ok_or(ChoosePasswordError::LinkInvalid)?;
    state.sessions.announce_endings();
    tracing::info!(%person, "a password was chosen");
    begin_session(&state, person, &headers).await?.ok_or(ChoosePasswordError::LinkInvalid)
}
