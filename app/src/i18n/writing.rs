//! How the languages put words together: lists, spaces, the end of a sentence.

use domain::{Field, Problem};

use super::{Locale, Words};

impl Words {
    /// Several things in a row, as the language separates them.
    pub fn list<T: AsRef<str>>(self, things: &[T]) -> String {
        let things: Vec<_> = things.iter().map(AsRef::as_ref).collect();
        things.join(self.list_separator())
    }

    /// What is wrong with a field, as a sentence of its own.
    pub fn problem_stands_alone(self, field: Field, problem: Problem) -> String {
        let words = self.problem_at(field, problem);
        let mut rest = words.chars();
        let mut said: String =
            rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default();
        if self.0 == Locale::En && !said.ends_with('.') {
            said.push('.');
        }
        said
    }
}

/// The end of a stretch of time beside its beginning, both with date and time: without the date, if it is the same.
pub fn end_beside<'e>(start: &str, end: &'e str) -> &'e str {
    // In every language the time of day comes last, after a space.
    match (start.rsplit_once(' '), end.rsplit_once(' ')) {
        (Some((start_day, _)), Some((end_day, time))) if start_day == end_day => time,
        _ => end,
    }
}

/// What stands behind the year, the month and the day of a written-out date.
const YEAR: char = '\u{5e74}';
const MONTH: char = '\u{6708}';
const DAY: char = '\u{65e5}';

/// Puts a space between Chinese characters and digits, as the catalogues have it, into what the browser writes without one:
/// `周二 09:24`, `21 天前`. A date is one word: `11月21日`.
pub fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + 4);
    let mut last: Option<char> = None;
    for letter in text.chars() {
        let apart = last.is_some_and(|last| {
            (is_han(last) && letter.is_ascii_digit() && !matches!(last, YEAR | MONTH))
                || (last.is_ascii_digit() && is_han(letter) && !matches!(letter, YEAR | MONTH | DAY))
        });
        if apart {
            spaced.push(' ');
        }
        spaced.push(letter);
        last = Some(letter);
    }
    spaced
}

const fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{9fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_apart_from_chinese_characters_except_in_a_date() {
        for (written, read) in [
            ("周二09:24", "周二 09:24"),
            ("21天前", "21 天前"),
            ("2026年11月21日周六 14:05", "2026年11月21日周六 14:05"),
            ("11月21日09:24", "11月21日 09:24"),
            ("週二 09:24", "週二 09:24"),
            ("Tue 09:24", "Tue 09:24"),
            ("昨天", "昨天"),
        ] {
            assert_eq!(spaced(written), read);
        }
    }

    #[test]
    fn the_date_of_one_day_is_written_once() {
        assert_eq!(end_beside("2026年11月22日 03:26", "2026年11月22日 12:55"), "12:55");
        assert_eq!(end_beside("Nov 22, 2026, 03:26", "Nov 22, 2026, 12:55"), "12:55");
        assert_eq!(end_beside("2026年11月22日 23:26", "2026年11月23日 00:10"), "2026年11月23日 00:10");
        assert_eq!(end_beside("0′", "90′"), "90′");
    }

    #[test]
    fn a_list_is_separated_as_its_language_does() {
        let places = ["上海", "江苏"];
        assert_eq!(Words(Locale::ZhCn).list(&places), "上海、江苏");
        assert_eq!(Words(Locale::ZhTw).list(&places), "上海、江苏");
        assert_eq!(Words(Locale::En).list(&places), "上海, 江苏");
    }

    #[test]
    fn what_is_wrong_with_a_field_ends_as_sentences_do() {
        let said = |locale| Words(locale).problem_stands_alone(Field::Words, Problem::Missing);
        assert_eq!(said(Locale::En), "Please fill this in.");
        assert_eq!(said(Locale::ZhCn), "请填写。");
        assert_eq!(said(Locale::ZhTw), "請填寫。");
    }
}
