//! The second journal, in the private files of a real browser.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use app::device::journal::PrivateJournal;
use app::device::local_store::IndexedDbLocalStore;
use js_sys::Array;
use sync::conformance::entry;
use sync::journal::{JournalError, JournalFiles, Witness};
use sync::{Batch, Damage, LocalStore, OutboxState, Recovery, Second, TwinStore};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Blob, BlobPropertyBag, Url};

wasm_bindgen_test_configure!(run_in_browser);

/// The address of the worker: its source itself, because no server of these tests serves it.
fn worker() -> Option<String> {
    const SOURCE: &str = include_str!("../workers/journal.js");
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&SOURCE.into()), &options).unwrap();
    Url::create_object_url_with_blob(&blob).ok()
}

fn fresh_name(case: &str) -> String {
    format!("{case}-{}", uuid::Uuid::now_v7())
}

fn journal(name: &str) -> PrivateJournal {
    PrivateJournal::named(name, worker())
}

fn twin(name: &str) -> TwinStore<IndexedDbLocalStore, PrivateJournal> {
    TwinStore::new(IndexedDbLocalStore::named(name.to_owned()), journal(name))
}

fn one(seq: u64) -> Batch {
    let meta = sync::conformance::meta(seq + 1);
    Batch { meta: Some(meta), outbox: vec![entry(seq, OutboxState::Waiting)], ..Batch::default() }
}

async fn numbers(store: &impl LocalStore) -> Vec<u64> {
    store.load().await.unwrap().outbox.iter().map(|entry| entry.change.id.seq).collect()
}

macro_rules! tests {
    ($($case:ident)*) => {$(
        #[wasm_bindgen_test]
        async fn $case() {
            let name = fresh_name(stringify!($case));
            sync::conformance::$case(async || twin(&name)).await;
        }
    )*};
}

sync::for_each_local_store_case!(tests);

#[wasm_bindgen_test]
async fn what_was_written_is_read_by_the_next_one() {
    let name = fresh_name("written");
    let first = journal(&name);
    assert_eq!(first.read().await.unwrap(), []);
    first.begin(7, b"begun").await.unwrap();
    first.append(b" and appended").await.unwrap();
    assert_eq!(
        journal(&name).read().await.unwrap(),
        [(7, b"begun and appended".to_vec())],
        "while it is open"
    );
    first.begin(8, b"anew").await.unwrap();
    first.append(b"!").await.unwrap();
    first.close();
    let second = journal(&name);
    assert_eq!(second.read().await.unwrap(), [(7, b"begun and appended".to_vec()), (8, b"anew!".to_vec())]);
    second.remove_below(8).await.unwrap();
    assert_eq!(second.read().await.unwrap(), [(8, b"anew!".to_vec())]);
}

#[wasm_bindgen_test]
async fn a_forgotten_journal_begins_like_a_new_one() {
    let name = fresh_name("forgotten");
    let twin = twin(&name);
    twin.load().await.unwrap();
    twin.apply(&one(1)).await.unwrap();
    twin.journal().forget().await.unwrap();
    let next = journal(&name);
    assert_eq!((next.read().await.unwrap(), next.noted()), (Vec::new(), None));
}

#[wasm_bindgen_test]
async fn a_file_that_another_window_holds_is_neither_written_nor_lost() {
    let name = fresh_name("held");
    let (old, new) = (journal(&name), journal(&name));
    old.begin(1, b"old").await.unwrap();
    assert!(matches!(new.begin(1, b"mine").await, Err(JournalError::Failed(_))));
    new.begin(2, b"new").await.unwrap();
    new.remove_below(2).await.unwrap();
    old.append(b" goes on").await.unwrap();
    assert_eq!(new.read().await.unwrap(), [(1, b"old goes on".to_vec()), (2, b"new".to_vec())]);
}

#[wasm_bindgen_test]
async fn nothing_is_appended_to_nothing() {
    assert!(matches!(journal(&fresh_name("nothing")).append(b"x").await, Err(JournalError::Failed(_))));
}

#[wasm_bindgen_test]
async fn room_held_in_reserve_can_be_given_back_once() {
    let journal = journal(&fresh_name("reserve"));
    assert!(!journal.make_room().await);
    journal.reserve().await.unwrap();
    journal.reserve().await.unwrap();
    assert!(journal.make_room().await);
    assert!(!journal.make_room().await);
}

#[wasm_bindgen_test]
async fn the_note_lies_outside_of_both() {
    let name = fresh_name("note");
    assert_eq!(journal(&name).noted(), None);
    let witness = Witness { batch: 3, entries: 2, sum: u64::MAX };
    journal(&name).note(&witness);
    assert_eq!(journal(&name).noted(), Some(witness));
}

#[wasm_bindgen_test]
async fn without_a_worker_there_is_no_journal_and_everything_else_works() {
    for script in [None, Some("/there-is-no-such-worker.js".to_owned())] {
        let name = fresh_name("no-worker");
        let store =
            TwinStore::new(IndexedDbLocalStore::named(name.clone()), PrivateJournal::named(&name, script));
        assert_eq!(numbers(&store).await, [] as [u64; 0]);
        store.apply(&one(1)).await.unwrap();
        assert!(matches!(store.second(), Second::Missing(_)));
        assert_eq!(numbers(&store).await, [1]);
    }
}

#[wasm_bindgen_test]
async fn a_worker_that_has_died_is_replaced() {
    let name = fresh_name("died");
    let store = twin(&name);
    store.load().await.unwrap();
    store.apply(&one(1)).await.unwrap();
    store.journal().close();
    store.apply(&one(2)).await.unwrap();
    assert_eq!(store.second(), Second::InOrder);
    delete_database(&name, &store).await;
    store.journal().close();
    assert_eq!(numbers(&twin(&name)).await, [1, 2]);
}

#[wasm_bindgen_test]
async fn a_database_that_was_deleted_comes_back_from_the_journal() {
    let name = fresh_name("deleted");
    let store = twin(&name);
    store.load().await.unwrap();
    for seq in 1..=30 {
        store.apply(&one(seq)).await.unwrap();
    }
    delete_database(&name, &store).await;
    store.journal().close();
    let store = twin(&name);
    assert_eq!(numbers(&store).await, (1..=30).collect::<Vec<_>>());
    let expected = Recovery { damage: Damage::Wiped, recovered: 30, complete: true };
    assert_eq!(store.recovery(), Some(expected));
}

async fn delete_database(name: &str, store: &TwinStore<IndexedDbLocalStore, PrivateJournal>) {
    store.store().close();
    let deletion = indexed_db_futures::database::Database::delete_by_name(name).unwrap();
    deletion.await.unwrap();
    let _ = JsFuture::from(js_sys::Promise::resolve(&wasm_bindgen::JsValue::NULL)).await;
}
