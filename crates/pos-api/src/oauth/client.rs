//! A request of a client that proves itself by its secret: in the form, or by HTTP Basic (RFC 6749 section 2.3.1).

use axum::extract::{FromRequest, FromRequestParts, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Secret;
use domain::api_key::KeyHolder;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http_kit::reference_id::{BadReference, ReferenceId};
use http_kit::{FormBody, HttpState, Problem, Visitor, bearer};
use percent_encoding::percent_decode_str;
use service::Context;
use service::oauth_token::{OauthClient, OauthClientError};
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::error::{Here, Refusal};
use crate::lang;

/// A client that has proved itself, and what it sends.
pub(crate) struct ClientCall {
    pub(crate) client: OauthClient,
    pub(crate) form: FormBody,
    pub(crate) context: Context,
}

/// What may be sent beside the form, for the API document.
pub(crate) struct FlowParameters;

impl utoipa::IntoParams for FlowParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let parameter = |name: &str, place, description: &str, schema: ObjectBuilder, example: &str| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(place)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(schema.schema_type(Type::String)))
                .example(Some(example.into()))
                .build()
        };
        let reference = "A GUID of the flow, returned and logged. One is made when none is sent.";
        let guid = ObjectBuilder::new().pattern(Some("^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"));
        let lang = ObjectBuilder::new().enum_values(Some(["en", "fr"])).default(Some("en".into()));
        vec![
            parameter("lang", ParameterIn::Query, "The language of `message`.", lang, "en"),
            parameter("x-reference-id", ParameterIn::Header, reference, guid, "8848372d-8457-4ca4-9da9-673f1cdd6684"),
        ]
    }
}

/// What a client says of itself.
struct Credentials {
    id: String,
    secret: Secret<String>,
    basic: bool,
}

impl FromRequest<HttpState> for ClientCall {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &HttpState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let Ok(Here) = Here::from_request_parts(&mut parts, state).await;
        note_reference(&parts, state)?;
        let visitor = Visitor::from_request_parts(&mut parts, state).await?;
        if has_parameters(&parts) {
            return Err(Refusal::QueryParameters.into());
        }
        let form = FormBody::read(&parts.headers, body).await.map_err(Refusal::Form)?;
        let credentials = credentials(&parts, &form)?;
        let context = visitor.context("oauth");
        let (id, secret) = (&credentials.id, credentials.secret.expose());
        let client = state.core().authenticate_oauth_client(id, secret, &context).await.map_err(|error| {
            if matches!(error, OauthClientError::Unknown) {
                visitor.guessed(state);
            }
            Refusal::of_client(error, credentials.basic)
        })?;
        bearer::count_client(&parts, state, KeyHolder { partner: client.partner, client: Some(client.client) })?;
        Ok(Self { client, form, context })
    }
}

/// Takes or makes the reference of the flow: standard libraries send none. One that is sent must be right, like `lang`.
fn note_reference(parts: &Parts, state: &HttpState) -> Result<(), Refusal> {
    let reference = match ReferenceId::given(&parts.headers) {
        Err(BadReference::Missing) => Ok(ReferenceId::make(state.core().random())),
        given => given,
    };
    let lang = lang::of(&parts.uri);
    if let Ok(reference) = &reference {
        reference.note(parts);
    }
    match (reference, lang) {
        (Ok(_), Ok(_)) => Ok(()),
        (reference, lang) => Err(Refusal::Head { reference: reference.is_err(), lang: lang.is_err() }),
    }
}

/// Whether the address has any parameter but `lang`.
fn has_parameters(parts: &Parts) -> bool {
    let pairs = parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.into_iter().any(|pair| pair.split('=').next() != Some("lang"))
}

fn credentials(parts: &Parts, form: &FormBody) -> Result<Credentials, Refusal> {
    let (id, secret) = (form.get("client_id"), form.get("client_secret"));
    let Some(mut basic) = basic(parts)? else {
        let (Some(id), Some(secret)) = (id, secret) else { return Err(Refusal::NoCredentials) };
        return Ok(Credentials { id: id.to_owned(), secret: Secret::new(secret.to_owned()), basic: false });
    };
    // The name may be repeated, as some libraries do; the secret may not.
    if secret.is_some() || id.is_some_and(|id| id != basic.id) {
        return Err(Refusal::BothMethods);
    }
    basic.basic = true;
    Ok(basic)
}

/// The credentials in the header. Both parts are percent-encoded first, says the RFC, and many libraries don't. A `+` stands for itself and
/// not for a space: neither a name nor a secret has spaces, and an encoder that is right writes `%2B` for a plus.
fn basic(parts: &Parts) -> Result<Option<Credentials>, Refusal> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::NoBasic);
    }
    let read = || {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        let octets = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok()).flatten()?;
        let text = Secret::new(String::from_utf8(octets).ok()?);
        let (id, secret) = text.expose().split_once(':')?;
        let decoded = |part| percent_decode_str(part).decode_utf8().ok().map(|text| text.into_owned());
        Some(Credentials { id: decoded(id)?, secret: Secret::new(decoded(secret)?), basic: true })
    };
    read().map(Some).ok_or(Refusal::NoBasic)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn read(value: &str) -> Result<Option<(String, String)>, Refusal> {
        let request = Request::builder().header(AUTHORIZATION, value).body(Body::empty()).unwrap();
        let (parts, _) = request.into_parts();
        basic(&parts).map(|it| it.map(|it| (it.id, it.secret.expose().clone())))
    }

    fn of(text: &str) -> Result<Option<(String, String)>, Refusal> {
        read(&format!("Basic {}", STANDARD.encode(text)))
    }

    #[test]
    fn basic_is_read_encoded_or_not() {
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(of("flexitidemo:77fde15a-9d33").unwrap(), pair("flexitidemo", "77fde15a-9d33"));
        assert_eq!(of("flexitidemo:77fde15a%2D9d33").unwrap(), pair("flexitidemo", "77fde15a-9d33"));
        assert_eq!(of("a%3Ab%25:c:d").unwrap(), pair("a:b%", "c:d"));
        assert_eq!(of("a+b%2Bc:").unwrap(), pair("a+b+c", ""));
        assert_eq!(of("caf%C3%A9:100%").unwrap(), pair("café", "100%"));
    }

    #[test]
    fn anything_else_is_none() {
        for wrong in ["Basic", "Basic ?", "Bearer YTpi", "Basic YQ==", "YTpi"] {
            assert!(matches!(read(wrong), Err(Refusal::NoBasic)), "{wrong}");
        }
        assert!(matches!(of("a%ff:b"), Err(Refusal::NoBasic)));
    }
}
