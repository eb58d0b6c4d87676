//! A company on a server, founded the way people do it: over HTTP.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use domain::DepartmentId;
use domain::people::{DepartmentFunction, Person, Role};
use serde::Deserialize;
use serde_json::{Value, json};
use sync::messages::{PROTOCOL, PullResponse, SessionInfo};

use crate::device::Device;
use crate::http::{self, Connection, Response};
use crate::push;

/// Everybody's password.
pub(crate) const PASSWORD: &str = "measured with care";
/// Changes in one push while a server is being filled.
const FILL_CHANGES: usize = 250;

/// A company whose server can be asked.
#[derive(Debug)]
pub(crate) struct Company {
    pub(crate) address: SocketAddr,
    /// Those who take calls. Each sees all tickets that any of them has registered.
    pub(crate) agents: Vec<Member>,
    admin: Member,
    after_sales: DepartmentId,
    connection: Connection,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// What they sign in with.
    pub(crate) user: String,
    pub(crate) person: Person,
    /// What opens their session.
    pub(crate) cookie: String,
}

impl Company {
    /// Founds a company with so many agents.
    pub(crate) async fn found(address: SocketAddr, link: &str, agents: usize) -> Result<Self> {
        let (_, token) = link.split_once('#').context("the link carries a token")?;
        let mut connection = Connection::open(address).await?;
        let first = json!({ "token": token, "name": "管理员", "user": "admin", "password": PASSWORD });
        let admin = signed_in("admin", &post(&mut connection, "/api/first-admin", "", &first).await?)?;
        let asked = json!({ "protocol": PROTOCOL });
        let page: PullResponse =
            post(&mut connection, "/api/sync/pull", &admin.cookie, &asked).await?.json()?;
        let departments = page.directory.context("a fresh device is told the directory")?.departments;
        let department = |function| {
            let found = departments.iter().find(|department| department.function == function);
            found.map(|department| department.id).context("a company begins with its departments")
        };
        let (desk, after_sales) =
            (department(DepartmentFunction::CustomerService)?, department(DepartmentFunction::AfterSales)?);
        let mut company = Self { address, agents: Vec::new(), admin, after_sales, connection };
        for number in 1..=agents {
            let agent =
                company.add(&format!("agent{number}"), &format!("坐席{number}"), Role::Agent, desk).await?;
            company.agents.push(agent);
        }
        Ok(company)
    }

    /// Adds a regional team with an engineer.
    pub(crate) async fn add_engineer(&mut self) -> Result<Member> {
        #[derive(Deserialize)]
        struct Added {
            department: Named,
        }
        #[derive(Deserialize)]
        struct Named {
            id: DepartmentId,
        }
        let team = json!({ "name": "华东服务队", "function": "regional_team", "parent": self.after_sales, "regions": ["上海"] });
        let team: Added =
            post(&mut self.connection, "/api/departments", &self.admin.cookie, &team).await?.json()?;
        self.add("engineer", "王磊", Role::Engineer, team.department.id).await
    }

    async fn add(&mut self, user: &str, name: &str, role: Role, department: DepartmentId) -> Result<Member> {
        let person = json!({
            "name": name, "user": user, "role": role.name(), "department": department, "password": PASSWORD,
        });
        post(&mut self.connection, "/api/people", &self.admin.cookie, &person).await?;
        let credentials = json!({ "user": user, "password": PASSWORD });
        signed_in(user, &post(&mut self.connection, "/api/session", "", &credentials).await?)
    }
}

fn signed_in(user: &str, response: &Response) -> Result<Member> {
    let SessionInfo { person, .. } = response.json()?;
    let cookie = response.cookie.clone().context("signing in sets a cookie")?;
    Ok(Member { user: user.to_owned(), person, cookie })
}

async fn post(connection: &mut Connection, path: &str, cookie: &str, body: &Value) -> Result<Response> {
    let request = http::request("POST", path, cookie, body.to_string().as_bytes());
    connection.ask(&request).await?.successful(path)
}

/// Registers so many tickets, and makes an engineer accountable for some of them.
pub(crate) async fn fill(
    company: &Company,
    tickets: usize,
    assigned: Option<(&Member, usize)>,
) -> Result<()> {
    let Some(agent) = company.agents.first() else { bail!("a company without agents takes no calls") };
    let mut device = Device::of(agent, 0);
    let mut changes = Vec::with_capacity(tickets);
    for number in 0..tickets {
        let registration = device.register();
        let ticket = registration.ticket;
        changes.push(registration);
        if let Some((engineer, assigned)) = assigned
            && number < assigned
        {
            changes.push(device.assign(ticket, &engineer.person));
        }
    }
    let mut connection = Connection::open(company.address).await?;
    for changes in changes.chunks(FILL_CHANGES) {
        push::deliver(&mut connection, &device.push(changes.to_vec())?, changes.len()).await?;
    }
    Ok(())
}
