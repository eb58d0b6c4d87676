//! Looking at a whole database: whether it still holds what was once written into it.
//!
//! The chain of hashes says whether the words of the record are those that were recorded. Everything else that is derived from
//! the record is derived once more and compared. What people enter beside the record (names, policies, passwords) can only be
//! looked at for being readable; in a backup, the manifest's sums stand for it.
//!
//! All of it is read in one transaction, beside a server that goes on writing, and nothing is kept in memory but one ticket.

use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::ticket::{Document, Recorded, Ticket, TicketNumber};
use domain::{ChangeId, TicketId};
use futures_util::TryStreamExt;
use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::chain::Verified;
use super::files::StoredFile;
use super::ledger::Head;
use super::{StoreError, chain, directory, files, ledger, tickets};

/// What was looked at, and what is wrong with it.
#[derive(Debug, Default)]
pub(crate) struct Examined {
    /// Which history it is of; nothing, if that can't be read.
    pub(crate) epoch: Option<String>,
    /// Where the record ends; nothing, if that can't be read.
    pub(crate) head: Option<Head>,
    /// How much there was to look at.
    pub(crate) counts: Counts,
    /// The files that are said to be there.
    pub(crate) files: Vec<StoredFile>,
    /// The first fault of each kind.
    pub(crate) faults: Vec<Fault>,
}

/// How much there was to look at.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) changes: u64,
    pub(crate) tickets: u64,
    pub(crate) devices: u64,
    pub(crate) people: u64,
    pub(crate) departments: u64,
    pub(crate) policies: u64,
    pub(crate) files: u64,
    /// Files that belong to tickets and that nobody has brought yet.
    pub(crate) files_awaited: u64,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What is concerned, by its key.
    pub(crate) place: String,
    /// What is wrong with it.
    pub(crate) problem: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl Fault {
    pub(crate) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { place: place.into(), problem: problem.into() }
    }
}

/// Something that holds for all rows of a table. The question gives the key of the first one that it does not hold for.
struct Law {
    place: &'static str,
    problem: &'static str,
    first_exception: &'static str,
}

const LAWS: [Law; 18] = [
    Law {
        place: "ticket",
        problem: "none of its changes is in the record",
        first_exception: "SELECT id FROM tickets WHERE id NOT IN (SELECT ticket FROM changes) LIMIT 1",
    },
    Law {
        place: "ticket",
        problem: "it is there more than once",
        first_exception: "SELECT id FROM tickets GROUP BY id HAVING count(*) > 1 LIMIT 1",
    },
    Law {
        place: "ticket number",
        problem: "more than one ticket has it",
        first_exception: "SELECT number FROM tickets WHERE number IS NOT NULL GROUP BY number HAVING count(*) > 1 LIMIT 1",
    },
    Law {
        place: "ticket",
        problem: "it has no number",
        first_exception: "SELECT id FROM tickets WHERE number IS NULL LIMIT 1",
    },
    Law {
        place: "change",
        problem: "it is in the record more than once",
        first_exception: "SELECT device || '/' || device_seq FROM changes GROUP BY device, device_seq \
                          HAVING count(*) > 1 LIMIT 1",
    },
    Law {
        place: "device",
        problem: "the record has changes of it that it is not known to have sent",
        first_exception: "SELECT device FROM changes LEFT JOIN devices ON id = device GROUP BY device \
                          HAVING max(device_seq) > coalesce(judged, 0) LIMIT 1",
    },
    Law {
        place: "device",
        problem: "the record has changes of it by somebody else than its owner",
        first_exception: "SELECT device FROM changes JOIN devices ON id = device WHERE actor <> person LIMIT 1",
    },
    Law {
        place: "numbers of the month",
        problem: "a ticket has a higher number than was given out",
        first_exception: "SELECT substr(number, 3, 6) FROM tickets \
                          LEFT JOIN numbers ON month = CAST(substr(number, 3, 6) AS INTEGER) \
                          GROUP BY substr(number, 3, 6) \
                          HAVING max(CAST(substr(number, 9) AS INTEGER)) > coalesce(last, 0) LIMIT 1",
    },
    Law {
        place: "ticket moved by change",
        problem: "that change is not in the record, or is of another ticket",
        first_exception: "SELECT revision FROM scope_moves LEFT JOIN changes ON seq = revision \
                          WHERE seq IS NULL OR changes.ticket <> scope_moves.ticket LIMIT 1",
    },
    Law {
        place: "parked change",
        problem: "its columns do not say what its words say",
        first_exception: "SELECT device || '/' || device_seq FROM parked \
                          WHERE CASE WHEN json_valid(body) AND json_valid(because) THEN \
                          body ->> 'id' IS NOT device || '/' || device_seq OR body ->> 'ticket' IS NOT ticket \
                          OR body ->> 'actor' IS NOT author \
                          OR body ->> '$.action.body.registered_in' IS NOT registered_in ELSE 1 END LIMIT 1",
    },
    Law {
        place: "parked change",
        problem: "the record says otherwise whether it was let in, or by whom",
        first_exception: "SELECT parked.device || '/' || parked.device_seq FROM parked LEFT JOIN changes \
                          ON changes.device = parked.device AND changes.device_seq = parked.device_seq \
                          WHERE (decision IS 'admitted') <> (seq IS NOT NULL) OR (seq IS NOT NULL AND \
                          CASE WHEN json_valid(changes.body) THEN \
                          changes.body ->> '$.admitted.by' IS NOT decided_by \
                          OR changes.body ->> '$.admitted.received' IS NOT received \
                          OR changes.body -> '$.change' IS NOT parked.body ELSE 1 END) LIMIT 1",
    },
    Law {
        place: "change",
        problem: "the record says that it was let in, but it was not parked",
        first_exception: "SELECT changes.device || '/' || changes.device_seq FROM changes LEFT JOIN parked \
                          ON parked.device = changes.device AND parked.device_seq = changes.device_seq \
                          WHERE parked.device IS NULL AND instr(changes.body, '\"admitted\":') > 0 \
                          AND CASE WHEN json_valid(changes.body) THEN changes.body -> '$.admitted' END IS NOT NULL \
                          LIMIT 1",
    },
    Law {
        place: "device",
        problem: "changes of it are parked that it is not known to have sent, or that are not its owner's",
        first_exception: "SELECT device FROM parked LEFT JOIN devices ON id = device \
                          WHERE device_seq > coalesce(judged, 0) OR author IS NOT person LIMIT 1",
    },
    Law {
        place: "ticket with a file",
        problem: "the record says that a file belongs to it, and the list of files does not",
        first_exception: "SELECT ticket FROM (SELECT ticket, body ->> '$.change.action.body.sha256', actor FROM changes \
                          WHERE kind = 'attach' EXCEPT SELECT ticket, hash, person FROM attachments) LIMIT 1",
    },
    Law {
        place: "ticket with a file",
        problem: "the list of files says that a file belongs to it, and the record does not",
        first_exception: "SELECT ticket FROM (SELECT ticket, hash, person FROM attachments EXCEPT \
                          SELECT ticket, body ->> '$.change.action.body.sha256', actor FROM changes \
                          WHERE kind = 'attach') LIMIT 1",
    },
    Law {
        place: "policy",
        problem: "it is not the version that it is kept as",
        first_exception: "SELECT version FROM policies WHERE CASE WHEN json_valid(document) THEN \
                          document ->> 'version' IS NOT version OR document ->> 'effective' IS NOT effective \
                          ELSE 1 END LIMIT 1",
    },
    Law {
        place: "note of the backup up to change",
        problem: "the record does not reach so far, or that change arrived at another time",
        first_exception: "SELECT backups.seq FROM backups JOIN server USING (epoch) \
                          LEFT JOIN changes ON changes.seq = backups.seq \
                          WHERE backups.seq > 0 AND changes.arrived IS NOT backups.arrived LIMIT 1",
    },
    Law {
        place: "the counters",
        problem: "there is not just one",
        first_exception: "SELECT name FROM counters WHERE name <> 'seq' UNION ALL \
                          SELECT 'seq' WHERE NOT EXISTS (SELECT 1 FROM counters WHERE name = 'seq') LIMIT 1",
    },
];

/// Looks at everything, as it is at one moment.
pub(super) async fn examine(connection: &mut SqliteConnection) -> Result<Examined, StoreError> {
    let mut transaction =
        connection.begin().await.map_err(StoreError::because("begin to look at everything"))?;
    let mut examined = Examined::default();
    let found = find_damage(&mut transaction).await;
    examined.note("the database's file", found);
    let found = find_dangling(&mut transaction).await;
    examined.note("references between tables", found);
    let found = examined.read_end(&mut transaction).await;
    examined.note("the counter", found.map(|()| None));
    let found = examined.follow_chain(&mut transaction).await;
    examined.note("the chain of changes", found);
    let found = examined.compare_tickets(&mut transaction).await;
    examined.note("tickets", found.map(|()| None));
    for law in &LAWS {
        let found = law.find_exception(&mut transaction).await;
        examined.note(law.place, found);
    }
    let found = examined.read_directory(&mut transaction).await;
    examined.note("people, departments and policies", found.map(|()| None));
    let found = examined.list_files(&mut transaction).await;
    examined.note("files", found.map(|()| None));
    Ok(examined)
}

/// What SQLite itself finds wrong.
async fn find_damage(connection: &mut SqliteConnection) -> Result<Option<Fault>, StoreError> {
    let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(connection)
        .await
        .map_err(StoreError::because("look at its own file"))?;
    Ok((found != "ok").then(|| Fault::new("the database's file", format!("it is damaged: {found}"))))
}

/// The first row that refers to another one that is not there.
async fn find_dangling(connection: &mut SqliteConnection) -> Result<Option<Fault>, StoreError> {
    let row = sqlx::query("PRAGMA foreign_key_check")
        .fetch_optional(connection)
        .await
        .map_err(StoreError::because("follow references between tables"))?;
    Ok(row.map(|row| {
        let (table, parent): (String, String) = (row.get("table"), row.get("parent"));
        let place = match row.get::<Option<i64>, _>("rowid") {
            Some(row) => format!("table {table}, row {row}"),
            None => format!("table {table}"),
        };
        Fault::new(place, format!("it refers to something that is not in {parent}"))
    }))
}

impl Law {
    async fn find_exception(&self, connection: &mut SqliteConnection) -> Result<Option<Fault>, StoreError> {
        let row = sqlx::query(self.first_exception)
            .fetch_optional(connection)
            .await
            .map_err(StoreError::because("look for exceptions to its laws"))?;
        Ok(row.map(|row| {
            let key = row.try_get_unchecked::<String, _>(0).unwrap_or_default();
            Fault::new(format!("{} {key}", self.place), self.problem)
        }))
    }
}

impl Examined {
    /// Notes what was found. What can't be read is damage, too, and no reason not to look at the rest.
    fn note(&mut self, place: &str, found: Result<Option<Fault>, StoreError>) {
        match found {
            Ok(found) => self.faults.extend(found),
            Err(error) => {
                let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
                let problem = format!("it can't be read: {error}{}", source.unwrap_or_default());
                self.faults.push(Fault::new(place, problem));
            }
        }
    }

    async fn read_end(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        self.epoch = sqlx::query_scalar("SELECT epoch FROM server")
            .fetch_optional(&mut *connection)
            .await
            .map_err(StoreError::because("read the epoch"))?;
        self.head = Some(ledger::head(connection).await?);
        Ok(())
    }

    async fn follow_chain(&mut self, connection: &mut SqliteConnection) -> Result<Option<Fault>, StoreError> {
        Ok(match chain::follow(connection).await? {
            Verified::Whole { changes } => {
                self.counts.changes = changes;
                None
            }
            Verified::Broken { seq } => Some(Fault::new(
                format!("change {seq} of the record"),
                "the chain of hashes breaks here: it, or what stood before it, is not what was recorded",
            )),
            Verified::CutShort { seq } => Some(Fault::new(
                "the record",
                format!("it ends with change {seq}, which is not the one that the counter says was the last"),
            )),
        })
    }

    async fn read_directory(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let directory = directory::read_directory(&mut *connection).await?;
        self.counts.people = directory.people.len() as u64;
        self.counts.departments = directory.departments.len() as u64;
        let (policies, devices): (i64, i64) =
            sqlx::query_as("SELECT (SELECT count(*) FROM policies), (SELECT count(*) FROM devices)")
                .fetch_one(connection)
                .await
                .map_err(StoreError::because("count policies and devices"))?;
        self.counts.policies = policies.cast_unsigned();
        self.counts.devices = devices.cast_unsigned();
        Ok(())
    }

    async fn list_files(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        self.files = files::list(&mut *connection).await?;
        self.counts.files = self.files.len() as u64;
        self.counts.files_awaited = files::count_awaited(connection).await?;
        Ok(())
    }

    /// Compares every ticket with its changes in the record, one ticket after the other.
    async fn compare_tickets(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let failed = || StoreError::because("compare tickets with the record");
        let mut found = FoundInTickets::default();
        let mut rows = sqlx::query_as::<_, ChangeOfTicket>(CHANGES_BY_TICKET).fetch(connection);
        let mut together: Vec<ChangeOfTicket> = Vec::new();
        while let Some(row) = rows.try_next().await.map_err(failed())? {
            if together.first().is_some_and(|first| first.ticket != row.ticket) {
                found.compare(&std::mem::take(&mut together));
                self.counts.tickets += 1;
            }
            together.push(row);
        }
        if !together.is_empty() {
            found.compare(&together);
            self.counts.tickets += 1;
        }
        self.faults.extend(found.change.into_iter().chain(found.document).chain(found.columns));
        Ok(())
    }
}

/// All changes, those of one ticket after the other, beside what is kept of the ticket. Only keys are sorted; the document comes
/// once for each ticket, with the change that it says was its last.
const CHANGES_BY_TICKET: &str = "SELECT change.seq, change.device, change.device_seq, change.ticket, change.actor, change.kind, \
     change.happened, change.arrived, change.body, ticket.revision, ticket.department, ticket.accountable, \
     ticket.registered_in, ticket.stage, ticket.number, \
     CASE WHEN change.seq = ticket.revision THEN ticket.document END AS document \
     FROM (SELECT ticket, seq FROM changes ORDER BY ticket, seq LIMIT -1) AS place \
     CROSS JOIN changes AS change ON change.seq = place.seq \
     LEFT JOIN tickets AS ticket ON ticket.id = change.ticket";

/// A change, and what is kept of its ticket; that is the same for all changes of a ticket.
#[derive(Debug, sqlx::FromRow)]
struct ChangeOfTicket {
    seq: i64,
    device: String,
    device_seq: i64,
    ticket: String,
    actor: String,
    kind: String,
    happened: i64,
    arrived: i64,
    body: String,
    revision: Option<i64>,
    department: Option<String>,
    accountable: Option<String>,
    registered_in: Option<String>,
    stage: Option<String>,
    number: Option<String>,
    document: Option<String>,
}

impl ChangeOfTicket {
    /// What was recorded, if the columns beside it say the same.
    fn read(&self) -> Result<Recorded, String> {
        let recorded: Recorded = serde_json::from_str(&self.body)
            .map_err(|error| format!("it can't be read from its column {}", error.column()))?;
        let change = &recorded.change;
        let wrong = [
            ("device", self.device != change.id.device.to_string()),
            ("device_seq", self.device_seq.cast_unsigned() != change.id.seq),
            ("ticket", self.ticket != change.ticket.to_string()),
            ("actor", self.actor != change.actor.to_string()),
            ("kind", self.kind != change.action.kind().name()),
            ("happened", self.happened != recorded.happened.as_millis()),
            ("arrived", recorded.arrived.is_none_or(|arrived| self.arrived != arrived.as_millis())),
        ];
        match wrong.iter().find(|(_, is_wrong)| *is_wrong) {
            Some((column, _)) => Err(format!("its column {column} does not say what its words say")),
            None => Ok(recorded),
        }
    }
}

/// The first fault of each kind.
#[derive(Debug, Default)]
struct FoundInTickets {
    change: Option<Fault>,
    document: Option<Fault>,
    columns: Option<Fault>,
}

impl FoundInTickets {
    /// Compares the changes of one ticket with what is kept of it.
    fn compare(&mut self, changes: &[ChangeOfTicket]) {
        let Some(last) = changes.last() else { return };
        let mut log = Vec::with_capacity(changes.len());
        for change in changes {
            match change.read() {
                Ok(recorded) => log.push(recorded),
                Err(problem) => {
                    let place = format!("change {} of the record", change.seq);
                    self.change.get_or_insert(Fault::new(place, problem));
                    // What the ticket should be can't be said without it.
                    return;
                }
            }
        }
        let place = || format!("ticket {}", last.ticket);
        match expected_document(last, log) {
            Err(problem) => drop(self.document.get_or_insert(Fault::new(place(), problem))),
            Ok(document) => {
                if let Err(problem) = compare_columns(last, &document) {
                    self.columns.get_or_insert(Fault::new(place(), problem));
                }
            }
        }
    }
}

/// What the ticket's changes add up to, if that is what is kept.
fn expected_document(last: &ChangeOfTicket, log: Vec<Recorded>) -> Result<Document, String> {
    let ticket: TicketId = last.ticket.parse().map_err(|_| "its id is none".to_owned())?;
    let Some(revision) = last.revision else {
        return Err("the record has changes of it, but it is not there itself".to_owned());
    };
    if revision != last.seq {
        return Err(format!("it says that change {revision} was its last, but that was {}", last.seq));
    }
    let ids: BTreeSet<ChangeId> = log.iter().map(|recorded| recorded.change.id).collect();
    if ids.len() != log.len() {
        return Err("one of its changes is in the record more than once".to_owned());
    }
    let mut document = Document::new(ticket);
    document.number = last.number.clone().map(TicketNumber::from_stored);
    document.revision = revision.cast_unsigned();
    for recorded in log {
        document.insert(recorded);
    }
    let expected = serde_json::to_string(&document).map_err(|_| "it can't be written again".to_owned())?;
    if last.document.as_ref() == Some(&expected) {
        Ok(document)
    } else {
        Err("its document is not what its changes in the record add up to".to_owned())
    }
}

/// Whether the columns that decide who sees a ticket are what its record adds up to.
fn compare_columns(kept: &ChangeOfTicket, document: &Document) -> Result<(), String> {
    // A rule that breaks on one ticket must not keep the others from being looked at.
    let folded = catch_unwind(AssertUnwindSafe(|| Ticket::of(document))).unwrap_or_default();
    let Some(ticket) = folded else {
        return Err("its record holds no registration, or the rules of this version break on it".to_owned());
    };
    let keys = ticket.scope_keys();
    let wrong = [
        ("department", kept.department != Some(keys.department.to_string())),
        ("accountable", kept.accountable != keys.accountable.map(|person| person.to_string())),
        ("registered_in", kept.registered_in != Some(keys.registered_in.to_string())),
        ("stage", kept.stage.as_deref() != Some(tickets::stage_name(ticket.stage))),
    ];
    match wrong.iter().find(|(_, is_wrong)| *is_wrong) {
        Some((column, _)) => Err(format!("its column {column} is not what its record adds up to")),
        None => Ok(()),
    }
}
