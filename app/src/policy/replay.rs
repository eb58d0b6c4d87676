//! The time machine: stored tickets judged by the versions that really held, and beside that by a draft.
//!
//! Pure, and taken ticket by ticket, so that whoever runs it can pause between any two.

use std::collections::BTreeMap;
use std::ops::Range;

use domain::sla::{Clock, ClockId, ClockName, ClockState, PolicyBook, clocks};
use domain::ticket::{Document, Ticket, TicketNumber};
use domain::{PersonId, TicketId, Timestamp};

/// What a replay has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Tickets that had a clock in the period.
    pub tickets: usize,
    /// By clock.
    pub clocks: BTreeMap<ClockName, Tally>,
    /// By the person who is accountable; those without one together.
    pub people: BTreeMap<Option<PersonId>, Tally>,
    /// By customer.
    pub customers: BTreeMap<String, Tally>,
    /// Clocks that would be late and were not; the latest first.
    pub newly_late: Vec<Moved>,
    /// Clocks that were late and would not be; the latest first.
    pub no_longer_late: Vec<Moved>,
    /// Running clocks whose due time would be another, of all open tickets, whenever they started.
    pub open: Vec<OpenMoved>,
    /// Running clocks, moved or not.
    pub open_clocks: usize,
}

/// How many clocks were judged, and how many of them were late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Clocks that started in the period.
    pub judged: usize,
    /// Late as it was.
    pub before: usize,
    /// Late by the draft.
    pub after: usize,
}

/// Which ticket, for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Which {
    /// Its id.
    pub ticket: TicketId,
    /// Its number.
    pub number: Option<TicketNumber>,
    /// What it is about.
    pub title: String,
    /// Whose it is: the company, or the person's name.
    pub customer: String,
    /// Who is accountable.
    pub person: Option<PersonId>,
}

/// A clock that was judged otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Of which ticket.
    pub which: Which,
    /// The clock.
    pub clock: ClockId,
    /// When it started.
    pub started: Timestamp,
    /// By how many milliseconds it is late, where it is.
    pub late_ms: i64,
}

/// A running clock that would be due at another time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenMoved {
    /// Of which ticket.
    pub which: Which,
    /// The clock.
    pub clock: ClockId,
    /// As it is due.
    pub before: Left,
    /// As it would be due.
    pub after: Left,
}

/// How a running clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// Due then.
    Due(Timestamp),
    /// It stands still, with so many milliseconds left.
    Paused(i64),
    /// Without a due time.
    Open,
    /// There is no such clock.
    Nothing,
}

impl Left {
    fn of(clock: Option<&Clock>) -> Self {
        let Some(clock) = clock else { return Self::Nothing };
        match (clock.due, clock.paused.and_then(|paused| paused.left_ms)) {
            (Some(due), _) => Self::Due(due),
            (None, Some(left)) => Self::Paused(left),
            (None, None) => Self::Open,
        }
    }
}

/// A replay under way.
#[derive(Debug, Clone)]
pub struct Replay {
    old: PolicyBook,
    new: PolicyBook,
    period: Range<Timestamp>,
    now: Timestamp,
    report: Report,
}

impl Replay {
    /// Judges clocks that started within `period` as of `now`: by `old`, and beside that by `new`.
    pub fn new(old: PolicyBook, new: PolicyBook, period: Range<Timestamp>, now: Timestamp) -> Self {
        Self { old, new, period, now, report: Report::default() }
    }

    /// Takes one ticket in.
    pub fn take(&mut self, document: &Document) {
        let Some(ticket) = Ticket::of(document) else { return };
        let (before, after) = (clocks(&ticket.timeline, &self.old), clocks(&ticket.timeline, &self.new));
        let mut pairs: BTreeMap<ClockId, (Option<&Clock>, Option<&Clock>)> = BTreeMap::new();
        for clock in &before {
            pairs.entry(clock.id).or_default().0 = Some(clock);
        }
        for clock in &after {
            pairs.entry(clock.id).or_default().1 = Some(clock);
        }
        let mut which = None;
        let mut counted = false;
        for (id, (before, after)) in pairs {
            let Some(clock) = after.or(before) else { continue };
            if clock.is_running() {
                self.report.open_clocks += 1;
                let (left, would) = (Left::of(before), Left::of(after));
                if left != would {
                    let which = which.get_or_insert_with(|| Which::of(&ticket)).clone();
                    self.report.open.push(OpenMoved { which, clock: id, before: left, after: would });
                }
            }
            if !self.period.contains(&clock.started) {
                continue;
            }
            counted = true;
            let which = which.get_or_insert_with(|| Which::of(&ticket));
            let late_before = before.and_then(|clock| late_ms(clock, self.now));
            let late_after = after.and_then(|clock| late_ms(clock, self.now));
            let tallies = [
                self.report.clocks.entry(id.name).or_default(),
                self.report.people.entry(which.person).or_default(),
                self.report.customers.entry(which.customer.clone()).or_default(),
            ];
            for tally in tallies {
                tally.judged += 1;
                tally.before += usize::from(late_before.is_some());
                tally.after += usize::from(late_after.is_some());
            }
            let moved = |late_ms| Moved { which: which.clone(), clock: id, started: clock.started, late_ms };
            match (late_before, late_after) {
                (None, Some(late_ms)) => self.report.newly_late.push(moved(late_ms)),
                (Some(late_ms), None) => self.report.no_longer_late.push(moved(late_ms)),
                _ => {}
            }
        }
        self.report.tickets += usize::from(counted);
    }

    /// What has been found.
    pub fn finish(mut self) -> Report {
        let latest_first = |left: &Moved, right: &Moved| {
            (right.late_ms, left.which.ticket, left.clock).cmp(&(
                left.late_ms,
                right.which.ticket,
                right.clock,
            ))
        };
        self.report.newly_late.sort_by(latest_first);
        self.report.no_longer_late.sort_by(latest_first);
        self.report
            .open
            .sort_by_key(|moved| (moved.after.min(moved.before), moved.which.ticket, moved.clock));
        self.report
    }
}

impl Report {
    /// All clocks together.
    pub fn total(&self) -> Tally {
        self.clocks.values().fold(Tally::default(), |sum, tally| Tally {
            judged: sum.judged + tally.judged,
            before: sum.before + tally.before,
            after: sum.after + tally.after,
        })
    }
}

/// Replays all documents at once.
pub fn replay(
    documents: &[Document],
    old: &PolicyBook,
    new: &PolicyBook,
    period: Range<Timestamp>,
    now: Timestamp,
) -> Report {
    let mut replay = Replay::new(old.clone(), new.clone(), period, now);
    for document in documents {
        replay.take(document);
    }
    replay.finish()
}

impl Which {
    fn of(ticket: &Ticket) -> Self {
        let customer = &ticket.contact.value;
        let company = customer.company.trim();
        Self {
            ticket: ticket.id,
            number: ticket.number.clone(),
            title: crate::tickets::title_of(ticket),
            customer: if company.is_empty() { customer.name.trim().to_owned() } else { company.to_owned() },
            person: ticket.accountable.value.person,
        }
    }
}

/// By how much a clock is late, if it is.
fn late_ms(clock: &Clock, now: Timestamp) -> Option<i64> {
    let due = clock.due?;
    match clock.state(now) {
        ClockState::Missed => clock.stopped.map(|stopped| stopped.millis_since(due)),
        ClockState::Overdue => Some(now.millis_since(due)),
        ClockState::Running | ClockState::Paused | ClockState::Met | ClockState::Withdrawn => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::sla::{Policy, Target, Targets};
    use domain::ticket::{Action, Assignment, NewUrgency, Progress, ProgressKind, Urgency};

    use super::*;
    use crate::tickets::sample::{Sample, department, minute, person};

    /// The shipped policy with other hours for normal first responses and resolutions.
    fn policy(response: u32, resolution: u32) -> PolicyBook {
        let mut policy = Policy::shipped();
        for (clock, hours) in [(ClockName::FirstResponse, response), (ClockName::Resolution, resolution)] {
            let normal = Some(Target::hours(hours));
            let targets = Targets::Urgency { urgent: Some(Target::hours(1)), normal, low: None };
            policy.rules.get_mut(&clock).unwrap().targets = targets;
        }
        PolicyBook::only(policy)
    }

    const HOUR: i64 = 60;

    /// Registered at 0, told after `told` hours.
    fn told_after(told: i64) -> Document {
        let mut sample = Sample::registered(0);
        sample.add(told * HOUR, contacted());
        sample.document
    }

    fn contacted() -> Action {
        let kind = ProgressKind::ContactedCustomer;
        Action::LogProgress(Progress { kind, note: String::new(), promised: None })
    }

    fn year() -> Range<Timestamp> {
        minute(-1)..minute(365 * 24 * HOUR)
    }

    #[test]
    fn a_tighter_target_makes_late_what_was_not() {
        let report = replay(&[told_after(20)], &policy(24, 72), &policy(12, 72), year(), minute(200 * HOUR));
        let tally = report.clocks[&ClockName::FirstResponse];
        assert_eq!(tally, Tally { judged: 1, before: 0, after: 1 });
        assert_eq!(report.newly_late.len(), 1);
        assert_eq!(report.newly_late[0].late_ms, 8 * Timestamp::HOUR_MS);
        assert_eq!(report.no_longer_late, []);
        assert_eq!(report.customers["王丽"], tally);
        assert_eq!(report.people[&None], tally);
        assert_eq!((report.tickets, report.total()), (1, tally));
    }

    #[test]
    fn a_wider_target_excuses_what_was_late() {
        let report = replay(&[told_after(30)], &policy(24, 72), &policy(48, 72), year(), minute(200 * HOUR));
        assert_eq!(report.clocks[&ClockName::FirstResponse], Tally { judged: 1, before: 1, after: 0 });
        assert_eq!(report.no_longer_late[0].late_ms, 6 * Timestamp::HOUR_MS);
    }

    #[test]
    fn what_started_outside_the_period_does_not_count_but_runs() {
        let mut sample = Sample::registered(0);
        sample.add(HOUR, Action::Assign(Assignment { person: person(5), department: department(1) }));
        let document = sample.document;
        let period = minute(400 * HOUR)..minute(500 * HOUR);
        let report = replay(&[document], &policy(24, 72), &policy(24, 36), period, minute(2 * HOUR));
        assert_eq!((report.tickets, report.total()), (0, Tally::default()));
        assert_eq!(report.open_clocks, 2);
        assert_eq!(report.open.len(), 1);
        let moved = &report.open[0];
        assert_eq!(moved.clock.name, ClockName::Resolution);
        assert_eq!((moved.before, moved.after), (Left::Due(minute(73 * HOUR)), Left::Due(minute(37 * HOUR))));
        assert_eq!(moved.which.person, Some(person(5)));
    }

    #[test]
    fn the_same_policy_changes_nothing() {
        let documents = [told_after(20), told_after(30)];
        let book = policy(24, 72);
        let report = replay(&documents, &book, &book, year(), minute(200 * HOUR));
        assert_eq!((report.newly_late.len(), report.no_longer_late.len(), report.open.len()), (0, 0, 0));
        assert_eq!(report.total(), Tally { judged: 2, before: 1, after: 1 });
    }

    #[test]
    fn an_ended_clock_is_judged_by_the_version_that_held_then() {
        let (mut first, mut second) = (Policy::shipped(), Policy::shipped());
        second.version = 2;
        second.effective = minute(100 * HOUR);
        for (policy, hours) in [(&mut first, 24), (&mut second, 1)] {
            let targets = Targets::All { target: Some(Target::hours(hours)) };
            policy.rules.get_mut(&ClockName::FirstResponse).unwrap().targets = targets;
        }
        let held = PolicyBook::new(&[first, second.clone()], minute(i64::MAX / Timestamp::MINUTE_MS));
        let report = replay(&[told_after(20)], &held, &PolicyBook::only(second), year(), minute(200 * HOUR));
        assert_eq!(report.clocks[&ClockName::FirstResponse], Tally { judged: 1, before: 0, after: 1 });
    }

    #[test]
    fn urgency_decides_as_it_stood() {
        let mut sample = Sample::registered(0);
        sample.add(HOUR, Action::SetUrgency(NewUrgency { urgency: Urgency::Urgent, reason: "停机".into() }));
        sample.add(2 * HOUR, contacted());
        let report = replay(&[sample.document], &policy(24, 72), &policy(24, 72), year(), minute(9 * HOUR));
        assert_eq!(report.clocks[&ClockName::FirstResponse].after, 1);
    }
}
