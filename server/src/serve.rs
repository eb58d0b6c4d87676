//! Running the server, from an empty folder to a clean end.

use std::fs::{self, File, TryLockError};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum_server::accept::NoDelayAcceptor;
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::auth::first_admin;
use crate::backup;
use crate::cli::tell;
use crate::clock::Clock;
use crate::config::{Config, Transport};
use crate::demo;
use crate::router;
use crate::shutdown::Shutdown;
use crate::state::AppState;
use crate::store::Trust;
use crate::tls::Certificate;

/// How long requests under way may take to end once the server is to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// How often a silent HTTP/2 connection is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(60);

/// Serves until SIGTERM or Ctrl+C.
///
/// # Errors
/// When it can't begin, or had to end because the disk can't be relied upon.
pub(crate) async fn serve(config: Config) -> Result<()> {
    let _lock = lock(&config.data)?;
    backup::explain_interrupted(&config.data)?;
    let certificate = match &config.transport {
        Transport::Tls { certificate, key } => Some(Certificate::read(certificate, key).await?),
        Transport::Loopback | Transport::BehindProxy => None,
    };
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("nothing can listen on {}", config.listen))?;
    listener.set_nonblocking(true).context("the listening socket can't be prepared")?;
    let state = AppState::start(config, Clock::System).await?;

    let handle = Handle::new();
    tokio::spawn(stop_on_signal(Signals::listen()?, handle.clone(), state.shutdown.clone()));
    match (&certificate, &state.config.transport) {
        (Some(certificate), _) => drop(tokio::spawn(certificate.clone().reload_on_signal(hangups()?))),
        // Whoever reloads services in bulk doesn't mean to stop this one; listening once is enough to survive. At a terminal,
        // without a proxy, the server ends with the terminal.
        (None, Transport::BehindProxy) => drop(hangups()?),
        (None, _) => {}
    }
    let trust = state.store.trust().clone();
    tokio::spawn(stop_without_trust(trust.clone(), handle.clone(), state.shutdown.clone()));
    welcome(&state).await?;
    tokio::spawn(state.ringing.clone().keep(state.shutdown.clone()));
    tokio::spawn(state.ringing.clone().keep_delivering(state.shutdown.clone()));
    tokio::spawn(state.files.clone().keep_tidy(state.shutdown.clone()));
    let served = answer(listener, certificate, router::app(state), handle).await;
    served?;
    trust.require().context("the server has ended to be started anew")?;
    tracing::info!("stopped");
    Ok(())
}

/// Answers requests until `handle` says stop and those under way have ended.
///
/// Without delay: an event stream sends small pieces that somebody waits for, and Nagle's algorithm would hold each second
/// one back until the first is acknowledged.
pub(crate) async fn answer(
    listener: TcpListener,
    certificate: Option<Certificate>,
    app: Router,
    handle: Handle<SocketAddr>,
) -> Result<()> {
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    match certificate {
        None => {
            let server = patient(axum_server::from_tcp(listener)?.acceptor(NoDelayAcceptor::new()));
            server.handle(handle).serve(service).await?;
        }
        Some(certificate) => {
            let server = axum_server::from_tcp_rustls(listener, certificate.config())?;
            let server = patient(server.map(|tls| tls.acceptor(NoDelayAcceptor::new())));
            server.handle(handle).serve(service).await?;
        }
    }
    Ok(())
}

/// Makes sure that no server, no other one if this is one, works on the same folder until the file is closed.
pub(crate) fn lock(data: &Path) -> Result<File> {
    let path = data.join("server.lock");
    make_private_folder(data).with_context(|| format!("the data folder {} can't be made", data.display()))?;
    let file = File::create(&path).with_context(|| format!("{} can't be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("a Fieldloop server is running on the data folder {}; stop it first", data.display())
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} can't be locked", path.display()))
        }
    }
}

/// A folder that is new is for the server's own eyes only.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Waits for clients that dawdle, but not for ever.
fn patient<A>(mut server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
    let protocols = server.http_builder();
    protocols.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    protocols.http2().timer(TokioTimer::new()).keep_alive_interval(PING_INTERVAL);
    server
}

/// Tells the operator where the server is, and how to become its first admin.
async fn welcome(state: &AppState) -> Result<()> {
    let base_url = state.config.base_url();
    if state.config.demo
        && let Some(users) = demo::found(state).await?
    {
        let (users, password) = (users.join(", "), demo::PASSWORD);
        tell(&format!(
            "The example company is ready. Sign in as one of: {users}\nEverybody's password: {password}"
        ));
    }
    tell(&format!("Fieldloop is running on {base_url} (stop it with Ctrl+C)"));
    if let Some(link) = first_admin::issue_link(state).await? {
        tell(&format!("Nobody has an account yet. Become the first admin here, once, within a day:\n{link}"));
    }
    tracing::info!(listen = %state.config.listen, version = env!("CARGO_PKG_VERSION"), "started");
    Ok(())
}

/// What ends the server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self> {
        let listen = |kind, name| signal(kind).with_context(|| format!("{name} can't be listened for"));
        Ok(Self {
            terminate: listen(SignalKind::terminate(), "SIGTERM")?,
            interrupt: listen(SignalKind::interrupt(), "SIGINT")?,
        })
    }
}

fn hangups() -> Result<Signal> {
    signal(SignalKind::hangup()).context("SIGHUP can't be listened for")
}

async fn stop_on_signal(mut signals: Signals, handle: Handle<SocketAddr>, shutdown: Shutdown) {
    tokio::select! {
        _ = signals.terminate.recv() => {}
        _ = signals.interrupt.recv() => {}
    }
    tracing::info!("stopping");
    shutdown.request();
    handle.graceful_shutdown(Some(GRACE));
}

/// Ends the server when the disk has failed to flush: who starts it anew has it read what really is on the disk.
pub(crate) async fn stop_without_trust(trust: Trust, handle: Handle<SocketAddr>, shutdown: Shutdown) {
    trust.lost().await;
    tracing::error!("a flush of the disk has failed; nothing is confirmed any more, and the server ends");
    shutdown.request();
    handle.graceful_shutdown(Some(GRACE));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_servers_never_work_on_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        let refused = lock(folder.path()).unwrap_err().to_string();
        assert!(refused.starts_with("a Fieldloop server is running"), "{refused}");
        drop(first);
        assert!(lock(folder.path()).is_ok());
    }

    #[test]
    fn a_new_data_folder_is_closed_to_others() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("new/data");
        lock(&data).unwrap();
        assert_eq!(fs::metadata(data).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[tokio::test]
    async fn requests_under_way_end_before_the_server_does() {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (finish, may_finish) = tokio::sync::oneshot::channel::<()>();
        let once = std::sync::Mutex::new(Some((begun, may_finish)));
        let once = std::sync::Arc::new(once);
        let slow = axum::routing::get(move || {
            let (begun, may_finish) = once.lock().unwrap().take().unwrap();
            async move {
                begun.send(()).unwrap();
                may_finish.await.unwrap();
                "done"
            }
        });
        let handle = Handle::new();
        let app = Router::new().route("/", slow);
        let serving = tokio::spawn(answer(listener, None, app, handle.clone()));

        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        has_begun.await.unwrap();
        handle.graceful_shutdown(Some(GRACE));
        finish.send(()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert!(text.ends_with("done"), "{text}");
        serving.await.unwrap().unwrap();
    }
}
