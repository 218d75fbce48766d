//! `POST …/authorization/{authorization_id}/capture/{capture_id}/return`: what was captured is brought back.

use axum::extract::{RawPathParams, State};
use domain::purchase::{AuthorizationId, CaptureId, Refusal};
use http_kit::openapi::Responses;
use http_kit::{Flag, HttpState, JsonBody, PrivateJson, Problem, Section, TextOrNumber};
use serde::Serialize;
use serde_json::{Map, Value};
use service::capture::{ReturnRequest, ReturnView};
use service::purchase_error::{Missing, PurchaseError};
use utoipa::ToSchema;

use crate::amount::Dollars;
use crate::inputs::part;
use crate::lang::Lang;
use crate::money_move::{EXAMPLE, MoneyMove, MoveParameters, TAG, not_found, problems, till_body};
use crate::problem;
use crate::sku_data::SkuData;

till_body! {
/// What is brought back.
#[schema(as = ReturnRequest)]
pub(crate) struct ReturnBody {
    /// The amount without the finance charge, in dollars: a number, or a text of one. It may be left out where `full_return` is true.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    amount: TextOrNumber,
    /// Whether all that is left of the capture is brought back.
    #[serde(default)]
    #[schema(value_type = Option<bool>, example = false)]
    full_return: Flag,
    /// The card of the account, where it is there.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    vcc_number: TextOrNumber,
    /// What is brought back: for the customer's statement, unchecked, of 16 KiB at most.
    #[serde(default)]
    #[schema(value_type = Option<SkuData>)]
    sku_data: Section<Map<String, Value>>,
}
}

/// A return.
#[derive(Serialize, ToSchema)]
#[schema(as = Return)]
pub(crate) struct ReturnAnswer {
    /// Its identifier, of 16 digits.
    #[schema(example = 1_234_567_890_123_456_i64)]
    return_id: i64,
    /// Your order.
    reference: Option<String>,
    /// The capture.
    #[schema(example = 346_123_456)]
    capture_id: i64,
    /// When it was brought back.
    #[schema(example = "2026-11-22T10:15:00Z", format = "date-time")]
    date: String,
    /// The amount, without the finance charge.
    #[schema(value_type = f64, example = 10.5)]
    amount: Dollars,
    /// The interest that was not earned yet, and the fees, that the customer owes no more with it.
    #[schema(value_type = f64, example = 10.5)]
    finance_charge: Dollars,
    /// What of the capture was not brought back.
    #[schema(value_type = f64, example = 10.5)]
    remaining_capture_amount: Dollars,
    /// What may still be captured of the authorization. A return does not add to it.
    #[schema(value_type = f64, example = 10.5)]
    remaining_authorization_amount: Dollars,
}

impl From<ReturnView> for ReturnAnswer {
    fn from(view: ReturnView) -> Self {
        Self {
            return_id: view.id,
            reference: view.reference,
            capture_id: view.capture,
            date: view.returned_at.whole_seconds(),
            amount: Dollars(view.amount),
            finance_charge: Dollars(view.finance_charge),
            remaining_capture_amount: Dollars(view.remaining_capture),
            remaining_authorization_amount: Dollars(view.remaining_authorization),
        }
    }
}

/// Return a capture
///
/// Takes back all that was captured of a promotional purchase or a part, within 100 days. The customer owes it no more, nor the part that
/// falls on it of the interest that was not earned yet and of the fees. Goods of a regular purchase are refunded.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/authorization/{authorization_id}/capture/{capture_id}/return",
    operation_id = "returnCapture",
    tag = TAG,
    security(("AccessToken" = ["merchant"])),
    params(
        MoveParameters,
        ("authorization_id" = i64, Path, description = "The authorization.", example = 1_234_567_890_123_456_i64),
        ("capture_id" = i64, Path, description = "The capture.", example = 346_123_456),
    ),
    request_body(
        content = ReturnBody,
        content_type = "application/json",
        example = json!({"reference": "Order-1234", "full_return": false, "amount": 10}),
    ),
    responses(
        (status = 200, description = "The return.", body = ReturnAnswer),
        ReturnProblems,
    ),
)]
pub(crate) async fn return_capture(
    State(state): State<HttpState>,
    moved: MoneyMove,
    parameters: RawPathParams,
    body: JsonBody<ReturnBody>,
) -> Result<PrivateJson<ReturnAnswer>, Problem> {
    let idempotency = moved.idempotency(body.fingerprint);
    let mut inputs = moved.inputs();
    inputs.repeated(&body.faults);
    let mut said = body.value;
    let till = said.take_till();
    let full = inputs.flag("full_return", said.full_return).unwrap_or_default();
    let amount = match full {
        true => inputs.amount("amount", said.amount),
        false => inputs.required_amount("amount", said.amount),
    };
    let card = inputs.card("vcc_number", said.vcc_number);
    let till = till.read_with(said.sku_data, &mut inputs);
    inputs.finish()?;
    let lang = moved.call.lang;
    let authorization = AuthorizationId::parse(part(&parameters, "authorization_id"));
    let authorization = authorization.ok_or_else(|| not_found(lang, Missing::Authorization))?;
    let capture = CaptureId::parse(part(&parameters, "capture_id"));
    let capture = capture.ok_or_else(|| not_found(lang, Missing::Capture))?;
    let asked = ReturnRequest { authorization, capture, amount, full, card, till };
    let answer = state.core().return_capture(&moved.caller, &asked, idempotency, &moved.call.context).await;
    let answer = answer.map_err(|error| moved.problem(error))?;
    Ok(PrivateJson::new(answer.value.into()).replayed(answer.replayed))
}

/// What can go wrong, for the API document.
struct ReturnProblems;

impl utoipa::IntoResponses for ReturnProblems {
    fn responses() -> Responses {
        let own = problems([
            Refusal::CaptureAmountExceeded { remaining: EXAMPLE }.into(),
            Refusal::ReturnDateExceeded.into(),
            Refusal::WrongTransactionType.into(),
            PurchaseError::NotFull { remaining: EXAMPLE },
            PurchaseError::CardMismatch,
        ]);
        problem::responses(own.into_iter().chain([not_found(Lang::English, Missing::Capture)]))
    }
}
