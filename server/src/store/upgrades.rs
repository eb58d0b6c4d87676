//! A database of an earlier version that is brought up to date, and a machine that ends in the midst of it.
//!
//! Each step (a file in `migrations/`) is one transaction, with the note that it was taken. So whenever the power goes or the server is
//! killed, what is found are the tables between two steps and everything that was in them, and the next start takes the steps that
//! are left. A step that can't be in a transaction would have to be made so that it can be taken twice, and be named in [`ALONE`].

use std::collections::BTreeMap;
use std::path::Path;

use powercut::Dice;
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteSynchronous;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;

use super::chain::Verified;
use super::{Disk, FILE, MIGRATIONS, SqliteConnection, Store, applied_migrations, options, writing};
use crate::sync::testing::Company;

/// The steps that are taken outside of a transaction, by their versions.
const ALONE: [i64; 0] = [];
/// How many steps have made the tables that the test begins with: those of the first version that kept tickets.
const FIRST_STEPS: usize = 2;
/// What a step is meant to alter: the directory is called newer, so that devices ask for it once more.
const ALTERED: [(&str, &str); 1] = [("directory", "revision")];

fn on(disk: &powercut::Disk) -> Disk {
    Disk::Modelled { disk: disk.clone(), synchronous: SqliteSynchronous::Full }
}

/// What takes the first so many steps.
fn first_steps(steps: usize) -> Migrator {
    Migrator::with_migrations(MIGRATIONS.iter().take(steps).cloned().collect())
}

async fn connect(folder: &Path) -> SqliteConnection {
    let options = options(folder, &Disk::System).create_if_missing(true).foreign_keys(false);
    options.connect().await.unwrap()
}

async fn texts(connection: &mut SqliteConnection, sql: String) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(connection).await.unwrap()
}

/// The tables, indexes and triggers, as they were made.
async fn schema(connection: &mut SqliteConnection) -> Vec<String> {
    let sql = "SELECT coalesce(sql, name) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name";
    texts(connection, sql.to_owned()).await
}

/// The columns of all our tables.
type Columns = BTreeMap<String, Vec<String>>;

async fn columns(connection: &mut SqliteConnection) -> Columns {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name != '_sqlx_migrations'";
    let mut all = Columns::new();
    for table in texts(connection, tables.to_owned()).await {
        let named = texts(connection, format!("SELECT name FROM pragma_table_info('{table}')")).await;
        all.insert(table, named);
    }
    all
}

/// What both have.
fn common(one: &Columns, other: &Columns) -> Columns {
    let shared = |(table, columns): (&String, &Vec<String>)| {
        let others = other.get(table)?;
        let both = columns.iter().filter(|column| others.contains(column)).cloned().collect();
        Some((table.clone(), both))
    };
    one.iter().filter_map(shared).collect()
}

/// All that is in these columns, row by row.
async fn contents(connection: &mut SqliteConnection, columns: &Columns) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (table, columns) in columns {
        let quoted: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
        let sql = format!("SELECT concat_ws(',', {}) AS line FROM {table} ORDER BY line", quoted.join(", "));
        all.insert(table.clone(), texts(connection, sql).await);
    }
    all
}

/// A database as an earlier version has left it.
struct Earlier {
    disk: powercut::Disk,
    /// The columns that there still are and that nothing is meant to alter, and what was in them.
    columns: Columns,
    contents: BTreeMap<String, Vec<String>>,
    /// The tables that each number of steps makes, from none on.
    schemas: Vec<Vec<String>>,
    changes: u64,
    _folder: TempDir,
}

impl Earlier {
    /// Has today's server fill its tables, and puts what an earlier one would have of it into its tables.
    async fn make() -> Self {
        let company = Company::open().await;
        let mut desk = company.tablet(&company.agent).await;
        for _ in 0..3 {
            let registered = desk.register();
            let assigned = desk.assign(registered.ticket, &company.east_engineer);
            let said = desk.comment(registered.ticket, "有人在等。");
            desk.push(&[registered, assigned, said]).await;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut old = connect(folder.path()).await;
        first_steps(FIRST_STEPS).run(&mut old).await.unwrap();
        let now = company.state.config.data.join(FILE);
        sqlx::query("ATTACH ? AS now").bind(now.to_str().unwrap()).execute(&mut old).await.unwrap();
        let before = columns(&mut old).await;
        let mut today = connect(&company.state.config.data).await;
        let mut kept = common(&before, &columns(&mut today).await);
        for (table, columns) in &kept {
            let columns = columns.join(", ");
            let copy = format!(
                "DELETE FROM {table}; INSERT INTO {table} ({columns}) SELECT {columns} FROM now.{table}"
            );
            sqlx::raw_sql(AssertSqlSafe(copy)).execute(&mut old).await.unwrap();
        }
        for (table, altered) in ALTERED {
            kept.get_mut(table).unwrap().retain(|column| column != altered);
        }
        let contents = contents(&mut old, &kept).await;
        old.close().await.unwrap();
        let disk = powercut::Disk::over(folder.path()).unwrap();
        Self { disk, columns: kept, contents, schemas: schemas().await, changes: 9, _folder: folder }
    }

    /// Looks through what is found after an end in the midst of an upgrade. Says how many steps had been taken.
    async fn look_through(&self, found: &powercut::Disk) -> Result<usize, String> {
        let between = writing(found.folder(), &on(found)).connect().await;
        let mut between = between.map_err(|error| format!("it can't be opened: {error}"))?;
        let applied = applied_migrations(&mut between).await.map_err(|error| error.to_string())?;
        let is_a_beginning =
            applied.iter().eq(MIGRATIONS.iter().map(|step| &step.version).take(applied.len()));
        require(is_a_beginning, || format!("steps were left out: {applied:?}"))?;
        let tables = schema(&mut between).await;
        require(tables == self.schemas[applied.len()], || {
            format!("the tables are not those of {applied:?}")
        })?;
        require(contents(&mut between, &self.columns).await == self.contents, || {
            "rows are missing".to_owned()
        })?;
        between.close().await.map_err(|error| error.to_string())?;

        let store = Store::open_on(found.folder(), on(found)).await.map_err(|error| format!("{error:?}"))?;
        let mut reader = store.read().await.map_err(|error| error.to_string())?;
        let tables = schema(&mut reader).await;
        require(Some(&tables) == self.schemas.last(), || "the tables are not today's".to_owned())?;
        let is_there = contents(&mut reader, &self.columns).await == self.contents;
        require(is_there, || "rows are missing after the next start".to_owned())?;
        let verified = store.verify_chain().await.map_err(|error| error.to_string())?;
        require(verified == Verified::Whole { changes: self.changes }, || format!("{verified:?}"))?;
        Ok(applied.len())
    }

    /// The disk of a server that is about to be brought up to date.
    fn begin(&self) -> (powercut::Disk, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        (self.disk.outlive(folder.path()).unwrap(), folder)
    }

    /// Brings it up to date by `steps` up to such a call, and looks through what the power leaves, and what a kill would have left.
    async fn end_at(&self, call: u64, steps: &Migrator) -> Result<[usize; 2], String> {
        let (disk, _folder) = self.begin();
        disk.cut_at(call);
        bring_up_to_date(&disk, steps).await;
        let (killed, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let outlived = disk.outlive(killed.path()).unwrap();
        disk.find(&mut Dice::new(call), cut.path()).unwrap();
        let found = powercut::Disk::over(cut.path()).unwrap();
        Ok([self.look_through(&outlived).await?, self.look_through(&found).await?])
    }
}

fn require(holds: bool, complaint: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint()) }
}

/// The tables after each number of steps.
async fn schemas() -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for steps in 0..=MIGRATIONS.iter().len() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = connect(folder.path()).await;
        first_steps(steps).run(&mut connection).await.unwrap();
        all.push(schema(&mut connection).await);
    }
    all
}

/// Begins as [`Store::open_on`] does, and takes these steps as far as it comes.
async fn bring_up_to_date(disk: &powercut::Disk, steps: &Migrator) {
    let Ok(mut connection) = writing(disk.folder(), &on(disk)).connect().await else { return };
    // The power goes in the midst of it: what fails then is found by whoever looks through what is left.
    let _ = steps.run(&mut connection).await;
    let _ = connection.close().await;
}

#[test]
fn every_step_that_is_taken_outside_of_a_transaction_is_known() {
    let alone: Vec<_> = MIGRATIONS.iter().filter(|step| step.no_tx).map(|step| step.version).collect();
    assert_eq!(alone, ALONE);
}

#[tokio::test]
async fn whenever_an_upgrade_ends_half_way_everything_is_there_and_the_next_start_goes_on() {
    let earlier = Earlier::make().await;
    let (disk, _folder) = earlier.begin();
    let before = disk.calls();
    bring_up_to_date(&disk, &MIGRATIONS).await;
    let calls = disk.calls() - before;
    let mut found = BTreeMap::new();
    for call in 1..=calls {
        let steps = earlier.end_at(call, &MIGRATIONS).await;
        for steps in steps.unwrap_or_else(|fault| panic!("call {call} of {calls}: {fault}")) {
            *found.entry(steps).or_insert(0) += 1;
        }
    }
    println!("{calls} calls; ends by the number of steps that had been taken: {found:?}");
    assert!(found.keys().copied().eq(FIRST_STEPS..=MIGRATIONS.iter().len()), "{found:?}");
}

/// Whether the test above is able to see a loss: steps that are not in a transaction leave tables by halves.
#[tokio::test]
async fn an_upgrade_outside_of_transactions_would_be_caught() {
    let earlier = Earlier::make().await;
    let alone = MIGRATIONS.iter().cloned().map(|step| sqlx::migrate::Migration { no_tx: true, ..step });
    let alone = Migrator::with_migrations(alone.collect());
    let (disk, _folder) = earlier.begin();
    let before = disk.calls();
    bring_up_to_date(&disk, &alone).await;
    let calls = disk.calls() - before;
    let mut caught = 0;
    for call in (1..=calls).step_by(7) {
        caught += u32::from(earlier.end_at(call, &alone).await.is_err());
    }
    assert!(caught > 10, "{caught} of {calls} calls");
}

/// The step from which on it is known since when a ticket has a file.
const RECEIPTS: i64 = 20_261_122_200_000;

#[tokio::test]
async fn files_that_were_brought_before_each_ticket_had_its_receipt_are_in_no_backup_of_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connect(folder.path()).await;
    let steps = MIGRATIONS.iter().take_while(|step| step.version < RECEIPTS).count();
    first_steps(steps).run(&mut connection).await.unwrap();
    let rows = "INSERT INTO changes (seq, device, device_seq, ticket, actor, kind, happened, arrived, previous_hash, hash, body) \
                VALUES (1, 'd', 1, 't', 'p', 'comment', 0, 50, zeroblob(32), zeroblob(32), '{}'); \
                INSERT INTO files (hash, bytes, media_type, stored_at) \
                VALUES (printf('%064d', 1), 1, 'image/jpeg', 20), (printf('%064d', 2), 1, 'image/jpeg', 90); \
                INSERT INTO file_tickets (hash, ticket) SELECT hash, 't' FROM files";
    sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
    MIGRATIONS.run(&mut connection).await.unwrap();
    let stored = "SELECT ticket || ' ' || stored_at FROM file_tickets ORDER BY hash".to_owned();
    assert_eq!(texts(&mut connection, stored).await, ["t 50", "t 90"]);
}
