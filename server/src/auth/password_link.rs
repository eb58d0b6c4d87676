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
    LinkSpent,
    TooBusy(TooBusy),
    Surprise(Surprise),
}

impl ChoosePasswordError {
    fn answer(self) -> Answer {
        match self {
            Self::Invalid(invalid) => invalid.into(),
            Self::LinkSpent => Answer::new(StatusCode::GONE, "link_spent"),
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
        return Err(ChoosePasswordError::LinkSpent);
    }
    let password = NewPassword::parse(body.password)
        .map_err(|problem| ChoosePasswordError::Invalid(Invalid::password(problem)))?;
    let hash = state.passwords.hash(password).await.map_err(ChoosePasswordError::TooBusy)?;
    let now = state.clock.now();
    let person =
        state.store.use_password_link(&link, &hash, now).await?.ok_or(ChoosePasswordError::LinkSpent)?;
    state.sessions.announce_endings();
    tracing::info!(%person, "a password was chosen");
    begin_session(&state, person, None, &headers).await?.ok_or(ChoosePasswordError::LinkSpent)
}

#[cfg(test)]
mod tests {
    use domain::people::Role;
    use serde_json::{Value, json};

    use super::*;
    use crate::people::UserName;
    use crate::testing::{Browser, PASSWORD, TestServer};

    const NEW_PASSWORD: &str = "another correct horse";

    async fn link(admin: &Browser, person: PersonId) -> Value {
        let reply = admin.post(&format!("/api/people/{person}/password-link"), &json!({})).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()
    }

    fn body(link: &Value) -> Value {
        let token = link["url"].as_str().unwrap().split_once("/password#").unwrap().1;
        json!({ "token": token, "password": NEW_PASSWORD })
    }

    #[tokio::test]
    async fn a_link_sets_the_password_and_ends_every_other_session() {
        let server = TestServer::with_company().await;
        let person = server.add_person("li", Role::Engineer, "after-sales").await;
        let (admin, tablet) = (server.sign_in("admin").await, server.sign_in("li").await);
        let body = body(&link(&admin, person.id).await);
        assert_eq!(tablet.get("/api/session").await.status, 200, "a link alone changes nothing");

        let desk = server.browser();
        let reply = desk.post("/api/password", &body).await;
        assert_eq!(reply.json()["person"]["id"], json!(person.id), "{reply:?}");
        assert_eq!(desk.get("/api/session").await.status, 200);
        assert_eq!(tablet.get("/api/session").await.status, 204);
        assert_eq!(admin.get("/api/session").await.status, 200, "others are not affected");
        assert_eq!(server.browser().sign_in("li", PASSWORD).await.status, 401);
        assert_eq!(server.browser().sign_in("li", NEW_PASSWORD).await.status, 200);
    }

    #[tokio::test]
    async fn a_sign_in_that_is_overtaken_by_a_new_password_begins_no_session() {
        let server = TestServer::with_company().await;
        let person = server.add_person("li", Role::Engineer, "after-sales").await;
        let stored = async || {
            let account = server.state.store.account(&UserName::parse("li").unwrap()).await.unwrap();
            account.unwrap().password.unwrap()
        };
        let checked = stored().await;
        let admin = server.sign_in("admin").await;
        server.browser().post("/api/password", &body(&link(&admin, person.id).await)).await;
        let begins = async |password| {
            let begun = begin_session(&server.state, person.id, Some(password), &HeaderMap::new()).await;
            begun.unwrap().is_some()
        };
        assert!(!begins(checked).await, "the former password was checked just before");
        assert!(begins(stored().await).await);
    }

    #[tokio::test]
    async fn a_link_works_once_and_for_three_days_and_until_there_is_a_newer_one() {
        let server = TestServer::with_company().await;
        let person = server.add_person("li", Role::Engineer, "after-sales").await;
        let admin = server.sign_in("admin").await;
        let refused = (410, "link_spent".to_owned());

        let (older, newer) = (body(&link(&admin, person.id).await), body(&link(&admin, person.id).await));
        assert_eq!(server.browser().post("/api/password", &older).await.refusal(), refused);
        assert_eq!(server.browser().post("/api/password", &newer).await.status, 200);
        assert_eq!(server.browser().post("/api/password", &newer).await.refusal(), refused);

        let late = body(&link(&admin, person.id).await);
        server.clock().advance_millis(LINK_LIFE_MS);
        assert_eq!(server.browser().post("/api/password", &late).await.refusal(), refused);
    }

    #[tokio::test]
    async fn a_password_that_is_too_short_does_not_use_the_link_up() {
        let server = TestServer::with_company().await;
        let person = server.add_person("li", Role::Engineer, "after-sales").await;
        let good = body(&link(&server.sign_in("admin").await, person.id).await);
        let mut short = good.clone();
        short["password"] = "short".into();
        let reply = server.browser().post("/api/password", &short).await;
        assert_eq!(reply.json(), json!({ "error": "invalid", "field": "password", "problem": "too_short" }));
        assert_eq!(server.browser().post("/api/password", &good).await.status, 200);
    }

    #[tokio::test]
    async fn who_has_left_can_not_come_back_by_an_old_link() {
        let server = TestServer::with_company().await;
        let person = server.add_person("li", Role::Engineer, "after-sales").await;
        let admin = server.sign_in("admin").await;
        let path = format!("/api/people/{}", person.id);
        let body = body(&link(&admin, person.id).await);
        admin.patch(&path, &json!({ "active": false })).await;
        assert_eq!(server.browser().post("/api/password", &body).await.status, 410);
        let reply = admin.post(&format!("{path}/password-link"), &json!({})).await;
        assert_eq!(reply.refusal(), (409, "not_active".to_owned()));
    }

    #[tokio::test]
    async fn the_first_admins_link_sets_no_password_and_a_password_link_makes_no_admin() {
        let server = TestServer::empty().await;
        let first = crate::auth::first_admin::issue_link(&server.state).await.unwrap().unwrap();
        let token = first.split_once('#').unwrap().1;
        let body = json!({ "token": token, "password": NEW_PASSWORD });
        assert_eq!(server.browser().post("/api/password", &body).await.status, 410);
    }
}
