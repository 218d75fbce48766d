//! `/sms`: short messages to debtors.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::extract::State;
use domain::Fault;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::sms::{LONGEST_VALIDITY, SHORTEST_VALIDITY, SmsDraft};
use http_kit::caller::PartnerKey;
use http_kit::held::{self, HeldAnswer};
use http_kit::openapi::{self, Responses};
use http_kit::query::out_of_range;
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, IdempotencyKey, Integer, JsonBody, PrivateJson, Problem, Query, Text, idempotency};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::cursor::Cursor;
use service::idempotency::{Idempotency, Operation};
use service::sms::{SmsError, SmsFilter};
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{Object, ObjectBuilder, SchemaType, Type};

use crate::sms_answer::{SmsAnswer, answer_example};
use crate::uuid_path::{UuidPath, not_found};
use crate::{code, warnings};

/// How long an answer may be held until the final report, in seconds.
const WAIT: RangeInclusive<i64> = 0..=30;

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
    #[schema(schema_with = validity, required = false)]
    validity: Integer,
}

fn validity() -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::Null]))
        .minimum(Some(SHORTEST_VALIDITY.as_secs()))
        .maximum(Some(LONGEST_VALIDITY.as_secs()))
        .description(Some("How long it is worth delivering, in seconds: a minute to seven days. Without it, a day."))
        .examples([json!(3600)])
        .build()
}

/// A page of short messages, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SmsPage {
    /// The messages.
    messages: Vec<SmsAnswer>,
    /// Send it as `cursor` for the next page; null at the end.
    #[schema(required = true, example = json!(null))]
    next_cursor: Option<String>,
}

/// How long to wait.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is the documentation; the handler reads the query whole")]
pub(crate) struct Wait {
    /// Holds the answer until the final report, for so many seconds at most; for less where the operator lets requests take
    /// less time (`request-timeout`). Without it the answer comes at once, and so it does while 100 answers to your keys are held.
    #[param(minimum = 0, maximum = 30, example = 5)]
    wait: Option<i64>,
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
    let core = state.core();
    let wait = query.number("wait", WAIT).unwrap_or(0);
    let mut faults = query.into_faults();
    faults.extend(body.faults.into_vec());
    let creditor = body.value.creditor.take("creditor", &mut faults);
    let draft = SmsDraft {
        recipient: body.value.recipient.take("recipient", &mut faults),
        text: body.value.text.take("text", &mut faults),
        sender: body.value.sender.take("sender", &mut faults),
        reference: body.value.reference.take("reference", &mut faults),
        validity: body.value.validity.take("validity", &mut faults),
    };
    let idempotency = key.map(|key| Idempotency { key, fingerprint: body.fingerprint });
    let holder = caller.principal.holder;
    if !faults.is_empty() {
        core.refuse_reused_key::<Problem>(holder, Operation::SendSms, idempotency.as_ref()).await?;
        if let Some(settings) = &core.settings().sms
            && let Err(further) = domain::sms::check(&draft, &settings.rules)
        {
            faults.extend(further.into_vec());
        }
        return Err(Problem::validation(faults.into_vec()));
    }
    let context = caller.context();
    let answer = core.send_sms(holder, creditor, &draft, idempotency, &context).await.map_err(problem)?;
    let mut sms = answer.value;
    if let Some((time, _held)) = hold(&state, holder.partner, wait)
        // The message was taken: a look at it that fails must not make the caller send it again.
        && let Ok(Some(waited)) = core.wait_for_sms(holder.partner, sms.id, time).await
    {
        sms = waited;
    }
    let unknown = warnings::of_unknown(&state, body.unknown);
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
    params(SmsPath, Wait, RequestId),
    responses(
        (status = 200, description = "The message.", body = SmsAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")), example = json!(answer_example())),
        ReadProblems,
    ),
)]
pub(crate) async fn get_sms(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    path: SmsPath,
    mut query: Query,
) -> Result<PrivateJson<SmsAnswer>, Problem> {
    let wait = query.number("wait", WAIT).unwrap_or(0);
    query.finish()?;
    let (core, partner) = (state.core(), caller.principal.holder.partner);
    let sms = match hold(&state, partner, wait) {
        Some((time, _held)) => core.wait_for_sms(partner, path.id, time).await?,
        None => core.sms(partner, path.id).await?,
    };
    Ok(PrivateJson::new(SmsAnswer::new(sms.ok_or_else(not_found::<SmsAnswer>)?, Vec::new())))
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
    params(ListParameters, RequestId),
    responses(
        (status = 200, description = "A page of messages.", body = SmsPage,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({"messages": [answer_example()], "nextCursor": null})),
        ListProblems,
    ),
)]
pub(crate) async fn list_sms(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    mut query: Query,
) -> Result<PrivateJson<SmsPage>, Problem> {
    let creditor = query.number("creditor", 1..=i64::MAX).map(ClientIdentifier);
    let limit = query.limit();
    let before = query.cursor(|text| match Cursor::parse(text)? {
        Cursor::Sms(before) => Some(before),
        _ => None,
    });
    query.finish()?;
    let filter = SmsFilter { creditor, before };
    // One more than asked for tells whether there is more.
    let mut listed = state.core().list_sms(caller.principal.holder.partner, filter, limit + 1).await?;
    let there_is_more = listed.len() > limit as usize;
    listed.truncate(limit as usize);
    let next_cursor = listed.last().filter(|_| there_is_more).map(|last| Cursor::Sms(last.id).to_text());
    let messages = listed.into_iter().map(|sms| SmsAnswer::new(sms, Vec::new())).collect();
    Ok(PrivateJson::new(SmsPage { messages, next_cursor }))
}

/// How long an answer is held, and what counts it meanwhile; `None` when it is to be given at once.
fn hold(state: &HttpState, partner: PartnerId, wait: i64) -> Option<(Duration, HeldAnswer)> {
    let time = held::longest(Duration::from_secs(wait.unsigned_abs()), state.settings().deadline);
    if time.is_zero() { None } else { Some((time, state.held().hold(partner)?)) }
}

type SmsPath = UuidPath<SmsAnswer>;

/// The parameters of the list, for the API document.
struct ListParameters;

impl utoipa::IntoParams for ListParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        let creditor = openapi::query_parameter("creditor", "Only those on behalf of this creditor.", number, 100_001);
        [creditor].into_iter().chain(openapi::paging_parameters()).collect()
    }
}

fn problem(error: SmsError) -> Problem {
    match error {
        SmsError::Invalid(faults) => Problem::validation(faults),
        SmsError::NoChannel => {
            Problem::new(code::BUSINESS_RULE, "Short messages are not set up here: ask the operator to set sms-channel")
        }
        SmsError::Idempotency(error) => error.into(),
        SmsError::Store(error) => error.into(),
    }
}

/// What can go wrong when one is sent, for the API document.
struct SendProblems;

impl utoipa::IntoResponses for SendProblems {
    fn responses() -> Responses {
        let recipient = Fault {
            field: "recipient".into(),
            code: "telephone_no_sms".into(),
            message: "The number can't take short messages: send to a mobile number".into(),
        };
        let own = [Problem::validation(vec![out_of_range("wait", &WAIT), recipient]), problem(SmsError::NoChannel)];
        let own = own.into_iter().chain(idempotency::problems()).chain(openapi::body_problems());
        openapi::keyed_responses::<PartnerKey>(own)
    }
}

/// What can go wrong when one is shown, for the API document.
struct ReadProblems;

impl utoipa::IntoResponses for ReadProblems {
    fn responses() -> Responses {
        let wait = Problem::validation(vec![out_of_range("wait", &WAIT)]);
        openapi::keyed_responses::<PartnerKey>([wait, not_found::<SmsAnswer>()])
    }
}

/// What can go wrong when they are listed, for the API document.
struct ListProblems;

impl utoipa::IntoResponses for ListProblems {
    fn responses() -> Responses {
        openapi::keyed_responses::<PartnerKey>([openapi::paging_problem()])
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
