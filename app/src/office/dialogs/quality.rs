//! Checking finished work, putting right what was found, and talking to a customer who was not content.

use std::sync::Arc;

use domain::ticket::{Action, Comment, Inspection};
use domain::{Field, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ActionDialog, ActionForm, say_saved};
use crate::device::local_time;
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{TextArea, TextField, TextKind};
use crate::workspace::{TicketView, use_workspace};

/// Asks what a supervisor and the customer said to each other.
#[component]
pub(super) fn RecoverDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let text = RwSignal::new(String::new());
    form.keep_text("recover", text);
    let save = move || {
        form.save(Action::Recover(Comment { text: text.get_untracked() }), say);
    };
    // What the customer said stands above, so that nobody calls without having read it.
    let said = move || {
        let view = view.read();
        let last = view.ticket.callbacks.last()?;
        let words = lang.words();
        let score = last
            .fact
            .satisfaction
            .map(|score| words.satisfaction_of(score.score(), words.satisfaction(score)));
        Some(view! {
            <blockquote class="verbatim">
                {last.fact.note.clone()}
                <footer class="verbatim__source">{words.recover_said(score.unwrap_or_default())}</footer>
            </blockquote>
        })
    };
    view! {
        <ActionDialog form title=t!(lang, act_recover) save=t!(lang, ui_save) fields=&[Field::Note] on_save=move |()| save()>
            {said}
            <TextArea
                label=t!(lang, recover_label)
                value=text
                hint=t!(lang, recover_hint)
                error=form.errors.at(lang, Field::Note)
                autofocus=true
            />
        </ActionDialog>
    }
}

/// An inspection as it is being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct TypedInspection {
    score: String,
    note: String,
    rectify_by: String,
}

/// Asks for the score of an inspection, what was found, and until when it must be put right.
#[component]
pub(super) fn InspectDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    const FIELDS: &[Field] = &[Field::Score, Field::Note, Field::RectifyBy];
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let now = use_workspace().now();
    let text = || RwSignal::new(String::new());
    let (score, note, rectify_by) = (text(), text(), text());
    form.keep_typed(
        "inspect",
        TypedInspection::default,
        move |typed| {
            score.set(typed.score);
            note.set(typed.note);
            rectify_by.set(typed.rectify_by);
        },
        move || TypedInspection { score: score.get(), note: note.get(), rectify_by: rectify_by.get() },
    );
    let scored = move || score.read().trim().parse::<u8>().ok();
    let fails = Memo::new(move |_| scored().is_some_and(|score| score < Inspection::PASS));
    let save = move || {
        let failed = fails.get_untracked();
        let inspection = Inspection {
            // Nothing, and what is no number, is out of range.
            score: untrack(scored).unwrap_or(u8::MAX),
            note: note.get_untracked().trim().to_owned(),
            rectify_by: local_time::from_field(&rectify_by.read_untracked()).filter(|_| failed),
        };
        form.save(Action::Inspect(inspection), say);
    };
    let days = [1_i64, 3, 7].map(|days| {
        let choose = move |_| {
            let by = now.get_untracked().plus_millis(days * Timestamp::DAY_MS);
            rectify_by.set(local_time::to_field(by));
        };
        (days, choose)
    });
    view! {
        <ActionDialog form title=t!(lang, act_inspect) save=t!(lang, ui_save) fields=FIELDS on_save=move |()| save()>
            <TextField
                label=t!(lang, inspect_score)
                value=score
                kind=TextKind::Number
                hint=t!(lang, inspect_score_hint, Inspection::PASS)
                error=form.errors.at(lang, Field::Score)
                autofocus=true
            />
            <p class="field__hint" role="status">
                {move || scored().map(|_| {
                    let words = lang.words();
                    if fails.get() { words.inspect_fails() } else { words.inspect_passes() }
                })}
            </p>
            <TextArea label=t!(lang, inspect_note) value=note error=form.errors.at(lang, Field::Note) />
            <Show when=move || fails.get()>
                <div class="button-row">
                    {days.map(|(days, choose)| view! {
                        <button class="button" type="button" data-size="s" on:click=choose>
                            {move || lang.words().inspect_in_days(usize::try_from(days).unwrap_or(1))}
                        </button>
                    })}
                </div>
                <TextField
                    label=t!(lang, field_rectify_by)
                    value=rectify_by
                    kind=TextKind::Moment
                    error=form.errors.at(lang, Field::RectifyBy)
                />
            </Show>
        </ActionDialog>
    }
}

/// Asks how what an inspection found was put right.
#[component]
pub fn RectifyDialog(
    /// The ticket.
    view: Signal<Arc<TicketView>>,
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let text = RwSignal::new(String::new());
    form.keep_text("rectify", text);
    let save = move || {
        form.save(Action::Rectify(Comment { text: text.get_untracked() }), say);
    };
    view! {
        <ActionDialog form title=t!(lang, act_rectify) save=t!(lang, ui_save) fields=&[Field::Note] on_save=move |()| save()>
            <TextArea label=t!(lang, rectify_label) value=text error=form.errors.at(lang, Field::Note) autofocus=true />
        </ActionDialog>
    }
}
