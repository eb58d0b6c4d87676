//! For tests: a disk below SQLite whose power can be cut, that runs full, and that fails to flush.
//!
//! Killing a program does not test durability: what it has written is with the system, which brings it to the disk all the
//! same. Only when the power goes does it show whether somebody has forgotten to wait for the disk. So this crate stands
//! between SQLite and the system as a *VFS* named [`VFS`], passes everything on, locks and shared memory included, and keeps
//! account of what a disk would have to hold:
//!
//! - A write or a truncation is certain to be on disk once SQLite has asked for a flush (`xSync`) of that file. Until then any
//!   of it may be, in any order, one sector of 512 bytes here and another one there (but what was cut off doesn't come back in
//!   parts); and a file that has grown may hold anything where nothing of the growth has arrived.
//! - That a file was made or deleted is certain once its folder was flushed: when SQLite deletes a file and asks for that, or
//!   flushes a journal or a write-ahead log that it has made. That is when SQLite's own VFS flushes the folder.
//! - A flush that has *failed* brings some of it to the disk or none. What it didn't bring the system forgets to bring later
//!   too, though it goes on showing it to whoever reads; only what is written again is brought again. Linux does so.
//! - Shared memory (`-shm`) survives as garbage.
//!
//! Within a sector nothing is torn, and a write harms nothing beside it: that is what SQLite asks of a disk
//! (<https://sqlite.org/psow.html>), and what it is unable to do without.
//!
//! ```text
//!   let disk = Disk::over(folder)?;         what is in the folder is on disk
//!   … open `folder` with vfs=powercut, work …
//!   disk.cut_at(17);                        the 17th call from now on meets the dark
//!   … work until it fails …
//!   disk.find(&mut dice, elsewhere)?;       a folder as it could be found: to be opened, and looked through
//! ```
//!
//! Nothing is really flushed: who plays with the power can do without, and thousands of cuts take seconds.
//!
//! Deliberately absent: temporary files, which nobody misses, and files mapped into memory, which we don't use.

mod dice;
mod disk;
mod inode;
mod vfs;

pub use dice::Dice;
pub use disk::{Disk, Fault};

/// The name by which SQLite is told to use this. It works below folders that [`Disk::over`] was told of, and nowhere else.
pub const VFS: &str = "powercut";
