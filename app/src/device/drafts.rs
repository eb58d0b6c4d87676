//! What has been typed and not recorded yet, by form. Survives a reload, a crash and an update; cleared once recorded.
//!
//! A draft is a convenience, not a record: it lies in the browser's small storage, and keeping it may fail without anybody
//! being told.

use std::collections::BTreeMap;

use domain::PersonId;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::storage;

/// One form's draft: `completion` of a certain ticket, say. Each person has their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    key: String,
}

impl Draft {
    /// The draft of `form` for `about` (a ticket's id, or anything else that tells two forms of a kind apart).
    pub fn of(person: PersonId, form: &str, about: impl std::fmt::Display) -> Self {
        Self { key: format!("{}{form}/{about}", beginning(person)) }
    }

    /// What was typed. Nothing also if the form has changed so much that it no longer fits.
    pub fn load<T: DeserializeOwned>(&self) -> Option<T> {
        storage::value(&self.key)
    }

    /// Keeps what has been typed so far.
    pub fn keep(&self, typed: &impl Serialize) {
        storage::set_value(&self.key, typed);
    }

    /// Forgets it: it is recorded, or the person has dropped it.
    pub fn clear(&self) {
        storage::remove(&self.key);
    }

    /// What it holds at this moment, which is about to be recorded.
    pub fn send(self) -> SentDraft {
        let text = storage::text(&self.key);
        SentDraft { draft: self, text }
    }
}

/// A draft as it was when somebody had it recorded.
#[derive(Debug)]
pub struct SentDraft {
    draft: Draft,
    text: Option<String>,
}

impl SentDraft {
    /// Forgets it, for it is recorded. What has been typed since stays.
    pub fn recorded(self) {
        if storage::text(&self.draft.key) == self.text {
            self.draft.clear();
        }
    }
}

/// Everything that a person has typed on this device and not recorded yet.
pub fn all_of(person: PersonId) -> BTreeMap<String, String> {
    let keys = storage::keys(&beginning(person));
    keys.into_iter().filter_map(|key| storage::text(&key).map(|text| (key, text))).collect()
}

/// Forgets all of that.
pub fn forget_all_of(person: PersonId) {
    storage::keys(&beginning(person)).iter().for_each(|key| storage::remove(key));
}

fn beginning(person: PersonId) -> String {
    format!("fieldloop-draft/{person}/")
}
