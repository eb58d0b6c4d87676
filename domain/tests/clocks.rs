//! Clocks, from what people did to the verdict: over folded tickets, so that late arrivals and reopenings are in it.

use domain::Timestamp;
use domain::sla::{Clock, ClockName, ClockState, PolicyBook, clocks};
use domain::ticket::{Action, ActionKind, Flag, ProgressKind, Ticket, Urgency};

use crate::support::{AFTER_SALES, AMY, BO, CAI, GUS, Record, minute, samples};

const HOUR: i64 = 60;
const LONG_AFTER: Timestamp = minute(1_000_000);

fn all(ticket: &Ticket) -> Vec<Clock> {
    clocks(&ticket.timeline, &PolicyBook::shipped())
}

/// The clock of the ticket's latest cycle in which it runs.
fn clock(record: &Record, name: ClockName) -> Clock {
    all(&record.ticket()).into_iter().rev().find(|clock| clock.name() == name).expect("the clock has started")
}

fn contacted() -> Action {
    samples::log_progress(ProgressKind::ContactedCustomer)
}

#[test]
fn an_entry_that_arrives_late_withdraws_a_false_breach() {
    let mut record = Record::assigned_to(BO);
    let seen_by_bo = record.ids();
    record.act(AMY, 25 * HOUR, contacted());
    assert_eq!(clock(&record, ClockName::FirstResponse).state(LONG_AFTER), ClockState::Missed);
    record.act_having_seen(BO, 3 * HOUR, &seen_by_bo, contacted());
    let clock = clock(&record, ClockName::FirstResponse);
    assert_eq!((clock.stopped, clock.state(LONG_AFTER)), (Some(minute(3 * HOUR)), ClockState::Met));
}

#[test]
fn a_completion_that_arrives_late_is_judged_by_when_it_happened() {
    let mut record = Record::assigned_to(BO);
    let seen_by_bo = record.ids();
    record.act(GUS, 100 * HOUR, samples::comment("逾期了?"));
    assert_eq!(clock(&record, ClockName::Resolution).state(minute(100 * HOUR)), ClockState::Overdue);
    record.act_having_seen(BO, 70 * HOUR, &seen_by_bo, samples::complete());
    assert_eq!(clock(&record, ClockName::Resolution).state(minute(100 * HOUR)), ClockState::Met);
}

#[test]
fn a_late_arrival_before_the_first_assignment_moves_the_start() {
    let mut record = Record::registered_in(AFTER_SALES);
    let seen = record.ids();
    record.act(AMY, 50, samples::assign(BO));
    record.act_having_seen(GUS, 20, &seen, samples::assign(CAI));
    assert_eq!(clock(&record, ClockName::Resolution).started, minute(20));
}

/// Each row: urgencies set at these minutes, and when resolution and first response are due. Assigned at minute 1.
#[test]
fn a_change_of_urgency_counts_from_the_start_of_each_running_clock() {
    let rows = [
        (vec![], Some(1 + 72 * HOUR), Some(24 * HOUR)),
        (vec![(10, Urgency::Urgent)], Some(1 + 24 * HOUR), Some(2 * HOUR)),
        // Three working days: registered on a Thursday at 8:00 in Shanghai, an hour before the office opens.
        (vec![(10, Urgency::Low)], None, Some(5 * 24 * HOUR + HOUR)),
        (vec![(10, Urgency::Urgent), (20, Urgency::Normal)], Some(1 + 72 * HOUR), Some(24 * HOUR)),
        (vec![(10, Urgency::Low), (90, Urgency::Urgent)], Some(1 + 24 * HOUR), Some(2 * HOUR)),
    ];
    for (changes, resolution, first_response) in rows {
        let mut record = Record::assigned_to(BO);
        for (at, urgency) in &changes {
            record.act(GUS, *at, samples::set_urgency(*urgency));
        }
        assert_eq!(clock(&record, ClockName::Resolution).due, resolution.map(minute), "{changes:?}");
        assert_eq!(clock(&record, ClockName::FirstResponse).due, first_response.map(minute), "{changes:?}");
    }
}

#[test]
fn a_change_of_urgency_leaves_an_ended_clock_alone() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10 * HOUR, contacted());
    record.act(GUS, 11 * HOUR, samples::set_urgency(Urgency::Urgent));
    let clock = clock(&record, ClockName::FirstResponse);
    assert_eq!((clock.due, clock.state(LONG_AFTER)), (Some(minute(24 * HOUR)), ClockState::Met));
}

#[test]
fn a_green_channel_flag_moves_the_deadlines_at_once() {
    let mut record = Record::assigned_to(BO);
    record.act(GUS, 10, samples::reclassify([Flag::SafetyHazard]));
    assert_eq!(clock(&record, ClockName::Resolution).due, Some(minute(1 + 24 * HOUR)));
}

#[test]
fn a_sign_off_tells_the_customer_the_result() {
    let mut record = Record::completed();
    assert_eq!(clock(&record, ClockName::ResultNotice).due, Some(minute(60 + HOUR)));
    record.act(BO, 70, samples::sign_off("更换轴承"));
    let clock = clock(&record, ClockName::ResultNotice);
    assert_eq!((clock.stopped, clock.state(LONG_AFTER)), (Some(minute(70)), ClockState::Met));
}

#[test]
fn the_first_notice_counts_not_the_second() {
    let mut record = Record::completed();
    record.act(BO, 70, samples::minimal(ActionKind::TellResult));
    record.act(BO, 200, samples::sign_off("更换轴承"));
    assert_eq!(clock(&record, ClockName::ResultNotice).stopped, Some(minute(70)));
}

#[test]
fn a_callback_stops_its_clock_in_time_or_too_late() {
    for (at, state) in [(60 + 24 * HOUR, ClockState::Met), (61 + 24 * HOUR, ClockState::Missed)] {
        let mut record = Record::completed();
        record.act(AMY, at, samples::callback());
        assert_eq!(clock(&record, ClockName::Callback).state(LONG_AFTER), state, "at minute {at}");
    }
}

#[test]
fn rework_runs_its_own_clocks_and_the_first_response_is_not_asked_for_again() {
    let mut record = Record::completed();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    record.act(GUS, 80, samples::reopen());
    record.act(BO, 200, samples::complete());
    let of_cycle = |cycle| {
        let ticket = record.ticket();
        let mut names: Vec<_> =
            all(&ticket).iter().filter(|clock| clock.id.cycle == cycle).map(Clock::name).collect();
        names.sort();
        names
    };
    let after_work = [ClockName::Resolution, ClockName::ResultNotice, ClockName::Callback];
    assert_eq!(of_cycle(1), [&[ClockName::FirstResponse][..], &after_work].concat());
    assert_eq!(of_cycle(2), after_work);
    assert_eq!(clock(&record, ClockName::Resolution).started, minute(80));
    assert_eq!(clock(&record, ClockName::ResultNotice).started, minute(200));
}

#[test]
fn reopening_withdraws_what_still_ran() {
    let mut record = Record::completed();
    record.act(GUS, 80, samples::reopen());
    let ticket = record.ticket();
    let callback = all(&ticket).into_iter().find(|clock| clock.name() == ClockName::Callback);
    assert_eq!(callback.and_then(|clock| clock.withdrawn), Some(minute(80)));
}

#[test]
fn a_signature_for_the_first_work_does_not_stop_the_clock_of_the_rework() {
    let mut record = Record::completed();
    let seen_by_bo = record.ids();
    record.act(GUS, 65, samples::reopen());
    record.act(CAI, 70, samples::complete());
    record.act_having_seen(BO, 75, &seen_by_bo, samples::sign_off("更换轴承"));
    assert!(clock(&record, ClockName::ResultNotice).is_running());
}

#[test]
fn nothing_starts_after_the_end_because_nobody_could_stop_it() {
    let mut record = Record::assigned_to(BO);
    let seen_by_bo = record.ids();
    record.act(GUS, 10, samples::cancel());
    record.act_having_seen(BO, 20, &seen_by_bo, samples::complete());
    let ticket = record.ticket();
    assert_eq!(ticket.completions.len(), 1, "the work is known");
    assert!(all(&ticket).iter().all(|clock| !clock.is_running()));
    assert!(all(&ticket).iter().all(|clock| clock.name() != ClockName::Callback));
}

#[test]
fn a_closed_ticket_that_is_reopened_runs_clocks_again() {
    let mut record = Record::completed();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    record.act(GUS, 80, samples::close());
    let running = all(&record.ticket()).into_iter().filter(Clock::is_running).map(|clock| clock.name());
    assert_eq!(running.collect::<Vec<_>>(), [ClockName::Callback], "it is owed after closing, too");
    record.act(GUS, 90, samples::reopen());
    assert!(clock(&record, ClockName::Resolution).is_running());
}

