//! Who may see which tickets, and who may do what to them.
//!
//! One function, [`may`], answers for the tablet (which greys a button) and for the server (which refuses). [`judge`] is the
//! server's whole examination of a change that arrives, perhaps days after it was made.

use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::people::{DepartmentFunction, Directory, Person, Role};
use crate::refusal::{Field, Problem, Refusal};
use crate::ticket::{Action, Assignment, Change, Document, Recorded, ScopeKeys, Stage, Ticket, Urgency};
use crate::{DepartmentId, PersonId};

/// The tickets a person may see, as data: the server's store turns it into a query, the event stream into a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// All tickets.
    pub everything: bool,
    /// Tickets this person is accountable for.
    pub accountable: PersonId,
    /// Tickets held by one of these departments.
    pub held_by: BTreeSet<DepartmentId>,
    /// Tickets registered in one of these departments.
    pub registered_in: BTreeSet<DepartmentId>,
}

/// Whether somebody may know customers of whom they see no ticket: those who take calls, from whomever, and those who steer.
pub fn may_know_customers(person: &Person) -> bool {
    person.active && (person.role == Role::Agent || person.role.steers())
}

impl Scope {
    /// What `person` may see.
    ///
    /// An engineer: what they are accountable for, and what their team holds. The office: what their department and its
    /// teams hold or have registered. Those who steer after-sales: also what the service desk holds, because whatever nobody has
    /// been given yet is theirs to give. An admin: everything. Somebody who has left: nothing beyond their own name.
    pub fn of(person: &Person, directory: &Directory) -> Self {
        let (held_by, registered_in) = match person.role {
            _ if !person.active => (BTreeSet::new(), BTreeSet::new()),
            Role::Engineer => (BTreeSet::from([person.department]), BTreeSet::new()),
            role => {
                let registered_in = directory.subtree(person.department);
                let mut held_by = registered_in.clone();
                let function = |id| directory.department(id).map(|department| department.function);
                if role.steers() && function(person.department) == Some(DepartmentFunction::AfterSales) {
                    let desks = directory.departments.iter();
                    held_by.extend(
                        desks
                            .filter(|desk| desk.function == DepartmentFunction::CustomerService)
                            .map(|desk| desk.id),
                    );
                }
                (held_by, registered_in)
            }
        };
        let everything = person.active && person.role == Role::Admin;
        Self { everything, accountable: person.id, held_by, registered_in }
    }

    /// Whether a ticket with these keys is within it.
    pub fn contains(&self, keys: &ScopeKeys) -> bool {
        self.everything
            || keys.accountable == Some(self.accountable)
            || self.held_by.contains(&keys.department)
            || self.registered_in.contains(&keys.registered_in)
    }

    /// Short text that differs for different scopes. A device whose scope has changed starts its replica anew.
    pub fn fingerprint(&self) -> String {
        let canonical = serde_json::to_vec(self).expect("a scope holds only ids, which always serialise");
        crate::ticket::hex(&Sha256::digest(&canonical)[..8])
    }
}

/// Whether `actor` may do `action` to `ticket` as it stands; to nothing, for a ticket that is not registered yet.
///
/// # Errors
/// The first reason why not.
pub fn may(
    actor: &Person,
    directory: &Directory,
    ticket: Option<&Ticket>,
    action: &Action,
) -> Result<(), Refusal> {
    if !actor.active {
        return Err(Refusal::UnknownPerson);
    }
    match (ticket, action) {
        (None, Action::Register(intake)) => may_register(actor, directory, intake.registered_in),
        (None, _) => Err(Refusal::UnknownTicket),
        (Some(_), Action::Register(_)) => Err(Refusal::AlreadyRegistered),
        (Some(ticket), action) => {
            if !Scope::of(actor, directory).contains(&ticket.scope_keys()) {
                return Err(Refusal::OutOfScope);
            }
            role_allows(actor, ticket, action)?;
            fits(actor.id, directory, ticket, action)
        }
    }
}

/// Whether `actor` could do `action` to `ticket` as it stands, if they had the right to.
fn fits(actor: PersonId, directory: &Directory, ticket: &Ticket, action: &Action) -> Result<(), Refusal> {
    stage_allows(actor, ticket, action)?;
    match action {
        Action::Assign(assignment) => assignable(directory, assignment),
        Action::SetUrgency(new) if ticket.green_channel() && new.urgency != Urgency::Urgent => {
            Err(Refusal::Invalid { field: Field::Urgency, problem: Problem::MustBeUrgent })
        }
        _ => Ok(()),
    }
}

fn may_register(actor: &Person, directory: &Directory, registered_in: DepartmentId) -> Result<(), Refusal> {
    if actor.role == Role::Inspector {
        return Err(Refusal::RoleMayNot);
    }
    department_exists(directory, registered_in)?;
    // A ticket registered in another department would be invisible to the person who registered it.
    if actor.role != Role::Admin && registered_in != actor.department {
        return Err(Refusal::OutOfScope);
    }
    Ok(())
}

fn role_allows(actor: &Person, ticket: &Ticket, action: &Action) -> Result<(), Refusal> {
    let accountable = ticket.accountable.value.person == Some(actor.id);
    let office = actor.role == Role::Agent || actor.role.steers();
    let allowed = match action {
        Action::Comment(_) | Action::Attach(_) => true,
        Action::Assign(assignment) => office || takes_over(actor, ticket, assignment),
        Action::SetUrgency(_) | Action::Reclassify(_) | Action::EditContact(_) | Action::LogProgress(_) => {
            office || accountable
        }
        Action::TellResult(_) => office || accountable,
        Action::CheckIn(_)
        | Action::CheckOut(_)
        | Action::ReplacePart(_)
        | Action::Complete(_)
        | Action::SignOff(_) => {
            return if accountable { Ok(()) } else { Err(Refusal::NotAccountable) };
        }
        // Whoever did the work doesn't ask the customer how content they are with it.
        Action::RecordCallback(_) => office && !accountable,
        Action::AgreePlan(_) | Action::ReachMilestone(_) | Action::Rectify(_) => office || accountable,
        Action::Recover(_) => actor.role.steers(),
        // Nobody inspects their own work.
        Action::Inspect(_) => (actor.role == Role::Inspector || actor.role.steers()) && !accountable,
        Action::Close(_) | Action::Cancel(_) | Action::Settle(_) => office,
        Action::Reopen(_) => office || actor.role == Role::Inspector,
        Action::Register(_) => false,
        Action::Unknown(_) => return Err(Refusal::UnsupportedAction),
    };
    if allowed { Ok(()) } else { Err(Refusal::RoleMayNot) }
}

/// Whether the author makes themselves accountable. Refusing that afterwards would refuse the work that followed it.
fn takes_for_oneself(change: &Change) -> bool {
    matches!(&change.action, Action::Assign(assignment) if assignment.person == change.actor)
}

/// An engineer or specialist may take a ticket of their own team that nobody is accountable for.
fn takes_over(actor: &Person, ticket: &Ticket, assignment: &Assignment) -> bool {
    actor.role.carries_out_work()
        && ticket.accountable.value.person.is_none()
        && ticket.accountable.value.department == actor.department
        && *assignment == Assignment { person: actor.id, department: actor.department }
}

fn department_exists(directory: &Directory, department: DepartmentId) -> Result<(), Refusal> {
    directory.department(department).map(drop).ok_or(Refusal::UnknownDepartment)
}

fn assignable(directory: &Directory, assignment: &Assignment) -> Result<(), Refusal> {
    department_exists(directory, assignment.department)?;
    match directory.person(assignment.person) {
        Some(person) if person.active => Ok(()),
        _ => Err(Refusal::UnknownPerson),
    }
}

fn stage_allows(actor: PersonId, ticket: &Ticket, action: &Action) -> Result<(), Refusal> {
    let stage = ticket.stage;
    let forbids = Err(Refusal::StageForbids { stage });
    if stage.after(action).is_none() {
        return forbids;
    }
    match action {
        Action::CheckIn(_) | Action::ReplacePart(_) if !stage.awaits_work() => forbids,
        Action::CheckIn(_) if ticket.open_visit(actor).is_some() => Err(Refusal::VisitOutOfTurn),
        Action::CheckOut(_) if ticket.open_visit(actor).is_none() => Err(Refusal::VisitOutOfTurn),
        Action::SignOff(_) if ticket.sign_off().is_some() => Err(Refusal::AlreadySigned),
        Action::SignOff(_) | Action::TellResult(_) if stage != Stage::Done => forbids,
        // What is owed to the customer afterwards is owed after closing, too.
        Action::RecordCallback(_) | Action::Recover(_) | Action::Inspect(_)
            if !matches!(stage, Stage::Done | Stage::Closed) =>
        {
            forbids
        }
        Action::Recover(_) if ticket.callbacks.is_empty() => Err(Refusal::NothingToFollow),
        Action::Rectify(_) if !ticket.inspections.iter().any(|inspection| inspection.fact.failed()) => {
            Err(Refusal::NothingToFollow)
        }
        Action::ReachMilestone(reached) if !ticket.has_milestone(reached) => Err(Refusal::NothingToFollow),
        Action::AgreePlan(_) | Action::ReachMilestone(_) if !stage.awaits_work() => forbids,
        Action::Close(_) if ticket.sign_off().is_none() && ticket.callback().is_none() => {
            Err(Refusal::NotConfirmed)
        }
        Action::LogProgress(_)
        | Action::SetUrgency(_)
        | Action::Reclassify(_)
        | Action::EditContact(_)
        | Action::Assign(_)
        | Action::Attach(_)
            if !stage.is_open() =>
        {
            forbids
        }
        _ => Ok(()),
    }
}

/// Why a change that has arrived does not go into the record by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    /// Its author had the ticket before them, and lacks the right to the change now. It waits for somebody who [`may_decide`].
    #[error("to be decided by the office: {0}")]
    Parked(Refusal),
    /// It will not be taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Examines a change that has arrived: who made it, its content, and whether they may.
///
/// What adds to the record is also accepted if it was rightful by what its author had seen: an engineer who worked on
/// a ticket without knowing that it had gone to somebody else did the work all the same. The same goes for taking a free
/// ticket, because everything done afterwards rests on it. Everything else must be allowed as the ticket stands now. Where only
/// the right to it is missing, to somebody who has had the ticket before them, the office decides; to somebody who names nothing of
/// its record, there is no such ticket.
///
/// # Errors
/// The first reason not to take it, and whether that is for the office to decide.
pub fn judge(
    change: &Change,
    actor: &Person,
    directory: &Directory,
    document: &Document,
) -> Result<(), Objection> {
    judge_folded(change, actor, directory, document, Ticket::of(document).as_ref())
}

/// [`judge`] for whoever holds the ticket that the document folds into: `now`.
///
/// # Errors
/// The first reason not to take it, and whether that is for the office to decide.
pub fn judge_folded(
    change: &Change,
    actor: &Person,
    directory: &Directory,
    document: &Document,
    now: Option<&Ticket>,
) -> Result<(), Objection> {
    if change.actor != actor.id {
        return Err(Refusal::WrongAuthor.into());
    }
    change.action.check(change.ticket)?;
    let allowed = |ticket: Option<&Ticket>| may(actor, directory, ticket, &change.action);
    let refusal = match allowed(now).or_else(|refusal| in_good_faith(change, document, refusal, allowed)) {
        Ok(()) => return Ok(()),
        Err(refusal) => refusal,
    };
    if refusal.is_about_access() && had_before_them(change, document) {
        Err(Objection::Parked(refusal))
    } else if refusal == Refusal::OutOfScope && !has_seen_any(change, document) {
        // Who never had it before them is not to learn from an answer that there is such a ticket.
        Err(Objection::Refused(Refusal::UnknownTicket))
    } else {
        Err(Objection::Refused(refusal))
    }
}

/// What stands in the way of a parked change besides its author's right to it, by `now`, the ticket as it stands (nothing, if it
/// is not registered). The rule of good faith holds as in [`judge`].
///
/// Whether its author is still with the company does not matter: it is the office that lets it in.
///
/// # Errors
/// The first reason why it can't be admitted.
pub fn admissible(
    change: &Change,
    directory: &Directory,
    document: &Document,
    now: Option<&Ticket>,
) -> Result<(), Refusal> {
    change.action.check(change.ticket)?;
    let possible = |ticket: Option<&Ticket>| match (ticket, &change.action) {
        (None, Action::Register(intake)) => department_exists(directory, intake.registered_in),
        (None, _) => Err(Refusal::UnknownTicket),
        (Some(_), Action::Register(_)) => Err(Refusal::AlreadyRegistered),
        (Some(ticket), action) => fits(change.actor, directory, ticket, action),
    };
    possible(now).or_else(|refusal| in_good_faith(change, document, refusal, possible))
}

/// Whether `person` decides on parked changes to a ticket with these keys (for a registration: those it would have).
///
/// A change may be their own: they could as well do it again, and the record says who let it in.
pub fn may_decide(person: &Person, directory: &Directory, about: &ScopeKeys) -> bool {
    person.active && person.role.steers() && Scope::of(person, directory).contains(about)
}

/// Whether `person` looks after the work of `other`: is told when some of it may be lost, and says what became of it. Those who steer
/// do so for everybody in a department whose tickets they see.
pub fn may_look_after(person: &Person, directory: &Directory, other: &Person) -> bool {
    let scope = Scope::of(person, directory);
    person.active && person.role.steers() && (scope.everything || scope.held_by.contains(&other.department))
}

/// Overrules a refusal of what was rightful by what its author had seen, if that counts for such a change.
fn in_good_faith(
    change: &Change,
    document: &Document,
    refusal: Refusal,
    allowed: impl Fn(Option<&Ticket>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    if !(change.action.is_fact() || takes_for_oneself(change)) {
        return Err(refusal);
    }
    let seen: Vec<Recorded> =
        document.log().iter().filter(|recorded| change.seen.contains(recorded.change.id)).cloned().collect();
    match Ticket::fold(document.ticket, None, &seen) {
        Some(as_seen) => allowed(Some(&as_seen)).map_err(|_| refusal),
        None => Err(refusal),
    }
}

/// Whether the author names anything of the ticket's record, their own changes included.
fn has_seen_any(change: &Change, document: &Document) -> bool {
    document.log().iter().any(|recorded| change.seen.contains(recorded.change.id))
}

/// Whether the author demonstrably had before them what they changed: they name something of the ticket's record that somebody
/// else did, which nobody knows by guessing. What one registers is before oneself.
fn had_before_them(change: &Change, document: &Document) -> bool {
    let seen_of_others = |recorded: &Recorded| {
        recorded.change.actor != change.actor && change.seen.contains(recorded.change.id)
    };
    matches!(change.action, Action::Register(_)) || document.log().iter().any(seen_of_others)
}
