//! Keys that work anywhere on a screen.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Calls `pressed` with each plain key (`j`, `ArrowDown`, `/`) that is not meant for a field, a menu or a dialog. A key that it
/// takes (by returning true) does nothing else. Ends with the caller's owner.
pub fn on_key(pressed: impl Fn(&str) -> bool + 'static) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let modified = event.ctrl_key() || event.meta_key() || event.alt_key();
        if modified || event.default_prevented() || event.is_composing() || is_taken(event.target()) {
            return;
        }
        if pressed(&event.key()) {
            event.prevent_default();
        }
    });
    on_cleanup(move || listener.remove());
}

/// Calls `pressed` when Ctrl+Enter (or Cmd+Enter) is pressed outside of dialogs. Ends with the caller's owner.
pub fn on_ctrl_enter(pressed: impl Fn() + 'static) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let wanted = (event.ctrl_key() || event.meta_key()) && event.key() == "Enter" && !event.repeat();
        if wanted && !event.is_composing() && !dialog_is_open() {
            event.prevent_default();
            pressed();
        }
    });
    on_cleanup(move || listener.remove());
}

/// Gives the focus to the first element of the page that a selector names.
pub fn focus(selector: &str) {
    let element = document().query_selector(selector).ok().flatten();
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // Fails only for an element that has left the page.
        let _ = element.focus();
    }
}

/// Gives the focus to the first element that a selector names, unless something has it.
pub fn focus_if_nowhere(selector: &str) {
    if document().active_element().is_none_or(|active| active.tag_name() == "BODY") {
        focus(selector);
    }
}

/// Moves the focus by so many places among the elements that a selector names. Nothing happens at the ends.
pub fn focus_neighbour(selector: &str, by: i32) {
    let Ok(elements) = document().query_selector_all(selector) else { return };
    let Some(active) = document().active_element() else { return };
    let here = (0..elements.length()).find(|place| elements.item(*place).as_ref() == Some(active.as_ref()));
    let next = here.and_then(|here| here.checked_add_signed(by)).and_then(|place| elements.item(place));
    if let Some(element) = next.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // Fails only for an element that has left the page.
        let _ = element.focus();
    }
}

fn dialog_is_open() -> bool {
    document().query_selector("dialog[open]").ok().flatten().is_some()
}

fn is_taken(target: Option<web_sys::EventTarget>) -> bool {
    let typing = target.and_then(|target| target.dyn_into::<Element>().ok()).is_some_and(|element| {
        element.closest("input, select, textarea, [role=menu], [contenteditable]").ok().flatten().is_some()
    });
    typing || dialog_is_open()
}
