//! `POST /oauth/introspect` (RFC 7662).

use axum::extract::State;
use http_kit::openapi::Responses;
use http_kit::{HttpState, PrivateJson, Problem};
use serde::Serialize;
use service::oauth_inspect::{Introspection, TokenKind};
use utoipa::ToSchema;

use super::client::{ClientCall, FlowParameters};
use super::error::{Refusal, responses};

/// The token in question. The credentials of the client are here, or in the header `Authorization: Basic`.
#[derive(ToSchema)]
#[schema(as = TokenInQuestion)]
#[expect(dead_code, reason = "it is the documentation of a form")]
pub(crate) struct TokenForm {
    /// The name of the client.
    #[schema(required = false, example = "flexitidemo", max_length = 100)]
    client_id: String,
    /// Its secret.
    #[schema(required = false, example = "77fde15a-9d33-4e15-930a-76e4b3ae33e9", max_length = 100)]
    client_secret: String,
    /// An access or refresh token of the client.
    #[schema(example = "2d8f373a3c2b1e61baf5a7769930ff4f0e08cdb0")]
    token: String,
    /// `access_token` or `refresh_token`. It is passed over: both are looked for.
    #[schema(required = false, example = "access_token")]
    token_type_hint: String,
}

/// What a token is. Of one that does not work, or is another client's, only `active` is told.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct IntrospectionAnswer {
    /// Whether it works.
    #[schema(example = true)]
    active: bool,
    /// What it may be used for: `merchant` or `customer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "merchant")]
    scope: Option<&'static str>,
    /// The client that it was given to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "flexitidemo")]
    client_id: Option<String>,
    /// The merchant user that it was given to, with the grant `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// `bearer` for an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "bearer")]
    token_type: Option<&'static str>,
    /// When it expires, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_795_000_000)]
    exp: Option<i64>,
    /// When it was made, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1_794_998_800)]
    iat: Option<i64>,
}

impl From<Introspection> for IntrospectionAnswer {
    fn from(token: Introspection) -> Self {
        Self {
            active: true,
            scope: Some(token.scope.name()),
            client_id: Some(token.oauth_client_id),
            username: token.username,
            token_type: (token.kind == TokenKind::Access).then_some("bearer"),
            exp: Some(token.expires_at.seconds()),
            iat: Some(token.issued_at.seconds()),
        }
    }
}

/// Ask about a token
///
/// Tells a client whether a token of its own works, and what it is (RFC 7662). Of any other token it is told that it does not.
#[utoipa::path(
    post,
    path = "/oauth/introspect",
    operation_id = "introspectToken",
    tag = super::TAG,
    security((), ("OauthClient" = [])),
    params(FlowParameters),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (
            status = 200,
            description = "What the token is.",
            body = IntrospectionAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({
                "active": true,
                "scope": "merchant",
                "client_id": "flexitidemo",
                "token_type": "bearer",
                "exp": 1_795_000_000,
                "iat": 1_794_998_800,
            }),
        ),
        IntrospectionProblems,
    ),
)]
pub(crate) async fn introspect_token(
    State(state): State<HttpState>,
    ClientCall { client, form, .. }: ClientCall,
) -> Result<PrivateJson<IntrospectionAnswer>, Problem> {
    let token = form.get("token").ok_or(Refusal::Missing("token"))?;
    let told = state.core().introspect_token(&client, token).await?;
    Ok(PrivateJson::new(told.map(IntrospectionAnswer::from).unwrap_or_default()))
}

/// What can go wrong, for the API document.
pub(super) struct IntrospectionProblems;

impl utoipa::IntoResponses for IntrospectionProblems {
    fn responses() -> Responses {
        responses([])
    }
}
