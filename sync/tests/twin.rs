//! Whatever happens to one of the two places in which a device keeps its outbox, the other one makes up for it.
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod world;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use domain::ticket::Document;
use domain::{ChangeId, DeviceId, TicketId};
use proptest::prelude::*;
use sync::journal::{JournalError, Witness};
use sync::{
    Batch, Damage, Identity, Loaded, LocalStore, MemoryJournalFiles, MemoryLocalStore, Meta, OutboxState,
    Recovery, Replica, Second, StandInStore, StoreError, TwinStore,
};
use uuid::Uuid;

use self::world::{agent, at, block_on, comment, register, ticket_id};

/// A database that can't be read until it is begun anew.
#[derive(Debug, Default, Clone)]
struct Database {
    held: Rc<MemoryLocalStore>,
    unreadable: Rc<Cell<bool>>,
    /// Whether not even that can be found out.
    closed: Rc<Cell<bool>>,
    /// Whether the connection goes away just after the next batch was kept.
    lost_though_kept: Rc<Cell<bool>>,
    /// The journal whose reserve takes the last room of the device.
    full_beside: Rc<RefCell<Option<Rc<MemoryJournalFiles>>>>,
    /// The claim of the window that may write.
    writer: Rc<Cell<u32>>,
    /// This window's; 0 before the first.
    claim: Cell<u32>,
}

impl Database {
    /// The same, as seen by another window.
    fn in_another_window(&self) -> Self {
        Self { claim: Cell::new(0), ..self.clone() }
    }

    fn claim(&self) -> Result<(), StoreError> {
        if self.claim.get() == 0 {
            self.writer.set(self.writer.get() + 1);
            self.claim.set(self.writer.get());
        }
        if self.claim.get() == self.writer.get() { Ok(()) } else { Err(StoreError::TakenOver) }
    }

    fn is_full(&self) -> bool {
        self.full_beside.borrow().as_ref().is_some_and(|journal| journal.reserve.get())
    }
}

impl LocalStore for Database {
    async fn load(&self) -> Result<Loaded, StoreError> {
        self.claim()?;
        let problem = StoreError::Unreadable { place: "outbox 3".to_owned(), problem: "rubbish".to_owned() };
        match (self.closed.get(), self.unreadable.get()) {
            _ if self.is_full() => Err(StoreError::Full),
            (true, _) => Err(StoreError::Lost("the backing store can't be opened".to_owned())),
            (_, true) => Err(problem),
            _ => self.held.load().await,
        }
    }

    async fn apply_witnessed(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        self.claim()?;
        if self.is_full() {
            return Err(StoreError::Full);
        }
        self.held.apply_witnessed(batch, witness).await?;
        let lost = StoreError::Lost("just after".to_owned());
        if self.lost_though_kept.take() { Err(lost) } else { Ok(()) }
    }

    async fn start_over(&self, batch: &Batch, witness: Option<Witness>) -> Result<(), StoreError> {
        self.unreadable.set(false);
        self.held.start_over(batch, witness).await
    }

    async fn documents(&self, tickets: &[TicketId]) -> Result<Vec<Document>, StoreError> {
        self.held.documents(tickets).await
    }
}

/// A device's storage, and the app that runs on it.
struct Device {
    database: Database,
    journal: Rc<MemoryJournalFiles>,
    store: TwinStore<Database, Rc<MemoryJournalFiles>>,
    replica: Replica,
}

const DEVICE: DeviceId = DeviceId::from_uuid(Uuid::from_u128(100));

impl Device {
    /// What the app finds when it starts.
    fn open(database: Database, journal: Rc<MemoryJournalFiles>) -> Self {
        let store = TwinStore::new(database.clone(), Rc::clone(&journal));
        let loaded = block_on(store.load()).unwrap();
        let identity = Identity { device: DEVICE, person: agent() };
        let meta = loaded.meta.clone().unwrap_or_else(|| Meta::new(identity));
        let mut device = Self { database, journal, store, replica: Replica::open(loaded, meta, Vec::new()) };
        if device.replica.directory().revision == 0 {
            device.keep(Batch { directory: Some(world::directory()), ..Batch::default() });
        }
        device
    }

    /// A device on which so many tickets have been registered.
    fn after(changes: u128) -> Self {
        let mut device = Self::open(Database::default(), Rc::default());
        for number in 1..=changes {
            device.tap(number);
        }
        device
    }

    fn keep(&mut self, batch: Batch) {
        block_on(self.store.apply(&batch)).unwrap();
        self.replica.commit(batch);
    }

    fn tap(&mut self, number: u128) -> ChangeId {
        let batch = self.replica.prepare(ticket_id(number), register("it smokes"), at(0)).unwrap();
        let id = batch.outbox[0].change.id;
        self.keep(batch);
        id
    }

    fn restart(self) -> Self {
        Self::open(self.database, self.journal)
    }

    /// The database as it is now, apart from what becomes of it.
    fn image(&self) -> Database {
        Database { held: Rc::new(MemoryLocalStore::clone(&self.database.held)), ..Database::default() }
    }

    /// The app ends, and the next one finds the database as it was at an earlier time.
    fn restart_on(self, image: Database) -> Self {
        Self::open(image, self.journal)
    }

    fn numbers(&self) -> Vec<u64> {
        self.replica.outbox().map(|entry| entry.change.id.seq).collect()
    }

    /// Whether the next start finds nothing to mend, and the next change gets a number of its own.
    fn goes_on(mut self) {
        let numbers = self.numbers();
        let next = self.tap(1_000).seq;
        assert!(numbers.iter().all(|number| *number < next), "{next} after {numbers:?}");
        let after = self.restart();
        assert_eq!(after.store.recovery(), None);
        assert_eq!(after.numbers(), [numbers, vec![next]].concat());
    }
}

fn recovery(damage: Damage, recovered: usize, complete: bool) -> Option<Recovery> {
    Some(Recovery { damage, recovered, complete })
}

#[test]
fn where_nothing_has_happened_nothing_is_mended() {
    let device = Device::after(5).restart();
    assert_eq!((device.store.recovery(), device.store.second()), (None, Second::InOrder));
    assert_eq!(device.numbers(), [1, 2, 3, 4, 5]);
    device.goes_on();
}

#[test]
fn a_database_that_was_wiped_is_rebuilt_from_the_journal() {
    let device = Device::after(5).restart_on(Database::default());
    assert_eq!(device.store.recovery(), recovery(Damage::Wiped, 5, true));
    assert_eq!(device.numbers(), [1, 2, 3, 4, 5]);
    assert_eq!(device.replica.meta().identity.device, DEVICE, "it is still the same device");
    assert_eq!(device.replica.meta().cursor, None, "tickets come anew");
    let device = device.restart();
    assert_eq!(device.store.recovery(), None, "it is said once");
    device.goes_on();
}

#[test]
fn a_database_that_was_cut_short_gets_back_what_came_later() {
    let mut device = Device::after(2);
    let earlier = device.image();
    for number in 3..=5 {
        device.tap(number);
    }
    let dropped = device.replica.outbox().next().unwrap().change.id;
    device.keep(Batch { settled: vec![dropped], ..Batch::default() });
    let device = device.restart_on(earlier);
    assert_eq!(device.store.recovery(), recovery(Damage::CutShort, 3, true));
    assert_eq!(device.numbers(), [2, 3, 4, 5], "what was let go does not come back");
    device.goes_on();
}

#[test]
fn a_database_that_lacks_an_entry_gets_it_back() {
    let device = Device::after(5);
    let lost = device.replica.outbox().nth(2).unwrap().change.id;
    block_on(device.database.held.apply(&Batch { settled: vec![lost], ..Batch::default() })).unwrap();
    let device = device.restart();
    assert_eq!(device.store.recovery(), recovery(Damage::Spoilt, 1, true));
    assert_eq!(device.numbers(), [1, 2, 3, 4, 5]);
    device.goes_on();
}

#[test]
fn a_database_that_can_not_be_read_is_begun_anew_from_the_journal() {
    let device = Device::after(5);
    device.database.unreadable.set(true);
    let device = device.restart();
    assert_eq!(device.store.recovery(), recovery(Damage::Spoilt, 5, true));
    assert_eq!(device.numbers(), [1, 2, 3, 4, 5]);
    device.goes_on();
}

#[test]
fn a_database_that_can_not_be_read_is_left_alone_where_the_journal_has_less() {
    for spoil in [
        |files: &MemoryJournalFiles| files.files.borrow_mut().clear(),
        |files: &MemoryJournalFiles| files.files.borrow_mut().values_mut().for_each(|file| file[40] ^= 1),
        |files: &MemoryJournalFiles| {
            files.files.borrow_mut().values_mut().for_each(|file| file.truncate(file.len() / 2));
        },
    ] {
        let device = Device::after(5);
        device.database.unreadable.set(true);
        spoil(&device.journal);
        let store = TwinStore::new(device.database.clone(), Rc::clone(&device.journal));
        assert!(matches!(block_on(store.load()), Err(StoreError::Unreadable { .. })));
        device.database.unreadable.set(false);
        assert_eq!(device.restart().numbers(), [1, 2, 3, 4, 5]);
    }
}

#[test]
fn a_database_that_can_not_be_opened_is_never_given_up() {
    let device = Device::after(5);
    device.database.closed.set(true);
    let store = TwinStore::new(device.database.clone(), Rc::clone(&device.journal));
    assert!(matches!(block_on(store.load()), Err(StoreError::Lost(_))));
    device.database.closed.set(false);
    let device = device.restart();
    assert_eq!((device.store.recovery(), device.numbers()), (None, vec![1, 2, 3, 4, 5]));
    device.goes_on();
}

#[test]
fn where_one_of_the_two_can_not_be_seen_today_nothing_is_written_over_it() {
    let failure = || Some(JournalError::Failed("its worker does not answer".to_owned()));
    let mut device = Device::after(2);
    let earlier = device.image();
    for number in 3..=5 {
        device.tap(number);
    }
    for lost in [Database::default(), earlier] {
        let (journal, files) = (Rc::clone(&device.journal), device.journal.files.borrow().clone());
        *journal.broken.borrow_mut() = failure();
        let store = TwinStore::new(lost.clone(), Rc::clone(&journal));
        assert!(matches!(block_on(store.load()), Err(StoreError::Lost(_))));
        let stand_in = TwinStore::new(StandInStore::default(), Rc::clone(&journal));
        assert!(block_on(stand_in.load()).is_err());
        *journal.broken.borrow_mut() = None;
        assert_eq!(*journal.files.borrow(), files);
        let copy = Rc::new(MemoryJournalFiles::clone(&journal));
        let device = Device::open(lost, copy).restart();
        assert_eq!(device.numbers(), [1, 2, 3, 4, 5]);
        device.goes_on();
    }
}

#[test]
fn where_no_database_can_be_opened_the_journal_alone_keeps_what_is_saved() {
    let device = Device::after(3);
    let journal = Rc::clone(&device.journal);
    let open = || TwinStore::new(StandInStore::default(), Rc::clone(&journal));
    let store = open();
    let loaded = block_on(store.load()).unwrap();
    assert_eq!(store.recovery(), recovery(Damage::Wiped, 3, true));
    assert!(!store.keeps_twice());
    let mut replica = Replica::open(loaded, device.replica.meta().clone(), Vec::new());
    replica.commit(Batch { directory: Some(world::directory()), ..Batch::default() });
    let batch = replica.prepare(ticket_id(9), register("it smokes"), at(0)).unwrap();
    *journal.broken.borrow_mut() = Some(JournalError::Full);
    assert_eq!(
        block_on(store.apply(&batch)),
        Err(StoreError::Full),
        "nothing is said to be saved that is not"
    );
    *journal.broken.borrow_mut() = None;
    block_on(store.apply(&batch)).unwrap();
    let numbers = |loaded: Loaded| loaded.outbox.iter().map(|entry| entry.change.id.seq).collect::<Vec<_>>();
    assert_eq!(numbers(block_on(open().load()).unwrap()), [1, 2, 3, 4]);
    assert_eq!(device.restart().numbers(), [1, 2, 3, 4], "and the database gets it when it is well again");

    *journal.broken.borrow_mut() = Some(JournalError::Unavailable("locked down".to_owned()));
    assert!(
        matches!(block_on(open().load()), Err(StoreError::Unavailable(_))),
        "without either there is nothing"
    );
}

#[test]
fn a_journal_that_lacks_something_does_not_stand_in_for_a_database() {
    let mut device = Device::after(3);
    *device.journal.broken.borrow_mut() = Some(JournalError::Full);
    device.tap(4);
    device.tap(5);
    *device.journal.broken.borrow_mut() = None;
    let files = device.journal.files.borrow().clone();
    let stand_in = TwinStore::new(StandInStore::default(), Rc::clone(&device.journal));
    assert!(matches!(block_on(stand_in.load()), Err(StoreError::Lost(_))));
    assert_eq!(*device.journal.files.borrow(), files);
    device.database.unreadable.set(true);
    let store = TwinStore::new(device.database.clone(), Rc::clone(&device.journal));
    assert!(matches!(block_on(store.load()), Err(StoreError::Unreadable { .. })));
    device.database.unreadable.set(false);
    let device = device.restart();
    assert_eq!(device.numbers(), [1, 2, 3, 4, 5]);
    device.goes_on();
}

#[test]
fn where_there_is_no_journal_a_database_that_has_lost_something_opens_with_what_it_has() {
    let journal = Rc::new(MemoryJournalFiles::default());
    *journal.broken.borrow_mut() = Some(JournalError::Unavailable("locked down".to_owned()));
    let mut device = Device::open(Database::default(), journal);
    device.tap(1);
    device.tap(2);
    let earlier = device.image();
    device.tap(3);
    let device = device.restart_on(earlier);
    assert_eq!(device.store.recovery(), recovery(Damage::CutShort, 0, false));
    assert_eq!(device.numbers(), [1, 2]);
}

#[test]
fn a_journal_that_was_lost_or_damaged_is_written_anew() {
    for spoil in [
        |files: &MemoryJournalFiles| files.files.borrow_mut().clear(),
        |files: &MemoryJournalFiles| files.files.borrow_mut().values_mut().for_each(Vec::clear),
        |files: &MemoryJournalFiles| files.files.borrow_mut().values_mut().for_each(|file| file[40] ^= 1),
        |files: &MemoryJournalFiles| {
            files.files.borrow_mut().values_mut().for_each(|file| file.truncate(700));
        },
    ] {
        let device = Device::after(5);
        spoil(&device.journal);
        let device = device.restart();
        assert_eq!(device.store.recovery(), recovery(Damage::Journal, 0, true));
        let device = device.restart_on(Database::default());
        assert_eq!(device.store.recovery(), recovery(Damage::Wiped, 5, true));
        assert_eq!(device.numbers(), [1, 2, 3, 4, 5]);
        device.goes_on();
    }
}

#[test]
fn what_the_journal_did_not_get_before_the_end_is_no_damage() {
    let mut device = Device::after(2);
    let before = device.journal.files.borrow().clone();
    device.tap(3);
    *device.journal.files.borrow_mut() = before;
    let device = device.restart();
    assert_eq!(device.store.recovery(), None);
    assert_eq!(device.numbers(), [1, 2, 3]);
    device.goes_on();
}

#[test]
fn what_only_the_database_got_before_the_end_is_in_the_journal_after_the_next_start() {
    let mut device = Device::after(2);
    let before = device.journal.files.borrow().clone();
    device.tap(3);
    *device.journal.files.borrow_mut() = before;
    // Shown as saved from here on.
    let device = device.restart().restart_on(Database::default());
    assert_eq!(device.store.recovery(), recovery(Damage::Wiped, 3, true));
    assert_eq!(device.numbers(), [1, 2, 3]);
    device.goes_on();
}

#[test]
fn only_what_somebody_was_told_of_is_missing() {
    for was_told in [false, true] {
        let mut device = Device::after(2);
        let lost = device.replica.outbox().next().unwrap().change.id;
        let (files, noted) = (device.journal.files.borrow().clone(), *device.journal.noted.borrow());
        device.tap(3);
        *device.journal.files.borrow_mut() = files;
        if !was_told {
            *device.journal.noted.borrow_mut() = noted;
        }
        block_on(device.database.held.apply(&Batch { settled: vec![lost], ..Batch::default() })).unwrap();
        let device = device.restart();
        assert_eq!(device.store.recovery(), recovery(Damage::Spoilt, 1, !was_told));
        assert_eq!(device.numbers(), [1, 2, 3]);
        device.goes_on();
    }
}

#[test]
fn a_batch_that_failed_and_was_kept_all_the_same_is_taken_back_by_the_next_one() {
    let mut device = Device::after(2);
    let dropped = device.replica.outbox().next().unwrap().change.id;
    device.database.lost_though_kept.set(true);
    let batch = Batch { settled: vec![dropped], ..Batch::default() };
    assert!(matches!(block_on(device.store.apply(&batch)), Err(StoreError::Lost(_))));
    device.tap(3);
    let device = device.restart();
    assert_eq!(device.store.recovery(), None);
    assert_eq!(device.numbers(), [1, 2, 3]);
    device.goes_on();
}

#[test]
fn what_another_window_has_saved_since_it_took_over_stays() {
    for in_doubt in [false, true] {
        let first = Device::after(2);
        let batch = first.replica.prepare(ticket_id(3), register("it smokes"), at(0)).unwrap();
        if in_doubt {
            first.database.lost_though_kept.set(true);
            assert!(matches!(block_on(first.store.apply(&batch)), Err(StoreError::Lost(_))));
        }
        let mut second = Device::open(first.database.in_another_window(), Rc::clone(&first.journal));
        let saved = second.tap(4);
        for _ in 0..3 {
            assert_eq!(block_on(first.store.apply(&batch)), Err(StoreError::TakenOver));
        }
        let second = second.restart();
        assert!(second.replica.outbox().any(|entry| entry.change.id == saved), "in doubt: {in_doubt}");
        assert_eq!(second.store.recovery(), None);
        second.goes_on();
    }
}

#[test]
fn a_device_that_is_full_opens_and_keeps_with_the_room_held_in_reserve() {
    let device = Device::after(2);
    *device.database.full_beside.borrow_mut() = Some(Rc::clone(&device.journal));
    device.journal.reserve.set(true);
    let mut device = device.restart();
    assert_eq!(device.numbers(), [1, 2]);
    device.journal.reserve.set(true);
    device.tap(3);
    assert_eq!(device.restart().numbers(), [1, 2, 3]);
}

#[test]
fn a_journal_that_is_full_goes_on_with_the_room_held_in_reserve() {
    let mut device = Device::after(2);
    *device.journal.broken.borrow_mut() = Some(JournalError::Full);
    device.tap(3);
    assert_eq!(device.store.second(), Second::Missing(JournalError::Full), "there was nothing in reserve");
    device.journal.reserve.set(true);
    device.tap(4);
    assert_eq!(device.store.second(), Second::InOrder);
    let device = device.restart_on(Database::default());
    assert_eq!(device.numbers(), [1, 2, 3, 4], "the journal has what it missed as well");
}

#[test]
fn where_it_is_forgotten_which_history_has_a_change_the_server_is_told_again() {
    let mut device = Device::after(3);
    let earlier = device.image();
    let entries: Vec<_> = device.replica.outbox().cloned().collect();
    let accepted = entries[0].now(OutboxState::Accepted { revision: 7 });
    let kept = entries[1].now(OutboxState::Kept { revision: 8, since: at(0), since_here: at(0) });
    let mut meta = device.replica.meta().clone();
    meta.epoch = Some("first".to_owned());
    device.keep(Batch { meta: Some(meta), outbox: vec![accepted, kept], ..Batch::default() });
    let image = device.image();
    device.tap(4);
    let in_outbox = |device: &Device| device.replica.outbox().filter(|entry| entry.is_waiting()).count();
    let device = device.restart_on(image);
    assert_eq!(in_outbox(&device), 2, "it is known, and found out by the next page");
    for lost in [Database::default(), earlier] {
        let device = Device::open(lost, Rc::clone(&device.journal));
        assert_eq!(in_outbox(&device), 4, "the server may have been restored meanwhile");
    }
}

#[test]
fn what_both_have_lost_is_said_to_be_missing() {
    let device = Device::after(5);
    device.journal.files.borrow_mut().clear();
    let device = device.restart_on(Database::default());
    assert_eq!(device.store.recovery(), recovery(Damage::Wiped, 0, false));
    assert_eq!(device.restart().store.recovery(), None);

    let mut device = Device::after(2);
    let (database, files) = (device.image(), device.journal.files.borrow().clone());
    device.tap(3);
    *device.journal.files.borrow_mut() = files;
    let device = device.restart_on(database);
    assert_eq!(device.store.recovery(), recovery(Damage::CutShort, 0, false));
    device.goes_on();
}

#[test]
fn where_both_are_damaged_everything_that_is_left_of_either_is_kept() {
    let device = Device::after(5);
    let lost = device.replica.outbox().next().unwrap().change.id;
    block_on(device.database.held.apply(&Batch { settled: vec![lost], ..Batch::default() })).unwrap();
    device.journal.files.borrow_mut().values_mut().for_each(|file| {
        let half = file.len() / 2;
        file[half] ^= 1;
    });
    let device = device.restart();
    let Some(Recovery { damage: Damage::Spoilt, complete: false, .. }) = device.store.recovery() else {
        panic!("{:?}", device.store.recovery())
    };
    assert_eq!(device.numbers(), [1, 2, 3, 4, 5]);
    device.goes_on();
}

#[test]
fn without_a_second_journal_the_app_works_and_says_so_until_there_is_one() {
    let mut device = Device::after(1);
    let failure = JournalError::Failed("the worker is gone".to_owned());
    *device.journal.broken.borrow_mut() = Some(failure.clone());
    device.tap(2);
    assert_eq!(device.store.second(), Second::Missing(failure.clone()));
    let mut device = device.restart();
    assert_eq!((device.store.second(), device.store.recovery()), (Second::Missing(failure), None));
    *device.journal.broken.borrow_mut() = None;
    device.tap(3);
    assert_eq!(device.store.second(), Second::InOrder);
    let device = device.restart_on(Database::default());
    assert_eq!(device.numbers(), [1, 2, 3], "what came while it was gone is in it as well");
    device.goes_on();
}

#[test]
fn a_journal_does_not_grow_for_ever() {
    let mut device = Device::after(1);
    let long = "long ".repeat(300);
    for _ in 0..1_500 {
        let batch = device.replica.prepare(ticket_id(1), comment(&long), at(0)).unwrap();
        let id = batch.outbox[0].change.id;
        device.keep(batch);
        device.keep(Batch { settled: vec![id], ..Batch::default() });
    }
    let files = device.journal.files.borrow();
    let bytes: usize = files.values().map(Vec::len).sum();
    assert!(files.len() == 1 && bytes < 2 * 1024 * 1024, "{} files of {bytes} bytes", files.len());
    drop(files);
    assert_eq!(device.restart_on(Database::default()).numbers(), [1]);
}

#[test]
fn a_database_from_before_there_were_journals_is_taken_as_it_is() {
    let held = Rc::new(MemoryLocalStore::default());
    let device = Device::after(2);
    let loaded = block_on(device.database.held.load()).unwrap();
    let old =
        Batch { meta: loaded.meta, directory: loaded.directory, outbox: loaded.outbox, ..Batch::default() };
    block_on(held.apply(&old)).unwrap();
    let device = Device::open(Database { held, ..Database::default() }, Rc::default());
    assert_eq!(device.numbers(), [1, 2]);
    device.goes_on();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// One of the two may be spoilt in any way between two starts: whatever was saved is there.
    #[test]
    fn nothing_saved_is_lost_while_one_of_the_two_is_left(
        rounds in prop::collection::vec((1_u128..4, 0..5, any::<prop::sample::Index>()), 1..8),
    ) {
        let mut device = Device::after(0);
        let mut saved = Vec::new();
        let mut earlier = device.image();
        for (round, (changes, spoiling, at)) in (1_u128..).zip(rounds) {
            for change in 0..changes {
                saved.push(device.tap(round * 10 + change).seq);
            }
            let device_before = std::mem::replace(&mut earlier, device.image());
            device = match spoiling {
                0 => device.restart_on(Database::default()),
                1 => device.restart_on(device_before),
                2 => {
                    device.journal.files.borrow_mut().values_mut().for_each(|file| {
                        let at = at.index(file.len());
                        file[at] ^= 0x55;
                    });
                    device.restart()
                }
                3 => {
                    device.journal.files.borrow_mut().values_mut().for_each(|file| file.truncate(at.index(file.len())));
                    device.restart()
                }
                _ => {
                    let lost = device.replica.outbox().nth(at.index(saved.len())).unwrap().change.id;
                    block_on(device.database.held.apply(&Batch { settled: vec![lost], ..Batch::default() })).unwrap();
                    device.restart()
                }
            };
            prop_assert_eq!(device.numbers(), saved.clone());
        }
    }
}
