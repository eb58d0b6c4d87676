//! Compressing ahead of time, at the slowest and best settings, so that the server never has to.
//!
//! The wasm alone takes several seconds, so results are kept by the hash of what was compressed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use flate2::write::GzEncoder;

use super::names::hash;
use crate::{console, workspace};

/// Endings of files that are compressed already.
const COMPRESSED: [&str; 6] = ["png", "jpg", "webp", "avif", "woff2", "ico"];

/// Writes `<file>.br` and `<file>.gz` beside each file below a folder, where that makes it smaller.
pub(super) fn folder(folder: &Path) -> Result<()> {
    console::step("Compressing it (Brotli and gzip)");
    let cache = workspace::target().join("client/compressed");
    fs::create_dir_all(&cache)?;
    let mut used = BTreeSet::new();
    for file in workspace::files_below(folder)? {
        if file.extension().is_some_and(|ending| COMPRESSED.iter().any(|known| ending == *known)) {
            continue;
        }
        let content = fs::read(&file)?;
        for (ending, compress) in [("br", brotli as fn(&[u8]) -> Vec<u8>), ("gz", gzip)] {
            let kept = cache.join(format!("{}.{ending}", hash(&content)));
            if !kept.is_file() {
                fs::write(&kept, compress(&content))?;
            }
            if fs::metadata(&kept)?.len() < content.len() as u64 {
                fs::copy(&kept, beside(&file, ending))?;
            }
            used.insert(kept);
        }
    }
    forget_others(&cache, &used)
}

fn forget_others(cache: &Path, used: &BTreeSet<PathBuf>) -> Result<()> {
    for file in workspace::files_below(cache)? {
        if !used.contains(&file) {
            fs::remove_file(file)?;
        }
    }
    Ok(())
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(format!(".{ending}"));
    path.into()
}

pub(crate) fn brotli(content: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
    brotli::BrotliCompress(&mut &*content, &mut compressed, &params).expect("memory can be read and written");
    compressed
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_was_compressed_comes_back() {
        let content = b"service ".repeat(1000);
        let (mut from_brotli, mut from_gzip) = (Vec::new(), Vec::new());
        brotli::BrotliDecompress(&mut &*brotli(&content), &mut from_brotli).unwrap();
        flate2::read::GzDecoder::new(&*gzip(&content)).read_to_end(&mut from_gzip).unwrap();
        assert!(from_brotli == content && from_gzip == content);
    }
}
