//! TLS with the operator's own certificate.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use axum_server::tls_rustls::RustlsConfig;

/// The operator's certificate and key, as read last.
pub(crate) struct Certificate {
    chain: PathBuf,
    key: PathBuf,
    config: RustlsConfig,
}

impl Certificate {
    /// Reads certificate and key.
    pub(crate) async fn read(chain: &Path, key: &Path) -> Result<Self> {
        // Fails only if a provider has been chosen before, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = RustlsConfig::from_pem_file(chain, key).await.with_context(|| {
            format!("the certificate {} and its key {} can't be used", chain.display(), key.display())
        })?;
        Ok(Self { chain: chain.to_owned(), key: key.to_owned(), config })
    }

    /// What a server needs of it. Connections made after a reload get the newer certificate.
    pub(crate) fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Reads both files again whenever the process is told to by SIGHUP. What can't be read leaves the old ones in use.
    #[cfg(unix)]
    pub(crate) async fn reload_on_signal(self) -> Result<()> {
        use tokio::signal::unix::{SignalKind, signal};

        let mut hangups = signal(SignalKind::hangup()).context("SIGHUP can't be listened for")?;
        while hangups.recv().await.is_some() {
            match self.config.reload_from_pem_file(&self.chain, &self.key).await {
                Ok(()) => tracing::info!("the certificate was read again"),
                Err(error) => {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::error!(error, "the certificate can't be read; the old one stays in use");
                }
            }
        }
        Ok(())
    }
}
