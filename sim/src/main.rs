//! The simulator's program: see the library beside it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a person at a terminal")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use sim::{Mark, Outcome, Plant, Run, Stage};

/// Plays made-up worlds and looks for anything that was lost in them.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask sim")]
struct Options {
    /// How many seeds to play
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Plays this seed alone
    #[arg(long)]
    seed: Option<u64>,
    /// Prints what happens in it
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Stops after so many seconds
    #[arg(long, default_value_t = u64::MAX)]
    seconds: u64,
    /// Builds a defect in, to see it found
    #[arg(long, value_enum)]
    plant: Option<Plant>,
    /// Stops after so many seeds that failed
    #[arg(long, default_value_t = 5)]
    failures: usize,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let played = Stage::build().and_then(|stage| match options.seed {
        Some(seed) => play_one(&stage, seed, &options),
        None => play_many(&stage, &options),
    });
    match played {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("✗ {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn play_one(stage: &Stage, seed: u64, options: &Options) -> anyhow::Result<bool> {
    let played = stage.play(seed, options.plant, options.trace)?;
    for line in played.trace {
        println!("{line}");
    }
    match &played.broken {
        None => println!("Seed {seed}: all laws hold."),
        Some(broken) => println!("Seed {seed}: {broken}"),
    }
    Ok(played.broken.is_none())
}

fn play_many(stage: &Stage, options: &Options) -> anyhow::Result<bool> {
    let begun = Instant::now();
    let run = Run {
        from: options.from,
        seeds: options.seeds,
        lasts: Duration::from_secs(options.seconds),
        plant: options.plant,
        most_failures: options.failures,
    };
    let outcome = stage.play_many(run)?;
    Ok(tell(&outcome, begun.elapsed()))
}

/// Says what became of many seeds. Whether that was all right.
fn tell(outcome: &Outcome, lasted: Duration) -> bool {
    let tally = &outcome.tally;
    for mark in Mark::ALL {
        println!("{:>9}  {}", tally.count(*mark), mark.words());
    }
    for failure in &outcome.failures {
        println!("✗ seed {}: {}", failure.seed, failure.broken);
        println!("  again, with all that happens: cargo xtask sim --seed {} --trace", failure.seed);
    }
    let missed = tally.missed();
    for mark in &missed {
        println!("✗ too seldom: {} ({} times)", mark.words(), tally.count(*mark));
    }
    println!(
        "{} changes went with restored servers; {} counted beside what was done once more for them; everything was delivered within {} ms of a world's becoming well",
        tally.gone_with_restores, tally.counted_twice, tally.slowest_delivery_ms,
    );
    let failed = outcome.failures.len();
    println!(
        "{} passed, {} failed: worlds of {} years in {} s, with {} deeds and {} questions",
        tally.seeds.saturating_sub(failed as u64),
        failed + missed.len(),
        tally.simulated_ms / (365 * 86_400_000),
        lasted.as_secs(),
        tally.deeds,
        tally.questions,
    );
    outcome.failures.is_empty() && missed.is_empty()
}
