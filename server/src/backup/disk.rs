//! Files and folders that are still there after a power cut.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// How much is in memory at a time.
const CHUNK_BYTES: usize = 1024 * 1024;

/// How a file is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) bytes: u64,
    /// Its SHA-256, in hex.
    pub(crate) sha256: String,
}

/// Makes a folder that is for its owner's eyes only.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(folder)
}

/// Makes a folder in which there is nothing, whatever there was in it. It never ceases to be there.
pub(crate) fn make_empty(folder: &Path) -> io::Result<()> {
    match make_folder(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made,
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Writes a file that does not exist yet, for its owner's eyes only. It is on disk afterwards; its name only with the folder.
pub(crate) fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    let mut written = create(file)?;
    written.write_all(content)?;
    written.sync_all()
}

/// Copies a file to where there is none yet. Says what was copied, which is on disk afterwards.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<Sum> {
    let mut written = create(to)?;
    let sum = read_through(from, |chunk| written.write_all(chunk))?;
    written.sync_all()?;
    Ok(sum)
}

/// Reads a file through.
pub(crate) fn sum(file: &Path) -> io::Result<Sum> {
    read_through(file, |_| Ok(()))
}

/// Sees to it that what was written to a file, by whomever, is on disk.
pub(crate) fn sync_file(file: &Path) -> io::Result<()> {
    File::open(file)?.sync_all()
}

/// Sees to it that the names in a folder are on disk.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes a folder with everything in it, if it is there.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Bytes as they are written for people.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn create(file: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)
}

fn read_through(file: &Path, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<Sum> {
    let mut read = File::open(file)?;
    let (mut bytes, mut digest, mut chunk) = (0, Sha256::new(), vec![0; CHUNK_BYTES]);
    loop {
        let length = match read.read(&mut chunk) {
            Ok(0) => return Ok(Sum { bytes, sha256: hex(&digest.finalize()) }),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digest.update(&chunk[..length]);
        take(&chunk[..length])?;
        bytes += length as u64;
    }
}
