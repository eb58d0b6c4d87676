//! What has been typed and not recorded yet, by form. Survives a reload, a crash and an update; cleared once recorded.
//!
//! A draft is a convenience, not a record: it lies in the browser's small storage, and keeping it may fail without anybody
//! being told.

use std::collections::{BTreeMap, BTreeSet};

use domain::PersonId;
use leptos::prelude::*;
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
        under_way(|drafts| drafts.insert(self.key.clone()));
        SentDraft { draft: self, text }
    }

    /// Whether it is not known yet what becomes of it: a form that would offer it once more waits. Follows that inside a
    /// reactive closure.
    pub fn is_under_way(&self) -> bool {
        UNDER_WAY.with(|drafts| drafts.with(|drafts| drafts.contains(&self.key)))
    }

    /// Whether the form may begin: from when on this draft is not under way. Stays so when the form sends it itself.
    pub fn settled(self) -> Memo<bool> {
        Memo::new(move |settled: Option<&bool>| settled.copied().unwrap_or_default() || !self.is_under_way())
    }
}

thread_local! {
    /// The drafts that are being recorded, perhaps from a page that has been left.
    static UNDER_WAY: ArcRwSignal<BTreeSet<String>> = ArcRwSignal::new(BTreeSet::new());
}

fn under_way(change: impl FnOnce(&mut BTreeSet<String>) -> bool) {
    UNDER_WAY.with(|drafts| {
        drafts.maybe_update(change);
    });
}

/// A draft as it was when somebody had it recorded. Under way until this is dropped.
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

impl Drop for SentDraft {
    fn drop(&mut self) {
        under_way(|drafts| drafts.remove(&self.draft.key));
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
