//! Short news that float by: a success, or one thing on offer. An error only where the page that would show it has been left:
//! that one stays until it is closed.

use std::time::Duration;

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::Icon;
use crate::i18n::{Lang, Words, use_lang};
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

/// Where news is told. At most one at a time: the latest; and each failure that nobody has closed yet.
#[derive(Debug, Clone, Copy)]
pub struct ToastBoard {
    /// The language of the board's own place. The page that a failure belongs to may have taken its own along.
    lang: Lang,
    shown: RwSignal<Option<Toast>>,
    failures: RwSignal<Vec<Toast>>,
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

    /// Says what is just being done: stays until something else is said, or it is closed.
    pub fn keep_saying(self, icon: &'static str, text: impl Into<TextProp>) {
        self.show(icon, text.into(), None);
    }

    /// Says that something has failed, after the page that would have said so has been left. Stays until it is closed.
    pub fn fail(self, said: impl Fn(Words) -> String + Send + Sync + 'static) {
        let number = self.next_number();
        let text = TextProp::from(move || said(self.lang.words()));
        self.failures.update(|failures| failures.push(Toast { number, icon: "alert", text, action: None }));
    }

    fn show(self, icon: &'static str, text: TextProp, action: Option<(TextProp, Callback<()>)>) -> u64 {
        let number = self.next_number();
        self.shown.set(Some(Toast { number, icon, text, action }));
        number
    }

    fn next_number(self) -> u64 {
        let number = self.told.get_value() + 1;
        self.told.set_value(number);
        number
    }

    fn close(self, number: u64) {
        if self.shown.read_untracked().as_ref().is_some_and(|toast| toast.number == number) {
            self.shown.set(None);
        }
        if self.failures.read_untracked().iter().any(|toast| toast.number == number) {
            self.failures.update(|failures| failures.retain(|toast| toast.number != number));
        }
    }
}

/// Makes a board for everything below this place.
pub fn provide_toasts() -> ToastBoard {
    let board = ToastBoard {
        lang: use_lang(),
        shown: RwSignal::new(None),
        failures: RwSignal::new(Vec::new()),
        told: StoredValue::new(0),
    };
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
    let board = use_toasts();
    let failures = move || board.failures.get();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=failures key=|toast| toast.number let:toast>
                <ToastLine board toast />
            </For>
            {move || board.shown.get().map(|toast| view! { <ToastLine board toast /> })}
        </div>
    }
}

#[component]
fn ToastLine(board: ToastBoard, toast: Toast) -> impl IntoView {
    let lang = use_lang();
    let Toast { number, icon, text, action } = toast;
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
}
