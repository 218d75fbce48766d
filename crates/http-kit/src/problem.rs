//! Problem bodies: RFC 9457 `application/problem+json`, with the members of the contract's section "Errors".

use std::borrow::Cow;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::Fault;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::code::{self, Code};

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong, as it is told to the caller. Handlers return it as the error; the outermost layer writes it out, because only that
/// knows the request's identifier.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    code: Code,
    detail: Cow<'static, str>,
    faults: Vec<Fault>,
    members: Map<String, Value>,
    headers: HeaderMap,
    cause: Option<String>,
}

impl Problem {
    /// A problem of this kind; `detail` is one sentence that a person can act on.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            faults: Vec::new(),
            members: Map::new(),
            headers: HeaderMap::new(),
            cause: None,
        }))
    }

    /// 400 `validation_failed` with every fault of the body.
    #[must_use]
    pub fn validation(faults: Vec<Fault>) -> Self {
        let detail = match faults.len() {
            1 => Cow::Borrowed("1 field needs attention"),
            many => Cow::Owned(format!("{many} fields need attention")),
        };
        let mut problem = Self::new(code::VALIDATION_FAILED, detail);
        problem.0.faults = faults;
        problem
    }

    /// 500 `internal_error`. The cause goes to the log, never to the caller.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::new(code::INTERNAL_ERROR, "The server failed. Its operator finds the cause by the request id")
            .with_cause(cause)
    }

    /// Adds what really happened, for the log only.
    #[must_use]
    pub fn with_cause(mut self, cause: impl std::fmt::Display) -> Self {
        self.0.cause = Some(cause.to_string());
        self
    }

    /// Adds an extension member (RFC 9457 section 3.2).
    #[must_use]
    pub fn with_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Adds `Retry-After`, in seconds.
    #[must_use]
    pub fn with_retry_after(self, seconds: u64) -> Self {
        self.with_header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// An extension member, when it is there.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.0.members.get(name)
    }

    /// The headers that belong to it.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// When to repeat, in seconds, when it says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<&HeaderValue> {
        self.0.headers.get(RETRY_AFTER)
    }

    /// Whether it says when to repeat.
    #[must_use]
    pub fn has_retry_after(&self) -> bool {
        self.0.headers.contains_key(RETRY_AFTER)
    }

    /// What kind of problem it is.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.code.status
    }

    /// The sentence for the person.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The faults of the body, when it is a validation problem.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.0.faults
    }

    /// What really happened, for the log only.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The body as it is sent with the answer to the request `request_id`.
    #[must_use]
    pub fn body(&self, request_id: &str) -> ProblemBody {
        ProblemBody {
            kind: "about:blank".to_owned(),
            title: self.status().canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status().as_u16(),
            detail: self.0.detail.clone().into_owned(),
            code: self.0.code.name.to_owned(),
            message: self.0.detail.clone().into_owned(),
            request_id: request_id.to_owned(),
            errors: self.0.faults.iter().cloned().map(FieldFault::from).collect(),
            members: self.0.members.clone(),
        }
    }

    /// Writes the problem into `response`, whose other headers stay.
    pub(crate) fn write(self, request_id: &str, response: &mut Response) {
        let bytes = serde_json::to_vec(&self.body(request_id)).unwrap_or_default();
        *response.status_mut() = self.status();
        *response.body_mut() = Body::from(bytes);
        let headers = response.headers_mut();
        headers.remove(CONTENT_LENGTH);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.code().is_of_keys() {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("ApiKey"));
        }
        headers.extend(self.0.headers);
    }
}

impl IntoResponse for Problem {
    /// An answer with the status and no body yet: the outermost layer finds the problem in the extensions and writes it out.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        response.extensions_mut().insert(self);
        response
    }
}

/// A problem (RFC 9457). Every answer of a front with a status of 400 and above has this form.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Always `about:blank`: the `code` tells the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: String,
    /// The name of the HTTP status.
    #[schema(example = "Bad Request")]
    title: String,
    /// The HTTP status.
    #[schema(example = 400, minimum = 400, maximum = 599)]
    status: u16,
    /// One sentence that a person can act on.
    #[schema(example = "2 fields need attention")]
    detail: String,
    /// The kind of problem: stable, in snake case.
    #[schema(example = "validation_failed", pattern = "^[a-z][a-z_]*$")]
    code: String,
    /// The same text as `detail`.
    #[schema(example = "2 fields need attention")]
    message: String,
    /// The identifier of the request, as in the header `X-Request-Id`.
    #[schema(example = "01JD7ZB2Q8W3T5N6R4V9XKMHCE")]
    request_id: String,
    /// Every fault of the body, when the body was refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldFault>,
    /// Members that belong to one kind of problem, such as `clientIdentifier` of `client_exists`.
    #[serde(flatten)]
    members: Map<String, Value>,
}

/// One fault of one field.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldFault {
    /// The path of the field in the body.
    #[schema(example = "client.ibanAccount")]
    field: String,
    /// What is wrong: stable, in snake case.
    #[schema(example = "iban_check_digits", pattern = "^[a-z][a-z_]*$")]
    code: String,
    /// What is wrong and how to mend it, in one sentence.
    #[schema(example = "The IBAN's check digits do not match")]
    message: String,
}

impl From<Fault> for FieldFault {
    fn from(fault: Fault) -> Self {
        Self { field: fault.field.into_owned(), code: fault.code.into_owned(), message: fault.message.into_owned() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fault(field: &'static str) -> Fault {
        Fault { field: field.into(), code: "required".into(), message: "It is needed".into() }
    }

    #[test]
    fn the_body_is_that_of_the_contract() {
        let body = Problem::validation(vec![fault("client.name"), fault("client.email")]).body("01J");
        assert_eq!(
            serde_json::to_value(body).unwrap(),
            json!({
                "type": "about:blank", "title": "Bad Request", "status": 400, "code": "validation_failed",
                "detail": "2 fields need attention", "message": "2 fields need attention", "requestId": "01J",
                "errors": [
                    {"field": "client.name", "code": "required", "message": "It is needed"},
                    {"field": "client.email", "code": "required", "message": "It is needed"},
                ],
            })
        );
        assert_eq!(Problem::validation(vec![fault("a")]).detail(), "1 field needs attention");
    }

    #[test]
    fn extension_members_stand_beside_the_others_and_causes_stay_inside() {
        let problem = Problem::internal("the disk is on fire").with_member("isValid", false);
        let text = serde_json::to_string(&problem.body("01J")).unwrap();
        assert!(text.contains(r#""isValid":false"#) && !text.contains("errors") && !text.contains("fire"), "{text}");
        assert_eq!(problem.cause(), Some("the disk is on fire"));
    }

    #[test]
    fn writing_keeps_the_headers_of_the_answer() {
        let problem = Problem::new(code::API_KEY_MISSING, "Send a key").with_retry_after(3);
        let mut response = problem.clone().into_response();
        response.headers_mut().insert("x-kept", HeaderValue::from_static("yes"));
        problem.write("01J", &mut response);
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(header("content-type").as_deref(), Some("application/problem+json"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(header("www-authenticate").as_deref(), Some("ApiKey"));
        assert_eq!(header("retry-after").as_deref(), Some("3"));
        assert_eq!(header("x-kept").as_deref(), Some("yes"));
    }

    #[test]
    fn the_scheme_of_keys_is_named_where_a_key_would_help() {
        let problem = Problem::new(code::SIGNATURE_INVALID, "The signature is wrong");
        let mut response = problem.clone().into_response();
        problem.write("01J", &mut response);
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers().get(WWW_AUTHENTICATE), None);
    }
}
