//! Feeds everything that reads foreign bytes with bytes that nobody meant, under libFuzzer.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::{console, debian, process, toolchain, workspace};

#[derive(Args)]
pub(crate) struct FuzzOptions {
    /// Which decoders; without any, all of them
    decoders: Vec<String>,
    /// How long each is fed, in seconds
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// What cargo-fuzz tells the compiler for coverage. It would ask for a nightly one, but only for the address sanitizer, and there is
/// nothing unsafe to watch here. Overflows and broken assertions end the program, as in tests.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Copt-level=2",
    "-Cdebug-assertions=on",
    "-Coverflow-checks=on",
];

pub(crate) fn run(options: &FuzzOptions) -> Result<()> {
    let program = build()?;
    let names = process::output(&mut Command::new(&program))?;
    let known: Vec<_> = names.lines().collect();
    if let Some(unknown) = options.decoders.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no decoder {unknown}; there are: {}", known.join(", "));
    }
    let wanted =
        |name: &&&str| options.decoders.is_empty() || options.decoders.iter().any(|wanted| wanted == **name);
    let mut brought_down = Vec::new();
    for name in known.iter().filter(wanted) {
        if !feed(&program, name, options.seconds)? {
            brought_down.push(*name);
        }
    }
    if !brought_down.is_empty() {
        bail!("brought down: {}; the bytes are in fuzz/found/", brought_down.join(", "));
    }
    Ok(())
}

fn build() -> Result<std::path::PathBuf> {
    if process::find("c++").is_none() {
        debian::install(&["g++"], "libFuzzer is written in C++")?;
    }
    console::step("Compiling the decoders with coverage");
    let (host, target) = (toolchain::host()?, workspace::target().join("fuzz"));
    // Only with a named target are programs that run at build time left without these flags.
    let mut cargo = process::cargo();
    cargo.args(["build", "--package", "fuzz", "--bin", "fuzz", "--features", "coverage", "--target", &host]);
    cargo.arg("--target-dir").arg(&target).env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    process::run(&mut cargo)?;
    Ok(target.join(host).join("debug/fuzz"))
}

/// Feeds one decoder; false, if something brought it down.
fn feed(program: &Path, name: &str, seconds: u64) -> Result<bool> {
    console::step(format!("Feeding {name} for {seconds} s"));
    let corpus = workspace::target().join("fuzz/corpus").join(name);
    fs::create_dir_all(&corpus).with_context(|| format!("making {}", corpus.display()))?;
    let found = workspace::root().join("fuzz/found").join(format!("{name}-"));
    let mut fuzzer = Command::new(program);
    fuzzer.env("FIELDLOOP_DECODER", name).env("FIELDLOOP_CORPUS", &corpus).arg(&corpus);
    fuzzer.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}", found.display()));
    fuzzer.args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"]);
    let watched = process::watch(&mut fuzzer, |line| line.starts_with("stat::"))?;
    Ok(watched.succeeded)
}
