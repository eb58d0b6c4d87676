//! The server under load.

use anyhow::{Context, Result};

use super::figure::Figure;
use crate::client::Flavour;
use crate::{console, process, server, workspace};

/// Pushes, pulls and events, one kind after the other.
pub(super) fn measure(quick: bool) -> Result<Vec<Figure>> {
    load("server", quick)
}

/// Many devices that come back at once.
pub(super) fn measure_storm(quick: bool) -> Result<Vec<Figure>> {
    load("storm", quick)
}

fn load(kind: &str, quick: bool) -> Result<Vec<Figure>> {
    let binary = server::build(Flavour::Release)?;
    let mut load = std::process::Command::new(super::build_load()?);
    console::step("Loading the server");
    // Not in the system's folder for passing things, which may lie in memory: a flush has to reach a disk.
    load.args([kind, "--binary"]).arg(binary).arg("--folder").arg(workspace::target().join("bench"));
    if quick {
        load.arg("--quick");
    }
    let printed = process::output(&mut load)?;
    let last = printed.lines().last().context("the load printed nothing")?;
    serde_json::from_str(last).context("the load printed something else than figures")
}
