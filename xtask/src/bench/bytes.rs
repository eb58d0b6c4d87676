//! What a first visit downloads of the program itself, as a browser gets it: compressed by Brotli.

use std::fs;

use anyhow::Result;

use super::figure::Figure;
use crate::client::{self, Flavour};
use crate::workspace;

/// On a thin line, every hundred kilobytes is some ten seconds before somebody can work for the first time.
const GOAL: f64 = 350_000.0;

pub(super) fn measure(_quick: bool) -> Result<Vec<Figure>> {
    let package = client::build(Flavour::Release)?.join("pkg");
    let files = workspace::files_below(&package)?;
    let mut figures = Vec::new();
    let mut total = 0;
    for kind in ["wasm", "js", "css"] {
        let ending = format!(".{kind}.br");
        let mut bytes = 0;
        for file in files.iter().filter(|file| file.to_string_lossy().ends_with(&ending)) {
            bytes += fs::metadata(file)?.len();
        }
        total += bytes;
        figures.push(Figure::new(format!("client: {kind} (Brotli)"), bytes as f64, "bytes"));
    }
    figures.push(Figure::new("client (Brotli)".to_owned(), total as f64, "bytes").at_most(GOAL));
    Ok(figures)
}
