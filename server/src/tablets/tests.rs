//! Devices that were lost, wiped, put aside and found again, over HTTP.

use std::collections::BTreeSet;

use domain::people::Role;
use domain::ticket::{Action, Comment, FileHash};
use domain::{DeviceId, Refusal, TicketId, Timestamp};
use serde_json::{Value, json};
use sync::OutboxState;
use sync::messages::PROTOCOL;
use sync::tablets::{Heard, Standing, Tablet as Listed, TabletsPage};
use uuid::Uuid;

use crate::rescue::testing::{archive, entry, manifest, seal, waiting};
use crate::sync::testing::{Company, DESK, EAST, SOUTH, Tablet, hash_of, person};

/// An engineer in the east with a ticket, and those who may ask where their work is.
struct East {
    company: Company,
    tablet: Tablet,
    supervisor: Tablet,
    ticket: TicketId,
}

/// As much of a photo as it takes to be one.
const PHOTO: &[u8] = b"\xff\xd8\xff\xe0 a plate";

impl East {
    async fn open() -> Self {
        let company = Company::open().await;
        let mut desk = company.tablet(&company.agent).await;
        let registered = desk.register();
        let ticket = registered.ticket;
        let assigned = desk.assign(ticket, &company.east_engineer);
        desk.push(&[registered, assigned]).await;
        let mut tablet = company.tablet(&company.east_engineer).await;
        tablet.pull().await;
        let supervisor = company.tablet(&company.supervisor).await;
        Self { company, tablet, supervisor, ticket }
    }

    fn later(&self, millis: i64) {
        self.company.state.clock.advance_millis(millis);
    }

    /// The same person signs in where nothing is left of what was there before.
    async fn wiped(&self) -> Tablet {
        self.later(Timestamp::MINUTE_MS);
        self.company.tablet(&self.tablet.person).await
    }

    async fn listed(&self) -> Vec<Listed> {
        listed_for(&self.supervisor).await.tablets
    }

    async fn look_into(&self, by: &Tablet, listed: &Listed, why: &str) -> u16 {
        by.post_to("/api/tablets/looked-into", &finding(listed, why)).await
    }

    async fn bring(&self, by: &Tablet, parts: &[(String, Vec<u8>)]) {
        let parts = [&[manifest(self.tablet.person.id)], parts].concat();
        let file = seal(self.company.state.rescue.public_key(), &archive(&parts), 1024);
        let response = by.request(reqwest::Method::POST, "/api/rescue").body(file).send().await.unwrap();
        assert_eq!(response.status(), 200);
    }
}

fn finding(listed: &Listed, why: &str) -> Value {
    json!({ "device": listed.device, "last_heard": listed.last_heard, "why": why })
}

fn standing(tablet: &Tablet, made: u64, waiting: u64) -> Standing {
    let (device, person) = (tablet.device, tablet.person.id);
    Standing {
        protocol: PROTOCOL,
        device,
        person,
        made,
        waiting,
        refused: 0,
        files: BTreeSet::new(),
        files_unseen: false,
    }
}

fn with_files(standing: Standing, contents: &[&[u8]]) -> Standing {
    Standing { files: contents.iter().map(|content| hash_of(content)).collect(), ..standing }
}

async fn say(tablet: &Tablet, standing: &Standing) -> Vec<Listed> {
    let response = tablet.post("standing", standing).await;
    assert_eq!(response.status(), 200);
    response.json::<Heard>().await.unwrap().left_behind
}

async fn refusal(tablet: &Tablet, standing: &Value) -> (u16, Value) {
    let (status, body) = tablet.ask("/api/sync/standing", standing).await;
    (status, body["error"].clone())
}

async fn listed_for(tablet: &Tablet) -> TabletsPage {
    serde_json::from_value(tablet.get("/api/tablets").await).unwrap()
}

fn counts(listed: &Listed) -> (u64, u64, u64) {
    (listed.waiting, listed.refused, listed.files)
}

#[tokio::test]
async fn of_a_wiped_tablet_its_person_and_those_who_look_after_them_are_told() {
    let east = East::open().await;
    let lost = with_files(standing(&east.tablet, 3, 3), &[PHOTO, b"another"]);
    assert_eq!(say(&east.tablet, &lost).await, []);
    let told_at = east.company.state.clock.now();
    let listed = east.listed().await;
    assert_eq!(
        listed.iter().map(|listed| (counts(listed), listed.overdue)).collect::<Vec<_>>(),
        [((3, 0, 2), false)]
    );

    let wiped = east.wiped().await;
    let left_behind = say(&wiped, &standing(&wiped, 0, 0)).await;
    let expected = Listed {
        device: east.tablet.device,
        person: east.tablet.person.id,
        first_heard: told_at,
        last_heard: told_at,
        waiting: 3,
        refused: 0,
        files: 2,
        overdue: true,
    };
    assert_eq!(left_behind, [expected]);
    assert_eq!(listed_for(&east.supervisor).await, TabletsPage { tablets: left_behind, overdue: 1 });
}

#[tokio::test]
async fn a_tablet_that_is_heard_of_again_speaks_for_itself() {
    let east = East::open().await;
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    let second = east.wiped().await;
    assert_eq!(say(&second, &standing(&second, 0, 0)).await.len(), 1);

    east.later(Timestamp::MINUTE_MS);
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    assert!(!east.listed().await[0].overdue, "it holds what it held, and is there");
    assert_eq!(say(&second, &standing(&second, 0, 0)).await, [], "nobody began with another one since");
    say(&east.tablet, &standing(&east.tablet, 3, 0)).await;
    assert_eq!(east.listed().await, []);
}

#[tokio::test]
async fn whoever_uses_two_tablets_has_lost_neither_unless_one_is_silent_for_a_day() {
    let east = East::open().await;
    let second = east.wiped().await;
    say(&second, &standing(&second, 0, 0)).await;
    east.later(Timestamp::MINUTE_MS);
    say(&east.tablet, &standing(&east.tablet, 1, 1)).await;
    east.later(Timestamp::HOUR_MS);
    assert_eq!(say(&second, &standing(&second, 0, 0)).await, []);
    east.later(Timestamp::DAY_MS);
    assert_eq!(say(&second, &standing(&second, 0, 0)).await.len(), 1);
}

#[tokio::test]
async fn a_tablet_that_listens_is_missed_by_nobody_whatever_else_its_person_uses() {
    let mut east = East::open().await;
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    east.tablet.pull().await;
    let mut stream = east.tablet.listen().await;
    let second = east.wiped().await;
    assert_eq!(say(&second, &standing(&second, 0, 0)).await, []);
    east.later(3 * Timestamp::DAY_MS);
    assert_eq!(east.listed().await.iter().map(|listed| listed.overdue).collect::<Vec<_>>(), [false]);

    let state = &east.company.state;
    state.store.end_session(east.tablet.session).await.unwrap();
    state.sessions.announce_endings();
    while stream.next().await.is_some() {}
    east.later(Timestamp::DAY_MS - 1);
    say(&second, &standing(&second, 0, 0)).await;
    assert!(!east.listed().await[0].overdue, "it has only just gone");
    east.later(1);
    assert!(east.listed().await[0].overdue);
}

#[tokio::test]
async fn an_only_tablet_is_missed_after_a_week_without_a_word() {
    let east = East::open().await;
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    east.later(7 * Timestamp::DAY_MS - 1);
    assert!(!east.listed().await[0].overdue, "engineers are days without a network");
    east.later(1);
    assert!(east.listed().await[0].overdue);
}

#[tokio::test]
async fn files_that_a_tablet_can_not_see_are_missed_as_before() {
    let east = East::open().await;
    let seen = with_files(standing(&east.tablet, 3, 3), &[PHOTO, b"another"]);
    say(&east.tablet, &seen).await;
    let unseen = Standing { files_unseen: true, ..standing(&east.tablet, 4, 1) };
    say(&east.tablet, &unseen).await;
    assert_eq!(counts(&east.listed().await[0]), (1, 0, 2));
    say(&east.tablet, &with_files(standing(&east.tablet, 4, 0), &[PHOTO])).await;
    assert_eq!(counts(&east.listed().await[0]), (0, 0, 1), "it sees them again");

    let new = east.company.tablet(&east.company.south_engineer).await;
    say(&new, &Standing { files_unseen: true, ..standing(&new, 1, 1) }).await;
    let listed = east.listed().await;
    let new = listed.iter().find(|listed| listed.device == new.device).unwrap();
    assert_eq!(counts(new), (1, 0, 0));
}

#[tokio::test]
async fn a_tablet_that_had_pushed_before_it_was_heard_of_is_not_new() {
    let mut east = East::open().await;
    let mut old = east.company.tablet(&east.tablet.person).await;
    old.pull().await;
    let said = old.comment(east.ticket, "先看一下");
    old.push(&[said]).await;
    east.later(Timestamp::MINUTE_MS);
    let waits = east.tablet.comment(east.ticket, "还在路上");
    say(&east.tablet, &standing(&east.tablet, waits.id.seq, 1)).await;
    east.later(Timestamp::MINUTE_MS);
    assert_eq!(say(&old, &standing(&old, 1, 0)).await, []);
}

#[tokio::test]
async fn what_has_come_since_is_not_missed_though_the_tablet_said_no_more() {
    let mut east = East::open().await;
    let changes: Vec<_> = ["一", "二", "三"].map(|text| east.tablet.comment(east.ticket, text)).into();
    let attached = east.tablet.attach(east.ticket, PHOTO);
    let lost = with_files(standing(&east.tablet, 4, 4), &[PHOTO, b"another"]);
    say(&east.tablet, &lost).await;
    east.tablet.push(&changes[..2]).await;
    assert_eq!(counts(&east.listed().await[0]), (2, 0, 2));
    east.tablet.push(&[changes[2].clone(), attached]).await;
    assert_eq!(east.tablet.upload(east.ticket, PHOTO).await.status(), 201);
    assert_eq!(counts(&east.listed().await[0]), (0, 0, 1));
}

#[tokio::test]
async fn what_a_rescue_file_has_brought_is_not_missed_whoever_brought_it() {
    let mut east = East::open().await;
    let refused = east.tablet.make(east.ticket, Action::Comment(Comment { text: "三".to_owned() }));
    let changes: Vec<_> = ["一", "二"].map(|text| east.tablet.comment(east.ticket, text)).into();
    let attached = east.tablet.attach(east.ticket, PHOTO);
    let lost = Standing { refused: 1, ..with_files(standing(&east.tablet, 4, 3), &[PHOTO]) };
    say(&east.tablet, &lost).await;
    let second = east.wiped().await;
    say(&second, &standing(&second, 0, 0)).await;
    assert_eq!(counts(&east.listed().await[0]), (3, 1, 1));

    let because = Refusal::NotConfirmed;
    let told = OutboxState::Refused { because, at: east.company.state.clock.now() };
    let mut parts: Vec<_> = changes.iter().chain([&attached]).map(waiting).collect();
    parts.push(entry(&refused, told));
    parts.push((format!("files/{}", hash_of(PHOTO)), PHOTO.to_vec()));
    east.bring(&east.supervisor, &parts).await;
    assert_eq!(east.listed().await, []);
    assert_eq!(say(&second, &standing(&second, 0, 0)).await, []);
}

#[tokio::test]
async fn what_a_rescue_file_lacks_is_missed_still() {
    let mut east = East::open().await;
    let written = east.tablet.comment(east.ticket, "一");
    let lost = with_files(standing(&east.tablet, 3, 3), &[PHOTO]);
    say(&east.tablet, &lost).await;
    east.bring(&east.supervisor, &[waiting(&written)]).await;
    assert_eq!(counts(&east.listed().await[0]), (2, 0, 1));
}

#[tokio::test]
async fn a_rescue_file_that_has_the_newest_change_alone_hides_none_of_those_before_it() {
    let mut east = East::open().await;
    let [_, _, newest] = ["一", "二", "三"].map(|text| east.tablet.comment(east.ticket, text));
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    east.bring(&east.supervisor, &[waiting(&newest)]).await;
    assert_eq!(counts(&east.listed().await[0]), (2, 0, 0));
}

#[tokio::test]
async fn a_rescue_file_from_before_a_refusal_does_not_settle_it() {
    let mut east = East::open().await;
    let told = OutboxState::Refused { because: Refusal::NotConfirmed, at: east.company.state.clock.now() };
    let [before, after] = ["一", "二"].map(|text| east.tablet.comment(east.ticket, text));
    let refused = Standing { refused: 1, ..standing(&east.tablet, 2, 0) };
    say(&east.tablet, &refused).await;
    east.bring(&east.supervisor, &[entry(&before, told.clone())]).await;
    assert_eq!(counts(&east.listed().await[0]), (0, 1, 0), "it was written earlier");
    east.bring(&east.supervisor, &[entry(&after, told)]).await;
    assert_eq!(east.listed().await, []);
}

#[tokio::test]
async fn what_was_looked_into_is_listed_no_more_until_the_tablet_is_heard_of_again() {
    let east = East::open().await;
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    let listed = east.listed().await.remove(0);
    let (supervisor, why) = (&east.supervisor, "掉进海里了，按客户的说法补记");
    let (status, answer) = supervisor.ask("/api/tablets/looked-into", &finding(&listed, "  ")).await;
    assert_eq!((status, answer), (422, json!({ "error": "invalid", "field": "why", "problem": "missing" })));
    assert_eq!(east.look_into(supervisor, &listed, why).await, 204);
    assert_eq!(east.listed().await, []);
    assert_eq!(east.look_into(supervisor, &listed, why).await, 404, "somebody was quicker");

    east.later(2 * Timestamp::MINUTE_MS);
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    assert_eq!(counts(&east.listed().await[0]), (3, 0, 0));
    assert_eq!(east.look_into(supervisor, &listed, why).await, 404, "it has been heard of since");
}

#[tokio::test]
async fn a_finding_is_never_altered_or_removed() {
    let east = East::open().await;
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    let listed = east.listed().await.remove(0);
    assert_eq!(east.look_into(&east.supervisor, &listed, "找到了").await, 204);
    let store = &east.company.state.store;
    assert!(!store.lets_pass("UPDATE tablets_looked_into SET why = ''").await);
    assert!(!store.lets_pass("DELETE FROM tablets_looked_into").await);
    let now = east.company.state.clock.now();
    let kept = (listed.device, east.supervisor.person.id, now, "找到了".to_owned());
    assert_eq!(store.findings().await, [kept]);
}

#[tokio::test]
async fn only_those_who_look_after_a_person_see_their_tablets_or_say_what_became_of_them() {
    let east = East::open().await;
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    let listed = east.listed().await.remove(0);
    let company = &east.company;
    let south = company.hire(&person(11, "南区主管", Role::Supervisor, SOUTH)).await;
    let desk = company.hire(&person(12, "客服主管", Role::Supervisor, DESK)).await;
    for other in [&south, &desk] {
        assert_eq!(listed_for(other).await, TabletsPage::default(), "{}", other.person.name);
        assert_eq!(east.look_into(other, &listed, "丢了").await, 404, "{}", other.person.name);
    }
    let team = company.hire(&person(13, "东区主管", Role::Supervisor, EAST)).await;
    let admin = company.hire(&person(14, "管理员", Role::Admin, DESK)).await;
    for owner in [&team, &admin] {
        assert_eq!(listed_for(owner).await.tablets, vec![listed.clone()], "{}", owner.person.name);
    }
    let colleague = company.tablet(&company.south_engineer).await;
    east.later(Timestamp::MINUTE_MS);
    assert_eq!(say(&colleague, &standing(&colleague, 0, 0)).await, [], "nobody is told of others' tablets");
    assert!(!east.listed().await[0].overdue, "and somebody else's tablet is no sign of anything");
}

#[tokio::test]
async fn nobody_speaks_for_somebody_elses_tablet() {
    let east = East::open().await;
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    let mut pushed = east.company.tablet(&east.tablet.person).await;
    pushed.pull().await;
    let said = pushed.comment(east.ticket, "到了");
    pushed.push(&[said]).await;
    let stranger = east.company.tablet(&east.company.south_engineer).await;
    let own = standing(&stranger, 0, 0);
    let forged = [
        Standing { device: east.tablet.device, ..own.clone() },
        Standing { device: pushed.device, ..own.clone() },
        // Somebody else has signed in on the same browser.
        Standing { person: east.tablet.person.id, ..own },
    ];
    for forged in forged {
        let forged = serde_json::to_value(forged).unwrap();
        assert_eq!(refusal(&stranger, &forged).await, (403, json!("foreign_device")));
    }
    assert_eq!(counts(&east.listed().await[0]), (3, 0, 0));
}

#[tokio::test]
async fn whoever_names_a_file_is_not_told_that_somebody_else_has_brought_it() {
    let mut east = East::open().await;
    let attached = east.tablet.attach(east.ticket, PHOTO);
    east.tablet.push(&[attached]).await;
    assert_eq!(east.tablet.upload(east.ticket, PHOTO).await.status(), 201);
    let curious = east.company.tablet(&east.company.south_engineer).await;
    say(&curious, &with_files(standing(&curious, 0, 0), &[PHOTO])).await;
    east.later(Timestamp::MINUTE_MS);
    let second = east.company.tablet(&east.company.south_engineer).await;
    assert_eq!(counts(&say(&second, &standing(&second, 0, 0)).await[0]), (0, 0, 1));
}

#[tokio::test]
async fn nothing_of_the_tickets_is_told() {
    let mut east = East::open().await;
    let attached = east.tablet.attach(east.ticket, PHOTO);
    say(&east.tablet, &with_files(standing(&east.tablet, attached.id.seq, 1), &[PHOTO])).await;
    let wiped = east.wiped().await;
    let response = wiped.post("standing", &standing(&wiped, 0, 0)).await.text().await.unwrap();
    let page = east.supervisor.get("/api/tablets").await.to_string();
    for told in [response, page] {
        assert!(told.contains(&east.tablet.device.to_string()));
        for secret in [east.ticket.to_string(), hash_of(PHOTO).to_string(), "王芳".to_owned()] {
            assert!(!told.contains(&secret), "{told}");
        }
    }
}

#[tokio::test]
async fn a_standing_that_no_tablet_has_is_refused_and_one_that_is_out_of_bounds_does_no_harm() {
    let east = East::open().await;
    let tablet = &east.tablet;
    let said = |key: &str, value: Value| {
        let mut standing = serde_json::to_value(standing(tablet, 3, 3)).unwrap();
        standing[key] = value;
        standing
    };
    let files = |count: u16| -> Value {
        let hash = |number: u16| {
            let mut digest = [0; 32];
            digest[..2].copy_from_slice(&number.to_be_bytes());
            FileHash::from_digest(digest)
        };
        json!((0..count).map(hash).collect::<Vec<_>>())
    };
    assert_eq!(refusal(tablet, &said("protocol", json!(9))).await, (426, json!("wrong_protocol")));
    assert_eq!(refusal(tablet, &said("waiting", json!(-1))).await, (400, json!("malformed")));
    assert_eq!(refusal(tablet, &said("files", json!(["x"]))).await, (400, json!("malformed")));
    assert_eq!(refusal(tablet, &said("files", files(501))).await, (413, json!("too_large")));
    assert_eq!(refusal(tablet, &said("files", files(500))).await, (200, Value::Null));
    for number in ["made", "waiting", "refused"] {
        assert_eq!(refusal(tablet, &said(number, json!(u64::MAX))).await, (200, Value::Null), "{number}");
    }
    assert_eq!(counts(&east.listed().await[0]), (3, i64::MAX as u64, 0));
}

#[tokio::test]
async fn what_is_known_already_is_not_written_again_within_a_minute() {
    let east = East::open().await;
    let last_heard = async || east.listed().await[0].last_heard;
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    let first = last_heard().await;
    east.later(Timestamp::MINUTE_MS - 1);
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    assert_eq!(last_heard().await, first);
    say(&east.tablet, &standing(&east.tablet, 4, 4)).await;
    assert_eq!(last_heard().await, first.plus_millis(Timestamp::MINUTE_MS - 1));
    east.later(Timestamp::MINUTE_MS);
    say(&east.tablet, &standing(&east.tablet, 4, 4)).await;
    assert_eq!(last_heard().await, first.plus_millis(2 * Timestamp::MINUTE_MS - 1));
}

#[tokio::test]
async fn of_too_many_tablets_of_a_person_those_that_held_nothing_are_forgotten_first() {
    let mut east = East::open().await;
    say(&east.tablet, &standing(&east.tablet, 3, 3)).await;
    let holding = east.tablet.device;
    for number in 0..120 {
        east.later(1);
        east.tablet.device = DeviceId::from_uuid(Uuid::from_u128(0xf000 + number));
        assert_eq!(say(&east.tablet, &standing(&east.tablet, 0, 0)).await.len(), 1);
    }
    let known = east.company.state.store.tablets_known().await;
    assert_eq!((known, east.listed().await[0].device), (100, holding));
}
