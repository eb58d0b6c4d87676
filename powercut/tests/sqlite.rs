//! SQLite by itself on a disk whose power is cut: what it promises, it keeps; and what it doesn't, this disk is able to break.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what fails here fails the test, and figures are to be read"
)]

use std::path::Path;

use powercut::{Dice, Disk, Fault, VFS};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// How a database is run.
#[derive(Debug, Clone, Copy)]
struct Manner {
    journal: &'static str,
    synchronous: &'static str,
}

/// What became of many cuts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    cuts: u64,
    /// Rows that were said to be written.
    confirmed: u64,
    /// Of these, those that are not there any more.
    lost: u64,
    /// Databases that were found in pieces.
    broken: u64,
}

impl Manner {
    fn open(self, folder: &Path, vfs: Option<&str>) -> rusqlite::Result<Connection> {
        let path = folder.join("test.sqlite");
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = match vfs {
            Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
            None => Connection::open_with_flags(path, flags)?,
        };
        let Self { journal, synchronous } = self;
        // A small cache and a short log, so that pages are written early and the log is used again.
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = {journal}; PRAGMA synchronous = {synchronous};
             PRAGMA cache_size = 4; PRAGMA wal_autocheckpoint = 12;
             CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY, words TEXT NOT NULL);"
        ))?;
        Ok(connection)
    }

    /// Writes rows until the power goes; says how many were confirmed, and how many may be there.
    fn load(self, folder: &Path, dice: &mut Dice) -> (u64, u64) {
        let (mut confirmed, mut sent) = (0, 0);
        let Ok(connection) = self.open(folder, Some(VFS)) else { return (0, 0) };
        while sent < 60 {
            let rows = dice.below(3) as u64 + 1;
            let mut write = || {
                connection.execute_batch("BEGIN IMMEDIATE")?;
                for number in sent + 1..=sent + rows {
                    let words = "word ".repeat(dice.below(600));
                    connection.execute("INSERT INTO kept VALUES (?, ?)", (number.cast_signed(), words))?;
                }
                connection.execute_batch("COMMIT")
            };
            let written = write();
            sent += rows;
            match written {
                Ok(()) => confirmed = sent,
                Err(_) => break,
            }
        }
        (confirmed, sent)
    }

    fn cut(self, seed: u64, tally: &mut Tally) {
        let mut dice = Dice::new(seed);
        let (folder, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let disk = Disk::over(folder.path()).unwrap();
        disk.cut_at(dice.below(400) as u64 + 1);
        let (confirmed, sent) = self.load(folder.path(), &mut dice);
        disk.find(&mut dice, elsewhere.path()).unwrap();
        tally.cuts += 1;
        tally.confirmed += confirmed;
        match self.count(elsewhere.path()) {
            Ok(found) => {
                assert!(found <= sent, "seed {seed}: {found} rows of {sent}");
                tally.lost += confirmed.saturating_sub(found);
            }
            Err(_) => tally.broken += 1,
        }
    }

    fn count(self, folder: &Path) -> rusqlite::Result<u64> {
        let connection = self.open(folder, None)?;
        let checked: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        let (count, last): (i64, i64) =
            connection.query_row("SELECT count(*), coalesce(max(number), 0) FROM kept", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        if checked == "ok" && count == last {
            Ok(count.cast_unsigned())
        } else {
            Err(rusqlite::Error::QueryReturnedNoRows)
        }
    }
}

fn cut_often(journal: &'static str, synchronous: &'static str) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..150 {
        Manner { journal, synchronous }.cut(seed, &mut tally);
    }
    println!("{journal} {synchronous}: {tally:?}");
    tally
}

#[test]
fn a_database_that_waits_for_the_disk_loses_nothing() {
    for (journal, synchronous) in [("WAL", "FULL"), ("TRUNCATE", "FULL"), ("DELETE", "EXTRA")] {
        let tally = cut_often(journal, synchronous);
        assert!(tally.confirmed > 1_000, "{tally:?}");
        assert_eq!((tally.lost, tally.broken), (0, 0), "{journal}: {tally:?}");
    }
}

/// As the manual says: only `EXTRA` waits until the journal's name is gone from the folder.
#[test]
fn a_journal_that_comes_back_takes_a_confirmed_row_with_it() {
    let tally = cut_often("DELETE", "FULL");
    assert!(tally.lost > 10, "{tally:?}");
    assert_eq!(tally.broken, 0, "{tally:?}");
}

#[test]
fn a_write_ahead_log_that_does_not_wait_for_the_disk_loses_its_end_and_no_more() {
    let tally = cut_often("WAL", "NORMAL");
    assert!(tally.lost > 50, "{tally:?}");
    assert_eq!(tally.broken, 0, "{tally:?}");
}

#[test]
fn a_database_that_never_waits_for_the_disk_is_found_in_pieces() {
    for journal in ["WAL", "DELETE"] {
        let tally = cut_often(journal, "OFF");
        assert!(tally.lost > 50 && tally.broken > 10, "{journal}: {tally:?}");
    }
}

#[test]
fn without_a_cut_nothing_is_missing() {
    let (folder, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let manner = Manner { journal: "WAL", synchronous: "OFF" };
    let disk = Disk::over(folder.path()).unwrap();
    let (confirmed, _) = manner.load(folder.path(), &mut Dice::new(7));
    let _next = disk.outlive(elsewhere.path()).unwrap();
    assert_eq!(manner.count(elsewhere.path()).unwrap(), confirmed);
}

#[test]
fn a_database_can_not_be_read_without_power() {
    let folder = TempDir::new().unwrap();
    let manner = Manner { journal: "WAL", synchronous: "FULL" };
    let disk = Disk::over(folder.path()).unwrap();
    let connection = manner.open(folder.path(), Some(VFS)).unwrap();
    disk.cut();
    assert!(connection.query_row("SELECT count(*) FROM kept", [], |row| row.get::<_, i64>(0)).is_err());
    assert!(manner.open(folder.path(), Some(VFS)).is_err());
}

#[test]
fn a_fault_strikes_the_call_that_was_named_and_goes_when_it_is_mended() {
    let folder = TempDir::new().unwrap();
    let manner = Manner { journal: "WAL", synchronous: "FULL" };
    let disk = Disk::over(folder.path()).unwrap();
    let connection = manner.open(folder.path(), Some(VFS)).unwrap();
    let insert = |number: i64| connection.execute("INSERT INTO kept VALUES (?, '')", [number]);
    for (fault, code) in [(Fault::Full, 13), (Fault::Write, 778), (Fault::Flush, 1034)] {
        disk.fail_from(fault, 0);
        for _ in 0..2 {
            let error = insert(1).unwrap_err();
            assert_eq!(error.sqlite_error().map(|error| error.extended_code), Some(code));
        }
        disk.mend();
        disk.fail_once(fault, 0);
        insert(1).unwrap_err();
        insert(1).unwrap();
        connection.execute("DELETE FROM kept", []).unwrap();
    }
    assert_eq!(disk.struck(), 9);
}

/// What a restart trusts after a flush has failed: the system shows the log whole, and the disk has a hole in it.
fn lost_after_failed_flush(writes_again: bool) -> u64 {
    let manner = Manner { journal: "WAL", synchronous: "FULL" };
    let insert = |connection: &Connection, number: i64| {
        connection.execute("INSERT INTO kept VALUES (?, ?)", (number, "word ".repeat(500)))
    };
    let mut lost = 0;
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let folders = [TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap()];
        let disk = Disk::over(folders[0].path()).unwrap();
        disk.set_dice(Dice::new(seed));
        let connection = manner.open(folders[0].path(), Some(VFS)).unwrap();
        insert(&connection, 1).unwrap();
        disk.fail_once(Fault::Flush, 0);
        insert(&connection, 2).unwrap_err();
        let disk = disk.outlive(folders[1].path()).unwrap();
        if writes_again {
            disk.write_again("test.sqlite-wal").unwrap();
        }
        let connection = manner.open(folders[1].path(), Some(VFS)).unwrap();
        insert(&connection, 3).unwrap();
        disk.find(&mut dice, folders[2].path()).unwrap();
        let found = manner.open(folders[2].path(), None).unwrap();
        let kept = "SELECT count(*) FROM kept WHERE number IN (1, 3)";
        let found: i64 = found.query_row(kept, [], |row| row.get(0)).unwrap();
        lost += 2 - found.cast_unsigned();
    }
    lost
}

#[test]
fn after_a_failed_flush_a_new_start_loses_what_it_confirms_unless_it_writes_the_log_again() {
    assert!(lost_after_failed_flush(false) > 10);
    assert_eq!(lost_after_failed_flush(true), 0);
}
