//! Measures what a customer would feel. Timings live here, never in tests.
//!
//! Each subject gives a list of figures ([`figure`]), each beside its goal or something else that was measured in the same
//! run; they are printed as a table for people and, on the last line, as JSON for whoever compares two builds.
//!
//! What is measured is what is deployed: the release client and the release server, in a process of its own, with a database
//! on the disk. The load comes from the `bench` crate and, for the tablet's side, from a real browser (`end2end/bench/`).

mod browser;
mod bytes;
mod clocks;
mod figure;
mod server;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::{console, process, workspace};

#[derive(Args)]
pub(crate) struct BenchOptions {
    /// Measures one subject only
    #[arg(value_enum)]
    subject: Option<Subject>,
    /// A tenth of the load: shows whether something has become much slower, and nothing finer
    #[arg(long)]
    quick: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// What a first visit downloads
    Bytes,
    /// All clocks of all open tickets, here and in the browser
    Clocks,
    /// Pushes, a fresh device's first pull, events
    Server,
    /// A thousand tablets that come back at once
    Storm,
    /// The tablet: starting without a network, and saving
    Browser,
}

pub(crate) fn run(options: &BenchOptions) -> Result<()> {
    let subjects = [
        (Subject::Bytes, bytes::measure as fn(bool) -> Result<Vec<figure::Figure>>),
        (Subject::Clocks, clocks::measure),
        (Subject::Server, server::measure),
        (Subject::Storm, server::measure_storm),
        (Subject::Browser, browser::measure),
    ];
    let mut figures = Vec::new();
    for (subject, measure) in subjects {
        if options.subject.is_none_or(|only| only == subject) {
            figures.extend(measure(options.quick)?);
        }
    }
    println!("\n{}", figure::table(&figures));
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

/// Builds the program that makes the load and returns its path.
fn build_load() -> Result<PathBuf> {
    console::step("Compiling the load");
    process::run(process::cargo().args(["build", "--package", "bench", "--profile", "release"]))?;
    Ok(workspace::target().join("release/bench"))
}
