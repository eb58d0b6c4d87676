//! `POST`, `GET` and `DELETE /api/session`: signing in, who is signed in, signing out.

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sync::messages::SessionInfo;

use super::limits::TooManyTries;
use super::password::TooBusy;
use super::token::{Token, TokenHash};
use super::{SessionId, SignedIn, cookie};
use crate::http::client::ClientPrefix;
use crate::http::error::answers;
use crate::http::{Answer, JsonBody, Surprise};
use crate::people::UserName;
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::accounts::NewSession;

/// Longest text that is looked at as a user name or password. Hashing more would be work for nothing.
const MAX_CREDENTIAL_BYTES: usize = 1000;

/// What a person types to sign in.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    user: String,
    password: String,
}

/// Why nobody is signed in now. A missing account, one that is not in use and a wrong password are the same answer.
#[derive(Debug)]
pub(crate) enum SignInError {
    WrongCredentials,
    TooManyTries(TooManyTries),
    TooBusy(TooBusy),
    Surprise(Surprise),
}

impl SignInError {
    fn answer(self) -> Answer {
        match self {
            Self::WrongCredentials => Answer::new(StatusCode::UNAUTHORIZED, "wrong_credentials"),
            Self::TooManyTries(TooManyTries { retry_after_seconds }) => {
                Answer::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries").retry_after(retry_after_seconds)
            }
            Self::TooBusy(TooBusy) => busy(),
            Self::Surprise(surprise) => surprise.into(),
        }
    }
}

answers!(SignInError);

/// The answer when too many passwords wait to be hashed.
pub(crate) fn busy() -> Answer {
    Answer::new(StatusCode::SERVICE_UNAVAILABLE, "busy").retry_after(2)
}

/// Exchanges a user name and password for a session. A session that the browser held before is over then.
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    client: ClientPrefix,
    headers: HeaderMap,
    JsonBody(credentials): JsonBody<Credentials>,
) -> Result<Response, SignInError> {
    let Credentials { user, password } = credentials;
    let Ok(user_name) = UserName::parse(&user) else {
        return Err(SignInError::WrongCredentials);
    };
    if password.len() > MAX_CREDENTIAL_BYTES {
        return Err(SignInError::WrongCredentials);
    }
    let now = state.clock.now();
    let counted =
        state.sign_in_limits.count(user_name.as_str(), client, now).map_err(SignInError::TooManyTries)?;

    let account = state.store.account(&user_name).await?;
    let hash = account.as_ref().and_then(|account| account.password.clone());
    let is_right = state.passwords.verify(password, hash).await.map_err(|busy| {
        state.sign_in_limits.forgive(&counted);
        SignInError::TooBusy(busy)
    })?;
    let person = match account {
        Some(account) if is_right => account.person,
        _ => {
            tracing::info!("a sign-in was refused");
            return Err(SignInError::WrongCredentials);
        }
    };
    state.sign_in_limits.forgive(&counted);
    begin_session(&state, person, &headers).await?.ok_or(SignInError::WrongCredentials)
}

/// Starts a session for somebody who has proved who they are. Nothing, for somebody whose account is not in use.
pub(super) async fn begin_session(
    state: &AppState,
    person: domain::PersonId,
    headers: &HeaderMap,
) -> Result<Option<Response>, StoreError> {
    let transport = &state.config.transport;
    let now = state.clock.now();
    let directory = state.directory.current();
    let Some(person) = directory.person(person).filter(|person| person.active) else {
        return Ok(None);
    };
    let token = Token::random();
    let session = NewSession { token: token.hash(), id: SessionId::random(), person: person.id, now };
    let replaced = cookie::find(headers, transport).map(TokenHash::of);
    if !state.store.start_session(&session, replaced.as_ref()).await? {
        return Ok(None);
    }
    state.sessions.announce_endings();
    tracing::info!(person = %person.id, "somebody signed in");
    let info = SessionInfo { person: person.clone(), server_time: now };
    Ok(Some(([(SET_COOKIE, cookie::set(&token, transport))], Json(info)).into_response()))
}

/// Says who is signed in.
pub(crate) async fn show_session(State(state): State<AppState>, signed_in: SignedIn) -> Json<SessionInfo> {
    Json(SessionInfo { person: signed_in.person, server_time: state.clock.now() })
}

/// Ends the session.
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    signed_in: SignedIn,
) -> Result<impl IntoResponse, Surprise> {
    state.store.end_session(signed_in.session).await?;
    state.sessions.announce_endings();
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie::clear(&state.config.transport))]))
}
