//! The browser's own dialogs.

use leptos::html;
use leptos::prelude::*;

/// Shows a dialog in front of everything, the rest being out of reach.
pub fn show_modal(dialog: NodeRef<html::Dialog>) {
    if let Some(dialog) = dialog.get_untracked()
        && !dialog.open()
    {
        // Fails only for a dialog that isn't in the page.
        let _ = dialog.show_modal();
    }
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
