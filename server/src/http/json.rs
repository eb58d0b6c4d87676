//! What requests say, read.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
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

/// What an address says after its question mark, with the same answer to what can't be read.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Answer;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Answer> {
        let asked = Query::from_request_parts(parts, state).await;
        asked.map(|Query(asked)| Self(asked)).map_err(|_| Answer::new(StatusCode::BAD_REQUEST, "malformed"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::TestServer;

    #[tokio::test]
    async fn an_address_that_asks_for_nonsense_is_answered_like_everything_else() {
        let server = TestServer::with_company().await;
        let admin = server.sign_in("admin").await;
        for address in ["/api/notices?limit=many", "/api/sync/events?epoch=x"] {
            let reply = admin.get(address).await;
            assert_eq!(
                (reply.status.as_u16(), reply.json()),
                (400, json!({ "error": "malformed" })),
                "{address}"
            );
        }
    }
}
