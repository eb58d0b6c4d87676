//! The folder of files: what is complete under its hash, and what is still coming in under the name of its upload.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use domain::ticket::FileHash;
use sha2::{Digest as _, Sha256};

use super::UploadId;
use super::sniff::HEAD_BYTES;
use crate::backup::disk;

/// The folder of files in the data folder, and in a backup.
pub(crate) const FOLDER: &str = "files";
/// Where in it is what has not come to its end.
const PARTIAL: &str = "partial";

/// Where content is, from the folder that holds [`FOLDER`]. So that no folder grows too large, there are 256.
pub(crate) fn place_of(hash: FileHash) -> String {
    let name = hash.to_string();
    format!("{FOLDER}/{}/{}", &name[..2], &name[2..])
}

/// What was written could not be brought to the disk, and what the system shows of it may not be there.
#[derive(Debug, thiserror::Error)]
#[error("a flush has failed")]
struct FlushFailed(#[source] io::Error);

/// Whether an error says that a flush has failed.
pub(super) fn is_failed_flush(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<FlushFailed>)
}

/// Says of an error that it came from a flush.
pub(super) fn failed_flush(error: io::Error) -> io::Error {
    io::Error::other(FlushFailed(error))
}

/// The folder, as blocking calls. Whoever is not to wait calls from another thread.
#[derive(Debug, Clone)]
pub(super) struct Vault {
    data: PathBuf,
}

/// What a file turned out to be.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) hash: FileHash,
    pub(super) bytes: u64,
    /// Its first bytes.
    pub(super) head: Vec<u8>,
}

impl Vault {
    /// Opens the folder in `data`, and makes it if there is none.
    pub(super) fn open(data: &Path) -> io::Result<Self> {
        let vault = Self { data: data.to_owned() };
        ensure_folder(&vault.folder())?;
        ensure_folder(&vault.folder().join(PARTIAL))?;
        Ok(vault)
    }

    fn folder(&self) -> PathBuf {
        self.data.join(FOLDER)
    }

    fn partial(&self, id: UploadId) -> PathBuf {
        self.folder().join(PARTIAL).join(id.to_string())
    }

    /// Where content is, or would be.
    pub(super) fn place(&self, hash: FileHash) -> PathBuf {
        self.data.join(place_of(hash))
    }

    /// How many bytes there is room for.
    pub(super) fn room(&self) -> io::Result<u64> {
        let found = rustix::fs::statvfs(self.folder())?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    /// How much of an upload is there.
    pub(super) fn length(&self, id: UploadId) -> io::Result<u64> {
        match fs::metadata(self.partial(id)) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Opens an upload to go on after its first `at` bytes. Whatever stood behind them was never counted, and is gone.
    pub(super) fn go_on(&self, id: UploadId, at: u64) -> io::Result<File> {
        let path = self.partial(id);
        let is_new = !path.exists();
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        if is_new {
            disk::sync_folder(&self.folder().join(PARTIAL)).map_err(failed_flush)?;
        }
        file.set_len(at)?;
        file.seek(SeekFrom::Start(at))?;
        Ok(file)
    }

    /// Opens what has come of an upload, to be read.
    pub(super) fn open_upload(&self, id: UploadId) -> io::Result<File> {
        File::open(self.partial(id))
    }

    /// Reads what has come of an upload; nothing, if it is not there.
    pub(super) fn look_at_upload(&self, id: UploadId) -> io::Result<Option<Looked>> {
        look(&self.partial(id))
    }

    /// Reads content that is in its place; nothing, if there is none.
    pub(super) fn look_at_content(&self, hash: FileHash) -> io::Result<Option<Looked>> {
        look(&self.place(hash))
    }

    /// Moves an upload that was verified to its place. Name and content are on disk afterwards.
    pub(super) fn put(&self, id: UploadId, hash: FileHash) -> io::Result<()> {
        let place = self.place(hash);
        let folder = place.parent().map_or_else(|| self.folder(), Path::to_owned);
        ensure_folder(&folder)?;
        let partial = self.partial(id);
        match File::options().write(true).open(&partial) {
            Ok(file) => {
                // From now on it is without a row, and a sweep counts from now.
                file.set_modified(SystemTime::now())?;
                file.sync_all().map_err(failed_flush)?;
                fs::rename(&partial, &place)?;
            }
            // A power cut came between this and the row.
            Err(error) if error.kind() == ErrorKind::NotFound && place.exists() => {}
            Err(error) => return Err(error),
        }
        disk::sync_folder(&folder).map_err(failed_flush)
    }

    /// Removes what has come of an upload.
    pub(super) fn remove(&self, id: UploadId) -> io::Result<()> {
        forgive_missing(fs::remove_file(self.partial(id)))
    }

    /// Removes content.
    pub(super) fn remove_content(&self, hash: FileHash) -> io::Result<()> {
        forgive_missing(fs::remove_file(self.place(hash)))
    }

    /// Uploads that have rested for so long.
    pub(super) fn resting_uploads(&self, rest: Duration) -> io::Result<Vec<UploadId>> {
        let names = resting(&self.folder().join(PARTIAL), rest)?;
        Ok(names.iter().filter_map(|name| UploadId::parse(name)).collect())
    }

    /// Content that has been there for so long.
    pub(super) fn resting_content(&self, rest: Duration) -> io::Result<Vec<FileHash>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.folder())? {
            let entry = entry?;
            let Some(beginning) = entry.file_name().to_str().map(str::to_owned) else { continue };
            if entry.file_type()?.is_dir() && beginning.len() == 2 {
                let names = resting(&entry.path(), rest)?;
                found.extend(names.iter().filter_map(|name| FileHash::parse(&format!("{beginning}{name}"))));
            }
        }
        Ok(found)
    }
}

/// The names in a folder of what has not been written for so long.
fn resting(folder: &Path, rest: Duration) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = match entry.metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            found => found?,
        };
        // What was written in the future by the machine's clock was written now.
        let rested = found.modified()?.elapsed().is_ok_and(|rested| rested >= rest);
        if found.is_file() && rested {
            names.extend(entry.file_name().into_string());
        }
    }
    Ok(names)
}

fn look(path: &Path) -> io::Result<Option<Looked>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let (mut bytes, mut digest, mut head) = (0, Sha256::new(), Vec::new());
    let mut piece = vec![0; 1024 * 1024];
    loop {
        let length = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digest.update(&piece[..length]);
        let missing = HEAD_BYTES.saturating_sub(head.len()).min(length);
        head.extend_from_slice(&piece[..missing]);
        bytes += length as u64;
    }
    Ok(Some(Looked { hash: FileHash::from_digest(digest.finalize().into()), bytes, head }))
}

/// Makes a folder that lasts, if it is not there.
fn ensure_folder(folder: &Path) -> io::Result<()> {
    match disk::make_folder(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    folder.parent().map_or(Ok(()), disk::sync_folder).map_err(failed_flush)
}

fn forgive_missing(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_leads_nowhere_but_into_the_folder() {
        let hash = FileHash::parse(&format!("ab{}", "0".repeat(62))).unwrap();
        assert_eq!(place_of(hash), format!("files/ab/{}", "0".repeat(62)));
    }

    #[test]
    fn what_stood_behind_the_counted_bytes_is_gone() {
        use std::io::Write as _;
        let data = tempfile::tempdir().unwrap();
        let vault = Vault::open(data.path()).unwrap();
        let id = UploadId::random();
        vault.go_on(id, 0).unwrap().write_all(b"counted, and not").unwrap();
        vault.go_on(id, 7).unwrap().write_all(b"!").unwrap();
        let looked = vault.look_at_upload(id).unwrap().unwrap();
        assert_eq!((looked.bytes, looked.head.as_slice()), (8, b"counted!".as_slice()));
    }
}
