//! Measures what a customer would feel. Timings live here, never in tests.
//!
//! Each subject gives a list of [`Figure`]s; they are printed as a table for people and, on the last line, as JSON for
//! whoever compares two builds.

use std::fs;

use anyhow::Result;
use serde::Serialize;

use crate::client::{self, Flavour};
use crate::workspace;

/// One measured number.
#[derive(Serialize)]
struct Figure {
    name: String,
    value: u64,
    unit: &'static str,
}

pub(crate) fn run() -> Result<()> {
    let figures = measure_client_bytes()?;
    for figure in &figures {
        println!("{:32} {:>12} {}", figure.name, figure.value, figure.unit);
    }
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

/// What a first visit downloads of the program itself, as a browser gets it: compressed by Brotli.
fn measure_client_bytes() -> Result<Vec<Figure>> {
    let package = client::build(Flavour::Release)?.join("pkg");
    let files = workspace::files_below(&package)?;
    let mut figures = Vec::new();
    for kind in ["wasm", "js", "css"] {
        let ending = format!(".{kind}.br");
        let mut value = 0;
        for file in files.iter().filter(|file| file.to_string_lossy().ends_with(&ending)) {
            value += fs::metadata(file)?.len();
        }
        figures.push(Figure { name: format!("client {kind} (Brotli)"), value, unit: "bytes" });
    }
    let value = figures.iter().map(|figure| figure.value).sum();
    figures.push(Figure { name: "client (Brotli)".to_owned(), value, unit: "bytes" });
    Ok(figures)
}
