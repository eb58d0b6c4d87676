//! `GET /api/notices` and `POST /api/notices/read`: what the person who asks was told.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use sync::notices::{NoticesPage, NoticesRead};

use crate::auth::SignedIn;
use crate::http::{Asked, JsonBody, Surprise};
use crate::state::AppState;

/// Most notices on a page.
const PAGE_MAX: u32 = 200;
/// How many, if the request doesn't say.
const PAGE: u32 = 50;

/// Which page.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    /// Older than this one.
    before: Option<u64>,
    limit: Option<u32>,
}

/// Lists a page of the person's own notices, newest first.
pub(crate) async fn list_notices(
    State(state): State<AppState>,
    signed_in: SignedIn,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<NoticesPage>, Surprise> {
    let limit = wanted.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let (mut notices, unread) = state.store.notices(signed_in.person.id, wanted.before, limit).await?;
    let more = notices.len() > limit as usize;
    notices.truncate(limit as usize);
    Ok(Json(NoticesPage { notices, unread, more }))
}

/// Marks some of the person's own notices as read, on all of their pages.
pub(crate) async fn mark_read(
    State(state): State<AppState>,
    signed_in: SignedIn,
    JsonBody(read): JsonBody<NoticesRead>,
) -> Result<StatusCode, Surprise> {
    let NoticesRead { up_to, ids } = read;
    state.store.mark_notices_read(signed_in.person.id, up_to, &ids, state.clock.now()).await?;
    state.hub.notice(signed_in.person.id, 0);
    Ok(StatusCode::NO_CONTENT)
}
