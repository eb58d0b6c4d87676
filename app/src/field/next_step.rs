//! What an engineer will most likely do next. A proposal: whether they may is for `domain` to say.

use domain::PersonId;
use domain::ticket::{ProgressKind, Stage, Ticket};

/// The next sensible step of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Take it: it is nobody's.
    Take,
    /// Tell the customer who handles it and by when.
    Contact,
    /// Go on after a wait.
    Resume,
    /// Set out for the site.
    SetOut,
    /// Arrive.
    CheckIn,
    /// Say what was found and done.
    Complete,
    /// Hand the tablet over for the customer's answer.
    HandOver,
    /// Leave the site.
    CheckOut,
}

impl NextStep {
    /// The next step of `engineer` on this ticket. Nothing, when it is somebody else's turn.
    pub fn of(ticket: &Ticket, engineer: PersonId) -> Option<Self> {
        let on_site = ticket.open_visit(engineer).is_some();
        match ticket.accountable.value.person {
            None if ticket.stage.awaits_work() => return Some(Self::Take),
            Some(accountable) if accountable == engineer => {}
            _ => return None,
        }
        match ticket.stage {
            Stage::Done if ticket.sign_off().is_none() => Some(Self::HandOver),
            Stage::Done | Stage::Closed | Stage::Cancelled => on_site.then_some(Self::CheckOut),
            Stage::New | Stage::Assigned | Stage::Working if ticket.waiting.is_some() => Some(Self::Resume),
            Stage::New | Stage::Assigned | Stage::Working if on_site => Some(Self::Complete),
            Stage::New | Stage::Assigned | Stage::Working if has_set_out(ticket, engineer) => {
                Some(Self::CheckIn)
            }
            Stage::New | Stage::Assigned | Stage::Working if !has_contacted(ticket) => Some(Self::Contact),
            Stage::New | Stage::Assigned | Stage::Working => Some(Self::SetOut),
        }
    }

    /// The icon.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Take => "person",
            Self::Contact => "phone",
            Self::Resume => "play",
            Self::SetOut => "car",
            Self::CheckIn => "door",
            Self::Complete => "check",
            Self::HandOver => "signature",
            Self::CheckOut => "check-out",
        }
    }
}

fn has_contacted(ticket: &Ticket) -> bool {
    let entries = ticket.progress.iter().filter(|entry| entry.cycle == ticket.cycle);
    entries.into_iter().any(|entry| entry.fact.kind == ProgressKind::ContactedCustomer)
}

/// Whether the engineer has been on the way since they last left the site.
fn has_set_out(ticket: &Ticket, engineer: PersonId) -> bool {
    let left = ticket
        .visits
        .iter()
        .filter(|visit| visit.engineer == engineer)
        .filter_map(|visit| visit.checked_out)
        .max();
    ticket.progress.iter().filter(|entry| entry.cycle == ticket.cycle && entry.actor == engineer).any(
        |entry| {
            matches!(entry.fact.kind, ProgressKind::OnTheWay | ProgressKind::Arrived)
                && left.is_none_or(|left| entry.happened > left)
        },
    )
}

#[cfg(test)]
mod tests {
    use domain::ticket::{
        Action, Answer, Assignment, Completion, Nothing, Progress, Reason, ResponsibleParty, Sheet, SignOff,
    };
    use domain::{PersonId, Timestamp};

    use super::*;
    use crate::tickets::sample::{Sample, department, person};

    const ME: u128 = 1;

    struct Job(Sample, i64);

    impl Job {
        fn new() -> Self {
            Self(Sample::registered(0), 0)
        }

        fn mine() -> Self {
            Self::new().after(Action::Assign(Assignment { person: me(), department: department(1) }))
        }

        fn after(mut self, action: Action) -> Self {
            self.1 += 1;
            self.0.add(self.1, action);
            self
        }

        fn logged(self, kind: ProgressKind) -> Self {
            self.after(Action::LogProgress(Progress { kind, note: "…".into(), promised: None }))
        }

        fn next(&self) -> Option<NextStep> {
            NextStep::of(&self.0.ticket(), me())
        }
    }

    fn me() -> PersonId {
        person(ME)
    }

    fn completed() -> Action {
        Action::Complete(Completion {
            found: "E07".into(),
            done: "换主板".into(),
            cause: String::new(),
            responsible: ResponsibleParty::Unknown,
            remaining: String::new(),
        })
    }

    fn refused_to_sign(job: &Job) -> Action {
        let at = Timestamp::from_millis(0);
        let sheet = Sheet::new(job.0.ticket().id, String::new(), "en".into(), at, Vec::new(), String::new());
        Action::SignOff(Box::new(SignOff::new(sheet, Answer::Refused { reason: "…".into() })))
    }

    #[test]
    fn a_job_goes_from_taking_to_checking_out() {
        let job = Job::new();
        assert_eq!(job.next(), Some(NextStep::Take));
        let job = Job::mine();
        assert_eq!(job.next(), Some(NextStep::Contact));
        let job = job.logged(ProgressKind::ContactedCustomer);
        assert_eq!(job.next(), Some(NextStep::SetOut));
        let job = job.logged(ProgressKind::OnTheWay);
        assert_eq!(job.next(), Some(NextStep::CheckIn));
        let job = job.after(Action::CheckIn(Nothing {}));
        assert_eq!(job.next(), Some(NextStep::Complete));
        let job = job.after(completed());
        assert_eq!(job.next(), Some(NextStep::HandOver));
        let answer = refused_to_sign(&job);
        let job = job.after(answer);
        assert_eq!(job.next(), Some(NextStep::CheckOut));
        let job = job.after(Action::CheckOut(Nothing {}));
        assert_eq!(job.next(), None);
    }

    #[test]
    fn whoever_set_out_without_calling_is_not_asked_to_call_first() {
        assert_eq!(Job::mine().logged(ProgressKind::OnTheWay).next(), Some(NextStep::CheckIn));
    }

    #[test]
    fn a_second_visit_needs_setting_out_again() {
        let job = Job::mine()
            .logged(ProgressKind::ContactedCustomer)
            .logged(ProgressKind::OnTheWay)
            .after(Action::CheckIn(Nothing {}))
            .after(Action::CheckOut(Nothing {}));
        assert_eq!(job.next(), Some(NextStep::SetOut));
        assert_eq!(job.logged(ProgressKind::OnTheWay).next(), Some(NextStep::CheckIn));
    }

    #[test]
    fn work_that_waits_is_resumed_first() {
        let job = Job::mine().logged(ProgressKind::ContactedCustomer).logged(ProgressKind::WaitingForParts);
        assert_eq!(job.next(), Some(NextStep::Resume));
        assert_eq!(job.logged(ProgressKind::WorkResumed).next(), Some(NextStep::SetOut));
    }

    #[test]
    fn a_reopened_job_begins_with_contacting_the_customer() {
        let job = Job::mine()
            .logged(ProgressKind::ContactedCustomer)
            .logged(ProgressKind::OnTheWay)
            .after(completed());
        let job = job.after(Action::Reopen(Reason { reason: "又漏油".into() }));
        assert_eq!(job.next(), Some(NextStep::Contact));
    }

    #[test]
    fn a_colleagues_job_has_no_next_step_for_me() {
        let job =
            Job::new().after(Action::Assign(Assignment { person: person(2), department: department(1) }));
        assert_eq!(job.next(), None);
    }
}
