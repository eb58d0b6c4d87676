//! Policies: what can't be published and why, how versions take their turns, and how they are stored for years.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use domain::sla::{
    Calendar, CalendarProblem, ClockName, Contract, Interval, Moment, Policy, PolicyBook, PolicyProblem,
    QuietHours, Rule, SpecialDay, Target, Targets, Weekday, Where, Zone, ZoneProblem,
};
use domain::ticket::{Difficulty, Urgency, Waiting};

use crate::support::{NORTH, json, minute};

type Change = fn(&mut Policy);

fn interval(from: &str, until: &str) -> Interval {
    let time = |text: &str| text.parse().expect("it is a time of day");
    Interval { from: time(from), until: time(until) }
}

fn office(policy: &mut Policy) -> &mut Calendar {
    &mut policy.calendars[0]
}

fn set(policy: &mut Policy, name: ClockName, targets: Targets) {
    policy.rules.insert(name, Rule { targets, pauses: BTreeSet::new() });
}

fn all(target: Target) -> Targets {
    Targets::All { target: Some(target) }
}

fn of_office(problem: CalendarProblem) -> PolicyProblem {
    PolicyProblem::Calendar { calendar: "office".into(), problem }
}

fn contract() -> Contract {
    Contract {
        id: "gold".into(),
        name: "Gold".into(),
        customers: vec!["Acme".into()],
        calendar: None,
        rules: BTreeMap::new(),
    }
}

/// What is done to the shipped policy, and the one thing that is wrong with it then.
fn problems() -> Vec<(Change, PolicyProblem)> {
    use ClockName as C;
    let sunday = Where::Weekday(Weekday::Sun);
    let date = "2026-05-01".parse().expect("it is a date");
    vec![
        (
            |policy| {
                office(policy).week.clear();
                office(policy).holidays.clear();
            },
            of_office(CalendarProblem::NeverOpens),
        ),
        (
            |policy| {
                office(policy).week.insert(Weekday::Sun, vec![interval("12:00", "09:00")]);
            },
            of_office(CalendarProblem::Reversed { place: sunday, interval: interval("12:00", "09:00") }),
        ),
        (
            |policy| {
                office(policy).week.insert(Weekday::Sun, vec![interval("12:00", "12:00")]);
            },
            of_office(CalendarProblem::Reversed { place: sunday, interval: interval("12:00", "12:00") }),
        ),
        (
            |policy| {
                let hours = vec![interval("12:00", "15:00"), interval("09:00", "12:01")];
                office(policy).week.insert(Weekday::Sun, hours);
            },
            of_office(CalendarProblem::Overlapping {
                place: sunday,
                first: interval("09:00", "12:01"),
                second: interval("12:00", "15:00"),
            }),
        ),
        (
            |policy| office(policy).make_up_hours = vec![interval("09:00", "08:00")],
            of_office(CalendarProblem::Reversed {
                place: Where::MakeUp,
                interval: interval("09:00", "08:00"),
            }),
        ),
        (
            |policy| {
                let hours = vec![interval("09:00", "10:00"), interval("09:30", "11:00")];
                let day = SpecialDay::Hours { name: domain::sla::Name::default(), hours };
                office(policy).days.insert("2026-05-01".parse().expect("it is a date"), day);
            },
            of_office(CalendarProblem::Overlapping {
                place: Where::Date(date),
                first: interval("09:00", "10:00"),
                second: interval("09:30", "11:00"),
            }),
        ),
        (
            |policy| office(policy).zone = Zone::fixed("", 0),
            of_office(CalendarProblem::Zone { zone: ZoneProblem::Unnamed }),
        ),
        (
            |policy| office(policy).zone = Zone::fixed("X", -90_000),
            of_office(CalendarProblem::Zone { zone: ZoneProblem::OffsetTooLarge }),
        ),
        (
            |policy| office(policy).zone.transitions = vec![(1_000, 0), (900, 3_600)],
            of_office(CalendarProblem::Zone { zone: ZoneProblem::Disorder }),
        ),
        (
            |policy| office(policy).holidays = vec!["mars".into()],
            of_office(CalendarProblem::UnknownHolidays { id: "mars".into() }),
        ),
        (
            |policy| policy.calendars.extend(policy.calendars.clone()),
            PolicyProblem::Twice { id: "office".into() },
        ),
        (|policy| policy.holidays.extend(policy.holidays.clone()), PolicyProblem::Twice { id: "cn".into() }),
        (|policy| policy.steps.push(policy.steps[1].clone()), PolicyProblem::Twice { id: "reminder".into() }),
        (
            |policy| policy.contracts = vec![contract(), Contract { customers: vec![], ..contract() }],
            PolicyProblem::Twice { id: "gold".into() },
        ),
        (
            |policy| {
                let other = Contract { id: "silver".into(), customers: vec![" ACME ".into()], ..contract() };
                policy.contracts = vec![contract(), other];
            },
            PolicyProblem::TwoContracts { company: " ACME ".into() },
        ),
        (
            |policy| {
                let (from, until) = ("08:00".parse(), "21:00".parse());
                policy.quiet =
                    Some(QuietHours { from: from.expect("a time"), until: until.expect("a time") });
            },
            PolicyProblem::AlwaysQuiet { calendar: "office".into() },
        ),
        (
            |policy| {
                let noon = "12:00".parse().expect("it is a time of day");
                policy.quiet = Some(QuietHours { from: noon, until: noon });
            },
            PolicyProblem::AlwaysQuiet { calendar: "office".into() },
        ),
        (
            |policy| office(policy).zone = Zone::fixed("X", i32::MIN),
            of_office(CalendarProblem::Zone { zone: ZoneProblem::OffsetTooLarge }),
        ),
        (
            |policy| office(policy).zone.transitions = vec![(i64::MAX, 0)],
            of_office(CalendarProblem::Zone { zone: ZoneProblem::Disorder }),
        ),
        (|policy| policy.default_calendar = "x".into(), PolicyProblem::UnknownCalendar { id: "x".into() }),
        (
            |policy| policy.department_calendars = BTreeMap::from([(NORTH, "y".into())]),
            PolicyProblem::UnknownCalendar { id: "y".into() },
        ),
        (
            |policy| policy.contracts = vec![Contract { calendar: Some("z".into()), ..contract() }],
            PolicyProblem::UnknownCalendar { id: "z".into() },
        ),
        (
            |policy| set(policy, C::Callback, all(Target::Open { minutes: 0 })),
            PolicyProblem::TargetOutOfRange { name: C::Callback },
        ),
        (
            |policy| set(policy, C::Callback, all(Target::Calendar { minutes: u32::MAX })),
            PolicyProblem::TargetOutOfRange { name: C::Callback },
        ),
        (
            |policy| set(policy, C::Callback, all(Target::Workdays { days: 3_661 })),
            PolicyProblem::TargetOutOfRange { name: C::Callback },
        ),
        (
            |policy| set(policy, C::VisitNotice, Targets::BeforeVisit { minutes: u32::MAX }),
            PolicyProblem::TargetOutOfRange { name: C::VisitNotice },
        ),
        (|policy| set(policy, C::Callback, Targets::Set), PolicyProblem::UnfitTargets { name: C::Callback }),
        (
            |policy| set(policy, C::Resolution, Targets::BeforeVisit { minutes: 5 }),
            PolicyProblem::UnfitTargets { name: C::Resolution },
        ),
        (
            |policy| set(policy, C::Milestone, all(Target::hours(1))),
            PolicyProblem::UnfitTargets { name: C::Milestone },
        ),
        (
            |policy| {
                let rule = Rule { targets: Targets::Set, pauses: BTreeSet::new() };
                policy.contracts = vec![Contract { rules: BTreeMap::from([(C::Reply, rule)]), ..contract() }];
            },
            PolicyProblem::UnfitTargets { name: C::Reply },
        ),
        (|policy| policy.recovery_up_to = 6, PolicyProblem::RecoveryOutOfRange),
        (|policy| policy.steps[0].to.clear(), PolicyProblem::IdleStep { id: "green-channel".into() }),
        (|policy| policy.steps[1].by.clear(), PolicyProblem::IdleStep { id: "reminder".into() }),
        (
            |policy| policy.steps[1].moment = Moment::Used { percent: 0 },
            PolicyProblem::IdleStep { id: "reminder".into() },
        ),
        (
            |policy| policy.steps[1].moment = Moment::Used { percent: 100 },
            PolicyProblem::IdleStep { id: "reminder".into() },
        ),
    ]
}

#[test]
fn each_thing_that_is_wrong_with_a_policy_is_named_and_nothing_else() {
    assert_eq!(Policy::shipped().problems(), []);
    for (change, problem) in problems() {
        let mut policy = Policy::shipped();
        change(&mut policy);
        assert_eq!(policy.problems(), std::slice::from_ref(&problem));
        let read: PolicyProblem = serde_json::from_str(&json(&problem)).unwrap();
        assert_eq!(read, problem, "it travels");
        assert!(!problem.to_string().is_empty());
    }
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let mut policy = Policy::shipped();
    policy.recovery_up_to = 9;
    policy.default_calendar = "x".into();
    policy.steps[0].to.clear();
    assert_eq!(policy.problems().len(), 3);
}

#[test]
fn what_is_unusual_can_be_published() {
    let mut policy = Policy::shipped();
    // Hours that touch, the whole day, one minute; a day that is closed by its own hours; zero minutes of notice.
    let hours = [
        vec![interval("08:00", "12:00"), interval("12:00", "17:00")],
        vec![interval("00:00", "24:00")],
        vec![interval("23:59", "24:00")],
        vec![],
    ];
    for (weekday, hours) in Weekday::ALL.into_iter().zip(hours) {
        office(&mut policy).week.insert(weekday, hours);
    }
    set(&mut policy, ClockName::VisitNotice, Targets::BeforeVisit { minutes: 0 });
    set(&mut policy, ClockName::Resolution, Targets::Set);
    policy.recovery_up_to = 0;
    policy.steps.clear();
    policy.quiet = None;
    assert_eq!(policy.problems(), []);
    policy.rules.clear();
    assert_eq!(policy.problems(), []);
}

/// A calendar that can't be used counts every hour rather than nothing: nobody is told that nothing is due.
#[test]
fn what_a_broken_calendar_would_count_counts_every_hour() {
    let mut policy = Policy::shipped();
    set(&mut policy, ClockName::FirstResponse, all(Target::Open { minutes: 90 }));
    office(&mut policy).week.clear();
    office(&mut policy).holidays.clear();
    let record = crate::support::Record::registered_in(NORTH);
    let clocks = domain::sla::clocks(&record.ticket().timeline, &PolicyBook::only(policy));
    assert_eq!(clocks[0].due, Some(minute(90)));
}

#[test]
fn versions_take_their_turn_by_the_time_from_which_they_hold() {
    let version = |version, from| Policy { version, effective: minute(from), ..Policy::shipped() };
    let policies = [version(3, 300), version(1, 100), version(2, 200)];
    let held = |now| {
        let book = PolicyBook::new(&policies, minute(now));
        let versions: Vec<_> = book.effective().map(|(version, _)| version).collect();
        (versions, book.policy().version, book.valid_until())
    };
    assert_eq!(held(50), (vec![1], 1, Some(minute(200))), "the first also holds before it took effect");
    assert_eq!(held(199), (vec![1], 1, Some(minute(200))));
    assert_eq!(held(200), (vec![1, 2], 2, Some(minute(300))));
    assert_eq!(held(900), (vec![1, 2, 3], 3, None));
    let book = PolicyBook::new(&policies, minute(900)).as_of(minute(250));
    assert_eq!((book.policy().version, book.valid_until()), (2, Some(minute(300))));
    assert_eq!(book.version(3), None);
    let none = PolicyBook::new(&[], minute(900));
    assert_eq!((none.policy(), none.valid_until()), (&Policy::shipped(), None));
}

#[test]
fn the_shipped_targets_are_those_of_the_product() {
    let policy = Policy::shipped();
    let target = |name, urgency, difficulty| policy.rules[&name].targets.target(urgency, difficulty);
    use ClockName as C;
    use Difficulty::{Complex, Hard, Simple};
    use Urgency::{Low, Normal, Urgent};
    let minutes = |minutes| Some(Target::Calendar { minutes });
    for (name, urgency, difficulty, expected) in [
        (C::Acknowledge, Normal, Simple, minutes(10)),
        (C::Register, Low, Hard, minutes(5)),
        (C::FirstResponse, Urgent, Simple, minutes(120)),
        (C::FirstResponse, Normal, Hard, minutes(24 * 60)),
        (C::FirstResponse, Low, Simple, Some(Target::Workdays { days: 3 })),
        (C::Reply, Urgent, Simple, minutes(24 * 60)),
        (C::Reply, Urgent, Complex, minutes(48 * 60)),
        (C::Resolution, Urgent, Hard, minutes(24 * 60)),
        (C::Resolution, Normal, Simple, minutes(72 * 60)),
        (C::Resolution, Low, Simple, None),
        (C::ResultNotice, Low, Simple, minutes(60)),
        (C::Callback, Low, Simple, minutes(24 * 60)),
        (C::Recovery, Low, Simple, minutes(60)),
    ] {
        assert_eq!(target(name, urgency, difficulty), expected, "{name:?} {urgency:?} {difficulty:?}");
    }
    assert_eq!(policy.rules[&C::VisitNotice].targets, Targets::BeforeVisit { minutes: 120 });
    for name in [C::Rectification, C::Milestone] {
        assert_eq!(policy.rules[&name].targets, Targets::Set);
    }
    assert_eq!(policy.recovery_up_to, 3);
    for (name, rule) in &policy.rules {
        let waits = matches!(name, C::Reply | C::Resolution);
        assert_eq!(rule.pauses.contains(&Waiting::Customer), waits, "{name:?}");
        assert!(!rule.pauses.contains(&Waiting::Parts), "{name:?}");
    }
}

/// Everything that a policy can hold, so that each field is in the sample.
fn full() -> Policy {
    let mut policy = Policy::shipped();
    policy.version = 7;
    policy.effective = minute(29_514_240);
    policy.published_by = Some(crate::support::IDA);
    policy.note = "春节前后".into();
    policy.holidays[0].days.retain(|date, _| date.to_string().starts_with("2026-02"));
    office(&mut policy).zone =
        Zone { name: "Europe/Berlin".into(), offset: 3_600, transitions: vec![(481_078_800, 7_200)] };
    office(&mut policy).make_up_hours = vec![interval("10:00", "16:00")];
    let half =
        SpecialDay::Hours { name: policy.calendars[0].name.clone(), hours: vec![interval("09:00", "12:00")] };
    office(&mut policy).days.insert("2026-12-24".parse().expect("it is a date"), half);
    policy.department_calendars = BTreeMap::from([(NORTH, "office".into())]);
    let by_difficulty = Targets::Difficulty {
        simple: Some(Target::Open { minutes: 240 }),
        complex: Some(Target::Workdays { days: 2 }),
        hard: None,
    };
    let pauses = BTreeSet::from([Waiting::Parts, Waiting::Customer]);
    let rules = BTreeMap::from([(ClockName::Resolution, Rule { targets: by_difficulty, pauses })]);
    policy.contracts = vec![Contract { calendar: Some("office".into()), rules, ..contract() }];
    policy.steps[3].clocks = BTreeSet::from([ClockName::Resolution]);
    policy.steps[3].urgencies = BTreeSet::from([Urgency::Urgent]);
    policy
}

/// Stored policies must open for years: see `golden/README.md`. The samples are never edited.
#[test]
fn stored_policies_open_and_are_written_back_byte_for_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1/policies");
    for (name, policy) in [("shipped", Policy::shipped()), ("full", full())] {
        assert_eq!(policy.problems(), []);
        let path = folder.join(format!("{name}.json"));
        if !path.exists() {
            let asked = std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1");
            assert!(asked, "{} is missing; UPDATE_GOLDEN=1 writes it", path.display());
            std::fs::create_dir_all(&folder).expect("the folder can be made");
            std::fs::write(&path, format!("{}\n", json(&policy))).expect("the sample can be written");
        }
        let text = std::fs::read_to_string(&path).expect("a sample is a text");
        let read: Policy = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(json(&read), text.trim_end(), "{name}");
        assert_eq!(read.problems(), [], "{name}");
    }
    let shipped = std::fs::read_to_string(folder.join("shipped.json")).expect("a sample is a text");
    let shipped: Policy = serde_json::from_str(&shipped).unwrap();
    // Holidays are data that grows; what was promised is as it was.
    assert_eq!((shipped.rules, shipped.steps), (Policy::shipped().rules, Policy::shipped().steps));
}

/// Who sees a company's ticket knows the company; who sees none needn't learn of it from a contract.
#[test]
fn a_veiled_contract_counts_for_its_customers_and_names_nobody() {
    let known = Contract {
        name: "Gold for Acme".into(),
        customers: vec![" Acme ".into(), "王记".into()],
        ..contract()
    };
    let policy = Policy { note: "because of Acme".into(), contracts: vec![known], ..Policy::shipped() };
    let veiled = policy.veiled();
    for company in ["Acme", "acme", " ACME\t", "王记", "Acme Ltd", "", "sha256:", "王"] {
        let id = |policy: &Policy| policy.contract(company).map(|contract| contract.id.clone());
        assert_eq!(id(&veiled), id(&policy), "{company}");
    }
    assert!(veiled.contract("acme").is_some());
    let written = json(&veiled).to_lowercase();
    for name in ["acme", "王记", "gold for"] {
        assert!(!written.contains(name), "{written}");
    }
    for (ours, theirs) in policy.contracts.iter().zip(&veiled.contracts) {
        assert_eq!((&ours.id, &ours.rules, &ours.calendar), (&theirs.id, &theirs.rules, &theirs.calendar));
    }
}
