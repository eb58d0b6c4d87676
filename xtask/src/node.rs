//! Node and the packages of the browser journeys.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{console, debian, process, workspace};

/// What Playwright asks for.
const OLDEST_NODE: u32 = 20;

/// Installs Node if it is missing, and the journeys' packages if the lock file has changed since the last time.
pub(crate) fn prepare() -> Result<()> {
    if process::find("npm").is_none() {
        debian::install(&["nodejs", "npm"], "Playwright, which drives the browser, runs on Node")?;
    }
    let version = node_version()?;
    if version < OLDEST_NODE {
        bail!(
            "the journeys need Node {OLDEST_NODE} or newer, and here is Node {version}: see https://nodejs.org"
        );
    }
    let folder = workspace::root().join("end2end");
    let lock = fs::read_to_string(folder.join("package-lock.json"))?;
    // npm itself leaves no trace of which lock file it installed from, so a copy is kept beside the packages.
    let installed = folder.join("node_modules/.installed-lock.json");
    if fs::read_to_string(&installed).is_ok_and(|text| text == lock) {
        return Ok(());
    }
    console::step("Installing the journeys' packages (npm ci)");
    // Playwright would download browsers of its own; the tests use the machine's.
    process::run(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
            .current_dir(&folder),
    )?;
    fs::write(installed, lock)?;
    Ok(())
}

fn node_version() -> Result<u32> {
    let version = process::output(Command::new("node").arg("--version"))?;
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    major.with_context(|| format!("node calls its version {version}"))
}
