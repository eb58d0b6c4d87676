//! Backups of a server at work, what `verify` finds in them, and going back to them.

mod returning;

use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use domain::{TicketId, Timestamp};
use serde_json::{Value, json};
use sync::messages::{Backup, Event};
use tempfile::TempDir;

use super::manifest::{Entry, Manifest};
use super::restore::{Step, prepare, put_in_place};
use super::{explain_interrupted, make, restore, verify};
use crate::files::{FOLDER, place_of};
use crate::store::backups::DatabaseFile;
use crate::store::{self, Store};
use crate::sync::testing::{Company, Tablet, hash_of};
use crate::testing::{START, TestServer};

/// As much of a photo as it takes to be one.
const PHOTO: &[u8] = b"\xff\xd8\xff\xe0 a nameplate";
const HOUR_MS: i64 = Timestamp::HOUR_MS;

/// A company with two tickets, one of which has moved from one engineer to another, and a folder for its backups.
struct Shop {
    company: Company,
    shelf: TempDir,
}

impl Shop {
    async fn open() -> Self {
        let company = Company::open().await;
        let mut desk = company.tablet(&company.agent).await;
        let mut engineer = company.tablet(&company.east_engineer).await;
        let first = desk.register();
        let second = desk.register();
        let (ticket, other) = (first.ticket, second.ticket);
        let to_east = desk.assign(ticket, &company.east_engineer);
        desk.push(&[first, second, to_east]).await;
        engineer.pull().await;
        company.state.clock.advance_millis(1_000);
        let on_my_way = engineer.comment(ticket, "on my way");
        engineer.push(&[on_my_way]).await;
        let to_south = desk.assign(other, &company.south_engineer);
        let to_east = desk.assign(other, &company.east_engineer);
        desk.push(&[to_south, to_east]).await;
        Self { company, shelf: tempfile::tempdir().unwrap() }
    }

    /// A ticket more, to which two photos belong; one of them has come.
    async fn with_photos() -> Self {
        let shop = Self::open().await;
        let mut desk = shop.company.tablet(&shop.company.agent).await;
        let registered = desk.register();
        let ticket = registered.ticket;
        let attached = desk.attach(ticket, PHOTO);
        let not_brought = desk.attach(ticket, b"still on the tablet");
        desk.push(&[registered, attached, not_brought]).await;
        assert_eq!(desk.upload(ticket, PHOTO).await.status(), 201);
        shop
    }

    fn data(&self) -> &Path {
        &self.company.state.config.data
    }

    fn store(&self) -> &Store {
        &self.company.state.store
    }

    async fn try_to_back_up(&self, folder: &Path, keep: Option<usize>) -> anyhow::Result<String> {
        let keep = keep.and_then(NonZeroUsize::new);
        make(self.store(), self.data(), folder, keep, self.company.state.clock.now()).await
    }

    async fn back_up(&self) -> PathBuf {
        self.try_to_back_up(self.shelf.path(), None).await.unwrap();
        self.shelf.path().join(format!("fieldloop-{}", super::stamp(self.company.state.clock.now())))
    }

    /// What stands on the shelf, but for its lock.
    fn on_shelf(&self) -> Vec<String> {
        let entries = fs::read_dir(self.shelf.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != "backup.lock");
        names.sort();
        names
    }
}

async fn complaint(path: &Path) -> String {
    verify(path).await.unwrap_err().to_string()
}

/// A backup that can be spoilt without spoiling the original.
fn copy_of(backup: &Path) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join(backup.file_name().unwrap());
    copy_folder(backup, &copy);
    (folder, copy)
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &to);
        } else {
            fs::copy(&path, to).unwrap();
        }
    }
}

/// A data folder in which somebody has done what the server never would.
async fn tampered_data(backup: &Path, sql: &str) -> TempDir {
    const LIFT: &str = "DROP TRIGGER changes_are_never_altered; DROP TRIGGER changes_are_never_removed; \
                        DROP TRIGGER policies_are_never_altered;";
    let data = tempfile::tempdir().unwrap();
    fs::copy(backup.join(store::FILE), data.path().join(store::FILE)).unwrap();
    if backup.join(FOLDER).exists() {
        copy_folder(&backup.join(FOLDER), &data.path().join(FOLDER));
    }
    let mut database = DatabaseFile::to_be_tampered_with(data.path().join(store::FILE)).await;
    database.run_sql(LIFT).await;
    database.run_sql(sql).await;
    database.close().await.unwrap();
    data
}

#[tokio::test]
async fn a_backup_is_verified_before_it_has_its_name_and_leaves_nothing_else() {
    let shop = Shop::open().await;
    let told = shop.try_to_back_up(shop.shelf.path(), None).await.unwrap();
    assert!(told.contains("6 changes of 2 tickets"), "{told}");
    assert_eq!(shop.on_shelf(), ["fieldloop-2024-05-24T010001Z"]);
    let backup = shop.shelf.path().join("fieldloop-2024-05-24T010001Z");
    let files: Vec<_> = fs::read_dir(&backup).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files.len(), 2, "no log beside it: {files:?}");
    let looked_at = verify(&backup).await.unwrap();
    assert!(looked_at.contains("6 changes of 2 tickets by 2 devices"), "{looked_at}");
    assert_eq!(fs::read_dir(&backup).unwrap().count(), 2, "looking at it leaves no trace");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_devices_push_is_of_one_moment() {
    let shop = Shop::open().await;
    let mut pushing = Vec::new();
    for _ in 0..4 {
        let mut tablet = shop.company.tablet(&shop.company.agent).await;
        pushing.push(tokio::spawn(async move {
            for _ in 0..25 {
                let registered = tablet.register();
                tablet.push(&[registered]).await;
            }
        }));
    }
    while pushing.iter().any(|task| !task.is_finished()) {
        let backup = shop.back_up().await;
        verify(&backup).await.unwrap();
        shop.company.state.clock.advance_millis(1_000);
    }
    for task in pushing {
        task.await.unwrap();
    }
    verify(shop.data()).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_can_not_take_a_backup_is_refused_with_what_to_do() {
    let shop = Shop::open().await;
    let file = shop.shelf.path().join("a file");
    fs::write(&file, "mine").unwrap();
    let inside = shop.data().join("backups");
    fs::create_dir(&inside).unwrap();
    let cases = [
        (shop.shelf.path().join("missing"), "make it first, or mount the disk"),
        (file, "is not a folder"),
        (inside, "would be lost with it"),
        // Not even an administrator can write there.
        (PathBuf::from("/proc/self"), "give this user the right to"),
    ];
    for (folder, advice) in cases {
        let refused = format!("{:#}", shop.try_to_back_up(&folder, None).await.unwrap_err());
        assert!(refused.contains(advice), "{refused}");
    }
    shop.back_up().await;
    let again = shop.try_to_back_up(shop.shelf.path(), None).await.unwrap_err().to_string();
    assert!(again.contains("within this very second"), "{again}");
    assert!(shop.store().last_backup().await.unwrap().is_some());
}

#[tokio::test]
async fn a_damaged_database_gives_no_backup_and_the_server_hears_of_none() {
    let shop = Shop::open().await;
    shop.store().run_sql("UPDATE tickets SET stage = 'closed' WHERE number = 'FB202405001'").await;
    let refused = shop.try_to_back_up(shop.shelf.path(), None).await.unwrap_err().to_string();
    assert!(refused.contains("what was to be backed up is damaged: ticket "), "{refused}");
    assert_eq!(shop.on_shelf(), [""; 0]);
    assert_eq!(shop.store().last_backup().await.unwrap(), None);
}

#[tokio::test]
async fn keeping_so_many_removes_older_backups_of_ours_and_nothing_else() {
    let shop = Shop::open().await;
    let left_over = shop.shelf.path().join("fieldloop-2024-01-01T000000Z.partial");
    let foreign = ["fieldloop-2024-01-01T000000Z", "photos", "fieldloop-old"];
    fs::create_dir(&left_over).unwrap();
    fs::write(left_over.join(store::FILE), "half").unwrap();
    for name in foreign {
        fs::create_dir(shop.shelf.path().join(name)).unwrap();
        fs::write(shop.shelf.path().join(name).join("mine"), "mine").unwrap();
    }
    for _ in 0..4 {
        shop.company.state.clock.advance_millis(HOUR_MS);
        shop.try_to_back_up(shop.shelf.path(), Some(2)).await.unwrap();
    }
    let expected = [
        "fieldloop-2024-01-01T000000Z",
        "fieldloop-2024-05-24T040001Z",
        "fieldloop-2024-05-24T050001Z",
        "fieldloop-old",
        "photos",
    ];
    assert_eq!(shop.on_shelf(), expected);
    // A clock that was set back makes the newest backup look like the oldest.
    shop.company.state.clock.advance_millis(-100 * HOUR_MS);
    let newest = shop.back_up().await;
    shop.company.state.clock.advance_millis(1_000);
    shop.try_to_back_up(shop.shelf.path(), Some(1)).await.unwrap();
    assert!(!newest.exists());
    assert_eq!(shop.on_shelf().iter().filter(|name| name.contains("-05-2")).count(), 1);
}

#[tokio::test]
async fn whatever_is_altered_in_a_data_folder_is_named() {
    const CASES: [(&str, &str); 27] = [
        (
            "UPDATE changes SET body = replace(body, 'on my way', 'at home') WHERE seq = 4",
            "change 4 of the record",
        ),
        ("DELETE FROM changes WHERE seq = 2", "change 3 of the record: the chain"),
        ("DELETE FROM changes WHERE seq = 6", "it ends with change 5"),
        ("UPDATE changes SET hash = zeroblob(32) WHERE seq = 6", "change 6 of the record: the chain"),
        (
            "UPDATE changes SET previous_hash = zeroblob(32) WHERE seq = 3",
            "change 3 of the record: the chain",
        ),
        ("UPDATE changes SET seq = 60 WHERE seq = 6", "change 60 of the record: the chain"),
        ("UPDATE changes SET device = 'x' WHERE seq = 4", "change 4 of the record: its column device "),
        ("UPDATE changes SET device_seq = 9 WHERE seq = 4", "its column device_seq"),
        (
            "UPDATE changes SET ticket = (SELECT ticket FROM changes WHERE seq = 2) WHERE seq = 4",
            "its column ticket",
        ),
        ("UPDATE changes SET actor = 'x' WHERE seq = 4", "its column actor"),
        ("UPDATE changes SET kind = 'cancel' WHERE seq = 4", "its column kind"),
        ("UPDATE changes SET happened = 5 WHERE seq = 4", "its column happened"),
        ("UPDATE changes SET arrived = 5 WHERE seq = 4", "its column arrived"),
        ("UPDATE counters SET value = 7", "not the one that the counter says"),
        ("UPDATE counters SET hash = zeroblob(32)", "not the one that the counter says"),
        ("DELETE FROM counters", "the counter"),
        (
            "UPDATE tickets SET document = replace(document, 'on my way', 'at home')",
            "its document is not what its changes",
        ),
        ("UPDATE tickets SET revision = 1 WHERE revision = 4", "it says that change 1 was its last"),
        ("UPDATE tickets SET department = registered_in", "its column department"),
        ("UPDATE tickets SET accountable = NULL", "its column accountable"),
        ("UPDATE tickets SET stage = 'closed'", "its column stage"),
        ("UPDATE tickets SET number = 'FB202405009' WHERE revision = 4", "its document is not what"),
        (
            "INSERT INTO tickets (id, revision, department, registered_in, stage, document) \
             SELECT 'x', 99, department, registered_in, stage, document FROM tickets LIMIT 1",
            "ticket x: none of its changes is in the record",
        ),
        ("UPDATE devices SET judged = 1", "device "),
        ("UPDATE numbers SET last = 1", "numbers of the month 202405"),
        (
            "UPDATE scope_moves SET revision = 2 WHERE revision = 3",
            "ticket moved by change 2: that change is",
        ),
        ("UPDATE policies SET document = '{}'", "policy 1"),
    ];
    let shop = Shop::open().await;
    assert!(verify(shop.data()).await.unwrap().contains("Everything is as it was written"));
    let backup = shop.back_up().await;
    for (sql, named) in CASES {
        let data = tampered_data(&backup, sql).await;
        let complaint = verify(data.path()).await.expect_err(sql).to_string();
        assert!(complaint.contains(named), "{sql}: {complaint}");
        assert!(complaint.contains("restore the latest backup"), "{complaint}");
    }
}

#[tokio::test]
async fn a_note_of_a_backup_that_reaches_further_than_the_record_is_named() {
    let shop = Shop::open().await;
    shop.back_up().await;
    verify(shop.data()).await.unwrap();
    shop.store().run_sql("UPDATE backups SET seq = 600").await;
    let complaint = complaint(shop.data()).await;
    assert!(complaint.contains("note of the backup up to change 600"), "{complaint}");
}

#[tokio::test]
async fn rows_that_should_be_one_of_a_kind_are_named_even_if_the_table_allows_them() {
    let shop = Shop::open().await;
    let data = tampered_data(
        &shop.back_up().await,
        "DROP INDEX tickets_by_revision; CREATE TABLE other AS SELECT * FROM tickets; DROP TABLE tickets; \
         ALTER TABLE other RENAME TO tickets; UPDATE tickets SET number = 'FB202405001';",
    )
    .await;
    let complaint = complaint(data.path()).await;
    assert!(complaint.contains("ticket number FB202405001: more than one ticket has it"), "{complaint}");
}

#[tokio::test]
async fn every_table_of_a_backup_is_guarded_by_its_sum() {
    let shop = Shop::open().await;
    let backup = shop.back_up().await;
    let mut database = DatabaseFile::to_be_tampered_with(backup.join(store::FILE)).await;
    let tables = database
        .ask("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .await;
    database.close().await.unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    for table in tables {
        let (_folder, copy) = copy_of(&backup);
        let mut database = DatabaseFile::to_be_tampered_with(copy.join(store::FILE)).await;
        database.run_sql(&format!("ALTER TABLE {table} ADD COLUMN extra TEXT")).await;
        database.close().await.unwrap();
        let complaint = complaint(&copy).await;
        assert!(complaint.contains("fieldloop.sqlite: its SHA-256"), "{table}: {complaint}");
        assert!(complaint.contains("Don't restore this backup"), "{complaint}");
    }
}

#[tokio::test]
async fn every_field_of_a_manifest_is_guarded() {
    let shop = Shop::open().await;
    let backup = shop.back_up().await;
    let cases = [
        ("/format", json!(2), "has format 2"),
        ("/product", json!("9.9.9"), "manifest.json: it was altered"),
        ("/made_at", json!(5), "manifest.json: it was altered"),
        ("/epoch", json!("another"), "its epoch is not the database's"),
        ("/seq", json!(5), "its seq is not the database's"),
        ("/arrived", json!(5), "its arrived is not the database's"),
        ("/hash", json!("00"), "its hash is not the database's"),
        ("/files/0/path", json!("other.sqlite"), "it does not name the database"),
        ("/files/0/bytes", json!(5), "and the manifest says 5"),
        ("/files/0/sha256", json!("00"), "its SHA-256 is not"),
        ("/files", json!([]), "it does not name the database"),
        ("/sum", json!("00"), "manifest.json: it was altered"),
        ("/sum", Value::Null, "manifest.json is damaged"),
    ];
    for (field, value, named) in cases {
        let (_folder, copy) = copy_of(&backup);
        let path = copy.join("manifest.json");
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        *manifest.pointer_mut(field).unwrap() = value;
        fs::write(&path, manifest.to_string()).unwrap();
        let complaint = format!("{:#}", verify(&copy).await.unwrap_err());
        assert!(complaint.contains(named), "{field}: {complaint}");
        let data = tempfile::tempdir().unwrap();
        assert!(restore(&copy, data.path(), false, START).await.is_err(), "{field}");
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0, "{field}: a server could begin here");
    }
}

#[tokio::test]
async fn half_a_backup_is_none() {
    let shop = Shop::open().await;
    let backup = shop.back_up().await;
    let whole = fs::read(backup.join(store::FILE)).unwrap();

    let (_folder, cut) = copy_of(&backup);
    fs::write(cut.join(store::FILE), &whole[..whole.len() / 2]).unwrap();
    assert!(complaint(&cut).await.contains("fieldloop.sqlite: it has "));
    fs::remove_file(cut.join(store::FILE)).unwrap();
    assert!(complaint(&cut).await.contains("fieldloop.sqlite: it can't be read"));

    let (_folder, without_manifest) = copy_of(&backup);
    fs::remove_file(without_manifest.join("manifest.json")).unwrap();
    assert!(complaint(&without_manifest).await.contains("it is not a whole backup"));

    let (folder, copy) = copy_of(&backup);
    let unfinished = folder.path().join("fieldloop-2024-05-24T010001Z.partial");
    fs::rename(copy, &unfinished).unwrap();
    assert!(complaint(&unfinished).await.contains("was not finished"));
    assert!(complaint(folder.path()).await.contains("neither a backup nor a database"));
}

#[tokio::test]
async fn a_restore_stopped_after_any_step_leaves_the_old_state_or_the_new_one_or_says_what_to_do() {
    let shop = Shop::with_photos().await;
    let backup = shop.back_up().await;
    let old_epoch = shop.store().epoch().to_owned();
    let mut steps = Vec::new();
    for stop_at in 0.. {
        // The files of a server that was killed: its log has what the database itself has not.
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        for name in ["fieldloop.sqlite", "fieldloop.sqlite-wal"] {
            fs::copy(shop.data().join(name), data.join(name)).unwrap();
        }
        copy_folder(&shop.data().join(FOLDER), &data.join(FOLDER));
        let taken = std::cell::RefCell::new(Vec::new());
        let stop = |step| {
            taken.borrow_mut().push(step);
            if taken.borrow().len() > stop_at { Err(anyhow::anyhow!("a power cut")) } else { Ok(()) }
        };
        let stopped = match prepare(&backup, data, true, START, &stop).await {
            Ok(_) => put_in_place(data, START, &stop).map(drop),
            Err(error) => Err(error),
        };
        let last = *taken.borrow().last().unwrap();
        steps.push(last);
        if stopped.is_ok() {
            break;
        }
        match last {
            Step::Begun | Step::Copied | Step::Ready => {
                explain_interrupted(data).unwrap();
                assert_eq!(Store::open(data).await.unwrap().epoch(), old_epoch, "{last:?}");
                verify(data).await.unwrap();
            }
            Step::MovedAside | Step::Aside => {
                let told = explain_interrupted(data).unwrap_err().to_string();
                assert!(told.contains("once more"), "{told}");
                assert!(!Store::is_in(data));
                assert!(restore(Path::new("/nowhere"), data, true, START).await.is_err());
                assert!(explain_interrupted(data).is_err(), "a mistyped name takes the explanation away");
            }
            Step::FilesInPlace => {
                explain_interrupted(data).unwrap_err();
                assert!(!Store::is_in(data));
            }
            Step::InPlace => {
                explain_interrupted(data).unwrap();
                assert_ne!(Store::open(data).await.unwrap().epoch(), old_epoch);
            }
        }
        restore(&backup, data, true, START).await.unwrap();
        explain_interrupted(data).unwrap();
        assert_ne!(Store::open(data).await.unwrap().epoch(), old_epoch);
        verify(data).await.unwrap();
        let names: Vec<_> = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!names.iter().any(|name| name == "restore.partial"), "{names:?}");
    }
    let all = [
        Step::Begun,
        Step::Copied,
        Step::Ready,
        Step::MovedAside,
        Step::MovedAside,
        Step::MovedAside,
        Step::Aside,
        Step::FilesInPlace,
        Step::InPlace,
        Step::InPlace,
    ];
    assert_eq!(steps, all);
}

#[tokio::test]
async fn a_database_that_is_there_is_replaced_only_on_request_and_never_deleted() {
    let shop = Shop::open().await;
    let backup = shop.back_up().await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    restore(&backup, data, false, START).await.unwrap();
    let first = fs::read(data.join(store::FILE)).unwrap();
    let refused = restore(&backup, data, false, START).await.unwrap_err().to_string();
    assert!(refused.contains("--replace"), "{refused}");
    for aside in ["replaced-2024-05-24T010000Z", "replaced-2024-05-24T010000Z-2"] {
        let told = restore(&backup, data, true, START).await.unwrap();
        assert!(
            told.contains(&format!("What was there before is in {}.", data.join(aside).display())),
            "{told}"
        );
    }
    assert_eq!(fs::read(data.join("replaced-2024-05-24T010000Z").join(store::FILE)).unwrap(), first);
}

/// Writes the manifest anew for the database that is there.
fn make_sums_fit(backup: &Path) {
    let found = Manifest::read(backup).unwrap().manifest;
    let sum = super::disk::sum(&backup.join(store::FILE)).unwrap();
    fs::remove_file(backup.join("manifest.json")).unwrap();
    Manifest { files: vec![Entry::new(store::FILE, sum)], ..found }.write(backup).unwrap();
}

#[tokio::test]
async fn a_backup_of_an_earlier_version_is_brought_up_to_date_and_one_of_a_newer_version_is_refused() {
    const OLDER: &str = "DROP TABLE backups; DELETE FROM _sqlx_migrations WHERE version = 20261122130000";
    const NEWER: &str = "INSERT INTO _sqlx_migrations SELECT 99999999999999, 'x', installed_on, 1, checksum, 1 \
                         FROM _sqlx_migrations LIMIT 1";
    let shop = Shop::open().await;
    let backup = shop.back_up().await;
    for (sql, is_taken) in [(OLDER, true), (NEWER, false)] {
        let (_folder, copy) = copy_of(&backup);
        let mut database = DatabaseFile::to_be_tampered_with(copy.join(store::FILE)).await;
        database.run_sql(sql).await;
        database.close().await.unwrap();
        make_sums_fit(&copy);
        assert!(complaint(&copy).await.contains("was made by another version"));
        let data = tempfile::tempdir().unwrap();
        match restore(&copy, data.path(), false, START).await {
            Ok(_) => assert!(is_taken && verify(data.path()).await.is_ok()),
            Err(error) => assert!(!is_taken && error.to_string().contains("a newer version"), "{error:#}"),
        }
    }
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_leaves_everything_as_it_was() {
    let shop = Shop::open().await;
    let (_folder, backup) = copy_of(&shop.back_up().await);
    let mut database = DatabaseFile::to_be_tampered_with(backup.join(store::FILE)).await;
    database.run_sql("UPDATE tickets SET stage = 'closed'").await;
    database.close().await.unwrap();
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join(store::FILE), "what there is").unwrap();
    let refused = restore(&backup, data.path(), true, START).await.unwrap_err().to_string();
    assert!(refused.contains("is not what the manifest says"), "{refused}");
    // Even if somebody has made the sums fit.
    make_sums_fit(&backup);
    let refused = restore(&backup, data.path(), true, START).await.unwrap_err().to_string();
    assert!(refused.contains("the backup is damaged: ticket "), "{refused}");
    assert_eq!(fs::read_to_string(data.path().join(store::FILE)).unwrap(), "what there is");
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_must_not_come_back_to_life_does_not() {
    let shop = Shop::open().await;
    shop.store()
        .run_sql(
            "INSERT INTO one_time_links VALUES ('hash', NULL, 9); \
             INSERT INTO deliveries (key, means, recipient, body, made_at, next_try, trying_since) \
             VALUES ('waiting', 'webhook', '', '{}', 1, 1, 1); \
             INSERT INTO deliveries (key, means, recipient, body, made_at, next_try, delivered_at) \
             VALUES ('delivered', 'webhook', '', '{}', 1, 1, 2);",
        )
        .await;
    shop.back_up().await;
    shop.company.state.clock.advance_millis(1_000);
    let backup = shop.back_up().await;
    let revision = shop.store().directory_revision().await.unwrap();
    let data = tempfile::tempdir().unwrap();
    restore(&backup, data.path(), false, START.plus_millis(9)).await.unwrap();

    let mut database = DatabaseFile::to_be_tampered_with(data.path().join(store::FILE)).await;
    for table in ["sessions", "one_time_links", "backups"] {
        assert_eq!(database.ask(&format!("SELECT 'x' FROM {table}")).await.len(), 0, "{table}");
    }
    let given_up = format!("SELECT key FROM deliveries WHERE given_up_at = {}", START.as_millis() + 9);
    assert_eq!(database.ask(&given_up).await, ["waiting"]);
    assert_eq!(database.ask("SELECT key FROM deliveries WHERE trying_since NOTNULL").await.len(), 0);
    assert_eq!(database.ask("SELECT user_name FROM accounts").await.len(), 4, "people are still there");
    assert_eq!(database.ask("SELECT id FROM devices").await.len(), 2, "and what their devices have sent");
    database.close().await.unwrap();
    let store = Store::open(data.path()).await.unwrap();
    assert!(
        store.directory_revision().await.unwrap() > revision + 1_000,
        "no device thinks that it has a newer one"
    );
    assert_eq!(store.last_backup().await.unwrap(), None);
    verify(data.path()).await.unwrap();
}

#[tokio::test]
async fn a_number_that_the_lost_server_may_have_given_is_not_given_again() {
    let shop = Shop::open().await;
    let backup = shop.back_up().await;
    let server = TestServer::builder();
    let data = tempfile::tempdir().unwrap();
    restore(&backup, data.path(), false, START).await.unwrap();
    let company = Company::found_on(server.in_folder(data).start().await);
    let mut desk = company.tablet(&company.agent).await;
    let registered = desk.register();
    desk.push(&[registered]).await;
    let documents = desk.pull().await.documents;
    let mut numbers: Vec<_> = documents.iter().map(|document| document.number.clone().unwrap()).collect();
    numbers.sort();
    let numbers: Vec<_> = numbers.iter().map(domain::ticket::TicketNumber::as_str).collect();
    assert_eq!(numbers, ["FB202405001", "FB202405002", "FB2024051003"]);
}

#[tokio::test]
async fn what_is_in_a_backup_is_told_with_every_pull_and_to_all_who_listen_from_the_next_turn_on() {
    let shop = Shop::open().await;
    let company = &shop.company;
    let mut desk = company.tablet(&company.agent).await;
    assert_eq!(desk.pull().await.backup, None);
    let mut early = desk.listen().await;
    shop.back_up().await;
    company.state.ringing.work().await.unwrap();
    company.state.ringing.work().await.unwrap();
    let last = Backup { seq: 6, arrived: START.plus_millis(1_000) };
    assert_eq!(desk.pull().await.backup, Some(last));
    assert_eq!(early.next().await, Some(Event::BackedUp(last)));
    let mut late = desk.listen().await;
    assert_eq!(late.next().await, Some(Event::BackedUp(last)), "it may have been made since the pull");
    let registered = desk.register();
    desk.push(&[registered]).await;
    for hears in [&mut early, &mut late] {
        assert!(matches!(hears.next().await, Some(Event::Changed(_))), "nobody is told twice");
    }
}

#[tokio::test]
async fn a_backup_of_another_history_says_nothing_about_this_one() {
    let shop = Shop::open().await;
    shop.back_up().await;
    shop.store().run_sql("UPDATE backups SET epoch = 'another'").await;
    shop.company.state.ringing.work().await.unwrap();
    assert_eq!(shop.company.tablet(&shop.company.agent).await.pull().await.backup, None);
}

/// Where the photo of the shop is, from a data folder or a backup.
fn place_of_photo() -> String {
    place_of(hash_of(PHOTO))
}

#[tokio::test]
async fn files_are_in_the_backup_once_and_the_next_one_gives_them_a_second_name() {
    let shop = Shop::with_photos().await;
    let first = shop.back_up().await;
    shop.company.state.clock.advance_millis(1_000);
    let second = shop.back_up().await;
    let inode = |backup: &Path| fs::metadata(backup.join(place_of_photo())).unwrap().ino();
    assert_eq!(inode(&first), inode(&second));
    assert_ne!(inode(&second), inode(shop.data()), "a backup shares nothing with what it is for");
    for place in [first.as_path(), &second, shop.data()] {
        let told = verify(place).await.unwrap();
        assert!(told.contains("1 files. 1 more have not come yet"), "{told}");
    }
    shop.company.state.clock.advance_millis(1_000);
    let told = shop.try_to_back_up(shop.shelf.path(), Some(1)).await.unwrap();
    assert_eq!(told.matches("Removed").count(), 2, "{told}");
    let left = shop.shelf.path().join(&shop.on_shelf()[0]);
    assert_eq!(fs::read(left.join(place_of_photo())).unwrap(), PHOTO);
}

#[tokio::test]
async fn damage_to_a_file_is_named_and_does_not_go_from_one_backup_to_the_next() {
    let shop = Shop::with_photos().await;
    let first = shop.back_up().await;
    fs::write(first.join(place_of_photo()), "something else").unwrap();
    let told = complaint(&first).await;
    assert!(told.contains(&place_of_photo()), "{told}");
    shop.company.state.clock.advance_millis(1_000);
    let second = shop.back_up().await;
    verify(&second).await.unwrap();
    assert_eq!(fs::read(second.join(place_of_photo())).unwrap(), PHOTO);

    fs::write(shop.data().join(place_of_photo()), "something else").unwrap();
    let told = complaint(shop.data()).await;
    assert!(told.contains(&place_of_photo()), "{told}");
    shop.company.state.clock.advance_millis(1_000);
    verify(&shop.back_up().await).await.expect("the backup before still has it as it should be");
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = shop.try_to_back_up(elsewhere.path(), None).await.unwrap_err();
    assert!(refused.to_string().contains("is damaged"), "{refused:#}");

    fs::remove_file(shop.data().join(place_of_photo())).unwrap();
    let told = complaint(shop.data()).await;
    assert!(told.contains(&place_of_photo()), "{told}");
}

#[tokio::test]
async fn a_restore_brings_the_files_back_and_puts_those_there_were_aside() {
    let shop = Shop::with_photos().await;
    let backup = shop.back_up().await;
    let data = tempfile::tempdir().unwrap();
    fs::copy(backup.join(store::FILE), data.path().join(store::FILE)).unwrap();
    copy_folder(&backup.join(FOLDER), &data.path().join(FOLDER));
    fs::write(data.path().join(place_of_photo()), "damaged").unwrap();
    restore(&backup, data.path(), true, START).await.unwrap();
    verify(data.path()).await.unwrap();
    assert_eq!(fs::read(data.path().join(place_of_photo())).unwrap(), PHOTO);
    let aside = data.path().join(format!("replaced-{}", super::stamp(START)));
    assert_eq!(fs::read(aside.join(place_of_photo())).unwrap(), b"damaged");
}

async fn tickets_of_photo(store: &Store) -> Vec<TicketId> {
    let mut connection = store.read().await.unwrap();
    store::files::tickets_of(&mut connection, hash_of(PHOTO)).await.unwrap()
}

/// Since when the server says that it has a file for a ticket.
fn receipt(response: &reqwest::Response) -> Timestamp {
    assert_eq!(response.status(), 201);
    let stored_at = response.headers()["fieldloop-stored-at"].to_str().unwrap();
    Timestamp::from_millis(stored_at.parse().unwrap())
}

#[tokio::test]
async fn what_comes_for_a_second_ticket_after_a_backup_is_in_the_next_one() {
    let shop = Shop::with_photos().await;
    let company = &shop.company;
    let photographed = tickets_of_photo(shop.store()).await;
    let mut desk = company.tablet(&company.agent).await;
    let tickets = [desk.register(), desk.register()];
    let to_south = desk.assign(tickets[1].ticket, &company.south_engineer);
    company.state.clock.advance_millis(1_000);
    desk.push(&[tickets.as_slice(), &[to_south]].concat()).await;
    let backup = shop.back_up().await;
    company.state.ringing.work().await.unwrap();
    let told = desk.pull().await.backup.unwrap();
    let mut south = company.tablet(&company.south_engineer).await;
    south.pull().await;

    // The next day somebody who could download it and somebody who has to send it bring the photo, each for a ticket of their own. The
    // server's clock is not to be relied upon.
    let attached = [desk.attach(tickets[0].ticket, PHOTO), south.attach(tickets[1].ticket, PHOTO)];
    for (tablet, change, hours) in [(&desk, &attached[0], 24), (&south, &attached[1], -48)] {
        company.state.clock.advance_millis(hours * HOUR_MS);
        tablet.push(std::slice::from_ref(change)).await;
        for time in ["brought", "brought again"] {
            let stored_at = receipt(&tablet.upload(change.ticket, PHOTO).await);
            assert!(stored_at >= told.arrived, "{time}: {stored_at:?} and {told:?}");
        }
    }

    let first = receipt(&desk.upload(photographed[0], PHOTO).await);
    assert!(told.arrived > first, "for its first ticket it is in the backup: {first:?} and {told:?}");

    // The day after, the folder is lost. What the tablets have kept of it makes good what the backup lacks.
    let data = tempfile::tempdir().unwrap();
    restore(&backup, data.path(), false, START.plus_millis(48 * HOUR_MS)).await.unwrap();
    let company = Company::found_on(TestServer::builder().in_folder(data).start().await);
    for tablet in [&mut desk, &mut south] {
        company.welcome(tablet).await;
    }
    south.push(&attached[1..]).await;
    let asked = format!("/api/files/{}", hash_of(PHOTO));
    let status = async |tablet: &Tablet| {
        tablet.request(reqwest::Method::GET, &asked).send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&south).await, 404, "the backup has the bytes, and they are another ticket's");
    receipt(&south.upload(tickets[1].ticket, PHOTO).await);
    assert_eq!(status(&south).await, 200);
}

#[tokio::test]
async fn a_server_whose_database_is_gone_does_not_begin_an_empty_one_beside_its_files() {
    let data = tempfile::tempdir().unwrap();
    fs::create_dir(data.path().join(FOLDER)).unwrap();
    assert!(explain_interrupted(data.path()).is_err());
}

#[tokio::test]
async fn a_list_of_files_that_is_not_the_records_is_named() {
    let shop = Shop::with_photos().await;
    let backup = shop.back_up().await;
    for (sql, named) in [
        ("DELETE FROM attachments", "the record says that a file belongs to it, and the list"),
        ("UPDATE attachments SET person = 'x'", "the record says that a file belongs to it, and the list"),
        (
            "INSERT INTO attachments SELECT hash, (SELECT id FROM tickets WHERE id <> ticket LIMIT 1), person FROM attachments",
            "the list of files says that a file belongs to it, and the record does not",
        ),
        ("UPDATE files SET bytes = 1", "its content is not the one that it is called by"),
        ("DELETE FROM files", "it refers to something that is not in files"),
    ] {
        let data = tampered_data(&backup, sql).await;
        let complaint = verify(data.path()).await.expect_err(sql).to_string();
        assert!(complaint.contains(named), "{sql}: {complaint}");
    }
}
