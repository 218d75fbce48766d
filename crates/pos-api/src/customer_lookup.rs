//! `GET …/customers/lookup`: a customer who is about to buy, by a number.

use axum::extract::State;
use domain::Environment;
use domain::credit_account::{AccountNumber, CardNumber, Category, CustomerNumber};
use domain::lending::Plan;
use http_kit::openapi::Responses;
use http_kit::{HttpState, PrivateJson, Problem, Query};
use serde::Serialize;
use service::customer::{Customer, CustomerKey, LookupError};
use utoipa::ToSchema;

use crate::amount::Dollars;
use crate::apply::TAG;
use crate::call::{Call, CallParameters};
use crate::code::{GATEWAY_TIMEOUT, NOTHING_FOUND, USER_NOT_ABLE_TO_PURCHASE, USER_NOT_ACTIVE};
use crate::customer_search::written_language;
use crate::lang::{Lang, of_two};
use crate::problem::{self, FieldError, wrong_inputs};

/// The account number by which a sandbox is asked for a time-out, as the public test data have it.
const TIMES_OUT: &str = "0001";

/// A customer who may buy.
#[derive(Serialize, ToSchema)]
#[schema(as = Customer)]
pub(crate) struct CustomerAnswer {
    /// In dollars.
    #[schema(value_type = f64, example = 659.51)]
    available_credit: Dollars,
    #[schema(example = 12_345_678_901_237_i64)]
    account_number: i64,
    #[schema(example = "1234567897")]
    customer_id: String,
    /// The question that the customer is asked.
    security_qid: SecurityQuestionAnswer,
    #[schema(example = "55 Queen St W")]
    address_1: String,
    address_2: Option<String>,
    #[schema(example = "Ottawa")]
    city: String,
    #[schema(example = "K1A 0B1")]
    postal_code: String,
    #[schema(value_type = String, example = "ON")]
    province: &'static str,
    /// Whether the customer has payment protection: nobody has so far.
    payment_protection: bool,
    /// `L`, `M`, `H`, `XH`, `XXH` or `XXXH`.
    #[schema(value_type = String, example = "H")]
    risk_rating: &'static str,
    /// The plans that the customer may choose from.
    offer_types: Vec<OfferAnswer>,
    #[schema(example = "5941")]
    card_ending_in: String,
    /// `en-CA` or `fr-CA`.
    #[schema(value_type = String, example = "fr-CA")]
    preferred_language: &'static str,
    #[schema(example = "marie@example.ca")]
    email: String,
    /// Ten digits.
    #[schema(example = "6135550123")]
    phone_number: String,
    /// `consumer` or `business`.
    #[schema(example = "consumer")]
    account_type: String,
}

/// A security question.
#[derive(Serialize, ToSchema)]
#[schema(as = SecurityQuestion)]
pub(crate) struct SecurityQuestionAnswer {
    /// A key of `security_ids`.
    #[schema(value_type = String, example = "4")]
    id: &'static str,
    /// Its text, in the language of `lang`.
    #[schema(value_type = String)]
    text: &'static str,
}

/// A plan on offer.
#[derive(Serialize, ToSchema)]
#[schema(as = Offer)]
pub(crate) struct OfferAnswer {
    #[schema(example = 4)]
    plan_id: u8,
    #[schema(example = "EMP - Regular Interest")]
    plan_name: String,
    /// `preferred`, `premium` or `standard`.
    #[schema(value_type = String, example = "preferred")]
    offer_category: &'static str,
    /// The terms in months.
    #[schema(example = json!([3, 6, 12]))]
    term_options: Vec<u8>,
}

impl OfferAnswer {
    fn new(plan: &Plan, category: Category, lang: Lang) -> Self {
        Self {
            plan_id: plan.id.number(),
            plan_name: plan.name.of(lang).to_owned(),
            offer_category: category.name(),
            term_options: plan.terms.clone(),
        }
    }
}

impl CustomerAnswer {
    fn new(customer: Customer, offer_types: Vec<OfferAnswer>, lang: Lang) -> Self {
        let holder = customer.holder;
        Self {
            available_credit: Dollars(customer.balances.available()),
            account_number: customer.account_number.get(),
            customer_id: customer.customer_number.to_string(),
            security_qid: SecurityQuestionAnswer {
                id: holder.security_question.as_str(),
                text: holder.security_question.label(lang),
            },
            address_1: holder.address.address_1,
            address_2: holder.address.address_2,
            city: holder.address.city,
            postal_code: holder.address.postal_code.into_string(),
            province: holder.address.province.as_str(),
            payment_protection: false,
            risk_rating: customer.rating.code(),
            offer_types,
            card_ending_in: customer.card_ending,
            preferred_language: written_language(holder.preferred_language),
            email: holder.email.into_string(),
            phone_number: holder.phone_number.into_string(),
            account_type: customer.account_type,
        }
    }
}

/// Look up a customer
///
/// The customer of a card, an account or a customer number: one of the three. Only an account in the state normal is shown, because only that
/// may buy: one that was closed is 409 `user_not_active`, any other 409 `user_not_able_to_purchase`. One of another lender is 404. In
/// sandbox, `account_number=0001` answers 504 `GATEWAY_TIMEOUT`, for trying what a till does then.
#[utoipa::path(
    get,
    path = "/client-id/{client_id}/customers/lookup",
    operation_id = "lookUpCustomer",
    tag = TAG,
    security(("AccessToken" = ["merchant"])),
    params(
        CallParameters,
        ("vcc_number" = Option<String>, Query, description = "The 16 digits of the virtual card."),
        ("account_number" = Option<String>, Query, description = "The 14 digits of the account."),
        ("customer_id" = Option<String>, Query, description = "The 10 digits of the customer."),
    ),
    responses(
        (
            status = 200,
            description = "The customer.",
            body = CustomerAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        LookupProblems,
    ),
)]
pub(crate) async fn look_up_customer(
    State(state): State<HttpState>,
    call: Call,
    mut query: Query,
) -> Result<PrivateJson<CustomerAnswer>, Problem> {
    let caller = call.caller()?;
    let (card, account, customer) = (query.text("vcc_number"), query.text("account_number"), query.text("customer_id"));
    if !query.into_faults().is_empty() {
        return Err(not_one(call.lang));
    }
    // A number that is none is nobody's: it is told like one that is not there.
    let nobody = || refused(call.lang, LookupError::NotFound);
    let key = match (card, account, customer) {
        (Some(card), None, None) => CustomerKey::Card(CardNumber::parse(&card).map_err(|_| nobody())?),
        (None, Some(account), None) => {
            if account == TIMES_OUT && state.core().environment() == Environment::Sandbox {
                return Err(timed_out(call.lang));
            }
            CustomerKey::Account(AccountNumber::parse(&account).map_err(|_| nobody())?)
        }
        (None, None, Some(customer)) => CustomerKey::Customer(CustomerNumber::parse(&customer).map_err(|_| nobody())?),
        _ => return Err(not_one(call.lang)),
    };
    let found = state.core().look_up_customer((caller.partner, caller.client), &key).await;
    let found = found.map_err(|error| refused(call.lang, error))?;
    let category = found.rating.category();
    let plans = state.core().plans_of(&call.principal.oauth_client_id, &found);
    let offers = plans.map(|plan| OfferAnswer::new(plan, category, call.lang)).collect();
    Ok(PrivateJson::new(CustomerAnswer::new(found, offers, call.lang)))
}

fn not_one(lang: Lang) -> Problem {
    let msg = of_two(
        lang,
        "must be there once, unless customer_id or account_number is: exactly one of the three",
        "doit être présent une seule fois, sauf si customer_id ou account_number l'est : exactement un des trois",
    );
    wrong_inputs(lang, &[FieldError { param: "vcc_number", msg: msg.into(), value: None }])
}

fn refused(lang: Lang, error: LookupError) -> Problem {
    match error {
        LookupError::NotFound => Problem::new(
            NOTHING_FOUND,
            of_two(
                lang,
                "There is no customer of this number: check the digits, or search by name",
                "Il n'y a pas de client de ce numéro : vérifiez les chiffres, ou cherchez par nom",
            ),
        ),
        LookupError::NotActive => Problem::new(
            USER_NOT_ACTIVE,
            of_two(
                lang,
                "The account is closed: the customer may apply for another",
                "Le compte est fermé : le client peut en demander un autre",
            ),
        ),
        LookupError::NotAbleToPurchase => Problem::new(
            USER_NOT_ABLE_TO_PURCHASE,
            of_two(
                lang,
                "The account may not buy now: take another payment, and have the customer ask the lender",
                "Le compte ne permet pas d'achat en ce moment : prenez un autre paiement, et invitez le client à joindre le prêteur",
            ),
        ),
        LookupError::Store(error) => error.into(),
    }
}

fn timed_out(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "This account number asks the sandbox for a time-out: here it is",
        "Ce numéro de compte demande un délai d'attente dépassé au bac à sable : le voici",
    );
    Problem::new(GATEWAY_TIMEOUT, message)
}

/// What can go wrong, for the API document.
struct LookupProblems;

impl utoipa::IntoResponses for LookupProblems {
    fn responses() -> Responses {
        let refusals = [LookupError::NotFound, LookupError::NotActive, LookupError::NotAbleToPurchase];
        let refusals = refusals.map(|error| refused(Lang::English, error));
        problem::responses([not_one(Lang::English), timed_out(Lang::English)].into_iter().chain(refusals))
    }
}
