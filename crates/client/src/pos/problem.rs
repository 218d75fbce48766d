//! The two forms that errors of the point-of-sale API have: that of the calls, and that of the token endpoint.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::receive::Answer;

/// Why a call behind a token was refused: the contract's `{"url", "error", "message", "field_errors"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PosProblem {
    /// The HTTP status.
    pub status: u16,
    /// Why, stable: `wrong_inputs`. Decide by this, never by a text.
    pub error: String,
    /// The same in a sentence for a person, in the language of the flow.
    pub message: String,
    /// The address that was called.
    pub url: Option<String>,
    /// Every input that is wrong, when that is the reason.
    pub field_errors: Vec<FieldError>,
    /// The flow, as the answer names it.
    pub reference_id: Option<String>,
    /// Names this request in the server's log: quote it when asking for help.
    pub request_id: Option<String>,
}

/// One wrong input. Its `Debug` does not show the value, which may be personal.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FieldError {
    /// Its name: `dob`.
    #[serde(default)]
    pub param: String,
    /// What it must be, for a person.
    #[serde(default)]
    pub msg: String,
    /// What was sent, cut where it is long; never a secret.
    #[serde(default, deserialize_with = "text_of_any")]
    pub value: Option<String>,
}

/// Why the token endpoint refused a request (RFC 6749 section 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OauthProblem {
    /// The HTTP status.
    pub status: u16,
    /// Why, stable: `invalid_client`.
    pub error: String,
    /// `error_description`: the same in a sentence, in English.
    pub description: Option<String>,
    /// The same for a person, in the language of the client.
    pub message: Option<String>,
    /// The flow that the server counted the request to.
    pub reference_id: Option<String>,
    /// Names this request in the server's log: quote it when asking for help.
    pub request_id: Option<String>,
}

fn text_of_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

/// The members of an error that matter here.
#[derive(Deserialize)]
struct Body {
    error: String,
    message: Option<String>,
    url: Option<String>,
    field_errors: Option<Value>,
    /// The name that the prose of the public documentation has for it.
    error_fields: Option<Value>,
    error_description: Option<String>,
}

impl Body {
    fn field_errors(&mut self) -> Vec<FieldError> {
        // Of another form they are passed over: they must not cost the error itself.
        let lists = [self.field_errors.take(), self.error_fields.take()].into_iter().flatten();
        lists.flat_map(|list| serde_json::from_value::<Vec<FieldError>>(list).unwrap_or_default()).collect()
    }
}

impl PosProblem {
    /// The error that an answer is. `None` when its body is none of the API's: a page of a proxy on the way, for instance, which must not be
    /// taken for the API's word on a token.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let mut body: Body = serde_json::from_slice(&answer.body).ok()?;
        let field_errors = body.field_errors();
        Some(Self {
            status: answer.status.as_u16(),
            error: body.error,
            message: body.message?,
            url: body.url,
            field_errors,
            reference_id: answer.reference_id.clone(),
            request_id: answer.request_id.clone(),
        })
    }
}

impl OauthProblem {
    /// The error that an answer of the token endpoint is. `None` as in [`PosProblem::of`].
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let body: Body = serde_json::from_slice(&answer.body).ok()?;
        Some(Self {
            status: answer.status.as_u16(),
            error: body.error,
            description: body.error_description,
            message: body.message,
            reference_id: answer.reference_id.clone(),
            request_id: answer.request_id.clone(),
        })
    }
}

/// The names that a problem has beside its words.
fn write_names(f: &mut fmt::Formatter<'_>, reference: Option<&str>, request: Option<&str>) -> fmt::Result {
    match (reference, request) {
        (Some(reference), Some(request)) => write!(f, " (reference {reference}, request {request})"),
        (Some(reference), None) => write!(f, " (reference {reference})"),
        (None, Some(request)) => write!(f, " (request {request})"),
        (None, None) => Ok(()),
    }
}

impl fmt::Display for PosProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.error, self.message)?;
        for (i, fault) in self.field_errors.iter().enumerate() {
            write!(f, "{} {}: {}", if i == 0 { ";" } else { "," }, fault.param, fault.msg)?;
        }
        write_names(f, self.reference_id.as_deref(), self.request_id.as_deref())
    }
}

impl fmt::Display for OauthProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.error)?;
        if let Some(words) = self.message.as_ref().or(self.description.as_ref()) {
            write!(f, ": {words}")?;
        }
        write_names(f, self.reference_id.as_deref(), self.request_id.as_deref())
    }
}

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldError").field("param", &self.param).field("msg", &self.msg).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use zeroize::Zeroizing;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            content_type: None,
            retry_after: None,
            etag: None,
            links: Vec::new(),
            request_id: Some("01J".to_owned()),
            reference_id: Some("8848372d".to_owned()),
            body: Zeroizing::new(body.as_bytes().to_vec()),
        }
    }

    #[test]
    fn shows_error_message_inputs_and_names_but_no_value() {
        for name in ["field_errors", "error_fields"] {
            let body = format!(
                r#"{{"url":"/flexiti/apply","error":"wrong_inputs","message":"Some inputs are wrong",
                "{name}":[{{"param":"dob","msg":"must be past","value":"12-31-1999","type":"date"}},{{"param":"lang","msg":"en or fr","value":7}}]}}"#
            );
            let problem = PosProblem::of(&answer(409, &body)).unwrap();
            assert_eq!(
                problem.to_string(),
                "409 wrong_inputs: Some inputs are wrong; dob: must be past, lang: en or fr (reference 8848372d, request 01J)"
            );
            let values: Vec<_> = problem.field_errors.iter().map(|fault| fault.value.as_deref()).collect();
            assert_eq!(values, [Some("12-31-1999"), Some("7")]);
            assert!(!format!("{problem:?}").contains("12-31-1999"));
        }
    }

    #[test]
    fn message_and_error_are_enough() {
        let problem = PosProblem::of(&answer(401, r#"{"error":"invalid_token","message":"No","field_errors":"x"}"#));
        let problem = problem.unwrap();
        assert_eq!((problem.error.as_str(), problem.url, problem.field_errors), ("invalid_token", None, Vec::new()));
        for body in ["", "<html>", "{}", "[]", "null", r#"{"message":"no"}"#, r#"{"error":"no"}"#, r#"{"error":7}"#] {
            assert_eq!(PosProblem::of(&answer(502, body)), None, "{body}");
        }
    }

    #[test]
    fn an_oauth_error_needs_its_name_only() {
        let told = r#"{"error":"invalid_client","error_description":"Wrong","message":"Faux"}"#;
        let problem = OauthProblem::of(&answer(400, told)).unwrap();
        assert_eq!(problem.to_string(), "400 invalid_client: Faux (reference 8848372d, request 01J)");
        assert_eq!(problem.description.as_deref(), Some("Wrong"));
        let bare = OauthProblem { reference_id: None, ..OauthProblem::of(&answer(400, r#"{"error":"x"}"#)).unwrap() };
        assert_eq!(bare.to_string(), "400 x (request 01J)");
        assert_eq!(OauthProblem::of(&answer(400, "{}")), None);
    }
}
