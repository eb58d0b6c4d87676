//! What is asked of the server about accounts, what it answers, and what its refusals mean on a form.

use domain::people::{DepartmentFunction, Person, Role};
use domain::{DepartmentId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::device::api::ApiError;
use crate::i18n::Words;

/// One account as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Who.
    #[serde(flatten)]
    pub person: Person,
    /// The name they sign in by.
    pub user: String,
    /// Whether they have chosen a password.
    pub has_password: bool,
    /// When they last signed in.
    pub last_sign_in: Option<Timestamp>,
    /// Where they get mail about deadlines.
    #[serde(default)]
    pub email: Option<String>,
    /// The language of that mail, as a BCP 47 tag.
    #[serde(default)]
    pub language: Option<String>,
}

/// All accounts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Accounts {
    /// In no particular order.
    pub people: Vec<Account>,
}

impl Accounts {
    /// Those to list: in use first, then by name. Without `inactive`, only those in use.
    pub fn listed(&self, inactive: bool) -> Vec<Account> {
        let mut listed: Vec<_> =
            self.people.iter().filter(|account| inactive || account.person.active).cloned().collect();
        listed.sort_by(|left, right| {
            (!left.person.active, &left.person.name, left.person.id).cmp(&(
                !right.person.active,
                &right.person.name,
                right.person.id,
            ))
        });
        listed
    }
}

/// Somebody new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each field is the account's of the same name")]
pub struct NewPerson {
    pub name: String,
    pub user: String,
    pub role: Role,
    pub department: DepartmentId,
    pub skills: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// What is to be different about somebody; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[expect(missing_docs, reason = "each field is the person's of the same name")]
pub struct ChangedPerson {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skills: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// Nothing inside takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<Option<String>>,
    /// Nothing inside takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Option<String>>,
}

/// The answer to adding somebody.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PersonAdded {
    /// The person as stored.
    pub person: Person,
    /// The link by which they choose a password.
    pub link: Option<PasswordLink>,
}

/// A link that works once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PasswordLink {
    /// The address to hand over.
    pub url: String,
    /// Until when it works.
    pub expires_at: Timestamp,
}

/// A department as it is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each field is the department's of the same name")]
pub struct DepartmentForm {
    pub name: String,
    pub function: DepartmentFunction,
    pub parent: Option<DepartmentId>,
    pub regions: Vec<String>,
}

/// Splits what was typed into one field into its parts, at western and Chinese commas.
pub fn split_list(typed: &str) -> Vec<String> {
    typed
        .split([',', '\u{ff0c}', '\u{3001}', ';', '\u{ff1b}', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Why a form was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The field it is about, as the request names it; nothing, if it is about the whole.
    pub field: Option<String>,
    /// What it is.
    pub what: FailureKind,
}

/// The reasons that a form is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// A field is empty.
    Missing,
    /// A field's content is too short.
    TooShort,
    /// A field's content is too long.
    TooLong,
    /// A field's content is not one of those there are.
    Unacceptable,
    /// The user name is in use.
    UserTaken,
    /// Nobody could look after accounts any more.
    LastAdmin,
    /// The account is not in use.
    NotActive,
    /// A department would be part of itself.
    PartOfItself,
    /// It is no longer there.
    Unknown,
    /// Not for this person.
    Forbidden,
    /// No answer.
    Unreachable,
    /// Nobody is signed in.
    SignedOut,
    /// Later.
    Busy {
        /// In so many seconds.
        seconds: usize,
    },
    /// This app is too old.
    TooOld,
    /// A code that this version doesn't know.
    Other(String),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let whole = |what| Self { field: None, what };
        match error {
            ApiError::Unreachable => whole(FailureKind::Unreachable),
            ApiError::SignedOut => whole(FailureKind::SignedOut),
            ApiError::Busy { retry_after_seconds } => {
                whole(FailureKind::Busy { seconds: retry_after_seconds })
            }
            ApiError::Unreadable | ApiError::TooOld => whole(FailureKind::TooOld),
            ApiError::Refused { status, code, field, problem } => {
                let what = match (code.as_str(), problem.as_deref()) {
                    ("user_taken", _) => FailureKind::UserTaken,
                    ("last_admin", _) => FailureKind::LastAdmin,
                    ("not_active", _) => FailureKind::NotActive,
                    ("part_of_itself", _) => FailureKind::PartOfItself,
                    ("invalid", Some("missing")) => FailureKind::Missing,
                    ("invalid", Some("too_short")) => FailureKind::TooShort,
                    ("invalid", Some("too_long")) => FailureKind::TooLong,
                    ("invalid", _) => FailureKind::Unacceptable,
                    _ if status == 404 => FailureKind::Unknown,
                    _ if status == 403 => FailureKind::Forbidden,
                    _ => FailureKind::Other(code),
                };
                Self { field, what }
            }
        }
    }
}

impl Failure {
    /// The failure as its reader sees it.
    pub fn said(&self, words: Words) -> String {
        match &self.what {
            FailureKind::Missing => words.api_missing().to_owned(),
            FailureKind::TooShort => words.api_too_short().to_owned(),
            FailureKind::TooLong => words.api_too_long().to_owned(),
            FailureKind::Unacceptable => words.api_unacceptable().to_owned(),
            FailureKind::UserTaken => words.api_user_taken().to_owned(),
            FailureKind::LastAdmin => words.api_last_admin().to_owned(),
            FailureKind::NotActive => words.api_not_active().to_owned(),
            FailureKind::PartOfItself => words.api_part_of_itself().to_owned(),
            FailureKind::Unknown => words.api_unknown().to_owned(),
            FailureKind::Forbidden => words.api_forbidden().to_owned(),
            FailureKind::Unreachable => words.api_unreachable().to_owned(),
            FailureKind::SignedOut => words.people_signed_out().to_owned(),
            FailureKind::Busy { seconds } => words.api_busy(seconds),
            FailureKind::TooOld => words.api_too_old().to_owned(),
            FailureKind::Other(code) => words.api_refused(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, field: Option<&str>, problem: Option<&str>) -> Failure {
        let text = |text: &str| text.to_owned();
        ApiError::Refused {
            status: 422,
            code: code.into(),
            field: field.map(text),
            problem: problem.map(text),
        }
        .into()
    }

    #[test]
    fn a_list_is_split_at_western_and_chinese_commas() {
        assert_eq!(split_list(" 广东，深圳、 佛山 ,, Macau;"), ["广东", "深圳", "佛山", "Macau"]);
        assert_eq!(split_list("  "), [] as [&str; 0]);
    }

    #[test]
    fn a_refused_field_is_named() {
        let taken = refused("user_taken", Some("user"), None);
        assert_eq!((taken.field.as_deref(), taken.what), (Some("user"), FailureKind::UserTaken));
        assert_eq!(refused("invalid", Some("name"), Some("missing")).what, FailureKind::Missing);
    }

    #[test]
    fn a_code_from_a_newer_server_is_shown_as_it_is() {
        assert_eq!(refused("on_fire", None, None).what, FailureKind::Other("on_fire".into()));
    }

    #[test]
    fn an_account_reads_as_the_server_writes_it() {
        let written = r#"{"people":[{"id":"00000000-0000-0000-0000-000000000001","name":"王磊","role":"engineer",
            "department":"00000000-0000-0000-0000-000000000002","active":false,"user":"wang.lei","has_password":true,
            "last_sign_in":null},{"id":"00000000-0000-0000-0000-000000000003","name":"李娜","role":"agent",
            "department":"00000000-0000-0000-0000-000000000002","skills":["X1"],"active":true,"user":"li.na",
            "has_password":false,"last_sign_in":5}]}"#;
        let accounts: Accounts = serde_json::from_str(written).unwrap();
        let names =
            |inactive| accounts.listed(inactive).into_iter().map(|account| account.user).collect::<Vec<_>>();
        assert_eq!(names(false), ["li.na"]);
        assert_eq!(names(true), ["li.na", "wang.lei"]);
    }
}
