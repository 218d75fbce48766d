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
    /// Who it says it is from; without it, the creditor's (`settings.smsSender`), or else the operator's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// The creditor on whose behalf it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creditor: Option<u64>,
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
    pub creditor: Option<u64>,
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

/// What [`Client::list_sms`] asks for. By default everything, 100 at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmsQuery {
    /// Only those on behalf of this creditor.
    pub creditor: Option<u64>,
    /// How many at most: 1 to 500.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl SmsQuery {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        [
            ("creditor", self.creditor.map(|creditor| creditor.to_string())),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("cursor", self.cursor.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}

/// A page of messages, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SmsPage {
    /// The messages.
    pub messages: Vec<Sms>,
    /// The `cursor` of the next page; `None` at the end.
    pub next_cursor: Option<String>,
}

/// The longest that the server holds an answer, in seconds.
const LONGEST_WAIT: u64 = 30;

/// A call that asks the server to hold its answer for `wait`, in whole seconds, and has that much more time for each try.
fn held(call: Call<'_>, wait: Option<Duration>) -> Call<'_> {
    let seconds = wait.map_or(0, whole_seconds);
    if seconds == 0 {
        return call;
    }
    Call { query: vec![("wait", seconds.to_string())], further_time: Duration::from_secs(seconds), ..call }
}

/// Rounded up: whoever waits for half a second does not want to wait for none.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).min(LONGEST_WAIT)
}

impl Client {
    /// Sends a short message with the partner key. However often this call is tried, it is sent once. With a `wait` the answer is held
    /// until its state is final, as in [`Client::sms`].
    ///
    /// # Errors
    /// [`Error::Validation`] names every fault of the request.
    pub async fn send_sms(&self, request: &SendSms, wait: Option<Duration>) -> Result<Sms, Error> {
        self.send_sms_with(request, wait, &self.new_idempotency_key()).await
    }

    /// As [`Client::send_sms`], with an idempotency key that the caller stored before, together with the request.
    ///
    /// # Errors
    /// As [`Client::send_sms`], and [`Error::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn send_sms_with(
        &self,
        request: &SendSms,
        wait: Option<Duration>,
        key: &IdempotencyKey,
    ) -> Result<Sms, Error> {
        let body =
            serde_json::to_vec(request).expect("a request of texts and numbers has no part that JSON cannot hold");
        let call = Call { body: Some(body), idempotency_key: Some(key), ..Call::new(Method::POST, "/sms") };
        parse(&self.run(&held(call, wait)).await?)
    }

    /// Shows a message. With a `wait` the answer is held until its state is final, but no longer than that: in whole seconds, rounded
    /// up, and 30 at most. Each try may take so much longer than [`Builder::timeout`](crate::Builder::timeout) says.
    ///
    /// # Errors
    /// [`Error::NotFound`] when you have none of this identifier.
    pub async fn sms(&self, id: Uuid, wait: Option<Duration>) -> Result<Sms, Error> {
        let call = Call::new(Method::GET, format!("/sms/{id}"));
        parse(&self.run(&held(call, wait)).await?)
    }

    /// A page of your messages.
    ///
    /// # Errors
    /// [`Error::Validation`] names every part of the query that is wrong.
    pub async fn list_sms(&self, query: &SmsQuery) -> Result<SmsPage, Error> {
        let call = Call { query: query.pairs(), ..Call::new(Method::GET, "/sms") };
        parse(&self.run(&call).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_whole_seconds_rounded_up_and_thirty_at_most() {
        for (millis, seconds) in [(0, 0), (1, 1), (1_000, 1), (1_001, 2), (30_000, 30), (30_001, 30), (90_000, 30)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds, "{millis} ms");
        }
        assert_eq!(whole_seconds(Duration::MAX), LONGEST_WAIT);
    }
}
