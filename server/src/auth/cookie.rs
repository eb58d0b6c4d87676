//! The one cookie there is.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

use super::session::ABSOLUTE_LIFE_MS;
use super::token::Token;
use crate::config::Transport;

/// The cookie's name. Browsers hold a `__Host-` cookie to TLS, this very host, and no other way of setting it.
const fn name(transport: &Transport) -> &'static str {
    if transport.is_secure() { "__Host-fieldloop" } else { "fieldloop" }
}

/// Finds the session's token among a request's cookies.
pub(crate) fn find<'a>(headers: &'a HeaderMap, transport: &Transport) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(key, value)| (key == name(transport)).then_some(value))
}

/// Hands a session's token to the browser.
pub(crate) fn set(token: &Token, transport: &Transport) -> HeaderValue {
    write(token.reveal(), ABSOLUTE_LIFE_MS / 1000, transport)
}

/// Takes the token away from the browser.
pub(crate) fn clear(transport: &Transport) -> HeaderValue {
    write("", 0, transport)
}

fn write(value: &str, max_age_seconds: i64, transport: &Transport) -> HeaderValue {
    let name = name(transport);
    let secure = if transport.is_secure() { "; Secure" } else { "" };
    let text =
        format!("{name}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(text).expect("a cookie of ours holds only plain letters")
}
