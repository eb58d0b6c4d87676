//! What was promised, as those who steer read it and administrators draft and publish it.
//!
//! | message | where |
//! |---|---|
//! | [`Versions`] | `GET /api/policies` |
//! | [`NewPolicy`], answered by [`Version`] | `POST /api/policies` |
//! | [`Drafts`] | `GET /api/policy-drafts` |
//! | [`Draft`] | `GET /api/policy-drafts/{id}` |
//! | [`KeptDraft`], answered by [`Draft`] | `PUT /api/policy-drafts/{id}` |
//! | [`Zones`] | `GET /api/zones` |

use domain::sla::Policy;
use domain::{PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Where it stands.
    pub standing: Standing,
    /// When it was published; nothing for the shipped one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    /// The policy.
    pub policy: Policy,
}

/// All versions, earliest first, those that are scheduled with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The versions.
    pub policies: Vec<Version>,
    /// The server's clock.
    pub server_time: Timestamp,
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

/// A policy to publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPolicy {
    /// The version that it was made from.
    pub base: u32,
    /// From when on; from now on without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective: Option<Timestamp>,
    /// The policy. Its number, its time and its publisher are not read.
    pub policy: Policy,
}

/// A draft in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftHead {
    /// Made up by the editor.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// The version that it was made from.
    pub base: u32,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// By whom.
    pub updated_by: PersonId,
}

/// All drafts, the one changed last first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafts {
    /// The drafts.
    pub drafts: Vec<DraftHead>,
}

/// A whole draft. The server keeps its document as it was written, mistakes and all, so it need not be a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft<D> {
    /// Which.
    #[serde(flatten)]
    pub head: DraftHead,
    /// What is in it.
    pub document: D,
}

/// A draft as it stands in the editor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDraft<D> {
    /// What it is called.
    pub name: String,
    /// The version that it was made from.
    pub base: u32,
    /// What is in it.
    pub document: D,
    /// The `updated_at` that its author had before them; refused if somebody has changed it since, or thrown it away.
    /// Unchecked if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Timestamp>,
}

/// The names of all zones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zones {
    /// The names.
    pub zones: Vec<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn versions_are_found_by_number_and_standing() {
        let later = Policy { version: 3, ..Policy::shipped() };
        let written = json!({ "server_time": 9, "policies": [
            { "standing": "in_force", "policy": Policy::shipped() },
            { "standing": "scheduled", "published_at": 5, "policy": later },
        ]});
        let versions: Versions = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&versions).unwrap(), written);
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
        assert_eq!(written.get("seen"), None);
        written["id"] = Uuid::from_u128(1).to_string().into();
        written["updated_at"] = 7.into();
        written["updated_by"] = Uuid::from_u128(2).to_string().into();
        let draft: Draft<Value> = serde_json::from_value(written).unwrap();
        assert_eq!(serde_json::from_value::<Policy>(draft.document).unwrap(), Policy::shipped());
        assert_eq!((draft.head.name.as_str(), draft.head.base), ("Winter", 1));
    }
}
