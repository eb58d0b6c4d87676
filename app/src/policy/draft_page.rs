//! One draft: edited here, kept on the server while it is edited, tried out, and published.

use domain::Timestamp;
use domain::people::Role;
use domain::sla::Policy;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map};

use super::differences::DifferencesView;
use super::editor::Editor;
use super::machine::{Machine, MachineSection};
use super::policy_page::ReadFailure;
use super::publish::PublishDialog;
use super::sections::{Section, Sections};
use super::server::{self, Draft, Failure, KeptDraft, Version, Versions};
use crate::device::{clock, network};
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::use_when;
use crate::ui::{Confirm, Empty, Icon, Notice, Skeleton, Tone, use_toasts};
use crate::workspace::use_workspace;

/// Pause in typing after which a draft is kept, in milliseconds.
const KEEP_AFTER_MS: u32 = 700;

/// The page of a draft.
#[component]
pub fn DraftPage() -> impl IntoView {
    let lang = use_lang();
    let person = use_workspace().person();
    let is_admin = Memo::new(move |_| person.read().role == Role::Admin);
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let asked = RwSignal::new(0_u32);
    let loaded = LocalResource::new(move || {
        asked.track();
        let id = id.get();
        async move {
            let draft = server::draft(&id).await?;
            let versions = server::versions().await?;
            Ok::<_, Failure>((draft, versions))
        }
    });
    let shown = move || {
        match loaded.get() {
        None => view! { <div class="page" aria-busy="true"><Skeleton bars=5 /></div> }.into_any(),
        Some(Err(failure)) => {
            view! { <div class="page"><ReadFailure failure on_retry=move |()| asked.update(|asked| *asked += 1) /></div> }
                .into_any()
        }
        Some(Ok((draft, versions))) => {
            view! { <Desk draft versions on_reload=move |()| asked.update(|asked| *asked += 1) /> }.into_any()
        }
    }
    };
    view! {
        <Show
            when=move || is_admin.get()
            fallback=move || {
                view! {
                    <div class="page">
                        <Empty icon="shield" title=t!(lang, policy_not_admin_title) text=t!(lang, policy_not_admin_text) />
                    </div>
                }
            }
        >
            <Transition fallback=move || view! { <div class="page"><Skeleton bars=5 /></div> }>{shown}</Transition>
        </Show>
    }
}

/// How the draft on the server stands to the one on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Keeping {
    Kept(Timestamp),
    Waiting,
    Sending,
    Failed(Failure),
}

/// Keeps a draft while it is edited.
#[derive(Clone, Copy)]
struct Keeper {
    id: StoredValue<String>,
    editor: Editor,
    name: RwSignal<String>,
    base: RwSignal<u32>,
    seen: RwSignal<Timestamp>,
    state: RwSignal<Keeping>,
    /// Moves with each edit.
    edition: StoredValue<u64>,
}

impl Keeper {
    fn edited(self) {
        self.edition.update_value(|edition| *edition += 1);
        let edition = self.edition.get_value();
        if self.state.get_untracked() != Keeping::Sending {
            self.state.set(Keeping::Waiting);
        }
        spawn_local(async move {
            clock::sleep(KEEP_AFTER_MS).await;
            if self.edition.try_get_value() == Some(edition) {
                self.keep().await;
            }
        });
    }

    fn body(self, seen: Option<Timestamp>) -> KeptDraft {
        let typed = self.name.get_untracked();
        let name = if typed.trim().is_empty() { "—".to_owned() } else { typed.trim().to_owned() };
        KeptDraft {
            name,
            base: self.base.get_untracked(),
            document: self.editor.policy().get_untracked(),
            seen,
        }
    }

    async fn keep(self) {
        // One after the other: each builds on the one before.
        if self.state.try_get_untracked() == Some(Keeping::Sending) {
            return;
        }
        loop {
            let Some(edition) = self.edition.try_get_value() else { return };
            self.state.set(Keeping::Sending);
            let body = self.body(Some(self.seen.get_untracked()));
            let id = self.id.get_value();
            let answer = server::keep_draft(&id, &body).await;
            let Some(now) = self.edition.try_get_value() else { return };
            match answer {
                Ok(kept) => {
                    self.seen.set(kept.head.updated_at);
                    self.state.set(Keeping::Kept(kept.head.updated_at));
                }
                Err(failure) => {
                    self.state.set(Keeping::Failed(failure));
                    return;
                }
            }
            if now == edition {
                return;
            }
        }
    }

    fn keep_now(self) {
        spawn_local(self.keep());
    }

    /// Keeps it whatever somebody else has made of it.
    fn overwrite(self) {
        spawn_local(async move {
            let body = self.body(None);
            let id = self.id.get_value();
            self.state.set(Keeping::Sending);
            let answer = server::keep_draft(&id, &body).await;
            match answer {
                Ok(kept) => {
                    self.seen.try_set(kept.head.updated_at);
                    self.state.try_set(Keeping::Kept(kept.head.updated_at));
                }
                Err(failure) => {
                    self.state.try_set(Keeping::Failed(failure));
                }
            }
        });
    }

    fn is_dirty(self) -> bool {
        !matches!(self.state.get_untracked(), Keeping::Kept(_))
    }
}

#[component]
fn Desk(draft: Draft, versions: Versions, #[prop(into)] on_reload: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let Draft { head, document } = draft;
    let base = versions.find(head.base).or_else(|| versions.latest()).map(|version| version.policy.clone());
    let base = RwSignal::new(base.unwrap_or_else(Policy::shipped));
    let Ok(policy) = serde_json::from_value::<Policy>(document) else {
        return view! {
            <div class="page">
                <Empty icon="alert" title=t!(lang, draft_unreadable) text=t!(lang, draft_unreadable_text) tone=Tone::Danger />
            </div>
        }
        .into_any();
    };
    let editor = Editor::new(policy, false);
    provide_context(editor);
    let machine = Machine::new(editor);
    let name = RwSignal::new(head.name.clone());
    let keeper = Keeper {
        id: StoredValue::new(head.id.clone()),
        editor,
        name,
        base: RwSignal::new(head.base),
        seen: RwSignal::new(head.updated_at),
        state: RwSignal::new(Keeping::Kept(head.updated_at)),
        edition: StoredValue::new(0),
    };
    Effect::watch(
        move || {
            editor.policy().track();
            name.track();
            keeper.base.track();
        },
        move |(), _, _| keeper.edited(),
        false,
    );
    network::on_online(move || {
        if keeper.is_dirty() {
            keeper.keep_now();
        }
    });
    network::on_hidden(move || {
        if keeper.is_dirty() {
            keeper.keep_now();
        }
    });
    // Whoever leaves the page within the pause loses nothing.
    on_cleanup(move || {
        if keeper.is_dirty() {
            let (id, body) = (keeper.id.get_value(), keeper.body(Some(keeper.seen.get_untracked())));
            spawn_local(async move {
                if let Err(failure) = server::keep_draft(&id, &body).await {
                    leptos::logging::warn!("a draft was not kept: {failure:?}");
                }
            });
        }
    });
    let latest = versions.latest().map(|version| version.policy.clone());
    let newer = {
        let latest = latest.clone();
        move || {
            latest
                .as_ref()
                .map(|latest| latest.version)
                .filter(|version| *version != base.with(|base| base.version))
        }
    };
    let rebase = {
        move |_| {
            if let Some(latest) = latest.clone() {
                keeper.base.set(latest.version);
                base.set(latest);
            }
        }
    };
    let shown = RwSignal::new(Section::Targets);
    let publishing = RwSignal::new(false);
    let dropping = RwSignal::new(false);
    let leave =
        move |navigate: &dyn Fn(&str, NavigateOptions)| navigate("/policy", NavigateOptions::default());
    let published = {
        let navigate = navigate.clone();
        move |version: Version| {
            let id = keeper.id.get_value();
            // Nothing is left to keep.
            keeper.edition.update_value(|edition| *edition += 1);
            keeper.state.set(Keeping::Kept(clock::now()));
            let number = version.policy.version;
            toasts.say(move || lang.words().publish_done(number));
            let navigate = navigate.clone();
            spawn_local(async move {
                // Gone before the list of drafts is read again.
                if let Err(failure) = server::drop_draft(&id).await {
                    leptos::logging::warn!("the published draft is still there: {failure:?}");
                }
                leave(&navigate);
            });
        }
    };
    let drop_it = move |()| {
        let navigate = navigate.clone();
        spawn_local(async move {
            match server::drop_draft(&keeper.id.get_value()).await {
                Ok(()) | Err(Failure::Unknown) => {
                    keeper.state.try_set(Keeping::Kept(clock::now()));
                    leave(&navigate);
                }
                Err(failure) => {
                    keeper.state.try_set(Keeping::Failed(failure));
                }
            }
        });
    };
    let other = move |section: Section| match section {
        Section::Machine => view! { <MachineSection machine /> }.into_any(),
        _ => view! { <DifferencesView before=base after=editor.policy() /> }.into_any(),
    };
    let sections = vec![
        Section::Targets,
        Section::Calendars,
        Section::Holidays,
        Section::Departments,
        Section::Contracts,
        Section::Reminders,
        Section::Differences,
        Section::Machine,
    ];
    let failure = move || match keeper.state.get() {
        Keeping::Failed(failure) => Some(failure),
        _ => None,
    };
    view! {
        <header class="office-bar">
            <A href="/policy" attr:class="icon-button" attr:aria-label=t!(lang, policy_back)><Icon name="back" /></A>
            <h1 class="office-bar__title">{t!(lang, draft_title)}</h1>
            <input
                class="input draft-name"
                type="text"
                aria-label=t!(lang, draft_name)
                autocomplete="off"
                bind:value=name
            />
            <KeepingMark state=keeper.state />
            <div class="office-bar__end">
                <button
                    class="icon-button"
                    type="button"
                    aria-label=t!(lang, draft_drop)
                    title=t!(lang, draft_drop)
                    on:click=move |_| dropping.set(true)
                >
                    <Icon name="trash" />
                </button>
                <button class="button" type="button" data-kind="primary" on:click=move |_| publishing.set(true)>
                    {t!(lang, publish_ask)}
                </button>
            </div>
        </header>
        <div class="scroll">
            <div class="page policy" data-width="full">
                {move || {
                    newer().map(|version| {
                        let rebase = rebase.clone();
                        view! {
                            <Notice
                                tone=Tone::Warn
                                title=move || lang.words().draft_behind(version)
                                text=t!(lang, draft_behind_text)
                            >
                                <button class="button" type="button" data-size="s" on:click=rebase>
                                    {move || lang.words().draft_rebase(version)}
                                </button>
                            </Notice>
                        }
                    })
                }}
                <Sections sections shown other />
                <div class="policy-aside">
                {move || {
                    failure().map(|failure| {
                        let changed = failure == Failure::DraftChanged;
                        let offline = failure == Failure::Unreachable;
                        let title = move || {
                            let words = lang.words();
                            if offline { words.draft_offline().to_owned() } else { words.draft_not_kept().to_owned() }
                        };
                        let text = move || if offline { lang.words().draft_offline_text().to_owned() } else { failure.said(lang.words()) };
                        view! {
                            <Notice tone=if offline { Tone::Warn } else { Tone::Danger } title text answers=true>
                                {if changed {
                                    view! {
                                        <button class="button" type="button" data-size="s" on:click=move |_| {
                                            keeper.state.set(Keeping::Kept(clock::now()));
                                            on_reload.run(());
                                        }>{t!(lang, draft_reload)}</button>
                                        <button class="button" type="button" data-size="s" on:click=move |_| keeper.overwrite()>
                                            {t!(lang, draft_overwrite)}
                                        </button>
                                    }.into_any()
                                } else {
                                    view! {
                                        <button class="button" type="button" data-size="s" on:click=move |_| keeper.keep_now()>
                                            {t!(lang, people_try_again)}
                                        </button>
                                    }.into_any()
                                }}
                            </Notice>
                        }
                    })
                }}
                </div>
            </div>
        </div>
        <PublishDialog
            open=publishing
            machine
            base
            on_mend=move |section: Section| shown.set(section)
            on_published=published
        />
        <Confirm
            open=dropping
            title=move || lang.words().draft_drop_ask(name.get())
            text=t!(lang, draft_drop_text)
            action=t!(lang, draft_drop)
            destroys=true
            on_confirm=drop_it
        />
    }
    .into_any()
}

/// Where the last edit is.
#[component]
fn KeepingMark(state: RwSignal<Keeping>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let look = move || match &*state.read() {
        Keeping::Kept(_) => ("server", "cloud-check"),
        Keeping::Waiting | Keeping::Sending => ("sending", "cloud-up"),
        Keeping::Failed(Failure::Unreachable) => ("refused", "cloud-off"),
        Keeping::Failed(_) => ("refused", "alert"),
    };
    let said = move || {
        let words = lang.words();
        match &*state.read() {
            Keeping::Kept(at) => words.draft_kept(when.instant(*at)),
            Keeping::Waiting | Keeping::Sending => words.draft_keeping().to_owned(),
            Keeping::Failed(_) => words.draft_not_kept_short().to_owned(),
        }
    };
    view! {
        <span class="sync-mark draft-mark" role="status" data-state=move || look().0>
            {move || view! { <Icon name=look().1 /> }}
            <span>{said}</span>
        </span>
    }
}
