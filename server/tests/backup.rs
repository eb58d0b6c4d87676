//! `fieldloop backup`, `verify` and `restore`, as anybody would run them.

#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fieldloop");

fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

/// What a program that has done its work says.
fn told(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a program that has not says.
fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A server that is killed in the end, as a power cut would.
struct Server(Child);

impl Server {
    fn start(data: &Path, more: &[&str]) -> (Self, String) {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while !said.contains("Fieldloop is running") {
            said.push_str(&lines.next().unwrap().unwrap());
        }
        (Self(child), said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn backups_in(shelf: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(shelf).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

#[test]
fn a_backup_of_a_running_server_brings_it_back_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let [data, shelf, elsewhere] = ["data", "shelf", "elsewhere"].map(|name| folder.path().join(name));
    fs::create_dir(&shelf).unwrap();
    let (server, said) = Server::start(&data, &["--demo"]);
    assert!(said.contains("The example company is ready"), "{said}");

    let made = told(&run([OsStr::new("backup"), shelf.as_ref(), "--data".as_ref(), data.as_ref()]));
    let backup = backups_in(&shelf).pop().unwrap();
    assert!(made.contains(backup.to_str().unwrap()) && made.contains("verified"), "{made}");
    for path in [&data, &backup] {
        let verified = told(&run([OsStr::new("verify"), path.as_ref()]));
        assert!(verified.contains("Everything is as it was written"), "{verified}");
    }
    let restore = |data: &Path, more: &[&str]| {
        let arguments = [OsStr::new("restore"), backup.as_ref(), "--data".as_ref(), data.as_ref()];
        run(arguments.into_iter().chain(more.iter().map(OsStr::new)))
    };
    let refused = complaint(&restore(&data, &["--replace"]));
    assert!(refused.contains("is running on the data folder"), "{refused}");
    drop(server);

    let refused = complaint(&restore(&data, &[]));
    assert!(refused.contains("--replace"), "{refused}");
    let replaced = told(&restore(&data, &["--replace"]));
    assert!(replaced.contains("What was there before is in"), "{replaced}");
    assert!(told(&restore(&elsewhere, &[])).contains("Start the server"));
    for data in [&data, &elsewhere] {
        told(&run([OsStr::new("verify"), data.as_ref()]));
        let (_server, said) = Server::start(data, &[]);
        assert!(!said.contains("Nobody has an account"), "{said}");
    }

    spoil(&backup.join("fieldloop.sqlite"));
    let named = complaint(&run([OsStr::new("verify"), backup.as_ref()]));
    assert!(named.contains("fieldloop.sqlite: its SHA-256 is not the one in the manifest"), "{named}");
    let refused = complaint(&restore(&folder.path().join("nowhere"), &[]));
    assert!(refused.contains("is not what the manifest says"), "{refused}");
}

/// Alters one byte in the middle of a file.
fn spoil(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_disk_that_fills_up_leaves_nothing_that_looks_like_a_backup() {
    let folder = tempfile::tempdir().unwrap();
    let [data, shelf] = ["data", "shelf"].map(|name| folder.path().join(name));
    fs::create_dir(&shelf).unwrap();
    let (_server, _) = Server::start(&data, &[]);
    let try_within = |kibibytes: u32| {
        // No file can grow beyond the limit, and the program is told so instead of being stopped.
        let limited = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kibibytes * 1_024 / 512);
        Command::new("sh")
            .args(["-c", &limited, "sh", PROGRAM, "backup"])
            .arg(&shelf)
            .arg("--data")
            .arg(&data)
            .output()
            .unwrap()
    };
    let refused = complaint(&try_within(64));
    assert!(refused.contains("look whether there is room"), "{refused}");
    assert_eq!(backups_in(&shelf), Vec::<PathBuf>::new());
    told(&try_within(100_000));
    let backup = backups_in(&shelf).pop().unwrap();
    let bytes = fs::metadata(backup.join("fieldloop.sqlite")).unwrap().len();
    assert!(bytes > 64 * 1_024, "it could not have fitted: {bytes}");
}

#[test]
fn a_server_does_not_begin_an_empty_database_where_a_restore_was_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("restore.partial")).unwrap();
    let refused = complaint(&run([OsStr::new("serve"), "--data".as_ref(), folder.path().as_ref()]));
    assert!(refused.contains("of a restore that was interrupted"), "{refused}");
    let nothing = complaint(&run([OsStr::new("verify"), folder.path().as_ref()]));
    assert!(nothing.contains("neither a backup nor a database"), "{nothing}");
    let missing = complaint(&run(["backup", "/", "--data", "/nowhere/at/all"]));
    assert!(missing.contains("there is no database in /nowhere/at/all"), "{missing}");
}
