//! Every chore as one command: `cargo xtask start`, `cargo xtask test`, and so on.
//!
//! One file per subject. Whatever a chore needs that is missing on the machine, it installs itself and says so; a second
//! run finds everything in place and goes straight to work.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a person at a terminal")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod browser;
mod client;
mod console;
mod debian;
mod fuzz;
mod node;
mod pictures;
mod process;
mod server;
mod sim;
mod test;
mod tidy;
mod toolchain;
mod workspace;

/// Every chore as one command.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Builds client and server and starts Fieldloop on http://127.0.0.1:8080
    Start(server::Start),
    /// Builds the one file to deploy: target/release/fieldloop, with the client inside
    Build,
    /// Builds the client alone
    Client(client::ClientOptions),
    /// Runs every test, after `tidy`
    Test(test::TestOptions),
    /// Checks what compilers don't: format, lints, purity, documents in step
    Tidy(tidy::TidyOptions),
    /// Measures what would be deployed, each figure beside its goal or a peer
    Bench(bench::BenchOptions),
    /// Plays made-up worlds and looks for anything that was lost in them
    Sim(sim::SimOptions),
    /// Plays worlds that nobody has played yet, for as long as there is time
    Soak(sim::SoakOptions),
    /// Feeds everything that reads foreign bytes with bytes that nobody meant, and watches which way they take
    Fuzz(fuzz::FuzzOptions),
    /// Takes the README's pictures anew
    Pictures,
}

fn main() -> ExitCode {
    match run(&Cli::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("✗ {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &Chore) -> anyhow::Result<()> {
    match chore {
        Chore::Start(options) => server::start(options),
        Chore::Build => server::build_release(),
        Chore::Client(options) => client::run(options),
        Chore::Test(options) => test::run(options),
        Chore::Tidy(options) => tidy::run(options),
        Chore::Bench(options) => bench::run(options),
        Chore::Sim(options) => sim::run(options),
        Chore::Soak(options) => sim::soak(options),
        Chore::Fuzz(options) => fuzz::run(options),
        Chore::Pictures => pictures::take(),
    }
}
