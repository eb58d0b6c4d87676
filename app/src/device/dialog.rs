//! The browser's own dialogs.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget};

/// Shows a dialog in front of everything, the rest being out of reach.
pub fn show_modal(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked()
        && !dialog.open()
    {
        // Fails only for a dialog that isn't in the page.
        let _ = dialog.show_modal();
    }
}

/// Whether something happened inside a dialog.
pub fn holds(target: Option<&EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_ref::<Element>());
    element.is_some_and(|element| element.closest("dialog").is_ok_and(|found| found.is_some()))
}

/// Closes a dialog.
pub fn close(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked() {
        dialog.close();
    }
}

/// Opens the browser's print dialog for the page.
pub fn print() {
    if let Some(window) = web_sys::window() {
        // Fails only where printing is switched off.
        let _ = window.print();
    }
}
