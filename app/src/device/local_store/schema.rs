//! The shape of the database: names, keys, and one table of all versions ever released.

use indexed_db_futures::Build;
use indexed_db_futures::database::Database;

/// The object store of small things; also the key, in there, of what to remember.
pub(super) const META: &str = "meta";
/// The object store of outbox entries, by the change's number.
pub(super) const OUTBOX: &str = "outbox";
/// The object store of cards, by part number.
pub(super) const CARDS: &str = "cards";
/// The object store of documents, by part number.
pub(super) const DOCUMENTS: &str = "documents";

/// The object store of files' contents in chunks, by SHA-256 and the chunk's number.
pub(super) const CHUNKS: &str = "chunks";
/// The object store of what is known of each kept file, by SHA-256 and ticket.
pub(super) const FILES: &str = "files";

/// Key in [`META`]: the directory.
pub(super) const DIRECTORY: &str = "directory";
/// Key in [`META`]: what the outbox should hold.
pub(super) const WITNESS: &str = "witness";
/// Key in [`META`]: which opening of the database may write, a number that grows.
pub(super) const WRITER: &str = "writer";
/// Key in [`META`]: what is put in at each opening, to see whether it comes back.
pub(super) const PROBE: &str = "probe";

/// What leads from each version to the next, from nothing to the present one. An entry is never changed once released.
///
/// A database is brought up to date inside the browser's own upgrade transaction: all of it happens, or nothing.
const STEPS: &[fn(&Database) -> indexed_db_futures::Result<()>] = &[
    |database| create(database, &[META, OUTBOX, CARDS, DOCUMENTS]),
    |database| create(database, &[CHUNKS, FILES]),
];

fn create(database: &Database, stores: &[&str]) -> indexed_db_futures::Result<()> {
    stores.iter().try_for_each(|name| database.create_object_store(name).build().map(drop))
}

/// The present version.
pub(super) const fn version() -> u32 {
    STEPS.len() as u32
}

/// Brings a database up from `version`, 0 for a new one.
pub(super) fn upgrade(database: &Database, version: u32) -> indexed_db_futures::Result<()> {
    STEPS.iter().skip(version as usize).try_for_each(|step| step(database))
}
