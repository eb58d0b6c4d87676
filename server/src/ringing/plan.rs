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

use domain::people::{DepartmentFunction, Directory, Person, Role};
use domain::sla::{Clock, Means, PolicyBook, Recipient, Ring, RingId, clocks, rings, tell_at};
use domain::ticket::Ticket;
use domain::{DepartmentId, PersonId, TicketId, Timestamp};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sync::notices::{Notice, NoticeKind, TakenBack};

use crate::store::rings::{Cause, Line, Named, Plan, Row, State, Telling};

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
pub(crate) fn plan(situation: Situation<'_>, rows: &[Row]) -> Plan {
    let outlook = Outlook::of(situation);
    let wanted = outlook.wanted();
    let mut latest = latest(rows);
    outlook.lay(&wanted, &heard(rows), &mut latest);
    outlook.settle(&wanted, &mut latest);
    let tellings = outlook.tell(&mut latest);
    let goes_on = outlook.clocks.iter().any(Clock::is_running) || latest.values().any(Row::is_open);
    let rows = latest.into_values().filter(|row| !rows.contains(row)).collect();
    Plan { rows, tellings, goes_on }
}

/// The last round of each line.
fn latest(rows: &[Row]) -> BTreeMap<Line, Row> {
    let mut latest: BTreeMap<Line, Row> = BTreeMap::new();
    for row in rows {
        if latest.get(&row.line).is_none_or(|known| known.round < row.round) {
            latest.insert(row.line.clone(), row.clone());
        }
    }
    latest
}

/// Who has heard of a ring, and as what. The company's own system is nobody: that it knows helps no one.
#[derive(Debug, Clone, Default)]
struct Heard {
    people: BTreeSet<PersonId>,
    kinds: BTreeSet<Recipient>,
}

fn heard(rows: &[Row]) -> BTreeMap<&RingId, Heard> {
    let mut heard: BTreeMap<&RingId, Heard> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.is_told()) {
        let Some(person) = row.line.recipient else { continue };
        let of_ring = heard.entry(&row.line.ring).or_default();
        of_ring.people.insert(person);
        match &row.kinds {
            Some(kinds) => of_ring.kinds.extend(kinds),
            // As what is not known: as anything, so that no old news come again.
            None => of_ring.kinds.extend(Recipient::ALL),
        }
    }
    heard
}

/// A ring that somebody should be told.
#[derive(Debug, Clone)]
struct Want<'r> {
    ring: &'r Ring,
    /// As what they should be told. Empty for the company's own system.
    kinds: BTreeSet<Recipient>,
}

impl Want<'_> {
    /// Those who come later are not told again what others were told in time in the same capacity. Whoever answers for the
    /// ticket now is, unless they know already: a new address brings no old news.
    fn is_stale(&self, line: &Line, heard: Option<&Heard>, now: Timestamp) -> bool {
        let Some(heard) = heard.filter(|_| self.ring.at <= now) else { return false };
        match line.recipient {
            None => true,
            Some(person) => {
                let known_to =
                    |kind: &Recipient| *kind != Recipient::Accountable && heard.kinds.contains(kind);
                heard.people.contains(&person) || self.kinds.iter().all(known_to)
            }
        }
    }

    /// A first row for it.
    fn row(&self, line: &Line, now: Timestamp) -> Row {
        let Ring { at, due, late, urgent, .. } = *self.ring;
        Row {
            id: None,
            line: line.clone(),
            round: 1,
            state: State::Planned,
            kinds: Some(self.kinds.clone()),
            rings_at: at,
            tell_at: now,
            due,
            late,
            urgent,
            told_at: None,
            cause: None,
        }
    }
}

/// What the ticket's clocks make ring, by what is known now.
#[derive(Debug)]
struct Outlook<'s> {
    situation: Situation<'s>,
    clocks: Vec<Clock>,
    ringing: BTreeMap<RingId, Ring>,
}

impl<'s> Outlook<'s> {
    fn of(situation: Situation<'s>) -> Self {
        let Situation { ticket, book, .. } = situation;
        let ringing = rings(&ticket.timeline, book).into_iter().map(|ring| (ring.id.clone(), ring));
        Self { situation, clocks: clocks(&ticket.timeline, book), ringing: ringing.collect() }
    }

    /// Whether nothing can come of a ring any more, although it rang rightly.
    fn has_ended(&self, ring: &RingId) -> bool {
        let ticket = self.situation.ticket;
        match ring.clock {
            Some(id) => !self.clocks.iter().any(|clock| clock.id == id && clock.is_running()),
            // It rings anew in each cycle: who comes now has nothing to do with the earlier ones.
            None => !ticket.stage.is_open() || ring.cycle != ticket.cycle,
        }
    }

    fn wanted(&self) -> BTreeMap<Line, Want<'_>> {
        let Situation { ticket, directory, reach, .. } = self.situation;
        let mut wanted = BTreeMap::new();
        for ring in self.ringing.values().filter(|ring| !self.has_ended(&ring.id)) {
            for means in &ring.by {
                let line = |recipient| Line { ring: ring.id.clone(), recipient, means: *means };
                let nobody = || Want { ring, kinds: BTreeSet::new() };
                if *means == Means::Webhook {
                    if reach.webhook {
                        wanted.insert(line(None), nobody());
                    }
                    continue;
                }
                for recipient in &ring.to {
                    let people = people(*recipient, ticket, directory).into_iter();
                    let reached =
                        people.filter(|person| *means != Means::Email || reach.email.contains(&person.id));
                    for person in reached {
                        let want = wanted.entry(line(Some(person.id))).or_insert_with(nobody);
                        want.kinds.insert(*recipient);
                    }
                }
            }
        }
        wanted
    }

    /// Lays what is wanted over the rows: what is new is planned, and what was planned follows its ring.
    fn lay(
        &self,
        wanted: &BTreeMap<Line, Want<'_>>,
        heard: &BTreeMap<&RingId, Heard>,
        latest: &mut BTreeMap<Line, Row>,
    ) {
        let now = self.situation.now;
        for (line, want) in wanted {
            let superseded = self.is_superseded(line, want.ring, wanted);
            let known = latest.get(line);
            let newcomer = !known.is_some_and(was_taken_back);
            let planned = match known {
                Some(row) if row.is_told() => continue,
                Some(row) if row.state == State::Planned && superseded => {
                    Row { state: State::Cancelled, cause: Some(Cause::Superseded), ..row.clone() }
                }
                Some(row) if row.state == State::Planned => {
                    Row { id: row.id, round: row.round, ..want.row(line, now) }
                }
                _ if superseded => continue,
                _ if newcomer && want.is_stale(line, heard.get(&line.ring), now) => continue,
                None => want.row(line, now),
                Some(row) if row.state == State::Corrected => {
                    Row { round: row.round + 1, ..want.row(line, now) }
                }
                Some(row) => Row { id: row.id, round: row.round, ..want.row(line, now) },
            };
            latest.insert(line.clone(), planned);
        }
    }

    /// That time is running out is no news when the same person is told that it has run out.
    fn is_superseded(&self, line: &Line, ring: &Ring, wanted: &BTreeMap<Line, Want<'_>>) -> bool {
        let now = self.situation.now;
        let overtakes = |(other, want): (&Line, &Want<'_>)| {
            other.recipient == line.recipient
                && other.means == line.means
                && other.ring.clock == line.ring.clock
                && want.ring.late
                && want.ring.at <= now
        };
        !ring.late && ring.due.is_some_and(|due| due <= now) && wanted.iter().any(overtakes)
    }

    /// Cancels what is not wanted any more, and takes back what was told in error.
    fn settle(&self, wanted: &BTreeMap<Line, Want<'_>>, latest: &mut BTreeMap<Line, Row>) {
        let Situation { book, now, .. } = self.situation;
        for row in latest.values_mut() {
            let ring = self.ringing.get(&row.line.ring);
            let taken_back = || Cause::TakenBack(taken_back(&row.line.ring, row.rings_at, &self.clocks));
            // What said “late” was wrong if it is not late yet. A reminder that came early did no harm.
            let holds = ring.is_some_and(|ring| !(ring.late && ring.at > now));
            match row.state {
                State::Planned if !wanted.contains_key(&row.line) => {
                    row.cause = Some(match ring {
                        Some(ring) if self.has_ended(&ring.id) => Cause::Ended,
                        Some(_) => Cause::Recipient,
                        None => taken_back(),
                    });
                    row.state = State::Cancelled;
                }
                // A step that the policy no longer has was not wrong when it was taken.
                State::Told if !holds && (ring.is_some() || has_step(book, &row.line.ring)) => {
                    row.cause = Some(taken_back());
                    row.state = State::Correcting;
                }
                State::Correcting if holds => {
                    row.cause = None;
                    row.state = State::Told;
                }
                _ => {}
            }
        }
    }

    /// Tells what has come, and says of the rest when it comes.
    fn tell(&self, latest: &mut BTreeMap<Line, Row>) -> Vec<Telling> {
        let Situation { ticket, directory, now, .. } = self.situation;
        let mut tellings = Vec::new();
        for row in latest.values_mut().filter(|row| row.is_open()) {
            row.tell_at = self.tell_at(row);
            if row.tell_at > now {
                continue;
            }
            let here = |person| directory.person(person).is_some_and(|person| person.active);
            if row.line.recipient.is_none_or(here) {
                tellings.push(telling(ticket, row, self.people_told(&row.line)));
            }
            if row.state == State::Planned {
                (row.state, row.told_at) = (State::Told, Some(now));
            } else {
                row.state = State::Corrected;
            }
        }
        tellings
    }

    /// When a row, or its correction, is told.
    fn tell_at(&self, row: &Row) -> Timestamp {
        let Situation { book, directory, now, .. } = self.situation;
        let earliest = if row.state == State::Planned { row.rings_at.max(now) } else { now };
        // Machines don't sleep.
        let Some(person) = row.line.recipient else { return earliest };
        let workdays = directory.person(person).and_then(|person| book.workdays(person.department));
        tell_at(earliest, row.urgent, workdays, book.policy().quiet)
    }

    /// Whom the company's own system hears to be told: each once, with the names that they have now.
    fn people_told(&self, line: &Line) -> Vec<Named> {
        let Situation { ticket, directory, .. } = self.situation;
        match self.ringing.get(&line.ring) {
            Some(ring) if line.recipient.is_none() => named(&ring.to, ticket, directory),
            _ => Vec::new(),
        }
    }
}

/// Whether it was told in error once: whoever heard that is no newcomer, and hears it when there is cause again.
fn was_taken_back(row: &Row) -> bool {
    row.state == State::Corrected || row.round > 1
}

/// The people who are meant, each once, however often they are meant.
pub(super) fn named(to: &BTreeSet<Recipient>, ticket: &Ticket, directory: &Directory) -> Vec<Named> {
    let people = to.iter().flat_map(|recipient| people(*recipient, ticket, directory));
    let named: BTreeMap<PersonId, &Person> = people.map(|person| (person.id, person)).collect();
    named.into_values().map(|person| Named { id: person.id, name: person.name.clone() }).collect()
}

/// The people who are meant, of those who are here.
fn people<'d>(recipient: Recipient, ticket: &Ticket, directory: &'d Directory) -> Vec<&'d Person> {
    let holder = ticket.accountable.value;
    match recipient {
        Recipient::Accountable => {
            let person = holder.person.and_then(|person| directory.person(person));
            person.filter(|person| person.active).into_iter().collect()
        }
        Recipient::Supervisor => nearest(Role::Supervisor, holder.department, directory),
        Recipient::Manager => nearest(Role::Manager, holder.department, directory),
        Recipient::Admin => admins(directory),
    }
}

/// Those with a role in the department, or in the nearest one above it that has any; where none has, as at many a service desk,
/// those of after-sales. An alarm that reaches nobody is none: without them it is the admins'.
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
    let of_after_sales = |person: &&Person| {
        let department = directory.department(person.department);
        let function = department.map(|department| department.function);
        person.active && person.role == role && function == Some(DepartmentFunction::AfterSales)
    };
    let found: Vec<_> = directory.people.iter().filter(of_after_sales).collect();
    if found.is_empty() { admins(directory) } else { found }
}

fn admins(directory: &Directory) -> Vec<&Person> {
    directory.people.iter().filter(|person| person.active && person.role == Role::Admin).collect()
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

fn telling(ticket: &Ticket, row: &Row, people: Vec<Named>) -> Telling {
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
    let Line { recipient, means, .. } = row.line;
    Telling {
        key: key(ticket.id, row, taken_back.is_some()),
        line: line_key(ticket.id, &row.line),
        corrects: taken_back.map(|_| key(ticket.id, row, false)),
        recipient,
        means,
        notice,
        people,
    }
}

/// The key of a telling: no two have the same, and the same one has it for ever.
fn key(ticket: TicketId, row: &Row, taken_back: bool) -> String {
    let Line { ring, recipient, means } = &row.line;
    digest(&(ticket, ring, recipient, means, row.round, taken_back))
}

/// The key of all that one is told about one ring.
fn line_key(ticket: TicketId, line: &Line) -> String {
    let Line { ring, recipient, means } = line;
    digest(&(ticket, ring, recipient, means))
}

fn digest(names: &impl Serialize) -> String {
    let names = serde_json::to_vec(names).expect("ids and numbers always serialise");
    Sha256::digest(names)[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
