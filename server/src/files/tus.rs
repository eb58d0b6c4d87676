//! Uploading in pieces, as tus 1.0 says (<https://tus.io/protocols/resumable-upload>).
//!
//! Core protocol, creation, creation with upload, checksum, expiration and termination. Deliberately absent: lengths that are told later,
//! concatenation, and other methods than the request's own by a header: a proxy that doesn't know PATCH is to be mended.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Timestamp;
use domain::access::Scope;
use domain::ticket::FILE_BYTES;

use super::UploadId;
use super::checksum::{ALGORITHMS, Checksum};
use super::error::FileError;
use super::metadata::Metadata;
use super::receive::Piece;
use crate::auth::SignedIn;
use crate::state::AppState;
use crate::store::files::{Announced, Upload};

const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,checksum,expiration,termination";
const OCTETS: &str = "application/offset+octet-stream";

const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
/// The receipt: since when the whole file counts as stored, and in which history.
const STORED_AT: HeaderName = HeaderName::from_static("fieldloop-stored-at");
const EPOCH: HeaderName = HeaderName::from_static("fieldloop-epoch");

/// Says what is spoken here.
pub(crate) async fn show_options() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(TUS_VERSION, HeaderValue::from_static(VERSION));
    headers.insert(TUS_EXTENSION, HeaderValue::from_static(EXTENSIONS));
    headers.insert(TUS_MAX_SIZE, HeaderValue::from(FILE_BYTES));
    headers.insert(TUS_CHECKSUM_ALGORITHM, HeaderValue::from_static(ALGORITHMS));
    response
}

/// Takes note of what will be sent, and takes what is sent along with that.
pub(crate) async fn begin_upload(
    State(state): State<AppState>,
    signed_in: SignedIn,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, FileError> {
    require_version(&headers)?;
    let announced = announced(&headers, &signed_in)?;
    let comes_along = brings_octets(&headers)?;
    let checksum = checksum(&headers)?;
    let scope = Scope::of(&signed_in.person, &state.directory.current());
    let mut upload = state.files.announce(announced, &scope).await?;
    if comes_along && upload.stored_at.is_none() {
        let piece = Piece { offset: 0, length: number(&headers, &CONTENT_LENGTH)?, checksum };
        upload = receive(&state, upload.id, &signed_in, piece, body).await?;
    }
    let mut response = describe(StatusCode::CREATED, &upload, &state);
    let location = HeaderValue::try_from(format!("/api/files/uploads/{}", upload.id));
    response.headers_mut().insert(LOCATION, location.expect("an id holds hexadecimal digits"));
    Ok(response)
}

/// Says how far an upload has come.
pub(crate) async fn show_upload(
    State(state): State<AppState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, FileError> {
    require_version(&headers)?;
    let upload = state.files.progress(parse(&id)?, signed_in.person.id).await?;
    let mut response = describe(StatusCode::OK, &upload, &state);
    let headers = response.headers_mut();
    headers.insert(UPLOAD_LENGTH, HeaderValue::from(upload.announced.bytes));
    // It came as a header.
    headers.extend(HeaderValue::try_from(upload.announced.metadata).map(|value| (UPLOAD_METADATA, value)));
    Ok(response)
}

/// Takes a piece.
pub(crate) async fn receive_piece(
    State(state): State<AppState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, FileError> {
    require_version(&headers)?;
    let id = parse(&id)?;
    if !is_octets(&headers) {
        return Err(FileError::NotOctets);
    }
    let piece = Piece {
        offset: number(&headers, &UPLOAD_OFFSET)?.ok_or(FileError::Malformed)?,
        length: number(&headers, &CONTENT_LENGTH)?,
        checksum: checksum(&headers)?,
    };
    let upload = receive(&state, id, &signed_in, piece, body).await?;
    Ok(describe(StatusCode::NO_CONTENT, &upload, &state))
}

/// Forgets an upload.
pub(crate) async fn drop_upload(
    State(state): State<AppState>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, FileError> {
    require_version(&headers)?;
    state.files.terminate(parse(&id)?, signed_in.person.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says with every answer which version is spoken, as tus wants it.
pub(crate) async fn mark(mut response: Response) -> Response {
    let version = HeaderValue::from_static(VERSION);
    if response.status() == StatusCode::PRECONDITION_FAILED {
        response.headers_mut().insert(TUS_VERSION, version.clone());
    }
    response.headers_mut().insert(TUS_RESUMABLE, version);
    response
}

/// Receives on a task of its own, which goes on to its end whatever becomes of the request.
async fn receive(
    state: &AppState,
    id: UploadId,
    signed_in: &SignedIn,
    piece: Piece,
    body: Body,
) -> Result<Upload, FileError> {
    let (files, person) = (state.files.clone(), signed_in.person.id);
    let task = tokio::spawn(async move { files.receive(id, person, piece, body.into_data_stream()).await });
    task.await.unwrap_or_else(|panic| {
        Err(FileError::Disk { trying: "receive a piece", source: std::io::Error::other(panic) })
    })
}

fn announced(headers: &HeaderMap, signed_in: &SignedIn) -> Result<Announced, FileError> {
    let bytes = number(headers, &UPLOAD_LENGTH)?.ok_or(FileError::Malformed)?;
    match bytes {
        0 => return Err(FileError::Invalid { field: "upload-length", problem: "out_of_range" }),
        1..=FILE_BYTES => {}
        _ => return Err(FileError::TooLarge),
    }
    let metadata = text(headers, &UPLOAD_METADATA)?.unwrap_or_default();
    let Metadata { hash, ticket, media } = Metadata::parse(metadata)?;
    let metadata = metadata.to_owned();
    Ok(Announced { person: signed_in.person.id, ticket, hash, bytes, media, metadata })
}

/// Whether a request to begin an upload brings bytes of it along.
fn brings_octets(headers: &HeaderMap) -> Result<bool, FileError> {
    match (is_octets(headers), number(headers, &CONTENT_LENGTH)?) {
        (true, length) => Ok(length != Some(0)),
        (false, None | Some(0)) => Ok(false),
        (false, Some(_)) => Err(FileError::NotOctets),
    }
}

fn checksum(headers: &HeaderMap) -> Result<Option<Checksum>, FileError> {
    text(headers, &UPLOAD_CHECKSUM)?.map(Checksum::parse).transpose()
}

fn require_version(headers: &HeaderMap) -> Result<(), FileError> {
    if headers.get(TUS_RESUMABLE).is_some_and(|version| version == VERSION) {
        Ok(())
    } else {
        Err(FileError::WrongVersion)
    }
}

fn is_octets(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    said.is_some_and(|said| {
        said.split(';').next().is_some_and(|said| said.trim().eq_ignore_ascii_case(OCTETS))
    })
}

fn parse(id: &str) -> Result<UploadId, FileError> {
    UploadId::parse(id).ok_or(FileError::UnknownUpload)
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, FileError> {
    headers.get(name).map(|value| value.to_str().map_err(|_| FileError::Malformed)).transpose()
}

/// Digits, and nothing else.
fn number(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, FileError> {
    let Some(text) = text(headers, name)? else { return Ok(None) };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FileError::Malformed);
    }
    text.parse().map(Some).map_err(|_| FileError::Malformed)
}

/// An answer that says how far an upload has come; when all of it is stored, with the receipt.
fn describe(status: StatusCode, upload: &Upload, state: &AppState) -> Response {
    let mut response = status.into_response();
    let headers = response.headers_mut();
    headers.insert(UPLOAD_OFFSET, HeaderValue::from(upload.received));
    headers.extend(http_date(upload.expires_at).map(|date| (UPLOAD_EXPIRES, date)));
    if let Some(stored_at) = upload.stored_at {
        headers.insert(STORED_AT, HeaderValue::from(stored_at.as_millis()));
        headers.extend(HeaderValue::from_str(state.store.epoch()).map(|epoch| (EPOCH, epoch)));
    }
    response
}

/// An instant as headers have it.
fn http_date(at: Timestamp) -> Option<HeaderValue> {
    let known = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
    HeaderValue::try_from(known.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}
