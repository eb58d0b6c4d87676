//! The Fieldloop server.

mod ask;
mod assets;
mod auth;
mod backup;
mod cli;
mod clock;
mod config;
pub mod decoders;
mod demo;
mod files;
mod health;
mod http;
mod people;
mod policies;
mod rescue;
mod ringing;
mod router;
mod serve;
mod shutdown;
pub mod simulated;
mod state;
mod store;
mod sync;
mod tablets;
#[cfg(test)]
mod testing;
mod tls;
mod zones;

use std::process::ExitCode;

/// Does what the command line says.
pub fn run() -> ExitCode {
    cli::run()
}
