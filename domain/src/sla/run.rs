//! Following a ticket's timeline: which clocks start, stand still and end, and by which conditions each is judged.

use super::book::PolicyBook;
use super::clock::{Clock, ClockId, ClockName, Deadline, Event, Happening, Paused, Timeline};
use super::course::{Course, Due, Standstill};
use super::hours::Hours;
use super::policy::Compiled;
use super::policy::{Rule, Target, Targets};
use crate::ticket::{Difficulty, Urgency, Waiting};
use crate::{ChangeId, DepartmentId, Timestamp};

/// All clocks that have started, in the order in which they did.
///
/// Those that have ended are judged by the conditions and the policy that held when they did. Those that run are judged
/// by what holds now, from their own start, with the pauses they had.
pub fn clocks(timeline: &Timeline, book: &PolicyBook) -> Vec<Clock> {
    runs(timeline, book).into_iter().map(|run| run.clock).collect()
}

/// A clock with what an explanation of it needs.
pub(super) struct Run<'b> {
    pub(super) clock: Clock,
    /// The event that started it, by its place in the timeline.
    pub(super) from: usize,
    /// The first event that can't concern it any more.
    pub(super) until: usize,
    /// The policy it is judged by.
    pub(super) judged_by: &'b Compiled,
    /// The conditions it is judged by.
    pub(super) conditions: Conditions,
    /// The hours its target is counted in.
    pub(super) hours: &'b Hours,
    /// The calendar those hours come from, if they are not every hour.
    pub(super) calendar: Option<&'b str>,
    /// The contract it is judged by.
    pub(super) contract: Option<&'b str>,
    /// When it stood still.
    pub(super) pauses: Vec<Pause>,
}

/// What a ticket was like when a clock was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Conditions {
    pub(super) urgency: Urgency,
    pub(super) difficulty: Difficulty,
    pub(super) department: DepartmentId,
    /// The plan's own deadline, once one is agreed.
    pub(super) plan: Option<Timestamp>,
}

/// A stretch in which the work waited, and the event that began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) from: Timestamp,
    pub(super) until: Option<Timestamp>,
    pub(super) waiting: Waiting,
    pub(super) event: usize,
}

/// A clock that has started and may have ended, not judged yet.
#[derive(Debug, Clone, Copy)]
struct Started {
    id: ClockId,
    at: Timestamp,
    event: usize,
    /// The instant that was set for it.
    set: Option<Timestamp>,
    /// The visit it precedes.
    visit: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
enum End {
    /// What it waited for happened.
    Stopped,
    /// What it waited for is no longer wanted. Only what was not late yet is let off: lateness can't be closed away.
    Lapsed,
    /// The ticket was cancelled: nothing was owed.
    Withdrawn,
}

pub(super) fn runs<'b>(timeline: &Timeline, book: &'b PolicyBook) -> Vec<Run<'b>> {
    let created = timeline.events.iter().find_map(|event| match event.what {
        Happening::Created { urgency, difficulty, department } => {
            Some(Conditions { urgency, difficulty, department, plan: None })
        }
        _ => None,
    });
    let Some(conditions) = created else { return Vec::new() };
    let mut walk = Walk {
        timeline,
        book,
        conditions,
        cycle: 1,
        answered: false,
        over: false,
        cancelled: false,
        waits: Vec::new(),
        running: Vec::with_capacity(4),
        judged: Vec::with_capacity(8),
    };
    for (place, event) in timeline.events.iter().enumerate() {
        walk.take(place, event);
    }
    walk.finish()
}

struct Walk<'t, 'b> {
    timeline: &'t Timeline,
    book: &'b PolicyBook,
    conditions: Conditions,
    cycle: u32,
    /// In this cycle the customer has had the answer they were promised, or the work itself.
    answered: bool,
    /// The ticket has ended, with a result or without work.
    over: bool,
    /// It ended without work: nothing is owed any more.
    cancelled: bool,
    waits: Vec<Pause>,
    running: Vec<Started>,
    judged: Vec<Run<'b>>,
}

impl<'b> Walk<'_, 'b> {
    fn take(&mut self, place: usize, event: &Event) {
        use ClockName as C;
        let at = event.at;
        match event.what {
            Happening::MessageArrived => self.start(C::Acknowledge, place),
            Happening::MessageAnswered => self.stop(C::Acknowledge, place),
            Happening::CallEnded => self.start(C::Register, place),
            Happening::Created { .. } => {
                self.stop(C::Acknowledge, place);
                self.stop(C::Register, place);
                self.start(C::FirstResponse, place);
            }
            Happening::Assigned { department } => {
                self.conditions.department = department;
                self.start(C::Resolution, place);
            }
            Happening::Contacted { promised } => {
                self.stop(C::FirstResponse, place);
                self.stop(C::VisitNotice, place);
                if promised && !self.answered {
                    self.start(C::Reply, place);
                }
            }
            Happening::Answered => {
                self.answered = true;
                self.stop(C::FirstResponse, place);
                self.stop(C::Reply, place);
            }
            Happening::UrgencyChanged { urgency } => self.conditions.urgency = urgency,
            Happening::DifficultyChanged { difficulty } => self.conditions.difficulty = difficulty,
            Happening::WaitingChanged { waiting } => self.wait(place, at, waiting),
            Happening::VisitArranged { visit } => {
                // Another visit takes the place of one that nobody has come to.
                self.end_all(place, End::Lapsed, |name| name == C::VisitNotice);
                self.start_with(C::VisitNotice, place, 0, None, Some(visit));
            }
            Happening::SiteReached => self.arrive(place, at),
            Happening::PlanAgreed { deadline } => {
                self.conditions.plan = deadline;
                self.end_all(place, End::Lapsed, |name| name == C::Milestone);
            }
            Happening::MilestoneAgreed { number, due } => {
                self.start_with(C::Milestone, place, number, Some(due), None);
            }
            Happening::MilestoneReached { plan, number } => self.reach(place, plan, number),
            Happening::WorkDone => {
                self.answered = true;
                self.wait(place, at, None);
                for name in [C::FirstResponse, C::Reply, C::Resolution] {
                    self.stop(name, place);
                }
                self.start(C::ResultNotice, place);
                self.start(C::Callback, place);
            }
            Happening::ResultTold => self.stop(C::ResultNotice, place),
            Happening::CalledBack { satisfaction } => {
                self.stop(C::Callback, place);
                let poor = self.book.in_force(at).policy.recovery_up_to;
                if satisfaction.is_some_and(|satisfaction| satisfaction <= poor) {
                    self.start(C::Recovery, place);
                }
            }
            Happening::Recovered => self.stop(C::Recovery, place),
            Happening::InspectionFailed { rectify_by } => {
                self.start_with(C::Rectification, place, 0, Some(rectify_by), None);
            }
            Happening::Rectified => self.stop(C::Rectification, place),
            Happening::Reopened => self.reopen(place),
            Happening::Closed => {
                self.end_all(place, End::Lapsed, |name| !name.outlives_closing());
                self.over = true;
            }
            Happening::Cancelled => {
                self.end_all(place, End::Withdrawn, |_| true);
                (self.over, self.cancelled) = (true, true);
            }
        }
    }

    fn reopen(&mut self, place: usize) {
        // What an inspection found remains to be put right in the new cycle; everything else begins anew.
        self.end_all(place, End::Lapsed, |name| name != ClockName::Rectification);
        self.cycle += 1;
        (self.answered, self.over, self.cancelled) = (false, false, false);
        self.conditions.plan = None;
        self.wait(place, self.timeline.events[place].at, None);
        // A ticket that was cancelled before anybody was accountable waits for its first assignment still.
        if self.judged.iter().any(|run| run.clock.id.name == ClockName::Resolution) {
            self.start(ClockName::Resolution, place);
        }
    }

    fn start(&mut self, name: ClockName, place: usize) {
        self.start_with(name, place, 0, None, None);
    }

    /// Starts a clock: each once in a cycle, and none after the ticket's end that its end would have withdrawn.
    fn start_with(
        &mut self,
        name: ClockName,
        place: usize,
        number: u16,
        set: Option<Timestamp>,
        visit: Option<Timestamp>,
    ) {
        let event = &self.timeline.events[place];
        let id = ClockId::new(name, self.cycle, event.by, number);
        let nobody_could_stop_it = self.cancelled || (self.over && !name.outlives_closing());
        let known = self.running.iter().any(|started| started.id == id)
            || self.judged.iter().any(|run| run.clock.id == id);
        if !nobody_could_stop_it && !known {
            self.running.push(Started { id, at: event.at, event: place, set, visit });
        }
    }

    fn stop(&mut self, name: ClockName, place: usize) {
        self.end_all(place, End::Stopped, |running| running == name);
    }

    fn end_all(&mut self, place: usize, end: End, concerns: impl Fn(ClockName) -> bool) {
        let (ended, running) = self.running.iter().partition(|started| concerns(started.id.name));
        self.running = running;
        let ended: Vec<Started> = ended;
        for started in ended {
            self.judge(started, Some((place, end)));
        }
    }

    /// The engineer is there. Who had not been told by then, was not told in time.
    fn arrive(&mut self, place: usize, at: Timestamp) {
        for started in self.running.iter_mut().filter(|started| started.id.name == ClockName::VisitNotice) {
            started.visit = Some(at);
        }
        self.stop(ClockName::VisitNotice, place);
    }

    fn reach(&mut self, place: usize, plan: ChangeId, number: u16) {
        let milestone = |started: &Started| {
            started.id.name == ClockName::Milestone && started.id.origin == Some((plan, number))
        };
        if let Some(index) = self.running.iter().position(milestone) {
            let started = self.running.remove(index);
            self.judge(started, Some((place, End::Stopped)));
        }
    }

    fn wait(&mut self, place: usize, at: Timestamp, waiting: Option<Waiting>) {
        // An entry that could not be placed in time may lie before the wait it ends; no wait is shorter than nothing.
        let mut at = at;
        if let Some(last) = self.waits.last_mut() {
            at = at.max(last.until.unwrap_or(last.from));
            last.until.get_or_insert(at);
        }
        if let Some(waiting) = waiting {
            self.waits.push(Pause { from: at, until: None, waiting, event: place });
        }
    }

    fn judge(&mut self, started: Started, end: Option<(usize, End)>) {
        let ended = end.map(|(place, _)| self.timeline.events[place].at);
        let judged_by = ended.map_or(self.book.latest(), |at| self.book.in_force(at));
        let policy = &judged_by.policy;
        let contract = policy.contract(&self.timeline.company);
        let name = started.id.name;
        let rule = policy.rule(contract, name);
        let pauses = self.pauses(rule, started.at, ended);
        let target =
            rule.and_then(|rule| rule.targets.target(self.conditions.urgency, self.conditions.difficulty));
        let calendar = target.filter(|target| target.counts_open_time()).and_then(|_| {
            let id = policy.calendar_id(contract, self.conditions.department);
            judged_by.workdays(id).map(|workdays| (workdays.calendar().id.as_str(), workdays.hours()))
        });
        let hours = calendar.map_or(self.book.always(), |(_, hours)| hours);
        let stood: Vec<Standstill> =
            pauses.iter().map(|pause| Standstill { from: pause.from, until: pause.until }).collect();
        let course = Course { hours, start: started.at, pauses: &stood };
        let (deadline, due) = self.deadline(&started, rule, target, &course);
        // An instant that was set does not move, whatever the work waits for.
        let pauses = if matches!(deadline, Deadline::Set { .. } | Deadline::BeforeVisit { .. }) {
            Vec::new()
        } else {
            pauses
        };
        let paused = match (pauses.last(), ended) {
            (Some(Pause { from, until: None, waiting, .. }), None) if !matches!(due, Some(Due::At(_))) => {
                let left_ms = match due {
                    Some(Due::Left(left)) => Some(left),
                    _ => None,
                };
                Some(Paused { since: *from, waiting: *waiting, left_ms })
            }
            _ => None,
        };
        let due = match due {
            Some(Due::At(due)) => Some(due),
            Some(Due::Left(_) | Due::Never) | None => None,
        };
        let late = ended.zip(due).is_some_and(|(ended, due)| ended > due);
        let counts = end.is_some_and(|(_, end)| match end {
            End::Stopped => true,
            End::Lapsed => late,
            End::Withdrawn => false,
        });
        let clock = Clock {
            id: started.id,
            started: started.at,
            started_by: self.timeline.events[started.event].by,
            policy: policy.version,
            deadline,
            due,
            paused,
            stopped: ended.filter(|_| counts),
            ended_by: end.map(|(place, _)| self.timeline.events[place].by),
            withdrawn: ended.filter(|_| !counts),
        };
        self.judged.push(Run {
            clock,
            from: started.event,
            until: end.map_or(self.timeline.events.len(), |(place, _)| place + 1),
            judged_by,
            conditions: self.conditions,
            hours,
            calendar: calendar.map(|(id, _)| id),
            contract: contract.map(|contract| contract.id.as_str()),
            pauses,
        });
    }

    fn deadline(
        &self,
        started: &Started,
        rule: Option<&Rule>,
        target: Option<Target>,
        course: &Course<'_>,
    ) -> (Deadline, Option<Due>) {
        if let Some(target) = target {
            let due = course.due(target);
            let millis = course.target_ms(target);
            return (millis.map_or(Deadline::Open, |millis| Deadline::Target { target, millis }), Some(due));
        }
        let plan = self.conditions.plan.filter(|_| started.id.name == ClockName::Resolution);
        match (rule.map(|rule| rule.targets), started.visit, started.set.or(plan)) {
            (Some(Targets::BeforeVisit { minutes }), Some(visit), _) => {
                let due = visit.plus_millis(-i64::from(minutes) * Timestamp::MINUTE_MS);
                (Deadline::BeforeVisit { visit, minutes }, Some(Due::At(due)))
            }
            (Some(_), _, Some(at)) => (Deadline::Set { at }, Some(Due::At(at))),
            _ => (Deadline::Open, None),
        }
    }

    /// The waits that stop a clock, as far as they lie between its start and its end.
    fn pauses(&self, rule: Option<&Rule>, start: Timestamp, end: Option<Timestamp>) -> Vec<Pause> {
        let Some(rule) = rule.filter(|rule| !rule.pauses.is_empty()) else { return Vec::new() };
        self.waits
            .iter()
            .filter(|wait| rule.pauses.contains(&wait.waiting))
            .filter(|wait| wait.until.is_none_or(|until| until > start))
            .filter(|wait| end.is_none_or(|end| wait.from < end))
            .map(|wait| {
                // A clock that ended while it stood still is due as if it had run on from there.
                let until = end.map_or(wait.until, |end| Some(wait.until.unwrap_or(end)));
                Pause { from: wait.from.max(start), until, ..*wait }
            })
            .collect()
    }

    fn finish(mut self) -> Vec<Run<'b>> {
        for started in std::mem::take(&mut self.running) {
            self.judge(started, None);
        }
        // In the order in which they started; those that one event started, in the order of their numbers.
        self.judged.sort_by_key(|run| (run.from, run.clock.id));
        self.judged
    }
}
