//! The compiler that makes wasm.
//!
//! The ordinary way is rustup's wasm standard library beside the compiler in use. On a network where rustup cannot
//! download it, Debian's own Rust packages serve instead (see [`debian_web`]). Which of the two is used is found out, not
//! configured: what is installed already wins, so that later runs take no time and ask no network.

mod debian_web;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::tidy::lints;
use crate::{console, process, workspace};

/// The compiler's name for the browser.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// A compiler with a standard library for wasm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WasmCompiler {
    /// The compiler in use, with rustup's target added.
    Rustup,
    /// Debian's compiler, linked into rustup under the name [`debian_web::TOOLCHAIN`].
    Debian,
}

impl WasmCompiler {
    /// Finds the compiler for wasm, or installs one.
    ///
    /// `FIELDLOOP_WASM_COMPILER=debian` skips rustup, to try the second way on a machine where the first one works.
    pub(crate) fn prepare() -> Result<Self> {
        let skip_rustup = std::env::var("FIELDLOOP_WASM_COMPILER").is_ok_and(|name| name == "debian");
        if !skip_rustup && rustup_has_wasm() {
            return Ok(Self::Rustup);
        }
        if debian_web::is_installed() {
            return Ok(Self::Debian);
        }
        if !skip_rustup {
            console::step("Adding the wasm standard library (rustup target add)");
            if process::run(Command::new("rustup").args(["target", "add", WASM])).is_ok() {
                return Ok(Self::Rustup);
            }
            console::note("rustup could not download it; Debian's compiler will do");
        }
        debian_web::install()?;
        Ok(Self::Debian)
    }

    /// Prepares a call of cargo for wasm: `subcommand` with this compiler, target and build folder.
    pub(crate) fn cargo(self, subcommand: &str) -> Command {
        let mut cargo = process::cargo();
        if self == Self::Debian {
            cargo.env("RUSTUP_TOOLCHAIN", debian_web::TOOLCHAIN).env_remove("LD_LIBRARY_PATH");
            lints::leave(&mut cargo);
        }
        cargo.arg(subcommand).args(["--target", WASM]).arg("--target-dir").arg(self.target_folder());
        cargo
    }

    /// The build folder: not shared with native builds (their lock would make one wait for the other), nor between
    /// compilers (each would find the other's libraries unreadable).
    pub(crate) fn target_folder(self) -> PathBuf {
        workspace::target().join(match self {
            Self::Rustup => "wasm",
            Self::Debian => "wasm-debian",
        })
    }
}

fn rustup_has_wasm() -> bool {
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]));
    sysroot.is_ok_and(|path| has_wasm_library(Path::new(path.trim())))
}

fn has_wasm_library(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib").join(WASM).join("lib").is_dir()
}

/// The machine's own target, in the compiler's words.
pub(crate) fn host() -> Result<String> {
    let version = process::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}
