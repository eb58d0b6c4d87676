//! What stands in the way of leaving a device, and the way around: a rescue file.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::text_prop::TextProp;
use leptos_router::components::A;

use super::rescue::{WriteButton, Writing, WrittenNotice};
use crate::device::rescue::Because;
use crate::i18n::use_lang;
use crate::t;
use crate::ui::{Dialog, DialogSize};
use crate::workspace::{Cleared, HeldBack, Rescued, WayOut, Workspace};

/// Somebody's attempt to leave: one at a time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Leaving {
    /// Whether one is under way.
    pub busy: RwSignal<bool>,
    /// What holds them back, as long as it is shown.
    pub held: RwSignal<Option<HeldBack>>,
}

impl Leaving {
    /// Goes to the gate, and on once that has opened.
    pub fn by<W: WayOut + 'static>(
        self,
        workspace: Workspace,
        rescued: Option<Rescued>,
        go_on: impl AsyncFnOnce(Cleared<W>) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            match workspace.clear::<W>(rescued.as_ref()).await {
                Ok(cleared) => go_on(cleared).await,
                Err(held_back) => {
                    self.busy.try_set(false);
                    self.held.try_set(Some(held_back));
                }
            }
        });
    }
}

/// Says what holds somebody back. They may stay, look at it, or write a rescue file; once they have that, they may go on.
#[component]
pub fn HeldBackDialog(
    /// What holds them back, as long as it is shown.
    held: RwSignal<Option<HeldBack>>,
    /// What did not happen.
    #[prop(into)]
    title: TextProp,
    /// What will become of the work if they go on.
    #[prop(into)]
    more: TextProp,
    /// The words of the button that goes on.
    #[prop(into)]
    action: TextProp,
    /// The words of the button that stays.
    #[prop(into)]
    stay: TextProp,
    /// Called when they have confirmed that they have the file.
    #[prop(into)]
    on_rescued: Callback<Rescued>,
) -> impl IntoView {
    let lang = use_lang();
    let open = RwSignal::new(false);
    let writing = Writing::new(Because::SigningOut);
    Effect::new(move |_| {
        writing.forget();
        open.set(held.read().is_some());
    });
    Effect::new(move |_| {
        if !open.get() && held.with_untracked(Option::is_some) {
            held.set(None);
        }
    });
    let go_on = move || {
        if let Some(file) = writing.file() {
            held.set(None);
            on_rescued.run(file.confirmed());
        }
    };
    let footer = move || {
        let (action, stay) = (action.clone(), stay.clone());
        let aside = move || {
            let action = action.clone();
            if writing.file().is_some() {
                view! { <button class="button" type="submit" data-kind="danger">{move || action.get()}</button> }
                    .into_any()
            } else {
                let show = t!(lang, sign_out_refused_show);
                view! { <A href="/outbox" attr:class="button" on:click=move |_| open.set(false)>{show}</A> }
                    .into_any()
            }
        };
        view! {
            {aside}
            <button class="button" data-kind="primary" type="button" on:click=move |_| open.set(false)>
                {move || stay.get()}
            </button>
        }
    };
    let lead = move || {
        let words = lang.words();
        let lines = match &*held.read() {
            Some(HeldBack::Holding(holding)) => {
                let changes = (holding.changes() > 0).then(|| words.held_changes(holding.changes()));
                let files = (holding.files() > 0).then(|| words.held_files(holding.files()));
                let to_add = (holding.files_to_add() > 0).then(|| words.held_to_add(holding.files_to_add()));
                let drafts = (holding.drafts() > 0).then(|| words.held_drafts(holding.drafts()));
                [changes, files, to_add, drafts].into_iter().flatten().collect()
            }
            Some(HeldBack::Unseen) => vec![words.held_unseen().to_owned()],
            Some(HeldBack::Elsewhere) => vec![words.held_elsewhere().to_owned()],
            None => Vec::new(),
        };
        lines.into_iter().map(|line| view! { <p>{line}</p> }).collect_view()
    };
    let can_be_rescued = move || match &*held.read() {
        Some(HeldBack::Elsewhere) => false,
        Some(HeldBack::Holding(holding)) => holding.changes() + holding.files() + holding.drafts() > 0,
        Some(HeldBack::Unseen) | None => true,
    };
    view! {
        <Dialog open title size=DialogSize::Question on_submit=move |()| go_on() footer>
            <div class="stack">
                {lead}
                {
                    let more = more.clone();
                    move || {
                        let more = more.clone();
                        can_be_rescued().then(|| view! {
                            <p class="secondary">{move || more.get()}</p>
                            <div class="row"><WriteButton writing /></div>
                            <WrittenNotice writing />
                        })
                    }
                }
            </div>
        </Dialog>
    }
}
