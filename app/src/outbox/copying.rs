//! Taking the words of a change elsewhere.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::device::clipboard;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::deed::Deed;
use crate::ui::{Icon, use_toasts};

/// Words that can be copied.
#[derive(Debug, Clone, Copy)]
pub struct Copying {
    deed: Memo<Deed>,
    failed: RwSignal<bool>,
}

impl Copying {
    /// The words of this deed.
    pub fn of(deed: Memo<Deed>) -> Self {
        Self { deed, failed: RwSignal::new(false) }
    }
}

/// Copies the words.
#[component]
pub fn CopyButton(
    /// What is copied.
    copying: Copying,
) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let copy = move |_| {
        let text = copying.deed.read_untracked().written();
        spawn_local(async move {
            if clipboard::copy(&text).await {
                toasts.say(t!(lang, outbox_copied));
            } else {
                copying.failed.try_set(true);
            }
        });
    };
    view! {
        <button class="button" type="button" data-size="s" on:click=copy>
            <Icon name="note" />
            {t!(lang, outbox_copy)}
        </button>
    }
}

/// Says that the browser does not copy, where it has not.
#[component]
pub fn NotCopied(
    /// What was to be copied.
    copying: Copying,
) -> impl IntoView {
    let lang = use_lang();
    move || {
        let said = view! { <p class="field__error" role="alert">{t!(lang, outbox_not_copied)}</p> };
        copying.failed.get().then_some(said)
    }
}
