//! Clocks, from what people did to the verdict: over folded tickets, so that late arrivals and reopenings are in it.

use std::collections::{BTreeMap, BTreeSet};

use domain::sla::{
    Clock, ClockName, ClockState, Contract, Deadline, Policy, PolicyBook, Rule, Target, Targets, clocks,
};
use domain::ticket::{
    Action, ActionKind, Assignment, Classification, Difficulty, Flag, Kind, Progress, ProgressKind, Ticket,
    Urgency, Waiting,
};
use domain::{ChangeId, Timestamp};

use crate::support::{AFTER_SALES, AMY, BO, CAI, FAY, GUS, NORTH, Record, SOUTH, minute, samples};

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

/// The clock of this name that started last, under these policies.
fn under(record: &Record, policies: &[Policy], name: ClockName) -> Clock {
    let book = PolicyBook::new(policies, LONG_AFTER);
    let clocks = clocks(&record.ticket().timeline, &book);
    clocks.into_iter().rev().find(|clock| clock.name() == name).expect("the clock has started")
}

fn progress(kind: ProgressKind, promised: Option<i64>) -> Action {
    Action::LogProgress(Progress { kind, note: String::new(), promised: promised.map(minute) })
}

fn promised() -> Action {
    progress(ProgressKind::ContactedCustomer, Some(5 * HOUR))
}

fn answered() -> Action {
    progress(ProgressKind::Answered, None)
}

fn visit_arranged(visit: i64) -> Action {
    progress(ProgressKind::VisitArranged, Some(visit))
}

fn waits_for_customer() -> Action {
    progress(ProgressKind::WaitingForCustomer, None)
}

fn resumed() -> Action {
    progress(ProgressKind::WorkResumed, None)
}

fn of_difficulty(difficulty: Difficulty) -> Action {
    Action::Reclassify(Classification { kind: Kind::Fault, difficulty, flags: BTreeSet::new() })
}

/// The shipped policy with another rule for one clock, as this version from this minute on.
fn policy(version: u32, from: i64, name: ClockName, targets: Targets, pauses: &[Waiting]) -> Policy {
    let mut policy = Policy { version, effective: minute(from), ..Policy::shipped() };
    policy.rules.insert(name, Rule { targets, pauses: pauses.iter().copied().collect() });
    policy
}

const fn in_hours(hours: u32) -> Targets {
    Targets::All { target: Some(Target::hours(hours)) }
}

/// A ticket up to the start of a clock, who stops it and how, and when it is due.
struct Life {
    name: ClockName,
    begun: Record,
    stop: (domain::PersonId, Action),
    started: i64,
    due: i64,
}

/// The clocks that start in the ticket, each with the ticket in which it does.
fn lives() -> Vec<Life> {
    use ClockName as C;
    let mut replying = Record::assigned_to(BO);
    replying.act(BO, 30, promised());
    let mut arranged = Record::assigned_to(BO);
    arranged.act(BO, 10, visit_arranged(10 * HOUR));
    let mut called = Record::completed();
    called.act(AMY, 90, samples::callback_with(3));
    let mut failed = Record::completed();
    failed.act(FAY, 90, samples::inspection_failed(20 * HOUR));
    let mut planned = Record::assigned_to(BO);
    let plan = planned.act(BO, 20, samples::agree_plan(None, &[30 * HOUR]));
    let life = |name, begun, stop, started, due| Life { name, begun, stop, started, due };
    vec![
        life(C::FirstResponse, Record::registered_in(AFTER_SALES), (AMY, contacted()), 0, 24 * HOUR),
        life(C::Reply, replying, (BO, answered()), 30, 30 + 24 * HOUR),
        life(C::Resolution, Record::assigned_to(BO), (BO, samples::complete()), 1, 1 + 72 * HOUR),
        life(C::VisitNotice, arranged, (BO, contacted()), 10, 8 * HOUR),
        life(C::ResultNotice, Record::completed(), (BO, samples::tell_result()), 60, 60 + HOUR),
        life(C::Callback, Record::completed(), (AMY, samples::callback_with(5)), 60, 60 + 24 * HOUR),
        life(C::Recovery, called, (GUS, samples::recover()), 90, 90 + HOUR),
        life(C::Rectification, failed, (BO, samples::rectify()), 90, 20 * HOUR),
        life(C::Milestone, planned, (BO, samples::reach_milestone(plan, 0)), 20, 30 * HOUR),
    ]
}

#[test]
fn every_clock_starts_and_is_met_up_to_its_due_minute_and_missed_after_it() {
    for Life { name, begun, stop: (who, action), started, due } in lives() {
        let running = clock(&begun, name);
        assert_eq!((running.started, running.due), (minute(started), Some(minute(due))), "{name:?}");
        assert_eq!(running.state(minute(started)), ClockState::Running, "{name:?}");
        assert_eq!(running.state(minute(due)), ClockState::Running, "{name:?}: exactly due is in time");
        assert_eq!(running.state(minute(due).plus_millis(1)), ClockState::Overdue, "{name:?}");
        for (at, state) in [(due - 1, ClockState::Met), (due, ClockState::Met), (due + 1, ClockState::Missed)]
        {
            let mut record = begun.clone();
            let by = record.act(who, at, action.clone());
            let stopped = clock(&record, name);
            assert_eq!((stopped.stopped, stopped.ended_by), (Some(minute(at)), Some(by)), "{name:?}");
            assert_eq!(stopped.state(LONG_AFTER), state, "{name:?} at {at}");
        }
    }
}

#[test]
fn every_clock_that_is_overdue_is_met_once_an_earlier_stop_arrives() {
    for Life { name, mut begun, stop: (who, action), due, .. } in lives() {
        let seen = begun.ids();
        begun.act(GUS, due + 5, samples::comment("逾期"));
        assert_eq!(clock(&begun, name).state(minute(due + 5)), ClockState::Overdue, "{name:?}");
        begun.act_having_seen(who, due - 1, &seen, action);
        assert_eq!(clock(&begun, name).state(minute(due + 5)), ClockState::Met, "{name:?}");
    }
}

#[test]
fn every_number_has_its_clock() {
    let numbers: Vec<_> = ClockName::ALL.into_iter().map(ClockName::number).collect();
    assert_eq!(numbers, (1..=11).collect::<Vec<_>>());
    let mut tried: BTreeSet<_> = lives().into_iter().map(|life| life.name).collect();
    tried.extend([ClockName::Acknowledge, ClockName::Register]);
    assert_eq!(tried, ClockName::ALL.into_iter().collect(), "no clock is left out here");
}

/// Each row: when the message arrived, was answered and the call ended; how the first two clocks ended by minute 0.
#[test]
fn a_message_is_acknowledged_and_a_call_registered_by_the_times_of_the_intake() {
    use ClockState::{Met, Missed};
    let rows = [
        ((Some(-30), Some(-20), None), Some(Met), None),
        ((Some(-30), Some(-19), None), Some(Missed), None),
        ((Some(-10), None, None), Some(Met), None),
        ((Some(-11), None, None), Some(Missed), None),
        ((None, None, Some(-5)), None, Some(Met)),
        ((None, None, Some(-6)), None, Some(Missed)),
        // Nobody answers before the message is there, and nobody calls after the registration of their call.
        ((Some(-30), Some(-40), None), Some(Met), None),
        ((Some(90), None, Some(90)), Some(Met), Some(Met)),
        ((None, Some(-5), None), None, None),
    ];
    for ((arrived, answered, call_ended), acknowledged, filed) in rows {
        let mut record = Record::empty();
        let mut intake = samples::minimal_intake();
        intake.times = domain::ticket::IntakeTimes {
            arrived: arrived.map(minute),
            answered: answered.map(minute),
            call_ended: call_ended.map(minute),
        };
        record.act(AMY, 0, Action::Register(Box::new(intake)));
        let all = all(&record.ticket());
        let state = |name| all.iter().find(|clock| clock.name() == name).map(|clock| clock.state(LONG_AFTER));
        let found = (state(ClockName::Acknowledge), state(ClockName::Register));
        assert_eq!(found, (acknowledged, filed), "{arrived:?} {answered:?} {call_ended:?}");
    }
}

#[test]
fn a_reply_is_owed_only_after_a_promise() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 30, contacted());
    assert!(all(&record.ticket()).iter().all(|clock| clock.name() != ClockName::Reply));
}

#[test]
fn a_reply_is_due_by_difficulty_and_counts_from_the_promise_when_that_changes() {
    for (difficulty, hours) in [(Difficulty::Simple, 24), (Difficulty::Complex, 48), (Difficulty::Hard, 48)] {
        let mut record = Record::assigned_to(BO);
        record.act(BO, 30, promised());
        record.act(GUS, 90, of_difficulty(difficulty));
        assert_eq!(clock(&record, ClockName::Reply).due, Some(minute(30 + hours * HOUR)), "{difficulty:?}");
    }
}

#[test]
fn done_work_answers_everything_that_was_asked_before_it() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 30, promised());
    record.act(BO, 60, samples::complete());
    for name in [ClockName::FirstResponse, ClockName::Reply, ClockName::Resolution] {
        assert!(clock(&record, name).stopped.is_some(), "{name:?}");
    }
    assert_eq!(clock(&record, ClockName::FirstResponse).stopped, Some(minute(30)), "the first counts");
}

#[test]
fn a_low_ticket_is_due_when_its_plan_says() {
    let mut record = Record::assigned_to(BO);
    record.act(GUS, 5, samples::set_urgency(Urgency::Low));
    let open = clock(&record, ClockName::Resolution);
    assert_eq!(
        (open.due, open.deadline, open.state(LONG_AFTER)),
        (None, Deadline::Open, ClockState::Running)
    );
    record.act(BO, 20, samples::agree_plan(Some(200 * HOUR), &[]));
    assert_eq!(clock(&record, ClockName::Resolution).due, Some(minute(200 * HOUR)));
    record.act(BO, 30, samples::agree_plan(Some(300 * HOUR), &[]));
    assert_eq!(clock(&record, ClockName::Resolution).due, Some(minute(300 * HOUR)), "the newer plan counts");
    // What was set for a certain instant does not move while the work waits.
    record.act(BO, 40, waits_for_customer());
    let waiting = clock(&record, ClockName::Resolution);
    assert_eq!((waiting.due, waiting.paused), (Some(minute(300 * HOUR)), None));
    record.act(BO, 50, samples::agree_plan(None, &[]));
    assert_eq!(clock(&record, ClockName::Resolution).due, None, "a plan without a deadline lifts it");
    // The plan's deadline is for tickets whose urgency has none.
    record.act(BO, 60, samples::agree_plan(Some(200 * HOUR), &[]));
    record.act(BO, 61, resumed());
    record.act(GUS, 70, samples::set_urgency(Urgency::Urgent));
    assert_eq!(clock(&record, ClockName::Resolution).due, Some(minute(1 + 24 * HOUR + 21)));
}

#[test]
fn a_plan_of_the_last_cycle_is_none_of_the_new_one() {
    let mut record = Record::assigned_to(BO);
    record.act(GUS, 5, samples::set_urgency(Urgency::Low));
    record.act(BO, 20, samples::agree_plan(Some(200 * HOUR), &[]));
    record.act(BO, 60, samples::complete());
    record.act(GUS, 70, samples::reopen());
    assert_eq!(clock(&record, ClockName::Resolution).due, None);
}

#[test]
fn a_visit_is_announced_by_contact_before_the_arranged_one() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, visit_arranged(10 * HOUR));
    assert_eq!(clock(&record, ClockName::VisitNotice).due, Some(minute(8 * HOUR)));
    // Arranged anew: the old one no longer counts.
    record.act(BO, 20, visit_arranged(20 * HOUR));
    let all = all(&record.ticket());
    let notices: Vec<_> = all.iter().filter(|clock| clock.name() == ClockName::VisitNotice).collect();
    assert_eq!(notices.iter().map(|clock| clock.withdrawn).collect::<Vec<_>>(), [Some(minute(20)), None]);
    assert_eq!(notices[1].due, Some(minute(18 * HOUR)));
    assert_ne!(notices[0].id, notices[1].id);
}

#[test]
fn an_arrival_without_notice_is_missed_however_early_or_late_it_is() {
    for arrival in [30, 9 * HOUR, 10 * HOUR, 30 * HOUR] {
        for arrive in [samples::minimal(ActionKind::CheckIn), progress(ProgressKind::Arrived, None)] {
            let mut record = Record::assigned_to(BO);
            record.act(BO, 10, visit_arranged(10 * HOUR));
            record.act(BO, arrival, arrive);
            let notice = clock(&record, ClockName::VisitNotice);
            assert_eq!(notice.due, Some(minute(arrival - 2 * HOUR)), "two hours before the arrival");
            assert_eq!(notice.state(LONG_AFTER), ClockState::Missed, "arrived at {arrival}");
        }
    }
}

#[test]
fn a_visit_that_was_announced_in_time_stays_so_whenever_the_engineer_arrives() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, visit_arranged(10 * HOUR));
    record.act(BO, 7 * HOUR, contacted());
    record.act(BO, 8 * HOUR, samples::minimal(ActionKind::CheckIn));
    assert_eq!(clock(&record, ClockName::VisitNotice).state(LONG_AFTER), ClockState::Met);
}

#[test]
fn an_arranged_visit_without_a_time_starts_nothing() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, progress(ProgressKind::VisitArranged, None));
    assert!(all(&record.ticket()).iter().all(|clock| clock.name() != ClockName::VisitNotice));
}

#[test]
fn a_supervisor_is_called_for_only_by_a_poor_answer() {
    for up_to in 0..=5 {
        let policy = Policy { recovery_up_to: up_to, ..Policy::shipped() };
        let calls = |callback| {
            let mut record = Record::completed();
            record.act(AMY, 90, callback);
            let clocks = clocks(&record.ticket().timeline, &PolicyBook::only(policy.clone()));
            clocks.iter().any(|clock| clock.name() == ClockName::Recovery)
        };
        for satisfaction in 1..=5 {
            assert_eq!(calls(samples::callback_with(satisfaction)), satisfaction <= up_to);
        }
        assert!(!calls(samples::callback()), "who does not say is not discontent");
    }
}

#[test]
fn two_poor_answers_call_twice() {
    let mut record = Record::completed();
    record.act(AMY, 90, samples::callback_with(1));
    record.act(GUS, 100, samples::recover());
    record.act(AMY, 200, samples::callback_with(2));
    let all = all(&record.ticket());
    let states: Vec<_> = all
        .iter()
        .filter(|clock| clock.name() == ClockName::Recovery)
        .map(|clock| clock.state(minute(210)))
        .collect();
    assert_eq!(states, [ClockState::Met, ClockState::Running]);
}

#[test]
fn what_is_owed_afterwards_outlives_the_closing_and_can_still_be_met() {
    let mut record = Record::completed();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    record.act(AMY, 75, samples::callback_with(2));
    record.act(FAY, 80, samples::inspection_failed(30 * HOUR));
    record.act(GUS, 85, samples::close());
    record.act(GUS, 100, samples::recover());
    record.act(BO, 31 * HOUR, samples::rectify());
    assert_eq!(clock(&record, ClockName::Recovery).state(LONG_AFTER), ClockState::Met);
    assert_eq!(clock(&record, ClockName::Rectification).state(LONG_AFTER), ClockState::Missed);
}

#[test]
fn a_failed_inspection_of_a_closed_ticket_is_put_right_across_a_reopening() {
    let mut record = Record::completed();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    record.act(GUS, 80, samples::close());
    record.act(FAY, 90, samples::inspection_failed(30 * HOUR));
    record.act(GUS, 95, samples::reopen());
    assert!(clock(&record, ClockName::Rectification).is_running());
    record.act(BO, 100, samples::rectify());
    assert_eq!(clock(&record, ClockName::Rectification).state(LONG_AFTER), ClockState::Met);
    record.act(FAY, 110, samples::minimal(ActionKind::Inspect));
    let all = all(&record.ticket());
    let rectifications = all.iter().filter(|clock| clock.name() == ClockName::Rectification).count();
    assert_eq!(rectifications, 1, "an inspection that passes starts nothing");
}

#[test]
fn each_milestone_has_its_clock_and_a_new_plan_withdraws_those_that_are_open() {
    let mut record = Record::assigned_to(BO);
    let plan = record.act(BO, 10, samples::agree_plan(None, &[5 * HOUR, 9 * HOUR, 7 * HOUR]));
    record.act(BO, 6 * HOUR, samples::reach_milestone(plan, 0));
    record.act(BO, 6 * HOUR + 1, samples::reach_milestone(plan, 2));
    let newer = record.act(BO, 6 * HOUR + 2, samples::agree_plan(None, &[8 * HOUR]));
    // Reached by the old plan: that milestone no longer counts.
    record.act(BO, 6 * HOUR + 3, samples::reach_milestone(plan, 1));
    record.act(BO, 8 * HOUR, samples::reach_milestone(newer, 0));
    let all = all(&record.ticket());
    let found: Vec<_> = all
        .iter()
        .filter(|clock| clock.name() == ClockName::Milestone)
        .map(|clock| (clock.id.origin, clock.state(LONG_AFTER)))
        .collect();
    assert_eq!(
        found,
        [
            (Some((plan, 0)), ClockState::Missed),
            (Some((plan, 1)), ClockState::Withdrawn),
            (Some((plan, 2)), ClockState::Met),
            (Some((newer, 0)), ClockState::Met),
        ]
    );
}

/// Each row: what a ticket that Bo has had since minute 1 waits for and goes on at these minutes, and when its resolution
/// (72 hours) is due.
#[test]
fn a_wait_for_the_customer_moves_the_due_time_by_as_long_as_it_lasts() {
    let due = 1 + 72 * HOUR;
    type Row<'a> = (&'a [(i64, Action)], Option<i64>);
    let rows: [Row<'_>; 8] = [
        (&[(100, waits_for_customer()), (400, resumed())], Some(due + 300)),
        (
            &[(100, waits_for_customer()), (400, resumed()), (500, waits_for_customer()), (501, resumed())],
            Some(due + 301),
        ),
        (&[(100, waits_for_customer()), (400, progress(ProgressKind::OnTheWay, None))], Some(due + 300)),
        // It stands still.
        (&[(100, waits_for_customer())], None),
        // Begun exactly when it was due, or later: too late to help.
        (&[(due, waits_for_customer()), (due + 500, resumed())], Some(due)),
        (&[(due + 1, waits_for_customer()), (due + 500, resumed())], Some(due)),
        (&[(due - 1, waits_for_customer()), (due + 500, resumed())], Some(due + 501)),
        // The policy does not count waiting for parts; from parts to the customer, the wait begins there.
        (
            &[
                (100, progress(ProgressKind::WaitingForParts, None)),
                (300, waits_for_customer()),
                (400, resumed()),
            ],
            Some(due + 100),
        ),
    ];
    for (events, expected) in rows {
        let mut record = Record::assigned_to(BO);
        for (at, action) in events {
            record.act(BO, *at, action.clone());
        }
        let resolution = clock(&record, ClockName::Resolution);
        assert_eq!(resolution.due, expected.map(minute), "{events:?}");
        assert_eq!(resolution.paused.is_some(), expected.is_none());
        assert_eq!(clock(&record, ClockName::FirstResponse).due, Some(minute(24 * HOUR)), "it does not wait");
    }
}

#[test]
fn a_clock_that_stands_still_says_what_is_left_and_is_met_if_it_ends_there() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 1 + 70 * HOUR, waits_for_customer());
    let standing = clock(&record, ClockName::Resolution);
    let paused = standing.paused.expect("it stands still");
    assert_eq!((paused.since, paused.waiting), (minute(1 + 70 * HOUR), Waiting::Customer));
    assert_eq!(paused.left_ms, Some(2 * Timestamp::HOUR_MS));
    assert_eq!(standing.state(LONG_AFTER), ClockState::Paused);
    record.act(BO, 500 * HOUR, samples::complete());
    let ended = clock(&record, ClockName::Resolution);
    assert_eq!((ended.state(LONG_AFTER), ended.due), (ClockState::Met, Some(minute(502 * HOUR))));
}

#[test]
fn a_clock_that_is_overdue_does_not_become_a_waiting_one() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 80 * HOUR, waits_for_customer());
    let late = clock(&record, ClockName::Resolution);
    assert_eq!((late.paused, late.state(minute(81 * HOUR))), (None, ClockState::Overdue));
}

#[test]
fn a_clock_that_starts_during_a_wait_stands_still_from_its_start() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, waits_for_customer());
    record.act(BO, 30, promised());
    let standing = clock(&record, ClockName::Reply);
    assert_eq!(standing.paused.map(|paused| paused.since), Some(minute(30)));
    record.act(BO, 90, resumed());
    assert_eq!(clock(&record, ClockName::Reply).due, Some(minute(90 + 24 * HOUR)));
}

#[test]
fn waiting_is_over_with_the_work_for_the_clocks_that_start_then() {
    let patient = policy(1, 0, ClockName::Callback, in_hours(24), &[Waiting::Customer]);
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, waits_for_customer());
    record.act(BO, 60, samples::complete());
    let callback = under(&record, &[patient], ClockName::Callback);
    assert_eq!((callback.paused, callback.due), (None, Some(minute(60 + 24 * HOUR))));
}

#[test]
fn without_pauses_in_the_policy_no_wait_stops_a_clock() {
    let strict = policy(1, 0, ClockName::Resolution, in_hours(72), &[]);
    let mut record = Record::assigned_to(BO);
    record.act(BO, 100, waits_for_customer());
    let resolution = under(&record, &[strict], ClockName::Resolution);
    assert_eq!((resolution.due, resolution.paused), (Some(minute(1 + 72 * HOUR)), None));
}

/// What changes while a clock runs counts from its start, and the waits it had stay.
#[test]
fn a_change_of_conditions_counts_from_the_start_and_keeps_the_pauses() {
    let waited = || {
        let mut record = Record::assigned_to(BO);
        record.act(BO, 100, waits_for_customer());
        record.act(BO, 400, resumed());
        record
    };
    let mut urgent = waited();
    urgent.act(GUS, 500, samples::set_urgency(Urgency::Urgent));
    assert_eq!(clock(&urgent, ClockName::Resolution).due, Some(minute(1 + 24 * HOUR + 300)));

    let by_difficulty =
        Targets::Difficulty { simple: Some(Target::hours(10)), complex: Some(Target::hours(20)), hard: None };
    let by_difficulty = policy(1, 0, ClockName::Resolution, by_difficulty, &[Waiting::Customer]);
    let mut harder = waited();
    assert_eq!(
        under(&harder, std::slice::from_ref(&by_difficulty), ClockName::Resolution).due,
        Some(minute(301 + 10 * HOUR))
    );
    harder.act(GUS, 500, of_difficulty(Difficulty::Complex));
    assert_eq!(
        under(&harder, std::slice::from_ref(&by_difficulty), ClockName::Resolution).due,
        Some(minute(301 + 20 * HOUR))
    );
    harder.act(GUS, 510, of_difficulty(Difficulty::Hard));
    assert_eq!(under(&harder, &[by_difficulty], ClockName::Resolution).due, None);

    let first = policy(1, 0, ClockName::Resolution, in_hours(50), &[Waiting::Customer]);
    let second = policy(2, 600, ClockName::Resolution, in_hours(60), &[Waiting::Customer]);
    let newer = under(&waited(), &[first, second], ClockName::Resolution);
    assert_eq!((newer.due, newer.policy), (Some(minute(301 + 60 * HOUR)), 2));
}

/// Working hours: Shanghai's office from 9 to 18 with lunch from 12 to 13; minute 0 is Thursday, 8:00.
#[test]
fn a_change_of_department_or_of_the_calendar_counts_from_the_start_in_the_other_hours() {
    let in_open = |minutes| Targets::All { target: Some(Target::Open { minutes }) };
    let mut office = policy(1, 0, ClockName::Resolution, in_open(480), &[Waiting::Customer]);
    let mut all_day = office.calendars[0].clone();
    all_day.id = "always".into();
    for weekday in domain::sla::Weekday::ALL {
        let all = domain::sla::Interval {
            from: domain::sla::TimeOfDay::MIDNIGHT,
            until: domain::sla::TimeOfDay::END,
        };
        all_day.week.insert(weekday, vec![all]);
    }
    all_day.holidays.clear();
    office.calendars.push(all_day);
    office.department_calendars = BTreeMap::from([(NORTH, "always".into())]);
    assert_eq!(office.problems(), []);
    let mut record = Record::assigned_to(BO);
    // Started before nine: eight hours until 18:00, due at closing time.
    let closing = 10 * HOUR;
    assert_eq!(
        under(&record, std::slice::from_ref(&office), ClockName::Resolution).due,
        Some(minute(closing))
    );
    // Lunch is no waiting: an hour from 11:30 until 12:30 costs half an hour.
    record.act(BO, 3 * HOUR + 30, waits_for_customer());
    record.act(BO, 4 * HOUR + 30, resumed());
    let next_day = 25 * HOUR + 30;
    assert_eq!(
        under(&record, std::slice::from_ref(&office), ClockName::Resolution).due,
        Some(minute(next_day))
    );
    // In the north, every hour counts, and so does the whole wait.
    record.act(GUS, 5 * HOUR, Action::Assign(Assignment { person: BO, department: NORTH }));
    assert_eq!(
        under(&record, std::slice::from_ref(&office), ClockName::Resolution).due,
        Some(minute(1 + 9 * HOUR))
    );
    record.act(GUS, 6 * HOUR, Action::Assign(Assignment { person: BO, department: SOUTH }));
    assert_eq!(
        under(&record, std::slice::from_ref(&office), ClockName::Resolution).due,
        Some(minute(next_day))
    );
    // The next version works on Saturdays' hours only; counted from the same start.
    let mut saturdays = Policy { version: 2, effective: minute(7 * HOUR), ..office.clone() };
    let hours = saturdays.calendars[0].week.remove(&domain::sla::Weekday::Mon).expect("it works on Mondays");
    saturdays.calendars[0].week = BTreeMap::from([(domain::sla::Weekday::Sat, hours)]);
    let moved = under(&record, &[office, saturdays], ClockName::Resolution);
    // Two days later at 18:00; the wait lay in no open hour.
    assert_eq!((moved.due, moved.policy), (Some(minute(48 * HOUR + closing)), 2));
}

#[test]
fn a_contract_of_the_customers_company_wins_over_what_holds_for_everybody() {
    let registered_by = |company: &str| {
        let mut record = Record::empty();
        let mut intake = samples::minimal_intake();
        intake.customer.company = company.into();
        record.act(AMY, 0, Action::Register(Box::new(intake)));
        record
    };
    let contract = Contract {
        id: "gold".into(),
        name: "Gold".into(),
        customers: vec!["南方机械".into(), " Acme ".into()],
        calendar: None,
        rules: BTreeMap::from([(
            ClockName::FirstResponse,
            Rule { targets: in_hours(3), pauses: BTreeSet::new() },
        )]),
    };
    let policy = Policy { contracts: vec![contract], ..Policy::shipped() };
    for (company, hours) in [("南方机械", 3), ("ACME", 3), (" acme", 3), ("", 24), ("Acme Ltd", 24)] {
        let due = under(&registered_by(company), std::slice::from_ref(&policy), ClockName::FirstResponse).due;
        assert_eq!(due, Some(minute(hours * HOUR)), "“{company}”");
    }
    // Clocks that the contract says nothing of.
    let mut record = registered_by("Acme");
    record.act(AMY, 1, samples::assign(BO));
    assert_eq!(under(&record, &[policy], ClockName::Resolution).due, Some(minute(1 + 72 * HOUR)));
}

#[test]
fn a_clock_that_has_ended_keeps_the_policy_that_held_when_it_did() {
    let first = policy(1, 0, ClockName::FirstResponse, in_hours(5), &[]);
    let second = policy(2, 4 * HOUR, ClockName::FirstResponse, in_hours(1), &[]);
    let both = [second, first];
    let mut met = Record::assigned_to(BO);
    met.act(BO, 4 * HOUR - 1, contacted());
    let ended = under(&met, &both, ClockName::FirstResponse);
    assert_eq!((ended.policy, ended.state(LONG_AFTER)), (1, ClockState::Met));
    // From the very instant on, the new version holds.
    let mut late = Record::assigned_to(BO);
    late.act(BO, 4 * HOUR, contacted());
    let ended = under(&late, &both, ClockName::FirstResponse);
    assert_eq!(
        (ended.policy, ended.due, ended.state(LONG_AFTER)),
        (2, Some(minute(HOUR)), ClockState::Missed)
    );
    // A version that has not taken effect yet changes nothing.
    let book = PolicyBook::new(&both, minute(4 * HOUR - 1));
    assert_eq!(book.valid_until(), Some(minute(4 * HOUR)));
    assert_eq!(clocks(&Record::assigned_to(BO).ticket().timeline, &book)[0].policy, 1);
}

#[test]
fn closed_tickets_never_change_whatever_is_published_later() {
    let mut record = Record::completed();
    record.act(BO, 70, samples::sign_off("更换轴承"));
    record.act(AMY, 75, samples::callback_with(5));
    record.act(GUS, 80, samples::close());
    let versions: Vec<Policy> = (2..6)
        .map(|version| {
            let mut policy =
                policy(version, 100 * i64::from(version), ClockName::Resolution, in_hours(0), &[]);
            policy.rules.retain(|_, _| version != 5);
            policy
        })
        .collect();
    let before = clocks(&record.ticket().timeline, &PolicyBook::shipped());
    let shipped = Policy::shipped();
    for many in 0..=versions.len() {
        let published: Vec<_> =
            std::iter::once(shipped.clone()).chain(versions[..many].iter().cloned()).collect();
        let now = clocks(&record.ticket().timeline, &PolicyBook::new(&published, LONG_AFTER));
        assert_eq!(now, before, "{many} later versions");
    }
}

#[test]
fn reopening_leaves_what_the_first_cycle_came_to() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 80 * HOUR, samples::complete());
    let first = clock(&record, ClockName::Resolution);
    assert_eq!(first.state(LONG_AFTER), ClockState::Missed);
    record.act(GUS, 81 * HOUR, samples::reopen());
    record.act(BO, 82 * HOUR, samples::complete());
    let ticket = record.ticket();
    let resolutions: Vec<_> =
        all(&ticket).into_iter().filter(|clock| clock.name() == ClockName::Resolution).collect();
    assert_eq!(resolutions[0], first);
    assert_eq!((resolutions[1].id.cycle, resolutions[1].started), (2, minute(81 * HOUR)));
    assert_eq!(resolutions[1].state(LONG_AFTER), ClockState::Met);
}

#[test]
fn taken_up_again_before_anybody_was_accountable_it_waits_for_the_first_assignment() {
    let mut record = Record::registered_in(AFTER_SALES);
    record.act(GUS, 20, samples::cancel());
    record.act(GUS, 30, samples::reopen());
    assert!(all(&record.ticket()).iter().all(|clock| clock.name() != ClockName::Resolution));
    record.act(GUS, 40, samples::assign(BO));
    assert_eq!(clock(&record, ClockName::Resolution).started, minute(40));
}

#[test]
fn a_wait_does_not_outlast_a_reopening() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, waits_for_customer());
    record.act(GUS, 20, samples::cancel());
    record.act(GUS, 30, samples::reopen());
    let resolution = clock(&record, ClockName::Resolution);
    assert_eq!((resolution.paused, resolution.due), (None, Some(minute(30 + 72 * HOUR))));
}

#[test]
fn clocks_keep_their_identity_when_an_earlier_start_arrives_late() {
    let mut record = Record::registered_in(AFTER_SALES);
    let seen = record.ids();
    record.act(AMY, 50, samples::assign(BO));
    let before = clock(&record, ClockName::Resolution).id;
    record.act_having_seen(GUS, 20, &seen, samples::assign(CAI));
    assert_eq!(clock(&record, ClockName::Resolution).id, before);
}

#[test]
fn a_policy_without_a_target_or_without_a_rule_gives_no_due_time_and_no_breach() {
    let without_target = policy(1, 0, ClockName::FirstResponse, Targets::All { target: None }, &[]);
    let mut without_rule = without_target.clone();
    without_rule.rules.clear();
    for policy in [without_target, without_rule] {
        let clock = under(&Record::registered_in(AFTER_SALES), &[policy], ClockName::FirstResponse);
        assert_eq!((clock.due, clock.state(LONG_AFTER)), (None, ClockState::Running));
    }
}

/// A reply that the policy sets no time for may stand still, too; there is nothing left to tell of.
#[test]
fn a_clock_without_a_target_can_stand_still() {
    let open = policy(1, 0, ClockName::Reply, Targets::All { target: None }, &[Waiting::Customer]);
    let mut record = Record::assigned_to(BO);
    record.act(BO, 10, promised());
    record.act(BO, 20, waits_for_customer());
    let reply = under(&record, &[open], ClockName::Reply);
    assert_eq!(reply.paused.map(|paused| (paused.since, paused.left_ms)), Some((minute(20), None)));
    assert_eq!(reply.state(LONG_AFTER), ClockState::Paused);
}

/// Who did it and by which change stands with every clock.
#[test]
fn every_clock_names_the_changes_that_started_and_ended_it() {
    let mut record = Record::assigned_to(BO);
    let assigned: ChangeId = record.ids()[1];
    let done = record.act(BO, 60, samples::complete());
    let resolution = clock(&record, ClockName::Resolution);
    assert_eq!((resolution.started_by, resolution.ended_by), (assigned, Some(done)));
}

#[test]
fn lateness_can_not_be_closed_or_reopened_away_but_what_is_cancelled_was_never_owed() {
    let told_by = 60 + HOUR;
    let mut reopened = Record::completed();
    reopened.act(GUS, told_by + 1, samples::reopen());
    let notice =
        all(&reopened.ticket()).into_iter().find(|clock| clock.name() == ClockName::ResultNotice).unwrap();
    assert_eq!((notice.state(LONG_AFTER), notice.stopped), (ClockState::Missed, Some(minute(told_by + 1))));
    let mut cancelled = Record::assigned_to(BO);
    cancelled.act(GUS, 100 * HOUR, samples::cancel());
    let states: Vec<_> = all(&cancelled.ticket()).iter().map(|clock| clock.state(LONG_AFTER)).collect();
    assert_eq!(states, [ClockState::Withdrawn, ClockState::Withdrawn]);
}
