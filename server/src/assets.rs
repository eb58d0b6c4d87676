//! Serves the built client: the app's page, and the files it is made of.
//!
//! `cargo xtask` builds the client into `target/client/`. A release binary carries it inside; a development binary reads
//! it from there at every request, so that rebuilding the client needs no new server. Files come compressed ahead of time
//! (`.br` and `.gz` beside them), so nothing is compressed here.
//!
//! A missing file under `/pkg/` or `/assets/` is never answered with the app's page: a browser that expects a program
//! and gets a page fails in ways that are hard to understand. Every other address is the app's own business.

use std::borrow::Cow;

use axum::Router;
use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// The page in place of the app's, as long as nobody has built the client.
const NOT_BUILT: &str = include_str!("assets/not-built.html");

/// What the app's page may load and run: our own files only. Pictures may also come from memory, for photos that are not
/// uploaded yet.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; font-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers every GET and HEAD that no other route takes.
pub(crate) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .fallback_service(get(async |uri: Uri, headers: HeaderMap| answer(load, uri.path(), &headers)))
}

type Content = Cow<'static, [u8]>;

/// Gives a file of the built client by its path in there.
type Load = fn(&str) -> Option<Content>;

fn answer(load: Load, path: &str, headers: &HeaderMap) -> Response {
    let path = path.trim_start_matches('/');
    if path.starts_with("api/") || !is_plain(path) {
        return not_found();
    }
    if is_lasting(path) {
        return File::find(load, path, headers).map_or_else(not_found, |file| file.respond_lasting(path));
    }
    if path != "index.html"
        && let Some(file) = File::find(load, path, headers)
    {
        return file.respond_checked(path, headers);
    }
    match File::find(load, "index.html", headers) {
        Some(file) => file.respond_checked("index.html", headers),
        None => (StatusCode::SERVICE_UNAVAILABLE, [(CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT)
            .into_response(),
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "not found").into_response()
}

/// Says whether a file's name carries a hash of its content, so that it never changes.
fn is_lasting(path: &str) -> bool {
    path.starts_with("pkg/") || path.starts_with("assets/")
}

/// Says whether a path leads nowhere but downwards. A development binary reads from the disk.
fn is_plain(path: &str) -> bool {
    !path.contains('\\') && path.split('/').all(|part| part != ".." && part != ".")
}

/// A file in the form that suits a request best.
struct File {
    content: Content,
    encoding: Option<&'static str>,
}

impl File {
    fn find(load: Load, path: &str, headers: &HeaderMap) -> Option<Self> {
        let compressed = accepted_encodings(headers).into_iter().find_map(|(encoding, ending)| {
            let content = load(&format!("{path}.{ending}"))?;
            Some(Self { content, encoding: Some(encoding) })
        });
        compressed.or_else(|| Some(Self { content: load(path)?, encoding: None }))
    }

    /// A file that may be kept for ever.
    fn respond_lasting(self, path: &str) -> Response {
        self.respond(path, HeaderValue::from_static("public, max-age=31536000, immutable"))
    }

    /// A file that keeps its name when it changes: browsers ask each time, and get it only if it did change.
    fn respond_checked(self, path: &str, headers: &HeaderMap) -> Response {
        let digest: String =
            Sha256::digest(&self.content).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let tag = format!("\"{digest}\"");
        let is_known = headers.get_all(IF_NONE_MATCH).iter().any(|known| mentions_tag(known, &tag));
        let mut response = self.respond(path, HeaderValue::from_static("no-cache"));
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Body::empty();
        }
        response
            .headers_mut()
            .insert(ETAG, HeaderValue::try_from(tag).expect("hexadecimal digits fit in a header"));
        response
    }

    fn respond(self, path: &str, caching: HeaderValue) -> Response {
        let mut response = Response::new(Body::from(match self.content {
            Cow::Borrowed(embedded) => Bytes::from_static(embedded),
            Cow::Owned(read) => Bytes::from(read),
        }));
        let headers = response.headers_mut();
        let kind = content_type(path);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(CACHE_CONTROL, caching);
        headers.insert(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(encoding) = self.encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if kind.starts_with("text/html") {
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        }
        response
    }
}

/// A tag that a proxy has weakened (`W/`) still names the same content.
fn mentions_tag(known: &HeaderValue, tag: &str) -> bool {
    known.to_str().is_ok_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
}

/// The encodings of ours that a browser accepts, the one it likes best first; Brotli where it has no preference.
fn accepted_encodings(headers: &HeaderMap) -> Vec<(&'static str, &'static str)> {
    let offers: Vec<(String, f32)> = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(parse_offer)
        .collect();
    let mut accepted: Vec<_> = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter_map(|ours| {
            let offered =
                |name: &str| offers.iter().find(|(offer, _)| offer == name).map(|(_, quality)| *quality);
            let quality = offered(ours.0).or_else(|| offered("*"))?;
            (quality > 0.0).then_some((ours, quality))
        })
        .collect();
    accepted.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    accepted.into_iter().map(|(ours, _)| ours).collect()
}

/// Reads one part of an Accept-Encoding header: `gzip;q=0.8`.
fn parse_offer(offer: &str) -> (String, f32) {
    let (name, parameters) = offer.split_once(';').unwrap_or((offer, ""));
    let quality =
        parameters.trim().strip_prefix("q=").map_or(Some(1.0), |quality| quality.trim().parse().ok());
    (name.trim().to_ascii_lowercase(), quality.unwrap_or(0.0))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        _ => "application/octet-stream",
    }
}

#[cfg(not(debug_assertions))]
fn load(path: &str) -> Option<Content> {
    #[derive(rust_embed::Embed)]
    #[folder = "../target/client/release"]
    #[allow_missing = true]
    struct Embedded;

    Embedded::get(path).map(|file| file.data)
}

/// Reads from the folder that `FIELDLOOP_CLIENT_DIST` names (journeys try an update that way), else from the last
/// development build.
#[cfg(debug_assertions)]
fn load(path: &str) -> Option<Content> {
    let folder = std::env::var_os("FIELDLOOP_CLIENT_DIST").map_or_else(
        || std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/client/dev")),
        std::path::PathBuf::from,
    );
    std::fs::read(folder.join(path)).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(path: &str) -> Option<Content> {
        let content: &[u8] = match path {
            "index.html" => b"<!doctype html>",
            "sw.js" => b"worker",
            "pkg/app-1.wasm" => b"wasm",
            "pkg/app-1.wasm.br" => b"wasm in brotli",
            "pkg/app-1.wasm.gz" => b"wasm in gzip",
            _ => return None,
        };
        Some(Cow::Borrowed(content))
    }

    fn request(path: &str, headers: &[(axum::http::HeaderName, &str)]) -> Response {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        answer(built, path, &headers.collect())
    }

    fn header(response: &Response, name: axum::http::HeaderName) -> &str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn every_address_of_the_app_is_its_page() {
        for path in ["/", "/index.html", "/tickets/FB202405001", "/apiary"] {
            let response = request(path, &[]);
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(header(&response, CONTENT_TYPE), "text/html; charset=utf-8", "{path}");
            assert_eq!(header(&response, CACHE_CONTROL), "no-cache", "{path}");
            assert!(header(&response, CONTENT_SECURITY_POLICY).contains("default-src 'none'"), "{path}");
        }
    }

    #[test]
    fn a_missing_file_is_never_the_page() {
        for path in
            ["/pkg/app-0.js", "/assets/icons/gone.svg", "/api/nothing", "/pkg/../index.html", "/../secret"]
        {
            let response = request(path, &[]);
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(header(&response, CONTENT_TYPE), "text/plain; charset=utf-8", "{path}");
        }
    }

    #[test]
    fn the_best_encoding_both_know_is_sent() {
        let cases = [
            ("", ""),
            ("identity", ""),
            ("gzip, deflate, br, zstd", "br"),
            ("gzip", "gzip"),
            ("br;q=0.5, gzip;q=0.9", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("*", "br"),
            ("br;q=0, *;q=0.1", "gzip"),
            ("br;q=nonsense", ""),
        ];
        for (accepted, encoding) in cases {
            let response = request("/pkg/app-1.wasm", &[(ACCEPT_ENCODING, accepted)]);
            assert_eq!(header(&response, CONTENT_ENCODING), encoding, "{accepted}");
            assert_eq!(header(&response, CONTENT_TYPE), "application/wasm", "{accepted}");
            assert_eq!(header(&response, VARY), "accept-encoding", "{accepted}");
        }
    }

    #[test]
    fn a_file_with_a_hash_in_its_name_lasts() {
        assert!(header(&request("/pkg/app-1.wasm", &[]), CACHE_CONTROL).contains("immutable"));
    }

    #[test]
    fn a_file_that_keeps_its_name_is_sent_again_only_when_it_changed() {
        let first = request("/sw.js", &[]);
        let tag = header(&first, ETAG);
        for known in [tag.to_owned(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let again = request("/sw.js", &[(IF_NONE_MATCH, &known)]);
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{known}");
        }
        assert_eq!(request("/sw.js", &[(IF_NONE_MATCH, "\"other\"")]).status(), StatusCode::OK);
    }

    #[test]
    fn without_a_client_the_page_says_how_to_build_one() {
        let response = answer(|_| None, "/", &HeaderMap::new());
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
