//! `GET /.well-known/oauth-authorization-server…` (RFC 8414).

use axum::Json;
use axum::extract::State;
use domain::oauth_token::Scope;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use http_kit::openapi::Responses;
use http_kit::{HttpState, Problem, code};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::{Here, of_problems};
use crate::prefix::WELL_KNOWN;

/// What the token endpoint can do.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorizationServer)]
pub(crate) struct Metadata {
    /// The name of the server: what the addresses below begin with.
    #[schema(example = "https://pos.example.com/flexiti/pos-api/v2.5")]
    issuer: String,
    /// Where tokens are given.
    #[schema(example = "https://pos.example.com/flexiti/pos-api/v2.5/oauth/token")]
    token_endpoint: String,
    /// Where they are asked about.
    #[schema(example = "https://pos.example.com/flexiti/pos-api/v2.5/oauth/introspect")]
    introspection_endpoint: String,
    /// Where they are revoked.
    #[schema(example = "https://pos.example.com/flexiti/pos-api/v2.5/oauth/revoke")]
    revocation_endpoint: String,
    /// The grants.
    grant_types_supported: [&'static str; 3],
    /// None: there is no authorization endpoint.
    response_types_supported: [&'static str; 0],
    /// The scopes.
    scopes_supported: [&'static str; 2],
    /// How a client proves itself.
    token_endpoint_auth_methods_supported: [&'static str; 2],
    /// The same.
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    /// The same.
    revocation_endpoint_auth_methods_supported: [&'static str; 2],
    /// The languages of `message`, by `lang`.
    ui_locales_supported: [&'static str; 2],
}

/// Tell what the token endpoint can do
///
/// The metadata of the authorization server (RFC 8414), from which a library finds out the rest. The issuer is `public-url` with the
/// prefix; where the operator has not set that, the host that was asked.
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    operation_id = "showAuthorizationServer",
    tag = super::TAG,
    security(()),
    responses(
        (status = 200, description = "The metadata.", body = Metadata),
        MetadataProblems,
    ),
)]
pub(crate) async fn show_metadata(
    State(state): State<HttpState>,
    _: Here,
    uri: Uri,
    headers: HeaderMap,
) -> Result<([(HeaderName, HeaderValue); 1], Json<Metadata>), Problem> {
    let prefix = uri.path().strip_prefix(WELL_KNOWN).unwrap_or_default();
    let base = crate::base_address::base_address(&state, &uri, &headers).ok_or_else(unnamed)?;
    let issuer = format!("{base}{prefix}");
    let at = |path: &str| format!("{issuer}/oauth/{path}");
    let methods = ["client_secret_basic", "client_secret_post"];
    let metadata = Metadata {
        token_endpoint: at("token"),
        introspection_endpoint: at("introspect"),
        revocation_endpoint: at("revoke"),
        issuer,
        grant_types_supported: ["client_credentials", "refresh_token", "password"],
        response_types_supported: [],
        scopes_supported: Scope::ALL.map(Scope::name),
        token_endpoint_auth_methods_supported: methods,
        introspection_endpoint_auth_methods_supported: methods,
        revocation_endpoint_auth_methods_supported: methods,
        ui_locales_supported: ["en", "fr"],
    };
    // What it says depends on the host that was asked, so that nobody on the way may keep it for others.
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(metadata)))
}

fn unnamed() -> Problem {
    Problem::new(code::NOT_FOUND, "Ask with a Host header, or set public-url: the addresses begin with it")
}

/// What can go wrong, for the API document.
struct MetadataProblems;

impl utoipa::IntoResponses for MetadataProblems {
    fn responses() -> Responses {
        of_problems([unnamed()])
    }
}
