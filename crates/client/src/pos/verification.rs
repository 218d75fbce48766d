//! One-time codes, by which a customer at a till is verified.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::error::PosError;
use super::flow::{Flow, json};
use crate::api_key::Secret;

/// How a customer is to be verified, and for what. Its `Debug` shows no card and no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How.
    pub format: VerificationFormat,
    /// As you call the request, of 40 characters at most. The purchase or payment that the code is for has the same.
    pub request_id: String,
    /// The 16 digits of the card, where it is there: it must be of the account.
    pub vcc_number: Option<Secret>,
}

/// How a customer is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerificationFormat {
    /// The code is mailed to the customer, who tells it to the till.
    Email,
    /// The same by a short message.
    Sms,
    /// The code is answered, because the customer knows the answer to a question.
    SecurityQuestion {
        /// The code of the question: [`Customer::security_qid`](super::Customer::security_qid).
        security_qid: String,
        /// The customer's answer.
        security_answer: Secret,
    },
    /// The code is answered without a look at the customer, and good for a small regular purchase:
    /// [`RegularPurchase::verify`](super::RegularPurchase::verify) tells whether.
    RegularPurchaseBypass,
    /// The code is answered, because the merchant's staff vouches for the customer.
    MerchantOverride,
}

impl VerificationFormat {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::SecurityQuestion { .. } => "security_question",
            Self::RegularPurchaseBypass => "regular_purchase_bypass",
            Self::MerchantOverride => "merchant_override",
        }
    }
}

/// What has become of a code. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerificationCode {
    /// The customer was sent it. The word of the server: `verification_sent_to_sms`.
    Sent(String),
    /// This is it.
    Code(Secret),
}

impl VerificationCode {
    /// The code, where the till was told it.
    #[must_use]
    pub const fn code(&self) -> Option<&Secret> {
        match self {
            Self::Sent(_) => None,
            Self::Code(code) => Some(code),
        }
    }
}

#[derive(Serialize)]
struct VerificationBody<'a> {
    format: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vcc_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_qid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_answer: Option<&'a str>,
}

#[derive(Deserialize)]
struct VerificationAnswer {
    verification_code: VerificationCode,
}

impl<'de> Deserialize<'de> for VerificationCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Number(code) => Ok(Self::Code(code.to_string().into())),
            // A code with a zero before it can't be a number.
            Value::String(code) if !code.is_empty() && code.bytes().all(|digit| digit.is_ascii_digit()) => {
                Ok(Self::Code(code.into()))
            }
            Value::String(word) => Ok(Self::Sent(word)),
            _ => Err(serde::de::Error::custom("neither a code nor a word")),
        }
    }
}

impl fmt::Debug for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent(word) => f.debug_tuple("Sent").field(word).finish(),
            Self::Code(code) => f.debug_tuple("Code").field(code).finish(),
        }
    }
}

impl Flow {
    /// Has a one-time code made for the holder of an account: the customer is sent it, or the till is told it, as the format says. It takes the
    /// place of an earlier one of the same request, works once and for ten minutes, and not after three wrong ones. In a sandbox the one that
    /// is sent is 2222.
    ///
    /// The server makes a code each time that it is asked, so this is not tried again where an earlier try may have arrived. Who calls it again
    /// after such an error has the customer sent another code, and only that one works.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{PosClient, PosError, Proof, Verification, VerificationFormat};
    /// # async fn run(till: PosClient, account_number: u64, told_by_the_customer: &str) -> Result<(), PosError> {
    /// let flow = till.flow();
    /// let request_id = "till-7-000123".to_owned();
    /// let verification = Verification { format: VerificationFormat::Sms, request_id: request_id.clone(), vcc_number: None };
    /// flow.verify(account_number, &verification).await?;
    /// let proof = Proof::Code { verification_code: told_by_the_customer.into(), request_id };
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::Refused`], of which [`PosError::name`] tells why: the answer is another one, the format is not allowed here, codes can't be
    /// sent by it, there were too many, the card is another account's, or the account is closed. [`PosError::NotFound`] when there is no such
    /// account.
    pub async fn verify(&self, account_number: u64, verification: &Verification) -> Result<VerificationCode, PosError> {
        let (security_qid, security_answer) = match &verification.format {
            VerificationFormat::SecurityQuestion { security_qid, security_answer } => {
                (Some(security_qid.as_str()), Some(security_answer.expose()))
            }
            _ => (None, None),
        };
        let body = VerificationBody {
            format: verification.format.as_str(),
            request_id: &verification.request_id,
            vcc_number: verification.vcc_number.as_ref().map(Secret::expose),
            security_qid,
            security_answer,
        };
        let path = format!("/account/{account_number}/verify");
        let VerificationAnswer { verification_code } = self.post_each_time(path, json(&body)).await?;
        Ok(verification_code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: &str) -> VerificationCode {
        let body = format!(r#"{{"verification_code":{code}}}"#);
        serde_json::from_str::<VerificationAnswer>(&body).unwrap().verification_code
    }

    #[test]
    fn a_code_is_a_number_and_not_shown() {
        assert_eq!(
            read(r#""verification_sent_to_sms""#),
            VerificationCode::Sent("verification_sent_to_sms".to_owned())
        );
        for (code, text) in [("2485", "2485"), ("24856785", "24856785"), ("\"0123\"", "0123")] {
            let read = read(code);
            assert_eq!(read.code().map(Secret::expose), Some(text));
            assert!(!format!("{read:?}").contains(text), "{read:?}");
        }
        assert!(serde_json::from_str::<VerificationAnswer>(r#"{"verification_code":null}"#).is_err());
    }

    #[test]
    fn an_answer_to_a_question_is_not_shown() {
        let format =
            VerificationFormat::SecurityQuestion { security_qid: "4".to_owned(), security_answer: "Snowball".into() };
        let verification =
            Verification { format, request_id: "7".to_owned(), vcc_number: Some("4000001234567982".into()) };
        let shown = format!("{verification:?}");
        assert!(!shown.contains("Snowball") && !shown.contains("7982"), "{shown}");
    }
}
