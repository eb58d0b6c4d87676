//! A short list of actions at the thing they belong to.

use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

use crate::device::dialog;

/// A list that opens at its button. Esc and a tap beside it close it; so does a tap on one of its actions, unless it `stays`.
#[component]
pub fn Menu(
    /// How the button looks.
    #[prop(default = "icon-button")]
    class: &'static str,
    /// Whether the button has an edge.
    #[prop(optional)]
    edge: bool,
    /// What the button is for, where it doesn't say so itself.
    #[prop(optional, into)]
    label: Option<TextProp>,
    /// What is on the button.
    #[prop(into)]
    button: ViewFn,
    /// Whether it opens upwards.
    #[prop(optional)]
    up: bool,
    /// Whether it stays open when one of its actions is taken.
    #[prop(optional)]
    stays: bool,
    /// The actions.
    children: Children,
) -> impl IntoView {
    let menu = NodeRef::<html::Details>::new();
    let on = NodeRef::<html::Summary>::new();
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            menu.set_open(false);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let is_open = menu.get_untracked().is_some_and(|menu| menu.open());
        // A question that an action asks is in front of it.
        if event.key() == "Escape" && is_open && !dialog::holds(event.target().as_ref()) {
            event.prevent_default();
            close();
            if let Some(button) = on.get_untracked() {
                // Fails only for an element outside the page.
                let _ = button.focus();
            }
        }
    };
    let label = StoredValue::new(label);
    let label = move || label.with_value(|label| label.as_ref().map(TextProp::get));
    view! {
        <details class="menu" node_ref=menu on:keydown=on_key>
            <summary class=class node_ref=on data-edge=edge.then_some("") aria-label=label>
                // Not on all of it: while the menu is open, the button is everything beside it.
                <span class="menu__button" title=label>{button.run()}</span>
            </summary>
            <div
                class="menu__list"
                data-up=up.then_some("")
                on:click=move |_| {
                    if !stays {
                        close();
                    }
                }
            >
                {children()}
            </div>
        </details>
    }
}
