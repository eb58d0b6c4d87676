//! The whole way of a change in a real browser: tap, local database, line, server, and back. Only the server is a model.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

#[path = "../../sync/tests/world/mod.rs"]
mod world;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use app::device::clock;
use app::device::drafts::Draft;
use app::device::pictures::{Content, Prepared};
use app::device::writer_lock::{Claim, WriterLock};
use app::workspace::{
    ChangeMark, Events, HeldBack, Line, RecordError, Resetting, SigningOut, StorageState, TicketState,
    TicketView, Workspace, WriterState, provide_workspace_over,
};
use domain::people::Person;
use domain::ticket::{Attachment, AttachmentKind, MediaType, Urgency};
use domain::{DeviceId, PersonId, Refusal, TicketId};
use futures_util::join;
use indexed_db_futures::database::Database;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::TransactionMode;
use js_sys::Uint8Array;
use leptos::prelude::*;
use sync::files::{FileKey, FilePlace, KeptFile, Receipt, UploadFailure, UploadProgress};
use sync::messages::{Event, PullRequest, PullResponse, PushRequest, PushResponse};
use sync::notices::Noticed;
use sync::tablets::{Heard, ReportFailure, Standing, Tablet};
use sync::{Failure, Link, Unsent};
use uuid::Uuid;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

use self::world::{
    Device, Server, agent, assign, cancel, comment, engineer, engineer_of_the_south, register, urgency,
};

wasm_bindgen_test_configure!(run_in_browser);

/// A line to a model server; clones are the same line.
#[derive(Clone)]
struct ModelLine(Rc<RefCell<Model>>);

struct Model {
    server: Server,
    person: Person,
    reachable: bool,
    signed_in: bool,
    /// Notices to tell of.
    notices: Vec<u64>,
    /// The stream's next event is that it can't go on.
    is_behind: bool,
    /// So many answers to pushes get lost on their way.
    answers_to_lose: usize,
    /// Uploads, and what has come of each.
    uploads: BTreeMap<String, (KeptFile, Vec<u8>)>,
    /// How the device said that it stood.
    reports: Vec<Standing>,
    /// What it is told then.
    left_behind: Vec<Tablet>,
}

impl ModelLine {
    fn for_person(person: Person) -> Self {
        let mut server = Server::new();
        server.directory.people.push(person.clone());
        Self(Rc::new(RefCell::new(Model {
            server,
            person,
            reachable: true,
            signed_in: true,
            notices: Vec::new(),
            is_behind: false,
            answers_to_lose: 0,
            uploads: BTreeMap::new(),
            reports: Vec::new(),
            left_behind: Vec::new(),
        })))
    }

    fn set(&self, change: impl FnOnce(&mut Model)) {
        change(&mut self.0.borrow_mut());
    }

    fn person(&self) -> Person {
        self.0.borrow().person.clone()
    }

    /// Somebody else's device works against the same server.
    fn colleague(&self, person: Person, deed: impl FnOnce(&mut Device)) {
        let model = &mut *self.0.borrow_mut();
        let mut device = Device::of(person, Uuid::now_v7().as_u128());
        device.sync(&mut model.server, clock::now());
        deed(&mut device);
        device.sync(&mut model.server, clock::now());
    }

    fn comments_on_server(&self, ticket: TicketId) -> usize {
        let model = self.0.borrow();
        let ticket = model.server.document(ticket).and_then(domain::ticket::Ticket::of);
        ticket.map_or(0, |ticket| ticket.comments.len())
    }

    fn check(&self) -> Result<(), Failure> {
        let model = self.0.borrow();
        match (model.reachable, model.signed_in) {
            (false, _) => Err(Failure::Unreachable),
            (true, false) => Err(Failure::SignedOut),
            (true, true) => Ok(()),
        }
    }
}

impl Line for ModelLine {
    type Events = ModelEvents;

    async fn push(&self, request: &PushRequest) -> Result<PushResponse, Failure> {
        clock::sleep(1).await;
        self.check()?;
        let model = &mut *self.0.borrow_mut();
        let response = model.server.push(&model.person, request, clock::now());
        if model.answers_to_lose > 0 {
            model.answers_to_lose -= 1;
            return Err(Failure::Unreachable);
        }
        Ok(response)
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, Failure> {
        clock::sleep(1).await;
        self.check()?;
        let model = self.0.borrow();
        Ok(model.server.pull(&model.person, request, clock::now()))
    }

    async fn listen(&self, _: DeviceId, has: &PullRequest) -> Result<ModelEvents, Failure> {
        self.check()?;
        Ok(ModelEvents { line: self.clone(), seq: has.cursor.as_ref().map_or(0, |cursor| cursor.seq) })
    }

    async fn begin_upload(&self, file: &KeptFile) -> Result<(String, UploadProgress), UploadFailure> {
        clock::sleep(1).await;
        self.check().map_err(|_| UploadFailure::Unreachable)?;
        let uploads = &mut self.0.borrow_mut().uploads;
        let upload = format!("/api/files/uploads/{}", uploads.len());
        uploads.insert(upload.clone(), (file.clone(), Vec::new()));
        Ok((upload, UploadProgress::default()))
    }

    async fn ask_upload(&self, upload: &str) -> Result<UploadProgress, UploadFailure> {
        clock::sleep(1).await;
        self.check().map_err(|_| UploadFailure::Unreachable)?;
        let model = self.0.borrow();
        let (file, received) = &model.uploads[upload];
        let is_whole = received.len() as u64 == file.bytes;
        let receipt = Receipt { stored_at: clock::now(), epoch: model.server.epoch.clone() };
        Ok(UploadProgress { offset: received.len() as u64, receipt: is_whole.then_some(receipt) })
    }

    async fn send_piece(
        &self,
        upload: &str,
        offset: u64,
        piece: &[u8],
    ) -> Result<UploadProgress, UploadFailure> {
        self.check().map_err(|_| UploadFailure::Unreachable)?;
        if let Some((_, received)) = self.0.borrow_mut().uploads.get_mut(upload) {
            assert_eq!(offset, received.len() as u64, "it goes on where it was");
            received.extend_from_slice(piece);
        }
        self.ask_upload(upload).await
    }

    async fn report(&self, standing: &Standing) -> Result<Heard, ReportFailure> {
        self.check().map_err(|_| ReportFailure::Unanswered)?;
        let model = &mut *self.0.borrow_mut();
        model.reports.push(standing.clone());
        Ok(Heard { left_behind: model.left_behind.clone() })
    }
}

struct ModelEvents {
    line: ModelLine,
    seq: u64,
}

impl Events for ModelEvents {
    async fn next(&mut self) -> Option<Event> {
        loop {
            self.line.check().ok()?;
            if let Some(event) = self.arrived() {
                return Some(event);
            }
            clock::sleep(5).await;
        }
    }

    fn arrived(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.line.0.borrow_mut().is_behind) {
            return Some(Event::Behind);
        }
        if let Some(notice) = self.line.0.borrow_mut().notices.pop() {
            return Some(Event::Notice(Noticed { notice }));
        }
        let events = {
            let model = self.line.0.borrow();
            model.server.events(&model.person, self.seq)
        };
        let event = events.into_iter().next()?;
        self.seq = match &event {
            Event::Changed(changed) => changed.revision,
            Event::Gone(gone) => gone.revision,
            Event::Notice(_) | Event::Parked | Event::BackedUp(_) | Event::Behind | Event::SignedOut => {
                self.seq
            }
        };
        Some(event)
    }
}

/// A window of the app, as far as it has no screens.
struct Window {
    owner: Owner,
    workspace: Workspace,
}

impl Window {
    fn open(line: &ModelLine) -> Self {
        // Mounting something, be it nothing, sets Leptos going.
        leptos::mount::mount_to_body(|| ());
        let owner = Owner::new();
        let workspace = owner.with(|| provide_workspace_over(line.person(), line.clone()));
        Self { owner, workspace }
    }

    async fn open_and_ready(line: &ModelLine) -> Self {
        let window = Self::open(line);
        until("the database is open", || window.is_open()).await;
        window
    }

    fn is_open(&self) -> bool {
        self.workspace.status().with_untracked(|status| matches!(status.storage, StorageState::Open { .. }))
    }

    async fn until_live(&self) {
        until("everything is here and events arrive", || self.link() == Link::Live).await;
    }

    fn link(&self) -> Link {
        self.workspace.status().with_untracked(|status| status.link)
    }

    fn unsent(&self) -> Unsent {
        self.workspace.status().with_untracked(|status| status.unsent)
    }

    fn writer(&self) -> WriterState {
        self.workspace.writer().get_untracked()
    }

    fn card_count(&self) -> usize {
        self.workspace.cards().with_untracked(|cards| cards.len())
    }

    fn look_at(&self, ticket: TicketId) -> Signal<TicketState> {
        self.owner.with(|| self.workspace.ticket(ticket))
    }

    async fn close(self) {
        self.owner.cleanup();
        drop(self.owner);
        // The lock is let go and the database closed in the tasks that this has ended.
        clock::sleep(30).await;
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..800 {
        if is_so() {
            return;
        }
        clock::sleep(10).await;
    }
    panic!("in vain: {what}");
}

fn view(state: Signal<TicketState>) -> Option<Arc<TicketView>> {
    match state.get_untracked() {
        TicketState::Ready(view) => Some(view),
        TicketState::Loading | TicketState::Missing => None,
    }
}

/// Somebody with a database of their own.
fn somebody_like(person: Person) -> Person {
    Person { id: PersonId::from_uuid(Uuid::now_v7()), ..person }
}

#[wasm_bindgen_test]
async fn a_change_is_saved_shown_delivered_and_comes_back_final() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let ticket = window.workspace.new_ticket_id();
    let state = window.look_at(ticket);
    until("it is known not to be there", || state.get_untracked() == TicketState::Missing).await;
    assert_eq!(window.workspace.may(ticket, &register("it smokes")), Ok(()));

    let change = window.workspace.record(ticket, register("it smokes")).await.unwrap();
    assert_eq!(window.card_count(), 1, "it is shown as soon as it is saved");
    assert_eq!(view(state).unwrap().marks[&change], ChangeMark::OnTablet);

    until("it is final", || view(state).is_some_and(|view| view.ticket.number.is_some())).await;
    assert_eq!(view(state).unwrap().marks[&change], ChangeMark::OnServer);
    until("the outbox is empty", || window.workspace.outbox().with_untracked(|outbox| outbox.is_empty()))
        .await;
    assert!(line.0.borrow().server.document(ticket).is_some());
    window.close().await;
}

#[wasm_bindgen_test]
async fn work_done_offline_survives_a_restart_and_is_delivered_when_the_network_is_back() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    line.set(|model| model.reachable = false);
    until("the loss is noticed", || window.link() == Link::Offline).await;
    let ticket = window.workspace.new_ticket_id();
    window.workspace.record(ticket, register("offline")).await.unwrap();
    window.workspace.record(ticket, comment("still offline")).await.unwrap();
    assert_eq!(window.unsent(), Unsent { waiting: 2, refused: 0, files: 0 });
    window.close().await;

    let window = Window::open_and_ready(&line).await;
    assert_eq!(window.unsent(), Unsent { waiting: 2, refused: 0, files: 0 });
    assert_eq!(window.card_count(), 1);
    let state = window.look_at(ticket);
    until("it is read", || view(state).is_some()).await;
    assert_eq!(view(state).unwrap().ticket.comments.len(), 1);

    line.set(|model| model.reachable = true);
    window.workspace.sync_now();
    until("all is delivered", || window.unsent() == Unsent::default()).await;
    assert_eq!(line.comments_on_server(ticket), 1);
    window.close().await;
}

#[wasm_bindgen_test]
async fn taps_at_the_same_moment_each_get_a_number() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let ticket = window.workspace.new_ticket_id();
    let workspace = window.workspace;
    workspace.record(ticket, register("busy")).await.unwrap();
    let (one, two, three) = join!(
        workspace.record(ticket, comment("one")),
        workspace.record(ticket, comment("two")),
        workspace.record(ticket, comment("three")),
    );
    assert_eq!([one, two, three].map(|change| change.unwrap().seq), [2, 3, 4]);
    until("all is delivered", || line.comments_on_server(ticket) == 3).await;
    window.close().await;
}

#[wasm_bindgen_test]
async fn what_a_colleague_does_appears_by_itself() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let ticket = window.workspace.new_ticket_id();
    let state = window.look_at(ticket);
    window.workspace.record(ticket, register("watch this")).await.unwrap();
    until("it is delivered", || window.unsent() == Unsent::default()).await;
    line.colleague(engineer(), |device| {
        device.tap(ticket, comment("on my way"), clock::now()).unwrap();
    });
    until("the comment appears", || view(state).is_some_and(|view| view.ticket.comments.len() == 1)).await;
    assert_eq!(window.link(), Link::Live);

    line.colleague(agent(), |device| {
        device.tap(ticket, assign(&engineer_of_the_south()), clock::now()).unwrap();
    });
    until("the new owner appears", || {
        view(state)
            .is_some_and(|view| view.ticket.accountable.value.person == Some(engineer_of_the_south().id))
    })
    .await;
    window.close().await;
}

#[wasm_bindgen_test]
async fn a_burst_of_a_colleagues_changes_appears_whole_and_in_order() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let ticket = window.workspace.new_ticket_id();
    let state = window.look_at(ticket);
    window.workspace.record(ticket, register("busy")).await.unwrap();
    until("it is delivered", || window.unsent() == Unsent::default()).await;
    let texts: Vec<_> = (0..40).map(|number| format!("note {number}")).collect();
    line.colleague(engineer(), |device| {
        for text in &texts {
            device.tap(ticket, comment(text), clock::now()).unwrap();
        }
    });
    until("all of them appear", || view(state).is_some_and(|view| view.ticket.comments.len() == 40)).await;
    let shown: Vec<_> =
        view(state).unwrap().ticket.comments.iter().map(|comment| comment.fact.clone()).collect();
    assert_eq!(shown, texts);
    assert_eq!(window.link(), Link::Live);
    window.close().await;
}

#[wasm_bindgen_test]
async fn a_new_notice_rings_and_the_line_stays_open() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let rung = window.workspace.rung();
    let before = rung.get_untracked();
    line.set(|model| model.notices = vec![7]);
    until("it rings", || rung.get_untracked() == before + 1).await;
    line.set(|model| model.notices = vec![8]);
    until("it rings again", || rung.get_untracked() == before + 2).await;
    assert_eq!(window.link(), Link::Live);
    window.close().await;
}

#[wasm_bindgen_test]
async fn a_stream_that_begins_anew_rings_for_what_was_told_meanwhile_and_one_that_goes_on_does_not() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let rung = window.workspace.rung();
    let before = rung.get_untracked();
    let ticket = window.workspace.new_ticket_id();
    window.workspace.record(ticket, register("sent in between")).await.unwrap();
    until("it is delivered", || window.unsent() == Unsent::default()).await;
    line.colleague(engineer(), |device| {
        device.tap(ticket, comment("on my way"), clock::now()).unwrap();
    });
    let state = window.look_at(ticket);
    until("the stream goes on", || view(state).is_some_and(|view| view.ticket.comments.len() == 1)).await;
    assert_eq!(rung.get_untracked(), before);
    line.set(|model| model.is_behind = true);
    until("it rings", || rung.get_untracked() == before + 1).await;
    until("it listens again", || window.link() == Link::Live).await;
    window.close().await;
}

#[wasm_bindgen_test]
async fn leaving_a_page_while_something_is_being_saved_leaves_nothing_out_of_date() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let workspace = window.workspace;
    let ticket = workspace.new_ticket_id();
    workspace.record(ticket, register("a page")).await.unwrap();
    until("it is delivered", || workspace.outbox().with_untracked(|outbox| outbox.is_empty())).await;
    line.set(|model| model.reachable = false);
    until("the loss is noticed", || window.link() == Link::Offline).await;

    let page = window.owner.child();
    let state = page.with(|| workspace.ticket(ticket));
    until("it is read", || view(state).is_some()).await;
    let (saved, ()) = join!(workspace.record(ticket, urgency(Urgency::Urgent)), async { page.cleanup() });
    saved.unwrap();
    let shown = workspace.cards().with_untracked(|cards| cards[0].urgency);
    assert_eq!(shown, Urgency::Urgent);
    window.close().await;
}

#[wasm_bindgen_test]
async fn what_is_recorded_by_an_earlier_sight_claims_no_more_than_that() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let workspace = window.workspace;
    let ticket = workspace.new_ticket_id();
    let state = window.look_at(ticket);
    workspace.record(ticket, register("read this")).await.unwrap();
    until("it is shown", || view(state).is_some()).await;
    let seen = view(state).unwrap().ticket.seen.clone();
    line.set(|model| model.reachable = false);
    let later = workspace.record(ticket, comment("and this")).await.unwrap();
    let change = workspace.record_by(ticket, comment("agreed"), seen.clone()).await.unwrap();
    let entry = workspace
        .outbox()
        .with_untracked(|outbox| outbox.iter().find(|entry| entry.change.id == change).cloned())
        .unwrap();
    assert_eq!(entry.change.seen, seen);
    assert!(!entry.change.seen.contains(later));
    window.close().await;
}

#[wasm_bindgen_test]
async fn what_may_be_done_is_known_once_the_ticket_is_read() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let ticket = TicketId::from_uuid(Uuid::now_v7());
    line.colleague(agent(), |device| {
        device.tap(ticket, register("by a colleague"), clock::now()).unwrap();
    });
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let workspace = window.workspace;
    let may = window.owner.with(|| Memo::new(move |_| workspace.may(ticket, &comment("more"))));
    assert_eq!(may.get_untracked(), Err(Refusal::UnknownTicket), "nobody looks at it yet");
    let state = window.look_at(ticket);
    until("it is read", || view(state).is_some()).await;
    assert_eq!(may.get_untracked(), Ok(()));
    window.close().await;
}

#[wasm_bindgen_test]
async fn an_answer_that_got_lost_does_nothing_twice() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    line.set(|model| model.answers_to_lose = 2);
    let ticket = window.workspace.new_ticket_id();
    window.workspace.record(ticket, register("once")).await.unwrap();
    window.workspace.record(ticket, comment("only once")).await.unwrap();
    until("all is delivered", || {
        window.workspace.sync_now();
        window.unsent() == Unsent::default()
    })
    .await;
    let state = window.look_at(ticket);
    until("it is shown", || view(state).is_some()).await;
    assert_eq!(view(state).unwrap().ticket.comments.len(), 1);
    assert_eq!(line.comments_on_server(ticket), 1);
    window.close().await;
}

#[wasm_bindgen_test]
async fn a_refused_change_is_kept_with_its_reason_until_its_author_drops_it() {
    let line = ModelLine::for_person(somebody_like(engineer()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let ticket = window.workspace.new_ticket_id();
    let me = line.person();
    line.colleague(agent(), |device| {
        device.tap(ticket, register("for me"), clock::now()).unwrap();
        device.tap(ticket, assign(&me), clock::now()).unwrap();
    });
    let state = window.look_at(ticket);
    until("it appears", || {
        view(state).is_some_and(|view| view.ticket.accountable.value.person == Some(me.id))
    })
    .await;
    line.set(|model| model.reachable = false);
    until("the loss is noticed", || window.link() == Link::Offline).await;
    let change = window.workspace.record(ticket, urgency(Urgency::Urgent)).await.unwrap();
    line.colleague(agent(), |device| {
        device.tap(ticket, cancel(), clock::now()).unwrap();
    });
    line.set(|model| model.reachable = true);
    window.workspace.sync_now();
    until("it is refused", || window.unsent() == Unsent { waiting: 0, refused: 1, files: 0 }).await;
    window.workspace.discard(change).await.unwrap();
    assert_eq!(window.unsent(), Unsent::default());
    window.close().await;
}

#[wasm_bindgen_test]
async fn an_ended_session_keeps_the_work_and_goes_on_after_signing_in_again() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    line.set(|model| model.signed_in = false);
    let ticket = window.workspace.new_ticket_id();
    window.workspace.record(ticket, register("kept")).await.unwrap();
    until("the end is noticed", || {
        window.workspace.sync_now();
        window.link() == Link::SignedOut
    })
    .await;
    assert_eq!(window.unsent().waiting, 1);
    let Err(HeldBack::Holding(held)) = window.workspace.clear::<SigningOut>(None).await else {
        panic!("nobody leaves work behind by signing out");
    };
    assert_eq!((held.waiting(), held.refused()), (1, 0));
    line.set(|model| model.signed_in = true);
    window.workspace.signed_in_again();
    until("all is delivered", || window.unsent() == Unsent::default()).await;
    window.close().await;
}

#[wasm_bindgen_test]
async fn once_the_gate_has_opened_nothing_is_recorded_that_it_has_not_seen() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let typed = Draft::of(line.person().id, "note", "a ticket");
    typed.keep(&"half a sentence");
    let held = window.workspace.clear::<Resetting>(None).await.unwrap_err();
    assert!(matches!(held, HeldBack::Holding(held) if held.drafts() == 1));
    typed.clear();
    let _cleared = window.workspace.clear::<Resetting>(None).await.unwrap();
    let recorded =
        window.workspace.record(window.workspace.new_ticket_id(), register("too late")).await.unwrap_err();
    assert!(matches!(recorded, RecordError::Store(_)), "{recorded}");
    window.close().await;
}

#[wasm_bindgen_test]
async fn what_can_not_be_seen_opens_no_gate() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let first = Window::open_and_ready(&line).await;
    let second = Window::open(&line);
    until("the second window waits", || second.writer() == WriterState::Elsewhere).await;
    assert_eq!(second.workspace.clear::<SigningOut>(None).await.unwrap_err(), HeldBack::Elsewhere);
    assert_eq!(second.workspace.clear::<Resetting>(None).await.unwrap_err(), HeldBack::Elsewhere);
    second.close().await;
    first.close().await;
}

#[wasm_bindgen_test]
async fn another_persons_session_brings_nothing_into_ones_own_database() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let me = line.person();
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    line.set(|model| {
        model.person = engineer();
        model.reachable = false;
    });
    until("the line is cut", || window.link() == Link::Offline).await;
    line.colleague(agent(), |device| {
        device.tap(TicketId::from_uuid(Uuid::now_v7()), register("not mine"), clock::now()).unwrap();
    });
    line.set(|model| model.reachable = true);
    window.workspace.sync_now();
    until("it asks for its own person", || window.link() == Link::SignedOut).await;
    assert_eq!(window.card_count(), 0);
    assert_eq!(window.workspace.person().get_untracked(), me);
    window.close().await;
}

#[wasm_bindgen_test]
async fn a_window_that_has_gone_silent_is_taken_over_from_and_one_that_answers_is_not() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let name = format!("fieldloop-writer-{}", line.person().id);
    let _frozen = WriterLock::claim(&name, Claim::IfFree).await.unwrap();
    let first = Window::open(&line);
    until("another window has the lock", || first.writer() == WriterState::Elsewhere).await;
    clock::sleep(4_000).await;
    until("the silent window has lost its turn", || first.is_open()).await;

    let second = Window::open(&line);
    until("another window has the lock", || second.writer() == WriterState::Elsewhere).await;
    clock::sleep(10_000).await;
    assert_eq!((first.writer(), second.writer()), (WriterState::Here, WriterState::Elsewhere));
    second.close().await;
    first.close().await;
}

#[wasm_bindgen_test]
async fn one_window_works_at_a_time_and_another_can_take_over() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let first = Window::open_and_ready(&line).await;
    first.until_live().await;
    let ticket = first.workspace.new_ticket_id();
    first.workspace.record(ticket, register("in the first window")).await.unwrap();

    let second = Window::open(&line);
    until("the second window waits", || second.writer() == WriterState::Elsewhere).await;
    assert!(!second.is_open());
    second.workspace.use_here();
    until("the second window works", || second.is_open()).await;
    until("the first window knows", || first.writer() == WriterState::Elsewhere).await;
    assert_eq!(second.card_count(), 1);
    let late = first.workspace.record(ticket, comment("too late")).await;
    assert_eq!(late, Err(RecordError::Elsewhere));
    second.workspace.record(ticket, comment("in time")).await.unwrap();
    assert_eq!(first.card_count(), 0);

    second.close().await;
    until("the first window works again", || first.is_open()).await;
    let state = first.look_at(ticket);
    until("it shows what the second has done", || {
        view(state).is_some_and(|view| view.ticket.comments.len() == 1)
    })
    .await;
    first.close().await;
}

/// Spoils whatever documents lie in a person's database.
async fn spoil_documents(person: PersonId) {
    let database = Database::open(format!("fieldloop-{person}")).await.unwrap();
    let transaction =
        database.transaction("documents").with_mode(TransactionMode::Readwrite).build().unwrap();
    let documents = transaction.object_store("documents").unwrap();
    let keys = documents.get_all_keys::<f64>().primitive().unwrap().await.unwrap();
    for key in keys {
        let rubbish = JsValue::from(Uint8Array::from(&[7; 4_000][..]));
        drop(documents.put(rubbish).with_key(key.unwrap()).primitive().unwrap());
    }
    drop(documents);
    transaction.commit().await.unwrap();
    database.close();
}

#[wasm_bindgen_test]
async fn documents_that_are_spoilt_shut_nobody_out_and_are_brought_anew() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let (touched, other) = (window.workspace.new_ticket_id(), window.workspace.new_ticket_id());
    for ticket in [touched, other] {
        window.workspace.record(ticket, register("it is here")).await.unwrap();
    }
    until("they are delivered", || window.unsent() == Unsent::default()).await;
    line.set(|model| model.reachable = false);
    until("the loss is noticed", || window.link() == Link::Offline).await;
    window.workspace.record(touched, comment("not sent yet")).await.unwrap();
    window.close().await;
    spoil_documents(line.person().id).await;

    let window = Window::open_and_ready(&line).await;
    assert_eq!((window.unsent().waiting, window.card_count()), (1, 2));
    let states = [touched, other].map(|ticket| window.look_at(ticket));
    clock::sleep(50).await;
    line.set(|model| model.reachable = true);
    window.workspace.sync_now();
    until("both can be read", || states.iter().all(|state| view(*state).is_some())).await;
    until("it is delivered", || window.unsent() == Unsent::default()).await;
    assert_eq!(view(states[0]).unwrap().ticket.comments.len(), 1);
    window.close().await;
}

#[wasm_bindgen_test]
async fn documents_that_are_spoilt_while_nothing_waits_are_brought_anew_when_somebody_looks() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let ticket = window.workspace.new_ticket_id();
    window.workspace.record(ticket, register("it is here")).await.unwrap();
    until("it is delivered and in a page", || {
        window.unsent() == Unsent::default()
            && window.workspace.outbox().with_untracked(|outbox| outbox.is_empty())
    })
    .await;
    window.close().await;
    spoil_documents(line.person().id).await;

    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let state = window.look_at(ticket);
    until("it can be read", || view(state).is_some()).await;
    window.close().await;
}

/// A file of so many bytes; its name is made up, and nothing here reckons it.
fn some_file(name: u8, bytes: u32) -> Prepared {
    let attachment = Attachment {
        sha256: format!("{name:02x}").repeat(32),
        bytes: bytes.into(),
        media_type: "application/pdf".to_owned(),
        kind: AttachmentKind::Document,
        name: "report.pdf".to_owned(),
        size: None,
        taken_at: None,
        place: None,
    };
    Prepared { attachment, content: Content::of(&vec![name; bytes as usize]) }
}

#[wasm_bindgen_test]
async fn a_file_saved_offline_survives_a_restart_and_follows_its_change_to_the_server() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let ticket = window.workspace.new_ticket_id();
    window.workspace.record(ticket, register("see the report")).await.unwrap();
    until("it is delivered", || window.unsent() == Unsent::default()).await;
    line.set(|model| model.reachable = false);
    until("the loss is noticed", || window.link() == Link::Offline).await;

    let file = some_file(7, 1_500_000);
    let key = FileKey { hash: file.attachment.hash().unwrap(), ticket };
    let attached = window.workspace.attach(ticket, file.clone()).await.unwrap();
    assert_eq!(window.workspace.attach(ticket, file).await.unwrap(), attached, "twice is once");
    assert_eq!(window.unsent(), Unsent { waiting: 1, refused: 0, files: 1 });
    assert!(window.workspace.clear::<SigningOut>(None).await.is_err(), "a file is work, too");
    window.close().await;

    let window = Window::open_and_ready(&line).await;
    assert_eq!(window.unsent(), Unsent { waiting: 1, refused: 0, files: 1 });
    let place = || window.workspace.files().with_untracked(|files| files.get(&key).copied());
    assert_eq!(place(), Some(FilePlace::OnDevice));
    assert!(window.workspace.content(key.hash, MediaType::Pdf).await.is_some(), "it can be looked at");
    line.set(|model| model.reachable = true);
    window.workspace.sync_now();
    until("the file is on the server", || place() == Some(FilePlace::OnServer)).await;
    assert_eq!(window.unsent(), Unsent::default());
    let came: Vec<_> = line.0.borrow().uploads.values().map(|(_, received)| received.clone()).collect();
    assert_eq!(came, [vec![7; 1_500_000]]);
    window.close().await;
}

#[wasm_bindgen_test]
async fn a_file_that_may_not_be_attached_leaves_nothing_behind() {
    let line = ModelLine::for_person(somebody_like(agent()));
    let window = Window::open_and_ready(&line).await;
    window.until_live().await;
    let file = some_file(8, 10);
    let hash = file.attachment.hash().unwrap();
    let refused = window.workspace.attach(window.workspace.new_ticket_id(), file).await;
    assert_eq!(refused, Err(RecordError::Refused(Refusal::UnknownTicket)));
    assert!(window.workspace.content(hash, MediaType::Pdf).await.is_none());
    assert_eq!(window.unsent(), Unsent::default());
    window.close().await;
}

#[wasm_bindgen_test]
async fn the_server_hears_how_the_device_stands_and_the_person_what_another_one_held() {
    let line = ModelLine::for_person(engineer());
    let another = Tablet {
        device: DeviceId::from_uuid(Uuid::now_v7()),
        person: line.person().id,
        first_heard: clock::now(),
        last_heard: clock::now(),
        waiting: 3,
        refused: 0,
        files: 2,
        overdue: true,
    };
    line.set(|model| model.left_behind = vec![another.clone()]);
    let window = Window::open_and_ready(&line).await;
    let left_behind = window.workspace.left_behind();
    until("the person is told", || *left_behind.get_untracked() == vec![another.clone()]).await;
    let reports = line.0.borrow().reports.clone();
    assert!(!reports.is_empty() && reports.iter().all(Standing::is_empty), "{reports:?}");

    line.set(|model| model.left_behind.clear());
    window.workspace.sync_now();
    until("whoever asks anew is answered anew", || left_behind.get_untracked().is_empty()).await;
}
