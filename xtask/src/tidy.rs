//! Checks what compilers don't: that the house keeps its shape, and that its documents tell the truth.
//!
//! The quick checks read sources and come first; lints follow. Every check runs, so that one round of mending is enough.

mod documents;
pub(crate) mod lints;
mod rooms;
mod words;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;

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
    if !check(&[&QUICK[..], &LINTS].concat())? {
        bail!("tidy found something");
    }
    Ok(())
}

/// A check by the sentence that is true if it finds nothing.
type Check = (&'static str, fn() -> Result<Findings>);

/// The checks that go before a full test run: all, unless lints are found while compiling.
pub(crate) fn check_before_tests() -> Result<bool> {
    let lints = match (WasmCompiler::prepare()?, lints::while_compiling()) {
        (_, false) => &LINTS[..],
        (WasmCompiler::Debian, true) => &LINTS[1..],
        (WasmCompiler::Rustup, true) => &[],
    };
    check(&[&QUICK[..], lints].concat())
}

const QUICK: [Check; 4] = [
    ("domain is pure and every crate keeps to its room", rooms::check),
    ("the app's words are in its catalogues", words::check),
    ("documents are in step", documents::check),
    ("sources are formatted (`cargo xtask tidy --fix`)", check_format),
];

const LINTS: [Check; 2] =
    [("no lints on this machine", lints::check_native), ("no lints for the browser", lints::check_wasm)];

/// Runs checks, says what they found, and whether that was nothing.
fn check(checks: &[Check]) -> Result<bool> {
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

/// Runs a program that prints its own findings.
fn ask(command: &mut std::process::Command) -> Findings {
    process::run(command).err().map(|error| format!("{error:#}")).into_iter().collect()
}
