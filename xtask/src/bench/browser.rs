//! The tablet's side, in a real browser.

use std::fs;

use anyhow::{Context, Result};

use super::figure::Figure;
use crate::client::{self, Flavour};
use crate::{browser, console, node, process, server, workspace};

pub(super) fn measure(quick: bool) -> Result<Vec<Figure>> {
    let chromium = browser::chromium()?;
    node::prepare()?;
    client::build(Flavour::Release)?;
    let binary = server::build(Flavour::Release)?;
    let load = super::build_load()?;
    let folder = workspace::target().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let figures = folder.join("browser.jsonl");
    fs::write(&figures, "")?;
    console::step("Measuring in the browser");
    process::run(
        std::process::Command::new("npx")
            .args(["--no-install", "playwright", "test", "--config", "bench"])
            .current_dir(workspace::root().join("end2end"))
            .env("CHROMIUM", chromium)
            .env("FIELDLOOP_BINARY", binary)
            .env("FIELDLOOP_LOAD", load)
            .env("FIELDLOOP_FIGURES", &figures)
            .env("FIELDLOOP_ROUNDS", if quick { "2" } else { "9" })
            // Profiles lie there too, and saving is measured down to the disk.
            .env("TMPDIR", &folder),
    )?;
    let written = fs::read_to_string(&figures)?;
    written
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("no figure: {line}")))
        .collect()
}
