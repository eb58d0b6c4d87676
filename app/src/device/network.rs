//! Whether there may be a network, and whether anybody is looking, or about to leave.

use gloo_events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Whether the browser thinks that there is a network. `false` is sure; `true` promises nothing.
pub fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Whether the page can be seen.
pub fn is_visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

/// Calls `then` whenever the network is said to be back, as long as the caller's owner lives.
pub fn on_online(then: impl Fn() + 'static) {
    listen(&window(), "online", then);
}

/// Calls `then` whenever the network is said to be gone, as long as the caller's owner lives.
pub fn on_offline(then: impl Fn() + 'static) {
    listen(&window(), "offline", then);
}

/// Calls `then` whenever the page becomes visible, as long as the caller's owner lives.
pub fn on_visible(then: impl Fn() + 'static) {
    listen(&document(), "visibilitychange", move || {
        if is_visible() {
            then();
        }
    });
}

/// Calls `then` whenever the page is put away: the last moment to keep what has been typed. As long as the caller's owner
/// lives.
pub fn on_hidden(then: impl Fn() + 'static) {
    listen(&document(), "visibilitychange", move || {
        if !is_visible() {
            then();
        }
    });
}

/// Has the browser ask before it leaves the page, or loads it anew, while something would be lost by that. As long as the caller's
/// owner lives.
pub fn ask_before_leaving(would_lose: impl Fn() -> bool + 'static) {
    let options = EventListenerOptions::enable_prevent_default();
    keep(EventListener::new_with_options(&window(), "beforeunload", options, move |event| {
        if would_lose() {
            event.prevent_default();
        }
    }));
}

fn listen(target: &impl AsRef<web_sys::EventTarget>, name: &'static str, then: impl Fn() + 'static) {
    let listener = EventListener::new(target.as_ref(), name, move |_| then());
    keep(listener);
}

/// Keeps something of the browser's as long as the caller's owner lives.
pub(super) fn keep<T: 'static>(thing: T) {
    let thing = StoredValue::new_local(thing);
    // Dropped with the owner that it was stored under.
    let _ = thing;
}

fn window() -> web_sys::Window {
    web_sys::window().expect("the client runs in a page")
}

fn document() -> web_sys::Document {
    window().document().expect("a page has a document").unchecked_into()
}
