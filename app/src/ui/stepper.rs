//! A small number, one step at a time.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::{Icon, fresh_id};
use crate::i18n::use_lang;
use crate::t;

/// A count with a button on either side.
#[component]
pub fn Stepper(
    /// What is counted.
    #[prop(into)]
    label: TextProp,
    /// The count.
    value: RwSignal<u32>,
    /// The least.
    #[prop(default = 1)]
    least: u32,
    /// The most.
    #[prop(default = 9_999)]
    most: u32,
) -> impl IntoView {
    let lang = use_lang();
    let id = fresh_id("stepper");
    let label_id = id.clone();
    let less = move |_: MouseEvent| value.update(|count| *count = count.saturating_sub(1).max(least));
    let more = move |_: MouseEvent| value.update(|count| *count = count.saturating_add(1).min(most));
    view! {
        <div class="field" role="group" aria-labelledby=id>
            <span class="field__label" id=label_id>{move || label.get()}</span>
            <div class="stepper">
                <button type="button" aria-label=t!(lang, ui_less) disabled=move || { value.get() <= least } on:click=less>
                    <Icon name="minus" />
                </button>
                <output aria-live="polite">{value}</output>
                <button type="button" aria-label=t!(lang, ui_more) disabled=move || { value.get() >= most } on:click=more>
                    <Icon name="plus" />
                </button>
            </div>
        </div>
    }
}
