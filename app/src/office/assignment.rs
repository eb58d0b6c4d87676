//! Whom a ticket can be given to, the best fitting first.

use domain::people::{Directory, Person, Role};
use domain::routing::{Because, Proposal};
use domain::ticket::{Assignment, Intake, Ticket};
use domain::{PersonId, routing};

use super::loads::{Load, Loads};
use crate::i18n::Words;

/// As many are listed; the search narrows them down.
const LISTED: usize = 40;

/// Somebody who could become accountable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: Person,
    /// The name of their department.
    pub department: String,
    /// What they have on their table.
    pub load: Load,
    /// Whether the rules propose them.
    pub proposed: bool,
}

/// What the rules propose for a ticket as it stands.
pub fn propose_for(ticket: &Ticket, directory: &Directory, loads: &Loads) -> Option<Proposal> {
    let mut intake: Intake = ticket.intake.clone();
    intake.kind = ticket.kind();
    intake.flags.clone_from(ticket.flags());
    propose(&intake, directory, loads)
}

/// What the rules propose for an intake.
pub fn propose(intake: &Intake, directory: &Directory, loads: &Loads) -> Option<Proposal> {
    routing::propose(intake, directory, |person| loads.get(person).open)
}

/// Everybody active whose name or department holds the words of `query`: the proposed person, then who works on tickets, then
/// the rest, and last who leads or administers; each with the proposed department before the others, and by load.
pub fn candidates(
    directory: &Directory,
    loads: &Loads,
    proposal: Option<&Proposal>,
    query: &str,
) -> Vec<Candidate> {
    let query = query.trim().to_lowercase();
    let mut found: Vec<_> = directory
        .people
        .iter()
        .filter(|person| person.active)
        .map(|person| Candidate {
            department: department_name(directory, person),
            load: loads.get(person.id),
            proposed: proposal.is_some_and(|proposal| proposal.person == Some(person.id)),
            person: person.clone(),
        })
        .filter(|candidate| {
            let place = format!("{} {}", candidate.person.name, candidate.department).to_lowercase();
            query.split_whitespace().all(|word| place.contains(word))
        })
        .collect();
    found.sort_by_cached_key(|candidate| {
        let Candidate { person, load, proposed, .. } = candidate;
        let near = proposal.is_some_and(|proposal| proposal.department == person.department);
        (!proposed, distance(person.role), !near, load.open, person.name.clone(), person.id)
    });
    found.truncate(LISTED);
    found
}

/// How far a role is from working on tickets.
const fn distance(role: Role) -> u8 {
    match role {
        Role::Engineer | Role::Specialist => 0,
        Role::Agent | Role::Inspector | Role::Supervisor => 1,
        Role::Manager | Role::Admin => 2,
    }
}

fn department_name(directory: &Directory, person: &Person) -> String {
    directory.department(person.department).map(|department| department.name.clone()).unwrap_or_default()
}

/// The assignment to a person, in their own department.
pub fn assign_to(person: PersonId, directory: &Directory) -> Option<Assignment> {
    let department = directory.person(person)?.department;
    Some(Assignment { person, department })
}

/// Says one reason of a proposal.
pub fn because_words(because: &Because, words: Words) -> String {
    match because {
        Because::KindGoesTo { kind, function } => {
            words.because_kind(words.kind(*kind), words.function(*function))
        }
        Because::ServesRegion { region } => words.because_region(region),
        Because::TrainedOn { model } => words.because_trained(model),
        Because::FewestOpen { open } => words.because_fewest(open),
    }
}

/// Says what somebody has on their table.
pub fn load_words(load: Load, words: Words) -> String {
    match (load.overdue, load.soon) {
        (0, 0) => words.assign_load(load.open),
        (0, soon) => words.assign_load_soon(load.open, soon),
        (overdue, 0) => words.assign_load_overdue(load.open, overdue),
        (overdue, soon) => words.assign_load_overdue_soon(load.open, overdue, soon),
    }
}

#[cfg(test)]
mod tests {
    use domain::people::{Department, DepartmentFunction, Role};

    use super::*;
    use crate::tickets::sample::{card, department, intake, minute, person};

    fn somebody(id: u128, team: u128, role: Role) -> Person {
        Person {
            id: person(id),
            name: format!("P{id}"),
            role,
            department: department(team),
            skills: Vec::new(),
            active: id != 9,
        }
    }

    fn company() -> Directory {
        let team = |id, name: &str, function| Department {
            id: department(id),
            name: name.into(),
            parent: None,
            function,
            regions: Vec::new(),
        };
        Directory {
            people: vec![
                somebody(1, 2, Role::Agent),
                somebody(2, 1, Role::Engineer),
                somebody(3, 1, Role::Engineer),
                somebody(9, 1, Role::Engineer),
            ],
            departments: vec![
                team(1, "售后技术部", DepartmentFunction::AfterSales),
                team(2, "客服中心", DepartmentFunction::CustomerService),
            ],
            ..Directory::default()
        }
    }

    fn busy(who: u128) -> Loads {
        let mut card = card(1);
        card.scope.accountable = Some(person(who));
        Loads::of(&[card], minute(0))
    }

    fn names(query: &str) -> Vec<String> {
        let (directory, loads) = (company(), busy(2));
        let proposal = propose(&intake(), &directory, &loads);
        let found = candidates(&directory, &loads, proposal.as_ref(), query);
        found.into_iter().map(|candidate| candidate.person.name).collect()
    }

    #[test]
    fn the_proposed_person_stands_first_then_their_department_and_nobody_who_left() {
        assert_eq!(names(""), ["P3", "P2", "P1"]);
    }

    #[test]
    fn who_works_on_tickets_stands_before_who_leads_the_proposed_department() {
        let mut directory = company();
        directory.people = vec![
            somebody(1, 1, Role::Manager),
            somebody(2, 1, Role::Admin),
            somebody(3, 1, Role::Supervisor),
            somebody(4, 2, Role::Specialist),
            somebody(5, 2, Role::Agent),
        ];
        let proposal = propose(&intake(), &directory, &Loads::default());
        assert_eq!(proposal.as_ref().and_then(|proposal| proposal.person), None);
        let found = candidates(&directory, &Loads::default(), proposal.as_ref(), "");
        let names: Vec<_> = found.iter().map(|candidate| candidate.person.name.as_str()).collect();
        assert_eq!(names, ["P4", "P3", "P5", "P1", "P2"]);
    }

    #[test]
    fn people_are_found_by_name_or_department() {
        assert_eq!(names("客服"), ["P1"]);
        assert_eq!(names("p2"), ["P2"]);
        assert_eq!(names("p2 客服"), [] as [&str; 0]);
    }

    #[test]
    fn an_assignment_goes_to_the_persons_own_department() {
        let assignment = assign_to(person(1), &company()).unwrap();
        assert_eq!(assignment.department, department(2));
        assert_eq!(assign_to(person(77), &company()), None);
    }
}
