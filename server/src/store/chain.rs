//! The chain of hashes over the record of changes: what makes tampering evident.
//!
//! Each change carries SHA-256 over the hash of the one before and its own stored bytes. Whoever alters, removes, adds or
//! reorders anything has to change every later hash, and the last one, which is also kept beside the counter (and can be
//! kept elsewhere). Says nothing about a history that was exchanged as a whole together with its last hash.

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use super::{Store, StoreError};

/// A link of the chain.
pub(crate) type Hash = [u8; 32];

/// The link after `previous`, over the stored form of a change.
pub(crate) fn link(previous: &Hash, body: &str) -> Hash {
    Sha256::new().chain_update(previous).chain_update(body.as_bytes()).finalize().into()
}

/// What became of a look at the whole chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verified {
    /// Every link holds, up to the last one kept beside the counter.
    Whole {
        /// How many changes there are.
        changes: u64,
    },
    /// A link does not hold: this change, or something just before it, is not what was written.
    Broken {
        /// The change's place.
        seq: i64,
    },
    /// The links hold as far as they go, but they don't end where the counter says that they do.
    CutShort {
        /// The last change there is.
        seq: i64,
    },
}

/// Follows the chain from the first change to the last one, which is kept beside the counter.
///
/// # Errors
/// When the record can't be read. A broken chain is an answer, not an error.
pub(super) async fn follow(connection: &mut SqliteConnection) -> Result<Verified, StoreError> {
    let failed = || StoreError::because("follow the chain of changes");
    let kept: (i64, Vec<u8>) = sqlx::query_as("SELECT value, hash FROM counters WHERE name = 'seq'")
        .fetch_one(&mut *connection)
        .await
        .map_err(failed())?;
    let (mut last_seq, mut last) = (0, Hash::default());
    let mut rows = sqlx::query_as::<_, (i64, Vec<u8>, Vec<u8>, String)>(
        "SELECT seq, previous_hash, hash, body FROM changes ORDER BY seq",
    )
    .fetch(connection);
    while let Some((seq, previous, hash, body)) = rows.try_next().await.map_err(failed())? {
        // Places have no gaps: the counter moves by one with each change.
        if seq != last_seq + 1 || previous != last || hash != link(&last, &body) {
            return Ok(Verified::Broken { seq });
        }
        (last_seq, last) = (seq, link(&last, &body));
    }
    let is_whole = kept == (last_seq, last.to_vec());
    Ok(if is_whole {
        Verified::Whole { changes: last_seq.cast_unsigned() }
    } else {
        Verified::CutShort { seq: last_seq }
    })
}

impl Store {
    /// Follows the chain of changes, for tests and simulations.
    ///
    /// # Errors
    /// When the record can't be read. A broken chain is an answer, not an error.
    pub(crate) async fn verify_chain(&self) -> Result<Verified, StoreError> {
        follow(&mut *self.read().await?).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ledger::{self, ChangeRow, Head};

    /// A database with three changes in its record.
    async fn recorded() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let mut turn = store.writer().await;
        let mut transaction = turn.begin().await.unwrap();
        let mut head = Head::default();
        let mut rows = Vec::new();
        for seq in 1..=3 {
            let row = row(seq, head.hash);
            head = Head { seq, hash: row.hash, arrived: row.arrived };
            rows.push(row);
        }
        ledger::append(&mut transaction, rows).await.unwrap();
        ledger::advance(&mut transaction, Head::default(), head).await.unwrap();
        transaction.commit("commit three changes").await.unwrap();
        drop(turn);
        (folder, store)
    }

    fn row(seq: u64, previous_hash: Hash) -> ChangeRow {
        let body = format!(r#"{{"change":{seq}}}"#);
        ChangeRow {
            seq,
            id: format!("00000000-0000-0000-0000-000000000001/{seq}").parse().unwrap(),
            ticket: "00000000-0000-0000-0000-000000000002".parse().unwrap(),
            actor: "00000000-0000-0000-0000-000000000003".parse().unwrap(),
            kind: "comment",
            happened: domain::Timestamp::from_millis(1),
            arrived: domain::Timestamp::from_millis(2),
            previous_hash,
            hash: link(&previous_hash, &body),
            body: body.into(),
        }
    }

    /// Does what the triggers forbid, as somebody with the file in their hands could.
    async fn tamper(store: &Store, sql: &'static str) {
        let mut turn = store.writer().await;
        let mut transaction = turn.begin().await.unwrap();
        let lift = "DROP TRIGGER changes_are_never_altered; DROP TRIGGER changes_are_never_removed;";
        sqlx::raw_sql(lift).execute(&mut *transaction).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut *transaction).await.unwrap();
        transaction.commit("commit what an intruder does").await.unwrap();
    }

    #[tokio::test]
    async fn an_untouched_record_is_whole() {
        let (_folder, store) = recorded().await;
        assert_eq!(store.verify_chain().await.unwrap(), Verified::Whole { changes: 3 });
    }

    #[tokio::test]
    async fn a_changed_word_breaks_the_chain_where_it_stands() {
        let (_folder, store) = recorded().await;
        tamper(&store, "UPDATE changes SET body = replace(body, '2', '7') WHERE seq = 2").await;
        assert_eq!(store.verify_chain().await.unwrap(), Verified::Broken { seq: 2 });
    }

    #[tokio::test]
    async fn a_change_taken_out_breaks_the_chain_after_it() {
        let (_folder, store) = recorded().await;
        tamper(&store, "DELETE FROM changes WHERE seq = 1").await;
        assert_eq!(store.verify_chain().await.unwrap(), Verified::Broken { seq: 2 });
    }

    #[tokio::test]
    async fn a_change_moved_to_another_place_breaks_the_chain_there() {
        let (_folder, store) = recorded().await;
        tamper(&store, "UPDATE changes SET seq = 7 WHERE seq = 3").await;
        assert_eq!(store.verify_chain().await.unwrap(), Verified::Broken { seq: 7 });
    }

    #[tokio::test]
    async fn a_counter_that_is_ahead_of_the_record_is_noticed() {
        let (_folder, store) = recorded().await;
        tamper(&store, "UPDATE counters SET value = 4").await;
        assert_eq!(store.verify_chain().await.unwrap(), Verified::CutShort { seq: 3 });
    }

    #[tokio::test]
    async fn a_record_whose_end_was_taken_off_is_cut_short() {
        let (_folder, store) = recorded().await;
        tamper(&store, "DELETE FROM changes WHERE seq = 3").await;
        assert_eq!(store.verify_chain().await.unwrap(), Verified::CutShort { seq: 2 });
    }

    #[tokio::test]
    async fn the_database_itself_refuses_to_alter_or_remove_a_change() {
        let (_folder, store) = recorded().await;
        for sql in ["UPDATE changes SET happened = 0", "DELETE FROM changes"] {
            let mut turn = store.writer().await;
            let mut transaction = turn.begin().await.unwrap();
            let error = sqlx::raw_sql(sql).execute(&mut *transaction).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{error}");
        }
    }
}
