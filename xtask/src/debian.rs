//! Installing system packages, on Debian and its relatives.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{console, process};

/// Installs packages, after saying what for. Elsewhere than on Debian it says what a person has to install.
pub(crate) fn install(packages: &[&str], purpose: &str) -> Result<()> {
    let list = packages.join(" ");
    if process::find("apt-get").is_none() {
        bail!("{purpose} needs what Debian calls: {list}. Please install it, this machine has no apt-get");
    }
    console::step(format!("Installing {list} (apt-get): {purpose}"));
    let attempt = || {
        process::run(as_root("apt-get").args(["install", "--yes", "--no-install-recommends"]).args(packages))
    };
    if attempt().is_ok() {
        return Ok(());
    }
    // A fresh machine has no package lists yet.
    process::run(as_root("apt-get").arg("update"))?;
    attempt()
}

/// Prepares a call that needs the rights of root: directly for root, through sudo for everybody else.
pub(crate) fn as_root(program: &str) -> Command {
    let mut command = if is_root() {
        Command::new(program)
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["--preserve-env=DEBIAN_FRONTEND", program]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
