//! Bringing a person's attention to a place on the screen.

use leptos::prelude::request_animation_frame;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Goes to the first field that is marked as wrong, once the marks are on the screen; in the dialog in front, if there is one.
pub fn first_invalid() {
    request_animation_frame(|| {
        let Some(page) = web_sys::window().and_then(|window| window.document()) else { return };
        let find = |selector| page.query_selector(selector).ok().flatten();
        let found = find("dialog[open] [aria-invalid=true]").or_else(|| find("[aria-invalid=true]"));
        if let Some(field) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            // Fails only for an element outside the page.
            let _ = field.focus();
        }
    });
}
