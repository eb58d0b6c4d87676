//! The fields of the intake form as signals, to and from what was [`Typed`].

use std::collections::BTreeSet;

use domain::Field;
use domain::ticket::{Channel, ComplaintNature, Difficulty, Flag, Kind, Urgency};
use leptos::prelude::*;

use super::intake_form::{KnownCustomer, LookedIn, Place, Typed, Wrong};
use crate::i18n::Lang;

/// One signal for each field, so that typing into one redraws nothing else.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    pub(super) channel: RwSignal<Option<Channel>>,
    pub(super) kind: RwSignal<Kind>,
    pub(super) urgency: RwSignal<Option<Urgency>>,
    pub(super) difficulty: RwSignal<Difficulty>,
    pub(super) flags: RwSignal<BTreeSet<Flag>>,
    pub(super) nature: RwSignal<Option<ComplaintNature>>,
    pub(super) name: RwSignal<String>,
    pub(super) company: RwSignal<String>,
    pub(super) phone: RwSignal<String>,
    pub(super) email: RwSignal<String>,
    pub(super) existing_customer: RwSignal<bool>,
    pub(super) region: RwSignal<String>,
    pub(super) address: RwSignal<String>,
    pub(super) model: RwSignal<String>,
    pub(super) serial: RwSignal<String>,
    pub(super) order_number: RwSignal<String>,
    pub(super) batch: RwSignal<String>,
    pub(super) purchased_on: RwSignal<String>,
    pub(super) purchase_channel: RwSignal<String>,
    pub(super) verified: RwSignal<bool>,
    pub(super) not_verified_reason: RwSignal<String>,
    pub(super) words: RwSignal<String>,
    pub(super) summary: RwSignal<String>,
    pub(super) arrived: RwSignal<String>,
    pub(super) answered: RwSignal<String>,
    pub(super) call_ended: RwSignal<String>,
}

macro_rules! each_field {
    ($($name:ident)*) => {
        impl Fields {
            /// Fields that hold what was typed before.
            pub(super) fn of(typed: Typed) -> Self {
                let Typed { $($name),* } = typed;
                Self { $($name: RwSignal::new($name)),* }
            }

            /// What is typed now; a reader follows every field.
            pub(super) fn typed(self) -> Typed {
                Typed { $($name: self.$name.get()),* }
            }

            fn set(self, typed: Typed) {
                let Typed { $($name),* } = typed;
                $(if *self.$name.read_untracked() != $name {
                    self.$name.set($name);
                })*
            }
        }
    };
}

each_field! {
    channel kind urgency difficulty flags nature name company phone email existing_customer region address model serial
    order_number batch purchased_on purchase_channel verified not_verified_reason words summary
    arrived answered call_ended
}

impl Fields {
    /// Empties everything.
    pub(super) fn clear(self) {
        self.set(Typed::default());
    }

    /// Takes over what is known of a customer; see [`Typed::take_customer`].
    pub(super) fn take_customer(
        self,
        known: &KnownCustomer,
        looked_in: LookedIn,
        before: Option<&KnownCustomer>,
    ) {
        let mut typed = untrack(|| self.typed());
        typed.take_customer(known, looked_in, before);
        self.set(typed);
    }
}

/// What is wrong with the form, each thing at its field, from a vain attempt to register until it is put right.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks(RwSignal<Vec<(Place, Wrong)>>);

impl Marks {
    /// Nothing is wrong.
    pub(super) fn new() -> Self {
        Self(RwSignal::new(Vec::new()))
    }

    /// Marks everything that was found.
    pub(super) fn set(self, found: Vec<(Place, Wrong)>) {
        self.0.set(found);
    }

    /// Keeps only those marks that are still due by what is found now: nobody is told while they are still typing.
    pub(super) fn keep_of(self, found: &[(Place, Wrong)]) {
        if self.0.read_untracked().iter().any(|mark| !found.contains(mark)) {
            self.0.update(|marks| marks.retain(|mark| found.contains(mark)));
        }
    }

    /// Forgets everything.
    pub(super) fn clear(self) {
        self.set(Vec::new());
    }

    /// Whether anything is marked.
    pub(super) fn is_empty(self) -> bool {
        self.0.read_untracked().is_empty()
    }

    /// What is wrong with one field, in words that follow the language.
    pub(super) fn at(self, lang: Lang, place: Place) -> Signal<Option<String>> {
        Signal::derive(move || {
            let wrong = self.0.read().iter().find(|(at, _)| *at == place)?.1;
            let words = lang.words();
            Some(match (wrong, place) {
                (Wrong::Ahead, _) => words.intake_ahead().to_owned(),
                (Wrong::Refused(problem), Place::Field(field)) => words.problem_stands_alone(field, problem),
                (Wrong::Refused(problem), _) => words.problem_stands_alone(Field::Other, problem),
            })
        })
    }
}
