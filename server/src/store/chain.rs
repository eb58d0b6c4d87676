//! The chain of hashes over the record of changes: what makes tampering evident.
//!
//! Each change carries SHA-256 over the hash of the one before and its own stored bytes. Whoever alters, removes, adds or
//! reorders anything has to change every later hash, and the last one, which is also kept beside the counter (and can be
//! kept elsewhere). Says nothing about a history that was exchanged as a whole together with its last hash.

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};

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
    /// The links hold as far as they go, but the last ones are missing.
    CutShort {
        /// The last change there is.
        seq: i64,
    },
}

impl Store {
    /// Follows the chain from the first change to the last.
    ///
    /// # Errors
    /// When the record can't be read. A broken chain is an answer, not an error.
    pub(crate) async fn verify_chain(&self) -> Result<Verified, StoreError> {
        let trying = "follow the chain of changes";
        let mut transaction = self.reader().begin().await.map_err(StoreError::because(trying))?;
        let kept: Vec<u8> = sqlx::query_scalar("SELECT hash FROM counters WHERE name = 'seq'")
            .fetch_one(&mut *transaction)
            .await
            .map_err(StoreError::because(trying))?;
        let (mut last, mut last_seq, mut changes) = (Hash::default(), 0, 0);
        let mut rows = sqlx::query_as::<_, (i64, Vec<u8>, Vec<u8>, String)>(
            "SELECT seq, previous_hash, hash, body FROM changes ORDER BY seq",
        )
        .fetch(&mut *transaction);
        while let Some((seq, previous, hash, body)) = rows.try_next().await.map_err(StoreError::because(trying))? {
            if previous != last || hash != link(&last, &body) {
                return Ok(Verified::Broken { seq });
            }
            (last, last_seq, changes) = (link(&last, &body), seq, changes + 1);
        }
        Ok(if last == *kept { Verified::Whole { changes } } else { Verified::CutShort { seq: last_seq } })
    }
}
