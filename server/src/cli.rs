//! The command line: its manual, and what it makes of arguments and the environment.

mod backup;

use std::io::Write as _;
use std::net::SocketAddr;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::ask;
use crate::auth::password::PasswordCost;
use crate::auth::password_link::{self, PasswordLink};
use crate::clock::Clock;
use crate::config::{Config, MailConfig, Transport, WebhookConfig};
use crate::people::{Language, UserName};
use crate::policies::holidays;
use crate::rescue;
use crate::serve;
use crate::store::Store;
use backup::{BackupOptions, RestoreOptions, VerifyOptions};

/// Fieldloop (现场闭环): after-sales service that works without a network.
///
/// One program with everything inside: the server, its database, and the app that browsers and tablets load from it.
#[derive(Debug, Parser)]
#[command(name = "fieldloop", version, after_long_help = EXAMPLES, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  Try it with an example company, on this machine only:
      fieldloop serve --demo --data /tmp/fieldloop-demo

  Serve a company, with its own certificate:
      fieldloop serve --listen 0.0.0.0:443 --data /var/lib/fieldloop \\
          --tls-cert /etc/fieldloop/chain.pem --tls-key /etc/fieldloop/key.pem

  Serve a company, behind a proxy that does TLS:
      fieldloop serve --behind-proxy --data /var/lib/fieldloop \\
          --public-url https://service.example.com

  Let somebody in who has forgotten their password, even if no admin is left:
      fieldloop admin reset-link wang.lei --data /var/lib/fieldloop \\
          --public-url https://service.example.com

  Take next year's public holidays, while the server is running:
      fieldloop holidays import holidays-2027.json --data /var/lib/fieldloop

  Make a backup while the server is running, and keep the last fourteen:
      fieldloop backup /backup/fieldloop --data /var/lib/fieldloop --keep 14

  Go back to a backup, once the server is stopped:
      fieldloop restore /backup/fieldloop/fieldloop-2026-11-22T010000Z \\
          --data /var/lib/fieldloop --replace

  Ask when something would be due:
      fieldloop sla eval < cases.jsonl > answers.jsonl

Every option can be set in the environment instead, by the name shown beside it.
The first start prints a link that makes the first admin.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server until it is stopped by SIGTERM or Ctrl+C
    Serve(ServeOptions),
    /// Helps people in from the machine that the server runs on
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Makes a backup while the server is running
    #[command(after_long_help = backup::BACKUP_EXAMPLES)]
    Backup(BackupOptions),
    /// Says whether a data folder or a backup holds what was once written into it
    #[command(after_long_help = backup::VERIFY_EXAMPLES)]
    Verify(VerifyOptions),
    /// Goes back to a backup
    #[command(after_long_help = backup::RESTORE_EXAMPLES)]
    Restore(RestoreOptions),
    /// Looks into what devices have written down before their app was gone
    #[command(subcommand)]
    Rescue(RescueCommand),
    /// Keeps public holidays up to date
    #[command(subcommand)]
    Holidays(HolidaysCommand),
    /// Answers questions about deadlines
    #[command(subcommand)]
    Sla(SlaCommand),
}

#[derive(Debug, Subcommand)]
enum RescueCommand {
    /// Says what is in a rescue file, and takes nothing of it
    ///
    /// Works while the server is running. Only the database that the file was sealed for can open it, or a backup of it that was
    /// restored. To have the server take what is in the file, somebody who is signed in brings it in the app.
    Open(RescueOpenOptions),
}

#[derive(Debug, Args)]
struct RescueOpenOptions {
    /// The rescue file
    file: PathBuf,
    /// Folder that holds everything the server keeps
    #[arg(long, env = "FIELDLOOP_DATA", value_name = "FOLDER", default_value = "data")]
    data: PathBuf,
}

#[derive(Debug, Subcommand)]
enum HolidaysCommand {
    /// Publishes a version of the policy with the holidays of a file, and says what changed
    ///
    /// Works while the server is running, which gives it to all devices within a quarter of a minute. The file holds one set of
    /// holidays as JSON: {"id": "cn", "name": {"en": …, "zh-CN": …}, "until": "2027-12-31", "days": {"2027-01-01": {"is":
    /// "holiday", "name": {…}}, "2027-02-20": {"is": "make_up", "name": {…}}, …}}. It takes the place of the set with the same id.
    Import(ImportOptions),
}

#[derive(Debug, Args)]
struct ImportOptions {
    /// The set of holidays
    file: PathBuf,
    /// Folder that holds everything the server keeps
    #[arg(long, env = "FIELDLOOP_DATA", value_name = "FOLDER", default_value = "data")]
    data: PathBuf,
}

#[derive(Debug, Subcommand)]
enum SlaCommand {
    /// Answers questions about deadlines, a line of JSON each, from the standard input
    #[command(after_long_help = EVAL)]
    Eval,
}

const EVAL: &str = r#"Reads questions from the standard input, one JSON object a line, and writes an
answer for each to the standard output, in the same order: {"id": …, "result": …},
or {"id": …, "error": "…"} for a question that makes no sense. Empty lines are
skipped. No server and no data folder are needed; the same code decides in the
product.

A question has an id, a calendar, an operation (op), and what that needs:

  calendar   tz: an IANA name
             week: hours of each day, {"mon": [["09:00","12:00"],["13:00","18:00"]]};
               a day that is missing is closed, "24:00" is the day's end
             holidays: dates that are closed
             extra_workdays: dates with hours of their own,
               {"2024-05-11": [["09:00","18:00"]]}; a holiday beats them
  add, sub   start, seconds (or minutes) of open time forward or back: an instant
  between    start, end: seconds of open time
  is_open    at: true or false
  next_open  start: start itself if that is open, else the next opening
  sla        targets: {"first_response_min": 60, "resolution_min": 480}, in
               minutes of open time
             pauses: which of the two clocks a pause stops,
               ["first_response", "resolution"]
             events: [{"at": …, "kind": …}]: created, first_response, pause,
               resume, priority_change and policy_change (with new targets),
               calendar_change, resolved, closed
             evaluate_at: judge as of then
             For each clock: …_due, …_used_min, …_diff_min (target less used),
             …_breached

Instants are written as in RFC 3339, such as 2024-05-24T09:00:00+08:00.

Example, each on one line:
    {"id":1,"calendar":{"tz":"Asia/Shanghai","week":{"fri":[["09:00","18:00"]],
     "mon":[["09:00","18:00"]]}},"op":"add","start":"2024-05-24T17:00:00+08:00",
     "minutes":120}
    {"id":1,"result":"2024-05-27T10:00:00+08:00"}

The exit code is 0 even if questions were refused, and 1 if the input can't be read."#;

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Prints a link that lets somebody choose a new password, once, within three days
    ///
    /// Works while the server is running. Choosing the password signs the person out everywhere else.
    ResetLink(ResetLinkOptions),
}

#[derive(Debug, Args)]
struct ServeOptions {
    /// Address and port to listen on
    ///
    /// Without TLS and without a proxy only addresses of this machine are allowed (127.0.0.1, [::1]).
    #[arg(long, env = "FIELDLOOP_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    #[command(flatten)]
    place: Place,
    /// Fills an empty data folder with an example company
    #[arg(long, env = "FIELDLOOP_DEMO", action = ArgAction::SetTrue, value_parser = BoolishValueParser::new())]
    demo: bool,
    /// Certificate chain for TLS, in PEM
    ///
    /// Certificate and key are read again on SIGHUP.
    #[arg(long, env = "FIELDLOOP_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key for TLS, in PEM
    #[arg(long, env = "FIELDLOOP_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Says that browsers reach this server through a proxy that does TLS
    ///
    /// The proxy must add the caller's address at the end of `X-Forwarded-For`, and nobody but the proxy may be able to
    /// reach this server.
    #[arg(
        long,
        env = "FIELDLOOP_BEHIND_PROXY",
        action = ArgAction::SetTrue,
        value_parser = BoolishValueParser::new(),
        conflicts_with_all = ["tls_cert", "tls_key"]
    )]
    behind_proxy: bool,
    /// Minutes that the company's wall clock is ahead of UTC; decides which month a ticket's number names
    #[arg(
        long,
        env = "FIELDLOOP_UTC_OFFSET_MINUTES",
        value_name = "MINUTES",
        default_value_t = 480,
        allow_negative_numbers = true,
        value_parser = clap::value_parser!(i32).range(-840..=840)
    )]
    utc_offset_minutes: i32,
    /// Mail server that tells people by e-mail when time runs out: smtps://user:password@host
    ///
    /// `smtps://` is encrypted from the beginning, `smtp://…?tls=required` from the greeting on; plain `smtp://` is only for a mail
    /// server on this machine. Best set in the environment, where other users of the machine don't see the password.
    #[arg(
        long,
        env = "FIELDLOOP_SMTP_URL",
        value_name = "URL",
        hide_env_values = true,
        requires = "mail_from"
    )]
    smtp_url: Option<String>,
    /// Sender of mails: Fieldloop <fieldloop@example.com>
    #[arg(long, env = "FIELDLOOP_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// Address of a system of the company's own that is told, by signed messages, when time runs out
    #[arg(
        long,
        env = "FIELDLOOP_WEBHOOK_URL",
        value_name = "URL",
        hide_env_values = true,
        requires = "webhook_secret"
    )]
    webhook_url: Option<String>,
    /// Secret that those messages are signed with, at least 16 characters; best set in the environment
    #[arg(long, env = "FIELDLOOP_WEBHOOK_SECRET", value_name = "SECRET", hide_env_values = true)]
    webhook_secret: Option<String>,
    /// Language of mails to people of whom none is known
    #[arg(long, env = "FIELDLOOP_LANGUAGE", value_name = "LANGUAGE", value_enum, default_value_t)]
    language: Language,
    /// How the log is written, on the standard error
    ///
    /// What is logged is chosen by FIELDLOOP_LOG in the environment: `info` if not set, `fieldloop=debug` for every request.
    #[arg(long, env = "FIELDLOOP_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t)]
    log_format: LogFormat,
}

#[derive(Debug, Args)]
struct Place {
    /// Folder that holds everything the server keeps; made if it does not exist
    #[arg(long, env = "FIELDLOOP_DATA", value_name = "FOLDER", default_value = "data")]
    data: PathBuf,
    /// Address that people type to reach the server, for the links that it prints
    #[arg(long, env = "FIELDLOOP_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
}

#[derive(Debug, Args)]
struct ResetLinkOptions {
    /// What the person signs in with
    user: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// Does what the command line asks for.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&error.into()),
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Serve(options) => {
                start_log(options.log_format);
                serve::serve(options.into_config()?).await
            }
            Command::Admin(AdminCommand::ResetLink(options)) => {
                let user = options.user.clone();
                let link = make_reset_link(options, &Clock::System).await?;
                tell(&format!(
                    "{user} can choose a new password here, once, within three days:\n{}",
                    link.url
                ));
                Ok(())
            }
            Command::Backup(options) => {
                tell(&options.carry_out(&Clock::System).await?);
                Ok(())
            }
            Command::Verify(options) => {
                tell(&options.carry_out().await?);
                Ok(())
            }
            Command::Restore(options) => {
                tell(&options.carry_out(&Clock::System).await?);
                Ok(())
            }
            Command::Holidays(HolidaysCommand::Import(ImportOptions { file, data })) => {
                let store = open_store(&data).await?;
                tell(&holidays::import(&store, &file, Clock::System.now()).await?);
                Ok(())
            }
            Command::Rescue(RescueCommand::Open(RescueOpenOptions { file, data })) => {
                tell(&rescue::list(&open_store(&data).await?, &file).await?);
                Ok(())
            }
            Command::Sla(SlaCommand::Eval) => {
                ask::answer_all(std::io::stdin().lock(), std::io::BufWriter::new(std::io::stdout().lock()))
            }
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error),
    }
}

fn complain(error: &anyhow::Error) -> ExitCode {
    // With nowhere to complain to, the exit code has to do.
    let _ = writeln!(std::io::stderr(), "fieldloop: {error:#}");
    ExitCode::FAILURE
}

/// Tells the operator something that is not part of the log: where the server is, or a link that works once.
pub(crate) fn tell(text: &str) {
    // A server without a standard output serves all the same.
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("FIELDLOOP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    std::panic::set_hook(Box::new(log_panic));
}

/// Says where the program broke. Why it did only if the words stand in the program: others may hold personal data.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(tracing::field::display);
    let reason = panic.payload().downcast_ref::<&'static str>();
    tracing::error!(location, reason, "the program broke at one place and goes on");
}

impl ServeOptions {
    fn into_config(self) -> Result<Config> {
        let transport = match (self.tls_cert, self.tls_key) {
            (Some(certificate), Some(key)) => Transport::Tls { certificate, key },
            _ if self.behind_proxy => Transport::BehindProxy,
            _ if self.listen.ip().is_loopback() => Transport::Loopback,
            _ => bail!(
                "{} can be reached from other machines, and passwords must not cross a network unencrypted. \
                 Give --tls-cert and --tls-key, or --behind-proxy if a proxy before this server does TLS, \
                 or listen on 127.0.0.1",
                self.listen
            ),
        };
        Ok(Config {
            listen: self.listen,
            data: self.place.data,
            demo: self.demo,
            transport,
            public_url: self.place.public_url.as_deref().map(parse_url).transpose()?,
            utc_offset_minutes: self.utc_offset_minutes,
            language: self.language,
            mail: mail_config(self.smtp_url, self.mail_from)?,
            webhook: webhook_config(self.webhook_url, self.webhook_secret)?,
            password_cost: PasswordCost::RECOMMENDED,
        })
    }
}

fn mail_config(smtp_url: Option<String>, from: Option<String>) -> Result<Option<MailConfig>> {
    let Some(smtp_url) = smtp_url else { return Ok(None) };
    let Some(from) = from else { bail!("--smtp-url needs --mail-from") };
    let Ok(url) = reqwest::Url::parse(&smtp_url) else {
        bail!("--smtp-url is not an address like smtps://mail.example.com")
    };
    let is_encrypted = url.scheme() == "smtps"
        || url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
    if !is_encrypted && !is_on_this_machine(&smtp_url) {
        bail!(
            "--smtp-url: passwords and mails must not cross a network unencrypted; \
             write smtps://… or smtp://…?tls=required"
        );
    }
    Ok(Some(MailConfig { smtp_url, from }))
}

fn webhook_config(url: Option<String>, secret: Option<String>) -> Result<Option<WebhookConfig>> {
    let Some(url) = url else { return Ok(None) };
    let secret = secret.unwrap_or_default();
    if secret.chars().count() < 16 {
        bail!("--webhook-secret must have at least 16 characters, so that nobody guesses it");
    }
    if !reqwest::Url::parse(&url).is_ok_and(|url| url.scheme() == "https") && !is_on_this_machine(&url) {
        bail!("--webhook-url must begin with https://, unless it is on this machine");
    }
    Ok(Some(WebhookConfig { url, secret }))
}

/// Whether an address leads to nobody but this machine.
fn is_on_this_machine(url: &str) -> bool {
    let url = reqwest::Url::parse(url).ok();
    url.and_then(|url| url.host_str().map(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host)))
        == Some(true)
}

/// Takes the address of a site, without a path.
fn parse_url(url: &str) -> Result<String> {
    let site = url.trim_end_matches('/');
    let host = site.strip_prefix("https://").or_else(|| site.strip_prefix("http://"));
    if host.is_none_or(|host| host.is_empty() || host.contains(['/', '#', '?', ' '])) {
        bail!("--public-url {url}: write it like https://service.example.com");
    }
    Ok(site.to_owned())
}

/// Opens what a server keeps; makes nothing where there is none, and changes no tables under a server that runs.
async fn open_store(data: &Path) -> Result<Store> {
    if !Store::is_in(data) {
        bail!("there is no database in {}; name the server's data folder with --data", data.display());
    }
    Store::open_as_it_is(data).await.context("the data folder can't be opened")
}

/// Makes a link for somebody who has forgotten their password.
async fn make_reset_link(options: ResetLinkOptions, clock: &Clock) -> Result<PasswordLink> {
    let ResetLinkOptions { user, place } = options;
    let base_url = place.public_url.as_deref().map(parse_url).transpose()?;
    let base_url = base_url.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned());
    let store = open_store(&place.data).await?;
    let account = match UserName::parse(&user) {
        Ok(user_name) => store.account(&user_name).await?,
        Err(_) => None,
    };
    let Some(account) = account else {
        bail!("nobody signs in as {user}");
    };
    let directory = store.directory().await?;
    if !directory.person(account.person).is_some_and(|person| person.active) {
        bail!("the account of {user} is not active; an admin can activate it");
    }
    Ok(password_link::issue_link(&store, &base_url, account.person, clock.now()).await?)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use serde_json::json;

    use super::*;
    use crate::testing::TestServer;

    fn config(arguments: &[&str]) -> Result<Config> {
        let cli = Cli::try_parse_from(["fieldloop", "serve"].iter().chain(arguments))?;
        match cli.command {
            Command::Serve(options) => options.into_config(),
            _ => bail!("not a serve command"),
        }
    }

    #[test]
    fn the_manual_is_in_order() {
        Cli::command().debug_assert();
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        assert_eq!(config(&[]).unwrap().transport, Transport::Loopback);
        assert_eq!(config(&["--listen", "[::1]:80"]).unwrap().transport, Transport::Loopback);
        for open in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80"] {
            let refused = config(&["--listen", open]).unwrap_err().to_string();
            assert!(refused.contains("--tls-cert"), "{refused}");
            assert!(refused.contains("--behind-proxy"), "{refused}");
        }
    }

    #[test]
    fn mail_and_messages_leave_the_machine_only_encrypted() {
        let from = ["--mail-from", "Fieldloop <a@example.com>"];
        for good in
            ["smtps://u:p@mail.example.com", "smtp://mail.example.com?tls=required", "smtp://127.0.0.1:25"]
        {
            assert!(config(&[&["--smtp-url", good][..], &from].concat()).unwrap().mail.is_some(), "{good}");
        }
        for bad in [
            "smtp://mail.example.com",
            "SMTP://mail.example.com",
            "smtp://u:tls=required@mail.example.com",
            "mail.example.com",
            "smtp://127.0.0.1.example.com",
            "smtp://localhost@mail.example.com",
        ] {
            let refused = config(&[&["--smtp-url", bad][..], &from].concat()).unwrap_err().to_string();
            assert!(refused.contains("smtps://"), "{refused}");
        }
        let hook = |url: &str, secret: &str| config(&["--webhook-url", url, "--webhook-secret", secret]);
        assert!(hook("https://example.com/", "0123456789abcdef").unwrap().webhook.is_some());
        assert!(hook("http://localhost:9000/", "0123456789abcdef").unwrap().webhook.is_some());
        for bad in ["http://example.com/", "http://localhost.example.com/", "http://localhost@example.com/"] {
            assert!(hook(bad, "0123456789abcdef").is_err(), "{bad}");
        }
        assert!(hook("https://example.com/", "short").is_err());
        assert!(config(&[]).unwrap().mail.is_none());
    }

    #[test]
    fn an_open_address_needs_tls_or_a_proxy() {
        let open = ["--listen", "0.0.0.0:443"];
        let tls = config(&[&open[..], &["--tls-cert", "c.pem", "--tls-key", "k.pem"]].concat()).unwrap();
        assert!(matches!(tls.transport, Transport::Tls { .. }));
        let proxy = config(&[&open[..], &["--behind-proxy"]].concat()).unwrap();
        assert_eq!(proxy.transport, Transport::BehindProxy);
        assert!(config(&["--tls-cert", "c.pem"]).is_err(), "a certificate without a key");
    }

    #[test]
    fn the_public_address_is_a_site_without_a_path() {
        assert_eq!(parse_url("https://service.example.com/").unwrap(), "https://service.example.com");
        for wrong in ["service.example.com", "https://", "https://a/b", "https://a#b"] {
            assert!(parse_url(wrong).is_err(), "{wrong}");
        }
    }
    #[tokio::test]
    async fn a_reset_link_lets_somebody_in_while_the_server_is_running() {
        let server = TestServer::with_company().await;
        let reset = |user: &str| {
            let place = Place { data: server.state.config.data.clone(), public_url: Some(server.url("")) };
            make_reset_link(ResetLinkOptions { user: user.to_owned(), place }, server.clock())
        };
        assert_eq!(reset("nobody").await.unwrap_err().to_string(), "nobody signs in as nobody");
        let link = reset("Admin").await.unwrap();
        let body =
            json!({ "token": link.url.split_once("/password#").unwrap().1, "password": "a new password" });
        assert_eq!(server.browser().post("/api/password", &body).await.status, 200);
        assert_eq!(server.browser().sign_in("admin", "a new password").await.status, 200);
    }
}
