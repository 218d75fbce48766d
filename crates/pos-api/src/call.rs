//! A call behind a token: who calls, in which flow, and in which language. Whom an endpoint lets in is in the table of
//! [`crate::endpoint`].

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams};
use http::header::WWW_AUTHENTICATE;
use http::request::Parts;
use http_kit::reference_id::{BadReference, HEADER, ReferenceId};
use http_kit::{Bearer, HttpState, Problem, bearer, problem_page};
use service::Context;
use service::information::FlowCaller;
use service::oauth_token::TokenPrincipal;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::code::{FORBIDDEN, INSUFFICIENT_SCOPE};
use crate::lang::{BadLang, Lang, of_two};
use crate::problem::{FieldError, show, wrong_inputs};
use crate::version::Version;
use crate::{endpoint, lang};

/// The longest value that an error repeats.
const LONGEST_VALUE: usize = 64;

/// A call that was let in.
#[derive(Debug)]
pub(crate) struct Call {
    /// Whose token it is.
    pub(crate) principal: Arc<TokenPrincipal>,
    /// The flow that it belongs to.
    pub(crate) reference: ReferenceId,
    /// The language of the answer.
    pub(crate) lang: Lang,
    /// The version that was called.
    pub(crate) version: Version,
    /// For the use case and its audit record.
    pub(crate) context: Context,
}

impl Call {
    /// Who calls, for the use cases of flows.
    pub(crate) fn caller(&self) -> Result<FlowCaller, Problem> {
        let holder = self.principal.holder;
        let client = holder.client.ok_or_else(|| Problem::internal("a token that is no client's"))?;
        let (family, scope) = (self.principal.family, self.principal.scope);
        Ok(FlowCaller { partner: holder.partner, client, family, scope })
    }
}

/// What each call behind a token sends besides, for the API document.
pub(crate) struct CallParameters;

impl utoipa::IntoParams for CallParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let client_id = ParameterBuilder::new()
            .name("client_id")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some("The client whose token it is."))
            .schema(Some(text()))
            .example(Some("flexitidemo".into()));
        let lang = ParameterBuilder::new()
            .name("lang")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some("The language of every text that a person reads."))
            .schema(Some(text().enum_values(Some(["en", "fr"])).default(Some("en".into()))))
            .example(Some("en".into()));
        let reference = ParameterBuilder::new()
            .name("x-reference-id")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "A GUID that you make up for the flow and send with each of its calls; returned and logged. `merchants/login` makes one when \
                 none is sent; elsewhere it must be there.",
            ))
            .schema(Some(text().pattern(Some("^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"))))
            .example(Some("8848372d-8457-4ca4-9da9-673f1cdd6684".into()));
        [client_id, lang, reference].map(ParameterBuilder::build).into()
    }
}

impl FromRequestParts<HttpState> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Problem> {
        problem_page::show_by(show, parts);
        let given = ReferenceId::given(&parts.headers);
        if let Ok(reference) = &given {
            reference.note(parts);
        }
        let lang = lang::of(&parts.uri);
        let bearer = Bearer::from_request_parts(parts, state).await?;
        let endpoint = parts
            .extensions
            .get::<MatchedPath>()
            .and_then(|route| endpoint::of_route(&parts.method, route.as_str()))
            .ok_or_else(|| Problem::internal("a route behind a token is not in the table of endpoints"))?;
        let spoken = lang.clone().unwrap_or_default();
        if !names_own_client(parts, state, &bearer.principal).await {
            return Err(forbidden(spoken));
        }
        if !endpoint.admits(bearer.principal.scope) {
            return Err(insufficient_scope(spoken));
        }
        let reference = match given {
            Err(BadReference::Missing) if endpoint.reference_optional => {
                let made = ReferenceId::make(state.core().random());
                made.note(parts);
                Ok(made)
            }
            given => given,
        };
        match (reference, lang) {
            (Ok(reference), Ok(lang)) => {
                let context = bearer.context();
                let version = parts.extensions.get().copied().unwrap_or_default();
                Ok(Self { principal: bearer.principal, reference, lang, version, context })
            }
            (reference, lang) => Err(bad_head(parts, reference.err(), lang.err())),
        }
    }
}

/// Whether the client in the address is that of the token. Another's is told apart from none by nobody.
async fn names_own_client(parts: &mut Parts, state: &HttpState, principal: &TokenPrincipal) -> bool {
    let Ok(parameters) = RawPathParams::from_request_parts(parts, state).await else { return false };
    parameters.iter().any(|(name, value)| name == "client_id" && value == principal.oauth_client_id)
}

pub(crate) fn forbidden(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "The access token belongs to another client than the one in the address",
        "Le jeton d'accès appartient à un autre client que celui de l'adresse",
    );
    Problem::new(FORBIDDEN, message)
}

fn insufficient_scope(lang: Lang) -> Problem {
    let message = of_two(
        lang,
        "A token of the scope customer may not call this. Get one of the scope merchant, on the merchant's own server",
        "Un jeton de portée customer ne permet pas cet appel. Obtenez-en un de portée merchant, sur le serveur du marchand",
    );
    Problem::new(INSUFFICIENT_SCOPE, message).with_header(WWW_AUTHENTICATE, bearer::INSUFFICIENT_SCOPE)
}

/// 409 for a reference that is missing, as the API document shows it.
pub(crate) fn missing_reference() -> Problem {
    let parts = http::Request::new(()).into_parts().0;
    bad_head(&parts, Some(BadReference::Missing), None)
}

/// 409 for what is wrong with the reference and the language, all at once.
fn bad_head(parts: &Parts, reference: Option<BadReference>, lang: Option<BadLang>) -> Problem {
    // With a wrong language the answer is in English.
    let spoken = lang::of(&parts.uri).unwrap_or_default();
    let mut errors = Vec::new();
    match reference {
        Some(BadReference::Missing) => errors.push(FieldError {
            param: "x-reference-id",
            msg: of_two(
                spoken,
                "must be there: a GUID that you make up for the flow and send with each of its calls",
                "doit être présent : un GUID que vous créez pour le parcours et envoyez avec chacun de ses appels",
            )
            .into(),
            value: None,
        }),
        Some(BadReference::NoGuid) => errors.push(FieldError {
            param: "x-reference-id",
            msg: of_two(
                spoken,
                "must be one GUID, such as 8848372d-8457-4ca4-9da9-673f1cdd6684",
                "doit être un seul GUID, par exemple 8848372d-8457-4ca4-9da9-673f1cdd6684",
            )
            .into(),
            value: parts
                .headers
                .get(HEADER)
                .map(|value| String::from_utf8_lossy(value.as_bytes()).chars().take(LONGEST_VALUE).collect()),
        }),
        None => {}
    }
    if let Some(BadLang(value)) = lang {
        let msg = "must be en or fr, and there once".into();
        errors.push(FieldError { param: "lang", msg, value: Some(value) });
    }
    wrong_inputs(spoken, &errors)
}
