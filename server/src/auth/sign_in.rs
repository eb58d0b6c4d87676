//! `POST`, `GET` and `DELETE /api/session`: signing in, who is signed in, signing out.

use axum::Json;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use sync::messages::SessionInfo;

use super::limits::TooManyTries;
use super::password::{PasswordHash, TooBusy};
use super::token::{Token, TokenHash};
use super::{SessionId, SignedIn, cookie};
use crate::http::client::ClientPrefix;
use crate::http::error::answers;
use crate::http::{Answer, JsonBody, Surprise};
use crate::people::UserName;
use crate::state::AppState;
use crate::store::StoreError;
use crate::store::sessions::NewSession;

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
    let is_right = state.passwords.verify(password, hash.clone()).await.map_err(|busy| {
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
    state.sign_in_limits.succeed(counted, now);
    begin_session(&state, person, hash, &headers).await?.ok_or(SignInError::WrongCredentials)
}

/// Starts a session for somebody who has proved who they are, perhaps by a password. Nothing, for somebody whose account is not
/// in use, or whose password has been replaced while it was being checked.
pub(super) async fn begin_session(
    state: &AppState,
    person: domain::PersonId,
    password: Option<PasswordHash>,
    headers: &HeaderMap,
) -> Result<Option<Response>, StoreError> {
    let transport = &state.config.transport;
    let now = state.clock.now();
    let directory = state.directory.current();
    let Some(person) = directory.person(person).filter(|person| person.active) else {
        return Ok(None);
    };
    let token = Token::random();
    let session =
        NewSession { token: token.hash(), id: SessionId::random(), person: person.id, password, now };
    let replaced = cookie::find(headers, transport).map(TokenHash::of);
    if !state.store.start_session(&session, replaced.as_ref()).await? {
        return Ok(None);
    }
    if replaced.is_some() {
        state.sessions.announce_endings();
    }
    tracing::info!(person = %person.id, "somebody signed in");
    let info = SessionInfo { person: person.clone(), server_time: now, rescue_key: None };
    Ok(Some(([(SET_COOKIE, cookie::set(&token, transport))], Json(info)).into_response()))
}

/// Says who is signed in, if anybody is. That nobody is, is an answer and no refusal: it is the first question of every
/// fresh browser.
pub(crate) async fn show_session(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, Surprise> {
    let Some(signed_in) = SignedIn::find(&headers, &state).await? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    Ok(Json(SessionInfo { person: signed_in.person, server_time: state.clock.now(), rescue_key: None }).into_response())
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

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use domain::Timestamp;
    use domain::people::Role;
    use serde_json::json;

    use crate::auth::session::{ABSOLUTE_LIFE_MS, IDLE_LIFE_MS};
    use crate::config::Transport;
    use crate::testing::{PASSWORD, START, TestServer};

    #[tokio::test]
    async fn who_signs_in_is_known_until_they_sign_out() {
        let server = TestServer::with_company().await;
        let browser = server.browser();
        assert_eq!(browser.get("/api/session").await.status, 204);

        let reply = browser.sign_in("admin", PASSWORD).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.json()["person"]["role"], "admin");
        assert_eq!(reply.json()["server_time"], START.as_millis());
        assert_eq!(browser.get("/api/session").await.json(), reply.json());

        let reply = browser.delete("/api/session").await;
        assert_eq!(reply.status, 204);
        assert!(reply.header("set-cookie").contains("Max-Age=0"), "{reply:?}");
        assert_eq!(browser.get("/api/session").await.status, 204);
    }

    #[tokio::test]
    async fn a_token_opens_nothing_after_signing_out() {
        let server = TestServer::with_company().await;
        let browser = server.browser();
        let cookie = browser.sign_in("admin", PASSWORD).await.cookie();
        browser.delete("/api/session").await;
        assert_eq!(server.browser().get_with_cookie("/api/session", &cookie).await.status, 204);
    }

    #[tokio::test]
    async fn capitals_in_the_user_name_make_no_difference() {
        let server = TestServer::with_company().await;
        assert_eq!(server.browser().sign_in(" Admin ", PASSWORD).await.status, 200);
    }

    #[tokio::test]
    async fn a_wrong_password_and_a_missing_account_look_the_same() {
        let server = TestServer::with_company().await;
        let left = server.add_person("left", Role::Agent, "service").await;
        let admin = server.sign_in("admin").await;
        admin.patch(&format!("/api/people/{}", left.id), &json!({ "active": false })).await;
        let department = server.department("service");
        let new = json!({ "name": "New", "user": "new", "role": "agent", "department": department });
        assert_eq!(admin.post("/api/people", &new).await.status, 201);

        let browser = server.browser();
        let wrong = browser.sign_in("admin", "not the password").await;
        assert_eq!(wrong.refusal(), (401, "wrong_credentials".to_owned()));
        let cases = [
            ("no such account", "nobody", PASSWORD),
            ("an account that is not in use", "left", PASSWORD),
            ("an account without a password", "new", PASSWORD),
            ("not even a user name", "o'; DROP TABLE", PASSWORD),
            ("an endless password", "admin", &"x".repeat(5000)),
            ("no password", "admin", ""),
        ];
        for (name, user, password) in cases {
            let reply = browser.sign_in(user, password).await;
            assert_eq!((reply.status, &reply.text), (wrong.status, &wrong.text), "{name}");
            assert_eq!(reply.header("set-cookie"), "", "{name}");
        }
    }

    #[tokio::test]
    async fn guessing_at_one_account_is_slowed_down() {
        let server = TestServer::with_company().await;
        let browser = server.browser();
        for guess in 0..10 {
            assert_eq!(browser.sign_in("admin", "not the password").await.status, 401, "guess {guess}");
        }
        let reply = browser.sign_in("admin", PASSWORD).await;
        assert_eq!(reply.refusal(), (429, "too_many_tries".to_owned()));
        assert_eq!(reply.header("retry-after"), "6");

        server.clock().advance_millis(6_000);
        assert_eq!(browser.sign_in("admin", PASSWORD).await.status, 200);
    }

    #[tokio::test]
    async fn a_client_can_not_pretend_to_be_many() {
        let server = TestServer::with_company().await;
        let browser = server.browser();
        for guess in 0..50 {
            let request = browser.request(reqwest::Method::POST, "/api/session");
            let body = json!({ "user": format!("user{guess}"), "password": "not the password" });
            let request = request.header("x-forwarded-for", format!("192.0.2.{guess}")).json(&body);
            assert_eq!(request.send().await.unwrap().status(), 401, "guess {guess}");
        }
        assert_eq!(browser.sign_in("another", PASSWORD).await.status, 429);
    }

    #[tokio::test]
    async fn signing_in_again_ends_the_session_before() {
        let server = TestServer::with_company().await;
        let browser = server.browser();
        let first = browser.sign_in("admin", PASSWORD).await.cookie();
        let second = browser.sign_in("admin", PASSWORD).await.cookie();
        assert_ne!(first, second);
        assert_eq!(server.browser().get_with_cookie("/api/session", &first).await.status, 204);
        assert_eq!(server.browser().get_with_cookie("/api/session", &second).await.status, 200);
    }

    #[tokio::test]
    async fn one_person_can_be_signed_in_on_several_devices() {
        let server = TestServer::with_company().await;
        let (tablet, desk) = (server.sign_in("admin").await, server.sign_in("admin").await);
        desk.delete("/api/session").await;
        assert_eq!(tablet.get("/api/session").await.status, 200);
    }

    #[tokio::test]
    async fn a_session_survives_weeks_without_a_network_but_not_a_month() {
        let server = TestServer::with_company().await;
        let tablet = server.sign_in("admin").await;
        for _ in 0..5 {
            server.clock().advance_millis(29 * Timestamp::DAY_MS);
            assert_eq!(tablet.get("/api/session").await.status, 200);
        }
        server.clock().advance_millis(IDLE_LIFE_MS);
        assert_eq!(tablet.get("/api/session").await.status, 204);
    }

    #[tokio::test]
    async fn a_session_ends_in_the_end_however_much_it_is_used() {
        let server = TestServer::with_company().await;
        let tablet = server.sign_in("admin").await;
        for _ in 0..ABSOLUTE_LIFE_MS / (20 * Timestamp::DAY_MS) {
            assert_eq!(tablet.get("/api/session").await.status, 200);
            server.clock().advance_millis(20 * Timestamp::DAY_MS);
        }
        assert_eq!(tablet.get("/api/session").await.status, 204);
    }

    #[tokio::test]
    async fn a_session_survives_a_restart_of_the_server() {
        let server = TestServer::with_company().await;
        let cookie = server.browser().sign_in("admin", PASSWORD).await.cookie();
        let again = TestServer::builder().in_folder_of(&server).start().await;
        assert_eq!(again.browser().get_with_cookie("/api/session", &cookie).await.status, 200);
    }

    #[tokio::test]
    async fn no_script_and_no_other_site_gets_the_cookie() {
        let server = TestServer::with_company().await;
        let cookie = server.browser().sign_in("admin", PASSWORD).await.header("set-cookie").to_owned();
        for part in ["fieldloop=", "; Path=/", "; HttpOnly", "; SameSite=Strict"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Secure"), "{cookie}");

        let server = TestServer::builder().transport(Transport::BehindProxy).start().await;
        server.found_company().await;
        let cookie = server.browser().sign_in("admin", PASSWORD).await.header("set-cookie").to_owned();
        assert!(cookie.starts_with("__Host-fieldloop="), "{cookie}");
        for part in ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Secure"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }

    #[tokio::test]
    async fn neither_passwords_nor_tokens_are_stored() {
        let server = TestServer::with_company().await;
        let cookie = server.browser().sign_in("admin", PASSWORD).await.cookie();
        let token = cookie.split_once('=').unwrap().1;
        let files = files_below(&server.state.config.data);
        assert!(!files.is_empty(), "there is a database to look into");
        for file in files {
            let bytes = std::fs::read(file).unwrap();
            for secret in [token, PASSWORD] {
                assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
            }
        }
    }

    /// Every file in a folder and in the folders in it.
    fn files_below(folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
    }

    #[tokio::test]
    async fn a_session_that_has_ended_is_told_to_whoever_waits_for_it() {
        let server = TestServer::with_company().await;
        let browser = server.browser();
        let cookie = browser.sign_in("admin", PASSWORD).await.cookie();
        let token = crate::auth::token::TokenHash::of(cookie.split_once('=').unwrap().1);
        let session = server.state.store.session(&token).await.unwrap().unwrap().id;
        let waiting = tokio::spawn({
            let sessions = server.state.sessions.clone();
            async move { sessions.ended(session).await }
        });
        server.sign_in("admin").await;
        assert!(!waiting.is_finished(), "another session's beginning is not this one's end");
        browser.delete("/api/session").await;
        waiting.await.unwrap().unwrap();
    }
}
