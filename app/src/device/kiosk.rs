//! Holding the tablet on one screen while it is in somebody else's hands.
//!
//! A browser can't be locked; what can be done is done: the whole screen, and a back gesture that leads nowhere. A tablet
//! under device management adds its own lock task mode to this.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use leptos::prelude::*;

use super::network::keep;

/// What the history remembers with the address that was put there to be stepped back from.
const HELD: &str = "fieldloop-held";

type Then = Rc<RefCell<Option<Box<dyn FnOnce()>>>>;

/// Keeps the page where it is, as long as the caller's owner lives or until it is let go.
#[derive(Clone, Copy)]
pub struct Hold {
    then: StoredValue<Then, LocalStorage>,
}

/// Takes hold of this address: going back stays here.
pub fn hold_here() -> Hold {
    let then: Then = Rc::default();
    push_here();
    let waiting = then.clone();
    let listener = EventListener::new(&window(), "popstate", move |_| {
        let then = waiting.borrow_mut().take();
        match then {
            Some(then) => then(),
            None => push_here(),
        }
    });
    keep(listener);
    Hold { then: StoredValue::new_local(then) }
}

impl Hold {
    /// Lets go, and then calls `then`, with the history as it was before.
    pub fn release(self, then: impl FnOnce() + 'static) {
        self.then.with_value(|waiting| *waiting.borrow_mut() = Some(Box::new(then)));
        if let Ok(history) = window().history() {
            // Fails only in pages that are being torn down.
            let _ = history.back();
        }
    }
}

/// Puts the same address into the history once more: the next step back arrives where we are. Once is enough: after a
/// reload it is there already.
fn push_here() {
    let Ok(history) = window().history() else { return };
    let is_there = history.state().is_ok_and(|state| state.as_string().as_deref() == Some(HELD));
    if !is_there {
        // As above.
        let _ = history.push_state_with_url(&HELD.into(), "", None);
    }
}

/// Takes the whole screen. Works only in answer to a tap, and not everywhere; nothing depends on it.
pub fn take_whole_screen() {
    let root = window().document().and_then(|page| page.document_element());
    if let Some(root) = root {
        // Refused without a tap, and by browsers that don't offer it.
        let _ = root.request_fullscreen();
    }
}

/// Gives the whole screen back.
pub fn leave_whole_screen() {
    if let Some(page) = window().document()
        && page.fullscreen_element().is_some()
    {
        page.exit_fullscreen();
    }
}
