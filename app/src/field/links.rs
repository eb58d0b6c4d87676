//! Addresses that other apps of the tablet answer: telephone and maps.

use std::fmt::Write;

/// Calls a number. Nothing, if there is none.
pub(crate) fn call(phone: &str) -> Option<String> {
    let number: String = phone.chars().filter(|sign| sign.is_ascii_digit() || *sign == '+').collect();
    (!number.is_empty()).then(|| format!("tel:{number}"))
}

/// Where something is, in one line. An address that names its region itself needs no region before it.
pub(crate) fn place(region: &str, address: &str) -> String {
    let (region, address) = (region.trim(), address.trim());
    match (region, address) {
        (_, "") => region.to_owned(),
        ("", _) => address.to_owned(),
        _ if address.contains(region) => address.to_owned(),
        _ => format!("{region} · {address}"),
    }
}

/// Shows a place on the tablet's map. Nothing, if it isn't known.
pub(crate) fn navigate(region: &str, address: &str) -> Option<String> {
    (!address.trim().is_empty())
        .then(|| format!("geo:0,0?q={}", encode(&place(region, address).replace(" · ", " "))))
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
    fn a_region_is_not_said_twice() {
        assert_eq!(place("上海", "上海市松江区莘砖公路 3188 号"), "上海市松江区莘砖公路 3188 号");
        assert_eq!(place("苏州", "星湖街 328 号"), "苏州 · 星湖街 328 号");
        assert_eq!(place("苏州", ""), "苏州");
    }

    #[test]
    fn a_place_is_asked_for_by_its_address() {
        assert_eq!(navigate("", "星湖街 3"), Some("geo:0,0?q=%E6%98%9F%E6%B9%96%E8%A1%97%203".into()));
        assert_eq!(navigate("苏州", " "), None);
    }
}
