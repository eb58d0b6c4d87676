//! `POST /api/rescue`: takes what a device held, from whoever brings it. `GET /api/rescue/key`: what to seal it for.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::{Error, Json};
use bytes::Bytes;
use domain::people::Person;
use domain::ticket::{Change, FileHash, MediaType};
use domain::{ChangeId, TicketId};
use futures_util::{Stream, StreamExt as _};
use sync::messages::{Judged, PUSH_MAX_CHANGES, Verdict};
use sync::rescue::{RefusedChange, RescueReport};

use super::archive::{Event, Unpacker};
use super::error::RescueError;
use super::gather::{Found, Gathered, Gathering, Wanted, attached};
use super::seal::Unsealer;
use crate::auth::SignedIn;
use crate::files::{FileError, Spool, Spooled};
use crate::state::AppState;
use crate::store::{StoreError, files, ledger};
use crate::sync::Rescued;

/// Largest file that is taken.
const FILE_BYTES: u64 = 4 * 1024 * 1024 * 1024;

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
    body: Body,
) -> Result<Json<RescueReport>, RescueError> {
    let turn = Arc::clone(&state.rescue.turns).try_acquire_owned().map_err(|_| RescueError::Busy)?;
    let bringing = tokio::spawn(async move {
        let _turn = turn;
        bring(&state, signed_in.person, body.into_data_stream()).await
    });
    bringing.await.unwrap_or(Err(RescueError::Broken)).map(Json)
}

async fn bring(
    state: &AppState,
    person: Person,
    body: impl Stream<Item = Result<Bytes, Error>> + Send,
) -> Result<RescueReport, RescueError> {
    let mut reading = Reading::new(state);
    let taken = match reading.take_in(body).await {
        Ok(()) => reading.settle(&person).await,
        Err(error) => Err(error),
    };
    for spooled in reading.into_leftovers() {
        state.files.drop_spooled(spooled).await;
    }
    let report = taken?;
    let RescueReport { taken, known, parked, files, .. } = report;
    let (refused, unread) = (report.refused.len(), report.unread.len());
    tracing::info!(person = %person.id, taken, known, parked, files, refused, unread, "a rescue file was brought");
    Ok(report)
}

/// A file that is being read.
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

    /// What has come to the disk and was not kept.
    fn into_leftovers(self) -> impl Iterator<Item = Spooled> {
        let coming = self.coming.map(|(_, spool)| spool.give_up());
        self.files.into_values().chain(coming)
    }

    /// Reads everything, to the last piece.
    async fn take_in(
        &mut self,
        body: impl Stream<Item = Result<Bytes, Error>> + Send,
    ) -> Result<(), RescueError> {
        let mut unsealer = Unsealer::new(&self.state.rescue.key);
        let (mut opened, mut bytes) = (Vec::new(), 0);
        let mut body = pin!(body);
        while let Some(came) = body.next().await {
            let came = came.map_err(|_| RescueError::Interrupted)?;
            bytes += came.len() as u64;
            if bytes > FILE_BYTES {
                return Err(RescueError::TooLarge);
            }
            unsealer.put(&came, &mut opened)?;
            self.unpack(&opened).await?;
            opened.clear();
        }
        unsealer.end(&mut opened)?;
        self.unpack(&opened).await
    }

    async fn unpack(&mut self, mut opened: &[u8]) -> Result<(), RescueError> {
        while let Some(event) = self.unpacker.next(&mut opened) {
            match event {
                Event::Begins { name, bytes } => self.begin(name, bytes).await?,
                Event::Content(content) => match &mut self.coming {
                    Some((_, spool)) => spool.write(content).await?,
                    None => self.gathering.content(content),
                },
                Event::Ends => {
                    if let Some((hash, spool)) = self.coming.take() {
                        self.files.insert(hash, spool.end().await?);
                    }
                    self.gathering.end_part();
                }
            }
        }
        Ok(())
    }

    async fn begin(&mut self, name: String, bytes: u64) -> Result<(), RescueError> {
        let Wanted::File(hash) = self.gathering.begin(name.clone(), bytes) else { return Ok(()) };
        if self.files.contains_key(&hash) {
            return Ok(());
        }
        if self.files.len() >= MOST_FILES {
            self.gathering.note(&name, "there are too many files in it");
            return Ok(());
        }
        match self.state.files.begin_spool(bytes).await {
            Ok(spool) => self.coming = Some((hash, spool)),
            Err(FileError::TooLarge) => self.gathering.note(&name, "too large"),
            Err(FileError::NoRoom) => {
                self.gathering.note(&name, "there is too little room left on the server's disk");
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Has the changes judged and the files kept.
    async fn settle(&mut self, person: &Person) -> Result<RescueReport, RescueError> {
        let is_whole = self.unpacker.is_between_parts();
        let Gathered { changes, mut unread, .. } = std::mem::take(&mut self.gathering).finish(is_whole);
        let mut report = RescueReport::default();
        let (told, changes): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|found| found.refusal().is_some());
        count_told(self.state, told, &mut report).await?;
        let changes: Vec<_> = changes.into_iter().map(|found| found.change).collect();
        let uses = judge(self.state, person, changes, &mut report).await?;
        while let Some((hash, spooled)) = self.files.pop_first() {
            let brought = uses.get(&hash).cloned().unwrap_or_default();
            let is_named = !brought.is_empty();
            let mut tickets = in_the_record(self.state, brought).await?;
            tickets.extend(recorded_uses(self.state, hash).await?);
            let part = format!("files/{hash}");
            if tickets.is_empty() {
                unread.note(&part, if is_named { NOT_YET } else { "no ticket names it" });
                self.state.files.drop_spooled(spooled).await;
                continue;
            }
            let tickets: Vec<_> = tickets.into_iter().collect();
            match self.state.files.keep_spooled(spooled, hash, person.id, &tickets).await {
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
        Ok(report)
    }
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

/// Counts what its author was told is refused: that is not judged once more, because they may have done it anew.
async fn count_told(state: &AppState, told: Vec<Found>, report: &mut RescueReport) -> Result<(), StoreError> {
    let ids: Vec<_> = told.iter().map(|found| found.change.id).collect();
    let recorded: BTreeMap<ChangeId, u64> =
        ledger::find(&mut *state.store.read().await?, &ids).await?.into_iter().collect();
    for found in told {
        match found.refusal() {
            Some(because) if !recorded.contains_key(&found.change.id) => {
                report.refused.push(RefusedChange { id: found.change.id, because: because.clone() });
            }
            _ => report.known += 1,
        }
    }
    Ok(())
}

/// Has changes judged, so many at a time as a push may carry. Returns which tickets name which files.
async fn judge(
    state: &AppState,
    person: &Person,
    changes: Vec<Change>,
    report: &mut RescueReport,
) -> Result<BTreeMap<FileHash, Uses>, RescueError> {
    let mut uses: BTreeMap<FileHash, Uses> = BTreeMap::new();
    for changes in changes.chunks(PUSH_MAX_CHANGES) {
        let rescued =
            Rescued { person: person.clone(), arrival: state.clock.now(), changes: changes.to_vec() };
        let verdicts = state.writer.rescue(rescued).await?;
        for (change, Judged { id, verdict }) in changes.iter().zip(verdicts) {
            match verdict {
                Verdict::Applied { .. } => report.taken += 1,
                Verdict::Duplicate { .. } => report.known += 1,
                Verdict::Parked { .. } => report.parked += 1,
                Verdict::Refused { because } => {
                    report.refused.push(RefusedChange { id, because });
                    continue;
                }
                Verdict::Unknown => continue,
            }
            if let Some((hash, attachment)) = attached(change)
                && let Some(media) = MediaType::parse(&attachment.media_type)
            {
                uses.entry(hash).or_default().insert(change.ticket, media);
            }
        }
    }
    Ok(uses)
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
