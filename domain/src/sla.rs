//! Deadlines: which clocks a ticket runs, since when, until when, how they ended, and why.
//!
//! A pure function of what happened, the policy in force and its calendars, so that the tablet and the server come to the
//! same instant. Judged by when things *happened*: an entry that arrives late moves the verdict with it.
//!
//! From the bottom up: a [`Zone`] is a time zone as data; a [`Calendar`] says when somebody works, [`Workdays`] is one worked
//! out and [`Hours`] its arithmetic; a [`Policy`] says how much time each clock has; a [`PolicyBook`] holds its versions;
//! [`clocks`] follows a ticket's [`Timeline`] by them, [`explain`] says why a clock stands as it does, and [`rings`] plans whom
//! to tell when.

mod book;
mod calendar;
pub mod cases;
mod clock;
mod course;
mod date;
pub mod holiday_file;
mod hours;
mod ledger;
mod policy;
mod ringing;
mod run;
mod shipped;
mod zone;

pub use book::PolicyBook;
pub use calendar::{
    Calendar, CalendarProblem, HolidaySet, Interval, Name, SpecialDay, Week, Where, Workdays,
};
pub use clock::{Clock, ClockId, ClockName, ClockState, Deadline, Event, Happening, Paused, Timeline};
pub use date::{Date, NotADate, NotATime, TimeOfDay, Weekday};
pub use hours::Hours;
pub use ledger::{Correction, Ledger, Line, corrections, explain};
pub use policy::{Contract, Policy, PolicyProblem, Rule, Rules, Target, Targets};
pub use ringing::{Means, Moment, QuietHours, Recipient, Ring, RingId, Step, rings, tell_at};
pub use run::clocks;
pub use zone::{Zone, ZoneProblem};
