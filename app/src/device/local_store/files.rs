//! Contents of files, in chunks: bytes go in and out as bytes, never by way of JSON, and never as a `Blob`, which some browsers keep
//! beside the database and lose apart from it.

use std::collections::BTreeMap;

use domain::ticket::FileHash;
use sync::StoreError;
use sync::files::{FileBatch, FileStore, KeptFile};

use super::connection::Write;
use super::schema::{CHUNKS, FILES};
use super::{IndexedDbLocalStore, read_json, to_json, unreadable};

impl FileStore for IndexedDbLocalStore {
    async fn files(&self) -> Result<Vec<KeptFile>, StoreError> {
        let rows = self.connection.get_all(FILES).await?;
        rows.iter().enumerate().map(|(place, row)| read_json(FILES, place, &row.to_vec())).collect()
    }

    async fn contents(&self) -> Result<BTreeMap<FileHash, u64>, StoreError> {
        let mut contents = BTreeMap::new();
        for name in self.connection.chunk_names().await? {
            let hash = FileHash::parse(&name);
            let hash = hash.ok_or_else(|| unreadable(CHUNKS, &name, "not the name of a content"))?;
            *contents.entry(hash).or_default() += 1;
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
}
