//! The device's clock and its timers.

use std::time::Duration;

use domain::Timestamp;
use leptos::prelude::*;

use super::network;

/// The device's own clock, right or wrong. What is shown or recorded is corrected by what the server says.
pub fn now() -> Timestamp {
    // Whole milliseconds far below 2^53.
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

/// Waits.
pub async fn sleep(millis: u32) {
    gloo_timers::future::TimeoutFuture::new(millis).await;
}

/// Calls `tick` now and once a second, as long as the caller's owner lives and while the page is visible; and at once
/// when it becomes visible again.
pub fn every_second_while_visible(tick: impl Fn() + Clone + 'static) {
    tick();
    let beat = {
        let tick = tick.clone();
        move || {
            if network::is_visible() {
                tick();
            }
        }
    };
    if let Ok(handle) = set_interval_with_handle(beat, Duration::from_secs(1)) {
        on_cleanup(move || handle.clear());
    }
    network::on_visible(tick);
}

/// A number from 0 to 1, to spread attempts of many devices over time.
pub fn jitter() -> f64 {
    js_sys::Math::random()
}
