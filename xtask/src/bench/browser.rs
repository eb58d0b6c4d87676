//! The tablet's side, in a real browser.

use std::fs;

use anyhow::{Context, Result};

use super::figure::Figure;
use crate::client::{self, Flavour};
use crate::{browser, console, node, process, server, workspace};

pub(super) fn measure(quick: bool) -> Result<Vec<Figure>> {
    client::build(Flavour::Release)?;
    let binary = server::build(Flavour::Release)?;
    let load = super::build_load()?;
    let rounds = if quick { "2" } else { "9" };
    console::step("Measuring in the browser");
    run(&["cold-start", "saving"], |playwright| {
        playwright
            .env("FIELDLOOP_BINARY", binary)
            .env("FIELDLOOP_LOAD", load)
            .env("FIELDLOOP_ROUNDS", rounds);
    })
}

/// Runs files of `end2end/bench/`, and returns the figures they have reported.
pub(super) fn run(files: &[&str], prepare: impl FnOnce(&mut std::process::Command)) -> Result<Vec<Figure>> {
    let chromium = browser::chromium()?;
    node::prepare()?;
    let folder = workspace::target().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let figures = folder.join("browser.jsonl");
    fs::write(&figures, "")?;
    let mut playwright = std::process::Command::new("npx");
    playwright
        .args(["--no-install", "playwright", "test", "--config", "bench"])
        .args(files)
        .current_dir(workspace::root().join("end2end"))
        .env("CHROMIUM", chromium)
        .env("FIELDLOOP_FIGURES", &figures)
        // Profiles lie there too, and saving is measured down to the disk.
        .env("TMPDIR", &folder);
    prepare(&mut playwright);
    process::run(&mut playwright)?;
    let written = fs::read_to_string(&figures)?;
    written
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("no figure: {line}")))
        .collect()
}
