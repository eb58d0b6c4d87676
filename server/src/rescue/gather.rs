//! From the parts of an archive to the changes in it.
//!
//! The outbox lies in a file twice, as it does on the device: as the entries of the database, and as the second journal. What one of
//! them lacks the other one has. Nothing that is wrong with one part takes anything from the others.

use std::collections::BTreeMap;

use domain::ticket::{Action, Attachment, Change, FileHash};
use domain::{ChangeId, Refusal, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use sync::journal::Ledger;
use sync::{OutboxEntry, OutboxState};

/// Most bytes of records that are held of one file, and most that one record may have. What is beyond that is named as not read.
pub(super) const RECORD_BYTES: u64 = 64 * 1024 * 1024;
const ENTRY_BYTES: u64 = 8 * 1024 * 1024;
const MANIFEST_BYTES: u64 = 64 * 1024;
/// So much that could not be read is named; the rest is counted.
const MOST_UNREAD: usize = 1_000;
/// So much of the name of a part is repeated.
const NAME_CHARACTERS: usize = 100;

/// What the device says of the file. Nobody vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub(super) struct Manifest {
    pub(super) person: String,
    pub(super) made_at: Option<Timestamp>,
    pub(super) build: String,
    pub(super) because: String,
    pub(super) language: String,
}

/// What a part holds, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Manifest,
    Entry,
    /// A file of the second journal, by its number.
    Journal(u64),
    Draft,
    File(FileHash),
    Other,
}

impl Kind {
    fn of(name: &str) -> Self {
        let journal = |number: &str| number.parse().ok().map(Self::Journal);
        match name.split_once('/') {
            None if name == "manifest.json" => Self::Manifest,
            Some(("outbox", entry)) if entry.ends_with(".json") => Self::Entry,
            Some(("journal", number)) => journal(number).unwrap_or(Self::Other),
            Some(("drafts", _)) => Self::Draft,
            Some(("files", hash)) => FileHash::parse(hash).map_or(Self::Other, Self::File),
            _ => Self::Other,
        }
    }
}

/// A change in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) change: Change,
    /// How far it had come on the device, if that can be read.
    pub(super) state: Option<OutboxState>,
    /// The part it was found in.
    pub(super) part: String,
}

impl Found {
    /// Whether its author was told that it is refused, and sending it once more would not help: they may have done it anew.
    pub(super) fn refusal(&self) -> Option<&Refusal> {
        match &self.state {
            Some(OutboxState::Refused { because, .. }) if !because.worth_retrying() => Some(because),
            _ => None,
        }
    }
}

/// Everything that was read.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) manifest: Option<Manifest>,
    /// In the order in which they were made: all devices that one app has been go on counting.
    pub(super) changes: Vec<Found>,
    /// What was being written, by the names of the parts.
    pub(super) drafts: Vec<(String, String)>,
    pub(super) unread: Unread,
}

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Unread {
    named: Vec<String>,
    more: u64,
}

impl Unread {
    /// Notes what is wrong with a part.
    pub(super) fn note(&mut self, part: &str, problem: &str) {
        if self.named.len() < MOST_UNREAD {
            let part: String = part.chars().take(NAME_CHARACTERS).collect();
            self.named.push(format!("{part}: {problem}"));
        } else {
            self.more += 1;
        }
    }

    pub(super) fn into_lines(mut self) -> Vec<String> {
        if self.more > 0 {
            self.named.push(format!("and {} more", self.more));
        }
        self.named
    }
}

/// What to do with the content of a part that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// To be given to the gathering.
    Here,
    /// The content of a file, for whoever has asked.
    File(FileHash),
    /// Nothing.
    Nowhere,
}

/// Gathers what an archive holds.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    gathered: Gathered,
    changes: BTreeMap<ChangeId, Found>,
    journal: Vec<(u64, Vec<u8>)>,
    held: u64,
    /// The part that has begun.
    part: Option<(String, Kind, Vec<u8>)>,
}

impl Gathering {
    /// A part begins.
    pub(super) fn begin(&mut self, name: String, bytes: u64) -> Wanted {
        let kind = Kind::of(&name);
        let most = match kind {
            Kind::File(hash) => {
                self.part = Some((name, kind, Vec::new()));
                return Wanted::File(hash);
            }
            Kind::Other => return Wanted::Nowhere,
            Kind::Manifest => MANIFEST_BYTES,
            Kind::Entry | Kind::Draft => ENTRY_BYTES,
            Kind::Journal(_) => RECORD_BYTES,
        };
        // A name is held as well, and may be longer than the content.
        let held = bytes.saturating_add(name.len() as u64);
        if bytes > most || held > RECORD_BYTES - self.held {
            self.gathered.unread.note(&name, "too large");
            return Wanted::Nowhere;
        }
        self.held += held;
        self.part = Some((name, kind, Vec::new()));
        Wanted::Here
    }

    /// More of the part that has begun.
    pub(super) fn content(&mut self, bytes: &[u8]) {
        match &mut self.part {
            // Whoever does not want it where files go does not want it here either.
            None | Some((_, Kind::File(_), _)) => {}
            Some((_, _, content)) => content.extend_from_slice(bytes),
        }
    }

    /// The part that has begun has come to its end.
    pub(super) fn end_part(&mut self) {
        let Some((name, kind, content)) = self.part.take() else { return };
        match kind {
            Kind::Manifest => match serde_json::from_slice(&content) {
                Ok(manifest) => self.gathered.manifest = Some(manifest),
                Err(_) => self.note(&name, "not a manifest"),
            },
            Kind::Entry => match read_entry(&content) {
                Some((change, state)) => {
                    if state.is_none() {
                        self.note(
                            &name,
                            "how far it had come can't be read; it is judged as if it had waited",
                        );
                    }
                    self.add(Found { change, state, part: name });
                }
                None => self.note(&name, "no change that can be read"),
            },
            Kind::Journal(number) => self.journal.push((number, content)),
            Kind::Draft => {
                self.gathered.drafts.push((name, String::from_utf8_lossy(&content).into_owned()));
            }
            Kind::File(_) | Kind::Other => {}
        }
    }

    /// Notes what is wrong with a part.
    pub(super) fn note(&mut self, part: &str, problem: &str) {
        self.gathered.unread.note(part, problem);
    }

    /// Nothing more will come. `is_whole`: the archive ended where a part does.
    pub(super) fn finish(mut self, is_whole: bool) -> Gathered {
        if !is_whole {
            let part = self.part.take().map_or_else(|| "the last part".to_owned(), |(name, ..)| name);
            self.note(&part, "it ends too early");
        }
        self.read_journal();
        let mut changes: Vec<_> = self.changes.into_values().collect();
        changes.sort_by_key(|found| (found.change.id.seq, found.change.id.device));
        Gathered { changes, ..self.gathered }
    }

    fn read_journal(&mut self) {
        let mut files = std::mem::take(&mut self.journal);
        if files.is_empty() {
            return;
        }
        files.sort_by_key(|(number, _)| *number);
        let (ledger, is_damaged) = Ledger::read(&files);
        if is_damaged {
            self.note("journal", "damaged; what is whole of it was read");
        }
        drop(files);
        for OutboxEntry { change, state } in ledger.entries().cloned() {
            self.add(Found { change, state: Some(state), part: "journal".to_owned() });
        }
    }

    /// Adds a change, unless it is there. Of two that have the same id and are not the same, the first one counts, as it does on the
    /// device; both are named.
    fn add(&mut self, found: Found) {
        let Some(known) = self.changes.get_mut(&found.change.id) else {
            self.changes.insert(found.change.id, found);
            return;
        };
        if known.change == found.change {
            if known.refusal().is_none() && found.refusal().is_some() {
                known.state = found.state;
            }
            return;
        }
        let id = found.change.id;
        let first = (known.part.clone(), format!("counts as {id}, which is there with other content, too"));
        self.note(&first.0, &first.1);
        self.note(&found.part, &format!("is not the {id} that counts"));
    }
}

/// Reads an entry of the outbox. A state that only a newer version knows does not hide the change.
fn read_entry(content: &[u8]) -> Option<(Change, Option<OutboxState>)> {
    #[derive(Deserialize)]
    struct Entry {
        change: Change,
        #[serde(default)]
        state: Value,
    }
    let Entry { change, state } = serde_json::from_slice(content).ok()?;
    Some((change, serde_json::from_value(state).ok()))
}

/// The file that a change attaches to its ticket, if it does.
pub(super) fn attached(change: &Change) -> Option<(FileHash, &Attachment)> {
    match &change.action {
        Action::Attach(attachment) => Some((attachment.hash()?, attachment)),
        _ => None,
    }
}
