//! Problem bodies (RFC 9457), as the contract's section "Errors" extends them.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// Why the API refused a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// Why, stable, in snake case: decide by this, never by a text.
    pub code: String,
    /// Why and what to do, in one sentence for a person.
    pub message: String,
    /// Names this request in the server's log: quote it when asking for help.
    pub request_id: Option<String>,
    /// Every fault of the input, when that is the reason.
    pub faults: Vec<Fault>,
}

/// One fault of the input.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Fault {
    /// The path of the field in the body: `client.ibanAccount`.
    #[serde(default)]
    pub field: String,
    /// What is wrong, stable, in snake case: `iban_check_digits`.
    #[serde(default)]
    pub code: String,
    /// What is wrong and how to mend it, for a person.
    #[serde(default)]
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.message)?;
        for (i, fault) in self.faults.iter().enumerate() {
            write!(f, "{} {}: {}", if i == 0 { ";" } else { "," }, fault.field, fault.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

/// An agreement that another creditor has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct TakenAgreement {
    /// The name of the system.
    pub system: String,
    /// The identifier in it.
    pub identifier: String,
}

/// The members of a problem body that matter here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    code: String,
    message: Option<String>,
    detail: Option<String>,
    title: Option<String>,
    request_id: Option<String>,
    #[serde(default)]
    errors: Vec<Fault>,
    client_identifier: Option<u64>,
    agreement: Option<Value>,
    invoice_id: Option<Value>,
}

/// The members that belong to one kind of problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Members {
    /// The client that is there, of `client_exists` and `agreement_taken`.
    pub(crate) client_identifier: Option<u64>,
    /// The agreement of `agreement_taken`.
    pub(crate) agreement: Option<TakenAgreement>,
    /// The invoice that is there, of `invoice_exists`.
    pub(crate) invoice_id: Option<Uuid>,
}

/// A problem body, and the members that its kind has besides. `None` when `body` is none of the API's: an error
/// of a proxy on the way, for instance, which must not be taken for the API's word on the key or the input.
pub(crate) fn parse(status: u16, body: &[u8]) -> Option<(Problem, Members)> {
    let body: Body = serde_json::from_slice(body).ok()?;
    let message = body.message.or(body.detail).or(body.title).unwrap_or_default();
    let problem = Problem { status, code: body.code, message, request_id: body.request_id, faults: body.errors };
    // One of another form is of a kind of problem that this version of the crate does not know.
    let agreement = body.agreement.and_then(|agreement| serde_json::from_value(agreement).ok());
    let invoice_id = body.invoice_id.and_then(|id| serde_json::from_value(id).ok());
    Some((problem, Members { client_identifier: body.client_identifier, agreement, invoice_id }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_code_message_faults_and_request() {
        let body =
            br#"{"type":"about:blank","title":"Bad Request","status":400,"code":"validation_failed","requestId":"01J",
            "message":"2 fields need attention","detail":"2 fields need attention","errors":[
            {"field":"client.ibanAccount","code":"iban_check_digits","message":"The IBAN's check digits do not match"},
            {"field":"contacts.primary.name","code":"required","message":"A primary contact needs a name"}]}"#;
        let (problem, members) = parse(400, body).unwrap();
        assert_eq!(members, Members::default());
        assert_eq!(
            problem.to_string(),
            "400 validation_failed: 2 fields need attention; client.ibanAccount: The IBAN's check digits do not match, \
             contacts.primary.name: A primary contact needs a name (request 01J)"
        );
    }

    #[test]
    fn members_of_one_kind_are_read_where_they_have_their_form() {
        let body =
            br#"{"code":"agreement_taken","clientIdentifier":7,"agreement":{"system":"ERP","identifier":"A-1","x":1}}"#;
        let (_, members) = parse(409, body).unwrap();
        let agreement = TakenAgreement { system: "ERP".into(), identifier: "A-1".into() };
        assert_eq!(members, Members { client_identifier: Some(7), agreement: Some(agreement), invoice_id: None });
        let (problem, members) = parse(409, br#"{"code":"signed","agreement":"A-1"}"#).unwrap();
        assert_eq!((&*problem.code, members), ("signed", Members::default()));
        let invoice = br#"{"code":"invoice_exists","invoiceId":"0198a3c2-7c1e-7d30-9a44-0c53a1c1d0aa"}"#;
        assert!(parse(409, invoice).unwrap().1.invoice_id.is_some());
        assert_eq!(parse(409, br#"{"code":"invoice_exists","invoiceId":7}"#).unwrap().1, Members::default());
    }

    #[test]
    fn falls_back_on_detail_then_title() {
        assert_eq!(parse(500, br#"{"code":"a","title":"T","detail":"D"}"#).unwrap().0.message, "D");
        assert_eq!(parse(500, br#"{"code":"a","title":"T"}"#).unwrap().0.message, "T");
    }

    #[test]
    fn what_has_no_code_is_no_problem_of_this_api() {
        for body in ["", "<html>", "{}", "[]", "null", r#"{"message":"no"}"#, r#"{"code":7}"#] {
            assert_eq!(parse(502, body.as_bytes()), None, "{body}");
        }
    }
}
