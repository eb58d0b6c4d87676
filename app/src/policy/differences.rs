//! What is different from another version, line by line.

use domain::sla::Policy;
use leptos::prelude::*;

use super::difference::{Difference, Value, differences};
use crate::i18n::use_lang;
use crate::t;
use crate::workspace::use_workspace;

/// The differences as a table: what, before, after.
#[component]
pub(super) fn DifferencesView(
    /// The earlier version.
    #[prop(into)]
    before: Signal<Policy>,
    /// The later one.
    #[prop(into)]
    after: Signal<Policy>,
) -> impl IntoView {
    let lang = use_lang();
    let directory = use_workspace().directory();
    let found = Memo::new(move |_| differences(&before.read(), &after.read()));
    let rows = move || {
        let row = |difference: Difference| {
            let Difference { about, before, after } = difference;
            let about = move || lang.words().about(&about, &directory.read());
            let (was, is) = (before.clone(), after.clone());
            let kind = match (&before, &after) {
                (Value::Nothing, Value::Days(_)) => None,
                (Value::Nothing, _) => Some("new"),
                (_, Value::Nothing) => Some("gone"),
                _ => None,
            };
            view! {
                <tr data-difference=kind>
                    <th scope="row">{about}</th>
                    <td class="difference__before" data-label=t!(lang, difference_before)>
                        {move || lang.words().value(&was)}
                    </td>
                    <td class="difference__after" data-label=t!(lang, difference_after)>
                        {move || lang.words().value(&is)}
                    </td>
                </tr>
            }
        };
        found.get().into_iter().map(row).collect_view()
    };
    view! {
        <Show
            when=move || !found.read().is_empty()
            fallback=move || view! { <p class="secondary">{t!(lang, differences_none)}</p> }
        >
            <div class="table-wrap differences">
                <table class="table" data-stack aria-label=t!(lang, policy_differences)>
                    <thead>
                        <tr>
                            <th scope="col">{t!(lang, difference_what)}</th>
                            <th scope="col">{t!(lang, difference_before)}</th>
                            <th scope="col">{t!(lang, difference_after)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </Show>
    }
}
