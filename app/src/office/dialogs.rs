//! One dialog for each thing the desk does to a ticket. What was typed stays when a dialog is closed, until it is recorded.

mod assign;
mod closing;
mod contact;
mod facts;
mod hearing;
mod plan;
mod progress;
mod quality;

use std::sync::Arc;

use domain::ticket::{Action, Seen};
use domain::{Field, TicketId};
use leptos::prelude::*;
use leptos::text_prop::TextProp;

use self::assign::AssignDialog;
use self::closing::{CancelDialog, CloseDialog, ReopenDialog};
use self::contact::ContactDialog;
use self::facts::{ReclassifyDialog, UrgencyDialog};
use self::hearing::{CallbackDialog, TellDialog};
pub(super) use self::plan::PlanDialog;
use self::progress::ProgressDialog;
pub(super) use self::quality::RectifyDialog;
use self::quality::{InspectDialog, RecoverDialog};
use super::acts::Act;
use crate::field::{Recorder, use_recorder};
use crate::i18n::{Words, use_lang};
use crate::t;
use crate::tickets::number_of;
use crate::ui::{Dialog, FormErrors, Notice, SaveButtons, Tone, use_toasts};
use crate::workspace::{RecordError, TicketView};

/// Which dialog is open.
#[derive(Debug, Clone, Copy)]
pub struct DialogSwitches {
    assign: RwSignal<bool>,
    progress: RwSignal<bool>,
    tell: RwSignal<bool>,
    callback: RwSignal<bool>,
    recover: RwSignal<bool>,
    inspect: RwSignal<bool>,
    plan: RwSignal<bool>,
    rectify: RwSignal<bool>,
    close: RwSignal<bool>,
    reopen: RwSignal<bool>,
    urgency: RwSignal<bool>,
    reclassify: RwSignal<bool>,
    contact: RwSignal<bool>,
    cancel: RwSignal<bool>,
}

impl DialogSwitches {
    /// All closed.
    pub fn new() -> Self {
        let closed = || RwSignal::new(false);
        Self {
            assign: closed(),
            progress: closed(),
            tell: closed(),
            callback: closed(),
            recover: closed(),
            inspect: closed(),
            plan: closed(),
            rectify: closed(),
            close: closed(),
            reopen: closed(),
            urgency: closed(),
            reclassify: closed(),
            contact: closed(),
            cancel: closed(),
        }
    }

    /// Opens the dialog of an act.
    pub fn open(self, act: Act) {
        let switch = match act {
            Act::Assign => self.assign,
            Act::LogProgress => self.progress,
            Act::TellResult => self.tell,
            Act::Callback => self.callback,
            Act::Recover => self.recover,
            Act::Inspect => self.inspect,
            Act::AgreePlan => self.plan,
            Act::Rectify => self.rectify,
            Act::Close => self.close,
            Act::Reopen => self.reopen,
            Act::SetUrgency => self.urgency,
            Act::Reclassify => self.reclassify,
            Act::EditContact => self.contact,
            Act::Cancel => self.cancel,
        };
        switch.set(true);
    }
}

impl Default for DialogSwitches {
    fn default() -> Self {
        Self::new()
    }
}

/// All dialogs of a ticket.
#[component]
pub fn Dialogs(view: Signal<Arc<TicketView>>, switches: DialogSwitches) -> impl IntoView {
    view! {
        <AssignDialog view open=switches.assign />
        <ProgressDialog view open=switches.progress />
        <TellDialog view open=switches.tell />
        <CallbackDialog view open=switches.callback />
        <RecoverDialog view open=switches.recover />
        <InspectDialog view open=switches.inspect />
        <PlanDialog view open=switches.plan />
        <RectifyDialog view open=switches.rectify />
        <CloseDialog view open=switches.close />
        <ReopenDialog view open=switches.reopen />
        <UrgencyDialog view open=switches.urgency />
        <ReclassifyDialog view open=switches.reclassify />
        <ContactDialog view open=switches.contact />
        <CancelDialog view open=switches.cancel />
    }
}

/// What every dialog of a ticket shares: it records one action, shows what is wrong, and closes when it is saved.
#[derive(Clone, Copy)]
struct ActionForm {
    view: Signal<Arc<TicketView>>,
    open: RwSignal<bool>,
    recorder: Recorder,
    errors: FormErrors,
}

impl ActionForm {
    fn new(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> Self {
        Self { view, open, recorder: use_recorder(), errors: FormErrors::new() }
    }

    fn ticket(self) -> TicketId {
        self.view.read_untracked().ticket.id
    }

    /// Checks the action, records it, then closes the dialog and calls `saved`.
    fn save(self, action: Action, toast: impl FnOnce() + 'static, saved: impl FnOnce() + 'static) {
        if self.allows(&action) {
            self.recorder.record(self.ticket(), action, move || self.saved(saved, toast));
        }
    }

    /// Saves what rests on a copy that was taken when the dialog opened: what came in since has not been seen, and must
    /// turn up as a conflict instead of being overwritten.
    fn save_by(self, action: Action, seen: Seen, toast: impl FnOnce() + 'static) {
        if self.allows(&action) {
            self.recorder.record_by(self.ticket(), action, seen, move || self.saved(|| (), toast));
        }
    }

    fn allows(self, action: &Action) -> bool {
        self.recorder.clear();
        self.errors.take(action.check(self.ticket()))
    }

    fn saved(self, saved: impl FnOnce(), toast: impl FnOnce()) {
        self.open.set(false);
        saved();
        toast();
    }
}

/// The dialog around an [`ActionForm`].
#[component]
fn ActionDialog(
    form: ActionForm,
    /// What it is.
    #[prop(into)]
    title: TextProp,
    /// The words of the button that saves, where "save" doesn't say it.
    #[prop(optional, into)]
    save: Option<TextProp>,
    /// Whether saving ends something.
    #[prop(optional)]
    destroys: bool,
    /// The fields that show their own errors.
    #[prop(optional)]
    fields: &'static [Field],
    /// Called when it is to be saved.
    #[prop(into)]
    on_save: Callback<()>,
    children: ChildrenFn,
) -> impl IntoView {
    let lang = use_lang();
    let sub = move || {
        let view = form.view.read();
        number_of(view.ticket.id, view.ticket.number.as_ref(), lang.words())
    };
    let busy = form.recorder.is_busy();
    let footer = move || {
        let save: TextProp = save.clone().unwrap_or_else(|| t!(lang, ui_save).into());
        view! {
            <p class="dialog__foot-note">{t!(lang, dialog_note)}</p>
            <SaveButtons busy on_cancel=move |()| form.open.set(false) save destroys />
        }
    };
    let beyond = form.errors.beyond(lang, fields);
    let problem = move || {
        let said = beyond.get().or_else(|| {
            form.recorder.problem().read().as_ref().map(|problem| record_error_words(problem, lang.words()))
        });
        said.map(|(title, text)| view! { <Notice tone=Tone::Danger title=title text=text answers=true /> })
    };
    let children = StoredValue::new(children);
    view! {
        <Dialog open=form.open title sub on_submit=move |()| on_save.run(()) footer>
            // What was wrong may be right by now.
            <div class="form" on:input=move |_| form.errors.clear()>
                {children.with_value(|children| children())} {problem}
            </div>
        </Dialog>
    }
}

/// Why something was not saved, and what to do.
pub(super) fn record_error_words(error: &RecordError, words: Words) -> (String, String) {
    match error {
        RecordError::Refused(refusal) => words.refusal(refusal),
        RecordError::Store(error) => words.store_error(error),
        RecordError::Elsewhere => (words.other_tab().to_owned(), words.not_saved_elsewhere().to_owned()),
    }
}

/// Says, after the dialog has gone, that it is saved.
fn say_saved() -> impl FnOnce() + Copy + 'static {
    let lang = use_lang();
    let toasts = use_toasts();
    move || toasts.say(t!(lang, saved_here))
}
