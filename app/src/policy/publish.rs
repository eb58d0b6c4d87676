//! Publishing a draft: from when on, why, and what it changes.

use domain::Timestamp;
use domain::sla::Policy;
use leptos::prelude::*;
use leptos::task::spawn_local;
use sync::policies::{NewPolicy, Version};

use super::calls::{self, Failure};
use super::difference::differences;
use super::machine::{Machine, Run, summary};
use super::sections::Section;
use crate::device::local_time;
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{Dialog, DialogSize, Icon, Notice, Segmented, TextArea, TextField, TextKind, Tone};
use crate::workspace::use_workspace;

/// From when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Now,
    Later,
}

/// Most differences that are told one by one.
const TOLD: usize = 8;

/// Asks for what is needed, and publishes.
#[component]
pub(super) fn PublishDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// The draft, and what the time machine says of it.
    machine: Machine,
    /// The version that it was made from.
    #[prop(into)]
    base: Signal<Policy>,
    /// Called to show where something has to be mended.
    #[prop(into)]
    on_mend: Callback<Section>,
    /// Called with what was published.
    #[prop(into)]
    on_published: Callback<Version>,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (directory, now) = (workspace.directory(), workspace.now());
    let editor = machine.editor;
    let from = RwSignal::new(From::Now);
    let (at, note) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let tried = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    Effect::new(move |_| {
        if open.get() {
            failure.set(None);
            tried.set(false);
            from.set(From::Now);
            let tomorrow = now.get_untracked().plus_millis(Timestamp::DAY_MS);
            at.set(format!("{}T00:00", local_time::to_field(tomorrow).split('T').next().unwrap_or_default()));
        }
    });
    let effective = move || match from.get() {
        From::Now => Some(None),
        From::Later => local_time::from_field(&at.read()).map(Some),
    };
    let at_error = Signal::derive(move || {
        if !tried.get() || from.get() == From::Now {
            return None;
        }
        let words = lang.words();
        match effective().flatten() {
            None => Some(words.date_time_unreadable().to_owned()),
            Some(at) if at <= now.get_untracked() => Some(words.publish_past().to_owned()),
            Some(_) => None,
        }
    });
    let note_error = Signal::derive(move || {
        (tried.get() && note.read().trim().is_empty()).then(|| lang.words().publish_note_missing().to_owned())
    });
    let publish = move || {
        if busy.get_untracked() || !editor.is_sound() {
            return;
        }
        tried.set(true);
        if at_error.get_untracked().is_some() || note_error.get_untracked().is_some() {
            return;
        }
        let Some(effective) = effective() else { return };
        let policy =
            Policy { note: note.get_untracked().trim().to_owned(), ..editor.policy().get_untracked() };
        let wanted = NewPolicy { base: base.with_untracked(|base| base.version), effective, policy };
        busy.set(true);
        failure.set(None);
        spawn_local(async move {
            let answer = calls::publish(&wanted).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(version) => {
                    open.set(false);
                    on_published.run(version);
                }
                Err(error) => failure.set(Some(error)),
            }
        });
    };
    let sound = Memo::new(move |_| editor.is_sound());
    let footer = move || {
        view! {
            <button class="button" type="button" on:click=move |_| open.set(false)>{t!(lang, ui_cancel)}</button>
            <button
                class="button"
                type="submit"
                data-kind="primary"
                data-busy=move || busy.get().then_some("")
                aria-disabled=move || (busy.get() || !sound.get()).then_some("true")
            >
                {move || busy.get().then(|| view! { <Icon name="sync" turning=true /> })}
                {t!(lang, publish)}
            </button>
        }
    };
    let problems = move || {
        let words = lang.words();
        let said = editor.problems().get().into_iter().map(|problem| {
            let section = Section::of(&problem);
            let text = editor.with(|policy| words.policy_problem(&problem, policy));
            view! {
                <li>
                    <button
                        class="link-button"
                        type="button"
                        on:click=move |_| {
                            open.set(false);
                            on_mend.run(section);
                        }
                    >
                        {text}
                    </button>
                </li>
            }
        });
        let unread = editor.unread();
        view! {
            <div class="notice" data-tone="danger" role="alert">
                <Icon name="alert" />
                <div class="notice__text">
                    <p class="notice__title">{t!(lang, publish_not_yet)}</p>
                    <ul class="publish__problems">
                        {said.collect_view()}
                        {(unread != 0).then(|| view! { <li>{words.publish_unread(unread)}</li> })}
                    </ul>
                </div>
            </div>
        }
    };
    let changes = move || {
        let found = base.with(|base| editor.with(|policy| differences(base, policy)));
        let words = lang.words();
        if found.is_empty() {
            return view! { <p class="secondary">{words.differences_none()}</p> }.into_any();
        }
        let more = found.len().saturating_sub(TOLD);
        let directory = directory.read();
        let lines = found.iter().take(TOLD).map(|difference| words.difference(difference, &directory));
        let lines = lines.map(|line| view! { <li>{line}</li> }).collect_view();
        view! {
            <ul class="publish__changes">
                {lines}
                {(more != 0).then(|| view! { <li class="secondary">{words.publish_more(more)}</li> })}
            </ul>
        }
        .into_any()
    };
    let tried_out = move || {
        let words = lang.words();
        machine.run.with(|run| match run {
            Run::Done(report, _, period) if !machine.is_stale() => summary(report, *period, words),
            Run::Done(..) => words.machine_stale().to_owned(),
            _ => words.machine_not_run().to_owned(),
        })
    };
    view! {
        <Dialog open title=t!(lang, publish_title) size=DialogSize::Large on_submit=move |()| publish() footer>
            <div class="form">
                <Show when=move || !sound.get()>{problems}</Show>
                {move || {
                    failure.get().map(|failure| {
                        let said = move || failure.said(lang.words());
                        view! { <Notice tone=Tone::Danger title=said answers=true /> }
                    })
                }}
                <section class="form__section">
                    <h3 class="form__title">{t!(lang, policy_differences)}</h3>
                    {changes}
                </section>
                <section class="form__section">
                    <h3 class="form__title">{t!(lang, machine_title)}</h3>
                    <p>{tried_out}</p>
                </section>
                <Segmented
                    label=t!(lang, publish_from)
                    options=vec![From::Now, From::Later]
                    value=Signal::derive(move || Some(from.get()))
                    word=move |from: From| match from {
                        From::Now => lang.words().publish_now(),
                        From::Later => lang.words().publish_later(),
                    }
                    on_choose=move |chosen| from.set(chosen)
                />
                <Show when=move || from.get() == From::Later>
                    <TextField label=t!(lang, publish_at) value=at kind=TextKind::Moment error=at_error />
                </Show>
                <TextArea
                    label=t!(lang, publish_note)
                    value=note
                    hint=t!(lang, publish_note_hint)
                    error=note_error
                />
            </div>
        </Dialog>
    }
}
