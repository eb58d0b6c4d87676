//! `fieldloop rescue open`: says what is in a file, and takes nothing of it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use domain::Timestamp;
use domain::ticket::{Change, FileHash};
use sha2::{Digest as _, Sha256};
use sync::OutboxState;

use super::archive::{Event, Unpacker};
use super::gather::{Found, Gathered, Gathering, Manifest, Wanted};
use super::key::RescueKey;
use super::seal::{PIECE_BYTES, Unsealer};
use crate::store::Store;

/// Lists what a file holds that was sealed for this store's key.
pub(crate) async fn list(store: &Store, file: &Path) -> Result<String> {
    let key = RescueKey::of(store).await?;
    let name = file.display();
    let mut file = File::open(file).with_context(|| format!("{name} can't be opened"))?;
    let mut unsealer = Unsealer::new(&key);
    let (mut listing, mut opened, mut piece) = (Listing::default(), Vec::new(), vec![0; PIECE_BYTES]);
    loop {
        let length = file.read(&mut piece).with_context(|| format!("{name} can't be read"))?;
        if length == 0 {
            break;
        }
        unsealer.put(&piece[..length], &mut opened).with_context(|| name.to_string())?;
        listing.unpack(&opened);
        opened.clear();
    }
    unsealer.end(&mut opened).with_context(|| name.to_string())?;
    listing.unpack(&opened);
    Ok(listing.write())
}

#[derive(Default)]
struct Listing {
    unpacker: Unpacker,
    gathering: Gathering,
    coming: Option<(FileHash, u64, Sha256)>,
    files: Vec<(FileHash, u64)>,
}

impl Listing {
    fn unpack(&mut self, mut opened: &[u8]) {
        while let Some(event) = self.unpacker.next(&mut opened) {
            match event {
                Event::Begins { name, bytes } => {
                    if let Wanted::File(hash) = self.gathering.begin(name, bytes) {
                        self.coming = Some((hash, bytes, Sha256::new()));
                    }
                }
                Event::Content(content) => match &mut self.coming {
                    Some((.., digest)) => digest.update(content),
                    None => self.gathering.content(content),
                },
                Event::Ends => {
                    self.end_file();
                    self.gathering.end_part();
                }
            }
        }
    }

    fn end_file(&mut self) {
        let Some((hash, bytes, digest)) = self.coming.take() else { return };
        if FileHash::from_digest(digest.finalize().into()) == hash {
            self.files.push((hash, bytes));
        } else {
            self.gathering.note(&format!("files/{hash}"), "its content has another hash");
        }
    }

    fn write(self) -> String {
        let is_whole = self.unpacker.is_between_parts();
        let Gathered { manifest, changes, drafts, unread } = self.gathering.finish(is_whole);
        let mut text = String::new();
        describe(&mut text, &manifest.unwrap_or_default());
        let _ = writeln!(text, "\nChanges: {}", changes.len());
        for found in &changes {
            let Found { change, .. } = found;
            let (made, state) = (instant(change.claim.clock), spell(found.state.as_ref()));
            let kind = change.action.kind().name();
            let (id, ticket, author) = (change.id, change.ticket, change.actor);
            let _ = writeln!(text, "  {made}  {kind}  ticket {ticket}  by {author}  {id}  {state}");
            if !is_on_the_server(found.state.as_ref()) {
                let _ = writeln!(text, "    {}", written(change));
            }
        }
        let _ = writeln!(text, "\nTexts that were being written: {}", drafts.len());
        for (name, typed) in &drafts {
            let _ = writeln!(text, "  {name:?}  {typed:?}");
        }
        let _ = writeln!(text, "\nFiles: {}", self.files.len());
        for (hash, bytes) in &self.files {
            let _ = writeln!(text, "  {hash}  {bytes} bytes");
        }
        let unread = unread.into_lines();
        if !unread.is_empty() {
            let _ = writeln!(text, "\nNot read:");
            for line in &unread {
                let _ = writeln!(text, "  {line:?}");
            }
        }
        text.push_str("\nNothing was taken. Whoever is signed in can bring the file in the app.");
        text
    }
}

/// Whether the device was told that the server has it: then it can be read there.
const fn is_on_the_server(state: Option<&OutboxState>) -> bool {
    matches!(
        state,
        Some(OutboxState::Accepted { .. } | OutboxState::Kept { .. } | OutboxState::Parked { .. })
    )
}

/// What its author has written, as JSON on one line. Nothing of it may steer a terminal.
fn written(change: &Change) -> String {
    let json = serde_json::to_string(&change.action).expect("a change holds only texts and numbers");
    let mut harmless = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '"' | '\'' | '\\' => harmless.push(character),
            _ => harmless.extend(character.escape_debug()),
        }
    }
    harmless
}

fn describe(text: &mut String, manifest: &Manifest) {
    let Manifest { person, made_at, build, because, language } = manifest;
    let made = made_at.map_or_else(|| "at an unknown time".to_owned(), instant);
    // Whoever knows the public key can write what they like: nothing of it may steer a terminal.
    let _ = writeln!(text, "The file says of itself, and nobody vouches for it:");
    let _ = writeln!(text, "  made {made} for {person:?}, because {because:?}");
    let _ = writeln!(text, "  by version {build:?}, in {language:?}");
}

fn instant(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| format!("{} ms", at.as_millis()), |at| at.to_string())
}

/// How far a change had come, as far as its device knew.
const fn spell(state: Option<&OutboxState>) -> &'static str {
    match state {
        Some(OutboxState::Waiting) => "waiting to be sent",
        Some(OutboxState::Accepted { .. } | OutboxState::Kept { .. }) => "sent before",
        Some(OutboxState::Parked { .. }) => "parked before",
        Some(OutboxState::Refused { .. }) => "refused before",
        None => "in a state that this version doesn't know",
    }
}
