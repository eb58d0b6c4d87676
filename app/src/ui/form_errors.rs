//! Why a form was not taken, each reason under its field.

use domain::{Field, Problem, Refusal};
use leptos::prelude::*;

use crate::device::focus;
use crate::i18n::Lang;

/// The reason why what a form says was refused, if it was.
#[derive(Debug, Clone, Copy)]
pub struct FormErrors(RwSignal<Option<Refusal>>);

impl FormErrors {
    /// Nothing is wrong.
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// Notes why it was refused.
    pub fn set(self, refusal: Refusal) {
        self.0.set(Some(refusal));
    }

    /// Takes the outcome of a check, and leads to the field that is wrong. Says whether it went well.
    pub fn take(self, outcome: Result<(), Refusal>) -> bool {
        let well = outcome.is_ok();
        if matches!(outcome, Err(Refusal::Invalid { .. })) {
            focus::first_invalid();
        }
        self.0.set(outcome.err());
        well
    }

    /// Forgets it: something was typed, or it is tried again.
    pub fn clear(self) {
        self.0.set(None);
    }

    /// What is wrong with one field, in words that follow the language.
    pub fn at(self, lang: Lang, field: Field) -> Signal<Option<String>> {
        Signal::derive(move || match &*self.0.read() {
            Some(Refusal::Invalid { field: at, problem }) if *at == field => {
                Some(lang.words().problem_stands_alone(field, *problem))
            }
            _ => None,
        })
    }

    /// What is wrong beyond the fields that the form shows: what happened, and what to do.
    pub fn beyond(self, lang: Lang, shown: &'static [Field]) -> Signal<Option<(String, String)>> {
        Signal::derive(move || match &*self.0.read() {
            Some(Refusal::Invalid { field, .. }) if shown.contains(field) => None,
            Some(refusal) => Some(lang.words().refusal(refusal)),
            None => None,
        })
    }
}

impl Default for FormErrors {
    fn default() -> Self {
        Self::new()
    }
}

/// A field was left empty: for what a form requires beyond the domain's own rules.
pub const fn missing(field: Field) -> Refusal {
    Refusal::Invalid { field, problem: Problem::Missing }
}
