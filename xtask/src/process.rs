//! Starting other programs.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::tidy::lints;
use crate::workspace;

/// Prepares a call of cargo in the workspace, with the compiler this xtask was built with; in a full test run, it lints what
/// it compiles ([`lints`]).
pub(crate) fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(workspace::root());
    lints::join(&mut command);
    command
}

/// Runs a program and lets it speak for itself; its failure is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting {}", spell(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", spell(command));
    }
    Ok(())
}

/// Says whether a program ran and succeeded; what it says is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Runs a program and returns what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("starting {}", spell(command)))?;
    if !output.status.success() {
        bail!("{} failed ({})", spell(command), output.status);
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} printed something else than text", spell(command)))
}

/// What a program that was watched line by line left behind.
pub(crate) struct Watched {
    pub(crate) succeeded: bool,
    pub(crate) kept: Vec<String>,
}

/// Runs a program, shows every line it prints, and keeps those that `keep` picks.
pub(crate) fn watch(command: &mut Command, keep: impl Fn(&str) -> bool) -> Result<Watched> {
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("starting {}", spell(command)))?;
    let printed = child.stdout.take().expect("its output was asked for");
    let mut kept = Vec::new();
    for line in BufReader::new(printed).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if keep(&line) {
            kept.push(line.trim().to_owned());
        }
    }
    Ok(Watched { succeeded: child.wait()?.success(), kept })
}

/// Finds a program by name along the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// The program and its arguments as a person would type them.
fn spell(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
