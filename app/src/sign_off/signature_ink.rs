//! A recorded signature on screen and in print.

use domain::ticket::Signature;
use leptos::prelude::*;

use super::ink::outline;
use crate::i18n::use_lang;

/// A signature as it was given: the drawing, or the typed name.
#[component]
pub fn SignatureInk(
    /// The signature.
    signature: Signature,
    /// The signer's name in letters.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    let lang = use_lang();
    match signature {
        Signature::Typed { name } => {
            let said = name.clone();
            view! {
                <p class="signature-typed" role="img" aria-label=move || lang.words().signature_typed_by(&said)>{name}</p>
            }
            .into_any()
        }
        Signature::Drawn { strokes, height } => {
            let paths =
                strokes.iter().map(|stroke| view! { <path class="ink" d=outline(stroke) /> }).collect_view();
            view! {
                <svg
                    class="signature-ink"
                    viewBox=format!("0 0 10000 {}", height.max(1))
                    role="img"
                    aria-label=move || lang.words().signature_drawn_by(&name)
                >
                    {paths}
                </svg>
            }
            .into_any()
        }
    }
}
