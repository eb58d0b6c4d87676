//! What the machine does without us: the disk's own flush, and bare SQLite.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result};
use rusqlite::{Connection, params};

use crate::company::Member;
use crate::device::Device;
use crate::figure::{Figure, quantile};

/// How often the disk is asked.
const FLUSHES: usize = 200;
/// What each flush has to bring to the disk: a page.
const PAGE: [u8; 4_096] = [7; 4_096];

/// Stands for any hash.
const HASH: [u8; 32] = [7; 32];

/// The table that changes are kept in, as the server has it.
const TABLE: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE changes (
        seq INTEGER PRIMARY KEY, device TEXT NOT NULL, device_seq INTEGER NOT NULL, ticket TEXT NOT NULL,
        actor TEXT NOT NULL, kind TEXT NOT NULL, happened INTEGER NOT NULL, arrived INTEGER NOT NULL,
        previous_hash BLOB NOT NULL, hash BLOB NOT NULL, body TEXT NOT NULL, UNIQUE (device, device_seq)
    ) STRICT;";
const INSERT: &str = "
    INSERT INTO changes (seq, device, device_seq, ticket, actor, kind, happened, arrived, previous_hash, hash, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// How long the disk takes to hold on to a page.
pub(crate) fn measure_disk(folder: &Path) -> Result<Vec<Figure>> {
    eprintln!("  the disk by itself");
    let path = folder.join("flushed");
    let mut file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
    let mut flushes = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let begun = Instant::now();
        file.write_all(&PAGE)?;
        file.sync_data()?;
        flushes.push(begun.elapsed());
    }
    std::fs::remove_file(path)?;
    let mut figure = |share, name| {
        Figure::millis(format!("disk: append and flush, {name}"), quantile(&mut flushes, share))
    };
    Ok(vec![figure(0.5, "p50"), figure(0.99, "p99")])
}

/// Inserts the rows that so many changes would make, so many a transaction, and does nothing else. Returns rows a second.
pub(crate) fn insert_rows(folder: &Path, member: &Member, rows: usize, together: usize) -> Result<f64> {
    let data = tempfile::tempdir_in(folder).context("making a folder for the database")?;
    let connection = Connection::open(data.path().join("bare.sqlite"))?;
    connection.execute_batch(TABLE)?;
    let mut statement = connection.prepare(INSERT)?;
    let rows = make_rows(member, rows)?;
    let begun = Instant::now();
    for rows in rows.chunks(together) {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for Row { seq, device, ticket, actor, kind, at, body } in rows {
            statement.execute(params![seq, device, seq, ticket, actor, kind, at, at, HASH, HASH, body])?;
        }
        connection.execute_batch("COMMIT")?;
    }
    Ok(rows.len() as f64 / begun.elapsed().as_secs_f64())
}

struct Row {
    seq: i64,
    device: String,
    ticket: String,
    actor: String,
    kind: &'static str,
    at: i64,
    body: String,
}

fn make_rows(member: &Member, count: usize) -> Result<Vec<Row>> {
    let mut device = Device::of(member, 0);
    let mut rows = Vec::with_capacity(count);
    while rows.len() < count {
        for change in device.live() {
            rows.push(Row {
                seq: change.id.seq.cast_signed(),
                device: change.id.device.to_string(),
                ticket: change.ticket.to_string(),
                actor: change.actor.to_string(),
                kind: change.action.kind().name(),
                at: change.claim.clock.as_millis(),
                body: serde_json::to_string(&change)?,
            });
        }
    }
    rows.truncate(count);
    Ok(rows)
}
