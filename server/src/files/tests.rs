//! Uploads and downloads asked over HTTP, cut, repeated and mixed up; and what is found on the disk afterwards.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::TicketId;
use domain::ticket::Change;
use powercut::Dice;
use reqwest::{RequestBuilder, Response};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::error::FileError;
use super::receive::{Step, go_on};
use super::{Limits, UploadId, place_of};
use crate::sync::testing::{Company, Tablet, error_code, hash_of};
use crate::testing::TestServer;

const OCTETS: &str = "application/offset+octet-stream";

/// As much of a photo as it takes to be one, and as many bytes behind it.
fn photo(bytes: usize) -> Vec<u8> {
    let mut content = b"\xff\xd8\xff\xe0".to_vec();
    content.extend((0..bytes).map(|place| (place * 31 % 251) as u8));
    content
}

/// A company with a ticket in the east, and its engineer's tablet.
struct Site {
    company: Company,
    tablet: Tablet,
    ticket: TicketId,
}

impl Site {
    async fn open() -> Self {
        Self::open_with(Limits::default()).await
    }

    async fn open_with(limits: Limits) -> Self {
        let company = Company::open_on(TestServer::builder().limits(limits).start().await).await;
        let mut desk = company.tablet(&company.agent).await;
        let registered = desk.register();
        let ticket = registered.ticket;
        let assigned = desk.assign(ticket, &company.east_engineer);
        desk.push(&[registered, assigned]).await;
        let tablet = company.tablet(&company.east_engineer).await;
        Self { company, tablet, ticket }
    }

    /// Ends the server in the middle of whatever it does, and starts another one upon what is on the disk.
    async fn start_anew(self) -> Self {
        let Self { company, mut tablet, ticket } = self;
        let server = TestServer::builder().in_folder_of(&company.server);
        drop(company);
        let company = Company::found_on(server.start().await);
        company.welcome(&mut tablet).await;
        Self { company, tablet, ticket }
    }

    fn data(&self) -> &Path {
        &self.company.state.config.data
    }

    fn place(&self, content: &[u8]) -> PathBuf {
        self.data().join(place_of(hash_of(content)))
    }

    /// Begins an upload and says where it goes on.
    async fn begin(&self, content: &[u8]) -> String {
        begun(self.tablet.announce(self.ticket, "image/jpeg", content)).await
    }

    /// What is there of uploads and files, with and without rows.
    async fn left(&self) -> (usize, usize, usize) {
        let partial = std::fs::read_dir(self.data().join("files/partial")).unwrap().count();
        let folders = std::fs::read_dir(self.data().join("files")).unwrap();
        let files = folders.filter(|folder| folder.as_ref().unwrap().file_name() != "partial");
        let files = files.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum();
        let mut connection = self.company.state.store.read().await.unwrap();
        let rows = crate::store::files::list(&mut connection).await.unwrap();
        for row in &rows {
            let content = std::fs::read(self.data().join(place_of(row.hash))).unwrap();
            assert_eq!(hash_of(&content), row.hash, "no row without its bytes");
        }
        (partial, files, rows.len())
    }
}

async fn begun(request: RequestBuilder) -> String {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 201);
    header(&response, "location").to_owned()
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

fn asked(tablet: &Tablet, method: Method, place: &str) -> RequestBuilder {
    tablet.request(method, place).header("tus-resumable", "1.0.0")
}

fn piece(tablet: &Tablet, place: &str, offset: usize, bytes: &[u8]) -> RequestBuilder {
    let request = asked(tablet, Method::PATCH, place).header("content-type", OCTETS);
    request.header("upload-offset", offset).body(bytes.to_vec())
}

/// The upload that an address names.
fn id_in(place: &str) -> UploadId {
    UploadId::parse(place.rsplit('/').next().unwrap()).unwrap()
}

/// How much is there, as the server says it.
async fn offset(tablet: &Tablet, place: &str) -> usize {
    let response = asked(tablet, Method::HEAD, place).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "cache-control"), "no-store");
    header(&response, "upload-offset").parse().unwrap()
}

async fn refusal(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    assert_eq!(header(&response, "tus-resumable"), "1.0.0");
    (response.status().as_u16(), error_code(response).await)
}

async fn status_of(tablet: &Tablet, content: &[u8]) -> u16 {
    let request = tablet.request(Method::GET, &format!("/api/files/{}", hash_of(content)));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn what_is_spoken_is_told_and_another_version_is_refused() {
    let site = Site::open().await;
    let told = site.tablet.request(Method::OPTIONS, "/api/files").send().await.unwrap();
    assert_eq!((told.status().as_u16(), header(&told, "tus-version")), (204, "1.0.0"));
    assert_eq!(
        header(&told, "tus-extension"),
        "creation,creation-with-upload,checksum,expiration,termination"
    );
    assert_eq!(header(&told, "tus-max-size"), "104857600");
    assert_eq!(header(&told, "tus-checksum-algorithm"), "sha256,sha1");
    let content = photo(10);
    let request = site.tablet.announce(site.ticket, "image/jpeg", &content);
    let (client, request) = request.build_split();
    let mut request = request.unwrap();
    for version in [None, Some("0.2.2")] {
        request.headers_mut().remove("tus-resumable");
        request.headers_mut().extend(version.map(|version| {
            (reqwest::header::HeaderName::from_static("tus-resumable"), version.parse().unwrap())
        }));
        let refused = client.execute(request.try_clone().unwrap()).await.unwrap();
        assert_eq!((refused.status().as_u16(), header(&refused, "tus-version")), (412, "1.0.0"));
        assert_eq!(error_code(refused).await, "wrong_tus_version");
    }
    assert_eq!(site.left().await, (0, 0, 0));
}

#[tokio::test]
async fn a_file_comes_in_pieces_with_the_server_killed_in_between() {
    let mut site = Site::open().await;
    let content = photo(3_000);
    let place = site.begin(&content).await;
    let mut at = 0;
    for end in [1, 1_000, 1_001, 2_999, content.len()] {
        let response = piece(&site.tablet, &place, at, &content[at..end]).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), header(&response, "upload-offset")),
            (204, &*end.to_string())
        );
        let is_stored = !header(&response, "fieldloop-stored-at").is_empty();
        assert_eq!(is_stored, end == content.len(), "the receipt comes with the last byte");
        at = end;
        site = site.start_anew().await;
        assert_eq!(offset(&site.tablet, &place).await, at);
    }
    let told = asked(&site.tablet, Method::HEAD, &place).send().await.unwrap();
    assert_eq!(header(&told, "fieldloop-epoch"), site.company.state.store.epoch());
    assert!(!header(&told, "fieldloop-stored-at").is_empty(), "a receipt that was lost is given again");
    assert!(header(&told, "upload-metadata").contains("mediatype"));
    assert_eq!(header(&told, "upload-expires"), "Fri, 31 May 2024 01:00:00 GMT");
    assert_eq!(std::fs::read(site.place(&content)).unwrap(), content);
    assert_eq!(site.left().await, (0, 1, 1));
}

#[tokio::test]
async fn what_was_written_and_not_counted_is_not_there() {
    let site = Site::open().await;
    let content = photo(100);
    let place = site.begin(&content).await;
    piece(&site.tablet, &place, 0, &content[..40]).send().await.unwrap();
    let partial = site.data().join("files/partial").join(id_in(&place).to_string());
    let mut longer = std::fs::read(&partial).unwrap();
    longer.extend([0; 30]);
    std::fs::write(&partial, &longer).unwrap();
    let site = site.start_anew().await;
    assert_eq!(offset(&site.tablet, &place).await, 40);
    std::fs::write(&partial, &longer[..25]).unwrap();
    assert_eq!(offset(&site.tablet, &place).await, 25, "nor what a disk that lied has lost");
    let last = piece(&site.tablet, &place, 25, &content[25..]).send().await.unwrap();
    assert_eq!(header(&last, "upload-offset"), content.len().to_string());
    assert_eq!(std::fs::read(site.place(&content)).unwrap(), content);
}

/// Sends the head of a PATCH and a part of its body, and gives the line back without having said the rest.
async fn half_a_piece(site: &Site, place: &str, offset: usize, length: usize, body: &[u8]) -> TcpStream {
    let request = piece(&site.tablet, place, offset, &[]).build().unwrap();
    let cookie = &site.tablet.cookie;
    let mut line = TcpStream::connect(site.company.server.address()).await.unwrap();
    let head = format!(
        "PATCH {} HTTP/1.1\r\nHost: x\r\nX-Fieldloop: 1\r\nCookie: {cookie}\r\nTus-Resumable: 1.0.0\r\n\
         Content-Type: {OCTETS}\r\nUpload-Offset: {offset}\r\nContent-Length: {length}\r\n\r\n",
        request.url().path()
    );
    line.write_all(head.as_bytes()).await.unwrap();
    line.write_all(body).await.unwrap();
    line
}

#[tokio::test]
async fn a_line_that_is_cut_loses_nothing_that_came_over_it() {
    let site = Site::open().await;
    let content = photo(50_000);
    let place = site.begin(&content).await;
    let line = half_a_piece(&site, &place, 0, content.len(), &content[..20_000]).await;
    // Whoever is being received from holds the upload.
    while !site.company.state.files.is_claimed(id_in(&place)) {
        tokio::task::yield_now().await;
    }
    let busy = refusal(piece(&site.tablet, &place, 0, &content)).await;
    assert_eq!(busy, (423, "upload_busy".to_owned()));
    assert_eq!(refusal(asked(&site.tablet, Method::DELETE, &place)).await.0, 423);
    drop(line);
    let at = loop {
        let at = offset(&site.tablet, &place).await;
        if at > 0 {
            break at;
        }
        tokio::task::yield_now().await;
    };
    assert!(at <= 20_000);
    while piece(&site.tablet, &place, at, &content[at..]).send().await.unwrap().status() == 423 {
        tokio::task::yield_now().await;
    }
    assert_eq!(std::fs::read(site.place(&content)).unwrap(), content);
}

#[tokio::test]
async fn a_piece_with_a_checksum_comes_whole_or_not_at_all() {
    let site = Site::open().await;
    let content = photo(1_000);
    let place = site.begin(&content).await;
    let sum = |bytes: &[u8]| format!("sha256 {}", STANDARD.encode(Sha256::digest(bytes)));
    let sent = |offset: usize, bytes: &[u8], sum: String| {
        piece(&site.tablet, &place, offset, bytes).header("upload-checksum", sum)
    };
    let wrong = refusal(sent(0, &content[..500], sum(b"something else"))).await;
    assert_eq!(wrong, (460, "checksum_mismatch".to_owned()));
    assert_eq!(offset(&site.tablet, &place).await, 0);
    let unknown = refusal(sent(0, &content[..500], "crc32 AAAA".to_owned())).await;
    assert_eq!(unknown, (400, "unknown_checksum".to_owned()));
    assert_eq!(sent(0, &content[..500], sum(&content[..500])).send().await.unwrap().status(), 204);
    assert_eq!(offset(&site.tablet, &place).await, 500);
    let sha1 = format!("sha1 {}", STANDARD.encode(sha1::Sha1::digest(&content[500..])));
    assert_eq!(sent(500, &content[500..], sha1).send().await.unwrap().status(), 204);
    assert_eq!(site.left().await, (0, 1, 1));
}

#[tokio::test]
async fn what_is_not_what_was_announced_is_not_kept() {
    let site = Site::open().await;
    let content = photo(100);
    let mut other = content.clone();
    other[50] ^= 1;
    let place = site.begin(&content).await;
    let refused = refusal(piece(&site.tablet, &place, 0, &other)).await;
    assert_eq!(refused, (460, "content_mismatch".to_owned()));
    assert_eq!(asked(&site.tablet, Method::HEAD, &place).send().await.unwrap().status(), 404);
    assert_eq!(site.left().await, (0, 0, 0));
}

#[tokio::test]
async fn pieces_that_do_not_fit_are_refused_and_change_nothing() {
    let site = Site::open().await;
    let content = photo(100);
    let place = site.begin(&content).await;
    piece(&site.tablet, &place, 0, &content[..30]).send().await.unwrap();
    for (offset, bytes, answer) in [
        (0, &content[..], (409, "wrong_offset")),
        (29, &content[29..], (409, "wrong_offset")),
        (31, &content[31..], (409, "wrong_offset")),
        (30, &[&content[30..], &[0]].concat()[..], (413, "too_large")),
    ] {
        let refused = refusal(piece(&site.tablet, &place, offset, bytes)).await;
        assert_eq!(refused, (answer.0, answer.1.to_owned()), "{offset}");
    }
    let unmarked = asked(&site.tablet, Method::PATCH, &place).header("upload-offset", 30).body("x");
    assert_eq!(refusal(unmarked).await, (415, "not_offset_octet_stream".to_owned()));
    for nonsense in ["-1", "+30", "30.0", "", "99999999999999999999"] {
        let request = asked(&site.tablet, Method::PATCH, &place).header("content-type", OCTETS);
        assert_eq!(refusal(request.header("upload-offset", nonsense)).await.0, 400, "{nonsense}");
    }
    assert_eq!(super::tests::offset(&site.tablet, &place).await, 30);
}

#[tokio::test]
async fn an_announcement_that_makes_no_sense_is_refused_with_the_reason() {
    let site = Site::open().await;
    let content = photo(10);
    let announce = |media: &str| site.tablet.announce(site.ticket, media, &content);
    let with_length = |length: &str| {
        let (client, request) = announce("image/jpeg").build_split();
        let mut request = request.unwrap();
        request.headers_mut().insert("upload-length", length.parse().unwrap());
        RequestBuilder::from_parts(client, request)
    };
    for media in ["text/html", "image/svg+xml", "application/javascript"] {
        assert_eq!(refusal(announce(media)).await, (415, "unsupported_media_type".to_owned()), "{media}");
    }
    assert_eq!(refusal(with_length("104857601")).await, (413, "too_large".to_owned()));
    assert_eq!(refusal(with_length("0")).await, (422, "invalid".to_owned()));
    assert_eq!(refusal(with_length("many")).await, (400, "malformed".to_owned()));
    let body = announce("image/jpeg").header("content-type", "text/plain").body("x");
    assert_eq!(refusal(body).await, (415, "not_offset_octet_stream".to_owned()));
    let bare = asked(&site.tablet, Method::POST, "/api/files").header("upload-length", 5);
    assert_eq!(refusal(bare).await, (422, "invalid".to_owned()));
    let later = asked(&site.tablet, Method::POST, "/api/files").header("upload-defer-length", 1);
    assert_eq!(refusal(later).await, (400, "malformed".to_owned()));
    assert_eq!(site.left().await, (0, 0, 0));
}

#[tokio::test]
async fn an_upload_is_its_makers_and_has_one_spelling() {
    let site = Site::open().await;
    let content = photo(10);
    let place = site.begin(&content).await;
    let colleague = site.company.tablet(&site.company.agent).await;
    assert_eq!(asked(&colleague, Method::HEAD, &place).send().await.unwrap().status(), 404);
    for request in [piece(&colleague, &place, 0, &content), asked(&colleague, Method::DELETE, &place)] {
        assert_eq!(refusal(request).await, (404, "unknown_upload".to_owned()));
    }
    let id = place.rsplit('/').next().unwrap();
    let encoded = format!("%{:02x}{}", id.as_bytes()[0], &id[1..]);
    for other in [id.to_uppercase(), id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}")] {
        let request = asked(&site.tablet, Method::HEAD, &format!("/api/files/uploads/{other}"));
        let is_the_same = other == id;
        assert_eq!(request.send().await.unwrap().status() == 200, is_the_same, "{other}");
    }
    for other in
        ["..%2f..%2ffieldloop.sqlite", "..", "%2e%2e", "x%00", "partial", &format!("..%2fpartial%2f{id}")]
    {
        let request = asked(&site.tablet, Method::HEAD, &format!("/api/files/uploads/{other}"));
        assert_ne!(request.send().await.unwrap().status(), 200, "{other}");
    }
    let same = asked(&site.tablet, Method::HEAD, &format!("/api/files/uploads/{encoded}"));
    assert_eq!(same.send().await.unwrap().status(), 200, "what is decoded is the id");
    assert_eq!(asked(&site.tablet, Method::DELETE, &place).send().await.unwrap().status(), 204);
    assert_eq!(asked(&site.tablet, Method::HEAD, &place).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_file_is_given_to_those_who_see_a_ticket_that_has_it() {
    let mut site = Site::open().await;
    let content = photo(100);
    let attached = site.tablet.attach(site.ticket, &content);
    assert_eq!(status_of(&site.tablet, &content).await, 404, "nobody has it");
    assert_eq!(site.tablet.upload(site.ticket, &content).await.status(), 201);
    assert_eq!(status_of(&site.tablet, &content).await, 404, "it belongs to no ticket yet");
    site.tablet.push(&[attached]).await;
    assert_eq!(status_of(&site.tablet, &content).await, 200);
    let south = site.company.tablet(&site.company.south_engineer).await;
    assert_eq!(status_of(&south, &content).await, 404, "another team");
    assert_eq!(status_of(&south, &photo(101)).await, 404, "the same for what is not there");
    let mut supervisor = site.company.tablet(&site.company.supervisor).await;
    assert_eq!(status_of(&supervisor, &content).await, 200);
    supervisor.pull().await;
    let moved = supervisor.assign(site.ticket, &site.company.south_engineer);
    supervisor.push(&[moved]).await;
    assert_eq!(status_of(&site.tablet, &content).await, 404, "the ticket has moved away");
    assert_eq!(status_of(&south, &content).await, 200);
}

#[tokio::test]
async fn knowing_the_hash_of_a_file_is_not_having_it() {
    let mut site = Site::open().await;
    let content = photo(100);
    let attached = site.tablet.attach(site.ticket, &content);
    site.tablet.push(&[attached]).await;
    site.tablet.upload(site.ticket, &content).await;
    // Somebody in the south has a ticket of their own, and says that the file belongs to it.
    let mut desk = site.company.tablet(&site.company.agent).await;
    let registered = desk.register();
    let theirs = registered.ticket;
    let assigned = desk.assign(theirs, &site.company.south_engineer);
    desk.push(&[registered, assigned]).await;
    let mut south = site.company.tablet(&site.company.south_engineer).await;
    south.pull().await;
    let claimed = south.attach(theirs, &content);
    south.push(&[claimed]).await;
    assert_eq!(status_of(&south, &content).await, 404);
    let known = south.announce(theirs, "image/jpeg", &content).send().await.unwrap();
    let never_seen = south.announce(theirs, "image/jpeg", &photo(101)).send().await.unwrap();
    for answer in [&known, &never_seen] {
        assert_eq!((answer.status().as_u16(), header(answer, "upload-offset")), (201, "0"));
        assert_eq!(header(answer, "fieldloop-stored-at"), "", "nobody learns that it is there");
    }
    assert_eq!(status_of(&south, &content).await, 404, "an announcement is no content");
    let place = header(&known, "location").to_owned();
    piece(&south, &place, 0, &content).send().await.unwrap();
    assert_eq!(status_of(&south, &content).await, 200, "whoever brings the bytes has them");
    assert_eq!(site.left().await, (0, 1, 1), "they are kept once");
}

#[tokio::test]
async fn what_somebody_else_has_brought_is_not_taken_for_what_was_never_sent() {
    let mut site = Site::open().await;
    let content = photo(100);
    let attached = site.tablet.attach(site.ticket, &content);
    site.tablet.push(&[attached]).await;
    site.tablet.upload(site.ticket, &content).await;
    let mut desk = site.company.tablet(&site.company.agent).await;
    let registered = desk.register();
    let theirs = registered.ticket;
    let assigned = desk.assign(theirs, &site.company.south_engineer);
    desk.push(&[registered, assigned]).await;
    let mut south = site.company.tablet(&site.company.south_engineer).await;
    south.pull().await;
    let claimed = south.attach(theirs, &content);
    south.push(&[claimed]).await;
    let place = begun(south.announce(theirs, "image/jpeg", &content)).await;
    let (store, files) = (&site.company.state.store, &site.company.state.files);
    let mut stale = store.upload(id_in(&place), south.person.id).await.unwrap().unwrap();
    // As if all had come, and been found wrong and removed since.
    stale.received = stale.announced.bytes;
    assert!(matches!(files.finish(stale, &go_on).await, Err(FileError::ContentMismatch)));
    assert_eq!(status_of(&south, &content).await, 404);
    assert_eq!(status_of(&site.tablet, &content).await, 200);
}

#[tokio::test]
async fn what_can_be_downloaded_anyway_need_not_be_sent_again() {
    let mut site = Site::open().await;
    let content = photo(100);
    let attached = site.tablet.attach(site.ticket, &content);
    site.tablet.push(&[attached]).await;
    let first = site.tablet.upload(site.ticket, &content).await;
    let again = site.tablet.announce(site.ticket, "image/jpeg", &content).send().await.unwrap();
    assert_eq!(header(&again, "upload-offset"), content.len().to_string());
    assert_eq!(header(&again, "fieldloop-stored-at"), header(&first, "fieldloop-stored-at"));
    let place = header(&again, "location").to_owned();
    assert_eq!(offset(&site.tablet, &place).await, content.len());
    let from_the_start = refusal(piece(&site.tablet, &place, 0, &content)).await;
    assert_eq!(from_the_start, (409, "wrong_offset".to_owned()));
    let of_another_length = site.tablet.announce(site.ticket, "image/jpeg", &content);
    let (client, request) = of_another_length.build_split();
    let mut request = request.unwrap();
    request.headers_mut().insert("upload-length", "99".parse().unwrap());
    let answer = client.execute(request).await.unwrap();
    assert_eq!(header(&answer, "upload-offset"), "0", "it is said to be something else");
}

#[tokio::test]
async fn a_file_is_brought_for_tickets_in_sight_and_for_those_it_was_attached_to_in_good_faith() {
    let mut site = Site::open().await;
    let content = photo(100);
    let mut supervisor = site.company.tablet(&site.company.supervisor).await;
    supervisor.pull().await;
    site.tablet.pull().await;
    let moved = supervisor.assign(site.ticket, &site.company.south_engineer);
    supervisor.push(&[moved]).await;
    let announced = refusal(site.tablet.announce(site.ticket, "image/jpeg", &content)).await;
    assert_eq!(announced, (404, "unknown_ticket".to_owned()));
    let nowhere = TicketId::from_uuid(uuid::Uuid::from_u128(404));
    let unknown = refusal(site.tablet.announce(nowhere, "image/jpeg", &content)).await;
    assert_eq!(unknown, announced, "no difference between what is not there and what is not seen");
    // It was taken before they knew.
    let attached: Change = site.tablet.attach(site.ticket, &content);
    site.tablet.push(&[attached]).await;
    assert_eq!(site.tablet.upload(site.ticket, &content).await.status(), 201);
    assert_eq!(status_of(&site.tablet, &content).await, 404);
    assert_eq!(status_of(&supervisor, &content).await, 200, "the evidence is there");
}

#[tokio::test]
async fn pages_and_programs_are_never_shown_whatever_they_are_said_to_be() {
    let mut site = Site::open().await;
    let contents: [&[u8]; 4] = [
        b"<!doctype html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a/*<script>*/=1;alert(1)",
        b"%PDF-1.7 said to be a picture",
    ];
    for content in contents {
        let attached = site.tablet.attach(site.ticket, content);
        site.tablet.push(&[attached]).await;
        assert_eq!(site.tablet.upload(site.ticket, content).await.status(), 201);
        let path = format!("/api/files/{}", hash_of(content));
        let given = site.tablet.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(header(&given, "content-type"), "application/octet-stream");
        assert_eq!(header(&given, "content-disposition"), "attachment");
        assert_eq!(header(&given, "x-content-type-options"), "nosniff");
        assert_eq!(given.bytes().await.unwrap(), content);
    }
    // A picture with a page behind it is a picture, and may do nothing.
    let polyglot = [b"\xff\xd8\xff\xe0".as_slice(), contents[0]].concat();
    let attached = site.tablet.attach(site.ticket, &polyglot);
    site.tablet.push(&[attached]).await;
    site.tablet.upload(site.ticket, &polyglot).await;
    let path = format!("/api/files/{}", hash_of(&polyglot));
    let given = site.tablet.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(header(&given, "content-type"), "image/jpeg");
    assert_eq!(header(&given, "content-disposition"), "inline");
    let policy = header(&given, "content-security-policy");
    assert_eq!(policy, "default-src 'none'; sandbox; frame-ancestors 'none'");
    assert_eq!(header(&given, "x-content-type-options"), "nosniff");
    assert_eq!(header(&given, "cache-control"), "private, max-age=31536000, immutable");
}

#[tokio::test]
async fn a_file_is_given_in_parts_and_not_again_to_who_has_it() {
    let mut site = Site::open().await;
    let content = photo(200_000);
    let attached = site.tablet.attach(site.ticket, &content);
    site.tablet.push(&[attached]).await;
    site.tablet.upload(site.ticket, &content).await;
    let path = format!("/api/files/{}", hash_of(&content));
    let get = || site.tablet.request(Method::GET, &path).header("accept-encoding", "gzip");
    let whole = get().send().await.unwrap();
    let etag = header(&whole, "etag").to_owned();
    assert_eq!((header(&whole, "content-length"), header(&whole, "accept-ranges")), ("200004", "bytes"));
    assert_eq!(whole.bytes().await.unwrap(), content);
    let part = get().header("range", "bytes=70000-139999").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(header(&part, "content-range"), "bytes 70000-139999/200004");
    assert_eq!(part.bytes().await.unwrap(), content[70_000..140_000]);
    let beyond = get().header("range", "bytes=200004-").send().await.unwrap();
    assert_eq!((beyond.status().as_u16(), header(&beyond, "content-range")), (416, "bytes */200004"));
    let known = get().header("if-none-match", &etag).send().await.unwrap();
    assert_eq!((known.status().as_u16(), header(&known, "etag")), (304, &*etag));
    let head = site.tablet.request(Method::HEAD, &path).send().await.unwrap();
    assert_eq!((head.status().as_u16(), header(&head, "content-length")), (200, "200004"));
    for spelling in [
        path.to_uppercase().replace("/API/FILES", "/api/files"),
        format!("{path}0"),
        "/api/files/%2e%2e%2ffieldloop.sqlite".to_owned(),
    ] {
        let answer = site.tablet.request(Method::GET, &spelling).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{spelling}");
    }
}

#[tokio::test]
async fn nobody_has_more_on_the_way_than_is_good() {
    let limits = Limits { uploads_per_person: 2, bytes_per_person: 300, ..Limits::default() };
    let site = Site::open_with(limits).await;
    let first = site.begin(&photo(10)).await;
    site.begin(&photo(11)).await;
    let third = || site.tablet.announce(site.ticket, "image/jpeg", &photo(12));
    assert_eq!(refusal(third()).await, (429, "too_many_uploads".to_owned()));
    let desk = site.company.tablet(&site.company.agent).await;
    begun(desk.announce(site.ticket, "image/jpeg", &photo(12))).await;
    asked(&site.tablet, Method::DELETE, &first).send().await.unwrap();
    let large = site.tablet.announce(site.ticket, "image/jpeg", &photo(290));
    assert_eq!(refusal(large).await, (429, "too_many_uploads".to_owned()));
    let place = begun(third()).await;
    piece(&site.tablet, &place, 0, &photo(12)).send().await.unwrap();
    begun(site.tablet.announce(site.ticket, "image/jpeg", &photo(13))).await;
    site.company.state.clock.advance_millis(super::UPLOAD_LIFE_MS);
    begun(site.tablet.announce(site.ticket, "image/jpeg", &photo(14))).await;
}

#[tokio::test]
async fn whoever_announces_the_same_again_is_given_the_same_upload() {
    let site = Site::open_with(Limits { uploads_per_person: 2, ..Limits::default() }).await;
    let content = photo(100);
    let place = site.begin(&content).await;
    for _ in 0..5 {
        assert_eq!(site.begin(&content).await, place, "the answer was lost, or could not be kept");
    }
    let desk = site.company.tablet(&site.company.agent).await;
    assert_ne!(begun(desk.announce(site.ticket, "image/jpeg", &content)).await, place, "to each their own");
    piece(&site.tablet, &place, 0, &content[..50]).send().await.unwrap();
    let second = site.begin(&content).await;
    assert_ne!(second, place, "whoever begins anew sends all of it");
    piece(&site.tablet, &second, 0, &content).send().await.unwrap();
    let known = site.begin(&content).await;
    assert_eq!(offset(&site.tablet, &known).await, content.len(), "it is there");
    assert_eq!(site.begin(&content).await, known);
}

#[tokio::test]
async fn the_database_keeps_room_to_write() {
    let site = Site::open_with(Limits { reserve_bytes: u64::MAX / 2, ..Limits::default() }).await;
    let refused = refusal(site.tablet.announce(site.ticket, "image/jpeg", &photo(10))).await;
    assert_eq!(refused, (507, "no_room".to_owned()));
}

#[tokio::test]
async fn an_upload_that_rests_too_long_is_forgotten() {
    let site = Site::open().await;
    let content = photo(100);
    let place = site.begin(&content).await;
    piece(&site.tablet, &place, 0, &content[..50]).send().await.unwrap();
    site.company.state.clock.advance_millis(super::UPLOAD_LIFE_MS - 1);
    piece(&site.tablet, &place, 50, &content[50..60]).send().await.unwrap();
    site.company.state.clock.advance_millis(super::UPLOAD_LIFE_MS - 1);
    assert_eq!(offset(&site.tablet, &place).await, 60, "every piece gives it a new life");
    site.company.state.clock.advance_millis(1);
    let gone = refusal(piece(&site.tablet, &place, 60, &content[60..])).await;
    assert_eq!(gone, (410, "upload_expired".to_owned()));
    site.company.state.files.sweep(Duration::ZERO).await.unwrap();
    assert_eq!(asked(&site.tablet, Method::HEAD, &place).send().await.unwrap().status(), 404);
    assert_eq!(site.left().await, (0, 0, 0));
}

#[tokio::test]
async fn what_can_not_be_finished_keeps_nothing_else_from_being_swept() {
    let site = Site::open().await;
    let (state, partial) = (&site.company.state, site.data().join("files/partial"));
    let expired = id_in(&site.begin(&photo(99)).await);
    std::fs::write(partial.join(expired.to_string()), "begun").unwrap();
    state.clock.advance_millis(super::UPLOAD_LIFE_MS);
    // Whatever the order in which they are looked at, one that can be finished has one before it or behind it that can't.
    let mut places = Vec::new();
    for (bytes, is_readable) in [(100, false), (101, true), (102, false), (103, true)] {
        let (content, place) = (photo(bytes), site.begin(&photo(bytes)).await);
        let upload = id_in(&place);
        let beneath = partial.join(upload.to_string());
        // A folder can't be read, as a bad sector can't.
        if is_readable { std::fs::write(beneath, &content) } else { std::fs::create_dir(beneath) }.unwrap();
        let until = state.clock.now().plus_millis(1);
        state.store.note_received(upload, content.len() as u64, until).await.unwrap();
        places.push((place, is_readable));
    }
    state.files.sweep(Duration::ZERO).await.unwrap();
    for (place, is_readable) in &places {
        let row = state.store.upload(id_in(place), site.tablet.person.id).await.unwrap().unwrap();
        assert_eq!(row.stored_at.is_some(), *is_readable);
    }
    assert!(!state.store.has_upload(expired).await.unwrap());
    assert_eq!(site.left().await, (2, 2, 2));

    // Once they have expired they are forgotten, although nothing can be removed of them.
    state.clock.advance_millis(1);
    state.files.sweep(Duration::ZERO).await.unwrap();
    for (place, _) in &places {
        assert!(!state.store.has_upload(id_in(place)).await.unwrap());
    }
}

#[tokio::test]
async fn a_power_cut_at_any_step_leaves_no_row_without_bytes_and_the_file_is_stored_all_the_same() {
    for stop_at in [Step::Verified, Step::InPlace, Step::Recorded] {
        let site = Site::open().await;
        let (content, files) = (photo(100), site.company.state.files.clone());
        let place = site.begin(&content).await;
        let id = id_in(&place);
        let person = site.company.east_engineer.id;
        let mut upload = site.company.state.store.upload(id, person).await.unwrap().unwrap();
        std::fs::write(site.data().join("files/partial").join(id.to_string()), &content).unwrap();
        site.company.state.store.note_received(id, content.len() as u64, upload.expires_at).await.unwrap();
        upload.received = content.len() as u64;
        let stop = |step| if step == stop_at { Err(FileError::Interrupted) } else { Ok(()) };
        assert!(files.finish(upload, &stop).await.is_err());
        let (_, _, rows) = site.left().await;
        assert_eq!(rows, usize::from(stop_at == Step::Recorded), "{stop_at:?}");
        let site = site.start_anew().await;
        // What is not old is left alone, whoever sweeps.
        site.company.state.files.sweep(Duration::from_secs(60)).await.unwrap();
        let told = asked(&site.tablet, Method::HEAD, &place).send().await.unwrap();
        assert!(!header(&told, "fieldloop-stored-at").is_empty(), "{stop_at:?}");
        assert_eq!(site.left().await, (0, 1, 1), "{stop_at:?}");
    }
}

#[tokio::test]
async fn what_nobody_knows_of_is_swept_away_once_it_is_old_and_nothing_else() {
    let site = Site::open().await;
    let (known, orphan) = (photo(100), photo(101));
    site.tablet.upload(site.ticket, &known).await;
    let place = site.begin(&photo(102)).await;
    piece(&site.tablet, &place, 0, b"\xff\xd8").send().await.unwrap();
    std::fs::create_dir_all(site.place(&orphan).parent().unwrap()).unwrap();
    std::fs::write(site.place(&orphan), &orphan).unwrap();
    std::fs::write(site.data().join("files/partial").join(UploadId::random().to_string()), "x").unwrap();
    assert_eq!(site.left().await, (2, 2, 1));
    site.company.state.files.sweep(Duration::from_secs(24 * 60 * 60)).await.unwrap();
    assert_eq!(site.left().await, (2, 2, 1), "it may be on its way into a row");
    site.company.state.files.sweep(Duration::ZERO).await.unwrap();
    assert_eq!(site.left().await, (1, 1, 1));
    assert_eq!(offset(&site.tablet, &place).await, 2);
}

/// Sends a file by whatever pieces the dice say, with repetitions, gaps and two at a time. Whatever comes of it, it is the file or nothing.
async fn send_wildly(site: &Site, content: &[u8], dice: &mut Dice) {
    let place = site.begin(content).await;
    for _ in 0..200 {
        let known = offset(&site.tablet, &place).await;
        if known == content.len() {
            break;
        }
        let from = match dice.below(6) {
            0 => dice.below(content.len()),
            _ => known,
        };
        let to = from + 1 + dice.below(content.len() - from);
        let one = piece(&site.tablet, &place, from, &content[from..to]).send();
        let also = known + 1 + dice.below(content.len() - known);
        let other = piece(&site.tablet, &place, known, &content[known..also]).send();
        let answers = if dice.below(2) == 0 {
            let (one, other) = tokio::join!(one, other);
            vec![one.unwrap(), other.unwrap()]
        } else {
            vec![one.await.unwrap()]
        };
        for answer in answers {
            assert!(matches!(answer.status().as_u16(), 204 | 409 | 413 | 423), "{answer:?}");
        }
    }
    assert_eq!(offset(&site.tablet, &place).await, content.len());
    assert_eq!(std::fs::read(site.place(content)).unwrap(), content);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_a_file_is_cut_up_it_comes_out_as_it_was() {
    let site = Site::open().await;
    for seed in 0..40 {
        let mut dice = Dice::new(seed);
        let content = photo(1 + dice.below(3_000));
        send_wildly(&site, &content, &mut dice).await;
    }
    let (partial, files, rows) = site.left().await;
    assert_eq!((partial, files), (0, rows));
}

#[tokio::test]
async fn a_piece_may_come_in_two_breaths() {
    let site = Site::open().await;
    let content = photo(9);
    let place = site.begin(&content).await;
    let mut line = half_a_piece(&site, &place, 0, content.len(), &content[..4]).await;
    line.write_all(&content[4..]).await.unwrap();
    let mut answer = vec![0; 12];
    line.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 204");
}
