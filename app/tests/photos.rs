//! Photos and files in a real browser: prepared by the worker, kept as bytes, and read back as they were.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use app::device::file::Picked;
use app::device::local_store::IndexedDbLocalStore;
use app::device::pictures::{Content, PictureError, Pictures};
use domain::ticket::{AttachmentKind, FileHash, ImageSize};
use indexed_db_futures::database::Database;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::TransactionMode;
use js_sys::{Array, Uint8Array};
use sync::conformance::{entry, meta};
use sync::files::conformance::{file, hash};
use sync::files::{CHUNK_BYTES, FileBatch, FileState, FileStore};
use sync::{Batch, LocalStore, OutboxState};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Blob, BlobPropertyBag, Url};

wasm_bindgen_test_configure!(run_in_browser);

/// One white pixel.
const PIXEL: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xd0\0\0\x04\x81\x01\x80,U\xce\xb0\0\0\0\0IEND\xaeB`\x82";

macro_rules! tests {
    ($($case:ident)*) => {$(
        #[wasm_bindgen_test]
        async fn $case() {
            let name = fresh_name(stringify!($case));
            sync::files::conformance::$case(async || open(&name).await).await;
        }
    )*};
}

sync::for_each_file_store_case!(tests);

fn fresh_name(case: &str) -> String {
    format!("{case}-{}", uuid::Uuid::now_v7())
}

async fn open(name: &str) -> IndexedDbLocalStore {
    let store = IndexedDbLocalStore::named(name.to_owned());
    store.load().await.unwrap();
    store
}

/// Prepares files by the worker's source itself, because no server of these tests serves it.
fn pictures() -> Pictures {
    const SOURCE: &str = include_str!("../workers/pictures.js");
    let options = BlobPropertyBag::new();
    options.set_type("text/javascript");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&SOURCE.into()), &options).unwrap();
    Pictures::by(Url::create_object_url_with_blob(&blob).ok())
}

fn picked(bytes: &[u8], media_type: &str, name: &str) -> Picked {
    Picked::made_of(bytes, media_type, name).unwrap()
}

/// What the browser says that bytes are named by.
async fn named(bytes: &[u8]) -> (FileHash, Content) {
    let prepared = pictures().prepare(&picked(bytes, "application/pdf", "long.pdf")).await.unwrap();
    (prepared.attachment.hash().unwrap(), prepared.content)
}

#[wasm_bindgen_test]
async fn sixty_four_mebibytes_are_read_back_as_they_were() {
    let name = fresh_name("large");
    let bytes: Vec<u8> =
        (0..64 * CHUNK_BYTES).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let (hash, content) = named(&bytes).await;
    drop(bytes);
    let store = open(&name).await;
    for number in 0.. {
        let Some(chunk) = content.chunk(number) else { break };
        store.put_chunk(hash, number, &chunk).await.unwrap();
    }
    drop(content);

    let store = open(&name).await;
    assert_eq!(store.contents().await.unwrap()[&hash], 64);
    let mut found = Vec::new();
    for number in 0..64 {
        found.extend(store.chunk(hash, number).await.unwrap().unwrap());
    }
    assert_eq!(named(&found).await.0, hash);
    store.apply_files(&FileBatch { release: vec![hash], ..FileBatch::default() }).await.unwrap();
    assert!(store.contents().await.unwrap().is_empty());
}

#[wasm_bindgen_test]
async fn what_lies_in_the_database_is_bytes_and_nothing_else() {
    let name = fresh_name("bytes");
    let store = open(&name).await;
    store.put_chunk(hash(1), 0, &[1, 2, 3]).await.unwrap();
    store.close();
    let database = Database::open(&name).await.unwrap();
    let transaction = database.transaction("chunks").with_mode(TransactionMode::Readonly).build().unwrap();
    let key = JsValue::from(Array::of2(&hash(1).to_string().into(), &0.into()));
    let chunks = transaction.object_store("chunks").unwrap();
    let value: Option<JsValue> = chunks.get::<JsValue, _, _>(key).primitive().unwrap().await.unwrap();
    let bytes: Uint8Array = value.unwrap().dyn_into().unwrap();
    assert_eq!(bytes.to_vec(), [1, 2, 3]);
}

#[wasm_bindgen_test]
async fn a_database_of_the_version_before_files_keeps_its_outbox_and_takes_files() {
    let name = fresh_name("before files");
    let former = Database::open(&name)
        .with_version(1u8)
        .with_on_upgrade_needed(|_, database| {
            ["meta", "outbox", "cards", "documents"]
                .into_iter()
                .try_for_each(|name| database.create_object_store(name).build().map(drop))
        })
        .await
        .unwrap();
    let transaction =
        former.transaction(["meta", "outbox"]).with_mode(TransactionMode::Readwrite).build().unwrap();
    let waiting = entry(1, OutboxState::Waiting);
    for (store, key, value) in [
        ("meta", JsValue::from("meta"), serde_json::to_vec(&meta(2)).unwrap()),
        ("outbox", JsValue::from(1), serde_json::to_vec(&waiting).unwrap()),
    ] {
        let value = JsValue::from(Uint8Array::from(value.as_slice()));
        let store = transaction.object_store(store).unwrap();
        store.put(value).with_key(key).primitive().unwrap().await.unwrap();
    }
    transaction.commit().await.unwrap();
    former.close();

    let store = IndexedDbLocalStore::named(name.clone());
    let loaded = store.load().await.unwrap();
    assert_eq!((loaded.outbox, loaded.meta), (vec![waiting.clone()], Some(meta(2))));
    store.put_chunk(hash(1), 0, &[1]).await.unwrap();
    let keep = vec![file(1, 1, 1, FileState::Prepared)];
    store.apply_files(&FileBatch { keep: keep.clone(), ..FileBatch::default() }).await.unwrap();
    store.apply(&Batch { meta: Some(meta(3)), ..Batch::default() }).await.unwrap();

    let store = IndexedDbLocalStore::named(name);
    let loaded = store.load().await.unwrap();
    assert_eq!((loaded.outbox, loaded.meta), (vec![waiting], Some(meta(3))));
    assert_eq!(store.files().await.unwrap().files, keep);
}

#[wasm_bindgen_test]
async fn files_stay_when_the_rest_of_the_database_is_begun_anew() {
    let name = fresh_name("begun anew");
    let store = open(&name).await;
    store.put_chunk(hash(1), 0, &[1]).await.unwrap();
    let keep = vec![file(1, 1, 1, FileState::Prepared)];
    store.apply_files(&FileBatch { keep: keep.clone(), ..FileBatch::default() }).await.unwrap();
    store.start_over(&Batch { meta: Some(meta(2)), ..Batch::default() }, None).await.unwrap();
    let store = open(&name).await;
    assert_eq!(store.files().await.unwrap().files, keep);
    assert_eq!(store.chunk(hash(1), 0).await.unwrap(), Some(vec![1]));
}

#[wasm_bindgen_test]
async fn a_row_that_can_not_be_read_is_named_and_takes_nothing_from_the_others() {
    let name = fresh_name("a spoilt row");
    let (spoilt, sound) = (file(1, 1, 1, FileState::Prepared), file(2, 1, 1, FileState::Prepared));
    let store = open(&name).await;
    let keep = vec![spoilt.clone(), sound.clone()];
    store.apply_files(&FileBatch { keep, ..FileBatch::default() }).await.unwrap();
    let database = Database::open(name.as_str()).await.unwrap();
    let transaction = database.transaction("files").with_mode(TransactionMode::Readwrite).build().unwrap();
    let key = Array::of2(&spoilt.key.hash.to_string().into(), &spoilt.key.ticket.to_string().into());
    let rubbish = JsValue::from(Uint8Array::from(b"{\"hash\"".as_slice()));
    let rows = transaction.object_store("files").unwrap();
    rows.put(rubbish).with_key(JsValue::from(key)).primitive().unwrap().await.unwrap();
    transaction.commit().await.unwrap();
    let rows = store.files().await.unwrap();
    assert_eq!((rows.files, rows.unreadable), (vec![sound], [spoilt.key].into()));
}

#[wasm_bindgen_test]
async fn a_window_that_another_has_taken_over_from_keeps_no_files() {
    let name = fresh_name("two windows and a file");
    let first = open(&name).await;
    let second = open(&name).await;
    assert!(first.put_chunk(hash(1), 0, &[1]).await.is_err());
    assert!(first.is_fenced_off());
    assert!(second.contents().await.unwrap().is_empty());
}

#[wasm_bindgen_test]
async fn a_picture_becomes_a_photo_that_is_named_by_its_content() {
    let prepared = pictures().prepare(&picked(PIXEL, "image/png", "screen\n.png")).await.unwrap();
    let photo = &prepared.attachment;
    assert_eq!((photo.kind, photo.media_type.as_str()), (AttachmentKind::Photo, "image/jpeg"));
    assert_eq!((photo.name.as_str(), photo.size), ("screen.jpg", Some(ImageSize { width: 1, height: 1 })));
    assert_eq!((photo.taken_at, photo.place), (None, None));
    let bytes = prepared.content.chunk(0).unwrap();
    assert!(bytes.starts_with(&[0xff, 0xd8]) && prepared.content.chunk(1).is_none());
    assert_eq!(prepared.content.bytes(), photo.bytes);
    assert_eq!(named(&bytes).await.0.to_string(), photo.sha256);
}

#[wasm_bindgen_test]
async fn what_can_not_be_taken_is_told_apart() {
    let pictures = pictures();
    let mut endless = PIXEL.to_vec();
    endless[16..24].copy_from_slice(&[0, 0, 0x20, 0, 0, 0, 0x20, 0]);
    for (bytes, media_type, name, expected) in [
        (endless.as_slice(), "image/png", "endless.png", PictureError::TooManyPixels),
        (b"no picture", "image/jpeg", "broken.jpg", PictureError::Unreadable),
        (b"<p>", "text/html", "page.html", PictureError::NotAccepted),
        (b"", "image/jpeg", "empty.jpg", PictureError::NotAccepted),
        (b"film", "video/mp4", "film.mp4", PictureError::NotAccepted),
    ] {
        let refused = pictures.prepare(&picked(bytes, media_type, name)).await;
        assert_eq!(refused.err(), Some(expected), "{name}");
    }
    let heic = pictures.prepare(&picked(b"\0\0\0\x18ftypheic", "", "IMG_1.HEIC")).await.unwrap();
    assert_eq!((heic.attachment.media_type.as_str(), heic.attachment.bytes), ("image/heic", 12));
    assert_eq!(
        Pictures::by(None)
            .prepare(&picked(PIXEL, "image/png", ""))
            .await
            .err()
            .map(|error| error.to_string())
            .as_deref(),
        Some("not prepared: the page names no worker")
    );
}
