//! Who should handle a ticket: a proposal that a person confirms or overrides.

use serde::{Deserialize, Serialize};

use crate::people::{Department, DepartmentFunction, Directory, Person, Role};
use crate::ticket::{Flag, Intake, Kind, Urgency};
use crate::{DepartmentId, PersonId};

/// Where a ticket should go, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The department or team.
    pub department: DepartmentId,
    /// The person, if the department has one who fits.
    pub person: Option<PersonId>,
    /// Why, in the order in which it was decided.
    pub because: Vec<Because>,
}

/// One reason of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum Because {
    /// Tickets of this kind go to departments with this function.
    KindGoesTo {
        /// The ticket's kind.
        kind: Kind,
        /// The function of the departments that handle it.
        function: DepartmentFunction,
    },
    /// The team serves the site's region.
    ServesRegion {
        /// The region as the team lists it.
        region: String,
    },
    /// The person is trained on the product.
    TrainedOn {
        /// The model or model prefix as listed for the person.
        model: String,
    },
    /// Among those who fit, the person has the fewest open tickets.
    FewestOpen {
        /// How many.
        open: usize,
    },
}

/// Proposes department and person for a ticket. `open` tells how many open tickets a person is accountable for.
///
/// The kind decides the department, the region the team, then training and load the person. Nothing, if the company has
/// no department for tickets of this kind.
pub fn propose(intake: &Intake, directory: &Directory, open: impl Fn(PersonId) -> usize) -> Option<Proposal> {
    let mut because = Vec::new();
    let department = choose_department(intake, directory, &mut because)?;
    let person = choose_person(intake, department, directory, open, &mut because);
    Some(Proposal { department: department.id, person: person.map(|person| person.id), because })
}

fn choose_department<'d>(
    intake: &Intake,
    directory: &'d Directory,
    because: &mut Vec<Because>,
) -> Option<&'d Department> {
    let functions: &[DepartmentFunction] = match intake.kind {
        Kind::Fault | Kind::Complaint => &[DepartmentFunction::AfterSales],
        Kind::Inquiry => &[DepartmentFunction::CustomerService],
        Kind::Suggestion => &[DepartmentFunction::Product, DepartmentFunction::Marketing],
    };
    if functions.contains(&DepartmentFunction::AfterSales)
        && let Some((team, region)) = regional_team(intake, directory)
    {
        let function = DepartmentFunction::RegionalTeam;
        because.push(Because::KindGoesTo { kind: intake.kind, function });
        because.push(Because::ServesRegion { region: region.to_owned() });
        return Some(team);
    }
    let department = functions.iter().find_map(|function| {
        directory.departments.iter().find(|department| department.function == *function)
    })?;
    because.push(Because::KindGoesTo { kind: intake.kind, function: department.function });
    Some(department)
}

fn regional_team<'d>(intake: &Intake, directory: &'d Directory) -> Option<(&'d Department, &'d str)> {
    let place = format!("{} {}", intake.site.region, intake.site.address).to_lowercase();
    directory
        .departments
        .iter()
        .filter(|department| department.function == DepartmentFunction::RegionalTeam)
        .flat_map(|team| team.regions.iter().map(move |region| (team, region.trim())))
        .filter(|(_, region)| !region.is_empty() && place.contains(&region.to_lowercase()))
        // The longer name is the more precise one: a city before its province.
        .max_by_key(|(_, region)| region.len())
}

fn choose_person<'d>(
    intake: &Intake,
    department: &Department,
    directory: &'d Directory,
    open: impl Fn(PersonId) -> usize,
    because: &mut Vec<Because>,
) -> Option<&'d Person> {
    let workers: &[Role] = match department.function {
        DepartmentFunction::AfterSales | DepartmentFunction::RegionalTeam => &[Role::Engineer],
        DepartmentFunction::CustomerService => &[Role::Agent, Role::Specialist],
        _ => &[Role::Specialist, Role::Agent],
    };
    let candidates: Vec<_> = directory
        .people
        .iter()
        .filter(|person| {
            person.active && person.department == department.id && workers.contains(&person.role)
        })
        .map(|person| (person, skill_for(person, &intake.product.model), open(person.id)))
        .collect();
    let trained = candidates.iter().any(|(_, skill, _)| skill.is_some());
    let (person, skill, open) = candidates
        .into_iter()
        .filter(|(_, skill, _)| skill.is_some() || !trained)
        .min_by_key(|(person, _, open)| (*open, &person.name, person.id))?;
    if let Some(model) = skill {
        because.push(Because::TrainedOn { model: model.to_owned() });
    }
    because.push(Because::FewestOpen { open });
    Some(person)
}

fn skill_for<'p>(person: &'p Person, model: &str) -> Option<&'p str> {
    let model = model.trim().to_lowercase();
    person
        .skills
        .iter()
        .filter(|skill| !skill.trim().is_empty() && model.starts_with(&skill.trim().to_lowercase()))
        .max_by_key(|skill| skill.len())
        .map(String::as_str)
}

/// The urgency that flags and kind call for. The person who registers confirms or changes it, except that a green-channel
/// flag leaves no choice.
pub fn propose_urgency<'f>(kind: Kind, flags: impl IntoIterator<Item = &'f Flag>) -> Urgency {
    let mut urgency = match kind {
        Kind::Fault | Kind::Complaint | Kind::Inquiry => Urgency::Normal,
        Kind::Suggestion => Urgency::Low,
    };
    for flag in flags {
        if flag.opens_green_channel() {
            return Urgency::Urgent;
        }
        urgency = urgency.min(Urgency::Normal);
    }
    urgency
}
