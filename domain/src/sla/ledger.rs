//! Why a clock stands as it does, line by line, so that somebody who disagrees can point at the line they disagree with.
//!
//! Lines are data; the screen and the report own the wording.

use std::ops::Range;

use super::book::PolicyBook;
use super::calendar::{Name, SpecialDay, Workdays};
use super::clock::{Clock, ClockId, ClockName, ClockState, Deadline, Happening, Timeline};
use super::course::{Course, Standstill};
use super::date::Date;
use super::hours::Hours;
use super::policy::Target;
use super::run::{Conditions, Run, clocks, runs};
use super::zone::Zone;
use crate::ticket::{Difficulty, Recorded, Ticket, Urgency, Waiting};
use crate::{ChangeId, DepartmentId, TicketId, Timestamp};

/// One clock, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// The clock.
    pub clock: Clock,
    /// Why, in the order in which to read it.
    pub lines: Vec<Line>,
    /// Milliseconds used until it ended, or until now, in the hours it is counted in, pauses left out.
    pub used_ms: i64,
    /// Milliseconds it has; absent without a due time.
    pub target_ms: Option<i64>,
    /// The zone of the calendar it is counted in; absent if every hour counts.
    pub zone: Option<Zone>,
}

/// One line of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants say what their fields are")]
pub enum Line {
    /// It started, by this change.
    Started { at: Timestamp, by: ChangeId },
    /// While it ran, the urgency changed; it was reckoned again from the same start.
    UrgencyChanged { at: Timestamp, by: ChangeId, urgency: Urgency },
    /// While it ran, the difficulty changed.
    DifficultyChanged { at: Timestamp, by: ChangeId, difficulty: Difficulty },
    /// While it ran, the ticket went to another department.
    DepartmentChanged { at: Timestamp, by: ChangeId, department: DepartmentId },
    /// While it ran, a plan was agreed that sets or lifts the deadline.
    PlanAgreed { at: Timestamp, by: ChangeId, deadline: Option<Timestamp> },
    /// While it ran, another version of the policy took effect.
    PolicyChanged { at: Timestamp, version: u32 },
    /// The amount of time it has, by this version of the policy and this contract, counted in this calendar.
    Target {
        target: Target,
        urgency: Urgency,
        difficulty: Difficulty,
        policy: u32,
        contract: Option<String>,
        calendar: Option<Name>,
    },
    /// Its due time was set in the ticket.
    Set { due: Timestamp, policy: u32 },
    /// It is due so many minutes before the visit.
    BeforeVisit { visit: Timestamp, minutes: u32, policy: u32 },
    /// The policy sets no time.
    Open { policy: u32 },
    /// It started outside hours; counting began with the next opening.
    Opened { from: Timestamp, at: Timestamp },
    /// These days are closed and don't count.
    Closed { from: Date, until: Date },
    /// A holiday does not count.
    Holiday { date: Date, name: Name },
    /// A day that would be closed counts, because it makes up for a holiday.
    MakeUp { date: Date, name: Name },
    /// A day has hours of its own.
    SpecialHours { date: Date, name: Name },
    /// A stretch that counts.
    Counted { from: Timestamp, until: Timestamp, millis: i64 },
    /// A break within a day that does not count.
    Break { from: Timestamp, until: Timestamp },
    /// Many days on end, summed up: so many of them open.
    Days { from: Date, until: Date, open: u32, millis: i64 },
    /// It stood still; without an end, it still does. `millis` would have counted.
    Paused { from: Timestamp, until: Option<Timestamp>, waiting: Waiting, by: ChangeId, millis: i64 },
    /// Beyond this date no holidays are known yet: later days count as ordinary ones.
    HolidaysUnknownAfter { date: Date },
    /// It is or was due.
    Due { at: Timestamp },
    /// It stopped, by this change, this much (of calendar time) after or before it was due.
    Stopped { at: Timestamp, by: ChangeId, late_ms: Option<i64> },
    /// It no longer counts, since the ticket ended or was reopened by this change.
    Withdrawn { at: Timestamp, by: ChangeId },
}

/// A lateness that was seen and then taken back, because what arrived later had happened earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    /// The clock.
    pub clock: ClockId,
    /// From when on it was seen to be late.
    pub seen_from: Timestamp,
    /// When the change arrived that took it back.
    pub until: Timestamp,
    /// That change.
    pub by: ChangeId,
    /// When that change had happened.
    pub happened: Timestamp,
}

/// The most days that are told one by one; of more, those in the middle are summed up.
const TOLD_DAYS: i32 = 28;

/// Explains one clock at `now`; nothing, if the ticket has no such clock.
pub fn explain(timeline: &Timeline, book: &PolicyBook, clock: ClockId, now: Timestamp) -> Option<Ledger> {
    let run = runs(timeline, book).into_iter().find(|run| run.clock.id == clock)?;
    let mut teller = Teller { timeline, book, run: &run, now, lines: Vec::with_capacity(12) };
    teller.tell();
    let zone = teller.workdays().map(|workdays| workdays.calendar().zone.clone());
    let lines = teller.lines;
    let stood = standstills(&run);
    let course = Course { hours: run.hours, start: run.clock.started, pauses: &stood };
    let used_ms = course.elapsed(run.clock.ended().unwrap_or(now.max(run.clock.started)));
    let target_ms = match run.clock.deadline {
        Deadline::Target { millis, .. } => Some(millis),
        _ => run.clock.due.map(|due| due.millis_since(run.clock.started).max(0)),
    };
    Some(Ledger { clock: run.clock, lines, used_ms, target_ms, zone })
}

fn standstills(run: &Run<'_>) -> Vec<Standstill> {
    run.pauses.iter().map(|pause| Standstill { from: pause.from, until: pause.until }).collect()
}

struct Teller<'t, 'b> {
    timeline: &'t Timeline,
    book: &'b PolicyBook,
    run: &'t Run<'b>,
    now: Timestamp,
    lines: Vec<Line>,
}

impl Teller<'_, '_> {
    fn tell(&mut self) {
        let Clock { started, started_by, due, .. } = self.run.clock;
        self.lines.push(Line::Started { at: started, by: started_by });
        self.tell_changes();
        self.tell_deadline();
        // Told as far as the due time; without one, as far as it has come.
        let reached = self.run.clock.ended().unwrap_or(self.now);
        self.tell_time(due.unwrap_or(reached));
        if let Some(due) = due {
            self.tell_unknown_holidays(due);
            self.lines.push(Line::Due { at: due });
        }
        self.tell_end();
    }

    /// What changed between its start and its end that decides about it.
    fn tell_changes(&mut self) {
        let Run { from, until, .. } = *self.run;
        let mut conditions: Option<Conditions> = None;
        let mut changes = Vec::new();
        for (place, event) in self.timeline.events.iter().enumerate().take(until) {
            let (at, by) = (event.at, event.by);
            let running = place > from;
            match event.what {
                Happening::Created { urgency, difficulty, department } => {
                    conditions = Some(Conditions { urgency, difficulty, department, plan: None });
                }
                Happening::UrgencyChanged { urgency } => {
                    let before =
                        conditions.as_mut().map(|known| std::mem::replace(&mut known.urgency, urgency));
                    if running && before != Some(urgency) {
                        changes.push((at, Line::UrgencyChanged { at, by, urgency }));
                    }
                }
                Happening::DifficultyChanged { difficulty } => {
                    let known = conditions.as_mut();
                    let before = known.map(|known| std::mem::replace(&mut known.difficulty, difficulty));
                    if running && before != Some(difficulty) {
                        changes.push((at, Line::DifficultyChanged { at, by, difficulty }));
                    }
                }
                Happening::Assigned { department } => {
                    let known = conditions.as_mut();
                    let before = known.map(|known| std::mem::replace(&mut known.department, department));
                    if running && before != Some(department) {
                        changes.push((at, Line::DepartmentChanged { at, by, department }));
                    }
                }
                Happening::PlanAgreed { deadline } if running && self.follows_the_plan() => {
                    changes.push((at, Line::PlanAgreed { at, by, deadline }));
                }
                _ => {}
            }
        }
        let started = self.run.clock.started;
        let ended = self.run.clock.ended();
        for (version, effective) in self.book.effective() {
            if effective > started && ended.is_none_or(|ended| effective <= ended) {
                changes.push((effective, Line::PolicyChanged { at: effective, version }));
            }
        }
        changes.sort_by_key(|(at, _)| *at);
        self.lines.extend(changes.into_iter().map(|(_, line)| line));
    }

    /// Whether the plan's own deadline is, or would be, the clock's.
    fn follows_the_plan(&self) -> bool {
        let by_plan = matches!(self.run.clock.deadline, Deadline::Set { .. } | Deadline::Open);
        by_plan && self.run.clock.name() == ClockName::Resolution
    }

    fn tell_deadline(&mut self) {
        let policy = self.run.clock.policy;
        let Conditions { urgency, difficulty, .. } = self.run.conditions;
        self.lines.push(match self.run.clock.deadline {
            Deadline::Target { target, .. } => Line::Target {
                target,
                urgency,
                difficulty,
                policy,
                contract: self.run.contract.map(str::to_owned),
                calendar: self.workdays().map(|workdays| workdays.calendar().name.clone()),
            },
            Deadline::Set { at } => Line::Set { due: at, policy },
            Deadline::BeforeVisit { visit, minutes } => Line::BeforeVisit { visit, minutes, policy },
            Deadline::Open => Line::Open { policy },
        });
    }

    fn workdays(&self) -> Option<&'_ Workdays> {
        self.run.calendar.and_then(|id| self.run.judged_by.workdays(id))
    }

    /// What counted and what didn't, from its start until `until`.
    fn tell_time(&mut self, until: Timestamp) {
        let start = self.run.clock.started;
        let mut told: Vec<(Timestamp, Line)> = match self.workdays() {
            Some(workdays) => self.days(workdays, until),
            None => running(&self.run.pauses_until(until), start, until)
                .into_iter()
                .map(|stretch| (stretch.start, counted(&stretch)))
                .collect(),
        };
        let pauses = self.run.pauses.iter().filter(|pause| pause.from < until || pause.until.is_none());
        told.extend(pauses.map(|pause| {
            let end = pause.until.unwrap_or(self.now.max(pause.from));
            let by = self.timeline.events[pause.event].by;
            let millis = self.run.hours.between(pause.from, end);
            let line =
                Line::Paused { from: pause.from, until: pause.until, waiting: pause.waiting, by, millis };
            (pause.from, line)
        }));
        told.sort_by_key(|(at, _)| *at);
        self.lines.extend(told.into_iter().map(|(_, line)| line));
    }

    fn days(&self, workdays: &Workdays, until: Timestamp) -> Vec<(Timestamp, Line)> {
        let start = self.run.clock.started;
        let hours = workdays.hours();
        let pauses = self.run.pauses_until(until);
        let first = last_before(hours, start.plus_millis(1));
        let last = last_before(hours, until).max(first);
        let mut told = Vec::new();
        if let Some(opened) = hours.next_open(start).filter(|opened| *opened > start) {
            told.push((start, Line::Opened { from: start, at: opened }));
        }
        let middle = first.plus(TOLD_DAYS / 2)..last.plus(-TOLD_DAYS / 2);
        let many = !middle.is_empty();
        let mut date = first;
        while date <= last {
            if many && date == middle.start {
                told.push((hours.midnight(date), self.sum_up(workdays, &middle)));
                date = middle.end;
                continue;
            }
            let begins = hours.midnight(date);
            match workdays.special(date) {
                Some(SpecialDay::Holiday { name }) => {
                    told.push((begins, Line::Holiday { date, name: name.clone() }));
                }
                Some(SpecialDay::MakeUp { name }) => {
                    told.push((begins, Line::MakeUp { date, name: name.clone() }));
                }
                Some(SpecialDay::Hours { name, .. }) => {
                    told.push((begins, Line::SpecialHours { date, name: name.clone() }));
                }
                None if hours.on(date).is_empty() => match told.last_mut() {
                    Some((_, Line::Closed { until, .. })) if until.plus(1) == date => *until = date,
                    _ => told.push((begins, Line::Closed { from: date, until: date })),
                },
                None => {}
            }
            let mut closed_at: Option<Timestamp> = None;
            for open in hours.on(date) {
                if let Some(from) = closed_at.filter(|from| *from >= start && open.start < until) {
                    told.push((from, Line::Break { from, until: open.start }));
                }
                closed_at = Some(open.end);
                let stretches = running(&pauses, open.start.max(start), open.end.min(until));
                told.extend(stretches.iter().map(|stretch| (stretch.start, counted(stretch))));
            }
            date = date.plus(1);
        }
        told
    }

    fn sum_up(&self, workdays: &Workdays, dates: &Range<Date>) -> Line {
        let hours = workdays.hours();
        let (from, until) = (hours.midnight(dates.start), hours.midnight(dates.end));
        let stood = self.run.pauses.iter().map(|pause| {
            let (begin, end) = (pause.from.max(from), pause.until.unwrap_or(self.now).min(until));
            hours.between(begin, end)
        });
        let stood: i64 = stood.sum();
        Line::Days {
            from: dates.start,
            until: dates.end.plus(-1),
            open: u32::try_from(hours.workdays(dates.start, dates.end)).unwrap_or(u32::MAX),
            millis: hours.between(from, until) - stood,
        }
    }

    fn tell_unknown_holidays(&mut self, due: Timestamp) {
        let Some(workdays) = self.workdays() else { return };
        let due = workdays.hours().date(due);
        let follows = &workdays.calendar().holidays;
        let sets = self.run.judged_by.policy.holidays.iter().filter(|set| follows.contains(&set.id));
        if let Some(date) = sets.map(|set| set.until).min().filter(|until| *until < due) {
            self.lines.push(Line::HolidaysUnknownAfter { date });
        }
    }

    fn tell_end(&mut self) {
        let clock = &self.run.clock;
        let Some(by) = clock.ended_by else { return };
        if let Some(at) = clock.stopped {
            let late_ms = clock.due.map(|due| at.millis_since(due));
            self.lines.push(Line::Stopped { at, by, late_ms });
        } else if let Some(at) = clock.withdrawn {
            self.lines.push(Line::Withdrawn { at, by });
        }
    }
}

impl Run<'_> {
    /// Its pauses as stretches, the last one ending no later than `until` is told.
    fn pauses_until(&self, until: Timestamp) -> Vec<Range<Timestamp>> {
        self.pauses.iter().map(|pause| pause.from..pause.until.unwrap_or(until.max(pause.from))).collect()
    }
}

/// The date that has begun last before an instant. Where the wall clock has jumped over midnight, it may show another one.
fn last_before(hours: &Hours, until: Timestamp) -> Date {
    let shown = hours.date(until);
    let begun = (-1..=2).rev().map(|days| shown.plus(days)).find(|date| hours.midnight(*date) < until);
    begun.unwrap_or(shown)
}

/// What remains of a stretch without the pauses.
fn running(pauses: &[Range<Timestamp>], from: Timestamp, until: Timestamp) -> Vec<Range<Timestamp>> {
    let mut rest = Vec::new();
    let mut from = from;
    for pause in pauses {
        if pause.start > from && from < until {
            rest.push(from..pause.start.min(until));
        }
        from = from.max(pause.end);
    }
    if from < until {
        rest.push(from..until);
    }
    rest
}

fn counted(stretch: &Range<Timestamp>) -> Line {
    let millis = stretch.end.millis_since(stretch.start);
    Line::Counted { from: stretch.start, until: stretch.end, millis }
}

/// Every lateness that was seen and taken back, in the order in which that happened.
///
/// Replays the record as it grew: what had arrived by each arrival, folded and reckoned for itself.
pub fn corrections(id: TicketId, log: &[Recorded], book: &PolicyBook) -> Vec<Correction> {
    let mut arrivals: Vec<Timestamp> = log.iter().filter_map(|recorded| recorded.arrived).collect();
    arrivals.sort_unstable();
    arrivals.dedup();
    let mut corrections = Vec::new();
    let mut before: Option<(Timestamp, Vec<Clock>)> = None;
    for arrival in arrivals {
        let known: Vec<Recorded> = log
            .iter()
            .filter(|recorded| recorded.arrived.is_some_and(|arrived| arrived <= arrival))
            .cloned()
            .collect();
        let Some(ticket) = Ticket::fold(id, None, &known) else { continue };
        let now = clocks(&ticket.timeline, &book.as_of(arrival));
        if let Some((seen_at, seen)) = before.take() {
            for was in seen.iter().filter(|was| is_late(was, arrival)) {
                let right = now.iter().find(|clock| clock.id == was.id);
                let taken_back = right.is_some_and(|clock| {
                    !is_late(clock, arrival) && clock.state(arrival) != ClockState::Withdrawn
                });
                let Some(news) = turning(id, &known, arrival, was.id, book).filter(|_| taken_back) else {
                    continue;
                };
                // Rightly late until then, and merely given more time: nothing was seen in error.
                if was.due.is_some_and(|due| news.happened <= due || was.stopped.is_some()) {
                    let seen_from = was.due.map_or(seen_at, |due| due.max(seen_at));
                    corrections.push(Correction {
                        clock: was.id,
                        seen_from,
                        until: arrival,
                        by: news.change.id,
                        happened: news.happened,
                    });
                }
            }
        }
        before = Some((arrival, now));
    }
    corrections
}

/// Of what arrived together, the change with which a clock ceased to be late.
fn turning<'l>(
    id: TicketId,
    known: &'l [Recorded],
    arrival: Timestamp,
    clock: ClockId,
    book: &PolicyBook,
) -> Option<&'l Recorded> {
    let is_new = |recorded: &&Recorded| recorded.arrived == Some(arrival);
    known.iter().filter(is_new).find(|last| {
        let so_far = known.iter().filter(|recorded| !is_new(recorded) || recorded.order() <= last.order());
        let ticket = Ticket::fold(id, None, &so_far.cloned().collect::<Vec<_>>());
        let clocks = ticket.map(|ticket| clocks(&ticket.timeline, &book.as_of(arrival))).unwrap_or_default();
        clocks.iter().any(|found| found.id == clock && !is_late(found, arrival))
    })
}

fn is_late(clock: &Clock, now: Timestamp) -> bool {
    matches!(clock.state(now), ClockState::Overdue | ClockState::Missed)
}
