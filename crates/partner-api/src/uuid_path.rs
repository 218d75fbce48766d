//! The record that an address names by a UUID.

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use http_kit::Problem;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, SchemaFormat, Type};
use uuid::Uuid;

/// A kind of record that addresses name by a UUID.
pub(crate) trait Named {
    /// The name of the parameter, such as `smsId`.
    const PARAMETER: &'static str;
    /// What a caller reads who has no such record.
    const NOT_FOUND: &'static str;
}

/// The identifier in the path. What is no UUID in its hyphenated form is answered like a record that is not there.
pub(crate) struct UuidPath<N> {
    pub(crate) id: Uuid,
    names: PhantomData<fn() -> N>,
}

impl<S: Send + Sync, N: Named> FromRequestParts<S> for UuidPath<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // A path that is no UTF-8 is refused by the first of these.
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| not_found::<N>())?;
        match Uuid::try_parse(&text) {
            Ok(id) if text.len() == uuid::fmt::Hyphenated::LENGTH => Ok(Self { id, names: PhantomData }),
            _ => Err(not_found::<N>()),
        }
    }
}

/// 404, with the same words for a record of another partner and for none.
pub(crate) fn not_found<N: Named>() -> Problem {
    Problem::new(http_kit::code::NOT_FOUND, N::NOT_FOUND)
}

impl<N: Named> utoipa::IntoParams for UuidPath<N> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::Custom("uuid".to_owned())));
        vec![
            ParameterBuilder::new()
                .name(N::PARAMETER)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some("Its identifier."))
                .schema(Some(schema))
                .example(Some("019aa3b2-6c0e-7cc0-8d5e-3f1f3f1b7a10".into()))
                .build(),
        ]
    }
}
