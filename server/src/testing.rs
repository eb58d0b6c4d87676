//! For tests: the whole server on a port of its own, and browsers that speak nothing but HTTP to it.
//!
//! Time stands still until a test moves it ([`TestServer::clock`]), data lives in a folder that vanishes with the server,
//! and passwords cost next to nothing to hash.

use std::net::SocketAddr;
use std::sync::Arc;

use axum_server::Handle;
use domain::people::{Department, DepartmentFunction, Person, Role};
use domain::{DepartmentId, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::auth::password::{NewPassword, PasswordCost};
use crate::clock::Clock;
use crate::config::{Config, MailConfig, Transport, WebhookConfig};
use crate::files::Limits;
use crate::http::csrf;
use crate::people::{Contact, Language, UserName, new_department_id, new_person_id};
use crate::router::{self, Route};
use crate::serve;
use crate::state::AppState;
use crate::store::accounts::{Added, NewAccount};
use crate::store::{Disk, Store};

/// What everybody's password is, unless a test says otherwise.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// When tests begin: Friday, 24 May 2024, 09:00 in Shenzhen.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_716_512_400_000);

/// A running server. Stops when dropped.
pub(crate) struct TestServer {
    /// Its parts, for what can't be asked over HTTP.
    pub(crate) state: AppState,
    address: SocketAddr,
    serving: JoinHandle<()>,
    _folder: Arc<TempDir>,
}

/// Says how a test's server differs from the usual.
pub(crate) struct TestServerBuilder {
    folder: Arc<TempDir>,
    clock: Clock,
    transport: Transport,
    mail: Option<MailConfig>,
    webhook: Option<WebhookConfig>,
    disk: Disk,
    routes: Vec<Route>,
    limits: Limits,
}

impl TestServerBuilder {
    /// Takes over the folder of a server that has stopped.
    pub(crate) fn in_folder_of(mut self, earlier: &TestServer) -> Self {
        self.folder = Arc::clone(&earlier._folder);
        self.clock = earlier.state.clock.clone();
        self
    }

    /// Takes over a folder in which there is a database already.
    pub(crate) fn in_folder(mut self, folder: TempDir) -> Self {
        self.folder = Arc::new(folder);
        self
    }

    /// Is reached in another way than by plain HTTP on this machine.
    pub(crate) fn transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Sends mail by a server on this port.
    pub(crate) fn mail(mut self, port: u16) -> Self {
        let smtp_url = format!("smtp://127.0.0.1:{port}");
        self.mail = Some(MailConfig { smtp_url, from: "Fieldloop <fieldloop@example.com>".to_owned() });
        self
    }

    /// Tells a system of the company's own.
    pub(crate) fn webhook(mut self, url: String) -> Self {
        self.webhook = Some(WebhookConfig { url, secret: "secret".to_owned() });
        self
    }

    /// Keeps its data in this folder, on this disk.
    pub(crate) fn on(mut self, folder: Arc<TempDir>, disk: Disk) -> Self {
        self.folder = folder;
        self.disk = disk;
        self
    }

    /// Takes no more files than this.
    pub(crate) fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Can do one thing more.
    pub(crate) fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// Starts the server.
    pub(crate) async fn start(self) -> TestServer {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let config = Config {
            listen: address,
            data: self.folder.path().to_owned(),
            demo: false,
            transport: self.transport,
            public_url: None,
            utc_offset_minutes: 480,
            language: Language::En,
            mail: self.mail,
            webhook: self.webhook,
            password_cost: PasswordCost::FOR_TESTS,
        };
        let store = Store::open_on(&config.data, self.disk).await.unwrap();
        let state = AppState::within(self.limits, store, config, self.clock).await.unwrap();
        let app = router::serve(self.routes, state.clone());
        let serving = tokio::spawn(async move {
            serve::answer(listener, None, app, Handle::new()).await.unwrap();
        });
        TestServer { state, address, serving, _folder: self.folder }
    }
}

impl TestServer {
    /// A server as it comes, to be changed before it starts.
    pub(crate) fn builder() -> TestServerBuilder {
        TestServerBuilder {
            folder: Arc::new(tempfile::tempdir().unwrap()),
            clock: Clock::manual(START),
            transport: Transport::Loopback,
            mail: None,
            webhook: None,
            disk: Disk::System,
            routes: router::routes(),
            limits: Limits::default(),
        }
    }

    /// Starts a server on which nobody has an account.
    pub(crate) async fn empty() -> Self {
        Self::builder().start().await
    }

    /// Starts a server with a company: departments `after-sales` and `service`, and `admin`, who is one.
    pub(crate) async fn with_company() -> Self {
        let server = Self::empty().await;
        server.found_company().await;
        server
    }

    /// Adds what [`Self::with_company`] promises.
    pub(crate) async fn found_company(&self) {
        self.add_department("after-sales", DepartmentFunction::AfterSales, None).await;
        self.add_department("service", DepartmentFunction::CustomerService, None).await;
        self.add_person("admin", Role::Admin, "after-sales").await;
    }

    /// What time it is on the server.
    pub(crate) fn clock(&self) -> &Clock {
        &self.state.clock
    }

    /// Where the server is.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The address without the scheme, for tests that write requests by hand.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Adds a department.
    pub(crate) async fn add_department(
        &self,
        name: &str,
        function: DepartmentFunction,
        parent: Option<&str>,
    ) -> DepartmentId {
        let department = Department {
            id: new_department_id(self.clock().now()),
            name: name.to_owned(),
            parent: parent.map(|parent| self.department(parent)),
            function,
            regions: Vec::new(),
        };
        let id = department.id;
        self.state.store.add_departments(&[department]).await.unwrap();
        self.state.directory.refresh(&self.state.store).await.unwrap();
        id
    }

    /// The department of that name.
    pub(crate) fn department(&self, name: &str) -> DepartmentId {
        let directory = self.state.directory.current();
        directory
            .departments
            .iter()
            .find(|department| department.name == name)
            .expect("the test has added it")
            .id
    }

    /// Adds a person who signs in as `user` with [`PASSWORD`].
    pub(crate) async fn add_person(&self, user: &str, role: Role, department: &str) -> Person {
        let person = Person {
            id: new_person_id(self.clock().now()),
            name: user.to_owned(),
            role,
            department: self.department(department),
            skills: Vec::new(),
            active: true,
        };
        let password = NewPassword::parse(PASSWORD.to_owned()).unwrap();
        let account = NewAccount {
            person: person.clone(),
            user_name: UserName::parse(user).unwrap(),
            password: Some(self.state.passwords.hash(password).await.unwrap()),
            contact: Contact::default(),
        };
        assert_eq!(self.state.store.add_accounts(&[account]).await.unwrap(), Added::Done);
        self.state.directory.refresh(&self.state.store).await.unwrap();
        person
    }

    /// A browser in which nobody has signed in.
    pub(crate) fn browser(&self) -> Browser {
        Browser {
            client: reqwest::Client::builder().cookie_store(true).no_proxy().build().unwrap(),
            root: self.url(""),
        }
    }

    /// A browser in which `user` has signed in with [`PASSWORD`].
    pub(crate) async fn sign_in(&self, user: &str) -> Browser {
        let browser = self.browser();
        let reply = browser.sign_in(user, PASSWORD).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        browser
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.state.shutdown.request();
        self.serving.abort();
    }
}

/// Keeps cookies, and adds what our own page adds to requests.
#[derive(Clone)]
pub(crate) struct Browser {
    client: reqwest::Client,
    root: String,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    /// Reads an answer to its end.
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// A header's text, empty if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The cookie that the answer sets, as a browser sends it back.
    pub(crate) fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    }

    /// The status and the code of an error, for comparing both at once.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"].as_str().unwrap_or_default().to_owned())
    }
}

impl Browser {
    /// A request to be completed by the test; it already carries what our page adds.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.root)).header(csrf::HEADER, "1")
    }

    /// Sends a request as another site's page would make a browser send it: with cookies, without our header.
    pub(crate) fn foreign_request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.root))
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        Reply::read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// Asks with a cookie got elsewhere.
    pub(crate) async fn get_with_cookie(&self, path: &str, cookie: &str) -> Reply {
        Reply::read(self.request(Method::GET, path).header("cookie", cookie).send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        Reply::read(self.request(Method::POST, path).json(body).send().await.unwrap()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Reply {
        Reply::read(self.request(Method::PATCH, path).json(body).send().await.unwrap()).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Reply {
        Reply::read(self.request(Method::PUT, path).json(body).send().await.unwrap()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        Reply::read(self.request(Method::DELETE, path).send().await.unwrap()).await
    }

    /// Tries to sign in.
    pub(crate) async fn sign_in(&self, user: &str, password: &str) -> Reply {
        self.post("/api/session", &json!({ "user": user, "password": password })).await
    }
}
