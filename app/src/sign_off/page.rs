//! The handed-over tablet: which step it shows, what is kept, and the way back to the engineer.

use std::sync::Arc;

use domain::ticket::{Action, SignOff};
use domain::{Field, Problem, Refusal, TicketId};
use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;

use super::entry::Entry;
use super::progress::{Entered, Manner, Progress, Step};
use super::sheet::{ShownSheet, sheet};
use super::steps::{RateStep, ReadStep, SignStep, reason_words};
use crate::device::drafts::Draft;
use crate::device::intl::{self, Form};
use crate::device::kiosk;
use crate::field::{Recording, gate, use_addressed_ticket, use_recorder};
use crate::i18n::{Lang, Locale, Words, provide_lang, use_lang};
use crate::t;
use crate::tickets::deed::{Speaker, join};
use crate::ui::{Confirm, Empty, Icon, Notice, Segmented, Skeleton, Tone};
use crate::workspace::{TicketView, use_workspace};

/// The customer's answer to the work of one ticket.
#[component]
pub fn SignOffPage() -> impl IntoView {
    let ticket = use_addressed_ticket();
    move || {
        gate(
            ticket.get(),
            || view! { <div class="handover"><main class="handover__main"><Skeleton bars=6 /></main></div> },
            || view! { <NotHere /> },
            |ticket, view| view! { <HandOver ticket view /> },
        )
    }
}

#[component]
fn NotHere() -> impl IntoView {
    let lang = use_lang();
    view! {
        <main class="starting">
            <Empty icon="question" title=t!(lang, job_missing) text=t!(lang, job_missing_more)>
                <A href="/" attr:class="button">{t!(lang, job_to_list)}</A>
            </Empty>
        </main>
    }
}

/// How the customer's answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It is being given.
    Asking,
    /// It has just been given, on this tablet.
    Thanks,
    /// It was there before.
    Before,
}

#[component]
fn HandOver(ticket: TicketId, view: Signal<Arc<TicketView>>) -> impl IntoView {
    let workspace = use_workspace();
    let own_lang = use_lang();
    // Of this cycle of the work: after a reopening nothing of an earlier answer may turn up again.
    let cycle = view.read_untracked().ticket.cycle;
    let draft =
        Draft::of(workspace.person().read_untracked().id, "sign-off", format_args!("{ticket}/{cycle}"));
    let kept: Option<Progress> = draft.load();
    let first_locale =
        kept.as_ref().map_or_else(|| customers_locale(&view.read_untracked(), own_lang), Progress::locale);
    let lang = provide_lang(first_locale);

    let fresh = move || {
        let now = workspace.now().get_untracked();
        let directory = workspace.directory().get();
        write_sheet(&view.read(), &directory, lang.words(), now)
    };
    let was_begun = kept.is_some();
    let (first_shown, first_step, entered) = match kept {
        Some(progress) => (progress.shown, progress.step, progress.entered),
        None => (untrack(fresh), Step::default(), Entered::default()),
    };
    let shown = RwSignal::new(first_shown);
    let step = RwSignal::new(first_step);
    let entry = Entry::new(entered);
    let given = RwSignal::new(false);
    let phase = Memo::new(move |_| match view.read().ticket.sign_off() {
        None if !given.get() => Phase::Asking,
        Some(_) if !was_begun && !given.get() => Phase::Before,
        _ => Phase::Thanks,
    });
    // Also with the language: a sheet in another language is another sheet.
    let overtaken =
        Memo::new(move |_| phase.get() == Phase::Asking && shown.read().is_overtaken_by(&fresh()));
    {
        let draft = draft.clone();
        Effect::new(move |_| {
            let progress = Progress {
                language: lang.locale().tag().to_owned(),
                shown: shown.get(),
                step: step.get(),
                entered: entry.entered(),
            };
            if phase.get() != Phase::Before {
                draft.keep(&progress);
            }
        });
    }
    let show_again = Callback::new(move |()| {
        entry.forget_signature();
        shown.set(untrack(fresh));
        step.set(Step::Read);
    });
    let speak = move |locale: Locale| {
        if locale != lang.locale() {
            lang.set(locale);
            let at = step.get_untracked();
            show_again.run(());
            // Nothing was signed before the last step, so the customer may go on where they are.
            if at != Step::Sign {
                step.set(at);
            }
        }
    };

    let hold = kiosk::hold_here();
    let asking_back = RwSignal::new(false);
    let navigate = use_navigate();
    let hand_back = Callback::new(move |()| {
        draft.clear();
        kiosk::leave_whole_screen();
        let navigate = navigate.clone();
        hold.release(move || {
            let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
            navigate(&format!("/jobs/{ticket}"), options);
        });
    });

    let body = move || match phase.get() {
        Phase::Asking => {
            view! { <Asking ticket view shown step entry overtaken show_again given asking_back /> }
                .into_any()
        }
        Phase::Thanks => view! {
            <Thanks view />
            <footer class="handover__foot"><BackButton asking_back /></footer>
        }
        .into_any(),
        Phase::Before => view! {
            <Before />
            <footer class="handover__foot"><BackButton asking_back /></footer>
        }
        .into_any(),
    };
    let company = move || {
        let (person, directory) = (workspace.person().get(), workspace.directory().get());
        let department = directory.department(person.department).map(|department| department.name.clone());
        join(department.into_iter().chain([person.name]))
    };
    view! {
        <div class="handover" lang=move || lang.locale().tag()>
            <header class="handover__top">
                <span class="handover__company">{company}</span>
                <Show when=move || phase.get() == Phase::Asking>
                    <Steps step />
                </Show>
                <Segmented
                    label=t!(lang, sign_language)
                    hide_label=true
                    options=Locale::ALL.to_vec()
                    value=Signal::derive(move || Some(lang.locale()))
                    word=Locale::own_name
                    on_choose=speak
                />
            </header>
            {body}
            <Confirm
                open=asking_back
                title=t!(lang, sign_hand_back)
                text=move || {
                    let words = lang.words();
                    if phase.get() == Phase::Asking { words.sign_hand_back_unfinished() } else { words.sign_hand_back_done() }
                }
                action=t!(lang, sign_hand_back_do)
                on_confirm=hand_back
            />
        </div>
    }
}

/// The language to begin with: the customer's, or else the engineer's.
fn customers_locale(view: &TicketView, own: Lang) -> Locale {
    Locale::from_tag(&view.ticket.contact.value.language).unwrap_or_else(|| untrack(|| own.locale()))
}

fn write_sheet(
    view: &TicketView,
    directory: &domain::people::Directory,
    words: Words,
    now: domain::Timestamp,
) -> ShownSheet {
    let instant = |instant| intl::instant(words.0, instant, Form::FullDayTime);
    sheet(&view.ticket, &Speaker { words, directory, instant: &instant }, now)
}

#[component]
fn Steps(step: RwSignal<Step>) -> impl IntoView {
    let lang = use_lang();
    let steps = Step::ALL.into_iter().enumerate().map(|(index, one)| {
        let is_done = move || one < step.get();
        view! {
            <li
                class="step"
                data-done=is_done
                aria-current=move || (step.get() == one).then_some("step")
            >
                <span class="step__number">
                    {move || if is_done() { view! { <Icon name="check" /> }.into_any() } else { (index + 1).into_any() }}
                </span>
                {move || step_words(one, lang.words())}
            </li>
        }
    });
    view! { <ol class="steps">{steps.collect_view()}</ol> }
}

fn step_words(step: Step, words: Words) -> &'static str {
    match step {
        Step::Read => words.sign_step_read(),
        Step::Rate => words.sign_step_rate(),
        Step::Sign => words.sign_step_sign(),
    }
}

/// The customer reads, rates and signs.
#[component]
fn Asking(
    ticket: TicketId,
    view: Signal<Arc<TicketView>>,
    shown: RwSignal<ShownSheet>,
    step: RwSignal<Step>,
    entry: Entry,
    overtaken: Memo<bool>,
    show_again: Callback<()>,
    given: RwSignal<bool>,
    asking_back: RwSignal<bool>,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let recorder = use_recorder();
    let heading = NodeRef::<html::H1>::new();
    let main = NodeRef::<html::Main>::new();
    let turn_to = move |to: Step| {
        step.set(to);
        if let Some(main) = main.get_untracked() {
            main.set_scroll_top(0);
        }
        if let Some(heading) = heading.get_untracked() {
            // Fails only for an element outside the page.
            let _ = heading.focus();
        }
    };
    let action = move || {
        let words = lang.words();
        let answer = entry.entered().answer(|reason| reason_words(reason, words));
        Action::SignOff(Box::new(SignOff::new(shown.get().sheet, answer)))
    };
    let refusal = Memo::new(move |_| workspace.may(ticket, &action()).err());
    // What is wrong with the form is the customer's to mend; anything else is the engineer's.
    let is_customers =
        |refusal: &Refusal| matches!(refusal, Refusal::Invalid { field, .. } if *field != Field::Sheet);
    let blocked = Memo::new(move |_| refusal.get().filter(|refusal| !is_customers(refusal)));
    let why_not = Signal::derive(move || {
        let words = lang.words();
        match (step.get(), overtaken.get(), refusal.get()) {
            (_, true, _) => Some(words.sign_overtaken_first().to_owned()),
            (Step::Sign, _, Some(refusal)) => Some(needs(&refusal, words)),
            _ => None,
        }
    });
    let go_on = move |_| {
        if why_not.read_untracked().is_some() || recorder.is_busy().get_untracked() {
            return;
        }
        match step.get_untracked() {
            Step::Read => turn_to(Step::Rate),
            Step::Rate => turn_to(Step::Sign),
            Step::Sign => {
                let seen = shown.read_untracked().seen.clone();
                recorder.keep(Recording::of(ticket, untrack(action)).by(seen), move || given.set(true));
            }
        }
    };
    let title = move || {
        let words = lang.words();
        match step.get() {
            Step::Read => words.sign_read_title(),
            Step::Rate => words.sign_rate_title(),
            Step::Sign => words.sign_sign_title(),
        }
    };
    let lead = move || {
        let words = lang.words();
        match step.get() {
            Step::Read => words.sign_read_lead(),
            Step::Rate => words.sign_rate_lead(),
            Step::Sign => words.sign_sign_lead(),
        }
    };
    let primary = move || {
        let words = lang.words();
        match (step.get(), entry.manner.get()) {
            (Step::Read | Step::Rate, _) => words.sign_continue(),
            (Step::Sign, Manner::Refused) => words.sign_record_refusal(),
            (Step::Sign, _) => words.sign_confirm(),
        }
    };
    let primary_icon =
        Signal::derive(move || if step.get() == Step::Sign { "signature" } else { "chevron-right" });
    let shown_sheet: Signal<ShownSheet> = shown.into();
    view! {
        <main class="handover__main" node_ref=main>
            <div class="handover__column">
                {move || overtaken.get().then(|| view! {
                    <Notice tone=Tone::Warn title=t!(lang, sign_overtaken) text=t!(lang, sign_overtaken_more) answers=true>
                        <button class="button" type="button" data-kind="primary" on:click=move |_| show_again.run(())>
                            {t!(lang, sign_show_again)}
                        </button>
                    </Notice>
                })}
                {move || blocked.get().map(|refusal| {
                    let (title, text) = lang.words().refusal(&refusal);
                    view! { <Notice tone=Tone::Danger title text answers=true /> }
                })}
                {move || recorder.problem().get().map(|problem| {
                    let (title, text) = lang.words().record_error(&problem);
                    view! { <Notice tone=Tone::Danger title text answers=true /> }
                })}
                <h1 class="handover__title" tabindex="-1" node_ref=heading>{title}</h1>
                <p class="handover__lead">{lead}</p>
                {move || match step.get() {
                    Step::Read => view! { <ReadStep shown=shown_sheet /> }.into_any(),
                    Step::Rate => view! { <RateStep entry /> }.into_any(),
                    Step::Sign => {
                        let contact = view.read_untracked().ticket.contact.value.name.clone();
                        view! { <SignStep shown=shown_sheet entry contact /> }.into_any()
                    }
                }}
            </div>
        </main>
        <footer class="handover__foot">
            <BackButton asking_back />
            {move || step.get().before().map(|before| view! {
                <button class="button" type="button" data-size="l" on:click=move |_| turn_to(before)>
                    <Icon name="chevron-left" />
                    {t!(lang, sign_back)}
                </button>
            })}
            <p class="handover__why" id="sign-why" role="status">{move || why_not.get()}</p>
            <button
                class="button"
                type="button"
                data-kind="primary"
                data-size="l"
                data-busy=move || recorder.is_busy().get()
                aria-disabled=move || (why_not.read().is_some() || recorder.is_busy().get()).then_some("true")
                aria-describedby="sign-why"
                on:click=go_on
            >
                <Icon name=primary_icon />
                {primary}
            </button>
        </footer>
    }
}

/// The way back to the engineer; asks first, because it stands where a customer may tap.
#[component]
fn BackButton(asking_back: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <button class="button" type="button" data-kind="quiet" data-size="l" on:click=move |_| asking_back.set(true)>
            <Icon name="lock" />
            {t!(lang, sign_hand_back)}
        </button>
    }
}

/// What the customer still has to do before they can confirm.
fn needs(refusal: &Refusal, words: Words) -> String {
    match refusal {
        Refusal::Invalid { field: Field::SignerName, problem: Problem::Missing } => {
            words.sign_needs_name().to_owned()
        }
        Refusal::Invalid { field: Field::Signature, problem: Problem::Missing } => {
            words.sign_needs_drawing().to_owned()
        }
        Refusal::Invalid { field: Field::Signature, problem: Problem::TooLittleInk } => {
            words.sign_needs_more_ink().to_owned()
        }
        Refusal::Invalid { field: Field::Signature, problem: Problem::TooLong | Problem::OutOfRange } => {
            words.sign_needs_less_ink().to_owned()
        }
        Refusal::Invalid { field: Field::Reason, problem: Problem::Missing } => {
            words.sign_needs_reason().to_owned()
        }
        refusal => words.refusal(refusal).0,
    }
}

#[component]
fn Thanks(view: Signal<Arc<TicketView>>) -> impl IntoView {
    let lang = use_lang();
    let refused = move || {
        let view = view.read();
        let answer = view.ticket.sign_off().map(|sign_off| &sign_off.fact.answer);
        matches!(answer, Some(domain::ticket::Answer::Refused { .. }))
    };
    view! {
        <main class="handover__main">
            <div class="handover__thanks" role="status">
                <Icon name="check-circle" />
                <h1 class="handover__title">{t!(lang, sign_thanks)}</h1>
                <p class="handover__lead">
                    {move || if refused() { lang.words().sign_thanks_refused() } else { lang.words().sign_thanks_signed() }}
                </p>
                <p>{t!(lang, sign_thanks_back)}</p>
            </div>
        </main>
    }
}

/// For the engineer: there is nothing left to sign.
#[component]
fn Before() -> impl IntoView {
    let lang = use_lang();
    view! {
        <main class="handover__main">
            <div class="handover__column">
                <Empty icon="stage-signed" title=t!(lang, sign_before) text=t!(lang, sign_before_more) />
            </div>
        </main>
    }
}
