//! For tests: writes rescue files as a device does.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ticket::Change;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable as _, OpModeS, Serializable as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sync::{OutboxEntry, OutboxState};

use super::key::INFO;
use super::seal::{FORM, HEAD_BYTES, MAGIC, additional};

/// An archive of these parts.
pub(crate) fn archive(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut written = Vec::new();
    for (name, content) in parts {
        written.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        written.extend(name.as_bytes());
        written.extend((content.len() as u64).to_le_bytes());
        written.extend(content);
    }
    written
}

/// Seals an archive for a public key, in pieces of so many bytes.
pub(crate) fn seal(public: &str, archive: &[u8], piece_bytes: usize) -> Vec<u8> {
    type Kem = DhP256HkdfSha256;
    let public = URL_SAFE_NO_PAD.decode(public).unwrap();
    let key = <Kem as hpke::Kem>::PublicKey::from_bytes(&public).unwrap();
    let (encapsulated, mut context) = hpke::setup_sender_with_rng::<AesGcm256, HkdfSha256, Kem>(
        &OpModeS::Base,
        &key,
        INFO,
        &mut rand::rng(),
    )
    .unwrap();
    let name = Sha256::digest(&public);
    let head = [MAGIC.as_slice(), &FORM, &name[..16], &encapsulated.to_bytes()].concat();
    let head: [u8; HEAD_BYTES] = head.try_into().unwrap();
    let mut sealed = head.to_vec();
    let mut pieces = archive.chunks(piece_bytes).peekable();
    while let Some(piece) = pieces.next() {
        let piece = context.seal(piece, &additional(&head, pieces.peek().is_none())).unwrap();
        sealed.extend(u32::try_from(piece.len()).unwrap().to_le_bytes());
        sealed.extend(piece);
    }
    sealed
}

/// The manifest of a file that `person` is said to have made.
pub(crate) fn manifest(person: impl ToString) -> (String, Vec<u8>) {
    let said = json!({
        "person": person.to_string(),
        "made_at": 1_716_512_400_000_u64,
        "build": "0.1.0",
        "because": "signing_out",
        "language": "zh-CN",
    });
    ("manifest.json".to_owned(), serde_json::to_vec(&said).unwrap())
}

/// An entry of the outbox that waits to be sent.
pub(crate) fn waiting(change: &Change) -> (String, Vec<u8>) {
    entry(change, OutboxState::Waiting)
}

/// An entry of the outbox.
pub(crate) fn entry(change: &Change, state: OutboxState) -> (String, Vec<u8>) {
    let entry = OutboxEntry { change: change.clone(), state };
    (format!("outbox/{}.json", change.id.seq), serde_json::to_vec(&entry).unwrap())
}
