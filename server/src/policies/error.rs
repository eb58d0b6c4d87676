//! Why a policy or a draft is not as the caller wants it, as an answer.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::PublishRefusal;
use crate::http::{Answer, Surprise};
use crate::people::Invalid;
use crate::store::StoreError;

/// Why a policy or a draft is not as the caller wants it.
#[derive(Debug)]
pub(crate) enum PolicyError {
    Refused(PublishRefusal),
    UnknownPolicy,
    InForce,
    UnknownDraft,
    DraftChanged,
    Invalid(Invalid),
    Surprise(Surprise),
}

impl IntoResponse for PolicyError {
    fn into_response(self) -> Response {
        let said = |status: StatusCode, body: serde_json::Value| (status, Json(body)).into_response();
        match self {
            Self::Refused(PublishRefusal::Changed { latest }) => {
                said(StatusCode::CONFLICT, json!({ "error": "policy_changed", "latest": latest }))
            }
            Self::Refused(PublishRefusal::ScheduledLater { version }) => {
                said(StatusCode::CONFLICT, json!({ "error": "scheduled_later", "version": version }))
            }
            Self::Refused(PublishRefusal::Problems(problems)) => {
                let sentences: Vec<_> = problems.iter().map(ToString::to_string).collect();
                let body =
                    json!({ "error": "policy_problems", "problems": problems, "sentences": sentences });
                said(StatusCode::UNPROCESSABLE_ENTITY, body)
            }
            Self::Refused(PublishRefusal::UnknownZone { calendar, zone }) => said(
                StatusCode::UNPROCESSABLE_ENTITY,
                json!({ "error": "unknown_zone", "calendar": calendar, "zone": zone }),
            ),
            Self::Refused(PublishRefusal::Past) => Answer::invalid("effective", "past").into_response(),
            Self::Refused(PublishRefusal::NoteTooLong) => Answer::invalid("note", "too_long").into_response(),
            Self::UnknownPolicy => Answer::new(StatusCode::NOT_FOUND, "unknown_policy").into_response(),
            Self::InForce => Answer::new(StatusCode::CONFLICT, "policy_in_force").into_response(),
            Self::UnknownDraft => Answer::new(StatusCode::NOT_FOUND, "unknown_draft").into_response(),
            Self::DraftChanged => Answer::new(StatusCode::CONFLICT, "draft_changed").into_response(),
            Self::Invalid(invalid) => Answer::from(invalid).into_response(),
            Self::Surprise(surprise) => surprise.into_response(),
        }
    }
}

impl From<StoreError> for PolicyError {
    fn from(error: StoreError) -> Self {
        Self::Surprise(error.into())
    }
}
