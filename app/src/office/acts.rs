//! What the desk can do to a ticket, and what it will most likely do next.

use domain::Refusal;
use domain::people::Person;
use domain::ticket::{
    Action, Assignment, Callback, Classification, CloseResult, Closing, Comment, NewUrgency, Progress,
    ProgressKind, Reason, Stage, Ticket,
};

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
    pub const ALL: [Self; 10] = [
        Self::Assign,
        Self::LogProgress,
        Self::TellResult,
        Self::Callback,
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

/// The next thing to do round the loop. Nothing, when the ticket has ended.
pub fn next_step(ticket: &Ticket) -> Option<Act> {
    let told =
        ticket.sign_off().is_some() || ticket.results_told.iter().any(|told| told.cycle == ticket.cycle);
    match ticket.stage {
        Stage::New => Some(Act::Assign),
        Stage::Assigned | Stage::Working => Some(Act::LogProgress),
        Stage::Done if !told => Some(Act::TellResult),
        Stage::Done if ticket.callback().is_none() => Some(Act::Callback),
        Stage::Done => Some(Act::Close),
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
    pub fn of(ticket: &Ticket, may: impl Fn(Act) -> Result<(), Refusal>) -> Self {
        let (mut others, mut blocked) = (Vec::new(), Vec::new());
        for act in Act::ALL {
            match may(act) {
                Ok(()) => others.push(act),
                Err(refusal @ Refusal::NotConfirmed) => blocked.push((act, refusal)),
                Err(_) => {}
            }
        }
        let next = next_step(ticket).filter(|next| others.contains(next));
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

    #[test]
    fn the_next_step_goes_round_the_loop() {
        let mut sample = Sample::registered(0);
        assert_eq!(next_step(&sample.ticket()), Some(Act::Assign));
        sample.add(1, Action::Assign(Assignment { person: person(1), department: department(1) }));
        assert_eq!(next_step(&sample.ticket()), Some(Act::LogProgress));
        sample.add(2, complete());
        assert_eq!(next_step(&sample.ticket()), Some(Act::TellResult));
        sample.add(3, Action::TellResult(Comment { text: String::new() }));
        assert_eq!(next_step(&sample.ticket()), Some(Act::Callback));
        sample.add(4, Action::RecordCallback(Callback { satisfaction: None, note: String::new() }));
        assert_eq!(next_step(&sample.ticket()), Some(Act::Close));
        sample.add(5, Action::Close(Closing { result: CloseResult::ResolvedSatisfied, note: String::new() }));
        assert_eq!(next_step(&sample.ticket()), None);
    }

    #[test]
    fn what_may_not_be_done_is_left_out_unless_it_only_waits_for_the_customer() {
        let sample = Sample::registered(0);
        let choices = Choices::of(&sample.ticket(), |act| match act {
            Act::Assign | Act::Cancel => Ok(()),
            Act::Close => Err(Refusal::NotConfirmed),
            _ => Err(Refusal::RoleMayNot),
        });
        assert_eq!((choices.next, choices.others), (Some(Act::Assign), vec![Act::Cancel]));
        assert_eq!(choices.blocked, [(Act::Close, Refusal::NotConfirmed)]);
    }
}
