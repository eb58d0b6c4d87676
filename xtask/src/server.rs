//! Building the server, and starting it.

use anyhow::Result;
use clap::Args;

use crate::client::{self, Flavour};
use crate::{console, process, workspace};

#[derive(Args)]
pub(crate) struct Start {
    /// Fills an empty data folder with an example company
    #[arg(long)]
    demo: bool,
    /// Builds and starts what would be deployed: takes minutes to build
    #[arg(long)]
    release: bool,
    /// More arguments for `fieldloop serve`, after `--`
    #[arg(last = true)]
    more: Vec<String>,
}

/// Builds whatever has changed and runs the server until it is stopped.
pub(crate) fn start(options: &Start) -> Result<()> {
    let flavour = if options.release { Flavour::Release } else { Flavour::Dev };
    client::build(flavour)?;
    let binary = build(flavour)?;

    console::step("Starting Fieldloop (Ctrl+C stops it)");
    console::note("Unless told otherwise it is at http://127.0.0.1:8080, and its data in data/");
    let mut server = std::process::Command::new(binary);
    server.current_dir(workspace::root()).arg("serve");
    if options.demo {
        server.arg("--demo");
    }
    process::run(server.args(&options.more))
}

/// Builds the one file to deploy.
pub(crate) fn build_release() -> Result<()> {
    client::build(Flavour::Release)?;
    let binary = build(Flavour::Release)?;
    console::note(format!("The file to deploy is {}", workspace::relative(&binary)));
    Ok(())
}

/// Builds the server and returns its path. A release binary embeds the client, which therefore has to be built before.
pub(crate) fn build(flavour: Flavour) -> Result<std::path::PathBuf> {
    let (profile, folder) = match flavour {
        Flavour::Dev => ("dev", "debug"),
        Flavour::Release => ("release", "release"),
    };
    console::step("Compiling the server");
    process::run(process::cargo().args(["build", "--package", "server", "--profile", profile]))?;
    Ok(workspace::target().join(folder).join("fieldloop"))
}

/// Builds the server for the journeys out of what the native tests have compiled: `cargo build --package server` alone would
/// choose fewer features of its dependencies, and compile them all again.
pub(crate) fn build_beside_tests() -> Result<std::path::PathBuf> {
    console::step("Compiling the server");
    let any_test = ["--bin", "fieldloop", "--test", "sla_eval"];
    process::run(process::cargo().arg("build").args(workspace::native_packages()).args(any_test))?;
    Ok(workspace::target().join("debug/fieldloop"))
}
