//! Parts of the API document that describe what this crate does. Examples of problems are the problems themselves, so they cannot
//! drift from what is answered.

use std::collections::BTreeMap;
use std::fmt::Write;

use http::StatusCode;
use serde_json::Value;
use service::StoreError;
use service::api_key::KeyError;
use service::cursor::BadCursor;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{AllOfBuilder, KnownFormat, Object, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder, Schema};

use crate::caller::{self, Admits};
use crate::condition::{IfMatch, IfNoneMatch, precondition_failed, precondition_required};
use crate::json_body::{BodyLimit, body_too_large, empty, nesting_too_deep, not_a_list, unsupported};
use crate::problem::MEDIA_TYPE;
use crate::rate_limit::too_many;
use crate::request_id::RequestId;
use crate::{Code, HttpSettings, IdempotencyKey, Problem, code, observe, query};

/// The name of the security scheme of keys.
pub const SECURITY_SCHEME: &str = "ApiKey";

/// The request identifier of the examples.
const EXAMPLE_ID: &str = "01JD7ZB2Q8W3T5N6R4V9XKMHCE";

/// The responses of an operation by status.
pub type Responses = BTreeMap<String, RefOr<Response>>;

/// The security scheme of keys.
#[must_use]
pub fn security_scheme() -> SecurityScheme {
    SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
        "X-Api-Key",
        "A key in its UUID form. What it may call depends on its kind: a provisioning token, a partner key or a client key.",
    )))
}

/// What any operation that takes a key can answer.
#[must_use]
pub fn keyed_problems() -> Vec<Problem> {
    let mut problems: Vec<_> = [
        KeyError::Missing,
        KeyError::Malformed,
        KeyError::Unknown,
        KeyError::Revoked,
        KeyError::Expired,
        KeyError::Superseded,
        KeyError::NetworkNotAllowed,
    ]
    .into_iter()
    .map(Problem::from)
    .collect();
    problems.push(too_many("Too many requests were made with this key", 1));
    problems.push(Problem::internal(""));
    problems.push(StoreError::Unavailable { reason: String::new() }.into());
    problems.push(StoreError::Overloaded.into());
    problems.push(observe::timed_out());
    problems
}

/// The responses of an operation that takes the keys of `K`: its `own` problems, and those of every operation with a key.
pub fn keyed_responses<K: Admits>(own: impl IntoIterator<Item = Problem>) -> Responses {
    responses(own.into_iter().chain([caller::refusal::<K>()]).chain(keyed_problems()))
}

/// What any list can answer because of its page.
#[must_use]
pub fn paging_problem() -> Problem {
    Problem::validation(vec![query::out_of_range("limit", &query::PAGE), BadCursor.into()])
}

/// What any operation that takes a JSON body can answer, but for its own faults.
#[must_use]
pub fn body_problems() -> Vec<Problem> {
    vec![
        empty("a JSON object"),
        Problem::new(code::MALFORMED_JSON, "The body is not JSON: expected `,` or `}` at line 3 column 5"),
        Problem::new(code::NOT_AN_OBJECT, "The body must be a JSON object"),
        nesting_too_deep(),
        Problem::new(code::BODY_INCOMPLETE, "The body broke off. Send the request again"),
        body_too_large(BodyLimit(HttpSettings::default().body_limit)),
        unsupported("Send the body with Content-Type: application/json"),
    ]
}

/// What any operation that takes a JSON list can answer, but for its own faults.
#[must_use]
pub fn list_body_problems() -> Vec<Problem> {
    let mut problems = body_problems();
    for problem in &mut problems {
        if problem.code() == code::NOT_AN_OBJECT {
            *problem = not_a_list();
        } else if problem.code() == code::EMPTY_BODY {
            *problem = empty("a JSON list");
        }
    }
    problems
}

/// What a change that takes `If-Match` can answer besides.
#[must_use]
pub fn condition_problems() -> Vec<Problem> {
    vec![precondition_failed(), precondition_required()]
}

/// The responses of `problems`: one for each status, with an example for each code.
pub fn responses(problems: impl IntoIterator<Item = Problem>) -> Responses {
    let mut by_status: BTreeMap<StatusCode, Vec<Problem>> = BTreeMap::new();
    for problem in problems {
        by_status.entry(problem.status()).or_default().push(problem);
    }
    by_status
        .into_iter()
        .map(|(status, problems)| (status.as_u16().to_string(), response(status, &problems).into()))
        .collect()
}

fn response(status: StatusCode, problems: &[Problem]) -> Response {
    let mut description = status.canonical_reason().unwrap_or("Error").to_owned();
    for problem in problems {
        let _ = write!(description, "\n\n- `{}`: {}", problem.code().name, problem.code().meaning);
    }
    let examples = problems.iter().map(|problem| {
        let body = serde_json::to_value(problem.body(EXAMPLE_ID)).unwrap_or_default();
        (problem.code().name, ExampleBuilder::new().summary(problem.code().meaning).value(Some(body)))
    });
    let content = ContentBuilder::new().schema(Some(problem_schema())).examples_from_iter(examples).build();
    let mut response = ResponseBuilder::new().description(description).content(MEDIA_TYPE, content);
    if status == StatusCode::UNAUTHORIZED {
        response = response.header("WWW-Authenticate", header(Type::String, "The scheme of keys", "ApiKey"));
    }
    if problems.iter().any(Problem::has_retry_after) {
        response = response.header("Retry-After", header(Type::Integer, "Seconds to wait before a repeat", 1));
    }
    response.build()
}

fn problem_schema() -> RefOr<Schema> {
    Ref::from_schema_name("Problem").into()
}

/// Tells in the response with `status` that its problem may have these further members.
pub fn add_members(
    responses: &mut Responses,
    status: StatusCode,
    members: impl IntoIterator<Item = (&'static str, ObjectBuilder)>,
) {
    let further =
        members.into_iter().fold(ObjectBuilder::new(), |object, (name, schema)| object.property(name, schema));
    let both = AllOfBuilder::new().item(problem_schema()).item(further);
    if let Some(RefOr::T(response)) = responses.get_mut(status.as_str())
        && let Some(RefOr::T(content)) = response.content.get_mut(MEDIA_TYPE)
    {
        content.schema = Some(both.into());
    }
}

fn header(kind: Type, description: &str, example: impl Into<Value>) -> utoipa::openapi::Header {
    HeaderBuilder::new()
        .schema(Some(Object::with_type(kind)))
        .description(Some(description))
        .example(Some(example.into()))
        .build()
}

/// Adds to every response of `api` the headers that the outermost layer gives it.
pub fn add_common_headers(api: &mut OpenApi) {
    for operation in api.paths.paths.values_mut().flat_map(operations) {
        let keyed = operation.security.as_ref().is_some_and(|security| !security.is_empty());
        for response in operation.responses.responses.values_mut() {
            let RefOr::T(response) = response else { continue };
            let mut add = |name: &str, header| {
                response.headers.entry(name.to_owned()).or_insert(RefOr::T(header));
            };
            add("X-Request-Id", header(Type::String, "The identifier of the request, as given or made", EXAMPLE_ID));
            if keyed {
                add(
                    "RateLimit-Limit",
                    header(Type::Integer, "How many requests the key may make at once after a pause", 100),
                );
                add("RateLimit-Remaining", header(Type::Integer, "How many requests the key may make now", 99));
                add("RateLimit-Reset", header(Type::Integer, "Seconds until the whole limit may be used again", 1));
            }
        }
    }
}

/// The operations of one path.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, options, head, patch, trace, .. } = item;
    [get, put, post, delete, options, head, patch, trace].into_iter().flatten()
}

/// The table of `codes` in Markdown, for the description of an API.
#[must_use]
pub fn code_table<'c>(codes: impl IntoIterator<Item = &'c Code>) -> String {
    let mut table = "| code | status | meaning |\n| --- | --- | --- |\n".to_owned();
    for code in codes {
        let _ = writeln!(table, "| `{}` | {} | {} |", code.name, code.status.as_u16(), code.meaning);
    }
    table
}

fn header_parameter(name: &str, description: &str, schema: ObjectBuilder, example: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema.schema_type(Type::String)))
        .example(Some(example.into()))
        .build()
}

impl utoipa::IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new().min_length(Some(1)).max_length(Some(255)).pattern(Some("^[ -~]+$"));
        let description = "A name of this attempt, up to 255 printable ASCII characters. A repeat with the same name and the same \
            body does nothing again and gets the first answer, with `Idempotent-Replayed: true`, for 24 hours.";
        vec![header_parameter("Idempotency-Key", description, schema, "5f0c7d8e-5b1c-4b62-9c64-1d3d2a0e7f11")]
    }
}

impl utoipa::IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "The `ETag` of the version that the change is meant for, with its quotes; several with commas; or `*` for \
            whichever is there. Without it the request is refused (428), and with the tag of another version as well (412).";
        let mut parameter = header_parameter("If-Match", description, ObjectBuilder::new(), "\"v1\"");
        parameter.required = Required::True;
        vec![parameter]
    }
}

impl utoipa::IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description =
            "The `ETag` of the version that you have. While it is the current one, the answer is 304 without a body.";
        vec![header_parameter("If-None-Match", description, ObjectBuilder::new(), "\"v1\"")]
    }
}

/// A parameter of a query: a text.
#[must_use]
pub fn query_parameter(
    name: &str,
    description: &str,
    schema: impl Into<RefOr<Schema>>,
    example: impl Into<Value>,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .example(Some(example.into()))
        .build()
}

/// The parameters of every list.
#[must_use]
pub fn paging_parameters() -> Vec<Parameter> {
    let (least, most) = (*query::PAGE.start(), *query::PAGE.end());
    let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least)).maximum(Some(most));
    let number = number.default(Some(query::USUAL_PAGE.into()));
    let limit = query_parameter("limit", "The most entries of the page.", number, query::USUAL_PAGE);
    let text = ObjectBuilder::new().schema_type(Type::String);
    let description = "`nextCursor` of the page before, as it is. Without it the first page is given.";
    vec![limit, query_parameter("cursor", description, text, "")]
}

impl utoipa::IntoParams for RequestId {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Your name of this request, for logs on both sides: 1 to 128 characters out of letters, digits, `.`, `_` \
            and `-`. Any other is passed over and one is made.";
        vec![header_parameter("X-Request-Id", description, ObjectBuilder::new(), "order-4711")]
    }
}

/// The schema of a text with one of these values.
pub fn one_of(values: impl IntoIterator<Item = &'static str>, description: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values)).description(Some(description)).build()
}

/// The schema of a time in RFC 3339.
#[must_use]
pub fn time(description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .description(Some(description))
        .build()
}

/// The schema of a calendar date, or null where that may be.
#[must_use]
pub fn date(description: &str, nullable: bool) -> Object {
    let kind = if nullable { SchemaType::from_iter([Type::String, Type::Null]) } else { SchemaType::new(Type::String) };
    ObjectBuilder::new()
        .schema_type(kind)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .description(Some(description))
        .build()
}

/// The schema of a time in RFC 3339, or null.
#[must_use]
pub fn time_or_null(description: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .description(Some(description))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_is_one_response_with_an_example_for_each_code() {
        let responses = responses(keyed_problems().into_iter().chain(body_problems()));
        let statuses: Vec<_> = responses.keys().map(String::as_str).collect();
        assert_eq!(statuses, ["400", "401", "403", "413", "415", "429", "500", "503"]);
        let json = serde_json::to_value(&responses).unwrap();
        let examples = &json["401"]["content"][MEDIA_TYPE]["examples"];
        assert_eq!(examples["token_expired"]["value"]["code"], "token_expired");
        assert_eq!(examples.as_object().unwrap().len(), 6);
        assert!(json["401"]["headers"]["WWW-Authenticate"].is_object());
        assert!(json["503"]["headers"]["Retry-After"].is_object());
        assert!(json["400"]["headers"].is_null());
    }

    #[test]
    fn a_problem_has_each_of_its_further_members() {
        let mut responses = keyed_responses::<caller::PartnerKey>([]);
        let text = || ObjectBuilder::new().schema_type(Type::String);
        add_members(&mut responses, StatusCode::FORBIDDEN, [("a", text()), ("b", text())]);
        let json = serde_json::to_value(&responses).unwrap();
        let content = &json["403"]["content"][MEDIA_TYPE];
        let further = content["schema"]["allOf"][1]["properties"].as_object().unwrap();
        assert_eq!(further.keys().collect::<Vec<_>>(), ["a", "b"]);
        let refusal = &content["examples"]["forbidden_for_key"]["value"]["message"];
        assert_eq!(refusal, "A client key may not call this. Use a partner key");
    }

    #[test]
    fn the_body_that_is_missing_is_named() {
        let details = |problems: Vec<Problem>| problems[0].detail().to_owned();
        assert_eq!(details(body_problems()), "The request needs a body: a JSON object");
        assert_eq!(details(list_body_problems()), "The request needs a body: a JSON list");
    }

    #[test]
    fn the_table_has_a_line_for_each_code() {
        let table = code_table(code::ALL);
        assert_eq!(table.lines().count(), code::ALL.len() + 2);
        assert!(table.contains("| `rate_limited` | 429 |"));
    }
}
