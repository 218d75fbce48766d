//! Goods of captures, brought back.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::error::PosError;
use super::flow::{Flow, json};
use super::till::Till;
use crate::api_key::Secret;
use crate::decimal::Decimal;
use crate::idempotency::IdempotencyKey;

/// What is brought back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Return {
    /// The amount in dollars, without the finance charge; `None` for all that is left of the capture.
    pub amount: Option<Decimal>,
    /// The 16 digits of the card, where it is there: it must be of the account.
    pub vcc_number: Option<Secret>,
    /// Your order, location and employee.
    pub till: Till,
}

/// A return. Amounts are dollars.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Returned {
    /// Its identifier, of 16 digits.
    pub return_id: u64,
    /// Your order.
    #[serde(default)]
    pub reference: Option<String>,
    /// The capture.
    pub capture_id: u64,
    /// When it was brought back.
    #[serde(with = "time::serde::rfc3339")]
    pub date: OffsetDateTime,
    /// The amount, without the finance charge.
    pub amount: Decimal,
    /// The interest that was not earned yet, and the fees, that the customer owes no more with it.
    #[serde(default)]
    pub finance_charge: Decimal,
    /// What of the capture was not brought back.
    pub remaining_capture_amount: Decimal,
    /// What may still be captured of the authorization. A return does not add to it.
    pub remaining_authorization_amount: Decimal,
}

#[derive(Serialize)]
struct ReturnBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Decimal>,
    full_return: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    vcc_number: Option<&'a str>,
    #[serde(flatten)]
    till: &'a Till,
}

impl<'a> From<&'a Return> for ReturnBody<'a> {
    fn from(back: &'a Return) -> Self {
        let vcc_number = back.vcc_number.as_ref().map(Secret::expose);
        Self { amount: back.amount, full_return: back.amount.is_none(), vcc_number, till: &back.till }
    }
}

impl Flow {
    /// Takes back what was captured of a purchase by a plan, all of it or a part, within 100 days. However often this call is tried, it is taken
    /// back once. Goods of a regular purchase are refunded: [`Flow::refund`]. With the scope `merchant`.
    ///
    /// # Errors
    /// [`PosError::Refused`] when less is left of the capture (`capture_amount_exceeded`), it is too long ago (`return_date_exceeded`), it is
    /// of a regular purchase (`wrong_transaction_type`), or the card is another account's; [`PosError::NotFound`] when the authorization has
    /// no such capture.
    pub async fn return_capture(
        &self,
        authorization_id: u64,
        capture_id: u64,
        back: &Return,
    ) -> Result<Returned, PosError> {
        self.return_capture_with(authorization_id, capture_id, back, &self.new_idempotency_key()).await
    }

    /// As [`Flow::return_capture`], with an idempotency key that the caller stored before, together with the return.
    ///
    /// # Errors
    /// As [`Flow::return_capture`], and [`PosError::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn return_capture_with(
        &self,
        authorization_id: u64,
        capture_id: u64,
        back: &Return,
        key: &IdempotencyKey,
    ) -> Result<Returned, PosError> {
        let path = format!("/authorization/{authorization_id}/capture/{capture_id}/return");
        self.post_once(path, json(&ReturnBody::from(back)), key).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_amount_it_is_all_that_is_left() {
        let sent = |back: &Return| serde_json::to_string(&ReturnBody::from(back)).unwrap();
        assert_eq!(sent(&Return::default()), r#"{"full_return":true}"#);
        let part =
            Return { amount: Some(10.into()), vcc_number: Some("4000001234567982".into()), till: Till::order("7") };
        assert_eq!(sent(&part), r#"{"amount":10,"full_return":false,"vcc_number":"4000001234567982","reference":"7"}"#);
        assert!(!format!("{part:?}").contains("7982"));
    }

    #[test]
    fn a_return_is_read_as_the_public_table_has_it() {
        let body = r#"{"return_id":1234567890123456,"reference":"Order-1234","capture_id":346123456,"date":"2026-11-22T10:15:00Z",
            "amount":10,"remaining_capture_amount":190.5,"remaining_authorization_amount":0}"#;
        let read: Returned = serde_json::from_str(body).unwrap();
        assert_eq!((read.return_id, read.finance_charge), (1_234_567_890_123_456, Decimal::ZERO));
        assert_eq!(read.remaining_capture_amount, "190.5".parse().unwrap());
    }
}
