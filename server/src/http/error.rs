//! How a request is told no: a status, and a body that names the reason out of a closed list.
//!
//! Each room of the server has its own enum of reasons, and says for each what to [`Answer`]; `?` on a store's error makes
//! a [`Surprise`], which is logged here, once, and told to nobody.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::store::StoreError;

/// A reason to say no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    status: StatusCode,
    body: Body,
    retry_after_seconds: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Body {
    error: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'static str>,
}

impl Answer {
    /// The status, and the code that programs read.
    pub(crate) const fn new(status: StatusCode, error: &'static str) -> Self {
        Self { status, body: Body { error, field: None, problem: None }, retry_after_seconds: None }
    }

    /// What the request was to change could not be written. Nothing has changed; later it may go well.
    pub(crate) const fn not_written() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_written").retry_after(5)
    }

    /// A field of the request holds something that can't be taken.
    pub(crate) const fn invalid(field: &'static str, problem: &'static str) -> Self {
        let body = Body { error: "invalid", field: Some(field), problem: Some(problem) };
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, body, retry_after_seconds: None }
    }

    /// Names the field that the reason is about.
    #[must_use]
    pub(crate) const fn about(mut self, field: &'static str) -> Self {
        self.body.field = Some(field);
        self
    }

    /// Says when another try makes sense.
    #[must_use]
    pub(crate) const fn retry_after(mut self, seconds: i64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        super::headers::forbid_caching(response.headers_mut());
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Something failed that no caller can do anything about.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Surprise(#[from] StoreError);

impl From<Surprise> for Answer {
    fn from(surprise: Surprise) -> Self {
        let error: &(dyn std::error::Error + 'static) = &surprise.0;
        tracing::error!(error, "a request failed");
        if surprise.0.is_of_the_disk() {
            return Self::not_written();
        }
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }
}

impl IntoResponse for Surprise {
    fn into_response(self) -> Response {
        Answer::from(self).into_response()
    }
}

/// Lets an enum of reasons be a handler's error: `answers!(PeopleError);` for one with `fn answer(self) -> Answer` and a
/// variant `Surprise(Surprise)`.
macro_rules! answers {
    ($name:ident) => {
        impl axum::response::IntoResponse for $name {
            fn into_response(self) -> axum::response::Response {
                self.answer().into_response()
            }
        }

        impl From<crate::store::StoreError> for $name {
            fn from(error: crate::store::StoreError) -> Self {
                Self::Surprise(error.into())
            }
        }
    };
}
pub(crate) use answers;
