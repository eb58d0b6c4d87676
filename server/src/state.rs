//! What every request handler can reach.

use std::ops::Deref;
use std::sync::Arc;

use anyhow::Context as _;

use crate::auth::limits::SignInLimits;
use crate::auth::password::PasswordHasher;
use crate::auth::session::Sessions;
use crate::clock::Clock;
use crate::config::Config;
use crate::files::{Files, Limits};
use crate::people::DirectoryCache;
use crate::rescue::{Rescue, RescueKey};
use crate::ringing::Ringing;
use crate::shutdown::Shutdown;
use crate::store::backups::BackupMade;
use crate::store::{Store, StoreError};
use crate::sync::{Exchange, Gate, Hub, Writer};

/// The server's parts. As cheap to clone as can be: every layer around a request does it.
#[derive(Debug, Clone)]
pub(crate) struct AppState(Arc<Parts>);

/// What the server is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    /// All that is kept.
    pub(crate) store: Store,
    /// Who there is, and where they belong.
    pub(crate) directory: DirectoryCache,
    /// Who is signed in.
    pub(crate) sessions: Sessions,
    /// Hashes and checks passwords, a few at a time.
    pub(crate) passwords: PasswordHasher,
    /// Slows guessing down.
    pub(crate) sign_in_limits: SignInLimits,
    /// Lets pushes in.
    pub(crate) gate: Gate,
    /// Takes changes to the record.
    pub(crate) writer: Writer,
    /// Tells those who listen what has been recorded.
    pub(crate) hub: Hub,
    /// What devices can ask.
    pub(crate) exchange: Exchange,
    /// Photos and other files.
    pub(crate) files: Files,
    /// Opens rescue files.
    pub(crate) rescue: Rescue,
    /// Brings policies into force and tells people in time.
    pub(crate) ringing: Ringing,
    /// What time it is.
    pub(crate) clock: Clock,
    /// What the operator has chosen.
    pub(crate) config: Arc<Config>,
    /// Whether the server is about to stop.
    pub(crate) shutdown: Shutdown,
}

impl AppState {
    /// Opens the store and starts every part.
    pub(crate) async fn start(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let store = Store::open(&config.data).await?;
        Self::upon(store, config, clock).await
    }

    /// Starts every part upon a store.
    pub(crate) async fn upon(store: Store, config: Config, clock: Clock) -> anyhow::Result<Self> {
        Self::within(Limits::default(), store, config, clock).await
    }

    /// Starts every part upon a store, with these limits on files.
    pub(crate) async fn within(
        limits: Limits,
        store: Store,
        config: Config,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let directory = DirectoryCache::load(&store).await?;
        let hub = Hub::new();
        hub.back_up(store.last_backup().await?.as_ref().map(BackupMade::told));
        let writer = Writer::start(store.clone(), directory.clone(), hub.clone(), config.utc_offset_minutes)
            .map_err(StoreError::Thread)?;
        // Fails only if a provider has been chosen before, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = Arc::new(config);
        let ringing =
            Ringing::new(store.clone(), directory.clone(), hub.clone(), clock.clone(), Arc::clone(&config))?;
        let exchange =
            Exchange::new(store.clone(), directory.clone(), writer.clone(), hub.clone(), clock.clone());
        let files = Files::open(store.clone(), &config.data, clock.clone(), limits)
            .context("the folder of files can't be made")?;
        let rescue = Rescue::new(RescueKey::of(&store).await?);
        Ok(Self(Arc::new(Parts {
            files,
            rescue,
            gate: Gate::new(),
            ringing,
            exchange,
            directory,
            writer,
            hub,
            sessions: Sessions::new(store.clone()),
            passwords: PasswordHasher::new(config.password_cost),
            sign_in_limits: SignInLimits::default(),
            clock,
            config,
            shutdown: Shutdown::new(),
            store,
        })))
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
