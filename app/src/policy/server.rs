//! What the server keeps of policies: versions and drafts, and why it does not take one.

use domain::sla::Policy;
use domain::{PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::device::api::{self, ApiError};
use crate::i18n::Words;

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It has not taken effect.
    Scheduled,
    /// It holds.
    InForce,
    /// A later one holds.
    Past,
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Version {
    /// Where it stands.
    pub standing: Standing,
    /// When it was published; nothing for the shipped one.
    #[serde(default)]
    pub published_at: Option<Timestamp>,
    /// The policy.
    pub policy: Policy,
}

/// All versions, earliest first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Versions {
    /// The versions.
    pub policies: Vec<Version>,
}

impl Versions {
    /// The version with this number.
    pub fn find(&self, version: u32) -> Option<&Version> {
        self.policies.iter().find(|known| known.policy.version == version)
    }

    /// The version before this one.
    pub fn before(&self, version: u32) -> Option<&Version> {
        self.policies.iter().rev().find(|known| known.policy.version < version)
    }

    /// The one that holds.
    pub fn in_force(&self) -> Option<&Version> {
        self.policies.iter().find(|known| known.standing == Standing::InForce)
    }

    /// The one that was published last.
    pub fn latest(&self) -> Option<&Version> {
        self.policies.last()
    }
}

/// A draft in a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct DraftHead {
    pub id: String,
    pub name: String,
    /// The version it was made from.
    pub base: u32,
    pub updated_at: Timestamp,
    pub updated_by: PersonId,
}

/// All drafts, the one changed last first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Drafts {
    /// The drafts.
    pub drafts: Vec<DraftHead>,
}

/// A whole draft.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Draft {
    /// Which.
    #[serde(flatten)]
    pub head: DraftHead,
    /// What is in it: a policy, if this app wrote it.
    pub document: Value,
}

/// A draft as it is to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct KeptDraft {
    pub name: String,
    pub base: u32,
    pub document: Policy,
    /// The change that it builds on; unchecked without.
    pub seen: Option<Timestamp>,
}

/// A policy to publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct NewPolicy {
    /// The version it was made from.
    pub base: u32,
    /// From when on; from now on without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<Timestamp>,
    pub policy: Policy,
}

/// The names of all zones.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Zones {
    /// The names.
    pub zones: Vec<String>,
}

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
            ApiError::TooOld => Self::TooOld,
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
pub async fn draft(id: &str) -> Result<Draft, Failure> {
    Ok(api::get(&draft_path(id)).await?)
}

/// Keeps a draft.
///
/// # Errors
/// Why it was not kept.
pub async fn keep_draft(id: &str, draft: &KeptDraft) -> Result<Draft, Failure> {
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
pub async fn zone(name: &str) -> Result<domain::sla::Zone, Failure> {
    Ok(api::get(&format!("/api/zones/{name}")).await?)
}

fn draft_path(id: &str) -> String {
    format!("/api/policy-drafts/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_read_as_the_server_writes_them() {
        let policy = serde_json::to_value(Policy::shipped()).unwrap();
        let later = Policy { version: 3, ..Policy::shipped() };
        let written = serde_json::json!({ "server_time": 9, "policies": [
            { "standing": "in_force", "policy": policy },
            { "standing": "scheduled", "published_at": 5, "policy": later },
        ]});
        let versions: Versions = serde_json::from_value(written).unwrap();
        assert_eq!(versions.in_force().map(|version| version.policy.version), Some(1));
        assert_eq!(versions.before(3).map(|version| version.policy.version), Some(1));
        assert_eq!(versions.before(1), None);
        assert_eq!(
            versions.latest().and_then(|version| version.published_at),
            Some(Timestamp::from_millis(5))
        );
    }

    #[test]
    fn a_draft_is_read_back_as_it_was_kept() {
        let kept = KeptDraft { name: "Winter".into(), base: 1, document: Policy::shipped(), seen: None };
        let mut written = serde_json::to_value(&kept).unwrap();
        written["id"] = "d".into();
        written["updated_at"] = 7.into();
        written["updated_by"] = "00000000-0000-0000-0000-000000000001".into();
        let draft: Draft = serde_json::from_value(written).unwrap();
        assert_eq!(serde_json::from_value::<Policy>(draft.document).unwrap(), Policy::shipped());
        assert_eq!((draft.head.name.as_str(), draft.head.base), ("Winter", 1));
    }

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
