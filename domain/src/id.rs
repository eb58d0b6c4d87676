//! Names for things, each a type of its own, so that a person's id can't stand where a ticket's belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// Says that a text is not an id of the wanted form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {what}")]
pub struct IdError {
    what: &'static str,
    text: String,
}

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident = $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes a freshly made or stored UUID as this kind of id.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Gives the bare UUID, for stores and links.
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError { what: $what, text: text.to_owned() })
            }
        }
    )*};
}

uuid_ids! {
    /// One customer problem, from intake to archive. Made by the device that registers it, online or not.
    TicketId = "ticket id";
    /// A person with an account.
    PersonId = "person id";
    /// A department or regional team.
    DepartmentId = "department id";
    /// One person's local database in one browser: the author of a dense chain of changes. Never reused.
    DeviceId = "device id";
}

/// Identifies one change for ever: the device that made it and the device's own running number, dense from 1.
///
/// Written as `device/number`. Doing a change twice is recognised by this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChangeId {
    /// The device that made the change.
    pub device: DeviceId,
    /// The device's running number, from 1 without gaps.
    pub seq: u64,
}

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.device, self.seq)
    }
}

impl FromStr for ChangeId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError { what: "change id", text: text.to_owned() };
        let (device, seq) = text.split_once('/').ok_or_else(wrong)?;
        Ok(Self { device: device.parse()?, seq: seq.parse().map_err(|_| wrong())? })
    }
}

impl Serialize for ChangeId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChangeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = ChangeId;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a change id, `device/number`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<ChangeId, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_id_reads_back_what_it_wrote() {
        let id = ChangeId { device: DeviceId::from_uuid(Uuid::from_u128(7)), seq: 41 };
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(serde_json::from_str::<ChangeId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
    }

    #[test]
    fn a_change_id_without_a_number_is_refused_with_its_text() {
        let error = "00000000-0000-0000-0000-000000000007".parse::<ChangeId>().unwrap_err();
        assert_eq!(error.to_string(), "`00000000-0000-0000-0000-000000000007` is not a valid change id");
    }
}
