//! "What if": a ticket that never was, so that the same engine that judges real ones says when it would be due.

use std::collections::BTreeMap;

use domain::sla::{self, ClockId, ClockName, Policy, PolicyBook, Rule, Target, Targets};
use domain::ticket::{
    Action, Assignment, Callback, Change, Channel, Completion, Customer, Difficulty, Document, Intake,
    IntakeTimes, Kind, Product, Progress, ProgressKind, Recorded, ResponsibleParty, Satisfaction, Seen, Site,
    Ticket, Urgency, Verification, Waiting,
};
use domain::{ChangeId, Claim, DepartmentId, DeviceId, PersonId, TicketId, Timestamp};

use crate::workspace::TicketView;

/// The clocks that a policy decides about. The others are set in the ticket.
pub const CLOCKS: [ClockName; 9] = [
    ClockName::Acknowledge,
    ClockName::Register,
    ClockName::FirstResponse,
    ClockName::Reply,
    ClockName::Resolution,
    ClockName::VisitNotice,
    ClockName::ResultNotice,
    ClockName::Callback,
    ClockName::Recovery,
];

/// How much time there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// As much as a clock of the policy has.
    Clock(ClockName),
    /// So much.
    Target(Target),
}

/// A stretch in which the work waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// From when.
    pub from: Timestamp,
    /// Until when; on and on without an end.
    pub until: Option<Timestamp>,
    /// For what.
    pub waiting: Waiting,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Question {
    pub policy: Policy,
    pub asked: Asked,
    pub urgency: Urgency,
    pub difficulty: Difficulty,
    pub department: DepartmentId,
    /// The customer's company, for a contract.
    pub company: String,
    /// A calendar in place of the one that would count.
    pub calendar: Option<String>,
    /// When the clock starts; of a visit's notice, when the visit is.
    pub start: Timestamp,
    pub waits: Vec<Wait>,
    /// Who asks: everything is theirs.
    pub person: PersonId,
}

/// The ticket that never was, and its clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The ticket.
    pub view: TicketView,
    /// The clock.
    pub clock: ClockId,
    /// When it is due; nothing without a target, or while it stands still.
    pub due: Option<Timestamp>,
}

/// The policy by which a question is answered.
pub fn policy(question: &Question) -> Policy {
    let mut policy = question.policy.clone();
    if let Some(calendar) = &question.calendar {
        policy.default_calendar.clone_from(calendar);
        policy.department_calendars = BTreeMap::new();
        for contract in &mut policy.contracts {
            contract.calendar = None;
        }
    }
    if let Asked::Target(target) = question.asked {
        let rule = Rule {
            targets: Targets::All { target: Some(target) },
            pauses: [Waiting::Customer, Waiting::Parts].into(),
        };
        policy.rules.insert(ClockName::Resolution, rule);
        for contract in &mut policy.contracts {
            contract.rules.remove(&ClockName::Resolution);
        }
    }
    policy
}

/// Answers a question; nothing if the policy has no such clock.
pub fn answer(question: &Question, book: &PolicyBook) -> Option<Answer> {
    let name = match question.asked {
        Asked::Clock(name) => name,
        Asked::Target(_) => ClockName::Resolution,
    };
    let mut answer = imagine(question, book, name, None)?;
    // These two end with the registration, which every ticket needs: let it come just in time.
    if matches!(name, ClockName::Acknowledge | ClockName::Register)
        && let Some(due) = answer.due
    {
        answer = imagine(question, book, name, Some(due))?;
    }
    Some(answer)
}

fn imagine(
    question: &Question,
    book: &PolicyBook,
    name: ClockName,
    registered: Option<Timestamp>,
) -> Option<Answer> {
    /// Long after everything that somebody may ask about.
    const LATER_MS: i64 = 20_000 * Timestamp::DAY_MS;
    let start = question.start;
    let mut story = Story::new(question.person);
    let mut times = IntakeTimes::default();
    let mut created = start;
    match name {
        ClockName::Acknowledge => {
            (times.arrived, created) = (Some(start), registered.unwrap_or(start.plus_millis(LATER_MS)));
        }
        ClockName::Register => {
            (times.call_ended, created) = (Some(start), registered.unwrap_or(start.plus_millis(LATER_MS)));
        }
        // Arranged in time to give notice of it.
        ClockName::VisitNotice => created = start.plus_millis(-30 * Timestamp::DAY_MS),
        _ => {}
    }
    story.add(created, Action::Register(Box::new(intake(question, times))));
    let assignment = Assignment { person: question.person, department: question.department };
    let log = |kind, promised| Action::LogProgress(Progress { kind, note: String::new(), promised });
    let done = || Action::Complete(completion());
    match name {
        ClockName::Acknowledge | ClockName::Register | ClockName::FirstResponse => {}
        ClockName::Reply => story.add(start, log(ProgressKind::ContactedCustomer, Some(start))),
        ClockName::Resolution => story.add(start, Action::Assign(assignment)),
        ClockName::VisitNotice => {
            story.add(created, Action::Assign(assignment));
            story.add(created, log(ProgressKind::VisitArranged, Some(start)));
        }
        ClockName::ResultNotice | ClockName::Callback | ClockName::Recovery => {
            story.add(start, Action::Assign(assignment));
            story.add(start, done());
            if name == ClockName::Recovery {
                let satisfaction = Satisfaction::new(1);
                story.add(start, Action::RecordCallback(Callback { satisfaction, note: String::new() }));
            }
        }
        ClockName::Rectification | ClockName::Milestone => return None,
    }
    for wait in &question.waits {
        let kind = match wait.waiting {
            Waiting::Customer => ProgressKind::WaitingForCustomer,
            Waiting::Parts => ProgressKind::WaitingForParts,
        };
        story.add(wait.from, log(kind, None));
        if let Some(until) = wait.until {
            story.add(until, log(ProgressKind::WorkResumed, None));
        }
    }
    let ticket = Ticket::of(&story.document)?;
    let clocks = sla::clocks(&ticket.timeline, book);
    let clock = clocks.iter().find(|clock| clock.name() == name).copied()?;
    let view = TicketView { ticket, document: story.document, clocks, marks: BTreeMap::new() };
    Some(Answer { view, clock: clock.id, due: clock.due })
}

/// A record as it is being made up.
struct Story {
    document: Document,
    person: PersonId,
    seq: u64,
}

impl Story {
    fn new(person: PersonId) -> Self {
        Self { document: Document::new(TicketId::from_uuid(uuid::Uuid::nil())), person, seq: 0 }
    }

    fn add(&mut self, at: Timestamp, action: Action) {
        self.seq += 1;
        let change = Change {
            id: ChangeId { device: DeviceId::from_uuid(uuid::Uuid::nil()), seq: self.seq },
            ticket: self.document.ticket,
            actor: self.person,
            claim: Claim { clock: at, offset_ms: Some(0), heard: None },
            seen: self.document.log().iter().map(|recorded| recorded.change.id).collect::<Seen>(),
            action,
        };
        self.document.insert(Recorded {
            change,
            happened: at,
            arrived: Some(at),
            admitted: None,
            brought_back: false,
        });
    }
}

fn intake(question: &Question, times: IntakeTimes) -> Intake {
    Intake {
        kind: Kind::Fault,
        urgency: question.urgency,
        difficulty: question.difficulty,
        flags: Default::default(),
        nature: None,
        channel: Channel::Phone,
        customer: Customer { company: question.company.clone(), ..Customer::default() },
        existing_customer: false,
        site: Site::default(),
        product: Product::default(),
        verification: Verification::Verified,
        words: String::new(),
        summary: String::new(),
        times,
        registered_in: question.department,
    }
}

fn completion() -> Completion {
    Completion {
        found: String::new(),
        done: String::new(),
        cause: String::new(),
        responsible: ResponsibleParty::Unknown,
        remaining: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use domain::sla::Deadline;

    use super::*;
    use crate::policy::edit::fresh_contract;

    /// Friday 2026-03-06 10:00 in Shanghai.
    const FRIDAY: Timestamp = Timestamp::from_millis(1_772_762_400_000);

    const fn hours(hours: i64) -> Timestamp {
        FRIDAY.plus_millis(hours * Timestamp::HOUR_MS)
    }

    fn question(asked: Asked) -> Question {
        Question {
            policy: Policy::shipped(),
            asked,
            urgency: Urgency::Urgent,
            difficulty: Difficulty::Simple,
            department: DepartmentId::from_uuid(uuid::Uuid::from_u128(1)),
            company: String::new(),
            calendar: None,
            start: FRIDAY,
            waits: Vec::new(),
            person: PersonId::from_uuid(uuid::Uuid::from_u128(2)),
        }
    }

    fn due(question: &Question) -> Option<Timestamp> {
        answer(question, &PolicyBook::only(policy(question)))?.due
    }

    #[test]
    fn every_clock_is_due_as_the_shipped_policy_says() {
        let minutes = |minutes: i64| FRIDAY.plus_millis(minutes * Timestamp::MINUTE_MS);
        for (name, wanted) in [
            (ClockName::Acknowledge, minutes(10)),
            (ClockName::Register, minutes(5)),
            (ClockName::FirstResponse, hours(2)),
            (ClockName::Reply, hours(24)),
            (ClockName::Resolution, hours(24)),
            (ClockName::VisitNotice, hours(-2)),
            (ClockName::ResultNotice, hours(1)),
            (ClockName::Callback, hours(24)),
            (ClockName::Recovery, hours(1)),
        ] {
            assert!(CLOCKS.contains(&name));
            assert_eq!(due(&question(Asked::Clock(name))), Some(wanted), "{name:?}");
        }
        assert_eq!(due(&question(Asked::Clock(ClockName::Milestone))), None);
    }

    #[test]
    fn a_free_target_counts_in_the_calendar_over_the_weekend_and_lunch() {
        // Friday 10 to 12 and 13 to 18 are seven hours, the eighth ends on Monday at ten.
        let question = question(Asked::Target(Target::Open { minutes: 8 * 60 }));
        assert_eq!(due(&question), Some(hours(3 * 24)));
    }

    #[test]
    fn a_wait_moves_the_due_time() {
        let mut question = question(Asked::Clock(ClockName::Resolution));
        question.waits.push(Wait { from: hours(1), until: Some(hours(4)), waiting: Waiting::Customer });
        assert_eq!(due(&question), Some(hours(27)));
        question.waits[0].waiting = Waiting::Parts;
        assert_eq!(due(&question), Some(hours(24)));
        question.waits[0] = Wait { from: hours(1), until: None, waiting: Waiting::Customer };
        assert_eq!(due(&question), None);
    }

    #[test]
    fn a_contract_and_a_chosen_calendar_count() {
        let mut question = question(Asked::Clock(ClockName::Resolution));
        let mut gold = fresh_contract(&question.policy, "Gold".into());
        gold.customers.push("苏州恒力".into());
        let targets = Targets::All { target: Some(Target::Open { minutes: 60 }) };
        gold.rules.insert(ClockName::Resolution, Rule { targets, pauses: Default::default() });
        question.policy.contracts.push(gold);
        assert_eq!(due(&question), Some(hours(24)));
        question.company = "苏州恒力".into();
        assert_eq!(due(&question), Some(hours(1)));
        let mut late = question.policy.calendars[0].clone();
        late.id = "late".into();
        for hours in late.week.values_mut() {
            hours.remove(0);
        }
        question.policy.calendars.push(late);
        question.calendar = Some("late".into());
        assert_eq!(due(&question), Some(hours(4)));
    }

    #[test]
    fn the_ledger_of_the_answer_names_the_target() {
        let question = question(Asked::Clock(ClockName::FirstResponse));
        let book = PolicyBook::only(policy(&question));
        let answer = answer(&question, &book).unwrap();
        let clock = &answer.view.clocks[0];
        assert!(matches!(clock.deadline, Deadline::Target { target: Target::Calendar { minutes: 120 }, .. }));
        let ledger = sla::explain(&answer.view.ticket.timeline, &book, answer.clock, FRIDAY).unwrap();
        assert_eq!(ledger.target_ms, Some(2 * Timestamp::HOUR_MS));
    }
}
