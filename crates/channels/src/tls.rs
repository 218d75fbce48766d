//! The TLS settings: rustls with ring, handed in, so that the process-wide default provider of the program is left alone.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::ConfigFault;

/// Trusts what is in `ca_file` (PEM) and nothing else, or what the system trusts when there is none. `setting` is the name of `ca_file` in
/// the channel's configuration.
pub(crate) fn config(setting: &str, ca_file: Option<&Path>) -> Result<ClientConfig, ConfigFault> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| broken(setting, &error))?;
    let Some(path) = ca_file else {
        return Ok(builder.with_platform_verifier().map_err(|_| no_roots(setting))?.with_no_client_auth());
    };
    let unreadable = |why: String| unreadable(setting, path, why);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))? {
        let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unreadable("it holds no certificate in PEM".to_owned()));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The file of certificates cannot be used.
pub(crate) fn unreadable(setting: &str, path: &Path, why: impl Display) -> ConfigFault {
    ConfigFault::new(setting, format!("{}: {why}", path.display()))
}

/// The file is not set, and the system has nothing in its place.
pub(crate) fn no_roots(setting: &str) -> ConfigFault {
    ConfigFault::new(
        setting,
        "the system has no trusted certificates: install ca-certificates, or set it to a file in PEM",
    )
}

fn broken(setting: &str, error: &rustls::Error) -> ConfigFault {
    ConfigFault::new(setting, format!("TLS could not be set up: {error}"))
}

/// Plain connections only; no roots are loaded, which must work on a machine without any.
pub(crate) fn none() -> Result<ClientConfig, ConfigFault> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| broken("url", &error))?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_is_named_as_the_channel_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let empty = directory.path().join("empty.pem");
        std::fs::write(&empty, "no certificate\n").unwrap();
        for (path, why) in [(directory.path().join("missing.pem"), "missing.pem"), (empty, "no certificate in PEM")] {
            let fault = config("tls.ca-file", Some(&path)).unwrap_err();
            assert_eq!(fault.setting, "tls.ca-file");
            assert!(fault.remedy.contains(why), "{fault}");
        }
        let fault = no_roots("ca-file").to_string();
        assert!(fault.starts_with("ca-file: ") && fault.contains("install ca-certificates"), "{fault}");
    }
}
