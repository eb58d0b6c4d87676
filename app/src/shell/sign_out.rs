//! The way out for a person: a button that signs them out, once the gate has opened.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::i18n::use_lang;
use crate::outbox::HeldBackDialog;
use crate::session::Session;
use crate::t;
use crate::ui::Icon;
use crate::workspace::{HeldBack, Rescued, SigningOut, use_workspace};

/// Signs the person out, or says what holds them back.
#[component]
pub fn SignOut(
    /// How the button looks.
    class: &'static str,
) -> impl IntoView {
    let lang = use_lang();
    let workspace = use_workspace();
    let session = Session::expect();
    let held = RwSignal::new(None::<HeldBack>);
    let leaving = RwSignal::new(false);
    let sign_out = move |rescued: Option<Rescued>| {
        if leaving.get_untracked() {
            return;
        }
        leaving.set(true);
        spawn_local(async move {
            match workspace.clear::<SigningOut>(rescued.as_ref()).await {
                Ok(cleared) => session.end(workspace.sign_out(cleared).await),
                Err(held_back) => {
                    leaving.try_set(false);
                    held.try_set(Some(held_back));
                }
            }
        });
    };
    view! {
        <button
            class=class
            type="button"
            aria-disabled=move || leaving.get().to_string()
            on:click=move |_| sign_out(None)
        >
            <Icon name="sign-out" />
            {t!(lang, sign_out)}
        </button>
        <HeldBackDialog
            held
            title=t!(lang, sign_out_refused_title)
            more=t!(lang, sign_out_held_more)
            action=t!(lang, sign_out_anyway)
            stay=t!(lang, stay_signed_in)
            on_rescued=move |rescued| sign_out(Some(rescued))
        />
    }
}
