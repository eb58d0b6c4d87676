//! A server in a few lines: it judges and folds with the code of `domain`, and forgets nothing.

use std::collections::{BTreeMap, BTreeSet};

use domain::access::{self, Objection, Scope};
use domain::people::{Directory, Person};
use domain::ticket::{Change, Document, Recorded, Ticket, TicketNumber};
use domain::{ChangeId, Refusal, TicketId, Timestamp};
use sync::messages::{
    Backup, Changed, Cursor, Event, Gone, Judged, PullRequest, PullResponse, PushRequest, PushResponse,
    Verdict,
};

/// A server, and how many tickets it puts on a page.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) epoch: String,
    pub(crate) directory: Directory,
    pub(crate) page: usize,
    /// The newest backup.
    pub(crate) backup: Option<Backup>,
    seq: u64,
    documents: BTreeMap<TicketId, Document>,
    known: BTreeMap<ChangeId, u64>,
    /// Every change with the document's revision before, in order.
    history: Vec<(u64, Recorded)>,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            epoch: "first".to_owned(),
            directory: super::directory(),
            page: 3,
            backup: None,
            seq: 0,
            documents: BTreeMap::new(),
            known: BTreeMap::new(),
            history: Vec::new(),
        }
    }

    /// Back to how things were after `seq`, as when a backup is restored.
    pub(crate) fn restore(&mut self, seq: u64) {
        let history = std::mem::take(&mut self.history);
        *self = Self {
            epoch: format!("{}+", self.epoch),
            directory: self.directory.clone(),
            page: self.page,
            ..Self::new()
        };
        for (_, recorded) in history.into_iter().take(usize::try_from(seq).unwrap()) {
            self.record(recorded);
        }
    }

    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    pub(crate) fn document(&self, ticket: TicketId) -> Option<&Document> {
        self.documents.get(&ticket)
    }

    /// The tickets that a person may see.
    pub(crate) fn in_sight(&self, person: &Person) -> BTreeSet<TicketId> {
        let scope = Scope::of(person, &self.directory);
        let sees = |document: &&Document| scope.contains(&Ticket::of(document).unwrap().scope_keys());
        self.documents.values().filter(sees).map(|document| document.ticket).collect()
    }

    pub(crate) fn push(&mut self, actor: &Person, request: &PushRequest, now: Timestamp) -> PushResponse {
        let judge = |change: &Change| Judged { id: change.id, verdict: self.judge(actor, change, now) };
        let verdicts = request.changes.iter().map(judge).collect();
        PushResponse { epoch: self.epoch.clone(), server_time: now, verdicts }
    }

    fn judge(&mut self, actor: &Person, change: &Change, now: Timestamp) -> Verdict {
        if let Some(revision) = self.known.get(&change.id) {
            let recorded = self.documents.get(&change.ticket).and_then(|document| document.find(change.id));
            return match recorded.is_some_and(|recorded| recorded.change == *change) {
                true => Verdict::Duplicate { revision: *revision },
                false => Verdict::Refused { because: Refusal::IdReused },
            };
        }
        let empty = Document::new(change.ticket);
        let document = self.documents.get(&change.ticket).unwrap_or(&empty);
        match access::judge(change, actor, &self.directory, document) {
            Ok(()) => {}
            Err(Objection::Parked(because)) => return Verdict::Parked { because },
            Err(Objection::Refused(because)) => return Verdict::Refused { because },
        }
        let recorded = Recorded::place(change.clone(), document.log(), Some(now));
        Verdict::Applied { revision: self.record(recorded) }
    }

    fn record(&mut self, recorded: Recorded) -> u64 {
        self.seq += 1;
        let ticket = recorded.change.ticket;
        let document = self.documents.entry(ticket).or_insert_with(|| Document::new(ticket));
        if document.number.is_none() {
            document.number = Some(TicketNumber::from_stored(format!("FB{}", self.seq)));
        }
        self.known.insert(recorded.change.id, self.seq);
        self.history.push((document.revision, recorded.clone()));
        document.insert(recorded);
        document.revision = self.seq;
        self.seq
    }

    pub(crate) fn pull(&self, actor: &Person, request: &PullRequest, now: Timestamp) -> PullResponse {
        let scope = Scope::of(actor, &self.directory);
        let fingerprint = scope.fingerprint();
        let same_history = request.cursor.as_ref().filter(|cursor| cursor.epoch == self.epoch);
        let cursor = same_history.filter(|_| request.scope.as_ref() == Some(&fingerprint));
        let from = cursor.map_or(0, |cursor| cursor.seq);
        let mut changed: Vec<_> =
            self.documents.values().filter(|document| document.revision > from).collect();
        changed.sort_by_key(|document| document.revision);
        let more = changed.len() > self.page;
        changed.truncate(self.page);
        let seq = if more { changed.last().unwrap().revision } else { self.seq };
        let (documents, gone): (Vec<_>, Vec<_>) = changed
            .into_iter()
            .partition(|document| scope.contains(&Ticket::of(document).unwrap().scope_keys()));
        PullResponse {
            server_time: now,
            person: actor.clone(),
            scope: fingerprint,
            reset: cursor.is_none(),
            documents: documents.into_iter().cloned().collect(),
            gone: gone
                .into_iter()
                .map(|document| document.ticket)
                .filter(|ticket| self.saw(&scope, *ticket, from))
                .collect(),
            cursor: Cursor { epoch: self.epoch.clone(), seq },
            more,
            backup: self.backup,
            directory: (request.directory != Some(self.directory.revision)).then(|| self.directory.clone()),
        }
    }

    /// Whether a ticket was within a scope after `seq`.
    fn saw(&self, scope: &Scope, ticket: TicketId, seq: u64) -> bool {
        let mut document = Document::new(ticket);
        for (_, (_, recorded)) in (1..=seq).zip(&self.history) {
            if recorded.change.ticket == ticket {
                document.insert(recorded.clone());
            }
        }
        Ticket::of(&document).is_some_and(|ticket| scope.contains(&ticket.scope_keys()))
    }

    /// What happened after `seq`, as a person's stream tells it.
    pub(crate) fn events(&self, actor: &Person, seq: u64) -> Vec<Event> {
        let scope = Scope::of(actor, &self.directory);
        let mut documents: BTreeMap<TicketId, Document> = BTreeMap::new();
        let mut events = Vec::new();
        for (revision, (previous, recorded)) in (1..).zip(&self.history) {
            let ticket = recorded.change.ticket;
            let document = documents.entry(ticket).or_insert_with(|| Document::new(ticket));
            let was_in_sight =
                Ticket::of(document).is_some_and(|ticket| scope.contains(&ticket.scope_keys()));
            document.insert(recorded.clone());
            let is_in_sight = Ticket::of(document).is_some_and(|ticket| scope.contains(&ticket.scope_keys()));
            if revision <= seq {
                continue;
            }
            if is_in_sight {
                let number = self.documents[&ticket].number.clone();
                let (previous, recorded) = (*previous, recorded.clone());
                events.push(Event::Changed(Box::new(Changed {
                    ticket,
                    number,
                    previous,
                    revision,
                    recorded,
                })));
            } else if was_in_sight {
                events.push(Event::Gone(Gone { ticket, revision }));
            }
        }
        events
    }
}
