//! The end of the work: what was found, what was done, why it broke, what remains.

use domain::ticket::{Action, Completion, ResponsibleParty};
use domain::{Field, TicketId};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde::{Deserialize, Serialize};

use super::job_page::{JobLoading, JobMissing};
use super::recorder::{Recording, use_recorder};
use super::sheets::NotSaved;
use super::ticket_gate::{gate, use_addressed_ticket};
use crate::device::drafts::Draft;
use crate::i18n::use_lang;
use crate::shell::FieldShell;
use crate::t;
use crate::tickets::number_of;
use crate::ui::{FieldMark, FormErrors, Icon, Notice, Segmented, TextArea, Tone, use_toasts};
use crate::workspace::use_workspace;

/// Where an engineer says what was found and done.
#[component]
pub fn CompletionPage() -> impl IntoView {
    let lang = use_lang();
    let ticket = use_addressed_ticket();
    move || {
        gate(
            ticket.get(),
            || view! { <JobLoading /> },
            || view! { <JobMissing /> },
            move |ticket, view| {
                let number = move || {
                    let view = view.read();
                    number_of(ticket, view.ticket.number.as_ref(), lang.words())
                };
                let number = Signal::derive(number);
                let settled = draft_of(ticket).settled();
                view! {
                    <Show when=move || settled.get() fallback=|| view! { <JobLoading /> }>
                        <CompletionForm ticket number />
                    </Show>
                }
            },
        )
    }
}

/// What has been typed so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Typed {
    found: String,
    done: String,
    cause: String,
    responsible: Option<ResponsibleParty>,
    remaining: String,
}

impl From<Typed> for Completion {
    fn from(typed: Typed) -> Self {
        let trimmed = |text: String| text.trim().to_owned();
        Self {
            found: trimmed(typed.found),
            done: trimmed(typed.done),
            cause: trimmed(typed.cause),
            responsible: typed.responsible.unwrap_or(ResponsibleParty::Unknown),
            remaining: trimmed(typed.remaining),
        }
    }
}

fn draft_of(ticket: TicketId) -> Draft {
    Draft::of(use_workspace().person().read_untracked().id, "completion", ticket)
}

#[component]
fn CompletionForm(ticket: TicketId, number: Signal<String>) -> impl IntoView {
    const SHOWN: &[Field] = &[Field::Found, Field::Done, Field::Cause, Field::Remaining];
    let lang = use_lang();
    let workspace = use_workspace();
    let toasts = use_toasts();
    let recorder = use_recorder();
    let errors = FormErrors::new();
    let draft = draft_of(ticket);
    let typed: Typed = draft.load().unwrap_or_default();
    let (found, done) = (RwSignal::new(typed.found), RwSignal::new(typed.done));
    let (cause, remaining) = (RwSignal::new(typed.cause), RwSignal::new(typed.remaining));
    let responsible = RwSignal::new(typed.responsible);
    let typed = move || Typed {
        found: found.get(),
        done: done.get(),
        cause: cause.get(),
        responsible: responsible.get(),
        remaining: remaining.get(),
    };
    // Once recorded, nothing may bring the draft back.
    let recorded = StoredValue::new(false);
    {
        let draft = draft.clone();
        Effect::new(move |_| {
            let typed = typed();
            if !recorded.get_value() && typed != Typed::default() {
                draft.keep(&typed);
            }
        });
    }
    let navigate = use_navigate();
    let save = Callback::new(move |()| {
        let action = Action::Complete(untrack(typed).into());
        if !errors.take(untrack(|| workspace.may(ticket, &action))) {
            return;
        }
        let (draft, navigate) = (draft.clone(), navigate.clone());
        let recording = Recording::of(ticket, action).typed_in(Some(draft.clone()));
        recorder.keep(recording, move || {
            recorded.set_value(true);
            draft.clear();
            toasts.say(t!(lang, saved_here));
            navigate(
                &format!("/jobs/{ticket}"),
                NavigateOptions { replace: true, ..NavigateOptions::default() },
            );
        });
    });
    let actions = move || {
        view! {
            <p class="action-bar__note">{t!(lang, complete_note)}</p>
            <button
                class="button"
                type="button"
                data-kind="primary"
                data-size="l"
                data-busy=recorder.is_busy()
                aria-disabled=move || recorder.is_busy().get().then_some("true")
                on:click=move |_| save.run(())
            >
                <Icon name="check" />
                {t!(lang, complete_save)}
            </button>
        }
    };
    let beyond = errors.beyond(lang, SHOWN);
    let at = move |field| errors.at(lang, field);
    let label = move |field| move || lang.words().field(field);
    view! {
        <FieldShell title=t!(lang, complete_title) sub=number back=format!("/jobs/{ticket}") actions=actions>
            <form
                class="form"
                novalidate
                on:input=move |_| errors.clear()
                on:submit=move |event| {
                    event.prevent_default();
                    save.run(());
                }
            >
                <NotSaved recorder />
                {move || beyond.get().map(|(title, text)| view! { <Notice tone=Tone::Danger title text answers=true /> })}
                <section class="panel">
                    <div class="panel__body">
                        <div class="form">
                            <TextArea label=label(Field::Found) value=found rows=4 hint=t!(lang, complete_found_hint) error=at(Field::Found) />
                            <TextArea label=label(Field::Done) value=done rows=4 hint=t!(lang, complete_done_hint) error=at(Field::Done) />
                            <TextArea label=label(Field::Cause) value=cause rows=2 mark=FieldMark::Optional error=at(Field::Cause) />
                            <Segmented
                                label=t!(lang, complete_responsible)
                                options=ResponsibleParty::ALL.to_vec()
                                value=responsible
                                word=move |party| lang.words().responsible(party)
                                on_choose=move |party| responsible.set(Some(party))
                                hint=t!(lang, complete_responsible_hint)
                            />
                            <TextArea label=label(Field::Remaining) value=remaining rows=2 mark=FieldMark::Optional hint=t!(lang, complete_remaining_hint) error=at(Field::Remaining) />
                        </div>
                    </div>
                </section>
            </form>
        </FieldShell>
    }
}
