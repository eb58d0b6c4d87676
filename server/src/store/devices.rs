//! Devices that have pushed.

use domain::{DeviceId, PersonId, Timestamp};
use sqlx::SqliteConnection;

use super::{StoreError, bulk};

/// A device as the server knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Device {
    /// Whose it is: the person who was signed in when it first pushed.
    pub(crate) person: PersonId,
    /// The number of its last change that was judged, taken or refused.
    pub(crate) judged: u64,
    /// All numbers below this one have come to their end, as the device has said: their changes are in the record, or were refused
    /// or dropped and its author knows.
    pub(crate) ended_before: u64,
    /// When it first pushed.
    pub(crate) first_seen: Timestamp,
    /// When it last pushed.
    pub(crate) last_seen: Timestamp,
}

#[derive(sqlx::FromRow)]
struct Found {
    id: String,
    person: String,
    judged: i64,
    ended_before: i64,
    first_seen: i64,
    last_seen: i64,
}

impl Found {
    fn read(self) -> Result<(DeviceId, Device), StoreError> {
        let unreadable = |column, problem: String| {
            let row = self.id.clone();
            StoreError::Unreadable { table: "devices", column, row, problem }
        };
        let id = self.id.parse().map_err(|error: domain::IdError| unreadable("id", error.to_string()))?;
        let person =
            self.person.parse().map_err(|error: domain::IdError| unreadable("person", error.to_string()))?;
        let device = Device {
            person,
            judged: self.judged.cast_unsigned(),
            ended_before: self.ended_before.cast_unsigned(),
            first_seen: Timestamp::from_millis(self.first_seen),
            last_seen: Timestamp::from_millis(self.last_seen),
        };
        Ok((id, device))
    }
}

/// Those of the given devices that have pushed before.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    ids: &[DeviceId],
) -> Result<Vec<(DeviceId, Device)>, StoreError> {
    let rows: Vec<Found> = sqlx::query_as(
        "SELECT id, person, judged, ended_before, first_seen, last_seen FROM devices \
         WHERE id IN (SELECT value FROM json_each(?))",
    )
    .bind(bulk::json_array(ids))
    .fetch_all(connection)
    .await
    .map_err(StoreError::because("read devices"))?;
    rows.into_iter().map(Found::read).collect()
}

/// Keeps devices as they are now. A device never changes hands.
pub(crate) async fn keep(
    connection: &mut SqliteConnection,
    devices: Vec<(DeviceId, Device)>,
) -> Result<(), StoreError> {
    const OPENING: &str =
        "INSERT OR FAIL INTO devices (id, person, judged, ended_before, first_seen, last_seen) ";
    const CLOSING: &str = " ON CONFLICT (id) DO UPDATE SET judged = excluded.judged, ended_before = excluded.ended_before, \
         last_seen = excluded.last_seen";
    bulk::insert(connection, OPENING, CLOSING, devices, |tuple, (id, device)| {
        tuple
            .push_bind(id.to_string())
            .push_bind(device.person.to_string())
            .push_bind(device.judged.cast_signed())
            .push_bind(device.ended_before.cast_signed())
            .push_bind(device.first_seen.as_millis())
            .push_bind(device.last_seen.as_millis());
    })
    .await
    .map_err(StoreError::because("keep devices"))
}
