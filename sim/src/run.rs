//! Plays seeds: one, or many on all processors.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use server::simulated::Founded;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::company;
use crate::law::{Broken, Law};
use crate::plant::Plant;
use crate::tally::Tally;
use crate::world::World;

/// What became of one seed.
#[derive(Debug)]
pub struct Played {
    /// What was reached in it.
    pub tally: Tally,
    /// What happened in it, if that was asked for.
    pub trace: Vec<String>,
    /// The law that was broken in it, if one was.
    pub broken: Option<Broken>,
}

/// A seed in which a law was broken.
#[derive(Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The law, and how it was broken.
    pub broken: Broken,
}

/// What became of many seeds.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was reached in all of them.
    pub tally: Tally,
    /// The seeds that failed, in the order of their numbers.
    pub failures: Vec<Failure>,
}

/// Which seeds to play.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The first one.
    pub from: u64,
    /// How many at most.
    pub seeds: u64,
    /// How long at most.
    pub lasts: Duration,
    /// A defect to build in.
    pub plant: Option<Plant>,
    /// After how many failures to stop.
    pub most_failures: usize,
}

/// A company to play in: made once, and copied for each seed.
#[derive(Debug)]
pub struct Stage {
    founded: Founded,
    folder: TempDir,
}

impl Stage {
    /// Makes the company.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn build() -> Result<Self> {
        let folder =
            folder_in_memory().or_else(|_| tempfile::tempdir()).context("making a folder to play in")?;
        let (departments, people) = (company::departments(), company::people());
        let founding = Founded::found(folder.path(), &departments, &people);
        let founded = runtime()?.block_on(founding)?;
        Ok(Self { founded, folder })
    }

    /// Plays one seed.
    ///
    /// # Errors
    /// When it can't be played, which says nothing about it.
    pub fn play(&self, seed: u64, plant: Option<Plant>, is_traced: bool) -> Result<Played> {
        let folder = TempDir::new_in(self.folder.path())?;
        let runtime = runtime()?;
        let playing =
            AssertUnwindSafe(|| runtime.block_on(play(seed, plant, is_traced, &self.founded, folder.path())));
        catch_unwind(playing).unwrap_or_else(|_| {
            let how = "something panicked".to_owned();
            let broken = Some(Broken { law: Law::NothingBreaks, how });
            Ok(Played { tally: Tally::default(), trace: Vec::new(), broken })
        })
    }

    /// Plays many seeds, on all processors, until there are enough, time is up or too many have failed.
    ///
    /// # Errors
    /// When one can't be played.
    pub fn play_many(&self, run: Run) -> Result<Outcome> {
        let begun = Instant::now();
        let next = AtomicU64::new(0);
        let stop = AtomicBool::new(false);
        let outcome = Mutex::new(Outcome::default());
        let work = || -> Result<()> {
            while !stop.load(Ordering::Relaxed) && begun.elapsed() < run.lasts {
                let count = next.fetch_add(1, Ordering::Relaxed);
                if count >= run.seeds {
                    break;
                }
                let seed = run.from.wrapping_add(count);
                let played = self.play(seed, run.plant, false)?;
                let mut outcome = outcome.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                outcome.tally.add(&played.tally);
                outcome.failures.extend(played.broken.map(|broken| Failure { seed, broken }));
                if outcome.failures.len() >= run.most_failures {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            Ok(())
        };
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        std::thread::scope(|scope| -> Result<()> {
            let workers: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                match worker.join() {
                    Ok(worked) => worked?,
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            Ok(())
        })?;
        let mut outcome = outcome.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        outcome.failures.sort_by_key(|failure| failure.seed);
        Ok(outcome)
    }
}

async fn play(
    seed: u64,
    plant: Option<Plant>,
    is_traced: bool,
    founded: &Founded,
    folder: &Path,
) -> Result<Played> {
    let mut world = World::new(seed, plant, is_traced, founded, folder).await?;
    let mut lived = Box::pin(world.live()).await;
    if lived.is_ok() {
        lived = Box::pin(world.check()).await;
    }
    let broken = match lived {
        Ok(()) => None,
        Err(error) => Some(error.downcast::<Broken>()?),
    };
    if let Some(broken) = &broken {
        world.note(|| format!("BROKEN {broken}"));
    }
    Ok(Played { tally: world.tally, trace: world.trace.into_lines(), broken })
}

/// Where Linux keeps files in memory: no database of a seed outlives it, and none has to wait for a disk.
fn folder_in_memory() -> std::io::Result<TempDir> {
    TempDir::new_in("/dev/shm")
}

/// One thread for everything of a seed, so that nothing depends on how threads take turns.
fn runtime() -> Result<Runtime> {
    Builder::new_current_thread().enable_time().build().context("starting a runtime")
}
