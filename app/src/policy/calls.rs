//! What is asked of the server about policies: versions and drafts, and why it does not take one.

use domain::sla::{Policy, Zone};
use serde_json::Value;
use sync::policies::{Draft, Drafts, KeptDraft, NewPolicy, Version, Versions, Zones};

use crate::device::api::{self, ApiError};
use crate::i18n::Words;

/// Why the server did not do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No answer.
    Unreachable,
    /// Nobody is signed in.
    SignedOut,
    /// Later.
    Busy(usize),
    /// This app is too old.
    TooOld,
    /// Another version was published since.
    PolicyChanged,
    /// A version is scheduled that would undo it.
    ScheduledLater,
    /// Mistakes that this app did not see.
    Problems,
    /// A calendar's zone is not known to the server.
    UnknownZone,
    /// It was to hold from a time that is over.
    Past,
    /// The note is too long.
    NoteTooLong,
    /// It has taken effect already.
    InForce,
    /// Somebody else has changed the draft.
    DraftChanged,
    /// Somebody else has thrown the draft away.
    DraftGone,
    /// The draft needs a name.
    NoName,
    /// It is no longer there.
    Unknown,
    /// Not for this person.
    Forbidden,
    /// A code that this version doesn't know.
    Other(String),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unreachable => Self::Unreachable,
            ApiError::SignedOut => Self::SignedOut,
            ApiError::Busy { retry_after_seconds } => Self::Busy(retry_after_seconds),
            ApiError::Unreadable | ApiError::TooOld => Self::TooOld,
            ApiError::Refused { status, code, field, .. } => match (code.as_str(), field.as_deref()) {
                ("policy_changed", _) => Self::PolicyChanged,
                ("scheduled_later", _) => Self::ScheduledLater,
                ("policy_problems", _) => Self::Problems,
                ("unknown_zone", _) => Self::UnknownZone,
                ("invalid", Some("effective")) => Self::Past,
                ("invalid", Some("note")) => Self::NoteTooLong,
                ("invalid", Some("name")) => Self::NoName,
                ("policy_in_force", _) => Self::InForce,
                ("draft_changed", _) => Self::DraftChanged,
                ("unknown_draft", _) => Self::DraftGone,
                _ if status == 404 => Self::Unknown,
                _ if status == 403 => Self::Forbidden,
                _ => Self::Other(code),
            },
        }
    }
}

impl Failure {
    /// The failure as its reader sees it.
    pub fn said(&self, words: Words) -> String {
        match self {
            Self::Unreachable => words.policy_unreachable().to_owned(),
            Self::SignedOut => words.people_signed_out().to_owned(),
            Self::Busy(seconds) => words.api_busy(seconds),
            Self::TooOld => words.api_too_old().to_owned(),
            Self::PolicyChanged => words.publish_changed().to_owned(),
            Self::ScheduledLater => words.publish_scheduled_later().to_owned(),
            Self::Problems => words.publish_problems().to_owned(),
            Self::UnknownZone => words.publish_unknown_zone().to_owned(),
            Self::Past => words.publish_past().to_owned(),
            Self::NoteTooLong => words.api_too_long().to_owned(),
            Self::InForce => words.withdraw_in_force().to_owned(),
            Self::DraftChanged => words.draft_changed().to_owned(),
            Self::DraftGone => words.draft_gone().to_owned(),
            Self::NoName => words.draft_no_name().to_owned(),
            Self::Unknown => words.api_unknown().to_owned(),
            Self::Forbidden => words.api_forbidden().to_owned(),
            Self::Other(code) => words.api_refused(code),
        }
    }
}

/// Reads all versions.
///
/// # Errors
/// Why not.
pub async fn versions() -> Result<Versions, Failure> {
    Ok(api::get("/api/policies").await?)
}

/// Reads all drafts.
///
/// # Errors
/// Why not.
pub async fn drafts() -> Result<Drafts, Failure> {
    Ok(api::get("/api/policy-drafts").await?)
}

/// Reads one draft.
///
/// # Errors
/// Why not.
pub async fn draft(id: &str) -> Result<Draft<Value>, Failure> {
    Ok(api::get(&draft_path(id)).await?)
}

/// Keeps a draft.
///
/// # Errors
/// Why it was not kept.
pub async fn keep_draft(id: &str, draft: &KeptDraft<Policy>) -> Result<Draft<Value>, Failure> {
    Ok(api::put(&draft_path(id), draft).await?)
}

/// Throws a draft away.
///
/// # Errors
/// Why it is still there.
pub async fn drop_draft(id: &str) -> Result<(), Failure> {
    Ok(api::delete(&draft_path(id)).await?)
}

/// Publishes a policy.
///
/// # Errors
/// Why not.
pub async fn publish(policy: &NewPolicy) -> Result<Version, Failure> {
    Ok(api::post("/api/policies", policy).await?)
}

/// Withdraws a version that has not taken effect.
///
/// # Errors
/// Why it still will.
pub async fn withdraw(version: u32) -> Result<(), Failure> {
    Ok(api::delete(&format!("/api/policies/{version}")).await?)
}

/// Reads the names of all zones.
///
/// # Errors
/// Why not.
pub async fn zones() -> Result<Vec<String>, Failure> {
    let zones: Zones = api::get("/api/zones").await?;
    Ok(zones.zones)
}

/// Reads a zone's offsets.
///
/// # Errors
/// Why not.
pub async fn zone(name: &str) -> Result<Zone, Failure> {
    Ok(api::get(&format!("/api/zones/{name}")).await?)
}

fn draft_path(id: &str) -> String {
    format!("/api/policy-drafts/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        let refused = |status, code: &str, field: Option<&str>| -> Failure {
            let field = field.map(str::to_owned);
            ApiError::Refused { status, code: code.into(), field, problem: None }.into()
        };
        assert_eq!(refused(409, "policy_changed", None), Failure::PolicyChanged);
        assert_eq!(refused(409, "draft_changed", None), Failure::DraftChanged);
        assert_eq!(refused(422, "invalid", Some("effective")), Failure::Past);
        assert_eq!(refused(404, "unknown_draft", None), Failure::DraftGone);
        assert_eq!(refused(404, "unknown_policy", None), Failure::Unknown);
        assert_eq!(refused(418, "teapot", None), Failure::Other("teapot".into()));
    }
}
