//! The TLS settings: rustls with ring, handed in, so that the process-wide default provider of the program is left alone.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;

use crate::ConfigFault;

/// Trusts what is in `ca_file` (PEM) and nothing else, or what the system trusts when there is none.
pub(crate) fn config(ca_file: Option<&Path>) -> Result<ClientConfig, ConfigFault> {
    let broken = |error: rustls::Error| ConfigFault::new("tls", format!("could not be set up: {error}"));
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(broken)?;
    let Some(path) = ca_file else {
        return Ok(builder.with_platform_verifier().map_err(broken)?.with_no_client_auth());
    };
    let unreadable = |why: String| ConfigFault::new("ca_file", format!("{}: {why}", path.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))? {
        roots.add(certificate.map_err(|error| unreadable(error.to_string()))?).map_err(broken)?;
    }
    if roots.is_empty() {
        return Err(unreadable("it holds no certificate in PEM".to_owned()));
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Plain connections only; no roots are loaded, which must work on a machine without any.
pub(crate) fn none() -> Result<ClientConfig, ConfigFault> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigFault::new("tls", format!("could not be set up: {error}")))?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}
