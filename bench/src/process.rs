//! A server process with a database of its own.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

/// A running server. Ends, and forgets everything, when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// The link that makes the first admin.
    pub(crate) link: String,
    process: Child,
    data: TempDir,
}

impl Server {
    /// Starts the server's program on an empty database below `folder`.
    pub(crate) fn start(binary: &Path, folder: &Path) -> Result<Self> {
        let data = tempfile::tempdir_in(folder).context("making a folder for the database")?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut process = Command::new(binary)
            .args(["serve", "--listen", &address.to_string(), "--data"])
            .arg(data.path())
            .env("FIELDLOOP_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let printed = process.stdout.take().context("its output was asked for")?;
        match find_link(BufReader::new(printed)) {
            Ok(link) => Ok(Self { address, link, process, data }),
            Err(error) => {
                // It may have ended by itself; that is what the error says then.
                let _ = process.kill();
                let _ = process.wait();
                Err(error)
            }
        }
    }

    /// Its database.
    pub(crate) fn database(&self) -> PathBuf {
        self.data.path().join("fieldloop.sqlite")
    }

    /// How much memory it had at most, in bytes, where the system tells.
    pub(crate) fn most_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1_024)
    }

    /// How much time the processors have spent on it so far, where the system tells.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        // The program's name, in brackets, is followed by one word for its state and by numbers. Of these, the eleventh and
        // the twelfth are what it spent by itself and in the system's calls, in hundredths of a second.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        let numbers = stat.rsplit_once(") ")?.1.split(' ').skip(1);
        let hundredths = numbers.skip(10).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>().ok()?;
        Some(Duration::from_millis(10 * hundredths))
    }
}

/// Reads what the server prints until it says how to become its first admin.
fn find_link(printed: impl BufRead) -> Result<String> {
    for line in printed.lines() {
        let line = line.context("reading what the server prints")?;
        if line.contains("/welcome#") {
            return Ok(line.trim().to_owned());
        }
    }
    bail!("the server has ended without a link for the first admin")
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has ended already is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
