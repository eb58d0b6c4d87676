//! Telling people in time, from the push that gives cause to the mail in the sink. Time is the server's hand-turned clock.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::MethodRouter;
use domain::people::{Person, Role};
use domain::sla::{ClockName, Means, Policy, Target, Targets};
use domain::ticket::{Action, Change, Intake, NewUrgency, Progress, ProgressKind, Reason, Urgency};
use domain::{PersonId, TicketId, Timestamp};
use sync::messages::Event;
use sync::notices::{Notice, NoticeKind, TakenBack, Told};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::sync::Notify;

use super::Chores;
use crate::clock::Clock;
use crate::people::{Contact, ContactEdit, EmailAddress, UserName};
use crate::state::AppState;
use crate::store::accounts::NewAccount;
use crate::store::rings::{Row, State};
use crate::sync::testing::{Company, EAST, SERVICE, SOUTH, Tablet, intake, person};
use crate::testing::TestServer;

const MINUTE: i64 = Timestamp::MINUTE_MS;
const HOUR: i64 = Timestamp::HOUR_MS;

/// A company at work: the engineer is accountable for an urgent ticket, or a normal one, since the start of the test.
struct Scene {
    company: Company,
    office: Tablet,
    engineer: Tablet,
    ticket: TicketId,
}

impl Scene {
    async fn urgent() -> Self {
        Self::on(TestServer::empty().await, Urgency::Urgent).await
    }

    async fn normal() -> Self {
        Self::on(TestServer::empty().await, Urgency::Normal).await
    }

    async fn on(server: TestServer, urgency: Urgency) -> Self {
        let company = Company::open_on(server).await;
        let mut office = company.tablet(&company.agent).await;
        let registered = register(&mut office, urgency);
        let ticket = registered.ticket;
        let assigned = office.assign(ticket, &company.east_engineer);
        office.push(&[registered, assigned]).await;
        let mut engineer = company.tablet(&company.east_engineer).await;
        engineer.pull().await;
        Self { company, office, engineer, ticket }
    }

    fn state(&self) -> &AppState {
        &self.company.state
    }

    async fn work(&self) {
        self.state().ringing.work().await.unwrap();
    }

    /// Moves the clock on, and does what is to be done then.
    async fn pass(&mut self, millis: i64) {
        self.state().clock.advance_millis(millis);
        let now = self.state().clock.now();
        (self.office.clock, self.engineer.clock) = (now, now);
        self.work().await;
    }

    async fn told(&self, person: &Person) -> Vec<Told> {
        let mut told = self.state().store.notices(person.id, None, 1_000).await.unwrap().0;
        told.reverse();
        told
    }

    async fn kinds(&self, person: &Person) -> Vec<NoticeKind> {
        self.told(person).await.into_iter().map(|told| told.notice.kind).collect()
    }

    async fn rows(&self, state: State) -> Vec<Row> {
        let rows = self.state().store.all_rings().await;
        rows.into_iter().filter(|row| row.state == state && row.line.means == Means::InApp).collect()
    }

    /// Publishes a policy in which urgent tickets have so many hours for a first response.
    async fn allow_hours(&self, hours: u32) {
        let now = self.state().clock.now();
        let publish = |versions: &[crate::store::policies::Published]| {
            let mut policy = versions.last().unwrap().policy.clone();
            policy.effective = now;
            let rule = policy.rules.get_mut(&ClockName::FirstResponse).unwrap();
            rule.targets = Targets::All { target: Some(Target::hours(hours)) };
            Ok::<Policy, ()>(policy)
        };
        self.state().store.publish_policy(now, publish).await.unwrap().unwrap();
    }
}

fn register(tablet: &mut Tablet, urgency: Urgency) -> Change {
    let ticket = TicketId::from_uuid(uuid::Builder::from_random_bytes(rand::random()).into_uuid());
    let intake = Intake { urgency, ..intake(tablet.person.department) };
    tablet.make(ticket, Action::Register(Box::new(intake)))
}

fn contacted() -> Action {
    let note = "told the customer who comes and when".to_owned();
    Action::LogProgress(Progress { kind: ProgressKind::ContactedCustomer, note, promised: None })
}

use NoticeKind::{Overdue, Reminder, Urgent};

#[tokio::test]
async fn an_urgent_ticket_is_told_at_once_to_its_engineer_and_the_nearest_supervisor_above() {
    let scene = Scene::urgent().await;
    scene.work().await;
    assert_eq!(scene.kinds(&scene.company.east_engineer).await, [Urgent]);
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent]);
    assert_eq!(scene.kinds(&scene.company.agent).await, []);
    assert_eq!(scene.kinds(&scene.company.south_engineer).await, []);
    let told = &scene.told(&scene.company.supervisor).await[0];
    assert_eq!(told.notice.ticket, scene.ticket);
    assert!(told.notice.number.is_some() && !told.read);
}

#[tokio::test]
async fn an_urgent_ticket_that_nobody_has_been_given_is_told_to_those_who_steer_after_sales() {
    let mut scene = Scene::urgent().await;
    let alarm = register(&mut scene.office, Urgency::Urgent);
    scene.office.push(std::slice::from_ref(&alarm)).await;
    scene.work().await;
    let told = scene.told(&scene.company.supervisor).await;
    assert!(told.iter().any(|told| told.notice.ticket == alarm.ticket), "the service desk has no supervisor");
}

#[tokio::test]
async fn each_step_of_a_clock_is_told_when_it_comes_and_once_whatever_is_done_again() {
    let mut scene = Scene::urgent().await;
    scene.work().await;
    scene.pass(90 * MINUTE - 1).await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent]);
    scene.pass(10).await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent, Reminder]);
    scene.pass(30 * MINUTE).await;
    let expected = [Urgent, Reminder, Overdue];
    assert_eq!(scene.kinds(&scene.company.supervisor).await, expected);

    // Planned again by a change, a person, a policy that changes nothing, and after a restart.
    let comment = scene.office.comment(scene.ticket, "the customer calls again");
    scene.office.push(std::slice::from_ref(&comment)).await;
    scene.work().await;
    scene.office.push(&[comment]).await;
    scene.state().store.add_departments(&[]).await.unwrap();
    scene.work().await;
    scene.allow_hours(2).await;
    scene.work().await;
    let again = TestServer::builder().in_folder_of(&scene.company.server).start().await;
    again.state.store.add_departments(&[]).await.unwrap();
    again.state.ringing.work().await.unwrap();
    assert_eq!(scene.kinds(&scene.company.supervisor).await, expected);
    assert_eq!(scene.kinds(&scene.company.east_engineer).await, expected);
}

#[tokio::test]
async fn what_is_not_urgent_waits_for_working_hours_and_then_only_the_last_word_is_said() {
    let mut scene = Scene::normal().await;
    scene.work().await;
    // Friday 9:00. Three quarters of 24 hours are over on Saturday at 3:00, all of them at 9:00. Work begins on Monday at 9:00.
    let planned = scene.rows(State::Planned).await;
    let monday = crate::testing::START.plus_millis(72 * HOUR);
    let of_engineer = planned.iter().filter(|row| row.line.recipient == Some(scene.company.east_engineer.id));
    let first_response =
        of_engineer.filter(|row| row.line.ring.clock.unwrap().name == ClockName::FirstResponse);
    let told_at: BTreeSet<_> = first_response.map(|row| row.tell_at).collect();
    assert_eq!(told_at, BTreeSet::from([monday]));
    scene.pass(71 * HOUR).await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, []);
    scene.pass(HOUR).await;
    let told = scene.told(&scene.company.supervisor).await;
    let first_response: Vec<_> = told
        .iter()
        .filter(|told| told.notice.clock.unwrap().name == ClockName::FirstResponse)
        .map(|told| told.notice.kind)
        .collect();
    assert_eq!(first_response, [Overdue], "that time is running out is no news when it has run out");
}

#[tokio::test]
async fn a_clock_that_stops_in_time_is_not_told_of() {
    let mut scene = Scene::urgent().await;
    scene.work().await;
    assert!(!scene.rows(State::Planned).await.is_empty());
    scene.pass(HOUR).await;
    let contacted = scene.engineer.make(scene.ticket, contacted());
    scene.engineer.push(&[contacted]).await;
    scene.pass(2 * HOUR).await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent]);
    let cancelled = scene.rows(State::Cancelled).await;
    assert!(cancelled.iter().all(|row| row.line.ring.clock.unwrap().name == ClockName::FirstResponse));
    assert!(cancelled.len() >= 4, "{cancelled:?}");
}

#[tokio::test]
async fn what_was_told_in_error_is_taken_back_once_with_the_reason() {
    let mut scene = Scene::urgent().await;
    scene.work().await;
    scene.pass(HOUR).await;
    let contacted = scene.engineer.make(scene.ticket, contacted());
    scene.pass(31 * MINUTE).await;
    scene.pass(HOUR).await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent, Reminder, Overdue]);
    // The engineer had no network.
    scene.engineer.push(std::slice::from_ref(&contacted)).await;
    for _ in 0..2 {
        scene.pass(MINUTE).await;
        scene.engineer.push(std::slice::from_ref(&contacted)).await;
    }
    let told = scene.told(&scene.company.supervisor).await;
    let corrections: Vec<_> = told.iter().filter(|told| told.notice.taken_back.is_some()).collect();
    let kinds: BTreeSet<_> = corrections.iter().map(|told| format!("{:?}", told.notice.kind)).collect();
    assert_eq!((corrections.len(), kinds.len()), (2, 2), "{corrections:?}");
    for correction in corrections {
        let Some(TakenBack::Stopped { at }) = correction.notice.taken_back else { panic!("{correction:?}") };
        assert_eq!(at, contacted.claim.clock);
    }
}

#[tokio::test]
async fn a_longer_target_takes_back_that_it_is_late_and_tells_again_when_it_is() {
    let mut scene = Scene::urgent().await;
    scene.work().await;
    scene.pass(2 * HOUR + MINUTE).await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent, Overdue]);
    scene.allow_hours(10).await;
    scene.pass(MINUTE).await;
    let told = scene.told(&scene.company.supervisor).await;
    assert!(matches!(told[2].notice.taken_back, Some(TakenBack::Moved { due: Some(_) })), "{told:?}");
    scene.pass(9 * HOUR).await;
    let told = scene.told(&scene.company.supervisor).await;
    let late: Vec<&Notice> =
        told[3..].iter().map(|told| &told.notice).filter(|notice| notice.kind == Overdue).collect();
    assert_eq!(late.len(), 1, "{late:?}");
    assert_eq!(late[0].taken_back, None);
}

#[tokio::test]
async fn a_moved_due_time_moves_what_is_planned() {
    let mut scene = Scene::urgent().await;
    scene.work().await;
    scene.allow_hours(10).await;
    scene.pass(3 * HOUR).await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent]);
    scene.pass(4 * HOUR + 31 * MINUTE).await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent, Reminder]);
}

#[tokio::test]
async fn urgency_that_was_a_mistake_is_taken_back_and_told_again_if_it_comes_back() {
    let mut scene = Scene::urgent().await;
    scene.work().await;
    for (number, urgency) in [Urgency::Normal, Urgency::Urgent].into_iter().enumerate() {
        let reason = "the customer says so".to_owned();
        scene.pass(MINUTE).await;
        let changed = scene.office.make(scene.ticket, Action::SetUrgency(NewUrgency { urgency, reason }));
        scene.office.push(&[changed]).await;
        scene.work().await;
        assert_eq!(scene.told(&scene.company.supervisor).await.len(), number + 2);
    }
    let told = scene.told(&scene.company.supervisor).await;
    let taken_back: Vec<_> = told.iter().map(|told| told.notice.taken_back).collect();
    assert_eq!(taken_back, [None, Some(TakenBack::NotUrgent), None]);
}

#[tokio::test]
async fn whoever_answers_for_a_late_ticket_now_is_told_and_the_supervisor_is_not_told_again() {
    let mut scene = Scene::urgent().await;
    scene.work().await;
    scene.pass(2 * HOUR + MINUTE).await;
    let south = scene.company.south_engineer.clone();
    let assigned = scene.office.assign(scene.ticket, &south);
    scene.office.push(&[assigned]).await;
    scene.pass(MINUTE).await;
    assert_eq!(scene.kinds(&south).await, [Urgent, Overdue]);
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent, Overdue]);
    assert_eq!(scene.kinds(&scene.company.east_engineer).await, [Urgent, Overdue]);
    let assigned = scene.office.assign(scene.ticket, &scene.company.east_engineer);
    scene.office.push(&[assigned]).await;
    scene.pass(MINUTE).await;
    assert_eq!(scene.kinds(&scene.company.east_engineer).await, [Urgent, Overdue], "not again");
}

#[tokio::test]
async fn a_supervisor_who_leaves_is_not_told_and_the_next_one_up_is() {
    let mut scene = Scene::urgent().await;
    let team_lead = person(9, "team lead", Role::Supervisor, EAST);
    add(scene.state(), &team_lead, None).await;
    scene.work().await;
    assert_eq!(scene.kinds(&team_lead).await, [Urgent]);
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [], "the nearest one has it");
    change(scene.state(), Person { active: false, ..team_lead.clone() }).await;
    scene.pass(91 * MINUTE).await;
    assert_eq!(scene.kinds(&team_lead).await, [Urgent]);
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Reminder], "only what comes from now on");
}

#[tokio::test]
async fn an_hour_after_the_due_time_it_goes_to_the_manager() {
    let mut scene = Scene::urgent().await;
    let manager = person(9, "manager", Role::Manager, SERVICE);
    add(scene.state(), &manager, None).await;
    scene.pass(3 * HOUR - MINUTE).await;
    assert_eq!(scene.kinds(&manager).await, []);
    scene.pass(2 * MINUTE).await;
    assert_eq!(scene.kinds(&manager).await, [Overdue]);
}

#[tokio::test]
async fn a_ticket_that_arrives_late_rings_once_for_what_still_runs_and_never_for_what_has_ended() {
    let company = Company::open().await;
    let mut office = company.tablet(&company.agent).await;
    let (running, ended) = (register(&mut office, Urgency::Urgent), register(&mut office, Urgency::Urgent));
    let mut changes = vec![running.clone(), ended.clone()];
    for ticket in [running.ticket, ended.ticket] {
        changes.push(office.assign(ticket, &company.east_engineer));
    }
    company.state.clock.advance_millis(5 * HOUR);
    office.clock = company.state.clock.now().plus_millis(-HOUR);
    changes.push(office.make(ended.ticket, contacted()));
    // All of it, the late first response too, was done without a network.
    office.push(&changes).await;
    company.state.ringing.work().await.unwrap();
    let told = company.state.store.notices(company.supervisor.id, None, 100).await.unwrap().0;
    let late: Vec<_> = told.iter().filter(|told| told.notice.kind == Overdue).collect();
    assert_eq!(late.len(), 1, "{late:?}");
    assert_eq!(late[0].notice.ticket, running.ticket);
}

#[tokio::test]
async fn an_open_page_hears_of_its_persons_notices_and_of_no_others() {
    let scene = Scene::urgent().await;
    let mut south = scene.company.tablet(&scene.company.south_engineer).await;
    let mut supervisor = scene.company.tablet(&scene.company.supervisor).await;
    south.pull().await;
    supervisor.pull().await;
    let (mut of_south, mut of_supervisor) = (south.listen().await, supervisor.listen().await);
    scene.work().await;
    let notice = scene.told(&scene.company.supervisor).await[0].id;
    assert_eq!(of_supervisor.next().await, Some(Event::Notice(sync::notices::Noticed { notice })));
    // What the south hears next is a ticket of its own, no notice.
    let mut office = scene.company.tablet(&scene.company.agent).await;
    let registered = register(&mut office, Urgency::Normal);
    let assigned = office.assign(registered.ticket, &scene.company.south_engineer);
    office.push(&[registered, assigned]).await;
    assert!(!matches!(of_south.next().await, Some(Event::Notice(_))));
    assert_eq!(scene.company.south_engineer.department, SOUTH);
}

#[tokio::test]
async fn notices_are_listed_in_pages_and_read_by_their_owner_only() {
    let mut scene = Scene::urgent().await;
    scene.work().await;
    scene.pass(90 * MINUTE + 10).await;
    scene.pass(HOUR).await;
    let supervisor = &scene.company.supervisor;
    let mine = scene.company.tablet(supervisor).await;
    let theirs = scene.company.tablet(&scene.company.east_engineer).await;
    let page = mine.get("/api/notices?limit=2").await;
    assert_eq!(
        (page["notices"].as_array().unwrap().len(), &page["unread"], &page["more"]),
        (2, &3.into(), &true.into())
    );
    let last = page["notices"][1]["id"].as_u64().unwrap();
    let rest = mine.get(&format!("/api/notices?limit=2&before={last}")).await;
    assert_eq!((rest["notices"].as_array().unwrap().len(), &rest["more"]), (1, &false.into()));
    assert_eq!(rest["notices"][0]["kind"], "urgent");

    assert_eq!(theirs.post_to("/api/notices/read", &serde_json::json!({ "ids": [last] })).await, 204);
    assert_eq!(mine.get("/api/notices").await["unread"], 3, "others' notices are not theirs to read");
    assert_eq!(mine.post_to("/api/notices/read", &serde_json::json!({ "ids": [last] })).await, 204);
    assert_eq!(mine.get("/api/notices").await["unread"], 2);
    assert_eq!(mine.post_to("/api/notices/read", &serde_json::json!({ "up_to": last + 1000 })).await, 204);
    assert_eq!(mine.get("/api/notices").await["unread"], 0);
}

/// Adds a person, with an address if one is given.
async fn add(state: &AppState, person: &Person, email: Option<&str>) {
    let contact = Contact { email: email.map(|email| EmailAddress::parse(email).unwrap()), language: None };
    let user_name = UserName::parse(&person.name.replace(' ', ".")).unwrap();
    let account = NewAccount { person: person.clone(), user_name, password: None, contact };
    state.store.add_accounts(&[account]).await.unwrap();
    state.directory.refresh(&state.store).await.unwrap();
}

/// Keeps a person as they are now.
async fn change(state: &AppState, person: Person) {
    let edit = crate::store::directory::DirectoryEdit::ChangePerson(person, None);
    state.store.change_directory(|_| Ok::<_, ()>(edit)).await.unwrap().unwrap();
    state.directory.refresh(&state.store).await.unwrap();
}

/// A mail server that takes everything and keeps it.
struct Sink {
    mails: Arc<Mutex<Vec<String>>>,
    arrived: Arc<Notify>,
}

impl Sink {
    async fn listen(port: u16) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let mails: Arc<Mutex<Vec<String>>> = Arc::default();
        let arrived: Arc<Notify> = Arc::default();
        let (kept, told) = (Arc::clone(&mails), Arc::clone(&arrived));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take_mail(stream, Arc::clone(&kept), Arc::clone(&told)));
            }
        });
        Self { mails, arrived }
    }

    /// Waits until so many mails have come.
    async fn holds(&self, count: usize) {
        while self.mails().len() < count {
            self.arrived.notified().await;
        }
    }

    /// What the mails are about, in the order in which they came.
    fn subjects(&self) -> Vec<String> {
        let subject =
            |mail: &String| mail.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap().to_owned();
        self.mails().iter().map(subject).collect()
    }

    fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

async fn take_mail(
    stream: tokio::net::TcpStream,
    mails: Arc<Mutex<Vec<String>>>,
    arrived: Arc<Notify>,
) -> std::io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    writing.write_all(b"220 sink\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let answer: &[u8] = match line.get(..4).unwrap_or_default() {
            "DATA" => {
                writing.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    mail += &line;
                    mail.push('\n');
                }
                mails.lock().unwrap().push(mail);
                arrived.notify_one();
                b"250 taken\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        writing.write_all(answer).await?;
    }
    Ok(())
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_mail_server_that_is_down_loses_nothing() {
    let port = free_port();
    let server = TestServer::builder().mail(port).start().await;
    let mut scene = Scene::on(server, Urgency::Urgent).await;
    let lead = person(9, "lead", Role::Supervisor, EAST);
    add(scene.state(), &lead, Some("lead@example.com")).await;
    scene.work().await;
    for _ in 0..10 {
        scene.state().ringing.deliver().await.unwrap();
        scene.pass(31 * MINUTE).await;
    }
    scene.pass(HOUR).await;
    assert_eq!(
        scene.kinds(&lead).await,
        [Urgent, Reminder, Overdue],
        "in the product it is told all the same"
    );
    let sink = Sink::listen(port).await;
    scene.state().ringing.deliver().await.unwrap();
    // Urgent, and overdue; that time is running out is told in the product only.
    let mails = sink.mails();
    assert_eq!(mails.len(), 2, "{mails:?}");
    assert!(mails.iter().all(|mail| mail.contains("To: lead@example.com")), "{mails:?}");
    let ids: BTreeSet<_> =
        mails.iter().flat_map(|mail| mail.lines().find(|line| line.starts_with("Message-ID:"))).collect();
    assert_eq!(ids.len(), 2);
    scene.pass(24 * HOUR).await;
    scene.state().ringing.deliver().await.unwrap();
    let again =
        sink.mails().into_iter().filter(|mail| mail.lines().any(|line| ids.iter().any(|id| *id == line)));
    assert_eq!(again.count(), 2, "what was taken over is not sent again");
}

#[tokio::test]
async fn a_mail_sent_before_a_kill_could_be_recorded_comes_again_under_the_same_id() {
    let port = free_port();
    let sink = Sink::listen(port).await;
    let scene = Scene::on(TestServer::builder().mail(port).start().await, Urgency::Urgent).await;
    let lead = person(9, "lead", Role::Supervisor, EAST);
    add(scene.state(), &lead, Some("lead@example.com")).await;
    scene.work().await;
    scene.state().ringing.deliver().await.unwrap();
    scene.state().store.run_sql("UPDATE deliveries SET delivered_at = NULL").await;
    let again = TestServer::builder().in_folder_of(&scene.company.server).mail(port).start().await;
    again.state.ringing.deliver().await.unwrap();
    again.state.ringing.deliver().await.unwrap();
    let mails = sink.mails();
    let id = |mail: &String| mail.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned();
    assert_eq!(mails.len(), 2);
    assert_eq!(id(&mails[0]), id(&mails[1]));
}

#[tokio::test]
async fn an_address_that_is_entered_later_brings_no_old_news() {
    let port = free_port();
    let sink = Sink::listen(port).await;
    let mut scene = Scene::on(TestServer::builder().mail(port).start().await, Urgency::Urgent).await;
    scene.work().await;
    let engineer = scene.company.east_engineer.clone();
    let email = Some(EmailAddress::parse("engineer@example.com").unwrap());
    let edit = crate::store::directory::DirectoryEdit::ChangePerson(
        engineer,
        Some(ContactEdit { email: Some(email), language: None }),
    );
    scene.state().store.change_directory(|_| Ok::<_, ()>(edit)).await.unwrap().unwrap();
    scene.pass(MINUTE).await;
    scene.state().ringing.deliver().await.unwrap();
    assert_eq!(sink.mails().len(), 0, "that the ticket is urgent was told before");
    scene.pass(2 * HOUR).await;
    scene.state().ringing.deliver().await.unwrap();
    assert_eq!(sink.mails().len(), 1, "that it is overdue is news");
}

/// What a webhook was sent: headers and body.
type Posted = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// A webhook that keeps what it is sent, and fails at first: so many times.
async fn hook(failures: usize) -> (String, Posted) {
    let posted: Posted = Arc::default();
    let kept = Arc::clone(&posted);
    let take = move |headers: HeaderMap, body: String| async move {
        let mut kept = kept.lock().unwrap();
        kept.push((headers, body));
        if kept.len() <= failures { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    };
    (listen(axum::routing::post(take)).await, posted)
}

/// Answers on a port of its own in this way, and says where.
async fn listen(answer: MethodRouter) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let app = Router::new().route("/hook", answer);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

#[tokio::test]
async fn a_webhook_that_fails_is_tried_again_with_the_same_key_and_a_signature() {
    let (url, posted) = hook(2).await;
    let mut scene = Scene::on(TestServer::builder().webhook(url).start().await, Urgency::Urgent).await;
    scene.work().await;
    for _ in 0..4 {
        scene.state().ringing.deliver().await.unwrap();
        scene.state().clock.advance_millis(10 * MINUTE);
    }
    scene.work().await;
    let posted = posted.lock().unwrap().clone();
    assert_eq!(posted.len(), 3, "twice in vain, then no more");
    let keys: BTreeSet<_> =
        posted.iter().map(|(headers, _)| headers["idempotency-key"].to_str().unwrap()).collect();
    assert_eq!(keys.len(), 1);
    for (headers, body) in &posted {
        let signature = headers["fieldloop-signature"].to_str().unwrap();
        let seconds: i64 = signature.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
        assert_eq!(signature, super::post::sign("secret", Timestamp::from_millis(seconds * 1_000), body));
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["notice"]["kind"], "urgent");
        assert_eq!(body["notice"]["ticket"], scene.ticket.to_string());
        assert_eq!(body["people"].as_array().unwrap().len(), 2);
    }
    let _ = &mut scene;
}

/// Kills the work at every place at which it waits for anything, begins again on the same folder, and counts what is told.
#[tokio::test]
async fn a_kill_at_any_moment_loses_nothing_and_tells_nothing_twice() {
    let mut scene = Scene::urgent().await;
    let mut expected: Vec<(PersonId, Vec<NoticeKind>)> = Vec::new();
    let mut killed = 0;
    // At once, at the reminder, when it is overdue.
    for (step, millis) in [0, 90 * MINUTE + 10, 30 * MINUTE].into_iter().enumerate() {
        scene.state().clock.advance_millis(millis);
        for polls in 0.. {
            let again = TestServer::builder().in_folder_of(&scene.company.server).start().await;
            let finished = {
                let mut work = std::pin::pin!(again.state.ringing.work());
                let mut left = polls;
                futures_util::future::poll_fn(|context| {
                    if left == 0 {
                        return std::task::Poll::Ready(false);
                    }
                    left -= 1;
                    work.as_mut().poll(context).map(|done| done.map(|()| true).unwrap())
                })
                .await
            };
            if finished {
                break;
            }
            killed += 1;
        }
        let kinds = &[Urgent, Reminder, Overdue][..=step];
        expected.clear();
        for person in [&scene.company.east_engineer, &scene.company.supervisor] {
            assert_eq!(scene.kinds(person).await, kinds, "after {killed} kills");
            expected.push((person.id, kinds.to_vec()));
        }
    }
    assert!(killed > 10, "{killed}");
    scene.pass(0).await;
    for (person, kinds) in expected {
        assert_eq!(scene.state().store.notices(person, None, 100).await.unwrap().0.len(), kinds.len());
    }
}

#[tokio::test]
async fn the_loop_tells_by_itself() {
    let scene = Scene::urgent().await;
    let mut supervisor = scene.company.tablet(&scene.company.supervisor).await;
    supervisor.pull().await;
    let mut events = supervisor.listen().await;
    let keeping = tokio::spawn(scene.state().ringing.clone().keep(scene.state().shutdown.clone()));
    assert!(matches!(events.next().await, Some(Event::Notice(_))));
    scene.state().shutdown.request();
    keeping.await.unwrap();
    assert!(matches!(scene.state().clock, Clock::Manual(_)));
}

#[tokio::test]
async fn a_supervisor_who_replaces_another_before_they_were_told_is_told_in_their_place() {
    let (url, posted) = hook(0).await;
    let mut scene = Scene::on(TestServer::builder().webhook(url).start().await, Urgency::Normal).await;
    scene.work().await;
    // On Saturday the company's system hears at once that it is overdue, and nobody else before Monday.
    scene.pass(25 * HOUR).await;
    scene.state().ringing.deliver().await.unwrap();
    assert!(!posted.lock().unwrap().is_empty());
    let supervisor = scene.company.supervisor.clone();
    change(scene.state(), Person { active: false, ..supervisor.clone() }).await;
    let successor = person(9, "successor", Role::Supervisor, SERVICE);
    add(scene.state(), &successor, None).await;
    scene.pass(48 * HOUR).await;
    assert_eq!(scene.kinds(&supervisor).await, []);
    let told = scene.told(&successor).await;
    let first_response =
        told.iter().filter(|told| told.notice.clock.unwrap().name == ClockName::FirstResponse);
    assert_eq!(first_response.map(|told| told.notice.kind).collect::<Vec<_>>(), [Overdue]);
}

#[tokio::test]
async fn a_supervisor_is_told_what_only_the_engineer_has_heard() {
    let mut scene = Scene::urgent().await;
    change(scene.state(), Person { active: false, ..scene.company.supervisor.clone() }).await;
    scene.pass(2 * HOUR + MINUTE).await;
    assert_eq!(scene.kinds(&scene.company.east_engineer).await, [Urgent, Overdue]);
    let supervisors =
        [9, 10].map(|number| person(number, &format!("lead {number}"), Role::Supervisor, SERVICE));
    add(scene.state(), &supervisors[0], None).await;
    scene.pass(MINUTE).await;
    assert_eq!(scene.kinds(&supervisors[0]).await, [Urgent, Overdue]);
    add(scene.state(), &supervisors[1], None).await;
    scene.pass(MINUTE).await;
    assert_eq!(scene.kinds(&supervisors[1]).await, [], "a supervisor has heard of it by now");
}

#[tokio::test]
async fn whoever_heard_a_correction_hears_it_when_there_is_cause_again_though_others_were_not_corrected() {
    let (url, _posted) = hook(0).await;
    let mut scene = Scene::on(TestServer::builder().webhook(url).start().await, Urgency::Normal).await;
    scene.work().await;
    // Monday evening. People are corrected on Tuesday morning, machines at once.
    scene.pass(73 * HOUR).await;
    scene.pass(10 * HOUR).await;
    scene.allow_hours(100).await;
    scene.pass(MINUTE).await;
    scene.allow_hours(24).await;
    scene.pass(MINUTE).await;
    let rows = scene.state().store.all_rings().await;
    let late_first_response = |row: &&Row| {
        row.line.means == Means::Webhook
            && row.line.ring.clock.is_some_and(|clock| clock.name == ClockName::FirstResponse)
            && row.line.ring.step == "overdue"
    };
    let rounds: Vec<_> = rows.iter().filter(late_first_response).map(|row| (row.round, row.state)).collect();
    assert_eq!(rounds, [(1, State::Corrected), (2, State::Told)]);
    let told = scene.told(&scene.company.supervisor).await;
    assert!(told.iter().all(|told| told.notice.taken_back.is_none()), "{told:?}");
}

#[tokio::test]
async fn an_urgent_ticket_that_is_taken_up_again_rings_for_its_present_cycle_only() {
    let mut scene = Scene::urgent().await;
    scene.work().await;
    let reason = || Reason { reason: "the customer says so".to_owned() };
    let cancelled = scene.office.make(scene.ticket, Action::Cancel(reason()));
    let reopened = scene.office.make(scene.ticket, Action::Reopen(reason()));
    scene.office.push(&[cancelled, reopened]).await;
    scene.pass(MINUTE).await;
    let told = scene.told(&scene.company.east_engineer).await;
    assert_eq!(scene.kinds(&scene.company.east_engineer).await, [Urgent, Urgent]);
    assert!(told.iter().all(|told| told.notice.taken_back.is_none()), "the first time it was right, too");
    let south = scene.company.south_engineer.clone();
    let assigned = scene.office.assign(scene.ticket, &south);
    scene.office.push(&[assigned]).await;
    scene.pass(MINUTE).await;
    assert_eq!(scene.kinds(&south).await, [Urgent], "what was urgent before is no news to them");
}

/// Another urgent ticket of the same engineer.
async fn second_ticket(scene: &mut Scene) {
    let registered = register(&mut scene.office, Urgency::Urgent);
    let assigned = scene.office.assign(registered.ticket, &scene.company.east_engineer);
    scene.office.push(&[registered, assigned]).await;
}

/// Starts again on the same folder and does what is done at a start.
async fn start_again(scene: &Scene) -> TestServer {
    let again = TestServer::builder().in_folder_of(&scene.company.server).start().await;
    let mut chores = Chores { begun: false, next_cleaning: again.state.clock.now() };
    again.state.ringing.turn(&mut chores).await.unwrap();
    again
}

#[tokio::test]
async fn a_ticket_that_can_not_be_read_holds_no_other_up_and_rings_when_it_can_be_read_again() {
    let mut scene = Scene::urgent().await;
    second_ticket(&mut scene).await;
    let store = scene.state().store.clone();
    store
        .run_sql(
            "CREATE TABLE kept AS SELECT id, document FROM tickets; \
             UPDATE tickets SET document = '{' WHERE revision = (SELECT min(revision) FROM tickets)",
        )
        .await;
    scene.work().await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent]);
    assert!(
        store.next_ring().await.unwrap().is_some_and(|next| next > scene.state().clock.now()),
        "no haste"
    );
    store
        .run_sql("UPDATE tickets SET document = (SELECT document FROM kept WHERE kept.id = tickets.id)")
        .await;
    let _again = start_again(&scene).await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent, Urgent]);
}

#[tokio::test]
async fn a_row_that_can_not_be_read_holds_no_other_ticket_up() {
    let mut scene = Scene::urgent().await;
    second_ticket(&mut scene).await;
    scene.work().await;
    let damage =
        "UPDATE rings SET means = 'pigeon' WHERE id = (SELECT min(id) FROM rings WHERE state = 'planned')";
    scene.state().store.run_sql(damage).await;
    scene.pass(91 * MINUTE).await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent, Urgent, Reminder]);
}

#[tokio::test]
async fn a_ticket_that_can_not_be_planned_is_planned_again_at_the_next_start() {
    let scene = Scene::urgent().await;
    let store = &scene.state().store;
    store
        .run_sql(
            "UPDATE tickets SET document = replace(document, '\"kind\":\"register\"', '\"kind\":\"enrol\"')",
        )
        .await;
    scene.work().await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, []);
    store
        .run_sql(
            "UPDATE tickets SET document = replace(document, '\"kind\":\"enrol\"', '\"kind\":\"register\"')",
        )
        .await;
    let _again = start_again(&scene).await;
    assert_eq!(scene.kinds(&scene.company.supervisor).await, [Urgent]);
}

/// An urgent ticket on a server that sends mail; the engineer's lead has an address.
async fn with_mail(port: u16) -> (Scene, Person) {
    let scene = Scene::on(TestServer::builder().mail(port).start().await, Urgency::Urgent).await;
    let lead = person(9, "lead", Role::Supervisor, EAST);
    add(scene.state(), &lead, Some("lead@example.com")).await;
    scene.work().await;
    (scene, lead)
}

#[tokio::test]
async fn a_mail_that_has_not_left_yet_is_given_up_and_not_corrected() {
    let port = free_port();
    let (mut scene, lead) = with_mail(port).await;
    scene.pass(HOUR).await;
    let contacted = scene.engineer.make(scene.ticket, contacted());
    scene.pass(HOUR + MINUTE).await;
    scene.state().ringing.deliver().await.unwrap();
    scene.engineer.push(&[contacted]).await;
    scene.pass(HOUR).await;
    let sink = Sink::listen(port).await;
    scene.state().ringing.deliver().await.unwrap();
    let subjects = sink.subjects();
    assert_eq!(subjects.len(), 1, "{subjects:?}");
    assert!(subjects[0].starts_with("Urgent"), "{subjects:?}");
    let in_product = scene.told(&lead).await;
    assert_eq!(in_product.len(), 3, "there it was told, and is taken back: {in_product:?}");
}

#[tokio::test]
async fn a_correction_waits_until_a_mail_that_may_have_left_is_sure_to_have() {
    let port = free_port();
    let sink = Sink::listen(port).await;
    let (mut scene, _) = with_mail(port).await;
    scene.state().ringing.deliver().await.unwrap();
    scene.pass(HOUR).await;
    let contacted = scene.engineer.make(scene.ticket, contacted());
    scene.pass(HOUR + MINUTE).await;
    // Killed while it was sent.
    let killed =
        "UPDATE deliveries SET trying_since = 1, next_try = next_try + 600000 WHERE delivered_at IS NULL";
    scene.state().store.run_sql(killed).await;
    scene.engineer.push(&[contacted]).await;
    scene.pass(MINUTE).await;
    scene.state().ringing.deliver().await.unwrap();
    assert_eq!(sink.mails().len(), 1);
    scene.pass(10 * MINUTE).await;
    scene.state().ringing.deliver().await.unwrap();
    let subjects = sink.subjects();
    let [_, late, corrected] = &subjects[..] else { panic!("{subjects:?}") };
    assert!(late.starts_with("Overdue") && corrected.starts_with("Taken back: Overdue"), "{subjects:?}");
}

#[tokio::test]
async fn somebody_who_was_deactivated_meanwhile_gets_no_mail_any_more() {
    let port = free_port();
    let sink = Sink::listen(port).await;
    let (mut scene, lead) = with_mail(port).await;
    change(scene.state(), Person { active: false, ..lead.clone() }).await;
    scene.state().ringing.deliver().await.unwrap();
    change(scene.state(), lead).await;
    scene.pass(HOUR).await;
    scene.state().ringing.deliver().await.unwrap();
    assert_eq!(sink.mails().len(), 0);
}

#[tokio::test]
async fn what_is_too_old_to_be_news_is_given_up_untried() {
    let port = free_port();
    let (scene, _) = with_mail(port).await;
    scene.state().clock.advance_millis(8 * Timestamp::DAY_MS);
    let sink = Sink::listen(port).await;
    scene.state().ringing.deliver().await.unwrap();
    assert_eq!(sink.mails().len(), 0);
    assert_eq!(scene.state().store.next_delivery(Means::Email).await.unwrap(), None);
}

#[tokio::test]
async fn what_waits_for_a_means_that_is_switched_off_is_no_reason_to_wake_up_for_another() {
    let (scene, _) = with_mail(free_port()).await;
    let store = &scene.state().store;
    assert!(store.next_delivery(Means::Email).await.unwrap().is_some());
    assert_eq!(store.next_delivery(Means::Webhook).await.unwrap(), None);
}

#[tokio::test]
async fn a_webhook_hears_who_was_told_each_once_and_the_same_however_often_it_is_tried() {
    let (url, posted) = hook(1).await;
    let mut scene = Scene::on(TestServer::builder().webhook(url).start().await, Urgency::Urgent).await;
    let lead = person(9, "lead", Role::Supervisor, SERVICE);
    add(scene.state(), &lead, None).await;
    // Both a supervisor and accountable.
    let assigned = scene.office.assign(scene.ticket, &lead);
    scene.office.push(&[assigned]).await;
    scene.work().await;
    scene.state().ringing.deliver().await.unwrap();
    change(scene.state(), Person { name: "renamed".to_owned(), ..lead.clone() }).await;
    change(scene.state(), Person { active: false, ..scene.company.supervisor.clone() }).await;
    scene.pass(10 * MINUTE).await;
    scene.state().ringing.deliver().await.unwrap();
    let bodies: Vec<_> = posted.lock().unwrap().iter().map(|(_, body)| body.clone()).collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0], bodies[1]);
    let body: serde_json::Value = serde_json::from_str(&bodies[0]).unwrap();
    let people: Vec<PersonId> = body["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|person| serde_json::from_value(person["id"].clone()).unwrap())
        .collect();
    assert_eq!(people, [scene.company.supervisor.id, lead.id]);
}

#[tokio::test]
async fn a_webhook_that_does_not_answer_holds_no_mail_up() {
    let called: Arc<Notify> = Arc::default();
    let ring = Arc::clone(&called);
    let silent = axum::routing::post(move || async move {
        ring.notify_one();
        std::future::pending::<StatusCode>().await
    });
    let url = listen(silent).await;
    let port = free_port();
    let sink = Sink::listen(port).await;
    let server = TestServer::builder().mail(port).webhook(url).start().await;
    let mut scene = Scene::on(server, Urgency::Urgent).await;
    add(scene.state(), &person(9, "lead", Role::Supervisor, EAST), Some("lead@example.com")).await;
    scene.work().await;
    let keeping = tokio::spawn(scene.state().ringing.clone().keep_delivering(scene.state().shutdown.clone()));
    called.notified().await;
    scene.pass(2 * HOUR + MINUTE).await;
    sink.holds(2).await;
    let now = scene.state().clock.now();
    let waiting = scene.state().store.due_deliveries(Means::Webhook, now, 10).await.unwrap();
    assert!(!waiting.is_empty() && waiting.iter().all(|delivery| delivery.attempts == 0), "{waiting:?}");
    scene.state().shutdown.request();
    keeping.await.unwrap();
}

#[tokio::test]
async fn what_is_old_is_deleted_and_not_told_again() {
    let port = free_port();
    let sink = Sink::listen(port).await;
    let (scene, lead) = with_mail(port).await;
    scene.state().ringing.deliver().await.unwrap();
    let store = &scene.state().store;
    let mut chores = Chores { begun: false, next_cleaning: scene.state().clock.now() };
    scene.state().ringing.turn(&mut chores).await.unwrap();
    assert_eq!((scene.kinds(&lead).await, store.deliveries_kept().await), (vec![Urgent], 1));
    // 181 days.
    store
        .run_sql(
            "UPDATE notices SET told_at = told_at - 15638400000; UPDATE deliveries SET made_at = made_at - 15638400000",
        )
        .await;
    scene.state().ringing.turn(&mut chores).await.unwrap();
    assert_eq!(scene.kinds(&lead).await, [Urgent], "once a day is enough");
    let again = start_again(&scene).await;
    assert_eq!((scene.kinds(&lead).await, store.deliveries_kept().await), (vec![], 0));
    again.state.store.plan_all_again().await.unwrap();
    again.state.ringing.work().await.unwrap();
    assert_eq!((scene.kinds(&lead).await, store.deliveries_kept().await), (vec![], 0));
    assert_eq!(sink.mails().len(), 1);
}

#[tokio::test]
async fn of_each_person_the_newest_thousand_notices_are_kept() {
    let scene = Scene::urgent().await;
    scene.work().await;
    let told = scene.told(&scene.company.supervisor).await;
    scene
        .state()
        .store
        .run_sql(
            "INSERT INTO notices (key, person, told_at, body) \
             WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 1600) \
             SELECT person || number, person, told_at, body FROM notices, numbers",
        )
        .await;
    let _again = start_again(&scene).await;
    for person in [&scene.company.supervisor, &scene.company.east_engineer] {
        let kept = scene.state().store.notices(person.id, None, 2_000).await.unwrap().0;
        assert_eq!(kept.len(), 1_000);
        assert!(kept.iter().all(|kept| kept.id > told[0].id), "the oldest go");
    }
}
