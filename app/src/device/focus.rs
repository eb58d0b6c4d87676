//! Bringing a person's attention to a place on the screen.

use leptos::prelude::request_animation_frame;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

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

/// Goes to the field of a dialog that asks for it, if there is one.
pub fn wanted_in(dialog: &Element) {
    let found = dialog.query_selector(":is(input, textarea)[autofocus]").ok().flatten();
    if let Some(field) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // Fails only for an element outside the page.
        let _ = field.focus();
    }
}

/// Goes to an element by its id, once it is on the screen. Nothing happens if it isn't there.
pub fn on(id: String) {
    request_animation_frame(move || {
        let page = web_sys::window().and_then(|window| window.document());
        let found = page.and_then(|page| page.get_element_by_id(&id));
        if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            // Fails only for an element outside the page.
            let _ = element.focus();
        }
    });
}
