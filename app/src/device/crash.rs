//! When the app panics, what it was doing is over; what was typed is not. The script beside the app (`app/rescue-mode.js`) notes what
//! has happened and loads the page anew, where drafts bring the words back.

use wasm_bindgen::JsValue;

use super::rescue::script;

/// Tells of panics from now on.
pub fn watch() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        tell(&info.to_string());
    }));
    #[cfg(debug_assertions)]
    panic_on_request();
}

fn tell(message: &str) {
    if let Some(script) = script() {
        // Whatever else goes wrong by now, the panic's own trap is still noticed there.
        let _ = script.call("crashed", &[JsValue::from(message)]);
    }
}

/// Panics when the page is sent an event of this name, for journeys that want to see what comes of it. Not in what is shipped.
#[cfg(debug_assertions)]
fn panic_on_request() {
    let Some(window) = web_sys::window() else { return };
    gloo_events::EventListener::new(&window, "fieldloop-panic", |_| panic!("a panic was asked for")).forget();
}
