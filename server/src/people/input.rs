//! What people type about people, parsed at the door.

use domain::{DepartmentId, PersonId, Timestamp};
use uuid::Uuid;

use crate::auth::password::PasswordProblem;
use crate::http::Answer;

/// Most characters in a name of a person, a department or a company.
const LABEL_MAX_CHARS: usize = 100;
/// Most characters in a user name.
const USER_NAME_MAX_CHARS: usize = 64;
/// Most characters in an e-mail address.
const EMAIL_MAX_CHARS: usize = 254;
/// Most skills or regions that one person or department can have.
const LIST_MAX_LENGTH: usize = 100;

/// What is wrong with what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputProblem {
    /// Nothing was typed.
    Missing,
    /// It is too short.
    TooShort,
    /// It is too long, or a list has too many entries.
    TooLong,
    /// It holds characters that don't belong there, or is none of the values there are.
    Unacceptable,
}

/// A field that can't be taken, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Invalid {
    field: &'static str,
    problem: InputProblem,
}

impl Invalid {
    /// Names the field as the request does.
    pub(crate) const fn new(field: &'static str, problem: InputProblem) -> Self {
        Self { field, problem }
    }

    /// Something is wrong with a new password.
    pub(crate) const fn password(problem: PasswordProblem) -> Self {
        let problem = match problem {
            PasswordProblem::TooShort => InputProblem::TooShort,
            PasswordProblem::TooLong => InputProblem::TooLong,
        };
        Self { field: "password", problem }
    }
}

impl From<Invalid> for Answer {
    fn from(invalid: Invalid) -> Self {
        let problem = match invalid.problem {
            InputProblem::Missing => "missing",
            InputProblem::TooShort => "too_short",
            InputProblem::TooLong => "too_long",
            InputProblem::Unacceptable => "unacceptable",
        };
        Self::invalid(invalid.field, problem)
    }
}

/// One line that names something, without blanks around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label(String);

impl Label {
    /// Takes 1 to 100 characters, none of which moves the cursor.
    pub(crate) fn parse(text: &str) -> Result<Self, InputProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InputProblem::Missing);
        }
        if text.chars().count() > LABEL_MAX_CHARS {
            return Err(InputProblem::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(InputProblem::Unacceptable);
        }
        Ok(Self(text.to_owned()))
    }

    /// Takes a list of them, without repetitions, in the order given.
    pub(crate) fn parse_list(texts: &[String]) -> Result<Vec<String>, InputProblem> {
        if texts.len() > LIST_MAX_LENGTH {
            return Err(InputProblem::TooLong);
        }
        let mut list = Vec::new();
        for text in texts {
            let Self(text) = Self::parse(text)?;
            if !list.contains(&text) {
                list.push(text);
            }
        }
        Ok(list)
    }

    /// The text.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// What a person types to say who they are. Capitals make no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserName(String);

impl UserName {
    /// Takes 1 to 64 letters and digits of any script, and `.` `_` `-` `@` `+` between them.
    pub(crate) fn parse(text: &str) -> Result<Self, InputProblem> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return Err(InputProblem::Missing);
        }
        if text.chars().count() > USER_NAME_MAX_CHARS {
            return Err(InputProblem::TooLong);
        }
        if !text.chars().all(|letter| letter.is_alphanumeric() || "._-@+".contains(letter)) {
            return Err(InputProblem::Unacceptable);
        }
        Ok(Self(text))
    }

    /// The name in small letters.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where mail for a person goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmailAddress(String);

impl EmailAddress {
    /// Takes one address, without a name before it.
    pub(crate) fn parse(text: &str) -> Result<Self, InputProblem> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InputProblem::Missing);
        }
        if text.chars().count() > EMAIL_MAX_CHARS {
            return Err(InputProblem::TooLong);
        }
        text.parse::<lettre::Address>().map_err(|_| InputProblem::Unacceptable)?;
        Ok(Self(text.to_owned()))
    }

    /// The address as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The address.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// A language that the product speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Language {
    /// 简体中文
    #[default]
    #[value(name = "zh-CN")]
    ZhCn,
    /// 繁體中文
    #[value(name = "zh-TW")]
    ZhTw,
    /// English
    #[value(name = "en")]
    En,
}

impl Language {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::ZhCn, Self::ZhTw, Self::En];

    /// Its BCP 47 tag.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::ZhCn => "zh-CN",
            Self::ZhTw => "zh-TW",
            Self::En => "en",
        }
    }

    /// Finds one by its tag.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }
}

/// How a person is reached outside of the product. No device gets to see it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Contact {
    /// Their e-mail address.
    pub(crate) email: Option<EmailAddress>,
    /// Which language they read.
    pub(crate) language: Option<Language>,
}

/// What is to be different about how a person is reached. What is absent stays; `Some(None)` takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ContactEdit {
    pub(crate) email: Option<Option<EmailAddress>>,
    pub(crate) language: Option<Option<Language>>,
}

/// An id for a new person.
pub(crate) fn new_person_id(now: Timestamp) -> PersonId {
    PersonId::from_uuid(new_uuid(now))
}

/// An id for a new department.
pub(crate) fn new_department_id(now: Timestamp) -> DepartmentId {
    DepartmentId::from_uuid(new_uuid(now))
}

fn new_uuid(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.as_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_is_the_same_in_capitals_and_between_blanks() {
        assert_eq!(UserName::parse("  Wang.Lei@Example "), UserName::parse("wang.lei@example"));
    }

    #[test]
    fn a_name_that_can_not_be_taken_is_refused_with_the_reason() {
        let long = "长".repeat(101);
        let cases = [
            ("nothing", "", InputProblem::Missing),
            ("blanks", " \u{3000} ", InputProblem::Missing),
            ("a second line", "Wang\nLei", InputProblem::Unacceptable),
            ("too much", long.as_str(), InputProblem::TooLong),
        ];
        for (name, text, problem) in cases {
            assert_eq!(Label::parse(text), Err(problem), "{name}");
        }
        assert_eq!(UserName::parse("wang lei"), Err(InputProblem::Unacceptable));
        assert_eq!(UserName::parse("wang'--"), Err(InputProblem::Unacceptable));
    }

    #[test]
    fn an_address_is_one_address_and_nothing_else() {
        assert_eq!(EmailAddress::parse(" a.b@example.com ").unwrap().as_str(), "a.b@example.com");
        for wrong in ["a", "a@", "A <a@example.com>", "a@example.com, b@example.com", "a@exa\nmple.com"] {
            assert_eq!(EmailAddress::parse(wrong), Err(InputProblem::Unacceptable), "{wrong}");
        }
    }

    #[test]
    fn a_repeated_skill_counts_once() {
        let skills = ["X1".to_owned(), " X1 ".to_owned(), "X2".to_owned()];
        assert_eq!(Label::parse_list(&skills), Ok(vec!["X1".to_owned(), "X2".to_owned()]));
    }
}
