//! A wasm compiler out of Debian's packages, for machines that rustup's download server is out of reach for.
//!
//! Debian builds a recent Rust for its browsers (`rustc-web`). It comes without the wasm standard library but with the
//! library's sources, so the library is built here once and put where the compiler looks for it. After that, everything
//! is ordinary: rustup knows the compiler as a toolchain named [`TOOLCHAIN`].

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::{WASM, has_wasm_library};
use crate::{console, debian, process, workspace};

/// The name rustup knows Debian's compiler by.
pub(crate) const TOOLCHAIN: &str = "web";

const PACKAGES: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy", "rustfmt-web"];

/// The folder that Debian's compiler is installed in.
fn usr() -> &'static Path {
    Path::new("/usr")
}

pub(crate) fn is_installed() -> bool {
    has_wasm_library(usr())
        && process::succeeds(Command::new("rustup").args(["run", TOOLCHAIN, "rustc", "--version"]))
}

pub(crate) fn install() -> Result<()> {
    let missing =
        !Path::new("/usr/bin/rustc").is_file() || !Path::new("/usr/lib/rustlib/src/rust/library").is_dir();
    if missing {
        debian::install(&PACKAGES, "a compiler that can make wasm")?;
    }
    let libraries = build_standard_library()?;
    let home = usr().join("lib/rustlib").join(WASM).join("lib");
    process::run(debian::as_root("mkdir").arg("-p").arg(&home))?;
    process::run(debian::as_root("cp").args(&libraries).arg(&home))?;
    link_linker()?;
    process::run(Command::new("rustup").args(["toolchain", "link", TOOLCHAIN]).arg(usr()))
}

/// Builds the standard library by way of an empty crate, and returns the library files.
fn build_standard_library() -> Result<Vec<PathBuf>> {
    console::step("Building the wasm standard library from its Debian sources (about 90 s, once)");
    let folder = workspace::target().join("wasm-std");
    fs::create_dir_all(folder.join("src"))?;
    // A workspace of its own, so that cargo doesn't look for it in ours.
    fs::write(folder.join("Cargo.toml"), "[package]\nname = \"empty\"\nedition = \"2024\"\n\n[workspace]\n")?;
    fs::write(folder.join("src/lib.rs"), "#![no_std]\n")?;
    process::run(
        Command::new("/usr/bin/cargo")
            .args([
                "build",
                "--release",
                "--target",
                WASM,
                "-Zbuild-std=std,panic_abort,test",
                "--target-dir",
            ])
            .arg(folder.join("target"))
            .current_dir(&folder)
            .env("RUSTC", "/usr/bin/rustc")
            // Lets a stable compiler build its own standard library, which is what this switch exists for.
            .env("RUSTC_BOOTSTRAP", "1")
            // The release client is optimised across crates, and that needs the library's bitcode.
            .env("RUSTFLAGS", "-Cembed-bitcode=yes")
            // Set by the cargo that runs xtask, for its own compiler's libraries.
            .env_remove("LD_LIBRARY_PATH"),
    )?;
    let built = folder.join("target").join(WASM).join("release/deps");
    let libraries = workspace::files_below(&built)?;
    let is_ours =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libempty"));
    Ok(libraries
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "rlib") && !is_ours(path))
        .collect())
}

/// Gives Debian's compiler the linker that every rustup toolchain brings along.
fn link_linker() -> Result<()> {
    let host = super::host()?;
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let lld = Path::new(sysroot.trim()).join("lib/rustlib").join(&host).join("bin/rust-lld");
    let tools = usr().join("lib/rustlib").join(&host).join("bin");
    process::run(debian::as_root("mkdir").arg("-p").arg(&tools))?;
    process::run(debian::as_root("ln").args(["--symbolic", "--force"]).arg(lld).arg(tools))
}
