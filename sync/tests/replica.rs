//! What a replica must never do: lose a change, show a refused one, or let an accepted one vanish before its document came.
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod world;

use std::collections::{BTreeMap, BTreeSet};

use domain::people::Role;
use domain::ticket::{Stage, Urgency};
use domain::{Refusal, Timestamp};
use sync::messages::{Backup, Event, Judged, PUSH_MAX_BYTES, PullRequest, PushResponse, Verdict};
use sync::{Absorbed, Batch, KEPT_MS, Meta, OutboxState, Unsent};

use self::world::{
    Device, Server, agent, arrived, assign, at, cancel, comment, engineer, engineer_of_the_south, register,
    reopen, ticket_id, urgency,
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
    Unsent { waiting, refused, files: 0 }
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
    assert!(
        matches!(field.state(change), Some(OutboxState::Kept { .. })),
        "in the end only a backup lacks it"
    );
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
    assert_eq!(field.replica.push_request(0, PUSH_MAX_BYTES, at(0)), None, "it is not sent again");

    office.sync(&mut server, at(25));
    office.tap(TICKET, comment("good"), at(26)).unwrap();
    office.sync(&mut server, at(27));
    field.pull(&server, at(30));
    assert!(matches!(field.state(change), Some(OutboxState::Kept { .. })));
    assert_eq!(field.replica.card(TICKET).unwrap().stage, Stage::Working);
}

#[test]
fn an_accepted_change_stays_in_sight_if_its_document_is_on_a_later_page() {
    let (mut server, mut office, mut field) = office_and_field();
    let change = field.tap(TICKET, comment("done"), at(10)).unwrap();
    field.push(&mut server, at(11), false);
    for number in 2..=4 {
        office.tap(ticket_id(number), register("another one"), at(12)).unwrap();
    }
    office.sync(&mut server, at(13));
    office.tap(TICKET, comment("thanks"), at(14)).unwrap();
    office.sync(&mut server, at(15));
    assert!(field.pull(&server, at(20)), "there are more tickets than one page holds");
    assert_eq!(field.comments(TICKET), ["done"]);
    assert!(matches!(field.state(change), Some(OutboxState::Accepted { .. })));
    field.pull(&server, at(21));
    assert_eq!(field.comments(TICKET), ["done", "thanks"]);
}

#[test]
fn a_refused_change_stays_with_its_reason_and_does_not_show() {
    let (mut server, mut office, mut field) = office_and_field();
    office.tap(TICKET, cancel(), at(5)).unwrap();
    office.sync(&mut server, at(6));
    let refused = field.tap(TICKET, urgency(Urgency::Urgent), at(10)).unwrap();
    let taken = field.tap(TICKET, comment("seen it"), at(11)).unwrap();
    field.push(&mut server, at(20), false);
    let because = Refusal::StageForbids { stage: Stage::Cancelled };
    assert_eq!(field.state(refused), Some(&OutboxState::Refused { because, at: at(20) }));
    assert_ne!(field.replica.card(TICKET).unwrap().urgency, Urgency::Urgent);
    assert!(matches!(field.state(taken), Some(OutboxState::Accepted { .. })), "it holds up nothing else");

    field.restart();
    assert_eq!(field.replica.unsent(), unsent(0, 1));
    assert_eq!(field.replica.push_request(0, PUSH_MAX_BYTES, at(0)), None);
    let batch = field.replica.discard(refused).unwrap();
    field.keep(batch);
    field.restart();
    assert_eq!(field.replica.unsent(), unsent(0, 0));
}

#[test]
fn a_refused_change_that_is_taken_when_its_push_comes_once_more_is_not_to_be_done_again() {
    let (mut server, mut office, mut field) = office_and_field();
    office.tap(TICKET, cancel(), at(5)).unwrap();
    office.sync(&mut server, at(6));
    let change = field.tap(TICKET, urgency(Urgency::Urgent), at(10)).unwrap();
    let late = field.replica.push_request(0, PUSH_MAX_BYTES, at(10)).unwrap();
    field.sync(&mut server, at(20));
    assert_eq!(field.replica.unsent(), unsent(0, 1));
    office.tap(TICKET, reopen(), at(30)).unwrap();
    office.sync(&mut server, at(31));
    server.push(&engineer(), &late, at(40));
    field.sync(&mut server, at(50));
    assert!(matches!(field.state(change), Some(OutboxState::Kept { .. })), "{:?}", field.state(change));
    assert_eq!(field.replica.retry(change), None);
    assert_eq!(field.replica.card(TICKET).unwrap().urgency, Urgency::Urgent);
}

#[test]
fn a_refused_change_can_be_tried_again_once_it_is_allowed() {
    let (mut server, mut office, mut field) = office_and_field();
    office.tap(TICKET, cancel(), at(5)).unwrap();
    office.sync(&mut server, at(6));
    let refused = field.tap(TICKET, urgency(Urgency::Urgent), at(10)).unwrap();
    field.push(&mut server, at(20), false);
    office.tap(TICKET, reopen(), at(30)).unwrap();
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
    office.tap(TICKET, cancel(), at(5)).unwrap();
    office.sync(&mut server, at(6));
    let refused = field.tap(TICKET, urgency(Urgency::Urgent), at(10)).unwrap();
    let first = field.replica.push_request(0, PUSH_MAX_BYTES, at(0)).unwrap().changes.remove(0);
    field.push(&mut server, at(20), false);
    let later = office.tap(TICKET, reopen(), at(30)).unwrap();
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
    assert!(matches!(field.state(change), Some(OutboxState::Kept { .. })));
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
fn in_a_new_beginning_a_change_stays_in_sight_until_the_page_with_its_document() {
    let mut server = Server::new();
    let mut office = Device::that_knows_the_company(agent(), 100);
    let mut other = Device::of(agent(), 300);
    for number in 1..=7 {
        office.tap(ticket_id(number), register("one of seven"), at(1)).unwrap();
    }
    office.push(&mut server, at(2), true);
    other.sync(&mut server, at(3));
    other.tap(ticket_id(1), comment("moves it to the last page"), at(4)).unwrap();
    other.sync(&mut server, at(5));

    assert!(office.pull(&server, at(10)), "seven tickets are more than one page");
    office.push(&mut server, at(11), false);
    assert_eq!(office.replica.cards().count(), 7);
    while office.pull(&server, at(12)) {}
    assert_eq!(office.replica.cards().count(), 7);
    assert_eq!(office.comments(ticket_id(1)), ["moves it to the last page"]);
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
    assert!(matches!(field.state(change), Some(OutboxState::Kept { .. })));
    assert_eq!(field.comments(TICKET), ["after the backup"]);
    assert_eq!(server.document(TICKET).unwrap().log().len(), 3);
}

/// A desk that holds eleven tickets, which come on one page.
fn office_with_eleven_tickets() -> (Server, Device) {
    let mut server = Server::new();
    server.page = 100;
    let mut office = Device::that_knows_the_company(agent(), 100);
    for number in 1..=11 {
        office.tap(ticket_id(number), register("it smokes"), at(0)).unwrap();
    }
    office.sync(&mut server, at(0));
    (server, office)
}

#[test]
fn a_new_beginning_that_leaves_much_out_is_asked_for_once_more_before_anything_goes() {
    let (mut server, mut office) = office_with_eleven_tickets();
    let held = |office: &Device| office.replica.cards().count();
    let mistaken = |office: &mut Device, server: &Server, left: usize| {
        let asked = PullRequest { cursor: None, ..office.replica.pull_request(None) };
        let mut page = server.pull(&office.person, &asked, at(1));
        assert!(page.reset && !page.more);
        page.documents.truncate(left);
        office.keep(office.replica.on_pull(page, at(1), at(1)));
    };
    mistaken(&mut office, &server, 9);
    assert_eq!(held(&office), 9, "two of eleven may have gone");
    office.keep(office.replica.pull_anew());
    office.pull(&server, at(2));
    assert_eq!(held(&office), 11);

    mistaken(&mut office, &server, 8);
    assert_eq!(held(&office), 11, "more than one in five");
    office.restart();
    assert_eq!(held(&office), 11);
    assert_eq!(office.replica.pull_request(None).cursor, None, "it is asked for once more");
    office.pull(&server, at(3));
    assert_eq!(held(&office), 11, "and it was an error");
    assert!(office.replica.pull_request(None).cursor.is_some());

    let own = office.tap(ticket_id(1), comment("it still smokes"), at(4)).unwrap();
    office.keep(office.replica.pull_anew());
    office.push(&mut server, at(4), false);
    mistaken(&mut office, &server, 0);
    assert_eq!(held(&office), 11);
    assert_eq!(office.comments(ticket_id(1)), ["it still smokes"], "what is held does not have it yet");
    assert!(matches!(office.state(own), Some(OutboxState::Accepted { .. })));
    mistaken(&mut office, &server, 0);
    assert_eq!(held(&office), 0, "said twice, it is believed");
    assert!(office.replica.pull_request(None).cursor.is_some());
}

#[test]
fn who_sees_other_tickets_than_before_keeps_none_of_those_that_are_left_out() {
    let (server, mut office) = office_with_eleven_tickets();
    let asked = PullRequest { cursor: None, ..office.replica.pull_request(None) };
    let mut page = server.pull(&office.person, &asked, at(1));
    page.documents.clear();
    page.scope = "another one".to_owned();
    office.keep(office.replica.on_pull(page, at(1), at(1)));
    assert_eq!(office.replica.cards().count(), 0);
}

#[test]
fn a_restored_server_hears_by_which_number_people_know_what_is_registered_again() {
    let mut server = Server::new();
    let mut office = Device::that_knows_the_company(agent(), 100);
    office.tap(ticket_id(9), register("before the backup"), at(0)).unwrap();
    office.sync(&mut server, at(0));
    let backup = server.seq();
    office.tap(TICKET, register("it smokes"), at(1)).unwrap();
    office.tap(ticket_id(9), comment("it still runs"), at(1)).unwrap();
    let known_as = |office: &Device| office.replica.push_request(0, PUSH_MAX_BYTES, at(1)).unwrap().known_as;
    assert!(known_as(&office).is_empty(), "nobody has given it one yet");
    office.sync(&mut server, at(1));
    let number = |office: &Device, ticket| office.replica.card(ticket).unwrap().number.clone().unwrap();
    let numbers = BTreeMap::from([TICKET, ticket_id(9)].map(|ticket| (ticket, number(&office, ticket))));
    server.restore(backup);
    office.pull(&server, at(10));
    office.restart();
    assert_eq!(known_as(&office), numbers, "what the backup has is not known here");
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

#[test]
fn a_change_is_kept_until_a_backup_holds_it_and_is_let_go_then() {
    let (mut server, _, mut field) = office_and_field();
    let first = field.tap(TICKET, comment("in the backup"), at(10)).unwrap();
    field.sync(&mut server, at(11));
    server.backup = Some(Backup { seq: server.seq(), arrived: at(11) });
    let second = field.tap(TICKET, comment("after it"), at(12)).unwrap();
    field.sync(&mut server, at(13));
    assert_eq!(field.state(first), None);
    assert!(matches!(field.state(second), Some(OutboxState::Kept { .. })));
    assert_eq!(field.comments(TICKET), ["in the backup", "after it"]);
    assert_eq!(field.replica.unsent(), unsent(0, 0), "what is kept is not unsent");
    assert_eq!(field.replica.outbox().count(), 0);

    field.restart();
    let newer = Backup { seq: server.seq(), arrived: at(13) };
    assert!(field.hear(&[Event::BackedUp(newer)]));
    assert_eq!(field.state(second), None);
    assert_eq!(field.replica.meta().backup, Some(newer));
}

#[test]
fn what_is_in_the_backup_is_known_of_every_change() {
    let (mut server, mut office, mut field) = office_and_field();
    let marks = |device: &mut Device| {
        device.know(TICKET);
        let document = device.replica.document(TICKET);
        document.log().iter().map(|change| device.replica.is_backed_up(&document, change)).collect::<Vec<_>>()
    };
    server.backup = Some(Backup { seq: server.seq(), arrived: at(3) });
    office.sync(&mut server, at(5));
    assert_eq!(marks(&mut office), [true, true]);
    field.tap(TICKET, comment("later"), at(10)).unwrap();
    field.sync(&mut server, at(11));
    assert_eq!(marks(&mut field), [false, false, false], "as much as can be said for certain");
    server.backup = Some(Backup { seq: server.seq() - 1, arrived: at(4) });
    field.tap(TICKET, comment("unsent"), at(20)).unwrap();
    field.pull(&server, at(21));
    assert_eq!(marks(&mut field), [true, true, false, false]);
}

#[test]
fn without_a_backup_a_change_is_kept_for_a_month_by_the_servers_clock() {
    let (mut server, _, mut field) = office_and_field();
    let change = field.tap(TICKET, comment("kept"), at(10)).unwrap();
    field.sync(&mut server, at(11));
    field.behind_ms = -20 * KEPT_MS;
    field.sync(&mut server, at(12));
    assert!(field.state(change).is_some(), "a clock that has jumped ahead means nothing");
    field.sync(&mut server, at(11 + KEPT_MS));
    assert!(field.state(change).is_some());
    field.sync(&mut server, at(12 + KEPT_MS));
    assert_eq!(field.state(change), None);
}

#[test]
fn a_servers_clock_that_jumps_lets_nothing_go() {
    let (mut server, _, mut field) = office_and_field();
    let before = field.tap(TICKET, comment("kept"), at(10)).unwrap();
    field.sync(&mut server, at(11));
    // A year ahead in one answer, and right again in the next.
    field.behind_ms = 12 * KEPT_MS;
    field.sync(&mut server, at(12 + 12 * KEPT_MS));
    field.behind_ms = 0;
    let after = field.tap(TICKET, comment("kept as well"), at(20)).unwrap();
    field.sync(&mut server, at(21));
    field.sync(&mut server, at(10 + KEPT_MS));
    assert!(field.state(before).is_some() && field.state(after).is_some());
    field.sync(&mut server, at(12 + KEPT_MS));
    assert_eq!(field.state(before), None, "both clocks say so");
    assert!(field.state(after).is_some(), "as long as it takes the server's clock to come to that year");
}

#[test]
fn what_was_made_long_before_it_came_to_the_server_is_kept_as_long() {
    let (mut server, _, mut field) = office_and_field();
    let change = field.tap(TICKET, comment("without a network for a month"), at(10)).unwrap();
    let pushed = KEPT_MS + 20;
    field.sync(&mut server, at(pushed));
    field.behind_ms = 12 * KEPT_MS;
    field.sync(&mut server, at(pushed + field.behind_ms));
    assert!(field.state(change).is_some());
}

#[test]
fn a_restored_server_gets_again_what_was_kept_and_in_order() {
    let (mut server, _, mut field) = office_and_field();
    let backup = server.seq();
    for text in ["one", "two", "three"] {
        field.tap(TICKET, comment(text), at(10)).unwrap();
        field.sync(&mut server, at(11));
    }
    assert_eq!(field.replica.unsent(), unsent(0, 0));
    server.restore(backup);
    field.restart();
    field.pull(&server, at(20));
    assert_eq!(field.replica.unsent(), unsent(3, 0));
    assert_eq!(field.comments(TICKET), ["one", "two", "three"], "they never leave sight");
    let request = field.replica.push_request(0, PUSH_MAX_BYTES, at(20)).unwrap();
    assert!(request.complete && request.changes.is_sorted_by_key(|change| change.id.seq));
    field.sync(&mut server, at(21));
    assert_eq!(server.document(TICKET).unwrap().log().len(), 5);
}

#[test]
fn a_restored_server_is_noticed_even_if_everything_has_to_come_anew_at_that_moment() {
    let (mut server, _, mut field) = office_and_field();
    let backup = server.seq();
    field.tap(TICKET, comment("after the backup"), at(10)).unwrap();
    field.sync(&mut server, at(11));
    let mut meta = field.replica.meta().clone();
    // As after a change of the policy: all cards are to be made anew.
    meta.cursor = None;
    field.keep(Batch { meta: Some(meta), ..Batch::default() });
    server.restore(backup);
    field.pull(&server, at(20));
    assert_eq!(field.replica.unsent(), unsent(1, 0));
}

#[test]
fn what_became_of_a_parked_change_is_asked_once_an_hour() {
    const HOUR_MS: i64 = 60 * 60 * 1_000;
    let (server, _, mut field) = office_and_field();
    let change = field.tap(TICKET, comment("made in good faith"), at(10)).unwrap();
    let answer = |verdict| PushResponse {
        epoch: server.epoch.clone(),
        server_time: at(20),
        verdicts: vec![Judged { id: change, verdict }],
    };
    let because = Refusal::OutOfScope;
    let parked = answer(Verdict::Parked { because: because.clone() });
    field.keep(field.replica.on_push(&parked, at(20), at(20)));
    assert_eq!(field.state(change), Some(&OutboxState::Parked { because, at: at(20) }));
    assert_eq!(field.comments(TICKET), [""; 0], "it does not count yet");
    assert_eq!(field.replica.unsent(), unsent(0, 0), "but the server has it");

    field.restart();
    let asked = |field: &Device, clock| field.replica.push_request(0, PUSH_MAX_BYTES, clock).is_some();
    assert!(!asked(&field, at(21)) && asked(&field, at(20 + HOUR_MS)));
    assert!(asked(&field, at(-HOUR_MS)), "a clock that was set back does not silence it");
    field.keep(field.replica.on_push(&parked, at(20 + HOUR_MS), at(20 + HOUR_MS)));
    assert!(!asked(&field, at(21 + HOUR_MS)));

    field.keep(field.replica.on_push(&answer(Verdict::Applied { revision: 9 }), at(30), at(30)));
    assert_eq!(field.state(change), Some(&OutboxState::Accepted { revision: 9 }));
}

#[test]
fn what_became_of_a_parked_change_is_asked_at_once_when_the_server_says_that_it_was_decided() {
    let (mut server, mut office, mut field) = office_and_field();
    office.tap(TICKET, assign(&engineer_of_the_south()), at(5)).unwrap();
    office.sync(&mut server, at(6));
    let change = field.tap(TICKET, urgency(Urgency::Urgent), at(10)).unwrap();
    field.push(&mut server, at(20), false);
    let because = Refusal::OutOfScope;
    assert_eq!(field.state(change), Some(&OutboxState::Parked { because, at: at(20) }));
    assert_eq!(field.replica.push_request(0, PUSH_MAX_BYTES, at(21)), None);
    let before = field.replica.meta().clone();

    assert!(field.hear(&[Event::Parked]));
    let request = field.replica.push_request(0, PUSH_MAX_BYTES, at(21)).unwrap();
    assert_eq!(request.changes[0].id, change);
    assert_eq!(field.replica.meta(), &before, "it is no place in the history");
    let because = Refusal::Declined { by: agent().id, why: "done by somebody else".to_owned() };
    let verdict = Verdict::Refused { because: because.clone() };
    let answer = PushResponse {
        epoch: server.epoch.clone(),
        server_time: at(22),
        verdicts: vec![Judged { id: change, verdict }],
    };
    field.keep(field.replica.on_push(&answer, at(22), at(22)));
    assert_eq!(field.state(change), Some(&OutboxState::Refused { because, at: at(22) }));
}

#[test]
fn a_ticket_that_a_restored_server_has_lost_stays_with_those_who_have_something_to_send_about_it() {
    let mut server = Server::new();
    let mut office = Device::that_knows_the_company(agent(), 100);
    let mut field = Device::that_knows_the_company(engineer(), 200);
    office.tap(ticket_id(9), register("before the backup"), at(0)).unwrap();
    office.sync(&mut server, at(0));
    let backup = server.seq();
    office.tap(TICKET, register("it smokes"), at(1)).unwrap();
    office.sync(&mut server, at(1));
    field.sync(&mut server, at(2));
    let change = field.tap(TICKET, comment("on my way"), at(3)).unwrap();
    field.sync(&mut server, at(4));
    let seen = field.see(TICKET).unwrap();
    let shown = field.replica.card(TICKET).cloned();
    field.replica.forget_all_but(&[]);

    server.restore(backup);
    field.pull(&server, at(10));
    assert_eq!(field.replica.card(TICKET).cloned(), shown, "as it was, though its document is not in memory");
    assert_eq!(field.replica.unsent(), unsent(1, 0));
    assert_eq!(field.see(TICKET).unwrap().intake.site, seen.intake.site, "the engineer stands there with it");
    assert!(field.replica.cards().any(|card| card.ticket == TICKET));
    field.restart();
    field.pull(&server, at(11));
    assert!(field.see(TICKET).is_some());
    let later = Backup { seq: 1_000, arrived: at(1_000) };
    let meta = Meta { backup: Some(later), ..field.replica.meta().clone() };
    field.keep(Batch { meta: Some(meta), ..Batch::default() });
    let document = field.replica.document(TICKET);
    assert!(!document.log().iter().any(|recorded| field.replica.is_backed_up(&document, recorded)));
    // It is refused at last. Nothing speaks for keeping a ticket that is not in sight.
    let verdict = Verdict::Refused { because: Refusal::UnknownTicket };
    let verdicts = vec![Judged { id: change, verdict }];
    let answer = PushResponse { epoch: server.epoch.clone(), server_time: at(12), verdicts };
    field.keep(field.replica.on_push(&answer, at(12), at(12)));
    assert!(field.replica.is_owed_a_page());
    field.pull(&server, at(13));
    assert!(field.see(TICKET).is_none());
    assert!(!field.replica.is_owed_a_page());
}

/// A restored server has both copies wait with what they have in common.
#[test]
fn what_waits_from_before_two_copies_parted_keeps_its_name() {
    let (_, _, mut field) = office_and_field();
    let common = field.tap(TICKET, comment("common"), at(10)).unwrap();
    let taken = field.tap(TICKET, comment("of the one"), at(11)).unwrap();
    field.tap(TICKET, comment("also of the one"), at(12)).unwrap();
    let refused = |id, because| Judged { id, verdict: Verdict::Refused { because } };
    let answer = PushResponse {
        epoch: "restored".to_owned(),
        server_time: at(20),
        verdicts: vec![refused(common, Refusal::OutOfOrder), refused(taken, Refusal::IdReused)],
    };
    field.keep(field.replica.on_push(&answer, at(20), at(20)));
    let other = domain::DeviceId::from_uuid(uuid::Uuid::from_u128(300));
    field.keep(field.replica.under_another_name(other));
    let devices: Vec<_> = field.replica.outbox().map(|entry| entry.change.id.device).collect();
    assert_eq!(devices, [common.device, other, other]);

    // Each goes out under its own name, and neither gives anything of the other up.
    let request = field.replica.push_request(0, PUSH_MAX_BYTES, at(21)).unwrap();
    assert_eq!((request.device, request.changes.len()), (common.device, 1));
    let request = field.replica.push_request(common.seq, PUSH_MAX_BYTES, at(21)).unwrap();
    assert_eq!((request.device, request.changes.len(), request.ended_before), (other, 2, None));

    // The other copy has taken that number as well. What has another name by now may be on the server, and keeps it.
    let answer = PushResponse { verdicts: vec![refused(common, Refusal::IdReused)], ..answer };
    field.keep(field.replica.on_push(&answer, at(22), at(22)));
    let third = domain::DeviceId::from_uuid(uuid::Uuid::from_u128(301));
    field.keep(field.replica.under_another_name(third));
    let devices: Vec<_> = field.replica.outbox().map(|entry| entry.change.id.device).collect();
    assert_eq!(devices, [other, other, third]);
}

#[test]
fn two_copies_of_one_device_lose_nothing_of_either() {
    let (mut server, _, mut field) = office_and_field();
    field.tap(TICKET, comment("common"), at(10)).unwrap();
    let mut copy = field.copy();
    field.tap(TICKET, comment("of the one"), at(11)).unwrap();
    copy.tap(TICKET, comment("of the other"), at(12)).unwrap();
    copy.tap(TICKET, comment("also of the other"), at(13)).unwrap();
    field.sync(&mut server, at(20));

    copy.push(&mut server, at(21), false);
    assert!(copy.replica.is_copied());
    let third = domain::DeviceId::from_uuid(uuid::Uuid::from_u128(300));
    copy.keep(copy.replica.under_another_name(third));
    assert!(!copy.replica.is_copied());
    assert_eq!(copy.replica.meta().identity.device, third);
    copy.restart();
    copy.sync(&mut server, at(22));
    field.sync(&mut server, at(23));
    let shown = field.comments(TICKET);
    assert_eq!(shown, copy.comments(TICKET));
    let shown: BTreeSet<_> = shown.iter().map(String::as_str).collect();
    assert_eq!(shown, ["common", "of the one", "of the other", "also of the other"].into());
    assert_eq!(copy.replica.unsent(), unsent(0, 0));
}
