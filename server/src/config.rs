//! What the operator has chosen, checked and ready for use. `cli.rs` makes it from arguments and the environment.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::auth::password::PasswordCost;
use crate::people::Language;

/// How the server is run.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// The folder that holds everything it keeps.
    pub(crate) data: PathBuf,
    /// Whether an empty data folder is filled with an example company.
    pub(crate) demo: bool,
    /// How requests reach it.
    pub(crate) transport: Transport,
    /// The address people type, without a slash at the end, if the operator has told.
    pub(crate) public_url: Option<String>,
    /// The company's wall clock against UTC, for dates in ticket numbers.
    pub(crate) utc_offset_minutes: i32,
    /// Which language mails are written in to people of whom it is not known.
    pub(crate) language: Language,
    /// How mail is sent, if it is.
    pub(crate) mail: Option<MailConfig>,
    /// Which system of the company's own is told, if one is.
    pub(crate) webhook: Option<WebhookConfig>,
    /// How dear a password is to guess.
    pub(crate) password_cost: PasswordCost,
}

/// How mail is sent. Holds a password: never to be logged.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MailConfig {
    /// The mail server: `smtps://user:password@host`, `smtp://host?tls=required`.
    pub(crate) smtp_url: String,
    /// The sender.
    pub(crate) from: String,
}

/// Which system of the company's own is told. Holds a secret: never to be logged.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct WebhookConfig {
    /// Its address.
    pub(crate) url: String,
    /// What messages are signed with.
    pub(crate) secret: String,
}

impl fmt::Debug for MailConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailConfig").field("from", &self.from).finish_non_exhaustive()
    }
}

impl fmt::Debug for WebhookConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookConfig").finish_non_exhaustive()
    }
}

/// How requests reach the server. Passwords and sessions never cross a network unencrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Plain HTTP that never leaves this machine.
    Loopback,
    /// TLS ends here, with the operator's certificate.
    Tls {
        /// Certificate chain, PEM.
        certificate: PathBuf,
        /// Private key, PEM.
        key: PathBuf,
    },
    /// TLS ends at a proxy before this server, which says in `X-Forwarded-For` who is calling.
    BehindProxy,
}

impl Transport {
    /// Whether browsers reach the server over TLS.
    pub(crate) const fn is_secure(&self) -> bool {
        !matches!(self, Self::Loopback)
    }
}

impl Config {
    /// The address to show to people: as told, or as good a guess as can be made.
    pub(crate) fn base_url(&self) -> String {
        self.public_url.clone().unwrap_or_else(|| match self.transport {
            Transport::Loopback => format!("http://{}", self.listen),
            Transport::Tls { .. } => format!("https://{}", self.listen),
            Transport::BehindProxy => "https://<your address>".to_owned(),
        })
    }
}
