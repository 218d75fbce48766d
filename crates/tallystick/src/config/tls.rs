//! `[tls]`: the certificate, when the server speaks HTTPS itself.

use std::path::{Path, PathBuf};

use super::ConfigError;
use super::section::section;

section! {
    /// The certificate and its key. Both are set, or neither.
    Tls, TlsLayer, "tls";

    /// The certificate chain, PEM, the server's own first. Read anew when the file changes
    tls_cert ["TALLYSTICK_TLS_CERT", "FILE"]: PathBuf;

    /// The private key of the certificate, PEM. Read anew when the file changes
    tls_key ["TALLYSTICK_TLS_KEY", "FILE"]: PathBuf;
}

impl Tls {
    /// The certificate and the key, when the server speaks HTTPS.
    #[must_use]
    pub fn files(&self) -> Option<(&Path, &Path)> {
        self.tls_cert.as_deref().zip(self.tls_key.as_deref())
    }

    /// Refuses one without the other.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => Err(ConfigError::invalid("tls-key", "a certificate needs its key: set it as well")),
            (None, Some(_)) => Err(ConfigError::invalid("tls-cert", "a key needs its certificate: set it as well")),
            _ => Ok(()),
        }
    }
}
