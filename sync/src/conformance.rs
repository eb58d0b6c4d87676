//! What every [`LocalStore`] must do: one suite that each implementation runs.
//!
//! Each case is a function that is given a way to open one and the same store again and again, as an app that restarts would;
//! at first it holds nothing. The cases panic with what went wrong. [`for_each_local_store_case`](crate::for_each_local_store_case)
//! lists them, so that an implementation can't leave one out.
#![expect(clippy::unwrap_used, reason = "this is a test suite, compiled for the tests of other crates too")]

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use domain::people::{Directory, Person, Role};
use domain::sla::PolicyBook;
use domain::ticket::{
    Action, Card, Change, Channel, Comment, Customer, Difficulty, Document, Intake, IntakeTimes, Kind,
    Product, Recorded, Seen, Site, Ticket, Urgency, Verification,
};
use domain::{ChangeId, Claim, DepartmentId, DeviceId, PersonId, Refusal, TicketId, Timestamp};
use uuid::Uuid;

use crate::journal::Witness;
use crate::messages::Cursor;
use crate::{Batch, Held, Identity, Loaded, LocalStore, Meta, OutboxEntry, OutboxState};

/// Hands every case's name to a macro: `for_each_local_store_case!(my_tests)` becomes `my_tests! { case_one case_two … }`.
#[macro_export]
macro_rules! for_each_local_store_case {
    ($tests:ident) => {
        $tests! {
            a_fresh_store_holds_nothing
            what_was_applied_is_there_after_a_restart
            what_is_remembered_is_replaced_as_a_whole
            a_newer_document_takes_the_place_of_the_older
            a_ticket_let_go_is_gone_and_can_be_held_again
            a_ticket_held_and_let_go_in_one_batch_is_gone
            tickets_and_changes_that_are_not_there_do_no_harm
            the_outbox_keeps_the_order_of_the_numbers
            an_outbox_entry_is_replaced_by_its_id_and_removed_when_settled
            starting_over_leaves_only_what_it_starts_with
            five_hundred_documents_fit_into_one_batch
            many_small_batches_come_to_the_same_as_few_large_ones
            what_was_not_named_stays
            a_batch_that_was_given_up_is_there_wholly_or_not_at_all
            an_empty_batch_changes_nothing
        }
    };
}

/// A store that has never been used holds nothing.
pub async fn a_fresh_store_holds_nothing<S: LocalStore>(open: impl AsyncFn() -> S) {
    let store = open().await;
    assert_eq!(store.load().await.unwrap(), Loaded::default());
    assert_eq!(store.documents(&[ticket_id(1)]).await.unwrap(), []);
}

/// Everything of a batch is there after a restart, each part of it in its own form.
pub async fn what_was_applied_is_there_after_a_restart<S: LocalStore>(open: impl AsyncFn() -> S) {
    let (held, document) = held(1, 7, "it smokes");
    let batch = Batch {
        meta: Some(meta(3)),
        directory: Some(directory()),
        hold: vec![(held.clone(), document.clone())],
        outbox: vec![entry(2, OutboxState::Waiting), entry(1, refused())],
        ..Batch::default()
    };
    apply(&open, &[batch]).await;
    let store = open().await;
    let loaded = store.load().await.unwrap();
    let expected = Loaded {
        meta: Some(meta(3)),
        directory: Some(directory()),
        held: vec![held],
        outbox: vec![entry(1, refused()), entry(2, OutboxState::Waiting)],
        witness: loaded.witness,
    };
    assert_eq!(loaded, expected);
    assert_eq!(store.documents(&[document.ticket]).await.unwrap(), [document]);
}

/// Of what is to be remembered, and of directories, the last one counts.
pub async fn what_is_remembered_is_replaced_as_a_whole<S: LocalStore>(open: impl AsyncFn() -> S) {
    let newer = Directory { revision: 9, ..Directory::default() };
    let first = Batch { meta: Some(meta(1)), directory: Some(directory()), ..Batch::default() };
    let second = Batch { meta: Some(meta(2)), directory: Some(newer.clone()), ..Batch::default() };
    apply(&open, &[first, second]).await;
    let loaded = open().await.load().await.unwrap();
    assert_eq!(loaded.meta, Some(meta(2)));
    assert_eq!(loaded.directory, Some(newer));
}

/// A document that is held again takes the place of the former one, before and after a restart.
pub async fn a_newer_document_takes_the_place_of_the_older<S: LocalStore>(open: impl AsyncFn() -> S) {
    let store = open().await;
    store.load().await.unwrap();
    let (old, new) = (held(1, 1, "old"), held(1, 2, "new"));
    store.apply(&hold([old, held(2, 1, "another")])).await.unwrap();
    store.apply(&hold([new.clone()])).await.unwrap();
    assert_eq!(store.documents(&[ticket_id(1)]).await.unwrap(), std::slice::from_ref(&new.1));
    drop(store);
    expect_tickets(&open, &[new, held(2, 1, "another")]).await;
}

/// A ticket that was let go is gone, and may come back.
pub async fn a_ticket_let_go_is_gone_and_can_be_held_again<S: LocalStore>(open: impl AsyncFn() -> S) {
    let release = Batch { release: vec![ticket_id(1)], ..Batch::default() };
    apply(&open, &[hold([held(1, 1, "first"), held(2, 1, "other")]), release]).await;
    expect_tickets(&open, &[held(2, 1, "other")]).await;
    apply(&open, &[hold([held(1, 5, "back")])]).await;
    expect_tickets(&open, &[held(1, 5, "back"), held(2, 1, "other")]).await;
}

/// Letting go comes after holding.
pub async fn a_ticket_held_and_let_go_in_one_batch_is_gone<S: LocalStore>(open: impl AsyncFn() -> S) {
    let both = Batch { release: vec![ticket_id(1)], ..hold([held(1, 1, "in and out"), held(2, 1, "in")]) };
    apply(&open, &[both]).await;
    expect_tickets(&open, &[held(2, 1, "in")]).await;
}

/// Naming what isn't there does nothing.
pub async fn tickets_and_changes_that_are_not_there_do_no_harm<S: LocalStore>(open: impl AsyncFn() -> S) {
    let unknown = Batch { release: vec![ticket_id(9)], settled: vec![change_id(9)], ..Batch::default() };
    apply(&open, &[hold([held(1, 1, "here")]), unknown]).await;
    let store = open().await;
    store.load().await.unwrap();
    let documents = store.documents(&[ticket_id(9), ticket_id(1)]).await.unwrap();
    assert_eq!(documents, [held(1, 1, "here").1]);
    assert_eq!(store.documents(&[]).await.unwrap(), []);
}

/// The outbox comes in the order of the changes' numbers, counted and not spelt.
pub async fn the_outbox_keeps_the_order_of_the_numbers<S: LocalStore>(open: impl AsyncFn() -> S) {
    let numbers = [300, 2, 10, 1, 9, 256];
    let outbox = numbers.map(|seq| entry(seq, OutboxState::Waiting)).to_vec();
    apply(&open, &[Batch { outbox, ..Batch::default() }]).await;
    assert_eq!(outbox_numbers(&open).await, [1, 2, 9, 10, 256, 300]);
}

/// An entry is replaced by one with the same id, and removed once settled.
pub async fn an_outbox_entry_is_replaced_by_its_id_and_removed_when_settled<S: LocalStore>(
    open: impl AsyncFn() -> S,
) {
    let accepted = OutboxState::Accepted { revision: 4 };
    let first = [1, 2, 3].map(|seq| entry(seq, OutboxState::Waiting)).to_vec();
    let second = vec![entry(2, accepted.clone()), entry(3, refused())];
    apply(&open, &[Batch { outbox: first, ..Batch::default() }]).await;
    apply(&open, &[Batch { outbox: second, settled: vec![change_id(1)], ..Batch::default() }]).await;
    let loaded = open().await.load().await.unwrap();
    assert_eq!(loaded.outbox, [entry(2, accepted), entry(3, refused())]);
    apply(&open, &[Batch { settled: vec![change_id(2), change_id(3)], ..Batch::default() }]).await;
    assert_eq!(outbox_numbers(&open).await, Vec::<u64>::new());
}

/// A whole page of tickets is one batch.
pub async fn five_hundred_documents_fit_into_one_batch<S: LocalStore>(open: impl AsyncFn() -> S) {
    let tickets: Vec<_> = (0..500).map(|number| held(number, 1, &"long words ".repeat(50))).collect();
    apply(&open, &[hold(tickets.clone())]).await;
    expect_tickets(&open, &tickets).await;
}

/// How things were cut into batches can't be seen afterwards.
pub async fn many_small_batches_come_to_the_same_as_few_large_ones<S: LocalStore>(open: impl AsyncFn() -> S) {
    let store = open().await;
    store.load().await.unwrap();
    for revision in 0..100 {
        store.apply(&hold([held(u128::from(revision % 7), revision, "moved on")])).await.unwrap();
    }
    drop(store);
    let expected: Vec<_> =
        (93..100).map(|revision| held(u128::from(revision % 7), revision, "moved on")).collect();
    expect_tickets(&open, &expected).await;
}

/// A batch leaves alone what it doesn't name.
pub async fn what_was_not_named_stays<S: LocalStore>(open: impl AsyncFn() -> S) {
    let everything = Batch {
        meta: Some(meta(1)),
        directory: Some(directory()),
        outbox: vec![entry(1, OutboxState::Waiting)],
        ..hold([held(1, 1, "stays")])
    };
    apply(&open, &[everything]).await;
    apply(&open, &[hold([held(2, 2, "comes")])]).await;
    apply(&open, &[Batch { outbox: vec![entry(2, OutboxState::Waiting)], ..Batch::default() }]).await;
    let loaded = open().await.load().await.unwrap();
    assert_eq!(loaded.meta, Some(meta(1)));
    assert_eq!(loaded.directory, Some(directory()));
    assert_eq!(outbox_numbers(&open).await, [1, 2]);
    expect_tickets(&open, &[held(1, 1, "stays"), held(2, 2, "comes")]).await;
}

/// A batch whose future is dropped half-way has happened wholly or not at all, and the store goes on working.
pub async fn a_batch_that_was_given_up_is_there_wholly_or_not_at_all<S: LocalStore>(
    open: impl AsyncFn() -> S,
) {
    for polls in 1..6 {
        let seq = polls;
        let batch = Batch {
            meta: Some(meta(seq)),
            outbox: vec![entry(seq, OutboxState::Waiting)],
            ..hold([held(u128::from(seq), seq, "all or nothing")])
        };
        let store = open().await;
        store.load().await.unwrap();
        give_up_after(polls, store.apply(&batch)).await;
        drop(store);

        let store = open().await;
        let loaded = store.load().await.unwrap();
        let there = loaded.meta == Some(meta(seq));
        let entry = loaded.outbox.iter().any(|entry| entry.change.id == change_id(seq));
        let card = loaded.held.iter().any(|held| held.card.ticket == ticket_id(u128::from(seq)));
        let document = !store.documents(&[ticket_id(u128::from(seq))]).await.unwrap().is_empty();
        assert_eq!((entry, card, document), (there, there, there), "given up after {polls} polls");
        store.apply(&batch).await.unwrap();
    }
}

/// Nothing applied, nothing changed.
pub async fn an_empty_batch_changes_nothing<S: LocalStore>(open: impl AsyncFn() -> S) {
    apply(&open, &[Batch { meta: Some(meta(1)), ..hold([held(1, 1, "here")]) }, Batch::default()]).await;
    assert_eq!(open().await.load().await.unwrap().meta, Some(meta(1)));
    expect_tickets(&open, &[held(1, 1, "here")]).await;
}

async fn apply<S: LocalStore>(open: &impl AsyncFn() -> S, batches: &[Batch]) {
    let store = open().await;
    store.load().await.unwrap();
    for batch in batches {
        store.apply(batch).await.unwrap();
    }
}

async fn outbox_numbers<S: LocalStore>(open: &impl AsyncFn() -> S) -> Vec<u64> {
    let loaded = open().await.load().await.unwrap();
    loaded.outbox.iter().map(|entry| entry.change.id.seq).collect()
}

async fn expect_tickets<S: LocalStore>(open: &impl AsyncFn() -> S, expected: &[(Held, Document)]) {
    let mut expected = expected.to_vec();
    expected.sort_by_key(|(held, _)| held.card.ticket);
    let store = open().await;
    let mut held = store.load().await.unwrap().held;
    held.sort_by_key(|held| held.card.ticket);
    let tickets: Vec<_> = expected.iter().map(|(held, _)| held.card.ticket).collect();
    let mut documents = store.documents(&tickets).await.unwrap();
    documents.sort_by_key(|document| document.ticket);
    assert_eq!(held, expected.iter().map(|(held, _)| held.clone()).collect::<Vec<_>>());
    assert_eq!(documents, expected.into_iter().map(|(_, document)| document).collect::<Vec<_>>());
}

/// Polls a future so many times, or until it is done, and drops it.
async fn give_up_after<T>(polls: u64, future: impl Future<Output = T>) {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Pending if left > 0 => Poll::Pending,
            Poll::Ready(_) | Poll::Pending => Poll::Ready(()),
        }
    })
    .await;
}

fn hold(tickets: impl IntoIterator<Item = (Held, Document)>) -> Batch {
    Batch { hold: tickets.into_iter().collect(), ..Batch::default() }
}

/// A ticket to be held: always the same for the same arguments, and different in card and document for different ones.
pub fn held(number: u128, revision: u64, words: &str) -> (Held, Document) {
    let register = Change {
        id: ChangeId { device: DeviceId::from_uuid(Uuid::from_u128(0xfeed)), seq: 1 },
        ticket: ticket_id(number),
        actor: person().id,
        claim: Claim {
            clock: Timestamp::from_millis(1_790_000_000_000),
            offset_ms: Some(250),
            heard: Some(Timestamp::from_millis(1_789_999_000_000)),
        },
        seen: Seen::default(),
        action: Action::Register(Box::new(intake(number, words))),
    };
    let mut document = Document::new(register.ticket);
    let arrival = Timestamp::from_millis(1_790_000_010_000);
    document.insert(Recorded::place(register, &[], Some(arrival)));
    document.revision = revision;
    let ticket = Ticket::of(&document).unwrap();
    let card = Card::of(&ticket, &PolicyBook::shipped());
    (Held { card, revision, generation: revision / 10 }, document)
}

fn intake(number: u128, words: &str) -> Intake {
    Intake {
        kind: Kind::Fault,
        urgency: Urgency::Normal,
        difficulty: Difficulty::Simple,
        flags: [domain::ticket::Flag::RepeatFault].into(),
        nature: None,
        channel: Channel::Phone,
        customer: Customer {
            name: format!("客户 {number}"),
            company: "华南精密制造有限公司".to_owned(),
            phone: format!("138 0000 {number:04}"),
            ..Customer::default()
        },
        existing_customer: true,
        site: Site {
            region: "广东".to_owned(), address: format!("深圳市南山区科技园 {number} 号")
        },
        product: Product {
            model: "CX-300".to_owned(),
            serial: format!("SN{number:08}"),
            ..Product::default()
        },
        verification: Verification::Verified,
        words: words.to_owned(),
        summary: String::new(),
        times: IntakeTimes::default(),
        registered_in: person().department,
    }
}

fn person() -> Person {
    Person {
        id: PersonId::from_uuid(Uuid::from_u128(1)),
        name: "林 芳".to_owned(),
        role: Role::Agent,
        department: DepartmentId::from_uuid(Uuid::from_u128(2)),
        skills: vec!["CX".to_owned()],
        active: true,
    }
}

fn directory() -> Directory {
    Directory { revision: 4, people: vec![person()], ..Directory::default() }
}

/// What a device remembers that has made so many changes less one.
pub fn meta(next_seq: u64) -> Meta {
    let identity = Identity { device: DeviceId::from_uuid(Uuid::from_u128(0xabc)), person: person() };
    let cursor = Some(Cursor { epoch: "e".to_owned(), seq: next_seq * 1_000 });
    Meta { next_seq, cursor, clock_offset_ms: Some(-3), ..Meta::new(identity) }
}

fn ticket_id(number: u128) -> TicketId {
    TicketId::from_uuid(Uuid::from_u128(number))
}

fn change_id(seq: u64) -> ChangeId {
    ChangeId { device: DeviceId::from_uuid(Uuid::from_u128(0xabc)), seq }
}

/// An outbox entry with this number.
pub fn entry(seq: u64, state: OutboxState) -> OutboxEntry {
    let change = Change {
        id: change_id(seq),
        ticket: ticket_id(1),
        actor: person().id,
        claim: Claim { clock: Timestamp::from_millis(1_790_000_000_000), offset_ms: None, heard: None },
        seen: [change_id(seq)].into_iter().collect(),
        action: Action::Comment(Comment { text: format!("第 {seq} 条") }),
    };
    OutboxEntry { change, state }
}

fn refused() -> OutboxState {
    OutboxState::Refused { because: Refusal::NotAccountable, at: Timestamp::from_millis(5) }
}

/// What the outbox should hold is kept with the batch that says so. Not for stores that reckon it themselves.
pub async fn a_witness_stays_until_another_one_comes<S: LocalStore>(open: impl AsyncFn() -> S) {
    let witness = |batch| Some(Witness { batch, entries: 1, sum: u64::MAX });
    let store = open().await;
    assert_eq!(store.load().await.unwrap().witness, None);
    let batch = Batch { outbox: vec![entry(1, OutboxState::Waiting)], ..Batch::default() };
    store.apply_witnessed(&batch, witness(1)).await.unwrap();
    store.apply(&batch).await.unwrap();
    assert_eq!(open().await.load().await.unwrap().witness, witness(1));
    let store = open().await;
    store.load().await.unwrap();
    store.apply_witnessed(&batch, witness(2)).await.unwrap();
    assert_eq!(open().await.load().await.unwrap().witness, witness(2));
}

/// Starting over forgets everything but the batch it starts with.
pub async fn starting_over_leaves_only_what_it_starts_with<S: LocalStore>(open: impl AsyncFn() -> S) {
    let (held_before, before) = held(1, 7, "before");
    let first = Batch {
        meta: Some(meta(3)),
        directory: Some(directory()),
        hold: vec![(held_before, before.clone())],
        outbox: vec![entry(1, OutboxState::Waiting)],
        ..Batch::default()
    };
    apply(&open, &[first]).await;
    let store = open().await;
    store.load().await.unwrap();
    let afresh = Batch { meta: Some(meta(9)), outbox: vec![entry(5, refused())], ..Batch::default() };
    store.start_over(&afresh, None).await.unwrap();
    assert_eq!(store.documents(&[before.ticket]).await.unwrap(), []);
    let (held_after, after) = held(2, 8, "after");
    store
        .apply(&Batch { hold: vec![(held_after.clone(), after.clone())], ..Batch::default() })
        .await
        .unwrap();
    let store = open().await;
    let loaded = store.load().await.unwrap();
    let expected = Loaded {
        meta: Some(meta(9)),
        directory: None,
        held: vec![held_after],
        outbox: vec![entry(5, refused())],
        witness: loaded.witness,
    };
    assert_eq!(loaded, expected);
    assert_eq!(store.documents(&[after.ticket]).await.unwrap(), [after]);
}
