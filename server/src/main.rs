//! The program `fieldloop`: the library beside it, with an allocator of its own.

use std::process::ExitCode;

/// What one thread allocates another one often frees here: a push goes from hand to hand. The system's own allocator spends a
/// quarter of the server's time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    server::run()
}
