//! Scrolled boxes: what is in sight of a long list, and bringing a part of it into sight.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, HtmlElement, ResizeObserver};

/// What is in sight of a box, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InSight {
    /// How far it is scrolled.
    pub top: f64,
    /// How high its visible part is.
    pub height: f64,
}

/// Measures what is in sight. Nothing, while the box is not in the page.
pub fn in_sight(scrolled: NodeRef<html::Div>) -> Option<InSight> {
    let element = scrolled.get_untracked()?;
    Some(InSight { top: f64::from(element.scroll_top()), height: f64::from(element.client_height()) })
}

/// Measures the first element within the box that a selector names: its height in CSS pixels.
pub fn height_within(scrolled: NodeRef<html::Div>, selector: &str) -> Option<f64> {
    let height = find(scrolled, selector)?.get_bounding_client_rect().height();
    (height > 0.0).then_some(height)
}

/// Scrolls the box.
pub fn scroll_to(scrolled: NodeRef<html::Div>, top: f64) {
    if let Some(element) = scrolled.get_untracked() {
        element.set_scroll_top(top as i32);
    }
}

/// Gives the focus to an element within the box, without scrolling. Says whether it was there.
pub fn focus_within(scrolled: NodeRef<html::Div>, selector: &str) -> bool {
    let Some(element) = find(scrolled, selector).and_then(|element| element.dyn_into::<HtmlElement>().ok())
    else {
        return false;
    };
    // Fails only for an element that has left the page.
    element.focus().is_ok()
}

/// Calls `changed` when the box gets another size, the first time as soon as it is in the page. Ends with the caller's owner.
pub fn on_resize(scrolled: NodeRef<html::Div>, changed: impl Fn() + 'static) {
    let callback = Closure::<dyn FnMut()>::new(changed);
    let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) else { return };
    let watched = observer.clone();
    Effect::new(move |_| {
        if let Some(element) = scrolled.get() {
            watched.observe(&element);
        }
    });
    // The observer calls into the closure, so both live in one place and end together.
    let kept = StoredValue::new_local(Some((observer, callback)));
    on_cleanup(move || {
        if let Some((observer, _)) = kept.try_update_value(Option::take).flatten() {
            observer.disconnect();
        }
    });
}

fn find(scrolled: NodeRef<html::Div>, selector: &str) -> Option<Element> {
    scrolled.get_untracked()?.query_selector(selector).ok().flatten()
}
