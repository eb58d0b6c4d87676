//! The sheets that come up from the bottom of a job: progress, part, contact; and the one that says why not.

use std::sync::Arc;

use domain::ticket::{Action, Customer, PartReplacement, Progress, ProgressKind, Seen};
use domain::{Field, Refusal, TicketId, Timestamp};
use leptos::prelude::*;
use leptos::text_prop::TextProp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::form_draft::FormDraft;
use super::job_list_page::start_of_tomorrow;
use super::links;
use super::recorder::{Recorder, Recording, use_recorder_in};
use crate::device::drafts::Draft;
use crate::device::local_time;
use crate::i18n::{Lang, Locale, use_lang};
use crate::t;
use crate::tickets::glyph;
use crate::ui::{
    ChoiceChips, Dialog, DialogSize, FieldMark, FormErrors, Icon, Notice, SaveButtons, Segmented, Stepper,
    TextArea, TextField, TextKind, ToastBoard, Tone, use_toasts,
};
use crate::workspace::{TicketView, Workspace, use_workspace};

/// Why the last attempt was not saved.
#[component]
pub(super) fn NotSaved(recorder: Recorder) -> impl IntoView {
    let lang = use_lang();
    move || {
        recorder.problem().get().map(|problem| {
            let (title, text) = lang.words().record_error(&problem);
            view! { <Notice tone=Tone::Danger title text answers=true /> }
        })
    }
}

/// Checks, records, says so, and closes.
#[derive(Clone, Copy)]
struct Saving {
    ticket: TicketId,
    open: RwSignal<bool>,
    lang: Lang,
    workspace: Workspace,
    toasts: ToastBoard,
    errors: FormErrors,
    recorder: Recorder,
    draft: FormDraft,
}

/// The way of a sheet's content into the record. What was wrong before is forgotten when the sheet opens.
fn use_saving(ticket: TicketId, open: RwSignal<bool>) -> Saving {
    let errors = FormErrors::new();
    Effect::new(move |_| {
        if open.get() {
            errors.clear();
        }
    });
    Saving {
        ticket,
        open,
        lang: use_lang(),
        workspace: use_workspace(),
        toasts: use_toasts(),
        errors,
        recorder: use_recorder_in(open),
        draft: FormDraft::new(open),
    }
}

impl Saving {
    /// Fills the sheet when it opens, and keeps what is typed until it is recorded or dropped; see [`FormDraft`]. `form`
    /// names the draft.
    fn keep_typed<T>(
        self,
        form: impl Fn() -> String + 'static,
        fresh: impl Fn() -> T + 'static,
        fits: fn(&T, &T) -> bool,
        fill: impl Fn(T) + 'static,
        typed: impl Fn() -> T + 'static,
    ) where
        T: Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync + 'static,
    {
        let draft = move || {
            let person = self.workspace.person().with_untracked(|person| person.id);
            Draft::of(person, &form(), self.ticket)
        };
        self.draft.keep_typed(draft, fresh, fits, fill, typed);
    }

    fn save(self, action: Action) {
        if self.allows(&action) {
            self.keep(Recording::of(self.ticket, action));
        }
    }

    /// Saves what rests on what the sheet was filled with: what came in while it was open has not been seen.
    fn save_by(self, action: Action, seen: Seen) {
        if self.allows(&action) {
            self.keep(Recording::of(self.ticket, action).by(seen));
        }
    }

    fn keep(self, recording: Recording) {
        self.recorder.keep(recording.typed_in(self.draft.latest()), move || self.saved());
    }

    fn allows(self, action: &Action) -> bool {
        self.errors.take(untrack(|| self.workspace.may(self.ticket, action)))
    }

    fn saved(self) {
        let lang = self.lang;
        self.open.set(false);
        self.toasts.say(t!(lang, saved_here));
    }

    fn at(self, field: Field) -> Signal<Option<String>> {
        self.errors.at(self.lang, field)
    }
}

/// The frame of a sheet: its ticket's number, what is wrong with it, cancel and save.
#[component]
fn Sheet(
    saving: Saving,
    #[prop(into)] title: TextProp,
    number: Signal<String>,
    /// The fields that show their own errors.
    shown: &'static [Field],
    #[prop(into)] on_save: Callback<()>,
    children: ChildrenFn,
) -> impl IntoView {
    let lang = saving.lang;
    let busy = saving.recorder.is_busy();
    let beyond = saving.errors.beyond(lang, shown);
    let beyond = move || {
        beyond.get().map(|(title, text)| view! { <Notice tone=Tone::Danger title text answers=true /> })
    };
    let cancel = Callback::new(move |()| {
        saving.draft.discard();
        saving.open.set(false);
    });
    let footer = move || {
        view! {
            <p class="dialog__foot-note">{t!(lang, dialog_note)}</p>
            <SaveButtons busy on_cancel=cancel />
        }
    };
    let children = StoredValue::new(children);
    view! {
        <Dialog open=saving.open title sub=number on_submit=on_save footer>
            <div class="form" on:input=move |_| saving.errors.clear()>
                <NotSaved recorder=saving.recorder />
                {beyond}
                {children.with_value(|children| children())}
            </div>
        </Dialog>
    }
}

/// A progress entry as it is being typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TypedProgress {
    kind: ProgressKind,
    note: String,
    promised: String,
}

/// What happened, in an entry: kind, words, and a promise to the customer.
#[component]
pub(super) fn ProgressSheet(
    ticket: TicketId,
    #[prop(into)] number: Signal<String>,
    open: RwSignal<bool>,
    /// The kind it opens with.
    #[prop(into)]
    preset: Signal<ProgressKind>,
    view: Signal<Arc<TicketView>>,
) -> impl IntoView {
    let saving = use_saving(ticket, open);
    let lang = saving.lang;
    let kind = RwSignal::new(ProgressKind::Note);
    let (note, promised) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    saving.keep_typed(
        // One for each way in: a note that was begun must not turn up where the next step is to call the customer.
        move || format!("progress-{:?}", preset.get()),
        move || TypedProgress { kind: preset.get(), note: String::new(), promised: String::new() },
        |_, _| true,
        move |typed| {
            kind.set(typed.kind);
            note.set(typed.note);
            promised.set(typed.promised);
        },
        move || TypedProgress { kind: kind.get(), note: note.get(), promised: promised.get() },
    );
    let save = move |()| {
        let promised =
            takes_promise(kind.get_untracked()).then(|| local_time::from_field(&promised.read_untracked()));
        saving.save(Action::LogProgress(Progress {
            kind: kind.get_untracked(),
            note: note.get_untracked().trim().to_owned(),
            promised: promised.flatten(),
        }));
    };
    let is_note = move || kind.get() == ProgressKind::Note;
    let call = move || {
        let contact = view.read().ticket.contact.value.clone();
        let href = links::call(&contact.phone).filter(|_| kind.get() == ProgressKind::ContactedCustomer);
        href.map(|href| {
            view! {
                <a class="button" data-kind="accent" href=href>
                    <Icon name="phone" />
                    {move || lang.words().job_call(&contact.name)}
                    " "
                    <span class="number">{contact.phone.clone()}</span>
                </a>
            }
        })
    };
    view! {
        <Sheet saving title=t!(lang, job_progress_title) number shown=&[Field::Note] on_save=save>
            <ChoiceChips
                label=t!(lang, job_progress_kind)
                options=ProgressKind::ALL.to_vec()
                value=Signal::derive(move || Some(kind.get()))
                word=move |kind| lang.words().progress(kind)
                on_choose=move |chosen| kind.set(chosen)
                icon=Callback::new(glyph::of_progress)
            />
            {call}
            {move || takes_promise(kind.get()).then(|| view! {
                <SoonButtons value=promised />
                <TextField
                    label=move || lang.words().promise_label(kind.get())
                    hint=move || lang.words().promise_hint(kind.get())
                    value=promised
                    kind=TextKind::Moment
                    mark=FieldMark::Optional
                />
            })}
            <TextArea
                label=move || lang.words().field(Field::Note)
                value=note
                error=saving.at(Field::Note)
                hint=move || if is_note() { lang.words().job_progress_note_needed() } else { lang.words().job_progress_note_hint() }
            />
        </Sheet>
    }
}

/// The promises that are usually made.
#[component]
fn SoonButtons(value: RwSignal<String>) -> impl IntoView {
    let lang = use_lang();
    let now = use_workspace().now();
    let soon = [1, 2, 4].map(|hours: i64| {
        let choose = move |_| {
            let instant = now.get_untracked().plus_millis(hours * Timestamp::HOUR_MS);
            value.set(local_time::to_field(instant));
        };
        view! {
            <button class="button" type="button" data-size="s" on:click=choose>
                {move || lang.words().job_promise_in_hours(hours)}
            </button>
        }
    });
    let tomorrow = move |_| {
        let instant = start_of_tomorrow(now.get_untracked()).plus_millis(9 * Timestamp::HOUR_MS);
        value.set(local_time::to_field(instant));
    };
    view! {
        <div class="button-row">
            {soon}
            <button class="button" type="button" data-size="s" on:click=tomorrow>{t!(lang, job_promise_tomorrow)}</button>
        </div>
    }
}

/// Whether the customer is usually promised something with such an entry.
pub(crate) const fn takes_promise(kind: ProgressKind) -> bool {
    matches!(
        kind,
        ProgressKind::ContactedCustomer
            | ProgressKind::VisitArranged
            | ProgressKind::WaitingForParts
            | ProgressKind::WaitingForCustomer
    )
}

/// A part as it is being typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TypedPart {
    name: String,
    part_number: String,
    old_serial: String,
    new_serial: String,
    quantity: u32,
    note: String,
}

/// One part out, another in.
#[component]
pub(super) fn PartSheet(
    ticket: TicketId,
    #[prop(into)] number: Signal<String>,
    open: RwSignal<bool>,
) -> impl IntoView {
    const SHOWN: &[Field] = &[
        Field::PartName,
        Field::PartNumber,
        Field::OldSerial,
        Field::NewSerial,
        Field::Quantity,
        Field::Note,
    ];
    let saving = use_saving(ticket, open);
    let lang = saving.lang;
    let text = || RwSignal::new(String::new());
    let (name, part_number, old_serial, new_serial, note) = (text(), text(), text(), text(), text());
    let quantity = RwSignal::new(1);
    saving.keep_typed(
        || "part".to_owned(),
        || TypedPart {
            name: String::new(),
            part_number: String::new(),
            old_serial: String::new(),
            new_serial: String::new(),
            quantity: 1,
            note: String::new(),
        },
        |_, _| true,
        move |typed| {
            name.set(typed.name);
            part_number.set(typed.part_number);
            old_serial.set(typed.old_serial);
            new_serial.set(typed.new_serial);
            quantity.set(typed.quantity);
            note.set(typed.note);
        },
        move || TypedPart {
            name: name.get(),
            part_number: part_number.get(),
            old_serial: old_serial.get(),
            new_serial: new_serial.get(),
            quantity: quantity.get(),
            note: note.get(),
        },
    );
    let save = move |()| {
        let typed = |text: RwSignal<String>| text.get_untracked().trim().to_owned();
        saving.save(Action::ReplacePart(PartReplacement {
            name: typed(name),
            part_number: typed(part_number),
            old_serial: typed(old_serial),
            new_serial: typed(new_serial),
            quantity: quantity.get_untracked(),
            note: typed(note),
        }));
    };
    view! {
        <Sheet saving title=t!(lang, part_title) number shown=SHOWN on_save=save>
            <div class="form__grid">
                <TextField
                    label=move || lang.words().field(Field::PartName)
                    value=name
                    error=saving.at(Field::PartName)
                    mark=FieldMark::Required
                />
                <TextField
                    label=move || lang.words().field(Field::PartNumber)
                    value=part_number
                    kind=TextKind::Code
                    error=saving.at(Field::PartNumber)
                />
            </div>
            <div class="form__grid">
                <TextField
                    label=move || lang.words().field(Field::OldSerial)
                    value=old_serial
                    kind=TextKind::Code
                    error=saving.at(Field::OldSerial)
                />
                <TextField
                    label=move || lang.words().field(Field::NewSerial)
                    value=new_serial
                    kind=TextKind::Code
                    error=saving.at(Field::NewSerial)
                />
                <Stepper label=move || lang.words().field(Field::Quantity) value=quantity />
                <TextArea
                    label=move || lang.words().field(Field::Note)
                    value=note
                    rows=2
                    wide=true
                    error=saving.at(Field::Note)
                />
            </div>
        </Sheet>
    }
}

/// A contact as it is being typed, and the one that it was when somebody began to correct it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TypedContact {
    before: Customer,
    typed: Customer,
}

/// Whom to talk to, corrected.
#[component]
pub(super) fn ContactSheet(
    ticket: TicketId,
    #[prop(into)] number: Signal<String>,
    open: RwSignal<bool>,
    view: Signal<Arc<TicketView>>,
) -> impl IntoView {
    const SHOWN: &[Field] = &[Field::CustomerName, Field::Company, Field::Phone, Field::Email];
    let saving = use_saving(ticket, open);
    let lang = saving.lang;
    let text = || RwSignal::new(String::new());
    let (name, company, phone, email) = (text(), text(), text(), text());
    let language = RwSignal::new(None::<Locale>);
    let (before, seen) = (RwSignal::new(Customer::default()), StoredValue::new(Seen::default()));
    let typed = move || Customer {
        name: name.get(),
        company: company.get(),
        phone: phone.get(),
        email: email.get(),
        language: language
            .get()
            .map_or_else(|| before.read().language.clone(), |locale| locale.tag().to_owned()),
    };
    saving.keep_typed(
        || "contact".to_owned(),
        move || {
            let before = view.read().ticket.contact.value.clone();
            TypedContact { typed: before.clone(), before }
        },
        // Saved over a contact that somebody else has corrected meanwhile, a draft would undo that.
        |kept, fresh| kept.before == fresh.before,
        move |contact| {
            seen.set_value(view.read_untracked().ticket.seen.clone());
            before.set(contact.before);
            language.set(Locale::from_tag(&contact.typed.language));
            name.set(contact.typed.name);
            company.set(contact.typed.company);
            phone.set(contact.typed.phone);
            email.set(contact.typed.email);
        },
        move || TypedContact { before: before.get(), typed: typed() },
    );
    let save = move |()| {
        let Customer { name, company, phone, email, language } = untrack(typed);
        let trimmed = |text: String| text.trim().to_owned();
        let contact = Customer {
            name: trimmed(name),
            company: trimmed(company),
            phone: trimmed(phone),
            email: trimmed(email),
            language,
        };
        saving.save_by(Action::EditContact(contact), seen.get_value());
    };
    view! {
        <Sheet saving title=t!(lang, job_contact_title) number shown=SHOWN on_save=save>
            <div class="form__grid">
                <TextField
                    label=move || lang.words().field(Field::CustomerName)
                    value=name
                    kind=TextKind::Name
                    error=saving.at(Field::CustomerName)
                />
                <TextField
                    label=move || lang.words().field(Field::Company)
                    value=company
                    error=saving.at(Field::Company)
                />
                <TextField
                    label=move || lang.words().field(Field::Phone)
                    value=phone
                    kind=TextKind::Phone
                    error=saving.at(Field::Phone)
                />
                <TextField
                    label=move || lang.words().field(Field::Email)
                    value=email
                    kind=TextKind::Email
                    error=saving.at(Field::Email)
                />
                <Segmented
                    label=t!(lang, job_contact_language)
                    options=Locale::ALL.to_vec()
                    value=language
                    word=Locale::own_name
                    on_choose=move |chosen| language.set(Some(chosen))
                    wide=true
                />
            </div>
        </Sheet>
    }
}

/// Says why something can't be done now, to whoever asked by tapping it.
#[component]
pub(super) fn WhyNot(
    /// The reason, while it is asked for.
    refusal: RwSignal<Option<Refusal>>,
) -> impl IntoView {
    let lang = use_lang();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(refusal.read().is_some()));
    Effect::new(move |_| {
        if !open.get() && refusal.read_untracked().is_some() {
            refusal.set(None);
        }
    });
    let said = Memo::new(move |former: Option<&(String, String)>| match &*refusal.read() {
        Some(refusal) => lang.words().refusal(refusal),
        None => former.cloned().unwrap_or_default(),
    });
    view! {
        <Dialog
            open
            title=move || said.read().0.clone()
            size=DialogSize::Question
            on_submit=move |()| open.set(false)
            footer=move || view! { <button class="button" type="submit" data-kind="primary">{t!(lang, understood)}</button> }
        >
            <p>{move || said.read().1.clone()}</p>
        </Dialog>
    }
}
