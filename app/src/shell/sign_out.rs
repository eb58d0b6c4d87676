//! The way out for a person: a button that signs them out, once the gate has opened.

use leptos::prelude::*;

use crate::i18n::use_lang;
use crate::outbox::{HeldBackDialog, Leaving};
use crate::session::Session;
use crate::t;
use crate::ui::Icon;
use crate::workspace::use_workspace;

/// Signs the person out, or says what holds them back.
#[component]
pub fn SignOut(
    /// How the button looks.
    class: &'static str,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let session = Session::expect();
    let leaving = Leaving::default();
    let sign_out = move |rescued| {
        leaving.by(workspace, rescued, async move |cleared| {
            session.end(workspace.sign_out(cleared).await);
        });
    };
    view! {
        <button
            class=class
            type="button"
            data-busy=move || leaving.busy.get().then_some("")
            aria-disabled=move || leaving.busy.get().to_string()
            on:click=move |_| sign_out(None)
        >
            <Icon
                name=Signal::derive(move || if leaving.busy.get() { "sync" } else { "sign-out" })
                turning=leaving.busy
            />
            <span aria-live="polite">
                {move || if leaving.busy.get() { lang.words().sign_out_sending() } else { lang.words().sign_out() }}
            </span>
        </button>
        <HeldBackDialog
            held=leaving.held
            title=t!(lang, sign_out_refused_title)
            more=t!(lang, sign_out_held_more)
            action=t!(lang, sign_out_anyway)
            stay=t!(lang, stay_signed_in)
            on_rescued=move |rescued| sign_out(Some(rescued))
        />
    }
}
