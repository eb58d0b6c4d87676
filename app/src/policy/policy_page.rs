//! Which service levels hold, held and will hold, and the drafts of others.

use domain::PersonId;
use domain::people::Role;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map};
use sync::policies::{DraftHead, Drafts, KeptDraft, Standing, Version, Versions};

use super::calls::{self, Failure};
use super::difference::differences;
use super::differences::DifferencesView;
use super::editor::Editor;
use super::sections::{Section, Sections};
use crate::device::id;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::use_when;
use crate::ui::{Confirm, Empty, Icon, Notice, Skeleton, Tone, use_toasts};
use crate::workspace::use_workspace;

/// All versions and drafts.
#[component]
pub fn PolicyPage() -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let (person, directory) = (workspace.person(), workspace.directory());
    let role = Memo::new(move |_| person.read().role);
    let is_admin = Memo::new(move |_| role.get() == Role::Admin);
    let asked = RwSignal::new(0_u32);
    let revision = Memo::new(move |_| directory.read().revision);
    // Read again whenever the directory has changed: a version has taken effect.
    let loaded = LocalResource::new(move || {
        revision.track();
        asked.track();
        let with_drafts = is_admin.get();
        async move {
            let versions = calls::versions().await?;
            let drafts = if with_drafts { calls::drafts().await? } else { Drafts { drafts: Vec::new() } };
            Ok::<_, Failure>((versions, drafts))
        }
    });
    let ask_again = move || asked.update(|asked| *asked += 1);
    let failure = RwSignal::new(None::<Failure>);
    let shown = move || {
        match loaded.get() {
        None => view! { <div aria-busy="true"><Skeleton bars=5 /></div> }.into_any(),
        Some(Err(failure)) => view! { <ReadFailure failure on_retry=move |()| ask_again() /> }.into_any(),
        Some(Ok((versions, drafts))) => view! {
            <div class="stack">
                <InForce versions=versions.clone() />
                {is_admin
                    .get()
                    .then(|| {
                        view! { <DraftList drafts versions=versions.clone() failure on_changed=move |()| ask_again() /> }
                    })}
                <VersionList versions failure is_admin=is_admin.get() on_changed=move |()| ask_again() />
            </div>
        }
        .into_any(),
    }
    };
    view! {
        <header class="office-bar">
            <h1 class="office-bar__title">{t!(lang, policy_title)}</h1>
            <div class="office-bar__end">
                <A href="/what-if" attr:class="button"><Icon name="question" />{t!(lang, what_if_title)}</A>
            </div>
        </header>
        <div class="scroll">
            <div class="page">
                <Show
                    when=move || role.get().steers()
                    fallback=move || {
                        view! { <Empty icon="shield" title=t!(lang, policy_not_for_title) text=t!(lang, policy_not_for_text) /> }
                    }
                >
                    {move || {
                        failure.get().map(|failure| {
                            let said = move || failure.said(lang.words());
                            view! { <Notice tone=Tone::Danger title=said answers=true /> }
                        })
                    }}
                    <Transition fallback=move || view! { <Skeleton bars=5 /> }>{shown}</Transition>
                </Show>
            </div>
        </div>
    }
}

/// Why there is nothing to show.
#[component]
pub(super) fn ReadFailure(failure: Failure, #[prop(into)] on_retry: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let offline = failure == Failure::Unreachable;
    let title = move || {
        let words = lang.words();
        if offline { words.policy_offline_title() } else { words.policy_failed_title() }
    };
    let text = move || {
        let words = lang.words();
        if offline { words.policy_offline_text().to_owned() } else { failure.said(words) }
    };
    let tone = if offline { Tone::Plain } else { Tone::Danger };
    let icon = if offline { "cloud-off" } else { "alert" };
    view! {
        <Empty icon title text tone>
            <button class="button" type="button" on:click=move |_| on_retry.run(())>
                <Icon name="sync" />
                {t!(lang, people_try_again)}
            </button>
            {offline
                .then(|| view! { <A href="/what-if" attr:class="button"><Icon name="question" />{t!(lang, what_if_title)}</A> })}
        </Empty>
    }
}

/// Whether it is the version that the product comes with: nobody published it, and it holds from the start.
const fn is_shipped(version: u32, by: Option<PersonId>) -> bool {
    version == 1 && by.is_none()
}

fn path_of(version: u32) -> String {
    format!("/policy/versions/{version}")
}

#[component]
fn InForce(versions: Versions) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let directory = use_workspace().directory();
    let version = versions.in_force().cloned();
    version.map(|Version { policy, .. }| {
        let (number, effective, by, note) =
            (policy.version, policy.effective, policy.published_by, policy.note);
        let since = move || {
            let words = lang.words();
            if is_shipped(number, by) {
                words.policy_shipped().to_owned()
            } else {
                words.policy_since(when.instant(effective))
            }
        };
        let who = move || {
            let directory = directory.read();
            by.and_then(|by| directory.person(by)).map(|person| person.name.clone())
        };
        view! {
            <section class="panel in-force" aria-label=t!(lang, policy_in_force)>
                <div class="panel__body in-force__body">
                    <span class="badge" data-tone="ok">{t!(lang, policy_in_force)}</span>
                    <h2 class="in-force__title">{move || lang.words().policy_version(number)}</h2>
                    <p class="in-force__since">{since} {move || who().map(|who| format!(" · {who}"))}</p>
                    {(!note.is_empty()).then(|| view! { <p class="in-force__note">{note}</p> })}
                    <A href=path_of(number) attr:class="button">{t!(lang, policy_show)}</A>
                </div>
            </section>
        }
    })
}

#[component]
fn DraftList(
    drafts: Drafts,
    versions: Versions,
    failure: RwSignal<Option<Failure>>,
    #[prop(into)] on_changed: Callback<()>,
) -> impl IntoView {
    let lang = use_lang();
    let navigate = use_navigate();
    let busy = RwSignal::new(false);
    let count = drafts.drafts.len();
    let base = StoredValue::new(versions.latest().map(|version| version.policy.clone()));
    let make = move |_| {
        if busy.get_untracked() {
            return;
        }
        let Some(document) = base.get_value() else { return };
        busy.set(true);
        let navigate = navigate.clone();
        let name = lang.words().draft_new_name(count + 1);
        spawn_local(async move {
            let id = id::new_draft();
            let made = KeptDraft { name, base: document.version, document, seen: None };
            let answer = calls::keep_draft(&id, &made).await;
            busy.try_set(false);
            match answer {
                Ok(draft) => {
                    navigate(&format!("/policy/drafts/{}", draft.head.id), NavigateOptions::default());
                }
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
        });
    };
    let rows =
        drafts.drafts.into_iter().map(|draft| view! { <DraftRow draft failure on_changed /> }).collect_view();
    view! {
        <section class="panel" aria-label=t!(lang, drafts_title)>
            <header class="panel__head">
                <h2 class="panel__title">{t!(lang, drafts_title)}</h2>
                <div class="panel__end">
                    <button
                        class="button"
                        type="button"
                        data-kind="primary"
                        aria-disabled=move || busy.get().then_some("true")
                        on:click=make
                    >
                        <Icon name="plus" />
                        {t!(lang, draft_new)}
                    </button>
                </div>
            </header>
            {if count == 0 {
                view! { <div class="panel__body"><p class="secondary">{t!(lang, drafts_none)}</p></div> }.into_any()
            } else {
                view! {
                    <div class="panel__body" data-flush>
                        <div class="table-wrap">
                            <table class="table" data-stack aria-label=t!(lang, drafts_title)>
                                <thead>
                                    <tr>
                                        <th scope="col">{t!(lang, policy_name)}</th>
                                        <th scope="col">{t!(lang, draft_base)}</th>
                                        <th scope="col">{t!(lang, draft_changed_last)}</th>
                                        <th scope="col" data-fit>
                                            <span class="visually-hidden">{t!(lang, people_actions)}</span>
                                        </th>
                                    </tr>
                                </thead>
                                <tbody>{rows}</tbody>
                            </table>
                        </div>
                    </div>
                }
                .into_any()
            }}
        </section>
    }
}

#[component]
fn DraftRow(draft: DraftHead, failure: RwSignal<Option<Failure>>, on_changed: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let directory = use_workspace().directory();
    let DraftHead { id, name, base, updated_at, updated_by } = draft;
    let path = format!("/policy/drafts/{id}");
    let label = name.clone();
    let ask_name = name.clone();
    let asking = RwSignal::new(false);
    let who =
        move || directory.read().person(updated_by).map(|person| person.name.clone()).unwrap_or_default();
    let drop_it = move |()| {
        let id = id.to_string();
        spawn_local(async move {
            match calls::drop_draft(&id).await {
                Ok(()) | Err(Failure::DraftGone) => on_changed.run(()),
                Err(error) => {
                    failure.try_set(Some(error));
                }
            }
        });
    };
    view! {
        <tr>
            <th scope="row"><A href=path attr:class="table__link">{name}</A></th>
            <td data-label=t!(lang, draft_base)>{move || lang.words().policy_version(base)}</td>
            <td data-label=t!(lang, draft_changed_last)>{move || when.instant(updated_at)} " · " {who}</td>
            <td data-fit>
                <button
                    class="icon-button"
                    type="button"
                    aria-label=move || lang.words().draft_drop_named(&label)
                    title=t!(lang, draft_drop)
                    on:click=move |_| asking.set(true)
                >
                    <Icon name="trash" />
                </button>
                <Confirm
                    open=asking
                    title=move || lang.words().draft_drop_ask(&ask_name)
                    text=t!(lang, draft_drop_text)
                    action=t!(lang, draft_drop)
                    destroys=true
                    on_confirm=drop_it
                />
            </td>
        </tr>
    }
}

#[component]
fn VersionList(
    versions: Versions,
    failure: RwSignal<Option<Failure>>,
    is_admin: bool,
    #[prop(into)] on_changed: Callback<()>,
) -> impl IntoView {
    let lang = use_lang();
    let rows = versions.policies.iter().rev().map(|version| {
        let before = versions.before(version.policy.version);
        let count = before.map(|before| differences(&before.policy, &version.policy).len());
        view! { <VersionRow version=version.clone() count failure is_admin on_changed /> }
    });
    let rows = rows.collect_view();
    view! {
        <section class="panel" aria-label=t!(lang, versions_title)>
            <header class="panel__head"><h2 class="panel__title">{t!(lang, versions_title)}</h2></header>
            <div class="panel__body" data-flush>
                <div class="table-wrap">
                    <table class="table" data-stack aria-label=t!(lang, versions_title)>
                        <thead>
                            <tr>
                                <th scope="col">{t!(lang, version_number)}</th>
                                <th scope="col">{t!(lang, version_standing)}</th>
                                <th scope="col">{t!(lang, version_effective)}</th>
                                <th scope="col">{t!(lang, version_by)}</th>
                                <th scope="col">{t!(lang, version_note)}</th>
                                <th scope="col">{t!(lang, policy_differences)}</th>
                                <th scope="col" data-fit><span class="visually-hidden">{t!(lang, people_actions)}</span></th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </div>
        </section>
    }
}

#[component]
fn VersionRow(
    version: Version,
    count: Option<usize>,
    failure: RwSignal<Option<Failure>>,
    is_admin: bool,
    on_changed: Callback<()>,
) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let toasts = use_toasts();
    let directory = use_workspace().directory();
    let Version { standing, policy, .. } = version;
    let (number, effective, by, note) = (policy.version, policy.effective, policy.published_by, policy.note);
    let scheduled = standing == Standing::Scheduled;
    let asking = RwSignal::new(false);
    let withdraw = move |()| {
        spawn_local(async move {
            match calls::withdraw(number).await {
                Ok(()) => {
                    toasts.say(move || lang.words().withdraw_done(number));
                    on_changed.run(());
                }
                Err(error) => {
                    failure.try_set(Some(error));
                    on_changed.run(());
                }
            }
        });
    };
    let who = move || {
        let directory = directory.read();
        match by.and_then(|by| directory.person(by)) {
            Some(who) => who.name.clone(),
            None if is_shipped(number, by) => lang.words().policy_shipped_by().to_owned(),
            None => "—".to_owned(),
        }
    };
    let effective = move || {
        if is_shipped(number, by) {
            lang.words().policy_from_the_start().to_owned()
        } else {
            when.instant(effective)
        }
    };
    view! {
        <tr>
            <th scope="row"><A href=path_of(number) attr:class="table__link">{move || lang.words().policy_version(number)}</A></th>
            <td data-label=t!(lang, version_standing)><StandingBadge standing /></td>
            <td data-label=t!(lang, version_effective)>{effective}</td>
            <td data-label=t!(lang, version_by)>{who}</td>
            <td data-label=t!(lang, version_note)>{note}</td>
            <td data-label=t!(lang, policy_differences)>
                {move || count.map_or_else(|| "—".to_owned(), |count| lang.words().differences_count(count))}
            </td>
            <td data-fit>
                {(scheduled && is_admin)
                    .then(|| {
                        view! {
                            <button class="button" type="button" data-kind="danger" data-size="s" on:click=move |_| asking.set(true)>
                                {t!(lang, withdraw)}
                            </button>
                            <Confirm
                                open=asking
                                title=move || lang.words().withdraw_ask(number)
                                text=t!(lang, withdraw_text)
                                action=t!(lang, withdraw)
                                destroys=true
                                on_confirm=withdraw
                            />
                        }
                    })}
            </td>
        </tr>
    }
}

#[component]
fn StandingBadge(standing: Standing) -> impl IntoView {
    let lang = use_lang();
    let tone = match standing {
        Standing::InForce => Some("ok"),
        Standing::Scheduled => Some("accent"),
        Standing::Past => None,
    };
    let said = move || {
        let words = lang.words();
        match standing {
            Standing::InForce => words.policy_in_force(),
            Standing::Scheduled => words.policy_scheduled(),
            Standing::Past => words.policy_past(),
        }
    };
    view! { <span class="badge" data-tone=tone>{said}</span> }
}

/// One version, to be read.
#[component]
pub fn VersionPage() -> impl IntoView {
    let lang = use_lang();
    let person = use_workspace().person();
    let steers = Memo::new(move |_| person.read().role.steers());
    let params = use_params_map();
    let number =
        Memo::new(move |_| params.read().get("version").and_then(|version| version.parse::<u32>().ok()));
    let asked = RwSignal::new(0_u32);
    let loaded = LocalResource::new(move || {
        asked.track();
        calls::versions()
    });
    let shown = move || match (loaded.get(), number.get()) {
        (None, _) => view! { <Skeleton bars=5 /> }.into_any(),
        (Some(Err(failure)), _) => {
            view! { <ReadFailure failure on_retry=move |()| asked.update(|asked| *asked += 1) /> }.into_any()
        }
        (Some(Ok(versions)), number) => match number.and_then(|number| versions.find(number).cloned()) {
            None => view! { <Empty icon="question" title=t!(lang, version_unknown) /> }.into_any(),
            Some(version) => {
                let before = versions.before(version.policy.version).cloned();
                view! { <VersionView version before /> }.into_any()
            }
        },
    };
    view! {
        <header class="office-bar">
            <A href="/policy" attr:class="icon-button" attr:aria-label=t!(lang, policy_back)><Icon name="back" /></A>
            <h1 class="office-bar__title">
                {move || number.get().map(|number| lang.words().policy_version(number)).unwrap_or_default()}
            </h1>
        </header>
        <div class="scroll">
            <div class="page policy" data-width="full">
                <Show
                    when=move || steers.get()
                    fallback=move || {
                        view! { <Empty icon="shield" title=t!(lang, policy_not_for_title) text=t!(lang, policy_not_for_text) /> }
                    }
                >
                    <Transition fallback=move || view! { <Skeleton bars=5 /> }>{shown}</Transition>
                </Show>
            </div>
        </div>
    }
}

#[component]
fn VersionView(version: Version, before: Option<Version>) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let directory = use_workspace().directory();
    let Version { standing, policy, .. } = version;
    provide_context(Editor::new(policy.clone(), true));
    let (number, effective, by, note) =
        (policy.version, policy.effective, policy.published_by, policy.note.clone());
    let head = move || {
        let words = lang.words();
        let directory = directory.read();
        match by.and_then(|by| directory.person(by)) {
            Some(person) => words.version_head(when.instant(effective), &person.name),
            None if is_shipped(number, by) => words.policy_shipped().to_owned(),
            None => words.policy_since(when.instant(effective)),
        }
    };
    let mut sections = vec![
        Section::Targets,
        Section::Calendars,
        Section::Holidays,
        Section::Departments,
        Section::Contracts,
        Section::Reminders,
    ];
    if before.is_some() {
        sections.insert(0, Section::Differences);
    }
    let shown = RwSignal::new(sections[0]);
    let earlier = before.as_ref().map(|before| before.policy.version);
    let before = before.map_or_else(|| policy.clone(), |before| before.policy);
    let (before, after) = (Signal::stored(before), Signal::stored(policy));
    let other = move |_: Section| {
        view! {
            <div class="stack">
                <p class="policy-lead">{move || earlier.map(|earlier| lang.words().differences_from(earlier))}</p>
                <DifferencesView before after />
            </div>
        }
        .into_any()
    };
    view! {
        <p class="row version-head"><StandingBadge standing /> <span>{head}</span></p>
        {(!note.is_empty()).then(|| view! { <p class="in-force__note">{note}</p> })}
        <Sections sections shown other />
    }
}
