//! Errors of the token endpoint (RFC 6749 section 5.2), with the contract's `message` beside the RFC's members.
//!
//! `error_description` is English: the RFC allows it ASCII only, without quotation marks and backslashes. `message` follows `lang`.

use std::borrow::Cow;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, PRAGMA, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Uri};
use http_kit::form_body::{FORM_LIMIT, FormFault, MOST_PARAMETERS};
use http_kit::openapi::Responses;
use http_kit::{Code, HttpState, Problem, code as shared, problem_page};
use serde::Serialize;
use service::oauth_grant::GrantError;
use service::oauth_token::OauthClientError;
use utoipa::ToSchema;

use crate::code::{
    INVALID_CLIENT, INVALID_GRANT, INVALID_REQUEST, INVALID_SCOPE, UNSUPPORTED_GRANT_TYPE, WRONG_INPUTS,
};
use crate::lang::{self, Lang};
use crate::problem::message;
use crate::responses::{Form, rate_limited};

/// The member of a problem that holds its text in French.
const FRENCH: &str = "french";

/// What is asked for where HTTP Basic did not open (RFC 7617).
const BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"point-of-sale\"");

/// Why the token endpoint refuses a request.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The reference of the flow, the language or both are wrong; one of them is true.
    Head {
        /// Whether the reference is.
        reference: bool,
        /// Whether the language is.
        lang: bool,
    },
    /// There are parameters in the query.
    QueryParameters,
    /// The body is no form.
    Form(FormFault),
    /// A parameter is missing.
    Missing(&'static str),
    /// There are credentials in the form and in the header.
    BothMethods,
    /// The header has another scheme than Basic, or no name and secret in it.
    NoBasic,
    /// There are none.
    NoCredentials,
    /// They do not open. Whether they came in the header.
    WrongClient {
        /// Whether they came by HTTP Basic.
        basic: bool,
    },
    /// They did once.
    RevokedClient,
    /// There is no such grant.
    UnknownGrant,
    /// There is no such scope.
    UnknownScope,
    /// Nothing is given for the grant.
    Grant(GrantError),
}

impl From<GrantError> for Refusal {
    fn from(error: GrantError) -> Self {
        Self::Grant(error)
    }
}

impl Refusal {
    /// Of a client that is not let in.
    pub(crate) fn of_client(error: OauthClientError, basic: bool) -> Problem {
        match error {
            OauthClientError::Unknown => Self::WrongClient { basic }.into(),
            OauthClientError::Revoked => Self::RevokedClient.into(),
            OauthClientError::Store(error) => error.into(),
        }
    }

    /// Its code, and what it is in English and in French.
    fn words(&self) -> (Code, Cow<'static, str>, Cow<'static, str>) {
        let said = |code, en: &'static str, fr: &'static str| (code, en.into(), fr.into());
        match self {
            Self::Head { reference, lang } => {
                let reference = reference.then_some((
                    "x-reference-id must be one GUID, such as 8848372d-8457-4ca4-9da9-673f1cdd6684, or left out",
                    "x-reference-id doit être un seul GUID, par exemple 8848372d-8457-4ca4-9da9-673f1cdd6684, ou absent",
                ));
                let lang = lang.then_some((
                    "lang must be en or fr, and there once",
                    "lang doit être en ou fr, et présent une seule fois",
                ));
                let (en, fr): (Vec<_>, Vec<_>) = [reference, lang].into_iter().flatten().unzip();
                (WRONG_INPUTS, en.join(". ").into(), fr.join(". ").into())
            }
            Self::QueryParameters => said(
                INVALID_REQUEST,
                "Send the parameters in the body, as application/x-www-form-urlencoded, and not in the query string",
                "Envoyez les paramètres dans le corps, en application/x-www-form-urlencoded, et non dans l'adresse",
            ),
            Self::Form(FormFault::Json) => said(
                INVALID_REQUEST,
                "Send the parameters as application/x-www-form-urlencoded, and not as JSON",
                "Envoyez les paramètres en application/x-www-form-urlencoded, et non en JSON",
            ),
            Self::Form(FormFault::NoForm) => said(
                INVALID_REQUEST,
                "Send the parameters as application/x-www-form-urlencoded, without Content-Encoding",
                "Envoyez les paramètres en application/x-www-form-urlencoded, sans Content-Encoding",
            ),
            Self::Form(FormFault::TooLarge) => (
                INVALID_REQUEST,
                format!("The form may have {FORM_LIMIT} bytes at most").into(),
                format!("Le formulaire peut avoir au plus {FORM_LIMIT} octets").into(),
            ),
            Self::Form(FormFault::TooMany) => (
                INVALID_REQUEST,
                format!("The form may have {MOST_PARAMETERS} parameters at most").into(),
                format!("Le formulaire peut avoir au plus {MOST_PARAMETERS} paramètres").into(),
            ),
            Self::Form(FormFault::Incomplete) => said(
                INVALID_REQUEST,
                "The form broke off. Send the request again",
                "Le formulaire est incomplet. Envoyez de nouveau la requête",
            ),
            Self::Form(FormFault::Encoding) => said(
                INVALID_REQUEST,
                "The form is not UTF-8 in percent-encoding: encode each value, % as %25",
                "Le formulaire n'est pas de l'UTF-8 en encodage pourcent : encodez chaque valeur, % en %25",
            ),
            Self::Form(FormFault::Twice(name)) => {
                let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
                let name: String = name.chars().filter(plain).collect();
                (
                    INVALID_REQUEST,
                    format!("The parameter {name} is there twice: send it once").into(),
                    format!("Le paramètre {name} est présent deux fois : envoyez-le une fois").into(),
                )
            }
            Self::Missing(name) => (
                INVALID_REQUEST,
                format!("The parameter {name} is missing").into(),
                format!("Le paramètre {name} manque").into(),
            ),
            Self::BothMethods => said(
                INVALID_REQUEST,
                "Send the credentials of the client in one way: by HTTP Basic or in the form",
                "Envoyez les identifiants du client d'une seule façon : par HTTP Basic ou dans le formulaire",
            ),
            Self::NoBasic => said(
                INVALID_CLIENT,
                "The header Authorization holds no client_id and client_secret by HTTP Basic",
                "L'en-tête Authorization ne contient pas de client_id et de client_secret par HTTP Basic",
            ),
            Self::NoCredentials => said(
                INVALID_CLIENT,
                "Send client_id and client_secret, in the form or by HTTP Basic",
                "Envoyez client_id et client_secret, dans le formulaire ou par HTTP Basic",
            ),
            Self::WrongClient { .. } => said(
                INVALID_CLIENT,
                "The client is unknown here, or its secret is wrong",
                "Le client est inconnu ici, ou son secret est erroné",
            ),
            Self::RevokedClient => said(
                INVALID_CLIENT,
                "The client was revoked. Ask its issuer for a new secret",
                "Le client a été révoqué. Demandez un nouveau secret à son émetteur",
            ),
            Self::UnknownGrant => said(
                UNSUPPORTED_GRANT_TYPE,
                "grant_type must be client_credentials, refresh_token or password",
                "grant_type doit être client_credentials, refresh_token ou password",
            ),
            Self::UnknownScope => said(
                INVALID_SCOPE,
                "scope must be merchant or customer, and one of them",
                "scope doit être merchant ou customer, et un seul des deux",
            ),
            Self::Grant(error) => of_grant(error),
        }
    }
}

fn of_grant(error: &GrantError) -> (Code, Cow<'static, str>, Cow<'static, str>) {
    let said = |code, en: &'static str, fr: &'static str| (code, en.into(), fr.into());
    match error {
        GrantError::Unknown => said(
            INVALID_GRANT,
            "The refresh token is unknown. Get a new pair with the grant_type of the first",
            "Le jeton de rafraîchissement est inconnu. Obtenez une nouvelle paire avec le grant_type de la première",
        ),
        GrantError::Expired => said(
            INVALID_GRANT,
            "The access token has expired, and it can be refreshed only before that. Get a new pair with the grant_type of the first",
            "Le jeton d'accès est expiré et ne peut être rafraîchi qu'avant. Obtenez une nouvelle paire avec le grant_type de la première",
        ),
        GrantError::Reused => said(
            INVALID_GRANT,
            "The refresh token was used before, so that all that came of it has ended. Get a new pair with the grant_type of the first",
            "Le jeton de rafraîchissement a déjà servi, et tout ce qui en découle a pris fin. Obtenez une nouvelle paire avec le grant_type de la première",
        ),
        GrantError::Revoked => said(
            INVALID_GRANT,
            "The refresh token was revoked. Get a new pair with the grant_type of the first",
            "Le jeton de rafraîchissement a été révoqué. Obtenez une nouvelle paire avec le grant_type de la première",
        ),
        GrantError::ScopeWider { has } => (
            INVALID_SCOPE,
            format!("The refresh token has the scope {has}: leave scope out, or ask for that").into(),
            format!("Le jeton de rafraîchissement a la portée {has} : omettez scope, ou demandez celle-là").into(),
        ),
        GrantError::PasswordNotAllowed => said(
            UNSUPPORTED_GRANT_TYPE,
            "The settings of this merchant do not allow the grant password",
            "Les paramètres de ce marchand ne permettent pas la méthode password",
        ),
        GrantError::WrongUser => said(
            INVALID_GRANT,
            "The user name or the password is wrong, or the user may not log in now",
            "Le nom d'utilisateur ou le mot de passe est erroné, ou l'utilisateur ne peut pas se connecter pour l'instant",
        ),
        // Told as what it is, before it comes here.
        GrantError::Store(_) => said(INVALID_GRANT, "", ""),
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        if let Refusal::Grant(GrantError::Store(error)) = refusal {
            return error.into();
        }
        let (code, en, fr) = refusal.words();
        let problem = Self::new(code, en).with_member(FRENCH, fr);
        match refusal {
            Refusal::WrongClient { basic: true } | Refusal::NoBasic => problem.with_header(WWW_AUTHENTICATE, BASIC),
            _ => problem,
        }
    }
}

/// An error of the token endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OauthError)]
pub(crate) struct ErrorBody {
    /// What went wrong: stable, for programs.
    #[schema(example = "invalid_client")]
    error: &'static str,
    /// The same in a sentence, in English.
    #[schema(example = "The client is unknown here, or its secret is wrong")]
    error_description: String,
    /// The same in the language of `lang`.
    #[schema(example = "The client is unknown here, or its secret is wrong")]
    message: String,
}

fn body(problem: &Problem, lang: Lang) -> ErrorBody {
    let french = problem.member(FRENCH).and_then(|text| text.as_str());
    let message = match (lang, french) {
        (Lang::French, Some(french)) => french.to_owned(),
        _ => message(problem, lang),
    };
    let description = problem.detail().chars().filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')).collect();
    ErrorBody { error: wire_error(problem), error_description: description, message }
}

/// The name on the wire. What RFC 6749 has no name for gets those of its section 4.1.2.1.
fn wire_error(problem: &Problem) -> &'static str {
    match problem.code() {
        shared::INTERNAL_ERROR => "server_error",
        shared::RATE_LIMITED | shared::UNAVAILABLE | shared::OVERLOADED | shared::TIMED_OUT => {
            "temporarily_unavailable"
        }
        shared::METHOD_NOT_ALLOWED => INVALID_REQUEST.name,
        code => code.name,
    }
}

/// Writes a problem in the form of the token endpoint.
fn show(problem: &Problem, _request_id: &str, uri: &Uri) -> Response {
    let body = body(problem, lang::of(uri).unwrap_or_default());
    let mut response = (problem.status(), Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.extend(problem.headers().clone());
    response
}

/// A request whose problems are shown in the form of the token endpoint.
pub(crate) struct Here;

impl FromRequestParts<HttpState> for Here {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &HttpState) -> Result<Self, Self::Rejection> {
        problem_page::show_by(show, parts);
        Ok(Self)
    }
}

/// The responses of an operation to a client that has to prove itself: its `own` refusals, and those of every such operation.
pub(crate) fn responses(own: impl IntoIterator<Item = Refusal>) -> Responses {
    let every = [
        Refusal::Head { reference: true, lang: false },
        Refusal::QueryParameters,
        Refusal::Form(FormFault::Twice("client_id".to_owned())),
        Refusal::WrongClient { basic: false },
    ];
    let problems = every.into_iter().chain(own).map(Problem::from);
    of_problems(problems.chain([rate_limited()]))
}

/// The responses of `own` problems, and of those that any request may meet.
pub(crate) fn of_problems(own: impl IntoIterator<Item = Problem>) -> Responses {
    let body = |problem: &Problem| serde_json::to_value(body(problem, Lang::English)).unwrap_or_default();
    Form { schema: "OauthError", name: wire_error, body }.responses(own)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use service::StoreError;

    use super::*;

    fn every() -> Vec<Refusal> {
        use domain::oauth_token::Scope;
        let grants = [
            GrantError::Unknown,
            GrantError::Expired,
            GrantError::Reused,
            GrantError::Revoked,
            GrantError::ScopeWider { has: Scope::Customer },
            GrantError::PasswordNotAllowed,
            GrantError::WrongUser,
        ];
        let forms = [
            FormFault::Json,
            FormFault::NoForm,
            FormFault::TooLarge,
            FormFault::TooMany,
            FormFault::Incomplete,
            FormFault::Encoding,
            FormFault::Twice("a\"b\\ä".to_owned()),
        ];
        let mut every = vec![
            Refusal::Head { reference: true, lang: false },
            Refusal::Head { reference: false, lang: true },
            Refusal::Head { reference: true, lang: true },
            Refusal::QueryParameters,
            Refusal::Missing("token"),
            Refusal::BothMethods,
            Refusal::NoBasic,
            Refusal::NoCredentials,
            Refusal::WrongClient { basic: true },
            Refusal::RevokedClient,
            Refusal::UnknownGrant,
            Refusal::UnknownScope,
        ];
        every.extend(grants.into_iter().map(Refusal::Grant));
        every.extend(forms.into_iter().map(Refusal::Form));
        every
    }

    #[test]
    fn each_is_400_or_409_with_a_description_that_the_rfc_allows_and_a_message_in_both_languages() {
        for refusal in every() {
            let status =
                if matches!(refusal, Refusal::Head { .. }) { StatusCode::CONFLICT } else { StatusCode::BAD_REQUEST };
            let problem = Problem::from(refusal);
            assert_eq!(problem.status(), status);
            let (en, fr) = (body(&problem, Lang::English), body(&problem, Lang::French));
            assert_eq!(en.error_description, en.message);
            assert_eq!(en.error_description, problem.detail(), "nothing had to be left out");
            assert!(fr.message != en.message && fr.error_description == en.error_description, "{fr:?}");
        }
    }

    #[test]
    fn a_failure_of_ours_has_a_name_that_clients_know() {
        let unavailable = Problem::from(Refusal::Grant(GrantError::Store(StoreError::Overloaded)));
        assert_eq!(body(&unavailable, Lang::English).error, "temporarily_unavailable");
        assert_eq!(body(&Problem::internal("fire"), Lang::French).error, "server_error");
        assert!(!format!("{:?}", body(&Problem::internal("fire"), Lang::French)).contains("fire"));
    }
}
