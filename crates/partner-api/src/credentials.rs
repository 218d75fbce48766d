//! The credentials of a creditor: `GET` and `DELETE …/credentials`, `POST …/credentials/rotate`.

use axum::extract::State;
use domain::Timestamp;
use domain::api_key::KeyState;
use http_kit::caller::PartnerKey;
use http_kit::openapi::{self, Responses};
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, IdempotencyKey, NoBody, PrivateJson, Problem, idempotency};
use serde::Serialize;
use service::credentials::{Credentials, RotatedCredentials};
use service::idempotency::Idempotency;
use service::oauth_client::OauthCredentials;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::creditor::{ShowProblems, problem};
use crate::creditor_path::{CreditorPath, not_found};

/// The name of a state on the wire.
const fn state_name(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "ACTIVE",
        KeyState::Expired => "EXPIRED",
        KeyState::Superseded => "SUPERSEDED",
        KeyState::Revoked => "REVOKED",
    }
}

fn states() -> Object {
    openapi::one_of(
        // The newest key was never renewed, so it is not superseded.
        [KeyState::Active, KeyState::Expired, KeyState::Revoked].map(state_name),
        "`ACTIVE`: it works. `EXPIRED`: it can be renewed or rotated. `REVOKED`: a rotation gives a new one.",
    )
}

fn issued_at() -> Object {
    openapi::time_or_null("When the key was made.")
}

fn made_at() -> Object {
    openapi::time("When the key was made.")
}

/// The schema of the expiry of a key.
pub(crate) fn key_expiry() -> Object {
    openapi::time_or_null("From when on the key must have been renewed; null when it does not expire.")
}

fn revoked_at() -> Object {
    openapi::time_or_null("When the key was revoked; null when it was not.")
}

fn works_until() -> Object {
    openapi::time_or_null("Until when the key before works beside the new one; null when there was none that worked.")
}

/// `client_id` and `client_secret` as they are shown.
pub(crate) fn oauth_texts(oauth: Option<OauthCredentials>) -> (Option<String>, Option<String>) {
    oauth.map(|oauth| (oauth.id, oauth.secret.expose().to_text())).unzip()
}

/// The credentials of a creditor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CredentialsAnswer {
    /// The creditor.
    #[schema(example = 100_001)]
    client_identifier: i64,
    /// The creditor's key; null when it was revoked. Keep it secret.
    #[schema(example = "8848372d-8457-4ca4-9da9-673f1cdd6684", format = "uuid", required)]
    api_access_token: Option<String>,
    /// The identifier of the key, which is no secret.
    #[schema(example = "0197f3d2-7c1e-7d2a-9f64-0a5b1c2d3e4f", format = "uuid", required)]
    key_id: Option<String>,
    /// What the key is now.
    #[schema(schema_with = states, required = true)]
    state: &'static str,
    /// When it was made.
    #[schema(schema_with = issued_at, required = true)]
    issued_at: Option<Timestamp>,
    /// From when on it must have been renewed.
    #[schema(schema_with = key_expiry, required = true)]
    expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[schema(schema_with = revoked_at, required = true)]
    revoked_at: Option<Timestamp>,
    /// `client_id` for the point-of-sale API; only with the service `POS_FINANCING`, and not when it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "pos-100001", nullable = false)]
    oauth_client_id: Option<String>,
    /// `client_secret` for the point-of-sale API; only with the service `POS_FINANCING`, and not when it was revoked. Keep it secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "77fde15a-9d33-4e15-930a-76e4b3ae33e9", format = "uuid", nullable = false)]
    oauth_client_secret: Option<String>,
}

impl CredentialsAnswer {
    fn new(credentials: Credentials) -> Self {
        let (oauth_client_id, oauth_client_secret) = oauth_texts(credentials.oauth);
        let key = credentials.key;
        Self {
            client_identifier: credentials.client.0,
            api_access_token: key.value.map(|value| value.expose().to_text()),
            key_id: key.id.map(|id| id.to_string()),
            state: state_name(key.state),
            issued_at: key.issued_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            oauth_client_id,
            oauth_client_secret,
        }
    }
}

/// Show the credentials of a creditor
///
/// The creditor's current key in clear, for a partner that sets the creditor up or has lost the key. Each call is recorded in the audit
/// trail, and may be made less often than others (the operator's `credentials-rate-limit`).
#[utoipa::path(
    get,
    path = "/api/v1/partner/creditors/{clientIdentifier}/credentials",
    operation_id = "showCredentials",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(CreditorPath, RequestId),
    responses(
        (
            status = 200,
            description = "The credentials.",
            body = CredentialsAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({
                "clientIdentifier": 100_001,
                "apiAccessToken": "8848372d-8457-4ca4-9da9-673f1cdd6684",
                "keyId": "0197f3d2-7c1e-7d2a-9f64-0a5b1c2d3e4f",
                "state": "ACTIVE",
                "issuedAt": "2026-11-21T10:00:00.000Z",
                "expiresAt": null,
                "revokedAt": null,
            }),
        ),
        ShowProblems,
    ),
)]
pub(crate) async fn show_credentials(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    CreditorPath(client): CreditorPath,
) -> Result<PrivateJson<CredentialsAnswer>, Problem> {
    caller.count_credentials(&state)?;
    let credentials =
        state.core().show_credentials(&caller.principal, client, &caller.context()).await.map_err(problem)?;
    Ok(PrivateJson::new(CredentialsAnswer::new(credentials)))
}

/// A new key of a creditor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RotateCredentialsAnswer {
    /// Always `Credentials rotated`.
    #[schema(example = "Credentials rotated")]
    message: &'static str,
    /// The creditor.
    #[schema(example = 100_001)]
    client_identifier: i64,
    /// The new key. Keep it secret.
    #[schema(example = "8848372d-8457-4ca4-9da9-673f1cdd6684", format = "uuid")]
    api_access_token: String,
    /// The identifier of the key, which is no secret.
    #[schema(example = "0197f3d2-7c1e-7d2a-9f64-0a5b1c2d3e4f", format = "uuid")]
    key_id: String,
    /// When it was made.
    #[schema(schema_with = made_at, required = true)]
    issued_at: Timestamp,
    /// From when on it must have been renewed.
    #[schema(schema_with = key_expiry, required = true)]
    expires_at: Option<Timestamp>,
    /// Until when the key before works beside it.
    #[schema(schema_with = works_until, required = true)]
    former_key_works_until: Option<Timestamp>,
    /// `client_id` for the point-of-sale API; only when its secret is new, because the former one was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "pos-100001", nullable = false)]
    oauth_client_id: Option<String>,
    /// The new `client_secret` for the point-of-sale API. Keep it secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "77fde15a-9d33-4e15-930a-76e4b3ae33e9", format = "uuid", nullable = false)]
    oauth_client_secret: Option<String>,
}

impl RotateCredentialsAnswer {
    fn new(rotated: RotatedCredentials) -> Self {
        let (oauth_client_id, oauth_client_secret) = oauth_texts(rotated.oauth);
        Self {
            message: "Credentials rotated",
            client_identifier: rotated.client.0,
            api_access_token: rotated.key.expose().to_text(),
            key_id: rotated.key_id.to_string(),
            issued_at: rotated.issued_at,
            expires_at: rotated.expires_at,
            former_key_works_until: rotated.former_key_works_until,
            oauth_client_id,
            oauth_client_secret,
        }
    }
}

/// Rotate the credentials of a creditor
///
/// Gives the creditor a new key. The one before goes on working for an overlap (15 minutes unless the operator has set another). After a
/// revocation it is how the creditor gets a key again; then its OAuth client gets a new secret as well, which it keeps otherwise. Send an
/// `Idempotency-Key`, so that a repeat after a lost answer gets the same key. A body is not needed, and passed over.
#[utoipa::path(
    post,
    path = "/api/v1/partner/creditors/{clientIdentifier}/credentials/rotate",
    operation_id = "rotateCredentials",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(CreditorPath, IdempotencyKey, RequestId),
    responses(
        (
            status = 200,
            description = "The new key, or the kept answer to an earlier request with the same idempotency key.",
            body = RotateCredentialsAnswer,
            headers(
                ("Cache-Control" = String, description = "`no-store`"),
                ("Idempotent-Replayed" = String, description = "`true` when this is the kept answer to an earlier request"),
            ),
            example = json!({
                "message": "Credentials rotated",
                "clientIdentifier": 100_001,
                "apiAccessToken": "8848372d-8457-4ca4-9da9-673f1cdd6684",
                "keyId": "0197f3d2-7c1e-7d2a-9f64-0a5b1c2d3e4f",
                "issuedAt": "2026-11-21T10:00:00.000Z",
                "expiresAt": null,
                "formerKeyWorksUntil": "2026-11-21T10:15:00.000Z",
            }),
        ),
        RotateProblems,
    ),
)]
pub(crate) async fn rotate_credentials(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    CreditorPath(client): CreditorPath,
    IdempotencyKey(key): IdempotencyKey,
    body: NoBody,
) -> Result<PrivateJson<RotateCredentialsAnswer>, Problem> {
    caller.count_credentials(&state)?;
    let idempotency = key.map(|key| Idempotency { key, fingerprint: body.fingerprint });
    let answer = state
        .core()
        .rotate_credentials(&caller.principal, client, idempotency, &caller.context())
        .await
        .map_err(problem)?;
    Ok(PrivateJson::new(RotateCredentialsAnswer::new(answer.value)).replayed(answer.replayed))
}

/// What can go wrong, for the API document.
struct RotateProblems;

impl utoipa::IntoResponses for RotateProblems {
    fn responses() -> Responses {
        // Of what can be wrong with a body only its size matters here.
        let body = openapi::body_problems().into_iter().filter(|problem| {
            [http_kit::code::BODY_TOO_LARGE, http_kit::code::BODY_INCOMPLETE].contains(&problem.code())
        });
        openapi::keyed_responses::<PartnerKey>(idempotency::problems().into_iter().chain([not_found()]).chain(body))
    }
}

/// Credentials that were revoked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RevokeCredentialsAnswer {
    /// Always `Credentials revoked`.
    #[schema(example = "Credentials revoked")]
    message: &'static str,
    /// The creditor.
    #[schema(example = 100_001)]
    client_identifier: i64,
    /// Always `REVOKED`.
    #[schema(example = "REVOKED")]
    state: &'static str,
    /// How many keys this call revoked; 0 when none was left.
    #[schema(example = 1)]
    revoked_keys: usize,
}

/// Revoke the credentials of a creditor
///
/// Every key of the creditor stops at once, those in an overlap as well, and so does its OAuth client. The creditor's status is `REVOKED`
/// until a rotation gives it a key again. Revoking once more changes nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/partner/creditors/{clientIdentifier}/credentials",
    operation_id = "revokeCredentials",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(CreditorPath, RequestId),
    responses(
        (
            status = 200,
            description = "No key of the creditor works any more.",
            body = RevokeCredentialsAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({
                "message": "Credentials revoked",
                "clientIdentifier": 100_001,
                "state": "REVOKED",
                "revokedKeys": 1,
            }),
        ),
        ShowProblems,
    ),
)]
pub(crate) async fn revoke_credentials(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    CreditorPath(client): CreditorPath,
) -> Result<PrivateJson<RevokeCredentialsAnswer>, Problem> {
    let revoked =
        state.core().revoke_credentials(&caller.principal, client, &caller.context()).await.map_err(problem)?;
    Ok(PrivateJson::new(RevokeCredentialsAnswer {
        message: "Credentials revoked",
        client_identifier: revoked.client.0,
        state: state_name(KeyState::Revoked),
        revoked_keys: revoked.keys,
    }))
}
