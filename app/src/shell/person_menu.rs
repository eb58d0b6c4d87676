//! Who I am, which language and look I like, and the way out.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::A;

use crate::device::prefs::{self, Theme};
use crate::i18n::{Locale, use_lang};
use crate::session::Session;
use crate::t;
use crate::ui::{Dialog, DialogSize, Icon};
use crate::workspace::use_workspace;

/// The person's menu.
#[component]
pub fn PersonMenu(
    /// Whether it stands at the foot of the office's navigation: opens upwards, and says the name where there is room.
    #[prop(optional)]
    up: bool,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let person = workspace.person();
    let session = Session::expect();
    let refused = RwSignal::new(false);
    let left_behind = RwSignal::new(0);
    let leaving = RwSignal::new(false);
    let sign_out = move |_| {
        if leaving.get_untracked() {
            return;
        }
        leaving.set(true);
        spawn_local(async move {
            match workspace.sign_out().await {
                Ok(()) => session.end(),
                Err(refusal) => {
                    leaving.set(false);
                    let sync::Unsent { waiting, refused: not_taken, files } = refusal.unsent;
                    left_behind.set(waiting + not_taken + files);
                    refused.set(true);
                }
            }
        });
    };
    let name = move || person.with(|person| person.name.clone());
    let initial = move || person.with(|person| person.name.chars().next().unwrap_or('·').to_string());
    view! {
        <details class="menu">
            <summary class=if up { "nav__item" } else { "icon-button" }>
                <span class="person__mark" aria-hidden="true">{initial}</span>
                {up.then(|| view! { <span class="nav__label">{name} " "</span> })}
                <span class="visually-hidden">{t!(lang, menu_account)}</span>
            </summary>
            <div class="menu__list" data-up=up.then_some("")>
                <p class="menu__note">
                    {name} " · "
                    {move || lang.words().role(person.with(|person| person.role))}
                </p>
                <hr class="menu__line" />
                <LanguageChoice />
                <hr class="menu__line" />
                <ThemeChoice />
                <hr class="menu__line" />
                <button class="menu__item" aria-disabled=move || leaving.get().to_string() on:click=sign_out>
                    <Icon name="sign-out" />
                    {t!(lang, sign_out)}
                </button>
            </div>
        </details>
        <RefusedDialog open=refused unsent=left_behind />
    }
}

/// One item for each language, in its own words.
#[component]
pub fn LanguageChoice() -> impl IntoView {
    let lang = use_lang();
    let choice = move |locale: Locale| {
        view! {
            <button
                class="menu__item"
                lang=locale.tag()
                aria-pressed=move || (lang.locale() == locale).to_string()
                on:click=move |_| lang.choose(locale)
            >
                <Icon name=Signal::derive(move || if lang.locale() == locale { "check" } else { "language" }) />
                {locale.own_name()}
            </button>
        }
    };
    view! { <div role="group" aria-label=t!(lang, menu_language)>{Locale::ALL.map(choice).collect_view()}</div> }
}

#[component]
fn ThemeChoice() -> impl IntoView {
    let lang = use_lang();
    let theme = prefs::theme();
    let choice = move |option: Theme, icon: &'static str| {
        let word = move || match option {
            Theme::System => lang.words().theme_system(),
            Theme::Light => lang.words().theme_light(),
            Theme::Dark => lang.words().theme_dark(),
        };
        view! {
            <button
                class="menu__item"
                aria-pressed=move || (theme.get() == option).to_string()
                on:click=move |_| prefs::set_theme(option)
            >
                <Icon name=Signal::derive(move || if theme.get() == option { "check" } else { icon }) />
                {word}
            </button>
        }
    };
    view! {
        <div role="group" aria-label=t!(lang, menu_theme)>
            {choice(Theme::System, "tablet")} {choice(Theme::Light, "sun")} {choice(Theme::Dark, "moon")}
        </div>
    }
}

/// Says why signing out did not happen.
#[component]
fn RefusedDialog(
    /// Whether it is shown.
    open: RwSignal<bool>,
    /// How many changes are only here.
    unsent: RwSignal<usize>,
) -> impl IntoView {
    let lang = use_lang();
    let footer = move || {
        view! {
            <A href="/outbox" attr:class="button">{t!(lang, sign_out_refused_show)}</A>
            <button class="button" data-kind="primary" type="button" on:click=move |_| open.set(false)>
                {t!(lang, stay_signed_in)}
            </button>
        }
    };
    view! {
        <Dialog open title=t!(lang, sign_out_refused_title) size=DialogSize::Question footer>
            <p>{move || lang.words().sign_out_refused(unsent.get())}</p>
        </Dialog>
    }
}
