//! The creditor that an address names.

use axum::extract::{FromRequestParts, Path};
use domain::identifier::ClientIdentifier;
use http::request::Parts;
use http_kit::Problem;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// `{clientIdentifier}` of the path. What is no number is answered like a creditor that is not there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CreditorPath(pub(crate) ClientIdentifier);

impl<S: Send + Sync> FromRequestParts<S> for CreditorPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| not_found())?;
        let number: i64 = text.parse().map_err(|_| not_found())?;
        // One creditor, one address: no `+7` and no `007`.
        if number.to_string() == text { Ok(Self(ClientIdentifier(number))) } else { Err(not_found()) }
    }
}

/// 404, with the same words for a creditor of another partner and for none.
pub(crate) fn not_found() -> Problem {
    Problem::new(http_kit::code::NOT_FOUND, "You have no such creditor. GET /creditors lists those that you have")
}

impl utoipa::IntoParams for CreditorPath {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        vec![
            ParameterBuilder::new()
                .name("clientIdentifier")
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some("The creditor, as `clientIdentifier` names it."))
                .schema(Some(schema))
                .example(Some(100_001.into()))
                .build(),
        ]
    }
}
