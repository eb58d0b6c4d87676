//! The decoders, one function each.

use std::fs;
use std::path::Path;

use domain::people::{Directory, Person};
use domain::sla::{PolicyBook, Zone, cases, clocks, corrections, explain, holiday_file, rings};
use domain::ticket::{Change, Document, Recorded, Ticket};
use domain::{Timestamp, access};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sync::OutboxEntry;
use sync::journal::{Frame, Ledger};
use sync::messages::{Event, PullRequest, PullResponse, PushRequest, PushResponse, SessionInfo};

use crate::Decoder;

/// Every decoder.
pub const ALL: &[Decoder] = &[
    Decoder { name: "change", read: change, honest: changes },
    Decoder { name: "document", read: document, honest: documents },
    Decoder { name: "policy", read: policy, honest: policies },
    Decoder { name: "holidays", read: holidays, honest: holiday_files },
    Decoder { name: "cases", read: case, honest: case_lines },
    Decoder { name: "messages", read: message, honest: messages },
    Decoder { name: "event", read: event, honest: events },
    Decoder { name: "outbox", read: outbox, honest: outbox_entries },
    Decoder { name: "journal", read: journal, honest: journals },
    Decoder { name: "journal-frames", read: journal_frames, honest: frames },
    Decoder { name: "push", read: server::decoders::push, honest: pushes },
    Decoder { name: "upload-headers", read: server::decoders::upload_headers, honest: upload_headers },
    Decoder { name: "file-beginning", read: server::decoders::file_beginning, honest: file_beginnings },
    Decoder { name: "rescue-archive", read: server::decoders::rescue_archive, honest: rescue_archives },
    Decoder { name: "photo", read: app::device::pictures::says_anything, honest: photos },
    Decoder { name: "manifest", read: server::decoders::manifest, honest: manifests },
];

/// Reads, and checks that what was understood can be written and read again as the same.
fn read<T: Serialize + DeserializeOwned + PartialEq>(bytes: &[u8]) -> Option<T> {
    let value: T = serde_json::from_slice(bytes).ok()?;
    let written = serde_json::to_vec(&value).expect("what was read can be written");
    let again: T = serde_json::from_slice(&written).expect("what was written can be read");
    assert!(again == value, "it reads as another: {}", String::from_utf8_lossy(&written));
    Some(value)
}

fn change(bytes: &[u8]) -> bool {
    let Some(change) = read::<Change>(bytes) else { return false };
    let document = Document::new(change.ticket);
    let directory = Directory::default();
    if let Some(person) = somebody() {
        let _ = access::judge(&change, &person, &directory, &document);
    }
    let _ = change.action.check(change.ticket);
    for arrival in [None, Some(Timestamp::from_millis(i64::MIN)), Some(Timestamp::from_millis(i64::MAX))] {
        let _ = Recorded::place(change.clone(), document.log(), arrival);
    }
    true
}

fn document(bytes: &[u8]) -> bool {
    let Some(document) = read::<Document>(bytes) else { return false };
    let mut twice = document.clone();
    twice.merge(document.clone());
    assert!(twice == document, "merged with itself it is another");
    follow(&document, &PolicyBook::shipped());
    true
}

/// All that is ever reckoned from a document.
fn follow(document: &Document, book: &PolicyBook) {
    let Some(ticket) = Ticket::of(document) else { return };
    let _ = (ticket.conflicts(), domain::ticket::Card::of(&ticket, book).matches("王"));
    for clock in clocks(&ticket.timeline, book) {
        for now in [i64::MIN, 0, 1_790_000_000_000, i64::MAX].map(Timestamp::from_millis) {
            assert!(explain(&ticket.timeline, book, clock.id, now).is_some(), "it is one of its clocks");
        }
    }
    let _ = rings(&ticket.timeline, book);
    let _ = corrections(ticket.id, document.log(), book);
}

fn policy(bytes: &[u8]) -> bool {
    let Some(policy) = read::<domain::sla::Policy>(bytes) else { return false };
    // Only what has no problems is ever published.
    if !policy.problems().is_empty() {
        return false;
    }
    let book = PolicyBook::only(policy);
    for document in documents().iter().filter_map(|bytes| serde_json::from_slice(bytes).ok()) {
        follow(&document, &book);
    }
    true
}

fn holidays(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(|text| holiday_file::read(text).is_ok())
}

fn case(bytes: &[u8]) -> bool {
    let Ok(line) = str::from_utf8(bytes) else { return false };
    let zone = |name: &str| (name == "UTC").then(Zone::utc);
    let answer = cases::answer(line, &zone);
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("every answer is JSON");
    answer.get("error").is_none()
}

fn message(bytes: &[u8]) -> bool {
    let request = read::<PushRequest>(bytes).is_some() | read::<PullRequest>(bytes).is_some();
    let answer = read::<PushResponse>(bytes).is_some()
        | read::<PullResponse>(bytes).is_some()
        | read::<SessionInfo>(bytes).is_some();
    request | answer
}

/// The event's name stands in the first line, its data in the rest.
fn event(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let (name, data) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(Some(event)) = Event::read(name, data) else { return false };
    assert_eq!(event.name(), name);
    true
}

fn outbox(bytes: &[u8]) -> bool {
    read::<OutboxEntry>(bytes).is_some()
}

/// A row of files: each two bytes of length, little end first, and the content.
fn journal(bytes: &[u8]) -> bool {
    let mut files = Vec::new();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*length)).min(after.len());
        let (file, after) = after.split_at(length);
        files.push((files.len() as u64, file.to_vec()));
        rest = after;
    }
    let (ledger, damaged) = Ledger::read(&files);
    let _ = (ledger.witness(), ledger.next_seq(), ledger.entries().count());
    !damaged && !files.is_empty()
}

/// Frames as JSON lines, which are given the right sums: else hardly any spoilt one would be read any further.
fn journal_frames(bytes: &[u8]) -> bool {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let Ok(frames) = lines.map(serde_json::from_slice::<Frame>).collect::<Result<Vec<_>, _>>() else {
        return false;
    };
    let file: Vec<u8> = frames.iter().flat_map(Frame::write).collect();
    let (ledger, damaged) = Ledger::read(&[(0, file)]);
    let _ = (ledger.witness(), ledger.next_seq(), ledger.entries().count());
    !damaged
}

/// The files that pin what earlier versions wrote.
fn pinned(kind: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/tests/golden/v1").join(kind);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the pinned files are part of the source")
        .map(|entry| entry.expect("a folder of the source can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file of the source can be read")).collect()
}

fn changes() -> Vec<Vec<u8>> {
    pinned("changes")
}

fn documents() -> Vec<Vec<u8>> {
    pinned("documents")
}

fn policies() -> Vec<Vec<u8>> {
    pinned("policies")
}

fn holiday_files() -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/data/holidays-cn.json");
    let shipped = fs::read(path).expect("the shipped holidays are part of the source");
    let leap = r#"{"id":"x","name":{},"until":"2028-03-01","days":{"2028-02-29":{"is":"hours","hours":[]}}}"#;
    vec![shipped, ["\u{feff}".as_bytes(), leap.as_bytes()].concat()]
}

fn case_lines() -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/tests/sla/cases.jsonl");
    let text = fs::read_to_string(path).expect("the cases are part of the source");
    text.lines().filter(|line| line.contains(r#""tz": "UTC""#)).map(Vec::from).collect()
}

fn written(value: &serde_json::Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn as_json(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).expect("the pinned files are JSON")
}

const PERSON: &str = r#"{"id":"00000000-0000-0000-0000-0000000000a1","name":"王芳","role":"agent","department":"00000000-0000-0000-0000-0000000000d1","skills":["pump"],"active":true}"#;

fn somebody() -> Option<Person> {
    serde_json::from_str(PERSON).ok()
}

fn messages() -> Vec<Vec<u8>> {
    let changes: Vec<_> = changes().iter().map(|bytes| as_json(bytes)).collect();
    let documents: Vec<_> = documents().iter().map(|bytes| as_json(bytes)).collect();
    let id = changes[0]["id"].clone();
    let device = "00000000-0000-0000-0000-0000000000e1";
    let cursor = serde_json::json!({ "epoch": "e", "seq": 7 });
    let verdicts = serde_json::json!([
        { "id": id, "verdict": { "verdict": "applied", "revision": 3 } },
        { "id": id, "verdict": { "verdict": "parked", "because": { "reason": "not_accountable" } } },
        { "id": id, "verdict": { "verdict": "melted" } },
    ]);
    [
        serde_json::json!({ "protocol": 1, "device": device, "complete": true, "epoch": "e", "changes": changes }),
        serde_json::json!({ "protocol": 1, "cursor": cursor, "scope": "s", "directory": 3 }),
        serde_json::json!({ "epoch": "e", "server_time": 1_790_000_000_000_i64, "verdicts": verdicts }),
        serde_json::json!({
            "server_time": 1_790_000_000_000_i64, "person": as_json(PERSON.as_bytes()), "scope": "s", "reset": false,
            "documents": documents, "gone": [], "cursor": cursor, "more": false,
        }),
        serde_json::json!({ "person": as_json(PERSON.as_bytes()), "server_time": 0 }),
    ]
    .iter()
    .map(written)
    .collect()
}

fn pushes() -> Vec<Vec<u8>> {
    messages().into_iter().take(1).collect()
}

fn events() -> Vec<Vec<u8>> {
    let documents = documents();
    let document = as_json(&documents[0]);
    let changed = serde_json::json!({
        "ticket": document["ticket"], "previous": 4, "revision": 5, "recorded": document["log"][0],
    });
    let gone = serde_json::json!({ "ticket": document["ticket"], "revision": 6 });
    let backup = serde_json::json!({ "seq": 9, "arrived": 1_790_000_000_000_i64 });
    [
        format!("changed\n{changed}"),
        format!("gone\n{gone}"),
        format!("backed-up\n{backup}"),
        "behind\n".into(),
    ]
    .map(String::into_bytes)
    .into()
}

fn outbox_entries() -> Vec<Vec<u8>> {
    let states = [
        serde_json::json!({ "state": "waiting" }),
        serde_json::json!({ "state": "accepted", "revision": 3 }),
        serde_json::json!({ "state": "kept", "revision": 3, "since": 1_790_000_000_000_i64 }),
        serde_json::json!({ "state": "parked", "because": { "reason": "not_accountable" }, "at": 5 }),
        serde_json::json!({ "state": "refused", "because": { "reason": "unknown_ticket" }, "at": 5 }),
    ];
    let changes = changes();
    changes
        .iter()
        .zip(states.iter().cycle())
        .map(|(change, state)| written(&serde_json::json!({ "change": as_json(change), "state": state })))
        .collect()
}

fn frame_values() -> Vec<serde_json::Value> {
    let outbox: Vec<_> = outbox_entries().iter().map(|bytes| as_json(bytes)).collect();
    let settled = outbox[0]["change"]["id"].clone();
    vec![
        serde_json::json!({ "batch": 1, "whole": true, "next_seq": 1, "outbox": outbox[..3] }),
        serde_json::json!({ "batch": 2, "next_seq": 9, "outbox": outbox[3..] }),
        serde_json::json!({ "batch": 3, "next_seq": 9, "settled": [settled] }),
    ]
}

fn frames() -> Vec<Vec<u8>> {
    let lines: Vec<_> = frame_values().iter().map(ToString::to_string).collect();
    vec![lines.join("\n").into_bytes(), lines[0].clone().into_bytes()]
}

fn journals() -> Vec<Vec<u8>> {
    let frames: Vec<Frame> = frame_values()
        .into_iter()
        .map(|frame| serde_json::from_value(frame).expect("honest frames are frames"))
        .collect();
    let file: Vec<u8> = frames.iter().flat_map(|frame| shortened(frame).write()).collect();
    let length = u16::try_from(file.len()).expect("a few short frames are far below 64 KiB");
    vec![[&length.to_le_bytes()[..], &file].concat()]
}

/// The frame with few entries, so that a file of such frames fits into a length of two bytes.
fn shortened(frame: &Frame) -> Frame {
    let mut shortened = frame.clone();
    shortened.outbox.truncate(2);
    shortened
}

fn upload_headers() -> Vec<Vec<u8>> {
    // In base 64: 64 zeros, a ticket, and `image/jpeg`.
    let hash = "MDAw".repeat(21) + "MA==";
    let ticket = "MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwNzFj";
    let metadata = format!("sha256 {hash},ticket {ticket},mediatype aW1hZ2UvanBlZw==,filename YS5qcGc=");
    vec![format!("{metadata}\nsha256 AAAA").into_bytes()]
}

fn file_beginnings() -> Vec<Vec<u8>> {
    [
        &b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"[..],
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"RIFF\x24\x00\x00\x00WEBPVP8 ",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webm",
        b"%PDF-1.7\n",
        "现场记录\r\n".as_bytes(),
    ]
    .map(Vec::from)
    .into()
}

/// What a device writes down: its outbox twice, and what was being typed.
fn rescue_archives() -> Vec<Vec<u8>> {
    let manifest =
        serde_json::json!({ "person": "王芳", "made_at": 1_790_000_000_000_i64, "because": "asked" });
    // What is pinned stands for itself, and hardly has a number of its own.
    let entries = outbox_entries().into_iter().take(3).zip(1..).map(|(entry, number)| {
        let mut entry = as_json(&entry);
        entry["change"]["id"] = format!("00000000-0000-0000-0000-00000000a002/{number}").into();
        entry
    });
    let entries: Vec<_> = entries.collect();
    let frame = serde_json::json!({ "batch": 1, "whole": true, "next_seq": 4, "outbox": entries });
    let frame: Frame = serde_json::from_value(frame).expect("honest frames are frames");
    let mut parts = vec![
        ("manifest.json".to_owned(), written(&manifest)),
        ("journal/3".to_owned(), frame.write()),
        ("drafts/fieldloop-draft/00000000-0000-0000-0000-000000000000/note/1".to_owned(), "换了".into()),
        (format!("files/{}", "0".repeat(64)), b"\xff\xd8\xff\xe0".to_vec()),
    ];
    let entries =
        entries.iter().zip(1..).map(|(entry, number)| (format!("outbox/{number}.json"), written(entry)));
    parts.extend(entries);
    vec![parts.iter().flat_map(|(name, content)| part(name, content)).collect()]
}

fn part(name: &str, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(name.len()).expect("names are short");
    let (head, length) = (length.to_le_bytes(), (content.len() as u64).to_le_bytes());
    [&head[..], name.as_bytes(), &length[..], content].concat()
}

/// A JPEG by a camera that knows where it is, as far as it says anything of the picture; a PNG and a WebP.
fn photos() -> Vec<Vec<u8>> {
    let entry = |tag: u16, form: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &form.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let directory = |entries: &[Vec<u8>]| {
        let count = u16::try_from(entries.len()).expect("a few entries").to_le_bytes();
        [&count[..], &entries.concat(), &[0; 4]].concat()
    };
    let angle =
        |parts: [u32; 3]| parts.map(|part| [part.to_le_bytes(), 1_u32.to_le_bytes()].concat()).concat();
    let (north, east) = (u32::from(b'N'), u32::from(b'E'));
    let tiff = [
        b"II*\0\x08\0\0\0".to_vec(),
        // At 8, 38, 56, 110, 130, 154.
        directory(&[entry(0x8769, 4, 1, 38), entry(0x8825, 4, 1, 56)]),
        directory(&[entry(0x9003, 2, 20, 110)]),
        directory(&[entry(1, 2, 2, north), entry(2, 5, 3, 130), entry(3, 2, 2, east), entry(4, 5, 3, 154)]),
        b"2026:11:21 09:30:05\0".to_vec(),
        angle([31, 14, 2]),
        angle([121, 28, 9]),
    ]
    .concat();
    let length = u16::try_from(tiff.len() + 8).expect("a short one").to_be_bytes();
    let jpeg = [
        &b"\xff\xd8\xff\xe1"[..],
        &length,
        b"Exif\0\0",
        &tiff,
        b"\xff\xc0\0\x0b\x08\x04\0\x06\0\x01\x01\x11\0",
    ];
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x04\0\0\0\x03\0";
    let webp = b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x03\0\xff\x02\0";
    vec![jpeg.concat(), png.to_vec(), webp.to_vec()]
}

fn manifests() -> Vec<Vec<u8>> {
    let manifest = serde_json::json!({
        "format": 1, "product": "0.1.0", "made_at": 1_790_000_000_000_i64, "epoch": "e", "seq": 9,
        "arrived": 1_790_000_000_000_i64, "hash": "00",
        "files": [{ "path": "fieldloop.db", "bytes": 4096, "sha256": "00" }], "sum": "00",
    });
    vec![written(&manifest)]
}
