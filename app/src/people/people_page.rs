//! Who has an account, and which departments there are.

use domain::people::{Department, Role};
use leptos::prelude::*;

use super::accounts::{Account, Accounts, ChangedPerson, Failure, FailureKind, PasswordLink};
use super::department_dialog::{self, DepartmentDialog};
use super::form::Form;
use super::link_dialog::LinkDialog;
use super::person_dialog::{self, PersonDialog};
use crate::device::api;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::use_when;
use crate::ui::{Confirm, Empty, Icon, Notice, Skeleton, Tone, use_toasts};
use crate::workspace::use_workspace;

/// Accounts and departments.
#[component]
pub fn PeoplePage() -> impl IntoView {
    let lang = use_lang();
    let person = use_workspace().person();
    let is_admin = Memo::new(move |_| person.read().role == Role::Admin);
    view! {
        <header class="office-bar">
            <h1 class="office-bar__title">{t!(lang, people_title)}</h1>
        </header>
        <div class="scroll">
            <div class="page">
                <Show
                    when=move || is_admin.get()
                    fallback=move || {
                        view! {
                            <Empty
                                icon="shield"
                                title=t!(lang, people_not_admin_title)
                                text=t!(lang, people_not_admin_text)
                            />
                        }
                    }
                >
                    <div class="stack">
                        <PeopleSection />
                        <DepartmentSection />
                    </div>
                </Show>
            </div>
        </div>
    }
}

#[component]
fn PeopleSection() -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let directory = workspace.directory();
    let revision = Memo::new(move |_| directory.read().revision);
    let asked = RwSignal::new(0_u32);
    // Read again whenever the directory has changed, by whomever.
    let accounts = LocalResource::new(move || {
        revision.track();
        asked.track();
        async { api::get::<Accounts>("/api/people").await.map_err(Failure::from) }
    });
    let subject = RwSignal::new(None::<person_dialog::Subject>);
    let link = RwSignal::new(None::<(String, PasswordLink)>);
    let with_inactive = RwSignal::new(false);
    let ask_again = move || asked.update(|asked| *asked += 1);
    let shown = move || match accounts.get() {
        None => view! { <div aria-busy="true"><Skeleton bars=5 /></div> }.into_any(),
        Some(Err(failure)) => view! { <ReadFailure failure on_retry=move |()| ask_again() /> }.into_any(),
        Some(Ok(accounts)) => view! {
            <PeopleTable
                accounts=accounts.listed(with_inactive.get())
                subject
                link
                on_changed=move |()| ask_again()
            />
        }
        .into_any(),
    };
    view! {
        <section class="panel" aria-label=t!(lang, people_heading)>
            <header class="panel__head">
                <h2 class="panel__title">{t!(lang, people_heading)}</h2>
                <div class="panel__end row">
                    <label class="check">
                        <input type="checkbox" bind:checked=with_inactive />
                        <span>{t!(lang, people_inactive_show)}</span>
                    </label>
                    <button
                        class="button"
                        type="button"
                        data-kind="primary"
                        on:click=move |_| subject.set(Some(person_dialog::Subject::New))
                    >
                        <Icon name="plus" />
                        {t!(lang, people_add)}
                    </button>
                </div>
            </header>
            <div class="panel__body" data-flush>
                <Transition fallback=move || view! { <Skeleton bars=5 /> }>{shown}</Transition>
            </div>
        </section>
        <PersonDialog subject on_changed=move |()| ask_again() on_link=move |new| link.set(Some(new)) />
        <LinkDialog shown=link />
    }
}

#[component]
fn ReadFailure(failure: Failure, #[prop(into)] on_retry: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let offline = failure.what == FailureKind::Unreachable;
    let title = move || {
        let words = lang.words();
        if offline { words.people_offline_title() } else { words.people_failed_title() }
    };
    let text = move || {
        let words = lang.words();
        if offline { words.people_offline_text().to_owned() } else { failure.said(words) }
    };
    let tone = if offline { Tone::Plain } else { Tone::Danger };
    let icon = if offline { "cloud-off" } else { "alert" };
    view! {
        <Empty icon title text tone>
            <button class="button" type="button" on:click=move |_| on_retry.run(())>
                <Icon name="sync" />
                {t!(lang, people_try_again)}
            </button>
        </Empty>
    }
}

#[component]
fn PeopleTable(
    accounts: Vec<Account>,
    subject: RwSignal<Option<person_dialog::Subject>>,
    link: RwSignal<Option<(String, PasswordLink)>>,
    #[prop(into)] on_changed: Callback<()>,
) -> impl IntoView {
    let lang = use_lang();
    if accounts.is_empty() {
        return view! { <div class="panel__body"><p class="secondary">{t!(lang, people_none)}</p></div> }
            .into_any();
    }
    let form = Form::new();
    let failure = form.beyond(lang, &[]);
    let rows = accounts
        .into_iter()
        .map(|account| view! { <PersonRow account subject link form on_changed /> })
        .collect_view();
    view! {
        {move || failure.get().map(|said| view! { <Notice tone=Tone::Danger title=said answers=true /> })}
        <div class="table-wrap">
            <table class="table" data-stack aria-label=t!(lang, people_heading)>
                <thead>
                    <tr>
                        <th scope="col">{t!(lang, people_name)}</th>
                        <th scope="col">{t!(lang, people_role)}</th>
                        <th scope="col">{t!(lang, people_department)}</th>
                        <th scope="col">{t!(lang, people_skills)}</th>
                        <th scope="col" data-fit>{t!(lang, people_last_sign_in)}</th>
                        <th scope="col" data-fit>{t!(lang, people_state)}</th>
                        <th scope="col" data-fit><span class="visually-hidden">{t!(lang, people_actions)}</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn PersonRow(
    account: Account,
    subject: RwSignal<Option<person_dialog::Subject>>,
    link: RwSignal<Option<(String, PasswordLink)>>,
    form: Form,
    on_changed: Callback<()>,
) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let toasts = use_toasts();
    let directory = use_workspace().directory();
    let Account { person, user, has_password, last_sign_in, .. } = account.clone();
    let department = person.department;
    let department_name = move || {
        let directory = directory.read();
        directory.department(department).map(|department| department.name.clone()).unwrap_or_default()
    };
    let (id, active, role) = (person.id, person.active, person.role);
    let names: [String; 4] = std::array::from_fn(|_| person.name.clone());
    let [name, edit_name, link_name, ask_name] = names;
    let edit_label = move || lang.words().people_edit(&edit_name);
    let link_label = {
        let name = link_name.clone();
        move || lang.words().people_link_for(&name)
    };
    let make_link = move || {
        let name = link_name.clone();
        let path = format!("/api/people/{id}/password-link");
        form.send(
            async move { api::post::<PasswordLink>(&path, &serde_json::Value::Null).await },
            move |made| link.set(Some((name, made))),
        );
    };
    let set_active = move |active: bool| {
        let path = format!("/api/people/{id}");
        let change = ChangedPerson { active: Some(active), ..ChangedPerson::default() };
        form.send(async move { api::patch_empty(&path, &change).await }, move |()| {
            on_changed.run(());
            toasts.say(t!(lang, people_saved));
        });
    };
    let asking = RwSignal::new(false);
    let state = move || {
        let words = lang.words();
        let (tone, word) = match (active, has_password) {
            (false, _) => (None, words.people_inactive()),
            (true, false) => (Some("warn"), words.people_no_password()),
            (true, true) => (Some("ok"), words.people_active()),
        };
        view! { <span class="badge" data-tone=tone>{word}</span> }
    };
    let switch = if active {
        view! {
            <button
                class="icon-button"
                type="button"
                aria-label=t!(lang, people_deactivate)
                title=t!(lang, people_deactivate)
                on:click=move |_| asking.set(true)
            >
                <Icon name="lock" />
            </button>
        }
        .into_any()
    } else {
        view! {
            <button
                class="icon-button"
                type="button"
                aria-label=t!(lang, people_activate)
                title=t!(lang, people_activate)
                on:click=move |_| set_active(true)
            >
                <Icon name="undo" />
            </button>
        }
        .into_any()
    };
    let link_title = link_label.clone();
    let skills = person.skills.clone();
    view! {
        <tr data-state=(!active).then_some("off")>
            <th scope="row">{name} <small class="number">{user}</small></th>
            <td data-label=t!(lang, people_role)>{move || lang.words().role(role)}</td>
            <td data-label=t!(lang, people_department)>{department_name}</td>
            <td data-label=t!(lang, people_skills)>{move || lang.words().list(&skills)}</td>
            <td data-fit data-label=t!(lang, people_last_sign_in)>
                {move || last_sign_in.map_or_else(|| lang.words().people_never().to_owned(), |at| when.instant(at))}
            </td>
            <td data-fit data-label=t!(lang, people_state)>{state}</td>
            <td data-fit class="nowrap">
                    <button
                        class="icon-button"
                        type="button"
                        aria-label=edit_label
                        on:click=move |_| subject.set(Some(person_dialog::Subject::Known(account.clone())))
                    >
                        <Icon name="edit" />
                    </button>
                    {active
                        .then(|| {
                            view! {
                                <button
                                    class="icon-button"
                                    type="button"
                                    aria-label=link_label
                                    title=link_title
                                    on:click=move |_| make_link()
                                >
                                    <Icon name="link" />
                                </button>
                            }
                        })}
                    {switch}
                <Confirm
                    open=asking
                    title=move || lang.words().people_deactivate_ask(&ask_name)
                    text=t!(lang, people_deactivate_text)
                    action=t!(lang, people_deactivate)
                    destroys=true
                    on_confirm=move |()| set_active(false)
                />
            </td>
        </tr>
    }
}

#[component]
fn DepartmentSection() -> impl IntoView {
    let lang = use_lang();
    let directory = use_workspace().directory();
    let subject = RwSignal::new(None::<department_dialog::Subject>);
    let rows = move || {
        let directory = directory.get();
        let mut departments = directory.departments.clone();
        departments.sort_by(|left, right| (left.function, &left.name).cmp(&(right.function, &right.name)));
        let row = |department: Department| {
            let parent = department
                .parent
                .and_then(|parent| directory.department(parent))
                .map(|parent| parent.name.clone())
                .unwrap_or_default();
            let count = directory
                .people
                .iter()
                .filter(|person| person.active && person.department == department.id)
                .count();
            view! { <DepartmentRow department parent count subject /> }
        };
        departments.into_iter().map(row).collect_view()
    };
    view! {
        <section class="panel" aria-label=t!(lang, departments_heading)>
            <header class="panel__head">
                <h2 class="panel__title">{t!(lang, departments_heading)}</h2>
                <div class="panel__end">
                    <button
                        class="button"
                        type="button"
                        on:click=move |_| subject.set(Some(department_dialog::Subject::New))
                    >
                        <Icon name="plus" />
                        {t!(lang, department_add)}
                    </button>
                </div>
            </header>
            <div class="panel__body" data-flush>
                <div class="table-wrap">
                    <table class="table" data-stack aria-label=t!(lang, departments_heading)>
                        <thead>
                            <tr>
                                <th scope="col">{t!(lang, department_name)}</th>
                                <th scope="col">{t!(lang, department_function)}</th>
                                <th scope="col">{t!(lang, department_parent)}</th>
                                <th scope="col">{t!(lang, department_regions)}</th>
                                <th scope="col" data-fit>{t!(lang, people_heading)}</th>
                                <th scope="col" data-fit>
                                    <span class="visually-hidden">{t!(lang, people_actions)}</span>
                                </th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </div>
        </section>
        <DepartmentDialog subject />
    }
}

#[component]
fn DepartmentRow(
    department: Department,
    parent: String,
    count: usize,
    subject: RwSignal<Option<department_dialog::Subject>>,
) -> impl IntoView {
    let lang = use_lang();
    let function = department.function;
    let (name, label_name) = (department.name.clone(), department.name.clone());
    let regions = {
        let regions = department.regions.clone();
        move || lang.words().list(&regions)
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td data-label=t!(lang, department_function)>{move || lang.words().function(function)}</td>
            <td data-label=t!(lang, department_parent)>{parent}</td>
            <td data-label=t!(lang, department_regions)>{regions}</td>
            <td data-fit data-label=t!(lang, people_heading)>{move || lang.words().department_people(count)}</td>
            <td data-fit>
                <button
                    class="icon-button"
                    type="button"
                    aria-label=move || lang.words().department_edit(&label_name)
                    on:click=move |_| subject.set(Some(department_dialog::Subject::Known(department.clone())))
                >
                    <Icon name="edit" />
                </button>
            </td>
        </tr>
    }
}
