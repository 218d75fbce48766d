//! The certificate, read anew when its files change.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use tokio::signal::unix::{SignalKind, signal};

use super::signals::received;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// The certificate can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the certificate {} with the key {}: {source}", certificate.display(), key.display())]
pub struct TlsError {
    certificate: PathBuf,
    key: PathBuf,
    source: std::io::Error,
}

/// A certificate with its key, and the files they came from.
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    config: RustlsConfig,
    seen: Marks,
}

/// What tells a changed file from an unchanged one, for both files.
type Marks = [Option<(SystemTime, u64)>; 2];

impl Certificate {
    /// Reads the PEM files.
    ///
    /// # Errors
    /// When one can't be read, is no PEM, or the two do not fit together.
    pub async fn read(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        // Fails when a provider is there already, which is then the one that is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let seen = marks(certificate, key);
        match RustlsConfig::from_pem_file(certificate, key).await {
            Ok(config) => Ok(Self { certificate: certificate.into(), key: key.into(), config, seen }),
            Err(source) => Err(TlsError { certificate: certificate.into(), key: key.into(), source }),
        }
    }

    /// What the server answers handshakes with; it changes when the files do.
    #[must_use]
    pub fn config(&self) -> RustlsConfig {
        self.config.clone()
    }

    /// Follows the files until the future is dropped. SIGHUP reads them at once.
    pub async fn follow(mut self) {
        let mut hangup = signal(SignalKind::hangup()).ok();
        let mut tick = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                _ = tick.tick() => self.look().await,
                () = received(&mut hangup) => self.reload().await,
            }
        }
    }

    /// Reads the files when they have changed.
    async fn look(&mut self) {
        if marks(&self.certificate, &self.key) != self.seen {
            self.reload().await;
        }
    }

    /// Reads the files. While they do not fit together, as between the writing of the one and of the other, the former certificate
    /// stays.
    async fn reload(&mut self) {
        self.seen = marks(&self.certificate, &self.key);
        match self.config.reload_from_pem_file(&self.certificate, &self.key).await {
            Ok(()) => tracing::info!(certificate = %self.certificate.display(), "the certificate was read anew"),
            Err(error) => tracing::warn!(
                certificate = %self.certificate.display(), %error,
                "the changed certificate can't be used; the former one stays"
            ),
        }
    }
}

fn marks(certificate: &Path, key: &Path) -> Marks {
    [certificate, key].map(|path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_pair(directory: &Path, name: &str) -> (PathBuf, PathBuf) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let (certificate, key) = (directory.join("cert.pem"), directory.join("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        (certificate, key)
    }

    #[tokio::test]
    async fn reads_changed_files_and_keeps_the_old_pair_while_they_do_not_fit() {
        let directory = tempfile::tempdir().unwrap();
        let (certificate, key) = write_pair(directory.path(), "one.example");
        let mut served = Certificate::read(&certificate, &key).await.unwrap();
        let first = served.config.get_inner();

        served.look().await;
        assert!(std::sync::Arc::ptr_eq(&first, &served.config.get_inner()), "unchanged files are not read");

        let old_key = std::fs::read(&key).unwrap();
        write_pair(directory.path(), "two.a-longer-name.example");
        let new_key = std::fs::read(&key).unwrap();
        std::fs::write(&key, old_key).unwrap();
        served.look().await;
        assert!(std::sync::Arc::ptr_eq(&first, &served.config.get_inner()), "a pair that does not fit is not used");

        std::fs::write(&key, new_key).unwrap();
        served.reload().await;
        assert!(!std::sync::Arc::ptr_eq(&first, &served.config.get_inner()));
    }

    #[tokio::test]
    async fn names_the_files_that_can_not_be_read() {
        let error = Certificate::read(Path::new("no.pem"), Path::new("no.key")).await.err().unwrap();
        assert!(error.to_string().contains("no.pem"), "{error}");
    }
}
