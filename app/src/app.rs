//! The whole app: languages and looks, who is signed in, and which address shows which screen.

use domain::people::Role;
use leptos::prelude::*;
use leptos_router::components::{A, Outlet, ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::path;
use sync::{Damage, Link, Recovery, StoreError};

use crate::device::rescue::Because;
use crate::device::{location, prefs};
use crate::i18n::{provide_lang, use_lang};
use crate::late::{LateArrivalsPage, provide_late_arrivals};
use crate::notices::provide_notices;
use crate::outbox::{ResetPanel, WriteButton, Writing, WrittenNotice};
use crate::session::{PasswordPage, Session, SignInAgain, SignInPage, WelcomePage, provide_session};
use crate::shell::{OfficeShell, SignOut, offer_updates};
use crate::tablets::{TabletsPage, provide_tablets};
use crate::tickets::provide_why;
use crate::ui::{Dialog, Empty, Icon, Tone, provide_toasts};
use crate::workspace::{StorageState, WriterState, provide_workspace, use_workspace};
use crate::{field, office, outbox, people, policy, sign_off, t};

/// The app.
#[component]
pub fn App() -> impl IntoView {
    let lang = provide_lang(prefs::locale());
    Effect::new(move |_| prefs::show_locale(lang.locale()));
    prefs::follow_theme();
    provide_toasts();
    offer_updates();
    provide_session();
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/welcome") view=WelcomePage />
                <Route path=path!("/password") view=PasswordPage />
                <ParentRoute path=path!("/") view=SignedIn>
                    <Route path=path!("") view=Home />
                    <Route path=path!("jobs/:id") view=field::JobPage />
                    <Route path=path!("jobs/:id/complete") view=field::CompletionPage />
                    <Route path=path!("jobs/:id/sign-off") view=sign_off::SignOffPage />
                    <Route path=path!("outbox") view=outbox::OutboxPage />
                    <ParentRoute path=path!("") view=Office>
                        <Route path=path!("tickets/new") view=office::IntakePage />
                        <Route path=path!("tickets/:id?") view=office::TicketsPage />
                        <Route path=path!("live") view=office::LivePage />
                        <Route path=path!("late-arrivals") view=LateArrivalsPage />
                        <Route path=path!("tablets") view=TabletsPage />
                        <Route path=path!("people") view=people::PeoplePage />
                        <Route path=path!("policy") view=policy::PolicyPage />
                        <Route path=path!("policy/versions/:version") view=policy::VersionPage />
                        <Route path=path!("policy/drafts/:id") view=policy::DraftPage />
                        <Route path=path!("what-if") view=policy::WhatIfPage />
                    </ParentRoute>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// Lets a person in who is signed in on this device, with or without a network; everybody else signs in first.
#[component]
fn SignedIn() -> impl IntoView {
    let session = Session::expect();
    view! {
        {move || match session.person_id() {
            None if session.is_starting() => view! { <Starting /> }.into_any(),
            None => view! { <SignInPage /> }.into_any(),
            Some(_) => view! { <AtWork /> }.into_any(),
        }}
    }
}

/// A signed-in person's screens, over their own workspace.
#[component]
fn AtWork() -> impl IntoView {
    let session = Session::expect();
    let Some(person) = session.person_untracked() else { return ().into_any() };
    let workspace = provide_workspace(person);
    provide_why();
    provide_notices();
    provide_late_arrivals();
    provide_tablets();
    let stage = Memo::new(move |_| Stage::of(&workspace.status().read().storage, workspace.writer().get()));
    (move || match stage.get() {
        Stage::Elsewhere => view! { <OtherWindow /> }.into_any(),
        Stage::Failed(problem) => view! { <StorageFailed problem=problem /> }.into_any(),
        Stage::Starting => view! { <Starting /> }.into_any(),
        Stage::Ready => view! {
            <Outlet />
            <EndedSession />
            <MendedStorage />
        }
        .into_any(),
    })
    .into_any()
}

/// What a signed-in person sees. Changes only with that: screens must not be made anew because storage is better protected now.
#[derive(Debug, Clone, PartialEq)]
enum Stage {
    Starting,
    Ready,
    Elsewhere,
    Failed(StoreError),
}

impl Stage {
    fn of(storage: &StorageState, writer: WriterState) -> Self {
        match (storage, writer) {
            (_, WriterState::Elsewhere) => Self::Elsewhere,
            (StorageState::Failed(problem), _) => Self::Failed(problem.clone()),
            (StorageState::Opening, _) | (_, WriterState::Finding) => Self::Starting,
            (StorageState::Open { .. }, WriterState::Here) => Self::Ready,
        }
    }
}

/// Says that this device had lost something, what came back, and whether that is all. A journal that had to be written anew is
/// nobody's concern: nothing was missing.
#[component]
fn MendedStorage() -> impl IntoView {
    let lang = use_lang();
    let status = use_workspace().status();
    let recovery = Memo::new(move |_| {
        let recovery = status.read().recovery;
        recovery.filter(|recovery| recovery.damage != Damage::Journal || !recovery.complete)
    });
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(recovery.get().is_some()));
    let footer = move || {
        view! { <button class="button" type="submit" data-kind="primary">{t!(lang, understood)}</button> }
    };
    let said = move || {
        let (words, Some(Recovery { recovered, complete, .. })) = (lang.words(), recovery.get()) else {
            return String::new();
        };
        match (recovered, complete) {
            (0, true) => words.mended_nothing_missing().to_owned(),
            (recovered, true) => words.mended_recovered(recovered),
            (0, false) => words.mended_missing().to_owned(),
            (recovered, false) => words.mended_partly(recovered),
        }
    };
    view! {
        <Dialog open title=t!(lang, mended_title) on_submit=move |()| open.set(false) footer>
            <div class="stack">
                <p>{said}</p>
                <p class="secondary">{t!(lang, mended_more)}</p>
            </div>
        </Dialog>
    }
}

/// Asks a person to sign in again when the server no longer knows their session. They may put it off and go on working.
#[component]
fn EndedSession() -> impl IntoView {
    let status = use_workspace().status();
    let ended = Memo::new(move |_| status.with(|status| status.link == Link::SignedOut));
    let asked = RwSignal::new(false);
    Effect::new(move |_| asked.set(ended.get()));
    view! { <SignInAgain open=asked /> }
}

/// The first screen: an engineer's jobs, or the office's tickets.
#[component]
fn Home() -> impl IntoView {
    let person = use_workspace().person();
    let role = Memo::new(move |_| person.with(|person| person.role));
    move || match role.get() {
        Role::Engineer | Role::Specialist => view! { <field::JobListPage /> }.into_any(),
        _ => view! { <Redirect path="/tickets" /> }.into_any(),
    }
}

#[component]
fn Office() -> impl IntoView {
    view! {
        <OfficeShell>
            <Outlet />
        </OfficeShell>
    }
}

/// Seen only if opening takes noticeably long; the style sheet lets the mark appear late.
#[component]
fn Starting() -> impl IntoView {
    let lang = use_lang();
    view! {
        <div class="starting">
            <svg class="mark icon" aria-hidden="true"><use href="/icons.svg#icon-loop" /></svg>
            <p>{t!(lang, starting)}</p>
        </div>
    }
}

#[component]
fn StorageFailed(problem: StoreError) -> impl IntoView {
    let lang = use_lang();
    let details = problem.to_string();
    let writing = Writing::new(Because::Asked);
    let title = {
        let problem = problem.clone();
        move || match problem {
            StoreError::Unavailable(_) => lang.words().store_unavailable(),
            StoreError::Newer => lang.words().store_newer(),
            StoreError::Blocked => lang.words().store_blocked(),
            _ => lang.words().store_failed(),
        }
    };
    let more = move || match problem {
        StoreError::Unavailable(_) => lang.words().store_unavailable_more().to_owned(),
        StoreError::Newer => lang.words().store_newer_more().to_owned(),
        StoreError::Blocked => lang.words().store_blocked_more().to_owned(),
        _ => lang.words().store_failed_more(&details),
    };
    view! {
        <main class="starting">
            <Empty icon="alert" title=title text=more tone=Tone::Danger>
                <WriteButton writing />
                <button class="button" data-kind="primary" on:click=move |_| location::reload()>
                    {t!(lang, try_again)}
                </button>
                <SignOut class="button" />
            </Empty>
            <WrittenNotice writing />
            <div class="starting__more"><ResetPanel /></div>
        </main>
    }
}

#[component]
fn OtherWindow() -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    view! {
        <main class="starting">
            <Empty
                icon="layers"
                title=t!(lang, other_tab)
                text=t!(lang, other_tab_more)
            >
                <button class="button" data-kind="primary" on:click=move |_| workspace.use_here()>
                    <Icon name="tablet" />
                    {t!(lang, other_tab_here)}
                </button>
            </Empty>
        </main>
    }
}

#[component]
fn NotFound() -> impl IntoView {
    let lang = use_lang();
    view! {
        <main class="starting">
            <Empty
                icon="question"
                title=t!(lang, page_not_found)
                text=t!(lang, page_not_found_more)
            >
                <A href="/" attr:class="button" attr:data-kind="primary">
                    {t!(lang, page_not_found_home)}
                </A>
            </Empty>
        </main>
    }
}
