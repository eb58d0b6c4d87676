//! The headers that every answer carries, whatever became of the request.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{Extensions, HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::state::AppState;

/// What pages may load and run: our own files only. Pictures may also come from memory, for photos not uploaded yet.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What pages may use of the device: the camera and the position, for work on site; nothing else.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(self), \
    display-capture=(), encrypted-media=(), fullscreen=(self), geolocation=(self), gyroscope=(), hid=(), \
    idle-detection=(), magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(self), serial=(), \
    usb=(), xr-spatial-tracking=()";

const ALWAYS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
];

/// Two years of TLS only, once a browser has come by TLS.
const TLS_ONLY: &str = "max-age=63072000";

/// Put into the extensions of an answer that says for itself what it may load, how it is cached, and how it is encoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnHeaders;

/// Whether an answer says these things for itself.
pub(crate) fn says_itself(extensions: &Extensions) -> bool {
    extensions.get::<OwnHeaders>().is_some()
}

/// Adds the headers to every answer, errors included.
pub(crate) async fn protect(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let says_itself = says_itself(response.extensions());
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        if says_itself && name == CONTENT_SECURITY_POLICY {
            continue;
        }
        headers.insert(name, HeaderValue::from_static(value));
    }
    if state.config.transport.is_secure() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TLS_ONLY));
    }
    response
}

/// Keeps answers of the API out of every cache.
pub(crate) fn forbid_caching(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
