//! What is answered about a short message.

use domain::sms::SmsState;
use domain::{Fault, Timestamp};
use http_kit::openapi;
use http_kit::problem::FieldFault;
use serde::Serialize;
use serde_json::{Value, json};
use service::sms::{Sms, SmsReport};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;
use uuid::Uuid;

use crate::uuid_path::Named;

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
    #[schema(schema_with = state_at, required = true)]
    state_at: Timestamp,
    /// The provider's code for what went wrong.
    #[schema(required = true, example = json!(null))]
    error_code: Option<String>,
    /// What went wrong, in words.
    #[schema(required = true, example = json!(null))]
    reason: Option<String>,
    /// When it was asked for.
    #[schema(schema_with = created_at, required = true)]
    created_at: Timestamp,
    /// Until when it is worth delivering.
    #[schema(schema_with = valid_until, required = true)]
    valid_until: Timestamp,
    /// Every step that it and its parts have made, oldest first.
    delivery_reports: Vec<DeliveryReport>,
    /// In sandbox, in the answer to `POST /sms`: members that are not known. Else empty.
    warnings: Vec<FieldFault>,
}

/// A step that a message or a part of it has made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryReport {
    /// When.
    #[schema(schema_with = reported_at, required = true)]
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

fn state_at() -> Object {
    openapi::time("Since when it is in its state.")
}

fn created_at() -> Object {
    openapi::time("When it was asked for.")
}

fn valid_until() -> Object {
    openapi::time("Until when it is worth delivering.")
}

fn reported_at() -> Object {
    openapi::time("When the step was made.")
}

fn state() -> Object {
    openapi::one_of(
        SmsState::ALL.map(SmsState::as_str),
        "How far it has come. `QUEUED` and `SENT` may change; `DELIVERED`, `UNDELIVERABLE`, `EXPIRED`, `REJECTED` and `FAILED` are final.",
    )
}

impl SmsAnswer {
    pub(crate) fn new(sms: Sms, warnings: Vec<Fault>) -> Self {
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

impl Named for SmsAnswer {
    const PARAMETER: &'static str = "smsId";
    const NOT_FOUND: &'static str = "You have no message of this identifier: check it, and whose key you send";
}

/// The example of an answer.
pub(crate) fn answer_example() -> Value {
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
        ],
        "warnings": []
    })
}
