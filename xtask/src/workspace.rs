//! Where things are, and who depends on whom.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;

/// The folder that holds the workspace's Cargo.toml. Cargo says where we are when it starts us: what was compiled in would name
/// another tree, if the target folder has come from there.
pub(crate) fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let ours = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        Path::new(&ours).parent().expect("xtask lies in the workspace").to_owned()
    });
    &ROOT
}

/// Where the client for `target/client/<flavour>` and other things of ours are made.
pub(crate) fn target() -> PathBuf {
    root().join("target")
}

/// One crate of ours, as cargo describes it.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a crate's dependency tables.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for an ordinary dependency, else `dev` or `build`.
    pub(crate) kind: Option<String>,
}

impl Package {
    /// Says whether the crate's tests use another crate.
    pub(crate) fn has_dev_dependency(&self, name: &str) -> bool {
        self.dependencies.iter().any(|dep| dep.name == name && dep.kind.as_deref() == Some("dev"))
    }
}

/// Lists the crates of the workspace.
pub(crate) fn packages() -> Result<Vec<Package>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let mut cargo = process::cargo();
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Metadata = serde_json::from_str(&process::output(&mut cargo)?)?;
    Ok(metadata.packages)
}

/// Lists every file below a folder, sorted; an absent folder has none.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

/// A path the way it is written in messages: from the workspace, with forward slashes.
pub(crate) fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The packages whose tests need no browser, as arguments for cargo. Always the same list: with another one, cargo would choose
/// other features for their dependencies.
pub(crate) fn native_packages() -> impl Iterator<Item = &'static str> {
    ["domain", "sync", "server", "sim", "app", "bench", "fuzz", "powercut", "xtask"]
        .into_iter()
        .flat_map(|name| ["--package", name])
}
