//! `GET /api/files/{sha256}`: a file, to those who may see a ticket that it belongs to.
//!
//! What is no picture, film or sound is only ever downloaded, and whatever a browser shows, it shows without any rights: even if it were
//! made to run something, that could neither reach this server nor anybody's session.

use std::io::{ErrorKind, SeekFrom};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use domain::access::Scope;
use domain::ticket::{FileHash, MediaType};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::error::FileError;
use crate::auth::SignedIn;
use crate::http::headers::OwnHeaders;
use crate::state::AppState;
use crate::store::files::StoredFile;

/// What a file may do in a browser: nothing.
const POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";
/// Content never changes under its hash; only the person's own browser may keep it.
const CACHED: &str = "private, max-age=31536000, immutable";
/// How much is read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// Sends a file.
pub(crate) async fn send_file(
    State(state): State<AppState>,
    signed_in: SignedIn,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, FileError> {
    let hash = FileHash::parse(&hash).ok_or(FileError::UnknownFile)?;
    let scope = Scope::of(&signed_in.person, &state.directory.current());
    let found = state.store.file_in_scope(hash, &scope).await?;
    let stored = found.ok_or(FileError::UnknownFile)?;
    let etag = format!("\"{hash}\"");
    let mut response = if is_known(&headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let part = match requested(&headers, &etag, stored.bytes) {
            Requested::All => None,
            Requested::Part(part) => Some(part),
            Requested::Nowhere => return Ok(nowhere(stored.bytes)),
        };
        let file = state.files.open_content(hash).await?;
        send(file, &stored, part).await?
    };
    let headers = response.headers_mut();
    headers.extend(HeaderValue::try_from(etag).map(|etag| (ETAG, etag)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHED));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response.extensions_mut().insert(OwnHeaders);
    Ok(response)
}

impl super::Files {
    /// Opens content of which there is a row. That it is not there is damage.
    async fn open_content(&self, hash: FileHash) -> Result<File, FileError> {
        let file = self.blocking("open a file", move |vault| std::fs::File::open(vault.place(hash))).await?;
        Ok(File::from_std(file))
    }
}

/// A part of a file, from its first to its last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    first: u64,
    last: u64,
}

/// What of a file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Requested {
    All,
    Part(Part),
    /// What the file doesn't have.
    Nowhere,
}

/// Whether the browser has it already.
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    known
        .split(',')
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == etag || known == "*")
}

/// Reads what is wanted. Whatever makes no sense, or is in several parts, is answered with all of it.
fn requested(headers: &HeaderMap, etag: &str, bytes: u64) -> Requested {
    let is_of_another = headers.get(IF_RANGE).is_some_and(|of| of != etag);
    let range = headers.get(RANGE).filter(|_| !is_of_another).and_then(|range| range.to_str().ok());
    let Some((first, last)) =
        range.and_then(|range| range.strip_prefix("bytes=")).and_then(|range| range.split_once('-'))
    else {
        return Requested::All;
    };
    let end = bytes - 1;
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first > last => Requested::All,
        (Ok(first), _) if first > end => Requested::Nowhere,
        (Ok(first), Ok(last)) => Requested::Part(Part { first, last: last.min(end) }),
        (Ok(first), Err(_)) if last.is_empty() => Requested::Part(Part { first, last: end }),
        (Err(_), Ok(0)) if first.is_empty() => Requested::Nowhere,
        (Err(_), Ok(length)) if first.is_empty() => {
            Requested::Part(Part { first: bytes.saturating_sub(length), last: end })
        }
        _ => Requested::All,
    }
}

fn nowhere(bytes: u64) -> Response {
    let mut response = FileError::NoSuchRange.into_response();
    let range = HeaderValue::try_from(format!("bytes */{bytes}"));
    response.headers_mut().extend(range.map(|range| (CONTENT_RANGE, range)));
    response
}

async fn send(mut file: File, stored: &StoredFile, part: Option<Part>) -> Result<Response, FileError> {
    let Part { first, last } = part.unwrap_or(Part { first: 0, last: stored.bytes - 1 });
    file.seek(SeekFrom::Start(first)).await.map_err(FileError::because("read a file"))?;
    let length = last + 1 - first;
    let mut response = Body::from_stream(stream::try_unfold((file, length), next_piece)).into_response();
    let headers = response.headers_mut();
    if part.is_some() {
        let range = HeaderValue::try_from(format!("bytes {first}-{last}/{}", stored.bytes));
        headers.extend(range.map(|range| (CONTENT_RANGE, range)));
    }
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    let (media, shown) = presented(stored.media);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(shown));
    if part.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// Reads on; ends after so many bytes, with an error if there are fewer.
async fn next_piece((mut file, left): (File, u64)) -> std::io::Result<Option<(Bytes, (File, u64))>> {
    if left == 0 {
        return Ok(None);
    }
    let most = usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
    let mut piece = BytesMut::zeroed(most);
    let length = file.read(&mut piece).await?;
    if length == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    piece.truncate(length);
    Ok(Some((piece.freeze(), (file, left - length as u64))))
}

/// What a browser is told that it is, and whether it may show it.
const fn presented(media: Option<MediaType>) -> (&'static str, &'static str) {
    match media {
        Some(media) if media.is_image() || media.is_video() || media.is_sound() => (media.name(), "inline"),
        Some(MediaType::Text) => ("text/plain; charset=utf-8", "attachment"),
        Some(media) => (media.name(), "attachment"),
        None => ("application/octet-stream", "attachment"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str) -> Requested {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_str(range).unwrap());
        requested(&headers, "\"e\"", 10)
    }

    #[test]
    fn a_part_is_read_as_browsers_write_it() {
        let part = |first, last| Requested::Part(Part { first, last });
        for (range, expected) in [
            ("bytes=0-", part(0, 9)),
            ("bytes=0-0", part(0, 0)),
            ("bytes=3-5", part(3, 5)),
            ("bytes=3-500", part(3, 9)),
            ("bytes=-4", part(6, 9)),
            ("bytes=-400", part(0, 9)),
            ("bytes=10-", Requested::Nowhere),
            ("bytes=10-12", Requested::Nowhere),
            ("bytes=-0", Requested::Nowhere),
            ("bytes=5-3", Requested::All),
            ("bytes=0-1,3-4", Requested::All),
            ("bytes=-", Requested::All),
            ("bytes=a-b", Requested::All),
            ("lines=1-2", Requested::All),
        ] {
            assert_eq!(asked(range), expected, "{range}");
        }
    }

    #[test]
    fn a_part_of_what_was_another_file_is_not_given() {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static("bytes=3-"));
        headers.insert(IF_RANGE, HeaderValue::from_static("\"f\""));
        assert_eq!(requested(&headers, "\"e\"", 10), Requested::All);
    }

    #[test]
    fn only_what_can_run_nothing_is_shown() {
        let shown: Vec<_> =
            MediaType::ALL.iter().filter(|media| presented(Some(**media)).1 == "inline").collect();
        assert_eq!(shown.len(), 8, "{shown:?}");
        for media in [Some(MediaType::Pdf), Some(MediaType::Text), None] {
            assert_eq!(presented(media).1, "attachment", "{media:?}");
        }
    }
}
