//! Who I am, which language and look I like, and the way out.

use leptos::prelude::*;

use super::sign_out::SignOut;
use crate::device::prefs::{self, Theme};
use crate::i18n::{Locale, use_lang};
use crate::t;
use crate::ui::{Icon, Menu};
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
    let name = move || person.with(|person| person.name.clone());
    let initial = move || person.with(|person| person.name.chars().next().unwrap_or('·').to_string());
    let button = move || {
        view! {
            <span class="person__mark" aria-hidden="true">{initial}</span>
            {up.then(|| view! { <span class="nav__label">{name} " "</span> })}
            <span class="visually-hidden">{t!(lang, menu_account)}</span>
        }
    };
    view! {
        <Menu class=if up { "nav__item" } else { "icon-button" } button up stays=true>
            <p class="menu__note">
                {name} " · "
                {move || lang.words().role(person.with(|person| person.role))}
            </p>
            <hr class="menu__line" />
            <LanguageChoice />
            <hr class="menu__line" />
            <ThemeChoice />
            <hr class="menu__line" />
            <SignOut class="menu__item" />
        </Menu>
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
