//! All clocks of all open tickets on one core: here, and in the browser, by the client's own profile.

use anyhow::{Context, Result, ensure};

use super::figure::Figure;
use crate::client::{self, Flavour};
use crate::toolchain::{WASM, WasmCompiler};
use crate::{console, process, workspace};

pub(super) fn measure(_quick: bool) -> Result<Vec<Figure>> {
    let load = super::build_load()?;
    console::step("Reckoning clocks here");
    let printed = process::output(std::process::Command::new(load).arg("clocks"))?;
    let here: [Figure; 2] =
        serde_json::from_str(&printed).context("the load printed something else than two figures")?;

    console::step("Reckoning clocks in the browser");
    let folder = build_module()?;
    let there = super::browser::run(&["clocks"], |playwright| {
        playwright.env("FIELDLOOP_CLOCKS", folder);
    })?;
    let [wait, found] = <[Figure; 2]>::try_from(there)
        .ok()
        .context("the browser reported something else than two figures")?;
    ensure!(found.value() == here[1].value(), "the browser found other clocks than this machine");
    let [native, found] = here;
    let wait = wait.beside("here", native.value());
    Ok(vec![native, wait, found])
}

/// Builds the wasm to measure and returns its folder.
fn build_module() -> Result<std::path::PathBuf> {
    let compiler = WasmCompiler::prepare()?;
    let profile = Flavour::Release.profile();
    process::run(compiler.cargo("build").args(["--package", "clock-bench", "--profile", profile]))?;
    let folder = workspace::target().join("bench/clocks");
    let wasm = compiler.target_folder().join(WASM).join(profile).join("clock_bench.wasm");
    let mut glue = std::process::Command::new(client::tool("make-glue")?);
    glue.args(["--target", "no-modules", "--no-typescript", "--out-dir"]).arg(&folder).arg(wasm);
    process::run(&mut glue)?;
    Ok(folder)
}
