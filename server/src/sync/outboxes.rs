//! What devices of every release had waiting to be sent, sent to today's server.
//!
//! A tablet may come out of a drawer after months, with the app of then and an outbox of then. `tests/outboxes/` has a folder for each release
//! with what devices of that release send: the work of a whole company, offline work pushed in one go among it. Today's server has to take
//! every change of it, and to make the same tickets of them. The README there says how a release adds its own.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use domain::people::{Department, Person};
use domain::ticket::{ActionKind, Document, Outcome, Ticket};
use domain::{PersonId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sync::messages::{PushRequest, Verdict};

use super::testing::hash_of;
use crate::people::{Contact, UserName};
use crate::store::accounts::NewAccount;
use crate::testing::TestServer;

mod recording;

/// Every recorded file and the SHA-256 of its bytes. What has been recorded is never altered: tablets of then send just that.
const RECORDED: [(&str, &str); 2] = [
    ("0.1.0/company.json", "fb810284a80070d1f186b1ca735c7364df418ed900ba79cdfc9ea723a76f6530"),
    ("0.1.0/pushes.jsonl", "d3df94897ba995169ff8072147a608b73ceb6befb2af9baed933f1adab116b39"),
];

/// Who works in the recorded company.
#[derive(Serialize, Deserialize)]
struct Company {
    departments: Vec<Department>,
    people: Vec<Person>,
}

/// One push, word for word as it was sent.
#[derive(Serialize, Deserialize)]
struct Sent {
    at: Timestamp,
    person: PersonId,
    push: Box<RawValue>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outboxes")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn releases() -> BTreeSet<&'static str> {
    RECORDED.iter().map(|(name, _)| name.split_once('/').unwrap().0).collect()
}

fn may_write() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

/// A server of today with the people of a release, and what their devices sent.
async fn open(release: &str) -> (TestServer, Vec<Sent>) {
    let server = TestServer::empty().await;
    let company: Company = serde_json::from_str(&read(&format!("{release}/company.json"))).unwrap();
    let account = |person: &Person| NewAccount {
        person: person.clone(),
        user_name: UserName::parse(&person.id.to_string()).unwrap(),
        password: None,
        contact: Contact::default(),
    };
    let accounts: Vec<_> = company.people.iter().map(account).collect();
    server.state.store.add_departments(&company.departments).await.unwrap();
    server.state.store.add_accounts(&accounts).await.unwrap();
    server.state.directory.refresh(&server.state.store).await.unwrap();
    let pushes = read(&format!("{release}/pushes.jsonl"));
    (server, pushes.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Sends everything, each push when it was sent. Returns the tickets it is about.
async fn send(server: &TestServer, pushes: &[Sent], expect: impl Fn(&Verdict) -> bool) -> BTreeSet<TicketId> {
    let directory = server.state.directory.current();
    let mut tickets = BTreeSet::new();
    for (line, sent) in pushes.iter().enumerate() {
        server.state.clock.set(sent.at.max(server.state.clock.now()));
        let person = directory.people.iter().find(|person| person.id == sent.person).unwrap();
        let answer = server.state.exchange.push(person.clone(), sent.push.get().as_bytes()).await.unwrap();
        let request: PushRequest = serde_json::from_str(sent.push.get()).unwrap();
        assert_eq!(answer.verdicts.len(), request.changes.len(), "line {}", line + 1);
        for (judged, change) in answer.verdicts.iter().zip(&request.changes) {
            assert!(expect(&judged.verdict), "line {}: {judged:?} on {change:?}", line + 1);
            tickets.insert(change.ticket);
        }
    }
    tickets
}

/// What has come of the tickets: their record as a sum, and what it adds up to.
async fn outcome(server: &TestServer, tickets: &BTreeSet<TicketId>) -> String {
    let mut text = String::new();
    for ticket in tickets {
        let document = server.state.store.document(*ticket).await.unwrap().unwrap();
        writeln!(text, "{}", describe(&document)).unwrap();
    }
    text
}

/// In words that don't follow a renaming in the code.
fn describe(document: &Document) -> String {
    let ticket = Ticket::of(document).unwrap();
    let applied = ticket.outcomes.iter().filter(|(_, outcome)| matches!(outcome, Outcome::Applied)).count();
    let mut words = vec![document.ticket.to_string()];
    let mut say = |name: &str, value: String| words.push(format!("{name} {value}"));
    say("number", json(&ticket.number));
    say("stage", json(&ticket.stage));
    say("cycle", ticket.cycle.to_string());
    say("accountable", json(&ticket.accountable.value.person));
    say("urgency", json(&ticket.urgency.value));
    say("contact", sum(&json(&ticket.contact.value)));
    say("progress", ticket.progress.len().to_string());
    say("parts", ticket.parts.len().to_string());
    say("visits", ticket.visits.len().to_string());
    say("completions", ticket.completions.len().to_string());
    say("signed", ticket.sign_offs.len().to_string());
    say("callbacks", ticket.callbacks.len().to_string());
    say("comments", ticket.comments.len().to_string());
    say("plans", ticket.plans.len().to_string());
    say("milestones", ticket.milestones.len().to_string());
    say("inspections", ticket.inspections.len().to_string());
    say("attachments", ticket.attachments.len().to_string());
    say("moves", format!("{applied} of {}", ticket.outcomes.len()));
    say("conflicts", ticket.conflicts().len().to_string());
    say("record", sum(&json(document)));
    words.join(", ")
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn sum(text: &str) -> String {
    hash_of(text.as_bytes()).to_string()
}

#[test]
fn what_was_recorded_is_never_altered() {
    for (name, expected) in RECORDED {
        assert_eq!(sum(&read(name)), expected, "{name} is not what was recorded");
    }
}

#[test]
fn this_release_has_its_outboxes() {
    let release = env!("CARGO_PKG_VERSION");
    let folder = folder().join(release);
    if !folder.exists() {
        assert!(may_write(), "nothing is recorded of {release}: see tests/outboxes/README.md");
        recording::record(&folder);
    }
    assert!(releases().contains(release), "the files of {release} are not named in RECORDED");
}

#[tokio::test]
async fn whatever_a_device_of_any_release_had_waiting_is_taken_and_makes_the_same_tickets() {
    for release in releases() {
        let (server, pushes) = open(release).await;
        let tickets = send(&server, &pushes, |verdict| matches!(verdict, Verdict::Applied { .. })).await;
        let found = outcome(&server, &tickets).await;
        let path = folder().join(release).join("tickets.txt");
        if !path.exists() && may_write() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = read(&format!("{release}/tickets.txt"));
        let differ: Vec<_> =
            expected.lines().zip(found.lines()).filter(|(one, other)| one != other).collect();
        assert!(differ.is_empty(), "{release}: {differ:#?}");
        assert_eq!(expected, found, "{release}");

        // Whoever has not heard the answer sends it all once more.
        send(&server, &pushes, |verdict| matches!(verdict, Verdict::Duplicate { .. })).await;
        assert_eq!(outcome(&server, &tickets).await, found, "{release}: twice is once");
    }
}

#[test]
fn every_kind_of_change_is_in_the_outboxes_of_this_release() {
    let pushes = read(&format!("{}/pushes.jsonl", env!("CARGO_PKG_VERSION")));
    let mut missing: BTreeSet<_> = ActionKind::ALL.iter().map(|kind| kind.name()).collect();
    let mut longest = 0;
    for line in pushes.lines() {
        let sent: Sent = serde_json::from_str(line).unwrap();
        let request: PushRequest = serde_json::from_str(sent.push.get()).unwrap();
        longest = longest.max(request.changes.len());
        for change in request.changes {
            missing.remove(change.action.kind().name());
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
    assert!(longest >= 5, "work that was done offline comes in one push");
}
