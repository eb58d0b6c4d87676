//! How each device stood when it was last heard of, and what has been looked into since.

use domain::{DeviceId, IdError, PersonId, Timestamp};
use sqlx::SqliteConnection;
use sync::tablets::Standing;

use super::rows::{readable, unreadable};
use super::{Store, StoreError, bulk};

/// Most devices that are known of one person. Everybody has a few; each private window is one more.
const MOST_OF_A_PERSON: i64 = 100;
/// A device that stands as it did is noted again after so long, in milliseconds.
const PRECISION_MS: i64 = Timestamp::MINUTE_MS;

/// A device that may still hold work, with what has come of it since taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holding {
    pub(crate) device: DeviceId,
    pub(crate) person: PersonId,
    pub(crate) first_heard: Timestamp,
    pub(crate) last_heard: Timestamp,
    pub(crate) waiting: u64,
    pub(crate) refused: u64,
    pub(crate) files: u64,
    /// When the newest other device of the same person was first heard of.
    pub(crate) another_began: Option<Timestamp>,
    /// When any other device of the same person was last heard of.
    pub(crate) another_heard: Option<Timestamp>,
}

/// Somebody's word on what became of a device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finding<'w> {
    pub(crate) device: DeviceId,
    /// When it had last been heard of.
    pub(crate) last_heard: Timestamp,
    pub(crate) person: PersonId,
    pub(crate) at: Timestamp,
    pub(crate) why: &'w str,
}

#[derive(sqlx::FromRow)]
struct Found {
    device: String,
    person: String,
    first_heard: i64,
    last_heard: i64,
    waiting: i64,
    refused: i64,
    files: i64,
    another_began: Option<i64>,
    another_heard: Option<i64>,
}

impl Found {
    fn read(self) -> Result<Holding, StoreError> {
        let wrong = |column| {
            let row = self.device.clone();
            move |error: IdError| unreadable("tablets", column, row, error)
        };
        Ok(Holding {
            device: self.device.parse().map_err(wrong("device"))?,
            person: self.person.parse().map_err(wrong("person"))?,
            first_heard: Timestamp::from_millis(self.first_heard),
            last_heard: Timestamp::from_millis(self.last_heard),
            waiting: self.waiting.cast_unsigned(),
            refused: self.refused.cast_unsigned(),
            files: self.files.cast_unsigned(),
            another_began: self.another_began.map(Timestamp::from_millis),
            another_heard: self.another_heard.map(Timestamp::from_millis),
        })
    }
}

/// What is known of a device before it is heard of again.
#[derive(sqlx::FromRow)]
struct Known {
    last_heard: i64,
    made: i64,
    waiting: i64,
    refused: i64,
    files: String,
    /// Whether another device of the same person was heard of since.
    is_overtaken: bool,
}

/// A standing as it is kept.
struct Row {
    made: i64,
    waiting: i64,
    refused: i64,
    /// Nothing, where it can't be seen: what was known is known still.
    files: Option<String>,
}

impl Row {
    fn of(standing: &Standing) -> Self {
        let stored = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            made: stored(standing.made),
            waiting: stored(standing.waiting),
            refused: stored(standing.refused),
            files: (!standing.files_unseen).then(|| bulk::json_array(&standing.files)),
        }
    }

    /// Whether nothing would be known that isn't, but for the time.
    fn is_known(&self, known: &Known, now: Timestamp) -> bool {
        let since = now.millis_since(Timestamp::from_millis(known.last_heard));
        let is_the_same = (self.made, self.waiting, self.refused)
            == (known.made, known.waiting, known.refused)
            && self.files.as_ref().is_none_or(|files| *files == known.files);
        is_the_same && !known.is_overtaken && (0..PRECISION_MS).contains(&since)
    }
}

impl Store {
    /// Notes how a device stands. Says no, and notes nothing, if it is somebody else's.
    pub(crate) async fn hear_of_tablet(
        &self,
        standing: &Standing,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (device, person) = (standing.device, standing.person);
        let row = Row::of(standing);
        let known = {
            let mut reader = self.read().await?;
            if is_foreign(&mut reader, device, person).await? {
                return Ok(false);
            }
            known(&mut reader, device).await?
        };
        if known.as_ref().is_some_and(|known| row.is_known(known, now)) {
            return Ok(true);
        }
        let mut guard = self.writer().await;
        let mut transaction = guard.begin().await?;
        if is_foreign(&mut transaction, device, person).await? {
            return Ok(false);
        }
        note(&mut transaction, device, person, row, now).await?;
        if known.is_none() {
            forget_beyond_bound(&mut transaction, device, person).await?;
        }
        transaction.commit("commit how a device stands").await?;
        Ok(true)
    }

    /// The devices of one person, or of everybody, that may still hold work and that nobody has looked into since they were heard of.
    ///
    /// A change has come when it is in the record or waits for the office: a rescue file may bring the newest and lack those before it.
    /// What was told to wait, for something that a restored server may be given again, has not come, though newer ones have.
    /// A file has come when its bytes are there for a ticket to which that very person has attached it: whoever only names a hash must
    /// not learn that somebody else has brought it.
    pub(crate) async fn holding_tablets(&self, of: Option<PersonId>) -> Result<Vec<Holding>, StoreError> {
        let rows: Vec<Found> = sqlx::query_as(
            "SELECT * FROM (
                 SELECT tablets.device, tablets.person, tablets.first_heard, tablets.last_heard,
                     max(0, tablets.waiting
                         - (SELECT count(*) FROM changes AS come WHERE come.device = tablets.device
                             AND come.device_seq > tablets.made - tablets.waiting AND come.device_seq <= tablets.made)
                         - (SELECT count(*) FROM parked AS come WHERE come.device = tablets.device
                             AND come.device_seq > tablets.made - tablets.waiting AND come.device_seq <= tablets.made
                             AND NOT EXISTS (SELECT 1 FROM changes AS let_in WHERE let_in.device = come.device
                                 AND let_in.device_seq = come.device_seq)))
                         + (SELECT count(*) FROM set_aside AS told WHERE told.device = tablets.device
                             AND told.because IS NULL AND told.device_seq <= tablets.made - tablets.waiting
                             AND NOT EXISTS (SELECT 1 FROM changes AS come WHERE come.device = told.device
                                 AND come.device_seq = told.device_seq)
                             AND NOT EXISTS (SELECT 1 FROM devices AS own WHERE own.id = told.device
                                 AND own.ended_before > told.device_seq)) AS waiting,
                     CASE WHEN tablets.rescued >= tablets.last_heard THEN 0 ELSE tablets.refused END AS refused,
                     (SELECT count(*) FROM json_each(tablets.files) AS named WHERE NOT EXISTS (
                         SELECT 1 FROM file_tickets AS come WHERE come.hash = named.value AND (
                             EXISTS (SELECT 1 FROM attachments AS said WHERE said.hash = come.hash
                                 AND said.ticket = come.ticket AND said.person = tablets.person)
                             OR EXISTS (SELECT 1 FROM parked AS said WHERE said.ticket = come.ticket
                                 AND said.author = tablets.person
                                 AND said.body ->> '$.action.body.sha256' = come.hash)))) AS files,
                     (SELECT max(other.first_heard) FROM tablets AS other
                         WHERE other.person = tablets.person AND other.device <> tablets.device) AS another_began,
                     (SELECT max(other.last_heard) FROM tablets AS other
                         WHERE other.person = tablets.person AND other.device <> tablets.device) AS another_heard
                 FROM tablets
                 WHERE tablets.holds AND (?1 IS NULL OR tablets.person = ?1) AND NOT EXISTS (
                     SELECT 1 FROM tablets_looked_into AS found
                     WHERE found.device = tablets.device AND found.last_heard = tablets.last_heard)
             ) WHERE waiting > 0 OR refused > 0 OR files > 0",
        )
        .bind(of.map(|person| person.to_string()))
        .fetch_all(self.reader())
        .await
        .map_err(StoreError::because("list devices that may hold work"))?;
        Ok(rows.into_iter().filter_map(|row| readable(row.read())).collect())
    }

    /// Keeps what became of a device. Says no if it has been heard of since, or somebody else was quicker.
    pub(crate) async fn look_into_tablet(&self, finding: Finding<'_>) -> Result<bool, StoreError> {
        let mut guard = self.writer().await;
        let mut transaction = guard.begin().await?;
        let noted = sqlx::query(
            "INSERT INTO tablets_looked_into (device, last_heard, person, at, why)
             SELECT device, last_heard, ?3, ?4, ?5 FROM tablets WHERE device = ?1 AND last_heard = ?2
             ON CONFLICT DO NOTHING",
        )
        .bind(finding.device.to_string())
        .bind(finding.last_heard.as_millis())
        .bind(finding.person.to_string())
        .bind(finding.at.as_millis())
        .bind(finding.why)
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::because("note what became of a device"))?;
        transaction.commit("commit what became of a device").await?;
        Ok(noted.rows_affected() == 1)
    }

    /// Notes that a rescue file told what had been refused to these devices, with the number of the newest change of each that is in
    /// it. One that was written before the device last told how it stood tells nothing of that. What else it brought is known by itself.
    pub(crate) async fn note_rescued_tablets(
        &self,
        devices: impl IntoIterator<Item = (DeviceId, u64)>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let devices: Vec<_> = devices.into_iter().collect();
        let devices = serde_json::to_string(&devices).expect("a list of ids and numbers always serialises");
        let mut guard = self.writer().await;
        let mut transaction = guard.begin().await?;
        sqlx::query(
            "UPDATE tablets SET rescued = ? WHERE refused > 0 AND EXISTS (SELECT 1 FROM json_each(?) AS brought
                 WHERE brought.value ->> 0 = device AND brought.value ->> 1 >= made)",
        )
        .bind(at.as_millis())
        .bind(devices)
        .execute(&mut *transaction)
        .await
        .map_err(StoreError::because("note whose work was rescued"))?;
        transaction.commit("commit whose work was rescued").await
    }
}

#[cfg(test)]
impl Store {
    /// How many devices are known.
    pub(crate) async fn tablets_known(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM tablets").fetch_one(self.reader()).await.unwrap()
    }

    /// All that was found out about devices: which, by whom, when, and what.
    pub(crate) async fn findings(&self) -> Vec<(DeviceId, PersonId, Timestamp, String)> {
        let rows: Vec<(String, String, i64, String)> =
            sqlx::query_as("SELECT device, person, at, why FROM tablets_looked_into")
                .fetch_all(self.reader())
                .await
                .unwrap();
        let read = |(device, person, at, why): (String, String, i64, String)| {
            (device.parse().unwrap(), person.parse().unwrap(), Timestamp::from_millis(at), why)
        };
        rows.into_iter().map(read).collect()
    }
}

/// Whether a device is known to be somebody else's.
async fn is_foreign(
    connection: &mut SqliteConnection,
    device: DeviceId,
    person: PersonId,
) -> Result<bool, StoreError> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM tablets WHERE device = ?1 AND person <> ?2)
             OR EXISTS (SELECT 1 FROM devices WHERE id = ?1 AND person <> ?2)",
    )
    .bind(device.to_string())
    .bind(person.to_string())
    .fetch_one(connection)
    .await
    .map_err(StoreError::because("ask whose a device is"))
}

async fn known(connection: &mut SqliteConnection, device: DeviceId) -> Result<Option<Known>, StoreError> {
    sqlx::query_as(
        "SELECT last_heard, made, waiting, refused, files, EXISTS (
             SELECT 1 FROM tablets AS other WHERE other.person = tablets.person
             AND other.device <> tablets.device AND other.last_heard >= tablets.last_heard) AS is_overtaken
         FROM tablets WHERE device = ?",
    )
    .bind(device.to_string())
    .fetch_optional(connection)
    .await
    .map_err(StoreError::because("ask how a device stood"))
}

/// Writes down how a device stands. One that has pushed was there before it was heard of in this way.
async fn note(
    connection: &mut SqliteConnection,
    device: DeviceId,
    person: PersonId,
    row: Row,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO tablets (device, person, first_heard, last_heard, made, waiting, refused, files)
         VALUES (?1, ?2, min(?3, coalesce((SELECT first_seen FROM devices WHERE id = ?1), ?3)), ?3, ?4, ?5, ?6,
             coalesce(?7, '[]'))
         ON CONFLICT (device) DO UPDATE SET last_heard = excluded.last_heard, made = excluded.made,
             waiting = excluded.waiting, refused = excluded.refused, files = coalesce(?7, tablets.files)",
    )
    .bind(device.to_string())
    .bind(person.to_string())
    .bind(now.as_millis())
    .bind(row.made)
    .bind(row.waiting)
    .bind(row.refused)
    .bind(row.files)
    .execute(connection)
    .await
    .map_err(StoreError::because("note how a device stands"))?;
    Ok(())
}

/// Lets a person's oldest devices go when there are too many, those that held nothing first, and never the one just heard of.
async fn forget_beyond_bound(
    connection: &mut SqliteConnection,
    device: DeviceId,
    person: PersonId,
) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM tablets WHERE person = ?1 AND device NOT IN (
             SELECT device FROM tablets WHERE person = ?1
             ORDER BY device = ?2 DESC, holds DESC, last_heard DESC LIMIT ?3)",
    )
    .bind(person.to_string())
    .bind(device.to_string())
    .bind(MOST_OF_A_PERSON)
    .execute(connection)
    .await
    .map_err(StoreError::because("forget a person's oldest devices"))?;
    Ok(())
}
