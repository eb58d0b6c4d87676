//! Runs wasm tests in a headless browser, as cargo's `runner` for the wasm target. See `make-glue.rs` for why it is here.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
