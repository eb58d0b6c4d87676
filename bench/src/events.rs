//! From an edit to the screens of those who watch.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use sync::messages::{PushResponse, Verdict};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::company::Company;
use crate::device::Device;
use crate::figure::{Figure, quantile};
use crate::http::{self, Connection};
use crate::process::Server;
use crate::push;

/// How many people watch and edit.
const PEOPLE: usize = 4;

/// Somebody saw something: its place, and when.
type Sighting = Result<(u64, Instant)>;

pub(crate) async fn measure(binary: &Path, folder: &Path, quick: bool) -> Result<Vec<Figure>> {
    let server = Server::start(binary, folder)?;
    let company = Company::found(server.address, &server.link, PEOPLE).await?;
    let share = if quick { 10 } else { 1 };
    let mut figures = Vec::new();
    for (watchers, edits, goal) in [(2, 500, 2.0), (100, 200, 5.0), (1_000, 100, 25.0)] {
        eprintln!("  {watchers} who watch");
        let mut seen = watch(&company, watchers, edits / share).await?;
        figures.push(
            Figure::millis(
                format!("edit → durable → seen by {watchers} watchers, p50"),
                quantile(&mut seen, 0.5),
            )
            .at_most(goal),
        );
    }
    Ok(figures)
}

/// Makes one edit after the other, each when all have seen the one before. Returns how long each watcher waited for each.
async fn watch(company: &Company, watchers: usize, edits: usize) -> Result<Vec<Duration>> {
    let editor = company.agents.first().context("a company has agents")?;
    let mut device = Device::of(editor, watchers as u64);
    let mut connection = Connection::open(company.address).await?;
    let first = device.register();
    let begun: PushResponse = push::deliver(&mut connection, &device.push(vec![first])?, 1).await?.json()?;
    let from = format!("/api/sync/events?epoch={}&seq={}", begun.epoch, place(&begun)?);

    let (sighted, mut sightings) = mpsc::unbounded_channel::<Sighting>();
    let mut watching = JoinSet::new();
    for member in company.agents.iter().cycle().take(watchers) {
        let request = http::request("GET", &from, &member.cookie, b"");
        let mut events = Connection::open(company.address).await?.listen(&request).await?;
        let sighted = sighted.clone();
        watching.spawn(async move {
            loop {
                let sighting = events.next().await.map(|place| (place, Instant::now()));
                if sighting.is_err() | sighted.send(sighting).is_err() {
                    return;
                }
            }
        });
    }

    let mut waits = Vec::with_capacity(watchers * edits);
    let mut changes = Vec::new();
    for _ in 0..edits {
        if changes.is_empty() {
            changes = device.live();
            changes.reverse();
        }
        let change = changes.pop().context("a ticket goes through some changes")?;
        let push = device.push(vec![change])?;
        let begun = Instant::now();
        let answer: PushResponse = push::deliver(&mut connection, &push, 1).await?.json()?;
        let edited = place(&answer)?;
        for _ in 0..watchers {
            let (seen, at) = sightings.recv().await.context("somebody watches")??;
            if seen != edited {
                bail!("a watcher saw change {seen} instead of {edited}");
            }
            waits.push(at.duration_since(begun));
        }
    }
    Ok(waits)
}

/// The place in the history of the one change of a push.
fn place(answer: &PushResponse) -> Result<u64> {
    match answer.verdicts.as_slice() {
        [judged] => match judged.verdict {
            Verdict::Applied { revision } => Ok(revision),
            ref other => bail!("an edit was answered {other:?}"),
        },
        other => bail!("one edit, {} verdicts", other.len()),
    }
}
