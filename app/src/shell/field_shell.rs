//! The frame of the field: one job, big type, what comes next under the thumb.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{PersonMenu, StatusLine, SyncPill};
use crate::i18n::use_lang;
use crate::notices::Bell;
use crate::t;
use crate::tickets::WhyDialog;
use crate::ui::{Icon, Toasts};

/// A field screen: top bar, status line, one scrolling column, and an action bar if there is something to do.
#[component]
pub fn FieldShell(
    /// The screen's title.
    #[prop(into)]
    title: Signal<String>,
    /// A second line under it.
    #[prop(into, optional)]
    sub: Signal<String>,
    /// Where the back button leads; the start screen has none.
    #[prop(into, optional)]
    back: Option<String>,
    /// What stands in the action bar: `.action-bar__rest` and the primary button.
    #[prop(into, optional)]
    actions: Option<ViewFn>,
    /// The column.
    children: Children,
) -> impl IntoView {
    let lang = use_lang();
    let corner = match back {
        Some(href) => view! {
            <A href=href attr:class="icon-button" attr:aria-label=t!(lang, back)>
                <Icon name="back" />
            </A>
        }
        .into_any(),
        None => view! { <svg class="mark icon" aria-hidden="true"><use href="/icons.svg#icon-loop" /></svg> }
            .into_any(),
    };
    view! {
        <div class="shell" data-for="field">
            <a class="skip-link" href="#main">{t!(lang, skip_to_content)}</a>
            <header class="field-top">
                {corner}
                <div class="field-top__heading">
                    <h1 class="field-top__title">{title}</h1>
                    <p class="field-top__sub">{sub}</p>
                </div>
                <div class="field-top__end">
                    <Bell />
                    <SyncPill />
                    <PersonMenu />
                </div>
            </header>
            <StatusLine />
            <main class="field-main" id="main">
                <div class="field-column">{children()}</div>
            </main>
            {actions.map(|actions| view! { <footer class="action-bar">{actions.run()}</footer> })}
            <WhyDialog />
            <Toasts />
        </div>
    }
}
