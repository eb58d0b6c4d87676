//! Runs every test there is, from the quick ones to the ones that need a browser.
//!
//! All runners run even when an early one fails; each one's own closing lines are shown as it prints them and once more at
//! the end, beside the time it took.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::client::{self, Flavour};
use crate::process::Watched;
use crate::toolchain::WasmCompiler;
use crate::{browser, console, node, process, server, sim, tidy, workspace};

#[derive(Args)]
pub(crate) struct TestOptions {
    /// Runs one kind of tests, without `tidy`
    #[arg(long, value_enum)]
    only: Option<Kind>,
    /// More arguments for the one runner, after `--`: the name of a test, for instance
    #[arg(last = true, requires = "only")]
    more: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// All that needs no browser, on this machine
    Native,
    /// Made-up worlds in which everything goes wrong and nothing may be lost
    Sim,
    /// app and sync inside a browser
    Wasm,
    /// Journeys of a person with a browser, against the real server
    E2e,
}

/// How one runner ended.
struct Outcome {
    name: &'static str,
    passed: bool,
    duration: Duration,
    closing_lines: Vec<String>,
}

pub(crate) fn run(options: &TestOptions) -> Result<()> {
    let mut outcomes = Vec::new();
    if options.only.is_none() {
        outcomes.push(measure("tidy", || Ok(Runs::one(tidy::check_before_tests()?))));
    }
    let kinds = [
        (Kind::Native, "native", run_native as fn(&[String]) -> Result<Runs>),
        (Kind::Sim, "sim", run_sim),
        (Kind::Wasm, "wasm", run_wasm),
        (Kind::E2e, "e2e", run_journeys),
    ];
    for (kind, name, runner) in kinds {
        if options.only.is_none_or(|only| only == kind) {
            outcomes.push(measure(name, || runner(&options.more)));
        }
    }
    summarize(&outcomes)
}

/// What the runs of one kind came to.
struct Runs {
    passed: bool,
    closing_lines: Vec<String>,
}

impl Runs {
    fn one(passed: bool) -> Self {
        Self { passed, closing_lines: Vec::new() }
    }

    fn watch(&mut self, command: &mut Command) -> Result<()> {
        let watched = process::watch(command, is_closing_line)?;
        self.passed &= watched.succeeded;
        self.closing_lines.extend(watched.kept);
        Ok(())
    }
}

fn measure(name: &'static str, runner: impl FnOnce() -> Result<Runs>) -> Outcome {
    let begin = Instant::now();
    let runs = runner().unwrap_or_else(|error| {
        eprintln!("{error:#}");
        Runs::one(false)
    });
    Outcome { name, passed: runs.passed, duration: begin.elapsed(), closing_lines: runs.closing_lines }
}

fn run_native(more: &[String]) -> Result<Runs> {
    console::step("Running the native tests");
    let mut runs = Runs::one(true);
    runs.watch(
        process::cargo().args(["test", "--no-fail-fast"]).args(workspace::native_packages()).args(more),
    )?;
    Ok(runs)
}

/// Plays the quick form of the simulation.
fn run_sim(_: &[String]) -> Result<Runs> {
    let Watched { succeeded, kept } = sim::play_quick()?;
    Ok(Runs { passed: succeeded, closing_lines: kept })
}

/// Runs the tests of every crate that has wasm tests: those that depend on `wasm-bindgen-test`.
fn run_wasm(more: &[String]) -> Result<Runs> {
    let compiler = WasmCompiler::prepare()?;
    let chromedriver = browser::chromedriver()?;
    browser::chromium()?;
    let runner = client::tool("run-wasm-tests")?;
    let mut runs = Runs::one(true);
    for package in
        workspace::packages()?.iter().filter(|package| package.has_dev_dependency("wasm-bindgen-test"))
    {
        console::step(format!("Running the wasm tests of {}", package.name));
        // The client's own development profile: what the client has compiled already needn't be compiled again.
        let mut cargo = compiler.cargo("test");
        cargo.args([
            "--no-fail-fast",
            "--tests",
            "--profile",
            Flavour::Dev.profile(),
            "--package",
            &package.name,
        ]);
        runs.watch(
            cargo
                .args(more)
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner)
                .env("CHROMEDRIVER", &chromedriver)
                .env("WASM_BINDGEN_USE_BROWSER", "1")
                .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", workspace::root().join("xtask/webdriver.json"))
                .env("WASM_BINDGEN_TEST_TIMEOUT", "120"),
        )?;
    }
    Ok(runs)
}

fn run_journeys(more: &[String]) -> Result<Runs> {
    let chromium = browser::chromium()?;
    node::prepare()?;
    client::build(Flavour::Dev)?;
    let binary = server::build_beside_tests()?;
    console::step("Running the journeys");
    let mut runs = Runs::one(true);
    runs.watch(
        Command::new("npx")
            .args(["--no-install", "playwright", "test"])
            .args(more)
            .current_dir(workspace::root().join("end2end"))
            .env("FIELDLOOP_BINARY", journeys_binary(binary))
            .env("CHROMIUM", chromium),
    )?;
    Ok(runs)
}

/// The server that journeys start; `FIELDLOOP_BINARY` names another one, a release for instance.
fn journeys_binary(built: PathBuf) -> PathBuf {
    std::env::var_os("FIELDLOOP_BINARY").map_or(built, PathBuf::from)
}

/// Recognises the line in which cargo's, wasm-bindgen's and the journeys' runner and the simulator sum up.
pub(crate) fn is_closing_line(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("test result: ") || (line.contains(" passed, ") && line.contains(" failed"))
}

fn summarize(outcomes: &[Outcome]) -> Result<()> {
    println!("\nSummary");
    for outcome in outcomes {
        console::verdict(
            outcome.passed,
            format!("{:8} {}", outcome.name, console::spell_duration(outcome.duration)),
        );
        for line in
            outcome.closing_lines.iter().filter(|line| !line.contains("ok. 0 passed; 0 failed; 0 ignored"))
        {
            println!("    {line}");
        }
    }
    let failed: Vec<&str> =
        outcomes.iter().filter(|outcome| !outcome.passed).map(|outcome| outcome.name).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    println!("All tests passed.");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_told_from_others() {
        assert!(is_closing_line("test result: ok. 3 passed; 0 failed; 0 ignored"));
        assert!(is_closing_line("12 passed, 0 failed"));
        assert!(is_closing_line("5000 passed, 0 failed: worlds of 900 years in 180 s"));
        assert!(!is_closing_line("test a_closed_ticket_refuses_new_parts ... ok"));
    }
}
