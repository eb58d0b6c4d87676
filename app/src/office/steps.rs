//! The way of a ticket round its loop, as a strip of steps.

use domain::Timestamp;
use domain::ticket::{Action, Answered, Document, Stage, Ticket};

use crate::i18n::Words;

/// A step of the strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Taken in.
    Registered,
    /// Somebody is accountable.
    Assigned,
    /// Work has begun.
    Working,
    /// Work is done.
    Done,
    /// The customer has been heard.
    Confirmed,
    /// Ended with a result.
    Closed,
}

impl Step {
    const ALL: [Self; 6] =
        [Self::Registered, Self::Assigned, Self::Working, Self::Done, Self::Confirmed, Self::Closed];

    /// Its word.
    pub fn word(self, words: Words) -> &'static str {
        match self {
            Self::Registered => words.step_registered(),
            Self::Assigned => words.step_assigned(),
            Self::Working => words.step_working(),
            Self::Done => words.step_done(),
            Self::Confirmed => words.step_confirmed(),
            Self::Closed => words.step_closed(),
        }
    }
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Behind.
    Done,
    /// Here the ticket is.
    Current,
    /// Ahead.
    Ahead,
}

/// One step of the strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// Which.
    pub step: Step,
    /// How far it has come.
    pub progress: Progress,
    /// When it was reached.
    pub reached: Option<Timestamp>,
}

/// The strip of a ticket; empty for a cancelled one, which has left the loop.
pub fn strip(ticket: &Ticket, document: &Document) -> Vec<Stop> {
    if ticket.stage == Stage::Cancelled {
        return Vec::new();
    }
    let here = match ticket.stage {
        Stage::New | Stage::Cancelled => 0,
        Stage::Assigned => 1,
        Stage::Working => 2,
        // Whoever refused to sign has answered, but confirmed nothing.
        Stage::Done if ticket.answered() == Some(Answered::Signed) || ticket.callback().is_some() => 4,
        Stage::Done => 3,
        Stage::Closed => 5,
    };
    let stop = |(place, step): (usize, Step)| {
        let progress = match place {
            place if place < here || ticket.stage == Stage::Closed => Progress::Done,
            place if place == here => Progress::Current,
            _ => Progress::Ahead,
        };
        let reached = (place <= here).then(|| reached(step, ticket, document)).flatten();
        Stop { step, progress, reached }
    };
    Step::ALL.into_iter().enumerate().map(stop).collect()
}

fn reached(step: Step, ticket: &Ticket, document: &Document) -> Option<Timestamp> {
    match step {
        Step::Registered => Some(ticket.created),
        Step::Assigned => document
            .log()
            .iter()
            .find(|recorded| matches!(recorded.change.action, Action::Assign(_)))
            .map(|recorded| recorded.happened),
        // Work begins in several ways, and none of them is one instant to show.
        Step::Working => None,
        Step::Done => ticket.completion().map(|completion| completion.happened),
        Step::Confirmed => {
            let signed = ticket.sign_off().filter(|_| ticket.answered() == Some(Answered::Signed));
            signed
                .map(|sign_off| sign_off.happened)
                .or_else(|| ticket.callback().map(|callback| callback.happened))
        }
        Step::Closed => ticket.closing.as_ref().map(|closing| closing.happened),
    }
}

#[cfg(test)]
mod tests {
    use domain::ticket::{Assignment, Reason};

    use super::*;
    use crate::tickets::sample::{Sample, department, minute, person};

    #[test]
    fn steps_behind_are_done_and_carry_their_time() {
        let mut sample = Sample::registered(0);
        sample.add(7, Action::Assign(Assignment { person: person(1), department: department(1) }));
        let strip = strip(&sample.ticket(), &sample.document);
        assert_eq!((strip[0].progress, strip[0].reached), (Progress::Done, Some(minute(0))));
        assert_eq!((strip[1].progress, strip[1].reached), (Progress::Current, Some(minute(7))));
        assert_eq!((strip[2].progress, strip[2].reached), (Progress::Ahead, None));
    }

    #[test]
    fn a_cancelled_ticket_has_left_the_loop() {
        let mut sample = Sample::registered(0);
        sample.add(7, Action::Cancel(Reason { reason: "double".into() }));
        assert_eq!(strip(&sample.ticket(), &sample.document), []);
    }
}
