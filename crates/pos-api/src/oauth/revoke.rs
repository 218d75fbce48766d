//! `POST /oauth/revoke` (RFC 7009).

use axum::extract::State;
use http::header::CACHE_CONTROL;
use http::{HeaderName, HeaderValue};
use http_kit::{HttpState, Problem};

use super::client::{ClientCall, FlowParameters};
use super::error::Refusal;
use super::introspect::{IntrospectionProblems, TokenForm};

/// Revoke a token
///
/// Ends a token of the client (RFC 7009). An access token ends alone; a refresh token ends with every token that came of the same grant,
/// also when it was used before. A token that is unknown or another client's is answered with 200 as well: there is nothing to do.
#[utoipa::path(
    post,
    path = "/oauth/revoke",
    operation_id = "revokeToken",
    tag = super::TAG,
    security((), ("OauthClient" = [])),
    params(FlowParameters),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token does not work, now if not before. The answer has no body."),
        IntrospectionProblems,
    ),
)]
pub(crate) async fn revoke_token(
    State(state): State<HttpState>,
    ClientCall { client, form, context }: ClientCall,
) -> Result<[(HeaderName, HeaderValue); 1], Problem> {
    let token = form.get("token").ok_or(Refusal::Missing("token"))?;
    state.core().revoke_token(&client, token, &context).await?;
    Ok([(CACHE_CONTROL, HeaderValue::from_static("no-store"))])
}
