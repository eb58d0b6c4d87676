//! Pushes: how many changes a second are judged, merged and on the disk.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::sync::Barrier;

use crate::company::{Company, Member};
use crate::device::{Device, LIFE};
use crate::figure::{Figure, quantile};
use crate::http::{Connection, Response};
use crate::peer;
use crate::process::Server;

/// How many people the devices belong to.
const PEOPLE: usize = 8;
/// What a verdict looks like that takes a change.
const APPLIED: &[u8] = br#""verdict":"applied""#;

/// So many devices, each of which makes so many pushes of so many changes.
#[derive(Debug, Clone, Copy)]
struct Load {
    devices: usize,
    pushes: usize,
    changes: usize,
}

impl Load {
    /// As many changes as can wait for the server at once.
    const fn waiting(self) -> usize {
        self.devices * self.changes
    }

    const fn total(self) -> usize {
        self.waiting() * self.pushes
    }
}

pub(crate) async fn measure(binary: &Path, folder: &Path, quick: bool) -> Result<Vec<Figure>> {
    let share = if quick { 10 } else { 1 };
    let batched = Load { devices: 8, pushes: 50 / share, changes: 500 };
    let single = Load { devices: 64, pushes: 500 / share, changes: 1 };
    let mut figures = Vec::new();
    for (load, what, goal) in [
        (batched, "500 changes a push, 8 connections", 100_000.0),
        (single, "one change a push, 64 connections", 20_000.0),
    ] {
        eprintln!("  {what}");
        let mut outcome = run(binary, folder, load).await?;
        let raw = peer::insert_rows(folder, &outcome.member, load.total(), load.waiting())?;
        figures.push(
            Figure::new(format!("pushed: {what}"), outcome.rate, "changes/s")
                .at_least(goal)
                .beside("bare SQLite inserts", raw),
        );
        if let Some(spent) = outcome.spent {
            let each = spent.as_secs_f64() * 1e6 / load.total() as f64;
            figures.push(Figure::new(
                format!("server's processor time a change ({})", load.changes),
                each,
                "µs",
            ));
        }
        for (share, name) in [(0.5, "p50"), (0.99, "p99")] {
            figures.push(Figure::millis(
                format!("answer to a push ({}), {name}", load.changes),
                quantile(&mut outcome.answers, share),
            ));
        }
    }
    Ok(figures)
}

struct Outcome {
    rate: f64,
    /// Processor time of the server.
    spent: Option<Duration>,
    answers: Vec<Duration>,
    /// Somebody who has pushed.
    member: Member,
}

async fn run(binary: &Path, folder: &Path, load: Load) -> Result<Outcome> {
    let server = Server::start(binary, folder)?;
    let company = Company::found(server.address, &server.link, PEOPLE).await?;
    // One more than the devices: whoever holds the watch.
    let ready = Arc::new(Barrier::new(load.devices + 1));
    let mut pushing = Vec::new();
    for (number, member) in (0..load.devices).zip(company.agents.iter().cycle()) {
        let pushes = write_out(member, number as u64, load)?;
        let mut connection = Connection::open(server.address).await?;
        let ready = Arc::clone(&ready);
        pushing.push(tokio::spawn(async move {
            ready.wait().await;
            let mut answers = Vec::with_capacity(pushes.len());
            for push in &pushes {
                let asked = Instant::now();
                deliver(&mut connection, push, load.changes).await?;
                answers.push(asked.elapsed());
            }
            anyhow::Ok(answers)
        }));
    }
    ready.wait().await;
    let spent_before = server.processor_time();
    let begun = Instant::now();
    let mut answers = Vec::with_capacity(load.devices * load.pushes);
    for device in pushing {
        answers.extend(device.await??);
    }
    let rate = load.total() as f64 / begun.elapsed().as_secs_f64();
    let spent = server.processor_time().zip(spent_before).map(|(after, before)| after.saturating_sub(before));
    let member = company.agents.first().context("a company has agents")?.clone();
    Ok(Outcome { rate, spent, answers, member })
}

/// Writes out what a device is going to push: whole tickets, one after the other.
fn write_out(member: &Member, number: u64, load: Load) -> Result<Vec<Vec<u8>>> {
    let mut device = Device::of(member, number);
    let wanted = load.pushes * load.changes;
    let mut changes = Vec::with_capacity(wanted + LIFE);
    while changes.len() < wanted {
        changes.extend(device.live());
    }
    changes.truncate(wanted);
    let mut pushes = Vec::with_capacity(load.pushes);
    while !changes.is_empty() {
        let rest = changes.split_off(load.changes.min(changes.len()));
        pushes.push(device.push(std::mem::replace(&mut changes, rest))?);
    }
    Ok(pushes)
}

/// Sends a push and makes sure that all of its changes were taken.
pub(crate) async fn deliver(connection: &mut Connection, push: &[u8], changes: usize) -> Result<Response> {
    let response = connection.ask(push).await?.successful("a push")?;
    let applied = response.body.windows(APPLIED.len()).filter(|window| *window == APPLIED).count();
    if applied != changes {
        let body = String::from_utf8_lossy(&response.body);
        bail!("of {changes} changes, {applied} were taken: {}", body.chars().take(600).collect::<String>());
    }
    Ok(response)
}
