//! The sheets that come up from the bottom of a job: progress, part, contact; and the one that says why not.

use std::sync::Arc;

use domain::ticket::{Action, Customer, PartReplacement, Progress, ProgressKind};
use domain::{Field, Refusal, TicketId, Timestamp};
use leptos::prelude::*;

use super::job_list_page::start_of_tomorrow;
use super::links;
use super::recorder::{Recorder, use_recorder};
use crate::device::local_time;
use crate::i18n::{Lang, Locale, use_lang};
use crate::t;
use crate::tickets::glyph;
use crate::ui::{
    ChoiceChips, Dialog, DialogSize, FieldMark, FormErrors, Icon, Notice, Segmented, Stepper, TextArea,
    TextField, TextKind, ToastBoard, Tone, use_toasts,
};
use crate::workspace::{TicketView, Workspace, use_workspace};

/// The buttons of a sheet: cancel and save.
#[component]
fn SheetFoot(open: RwSignal<bool>, recorder: Recorder) -> impl IntoView {
    let lang = use_lang();
    view! {
        <p class="dialog__foot-note">{t!(lang, sheet_where_saved)}</p>
        <button class="button" type="button" on:click=move |_| open.set(false)>{t!(lang, ui_cancel)}</button>
        <button
            class="button"
            type="submit"
            data-kind="primary"
            data-busy=recorder.is_busy()
            aria-disabled=move || recorder.is_busy().get().then_some("true")
        >
            {t!(lang, sheet_save)}
        </button>
    }
}

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

/// What is wrong beyond the form's own fields.
#[component]
fn Beyond(errors: FormErrors, shown: &'static [Field]) -> impl IntoView {
    let beyond = errors.beyond(use_lang(), shown);
    move || beyond.get().map(|(title, text)| view! { <Notice tone=Tone::Danger title text answers=true /> })
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
}

/// The way of a sheet's content into the record. What was wrong before is forgotten when the sheet opens.
fn use_saving(ticket: TicketId, open: RwSignal<bool>) -> Saving {
    let (errors, recorder) = (FormErrors::new(), use_recorder());
    Effect::new(move |_| {
        if open.get() {
            errors.clear();
            recorder.clear();
        }
    });
    Saving {
        ticket,
        open,
        lang: use_lang(),
        workspace: use_workspace(),
        toasts: use_toasts(),
        errors,
        recorder,
    }
}

impl Saving {
    fn save(self, action: Action) {
        let Self { ticket, open, lang, toasts, .. } = self;
        if self.errors.take(untrack(|| self.workspace.may(ticket, &action))) {
            self.recorder.record(ticket, action, move || {
                open.set(false);
                toasts.say(t!(lang, saved_on_tablet));
            });
        }
    }

    fn at(self, field: Field) -> Signal<Option<String>> {
        self.errors.at(self.lang, field)
    }
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
    const SHOWN: &[Field] = &[Field::Note];
    let saving = use_saving(ticket, open);
    let lang = saving.lang;
    let kind = RwSignal::new(ProgressKind::Note);
    let (note, promised) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    Effect::new(move |_| {
        if open.get() {
            kind.set(preset.get_untracked());
            note.set(String::new());
            promised.set(String::new());
        }
    });
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
        <Dialog
            open
            title=t!(lang, job_progress_title)
            sub=number
            on_submit=save
            footer=move || view! { <SheetFoot open recorder=saving.recorder /> }
        >
            <div class="form" on:input=move |_| saving.errors.clear()>
                <NotSaved recorder=saving.recorder />
                <Beyond errors=saving.errors shown=SHOWN />
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
            </div>
        </Dialog>
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
    Effect::new(move |_| {
        if open.get() {
            for text in [name, part_number, old_serial, new_serial, note] {
                text.set(String::new());
            }
            quantity.set(1);
        }
    });
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
        <Dialog
            open
            title=t!(lang, part_title)
            sub=number
            on_submit=save
            footer=move || view! { <SheetFoot open recorder=saving.recorder /> }
        >
            <div class="form" on:input=move |_| saving.errors.clear()>
                <NotSaved recorder=saving.recorder />
                <Beyond errors=saving.errors shown=SHOWN />
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
            </div>
        </Dialog>
    }
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
    Effect::new(move |_| {
        if open.get() {
            let contact = view.read_untracked().ticket.contact.value.clone();
            language.set(Locale::from_tag(&contact.language));
            for (text, known) in [
                (name, contact.name),
                (company, contact.company),
                (phone, contact.phone),
                (email, contact.email),
            ] {
                text.set(known);
            }
        }
    });
    let save = move |()| {
        let typed = |text: RwSignal<String>| text.get_untracked().trim().to_owned();
        saving.save(Action::EditContact(Customer {
            name: typed(name),
            company: typed(company),
            phone: typed(phone),
            email: typed(email),
            language: language.get_untracked().map_or_else(String::new, |locale| locale.tag().to_owned()),
        }));
    };
    view! {
        <Dialog
            open
            title=t!(lang, job_contact_title)
            sub=number
            on_submit=save
            footer=move || view! { <SheetFoot open recorder=saving.recorder /> }
        >
            <div class="form" on:input=move |_| saving.errors.clear()>
                <NotSaved recorder=saving.recorder />
                <Beyond errors=saving.errors shown=SHOWN />
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
            </div>
        </Dialog>
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
