//! `POST /client`: creates a client.

use axum::extract::State;
use domain::{Fault, Timestamp};
use http::StatusCode;
use http_kit::answer::REPLAYED;
use http_kit::caller::{Admits, ProvisioningToken};
use http_kit::openapi::{self, Responses};
use http_kit::problem::FieldFault;
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, IdempotencyKey, JsonBody, PrivateJson, Problem, idempotency};
use serde::Serialize;
use serde_json::{Value, json};
use service::idempotency::{Idempotency, Operation};
use service::onboarding::{CreatedClient, OnboardingError};
use utoipa::ToSchema;

use crate::agreement::{client_member, taken};
use crate::client_request::{CreateClientRequest, join};
use crate::code;
use crate::credentials::{key_expiry, oauth_texts};
use crate::warnings;

/// A client that was created.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreateClientAnswer {
    /// Always `New client created`.
    #[schema(example = "New client created")]
    message: &'static str,
    /// The client's identifier: unique, never given twice.
    #[schema(example = 100_001)]
    client_identifier: i64,
    /// The client's customer code: unique, never given twice.
    #[schema(example = 500_001)]
    confirma_finance_customer_code: i64,
    /// The digits that start every payment reference of the client: unique, never given twice.
    #[schema(example = 10_000_001)]
    payment_reference_prefix: i64,
    /// The client's key. Keep it secret.
    #[schema(example = "8848372d-8457-4ca4-9da9-673f1cdd6684", format = "uuid")]
    api_access_token: String,
    /// From when on the key must have been renewed; null when it does not expire.
    #[schema(schema_with = key_expiry, required = true)]
    api_access_token_expires_at: Option<Timestamp>,
    /// `client_id` for the point-of-sale API; only with the service `POS_FINANCING`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "pos-100001", nullable = false)]
    oauth_client_id: Option<String>,
    /// `client_secret` for the point-of-sale API; only with the service `POS_FINANCING`. Keep it secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "77fde15a-9d33-4e15-930a-76e4b3ae33e9", format = "uuid", nullable = false)]
    oauth_client_secret: Option<String>,
    /// In sandbox: what production would refuse, and members that are not known.
    warnings: Vec<FieldFault>,
}

impl CreateClientAnswer {
    pub(crate) fn new(created: CreatedClient, further: Vec<Fault>) -> Self {
        let (oauth_client_id, oauth_client_secret) = oauth_texts(created.oauth);
        Self {
            message: "New client created",
            client_identifier: created.client.0,
            confirma_finance_customer_code: created.customer_code.0,
            payment_reference_prefix: created.reference_prefix.0,
            api_access_token: created.key.expose().to_text(),
            api_access_token_expires_at: created.key_expires_at,
            oauth_client_id,
            oauth_client_secret,
            warnings: created.warnings.into_iter().chain(further).map(FieldFault::from).collect(),
        }
    }
}

/// Create a new client
///
/// Creates a client of the partner that holds the provisioning token, with its contacts and its key, all or nothing. The same country
/// and business code again is refused with 409 and the identifier of the client that is there. All faults of a body are told at
/// once. Send an `Idempotency-Key`, so that a repeat after a lost answer gets the same client.
#[utoipa::path(
    post,
    path = "/api/v1/partner/client",
    operation_id = "createClient",
    tag = crate::document::ONBOARDING,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["provisioning"]))),
    params(IdempotencyKey, RequestId),
    request_body(
        content = CreateClientRequest,
        content_type = "application/json",
        description = "The client. An empty string is an absent value; an unknown member is passed over and, in sandbox, named in `warnings`.",
        example = json!(seed_example()),
    ),
    responses(
        (
            status = 200,
            description = "The client was created, or this is the kept answer to an earlier request with the same idempotency key.",
            body = CreateClientAnswer,
            headers(
                ("Cache-Control" = String, description = "`no-store`"),
                ("Idempotent-Replayed" = String, description = "`true` when this is the kept answer to an earlier request"),
            ),
            example = json!(answer_example()),
        ),
        CreateClientProblems,
    ),
)]
pub(crate) async fn create_client(
    State(state): State<HttpState>,
    caller: Caller<ProvisioningToken>,
    IdempotencyKey(key): IdempotencyKey,
    body: JsonBody<CreateClientRequest>,
) -> Result<PrivateJson<CreateClientAnswer>, Problem> {
    let core = state.core();
    let mut faults = body.faults;
    let draft = body.value.into_draft(&mut faults);
    let idempotency = key.map(|key| Idempotency { key, fingerprint: body.fingerprint });
    if !faults.is_empty() {
        let holder = caller.principal.holder;
        core.refuse_reused_key::<Problem>(holder, Operation::CreateClient, idempotency.as_ref()).await?;
        let rules = domain::client::check(&draft, core.environment()).err().unwrap_or_default();
        return Err(Problem::validation(join(faults, rules).into_vec()));
    }
    let answer =
        core.create_client(&caller.principal, &draft, idempotency, &caller.context()).await.map_err(problem)?;
    let unknown = warnings::of_unknown(&state, body.unknown);
    Ok(PrivateJson::new(CreateClientAnswer::new(answer.value, unknown)).replayed(answer.replayed))
}

pub(crate) fn problem(error: OnboardingError) -> Problem {
    match error {
        OnboardingError::Invalid(faults) => Problem::validation(faults),
        OnboardingError::PartnerMismatch => Problem::new(
            code::PARTNER_MISMATCH,
            "service.partnerCode is not yours: send the code of the partner whose key this is",
        ),
        OnboardingError::Exists { client, replayed } => {
            let problem = Problem::new(
                code::CLIENT_EXISTS,
                format!("Client {client} has this country and business code already: go on with that one"),
            )
            .with_member("clientIdentifier", client.0);
            let (name, value) = REPLAYED;
            if replayed { problem.with_header(name, value) } else { problem }
        }
        OnboardingError::Decided(how) => Problem::new(code::BUSINESS_RULE, how),
        OnboardingError::AgreementTaken(agreement) => taken(&agreement),
        OnboardingError::Idempotency(error) => error.into(),
        OnboardingError::Store(error) => error.into(),
    }
}

/// What can go wrong, for the API document.
struct CreateClientProblems;

impl utoipa::IntoResponses for CreateClientProblems {
    fn responses() -> Responses {
        let mut responses = create_responses::<ProvisioningToken>(Vec::new());
        openapi::add_members(&mut responses, StatusCode::CONFLICT, [client_member()]);
        responses
    }
}

/// What can go wrong with the creation of a client by the keys of `K`, for the API document.
pub(crate) fn create_responses<K: Admits>(further: Vec<Problem>) -> Responses {
    let own = [
        Problem::validation(example_faults()),
        problem(OnboardingError::PartnerMismatch),
        problem(OnboardingError::Exists { client: 100_001.into(), replayed: false }),
    ];
    let own = own.into_iter().chain(idempotency::problems()).chain(further);
    openapi::keyed_responses::<K>(own.chain(openapi::body_problems()))
}

pub(crate) fn example_faults() -> Vec<Fault> {
    vec![
        Fault {
            field: "client.ibanAccount".into(),
            code: "iban_check_digits".into(),
            message: "The IBAN's check digits do not match".into(),
        },
        Fault {
            field: "contacts.primary.name".into(),
            code: "required".into(),
            message: "A primary contact needs a name".into(),
        },
    ]
}

/// The example of the public documentation, as it stands.
pub(crate) fn seed_example() -> Value {
    json!({
        "service": {"type": "LIFECYCLE", "partnerCode": "QUICK3"},
        "client": {
            "name": "Test Customer Oy",
            "businessCode": "123456-7",
            "vatRegNbr": "FI1234567",
            "postalAddress": "Testikuja 7",
            "postalCode": "12345",
            "postalDistrict": "HELSINKI",
            "countryCode": "FI",
            "telephone": "",
            "email": "email@testcustomer.fi",
            "website": "",
            "languageCode": "FI",
            "currencyCode": "EUR",
            "ibanAccount": "",
            "bic": "",
            "bankgiro": "",
            "plusgiro": ""
        },
        "contacts": {
            "primary": {
                "name": "Matti Meikäläinen",
                "telephone": "",
                "mobile": "+358441234567",
                "email": "matti@testcustomer.fi"
            },
            "technical": {"name": "", "email": ""},
            "accountant": {"name": "", "email": ""}
        }
    })
}

pub(crate) fn answer_example() -> Value {
    json!({
        "message": "New client created",
        "clientIdentifier": 100_001,
        "confirmaFinanceCustomerCode": 500_001,
        "paymentReferencePrefix": 10_000_001,
        "apiAccessToken": "8848372d-8457-4ca4-9da9-673f1cdd6684",
        "apiAccessTokenExpiresAt": null,
        "warnings": [{
            "field": "client.businessCode",
            "code": "business_code_check_digit",
            "message": "The check digit of the business code does not match"
        }]
    })
}

#[cfg(test)]
mod tests {
    use domain::Secret;
    use domain::api_key::KeyValue;
    use service::StoreError;
    use service::idempotency::IdempotencyError;

    use super::*;

    #[test]
    fn the_answer_has_the_members_of_the_documentation_in_their_order() {
        let created = CreatedClient {
            client: 1.into(),
            customer_code: 2.into(),
            reference_prefix: 3.into(),
            key_id: uuid::Uuid::nil().into(),
            key: Secret::new(KeyValue::from_bytes([0x11; 16])),
            key_expires_at: Timestamp::parse_rfc3339("2027-01-01T00:00:00Z"),
            oauth: None,
            warnings: Vec::new(),
        };
        let answer = CreateClientAnswer::new(created, warnings::unknown_fields(vec!["client.foo".to_owned()]));
        assert_eq!(
            serde_json::to_string(&answer).unwrap(),
            concat!(
                r#"{"message":"New client created","clientIdentifier":1,"confirmaFinanceCustomerCode":2,"#,
                r#""paymentReferencePrefix":3,"apiAccessToken":"11111111-1111-1111-1111-111111111111","#,
                r#""apiAccessTokenExpiresAt":"2027-01-01T00:00:00.000Z","warnings":[{"field":"client.foo","#,
                r#""code":"unknown_field","message":"This member is not known and was passed over: check its name"}]}"#,
            )
        );
    }

    #[test]
    fn each_error_has_its_problem() {
        for (error, status, code) in [
            (OnboardingError::Invalid(Vec::new()), 400, "validation_failed"),
            (OnboardingError::PartnerMismatch, 403, "partner_mismatch"),
            (OnboardingError::Exists { client: 7.into(), replayed: true }, 409, "client_exists"),
            (OnboardingError::Idempotency(IdempotencyError::KeyReused), 422, "idempotency_key_reused"),
            (OnboardingError::Idempotency(IdempotencyError::InProgress), 409, "request_in_progress"),
            (OnboardingError::Store(StoreError::Overloaded), 503, "overloaded"),
        ] {
            let problem = problem(error);
            assert_eq!((problem.status().as_u16(), problem.code().name), (status, code));
        }
        let exists = problem(OnboardingError::Exists { client: 7.into(), replayed: true });
        assert_eq!(serde_json::to_value(exists.body("id")).unwrap()["clientIdentifier"], 7);
    }
}
