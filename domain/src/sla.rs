//! Deadlines: which clocks a ticket runs, since when, until when, and how they ended.
//!
//! A pure function of what happened and the policy in force, so that the tablet and the server come to the same instant.
//! Judged by when things *happened*: an entry that arrives late moves the verdict with it.
//!
//! Here are the clocks of the main job (first response, resolution, result notice, callback) in calendar time. [`clocks`]
//! is the seam: business hours, pauses and the remaining clocks come in behind it, without their callers changing.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::ticket::{Urgency, Waiting};

/// Something that moves a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub what: Happening,
}

/// The things that move clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// The ticket was registered.
    Created {
        /// The urgency it was registered with.
        urgency: Urgency,
    },
    /// Somebody became accountable.
    Assigned,
    /// The customer was told who handles it and by when.
    FirstResponse,
    /// The urgency changed.
    UrgencyChanged {
        /// The new one.
        urgency: Urgency,
    },
    /// The work began or ceased to wait for something.
    WaitingChanged {
        /// What it waits for now.
        waiting: Option<Waiting>,
    },
    /// The work was done.
    WorkDone,
    /// The customer was told the result.
    ResultTold,
    /// The customer was contacted after completion.
    CalledBack,
    /// The ticket was taken up again: a new cycle.
    Reopened,
    /// The ticket ended: closed or cancelled.
    Ended,
}

/// The clocks, named by what they measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockName {
    /// C3: from registration until the customer was told who handles it and by when.
    FirstResponse,
    /// C5: from assignment until the work was done.
    Resolution,
    /// C7: from work done until the customer was told the result.
    ResultNotice,
    /// C8: from work done until the callback.
    Callback,
}

/// One clock of one cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Which clock.
    pub name: ClockName,
    /// The cycle it belongs to, from 1.
    pub cycle: u32,
    /// When it started.
    pub started: Timestamp,
    /// By when; absent if the policy sets no target.
    pub due: Option<Timestamp>,
    /// When what it waits for happened.
    pub stopped: Option<Timestamp>,
    /// When the ticket ended (or was reopened) with the clock still running, so that it no longer counts.
    pub withdrawn: Option<Timestamp>,
}

/// How a clock stands at a certain instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Running, not yet due.
    Running,
    /// Running, and past its due time.
    Overdue,
    /// Stopped in time; exactly at the due time counts as in time.
    Met,
    /// Stopped too late.
    Missed,
    /// No longer counts.
    Withdrawn,
}

impl Clock {
    /// Whether it is still waiting for its end.
    pub const fn is_running(&self) -> bool {
        self.stopped.is_none() && self.withdrawn.is_none()
    }

    /// How it stands at `now`.
    pub fn state(&self, now: Timestamp) -> ClockState {
        let late = |instant: Timestamp| self.due.is_some_and(|due| instant > due);
        match (self.stopped, self.withdrawn) {
            (Some(stopped), _) if late(stopped) => ClockState::Missed,
            (Some(_), _) => ClockState::Met,
            (None, Some(_)) => ClockState::Withdrawn,
            (None, None) if late(now) => ClockState::Overdue,
            (None, None) => ClockState::Running,
        }
    }
}

/// Target minutes for each urgency; absent where no target is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets {
    /// For urgent tickets.
    pub urgent_minutes: Option<u32>,
    /// For normal tickets.
    pub normal_minutes: Option<u32>,
    /// For low tickets.
    pub low_minutes: Option<u32>,
}

impl Targets {
    const fn same(minutes: u32) -> Self {
        Self { urgent_minutes: Some(minutes), normal_minutes: Some(minutes), low_minutes: Some(minutes) }
    }

    const fn minutes(&self, urgency: Urgency) -> Option<u32> {
        match urgency {
            Urgency::Urgent => self.urgent_minutes,
            Urgency::Normal => self.normal_minutes,
            Urgency::Low => self.low_minutes,
        }
    }
}

/// How long each clock may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// C3.
    pub first_response: Targets,
    /// C5.
    pub resolution: Targets,
    /// C7.
    pub result_notice: Targets,
    /// C8.
    pub callback: Targets,
}

impl Default for Policy {
    /// The shipped policy: C3 2 h / 24 h / 3 days, C5 24 h / 72 h / the plan's own deadline, C7 1 h, C8 24 h.
    fn default() -> Self {
        const HOUR: u32 = 60;
        Self {
            first_response: Targets {
                urgent_minutes: Some(2 * HOUR),
                normal_minutes: Some(24 * HOUR),
                low_minutes: Some(72 * HOUR),
            },
            resolution: Targets {
                urgent_minutes: Some(24 * HOUR),
                normal_minutes: Some(72 * HOUR),
                low_minutes: None,
            },
            result_notice: Targets::same(HOUR),
            callback: Targets::same(24 * HOUR),
        }
    }
}

impl Policy {
    const fn targets(&self, name: ClockName) -> &Targets {
        match name {
            ClockName::FirstResponse => &self.first_response,
            ClockName::Resolution => &self.resolution,
            ClockName::ResultNotice => &self.result_notice,
            ClockName::Callback => &self.callback,
        }
    }
}

/// All clocks that have started, in the order in which they did. `events` must be in the order in which they happened.
///
/// A change of urgency moves the due time of running clocks, counted from the same start; it leaves ended ones alone.
pub fn clocks(events: &[Event], policy: &Policy) -> Vec<Clock> {
    let mut run =
        Run { policy, urgency: Urgency::Normal, cycle: 1, ended: false, clocks: Vec::with_capacity(4) };
    for event in events {
        run.take(*event);
    }
    run.clocks
}

struct Run<'p> {
    policy: &'p Policy,
    urgency: Urgency,
    cycle: u32,
    ended: bool,
    clocks: Vec<Clock>,
}

impl Run<'_> {
    fn take(&mut self, Event { at, what }: Event) {
        match what {
            Happening::Created { urgency } => {
                self.urgency = urgency;
                self.start(ClockName::FirstResponse, at);
            }
            Happening::UrgencyChanged { urgency } => {
                self.urgency = urgency;
                self.recompute();
            }
            Happening::FirstResponse => self.stop(ClockName::FirstResponse, at),
            Happening::Assigned => self.start(ClockName::Resolution, at),
            Happening::WorkDone => {
                self.stop(ClockName::Resolution, at);
                self.start(ClockName::ResultNotice, at);
                self.start(ClockName::Callback, at);
            }
            Happening::ResultTold => self.stop(ClockName::ResultNotice, at),
            Happening::CalledBack => self.stop(ClockName::Callback, at),
            Happening::Reopened => {
                self.withdraw(at);
                self.cycle += 1;
                self.ended = false;
                // A ticket that was cancelled before anybody was accountable waits for its first assignment still.
                if self.clocks.iter().any(|clock| clock.name == ClockName::Resolution) {
                    self.start(ClockName::Resolution, at);
                }
            }
            Happening::Ended => {
                self.withdraw(at);
                self.ended = true;
            }
            Happening::WaitingChanged { .. } => {}
        }
    }

    /// Starts a clock, once in a cycle, and not after the ticket's end: nobody could stop it any more.
    fn start(&mut self, name: ClockName, at: Timestamp) {
        if self.ended || self.clocks.iter().any(|clock| clock.name == name && clock.cycle == self.cycle) {
            return;
        }
        let due = self.due(name, at);
        self.clocks.push(Clock { name, cycle: self.cycle, started: at, due, stopped: None, withdrawn: None });
    }

    fn stop(&mut self, name: ClockName, at: Timestamp) {
        if let Some(clock) =
            self.clocks.iter_mut().rev().find(|clock| clock.name == name && clock.is_running())
        {
            clock.stopped = Some(at);
        }
    }

    fn withdraw(&mut self, at: Timestamp) {
        for clock in self.clocks.iter_mut().filter(|clock| clock.is_running()) {
            clock.withdrawn = Some(at);
        }
    }

    fn recompute(&mut self) {
        for index in 0..self.clocks.len() {
            let Clock { name, started, .. } = self.clocks[index];
            if self.clocks[index].is_running() {
                self.clocks[index].due = self.due(name, started);
            }
        }
    }

    fn due(&self, name: ClockName, start: Timestamp) -> Option<Timestamp> {
        let minutes = self.policy.targets(name).minutes(self.urgency)?;
        Some(start.plus_millis(i64::from(minutes) * Timestamp::MINUTE_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = Timestamp::MINUTE_MS;

    fn at_minute(minute: i64, what: Happening) -> Event {
        Event { at: Timestamp::from_millis(minute * MINUTE), what }
    }

    fn find(events: &[Event], name: ClockName) -> Option<Clock> {
        clocks(events, &Policy::default()).into_iter().rev().find(|clock| clock.name == name)
    }

    fn minute(instant: Option<Timestamp>) -> Option<i64> {
        instant.map(|instant| instant.as_millis() / MINUTE)
    }

    const CREATED: Happening = Happening::Created { urgency: Urgency::Normal };

    #[test]
    fn an_urgent_ticket_must_be_answered_within_two_hours() {
        let events = [at_minute(0, Happening::Created { urgency: Urgency::Urgent })];
        let clock = find(&events, ClockName::FirstResponse).unwrap();
        assert_eq!(minute(clock.due), Some(120));
        assert_eq!(clock.state(Timestamp::from_millis(120 * MINUTE)), ClockState::Running);
        assert_eq!(clock.state(Timestamp::from_millis(120 * MINUTE + 1)), ClockState::Overdue);
    }

    #[test]
    fn met_exactly_at_the_due_instant_is_met() {
        let events = [at_minute(0, CREATED), at_minute(1_440, Happening::FirstResponse)];
        let clock = find(&events, ClockName::FirstResponse).unwrap();
        assert_eq!(clock.state(Timestamp::from_millis(i64::MAX)), ClockState::Met);
    }

    #[test]
    fn a_change_of_urgency_counts_from_the_same_start() {
        let events = [
            at_minute(0, CREATED),
            at_minute(10, Happening::Assigned),
            at_minute(600, Happening::UrgencyChanged { urgency: Urgency::Urgent }),
        ];
        assert_eq!(minute(find(&events, ClockName::Resolution).unwrap().due), Some(10 + 1_440));
    }

    #[test]
    fn work_done_stops_the_resolution_and_starts_result_notice_and_callback() {
        let events =
            [at_minute(0, CREATED), at_minute(10, Happening::Assigned), at_minute(100, Happening::WorkDone)];
        assert_eq!(minute(find(&events, ClockName::Resolution).unwrap().stopped), Some(100));
        assert_eq!(minute(find(&events, ClockName::ResultNotice).unwrap().due), Some(160));
        assert_eq!(minute(find(&events, ClockName::Callback).unwrap().due), Some(100 + 1_440));
    }

    #[test]
    fn assigning_again_does_not_restart_the_resolution() {
        let events =
            [at_minute(0, CREATED), at_minute(10, Happening::Assigned), at_minute(50, Happening::Assigned)];
        assert_eq!(minute(find(&events, ClockName::Resolution).map(|clock| clock.started)), Some(10));
    }

    #[test]
    fn reopening_starts_a_cycle_of_its_own_and_leaves_the_first_result_alone() {
        let events = [
            at_minute(0, CREATED),
            at_minute(10, Happening::Assigned),
            at_minute(100, Happening::WorkDone),
            at_minute(200, Happening::Reopened),
        ];
        let all = clocks(&events, &Policy::default());
        let resolutions: Vec<_> = all.iter().filter(|clock| clock.name == ClockName::Resolution).collect();
        assert_eq!(resolutions.len(), 2);
        assert_eq!((resolutions[0].cycle, minute(resolutions[0].stopped)), (1, Some(100)));
        assert_eq!((resolutions[1].cycle, minute(Some(resolutions[1].started))), (2, Some(200)));
    }

    #[test]
    fn cancelling_withdraws_what_still_runs() {
        let events = [at_minute(0, CREATED), at_minute(5_000, Happening::Ended)];
        let clock = find(&events, ClockName::FirstResponse).unwrap();
        assert_eq!(clock.state(Timestamp::from_millis(i64::MAX)), ClockState::Withdrawn);
    }

    #[test]
    fn a_low_ticket_has_no_resolution_deadline_before_its_plan_sets_one() {
        let events =
            [at_minute(0, Happening::Created { urgency: Urgency::Low }), at_minute(10, Happening::Assigned)];
        assert_eq!(find(&events, ClockName::Resolution).unwrap().due, None);
    }
}
