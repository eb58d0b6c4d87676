//! Short news that float by: a success, or one thing on offer. Never an error.

use std::time::Duration;

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::Icon;
use crate::i18n::use_lang;
use crate::t;

/// How long a toast without an action stays.
const STAYS: Duration = Duration::from_secs(6);

#[derive(Clone)]
struct Toast {
    /// Tells a toast from the one it has replaced.
    number: u64,
    icon: &'static str,
    text: TextProp,
    action: Option<(TextProp, Callback<()>)>,
}

/// Where news is told. At most one at a time: the latest.
#[derive(Clone, Copy)]
pub struct ToastBoard {
    shown: RwSignal<Option<Toast>>,
    told: StoredValue<u64>,
}

impl ToastBoard {
    /// Says that something has been done.
    pub fn say(self, text: impl Into<TextProp>) {
        let number = self.show("check-circle", text.into(), None);
        set_timeout(move || self.close(number), STAYS);
    }

    /// Offers something; stays until it is taken or closed.
    pub fn offer(
        self,
        icon: &'static str,
        text: impl Into<TextProp>,
        action: impl Into<TextProp>,
        run: Callback<()>,
    ) {
        self.show(icon, text.into(), Some((action.into(), run)));
    }

    fn show(self, icon: &'static str, text: TextProp, action: Option<(TextProp, Callback<()>)>) -> u64 {
        let number = self.told.get_value() + 1;
        self.told.set_value(number);
        self.shown.set(Some(Toast { number, icon, text, action }));
        number
    }

    fn close(self, number: u64) {
        if self.shown.read_untracked().as_ref().is_some_and(|toast| toast.number == number) {
            self.shown.set(None);
        }
    }
}

/// Makes a board for everything below this place.
pub fn provide_toasts() -> ToastBoard {
    let board = ToastBoard { shown: RwSignal::new(None), told: StoredValue::new(0) };
    provide_context(board);
    board
}

/// The board of this place.
pub fn use_toasts() -> ToastBoard {
    expect_context()
}

/// Where toasts appear; belongs at the end of a shell.
#[component]
pub fn Toasts() -> impl IntoView {
    let lang = use_lang();
    let board = use_toasts();
    let toast = move || {
        board.shown.get().map(|Toast { number, icon, text, action }| {
            let close = move |_| board.close(number);
            let action = action.map(|(label, run)| {
                let take = move |_| {
                    board.close(number);
                    run.run(());
                };
                view! { <button class="toast__action" type="button" on:click=take>{move || label.get()}</button> }
            });
            view! {
                <div class="toast">
                    <Icon name=icon />
                    <span class="toast__text">{move || text.get()}</span>
                    {action}
                    <button class="toast__close" type="button" aria-label=t!(lang, ui_close) on:click=close>
                        <Icon name="close" />
                    </button>
                </div>
            }
        })
    };
    view! { <div class="toasts" role="status" aria-live="polite">{toast}</div> }
}
