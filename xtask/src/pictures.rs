//! Takes the README's pictures anew, of the example company as the present build shows it.

use anyhow::Result;

use crate::client::{self, Flavour};
use crate::{browser, console, node, process, server, workspace};

pub(crate) fn take() -> Result<()> {
    let chromium = browser::chromium()?;
    node::prepare()?;
    client::build(Flavour::Dev)?;
    let binary = server::build_beside_tests()?;
    console::step("Taking the pictures");
    process::run(
        std::process::Command::new("npx")
            .args(["--no-install", "playwright", "test", "--config", "pictures"])
            .current_dir(workspace::root().join("end2end"))
            .env("FIELDLOOP_BINARY", binary)
            .env("CHROMIUM", chromium),
    )?;
    console::note("They are in docs/pictures/: look at them");
    Ok(())
}
