//! What every [`FileStore`] must do: one suite that each implementation runs.
//!
//! Each case is given a way to open one and the same store again and again; at first it holds nothing.
//! [`for_each_file_store_case`](crate::for_each_file_store_case) lists them, so that an implementation can't leave one out.
#![expect(clippy::unwrap_used, reason = "this is a test suite, compiled for the tests of other crates too")]

use std::collections::BTreeMap;

use domain::ticket::FileHash;
use domain::{TicketId, Timestamp};
use uuid::Uuid;

use super::{CHUNK_BYTES, FileBatch, FileKey, FileRows, FileState, FileStore, KeptFile, Receipt};

/// Hands every case's name to a macro, as [`for_each_local_store_case`](crate::for_each_local_store_case) does.
#[macro_export]
macro_rules! for_each_file_store_case {
    ($tests:ident) => {
        $tests! {
            a_fresh_store_holds_no_files
            chunks_are_there_after_a_restart_byte_by_byte
            a_chunk_is_replaced_by_its_number
            rows_are_replaced_by_their_key_and_keep_what_they_say
            a_content_that_is_released_takes_all_its_chunks_along_and_no_others
            a_row_can_go_while_its_content_stays
            an_empty_batch_of_files_changes_nothing
        }
    };
}

/// A content's name made of one byte.
pub fn hash(byte: u8) -> FileHash {
    FileHash::from_digest([byte; 32])
}

/// A file of a ticket, as large as it is said to be.
pub fn file(byte: u8, ticket: u128, bytes: u64, state: FileState) -> KeptFile {
    KeptFile {
        key: FileKey { hash: hash(byte), ticket: TicketId::from_uuid(Uuid::from_u128(ticket)) },
        bytes,
        media_type: "image/jpeg".to_owned(),
        name: "铭牌.jpg".to_owned(),
        since: Timestamp::from_millis(1_795_248_000_000),
        state,
    }
}

/// A store that has never been used holds no files.
pub async fn a_fresh_store_holds_no_files<S: FileStore>(open: impl AsyncFn() -> S) {
    let store = open().await;
    assert_eq!(store.files().await.unwrap(), FileRows::default());
    assert_eq!(store.contents().await.unwrap(), BTreeMap::new());
    assert_eq!(store.chunk(hash(1), 0).await.unwrap(), None);
}

/// Every byte of a chunk is there after a restart, whatever byte it is.
pub async fn chunks_are_there_after_a_restart_byte_by_byte<S: FileStore>(open: impl AsyncFn() -> S) {
    let whole: Vec<u8> = (0..CHUNK_BYTES).map(|at| (at % 251) as u8).collect();
    let store = open().await;
    store.put_chunk(hash(1), 0, &whole).await.unwrap();
    store.put_chunk(hash(1), 1, &[0, 255, 0]).await.unwrap();
    store.put_chunk(hash(2), 0, &[7]).await.unwrap();
    let store = open().await;
    assert_eq!(store.chunk(hash(1), 0).await.unwrap(), Some(whole));
    assert_eq!(store.chunk(hash(1), 1).await.unwrap(), Some(vec![0, 255, 0]));
    assert_eq!(store.chunk(hash(1), 2).await.unwrap(), None);
    assert_eq!(store.contents().await.unwrap(), BTreeMap::from([(hash(1), 2), (hash(2), 1)]));
}

/// Storing the same chunk once more is storing it once.
pub async fn a_chunk_is_replaced_by_its_number<S: FileStore>(open: impl AsyncFn() -> S) {
    let store = open().await;
    store.put_chunk(hash(1), 0, &[1, 2, 3]).await.unwrap();
    store.put_chunk(hash(1), 0, &[4]).await.unwrap();
    let store = open().await;
    assert_eq!(store.chunk(hash(1), 0).await.unwrap(), Some(vec![4]));
    assert_eq!(store.contents().await.unwrap(), BTreeMap::from([(hash(1), 1)]));
}

/// A row is found under its content and its ticket, with all that it says.
pub async fn rows_are_replaced_by_their_key_and_keep_what_they_say<S: FileStore>(open: impl AsyncFn() -> S) {
    let receipt = Receipt { stored_at: Timestamp::from_millis(5), epoch: "first".to_owned() };
    let of_one_ticket = file(1, 1, 3, FileState::Prepared);
    let upload = Some("/api/files/uploads/1".to_owned());
    let of_another = file(1, 2, 3, FileState::Waiting { upload });
    let keep = vec![of_one_ticket.clone(), of_another.clone()];
    open().await.apply_files(&FileBatch { keep, ..FileBatch::default() }).await.unwrap();
    let stored = of_one_ticket.now(FileState::Stored { receipt });
    let keep = vec![stored.clone()];
    open().await.apply_files(&FileBatch { keep, ..FileBatch::default() }).await.unwrap();
    assert_eq!(open().await.files().await.unwrap().files, [stored, of_another]);
}

/// What is let go takes no room, and what is not let go stays.
pub async fn a_content_that_is_released_takes_all_its_chunks_along_and_no_others<S: FileStore>(
    open: impl AsyncFn() -> S,
) {
    let store = open().await;
    for byte in [1, 2, 3] {
        for number in 0..12 {
            store.put_chunk(hash(byte), number, &[byte]).await.unwrap();
        }
    }
    let (keep, forget) =
        (vec![file(1, 1, 12, FileState::Prepared)], vec![file(2, 1, 1, FileState::Prepared).key]);
    store.apply_files(&FileBatch { keep, forget, release: vec![hash(2)] }).await.unwrap();
    assert_eq!(open().await.contents().await.unwrap(), BTreeMap::from([(hash(1), 12), (hash(3), 12)]));
}

/// A content may have other rows.
pub async fn a_row_can_go_while_its_content_stays<S: FileStore>(open: impl AsyncFn() -> S) {
    let store = open().await;
    store.put_chunk(hash(1), 0, &[1]).await.unwrap();
    let (here, there) = (file(1, 1, 1, FileState::Prepared), file(1, 2, 1, FileState::Prepared));
    let keep = vec![here.clone(), there.clone()];
    store.apply_files(&FileBatch { keep, ..FileBatch::default() }).await.unwrap();
    let forget = vec![here.key];
    store.apply_files(&FileBatch { forget, ..FileBatch::default() }).await.unwrap();
    let store = open().await;
    assert_eq!(store.files().await.unwrap().files, [there]);
    assert_eq!(store.chunk(hash(1), 0).await.unwrap(), Some(vec![1]));
}

/// Nothing to do is nothing done.
pub async fn an_empty_batch_of_files_changes_nothing<S: FileStore>(open: impl AsyncFn() -> S) {
    let store = open().await;
    let keep = vec![file(1, 1, 1, FileState::Prepared)];
    store.apply_files(&FileBatch { keep: keep.clone(), ..FileBatch::default() }).await.unwrap();
    store.apply_files(&FileBatch::default()).await.unwrap();
    assert_eq!(open().await.files().await.unwrap().files, keep);
}
