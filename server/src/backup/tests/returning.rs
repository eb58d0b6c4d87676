//! Tablets that come back to a server that was restored from a backup, in whatever order.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use domain::people::Person;
use domain::ticket::{Action, Change, Document, Nothing, Reason, Stage, TicketNumber};
use domain::{PersonId, Refusal, TicketId, Timestamp};
use futures_util::future::join_all;
use serde_json::json;
use sync::KEPT_MS;
use sync::messages::{Judged, PROTOCOL, PushRequest, PushResponse, Verdict};
use tempfile::TempDir;

use crate::backup::{make, restore, verify};
use crate::sync::Rescued;
use crate::sync::testing::{Company, Tablet};
use crate::testing::{START, TestServer};

const HOUR_MS: i64 = Timestamp::HOUR_MS;

/// A tablet that keeps what it has sent until it is in a backup.
struct Keeper {
    tablet: Tablet,
    kept: Vec<Change>,
}

impl Keeper {
    async fn of(company: &Company, person: &Person) -> Self {
        Self { tablet: company.tablet(person).await, kept: Vec::new() }
    }

    async fn send(&mut self, change: Change) {
        let verdicts = self.tablet.push(std::slice::from_ref(&change)).await.verdicts;
        assert!(matches!(verdicts[0].verdict, Verdict::Applied { .. }), "{verdicts:?}");
        self.kept.push(change);
    }

    /// Pulls, and lets go of what the last backup has.
    async fn pull(&mut self) {
        let page = self.tablet.pull().await;
        for document in &page.documents {
            let is_in_it = page.backup.is_some_and(|backup| document.revision <= backup.seq);
            self.kept.retain(|change| !(is_in_it && document.find(change.id).is_some()));
        }
    }
}

fn texts_by_author(documents: &[Document], author: PersonId) -> Vec<String> {
    let mut log: Vec<_> = documents.iter().flat_map(Document::log).collect();
    log.sort_by_key(|recorded| recorded.change.id);
    let texts = log.into_iter().filter(|recorded| recorded.change.actor == author);
    texts
        .filter_map(|recorded| match &recorded.change.action {
            Action::Comment(comment) => Some(comment.text.clone()),
            _ => None,
        })
        .collect()
}

/// Five tablets, whose people all see the same ticket.
async fn five_tablets(company: &Company) -> (Vec<Keeper>, TicketId) {
    let people =
        [&company.agent, &company.agent, &company.supervisor, &company.east_engineer, &company.east_engineer];
    let mut keepers = Vec::new();
    for person in people {
        keepers.push(Keeper::of(company, person).await);
    }
    let registered = keepers[0].tablet.register();
    let ticket = registered.ticket;
    keepers[0].send(registered).await;
    let to_east = keepers[0].tablet.assign(ticket, &company.east_engineer);
    keepers[0].send(to_east).await;
    (keepers, ticket)
}

async fn work(company: &Company, keepers: &mut [Keeper], ticket: TicketId, rounds: std::ops::Range<u32>) {
    for round in rounds {
        for keeper in &mut *keepers {
            company.state.clock.advance_millis(10);
            let change = keeper.tablet.comment(ticket, &format!("round {round}"));
            keeper.send(change).await;
        }
    }
}

#[tokio::test]
async fn after_a_restore_everything_that_tablets_kept_is_there_once_and_in_order() {
    let shelf = tempfile::tempdir().unwrap();
    let company = Company::open().await;
    let (mut keepers, ticket) = five_tablets(&company).await;
    work(&company, &mut keepers, ticket, 0..3).await;
    let store = &company.state.store;
    make(store, &company.state.config.data, shelf.path(), None, company.state.clock.now()).await.unwrap();
    company.state.ringing.work().await.unwrap();
    for keeper in &mut keepers {
        keeper.pull().await;
    }
    assert!(keepers.iter().all(|keeper| keeper.kept.is_empty()), "they have let go of what the backup has");
    for keeper in &mut keepers {
        // Refused, and given up by its author: nobody will ever send it again.
        let empty = keeper.tablet.comment(ticket, " ");
        keeper.tablet.push(&[empty]).await;
    }
    work(&company, &mut keepers, ticket, 3..6).await;
    let lost_epoch = store.epoch().to_owned();

    let company = go_back(&shelf).await;
    assert_ne!(company.state.store.epoch(), lost_epoch);

    // Somebody works on before the tablets come back, and gets places that the lost history had given to others.
    let mut early = Keeper::of(&company, &company.supervisor).await;
    early.pull().await;
    let change = early.tablet.comment(ticket, "meanwhile");
    early.send(change).await;

    for keeper in &mut keepers {
        company.welcome(&mut keeper.tablet).await;
        for verdict in keeper.tablet.push_complete(&keeper.kept).await.verdicts {
            assert!(matches!(verdict.verdict, Verdict::Applied { .. }), "{verdict:?}");
        }
    }
    for keeper in &mut keepers {
        let page = keeper.tablet.pull().await;
        assert!(page.reset, "a cursor of another history is none");
        assert_eq!(page.documents.len(), 1);
        assert_eq!(page.documents[0].log().len(), 2 + 6 * 5 + 1, "everything is there, once");
        assert_eq!(page.backup, None, "no backup of this history was made yet");
        let rounds: Vec<_> = (0..6).map(|round| format!("round {round}")).collect();
        let mine = page.documents[0]
            .log()
            .iter()
            .filter(|recorded| recorded.change.id.device == keeper.tablet.device);
        let mine: Vec<_> = mine.map(|recorded| recorded.change.id.seq).collect();
        assert!(mine.is_sorted(), "{mine:?}");
        for author in [&company.agent, &company.east_engineer] {
            let expected: Vec<_> = rounds.iter().chain(&rounds).cloned().collect();
            assert_eq!(texts_by_author(&page.documents, author.id), expected);
        }
    }
    verify(&company.state.config.data).await.unwrap();
}

/// The company a day later, on the only backup that there is, because its folder was lost.
async fn go_back(shelf: &TempDir) -> Company {
    let data = tempfile::tempdir().unwrap();
    let mut entries = fs::read_dir(shelf.path()).unwrap().map(|entry| entry.unwrap().path());
    let backup = entries.find(|path| path.is_dir()).unwrap();
    restore(&backup, data.path(), false, START.plus_millis(24 * HOUR_MS)).await.unwrap();
    let company = Company::found_on(TestServer::builder().in_folder(data).start().await);
    company.state.clock.advance_millis(24 * HOUR_MS);
    company
}

/// A company whose server was backed up, took on a ticket that was carried out, and went back to the backup a day later.
struct Restored {
    company: Company,
    office: Keeper,
    engineer: Keeper,
    ticket: TicketId,
}

impl Restored {
    async fn open() -> Self {
        let shelf = tempfile::tempdir().unwrap();
        let company = Company::open().await;
        let now = company.state.clock.now();
        make(&company.state.store, &company.state.config.data, shelf.path(), None, now).await.unwrap();
        let (mut office, mut engineer) =
            (Keeper::of(&company, &company.agent).await, Keeper::of(&company, &company.east_engineer).await);
        let registered = office.tablet.register();
        let ticket = registered.ticket;
        office.send(registered).await;
        let to_east = office.tablet.assign(ticket, &company.east_engineer);
        office.send(to_east).await;
        engineer.tablet.pull().await;
        for action in [Action::CheckIn(Nothing {}), Action::CheckOut(Nothing {})] {
            let change = engineer.tablet.make(ticket, action);
            engineer.send(change).await;
        }
        let company = go_back(&shelf).await;
        company.welcome(&mut office.tablet).await;
        company.welcome(&mut engineer.tablet).await;
        Self { company, office, engineer, ticket }
    }
}

/// Sends a change without those that have to wait.
async fn push_beyond(company: &Company, of: &Keeper, change: Change) -> PushResponse {
    let request = PushRequest {
        complete: true,
        epoch: Some(company.state.store.epoch().to_owned()),
        ended_before: Some(of.kept[0].id.seq),
        ..PushRequest::of(of.tablet.device, vec![change])
    };
    of.tablet.post("push", &request).await.json().await.unwrap()
}

/// What of these changes is not in the record for want of something.
fn held_back(response: &PushResponse) -> usize {
    let out_of_order = Verdict::Refused { because: Refusal::OutOfOrder };
    response.verdicts.iter().filter(|judged| judged.verdict == out_of_order).count()
}

fn are_applied(response: &PushResponse) -> bool {
    response.verdicts.iter().all(|judged| matches!(judged.verdict, Verdict::Applied { .. }))
}

#[tokio::test]
async fn whoever_comes_back_before_those_whose_work_theirs_rests_on_is_asked_to_wait_and_loses_nothing() {
    let Restored { company, mut office, mut engineer, ticket } = Restored::open().await;
    let page = engineer.tablet.pull().await;
    assert!(page.documents.is_empty(), "nobody has brought the ticket yet");

    // The engineer is first; and goes on, with a ticket of which nothing is known here.
    let signed_for = engineer.tablet.comment(ticket, "the customer was content");
    let all: Vec<_> = engineer.kept.iter().cloned().chain([signed_for]).collect();
    assert_eq!(held_back(&engineer.tablet.push_complete(&all).await), 3);
    // What is new goes on alone, and gives nothing up that has to wait.
    let registered = engineer.tablet.register();
    let response = push_beyond(&company, &engineer, registered).await;
    assert!(are_applied(&response), "{response:?}");
    assert_eq!(held_back(&engineer.tablet.push_complete(&all).await), 3, "it still has to wait");

    let kept = std::mem::take(&mut office.kept);
    assert!(are_applied(&office.tablet.push_complete(&kept).await));
    let response = engineer.tablet.push_complete(&all).await;
    assert!(are_applied(&response), "{response:?}");
    let page = office.tablet.pull().await;
    let document = page.documents.iter().find(|document| document.ticket == ticket).unwrap();
    assert_eq!(document.log().len(), 5, "everything is there, once");
    for recorded in &document.log()[..4] {
        // But for the milliseconds by which these tablets were quicker than one another.
        let later = recorded.happened.millis_since(recorded.change.claim.corrected());
        assert!((0..10).contains(&later), "{later} ms: it is a day since it was brought back");
        assert_eq!((recorded.doubt(), recorded.brought_back), (None, true));
    }
    verify(&company.state.config.data).await.unwrap();
}

#[tokio::test]
async fn a_later_change_of_somebody_does_not_stand_for_an_earlier_one_that_has_to_wait() {
    let shelf = tempfile::tempdir().unwrap();
    let company = Company::open().await;
    let mut desk = Keeper::of(&company, &company.agent).await;
    let mut boss = Keeper::of(&company, &company.supervisor).await;
    let mut engineer = Keeper::of(&company, &company.east_engineer).await;
    let registered = desk.tablet.register();
    let ticket = registered.ticket;
    desk.send(registered).await;
    let to_east = desk.tablet.assign(ticket, &company.east_engineer);
    desk.send(to_east).await;
    let now = company.state.clock.now();
    make(&company.state.store, &company.state.config.data, shelf.path(), None, now).await.unwrap();
    desk.kept.clear();
    let reason = || Reason { reason: "登记错了".into() };
    boss.tablet.pull().await;
    let cancelled = boss.tablet.make(ticket, Action::Cancel(reason()));
    boss.send(cancelled).await;
    desk.tablet.pull().await;
    let reopened = desk.tablet.make(ticket, Action::Reopen(reason()));
    desk.send(reopened).await;
    let told = desk.tablet.comment(ticket, "it goes on");
    desk.send(told).await;
    engineer.tablet.pull().await;
    let check_in = engineer.tablet.make(ticket, Action::CheckIn(Nothing {}));
    engineer.send(check_in).await;

    let company = go_back(&shelf).await;
    for keeper in [&mut desk, &mut boss, &mut engineer] {
        company.welcome(&mut keeper.tablet).await;
    }
    assert_eq!(held_back(&desk.tablet.push_complete(&desk.kept).await), 1, "nothing is cancelled yet");
    assert!(are_applied(&boss.tablet.push_complete(&boss.kept).await));
    // Of the desk the newest is there that the engineer had seen, and not what their work rests on.
    assert_eq!(held_back(&engineer.tablet.push_complete(&engineer.kept).await), 1);
    assert!(are_applied(&desk.tablet.push_complete(&desk.kept[..1]).await));
    assert!(are_applied(&engineer.tablet.push_complete(&engineer.kept).await));
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_waited_for() {
    let Restored { company, office, engineer, ticket } = Restored::open().await;
    assert!(are_applied(&office.tablet.push(&office.kept[..1]).await));
    let mut boss = company.tablet(&company.supervisor).await;
    boss.pull().await;
    let cancelled = boss.make(ticket, Action::Cancel(Reason { reason: "重复登记".into() }));
    boss.push(&[cancelled]).await;
    let response = office.tablet.push(&office.kept[1..]).await;
    let forbids = Refusal::StageForbids { stage: Stage::Cancelled };
    assert_eq!(response.verdicts[0].verdict, Verdict::Refused { because: forbids });
    // The office has a word on what was done in good faith, and need not wait for thirty days.
    let response = engineer.tablet.push_complete(&engineer.kept).await;
    let is_parked = |judged: &Judged| matches!(judged.verdict, Verdict::Parked { .. });
    assert!(response.verdicts.iter().all(is_parked), "{response:?}");
}

#[tokio::test]
async fn what_is_refused_stays_so_though_something_waits_that_was_made_before_it() {
    let Restored { company, mut engineer, .. } = Restored::open().await;
    engineer.tablet.push_complete(&engineer.kept).await;
    let registered = engineer.tablet.register();
    let ticket = registered.ticket;
    assert!(are_applied(&push_beyond(&company, &engineer, registered).await));
    let too_early = engineer.tablet.make(ticket, Action::CheckIn(Nothing {}));
    let refused = push_beyond(&company, &engineer, too_early.clone()).await;
    assert_eq!(refused.verdicts[0].verdict, Verdict::Refused { because: Refusal::NotAccountable });
    let own = company.east_engineer.clone();
    let takes = engineer.tablet.assign(ticket, &own);
    assert!(are_applied(&push_beyond(&company, &engineer, takes).await));
    // The first push comes once more, late on its way. Its author may have checked in anew by now.
    assert_eq!(push_beyond(&company, &engineer, too_early).await.verdicts, refused.verdicts);
}

#[tokio::test]
async fn a_lost_tablet_is_missed_for_what_was_told_to_wait_though_newer_work_has_come() {
    let Restored { company, office, mut engineer, .. } = Restored::open().await;
    engineer.tablet.push_complete(&engineer.kept).await;
    let registered = engineer.tablet.register();
    let made = registered.id.seq;
    push_beyond(&company, &engineer, registered).await;
    let standing = json!({
        "protocol": PROTOCOL, "device": engineer.tablet.device, "person": engineer.tablet.person.id,
        "made": made, "waiting": 2, "refused": 0,
    });
    assert_eq!(engineer.tablet.post_to("/api/sync/standing", &standing).await, 200);
    let holding = || async {
        let holding = company.state.store.holding_tablets(None).await.unwrap();
        holding.iter().map(|tablet| tablet.waiting).collect::<Vec<_>>()
    };
    assert_eq!(holding().await, [2]);
    assert!(are_applied(&office.tablet.push_complete(&office.kept).await));
    assert!(are_applied(&engineer.tablet.push_complete(&engineer.kept).await));
    assert!(holding().await.is_empty(), "all of it has come");
}

#[tokio::test]
async fn what_a_rescue_file_brings_too_early_is_kept_for_its_author_or_the_office() {
    let Restored { company, office, engineer, .. } = Restored::open().await;
    let rescued = Rescued {
        person: engineer.tablet.person.clone(),
        arrival: company.state.clock.now(),
        changes: engineer.kept.clone(),
    };
    let judged = company.state.writer.rescue(rescued).await.unwrap();
    let parked = Verdict::Parked { because: Refusal::OutOfOrder };
    assert!(judged.iter().all(|judged| judged.verdict == parked), "{judged:?}");
    assert!(are_applied(&office.tablet.push_complete(&office.kept).await));
    // The tablet was not lost after all.
    assert!(are_applied(&engineer.tablet.push_complete(&engineer.kept).await));
}

#[tokio::test]
async fn nobody_waits_longer_than_devices_keep_what_they_have_sent() {
    let Restored { company, mut engineer, .. } = Restored::open().await;
    let restored_at = company.state.store.restored_at().unwrap();
    let has_passed = company.state.clock.now().millis_since(restored_at);
    company.state.clock.advance_millis(KEPT_MS - has_passed);
    company.welcome(&mut engineer.tablet).await;
    assert_eq!(held_back(&engineer.tablet.push_complete(&engineer.kept).await), 2);
    company.state.clock.advance_millis(1);
    let unknown = Verdict::Refused { because: Refusal::UnknownTicket };
    let response = engineer.tablet.push_complete(&engineer.kept).await;
    assert!(response.verdicts.iter().all(|judged| judged.verdict == unknown), "{response:?}");
}

#[tokio::test]
async fn only_what_its_author_had_seen_is_waited_for() {
    let Restored { engineer, ticket, company, .. } = Restored::open().await;
    // Of a ticket that nobody else has ever had anything to do with.
    let mut stranger = company.tablet(&company.south_engineer).await;
    let change = stranger.make(ticket, Action::CheckIn(Nothing {}));
    let unknown = Verdict::Refused { because: Refusal::UnknownTicket };
    assert_eq!(stranger.push_complete(&[change]).await.verdicts[0].verdict, unknown);
    // And what is wrong in itself is wrong whatever comes.
    let mut tablet = engineer.tablet;
    let empty = tablet.comment(ticket, " ");
    let response = tablet.push_complete(&[engineer.kept[0].clone(), empty]).await;
    assert_eq!(held_back(&response), 1);
    assert!(matches!(response.verdicts[1].verdict, Verdict::Refused { because: Refusal::Invalid { .. } }));
}

/// The numbers of the tickets that a tablet gets to see, by ticket.
async fn numbers(tablet: &mut Tablet) -> BTreeMap<TicketId, TicketNumber> {
    let documents = tablet.pull().await.documents;
    documents.into_iter().filter_map(|document| Some((document.ticket, document.number?))).collect()
}

/// Sends everything again, and says by which numbers people know the tickets.
async fn push_known_as(of: &Keeper, known_as: BTreeMap<TicketId, TicketNumber>) {
    let request =
        PushRequest { complete: true, known_as, ..PushRequest::of(of.tablet.device, of.kept.clone()) };
    let response: PushResponse = of.tablet.post("push", &request).await.json().await.unwrap();
    assert!(are_applied(&response), "{response:?}");
}

fn number(text: &str) -> TicketNumber {
    TicketNumber::from_stored(text.to_owned())
}

/// A company whose first ticket is in a backup.
async fn backed_up_with_a_ticket() -> (Company, TempDir) {
    let shelf = tempfile::tempdir().unwrap();
    let company = Company::open().await;
    let mut early = company.tablet(&company.agent).await;
    let registered = early.register();
    early.push(&[registered]).await;
    let now = company.state.clock.now();
    make(&company.state.store, &company.state.config.data, shelf.path(), None, now).await.unwrap();
    (company, shelf)
}

#[tokio::test]
async fn a_ticket_keeps_the_number_that_people_have_on_paper() {
    let (company, shelf) = backed_up_with_a_ticket().await;
    let mut office = Keeper::of(&company, &company.agent).await;
    for _ in 0..3 {
        let registered = office.tablet.register();
        office.send(registered).await;
    }
    let before = numbers(&mut office.tablet).await;
    let company = go_back(&shelf).await;

    // The month's numbers go on where nobody can have been given one.
    let mut meanwhile = company.tablet(&company.supervisor).await;
    let registered = meanwhile.register();
    let new = registered.ticket;
    meanwhile.push(&[registered]).await;
    assert_eq!(numbers(&mut meanwhile).await[&new], number("FB2024059642"));

    company.welcome(&mut office.tablet).await;
    push_known_as(&office, before.clone()).await;
    let after = numbers(&mut office.tablet).await;
    assert_eq!(before.len(), 4);
    assert!(before.iter().all(|(ticket, number)| after[ticket] == *number), "{before:?} {after:?}");
    verify(&company.state.config.data).await.unwrap();
}

/// With what was told in between, which is in nobody's database any more.
#[tokio::test]
async fn a_backup_can_be_restored_again_without_giving_to_others_what_was_given_in_between() {
    let shelf = tempfile::tempdir().unwrap();
    let company = Company::open().await;
    let now = company.state.clock.now();
    make(&company.state.store, &company.state.config.data, shelf.path(), None, now).await.unwrap();
    let backup = fs::read_dir(shelf.path()).unwrap().next().unwrap().unwrap().path();
    let mut given = Vec::new();
    for restored in 0..3 {
        let data = tempfile::tempdir().unwrap();
        let now = START.plus_millis(HOUR_MS + restored * 5 * Timestamp::MINUTE_MS);
        restore(&backup, data.path(), false, now).await.unwrap();
        let company = Company::found_on(TestServer::builder().in_folder(data).start().await);
        let mut tablet = company.tablet(&company.agent).await;
        for _ in 0..20 {
            let registered = tablet.register();
            tablet.push(&[registered]).await;
        }
        given.extend(numbers(&mut tablet).await.into_values());
        given.push(number(&company.state.store.directory_revision().await.unwrap().to_string()));
    }
    let count = given.len();
    given.sort_unstable();
    given.dedup();
    assert_eq!((count, given.len()), (3 * 21, 3 * 21));
}

#[tokio::test]
async fn no_ticket_gets_a_number_that_is_anothers_or_that_was_never_given() {
    for wanted in ["FB202405001", "FB2024059642", "FB202404001", "FB202407001", "FB202405000", "9"] {
        let (company, shelf) = backed_up_with_a_ticket().await;
        let mut office = Keeper::of(&company, &company.agent).await;
        let registered = office.tablet.register();
        let ticket = registered.ticket;
        office.send(registered).await;
        let company = go_back(&shelf).await;
        company.welcome(&mut office.tablet).await;
        push_known_as(&office, BTreeMap::from([(ticket, number(wanted))])).await;
        assert_eq!(numbers(&mut office.tablet).await[&ticket], number("FB2024059642"), "{wanted}");
    }
}

/// Devices may say what they like: were a number given twice, nothing of all that is pushed at a time could be written.
#[tokio::test]
async fn of_many_tickets_that_are_said_to_have_one_number_one_gets_it() {
    let Restored { company, .. } = Restored::open().await;
    let wanted = || number("FB202405007");
    let mut office = Vec::new();
    for _ in 0..20 {
        let mut one = Keeper::of(&company, &company.agent).await;
        one.kept = vec![one.tablet.register(), one.tablet.register()];
        office.push(one);
    }
    let pushes = office.iter().map(|one| {
        let tickets = one.kept.iter().map(|change| change.ticket);
        push_known_as(one, tickets.map(|ticket| (ticket, wanted())).collect())
    });
    join_all(pushes).await;
    let numbers = numbers(&mut office[0].tablet).await;
    let all: BTreeSet<_> = numbers.values().collect();
    assert_eq!((numbers.len(), all.len()), (40, 40));
    assert!(all.contains(&wanted()));
    verify(&company.state.config.data).await.unwrap();
}

#[tokio::test]
async fn what_is_said_of_numbers_and_makes_no_sense_keeps_no_change_from_being_judged() {
    let Restored { company, office, ticket, .. } = Restored::open().await;
    for known_as in [json!(null), json!("FB202405001"), json!({ "no ticket": 7 })] {
        let push = json!({
            "protocol": PROTOCOL, "device": office.tablet.device, "complete": true, "known_as": known_as,
            "changes": office.kept,
        });
        let response: PushResponse = office.tablet.post("push", &push).await.json().await.unwrap();
        let is_taken =
            |judged: &Judged| matches!(judged.verdict, Verdict::Applied { .. } | Verdict::Duplicate { .. });
        assert!(response.verdicts.iter().all(is_taken), "{known_as}: {response:?}");
    }
    let document = company.state.store.document(ticket).await.unwrap().unwrap();
    assert_eq!(document.log().len(), 2);
}

#[tokio::test]
async fn on_a_server_that_has_lost_nothing_no_number_is_asked_for() {
    let company = Company::open().await;
    let mut office = Keeper::of(&company, &company.agent).await;
    for _ in 0..2 {
        let registered = office.tablet.register();
        office.send(registered).await;
    }
    let registered = office.tablet.register();
    let ticket = registered.ticket;
    office.kept = vec![registered];
    push_known_as(&office, BTreeMap::from([(ticket, number("FB202405001"))])).await;
    assert_eq!(numbers(&mut office.tablet).await[&ticket], number("FB202405003"));
}
