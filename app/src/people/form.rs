//! Sending a form to the server, once, and what it answered.

use std::future::Future;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::text_prop::TextProp;

use super::accounts::Failure;
use crate::device::api::ApiError;
use crate::i18n::{Lang, use_lang};
use crate::ui::{Dialog, Notice, SaveButtons, Tone};

/// One form that is sent to the server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    busy: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
}

impl Form {
    pub(super) fn new() -> Self {
        Self { busy: RwSignal::new(false), failure: RwSignal::new(None) }
    }

    /// Sends; `done` is called with the answer, and not after a failure. A second tap meanwhile does nothing.
    pub(super) fn send<T: 'static>(
        self,
        call: impl Future<Output = Result<T, ApiError>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(None);
        spawn_local(async move {
            let answer = call.await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(answer) => done(answer),
                Err(error) => self.failure.set(Some(error.into())),
            }
        });
    }

    pub(super) fn is_busy(self) -> Signal<bool> {
        self.busy.into()
    }

    pub(super) fn forget(self) {
        self.failure.set(None);
    }

    /// What is wrong with a field.
    pub(super) fn at(self, lang: Lang, field: &'static str) -> Signal<Option<String>> {
        Signal::derive(move || {
            let failure = self.failure.read();
            let failure = failure.as_ref().filter(|failure| failure.field.as_deref() == Some(field))?;
            Some(failure.said(lang.words()))
        })
    }

    /// What is wrong beyond the fields that the form shows.
    pub(super) fn beyond(self, lang: Lang, shown: &'static [&'static str]) -> Signal<Option<String>> {
        Signal::derive(move || {
            let failure = self.failure.read();
            let failure = failure
                .as_ref()
                .filter(|failure| !failure.field.as_deref().is_some_and(|field| shown.contains(&field)))?;
            Some(failure.said(lang.words()))
        })
    }
}

/// A dialog in which something is edited and sent to the server.
#[component]
pub(super) fn EditDialog<S>(
    form: Form,
    /// What it is about, while it is open.
    subject: RwSignal<Option<S>>,
    open: RwSignal<bool>,
    #[prop(into)] title: TextProp,
    /// The fields that show their own errors.
    shown: &'static [&'static str],
    #[prop(into)] on_save: Callback<()>,
    children: ChildrenFn,
) -> impl IntoView
where
    S: Send + Sync + 'static,
{
    let beyond = form.beyond(use_lang(), shown);
    let failure =
        move || beyond.get().map(|said| view! { <Notice tone=Tone::Danger title=said answers=true /> });
    let footer = move || view! { <SaveButtons busy=form.is_busy() on_cancel=move |()| open.set(false) /> };
    // Closed by the cross or Esc, the next one to edit may be the same again.
    Effect::watch(
        move || open.get(),
        move |open, _, _| {
            if !open {
                subject.set(None);
            }
        },
        false,
    );
    let children = StoredValue::new(children);
    view! {
        <Dialog open title on_submit=on_save footer>
            <div class="form">
                {failure}
                <div class="form__grid">{children.with_value(|children| children())}</div>
            </div>
        </Dialog>
    }
}
