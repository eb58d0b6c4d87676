//! What a person likes on this browser: language and theme. Kept beside their work, not in it.

use leptos::prelude::*;

use super::storage;
use crate::i18n::Locale;

const LOCALE: &str = "fieldloop-locale";
const THEME: &str = "fieldloop-theme";

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The chosen language, or else the first of the browser's that we speak, or else the default.
pub fn locale() -> Locale {
    storage::text(LOCALE).as_deref().and_then(Locale::from_tag).or_else(browsers_locale).unwrap_or_default()
}

fn browsers_locale() -> Option<Locale> {
    let languages = web_sys::window()?.navigator().languages();
    languages.iter().filter_map(|tag| tag.as_string()).find_map(|tag| Locale::from_tag(&tag))
}

/// Remembers the chosen language.
pub fn remember_locale(locale: Locale) {
    storage::set_text(LOCALE, locale.tag());
}

/// Tells the page its language: for screen readers, hyphenation and the right shapes of Chinese characters.
pub fn show_locale(locale: Locale) {
    set_root_attribute("lang", Some(locale.tag()));
}

thread_local! {
    /// One for the page, because there is one page.
    static CHOSEN: ArcRwSignal<Theme> = ArcRwSignal::new(remembered_theme());
}

fn remembered_theme() -> Theme {
    let remembered = storage::text(THEME);
    Theme::ALL.into_iter().find(|theme| remembered.as_deref() == Some(theme.name())).unwrap_or_default()
}

/// The theme in use.
pub fn theme() -> Signal<Theme> {
    CHOSEN.with(Clone::clone).into()
}

/// Chooses a theme, from now on and after restarts.
pub fn set_theme(theme: Theme) {
    match theme {
        Theme::System => storage::remove(THEME),
        Theme::Light | Theme::Dark => {
            storage::set_text(THEME, theme.name());
        }
    }
    CHOSEN.with(|chosen| chosen.set(theme));
}

/// Shows the page in the theme in use, as long as the caller's owner lives.
pub fn follow_theme() {
    let theme = theme();
    Effect::new(move |_| {
        let theme = theme.get();
        set_root_attribute("data-theme", (theme != Theme::System).then_some(theme.name()));
    });
}

fn set_root_attribute(name: &str, value: Option<&str>) {
    let root =
        web_sys::window().and_then(|window| window.document()).and_then(|page| page.document_element());
    let Some(root) = root else { return };
    // Fails only for names that are no attribute names.
    let _ = match value {
        Some(value) => root.set_attribute(name, value),
        None => root.remove_attribute(name),
    };
}
