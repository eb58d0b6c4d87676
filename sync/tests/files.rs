//! Files on a device: kept before they are named, sent after everything else, let go only when they are elsewhere.
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod world;

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

use domain::ticket::{Action, Attachment, AttachmentKind, FileHash};
use domain::{ChangeId, Refusal, TicketId, Timestamp};
use sha2::{Digest, Sha256};
use sync::files::{
    CHUNK_BYTES, Content, FileBatch, FileKeeper, FileKey, FilePlace, FileState, FileStore, KeptFile,
    OnlyHere, Piece, ROOM_FOR_CHANGES_BYTES, Receipt, Recorder, UploadFailure, UploadProgress, UploadRefusal,
    UploadStep, Uploads, checksum,
};
use sync::messages::{Backup, Judged, PUSH_MAX_BYTES, PushResponse, Verdict};
use sync::{Failure, MemoryFileStore, Planner, Replica, StoreError};

use self::world::{Device, Server, agent, assign, at, block_on, comment, engineer, register, ticket_id};

const TICKET: TicketId = ticket_id(1);

/// An engineer's tablet with everything that it keeps of files.
struct Tablet {
    device: Device,
    store: Rc<MemoryFileStore>,
    keeper: FileKeeper<Rc<MemoryFileStore>>,
    uploads: Uploads,
}

/// The tablet's changes, as attaching a file needs them.
struct Hand<'t> {
    device: RefCell<&'t mut Device>,
    store: &'t MemoryFileStore,
    now: Timestamp,
}

/// Why a file was not attached.
#[derive(Debug, PartialEq)]
enum NotAttached {
    Store(StoreError),
    Refused(Refusal),
}

impl From<StoreError> for NotAttached {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Refusal> for NotAttached {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Recorder for Hand<'_> {
    type Error = NotAttached;

    fn replica(&self) -> impl Deref<Target = Replica> {
        Ref::map(self.device.borrow(), |device| &device.replica)
    }

    async fn know(&self, ticket: TicketId) -> Result<(), StoreError> {
        self.device.borrow_mut().know(ticket);
        Ok(())
    }

    async fn record(&self, ticket: TicketId, action: Action) -> Result<ChangeId, NotAttached> {
        // An app that has ended records nothing, either.
        self.store.write()?;
        Ok(self.device.borrow_mut().tap(ticket, action, self.now)?)
    }
}

struct Bytes<'b>(&'b [u8]);

impl Content for Bytes<'_> {
    fn chunk(&self, number: u32) -> Option<Vec<u8>> {
        self.0.chunks(CHUNK_BYTES as usize).nth(number as usize).map(<[u8]>::to_vec)
    }
}

impl Tablet {
    fn of(device: Device) -> Self {
        let store = Rc::new(MemoryFileStore::default());
        let keeper = FileKeeper::new(Rc::clone(&store));
        let mut tablet = Self { device, store, keeper, uploads: Uploads::default() };
        tablet.restart();
        tablet
    }

    /// The app ends without warning and starts again.
    fn restart(&mut self) {
        self.store.ends_after.set(None);
        self.device.restart();
        self.keeper = FileKeeper::new(Rc::clone(&self.store));
        self.uploads = Uploads::default();
        block_on(self.keeper.open(|| &self.device.replica)).unwrap();
    }

    /// Notes what has become of an upload.
    fn keep(&self, batch: FileBatch) {
        block_on(self.keeper.note(batch)).unwrap();
    }

    fn attach(
        &mut self,
        attachment: Attachment,
        content: &[u8],
        now: Timestamp,
    ) -> Result<ChangeId, NotAttached> {
        let hand = Hand { device: RefCell::new(&mut self.device), store: &self.store, now };
        block_on(self.keeper.attach(TICKET, attachment, &Bytes(content), now, &hand))
    }

    /// Takes a photo, and the app ends after so many writes.
    fn take_until(&mut self, content: &[u8], now: Timestamp, writes: usize) -> FileKey {
        self.store.ends_after.set(Some(writes));
        let _ = self.attach(photo(content), content, now);
        FileKey { hash: digest(content), ticket: TICKET }
    }

    fn take(&mut self, content: &[u8], now: Timestamp) -> FileKey {
        self.attach(photo(content), content, now).unwrap();
        FileKey { hash: digest(content), ticket: TICKET }
    }

    fn next(&self, now: Timestamp) -> UploadStep {
        let mut planner = Planner::default();
        planner.pulled(false);
        self.next_by(&planner, now)
    }

    fn next_by(&self, planner: &Planner, now: Timestamp) -> UploadStep {
        self.keeper.shelf(|shelf| self.uploads.next(shelf, &self.device.replica, planner, now)).unwrap()
    }

    fn settle(&self) {
        block_on(self.keeper.settle(|| &self.device.replica)).unwrap();
    }

    fn abandon(&self, key: FileKey) {
        block_on(self.keeper.abandon(key, || &self.device.replica)).unwrap();
    }

    fn unsent(&self) -> usize {
        self.keeper.shelf(|shelf| shelf.unsent(&self.device.replica)).unwrap()
    }

    fn place(&self, key: FileKey) -> Option<FilePlace> {
        self.keeper.shelf(|shelf| shelf.places().get(&key).copied()).unwrap()
    }

    fn is_whole(&self, key: FileKey) -> bool {
        self.keeper.shelf(|shelf| shelf.whole(key.hash).is_some()).unwrap()
    }

    /// The browser loses a content, or all of it after the first chunks.
    fn lose(&mut self, content: &[u8], but_for: usize) {
        let hash = digest(content);
        block_on(self.store.apply_files(&FileBatch { release: vec![hash], ..FileBatch::default() })).unwrap();
        for (number, chunk) in (0..).zip(content.chunks(CHUNK_BYTES as usize)).take(but_for) {
            block_on(self.store.put_chunk(hash, number, chunk)).unwrap();
        }
        self.restart();
    }

    fn has_content(&self, key: FileKey) -> bool {
        block_on(self.store.contents()).unwrap().contains_key(&key.hash)
    }

    /// What is stored of a piece.
    fn read(&self, piece: &Piece) -> Vec<u8> {
        block_on(self.keeper.piece(piece)).unwrap().unwrap()
    }

    /// Takes one step on a line that works. Returns false when there is nothing to send.
    fn send_one(&mut self, desk: &mut FileDesk, now: Timestamp) -> bool {
        let replica = &self.device.replica;
        let (file, answer) = match self.next(now) {
            UploadStep::Begin(file) => {
                let (upload, progress) = desk.begin(&file, now);
                let batch = self.uploads.begun(&file, upload, progress, replica, now);
                self.keep(batch);
                return true;
            }
            UploadStep::Ask(file, upload) => (file, desk.ask(&upload)),
            UploadStep::Send(piece) => {
                let bytes = self.read(&piece);
                let answer = desk.receive(&piece.upload, piece.offset, &bytes, now);
                (piece.file, answer)
            }
            UploadStep::Wait(_) | UploadStep::Rest => return false,
        };
        let batch = match answer {
            Ok(progress) => self.uploads.progressed(&file, progress, &self.device.replica, now),
            Err(refusal) => self.uploads.failed(&file, UploadFailure::Refused(refusal), now, 0.0),
        };
        self.keep(batch);
        true
    }
}

/// The server's end of uploads, in a few lines.
#[derive(Default)]
struct FileDesk {
    epoch: String,
    uploads: BTreeMap<String, (KeptFile, Vec<u8>)>,
    stored: BTreeMap<FileHash, (Vec<u8>, Timestamp)>,
    begun: usize,
}

impl FileDesk {
    fn new() -> Self {
        Self { epoch: "first".to_owned(), ..Self::default() }
    }

    fn receipt(&self, hash: FileHash) -> Option<Receipt> {
        let (_, stored_at) = self.stored.get(&hash)?;
        Some(Receipt { stored_at: *stored_at, epoch: self.epoch.clone() })
    }

    fn begin(&mut self, file: &KeptFile, _: Timestamp) -> (String, UploadProgress) {
        self.begun += 1;
        let upload = format!("/api/files/uploads/{}", self.begun);
        let receipt = self.receipt(file.key.hash);
        let offset = if receipt.is_some() { file.bytes } else { 0 };
        self.uploads.insert(upload.clone(), (file.clone(), Vec::new()));
        (upload, UploadProgress { offset, receipt })
    }

    fn ask(&self, upload: &str) -> Result<UploadProgress, UploadRefusal> {
        let (file, received) = self.uploads.get(upload).ok_or(UploadRefusal::Gone)?;
        Ok(UploadProgress { offset: received.len() as u64, receipt: self.receipt(file.key.hash) })
    }

    fn receive(
        &mut self,
        upload: &str,
        offset: u64,
        piece: &[u8],
        now: Timestamp,
    ) -> Result<UploadProgress, UploadRefusal> {
        let (file, received) = self.uploads.get_mut(upload).ok_or(UploadRefusal::Gone)?;
        if offset != received.len() as u64 {
            return Err(UploadRefusal::Elsewhere);
        }
        received.extend_from_slice(piece);
        if received.len() as u64 == file.bytes {
            assert_eq!(digest(received), file.key.hash, "what was sent is what was announced");
            self.stored.entry(file.key.hash).or_insert_with(|| (received.clone(), now));
        }
        self.ask(upload)
    }
}

fn digest(content: &[u8]) -> FileHash {
    FileHash::from_digest(Sha256::digest(content).into())
}

fn photo(content: &[u8]) -> Attachment {
    Attachment {
        sha256: digest(content).to_string(),
        bytes: content.len() as u64,
        media_type: "image/jpeg".to_owned(),
        kind: AttachmentKind::Photo,
        name: "铭牌".to_owned(),
        size: None,
        taken_at: None,
        place: None,
    }
}

/// A content that no other number makes.
fn content(number: u8, bytes: usize) -> Vec<u8> {
    let mut content: Vec<u8> = (0..bytes).map(|at| (at % 249) as u8).collect();
    content[0] = number;
    content
}

/// A server with one ticket, and the tablet of the engineer whose it is.
fn field() -> (Server, Tablet) {
    let mut server = Server::new();
    let mut office = Device::of(agent(), 100);
    office.sync(&mut server, at(0));
    office.tap(TICKET, register("it smokes"), at(1)).unwrap();
    office.tap(TICKET, assign(&engineer()), at(2)).unwrap();
    office.sync(&mut server, at(3));
    let mut field = Device::of(engineer(), 200);
    field.sync(&mut server, at(4));
    (server, Tablet::of(field))
}

#[test]
fn whenever_the_app_ends_a_photo_is_there_wholly_or_not_at_all() {
    let content = content(1, 2 * CHUNK_BYTES as usize + 5);
    // Three chunks, the row, the change, the row once more.
    for writes in 0..=6 {
        let (_, mut tablet) = field();
        let key = tablet.take_until(&content, at(10), writes);
        tablet.restart();
        let attached = tablet.device.see(TICKET).unwrap().attachments.len();
        assert_eq!(attached, usize::from(writes >= 5), "ended after {writes} writes");
        assert_eq!(tablet.unsent(), attached, "ended after {writes} writes");
        assert_eq!(tablet.has_content(key), attached == 1, "ended after {writes} writes: nothing lies about");
        assert_eq!(tablet.place(key), (attached == 1).then_some(FilePlace::OnDevice));
    }
}

#[test]
fn a_row_that_was_lost_is_made_anew_from_the_change_that_names_it() {
    let (_, mut tablet) = field();
    let key = tablet.take(&content(1, 5), at(10));
    block_on(tablet.store.apply_files(&FileBatch { forget: vec![key], ..FileBatch::default() })).unwrap();
    tablet.restart();
    assert_eq!(tablet.place(key), Some(FilePlace::OnDevice));
    assert!(tablet.has_content(key));
}

#[test]
fn a_content_that_has_lost_a_piece_is_neither_shown_nor_sent_nor_forgotten() {
    let (mut server, mut tablet) = field();
    let whole = content(1, CHUNK_BYTES as usize + 1);
    let key = tablet.take(&whole, at(10));
    tablet.device.sync(&mut server, at(20));
    tablet.lose(&whole, 1);
    assert!(!tablet.is_whole(key));
    let mut desk = FileDesk::new();
    assert!(matches!(tablet.next(at(30)), UploadStep::Begin(_)), "the server may have it");
    assert!(tablet.send_one(&mut desk, at(30)));
    assert_eq!(tablet.next(at(31)), UploadStep::Rest, "it has not, and nothing can be sent");
    assert!(tablet.has_content(key));
    assert_eq!(tablet.unsent(), 1, "it was said to be saved, and is not on the server");
}

/// The browser loses everything that it keeps of files.
fn wipe(tablet: &mut Tablet) {
    tablet.store = Rc::default();
    tablet.restart();
}

#[test]
fn what_is_lost_with_everything_that_was_noted_of_it_is_said_to_be() {
    let (mut server, mut tablet) = field();
    let key = tablet.take(&content(1, 5), at(10));
    wipe(&mut tablet);
    let lost =
        |tablet: &Tablet| tablet.keeper.shelf(|shelf| shelf.only_here(&tablet.device.replica)).unwrap().lost;
    assert_eq!(
        lost(&tablet),
        [key.hash].into(),
        "the change came back from the journal, and its photo did not"
    );
    assert_eq!((tablet.unsent(), tablet.place(key)), (1, Some(FilePlace::OnDevice)));
    tablet.device.sync(&mut server, at(20));
    let mut desk = FileDesk::new();
    while tablet.send_one(&mut desk, at(30)) {}
    assert_eq!((tablet.unsent(), desk.begun), (1, 1), "the server was asked, and has not got it");
    tablet.restart();
    desk.stored.insert(key.hash, (content(1, 5), at(40)));
    while tablet.send_one(&mut desk, at(50)) {}
    assert_eq!((tablet.place(key), lost(&tablet)), (Some(FilePlace::OnServer), [].into()));
}

#[test]
fn what_is_lost_for_good_is_forgotten_with_its_change_and_not_before() {
    let (mut server, mut tablet) = field();
    let key = tablet.take(&content(1, 5), at(10));
    wipe(&mut tablet);
    tablet.device.sync(&mut server, at(20));
    for (days, stays) in [(29, true), (62, false)] {
        tablet.device.sync(&mut server, at(days * Timestamp::DAY_MS));
        tablet.settle();
        assert_eq!(tablet.place(key).is_some(), stays, "after {days} days");
    }
}

#[test]
fn what_can_not_be_put_right_at_once_is_not_forgotten() {
    let (_, mut tablet) = field();
    let key = tablet.take(&content(1, 5), at(10));
    block_on(tablet.store.apply_files(&FileBatch { forget: vec![key], ..FileBatch::default() })).unwrap();
    tablet.keeper = FileKeeper::new(Rc::clone(&tablet.store));
    tablet.store.ends_after.set(Some(0));
    tablet.store.can_be_read.set(true);
    assert!(block_on(tablet.keeper.open(|| &tablet.device.replica)).is_err());
    assert_eq!(tablet.unsent(), 1);
    tablet.store.ends_after.set(None);
    tablet.settle();
    assert_eq!(tablet.place(key), Some(FilePlace::OnDevice));
}

#[test]
fn a_row_that_can_not_be_written_leaves_no_content_behind() {
    let (_, mut tablet) = field();
    let whole = content(1, 5);
    tablet.store.full_for_rows.set(true);
    assert_eq!(tablet.attach(photo(&whole), &whole, at(10)), Err(NotAttached::Store(StoreError::Full)));
    assert_eq!(block_on(tablet.store.contents()).unwrap(), BTreeMap::new());
}

#[test]
fn files_go_out_after_all_changes_and_the_small_ones_first() {
    let (mut server, mut tablet) = field();
    let large = tablet.take(&content(1, 5_000), at(10));
    let late = tablet.take(&content(2, 50), at(12));
    let early = tablet.take(&content(3, 50), at(11));
    assert_eq!(tablet.next(at(20)), UploadStep::Rest, "their changes have not been pushed");
    tablet.device.sync(&mut server, at(20));
    tablet.device.tap(TICKET, comment("before all photos"), at(21)).unwrap();
    assert_eq!(tablet.next(at(22)), UploadStep::Rest, "a line of text is worth more");
    tablet.device.sync(&mut server, at(23));
    let mut desk = FileDesk::new();
    let mut begun = Vec::new();
    loop {
        if let UploadStep::Begin(file) = tablet.next(at(24)) {
            begun.push(file.key);
        }
        if !tablet.send_one(&mut desk, at(24)) {
            break;
        }
    }
    assert_eq!(begun, [early, late, large]);
    assert_eq!(tablet.unsent(), 0);
}

#[test]
fn nothing_is_sent_before_the_server_has_told_all_it_has() {
    let (mut server, mut tablet) = field();
    tablet.take(&content(1, 5), at(10));
    tablet.device.sync(&mut server, at(20));
    let mut planner = Planner::default();
    assert_eq!(tablet.next_by(&planner, at(30)), UploadStep::Rest, "nothing has been heard");
    planner.pulled(true);
    assert_eq!(tablet.next_by(&planner, at(30)), UploadStep::Rest, "there is more");
    planner.pulled(false);
    assert!(matches!(tablet.next_by(&planner, at(30)), UploadStep::Begin(_)), "whether or not events arrive");
    for failure in [Failure::Unreachable, Failure::NotKept, Failure::SignedOut, Failure::TooOld] {
        let mut planner = Planner::default();
        planner.pulled(false);
        planner.failed(failure, at(30), 0.0);
        assert_eq!(tablet.next_by(&planner, at(30)), UploadStep::Rest, "{failure:?}");
    }
}

#[test]
fn an_upload_goes_on_where_it_was_after_a_restart() {
    let (mut server, mut tablet) = field();
    let whole = content(1, 3 * CHUNK_BYTES as usize);
    let key = tablet.take(&whole, at(10));
    tablet.device.sync(&mut server, at(20));
    let mut desk = FileDesk::new();
    assert!(tablet.send_one(&mut desk, at(21)) && tablet.send_one(&mut desk, at(22)));
    tablet.restart();
    let UploadStep::Ask(_, upload) = tablet.next(at(23)) else { panic!("the server is asked first") };
    assert_eq!(upload, "/api/files/uploads/1");
    assert!(tablet.send_one(&mut desk, at(23)));
    let UploadStep::Send(piece) = tablet.next(at(24)) else { panic!("and then it goes on") };
    assert_eq!((piece.offset, piece.length), (u64::from(CHUNK_BYTES), CHUNK_BYTES));
    while tablet.send_one(&mut desk, at(25)) {}
    assert_eq!((desk.begun, &desk.stored[&key.hash].0), (1, &whole));
}

#[test]
fn a_file_that_the_server_has_is_not_sent_again() {
    let (mut server, mut tablet) = field();
    let whole = content(1, 5);
    let mut desk = FileDesk::new();
    desk.stored.insert(digest(&whole), (whole.clone(), at(1)));
    let key = tablet.take(&whole, at(10));
    tablet.device.sync(&mut server, at(20));
    assert!(tablet.send_one(&mut desk, at(21)));
    assert_eq!(tablet.place(key), Some(FilePlace::OnServer));
    assert_eq!(tablet.next(at(22)), UploadStep::Rest);
}

/// A made-up line and a made-up server, both bad, out of one seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[test]
fn on_whatever_line_every_file_arrives_whole() {
    for seed in 1..=60 {
        let mut chance = Chance(u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15));
        let (mut server, mut tablet) = field();
        let mut desk = FileDesk::new();
        let files: Vec<_> = (0..3)
            .map(|number| content(number, 1 + usize::try_from(chance.below(1_500_000)).unwrap()))
            .collect();
        let keys: Vec<_> = files.iter().map(|file| tablet.take(file, at(10))).collect();
        tablet.device.sync(&mut server, at(20));
        let mut now = 30;
        while tablet.unsent() > 0 {
            now += 1 + i64::try_from(chance.below(100_000)).unwrap();
            assert!(now < 10_000_000_000, "seed {seed} comes to no end");
            match chance.below(8) {
                0 => tablet.restart(),
                1 => desk.uploads.clear(),
                2 | 3 => lose_an_answer(&mut tablet, &mut desk, at(now), &mut chance),
                _ => drop(tablet.send_one(&mut desk, at(now))),
            }
        }
        for (key, file) in keys.iter().zip(&files) {
            assert!(&desk.stored[&key.hash].0 == file, "seed {seed}");
            assert_eq!(tablet.place(*key), Some(FilePlace::OnServer), "seed {seed}");
        }
    }
}

/// The next step comes to the server, or a part of it does, and its answer doesn't come back.
fn lose_an_answer(tablet: &mut Tablet, desk: &mut FileDesk, now: Timestamp, chance: &mut Chance) {
    let file = match tablet.next(now) {
        UploadStep::Begin(file) => {
            desk.begin(&file, now);
            file
        }
        UploadStep::Ask(file, _) => file,
        UploadStep::Send(piece) => {
            let mut bytes = tablet.read(&piece);
            bytes.truncate(usize::try_from(chance.below(bytes.len() as u64 + 1)).unwrap());
            let _ = desk.receive(&piece.upload, piece.offset, &bytes, now);
            piece.file
        }
        UploadStep::Wait(_) | UploadStep::Rest => return,
    };
    let batch = tablet.uploads.failed(&file, UploadFailure::Unreachable, now, 0.5);
    tablet.keep(batch);
}

#[test]
fn a_line_that_fails_is_given_smaller_pieces_and_longer_pauses() {
    let (mut server, mut tablet) = field();
    tablet.take(&content(1, 8 * CHUNK_BYTES as usize), at(10));
    tablet.device.sync(&mut server, at(20));
    let mut desk = FileDesk::new();
    tablet.send_one(&mut desk, at(21));
    let (mut lengths, mut pauses, mut now) = (Vec::new(), Vec::new(), 22);
    for _ in 0..4 {
        let UploadStep::Send(piece) = tablet.next(at(now)) else { panic!("it is sent") };
        lengths.push(piece.length);
        let batch = tablet.uploads.failed(&piece.file, UploadFailure::Unreachable, at(now), 0.0);
        assert!(batch.is_empty(), "its upload is still there");
        let UploadStep::Wait(until) = tablet.next(at(now)) else { panic!("not at once") };
        pauses.push(until.millis_since(at(now)));
        now += until.millis_since(at(now));
        tablet.uploads.try_now();
        let UploadStep::Ask(file, upload) = tablet.next(at(now)) else { panic!("asked first") };
        let progress = desk.ask(&upload).unwrap();
        // Only what is got through ends a row of failures; here nothing but the question does.
        let _ = tablet.uploads.progressed(&file, progress, &tablet.device.replica, at(now));
    }
    assert_eq!(lengths, [CHUNK_BYTES, CHUNK_BYTES / 4, CHUNK_BYTES / 16, CHUNK_BYTES / 16]);
    assert_eq!(pauses[0], 1_000);
}

#[test]
fn a_file_that_the_server_will_not_have_does_not_hold_up_the_others() {
    let (mut server, mut tablet) = field();
    let unwanted = tablet.take(&content(1, 5), at(10));
    let wanted = tablet.take(&content(2, 50), at(11));
    tablet.device.sync(&mut server, at(20));
    let UploadStep::Begin(file) = tablet.next(at(21)) else { panic!("it is announced") };
    assert_eq!(file.key, unwanted);
    let refused = UploadFailure::Refused(UploadRefusal::File);
    let batch = tablet.uploads.failed(&file, refused, at(21), 0.0);
    tablet.keep(batch);
    let mut desk = FileDesk::new();
    while tablet.send_one(&mut desk, at(22)) {}
    assert_eq!(tablet.place(wanted), Some(FilePlace::OnServer));
    assert_eq!(tablet.unsent(), 1, "it is kept, and said to be unsent");
    let UploadStep::Wait(until) = tablet.next(at(23)) else { panic!("it is tried again") };
    assert!(matches!(tablet.next(until), UploadStep::Begin(file) if file.key == unwanted));
}

/// A tablet with one photo that the server has since `at(30)`.
fn stored() -> (Server, Tablet, FileDesk, FileKey) {
    let (mut server, mut tablet) = field();
    let key = tablet.take(&content(1, 5), at(10));
    tablet.device.sync(&mut server, at(20));
    let mut desk = FileDesk::new();
    while tablet.send_one(&mut desk, at(30)) {}
    assert_eq!(tablet.place(key), Some(FilePlace::OnServer));
    (server, tablet, desk, key)
}

#[test]
fn bytes_stay_until_a_backup_is_later_than_their_receipt() {
    let (mut server, mut tablet, _, key) = stored();
    for (arrived, expected) in
        [(29, FilePlace::OnServer), (30, FilePlace::OnServer), (31, FilePlace::InBackup)]
    {
        server.backup = Some(Backup { seq: server.seq(), arrived: at(arrived) });
        tablet.device.sync(&mut server, at(40));
        tablet.settle();
        tablet.restart();
        assert_eq!(tablet.place(key), Some(expected), "a backup until {arrived}");
        assert_eq!(tablet.has_content(key), expected == FilePlace::OnServer, "a backup until {arrived}");
    }
}

#[test]
fn without_a_backup_bytes_stay_for_thirty_days() {
    let (mut server, mut tablet, _, key) = stored();
    for (days, stays) in [(29, true), (31, false)] {
        tablet.device.sync(&mut server, at(days * Timestamp::DAY_MS));
        tablet.settle();
        assert_eq!(tablet.has_content(key), stays, "after {days} days");
    }
    assert_eq!(tablet.place(key), None);
}

#[test]
fn a_servers_clock_that_jumps_lets_no_bytes_go() {
    let (mut server, mut tablet, mut desk, key) = stored();
    let year = 365 * Timestamp::DAY_MS;
    tablet.device.behind_ms = year;
    tablet.device.sync(&mut server, at(year));
    tablet.device.behind_ms = 0;
    tablet.settle();
    assert!(tablet.has_content(key));
    let another = tablet.take(&content(2, 5), at(40));
    tablet.device.sync(&mut server, at(41));
    while tablet.send_one(&mut desk, at(42)) {}
    tablet.settle();
    assert!(tablet.has_content(another), "its receipt is older than what the server once said");
}

#[test]
fn what_the_server_can_not_judge_holds_no_photo_up() {
    let (mut server, mut tablet) = field();
    tablet.take(&content(1, 5), at(10));
    tablet.device.sync(&mut server, at(20));
    tablet.device.tap(TICKET, world::comment("of another time"), at(30)).unwrap();
    let mut planner = Planner::default();
    planner.pulled(false);
    assert_eq!(tablet.next_by(&planner, at(31)), UploadStep::Rest, "words go first");
    let request = tablet.device.replica.push_request(0, PUSH_MAX_BYTES, at(31)).unwrap();
    planner.pushed(&tablet.device.replica, &request, at(31));
    assert_eq!(planner.unjudged(), 1);
    assert!(matches!(tablet.next_by(&planner, at(31)), UploadStep::Begin(_)));
    tablet.device.tap(TICKET, world::comment("of this time"), at(32)).unwrap();
    assert_eq!(tablet.next_by(&planner, at(32)), UploadStep::Rest, "what was written since goes first again");
}

#[test]
fn on_a_full_tablet_an_upload_goes_on_though_its_address_can_not_be_kept() {
    let (mut server, mut tablet) = field();
    let whole = content(1, 3 * CHUNK_BYTES as usize);
    let key = tablet.take(&whole, at(10));
    tablet.device.sync(&mut server, at(20));
    let mut desk = FileDesk::new();
    let UploadStep::Begin(file) = tablet.next(at(21)) else { panic!("it is announced first") };
    let (upload, progress) = desk.begin(&file, at(21));
    let batch = tablet.uploads.begun(&file, upload, progress, &tablet.device.replica, at(21));
    assert!(!batch.is_empty(), "and could not be kept");
    tablet.uploads.stop(at(21), 0.0);
    let UploadStep::Wait(until) = tablet.next(at(21)) else { panic!("the device is given a while") };
    assert!(tablet.send_one(&mut desk, until));
    let UploadStep::Send(piece) = tablet.next(until) else { panic!("it goes on") };
    tablet.uploads.failed(&piece.file, UploadFailure::Unreachable, until, 0.0);
    let UploadStep::Wait(until) = tablet.next(until) else { panic!("the line is given a while") };
    assert!(matches!(tablet.next(until), UploadStep::Ask(..)), "the server knows how far it has come");
    while tablet.send_one(&mut desk, until) {}
    assert_eq!((desk.begun, &desk.stored[&key.hash].0), (1, &whole));
}

#[test]
fn a_restored_server_gets_its_files_again() {
    let (mut server, mut tablet, mut desk, key) = stored();
    server.restore(2);
    desk.stored.clear();
    desk.epoch.clone_from(&server.epoch);
    tablet.device.sync(&mut server, at(40));
    tablet.settle();
    assert_eq!((tablet.place(key), tablet.unsent()), (Some(FilePlace::OnDevice), 1));
    tablet.device.sync(&mut server, at(50));
    while tablet.send_one(&mut desk, at(60)) {}
    assert_eq!(tablet.place(key), Some(FilePlace::OnServer));
    assert!(desk.stored.contains_key(&key.hash));
}

#[test]
fn a_receipt_of_a_history_that_is_not_known_yet_does_not_count() {
    let (mut server, mut tablet) = field();
    let key = tablet.take(&content(1, 5), at(10));
    tablet.device.sync(&mut server, at(20));
    let mut desk = FileDesk { epoch: "another".to_owned(), ..FileDesk::new() };
    tablet.send_one(&mut desk, at(30));
    tablet.send_one(&mut desk, at(31));
    assert_eq!(tablet.place(key), Some(FilePlace::OnDevice));
    assert!(matches!(tablet.next(at(32)), UploadStep::Wait(_)), "not again and again at once");
}

#[test]
fn a_content_of_two_tickets_stays_until_neither_needs_it() {
    let (mut server, mut tablet, _, key) = stored();
    let other = KeptFile {
        key: FileKey { ticket: ticket_id(2), ..key },
        state: FileState::Waiting { upload: None },
        ..tablet.keeper.shelf(|shelf| shelf.file(key).unwrap().clone()).unwrap()
    };
    block_on(tablet.store.apply_files(&FileBatch { keep: vec![other.clone()], ..FileBatch::default() }))
        .unwrap();
    tablet.restart();
    server.backup = Some(Backup { seq: server.seq(), arrived: at(35) });
    tablet.device.sync(&mut server, at(40));
    tablet.settle();
    assert_eq!(tablet.place(key), Some(FilePlace::InBackup));
    assert!(tablet.has_content(key), "the other ticket's has not been sent");
    tablet.abandon(other.key);
    assert!(!tablet.has_content(key));
}

#[test]
fn a_content_that_was_lost_is_kept_anew_when_its_file_is_added_once_more() {
    let (mut server, mut tablet) = field();
    let whole = content(1, CHUNK_BYTES as usize + 1);
    let key = tablet.take(&whole, at(10));
    let first = tablet.device.replica.outbox().next().unwrap().change.id;
    tablet.device.sync(&mut server, at(20));
    for but_for in [0, 1] {
        tablet.lose(&whole, but_for);
        assert_eq!(
            tablet.attach(photo(&whole), &whole, at(30)).unwrap(),
            first,
            "it is part of the ticket already"
        );
        assert!(tablet.is_whole(key));
    }
    let mut desk = FileDesk::new();
    while tablet.send_one(&mut desk, at(40)) {}
    assert_eq!(&desk.stored[&key.hash].0, &whole);
}

#[test]
fn what_somebody_else_has_attached_is_sent_from_here_by_whoever_adds_it_too() {
    let (mut server, mut tablet) = field();
    let whole = content(1, 5);
    let mut office = Device::of(agent(), 300);
    office.sync(&mut server, at(5));
    office.tap(TICKET, Action::Attach(Box::new(photo(&whole))), at(6)).unwrap();
    office.sync(&mut server, at(7));
    tablet.device.sync(&mut server, at(8));
    let key = tablet.take(&whole, at(10));
    assert_eq!(tablet.device.replica.outbox().count(), 0, "it is attached already");
    tablet.settle();
    assert_eq!(tablet.unsent(), 1, "nobody here knows whether the server has it");
    let mut desk = FileDesk::new();
    while tablet.send_one(&mut desk, at(20)) {}
    assert_eq!(tablet.place(key), Some(FilePlace::OnServer));
}

#[test]
fn a_row_that_can_not_be_read_takes_nothing_from_the_others() {
    let (mut server, mut tablet) = field();
    let (spoilt, sound) = (tablet.take(&content(1, 5), at(10)), tablet.take(&content(2, 5), at(11)));
    tablet.store.unreadable.borrow_mut().insert(spoilt);
    tablet.restart();
    assert_eq!(tablet.unsent(), 2, "its change says all that its row said");
    assert!(tablet.is_whole(spoilt) && tablet.is_whole(sound));
    tablet.device.sync(&mut server, at(20));
    let mut desk = FileDesk::new();
    while tablet.send_one(&mut desk, at(30)) {}
    assert_eq!(desk.stored.len(), 2);
}

#[test]
fn what_can_not_be_read_and_is_named_by_nothing_is_neither_sent_nor_let_go() {
    let (_, mut tablet) = field();
    let key = FileKey { hash: digest(b"whose?"), ticket: ticket_id(9) };
    block_on(tablet.store.put_chunk(key.hash, 0, b"whose?")).unwrap();
    tablet.store.unreadable.borrow_mut().insert(key);
    tablet.restart();
    assert!(tablet.has_content(key));
    assert_eq!((tablet.unsent(), tablet.next(at(20))), (1, UploadStep::Rest));
    tablet.settle();
    assert!(tablet.has_content(key));
}

#[test]
fn a_row_that_can_not_be_read_and_has_no_content_goes() {
    let (_, mut tablet) = field();
    let key = FileKey { hash: digest(b"sent long ago"), ticket: TICKET };
    tablet.store.unreadable.borrow_mut().insert(key);
    tablet.restart();
    assert_eq!(tablet.unsent(), 0);
    assert!(tablet.store.unreadable.borrow().is_empty());
}

#[test]
fn a_store_that_can_not_be_read_at_first_is_read_later() {
    let (mut server, mut tablet) = field();
    let key = tablet.take(&content(1, 5), at(10));
    tablet.device.sync(&mut server, at(20));
    tablet.keeper = FileKeeper::new(Rc::clone(&tablet.store));
    tablet.store.ends_after.set(Some(0));
    let open = || block_on(tablet.keeper.open(|| &tablet.device.replica));
    assert!(open().is_err() && !tablet.keeper.is_open());
    assert!(block_on(tablet.keeper.settle(|| &tablet.device.replica)).is_err());
    tablet.store.ends_after.set(None);
    tablet.settle();
    assert!(tablet.keeper.is_open() && tablet.is_whole(key));
}

#[test]
fn files_leave_room_for_signatures() {
    let (_, mut tablet) = field();
    let whole = content(1, 5);
    tablet.store.room.set(Some(ROOM_FOR_CHANGES_BYTES + 4));
    let full = tablet.attach(photo(&whole), &whole, at(10));
    assert_eq!(full, Err(NotAttached::Store(StoreError::Full)));
    assert_eq!((tablet.unsent(), tablet.device.replica.outbox().count()), (0, 0));
    tablet.store.room.set(Some(ROOM_FOR_CHANGES_BYTES + 5));
    assert!(tablet.attach(photo(&whole), &whole, at(11)).is_ok());
}

#[test]
fn what_may_not_be_attached_leaves_nothing_behind() {
    let (_, mut tablet) = field();
    let whole = content(1, 5);
    let refused = tablet.attach(Attachment { bytes: 0, ..photo(&whole) }, &whole, at(10));
    assert!(matches!(refused, Err(NotAttached::Refused(_))), "{refused:?}");
    let longer = tablet.attach(Attachment { bytes: 6, ..photo(&whole) }, &whole, at(10));
    assert!(matches!(longer, Err(NotAttached::Store(StoreError::Unreadable { .. }))), "{longer:?}");
    assert_eq!(block_on(tablet.store.contents()).unwrap(), BTreeMap::new());
    assert_eq!(tablet.device.replica.outbox().count(), 0);
}

#[test]
fn an_upload_that_ends_after_its_file_was_let_go_does_not_bring_it_back() {
    let (mut tablet, key, change) = judged(Verdict::Refused { because: Refusal::OutOfScope });
    let file = tablet.keeper.shelf(|shelf| shelf.file(key).unwrap().clone()).unwrap();
    let batch = tablet.device.replica.discard(change).unwrap();
    tablet.device.keep(batch);
    tablet.abandon(key);
    let receipt = Receipt { stored_at: at(30), epoch: "first".to_owned() };
    tablet.keep(FileBatch { keep: vec![file.now(FileState::Stored { receipt })], ..FileBatch::default() });
    assert_eq!(tablet.place(key), None);
}

/// A tablet with a photo on whose change the server has said this.
fn judged(verdict: Verdict) -> (Tablet, FileKey, ChangeId) {
    let (_, mut tablet) = field();
    let key = tablet.take(&content(1, 5), at(10));
    let change = tablet.device.replica.outbox().next().unwrap().change.id;
    let verdicts = vec![Judged { id: change, verdict }];
    let answer = PushResponse { epoch: "first".to_owned(), server_time: at(20), verdicts };
    let batch = tablet.device.replica.on_push(&answer, at(20), at(20));
    tablet.device.keep(batch);
    (tablet, key, change)
}

#[test]
fn a_photo_whose_change_is_refused_waits_for_its_author_and_goes_with_the_change() {
    let (mut tablet, key, change) = judged(Verdict::Refused { because: Refusal::OutOfScope });
    assert_eq!((tablet.unsent(), tablet.next(at(30))), (0, UploadStep::Rest));
    tablet.restart();
    tablet.abandon(key);
    assert!(tablet.has_content(key), "its author may send the change again");
    let batch = tablet.device.replica.discard(change).unwrap();
    tablet.device.keep(batch);
    tablet.abandon(key);
    assert!(!tablet.has_content(key));
}

#[test]
fn a_photo_that_is_lost_is_said_to_be_whatever_has_become_of_its_change() {
    let parked = Verdict::Parked { because: Refusal::NotAccountable };
    for verdict in [parked, Verdict::Refused { because: Refusal::OutOfScope }] {
        let (mut tablet, key, _) = judged(verdict);
        wipe(&mut tablet);
        let only_here = tablet.keeper.shelf(|shelf| shelf.only_here(&tablet.device.replica)).unwrap();
        assert_eq!(only_here, OnlyHere { lost: [key.hash].into(), ..OnlyHere::default() });
    }
}

#[test]
fn a_photo_whose_change_is_parked_is_kept_and_not_sent_before_it_counts() {
    let (mut tablet, key, change) = judged(Verdict::Parked { because: Refusal::NotAccountable });
    tablet.restart();
    assert_eq!((tablet.unsent(), tablet.next(at(30))), (0, UploadStep::Rest));
    assert!(tablet.has_content(key));
    let verdicts = vec![Judged { id: change, verdict: Verdict::Applied { revision: 9 } }];
    let answer = PushResponse { epoch: "first".to_owned(), server_time: at(40), verdicts };
    let batch = tablet.device.replica.on_push(&answer, at(40), at(40));
    tablet.device.keep(batch);
    assert!(matches!(tablet.next(at(50)), UploadStep::Begin(_)), "the office has let it in");
    assert_eq!(tablet.unsent(), 1);
}

#[test]
fn what_the_server_says_against_an_upload_has_one_meaning_each() {
    let refused = |refusal| UploadFailure::Refused(refusal);
    for (status, code, expected) in [
        (401, "signed_out", UploadFailure::SignedOut),
        (404, "unknown_ticket", refused(UploadRefusal::File)),
        (404, "unknown_upload", refused(UploadRefusal::Gone)),
        (404, "", refused(UploadRefusal::Gone)),
        (408, "interrupted", refused(UploadRefusal::Elsewhere)),
        (409, "wrong_offset", refused(UploadRefusal::Elsewhere)),
        (410, "upload_expired", refused(UploadRefusal::Gone)),
        (413, "too_large", refused(UploadRefusal::File)),
        (415, "unsupported_media_type", refused(UploadRefusal::File)),
        (423, "upload_busy", UploadFailure::Busy { retry_after_ms: 7_000 }),
        (429, "too_many_uploads", UploadFailure::Busy { retry_after_ms: 7_000 }),
        (460, "checksum_mismatch", refused(UploadRefusal::Elsewhere)),
        (460, "content_mismatch", refused(UploadRefusal::Gone)),
        (500, "internal", UploadFailure::Unreachable),
        (502, "", UploadFailure::Unreachable),
        (503, "", UploadFailure::Busy { retry_after_ms: 7_000 }),
        (507, "no_room", refused(UploadRefusal::File)),
    ] {
        assert_eq!(UploadFailure::of(status, code, Some(7_000)), expected, "{status} {code}");
    }
    assert_eq!(UploadFailure::of(423, "", None), UploadFailure::Busy { retry_after_ms: 5_000 });
}

#[test]
fn an_upload_is_announced_in_the_words_of_the_protocol() {
    let photo = photo(b"content");
    let file = KeptFile::of(TICKET, &photo, at(1), FileState::Prepared).unwrap();
    assert_eq!(
        file.metadata(),
        "sha256 ZWQ3MDAyYjQzOWU5YWM4NDVmMjIzNTdkODIyYmFjMTQ0NDczMGZiZGI2MDE2ZDNlYzk0MzIyOTdiOWVjOWY3Mw==,\
         ticket MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAx,mediatype aW1hZ2UvanBlZw==,name 6ZOt54mM"
    );
    assert_eq!(checksum(b"content"), "sha256 7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M=");
}
