//! `POST …/authorization/{authorization_id}/capture`: what was authorized is charged.

use axum::extract::{RawPathParams, State};
use domain::purchase::{AuthorizationId, Refusal};
use http_kit::openapi::Responses;
use http_kit::{HttpState, JsonBody, PrivateJson, Problem, Section, TextOrNumber};
use serde::Serialize;
use serde_json::{Map, Value};
use service::capture::CaptureView;
use service::purchase_error::Missing;
use utoipa::ToSchema;

use crate::amount::Dollars;
use crate::authorization::FinancingAnswer;
use crate::inputs::part;
use crate::lang::Lang;
use crate::money_move::{EXAMPLE, MoneyMove, MoveParameters, TAG, not_found, problems, till_body};
use crate::problem;
use crate::sku_data::SkuData;

till_body! {
/// What is charged.
#[schema(as = CaptureRequest)]
pub(crate) struct CaptureBody {
    /// The amount without the finance charge, in dollars: a number, or a text of one.
    #[serde(default)]
    #[schema(value_type = TextOrNumber)]
    amount: TextOrNumber,
    /// What is delivered: for the customer's statement, unchecked, of 16 KiB at most. Where there is none, that of the authorization counts.
    #[serde(default)]
    #[schema(value_type = Option<SkuData>)]
    sku_data: Section<Map<String, Value>>,
}
}

/// A capture.
#[derive(Serialize, ToSchema)]
#[schema(as = Capture)]
pub(crate) struct CaptureAnswer {
    /// Its identifier, of 9 digits.
    #[schema(example = 346_123_456)]
    capture_id: i64,
    /// The authorization.
    #[schema(example = 1_234_567_890_123_456_i64)]
    authorization_id: i64,
    /// The account.
    #[schema(example = 12_345_678_901_237_i64)]
    account_number: i64,
    /// Your order.
    reference: Option<String>,
    financing_option: FinancingAnswer,
    /// When it was captured.
    #[schema(example = "2026-11-22T10:15:00Z", format = "date-time")]
    date: String,
    /// The amount, without the finance charge.
    #[schema(value_type = f64, example = 10.5)]
    amount: Dollars,
    /// The interest and the fees that fall on it.
    #[schema(value_type = f64, example = 10.5)]
    finance_charge: Dollars,
    /// What of it was not brought back.
    #[schema(value_type = f64, example = 10.5)]
    remaining_capture_amount: Dollars,
    /// What may still be captured of the authorization; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 10.5)]
    remaining_authorization_amount: Option<Dollars>,
    /// How the authorization stands; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_status: Option<String>,
}

impl From<CaptureView> for CaptureAnswer {
    fn from(view: CaptureView) -> Self {
        Self {
            capture_id: view.capture,
            authorization_id: view.authorization,
            account_number: view.account,
            reference: view.reference,
            financing_option: FinancingAnswer {
                transaction_type: view.transaction_type,
                plan_id: view.plan,
                term: view.term,
            },
            date: view.captured_at.whole_seconds(),
            amount: Dollars(view.amount),
            finance_charge: Dollars(view.finance_charge),
            remaining_capture_amount: Dollars(view.remaining),
            remaining_authorization_amount: view.authorization_remaining.map(Dollars),
            authorization_status: view.authorization_status,
        }
    }
}

/// Capture an authorization
///
/// Charges all of it or a part; the rest stays authorized. The customer owes it from then on, with the part of the interest and the fees
/// that falls on it.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/authorization/{authorization_id}/capture",
    operation_id = "captureAuthorization",
    tag = TAG,
    security(("AccessToken" = ["merchant"])),
    params(MoveParameters, ("authorization_id" = i64, Path, description = "The authorization.", example = 1_234_567_890_123_456_i64)),
    request_body(content = CaptureBody, content_type = "application/json", example = json!({"reference": "Order-1234", "amount": 10.5})),
    responses(
        (status = 200, description = "The capture.", body = CaptureAnswer),
        CaptureProblems,
    ),
)]
pub(crate) async fn capture(
    State(state): State<HttpState>,
    moved: MoneyMove,
    parameters: RawPathParams,
    body: JsonBody<CaptureBody>,
) -> Result<PrivateJson<CaptureAnswer>, Problem> {
    let idempotency = moved.idempotency(body.fingerprint);
    let mut inputs = moved.inputs();
    inputs.repeated(&body.faults);
    let mut said = body.value;
    let till = said.take_till();
    let amount = inputs.required_amount("amount", said.amount);
    let till = till.read_with(said.sku_data, &mut inputs);
    inputs.finish()?;
    let amount = amount.ok_or_else(|| Problem::internal("a fault was not told"))?;
    let id = AuthorizationId::parse(part(&parameters, "authorization_id"));
    let id = id.ok_or_else(|| not_found(moved.call.lang, Missing::Authorization))?;
    let answer = state.core().capture(&moved.caller, (id, amount), &till, idempotency, &moved.call.context).await;
    let answer = answer.map_err(|error| moved.problem(error))?;
    Ok(PrivateJson::new(answer.value.into()).replayed(answer.replayed))
}

/// What can go wrong, for the API document.
struct CaptureProblems;

impl utoipa::IntoResponses for CaptureProblems {
    fn responses() -> Responses {
        let own = problems([
            Refusal::AuthorizationEnded.into(),
            Refusal::AuthAmountExceeded { remaining: EXAMPLE }.into(),
            Refusal::NotPermitted.into(),
        ]);
        problem::responses(own.into_iter().chain([not_found(Lang::English, Missing::Authorization)]))
    }
}
