//! The server, as seen from the page: JSON over HTTP, on the same origin, with the session's cookie.
//!
//! Synchronisation has its own calls in [`sync`], and files theirs in [`files`]; the rest is for signing in and for administration, which need the network.

mod fetched;
pub mod files;
pub mod sync;

use ::sync::messages::SessionInfo;
use gloo_net::http::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use web_sys::{AbortSignal, RequestCredentials};

use super::file::Picked;
use super::storage;

pub use self::fetched::Fetched;

/// Noted while the server has not been told that the person has signed out: its cookie would let them in again.
const SIGN_OUT_DUE: &str = "fieldloop-sign-out-due";
/// The header that tells our own page's requests from those that another site makes a browser send.
const OWN_PAGE: (&str, &str) = ("X-Fieldloop", "1");
/// Longest wait for an answer, in milliseconds: a network that is worse than this is none.
const PATIENCE_MS: u32 = 30_000;

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// No answer.
    #[error("the server could not be reached")]
    Unreachable,
    /// An answer that could not be read: it is a newer server's, or a page that the network puts before it.
    #[error("the answer could not be read")]
    Unreadable,
    /// The session has ended.
    #[error("nobody is signed in")]
    SignedOut,
    /// The server asks to come back later.
    #[error("the server asks to come back in {retry_after_seconds} s")]
    Busy {
        /// When.
        retry_after_seconds: usize,
    },
    /// The server no longer speaks this version's language.
    #[error("this version is too old for the server")]
    TooOld,
    /// The server said no.
    #[error("{status}: {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why, out of a closed list of codes.
        code: String,
        /// The field it is about, if it is about one.
        field: Option<String>,
        /// What is wrong with that field.
        problem: Option<String>,
    },
}

/// Why signing in failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// There is no such account with such a password.
    #[error("wrong name or password")]
    Wrong,
    /// Too many attempts.
    #[error("too many attempts; the next in {retry_after_seconds} s")]
    TooMany {
        /// When the next one makes sense.
        retry_after_seconds: usize,
    },
    /// No answer.
    #[error("the server could not be reached")]
    Unreachable,
    /// Something else.
    #[error("the server answered something unexpected")]
    Failed,
}

/// Signs in.
///
/// # Errors
/// Why not.
pub async fn sign_in(user: &str, password: &str) -> Result<SessionInfo, SignInError> {
    #[derive(Serialize)]
    struct Credentials<'c> {
        user: &'c str,
        password: &'c str,
    }
    let answer: Result<SessionInfo, ApiError> = post("/api/session", &Credentials { user, password }).await;
    let signed_in = answer.map_err(|error| match error {
        ApiError::SignedOut => SignInError::Wrong,
        ApiError::Busy { retry_after_seconds } => SignInError::TooMany { retry_after_seconds },
        ApiError::Unreachable => SignInError::Unreachable,
        ApiError::Unreadable | ApiError::TooOld | ApiError::Refused { .. } => SignInError::Failed,
    })?;
    storage::remove(SIGN_OUT_DUE);
    Ok(signed_in)
}

/// Asks who is signed in, if anybody is.
///
/// # Errors
/// Why there is no answer.
pub async fn session() -> Result<Option<SessionInfo>, ApiError> {
    const NO_CONTENT: u16 = 204;
    if storage::text(SIGN_OUT_DUE).is_some() {
        sign_out().await?;
    }
    let response = send(Method::GET, "/api/session", None::<&()>).await?;
    if response.status() == NO_CONTENT { Ok(None) } else { read(&response).await.map(Some) }
}

/// Ends the session.
///
/// # Errors
/// Why the server doesn't know of it. Nobody being signed in is as good as having signed out.
pub async fn sign_out() -> Result<(), ApiError> {
    match send(Method::DELETE, "/api/session", None::<&()>).await {
        Ok(_) | Err(ApiError::SignedOut) => {
            storage::remove(SIGN_OUT_DUE);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Ends the session as far as that can be done now; the rest is made up for when the server is next asked who is signed in.
pub async fn sign_out_quietly() {
    storage::set_text(SIGN_OUT_DUE, "1");
    if let Err(error) = sign_out().await {
        leptos::logging::warn!("the session could not be ended: {error}");
    }
}

/// Reads.
///
/// # Errors
/// Why there is no result.
pub async fn get<T: DeserializeOwned>(path: &str) -> Result<T, ApiError> {
    read(&send(Method::GET, path, None::<&()>).await?).await
}

/// Sends something new, and takes the answer.
///
/// # Errors
/// Why there is no result.
pub async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, ApiError> {
    read(&send(Method::POST, path, Some(body)).await?).await
}

/// Sends something new; the answer is empty.
///
/// # Errors
/// Why it was not taken.
pub async fn post_empty(path: &str, body: &impl Serialize) -> Result<(), ApiError> {
    send(Method::POST, path, Some(body)).await.map(|_| ())
}

/// Changes something, and takes the answer.
///
/// # Errors
/// Why there is no result.
pub async fn patch<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, ApiError> {
    read(&send(Method::PATCH, path, Some(body)).await?).await
}

/// Changes something; the answer is empty.
///
/// # Errors
/// Why it was not taken.
pub async fn patch_empty(path: &str, body: &impl Serialize) -> Result<(), ApiError> {
    send(Method::PATCH, path, Some(body)).await.map(|_| ())
}

/// Keeps something in place of what was there, and takes the answer.
///
/// # Errors
/// Why there is no result.
pub async fn put<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, ApiError> {
    read(&send(Method::PUT, path, Some(body)).await?).await
}

/// Removes something.
///
/// # Errors
/// Why it is still there.
pub async fn delete(path: &str) -> Result<(), ApiError> {
    send(Method::DELETE, path, None::<&()>).await.map(|_| ())
}

async fn send(method: Method, path: &str, body: Option<&impl Serialize>) -> Result<Response, ApiError> {
    let request = request(method, path).abort_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)));
    let response = match body {
        Some(body) => {
            let body = serde_json::to_string(body)
                .expect("what is sent holds only texts, numbers and lists of them");
            request
                .header("Content-Type", "application/json")
                .body(body)
                .map_err(|_| ApiError::Unreachable)?
                .send()
                .await
        }
        None => request.send().await,
    };
    judge(response.map_err(|_| ApiError::Unreachable)?).await
}

/// Sends a file as it lies on the disk, and takes the answer. That may take as long as it takes: no time limit.
///
/// # Errors
/// Why there is no result.
pub async fn post_file<T: DeserializeOwned>(path: &str, file: &Picked) -> Result<T, ApiError> {
    let request = request(Method::POST, path).header("Content-Type", "application/octet-stream");
    let response = match request.body(file.content.clone()) {
        Ok(request) => request.send().await,
        Err(error) => Err(error),
    };
    read(&judge(response.map_err(|_| ApiError::Unreachable)?).await?).await
}

/// Opens a stream that ends when the server or `until` says so; no time limit.
pub(super) async fn open_stream(
    method: Method,
    path: &str,
    until: &AbortSignal,
) -> Result<Response, ApiError> {
    let response = request(method, path).abort_signal(Some(until)).send().await;
    judge(response.map_err(|_| ApiError::Unreachable)?).await
}

fn request(method: Method, path: &str) -> RequestBuilder {
    RequestBuilder::new(path)
        .method(method)
        .credentials(RequestCredentials::SameOrigin)
        .header(OWN_PAGE.0, OWN_PAGE.1)
}

async fn read<T: DeserializeOwned>(response: &Response) -> Result<T, ApiError> {
    let text = response.text().await.map_err(|_| ApiError::Unreachable)?;
    serde_json::from_str(&text).map_err(|error| {
        leptos::logging::warn!("{} answered something unreadable: {error}", response.url());
        ApiError::Unreadable
    })
}

/// Tells an answer from a no.
async fn judge(response: Response) -> Result<Response, ApiError> {
    const DEFAULT_PAUSE_SECONDS: usize = 5;
    match response.status() {
        200..=299 => Ok(response),
        401 => Err(ApiError::SignedOut),
        426 => Err(ApiError::TooOld),
        429 | 503 => {
            let asked = response.headers().get("retry-after").and_then(|seconds| seconds.parse().ok());
            Err(ApiError::Busy { retry_after_seconds: asked.unwrap_or(DEFAULT_PAUSE_SECONDS) })
        }
        // Whatever stands between us and the server, or the server in trouble: nothing that we sent was judged.
        500.. => Err(ApiError::Unreachable),
        status => Err(read_refusal(status, &response).await),
    }
}

async fn read_refusal(status: u16, response: &Response) -> ApiError {
    #[derive(Default, Deserialize)]
    struct Body {
        #[serde(default)]
        error: String,
        #[serde(default)]
        field: Option<String>,
        #[serde(default)]
        problem: Option<String>,
    }
    let text = response.text().await.unwrap_or_default();
    let Body { error: code, field, problem } = serde_json::from_str(&text).unwrap_or_default();
    ApiError::Refused { status, code, field, problem }
}
