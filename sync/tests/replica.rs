//! What a replica must never do: lose a change, show a refused one, or let an accepted one vanish before its document came.
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod world;

use domain::people::Role;
use domain::ticket::{Stage, Urgency};
use domain::{Refusal, Timestamp};
use sync::messages::{Event, Judged, PUSH_MAX_BYTES, PushResponse, Verdict};
use sync::{Absorbed, OutboxState, Unsent};

use self::world::{
    Device, Server, agent, arrived, assign, at, comment, engineer, engineer_of_the_south, register,
    ticket_id, urgency,
};

const TICKET: domain::TicketId = ticket_id(1);

/// A server with one ticket of the north, and an agent's and an engineer's device that have it.
fn office_and_field() -> (Server, Device, Device) {
    let mut server = Server::new();
    let mut office = Device::of(agent(), 100);
    let mut field = Device::of(engineer(), 200);
    office.sync(&mut server, at(0));
    office.tap(TICKET, register("it smokes"), at(1)).unwrap();
    office.tap(TICKET, assign(&engineer()), at(2)).unwrap();
    office.sync(&mut server, at(3));
    field.sync(&mut server, at(4));
    (server, office, field)
}

const fn unsent(waiting: usize, refused: usize) -> Unsent {
    Unsent { waiting, refused }
}

#[test]
fn a_change_survives_a_restart_at_every_point_of_its_way() {
    let (mut server, _, mut field) = office_and_field();
    let change = field.tap(TICKET, comment("on my way"), at(10)).unwrap();
    for step in 0..5 {
        match step {
            1 => field.push(&mut server, at(20), true),
            2 => field.push(&mut server, at(30), false),
            3 => drop(field.pull(&server, at(40))),
            _ => {}
        }
        let state = field.state(change).cloned();
        field.restart();
        assert_eq!(field.state(change).cloned(), state, "after step {step}");
        assert_eq!(field.comments(TICKET), ["on my way"], "after step {step}");
    }
    assert_eq!(field.state(change), None, "in the end it is settled");
}

#[test]
fn numbers_go_on_after_a_restart() {
    let (_, _, mut field) = office_and_field();
    let first = field.tap(TICKET, comment("one"), at(10)).unwrap();
    field.restart();
    let second = field.tap(TICKET, comment("two"), at(11)).unwrap();
    assert_eq!((first.seq, second.seq), (1, 2));
}

#[test]
fn a_change_whose_verdict_was_lost_is_there_once() {
    let (mut server, _, mut field) = office_and_field();
    let change = field.tap(TICKET, comment("once"), at(10)).unwrap();
    field.push(&mut server, at(20), true);
    assert_eq!(field.state(change), Some(&OutboxState::Waiting));
    let revision = server.seq();
    field.push(&mut server, at(30), false);
    assert_eq!(field.state(change), Some(&OutboxState::Accepted { revision }));
    field.sync(&mut server, at(40));
    assert_eq!(field.comments(TICKET), ["once"]);
    assert_eq!(server.document(TICKET).unwrap().log().len(), 3);
}

#[test]
fn a_change_whose_verdict_was_lost_is_not_shown_twice_when_its_document_comes_first() {
    let (mut server, _, mut field) = office_and_field();
    field.tap(TICKET, comment("once"), at(10)).unwrap();
    field.push(&mut server, at(20), true);
    field.pull(&server, at(30));
    assert_eq!(field.comments(TICKET), ["once"]);
    field.sync(&mut server, at(40));
    assert_eq!(field.comments(TICKET), ["once"]);
    assert_eq!(field.replica.unsent(), unsent(0, 0));
}

#[test]
fn an_accepted_change_stays_in_sight_until_its_document_has_come() {
    let (mut server, mut office, mut field) = office_and_field();
    let change = field.tap(TICKET, arrived(), at(10)).unwrap();
    field.push(&mut server, at(20), false);
    assert!(matches!(field.state(change), Some(OutboxState::Accepted { .. })));
    assert_eq!(field.replica.card(TICKET).unwrap().stage, Stage::Working);
    field.restart();
    assert_eq!(field.replica.card(TICKET).unwrap().stage, Stage::Working);
    assert_eq!(field.replica.push_request(PUSH_MAX_BYTES), None, "it is not sent again");

    office.sync(&mut server, at(25));
    office.tap(TICKET, comment("good"), at(26)).unwrap();
    office.sync(&mut server, at(27));
    field.pull(&server, at(30));
    assert_eq!(field.state(change), None);
    assert_eq!(field.replica.card(TICKET).unwrap().stage, Stage::Working);
}

#[test]
fn a_refused_change_stays_with_its_reason_and_does_not_show() {
    let (mut server, mut office, mut field) = office_and_field();
    office.tap(TICKET, assign(&engineer_of_the_south()), at(5)).unwrap();
    office.sync(&mut server, at(6));
    let refused = field.tap(TICKET, urgency(Urgency::Urgent), at(10)).unwrap();
    let taken = field.tap(TICKET, comment("seen it"), at(11)).unwrap();
    field.push(&mut server, at(20), false);
    let because = Refusal::OutOfScope;
    assert_eq!(field.state(refused), Some(&OutboxState::Refused { because, at: at(20) }));
    assert_ne!(field.replica.card(TICKET).unwrap().urgency, Urgency::Urgent);
    assert!(matches!(field.state(taken), Some(OutboxState::Accepted { .. })), "it holds up nothing else");

    field.restart();
    assert_eq!(field.replica.unsent(), unsent(0, 1));
    assert_eq!(field.replica.push_request(PUSH_MAX_BYTES), None);
    let batch = field.replica.discard(refused).unwrap();
    field.keep(batch);
    field.restart();
    assert_eq!(field.replica.unsent(), unsent(0, 0));
}

#[test]
fn a_refused_change_can_be_tried_again_once_it_is_allowed() {
    let (mut server, mut office, mut field) = office_and_field();
    office.tap(TICKET, assign(&engineer_of_the_south()), at(5)).unwrap();
    office.sync(&mut server, at(6));
    let refused = field.tap(TICKET, urgency(Urgency::Urgent), at(10)).unwrap();
    field.push(&mut server, at(20), false);
    office.tap(TICKET, assign(&engineer()), at(30)).unwrap();
    office.sync(&mut server, at(31));
    field.sync(&mut server, at(32));

    let batch = field.replica.retry(refused).unwrap();
    field.keep(batch);
    assert_eq!(field.replica.unsent(), unsent(1, 0));
    assert_eq!(field.state(refused), None);
    field.sync(&mut server, at(40));
    assert_eq!(field.replica.unsent(), unsent(0, 0));
    assert_eq!(field.see(TICKET).unwrap().urgency.value, Urgency::Urgent);
}

#[test]
fn trying_again_says_neither_that_it_happened_later_nor_that_its_author_had_seen_more() {
    let (mut server, mut office, mut field) = office_and_field();
    office.tap(TICKET, assign(&engineer_of_the_south()), at(5)).unwrap();
    office.sync(&mut server, at(6));
    let refused = field.tap(TICKET, urgency(Urgency::Urgent), at(10)).unwrap();
    let first = field.replica.push_request(PUSH_MAX_BYTES).unwrap().changes.remove(0);
    field.push(&mut server, at(20), false);
    let later = office.tap(TICKET, assign(&engineer()), at(30)).unwrap();
    office.sync(&mut server, at(31));
    field.sync(&mut server, at(32));

    let batch = field.replica.retry(refused).unwrap();
    let again = &batch.outbox[0].change;
    assert_eq!((again.claim, &again.seen), (first.claim, &first.seen));
    assert!(!again.seen.contains(later));
}

#[test]
fn only_refused_changes_can_be_dropped_or_tried_again() {
    let (mut server, _, mut field) = office_and_field();
    let change = field.tap(TICKET, comment("stays"), at(10)).unwrap();
    assert_eq!(field.replica.discard(change), None);
    assert_eq!(field.replica.retry(change), None);
    field.push(&mut server, at(20), false);
    assert_eq!(field.replica.discard(change), None);
}

#[test]
fn a_change_without_a_verdict_keeps_waiting() {
    let (_, _, mut field) = office_and_field();
    let judged = field.tap(TICKET, comment("one"), at(10)).unwrap();
    let not_judged = field.tap(TICKET, comment("two"), at(11)).unwrap();
    let verdicts = vec![Judged { id: judged, verdict: Verdict::Unknown }];
    let response = PushResponse { epoch: "first".to_owned(), server_time: at(20), verdicts };
    let batch = field.replica.on_push(&response, at(20), at(20));
    field.keep(batch);
    assert_eq!(field.state(judged), Some(&OutboxState::Waiting));
    assert_eq!(field.state(not_judged), Some(&OutboxState::Waiting));
}

#[test]
fn an_event_that_follows_is_taken_in_without_a_pull() {
    let (mut server, mut office, mut field) = office_and_field();
    let before = server.seq();
    office.tap(TICKET, comment("the gate is open"), at(10)).unwrap();
    office.tap(ticket_id(2), register("another one"), at(11)).unwrap();
    office.sync(&mut server, at(12));
    for event in server.events(&engineer(), before) {
        assert!(field.hear(&[event]));
    }
    assert_eq!(field.comments(TICKET), ["the gate is open"]);
    assert!(field.see(ticket_id(2)).is_some());
    assert_eq!(field.replica.meta().cursor.as_ref().unwrap().seq, server.seq());
    field.restart();
    assert_eq!(field.comments(TICKET), ["the gate is open"]);
}

#[test]
fn events_that_came_together_are_one_batch() {
    let (mut server, mut office, mut field) = office_and_field();
    let before = server.seq();
    office.tap(TICKET, comment("one"), at(10)).unwrap();
    office.tap(ticket_id(2), register("comes"), at(11)).unwrap();
    office.tap(TICKET, comment("two"), at(12)).unwrap();
    office.tap(ticket_id(3), register("goes"), at(13)).unwrap();
    office.tap(ticket_id(3), assign(&engineer_of_the_south()), at(14)).unwrap();
    office.sync(&mut server, at(15));
    field.know(TICKET);
    let events = server.events(&engineer(), before);
    let Absorbed::Batch(batch) = field.replica.on_events(&events) else { panic!("they follow") };
    let held: Vec<_> = batch.hold.iter().map(|(_, document)| document.ticket).collect();
    assert_eq!((events.len(), held), (5, vec![TICKET, ticket_id(2)]));
    assert_eq!(batch.release, [ticket_id(3)]);
    field.keep(*batch);
    field.restart();
    assert_eq!(field.comments(TICKET), ["one", "two"]);
    assert_eq!(field.replica.meta().cursor.as_ref().unwrap().seq, server.seq());

    // One that doesn't follow takes the others along: what they brought comes with the pull.
    let before = server.seq();
    for (text, moment) in [("three", 20), ("missed", 21), ("five", 22)] {
        office.tap(TICKET, comment(text), at(moment)).unwrap();
    }
    office.sync(&mut server, at(23));
    let mut events = server.events(&engineer(), before);
    events.remove(1);
    assert!(!field.hear(&events));
    assert_eq!(field.comments(TICKET), ["one", "two"]);
}

#[test]
fn what_is_done_by_an_earlier_sight_of_a_ticket_has_seen_nothing_later() {
    let (mut server, mut office, mut field) = office_and_field();
    let seen = field.see(TICKET).unwrap().seen;
    let later = office.tap(TICKET, comment("unseen"), at(10)).unwrap();
    office.sync(&mut server, at(11));
    field.sync(&mut server, at(12));
    let by_now = field.tap(TICKET, comment("by what is known"), at(13)).unwrap();
    let by_then = field.tap_by(TICKET, comment("by what was shown"), seen.clone(), at(14)).unwrap();
    let has_seen = |field: &Device, change| {
        let entry = field.replica.outbox().find(|entry| entry.change.id == change).unwrap();
        entry.change.seen.clone()
    };
    assert!(has_seen(&field, by_now).contains(later));
    assert_eq!(has_seen(&field, by_then), seen);
}

#[test]
fn an_event_brings_ones_own_change_home() {
    let (mut server, _, mut field) = office_and_field();
    let before = server.seq();
    let change = field.tap(TICKET, comment("mine"), at(10)).unwrap();
    field.push(&mut server, at(20), false);
    assert!(field.hear(&server.events(&engineer(), before)));
    assert_eq!(field.state(change), None);
    assert_eq!(field.comments(TICKET), ["mine"]);
}

#[test]
fn an_event_that_does_not_follow_calls_for_a_pull_and_changes_nothing() {
    let (mut server, mut office, mut field) = office_and_field();
    let before = server.seq();
    office.tap(TICKET, comment("missed"), at(10)).unwrap();
    office.tap(TICKET, comment("heard"), at(11)).unwrap();
    office.sync(&mut server, at(12));
    let events = server.events(&engineer(), before);
    assert!(!field.hear(&events[1..]));
    assert_eq!(field.comments(TICKET), [""; 0]);
    field.sync(&mut server, at(20));
    assert_eq!(field.comments(TICKET), ["missed", "heard"]);
    assert!(field.hear(&events[1..]), "what is known already does no harm");
    assert_eq!(field.comments(TICKET), ["missed", "heard"]);
}

#[test]
fn an_event_tells_that_a_ticket_has_left_the_scope() {
    let (mut server, mut office, mut field) = office_and_field();
    let before = server.seq();
    office.tap(TICKET, assign(&engineer_of_the_south()), at(10)).unwrap();
    office.sync(&mut server, at(11));
    let events = server.events(&engineer(), before);
    assert!(matches!(events[..], [Event::Gone(_)]));
    assert!(field.hear(&events));
    assert_eq!(field.replica.card(TICKET), None);
}

#[test]
fn a_new_beginning_keeps_old_tickets_until_its_last_page_and_removes_what_no_page_named() {
    let mut server = Server::new();
    let mut office = Device::that_knows_the_company(agent(), 100);
    let mut field = Device::of(engineer(), 200);
    for number in 1..=7 {
        office.tap(ticket_id(number), register("one of seven"), at(1)).unwrap();
    }
    office.sync(&mut server, at(2));
    field.sync(&mut server, at(3));
    // The engineer moves to the south. Their tablet has seven tickets of the north.
    server.directory.people.iter_mut().find(|person| person.id == engineer().id).unwrap().department =
        world::SOUTH;
    server.directory.revision += 1;
    field.person.department = world::SOUTH;
    office.tap(ticket_id(5), assign(&field.person.clone()), at(10)).unwrap();
    office.sync(&mut server, at(11));

    assert!(field.pull(&server, at(20)), "seven tickets are more than one page");
    assert_eq!(field.replica.cards().count(), 7);
    field.restart();
    assert_eq!(field.replica.cards().count(), 7);
    while field.pull(&server, at(30)) {}
    let left: Vec<_> = field.replica.cards().map(|card| card.ticket).collect();
    assert_eq!(left, [ticket_id(5)]);
    assert_eq!(field.replica.person().department, world::SOUTH);
    assert_eq!(field.replica.person().role, Role::Engineer);
}

#[test]
fn a_server_restored_from_a_backup_gets_accepted_changes_again() {
    let (mut server, _, mut field) = office_and_field();
    let backup = server.seq();
    let change = field.tap(TICKET, comment("after the backup"), at(10)).unwrap();
    field.push(&mut server, at(11), false);
    assert!(matches!(field.state(change), Some(OutboxState::Accepted { .. })));
    server.restore(backup);
    field.sync(&mut server, at(20));
    field.sync(&mut server, at(21));
    assert_eq!(field.state(change), None);
    assert_eq!(field.comments(TICKET), ["after the backup"]);
    assert_eq!(server.document(TICKET).unwrap().log().len(), 3);
}

#[test]
fn the_clock_follows_the_servers_and_small_differences_are_the_networks() {
    let (mut server, _, mut field) = office_and_field();
    field.behind_ms = 3_600_000;
    field.sync(&mut server, at(10));
    assert_eq!(field.replica.server_time(at(10).plus_millis(-3_600_000)), at(10));
    field.behind_ms += 400;
    field.sync(&mut server, at(20));
    assert_eq!(field.replica.meta().clock_offset_ms, Some(3_600_000));
    field.restart();
    assert_eq!(field.replica.server_time(at(0)), at(3_600_000));
}

#[test]
fn a_clock_that_falls_back_claims_no_time_before_the_server_was_last_heard() {
    let (mut server, _, mut field) = office_and_field();
    field.sync(&mut server, at(600));
    field.restart();
    let change = field.tap(TICKET, comment("the battery was empty"), Timestamp::from_millis(0)).unwrap();
    assert_eq!(field.replica.server_time(Timestamp::from_millis(0)), at(600));
    let entry = field.replica.outbox().find(|entry| entry.change.id == change).unwrap();
    assert_eq!(entry.change.claim.heard, Some(at(600)));
    field.push(&mut server, at(700), false);
    let recorded = server.document(TICKET).unwrap().log().last().unwrap().clone();
    assert_eq!((recorded.change.id, recorded.happened), (change, at(600)));
}

#[test]
fn a_slow_exchange_does_not_spoil_a_good_measurement_of_the_clock() {
    let (_, _, field) = office_and_field();
    assert_eq!(field.replica.meta().clock_offset_ms, Some(0));
    let after = |server_time, received| {
        let response = PushResponse { epoch: "first".to_owned(), server_time, verdicts: vec![] };
        field.replica.on_push(&response, at(0), received).meta.unwrap().clock_offset_ms
    };
    assert_eq!(after(at(0), at(0).plus_millis(20_000)), Some(0), "ten seconds may be the line's");
    assert_eq!(after(at(0).plus_millis(40_000), at(0).plus_millis(20_000)), Some(30_000));
    assert_eq!(
        after(at(0).plus_millis(40_000), at(0).plus_millis(-5_000)),
        Some(0),
        "the clock was set back"
    );
}
