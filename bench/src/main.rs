//! Loads a real server as devices do, and says how it fares beside what the machine does without it.
//!
//! Started by `cargo xtask bench`. Everything goes over HTTP to a server process of its own with a database on the disk; what is
//! sent is written out beforehand, so that little of the machine's time goes to the side that asks.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a person at a terminal")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand};

mod bootstrap;
mod clocks;
mod company;
mod device;
mod dice;
mod events;
mod figure;
mod http;
mod peer;
mod process;
mod push;
mod storm;

/// Loads a server as devices do.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures a server; the last line printed is a JSON array of figures
    Server(ServerOptions),
    /// Has a thousand devices come back to a server at once; the last line printed is a JSON array of figures
    Storm(ServerOptions),
    /// Reckons clocks, without a server; prints a JSON array of figures
    Clocks,
    /// Founds a company on a server that nobody has an account on, and gives it tickets
    Fill(FillOptions),
}

#[derive(Args)]
struct ServerOptions {
    /// The server's program
    #[arg(long)]
    binary: PathBuf,
    /// A folder, on the disk to be measured, for databases that are thrown away
    #[arg(long)]
    folder: PathBuf,
    /// A tenth of the load: enough to see whether something has become much slower
    #[arg(long)]
    quick: bool,
}

#[derive(Args)]
struct FillOptions {
    /// Where the server is
    #[arg(long)]
    address: SocketAddr,
    /// The link for the first admin, as the server prints it
    #[arg(long)]
    link: String,
    /// How many tickets
    #[arg(long)]
    tickets: usize,
    /// How many of them the engineer is accountable for
    #[arg(long)]
    assigned: usize,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("✗ {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the machine grants no threads")?;
    runtime.block_on(async {
        match command {
            Command::Clocks => {
                println!("{}", serde_json::to_string(&clocks::measure())?);
                Ok(())
            }
            Command::Server(options) => measure(&options).await,
            Command::Storm(ServerOptions { binary, folder, quick }) => {
                std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
                println!("{}", serde_json::to_string(&storm::measure(&binary, &folder, quick).await?)?);
                Ok(())
            }
            Command::Fill(options) => fill(&options).await,
        }
    })
}

async fn measure(options: &ServerOptions) -> Result<()> {
    let ServerOptions { binary, folder, quick } = options;
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let mut figures = peer::measure_disk(folder)?;
    figures.extend(push::measure(binary, folder, *quick).await?);
    figures.extend(bootstrap::measure(binary, folder).await?);
    figures.extend(events::measure(binary, folder, *quick).await?);
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

async fn fill(options: &FillOptions) -> Result<()> {
    let mut company = company::Company::found(options.address, &options.link, 1).await?;
    let engineer = company.add_engineer().await?;
    company::fill(&company, options.tickets, Some((&engineer, options.assigned))).await?;
    let agent = company.agents.first().context("a company has an agent")?;
    println!(
        "{}",
        serde_json::json!({ "engineer": engineer.user, "agent": agent.user, "password": company::PASSWORD })
    );
    Ok(())
}
