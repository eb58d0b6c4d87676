//! Ending a ticket, and taking it up again.

use std::sync::Arc;

use domain::Field;
use domain::ticket::{Action, Answer, Answered, CloseResult, Closing, Reason, Ticket};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ActionDialog, ActionForm, say_saved};
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{Segmented, TextArea};
use crate::workspace::TicketView;

/// A closing as it is being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct TypedClosing {
    result: Option<CloseResult>,
    note: String,
}

/// Asks how it ended.
#[component]
pub(super) fn CloseDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let picked = RwSignal::new(None::<CloseResult>);
    let note = RwSignal::new(String::new());
    let result = Signal::derive(move || picked.get().unwrap_or_else(|| likely_result(&view.read().ticket)));
    form.keep_typed(
        "close",
        TypedClosing::default,
        move |typed| {
            picked.set(typed.result);
            note.set(typed.note);
        },
        move || TypedClosing { result: picked.get(), note: note.get() },
    );
    let save = move || {
        let closing = Closing { result: result.get_untracked(), note: note.get_untracked() };
        form.save(Action::Close(closing), say);
    };
    view! {
        <ActionDialog form title=t!(lang, close_title) save=t!(lang, act_close) fields=&[Field::Note] on_save=move |()| save()>
            <Segmented
                label=t!(lang, close_result_label)
                options=CloseResult::ALL.to_vec()
                value=Signal::derive(move || Some(result.get()))
                word=move |result| lang.words().close_result(result)
                on_choose=move |result| picked.set(Some(result))
            />
            <TextArea label=t!(lang, close_note) value=note error=form.errors.at(lang, Field::Note) />
        </ActionDialog>
    }
}

/// What the customer's own score says about the result: 3 and less is not satisfied, and so is whoever would not sign.
fn likely_result(ticket: &Ticket) -> CloseResult {
    let called_back = ticket.callback().and_then(|callback| callback.fact.satisfaction);
    let signed = ticket.sign_off().and_then(|sign_off| match sign_off.fact.answer {
        Answer::Signed { satisfaction, .. } => satisfaction,
        Answer::Refused { .. } => None,
    });
    match called_back.or(signed) {
        Some(score) if score.score() <= 3 => CloseResult::ResolvedNotSatisfied,
        None if ticket.answered() == Some(Answered::Refused) => CloseResult::ResolvedNotSatisfied,
        _ => CloseResult::ResolvedSatisfied,
    }
}

/// Asks why it is taken up again.
#[component]
pub(super) fn ReopenDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let reason = RwSignal::new(String::new());
    form.keep_text("reopen", reason);
    let save = move || {
        form.save(Action::Reopen(Reason { reason: reason.get_untracked() }), say);
    };
    view! {
        <ActionDialog form title=t!(lang, reopen_title) save=t!(lang, act_reopen) fields=&[Field::Reason] on_save=move |()| save()>
            <TextArea
                label=t!(lang, reopen_reason)
                value=reason
                error=form.errors.at(lang, Field::Reason)
                autofocus=true
            />
        </ActionDialog>
    }
}

/// Asks why no work will be done.
#[component]
pub(super) fn CancelDialog(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let form = ActionForm::new(view, open);
    let say = say_saved();
    let reason = RwSignal::new(String::new());
    form.keep_text("cancel", reason);
    let save = move || {
        form.save(Action::Cancel(Reason { reason: reason.get_untracked() }), say);
    };
    view! {
        <ActionDialog
            form
            title=t!(lang, cancel_title)
            save=t!(lang, cancel_do)
            destroys=true
            fields=&[Field::Reason]
            on_save=move |()| save()
        >
            <TextArea
                label=t!(lang, cancel_reason)
                value=reason
                error=form.errors.at(lang, Field::Reason)
                autofocus=true
            />
        </ActionDialog>
    }
}

#[cfg(test)]
mod tests {
    use domain::ticket::{Callback, Completion, ResponsibleParty, Satisfaction};

    use super::*;
    use crate::tickets::sample::Sample;

    #[test]
    fn a_low_score_proposes_that_the_customer_is_not_satisfied() {
        let mut sample = Sample::registered(0);
        let completion = Completion {
            found: "f".into(),
            done: "d".into(),
            cause: String::new(),
            responsible: ResponsibleParty::Unknown,
            remaining: String::new(),
        };
        sample.add(1, Action::Complete(completion));
        assert_eq!(likely_result(&sample.ticket()), CloseResult::ResolvedSatisfied);
        let callback = Callback { satisfaction: Satisfaction::new(3), note: String::new() };
        sample.add(2, Action::RecordCallback(callback));
        assert_eq!(likely_result(&sample.ticket()), CloseResult::ResolvedNotSatisfied);
    }
}
