//! Clippy, in one of two ways that find the same.
//!
//! *Apart* is `cargo clippy`: the quickest way to look at a change. On a fresh machine it reads all dependencies once more,
//! only to forget them: what it makes of them is of no use to a build. So a full test run lints *while compiling*: clippy's
//! compiler, which does everything the ordinary one does and lints besides, compiles our crates for the tests, and a lint
//! found is an error of that compilation.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::Result;

use super::{Findings, ask};
use crate::client::Flavour;
use crate::process;
use crate::toolchain::WasmCompiler;

/// Clippy's own way of being told more than one argument.
const DENY_WARNINGS: &str = "--deny__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__";

/// Clippy's compiler, once everything that this process compiles is to be linted.
static COMPILER: OnceLock<PathBuf> = OnceLock::new();

/// Lints what is compiled from now on. False if clippy's compiler can't be found; nothing changes then.
pub(crate) fn while_compiling() -> bool {
    let found = process::output(Command::new("rustup").args(["which", "clippy-driver"]))
        .map(|path| PathBuf::from(path.trim()))
        .is_ok_and(|path| path.is_file() && COMPILER.set(path).is_ok());
    found || COMPILER.get().is_some()
}

/// Makes a call of cargo lint what it compiles, if that was asked for.
pub(crate) fn join(cargo: &mut Command) {
    if let Some(compiler) = COMPILER.get() {
        cargo.env("RUSTC_WORKSPACE_WRAPPER", compiler).env("CLIPPY_ARGS", DENY_WARNINGS);
    }
}

/// Makes a call of cargo not lint after all: its compiler is another one, which clippy's would not agree with.
pub(crate) fn leave(cargo: &mut Command) {
    cargo.env_remove("RUSTC_WORKSPACE_WRAPPER").env_remove("CLIPPY_ARGS");
}

pub(super) fn check_native() -> Result<Findings> {
    let native = ["--workspace", "--exclude", "app", "--exclude", "bindgen", "--all-targets"];
    Ok(ask(process::cargo().args(["clippy", "--quiet"]).args(native).args(["--", "--deny", "warnings"])))
}

pub(super) fn check_wasm() -> Result<Findings> {
    let mut cargo = WasmCompiler::prepare()?.cargo("clippy");
    // The same profile as the client's: the programs that run during a build are compiled once for both.
    cargo.args(["--quiet", "--package", "app", "--all-targets", "--profile", Flavour::Dev.profile()]);
    Ok(ask(cargo.args(["--", "--deny", "warnings"])))
}
