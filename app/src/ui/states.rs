//! The looks of "nothing here", "not yet", and "something to know".

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::Icon;

/// What a colour stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Plain,
    /// You can do this; you are here.
    Accent,
    /// Kept, or on the server.
    Ok,
    /// Soon, or still waiting.
    Warn,
    /// A promise is broken, or a change was refused.
    Danger,
    /// On hold.
    Hold,
    /// Safety hazard, production stop, batch defect.
    Hazard,
}

impl Tone {
    /// The value of `data-tone`; nothing for the plain one.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Accent => Some("accent"),
            Self::Ok => Some("ok"),
            Self::Warn => Some("warn"),
            Self::Danger => Some("danger"),
            Self::Hold => Some("hold"),
            Self::Hazard => Some("hazard"),
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Plain | Self::Accent => "info",
            Self::Ok => "check-circle",
            Self::Warn | Self::Danger => "alert",
            Self::Hold => "pause-circle",
            Self::Hazard => "hazard",
        }
    }
}

/// Says that there is nothing here (or, in a danger tone, that it could not be shown) and offers what fills it.
#[component]
pub fn Empty(
    /// The icon.
    icon: &'static str,
    /// What is so.
    #[prop(into)]
    title: TextProp,
    /// What would be here, or what to do.
    #[prop(optional, into)]
    text: Option<TextProp>,
    /// [`Tone::Danger`] for a failure.
    #[prop(optional)]
    tone: Tone,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty" data-tone=tone.name() role=(tone == Tone::Danger).then_some("alert")>
            <Icon name=icon />
            <h2 class="empty__title">{move || title.get()}</h2>
            {text.map(|text| view! { <p class="empty__text">{move || text.get()}</p> })}
            {children.map(|children| view! { <div class="empty__actions">{children()}</div> })}
        </div>
    }
}

/// Bars in place of words that are being read from the device. Appears only when that takes long enough to be noticed.
#[component]
pub fn Skeleton(
    /// How many bars.
    #[prop(default = 3)]
    bars: usize,
) -> impl IntoView {
    let widths = ["m", "l", "s"];
    let bars = (0..bars)
        .map(|bar| view! { <div class="skeleton__bar" data-width=widths[bar % widths.len()]></div> });
    view! { <div class="skeleton" aria-hidden="true">{bars.collect_view()}</div> }
}

/// Something to know that stays in the page until its cause is gone.
#[component]
pub fn Notice(
    /// What it is about.
    tone: Tone,
    /// What is so.
    #[prop(into)]
    title: TextProp,
    /// More about it.
    #[prop(optional, into)]
    text: Option<TextProp>,
    /// The icon, if not the tone's own.
    #[prop(optional)]
    icon: Option<&'static str>,
    /// Whether it answers what the person has just done, so that it is read out at once.
    #[prop(optional)]
    answers: bool,
    /// Buttons.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="notice" data-tone=tone.name() role=answers.then_some("alert")>
            <Icon name=icon.unwrap_or(tone.icon()) />
            <div class="notice__text">
                <p class="notice__title">{move || title.get()}</p>
                {text.map(|text| view! { <p class="notice__more">{move || text.get()}</p> })}
            </div>
            {children.map(|children| view! { <div class="notice__actions">{children()}</div> })}
        </div>
    }
}
