//! A button that asks for files.

use leptos::ev::Event;
use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::Icon;

/// Has a person choose files of their device.
#[component]
pub fn FileButton(
    /// What it looks like.
    icon: &'static str,
    /// What the files are for.
    #[prop(into)]
    label: TextProp,
    /// Which files can be chosen, as the browser is told.
    accept: &'static str,
    /// Whether several can be chosen at once.
    #[prop(optional)]
    multiple: bool,
    /// Whether a tablet opens its camera.
    #[prop(optional)]
    camera: bool,
    /// Whether what was chosen before is still being worked on.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Called with the event of the field that holds what was chosen.
    #[prop(into)]
    on_choose: Callback<Event>,
) -> impl IntoView {
    let name = label.clone();
    view! {
        <label class="button file-button" data-busy=busy>
            <Icon name=icon />
            {move || label.get()}
            <input
                type="file"
                accept=accept
                capture=camera.then_some("environment")
                multiple=multiple
                aria-label=move || name.get()
                on:change=move |event| on_choose.run(event)
            />
        </label>
    }
}
