//! `POST …/account/{account_number}/verify`, and the same under `accounts`: a one-time code for a customer.

use axum::extract::{RawPathParams, State};
use domain::Secret;
use domain::credit_account::AccountNumber;
use domain::reference_data::SecurityQuestion;
use domain::verification::{LONGEST_REQUEST_ID, VerificationFormat};
use http_kit::openapi::{Responses, body_problems};
use http_kit::{HttpState, JsonBody, PrivateJson, Problem, TextOrNumber};
use serde::{Deserialize, Serialize};
use service::purchase_error::Missing;
use service::verification::{VerificationAnswer, VerificationError, VerificationRequest};
use utoipa::ToSchema;

use crate::call::{Call, CallParameters};
use crate::code;
use crate::inputs::{Inputs, part};
use crate::lang::{Lang, of_two};
use crate::money_move::{TAG, not_found};
use crate::problem;

/// The most characters of an answer to a security question.
const LONGEST_ANSWER: usize = 255;

/// How a customer is to prove who it is.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = Verification)]
pub(crate) struct VerifyBody {
    /// `email`, `sms`, `security_question`, `regular_purchase_bypass` or `merchant_override`.
    #[serde(default)]
    #[schema(value_type = String, example = "sms")]
    format: TextOrNumber,
    /// As you call the request, of 40 characters at most. Send the same with the purchase or payment that the code is for.
    #[serde(default)]
    #[schema(value_type = TextOrNumber)]
    request_id: TextOrNumber,
    /// The card of the account.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    vcc_number: TextOrNumber,
    /// The question, by its key in the reference data: for `security_question`.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    security_qid: TextOrNumber,
    /// The customer's answer to it.
    #[serde(default)]
    #[schema(value_type = Option<TextOrNumber>)]
    security_answer: TextOrNumber,
}

/// The code, or that it was sent.
#[derive(Serialize, ToSchema)]
#[schema(as = VerificationCode)]
pub(crate) struct VerifyAnswer {
    /// The code as a number; `verification_sent_to_sms` or `verification_sent_to_email` where the customer was sent it.
    verification_code: CodeOrWord,
}

/// A code, or a word in its place.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum CodeOrWord {
    Code(u32),
    Word(&'static str),
}

/// Verify a customer
///
/// Makes a one-time code for a purchase or payment: for `email` and `sms` it is sent to the customer, who tells it to the till; for
/// `security_question` it is answered where the customer's answer is right; for `regular_purchase_bypass` without a check, for one regular
/// purchase of 200.00 at most and after three in 24 hours at most; for `merchant_override` where the merchant's staff may vouch. It works for ten
/// minutes, once, and not after three wrong ones. In a sandbox the code that is sent is 2222.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/account/{account_number}/verify",
    operation_id = "verifyCustomer",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(CallParameters, ("account_number" = String, Path, description = "The 14 digits of the account.", example = "12345678901237")),
    request_body(content = VerifyBody, content_type = "application/json", example = json!({"format": "sms", "request_id": "12345678901234567890"})),
    responses(
        (
            status = 200,
            description = "The code, or that it was sent.",
            body = VerifyAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({"verification_code": "verification_sent_to_sms"}),
        ),
        VerifyProblems,
    ),
)]
pub(crate) async fn verify_customer(
    State(state): State<HttpState>,
    call: Call,
    parameters: RawPathParams,
    body: JsonBody<VerifyBody>,
) -> Result<PrivateJson<VerifyAnswer>, Problem> {
    let mut inputs = Inputs::new(call.lang);
    inputs.repeated(&body.faults);
    let read = read(&mut inputs, body.value);
    inputs.finish()?;
    let account = AccountNumber::parse(part(&parameters, "account_number"));
    let account = account.map_err(|_| refused(call.lang, VerificationError::NotFound))?;
    let asked = read.map(|read| VerificationRequest { account, ..read });
    let asked = asked.ok_or_else(|| Problem::internal("a fault was not told"))?;
    let answer = state.core().verify(&call.caller()?, &asked, &call.context).await;
    let verification_code = match answer.map_err(|error| refused(call.lang, error))? {
        VerificationAnswer::Code(code) => CodeOrWord::Code(code),
        VerificationAnswer::Sent(VerificationFormat::Email) => CodeOrWord::Word("verification_sent_to_email"),
        VerificationAnswer::Sent(_) => CodeOrWord::Word("verification_sent_to_sms"),
    };
    Ok(PrivateJson::new(VerifyAnswer { verification_code }))
}

/// Verify a customer, at the other address
///
/// The same as under `account`.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/accounts/{account_number}/verify",
    operation_id = "verifyCustomerOfAccounts",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(CallParameters, ("account_number" = String, Path, description = "The 14 digits of the account.", example = "12345678901237")),
    request_body(content = VerifyBody, content_type = "application/json", example = json!({"format": "sms", "request_id": "12345678901234567890"})),
    responses(
        (
            status = 200,
            description = "The code, or that it was sent.",
            body = VerifyAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
            example = json!({"verification_code": "verification_sent_to_sms"}),
        ),
        VerifyProblems,
    ),
)]
pub(crate) async fn verify_customer_of_accounts(
    state: State<HttpState>,
    call: Call,
    parameters: RawPathParams,
    body: JsonBody<VerifyBody>,
) -> Result<PrivateJson<VerifyAnswer>, Problem> {
    verify_customer(state, call, parameters, body).await
}

/// What is asked for, of no account yet.
fn read(inputs: &mut Inputs, said: VerifyBody) -> Option<VerificationRequest> {
    let word = inputs.required("format", said.format, LONGEST_REQUEST_ID);
    let format = word.as_deref().and_then(VerificationFormat::of_name);
    if let (Some(word), None) = (&word, format) {
        let (en, fr) = (
            "must be email, sms, security_question, regular_purchase_bypass or merchant_override",
            "doit être email, sms, security_question, regular_purchase_bypass ou merchant_override",
        );
        inputs.fault("format", en, fr, Some(word));
    }
    let request = inputs.required("request_id", said.request_id, LONGEST_REQUEST_ID);
    let card = inputs.card("vcc_number", said.vcc_number);
    let answer = if format == Some(VerificationFormat::SecurityQuestion) {
        let id = inputs.required("security_qid", said.security_qid, LONGEST_REQUEST_ID);
        let question = id.as_deref().and_then(|id| SecurityQuestion::parse(id).ok());
        if let (Some(id), None) = (&id, question) {
            let (en, fr) = (
                "must be the key of a question: i18n/security_ids tells them",
                "doit être la clé d'une question : i18n/security_ids les indique",
            );
            inputs.fault("security_qid", en, fr, Some(id));
        }
        // An answer is a secret, and not repeated.
        let answer = match said.security_answer {
            TextOrNumber::Given(text) if !text.trim().is_empty() && text.chars().count() <= LONGEST_ANSWER => {
                Some(Secret::new(text))
            }
            _ => {
                let (en, fr) = (
                    "must be there: the customer's answer, a text of 255 characters at most",
                    "doit être présent : la réponse du client, un texte de 255 caractères au plus",
                );
                inputs.fault("security_answer", en, fr, None);
                None
            }
        };
        question.zip(answer)
    } else {
        None
    };
    // Of no account yet: the path tells it.
    let account = AccountNumber::of_stored(0);
    Some(VerificationRequest { account, card, format: format?, request: request?, answer })
}

fn refused(lang: Lang, error: VerificationError) -> Problem {
    let (code, en, fr) = match error {
        VerificationError::Store(error) => return error.into(),
        VerificationError::NotFound => return not_found(lang, Missing::Account),
        VerificationError::CardMismatch => (
            code::VCC_ACCOUNT_MISMATCH,
            "vcc_number belongs to another account",
            "vcc_number appartient à un autre compte",
        ),
        VerificationError::NotActive => (code::USER_NOT_ACTIVE, "The account is closed", "Le compte est fermé"),
        VerificationError::NoChannel(_) => (
            code::NO_CHANNEL,
            "Codes can't be sent in this format here: use another",
            "Les codes ne peuvent pas être envoyés dans ce format ici : utilisez-en un autre",
        ),
        VerificationError::AnswerMismatch => (
            code::SECRET_ANSWER_MISMATCH,
            "The answer is not that of the customer to this question: customers/lookup tells the question",
            "La réponse n'est pas celle du client à cette question : customers/lookup indique la question",
        ),
        VerificationError::BypassNotAllowed => (
            code::REGULAR_PURCHASE_BYPASS_IS_NOT_ALLOWED,
            "The customer has made more than three regular purchases in 24 hours, or the token is of the scope customer: verify the customer in another format",
            "Le client a fait plus de trois achats ordinaires en 24 heures, ou le jeton est de portée customer : vérifiez le client dans un autre format",
        ),
        VerificationError::OverrideNotAllowed => (
            code::MERCHANT_OVERRIDE_IS_NOT_ALLOWED,
            "The merchant's staff may not vouch for customers, or the token is of the scope customer: verify the customer in another format",
            "Le personnel du marchand ne peut pas répondre des clients, ou le jeton est de portée customer : vérifiez le client dans un autre format",
        ),
        VerificationError::TooMany => (
            code::TOO_MANY_VERIFICATIONS,
            "Too many codes were made for this account, or too many wrong ones told, in an hour: wait",
            "Trop de codes ont été produits pour ce compte, ou trop de codes erronés donnés, en une heure : attendez",
        ),
    };
    Problem::new(code, of_two(lang, en, fr))
}

/// What can go wrong, for the API document.
struct VerifyProblems;

impl utoipa::IntoResponses for VerifyProblems {
    fn responses() -> Responses {
        let own = [
            VerificationError::NotFound,
            VerificationError::CardMismatch,
            VerificationError::NotActive,
            VerificationError::NoChannel(VerificationFormat::Sms),
            VerificationError::AnswerMismatch,
            VerificationError::BypassNotAllowed,
            VerificationError::OverrideNotAllowed,
            VerificationError::TooMany,
        ];
        problem::responses(body_problems().into_iter().chain(own.map(|error| refused(Lang::English, error))))
    }
}
