//! The smaller things of the browser that the app relies on.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use app::device::drafts::Draft;
use app::device::intl::{self, Form};
use app::device::writer_lock::{Claim, WriterLock};
use app::device::{clock, network, session};
use app::i18n::Locale;
use domain::people::{Person, Role};
use domain::{DepartmentId, PersonId, Timestamp};
use uuid::Uuid;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const NOON_UTC: Timestamp = Timestamp::from_millis(1_795_262_400_000); // 2026-11-21T12:00:00Z

#[wasm_bindgen_test]
fn dates_and_numbers_are_written_as_each_language_has_them() {
    assert_eq!(intl::instant(Locale::ZhCn, NOON_UTC, Form::FullDay), "2026年11月21日");
    assert_eq!(intl::instant(Locale::ZhTw, NOON_UTC, Form::Day), "11月21日");
    assert!(intl::instant(Locale::En, NOON_UTC, Form::Weekday).contains("Sat"));
    assert_eq!(intl::number(Locale::En, 12_345.5), "12,345.5");
    let in_an_hour = NOON_UTC.plus_millis(61 * Timestamp::MINUTE_MS);
    assert_eq!(intl::relative(Locale::ZhCn, in_an_hour, NOON_UTC), "1小时后");
    assert_eq!(intl::relative(Locale::En, NOON_UTC, in_an_hour), "1 hour ago");
}

#[wasm_bindgen_test]
fn a_day_begins_at_the_devices_own_midnight() {
    let start = intl::start_of_day(NOON_UTC);
    assert!(NOON_UTC.millis_since(start) < Timestamp::DAY_MS && start <= NOON_UTC);
    assert_eq!(intl::start_of_day(start), start);
    assert!(intl::instant(Locale::En, start, Form::Exact).contains("00:00:00"));
}

#[wasm_bindgen_test]
fn a_draft_comes_back_until_it_is_cleared_and_belongs_to_one_person() {
    let (me, you) = (PersonId::from_uuid(Uuid::now_v7()), PersonId::from_uuid(Uuid::now_v7()));
    let draft = Draft::of(me, "completion", 7);
    draft.keep(&("found a loose belt", 3));
    assert_eq!(draft.load::<(String, u32)>(), Some(("found a loose belt".to_owned(), 3)));
    assert_eq!(draft.load::<Vec<u8>>(), None, "a form that has changed begins empty");
    assert_eq!(Draft::of(you, "completion", 7).load::<(String, u32)>(), None);
    draft.clear();
    assert_eq!(draft.load::<(String, u32)>(), None);
}

#[wasm_bindgen_test]
fn who_works_here_is_remembered_until_they_sign_out() {
    let person = Person {
        id: PersonId::from_uuid(Uuid::now_v7()),
        name: "王磊".to_owned(),
        role: Role::Engineer,
        department: DepartmentId::from_uuid(Uuid::now_v7()),
        skills: vec!["CX".to_owned()],
        active: true,
    };
    session::remember(&person);
    assert_eq!(session::person(), Some(person));
    session::forget();
    assert_eq!(session::person(), None);
}

#[wasm_bindgen_test]
async fn a_lock_is_held_by_one_passed_on_when_let_go_and_can_be_taken_away() {
    let name = format!("lock-{}", Uuid::now_v7());
    let first = WriterLock::claim(&name, Claim::IfFree).await.unwrap();
    assert!(WriterLock::claim(&name, Claim::IfFree).await.is_none());
    drop(first);
    let mut second = WriterLock::claim(&name, Claim::WhenFree).await.unwrap();
    let third = WriterLock::claim(&name, Claim::Steal).await.unwrap();
    second.lost().await;
    drop(second);
    assert!(WriterLock::claim(&name, Claim::IfFree).await.is_none(), "the one that lost it lets nothing go");
    drop(third);
}

#[wasm_bindgen_test]
fn the_browser_says_whether_there_is_a_network_and_what_time_it_is() {
    assert!(network::is_online());
    assert!(clock::now() > NOON_UTC.plus_millis(-100 * 365 * Timestamp::DAY_MS));
}
