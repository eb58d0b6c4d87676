//! Checks what compilers don't: that the house keeps its shape, and that its documents tell the truth.
//!
//! The quick checks read sources and come first; formatting and lints follow. Every check runs, so that one round of
//! mending is enough.

mod documents;
mod rooms;
mod words;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;

use crate::client::Flavour;
use crate::toolchain::WasmCompiler;
use crate::{console, process};

#[derive(Args)]
pub(crate) struct TidyOptions {
    /// Formats the sources first
    #[arg(long)]
    fix: bool,
}

/// What a check found: one line for each thing that is not as it should be.
type Findings = Vec<String>;

pub(crate) fn run(options: &TidyOptions) -> Result<()> {
    if options.fix {
        process::run(process::cargo().args(["fmt", "--all"]))?;
    }
    if !check_everything()? {
        bail!("tidy found something");
    }
    Ok(())
}

/// Runs all checks, says what they found, and whether that was nothing.
pub(crate) fn check_everything() -> Result<bool> {
    let checks = [
        ("domain is pure and every crate keeps to its room", rooms::check as fn() -> Result<Findings>),
        ("the app's words are in its catalogues", words::check),
        ("documents are in step", documents::check),
        ("sources are formatted (`cargo xtask tidy --fix`)", check_format),
        ("no lints on this machine", check_native_lints),
        ("no lints for the browser", check_wasm_lints),
    ];
    let mut all_passed = true;
    for (name, check) in checks {
        let begin = Instant::now();
        let findings = check()?;
        all_passed &= findings.is_empty();
        console::verdict(
            findings.is_empty(),
            format!("{name} ({})", console::spell_duration(begin.elapsed())),
        );
        for finding in findings {
            console::note(finding);
        }
    }
    Ok(all_passed)
}

fn check_format() -> Result<Findings> {
    // The names of the files will do: what is wrong with them, `--fix` knows.
    Ok(ask(process::cargo().args(["fmt", "--all", "--check", "--", "--files-with-diff"])))
}

fn check_native_lints() -> Result<Findings> {
    let native = ["--workspace", "--exclude", "app", "--exclude", "bindgen", "--all-targets"];
    Ok(ask(process::cargo().args(["clippy", "--quiet"]).args(native).args(["--", "--deny", "warnings"])))
}

fn check_wasm_lints() -> Result<Findings> {
    let mut cargo = WasmCompiler::prepare()?.cargo("clippy");
    // The same profile as the client's: the programs that run during a build are compiled once for both.
    cargo.args(["--quiet", "--package", "app", "--all-targets", "--profile", Flavour::Dev.profile()]);
    Ok(ask(cargo.args(["--", "--deny", "warnings"])))
}

/// Runs a program that prints its own findings.
fn ask(command: &mut std::process::Command) -> Findings {
    process::run(command).err().map(|error| format!("{error:#}")).into_iter().collect()
}
