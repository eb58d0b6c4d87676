//! What becomes of work that comes in after its author has lost the right to it, over HTTP and down to the disk.

use domain::people::{Department, DepartmentFunction, Person, Role};
use domain::ticket::{
    Action, Admission, Change, Completion, NewUrgency, Progress, ProgressKind, Reason, ResponsibleParty,
    Stage, Ticket, Urgency,
};
use domain::{ChangeId, DepartmentId, Refusal, TicketId, Timestamp};
use serde_json::{Value, json};
use sync::messages::{Event, PushResponse, Verdict};
use sync::parked::{Admit, Decline, ParkedPage};
use uuid::Uuid;

use crate::store::chain::Verified;
use crate::sync::testing::{Company, DESK, EAST, SOUTH, Tablet, person};

fn verdicts(response: PushResponse) -> Vec<Verdict> {
    response.verdicts.into_iter().map(|judged| judged.verdict).collect()
}

fn parked(because: Refusal) -> Verdict {
    Verdict::Parked { because }
}

fn urgent() -> Action {
    Action::SetUrgency(NewUrgency { urgency: Urgency::Urgent, reason: String::new() })
}

fn on_my_way() -> Action {
    Action::LogProgress(Progress { kind: ProgressKind::OnTheWay, note: String::new(), promised: None })
}

fn done() -> Action {
    Action::Complete(Completion {
        found: "轴承磨损".into(),
        done: "更换轴承".into(),
        cause: String::new(),
        responsible: ResponsibleParty::Unknown,
        remaining: String::new(),
    })
}

/// An engineer who worked offline and came back after a colleague had got the ticket.
struct LateReturn {
    company: Company,
    desk: Tablet,
    supervisor: Tablet,
    engineer: Tablet,
    ticket: TicketId,
}

impl LateReturn {
    /// The engineer has the ticket before them and no network; their department and the ticket are somebody else's by now.
    async fn begin() -> Self {
        let company = Company::open().await;
        let mut desk = company.tablet(&company.agent).await;
        let mut engineer = company.tablet(&company.east_engineer).await;
        let mut supervisor = company.tablet(&company.supervisor).await;
        let registered = desk.register();
        let ticket = registered.ticket;
        let to_east = desk.assign(ticket, &company.east_engineer);
        applied(&desk, &[registered, to_east]).await;
        engineer.pull().await;
        engineer.clock = engineer.clock.plus_millis(Timestamp::MINUTE_MS);
        supervisor.pull().await;
        company.state.clock.advance_millis(Timestamp::HOUR_MS);
        company.move_to(&company.east_engineer, SOUTH).await;
        let mine = Person { department: EAST, ..company.south_engineer.clone() };
        company.move_to(&mine, EAST).await;
        let to_colleague = desk.assign(ticket, &mine);
        applied(&desk, &[to_colleague]).await;
        company.state.clock.advance_millis(Timestamp::HOUR_MS);
        Self { company, desk, supervisor, engineer, ticket }
    }

    /// One change that waits for a decision.
    async fn with_one_parked() -> (Self, Change) {
        let mut late = Self::begin().await;
        let change = late.engineer.make(late.ticket, urgent());
        let verdict = verdicts(late.engineer.push(std::slice::from_ref(&change)).await);
        assert_eq!(verdict, [parked(Refusal::OutOfScope)]);
        (late, change)
    }

    async fn sent_again(&self, change: &Change) -> Verdict {
        verdicts(self.engineer.push(std::slice::from_ref(change)).await).remove(0)
    }

    async fn revision(&self) -> u64 {
        self.company.state.store.document(self.ticket).await.unwrap().unwrap().revision
    }
}

async fn applied(tablet: &Tablet, changes: &[Change]) {
    let verdicts = verdicts(tablet.push(changes).await);
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Applied { .. })), "{verdicts:?}");
}

async fn waiting(tablet: &Tablet) -> ParkedPage {
    serde_json::from_value(tablet.get("/api/parked").await).unwrap()
}

async fn ids_waiting(tablet: &Tablet) -> Vec<ChangeId> {
    waiting(tablet).await.parked.into_iter().map(|parked| parked.change.id).collect()
}

async fn admit(tablet: &Tablet, change: ChangeId) -> (u16, Value) {
    tablet.ask("/api/parked/admit", &Admit { change }).await
}

async fn decline(tablet: &Tablet, change: ChangeId, why: &str) -> (u16, Value) {
    tablet.ask("/api/parked/decline", &Decline { change, why: why.to_owned() }).await
}

fn answer(verdict: &Verdict) -> (u16, Value) {
    (200, serde_json::to_value(verdict).unwrap())
}

fn declined(by: &Person, why: &str) -> Verdict {
    Verdict::Refused { because: Refusal::Declined { by: by.id, why: why.to_owned() } }
}

#[tokio::test]
async fn facts_of_an_engineer_who_was_moved_count_and_the_office_decides_on_the_rest() {
    let mut late = LateReturn::begin().await;
    let ticket = late.ticket;
    let on_the_way = late.engineer.make(ticket, on_my_way());
    let first = late.engineer.make(ticket, urgent());
    let second = late.engineer.make(ticket, urgent());
    let all = [on_the_way, first.clone(), second.clone()];
    let because = || parked(Refusal::OutOfScope);
    assert_eq!(
        verdicts(late.engineer.push(&all).await),
        [Verdict::Applied { revision: 4 }, because(), because()]
    );
    assert_eq!(
        verdicts(late.engineer.push(&all).await),
        [Verdict::Duplicate { revision: 4 }, because(), because()],
        "they were judged: nothing is out of order, and nobody has decided yet"
    );
    assert_eq!(ids_waiting(&late.supervisor).await, [first.id, second.id]);

    let because = Refusal::Declined { by: late.company.supervisor.id, why: "客户已取消".into() };
    assert_eq!(admit(&late.supervisor, first.id).await, answer(&Verdict::Applied { revision: 5 }));
    let told = decline(&late.supervisor, second.id, "  客户已取消 ").await;
    assert_eq!(told, answer(&Verdict::Refused { because: because.clone() }));
    assert_eq!(ids_waiting(&late.supervisor).await, []);
    assert_eq!(
        verdicts(late.engineer.push(&all).await),
        [
            Verdict::Duplicate { revision: 4 },
            Verdict::Duplicate { revision: 5 },
            Verdict::Refused { because }
        ]
    );
    let store = &late.company.state.store;
    let document = store.document(ticket).await.unwrap().unwrap();
    assert_eq!(Ticket::of(&document).unwrap().urgency.value, Urgency::Urgent);
    assert_eq!(store.verify_chain().await.unwrap(), Verified::Whole { changes: 5 });
    crate::backup::verify(&late.company.state.config.data).await.unwrap();
}

#[tokio::test]
async fn what_was_let_in_happened_when_it_was_made_arrives_now_and_says_who_let_it_in() {
    let (late, change) = LateReturn::with_one_parked().await;
    let received = late.company.state.clock.now();
    late.company.state.clock.advance_millis(Timestamp::DAY_MS);
    admit(&late.supervisor, change.id).await;
    let document = late.company.state.store.document(late.ticket).await.unwrap().unwrap();
    let recorded = document.find(change.id).unwrap();
    assert_eq!(recorded.happened, change.claim.clock);
    assert_eq!(recorded.arrived, Some(received.plus_millis(Timestamp::DAY_MS)));
    assert_eq!(recorded.admitted, Some(Admission { by: late.company.supervisor.id, received }));
    assert_eq!(recorded.change, change);
}

#[tokio::test]
async fn what_was_let_in_reaches_every_device_like_any_other_change() {
    let (mut late, change) = LateReturn::with_one_parked().await;
    late.desk.pull().await;
    let mut listener = late.desk.listen().await;
    admit(&late.supervisor, change.id).await;
    let Some(Event::Changed(changed)) = listener.next().await else { panic!("nothing was told") };
    assert_eq!((changed.recorded.change, changed.revision), (change, 4));
    assert_eq!(late.desk.pull().await.documents[0].revision, 4);
}

#[tokio::test]
async fn a_parked_id_used_again_with_other_content_is_refused() {
    let (late, mut change) = LateReturn::with_one_parked().await;
    change.action = done();
    assert_eq!(late.sent_again(&change).await, Verdict::Refused { because: Refusal::IdReused });
    decline(&late.supervisor, change.id, "twice").await;
    assert_eq!(late.sent_again(&change).await, Verdict::Refused { because: Refusal::IdReused });
}

#[tokio::test]
async fn to_decide_the_same_again_changes_nothing_and_whoever_comes_second_hears_what_was_decided() {
    let (late, change) = LateReturn::with_one_parked().await;
    let by = &late.company.supervisor;
    assert_eq!(decline(&late.supervisor, change.id, "first").await, answer(&declined(by, "first")));
    assert_eq!(decline(&late.supervisor, change.id, "second").await, answer(&declined(by, "first")));
    assert_eq!(admit(&late.supervisor, change.id).await, answer(&declined(by, "first")));
    assert_eq!(late.revision().await, 3, "it is not in the record");

    let (late, change) = LateReturn::with_one_parked().await;
    assert_eq!(admit(&late.supervisor, change.id).await, answer(&Verdict::Applied { revision: 4 }));
    assert_eq!(admit(&late.supervisor, change.id).await, answer(&Verdict::Duplicate { revision: 4 }));
    let duplicate = answer(&Verdict::Duplicate { revision: 4 });
    assert_eq!(decline(&late.supervisor, change.id, "too late").await, duplicate);
    assert_eq!(late.revision().await, 4);
}

#[tokio::test]
async fn of_many_who_decide_at_once_one_decides() {
    let (late, change) = LateReturn::with_one_parked().await;
    // As long as this holds the database, nothing lands: all are decided upon what is in flight, or in one group.
    let turn = late.company.state.store.writer().await;
    let decisions = (0..8).map(|number| {
        let (supervisor, id) = (&late.supervisor, change.id);
        async move {
            if number % 2 == 0 {
                admit(supervisor, id).await
            } else {
                decline(supervisor, id, &number.to_string()).await
            }
        }
    });
    let release = async {
        tokio::task::yield_now().await;
        drop(turn);
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(decisions), release);
    let outcome = late.sent_again(&change).await;
    let stands = answer(&outcome);
    let first = answer(&Verdict::Applied { revision: 4 });
    assert!(answers.iter().all(|answer| *answer == stands || *answer == first), "{answers:?}");
    let is_in = matches!(outcome, Verdict::Duplicate { revision: 4 });
    assert_eq!(answers.iter().filter(|answer| **answer == first).count(), usize::from(is_in));
    assert_eq!(late.revision().await, if is_in { 4 } else { 3 });
}

#[tokio::test]
async fn what_no_longer_fits_the_ticket_stays_parked_and_the_reviewer_hears_why() {
    let (mut late, change) = LateReturn::with_one_parked().await;
    let cancelled = late.desk.make(late.ticket, Action::Cancel(Reason { reason: "重复登记".into() }));
    applied(&late.desk, &[cancelled]).await;
    let because = Refusal::StageForbids { stage: Stage::Cancelled };
    assert_eq!(admit(&late.supervisor, change.id).await, answer(&parked(because)));
    assert_eq!(ids_waiting(&late.supervisor).await, [change.id]);
    assert_eq!(
        late.sent_again(&change).await,
        parked(Refusal::OutOfScope),
        "to its author nothing has changed"
    );
    let reopened = late.desk.make(late.ticket, Action::Reopen(Reason { reason: "不是重复".into() }));
    applied(&late.desk, &[reopened]).await;
    assert_eq!(admit(&late.supervisor, change.id).await, answer(&Verdict::Applied { revision: 6 }));
}

#[tokio::test]
async fn a_change_is_declined_only_with_a_reason() {
    let (late, change) = LateReturn::with_one_parked().await;
    for (why, problem) in [(" \n", "missing"), (&"长".repeat(100_000 / 6), "too_long")] {
        let (status, body) = decline(&late.supervisor, change.id, why).await;
        assert_eq!(
            (status, &body),
            (422, &json!({ "error": "invalid", "field": "why", "problem": problem }))
        );
    }
    assert_eq!(ids_waiting(&late.supervisor).await, [change.id]);
}

/// A supervisor of another part of the company.
async fn supervisor_elsewhere(company: &Company) -> Tablet {
    let elsewhere = DepartmentId::from_uuid(Uuid::from_u128(0xd0ff));
    let department = Department {
        id: elsewhere,
        name: "产品部".into(),
        parent: None,
        function: DepartmentFunction::Product,
        regions: Vec::new(),
    };
    company.state.store.add_departments(&[department]).await.unwrap();
    company.hire(&person(9, "林静", Role::Supervisor, elsewhere)).await
}

#[tokio::test]
async fn nobody_sees_or_decides_what_concerns_a_ticket_out_of_their_sight() {
    let (late, change) = LateReturn::with_one_parked().await;
    let stranger = supervisor_elsewhere(&late.company).await;
    assert_eq!(waiting(&stranger).await, ParkedPage::default());
    let unknown = (404, json!({ "error": "unknown_parked" }));
    assert_eq!(admit(&stranger, change.id).await, unknown);
    assert_eq!(decline(&stranger, change.id, "none of mine").await, unknown);
    let nothing = ChangeId { device: change.id.device, seq: 77 };
    assert_eq!(admit(&stranger, nothing).await, unknown, "as if there were none");
    assert_eq!(admit(&late.supervisor, nothing).await, unknown);
    for tablet in [&late.desk, &late.engineer] {
        assert_eq!(admit(tablet, change.id).await, (403, json!({ "error": "role_may_not" })));
    }
    assert_eq!(ids_waiting(&late.supervisor).await, [change.id]);
    assert_eq!(late.sent_again(&change).await, parked(Refusal::OutOfScope));
}

#[tokio::test]
async fn those_who_decide_hear_of_it_and_so_does_the_author_and_nobody_else() {
    let mut late = LateReturn::begin().await;
    let mut stranger = supervisor_elsewhere(&late.company).await;
    let change = late.engineer.make(late.ticket, urgent());
    late.supervisor.pull().await;
    stranger.pull().await;
    let mut of_supervisor = late.supervisor.listen().await;
    let mut of_stranger = stranger.listen().await;
    let pushed = late.engineer.push(std::slice::from_ref(&change)).await;
    assert_eq!(verdicts(pushed), [parked(Refusal::OutOfScope)]);
    assert_eq!(of_supervisor.next().await, Some(Event::Parked));
    late.engineer.pull().await;
    let mut of_author = late.engineer.listen().await;
    decline(&late.supervisor, change.id, "done by others").await;
    assert_eq!(of_supervisor.next().await, Some(Event::Parked));
    assert_eq!(of_author.next().await, Some(Event::Parked));

    let elsewhere = stranger.register();
    applied(&stranger, std::slice::from_ref(&elsewhere)).await;
    let Some(Event::Changed(changed)) = of_stranger.next().await else { panic!("something else came first") };
    assert_eq!(changed.recorded.change, elsewhere);
}

#[tokio::test]
async fn a_registration_by_somebody_who_was_moved_waits_for_those_who_steer_its_department() {
    let company = Company::open().await;
    let mut engineer = company.tablet(&company.east_engineer).await;
    let registered = engineer.register();
    company.move_to(&company.east_engineer, DESK).await;
    let refusal = parked(Refusal::OutOfScope);
    assert_eq!(verdicts(engineer.push(std::slice::from_ref(&registered)).await), [refusal]);
    let stranger = supervisor_elsewhere(&company).await;
    assert_eq!(waiting(&stranger).await.waiting, 0);
    let supervisor = company.tablet(&company.supervisor).await;
    let page = waiting(&supervisor).await;
    assert_eq!((page.waiting, &page.parked[0].change, &page.parked[0].number), (1, &registered, &None));
    assert_eq!(admit(&supervisor, registered.id).await, answer(&Verdict::Applied { revision: 1 }));
    let document = company.state.store.document(registered.ticket).await.unwrap().unwrap();
    assert_eq!(Ticket::of(&document).unwrap().intake.registered_in, EAST);
    assert_eq!(document.number.unwrap().as_str(), "FB202405001");
}

#[tokio::test]
async fn what_is_parked_in_one_push_is_judged_once_however_often_it_is_sent() {
    let mut late = LateReturn::begin().await;
    let change = late.engineer.make(late.ticket, urgent());
    let twice = [change.clone(), change.clone()];
    let because = || parked(Refusal::OutOfScope);
    assert_eq!(verdicts(late.engineer.push(&twice).await), [because(), because()]);
    assert_eq!(ids_waiting(&late.supervisor).await, [change.id]);
    let page = waiting(&late.supervisor).await;
    assert_eq!(page.parked[0].received, late.company.state.clock.now());
    assert_eq!(page.parked[0].because, Refusal::OutOfScope);
    assert_eq!(page.parked[0].number.as_ref().unwrap().as_str(), "FB202405001");
}

#[tokio::test]
async fn a_decision_that_can_not_be_written_is_none() {
    let (late, change) = LateReturn::with_one_parked().await;
    let store = &late.company.state.store;
    store
        .run_sql("CREATE TRIGGER full_disk BEFORE UPDATE ON parked BEGIN SELECT RAISE(ABORT, 'no room'); END")
        .await;
    let not_written = (503, json!({ "error": "not_written" }));
    assert_eq!(admit(&late.supervisor, change.id).await, not_written);
    assert_eq!(late.revision().await, 3);
    assert_eq!(late.sent_again(&change).await, parked(Refusal::OutOfScope));
    store.run_sql("DROP TRIGGER full_disk").await;
    assert_eq!(admit(&late.supervisor, change.id).await, answer(&Verdict::Applied { revision: 4 }));
}

#[tokio::test]
async fn the_database_itself_keeps_what_came_and_what_was_decided() {
    let (late, change) = LateReturn::with_one_parked().await;
    let store = &late.company.state.store;
    assert!(!store.lets_pass("DELETE FROM parked").await);
    assert!(!store.lets_pass("UPDATE parked SET body = '{}'").await);
    assert!(!store.lets_pass("UPDATE parked SET decision = 'declined'").await, "without saying who and why");
    decline(&late.supervisor, change.id, "final").await;
    assert!(!store.lets_pass("UPDATE parked SET why = 'otherwise'").await);
}

#[tokio::test]
async fn a_parked_change_that_can_not_be_read_hides_no_other_and_takes_no_others_place() {
    let (mut late, first) = LateReturn::with_one_parked().await;
    let mut ids = vec![first.id];
    for _ in 0..4 {
        late.company.state.clock.advance_millis(1);
        let change = late.engineer.make(late.ticket, urgent());
        late.engineer.push(std::slice::from_ref(&change)).await;
        ids.push(change.id);
    }
    let store = &late.company.state.store;
    store.run_sql("DROP TRIGGER parked_changes_are_never_altered").await;
    store.run_sql("UPDATE parked SET body = substr(body, 2) WHERE device_seq IN (SELECT min(device_seq) + 1 FROM parked)").await;
    store
        .run_sql(
            "UPDATE parked SET because = 'no' WHERE device_seq IN (SELECT min(device_seq) + 2 FROM parked)",
        )
        .await;
    let page = waiting(&late.supervisor).await;
    let shown: Vec<_> = page.parked.iter().map(|parked| parked.change.id).collect();
    assert_eq!((shown, page.waiting, page.unread), (vec![ids[0], ids[3], ids[4]], 3, 2));

    let page = store.undecided(|_| true, 2).await.unwrap();
    let shown: Vec<_> = page.parked.iter().map(|parked| parked.change.id).collect();
    assert_eq!((shown, page.waiting), (vec![ids[0], ids[3]], 3));
    store.run_sql("UPDATE parked SET body = substr(body, 2)").await;
    assert_eq!(
        store.undecided(|_| true, 0).await.unwrap().waiting,
        5,
        "of what is not shown nothing is read"
    );
}

#[tokio::test]
async fn verify_names_a_parked_change_that_is_not_what_it_was() {
    const LIFT: &str = "DROP TRIGGER parked_changes_are_never_altered; DROP TRIGGER parked_changes_are_never_removed; \
                        DROP TRIGGER decisions_are_final";
    let spoilt = [
        ("UPDATE parked SET ticket = device", "its columns do not say"),
        ("UPDATE parked SET body = replace(body, 'urgent', 'normal')", "the record says otherwise"),
        ("UPDATE parked SET because = 'no'", "its columns do not say"),
        ("UPDATE parked SET decision = 'declined', why = 'no'", "the record says otherwise"),
        ("UPDATE parked SET decided_by = author", "the record says otherwise"),
        ("UPDATE parked SET device_seq = 99", "not known to have sent"),
        ("DELETE FROM parked", "it was not parked"),
    ];
    for (sql, expected) in spoilt {
        let (late, change) = LateReturn::with_one_parked().await;
        admit(&late.supervisor, change.id).await;
        let data = &late.company.state.config.data;
        crate::backup::verify(data).await.unwrap();
        late.company.state.store.run_sql(LIFT).await;
        late.company.state.store.run_sql(sql).await;
        let complaint = crate::backup::verify(data).await.unwrap_err().to_string();
        assert!(complaint.contains(expected), "{sql}: {complaint}");
    }
}

#[tokio::test]
async fn a_change_of_a_ticket_its_author_never_saw_fills_no_queue() {
    let late = LateReturn::begin().await;
    let mut guessing = late.company.tablet(&late.company.east_engineer).await;
    let guess = guessing.make(late.ticket, done());
    let refused = Verdict::Refused { because: Refusal::UnknownTicket };
    assert_eq!(verdicts(guessing.push(&[guess]).await), [refused]);
    assert_eq!(waiting(&late.supervisor).await.waiting, 0);
}
