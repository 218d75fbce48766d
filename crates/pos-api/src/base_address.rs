//! Where this server is reached from outside, for the addresses that it gives.

use http::header::HOST;
use http::{HeaderMap, Uri};
use http_kit::HttpState;

/// Where the server is reached: as the operator says, else as it was asked.
pub(crate) fn base_address(state: &HttpState, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    if let Some(url) = &state.core().settings().public_url {
        return Some(url.trim_end_matches('/').to_owned());
    }
    // HTTP/2 has the host in the address.
    let host = uri.authority().map(|authority| authority.as_str());
    let host = host.or_else(|| headers.get(HOST)?.to_str().ok())?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    let scheme = if state.settings().tls { "https" } else { "http" };
    (!host.is_empty() && host.bytes().all(plain)).then(|| format!("{scheme}://{host}"))
}
