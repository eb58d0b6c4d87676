//! `POST /api/rescue`: takes what a device held, from whoever brings it. `GET /api/rescue/key`: what to seal it for.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use domain::people::Person;
use domain::ticket::{FILE_BYTES, FileHash, MediaType};
use domain::{ChangeId, Refusal, TicketId};
use sync::messages::{Judged, PUSH_MAX_CHANGES, Verdict};
use sync::rescue::RescueReport;
use tokio::task::spawn_blocking;

use super::archive::{Event, Unpacker};
use super::drafts;
use super::error::RescueError;
use super::gather::{Found, Gathered, Gathering, Unread, Wanted, attached};
use super::key::RescueKey;
use super::refused::GivingBack;
use super::seal::{self, HEAD_BYTES, PIECE_BYTES, Unsealer};
use crate::auth::SignedIn;
use crate::files::{FileError, Parcel, Spool, Spooled};
use crate::http::pace::{Paced, announced};
use crate::state::AppState;
use crate::store::{StoreError, files, ledger};
use crate::sync::Rescued;

/// Largest file that is taken.
const RESCUE_FILE_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// Most files in it: far more than a tablet keeps.
const MOST_FILES: usize = 10_000;

/// Tells the public half of the key.
pub(crate) async fn show_key(State(state): State<AppState>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], state.rescue.public_key().to_owned())
}

/// Takes a rescue file, on a task of its own, which goes on to its end whatever becomes of the request.
pub(crate) async fn bring_file(
    State(state): State<AppState>,
    signed_in: SignedIn,
    request: Request,
) -> Result<Json<RescueReport>, RescueError> {
    let bringer = state.rescue.begin(signed_in.person.id).ok_or(RescueError::Busy)?;
    let bringing = tokio::spawn(async move {
        let _bringer = bringer;
        bring(&state, signed_in.person, request).await
    });
    bringing.await.unwrap_or(Err(RescueError::Broken)).map(Json)
}

async fn bring(state: &AppState, person: Person, request: Request) -> Result<RescueReport, RescueError> {
    let sealed = take_in(state, request).await?;
    let _turn = state.rescue.turn().await;
    let mut opened = open(state, sealed).await?;
    let settled = settle(state, &person, &mut opened).await;
    opened.drop_files(state).await;
    let report = settled?;
    let RescueReport { taken, known, parked, files, .. } = report;
    let (refused, unread) = (report.refused.len(), report.unread.len());
    tracing::info!(person = %person.id, taken, known, parked, files, refused, unread, "a rescue file was brought");
    Ok(report)
}

/// Brings a file to the disk, sealed as it is.
pub(super) async fn take_in(state: &AppState, request: Request) -> Result<Spooled, RescueError> {
    let announced = announced(&request).unwrap_or_default();
    if announced > RESCUE_FILE_BYTES {
        return Err(RescueError::TooLarge);
    }
    let mut parcel = state.files.begin_parcel(announced).await?;
    match receive(&state.rescue.key, request.into_body(), &mut parcel).await {
        Ok(()) => Ok(parcel.end().await?),
        Err(error) => {
            state.files.drop_spooled(parcel.give_up()).await;
            Err(error)
        }
    }
}

/// Writes what comes, as long as it comes at a pace and begins like a file that can be opened here.
async fn receive(key: &RescueKey, body: Body, parcel: &mut Parcel) -> Result<(), RescueError> {
    let (mut paced, mut bytes, mut head) = (Paced::new(body), 0, Vec::with_capacity(HEAD_BYTES));
    while let Some(piece) = paced.next().await? {
        bytes += piece.len() as u64;
        if bytes > RESCUE_FILE_BYTES {
            return Err(RescueError::TooLarge);
        }
        let missing = HEAD_BYTES - head.len();
        if missing > 0 {
            head.extend(piece.iter().take(missing));
            if let Ok(head) = head.as_slice().try_into() {
                seal::look_at(key, head)?;
            }
        }
        parcel.write(&piece).await?;
    }
    Ok(())
}

/// Opens a file that has come, on a thread on which that holds nobody up. Nothing is left of it then but what was found in it.
async fn open(state: &AppState, sealed: Spooled) -> Result<Opened, RescueError> {
    let opening = state.clone();
    let opened = spawn_blocking(move || {
        let mut reading = Reading::new(&opening);
        let read = reading.read(&sealed);
        (sealed, read, reading.end())
    });
    let (sealed, read, opened) = opened.await.map_err(|_| RescueError::Broken)?;
    state.files.drop_spooled(sealed).await;
    if let Err(error) = read {
        opened.drop_files(state).await;
        return Err(error);
    }
    Ok(opened)
}

/// What was found in a file.
struct Opened {
    gathered: Gathered,
    /// The files in it, on the disk.
    files: BTreeMap<FileHash, Spooled>,
    /// One that ends too early.
    torn: Option<Spooled>,
}

impl Opened {
    /// Removes what nobody has kept.
    async fn drop_files(self, state: &AppState) {
        for spooled in self.files.into_values().chain(self.torn) {
            state.files.drop_spooled(spooled).await;
        }
    }
}

/// A file that is being read. Everything in here blocks.
struct Reading<'s> {
    state: &'s AppState,
    unpacker: Unpacker,
    gathering: Gathering,
    /// The file in it that is coming in.
    coming: Option<(FileHash, Spool)>,
    /// Those that have come.
    files: BTreeMap<FileHash, Spooled>,
}

impl<'s> Reading<'s> {
    fn new(state: &'s AppState) -> Self {
        Self {
            state,
            unpacker: Unpacker::default(),
            gathering: Gathering::default(),
            coming: None,
            files: BTreeMap::new(),
        }
    }

    /// Reads everything, to the last piece.
    fn read(&mut self, sealed: &Spooled) -> Result<(), RescueError> {
        let mut file = sealed.open()?;
        let mut unsealer = Unsealer::new(&self.state.rescue.key);
        let (mut opened, mut piece) = (Vec::new(), vec![0; PIECE_BYTES]);
        loop {
            let length = match file.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(RescueError::Unreadable(error)),
            };
            unsealer.put(&piece[..length], &mut opened)?;
            self.unpack(&opened)?;
            opened.clear();
        }
        unsealer.end(&mut opened)?;
        self.unpack(&opened)
    }

    /// What has been read of it.
    fn end(self) -> Opened {
        let is_whole = self.unpacker.is_between_parts();
        let torn = self.coming.map(|(_, spool)| spool.give_up());
        Opened { gathered: self.gathering.finish(is_whole), files: self.files, torn }
    }

    fn unpack(&mut self, mut opened: &[u8]) -> Result<(), RescueError> {
        while let Some(event) = self.unpacker.next(&mut opened) {
            match event {
                Event::Begins { name, bytes } => self.begin(name, bytes)?,
                Event::Content(content) => match &mut self.coming {
                    Some((_, spool)) => spool.write(content)?,
                    None => self.gathering.content(content),
                },
                Event::Ends => {
                    if let Some((hash, spool)) = self.coming.take() {
                        self.files.insert(hash, spool.end()?);
                    }
                    self.gathering.end_part();
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, name: String, bytes: u64) -> Result<(), RescueError> {
        let Wanted::File(hash) = self.gathering.begin(name.clone(), bytes) else { return Ok(()) };
        if self.files.contains_key(&hash) {
            return Ok(());
        }
        if self.files.len() >= MOST_FILES {
            self.gathering.note(&name, "there are too many files in it");
            return Ok(());
        }
        if bytes > FILE_BYTES {
            self.gathering.note(&name, "too large");
            return Ok(());
        }
        match self.state.files.begin_spool(bytes) {
            Ok(spool) => self.coming = Some((hash, spool)),
            Err(FileError::NoRoom) => {
                self.gathering.note(&name, "there is too little room left on the server's disk");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

/// Has the changes judged and the files kept.
async fn settle(state: &AppState, person: &Person, opened: &mut Opened) -> Result<RescueReport, RescueError> {
    let Gathered { changes, drafts, mut unread, .. } = std::mem::take(&mut opened.gathered);
    // In the order of their numbers: the newest of each device counts.
    let devices: BTreeMap<_, _> =
        changes.iter().map(|found| (found.change.id.device, found.change.id.seq)).collect();
    let mut report = RescueReport::default();
    drafts::give_back(person.id, drafts, &mut report, &mut unread);
    let (told, changes): (Vec<_>, Vec<_>) = changes.into_iter().partition(|found| found.refusal().is_some());
    let mut settling = Settling { report, unread, giving_back: GivingBack::to(person.id) };
    settling.count_told(state, told).await?;
    let uses = settling.judge(state, person, changes).await?;
    let Settling { mut report, mut unread, .. } = settling;
    while let Some((hash, spooled)) = opened.files.pop_first() {
        let brought = uses.get(&hash).cloned().unwrap_or_default();
        let is_named = !brought.is_empty();
        let mut tickets = in_the_record(state, brought).await?;
        tickets.extend(recorded_uses(state, hash).await?);
        let part = format!("files/{hash}");
        if tickets.is_empty() {
            unread.note(&part, if is_named { NOT_YET } else { "no ticket names it" });
            state.files.drop_spooled(spooled).await;
            continue;
        }
        let tickets: Vec<_> = tickets.into_iter().collect();
        match state.files.keep_spooled(spooled, hash, person.id, &tickets).await {
            Ok(true) => report.files += 1,
            Ok(false) => unread.note(&part, "its content has another hash"),
            // What was judged is judged, and the other files have their turn.
            Err(error) => {
                tracing::warn!(%hash, ?error, "a file that came along could not be kept");
                unread.note(&part, "it could not be kept: bring the file once more");
            }
        }
    }
    report.unread = unread.into_lines();
    // Of a file that could not be read wholly nobody knows whether all that was refused is told of.
    if report.unread.is_empty()
        && let Err(error) = state.store.note_rescued_tablets(devices, state.clock.now()).await
    {
        tracing::warn!(%error, "whose work was rescued is not noted");
    }
    Ok(report)
}

/// What is said of a file whose only ticket the office has yet to let in.
const NOT_YET: &str = "its ticket is not in the record yet: bring the file again once that is let in";

/// Those of the tickets that the server has.
async fn in_the_record(state: &AppState, uses: Uses) -> Result<Uses, StoreError> {
    let mut there = Uses::new();
    for (ticket, media) in uses {
        if state.store.document(ticket).await?.is_some() {
            there.insert(ticket, media);
        }
    }
    Ok(there)
}

/// Tickets that name a file, and what they say it is.
type Uses = BTreeMap<TicketId, MediaType>;

/// What is known so far of what becomes of the changes.
struct Settling {
    report: RescueReport,
    unread: Unread,
    giving_back: GivingBack,
}

impl Settling {
    /// Counts what its author was told is refused: that is not judged once more, because they may have done it anew.
    async fn count_told(&mut self, state: &AppState, told: Vec<Found>) -> Result<(), StoreError> {
        let ids: Vec<_> = told.iter().map(|found| found.change.id).collect();
        let recorded: BTreeMap<ChangeId, u64> =
            ledger::find(&mut *state.store.read().await?, &ids).await?.into_iter().collect();
        for found in told {
            match found.refusal() {
                Some(because) if !recorded.contains_key(&found.change.id) => {
                    self.refuse(&found, because.clone());
                }
                _ => self.report.known += 1,
            }
        }
        Ok(())
    }

    /// Has changes judged, so many at a time as a push may carry. Returns which tickets name which files.
    async fn judge(
        &mut self,
        state: &AppState,
        person: &Person,
        changes: Vec<Found>,
    ) -> Result<BTreeMap<FileHash, Uses>, RescueError> {
        let mut uses: BTreeMap<FileHash, Uses> = BTreeMap::new();
        for founds in changes.chunks(PUSH_MAX_CHANGES) {
            let changes = founds.iter().map(|found| found.change.clone()).collect();
            let rescued = Rescued { person: person.clone(), arrival: state.clock.now(), changes };
            let verdicts = state.writer.rescue(rescued).await?;
            for (found, Judged { verdict, .. }) in founds.iter().zip(verdicts) {
                match verdict {
                    Verdict::Applied { .. } => self.report.taken += 1,
                    Verdict::Duplicate { .. } => self.report.known += 1,
                    Verdict::Parked { .. } => self.report.parked += 1,
                    Verdict::Refused { because } => {
                        self.refuse(found, because);
                        continue;
                    }
                    Verdict::Unknown => continue,
                }
                if let Some((hash, attachment)) = attached(&found.change)
                    && let Some(media) = MediaType::parse(&attachment.media_type)
                {
                    uses.entry(hash).or_default().insert(found.change.ticket, media);
                }
            }
        }
        Ok(uses)
    }

    fn refuse(&mut self, found: &Found, because: Refusal) {
        self.giving_back.name(found, because, &mut self.report, &mut self.unread);
    }
}

/// Tickets whose record names a file.
async fn recorded_uses(state: &AppState, hash: FileHash) -> Result<Uses, StoreError> {
    let mut uses = Uses::new();
    let tickets = files::tickets_of(&mut *state.store.read().await?, hash).await?;
    for ticket in tickets {
        let Some(document) = state.store.document(ticket).await? else { continue };
        let named = document.log().iter().filter_map(|recorded| attached(&recorded.change));
        let media =
            named.filter(|(named, _)| *named == hash).map(|(_, said)| MediaType::parse(&said.media_type));
        uses.extend(media.flatten().map(|media| (ticket, media)).next());
    }
    Ok(uses)
}
