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

    /// Takes the signature back, drawn or typed: it was given under another sheet. Everything else stays.
    pub(super) fn forget_signature(self) {
        self.strokes.set(Vec::new());
        if self.manner.get_untracked() == Manner::Typed {
            self.name.set(String::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::ticket::Point;

    use super::*;

    fn signed(manner: Manner) -> Entered {
        let strokes = vec![vec![Point { x: 1, y: 2, at_ms: 3, pressure: 4 }]];
        Entered { manner, name: "王丽".into(), strokes, remark: "谢谢".into(), ..Entered::default() }
    }

    #[test]
    fn another_sheet_takes_every_kind_of_signature_back_and_nothing_else() {
        let owner = Owner::new();
        owner.with(|| {
            for manner in Manner::ALL {
                let entry = Entry::new(signed(manner));
                entry.forget_signature();
                let left = untrack(|| entry.entered());
                assert_eq!((left.strokes, left.remark.as_str()), (Vec::new(), "谢谢"));
                assert_eq!(
                    left.name.is_empty(),
                    manner == Manner::Typed,
                    "{manner:?}: the name is the signature"
                );
            }
        });
    }
}
