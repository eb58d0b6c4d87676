//! Addresses that other apps of the tablet answer: telephone and maps.

use std::fmt::Write;

/// Calls a number. Nothing, if there is none.
pub(crate) fn call(phone: &str) -> Option<String> {
    let number: String = phone.chars().filter(|sign| sign.is_ascii_digit() || *sign == '+').collect();
    (!number.is_empty()).then(|| format!("tel:{number}"))
}

/// Shows a place on the tablet's map. Nothing, if it isn't known.
pub(crate) fn navigate(region: &str, address: &str) -> Option<String> {
    let place = format!("{} {}", region.trim(), address.trim());
    (!address.trim().is_empty()).then(|| format!("geo:0,0?q={}", encode(place.trim())))
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string can't fail");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_called_without_what_people_put_between_its_digits() {
        assert_eq!(call("+86 138-0013 (8000)").as_deref(), Some("tel:+8613800138000"));
        assert_eq!(call(" "), None);
    }

    #[test]
    fn a_place_is_asked_for_by_its_address() {
        assert_eq!(navigate("", "星湖街 3"), Some("geo:0,0?q=%E6%98%9F%E6%B9%96%E8%A1%97%203".into()));
        assert_eq!(navigate("苏州", " "), None);
    }
}
