//! What has come to a server that was restored lately and did not go into its record.

use std::collections::BTreeMap;

use domain::{ChangeId, IdError, Refusal, TicketId};
use sqlx::SqliteConnection;

use super::rows::unreadable;
use super::{StoreError, bulk};

/// Why each change of each ticket will not go into the record by itself; nothing, while it waits for what it follows.
pub(crate) type SetAside = BTreeMap<TicketId, BTreeMap<ChangeId, Option<Refusal>>>;

/// A change that is set aside, or has gone into the record since.
#[derive(Debug)]
pub(crate) struct Row {
    /// Which change.
    pub(crate) id: ChangeId,
    /// Of which ticket.
    pub(crate) ticket: TicketId,
    /// How it stands, as in [`SetAside`]; nothing, if it is set aside no more.
    pub(crate) because: Option<Option<Refusal>>,
}

#[derive(sqlx::FromRow)]
struct Found {
    device: String,
    device_seq: i64,
    ticket: String,
    because: Option<String>,
}

impl Found {
    fn read(&self) -> Result<(TicketId, ChangeId, Option<Refusal>), StoreError> {
        let row = || format!("{}/{}", self.device, self.device_seq);
        let wrong = |column| move |error: IdError| unreadable("set_aside", column, row(), error);
        let device = self.device.parse().map_err(wrong("device"))?;
        let ticket = self.ticket.parse().map_err(wrong("ticket"))?;
        let because = self.because.as_deref().map(serde_json::from_str).transpose();
        let because = because.map_err(|error| unreadable("set_aside", "because", row(), error))?;
        Ok((ticket, ChangeId { device, seq: self.device_seq.cast_unsigned() }, because))
    }
}

/// Everything that is set aside.
pub(crate) async fn load(connection: &mut SqliteConnection) -> Result<SetAside, StoreError> {
    let rows: Vec<Found> = sqlx::query_as("SELECT device, device_seq, ticket, because FROM set_aside")
        .fetch_all(connection)
        .await
        .map_err(StoreError::because("read what is set aside"))?;
    let mut all = SetAside::new();
    for row in rows {
        let (ticket, id, because) = row.read()?;
        all.entry(ticket).or_default().insert(id, because);
    }
    Ok(all)
}

/// Keeps these changes as they stand now.
pub(crate) async fn keep(connection: &mut SqliteConnection, rows: Vec<Row>) -> Result<(), StoreError> {
    const OPENING: &str = "INSERT OR FAIL INTO set_aside (device, device_seq, ticket, because) ";
    const CLOSING: &str =
        " ON CONFLICT (device, device_seq, ticket) DO UPDATE SET because = excluded.because";
    let (aside, taken): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.because.is_some());
    bulk::insert(&mut *connection, OPENING, CLOSING, aside, |tuple, row| {
        let because = row.because.flatten();
        let because =
            because.map(|because| serde_json::to_string(&because).expect("a refusal always serialises"));
        tuple
            .push_bind(row.id.device.to_string())
            .push_bind(row.id.seq.cast_signed())
            .push_bind(row.ticket.to_string())
            .push_bind(because);
    })
    .await
    .map_err(StoreError::because("keep what is set aside"))?;
    for row in taken {
        sqlx::query("DELETE FROM set_aside WHERE device = ? AND device_seq = ? AND ticket = ?")
            .bind(row.id.device.to_string())
            .bind(row.id.seq.cast_signed())
            .bind(row.ticket.to_string())
            .execute(&mut *connection)
            .await
            .map_err(StoreError::because("forget what was set aside"))?;
    }
    Ok(())
}
