//! The layers around all routes, from the outermost inwards: the log, the headers, the net under panics.

use axum::Router;
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tracing::Instrument as _;

use super::{Answer, headers};
use crate::state::AppState;

/// Names one request in the log, and in the answer, so that a complaint can be looked up.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the layers around the routes.
pub(crate) fn around(routes: Router<AppState>, state: &AppState) -> Router<AppState> {
    routes
        .layer(CatchPanicLayer::custom(|_| {
            Answer::new(StatusCode::INTERNAL_SERVER_ERROR, "internal").into_response()
        }))
        .layer(from_fn_with_state(state.clone(), headers::protect))
        .layer(from_fn(log_request))
}

/// Compresses answers while they are sent: not small ones, not pictures, not event streams, not what says for itself how it comes.
pub(crate) fn compression() -> CompressionLayer<impl Predicate> {
    let worth_it = SizeAbove::new(1024)
        .and(NotForContentType::new("image/"))
        .and(NotForContentType::const_new("text/event-stream"))
        .and(|_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions| {
            !headers::says_itself(extensions)
        });
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(worth_it)
}

/// Keeps answers of the API out of caches.
pub(crate) async fn uncached(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if !headers::says_itself(response.extensions()) {
        headers::forbid_caching(response.headers_mut());
    }
    response
}

/// The pattern that an address matched: what may be logged of it. The address itself may name people.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RoutePattern(pub(crate) &'static str);

/// Gives the request an id and says in the log what became of it.
async fn log_request(request: Request, next: Next) -> Response {
    let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
    let span = tracing::info_span!("request", %id);
    let method = request.method().clone();
    let mut response = next.run(request).instrument(span.clone()).await;
    let route = response.extensions().get::<RoutePattern>().map_or("-", |pattern| pattern.0);
    let status = response.status().as_u16();
    span.in_scope(|| match status {
        500.. => tracing::warn!(%method, route, status, "answered"),
        _ => tracing::debug!(%method, route, status, "answered"),
    });
    let id = HeaderValue::try_from(id.to_string()).expect("an id holds hexadecimal digits");
    response.headers_mut().insert(REQUEST_ID, id);
    response
}
