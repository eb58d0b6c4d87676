//! Calendars, policies and histories made from a seed: the same on every machine, and the engine's answers to them as one
//! number.
//!
//! Included by the oracle, which counts the same histories minute by minute, and by a test in the browser, which compares its
//! numbers with those in `sla/answers.txt`: native and wasm come to the same instants.

use std::collections::{BTreeMap, BTreeSet};

use domain::sla::{
    Calendar, ClockName, Contract, Date, Event, Happening, HolidaySet, Interval, Means, Moment, Name, Policy,
    PolicyBook, PolicyProblem, QuietHours, Recipient, Rule, Rules, SpecialDay, Step, Target, Targets,
    TimeOfDay, Timeline, Week, Weekday, Workdays, Zone, clocks, explain, rings, tell_at,
};
use domain::ticket::{Difficulty, Urgency, Waiting};
use domain::{ChangeId, DepartmentId, DeviceId, PersonId, Timestamp};
use uuid::Uuid;

use crate::support::chance::Chance;
use crate::support::fingerprint::Fingerprint;

const MINUTE: i64 = Timestamp::MINUTE_MS;
const DAY: i64 = Timestamp::DAY_MS;

/// How many days before its beginning and after it a world is looked at.
pub(crate) const DAYS_BEFORE: i64 = 15;
pub(crate) const DAYS_AFTER: i64 = 45;
/// The days in which things happen.
const EVENTFUL: i64 = 12;

/// The departments whose calendars differ.
const DEPARTMENTS: [DepartmentId; 3] = [
    DepartmentId::from_uuid(Uuid::from_u128(1)),
    DepartmentId::from_uuid(Uuid::from_u128(2)),
    DepartmentId::from_uuid(Uuid::from_u128(3)),
];
const SOMEBODY: PersonId = PersonId::from_uuid(Uuid::from_u128(7));
const DEVICE: DeviceId = DeviceId::from_uuid(Uuid::from_u128(9));
const COMPANY: &str = "Acme";

/// A company: versions of its policy, and when its story is told.
pub(crate) struct World {
    pub(crate) begins: i64,
    pub(crate) policies: Vec<Policy>,
}

impl World {
    /// The first and the last instant that are looked at.
    pub(crate) const fn window(&self) -> (i64, i64) {
        (self.begins - DAYS_BEFORE * DAY, self.begins + DAYS_AFTER * DAY)
    }

    pub(crate) fn new(chance: &mut Chance, zones: &[Zone]) -> Self {
        let (begins, first) = place(chance, zones);
        let versions = chance.pick(&[1, 1, 2, 3]);
        let mut policies: Vec<Policy> = Vec::new();
        for version in 1..=versions {
            let effective = match version {
                1 => chance.pick(&[0, begins - DAY, begins + DAY]),
                _ => begins + chance.below(EVENTFUL * 48) * 30 * MINUTE,
            };
            let mut policy = match policies.last() {
                // Often the next version changes little.
                Some(last) if chance.one_in(2) => {
                    let rules = rules(chance, begins);
                    Policy { version, effective: at(effective), rules, ..last.clone() }
                }
                _ => policy(chance, version, effective, begins, &first, zones),
            };
            if policy.problems().iter().any(|problem| matches!(problem, PolicyProblem::AlwaysQuiet { .. })) {
                policy.quiet = None;
            }
            assert_eq!(policy.problems(), [], "made policies can be published");
            policies.push(policy);
        }
        Self { begins, policies }
    }

    /// The last instant at which anything happens.
    pub(crate) const fn now(&self) -> i64 {
        self.begins + (EVENTFUL + 1) * DAY
    }

    pub(crate) fn book(&self) -> PolicyBook {
        PolicyBook::new(&self.policies, at(self.now()))
    }

    /// Every calendar of every version, with the holidays that it may follow.
    pub(crate) fn calendars(&self) -> impl Iterator<Item = (&Calendar, &[HolidaySet])> {
        self.policies
            .iter()
            .flat_map(|policy| policy.calendars.iter().map(|calendar| (calendar, policy.holidays.as_slice())))
    }
}

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn time(minutes: i64) -> TimeOfDay {
    TimeOfDay::from_minutes(minutes as u16).expect("within a day")
}

/// When the story begins, and the zone of its first calendar: near a change of the offset, if there is any.
fn place(chance: &mut Chance, zones: &[Zone]) -> (i64, Zone) {
    if chance.one_in(2) {
        let zone = zones[chance.below(zones.len() as i64) as usize].clone();
        let changed = if zone.transitions.is_empty() {
            1_790_000_000
        } else {
            zone.transitions[chance.below(zone.transitions.len() as i64) as usize].0
        };
        let begins = (changed * 1_000).div_euclid(DAY) * DAY - chance.below(20) * DAY;
        return (begins, zone);
    }
    let begins = (20_000 + chance.below(400)) * DAY;
    (begins, synthetic_zone(chance, begins))
}

/// A zone that no country has: jumps both ways by much and little, at midnight and elsewhere.
fn synthetic_zone(chance: &mut Chance, begins: i64) -> Zone {
    let mut offset: i64 = chance.pick(&[0, 480, 330, -210, 60, -600, 765]);
    let mut zone = Zone::fixed("Test/Made_up", offset as i32 * 60);
    let mut day = begins / DAY - chance.below(8);
    for _ in 0..chance.below(5) {
        let jump: i64 = chance.pick(&[60, -60, 60, -60, 30, -30, 120, -120, 15, -7, 1_440, -1_440]);
        if (offset + jump).abs() > 1_440 {
            continue;
        }
        // What the wall clock shows when it jumps.
        let anywhere = chance.below(1_440);
        // A whole day is only ever skipped or repeated from midnight to midnight.
        let wall = match jump.abs() {
            1_440 => 0,
            _ => chance.pick(&[0, 0, 60, 120, 180, 1_410, 1_430, 540, 719, anywhere]),
        };
        zone.transitions.push(((day * 1_440 + wall - offset) * 60, (offset + jump) as i32 * 60));
        offset += jump;
        day += 6 + chance.below(8);
    }
    zone
}

fn day_hours(chance: &mut Chance) -> Vec<Interval> {
    let hours = |pairs: &[(i64, i64)]| {
        pairs.iter().map(|(from, until)| Interval { from: time(*from), until: time(*until) }).collect()
    };
    match chance.below(12) {
        0..3 => hours(&[(540, 720), (780, 1_080)]),
        3 => hours(&[(480, 720), (720, 1_020)]),
        4 => hours(&[(0, 1_440)]),
        5 => hours(&[(0, 360), (1_320, 1_440)]),
        6 => hours(&[(60, 90), (120, 180), (1_380, 1_440)]),
        7 => {
            let from = chance.below(1_439);
            hours(&[(from, from + 1)])
        }
        _ => {
            let mut times: Vec<i64> = (0..2 * chance.between(1, 3)).map(|_| chance.below(49) * 30).collect();
            times.sort_unstable();
            times.dedup();
            let pairs: Vec<_> = times.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            hours(&pairs)
        }
    }
}

fn special_days(chance: &mut Chance, begins: i64, many: i64) -> BTreeMap<Date, SpecialDay> {
    let days = (0..chance.below(many + 1)).map(|_| {
        let date = Date::from_days((begins / DAY + chance.between(-DAYS_BEFORE, 30)) as i32);
        let name = Name::default();
        let day = match chance.below(4) {
            0 | 1 => SpecialDay::Holiday { name },
            2 => SpecialDay::MakeUp { name },
            _ => SpecialDay::Hours { name, hours: if chance.one_in(4) { vec![] } else { day_hours(chance) } },
        };
        (date, day)
    });
    days.collect()
}

fn calendar(chance: &mut Chance, id: String, zone: Zone, begins: i64, sets: &[HolidaySet]) -> Calendar {
    let mut week = Week::new();
    let closed_in = chance.pick(&[2, 3, 5, 50]);
    for weekday in Weekday::ALL {
        if !chance.one_in(closed_in) {
            week.insert(weekday, day_hours(chance));
        }
    }
    if week.values().all(Vec::is_empty) {
        week.insert(Weekday::Thu, vec![Interval { from: time(600), until: time(1_439) }]);
    }
    let holidays = sets.iter().filter(|_| chance.one_in(2)).map(|set| set.id.clone()).collect();
    let make_up_hours = if chance.one_in(2) { day_hours(chance) } else { vec![] };
    Calendar {
        id,
        name: Name::default(),
        zone,
        week,
        make_up_hours,
        holidays,
        days: special_days(chance, begins, 6),
    }
}

fn target(chance: &mut Chance) -> Target {
    match chance.below(5) {
        0 | 1 => Target::Open { minutes: chance.pick(&[1, 30, 60, 480, 540, 960, 1_440, 2_400]) },
        2 => Target::Open { minutes: chance.between(1, 3_000) as u32 },
        3 => Target::Calendar { minutes: chance.pick(&[10, 60, 1_440, 2_880, 4_321]) },
        _ => Target::Workdays { days: chance.between(1, 5) as u32 },
    }
}

fn targets(chance: &mut Chance, name: ClockName) -> Targets {
    let mut some = || if chance.one_in(6) { None } else { Some(target(chance)) };
    let three = [some(), some(), some()];
    let [one, two, three] = three;
    match name {
        ClockName::VisitNotice => Targets::BeforeVisit { minutes: chance.pick(&[0, 30, 120, 1_440]) },
        ClockName::Rectification | ClockName::Milestone => Targets::Set,
        ClockName::Resolution if chance.one_in(6) => Targets::Set,
        _ => match chance.below(3) {
            0 => Targets::All { target: one },
            1 => Targets::Urgency { urgent: one, normal: two, low: three },
            _ => Targets::Difficulty { simple: one, complex: two, hard: three },
        },
    }
}

fn rules(chance: &mut Chance, _begins: i64) -> Rules {
    let mut rules = Rules::new();
    for name in ClockName::ALL {
        if chance.one_in(12) {
            continue;
        }
        let both = [Waiting::Customer, Waiting::Parts];
        let pauses = both.into_iter().filter(|_| !chance.one_in(3)).collect();
        rules.insert(name, Rule { targets: targets(chance, name), pauses });
    }
    rules
}

fn policy(
    chance: &mut Chance,
    version: u32,
    effective: i64,
    begins: i64,
    zone: &Zone,
    zones: &[Zone],
) -> Policy {
    let holidays: Vec<HolidaySet> = ["first", "second"]
        .into_iter()
        .map(|id| HolidaySet {
            id: id.to_owned(),
            name: Name::default(),
            until: Date::from_days((begins / DAY + 20) as i32),
            days: special_days(chance, begins, 5),
        })
        .collect();
    let mut calendars = vec![calendar(chance, "a".to_owned(), zone.clone(), begins, &holidays)];
    if chance.one_in(2) {
        let zone = if chance.one_in(2) {
            synthetic_zone(chance, begins)
        } else {
            zones[chance.below(zones.len() as i64) as usize].clone()
        };
        calendars.push(calendar(chance, "b".to_owned(), zone, begins, &holidays));
    }
    let last = calendars[calendars.len() - 1].id.clone();
    let contracts = if chance.one_in(2) {
        let mut own = rules(chance, begins);
        own.retain(|_, _| chance.one_in(2));
        let calendar = chance.one_in(2).then(|| last.clone());
        let customers = vec![format!(" {} ", COMPANY.to_uppercase())];
        vec![Contract { id: "gold".to_owned(), name: "Gold".to_owned(), customers, calendar, rules: own }]
    } else {
        vec![]
    };
    Policy {
        version,
        effective: at(effective),
        published_by: None,
        note: String::new(),
        holidays,
        calendars,
        default_calendar: "a".to_owned(),
        department_calendars: BTreeMap::from([(DEPARTMENTS[1], last)]),
        rules: rules(chance, begins),
        contracts,
        recovery_up_to: chance.below(6) as u8,
        steps: steps(chance),
        quiet: chance.one_in(2).then(|| QuietHours { from: time(1_260), until: time(480) }),
    }
}

fn steps(chance: &mut Chance) -> Vec<Step> {
    let moments = [
        Moment::AtOnce,
        Moment::Used { percent: chance.between(1, 99) as u16 },
        Moment::Overdue { minutes: 0 },
        Moment::Overdue { minutes: 90 },
    ];
    let step = |(number, moment)| Step {
        id: format!("step-{number}"),
        moment,
        clocks: BTreeSet::new(),
        urgencies: BTreeSet::new(),
        to: BTreeSet::from([Recipient::Supervisor]),
        by: BTreeSet::from([Means::InApp]),
    };
    (0..).zip(moments).map(step).collect()
}

/// One ticket's story. Anything may follow anything: what arrives late was recorded all the same.
pub(crate) fn timeline(chance: &mut Chance, world: &World, book: &PolicyBook) -> Timeline {
    let company = chance.pick(&["", COMPANY, "acme ", "Other"]).to_owned();
    let mut story = Story { timeline: Timeline { company, events: Vec::new() }, plans: Vec::new(), seq: 0 };
    let created = world.begins + chance.below(3 * 48) * 30 * MINUTE + chance.below(2) * chance.below(MINUTE);
    for (what, before) in
        [(Happening::MessageArrived, 60), (Happening::MessageAnswered, 50), (Happening::CallEnded, 7)]
    {
        if chance.one_in(3) {
            story.happen(created - before * MINUTE, what);
        }
    }
    let (urgency, difficulty) = (chance.pick(&Urgency::ALL), chance.pick(&DIFFICULTIES));
    story.happen(created, Happening::Created { urgency, difficulty, department: chance.pick(&DEPARTMENTS) });
    let mut now = created;
    let end = world.begins + EVENTFUL * DAY;
    for _ in 0..chance.between(1, 14) {
        let step = match chance.below(8) {
            0 => 0,
            1 => chance.below(MINUTE),
            2 => chance.below(600) * MINUTE,
            _ => chance.below(48) * 30 * MINUTE,
        };
        now = (now + step).min(end);
        // Right at a due time, or a hair beside it.
        let dues = chance.one_in(4).then(|| clocks(&story.timeline, book));
        let dues = dues.into_iter().flatten().filter_map(|clock| clock.due).map(Timestamp::as_millis);
        let dues: Vec<i64> = dues.filter(|due| (now + 1..end).contains(due)).collect();
        if !dues.is_empty() {
            now = chance.pick(&dues) + chance.pick(&[-1, 0, 0, 0, 1]);
        }
        let what = happening(chance, &mut story, now);
        story.happen(now, what);
        if let Happening::PlanAgreed { .. } = what {
            story.plans.push(story.seq);
            for number in 0..chance.below(3) as u16 {
                let due = at(now + chance.between(-60, 6_000) * MINUTE);
                story.happen_again(now, Happening::MilestoneAgreed { number, due });
            }
        }
    }
    story.timeline
}

const DIFFICULTIES: [Difficulty; 3] = [Difficulty::Simple, Difficulty::Complex, Difficulty::Hard];

struct Story {
    timeline: Timeline,
    plans: Vec<u64>,
    seq: u64,
}

impl Story {
    fn happen(&mut self, when: i64, what: Happening) {
        self.seq += 1;
        self.happen_again(when, what);
    }

    /// By the same change as what happened last.
    fn happen_again(&mut self, when: i64, what: Happening) {
        let by = ChangeId { device: DEVICE, seq: self.seq };
        self.timeline.events.push(Event { at: at(when), by, actor: SOMEBODY, what });
    }

    fn awaits_work(&self) -> bool {
        let decisive = self.timeline.events.iter().rev().find(|event| {
            matches!(
                event.what,
                Happening::WorkDone | Happening::Closed | Happening::Cancelled | Happening::Reopened
            )
        });
        decisive.is_none_or(|event| event.what == Happening::Reopened)
    }
}

fn happening(chance: &mut Chance, story: &mut Story, now: i64) -> Happening {
    let soon = at(now + chance.between(-60, 6_000) * MINUTE);
    match chance.below(24) {
        0 | 1 => Happening::Assigned { department: chance.pick(&DEPARTMENTS) },
        2 => Happening::Contacted { promised: !chance.one_in(3) },
        3 => Happening::Answered,
        4 | 5 => Happening::UrgencyChanged { urgency: chance.pick(&Urgency::ALL) },
        6 => Happening::DifficultyChanged { difficulty: chance.pick(&DIFFICULTIES) },
        // Only while there is work to do can it wait for something.
        7..13 if story.awaits_work() => Happening::WaitingChanged {
            waiting: chance.pick(&[
                None,
                None,
                Some(Waiting::Customer),
                Some(Waiting::Customer),
                Some(Waiting::Parts),
            ]),
        },
        7 => Happening::VisitArranged { visit: soon },
        8 => Happening::SiteReached,
        9 => Happening::PlanAgreed { deadline: chance.one_in(2).then_some(soon) },
        10 => {
            let seq = if story.plans.is_empty() { 1 } else { chance.pick(&story.plans) };
            Happening::MilestoneReached {
                plan: ChangeId { device: DEVICE, seq },
                number: chance.below(3) as u16,
            }
        }
        11..=13 => {
            Happening::CalledBack { satisfaction: chance.pick(&[None, Some(1), Some(3), Some(4), Some(5)]) }
        }
        14 => Happening::WorkDone,
        15 => Happening::ResultTold,
        16 => Happening::Recovered,
        17 => Happening::InspectionFailed { rectify_by: soon },
        18 => Happening::Rectified,
        19 | 20 => Happening::Reopened,
        21 => Happening::Closed,
        22 if chance.one_in(2) => Happening::Cancelled,
        22 => Happening::VisitArranged { visit: soon },
        _ => Happening::PlanAgreed { deadline: chance.one_in(2).then_some(soon) },
    }
}

/// An instant to ask about: on the half hour, on the minute, or anywhere.
pub(crate) fn instant(chance: &mut Chance, world: &World) -> i64 {
    let day = world.begins + chance.between(-8, 24) * DAY;
    day + match chance.below(3) {
        0 => chance.below(48) * 30 * MINUTE,
        1 => chance.below(1_440) * MINUTE,
        _ => chance.below(DAY),
    }
}

/// An amount of time to add: nothing, round, or odd.
pub(crate) fn amount(chance: &mut Chance) -> i64 {
    match chance.below(5) {
        0 => 0,
        1 => chance.below(MINUTE),
        2 => chance.below(40) * 30 * MINUTE,
        _ => chance.below(3_000) * MINUTE,
    }
}

/// Everything the engine says about the worlds of a seed, as one number.
pub(crate) fn answers(seed: u64, zones: &[Zone]) -> u64 {
    let mut fingerprint = Fingerprint::new();
    let mut say = |number: i64| fingerprint.say(&number.to_le_bytes());
    let instant_of = |found: Option<Timestamp>| found.map_or(i64::MIN, Timestamp::as_millis);
    let mut chance = Chance::new(seed);
    let world = World::new(&mut chance, zones);
    let book = world.book();
    for (calendar, sets) in world.calendars() {
        let workdays = Workdays::new(calendar, sets).expect("made calendars can be used");
        let hours = workdays.hours();
        for _ in 0..16 {
            let (one, other) = (at(instant(&mut chance, &world)), at(instant(&mut chance, &world)));
            let (much, days) = (amount(&mut chance), chance.below(8) as u32);
            say(i64::from(hours.is_open(one)));
            say(instant_of(hours.next_open(one)));
            say(instant_of(hours.add(one, much)));
            say(instant_of(hours.sub(one, much)));
            say(hours.between(one, other));
            say(instant_of(hours.add_workdays(one, days)));
            let quiet = Some(QuietHours { from: time(1_260), until: time(480) });
            say(tell_at(one, false, Some(&workdays), quiet).as_millis());
        }
    }
    for _ in 0..4 {
        let timeline = timeline(&mut chance, &world, &book);
        for clock in clocks(&timeline, &book) {
            say(i64::from(clock.name().number()));
            say(i64::from(clock.id.cycle));
            say(clock.started.as_millis());
            say(i64::from(clock.policy));
            say(instant_of(clock.due));
            say(instant_of(clock.stopped));
            say(instant_of(clock.withdrawn));
            say(clock.paused.map_or(-1, |paused| paused.since.as_millis()));
            say(clock.paused.and_then(|paused| paused.left_ms).unwrap_or(-1));
            for day in 0..4 {
                let now = at(world.begins + day * 4 * DAY);
                say(clock.state(now) as i64);
                let ledger = explain(&timeline, &book, clock.id, now).expect("it is one of its clocks");
                say(ledger.used_ms);
                say(ledger.target_ms.unwrap_or(-1));
                say(ledger.lines.len() as i64);
            }
        }
        for ring in rings(&timeline, &book) {
            say(ring.at.as_millis());
            say(i64::from(ring.urgent));
            say(ring.id.clock.map_or(0, |clock| i64::from(clock.name.number())));
        }
    }
    fingerprint.number()
}
