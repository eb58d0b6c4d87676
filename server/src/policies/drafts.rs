//! `/api/policy-drafts`: policies that are being worked on, kept for whoever goes on with them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::value::RawValue;
use sync::policies::{Draft, DraftHead, Drafts, KeptDraft};
use uuid::Uuid;

use super::error::PolicyError;
use crate::auth::SignedIn;
use crate::http::JsonBody;
use crate::people::{Invalid, Label};
use crate::state::AppState;
use crate::store::policies::{Draft as Stored, Keeping};

/// As it is sent: the document as it was written.
type DraftAnswer = Draft<Box<RawValue>>;

fn answer(draft: Stored) -> DraftAnswer {
    let Stored { id, name, base, document, updated_at, updated_by } = draft;
    Draft { head: DraftHead { id, name, base, updated_at, updated_by }, document }
}

/// Lists drafts.
pub(crate) async fn list_drafts(State(state): State<AppState>) -> Result<Json<Drafts>, PolicyError> {
    let drafts = state.store.drafts().await?;
    Ok(Json(Drafts { drafts: drafts.into_iter().map(|draft| answer(draft).head).collect() }))
}

/// Shows one.
pub(crate) async fn show_draft(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<DraftAnswer>, PolicyError> {
    let draft = state.store.draft(parse_id(&id)?).await?.ok_or(PolicyError::UnknownDraft)?;
    Ok(Json(answer(draft)))
}

/// Keeps one, under an id that the editor makes up.
pub(crate) async fn keep_draft(
    State(state): State<AppState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<KeptDraft<Box<RawValue>>>,
) -> Result<Json<DraftAnswer>, PolicyError> {
    let id = parse_id(&id)?;
    let name = Label::parse(&body.name)
        .map_err(|problem| PolicyError::Invalid(Invalid::new("name", problem)))?
        .into_string();
    let updated_at = state.clock.now();
    let draft = Stored {
        id,
        name,
        base: body.base,
        document: body.document,
        updated_at,
        updated_by: signed_in.person.id,
    };
    match state.store.keep_draft(&draft, body.seen).await? {
        Keeping::Kept(kept) => Ok(Json(answer(kept))),
        Keeping::Changed => Err(PolicyError::DraftChanged),
        Keeping::Gone => Err(PolicyError::UnknownDraft),
    }
}

/// Throws one away.
pub(crate) async fn drop_draft(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<StatusCode, PolicyError> {
    match state.store.drop_draft(parse_id(&id)?).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(PolicyError::UnknownDraft),
    }
}

fn parse_id(id: &str) -> Result<Uuid, PolicyError> {
    Uuid::parse_str(id).map_err(|_| PolicyError::UnknownDraft)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::TestServer;

    const ID: &str = "018fa2c4-0000-7000-8000-000000000000";

    #[tokio::test]
    async fn a_draft_is_kept_as_it_stands_mistakes_and_all() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let path = format!("/api/policy-drafts/{ID}");
        assert_eq!(admin.get(&path).await.refusal(), (404, "unknown_draft".to_owned()));
        let body = json!({ "name": " Winter ", "base": 1, "document": { "calendars": "not even a list" } });
        let kept = admin.put(&path, &body).await.json();
        assert_eq!(kept["name"], "Winter");
        assert_eq!(admin.get(&path).await.json(), kept);
        let list = admin.get("/api/policy-drafts").await.json();
        assert_eq!(list["drafts"][0]["id"], ID);
        assert_eq!(list["drafts"][0].get("document"), None);
        assert_eq!(admin.delete(&path).await.status, 204);
        assert_eq!(admin.delete(&path).await.status, 404);
    }

    #[tokio::test]
    async fn a_draft_that_somebody_changed_meanwhile_is_not_overwritten() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let path = format!("/api/policy-drafts/{ID}");
        let body = |document: i32, seen: Option<i64>| json!({ "name": "Winter", "base": 1, "document": document, "seen": seen });
        let first = admin.put(&path, &body(1, None)).await.json()["updated_at"].as_i64().unwrap();
        assert_eq!(admin.put(&path, &body(2, Some(first))).await.status, 200);
        assert_eq!(
            admin.put(&path, &body(3, Some(first))).await.refusal(),
            (409, "draft_changed".to_owned())
        );
        assert_eq!(admin.get(&path).await.json()["document"], 2);
    }
    #[tokio::test]
    async fn a_draft_that_somebody_threw_away_does_not_come_back_by_itself() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        let path = format!("/api/policy-drafts/{ID}");
        let body = |seen: Option<i64>| json!({ "name": "Winter", "base": 1, "document": 1, "seen": seen });
        let seen = admin.put(&path, &body(None)).await.json()["updated_at"].as_i64();
        assert_eq!(admin.delete(&path).await.status, 204);
        assert_eq!(admin.put(&path, &body(seen)).await.refusal(), (404, "unknown_draft".to_owned()));
        assert_eq!(admin.get(&path).await.status, 404);
        assert_eq!(admin.put(&path, &body(None)).await.status, 200, "whoever insists has it again");
    }
}
