//! What travels between a device and the server, all of it JSON over HTTP.
//!
//! | message | where |
//! |---|---|
//! | [`PushRequest`] → [`PushResponse`] | `POST /api/sync/push` |
//! | [`PullRequest`] → [`PullResponse`] | `POST /api/sync/pull` |
//! | [`Event`] | `GET /api/sync/events`, server-sent events: the event's name is its kind, its data is the body |

use std::collections::BTreeMap;

use domain::people::{Directory, Person};
use domain::ticket::{Change, Document, Recorded, TicketNumber};
use domain::{ChangeId, DeviceId, Refusal, TicketId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::notices::Noticed;

/// The version of these messages. A server answers older versions for at least twelve months.
pub const PROTOCOL: u32 = 1;
/// Most changes in one push.
pub const PUSH_MAX_CHANGES: usize = 500;
/// Most bytes of changes in one push, before compression, unless a single change has more: what a line of 100 kbit/s carries
/// well within the time that anybody waits for an answer.
pub const PUSH_MAX_BYTES: usize = 256 * 1024;

/// A place in the server's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Which history: a server restored from a backup starts another one.
    pub epoch: String,
    /// The server's counter: everything up to here, within the person's scope, has been delivered.
    pub seq: u64,
}

/// Changes on their way to the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRequest {
    /// [`PROTOCOL`] of the sender.
    pub protocol: u32,
    /// The device that made them all.
    pub device: DeviceId,
    /// Whether what is missing in the numbers of `changes`, before the first and in between, has been judged or was let go by
    /// its author. A server that was restored from a backup would not know otherwise that nothing is lost on its way.
    #[serde(default, skip_serializing_if = "is_false")]
    pub complete: bool,
    /// The history in which all that has been judged; absent if the device has not heard of any. In another one, `complete` says
    /// nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// With `complete`: the number before which all changes have come to their end. Absent if that is the first of `changes`; a
    /// lower one says that changes between it and that one, which the server has not judged, will be sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_before: Option<u64>,
    /// The numbers by which the device knows those tickets that `changes` register: they have been registered before. A server
    /// that was restored from a backup gives them their numbers back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub known_as: BTreeMap<TicketId, TicketNumber>,
    /// In the order of their numbers.
    pub changes: Vec<Change>,
}

impl PushRequest {
    /// A push of these changes of a device that says nothing else.
    pub const fn of(device: DeviceId, changes: Vec<Change>) -> Self {
        Self {
            protocol: PROTOCOL,
            device,
            complete: false,
            epoch: None,
            ended_before: None,
            known_as: BTreeMap::new(),
            changes,
        }
    }
}

/// The server's word on each change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushResponse {
    /// The history that the revisions belong to.
    pub epoch: String,
    /// The server's clock when it answered.
    pub server_time: Timestamp,
    /// One for each change. A change without one has not been judged and must be sent again.
    pub verdicts: Vec<Judged>,
}

impl PushResponse {
    /// Whether the server takes these changes for another person's than the one signed in: somebody else has signed in on this
    /// browser meanwhile, and only signing in again helps.
    pub fn is_for_somebody_else(&self) -> bool {
        let wrong_author = Verdict::Refused { because: Refusal::WrongAuthor };
        self.verdicts.iter().any(|judged| judged.verdict == wrong_author)
    }
}

/// The server's word on one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Which change.
    pub id: ChangeId,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It is in the record, on disk.
    Applied {
        /// The revision of the document that contains it.
        revision: u64,
    },
    /// It was in the record before.
    Duplicate {
        /// The revision of the document that first contained it.
        revision: u64,
    },
    /// It is on the server's disk, but not in the record: its author was allowed to do it by what they had seen, and is not
    /// any more. Somebody at the office decides whether it counts.
    Parked {
        /// What stands in its way.
        because: Refusal,
    },
    /// It will not be taken.
    Refused {
        /// Why not.
        because: Refusal,
    },
    /// A verdict from a newer server. The change stays where it is.
    #[serde(other)]
    Unknown,
}

/// Asks for what has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// [`PROTOCOL`] of the sender.
    pub protocol: u32,
    /// How far the device has come; absent on a fresh one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// The fingerprint of the scope that the device's tickets were chosen by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The revision of the directory that the device has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<u64>,
    /// About how many bytes of tickets the line carries in time, uncompressed; absent if it can take what the server likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_bytes: Option<u32>,
}

/// A page of what has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullResponse {
    /// The server's clock when it answered.
    pub server_time: Timestamp,
    /// The person as the server knows them now.
    pub person: Person,
    /// The fingerprint of the scope that this page was chosen by.
    pub scope: String,
    /// This page begins anew: what the device holds and no page up to the last one names is not in its scope any more.
    /// Old tickets stay until the last page has come, so a cut line costs nothing.
    #[serde(default)]
    pub reset: bool,
    /// Tickets that are new or have changed, whole.
    pub documents: Vec<Document>,
    /// Tickets that have left the scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<TicketId>,
    /// Where this page ends.
    pub cursor: Cursor,
    /// Whether there is another page.
    pub more: bool,
    /// The directory, if the device's is older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Directory>,
    /// The newest backup of the history that the cursor is a place in; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<Backup>,
}

/// A backup that would bring the server back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// It holds every change up to this place of the history.
    pub seq: u64,
    /// When the last of them arrived: whatever arrived earlier is in it, too.
    pub arrived: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks in this way")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Something that has just happened on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A ticket within the scope has one more change. Event name `changed`.
    Changed(Box<Changed>),
    /// A ticket has left the scope. Event name `gone`.
    Gone(Gone),
    /// There is something new in the person's list of notices. Event name `notice`.
    Notice(Noticed),
    /// The person may decide on other parked changes than before, or one of their own was decided on. Event name `parked`.
    Parked,
    /// There is a newer backup. Event name `backed-up`.
    BackedUp(Backup),
    /// There is more than the stream carries: pull. Event name `behind`.
    Behind,
    /// The session has ended. Event name `signed-out`.
    SignedOut,
}

/// One more change of one ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Which ticket.
    pub ticket: TicketId,
    /// Its final number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<TicketNumber>,
    /// The document's revision before; 0 for a new ticket. A device with another one pulls instead.
    pub previous: u64,
    /// The document's revision now, and the counter of the stream.
    pub revision: u64,
    /// The change with its place in time.
    pub recorded: Recorded,
}

/// One ticket that has left the scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// Which ticket.
    pub ticket: TicketId,
    /// The counter of the stream.
    pub revision: u64,
}

impl Event {
    /// Reads an event by its name. Nothing, for a name that this version doesn't know: it can be passed over.
    ///
    /// # Errors
    /// When the body of a known event can't be read; the device should pull.
    pub fn read(name: &str, data: &str) -> Result<Option<Self>, serde_json::Error> {
        Ok(match name {
            "changed" => Some(Self::Changed(serde_json::from_str(data)?)),
            "gone" => Some(Self::Gone(serde_json::from_str(data)?)),
            "notice" => Some(Self::Notice(serde_json::from_str(data)?)),
            "parked" => Some(Self::Parked),
            "backed-up" => Some(Self::BackedUp(serde_json::from_str(data)?)),
            "behind" => Some(Self::Behind),
            "signed-out" => Some(Self::SignedOut),
            _ => None,
        })
    }

    /// The event's name on the stream.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Changed(_) => "changed",
            Self::Gone(_) => "gone",
            Self::Notice(_) => "notice",
            Self::Parked => "parked",
            Self::BackedUp(_) => "backed-up",
            Self::Behind => "behind",
            Self::SignedOut => "signed-out",
        }
    }
}

/// Who is signed in, answered by `POST /api/session` and `GET /api/session`; the latter has no content if nobody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// The person.
    pub person: Person,
    /// The server's clock when it answered.
    pub server_time: Timestamp,
    /// The public key that rescue files are sealed for (docs/rescue.md): an uncompressed point of P-256 in base64url without
    /// padding. Absent from a server that opens none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rescue_key: Option<String>,
}
