//! TLS with the operator's own certificate.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use axum_server::tls_rustls::RustlsConfig;
use tokio::signal::unix::Signal;

/// The operator's certificate and key, as read last. Cheap to clone; all clones are reloaded together.
#[derive(Debug, Clone)]
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

    /// Reads both files again at every hangup. What can't be read leaves the old ones in use.
    pub(crate) async fn reload_on_signal(self, mut hangups: Signal) {
        while hangups.recv().await.is_some() {
            match self.config.reload_from_pem_file(&self.chain, &self.key).await {
                Ok(()) => tracing::info!("the certificate was read again"),
                Err(error) => {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::error!(error, "the certificate can't be read; the old one stays in use");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_certificate_that_can_not_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
        for content in [None, Some("-----BEGIN NONSENSE-----")] {
            if let Some(content) = content {
                std::fs::write(&chain, content).unwrap();
                std::fs::write(&key, content).unwrap();
            }
            let error = Certificate::read(&chain, &key).await.err().unwrap().to_string();
            assert!(error.contains("chain.pem") && error.contains("key.pem"), "{error}");
        }
    }
}
