//! `POST /api/sync/standing`: a device says what waits on it, and hears which other devices of its person are overdue.

use axum::Json;
use axum::extract::State;
use sync::tablets::{Heard, STANDING_MAX_FILES, Standing};

use super::SyncError;
use super::error::require_protocol;
use crate::auth::SignedIn;
use crate::http::JsonBody;
use crate::state::AppState;
use crate::tablets::told;

/// Notes how a device stands with its person's work.
pub(crate) async fn report_standing(
    State(state): State<AppState>,
    signed_in: SignedIn,
    JsonBody(standing): JsonBody<Standing>,
) -> Result<Json<Heard>, SyncError> {
    require_protocol(standing.protocol)?;
    if standing.files.len() > STANDING_MAX_FILES {
        return Err(SyncError::TooLarge);
    }
    let (person, now) = (signed_in.person.id, state.clock.now());
    if standing.person != person || !state.store.hear_of_tablet(&standing, now).await? {
        return Err(SyncError::ForeignDevice);
    }
    let held = state.store.holding_tablets(Some(person)).await?;
    let others = held.into_iter().filter(|tablet| tablet.device != standing.device);
    let presence = &state.exchange.presence;
    let left_behind =
        others.map(|tablet| told(&tablet, presence, now)).filter(|tablet| tablet.overdue).collect();
    Ok(Json(Heard { left_behind }))
}
