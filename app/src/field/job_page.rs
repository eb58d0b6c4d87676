//! One job: everything about it, and the next step under the thumb.

use std::sync::Arc;

use domain::ticket::{
    Action, Assignment, Completion, Nothing, PartReplacement, Progress, ProgressKind, ResponsibleParty, Stage,
};
use domain::{Refusal, TicketId};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;

use super::job_panels::{
    CompletionPanel, Conflicts, CustomerPanel, EarlierPanel, HistoryPanel, JobHead, PartsPanel, ProductPanel,
    SignOffPanel, VisitsPanel, WordsPanel,
};
use super::next_step::NextStep;
use super::recorder::{Recorder, use_recorder};
use super::sheets::{ContactSheet, NotSaved, PartSheet, ProgressSheet, WhyNot};
use super::ticket_gate::{gate, use_addressed_ticket};
use crate::device::kiosk;
use crate::i18n::{Words, use_lang};
use crate::office::{PlanPanel, QualityPanel};
use crate::photos::PhotosPanel;
use crate::shell::FieldShell;
use crate::t;
use crate::tickets::number_of;
use crate::ui::{Empty, Icon, Skeleton, use_toasts};
use crate::workspace::{TicketView, use_workspace};

/// One job.
#[component]
pub fn JobPage() -> impl IntoView {
    let ticket = use_addressed_ticket();
    move || {
        gate(
            ticket.get(),
            || view! { <JobLoading /> },
            || view! { <JobMissing /> },
            |ticket, view| view! { <Job ticket view /> },
        )
    }
}

/// A job that is being read from the tablet.
#[component]
pub(super) fn JobLoading() -> impl IntoView {
    let lang = use_lang();
    view! {
        <FieldShell title=t!(lang, job_title) back="/">
            <div aria-busy="true"><Skeleton bars=6 /></div>
        </FieldShell>
    }
}

/// A job that isn't on this device.
#[component]
pub(super) fn JobMissing() -> impl IntoView {
    let lang = use_lang();
    view! {
        <FieldShell title=t!(lang, job_title) back="/">
            <Empty icon="question" title=t!(lang, job_missing) text=t!(lang, job_missing_more)>
                <A href="/" attr:class="button">{t!(lang, job_to_list)}</A>
            </Empty>
        </FieldShell>
    }
}

/// Which sheet is open.
#[derive(Clone, Copy)]
struct Sheets {
    progress: RwSignal<bool>,
    progress_kind: RwSignal<ProgressKind>,
    part: RwSignal<bool>,
    contact: RwSignal<bool>,
    why_not: RwSignal<Option<Refusal>>,
}

impl Sheets {
    fn new() -> Self {
        Self {
            progress: RwSignal::new(false),
            progress_kind: RwSignal::new(ProgressKind::Note),
            part: RwSignal::new(false),
            contact: RwSignal::new(false),
            why_not: RwSignal::new(None),
        }
    }

    fn open_progress(self, kind: ProgressKind) {
        self.progress_kind.set(kind);
        self.progress.set(true);
    }
}

#[component]
fn Job(ticket: TicketId, view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let sheets = Sheets::new();
    let recorder = use_recorder();
    let number = Signal::derive(move || {
        let view = view.read();
        number_of(ticket, view.ticket.number.as_ref(), lang.words())
    });
    let company = move || {
        let view = view.read();
        let contact = &view.ticket.contact.value;
        if contact.company.is_empty() { contact.name.clone() } else { contact.company.clone() }
    };
    let actions = move || view! { <Actions ticket view sheets recorder /> };
    view! {
        <FieldShell title=company sub=number back="/" actions=actions>
            <article class="job">
                <NotSaved recorder />
                <Conflicts view />
                <JobHead view />
                <div class="job__body">
                    <div class="job__main">
                        <WordsPanel view />
                        <PhotosPanel view />
                        <PlanPanel view />
                        <QualityPanel view />
                        <SignOffPanel view />
                        <CompletionPanel view />
                        <HistoryPanel view />
                    </div>
                    <div class="job__side">
                        <CustomerPanel view edit=move |()| sheets.contact.set(true) />
                        <ProductPanel view />
                        <PartsPanel view />
                        <VisitsPanel view />
                        <EarlierPanel view />
                    </div>
                </div>
            </article>
            <ProgressSheet ticket number open=sheets.progress preset=sheets.progress_kind view />
            <PartSheet ticket number open=sheets.part />
            <ContactSheet ticket number open=sheets.contact view />
            <WhyNot refusal=sheets.why_not />
        </FieldShell>
    }
}

/// The bar: what else can be done, each in its place, and the next step.
#[component]
fn Actions(
    ticket: TicketId,
    view: Signal<Arc<TicketView>>,
    sheets: Sheets,
    recorder: Recorder,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let toasts = use_toasts();
    let person = workspace.person();
    let next = Memo::new(move |_| NextStep::of(&view.read().ticket, person.read().id));
    // What ends the work, and what begins or ends a visit: on the right of the others unless it is the next step itself.
    let finishing = Memo::new(move |_| match view.read().ticket.stage {
        Stage::Done => NextStep::HandOver,
        _ => NextStep::Complete,
    });
    let visiting = Memo::new(move |_| match view.read().ticket.open_visit(person.read().id) {
        Some(_) => NextStep::CheckOut,
        None => NextStep::CheckIn,
    });
    let may = move |action: Action| Memo::new(move |_| workspace.may(ticket, &action).err());
    let record = move |action: Action, said: fn(Words) -> &'static str| {
        recorder.record(ticket, action, move || toasts.say(move || said(lang.words())));
    };
    let navigate = use_navigate();
    let go = Callback::new(move |(path, replace): (String, bool)| {
        navigate(&path, NavigateOptions { replace, ..NavigateOptions::default() });
    });
    let take = move |step: NextStep| match step {
        NextStep::Take => {
            let me = person.read_untracked();
            record(Action::Assign(Assignment { person: me.id, department: me.department }), Words::job_taken);
        }
        NextStep::Contact => sheets.open_progress(ProgressKind::ContactedCustomer),
        NextStep::Resume => record(progress(ProgressKind::WorkResumed), Words::saved_here),
        NextStep::SetOut => record(progress(ProgressKind::OnTheWay), Words::saved_here),
        NextStep::CheckIn => record(Action::CheckIn(Nothing {}), Words::saved_here),
        NextStep::Complete => go.run((format!("/jobs/{ticket}/complete"), false)),
        NextStep::HandOver => {
            kiosk::take_whole_screen();
            go.run((format!("/jobs/{ticket}/sign-off"), true));
        }
        NextStep::CheckOut => record(Action::CheckOut(Nothing {}), Words::saved_here),
    };
    let primary = move || {
        next.get().map(|step| {
            let refusal = move || match step {
                NextStep::HandOver => None,
                step => workspace.may(ticket, &probe(step, &person.read())).err(),
            };
            let refusal = Memo::new(move |_| refusal());
            let press = move |_| match refusal.get_untracked() {
                Some(refusal) => sheets.why_not.set(Some(refusal)),
                None => take(step),
            };
            view! {
                <button
                    class="button"
                    type="button"
                    data-kind="primary"
                    data-size="l"
                    data-busy=recorder.is_busy()
                    aria-disabled=move || (refusal.read().is_some() || recorder.is_busy().get()).then_some("true")
                    on:click=press
                >
                    <Icon name=step.icon() />
                    {move || step_words(step, lang.words())}
                </button>
            }
        })
    };
    view! {
        <div class="action-bar__rest">
            <ActionButton
                icon="note"
                label=t!(lang, action_progress)
                refusal=may(progress(ProgressKind::OnTheWay))
                sheets
                on_press=move |()| sheets.open_progress(ProgressKind::Note)
            />
            <ActionButton
                icon="part-swap"
                label=t!(lang, action_part)
                refusal=may(some_part())
                sheets
                on_press=move |()| sheets.part.set(true)
            />
            {move || (next.get() != Some(finishing.get())).then(|| match finishing.get() {
                NextStep::HandOver => view! {
                    <ActionButton
                        icon="signature"
                        label=t!(lang, action_sign)
                        refusal=Memo::new(move |_| {
                            view.read().ticket.sign_off().is_some().then_some(Refusal::AlreadySigned)
                        })
                        sheets
                        on_press=move |()| take(NextStep::HandOver)
                    />
                }
                .into_any(),
                _ => view! {
                    <ActionButton
                        icon="check"
                        label=t!(lang, action_complete)
                        refusal=may(some_completion())
                        sheets
                        on_press=move |()| take(NextStep::Complete)
                    />
                }
                .into_any(),
            })}
            {move || (next.get() != Some(visiting.get())).then(|| match visiting.get() {
                NextStep::CheckOut => view! {
                    <ActionButton
                        icon="check-out"
                        label=t!(lang, step_check_out)
                        refusal=may(Action::CheckOut(Nothing {}))
                        sheets
                        on_press=move |()| take(NextStep::CheckOut)
                    />
                }
                .into_any(),
                _ => view! {
                    <ActionButton
                        icon="door"
                        label=t!(lang, step_check_in)
                        refusal=may(Action::CheckIn(Nothing {}))
                        sheets
                        on_press=move |()| take(NextStep::CheckIn)
                    />
                }
                .into_any(),
            })}
        </div>
        {primary}
    }
}

/// One of the smaller buttons. When it can't be used, it says why to whoever presses it.
#[component]
fn ActionButton(
    icon: &'static str,
    #[prop(into)] label: Signal<String>,
    refusal: Memo<Option<Refusal>>,
    sheets: Sheets,
    #[prop(into)] on_press: Callback<()>,
) -> impl IntoView {
    let lang = use_lang();
    let press = move |_| match refusal.get_untracked() {
        Some(refusal) => sheets.why_not.set(Some(refusal)),
        None => on_press.run(()),
    };
    let why = move || refusal.read().as_ref().map(|refusal| lang.words().refusal(refusal).0);
    view! {
        <button
            class="action"
            type="button"
            aria-disabled=move || refusal.read().is_some().then_some("true")
            title=why
            on:click=press
        >
            <Icon name=icon />
            {label}
        </button>
    }
}

fn progress(kind: ProgressKind) -> Action {
    Action::LogProgress(Progress { kind, note: String::new(), promised: None })
}

/// An action whose content is in order, to ask whether its kind is possible.
fn probe(step: NextStep, me: &domain::people::Person) -> Action {
    match step {
        NextStep::Take => Action::Assign(Assignment { person: me.id, department: me.department }),
        NextStep::Contact => progress(ProgressKind::ContactedCustomer),
        NextStep::Resume => progress(ProgressKind::WorkResumed),
        NextStep::SetOut => progress(ProgressKind::OnTheWay),
        NextStep::CheckIn => Action::CheckIn(Nothing {}),
        NextStep::Complete | NextStep::HandOver => some_completion(),
        NextStep::CheckOut => Action::CheckOut(Nothing {}),
    }
}

fn some_part() -> Action {
    Action::ReplacePart(PartReplacement {
        name: "-".to_owned(),
        part_number: String::new(),
        old_serial: String::new(),
        new_serial: String::new(),
        quantity: 1,
        note: String::new(),
    })
}

fn some_completion() -> Action {
    Action::Complete(Completion {
        found: "-".to_owned(),
        done: "-".to_owned(),
        cause: String::new(),
        responsible: ResponsibleParty::Unknown,
        remaining: String::new(),
    })
}

fn step_words(step: NextStep, words: Words) -> &'static str {
    match step {
        NextStep::Take => words.job_take(),
        NextStep::Contact => words.step_contact(),
        NextStep::Resume => words.step_resume(),
        NextStep::SetOut => words.step_set_out(),
        NextStep::CheckIn => words.step_check_in(),
        NextStep::Complete => words.step_complete(),
        NextStep::HandOver => words.step_hand_over(),
        NextStep::CheckOut => words.step_check_out(),
    }
}
