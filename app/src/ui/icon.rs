//! Pictures out of the sprite.

use leptos::prelude::*;

/// How large an icon is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IconSize {
    /// Beside words.
    #[default]
    Text,
    /// Small.
    S,
    /// Large.
    L,
    /// Very large.
    Xl,
}

impl IconSize {
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Text => None,
            Self::S => Some("s"),
            Self::L => Some("l"),
            Self::Xl => Some("xl"),
        }
    }
}

/// One icon of the sprite, for the eyes only: its button or sentence carries the words.
#[component]
pub fn Icon(
    /// Its name in the sprite, without `icon-`.
    #[prop(into)]
    name: Signal<&'static str>,
    /// How large.
    #[prop(optional)]
    size: IconSize,
    /// Whether it turns, because data is really moving.
    #[prop(optional, into)]
    turning: Signal<bool>,
) -> impl IntoView {
    view! {
        <svg class="icon" aria-hidden="true" data-size=size.name() data-turning=turning>
            <use_ href=move || format!("/icons.svg#icon-{}", name.get()) />
        </svg>
    }
}
