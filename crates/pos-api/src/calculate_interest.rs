//! `POST …/accounts/{account_number}/calculate-interest`: what a purchase would cost, regular and by each plan.

use axum::extract::{RawPathParams, State};
use domain::credit_account::AccountNumber;
use domain::lending::{Fee, Payment, PlanQuote, Schedule, TermQuote};
use http_kit::openapi::{Responses, body_problems};
use http_kit::{HttpState, JsonBody, PrivateJson, Problem, Query, TextOrNumber};
use serde::{Deserialize, Serialize};
use service::quote::{Quote, QuoteError};
use utoipa::ToSchema;

use crate::amount::Dollars;
use crate::amount_request::read_amount;
use crate::call::{Call, CallParameters};
use crate::code::{NOTHING_FOUND, USER_NOT_ABLE_TO_PURCHASE, USER_NOT_ACTIVE};
use crate::inputs::Inputs;
use crate::lang::{Lang, of_two};
use crate::problem::{self, wrong_inputs};
use crate::rate::{AnnualRatesAnswer, Rate};
use crate::version::Version;

/// The tag of its operation in the API document.
pub(crate) const TAG: &str = "Point of sale: purchases";

/// A purchase that somebody thinks about.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = InterestRequest)]
pub(crate) struct InterestRequest {
    /// The price in dollars, above zero and with two decimals at most, as a number or a text.
    #[serde(default)]
    #[schema(value_type = TextOrNumber)]
    amount: TextOrNumber,
}

/// What the purchase would cost.
#[derive(Serialize, ToSchema)]
#[schema(as = InterestAnswer)]
pub(crate) struct InterestAnswer {
    #[schema(example = 12_345_678_901_237_i64)]
    account_number: i64,
    /// `consumer` or `business`.
    #[schema(example = "consumer")]
    account_type: String,
    /// The price.
    #[schema(value_type = f64, example = 10.5)]
    amount: Dollars,
    /// Whose account it is.
    #[schema(inline)]
    customer: CustomerAnswer,
    /// The purchase without a plan.
    #[schema(inline)]
    regular_purchase: RegularAnswer,
    /// The plans that the merchant offers this customer; empty where there is none.
    promotional_purchase: Vec<PlanAnswer>,
}

#[derive(Serialize, ToSchema)]
struct CustomerAnswer {
    /// The interest of a year on regular purchases, as a part of one.
    #[schema(value_type = f64, example = 0.3099)]
    air: Rate,
    /// What may be bought for; the price may be more.
    #[schema(value_type = f64, example = 14_000)]
    available_credit: Dollars,
    #[schema(example = "Flexiti")]
    first_name: String,
    #[schema(example = "MITester")]
    last_name: String,
    /// `preferred`, `premium` or `standard`.
    #[schema(value_type = String, example = "preferred")]
    category_type: &'static str,
}

#[derive(Serialize, ToSchema)]
struct RegularAnswer {
    /// The price, which is due with the next statement.
    #[schema(value_type = f64, example = 10.5)]
    term_amount: Dollars,
    /// The interest of a year on what is not paid then.
    #[schema(value_type = f64, example = 0.3099)]
    air: Rate,
    /// What comes on top.
    fees: Vec<FeeAnswer>,
    /// Whether it may go by `regular_purchase_bypass` instead of a one-time code.
    #[schema(example = true)]
    verify: bool,
}

/// A plan with its terms.
#[derive(Serialize, ToSchema)]
#[schema(as = InterestPlan)]
struct PlanAnswer {
    #[schema(example = 4)]
    plan_id: u8,
    /// Under `v2.5.1` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "EMP - Regular Interest")]
    plan_name: Option<String>,
    /// The shortest first.
    terms: Vec<TermAnswer>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = InterestTerm)]
struct TermAnswer {
    /// In months.
    #[schema(example = 3)]
    term: u8,
    /// The payment of a month, without fees: of equal payments each but the last, which takes the rest; where all is paid at the end, that
    /// payment; else the first minimum payment.
    #[schema(value_type = f64, example = 3.56)]
    term_amount: Dollars,
    /// What comes on top.
    fees: Vec<FeeAnswer>,
    /// Of a plan that is the same as cash only: the interest that is charged when nothing is paid by the end of its time. Of what is unpaid then,
    /// in proportion; whoever has paid all by then owes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 3.25)]
    late_interest: Option<Dollars>,
    #[serde(flatten)]
    annual_rates: AnnualRatesAnswer,
    #[serde(flatten)]
    schedule: ScheduleAnswer,
}

/// Where `schedule=true` was asked for: what is paid when every payment is made in time.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = InterestSchedule)]
struct ScheduleAnswer {
    /// The interest and the fees of all payments.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 0.18)]
    finance_charge: Option<Dollars>,
    /// All payments: the price and the finance charge.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 10.68)]
    total_amount: Option<Dollars>,
    /// The payments, the first one first.
    #[serde(skip_serializing_if = "Option::is_none")]
    payments: Option<Vec<PaymentAnswer>>,
}

/// A payment.
#[derive(Serialize, ToSchema)]
#[schema(as = InterestPayment)]
struct PaymentAnswer {
    /// How many months after the purchase it is due.
    #[schema(example = 1)]
    month: u8,
    /// All of it: interest, principal and fee.
    #[schema(value_type = f64, example = 3.56)]
    amount: Dollars,
    /// What of it is interest.
    #[schema(value_type = f64, example = 0.09)]
    interest: Dollars,
    /// What of it pays the price.
    #[schema(value_type = f64, example = 3.47)]
    principal: Dollars,
    /// What of it is fees.
    #[schema(value_type = f64, example = 0)]
    fee: Dollars,
}

#[derive(Serialize, ToSchema)]
#[schema(as = InterestFee)]
struct FeeAnswer {
    #[schema(max_length = 50, example = "Administration fee")]
    description: String,
    /// In dollars: the total, or that of each month, as `type` says.
    #[schema(value_type = f64, example = 49)]
    amount: Dollars,
    /// `admin_total` or `admin_monthly`.
    #[schema(value_type = String, example = "admin_total")]
    r#type: &'static str,
    /// The same for a person.
    #[schema(value_type = String, example = "Charged once, with the first payment")]
    message: &'static str,
}

/// What a purchase would cost
///
/// For a price, the regular purchase and every term of every plan that the merchant offers, and that the customer may have by category and
/// province. A plan that is for larger purchases, and a term whose fees would make it dearer than the law allows, are left out. Nothing is kept.
/// A token of the scope `customer` asks for the account that it applied for, or the tokens that it was refreshed from; any other is 404.
///
/// A plan that is the same as cash costs nothing when all is paid by the end of its time; `late_interest` says what it costs otherwise.
///
/// With `schedule=true` each term tells every payment besides, what they come to, and what of that is interest and fees.
///
/// The shape is that of the address: under `v2.5` a term has `apr`, under `v2.5.1` it has `annual_rates`, and the plan `plan_name`.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/accounts/{account_number}/calculate-interest",
    operation_id = "calculateInterest",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(
        CallParameters,
        ("account_number" = i64, Path, description = "The account, 14 digits.", example = 12_345_678_901_237_i64),
        ("schedule" = Option<bool>, Query, description = "`true`: with `finance_charge`, `total_amount` and `payments` of each term.", example = false),
    ),
    request_body(content = InterestRequest, content_type = "application/json", example = json!({"amount": 10.5})),
    responses(
        (
            status = 200,
            description = "What it would cost.",
            body = InterestAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        InterestProblems,
    ),
)]
pub(crate) async fn calculate_interest(
    State(state): State<HttpState>,
    call: Call,
    parameters: RawPathParams,
    mut query: Query,
    body: JsonBody<InterestRequest>,
) -> Result<PrivateJson<InterestAnswer>, Problem> {
    let caller = call.caller()?;
    let mut inputs = Inputs::new(call.lang);
    inputs.repeated(&body.faults);
    let amount = inputs.required_amount("amount", body.value.amount);
    let with_schedules = inputs.choice(&mut query, "schedule").unwrap_or_default();
    inputs.query_faults(query, &["schedule"]);
    inputs.finish()?;
    let amount = amount.ok_or_else(|| Problem::internal("a fault was not told"))?;
    let number = parameters.iter().find(|(name, _)| *name == "account_number");
    let number = number.and_then(|(_, text)| AccountNumber::parse(text).ok());
    let number = number.ok_or_else(|| account_not_found(call.lang))?;
    let quote = state.core().quote(caller, &call.principal.oauth_client_id, number, amount).await;
    let quote = quote.map_err(|error| match error {
        QuoteError::NotFound => account_not_found(call.lang),
        QuoteError::NotActive => not_active(call.lang),
        QuoteError::NotAbleToPurchase => not_able_to_purchase(call.lang),
        QuoteError::Store(error) => error.into(),
    })?;
    Ok(PrivateJson::new(InterestAnswer::of(quote, with_schedules, (call.lang, call.version))))
}

impl InterestAnswer {
    fn of(quote: Quote<'_>, with_schedules: bool, (lang, version): (Lang, Version)) -> Self {
        Self {
            account_number: quote.account_number.get(),
            account_type: quote.account_type,
            amount: Dollars(quote.amount),
            customer: CustomerAnswer {
                air: quote.regular.rate.into(),
                available_credit: Dollars(quote.available_credit),
                first_name: quote.first_name,
                last_name: quote.last_name,
                category_type: quote.category.name(),
            },
            regular_purchase: RegularAnswer {
                term_amount: Dollars(quote.amount),
                air: quote.regular.rate.into(),
                fees: fees(&quote.regular.fees, lang),
                verify: quote.goes_without_code,
            },
            promotional_purchase: quote
                .plans
                .iter()
                .map(|plan| PlanAnswer::of(plan, with_schedules, (lang, version)))
                .collect(),
        }
    }
}

impl PlanAnswer {
    fn of(quote: &PlanQuote<'_>, with_schedules: bool, (lang, version): (Lang, Version)) -> Self {
        let newer = version == Version::V2_5_1;
        let term = |term: &TermQuote| TermAnswer {
            term: term.months,
            term_amount: Dollars(term.payment),
            fees: fees(&quote.plan.fees, lang),
            late_interest: term.late_interest.map(Dollars),
            annual_rates: AnnualRatesAnswer::of(Some(term.annual_rate), lang, version),
            schedule: if with_schedules { quote.schedule(term).into() } else { ScheduleAnswer::default() },
        };
        Self {
            plan_id: quote.plan.id.number(),
            plan_name: newer.then(|| quote.plan.name.of(lang).to_owned()),
            terms: quote.terms.iter().map(term).collect(),
        }
    }
}

impl From<Schedule> for ScheduleAnswer {
    fn from(schedule: Schedule) -> Self {
        let payment = |payment: &Payment| PaymentAnswer {
            month: payment.month,
            amount: Dollars(payment.total()),
            interest: Dollars(payment.interest),
            principal: Dollars(payment.principal),
            fee: Dollars(payment.fee),
        };
        Self {
            finance_charge: Some(Dollars(schedule.finance_charge())),
            total_amount: Some(Dollars(schedule.total())),
            payments: Some(schedule.payments.iter().map(payment).collect()),
        }
    }
}

fn fees(fees: &[Fee], lang: Lang) -> Vec<FeeAnswer> {
    let fee = |fee: &Fee| FeeAnswer {
        description: fee.description.of(lang).to_owned(),
        amount: Dollars(fee.amount),
        r#type: fee.charged.wire_type(),
        message: fee.charged.message(lang),
    };
    fees.iter().map(fee).collect()
}

/// 404 for an account that there is not, or that is of another lender.
fn account_not_found(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "There is no account of this number: use the account_number that an application or a search has answered",
        "Il n'y a pas de compte de ce numéro : utilisez le account_number qu'une demande ou une recherche a donné",
    );
    Problem::new(NOTHING_FOUND, message)
}

fn not_active(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "The account is closed: nothing can be bought on it",
        "Le compte est fermé : il ne permet aucun achat",
    );
    Problem::new(USER_NOT_ACTIVE, message)
}

fn not_able_to_purchase(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "The account may not buy now. Its holder learns why from the lender",
        "Le compte ne permet pas d'achat pour l'instant. Son titulaire apprend pourquoi auprès du prêteur",
    );
    Problem::new(USER_NOT_ABLE_TO_PURCHASE, message)
}

/// What can go wrong, for the API document.
struct InterestProblems;

impl utoipa::IntoResponses for InterestProblems {
    fn responses() -> Responses {
        let lang = Lang::English;
        let mut errors = Vec::new();
        read_amount("amount", TextOrNumber::Given("0".to_owned()), lang, &mut errors);
        let own = [wrong_inputs(lang, &errors), account_not_found(lang), not_active(lang), not_able_to_purchase(lang)];
        problem::responses(body_problems().into_iter().chain(own))
    }
}
