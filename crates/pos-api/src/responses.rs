//! Parts of the API document that tell what goes wrong. The examples are the problems themselves.

use std::collections::BTreeMap;

use http::StatusCode;
use http_kit::openapi::Responses;
use http_kit::{Problem, code};
use serde_json::Value;
use service::StoreError;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::{ContentBuilder, Object, Ref, ResponseBuilder, Type};

/// The form that problems have.
pub(crate) struct Form {
    /// The name of its schema.
    pub(crate) schema: &'static str,
    /// What a problem is named.
    pub(crate) name: fn(&Problem) -> &'static str,
    /// The body of a problem.
    pub(crate) body: fn(&Problem) -> Value,
}

/// 429 for whoever calls too often.
pub(crate) fn rate_limited() -> Problem {
    Problem::new(code::RATE_LIMITED, "Too many requests. Go on in 1 s").with_retry_after(1)
}

impl Form {
    /// The responses of `own` problems, and of those that any request may meet.
    pub(crate) fn responses(&self, own: impl IntoIterator<Item = Problem>) -> Responses {
        let ours = [Problem::internal(""), StoreError::Overloaded.into()];
        let mut by_status: BTreeMap<StatusCode, Vec<Problem>> = BTreeMap::new();
        for problem in own.into_iter().chain(ours) {
            by_status.entry(problem.status()).or_default().push(problem);
        }
        let response = |(status, problems): (StatusCode, Vec<Problem>)| {
            let examples = problems.iter().map(|problem| {
                let example = ExampleBuilder::new().summary(problem.code().meaning).value(Some((self.body)(problem)));
                ((self.name)(problem), example)
            });
            let schema = Ref::from_schema_name(self.schema);
            let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build();
            let mut response = ResponseBuilder::new()
                .description(status.canonical_reason().unwrap_or("Error"))
                .content("application/json", content);
            if problems.iter().any(Problem::has_retry_after) {
                let header = HeaderBuilder::new().schema(Some(Object::with_type(Type::Integer)));
                let header = header.description(Some("Seconds to wait before a repeat")).build();
                response = response.header("Retry-After", header);
            }
            (status.as_u16().to_string(), response.build().into())
        };
        by_status.into_iter().map(response).collect()
    }
}
