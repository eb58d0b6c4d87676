//! People, what they are (roles), and where they belong (departments).

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::sla::{Policy, PolicyBook};
use crate::{DepartmentId, PersonId, Timestamp, access};

/// What a person is in the company. Decides, with the department, what they may see and do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 客服专员: takes complaints in, talks to the customer, calls back.
    Agent,
    /// 服务工程师: repairs at the customer's site.
    Engineer,
    /// 技术支持 / 产品专员: answers what needs product knowledge.
    Specialist,
    /// 质检专员: checks finished work.
    Inspector,
    /// 售后主管: steers the work of a department.
    Supervisor,
    /// Department head.
    Manager,
    /// Looks after accounts and policies.
    Admin,
}

impl Role {
    /// Every role, in the order a form lists them.
    pub const ALL: [Self; 7] = [
        Self::Agent,
        Self::Engineer,
        Self::Specialist,
        Self::Inspector,
        Self::Supervisor,
        Self::Manager,
        Self::Admin,
    ];

    /// Whether the role directs other people's work.
    pub const fn steers(self) -> bool {
        matches!(self, Self::Supervisor | Self::Manager | Self::Admin)
    }

    /// Whether the role carries a ticket's work out.
    pub const fn carries_out_work(self) -> bool {
        matches!(self, Self::Engineer | Self::Specialist)
    }

    /// The role's name as stored and sent.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Engineer => "engineer",
            Self::Specialist => "specialist",
            Self::Inspector => "inspector",
            Self::Supervisor => "supervisor",
            Self::Manager => "manager",
            Self::Admin => "admin",
        }
    }

    /// Finds a role by its stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A person with an account, as every device may know them: no contact details, no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who.
    pub id: PersonId,
    /// The name shown to colleagues and customers.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// Where they belong.
    pub department: DepartmentId,
    /// Product models or model prefixes they are trained on, for routing. Empty means no particular ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// Whether the account is in use. People who left stay listed, because old tickets name them.
    pub active: bool,
}

/// What a department is there for. Routing chooses by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DepartmentFunction {
    /// 售后技术部.
    AfterSales,
    /// 区域服务团队: part of after-sales, for certain regions.
    RegionalTeam,
    /// 客服中心.
    CustomerService,
    /// 产品部.
    Product,
    /// 市场部.
    Marketing,
    /// 质量部.
    Quality,
    /// Any other that an admin adds.
    #[serde(other)]
    Other,
}

/// A department or team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// Which.
    pub id: DepartmentId,
    /// Its name, as the company writes it.
    pub name: String,
    /// The department it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<DepartmentId>,
    /// What it is there for.
    pub function: DepartmentFunction,
    /// The regions it serves, as written in site addresses ("广东", "Shenzhen"). Empty for departments without regions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
}

/// What every device needs to know about the company: who there is, where they belong, which policy runs the clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Directory {
    /// Grows with every change; a device with an older one is given the whole directory again.
    pub revision: u64,
    /// Everybody, also those who have left.
    pub people: Vec<Person>,
    /// All departments and teams.
    pub departments: Vec<Department>,
    /// Every version of the service levels that has taken effect. Without any, the shipped ones hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Policy>,
}

impl Directory {
    /// The directory as a person's devices may hold it: customers are named only to those who deal with all of them.
    pub fn for_devices_of(&self, person: &Person) -> Cow<'_, Self> {
        if access::may_know_customers(person) {
            return Cow::Borrowed(self);
        }
        let policies = self.policies.iter().map(Policy::veiled).collect();
        Cow::Owned(Self { policies, ..self.clone() })
    }

    /// The service levels, ready for reckoning.
    pub fn book(&self) -> PolicyBook {
        PolicyBook::new(&self.policies, Timestamp::from_millis(i64::MAX))
    }

    /// The person with this id, also when they have left.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    /// The department with this id.
    pub fn department(&self, id: DepartmentId) -> Option<&Department> {
        self.departments.iter().find(|department| department.id == id)
    }

    /// The department and everything that is part of it, however deep.
    pub fn subtree(&self, root: DepartmentId) -> BTreeSet<DepartmentId> {
        let mut found = BTreeSet::from([root]);
        loop {
            let before = found.len();
            for department in &self.departments {
                if department.parent.is_some_and(|parent| found.contains(&parent)) {
                    found.insert(department.id);
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }
}
