//! `GET /metrics`: on an address of its own, or behind a bearer token.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::Secret;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_kit::{Code, HttpState, Problem};
use sha2::{Digest as _, Sha256};

use crate::config::Settings;
use crate::secret_file::{self, SecretFileError};
use crate::telemetry::Metrics;

/// The variable that holds the token itself.
pub const METRICS_TOKEN_VARIABLE: &str = "TALLYSTICK_METRICS_TOKEN";

const TOKEN_REQUIRED: Code = Code::new(
    "metrics_token_required",
    StatusCode::UNAUTHORIZED,
    "The bearer token of the metrics is missing or wrong",
);

/// The text format of Prometheus.
const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The token that opens `/metrics` on the main address: from the variable, or from the file of the settings.
///
/// # Errors
/// When the file can't be read, or is open to others.
pub fn metrics_token(settings: &Settings) -> Result<Option<Secret<String>>, SecretFileError> {
    match std::env::var(METRICS_TOKEN_VARIABLE).ok().and_then(token) {
        Some(token) => Ok(Some(token)),
        None => {
            let file = settings.telemetry.metrics_token_file.as_deref();
            Ok(file.map(secret_file::read).transpose()?.and_then(|text| token(text.expose().to_owned())))
        }
    }
}

/// The token in a text; none in an empty one, so that an empty variable does not hide the file.
fn token(text: String) -> Option<Secret<String>> {
    let text = Secret::new(text);
    Some(Secret::new(text.expose().trim().to_owned())).filter(|token| !token.expose().is_empty())
}

/// The router of the address that is for metrics only.
pub fn metrics_router(metrics: Metrics) -> Router {
    Router::new().route("/metrics", get(async move || show(&metrics)))
}

/// `/metrics` on the main address, for who has the token.
pub(super) fn guarded(metrics: Metrics, token: Secret<String>) -> Router<HttpState> {
    // Compared by their digests: the time that takes tells nothing of the token.
    let token = digest(token.expose());
    Router::new().route(
        "/metrics",
        get(async move |headers: HeaderMap, State(_): State<HttpState>| match bearer(&headers) {
            Some(presented) if digest(presented) == token => show(&metrics),
            _ => Problem::new(TOKEN_REQUIRED, "Send the token of the metrics: Authorization: Bearer TOKEN")
                .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
                .into_response(),
        }),
    )
}

fn show(metrics: &Metrics) -> Response {
    ([(CONTENT_TYPE, MEDIA_TYPE), (CACHE_CONTROL, "no-store")], metrics.render()).into_response()
}

/// The token of an `Authorization: Bearer` header (RFC 6750 section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))])
    }

    #[test]
    fn an_empty_text_holds_no_token() {
        assert!(token(String::new()).is_none());
        assert!(token(" \n".to_owned()).is_none());
        assert_eq!(token(" abc\n".to_owned()).unwrap().expose(), "abc");
    }

    #[test]
    fn reads_the_bearer_token_only() {
        assert_eq!(bearer(&with("Bearer abc")), Some("abc"));
        assert_eq!(bearer(&with("bearer abc")), Some("abc"));
        assert_eq!(bearer(&with("Basic abc")), None);
        assert_eq!(bearer(&with("Bearer")), None);
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
