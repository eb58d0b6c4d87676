//! Every decoder with honest bytes, with honest bytes spoilt, and with what once brought one down.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use fuzz::ALL;
use fuzz::spoil::{Chance, spoilt};

/// How often the bytes of each decoder are spoilt.
const TIMES: u64 = 4_000;

#[test]
fn honest_bytes_make_sense() {
    for decoder in ALL {
        let honest = (decoder.honest)();
        assert!(!honest.is_empty(), "{}", decoder.name);
        for bytes in honest {
            assert!((decoder.read)(&bytes), "{}: {}", decoder.name, String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn spoilt_bytes_bring_nothing_down() {
    for decoder in ALL {
        let honest = (decoder.honest)();
        let mut senseless = 0;
        for seed in 0..TIMES {
            let mut chance = Chance::seeded(seed);
            let begun = &honest[usize::try_from(seed).unwrap() % honest.len()];
            let bytes = spoilt(begun, &honest, &mut chance);
            let read = catch_unwind(|| (decoder.read)(&bytes));
            let sense = read.unwrap_or_else(|_| {
                panic!(
                    "{} was brought down by seed {seed}: {}",
                    decoder.name,
                    String::from_utf8_lossy(&bytes)
                )
            });
            senseless += u64::from(!sense);
        }
        assert!(senseless > 0, "{}: whatever was done to its bytes, they made sense", decoder.name);
    }
}

#[test]
fn what_was_found_once_brings_nothing_down_any_more() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("found");
    for file in fs::read_dir(found).unwrap().map(Result::unwrap) {
        let name = file.file_name().into_string().unwrap();
        let (decoder, _) = name.split_once('-').unwrap_or((&name, ""));
        if let Some(decoder) = fuzz::named(decoder) {
            (decoder.read)(&fs::read(file.path()).unwrap());
        } else {
            assert_eq!(name, "README.md", "which decoder is it for?");
        }
    }
}
