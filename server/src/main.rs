//! The Fieldloop server.

mod ask;
mod assets;
mod auth;
mod backup;
mod cli;
mod clock;
mod config;
mod demo;
mod health;
mod http;
mod people;
mod policies;
mod ringing;
mod router;
mod serve;
mod shutdown;
mod state;
mod store;
mod sync;
#[cfg(test)]
mod testing;
mod tls;
mod zones;

use std::process::ExitCode;

/// What one thread allocates another one often frees here: a push goes from hand to hand. The system's own allocator spends a
/// quarter of the server's time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
