//! Photos and other files that a person chooses: read, made smaller by a worker (`app/workers/pictures.js`), and named by their
//! content.

mod exif;

use std::cell::RefCell;
use std::rc::Rc;

use domain::ticket::{Attachment, AttachmentKind, FILE_BYTES, FileHash, ImageSize, MediaType};
use js_sys::{Array, Object, Uint8Array};
use sync::files::CHUNK_BYTES;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Url};

use self::exif::Exif;
use super::file::Picked;
use super::local_time;
use super::worker::{Worker, WorkerError, get, script, set};

/// Longest edge of a photo that is kept, in pixels: enough to read a nameplate.
const EDGE_PIXELS: u32 = 2048;
/// Most pixels that are decoded: two hundred megabytes in memory.
const MOST_PIXELS: u32 = 50_000_000;
/// How much of a file is looked through for what its camera has written.
const HEAD_BYTES: f64 = 256.0 * 1024.0;
/// Longest wait for a photo to be prepared, in milliseconds.
const PATIENCE_MS: u32 = 60_000;
/// Longest name that is kept, in characters.
const NAME_CHARACTERS: usize = 200;

/// Whether the beginning of a file says anything of the picture in it: for the programs that try to break the reading.
pub fn says_anything(head: &[u8]) -> bool {
    Exif::read(head) != Exif::default()
}

/// A file that is ready to be kept.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What the ticket will say of it.
    pub attachment: Attachment,
    /// Its bytes.
    pub content: Content,
}

/// The bytes of a file, outside the program's own memory.
#[derive(Debug, Clone)]
pub struct Content(Uint8Array);

/// Why a file that was chosen can't be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// It has more pixels than can safely be decoded.
    #[error("too many pixels")]
    TooManyPixels,
    /// It is larger than any file that is taken.
    #[error("too large")]
    TooLarge,
    /// It is empty, or of a kind that is not taken.
    #[error("not accepted")]
    NotAccepted,
    /// It says that it is a picture, and can't be read as one.
    #[error("not readable")]
    Unreadable,
    /// What prepares files does not work.
    #[error("not prepared: {0}")]
    NotPrepared(String),
}

impl Picked {
    /// Bytes that stand for a file.
    pub fn made_of(bytes: &[u8], media_type: &str, name: &str) -> Option<Self> {
        let content = blob(&Array::of1(&Uint8Array::from(bytes)), media_type)?;
        Some(Self { name: name.to_owned(), content })
    }

    /// What it says that it is; some systems don't say it of a HEIC.
    fn media(&self) -> Option<MediaType> {
        let said = self.content.type_();
        let ending = self.name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        match said.as_str() {
            "" | "image/heif" if matches!(ending.as_str(), "heic" | "heif") => Some(MediaType::Heic),
            "image/heif" => Some(MediaType::Heic),
            said => MediaType::parse(said),
        }
    }

    async fn head(&self) -> Vec<u8> {
        let Ok(head) = self.content.slice_with_f64_and_f64(0.0, HEAD_BYTES) else { return Vec::new() };
        let read = JsFuture::from(head.array_buffer()).await;
        read.map(|bytes| Uint8Array::new(&bytes).to_vec()).unwrap_or_default()
    }
}

/// Prepares files, one at a time. Its worker ends with it, and the memory that decoding took.
#[derive(Debug)]
pub struct Pictures {
    script: Option<String>,
    worker: RefCell<Option<Rc<Worker>>>,
}

impl Default for Pictures {
    fn default() -> Self {
        Self::by(script("pictures"))
    }
}

impl Pictures {
    /// Prepared by the worker with this address.
    pub const fn by(script: Option<String>) -> Self {
        Self { script, worker: RefCell::new(None) }
    }

    /// Makes a file ready to be kept.
    ///
    /// # Errors
    /// Why it can't be taken.
    pub async fn prepare(&self, picked: &Picked) -> Result<Prepared, PictureError> {
        let bytes = picked.content.size();
        if bytes < 1.0 {
            return Err(PictureError::NotAccepted);
        }
        if bytes > FILE_BYTES as f64 {
            return Err(PictureError::TooLarge);
        }
        match picked.media() {
            Some(media) if media.is_image() => self.photo(picked, media).await,
            Some(media) if AttachmentKind::Document.admits(media) => {
                self.as_it_is(picked, media, AttachmentKind::Document).await
            }
            _ => Err(PictureError::NotAccepted),
        }
    }

    async fn photo(&self, picked: &Picked, media: MediaType) -> Result<Prepared, PictureError> {
        let Exif { pixels, taken, place } = Exif::read(&picked.head().await);
        if pixels.is_some_and(|(width, height)| u64::from(width) * u64::from(height) > MOST_PIXELS.into()) {
            return Err(PictureError::TooManyPixels);
        }
        let bounds = [("edge", EDGE_PIXELS.into()), ("pixels", MOST_PIXELS.into())];
        let mut prepared = match self.ask("picture", picked, &bounds).await {
            Ok(result) => {
                let size = read_size(&result);
                let name = format!("{}.jpg", stem(&picked.name));
                prepared(&result, MediaType::Jpeg, AttachmentKind::Photo, &name, size)?
            }
            // Only the telephone that took it may be able to show it. Better than no photo.
            Err(PictureError::Unreadable) if media == MediaType::Heic => {
                self.as_it_is(picked, media, AttachmentKind::Photo).await?
            }
            Err(error) => return Err(error),
        };
        prepared.attachment.taken_at = taken.and_then(|taken| local_time::from_field(&taken));
        prepared.attachment.place = place;
        Ok(prepared)
    }

    async fn as_it_is(
        &self,
        picked: &Picked,
        media: MediaType,
        kind: AttachmentKind,
    ) -> Result<Prepared, PictureError> {
        prepared(&self.ask("document", picked, &[]).await?, media, kind, &picked.name, None)
    }

    async fn ask(
        &self,
        operation: &str,
        picked: &Picked,
        options: &[(&str, JsValue)],
    ) -> Result<JsValue, PictureError> {
        let message = Object::new();
        set(&message, "operation", &operation.into());
        set(&message, "file", &picked.content);
        options.iter().for_each(|(name, value)| set(&message, name, value));
        let worker = self.worker()?;
        let answer = worker.ask(&message, PATIENCE_MS).await;
        if worker.has_failed() {
            self.worker.borrow_mut().take();
        }
        answer.map_err(picture_error)
    }

    fn worker(&self) -> Result<Rc<Worker>, PictureError> {
        if let Some(worker) = &*self.worker.borrow() {
            return Ok(Rc::clone(worker));
        }
        let script = self.script.as_deref();
        let script =
            script.ok_or_else(|| PictureError::NotPrepared("the page names no worker".to_owned()))?;
        let worker = Rc::new(Worker::start(script).map_err(picture_error)?);
        *self.worker.borrow_mut() = Some(Rc::clone(&worker));
        Ok(worker)
    }
}

impl Content {
    /// Takes bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Uint8Array::from(bytes))
    }

    /// How many there are.
    pub fn bytes(&self) -> u64 {
        self.0.length().into()
    }

    /// One chunk of them, numbered from 0; nothing, past the end.
    pub fn chunk(&self, number: u32) -> Option<Vec<u8>> {
        let begin = number.checked_mul(CHUNK_BYTES).filter(|begin| *begin < self.0.length())?;
        let end = begin.saturating_add(CHUNK_BYTES).min(self.0.length());
        Some(self.0.subarray(begin, end).to_vec())
    }
}

/// Bytes under an address that only this page can read. Taken back when dropped.
#[derive(Debug)]
pub struct PageAddress(String);

impl PageAddress {
    /// The address.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl Drop for PageAddress {
    fn drop(&mut self) {
        // What isn't there needs no taking back.
        let _ = Url::revoke_object_url(&self.0);
    }
}

/// Bytes that come together chunk by chunk.
#[derive(Debug, Default)]
pub struct Gathered(Array);

impl Gathered {
    /// Adds a chunk.
    pub fn push(&self, chunk: &[u8]) {
        self.0.push(&Uint8Array::from(chunk));
    }

    /// Gives them an address. The browser takes them for nothing but what `media` says.
    pub fn address(&self, media: MediaType) -> Option<PageAddress> {
        Url::create_object_url_with_blob(&blob(&self.0, media.name())?).ok().map(PageAddress)
    }
}

fn blob(parts: &Array, media_type: &str) -> Option<Blob> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    Blob::new_with_u8_array_sequence_and_options(parts, &options).ok()
}

fn prepared(
    result: &JsValue,
    media: MediaType,
    kind: AttachmentKind,
    name: &str,
    size: Option<ImageSize>,
) -> Result<Prepared, PictureError> {
    let array = |name| get(result, name).and_then(|value| value.dyn_into::<Uint8Array>().ok());
    let not_understood = || PictureError::NotPrepared("its answer is not understood".to_owned());
    let content = Content(array("bytes").ok_or_else(not_understood)?);
    let digest = array("sha256").and_then(|digest| <[u8; 32]>::try_from(digest.to_vec()).ok());
    let hash = FileHash::from_digest(digest.ok_or_else(not_understood)?);
    let attachment = Attachment {
        sha256: hash.to_string(),
        bytes: content.bytes(),
        media_type: media.name().to_owned(),
        kind,
        name: tidy(name),
        size,
        taken_at: None,
        place: None,
    };
    Ok(Prepared { attachment, content })
}

fn read_size(result: &JsValue) -> Option<ImageSize> {
    let edge = |name| get(result, name).and_then(|edge| edge.as_f64()).map(|edge| edge as u32);
    Some(ImageSize { width: edge("width")?, height: edge("height")? })
}

/// A name without its ending.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// A name on one line, no longer than is kept.
fn tidy(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(NAME_CHARACTERS).collect()
}

fn picture_error(error: WorkerError) -> PictureError {
    match error {
        WorkerError::NotStarted(why) | WorkerError::Dead(why) => PictureError::NotPrepared(why),
        WorkerError::Failed { name, message } => match name.as_str() {
            "TooManyPixels" => PictureError::TooManyPixels,
            // A file that was moved or changed after it was chosen.
            "NotDecoded" | "NotReadableError" | "NotFoundError" => PictureError::Unreadable,
            _ => PictureError::NotPrepared(format!("{name}: {message}")),
        },
    }
}
