//! `POST …/accounts/{account_number}/refund`: a merchant credits an account without a capture.

use axum::extract::{RawPathParams, State};
use domain::credit_account::AccountNumber;
use domain::purchase::{CaptureId, Refusal};
use http_kit::openapi::Responses;
use http_kit::{HttpState, JsonBody, PrivateJson, Problem, Section, TextOrNumber};
use serde::Serialize;
use serde_json::{Map, Value};
use service::purchase_error::{Missing, PurchaseError};
use service::refund::RefundRequest;
use utoipa::ToSchema;

use crate::inputs::part;
use crate::lang::Lang;
use crate::money_move::{EXAMPLE, MoneyMove, MoveParameters, TAG, not_found, problems, till_body};
use crate::problem;
use crate::sku_data::SkuData;

till_body! {
/// What is given back.
#[schema(as = Refund)]
pub(crate) struct RefundBody {
    /// The amount, in dollars: a number, or a text of one.
    #[serde(default)]
    #[schema(value_type = TextOrNumber)]
    amount: TextOrNumber,
    /// The card of the account, where it is there.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    vcc_number: TextOrNumber,
    /// The capture that it is for, where there is one: its digits. It is kept with the refund, and need not be one of ours.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    capture_id: TextOrNumber,
    /// What it is for: for the customer's statement, unchecked, of 16 KiB at most.
    #[serde(default)]
    #[schema(value_type = Option<SkuData>)]
    sku_data: Section<Map<String, Value>>,
}
}

/// Nothing: the account was credited.
#[derive(Serialize, ToSchema)]
#[schema(as = Refunded)]
pub(crate) struct RefundAnswer {}

/// Refund an account
///
/// Credits it with what you give back, on what is owed of purchases; what is more than that is a credit of the customer. There is a limit for
/// one refund and for 24 hours, which the operator sets.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/accounts/{account_number}/refund",
    operation_id = "refundAccount",
    tag = TAG,
    security(("AccessToken" = ["merchant"])),
    params(MoveParameters, ("account_number" = i64, Path, description = "The account.", example = 12_345_678_901_237_i64)),
    request_body(
        content = RefundBody,
        content_type = "application/json",
        example = json!({"reference": "orderid-12345", "amount": 1000.12, "external_location_id": "00-12345"}),
    ),
    responses(
        (status = 200, description = "The account was credited.", body = RefundAnswer),
        RefundProblems,
    ),
)]
pub(crate) async fn refund(
    State(state): State<HttpState>,
    moved: MoneyMove,
    parameters: RawPathParams,
    body: JsonBody<RefundBody>,
) -> Result<PrivateJson<RefundAnswer>, Problem> {
    let idempotency = moved.idempotency(body.fingerprint);
    let mut inputs = moved.inputs();
    inputs.repeated(&body.faults);
    let mut said = body.value;
    let till = said.take_till();
    let amount = inputs.required_amount("amount", said.amount);
    let card = inputs.card("vcc_number", said.vcc_number);
    let capture = inputs.digits("capture_id", said.capture_id, CaptureId::DIGITS);
    let till = till.read_with(said.sku_data, &mut inputs);
    inputs.finish()?;
    let amount = amount.ok_or_else(|| Problem::internal("a fault was not told"))?;
    let account = AccountNumber::parse(part(&parameters, "account_number")).ok();
    let account = account.ok_or_else(|| not_found(moved.call.lang, Missing::Account))?;
    let asked = RefundRequest { account, amount, card, capture, till };
    let answer = state.core().refund(&moved.caller, &asked, idempotency, &moved.call.context).await;
    let answer = answer.map_err(|error| moved.problem(error))?;
    Ok(PrivateJson::new(RefundAnswer {}).replayed(answer.replayed))
}

/// What can go wrong, for the API document.
struct RefundProblems;

impl utoipa::IntoResponses for RefundProblems {
    fn responses() -> Responses {
        let own = problems([Refusal::RefundsLimitExceededAmount { left: EXAMPLE }.into(), PurchaseError::CardMismatch]);
        problem::responses(own.into_iter().chain([not_found(Lang::English, Missing::Account)]))
    }
}
