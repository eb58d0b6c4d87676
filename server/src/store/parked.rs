//! Changes that wait for the office to decide on them, and those that were decided on.

use domain::ticket::{Action, Change, ScopeKeys, TicketNumber};
use domain::{ChangeId, DepartmentId, IdError, PersonId, Refusal, Timestamp};
use sqlx::SqliteConnection;
use sync::parked::ParkedChange;

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
    let pairs: Vec<_> = ids.iter().map(|id| (id.device, id.seq)).collect();
    let pairs = serde_json::to_string(&pairs).expect("a list of ids and numbers always serialises");
    let rows: Vec<Found> = sqlx::query_as(
        "SELECT parked.* FROM json_each(?) AS wanted CROSS JOIN parked \
         ON parked.device = wanted.value ->> 0 AND parked.device_seq = wanted.value ->> 1",
    )
    .bind(pairs)
    .fetch_all(connection)
    .await
    .map_err(StoreError::because("look for parked changes"))?;
    rows.into_iter().map(Found::read).collect()
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

#[derive(sqlx::FromRow)]
struct Waiting {
    #[sqlx(flatten)]
    parked: Found,
    number: Option<String>,
    department: String,
    accountable: Option<String>,
    about_registered_in: String,
}

impl Waiting {
    fn read(self) -> Result<ParkedChange, StoreError> {
        let Self { parked, number, department, accountable, about_registered_in } = self;
        let wrong = |column| {
            let parked = &parked;
            move |error: IdError| parked.unreadable(column, error)
        };
        let about = ScopeKeys {
            department: department.parse().map_err(wrong("department of the ticket"))?,
            accountable: match accountable {
                Some(person) => Some(person.parse().map_err(wrong("accountable of the ticket"))?),
                None => None,
            },
            registered_in: about_registered_in.parse().map_err(wrong("registered_in of the ticket"))?,
        };
        let number = number.map(TicketNumber::from_stored);
        let Parked { change, received, because, brought_by, .. } = parked.read()?;
        Ok(ParkedChange { change, number, about, received, because, brought_by })
    }
}

impl Store {
    /// All parked changes that nobody has decided on, those that came first before others.
    pub(crate) async fn undecided(&self) -> Result<Vec<ParkedChange>, StoreError> {
        let rows: Vec<Waiting> = sqlx::query_as(
            "SELECT parked.*, tickets.number, tickets.accountable, \
             coalesce(tickets.department, parked.registered_in, parked.filed_in) AS department, \
             coalesce(tickets.registered_in, parked.registered_in, parked.filed_in) AS about_registered_in \
             FROM parked LEFT JOIN tickets ON tickets.id = parked.ticket \
             WHERE parked.decision IS NULL ORDER BY parked.received, parked.device, parked.device_seq",
        )
        .fetch_all(self.reader())
        .await
        .map_err(StoreError::because("list parked changes"))?;
        rows.into_iter().map(Waiting::read).collect()
    }
}
