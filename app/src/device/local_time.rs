//! Instants in fields of day and time, which speak the device's time zone without naming it.

use domain::Timestamp;
use js_sys::Date;
use wasm_bindgen::JsValue;

/// What such a field holds for an instant, `2026-11-21T09:30`.
pub fn to_field(instant: Timestamp) -> String {
    let date = Date::new(&JsValue::from_f64(instant.as_millis() as f64));
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}",
        date.get_full_year(),
        date.get_month() + 1,
        date.get_date(),
        date.get_hours(),
        date.get_minutes()
    )
}

/// The same to the second, `2026-11-21T09:30:05`, for what has just happened.
pub fn to_field_with_seconds(instant: Timestamp) -> String {
    let date = Date::new(&JsValue::from_f64(instant.as_millis() as f64));
    format!("{}:{:02}", to_field(instant), date.get_seconds())
}

/// The instant that such a field holds. Nothing while it is empty or half typed.
pub fn from_field(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let millis = Date::new(&JsValue::from_str(text)).get_time();
    // A time of day without a zone is the device's.
    (!millis.is_nan()).then(|| Timestamp::from_millis(millis as i64))
}
