//! `POST …/authorization`: credit is held for a purchase.

use axum::extract::State;
use domain::lending::AnnualRate;
use domain::purchase::{Financing, Refusal};
use domain::verification::VerificationFault;
use http_kit::openapi::Responses;
use http_kit::{Flag, HttpState, JsonBody, PrivateJson, Problem, Section, TextOrNumber};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::authorization::{AuthorizationRequest, AuthorizationView};
use service::purchase_error::{Missing, PurchaseError};
use service::verification::Proof;
use utoipa::ToSchema;

use crate::amount::Dollars;
use crate::call::Call;
use crate::capture::CaptureAnswer;
use crate::inputs::Inputs;
use crate::lang::Lang;
use crate::money_move::{EXAMPLE, MoneyMove, MoveParameters, TAG, not_found, problems, till_body};
use crate::problem;
use crate::rate::AnnualRatesAnswer;
use crate::sku_data::SkuData;

/// The longest reference, location, employee and request id.
pub(crate) const LONGEST_NAME: usize = 40;

/// How a purchase is paid.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = FinancingOption)]
pub(crate) struct FinancingOption {
    /// `promotional_purchase` or `regular_purchase`.
    #[serde(default)]
    #[schema(value_type = String, example = "promotional_purchase")]
    transaction_type: TextOrNumber,
    /// Of a promotional purchase: the plan, from `calculate-interest`.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    plan_id: TextOrNumber,
    /// Of a promotional purchase: the months of the plan.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    term: TextOrNumber,
}

till_body! {
/// A purchase.
#[schema(as = Purchase)]
pub(crate) struct PurchaseBody {
    /// The account.
    #[serde(default)]
    #[schema(value_type = TextOrNumber)]
    account_number: TextOrNumber,
    /// Its card, where the card is there.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    vcc_number: TextOrNumber,
    #[serde(default)]
    #[schema(value_type = FinancingOption)]
    financing_option: Section<FinancingOption>,
    /// The amount without the finance charge, in dollars: a number, or a text of one.
    #[serde(default)]
    #[schema(value_type = TextOrNumber)]
    amount: TextOrNumber,
    /// Whether all of it is captured at once.
    #[serde(default)]
    #[schema(value_type = bool, example = false)]
    auto_capture: Flag,
    /// What is bought: for the customer's statement, unchecked, of 16 KiB at most.
    #[serde(default)]
    #[schema(value_type = Option<SkuData>)]
    sku_data: Section<Map<String, Value>>,
    /// In a store: the code that `verify` has sent to the customer. Online none may be sent.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    verification_code: TextOrNumber,
    /// In a store: as it was sent to `verify`.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    request_id: TextOrNumber,
    /// Online: the session of the widget.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "0198a3c2-7c1e-7d30-9a44-0c53a1c1d0aa")]
    widget_session_id: TextOrNumber,
}
}

/// An authorization.
#[derive(Serialize, ToSchema)]
#[schema(as = Authorization)]
pub(crate) struct AuthorizationAnswer {
    /// Its identifier, of 16 digits.
    #[schema(example = 1_234_567_890_123_456_i64)]
    authorization_id: i64,
    /// `opened`; `closed`, when all of it was captured or released; `expired`, when its time was over before; `unauthorized`, when the lender
    /// has withdrawn it.
    #[schema(example = "opened")]
    authorization_status: String,
    /// The account.
    #[schema(example = 12_345_678_901_237_i64)]
    account_number: i64,
    /// Your order.
    reference: Option<String>,
    financing_option: FinancingAnswer,
    /// The amount, without the finance charge.
    #[schema(value_type = f64, example = 10.5)]
    amount: Dollars,
    /// The interest and the fees of the whole amount, which are held with it.
    #[schema(value_type = f64, example = 10.5)]
    finance_charge: Dollars,
    #[serde(flatten)]
    annual_rates: AnnualRatesAnswer,
    /// What of the amount was captured.
    #[schema(value_type = f64, example = 10.5)]
    captured_amount: Dollars,
    /// What of the amount was released, by you or because its time was over.
    #[schema(value_type = f64, example = 10.5)]
    released_amount: Dollars,
    /// What may still be captured.
    #[schema(value_type = f64, example = 10.5)]
    remaining_authorization_amount: Dollars,
    /// When it was made.
    #[schema(example = "2026-11-22T10:15:00Z", format = "date-time")]
    date: String,
    /// Until when it can be captured.
    #[schema(example = "2026-12-22T10:15:00Z", format = "date-time")]
    expiry_date: String,
    /// What may be bought for on the account after it; only in the answer to a call that has moved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 10.5)]
    available_credit: Option<Dollars>,
    /// With `auto_capture`: the identifier of the capture.
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_id: Option<i64>,
    /// Its captures, the oldest first; not in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    captures: Vec<CaptureAnswer>,
}

/// How a purchase is paid.
#[derive(Serialize, ToSchema)]
#[schema(as = FinancingOptionAnswer)]
pub(crate) struct FinancingAnswer {
    /// `promotional_purchase` or `regular_purchase`.
    #[schema(example = "promotional_purchase")]
    pub(crate) transaction_type: String,
    /// The plan; null for a regular purchase.
    pub(crate) plan_id: Option<i64>,
    /// Its term in months; null for a regular purchase.
    pub(crate) term: Option<i64>,
}

impl AuthorizationAnswer {
    /// An authorization in the language and the version of the call.
    pub(crate) fn of(view: AuthorizationView, call: &Call) -> Self {
        let annual_rate = view.annual_rate.map(AnnualRate::of_billionths);
        Self {
            authorization_id: view.authorization,
            authorization_status: view.status,
            account_number: view.account,
            reference: view.reference,
            financing_option: FinancingAnswer {
                transaction_type: view.transaction_type,
                plan_id: view.plan,
                term: view.term,
            },
            amount: Dollars(view.amount),
            finance_charge: Dollars(view.finance_charge),
            annual_rates: AnnualRatesAnswer::of(annual_rate, call.lang, call.version),
            captured_amount: Dollars(view.captured),
            released_amount: Dollars(view.released),
            remaining_authorization_amount: Dollars(view.remaining),
            date: view.created_at.whole_seconds(),
            expiry_date: view.expires_at.whole_seconds(),
            available_credit: view.available_credit.map(Dollars),
            capture_id: None,
            captures: view.captures.into_iter().map(CaptureAnswer::from).collect(),
        }
    }
}

/// Authorize a purchase
///
/// Holds credit for it, with the interest and the fees of a promotional purchase, until it is captured or released or its time is over. Who
/// sends `auto_capture` has all of it captured at once. A promotional purchase tells its annual rate, fees included: under `v2.5` as `apr`, under
/// `v2.5.1` as `annual_rates`. In a store `verification_code` must be sent; a web shop, whose token is of the scope
/// `customer` or which sends `widget_session_id`, must not.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/authorization",
    operation_id = "authorizePurchase",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(MoveParameters),
    request_body(
        content = PurchaseBody,
        content_type = "application/json",
        example = json!({
            "account_number": 12_345_678_901_237_i64,
            "reference": "Order-1234",
            "financing_option": {"transaction_type": "promotional_purchase", "plan_id": 4, "term": 3},
            "amount": 10.5,
            "auto_capture": false,
            "widget_session_id": "8848372d-8457-4ca4-9da9-673f1cdd6684",
        }),
    ),
    responses(
        (status = 200, description = "Credit is held, or was by the first request of this name.", body = AuthorizationAnswer),
        AuthorizationProblems,
    ),
)]
pub(crate) async fn authorize(
    State(state): State<HttpState>,
    moved: MoneyMove,
    body: JsonBody<PurchaseBody>,
) -> Result<PrivateJson<AuthorizationAnswer>, Problem> {
    let idempotency = moved.idempotency(body.fingerprint);
    let asked = read(moved.inputs(), body)?;
    let answer = state.core().authorize_purchase(&moved.caller, &asked, idempotency, &moved.call.context).await;
    let answer = answer.map_err(|error| moved.problem(error))?;
    let capture = answer.value.captures.first().map(|capture| capture.capture);
    let mut shown = AuthorizationAnswer::of(answer.value, &moved.call);
    (shown.capture_id, shown.captures) = (capture, Vec::new());
    Ok(PrivateJson::new(shown).replayed(answer.replayed))
}

fn read(mut inputs: Inputs, body: JsonBody<PurchaseBody>) -> Result<AuthorizationRequest, Problem> {
    inputs.repeated(&body.faults);
    let mut said = body.value;
    let till = said.take_till();
    let account = inputs.account("account_number", said.account_number);
    if account.is_none() {
        inputs.fault("account_number", "must be there", "doit être présent", None);
    }
    let card = inputs.card("vcc_number", said.vcc_number);
    let financing = financing(&mut inputs, said.financing_option);
    let amount = inputs.required_amount("amount", said.amount);
    let auto_capture = inputs.flag("auto_capture", said.auto_capture);
    if auto_capture.is_none() {
        let (en, fr) = ("must be there: true or false", "doit être présent : true ou false");
        inputs.fault("auto_capture", en, fr, None);
    }
    let proof = Proof {
        code: inputs.text("verification_code", said.verification_code, LONGEST_NAME),
        request: inputs.text("request_id", said.request_id, LONGEST_NAME),
        widget_session: inputs.guid("widget_session_id", said.widget_session_id),
    };
    let till = till.read_with(said.sku_data, &mut inputs);
    inputs.finish()?;
    // Each that is missing was a fault.
    let read = account.zip(financing).zip(amount).zip(auto_capture);
    let (((account, financing), amount), auto_capture) =
        read.ok_or_else(|| Problem::internal("a fault was not told"))?;
    Ok(AuthorizationRequest { account, card, financing, amount, auto_capture, proof, till })
}

fn financing(inputs: &mut Inputs, option: Section<FinancingOption>) -> Option<Financing> {
    let (en, fr) = (
        "must be there: an object with transaction_type, plan_id and term",
        "doit être présent : un objet avec transaction_type, plan_id et term",
    );
    let Section::Given(option) = option else {
        inputs.fault("financing_option", en, fr, None);
        return None;
    };
    let kind = inputs.text("financing_option.transaction_type", option.transaction_type, LONGEST_NAME);
    match kind.as_deref() {
        Some("regular_purchase") => Some(Financing::Regular),
        Some("promotional_purchase") => {
            let plan = inputs.small("financing_option.plan_id", option.plan_id);
            let term = inputs.small("financing_option.term", option.term);
            let (en, fr) = (
                "must be there for a promotional purchase: calculate-interest tells which there are",
                "doit être présent pour un achat promotionnel : calculate-interest indique lesquels sont offerts",
            );
            for (param, value) in [("financing_option.plan_id", plan), ("financing_option.term", term)] {
                if value.is_none() {
                    inputs.fault(param, en, fr, None);
                }
            }
            Some(Financing::Promotional { plan: plan?, term: term? })
        }
        other => {
            let (en, fr) = (
                "must be promotional_purchase or regular_purchase",
                "doit être promotional_purchase ou regular_purchase",
            );
            inputs.fault("financing_option.transaction_type", en, fr, other);
            None
        }
    }
}

/// What can go wrong, for the API document.
struct AuthorizationProblems;

impl utoipa::IntoResponses for AuthorizationProblems {
    fn responses() -> Responses {
        let own = problems([
            Refusal::CreditExceeded { needed: EXAMPLE + EXAMPLE, available: EXAMPLE }.into(),
            Refusal::TooManyAuthorizations.into(),
            Refusal::UserNotAbleToPurchase.into(),
            PurchaseError::CustomerIdentityNotFound,
            PurchaseError::CardMismatch,
            PurchaseError::AuthNotAllowed,
            PurchaseError::AccountTypeNotPermitted,
            PurchaseError::PlanTermNotSet,
            PurchaseError::PlanTermNotAvailable,
            PurchaseError::VerificationCodeRequired,
            PurchaseError::NotVerified,
            PurchaseError::WrongCode(VerificationFault::Wrong),
        ]);
        problem::responses(own.into_iter().chain([not_found(Lang::English, Missing::Account)]))
    }
}
