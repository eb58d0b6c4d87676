//! The eleven clocks, what moves them, and how one stands.

use serde::{Deserialize, Serialize};

use super::policy::Target;
use crate::ticket::{Difficulty, Urgency, Waiting};
use crate::{ChangeId, DepartmentId, PersonId, Timestamp};

/// The clocks, named by what they measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockName {
    /// C1: from a message's arrival on any channel until a person answered.
    Acknowledge,
    /// C2: from the end of a call until the ticket was filed.
    Register,
    /// C3: from registration until the customer was told who handles it and by when.
    FirstResponse,
    /// C4: from a first response that gave a promise until a substantive answer was given.
    Reply,
    /// C5: from assignment until the work was done.
    Resolution,
    /// C6: until the customer was contacted before an arranged visit.
    VisitNotice,
    /// C7: from work done until the customer was told the result.
    ResultNotice,
    /// C8: from work done until the callback.
    Callback,
    /// C9: from a callback with a poor answer until a supervisor contacted the customer.
    Recovery,
    /// C10: from a failed inspection until what it found was put right.
    Rectification,
    /// C11: from agreement on a plan until one of its milestones was reached.
    Milestone,
}

impl ClockName {
    /// Every clock, in the order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::Acknowledge,
        Self::Register,
        Self::FirstResponse,
        Self::Reply,
        Self::Resolution,
        Self::VisitNotice,
        Self::ResultNotice,
        Self::Callback,
        Self::Recovery,
        Self::Rectification,
        Self::Milestone,
    ];

    /// The clock's number, from 1 to 11.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Whether a ticket can have several at a time, each with an origin of its own.
    const fn comes_in_several(self) -> bool {
        matches!(self, Self::VisitNotice | Self::Recovery | Self::Rectification | Self::Milestone)
    }

    /// Whether closing the ticket leaves it running: what is owed to the customer afterwards.
    pub(super) const fn outlives_closing(self) -> bool {
        matches!(self, Self::Callback | Self::Recovery | Self::Rectification)
    }
}

/// Everything about one ticket that moves its clocks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// The customer's company, which decides the contract; empty for a private person.
    pub company: String,
    /// What happened, in the order in which it happened.
    pub events: Vec<Event>,
}

/// Something that moves a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// The change that recorded it.
    pub by: ChangeId,
    /// Who did it.
    pub actor: PersonId,
    /// What happened.
    pub what: Happening,
}

/// The things that move clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// The customer's message came in.
    MessageArrived,
    /// A person answered it.
    MessageAnswered,
    /// The call in which the customer told it was over.
    CallEnded,
    /// The ticket was registered.
    Created {
        /// The urgency it was registered with.
        urgency: Urgency,
        /// How hard it was thought to be.
        difficulty: Difficulty,
        /// The department that holds it.
        department: DepartmentId,
    },
    /// Somebody became accountable.
    Assigned {
        /// The department that holds the ticket from now on.
        department: DepartmentId,
    },
    /// The customer was contacted: told who handles it and by when, or that somebody is coming.
    Contacted {
        /// Whether the next step was promised for a certain time.
        promised: bool,
    },
    /// The customer was given a substantive answer.
    Answered,
    /// The urgency changed.
    UrgencyChanged {
        /// The new one.
        urgency: Urgency,
    },
    /// It turned out easier or harder.
    DifficultyChanged {
        /// The new difficulty.
        difficulty: Difficulty,
    },
    /// The work began or ceased to wait for something.
    WaitingChanged {
        /// What it waits for now.
        waiting: Option<Waiting>,
    },
    /// A visit was arranged.
    VisitArranged {
        /// For when.
        visit: Timestamp,
    },
    /// The engineer reached the site.
    SiteReached,
    /// A plan was agreed with the customer; it takes the place of an earlier one.
    PlanAgreed {
        /// Until when the work is to be done by it.
        deadline: Option<Timestamp>,
    },
    /// The plan sets a milestone.
    MilestoneAgreed {
        /// Its place in the plan, from 0.
        number: u16,
        /// Until when.
        due: Timestamp,
    },
    /// A milestone of the plan was reached.
    MilestoneReached {
        /// The change that agreed the plan.
        plan: ChangeId,
        /// Its place in the plan, from 0.
        number: u16,
    },
    /// The work was done.
    WorkDone,
    /// The customer was told the result.
    ResultTold,
    /// The customer was contacted after completion.
    CalledBack {
        /// How content they were, from 1 to 5, if they said.
        satisfaction: Option<u8>,
    },
    /// A supervisor contacted a customer who was not content.
    Recovered,
    /// An inspection failed.
    InspectionFailed {
        /// Until when it must be put right.
        rectify_by: Timestamp,
    },
    /// What an inspection found was put right.
    Rectified,
    /// The ticket was taken up again: a new cycle.
    Reopened,
    /// The ticket ended with a result.
    Closed,
    /// The ticket ended without work.
    Cancelled,
}

/// Which clock of a ticket. Stays the same when late entries move its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClockId {
    /// What it measures.
    pub name: ClockName,
    /// The cycle it belongs to, from 1.
    pub cycle: u32,
    /// For clocks that come in several: the change that started it, and the place within that change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<(ChangeId, u16)>,
}

impl ClockId {
    pub(super) const fn new(name: ClockName, cycle: u32, by: ChangeId, number: u16) -> Self {
        let origin = if name.comes_in_several() { Some((by, number)) } else { None };
        Self { name, cycle, origin }
    }
}

/// What decides when a clock is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// An amount of time.
    Target {
        /// The amount.
        target: Target,
        /// The same in milliseconds of the hours it is counted in.
        millis: i64,
    },
    /// An instant that was set in the ticket.
    Set {
        /// The instant.
        at: Timestamp,
    },
    /// So long before the arranged visit (or before the arrival, once there was one).
    BeforeVisit {
        /// When the visit is or was.
        visit: Timestamp,
        /// How many minutes before.
        minutes: u32,
    },
    /// Nothing: the clock runs without a due time.
    Open,
}

/// A clock that stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paused {
    /// Since when.
    pub since: Timestamp,
    /// What for.
    pub waiting: Waiting,
    /// How many milliseconds of its target are left, in the hours it is counted in; absent without a target.
    pub left_ms: Option<i64>,
}

/// One clock of one cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Which clock.
    pub id: ClockId,
    /// When it started.
    pub started: Timestamp,
    /// The change that started it.
    pub started_by: ChangeId,
    /// The version of the policy it is judged by: the one in force when it ended, or now.
    pub policy: u32,
    /// What decides when it is due.
    pub deadline: Deadline,
    /// By when. Absent without a target, and while it stands still.
    pub due: Option<Timestamp>,
    /// Whether it stands still, and since when.
    pub paused: Option<Paused>,
    /// When what it waits for happened; or, of a clock that was late already, when the ticket ended without it.
    pub stopped: Option<Timestamp>,
    /// The change that stopped or withdrew it.
    pub ended_by: Option<ChangeId>,
    /// When the ticket ended (or was reopened) with the clock still running and not late, so that it no longer counts.
    pub withdrawn: Option<Timestamp>,
}

/// How a clock stands at a certain instant. A clock that has not started is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockState {
    /// Running, not yet due.
    Running,
    /// Standing still, by the policy, while the work waits.
    Paused,
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
    /// What it measures.
    pub const fn name(&self) -> ClockName {
        self.id.name
    }

    /// Whether it is still waiting for its end, standing still or not.
    pub const fn is_running(&self) -> bool {
        self.stopped.is_none() && self.withdrawn.is_none()
    }

    /// When it ended, in whichever way.
    pub fn ended(&self) -> Option<Timestamp> {
        self.stopped.or(self.withdrawn)
    }

    /// How it stands at `now`.
    pub fn state(&self, now: Timestamp) -> ClockState {
        let late = |instant: Timestamp| self.due.is_some_and(|due| instant > due);
        match (self.stopped, self.withdrawn, self.paused) {
            (Some(stopped), _, _) if late(stopped) => ClockState::Missed,
            (Some(_), _, _) => ClockState::Met,
            (None, Some(_), _) => ClockState::Withdrawn,
            (None, None, _) if late(now) => ClockState::Overdue,
            (None, None, Some(_)) => ClockState::Paused,
            (None, None, None) => ClockState::Running,
        }
    }
}
