//! `POST …/transactions`: a customer pays at a till.

use axum::extract::State;
use domain::purchase::{Payment, Refusal};
use domain::verification::VerificationFault;
use http_kit::openapi::Responses;
use http_kit::{HttpState, JsonBody, PrivateJson, Problem, TextOrNumber};
use serde::Serialize;
use service::account_transaction::{AccountNames, PaymentRequest};
use service::purchase_error::{Missing, PurchaseError};
use service::refund::CreditView;
use service::verification::Proof;
use utoipa::ToSchema;

use crate::amount::Dollars;
use crate::authorization::LONGEST_NAME;
use crate::inputs::Inputs;
use crate::lang::{Lang, of_two};
use crate::money_move::{EXAMPLE, MoneyMove, MoveParameters, TAG, not_found, problems, till_body};
use crate::problem;

till_body! {
/// A payment.
#[schema(as = Transaction)]
pub(crate) struct TransactionBody {
    /// `deposit`, `instore_payment` or `tradein`.
    #[serde(default)]
    #[schema(value_type = String, example = "deposit")]
    transaction_type: TextOrNumber,
    /// The amount, in dollars: a number, or a text of one.
    #[serde(default)]
    #[schema(value_type = TextOrNumber)]
    amount: TextOrNumber,
    /// The account. One of this, `vcc_number` and `customer_id` must be there; several must be of one account.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    account_number: TextOrNumber,
    /// Its card.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    vcc_number: TextOrNumber,
    /// Its customer.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    customer_id: TextOrNumber,
    /// The code that `verify` has sent to the customer.
    #[serde(default)]
    #[schema(value_type = TextOrNumber)]
    verification_code: TextOrNumber,
    /// As it was sent to `verify`.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    request_id: TextOrNumber,
}
}

/// What the payment has come to.
#[derive(Serialize, ToSchema)]
#[schema(as = TransactionAnswer)]
pub(crate) struct TransactionAnswer {
    /// Its place among the movements of the account.
    #[schema(example = 17)]
    transaction_id: i64,
    /// The account.
    #[schema(example = 12_345_678_901_237_i64)]
    account_number: i64,
    /// As it was sent.
    #[schema(example = "deposit")]
    transaction_type: &'static str,
    /// When it was made.
    #[schema(example = "2026-11-22T10:15:00Z", format = "date-time")]
    date: String,
    /// The amount.
    #[schema(value_type = f64, example = 10.5)]
    amount: Dollars,
    /// What of it paid interest; the rest paid principal.
    #[schema(value_type = f64, example = 10.5)]
    interest_paid: Dollars,
    /// What is owed after it; below zero where the customer has a credit.
    #[schema(value_type = f64, example = 10.5)]
    balance: Dollars,
    /// What may be bought for after it.
    #[schema(value_type = f64, example = 10.5)]
    available_credit: Dollars,
}

impl TransactionAnswer {
    fn new(payment: Payment, view: &CreditView) -> Self {
        Self {
            transaction_id: view.movement,
            account_number: view.account,
            transaction_type: payment.name(),
            date: view.at.whole_seconds(),
            amount: Dollars(view.amount),
            interest_paid: Dollars(view.interest_paid),
            balance: Dollars(view.balance),
            available_credit: Dollars(view.available_credit),
        }
    }
}

/// Take a payment at a till
///
/// It pays interest first, then regular purchases, then promotional ones; what is more than all that is a credit of the customer. 10,000.00
/// may be paid on an account in 24 hours, unless the operator has set another limit.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/transactions",
    operation_id = "takePayment",
    tag = TAG,
    security(("AccessToken" = ["merchant"])),
    params(MoveParameters),
    request_body(
        content = TransactionBody,
        content_type = "application/json",
        example = json!({
            "verification_code": 1234,
            "transaction_type": "deposit",
            "amount": "10.00",
            "account_number": "12345678901237",
            "request_id": "34561234",
            "external_location_id": "00-12345",
            "external_employee_id": "12345-SMITH",
        }),
    ),
    responses(
        (status = 200, description = "The payment.", body = TransactionAnswer),
        TransactionProblems,
    ),
)]
pub(crate) async fn pay(
    State(state): State<HttpState>,
    moved: MoneyMove,
    body: JsonBody<TransactionBody>,
) -> Result<PrivateJson<TransactionAnswer>, Problem> {
    let idempotency = moved.idempotency(body.fingerprint);
    let asked = read(moved.inputs(), moved.call.lang, body)?;
    let answer = state.core().pay_account(&moved.caller, &asked, idempotency, &moved.call.context).await;
    let answer = answer.map_err(|error| moved.problem(error))?;
    Ok(PrivateJson::new(TransactionAnswer::new(asked.payment, &answer.value)).replayed(answer.replayed))
}

/// Whether nothing was said.
fn is_blank(member: &TextOrNumber) -> bool {
    match member {
        TextOrNumber::Absent => true,
        TextOrNumber::Given(text) => text.trim().is_empty(),
        TextOrNumber::Wrong(_) => false,
    }
}

fn read(mut inputs: Inputs, lang: Lang, body: JsonBody<TransactionBody>) -> Result<PaymentRequest, Problem> {
    inputs.repeated(&body.faults);
    let mut said = body.value;
    let till = said.take_till();
    let kind = inputs.required("transaction_type", said.transaction_type, LONGEST_NAME);
    let amount = inputs.required_amount("amount", said.amount);
    let account = AccountNames {
        account: inputs.account("account_number", said.account_number.clone()),
        card: inputs.card("vcc_number", said.vcc_number.clone()),
        customer: inputs.customer("customer_id", said.customer_id.clone()),
    };
    let names = [&said.account_number, &said.vcc_number, &said.customer_id];
    if names.iter().all(|name| is_blank(name)) {
        let (en, fr) =
            ("must be there, or vcc_number or customer_id", "doit être présent, ou vcc_number ou customer_id");
        inputs.fault("account_number", en, fr, None);
    }
    let proof = Proof {
        code: inputs.text("verification_code", said.verification_code, LONGEST_NAME),
        request: inputs.text("request_id", said.request_id, LONGEST_NAME),
        widget_session: None,
    };
    let till = till.read(&mut inputs);
    inputs.finish()?;
    let payment = kind.as_deref().and_then(Payment::of_name).ok_or_else(|| invalid_type(lang))?;
    let amount = amount.ok_or_else(|| Problem::internal("a fault was not told"))?;
    Ok(PaymentRequest { account, payment, amount, proof, till })
}

fn invalid_type(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "transaction_type must be deposit, instore_payment or tradein",
        "transaction_type doit être deposit, instore_payment ou tradein",
    );
    Problem::new(crate::code::INVALID_TRANSACTION_TYPE, message)
}

/// What can go wrong, for the API document.
struct TransactionProblems;

impl utoipa::IntoResponses for TransactionProblems {
    fn responses() -> Responses {
        let own = problems([
            Refusal::LimitPaymentAmount24 { left: EXAMPLE }.into(),
            Refusal::UserNotActive.into(),
            PurchaseError::CardMismatch,
            PurchaseError::VerificationCodeRequired,
            PurchaseError::NotVerified,
            PurchaseError::WrongCode(VerificationFault::Wrong),
        ]);
        let own = own.into_iter().chain([not_found(Lang::English, Missing::Account), invalid_type(Lang::English)]);
        problem::responses(own)
    }
}
