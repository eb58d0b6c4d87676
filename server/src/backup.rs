//! Keeping what the server keeps a second time, and going back to it.
//!
//! ```text
//!   make:     copy beside the running server ──▶ manifest ──▶ verify ──▶ rename: now it is a backup ──▶ tell the server
//!   verify:   a data folder or a backup: sums, SQLite's own check, the chain of hashes, what is derived from the record
//!   restore:  copy ──▶ verify ──▶ begin another history ──▶ old files aside ──▶ new ones into their place
//! ```
//!
//! Whatever is being written has a name that ends in `.partial`, and only a rename makes it count. So a power cut at any moment
//! leaves the state before or the one after, or one that says what it is. Nothing here ever deletes what a server has kept.

mod contents;
pub(crate) mod disk;
mod make;
pub(crate) mod manifest;
mod restore;
mod shelf;
#[cfg(test)]
mod tests;
mod verify;

use domain::Timestamp;

pub(crate) use make::make;
pub(crate) use restore::{explain_interrupted, restore};
pub(crate) use verify::verify;

/// What an unfinished file or folder is called at its end.
const UNFINISHED: &str = ".partial";

/// An instant as it stands in names of folders: in UTC, in the order of time.
fn stamp(at: Timestamp) -> String {
    let known = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    known.strftime("%Y-%m-%dT%H%M%SZ").to_string()
}

/// An instant as people read it.
fn spoken(at: Timestamp) -> String {
    let known = jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or_default();
    known.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// So many bytes as people read them.
fn spoken_bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let (mut tenths, mut unit) = (bytes.saturating_mul(10) / 1_024, 0);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths / 1_024, unit + 1);
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}
