//! Problems in the form of this front: `{"url", "error", "message", "field_errors"}`, in the language that was asked for.

use std::borrow::Cow;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use domain::applicant::ApplicantFault;
use http::header::CACHE_CONTROL;
use http::request::Parts;
use http::{HeaderValue, Method, Uri};
use http_kit::openapi::Responses;
use http_kit::wire::NUMBER_TOO_LARGE;
use http_kit::{HttpState, Problem, bearer, fallback, problem_page};
use serde::Serialize;
use serde_json::{Value, json};
use service::oauth_token::TokenError;
use utoipa::ToSchema;

use crate::amount_request::TOO_LARGE;
use crate::call::{forbidden, missing_reference};
use crate::code::{INSUFFICIENT_SCOPE, NOTHING_FOUND, WRONG_INPUTS};
use crate::lang::{self, Lang, of_two};
use crate::responses::{Form, rate_limited};

/// The member of a problem that carries its field errors.
const FIELD_ERRORS: &str = "field_errors";

/// The longest address that is repeated.
const LONGEST_URL: usize = 2048;

/// One wrong input.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PosFieldError)]
pub(crate) struct FieldError {
    /// Its name.
    pub(crate) param: &'static str,
    /// What it must be.
    #[schema(value_type = String)]
    pub(crate) msg: Cow<'static, str>,
    /// What was sent, cut where it is long; never a secret. Null where nothing was.
    pub(crate) value: Option<String>,
}

impl FieldError {
    /// What is wrong with a parameter of an applicant.
    pub(crate) fn of_fault(fault: ApplicantFault, lang: Lang) -> Self {
        Self { param: fault.param, msg: fault.message.text(lang).into(), value: fault.value }
    }
}

/// 409 `wrong_inputs` with every field error.
pub(crate) fn wrong_inputs(lang: Lang, errors: &[FieldError]) -> Problem {
    let message = of_two(lang, "Some inputs are wrong", "Certaines données sont erronées");
    with_field_errors(Problem::new(WRONG_INPUTS, message), errors)
}

/// A problem that names the inputs that it comes of.
pub(crate) fn with_field_errors(problem: Problem, errors: &[FieldError]) -> Problem {
    problem.with_member(FIELD_ERRORS, json!(errors))
}

/// An error of a call behind a token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PosError)]
pub(crate) struct Body<'p> {
    /// The address that was called.
    #[schema(value_type = String, example = "/flexiti/pos-api/v2.5/client-id/flexitidemo/i18n")]
    url: &'p str,
    /// What went wrong: stable, for programs.
    #[schema(value_type = String, example = "wrong_inputs")]
    error: &'p str,
    /// The same in a sentence, in the language of `lang`.
    #[schema(example = "Some inputs are wrong")]
    message: String,
    /// Every input that is wrong.
    #[schema(value_type = Vec<FieldError>)]
    field_errors: Value,
}

/// Writes a problem in this front's form.
pub(crate) fn show(problem: &Problem, _request_id: &str, uri: &Uri) -> Response {
    let (path, lang) = (uri.path(), lang::of(uri).unwrap_or_default());
    let unreadable = unreadable_members(problem, lang);
    let problem = unreadable.as_ref().unwrap_or(problem);
    let body = body(problem, path.get(..LONGEST_URL).unwrap_or(path), lang);
    let mut response = (problem.status(), Json(body)).into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().extend(problem.headers().clone());
    response
}

/// The problem of this front for members of a body that the fronts could not even read, which is a number that is larger than any.
fn unreadable_members(problem: &Problem, lang: Lang) -> Option<Problem> {
    if !problem.faults().iter().any(|fault| fault.code == NUMBER_TOO_LARGE) {
        return None;
    }
    let msg = of_two(lang, TOO_LARGE[0], TOO_LARGE[1]);
    let error = |fault: &domain::Fault| json!({"param": fault.field, "msg": msg, "value": null});
    let errors: Vec<_> = problem.faults().iter().map(error).collect();
    Some(wrong_inputs(lang, &[]).with_member(FIELD_ERRORS, errors))
}

fn body<'p>(problem: &'p Problem, url: &'p str, lang: Lang) -> Body<'p> {
    Body {
        url,
        error: wire_error(problem),
        message: message(problem, lang),
        field_errors: problem.member(FIELD_ERRORS).cloned().unwrap_or_else(|| json!([])),
    }
}

/// The responses of `own` problems, and of those that any call behind a token may meet.
pub(crate) fn responses(own: impl IntoIterator<Item = Problem>) -> Responses {
    let every = [
        TokenError::Missing.into(),
        TokenError::Unknown.into(),
        TokenError::Expired.into(),
        TokenError::Revoked.into(),
        forbidden(Lang::English),
        missing_reference(),
        rate_limited(),
    ];
    page_responses(every.into_iter().chain(own))
}

/// The responses of these problems, and of those that any request may meet.
pub(crate) fn page_responses(all: impl IntoIterator<Item = Problem>) -> Responses {
    let body = |problem: &Problem| {
        let url = "/flexiti/pos-api/v2.5/client-id/flexitidemo/i18n";
        serde_json::to_value(body(problem, url, Lang::English)).unwrap_or_default()
    };
    // Several have one name on the wire, and their examples other ones.
    let name = |problem: &Problem| problem.code().name;
    Form { schema: "PosError", name, body }.responses(all)
}

/// The name on the wire: the documented one where there is one.
fn wire_error(problem: &Problem) -> &'static str {
    match problem.code() {
        INSUFFICIENT_SCOPE => "Insufficient scope: authorized scope is insufficient",
        code if bearer::ALL.contains(&code) => "unauthorized",
        code => code.name,
    }
}

/// The sentence for the person. This front's own are made in the language of the request; those that all fronts share are English.
pub(crate) fn message(problem: &Problem, lang: Lang) -> String {
    match (lang, french(problem)) {
        (Lang::French, Some(french)) => french,
        _ => problem.detail().to_owned(),
    }
}

/// What a problem that the fronts share is in French.
fn french(problem: &Problem) -> Option<String> {
    if problem.code() == NOTHING_FOUND {
        // It has the name of a shared one, and a text of its own.
        return None;
    }
    let wait = problem.retry_after().and_then(|value| value.to_str().ok()).unwrap_or("1");
    Some(match problem.code().name {
        "bearer_missing" => "Envoyez votre jeton d'accès dans l'en-tête Authorization: Bearer".to_owned(),
        "bearer_malformed" => {
            "Envoyez un seul jeton d'accès, les 40 chiffres hexadécimaux reçus du point d'accès des jetons".to_owned()
        }
        "bearer_unknown" => {
            "Le jeton d'accès est inconnu ici. Obtenez-en un nouveau du point d'accès des jetons de cet environnement".to_owned()
        }
        "bearer_expired" => "Le jeton d'accès est expiré. Obtenez-en un nouveau du point d'accès des jetons".to_owned(),
        "bearer_revoked" => {
            "Le jeton d'accès a été révoqué. Obtenez-en un nouveau du point d'accès des jetons".to_owned()
        }
        "not_found" => "Il n'y a rien à cette adresse".to_owned(),
        "method_not_allowed" => {
            "Cette adresse n'accepte pas cette méthode. L'en-tête Allow indique celles qu'elle accepte".to_owned()
        }
        "empty_body" => "La requête doit avoir un corps : un objet JSON".to_owned(),
        "malformed_json" => "Le corps n'est pas du JSON en UTF-8".to_owned(),
        "not_an_object" => "Le corps doit être un objet JSON".to_owned(),
        "nesting_too_deep" => "Le corps a trop de niveaux".to_owned(),
        "body_incomplete" => "Le corps est incomplet. Envoyez de nouveau la requête".to_owned(),
        "body_too_large" => "Le corps est trop grand".to_owned(),
        "unsupported_media_type" => "Envoyez le corps avec Content-Type: application/json, sans encodage".to_owned(),
        "rate_limited" => format!("Trop de requêtes. Réessayez dans {wait} s"),
        "internal_error" => {
            "Le serveur a échoué. Son exploitant en trouve la cause par l'identifiant de la requête".to_owned()
        }
        "unavailable" => {
            format!("Le service ne peut pas joindre sa base de données. Réessayez dans {wait} s")
        }
        "overloaded" => format!("Trop de requêtes sont en attente. Réessayez dans {wait} s"),
        "timed_out" => {
            "La réponse a pris trop de temps. Le travail se fait peut-être encore : renvoyez la même requête pour le savoir".to_owned()
        }
        _ => return None,
    })
}

/// A request whose problems are shown in this front's form.
pub(crate) struct Here;

impl FromRequestParts<HttpState> for Here {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &HttpState) -> Result<Self, Self::Rejection> {
        problem_page::show_by(show, parts);
        // An answer has the reference of its request, also where nothing is served.
        if let Ok(reference) = http_kit::ReferenceId::given(&parts.headers) {
            reference.note(parts);
        }
        Ok(Self)
    }
}

/// 404 for an address below the prefix that no route has.
pub(crate) async fn not_found(_: Here) -> Problem {
    fallback::not_found().await
}

/// 405 for a method that an address does not take.
pub(crate) async fn method_not_allowed(_: Here, method: Method) -> Problem {
    fallback::method_not_allowed(method).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_that_the_fronts_share_has_a_french_text() {
        // Those of keys, conditions and idempotency keys can't happen here.
        let elsewhere = |name: &str| {
            name.starts_with("api_key_")
                || name.starts_with("token_")
                || name.starts_with("precondition_")
                || name.contains("idempotency")
                || matches!(
                    name,
                    "validation_failed"
                        | "not_a_list"
                        | "forbidden_for_key"
                        | "network_not_allowed"
                        | "request_in_progress"
                )
        };
        for code in http_kit::code::ALL.iter().chain(&bearer::ALL).filter(|code| !elsewhere(code.name)) {
            let problem = Problem::new(*code, "English").with_retry_after(7);
            let french = message(&problem, Lang::French);
            assert_ne!(french, "English", "{}", code.name);
            assert_eq!(message(&problem, Lang::English), "English");
        }
    }

    #[test]
    fn a_field_error_without_a_value_has_null() {
        let problem =
            wrong_inputs(Lang::French, &[FieldError { param: "dob", msg: "must be a date".into(), value: None }]);
        assert_eq!(
            problem.member(FIELD_ERRORS),
            Some(&json!([{"param": "dob", "msg": "must be a date", "value": null}]))
        );
        assert_eq!(problem.detail(), "Certaines données sont erronées");
    }
}
