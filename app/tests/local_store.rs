//! IndexedDB passes the suite of all local stores, and keeps what it promises beyond that, in a real browser.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use app::device::local_store::IndexedDbLocalStore;
use domain::ticket::Document;
use futures_channel::mpsc::UnboundedReceiver;
use futures_util::future::{Either, select};
use futures_util::{StreamExt, join};
use indexed_db_futures::database::Database;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::TransactionMode;
use js_sys::{Array, Function, Uint8Array};
use sync::conformance::held;
use sync::files::conformance::{file, hash};
use sync::files::{FileBatch, FileState, FileStore};
use sync::{Batch, Held, LocalStore, StoreError};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

macro_rules! tests {
    ($($case:ident)*) => {$(
        #[wasm_bindgen_test]
        async fn $case() {
            let name = fresh_name(stringify!($case));
            sync::conformance::$case(async || IndexedDbLocalStore::named(name.clone())).await;
        }
    )*};
}

sync::for_each_local_store_case!(tests);

/// All tests of a run share one origin, and so do runs of one browser profile.
fn fresh_name(case: &str) -> String {
    format!("{case}-{}", uuid::Uuid::now_v7())
}

fn hold(tickets: impl IntoIterator<Item = (Held, Document)>) -> Batch {
    Batch { hold: tickets.into_iter().collect(), ..Batch::default() }
}

/// What a fresh start finds, in the order of the tickets.
async fn reopen(name: &str) -> (IndexedDbLocalStore, Vec<(Held, Document)>) {
    let store = IndexedDbLocalStore::named(name.to_owned());
    let mut held = store.load().await.unwrap().held;
    held.sort_by_key(|held| held.card.ticket);
    let tickets: Vec<_> = held.iter().map(|held| held.card.ticket).collect();
    let documents = store.documents(&tickets).await.unwrap();
    (store, held.into_iter().zip(documents).collect())
}

#[wasm_bindgen_test]
async fn merging_parts_loses_nothing_and_brings_nothing_back() {
    let name = fresh_name("merging");
    let (store, _) = reopen(&name).await;
    store.apply(&hold((0..300).map(|number| held(number, 1, &"first ".repeat(200))))).await.unwrap();
    for revision in 2..150 {
        let number = u128::from(revision % 40);
        store.apply(&hold([held(number, revision, "later")])).await.unwrap();
        if revision % 10 == 0 {
            let release = vec![held(number, revision, "").0.card.ticket];
            store.apply(&Batch { release, ..Batch::default() }).await.unwrap();
        }
    }
    let (store, before) = reopen(&name).await;
    assert!(store.tidy().await.unwrap(), "so many small parts are worth merging");
    while store.tidy().await.unwrap() {}
    let tickets: Vec<_> = before.iter().map(|(held, _)| held.card.ticket).collect();
    let documents: Vec<_> = before.iter().map(|(_, document)| document.clone()).collect();
    assert_eq!(store.documents(&tickets).await.unwrap(), documents, "the merged store itself finds them");
    assert_eq!(reopen(&name).await.1, before, "and so does a fresh start");
}

#[wasm_bindgen_test]
async fn a_document_can_be_read_while_parts_are_merged() {
    let (store, _) = reopen(&fresh_name("reading while merging")).await;
    for revision in 0..40 {
        store.apply(&hold([held(u128::from(revision % 20), revision, "again and again")])).await.unwrap();
    }
    let (_, expected) = held(19, 39, "again and again");
    let asked = [expected.ticket];
    let (merged, found) = futures_util::join!(store.tidy(), store.documents(&asked));
    assert!(merged.unwrap());
    assert_eq!(found.unwrap(), [expected]);
}

#[wasm_bindgen_test]
async fn an_erased_database_is_gone_and_not_opened_again_by_whoever_erased_it() {
    let name = fresh_name("erased");
    let (store, _) = reopen(&name).await;
    let (held, document) = held(1, 1, "gone");
    let asked = [held.card.ticket];
    store.apply(&hold([(held, document)])).await.unwrap();
    store.erase().await.unwrap();
    assert!(store.documents(&asked).await.is_err(), "nothing makes it anew");
    let (_, left) = reopen(&name).await;
    assert_eq!(left, []);
}

#[wasm_bindgen_test]
async fn cards_of_another_form_are_made_anew_from_the_documents() {
    let name = fresh_name("another form");
    let (store, _) = reopen(&name).await;
    let expected: Vec<_> = (0..20).map(|number| held(number, 11, "still here")).collect();
    store.apply(&hold(expected.clone())).await.unwrap();
    drop(store);
    write_raw(&name, "cards", 1, &[255, 1, 2, 3]).await;

    let (store, found) = reopen(&name).await;
    assert_eq!(found, expected);
    assert!(store.tidy().await.unwrap(), "cards of another form are written anew");
    assert!(!store.tidy().await.unwrap());
    assert_eq!(reopen(&name).await.1, expected);
}

#[wasm_bindgen_test]
async fn a_document_that_is_damaged_is_named_and_nothing_is_made_up() {
    let name = fresh_name("damaged");
    let (store, _) = reopen(&name).await;
    let (_, document) = held(1, 1, "soon damaged");
    store.apply(&hold([held(1, 1, "soon damaged")])).await.unwrap();
    write_raw(&name, "documents", 1, &[7; 4_000]).await;
    let error = store.documents(&[document.ticket]).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unreadable { place, .. } if place == "documents 1"), "{error:?}");
}

#[wasm_bindgen_test]
async fn a_document_that_was_altered_is_not_believed_though_it_can_still_be_read() {
    let name = fresh_name("altered");
    let (store, _) = reopen(&name).await;
    let (_, document) = held(1, 1, "pay 1000");
    store.apply(&hold([held(1, 1, "pay 1000"), held(2, 1, "as it was")])).await.unwrap();
    let mut bytes = read_raw(&name, "documents", 1).await;
    let at = bytes.windows(8).position(|word| word == b"pay 1000").unwrap();
    bytes[at + 4] = b'9';
    write_raw(&name, "documents", 1, &bytes).await;

    let store = IndexedDbLocalStore::named(name);
    assert_eq!(store.load().await.unwrap().held.len(), 2, "the cards are as they were");
    let error = store.documents(&[document.ticket]).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unreadable { place, .. } if place == "documents 1"), "{error:?}");
    let (_, other) = held(2, 1, "as it was");
    assert_eq!(store.documents(&[other.ticket]).await.unwrap(), [other]);
}

#[wasm_bindgen_test]
async fn what_is_spoilt_stands_in_the_way_of_merging_until_it_has_come_anew() {
    let name = fresh_name("spoilt for good");
    let (store, _) = reopen(&name).await;
    // Many small parts, which are worth merging.
    let tickets: Vec<_> = (0..30).map(|number| held(number, 1, "one of many")).collect();
    for ticket in &tickets {
        store.apply(&hold([ticket.clone()])).await.unwrap();
    }
    write_raw(&name, "documents", 1, &[]).await;
    let error = store.tidy().await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error:?}");

    let mut anew = tickets.clone();
    anew[0] = held(0, 2, "come anew");
    store.apply(&hold([anew[0].clone()])).await.unwrap();
    assert!(store.tidy().await.unwrap(), "the spoilt part holds nothing any more that counts");
    assert!(!store.tidy().await.unwrap());
    assert_eq!(reopen(&name).await.1, anew);
}

#[wasm_bindgen_test]
async fn a_spoilt_document_keeps_nobody_from_the_others_when_cards_are_made_anew() {
    let name = fresh_name("spoilt under another form");
    let (store, _) = reopen(&name).await;
    let meta = sync::conformance::meta(1);
    assert!(meta.cursor.is_some());
    store
        .apply(&Batch { meta: Some(meta), ..hold([held(1, 1, "pay 1000"), held(2, 1, "fine")]) })
        .await
        .unwrap();
    drop(store);
    let mut bytes = read_raw(&name, "documents", 1).await;
    let at = bytes.windows(8).position(|word| word == b"pay 1000").unwrap();
    bytes[at + 4] = b'9';
    write_raw(&name, "documents", 1, &bytes).await;
    write_raw(&name, "cards", 1, &[255, 1, 2, 3]).await;

    let store = IndexedDbLocalStore::named(name);
    let loaded = store.load().await.unwrap();
    assert_eq!(loaded.held, [held(2, 1, "fine").0]);
    assert_eq!(loaded.meta.unwrap().cursor, None, "everything is asked for anew");
}

#[wasm_bindgen_test]
async fn a_window_that_another_has_taken_over_from_writes_nothing_more() {
    let name = fresh_name("two windows");
    let (first, _) = reopen(&name).await;
    first.apply(&hold([held(1, 1, "mine")])).await.unwrap();
    let (second, _) = reopen(&name).await;
    let error = first.apply(&hold([held(2, 1, "too late")])).await.unwrap_err();
    assert_eq!(error, StoreError::TakenOver);
    assert!(first.is_fenced_off());
    assert_eq!(first.load().await.unwrap_err(), StoreError::TakenOver, "nor does it take anything back");
    second.apply(&hold([held(3, 1, "in charge")])).await.unwrap();
    assert_eq!(reopen(&name).await.1, [held(1, 1, "mine"), held(3, 1, "in charge")]);
}

#[wasm_bindgen_test]
async fn a_connection_that_was_closed_is_opened_again() {
    let name = fresh_name("closed");
    let (store, _) = reopen(&name).await;
    store.close();
    store.apply(&hold([held(1, 1, "after all")])).await.unwrap();
    store.close();
    assert_eq!(store.documents(&[held(1, 1, "").0.card.ticket]).await.unwrap(), [held(1, 1, "after all").1]);
}

#[wasm_bindgen_test]
async fn a_database_that_was_removed_underneath_is_not_filled_in_silence() {
    let name = fresh_name("removed");
    let (store, _) = reopen(&name).await;
    store.apply(&hold([held(1, 1, "lost")])).await.unwrap();
    Database::delete_by_name(&name).unwrap().await.unwrap();
    assert!(store.apply(&hold([held(2, 1, "nowhere")])).await.is_err());
}

/// Notes how durable each transaction is asked to be that may write, until its `end` is called.
const SPY: &str = "
    const prototype = IDBDatabase.prototype, original = prototype.transaction, seen = [];
    prototype.transaction = function (stores, mode, options) {
        if (mode === 'readwrite') seen.push(options?.durability ?? 'unsaid');
        return original.call(this, stores, mode, options);
    };
    return [seen, () => { prototype.transaction = original; }];";

#[wasm_bindgen_test]
async fn every_transaction_that_writes_waits_for_the_disk() {
    let spy = Array::from(&Function::new_no_args(SPY).call0(&JsValue::NULL).unwrap());
    let name = fresh_name("strict");
    let (store, _) = reopen(&name).await;
    store.apply(&hold([held(1, 1, "kept")])).await.unwrap();
    store.start_over(&hold([held(2, 1, "anew")]), None).await.unwrap();
    store.put_chunk(hash(1), 0, &[1]).await.unwrap();
    let keep = vec![file(1, 1, 1, FileState::Prepared)];
    store.apply_files(&FileBatch { keep, ..FileBatch::default() }).await.unwrap();
    store.apply_files(&FileBatch { release: vec![hash(1)], ..FileBatch::default() }).await.unwrap();
    store.tidy().await.unwrap();
    spy.get(1).unchecked_into::<Function>().call0(&JsValue::NULL).unwrap();
    let seen: Vec<_> = Array::from(&spy.get(0)).iter().map(|asked| asked.as_string().unwrap()).collect();
    assert!(seen.len() >= 6 && seen.iter().all(|asked| asked == "strict"), "{seen:?}");
}

/// Has the browser keep what is put under "probe" as it pleases, and returns how to let it be again.
fn spoil_what_is_put_in(spoilt: &str) -> Function {
    let spoil = format!(
        "const prototype = IDBObjectStore.prototype, original = prototype.put;
         prototype.put = function (value, key) {{
             return original.call(this, key === 'probe' ? ({spoilt})(value) : value, key);
         }};
         return () => {{ prototype.put = original; }};"
    );
    Function::new_no_args(&spoil).call0(&JsValue::NULL).unwrap().unchecked_into()
}

#[wasm_bindgen_test]
async fn a_browser_that_does_not_give_back_what_is_put_in_is_not_relied_on() {
    for spoilt in
        ["value => null", "value => value.slice(1)", "value => value.map(byte => byte & 127)", "value => ''"]
    {
        let name = fresh_name("gives back");
        reopen(&name).await;
        let let_be = spoil_what_is_put_in(spoilt);
        let store = IndexedDbLocalStore::named(name.clone());
        let error = store.load().await.unwrap_err();
        let_be.call0(&JsValue::NULL).unwrap();
        assert!(matches!(error, StoreError::Unavailable(_)), "{spoilt}: {error:?}");
        reopen(&name).await;
    }
}

/// A window that keeps the first version of a database open, whatever it is asked to do.
async fn older_window(name: &str) -> Database {
    let opened = Database::open(name).with_version(1u8).with_on_upgrade_needed(|_, database| {
        ["meta", "outbox", "cards", "documents"]
            .iter()
            .try_for_each(|name| database.create_object_store(name).build().map(drop))
    });
    opened.await.unwrap()
}

/// A window of this version that can't open a database yet, and what is told of that.
fn newer_window(name: &str) -> (IndexedDbLocalStore, UnboundedReceiver<()>) {
    let (told, is_told) = futures_channel::mpsc::unbounded();
    let store = IndexedDbLocalStore::named(name.to_owned()).when_blocked(move || {
        let _ = told.unbounded_send(());
    });
    (store, is_told)
}

#[wasm_bindgen_test]
async fn what_another_window_keeps_at_an_older_version_is_opened_once_that_is_closed() {
    let name = fresh_name("blocked");
    let older = older_window(&name).await;
    let (store, is_told) = newer_window(&name);
    let close = async {
        assert!(is_told.into_future().await.0.is_some());
        older.close();
    };
    let (loaded, ()) = join!(store.load(), close);
    loaded.unwrap();
    store.apply(&hold([held(1, 1, "after all")])).await.unwrap();
    assert_eq!(store.files().await.unwrap().files, [], "it has what belongs to this version");
}

#[wasm_bindgen_test]
async fn a_database_that_nobody_waits_for_any_more_is_brought_up_to_date_whole() {
    let name = fresh_name("given up");
    let older = older_window(&name).await;
    let (store, is_told) = newer_window(&name);
    let given_up = select(Box::pin(store.load()), is_told.into_future()).await;
    assert!(matches!(given_up, Either::Right(_)));
    drop(given_up);
    older.close();
    let (store, _) = reopen(&name).await;
    assert_eq!(store.files().await.unwrap().files, []);
    store.apply(&hold([held(1, 1, "after all")])).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let name = fresh_name("newer");
    let newer = Database::open(&name).with_version(99u8).await.unwrap();
    newer.close();
    let store = IndexedDbLocalStore::named(name.clone());
    assert_eq!(store.load().await.unwrap_err(), StoreError::Newer);
    assert_eq!(Database::open(&name).await.unwrap().version(), 99.0);
}

async fn read_raw(name: &str, store: &str, key: u32) -> Vec<u8> {
    let database = Database::open(name).await.unwrap();
    let transaction = database.transaction(store).build().unwrap();
    let value: JsValue =
        transaction.object_store(store).unwrap().get(key).primitive().unwrap().await.unwrap().unwrap();
    drop(transaction);
    database.close();
    value.dyn_into::<Uint8Array>().unwrap().to_vec()
}

async fn write_raw(name: &str, store: &str, key: u32, bytes: &[u8]) {
    let database = Database::open(name).await.unwrap();
    let transaction = database.transaction(store).with_mode(TransactionMode::Readwrite).build().unwrap();
    let value = JsValue::from(Uint8Array::from(bytes));
    transaction.object_store(store).unwrap().put(value).with_key(key).primitive().unwrap().await.unwrap();
    transaction.commit().await.unwrap();
    database.close();
}
