//! Rescue files that are whole, cut, altered, forged and brought twice, over HTTP and down to the disk.

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use domain::people::Role;
use domain::ticket::{Action, Change, Comment, NewUrgency, Urgency};
use domain::{Refusal, TicketId, Timestamp};
use futures_util::StreamExt as _;
use reqwest::Response;
use serde_json::Value;
use sync::journal::Frame;
use sync::messages::{SessionInfo, Verdict};
use sync::parked::{Admit, Decline, ParkedPage};
use sync::rescue::{RefusedChange, RescueReport};
use sync::{OutboxEntry, OutboxState};

use super::error::SealError;
use super::seal::{HEAD_BYTES, PIECE_BYTES, TAG_BYTES};
use super::testing::{archive, entry, manifest, seal, waiting};
use crate::store::chain::Verified;
use crate::sync::testing::{Company, SOUTH, Tablet, comment, error_code, hash_of};

type Part = (String, Vec<u8>);

/// As much of a photo as it takes to be one.
fn photo(bytes: usize) -> Vec<u8> {
    let mut content = b"\xff\xd8\xff\xe0".to_vec();
    content.extend((0..bytes).map(|place| (place * 31 % 251) as u8));
    content
}

fn file_part(content: &[u8]) -> Part {
    (format!("files/{}", hash_of(content)), content.to_vec())
}

/// A file of the second journal, as a device writes it.
fn journal(changes: &[Change]) -> Part {
    let entry = |change: &Change| OutboxEntry { change: change.clone(), state: OutboxState::Waiting };
    let frames = changes.iter().zip(1..).map(|(change, batch)| Frame {
        batch,
        whole: batch == 1,
        identity: None,
        next_seq: change.id.seq + 1,
        outbox: vec![entry(change)],
        settled: Vec::new(),
    });
    ("journal/1".to_owned(), frames.flat_map(|frame| frame.write()).collect())
}

/// A ticket in the east, and the tablet of its engineer with work on it that was never sent.
struct Site {
    company: Company,
    engineer: Tablet,
    supervisor: Tablet,
    ticket: TicketId,
}

impl Site {
    async fn open() -> Self {
        let company = Company::open().await;
        let mut desk = company.tablet(&company.agent).await;
        let registered = desk.register();
        let ticket = registered.ticket;
        let assigned = desk.assign(ticket, &company.east_engineer);
        desk.push(&[registered, assigned]).await;
        company.state.clock.advance_millis(Timestamp::MINUTE_MS);
        let mut engineer = company.tablet(&company.east_engineer).await;
        engineer.pull().await;
        let supervisor = company.tablet(&company.supervisor).await;
        Self { company, engineer, supervisor, ticket }
    }

    fn comments(&mut self, texts: &[&str]) -> Vec<Change> {
        texts.iter().map(|text| self.engineer.comment(self.ticket, text)).collect()
    }

    fn seal(&self, parts: &[Part]) -> Vec<u8> {
        self.seal_in_pieces(parts, PIECE_BYTES)
    }

    fn seal_in_pieces(&self, parts: &[Part], piece_bytes: usize) -> Vec<u8> {
        let parts = [&[manifest(self.engineer.person.id)], parts].concat();
        seal(self.company.state.rescue.public_key(), &archive(&parts), piece_bytes)
    }

    /// Brings a file with these parts.
    async fn bring(&self, by: &Tablet, parts: &[Part]) -> RescueReport {
        let response = bring(by, self.seal(parts)).await;
        assert_eq!(response.status(), 200, "{:?}", response.text().await);
        response.json().await.unwrap()
    }

    /// The texts in the ticket's record, in its order.
    async fn texts(&self) -> Vec<String> {
        let document = self.company.state.store.document(self.ticket).await.unwrap().unwrap();
        let text = |change: &Change| match &change.action {
            Action::Comment(Comment { text }) => Some(text.clone()),
            _ => None,
        };
        document.log().iter().filter_map(|recorded| text(&recorded.change)).collect()
    }

    async fn verdicts(&self, changes: &[Change]) -> Vec<Verdict> {
        let response = self.engineer.push_complete(changes).await;
        response.verdicts.into_iter().map(|judged| judged.verdict).collect()
    }

    async fn waiting(&self) -> ParkedPage {
        serde_json::from_value(self.supervisor.get("/api/parked").await).unwrap()
    }

    /// Nothing is left of what came in and was not kept, and the whole record is as it should be.
    async fn assert_in_order(&self) {
        let data = &self.company.state.config.data;
        assert_eq!(std::fs::read_dir(data.join("files/partial")).unwrap().count(), 0);
        assert!(matches!(self.company.state.store.verify_chain().await.unwrap(), Verified::Whole { .. }));
        let report = crate::backup::verify(data).await;
        assert!(report.is_ok(), "{report:?}");
    }
}

async fn bring(by: &Tablet, file: Vec<u8>) -> Response {
    by.request(Method::POST, "/api/rescue").body(file).send().await.unwrap()
}

async fn refused(by: &Tablet, file: Vec<u8>) -> (u16, String) {
    let response = bring(by, file).await;
    (response.status().as_u16(), error_code(response).await)
}

fn counts(report: &RescueReport) -> (u64, u64, u64) {
    (report.taken, report.known, report.parked)
}

#[tokio::test]
async fn devices_learn_the_key_with_the_session_and_anybody_can_ask_for_it() {
    let site = Site::open().await;
    let key = site.company.state.rescue.public_key();
    let session: SessionInfo = serde_json::from_value(site.engineer.get("/api/session").await).unwrap();
    assert_eq!(session.rescue_key.as_deref(), Some(key));
    let asked = reqwest::get(site.company.server.url("/api/rescue/key")).await.unwrap();
    assert_eq!(asked.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(asked.text().await.unwrap(), key);
}

#[tokio::test]
async fn what_somebody_brings_of_their_own_is_in_the_record_and_twice_changes_nothing() {
    let mut site = Site::open().await;
    let changes = site.comments(&["first", "second", "third"]);
    let parts: Vec<_> = changes.iter().map(waiting).collect();
    let report = site.bring(&site.engineer, &parts).await;
    assert_eq!(report, RescueReport { taken: 3, ..RescueReport::default() });
    let report = site.bring(&site.engineer, &parts).await;
    assert_eq!(report, RescueReport { known: 3, ..RescueReport::default() });
    assert_eq!(site.texts().await, ["first", "second", "third"]);
    site.assert_in_order().await;
}

#[tokio::test]
async fn a_device_that_comes_back_later_finds_its_changes_known_and_sends_what_the_file_lacked() {
    let mut site = Site::open().await;
    let changes = site.comments(&["1", "2", "3", "4", "5"]);
    // The file has lost the second and the fourth.
    let parts: Vec<_> = [0, 2, 4].map(|index| waiting(&changes[index])).into();
    assert_eq!(counts(&site.bring(&site.engineer, &parts).await), (3, 0, 0));
    let verdicts = site.verdicts(&changes).await;
    let applied = |verdict: &Verdict| matches!(verdict, Verdict::Applied { .. });
    let duplicate = |verdict: &Verdict| matches!(verdict, Verdict::Duplicate { .. });
    for (index, verdict) in verdicts.iter().enumerate() {
        assert!(if index % 2 == 1 { applied(verdict) } else { duplicate(verdict) }, "{index}: {verdict:?}");
    }
    assert_eq!(site.texts().await, ["1", "2", "3", "4", "5"]);
    assert_eq!(counts(&site.bring(&site.engineer, &parts).await), (0, 3, 0));
    site.assert_in_order().await;
}

#[tokio::test]
async fn what_a_device_has_done_with_and_the_record_lacks_waits_for_the_office() {
    let mut site = Site::open().await;
    let changes = site.comments(&["lost", "sent"]);
    // The device has lost the first one, and says that nothing is missing.
    site.verdicts(&changes[1..]).await;
    let report = site.bring(&site.engineer, &[waiting(&changes[0]), waiting(&changes[1])]).await;
    assert_eq!(counts(&report), (0, 1, 1));
    assert_eq!(site.texts().await, ["sent"]);
    let admitted = site.supervisor.ask("/api/parked/admit", &Admit { change: changes[0].id }).await;
    assert_eq!(admitted.0, 200);
    assert_eq!(site.texts().await, ["lost", "sent"]);
    site.assert_in_order().await;
}

#[tokio::test]
async fn what_its_author_was_told_is_refused_is_not_taken_behind_their_back() {
    let mut site = Site::open().await;
    let changes = site.comments(&["refused", "known after all", "try again"]);
    site.verdicts(&changes[1..2]).await;
    let state = |because| OutboxState::Refused { because, at: Timestamp::from_millis(0) };
    let parts = [
        entry(&changes[0], state(Refusal::NotConfirmed)),
        entry(&changes[1], state(Refusal::NotConfirmed)),
        entry(&changes[2], state(Refusal::OutOfOrder)),
    ];
    let report = site.bring(&site.engineer, &parts).await;
    assert_eq!(counts(&report), (1, 1, 0));
    let given =
        RefusedChange { id: changes[0].id, because: Refusal::NotConfirmed, change: Some(changes[0].clone()) };
    assert_eq!(report.refused, [given]);
    assert_eq!(site.texts().await, ["known after all", "try again"]);
}

#[tokio::test]
async fn what_is_not_taken_goes_back_to_its_author_and_to_nobody_else() {
    let mut site = Site::open().await;
    let told = site.engineer.comment(site.ticket, "told on the device");
    let nowhere = TicketId::from_uuid(uuid::Uuid::from_u128(404));
    let judged = site.engineer.comment(nowhere, "judged only now");
    let state = OutboxState::Refused { because: Refusal::NotConfirmed, at: Timestamp::from_millis(0) };
    let parts = [entry(&told, state), waiting(&judged)];
    // Who may see the ticket, and everything that was said on it.
    let response = bring(&site.supervisor, site.seal(&parts[..1])).await.text().await.unwrap();
    assert!(!response.contains("told on the device"), "{response}");
    let report: RescueReport = serde_json::from_str(&response).unwrap();
    let named = RefusedChange { id: told.id, because: Refusal::NotConfirmed, change: None };
    assert_eq!(report, RescueReport { refused: vec![named], ..RescueReport::default() });
    // Twice: whoever has lost the answer brings the file once more.
    for _ in 0..2 {
        let report = site.bring(&site.engineer, &parts).await;
        let given: Vec<_> = report.refused.into_iter().filter_map(|refused| refused.change).collect();
        assert_eq!((given, report.unread), (vec![told.clone(), judged.clone()], vec![]));
    }
}

#[tokio::test]
async fn what_a_rule_forbids_is_named_with_its_reason_and_takes_nothing_with_it() {
    let mut site = Site::open().await;
    let nowhere = TicketId::from_uuid(uuid::Uuid::from_u128(404));
    let lost = site.engineer.comment(nowhere, "of a ticket whose registration is missing");
    let empty = site.engineer.make(site.ticket, comment("  "));
    let good = site.engineer.comment(site.ticket, "good");
    let report = site.bring(&site.engineer, &[&lost, &empty, &good].map(waiting)).await;
    assert_eq!(counts(&report), (1, 0, 0));
    let ids: Vec<_> = report.refused.iter().map(|refused| refused.id).collect();
    assert_eq!(ids, [lost.id, empty.id]);
    assert_eq!(report.refused[0].because, Refusal::UnknownTicket);
}

#[tokio::test]
async fn work_of_somebody_else_waits_for_the_office_which_sees_who_brought_it() {
    let mut site = Site::open().await;
    let changes = site.comments(&["admitted", "declined"]);
    let parts: Vec<_> = changes.iter().map(waiting).collect();
    let colleague = site.company.tablet(&site.company.south_engineer).await;
    for _ in 0..2 {
        let report = site.bring(&colleague, &parts).await;
        assert_eq!(report, RescueReport { parked: 2, ..RescueReport::default() });
    }
    assert!(site.texts().await.is_empty());
    let waiting = site.waiting().await;
    assert_eq!(waiting.waiting, 2);
    for parked in &waiting.parked {
        assert_eq!(parked.brought_by, Some(colleague.person.id));
        assert_eq!(parked.change.actor, site.engineer.person.id);
        assert_eq!(parked.because, Refusal::WrongAuthor);
    }
    site.supervisor.ask("/api/parked/admit", &Admit { change: changes[0].id }).await;
    let decline = Decline { change: changes[1].id, why: "不是我们的".to_owned() };
    site.supervisor.ask("/api/parked/decline", &decline).await;
    assert_eq!(site.texts().await, ["admitted"]);
    let report = site.bring(&colleague, &parts).await;
    assert_eq!(counts(&report), (0, 1, 0));
    assert!(matches!(&report.refused[..], [RefusedChange { because: Refusal::Declined { .. }, .. }]));
    let verdicts = site.verdicts(&changes).await;
    assert!(matches!(verdicts[0], Verdict::Duplicate { .. }), "{verdicts:?}");
    assert!(matches!(&verdicts[1], Verdict::Refused { because: Refusal::Declined { .. } }), "{verdicts:?}");
    site.assert_in_order().await;
}

#[tokio::test]
async fn an_author_who_sends_it_themselves_need_not_wait_for_the_office() {
    let mut site = Site::open().await;
    let changes = site.comments(&["sent", "brought"]);
    let parts: Vec<_> = changes.iter().map(waiting).collect();
    let colleague = site.company.tablet(&site.company.south_engineer).await;
    site.bring(&colleague, &parts).await;
    let verdicts = site.verdicts(&changes[..1]).await;
    assert!(matches!(verdicts[0], Verdict::Applied { .. }), "{verdicts:?}");
    assert_eq!(counts(&site.bring(&site.engineer, &parts).await), (1, 1, 0));
    assert_eq!(site.texts().await, ["sent", "brought"]);
    assert_eq!(site.waiting().await.waiting, 0);
    let document = site.company.state.store.document(site.ticket).await.unwrap().unwrap();
    for change in &changes {
        let admission = document.find(change.id).unwrap().admitted.unwrap();
        assert_eq!(admission.by, site.engineer.person.id, "the record says who let it in");
    }
    site.assert_in_order().await;
}

#[tokio::test]
async fn a_right_that_was_lost_is_for_the_office_as_if_the_device_had_come() {
    let mut site = Site::open().await;
    let urgent = NewUrgency { urgency: Urgency::Urgent, reason: String::new() };
    let change = site.engineer.make(site.ticket, Action::SetUrgency(urgent));
    site.company.move_to(&site.company.east_engineer, crate::sync::testing::SOUTH).await;
    let mut desk = site.company.tablet(&site.company.agent).await;
    let away = desk.assign(site.ticket, &site.company.south_engineer);
    desk.push(&[away]).await;
    assert_eq!(counts(&site.bring(&site.engineer, &[waiting(&change)]).await), (0, 0, 1));
    assert_eq!(site.waiting().await.parked[0].brought_by, None);
}

#[tokio::test]
async fn a_ticket_that_only_the_file_knows_waits_with_everything_that_was_done_on_it() {
    let mut site = Site::open().await;
    let registered = site.engineer.register();
    let done = site.engineer.comment(registered.ticket, "done on site");
    let report = site.bring(&site.supervisor, &[&registered, &done].map(waiting)).await;
    assert_eq!(counts(&report), (0, 0, 2));
    let admit = async |change: &Change| {
        let (status, body) = site.supervisor.ask("/api/parked/admit", &Admit { change: change.id }).await;
        assert_eq!(status, 200);
        body["verdict"].as_str().unwrap().to_owned()
    };
    assert_eq!(site.waiting().await.waiting, 2);
    assert_eq!(admit(&done).await, "parked", "there is no ticket yet");
    assert_eq!(admit(&registered).await, "applied");
    assert_eq!(admit(&done).await, "applied");
    site.assert_in_order().await;
}

#[tokio::test]
async fn a_photo_of_a_ticket_that_waits_for_the_office_comes_when_that_is_let_in() {
    let mut site = Site::open().await;
    let registered = site.engineer.register();
    let attached = site.engineer.attach(registered.ticket, &photo(500));
    let known = site.engineer.attach(site.ticket, &photo(300));
    let mut parts: Vec<_> = [&registered, &attached, &known].map(waiting).into();
    parts.extend([file_part(&photo(500)), file_part(&photo(300))]);
    let report = site.bring(&site.supervisor, &parts).await;
    assert_eq!((counts(&report), report.files), ((0, 0, 3), 1), "the other photo has its turn");
    assert!(report.unread[0].contains("bring the file again"), "{report:?}");
    for change in [&registered, &attached] {
        let (status, _) = site.supervisor.ask("/api/parked/admit", &Admit { change: change.id }).await;
        assert_eq!(status, 200);
    }
    let report = site.bring(&site.supervisor, &parts).await;
    assert_eq!((report.files, report.unread), (2, vec![]));
    site.assert_in_order().await;
}

#[tokio::test]
async fn a_forged_file_gets_nothing_into_the_record_and_stands_in_nobodys_way() {
    let mut site = Site::open().await;
    let own = site.comments(&["the real one"]);
    let forger = site.company.tablet(&site.company.south_engineer).await;
    let stranger = domain::PersonId::from_uuid(uuid::Uuid::from_u128(666));
    let with = |number, text: &str, actor| {
        let mut change = Change { action: comment(text), actor, ..own[0].clone() };
        change.id.seq = number;
        change
    };
    // The number that the device uses next, one far ahead, one that can't be, one of nobody's, and one under the forger's own name.
    let forged = [
        with(1, "forged", own[0].actor),
        with(1 << 40, "forged", own[0].actor),
        with(u64::MAX, "forged", own[0].actor),
        with(7, "forged", stranger),
        with(8, "forged", forger.person.id),
    ];
    let report = site.bring(&forger, &forged.each_ref().map(waiting)).await;
    assert_eq!(counts(&report), (0, 0, 2));
    let reasons: Vec<_> = report.refused.iter().map(|refused| &refused.because).collect();
    assert!(
        matches!(reasons[..], [Refusal::UnknownPerson, Refusal::WrongAuthor, Refusal::Invalid { .. }]),
        "{reasons:?}"
    );
    assert!(site.texts().await.is_empty());
    // The device is told that its number is taken, and goes on under another name.
    assert_eq!(site.verdicts(&own).await, [Verdict::Refused { because: Refusal::IdReused }]);
    let mut renamed = own[0].clone();
    let elsewhere = site.company.tablet(&site.company.east_engineer).await;
    renamed.id.device = elsewhere.device;
    elsewhere.push(&[renamed]).await;
    assert_eq!(site.texts().await, ["the real one"]);
    site.assert_in_order().await;
}

#[tokio::test]
async fn a_file_that_is_cut_off_anywhere_is_refused_and_leaves_nothing() {
    let mut site = Site::open().await;
    let changes = site.comments(&["one", "two"]);
    let attached = site.engineer.attach(site.ticket, &photo(400));
    let parts: Vec<_> =
        changes.iter().chain([&attached]).map(waiting).chain([file_part(&photo(400))]).collect();
    let file = site.seal_in_pieces(&parts, 200);
    let pieces = (file.len() - HEAD_BYTES).div_ceil(200 + TAG_BYTES + 4);
    assert!(pieces > 8, "{pieces}");
    let borders = (0..pieces).map(|piece| HEAD_BYTES + piece * (200 + TAG_BYTES + 4));
    let places = borders.flat_map(|at| [at, at + 2, at + 4, at + 100]).filter(|at| *at < file.len());
    for length in [0, 1, 8, 50].into_iter().chain(places) {
        let cut = file[..length].to_vec();
        assert_eq!(refused(&site.engineer, cut).await, (422, "cut_off".to_owned()), "at {length}");
    }
    assert!(site.texts().await.is_empty());
    site.assert_in_order().await;
    assert_eq!(bring(&site.engineer, file).await.status(), 200);
    assert_eq!(site.texts().await, ["one", "two"]);
}

#[tokio::test]
async fn whichever_bit_is_flipped_the_file_is_refused_and_leaves_nothing() {
    let mut site = Site::open().await;
    let parts: Vec<_> = site.comments(&["one", "two"]).iter().map(waiting).collect();
    let file = site.seal_in_pieces(&parts, 300);
    for at in (0..file.len()).filter(|at| *at < HEAD_BYTES + 40 || at % 23 == 0) {
        let mut altered = file.clone();
        altered[at] ^= 1;
        let (status, code) = refused(&site.engineer, altered).await;
        let codes: &[&str] = match at {
            0..8 => &["not_a_rescue_file"],
            8..10 => &["newer_rescue_file"],
            10..26 => &["other_server"],
            _ => &["damaged", "cut_off"],
        };
        assert!(status == 422 && codes.contains(&&*code), "at {at}: {status} {code}");
    }
    assert!(site.texts().await.is_empty());
    site.assert_in_order().await;
}

#[tokio::test]
async fn pieces_can_not_be_left_out_repeated_or_moved_and_nothing_can_follow() {
    let mut site = Site::open().await;
    let parts: Vec<_> = site.comments(&["one", "two"]).iter().map(waiting).collect();
    let file = site.seal_in_pieces(&parts, 300);
    let (head, pieces) = file.split_at(HEAD_BYTES);
    let pieces: Vec<_> = pieces.chunks(300 + TAG_BYTES + 4).collect();
    let last = pieces.len() - 1;
    let rearranged = [
        [&pieces[1..], &[]].concat(),
        [&pieces[..1], &pieces[..]].concat(),
        [&[pieces[1], pieces[0]], &pieces[2..]].concat(),
        [&pieces[..], &pieces[last..]].concat(),
        [&pieces[..], &[b"more".as_slice()]].concat(),
    ];
    for (which, pieces) in rearranged.iter().enumerate() {
        let (status, _) = refused(&site.engineer, [head, &pieces.concat()].concat()).await;
        assert_eq!(status, 422, "{which}");
    }
    assert!(site.texts().await.is_empty());
}

#[tokio::test]
async fn a_file_for_another_server_is_told_from_one_that_is_damaged() {
    let (site, elsewhere) = (Site::open().await, Site::open().await);
    let file = elsewhere.seal(&[]);
    assert_eq!(refused(&site.engineer, file).await, (422, "other_server".to_owned()));
    assert_eq!(refused(&site.engineer, b"PK\x03\x04".to_vec()).await, (422, "not_a_rescue_file".to_owned()));
}

#[tokio::test]
async fn the_journal_gives_what_the_database_has_lost_as_far_as_it_is_whole() {
    let mut site = Site::open().await;
    let changes = site.comments(&["1", "2", "3", "4"]);
    let (name, mut frames) = journal(&changes);
    frames.truncate(frames.len() - 10);
    let parts = [waiting(&changes[1]), (name, frames)];
    let report = site.bring(&site.engineer, &parts).await;
    // The last frame was being written when the power went, and nobody was told that it is there.
    assert_eq!(report, RescueReport { taken: 3, ..RescueReport::default() });
    let (name, mut frames) = journal(&changes);
    let middle = frames.len() / 2;
    frames[middle] ^= 1;
    let report = site.bring(&site.engineer, &[(name, frames)]).await;
    assert_eq!(report.taken, 1, "{report:?}");
    assert_eq!(report.unread, ["journal: damaged; what is whole of it was read"]);
    assert_eq!(site.texts().await, ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn of_two_changes_with_one_number_the_databases_counts_and_both_are_named() {
    let mut site = Site::open().await;
    let change = site.comments(&["in the database"]).remove(0);
    let other = Change { action: comment("in the journal"), ..change.clone() };
    let report = site.bring(&site.engineer, &[journal(&[other]), waiting(&change)]).await;
    assert_eq!(report.taken, 1);
    assert!(report.unread[0].starts_with("outbox/1.json: "), "{:?}", report.unread);
    assert!(report.unread[1].starts_with("journal: "), "{:?}", report.unread);
    assert_eq!(site.texts().await, ["in the database"]);
}

#[tokio::test]
async fn what_can_not_be_read_is_named_and_takes_nothing_from_the_rest() {
    let mut site = Site::open().await;
    let change = site.comments(&["whole"]).remove(0);
    let (_, entry) = waiting(&change);
    let newer = String::from_utf8(entry).unwrap().replace("\"waiting\"", "\"somewhere_new\"");
    let parts = [
        ("outbox/7.json".to_owned(), b"{\"change\":".to_vec()),
        ("drafts/a text".to_owned(), b"...".to_vec()),
        ("something/else".to_owned(), b"...".to_vec()),
        ("outbox/1.json".to_owned(), newer.into_bytes()),
    ];
    let report = site.bring(&site.engineer, &parts).await;
    assert_eq!(report.taken, 1);
    let named = [
        "outbox/7.json: no change that can be read",
        "outbox/1.json: how far it had come can't be read; it is judged as if it had waited",
    ];
    assert_eq!(report.unread, named);
    assert_eq!(report.drafts_withheld, 1, "of nobody who can be told");
    // The last part is shorter than it says.
    let mut torn = archive(&[waiting(&change), ("outbox/8.json".to_owned(), vec![b' '; 100])]);
    torn.truncate(torn.len() - 1);
    let file = seal(site.company.state.rescue.public_key(), &torn, PIECE_BYTES);
    let report: RescueReport = bring(&site.engineer, file).await.json().await.unwrap();
    assert_eq!((report.known, &report.unread[..]), (1, &["outbox/8.json: it ends too early".to_owned()][..]));
}

#[tokio::test]
async fn files_come_to_the_tickets_that_name_them() {
    let mut site = Site::open().await;
    let (own, earlier, unnamed) = (photo(3_000_000), photo(20), photo(30));
    let before = site.engineer.attach(site.ticket, &earlier);
    site.verdicts(std::slice::from_ref(&before)).await;
    let change = site.engineer.attach(site.ticket, &own);
    let wrong = (format!("files/{}", hash_of(b"other")), b"not that".to_vec());
    let names_wrong = site.engineer.attach(site.ticket, b"other");
    let parts = [
        file_part(&own),
        file_part(&earlier),
        file_part(&unnamed),
        wrong,
        waiting(&change),
        waiting(&names_wrong),
    ];
    for taken in [2, 0] {
        let report = site.bring(&site.engineer, &parts).await;
        assert_eq!((report.taken, report.files), (taken, 2));
        let mut unread = vec![
            format!("files/{}: no ticket names it", hash_of(&unnamed)),
            format!("files/{}: its content has another hash", hash_of(b"other")),
        ];
        unread.sort();
        assert_eq!(report.unread, unread);
    }
    for content in [&own, &earlier] {
        let path = format!("/api/files/{}", hash_of(content));
        let response = site.supervisor.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.bytes().await.unwrap(), &content[..]);
    }
    let path = format!("/api/files/{}", hash_of(&unnamed));
    assert_eq!(site.supervisor.request(Method::GET, &path).send().await.unwrap().status(), 404);
    site.assert_in_order().await;
}

#[tokio::test]
async fn a_file_of_somebody_elses_work_is_there_once_the_office_has_let_the_work_in() {
    let mut site = Site::open().await;
    let content = photo(100);
    let change = site.engineer.attach(site.ticket, &content);
    let colleague = site.company.tablet(&site.company.south_engineer).await;
    let report = site.bring(&colleague, &[waiting(&change), file_part(&content)]).await;
    assert_eq!((report.parked, report.files), (1, 1));
    let status = async || {
        let path = format!("/api/files/{}", hash_of(&content));
        site.supervisor.request(Method::GET, &path).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status().await, 404);
    site.supervisor.ask("/api/parked/admit", &Admit { change: change.id }).await;
    assert_eq!(status().await, 200);
    site.assert_in_order().await;
}

#[tokio::test]
async fn what_was_being_typed_is_for_its_author_alone() {
    let site = Site::open().await;
    let (author, ticket) = (site.engineer.person.id, site.ticket);
    let draft = (format!("drafts/fieldloop-draft/{author}/comment/{ticket}"), "\"not said yet\"".into());
    let report = site.bring(&site.engineer, std::slice::from_ref(&draft)).await;
    let [given] = &report.drafts[..] else { panic!("{report:?}") };
    assert_eq!((&*given.form, &*given.text), ("comment", "\"not said yet\""));
    assert_eq!((given.about.clone(), report.drafts_withheld), (ticket.to_string(), 0));
    // Who may see the ticket, and everything that was said on it.
    let response = bring(&site.supervisor, site.seal(&[draft])).await.text().await.unwrap();
    assert!(!response.contains("not said yet"), "{response}");
    let report: RescueReport = serde_json::from_str(&response).unwrap();
    assert_eq!(report, RescueReport { drafts_withheld: 1, ..RescueReport::default() });
    site.assert_in_order().await;
}

/// A rescue file of which so much has come, on a line that is silent from then on as long as it is kept.
struct Stalled {
    sender: tokio::sync::mpsc::Sender<Result<Vec<u8>, std::io::Error>>,
    response: tokio::task::JoinHandle<reqwest::Result<Response>>,
}

impl Stalled {
    async fn bring(by: &Tablet, begun: Vec<u8>) -> Self {
        let (sender, mut pieces) = tokio::sync::mpsc::channel(1);
        let stream = futures_util::stream::poll_fn(move |context| pieces.poll_recv(context));
        let request = by.request(Method::POST, "/api/rescue").body(reqwest::Body::wrap_stream(stream));
        sender.send(Ok(begun)).await.unwrap();
        Self { sender, response: tokio::spawn(request.send()) }
    }

    async fn end(self, rest: Vec<u8>) -> Response {
        self.sender.send(Ok(rest)).await.unwrap();
        drop(self.sender);
        self.response.await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn files_that_hardly_come_keep_nobody_elses_from_being_opened() {
    let mut site = Site::open().await;
    let changes = site.comments(&["one"]);
    let file = site.seal(&[waiting(&changes[0])]);
    let mut stalled = Vec::new();
    for number in 0..8 {
        let stranger = crate::sync::testing::person(100 + number, "某人", Role::Engineer, SOUTH);
        let tablet = site.company.hire(&stranger).await;
        stalled.push((Stalled::bring(&tablet, file[..200].to_vec()).await, tablet));
    }
    until(|| partial_files(&site) == stalled.len()).await;
    assert_eq!(bring(&site.engineer, file.clone()).await.status(), 200);
    // One more of the same person, who is told to wait for the first one.
    let (_, tablet) = &stalled[0];
    let response = bring(tablet, file.clone()).await;
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].as_bytes()), (503, &b"30"[..]));
    assert_eq!(error_code(response).await, "rescue_busy");
    let (first, tablet) = stalled.remove(0);
    assert_eq!(first.end(file[200..].to_vec()).await.status(), 200);
    assert_eq!(bring(&tablet, file).await.status(), 200, "the first one has come to its end");
    drop(stalled);
    until(|| partial_files(&site) == 0).await;
    site.assert_in_order().await;
}

/// Waits for what others are about to do; a minute is for ever.
async fn until(holds: impl Fn() -> bool) {
    let held = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), held).await.expect("it does not come to that");
}

fn partial_files(site: &Site) -> usize {
    std::fs::read_dir(site.company.state.config.data.join("files/partial")).unwrap().count()
}

#[tokio::test]
async fn a_file_that_hardly_comes_is_given_up_and_leaves_nothing() {
    let mut site = Site::open().await;
    let changes = site.comments(&["one"]);
    let file = site.seal(&[waiting(&changes[0]), ("files/x".to_owned(), vec![0; 200_000])]);
    let state = &site.company.state;
    let by = |bytes_a_second: usize| {
        let pieces: Vec<_> = file.chunks(bytes_a_second).map(bytes::Bytes::copy_from_slice).collect();
        let pieces = futures_util::stream::iter(pieces).then(async |piece| {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            Ok::<_, std::io::Error>(piece)
        });
        Request::new(Body::from_stream(pieces))
    };
    tokio::time::pause();
    let refused = super::bring::take_in(state, by(100)).await.unwrap_err();
    assert!(matches!(refused, super::error::RescueError::Interrupted), "{refused:?}");
    assert_eq!(partial_files(&site), 0);
    let came = super::bring::take_in(state, by(2_500)).await.unwrap();
    assert_eq!(partial_files(&site), 1);
    state.files.drop_spooled(came).await;
    assert_eq!(partial_files(&site), 0);
}

#[tokio::test]
async fn a_file_that_can_not_be_opened_here_is_refused_before_all_of_it_has_come() {
    let (site, elsewhere) = (Site::open().await, Site::open().await);
    let file = elsewhere.seal(&[]);
    let head = futures_util::stream::iter([Ok::<_, std::io::Error>(file[..HEAD_BYTES].to_vec())]);
    let endless = head.chain(futures_util::stream::pending());
    let refused = super::bring::take_in(&site.company.state, Request::new(Body::from_stream(endless))).await;
    assert!(matches!(refused, Err(super::error::RescueError::Seal(SealError::OtherServer))), "{refused:?}");
    assert_eq!(partial_files(&site), 0);
}

#[tokio::test]
async fn a_key_is_in_the_backup_and_opens_files_after_a_restore() {
    let mut site = Site::open().await;
    let shelf = tempfile::tempdir().unwrap();
    let Site { company, .. } = &site;
    let (store, data, now) = (&company.state.store, &company.state.config.data, company.state.clock.now());
    crate::backup::make(store, data, shelf.path(), None, now).await.unwrap();
    let file = site.comments(&["rescued"]);
    let file = site.seal(&[waiting(&file[0])]);
    let mut left = std::fs::read_dir(shelf.path()).unwrap().map(|entry| entry.unwrap().path());
    let made = left.find(|path| path.is_dir()).unwrap();
    let anew = tempfile::tempdir().unwrap();
    crate::backup::restore(&made, anew.path(), false, now).await.unwrap();
    let server = crate::testing::TestServer::builder().in_folder(anew).start().await;
    let company = Company::found_on(server);
    let tablet = company.tablet(&company.east_engineer).await;
    let report: Value = bring(&tablet, file).await.json().await.unwrap();
    assert_eq!(report["taken"], 1);
}

#[tokio::test]
async fn looking_into_a_file_lists_it_and_takes_nothing() {
    let mut site = Site::open().await;
    let changes = site.comments(&["已换轴承\u{9b}31m \"ok\"", "turned away", "on the server"]);
    let at = Timestamp::from_millis(0);
    let parts = [
        waiting(&changes[0]),
        entry(&changes[1], OutboxState::Refused { because: Refusal::NotConfirmed, at }),
        entry(&changes[2], OutboxState::Accepted { revision: 3 }),
        ("drafts/\u{1b}[2J".to_owned(), b"...".to_vec()),
        file_part(&photo(10)),
    ];
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("a.flrescue");
    std::fs::write(&place, site.seal(&parts)).unwrap();
    let listed = super::list(&site.company.state.store, &place).await.unwrap();
    for said in [
        "signing_out".to_owned(),
        changes[0].id.to_string(),
        "comment".to_owned(),
        hash_of(&photo(10)).to_string(),
        "waiting to be sent".to_owned(),
        r#"已换轴承\u{9b}31m \"ok\""#.to_owned(),
        "turned away".to_owned(),
    ] {
        assert!(listed.contains(&said), "{said} in {listed}");
    }
    assert!(!listed.contains(['\u{1b}', '\u{9b}']), "{listed}");
    assert!(!listed.contains("on the server"), "what can be read there: {listed}");
    assert!(site.texts().await.is_empty());
    std::fs::write(&place, &site.seal(&parts)[..500]).unwrap();
    let refused = super::list(&site.company.state.store, &place).await.unwrap_err();
    assert_eq!(refused.root_cause().to_string(), "the file is cut off: its end is missing");
}
