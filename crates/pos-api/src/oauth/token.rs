//! `POST /oauth/token`.

use axum::extract::State;
use domain::Secret;
use domain::oauth_token::Scope;
use http::header::PRAGMA;
use http::{HeaderName, HeaderValue};
use http_kit::openapi::Responses;
use http_kit::{HttpState, PrivateJson, Problem};
use serde::Serialize;
use service::oauth_grant::{GrantError, IssuedTokens};
use utoipa::ToSchema;

use super::client::{ClientCall, FlowParameters};
use super::error::{Refusal, responses};

/// Says to caches of HTTP/1.0 what `Cache-Control` says to the others (RFC 6749 section 5.1).
pub(super) const NO_CACHE: [(HeaderName, HeaderValue); 1] = [(PRAGMA, HeaderValue::from_static("no-cache"))];

/// What is asked for. The credentials of the client are here, or in the header `Authorization: Basic`.
#[derive(ToSchema)]
#[schema(as = TokenRequest)]
#[expect(dead_code, reason = "it is the documentation of a form")]
pub(crate) struct TokenForm {
    /// The name of the client.
    #[schema(required = false, example = "flexitidemo", max_length = 100)]
    client_id: String,
    /// Its secret.
    #[schema(required = false, example = "77fde15a-9d33-4e15-930a-76e4b3ae33e9", max_length = 100)]
    client_secret: String,
    /// How the client shows that it may have a token.
    #[schema(
        required = false,
        default = "client_credentials",
        pattern = "^(client_credentials|refresh_token|password)$"
    )]
    grant_type: String,
    /// What the token may be used for: every endpoint, or those that a customer's own screen needs.
    #[schema(required = false, default = "merchant", pattern = "^(merchant|customer)$")]
    scope: String,
    /// With `grant_type` `refresh_token`: the one of the last answer.
    #[schema(required = false, pattern = "^[0-9a-f]{40}$")]
    refresh_token: String,
    /// With `grant_type` `password`: the name of a merchant user.
    #[schema(required = false)]
    username: String,
    /// With `grant_type` `password`: its password.
    #[schema(required = false)]
    password: String,
}

/// A token pair.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenAnswer {
    /// Always `bearer`.
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// What every other call carries: `Authorization: Bearer …`. Keep it secret.
    #[schema(example = "2d8f373a3c2b1e61baf5a7769930ff4f0e08cdb0", pattern = "^[0-9a-f]{40}$")]
    access_token: String,
    /// In how many seconds it expires.
    #[schema(example = 1200, minimum = 0, maximum = 1200)]
    expires_in: u64,
    /// What gives the next pair, once, and before the access token expires. Keep it secret.
    #[schema(example = "36e0fc3d7415145f4b1d71512c459fd6eaa13aa8", pattern = "^[0-9a-f]{40}$")]
    refresh_token: String,
    /// What it may be used for: `merchant` or `customer`.
    #[schema(example = "merchant")]
    scope: &'static str,
}

impl From<IssuedTokens> for TokenAnswer {
    fn from(issued: IssuedTokens) -> Self {
        Self {
            token_type: "bearer",
            access_token: issued.access.expose().to_text(),
            expires_in: issued.expires_in,
            refresh_token: issued.refresh.expose().to_text(),
            scope: issued.scope.name(),
        }
    }
}

/// Get or refresh a token
///
/// Gives a client an access token for 1200 seconds, and a refresh token that gives the next pair, once, as long as the access token has
/// not expired. The parameters are a form: not JSON, and not in the query string. A refresh whose answer was lost may be repeated for
/// some seconds (10 unless the operator has set others) and gives the same pair. A refresh token that is used again after that ends
/// every token that came of it: get a new pair then. The scope of a refresh is never wider than before.
#[utoipa::path(
    post,
    path = "/oauth/token",
    operation_id = "issueToken",
    tag = super::TAG,
    security((), ("OauthClient" = [])),
    params(FlowParameters),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (
            status = 200,
            description = "A token pair.",
            body = TokenAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({
                "token_type": "bearer",
                "access_token": "2d8f373a3c2b1e61baf5a7769930ff4f0e08cdb0",
                "expires_in": 1200,
                "refresh_token": "36e0fc3d7415145f4b1d71512c459fd6eaa13aa8",
                "scope": "merchant",
            }),
        ),
        TokenProblems,
    ),
)]
pub(crate) async fn issue_token(
    State(state): State<HttpState>,
    call: ClientCall,
) -> Result<([(HeaderName, HeaderValue); 1], PrivateJson<TokenAnswer>), Problem> {
    let issued = issue(&state, &call).await?;
    Ok((NO_CACHE, PrivateJson::new(issued.into())))
}

async fn issue(state: &HttpState, ClientCall { client, form, context }: &ClientCall) -> Result<IssuedTokens, Refusal> {
    let core = state.core();
    let scope = form.get("scope").map(str::parse::<Scope>).transpose().map_err(|_| Refusal::UnknownScope)?;
    let needed = |name| form.get(name).ok_or(Refusal::Missing(name));
    Ok(match form.get("grant_type").unwrap_or("client_credentials") {
        "client_credentials" => core.issue_token(client, scope.unwrap_or_default(), context).await?,
        "refresh_token" => core.refresh_token(client, needed("refresh_token")?, scope, context).await?,
        "password" => {
            let (username, password) = (needed("username")?, Secret::new(needed("password")?.to_owned()));
            core.issue_token_to_user(client, username, &password, scope.unwrap_or_default(), context).await?
        }
        _ => return Err(Refusal::UnknownGrant),
    })
}

/// What can go wrong, for the API document.
struct TokenProblems;

impl utoipa::IntoResponses for TokenProblems {
    fn responses() -> Responses {
        responses([Refusal::UnknownGrant, Refusal::UnknownScope, Refusal::Grant(GrantError::Reused)])
    }
}
