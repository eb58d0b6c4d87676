//! What is to be told, to whom and when: what the clocks make ring, laid over what was planned and told before.
//!
//! ```text
//!            cause gone                    cause gone                told
//!   cancelled ◀──────── planned ── told ──────────────▶ correcting ───────▶ corrected
//!       │                ▲  ▲  told         ◀──────────────┘                    │
//!       └────────────────┘  │      cause back before it was taken back          │
//!          cause back       └───────────── cause back: another round ───────────┘
//! ```
//!
//! A pure function, so that it can be done again at any time, from any state, with the same outcome.

use std::collections::{BTreeMap, BTreeSet};

use domain::people::{Directory, Person, Role};
use domain::sla::{Clock, Means, PolicyBook, Recipient, Ring, RingId, clocks, rings, tell_at};
use domain::ticket::Ticket;
use domain::{DepartmentId, PersonId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sync::notices::{Notice, NoticeKind, TakenBack};

/// Who is told what, by which means: what makes a row the same row, but for its round.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    /// The ring.
    pub(crate) ring: RingId,
    /// The person; none for the company's own system.
    pub(crate) recipient: Option<PersonId>,
    /// How.
    pub(crate) means: Means,
}

/// How far a row has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// To be told.
    Planned,
    /// Told.
    Told,
    /// Told in error; the correction is to be told.
    Correcting,
    /// Told in error, and that was told too.
    Corrected,
    /// Never told, because the cause went.
    Cancelled,
}

/// Why something is not told, or was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub(crate) enum Cause {
    /// There is no cause by what is known now.
    TakenBack(TakenBack),
    /// The clock, or the ticket, has ended.
    Ended,
    /// Somebody else is to be told.
    Recipient,
    /// It tells that time is running out, and it has run out.
    Superseded,
}

/// Something to be told, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Its place in the store; none for a new one.
    pub(crate) id: Option<i64>,
    /// What and to whom.
    pub(crate) line: Line,
    /// 1, and one more each time it is told again after it was taken back.
    pub(crate) round: u32,
    /// How far it has come.
    pub(crate) state: State,
    /// When there is cause for it.
    pub(crate) rings_at: Timestamp,
    /// When it, or its correction, is told.
    pub(crate) tell_at: Timestamp,
    /// By when the clock is due.
    pub(crate) due: Option<Timestamp>,
    /// Whether it tells of lateness.
    pub(crate) late: bool,
    /// Whether it breaks through quiet hours.
    pub(crate) urgent: bool,
    /// When it was told.
    pub(crate) told_at: Option<Timestamp>,
    /// Why it is cancelled or taken back.
    pub(crate) cause: Option<Cause>,
}

impl Row {
    /// Whether it, or its correction, is still to be told.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Planned | State::Correcting)
    }
}

/// Something to tell now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Telling {
    /// The same for the same telling, however often it is tried.
    pub(crate) key: String,
    /// Who is told; none for the company's own system.
    pub(crate) recipient: Option<PersonId>,
    /// How.
    pub(crate) means: Means,
    /// What.
    pub(crate) notice: Notice,
}

/// What is to be written down, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Plan {
    /// Rows that are new or different.
    pub(crate) rows: Vec<Row>,
    /// What is told thereby.
    pub(crate) tellings: Vec<Telling>,
    /// Whether the ticket can make anything ring without being changed.
    pub(crate) goes_on: bool,
}

/// How the ticket and the company stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'a> {
    pub(crate) ticket: &'a Ticket,
    pub(crate) book: &'a PolicyBook,
    pub(crate) directory: &'a Directory,
    pub(crate) reach: &'a Reach,
    pub(crate) now: Timestamp,
}

/// Who can be reached, beyond the product itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reach {
    /// People who have an e-mail address, if the server sends mail.
    pub(crate) email: BTreeSet<PersonId>,
    /// Whether there is a system of the company's own to tell.
    pub(crate) webhook: bool,
}

/// Lays what rings over what was planned and told. `rows` are all rows of the ticket.
pub(crate) fn plan(situation: Situation<'_>, rows: Vec<Row>) -> Plan {
    let Situation { ticket, book, now, .. } = situation;
    let clocks = clocks(&ticket.timeline, book);
    let ringing: BTreeMap<RingId, Ring> =
        rings(&ticket.timeline, book).into_iter().map(|ring| (ring.id.clone(), ring)).collect();
    let ended = |ring: &RingId| match ring.clock {
        Some(id) => !clocks.iter().any(|clock| clock.id == id && clock.is_running()),
        None => !ticket.stage.is_open(),
    };
    let wanted = wanted(situation, ringing.values().filter(|ring| !ended(&ring.id)));
    let superseded = |line: &Line, ring: &Ring| {
        let overtakes = |(other, want): (&Line, &Want<'_>)| {
            other.recipient == line.recipient
                && other.means == line.means
                && other.ring.clock == line.ring.clock
                && want.ring.late
                && want.ring.at <= now
        };
        !ring.late && ring.due.is_some_and(|due| due <= now) && wanted.iter().any(overtakes)
    };
    let told: BTreeSet<(RingId, Option<PersonId>)> = rows
        .iter()
        .filter(|row| matches!(row.state, State::Told | State::Correcting))
        .map(|row| (row.line.ring.clone(), row.line.recipient))
        .collect();
    // Those who come later are not told again what others were told in time. Whoever answers for the ticket now is, unless
    // they know already: a new address brings no old news.
    let stale = |line: &Line, want: &Want<'_>| {
        let mut told = told.iter().filter(|(ring, _)| *ring == line.ring);
        want.ring.at <= now && told.any(|(_, person)| !want.accountable || *person == line.recipient)
    };

    let mut latest: BTreeMap<Line, Row> = BTreeMap::new();
    let before = rows.clone();
    for row in rows {
        let newer = latest.get(&row.line).is_none_or(|known| known.round < row.round);
        if newer {
            latest.insert(row.line.clone(), row);
        }
    }

    for (line, want) in &wanted {
        let ring = want.ring;
        let omitted = superseded(line, ring) || stale(line, want);
        let fresh = || Row {
            id: None,
            line: line.clone(),
            round: 1,
            state: State::Planned,
            rings_at: ring.at,
            tell_at: now,
            due: ring.due,
            late: ring.late,
            urgent: ring.urgent,
            told_at: None,
            cause: None,
        };
        let planned = match latest.get(line) {
            Some(row) if row.state == State::Planned && superseded(line, ring) => {
                Row { state: State::Cancelled, cause: Some(Cause::Superseded), ..row.clone() }
            }
            Some(row) if row.state == State::Planned => Row { id: row.id, round: row.round, ..fresh() },
            Some(row) if matches!(row.state, State::Told | State::Correcting) => continue,
            _ if omitted => continue,
            None => fresh(),
            Some(row) if row.state == State::Corrected => Row { round: row.round + 1, ..fresh() },
            Some(row) => Row { id: row.id, round: row.round, ..fresh() },
        };
        latest.insert(line.clone(), planned);
    }

    for row in latest.values_mut() {
        let ring = ringing.get(&row.line.ring);
        // What said “late” was wrong if it is not late yet. A reminder that came early did no harm.
        let holds = ring.is_some_and(|ring| !(ring.late && ring.at > now));
        match row.state {
            State::Planned if !wanted.contains_key(&row.line) => {
                row.state = State::Cancelled;
                row.cause = Some(match ring {
                    Some(ring) if ended(&ring.id) => Cause::Ended,
                    Some(_) => Cause::Recipient,
                    None => Cause::TakenBack(taken_back(&row.line.ring, row.rings_at, &clocks)),
                });
            }
            // A step that the policy no longer has was not wrong when it was taken.
            State::Told if !holds && (ring.is_some() || has_step(book, &row.line.ring)) => {
                row.state = State::Correcting;
                row.cause = Some(Cause::TakenBack(taken_back(&row.line.ring, row.rings_at, &clocks)));
            }
            State::Correcting if holds => {
                row.state = State::Told;
                row.cause = None;
            }
            _ => {}
        }
    }

    let mut tellings = Vec::new();
    for row in latest.values_mut().filter(|row| row.is_open()) {
        let recipient = row.line.recipient.map(|person| situation.directory.person(person));
        let earliest = if row.state == State::Planned { row.rings_at.max(now) } else { now };
        row.tell_at = match recipient {
            Some(person) => {
                let workdays = person.and_then(|person| book.workdays(person.department));
                tell_at(earliest, row.urgent, workdays, book.policy().quiet)
            }
            // Machines don't sleep.
            None => earliest,
        };
        if row.tell_at > now {
            continue;
        }
        let gone = recipient.is_some_and(|person| !person.is_some_and(|person| person.active));
        if !gone {
            tellings.push(telling(ticket, row));
        }
        if row.state == State::Planned {
            (row.state, row.told_at) = (State::Told, Some(now));
        } else {
            row.state = State::Corrected;
        }
    }

    let goes_on = clocks.iter().any(Clock::is_running) || latest.values().any(Row::is_open);
    let rows = latest.into_values().filter(|row| !before.contains(row)).collect();
    Plan { rows, tellings, goes_on }
}

/// A ring that somebody should be told.
#[derive(Debug, Clone, Copy)]
struct Want<'r> {
    ring: &'r Ring,
    /// Whether they are told because they answer for the ticket.
    accountable: bool,
}

fn wanted<'r>(situation: Situation<'_>, rings: impl Iterator<Item = &'r Ring>) -> BTreeMap<Line, Want<'r>> {
    let Situation { ticket, directory, reach, .. } = situation;
    let mut wanted = BTreeMap::new();
    for ring in rings {
        for means in &ring.by {
            let line = |recipient| Line { ring: ring.id.clone(), recipient, means: *means };
            if *means == Means::Webhook {
                if reach.webhook {
                    wanted.insert(line(None), Want { ring, accountable: false });
                }
                continue;
            }
            for recipient in &ring.to {
                let accountable = *recipient == Recipient::Accountable;
                let people = people(*recipient, ticket, directory).into_iter();
                for person in
                    people.filter(|person| *means != Means::Email || reach.email.contains(&person.id))
                {
                    let want = wanted.entry(line(Some(person.id))).or_insert(Want { ring, accountable });
                    want.accountable |= accountable;
                }
            }
        }
    }
    wanted
}

/// The people who are meant, of those who are here.
pub(crate) fn people<'d>(recipient: Recipient, ticket: &Ticket, directory: &'d Directory) -> Vec<&'d Person> {
    let holder = ticket.accountable.value;
    match recipient {
        Recipient::Accountable => {
            let person = holder.person.and_then(|person| directory.person(person));
            person.filter(|person| person.active).into_iter().collect()
        }
        Recipient::Supervisor => nearest(Role::Supervisor, holder.department, directory),
        Recipient::Manager => nearest(Role::Manager, holder.department, directory),
        Recipient::Admin => {
            directory.people.iter().filter(|person| person.active && person.role == Role::Admin).collect()
        }
    }
}

/// Those with a role in the department, or in the nearest one above it that has any.
fn nearest(role: Role, department: DepartmentId, directory: &Directory) -> Vec<&Person> {
    let mut next = Some(department);
    // As many steps as there are departments: a circle, which can't be, would end too.
    for _ in 0..=directory.departments.len() {
        let Some(department) = next else { break };
        let here = |person: &&Person| person.active && person.role == role && person.department == department;
        let found: Vec<_> = directory.people.iter().filter(here).collect();
        if !found.is_empty() {
            return found;
        }
        next = directory.department(department).and_then(|department| department.parent);
    }
    Vec::new()
}

fn has_step(book: &PolicyBook, ring: &RingId) -> bool {
    book.policy().steps.iter().any(|step| step.id == ring.step)
}

/// Why there was no cause for a ring after all.
fn taken_back(ring: &RingId, rang_at: Timestamp, clocks: &[Clock]) -> TakenBack {
    let Some(id) = ring.clock else { return TakenBack::NotUrgent };
    let Some(clock) = clocks.iter().find(|clock| clock.id == id) else { return TakenBack::Gone };
    match clock.ended() {
        Some(at) if at <= rang_at => TakenBack::Stopped { at },
        _ if clock.paused.is_some() => TakenBack::Paused,
        _ => TakenBack::Moved { due: clock.due },
    }
}

fn telling(ticket: &Ticket, row: &Row) -> Telling {
    let taken_back = match (row.state, row.cause) {
        (State::Correcting, Some(Cause::TakenBack(why))) => Some(why),
        (State::Correcting, _) => Some(TakenBack::Gone),
        _ => None,
    };
    let kind = match (&row.line.ring.clock, row.late) {
        (None, _) => NoticeKind::Urgent,
        (Some(_), false) => NoticeKind::Reminder,
        (Some(_), true) => NoticeKind::Overdue,
    };
    let notice = Notice {
        kind,
        taken_back,
        ticket: ticket.id,
        number: ticket.number.clone(),
        clock: row.line.ring.clock,
        step: row.line.ring.step.clone(),
        at: row.rings_at,
        due: row.due,
        urgent: row.urgent,
    };
    let Line { ref ring, recipient, means } = row.line;
    let key = key(ticket.id, ring, recipient, means, row.round, taken_back.is_some());
    Telling { key, recipient, means, notice }
}

/// The key of a telling: no two have the same, and the same one has it for ever.
fn key(
    ticket: TicketId,
    ring: &RingId,
    recipient: Option<PersonId>,
    means: Means,
    round: u32,
    taken_back: bool,
) -> String {
    let names = serde_json::to_vec(&(ticket, ring, recipient, means, round, taken_back));
    let digest = Sha256::digest(names.expect("ids and numbers always serialise"));
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
