//! `POST …/accounts/{account_number}/close`: closes an account of Quebec.

use axum::extract::{RawPathParams, State};
use domain::cents::Cents;
use domain::credit_account::AccountNumber;
use http_kit::openapi::Responses;
use http_kit::{HttpState, NoBody, PrivateJson, Problem};
use serde::Serialize;
use service::customer::CloseError;
use utoipa::ToSchema;

use crate::apply::TAG;
use crate::call::{Call, CallParameters};
use crate::code::{ACCOUNT_NOT_IN_QUEBEC, ACCOUNT_NOT_SETTLED, NOTHING_FOUND, USER_NOT_ACTIVE};
use crate::lang::{Lang, of_two};
use crate::problem;

/// Nothing, as the public page has it.
#[derive(Serialize, ToSchema)]
#[schema(as = ClosedAccount)]
pub(crate) struct ClosedAnswer {}

/// Close an account
///
/// Closes the account of a customer in Quebec, for good, at the customer's wish. Nothing may be owed on it, no credit may be left on it, and no authorization may be open. One
/// that is closed stays so, and the answer is the same. A token of the scope `customer` closes only the account that it applied for, or the
/// tokens that it was refreshed from.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/accounts/{account_number}/close",
    operation_id = "closeAccount",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(
        CallParameters,
        ("account_number" = String, Path, description = "The 14 digits of the account.", example = "12345678901237"),
    ),
    responses(
        (
            status = 200,
            description = "It is closed.",
            body = ClosedAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({}),
        ),
        CloseProblems,
    ),
)]
pub(crate) async fn close_account(
    State(state): State<HttpState>,
    call: Call,
    parameters: RawPathParams,
    _: NoBody,
) -> Result<PrivateJson<ClosedAnswer>, Problem> {
    let number = parameters.iter().find(|(name, _)| *name == "account_number");
    // A number that is none is nobody's.
    let number = number.and_then(|(_, number)| AccountNumber::parse(number).ok());
    let number = number.ok_or_else(|| refused(call.lang, CloseError::NotFound))?;
    let closed = state.core().close_account(call.caller()?, number, &call.context).await;
    closed.map_err(|error| refused(call.lang, error))?;
    Ok(PrivateJson::new(ClosedAnswer {}))
}

fn refused(lang: Lang, error: CloseError) -> Problem {
    match error {
        CloseError::NotFound => Problem::new(
            NOTHING_FOUND,
            of_two(
                lang,
                "There is no account of this number: check the digits",
                "Il n'y a pas de compte de ce numéro : vérifiez les chiffres",
            ),
        ),
        CloseError::NotInQuebec => Problem::new(
            ACCOUNT_NOT_IN_QUEBEC,
            of_two(
                lang,
                "Only accounts of customers in Quebec are closed here: have the customer ask the lender",
                "Seuls les comptes de clients du Québec se ferment ici : invitez le client à joindre le prêteur",
            ),
        ),
        CloseError::NotActive => Problem::new(
            USER_NOT_ACTIVE,
            of_two(
                lang,
                "The account is frozen or charged off: only the lender may close it",
                "Le compte est gelé ou radié : seul le prêteur peut le fermer",
            ),
        ),
        CloseError::Owed { owed, held } => {
            let message = match lang {
                Lang::English => format!(
                    "The account is not settled: {owed} dollars are owed and open authorizations hold {held}. Have it paid and the \
                     authorizations captured or released first"
                ),
                Lang::French => format!(
                    "Le compte n'est pas soldé : {owed} dollars sont dus et des autorisations ouvertes retiennent {held}. Faites-le payer, \
                     et capturez ou libérez d'abord les autorisations"
                ),
            };
            Problem::new(ACCOUNT_NOT_SETTLED, message)
        }
        CloseError::InCredit { credit } => {
            let message = match lang {
                Lang::English => format!(
                    "The account has a credit of {credit} dollars in the customer's favour: have the customer buy for it first, or ask the \
                     lender"
                ),
                Lang::French => format!(
                    "Le compte a un crédit de {credit} dollars en faveur du client : invitez le client à l'utiliser d'abord pour un achat, \
                     ou à joindre le prêteur"
                ),
            };
            Problem::new(ACCOUNT_NOT_SETTLED, message)
        }
        CloseError::Store(error) => error.into(),
    }
}

/// What can go wrong, for the API document.
struct CloseProblems;

impl utoipa::IntoResponses for CloseProblems {
    fn responses() -> Responses {
        let refusals = [
            CloseError::NotFound,
            CloseError::NotInQuebec,
            CloseError::NotActive,
            CloseError::Owed { owed: Cents(34_049), held: Cents::ZERO },
            CloseError::InCredit { credit: Cents(1_200) },
        ];
        problem::responses(refusals.map(|error| refused(Lang::English, error)))
    }
}
