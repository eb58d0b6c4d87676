//! Changes that wait for the office to decide on them, and those that were decided on.

use std::collections::BTreeMap;

use domain::ticket::{Action, Change, ScopeKeys, TicketNumber};
use domain::{ChangeId, DepartmentId, IdError, PersonId, Refusal, Timestamp};
use sqlx::SqliteConnection;
use sync::parked::{ParkedChange, ParkedPage};

use super::rows::{readable, unreadable};
use super::{Store, StoreError, bulk};

/// A parked change as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parked {
    /// The change as it came in.
    pub(crate) change: Change,
    /// When it came in.
    pub(crate) received: Timestamp,
    /// Why it did not count by itself.
    pub(crate) because: Refusal,
    /// Who brought it in a rescue file; nothing, if its author's device has sent it.
    pub(crate) brought_by: Option<PersonId>,
    /// The department that decides on it as long as its ticket is not in the record; nothing, if the ticket was there or the
    /// change registers it.
    pub(crate) filed_in: Option<DepartmentId>,
    /// What was decided; nothing, as long as nobody has.
    pub(crate) decided: Option<Decided>,
}

/// What was decided on a parked change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decided {
    /// Who decided.
    pub(crate) by: PersonId,
    /// When.
    pub(crate) at: Timestamp,
    /// What.
    pub(crate) ruling: Ruling,
}

/// What becomes of a parked change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ruling {
    /// It counts.
    Admit,
    /// It does not.
    Decline {
        /// Why, for its author.
        why: String,
    },
}

impl Ruling {
    /// The decision and its reason as they are stored.
    fn stored(self) -> (&'static str, Option<String>) {
        match self {
            Self::Admit => ("admitted", None),
            Self::Decline { why } => ("declined", Some(why)),
        }
    }

    fn read(decision: &str, why: Option<String>) -> Option<Self> {
        match (decision, why) {
            ("admitted", None) => Some(Self::Admit),
            ("declined", Some(why)) => Some(Self::Decline { why }),
            _ => None,
        }
    }
}

#[derive(sqlx::FromRow)]
struct Found {
    device: String,
    device_seq: i64,
    received: i64,
    because: String,
    body: String,
    decision: Option<String>,
    decided_by: Option<String>,
    decided_at: Option<i64>,
    why: Option<String>,
    brought_by: Option<String>,
    filed_in: Option<String>,
}

impl Found {
    fn read(mut self) -> Result<Parked, StoreError> {
        let decided = match (self.decision.take(), self.decided_by.take(), self.decided_at) {
            (Some(decision), Some(by), Some(at)) => {
                let why = self.why.take();
                let ruling = Ruling::read(&decision, why)
                    .ok_or_else(|| self.unreadable("decision", "no decision that this version knows"))?;
                let by = by.parse().map_err(|error: IdError| self.unreadable("decided_by", error))?;
                Some(Decided { by, at: Timestamp::from_millis(at), ruling })
            }
            _ => None,
        };
        let brought_by = self.brought_by.as_deref().map(str::parse).transpose();
        let filed_in = self.filed_in.as_deref().map(str::parse).transpose();
        Ok(Parked {
            brought_by: brought_by.map_err(|error: IdError| self.unreadable("brought_by", error))?,
            filed_in: filed_in.map_err(|error: IdError| self.unreadable("filed_in", error))?,
            change: serde_json::from_str(&self.body).map_err(|error| self.unreadable("body", error))?,
            received: Timestamp::from_millis(self.received),
            because: serde_json::from_str(&self.because)
                .map_err(|error| self.unreadable("because", error))?,
            decided,
        })
    }

    fn unreadable(&self, column: &'static str, problem: impl ToString) -> StoreError {
        StoreError::Unreadable {
            table: "parked",
            column,
            row: format!("{}/{}", self.device, self.device_seq),
            problem: problem.to_string(),
        }
    }
}

/// Those of the given changes that are or were parked.
pub(crate) async fn find(
    connection: &mut SqliteConnection,
    ids: &[ChangeId],
) -> Result<Vec<Parked>, StoreError> {
    rows_of(connection, ids).await?.into_iter().map(Found::read).collect()
}

async fn rows_of(connection: &mut SqliteConnection, ids: &[ChangeId]) -> Result<Vec<Found>, StoreError> {
    let pairs: Vec<_> = ids.iter().map(|id| (id.device, id.seq)).collect();
    let pairs = serde_json::to_string(&pairs).expect("a list of ids and numbers always serialises");
    sqlx::query_as(
        "SELECT parked.* FROM json_each(?) AS wanted CROSS JOIN parked \
         ON parked.device = wanted.value ->> 0 AND parked.device_seq = wanted.value ->> 1",
    )
    .bind(pairs)
    .fetch_all(connection)
    .await
    .map_err(StoreError::because("look for parked changes"))
}

/// Keeps parked changes as they are now. What came in never alters; what was decided never does either.
pub(crate) async fn keep(connection: &mut SqliteConnection, rows: Vec<Parked>) -> Result<(), StoreError> {
    const OPENING: &str = "INSERT OR FAIL INTO parked (device, device_seq, ticket, author, registered_in, received, because, \
                           body, decision, decided_by, decided_at, why, brought_by, filed_in) ";
    const CLOSING: &str = " ON CONFLICT (device, device_seq) DO UPDATE SET decision = excluded.decision, \
                           decided_by = excluded.decided_by, decided_at = excluded.decided_at, why = excluded.why";
    bulk::insert(connection, OPENING, CLOSING, rows, |tuple, row| {
        let Parked { change, received, because, brought_by, filed_in, decided } = row;
        let (by, at) =
            decided.as_ref().map(|decided| (decided.by.to_string(), decided.at.as_millis())).unzip();
        let (decision, why) = decided.map(|decided| decided.ruling.stored()).unzip();
        let json = "a change holds only texts and numbers";
        tuple
            .push_bind(change.id.device.to_string())
            .push_bind(change.id.seq.cast_signed())
            .push_bind(change.ticket.to_string())
            .push_bind(change.actor.to_string())
            .push_bind(registered_in(&change).map(|department| department.to_string()))
            .push_bind(received.as_millis())
            .push_bind(serde_json::to_string(&because).expect(json))
            .push_bind(serde_json::to_string(&change).expect(json))
            .push_bind(decision)
            .push_bind(by)
            .push_bind(at)
            .push_bind(why.flatten())
            .push_bind(brought_by.map(|person| person.to_string()))
            .push_bind(filed_in.map(|department| department.to_string()));
    })
    .await
    .map_err(StoreError::because("keep parked changes"))
}

fn registered_in(change: &Change) -> Option<DepartmentId> {
    match &change.action {
        Action::Register(intake) => Some(intake.registered_in),
        _ => None,
    }
}

/// Which change waits, and what decides who may decide on it: all that has to be known of those that are not shown.
#[derive(Debug)]
struct Waiting {
    id: ChangeId,
    number: Option<TicketNumber>,
    about: ScopeKeys,
}

#[derive(sqlx::FromRow)]
struct WaitingRow {
    device: String,
    device_seq: i64,
    number: Option<String>,
    department: String,
    accountable: Option<String>,
    registered_in: String,
}

impl WaitingRow {
    fn read(self) -> Result<Waiting, StoreError> {
        let wrong = |column| {
            let row = format!("{}/{}", self.device, self.device_seq);
            move |error: IdError| unreadable("parked", column, row, error)
        };
        let accountable = self.accountable.as_deref().map(str::parse).transpose();
        Ok(Waiting {
            id: ChangeId {
                device: self.device.parse().map_err(wrong("device"))?,
                seq: self.device_seq.cast_unsigned(),
            },
            about: ScopeKeys {
                department: self.department.parse().map_err(wrong("department of the ticket"))?,
                accountable: accountable.map_err(wrong("accountable of the ticket"))?,
                registered_in: self.registered_in.parse().map_err(wrong("registered_in of the ticket"))?,
            },
            number: self.number.map(TicketNumber::from_stored),
        })
    }
}

impl Waiting {
    fn with(self, parked: Parked) -> ParkedChange {
        let Self { number, about, .. } = self;
        let Parked { change, received, because, brought_by, .. } = parked;
        ParkedChange { change, number, about, received, because, brought_by }
    }
}

impl Store {
    /// The parked changes that nobody has decided on and that somebody may decide on: at most so many, those that came first, and
    /// how many there are. Of the others no more is read than who may decide on them. What can't be read takes no other's place.
    pub(crate) async fn undecided(
        &self,
        may_decide: impl Fn(&ScopeKeys) -> bool,
        most: usize,
    ) -> Result<ParkedPage, StoreError> {
        const TRYING: &str = "list parked changes";
        let mut moment = self.reader().begin().await.map_err(StoreError::because(TRYING))?;
        let rows: Vec<WaitingRow> = sqlx::query_as(
            "SELECT parked.device, parked.device_seq, tickets.number, tickets.accountable, \
             coalesce(tickets.department, parked.registered_in, parked.filed_in, '') AS department, \
             coalesce(tickets.registered_in, parked.registered_in, parked.filed_in, '') AS registered_in \
             FROM parked LEFT JOIN tickets ON tickets.id = parked.ticket \
             WHERE parked.decision IS NULL ORDER BY parked.received, parked.device, parked.device_seq",
        )
        .fetch_all(&mut *moment)
        .await
        .map_err(StoreError::because(TRYING))?;
        let mut waiting: Vec<_> = rows.into_iter().filter_map(|row| readable(row.read())).collect();
        waiting.retain(|waiting| may_decide(&waiting.about));
        let mut page = ParkedPage { waiting: waiting.len() as u64, ..ParkedPage::default() };
        let mut waiting = waiting.into_iter();
        while page.parked.len() < most && waiting.len() > 0 {
            let next: Vec<_> = waiting.by_ref().take(most - page.parked.len()).collect();
            let ids: Vec<_> = next.iter().map(|waiting| waiting.id).collect();
            let rows = rows_of(&mut moment, &ids).await?.into_iter();
            let mut rows: BTreeMap<_, _> =
                rows.map(|row| ((row.device.clone(), row.device_seq), row)).collect();
            for waiting in next {
                let row = rows.remove(&(waiting.id.device.to_string(), waiting.id.seq.cast_signed()));
                match row.and_then(|row| readable(row.read())) {
                    Some(parked) => page.parked.push(waiting.with(parked)),
                    None => (page.waiting, page.unread) = (page.waiting - 1, page.unread + 1),
                }
            }
        }
        Ok(page)
    }
}
