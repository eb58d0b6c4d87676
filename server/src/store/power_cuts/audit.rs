//! Looks through a whole database: whether it holds what was confirmed, and nothing but what was sent, once.

use std::collections::BTreeMap;

use domain::ticket::{Document, Recorded};
use domain::{ChangeId, TicketId};

use super::devices::Remembered;
use crate::store::Store;
use crate::store::chain::Verified;

/// What is wrong with a database; nothing, if it is as it should be.
pub(super) async fn find_fault(store: &Store, devices: &Remembered) -> Result<(), String> {
    require(devices.refused.is_empty(), || format!("refused: {:?}", devices.refused))?;
    let mut reader = store.read().await.map_err(|error| error.to_string())?;
    let checked: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_all(&mut *reader)
        .await
        .map_err(|error| error.to_string())?;
    require(checked == ["ok"], || format!("SQLite finds it damaged: {checked:?}"))?;
    let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut *reader).await.unwrap();
    require(dangling.is_empty(), || "something refers to what is not there".to_owned())?;

    let rows: Vec<(i64, String, i64, String, String)> =
        sqlx::query_as("SELECT seq, device, device_seq, ticket, body FROM changes ORDER BY seq")
            .fetch_all(&mut *reader)
            .await
            .unwrap();
    let verified = store.verify_chain().await.unwrap();
    require(verified == Verified::Whole { changes: rows.len() as u64 }, || {
        format!("the chain is not whole: {verified:?}")
    })?;

    let mut record: BTreeMap<TicketId, BTreeMap<ChangeId, (u64, Recorded)>> = BTreeMap::new();
    let mut places = BTreeMap::new();
    for (place, (seq, device, device_seq, ticket, body)) in (1_u64..).zip(rows) {
        require(seq.cast_unsigned() == place, || format!("{place} is missing in the record"))?;
        let id: ChangeId = format!("{device}/{device_seq}").parse().unwrap();
        let recorded: Recorded = serde_json::from_str(&body).unwrap();
        require(devices.sent.get(&id) == Some(&recorded.change), || format!("{id} is not what was sent"))?;
        record.entry(ticket.parse().unwrap()).or_default().insert(id, (place, recorded));
        places.insert(id, place);
    }
    for (id, place) in &devices.confirmed {
        require(places.get(id) == Some(place), || format!("{id} was confirmed as {place} and is lost"))?;
    }

    let documents: Vec<(String, i64, String)> =
        sqlx::query_as("SELECT id, revision, document FROM tickets").fetch_all(&mut *reader).await.unwrap();
    require(documents.len() == record.len(), || "tickets and changes don't belong together".to_owned())?;
    for (ticket, revision, document) in documents {
        let changes = &record[&ticket.parse().unwrap()];
        let document: Document = serde_json::from_str(&document).unwrap();
        let last = changes.values().map(|(place, _)| *place).max();
        require(last == Some(revision.cast_unsigned()), || format!("{ticket} has another revision"))?;
        let agrees = document.log().len() == changes.len()
            && document
                .log()
                .iter()
                .all(|entry| changes.get(&entry.change.id).is_some_and(|(_, recorded)| recorded == entry));
        require(agrees, || format!("{ticket} is not what its changes add up to"))?;
    }
    let judged: Vec<(String, i64)> = sqlx::query_as(
        "SELECT device, max(device_seq) FROM changes GROUP BY device EXCEPT SELECT id, judged FROM devices",
    )
    .fetch_all(&mut *reader)
    .await
    .unwrap();
    require(judged.is_empty(), || format!("it is not known how far devices were judged: {judged:?}"))
}

fn require(holds: bool, complaint: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint()) }
}
