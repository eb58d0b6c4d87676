//! Secrets that are as good as a password while they live: session tokens, and the tokens of links that work once.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// A secret of 256 random bits, in letters that need no escaping in cookies and URLs.
pub(crate) struct Token(String);

impl Token {
    /// Makes a new one.
    pub(crate) fn random() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// Gives the secret to the one who is to hold it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// The form that is kept.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The SHA-256 of a token, in hexadecimal digits. The token has 256 random bits, so nothing slower is needed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash(String);

impl TokenHash {
    /// Hashes a token that a caller has sent, whatever it looks like.
    pub(crate) fn of(token: &str) -> Self {
        let mut digits = String::with_capacity(64);
        for byte in Sha256::digest(token) {
            // Writing to a string never fails.
            let _ = write!(digits, "{byte:02x}");
        }
        Self(digits)
    }

    /// The digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
