//! The frame of the office: navigation beside a dense list and its detail.

use domain::people::Role;
use leptos::prelude::*;
use leptos_router::components::A;

use super::{PersonMenu, SyncPill};
use crate::i18n::use_lang;
use crate::late::use_late_arrivals;
use crate::notices::Bell;
use crate::t;
use crate::tablets::use_tablets;
use crate::tickets::WhyDialog;
use crate::ui::{Icon, Toasts};
use crate::workspace::use_workspace;

/// An office screen. The children stand in `main.office-main`: an `.office-bar` and what belongs below.
#[component]
pub fn OfficeShell(
    /// The screen.
    children: Children,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let person = workspace.person();
    let role = Memo::new(move |_| person.with(|person| person.role));
    let now = workspace.now();
    let cards = workspace.cards();
    let late = use_late_arrivals().count();
    let left_behind = use_tablets().overdue();
    let minute = Memo::new(move |_| now.get().as_millis() / domain::Timestamp::MINUTE_MS);
    let overdue = Memo::new(move |_| {
        minute.track();
        let now = now.get_untracked();
        cards.with(|cards| cards.iter().filter(|card| card.next_due().is_some_and(|due| due < now)).count())
    });
    view! {
        <div class="shell" data-for="office">
            <a class="skip-link" href="#main">{t!(lang, skip_to_content)}</a>
            <nav class="nav" aria-label=t!(lang, main_navigation)>
                <div class="nav__brand">
                    <svg class="mark icon" aria-hidden="true"><use href="/icons.svg#icon-loop" /></svg>
                    <span class="nav__label">{t!(lang, product_short)}</span>
                </div>
                <Show when=move || role.get().carries_out_work()>
                    <A href="/" exact=true attr:class="nav__item">
                        <Icon name="jobs" />
                        <span class="nav__label">{t!(lang, nav_jobs)}</span>
                    </A>
                </Show>
                <A href="/tickets" attr:class="nav__item">
                    <Icon name="inbox" />
                    <span class="nav__label">{t!(lang, nav_tickets)}</span>
                    <Show when=move || overdue.get() != 0>
                        <span class="count" data-tone="danger" aria-label=move || lang.words().overdue_count(overdue.get())>
                            {overdue}
                        </span>
                    </Show>
                </A>
                <A href="/live" attr:class="nav__item">
                    <Icon name="live" />
                    <span class="nav__label">{t!(lang, nav_live)}</span>
                </A>
                <A href="/what-if" attr:class="nav__item">
                    <Icon name="hourglass" />
                    <span class="nav__label">{t!(lang, what_if_title)}</span>
                </A>
                <Show when=move || role.get().steers()>
                    <A href="/late-arrivals" attr:class="nav__item">
                        <Icon name="tablet-check" />
                        <span class="nav__label">{t!(lang, late_title)}</span>
                        <Show when=move || late.get() != 0>
                            <span class="count" aria-label=move || lang.words().late_count(late.get())>{late}</span>
                        </Show>
                    </A>
                    <A href="/tablets" attr:class="nav__item">
                        <Icon name="tablet" />
                        <span class="nav__label">{t!(lang, tablets_title)}</span>
                        <Show when=move || left_behind.get() != 0>
                            <span
                                class="count"
                                data-tone="warn"
                                aria-label=move || lang.words().tablets_count(left_behind.get())
                            >
                                {left_behind}
                            </span>
                        </Show>
                    </A>
                </Show>
                <Show when=move || role.get().steers()>
                    <p class="nav__heading">{t!(lang, nav_administration)}</p>
                    <A href="/policy" attr:class="nav__item">
                        <Icon name="clock" />
                        <span class="nav__label">{t!(lang, policy_title)}</span>
                    </A>
                </Show>
                <Show when=move || role.get() == Role::Admin>
                    <A href="/people" attr:class="nav__item">
                        <Icon name="people" />
                        <span class="nav__label">{t!(lang, nav_people)}</span>
                    </A>
                </Show>
                <div class="nav__foot">
                    <Bell />
                    <SyncPill />
                    <PersonMenu up=true />
                </div>
            </nav>
            <main class="office-main" id="main">{children()}</main>
            <WhyDialog />
            <Toasts />
        </div>
    }
}
