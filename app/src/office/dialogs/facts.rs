//! Looking at a ticket again: how soon, and what it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::Field;
use domain::ticket::{Action, Classification, Difficulty, Flag, Kind, NewUrgency, Seen, Urgency};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ActionDialog, ActionForm, say_saved};
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::glyph;
use crate::ui::{Chips, Segmented, TextArea};
use crate::workspace::TicketView;

/// An urgency and its reason as they are being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct TypedUrgency {
    urgency: Option<Urgency>,
    reason: String,
}

/// Asks how soon, and why it changes.
#[component]
pub(super) fn UrgencyDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let picked = RwSignal::new(None::<Urgency>);
    let reason = RwSignal::new(String::new());
    let urgency = Signal::derive(move || picked.get().unwrap_or(view.read().ticket.urgency.value));
    form.keep_typed(
        "urgency",
        TypedUrgency::default,
        move |typed| {
            picked.set(typed.urgency);
            reason.set(typed.reason);
        },
        move || TypedUrgency { urgency: picked.get(), reason: reason.get() },
    );
    let green = move || view.read().ticket.flags().iter().any(|flag| flag.opens_green_channel());
    let save = move || {
        let new = NewUrgency { urgency: urgency.get_untracked(), reason: reason.get_untracked() };
        form.save(Action::SetUrgency(new), say);
    };
    let hint = move || {
        let words = lang.words();
        if green() { words.urgency_green() } else { words.urgency_hint() }
    };
    view! {
        <ActionDialog form title=t!(lang, urgency_title) fields=&[Field::Reason] on_save=move |()| save()>
            <Segmented
                label=t!(lang, urgency_label)
                options=Urgency::ALL.to_vec()
                value=Signal::derive(move || Some(urgency.get()))
                word=move |urgency| lang.words().urgency(urgency)
                on_choose=move |urgency| picked.set(Some(urgency))
                urgency=glyph::urgency_style
                hint
            />
            <TextArea label=t!(lang, urgency_reason) value=reason error=form.errors.at(lang, Field::Reason) />
        </ActionDialog>
    }
}

/// A classification as it is being put together, and what was seen when that began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TypedClassification {
    /// What was chosen; nothing, to leave it as it is.
    kind: Option<Kind>,
    difficulty: Option<Difficulty>,
    flags: BTreeSet<Flag>,
    seen: Seen,
}

/// Asks what the ticket is.
#[component]
pub(super) fn ReclassifyDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let kind = RwSignal::new(None::<Kind>);
    let difficulty = RwSignal::new(None::<Difficulty>);
    let flags = RwSignal::new(BTreeSet::<Flag>::new());
    let seen = StoredValue::new(Seen::default());
    let kind_in_force = Signal::derive(move || kind.get().unwrap_or(view.read().ticket.kind()));
    let difficulty_in_force =
        Signal::derive(move || difficulty.get().unwrap_or(view.read().ticket.difficulty()));
    // The chips edit a copy of their own, taken when the dialog opens; a draft edits the one that it was begun with.
    form.keep_typed(
        "reclassify",
        move || {
            let ticket = &view.read().ticket;
            let (flags, seen) = (ticket.flags().clone(), ticket.seen.clone());
            TypedClassification { kind: None, difficulty: None, flags, seen }
        },
        move |typed| {
            seen.set_value(typed.seen);
            kind.set(typed.kind);
            difficulty.set(typed.difficulty);
            flags.set(typed.flags);
        },
        move || TypedClassification {
            kind: kind.get(),
            difficulty: difficulty.get(),
            flags: flags.get(),
            seen: seen.get_value(),
        },
    );
    let save = move || {
        let new = Classification {
            kind: kind_in_force.get_untracked(),
            difficulty: difficulty_in_force.get_untracked(),
            flags: flags.get_untracked(),
        };
        form.save_by(Action::Reclassify(new), seen.get_value(), say);
    };
    view! {
        <ActionDialog form title=t!(lang, reclassify_title) on_save=move |()| save()>
            <Segmented
                label=t!(lang, fact_kind)
                options=Kind::ALL.to_vec()
                value=Signal::derive(move || Some(kind_in_force.get()))
                word=move |kind| lang.words().kind(kind)
                on_choose=move |chosen| kind.set(Some(chosen))
            />
            <Segmented
                label=t!(lang, fact_difficulty)
                options=Difficulty::ALL.to_vec()
                value=Signal::derive(move || Some(difficulty_in_force.get()))
                word=move |difficulty| lang.words().difficulty(difficulty)
                on_choose=move |chosen| difficulty.set(Some(chosen))
            />
            <Chips
                label=t!(lang, flags_label)
                options=Flag::ALL.to_vec()
                value=flags
                word=move |flag| lang.words().flag(flag)
                icon=glyph::of_flag
                tone=glyph::flag_tone
            />
        </ActionDialog>
    }
}
