//! Makes sure that a request that changes something was made by our own page.
//!
//! A browser adds the session's cookie also to requests that other sites make it send. It does not let them add a header
//! of ours without asking this server first, and this server never agrees. Where the browser itself says which site a
//! request comes from, that must be this one.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Answer;

/// The header that our page adds to every request that changes something, with the value `1`.
pub(crate) const HEADER: &str = "x-fieldloop";

/// Refuses requests that another site may have made a browser send.
pub(crate) async fn require_own_page(request: Request, next: Next) -> Response {
    if changes_nothing(request.method()) || is_from_own_page(request.headers()) {
        return next.run(request).await;
    }
    Answer::new(StatusCode::FORBIDDEN, "foreign_request").into_response()
}

fn changes_nothing(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn is_from_own_page(headers: &HeaderMap) -> bool {
    let is_marked = headers.get(HEADER).is_some_and(|value| value == "1");
    let is_foreign = headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin");
    is_marked && !is_foreign
}
