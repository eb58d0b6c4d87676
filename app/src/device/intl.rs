//! Dates, times and numbers as people of each language write them, by the browser's own `Intl`.
//!
//! In the device's time zone: the people of a service team work in the zone they are in.

use std::cell::RefCell;
use std::collections::HashMap;

use domain::Timestamp;
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::i18n::Locale;

/// How much of an instant is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// 11月21日.
    Day,
    /// 11月21日周六.
    Weekday,
    /// 2026年11月21日.
    FullDay,
    /// 周六 14:05.
    WeekdayTime,
    /// 14:05.
    Time,
    /// 11月21日 14:05.
    DayTime,
    /// 2026年11月21日 14:05.
    FullDayTime,
    /// 2026年11月21日 14:05:09, for evidence.
    Exact,
    /// 11月21日周六 14:05.
    Moment,
    /// 11月21日周六 14:05:09.
    MomentSeconds,
    /// 2026年11月21日周六 14:05:09.
    FarMoment,
    /// 14:05:09.
    TimeSeconds,
    /// 2026年11月21日周六.
    FullWeekday,
    /// 11月.
    Month,
}

impl Form {
    const fn options(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Month => &[("month", "long")],
            Self::Day => &[("month", "short"), ("day", "numeric")],
            Self::Weekday => &[("month", "short"), ("day", "numeric"), ("weekday", "short")],
            Self::FullDay => &[("year", "numeric"), ("month", "short"), ("day", "numeric")],
            Self::WeekdayTime => {
                &[("weekday", "short"), ("hour", "2-digit"), ("minute", "2-digit"), ("hourCycle", "h23")]
            }
            Self::Time => &[("hour", "2-digit"), ("minute", "2-digit"), ("hourCycle", "h23")],
            Self::DayTime => &[
                ("month", "short"),
                ("day", "numeric"),
                ("hour", "2-digit"),
                ("minute", "2-digit"),
                ("hourCycle", "h23"),
            ],
            Self::FullDayTime => &[
                ("year", "numeric"),
                ("month", "short"),
                ("day", "numeric"),
                ("hour", "2-digit"),
                ("minute", "2-digit"),
                ("hourCycle", "h23"),
            ],
            Self::Moment => &[
                ("month", "short"),
                ("day", "numeric"),
                ("weekday", "short"),
                ("hour", "2-digit"),
                ("minute", "2-digit"),
                ("hourCycle", "h23"),
            ],
            Self::MomentSeconds => &[
                ("month", "short"),
                ("day", "numeric"),
                ("weekday", "short"),
                ("hour", "2-digit"),
                ("minute", "2-digit"),
                ("second", "2-digit"),
                ("hourCycle", "h23"),
            ],
            Self::FarMoment => &[
                ("year", "numeric"),
                ("month", "short"),
                ("day", "numeric"),
                ("weekday", "short"),
                ("hour", "2-digit"),
                ("minute", "2-digit"),
                ("second", "2-digit"),
                ("hourCycle", "h23"),
            ],
            Self::TimeSeconds => {
                &[("hour", "2-digit"), ("minute", "2-digit"), ("second", "2-digit"), ("hourCycle", "h23")]
            }
            Self::FullWeekday => {
                &[("year", "numeric"), ("month", "short"), ("day", "numeric"), ("weekday", "short")]
            }
            Self::Exact => &[
                ("year", "numeric"),
                ("month", "short"),
                ("day", "numeric"),
                ("hour", "2-digit"),
                ("minute", "2-digit"),
                ("second", "2-digit"),
                ("hourCycle", "h23"),
            ],
        }
    }
}

thread_local! {
    // Making one takes much longer than using it.
    static DATES: RefCell<HashMap<(&'static str, Form, Zone), Function>> = RefCell::default();
    static NUMBERS: RefCell<HashMap<&'static str, Function>> = RefCell::default();
    static RELATIVE: RefCell<HashMap<&'static str, Intl::RelativeTimeFormat>> = RefCell::default();
}

/// The zone an instant is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Zone {
    Device,
    Utc,
}

/// Writes an instant.
pub fn instant(locale: Locale, instant: Timestamp, form: Form) -> String {
    write(locale, instant, form, Zone::Device)
}

/// Writes what a clock on some wall shows, given as if that wall hung in Greenwich: an instant moved by its zone's offset.
pub fn wall(locale: Locale, wall: Timestamp, form: Form) -> String {
    write(locale, wall, form, Zone::Utc)
}

fn write(locale: Locale, instant: Timestamp, form: Form, zone: Zone) -> String {
    let date = Date::new(&JsValue::from_f64(instant.as_millis() as f64));
    DATES.with_borrow_mut(|formats| {
        let format = formats.entry((locale.tag(), form, zone)).or_insert_with(|| {
            let mut wanted = form.options().to_vec();
            if zone == Zone::Utc {
                wanted.push(("timeZone", "UTC"));
            }
            Intl::DateTimeFormat::new(&tags(locale), &options(&wanted)).format()
        });
        call(format, &date)
    })
}

/// Milliseconds that the device's time zone is east of UTC at an instant.
pub fn offset_at(instant: Timestamp) -> i64 {
    let date = Date::new(&JsValue::from_f64(instant.as_millis() as f64));
    -(date.get_timezone_offset() * Timestamp::MINUTE_MS as f64) as i64
}

/// Writes a number with the language's separators.
pub fn number(locale: Locale, number: f64) -> String {
    NUMBERS.with_borrow_mut(|formats| {
        let format = formats
            .entry(locale.tag())
            .or_insert_with(|| Intl::NumberFormat::new(&tags(locale), &Object::new()).format());
        call(format, &JsValue::from_f64(number))
    })
}

/// Writes how far `instant` is from `now` in the largest unit that fits: "in 5 minutes", "昨天".
pub fn relative(locale: Locale, instant: Timestamp, now: Timestamp) -> String {
    let (amount, unit) = largest_unit(instant.millis_since(now));
    RELATIVE.with_borrow_mut(|formats| {
        let format = formats.entry(locale.tag()).or_insert_with(|| {
            Intl::RelativeTimeFormat::new(&tags(locale), &options(&[("numeric", "auto")]))
        });
        String::from(format.format(amount as f64, unit))
    })
}

/// Cuts a distance in milliseconds down to whole minutes, hours or days, towards now.
fn largest_unit(millis: i64) -> (i64, &'static str) {
    match millis.abs() {
        ..Timestamp::HOUR_MS => (millis / Timestamp::MINUTE_MS, "minute"),
        Timestamp::HOUR_MS..Timestamp::DAY_MS => (millis / Timestamp::HOUR_MS, "hour"),
        _ => (millis / Timestamp::DAY_MS, "day"),
    }
}

/// The start of the day that `instant` falls into, in the device's time zone.
pub fn start_of_day(instant: Timestamp) -> Timestamp {
    let date = Date::new(&JsValue::from_f64(instant.as_millis() as f64));
    date.set_hours(0);
    date.set_minutes(0);
    date.set_seconds(0);
    date.set_milliseconds(0);
    Timestamp::from_millis(date.get_time() as i64)
}

/// The device's time zone by its IANA name, `Asia/Shanghai` say.
pub fn time_zone() -> String {
    let options = Intl::DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    let zone = Reflect::get(&options, &"timeZone".into()).ok();
    zone.and_then(|zone| zone.as_string()).unwrap_or_else(|| "UTC".to_owned())
}

fn call(format: &Function, value: &JsValue) -> String {
    // Fails only for instants outside of what calendars hold.
    format.call1(&JsValue::UNDEFINED, value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

fn tags(locale: Locale) -> Array {
    Array::of1(&locale.tag().into())
}

fn options(options: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (key, value) in options {
        // Setting a property of a plain object can't fail.
        let _ = Reflect::set(&object, &(*key).into(), &(*value).into());
    }
    object.unchecked_into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_told_in_the_largest_unit_that_fits() {
        assert_eq!(largest_unit(-59 * Timestamp::MINUTE_MS), (-59, "minute"));
        assert_eq!(largest_unit(61 * Timestamp::MINUTE_MS), (1, "hour"));
        assert_eq!(largest_unit(-49 * Timestamp::HOUR_MS), (-2, "day"));
    }
}
