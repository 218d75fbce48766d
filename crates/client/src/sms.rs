//! Short messages: sent, shown, listed.

use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::client::parse;
use crate::error::Error;
use crate::exchange::Call;
use crate::idempotency::IdempotencyKey;
use crate::{Client, Warning};

/// A short message to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendSms {
    /// Whom it is for: a number in E.164.
    pub recipient: String,
    /// What it says.
    pub text: String,
    /// Who it says it is from; without it, the operator's sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// The creditor on whose behalf it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creditor: Option<i64>,
    /// A reference of your own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// How long it is worth delivering, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity: Option<u32>,
}

/// A short message and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Sms {
    /// Its identifier.
    pub sms_id: Uuid,
    /// The creditor on whose behalf it is sent.
    pub creditor: Option<i64>,
    /// The recipient in E.164.
    pub recipient: String,
    /// Who it says it is from.
    pub sender: String,
    /// What it says.
    pub text: String,
    /// Your reference.
    pub reference: Option<String>,
    /// `GSM_7BIT` or `UCS2`.
    pub encoding: String,
    /// How many messages carry the text.
    pub parts: u32,
    /// How far it has come.
    pub state: SmsState,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub state_at: OffsetDateTime,
    /// The provider's code for what went wrong.
    pub error_code: Option<String>,
    /// What went wrong, in words.
    pub reason: Option<String>,
    /// When it was asked for.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Until when it is worth delivering.
    #[serde(with = "time::serde::rfc3339")]
    pub valid_until: OffsetDateTime,
    /// Every step so far, oldest first.
    pub delivery_reports: Vec<DeliveryReport>,
    /// In sandbox: members that are not known.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

/// A step that a message or a part of it has made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeliveryReport {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// To what.
    pub state: SmsState,
    /// The provider's identifier of the part.
    pub provider_message_id: Option<String>,
    /// The provider's code for what went wrong.
    pub error_code: Option<String>,
}

/// How far a message has come. It only moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum SmsState {
    /// Not yet accepted by a provider.
    Queued,
    /// Accepted by the provider.
    Sent,
    /// On the recipient's phone.
    Delivered,
    /// The network could not deliver it.
    Undeliverable,
    /// The recipient could not be reached in time.
    Expired,
    /// The provider or the network refused it.
    Rejected,
    /// It could not be sent, or its end is not known.
    Failed,
    /// A state that this version of the client does not know.
    #[serde(other)]
    Unknown,
}

impl SmsState {
    /// Whether it never changes again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Sent | Self::Unknown)
    }
}

/// A page of messages, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SmsPage {
    /// The messages.
    pub items: Vec<Sms>,
    /// What [`Client::list_sms`] takes for the next page; `None` at the end.
    pub next_cursor: Option<String>,
}

/// The longest that the server holds an answer.
const LONGEST_WAIT: u64 = 30;

impl Client {
    /// Sends a short message with the partner key. However often this call is tried, it is sent once.
    ///
    /// # Errors
    /// [`Error::Validation`] names every fault of the request.
    pub async fn send_sms(&self, request: &SendSms) -> Result<Sms, Error> {
        self.send_sms_with(request, &self.new_idempotency_key()).await
    }

    /// As [`Client::send_sms`], with an idempotency key that the caller stored before, together with the request.
    ///
    /// # Errors
    /// As [`Client::send_sms`], and [`Error::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn send_sms_with(&self, request: &SendSms, key: &IdempotencyKey) -> Result<Sms, Error> {
        let body =
            serde_json::to_vec(request).expect("a request of texts and numbers has no part that JSON cannot hold");
        let call = Call { body: Some(body), idempotency_key: Some(key), ..Call::new(Method::POST, "/sms") };
        parse(&self.run(&call).await?)
    }

    /// Shows a message; with a `wait` the answer is held until its state is final, for 30 seconds at most.
    ///
    /// # Errors
    /// [`Error::NotFound`] when you have none of this identifier.
    pub async fn sms(&self, id: Uuid, wait: Option<Duration>) -> Result<Sms, Error> {
        let wait = wait.map_or(0, |wait| wait.as_secs().min(LONGEST_WAIT));
        let query = vec![("wait", wait.to_string())];
        parse(&self.run(&Call { query, ..Call::new(Method::GET, format!("/sms/{id}")) }).await?)
    }

    /// Lists your messages, newest first; `cursor` is what the page before gave.
    ///
    /// # Errors
    /// [`Error::Validation`] when the cursor is none.
    pub async fn list_sms(&self, cursor: Option<&str>) -> Result<SmsPage, Error> {
        let query = cursor.map(|cursor| ("cursor", cursor.to_owned())).into_iter().collect();
        parse(&self.run(&Call { query, ..Call::new(Method::GET, "/sms") }).await?)
    }
}
