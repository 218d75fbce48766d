//! `GET /validate` and `GET /renew`: a key about itself.

use axum::extract::State;
use domain::api_key::KeyKind;
use domain::{Environment, Timestamp};
use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};
use http_kit::caller::{AnyKey, RenewableKey};
use http_kit::openapi::{self, Responses};
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, PrivateJson, Problem, fallback};
use serde::Serialize;
use service::api_key::IssuedKey;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::credentials::key_expiry;

/// A key that works.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidateTokenAnswer {
    /// Always `true`.
    #[schema(example = true)]
    is_valid: bool,
    /// Always `Token is valid`.
    #[schema(example = "Token is valid")]
    message: &'static str,
    /// What the key is for.
    #[schema(schema_with = kinds, required = true)]
    kind: KeyKind,
    /// The environment that the key belongs to.
    #[schema(schema_with = environments, required = true)]
    environment: Environment,
    /// From when on the key must have been renewed; null when it does not expire.
    #[schema(schema_with = key_expiry, required = true)]
    expires_at: Option<Timestamp>,
}

fn kinds() -> Object {
    openapi::one_of(KeyKind::ALL.map(KeyKind::name), "What the key is for.")
}

fn environments() -> Object {
    openapi::one_of(
        [Environment::Sandbox, Environment::Production].map(Environment::name),
        "The environment that the key belongs to.",
    )
}

/// Validate an access token
///
/// Tells whether the key in `X-Api-Key` works, what it is for and when it expires. Call it when your service starts or before what
/// matters. A key that does not work is answered with 401, `"isValid": false` and the reason.
#[utoipa::path(
    get,
    path = "/api/v1/partner/validate",
    operation_id = "validateToken",
    tag = crate::document::ONBOARDING,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["provisioning", "partner", "client"]))),
    params(RequestId),
    responses(
        (
            status = 200,
            description = "The key works.",
            body = ValidateTokenAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({
                "isValid": true,
                "message": "Token is valid",
                "kind": "client",
                "environment": "sandbox",
                "expiresAt": "2027-11-21T10:00:00.000Z",
            }),
        ),
        ValidateTokenProblems,
    ),
)]
pub(crate) async fn validate_token(
    State(state): State<HttpState>,
    caller: Result<Caller<AnyKey>, Problem>,
) -> Result<PrivateJson<ValidateTokenAnswer>, Problem> {
    let principal = caller.map_err(not_valid)?.principal;
    Ok(PrivateJson::new(ValidateTokenAnswer {
        is_valid: true,
        message: "Token is valid",
        kind: principal.kind,
        environment: state.core().environment(),
        expires_at: principal.expires_at,
    }))
}

/// Adds `isValid` to a problem that tells that the key does not work here. Any other problem tells nothing of the key.
fn not_valid(problem: Problem) -> Problem {
    match problem.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => problem.with_member("isValid", false),
        _ => problem,
    }
}

/// What can go wrong, for the API document.
struct ValidateTokenProblems;

impl utoipa::IntoResponses for ValidateTokenProblems {
    fn responses() -> Responses {
        let mut responses = openapi::responses(openapi::keyed_problems().into_iter().map(not_valid));
        for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
            let schema = ObjectBuilder::new().schema_type(Type::Boolean).description(Some("Always `false`"));
            openapi::add_members(&mut responses, status, [("isValid", schema)]);
        }
        responses
    }
}

/// A key that was renewed.
#[derive(Serialize, ToSchema)]
pub(crate) struct RenewTokenAnswer {
    /// The same text as `message`, under the name of the first version of this API.
    #[serde(rename = "Message")]
    #[schema(example = "Token renewed")]
    first_message: &'static str,
    /// Always `Token renewed`.
    #[schema(example = "Token renewed")]
    message: &'static str,
    /// The new key. Keep it secret.
    #[serde(rename = "apiAccessToken")]
    #[schema(example = "8848372d-8457-4ca4-9da9-673f1cdd6684", format = "uuid")]
    api_access_token: String,
    /// From when on the new key must have been renewed; null when it does not expire.
    #[serde(rename = "expiresAt")]
    #[schema(schema_with = key_expiry, required = true)]
    expires_at: Option<Timestamp>,
}

impl RenewTokenAnswer {
    fn new(renewed: &IssuedKey) -> Self {
        const MESSAGE: &str = "Token renewed";
        Self {
            first_message: MESSAGE,
            message: MESSAGE,
            api_access_token: renewed.value.expose().to_text(),
            expires_at: renewed.expires_at,
        }
    }
}

/// Renew an access token
///
/// Gives the holder of the key in `X-Api-Key`, active or expired, a new one. It is a GET that changes state, so a lost answer must not
/// lock anyone out: the old key goes on working for an overlap (15 minutes unless the operator has set another), and renewing with
/// it again inside the overlap answers with the same new key.
#[utoipa::path(
    get,
    path = "/api/v1/partner/renew",
    operation_id = "renewToken",
    tag = crate::document::ONBOARDING,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["provisioning", "partner", "client"]))),
    params(RequestId),
    responses(
        (
            status = 200,
            description = "The key was renewed, now or inside the overlap.",
            body = RenewTokenAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({
                "Message": "Token renewed",
                "message": "Token renewed",
                "apiAccessToken": "8848372d-8457-4ca4-9da9-673f1cdd6684",
                "expiresAt": null,
            }),
        ),
        RenewTokenProblems,
    ),
)]
pub(crate) async fn renew_token(
    State(state): State<HttpState>,
    caller: Caller<RenewableKey>,
) -> Result<PrivateJson<RenewTokenAnswer>, Problem> {
    let renewed = state.core().renew(&caller.principal, &caller.context()).await?;
    Ok(PrivateJson::new(RenewTokenAnswer::new(&renewed)))
}

/// 405 for any other method of `/renew`, `HEAD` among them.
pub(crate) async fn renewal_needs_get(method: Method) -> Problem {
    fallback::method_not_allowed(method).await.with_header(ALLOW, HeaderValue::from_static("GET"))
}

/// What can go wrong, for the API document. An expired key is renewed, so that problem is none of these.
struct RenewTokenProblems;

impl utoipa::IntoResponses for RenewTokenProblems {
    fn responses() -> Responses {
        let renewable = |problem: &Problem| problem.code() != http_kit::code::TOKEN_EXPIRED;
        openapi::responses(openapi::keyed_problems().into_iter().filter(renewable))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_valid_key_is_told_in_the_form_of_the_contract() {
        let answer = ValidateTokenAnswer {
            is_valid: true,
            message: "Token is valid",
            kind: KeyKind::Client,
            environment: Environment::Sandbox,
            expires_at: None,
        };
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            r#"{"isValid":true,"message":"Token is valid","kind":"client","environment":"sandbox","expiresAt":null}"#
        );
    }

    #[test]
    fn only_a_problem_of_the_key_says_that_it_is_not_valid() {
        for problem in openapi::keyed_problems() {
            let about_the_key = matches!(problem.status().as_u16(), 401 | 403);
            let body = serde_json::to_value(not_valid(problem).body("id")).unwrap();
            assert_eq!(body.get("isValid") == Some(&json!(false)), about_the_key, "{body}");
        }
    }
}
