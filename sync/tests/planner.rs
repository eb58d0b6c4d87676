//! What the planner does next, and how long it waits.
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod world;

use domain::ticket::Urgency;
use domain::{Refusal, Timestamp};
use proptest::prelude::*;
use sync::messages::{
    Cursor, Event, Judged, PUSH_MAX_BYTES, PUSH_MAX_CHANGES, PushRequest, PushResponse, Verdict,
};
use sync::{Failure, Link, Planner, Step};

use self::world::{
    Device, Server, agent, assign, at, engineer, engineer_of_the_south, register, ticket_id, urgency,
};

fn fresh() -> (Server, Device, Planner) {
    (Server::new(), Device::that_knows_the_company(agent(), 100), Planner::default())
}

/// The same, when everything that the server had to tell is there.
fn in_step() -> (Server, Device, Planner) {
    let (server, mut device, mut planner) = fresh();
    let more = device.pull(&server, at(0));
    planner.pulled(more);
    (server, device, planner)
}

/// The pause that a planner takes after failing at `at(0)`.
fn pause(planner: &Planner, device: &Device) -> Option<i64> {
    match planner.next(&device.replica, at(0)) {
        Step::Wait(until) => Some(until.millis_since(at(0))),
        _ => None,
    }
}

#[test]
fn a_fresh_device_pulls_until_it_is_up_to_date_and_then_listens() {
    let (mut server, mut device, mut planner) = fresh();
    let mut other = Device::that_knows_the_company(agent(), 300);
    for number in 1..=7 {
        other.tap(ticket_id(number), register("one of many"), at(0)).unwrap();
    }
    other.sync(&mut server, at(1));
    let mut pulls = 0;
    while let Step::Pull(request) = planner.next(&device.replica, at(2)) {
        assert_eq!(request, device.replica.pull_request(None));
        let more = device.pull(&server, at(2));
        planner.pulled(more);
        pulls += 1;
    }
    assert_eq!(pulls, 3);
    let cursor = Cursor { epoch: server.epoch.clone(), seq: server.seq() };
    assert_eq!(planner.next(&device.replica, at(3)), Step::Listen { after: cursor, until: None });
    assert_eq!(planner.link(), Link::Connecting);
    planner.listening();
    assert_eq!(planner.link(), Link::Live);
}

#[test]
fn a_line_that_fails_is_given_less_and_one_that_answers_more_again() {
    let (_, mut device, mut planner) = fresh();
    let room = |planner: &Planner, device: &Device| match planner.next(&device.replica, at(100_000)) {
        Step::Pull(request) => request.room_bytes,
        step => panic!("{step:?}"),
    };
    assert_eq!(room(&planner, &device), None);
    let mut rooms = Vec::new();
    for _ in 0..5 {
        planner.failed(Failure::Unreachable, at(0), 0.0);
        rooms.push(room(&planner, &device).unwrap());
    }
    assert_eq!(rooms, [1 << 20, 1 << 18, 1 << 16, 1 << 16, 1 << 16]);
    for _ in 0..3 {
        planner.pulled(true);
    }
    assert_eq!(room(&planner, &device), Some(1 << 16), "one good answer does not make a good line");
    planner.pulled(true);
    assert_eq!(room(&planner, &device), Some(1 << 18));

    // The same for what is sent. Whatever its size, one change goes.
    planner.failed(Failure::Unreachable, at(0), 0.0);
    for number in 1..=20 {
        device.tap(ticket_id(number), register(&"long words ".repeat(400)), at(1)).unwrap();
    }
    let sent = |planner: &Planner, device: &Device| match planner.next(&device.replica, at(100_000)) {
        Step::Push(request) => request.changes.len(),
        step => panic!("{step:?}"),
    };
    assert_eq!(sent(&planner, &device), 1);
    let none = PushRequest { changes: Vec::new(), ..request(&device) };
    let mut answered = || {
        for _ in 0..4 {
            planner.pushed(&device.replica, &none, at(1));
        }
        sent(&planner, &device)
    };
    let (narrow, wider, wide) = (answered(), answered(), answered());
    assert!(1 < narrow && narrow < wider && wider < wide && wide == 20, "{narrow}, {wider}, {wide}");
}

/// What the device has to send.
fn request(device: &Device) -> PushRequest {
    device.replica.push_request(0, PUSH_MAX_BYTES, at(0)).expect("something waits")
}

#[test]
fn what_waits_goes_first_also_while_listening() {
    let (_, mut device, mut planner) = in_step();
    planner.listening();
    device.tap(ticket_id(1), register("now"), at(1)).unwrap();
    assert!(
        matches!(planner.next(&device.replica, at(1)), Step::Push(request) if request.changes.len() == 1)
    );
}

#[test]
fn a_push_that_nothing_came_of_is_not_repeated_at_once() {
    let (_, mut device, mut planner) = fresh();
    device.tap(ticket_id(1), register("now"), at(0)).unwrap();
    planner.pushed(&device.replica, &request(&device), at(0));
    assert!(matches!(planner.next(&device.replica, at(1)), Step::Pull(_)));
    planner.pulled(false);
    assert!(matches!(planner.next(&device.replica, at(2)), Step::Push(_)), "but after the next pull");
}

#[test]
fn a_missed_event_means_a_pull() {
    let (_, device, mut planner) = in_step();
    planner.behind();
    assert!(matches!(planner.next(&device.replica, at(1)), Step::Pull(_)));
}

#[test]
fn pauses_grow_from_a_second_to_a_minute() {
    let (_, device, mut planner) = fresh();
    let pauses: Vec<_> = (0..9)
        .map(|_| {
            planner.failed(Failure::Unreachable, at(0), 0.0);
            pause(&planner, &device).unwrap() / 1_000
        })
        .collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(planner.link(), Link::Offline);
}

#[test]
fn an_answer_that_can_not_be_read_is_no_missing_network_and_is_asked_for_again() {
    let (_, device, mut planner) = fresh();
    planner.failed(Failure::NotUnderstood, at(0), 0.0);
    assert_eq!((planner.link(), pause(&planner, &device)), (Link::NotUnderstood, Some(1_000)));
    assert!(planner.rests(at(0)) && !planner.is_in_step());
    planner.pulled(false);
    assert_eq!(planner.link(), Link::Connecting);
}

#[test]
fn what_can_not_be_kept_is_no_missing_network_and_comes_again() {
    let (_, device, mut planner) = fresh();
    planner.failed(Failure::NotKept, at(0), 0.0);
    assert_eq!((planner.link(), pause(&planner, &device)), (Link::NotKept, Some(1_000)));
    planner.failed(Failure::NotKept, at(0), 0.0);
    assert_eq!(pause(&planner, &device), Some(2_000));
    planner.try_now();
    assert!(
        matches!(planner.next(&device.replica, at(1)), Step::Pull(request) if request.room_bytes.is_some()),
        "a smaller page may find room"
    );
    planner.pulled(false);
    assert_eq!(planner.link(), Link::Connecting);
}

#[test]
fn somebody_who_wants_it_now_waits_for_one_attempt_and_no_longer() {
    let (_, _, mut planner) = fresh();
    assert!(!planner.rests(at(0)), "nothing has been tried");
    planner.failed(Failure::Unreachable, at(0), 0.0);
    assert!(planner.rests(at(1)) && !planner.rests(at(2_000)));
    planner.try_now();
    assert!(!planner.rests(at(1)), "it is being tried");
    planner.failed(Failure::SignedOut, at(1), 0.0);
    assert!(planner.rests(at(9_000)), "only the person can help");
}

#[test]
fn one_answer_ends_the_waiting_and_starts_the_pauses_anew() {
    let (_, device, mut planner) = fresh();
    for _ in 0..5 {
        planner.failed(Failure::Unreachable, at(0), 1.0);
    }
    planner.pulled(true);
    assert_eq!(planner.link(), Link::Connecting);
    assert_eq!(pause(&planner, &device), None);
    planner.failed(Failure::Unreachable, at(0), 0.0);
    assert_eq!(pause(&planner, &device), Some(1_000));
}

#[test]
fn the_network_coming_back_ends_the_waiting() {
    let (_, device, mut planner) = fresh();
    planner.failed(Failure::Unreachable, at(0), 0.5);
    planner.try_now();
    assert_eq!(pause(&planner, &device), None);
}

#[test]
fn a_busy_server_is_left_alone_for_as_long_as_it_asks_and_is_not_called_offline() {
    let (_, device, mut planner) = fresh();
    planner.failed(Failure::Busy { retry_after_ms: 90_000 }, at(0), 0.0);
    assert_eq!(pause(&planner, &device), Some(90_000));
    assert_eq!(planner.link(), Link::Connecting);
}

#[test]
fn a_server_can_not_keep_a_device_away_for_a_day() {
    let (_, device, mut planner) = fresh();
    planner.failed(Failure::Busy { retry_after_ms: i64::MAX }, at(0), 0.0);
    assert_eq!(pause(&planner, &device), Some(15 * 60_000));
    planner.failed(Failure::Busy { retry_after_ms: -5 }, at(0), 0.0);
    assert_eq!(pause(&planner, &device), Some(1_000), "nor make it ask without a pause");
}

#[test]
fn a_clock_that_is_set_back_during_a_pause_does_not_make_it_longer() {
    let (_, device, mut planner) = fresh();
    planner.failed(Failure::Unreachable, at(0), 0.0);
    assert!(matches!(planner.next(&device.replica, at(999)), Step::Wait(_)));
    assert!(matches!(planner.next(&device.replica, at(-1)), Step::Pull(_)));
}

#[test]
fn an_ended_session_and_an_old_version_wait_for_a_person() {
    let (_, mut device, mut planner) = fresh();
    device.tap(ticket_id(1), register("kept"), at(0)).unwrap();
    planner.failed(Failure::SignedOut, at(0), 0.0);
    planner.try_now();
    assert_eq!(planner.next(&device.replica, at(1)), Step::SignIn);
    planner.signed_in();
    assert!(matches!(planner.next(&device.replica, at(2)), Step::Push(_)));
    planner.failed(Failure::TooOld, at(3), 0.0);
    assert_eq!(planner.next(&device.replica, at(4)), Step::Update);
}

#[test]
fn no_more_than_a_batch_is_pushed_at_once() {
    let (_, mut device, planner) = fresh();
    for number in 0..=sync::messages::PUSH_MAX_CHANGES {
        device.tap(ticket_id(number as u128), register("a busy day"), at(1)).unwrap();
    }
    let Step::Push(request) = planner.next(&device.replica, at(2)) else { panic!("something waits") };
    assert_eq!(request.changes.len(), sync::messages::PUSH_MAX_CHANGES);
    assert!(request.changes.is_sorted_by_key(|change| change.id.seq));
}

#[test]
fn no_more_is_pushed_at_once_than_a_slow_line_carries_but_never_nothing() {
    let (_, mut device, planner) = fresh();
    let long = "长".repeat(7_000);
    for number in 0..40 {
        device.tap(ticket_id(number), register(&long), at(1)).unwrap();
    }
    let Step::Push(request) = planner.next(&device.replica, at(2)) else { panic!("something waits") };
    let bytes: usize = request.changes.iter().map(|change| serde_json::to_vec(change).unwrap().len()).sum();
    assert!(bytes <= sync::messages::PUSH_MAX_BYTES, "{bytes}");
    assert!((2..40).contains(&request.changes.len()), "{}", request.changes.len());
}

/// No event tells of a ticket that has moved out of sight.
#[test]
fn what_was_let_in_to_a_ticket_out_of_sight_is_followed_by_a_page() {
    let (mut server, mut office, mut planner) = fresh();
    let mut field = Device::that_knows_the_company(engineer(), 200);
    let ticket = ticket_id(1);
    office.tap(ticket, register("it smokes"), at(0)).unwrap();
    office.tap(ticket, assign(&engineer()), at(0)).unwrap();
    office.sync(&mut server, at(1));
    field.sync(&mut server, at(2));
    office.tap(ticket, assign(&engineer_of_the_south()), at(3)).unwrap();
    office.sync(&mut server, at(3));
    let change = field.tap(ticket, urgency(Urgency::Urgent), at(4)).unwrap();
    let request = request(&field);
    field.sync(&mut server, at(5));
    planner.pulled(false);
    planner.listening();
    assert!(matches!(planner.next(&field.replica, at(6)), Step::Listen { .. }));

    let answer = PushResponse {
        epoch: server.epoch.clone(),
        server_time: at(7),
        verdicts: vec![Judged { id: change, verdict: Verdict::Applied { revision: server.seq() + 1 } }],
    };
    field.keep(field.replica.on_push(&answer, at(7), at(7)));
    planner.pushed(&field.replica, &request, at(7));
    assert!(matches!(planner.next(&field.replica, at(7)), Step::Pull(_)));
}

#[test]
fn a_ticket_that_was_begun_here_is_told_of_by_the_stream() {
    let (mut server, mut device, mut planner) = fresh();
    let more = device.pull(&server, at(0));
    planner.pulled(more);
    device.tap(ticket_id(1), register("now"), at(1)).unwrap();
    let request = request(&device);
    device.push(&mut server, at(2), false);
    planner.pushed(&device.replica, &request, at(2));
    assert!(matches!(planner.next(&device.replica, at(2)), Step::Listen { .. }));
}

#[test]
fn a_change_that_can_not_be_judged_does_not_hold_up_one_recorded_afterwards() {
    let (_, mut device, mut planner) = fresh();
    device.tap(ticket_id(1), register("stuck"), at(0)).unwrap();
    planner.pulled(false);
    planner.pushed(&device.replica, &request(&device), at(0));
    assert!(!matches!(planner.next(&device.replica, at(1)), Step::Push(_)));
    device.tap(ticket_id(2), register("new"), at(2)).unwrap();
    assert!(matches!(planner.next(&device.replica, at(3)), Step::Push(_)));
}

/// A server that was restored waits for what the changes rest on, perhaps for weeks.
#[test]
fn what_can_not_be_judged_holds_up_nothing_that_comes_after_it_however_much_it_is() {
    let (server, mut device, mut planner) = in_step();
    for number in 1..=PUSH_MAX_CHANGES + 3 {
        device.tap(ticket_id(number as u128), register("stuck"), at(1)).unwrap();
    }
    let push = |planner: &Planner, device: &Device, clock| match planner.next(&device.replica, clock) {
        Step::Push(request) => request,
        step => panic!("{step:?}"),
    };
    let first = push(&planner, &device, at(2));
    assert_eq!((first.changes[0].id.seq, first.ended_before), (1, None));
    planner.pushed(&device.replica, &first, at(2));
    let second = push(&planner, &device, at(3));
    let rest = PUSH_MAX_CHANGES + 3 - first.changes.len();
    assert_eq!((second.changes.len(), second.ended_before), (rest, Some(1)), "nothing before it is given up");
    planner.pushed(&device.replica, &second, at(3));
    assert_eq!(planner.unjudged(), PUSH_MAX_CHANGES + 3);
    assert!(planner.has_pushed(&device.replica), "files need not wait");
    let Step::Listen { until: Some(until), .. } = planner.next(&device.replica, at(4)) else { panic!() };

    // Nor what is made meanwhile, nor what becomes of a change that the office has looked at.
    let signature = device.tap(ticket_id(1), urgency(Urgency::Urgent), at(5)).unwrap();
    assert!(!planner.has_pushed(&device.replica));
    let third = push(&planner, &device, at(6));
    assert_eq!((third.changes[0].id, third.changes.len(), third.ended_before), (signature, 1, Some(1)));
    let verdict = Verdict::Parked { because: Refusal::RoleMayNot };
    let parked = first.changes[0].id;
    let verdicts = vec![Judged { id: parked, verdict }];
    let answer = PushResponse { epoch: server.epoch.clone(), server_time: at(6), verdicts };
    device.keep(device.replica.on_push(&answer, at(6), at(6)));
    planner.pushed(&device.replica, &third, at(6));
    assert!(device.hear(&[Event::Parked]));
    planner.heard(&device.replica, &[Event::Parked]);
    assert_eq!(push(&planner, &device, at(7)).changes[0].id, parked, "it is asked about at once");
    assert!(push(&planner, &device, until).changes.len() > 2, "a pause ends");
}

/// A restored server does not know of what it had parked, and of the numbers before it.
#[test]
fn a_parked_change_that_can_not_be_judged_does_not_keep_the_device_from_pulling() {
    let (server, mut device, mut planner) = fresh();
    let more = device.pull(&server, at(0));
    let change = device.tap(ticket_id(1), register("parked"), at(1)).unwrap();
    let answer = |verdict| PushResponse {
        epoch: server.epoch.clone(),
        server_time: at(2),
        verdicts: vec![Judged { id: change, verdict }],
    };
    let parked = answer(Verdict::Parked { because: Refusal::RoleMayNot });
    device.keep(device.replica.on_push(&parked, at(2), at(2)));
    planner.pulled(more);
    let later = at(2 * 60 * 60 * 1_000);
    let Step::Push(request) = planner.next(&device.replica, later) else { panic!("it is asked about") };
    let unjudged = answer(Verdict::Refused { because: Refusal::OutOfOrder });
    device.keep(device.replica.on_push(&unjudged, later, later));
    planner.pushed(&device.replica, &request, later);
    assert!(matches!(planner.next(&device.replica, later), Step::Listen { .. }));
    planner.behind();
    assert!(matches!(planner.next(&device.replica, later), Step::Pull(_)));
}

#[test]
fn a_cut_line_is_no_reason_to_tell_again_what_could_not_be_judged() {
    let (_, mut device, mut planner) = in_step();
    device.tap(ticket_id(1), register("stuck"), at(0)).unwrap();
    planner.pushed(&device.replica, &request(&device), at(0));
    planner.failed(Failure::Unreachable, at(1), 0.0);
    assert!(matches!(planner.next(&device.replica, at(2_000)), Step::Pull(_)));
    planner.pulled(false);
    assert!(matches!(planner.next(&device.replica, at(2_000)), Step::Push(_)), "but after what has come");
}

#[test]
fn what_can_not_be_judged_is_put_off_for_longer_each_time_and_up_to_an_hour() {
    let (_, mut device, mut planner) = in_step();
    device.tap(ticket_id(1), register("stuck"), at(0)).unwrap();
    let mut clock = at(0);
    let mut pauses = Vec::new();
    for _ in 0..12 {
        let Step::Push(request) = planner.next(&device.replica, clock) else { panic!("it is due") };
        planner.pushed(&device.replica, &request, clock);
        let Step::Listen { until: Some(until), .. } = planner.next(&device.replica, clock) else { panic!() };
        pauses.push(until.millis_since(clock) / 1_000);
        clock = until;
    }
    assert_eq!(pauses[..4], [10, 20, 40, 80]);
    assert_eq!(pauses[9..], [3_600, 3_600, 3_600]);
    assert_eq!(planner.unjudged(), 1);
}

#[test]
fn an_event_about_its_ticket_has_a_change_judged_anew_at_once() {
    let (mut server, mut office, _) = fresh();
    let mut field = Device::that_knows_the_company(engineer(), 200);
    for number in [1, 2] {
        office.tap(ticket_id(number), register("it smokes"), at(0)).unwrap();
    }
    office.sync(&mut server, at(1));
    field.sync(&mut server, at(2));
    let mut planner = Planner::default();
    planner.pulled(false);
    field.tap(ticket_id(1), world::comment("on my way"), at(3)).unwrap();
    planner.pushed(&field.replica, &request(&field), at(3));
    let mut told_of = |number| {
        let from = server.seq();
        office.tap(ticket_id(number), urgency(Urgency::Low), at(4)).unwrap();
        office.sync(&mut server, at(4));
        server.events(&engineer(), from)
    };
    planner.heard(&field.replica, &told_of(2));
    assert!(matches!(planner.next(&field.replica, at(5)), Step::Listen { .. }));
    planner.heard(&field.replica, &told_of(1));
    assert!(matches!(planner.next(&field.replica, at(5)), Step::Push(_)));
}

proptest! {
    #[test]
    fn no_pause_is_shorter_than_a_second_or_longer_than_a_minute_and_a_half(failures in 1_usize..200, jitter: f64) {
        let (_, device, mut planner) = fresh();
        for _ in 0..failures {
            planner.failed(Failure::Unreachable, at(0), jitter);
        }
        let pause = pause(&planner, &device).unwrap();
        prop_assert!((1_000..=90_000).contains(&pause), "{pause} ms");
        let later = at(0).plus_millis(pause);
        prop_assert!(!matches!(planner.next(&device.replica, later), Step::Wait(_)));
    }

    #[test]
    fn a_clock_at_its_end_does_no_harm(clock: i64, jitter: f64) {
        let (_, device, mut planner) = fresh();
        planner.failed(Failure::Unreachable, Timestamp::from_millis(clock), jitter);
        let _ = planner.next(&device.replica, Timestamp::from_millis(clock));
    }
}
