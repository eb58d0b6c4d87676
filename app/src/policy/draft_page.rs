//! One draft: edited here, kept on the server while it is edited, tried out, and published.

use std::sync::Arc;

use domain::Timestamp;
use domain::people::Role;
use domain::sla::Policy;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map};
use serde_json::Value;
use sync::policies::{Draft, KeptDraft, Version, Versions};

use super::calls::{self, Failure};
use super::differences::DifferencesView;
use super::draft_keeping::{Close, Keeper, Keeping, Step};
use super::editor::Editor;
use super::machine::{Machine, MachineSection};
use super::policy_page::ReadFailure;
use super::publish::PublishDialog;
use super::sections::{Section, Sections};
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
            let draft = calls::draft(&id).await?;
            let versions = calls::versions().await?;
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

/// What of a draft is edited on its page.
#[derive(Debug, Clone, PartialEq)]
struct Edited {
    name: String,
    base: u32,
    document: Policy,
}

impl Edited {
    fn seen(self, seen: Option<Timestamp>) -> KeptDraft<Policy> {
        let Self { name, base, document } = self;
        // A draft has a name, be it being typed.
        let name = if name.trim().is_empty() { "—".to_owned() } else { name.trim().to_owned() };
        KeptDraft { name, base, document, seen }
    }
}

/// Carries out what the keeper says. It belongs to no page: what is under way when one is left is brought to its end.
#[derive(Debug, Clone)]
struct Sender {
    id: Arc<str>,
    keeper: ArcRwSignal<Keeper<Edited>>,
}

impl Sender {
    /// Tells the keeper, and does what it says.
    fn tell(&self, tell: impl FnOnce(&mut Keeper<Edited>) -> Option<Step<Edited>>) {
        if let Some(step) = self.keeper.try_update(tell).flatten() {
            spawn_local(self.clone().carry_out(step));
        }
    }

    fn edited(&self, edited: Edited) {
        let Some(edition) = self.keeper.try_update(|keeper| keeper.edited(edited)) else { return };
        let sender = self.clone();
        spawn_local(async move {
            clock::sleep(KEEP_AFTER_MS).await;
            sender.tell(|keeper| keeper.due(edition));
        });
    }

    async fn carry_out(self, first: Step<Edited>) {
        let mut next = Some(first);
        while let Some(step) = next {
            next = match step {
                Step::Put { body, seen } => {
                    let answer = calls::keep_draft(&self.id, &body.seen(seen)).await;
                    let kept = answer.map(|kept| kept.head.updated_at);
                    self.keeper.try_update(|keeper| keeper.answered(kept)).flatten()
                }
                Step::Drop => {
                    let dropped = calls::drop_draft(&self.id).await;
                    if let Err(failure) = &dropped {
                        leptos::logging::warn!("a draft could not be thrown away: {failure:?}");
                    }
                    self.keeper.try_update(|keeper| keeper.dropped(dropped));
                    None
                }
            };
        }
    }
}

#[component]
fn Desk(draft: Draft<Value>, versions: Versions, #[prop(into)] on_reload: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
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
    let based_on = RwSignal::new(head.base);
    let edited = move || Edited { name: name.get(), base: based_on.get(), document: editor.policy().get() };
    let keeper = ArcRwSignal::new(Keeper::new(untrack(edited), head.updated_at));
    let sender = Sender { id: head.id.to_string().into(), keeper: keeper.clone() };
    let keeping = Memo::new(move |_| keeper.read().keeping());
    Effect::watch(
        edited,
        {
            let sender = sender.clone();
            move |edited: &Edited, _, _| sender.edited(edited.clone())
        },
        false,
    );
    network::on_online({
        let sender = sender.clone();
        move || sender.tell(Keeper::now)
    });
    network::on_hidden({
        let sender = sender.clone();
        move || sender.tell(Keeper::now)
    });
    // Whoever leaves the page within the pause, or while something is under way, loses nothing.
    on_cleanup({
        let sender = sender.clone();
        move || sender.tell(|keeper| keeper.left(untrack(edited)))
    });
    let sender = StoredValue::new(sender);
    let tell = move |tell: fn(&mut Keeper<Edited>) -> Option<Step<Edited>>| {
        sender.with_value(|sender| sender.tell(tell));
    };
    let navigate = use_navigate();
    Effect::new(move |_| {
        // Gone before the list of drafts is read again.
        if keeping.get() == Keeping::Gone {
            navigate("/policy", NavigateOptions::default());
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
                based_on.set(latest.version);
                base.set(latest);
            }
        }
    };
    let shown = RwSignal::new(Section::Targets);
    let publishing = RwSignal::new(false);
    let dropping = RwSignal::new(false);
    let published = move |version: Version| {
        let number = version.policy.version;
        toasts.say(move || lang.words().publish_done(number));
        tell(|keeper| keeper.close(Close::Published));
    };
    let drop_it = move |()| tell(|keeper| keeper.close(Close::Dropped));
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
    let failure = move || match keeping.get() {
        Keeping::Failed(failure) => Some(failure),
        Keeping::Kept(_) | Keeping::Sending | Keeping::Gone => None,
    };
    // Lets go of what is on the screen.
    let reload = move |_| {
        tell(|keeper| {
            keeper.abandon();
            None
        });
        on_reload.run(());
    };
    let overwrite = move |_| tell(Keeper::overwrite);
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
            <KeepingMark keeping />
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
                        let offline = failure == Failure::Unreachable;
                        let ways = match failure {
                            Failure::DraftChanged => {
                                view! {
                                    <button class="button" type="button" data-size="s" on:click=reload>
                                        {t!(lang, draft_reload)}
                                    </button>
                                    <button class="button" type="button" data-size="s" on:click=overwrite>
                                        {t!(lang, draft_overwrite)}
                                    </button>
                                }
                                .into_any()
                            }
                            Failure::DraftGone => {
                                view! {
                                    <button class="button" type="button" data-size="s" on:click=overwrite>
                                        {t!(lang, draft_overwrite)}
                                    </button>
                                }
                                .into_any()
                            }
                            _ => {
                                view! {
                                    <button class="button" type="button" data-size="s" on:click=move |_| tell(Keeper::now)>
                                        {t!(lang, people_try_again)}
                                    </button>
                                }
                                .into_any()
                            }
                        };
                        let title = move || {
                            let words = lang.words();
                            if offline { words.draft_offline().to_owned() } else { words.draft_not_kept().to_owned() }
                        };
                        let text = move || if offline { lang.words().draft_offline_text().to_owned() } else { failure.said(lang.words()) };
                        view! {
                            <Notice tone=if offline { Tone::Warn } else { Tone::Danger } title text answers=true>
                                {ways}
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
fn KeepingMark(keeping: Memo<Keeping>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let look = move || match &*keeping.read() {
        Keeping::Kept(_) => ("server", "cloud-check"),
        Keeping::Sending | Keeping::Gone => ("sending", "cloud-up"),
        Keeping::Failed(Failure::Unreachable) => ("refused", "cloud-off"),
        Keeping::Failed(_) => ("refused", "alert"),
    };
    let said = move || {
        let words = lang.words();
        match &*keeping.read() {
            Keeping::Kept(at) => words.draft_kept(when.instant(*at)),
            Keeping::Sending | Keeping::Gone => words.draft_keeping().to_owned(),
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
