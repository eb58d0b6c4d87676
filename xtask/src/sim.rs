//! Plays made-up worlds: many devices, the real server, and everything that can go wrong between them (docs/simulation.md).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use clap::Args;

use crate::process::{self, Watched};
use crate::test::is_closing_line;
use crate::{console, workspace};

/// How many seeds a full test run plays at most.
const QUICK_SEEDS: u64 = 5_000;
/// How long a full test run plays at most.
const QUICK: Duration = Duration::from_secs(3 * 60);

#[derive(Args)]
pub(crate) struct SimOptions {
    /// What the simulator is told: `--seeds N`, `--from S`, `--seed S --trace`, `--plant DEFECT`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    more: Vec<String>,
}

#[derive(Args)]
pub(crate) struct SoakOptions {
    /// For how long
    #[arg(long)]
    minutes: u64,
    /// The first seed, instead of one that nobody has played yet
    #[arg(long)]
    from: Option<u64>,
}

pub(crate) fn run(options: &SimOptions) -> Result<()> {
    verdict(&watch(&options.more.iter().map(String::as_str).collect::<Vec<_>>())?)
}

/// Plays seeds that nobody has played yet, until time is up.
pub(crate) fn soak(options: &SoakOptions) -> Result<()> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let from = options.from.unwrap_or(since_1970.as_secs() * 1_000);
    console::note(format!("From seed {from} on"));
    verdict(&play(from, u64::MAX / 2, Duration::from_secs(options.minutes * 60))?)
}

/// Plays what a full test run does: whether all laws held, and the closing line.
pub(crate) fn play_quick() -> Result<Watched> {
    play(0, QUICK_SEEDS, QUICK)
}

fn play(from: u64, seeds: u64, lasts: Duration) -> Result<Watched> {
    let [from, seeds, seconds] = [from, seeds, lasts.as_secs()].map(|number| number.to_string());
    watch(&["--from", &from, "--seeds", &seeds, "--seconds", &seconds])
}

fn verdict(played: &Watched) -> Result<()> {
    if !played.succeeded {
        bail!("a law was broken, or something was never reached");
    }
    Ok(())
}

fn watch(arguments: &[&str]) -> Result<Watched> {
    console::step("Compiling the simulator");
    // Out of what the native tests have compiled: with other packages, cargo would choose other features.
    let build = ["build", "--bin", "sim"];
    process::run(process::cargo().args(build).args(workspace::native_packages()))?;
    console::step("Playing worlds");
    let mut simulator = std::process::Command::new(workspace::target().join("debug/sim"));
    process::watch(simulator.args(arguments), is_closing_line)
}
