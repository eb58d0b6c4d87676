//! Sheets and questions in front of the page.

use leptos::ev::{Event, SubmitEvent};
use leptos::html;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::{Icon, fresh_id};
use crate::device::focus;
use crate::i18n::{Words, use_lang};
use crate::t;

/// How large a dialog is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DialogSize {
    /// A form.
    #[default]
    Form,
    /// A question.
    Question,
    /// Something large.
    Large,
}

impl DialogSize {
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Form => None,
            Self::Question => Some("s"),
            Self::Large => Some("l"),
        }
    }
}

/// A native dialog with title, content and buttons. What is inside is made afresh each time it opens.
///
/// Esc and a tap outside close it only while nothing has been typed into it; the cross always does.
#[component]
pub fn Dialog(
    /// Whether it is open; set to false when the person closes it.
    open: RwSignal<bool>,
    /// What it is.
    #[prop(into)]
    title: TextProp,
    /// What it is about.
    #[prop(optional, into)]
    sub: Option<TextProp>,
    /// How large it is.
    #[prop(optional)]
    size: DialogSize,
    /// Called when its form is sent: by Enter, or by a button of type `submit` in the footer.
    #[prop(optional, into)]
    on_submit: Option<Callback<()>>,
    /// The buttons.
    #[prop(into)]
    footer: ViewFn,
    /// The content.
    children: ChildrenFn,
) -> impl IntoView {
    let lang = use_lang();
    let dialog = NodeRef::<html::Dialog>::new();
    let form = NodeRef::<html::Form>::new();
    let title_id = fresh_id("dialog");
    let typed = RwSignal::new(false);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(on_submit) = on_submit {
            on_submit.run(());
        }
    };
    let inside = {
        let title_id = title_id.clone();
        move || {
            if !open.get() {
                return None;
            }
            let (title, sub) = (title.clone(), sub.clone());
            let content = view! {
                <form class="dialog__form" node_ref=form novalidate on:input=move |_| typed.set(true) on:submit=submit>
                    <header class="dialog__head">
                        <h2 class="dialog__title" id=title_id.clone() tabindex="-1" autofocus>
                            {move || title.get()}
                            {sub.map(|sub| view! { <small class="dialog__sub">{move || sub.get()}</small> })}
                        </h2>
                        <button
                            class="icon-button dialog__close"
                            type="button"
                            aria-label=t!(lang, ui_close)
                            on:click=move |_| open.set(false)
                        >
                            <Icon name="close" />
                        </button>
                    </header>
                    <div class="dialog__body">{children()}</div>
                    <footer class="dialog__foot">{footer.run()}</footer>
                </form>
            };
            Some(content)
        }
    };
    let view = view! {
        <dialog
            class="dialog"
            node_ref=dialog
            data-size=size.name()
            aria-labelledby=title_id
            on:cancel=move |event: Event| {
                if typed.get_untracked() {
                    event.prevent_default();
                }
            }
            on:close=move |_| open.set(false)
            on:click=move |event| {
                let outside = event.target() == event.current_target();
                if outside && !typed.get_untracked() {
                    open.set(false);
                }
            }
        >
            {inside}
        </dialog>
    };
    // After the content, so that it is there to take the focus when the dialog opens.
    Effect::new(move |_| {
        let (open, is_filled) = (open.get(), form.get().is_some());
        let Some(dialog) = dialog.get() else { return };
        if open && is_filled && !dialog.open() {
            typed.set(false);
            // Fails only for an element outside the page, and then there is nothing to show it in.
            let _ = dialog.show_modal();
            // The browser stops at the title, which comes first.
            focus::wanted_in(&dialog);
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    view
}

/// The buttons at the foot of a dialog's form: cancel, and save.
#[component]
pub fn SaveButtons(
    /// Whether it is being saved.
    #[prop(into)]
    busy: Signal<bool>,
    /// Called when the person doesn't want it.
    #[prop(into)]
    on_cancel: Callback<()>,
    /// The words of the button that saves, where "save" doesn't say it.
    #[prop(optional, into)]
    save: Option<TextProp>,
    /// Whether saving ends something.
    #[prop(optional)]
    destroys: bool,
) -> impl IntoView {
    let lang = use_lang();
    let save = save.unwrap_or_else(|| t!(lang, ui_save).into());
    view! {
        <button class="button" type="button" on:click=move |_| on_cancel.run(())>{move || no(destroys, lang.words())}</button>
        <button
            class="button"
            type="submit"
            data-kind=if destroys { "destroy" } else { "primary" }
            data-busy=busy
            aria-disabled=move || busy.get().then_some("true")
        >
            {move || save.get()}
        </button>
    }
}

/// The words that leave everything as it is. Beside a button that ends something, "cancel" could be taken for that.
fn no(destroys: bool, words: Words) -> &'static str {
    if destroys { words.ui_go_back() } else { words.ui_cancel() }
}

/// Asks before something that can't be taken back.
#[component]
pub fn Confirm(
    /// Whether it is asked; set to false when it is answered.
    open: RwSignal<bool>,
    /// The question.
    #[prop(into)]
    title: TextProp,
    /// What will happen.
    #[prop(into)]
    text: TextProp,
    /// The words of the button that does it.
    #[prop(into)]
    action: TextProp,
    /// Whether it destroys something.
    #[prop(optional)]
    destroys: bool,
    /// Called when the answer is yes.
    #[prop(into)]
    on_confirm: Callback<()>,
) -> impl IntoView {
    let lang = use_lang();
    let confirm = move || {
        open.set(false);
        on_confirm.run(());
    };
    let footer = move || {
        let action = action.clone();
        view! {
            <button class="button" type="button" on:click=move |_| open.set(false)>{move || no(destroys, lang.words())}</button>
            <button class="button" type="submit" data-kind=if destroys { "destroy" } else { "primary" }>
                {move || action.get()}
            </button>
        }
    };
    view! {
        <Dialog open title=title size=DialogSize::Question on_submit=move |()| confirm() footer>
            <p>{let text = text.clone(); move || text.get()}</p>
        </Dialog>
    }
}
