//! Writes the JavaScript that a browser needs beside our wasm.
//!
//! wasm-bindgen refuses wasm made with any other version of itself. Building its program here, from the lock file that
//! also pins the library, keeps the two equal without downloading anything ready-made. It is a crate of its own so that
//! `cargo xtask tidy` and the other quick chores don't have to compile it.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(std::env::args_os())
}
