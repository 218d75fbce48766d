//! `GET …/customers/search`: the accounts of somebody, by name and day of birth.

use axum::extract::State;
use domain::applicant::CanadianPostalCode;
use domain::calendar::CalendarDate;
use http_kit::openapi::Responses;
use http_kit::{HttpState, PrivateJson, Problem, Query};
use serde::Serialize;
use service::customer::{Customer, CustomerSearch};
use utoipa::ToSchema;

use crate::apply::TAG;
use crate::call::{Call, CallParameters};
use crate::code::NOTHING_FOUND;
use crate::lang::{Lang, of_two};
use crate::problem::{self, FieldError, wrong_inputs};

/// The most characters of a name, as in an application.
const LONGEST_NAME: usize = 130;

/// An account that was found.
#[derive(Serialize, ToSchema)]
#[schema(as = FoundAccount)]
pub(crate) struct FoundAccount {
    #[schema(example = "1234567897")]
    customer_id: String,
    /// `N` normal, the only one that may buy; `A` no authorizations; `F` frozen; `Z` charged off; `C` closed.
    #[schema(value_type = String, example = "N")]
    account_status: &'static str,
    #[schema(value_type = String, example = "NNOR")]
    account_status_reason_code: &'static str,
    /// Whether the terms were accepted: always.
    tos_agreement: bool,
    /// `L`, `M`, `H`, `XH`, `XXH` or `XXXH`.
    #[schema(value_type = String, example = "H")]
    risk_rating: &'static str,
    #[schema(example = 12_345_678_901_237_i64)]
    account_number: i64,
    /// In dollars, as a text.
    #[schema(example = "1000.00")]
    credit_limit: String,
    /// In dollars, as a text.
    #[schema(example = "659.51")]
    available_credit: String,
    /// Of the merchant that took the application.
    #[schema(example = "300001")]
    originating_merchant_id: String,
    #[schema(example = "ACME Jewellers")]
    originating_merchant_name: String,
    /// The day in UTC on which it was opened.
    #[schema(example = "2019-05-15", format = "date")]
    creation_date: String,
    #[schema(example = "John")]
    first_name: String,
    #[schema(example = "Smith")]
    last_name: String,
    #[schema(example = "5941")]
    card_ending_in: String,
    /// `en-CA` or `fr-CA`.
    #[schema(value_type = String, example = "fr-CA")]
    preferred_language: &'static str,
    /// `consumer` or `business`.
    #[schema(example = "consumer")]
    customer_account_type: String,
}

impl From<Customer> for FoundAccount {
    fn from(customer: Customer) -> Self {
        Self {
            customer_id: customer.customer_number.to_string(),
            account_status: customer.state.status().code(),
            account_status_reason_code: customer.state.reason().code(),
            tos_agreement: true,
            risk_rating: customer.rating.code(),
            account_number: customer.account_number.get(),
            credit_limit: customer.balances.limit.to_string(),
            available_credit: customer.balances.available().to_string(),
            originating_merchant_id: customer.originating_merchant.to_string(),
            originating_merchant_name: customer.originating_merchant_name,
            creation_date: CalendarDate::of(customer.created_at).to_string(),
            first_name: customer.holder.first_name,
            last_name: customer.holder.last_name,
            card_ending_in: customer.card_ending,
            preferred_language: written_language(customer.holder.preferred_language),
            customer_account_type: customer.account_type,
        }
    }
}

/// A customer's language as the public example has it.
pub(crate) const fn written_language(lang: Lang) -> &'static str {
    match lang {
        Lang::English => "en-CA",
        Lang::French => "fr-CA",
    }
}

/// Search a customer
///
/// The accounts of everybody of this name and day of birth with the merchant's lender, in whatever state. Case, accents, punctuation and white
/// space in names do not matter. 404 when there is none.
#[utoipa::path(
    get,
    path = "/client-id/{client_id}/customers/search",
    operation_id = "searchCustomers",
    tag = TAG,
    security(("AccessToken" = ["merchant"])),
    params(
        CallParameters,
        ("first_name" = String, Query, description = "The first name.", example = "John", max_length = 130),
        ("last_name" = String, Query, description = "The family name.", example = "Smith", max_length = 130),
        ("dob" = String, Query, description = "The day of birth.", example = "1988-07-24", format = "date"),
        ("postal_code" = Option<String>, Query, description = "Only who lives there.", example = "M1M1M1"),
    ),
    responses(
        (
            status = 200,
            description = "The accounts.",
            body = Vec<FoundAccount>,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        SearchProblems,
    ),
)]
pub(crate) async fn search_customers(
    State(state): State<HttpState>,
    call: Call,
    query: Query,
) -> Result<PrivateJson<Vec<FoundAccount>>, Problem> {
    let caller = call.caller()?;
    let search = read(query, call.lang)?;
    let found = state.core().search_customers((caller.partner, caller.client), &search).await?;
    if found.is_empty() {
        return Err(nobody(call.lang));
    }
    Ok(PrivateJson::new(found.into_iter().map(FoundAccount::from).collect()))
}

/// Whom the query is for, or everything that is wrong with it.
fn read(mut query: Query, lang: Lang) -> Result<CustomerSearch, Problem> {
    let mut errors = Vec::new();
    let mut name = |query: &mut Query, param| {
        let text = query.text(param).unwrap_or_default().trim().to_owned();
        let is_name = text.chars().any(char::is_alphabetic) && text.chars().nth(LONGEST_NAME).is_none();
        if !is_name {
            let msg = of_two(
                lang,
                "must be there, a name of at most 130 characters with a letter in it",
                "doit être présent : un nom d'au plus 130 caractères, dont une lettre",
            );
            // The name of somebody need not stand in an error.
            errors.push(FieldError { param, msg: msg.into(), value: None });
        }
        text
    };
    let (first_name, last_name) = (name(&mut query, "first_name"), name(&mut query, "last_name"));
    let dob = query.text("dob").and_then(|text| CalendarDate::parse(&text).ok());
    if dob.is_none() {
        let msg = of_two(lang, "must be there, a date, YYYY-MM-DD", "doit être présent : une date, AAAA-MM-JJ").into();
        errors.push(FieldError { param: "dob", msg, value: None });
    }
    let postal_code = query.text("postal_code").map(|text| CanadianPostalCode::parse(&text));
    if let Some(Err(_)) = postal_code {
        let msg =
            of_two(lang, "must be a postal code, such as K1A 0B1", "doit être un code postal, par exemple K1A 0B1");
        errors.push(FieldError { param: "postal_code", msg: msg.into(), value: None });
    }
    for twice in query.into_faults().into_vec() {
        if let Some(param) = ["first_name", "last_name", "dob", "postal_code"].into_iter().find(|it| twice.field == *it)
            && errors.iter().all(|error| error.param != param)
        {
            let msg = of_two(lang, "must be there once, in UTF-8", "doit être présent une seule fois, en UTF-8").into();
            errors.push(FieldError { param, msg, value: None });
        }
    }
    match (dob, postal_code.transpose()) {
        (Some(dob), Ok(postal_code)) if errors.is_empty() => {
            Ok(CustomerSearch { first_name, last_name, dob, postal_code })
        }
        _ => Err(wrong_inputs(lang, &errors)),
    }
}

fn nobody(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "There is no customer of this name and day of birth. Check them with the customer, or have the customer apply",
        "Il n'y a pas de client de ce nom et de cette date de naissance. Vérifiez-les avec la personne, ou proposez-lui de faire une demande",
    );
    Problem::new(NOTHING_FOUND, message)
}

/// What can go wrong, for the API document.
struct SearchProblems;

impl utoipa::IntoResponses for SearchProblems {
    fn responses() -> Responses {
        let msg = "must be there, a date, YYYY-MM-DD".into();
        problem::responses([
            wrong_inputs(Lang::English, &[FieldError { param: "dob", msg, value: None }]),
            nobody(Lang::English),
        ])
    }
}
