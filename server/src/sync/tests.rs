//! The server as devices meet it: over HTTP, down to the disk.

use std::collections::BTreeMap;

use domain::ticket::{Action, Change, Document, TicketNumber, UnknownAction};
use domain::{ChangeId, Field, Problem, Refusal, Timestamp};
use serde_json::{Value, json};
use sync::messages::{Event, PROTOCOL, PushRequest, PushResponse, Verdict};

use super::testing::{Company, Tablet, error_code};
use crate::store::chain::Verified;
use crate::testing::START;

fn verdicts(response: PushResponse) -> Vec<Verdict> {
    response.verdicts.into_iter().map(|judged| judged.verdict).collect()
}

fn refused(because: Refusal) -> Verdict {
    Verdict::Refused { because }
}

async fn applied(tablet: &Tablet, change: &Change) -> u64 {
    match verdicts(tablet.push(std::slice::from_ref(change)).await).as_slice() {
        [Verdict::Applied { revision }] => *revision,
        other => panic!("not applied: {other:?}"),
    }
}

fn texts(document: &Document) -> Vec<&str> {
    let comments = document.log().iter().filter_map(|recorded| match &recorded.change.action {
        Action::Comment(comment) => Some(comment.text.as_str()),
        _ => None,
    });
    comments.collect()
}

#[tokio::test]
async fn a_push_sent_again_after_a_lost_answer_counts_once() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    let registered = tablet.register();
    let commented = tablet.comment(registered.ticket, "called back");
    let batch = [registered, commented];
    assert_eq!(
        verdicts(tablet.push(&batch).await),
        [Verdict::Applied { revision: 1 }, Verdict::Applied { revision: 2 }]
    );
    assert_eq!(
        verdicts(tablet.push(&batch).await),
        [Verdict::Duplicate { revision: 1 }, Verdict::Duplicate { revision: 2 }]
    );
    let page = tablet.pull().await;
    assert_eq!(page.documents.len(), 1);
    assert_eq!(page.documents[0].log().len(), 2);
    assert_eq!(page.documents[0].number.as_ref().unwrap().as_str(), "FB202405001");
}

#[tokio::test]
async fn the_same_change_twice_in_one_push_counts_once() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    let registered = tablet.register();
    assert_eq!(
        verdicts(tablet.push(&[registered.clone(), registered]).await),
        [Verdict::Applied { revision: 1 }, Verdict::Duplicate { revision: 1 }]
    );
}

#[tokio::test]
async fn an_id_used_again_with_other_content_is_refused_and_changes_nothing() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    let registered = tablet.register();
    let ticket = registered.ticket;
    let first = tablet.comment(ticket, "first");
    tablet.push(&[registered, first.clone()]).await;
    let other = Change { action: super::testing::comment("second"), ..first };
    assert_eq!(verdicts(tablet.push(&[other]).await), [refused(Refusal::IdReused)]);
    assert_eq!(texts(&tablet.pull().await.documents[0]), ["first"]);
}

#[tokio::test]
async fn a_refused_change_does_not_hold_up_those_after_it() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    let registered = tablet.register();
    let ticket = registered.ticket;
    let from_the_future = Action::Unknown(UnknownAction { kind: "teleport".into(), body: "{}".into() });
    let batch = [
        registered,
        tablet.comment(ticket, "  "),
        tablet.make(ticket, from_the_future),
        tablet.comment(ticket, "still here"),
    ];
    let verdicts = verdicts(tablet.push(&batch).await);
    assert!(matches!(verdicts[0], Verdict::Applied { .. }));
    assert!(matches!(verdicts[1], Verdict::Refused { because: Refusal::Invalid { .. } }));
    assert_eq!(verdicts[2], refused(Refusal::UnsupportedAction));
    assert!(matches!(verdicts[3], Verdict::Applied { .. }));
    assert_eq!(texts(&tablet.pull().await.documents[0]), ["still here"]);
}

#[tokio::test]
async fn a_change_refused_once_is_judged_again_when_it_is_sent_again() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    let mut engineer = company.tablet(&company.east_engineer).await;
    let registered = desk.register();
    let ticket = registered.ticket;
    applied(&desk, &registered).await;
    let early = engineer.comment(ticket, "on my way");
    assert_eq!(
        verdicts(engineer.push(std::slice::from_ref(&early)).await),
        [refused(Refusal::UnknownTicket)]
    );
    let assigned = desk.assign(ticket, &company.east_engineer);
    applied(&desk, &assigned).await;
    applied(&engineer, &early).await;
}

#[tokio::test]
async fn a_number_that_no_device_comes_to_is_refused_and_harms_nothing() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    let first = tablet.register();
    applied(&tablet, &first).await;
    let next = tablet.comment(first.ticket, "next");
    for seq in [0, (1 << 53) + 1, 1 << 63, u64::MAX] {
        let far = Change { id: ChangeId { seq, ..next.id }, ..next.clone() };
        let because = Refusal::Invalid { field: Field::Other, problem: Problem::OutOfRange };
        assert_eq!(verdicts(tablet.push_complete(&[far]).await), [refused(because)], "{seq}");
    }
    applied(&tablet, &next).await;
}

#[tokio::test]
async fn a_gap_is_out_of_order_until_the_missing_change_has_come() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    let first = tablet.register();
    let second = tablet.comment(first.ticket, "second");
    let third = tablet.comment(first.ticket, "third");
    let late = [second.clone(), third.clone()];
    assert_eq!(
        verdicts(tablet.push(&late).await),
        [refused(Refusal::OutOfOrder), refused(Refusal::OutOfOrder)]
    );
    applied(&tablet, &first).await;
    assert_eq!(verdicts(tablet.push(&[third]).await), [refused(Refusal::OutOfOrder)]);
    assert!(
        verdicts(tablet.push(&late).await).iter().all(|verdict| matches!(verdict, Verdict::Applied { .. }))
    );
}

#[tokio::test]
async fn a_gap_of_which_the_device_says_that_nothing_is_missing_is_none() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    let first = tablet.register();
    let given_up = tablet.comment(first.ticket, "given up by its author");
    let third = tablet.comment(first.ticket, "third");
    let request =
        PushRequest { complete: true, ..PushRequest::of(tablet.device, vec![first.clone(), third]) };
    let response: PushResponse = tablet.post("push", &request).await.json().await.unwrap();
    assert_eq!(verdicts(response), [Verdict::Applied { revision: 1 }, Verdict::Applied { revision: 2 }]);
    assert_eq!(verdicts(tablet.push(&[given_up]).await), [Verdict::Applied { revision: 3 }], "it came late");
}

#[tokio::test]
async fn a_machine_whose_clock_is_set_back_goes_on_from_the_last_arrival() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    company.state.clock.advance_millis(10 * Timestamp::DAY_MS);
    let first = desk.register();
    applied(&desk, &first).await;
    company.state.clock.advance_millis(-10 * Timestamp::DAY_MS);
    let second = desk.register();
    applied(&desk, &second).await;
    let documents = desk.pull().await.documents;
    let numbers: Vec<_> = documents.iter().map(|document| document.number.clone().unwrap()).collect();
    assert_eq!(numbers.iter().map(TicketNumber::as_str).collect::<Vec<_>>(), ["FB202406001", "FB202406002"]);
    let arrivals: Vec<_> = documents.iter().map(|document| document.log()[0].arrived.unwrap()).collect();
    assert_eq!(arrivals, [START.plus_millis(10 * Timestamp::DAY_MS); 2]);
}

#[tokio::test]
async fn what_was_judged_in_another_history_may_be_missing_in_this_one() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    let first = tablet.register();
    let _lost = tablet.comment(first.ticket, "judged in the other history");
    let third = tablet.comment(first.ticket, "third");
    let request = PushRequest {
        complete: true,
        epoch: Some("another".to_owned()),
        ..PushRequest::of(tablet.device, vec![first, third])
    };
    let response: PushResponse = tablet.post("push", &request).await.json().await.unwrap();
    let out_of_order = Verdict::Refused { because: Refusal::OutOfOrder };
    assert_eq!(verdicts(response), [Verdict::Applied { revision: 1 }, out_of_order]);
}

#[tokio::test]
async fn a_device_of_another_history_is_given_the_directory_whatever_its_number() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    assert!(tablet.pull().await.directory.is_some());
    assert!(tablet.pull().await.directory.is_none());
    tablet.pull.cursor.as_mut().unwrap().epoch = "another".to_owned();
    assert!(tablet.pull().await.directory.is_some());
}

#[tokio::test]
async fn a_device_never_changes_hands() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    let first = tablet.register();
    applied(&tablet, &first).await;
    let mut thief = company.tablet(&company.supervisor).await;
    thief.device = tablet.device;
    let second = tablet.register();
    let claimed = Change { actor: company.supervisor.id, ..second.clone() };
    assert_eq!(verdicts(thief.push(&[claimed]).await), [refused(Refusal::WrongAuthor)]);
    assert_eq!(verdicts(thief.push(std::slice::from_ref(&second)).await), [refused(Refusal::WrongAuthor)]);
    applied(&tablet, &second).await;
}

#[tokio::test]
async fn a_late_change_takes_its_place_by_when_it_happened() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    let mut engineer = company.tablet(&company.east_engineer).await;
    let registered = desk.register();
    let ticket = registered.ticket;
    let assigned = desk.assign(ticket, &company.east_engineer);
    desk.push(&[registered, assigned]).await;
    engineer.pull().await;
    let offline = engineer.comment(ticket, "written in the cellar");
    company.state.clock.advance_millis(3_600_000);
    desk.clock = company.state.clock.now();
    let later = desk.comment(ticket, "written an hour later");
    applied(&desk, &later).await;
    company.state.clock.advance_millis(3_600_000);
    applied(&engineer, &offline).await;
    let page = desk.pull().await;
    assert_eq!(texts(&page.documents[0]), ["written in the cellar", "written an hour later"]);
    let late = page.documents[0].find(offline.id).unwrap();
    assert_eq!(late.arrived, Some(START.plus_millis(7_200_000)));
}

#[tokio::test]
async fn an_engineer_is_given_their_own_tickets_and_their_teams_and_no_others() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    let nobodys = desk.register();
    let easts = desk.register();
    let souths = desk.register();
    let to_east = desk.assign(easts.ticket, &company.east_engineer);
    let to_south = desk.assign(souths.ticket, &company.south_engineer);
    desk.push(&[nobodys, easts.clone(), souths, to_east, to_south]).await;
    let mut engineer = company.tablet(&company.east_engineer).await;
    let page = engineer.pull().await;
    let given: Vec<_> = page.documents.iter().map(|document| document.ticket).collect();
    assert_eq!(given, [easts.ticket]);
    assert!(page.reset && !page.more);
    assert_eq!(page.cursor.seq, 5);
    assert_eq!(page.directory.unwrap().people.len(), 4);
    assert_eq!(desk.pull().await.documents.len(), 3);
}

#[tokio::test]
async fn a_reassigned_ticket_goes_from_one_engineer_to_the_other() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    let mut east = company.tablet(&company.east_engineer).await;
    let mut south = company.tablet(&company.south_engineer).await;
    let registered = desk.register();
    let ticket = registered.ticket;
    let to_east = desk.assign(ticket, &company.east_engineer);
    desk.push(&[registered, to_east]).await;
    assert_eq!(east.pull().await.documents.len(), 1);
    assert!(south.pull().await.documents.is_empty());
    let mut east_hears = east.listen().await;
    let mut south_hears = south.listen().await;
    let mut desk_at = company.tablet(&company.agent).await;
    desk_at.pull().await;
    let mut desk_hears = desk_at.listen().await;

    let to_south = desk.assign(ticket, &company.south_engineer);
    let revision = applied(&desk, &to_south).await;

    assert!(matches!(east_hears.next().await, Some(Event::Gone(gone)) if gone.ticket == ticket));
    assert_eq!(south_hears.next().await, Some(Event::Behind));
    assert_eq!(south_hears.next().await, None);
    let Some(Event::Changed(changed)) = desk_hears.next().await else { panic!("the desk keeps seeing it") };
    assert_eq!((changed.previous, changed.revision), (2, revision));
    assert_eq!(changed.recorded.change, to_south);
    let east_page = east.pull().await;
    assert_eq!((east_page.gone, east_page.documents.len()), (vec![ticket], 0));
    let south_page = south.pull().await;
    assert_eq!((south_page.gone.len(), south_page.documents.len()), (0, 1));
}

#[tokio::test]
async fn a_ticket_that_left_and_came_back_is_not_gone() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    let mut east = company.tablet(&company.east_engineer).await;
    let registered = desk.register();
    let ticket = registered.ticket;
    let to_east = desk.assign(ticket, &company.east_engineer);
    desk.push(&[registered, to_east]).await;
    east.pull().await;
    let away = desk.assign(ticket, &company.south_engineer);
    let back = desk.assign(ticket, &company.east_engineer);
    desk.push(&[away, back]).await;
    let page = east.pull().await;
    assert_eq!((page.gone.len(), page.documents.len()), (0, 1));
}

#[tokio::test]
async fn a_listener_who_missed_something_is_told_so_at_once() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    desk.pull().await;
    let registered = desk.register();
    applied(&desk, &registered).await;
    let mut listener = desk.listen().await;
    assert_eq!(listener.next().await, Some(Event::Behind));
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn what_others_do_elsewhere_does_not_put_a_listener_behind() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    let mut engineer = company.tablet(&company.east_engineer).await;
    engineer.pull().await;
    let registered = desk.register();
    let to_east = desk.assign(registered.ticket, &company.east_engineer);
    applied(&desk, &registered).await;
    let mut listener = engineer.listen().await;
    applied(&desk, &to_east).await;
    assert_eq!(listener.next().await, Some(Event::Behind));
}

#[tokio::test]
async fn a_new_ticket_is_heard_whole() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    desk.pull().await;
    let mut listener = desk.listen().await;
    let registered = desk.register();
    applied(&desk, &registered).await;
    let Some(Event::Changed(changed)) = listener.next().await else { panic!("a registration is heard") };
    assert_eq!((changed.previous, changed.revision), (0, 1));
    assert_eq!(changed.number.unwrap().as_str(), "FB202405001");
    assert_eq!(changed.recorded.change, registered);
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    desk.pull().await;
    let mut listener = desk.listen().await;
    company.state.store.end_session(desk.session).await.unwrap();
    company.state.sessions.announce_endings();
    assert_eq!(listener.next().await, Some(Event::SignedOut));
    assert_eq!(listener.next().await, None);
    let answer = desk.post("pull", &desk.pull).await;
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn a_change_in_the_directory_sends_listeners_to_pull_it() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    let known = desk.pull().await.directory.unwrap().revision;
    let mut listener = desk.listen().await;
    assert_eq!(desk.pull().await.directory, None);
    let department = domain::people::Department {
        id: domain::DepartmentId::from_uuid(uuid::Uuid::from_u128(0xd0ff)),
        name: "质量部".into(),
        parent: None,
        function: domain::people::DepartmentFunction::Quality,
        regions: Vec::new(),
    };
    company.state.store.add_departments(&[department]).await.unwrap();
    company.state.directory.refresh(&company.state.store).await.unwrap();
    assert_eq!(listener.next().await, Some(Event::Behind));
    assert!(desk.pull().await.directory.unwrap().revision > known);
}

#[tokio::test]
async fn a_cursor_of_another_history_begins_anew() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    let registered = desk.register();
    applied(&desk, &registered).await;
    desk.pull().await;
    assert!(!desk.pull().await.reset);
    desk.pull.cursor.as_mut().unwrap().epoch = "another".into();
    let page = desk.pull().await;
    assert!(page.reset);
    assert_eq!(page.documents.len(), 1);
    desk.pull.scope = Some("another".into());
    assert!(desk.pull().await.reset);
    desk.pull.cursor.as_mut().unwrap().seq = 1_000_000;
    assert!(desk.pull().await.reset, "a place beyond the end of the history is no place");
}

#[tokio::test]
async fn another_protocol_is_told_to_update() {
    let company = Company::open().await;
    let desk = company.tablet(&company.agent).await;
    for question in ["push", "pull"] {
        let answer = desk.post(question, &json!({ "protocol": PROTOCOL + 1, "shape": "unheard of" })).await;
        assert_eq!(answer.status(), 426);
        assert_eq!(error_code(answer).await, "wrong_protocol");
    }
}

#[tokio::test]
async fn a_change_of_unknown_form_gets_a_verdict_if_it_has_an_id() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    let registered = desk.register();
    let commented = desk.comment(registered.ticket, "read me");
    let mut changes =
        vec![serde_json::to_value(&registered).unwrap(), serde_json::to_value(&commented).unwrap()];
    let unreadable = json!({ "id": format!("{}/2", desk.device), "thought": "a change without a ticket" });
    changes[1]["id"] = Value::from(format!("{}/3", desk.device));
    changes.insert(1, unreadable);
    let body = |changes: &[Value]| json!({ "protocol": PROTOCOL, "device": desk.device, "changes": changes });
    let answer: PushResponse = desk.post("push", &body(&changes)).await.json().await.unwrap();
    assert_eq!(
        verdicts(answer),
        [
            Verdict::Applied { revision: 1 },
            refused(Refusal::UnsupportedAction),
            Verdict::Applied { revision: 2 }
        ]
    );
    changes[1] = json!({ "thought": "not even an id" });
    let answer = desk.post("push", &body(&changes)).await;
    assert_eq!(answer.status(), 400);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer, json!({ "error": "unreadable_change", "index": 1 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_devices_at_once_lose_nothing_and_miss_nothing() {
    const DEVICES: usize = 16;
    const CHANGES: usize = 25;
    let company = Company::open().await;
    let mut watching = company.tablet(&company.agent).await;
    watching.pull().await;
    let mut pushing = Vec::new();
    for _ in 0..DEVICES {
        let mut tablet = company.tablet(&company.agent).await;
        pushing.push(tokio::spawn(async move {
            let registered = tablet.register();
            let ticket = registered.ticket;
            applied(&tablet, &registered).await;
            for number in 1..CHANGES {
                let change = tablet.comment(ticket, &number.to_string());
                applied(&tablet, &change).await;
            }
        }));
    }
    let mut seen = BTreeMap::new();
    while seen.values().sum::<usize>() < DEVICES * CHANGES {
        for document in watching.pull().await.documents {
            seen.insert(document.ticket, document.log().len());
        }
    }
    for task in pushing {
        task.await.unwrap();
    }
    assert_eq!(seen.len(), DEVICES);
    let numbers: std::collections::BTreeSet<_> = company
        .tablet(&company.agent)
        .await
        .pull()
        .await
        .documents
        .into_iter()
        .map(|document| document.number)
        .collect();
    assert_eq!(numbers.len(), DEVICES, "each ticket has a number of its own");
    let changes = u64::try_from(DEVICES * CHANGES).unwrap();
    assert_eq!(company.state.store.verify_chain().await.unwrap(), Verified::Whole { changes });
}

#[tokio::test]
async fn a_push_that_can_not_be_written_is_never_called_applied_and_takes_no_other_with_it() {
    let company = Company::open().await;
    let mut unlucky = company.tablet(&company.agent).await;
    let mut lucky = company.tablet(&company.agent).await;
    let registered = unlucky.register();
    applied(&unlucky, &registered).await;
    company
        .state
        .store
        .run_sql(
            "CREATE TRIGGER full_disk BEFORE INSERT ON changes WHEN NEW.body LIKE '%unlucky%'
         BEGIN SELECT RAISE(ABORT, 'no room'); END",
        )
        .await;
    let commented = unlucky.comment(registered.ticket, "unlucky");
    let elsewhere = lucky.register();
    let request = json!({ "protocol": PROTOCOL, "device": unlucky.device, "changes": [commented] });
    let (refused, _) = tokio::join!(unlucky.post("push", &request), applied(&lucky, &elsewhere));
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "5");
    assert_eq!(error_code(refused).await, "not_written");
    assert!(texts(&unlucky.pull().await.documents[0]).is_empty());

    company.state.store.run_sql("DROP TRIGGER full_disk").await;
    applied(&unlucky, &commented).await;
    assert_eq!(company.state.store.verify_chain().await.unwrap(), Verified::Whole { changes: 3 });
}

#[tokio::test]
async fn a_device_whose_first_push_comes_under_another_session_stays_its_owners() {
    let company = Company::open().await;
    let mut owner = company.tablet(&company.agent).await;
    let stranger = company.tablet(&company.east_engineer).await;
    let registered = owner.register();
    let request = json!({ "protocol": PROTOCOL, "device": owner.device, "changes": [registered] });
    let refused: PushResponse = stranger.post("push", &request).await.json().await.unwrap();
    assert_eq!(verdicts(refused), [Verdict::Refused { because: Refusal::WrongAuthor }]);
    applied(&owner, &registered).await;
}

/// A push as the writer gets it.
fn pushed(company: &Company, tablet: &Tablet, changes: &[Change]) -> super::Push {
    let readable = |change: &Change| super::Incoming::Readable(Box::new(change.clone()));
    super::Push {
        person: tablet.person.clone(),
        device: tablet.device,
        arrival: company.state.clock.now(),
        complete: false,
        ended_before: None,
        known_as: BTreeMap::new(),
        changes: changes.iter().map(readable).collect(),
    }
}

#[tokio::test]
async fn a_change_sent_again_before_the_first_answer_has_come_counts_once() {
    let company = Company::open().await;
    let mut tablet = company.tablet(&company.agent).await;
    let registered = tablet.register();
    let ticket = registered.ticket;
    let changes: Vec<_> =
        [registered].into_iter().chain((0..20).map(|_| tablet.comment(ticket, "again and again"))).collect();
    // Some of the repetitions fall into the same group, some into the one after, and some find the first one stored.
    let mut submitted = Vec::new();
    for change in &changes {
        for _ in 0..3 {
            let push = pushed(&company, &tablet, std::slice::from_ref(change));
            submitted.push(company.state.writer.submit(push).await.unwrap());
        }
        tokio::task::yield_now().await;
    }
    for (index, push) in (0_u64..).zip(submitted) {
        let revision = index / 3 + 1;
        let first = index % 3 == 0;
        let expected = if first { Verdict::Applied { revision } } else { Verdict::Duplicate { revision } };
        assert_eq!(push.verdicts().await.unwrap()[0].verdict, expected);
    }
    assert_eq!(tablet.pull().await.documents[0].log().len(), changes.len());
    let changes = changes.len() as u64;
    assert_eq!(company.state.store.verify_chain().await.unwrap(), Verified::Whole { changes });
}

#[tokio::test]
async fn what_was_judged_upon_a_push_that_could_not_be_written_is_judged_anew() {
    let company = Company::open().await;
    let mut desk = company.tablet(&company.agent).await;
    let mut other = company.tablet(&company.agent).await;
    let registered = desk.register();
    let ticket = registered.ticket;
    applied(&desk, &registered).await;
    other.pull().await;
    company
        .state
        .store
        .run_sql(
            "CREATE TRIGGER full_disk BEFORE INSERT ON changes WHEN NEW.body LIKE '%unlucky%'
         BEGIN SELECT RAISE(ABORT, 'no room'); END",
        )
        .await;
    // As long as this holds the database, nothing lands: what comes in is judged upon what is in flight.
    let turn = company.state.store.writer().await;
    let submit = async |tablet: &Tablet, change: &Change| {
        let push = pushed(&company, tablet, std::slice::from_ref(change));
        company.state.writer.submit(push).await.unwrap()
    };
    let unlucky = desk.comment(ticket, "unlucky");
    let builds_on_it = desk.comment(ticket, "comes after it");
    let elsewhere = other.comment(ticket, "knows nothing of it");
    let unlucky = submit(&desk, &unlucky).await;
    let builds_on_it = submit(&desk, &builds_on_it).await;
    let elsewhere = submit(&other, &elsewhere).await;
    drop(turn);
    assert_eq!(unlucky.verdicts().await, Err(super::NotWritten));
    assert_eq!(builds_on_it.verdicts().await.unwrap()[0].verdict, refused(Refusal::OutOfOrder));
    assert_eq!(elsewhere.verdicts().await.unwrap()[0].verdict, Verdict::Applied { revision: 2 });
    assert_eq!(texts(&desk.pull().await.documents[0]), ["knows nothing of it"]);
    assert_eq!(company.state.store.verify_chain().await.unwrap(), Verified::Whole { changes: 2 });
}
