//! Contents of files, in chunks: bytes go in and out as bytes, never by way of JSON, and never as a `Blob`, which some browsers keep
//! beside the database and lose apart from it.

use std::collections::BTreeMap;

use domain::TicketId;
use domain::ticket::FileHash;
use sync::StoreError;
use sync::files::{FileBatch, FileKey, FileRows, FileStore};

use super::connection::{Pair, Write};
use super::schema::{CHUNKS, FILES};
use super::{IndexedDbLocalStore, to_json};
use crate::device::storage;

impl FileStore for IndexedDbLocalStore {
    async fn files(&self) -> Result<FileRows, StoreError> {
        let mut rows = FileRows::default();
        for (key, row) in self.connection.get_all(FILES).await? {
            match serde_json::from_slice(&row.to_vec()) {
                Ok(file) => rows.files.push(file),
                Err(error) => {
                    leptos::logging::error!("the row of the file {key:?} can't be read: {error}");
                    rows.unreadable.extend(file_key(&key));
                }
            }
        }
        Ok(rows)
    }

    async fn contents(&self) -> Result<BTreeMap<FileHash, u64>, StoreError> {
        let mut contents = BTreeMap::new();
        for (name, _) in self.connection.get_all_keys(CHUNKS).await? {
            // This app has written no other names.
            if let Some(hash) = FileHash::parse(&name) {
                *contents.entry(hash).or_default() += 1;
            }
        }
        Ok(contents)
    }

    async fn put_chunk(&self, hash: FileHash, number: u32, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(&[Write::put(CHUNKS, (hash, number), bytes)]).await
    }

    async fn chunk(&self, hash: FileHash, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.connection.get(CHUNKS, (hash, number)).await?;
        Ok(found.map(|bytes| bytes.to_vec()))
    }

    async fn apply_files(&self, batch: &FileBatch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let forget = batch.forget.iter().map(|key| Write::delete(FILES, *key));
        let keep = batch.keep.iter().map(|file| Write::put(FILES, file.key, &to_json(file)));
        let release = batch.release.iter().map(|hash| Write::delete_chunks(*hash));
        let writes: Vec<_> = forget.chain(keep).chain(release).collect();
        self.write(&writes).await
    }

    async fn room(&self) -> Option<u64> {
        storage::room().await
    }
}

fn file_key((hash, ticket): &Pair) -> Option<FileKey> {
    let ticket = ticket.as_ref()?.parse::<TicketId>().ok()?;
    Some(FileKey { hash: FileHash::parse(hash)?, ticket })
}
