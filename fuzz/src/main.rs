//! One decoder under libFuzzer: which one says the variable `FIELDLOOP_DECODER`. Without it, their names are printed and that is all.
//! The folder in the variable `FIELDLOOP_CORPUS` is given honest bytes to begin with.
#![no_main]
#![expect(clippy::print_stdout, reason = "a program for a person at a terminal")]

use std::path::Path;
use std::sync::LazyLock;
use std::{env, fs, process};

use libfuzzer_sys::fuzz_target;

static DECODER: LazyLock<&fuzz::Decoder> = LazyLock::new(|| {
    let name = env::var("FIELDLOOP_DECODER").unwrap_or_default();
    fuzz::named(&name).unwrap_or_else(|| panic!("FIELDLOOP_DECODER names no decoder: {name:?}"))
});

fn begin() {
    if env::var_os("FIELDLOOP_DECODER").is_none() {
        fuzz::ALL.iter().for_each(|decoder| println!("{}", decoder.name));
        process::exit(0);
    }
    let Some(folder) = env::var_os("FIELDLOOP_CORPUS") else { return };
    for (number, bytes) in (DECODER.honest)().iter().enumerate() {
        let file = Path::new(&folder).join(format!("honest-{number}"));
        fs::write(&file, bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

fuzz_target!(init: begin(), |bytes: &[u8]| {
    (DECODER.read)(bytes);
});
