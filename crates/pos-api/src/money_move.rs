//! What the calls that move money share: who calls, the names of a repeat, and what can go wrong.

mod till;

use axum::extract::FromRequestParts;
use domain::cents::Cents;
use domain::purchase::{MOST_OPEN, Refusal};
use domain::verification::VerificationFault;
use http::request::Parts;
use http_kit::{Code, HttpState, Problem};
use service::idempotency::{Idempotency, IdempotencyError};
use service::information::FlowCaller;
use service::purchase_error::{Missing, PurchaseError};
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::call::{Call, CallParameters};
use crate::code;
use crate::idempotency::{self, IdempotencyHeaders};
use crate::inputs::Inputs;
use crate::lang::{Lang, of_two};
use crate::problem::{FieldError, wrong_inputs};

pub(crate) use self::till::{TillMembers, till_body};
pub(crate) use crate::calculate_interest::TAG;

/// A call that moves money.
pub(crate) struct MoneyMove {
    pub(crate) call: Call,
    pub(crate) caller: FlowCaller,
    repeats: IdempotencyHeaders,
}

impl FromRequestParts<HttpState> for MoneyMove {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Problem> {
        let call = Call::from_request_parts(parts, state).await?;
        let caller = call.caller()?;
        let repeats = IdempotencyHeaders::from_request_parts(parts, state).await?;
        Ok(Self { call, caller, repeats })
    }
}

impl MoneyMove {
    /// The name of the attempt, where the caller has given it one.
    pub(crate) fn idempotency(&self, fingerprint: [u8; 32]) -> Option<Idempotency> {
        self.repeats.clone().of_body(fingerprint)
    }

    pub(crate) fn inputs(&self) -> Inputs {
        Inputs::new(self.call.lang)
    }

    /// What went wrong.
    pub(crate) fn problem(&self, error: PurchaseError) -> Problem {
        problem(self.call.lang, error)
    }
}

/// The parameters of such a call, for the API document.
pub(crate) struct MoveParameters;

impl utoipa::IntoParams for MoveParameters {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = CallParameters::into_params(&parameter_in);
        parameters.extend(IdempotencyHeaders::into_params(&parameter_in));
        parameters
    }
}

/// What went wrong, in the language of the answer.
pub(crate) fn problem(lang: Lang, error: PurchaseError) -> Problem {
    let (code, text): (Code, String) = match error {
        PurchaseError::Store(error) => return error.into(),
        PurchaseError::NotFound(missing) => return not_found(lang, missing),
        PurchaseError::CustomerIdentityNotFound => fixed(
            lang,
            code::CUSTOMER_IDENTITY_NOT_FOUND,
            "The account is not that of the customer of this token: only the account that it has applied for in the last 24 hours is, or one verified in the widget in the last hour; each verification is for one purchase",
            "Le compte n'est pas celui du client de ce jeton : seul l'est le compte qu'il a demandé dans les dernières 24 heures, ou un compte vérifié dans le widget dans la dernière heure ; chaque vérification vaut pour un achat",
        ),
        PurchaseError::LocationNotFound => fixed(
            lang,
            code::EXTERNAL_LOCATION_ID_NOT_FOUND,
            "The merchant has no location of this external_location_id",
            "Le marchand n'a pas d'emplacement de cet external_location_id",
        ),
        PurchaseError::AuthNotAllowed => fixed(
            lang,
            code::AUTH_NOT_ALLOWED,
            "The merchant may not have credit held for later: send auto_capture true, or have the operator allow preauthorization",
            "Le marchand ne peut pas faire réserver du crédit pour plus tard : envoyez auto_capture true, ou faites permettre la préautorisation par l'exploitant",
        ),
        PurchaseError::AccountTypeNotPermitted => fixed(
            lang,
            code::ACCOUNT_TYPE_NOT_PERMITTED,
            "The merchant does not sell on accounts for businesses: the operator may allow it",
            "Le marchand ne vend pas sur les comptes d'entreprise : l'exploitant peut le permettre",
        ),
        PurchaseError::CardMismatch => fixed(
            lang,
            code::VCC_ACCOUNT_MISMATCH,
            "vcc_number belongs to another account",
            "vcc_number appartient à un autre compte",
        ),
        PurchaseError::NotFull { remaining } => {
            return amount_fault(
                lang,
                format!("must be left out, or be what is left of the capture, {remaining}: full_return is true"),
                format!("doit être absent, ou égal à ce qui reste de la capture, {remaining} : full_return est true"),
            );
        }
        PurchaseError::PlanTermNotSet => fixed(
            lang,
            code::PLAN_TERM_NOT_SET,
            "The merchant does not offer this plan_id with this term: calculate-interest tells which it offers",
            "Le marchand n'offre pas ce plan_id avec cette durée : calculate-interest indique ceux qu'il offre",
        ),
        PurchaseError::PlanTermNotAvailable => fixed(
            lang,
            code::PLAN_TERM_NOT_AVAILABLE,
            "This plan is not for this customer or amount: calculate-interest tells which are",
            "Ce plan n'est pas offert à ce client ou pour ce montant : calculate-interest indique ceux qui le sont",
        ),
        PurchaseError::VerificationCodeRequired => fixed(
            lang,
            code::VERIFICATION_CODE_REQUIRED,
            "In a store verification_code must be there: the code that verify has sent to the customer",
            "En magasin, verification_code doit être présent : le code que verify a envoyé au client",
        ),
        PurchaseError::VerificationCodeUnexpected => fixed(
            lang,
            code::NOT_VERIFIED,
            "Online no verification_code may be sent: the widget verifies the customer",
            "En ligne, aucun verification_code ne doit être envoyé : le widget vérifie le client",
        ),
        PurchaseError::NotVerified => fixed(
            lang,
            code::NOT_VERIFIED,
            "verification_code and request_id are not those of a verification of this customer: call verify first",
            "verification_code et request_id ne sont pas ceux d'une vérification de ce client : appelez d'abord verify",
        ),
        PurchaseError::WidgetNotVerified => fixed(
            lang,
            code::NOT_VERIFIED,
            "widget_session_id is not that of a session of the last hour in which the customer of this account was verified, or it was used: call widget/init again",
            "widget_session_id n'est pas celui d'une session de la dernière heure dans laquelle le client de ce compte a été vérifié, ou il a servi : appelez de nouveau widget/init",
        ),
        PurchaseError::WrongCode(fault) => return wrong_code(lang, fault),
        PurchaseError::Idempotency(error) => return idempotency::problem(lang, error),
        PurchaseError::Refused(refusal) => return refused(lang, refusal),
    };
    Problem::new(code, text)
}

/// Why a code is not taken. Nobody is told which of the codes that were tried was the right one.
pub(crate) fn wrong_code(lang: Lang, fault: VerificationFault) -> Problem {
    let (en, fr) = match fault {
        VerificationFault::Wrong => (
            "verification_code is another one than the customer was sent for this request_id: have it read again",
            "verification_code n'est pas celui que le client a reçu pour ce request_id : faites-le relire",
        ),
        VerificationFault::Expired => (
            "The code has expired: call verify for another",
            "Le code a expiré : appelez verify pour en obtenir un autre",
        ),
        VerificationFault::Used => (
            "The code was used: call verify for another",
            "Le code a été utilisé : appelez verify pour en obtenir un autre",
        ),
        VerificationFault::TooManyTries => (
            "Too many wrong codes were told: call verify for another, or wait an hour where that is refused",
            "Trop de codes erronés ont été donnés : appelez verify pour en obtenir un autre, ou attendez une heure si c'est refusé",
        ),
        VerificationFault::TooManyRegular => (
            "The customer has made more than three regular purchases in 24 hours: verify the customer in another format",
            "Le client a fait plus de trois achats ordinaires en 24 heures : vérifiez le client dans un autre format",
        ),
        VerificationFault::RegularOnly => (
            "A code of regular_purchase_bypass is for a regular purchase of 200.00 at most: verify the customer in another format",
            "Un code de regular_purchase_bypass vaut pour un achat ordinaire de 200,00 au plus : vérifiez le client dans un autre format",
        ),
    };
    Problem::new(code::WRONG_VERIFICATION_CODE, of_two(lang, en, fr))
}

fn refused(lang: Lang, refusal: Refusal) -> Problem {
    let (code, text) = match refusal {
        Refusal::NoAmount => {
            return amount_fault(lang, "must be above zero".to_owned(), "doit être supérieur à zéro".to_owned());
        }
        Refusal::CreditExceeded { needed, available } => of_amounts(
            lang,
            code::CREDIT_EXCEEDED,
            format!("The purchase with its finance charge is {needed}, and {available} of credit is available"),
            format!("L'achat et ses frais de crédit font {needed}, et le crédit disponible est de {available}"),
        ),
        Refusal::TooManyAuthorizations => of_amounts(
            lang,
            code::TOO_MANY_AUTHORIZATIONS,
            format!(
                "{MOST_OPEN} authorizations of this account are open, which is the most: capture or release some first"
            ),
            format!(
                "{MOST_OPEN} autorisations de ce compte sont ouvertes, ce qui est le maximum : capturez-en ou libérez-en d'abord"
            ),
        ),
        Refusal::AuthorizationEnded => fixed(
            lang,
            code::AUTHORIZATION_ENDED,
            "Nothing is left of the authorization, or its time is over: ask for another",
            "Il ne reste rien de l'autorisation, ou son délai est passé : demandez-en une autre",
        ),
        Refusal::AuthAmountExceeded { remaining } => of_amounts(
            lang,
            code::AUTH_AMOUNT_EXCEEDED,
            format!("No more than {remaining} is left of the authorization"),
            format!("Il ne reste que {remaining} de l'autorisation"),
        ),
        Refusal::NotPermitted => fixed(
            lang,
            code::NOT_PERMITTED,
            "The lender has withdrawn the authorization: it can be released, and nothing be captured",
            "Le prêteur a retiré l'autorisation : elle peut être libérée, et rien ne peut être capturé",
        ),
        Refusal::CaptureAmountExceeded { remaining } => of_amounts(
            lang,
            code::CAPTURE_AMOUNT_EXCEEDED,
            format!("No more than {remaining} is left of the capture"),
            format!("Il ne reste que {remaining} de la capture"),
        ),
        Refusal::ReturnDateExceeded => fixed(
            lang,
            code::RETURN_DATE_EXCEEDED,
            "The capture is more than 100 days ago: refund the account instead",
            "La capture date de plus de 100 jours : remboursez plutôt le compte",
        ),
        Refusal::WrongTransactionType => fixed(
            lang,
            code::WRONG_TRANSACTION_TYPE,
            "The capture is of a regular purchase: refund the account instead",
            "La capture est celle d'un achat ordinaire : remboursez plutôt le compte",
        ),
        Refusal::RefundsLimitExceededAmount { left } => of_amounts(
            lang,
            code::REFUNDS_LIMIT_EXCEEDED_AMOUNT,
            format!("No more than {left} may be refunded on this account now"),
            format!("Pas plus de {left} ne peut être remboursé sur ce compte pour l'instant"),
        ),
        Refusal::LimitPaymentAmount24 { left } => of_amounts(
            lang,
            code::LIMIT_PAYMENT_AMOUNT_24,
            format!("No more than {left} may be paid on this account now: there is a limit for 24 hours"),
            format!(
                "Pas plus de {left} ne peut être payé sur ce compte pour l'instant : il y a une limite par 24 heures"
            ),
        ),
        Refusal::UserNotAbleToPurchase => fixed(
            lang,
            code::USER_NOT_ABLE_TO_PURCHASE,
            "The state of the account does not allow purchases",
            "L'état du compte ne permet pas d'achats",
        ),
        Refusal::UserNotActive => fixed(lang, code::USER_NOT_ACTIVE, "The account is closed", "Le compte est fermé"),
    };
    Problem::new(code, text)
}

fn fixed(lang: Lang, code: Code, en: &'static str, fr: &'static str) -> (Code, String) {
    (code, of_two(lang, en, fr).to_owned())
}

fn of_amounts(lang: Lang, code: Code, en: String, fr: String) -> (Code, String) {
    let text = match lang {
        Lang::English => en,
        Lang::French => fr,
    };
    (code, text)
}

fn amount_fault(lang: Lang, en: String, fr: String) -> Problem {
    let (_, msg) = of_amounts(lang, code::WRONG_INPUTS, en, fr);
    wrong_inputs(lang, &[FieldError { param: "amount", msg: msg.into(), value: None }])
}

/// 404 for what there is none of, as far as the merchant may know.
pub(crate) fn not_found(lang: Lang, missing: Missing) -> Problem {
    let text = match missing {
        Missing::Account => of_two(
            lang,
            "There is no such account: customers/search and customers/lookup find it",
            "Il n'y a pas de tel compte : customers/search et customers/lookup le trouvent",
        ),
        Missing::Authorization => of_two(
            lang,
            "You have no such authorization: authorizations lists yours",
            "Vous n'avez pas de telle autorisation : authorizations dresse la liste des vôtres",
        ),
        Missing::Capture => of_two(
            lang,
            "The authorization has no such capture: captures lists yours",
            "L'autorisation n'a pas de telle capture : captures dresse la liste des vôtres",
        ),
    };
    Problem::new(code::NOTHING_FOUND, text)
}

/// What can go wrong with any call that moves money, for the API document.
pub(crate) fn problems(own: impl IntoIterator<Item = PurchaseError>) -> Vec<Problem> {
    let shared = [
        PurchaseError::LocationNotFound,
        Refusal::NoAmount.into(),
        PurchaseError::Idempotency(IdempotencyError::KeyReused),
    ];
    let problems = own.into_iter().chain(shared).map(|error| problem(Lang::English, error));
    problems.chain(http_kit::openapi::body_problems()).collect()
}

/// An amount for examples.
pub(crate) const EXAMPLE: Cents = Cents(1_050);
