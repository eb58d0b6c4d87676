//! `GET /healthz`: whether the server can do its work, for whoever watches over it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::state::AppState;
use crate::store::StoreError;

/// What the watcher is told. Nothing about the company.
#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    database: &'static str,
    version: &'static str,
}

/// Asks whether the database can be read, and whether it can be relied upon.
pub(crate) async fn show_health(State(state): State<AppState>) -> (StatusCode, Json<Health>) {
    let version = env!("CARGO_PKG_VERSION");
    match ask_database(&state).await {
        Ok(()) => (StatusCode::OK, Json(Health { status: "ok", database: "ok", version })),
        Err(error) => {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::error!(error, "the health check failed");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Json(Health { status: "failing", database: "failing", version }),
            )
        }
    }
}

async fn ask_database(state: &AppState) -> Result<(), StoreError> {
    state.store.trust().require()?;
    state.store.has_accounts().await.map(drop)
}
