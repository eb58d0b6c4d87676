//! The ticket that everyone sees: folded from its record, in the order in which things happened.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::action::{Closing, Reason};
use super::{
    Action, Attachment, Callback, Completion, Customer, Difficulty, Document, Flag, Inspection, Intake,
    IntakeTimes, Kind, MilestoneReached, PartReplacement, Plan, Progress, ProgressKind, Recorded,
    Satisfaction, Seen, SignOff, Single, Stage, TicketNumber, Urgency, Visit, Waiting,
};
use crate::sla;
use crate::{ChangeId, DepartmentId, PersonId, TicketId, Timestamp};

/// A thing that happened, with who and when: the item type of every list of facts in a [`Ticket`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// The change that recorded it.
    pub by: ChangeId,
    /// Who did it.
    pub actor: PersonId,
    /// When it happened.
    pub happened: Timestamp,
    /// The cycle it belongs to: 1 until the ticket is reopened for the first time. A customer's answer belongs to the
    /// cycle of the work it is about, even if the ticket was being reopened elsewhere at that moment.
    pub cycle: u32,
    /// What it was.
    pub fact: T,
}

/// What a change did to the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it says.
    Applied,
    /// It could not follow from the stage the ticket was in; it stays in the record, and a person is asked.
    Impossible(Stage),
    /// Made by a newer version; this one keeps it and can't show it.
    NotUnderstood,
}

/// The single values of a ticket that people can set while apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SingleField {
    /// The accountable person and department.
    Accountable,
    /// How soon it must be dealt with.
    Urgency,
    /// What the ticket is, how hard, and its flags.
    Classification,
    /// Whom to talk to.
    Contact,
}

/// Something that people did while apart and that a person should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// The change that lost or could not follow.
    pub change: ChangeId,
    /// What happened to it.
    pub kind: ConflictKind,
}

/// The kinds of conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictKind {
    /// A value was overruled by a later one, and neither author had seen the other.
    Overruled {
        /// Which value.
        field: SingleField,
        /// The change that won.
        winner: ChangeId,
    },
    /// The change could not follow from the stage the ticket was in by then.
    Impossible {
        /// That stage.
        stage: Stage,
    },
    /// The customer answered twice for the same work.
    SignedTwice,
    /// Work was recorded that the customer's signature doesn't cover: after it, or unseen by whoever took it.
    AmendedAfterSignature {
        /// The signature.
        signature: ChangeId,
    },
}

/// Who is accountable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accountable {
    /// The person, once there is one.
    pub person: Option<PersonId>,
    /// The department or team that holds the ticket.
    pub department: DepartmentId,
}

/// A ticket as everyone sees it.
///
/// Derived from the record and nothing else; see [`Ticket::fold`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Which ticket.
    pub id: TicketId,
    /// The final number, once the server has given it.
    pub number: Option<TicketNumber>,
    /// Who registered it.
    pub registered_by: PersonId,
    /// When it was registered.
    pub created: Timestamp,
    /// When the latest change happened.
    pub updated: Timestamp,
    /// What was taken in, as it was taken in.
    pub intake: Intake,
    /// How far it has come.
    pub stage: Stage,
    /// What the work is waiting for, if it is.
    pub waiting: Option<Waiting>,
    /// 1, and one more for each reopening.
    pub cycle: u32,
    /// Who is accountable now.
    pub accountable: Single<Accountable>,
    /// How soon it must be dealt with.
    pub urgency: Single<Urgency>,
    /// What it is, how hard, and its flags.
    pub classification: Single<(Kind, Difficulty, BTreeSet<Flag>)>,
    /// Whom to talk to.
    pub contact: Single<Customer>,
    /// Dated progress entries.
    pub progress: Vec<Entry<Progress>>,
    /// Time spent at the site.
    pub visits: Vec<Visit>,
    /// Parts replaced.
    pub parts: Vec<Entry<PartReplacement>>,
    /// Completions; the last one of the cycle counts.
    pub completions: Vec<Entry<Completion>>,
    /// The customer's answers; the first one of the cycle counts.
    pub sign_offs: Vec<Entry<SignOff>>,
    /// When and how the customer was told the result.
    pub results_told: Vec<Entry<String>>,
    /// Contacts after completion.
    pub callbacks: Vec<Entry<Callback>>,
    /// Words for colleagues.
    pub comments: Vec<Entry<String>>,
    /// Photos and other files. Several with the same content are several facts.
    pub attachments: Vec<Entry<Attachment>>,
    /// Plans agreed with the customer; the last one of the cycle counts.
    pub plans: Vec<Entry<Plan>>,
    /// Milestones reached.
    pub milestones: Vec<Entry<MilestoneReached>>,
    /// What a supervisor said to a customer who was not content.
    pub recoveries: Vec<Entry<String>>,
    /// Checks of finished work.
    pub inspections: Vec<Entry<Inspection>>,
    /// How what an inspection found was put right.
    pub rectifications: Vec<Entry<String>>,
    /// How and when it was closed, while it is.
    pub closing: Option<Entry<Closing>>,
    /// Why and when it was cancelled, while it is.
    pub cancellation: Option<Entry<Reason>>,
    /// Why and when it was reopened, each time.
    pub reopenings: Vec<Entry<Reason>>,
    /// What each change of the record did, in the record's order.
    pub outcomes: Vec<(ChangeId, Outcome)>,
    /// What moves the clocks.
    pub timeline: sla::Timeline,
    /// Everything in the record: what somebody who looks at this ticket has seen.
    pub seen: Seen,
    conflicts: Vec<Conflict>,
    settled: BTreeSet<ChangeId>,
}

impl Ticket {
    /// Folds a document into the ticket. Nothing, if the record holds no registration (yet).
    pub fn of(document: &Document) -> Option<Self> {
        Self::fold(document.ticket, document.number.clone(), document.log())
    }

    /// Folds a record into the ticket. `log` must be in [`Recorded::order`] and hold each change once.
    ///
    /// Nothing, if the record holds no registration. What happened before the registration (by a clock that could not be
    /// bounded) is folded after it, so nothing is lost.
    pub fn fold(id: TicketId, number: Option<TicketNumber>, log: &[Recorded]) -> Option<Self> {
        let (first, intake) = log.iter().find_map(|recorded| match &recorded.change.action {
            Action::Register(intake) => Some((recorded, intake.as_ref())),
            _ => None,
        })?;
        let mut ticket = Self::registered(id, number, first, intake);
        for recorded in log {
            let outcome =
                if recorded.change.id == first.change.id { Outcome::Applied } else { ticket.apply(recorded) };
            ticket.note_outcome(recorded, outcome);
        }
        Some(ticket)
    }

    /// Goes on folding where [`Self::fold`] stopped. `recorded` must be the new end of the record; then this is the ticket that
    /// the whole record would give.
    pub fn fold_on(&mut self, recorded: &Recorded) {
        let outcome = self.apply(recorded);
        self.note_outcome(recorded, outcome);
    }

    fn note_outcome(&mut self, recorded: &Recorded, outcome: Outcome) {
        self.outcomes.push((recorded.change.id, outcome));
        self.seen.insert(recorded.change.id);
        self.updated = self.updated.max(recorded.happened);
    }

    fn registered(id: TicketId, number: Option<TicketNumber>, first: &Recorded, intake: &Intake) -> Self {
        let (by, at) = (first.change.id, first.happened);
        let accountable = Accountable { person: None, department: intake.registered_in };
        Self {
            id,
            number,
            registered_by: first.change.actor,
            created: at,
            updated: at,
            stage: Stage::New,
            waiting: None,
            cycle: 1,
            accountable: Single::new(accountable, by, at),
            urgency: Single::new(intake.urgency, by, at),
            classification: Single::new((intake.kind, intake.difficulty, intake.flags.clone()), by, at),
            contact: Single::new(intake.customer.clone(), by, at),
            intake: intake.clone(),
            progress: Vec::new(),
            visits: Vec::new(),
            parts: Vec::new(),
            completions: Vec::new(),
            sign_offs: Vec::new(),
            results_told: Vec::new(),
            callbacks: Vec::new(),
            comments: Vec::new(),
            attachments: Vec::new(),
            plans: Vec::new(),
            milestones: Vec::new(),
            recoveries: Vec::new(),
            inspections: Vec::new(),
            rectifications: Vec::new(),
            closing: None,
            cancellation: None,
            reopenings: Vec::new(),
            outcomes: Vec::new(),
            timeline: beginning(first, intake),
            seen: Seen::default(),
            conflicts: Vec::new(),
            settled: BTreeSet::new(),
        }
    }

    fn apply(&mut self, recorded: &Recorded) -> Outcome {
        let Recorded { change, happened, .. } = recorded;
        let Some(next) = self.stage.after(&change.action) else {
            self.conflicts
                .push(Conflict { change: change.id, kind: ConflictKind::Impossible { stage: self.stage } });
            self.keep_as_fact(recorded);
            return Outcome::Impossible(self.stage);
        };
        if change.action.touches_signed_content()
            && let Some(signature) = self.sign_off().map(|sign_off| sign_off.by)
        {
            let kind = ConflictKind::AmendedAfterSignature { signature };
            self.conflicts.push(Conflict { change: change.id, kind });
        }
        let moved = next != self.stage;
        self.stage = next;
        match &change.action {
            Action::Assign(assignment) => {
                let accountable =
                    Accountable { person: Some(assignment.person), department: assignment.department };
                self.accountable.set(accountable, change.id, *happened, &change.seen);
                self.note(recorded, sla::Happening::Assigned { department: assignment.department });
            }
            Action::SetUrgency(new) => self.set_urgency(recorded, new.urgency),
            Action::Reclassify(new) => {
                let value = (new.kind, new.difficulty, new.flags.clone());
                self.classification.set(value, change.id, *happened, &change.seen);
                self.note(recorded, sla::Happening::DifficultyChanged { difficulty: new.difficulty });
                if self.green_channel() && self.urgency.value != Urgency::Urgent {
                    self.set_urgency(recorded, Urgency::Urgent);
                }
            }
            Action::EditContact(customer) => {
                self.contact.set(customer.clone(), change.id, *happened, &change.seen);
            }
            Action::Close(closing) => {
                self.closing = Some(self.entry(recorded, closing.clone()));
                self.note(recorded, sla::Happening::Closed);
            }
            Action::Cancel(reason) => {
                self.cancellation = Some(self.entry(recorded, reason.clone()));
                self.note(recorded, sla::Happening::Cancelled);
            }
            Action::Reopen(reason) => self.reopen(recorded, reason),
            Action::Settle(settlement) => {
                self.settled.insert(settlement.change);
            }
            Action::Unknown(_) => return Outcome::NotUnderstood,
            _ => self.keep_as_fact(recorded),
        }
        if moved && !self.stage.awaits_work() {
            self.waiting = None;
        }
        Outcome::Applied
    }

    /// Adds what is true whatever the stage: facts add up.
    fn keep_as_fact(&mut self, recorded: &Recorded) {
        let at = recorded.happened;
        match &recorded.change.action {
            Action::LogProgress(progress) => self.log_progress(recorded, progress),
            Action::CheckIn(_) => {
                self.visits.push(Visit {
                    engineer: recorded.change.actor,
                    checked_in: at,
                    checked_out: None,
                    by: recorded.change.id,
                });
                self.note(recorded, sla::Happening::SiteReached);
            }
            Action::CheckOut(_) => {
                let actor = recorded.change.actor;
                if let Some(visit) = self.open_visit_mut(actor) {
                    visit.checked_out = Some(at);
                }
            }
            Action::ReplacePart(part) => self.parts.push(self.entry(recorded, part.clone())),
            Action::Complete(completion) => {
                self.completions.push(self.entry(recorded, completion.clone()));
                self.note(recorded, sla::Happening::WorkDone);
            }
            Action::SignOff(sign_off) => self.take_sign_off(recorded, sign_off),
            Action::TellResult(comment) => {
                self.results_told.push(self.entry(recorded, comment.text.clone()));
                self.note(recorded, sla::Happening::ResultTold);
            }
            Action::RecordCallback(callback) => {
                let answer = self.answer(recorded, callback.clone());
                if answer.cycle == self.cycle {
                    let satisfaction = callback.satisfaction.map(Satisfaction::score);
                    self.note(recorded, sla::Happening::CalledBack { satisfaction });
                }
                self.callbacks.push(answer);
            }
            Action::Attach(attachment) => {
                self.attachments.push(self.entry(recorded, attachment.as_ref().clone()));
            }
            Action::Comment(comment) => self.comments.push(self.entry(recorded, comment.text.clone())),
            Action::AgreePlan(plan) => self.agree(recorded, plan),
            Action::ReachMilestone(reached) => {
                self.milestones.push(self.entry(recorded, *reached));
                let MilestoneReached { plan, number } = *reached;
                self.note(recorded, sla::Happening::MilestoneReached { plan, number });
            }
            Action::Recover(comment) => {
                self.recoveries.push(self.entry(recorded, comment.text.clone()));
                self.note(recorded, sla::Happening::Recovered);
            }
            Action::Inspect(inspection) => {
                self.inspections.push(self.entry(recorded, inspection.clone()));
                if let Some(rectify_by) = inspection.rectify_by.filter(|_| inspection.failed()) {
                    self.note(recorded, sla::Happening::InspectionFailed { rectify_by });
                }
            }
            Action::Rectify(comment) => {
                self.rectifications.push(self.entry(recorded, comment.text.clone()));
                self.note(recorded, sla::Happening::Rectified);
            }
            // Not facts: a single value or a move of the stage that could not take effect leaves nothing behind but
            // the conflict and its place in the record.
            _ => {}
        }
    }

    fn take_sign_off(&mut self, recorded: &Recorded, sign_off: &SignOff) {
        let answer = self.answer(recorded, sign_off.clone());
        if self.sign_offs.iter().any(|earlier| earlier.cycle == answer.cycle) {
            self.conflicts.push(Conflict { change: answer.by, kind: ConflictKind::SignedTwice });
        } else {
            let kind = ConflictKind::AmendedAfterSignature { signature: answer.by };
            let unseen = self.work_unseen(&recorded.change.seen, answer.cycle);
            self.conflicts.extend(unseen.into_iter().map(|change| Conflict { change, kind }));
        }
        if answer.cycle == self.cycle {
            self.note(recorded, sla::Happening::ResultTold);
        }
        self.sign_offs.push(answer);
    }

    /// What the customer answered, in the cycle of the last completion that whoever asked them had seen.
    fn answer<T>(&self, recorded: &Recorded, fact: T) -> Entry<T> {
        let seen = &recorded.change.seen;
        let about = self.completions.iter().rev().find(|completion| seen.contains(completion.by));
        let cycle = about.map_or(self.cycle, |completion| completion.cycle);
        Entry { cycle, ..self.entry(recorded, fact) }
    }

    /// Recorded work of a cycle that is not in `seen`, except what a person is asked about anyway.
    fn work_unseen(&self, seen: &Seen, cycle: u32) -> Vec<ChangeId> {
        let parts = self.parts.iter().map(|part| (part.by, part.cycle));
        let completions = self.completions.iter().map(|completion| (completion.by, completion.cycle));
        parts
            .chain(completions)
            .filter(|(by, worked)| *worked == cycle && !seen.contains(*by))
            .map(|(by, _)| by)
            .filter(|by| self.conflicts.iter().all(|conflict| conflict.change != *by))
            .collect()
    }

    fn set_urgency(&mut self, recorded: &Recorded, urgency: Urgency) {
        let Recorded { change, happened, .. } = recorded;
        self.urgency.set(urgency, change.id, *happened, &change.seen);
        self.note(recorded, sla::Happening::UrgencyChanged { urgency });
    }

    fn log_progress(&mut self, recorded: &Recorded, progress: &Progress) {
        self.progress.push(self.entry(recorded, progress.clone()));
        match progress.kind {
            ProgressKind::ContactedCustomer => {
                self.note(recorded, sla::Happening::Contacted { promised: progress.promised.is_some() });
            }
            ProgressKind::Answered => self.note(recorded, sla::Happening::Answered),
            ProgressKind::VisitArranged => {
                if let Some(visit) = progress.promised {
                    self.note(recorded, sla::Happening::VisitArranged { visit });
                }
            }
            ProgressKind::WaitingForParts => self.wait(recorded, Some(Waiting::Parts)),
            ProgressKind::WaitingForCustomer => self.wait(recorded, Some(Waiting::Customer)),
            ProgressKind::WorkResumed | ProgressKind::OnTheWay => self.wait(recorded, None),
            ProgressKind::Arrived => {
                self.wait(recorded, None);
                self.note(recorded, sla::Happening::SiteReached);
            }
            ProgressKind::Note => {}
        }
    }

    fn agree(&mut self, recorded: &Recorded, plan: &Plan) {
        self.plans.push(self.entry(recorded, plan.clone()));
        self.note(recorded, sla::Happening::PlanAgreed { deadline: plan.deadline });
        for (number, milestone) in (0..).zip(&plan.milestones) {
            self.note(recorded, sla::Happening::MilestoneAgreed { number, due: milestone.due });
        }
    }

    fn wait(&mut self, recorded: &Recorded, waiting: Option<Waiting>) {
        if self.waiting == waiting || !self.stage.awaits_work() {
            return;
        }
        self.waiting = waiting;
        self.note(recorded, sla::Happening::WaitingChanged { waiting });
    }

    fn reopen(&mut self, recorded: &Recorded, reason: &Reason) {
        self.cycle += 1;
        self.closing = None;
        self.cancellation = None;
        self.waiting = None;
        if self.accountable.value.person.is_none() {
            self.stage = Stage::New;
        }
        self.reopenings.push(self.entry(recorded, reason.clone()));
        self.note(recorded, sla::Happening::Reopened);
    }

    fn note(&mut self, recorded: &Recorded, what: sla::Happening) {
        self.timeline.events.push(event(recorded, recorded.happened, what));
    }

    fn entry<T>(&self, recorded: &Recorded, fact: T) -> Entry<T> {
        Entry {
            by: recorded.change.id,
            actor: recorded.change.actor,
            happened: recorded.happened,
            cycle: self.cycle,
            fact,
        }
    }

    fn open_visit_mut(&mut self, engineer: PersonId) -> Option<&mut Visit> {
        self.visits.iter_mut().rev().find(|visit| visit.engineer == engineer && visit.checked_out.is_none())
    }

    /// The visit that `engineer` has begun and not ended.
    pub fn open_visit(&self, engineer: PersonId) -> Option<&Visit> {
        self.visits.iter().rev().find(|visit| visit.engineer == engineer && visit.checked_out.is_none())
    }

    /// The completion that counts for the current cycle.
    pub fn completion(&self) -> Option<&Entry<Completion>> {
        self.completions.iter().rev().find(|completion| completion.cycle == self.cycle)
    }

    /// The customer's answer that counts for the current cycle.
    pub fn sign_off(&self) -> Option<&Entry<SignOff>> {
        self.sign_offs.iter().find(|sign_off| sign_off.cycle == self.cycle)
    }

    /// The callback that counts for the current cycle.
    pub fn callback(&self) -> Option<&Entry<Callback>> {
        self.callbacks.iter().rev().find(|callback| callback.cycle == self.cycle)
    }

    /// The plan that counts for the current cycle.
    pub fn plan(&self) -> Option<&Entry<Plan>> {
        self.plans.iter().rev().find(|plan| plan.cycle == self.cycle)
    }

    /// Whether a plan of this ticket has such a milestone.
    pub fn has_milestone(&self, reached: &MilestoneReached) -> bool {
        let plan = self.plans.iter().find(|plan| plan.by == reached.plan);
        plan.is_some_and(|plan| usize::from(reached.number) < plan.fact.milestones.len())
    }

    /// What the ticket is.
    pub fn kind(&self) -> Kind {
        self.classification.value.0
    }

    /// How hard it is.
    pub fn difficulty(&self) -> Difficulty {
        self.classification.value.1
    }

    /// What makes it more than ordinary.
    pub fn flags(&self) -> &BTreeSet<Flag> {
        &self.classification.value.2
    }

    /// Whether a flag opens the green channel.
    pub fn green_channel(&self) -> bool {
        self.flags().iter().any(|flag| flag.opens_green_channel())
    }

    /// Everything that a person should look at and nobody has settled.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let overruled = |field, winner| {
            move |loser: ChangeId| Conflict { change: loser, kind: ConflictKind::Overruled { field, winner } }
        };
        let losers = losers(&self.accountable)
            .map(overruled(SingleField::Accountable, self.accountable.set_by))
            .chain(losers(&self.urgency).map(overruled(SingleField::Urgency, self.urgency.set_by)))
            .chain(
                losers(&self.classification)
                    .map(overruled(SingleField::Classification, self.classification.set_by)),
            )
            .chain(losers(&self.contact).map(overruled(SingleField::Contact, self.contact.set_by)));
        let others = self.conflicts.iter().copied();
        losers.chain(others).filter(|conflict| !self.settled.contains(&conflict.change)).collect()
    }
}

/// The timeline up to the registration. What the intake says of times before cannot lie after it.
fn beginning(first: &Recorded, intake: &Intake) -> sla::Timeline {
    use sla::Happening::{CallEnded, Created, MessageAnswered, MessageArrived};
    let created = first.happened;
    let before = |at: Option<Timestamp>, what| at.map(|at| event(first, at.min(created), what));
    let IntakeTimes { arrived, answered, call_ended } = intake.times;
    let answered = answered.map(|answered| answered.max(arrived.unwrap_or(answered)));
    let (urgency, difficulty) = (intake.urgency, intake.difficulty);
    let registered = Created { urgency, difficulty, department: intake.registered_in };
    let mut events: Vec<_> = [
        before(arrived, MessageArrived),
        before(answered, MessageAnswered),
        before(call_ended, CallEnded),
        Some(event(first, created, registered)),
    ]
    .into_iter()
    .flatten()
    .collect();
    events.sort_by_key(|event| event.at);
    sla::Timeline { company: intake.customer.company.clone(), events }
}

fn event(recorded: &Recorded, at: Timestamp, what: sla::Happening) -> sla::Event {
    sla::Event { at, by: recorded.change.id, actor: recorded.change.actor, what }
}

fn losers<T>(single: &Single<T>) -> impl Iterator<Item = ChangeId> {
    single.overruled.iter().map(|loser| loser.set_by)
}
