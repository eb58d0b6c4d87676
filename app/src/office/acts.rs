//! What the desk can do to a ticket, and what it will most likely do next.

use domain::Refusal;
use domain::people::Person;
use domain::sla::{Clock, ClockName};
use domain::ticket::{
    Action, Assignment, Callback, Classification, CloseResult, Closing, Comment, Inspection, NewUrgency,
    Progress, ProgressKind, Reason, Stage, Ticket,
};

use super::follow_up::some_plan;
use crate::i18n::Words;

/// Something the desk can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// Make somebody accountable.
    Assign,
    /// Tell the customer who handles it and by when; or log anything else that happened.
    LogProgress,
    /// Tell the customer the result.
    TellResult,
    /// Record the callback.
    Callback,
    /// Talk to a customer who was not content, as a supervisor.
    Recover,
    /// Agree with the customer on what is to be done.
    AgreePlan,
    /// Check the quality of finished work.
    Inspect,
    /// Put right what an inspection found.
    Rectify,
    /// End it with a result.
    Close,
    /// Take it up again.
    Reopen,
    /// Change how soon.
    SetUrgency,
    /// Change what it is.
    Reclassify,
    /// Correct whom to talk to.
    EditContact,
    /// End it without work.
    Cancel,
}

impl Act {
    /// Everything, in the order in which a menu lists it.
    pub const ALL: [Self; 14] = [
        Self::Assign,
        Self::LogProgress,
        Self::AgreePlan,
        Self::TellResult,
        Self::Callback,
        Self::Recover,
        Self::Inspect,
        Self::Rectify,
        Self::Close,
        Self::Reopen,
        Self::SetUrgency,
        Self::Reclassify,
        Self::EditContact,
        Self::Cancel,
    ];

    /// The icon.
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Assign => "person",
            Self::LogProgress => "note",
            Self::TellResult => "phone",
            Self::Callback => "star",
            Self::Recover => "phone",
            Self::AgreePlan => "calendar",
            Self::Inspect => "eye",
            Self::Rectify => "wrench",
            Self::Close => "stage-closed",
            Self::Reopen => "stage-rework",
            Self::SetUrgency => "urgent",
            Self::Reclassify => "flag",
            Self::EditContact => "edit",
            Self::Cancel => "stage-cancelled",
        }
    }

    /// The word on its button.
    pub fn word(self, ticket: &Ticket, words: Words) -> &'static str {
        match self {
            Self::Assign if ticket.accountable.value.person.is_some() => words.act_reassign(),
            Self::Assign => words.act_assign(),
            Self::LogProgress if !customer_contacted(ticket) => words.act_contact(),
            Self::LogProgress => words.act_log(),
            Self::TellResult => words.act_tell(),
            Self::Callback => words.act_callback(),
            Self::Recover => words.act_recover(),
            Self::AgreePlan => words.act_plan(),
            Self::Inspect => words.act_inspect(),
            Self::Rectify => words.act_rectify(),
            Self::Close => words.act_close(),
            Self::Reopen => words.act_reopen(),
            Self::SetUrgency => words.act_urgency(),
            Self::Reclassify => words.act_reclassify(),
            Self::EditContact => words.act_edit_contact(),
            Self::Cancel => words.act_cancel(),
        }
    }

    /// An action of this kind with a content that is always in order, to ask whether it may be done at all.
    pub fn sample(self, person: &Person, ticket: &Ticket) -> Action {
        let some_words = || "-".to_owned();
        match self {
            Self::Assign => Action::Assign(Assignment { person: person.id, department: person.department }),
            Self::LogProgress => Action::LogProgress(Progress {
                kind: ProgressKind::ContactedCustomer,
                note: String::new(),
                promised: None,
            }),
            Self::TellResult => Action::TellResult(Comment { text: some_words() }),
            Self::Recover => Action::Recover(Comment { text: some_words() }),
            Self::AgreePlan => Action::AgreePlan(some_plan()),
            Self::Inspect => {
                Action::Inspect(Inspection { score: 100, note: String::new(), rectify_by: None })
            }
            Self::Rectify => Action::Rectify(Comment { text: some_words() }),
            Self::Callback => Action::RecordCallback(Callback { satisfaction: None, note: String::new() }),
            Self::Close => {
                Action::Close(Closing { result: CloseResult::ResolvedSatisfied, note: String::new() })
            }
            Self::Reopen => Action::Reopen(Reason { reason: some_words() }),
            Self::SetUrgency => {
                Action::SetUrgency(NewUrgency { urgency: ticket.urgency.value, reason: String::new() })
            }
            Self::Reclassify => Action::Reclassify(Classification {
                kind: ticket.kind(),
                difficulty: ticket.difficulty(),
                flags: ticket.flags().clone(),
            }),
            Self::EditContact => Action::EditContact(ticket.contact.value.clone()),
            Self::Cancel => Action::Cancel(Reason { reason: some_words() }),
        }
    }
}

/// Whether the customer knows who handles it.
pub fn customer_contacted(ticket: &Ticket) -> bool {
    ticket
        .progress
        .iter()
        .any(|entry| entry.cycle == ticket.cycle && entry.fact.kind == ProgressKind::ContactedCustomer)
}

/// The next thing to do round the loop. When the ticket has ended, what is still owed to the customer, if anything.
pub fn next_step(ticket: &Ticket, clocks: &[Clock]) -> Option<Act> {
    let owed = |name| clocks.iter().any(|clock| clock.name() == name && clock.is_running());
    let told =
        ticket.sign_off().is_some() || ticket.results_told.iter().any(|told| told.cycle == ticket.cycle);
    match ticket.stage {
        // An unhappy customer first: the shortest clock of all.
        Stage::Done | Stage::Closed if owed(ClockName::Recovery) => Some(Act::Recover),
        _ if owed(ClockName::Rectification) => Some(Act::Rectify),
        Stage::New => Some(Act::Assign),
        Stage::Assigned | Stage::Working => Some(Act::LogProgress),
        Stage::Done if !told => Some(Act::TellResult),
        Stage::Done if ticket.callback().is_none() => Some(Act::Callback),
        Stage::Done => Some(Act::Close),
        Stage::Closed if owed(ClockName::Callback) => Some(Act::Callback),
        Stage::Closed | Stage::Cancelled => None,
    }
}

/// What a person can do to a ticket now: the next step, the rest, and what would be next but has to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// What they will most likely do.
    pub next: Option<Act>,
    /// Everything else they may do.
    pub others: Vec<Act>,
    /// What the ticket's stage would allow if it weren't for a reason they can do something about.
    pub blocked: Vec<(Act, Refusal)>,
}

impl Choices {
    /// Sorts everything by what `may` says about it.
    pub fn of(ticket: &Ticket, clocks: &[Clock], may: impl Fn(Act) -> Result<(), Refusal>) -> Self {
        let (mut others, mut blocked) = (Vec::new(), Vec::new());
        for act in Act::ALL {
            match may(act) {
                Ok(()) => others.push(act),
                Err(refusal @ Refusal::NotConfirmed) => blocked.push((act, refusal)),
                Err(_) => {}
            }
        }
        let next = next_step(ticket, clocks).filter(|next| others.contains(next));
        others.retain(|act| Some(*act) != next);
        Self { next, others, blocked }
    }
}

#[cfg(test)]
mod tests {
    use domain::ticket::{Completion, ResponsibleParty};

    use super::*;
    use crate::tickets::sample::{Sample, department, person};

    fn complete() -> Action {
        Action::Complete(Completion {
            found: "f".into(),
            done: "d".into(),
            cause: String::new(),
            responsible: ResponsibleParty::Unknown,
            remaining: String::new(),
        })
    }

    fn next(sample: &Sample) -> Option<Act> {
        let ticket = sample.ticket();
        next_step(&ticket, &domain::sla::clocks(&ticket.timeline, &domain::sla::PolicyBook::shipped()))
    }

    #[test]
    fn after_a_poor_callback_a_supervisor_is_next_even_when_the_ticket_is_closed() {
        let mut sample = Sample::registered(0);
        sample.add(1, Action::Assign(Assignment { person: person(1), department: department(1) }));
        sample.add(2, complete());
        sample.add(3, Action::TellResult(Comment { text: String::new() }));
        let poor = Callback { satisfaction: domain::ticket::Satisfaction::new(2), note: "太慢".into() };
        sample.add(4, Action::RecordCallback(poor));
        assert_eq!(next(&sample), Some(Act::Recover));
        sample.add(
            5,
            Action::Close(Closing { result: CloseResult::ResolvedNotSatisfied, note: String::new() }),
        );
        assert_eq!(next(&sample), Some(Act::Recover));
        sample.add(6, Action::Recover(Comment { text: "道歉".into() }));
        assert_eq!(next(&sample), None);
        let failed = Inspection {
            score: 50,
            note: "漏装".into(),
            rectify_by: Some(crate::tickets::sample::minute(90)),
        };
        sample.add(7, Action::Inspect(failed));
        assert_eq!(next(&sample), Some(Act::Rectify));
    }

    #[test]
    fn the_next_step_goes_round_the_loop() {
        let mut sample = Sample::registered(0);
        assert_eq!(next(&sample), Some(Act::Assign));
        sample.add(1, Action::Assign(Assignment { person: person(1), department: department(1) }));
        assert_eq!(next(&sample), Some(Act::LogProgress));
        sample.add(2, complete());
        assert_eq!(next(&sample), Some(Act::TellResult));
        sample.add(3, Action::TellResult(Comment { text: String::new() }));
        assert_eq!(next(&sample), Some(Act::Callback));
        sample.add(4, Action::RecordCallback(Callback { satisfaction: None, note: String::new() }));
        assert_eq!(next(&sample), Some(Act::Close));
        sample.add(5, Action::Close(Closing { result: CloseResult::ResolvedSatisfied, note: String::new() }));
        assert_eq!(next(&sample), None);
    }

    #[test]
    fn what_may_not_be_done_is_left_out_unless_it_only_waits_for_the_customer() {
        let sample = Sample::registered(0);
        let choices = Choices::of(&sample.ticket(), &[], |act| match act {
            Act::Assign | Act::Cancel => Ok(()),
            Act::Close => Err(Refusal::NotConfirmed),
            _ => Err(Refusal::RoleMayNot),
        });
        assert_eq!((choices.next, choices.others), (Some(Act::Assign), vec![Act::Cancel]));
        assert_eq!(choices.blocked, [(Act::Close, Refusal::NotConfirmed)]);
    }
}
