//! `/deployment-requests`: manual onboarding, which the operator decides.

use axum::extract::State;
use domain::client::ClientDraft;
use domain::deployment::{DeploymentDraft, DeploymentState};
use domain::{Fault, Faults, Timestamp};
use http_kit::caller::ProvisioningToken;
use http_kit::openapi::{self, Responses};
use http_kit::problem::FieldFault;
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, IdempotencyKey, JsonBody, PrivateJson, Problem, Section, Text, idempotency};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::deployment::{Deployment, DeploymentError};
use service::idempotency::{Idempotency, Operation};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, Schema, SchemaType, Type};
use uuid::Uuid;

use crate::client_request::{ClientSection, Contacts, CreateClientRequest, ServiceSection, draft_of, join};
use crate::uuid_path::{Named, UuidPath, not_found};
use crate::{code, warnings};

/// A request to onboard a client.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentRequest {
    /// What the client is to be connected to.
    #[schema(value_type = DeploymentService)]
    service: Section<ServiceSection>,
    /// The business itself.
    #[schema(value_type = DeploymentClient)]
    client: Section<ClientSection>,
    /// The persons to turn to.
    #[schema(value_type = Contacts)]
    contacts: Section<Contacts>,
    /// The accounting system, when there is one.
    #[schema(value_type = Option<String>, example = "Procountor", max_length = 255)]
    accounting_system: Text,
    /// Who completes the onboarding with the client.
    #[schema(value_type = Responsible)]
    responsible: Section<Responsible>,
}

/// Who completes the onboarding with the client, and gets the link to its credentials.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct Responsible {
    /// The name.
    #[schema(value_type = String, example = "Liisa Virtanen", min_length = 1, max_length = 255, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    name: Text,
    /// The e-mail address.
    #[schema(value_type = String, example = "liisa@quick.example", pattern = r"^\s*[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\s*$")]
    email: Text,
}

/// A section of `POST /client` in which only `required` must be there: what may follow later may also be null or blank.
fn relaxed(section: RefOr<Schema>, description: &str, required: &[&str]) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut object)) = section else { return section };
    object.required = required.iter().copied().map(str::to_owned).collect();
    object.description = Some(description.to_owned());
    for (_, schema) in object.properties.iter_mut().filter(|(name, _)| !required.contains(&name.as_str())) {
        if let RefOr::T(Schema::Object(member)) = schema {
            member.schema_type = SchemaType::from_iter([Type::String, Type::Null]);
            (member.min_length, member.pattern) = (None, None);
        }
    }
    RefOr::T(Schema::Object(object))
}

/// Gives the schema of a section of `POST /client` with other members required.
macro_rules! section_with {
    ($(#[$doc:meta])* $name:ident, $text:literal, of $section:ident, required $required:expr) => {
        $(#[$doc])*
        enum $name {}

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                relaxed(<$section as utoipa::PartialSchema>::schema(), $text, &$required)
            }
        }

        impl ToSchema for $name {}
    };
}

section_with!(
    /// `service` of a deployment request.
    DeploymentService, "What the client is to be connected to.", of ServiceSection, required ["type"]
);
section_with!(
    /// `client` of a deployment request.
    DeploymentClient,
    "The business itself. What `POST /client` needs besides may follow until the request is approved.",
    of ClientSection, required ["name", "businessCode", "countryCode"]
);

impl DeploymentRequest {
    /// The draft. Members of a wrong type are faults and left out of it.
    fn into_draft(self, faults: &mut Faults) -> DeploymentDraft {
        let client = draft_of(self.service, self.client, self.contacts, faults);
        let accounting_system = self.accounting_system.take("accountingSystem", faults);
        let responsible = self.responsible.take("responsible", faults);
        DeploymentDraft {
            client,
            accounting_system,
            responsible_name: responsible.name.take("responsible.name", faults),
            responsible_email: responsible.email.take("responsible.email", faults),
        }
    }
}

/// Reads the members of a `POST /client` body, of which any may be missing: what an operator gives with an approval.
///
/// # Errors
/// Every fault: members of a wrong type, members that are given twice, and members that are not known.
pub fn read_client(json: &[u8]) -> Result<ClientDraft, Vec<Fault>> {
    let (request, mut faults, unknown) = match http_kit::json_body::read_object::<CreateClientRequest>(json) {
        Ok(read) => read,
        Err(problem) => {
            let mut faults = Faults::new();
            faults.add("body", problem.code().name, problem.detail().to_owned());
            return Err(faults.into_vec());
        }
    };
    let draft = request.into_draft(&mut faults);
    for path in unknown {
        faults.add(path, "unknown_field", "This member is not known: check its name");
    }
    if faults.is_empty() { Ok(draft) } else { Err(faults.into_vec()) }
}

/// A deployment request and what has become of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeploymentAnswer {
    /// What has become of it, for a person.
    #[schema(example = "The request was received, and the operator was told by mail")]
    message: String,
    /// Its identifier.
    #[schema(value_type = String, format = "uuid", example = "019aa3b2-6c0e-7cc0-8d5e-3f1f3f1b7a10")]
    deployment_request_id: Uuid,
    /// How far it has come. The last two never change.
    #[schema(schema_with = state)]
    state: &'static str,
    /// Why it was rejected; else null.
    #[schema(required = true, example = json!(null))]
    reason: Option<String>,
    /// The client that was created; null before.
    #[schema(required = true, example = json!(null))]
    client_identifier: Option<i64>,
    /// `service.type`, as sent.
    #[schema(required = true, example = "LIFECYCLE")]
    service_type: Option<String>,
    /// `client.name`, as sent.
    #[schema(required = true, example = "Test Customer Oy")]
    name: Option<String>,
    /// `client.businessCode`, as sent.
    #[schema(required = true, example = "123456-7")]
    business_code: Option<String>,
    /// `client.countryCode`, as sent.
    #[schema(required = true, example = "FI")]
    country_code: Option<String>,
    /// The accounting system.
    #[schema(required = true, example = "Procountor")]
    accounting_system: Option<String>,
    /// Who completes the onboarding.
    responsible: ResponsibleAnswer,
    /// When it came.
    #[schema(schema_with = created_at, required = true)]
    created_at: Timestamp,
    /// When it was decided; null before.
    #[schema(schema_with = decided_at, required = true)]
    decided_at: Option<Timestamp>,
    /// In sandbox, in the answer to the request itself: what production would refuse, and members that are not known. Else empty.
    warnings: Vec<FieldFault>,
}

/// Who completes the onboarding.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResponsibleAnswer {
    /// The name.
    #[schema(example = "Liisa Virtanen")]
    name: String,
    /// The e-mail address.
    #[schema(example = "liisa@quick.example")]
    email: String,
}

fn state() -> Object {
    openapi::one_of(
        DeploymentState::ALL.map(DeploymentState::as_str),
        "How far it has come. `RECEIVED` waits for the operator; `APPROVED` and `REJECTED` are final.",
    )
}

fn created_at() -> Object {
    openapi::time("When it came.")
}

fn decided_at() -> Object {
    openapi::time_or_null("When it was decided; null before.")
}

impl DeploymentAnswer {
    fn new(deployment: Deployment, message: String, warnings: Vec<Fault>) -> Self {
        Self {
            message,
            deployment_request_id: deployment.id,
            state: deployment.state.as_str(),
            reason: deployment.reason,
            client_identifier: deployment.client_identifier.map(|client| client.0),
            service_type: deployment.client.service_type,
            name: deployment.client.name,
            business_code: deployment.client.business_code,
            country_code: deployment.client.country_code,
            accounting_system: deployment.accounting_system,
            responsible: ResponsibleAnswer { name: deployment.responsible_name, email: deployment.responsible_email },
            created_at: deployment.created_at,
            decided_at: deployment.decided_at,
            warnings: warnings.into_iter().map(FieldFault::from).collect(),
        }
    }
}

/// Request the onboarding of a client by the operator
///
/// For a client whose data is not complete yet, or who is onboarded by hand: the request is kept, and the operator is told and decides. Of
/// what `POST /client` needs, the postal address, e-mail, language and currency may follow. When the request is approved, the person
/// named in `responsible` gets a link by mail that shows the credentials once. All faults of a body are told at once.
#[utoipa::path(
    post,
    path = "/api/v1/partner/deployment-requests",
    operation_id = "requestDeployment",
    tag = crate::document::ONBOARDING,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["provisioning"]))),
    params(IdempotencyKey, RequestId),
    request_body(
        content = DeploymentRequest,
        content_type = "application/json",
        description = "The request. An empty string is an absent value; an unknown member is passed over and, in sandbox, named in `warnings`.",
        example = json!(request_example()),
    ),
    responses(
        (
            status = 200,
            description = "The request was received, or this is the first answer to an earlier one with the same idempotency key.",
            body = DeploymentAnswer,
            headers(
                ("Cache-Control" = String, description = "`no-store`"),
                ("Idempotent-Replayed" = String, description = "`true` when this is the kept answer to an earlier request"),
            ),
            example = json!(answer_example()),
        ),
        RequestProblems,
    ),
)]
pub(crate) async fn request_deployment(
    State(http): State<HttpState>,
    caller: Caller<ProvisioningToken>,
    IdempotencyKey(key): IdempotencyKey,
    body: JsonBody<DeploymentRequest>,
) -> Result<PrivateJson<DeploymentAnswer>, Problem> {
    let core = http.core();
    let mut faults = body.faults;
    let draft = body.value.into_draft(&mut faults);
    let idempotency = key.map(|key| Idempotency { key, fingerprint: body.fingerprint });
    if !faults.is_empty() {
        let holder = caller.principal.holder;
        core.refuse_reused_key::<Problem>(holder, Operation::RequestDeployment, idempotency.as_ref()).await?;
        let rules = domain::deployment::check(&draft, core.environment()).err().unwrap_or_default();
        return Err(Problem::validation(join(faults, rules).into_vec()));
    }
    let context = caller.context();
    let answer = core.request_deployment(Some(&caller.principal), &draft, idempotency, &context);
    let answer = answer.await.map_err(problem)?;
    let received = answer.value;
    let message = if received.notified {
        "The request was received, and the operator was told by mail"
    } else {
        "The request was received. No mail is set up here: the operator finds it in the list"
    };
    let mut warnings = received.warnings;
    warnings.extend(warnings::of_unknown(&http, body.unknown));
    Ok(PrivateJson::new(DeploymentAnswer::new(received.deployment, message.to_owned(), warnings))
        .replayed(answer.replayed))
}

/// Show a deployment request
///
/// What has become of a request of yours: its state, the reason of a rejection, and the client once it was approved. The credentials are not
/// here: they are behind the link that the responsible person gets.
#[utoipa::path(
    get,
    path = "/api/v1/partner/deployment-requests/{deploymentRequestId}",
    operation_id = "getDeploymentRequest",
    tag = crate::document::ONBOARDING,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["provisioning"]))),
    params(DeploymentPath, RequestId),
    responses(
        (status = 200, description = "The request.", body = DeploymentAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")), example = json!(answer_example())),
        ReadProblems,
    ),
)]
pub(crate) async fn get_deployment(
    State(http): State<HttpState>,
    caller: Caller<ProvisioningToken>,
    path: DeploymentPath,
) -> Result<PrivateJson<DeploymentAnswer>, Problem> {
    let deployment = http.core().deployment(caller.principal.holder.partner, path.id).await?;
    let deployment = deployment.ok_or_else(not_found::<DeploymentRequest>)?;
    let message = match (deployment.state, deployment.client_identifier) {
        (DeploymentState::Approved, Some(client)) => format!("The request was approved: it is client {client}"),
        (DeploymentState::Approved, None) => "The request was approved".to_owned(),
        (DeploymentState::Rejected, _) => "The request was rejected: see the reason".to_owned(),
        (DeploymentState::Received, _) => "The request waits for the operator".to_owned(),
    };
    Ok(PrivateJson::new(DeploymentAnswer::new(deployment, message, Vec::new())))
}

impl Named for DeploymentRequest {
    const PARAMETER: &'static str = "deploymentRequestId";
    const NOT_FOUND: &'static str =
        "You have no deployment request of this identifier: check it, and whose key you send";
}

type DeploymentPath = UuidPath<DeploymentRequest>;

fn problem(error: DeploymentError) -> Problem {
    match error {
        DeploymentError::Invalid(faults) => Problem::validation(faults),
        DeploymentError::PartnerMismatch => Problem::new(
            code::PARTNER_MISMATCH,
            "service.partnerCode is not yours: send the code of the partner whose key this is, or none",
        ),
        // Only the public form is told so: what it may fill has an end.
        DeploymentError::Full => {
            Problem::new(http_kit::code::OVERLOADED, "Too many requests wait for the operator: repeat later")
                .with_retry_after(3600)
        }
        DeploymentError::Idempotency(error) => error.into(),
        DeploymentError::Store(error) => error.into(),
    }
}

/// What can go wrong with a request, for the API document.
struct RequestProblems;

impl utoipa::IntoResponses for RequestProblems {
    fn responses() -> Responses {
        let own = [
            Problem::validation(vec![Fault {
                field: "responsible.email".into(),
                code: "required".into(),
                message: "Say where the credentials go: the e-mail address of that person".into(),
            }]),
            problem(DeploymentError::PartnerMismatch),
        ];
        let own = own.into_iter().chain(idempotency::problems()).chain(openapi::body_problems());
        openapi::keyed_responses::<ProvisioningToken>(own)
    }
}

/// What can go wrong when one is shown, for the API document.
struct ReadProblems;

impl utoipa::IntoResponses for ReadProblems {
    fn responses() -> Responses {
        openapi::keyed_responses::<ProvisioningToken>([not_found::<DeploymentRequest>()])
    }
}

fn request_example() -> Value {
    json!({
        "service": {"type": "LIFECYCLE"},
        "client": {"name": "Test Customer Oy", "businessCode": "123456-7", "countryCode": "FI"},
        "contacts": {
            "primary": {"name": "Matti Meikäläinen", "mobile": "+358441234567", "email": "matti@testcustomer.fi"},
            "technical": {"name": "", "email": ""},
            "accountant": {"name": "", "email": ""}
        },
        "accountingSystem": "Procountor",
        "responsible": {"name": "Liisa Virtanen", "email": "liisa@quick.example"}
    })
}

fn answer_example() -> Value {
    json!({
        "message": "The request was received, and the operator was told by mail",
        "deploymentRequestId": "019aa3b2-6c0e-7cc0-8d5e-3f1f3f1b7a10",
        "state": "RECEIVED",
        "reason": null,
        "clientIdentifier": null,
        "serviceType": "LIFECYCLE",
        "name": "Test Customer Oy",
        "businessCode": "123456-7",
        "countryCode": "FI",
        "accountingSystem": "Procountor",
        "responsible": {"name": "Liisa Virtanen", "email": "liisa@quick.example"},
        "createdAt": "2026-01-02T03:04:05.000Z",
        "decidedAt": null,
        "warnings": []
    })
}

#[cfg(test)]
mod tests {
    use domain::Environment;

    use super::*;

    #[test]
    fn the_example_has_no_fault() {
        let request: DeploymentRequest = serde_json::from_value(request_example()).unwrap();
        let mut faults = Faults::new();
        let draft = request.into_draft(&mut faults);
        assert!(faults.is_empty());
        assert!(domain::deployment::check(&draft, Environment::Sandbox).is_ok());
    }

    #[test]
    fn the_schema_asks_for_less_than_that_of_a_client() {
        let schema = serde_json::to_value(<DeploymentClient as utoipa::PartialSchema>::schema()).unwrap();
        assert_eq!(schema["required"], json!(["name", "businessCode", "countryCode"]));
        let members = &schema["properties"];
        assert_eq!(members["postalAddress"]["type"], json!(["string", "null"]));
        assert_eq!(members["postalAddress"].get("minLength").or(members["postalAddress"].get("pattern")), None);
        assert_eq!(members["name"]["type"], "string");
    }

    #[test]
    fn what_completes_a_request_is_read_whole() {
        let draft = read_client(br#"{"client":{"postalAddress":"Testikuja 7"}}"#).unwrap();
        assert_eq!(draft.postal_address.as_deref(), Some("Testikuja 7"));
        let of = |json: &str| {
            let faults = read_client(json.as_bytes()).unwrap_err();
            faults.into_iter().map(|fault| format!("{} {}", fault.field, fault.code)).collect::<Vec<_>>()
        };
        assert_eq!(
            of(r#"{"client":{"name":7,"zip":""},"x":1}"#),
            ["client.name wrong_type", "client.zip unknown_field", "x unknown_field"]
        );
        assert_eq!(of(r#"{"client":{"name":"A","name":"B"}}"#), ["client.name duplicate_member"]);
        for (json, code) in
            [("[", "malformed_json"), ("[]", "not_an_object"), ("{} and more", "malformed_json"), ("", "empty_body")]
        {
            assert_eq!(of(json), [format!("body {code}")], "{json}");
        }
    }
}
