//! What is written beside a backup's files: what they hold, and how to know that they still do.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::disk::{self, Sum};
use crate::store::ledger::Head;

/// The manifest's file.
pub(super) const FILE: &str = "manifest.json";
/// The form of backups that this version writes and reads.
const FORMAT: u32 = 1;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The form of the whole backup.
    pub(super) format: u32,
    /// Which version of the program made it.
    pub(super) product: String,
    /// When it was made.
    pub(super) made_at: Timestamp,
    /// Which history it is of.
    pub(super) epoch: String,
    /// The last change in it.
    pub(super) seq: u64,
    /// When that arrived.
    pub(super) arrived: Timestamp,
    /// The last link of the chain of hashes, in hex.
    pub(super) hash: String,
    /// Every file of it but this one.
    pub(super) files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Where it is, from the backup's folder.
    pub(super) path: String,
    pub(super) bytes: u64,
    /// Its SHA-256, in hex.
    pub(super) sha256: String,
}

/// A manifest as it was read.
#[derive(Debug)]
pub(crate) struct Found {
    pub(super) manifest: Manifest,
    /// Whether it is as it was written.
    pub(super) is_unaltered: bool,
}

/// The manifest's own sum, in the same file.
#[derive(Deserialize)]
struct Summed {
    sum: String,
}

/// As much as every form of it has.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Manifest {
    pub(super) fn new(made_at: Timestamp, epoch: String, head: &Head, files: Vec<Entry>) -> Self {
        Self {
            format: FORMAT,
            product: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            epoch,
            seq: head.seq,
            arrived: head.arrived,
            hash: disk::hex(&head.hash),
            files,
        }
    }

    /// Reads the manifest of a backup.
    ///
    /// # Errors
    /// With a sentence, when there is none or it makes no sense.
    pub(super) fn read(backup: &Path) -> Result<Found> {
        let path = backup.join(FILE);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))?;
        Self::parse(&text, &path)
    }

    /// Reads the manifest that was found at `path`.
    ///
    /// # Errors
    /// With a sentence, when it makes no sense.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Found> {
        let senseless = || format!("{} is damaged: use another backup", path.display());
        let Format { format } = serde_json::from_str(text).with_context(senseless)?;
        if format != FORMAT {
            bail!(
                "{} says that the backup has format {format}, and this version of Fieldloop knows format {FORMAT}: use the \
                 version that made it, or a newer one",
                path.display()
            );
        }
        let mut fields: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).with_context(senseless)?;
        let sum = fields.remove("sum").unwrap_or_default();
        let Summed { sum } =
            serde_json::from_value(serde_json::json!({ "sum": sum })).with_context(senseless)?;
        let manifest: Self =
            serde_json::from_value(serde_json::Value::Object(fields)).with_context(senseless)?;
        let is_unaltered = manifest.sum() == sum;
        Ok(Found { manifest, is_unaltered })
    }

    /// Writes it into a backup's folder. It is on disk afterwards; its name only with the folder.
    pub(super) fn write(&self, backup: &Path) -> std::io::Result<()> {
        #[derive(Serialize)]
        struct Written<'m> {
            #[serde(flatten)]
            manifest: &'m Manifest,
            sum: String,
        }
        let mut text = serde_json::to_string_pretty(&Written { manifest: self, sum: self.sum() })
            .expect("texts and numbers always serialise");
        text.push('\n');
        disk::write(&backup.join(FILE), text.as_bytes())
    }

    /// What all of it comes to.
    fn sum(&self) -> String {
        let text = serde_json::to_vec(self).expect("texts and numbers always serialise");
        disk::hex(&Sha256::digest(text))
    }

    /// How large the whole backup is, without the manifest.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|entry| entry.bytes).sum()
    }
}

impl Entry {
    pub(super) fn new(path: &str, Sum { bytes, sha256 }: Sum) -> Self {
        Self { path: path.to_owned(), bytes, sha256 }
    }

    /// Where the file is in a folder; nothing, if the path leads out of it.
    pub(super) fn below(&self, folder: &Path) -> Option<PathBuf> {
        let path = Path::new(&self.path);
        let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
        (stays && !self.path.is_empty()).then(|| folder.join(path))
    }

    /// Whether a file with this sum is the one that is meant.
    pub(super) fn is(&self, sum: &Sum) -> bool {
        self.bytes == sum.bytes && self.sha256 == sum.sha256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_out_of_the_backup_is_none() {
        let below = |path: &str| {
            let sum = Sum { bytes: 0, sha256: String::new() };
            Entry::new(path, sum).below(Path::new("/backup")).map(|path| path.display().to_string())
        };
        assert_eq!(below("files/a/b").as_deref(), Some("/backup/files/a/b"));
        for path in ["", "/etc/passwd", "../data", "files/../../data", "./fieldloop.sqlite"] {
            assert_eq!(below(path), None, "{path}");
        }
    }
}
