//! Out of the house: mail over SMTP, and signed messages to a system of the company's own.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use domain::Timestamp;
use domain::sla::Zone;
use hmac::{Hmac, KeyInit as _, Mac as _};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use reqwest::redirect;
use serde_json::json;
use sha2::Sha256;

use super::words;
use crate::config::{MailConfig, WebhookConfig};
use crate::people::Language;
use crate::store::rings::{Delivery, Named};

/// How long the other side may take to connect and to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Where the signature of a message stands.
const SIGNATURE: &str = "fieldloop-signature";
/// The header that is the same whenever the same message is tried again.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Why something was not taken over by the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failed {
    /// Nobody answers: nothing else will get through either.
    Unreachable(String),
    /// The other side does not take this one.
    Refused(String),
    /// It is not for anybody any more.
    Pointless(String),
}

/// Sends mail.
#[derive(Debug, Clone)]
pub(super) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    domain: String,
}

/// To whom a mail goes.
#[derive(Debug, Clone)]
pub(super) struct Addressee {
    pub(super) email: String,
    pub(super) language: Language,
    pub(super) zone: Zone,
}

impl Mailer {
    /// Ready to send. Connects to nobody yet.
    ///
    /// # Errors
    /// With a sentence, when the address of the server or the sender makes no sense.
    pub(super) fn new(config: &MailConfig) -> Result<Self> {
        let from: Mailbox =
            config.from.parse().with_context(|| format!("“{}” is no sender of mail", config.from))?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&config.smtp_url)
            .context("the address of the mail server makes no sense")?
            .timeout(Some(PATIENCE))
            .build();
        let domain = from.email.domain().to_owned();
        Ok(Self { transport, from, domain })
    }

    /// Hands a mail over to the mail server.
    pub(super) async fn send(&self, delivery: &Delivery, to: &Addressee, link: &str) -> Result<(), Failed> {
        let mail = words::mail(&delivery.notice, to.language, &to.zone, link);
        let refused = |error: &dyn std::fmt::Display| Failed::Refused(error.to_string());
        let address = to.email.parse().map_err(|error| refused(&error))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(mail.subject)
            .message_id(Some(format!("<{}@{}>", delivery.key, self.domain)))
            .date(std::time::UNIX_EPOCH + Duration::from_millis(delivery.made_at.as_millis().unsigned_abs()))
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text)
            .map_err(|error| refused(&error))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            // The server has answered about this mail, or knows of no such way to sign in.
            Err(error) if error.status().is_some() => Err(refused(&error)),
            Err(error) => Err(Failed::Unreachable(error.to_string())),
        }
    }
}

/// Tells a system of the company's own.
#[derive(Debug, Clone)]
pub(super) struct Hook {
    client: reqwest::Client,
    url: reqwest::Url,
    secret: String,
}

impl Hook {
    /// Ready to tell. Connects to nobody yet.
    ///
    /// # Errors
    /// With a sentence, when the address makes no sense.
    pub(super) fn new(config: &WebhookConfig) -> Result<Self> {
        let url: reqwest::Url = config.url.parse().context("the address of the webhook makes no sense")?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            bail!("the address of the webhook must begin with https://");
        }
        let client = reqwest::Client::builder()
            // Whoever is told by name is told, and nobody they point to.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .context("the webhook can't be prepared")?;
        Ok(Self { client, url, secret: config.secret.clone() })
    }

    /// Posts a message, signed as of `now`.
    pub(super) async fn send(
        &self,
        delivery: &Delivery,
        people: &[Named],
        link: &str,
        now: Timestamp,
    ) -> Result<(), Failed> {
        let body = json!({
            "key": delivery.key,
            "made_at": delivery.made_at,
            "notice": delivery.notice,
            "people": people,
            "link": link,
        })
        .to_string();
        let request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header(IDEMPOTENCY_KEY, &delivery.key)
            .header(SIGNATURE, sign(&self.secret, now, &body))
            .body(body);
        match request.send().await {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(Failed::Refused(format!("answered {}", response.status()))),
            // Without the address, which may hold a secret.
            Err(error) => Err(Failed::Unreachable(error.without_url().to_string())),
        }
    }
}

/// The signature of a body as of an instant: `t=seconds,v1=` and the HMAC-SHA256, in hex, of the seconds, a dot and the body.
pub(super) fn sign(secret: &str, now: Timestamp, body: &str) -> String {
    let seconds = now.as_millis().div_euclid(1_000);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key may have any length");
    mac.update(format!("{seconds}.{body}").as_bytes());
    let code: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={code}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_can_be_checked_with_any_other_tool() {
        // printf '1716512400.{}' | openssl dgst -sha256 -hmac secret
        let signature = sign("secret", crate::testing::START, "{}");
        assert_eq!(
            signature,
            "t=1716512400,v1=72758984c9bae1ddd2f6b8fb8dc91e24fd2d937071641898667f11aec412c54f"
        );
    }

    #[test]
    fn addresses_that_make_no_sense_are_refused_before_anything_is_sent() {
        let mail = |smtp_url: &str, from: &str| {
            Mailer::new(&MailConfig { smtp_url: smtp_url.into(), from: from.into() }).map(drop)
        };
        assert!(mail("smtp://127.0.0.1:25", "not an address").is_err());
        assert!(mail("gopher://127.0.0.1", "a@example.com").is_err());
        assert!(mail("smtp://127.0.0.1:25", "Fieldloop <a@example.com>").is_ok());
        let _ = rustls::crypto::ring::default_provider().install_default();
        let hook = |url: &str| Hook::new(&WebhookConfig { url: url.into(), secret: "s".into() }).map(drop);
        assert!(hook("file:///etc/passwd").is_err());
        assert!(hook("https://example.com/hook").is_ok());
    }
}
