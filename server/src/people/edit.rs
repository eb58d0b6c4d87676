//! What an admin may change about people and departments, as functions from one directory to what is to be written.

use domain::people::{Department, DepartmentFunction, Directory, Person, Role};
use domain::{DepartmentId, PersonId};

/// Why the directory stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EditRefusal {
    /// There is no such person.
    UnknownPerson,
    /// There is no such department.
    UnknownDepartment,
    /// The department to be part of does not exist.
    UnknownParent,
    /// A department can't be part of itself, not even by way of others.
    PartOfItself,
    /// Without this person nobody could look after accounts any more.
    LastAdmin,
}

/// What is to be different about a person. What is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PersonEdit {
    pub(crate) name: Option<String>,
    pub(crate) role: Option<Role>,
    pub(crate) department: Option<DepartmentId>,
    pub(crate) skills: Option<Vec<String>>,
    pub(crate) active: Option<bool>,
}

impl PersonEdit {
    /// The person as they are to be.
    pub(crate) fn apply(self, id: PersonId, directory: &Directory) -> Result<Person, EditRefusal> {
        let before = directory.person(id).ok_or(EditRefusal::UnknownPerson)?;
        let after = Person {
            id,
            name: self.name.unwrap_or_else(|| before.name.clone()),
            role: self.role.unwrap_or(before.role),
            department: self.department.unwrap_or(before.department),
            skills: self.skills.unwrap_or_else(|| before.skills.clone()),
            active: self.active.unwrap_or(before.active),
        };
        require_department(after.department, directory)?;
        if looks_after_accounts(before) && !looks_after_accounts(&after) {
            let others = directory.people.iter().filter(|person| person.id != id);
            if !others.into_iter().any(looks_after_accounts) {
                return Err(EditRefusal::LastAdmin);
            }
        }
        Ok(after)
    }
}

/// Whether a person's department exists.
pub(crate) fn require_department(id: DepartmentId, directory: &Directory) -> Result<(), EditRefusal> {
    directory.department(id).map(|_| ()).ok_or(EditRefusal::UnknownDepartment)
}

fn looks_after_accounts(person: &Person) -> bool {
    person.active && person.role == Role::Admin
}

/// What is to be different about a department. What is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DepartmentEdit {
    pub(crate) name: Option<String>,
    /// The department to be part of; `Some(None)` makes it stand alone.
    pub(crate) parent: Option<Option<DepartmentId>>,
    pub(crate) function: Option<DepartmentFunction>,
    pub(crate) regions: Option<Vec<String>>,
}

impl DepartmentEdit {
    /// The department as it is to be.
    pub(crate) fn apply(self, id: DepartmentId, directory: &Directory) -> Result<Department, EditRefusal> {
        let before = directory.department(id).ok_or(EditRefusal::UnknownDepartment)?;
        let after = Department {
            id,
            name: self.name.unwrap_or_else(|| before.name.clone()),
            parent: self.parent.unwrap_or(before.parent),
            function: self.function.unwrap_or(before.function),
            regions: self.regions.unwrap_or_else(|| before.regions.clone()),
        };
        require_parent(&after, directory)?;
        Ok(after)
    }
}

/// Whether a department can be part of the one that it names as its parent.
pub(crate) fn require_parent(department: &Department, directory: &Directory) -> Result<(), EditRefusal> {
    let Some(parent) = department.parent else {
        return Ok(());
    };
    if directory.department(parent).is_none() {
        return Err(EditRefusal::UnknownParent);
    }
    if directory.subtree(department.id).contains(&parent) {
        return Err(EditRefusal::PartOfItself);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const fn person_id(number: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(number))
    }

    const fn department_id(number: u128) -> DepartmentId {
        DepartmentId::from_uuid(Uuid::from_u128(number))
    }

    fn person(number: u128, role: Role, active: bool) -> Person {
        Person {
            id: person_id(number),
            name: format!("person {number}"),
            role,
            department: department_id(1),
            skills: Vec::new(),
            active,
        }
    }

    fn department(number: u128, parent: Option<u128>) -> Department {
        Department {
            id: department_id(number),
            name: format!("department {number}"),
            parent: parent.map(department_id),
            function: DepartmentFunction::AfterSales,
            regions: Vec::new(),
        }
    }

    fn directory(people: Vec<Person>) -> Directory {
        let departments = vec![department(1, None), department(2, Some(1)), department(3, Some(2))];
        Directory { people, departments, ..Directory::default() }
    }

    #[test]
    fn the_last_admin_stays_an_admin_and_active() {
        let directory = directory(vec![person(1, Role::Admin, true), person(2, Role::Admin, false)]);
        let demoted = PersonEdit { role: Some(Role::Agent), ..PersonEdit::default() };
        let deactivated = PersonEdit { active: Some(false), ..PersonEdit::default() };
        for edit in [demoted, deactivated] {
            assert_eq!(edit.apply(person_id(1), &directory), Err(EditRefusal::LastAdmin));
        }
    }

    #[test]
    fn one_of_two_admins_may_leave() {
        let directory = directory(vec![person(1, Role::Admin, true), person(2, Role::Admin, true)]);
        let edit = PersonEdit { active: Some(false), ..PersonEdit::default() };
        assert!(!edit.apply(person_id(1), &directory).unwrap().active);
    }

    #[test]
    fn what_is_not_mentioned_stays() {
        let directory = directory(vec![person(1, Role::Engineer, true)]);
        let edit = PersonEdit { name: Some("Wang Lei".to_owned()), ..PersonEdit::default() };
        let expected = Person { name: "Wang Lei".to_owned(), ..person(1, Role::Engineer, true) };
        assert_eq!(edit.apply(person_id(1), &directory), Ok(expected));
    }

    #[test]
    fn a_department_is_never_part_of_itself() {
        let directory = directory(Vec::new());
        for parent in [1, 2, 3] {
            let edit =
                DepartmentEdit { parent: Some(Some(department_id(parent))), ..DepartmentEdit::default() };
            assert_eq!(edit.apply(department_id(1), &directory), Err(EditRefusal::PartOfItself), "{parent}");
        }
        let edit = DepartmentEdit { parent: Some(Some(department_id(1))), ..DepartmentEdit::default() };
        assert!(edit.apply(department_id(3), &directory).is_ok());
    }
}
