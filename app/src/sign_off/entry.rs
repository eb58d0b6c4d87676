//! The fields of a sign-off under way.

use domain::ticket::{Satisfaction, Stroke};
use leptos::prelude::*;

use super::progress::{Entered, Manner, RefusalReason};

/// What the customer enters, as the fields hold it.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// How content they are.
    pub(super) satisfaction: RwSignal<Option<Satisfaction>>,
    /// What they want to add.
    pub(super) remark: RwSignal<String>,
    /// How they answer.
    pub(super) manner: RwSignal<Manner>,
    /// Their name.
    pub(super) name: RwSignal<String>,
    /// Their drawing.
    pub(super) strokes: RwSignal<Vec<Stroke>>,
    /// The pad's height.
    pub(super) height: RwSignal<i32>,
    /// Why they won't sign.
    pub(super) reason: RwSignal<Option<RefusalReason>>,
    /// The same in their words.
    pub(super) reason_words: RwSignal<String>,
}

impl Entry {
    pub(super) fn new(entered: Entered) -> Self {
        Self {
            satisfaction: RwSignal::new(entered.satisfaction),
            remark: RwSignal::new(entered.remark),
            manner: RwSignal::new(entered.manner),
            name: RwSignal::new(entered.name),
            strokes: RwSignal::new(entered.strokes),
            height: RwSignal::new(entered.height),
            reason: RwSignal::new(entered.reason),
            reason_words: RwSignal::new(entered.reason_words),
        }
    }

    /// What has been entered so far; a reader follows it.
    pub(super) fn entered(self) -> Entered {
        Entered {
            satisfaction: self.satisfaction.get(),
            remark: self.remark.get(),
            manner: self.manner.get(),
            name: self.name.get(),
            strokes: self.strokes.get(),
            height: self.height.get(),
            reason: self.reason.get(),
            reason_words: self.reason_words.get(),
        }
    }

    /// Wipes the drawing: it was made under another sheet.
    pub(super) fn forget_drawing(self) {
        self.strokes.set(Vec::new());
    }
}
