//! What is typed into a form that opens and closes, as a draft.

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::device::drafts::Draft;

/// Keeps what is typed into a form until it is recorded or dropped: a reload, a crash, another window's turn or a tap beside
/// the form loses nothing.
#[derive(Debug, Clone, Copy)]
pub struct FormDraft {
    open: RwSignal<bool>,
    /// The draft of what the form was last opened for.
    latest: StoredValue<Option<Draft>>,
}

impl FormDraft {
    /// For a form that is there while `open` says so.
    pub fn new(open: RwSignal<bool>) -> Self {
        Self { open, latest: StoredValue::new(None) }
    }

    /// Fills the form when it opens, and keeps what is typed as long as it is open.
    ///
    /// `fresh` is what the form holds without a draft, and a draft that doesn't fit to that is passed over. A form that holds
    /// nothing else has no draft.
    pub fn keep_typed<T>(
        self,
        draft: impl Fn() -> Draft + 'static,
        fresh: impl Fn() -> T + 'static,
        fits: fn(&T, &T) -> bool,
        fill: impl Fn(T) + 'static,
        typed: impl Fn() -> T + 'static,
    ) where
        T: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static,
    {
        let untouched = StoredValue::new(None::<T>);
        Effect::new(move |filled: Option<bool>| {
            if !self.open.get() {
                return false;
            }
            if filled.unwrap_or_default() {
                return true;
            }
            let draft = untrack(&draft);
            // Sent from a page that has been left since, it may be recorded in a moment.
            if draft.is_under_way() {
                self.latest.set_value(None);
                return false;
            }
            untrack(|| {
                let fresh = fresh();
                let kept = draft.load().filter(|kept| fits(kept, &fresh));
                self.latest.set_value(Some(draft));
                untouched.set_value(Some(fresh.clone()));
                fill(kept.unwrap_or(fresh));
            });
            true
        });
        Effect::new(move |_| {
            let typed = typed();
            let Some(draft) = self.latest.get_value().filter(|_| self.open.get_untracked()) else { return };
            if untouched.with_value(|untouched| untouched.as_ref() == Some(&typed)) {
                draft.clear();
            } else {
                draft.keep(&typed);
            }
        });
    }

    /// The draft, once the form has been opened.
    pub fn latest(self) -> Option<Draft> {
        self.latest.get_value()
    }

    /// Forgets what was typed: the person doesn't want it.
    pub fn discard(self) {
        if let Some(draft) = self.latest() {
            draft.clear();
        }
    }
}
