//! Request bodies.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::Answer;

/// A body of JSON. What can't be read is answered with a code, not with the reader's own words.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Answer;

    async fn from_request(request: Request, state: &S) -> Result<Self, Answer> {
        let Json(body) = Json::from_request(request, state).await.map_err(|rejection| match rejection {
            JsonRejection::MissingJsonContentType(_) => {
                Answer::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json")
            }
            rejection if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Answer::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large")
            }
            _ => Answer::new(StatusCode::BAD_REQUEST, "malformed"),
        })?;
        Ok(Self(body))
    }
}
