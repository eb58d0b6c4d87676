//! Words in three languages, switchable at run time.
//!
//! [`Words`] has one method for each message of the catalogues in `locales/`; see `build.rs`. A screen takes [`use_lang`] and
//! says `t!(lang, key)` or `t!(lang, key, argument)`: a closure that follows the language. No other file holds text.

mod vocabulary;
mod writing;

pub use self::writing::{end_beside, spaced};

use leptos::prelude::*;

use crate::device::prefs;

/// A language of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// English.
    En,
    /// Simplified Chinese, mainland China.
    #[default]
    ZhCn,
    /// Traditional Chinese, Taiwan.
    ZhTw,
}

impl Locale {
    /// Every language, in the order a menu lists them.
    pub const ALL: [Self; 3] = [Self::ZhCn, Self::ZhTw, Self::En];

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::ZhCn => "zh-CN",
            Self::ZhTw => "zh-TW",
        }
    }

    /// The language's name in itself.
    pub fn own_name(self) -> &'static str {
        Words(self).language_own_name()
    }

    /// The best match for a BCP 47 tag: any Chinese of Taiwan, Hong Kong or Macau, or in traditional script, is read best in
    /// zh-TW.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let tag = tag.to_lowercase();
        let traditional = ["tw", "hk", "mo", "hant"];
        match tag.split('-').next() {
            Some("en") => Some(Self::En),
            Some("zh") if tag.split('-').any(|part| traditional.contains(&part)) => Some(Self::ZhTw),
            Some("zh") => Some(Self::ZhCn),
            _ => None,
        }
    }
}

/// The catalogue of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words(pub Locale);

include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// The language that a part of the page speaks.
#[derive(Debug, Clone, Copy)]
pub struct Lang(RwSignal<Locale>);

impl Lang {
    /// The locale; a reader follows it.
    pub fn locale(self) -> Locale {
        self.0.get()
    }

    /// The catalogue; a reader follows it.
    pub fn words(self) -> Words {
        Words(self.0.get())
    }

    /// Switches the language.
    pub fn set(self, locale: Locale) {
        self.0.set(locale);
    }

    /// Switches the language, and begins with it the next time: somebody has said what they read best.
    pub fn choose(self, locale: Locale) {
        self.set(locale);
        prefs::remember_locale(locale);
    }
}

/// Gives everything below this place its own language: the whole app, or the part handed to a customer.
pub fn provide_lang(locale: Locale) -> Lang {
    let lang = Lang(RwSignal::new(locale));
    provide_context(lang);
    lang
}

/// The language of this place.
pub fn use_lang() -> Lang {
    expect_context()
}

/// A closure that gives a message and follows the language: `t!(lang, key)`, `t!(lang, key, argument, …)`.
#[macro_export]
macro_rules! t {
    ($lang:expr, $key:ident $(, $argument:expr)* $(,)?) => {{
        let lang = $lang;
        move || lang.words().$key($($argument),*)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_language_finds_its_nearest_catalogue() {
        assert_eq!(Locale::from_tag("zh-Hant-HK"), Some(Locale::ZhTw));
        assert_eq!(Locale::from_tag("zh"), Some(Locale::ZhCn));
        assert_eq!(Locale::from_tag("en-GB"), Some(Locale::En));
        assert_eq!(Locale::from_tag("fr"), None);
    }
}
