//! Documents tell the truth: what they point at exists, and every chore is in the README.

use std::fs;
use std::path::Path;

use anyhow::Result;
use clap::CommandFactory as _;

use super::Findings;
use crate::{Cli, process, workspace};

/// Rooms of the house: a path that starts with one of these is meant to exist.
const ROOMS: [&str; 14] = [
    "app/",
    "bench/",
    "domain/",
    "end2end/",
    "powercut/",
    "public/",
    "server/",
    "sim/",
    "style/",
    "sync/",
    "xtask/",
    "docs/",
    ".ci/",
    ".cargo/",
];

pub(super) fn check() -> Result<Findings> {
    let mut findings = check_chores()?;
    findings.extend(check_kinds()?);
    for file in list_documents()? {
        let text = fs::read_to_string(workspace::root().join(&file))?;
        let folder = Path::new(&file).parent().unwrap_or(Path::new(""));
        for target in
            linked_files(&text).filter(|target| !workspace::root().join(folder).join(target).exists())
        {
            findings.push(format!("{file} links to {target}, which does not exist"));
        }
        for path in named_paths(&text).filter(|path| !workspace::root().join(path).exists()) {
            findings.push(format!("{file} names {path}, which does not exist"));
        }
    }
    Ok(findings)
}

fn check_chores() -> Result<Findings> {
    let Ok(readme) = fs::read_to_string(workspace::root().join("README.md")) else {
        return Ok(vec!["README.md is missing".to_owned()]);
    };
    let cli = Cli::command();
    let missing = cli
        .get_subcommands()
        .map(clap::Command::get_name)
        .filter(|chore| !readme.contains(&format!("xtask {chore}")));
    Ok(missing.map(|chore| format!("README.md does not mention `cargo xtask {chore}`")).collect())
}

/// Whoever writes another client must be told of every kind of change.
fn check_kinds() -> Result<Findings> {
    const DOCUMENT: &str = "docs/changes.md";
    let document = fs::read_to_string(workspace::root().join(DOCUMENT))?;
    let source = fs::read_to_string(workspace::root().join("domain/src/ticket/action.rs"))?;
    let missing = stored_names(&source).filter(|kind| !document.contains(&format!("`{kind}`")));
    Ok(missing.map(|kind| format!("{DOCUMENT} does not mention the change `{kind}`")).collect())
}

/// The names in lines like `Assign(Assignment) = "assign",`.
fn stored_names(source: &str) -> impl Iterator<Item = &str> {
    source.lines().filter_map(|line| line.trim().split_once(") = \"")?.1.strip_suffix("\","))
}

/// Lists the documents that belong to the project, new ones included.
fn list_documents() -> Result<Vec<String>> {
    let mut git = std::process::Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "*.md"])
        .current_dir(workspace::root());
    let listed = process::output(&mut git)?;
    Ok(listed.lines().filter(|file| workspace::root().join(file).is_file()).map(str::to_owned).collect())
}

/// The targets of links to files, without the place inside the file.
fn linked_files(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|after| after.split(')').next());
    let files = targets.filter(|target| {
        !target.contains("://") && !target.starts_with(['#', '/']) && !target.starts_with("mailto:")
    });
    files.map(|target| target.split(['#', ' ']).next().unwrap_or_default())
}

/// Paths of ours that stand in backticks, without wildcards and places to fill in.
fn named_paths(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    quoted.filter(|name| {
        ROOMS.iter().any(|room| name.starts_with(room)) && !name.contains(['*', '<', '{', ' ', '…', '$', ':'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_files_are_told_from_others() {
        let text = "[a](docs/a.md#part) [b](https://example.org/b.md) [c](#here) ![d](d.png \"title\")";
        assert_eq!(linked_files(text).collect::<Vec<_>>(), ["docs/a.md", "d.png"]);
    }

    #[test]
    fn the_names_that_changes_are_stored_under_are_found() {
        let source = "    /// Gives it.\n    Assign(Assignment) = \"assign\",\n    let x = \"y\";";
        assert_eq!(stored_names(source).collect::<Vec<_>>(), ["assign"]);
    }

    #[test]
    fn paths_in_backticks_are_found() {
        let text = "See `app/src/main.rs`, `app/src/<subject>/`, `target/x` and `cargo xtask test`.";
        assert_eq!(named_paths(text).collect::<Vec<_>>(), ["app/src/main.rs"]);
    }
}
