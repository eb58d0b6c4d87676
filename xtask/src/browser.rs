//! The browser that tests drive: a Chromium, and the driver that wasm tests speak to.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{debian, process};

/// Finds Chromium, or installs it. `CHROMIUM` names another one.
pub(crate) fn chromium() -> Result<PathBuf> {
    let find = || named("CHROMIUM").or_else(|| first_of(&["chromium", "google-chrome", "chromium-browser"]));
    // The journeys look at Chinese text: without a font for it, they would measure empty boxes.
    find_or_install(find, &["chromium", "fonts-noto-cjk"], "a browser for the tests")
}

/// Finds ChromeDriver, or installs it. `CHROMEDRIVER` names another one.
pub(crate) fn chromedriver() -> Result<PathBuf> {
    let find = || named("CHROMEDRIVER").or_else(|| first_of(&["chromedriver"]));
    find_or_install(find, &["chromium-driver"], "wasm tests run inside a browser")
}

fn find_or_install(find: impl Fn() -> Option<PathBuf>, packages: &[&str], purpose: &str) -> Result<PathBuf> {
    if let Some(path) = find() {
        return Ok(path);
    }
    debian::install(packages, purpose)?;
    find().with_context(|| format!("{} was installed but is not to be found", packages[0]))
}

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

fn first_of(programs: &[&str]) -> Option<PathBuf> {
    programs.iter().find_map(|program| process::find(program))
}
