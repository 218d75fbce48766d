//! `POST …/apply` and `GET …/apply/{application_id}`: an application for credit, and what has become of it.

use axum::extract::{RawPathParams, State};
use domain::applicant::{AccountType, ApplicantFaults, Message};
use domain::application::ApplicationStatus;
use domain::credit_account::RiskRating;
use http_kit::answer::REPLAYED;
use http_kit::openapi::{Responses, body_problems};
use http_kit::{HttpState, JsonBody, PrivateJson, Problem};
use serde::Serialize;
use service::application::{Application, AppliedBy, ApplyError, GrantedAccount};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::amount::Dollars;
use crate::applicant_request::ApplicantRequest;
use crate::call::{Call, CallParameters};
use crate::code::{
    ACCOUNT_TYPE_NOT_PERMITTED, CUSTOMER_ALREADY_EXISTS, EXTERNAL_LOCATION_ID_NOT_FOUND, NOT_VERIFIED, NOTHING_FOUND,
    TOO_MANY_APPLICATIONS, TOS_AGREEMENT_REQUIRED,
};
use crate::idempotency::{self, IdempotencyHeaders};
use crate::information::{anothers_flow, wrong_applicant};
use crate::lang::{Lang, of_two};
use crate::problem::{self, FieldError, with_field_errors};

/// The tag of its operations in the API document.
pub(crate) const TAG: &str = "Point of sale: applications and customers";

/// What has become of an application.
#[derive(Serialize, ToSchema)]
#[schema(as = Application)]
pub(crate) struct ApplicationAnswer {
    /// By which it is asked for again.
    #[schema(value_type = String, format = "uuid", example = "019aab5e-7c1e-7d2a-9f64-0a5b1c2d3e4f")]
    application_id: Uuid,
    /// `approved`; `pending`, which is decided later; `declined`; or `retry`, when it could not be decided and may be sent again.
    #[schema(value_type = String, example = "approved")]
    status: &'static str,
    /// The same in a sentence for the applicant, in the language of `lang`.
    #[schema(example = "Your application is approved.")]
    message: &'static str,
    /// When it came.
    #[schema(example = "2026-11-22T10:15:00Z", format = "date-time")]
    creation_date: String,
    /// 14 digits. Only when approved, as the members below.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 12_345_678_901_237_i64)]
    account_number: Option<i64>,
    /// In dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64, nullable = false, required = false, example = 5000)]
    credit_limit: Option<Dollars>,
    /// In dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64, nullable = false, required = false, example = 5000)]
    available_credit: Option<Dollars>,
    /// `L`, `M`, `H`, `XH`, `XXH` or `XXXH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, nullable = false, required = false, example = "M")]
    risk_rating: Option<&'static str>,
}

impl ApplicationAnswer {
    fn new(application: &Application, lang: Lang) -> Self {
        let account = application.account;
        Self {
            application_id: application.id,
            status: application.status.as_str(),
            message: sentence(application.status, lang),
            creation_date: application.created_at.whole_seconds(),
            account_number: account.map(|account| account.number.get()),
            credit_limit: account.map(|account| Dollars(account.limit)),
            available_credit: account.map(|account| Dollars(account.available)),
            risk_rating: account.map(|account: GrantedAccount| RiskRating::code(account.rating)),
        }
    }
}

const fn sentence(status: ApplicationStatus, lang: Lang) -> &'static str {
    match status {
        ApplicationStatus::Approved => of_two(lang, "Your application is approved.", "Votre demande est approuvée."),
        ApplicationStatus::Pending => of_two(
            lang,
            "Your application is being reviewed. Ask again later: nothing needs to be sent.",
            "Votre demande est à l'étude. Demandez de nouveau plus tard : rien n'est à envoyer.",
        ),
        ApplicationStatus::Declined => of_two(lang, "Your application is declined.", "Votre demande est refusée."),
        ApplicationStatus::Retry => of_two(
            lang,
            "Your application could not be decided now. Send it again.",
            "Votre demande n'a pas pu être traitée. Envoyez-la de nouveau.",
        ),
    }
}

/// Apply for credit
///
/// Lays the body over what `information` was told in the flow, checks the whole and decides it at once. All faults are told together, as
/// 409 `wrong_inputs`; when nothing is wrong but that the terms were not accepted, it is 409 `tos_agreement_required`. An answer of any `status`
/// is 200. A person has one account with a lender: whoever has one gets 409 `customer_already_exists`, however the name is typed. In
/// sandbox, a response key in `middle_name` asks for an answer: `A-RR_L`, `A-RR_M`, `A-RR_H`, `A-RR_X`, `A-RR_XX` and `A-RR_XXX` are approved with
/// that rating (the last two only where the merchant offers accounts of the category standard), `P-MISSING_INFO`, `P-REVIEW_MISC`, `P-EXIST_CUST`,
/// `P-CREDIT` and `P-FRAUD` are pending, `D-NO_HIT`, `D-NO_SCORE`, `D-DUPLICATE` and `D-FRAUD` are declined, and `D-EMAIL_DBL_TIMEOUT` is a retry.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/apply",
    operation_id = "apply",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(CallParameters, IdempotencyHeaders),
    request_body(
        content = ApplicantRequest,
        content_type = "application/json",
        description = "The applicant. What an earlier call of `information` said in the flow may be left out.",
        example = json!({
            "first_name": "Marie",
            "last_name": "Tremblay",
            "dob": "1985-02-14",
            "email": "marie@example.ca",
            "phone_number": "6135550123",
            "address_1": "55 Queen St W",
            "city": "Ottawa",
            "province": "ON",
            "postal_code": "K1A 0B1",
            "housing_type": "Rent",
            "housing_payment": "1450.00",
            "occupation_id": "FE",
            "employer": "Example Inc.",
            "annual_income": 72000,
            "govid_type": "CADL",
            "govid_issued_by": "ON",
            "govid_number": "T1234-56789-50214",
            "govid_expiry": "2029-02-14",
            "security_qid": "4",
            "security_answer": "Snowball",
            "tos_agreement": true,
            "tos_version": "roc-2026-07-01",
        }),
    ),
    responses(
        (
            status = 200,
            description = "The application was taken, or this is the kept answer to an earlier request with the same idempotency key.",
            body = ApplicationAnswer,
            headers(
                ("Cache-Control" = String, description = "`no-store`"),
                ("Idempotent-Replayed" = String, description = "`true` when this is the kept answer to an earlier request"),
            ),
        ),
        ApplyProblems,
    ),
)]
pub(crate) async fn apply(
    State(state): State<HttpState>,
    call: Call,
    headers: IdempotencyHeaders,
    body: JsonBody<ApplicantRequest>,
) -> Result<PrivateJson<ApplicationAnswer>, Problem> {
    let caller = call.caller()?;
    let said = body.value.read(&body.faults);
    let idempotency = headers.of_body(body.fingerprint);
    let taken = state.core().apply(caller, call.reference.id(), said, call.lang, idempotency, &call.context).await;
    let taken = taken.map_err(|error| refused(call.lang, error, &call.reference.to_string()))?;
    Ok(PrivateJson::new(ApplicationAnswer::new(&taken.value, call.lang)).replayed(taken.replayed))
}

/// Show an application
///
/// What has become of an application that the merchant took. A token of the scope `customer` sees only those that came by it, or by the tokens
/// that it was refreshed from.
#[utoipa::path(
    get,
    path = "/client-id/{client_id}/apply/{application_id}",
    operation_id = "showApplication",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(
        CallParameters,
        ("application_id" = String, Path, description = "The one that `apply` answered.", format = "uuid"),
    ),
    responses(
        (
            status = 200,
            description = "The application as it is now.",
            body = ApplicationAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        ShowProblems,
    ),
)]
pub(crate) async fn show_application(
    State(state): State<HttpState>,
    call: Call,
    parameters: RawPathParams,
) -> Result<PrivateJson<ApplicationAnswer>, Problem> {
    let id = parameters.iter().find(|(name, _)| *name == "application_id");
    let id = id.and_then(|(_, id)| Uuid::parse_str(id).ok()).ok_or_else(|| no_application(call.lang))?;
    let found = state.core().application_of(call.caller()?, id).await?;
    let found = found.ok_or_else(|| no_application(call.lang))?;
    Ok(PrivateJson::new(ApplicationAnswer::new(&found, call.lang)))
}

fn no_application(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "There is no such application: ask for one by the application_id that apply answered",
        "Il n'y a pas de telle demande : demandez-en une par l'application_id que apply a répondu",
    );
    Problem::new(NOTHING_FOUND, message)
}

fn refused(lang: Lang, error: ApplyError, reference: &str) -> Problem {
    match error {
        ApplyError::Invalid(faults) => wrong_applicant(lang, faults),
        ApplyError::TermsNotAccepted(faults) => terms_not_accepted(lang, faults),
        ApplyError::AnothersFlow => anothers_flow(lang, reference.to_owned()),
        ApplyError::UnknownLocation(location) => unknown_location(lang, location),
        ApplyError::NotVerified => {
            let message = of_two(
                lang,
                "widget_session_id is not that of a session of the last hour in which this applicant was verified and told the same name, birth, address, e-mail and telephone: call widget/init again, or leave it out; where the flow knows of it already, use another x-reference-id",
                "widget_session_id n'est pas celui d'une session de la dernière heure dans laquelle ce demandeur a été vérifié et a donné les mêmes nom, naissance, adresse, courriel et téléphone : appelez de nouveau widget/init, ou omettez-le ; si le parcours le connaît déjà, utilisez un autre x-reference-id",
            );
            Problem::new(NOT_VERIFIED, message)
        }
        ApplyError::AccountTypeNotPermitted(kind) => {
            let message = of_two(
                lang,
                "The merchant does not offer accounts of this type: apply for one of the type consumer",
                "Le marchand n'offre pas de comptes de ce type : faites une demande pour un compte de type consumer",
            );
            let msg = of_two(lang, "must be consumer here", "doit être consumer ici").into();
            let error = FieldError { param: "account_type", msg, value: Some(kind.as_str().to_owned()) };
            with_field_errors(Problem::new(ACCOUNT_TYPE_NOT_PERMITTED, message), &[error])
        }
        ApplyError::CustomerExists { replayed } => {
            let message = of_two(
                lang,
                "The applicant has an account already: find it by customers/search, or have the customer identified",
                "La personne a déjà un compte : trouvez-le par customers/search, ou faites identifier le client",
            );
            let problem = Problem::new(CUSTOMER_ALREADY_EXISTS, message);
            let (name, value) = REPLAYED;
            if replayed { problem.with_header(name, value) } else { problem }
        }
        ApplyError::TooMany { most, of } => too_many(lang, most, of),
        ApplyError::Idempotency(error) => idempotency::problem(lang, error),
        ApplyError::Store(error) => error.into(),
    }
}

fn terms_not_accepted(lang: Lang, faults: ApplicantFaults) -> Problem {
    let message = of_two(
        lang,
        "The applicant must accept the terms and conditions: show them, and send tos_agreement true",
        "La personne doit accepter les conditions : présentez-les, et envoyez tos_agreement true",
    );
    let errors: Vec<_> = faults.into_vec().into_iter().map(|fault| FieldError::of_fault(fault, lang)).collect();
    with_field_errors(Problem::new(TOS_AGREEMENT_REQUIRED, message), &errors)
}

pub(crate) fn unknown_location(lang: Lang, location: String) -> Problem {
    let message = of_two(
        lang,
        "The merchant has no such location: send the identifier of one of its own, or leave it out",
        "Le marchand n'a pas de tel emplacement : envoyez l'identifiant d'un des siens, ou aucun",
    );
    let msg =
        of_two(lang, "must be one of the merchant's locations", "doit être un des emplacements du marchand").into();
    let error = FieldError { param: "external_location_id", msg, value: Some(location) };
    with_field_errors(Problem::new(EXTERNAL_LOCATION_ID_NOT_FOUND, message), &[error])
}

fn too_many(lang: Lang, most: u32, of: AppliedBy) -> Problem {
    let message = match (lang, of) {
        (Lang::English, AppliedBy::Merchant) => {
            format!("The merchant has sent {most} applications in 24 hours, which is the most. Send this one later")
        }
        (Lang::English, AppliedBy::Customers) => format!(
            "Tokens of the scope customer have sent {most} applications to the merchant in 24 hours, which is the most. Use one of the scope merchant, or send this one later"
        ),
        (Lang::English, AppliedBy::Family) => format!(
            "This token and those of its refreshes have sent {most} applications in 24 hours, which is the most. Get a token of its own for each customer, or use one of the scope merchant"
        ),
        (Lang::French, AppliedBy::Merchant) => format!(
            "Le marchand a envoyé {most} demandes en 24 heures, ce qui est le maximum. Envoyez celle-ci plus tard"
        ),
        (Lang::French, AppliedBy::Customers) => format!(
            "Des jetons de portée customer ont envoyé {most} demandes au marchand en 24 heures, ce qui est le maximum. Utilisez un jeton de portée merchant, ou envoyez celle-ci plus tard"
        ),
        (Lang::French, AppliedBy::Family) => format!(
            "Ce jeton et ceux de ses renouvellements ont envoyé {most} demandes en 24 heures, ce qui est le maximum. Obtenez un jeton pour chaque client, ou utilisez un jeton de portée merchant"
        ),
    };
    Problem::new(TOO_MANY_APPLICATIONS, message)
}

/// What can go wrong with an application, for the API document.
struct ApplyProblems;

impl utoipa::IntoResponses for ApplyProblems {
    fn responses() -> Responses {
        let mut faults = ApplicantFaults::new();
        faults.add("dob", Message::PastDate, Some("12-31-1999"));
        faults.add("govid_number", Message::GovidNumber, Some("never shown"));
        let mut agreement = ApplicantFaults::new();
        agreement.add("tos_agreement", Message::TermsNotAccepted, Some("false"));
        let own = [
            ApplyError::Invalid(faults),
            ApplyError::TermsNotAccepted(agreement),
            ApplyError::UnknownLocation("00-12345".to_owned()),
            ApplyError::NotVerified,
            ApplyError::AccountTypeNotPermitted(AccountType::Business),
            ApplyError::CustomerExists { replayed: false },
            ApplyError::TooMany { most: 10_000, of: AppliedBy::Merchant },
        ];
        let own = own.map(|error| refused(Lang::English, error, ""));
        problem::responses(body_problems().into_iter().chain(own).chain(idempotency::problems()))
    }
}

/// What can go wrong when one is shown.
struct ShowProblems;

impl utoipa::IntoResponses for ShowProblems {
    fn responses() -> Responses {
        problem::responses([no_application(Lang::English)])
    }
}
