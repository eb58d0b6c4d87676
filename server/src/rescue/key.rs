//! The key pair: made when a database begins, and kept in it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hpke::aead::{AeadCtxR, AesGcm256};
use hpke::kdf::HkdfSha256;
use hpke::kem::DhP256HkdfSha256;
use hpke::{Deserializable as _, Kem as _, OpModeR, Serializable as _};
use sha2::{Digest as _, Sha256};

use crate::store::rescue::{SECRET_BYTES, unreadable};
use crate::store::{Store, StoreError};

/// The one suite there is: what the Web Crypto API can do without a library.
type Kem = DhP256HkdfSha256;
type Kdf = HkdfSha256;
type Aead = AesGcm256;
/// Opens one piece after the other.
pub(super) type Context = AeadCtxR<Aead, Kdf, Kem>;

/// What the context is bound to.
pub(super) const INFO: &[u8] = b"fieldloop rescue 1";
/// How long a public key is, and an encapsulated one: an uncompressed point of P-256.
pub(super) const POINT_BYTES: usize = 65;
/// How much of its hash names a key.
pub(super) const NAME_BYTES: usize = 16;

/// A secret that nobody has had before.
pub(crate) fn draw_secret() -> [u8; SECRET_BYTES] {
    let seed: [u8; SECRET_BYTES] = rand::random();
    Kem::derive_keypair(&seed).0.to_bytes().into()
}

/// The key pair.
#[derive(Clone)]
pub(crate) struct RescueKey {
    secret: <Kem as hpke::Kem>::PrivateKey,
    public: [u8; POINT_BYTES],
    text: String,
}

impl RescueKey {
    /// The key of a database.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) async fn of(store: &Store) -> Result<Self, StoreError> {
        Self::from_secret(&store.rescue_secret().await?).ok_or_else(|| unreadable("no secret of this curve"))
    }

    fn from_secret(secret: &[u8; SECRET_BYTES]) -> Option<Self> {
        let secret = <Kem as hpke::Kem>::PrivateKey::from_bytes(secret).ok()?;
        let public: [u8; POINT_BYTES] = Kem::sk_to_pk(&secret).to_bytes().into();
        let text = URL_SAFE_NO_PAD.encode(public);
        Some(Self { secret, public, text })
    }

    /// The public half in base64url.
    pub(crate) fn public_text(&self) -> &str {
        &self.text
    }

    /// The name of the key: the beginning of the public half's hash.
    pub(super) fn name(&self) -> [u8; NAME_BYTES] {
        let digest: [u8; 32] = Sha256::digest(self.public).into();
        let mut name = [0; NAME_BYTES];
        name.copy_from_slice(&digest[..NAME_BYTES]);
        name
    }

    /// Begins to open what was sealed with this encapsulated key; nothing, if it is no point of the curve.
    pub(super) fn open(&self, encapsulated: &[u8; POINT_BYTES]) -> Option<Context> {
        let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated).ok()?;
        hpke::setup_receiver::<Aead, Kdf, Kem>(&OpModeR::Base, &self.secret, &encapsulated, INFO).ok()
    }
}

impl fmt::Debug for RescueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RescueKey").field("public", &self.text).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_keeps_its_key_and_no_two_have_the_same() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let text = async |folder: &tempfile::TempDir| {
            let store = Store::open(folder.path()).await.unwrap();
            RescueKey::of(&store).await.unwrap().public_text().to_owned()
        };
        let first = text(&one).await;
        assert_eq!(text(&one).await, first);
        assert_ne!(text(&other).await, first);
        assert_eq!(URL_SAFE_NO_PAD.decode(first).unwrap()[0], 4, "a point that is not compressed");
    }

    #[test]
    fn the_secret_does_not_show() {
        let secret = draw_secret();
        let key = RescueKey::from_secret(&secret).unwrap();
        let shown = format!("{key:?}");
        assert_eq!(shown, format!("RescueKey {{ public: {:?}, .. }}", key.public_text()));
    }

    #[test]
    fn what_is_no_secret_of_the_curve_is_none() {
        assert!(RescueKey::from_secret(&[0; SECRET_BYTES]).is_none());
        assert!(RescueKey::from_secret(&[0xff; SECRET_BYTES]).is_none());
    }
}
