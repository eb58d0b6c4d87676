//! The oracle: counts open time minute by minute, the way nobody would build it and everybody can follow, and compares with
//! what the engine says, over many made-up companies and tickets.
//!
//! Shares no arithmetic with the engine: it reads policies and timelines as data, and the wall clock from the zone's
//! transitions. A seed that fails is named; `FIELDLOOP_SEED=<seed>` tries it alone, `FIELDLOOP_HISTORIES=1000000` (with
//! `--release`) that many histories instead of the few of every day.

use domain::sla::{
    Calendar, Clock, ClockName, ClockState, Contract, Deadline, Happening, HolidaySet, Interval, Line,
    Policy, Rule, SpecialDay, Target, Targets, Timeline, Workdays, Zone, clocks, explain, rings,
};
use domain::ticket::{Difficulty, Urgency, Waiting};
use domain::{DepartmentId, Timestamp};

use crate::sla_seeds::{self, World};
use crate::support::chance::Chance;

const MINUTE: i64 = Timestamp::MINUTE_MS;
const DAY: i64 = 1_440;

/// Histories of each company.
const TICKETS: u64 = 32;

pub(crate) fn zones() -> Vec<Zone> {
    serde_json::from_str(include_str!("sla/zones.json")).expect("the zones are data")
}

/// Open or closed, for every minute of a stretch of time.
struct Minutes {
    /// The first minute, and the first that is not known any more.
    from: i64,
    until: i64,
    open: Vec<bool>,
    /// What the wall shows in each minute.
    wall: Vec<i64>,
    /// The dates that have open time, in order.
    workdays: Vec<i64>,
}

/// The minute at which the wall shows each minute of its own.
struct Instants {
    first: i64,
    at: Vec<i64>,
}

impl Instants {
    fn of(&self, wall: i64) -> i64 {
        self.at[(wall - self.first) as usize]
    }
}

/// Far enough around the window for hours that a jump carries into it.
const MARGIN: i64 = 4 * DAY;

impl Minutes {
    fn always(window: (i64, i64)) -> Self {
        let (from, until) = (window.0.div_euclid(MINUTE), window.1.div_euclid(MINUTE));
        let many = (until - from) as usize;
        Self { from, until, open: vec![true; many], wall: vec![0; many], workdays: vec![] }
    }

    fn new(calendar: &Calendar, sets: &[HolidaySet], window: (i64, i64)) -> Self {
        let (from, until) = (window.0.div_euclid(MINUTE), window.1.div_euclid(MINUTE));
        let (wide_from, wide_until) = (from - MARGIN, until + MARGIN);
        let mut wall = Vec::with_capacity((wide_until - wide_from) as usize);
        let mut passed = 0;
        let mut offset = i64::from(calendar.zone.offset) / 60;
        for minute in wide_from..wide_until {
            while let Some((since, then)) = calendar.zone.transitions.get(passed)
                && *since <= minute * 60
            {
                (offset, passed) = (i64::from(*then) / 60, passed + 1);
            }
            wall.push(minute + offset);
        }
        let instants = instants(&wall, wide_from);
        let mut shown: Vec<i64> = wall.iter().map(|wall| wall.div_euclid(DAY)).collect();
        shown.sort_unstable();
        shown.dedup();
        let mut open = vec![false; wall.len()];
        let mut workdays = Vec::new();
        // Dates at the edges are not wholly known.
        for date in &shown[1..shown.len() - 1] {
            let mut worked = false;
            for hours in hours_on(calendar, sets, *date) {
                let begins = instants.of(date * DAY + i64::from(hours.from.minutes()));
                let ends = instants.of(date * DAY + i64::from(hours.until.minutes()));
                for minute in begins..ends {
                    worked = true;
                    if let Some(open) = open.get_mut((minute - wide_from) as usize) {
                        *open = true;
                    }
                }
            }
            if worked {
                workdays.push(*date);
            }
        }
        let margin = MARGIN as usize;
        let open = open[margin..open.len() - margin].to_vec();
        let wall_within = wall[margin..wall.len() - margin].to_vec();
        Self { from, until, open, wall: wall_within, workdays }
    }

    fn begins(&self) -> i64 {
        self.from * MINUTE
    }

    fn ends(&self) -> i64 {
        self.until * MINUTE
    }

    fn is_open(&self, at: i64) -> bool {
        self.open[(at.div_euclid(MINUTE) - self.from) as usize]
    }

    /// Counts on from `start`, skipping `pauses`, until `amount` is reached: when, and how much there was. Nothing reached
    /// by the end of what is known.
    fn count(&self, start: i64, pauses: &[(i64, i64)], amount: i64, stop: i64) -> (Option<i64>, i64) {
        let mut counted = 0;
        let mut at = start;
        let stop = stop.min(self.ends());
        while at < stop {
            let mut next = (at.div_euclid(MINUTE) + 1) * MINUTE;
            let mut paused = false;
            for (from, until) in pauses {
                paused |= (*from..*until).contains(&at);
                for edge in [*from, *until] {
                    if edge > at && edge < next {
                        next = edge;
                    }
                }
            }
            next = next.min(stop);
            if !paused && self.is_open(at) {
                if counted + (next - at) >= amount {
                    return (Some(at + amount - counted), amount);
                }
                counted += next - at;
            }
            at = next;
        }
        (None, counted)
    }

    fn between(&self, start: i64, end: i64) -> i64 {
        self.count(start, &[], i64::MAX, end).1
    }

    fn next_open(&self, at: i64) -> Option<i64> {
        if self.is_open(at) {
            return Some(at);
        }
        let next = (at.div_euclid(MINUTE) + 1..self.until).find(|minute| self.is_open(minute * MINUTE));
        next.map(|minute| minute * MINUTE)
    }

    fn add(&self, start: i64, amount: i64) -> Option<i64> {
        if amount == 0 { self.next_open(start) } else { self.count(start, &[], amount, i64::MAX).0 }
    }

    fn sub(&self, end: i64, amount: i64) -> Option<i64> {
        if amount == 0 && self.is_open(end) {
            return Some(end);
        }
        let mut left = amount;
        let mut at = end;
        while at > self.begins() {
            let before = (at - 1).div_euclid(MINUTE) * MINUTE;
            if self.is_open(before) {
                if left <= at - before {
                    return Some(at - left);
                }
                left -= at - before;
            }
            at = before;
        }
        None
    }

    fn add_workdays(&self, start: i64, days: u32) -> Option<i64> {
        let start = self.next_open(start)?;
        let wall = self.wall[(start.div_euclid(MINUTE) - self.from) as usize];
        let within = start.rem_euclid(MINUTE);
        let (date, time) = (wall.div_euclid(DAY), wall.rem_euclid(DAY));
        let target = match days {
            0 => date,
            _ => *self.workdays.iter().filter(|workday| **workday > date).nth(days as usize - 1)?,
        };
        let at = self.shown(target * DAY + time)? + within;
        if at < self.ends() { self.next_open(at) } else { None }
    }

    /// When the wall shows a minute for the first time, or would have if it had not jumped over it.
    fn shown(&self, wall: i64) -> Option<i64> {
        if let Some(found) = self.wall.iter().position(|shown| *shown == wall) {
            return Some((self.from + found as i64) * MINUTE);
        }
        let jump = self.wall.windows(2).position(|pair| pair[0] < wall && wall < pair[1])?;
        Some((self.from + jump as i64 + wall - self.wall[jump]) * MINUTE)
    }
}

fn instants(wall: &[i64], from: i64) -> Instants {
    let first = *wall.iter().min().expect("there are minutes");
    let last = *wall.iter().max().expect("there are minutes");
    const UNKNOWN: i64 = i64::MAX;
    let mut at = vec![UNKNOWN; (last - first + 1) as usize + 2 * DAY as usize];
    for (index, shown) in wall.iter().enumerate().rev() {
        at[(shown - first) as usize] = from + index as i64;
    }
    // What was jumped over comes as much later as the jump is wide.
    for (index, pair) in wall.windows(2).enumerate() {
        for skipped in pair[0] + 1..pair[1] {
            let place = &mut at[(skipped - first) as usize];
            if *place == UNKNOWN {
                *place = from + index as i64 + skipped - pair[0];
            }
        }
    }
    Instants { first, at }
}

/// The hours of a date: its own special day, else that of the first set that has one, else the ordinary week.
fn hours_on(calendar: &Calendar, sets: &[HolidaySet], date: i64) -> Vec<Interval> {
    let date_of = domain::sla::Date::from_days(date as i32);
    let followed = calendar.holidays.iter().filter_map(|id| sets.iter().find(|set| set.id == *id));
    let mut special = calendar.days.get(&date_of);
    for set in followed {
        special = special.or_else(|| set.days.get(&date_of));
    }
    match special {
        Some(SpecialDay::Holiday { .. }) => vec![],
        Some(SpecialDay::Hours { hours, .. }) => hours.clone(),
        Some(SpecialDay::MakeUp { .. }) if !calendar.make_up_hours.is_empty() => {
            calendar.make_up_hours.clone()
        }
        Some(SpecialDay::MakeUp { .. }) => {
            calendar.week.values().find(|hours| !hours.is_empty()).cloned().unwrap_or_default()
        }
        // 1970-01-01 was a Thursday, the fourth day.
        None => {
            let weekday = domain::sla::Weekday::ALL[(date + 3).rem_euclid(7) as usize];
            calendar.week.get(&weekday).cloned().unwrap_or_default()
        }
    }
}

/// Compares an instant that is sought with the one the oracle found; beyond what the oracle knows, the engine's must be too.
fn agrees(found: Option<Timestamp>, expected: Option<i64>, window: (i64, i64)) -> bool {
    match (found.map(Timestamp::as_millis), expected) {
        (found, Some(expected)) => found == Some(expected),
        (None, None) => true,
        (Some(found), None) => found >= window.1 || found < window.0,
    }
}

fn same_arithmetic(seed: u64, chance: &mut Chance, world: &World, counted: &[Minutes]) {
    let window = world.window();
    for ((calendar, sets), minutes) in world.calendars().zip(counted) {
        let workdays = Workdays::new(calendar, sets).expect("made calendars can be used");
        let hours = workdays.hours();
        let mut asked: Vec<i64> = (0..5).map(|_| sla_seeds::instant(chance, world)).collect();
        // Openings, closings, and the hair beside them.
        let edges: Vec<i64> = asked.iter().flat_map(|at| minutes.next_open(*at)).collect();
        let edges = edges
            .into_iter()
            .flat_map(|open| [open - 1, open, minutes.add(open, 60 * MINUTE).unwrap_or(open)]);
        asked.extend(edges.filter(|at| *at < window.1 - MINUTE));
        for &one in &asked {
            let ask = Timestamp::from_millis(one);
            let about = || format!("seed {seed}, {ask:?} in {calendar:?} with {sets:?}");
            assert_eq!(hours.is_open(ask), minutes.is_open(one), "is_open: {}", about());
            assert!(agrees(hours.next_open(ask), minutes.next_open(one), window), "next_open: {}", about());
            let amount = sla_seeds::amount(chance);
            let (added, expected) = (hours.add(ask, amount), minutes.add(one, amount));
            assert!(
                agrees(added, expected, window),
                "add {amount}: {added:?}, not {expected:?}: {}",
                about()
            );
            let (taken, expected) = (hours.sub(ask, amount), minutes.sub(one, amount));
            assert!(
                agrees(taken, expected, window),
                "sub {amount}: {taken:?}, not {expected:?}: {}",
                about()
            );
            let days = chance.below(8) as u32;
            let (found, expected) = (hours.add_workdays(ask, days), minutes.add_workdays(one, days));
            let known = expected.is_some()
                || found.is_none_or(|found| found.as_millis() > window.1 - 3 * DAY * MINUTE);
            assert!(
                known && (expected.is_none() || found.map(Timestamp::as_millis) == expected),
                "{days} workdays: {found:?}, not {expected:?}: {}",
                about()
            );
            let other = chance.pick(&asked);
            let there = Timestamp::from_millis(other);
            let open = hours.between(ask, there);
            assert_eq!(open, minutes.between(one, other), "between, until {there:?}: {}", about());

            // Laws that hold whatever the oracle thinks.
            if let Some(added) = added {
                assert!(amount == 0 || hours.between(ask, added) == amount, "add, then between: {}", about());
                if amount > 0 {
                    let back = hours.sub(added, amount).expect("there was that much");
                    assert_eq!(hours.between(back, added), amount, "sub undoes add: {}", about());
                    assert_eq!(Some(back), hours.next_open(ask), "sub undoes add: {}", about());
                }
            }
            let between = Timestamp::from_millis(i64::midpoint(one, other));
            assert_eq!(
                hours.between(ask, between) + hours.between(between, there),
                open,
                "additive: {}",
                about()
            );
            assert!(
                hours.add(ask, amount) <= hours.add(ask, amount + 1) || added.is_none(),
                "monotone: {}",
                about()
            );
            assert!(
                hours
                    .add(ask, amount + 1)
                    .is_none_or(|later| Some(later) <= hours.add(ask.plus_millis(1), amount + 1)
                        || hours.add(ask.plus_millis(1), amount + 1).is_none()),
                "monotone: {}",
                about()
            );
        }
    }
}

/// One clock as the rules have it, read off the list of what happened.
#[derive(Debug, Clone, Copy)]
struct Life {
    name: ClockName,
    cycle: u32,
    number: u16,
    start: usize,
    set: Option<i64>,
    visit: Option<i64>,
    /// Where it ended, and whether what it waited for happened.
    end: Option<(usize, bool)>,
}

const fn several(name: ClockName) -> bool {
    matches!(
        name,
        ClockName::VisitNotice | ClockName::Recovery | ClockName::Rectification | ClockName::Milestone
    )
}

const fn owed_afterwards(name: ClockName) -> bool {
    matches!(name, ClockName::Callback | ClockName::Recovery | ClockName::Rectification)
}

/// What an event starts: clock, number, instant that was set, visit.
fn starts(
    what: Happening,
    recovery_up_to: u8,
    was_assigned: bool,
) -> Vec<(ClockName, u16, Option<i64>, Option<i64>)> {
    use ClockName as C;
    let plain = |name| vec![(name, 0, None, None)];
    match what {
        Happening::MessageArrived => plain(C::Acknowledge),
        Happening::CallEnded => plain(C::Register),
        Happening::Created { .. } => plain(C::FirstResponse),
        Happening::Contacted { promised: true } => plain(C::Reply),
        Happening::Assigned { .. } => plain(C::Resolution),
        Happening::Reopened if was_assigned => plain(C::Resolution),
        Happening::VisitArranged { visit } => vec![(C::VisitNotice, 0, None, Some(visit.as_millis()))],
        Happening::WorkDone => vec![(C::ResultNotice, 0, None, None), (C::Callback, 0, None, None)],
        Happening::CalledBack { satisfaction: Some(satisfaction) } if satisfaction <= recovery_up_to => {
            plain(C::Recovery)
        }
        Happening::InspectionFailed { rectify_by } => {
            vec![(C::Rectification, 0, Some(rectify_by.as_millis()), None)]
        }
        Happening::MilestoneAgreed { number, due } => {
            vec![(C::Milestone, number, Some(due.as_millis()), None)]
        }
        _ => vec![],
    }
}

/// Whether an event ends a clock, and if so, whether it is what the clock waited for.
fn ends(life: &Life, timeline: &Timeline, what: Happening) -> Option<bool> {
    use ClockName as C;
    use Happening as H;
    let stops = match life.name {
        C::Acknowledge => matches!(what, H::MessageAnswered | H::Created { .. }),
        C::Register => matches!(what, H::Created { .. }),
        C::FirstResponse => matches!(what, H::Contacted { .. } | H::Answered | H::WorkDone),
        C::Reply => matches!(what, H::Answered | H::WorkDone),
        C::Resolution => matches!(what, H::WorkDone),
        C::VisitNotice => matches!(what, H::Contacted { .. } | H::SiteReached),
        C::ResultNotice => matches!(what, H::ResultTold),
        C::Callback => matches!(what, H::CalledBack { .. }),
        C::Recovery => matches!(what, H::Recovered),
        C::Rectification => matches!(what, H::Rectified),
        C::Milestone => {
            let own = timeline.events[life.start].by;
            matches!(what, H::MilestoneReached { plan, number } if plan == own && number == life.number)
        }
    };
    let withdraws = match what {
        H::VisitArranged { .. } => life.name == C::VisitNotice,
        H::PlanAgreed { .. } => life.name == C::Milestone,
        H::Closed => !owed_afterwards(life.name),
        H::Cancelled => true,
        H::Reopened => life.name != C::Rectification,
        _ => false,
    };
    if stops { Some(true) } else { withdraws.then_some(false) }
}

/// The version that held at an instant: the latest by then, or the first there is.
fn version_at(policies: &[Policy], at: i64, now: i64) -> &Policy {
    let mut sorted: Vec<&Policy> = policies.iter().collect();
    sorted.sort_by_key(|policy| (policy.effective, policy.version));
    let mut held = sorted[0];
    for policy in sorted {
        if policy.effective.as_millis() <= at.min(now) {
            held = policy;
        }
    }
    held
}

fn lives(timeline: &Timeline, world: &World) -> Vec<Life> {
    let mut lives: Vec<Life> = Vec::new();
    for (place, event) in timeline.events.iter().enumerate() {
        let before = &timeline.events[..place];
        let reopened = |events: &[domain::sla::Event]| {
            events.iter().filter(|event| event.what == Happening::Reopened).count() as u32
        };
        let fate = before
            .iter()
            .rev()
            .map(|event| event.what)
            .find(|what| matches!(what, Happening::Closed | Happening::Cancelled | Happening::Reopened));
        let fate = if event.what == Happening::Reopened { None } else { fate };
        // Cancelled once, it stays so until it is reopened, even if somebody closes it.
        let cancelled = before
            .iter()
            .rev()
            .map(|event| event.what)
            .take_while(|what| *what != Happening::Reopened)
            .any(|what| what == Happening::Cancelled)
            && event.what != Happening::Reopened;
        let was_assigned = lives.iter().any(|life| life.name == ClockName::Resolution);
        let poor = version_at(&world.policies, event.at.as_millis(), world.now()).recovery_up_to;
        for (name, number, set, visit) in starts(event.what, poor, was_assigned) {
            let over = matches!(fate, Some(Happening::Closed | Happening::Cancelled));
            if cancelled || (over && !owed_afterwards(name)) {
                continue;
            }
            let mut before = timeline.events[..place].iter().rev().map(|event| event.what);
            let answered = before
                .by_ref()
                .take_while(|what| *what != Happening::Reopened)
                .any(|what| matches!(what, Happening::Answered | Happening::WorkDone));
            if name == ClockName::Reply && answered {
                continue;
            }
            let cycle = 1 + reopened(&timeline.events[..=place]);
            if !several(name) && lives.iter().any(|life| life.name == name && life.cycle == cycle) {
                continue;
            }
            let mut life = Life { name, cycle, number, start: place, set, visit, end: None };
            for (later, event) in timeline.events.iter().enumerate().skip(place + 1) {
                if let Some(stopped) = ends(&life, timeline, event.what) {
                    life.end = Some((later, stopped));
                    if event.what == Happening::SiteReached {
                        life.visit = Some(event.at.as_millis());
                    }
                    break;
                }
            }
            lives.push(life);
        }
    }
    lives
}

/// What was known of the ticket when a clock was judged.
struct Known {
    urgency: Urgency,
    difficulty: Difficulty,
    department: DepartmentId,
    plan: Option<i64>,
    waits: Vec<(i64, i64, Waiting)>,
}

fn known(timeline: &Timeline, until: Option<usize>) -> Known {
    // What comes before the registration is judged by what was registered.
    let created = timeline.events.iter().find_map(|event| match event.what {
        Happening::Created { urgency, difficulty, department } => Some((urgency, difficulty, department)),
        _ => None,
    });
    let (urgency, difficulty, department) = created.expect("every story has a registration");
    let mut known = Known { urgency, difficulty, department, plan: None, waits: vec![] };
    for (place, event) in timeline.events.iter().enumerate() {
        if until.is_some_and(|until| place > until) {
            break;
        }
        let at = event.at.as_millis();
        match event.what {
            Happening::UrgencyChanged { urgency } => known.urgency = urgency,
            Happening::DifficultyChanged { difficulty } => known.difficulty = difficulty,
            Happening::Assigned { department } => known.department = department,
            Happening::PlanAgreed { deadline } => known.plan = deadline.map(Timestamp::as_millis),
            _ => {}
        }
        let waiting = match event.what {
            Happening::WaitingChanged { waiting } => waiting,
            Happening::WorkDone => None,
            Happening::Reopened => {
                // What ended with the last cycle was judged by its plan still.
                if until != Some(place) {
                    known.plan = None;
                }
                None
            }
            _ => continue,
        };
        if let Some(last) = known.waits.last_mut().filter(|(_, until, _)| *until == i64::MAX) {
            last.1 = at;
        }
        if let Some(waiting) = waiting {
            known.waits.push((at, i64::MAX, waiting));
        }
    }
    known
}

/// What the oracle expects of one clock.
struct Expected {
    life: Life,
    started: i64,
    ended: Option<i64>,
    policy: u32,
    due: Option<i64>,
    paused_since: Option<i64>,
    left: Option<i64>,
    target: Option<i64>,
    /// The hours it counts in, by place among the world's calendars; every hour if none.
    counted_in: Option<usize>,
    pauses: Vec<(i64, i64)>,
    /// Whether the oracle's window was wide enough to tell.
    told: bool,
}

fn contract_of<'p>(policy: &'p Policy, company: &str) -> Option<&'p Contract> {
    let same = |one: &str| one.trim().eq_ignore_ascii_case(company.trim()) && !company.trim().is_empty();
    policy.contracts.iter().find(|contract| contract.customers.iter().any(|customer| same(customer)))
}

fn target_of(rule: Option<&Rule>, known: &Known) -> Option<Target> {
    match rule?.targets {
        Targets::All { target } => target,
        Targets::Urgency { urgent, normal, low } => match known.urgency {
            Urgency::Urgent => urgent,
            Urgency::Normal => normal,
            Urgency::Low => low,
        },
        Targets::Difficulty { simple, complex, hard } => match known.difficulty {
            Difficulty::Simple => simple,
            Difficulty::Complex => complex,
            Difficulty::Hard => hard,
        },
        Targets::BeforeVisit { .. } | Targets::Set => None,
    }
}

struct Oracle<'w> {
    world: &'w World,
    calendars: &'w [Minutes],
    always: &'w Minutes,
}

impl Oracle<'_> {
    fn minutes(&self, counted_in: Option<usize>) -> &Minutes {
        counted_in.map_or(self.always, |place| &self.calendars[place])
    }

    /// Where a version's calendar stands among all of the world's.
    fn place_of(&self, policy: &Policy, id: &str) -> usize {
        let mut place = 0;
        for of in &self.world.policies {
            for calendar in &of.calendars {
                if of.version == policy.version && calendar.id == id {
                    return place;
                }
                place += 1;
            }
        }
        panic!("every calendar that is named is there")
    }

    fn expected(&self, timeline: &Timeline, life: Life) -> Expected {
        let started = timeline.events[life.start].at.as_millis();
        let ended = life.end.map(|(place, _)| timeline.events[place].at.as_millis());
        let now = self.world.now();
        let policy = version_at(&self.world.policies, ended.unwrap_or(now), now);
        let known = known(timeline, life.end.map(|(place, _)| place));
        let contract = contract_of(policy, &timeline.company);
        let rule =
            contract.and_then(|contract| contract.rules.get(&life.name)).or(policy.rules.get(&life.name));
        let target = target_of(rule, &known);
        let department = policy.department_calendars.get(&known.department);
        let id = contract.and_then(|contract| contract.calendar.as_ref()).or(department);
        let id = id.unwrap_or(&policy.default_calendar);
        let counted_in = match target {
            Some(Target::Open { .. } | Target::Workdays { .. }) => Some(self.place_of(policy, id)),
            _ => None,
        };
        let minutes = self.minutes(counted_in);
        let mut pauses: Vec<(i64, i64)> = Vec::new();
        for (from, until, waiting) in &known.waits {
            let counts = rule.is_some_and(|rule| rule.pauses.contains(waiting));
            let (from, until) = ((*from).max(started), (*until).min(ended.unwrap_or(i64::MAX)));
            if counts && from < until {
                pauses.push((from, until));
            }
        }
        let mut expected = Expected {
            life,
            started,
            ended,
            policy: policy.version,
            due: None,
            paused_since: None,
            left: None,
            target: None,
            counted_in,
            pauses: pauses.clone(),
            told: true,
        };
        let open_end = pauses.last().filter(|(_, until)| *until == i64::MAX).map(|(from, _)| *from);
        let Some(target) = target else {
            let plan = known.plan.filter(|_| life.name == ClockName::Resolution);
            expected.due = match (rule.map(|rule| rule.targets), life.visit, life.set.or(plan)) {
                (Some(Targets::BeforeVisit { minutes }), Some(visit), _) => {
                    Some(visit - i64::from(minutes) * MINUTE)
                }
                (Some(_), _, Some(set)) => Some(set),
                _ => None,
            };
            match expected.due {
                // An instant that was set does not move.
                Some(_) => expected.pauses = vec![],
                None => expected.paused_since = open_end,
            }
            return expected;
        };
        let (amount, undisturbed) = match target {
            Target::Calendar { minutes } | Target::Open { minutes } => {
                (Some(i64::from(minutes) * MINUTE), None)
            }
            Target::Workdays { days } => {
                let due = minutes.add_workdays(started, days);
                (due.map(|due| minutes.between(started, due)), due)
            }
        };
        let Some(amount) = amount else {
            expected.told = false;
            return expected;
        };
        expected.target = Some(amount);
        let (reached, counted) = minutes.count(started, &pauses, amount, i64::MAX);
        expected.due = reached.map(|reached| reached.max(undisturbed.unwrap_or(reached)));
        if expected.due.is_none() && open_end.is_some() {
            expected.paused_since = open_end;
            expected.left = Some(amount - counted);
        } else if expected.due.is_none() {
            expected.told = false;
        }
        expected
    }
}

/// Whether its end counts: what it waited for happened, or it was late when the ticket ended without being cancelled.
fn end_counts(expected: &Expected, timeline: &Timeline) -> bool {
    let late = expected.ended.zip(expected.due).is_some_and(|(ended, due)| ended > due);
    expected.life.end.is_some_and(|(place, stopped)| {
        stopped || (late && !matches!(timeline.events[place].what, Happening::Cancelled))
    })
}

fn state(expected: &Expected, timeline: &Timeline, at: i64) -> ClockState {
    let late = |instant: i64| expected.due.is_some_and(|due| instant > due);
    match (expected.ended, end_counts(expected, timeline)) {
        (Some(ended), true) => {
            if late(ended) {
                ClockState::Missed
            } else {
                ClockState::Met
            }
        }
        (Some(_), _) => ClockState::Withdrawn,
        (None, _) if late(at) => ClockState::Overdue,
        (None, _) if expected.paused_since.is_some() => ClockState::Paused,
        (None, _) => ClockState::Running,
    }
}

fn same_life(seed: u64, timeline: &Timeline, oracle: &Oracle<'_>, tally: &mut Tally) {
    let world = oracle.world;
    let window = world.window();
    let book = world.book();
    let found = clocks(timeline, &book);
    let mut lives = lives(timeline, world);
    lives.sort_by_key(|life| (life.start, life.name, life.number));
    let about = || format!("seed {seed}, {:#?} under {:#?}", timeline.events, world.policies);
    let names = |of: &[(ClockName, u32)]| format!("{of:?}");
    let expected_names: Vec<_> = lives.iter().map(|life| (life.name, life.cycle)).collect();
    let found_names: Vec<_> = found.iter().map(|clock: &Clock| (clock.name(), clock.id.cycle)).collect();
    assert_eq!(names(&found_names), names(&expected_names), "{}", about());
    for (clock, life) in found.iter().zip(lives) {
        let expected = oracle.expected(timeline, life);
        let stopped = expected.ended.filter(|_| end_counts(&expected, timeline));
        let withdrawn = expected.ended.filter(|_| !end_counts(&expected, timeline));
        let millis = |found: Option<Timestamp>| found.map(Timestamp::as_millis);
        let which = || format!("{:?}: {}", clock, about());
        assert_eq!(clock.started.as_millis(), expected.started, "started, {}", which());
        assert_eq!(millis(clock.stopped), stopped, "stopped, {}", which());
        assert_eq!(millis(clock.withdrawn), withdrawn, "withdrawn, {}", which());
        assert_eq!(clock.policy, expected.policy, "policy, {}", which());
        tally.clocks += 1;
        if !expected.told {
            assert!(
                millis(clock.due).is_none_or(|due| due > window.1 - 3 * DAY * MINUTE),
                "due, {}",
                which()
            );
            tally.untold += 1;
            continue;
        }
        assert_eq!(millis(clock.due), expected.due, "due, {}", which());
        assert_eq!(
            clock.paused.map(|paused| paused.since.as_millis()),
            expected.paused_since,
            "paused, {}",
            which()
        );
        assert_eq!(clock.paused.and_then(|paused| paused.left_ms), expected.left, "left, {}", which());
        if let Deadline::Target { millis, .. } = clock.deadline {
            assert_eq!(Some(millis), expected.target, "target, {}", which());
        }
        let mut moments = vec![expected.started, world.now(), window.1 - MINUTE];
        moments.extend(expected.due.into_iter().flat_map(|due| [due - 1, due, due + 1]));
        for now in moments.into_iter().filter(|now| *now < window.1) {
            let clock_state = clock.state(Timestamp::from_millis(now));
            assert_eq!(clock_state, state(&expected, timeline, now), "state at {now}, {}", which());
            tally.late += u64::from(matches!(clock_state, ClockState::Overdue | ClockState::Missed));
        }
        tally.paused += u64::from(!expected.pauses.is_empty());
        tally.at_due += u64::from(stopped.is_some() && stopped == expected.due);
        let minutes = oracle.minutes(expected.counted_in);
        let now = world.now();
        let ledger =
            explain(timeline, &book, clock.id, Timestamp::from_millis(now)).expect("it is one of its clocks");
        let used =
            minutes.count(expected.started, &expected.pauses, i64::MAX, expected.ended.unwrap_or(now)).1;
        assert_eq!(ledger.used_ms, used, "used, {}", which());
        let counted: i64 = ledger
            .lines
            .iter()
            .map(|line| match line {
                Line::Counted { millis, .. } | Line::Days { millis, .. } => *millis,
                _ => 0,
            })
            .sum();
        match (expected.due, expected.target) {
            (Some(_), Some(target)) => assert_eq!(counted, target, "lines, {:#?} {}", ledger.lines, which()),
            (None, _) => assert_eq!(counted, used, "lines, {:#?} {}", ledger.lines, which()),
            _ => {}
        }
    }
    same_rings(timeline, oracle, &found, &about, tally);
}

/// A reminder comes when its share of the target has been counted, a warning with the due time; neither without cause.
fn same_rings(
    timeline: &Timeline,
    oracle: &Oracle<'_>,
    found: &[Clock],
    about: &dyn Fn() -> String,
    tally: &mut Tally,
) {
    let book = oracle.world.book();
    let mut seen = std::collections::BTreeSet::new();
    for ring in rings(timeline, &book) {
        assert!(seen.insert(ring.id.clone()), "twice: {ring:?}: {}", about());
        let Some(clock) = ring.id.clock.and_then(|id| found.iter().find(|clock| clock.id == id)) else {
            continue;
        };
        assert!(clock.ended().is_none_or(|ended| ended > ring.at), "after its end: {ring:?}: {}", about());
        tally.rings += 1;
        assert_eq!(ring.late, clock.due.is_some_and(|due| ring.at >= due), "{ring:?}: {}", about());
    }
}

#[derive(Debug, Default)]
struct Tally {
    histories: u64,
    clocks: u64,
    untold: u64,
    paused: u64,
    late: u64,
    at_due: u64,
    rings: u64,
}

fn company_holds(seed: u64, zones: &[Zone], tally: &mut Tally) {
    let mut chance = Chance::new(seed);
    let world = World::new(&mut chance, zones);
    let window = world.window();
    let counted: Vec<Minutes> =
        world.calendars().map(|(calendar, sets)| Minutes::new(calendar, sets, window)).collect();
    same_arithmetic(seed, &mut chance, &world, &counted);
    let always = Minutes::always(window);
    let oracle = Oracle { world: &world, calendars: &counted, always: &always };
    let book = world.book();
    for _ in 0..TICKETS {
        let timeline = sla_seeds::timeline(&mut chance, &world, &book);
        same_life(seed, &timeline, &oracle, tally);
        tally.histories += 1;
    }
}

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().expect("a number"))
}

#[test]
fn the_oracle_comes_to_the_same_minute() {
    let zones = zones();
    let mut tally = Tally::default();
    if let Some(seed) = asked("FIELDLOOP_SEED") {
        company_holds(seed, &zones, &mut tally);
        return;
    }
    let histories = asked("FIELDLOOP_HISTORIES").unwrap_or(384);
    for seed in 0..histories.div_ceil(TICKETS) {
        company_holds(seed, &zones, &mut tally);
    }
    println!("{tally:?}");
    // The histories hold what they are about.
    let Tally { clocks, untold, paused, late, at_due, rings, .. } = tally;
    assert!(untold * 5 < clocks, "most clocks are told to their end: {tally:?}");
    assert!(paused * 20 > clocks && late * 20 > clocks && at_due > 0 && rings > 0, "{tally:?}");
}

/// What the browser must answer, too: one line for each seed.
#[test]
fn the_answers_are_those_that_every_machine_gives() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sla/answers.txt");
    let zones = zones();
    let answers: String =
        (0..64).map(|seed| format!("{seed} {:016x}\n", sla_seeds::answers(seed, &zones))).collect();
    if std::env::var_os("UPDATE_ANSWERS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &answers).expect("the answers can be written");
    }
    let pinned = std::fs::read_to_string(&path).expect("the answers lie beside this test");
    assert_eq!(answers, pinned, "UPDATE_ANSWERS=1 writes them anew, where a change of the rules is meant");
}
