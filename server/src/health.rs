//! `GET /healthz`: whether the server can do its work, for whoever watches over it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::state::AppState;

/// What the watcher is told. Nothing about the company.
#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    database: &'static str,
    version: &'static str,
}

/// Asks the database something.
pub(crate) async fn show_health(State(state): State<AppState>) -> (StatusCode, Json<Health>) {
    let version = env!("CARGO_PKG_VERSION");
    match state.store.has_accounts().await {
        Ok(_) => (StatusCode::OK, Json(Health { status: "ok", database: "ok", version })),
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
