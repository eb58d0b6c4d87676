//! Eight o'clock: a thousand devices come back at once, each with the work of days, and do as they are told.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rusqlite::{Connection as Database, OpenFlags};
use sync::messages::{PUSH_MAX_BYTES, PushResponse, Verdict};
use tokio::sync::Barrier;
use tokio::time::sleep;

use crate::company::{Company, Member};
use crate::device::{Device, LIFE};
use crate::dice::Dice;
use crate::figure::{Figure, quantile};
use crate::http::Connection;
use crate::process::Server;

/// How many people the devices belong to.
const PEOPLE: usize = 20;
/// How long a device waits that got no answer at all, as the app does.
const NO_ANSWER_PAUSE: Duration = Duration::from_secs(1);

/// So many devices with so many changes each.
#[derive(Debug, Clone, Copy)]
struct Load {
    devices: usize,
    changes: usize,
}

/// How a device fared.
#[derive(Debug, Default)]
struct Fared {
    answers: Vec<Duration>,
    turned_away: usize,
    without_answer: usize,
    acknowledged: usize,
    /// From eight o'clock on until it had delivered everything.
    delivered_after: Duration,
}

pub(crate) async fn measure(binary: &Path, folder: &Path, quick: bool) -> Result<Vec<Figure>> {
    let load = Load { devices: if quick { 100 } else { 1_000 }, changes: 500 };
    let Load { devices, changes } = load;
    eprintln!("  {devices} devices come back at once with {changes} changes each");
    let server = Server::start(binary, folder)?;
    let fared = run(&server, load).await?;
    check(&server, load)?;
    let acknowledged: usize = fared.iter().map(|fared| fared.acknowledged).sum();
    ensure!(acknowledged == devices * changes, "{acknowledged} changes were acknowledged");
    let mut answers: Vec<_> = fared.iter().flat_map(|fared| fared.answers.iter().copied()).collect();
    let mut delivered: Vec<_> = fared.iter().map(|fared| fared.delivered_after).collect();
    let sum = |count: fn(&Fared) -> usize| fared.iter().map(count).sum::<usize>() as f64;
    let all = quantile(&mut delivered, 1.0);
    let mut figures = vec![
        Figure::new("storm: changes on the server, each once", acknowledged as f64, "changes"),
        Figure::new("storm: until the last device has delivered", all.as_secs_f64(), "s"),
        Figure::new("storm: until half of them have", quantile(&mut delivered, 0.5).as_secs_f64(), "s"),
        Figure::new("storm: pushes asked to come back later", sum(|fared| fared.turned_away), "pushes"),
        Figure::new("storm: pushes without an answer", sum(|fared| fared.without_answer), "pushes"),
        Figure::millis("storm: answer to a push that was let in, p50", quantile(&mut answers, 0.5)),
        Figure::millis("storm: answer to a push that was let in, p95", quantile(&mut answers, 0.95)),
    ];
    if let Some(bytes) = server.most_memory() {
        figures.push(Figure::new("storm: most memory of the server", bytes as f64 / 1_048_576.0, "MiB"));
    }
    Ok(figures)
}

async fn run(server: &Server, load: Load) -> Result<Vec<Fared>> {
    let company = Company::found(server.address, &server.link, PEOPLE).await?;
    // One more than the devices: whoever looks at the clock.
    let eight_o_clock = Arc::new(Barrier::new(load.devices + 1));
    let mut coming = Vec::new();
    for (number, member) in (0..load.devices as u64).zip(company.agents.iter().cycle()) {
        let pushes = write_out(member, number, load.changes)?;
        let (address, eight_o_clock) = (server.address, Arc::clone(&eight_o_clock));
        coming.push(tokio::spawn(async move {
            eight_o_clock.wait().await;
            deliver(address, &pushes, &mut Dice::new(number + 1)).await
        }));
    }
    eight_o_clock.wait().await;
    let mut fared = Vec::with_capacity(load.devices);
    for device in coming {
        fared.push(device.await??);
    }
    Ok(fared)
}

/// Writes out what a device has to deliver, in pushes as large as the app makes them.
fn write_out(member: &Member, number: u64, wanted: usize) -> Result<Vec<(usize, Vec<u8>)>> {
    let mut device = Device::of(member, number);
    let mut changes = Vec::with_capacity(wanted + LIFE);
    while changes.len() < wanted {
        changes.extend(device.live());
    }
    changes.truncate(wanted);
    let (mut pushes, mut next, mut bytes) = (Vec::new(), Vec::new(), 0);
    for change in changes {
        let length = serde_json::to_vec(&change)?.len();
        if bytes + length > PUSH_MAX_BYTES {
            pushes.push((next.len(), device.push(std::mem::take(&mut next))?));
            bytes = 0;
        }
        bytes += length;
        next.push(change);
    }
    pushes.push((next.len(), device.push(next)?));
    Ok(pushes)
}

/// Delivers everything, coming back as late as it is told and, as the app does, up to half as late again.
async fn deliver(
    address: std::net::SocketAddr,
    pushes: &[(usize, Vec<u8>)],
    dice: &mut Dice,
) -> Result<Fared> {
    let (mut fared, began) = (Fared::default(), Instant::now());
    let mut connection = None;
    for (changes, push) in pushes {
        loop {
            let asked = Instant::now();
            let Ok(response) = ask(&mut connection, address, push).await else {
                fared.without_answer += 1;
                connection = None;
                sleep(later(NO_ANSWER_PAUSE, dice)).await;
                continue;
            };
            match (response.status, response.retry_after) {
                (200, _) => {
                    fared.answers.push(asked.elapsed());
                    fared.acknowledged += acknowledged(&response.json()?, *changes)?;
                    break;
                }
                (429 | 503, Some(pause)) => {
                    fared.turned_away += 1;
                    // The server closes what rests for long, and a browser opens another one by itself.
                    connection = None;
                    sleep(later(pause, dice)).await;
                }
                (status, _) => {
                    bail!("a push was answered {status}: {}", String::from_utf8_lossy(&response.body))
                }
            }
        }
    }
    fared.delivered_after = began.elapsed();
    Ok(fared)
}

async fn ask(
    connection: &mut Option<Connection>,
    address: std::net::SocketAddr,
    push: &[u8],
) -> Result<crate::http::Response> {
    if connection.is_none() {
        *connection = Some(Connection::open(address).await?);
    }
    connection.as_mut().context("it was just opened")?.ask(push).await
}

/// The pause, and up to half as much again.
fn later(pause: Duration, dice: &mut Dice) -> Duration {
    pause + pause.mul_f64(dice.below(1_000) as f64 / 2_000.0)
}

/// How many changes an answer acknowledges; a refused one is a fault of the load.
fn acknowledged(response: &PushResponse, changes: usize) -> Result<usize> {
    let is_taken = |verdict: &Verdict| matches!(verdict, Verdict::Applied { .. } | Verdict::Duplicate { .. });
    ensure!(response.verdicts.len() == changes, "{changes} changes, {} verdicts", response.verdicts.len());
    match response.verdicts.iter().find(|judged| !is_taken(&judged.verdict)) {
        Some(judged) => bail!("not taken: {judged:?}"),
        None => Ok(changes),
    }
}

/// Looks into the server's database: every change of every device is there, and none twice.
fn check(server: &Server, load: Load) -> Result<()> {
    let (came, each) = (i64::try_from(load.devices)?, i64::try_from(load.changes)?);
    let database = Database::open_with_flags(server.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .context("opening the server's database")?;
    let (devices, changes, different): (i64, i64, i64) = database.query_row(
        "SELECT count(DISTINCT device), count(*), count(DISTINCT device || '/' || device_seq) FROM changes",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let incomplete: i64 = database.query_row(
        "SELECT count(*) FROM (SELECT device FROM changes GROUP BY device \
         HAVING count(*) <> ?1 OR min(device_seq) <> 1 OR max(device_seq) <> ?1)",
        [each],
        |row| row.get(0),
    )?;
    let all = came * each;
    ensure!(
        (devices, changes, different, incomplete) == (came, all, all, 0),
        "of {all} changes the record has {changes}, {different} different ones, of {devices} devices, {incomplete} of them not complete"
    );
    Ok(())
}
