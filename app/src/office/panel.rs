//! A titled box of facts.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

/// A titled part of a page.
#[component]
pub fn Panel(
    /// What it is.
    #[prop(into)]
    title: TextProp,
    /// What stands at the end of its head.
    #[prop(optional, into)]
    end: ViewFn,
    /// Whether its content reaches its edges, for lists and tables.
    #[prop(optional)]
    flush: bool,
    /// Its content.
    children: Children,
) -> impl IntoView {
    let label = title.clone();
    view! {
        <section class="panel" aria-label=move || label.get()>
            <header class="panel__head">
                <h3 class="panel__title">{move || title.get()}</h3>
                <div class="panel__end">{move || end.run()}</div>
            </header>
            <div class="panel__body" data-flush=flush.then_some("")>{children()}</div>
        </section>
    }
}

/// One fact of a definition list; left out while there is nothing to say.
#[component]
pub fn Fact(
    /// What it is about.
    #[prop(into)]
    label: TextProp,
    /// What it says.
    #[prop(into)]
    value: Signal<String>,
    /// Whether it is a code or number.
    #[prop(optional)]
    code: bool,
) -> impl IntoView {
    move || {
        let (label, value) = (label.clone(), value.get());
        (!value.trim().is_empty()).then(|| {
            view! {
                <dt>{move || label.get()}</dt>
                <dd class:number=code>{value}</dd>
            }
        })
    }
}
