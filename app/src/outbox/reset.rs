//! Resetting a device: everything of the person is removed from it, once the gate has opened.

use leptos::prelude::*;

use super::way_out::{HeldBackDialog, Leaving};
use crate::device::location;
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{Confirm, Icon, Notice, Tone};
use crate::workspace::use_workspace;

/// What a reset is, and the button for it.
#[component]
pub fn ResetPanel() -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let asking = RwSignal::new(false);
    let leaving = Leaving::default();
    let failed = RwSignal::new(None::<String>);
    let reset = move |rescued| {
        leaving.by(workspace, rescued, async move |cleared| {
            if let Err(error) = workspace.reset(cleared).await {
                failed.try_set(Some(error.to_string()));
            }
        });
    };
    let name = move || workspace.person().with(|person| person.name.clone());
    view! {
        <section class="panel">
            <header class="panel__head"><h2 class="panel__title">{t!(lang, reset_title)}</h2></header>
            <div class="panel__body stack">
                <p class="secondary">{t!(lang, reset_more)}</p>
                <div class="row">
                    <button
                        class="button"
                        type="button"
                        data-kind="danger"
                        data-busy=leaving.busy
                        on:click=move |_| asking.set(true)
                    >
                        <Icon name="trash" />
                        {t!(lang, reset_do)}
                    </button>
                </div>
                {move || failed.get().map(|details| view! {
                    <Notice
                        tone=Tone::Danger
                        title=t!(lang, reset_failed)
                        text=move || lang.words().reset_failed_more(&details)
                        answers=true
                    >
                        <button class="button" type="button" on:click=move |_| location::reload()>{t!(lang, try_again)}</button>
                    </Notice>
                })}
            </div>
        </section>
        <Confirm
            open=asking
            title=t!(lang, reset_ask)
            text=move || lang.words().reset_ask_more(name())
            action=t!(lang, reset_do)
            destroys=true
            on_confirm=move |()| reset(None)
        />
        <HeldBackDialog
            held=leaving.held
            title=t!(lang, reset_held)
            more=t!(lang, reset_held_more)
            action=t!(lang, reset_anyway)
            stay=t!(lang, ui_go_back)
            on_rescued=move |rescued| reset(Some(rescued))
        />
    }
}
