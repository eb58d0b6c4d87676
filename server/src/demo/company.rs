//! The people and departments of the example company.

use std::collections::{BTreeMap, BTreeSet};

use domain::people::{Department, DepartmentFunction, Person, Role};
use domain::sla::{
    Calendar, ClockName, Contract, Interval, Name, Policy, Rule, Target, Targets, TimeOfDay, Weekday, Zone,
};
use domain::ticket::Waiting;
use domain::{DepartmentId, PersonId, Timestamp};

use crate::auth::password::PasswordHash;
use crate::people::{Contact, EmailAddress, Language, UserName, new_department_id, new_person_id};
use crate::store::accounts::NewAccount;

/// A person of the stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Admin,
    Manager,
    Supervisor,
    Agent,
    SecondAgent,
    East,
    SecondEast,
    South,
    North,
    ProductSpecialist,
    QualitySpecialist,
    Inspector,
}

/// A department of the example company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    AfterSales,
    EastTeam,
    SouthTeam,
    NorthTeam,
    Desk,
    Product,
    Marketing,
    Quality,
}

use DepartmentFunction as Function;
use Place::{AfterSales, Desk, EastTeam, Marketing, NorthTeam, Product, Quality, SouthTeam};

/// Place, name, what it is part of, what it is there for, the regions it serves.
type DepartmentRow = (Place, &'static str, Option<Place>, Function, &'static [&'static str]);

/// All departments. Parents stand before their parts.
const DEPARTMENTS: [DepartmentRow; 8] = [
    (AfterSales, "售后技术部", None, Function::AfterSales, &[]),
    (EastTeam, "华东服务队", Some(AfterSales), Function::RegionalTeam, &["上海", "江苏", "浙江", "安徽"]),
    (SouthTeam, "华南服务队", Some(AfterSales), Function::RegionalTeam, &["广东", "广西", "福建", "海南"]),
    (NorthTeam, "华北服务队", Some(AfterSales), Function::RegionalTeam, &["北京", "天津", "河北", "山东"]),
    (Desk, "客服中心", None, Function::CustomerService, &[]),
    (Product, "产品部", None, Function::Product, &[]),
    (Marketing, "市场部", None, Function::Marketing, &[]),
    (Quality, "质量部", None, Function::Quality, &[]),
];

/// Who, user name, name, role, department, the models they are trained on.
type PersonRow = (Who, &'static str, &'static str, Role, Place, &'static [&'static str]);

/// Everybody.
const PEOPLE: [PersonRow; 12] = [
    (Who::Admin, "admin", "赵一鸣", Role::Admin, AfterSales, &[]),
    (Who::Manager, "manager", "孙建华", Role::Manager, AfterSales, &[]),
    (Who::Supervisor, "supervisor", "陈国强", Role::Supervisor, AfterSales, &[]),
    (Who::Agent, "agent", "周敏", Role::Agent, Desk, &[]),
    (Who::SecondAgent, "agent2", "吴晓彤", Role::Agent, Desk, &[]),
    (Who::East, "engineer", "王磊", Role::Engineer, EastTeam, &["KY-", "LC-"]),
    (Who::SecondEast, "engineer2", "沈佳怡", Role::Engineer, EastTeam, &["IM-", "CL-"]),
    (Who::South, "engineer3", "李志远", Role::Engineer, SouthTeam, &["IM-", "PK-", "KT-"]),
    (Who::North, "engineer4", "高翔", Role::Engineer, NorthTeam, &["KY-", "CL-"]),
    (Who::ProductSpecialist, "specialist", "林若溪", Role::Specialist, Product, &[]),
    (Who::QualitySpecialist, "specialist2", "郑凯", Role::Specialist, Quality, &[]),
    (Who::Inspector, "inspector", "何静", Role::Inspector, Quality, &[]),
];

/// The customers who were promised more.
const KEY_ACCOUNTS: [&str; 2] = ["Nordlicht Precision (Suzhou) Co., Ltd.", "深圳鹏程智能装备有限公司"];

/// The example company, with ids of its own.
#[derive(Debug)]
pub(super) struct Company {
    departments: Vec<(Place, DepartmentId)>,
    people: Vec<(Who, PersonId)>,
}

impl Company {
    /// Gives everybody an id.
    pub(super) fn imagine(now: Timestamp) -> Self {
        Self {
            departments: DEPARTMENTS.iter().map(|(place, ..)| (*place, new_department_id(now))).collect(),
            people: PEOPLE.iter().map(|(who, ..)| (*who, new_person_id(now))).collect(),
        }
    }

    /// All departments, parents before their parts.
    pub(super) fn departments(&self) -> Vec<Department> {
        let department = |(place, name, parent, function, regions): &DepartmentRow| Department {
            id: self.department(*place),
            name: (*name).to_owned(),
            parent: parent.map(|parent| self.department(parent)),
            function: *function,
            regions: regions.iter().map(|region| (*region).to_owned()).collect(),
        };
        DEPARTMENTS.iter().map(department).collect()
    }

    /// Everybody's account.
    pub(super) fn accounts(&self, password: &PasswordHash) -> Vec<NewAccount> {
        let account = |(who, user_name, ..): &PersonRow| NewAccount {
            person: self.person(*who),
            user_name: UserName::parse(user_name).expect("the table holds plain words"),
            password: Some(password.clone()),
            contact: Contact {
                email: EmailAddress::parse(&format!("{user_name}@fieldloop.example")).ok(),
                language: Some(Language::ZhCn),
            },
        };
        PEOPLE.iter().map(account).collect()
    }

    /// What the company promised: what it began with, a hotline at the desk that never closes, and a contract with two customers.
    pub(super) fn policy(&self, mut policy: Policy) -> Policy {
        let name = |en: &str, zh_cn: &str, zh_tw: &str| {
            let names = [("en", en), ("zh-CN", zh_cn), ("zh-TW", zh_tw)];
            Name(names.map(|(tag, name)| (tag.to_owned(), name.to_owned())).into())
        };
        let all_day = vec![Interval { from: TimeOfDay::MIDNIGHT, until: TimeOfDay::END }];
        let weekdays = [
            Weekday::Mon,
            Weekday::Tue,
            Weekday::Wed,
            Weekday::Thu,
            Weekday::Fri,
            Weekday::Sat,
            Weekday::Sun,
        ];
        let zone = policy.calendars.first().map_or_else(Zone::utc, |calendar| calendar.zone.clone());
        policy.calendars.push(Calendar {
            id: "hotline".to_owned(),
            name: name("Hotline, day and night", "24 小时热线", "24 小時熱線"),
            zone,
            week: weekdays.into_iter().map(|weekday| (weekday, all_day.clone())).collect(),
            make_up_hours: Vec::new(),
            holidays: Vec::new(),
            days: BTreeMap::new(),
        });
        policy.department_calendars.insert(self.department(Desk), "hotline".to_owned());
        let open = |hours: u32| Some(Target::Open { minutes: hours * 60 });
        let rule = |urgent, normal, low| Rule {
            targets: Targets::Urgency { urgent, normal, low },
            pauses: BTreeSet::from([Waiting::Customer]),
        };
        policy.contracts.push(Contract {
            id: "key-accounts".to_owned(),
            name: "重点客户服务协议".to_owned(),
            customers: KEY_ACCOUNTS.map(str::to_owned).into(),
            calendar: Some("hotline".to_owned()),
            rules: BTreeMap::from([
                (ClockName::FirstResponse, rule(open(1), open(4), open(24))),
                (ClockName::Resolution, rule(open(12), open(48), open(120))),
            ]),
        });
        policy.note = "重点客户服务协议;客服中心 24 小时热线".to_owned();
        policy
    }

    /// What everybody signs in with.
    pub(super) fn user_names(&self) -> Vec<&'static str> {
        PEOPLE.iter().map(|(_, user_name, ..)| *user_name).collect()
    }

    /// A person of the stories.
    pub(super) fn person(&self, who: Who) -> Person {
        let (_, _, name, role, place, skills) =
            PEOPLE.iter().find(|(listed, ..)| *listed == who).expect("the table lists everybody");
        let (_, id) =
            self.people.iter().find(|(listed, _)| *listed == who).expect("everybody was given an id");
        Person {
            id: *id,
            name: (*name).to_owned(),
            role: *role,
            department: self.department(*place),
            skills: skills.iter().map(|skill| (*skill).to_owned()).collect(),
            active: true,
        }
    }

    fn department(&self, place: Place) -> DepartmentId {
        let (_, id) = self
            .departments
            .iter()
            .find(|(listed, _)| *listed == place)
            .expect("every department was given an id");
        *id
    }
}
