//! Logging what happened.

use std::sync::Arc;

use domain::Field;
use domain::ticket::{Action, Progress, ProgressKind};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ActionDialog, ActionForm, say_saved};
use crate::device::local_time;
use crate::field::takes_promise;
use crate::i18n::use_lang;
use crate::office::acts::customer_contacted;
use crate::t;
use crate::ui::{FieldMark, SelectField, TextArea, TextField, TextKind};
use crate::workspace::TicketView;

/// A progress entry as it is being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct TypedProgress {
    /// What was chosen; nothing, to follow what is likely.
    kind: Option<ProgressKind>,
    note: String,
    promised: String,
}

/// Asks what happened; the first time, that is having told the customer who handles it.
#[component]
pub(super) fn ProgressDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let picked = RwSignal::new(None::<ProgressKind>);
    let (note, promised) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    form.keep_typed(
        "log-progress",
        TypedProgress::default,
        move |typed| {
            picked.set(typed.kind);
            note.set(typed.note);
            promised.set(typed.promised);
        },
        move || TypedProgress { kind: picked.get(), note: note.get(), promised: promised.get() },
    );
    let kind = Signal::derive(move || {
        let likely = if customer_contacted(&view.read().ticket) {
            ProgressKind::Note
        } else {
            ProgressKind::ContactedCustomer
        };
        picked.get().unwrap_or(likely)
    });
    let is_contact = move || kind.get() == ProgressKind::ContactedCustomer;
    let save = move || {
        let progress = Progress {
            kind: kind.get_untracked(),
            note: note.get_untracked(),
            promised: local_time::from_field(&promised.read_untracked())
                .filter(|_| takes_promise(kind.get_untracked())),
        };
        form.save(Action::LogProgress(progress), say);
    };
    view! {
        <ActionDialog form title=t!(lang, progress_title) fields=&[Field::Note] on_save=move |()| save()>
            <SelectField
                label=t!(lang, progress_kind)
                options=ProgressKind::ALL.to_vec()
                value=Signal::derive(move || Some(kind.get()))
                word=move |kind| lang.words().progress(kind)
                on_choose=move |kind| picked.set(kind)
            />
            <Show when=is_contact>
                <p class="field__hint">{t!(lang, progress_contact_hint)}</p>
            </Show>
            <TextArea
                label=t!(lang, progress_note_label)
                value=note
                error=form.errors.at(lang, Field::Note)
                autofocus=true
            />
            {move || takes_promise(kind.get()).then(|| view! {
                <TextField
                    label=move || lang.words().promise_label(kind.get())
                    hint=move || lang.words().promise_hint(kind.get())
                    value=promised
                    kind=TextKind::Moment
                    mark=FieldMark::Optional
                />
            })}
        </ActionDialog>
    }
}
