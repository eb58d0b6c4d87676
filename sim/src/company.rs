//! The company that everything happens in: three teams below after-sales, a service desk, and everybody's role once at least.

use domain::people::{Department, DepartmentFunction, Person, Role};
use domain::{DepartmentId, PersonId};
use uuid::Uuid;

use crate::dice::Dice;

const AFTER_SALES: DepartmentId = department_id(1);
const SOUTH: DepartmentId = department_id(2);
const NORTH: DepartmentId = department_id(3);
const DESK: DepartmentId = department_id(4);
const PRODUCT: DepartmentId = department_id(5);

const fn department_id(number: u128) -> DepartmentId {
    DepartmentId::from_uuid(Uuid::from_u128(0xd000 + number))
}

/// Everybody, by role and department. The first is an admin and stays one, so that somebody always sees everything.
const PEOPLE: [(&str, Role, DepartmentId); 12] = [
    ("Ida", Role::Admin, DESK),
    ("Amy", Role::Agent, DESK),
    ("Ben", Role::Agent, AFTER_SALES),
    ("Bo", Role::Engineer, SOUTH),
    ("Cai", Role::Engineer, SOUTH),
    ("Dan", Role::Engineer, NORTH),
    ("Eve", Role::Specialist, AFTER_SALES),
    ("Pia", Role::Specialist, PRODUCT),
    ("Fay", Role::Inspector, AFTER_SALES),
    ("Gus", Role::Supervisor, AFTER_SALES),
    ("Han", Role::Manager, AFTER_SALES),
    ("Ivy", Role::Supervisor, NORTH),
];

/// All departments, parents before their parts.
pub(crate) fn departments() -> Vec<Department> {
    let department = |id, name: &str, parent, function| Department {
        id,
        name: name.to_owned(),
        parent,
        function,
        regions: Vec::new(),
    };
    vec![
        department(AFTER_SALES, "After-sales", None, DepartmentFunction::AfterSales),
        department(SOUTH, "South", Some(AFTER_SALES), DepartmentFunction::RegionalTeam),
        department(NORTH, "North", Some(AFTER_SALES), DepartmentFunction::RegionalTeam),
        department(DESK, "Service desk", None, DepartmentFunction::CustomerService),
        department(PRODUCT, "Product", None, DepartmentFunction::Product),
    ]
}

/// Everybody.
pub(crate) fn people() -> Vec<Person> {
    let person = |(number, (name, role, department)): (u128, (&str, Role, DepartmentId))| Person {
        id: PersonId::from_uuid(Uuid::from_u128(0xe000 + number)),
        name: name.to_owned(),
        role,
        department,
        skills: Vec::new(),
        active: true,
    };
    (1..).zip(PEOPLE).map(person).collect()
}

/// What an admin may make of a person: somewhere else, something else, gone, or back.
pub(crate) fn reorganise(person: &Person, dice: &mut Dice) -> Person {
    let mut changed = person.clone();
    match dice.below(4) {
        0 => changed.department = dice.one_of(&[AFTER_SALES, SOUTH, NORTH, DESK, PRODUCT]),
        1 => changed.role = dice.one_of(&Role::ALL),
        2 => changed.active = !changed.active,
        _ => {
            changed.department = dice.one_of(&[SOUTH, NORTH]);
            changed.active = true;
        }
    }
    changed
}
