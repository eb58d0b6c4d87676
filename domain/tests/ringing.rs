//! Who is told when: reminders and warnings as the clocks have them, each once, and not in the middle of the night.

use std::collections::{BTreeMap, BTreeSet};

use domain::sla::{
    ClockName, Interval, Means, Moment, Policy, PolicyBook, QuietHours, Recipient, Ring, RingId, Rule, Step,
    Target, Targets, TimeOfDay, Weekday, Workdays, Zone, rings, tell_at,
};
use domain::ticket::{Action, Flag, Progress, ProgressKind, Urgency, Waiting};
use domain::{PersonId, Timestamp};
use proptest::prelude::*;

use crate::support::scripts::{laws, scripts};
use crate::support::{AFTER_SALES, AMY, BO, CAI, GUS, Record, minute, samples};

const HOUR: i64 = 60;

/// One hour for first responses, in every hour; nothing else rings.
fn hourly(moments: &[Moment]) -> Policy {
    let mut policy = Policy::shipped();
    policy.rules = BTreeMap::from([rule(ClockName::FirstResponse, Target::hours(1), &[])]);
    policy.steps = (0..).zip(moments).map(|(number, moment)| step(&format!("s{number}"), *moment)).collect();
    policy
}

fn rule(name: ClockName, target: Target, pauses: &[Waiting]) -> (ClockName, Rule) {
    let targets = Targets::All { target: Some(target) };
    (name, Rule { targets, pauses: pauses.iter().copied().collect() })
}

fn step(id: &str, moment: Moment) -> Step {
    Step {
        id: id.into(),
        moment,
        clocks: BTreeSet::new(),
        urgencies: BTreeSet::new(),
        to: BTreeSet::from([Recipient::Accountable, Recipient::Supervisor]),
        by: BTreeSet::from([Means::InApp]),
    }
}

fn rung(record: &Record, policy: &Policy) -> Vec<Ring> {
    let rings = rings(&record.ticket().timeline, &PolicyBook::only(policy.clone()));
    let ids: BTreeSet<_> = rings.iter().map(|ring| ring.id.clone()).collect();
    assert_eq!(ids.len(), rings.len(), "each once");
    rings
}

/// Steps and minutes.
fn times(record: &Record, policy: &Policy) -> Vec<(String, i64)> {
    let rings = rung(record, policy).into_iter();
    rings.map(|ring| (ring.id.step, ring.at.as_millis() / Timestamp::MINUTE_MS)).collect()
}

fn named(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(step, at)| ((*step).to_owned(), *at)).collect()
}

fn progress(kind: ProgressKind) -> Action {
    Action::LogProgress(Progress { kind, note: String::new(), promised: None })
}

const ALL_MOMENTS: [Moment; 4] = [
    Moment::Used { percent: 50 },
    Moment::Used { percent: 75 },
    Moment::Overdue { minutes: 0 },
    Moment::Overdue { minutes: 30 },
];

#[test]
fn reminders_come_with_their_share_of_the_time_and_warnings_after_it() {
    let record = Record::registered_in(AFTER_SALES);
    let policy = hourly(&ALL_MOMENTS);
    assert_eq!(times(&record, &policy), named(&[("s0", 30), ("s1", 45), ("s2", 60), ("s3", 90)]));
    let late: Vec<_> = rung(&record, &policy).iter().map(|ring| ring.late).collect();
    assert_eq!(late, [false, false, true, true]);
    assert!(rung(&record, &policy).iter().all(|ring| ring.due == Some(minute(60)) && !ring.urgent));
}

/// Each row: when the customer was contacted, and what had rung or will have by then.
#[test]
fn nothing_rings_after_a_stop_in_time() {
    let rows: [(i64, &[(&str, i64)]); 6] = [
        (29, &[]),
        (30, &[]),
        (31, &[("s0", 30)]),
        (60, &[("s0", 30), ("s1", 45)]),
        (61, &[("s0", 30), ("s1", 45), ("s2", 60)]),
        (500, &[("s0", 30), ("s1", 45), ("s2", 60), ("s3", 90)]),
    ];
    for (at, expected) in rows {
        let mut record = Record::registered_in(AFTER_SALES);
        record.act(AMY, at, progress(ProgressKind::ContactedCustomer));
        assert_eq!(times(&record, &hourly(&ALL_MOMENTS)), named(expected), "contacted at {at}");
    }
}

#[test]
fn nothing_rings_for_a_ticket_that_was_cancelled_before() {
    let mut record = Record::registered_in(AFTER_SALES);
    record.act(GUS, 20, samples::cancel());
    assert_eq!(rung(&record, &hourly(&ALL_MOMENTS)), []);
}

/// Resolution: an hour of the office's open time from 9:00 in Shanghai, which is minute 60; waiting does not count.
fn office_hour() -> Policy {
    let mut policy = hourly(&ALL_MOMENTS);
    policy.rules =
        BTreeMap::from([rule(ClockName::Resolution, Target::Open { minutes: 240 }, &[Waiting::Customer])]);
    policy
}

#[test]
fn reminders_skip_closed_hours_and_pauses() {
    // Three hours before lunch and one after it: half at 11:00, three quarters at 12:00, due at 14:00.
    let mut record = Record::assigned_to(BO);
    let expected = [("s0", 3 * HOUR), ("s1", 4 * HOUR), ("s2", 6 * HOUR), ("s3", 6 * HOUR + 30)];
    assert_eq!(times(&record, &office_hour()), named(&expected));
    // An hour of waiting from 10:00 on, and one in the lunch break that moves nothing.
    record.act(BO, 2 * HOUR, progress(ProgressKind::WaitingForCustomer));
    record.act(BO, 3 * HOUR, progress(ProgressKind::WorkResumed));
    record.act(BO, 4 * HOUR + 10, progress(ProgressKind::WaitingForCustomer));
    record.act(BO, 4 * HOUR + 50, progress(ProgressKind::WorkResumed));
    let expected = [("s0", 4 * HOUR), ("s1", 6 * HOUR), ("s2", 7 * HOUR), ("s3", 7 * HOUR + 30)];
    assert_eq!(times(&record, &office_hour()), named(&expected));
}

#[test]
fn a_clock_that_stands_still_rings_only_for_what_came_before() {
    let mut record = Record::assigned_to(BO);
    record.act(BO, 3 * HOUR + 1, progress(ProgressKind::WaitingForCustomer));
    assert_eq!(times(&record, &office_hour()), named(&[("s0", 3 * HOUR)]));
    record.act(BO, 3 * HOUR + 1 + 24 * HOUR, progress(ProgressKind::WorkResumed));
    assert_eq!(times(&record, &office_hour()).len(), 4, "it goes on, and so does what rings");
}

#[test]
fn a_reminder_for_an_instant_that_was_set_comes_between_the_start_and_it() {
    let mut policy = hourly(&ALL_MOMENTS);
    policy.rules =
        BTreeMap::from([(ClockName::Milestone, Rule { targets: Targets::Set, pauses: BTreeSet::new() })]);
    let mut record = Record::assigned_to(BO);
    record.act(BO, 100, samples::agree_plan(None, &[300, 100, 50]));
    let rings = times(&record, &policy);
    // The others were due when they were agreed, or before: late at once, nothing to remind of.
    let mut expected = named(&[("s0", 200), ("s1", 250), ("s2", 300), ("s3", 330)]);
    expected.extend(named(&[("s2", 100), ("s3", 130), ("s2", 50), ("s3", 80)]));
    assert_eq!(rings, expected);
}

#[test]
fn a_step_is_for_its_clocks_and_urgencies() {
    let mut policy = Policy::shipped();
    let only = Step {
        clocks: BTreeSet::from([ClockName::Resolution]),
        urgencies: BTreeSet::from([Urgency::Urgent]),
        ..step("only", Moment::Overdue { minutes: 0 })
    };
    policy.steps = vec![only];
    let mut record = Record::assigned_to(BO);
    assert_eq!(times(&record, &policy), []);
    record.act(GUS, 10, samples::set_urgency(Urgency::Urgent));
    assert_eq!(times(&record, &policy), named(&[("only", 1 + 24 * HOUR)]));
    assert!(rung(&record, &policy)[0].urgent);
}

#[test]
fn an_urgent_ticket_rings_at_once_for_itself_and_a_calmed_one_does_not() {
    let policy = hourly(&[Moment::AtOnce]);
    let mut record = Record::registered_in(AFTER_SALES);
    assert_eq!(times(&record, &policy), []);
    record.act(GUS, 7, samples::reclassify([Flag::SafetyHazard]));
    let rings = rung(&record, &policy);
    assert_eq!(rings.len(), 1);
    assert_eq!(rings[0].id, RingId { cycle: 1, clock: None, step: "s0".into() });
    assert_eq!((rings[0].at, rings[0].urgent, rings[0].late), (minute(7), true, false));
    // Said again, it is the same.
    record.act(GUS, 9, samples::set_urgency(Urgency::Urgent));
    assert_eq!(times(&record, &policy), named(&[("s0", 7)]));
    record.act(GUS, 10, samples::reclassify([]));
    record.act(GUS, 11, samples::set_urgency(Urgency::Normal));
    assert_eq!(times(&record, &policy), []);
}

#[test]
fn an_urgent_ticket_that_comes_back_rings_at_once_again() {
    let mut policy = hourly(&[Moment::AtOnce]);
    let mut record = Record::assigned_to(BO);
    record.act(GUS, 7, samples::set_urgency(Urgency::Urgent));
    record.act(BO, 60, samples::complete());
    record.act(GUS, 100, samples::reopen());
    let cycles = |record: &Record, policy: &Policy| {
        let rings = rung(record, policy);
        rings.iter().map(|ring| (ring.id.cycle, ring.at)).collect::<Vec<_>>()
    };
    assert_eq!(cycles(&record, &policy), [(1, minute(7)), (2, minute(100))]);
    record.act(GUS, 110, samples::set_urgency(Urgency::Normal));
    assert_eq!(cycles(&record, &policy), [(1, minute(7))], "what was said of the first cycle stays true");
    policy.steps[0].urgencies = BTreeSet::from([Urgency::Low]);
    assert_eq!(cycles(&record, &policy), []);
}

#[test]
fn what_was_rung_for_is_the_same_when_an_earlier_assignment_arrives_late() {
    let mut policy = hourly(&ALL_MOMENTS);
    policy.rules = BTreeMap::from([rule(ClockName::Resolution, Target::hours(1), &[])]);
    let mut record = Record::registered_in(AFTER_SALES);
    let seen = record.ids();
    record.act(AMY, 50, samples::assign(BO));
    let ids = |record: &Record| rung(record, &policy).into_iter().map(|ring| ring.id).collect::<Vec<_>>();
    let before = ids(&record);
    record.act_having_seen(GUS, 20, &seen, samples::assign(CAI));
    assert_eq!(ids(&record), before, "the same rings");
    assert_eq!(times(&record, &policy)[0], ("s0".into(), 50), "earlier");
}

#[test]
fn a_new_cycle_rings_anew() {
    let mut policy = hourly(&[Moment::Overdue { minutes: 0 }]);
    policy.rules = BTreeMap::from([rule(ClockName::Resolution, Target::hours(1), &[])]);
    let mut record = Record::assigned_to(BO);
    record.act(BO, 90, samples::complete());
    record.act(GUS, 100, samples::reopen());
    let rings = rung(&record, &policy);
    assert_eq!(
        rings.iter().map(|ring| (ring.id.cycle, ring.at)).collect::<Vec<_>>(),
        [(1, minute(61)), (2, minute(160))]
    );
}

#[test]
fn a_late_stop_takes_the_warning_back_and_leaves_the_reminder() {
    let mut record = Record::registered_in(AFTER_SALES);
    let seen = record.ids();
    record.act(GUS, 70, samples::comment("逾期"));
    assert_eq!(times(&record, &hourly(&ALL_MOMENTS)).len(), 4);
    record.act_having_seen(AMY, 40, &seen, progress(ProgressKind::ContactedCustomer));
    assert_eq!(times(&record, &hourly(&ALL_MOMENTS)), named(&[("s0", 30)]));
}

proptest! {
    #![proptest_config(laws())]

    /// Whatever arrives in whatever order: each ring once, none after its clock's end.
    #[test]
    fn everything_rings_once_and_for_a_reason(script in scripts()) {
        let ticket = domain::ticket::Ticket::of(&script.play().server).expect("it is registered");
        let book = PolicyBook::shipped();
        let clocks = domain::sla::clocks(&ticket.timeline, &book);
        let mut ids = BTreeSet::new();
        for ring in rings(&ticket.timeline, &book) {
            prop_assert!(ids.insert(ring.id.clone()));
            let clock = ring.id.clock.and_then(|id| clocks.iter().find(|clock| clock.id == id));
            prop_assert_eq!(clock.is_some(), ring.id.clock.is_some());
            prop_assert!(clock.and_then(domain::sla::Clock::ended).is_none_or(|ended| ended > ring.at));
        }
    }
}

fn time(text: &str) -> TimeOfDay {
    text.parse().expect("it is a time of day")
}

fn quiet(from: &str, until: &str) -> Option<QuietHours> {
    Some(QuietHours { from: time(from), until: time(until) })
}

/// A calendar of these hours, every day, in this zone.
fn daily(zone: Zone, hours: &[(&str, &str)]) -> Workdays {
    let hours: Vec<_> =
        hours.iter().map(|(from, until)| Interval { from: time(from), until: time(until) }).collect();
    let mut calendar = Policy::shipped().calendars[0].clone();
    calendar.zone = zone;
    calendar.week = Weekday::ALL.map(|weekday| (weekday, hours.clone())).into();
    calendar.holidays.clear();
    Workdays::new(&calendar, &[]).expect("it opens every day")
}

/// Each row: what comes up at a minute of the first day (in UTC), and when it is told.
#[test]
fn the_recipients_hours_and_the_quiet_ones_are_respected() {
    let (day, night) = (quiet("12:30", "14:00"), quiet("21:00", "08:00"));
    let always = [("00:00", "24:00")];
    let office = [("07:00", "12:00"), ("13:00", "22:00")];
    let rows = [
        // Every hour is a working one; the night is quiet, its ends are not.
        (&always[..], night, 8 * HOUR, 8 * HOUR),
        (&always[..], night, 8 * HOUR - 1, 8 * HOUR),
        (&always[..], night, 21 * HOUR - 1, 21 * HOUR - 1),
        (&always[..], night, 21 * HOUR, 32 * HOUR),
        (&always[..], night, 24 * HOUR, 32 * HOUR),
        // Closed at lunch, then quiet: told when both are over.
        (&office[..], day, 12 * HOUR + 10, 14 * HOUR),
        (&office[..], day, 11 * HOUR, 11 * HOUR),
        // Closed in the evening, then quiet in the morning's first hour.
        (&office[..], night, 22 * HOUR + 5, 32 * HOUR),
        (&office[..], None, 22 * HOUR + 5, 31 * HOUR),
        // All working hours are quiet: told in them rather than never, or than in the night.
        (&[("22:00", "24:00")][..], night, 3 * HOUR, 22 * HOUR),
        // Quiet from midnight to midnight: the same.
        (&always[..], quiet("00:00", "00:00"), 3 * HOUR, 3 * HOUR),
    ];
    for (hours, quiet, at, told) in rows {
        let workdays = daily(Zone::utc(), hours);
        let found = tell_at(minute(at), false, Some(&workdays), quiet);
        assert_eq!(found, minute(told), "{hours:?} {quiet:?} at {at}");
        assert_eq!(
            tell_at(minute(at), true, Some(&workdays), quiet),
            minute(at),
            "what is urgent breaks through"
        );
        assert_eq!(tell_at(minute(at), false, None, quiet), minute(at), "no calendar, no hours");
    }
}

#[test]
fn quiet_hours_end_by_the_wall_clock_also_in_the_night_it_jumps() {
    // From 2:00 to 3:00 on the second day.
    let forward = Zone { name: "Test/Zone".into(), offset: 0, transitions: vec![((24 + 2) * 3_600, 3_600)] };
    let back = Zone { name: "Test/Zone".into(), offset: 0, transitions: vec![((24 + 2) * 3_600, -3_600)] };
    for (zone, told) in [(Zone::utc(), 32), (forward.clone(), 31), (back, 33)] {
        let workdays = daily(zone, &[("00:00", "24:00")]);
        let found = tell_at(minute(22 * HOUR), false, Some(&workdays), quiet("21:00", "08:00"));
        assert_eq!(found, minute(told * HOUR));
    }
    // An end that is jumped over comes as much later.
    let workdays = daily(forward, &[("00:00", "24:00")]);
    let found = tell_at(minute(22 * HOUR), false, Some(&workdays), quiet("21:00", "02:30"));
    assert_eq!(found, minute(26 * HOUR + 30));
}

#[test]
fn the_shipped_steps_tell_the_accountable_person_and_the_supervisor_and_then_the_manager() {
    let record = Record::assigned_to(BO);
    let rings = rung(&record, &Policy::shipped());
    let of = |name: ClockName| {
        let rings = rings.iter().filter(move |ring| ring.id.clock.is_some_and(|clock| clock.name == name));
        rings
            .map(|ring| (ring.id.step.as_str(), ring.at, ring.to.iter().copied().collect::<Vec<_>>()))
            .collect::<Vec<_>>()
    };
    let both = vec![Recipient::Accountable, Recipient::Supervisor];
    assert_eq!(
        of(ClockName::FirstResponse),
        [
            ("reminder", minute(18 * HOUR), both.clone()),
            ("overdue", minute(24 * HOUR), both),
            ("escalation", minute(25 * HOUR), vec![Recipient::Manager]),
        ]
    );
    let nobody: Option<PersonId> = Record::registered_in(AFTER_SALES).ticket().accountable.value.person;
    assert_eq!(nobody, None, "an accountable person is looked up when it rings, not here");
}
