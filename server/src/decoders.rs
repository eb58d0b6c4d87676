//! What the server reads from outside, as functions of bytes: for the programs that try to break it.
//!
//! Each says whether the bytes made sense.

use std::path::Path;

use domain::ticket::MediaType;

use crate::backup::manifest::Manifest;
use crate::files::checksum::Checksum;
use crate::files::metadata::Metadata;
use crate::files::sniff::recognise;
use crate::rescue;
use crate::sync::push;

/// The body of a push.
pub fn push(body: &[u8]) -> bool {
    push::read(body).is_ok()
}

/// The headers of an upload, a line each: what is said of the file, and the sum of a piece.
pub fn upload_headers(lines: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(lines) else { return false };
    let (metadata, checksum) = text.split_once('\n').unwrap_or((text, ""));
    Metadata::parse(metadata).is_ok() & Checksum::parse(checksum).is_ok()
}

/// The beginning of a file, whatever it is said to be.
pub fn file_beginning(head: &[u8]) -> bool {
    MediaType::ALL.iter().filter(|said| recognise(**said, head).is_some()).count() > 0
}

/// What was sealed in a rescue file.
pub fn rescue_archive(archive: &[u8]) -> bool {
    rescue::makes_sense(archive)
}

/// What is written beside the files of a backup.
pub fn manifest(text: &[u8]) -> bool {
    str::from_utf8(text).is_ok_and(|text| Manifest::parse(text, Path::new("manifest.json")).is_ok())
}
