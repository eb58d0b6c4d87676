//! Who is told when time runs out: planned from the clocks, so that what rings follows what is due.
//!
//! Planning is pure. The server stores the plan, delivers what has come, and plans again whenever a ticket or the policy
//! changes: see [`rings`] for what makes a ring the same ring.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::book::PolicyBook;
use super::calendar::{Interval, Workdays};
use super::clock::{Clock, ClockId, ClockName, Deadline, Timeline};
use super::course::{Course, Due, Standstill};
use super::date::{DAY, TimeOfDay};
use super::run::{Run, runs};
use crate::Timestamp;
use crate::ticket::Urgency;

/// When a step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "when", rename_all = "snake_case")]
pub enum Moment {
    /// As soon as the ticket is urgent.
    AtOnce,
    /// When so much of a clock's time is used.
    Used {
        /// In hundredths of the target; from 1 to 99.
        percent: u16,
    },
    /// So long after a clock was due.
    Overdue {
        /// Minutes of calendar time; 0 for the due time itself.
        minutes: u32,
    },
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The accountable person; nobody while there is none.
    Accountable,
    /// The supervisors of the department that holds the ticket, or of the nearest one above it that has any.
    Supervisor,
    /// The managers of that department, or of the nearest one above it that has any.
    Manager,
    /// The administrators.
    Admin,
}

impl Recipient {
    /// Every kind of recipient, in the order a form lists them.
    pub const ALL: [Self; 4] = [Self::Accountable, Self::Supervisor, Self::Manager, Self::Admin];
}

/// How they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// In the product.
    InApp,
    /// By e-mail.
    Email,
    /// By a signed message to the company's own system.
    Webhook,
}

impl Means {
    /// Every means, in the order a form lists them.
    pub const ALL: [Self; 3] = [Self::InApp, Self::Email, Self::Webhook];
}

/// One step of reminding or escalating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Short and permanent: the same step of another version is the same step.
    pub id: String,
    /// When.
    pub moment: Moment,
    /// For which clocks; all of them if empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub clocks: BTreeSet<ClockName>,
    /// For tickets of which urgency; all of them if empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub urgencies: BTreeSet<Urgency>,
    /// Who is told.
    pub to: BTreeSet<Recipient>,
    /// How.
    pub by: BTreeSet<Means>,
}

impl Step {
    /// Whether it tells somebody at a possible moment.
    pub fn is_effective(&self) -> bool {
        let possible = !matches!(self.moment, Moment::Used { percent } if !(1..=99).contains(&percent));
        possible && !self.to.is_empty() && !self.by.is_empty()
    }

    fn concerns(&self, name: ClockName, urgency: Urgency) -> bool {
        (self.clocks.is_empty() || self.clocks.contains(&name))
            && (self.urgencies.is_empty() || self.urgencies.contains(&urgency))
    }
}

/// The part of every day in which nobody is told anything that is not urgent, by the clock on the recipient's wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// When it begins.
    pub from: TimeOfDay,
    /// When it is over; the next day if not later than `from`.
    pub until: TimeOfDay,
}

/// What makes a ring the same ring, whatever is computed again: told once, or once again after it was taken back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RingId {
    /// The cycle of the ticket.
    pub cycle: u32,
    /// The clock; none for what rings for the ticket itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockId>,
    /// The step of the policy.
    pub step: String,
}

/// Something that is to be told, or that should have been told by now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// Which.
    pub id: RingId,
    /// When it is due to be told, before quiet hours are considered.
    pub at: Timestamp,
    /// Whether it breaks through quiet hours.
    pub urgent: bool,
    /// By when the clock is due.
    pub due: Option<Timestamp>,
    /// Whether this tells of lateness, not of time running out.
    pub late: bool,
    /// Who is told.
    pub to: BTreeSet<Recipient>,
    /// How.
    pub by: BTreeSet<Means>,
}

/// Everything that the ticket's clocks make ring, also what lies in the past.
///
/// A ring is there exactly if, by what is known, there was or will be cause for it: the clock was still running, not
/// standing still, when the moment came. One that was told and is no longer among these was told in error.
pub fn rings(timeline: &Timeline, book: &PolicyBook) -> Vec<Ring> {
    let runs = runs(timeline, book);
    let mut rings = Vec::new();
    for (at, cycle) in urgent_since(timeline) {
        let steps = book.in_force(at).policy.steps.iter().filter(|step| {
            step.moment == Moment::AtOnce
                && (step.urgencies.is_empty() || step.urgencies.contains(&Urgency::Urgent))
        });
        rings.extend(steps.map(|step| Ring {
            id: RingId { cycle, clock: None, step: step.id.clone() },
            at,
            urgent: true,
            due: None,
            late: false,
            to: step.to.clone(),
            by: step.by.clone(),
        }));
    }
    for run in &runs {
        let urgency = run.conditions.urgency;
        let steps = run.judged_by.policy.steps.iter();
        for step in steps.filter(|step| step.concerns(run.clock.name(), urgency)) {
            let Some(at) = moment(run, step.moment) else { continue };
            // At the very instant the clock stops in time: nothing to tell.
            if run.clock.ended().is_some_and(|ended| ended <= at) {
                continue;
            }
            rings.push(Ring {
                id: RingId { cycle: run.clock.id.cycle, clock: Some(run.clock.id), step: step.id.clone() },
                at,
                urgent: urgency == Urgency::Urgent,
                due: run.clock.due,
                late: matches!(step.moment, Moment::Overdue { .. }),
                to: step.to.clone(),
                by: step.by.clone(),
            });
        }
    }
    rings
}

/// Since when the ticket is urgent, in each cycle in which it is. One that was calmed in the same cycle was not.
fn urgent_since(timeline: &Timeline) -> Vec<(Timestamp, u32)> {
    use super::clock::Happening::{Created, Reopened, UrgencyChanged};
    let (mut found, mut cycle): (Vec<(Timestamp, u32)>, _) = (Vec::new(), 1);
    let mut urgent = false;
    for event in &timeline.events {
        match event.what {
            Created { urgency, .. } | UrgencyChanged { urgency } => urgent = urgency == Urgency::Urgent,
            Reopened => cycle += 1,
            _ => continue,
        }
        if !urgent {
            found.retain(|(_, of)| *of != cycle);
        } else if found.last().is_none_or(|(_, of)| *of != cycle) {
            found.push((event.at, cycle));
        }
    }
    found
}

fn moment(run: &Run<'_>, moment: Moment) -> Option<Timestamp> {
    match moment {
        Moment::AtOnce => None,
        Moment::Overdue { minutes } => {
            Some(run.clock.due?.plus_millis(i64::from(minutes) * Timestamp::MINUTE_MS))
        }
        Moment::Used { percent } => used(run, percent),
    }
}

/// When so much of a clock's time is used. Nothing while it stands still before that.
fn used(run: &Run<'_>, percent: u16) -> Option<Timestamp> {
    let Clock { started, deadline, due, .. } = run.clock;
    let share = |millis: i64| (i128::from(millis) * i128::from(percent) / 100).try_into().unwrap_or(i64::MAX);
    if let Deadline::Target { millis, .. } = deadline {
        let stood: Vec<Standstill> =
            run.pauses.iter().map(|pause| Standstill { from: pause.from, until: pause.until }).collect();
        let course = Course { hours: run.hours, start: started, pauses: &stood };
        return match course.due_after(share(millis)) {
            Due::At(at) => Some(at),
            Due::Left(_) | Due::Never => None,
        };
    }
    let (due, total) = (due?, due?.millis_since(started));
    // Set for an instant before the clock even started: late from the beginning, nothing to remind of.
    (total > 0 && due > started).then(|| started.plus_millis(share(total)))
}

/// When somebody may be told what came up at `at`: then, if it is urgent; otherwise in their next working hour that is not
/// quiet.
pub fn tell_at(
    at: Timestamp,
    urgent: bool,
    workdays: Option<&Workdays>,
    quiet: Option<QuietHours>,
) -> Timestamp {
    let Some(hours) = workdays.map(Workdays::hours).filter(|_| !urgent) else { return at };
    let Some(opening) = hours.next_open(at) else { return at };
    let mut told = opening;
    // Each round leaves either quiet hours or closed hours behind; a calendar that is only ever open in quiet hours would
    // go on for ever.
    for _ in 0..8 {
        let Some(open) = hours.next_open(told) else { return opening };
        let Some(end) = quiet.and_then(|quiet| quiet.end_after(open, hours.zone())) else { return open };
        told = end;
    }
    opening
}

impl QuietHours {
    /// Whether some of these hours are not quiet.
    pub(super) fn leave(self, hours: &Interval) -> bool {
        let (from, until) = (self.from, self.until);
        let quiet = if from < until {
            [(from, until), (TimeOfDay::END, TimeOfDay::END)]
        } else {
            [(TimeOfDay::MIDNIGHT, until), (from, TimeOfDay::END)]
        };
        let mut loud_from = hours.from;
        for (begin, end) in quiet {
            if loud_from < begin.min(hours.until) {
                return true;
            }
            loud_from = loud_from.max(end);
        }
        loud_from < hours.until
    }

    /// When the quiet that reigns at `at` is over; nothing if none does.
    fn end_after(self, at: Timestamp, zone: &super::Zone) -> Option<Timestamp> {
        let wall = zone.wall(at);
        let (midnight, time) = (wall.div_euclid(DAY) * DAY, wall.rem_euclid(DAY));
        let (from, until) = (self.from.millis(), self.until.millis());
        let end = match from < until {
            true if (from..until).contains(&time) => midnight + until,
            false if time >= from => midnight + DAY + until,
            false if time < until => midnight + until,
            _ => return None,
        };
        Some(Timestamp::from_millis(zone.instant(end))).filter(|end| *end > at)
    }
}
