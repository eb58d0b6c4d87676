//! What is left of the record when the power goes, when the disk is full, and when it fails.
//!
//! Devices push to the real writer, and the real store keeps it, on a [disk](powercut::Disk) whose power is cut during some
//! write or flush. What could be found on it then is opened again and [looked through](audit), and the devices go on. Where a
//! confirmed change is missing, or anything is there twice or by halves, the test fails and names the seed:
//! `FIELDLOOP_SEED=17 cargo test -p server power_goes` tries that one alone. (Where several devices push at the same time,
//! their pushes may be grouped differently the next time.) `FIELDLOOP_CUTS=100000` cuts more often.

mod audit;
mod devices;
mod faults;

use std::sync::Arc;

use domain::people::Person;
use powercut::{Dice, Fault};
use sqlx::sqlite::SqliteSynchronous;
use tempfile::TempDir;

use self::devices::Devices;
use super::{Disk, Store};
use crate::people::DirectoryCache;
use crate::sync::testing::Company;
use crate::sync::{Hub, Writer};
use crate::testing::TestServer;

/// Cuts in an ordinary run.
const CUTS: u64 = 210;
/// How often the power is cut in one history.
const CUTS_IN_A_HISTORY: u64 = 3;
/// A history's calls between two ends, at most; most ends come earlier.
const CALLS: usize = 300;
/// How often devices push before somebody ends it, if nothing else does.
const PUSHES: usize = 8;

/// A disk with a company on it on which nobody has recorded anything yet.
struct Founded {
    disk: powercut::Disk,
    agent: Person,
    _folder: Arc<TempDir>,
}

/// Figures of many histories.
#[derive(Debug, Default)]
struct Tally {
    cuts: u64,
    failed_flushes: u64,
    kills: u64,
    confirmed: u64,
    losses: Vec<String>,
}

/// How one run of the server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Cut,
    FailedFlush,
    Kill,
}

fn on(disk: &powercut::Disk, synchronous: SqliteSynchronous) -> Disk {
    Disk::Modelled { disk: disk.clone(), synchronous }
}

async fn found() -> Founded {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let disk = powercut::Disk::over(folder.path()).unwrap();
    let server = TestServer::builder().on(Arc::clone(&folder), on(&disk, SqliteSynchronous::Full));
    let company = Company::open_on(server.start().await).await;
    Founded { disk, agent: company.agent.clone(), _folder: folder }
}

fn start_writer(store: &Store, directory: DirectoryCache) -> Writer {
    Writer::start(store.clone(), directory, Hub::new(), 480).unwrap()
}

/// Devices push, the server ends in some way and is started anew upon what is left, several times.
struct History {
    dice: Dice,
    devices: Devices,
    synchronous: SqliteSynchronous,
    disk: powercut::Disk,
    /// Where the disk's files are.
    folder: TempDir,
}

impl History {
    fn begin(founded: &Founded, seed: u64, synchronous: SqliteSynchronous) -> Self {
        let mut dice = Dice::new(seed);
        let devices = Devices::of(&founded.agent, 3, Dice::new(dice.number()));
        let folder = tempfile::tempdir().unwrap();
        let disk = founded.disk.outlive(folder.path()).unwrap();
        Self { dice, devices, synchronous, disk, folder }
    }

    /// Goes on until the power was cut several times. Says what was lost.
    async fn live(&mut self, tally: &mut Tally) -> Result<(), String> {
        let enough = tally.cuts + CUTS_IN_A_HISTORY;
        while tally.cuts < enough {
            let end = *self.dice.pick(&[End::Cut, End::Cut, End::FailedFlush, End::FailedFlush, End::Kill]);
            self.work_until(end).await;
            match end {
                End::Cut => {
                    tally.cuts += 1;
                    self.lose_power().await?;
                }
                End::FailedFlush => {
                    tally.failed_flushes += 1;
                    self.start_anew();
                }
                End::Kill => {
                    tally.kills += 1;
                    self.start_anew();
                }
            }
        }
        tally.confirmed += self.devices.memory.confirmed.len() as u64;
        self.push_the_rest().await
    }

    async fn work_until(&mut self, end: End) {
        self.disk.set_dice(Dice::new(self.dice.number()));
        match end {
            End::Cut => self.disk.cut_at(1 + self.dice.below(CALLS) as u64),
            End::FailedFlush => self.disk.fail_once(Fault::Flush, self.dice.below(PUSHES) as u64),
            End::Kill => {}
        }
        work(&self.disk, self.synchronous, &mut self.devices).await;
    }

    /// Cuts the power, looks through a copy of what is found (opening it may mend it), and goes on with the other.
    async fn lose_power(&mut self) -> Result<(), String> {
        let chance = Dice::new(self.dice.number());
        let (copy, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        self.disk.find(&mut chance.clone(), copy.path()).unwrap();
        self.disk.find(&mut chance.clone(), folder.path()).unwrap();
        self.disk = powercut::Disk::over(folder.path()).unwrap();
        self.folder = folder;
        look_through(&powercut::Disk::over(copy.path()).unwrap(), &self.devices).await
    }

    fn start_anew(&mut self) {
        let folder = tempfile::tempdir().unwrap();
        self.disk = self.disk.outlive(folder.path()).unwrap();
        self.folder = folder;
    }

    async fn push_the_rest(&mut self) -> Result<(), String> {
        let opened = Store::open_on(self.folder.path(), on(&self.disk, self.synchronous)).await;
        let store = opened.map_err(|error| format!("it can't be opened: {error}"))?;
        let directory = DirectoryCache::load(&store).await.map_err(|error| error.to_string())?;
        if !self.devices.push_the_rest(&start_writer(&store, directory)).await {
            return Err("the server does not go on".to_owned());
        }
        audit::find_fault(&store, &self.devices.memory).await
    }
}

/// Runs the server until it can't go on, or for a while.
async fn work(disk: &powercut::Disk, synchronous: SqliteSynchronous, devices: &mut Devices) {
    let Ok(store) = Store::open_on(disk.folder(), on(disk, synchronous)).await else { return };
    let Ok(directory) = DirectoryCache::load(&store).await else { return };
    let writer = start_writer(&store, directory);
    for _ in 0..PUSHES {
        if !devices.work(&writer).await {
            return;
        }
    }
}

/// Opens what is left as the next start would, and looks at it.
async fn look_through(disk: &powercut::Disk, devices: &Devices) -> Result<(), String> {
    let opened = Store::open_on(disk.folder(), on(disk, SqliteSynchronous::Full)).await;
    let store = opened.map_err(|error| format!("it can't be opened: {error}"))?;
    audit::find_fault(&store, &devices.memory).await
}

async fn cut_often(synchronous: SqliteSynchronous, cuts: u64) -> Tally {
    let founded = found().await;
    let mut tally = Tally::default();
    for seed in seeds() {
        if let Err(loss) = History::begin(&founded, seed, synchronous).live(&mut tally).await {
            tally.losses.push(format!("seed {seed}: {loss}"));
        }
        if tally.cuts >= cuts {
            break;
        }
    }
    let Tally { cuts, failed_flushes, kills, confirmed, losses } = &tally;
    println!(
        "synchronous={synchronous:?}: {cuts} power cuts, {failed_flushes} failed flushes, {kills} kills, \
         {confirmed} changes confirmed, {} histories with losses",
        losses.len()
    );
    tally
}

fn seeds() -> std::ops::RangeInclusive<u64> {
    match number("FIELDLOOP_SEED") {
        Some(seed) => seed..=seed,
        None => 1..=u64::MAX,
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_confirmed_is_lost_when_the_power_goes() {
    let tally = cut_often(SqliteSynchronous::Full, number("FIELDLOOP_CUTS").unwrap_or(CUTS)).await;
    assert!(tally.losses.is_empty(), "{:#?}", tally.losses);
    assert!(tally.confirmed > tally.cuts, "{tally:?}");
}

/// Whether the test above is able to see a loss: without waiting for the disk there are some.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_did_not_wait_for_the_disk_would_be_caught() {
    let tally = cut_often(SqliteSynchronous::Normal, 45).await;
    let lost = tally.losses.iter().filter(|loss| loss.ends_with("is lost")).count();
    assert!(lost > 5, "{:#?}", tally.losses);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cut_all_is_there() {
    let founded = found().await;
    for synchronous in [SqliteSynchronous::Full, SqliteSynchronous::Normal] {
        let folder = tempfile::tempdir().unwrap();
        let disk = founded.disk.outlive(folder.path()).unwrap();
        let mut devices = Devices::of(&founded.agent, 3, Dice::new(5));
        work(&disk, synchronous, &mut devices).await;
        assert!(devices.memory.confirmed.len() > 20);
        assert_eq!(devices.memory.confirmed.len(), devices.memory.sent.len());
        let next = tempfile::tempdir().unwrap();
        let left = disk.outlive(next.path()).unwrap();
        look_through(&left, &devices).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_being_made_when_the_power_went_is_made_on_the_next_start() {
    let open = async |disk: &powercut::Disk| {
        let opened = Store::open_on(disk.folder(), on(disk, SqliteSynchronous::Full)).await;
        opened.map_err(|error| format!("{error:?}"))
    };
    let calls = {
        let folder = tempfile::tempdir().unwrap();
        let disk = powercut::Disk::over(folder.path()).unwrap();
        open(&disk).await.unwrap();
        disk.calls()
    };
    let mut dice = Dice::new(1);
    let mut unmade = 0;
    for call in (1..=calls).step_by(9) {
        let (folder, next) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let disk = powercut::Disk::over(folder.path()).unwrap();
        disk.cut_at(call);
        // That the log can't be brought into the database keeps nobody from going on with it.
        unmade += u32::from(open(&disk).await.is_err());
        disk.find(&mut dice, next.path()).unwrap();
        let found = powercut::Disk::over(next.path()).unwrap();
        let store = open(&found).await.unwrap_or_else(|error| panic!("call {call} of {calls}: {error}"));
        audit::find_fault(&store, &devices::Remembered::default()).await.unwrap();
    }
    assert!(unmade > 20, "{unmade}");
}
