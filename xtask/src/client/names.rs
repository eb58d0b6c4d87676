//! Names that carry a hash of the content.
//!
//! Sources mention a file by a plain address such as `/pkg/app.js` or `/icons/sprite.svg`. The built file is
//! `/pkg/app-<hash>.js`, and every mention in text that is built later is rewritten to it. Because what is mentioned is
//! named first, a change anywhere changes every name above it, up to the page.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};

use super::Files;

/// The SHA-256 of some content in hexadecimal.
pub(super) fn hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Plain addresses and the names they were given, both without the leading slash.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Gives the file at `address` its lasting name, made from `place` (an address too) and the content.
    pub(super) fn add(&mut self, address: &str, place: &str, content: &[u8]) -> String {
        let digest = &hash(content)[..12];
        let file_start = place.rfind('/').map_or(0, |slash| slash + 1);
        let name = match place[file_start..].rfind('.') {
            Some(dot) => format!("{}-{digest}{}", &place[..file_start + dot], &place[file_start + dot..]),
            None => format!("{place}-{digest}"),
        };
        self.0.insert(address.to_owned(), name.clone());
        name
    }

    /// Puts the lasting names into a text, in place of plain addresses.
    pub(super) fn rewrite(&self, text: &str) -> String {
        let mut rewritten = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, address)) = next_address(rest) {
            rewritten.push_str(before);
            rewritten.push('/');
            rewritten.push_str(self.0.get(address).map_or(address, String::as_str));
            rest = &rest[before.len() + 1 + address.len()..];
        }
        rewritten.push_str(rest);
        rewritten
    }
}

/// Refuses pages, sheets and manifests that mention a file nobody added: a broken picture is found here, not by a customer.
pub(super) fn check_mentions(files: &Files) -> Result<()> {
    let is_checked =
        |file: &str| [".html", ".css", ".webmanifest"].iter().any(|ending| file.ends_with(ending));
    for (file, content) in files.iter().filter(|(file, _)| is_checked(file)) {
        let mut rest = std::str::from_utf8(content)?;
        while let Some((before, address)) = next_address(rest) {
            let looks_like_a_file = address.rsplit('/').next().is_some_and(|last| last.contains('.'));
            if looks_like_a_file && !files.contains_key(address) {
                bail!("{file} mentions /{address}, which is neither in public/ nor built");
            }
            rest = &rest[before.len() + 1 + address.len()..];
        }
    }
    Ok(())
}

/// Finds the next address that starts at the root and stands in quotes or brackets: returns the text before its slash, and
/// the address after it.
fn next_address(text: &str) -> Option<(&str, &str)> {
    let opens = |at: usize| text[..at].ends_with(['"', '\'', '(', '`']);
    let start = text.match_indices('/').map(|(at, _)| at).find(|&at| opens(at))?;
    let after = &text[start + 1..];
    let length = after.find(|letter: char| !is_part_of_address(letter)).unwrap_or(after.len());
    Some((&text[..start], &after[..length]))
}

fn is_part_of_address(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "/-_.~@+".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named() -> Names {
        let mut names = Names::default();
        names.add("pkg/app.js", "pkg/app.js", b"app");
        names.add("icons/sprite.svg", "assets/icons/sprite.svg", b"sprite");
        names
    }

    #[test]
    fn a_name_keeps_folder_and_ending() {
        let name = Names::default().add("icons/a.b/sprite.svg", "assets/icons/a.b/sprite.svg", b"sprite");
        assert!(name.starts_with("assets/icons/a.b/sprite-"), "{name}");
        assert!(name.ends_with(".svg"), "{name}");
    }

    #[test]
    fn mentions_are_rewritten_and_fragments_stay() {
        let text = named().rewrite(r#"<use href="/icons/sprite.svg#pen"/> import("/pkg/app.js")"#);
        assert!(text.contains(r#"href="/assets/icons/sprite-"#), "{text}");
        assert!(text.contains(r#".svg#pen"/>"#), "{text}");
        assert!(text.contains(r#"import("/pkg/app-"#), "{text}");
    }

    #[test]
    fn longer_addresses_and_other_texts_stay() {
        for text in [r#""/pkg/app.json""#, "a/pkg/app.js", "'/pkg/app.js/more'", "1 / 2", "'/"] {
            assert_eq!(named().rewrite(text), text);
        }
    }

    #[test]
    fn a_sheet_that_mentions_a_missing_file_is_refused() {
        let sheet = |text: &str| Files::from([("pkg/style.css".to_owned(), text.as_bytes().to_vec())]);
        assert!(check_mentions(&sheet("a { background: url(/icons/gone.svg) }")).is_err());
        assert!(check_mentions(&sheet("a { grid-area: 1 / 2 }")).is_ok());
    }
}
