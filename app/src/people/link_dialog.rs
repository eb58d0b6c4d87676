//! A password link, to copy and hand over.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::accounts::PasswordLink;
use crate::device::clipboard;
use crate::i18n::use_lang;
use crate::t;
use crate::tickets::use_when;
use crate::ui::{Dialog, Icon, TextField, TextKind, use_toasts};

/// Shows a link once: the server does not know it in clear afterwards.
#[component]
pub(super) fn LinkDialog(
    /// Whose link; nothing, to show none.
    shown: RwSignal<Option<(String, PasswordLink)>>,
) -> impl IntoView {
    let lang = use_lang();
    let when = use_when();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let url = RwSignal::new(String::new());
    let failed = RwSignal::new(false);
    Effect::new(move |_| {
        if let Some((_, link)) = shown.get() {
            url.set(link.url);
            failed.set(false);
            open.set(true);
        }
    });
    let text = move || {
        let shown = shown.read();
        let (name, link) = shown.as_ref()?;
        Some(lang.words().link_text(name, when.instant(link.expires_at)))
    };
    let copy = move || {
        let text = url.get_untracked();
        spawn_local(async move {
            if clipboard::copy(&text).await {
                toasts.say(t!(lang, link_copied));
            } else {
                failed.set(true);
            }
        });
    };
    let error = Signal::derive(move || failed.get().then(|| lang.words().link_not_copied().to_owned()));
    let footer = move || {
        view! {
            <button class="button" type="button" on:click=move |_| open.set(false)>{t!(lang, link_done)}</button>
            <button class="button" type="button" data-kind="primary" on:click=move |_| copy()>
                <Icon name="link" />
                {t!(lang, link_copy)}
            </button>
        }
    };
    view! {
        <Dialog open title=t!(lang, link_title) footer>
            <div class="form">
                <p>{text}</p>
                <TextField label=t!(lang, link_label) value=url kind=TextKind::Name error />
            </div>
        </Dialog>
    }
}
