//! Opening the seal: from the bytes of a file to the bytes of its archive, one piece after the other.
//!
//! Bytes are put in as they come, and whatever has been opened is taken out; no more than two pieces are ever held. Whether a piece is
//! the last one is sealed with it. So the last one that came is opened only when it is known that no other one follows.

use super::error::SealError;
use super::key::{Context, NAME_BYTES, POINT_BYTES, RescueKey};

/// What a file begins with.
pub(super) const MAGIC: &[u8; 8] = b"FLRESCUE";
/// The version of the form, and the suite.
pub(super) const FORM: [u8; 2] = [1, 1];
/// Everything before the pieces.
pub(super) const HEAD_BYTES: usize = MAGIC.len() + FORM.len() + NAME_BYTES + POINT_BYTES;
/// Most that a piece may hold.
pub(super) const PIECE_BYTES: usize = 1024 * 1024;
/// What sealing adds to a piece.
pub(super) const TAG_BYTES: usize = 16;
const LENGTH_BYTES: usize = size_of::<u32>();

/// Opens a file.
pub(super) struct Unsealer<'k> {
    key: &'k RescueKey,
    /// What has come and is not opened.
    sealed: Vec<u8>,
    open: Option<(Context, [u8; HEAD_BYTES])>,
}

impl<'k> Unsealer<'k> {
    pub(super) const fn new(key: &'k RescueKey) -> Self {
        Self { key, sealed: Vec::new(), open: None }
    }

    /// Takes in what has come, and puts behind `opened` what can be opened of it.
    ///
    /// # Errors
    /// When the file is none of ours, or not as it was written. Nothing of it is to be believed then.
    pub(super) fn put(&mut self, bytes: &[u8], opened: &mut Vec<u8>) -> Result<(), SealError> {
        // In portions, so that however much comes at a time no more than a few pieces are held.
        for portion in bytes.chunks(PIECE_BYTES) {
            self.sealed.extend_from_slice(portion);
            self.open_what_is_followed(opened)?;
        }
        Ok(())
    }

    /// Opens the last piece. Nothing more will come.
    ///
    /// # Errors
    /// When what has come is not the whole file.
    pub(super) fn end(mut self, opened: &mut Vec<u8>) -> Result<(), SealError> {
        let Some((context, head)) = &mut self.open else {
            return Err(if self.begins_like_ours() { SealError::CutOff } else { SealError::NotOurs });
        };
        let Some((piece, [])) = piece(&self.sealed)? else { return Err(SealError::CutOff) };
        match context.open(piece, &additional(head, true)) {
            Ok(plain) => opened.extend(plain),
            Err(_) if context.open(piece, &additional(head, false)).is_ok() => return Err(SealError::CutOff),
            Err(_) => return Err(SealError::Damaged),
        }
        Ok(())
    }

    /// Opens all pieces that are not the last one that has come.
    fn open_what_is_followed(&mut self, opened: &mut Vec<u8>) -> Result<(), SealError> {
        let mut rest: &[u8] = &self.sealed;
        if self.open.is_none() {
            let Some((head, pieces)) = rest.split_first_chunk() else {
                return if self.begins_like_ours() { Ok(()) } else { Err(SealError::NotOurs) };
            };
            self.open = Some((begin(self.key, head)?, *head));
            rest = pieces;
        }
        let Some((context, head)) = &mut self.open else { return Ok(()) };
        while let Some((sealed, following)) = piece(rest)?
            && !following.is_empty()
        {
            let plain = context.open(sealed, &additional(head, false)).map_err(|_| SealError::Damaged)?;
            opened.extend(plain);
            rest = following;
        }
        let done = self.sealed.len() - rest.len();
        self.sealed.drain(..done);
        Ok(())
    }

    /// Whether what has come may be the beginning of a file.
    fn begins_like_ours(&self) -> bool {
        let known = self.sealed.len().min(MAGIC.len());
        MAGIC.starts_with(&self.sealed[..known])
    }
}

/// Looks at the head of a file that is still coming: whoever brings a wrong one need not bring all of it.
///
/// # Errors
/// When it can't be opened, whatever follows.
pub(super) fn look_at(key: &RescueKey, head: &[u8; HEAD_BYTES]) -> Result<(), SealError> {
    begin(key, head).map(|_| ())
}

/// Reads the head of a file.
fn begin(key: &RescueKey, head: &[u8; HEAD_BYTES]) -> Result<Context, SealError> {
    let rest = head.strip_prefix(MAGIC).ok_or(SealError::NotOurs)?;
    let rest = rest.strip_prefix(&FORM).ok_or(SealError::NewerForm)?;
    let (name, encapsulated) = rest.split_first_chunk::<NAME_BYTES>().ok_or(SealError::NotOurs)?;
    if *name != key.name() {
        return Err(SealError::OtherServer);
    }
    let encapsulated = encapsulated.try_into().map_err(|_| SealError::NotOurs)?;
    key.open(encapsulated).ok_or(SealError::Damaged)
}

/// A piece, and what follows it.
type Followed<'b> = (&'b [u8], &'b [u8]);

/// The piece that `bytes` begin with and what follows it; nothing, if not all of it has come.
fn piece(bytes: &[u8]) -> Result<Option<Followed<'_>>, SealError> {
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
    let length = u32::from_le_bytes(*length) as usize;
    if !(TAG_BYTES..=PIECE_BYTES + TAG_BYTES).contains(&length) {
        return Err(SealError::Damaged);
    }
    Ok(rest.split_at_checked(length))
}

/// What is sealed with a piece besides itself.
pub(super) fn additional(head: &[u8; HEAD_BYTES], is_last: bool) -> [u8; HEAD_BYTES + 1] {
    let mut additional = [0; HEAD_BYTES + 1];
    additional[..HEAD_BYTES].copy_from_slice(head);
    additional[HEAD_BYTES] = u8::from(is_last);
    additional
}
