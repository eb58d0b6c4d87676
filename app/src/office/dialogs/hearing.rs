//! Telling the customer the result, and hearing them afterwards.

use std::sync::Arc;

use domain::Field;
use domain::ticket::{Action, Callback as Callback8, Comment, Satisfaction};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ActionDialog, ActionForm, say_saved};
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{Icon, TextArea, fresh_id};
use crate::workspace::TicketView;

/// Asks what the customer was told.
#[component]
pub(super) fn TellDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let text = RwSignal::new(String::new());
    form.keep_text("tell-result", text);
    let save = move || {
        form.save(Action::TellResult(Comment { text: text.get_untracked() }), say);
    };
    view! {
        <ActionDialog form title=t!(lang, tell_title) fields=&[Field::Note] on_save=move |()| save()>
            <TextArea label=t!(lang, tell_label) value=text error=form.errors.at(lang, Field::Note) autofocus=true />
        </ActionDialog>
    }
}

/// What a customer says afterwards, as it is being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct TypedCallback {
    score: Option<Satisfaction>,
    note: String,
}

/// Asks how content the customer is and what they said.
#[component]
pub(super) fn CallbackDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let score = RwSignal::new(None::<Satisfaction>);
    let note = RwSignal::new(String::new());
    form.keep_typed(
        "callback",
        TypedCallback::default,
        move |typed| {
            score.set(typed.score);
            note.set(typed.note);
        },
        move || TypedCallback { score: score.get(), note: note.get() },
    );
    let save = move || {
        let callback = Callback8 { satisfaction: score.get_untracked(), note: note.get_untracked() };
        form.save(Action::RecordCallback(callback), say);
    };
    let is_low = move || score.get().is_some_and(|score| score.score() <= 3);
    view! {
        <ActionDialog form title=t!(lang, callback_title) fields=&[Field::Note] on_save=move |()| save()>
            <SatisfactionChoice score />
            <p class="field__hint" role="status">
                {move || is_low().then(|| lang.words().callback_low_hint())}
            </p>
            <TextArea label=t!(lang, callback_words) value=note error=form.errors.at(lang, Field::Note) />
        </ActionDialog>
    }
}

/// Five faces, and the answer that none was given.
#[component]
fn SatisfactionChoice(score: RwSignal<Option<Satisfaction>>) -> impl IntoView {
    const FACES: [&str; 5] = ["face-1", "face-2", "face-3", "face-4", "face-5"];
    let lang = use_lang();
    let name = fresh_id("satisfaction");
    let faces = (1..=5).rev().filter_map(Satisfaction::new).map(|value| {
        view! {
            <label class="face">
                <input
                    type="radio"
                    name=name.clone()
                    value=value.score().to_string()
                    prop:checked=move || score.get() == Some(value)
                    on:change=move |_| score.set(Some(value))
                />
                <Icon name=FACES[usize::from(value.score()) - 1] />
                <span class="face__number">{value.score()}</span>
                <span class="face__word">{move || lang.words().satisfaction(value)}</span>
            </label>
        }
    });
    view! {
        <fieldset class="field">
            <legend class="field__label">{t!(lang, callback_score)}</legend>
            <div class="satisfaction" data-size="s" role="radiogroup" aria-label=t!(lang, callback_score)>
                {faces.collect_view()}
            </div>
            <label class="check">
                <input
                    type="radio"
                    name=name.clone()
                    value=""
                    prop:checked=move || score.get().is_none()
                    on:change=move |_| score.set(None)
                />
                <span>{t!(lang, callback_unsaid)}</span>
            </label>
        </fieldset>
    }
}
