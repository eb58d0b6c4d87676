//! The calls that bring files to the server: tus 1.0, as docs/http-api.md has it.

use domain::Timestamp;
use domain::ticket::FileHash;
use gloo_net::http::{Headers, Method, RequestBuilder, Response};
use js_sys::Uint8Array;
use sync::files::{KeptFile, Receipt, UploadFailure, UploadProgress, checksum};
use web_sys::AbortSignal;

use super::{PATIENCE_MS, request};

const FILES: &str = "/api/files";
/// Where every upload of the server's is: bytes go nowhere else, whatever an answer says.
const UPLOADS: &str = "/api/files/uploads/";

/// Where the server has a content.
pub fn address(hash: FileHash) -> String {
    format!("{FILES}/{hash}")
}

/// Whether the server has a content, and would give it to this person. Not, also when it can't be asked.
pub async fn is_there(hash: FileHash) -> bool {
    let patience = AbortSignal::timeout_with_u32(PATIENCE_MS);
    let answer = request(Method::HEAD, &address(hash)).abort_signal(Some(&patience)).send().await;
    answer.is_ok_and(|answer| answer.ok())
}

/// Announces a file. Returns the address of its upload, and how far that has come.
///
/// # Errors
/// Why it was not announced.
pub async fn begin(file: &KeptFile) -> Result<(String, UploadProgress), UploadFailure> {
    let request = tus(Method::POST, FILES)
        .header("Upload-Length", &file.bytes.to_string())
        .header("Upload-Metadata", &file.metadata());
    let response = judge(request.send().await).await?;
    let upload = response.headers().get("location").filter(|place| place.starts_with(UPLOADS));
    Ok((upload.ok_or(UploadFailure::Unreachable)?, progress(&response.headers())?))
}

/// Asks how far an upload has come.
///
/// # Errors
/// Why there is no answer.
pub async fn ask(upload: &str) -> Result<UploadProgress, UploadFailure> {
    let response = judge(tus(Method::HEAD, upload).send().await).await?;
    progress(&response.headers())
}

/// Sends a piece.
///
/// # Errors
/// Why it was not taken. It may have been all the same.
pub async fn send(upload: &str, offset: u64, piece: &[u8]) -> Result<UploadProgress, UploadFailure> {
    let request = tus(Method::PATCH, upload)
        .header("Content-Type", "application/offset+octet-stream")
        .header("Upload-Offset", &offset.to_string())
        .header("Upload-Checksum", &checksum(piece));
    let request = request.body(Uint8Array::from(piece)).map_err(|_| UploadFailure::Unreachable)?;
    let response = judge(request.send().await).await?;
    progress(&response.headers())
}

fn tus(method: Method, path: &str) -> RequestBuilder {
    request(method, path)
        .header("Tus-Resumable", "1.0.0")
        .abort_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)))
}

async fn judge(sent: Result<Response, gloo_net::Error>) -> Result<Response, UploadFailure> {
    let response = sent.map_err(|_| UploadFailure::Unreachable)?;
    if response.ok() {
        return Ok(response);
    }
    let seconds: Option<i64> = response.headers().get("retry-after").and_then(|seconds| seconds.parse().ok());
    let text = response.text().await.unwrap_or_default();
    let body: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let code = body.get("error").and_then(serde_json::Value::as_str).unwrap_or_default();
    let retry_after_ms = seconds.map(|seconds| seconds.saturating_mul(1000));
    Err(UploadFailure::of(response.status(), code, retry_after_ms))
}

/// An answer that says nothing of the upload is none of the server's.
fn progress(headers: &Headers) -> Result<UploadProgress, UploadFailure> {
    let number = |name| headers.get(name).and_then(|value| value.parse::<i64>().ok());
    let offset = number("upload-offset").and_then(|offset| u64::try_from(offset).ok());
    let receipt = number("fieldloop-stored-at")
        .zip(headers.get("fieldloop-epoch"))
        .map(|(stored_at, epoch)| Receipt { stored_at: Timestamp::from_millis(stored_at), epoch });
    Ok(UploadProgress { offset: offset.ok_or(UploadFailure::Unreachable)?, receipt })
}
