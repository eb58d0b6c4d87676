//! Explanations: every line that decides about a clock, and the latenesses that were seen and taken back.

use std::collections::BTreeMap;

use domain::sla::{
    ClockName, Contract, Correction, Ledger, Line, Name, Policy, PolicyBook, Rule, SpecialDay, Target,
    Targets, clocks, corrections, explain,
};
use domain::ticket::{Action, ActionKind, Progress, ProgressKind, Recorded, Urgency, Waiting};
use domain::{Timestamp, sla::Date};

use crate::support::{AFTER_SALES, AMY, BO, GUS, Record, TICKET, minute, samples};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;
/// Midnight in Shanghai of Thursday 2026-02-12, in minutes: the week before the Spring Festival, which is made up for on
/// Saturday the 14th and Saturday the 28th.
const THURSDAY: i64 = 29_514_240 - 8 * HOUR;

fn date(text: &str) -> Date {
    text.parse().expect("it is a date")
}

/// Resolution counted in the office's open time, waiting for the customer not counted.
fn in_open(minutes: u32) -> Policy {
    let mut policy = Policy::shipped();
    let targets = Targets::All { target: Some(Target::Open { minutes }) };
    policy.rules.insert(ClockName::Resolution, Rule { targets, pauses: [Waiting::Customer].into() });
    policy
}

/// A ticket that Bo is accountable for from this minute on.
fn assigned_at(at: i64) -> Record {
    let mut record = Record::empty();
    record.act(AMY, at - 1, samples::register());
    record.act(AMY, at, samples::assign(BO));
    record
}

fn progress(kind: ProgressKind) -> Action {
    Action::LogProgress(Progress { kind, note: String::new(), promised: None })
}

fn explained(record: &Record, policies: &[Policy], name: ClockName, now: i64) -> Ledger {
    let book = PolicyBook::new(policies, minute(now));
    let timeline = record.ticket().timeline;
    let clocks = clocks(&timeline, &book);
    let clock = clocks.iter().rev().find(|clock| clock.name() == name).expect("the clock has started");
    let ledger = explain(&timeline, &book, clock.id, minute(now)).expect("it is one of its clocks");
    assert_eq!(ledger.clock, *clock);
    ledger
}

fn counted(ledger: &Ledger) -> i64 {
    let counted = ledger.lines.iter().map(|line| match line {
        Line::Counted { millis, .. } | Line::Days { millis, .. } => *millis,
        _ => 0,
    });
    counted.sum::<i64>() / Timestamp::MINUTE_MS
}

/// A stretch that counts, in minutes of the story.
fn counts(from: i64, until: i64) -> Line {
    Line::Counted { from: minute(from), until: minute(until), millis: (until - from) * Timestamp::MINUTE_MS }
}

fn office() -> Name {
    Policy::shipped().calendars[0].name.clone()
}

fn festival() -> Name {
    match &Policy::shipped().holidays[0].days[&date("2026-02-16")] {
        SpecialDay::Holiday { name } => name.clone(),
        other => panic!("the festival is a holiday, not {other:?}"),
    }
}

/// Assigned at 17:00 on Friday; 10 open hours: an hour on Friday, nine on the Saturday that is made up.
#[test]
fn a_made_up_saturday_counts_and_lunch_does_not() {
    let friday = THURSDAY + DAY;
    let record = assigned_at(friday + 17 * HOUR);
    let ledger = explained(&record, &[in_open(8 * 60)], ClockName::Resolution, friday + 18 * HOUR);
    let saturday = friday + DAY;
    let target = Line::Target {
        target: Target::Open { minutes: 480 },
        urgency: Urgency::Normal,
        difficulty: domain::ticket::Difficulty::Simple,
        policy: 1,
        contract: None,
        calendar: Some(office()),
    };
    let made_up = Line::MakeUp { date: date("2026-02-14"), name: festival() };
    assert_eq!(
        ledger.lines,
        [
            Line::Started { at: minute(friday + 17 * HOUR), by: record.ids()[1] },
            target,
            counts(friday + 17 * HOUR, friday + 18 * HOUR),
            made_up,
            counts(saturday + 9 * HOUR, saturday + 12 * HOUR),
            Line::Break { from: minute(saturday + 12 * HOUR), until: minute(saturday + 13 * HOUR) },
            counts(saturday + 13 * HOUR, saturday + 17 * HOUR),
            Line::Due { at: minute(saturday + 17 * HOUR) },
        ]
    );
    assert_eq!((ledger.used_ms, ledger.target_ms), (Timestamp::HOUR_MS, Some(8 * Timestamp::HOUR_MS)));
}

/// The whole festival and the weekend around it, each holiday by its name.
#[test]
fn holidays_are_named_and_weekends_are_closed() {
    let saturday = THURSDAY + 2 * DAY;
    let record = assigned_at(saturday + 17 * HOUR);
    let ledger = explained(&record, &[in_open(120)], ClockName::Resolution, saturday + 18 * HOUR);
    let holidays: Vec<_> = ledger
        .lines
        .iter()
        .filter_map(|line| match line {
            Line::Holiday { date, name } => Some((*date, name.in_language("zh-CN").to_owned())),
            _ => None,
        })
        .collect();
    let expected: Vec<_> =
        (15..=23).map(|day| (date(&format!("2026-02-{day}")), "春节".to_owned())).collect();
    assert_eq!(holidays, expected);
    // Tuesday the 24th at 10:00.
    assert_eq!(ledger.clock.due, Some(minute(saturday + 10 * DAY + 10 * HOUR)));

    // An ordinary weekend is two closed days.
    let friday = THURSDAY - 6 * DAY;
    let record = assigned_at(friday + 17 * HOUR);
    let ledger = explained(&record, &[in_open(120)], ClockName::Resolution, friday + 18 * HOUR);
    let closed = Line::Closed { from: date("2026-02-07"), until: date("2026-02-08") };
    assert!(ledger.lines.contains(&closed), "{:#?}", ledger.lines);
}

#[test]
fn a_start_outside_hours_says_when_counting_began() {
    for (start, opening) in [(7 * HOUR, 9 * HOUR), (12 * HOUR + 30, 13 * HOUR), (18 * HOUR, 33 * HOUR)] {
        let record = assigned_at(THURSDAY + start);
        let ledger = explained(&record, &[in_open(30)], ClockName::Resolution, THURSDAY + start);
        let opened = Line::Opened { from: minute(THURSDAY + start), at: minute(THURSDAY + opening) };
        assert!(ledger.lines.contains(&opened), "{:#?}", ledger.lines);
        assert_eq!(ledger.clock.due, Some(minute(THURSDAY + opening + 30)));
    }
    let record = assigned_at(THURSDAY + 9 * HOUR);
    let ledger = explained(&record, &[in_open(30)], ClockName::Resolution, THURSDAY + 9 * HOUR);
    assert!(!ledger.lines.iter().any(|line| matches!(line, Line::Opened { .. })));
}

#[test]
fn a_half_day_is_told_with_its_name() {
    let mut policy = in_open(240);
    let hours = vec![domain::sla::Interval { from: time("09:00"), until: time("11:00") }];
    let name = Name(BTreeMap::from([("en".to_owned(), "Half day".to_owned())]));
    let half = SpecialDay::Hours { name: name.clone(), hours };
    policy.calendars[0].days = BTreeMap::from([(date("2026-02-12"), half)]);
    let record = assigned_at(THURSDAY + 9 * HOUR);
    let ledger = explained(&record, &[policy], ClockName::Resolution, THURSDAY + 10 * HOUR);
    assert!(ledger.lines.contains(&Line::SpecialHours { date: date("2026-02-12"), name }));
    assert_eq!(ledger.clock.due, Some(minute(THURSDAY + DAY + 11 * HOUR)));
    assert_eq!(counted(&ledger), 240);
}

fn time(text: &str) -> domain::sla::TimeOfDay {
    text.parse().expect("it is a time of day")
}

/// Waiting from 11:00 to 14:00 takes two open hours; who said so and why stands there.
#[test]
fn a_pause_says_who_why_and_how_much_of_it_would_have_counted() {
    let mut record = assigned_at(THURSDAY + 9 * HOUR);
    let waits = record.act(BO, THURSDAY + 11 * HOUR, progress(ProgressKind::WaitingForCustomer));
    record.act(BO, THURSDAY + 14 * HOUR, progress(ProgressKind::WorkResumed));
    let ledger = explained(&record, &[in_open(300)], ClockName::Resolution, THURSDAY + 15 * HOUR);
    let (from, until) = (minute(THURSDAY + 11 * HOUR), Some(minute(THURSDAY + 14 * HOUR)));
    let millis = 2 * Timestamp::HOUR_MS;
    let paused = Line::Paused { from, until, waiting: Waiting::Customer, by: waits, millis };
    assert!(ledger.lines.contains(&paused), "{:#?}", ledger.lines);
    assert_eq!(ledger.clock.due, Some(minute(THURSDAY + 17 * HOUR)));
    assert_eq!((counted(&ledger), ledger.used_ms), (300, 3 * Timestamp::HOUR_MS));
}

#[test]
fn a_clock_that_stands_still_is_told_as_far_as_it_came() {
    let mut record = assigned_at(THURSDAY + 9 * HOUR);
    let waits = record.act(BO, THURSDAY + 11 * HOUR, progress(ProgressKind::WaitingForCustomer));
    let now = THURSDAY + 15 * HOUR;
    let ledger = explained(&record, &[in_open(300)], ClockName::Resolution, now);
    let millis = 3 * Timestamp::HOUR_MS;
    let from = minute(THURSDAY + 11 * HOUR);
    let paused = Line::Paused { from, until: None, waiting: Waiting::Customer, by: waits, millis };
    assert!(ledger.lines.contains(&paused), "{:#?}", ledger.lines);
    assert!(!ledger.lines.iter().any(|line| matches!(line, Line::Due { .. })));
    assert_eq!((counted(&ledger), ledger.used_ms), (120, 2 * Timestamp::HOUR_MS));

    // Ended while it stood still: the wait ended there, too.
    record.act(BO, now, samples::complete());
    let ledger = explained(&record, &[in_open(300)], ClockName::Resolution, now + DAY);
    let until = Some(minute(now));
    let paused = Line::Paused { from, until, waiting: Waiting::Customer, by: waits, millis };
    assert!(ledger.lines.contains(&paused), "{:#?}", ledger.lines);
    assert_eq!((counted(&ledger), ledger.used_ms), (300, 2 * Timestamp::HOUR_MS));
}

#[test]
fn what_changed_while_it_ran_is_told_in_its_order() {
    let mut record = assigned_at(THURSDAY + 9 * HOUR);
    let same = record.act(GUS, THURSDAY + 10 * HOUR, samples::set_urgency(Urgency::Normal));
    let urgent = record.act(GUS, THURSDAY + 11 * HOUR, samples::set_urgency(Urgency::Urgent));
    let second = Policy { version: 2, effective: minute(THURSDAY + 10 * HOUR + 30), ..Policy::shipped() };
    let unborn = Policy { version: 3, effective: minute(THURSDAY + 400 * HOUR), ..Policy::shipped() };
    let policies = [Policy::shipped(), second, unborn];
    let ledger = explained(&record, &policies, ClockName::Resolution, THURSDAY + 12 * HOUR);
    let (at, by) = (minute(THURSDAY + 11 * HOUR), urgent);
    assert_eq!(
        ledger.lines[1..3],
        [
            Line::PolicyChanged { at: minute(THURSDAY + 10 * HOUR + 30), version: 2 },
            Line::UrgencyChanged { at, by, urgency: Urgency::Urgent },
        ]
    );
    assert!(!ledger.lines.iter().any(|line| matches!(line, Line::UrgencyChanged { by, .. } if *by == same)));
    assert!(matches!(
        ledger.lines[3],
        Line::Target { urgency: Urgency::Urgent, policy: 2, calendar: None, .. }
    ));
    assert_eq!(ledger.lines[4], counts(THURSDAY + 9 * HOUR, THURSDAY + 33 * HOUR));

    // What came after its end is not its business.
    record.act(BO, THURSDAY + 12 * HOUR, samples::complete());
    record.act(GUS, THURSDAY + 13 * HOUR, samples::set_urgency(Urgency::Low));
    let ledger = explained(&record, &policies, ClockName::Resolution, THURSDAY + 14 * HOUR);
    let changes = ledger.lines.iter().filter(|line| matches!(line, Line::UrgencyChanged { .. })).count();
    assert_eq!(changes, 1);
}

#[test]
fn what_was_said_again_or_concerns_another_clock_is_not_told() {
    let mut record = Record::assigned_to(BO);
    record.act(GUS, 3, samples::set_urgency(Urgency::Low));
    let harder = record.act(GUS, 4, samples::reclassify([]));
    record.act(GUS, 5, samples::reclassify([]));
    record.act(GUS, 6, samples::agree_plan(Some(500), &[400]));
    let lifted = record.act(GUS, 7, samples::agree_plan(None, &[]));
    let told = |name| explained(&record, &[Policy::shipped()], name, 100).lines;
    let resolution = told(ClockName::Resolution);
    let harder_told = resolution.iter().filter(|line| matches!(line, Line::DifficultyChanged { .. }));
    let by: Vec<_> = harder_told
        .map(|line| match line {
            Line::DifficultyChanged { by, .. } => *by,
            _ => unreachable!("it was filtered"),
        })
        .collect();
    assert_eq!(by, [harder]);
    // The plan that lifts the deadline is told as well as the one that set it.
    let plans = resolution.iter().filter(|line| matches!(line, Line::PlanAgreed { .. })).count();
    assert_eq!(plans, 2);
    assert!(resolution.contains(&Line::PlanAgreed { at: minute(7), by: lifted, deadline: None }));
    let milestone = told(ClockName::Milestone);
    assert!(!milestone.iter().any(|line| matches!(line, Line::PlanAgreed { .. })), "{milestone:#?}");
}

#[test]
fn the_contract_the_plan_the_visit_and_a_missing_target_are_named() {
    let mut policy = Policy::shipped();
    let rule = policy.rules[&ClockName::Resolution].clone();
    policy.contracts.push(Contract {
        id: "gold".into(),
        name: "Gold".into(),
        customers: vec!["南方机械".into()],
        calendar: None,
        rules: BTreeMap::from([(ClockName::Resolution, rule)]),
    });
    let mut record = Record::empty();
    let mut intake = samples::minimal_intake();
    intake.customer.company = "南方机械".into();
    record.act(AMY, 0, Action::Register(Box::new(intake)));
    record.act(AMY, 1, samples::assign(BO));
    let line = |record: &Record, name| {
        let lines = explained(record, std::slice::from_ref(&policy), name, 100).lines;
        let decides = |line: &&Line| {
            matches!(
                line,
                Line::Target { .. } | Line::Set { .. } | Line::BeforeVisit { .. } | Line::Open { .. }
            )
        };
        lines.iter().find(decides).expect("one line says by what it is due").clone()
    };
    let by_contract = line(&record, ClockName::Resolution);
    assert!(matches!(by_contract, Line::Target { contract: Some(id), .. } if id == "gold"));
    record.act(GUS, 2, samples::set_urgency(Urgency::Low));
    assert_eq!(line(&record, ClockName::Resolution), Line::Open { policy: 1 });
    let by = record.act(GUS, 3, samples::agree_plan(Some(500), &[400]));
    assert_eq!(line(&record, ClockName::Resolution), Line::Set { due: minute(500), policy: 1 });
    let agreed = Line::PlanAgreed { at: minute(3), by, deadline: Some(minute(500)) };
    assert!(
        explained(&record, std::slice::from_ref(&policy), ClockName::Resolution, 100).lines.contains(&agreed)
    );
    assert_eq!(line(&record, ClockName::Milestone), Line::Set { due: minute(400), policy: 1 });
    let arranged =
        Progress { kind: ProgressKind::VisitArranged, note: String::new(), promised: Some(minute(300)) };
    record.act(BO, 4, Action::LogProgress(arranged));
    let before = Line::BeforeVisit { visit: minute(300), minutes: 120, policy: 1 };
    assert_eq!(line(&record, ClockName::VisitNotice), before);
}

/// 60 days of eight open hours, of which 32 lie between the told ones.
#[test]
fn many_days_are_summed_up_in_the_middle_and_nothing_is_lost() {
    let minutes = 60 * 8 * 60;
    for start in [9 * HOUR, 12 * HOUR + 20, 23 * HOUR] {
        let mut record = assigned_at(THURSDAY + start);
        record.act(BO, THURSDAY + 20 * DAY, progress(ProgressKind::WaitingForCustomer));
        record.act(BO, THURSDAY + 33 * DAY, progress(ProgressKind::WorkResumed));
        let ledger = explained(&record, &[in_open(minutes)], ClockName::Resolution, THURSDAY + DAY);
        let days: Vec<_> = ledger.lines.iter().filter(|line| matches!(line, Line::Days { .. })).collect();
        assert_eq!(days.len(), 1);
        assert!(matches!(days[0], Line::Days { open, .. } if *open > 10));
        assert!(ledger.lines.len() < 120, "{} lines", ledger.lines.len());
        assert_eq!(counted(&ledger), i64::from(minutes));
    }
}

/// Around the number of days from which on they are summed up, one open hour a day.
#[test]
fn no_number_of_days_is_told_wrongly() {
    let mut policy = in_open(60);
    let hours = vec![domain::sla::Interval { from: time("09:00"), until: time("10:00") }];
    policy.calendars[0].week = domain::sla::Weekday::ALL.map(|weekday| (weekday, hours.clone())).into();
    policy.calendars[0].holidays.clear();
    for days in 1..70_u32 {
        let targets = Targets::All { target: Some(Target::Open { minutes: days * 60 }) };
        policy.rules.insert(ClockName::Resolution, Rule { targets, pauses: [].into() });
        let ledger =
            explained(&assigned_at(THURSDAY), std::slice::from_ref(&policy), ClockName::Resolution, THURSDAY);
        let told = ledger.lines.iter().filter(|line| matches!(line, Line::Counted { .. })).count();
        let summed = ledger.lines.iter().find_map(|line| match line {
            Line::Days { open, .. } => Some(*open),
            _ => None,
        });
        assert_eq!(told as u32 + summed.unwrap_or(0), days);
        assert_eq!(summed.is_some(), days > 29, "{days} days");
        assert_eq!(counted(&ledger), i64::from(days) * 60);
    }
}

/// As in Newfoundland, where the wall clock went from 00:01 on Sunday back to 23:01 on Saturday: what counted in the first
/// minute of Sunday is told, though the wall shows Saturday again when it is due.
#[test]
fn a_wall_clock_that_goes_back_over_midnight_loses_no_minute() {
    let friday = THURSDAY + DAY;
    let midnight = friday + 2 * DAY + 8 * HOUR;
    let mut policy = in_open(2 * 60);
    policy.calendars[0].zone = domain::sla::Zone {
        name: "Test/Zone".into(),
        offset: 0,
        transitions: vec![((midnight + 1) * 60, -3_600)],
    };
    let hours = vec![domain::sla::Interval { from: time("00:00"), until: time("24:00") }];
    policy.calendars[0].week = domain::sla::Weekday::ALL.map(|weekday| (weekday, hours.clone())).into();
    policy.calendars[0].holidays.clear();
    for minutes in [59, 60, 61, 62, 90, 120, 121, 150, 200] {
        let targets = Targets::All { target: Some(Target::Open { minutes }) };
        policy.rules.insert(ClockName::Resolution, Rule { targets, pauses: [].into() });
        let record = assigned_at(midnight - HOUR);
        let ledger = explained(&record, std::slice::from_ref(&policy), ClockName::Resolution, midnight);
        assert_eq!(ledger.clock.due, Some(minute(midnight - HOUR + i64::from(minutes))));
        assert_eq!(counted(&ledger), i64::from(minutes), "{:#?}", ledger.lines);
    }
}

/// The wall clock goes from 23:50 on to 00:50: what counted in the minutes before the day's moved beginning is told.
#[test]
fn a_wall_clock_that_jumps_over_midnight_loses_no_minute() {
    let midnight = THURSDAY + 3 * DAY + 8 * HOUR;
    let mut policy = in_open(60);
    policy.calendars[0].zone = domain::sla::Zone {
        name: "Test/Zone".into(),
        offset: 0,
        transitions: vec![((midnight - 10) * 60, 3_600)],
    };
    let hours = vec![domain::sla::Interval { from: time("00:00"), until: time("24:00") }];
    policy.calendars[0].week = domain::sla::Weekday::ALL.map(|weekday| (weekday, hours.clone())).into();
    policy.calendars[0].holidays.clear();
    for start in -20..20 {
        let record = assigned_at(midnight + start);
        let ledger = explained(&record, std::slice::from_ref(&policy), ClockName::Resolution, midnight);
        assert_eq!(ledger.clock.due, Some(minute(midnight + start + HOUR)));
        assert_eq!(counted(&ledger), HOUR, "{:#?}", ledger.lines);
    }
}

#[test]
fn beyond_the_last_known_holidays_it_says_so() {
    let told = |start: i64| {
        let ledger = explained(&assigned_at(start), &[in_open(60)], ClockName::Resolution, start);
        ledger.lines.contains(&Line::HolidaysUnknownAfter { date: date("2026-12-31") })
    };
    // 2026-12-31 is day 322 after the Thursday.
    let last = THURSDAY + 322 * DAY;
    assert!(!told(last + 9 * HOUR));
    assert!(told(last + 17 * HOUR + 30), "due on the first day of 2027");
}

#[test]
fn the_end_is_told_with_how_late_or_early_it_was_or_that_it_no_longer_counts() {
    let mut record = Record::assigned_to(BO);
    let done = record.act(BO, 2 + 72 * HOUR, samples::complete());
    let ledger = explained(&record, &[Policy::shipped()], ClockName::Resolution, 100 * HOUR);
    let (at, late_ms) = (minute(2 + 72 * HOUR), Some(Timestamp::MINUTE_MS));
    assert_eq!(ledger.lines.last(), Some(&Line::Stopped { at, by: done, late_ms }));
    let by = record.act(GUS, 80 * HOUR, samples::reopen());
    let ledger = explained(&record, &[Policy::shipped()], ClockName::Callback, 100 * HOUR);
    assert_eq!(ledger.lines.last(), Some(&Line::Withdrawn { at: minute(80 * HOUR), by }));
}

#[test]
fn a_clock_that_the_ticket_does_not_have_is_not_explained() {
    let (one, other) = (Record::registered_in(AFTER_SALES).ticket(), Record::completed().ticket());
    let book = PolicyBook::shipped();
    for clock in
        clocks(&other.timeline, &book).iter().filter(|clock| clock.name() != ClockName::FirstResponse)
    {
        assert_eq!(explain(&one.timeline, &book, clock.id, minute(0)), None);
    }
}

fn corrected(record: &Record) -> Vec<Correction> {
    corrections(TICKET, record.document.log(), &PolicyBook::shipped())
}

#[test]
fn a_lateness_seen_while_the_engineer_was_offline_is_taken_back_when_the_work_arrives() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act(GUS, 80 * HOUR, samples::comment("逾期了?"));
    assert_eq!(corrected(&record), []);
    record.act(GUS, 90 * HOUR, samples::comment("还是没有?"));
    let by = record.act_having_seen(BO, 70 * HOUR, &seen, samples::complete());
    let corrections = corrected(&record);
    let resolution = corrections.iter().find(|correction| correction.clock.name == ClockName::Resolution);
    let resolution = resolution.expect("the resolution was not late after all");
    assert_eq!((resolution.by, resolution.happened), (by, minute(70 * HOUR)));
    assert_eq!(resolution.until, minute(90 * HOUR));
    assert!(resolution.seen_from >= minute(1 + 72 * HOUR) && resolution.seen_from < resolution.until);
}

#[test]
fn of_several_entries_that_arrive_together_the_one_that_took_the_lateness_back_is_named() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act(BO, 20, progress(ProgressKind::ContactedCustomer));
    record.act(GUS, 90 * HOUR, samples::comment("还是没有?"));
    record.act_having_seen(BO, 60 * HOUR, &seen, samples::comment("到了"));
    let by = record.act_having_seen(BO, 70 * HOUR, &seen, samples::complete());
    let names: Vec<_> = corrected(&record).iter().map(|found| (found.clock.name, found.by)).collect();
    assert_eq!(names, [(ClockName::Resolution, by)]);

    // An earlier entry that comes in along with more time makes no rightful lateness an error.
    let mut late = Record::assigned_to(BO);
    let seen = late.ids();
    late.act(BO, 20, progress(ProgressKind::ContactedCustomer));
    late.act(GUS, 90 * HOUR, samples::comment("还是没有?"));
    late.act_having_seen(GUS, 60 * HOUR, &seen, samples::comment("到了"));
    late.act_having_seen(GUS, 80 * HOUR, &seen, samples::set_urgency(Urgency::Low));
    assert_eq!(corrected(&late), []);
}

#[test]
fn a_wait_that_arrives_late_takes_a_lateness_back() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act(BO, 20, progress(ProgressKind::ContactedCustomer));
    record.act(GUS, 80 * HOUR, samples::comment("逾期了?"));
    let by = record.act_having_seen(BO, 70 * HOUR, &seen, progress(ProgressKind::WaitingForCustomer));
    let corrections = corrected(&record);
    assert_eq!(
        corrections.iter().map(|correction| (correction.clock.name, correction.by)).collect::<Vec<_>>(),
        [(ClockName::Resolution, by)]
    );
}

#[test]
fn a_missed_answer_turns_into_a_met_one_when_an_earlier_one_arrives() {
    let mut record = Record::assigned_to(BO);
    let seen = record.ids();
    record.act(AMY, 25 * HOUR, progress(ProgressKind::ContactedCustomer));
    let by = record.act_having_seen(BO, 3 * HOUR, &seen, progress(ProgressKind::ContactedCustomer));
    let corrections = corrected(&record);
    assert_eq!(
        corrections.iter().map(|correction| (correction.clock.name, correction.by)).collect::<Vec<_>>(),
        [(ClockName::FirstResponse, by)]
    );
}

#[test]
fn more_time_given_later_and_a_cancelled_ticket_correct_nothing() {
    let mut late = Record::assigned_to(BO);
    late.act(BO, 20, progress(ProgressKind::ContactedCustomer));
    late.act(GUS, 73 * HOUR, samples::comment("逾期了"));
    let mut slower = late.clone();
    slower.act(GUS, 74 * HOUR, samples::set_urgency(Urgency::Low));
    assert_eq!(corrected(&slower), [], "it was rightly late until then");
    let mut cancelled = late.clone();
    cancelled.act(GUS, 74 * HOUR, samples::cancel());
    assert_eq!(corrected(&cancelled), []);
    let mut done = late;
    done.act(BO, 74 * HOUR, samples::minimal(ActionKind::Complete));
    assert_eq!(corrected(&done), [], "late it was, late it stays");
}

#[test]
fn a_record_that_has_arrived_nowhere_yet_corrects_nothing() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 100 * HOUR, samples::complete());
    let log: Vec<Recorded> =
        record.document.log().iter().map(|recorded| Recorded { arrived: None, ..recorded.clone() }).collect();
    assert_eq!(corrections(TICKET, &log, &PolicyBook::shipped()), []);
}
