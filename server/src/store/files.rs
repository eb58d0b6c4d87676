//! Files: which content there is and for which tickets, and what is on its way. The bytes are elsewhere (`files/` in this crate).

use domain::access::Scope;
use domain::ticket::{FileHash, MediaType};
use domain::{PersonId, TicketId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Arguments as _, Row as _, SqliteConnection};

use super::rows::{read, readable, unreadable};
use super::scope::{bind, in_scope};
use super::{Store, StoreError, bulk, ledger};
use crate::files::UploadId;

/// A file that the record says belongs to a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AttachmentRow {
    pub(crate) hash: FileHash,
    pub(crate) ticket: TicketId,
    /// Who said so.
    pub(crate) person: PersonId,
}

/// What somebody announces that they will send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announced {
    pub(crate) person: PersonId,
    pub(crate) ticket: TicketId,
    pub(crate) hash: FileHash,
    pub(crate) bytes: u64,
    pub(crate) media: MediaType,
    /// As the device has sent it.
    pub(crate) metadata: String,
}

/// How much may be on its way at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Uploads of one person.
    pub(crate) uploads: u64,
    /// Bytes that one person has announced.
    pub(crate) bytes: u64,
    /// Bytes that everybody together may still send.
    pub(crate) room: u64,
}

/// What became of an announcement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// It may be sent, or is there already.
    Begun(Upload),
    /// There is no such ticket, as far as this person may know.
    UnknownTicket,
    /// The person has too much on its way.
    TooMany,
    /// There would be too little room left on the disk.
    NoRoom,
}

/// Something on its way, or something that has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) id: UploadId,
    pub(crate) announced: Announced,
    /// How much of it is certain to be on disk.
    pub(crate) received: u64,
    /// Until when it may go on.
    pub(crate) expires_at: Timestamp,
    /// Since when its ticket has all of it, if it does.
    pub(crate) stored_at: Option<Timestamp>,
}

/// Content that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredFile {
    pub(crate) hash: FileHash,
    pub(crate) bytes: u64,
    /// What it is; nothing, if it is not what it was said to be.
    pub(crate) media: Option<MediaType>,
}

/// What content is called that is not what it was said to be.
const UNRECOGNISED: &str = "application/octet-stream";

const UPLOADS: &str = "SELECT uploads.id, uploads.person, uploads.ticket, uploads.hash, uploads.bytes, uploads.media_type, \
     metadata, received, expires_at, \
     (SELECT stored_at FROM file_tickets \
      WHERE file_tickets.hash = uploads.hash AND file_tickets.ticket = uploads.ticket AND received = uploads.bytes) AS stored_at \
     FROM uploads";

/// Uploads that are not all there yet.
const UNFINISHED: &str = "FROM uploads WHERE NOT (received = bytes AND EXISTS (SELECT 1 FROM file_tickets \
     WHERE file_tickets.hash = uploads.hash AND file_tickets.ticket = uploads.ticket))";

impl Store {
    /// Notes that something will be sent, if it may be: for a ticket in the person's scope, or one that the record says they
    /// have attached it to. Whoever announces again what they have announced, because the answer was lost or could not be kept, is
    /// given the same upload: otherwise a device that does so again and again would use up what its person may have on the way.
    ///
    /// What this person could download anyway need not be sent again: it is there at once. Everybody else is answered as if
    /// nobody had ever sent it.
    pub(crate) async fn begin_upload(
        &self,
        id: UploadId,
        announced: Announced,
        scope: &Scope,
        bounds: Bounds,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Beginning, StoreError> {
        let mut turn = self.writer().await;
        let mut tx = turn.begin().await?;
        if !may_bring(&mut tx, &announced, scope).await? {
            return Ok(Beginning::UnknownTicket);
        }
        let (received, stored_at) = if is_within_reach(&mut tx, &announced, scope).await? {
            let stored_at = keep_file_ticket(&mut tx, announced.hash, announced.ticket, now).await?;
            (announced.bytes, Some(stored_at))
        } else {
            (0, None)
        };
        let id = match prolong(&mut tx, &announced, received, now, expires_at).await? {
            Some(known) => known,
            None => {
                if stored_at.is_none()
                    && let Some(refused) = exceeds(&mut tx, &announced, bounds, now).await?
                {
                    return Ok(refused);
                }
                insert_upload(&mut tx, id, &announced, received, expires_at).await?;
                id
            }
        };
        tx.commit("commit an upload").await?;
        Ok(Beginning::Begun(Upload { id, announced, received, expires_at, stored_at }))
    }

    /// An upload of this person.
    pub(crate) async fn upload(&self, id: UploadId, person: PersonId) -> Result<Option<Upload>, StoreError> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("{UPLOADS} WHERE id = ? AND person = ?")))
            .bind(id.to_string())
            .bind(person.to_string())
            .fetch_optional(self.reader())
            .await
            .map_err(StoreError::because("look for an upload"))?;
        row.as_ref().map(read_upload).transpose()
    }

    /// Uploads of which all bytes have come, and which are not stored. One that can't be read is passed over.
    pub(crate) async fn uploads_to_finish(&self) -> Result<Vec<Upload>, StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{UPLOADS} WHERE received = bytes")))
            .fetch_all(self.reader())
            .await
            .map_err(StoreError::because("look for uploads that have come"))?;
        let uploads = rows.iter().filter_map(|row| readable(read_upload(row)));
        Ok(uploads.filter(|upload| upload.stored_at.is_none()).collect())
    }

    /// Notes how much of an upload is certain to be on disk.
    pub(crate) async fn note_received(
        &self,
        id: UploadId,
        received: u64,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut turn = self.writer().await;
        let mut tx = turn.begin().await?;
        sqlx::query("UPDATE uploads SET received = ?, expires_at = ? WHERE id = ?")
            .bind(received.cast_signed())
            .bind(expires_at.as_millis())
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("note how much of an upload has come"))?;
        tx.commit("commit how much of an upload has come").await
    }

    /// Notes that the content of an upload is there: verified, in its place, and on disk. Says since when its ticket has it.
    pub(crate) async fn finish_upload(
        &self,
        upload: &Upload,
        media: Option<MediaType>,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let Announced { hash, ticket, bytes, .. } = upload.announced;
        let mut turn = self.writer().await;
        let mut tx = turn.begin().await?;
        sqlx::query("INSERT INTO files (hash, bytes, media_type) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(hash.to_string())
            .bind(bytes.cast_signed())
            .bind(media.map_or(UNRECOGNISED, MediaType::name))
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("note a file"))?;
        let stored_at = keep_file_ticket(&mut tx, hash, ticket, now).await?;
        tx.commit("commit a file").await?;
        Ok(stored_at)
    }

    /// Forgets an upload.
    pub(crate) async fn drop_upload(&self, id: UploadId) -> Result<(), StoreError> {
        let mut turn = self.writer().await;
        let mut tx = turn.begin().await?;
        sqlx::query("DELETE FROM uploads WHERE id = ?")
            .bind(id.to_string())
            .execute(&mut *tx)
            .await
            .map_err(StoreError::because("forget an upload"))?;
        tx.commit("commit that an upload is forgotten").await
    }

    /// Uploads that have expired. One that can't be read is passed over.
    pub(crate) async fn expired_uploads(&self, now: Timestamp) -> Result<Vec<UploadId>, StoreError> {
        let rows = sqlx::query("SELECT id FROM uploads WHERE expires_at <= ?")
            .bind(now.as_millis())
            .fetch_all(self.reader())
            .await
            .map_err(StoreError::because("look for expired uploads"))?;
        Ok(rows.iter().filter_map(|row| readable(read_upload_id(row))).collect())
    }

    /// Whether anything is known of an upload, whoever's it is.
    pub(crate) async fn has_upload(&self, id: UploadId) -> Result<bool, StoreError> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM uploads WHERE id = ?)")
            .bind(id.to_string())
            .fetch_one(self.reader())
            .await
            .map_err(StoreError::because("look for an upload"))
    }

    /// Whether content is there.
    pub(crate) async fn has_file(&self, hash: FileHash) -> Result<bool, StoreError> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM files WHERE hash = ?)")
            .bind(hash.to_string())
            .fetch_one(self.reader())
            .await
            .map_err(StoreError::because("look for a file"))
    }

    /// The content with this hash, if a ticket in the scope has it: the record says that it belongs to the ticket, and somebody
    /// has brought the bytes for that very ticket.
    pub(crate) async fn file_in_scope(
        &self,
        hash: FileHash,
        scope: &Scope,
    ) -> Result<Option<StoredFile>, StoreError> {
        let failed = || StoreError::because("look for a file in somebody's scope");
        let mut arguments = bind(scope).map_err(failed())?;
        let added = arguments.add(hash.to_string());
        added.map_err(sqlx::Error::Encode).map_err(failed())?;
        let row = sqlx::query_with(
            concat!(
                "SELECT hash, bytes, media_type FROM files WHERE hash = ?5 AND EXISTS (\
                 SELECT 1 FROM file_tickets \
                 JOIN attachments USING (hash, ticket) JOIN tickets ON tickets.id = ticket \
                 WHERE hash = ?5 AND ",
                in_scope!(),
                ")"
            ),
            arguments,
        )
        .fetch_optional(self.reader())
        .await
        .map_err(failed())?;
        row.as_ref().map(read_file).transpose()
    }
}

/// Every file there is, by its hash.
pub(crate) async fn list(connection: &mut SqliteConnection) -> Result<Vec<StoredFile>, StoreError> {
    let rows = sqlx::query("SELECT hash, bytes, media_type FROM files ORDER BY hash")
        .fetch_all(connection)
        .await
        .map_err(StoreError::because("list its files"))?;
    rows.iter().map(read_file).collect()
}

/// Which tickets the record says that a file belongs to.
pub(crate) async fn tickets_of(
    connection: &mut SqliteConnection,
    hash: FileHash,
) -> Result<Vec<TicketId>, StoreError> {
    let rows = sqlx::query("SELECT ticket FROM attachments WHERE hash = ? GROUP BY ticket")
        .bind(hash.to_string())
        .fetch_all(connection)
        .await
        .map_err(StoreError::because("look which tickets a file belongs to"))?;
    rows.iter().map(|row| read(row, "attachments", "ticket")).collect()
}

/// How many files belong to tickets and were brought by nobody yet.
pub(crate) async fn count_awaited(connection: &mut SqliteConnection) -> Result<u64, StoreError> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT hash, ticket FROM attachments EXCEPT SELECT hash, ticket FROM file_tickets)",
    )
    .fetch_one(connection)
    .await
    .map_err(StoreError::because("count the files that nobody has brought"))?;
    Ok(count.cast_unsigned())
}

/// Keeps which files belong to which tickets. The tickets must be kept already.
pub(crate) async fn keep_attachments(
    connection: &mut SqliteConnection,
    rows: Vec<AttachmentRow>,
) -> Result<(), StoreError> {
    const OPENING: &str = "INSERT OR FAIL INTO attachments (hash, ticket, person) ";
    bulk::insert(connection, OPENING, " ON CONFLICT DO NOTHING", rows, |tuple, row| {
        tuple
            .push_bind(row.hash.to_string())
            .push_bind(row.ticket.to_string())
            .push_bind(row.person.to_string());
    })
    .await
    .map_err(StoreError::because("keep which files belong to tickets"))
}

/// Whether somebody may bring a file for a ticket.
async fn may_bring(
    connection: &mut SqliteConnection,
    announced: &Announced,
    scope: &Scope,
) -> Result<bool, StoreError> {
    let failed = || StoreError::because("look whether somebody may bring a file");
    let mut arguments = bind(scope).map_err(failed())?;
    for text in [announced.ticket.to_string(), announced.hash.to_string(), announced.person.to_string()] {
        arguments.add(text).map_err(sqlx::Error::Encode).map_err(failed())?;
    }
    sqlx::query_scalar_with(
        concat!(
            "SELECT EXISTS (SELECT 1 FROM tickets WHERE id = ?5 AND ",
            in_scope!(),
            ") OR EXISTS (SELECT 1 FROM attachments WHERE hash = ?6 AND ticket = ?5 AND person = ?7)"
        ),
        arguments,
    )
    .fetch_one(connection)
    .await
    .map_err(failed())
}

/// Whether the content is there, and somebody has brought it for this ticket or the person could download it anyway.
async fn is_within_reach(
    connection: &mut SqliteConnection,
    announced: &Announced,
    scope: &Scope,
) -> Result<bool, StoreError> {
    let failed = || StoreError::because("look whether a file is there");
    let mut arguments = bind(scope).map_err(failed())?;
    for text in [announced.ticket.to_string(), announced.hash.to_string()] {
        arguments.add(text).map_err(sqlx::Error::Encode).map_err(failed())?;
    }
    arguments.add(announced.bytes.cast_signed()).map_err(sqlx::Error::Encode).map_err(failed())?;
    sqlx::query_scalar_with(
        concat!(
            "SELECT EXISTS (SELECT 1 FROM files WHERE hash = ?6 AND bytes = ?7 AND (\
             EXISTS (SELECT 1 FROM file_tickets WHERE hash = ?6 AND ticket = ?5) \
             OR EXISTS (SELECT 1 FROM file_tickets \
             JOIN attachments USING (hash, ticket) JOIN tickets ON tickets.id = ticket \
             WHERE hash = ?6 AND ",
            in_scope!(),
            ")))"
        ),
        arguments,
    )
    .fetch_one(connection)
    .await
    .map_err(failed())
}

/// The upload of somebody who has announced the very same before, and of which nothing has come since or all of it is there already;
/// nothing, if there is none. It may go on for longer.
async fn prolong(
    connection: &mut SqliteConnection,
    announced: &Announced,
    received: u64,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Option<UploadId>, StoreError> {
    let row = sqlx::query(
        "UPDATE uploads SET expires_at = ?1 WHERE id = (SELECT id FROM uploads WHERE person = ?2 AND ticket = ?3 \
         AND hash = ?4 AND bytes = ?5 AND media_type = ?6 AND metadata = ?7 AND received = ?8 AND expires_at > ?9 LIMIT 1) \
         RETURNING id",
    )
    .bind(expires_at.as_millis())
    .bind(announced.person.to_string())
    .bind(announced.ticket.to_string())
    .bind(announced.hash.to_string())
    .bind(announced.bytes.cast_signed())
    .bind(announced.media.name())
    .bind(&announced.metadata)
    .bind(received.cast_signed())
    .bind(now.as_millis())
    .fetch_optional(connection)
    .await
    .map_err(StoreError::because("look for an upload that was announced before"))?;
    row.as_ref().map(read_upload_id).transpose()
}

async fn insert_upload(
    connection: &mut SqliteConnection,
    id: UploadId,
    announced: &Announced,
    received: u64,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO uploads (id, person, ticket, hash, bytes, media_type, metadata, received, expires_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id.to_string())
    .bind(announced.person.to_string())
    .bind(announced.ticket.to_string())
    .bind(announced.hash.to_string())
    .bind(announced.bytes.cast_signed())
    .bind(announced.media.name())
    .bind(&announced.metadata)
    .bind(received.cast_signed())
    .bind(expires_at.as_millis())
    .execute(connection)
    .await
    .map_err(StoreError::because("note an upload"))?;
    Ok(())
}

/// Why no more may be announced, if it may not.
async fn exceeds(
    connection: &mut SqliteConnection,
    announced: &Announced,
    bounds: Bounds,
    now: Timestamp,
) -> Result<Option<Beginning>, StoreError> {
    let sql = format!(
        "SELECT coalesce(sum(person = ?1), 0), coalesce(sum(CASE WHEN person = ?1 THEN bytes END), 0), \
         coalesce(sum(bytes - received), 0) {UNFINISHED} AND expires_at > ?2"
    );
    let (uploads, bytes, missing): (i64, i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(announced.person.to_string())
        .bind(now.as_millis())
        .fetch_one(connection)
        .await
        .map_err(StoreError::because("count what is on its way"))?;
    let (uploads, bytes, missing) = (uploads.cast_unsigned(), bytes.cast_unsigned(), missing.cast_unsigned());
    Ok(if uploads >= bounds.uploads || bytes + announced.bytes > bounds.bytes {
        Some(Beginning::TooMany)
    } else if missing + announced.bytes > bounds.room {
        Some(Beginning::NoRoom)
    } else {
        None
    })
}

/// Notes that somebody has brought the bytes for a ticket. Says since when it has them, which never alters: a backup may have been
/// made since.
async fn keep_file_ticket(
    connection: &mut SqliteConnection,
    hash: FileHash,
    ticket: TicketId,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    // No backup that ends with a later arrival can be without it then.
    let now = now.max(ledger::head(connection).await?.arrived);
    let stored_at: i64 = sqlx::query_scalar(
        "INSERT INTO file_tickets (hash, ticket, stored_at) VALUES (?, ?, ?) \
         ON CONFLICT DO UPDATE SET stored_at = stored_at RETURNING stored_at",
    )
    .bind(hash.to_string())
    .bind(ticket.to_string())
    .bind(now.as_millis())
    .fetch_one(connection)
    .await
    .map_err(StoreError::because("note for which ticket a file was brought"))?;
    Ok(Timestamp::from_millis(stored_at))
}

fn read_upload(row: &SqliteRow) -> Result<Upload, StoreError> {
    let media: String = row.get("media_type");
    Ok(Upload {
        id: read_upload_id(row)?,
        announced: Announced {
            person: read(row, "uploads", "person")?,
            ticket: read(row, "uploads", "ticket")?,
            hash: read_hash(row, "uploads")?,
            bytes: row.get::<i64, _>("bytes").cast_unsigned(),
            media: MediaType::parse(&media)
                .ok_or_else(|| unreadable("uploads", "media_type", media, "none of ours"))?,
            metadata: row.get("metadata"),
        },
        received: row.get::<i64, _>("received").cast_unsigned(),
        expires_at: Timestamp::from_millis(row.get("expires_at")),
        stored_at: row.get::<Option<i64>, _>("stored_at").map(Timestamp::from_millis),
    })
}

fn read_upload_id(row: &SqliteRow) -> Result<UploadId, StoreError> {
    let text: String = row.get("id");
    UploadId::parse(&text).ok_or_else(|| unreadable("uploads", "id", text, "no id of an upload"))
}

fn read_file(row: &SqliteRow) -> Result<StoredFile, StoreError> {
    Ok(StoredFile {
        hash: read_hash(row, "files")?,
        bytes: row.get::<i64, _>("bytes").cast_unsigned(),
        media: MediaType::parse(row.get("media_type")),
    })
}

fn read_hash(row: &SqliteRow, table: &'static str) -> Result<FileHash, StoreError> {
    let text: String = row.get("hash");
    FileHash::parse(&text).ok_or_else(|| unreadable(table, "hash", text, "not 64 hexadecimal digits"))
}
