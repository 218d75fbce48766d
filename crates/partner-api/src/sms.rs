//! `/sms`: short messages to debtors.

use std::time::Duration;

use axum::extract::{Path, State};
use domain::identifier::ClientIdentifier;
use domain::sms::{LONGEST_VALIDITY, SHORTEST_VALIDITY, SmsDraft, SmsState};
use domain::{Environment, Fault, Timestamp};
use http_kit::caller::PartnerKey;
use http_kit::openapi::{self, Responses};
use http_kit::problem::FieldFault;
use http_kit::query::cursor;
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, IdempotencyKey, Integer, JsonBody, PrivateJson, Problem, Query, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::idempotency::Idempotency;
use service::sms::{Sms, SmsError, SmsFilter, SmsReport};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;
use uuid::Uuid;

use crate::client::{idempotency_problem, unknown_fields};
use crate::code;

/// The longest that an answer waits for the final report, in seconds.
const LONGEST_WAIT: i64 = 30;

/// A short message to be sent.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct SendSmsRequest {
    /// Whom it is for: a number in E.164 that can take short messages.
    #[schema(value_type = String, example = "+358441234567", pattern = r"^\s*\+[0-9 ().\-/\u00a0]+$", max_length = 40)]
    recipient: Text,
    /// What it says. In the GSM 7-bit alphabet a message alone holds 160 characters and a part of several 153; with any other
    /// character in it, 70 and 67.
    #[schema(value_type = String, example = "Your invoice 1001 of 120.00 EUR is due on Friday.", min_length = 1)]
    text: Text,
    /// Who it says it is from: a number in E.164, a short code of 3 to 8 digits, or a name of at most 11 characters. Without it, the
    /// creditor's (`settings.smsSender`), or else the operator's.
    #[schema(value_type = Option<String>, example = "Test Oy", max_length = 16)]
    sender: Text,
    /// The creditor on whose behalf it is sent: a `clientIdentifier` of yours.
    #[schema(value_type = Option<i64>, example = 100_001)]
    creditor: Integer,
    /// A reference of your own, which the answers repeat.
    #[schema(value_type = Option<String>, example = "case 77", max_length = 100)]
    reference: Text,
    /// How long it is worth delivering, in seconds: a minute to seven days. Without it, a day.
    #[schema(schema_with = validity)]
    validity: Integer,
}

fn validity() -> Object {
    use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
        .minimum(Some(SHORTEST_VALIDITY.as_secs()))
        .maximum(Some(LONGEST_VALIDITY.as_secs()))
        .description(Some("How long it is worth delivering, in seconds: a minute to seven days. Without it, a day."))
        .examples([json!(3600)])
        .build()
}

/// A short message and what has become of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SmsAnswer {
    /// Its identifier.
    #[schema(value_type = String, format = "uuid", example = "019aa3b2-6c0e-7cc0-8d5e-3f1f3f1b7a10")]
    sms_id: Uuid,
    /// The creditor on whose behalf it is sent; null for your own.
    #[schema(required = true, example = 100_001)]
    creditor: Option<i64>,
    /// The recipient in E.164.
    #[schema(example = "+358441234567")]
    recipient: String,
    /// Who it says it is from.
    #[schema(example = "Test Oy")]
    sender: String,
    /// What it says.
    #[schema(example = "Your invoice 1001 of 120.00 EUR is due on Friday.")]
    text: String,
    /// Your reference.
    #[schema(required = true, example = "case 77")]
    reference: Option<String>,
    /// `GSM_7BIT` or `UCS2`.
    #[schema(schema_with = encoding)]
    encoding: String,
    /// How many messages carry the text.
    #[schema(example = 1)]
    parts: i64,
    /// How far it has come. It only moves forward, and the last five never change.
    #[schema(schema_with = state)]
    state: &'static str,
    /// Since when.
    #[schema(value_type = String, format = "date-time", example = "2026-01-02T03:04:05.000Z")]
    state_at: Timestamp,
    /// The provider's code for what went wrong.
    #[schema(required = true, example = "000")]
    error_code: Option<String>,
    /// What went wrong, in words.
    #[schema(required = true, example = json!(null))]
    reason: Option<String>,
    /// When it was asked for.
    #[schema(value_type = String, format = "date-time", example = "2026-01-02T03:04:05.000Z")]
    created_at: Timestamp,
    /// Until when it is worth delivering.
    #[schema(value_type = String, format = "date-time", example = "2026-01-03T03:04:05.000Z")]
    valid_until: Timestamp,
    /// Every step that it and its parts have made, oldest first.
    delivery_reports: Vec<DeliveryReport>,
    /// In sandbox: members that are not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<FieldFault>,
}

/// A step that a message or a part of it has made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryReport {
    /// When.
    #[schema(value_type = String, format = "date-time", example = "2026-01-02T03:04:06.000Z")]
    at: Timestamp,
    /// To what.
    #[schema(schema_with = state)]
    state: &'static str,
    /// The provider's identifier of the part; null for the message as a whole.
    #[schema(required = true, example = "1a2b3c4d")]
    provider_message_id: Option<String>,
    /// The provider's code for what went wrong.
    #[schema(required = true, example = json!(null))]
    error_code: Option<String>,
}

fn encoding() -> Object {
    openapi::one_of(["GSM_7BIT", "UCS2"], "How the text is encoded.")
}

fn state() -> Object {
    openapi::one_of(
        SmsState::ALL.map(SmsState::as_str),
        "How far it has come. `QUEUED` and `SENT` may change; `DELIVERED`, `UNDELIVERABLE`, `EXPIRED`, `REJECTED` and `FAILED` are final.",
    )
}

/// A page of short messages, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SmsPage {
    /// The messages.
    items: Vec<SmsAnswer>,
    /// Send it as `cursor` for the next page; null at the end.
    #[schema(required = true, example = json!(null))]
    next_cursor: Option<String>,
}

impl SmsAnswer {
    fn new(sms: Sms, warnings: Vec<Fault>) -> Self {
        Self {
            sms_id: sms.id,
            creditor: sms.creditor.map(|client| client.0),
            recipient: sms.recipient,
            sender: sms.sender,
            text: sms.text,
            reference: sms.reference,
            encoding: sms.encoding,
            parts: sms.parts,
            state: sms.state.as_str(),
            state_at: sms.state_at,
            error_code: sms.error_code,
            reason: sms.reason,
            created_at: sms.created_at,
            valid_until: sms.expires_at,
            delivery_reports: sms.reports.into_iter().map(DeliveryReport::from).collect(),
            warnings: warnings.into_iter().map(FieldFault::from).collect(),
        }
    }
}

impl From<SmsReport> for DeliveryReport {
    fn from(report: SmsReport) -> Self {
        Self {
            at: report.at,
            state: report.state.as_str(),
            provider_message_id: report.provider_message_id,
            error_code: report.error_code,
        }
    }
}

/// How long to wait.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is the documentation; the handler reads the query whole")]
pub(crate) struct Wait {
    /// Holds the answer until the final report, for so many seconds at most. Without it the answer comes at once.
    #[param(minimum = 0, maximum = 30, example = 5)]
    wait: Option<i64>,
}

/// Which messages.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is the documentation; the handler reads the query whole")]
pub(crate) struct Listing {
    /// Only those on behalf of this creditor.
    creditor: Option<i64>,
    /// How many at most.
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: Option<i64>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Send a short message to a debtor
///
/// Takes the message and answers with how far it has come: `QUEUED` at first. With `wait` the answer is held until the final delivery
/// report, or until so many seconds have passed. Send an `Idempotency-Key`, so that a repeat after a lost answer does not send it twice.
/// In sandbox without a channel of its own the message is printed on the console, and the end of the number chooses what becomes of it:
/// `0001` undeliverable, `0002` expired, `0003` rejected, `0004` failed, `0005` no report, any other delivered.
#[utoipa::path(
    post,
    path = "/api/v1/partner/sms",
    operation_id = "sendSms",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(Wait, IdempotencyKey, RequestId),
    request_body(
        content = SendSmsRequest,
        content_type = "application/json",
        description = "The message. An empty string is an absent value; an unknown member is passed over and, in sandbox, named in `warnings`.",
        example = json!(request_example()),
    ),
    responses(
        (
            status = 200,
            description = "The message was taken, or this is the first answer to an earlier request with the same idempotency key; with `wait`, the message as it stands now.",
            body = SmsAnswer,
            headers(
                ("Cache-Control" = String, description = "`no-store`"),
                ("Idempotent-Replayed" = String, description = "`true` when this is the message of an earlier request"),
            ),
            example = json!(answer_example()),
        ),
        SendProblems,
    ),
)]
pub(crate) async fn send_sms(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    IdempotencyKey(key): IdempotencyKey,
    mut query: Query,
    body: JsonBody<SendSmsRequest>,
) -> Result<PrivateJson<SmsAnswer>, Problem> {
    let wait = query.number("wait", 0..=LONGEST_WAIT).unwrap_or(0);
    query.finish()?;
    let mut faults = body.faults;
    let creditor = body.value.creditor.take("creditor", &mut faults);
    let draft = SmsDraft {
        recipient: body.value.recipient.take("recipient", &mut faults),
        text: body.value.text.take("text", &mut faults),
        sender: body.value.sender.take("sender", &mut faults),
        reference: body.value.reference.take("reference", &mut faults),
        validity: body.value.validity.take("validity", &mut faults),
    };
    if !faults.is_empty() {
        if let Some(settings) = &state.core().settings().sms
            && let Err(further) = domain::sms::check(&draft, &settings.rules)
        {
            faults.extend(further.into_vec());
        }
        return Err(Problem::validation(faults.into_vec()));
    }
    let idempotency = key.map(|key| Idempotency { key, fingerprint: body.fingerprint });
    let core = state.core();
    let context = caller.context();
    let answer =
        core.send_sms(caller.principal.holder, creditor, &draft, idempotency, &context).await.map_err(problem)?;
    let mut sms = answer.value;
    if wait > 0 {
        let time = Duration::from_secs(wait.unsigned_abs());
        let waited = core.wait_for_sms(caller.principal.holder.partner, sms.id, time).await?;
        sms = waited.unwrap_or(sms);
    }
    let sandbox = core.environment() == Environment::Sandbox;
    let unknown = if sandbox { unknown_fields(body.unknown) } else { Vec::new() };
    Ok(PrivateJson::new(SmsAnswer::new(sms, unknown)).replayed(answer.replayed))
}

/// Show a short message
///
/// The message with every delivery report so far. With `wait` the answer is held until the final one, or until so many seconds have passed.
#[utoipa::path(
    get,
    path = "/api/v1/partner/sms/{smsId}",
    operation_id = "getSms",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(("smsId" = String, Path, format = "uuid", description = "Its identifier"), Wait, RequestId),
    responses(
        (status = 200, description = "The message.", body = SmsAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")), example = json!(answer_example())),
        ReadProblems,
    ),
)]
pub(crate) async fn get_sms(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<PrivateJson<SmsAnswer>, Problem> {
    let wait = query.number("wait", 0..=LONGEST_WAIT).unwrap_or(0);
    query.finish()?;
    let partner = caller.principal.holder.partner;
    let id = Uuid::try_parse(&id).map_err(|_| not_found())?;
    let core = state.core();
    let sms = if wait > 0 {
        core.wait_for_sms(partner, id, Duration::from_secs(wait.unsigned_abs())).await?
    } else {
        core.sms(partner, id).await?
    };
    Ok(PrivateJson::new(SmsAnswer::new(sms.ok_or_else(not_found)?, Vec::new())))
}

/// List short messages
///
/// Your messages, newest first, by the page.
#[utoipa::path(
    get,
    path = "/api/v1/partner/sms",
    operation_id = "listSms",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(Listing, RequestId),
    responses(
        (status = 200, description = "A page of messages.", body = SmsPage,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({"items": [answer_example()], "nextCursor": null})),
        ListProblems,
    ),
)]
pub(crate) async fn list_sms(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    mut query: Query,
) -> Result<PrivateJson<SmsPage>, Problem> {
    let limit = query.limit();
    let filter = SmsFilter {
        creditor: query.number("creditor", 1..=i64::MAX).map(ClientIdentifier),
        before: query.cursor(|bytes| Uuid::from_slice(bytes).ok()),
    };
    query.finish()?;
    let listed = state.core().list_sms(caller.principal.holder.partner, filter, limit).await?;
    let is_full = listed.len() >= limit as usize;
    let next_cursor = listed.last().filter(|_| is_full).map(|last| cursor(last.id.as_bytes()));
    let items = listed.into_iter().map(|sms| SmsAnswer::new(sms, Vec::new())).collect();
    Ok(PrivateJson::new(SmsPage { items, next_cursor }))
}

fn not_found() -> Problem {
    Problem::new(http_kit::code::NOT_FOUND, "You have no message of this identifier: check it, and whose key you send")
}

fn problem(error: SmsError) -> Problem {
    match error {
        SmsError::Invalid(faults) => Problem::validation(faults),
        SmsError::NoChannel => {
            Problem::new(code::BUSINESS_RULE, "Short messages are not set up here: ask the operator to set sms-channel")
        }
        SmsError::Idempotency(error) => idempotency_problem(error),
        SmsError::Store(error) => error.into(),
    }
}

fn wrong_key() -> Problem {
    Problem::new(http_kit::code::FORBIDDEN_FOR_KEY, "A client key may not call this. Use a partner key")
}

fn wrong_query(field: &'static str) -> Problem {
    Problem::validation(vec![Fault {
        field: field.into(),
        code: "out_of_range".into(),
        message: "This must be a whole number from 0 to 30".into(),
    }])
}

/// What can go wrong when one is sent, for the API document.
struct SendProblems;

impl utoipa::IntoResponses for SendProblems {
    fn responses() -> Responses {
        use service::idempotency::IdempotencyError;
        let own = [
            Problem::validation(vec![Fault {
                field: "recipient".into(),
                code: "telephone_no_sms".into(),
                message: "The number can't take short messages: send to a mobile number".into(),
            }]),
            problem(SmsError::NoChannel),
            wrong_key(),
            idempotency_problem(IdempotencyError::KeyReused),
            idempotency_problem(IdempotencyError::InProgress),
        ];
        openapi::responses(own.into_iter().chain(openapi::keyed_problems()).chain(openapi::body_problems()))
    }
}

/// What can go wrong when one is shown, for the API document.
struct ReadProblems;

impl utoipa::IntoResponses for ReadProblems {
    fn responses() -> Responses {
        openapi::responses([wrong_query("wait"), wrong_key(), not_found()].into_iter().chain(openapi::keyed_problems()))
    }
}

/// What can go wrong when they are listed, for the API document.
struct ListProblems;

impl utoipa::IntoResponses for ListProblems {
    fn responses() -> Responses {
        openapi::responses([wrong_query("limit"), wrong_key()].into_iter().chain(openapi::keyed_problems()))
    }
}

fn request_example() -> Value {
    json!({
        "recipient": "+358441234567",
        "text": "Your invoice 1001 of 120.00 EUR is due on Friday.",
        "sender": "Test Oy",
        "creditor": 100_001,
        "reference": "case 77",
        "validity": 3600
    })
}

fn answer_example() -> Value {
    json!({
        "smsId": "019aa3b2-6c0e-7cc0-8d5e-3f1f3f1b7a10",
        "creditor": 100_001,
        "recipient": "+358441234567",
        "sender": "Test Oy",
        "text": "Your invoice 1001 of 120.00 EUR is due on Friday.",
        "reference": "case 77",
        "encoding": "GSM_7BIT",
        "parts": 1,
        "state": "DELIVERED",
        "stateAt": "2026-01-02T03:04:07.000Z",
        "errorCode": null,
        "reason": null,
        "createdAt": "2026-01-02T03:04:05.000Z",
        "validUntil": "2026-01-02T04:04:05.000Z",
        "deliveryReports": [
            {"at": "2026-01-02T03:04:05.000Z", "state": "QUEUED", "providerMessageId": null, "errorCode": null},
            {"at": "2026-01-02T03:04:06.000Z", "state": "SENT", "providerMessageId": "1a2b3c4d", "errorCode": null},
            {"at": "2026-01-02T03:04:07.000Z", "state": "DELIVERED", "providerMessageId": "1a2b3c4d", "errorCode": null}
        ]
    })
}
