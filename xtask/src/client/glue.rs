//! wasm-bindgen: cleans the wasm up for the browser and writes the JavaScript that loads it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::Flavour;
use super::names::hash;
use crate::{console, process, workspace};

pub(super) struct Glue {
    pub(super) wasm: Vec<u8>,
    pub(super) script: String,
    /// JavaScript that crates bring along, by the path that `script` imports it from.
    pub(super) snippets: Vec<(String, Vec<u8>)>,
}

/// Runs wasm-bindgen, unless it has already run on the same wasm.
pub(super) fn generate(flavour: Flavour, wasm: &Path) -> Result<Glue> {
    let folder = workspace::target().join("client/glue").join(flavour.name());
    let stamp = folder.join("made-from");
    let tool = tool("make-glue")?;
    let made_from = format!("{} {}", hash(&fs::read(wasm)?), hash(&fs::read(&tool)?));
    if !fs::read_to_string(&stamp).is_ok_and(|former| former == made_from) {
        super::remove(&folder)?;
        console::step("Writing the JavaScript beside it (wasm-bindgen)");
        // The names of functions are worth a third of the download; the list of producers is small, and says what to
        // reproduce the file with.
        let mut command = Command::new(tool);
        command.args([
            "--target",
            "web",
            "--no-typescript",
            "--omit-default-module-path",
            "--out-name",
            "app",
        ]);
        if flavour == Flavour::Release {
            command.arg("--remove-name-section");
        }
        process::run(command.arg("--out-dir").arg(&folder).arg(wasm))?;
        fs::write(stamp, made_from)?;
    }
    read(&folder)
}

fn read(folder: &Path) -> Result<Glue> {
    let snippets_folder = folder.join("snippets");
    let mut snippets = Vec::new();
    for path in workspace::files_below(&snippets_folder)? {
        snippets
            .push((path.strip_prefix(&snippets_folder)?.to_string_lossy().into_owned(), fs::read(&path)?));
    }
    Ok(Glue {
        wasm: fs::read(folder.join("app_bg.wasm"))?,
        script: fs::read_to_string(folder.join("app.js")).context("wasm-bindgen wrote no app.js")?,
        snippets,
    })
}

/// Builds one of wasm-bindgen's programs from the version in the lock file (see the `bindgen` crate) and returns its path.
pub(crate) fn tool(name: &str) -> Result<PathBuf> {
    let path = workspace::target().join("tools").join(name);
    if !path.is_file() {
        console::step("Compiling wasm-bindgen (about a minute, once)");
    }
    process::run(process::cargo().args(["build", "--quiet", "--package", "bindgen", "--profile", "tools"]))?;
    Ok(path)
}
