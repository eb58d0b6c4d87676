//! One dialog for each thing the desk does to a ticket. What was typed stays when a dialog is closed, the page left or the app
//! ended, until it is recorded or cancelled: it is there when the dialog is opened again.

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
use serde::Serialize;
use serde::de::DeserializeOwned;

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
use crate::device::drafts::Draft;
use crate::field::{FormDraft, Recorder, Recording, use_recorder_in};
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::number_of;
use crate::ui::{Dialog, FormErrors, Notice, SaveButtons, Tone, use_toasts};
use crate::workspace::{TicketView, use_workspace};

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
    draft: FormDraft,
}

impl ActionForm {
    fn new(view: Signal<Arc<TicketView>>, open: RwSignal<bool>) -> Self {
        let errors = FormErrors::new();
        Effect::new(move |_| {
            if open.get() {
                errors.clear();
            }
        });
        Self { view, open, recorder: use_recorder_in(open), errors, draft: FormDraft::new(open) }
    }

    /// Fills the dialog when it opens: with what was typed and neither recorded nor cancelled, or else with what `fresh`
    /// says. `name` tells the draft from those of the ticket's other dialogs.
    fn keep_typed<T>(
        self,
        name: &'static str,
        fresh: impl Fn() -> T + 'static,
        fill: impl Fn(T) + 'static,
        typed: impl Fn() -> T + 'static,
    ) where
        T: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static,
    {
        let person = use_workspace().person();
        let draft = move || Draft::of(person.with(|person| person.id), name, self.ticket());
        self.draft.keep_typed(draft, fresh, |_, _| true, fill, typed);
    }

    /// The same for a dialog that asks for nothing but a text.
    fn keep_text(self, name: &'static str, text: RwSignal<String>) {
        self.keep_typed(name, String::new, move |typed| text.set(typed), move || text.get());
    }

    fn ticket(self) -> TicketId {
        self.view.read_untracked().ticket.id
    }

    /// Checks the action, records it, then closes the dialog and calls `saved`.
    fn save(self, action: Action, saved: impl FnOnce() + 'static) {
        if self.allows(&action) {
            self.keep(Recording::of(self.ticket(), action), saved);
        }
    }

    /// Saves what rests on a copy that was taken when the dialog opened: what came in since has not been seen, and must
    /// turn up as a conflict instead of being overwritten.
    fn save_by(self, action: Action, seen: Seen, saved: impl FnOnce() + 'static) {
        if self.allows(&action) {
            self.keep(Recording::of(self.ticket(), action).by(seen), saved);
        }
    }

    fn keep(self, recording: Recording, saved: impl FnOnce() + 'static) {
        self.recorder.keep(recording.typed_in(self.draft.latest()), move || {
            self.open.set(false);
            saved();
        });
    }

    fn cancel(self) {
        self.draft.discard();
        self.open.set(false);
    }

    fn allows(self, action: &Action) -> bool {
        self.recorder.clear();
        self.errors.take(action.check(self.ticket()))
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
            <SaveButtons busy on_cancel=move |()| form.cancel() save destroys />
        }
    };
    let beyond = form.errors.beyond(lang, fields);
    let problem = move || {
        let said = beyond.get().or_else(|| {
            form.recorder.problem().read().as_ref().map(|problem| lang.words().record_error(problem))
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

/// Says, after the dialog has gone, that it is saved.
fn say_saved() -> impl FnOnce() + Copy + 'static {
    let lang = use_lang();
    let toasts = use_toasts();
    move || toasts.say(t!(lang, saved_here))
}
